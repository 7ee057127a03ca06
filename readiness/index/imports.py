"""Imports: which module imports which, with the roots that each context really has."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import manifest, python
from readiness.facts.python import Import, PythonFacts
from readiness.index import import_memory
from readiness.index.bindings import Bindings
from readiness.index.contexts import Context, Contexts
from readiness.index.import_names import Names
from readiness.index.modules import Modules, is_file
from readiness.index.resolver import shared_folders
from readiness.index.roots import Roots

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Edge(Struct, frozen=True, gc=False):
    """`source` imports `target` (both paths) at `line`. Of several such imports the one that is
    least guarded is kept. `guessed`: no root leads there, but nothing else has that name."""

    source: str
    target: str
    line: int
    lazy: bool = False
    optional: bool = False
    typing: bool = False
    dynamic: bool = False
    guessed: bool = False


class Missing(Struct, frozen=True):
    """A first-party import that resolves nowhere: the module is absent (`name` empty), or the
    module at `target` is there and has no such `name`."""

    source: str
    import_: Import
    module: str  # absolute, dotted
    name: str = ""
    target: str = ""


class ImportGraph(Struct, frozen=True):
    """`imports`: source -> edges; `importers`: target -> edges; `missing`: source -> what is gone.

    A module counts as missing only where its top-level package is the repository's own and no file
    has that dotted ending. What .gitignore hides, and what a build makes, is not missing.
    `modules`: dotted name under any root -> paths. `roots`: source -> the folders that stand on
    its import path, in order ("" for the root of the repository). `declared`: top-level names that
    what the manifests depend on may bring."""

    imports: dict[str, tuple[Edge, ...]] = {}
    importers: dict[str, tuple[Edge, ...]] = {}
    missing: dict[str, tuple[Missing, ...]] = {}
    modules: dict[str, tuple[str, ...]] = {}
    roots: dict[str, tuple[str, ...]] = {}
    declared: frozenset[str] = frozenset()


def build(index: RepoIndex) -> ImportGraph:
    return _Builder(index).graph()


_NAMED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class _Found:
    """What the imports of one file lead to. `unresolved` are first-party only if their top-level
    name is; `used` are the top-level names that lead to a file; `named` is what it is called."""

    def __init__(self) -> None:
        self.by_target: dict[str, Edge] = {}
        self.edges: tuple[Edge, ...] = ()
        self.missing: list[Missing] = []
        self.unresolved: list[Missing] = []
        self.used: set[str] = set()
        self.named: tuple[str, ...] = ()


_Known = tuple[tuple[str, ...], dict[str, set[str]], _Found]  # roots, names asked of files, ...


class _Builder:
    def __init__(self, index: RepoIndex) -> None:
        self.index = index
        self.modules = Modules(index)
        self.roots = Roots(index)
        self._contexts = Contexts(index, self.modules, self.roots)
        self._own = _Found()
        self._bindings = Bindings(index, self._module_of)
        self._names = Names(index, self.modules, self._bindings)
        self._used: set[str] = set()  # top-level names that some import found here
        self._declared = _declared(index, self.roots)
        self._old = any(f.error.startswith("Python 2") for _, f in index.each(python.SLICE))
        self._real = {top for root in self.roots.real() for top in self._contexts.names(root)}
        self._remembered = import_memory.of(index, self.modules, self._declared, self._old)
        self._rebound = import_memory.rebound(index, self._bindings)

    def graph(self) -> ImportGraph:
        imports: dict[str, tuple[Edge, ...]] = {}
        importers: dict[str, list[Edge]] = {}
        missing: list[Missing] = []
        unresolved: list[Missing] = []
        modules: dict[str, list[str]] = {}
        roots: dict[str, tuple[str, ...]] = {}
        for path, facts in self.index.each(python.SLICE):
            context = self._contexts.of(path)
            found = self._of_file(path, facts, context)
            if found.edges:
                imports[path] = found.edges
            for edge in found.edges:
                importers.setdefault(edge.target, []).append(edge)
            for name in found.named:
                modules.setdefault(name, []).append(path)
            missing += found.missing
            unresolved += found.unresolved
            self._used |= found.used
            roots[path] = context.roots
        missing += self._gone(unresolved)
        gone_in: dict[str, dict[tuple[str, str, int], Missing]] = {}
        for gone in missing:
            of_file = gone_in.setdefault(gone.source, {})
            of_file.setdefault((gone.module, gone.name, gone.import_.line), gone)
        return ImportGraph(
            imports=imports,
            importers={target: tuple(edges) for target, edges in sorted(importers.items())},
            missing={source: tuple(found.values()) for source, found in sorted(gone_in.items())},
            modules={name: tuple(paths) for name, paths in sorted(modules.items())},
            roots=roots,
            declared=self._declared,
        )

    # -- one file

    def _of_file(self, path: str, facts: PythonFacts, context: Context) -> _Found:
        """What the imports of a file lead to: as it was before, where all that decides is alike."""
        if self._remembered is None:
            return self._find(path, facts, context)
        known: _Known | None = self._remembered.get(path, facts)
        if known is not None:
            roots, asked, found = known
            if roots == context.roots and not self._rebound.differ(asked):
                return found
        self._names.begin()
        found = self._find(path, facts, context)
        names = import_memory.asked(path, facts, hides=self._names.hides)
        self._remembered.keep(path, facts, names, (context.roots, self._names.asked, found))
        return found

    def _find(self, path: str, facts: PythonFacts, context: Context) -> _Found:
        self._own = own = _Found()
        for imported in facts.imports:
            self._import(path, imported, context)
        if facts.error and not facts.newer:  # it cannot run, so it misses nothing
            own.missing.clear()
            own.unresolved.clear()
        self._literals(path, facts, context)
        own.edges = tuple(own.by_target.values())
        own.named = tuple(_dotted_names(path, context.roots))
        return own

    # -- one import

    def _import(self, source: str, imported: Import, context: Context) -> None:
        if imported.level:
            self._relative(source, imported)
            return
        module = imported.module
        known = context.resolve(module, source) or self._beside(source, module)
        found = known or self._elsewhere(source, module)
        if not found:
            if not self._is_foreign(module.partition(".")[0]):
                self._own.unresolved.append(Missing(source, imported, module))
            return
        name = imported.name
        if name and name != "*" and is_file(found) and not self._names.of(found, name).given:
            # Which of several modules of that name is meant, the order of the roots cannot tell.
            others = (*context.all(module, source), *self.modules.ending_in(module))
            found = next((file for file in others if self._names.of(file, name).given), found)
        if self._found(source, imported, module, found, guessed=not known):
            self._own.used.add(module.partition(".")[0])

    def _relative(self, source: str, imported: Import) -> None:
        folder = source.rpartition("/")[0]
        for _ in range(imported.level - 1):
            if not folder:
                return  # above the repository
            folder = folder.rpartition("/")[0]
        path = imported.module.replace(".", "/")
        place = "/".join(part for part in (folder, path) if part)
        module = self._dotted(place)
        found = self.modules.at(place)
        if not found and place == folder:
            found = folder
        if found or (place == "" and imported.name):
            self._found(source, imported, module, found)
        elif not self._names.is_made(place):
            self._own.missing.append(Missing(source, imported, module))

    def _found(
        self, source: str, imported: Import, module: str, found: str, guessed: bool = False
    ) -> bool:
        """Adds the edges of an import whose module is there, or that its name is missing.

        False where it leads to no file, only to a folder of the module's name."""
        name = imported.name
        if not name or name == "*":
            if file := found if is_file(found) else "":
                self._edge(source, file, imported, guessed)
            return bool(file)
        target = self._names.of(found, name)
        file, below = target.file, target.below
        if file:
            self._edge(source, file, imported, guessed)
        if below and is_file(below):
            self._edge(source, below, imported, guessed)
        if target.known:
            return bool(file) or is_file(below)
        if file:
            if imported.level or not self._is_foreign(module.partition(".")[0]):
                self._own.missing.append(Missing(source, imported, module, name, file))
        else:
            self._own.unresolved.append(Missing(source, imported, f"{module}.{name}"))
        return bool(file)

    def _edge(self, source: str, target: str, imported: Import, guessed: bool = False) -> None:
        if source == target:
            return
        flags = _flags(imported)
        known = self._own.by_target.get(target)
        if known is not None and flags >= _flags(known):
            return
        self._own.by_target[target] = Edge(
            source,
            target,
            imported.line,
            lazy=imported.lazy,
            optional=imported.optional,
            typing=imported.typing,
            dynamic=imported.dynamic,
            guessed=guessed,
        )

    def _literals(self, source: str, facts: PythonFacts, context: Context) -> None:
        """Dotted strings that name a module of the repository, or something in one."""
        for text, line in facts.literals:
            dotted = text.partition(":")[0]
            if dotted.partition(".")[0] not in context.tops or not _NAMED.fullmatch(dotted):
                continue
            parts = dotted.split(".")
            for length in range(len(parts), max(1, len(parts) - 3), -1):
                module = ".".join(parts[:length])
                found = context.resolve(module, source)
                if found and is_file(found):
                    self._edge(source, found, Import(module, line, dynamic=True))
                    break

    def _beside(self, source: str, module: str) -> str:
        """The file of that name in the same folder, where Python 2 looks first."""
        folder = source.rpartition("/")[0]
        found = self.modules.at(f"{folder}/{module.replace('.', '/')}") if self._old else ""
        return found if found != source and is_file(found) else ""

    # -- what is not there

    def _elsewhere(self, source: str, module: str) -> str:
        """The nearest file that ends in a dotted name which no root leads to; for live files
        one outside archives, if there is any."""
        if "." not in module or module.partition(".")[0] in self._declared:
            return ""
        if not (candidates := list(self.modules.ending_in(module))):
            return ""
        archive_root = self.index.inventory.archive_root
        live = archive_root(source) is None
        parts = source.split("/")
        best, rank = "", (False, -1)
        for path in candidates:
            found = (live and archive_root(path) is None, shared_folders(parts, path.split("/")))
            if found > rank:
                best, rank = path, found
        return best

    def _gone(self, unresolved: Iterable[Missing]) -> Iterator[Missing]:
        """Of the imports that nothing answers, those of the repository's own modules."""
        for missing in unresolved:
            context = self._contexts.of(missing.source)
            if missing.module not in context.gone:
                context.gone[missing.module] = self._is_gone(missing.module, context)
            if context.gone[missing.module]:
                yield missing

    def _is_gone(self, module: str, context: Context) -> bool:
        top = module.partition(".")[0]
        if self._is_foreign(top):
            return False
        known = top in context.tops or top in self._real
        if known and not self._is_package(top, context) and top not in self._used:
            return False  # a folder that happens to be named as a library
        if not known and not self._existed(module, context):
            return False
        if context.made(module) or any(self.modules.ending_in(module)):
            return False
        path = module.replace(".", "/")
        return not any(
            self._names.is_hidden(f"{root}/{path}".lstrip("/")) for root in context.roots
        )

    def _is_foreign(self, top: str) -> bool:
        """Is a top-level name also that of the standard library or of a declared dependency?"""
        return top in sys.stdlib_module_names or top in self._declared

    def _is_package(self, top: str, context: Context) -> bool:
        """Does the name stand for a module or a package with `__init__.py`?"""
        for root in (*context.roots, *self.roots.real()):
            found = self.modules.at(f"{root}/{top}" if root else top)
            if found and is_file(found):
                return True
        return False

    def _existed(self, module: str, context: Context) -> bool:
        path = module.replace(".", "/")
        removed = self.index.history.removed
        return any(
            f"{root}/{path}{ending}".lstrip("/") in removed
            for root in context.roots
            for ending in (".py", "/__init__.py")
        )

    def _dotted(self, place: str) -> str:
        folder, _, name = place.rpartition("/")
        base = self.roots.base(folder)
        return place[len(base) + 1 if base else 0 :].replace("/", ".") or name

    def _module_of(self, source: str, imported: Import) -> str:
        if not imported.level:
            return self._contexts.of(source).resolve(imported.module, source)
        folder = source
        for _ in range(imported.level):
            folder = folder.rpartition("/")[0]
        path = imported.module.replace(".", "/")
        return self.modules.at("/".join(part for part in (folder, path) if part))


def _declared(index: RepoIndex, roots: Roots) -> frozenset[str]:
    """The import names, as far as they follow from it, of what the manifests depend on."""
    own = {facts.name for facts in roots.projects.values()}
    names: set[str] = set()
    for _, facts in index.each(manifest.SLICE):
        if facts.kind != "package.json":
            for dependency in facts.dependencies:
                if dependency.name and dependency.name not in own:
                    names.add(dependency.name.replace("-", "_"))
                    names.add(dependency.name.partition("-")[0])
    return frozenset(names)


def _dotted_names(path: str, roots: Iterable[str]) -> Iterator[str]:
    place = path.rpartition(".")[0].removesuffix("/__init__")
    for root in dict.fromkeys(roots):
        if not root:
            yield place.replace("/", ".")
        elif place.startswith(root + "/"):
            yield place[len(root) + 1 :].replace("/", ".")


def _flags(guarded: Import | Edge) -> tuple[bool, bool, bool, bool]:
    """Sorts imports from those that always run to those that may not."""
    return guarded.typing, guarded.dynamic, guarded.optional, guarded.lazy
