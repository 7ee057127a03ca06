"""What goes out: reports to standard output or a file, complaints to standard error."""

from __future__ import annotations

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


def emit(text: str, format: str = "text") -> None:
    """Writes to standard output. What a terminal cannot show is written as an escape.

    Raises:
        UsageError: it cannot be written, for any reason but that its reader has seen enough.
    """
    if sys.stdout is None:  # closed by the caller
        return
    encoding = sys.stdout.encoding if format in FOR_PEOPLE else "utf-8"
    data = text.encode(encoding, "backslashreplace")
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


def write(path: str, text: str) -> None:
    """Writes a file whole or not at all. Pipes and devices are written to as they are.

    Raises:
        UsageError: it cannot be written.
    """
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not stat.S_ISREG(os.stat(target).st_mode):
            with open(target, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return
        _replace(target, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"--output {path}: {(error.strerror or str(error)).lower()}") from error


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
