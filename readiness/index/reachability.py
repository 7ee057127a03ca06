"""Reachability: what the entrypoints reach over imports and commands, and what a loader holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import compose, dockerfile, manifest, python, shell, workflow
from readiness.index.breaks import packages_of
from readiness.index.inventory import ASIDE, FileClass
from readiness.index.references import Use
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Reachability(Struct, frozen=True):
    """`reached`: path -> the file that reaches it (itself for an entrypoint and for what tools
    read by its name). `held`: path -> the loader's line, for what a dynamic loader, glob, plugin
    group, framework or configuration may load by name, and for what such a file imports.

    A file that is neither is not proven to be dead: someone may run it by hand."""

    reached: dict[str, str] = {}
    held: dict[str, Evidence] = {}

    def live(self, path: str) -> bool:
        return path in self.reached or path in self.held


_RECIPES = (
    *("makefile", "gnumakefile", "justfile", ".justfile", "taskfile.yml", "taskfile.yaml"),
    *("procfile", "procfile.dev"),
)
_UNITS = (".service", ".conf")
_SOURCES = (".py", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue")
_CONFIGURATION = (
    *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".json", ".env", ".service", ".xml"),
    ".properties",
)


def build(index: RepoIndex) -> Reachability:
    reached = _reached(index, dict(_seeds(index)))
    return Reachability(reached, _held(index, reached))


def _seeds(index: RepoIndex) -> Iterator[tuple[str, str]]:
    """(file, who starts it) of what is started from outside of the code."""
    for entrypoint in index.entrypoints.all:
        if not entrypoint.rival:
            yield entrypoint.path, entrypoint.path
    for launch in index.entrypoints.launches:
        yield launch.target, launch.file
    dead = set(index.workflows.nested)
    for path in index.files:
        aside = path in dead or index.inventory.is_(path, *ASIDE)
        if not aside and _is_read_by_tools(path):
            yield path, path


def _is_read_by_tools(path: str) -> bool:
    """Is it a definition that a build, an orchestrator, CI or a package manager reads?"""
    if path.endswith((".py", ".md", ".ts", ".tsx", ".js", ".jsx", ".html", ".css")):
        return path.endswith("setup.py")
    name = path.rpartition("/")[2].lower()
    if name in _RECIPES or (name.endswith(_UNITS) and shell.SLICE.kind(path)):
        return True
    slices = (dockerfile.SLICE, compose.SLICE, workflow.SLICE, manifest.SLICE)
    return any(slice_.kind(path) is not None for slice_ in slices)


def _reached(index: RepoIndex, reached: dict[str, str]) -> dict[str, str]:
    pending = list(reached)
    while pending:
        source = pending.pop()
        for target in _next(index, source):
            if target not in reached:
                reached[target] = source
                pending.append(target)
    return reached


def _next(index: RepoIndex, source: str) -> Iterator[str]:
    """The files that `source` imports, runs or ships when it runs."""
    if source.endswith((".py", ".pyi", ".pyw")):
        for edge in index.imports.imports.get(source, ()):
            lost = edge.guessed and index.inventory.is_(edge.target, FileClass.ARCHIVE)
            if not (edge.typing or lost):
                yield edge.target
                yield from packages_of(index, edge.target, source)
    else:
        for reference in index.references.from_.get(source, ()):
            if reference.use is not Use.MENTIONS and reference.target in index.files:
                yield reference.target


def _held(index: RepoIndex, reached: Iterable[str]) -> dict[str, Evidence]:
    from readiness.index.conventions import conventions
    from readiness.index.loaders import loaded

    held: dict[str, Evidence] = {}
    for path, evidence in (*loaded(index), *conventions(index), *_configured(index)):
        held.setdefault(path, evidence)
    pending = [*reached, *held]
    for path in pending:  # grows while it is walked
        if not path.endswith(_SOURCES) or index.inventory.is_(path, FileClass.TEST):
            continue
        for target, evidence in _with(index, path, held.get(path)):
            if target not in held:
                held[target] = evidence
                pending.append(target)
    return held


def _with(index: RepoIndex, path: str, held: Evidence | None) -> Iterator[tuple[str, Evidence]]:
    """What is loaded with a live file: what its strings name, the packages that it lies in, and,
    where it is not `reached` but `held`, what it imports."""
    if path.endswith(".py"):
        yield from _named(index, path)
    folder = path.rpartition("/")[0]
    while (package := f"{folder}/__init__.py") in index.files:
        yield package, held or Evidence(f"{path} lies in the package", Location(path))
        folder = folder.rpartition("/")[0]
    if held is not None:
        for target in _next(index, path):
            yield target, held


def _named(index: RepoIndex, path: str) -> Iterator[tuple[str, Evidence]]:
    """What the strings of live Python name: a script that it runs, a module that it hands on."""
    for reference in index.references.from_.get(path, ()):
        names = reference.use is Use.MENTIONS and reference.target.endswith((".py", ".sh"))
        if names and not index.inventory.is_(reference.target, *ASIDE):
            yield reference.target, _named_by(path, reference.line)


def _configured(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The Python files that configuration names."""
    for source, references in index.references.from_.items():
        if not source.lower().endswith(_CONFIGURATION):
            continue
        if index.inventory.is_(source, *ASIDE, FileClass.TEST, FileClass.DOCS):
            continue
        for reference in references:
            if reference.target.endswith(".py") and python.SLICE.kind(reference.target):
                yield reference.target, _named_by(source, reference.line)


def _named_by(source: str, line: int) -> Evidence:
    return Evidence(f"{source} names it", Location(source, line or None))
