"""The work tree, read without trust: no symlink is followed, no pipe waited for, nothing run."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Sequence

from msgspec import Struct

from readiness.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, TrackedFile, decode_path
from readiness.repo.index_file import Entry
from readiness.repo.metadata import unreadable
from readiness.repo.objects import ObjectReader, too_large
from readiness.repo.settings import Settings

CHANGED = "changed while it was audited"
_LARGEST = 1_000_000_000  # bytes; a changed file above is neither hashed nor read
_WHOLE = 32 << 20  # bytes; a file above is hashed in pieces
_PIECE = 1 << 20
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


class Unreadable(Exception):
    """A path whose content we cannot have; the text says why."""


class Tracked(Struct, frozen=True):
    """The tracked files that are present, and whether they are all as they were staged."""

    files: list[TrackedFile]
    as_staged: bool


class WorkTree:
    """The files below one folder. Remembers where content lies that the repository has not.

    Paths are bytes relative to the folder. Git's filters are never run: what a checkout turned
    into CRLF line ends, or from a Git LFS pointer into the large file, counts as the staged
    content; of any other filter the raw bytes count.
    """

    def __init__(self, root: str, settings: Settings, objects: ObjectReader) -> None:
        try:
            self._root = os.open(root, _FOLDER)
        except OSError as error:
            raise unreadable(root, error) from error
        self._objects = objects
        self._settings = settings
        self._forms = _forms(settings)
        self._places: dict[str, bytes] = {}
        self._reasons: dict[str, str] = {}

    def close(self) -> None:
        os.close(self._root)

    def tracked(self, entries: Sequence[Entry], written: int) -> Tracked:
        """The state of the files in the index, which was written at `written` (nanoseconds).

        A file whose times, size and kind are those in the index is clean and is not read, unless
        it was changed at the very moment the index was written, or later.
        """
        files: list[TrackedFile] = []
        as_staged = True
        folders = {b"": True}
        conflict = b""
        for entry in entries:
            if entry.stage:
                if entry.path == conflict:
                    continue
                conflict = entry.path
            elif entry.trusted or self._is_unchanged(entry, written, folders):
                files.append(_as_staged(entry))
                continue
            found = self._inspect(entry.path, entry)
            if found is None and entry.absent:
                found = _as_staged(entry)
            if found is not None:
                files.append(found)
            settled = not entry.stage and not entry.intent_to_add
            as_staged = as_staged and settled and found == _as_staged(entry)
        return Tracked(files, as_staged)

    def untracked(self, paths: Iterable[bytes]) -> list[TrackedFile]:
        """The files among `paths`; folders that hold another repository end in a slash."""
        found = (self._inspect(path, None) for path in paths if not path.endswith(b"/"))
        return [file for file in found if file is not None]

    def knows(self, blob_id: str) -> bool:
        """Is the content with this id here rather than in the repository?"""
        return blob_id in self._places or blob_id in self._reasons

    def read(self, blob_id: str, limit: int) -> bytes | str:
        """The content that `knows` speaks of, or the reason why it was not read."""
        if blob_id in self._reasons:
            return self._reasons[blob_id]
        try:
            content = self._read(self._places[blob_id], limit)
        except OSError as error:
            return CHANGED if error.errno in _GONE else _reason(error)
        except Unreadable as reason:
            return str(reason)
        return content if self._objects.identify(content) == blob_id else CHANGED

    def _is_unchanged(self, entry: Entry, written: int, folders: dict[bytes, bool]) -> bool:
        """Do its kind, times and size say that nobody changed it? `folders` is what `_is_real`
        knows already."""
        path = entry.path
        folder = path[: path.rfind(b"/") + 1]
        real = folders.get(folder)
        if real is None:
            real = self._is_real(folder, folders)
        if not real or entry.intent_to_add:
            return False
        try:
            status = os.lstat(path, dir_fd=self._root)
        except OSError:
            return False
        mask, form = self._forms[entry.mode]
        return status.st_mode & mask == form and (
            entry.mode == SUBMODULE
            or (
                status.st_mtime_ns == entry.modified < written
                and status.st_ctime_ns == entry.changed
                and status.st_size & 0xFFFFFFFF == entry.size
            )
        )

    def _is_real(self, folder: bytes, known: dict[bytes, bool]) -> bool:
        """Is `folder` ("a/b/") reached without a symlink? Fills `known` for those above, too."""
        missing = []
        while folder not in known:
            missing.append(folder)
            folder = folder[: folder.rfind(b"/", 0, -1) + 1]
        real = known[folder]
        for folder in reversed(missing):
            if real:
                try:
                    real = stat.S_ISDIR(os.lstat(folder[:-1], dir_fd=self._root).st_mode)
                except OSError:
                    real = False
            known[folder] = real
        return real

    def _inspect(self, path: bytes, entry: Entry | None) -> TrackedFile | None:
        """The file at `path`, hashed; null where there is none (a folder is none)."""
        mode = entry.mode if entry else REGULAR
        try:
            folder, name = self._enter(path)
        except OSError as error:
            return None if error.errno in _GONE else self._unread(path, mode, _reason(error))
        try:
            status = os.lstat(name, dir_fd=folder)
            if stat.S_ISDIR(status.st_mode):
                return None
            if stat.S_ISLNK(status.st_mode):
                mode, blob_id = SYMLINK, self._objects.identify(os.readlink(name, dir_fd=folder))
            else:
                mode = self._mode(status, mode)
                blob_id = self._hash(name, folder, entry)
        except OSError as error:
            return None if error.errno in _GONE else self._unread(path, mode, _reason(error))
        except Unreadable as reason:
            return self._unread(path, mode, str(reason))
        finally:
            os.close(folder)
        if entry is None or entry.intent_to_add or blob_id != entry.blob_id.hex():
            self._places[blob_id] = path
        return TrackedFile(decode_path(path), blob_id, mode)

    def _mode(self, status: os.stat_result, staged: int) -> int:
        """Git's mode of a regular file, which stood as `staged` in the index."""
        if staged == SYMLINK and not self._settings.symlinks:
            return SYMLINK
        if not self._settings.file_mode:
            return staged if staged in (REGULAR, EXECUTABLE) else REGULAR
        return EXECUTABLE if status.st_mode & 0o100 else REGULAR

    def _hash(self, name: bytes, folder: int, entry: Entry | None) -> str:
        """The blob id of a regular file: the staged one, where only the checkout changed it."""
        staged = entry.blob_id.hex() if entry else None
        with open(_open_regular(name, folder), "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _LARGEST:
                raise Unreadable(too_large(size, _LARGEST))
            large = hashlib.sha256(usedforsecurity=False)
            if size <= _WHOLE:
                content = file.read()
                size = len(content)
                blob_id = self._objects.identify(content)
                if staged in (None, blob_id):
                    return blob_id
                if staged == self._objects.identify(content.replace(b"\r\n", b"\n")):
                    return staged
                large.update(content)
            else:
                digest = self._objects.digest(size)
                seen = 0
                while piece := file.read(_PIECE):
                    seen += len(piece)
                    digest.update(piece)
                    large.update(piece)
                if seen != size:
                    raise Unreadable(CHANGED)
                blob_id = digest.hexdigest()
        pointer = _POINTER.format(large.hexdigest(), size).encode()
        return staged if staged == self._objects.identify(pointer) else blob_id

    def _read(self, path: bytes, limit: int) -> bytes:
        folder, name = self._enter(path)
        try:
            if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
                return os.readlink(name, dir_fd=folder)
            with open(_open_regular(name, folder), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size > limit:
                    raise Unreadable(too_large(size, limit))
                return file.read(limit + 1)
        finally:
            os.close(folder)

    def _enter(self, path: bytes) -> tuple[int, bytes]:
        """(the opened folder of `path`, its last name), not passing through any symlink."""
        *folders, name = path.split(b"/")
        current = os.dup(self._root)
        for folder in folders:
            try:
                inner = os.open(folder, _FOLDER, dir_fd=current)
            finally:
                os.close(current)
            current = inner
        return current, name

    def _unread(self, path: bytes, mode: int, reason: str) -> TrackedFile:
        """A file whose content is unknown: its id is one that no content has."""
        blob_id = self._objects.identify(path, b"unread")
        self._reasons[blob_id] = reason
        return TrackedFile(decode_path(path), blob_id, mode)


def _forms(settings: Settings) -> dict[int, tuple[int, int]]:
    """A mode of Git -> (mask, value) of the system's mode that means the same here."""
    kind = stat.S_IFMT(0o177777)
    executable = 0o100 if settings.file_mode else 0
    return {
        REGULAR: (kind | executable, stat.S_IFREG),
        EXECUTABLE: (kind | executable, stat.S_IFREG | executable),
        SYMLINK: (kind, stat.S_IFLNK if settings.symlinks else stat.S_IFREG),
        SUBMODULE: (kind, stat.S_IFDIR),
    }


def _as_staged(entry: Entry) -> TrackedFile:
    return TrackedFile(decode_path(entry.path), entry.blob_id.hex(), entry.mode)


def _open_regular(name: bytes, folder: int) -> int:
    """Opens a regular file; what else there is must not be opened, since that may wait or act."""
    status = os.lstat(name, dir_fd=folder)
    if stat.S_ISREG(status.st_mode):
        descriptor = os.open(name, _FILE, dir_fd=folder)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return descriptor
        os.close(descriptor)
    raise Unreadable(f"is a {_KINDS.get(stat.S_IFMT(status.st_mode), 'folder')}, not a file")


_KINDS = {
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


def _reason(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()
