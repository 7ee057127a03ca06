"""Breaks: what keeps a Python file from starting, told from what it imports at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python
from readiness.facts.python import Import
from readiness.index.imports import Missing

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Break(Struct, frozen=True):
    """`file` does not parse at `line` (`missing` null), or imports what is not there.

    `missing.target` is the file of that module, where one lies off the import path. `chain` are
    the files from the one that starts to `file`, each importing the next."""

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
        if not _is_guarded(gone.import_):
            yield Break(file, gone.import_.line, chain, missing=gone)
    yield from _shadowed(index, chain)


def _shadowed(index: RepoIndex, chain: tuple[str, ...]) -> Iterator[Break]:
    """Modules that lie elsewhere, while the folder that the import path leads to lacks them."""
    file = chain[-1]
    facts = index.facts(python.SLICE, file)
    roots = index.imports.roots.get(file, ())
    guessed = {
        edge.line: edge.target for edge in index.imports.imports.get(file, ()) if edge.guessed
    }
    for import_ in facts.imports if facts is not None and guessed else ():
        target = guessed.get(import_.line)
        if target is None or not import_.module or _is_guarded(import_):
            continue
        top = import_.module.partition(".")[0]
        home = f"/{target}".partition(f"/{top}")[0].lstrip("/")
        moved = f"{home}/{chain[0].rpartition('/')[2]}" in index.files  # and left this one behind
        if moved or any(f"{root}/{top}".lstrip("/") in index.folders for root in roots):
            gone = Missing(file, import_, import_.module, target=target)
            yield Break(file, import_.line, chain, missing=gone)


def _is_guarded(import_: Import) -> bool:
    return import_.optional or import_.typing or import_.lazy or import_.dynamic


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
