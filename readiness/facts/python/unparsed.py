"""What a file that does not parse still says: what it imports, read line by line.

Such a file cannot run, but it shows what its author meant to use, and a Python 2 program does run
somewhere: what it imports must not look unused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from readiness.facts.python import lexical
from readiness.facts.python.model import Import, PythonFacts
from readiness.facts.python.source import LIMIT, Parsed

_MOST = 400  # imports that are read of one file
_IMPORT = re.compile(r"([ \t]*)import[ \t]+([\w., \t]{1,1000})")
_FROM = re.compile(r"([ \t]*)from[ \t]+(\.{0,9})([\w.]{0,300})[ \t]+import[ \t]*(\(?)(.{0,1000})")
_NAME = re.compile(r"[ \t]*(\*|\w[\w.]*)(?:[ \t]+as[ \t]+(\w+))?")
_MAIN = re.compile(r"if[ \t]+__name__[ \t]*==")
_DELIMITER = re.compile(r'"""|\'\'\'')


def facts(parsed: Parsed) -> PythonFacts:
    """The error, and the imports, literals and main guard that plain lines show."""
    data = b"" if parsed.template or b"\0" in parsed.data else parsed.data[:LIMIT]
    lines = data.decode("utf-8", "replace").split("\n")
    old = parsed.error.startswith("Python 2")
    return PythonFacts(
        error=parsed.error,
        error_line=parsed.line,
        newer=parsed.newer,
        template=parsed.template,
        imports=tuple(islice(_imports(lines, old), _MOST)),
        main_line=next((n for n, line in enumerate(lines, 1) if _MAIN.match(line)), 0),
        literals=tuple(lexical.literals(data, list)),
        scripts=tuple(lexical.scripts(data)),
        shebang=data.startswith(b"#!"),
    )


def _imports(lines: list[str], old: bool) -> Iterator[Import]:
    """`old`: Python 2, where `import x` also means the file beside it."""
    for number, line in _code(lines):
        if match := _IMPORT.match(line):
            for part in match[2].split(","):
                name = _NAME.match(part)
                if name and name[1] != "*":
                    lazy = bool(match[1])
                    yield Import(name[1], number, alias=name[2] or "", lazy=lazy)
                    if old:
                        yield Import("", number, name[1].partition(".")[0], level=1, lazy=lazy)
        elif match := _FROM.match(line):
            names = match[5]
            if match[4]:
                names = _until_closed(names, lines[number : number + 100])
            for part in names.partition(")")[0].partition("#")[0].split(","):
                name = _NAME.match(part)
                if name:
                    level, lazy = len(match[2]), bool(match[1])
                    yield Import(match[3], number, name[1], name[2] or "", level, lazy=lazy)
                    if old and not level:
                        yield Import(match[3], number, name[1], name[2] or "", 1, lazy=lazy)


def _until_closed(first: str, following: list[str]) -> str:
    """The names between parentheses, with those of the following lines, without comments."""
    parts = [first]
    for line in following:
        if ")" in parts[-1]:
            break
        parts.append(line)
    return " ".join(part.partition("#")[0] for part in parts)


def _code(lines: list[str]) -> Iterator[tuple[int, str]]:
    """(number, line) of the lines outside long strings."""
    inside = ""
    for number, line in enumerate(lines, 1):
        if not inside:
            yield number, line
        for match in _DELIMITER.finditer(line):
            if not inside:
                inside = match[0]
            elif inside == match[0]:
                inside = ""
