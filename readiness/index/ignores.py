"""Ignores: which .gitignore line hides a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class IgnoreLine(Struct, frozen=True):
    file: str
    line: int
    pattern: str


class Ignores:
    """The .gitignore files of a snapshot, nested ones included."""

    def hides(self, path: str) -> IgnoreLine | None:
        """The line that decides that `path` (tracked or not) is ignored; null where none does."""
        return None


def build(index: RepoIndex) -> Ignores:
    return Ignores()


def cause(line: IgnoreLine) -> str:
    """The root cause (`Finding.cause`) of all that this line breaks."""
    return f"{line.file}:{line.line} `{line.pattern}` hides files that the build needs"
