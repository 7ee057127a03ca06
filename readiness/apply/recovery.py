"""Undoing and finishing: what an interrupted call left, brought to one of two ends.

Both are made of steps that look at what is there before they act, so each may be repeated, and
may itself be interrupted.

To undo: what lies in `work/old` goes back to its path (unless somebody put another file there:
then it is kept aside and told), what was put in its stead goes, our `index.lock` goes, the archive
goes once everything is back, `work` goes, and last the journal.

To finish: the pack comes into the repository, the index is replaced if nobody changed it, the
references are created, empty folders and `work` go, our `index.lock` goes, and last the journal.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from readiness.apply import archive, disk, journal
from readiness.apply.archive import NAME
from readiness.apply.journal import NOTHING_BEGUN, PRIVATE, ApplyError, Begun, Move, Room, Story
from readiness.apply.paths import encoded, fault, parents
from readiness.errors import ReadinessError, one_line
from readiness.model import encode_path
from readiness.repo import Repository
from readiness.repo.folder import Folder, read_at
from readiness.repo.metadata import HUGE, printable, read_metadata
from readiness.repo.writer import fault_of_folders

_REFERENCE = re.compile(r"refs/(?:heads/readiness/cleanup|tags/readiness/before)-[0-9a-z-]+")
_TOKEN = re.compile(r"[0-9a-f]{32}")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TAKEN = {errno.EEXIST, errno.ENOTDIR, errno.ELOOP}
_TRIES = 20  # to create references while another Git process holds their locks
_PAUSE = 0.1  # seconds between them


def recover(repository: Repository) -> list[str]:
    """Brings an interrupted call to its end; sentences that say what was done, none if there was
    nothing. The caller holds the lock. Raises ApplyError where it cannot; then try again."""
    try:
        return _recover(repository)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ApplyError(
            f"an earlier call was interrupted and cannot be brought to its end ({reason});"
            " mend that and run this again"
        ) from error


def _recover(repository: Repository) -> list[str]:
    room = Room(repository.common_folder)
    story = room.pending()
    if story is None:
        if room.is_real():
            _clean(room)
        return []
    _check(story, room, repository)
    if story.committed is not None:
        return [f"plan {story.begun.plan}: what was interrupted is finished", *finish(repository)]
    notes = undo(repository)
    if not story.begun.archive:
        return notes
    return [f"plan {story.begun.plan}: what was interrupted is undone", *notes]


@contextmanager
def told_first(notes: Sequence[str]) -> Iterator[None]:
    """Where what follows fails, what was brought to its end before is told as well."""
    try:
        yield
    except ReadinessError as error:
        if not notes:
            raise
        raise type(error)("\n".join((*notes, str(error)))) from error


def undo(repository: Repository) -> list[str]:
    """Undoes what the journal tells; sentences on what somebody must look at."""
    room = Room(repository.common_folder)
    story = room.pending()
    if story is None:
        return []
    notes: list[str] = []
    if story.moving is not None:
        with Folder(repository.root) as folder:
            for move in reversed(story.moving.moves):
                note = _undo_move(room, folder, move)
                if note is not None:
                    notes.append(note)
    _unlock_index(room, story.begun)
    if not notes:
        _discard_archive(room, story.begun)
    _clean(room)
    journal.end(room)
    return notes


def finish(repository: Repository) -> list[str]:
    """Finishes what the journal tells; sentences on what somebody must look at."""
    room = Room(repository.common_folder)
    story = room.pending()
    assert story is not None and story.committed is not None
    notes: list[str] = []
    writer = repository.writer(room.work, story.begun.token)
    for source, target in writer.packs():
        disk.make_folder(os.path.dirname(target))
        if not os.path.lexists(target):
            disk.replace(source, target)
            disk.sync(os.path.dirname(target))
    if story.committed.index is not None:
        notes += _replace_index(room, story.begun, *story.committed.index)
    _create(repository, room, story)
    if story.moving is not None:
        with Folder(repository.root) as folder:
            gone = [move.path for move in story.moving.moves if move.new is None]
            _remove_empty(folder, gone)
        disk.remove_all(old_place(room, move.number) for move in story.moving.moves)
    if story.begun.files is not None:
        disk.remove(os.path.join(story.begun.files, archive.TOKEN))
    _unlock_index(room, story.begun)
    _clean(room)
    journal.end(room)
    return notes


def old_place(room: Room, number: int) -> str:
    """Where what left the work tree lies until the end."""
    return os.path.join(room.work, "old", str(number))


def new_place(room: Room, number: int) -> str:
    """Where what comes into the work tree lies from the beginning."""
    return os.path.join(room.work, "new", str(number))


def digest_at(folder: int | None, name: bytes) -> str | None:
    """The SHA-256 of a file's content or a symlink's target; null where there is none."""
    try:
        return archive.describe(read_at(folder, name, archive.LARGEST))[0]
    except OSError:
        return None


def _check(story: Story, room: Room, repository: Repository) -> None:
    """The journal must speak of this work tree, and of nothing outside."""
    if story == NOTHING_BEGUN:
        return
    begun, common = story.begun, repository.common_folder
    moves = story.moving.moves if story.moving is not None else ()
    if moves and begun.git != repository.git_folder:
        raise ApplyError(
            f"apply was interrupted in another work tree of this repository"
            f" ({printable(begun.git)}); run readiness apply there first. If the work tree is gone,"
            f" {printable(room.work)}/old holds what was in it: take it, then remove the journal"
        )
    wrong = any(
        fault(move.path) is not None or move.number != number for number, move in enumerate(moves)
    )
    references = story.committed.references if story.committed is not None else ()
    for name, value in references:
        wrong = wrong or not (_REFERENCE.fullmatch(name) and _OBJECT.fullmatch(value))
    holder, name = os.path.split(begun.git)
    linked = holder == os.path.join(common, "worktrees") and name not in ("", ".", "..")
    wrong = wrong or not (begun.git == common or linked) or not _TOKEN.fullmatch(begun.token)
    if begun.archive:
        folder, name = os.path.split(begun.archive)
        wrong = wrong or folder != room.archives or not NAME.fullmatch(name)
        files = begun.files or begun.archive
        wrong = wrong or os.path.basename(files) != name or not os.path.isabs(files)
        wrong = wrong or "\0" in files
    if wrong:
        raise ApplyError(
            f"{printable(room.journal)} does not speak of this repository as it lies here, so an"
            " interrupted call is not brought to its end. If you moved the repository since, move"
            " it back and run this again; else look at what lies in work/old beside the journal"
        )
    objects = os.path.join(room.work, f"objects-{begun.token}")
    for path in (begun.git, objects, os.path.join(objects, "pack")):
        if os.path.islink(path):
            raise ApplyError(f"{printable(path)} is a symlink; nothing is read through it")
    written = {os.path.dirname(name) for name, _ in references}
    found = fault_of_folders(common, sorted(written | {"objects/pack"} if written else ()))
    if found is not None:
        raise ApplyError(found)


def _undo_move(room: Room, folder: Folder, move: Move) -> str | None:
    """Brings one path back; the sentence where somebody else's file is in its place."""
    old, new = old_place(room, move.number), new_place(room, move.number)
    here = os.path.lexists(old)
    if move.old is not None and not here:
        return None
    try:
        with folder.parent(encoded(move.path), make=here) as (descriptor, name):
            ours = _same(descriptor, name, new) and digest_at(descriptor, name) == move.new
            if not here:
                if ours:
                    disk.remove(name, descriptor)
            elif ours:
                disk.replace(old, name, descriptor)
            else:
                if not _same(descriptor, name, old):
                    disk.move_in(old, name, descriptor)
                disk.remove(old)
    except OSError as error:
        if here and error.errno in _TAKEN:
            return _keep_aside(room, move)
        if here or error.errno != errno.ENOENT:
            raise
    if not here:
        _remove_empty(folder, [move.path])
    return None


