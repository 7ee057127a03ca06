"""Carries out a plan, whole or not at all (the steps, and why that holds: see `journal`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from msgspec import Struct

from readiness.apply import archive, branch, disk, recovery
from readiness.apply.archive import Entry
from readiness.apply.in_place import InPlace, lock_index
from readiness.apply.journal import PRIVATE, ApplyError, Archived, Begun, Committed, Journal, Room
from readiness.apply.prepare import Options, Prepared, prepare
from readiness.errors import ReadinessError
from readiness.model import Plan
from readiness.repo import Repository
from readiness.repo.metadata import printable


class Done(Struct, frozen=True):
    """What `apply` did; null in `prepared` where only an interrupted call was finished."""

    prepared: Prepared | None
    notes: tuple[str, ...]


def apply(repository: Repository, plan: Plan, options: Options) -> Done:
    """Brings an interrupted call to its end, then carries out the plan.

    Raises ApplyError, and leaves everything as it was, where it refuses or fails.
    """
    room = Room(repository.common_folder)
    with room.locked():
        pending = room.pending()
        notes = recovery.recover(repository)
        if pending is not None and pending.committed is not None and pending.begun.plan == plan.id:
            return Done(None, tuple(notes))
        with recovery.told_first(notes):
            prepared = prepare(repository, plan, options)
            if prepared.changes:
                try:
                    notes += _carry_out(repository, prepared, room)
                except BaseException as error:
                    told = _undone(repository, room, error)
                    if told is error:
                        raise
                    raise told from error
        return Done(prepared, tuple(notes))


def _carry_out(repository: Repository, prepared: Prepared, room: Room) -> list[str]:
    at = int(time.time())
    folder = os.path.join(room.archives, prepared.name)
    begun = Begun(
        plan=prepared.plan.id,
        git=repository.git_folder,
        token=os.urandom(16).hex(),
        archive=folder,
        files=prepared.files,
        branch=prepared.branch,
    )
    in_place = (
        InPlace(repository, prepared, room, begun.token) if prepared.options.in_place else None
    )
    with Journal.begin(room, begun) as journal:
        disk.make_folder(room.work, PRIVATE)
        index = None
        if in_place is not None:
            lock_index(room, begun)
            index = in_place.stage()
            if repository.snapshot().dirty:
                raise ApplyError("the work tree was changed meanwhile; run it again")
        read = _committed(repository, prepared) if in_place is None else in_place.read
        _write_archive(prepared, begun, read)
        journal.add(Archived())
        if in_place is None:
            built = branch.build(prepared, repository.writer(room.work, begun.token), at)
        else:
            built = in_place.build(at)
            in_place.move(journal)
        references = [(f"refs/tags/{prepared.tag}", built.tag)]
        if prepared.branch is not None:
            references.append((f"refs/heads/{prepared.branch}", built.commits[-1]))
        journal.add(Committed(tuple(references), index))
    return recovery.finish(repository)


def _write_archive(prepared: Prepared, begun: Begun, read: Callable[[Entry], bytes]) -> None:
    """Writes it under another name, reads it back, and gives it its own."""
    files = begun.files or begun.archive
    if begun.files is not None:
        disk.make_folder(f"{files}.new")
        disk.write(os.path.join(f"{files}.new", archive.TOKEN), [begun.token.encode()])
    archive.write(f"{begun.archive}.new", f"{files}.new", prepared.manifest, read)
    if begun.files is not None:
        disk.rename(f"{files}.new", files)
    disk.rename(f"{begun.archive}.new", begun.archive)


def _committed(repository: Repository, prepared: Prepared) -> Callable[[Entry], bytes]:
    """Reads the contents from Git, in the order of the archive."""
    wanted = [entry.blob for entry in prepared.entries if entry.stored == "archive"]
    contents = repository.read(wanted, archive.LARGEST)

    def read(entry: Entry) -> bytes:
        name, content = next(contents)
        assert name == entry.blob
        if isinstance(content, str):
            raise ApplyError(f"{entry.path}: {content}")
        return content

    return read


def _undone(repository: Repository, room: Room, error: BaseException) -> BaseException:
    """Undoes what can be undone; the error to tell instead, or the same."""
    story = room.pending()
    if story is not None and story.committed is not None:
        hint = "the next call of readiness apply or restore finishes it"
    else:
        try:
            notes = recovery.undo(repository)
            hint = "; ".join(["everything is as it was", *notes])
        except (OSError, ReadinessError) as failure:
            hint = f"undoing it failed ({failure}); the next call of readiness apply undoes it"
    if isinstance(error, OSError):
        what = (error.strerror or str(error)).lower()
        where = f"{printable(os.fsdecode(error.filename))}: " if error.filename else ""
        return ApplyError(f"{where}{what}; {hint}")
    if isinstance(error, ReadinessError):
        return ApplyError(f"{error}; {hint}")
    return error
