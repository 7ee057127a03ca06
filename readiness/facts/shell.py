"""Facts of shell: the commands of a script, a Makefile recipe, a `run:` step or a CMD."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice


class Command(Struct, frozen=True):
    """One simple command, quotes removed; an expansion stays as `$NAME` or `$(...)` in its word.

    `directory` is where it runs after literal `cd`s, relative to where the script starts ("" there,
    "?" where it cannot be told). `assignments` stand before it (`PYTHONPATH=src python x.py`).
    `fallback` is the command after `||` ("true", "echo failed"), `piped` that its exit status is
    lost in a pipe without pipefail, `background` that it ends in `&`. `function` is the shell
    function that holds it; `conditional` that an if, loop or && decides whether it runs.
    `writes` are the files that its redirections make.
    """

    words: tuple[str, ...]
    line: int
    directory: str = ""
    assignments: tuple[tuple[str, str], ...] = ()
    fallback: str = ""
    piped: bool = False
    background: bool = False
    conditional: bool = False
    function: str = ""
    writes: tuple[str, ...] = ()


class ShellFacts(Struct, frozen=True):
    """`sources` are the literal files that are sourced; `errexit`: `set -e` is on; `mentions` are
    words that look like paths and stand in no command that was understood, with their line."""

    interpreter: str = ""
    commands: tuple[Command, ...] = ()
    functions: tuple[str, ...] = ()
    errexit: bool = False
    mentions: tuple[tuple[str, int], ...] = ()


def commands(text: str, first_line: int = 1) -> tuple[Command, ...]:
    """The commands of a piece of shell that starts at `first_line` of its file."""
    return ()


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2]
    if name.endswith((".sh", ".bash", ".zsh", ".ksh")):
        return "sh"
    return None


def extract(kind: str, data: bytes) -> ShellFacts:
    return ShellFacts()


SLICE = Slice(name="shell", version=1, type=ShellFacts, kind=_kind, extract=extract)
