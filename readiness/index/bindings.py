"""Bindings: which names a module has, over star imports, as far as that can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.facts.python import Import, PythonFacts
from readiness.index.modules import is_file

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_OF_MODULES = frozenset(
    "__name__ __file__ __path__ __doc__ __dict__ __all__ __package__ __spec__ __loader__ "
    "__builtins__ __cached__ __annotations__".split()
)
_DEEPEST = 12  # star imports of star imports


class Bindings:
    """`resolve(source, import)` gives the file that an import of `source` leads to, or ""."""

    def __init__(self, index: RepoIndex, resolve: Callable[[str, Import], str]) -> None:
        self._index = index
        self._resolve = resolve
        self.known: dict[str, frozenset[str] | None] = {}  # of those that were asked
        self._own = index.of_each(python.SLICE, _own)

    def provides(self, file: str, name: str) -> bool:
        """Has the module at `file` that name, or can it not be told?"""
        if not file:
            return False
        names = self.names_of(file)
        return names is None or name in names or name in _OF_MODULES

    def names_of(self, file: str) -> frozenset[str] | None:
        """The names of a module; null where they cannot all be told."""
        return self._names_of(file, 0)

    def _names_of(self, file: str, depth: int) -> frozenset[str] | None:
        if file in self.known:
            return self.known[file]
        self.known[file] = None  # for a circle of star imports
        facts = self._index.facts(python.SLICE, file)
        names: frozenset[str] | None = None
        readable = facts is not None and not (facts.error or facts.template or facts.getattr_)
        if facts is not None and readable and file.endswith(".py") and depth < _DEEPEST:
            names = self._with_stars(file, facts, depth)
        self.known[file] = names
        return names

    def _with_stars(self, file: str, facts: PythonFacts, depth: int) -> frozenset[str] | None:
        own, stars = self._own[file]
        if not stars:
            return own
        names = set(own)
        for imported in stars:
            target = self._resolve(file, imported)
            given = self._names_of(target, depth + 1) if is_file(target) else None
            if given is None:
                return None
            public = self._index.facts(python.SLICE, target)
            exports = public.exports if public is not None else ()
            names.update(exports or (name for name in given if not name.startswith("_")))
        return frozenset(names)


def _own(path: str, facts: PythonFacts) -> tuple[frozenset[str], tuple[Import, ...]]:
    """The names that a module binds itself, and its star imports."""
    stars = tuple(each for each in facts.imports if each.name == "*" and not each.lazy)
    return frozenset(facts.names), stars
