"""Configuration: which keys the code reads, and the independent ways in which it loads them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python
from readiness.facts.python import PythonFacts
from readiness.index.inventory import FileClass
from readiness.index.modules import imported_tops

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class KeyRead(Struct, frozen=True):
    """One place where live code reads a key of the environment; `default` as in the facts."""

    path: str
    line: int
    default: str | None = None


class Kind(StrEnum):
    SETTINGS = "settings classes"  # pydantic's, all of one mechanism
    DJANGO = "Django settings"
    LOADER = "loader"  # a class that is called manager, loader, utility, ... of configuration
    HOLDER = "holder"  # a class of settings that reads the environment itself
    MODULE = "module"  # a module of settings


class Loader(Struct, frozen=True):
    """One class or module that loads configuration.

    `name` is empty for a module. `reads` counts its reads of the environment; `formats` are the
    libraries for configuration files that its module imports; `wraps` are other loaders' paths.
    `importers` are the live files that import it, those of its own package apart."""

    path: str
    line: int
    kind: Kind
    name: str = ""
    reads: int = 0
    formats: tuple[str, ...] = ()
    wraps: tuple[str, ...] = ()
    importers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.name or self.path.rpartition("/")[2]


class Source(Struct, frozen=True):
    """Loaders that are one way to load configuration, the most imported first.

    `service` is the folder of the project that they belong to ("" for the root); `importers` are
    the live files outside of it that use it, `reached` how many of those the entrypoints reach."""

    service: str
    loaders: tuple[Loader, ...]
    importers: tuple[str, ...] = ()
    reached: int = 0

    @property
    def main(self) -> Loader:
        return self.loaders[0]


class Configuration(Struct, frozen=True):
    """`keys`: each key that live code reads -> where. `sources`: service -> its sources that live
    code uses, the one that is used most first."""

    keys: dict[str, tuple[KeyRead, ...]] = {}
    sources: dict[str, tuple[Source, ...]] = {}


_SUBJECTS = frozenset(
    "config configs configuration settings setting environment env conf cfg".split()
)
_ROLES = frozenset(
    "manager loader utility utils util adapter provider reader helper parser resolver".split()
)
_NOT_OURS = frozenset(
    "tenant client customer user policy test tests testing mock fake stub dummy abstract protocol "
    "interface mixin error exception validator builder logging log enum type".split()
)
_FORMATS = frozenset(
    "dotenv yaml configparser tomllib tomli toml decouple dynaconf environs environ omegaconf "
    "hydra ruamel".split()
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MANIFESTS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "Dockerfile",
)
_ENDINGS = tuple(f"/{name}" for name in _MANIFESTS)
_MANY = 1 << 16  # names whose words are kept, also from one index to the next
_MODULE_READS = 3  # below it a module of that name only happens to read a variable


def build(index: RepoIndex) -> Configuration:
    live = {
        path: facts
        for path, facts in index.each(python.SLICE)
        if index.inventory.is_(path, FileClass.LIVE)
    }
    keys: dict[str, list[KeyRead]] = {}
    for path, facts in live.items():
        for read in facts.environment:
            if read.key:
                keys.setdefault(read.key, []).append(KeyRead(path, read.line, read.default))
    loaders = _loaders(index, live)
    sources: dict[str, list[Source]] = {}
    for group in _grouped(index, loaders):
        source = _source(index, live, group)
        if source.importers:
            sources.setdefault(source.service, []).append(source)
    return Configuration(
        keys={key: tuple(reads) for key, reads in sorted(keys.items())},
        sources={
            service: tuple(sorted(found, key=_rank)) for service, found in sorted(sources.items())
        },
    )


def _rank(source: Source) -> tuple[int, int, str]:
    return -source.reached, -len(source.importers), source.main.path


def service_of(index: RepoIndex, path: str) -> str:
    """The folder of the project that a file belongs to: the nearest with a manifest or image."""
    projects = index.once(_projects)
    folder = path.rpartition("/")[0]
    while folder not in projects:
        folder = folder.rpartition("/")[0]
    return folder


def _projects(index: RepoIndex) -> set[str]:
    """The folders with a manifest or image, and the root."""
    return {"", *(path.rpartition("/")[0] for path in index.files if path.endswith(_ENDINGS))}


# -- loaders


def _loaders(index: RepoIndex, live: dict[str, PythonFacts]) -> dict[str, list[Loader]]:
    """The loaders of each file that has one."""
    settings = _settings_classes(index, live)
    of_files = index.of_each(python.SLICE, _of_file, settings)
    found = {path: list(of_files[path]) for path in live if of_files[path]}
    wrapping: dict[str, list[Loader]] = {}
    for path, wraps in _importing(index, live, found).items():
        for name, line in _named_loaders(live[path]):
            loader = Loader(path, line, Kind.LOADER, name, wraps=wraps)
            wrapping.setdefault(path, []).append(loader)
    return found | wrapping


def _importing(
    index: RepoIndex, live: Iterable[str], found: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The live files that import some of the files `found` and are none of them -> which."""
    targets: dict[str, set[str]] = {}
    for target in found:
        for edge in index.imports.importers.get(target, ()):
            targets.setdefault(edge.source, set()).add(target)
    importing = (path for path in live if path in targets and path not in found)
    return {path: tuple(sorted(targets[path])) for path in importing}


def _settings_classes(index: RepoIndex, live: dict[str, PythonFacts]) -> set[str]:
    """The names of pydantic's settings classes and all that derive from them."""
    names = {"BaseSettings"}
    of_files = index.of_each(python.SLICE, derived)
    classes = [each for path in live for each in of_files[path]]
    while True:
        more = {name for name, bases in classes if not names.isdisjoint(bases)}
        if more <= names:
            return names
        names |= more


