"""Gives back what a plan removed or changed, byte for byte.

Nothing is lost where this is interrupted: every content is prepared in a folder of ours, checked,
and then gets its place by one rename or link; the archive stays. Run it again for the rest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence

from msgspec import Struct

from readiness.apply import archive, disk, recovery
from readiness.apply.archive import ArchiveError, Entry
from readiness.apply.in_place import lock_index
from readiness.apply.journal import PRIVATE, ApplyError, Begun, Journal, Room
from readiness.apply.kept import Kept, choose
from readiness.errors import UsageError, one_line
from readiness.model import EXECUTABLE, SYMLINK
from readiness.repo import Repository
from readiness.repo.folder import Folder
from readiness.repo.metadata import printable

_SHOWN = 20  # reasons of one refusal


class Restored(Struct, frozen=True):
    """Paths that were given back, that were so already, and that went again since apply had
    made them; `notes` are sentences to look at."""

    back: tuple[str, ...]
    same: tuple[str, ...]
    gone: tuple[str, ...]
    notes: tuple[str, ...]


class _Wanted(Struct, frozen=True):
    """One path to give back; `replaces` where something else is there, `aside` where that is
    nobody's but the user's."""

    entry: Entry
    kept: Kept
    replaces: bool = False
    aside: bool = False
    stale: bool = True  # is the work tree to be changed?


def restore(
    repository: Repository,
    paths: Sequence[str],
    *,
    everything: bool = False,
    name: str | None = None,
    force: bool = False,
) -> Restored:
    """Gives back `paths` (files, or folders with all below), or all of one archive.

    Raises ApplyError where a file has changes that are not apply's, unless `force` (they are kept
    aside then), and UsageError where no archive holds a path; nothing was changed in both cases.
    """
    if repository.bare:
        raise UsageError(f"{printable(repository.root)} is bare: there is no work tree to restore")
    room = Room(repository.common_folder)
    with room.locked():
        notes = recovery.recover(repository)
        with recovery.told_first(notes):
            entries = choose(repository, paths, everything=everything, name=name)
            with Folder(repository.root) as folder:
                wanted = _compare(repository, folder, entries, force=force)
                begun = Begun("restore", repository.git_folder, os.urandom(16).hex())
                try:
                    with Journal.begin(room, begun):
                        disk.make_folder(room.work, PRIVATE)
                        notes += _Restorer(repository, room, folder, begun).run(wanted)
                except OSError as error:
                    reason = (error.strerror or str(error)).lower()
                    raise ApplyError(f"{reason}; run it again for the rest") from error
                finally:
                    recovery.undo(repository)
    return Restored(
        back=_paths(each for each in wanted if each.stale and each.entry.stored != "nowhere"),
        same=_paths(each for each in wanted if not each.stale),
        gone=_paths(each for each in wanted if each.stale and each.entry.stored == "nowhere"),
        notes=tuple(notes),
    )


def _paths(wanted: Iterable[_Wanted]) -> tuple[str, ...]:
    return tuple(each.entry.path for each in wanted)


def _compare(
    repository: Repository,
    folder: Folder,
    entries: Iterable[tuple[Kept, Entry]],
    *,
    force: bool,
) -> list[_Wanted]:
    """What is to be done for each entry. Raises ApplyError where that would lose a change."""
    wanted: list[_Wanted] = []
    problems: list[str] = []
    for kept, entry in entries:
        path = one_line(entry.path)
        try:
            status = folder.status(entry.raw)
            if status is None:
                fault = _holder_fault(folder, entry)
                if fault is not None:
                    problems.append(f"{path} {fault}")
                wanted.append(_Wanted(entry, kept, stale=entry.stored != "nowhere"))
                continue
            if stat.S_ISDIR(status.st_mode):
                problems.append(f"{path} is a folder now")
                continue
            content = folder.read(entry.raw, archive.LARGEST)
        except OSError as error:
            problems.append(f"{path}: {(error.strerror or str(error)).lower()}")
            continue
        state = _state(repository, entry, content, status)
        if state == "changed" and not force:
            problems.append(f"{path} has changes of its own; --force keeps them aside")
        wanted.append(
            _Wanted(entry, kept, replaces=True, aside=state == "changed", stale=state != "same")
        )
    if problems:
        shown = problems[:_SHOWN]
        if len(problems) > _SHOWN:
            shown.append(f"and {len(problems) - _SHOWN} more")
        raise ApplyError("\n".join(["refused, and nothing was changed:", *shown]))
    return wanted


def _holder_fault(folder: Folder, entry: Entry) -> str | None:
    """Why no file can be made there: a folder above is something else."""
    parts = entry.raw.split(b"/")[:-1]
    for count in range(1, len(parts) + 1):
        up = b"/".join(parts[:count])
        status = folder.status(up)
        if status is not None and not stat.S_ISDIR(status.st_mode):
            return f"lies below {one_line(os.fsdecode(up))}, which is no folder"
    return None


def _state(repository: Repository, entry: Entry, content: bytes, status: os.stat_result) -> str:
    """Is what is there the "same", "ours" (apply wrote it), or "changed" by somebody?"""
    symlink = stat.S_ISLNK(status.st_mode)
    ids = {repository.identify(content)}
    if entry.tracked:
        ids.add(repository.identify(content.replace(b"\r\n", b"\n")))
    permissions = stat.S_IMODE(status.st_mode) & 0o777
    if entry.stored != "nowhere" and symlink == (entry.git_mode == SYMLINK):
        executable = bool(permissions & 0o100) == (entry.git_mode == EXECUTABLE)
        if entry.permissions is None:
            same = entry.blob in ids and (symlink or executable)
        else:
            same = archive.describe(content) == (entry.sha256, entry.size)
            same = same and permissions == entry.permissions
        if same:
            return "same"
    return "ours" if entry.written and entry.written in ids and not symlink else "changed"


class _Restorer:
    """Prepares all contents, then puts them in their places, then tells the index."""

    def __init__(self, repository: Repository, room: Room, folder: Folder, begun: Begun) -> None:
        self.repository = repository
        self.room = room
        self.folder = folder
        self.begun = begun

    def run(self, wanted: Sequence[_Wanted]) -> list[str]:
        disk.make_folder(os.path.join(self.room.work, "new"))
        notes = self._prepare(wanted)
        aside: list[str] = []
        for number, each in enumerate(wanted):
            if each.stale:
                self._place(number, each, aside)
        if aside:
            notes.append(f"what was there before is kept: {', '.join(aside)}")
        return [*notes, *self._tell_index([each.entry for each in wanted])]

    def _prepare(self, wanted: Sequence[_Wanted]) -> list[str]:
        """Writes every content into our folder, under the number of its entry."""
        numbers = {
            (each.kept.name, each.entry.path): number
            for number, each in enumerate(wanted)
            if each.stale and each.entry.stored != "nowhere"
        }
        notes: list[str] = []
        for kept in {each.kept.name: each.kept for each in wanted}.values():
            assert kept.manifest is not None
            names = [entry for entry in kept.manifest.entries if entry.stored == "archive"]
            if any((kept.name, entry.path) in numbers for entry in names):
                try:
                    self._unpack(kept, numbers)
                except ArchiveError as error:
                    notes.append(f"{error}; what Git's history has is taken from there")
        left = [
            (number, wanted[number])
            for number in numbers.values()
            if not os.path.lexists(recovery.new_place(self.room, number))
        ]
        self._from_history(left)
        return notes

    def _unpack(self, kept: Kept, numbers: dict[tuple[str, str], int]) -> None:
        """Writes what is wanted of an archive, once all of it has proven whole."""
        assert kept.manifest is not None
        for _ in archive.contents(kept.manifest, kept.folder):
            continue
        for entry, content in archive.contents(kept.manifest, kept.folder):
            number = numbers.get((kept.name, entry.path))
            if number is not None:
                self._write(number, entry, content)

    def _from_history(self, left: Sequence[tuple[int, _Wanted]]) -> None:
        untracked = [each.entry.path for _, each in left if not each.entry.tracked]
        if untracked:
            raise ApplyError(
                f"{one_line(untracked[0])} was never in Git, and its archive is damaged;"
                " nothing was changed"
            )
        contents = self.repository.read([each.entry.blob for _, each in left], archive.LARGEST)
        for (number, each), (_, content) in zip(left, contents, strict=True):
            if isinstance(content, str):
                raise ApplyError(f"{one_line(each.entry.path)}: {content}; nothing was changed")
            self._write(number, each.entry, content)

    def _write(self, number: int, entry: Entry, content: bytes) -> None:
        place = recovery.new_place(self.room, number)
        if entry.git_mode == SYMLINK:
            disk.write_link(place, content)
            return
        executable = 0o777 if entry.git_mode == EXECUTABLE else 0o666
        disk.write(place, [content], executable, lasting=False)
        if entry.permissions is not None:
            disk.permit(place, entry.permissions)

    def _place(self, number: int, wanted: _Wanted, aside: list[str]) -> None:
        entry = wanted.entry
        place = recovery.new_place(self.room, number)
        with self.folder.parent(entry.raw, make=entry.stored != "nowhere") as (descriptor, name):
            if wanted.aside:
                aside.append(printable(self._keep(number, name, descriptor)))
            if entry.stored == "nowhere":
                disk.remove(name, descriptor)
            elif wanted.replaces:
                disk.replace(place, name, descriptor)
            else:
                try:
                    disk.move_in(place, name, descriptor)
                except FileExistsError as error:
                    raise ApplyError(
                        f"{one_line(entry.path)} was made meanwhile; run it again"
                    ) from error

    def _keep(self, number: int, name: bytes, folder: int) -> str:
        """Gives what is there a second name, so that replacing it loses nothing."""
        disk.make_folder(self.room.kept)
        place = os.path.join(self.room.kept, f"{number}-{os.urandom(4).hex()}")
        disk.take_name_from(name, folder, place)
        return place

    def _tell_index(self, entries: Sequence[Entry]) -> list[str]:
        """Puts the tracked files back into the index, where it is still as apply left it."""
        index, raw = self.repository.read_index()
        known = {entry.path: (entry.mode, entry.blob_id.hex()) for entry in index.entries}
        missing = self.repository.missing({entry.blob for entry in entries if entry.blob})
        changes: dict[bytes, tuple[int, str] | None] = {}
        for entry in entries:
            now = known.get(entry.raw)
            then = (entry.git_mode, entry.blob) if entry.blob else None
            as_left = now is None or (bool(entry.written) and now[1] == entry.written)
            if entry.tracked and now != then and as_left and entry.blob not in missing:
                changes[entry.raw] = then
        if not changes:
            return []
        try:
            lock_index(self.room, self.begun)
        except ApplyError as error:
            return [f"{error}; the files are back, but not in the index: git add them"]
        new = os.path.join(self.room.work, "index")
        path = os.path.join(self.repository.git_folder, "index")
        before = os.stat(path) if os.path.exists(path) else None
        _, raw = self.repository.read_index()
        writer = self.repository.writer(self.room.work, self.begun.token)
        changed = writer.changed_index(raw, changes)
        disk.write(new, [changed])
        if before is not None:
            disk.permit(new, stat.S_IMODE(before.st_mode))
            os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        disk.replace(new, path)
        return []