def _keep_aside(room: Room, move: Move) -> str:
    disk.make_folder(room.kept)
    place = os.path.join(room.kept, f"{move.number}-{os.urandom(4).hex()}")
    disk.rename(old_place(room, move.number), place)
    return (
        f"{one_line(move.path)} is there anew; the file from before is kept as {printable(place)}"
    )


def _same(folder: int, name: bytes, place: str) -> bool:
    """Is the file in the open folder the very one that has another name at `place`?"""
    try:
        return os.path.samestat(os.lstat(name, dir_fd=folder), os.lstat(place))
    except OSError:
        return False


def _replace_index(room: Room, begun: Begun, before: str, after: str) -> list[str]:
    path = os.path.join(begun.git, "index")
    prepared = os.path.join(room.work, "index")
    now = index_digest(path)
    if now == before and os.path.lexists(prepared):
        disk.replace(prepared, path)
        disk.sync(begun.git)
    elif now != after:
        return ["the index was changed meanwhile, so it is left: git add --update stages the rest"]
    return []


def index_digest(path: str) -> str:
    """The SHA-256 of an index file; of nothing where there is none."""
    return hashlib.sha256(read_metadata(path, HUGE) or b"").hexdigest()


def _create(repository: Repository, room: Room, story: Story) -> None:
    """Creates the references that do not exist yet. Raises ApplyError where one is another's."""
    references = story.committed.references if story.committed is not None else ()
    for attempt in range(_TRIES):
        known = repository.references()
        for name, value in references:
            if known.get(name.encode(), value) != value:
                raise ApplyError(
                    f"{name} was made by somebody else meanwhile; rename it and run this again:"
                    " the rest is done"
                )
        missing = [(name, value) for name, value in references if name.encode() not in known]
        if not missing:
            return
        if attempt == _TRIES - 1:  # whoever wrote these names was killed: only we use them
            for name, _ in missing:
                disk.remove(os.path.join(repository.common_folder, name + ".lock"))
        disk.make_folder(room.work, PRIVATE)
        disk.remove_tree(os.path.join(room.work, "references"))
        if not repository.writer(room.work, story.begun.token).create_references(missing):
            time.sleep(_PAUSE)
    raise ApplyError("the references could not be written; is there room on the disk? run it again")


