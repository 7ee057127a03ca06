"""Breaks: what keeps a Python file from starting, told from what it imports at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python
from readiness.index.imports import Missing

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Break(Struct, frozen=True):
    """`file` does not parse at `line` (`missing` null), or imports what is not there.

    `chain` are the files from the one that starts to `file`, each importing the next."""

    file: str
    line: int
    chain: tuple[str, ...]
    missing: Missing | None = None
    error: str = ""


def breaks(index: RepoIndex, path: str, depth: int = 2) -> Iterator[Break]:
    """What fails when `path` is started, over `depth` imports: only what always runs counts."""
    seen = {path}
    ring: list[tuple[str, ...]] = [(path,)]
    for step in range(depth + 1):
        further: list[tuple[str, ...]] = []
        for chain in ring:
            yield from _of_file(index, chain)
            for target in _loaded(index, chain[-1]) if step < depth else ():
                if target not in seen:
                    seen.add(target)
                    further.append((*chain, target))
        ring = further


def _of_file(index: RepoIndex, chain: tuple[str, ...]) -> Iterator[Break]:
    file = chain[-1]
    facts = index.facts(python.SLICE, file)
    if facts is not None and facts.error and not (facts.newer or facts.template):
        yield Break(file, facts.error_line or 1, chain, error=facts.error)
    for gone in index.imports.missing.get(file, ()):
        import_ = gone.import_
        if not (import_.optional or import_.typing or import_.lazy or import_.dynamic):
            yield Break(file, import_.line, chain, missing=gone)


def _loaded(index: RepoIndex, path: str) -> Iterator[str]:
    """The files that are executed when `path` is, in order: packages before their modules."""
    for edge in index.imports.imports.get(path, ()):
        if not (edge.optional or edge.typing or edge.lazy or edge.dynamic or edge.guessed):
            yield from packages_of(index, edge.target, path)
            yield edge.target


def packages_of(index: RepoIndex, path: str, importer: str) -> list[str]:
    """The `__init__.py` files, outermost first, that Python executes before the module `path`
    when `importer` imports it: those below the importer's roots."""
    found: list[str] = []
    roots = index.imports.roots.get(importer, ())
    folder = path.rpartition("/")[0]
    while folder and folder not in roots:
        if f"{folder}/__init__.py" in index.files:
            found.append(f"{folder}/__init__.py")
        folder = folder.rpartition("/")[0]
    return [init for init in reversed(found) if init != path]
