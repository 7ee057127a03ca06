"""Facts of ignore files (.gitignore, .dockerignore): their pattern lines, without the comments."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice

LINES = 20_000  # per file
LENGTH = 1_000  # characters of a line; a longer pattern hides nothing that people name


class Pattern(Struct, frozen=True):
    """One line as written, without its line end; `line` counts from 1."""

    line: int
    text: str


class IgnoreFacts(Struct, frozen=True):
    """The lines that are neither empty nor comments. What they mean differs: Git's rules for a
    .gitignore (`readiness.index.ignores`), Docker's for a .dockerignore."""

    patterns: tuple[Pattern, ...] = ()


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2]
    if name == ".gitignore":
        return "gitignore"
    return "dockerignore" if name.endswith(".dockerignore") else None


def extract(kind: str, data: bytes) -> IgnoreFacts:
    """A byte order mark and a carriage return at the end of a line do not count, as in Git."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n", LINES)[:LINES]
    return IgnoreFacts(
        tuple(
            Pattern(number, line.removesuffix(b"\r").decode("utf-8", "replace"))
            for number, line in enumerate(lines, 1)
            if line not in (b"", b"\r") and not line.startswith(b"#") and len(line) <= LENGTH
        )
    )


SLICE = Slice(name="ignorefile", version=1, type=IgnoreFacts, kind=_kind, extract=extract)
