"""Files that are placed into a folder: whole or not at all, over nothing, through no symlink."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable

from msgspec import Struct

from readiness.errors import UsageError, one_line
from readiness.init.values import Piece
from readiness.model import encode_path
from readiness.repo.folder import Folder
from readiness.repo.metadata import printable

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


class Target(Struct, frozen=True):
    """A file to place; its path is one below the folder `root`."""

    root: str
    piece: Piece
    permissions: int = 0o666

    @property
    def shown(self) -> str:
        return one_line(self.piece.path)


def check(targets: Iterable[Target]) -> None:
    """Raises UsageError where one of the targets can be seen not to be writable."""
    for target in targets:
        folder = target.root
        for name in target.piece.path.split("/")[:-1]:
            inner = os.path.join(folder, name)
            if not os.path.lexists(inner):
                break
            if os.path.islink(inner) or not os.path.isdir(inner):
                what = "a symbolic link" if os.path.islink(inner) else "no folder"
                raise _refused(target, f"{printable(inner)} is {what}")
            folder = inner
        while not os.path.lexists(folder):  # a root that is still to be made
            folder = os.path.dirname(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            reason = "is on a disk that cannot be written to" if _read_only(folder) else ""
            raise _refused(target, f"{printable(folder)} {reason or 'may not be written to'}")


def _read_only(folder: str) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def place(targets: Iterable[Target]) -> None:
    """Writes all the targets, one after the other.

    Raises:
        UsageError: one cannot be written, or is not as it was; those before it are.
    """
    for target in targets:
        try:
            os.makedirs(target.root, exist_ok=True)
            with (
                Folder(target.root) as root,
                root.parent(encode_path(target.piece.path), make=True) as (folder, name),
            ):
                _place(target, folder, name)
        except FileExistsError as error:
            raise _refused(target, "it is there by now, and nothing is overwritten") from error
        except OSError as error:
            raise _refused(target, (error.strerror or str(error)).lower()) from error


def _place(target: Target, folder: int, name: bytes) -> None:
    piece = target.piece
    status = None
    if piece.before is not None:
        status = os.lstat(name, dir_fd=folder)
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        with open(descriptor, "rb") as file:
            if file.read(len(piece.before) + 1) != piece.before:
                raise _refused(target, "it was changed meanwhile; run this again")
    new = b".readiness-" + os.urandom(8).hex().encode()
    try:
        with open(os.open(new, _NEW, target.permissions, dir_fd=folder), "wb") as file:
            file.write(piece.after)
            file.flush()
            os.fsync(file.fileno())
            if status is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
        if status is not None:
            os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            _name(new, name, folder)
    finally:
        _forget(new, folder)


def _name(new: bytes, name: bytes, folder: int) -> None:
    """Gives the new file its name. Raises FileExistsError where there is one of that name."""
    try:
        os.link(new, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:
            os.lstat(name, dir_fd=folder)
        except FileNotFoundError:
            os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            raise FileExistsError(errno.EEXIST, "it exists") from None


def _forget(name: bytes, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _refused(target: Target, why: str) -> UsageError:
    return UsageError(f"{target.shown} cannot be written: {why}")
