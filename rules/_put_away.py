"""Files that were put away, and stayed where they were: an archive got an equal copy later."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.index.archives import PROGRAMS
from readiness.index.inventory import ASIDE, RUN, FileClass
from readiness.index.reachability import Standing

from ._copies import unnamed


class PutAway(Struct, frozen=True):
    """`sure`: nothing starts, imports or names it. `at` is when the copy came, in seconds."""

    path: str
    archived: str
    at: int
    sure: bool


def put_away(index: RepoIndex) -> Iterator[PutAway]:
    """Programs that were copied to an archive after their last change. Where others that came
    into the same folder of the archive are still started, that folder is a snapshot."""
    groups: dict[str, list[PutAway]] = {}
    for same in index.twins.same.values():
        live = [path for path in same if _may_go(index, path)]
        archived = [path for path in same if index.inventory.is_(path, FileClass.ARCHIVE)]
        if len(live) == 1 and archived and (at := _later(index, live[0], archived[0])):
            found = PutAway(live[0], archived[0], at, _unused(index, live[0]))
            folder = archived[0].rpartition("/")[0]
            if not folder.rpartition("/")[2].strip("0123456789-_."):
                continue  # a folder named by a date is a snapshot of that day
            groups.setdefault(folder, []).append(found)
    for group in groups.values():
        standings = [index.reachability.standing(each.path) for each in group]
        if Standing.STARTED not in standings:
            yield from group


def _may_go(index: RepoIndex, path: str) -> bool:
    """Is it a program that is no test of a suite?"""
    ours = index.inventory.is_(path, *RUN) or (
        "/" not in path and index.inventory.is_(path, FileClass.TEST)
    )
    return ours and path.rpartition(".")[2].lower() in PROGRAMS - {"ipynb"}


def _unused(index: RepoIndex, path: str) -> bool:
    """Does nothing use it, but for a test runner that would take it for a test by its name?"""
    if not index.inventory.is_(path, FileClass.TEST):
        return unnamed(index, path)
    return path not in index.imports.importers and all(
        index.inventory.is_(reference.source, *ASIDE)
        for reference in index.references.to.get(path, ())
    )


def _later(index: RepoIndex, live: str, archived: str) -> int:
    """When the copy came to the archive, if that was after the last change of the file; 0 if it
    was moved there from elsewhere, came with the file, or nobody knows."""
    file, copy = index.history.files.get(live), index.history.files.get(archived)
    if file is None or copy is None or copy.moved_from or copy.first <= file.last:
        return 0
    return copy.first
