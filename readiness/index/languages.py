"""Languages: how much of the source code the evidence rules understand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from readiness.facts import text
from readiness.index.inventory import FileClass
from readiness.model import SourceLines

if TYPE_CHECKING:
    from readiness.index import RepoIndex

UNDERSTOOD = frozenset({"py", "pyi", "sh", "bash"})
SOURCE = UNDERSTOOD | frozenset(
    "c cc clj cljs cpp cs cxx dart ex exs erl go groovy h hpp hs java jl js jsx kt kts lua m mjs "
    "ml mm php pl pm ps1 r rb rs scala sol svelte swift ts tsx vb vue zig".split()
)
_NOT_OURS = (FileClass.ARCHIVE, FileClass.GENERATED, FileClass.FIXTURE)


def understood_share(index: RepoIndex) -> float:
    """The share, 0 to 1, of the lines of source code whose imports and commands are followed.

    Archived, generated and fixture files do not count; 1 where there is no source code.
    """
    told = source_lines(index)
    whole = sum(each.lines for each in told)
    return sum(each.lines for each in told if each.followed) / whole if whole else 1.0


def source_lines(index: RepoIndex) -> tuple[SourceLines, ...]:
    """The lines of source code by the ending of their file, the most first."""
    lines: Counter[str] = Counter()
    for path, facts in index.each(text.SLICE):
        ending = _extension(path)
        if ending in SOURCE and not index.inventory.is_(path, *_NOT_OURS):
            lines[ending] += facts.lines
    ordered = sorted(lines.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(SourceLines(ending, many, ending in UNDERSTOOD) for ending, many in ordered)


def hold_source(index: RepoIndex, paths: Iterable[str]) -> bool:
    """Is one of these files source code of the repository's own, and no archive or test data?"""
    return any(
        _extension(path) in SOURCE and not index.inventory.is_(path, *_NOT_OURS) for path in paths
    )


def _extension(path: str) -> str:
    return path.rpartition(".")[2].lower()
