"""Facts of a CODEOWNERS file: which patterns name which owners, section by section."""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
LINES = 20_000
LENGTH = 1_000  # characters of a line
_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?(?=\s|$)")
_WORD = re.compile(r"(?:\\.|\S)+")
_OWNER = re.compile(r"@@?[\w.-]+(?:/[\w.-]+)*|[^@\s]+@[^@\s]+")


class Owned(Struct, frozen=True):
    """One line: a pattern as written, without its escapes, and its owners; none where it says that
    nobody owns the files. `section` is "" outside of GitLab's sections."""

    pattern: str
    owners: tuple[str, ...]
    section: str = ""


class CodeOwners(Struct, frozen=True):
    """The lines that name files, in the order in which they stand."""

    lines: tuple[Owned, ...] = ()


def _kind(path: str) -> str | None:
    return "codeowners" if path in PLACES else None


def extract(kind: str, data: bytes) -> CodeOwners:
    """A line without owners has those of its section; what is no owner is left out."""
    found: list[Owned] = []
    section, default = "", ()  # type: tuple[str, tuple[str, ...]]
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    for line in text.split("\n", LINES)[:LINES]:
        line = line.strip()
        if not line or line.startswith("#") or len(line) > LENGTH:
            continue
        if match := _SECTION.match(line):
            section, default = match[1].lower(), _owners(line[match.end() :].split())
            continue
        pattern, *words = _WORD.findall(line)
        owners = _owners(words) or default
        found.append(Owned(re.sub(r"\\(.)", r"\1", pattern), owners, section))
    return CodeOwners(tuple(found))


def _owners(words: list[str]) -> tuple[str, ...]:
    """The owners up to a comment."""
    end = next((place for place, word in enumerate(words) if word.startswith("#")), len(words))
    return tuple(dict.fromkeys(word for word in words[:end] if _OWNER.fullmatch(word)))


SLICE = Slice(name="codeowners", version=1, type=CodeOwners, kind=_kind, extract=extract)
