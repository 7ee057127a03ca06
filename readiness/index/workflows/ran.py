"""What the steps of a CI definition run and name, whatever files there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from readiness.facts.programs import unwrap
from readiness.facts.shell import Command
from readiness.facts.workflow import Step, WorkflowFacts
from readiness.index.commands.called import local_path
from readiness.index.commands.names import Name, leaves, makes, names, produces


class Part(Struct, frozen=True):
    """A command that runs in the end, in `directory` (null where that cannot be told).

    `names` is what it asks for and the step does not look for itself; `makes` are paths that are
    there from then on, `produces` that there may be any. `leaves`: another tree is put there."""

    command: Command
    directory: str | None
    names: tuple[Name, ...]
    makes: tuple[str, ...]
    produces: bool
    leaves: bool


def of_jobs(path: str, facts: WorkflowFacts) -> tuple[tuple[tuple[Part, ...], ...], ...]:
    """What is run by each step of each job."""
    return tuple(tuple(tuple(_parts(step)) for step in job.steps) for job in facts.jobs)


def _parts(step: Step) -> Iterator[Part]:
    guarding = guards(step.commands)
    for outer in step.commands:
        for command in unwrap(outer):
            directory = local_path(step.directory, command.directory)
            made: list[str] = []
            if directory is not None:
                written = (*command.writes, *makes(command.words))
                made = [path for each in written if (path := local_path(directory, each))]
            asked = () if forgiven(command) else names(command.words)
            yield Part(
                command,
                directory,
                names=tuple(name for name in asked if not guarded(name.text, guarding)),
                makes=tuple(made),
                produces=directory is None or produces(command.words),
                leaves=leaves(command.words),
            )


def forgiven(command: Command) -> bool:
    """May it fail, because something else is tried then or the failure is meant to be ignored?"""
    return bool(command.fallback) and not re.search(r"\bexit\b|\bfalse\b", command.fallback)


def guards(commands: Iterable[Command]) -> set[str]:
    """The paths whose existence the step itself asks for."""
    return {
        word.strip("/\"'").removeprefix("./")
        for command in commands
        if command.words[0] in ("[", "test", "[[")
        for word in re.findall(r"[\w./@-]+", " ".join(command.words[1:]))
        if not word.startswith("-")
    }


def guarded(text: str, guarding: Collection[str]) -> bool:
    """Is the path, or a folder above it, one of those whose existence is asked for?"""
    path = text.strip("/").removeprefix("./")
    return any(path == guard or path.startswith(f"{guard}/") for guard in guarding if guard)
