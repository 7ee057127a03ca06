"""Builds: what scripts, workflows and actions build and run with Docker, told from their words."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import shell, workflow
from readiness.facts.shell import Command, ShellFacts
from readiness.facts.workflow import WorkflowFacts

if TYPE_CHECKING:
    from readiness.index import RepoIndex

V = TypeVar("V")


class Build(Struct, frozen=True):
    """Someone builds an image: `dockerfile` and `context` are paths of the repository, `names`
    what it is tagged with."""

    dockerfile: str
    context: str
    target: str
    file: str
    line: int
    names: tuple[str, ...] = ()


def commands(index: RepoIndex) -> Iterator[tuple[str, Command]]:
    """(file, command) of every script and every CI step, where it runs filled in."""
    return in_commands(index, of_file)


def in_commands(
    index: RepoIndex, make: Callable[..., Iterable[V]], *more: object
) -> Iterator[tuple[str, V]]:
    """(file, each that `make` finds in its commands) of the scripts and CI definitions: `make` and
    `more` as for `RepoIndex.of_each`."""
    scripts = index.of_each(shell.SLICE, make, *more)
    definitions = index.of_each(workflow.SLICE, make, *more)
    for path in index.paths(shell.SLICE):
        yield from ((path, each) for each in scripts[path])
    for path in index.paths(workflow.SLICE):
        yield from ((path, each) for each in definitions[path])


def of_file(path: str, facts: ShellFacts | WorkflowFacts) -> tuple[Command, ...]:
    """The commands of a script or CI definition, where each runs filled in."""
    if isinstance(facts, ShellFacts):
        return facts.commands
    return tuple(
        replace(command, directory=normal(posixpath.join(home, command.directory)))
        for job in facts.jobs
        for step in job.steps
        for home in (step.directory or job.directory,)
        for command in step.commands
    )


def folders_of(file: str, command: Command) -> list[str]:
    """The folders that a command may run in: a script starts at the root or where it lies."""
    own = posixpath.dirname(file)
    if command.directory.startswith("@@"):
        starts = [command.directory[2:].lstrip("/")]
    elif command.directory.startswith("@"):
        starts = [posixpath.join(own, command.directory[1:].lstrip("/"))]
    elif "?" in command.directory or "$" in command.directory:
        starts = ["", own]
    else:
        starts = [command.directory, posixpath.join(own, command.directory)]
    return [normal(start) for start in starts]


def normal(path: str) -> str:
    """A path of the repository; what leads out of it comes back as it is."""
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal


_BUILD_FLAGS = {
    "-f": "file",
    "--file": "file",
    "--target": "target",
    "-t": "tags",
    "--tag": "tags",
}
_BUILD_SWITCHES = re.compile(r"--(?:push|load|no-cache|pull|rm|force-rm|squash|quiet|compress)|-q")


def command_builds(index: RepoIndex) -> Iterator[Build]:
    for file, (command, arguments) in in_commands(index, _docker_builds):
        yield from _placed(index, file, command.line, folders_of(file, command), arguments)
    for path, facts in index.each(workflow.SLICE):
        for job in facts.jobs:
            for step in job.steps:
                if step.uses.startswith("docker/build-push-action@"):
                    arguments = {
                        k: v for k, v in step.inputs.items() if k in ("file", "target", "tags")
                    }
                    arguments["context"] = step.inputs.get("context", ".")
                    yield from _placed(index, path, step.line, [""], arguments)


def _docker_builds(
    path: str, facts: ShellFacts | WorkflowFacts
) -> tuple[tuple[Command, dict[str, str]], ...]:
    return tuple(
        (command, arguments)
        for command in of_file(path, facts)
        if (arguments := _docker_build(command.words)) is not None
    )


def _docker_build(words: tuple[str, ...]) -> dict[str, str] | None:
    """The file, target and context of a `docker build`, `docker buildx build` or `podman build`."""
    if words[:1] == ("sudo",):
        words = words[1:]
    if words[:1] not in (("docker",), ("podman",), ("nerdctl",), ("buildah",)):
        return None
    if "build" not in words[1:3] and words[1:2] != ("bud",):
        return None
    found: dict[str, str] = {}
    rest = list(words[words.index("bud" if words[1] == "bud" else "build") + 1 :])
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in _BUILD_FLAGS and (equals or rest):
            key = _BUILD_FLAGS[name]
            given = value if equals else rest.pop(0)
            found[key] = f"{found[key]} {given}" if key in found else given
        elif word.startswith("-") and word != "-":
            if not equals and not _BUILD_SWITCHES.fullmatch(word) and rest:
                rest.pop(0)
        else:
            found["context"] = word
    return found if "context" in found else None


def _placed(
    index: RepoIndex,
    file: str,
    line: int,
    folders: Iterable[str],
    arguments: dict[str, str],
) -> Iterator[Build]:
    """The build, from the first folder in which its Dockerfile is there."""
    context, name = arguments.get("context", "."), arguments.get("file", "")
    target = arguments.get("target", "")
    if "$" in context or "$" in name or "://" in context or context == "-":
        return
    for folder in folders:
        root = normal(posixpath.join(folder, context))
        named = posixpath.join(folder, name) if name else posixpath.join(root, "Dockerfile")
        if normal(named) in index.files and index.exists(root):
            names = tuple(re.split(r"[\s,]+", arguments.get("tags", "").strip()))
            target = "" if "$" in target else target
            yield Build(normal(named), root, target, file, line, names)
            return


def compose_layers(
    path: str, facts: ShellFacts | WorkflowFacts
) -> tuple[tuple[Command, tuple[str, ...]], ...]:
    """(command, compose files that it names) of the commands that lay some upon another."""
    return tuple(
        (command, names)
        for command in of_file(path, facts)
        if len(names := _compose_files(command)) > 1
    )


def _compose_files(command: Command) -> tuple[str, ...]:
    words = command.words
    if "docker-compose" not in words[:2] and words[:2] != ("docker", "compose"):
        return ()
    return tuple(value for word, value in pairwise(words) if word in ("-f", "--file") and value)
