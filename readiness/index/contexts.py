"""Contexts: what a dotted name means to the files that share their import roots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from readiness.index.modules import Modules, is_file
from readiness.index.roots import Roots

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Context:
    """The files that share their roots: what a dotted name means to them."""

    def __init__(self, modules: Modules, roots: tuple[str, ...], tops: Iterable[str]) -> None:
        """`tops` are the top-level names that the roots hold."""
        self.roots = roots
        self.tops = frozenset(tops)
        self.gone: dict[str, bool] = {}  # of the modules that nothing answers
        self._modules = modules
        self._known: dict[str, str] = {}

    def resolve(self, dotted: str, source: str) -> str:
        """The file or namespace folder of a module; "" for none. It is never the file that asks,
        which Python has under another name, unless that is a package."""
        found = self._known.get(dotted)
        if found is None:
            found = self._known[dotted] = self._look_up(dotted, "")
        if found != source or source.endswith("/__init__.py"):
            return found  # a package may import from itself
        return self._look_up(dotted, source)

    def all(self, dotted: str, source: str) -> Iterator[str]:
        """Every file of that name under one of the roots, but for the one that asks."""
        path = dotted.replace(".", "/")
        for root in self.roots:
            found = self._modules.at(f"{root}/{path}" if root else path)
            if found != source and is_file(found):
                yield found

    def _look_up(self, dotted: str, source: str) -> str:
        if dotted.partition(".")[0] not in self.tops:
            return ""
        path = dotted.replace(".", "/")
        namespace = ""
        for root in self.roots:
            found = self._modules.at(f"{root}/{path}" if root else path)
            if found and found != source:
                if found.endswith((".py", ".pyi", ".pyx")):
                    return found
                namespace = namespace or found
        return namespace

    def made(self, dotted: str) -> bool:
        path = dotted.replace(".", "/")
        return any(self._modules.made(f"{r}/{path}" if r else path) for r in self.roots)


class Contexts:
    """The context of each file, made when it is first asked for."""

    def __init__(self, index: RepoIndex, modules: Modules, roots: Roots) -> None:
        self._of_files: dict[str, Context] = {}
        self._index = index
        self._modules = modules
        self._roots = roots
        self._names: dict[str, tuple[str, ...]] = {}
        self._by_roots: dict[tuple[str, ...], Context] = {}

    def of(self, path: str) -> Context:
        found = self._of_files.get(path)
        if found is None:
            roots = self._roots.of(path)
            found = self._by_roots.get(roots)
            if found is None:
                tops = (name for root in roots for name in self.names(root))
                found = self._by_roots[roots] = Context(self._modules, roots, tops)
            self._of_files[path] = found
        return found

    def names(self, root: str) -> tuple[str, ...]:
        """The top-level names that a root holds."""
        known = self._names.get(root)
        if known is None:
            children = self._index.folders.get(root, ())
            known = self._names[root] = tuple(self._modules.names_in(root, children))
        return known
