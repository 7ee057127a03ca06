"""What a command calls in its own repository: a script, a Makefile target, a package's script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from posixpath import normpath
from typing import Protocol, TypeVar

from msgspec import Struct

from readiness.facts import Slice, manifest, shell
from readiness.facts.manifest import ManifestFacts, Script
from readiness.facts.shell import Command
from readiness.index.commands.lines import PACKAGE_RUNNERS, innermost, program_of, script_names

T = TypeVar("T", bound=Struct)


class Sources(Protocol):
    """What tells the facts of files: an index does."""

    def facts(self, slice_: Slice[T], path: str) -> T | None: ...


_WORKSPACE = re.compile(
    r"^(?:\$\{?(?:GITHUB_WORKSPACE|CI_PROJECT_DIR|TRAVIS_BUILD_DIR|CIRCLE_WORKING_DIRECTORY)\}?"
    r"|\$\{\{ *github\.workspace *\}\}|/github/workspace)(?:/|$)"
)
_UNKNOWN = re.compile(r"[$`*?\[\]{}<>|]|^~|\\")


class Called(Struct, frozen=True):
    """A command of `file`, which something else runs."""

    file: str
    command: Command


@lru_cache(1 << 14)
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


def called(sources: Sources, directory: str, command: Command) -> tuple[Called, ...]:
    """The commands of the script, target or task of this repository that `command` runs.

    `directory` is where the step starts, from the root of the repository.
    """
    words = innermost(command.words)
    place = local_path(directory, command.directory)
    if not words or place is None:
        return ()
    program = program_of(words)
    if program in RECIPE_FILES:
        return tuple(_of_recipes(sources, place, program, words))
    if program in PACKAGE_RUNNERS:
        wanted = script_names(words)
        return tuple(_of_manifest(sources, place, "package.json", wanted)) if wanted else ()
    if "/" in words[0] or words[0].endswith((".sh", ".bash")):
        path = local_path(place, words[0])
        facts = sources.facts(shell.SLICE, path) if path else None
        return tuple(Called(path, inner) for inner in facts.commands) if path and facts else ()
    wanted = words[1:2] if program in ("poe", "taskipy", "task") else words[:1]
    return tuple(_of_manifest(sources, place, "pyproject.toml", wanted))


RECIPE_FILES = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "gmake": ("GNUmakefile", "Makefile", "makefile"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml"),
}


def _of_recipes(
    sources: Sources, place: str, program: str, words: tuple[str, ...]
) -> Iterator[Called]:
    folder = place
    for option, value in pairwise(words):
        if option in ("-C", "--directory", "-d"):
            folder = local_path(place, value) or ""
    for name in RECIPE_FILES[program]:
        path = f"{folder}/{name}".lstrip("/")
        facts = sources.facts(shell.SLICE, path)
        if facts is not None:
            targets = script_names(words) or facts.functions[:1]
            yield from (Called(path, c) for c in facts.commands if c.function in targets)
            return


def scripts_of(facts: ManifestFacts) -> Iterator[Script]:
    """The scripts of a package or project that may be called."""
    return (script for script in facts.scripts if script.kind in ("npm", "task"))


def _of_manifest(
    sources: Sources, place: str, name: str, wanted: tuple[str, ...]
) -> Iterator[Called]:
    """The commands of a package's script or project's task, of the nearest manifest above."""
    while True:
        path = f"{place}/{name}".lstrip("/")
        facts = sources.facts(manifest.SLICE, path)
        if facts is not None:
            for script in scripts_of(facts):
                if script.name in wanted:
                    yield from (Called(path, command) for command in script.commands)
            return
        if not place:
            return
        place = place.rpartition("/")[0]
