"""The history: every commit with the paths that it changed, oldest first."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator

from readiness.index.history import Change, Commit, History, summarise
from readiness.model import decode_path
from readiness.repo.commits import moment
from readiness.repo.room import GitStopped, Room

MOST_CHANGES = 5_000_000  # more than the Linux kernel's
_OPTIONS = (
    "-z",
    "--reverse",
    "--date-order",
    "--format=%H%x00%ct%x00%aN%x00%P",
    "--name-status",
    "--no-ext-diff",
    "--no-textconv",
    "--find-renames=100%",
    "-c",
    "--combined-all-paths",
)


def read_history(room: Room, commit_id: str, present: Collection[str]) -> History:
    """The history that leads to a commit with the files `present`, in one pass over the log.

    Renames are those of unchanged content: they follow from the ids alone, so that the contents
    of old files are not needed (a partial clone has not got them). A merge tells only what it
    changed against all its parents: the rest is told by the commits that it joins. Where old
    commits are missing the history is incomplete, and empty if Git could not tell it to its end.
    """
    try:
        return summarise(read_commits(room, commit_id), not room.shallow, present)
    except GitStopped:
        return History(complete=False)


def read_commits(room: Room, commit_id: str) -> Iterator[Commit]:
    """Every commit that leads to this one, oldest first. Raises GitStopped where Git cannot tell
    them all."""
    mailmap = f"mailmap.blob={commit_id}:.mailmap"
    return _commits(room.fields("-c", mailmap, "log", *_OPTIONS, commit_id, "--"))


def read_line(room: Room, commit_id: str) -> list[tuple[str, int]]:
    """(id, seconds since 1970) of each commit on the line of first parents, newest first; up to
    where the commits are missing."""
    line: list[tuple[str, int]] = []
    options = ("-z", "--first-parent", "--format=%H%x00%ct")
    fields = room.fields("log", *options, commit_id, "--")
    with contextlib.suppress(GitStopped):
        line += ((field.decode(), moment(next(fields))) for field in fields if field)
    return line


def _commits(fields: Iterator[bytes]) -> Iterator[Commit]:
    commit_id = author = ""
    parents: tuple[str, ...] = ()
    at = total = 0
    changes: list[Change] = []
    for field in fields:
        status = field.lstrip(b"\n")
        if not status:
            continue
        if not status[:1].isupper():
            if commit_id:
                yield Commit(commit_id, at, author, tuple(changes), parents)
            commit_id, at, changes = status.decode(), moment(next(fields)), []
            author = next(fields).decode("utf-8", "backslashreplace")
            parents = tuple(next(fields, b"").decode().split())
        else:
            changes.append(_change(status, fields))
            total += 1
            if total > MOST_CHANGES:
                raise GitStopped
    if commit_id:
        yield Commit(commit_id, at, author, tuple(changes), parents)


def _change(status: bytes, fields: Iterator[bytes]) -> Change:
    """`A`, `M`, `D`, `T` (of type) and a path, or `R100` and two; in a merge a letter for each
    parent, the path in each of them, and the path in the merge."""
    letters = status.rstrip(b"0123456789")
    names = len(letters) + 1 if len(status) > 1 else 1
    paths = [decode_path(next(fields)) for _ in range(names)]
    kind = chr(letters[0]) if len(set(letters)) == 1 else "M"
    if kind == "R":
        return Change("R", paths[-1], paths[0])
    return Change(kind if kind in "AD" else "M", paths[-1])
