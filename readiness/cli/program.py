"""The program: its commands, each imported when it is called, and how every command ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from readiness import __version__
from readiness.cli import ExitCode
from readiness.cli.output import complain
from readiness.errors import ReadinessError, one_line

COMMANDS = (
    "apply",
    "audit",
    "baseline",
    "explain",
    "history",
    "init",
    "plan",
    "report",
    "restore",
    "rules",
)
DEBUG_VARIABLE = "READINESS_DEBUG"
_SETTINGS = {"help_option_names": ["-h", "--help"]}
_EPILOG = """
Exit codes: 0 passed, 1 the gate failed, 2 usage or configuration, 3 incomplete.

Completion in bash (zsh and fish alike): eval "$(_READINESS_COMPLETE=bash_source readiness)"
"""


class _Program(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"readiness.cli.{name}").command
        return command


@click.command(cls=_Program, epilog=_EPILOG, context_settings=_SETTINGS)
@click.version_option(__version__, message="readiness %(version)s")
def program() -> None:
    """Says what in a Git repository can go, proves it, and says what still stands between it and
    production."""


def run(arguments: Sequence[str]) -> int:
    """Runs a command; whatever happens becomes an exit code and at most a line an error."""
    with contextlib.suppress(ValueError):  # not in the main thread of whoever calls
        for number in (signal.SIGTERM, signal.SIGHUP):  # so that nothing is left behind
            signal.signal(number, _leave)
    try:
        code = program.main(list(arguments), prog_name="readiness", standalone_mode=False)
    except click.ClickException as error:
        complain(_with_hint(error))
        return ExitCode.USAGE
    except ReadinessError as error:
        complain(str(error))
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        complain(
            f"this is a fault of readiness: {type(error).__name__}: {one_line(error)}"
            f" ({DEBUG_VARIABLE}=1 shows where; please report it)"
        )
        return ExitCode.INCOMPLETE
    return ExitCode.PASSED if code is None else int(code)


def _leave(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _with_hint(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{message}; see {context.command_path} --help" if context else message
