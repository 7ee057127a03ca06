"""History: who last touched each file and when, and what was removed; one pass over the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Self

from msgspec import Struct


class Change(Struct, frozen=True):
    """One path in one commit: status A, M, D or R (then `previous` is the old path)."""

    status: str
    path: str
    previous: str = ""


class Commit(Struct, frozen=True):
    """`at` is the commit time in seconds since 1970. `parents` are the ids of those before it."""

    id: str
    at: int
    author: str
    changes: tuple[Change, ...]
    parents: tuple[str, ...] = ()


class FileHistory(Struct, frozen=True):
    """`commits` counts those that touched the file; `edits` leaves out bulk ones (> 60 files).
    `moved_from` is the path that it was renamed from, the last time that it was."""

    first: int
    last: int
    commits: int
    edits: int
    author: str
    moved_from: str = ""


class Removal(Struct, frozen=True):
    """The last commit that removed or renamed a path that is no longer there."""

    commit: str
    at: int
    renamed_to: str = ""


class History(Struct, frozen=True):
    """Empty where there is none; `complete` is false in a shallow clone."""

    files: dict[str, FileHistory] = {}
    removed: dict[str, Removal] = {}
    complete: bool = True


BULK = 60  # files in one commit above which it says nothing of any single one


class Summary:
    """What commits did to every path so far; they are added oldest first."""

    def __init__(self) -> None:
        self._files: dict[str, FileHistory] = {}
        self._removed: dict[str, Removal] = {}
        self._before_removal: dict[str, FileHistory] = {}

    def copy(self) -> Self:
        """One that goes its own way from here."""
        new = type(self)()
        new._files = self._files.copy()
        new._removed = self._removed.copy()
        new._before_removal = self._before_removal.copy()
        return new

    def add(self, commit: Commit) -> None:
        files, removed = self._files, self._removed
        bulk = len(commit.changes) > BULK
        for change in commit.changes:
            if change.status in "DR":
                gone = change.previous or change.path
                removed[gone] = Removal(
                    commit.id, commit.at, change.path if change.status == "R" else ""
                )
            if change.status == "D":
                if change.path in files:
                    self._before_removal[change.path] = files.pop(change.path)
                continue
            before = files.pop(change.previous, None) if change.previous else files.get(change.path)
            removed.pop(change.path, None)
            files[change.path] = FileHistory(
                first=before.first if before else commit.at,
                last=commit.at,
                commits=(before.commits if before else 0) + 1,
                edits=(before.edits if before else 0) + (not bulk),
                author=commit.author,
                moved_from=change.previous or (before.moved_from if before else ""),
            )

    def history(self, complete: bool = True, present: Collection[str] = ()) -> History:
        """The history of every path.

        `present` are the paths that are there in the end: what one branch removed, a merge may
        have kept from the other."""
        files, removed = self._files.copy(), self._removed.copy()
        for path in self._removed.keys() & present:
            del removed[path]
            if path in self._before_removal:
                files[path] = self._before_removal[path]
        return History(files, removed, complete)


def summarise(
    commits: Iterable[Commit], complete: bool = True, present: Collection[str] = ()
) -> History:
    """The history of every path, from commits oldest first; see `Summary.history`."""
    summary = Summary()
    for commit in commits:
        summary.add(commit)
    return summary.history(complete, present)
