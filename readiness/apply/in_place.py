"""The plan in the work tree and the index: every file leaves by one rename, into a folder of ours,
and is looked at there once more; it can go back by another until the very end."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from readiness.apply import disk
from readiness.apply.archive import Entry
from readiness.apply.branch import keep, tag
from readiness.apply.journal import ApplyError, Begun, Journal, Move, Moving, Room
from readiness.apply.prepare import Prepared
from readiness.apply.recovery import digest_at, new_place, old_place
from readiness.errors import one_line
from readiness.repo import Repository
from readiness.repo.folder import Folder
from readiness.repo.writer import Built, Who


def lock_index(room: Room, begun: Begun) -> None:
    """Takes `index.lock`, as every Git command that changes the index does."""
    token = os.path.join(room.work, "token")
    disk.write(token, [begun.token.encode()])
    try:
        disk.take_name(token, os.path.join(begun.git, "index.lock"))
    except FileExistsError as error:
        raise ApplyError("another Git process is at work in the index; wait for it") from error


class InPlace:
    """One call of apply --in-place; `contents` are the new ones by path."""

    def __init__(self, repository: Repository, prepared: Prepared, room: Room, token: str) -> None:
        self.repository = repository
        self.prepared = prepared
        self.room = room
        self.writer = repository.writer(room.work, token)
        self.contents = {
            change.path: change.after for change in prepared.changes if change.after is not None
        }

    def read(self, entry: Entry) -> bytes:
        """What the archive stores: the bytes of the work tree."""
        with Folder(self.repository.root) as folder:
            return folder.read(entry.raw, entry.size)

    def build(self, at: int) -> Built:
        """Makes the tag, and the new contents as objects."""
        who = Who(self.prepared.options.identity, at)
        built = self.writer.build(
            self.prepared.commit, [], tag(self.prepared), who, self.contents.values()
        )
        if not self.writer.has_tag(built.tag):
            raise ApplyError("the tag could not be read back")
        keep(self.writer)
        return built

    def stage(self) -> tuple[str, str]:
        """Prepares the new index beside the old; the SHA-256 of both."""
        path = os.path.join(self.repository.git_folder, "index")
        _, raw = self.repository.read_index()
        with open(path, "rb") as file:
            before = hashlib.sha256(file.read()).hexdigest()
            written = os.fstat(file.fileno())
        entries = {
            entry.raw: (entry.git_mode, entry.written) if entry.written else None
            for entry in self.prepared.entries
            if entry.tracked
        }
        changed = self.writer.changed_index(raw, entries)
        new = os.path.join(self.room.work, "index")
        disk.write(new, [changed], stat.S_IMODE(written.st_mode))
        # Git looks into files that are not older than the index: let it look into the same ones.
        os.utime(new, ns=(written.st_atime_ns, written.st_mtime_ns))
        return before, hashlib.sha256(changed).hexdigest()

    def move(self, journal: Journal) -> None:
        """Takes the old files out and puts the new ones in; each is checked once it is out."""
        moves = tuple(self._moves())
        for name in ("old", "new"):
            disk.make_folder(os.path.join(self.room.work, name))
        for move, entry in zip(moves, self.prepared.entries, strict=True):
            if move.new is not None:
                place = new_place(self.room, move.number)
                disk.write(place, [self.contents[entry.path]])
                if entry.permissions is not None:
                    disk.permit(place, entry.permissions)
        disk.sync(os.path.join(self.room.work, "new"))
        journal.add(Moving(moves))
        with Folder(self.repository.root) as folder:
            for move, entry in zip(moves, self.prepared.entries, strict=True):
                self._move(folder, move, entry)
        disk.sync(os.path.join(self.room.work, "old"))

    def _moves(self) -> Iterator[Move]:
        for number, entry in enumerate(self.prepared.entries):
            content = self.contents.get(entry.path)
            new = None if content is None else hashlib.sha256(content).hexdigest()
            yield Move(number, entry.path, entry.sha256 if entry.blob else None, new)

    def _move(self, folder: Folder, move: Move, entry: Entry) -> None:
        path = one_line(move.path)
        with folder.parent(entry.raw, make=move.old is None) as (descriptor, name):
            if move.old is not None:
                place = old_place(self.room, move.number)
                with suppress(FileNotFoundError):
                    disk.move_out(name, descriptor, place)
                if digest_at(None, os.fsencode(place)) != move.old:
                    raise ApplyError(f"{path} was changed meanwhile; everything is put back")
            if move.new is not None:
                try:
                    disk.move_in(new_place(self.room, move.number), name, descriptor)
                except FileExistsError as error:
                    raise ApplyError(f"{path} was made meanwhile; it is left") from error
