"""Moves: where a module or a name went that imports still ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python
from readiness.index.history import Removal
from readiness.index.imports import Missing
from readiness.index.inventory import FileClass, named_as_test

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Fate(StrEnum):
    MOVED = "moved"  # `path` has it now
    ARCHIVED = "archived"  # `path`, in an archive, has it now
    REMOVED = "removed"  # history knows that it was there
    UNKNOWN = "unknown"


class Move(Struct, frozen=True):
    """What became of something. `at` is when, in seconds since 1970, and `commit` the one that
    removed or renamed it; 0 and "" where history is silent."""

    fate: Fate
    path: str = ""
    at: int = 0
    commit: str = ""


_DISTINCT = 8  # letters from which a name alone tells what it names
_HOPS = 20  # renames of one file
_ASIDE = (FileClass.FIXTURE, FileClass.GENERATED, FileClass.DOCS)


class Moves:
    """Answers from history where it holds the module, else from the one place that has it now."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._defined: dict[str, list[str]] = {}  # class or function -> files
        self._stems: dict[str, list[str]] = {}
        for path, facts in index.each(python.SLICE):
            name = path.rpartition("/")[2]
            if named_as_test(name) or index.inventory.is_(path, *_ASIDE):
                continue
            self._stems.setdefault(_stem(path), []).append(path)
            for definition in facts.definitions:
                if definition.kind != "variable" and len(definition.name) >= _DISTINCT:
                    self._defined.setdefault(definition.name, []).append(path)

    def of(self, missing: Missing) -> Move:
        """Where the module of `missing` went, or the name that its module lost."""
        gone, last = self._followed(missing)
        if last in self._index.files:
            archived = self._index.inventory.archive_root(last) is not None
            return _move(Fate.ARCHIVED if archived else Fate.MOVED, last, gone)
        if missing.name:
            found = self._now(missing, self._files_with([missing.name]), gone)
        else:
            defined = self._files_with(self._names(missing))
            own = missing.module.rpartition(".")[2]
            named = self._stems.get(own, []) if len(own) >= _DISTINCT else []
            both = [path for path in defined if path in named]
            found = self._now(missing, both or defined or named, gone)
        if found.fate is Fate.UNKNOWN and gone is not None:
            return _move(Fate.REMOVED, "", gone)
        return found

    def _names(self, missing: Missing) -> Iterator[str]:
        """What the file imports from the module."""
        facts = self._index.facts(python.SLICE, missing.source)
        asked = (missing.import_.module, missing.import_.level)
        for import_ in facts.imports if facts else ():
            if (import_.module, import_.level) == asked and import_.name not in ("", "*"):
                yield import_.name

    def _files_with(self, names: Iterable[str]) -> list[str]:
        """The files that define all those of `names` that any file defines."""
        found: list[str] | None = None
        for name in names:
            files = self._defined.get(name)
            if files:
                found = files if found is None else [path for path in found if path in files]
        return found or []

    def _now(self, missing: Missing, files: list[str], gone: Removal | None) -> Move:
        """The one live file of `files`, else the archived one nearest to where it was."""
        archive_root = self._index.inventory.archive_root
        parent = missing.module.rpartition(".")[0].replace(".", "/")
        others = [
            path
            for path in files
            if path not in (missing.source, missing.target)
            and not f"/{path}".endswith(f"/{parent}/__init__.py")  # the package that lacks it
        ]
        live = [path for path in others if archive_root(path) is None]
        if len(live) == 1:
            return _move(Fate.MOVED, live[0], gone)
        if live or not others:
            return _move(Fate.UNKNOWN, "", gone)
        wanted = missing.module.split(".")
        return _move(Fate.ARCHIVED, max(others, key=lambda path: _alike(path, wanted)), gone)

    def _followed(self, missing: Missing) -> tuple[Removal | None, str]:
        """The commit that removed or first renamed the module, and the last path that it had."""
        removed = self._index.history.removed
        for path in self._places(missing):
            gone = removed.get(path)
            if gone is not None:
                for _ in range(_HOPS):
                    if path not in removed or not removed[path].renamed_to:
                        break
                    path = removed[path].renamed_to
                return gone, path
        return None, ""

    def _places(self, missing: Missing) -> Iterator[str]:
        """Where the module may have been; a name may have been a module of its package."""
        if missing.name and not missing.target.endswith("/__init__.py"):
            return
        dotted = f"{missing.module}.{missing.name}" if missing.name else missing.module
        path = dotted.replace(".", "/")
        for root in self._index.imports.roots.get(missing.source, ()):
            for ending in (".py", "/__init__.py"):
                yield f"{root}/{path}{ending}" if root else path + ending


def _move(fate: Fate, path: str, gone: Removal | None) -> Move:
    return Move(fate, path, gone.at, gone.commit) if gone else Move(fate, path)


def _stem(path: str) -> str:
    return path.removesuffix("/__init__.py").rpartition("/")[2].partition(".")[0]


def _alike(path: str, wanted: list[str]) -> int:
    return sum(part in wanted for part in path.removesuffix(".py").split("/"))
