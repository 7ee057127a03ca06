"""Every change that `apply` and `restore` make on the disk goes through one of these functions.

What they write is on the disk, not in a buffer, when they return. None follows a symlink in the
last name of a path; none overwrites, but for `replace`.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TypeVar

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_AT_ONCE = 8  # files or folders that are removed
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
Name = TypeVar("Name", str, bytes)


def make_folder(path: str, permissions: int = 0o777) -> None:
    """Makes a folder where there is none."""
    try:
        os.mkdir(path, permissions)
    except FileExistsError:
        if os.path.islink(path) or not os.path.isdir(path):
            raise
        return
    sync(os.path.dirname(path))


def write(
    path: str, pieces: Iterable[bytes], permissions: int = 0o666, *, lasting: bool = True
) -> None:
    """Writes a new file; what is not `lasting` may be lost with the power, for it can be made
    again."""
    descriptor = os.open(path, _NEW, permissions)
    with open(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
        if lasting:
            file.flush()
            os.fsync(descriptor)


def write_link(path: str, target: bytes) -> None:
    """Makes a new symlink."""
    os.symlink(target, os.fsencode(path))


def permit(path: str, permissions: int) -> None:
    """Gives a file these permissions, whatever the process's mask is."""
    os.chmod(path, permissions)


def append(descriptor: int, record: bytes) -> None:
    """Adds to an open file, all of it or an error."""
    while record:
        record = record[os.write(descriptor, record) :]
    os.fsync(descriptor)


def move_out(name: bytes, folder: int, target: str) -> None:
    """Moves a file from an open folder to `target`, which does not exist, on the same disk."""
    os.rename(name, target, src_dir_fd=folder)


def move_in(source: str, name: bytes, folder: int) -> None:
    """Gives `source` a second name in an open folder. Raises FileExistsError where that exists."""
    try:
        os.link(source, name, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _refuse_present(name, folder)
        os.rename(source, name, dst_dir_fd=folder)


def replace(source: str, name: bytes | str, folder: int | None = None) -> None:
    """Moves `source` over what is there, in one step."""
    os.replace(source, name, dst_dir_fd=folder)


def take_name(source: str, target: str) -> None:
    """Gives `source` a second name. Raises FileExistsError where that exists."""
    os.link(source, target, follow_symlinks=False)


def take_name_from(name: bytes, folder: int, target: str) -> None:
    """Gives a file in an open folder a second name outside of it."""
    os.link(name, target, src_dir_fd=folder, follow_symlinks=False)


def rename(source: str, target: str) -> None:
    """Moves a file or folder to a name that does not exist."""
    _refuse_present(target, None)
    os.rename(source, target)
    sync(os.path.dirname(target))


def remove(name: str | bytes, folder: int | None = None) -> None:
    """Removes a file where there is one."""
    _remove(name, folder)


def remove_all(paths: Iterable[str]) -> None:
    """Removes files where there are some, several at once: some disks take milliseconds for one."""
    _at_once(_remove, paths)


def remove_folder(name: str | bytes, folder: int | None = None) -> bool:
    """Removes an empty folder; is it gone?"""
    try:
        os.rmdir(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY):
            return False
        raise
    return True


def remove_folders(
    parent: Callable[[bytes], AbstractContextManager[tuple[int, bytes]]], paths: Iterable[bytes]
) -> None:
    """Removes those folders that are empty, several at once, and lets the others be; `parent`
    opens the folder above one. None of `paths` may lie below another."""

    def remove_one(path: bytes) -> None:
        with contextlib.suppress(OSError), parent(path) as (folder, name):
            os.rmdir(name, dir_fd=folder)

    _at_once(remove_one, paths)


def remove_tree(path: str) -> None:
    """Removes a folder of our own with all that is in it, following no symlink."""
    import shutil

    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)


def sync(path: str) -> None:
    """Makes what happened in a folder, or what was written to a file, last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _at_once(work: Callable[[Name], None], items: Iterable[Name]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(work, items):
            continue


def _remove(name: str | bytes, folder: int | None = None) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _refuse_present(name: str | bytes, folder: int | None) -> None:
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fsdecode(name))
