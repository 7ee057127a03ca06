"""Facts of Markdown: headings, links, the commands that it shows, the paths that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.shell import Command, commands
from readiness.facts.text import decode

MAX_TEXT = 1_000_000  # characters of one document that are read
MAX_FENCES = 4_000
MAX_EACH = 2_000  # links, paths, commands of one document
MAX_HEADINGS = 30

_FENCE = re.compile(r"\n(?=[ \t>*`~-])[ \t>*-]{0,12}(```+|~~~+)([^`\n]*)")
_HEADING = re.compile(r"\n(#{1,6})[ \t]+(.{1,300})")
_TARGET = re.compile(r"\][(:]")
_LINK = re.compile(r"\]\(<?([^()<>\s]{1,500})")
_DEFINITION = re.compile(r"\n\[([^\]\n]{1,200})\]:[ \t]*<?([^\s<>]{1,500})")
_SOURCE = re.compile(r"src=\"([^\"\n]{1,500})\"")
_CODE = re.compile(r"`([^`\n]{2,300})`")
_PATH = re.compile(r"[\w@.+~*-]*/[\w@.+~*/-]*|[\w@+~-][\w@.+~-]*\.[A-Za-z]\w{0,9}")
_SHELL = frozenset(("sh", "bash", "shell", "zsh", "console", "shell-session", "terminal"))
_RUN = re.compile(  # a line that starts like a command, in a block that names no language
    r"^[ \t]*(?:[A-Z_][A-Z0-9_]*=\S*[ \t]+)*(?:(?:uv|poetry|pipenv)[ \t]+run[ \t]+)?"
    r"(?:python(?:3(?:\.\d+)?)?|bash|sh|\./[\w./-]+)(?!\S)(?:[^\n]*\\\n)*[^\n]*",
    re.MULTILINE,
)
_PROMPT = re.compile(r"^[ \t]*(?:\([\w.-]{1,40}\)[ \t]*)?[$%][ \t]+(.*)$", re.MULTILINE)


class Heading(Struct, frozen=True):
    """`level` from 1 to 6."""

    text: str
    line: int
    level: int = 1


class Link(Struct, frozen=True):
    """`target` as written: a URL, or a path with its anchor; pictures are links as well."""

    text: str
    target: str
    line: int


class MarkdownFacts(Struct, frozen=True):
    """`commands` are those of its shell blocks; `paths` the backticked words that look like a
    path or a file name, each with its line."""

    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    commands: tuple[Command, ...] = ()
    paths: tuple[tuple[str, int], ...] = ()


class _Lines:
    """The line of positions that only grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._line = 0  # the text starts with a newline that is not the document's

    def at(self, position: int) -> int:
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line


def _kind(path: str) -> str | None:
    return "md" if path.lower().endswith((".md", ".markdown", ".mdx")) else None


def extract(kind: str, data: bytes) -> MarkdownFacts:
    text = decode(data)[0]
    return read(text) if text else MarkdownFacts()


def read(text: str) -> MarkdownFacts:
    """The facts of a document's text."""
    text = "\n" + text[:MAX_TEXT]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    prose, shell = _parts(text)
    shown: list[Command] = []
    lines = _Lines(text)
    for start, end, prompts in shell:
        if len(shown) < MAX_EACH:
            shown += _commands(text[start:end], lines.at(start), prompts)
    return MarkdownFacts(
        headings=tuple(islice(_headings(text, prose), MAX_HEADINGS)),
        links=tuple(islice(_links(text, prose), MAX_EACH)),
        commands=tuple(shown[:MAX_EACH]),
        paths=tuple(islice(_paths(text, prose), MAX_EACH)),
    )


def _parts(text: str) -> tuple[list[tuple[int, int]], list[tuple[int, int, bool]]]:
    """The ranges of prose, and those of shell blocks: (start, end, with prompts)."""
    prose: list[tuple[int, int]] = []
    shell: list[tuple[int, int, bool]] = []
    opened: re.Match[str] | None = None
    end = 0
    for number, fence in enumerate(_FENCE.finditer(text)):
        if number >= MAX_FENCES:
            break
        if opened is None:
            prose.append((end, fence.start() + 1))
            opened = fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            language = opened[2].strip().split(" ", 1)[0].strip("{}.").lower()
            if language in _SHELL or not language:
                prompts = language in ("", "console", "shell-session", "terminal")
                shell.append((opened.end(), fence.start(), prompts))
            end = fence.end()
            opened = None
    if opened is None:
        prose.append((end, len(text)))
    return prose, shell


def _commands(block: str, line: int, prompts: bool) -> tuple[Command, ...]:
    """The commands of one block; where lines have a prompt, the others are output. So is what does
    not start like a command in a block that might show anything."""
    shown = list(_PROMPT.finditer(block)) if "$ " in block or "% " in block else []
    if not (shown or prompts):
        return commands(block, line)
    lines = _Lines(block)
    return tuple(
        command
        for match in (shown or list(_RUN.finditer(block)))[:MAX_EACH]
        for command in commands(match[match.lastindex or 0], line + lines.at(match.start()))
    )


def _headings(text: str, prose: list[tuple[int, int]]) -> Iterator[Heading]:
    lines = _Lines(text)
    for start, end in prose:
        for match in _HEADING.finditer(text, start, end):
            yield Heading(match[2].rstrip(" #"), lines.at(match.start(1)), len(match[1]))


def _links(text: str, prose: list[tuple[int, int]]) -> Iterator[Link]:
    found: list[tuple[int, str, str]] = []
    for start, end in prose if _TARGET.search(text) else ():
        for match in _LINK.finditer(text, start, end):
            opening = text.rfind("[", max(start, match.start() - 200), match.start())
            shown = text[opening + 1 : match.start()] if opening >= 0 else ""
            found.append((match.start(), shown, match[1]))
        found += [
            (match.start(1), match[1], match[2]) for match in _DEFINITION.finditer(text, start, end)
        ]
    for start, end in prose if 'src="' in text else ():
        found += [(match.start(), "", match[1]) for match in _SOURCE.finditer(text, start, end)]
    lines = _Lines(text)
    for position, shown, target in sorted(found):
        yield Link(shown, target, lines.at(position))


def _paths(text: str, prose: list[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    lines = _Lines(text)
    for start, end in prose:
        for match in _CODE.finditer(text, start, end):
            code = match[1]
            if "/" not in code and "." not in code:
                continue
            for word in code.split()[:10]:
                if _PATH.fullmatch(word) and "://" not in word:
                    yield word, lines.at(match.start())


SLICE = Slice(name="markdown", version=4, type=MarkdownFacts, kind=_kind, extract=extract)
