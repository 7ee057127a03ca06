"""Who uses what lies in an archive: the imports, commands and builds that reach into it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from readiness.facts import compose, dockerfile, manifest, shell, workflow
from readiness.facts.programs import base, program
from readiness.index import RepoIndex
from readiness.index.inventory import RUN, FileClass
from readiness.index.references import Reference, Use

_TIDIES = frozenset(
    "mv cp rm rmdir mkdir ls find tree du tar zip unzip rsync git grep rg sed awk cat head tail wc "
    "chmod chown touch stat diff ruff black isort mypy flake8 pylint pyright bandit coverage "
    "pytest vulture eslint prettier".split()
)


class ArchiveUse(Struct, frozen=True):
    """`weak`: the use is guarded or stands in a function; `guessed`: no import path leads there."""

    source: str
    target: str
    line: int
    verb: str
    weak: bool = False
    guessed: bool = False


def uses(index: RepoIndex) -> dict[tuple[str, str], list[ArchiveUse]]:
    """(archive, file outside of archives) -> its uses of that archive, the surest first."""
    found: dict[tuple[str, str], list[ArchiveUse]] = {}
    for use in (*_imports(index), *_commands(index)):
        root = _root(index, use.target)
        if root and index.inventory.archive_root(use.source) is None:
            found.setdefault((root, use.source), []).append(use)
    for each in found.values():
        each.sort(key=lambda use: (use.guessed, use.weak, use.line))
    return dict(sorted(found.items()))


def _root(index: RepoIndex, target: str) -> str | None:
    if target in index.inventory.archive_roots:
        return target
    return index.inventory.archive_root(target)


def _imports(index: RepoIndex) -> Iterator[ArchiveUse]:
    for target, edges in index.imports.importers.items():
        if index.inventory.is_(target, FileClass.ARCHIVE):
            for edge in edges:
                judged = index.inventory.is_(edge.source, *RUN)
                weak = edge.lazy or edge.optional
                doubtful = edge.typing or (edge.guessed and weak)
                if judged and not doubtful and not index.inventory.is_test(edge.source):
                    yield ArchiveUse(edge.source, target, edge.line, "imports", weak, edge.guessed)


def _commands(index: RepoIndex) -> Iterator[ArchiveUse]:
    for target, references in index.references.to.items():
        if _root(index, target):
            for reference in references:
                if reference.use is Use.RUNS and _counts(index, reference):
                    yield ArchiveUse(reference.source, target, reference.line, "runs or ships")


def _counts(index: RepoIndex, reference: Reference) -> bool:
    """Is it a use, not a command that tidies or searches the archive?"""
    source = reference.source
    if not index.inventory.is_(source, *RUN):
        return False
    if reference.target in index.folders:
        ships = (dockerfile.SLICE, compose.SLICE, manifest.SLICE)
        return any(slice_.kind(source) is not None for slice_ in ships)
    facts = index.facts(shell.SLICE, source) or index.facts(workflow.SLICE, source)
    if facts is None:
        return True
    words = [
        program(command.words)
        for command in _commands_of(facts)
        if command.line == reference.line and command.words
    ]
    return any(found and base(found[0]) not in _TIDIES for found in words)


def _commands_of(facts: shell.ShellFacts | workflow.WorkflowFacts) -> Iterator[shell.Command]:
    if isinstance(facts, shell.ShellFacts):
        yield from facts.commands
    else:
        for job in facts.jobs:
            for step in job.steps:
                yield from step.commands