def derived(path: str, facts: PythonFacts) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, last parts of the names of its bases) of the classes that have any."""
    return tuple(
        (each.name, tuple([base.rpartition(".")[2] for base in each.bases]))
        for each in facts.definitions
        if each.bases
    )


def _of_file(path: str, facts: PythonFacts, settings: set[str]) -> tuple[Loader, ...]:
    return tuple(_loaders_of(path, facts, settings))


def _loaders_of(path: str, facts: PythonFacts, settings: set[str]) -> Iterator[Loader]:
    total = len(facts.environment)
    if "INSTALLED_APPS" in facts.names or "ROOT_URLCONF" in facts.names:
        yield Loader(path, 1, Kind.DJANGO, reads=total)
        return
    for each in facts.definitions:
        if each.bases and settings & {base.rpartition(".")[2] for base in each.bases}:
            yield Loader(path, each.line, Kind.SETTINGS, each.name)
    formats = tuple(sorted(_FORMATS & imported_tops(path, facts)))
    found = False
    for name, line in _named_loaders(facts):
        reads = _reads_in(facts, name)
        if reads or formats:
            found = True
            yield Loader(path, line, Kind.LOADER, name, reads, formats)
    for each in facts.definitions:
        words = _words(each.name) if each.kind == "class" and each.name not in settings else ()
        if words and words[-1] in _SUBJECTS and not _NOT_OURS & {*words}:
            reads = _reads_in(facts, each.name)
            if reads:
                found = True
                yield Loader(path, each.line, Kind.HOLDER, each.name, reads, formats)
    part = _is_settings_module(path) or _is_settings_module(path.rpartition("/")[0])
    if not found and part and total >= _MODULE_READS:
        yield Loader(path, 1, Kind.MODULE, "", total, formats)


def _named_loaders(facts: PythonFacts) -> Iterator[tuple[str, int]]:
    """(name, line) of the classes that are named as loaders of configuration."""
    for each in facts.definitions:
        words = _words(each.name) if each.kind == "class" and not each.stub else ()
        if words and words[-1] in _ROLES and _SUBJECTS & {*words} and not _NOT_OURS & {*words}:
            yield each.name, each.line


@lru_cache(_MANY)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name)) if "." not in name else ()


def _reads_in(facts: PythonFacts, name: str) -> int:
    return sum(
        read.where == name or read.where.startswith(f"{name}.") for read in facts.environment
    )


@lru_cache(_MANY)
def _is_settings_module(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(".py")
    if stem == "__init__":
        stem = folder.rpartition("/")[2]
    words = set(re.split(r"[_-]", stem))
    return bool(words & (_SUBJECTS - {"env"})) and not words & _NOT_OURS


# -- sources


def _grouped(index: RepoIndex, loaders: dict[str, list[Loader]]) -> Iterable[list[Loader]]:
    """The loaders that are one source: of one mechanism, of one package, or one on the other."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    def join(left: str, right: str) -> None:
        parent[root(right)] = root(left)

    groups: dict[str, list[Loader]] = {}
    for path, found in loaders.items():
        service = service_of(index, path)
        mechanisms = {each.kind for each in found} & {Kind.SETTINGS, Kind.DJANGO}
        passive = not any(each.kind is Kind.LOADER for each in found)
        for mechanism in mechanisms:
            join(f"{service}:{mechanism}", path)
        if passive and _is_settings_module(path.rpartition("/")[0]):
            join(f"{service}:{path.rpartition('/')[0]}/", path)
        for target in _imported(index, path):
            other = loaders.get(target)
            if other and service_of(index, target) == service:
                active = any(each.kind is Kind.LOADER and each.reads for each in found)
                if not active and not (passive and any(e.kind is Kind.LOADER for e in other)):
                    join(target, path)
    for path, found in loaders.items():
        groups.setdefault(root(path), []).extend(found)
    return groups.values()


def _imported(index: RepoIndex, path: str) -> set[str]:
    """The files that a file imports, also those that an imported package hands on."""
    direct = {edge.target for edge in index.imports.imports.get(path, ())}
    packages = [target for target in direct if target.endswith("/__init__.py")]
    return direct.union(
        *({edge.target for edge in index.imports.imports.get(each, ())} for each in packages)
    )


def _source(index: RepoIndex, live: dict[str, PythonFacts], group: list[Loader]) -> Source:
    own = {loader.path for loader in group}
    used = [
        Loader(
            loader.path,
            loader.line,
            loader.kind,
            loader.name,
            loader.reads,
            loader.formats,
            loader.wraps,
            tuple(sorted(_importers(index, live, loader) - own)),
        )
        for loader in group
    ]
    used.sort(key=lambda loader: (-len(loader.importers), -loader.reads, loader.path, loader.line))
    importers = tuple(sorted({path for loader in used for path in loader.importers}))
    reached = sum(path in index.reachability.reached for path in importers)
    return Source(service_of(index, used[0].path), tuple(used), importers, reached)


def _importers(index: RepoIndex, live: dict[str, PythonFacts], loader: Loader) -> set[str]:
    """The live files that import a loader, also through packages that hand it on."""
    found: set[str] = set()
    seen: set[str] = set()
    pending = [loader.path]
    while pending:
        target = pending.pop()
        for edge in index.imports.importers.get(target, ()):
            facts = live.get(edge.source)
            if facts is None or edge.typing or edge.source in seen:
                continue
            names = {each.name for each in facts.imports}
            if target != loader.path and loader.name not in names:
                continue
            if loader.name and edge.source.endswith("/__init__.py"):
                seen.add(edge.source)
                pending.append(edge.source)
            else:
                found.add(edge.source)
    return found
