"""Patches: what tests replace by its dotted name, and the repository does not have."""

from __future__ import annotations

import builtins
import posixpath
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.facts.python import Import
from readiness.index.bindings import Bindings
from readiness.index.imports import Missing
from readiness.index.inventory import FileClass

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class StalePatch(Missing, frozen=True):
    """A target of `mock.patch` and its kin that is not there: patching it fails."""


_BUILT_IN = frozenset(dir(builtins))  # mock makes these in any module
_OTHERS = (FileClass.TEST, FileClass.FIXTURE, FileClass.GENERATED, FileClass.ARCHIVE)


class Patches:
    """Looks targets up over the import roots of the file that patches them. Only the modules and
    what they bind are judged: whether a class has an attribute cannot be told."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._bindings = Bindings(index, self._imported)
        self._gone = {
            missing.module
            for found in index.imports.missing.values()
            for missing in found
            if not (missing.name or missing.import_.typing)
        }

    def stale(self, path: str) -> Iterator[StalePatch]:
        """The targets in the file at `path` that are gone, in the order of their lines."""
        facts = self._index.facts(python.SLICE, path)
        for target, line in facts.patches if facts else ():
            imported = Import(target, line, lazy=True, dynamic=True)
            found = self._missing(path, target.split("."))
            if found is not None:
                yield StalePatch(path, imported, *found)

    def _missing(self, source: str, parts: list[str]) -> tuple[str, str, str] | None:
        """Module, name and the file that lacks it; null for what is there or cannot be told."""
        if parts[0] in sys.stdlib_module_names or parts[0] in self._index.imports.declared:
            return None
        for length in range(len(parts), 0, -1):
            module = ".".join(parts[:length])
            if module in self._gone:
                return module, "", ""
            files = list(dict.fromkeys(self._files(source, module)))
            if files:
                return self._lacks(files, parts, length) if length < len(parts) else None
        return None

    def _lacks(
        self, files: list[str], parts: list[str], length: int
    ) -> tuple[str, str, str] | None:
        module, name = ".".join(parts[:length]), parts[length]
        if name in _BUILT_IN or any(self._has(file, name) for file in files):
            return None
        return module, name, files[0]

    def _has(self, file: str, name: str) -> bool:
        if self._index.inventory.is_(file, *_OTHERS) or self._bindings.provides(file, name):
            return True
        if not file.endswith("/__init__.py"):
            return False
        below = f"{file.rpartition('/')[0]}/{name}"
        return below in self._index.folders or self._index.ignores.hides(f"{below}.py") is not None

    def _files(self, source: str, module: str) -> Iterator[str]:
        """The files of that name under the roots of `source`, else under those of others."""
        files = self._index.files
        path = module.replace(".", "/")
        found = False
        for root in self._index.imports.roots.get(source, ()):
            for ending in ("/__init__.py", ".py", ".pyi", ".pyx"):
                file = f"{root}/{path}{ending}" if root else path + ending
                if file in files:
                    found = True
                    yield file
        if not found:
            yield from self._index.imports.modules.get(module, ())

    def _imported(self, source: str, imported: Import) -> str:
        """The file that a star import leads to."""
        if not imported.level:
            return next(self._files(source, imported.module), "")
        folder = source
        for _ in range(imported.level):
            folder = posixpath.dirname(folder)
        place = posixpath.join(folder, imported.module.replace(".", "/"))
        ends = (f"{place}.py", f"{place}/__init__.py")
        return next((file for file in ends if file in self._index.files), "")
