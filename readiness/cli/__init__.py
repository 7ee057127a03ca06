"""The command line: one module per command."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """The same in every format. INCOMPLETE: under --strict, something could not be measured or
    read; always, where readiness itself fails."""

    PASSED = 0
    FAILED = 1  # the gate
    USAGE = 2  # or configuration
    INCOMPLETE = 3
    INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["--version"]:  # asked by scripts that cannot wait
        from readiness import __version__

        print(f"readiness {__version__}")
        return ExitCode.PASSED

    if arguments is None:  # the process is ours, and what it makes lives until its end
        gc.disable()
    from readiness.cli.program import run

    code = run(given or ["--help"])
    if arguments is None:
        gc.freeze()  # the interpreter looks at every object once more when it ends, but at these
    return code
