"""What goes out: reports to standard output or a file, complaints to standard error."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from typing import TextIO

from readiness.errors import UsageError, one_line

LONGEST = 2_000  # characters of a complaint
FOR_PEOPLE = ("text", "full")  # formats that obey the terminal; all others are UTF-8


def complain(text: str) -> None:
    """One line on standard error for each line of `text`."""
    for line in text.strip("\n").split("\n"):
        print(f"readiness: {one_line(line, LONGEST)}", file=sys.stderr)


def wants_colour(stream: TextIO | None) -> bool:
    """Colour for a terminal that shows it; NO_COLOR and FORCE_COLOR decide where they are set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def emit(text: str | bytes, format: str = "text") -> None:
    """Writes to standard output. What a terminal cannot show is written as an escape.

    Raises:
        UsageError: it cannot be written, for any reason but that its reader has seen enough.
    """
    if sys.stdout is None:  # closed by the caller
        return
    encoding = sys.stdout.encoding if format in FOR_PEOPLE else "utf-8"
    data = text if isinstance(text, bytes) else text.encode(encoding, "backslashreplace")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
    except OSError as error:
        _abandon_stdout()
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"standard output: {reason}") from error


def _abandon_stdout() -> None:
    """Lets what is still buffered go nowhere, so that the interpreter does not stumble over it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def check(path: str, option: str = "--output") -> None:
    """Finds out before the work is done that nothing could be written to the `path` of an option.

    Raises:
        UsageError: it could not.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        reason = errno.EISDIR
    elif not os.path.isdir(folder):
        reason = errno.ENOTDIR if os.path.lexists(folder) else errno.ENOENT
    elif _is_replaced(target) and not os.access(folder, os.W_OK | os.X_OK):
        reason = errno.EACCES
    else:
        return
    raise _refused(path, OSError(reason, os.strerror(reason)), option)


def write(path: str, text: str | bytes, option: str = "--output") -> None:
    """Writes a file whole or not at all. Pipes and devices are written to as they are.

    Raises:
        UsageError: it cannot be written.
    """
    target = os.path.realpath(path)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    try:
        if not _is_replaced(target):
            with open(target, "wb") as file:
                file.write(data)
            return
        _replace(target, data)
    except OSError as error:
        raise _refused(path, error, option) from error


def _refused(path: str, error: OSError, option: str) -> UsageError:
    return UsageError(f"{option} {one_line(path)}: {(error.strerror or str(error)).lower()}")


def _is_replaced(target: str) -> bool:
    """Is it a file, or going to be one?"""
    return not os.path.exists(target) or stat.S_ISREG(os.stat(target).st_mode)


def _replace(target: str, data: bytes) -> None:
    descriptor, new = tempfile.mkstemp(prefix=".readiness-", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(descriptor, _mode_of(target))
        os.replace(new, target)
    except BaseException:
        os.unlink(new)
        raise


def _mode_of(target: str) -> int:
    """The permissions that a file has, or would have if it were made now."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