def _remove_empty(folder: Folder, paths: Iterable[str]) -> None:
    """Removes the folders above `paths` that hold nothing any more, as Git does."""
    above = {encode_path(up) for path in paths for up in parents(path)}
    deepest_first = sorted(above, key=lambda up: -up.count(b"/"))
    for _, beside in groupby(deepest_first, key=lambda up: up.count(b"/")):
        disk.remove_folders(folder.parent, beside)


def _unlock_index(room: Room, begun: Begun) -> None:
    """Removes `index.lock` if it is the one that we made."""
    if not begun.token:
        return
    path = os.path.join(begun.git, "index.lock")
    if not os.path.islink(path) and read_metadata(path) == begun.token.encode():
        disk.remove(path)


def _discard_archive(room: Room, begun: Begun) -> None:
    """Removes what was archived; elsewhere only from a folder that holds our token."""
    if not begun.archive:
        return
    for place in filter(None, (begun.archive, begun.files)):
        for folder in (place, f"{place}.new"):
            if not os.path.isdir(folder) or os.path.islink(folder):
                continue
            token = read_metadata(os.path.join(folder, archive.TOKEN))
            torn = token is not None and begun.token.encode().startswith(token)
            if place == begun.archive or torn:
                for name in (archive.MANIFEST, archive.FILES, archive.TOKEN):
                    disk.remove(os.path.join(folder, name))
            disk.remove_folder(folder)


def _clean(room: Room) -> None:
    """Removes `work`, unless something that came out of the work tree is still there."""
    old = os.path.join(room.work, "old")
    if os.path.isdir(old) and not disk.remove_folder(old):
        raise ApplyError(f"{printable(old)} still holds files of the work tree; look at them")
    disk.remove_tree(room.work)
