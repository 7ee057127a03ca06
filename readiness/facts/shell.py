"""Facts of shell: the commands of a script, a Makefile recipe, a `run:` step or a CMD."""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts._shell_syntax import Draft, Reader


class Command(Struct, frozen=True):
    """One simple command, quotes removed; an expansion stays as `$NAME` or `$(...)` in its word.

    `directory` is where it runs after literal `cd`s, relative to where the script starts ("" there,
    "?" where it cannot be told). Where the script finds its own place, it starts with `@` (the
    folder that the script lies in) or `@@` (the root of the repository): "@/..", "@@/app".
    `assignments` stand before it (`PYTHONPATH=src python x.py`).
    `fallback` is the command after `||` ("true", "echo failed"), `piped` that its exit status is
    lost in a pipe without pipefail, `background` that it ends in `&`. `function` is the shell
    function that holds it; `conditional` that an if, loop or && decides whether it runs; `tested`
    that an if or a loop asks for its exit status.
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
    tested: bool = False


class ShellFacts(Struct, frozen=True):
    """`sources` are the literal files that are sourced; `errexit`: `set -e` is on; `mentions` are
    words that look like paths and stand in no command that was understood, with their line."""

    interpreter: str = ""
    commands: tuple[Command, ...] = ()
    functions: tuple[str, ...] = ()
    errexit: bool = False
    mentions: tuple[tuple[str, int], ...] = ()


_PLAIN = re.compile(r"[^\\'\"$`;&|<>(){}#!\[\]=\n]*")
_KEYWORDS = frozenset(
    ("if", "then", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "function")
)


def commands(text: str, first_line: int = 1, pipefail: bool = False) -> tuple[Command, ...]:
    """The commands of a piece of shell that starts at `first_line` of its file.

    `pipefail`: the shell was started with that option (as by `shell: bash` in a GitHub workflow).
    A heredoc's body is no command. Answers for any text, in linear time.
    """
    if len(text) < 4000 and _PLAIN.fullmatch(text.strip()):
        words = tuple(text.split())
        if not words:
            return ()
        if words[0] not in _KEYWORDS:
            line = first_line + text[: len(text) - len(text.lstrip())].count("\n")
            return (Command(words, line),)
    return tuple(_freeze(draft) for draft in Reader(text, first_line, pipefail).commands)


def _freeze(draft: Draft) -> Command:
    return Command(
        words=tuple(draft.words),
        line=draft.line,
        directory=draft.directory,
        assignments=tuple(draft.assignments),
        fallback=draft.fallback,
        piped=draft.piped,
        background=draft.background,
        conditional=draft.conditional,
        function=draft.function,
        writes=tuple(draft.writes),
        tested=draft.tested,
    )


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2]
    if name.endswith((".sh", ".bash", ".zsh", ".ksh")):
        return "sh"
    return None


def extract(kind: str, data: bytes) -> ShellFacts:
    return ShellFacts()


SLICE = Slice(name="shell", version=1, type=ShellFacts, kind=_kind, extract=extract)
