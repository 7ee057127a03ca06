"""What a command calls in its own repository: a script, a Makefile target, a package's script."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import shell
from readiness.facts.shell import Command

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_WORKSPACE = re.compile(
    r"^(?:\$\{?(?:GITHUB_WORKSPACE|CI_PROJECT_DIR|TRAVIS_BUILD_DIR|CIRCLE_WORKING_DIRECTORY)\}?"
    r"|\$\{\{ *github\.workspace *\}\}|/github/workspace)(?:/|$)"
)
_UNKNOWN = re.compile(r"[$`*?\[\]{}<>|]|^~|\\")


class Called(Struct, frozen=True):
    """A command of `file`, which something else runs."""

    file: str
    command: Command


def local_path(*parts: str) -> str | None:
    """The path from the root of the repository ("" for it) that the parts lead to, one from
    another; null where that cannot be told, or lies outside."""
    path = ""
    for raw in parts:
        part = _WORKSPACE.sub("@@/", raw.strip())
        if part.startswith("@@"):
            path, part = "", part[2:].lstrip("/")
        if _UNKNOWN.search(part) or part.startswith(("/", "@")) or re.match(r"[A-Za-z]:", part):
            return None
        path = f"{path}/{part}" if path else part
    path = normpath(path) if path else "."
    if path == ".":
        return ""
    return None if path.startswith("..") else path


def called(index: RepoIndex, directory: str, command: Command) -> tuple[Called, ...]:
    """The commands of the script of this repository that `command` runs in `directory`."""
    from readiness.index.command_lines import innermost

    words = innermost(command.words)
    if not words or ("/" not in words[0] and not words[0].endswith((".sh", ".bash"))):
        return ()
    path = local_path(directory, command.directory, words[0])
    facts = index.facts(shell.SLICE, path) if path else None
    if path is None or facts is None:
        return ()
    return tuple(Called(path, inner) for inner in facts.commands)
