"""Files below one folder, reached step by step, so that no symlink can lead anywhere else."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


class Folder:
    """An opened folder. Paths are bytes relative to it, of plain names with slashes between."""

    def __init__(self, root: str | bytes) -> None:
        self._root = os.open(root, _FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._root)

    @contextmanager
    def parent(self, path: bytes, *, make: bool = False) -> Iterator[tuple[int, bytes]]:
        """(the descriptor of the folder that holds `path`, its last name).

        `make` makes the folders that are missing. Raises OSError where one is missing, is no
        folder, or is a symlink.
        """
        *folders, name = path.split(b"/")
        current = os.dup(self._root)
        try:
            for folder in folders:
                inner = _enter(current, folder, make)
                os.close(current)
                current = inner
            yield current, name
        finally:
            os.close(current)

    def status(self, path: bytes) -> os.stat_result | None:
        """The status of what lies at `path` itself; null for nothing, or no real folder above."""
        try:
            with self.parent(path) as (folder, name):
                return os.lstat(name, dir_fd=folder)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise

    def read(self, path: bytes, limit: int) -> bytes:
        """The content of a regular file, or the target of a symlink, of at most `limit` bytes.

        Raises OSError where it is neither, is longer, or cannot be read.
        """
        with self.parent(path) as (folder, name):
            return read_at(folder, name, limit)


def read_at(folder: int | None, name: bytes, limit: int) -> bytes:
    """As `Folder.read`, below an open folder."""
    status = os.lstat(name, dir_fd=folder)
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(name, dir_fd=folder)
    if not stat.S_ISREG(status.st_mode):  # to open a device or a pipe may wait or act
        raise OSError(errno.EINVAL, "it is neither a file nor a symlink")
    with open(os.open(name, _FILE, dir_fd=folder), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is neither a file nor a symlink")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes")
    return content


def _enter(current: int, folder: bytes, make: bool) -> int:
    try:
        return os.open(folder, _FOLDER, dir_fd=current)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):  # somebody else was faster
        os.mkdir(folder, dir_fd=current)
    return os.open(folder, _FOLDER, dir_fd=current)
