"""What decides where the imports of a file lead, beside what is written in it.

The import graph of one commit is made from that of another by looking again at the files of which
one of these has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from readiness.facts import ignorefile
from readiness.facts.python import PythonFacts
from readiness.index.memory import CONTENT, Remembered, ends
from readiness.index.modules import SOURCES, Modules

if TYPE_CHECKING:
    from readiness.index import RepoIndex
    from readiness.index.bindings import Bindings

Bound = frozenset[str] | None  # the names of a module; null where they cannot all be told
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


class Rebound:
    """The files whose bindings are others than in the commit before.

    `before`: file -> its names there, null where they cannot be told; `names_of` tells them now."""

    def __init__(
        self, before: Mapping[str, Bound] | None, names_of: Callable[[str], Bound]
    ) -> None:
        self._changed: dict[str, tuple[Bound, Bound]] = {}
        for file, old in (before or {}).items():
            new = names_of(file)
            if new is not old and new != old:
                self._changed[file] = old, new

    def differ(self, asked: Mapping[str, AbstractSet[str]]) -> bool:
        """May one of the `asked` files answer otherwise for the names that it was asked for?"""
        for file in self._changed.keys() & asked.keys():
            old, new = self._changed[file]
            if old is None or new is None or old & asked[file] != new & asked[file]:
                return True
        return False


def rebound(index: RepoIndex, bindings: Bindings) -> Rebound:
    """What has changed in the names of modules since the commit before."""
    before = index.memory.swap("bindings", bindings.known) if index.memory is not None else None
    own = {file: names for file, names in (before or {}).items() if file in index.files}
    return Rebound(own, bindings.names_of)


def asked(path: str, facts: PythonFacts, *, hides: bool) -> set[str]:
    """The ends of the places that are looked at for the imports of a file, the names of which it
    is asked whether dependencies bring them, and where it `hides`, that .gitignore was asked."""
    names: set[str] = set()
    if hides:
        names.add(f"{_IGNORES}{CONTENT}")
    folders = path.split("/")[:-1]
    for imported in facts.imports:
        if imported.level:
            parts = imported.module.split(".") if imported.module else []
            parts = folders[: len(folders) + 1 - imported.level] + parts
            names.update(parts[:1] or ("__init__", imported.name))
            names.update(map("/".join, pairwise((*parts, imported.name))))
        else:
            own = _names_of_module(imported.module)
            names |= own
            names.add(f"{imported.module.rpartition('.')[2]}/{imported.name}")
    for text, _ in facts.literals:
        dotted = text.partition(":")[0]
        if "." in dotted:
            names |= _names_of_module(dotted)
    return names


@lru_cache(1 << 14)
def _names_of_module(dotted: str) -> frozenset[str]:
    """What decides what a dotted name leads to, wherever it is imported."""
    parts = dotted.split(".")
    return frozenset((f"{parts[0]}{CONTENT}", parts[0], *map("/".join, pairwise(parts))))
