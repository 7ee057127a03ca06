"""What decides where the imports of a file lead, beside what is written in it.

The import graph of one commit is made from that of another by looking again at the files of which
one of these has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from readiness.facts import ignorefile
from readiness.facts.python import PythonFacts
from readiness.index.memory import CONTENT, Remembered, ends
from readiness.index.modules import SOURCES, Modules

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_IGNORES = ".gitignore"


def of(index: RepoIndex, modules: Modules, declared: Iterable[str], old: bool) -> Remembered | None:
    """What is known of single files from another commit; null where there is none.

    `declared` are the names that dependencies bring; `old`: there is code of Python 2."""
    if index.memory is None:
        return None
    world = old, modules.native, index.inventory.archive_roots
    ignored = {
        f"{path}{CONTENT}{index.files[path].blob_id}"
        for path in index.paths(ignorefile.SLICE)
        if path.endswith(_IGNORES)
    }
    brought = {f"{name}{CONTENT}" for name in declared}
    paths = index.files.keys() | modules.folders | ignored | brought
    return index.memory.of("imports", paths, _ends, world)


def _ends(paths: Iterable[str]) -> Iterator[str]:
    """How each path ends, and how the place of each source does."""
    for path in paths:
        yield from ends((path,))
        if path.endswith(SOURCES):
            yield from ends((path.rpartition(".")[0].removesuffix("/__init__"),))


def asked(path: str, facts: PythonFacts, *, hides: bool) -> Iterator[str]:
    """The ends of the places that are looked at for the imports of a file, the names of which it
    is asked whether dependencies bring them, and where it `hides`, that .gitignore was asked."""
    if hides:
        yield f"{_IGNORES}{CONTENT}"
    folders = path.split("/")[:-1]
    for imported in facts.imports:
        parts = imported.module.split(".") if imported.module else []
        if imported.level:
            parts = folders[: len(folders) + 1 - imported.level] + parts
        else:
            yield from (f"{top}{CONTENT}" for top in parts[:1])
        yield from parts[:1] or ("__init__", imported.name)
        yield from map("/".join, pairwise((*parts, imported.name)))
    for text, _ in facts.literals:
        parts = text.partition(":")[0].split(".")
        if len(parts) > 1:
            yield parts[0]
            yield from map("/".join, pairwise(parts))
