"""The journal: what is being done, written down before it is done; and the lock.

    begun -> archived -> [moving] -> committed -> (no journal)

    record      means                                      killed after it, the next call
    ---------   ----------------------------------------   -----------------------------------
    (none)      nothing is under way                       has nothing to do
    begun       the archive is being written               undoes
    archived    the archive is whole and was read back     undoes
    moving      files leave the work tree, each into the   undoes: moves back what it finds in
                folder `work` by one rename (--in-place)   `work`, which is all that left
    committed   everything is made and checked; what is    finishes
                left are steps that can be repeated

**Before `committed` everything is undone, from there on everything is finished.** Nothing is
deleted before `committed`, but what apply itself made. A record is on the disk before the first
step that it allows; a torn one at the end allowed nothing, and is passed over. Undoing and
finishing are made of steps that may be repeated (see `recovery`), so that they too can be killed.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from msgspec import Struct

from readiness.apply import disk
from readiness.errors import ReadinessError
from readiness.repo.metadata import HUGE, printable, read_metadata

_TRIES, _PAUSE = 20, 0.05  # to take the lock, and seconds between
PRIVATE = 0o700  # of `work`: what is only for its owner stays so while it lies there
_JOURNAL, _LOCK, _WORK, ARCHIVES = "journal", "lock", "work", "archive"


class ApplyError(ReadinessError):
    """What was asked for is not done, and nothing was changed, or all was undone."""


class Move(Struct, frozen=True):
    """A path of the work tree that changes: `number` names its files in `work`, `old` is the
    SHA-256 of what leaves, `new` of what comes; null for nothing."""

    number: int
    path: str
    old: str | None
    new: str | None


class Begun(Struct, frozen=True, tag="begun", tag_field="step"):
    """`git` is the Git directory of the work tree; `archive` the folder that is being made, and
    `files` the one for its content where that lies elsewhere. While something is restored there
    is no `archive`, and the story ends with this record."""

    plan: str
    git: str
    token: str
    archive: str = ""
    files: str | None = None
    branch: str | None = None


class Archived(Struct, frozen=True, tag="archived", tag_field="step"):
    """The archive is whole."""


class Moving(Struct, frozen=True, tag="moving", tag_field="step"):
    moves: tuple[Move, ...]


class Committed(Struct, frozen=True, tag="committed", tag_field="step"):
    """The references to create; the SHA-256 of the index before and after, if it changes."""

    references: tuple[tuple[str, str], ...]
    index: tuple[str, str] | None = None


Record = Begun | Archived | Moving | Committed


class Story(Struct, frozen=True):
    """What a journal says."""

    begun: Begun
    moving: Moving | None = None
    committed: Committed | None = None


NOTHING_BEGUN = Story(Begun("", "", ""))  # the first record is torn


class Room:
    """The folder `readiness` of a Git directory: the journal, the lock, archives, `work`, and
    `kept`, what was in the way of a file that came back."""

    def __init__(self, common: str) -> None:
        self.folder = os.path.join(common, "readiness")
        self.archives = os.path.join(self.folder, ARCHIVES)
        self.work = os.path.join(self.folder, _WORK)
        self.kept = os.path.join(self.folder, "kept")
        self.journal = os.path.join(self.folder, _JOURNAL)

    def pending(self) -> Story | None:
        """What an interrupted call left; null for nothing. Raises ApplyError if it is damaged."""
        content = read_metadata(self.journal, HUGE) if self.is_real() else None
        if content is None:
            return None
        records = [_decode(line, self.journal) for line in content.split(b"\n")[:-1]]
        if not records:
            return NOTHING_BEGUN
        if not isinstance(records[0], Begun):
            raise _damaged(self.journal)
        moving = next((each for each in records if isinstance(each, Moving)), None)
        committed = next((each for each in records if isinstance(each, Committed)), None)
        return Story(records[0], moving, committed)

    def is_real(self) -> bool:
        """Is it there? Raises ApplyError where a symlink stands in for it or a folder in it."""
        inner = [os.path.join(self.work, name) for name in ("old", "new")]
        for path in (self.folder, self.archives, self.kept, self.work, *inner):
            if os.path.islink(path):
                raise ApplyError(f"{printable(path)} is a symlink; nothing is written through it")
        return os.path.isdir(self.folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else applies or restores in this repository meanwhile. The lock ends with the
        process, however that ends."""
        self.is_real()
        try:
            disk.make_folder(self.folder)
            disk.make_folder(self.archives)
            path = os.path.join(self.folder, _LOCK)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o666)
        except OSError as error:
            raise ApplyError(_because(self.folder, error)) from error
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)


class Journal:
    """The journal while it is written; made by `begin`, removed by `end`."""

    def __init__(self, room: Room, descriptor: int) -> None:
        self._room = room
        self._descriptor = descriptor

    @classmethod
    @contextmanager
    def begin(cls, room: Room, begun: Begun) -> Iterator[Journal]:
        """Writes the first record, and closes the journal's file at the end."""
        disk.write(room.journal, [_encode(begun)])
        disk.sync(room.folder)
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(room.journal, flags)
        try:
            yield cls(room, descriptor)
        finally:
            os.close(descriptor)

    def add(self, record: Record) -> None:
        disk.append(self._descriptor, _encode(record))


def end(room: Room) -> None:
    """Nothing is under way any more."""
    disk.remove(room.journal)
    disk.sync(room.folder)


def _lock(descriptor: int) -> None:
    """Waits a moment: a process that a killed call was about to start may still share its lock."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        else:
            return
    raise ApplyError("another readiness apply or restore is at work here; wait for it")


def _encode(record: Record) -> bytes:
    return msgspec.json.encode(record) + b"\n"


def _decode(line: bytes, path: str) -> Record:
    try:
        record: Record = msgspec.json.decode(line, type=Record)
    except msgspec.MsgspecError as error:
        raise _damaged(path) from error
    return record


def _damaged(path: str) -> ApplyError:
    return ApplyError(
        f"{printable(path)} is damaged, so what an interrupted call did is not known; the files"
        " that it moved lie in work/old beside it: put them back, then remove the journal"
    )


def _because(path: str, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{printable(path)} cannot be written to ({reason}); nothing was changed"
