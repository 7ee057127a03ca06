"""The lines of a Dockerfile as instructions: continuations, comments, directives and heredocs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEREDOC = re.compile(r"(?:^|(?<=\s))\d*<<(-?)([\"']?)([A-Za-z_][\w.]*)\2(?=\s|$)")
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$")


@dataclass(frozen=True)
class Instruction:
    """`text` holds what follows the keyword, with continuations as `\\` and newline."""

    keyword: str
    text: str
    line: int
    heredocs: tuple[tuple[int, str], ...] = ()  # first line and body


def instructions(lines: list[str], escape: str) -> Iterator[Instruction]:
    last: dict[str, int] = {}
    if any("<<" in line for line in lines):
        last = {line.lstrip("\t"): number for number, line in enumerate(lines)}
    number = 0
    while number < len(lines):
        line = lines[number].lstrip()
        number += 1
        if not line or line.startswith("#"):
            continue
        first = number
        keyword = re.match(r"\S*", line)[0]  # type: ignore[index]  # matches any text
        if keyword.endswith(escape) and len(keyword) == len(line.rstrip()):
            keyword = keyword[:-1]
        pieces = [line[len(keyword) :]]
        while _continues(pieces[-1], escape):
            pieces[-1] = pieces[-1].rstrip()[:-1] + "\\"
            while number < len(lines) and _is_blank(lines[number]):
                pieces.append("\\")
                number += 1
            if number == len(lines):
                break
            pieces.append(lines[number])
            number += 1
        text = "\n".join(pieces)
        heredocs = []
        if last and "<<" in text and keyword.upper() in ("RUN", "COPY", "ADD", "ONBUILD"):
            for dash, _, name in HEREDOC.findall(text):
                if last.get(name, -1) < number:
                    continue  # never closed, so no heredoc
                start = number
                while number < len(lines):
                    closing = lines[number].lstrip("\t") if dash else lines[number]
                    number += 1
                    if closing == name:
                        break
                heredocs.append((start + 1, "\n".join(lines[start : number - 1])))
        yield Instruction(keyword.upper(), text, first, tuple(heredocs))


def _continues(line: str, escape: str) -> bool:
    stripped = line.rstrip()
    return stripped.endswith(escape) and not stripped.endswith(escape * 2)


def _is_blank(line: str) -> bool:
    stripped = line.lstrip()
    return not stripped or stripped.startswith("#")


def directives(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line[:500])
        if match is None:
            break
        found.setdefault(match[1].lower(), match[2])
    return found
