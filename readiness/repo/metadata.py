"""Small files of a Git directory, read without trust: bounded, and never waiting."""

from __future__ import annotations

import errno
import os
import stat

from readiness.errors import RepositoryError, one_line

SMALL = 1 << 20  # bytes; far above any HEAD, commondir or configuration
HUGE = 1 << 30  # bytes; far above any index or list of references
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
PATH_LIMIT = 4096  # characters; no system has longer paths


def read_metadata(path: str, limit: int = SMALL) -> bytes | None:
    """The content of a regular file; null where there is none.

    Raises RepositoryError where it cannot be read or holds more than `limit` bytes.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # to open a device may do something
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise unreadable(path, error) from error
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > limit:
            raise RepositoryError(f"{printable(path)} is larger than any that Git writes")
        return file.read()


def unreadable(path: str, error: OSError) -> RepositoryError:
    """The error for a file or folder that the system does not let us read."""
    reason = (error.strerror or str(error)).lower()
    return RepositoryError(f"{printable(path)} cannot be read ({reason})")


def printable(path: str) -> str:
    """A path of the file system as one line that is safe to show."""
    return one_line(os.fsencode(path).decode("utf-8", "backslashreplace"), PATH_LIMIT)
