"""Loaders: the files that Python code may load under a name that it only makes up while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.facts.python import Call, PythonFacts
from readiness.index.deployments import Deployments
from readiness.index.inventory import FileClass
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_SEARCHES = frozenset(("rglob", "glob", "iglob", "iterdir", "listdir", "walk", "scandir"))
_OF_PATHS = frozenset(
    ("spec_from_file_location", "SourceFileLoader", "load_source", "run_path", "exec_module")
)
_OF_PACKAGES = frozenset(("walk_packages", "iter_modules", "find_modules", "import_submodules"))
_NOT_BY_NAME = frozenset(("exec", "entry_points", "iter_entry_points", "locate"))
_ANY = frozenset(("*", "*.py", "**", "**/*", "**/*.py", "*.*"))


def loaded(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """(file, the loader's line) of every live file that a dynamic loader of live code may load.

    Where a loader looks is told from the literals around it: patterns of globs, steps of paths,
    the fixed parts of dotted names. A loader that says nothing is taken to look beside itself."""
    places = _Places(index)
    for path, facts in index.each(python.SLICE):
        if facts.loaders and index.inventory.is_(path, FileClass.LIVE):
            yield from _of_file(places, path, facts)


class _Places:
    """Finds live Python files by the parts of their paths that a loader names."""

    def __init__(self, index: RepoIndex) -> None:
        self.index = index
        self.deployments = Deployments(index)

    @cached_property
    def files(self) -> list[str]:
        kept = (FileClass.LIVE, FileClass.SCRIPT)
        return [
            path
            for path in self.index.files
            if path.endswith(".py") and self.index.inventory.is_(path, *kept)
        ]

    def where(self, path: str, fits: Callable[[str], bool]) -> Iterator[str]:
        """The files that fit, of the deployment that `path` belongs to."""
        home = self.deployments.of(path)
        start = f"{home}/" if home else ""
        return (file for file in self.files if file.startswith(start) and fits(file))

    def below(self, folder: str) -> Iterator[str]:
        return (file for file in self.files if file.startswith(f"{folder}/"))

    def beside(self, path: str) -> Iterator[str]:
        """The files of the folder of `path`, and of those below it unless it is a deployment's."""
        folder = path.rpartition("/")[0]
        if folder == self.deployments.of(path):
            return (file for file in self.files if file.rpartition("/")[0] == folder)
        return self.below(folder)


def _of_file(places: _Places, path: str, facts: PythonFacts) -> Iterator[tuple[str, Evidence]]:
    steps = _steps(facts)
    for call in facts.loaders:
        last = call.name.rpartition(".")[2]
        if last == "/" or last == "joinpath" or last in _NOT_BY_NAME:
            continue
        files: Iterator[str]
        if last in _SEARCHES:
            files = _by_search(places, path, call, steps)
        elif last in _OF_PATHS:
            files = _by_path(places, path, call, steps)
        elif last in _OF_PACKAGES:
            files = _by_package(places, path, call)
        else:
            files = _by_name(places, path, call)
        evidence = Evidence(
            f"{path} loads what it finds with {call.name}()", Location(path, call.line)
        )
        yield from ((file, evidence) for file in files if file != path)


def _steps(facts: PythonFacts) -> list[tuple[str, ...]]:
    """The literal steps of each path that is put together, as `root / "services" / "modules"`."""
    lines: dict[int, list[str]] = {}
    for call in facts.loaders:
        if call.name == "/" and "." not in call.arguments[0]:
            lines.setdefault(call.line, []).extend(call.arguments)
    return [tuple(reversed(parts)) for parts in lines.values()]


def _by_search(
    places: _Places, path: str, call: Call, steps: list[tuple[str, ...]]
) -> Iterator[str]:
    patterns = [text for text in call.arguments if "*" in text or "?" in text]
    for pattern in patterns:
        name = pattern.rpartition("/")[2]
        if name not in _ANY:
            if name.endswith(("*", ".py")):
                yield from places.where(path, lambda f, n=name: fnmatchcase(_name(f), n))  # type: ignore[misc]
        elif name.endswith(("*", ".py")):
            yield from _in_steps(places, path, steps)
    if not patterns:
        yield from places.beside(path)


def _by_path(places: _Places, path: str, call: Call, steps: list[tuple[str, ...]]) -> Iterator[str]:
    parts = [part for part in call.arguments if part.endswith(".py") and _name(part) != ".py"]
    folders = [part for part in call.arguments if not part.endswith(".py")]
    for part in parts:
        end = "/".join([*folders[-1:], part.lstrip("./")])
        exact = list(places.where(path, lambda f, e=end: f.endswith("/" + e)))  # type: ignore[misc]
        name = _name(part)
        yield from exact or places.where(path, lambda f, n=name: _name(f) == n)  # type: ignore[misc]
    if not parts and call.name.rpartition(".")[2] != "exec_module":
        yield from _in_steps(places, path, steps)


def _in_steps(places: _Places, path: str, steps: list[tuple[str, ...]]) -> Iterator[str]:
    """The files directly in the folders that the steps lead to, else those beside the loader."""
    if not steps:
        yield from places.beside(path)
    for chain in steps:
        yield from places.where(path, lambda file, chain=chain: _ends_in(file, chain))  # type: ignore[misc]


def _by_package(places: _Places, path: str, call: Call) -> Iterator[str]:
    """By the packages that the walk is given by name, or that the loader imports."""
    modules = places.index.imports.modules
    folders = {f for text in call.arguments for f in _folders(modules.get(text.strip("."), ()))}
    imported: dict[int, set[str]] = {}
    for edge in places.index.imports.imports.get(path, ()):
        if edge.target.endswith("/__init__.py") and not edge.typing:
            imported.setdefault(edge.line, set()).add(edge.target.rpartition("/")[0])
    folders.update(max(found, key=len) for found in imported.values())
    if not folders or _name(path) == "__init__.py":
        yield from places.beside(path)
    for folder in sorted(folders):
        yield from places.below(folder)


def _by_name(places: _Places, path: str, call: Call) -> Iterator[str]:
    """By the fixed parts of a dotted name: "app.plugins." leads, ".tables." stands within."""
    if not call.arguments:
        folder = path.rpartition("/")[0]
        yield from (file for file in places.files if file.rpartition("/")[0] == folder)
    for text in call.arguments:
        inner = [part for part in text.split(".") if part]
        if not inner:
            if text.startswith("."):
                yield from places.beside(path)
        elif text.startswith("."):
            first = inner[0]
            yield from places.where(path, lambda f, n=first: _is_module(f, n))  # type: ignore[misc]
        elif text.endswith("."):
            folder = f"/{'/'.join(inner)}/"
            yield from places.where(path, lambda f, n=folder: n in f"/{f}")  # type: ignore[misc]


def _folders(packages: Iterable[str]) -> set[str]:
    """The folders of those of these modules that are packages."""
    return {path.rpartition("/")[0] for path in packages if _name(path) == "__init__.py"}


def _ends_in(file: str, chain: tuple[str, ...]) -> bool:
    """Does the folder of `file` bear the last name of the chain, below the others in order?"""
    folders = file.split("/")[:-1]
    if not folders or folders[-1] != chain[-1]:
        return False
    above = iter(folders[:-1])
    return all(any(folder == step for folder in above) for step in chain[:-1])


def _is_module(file: str, name: str) -> bool:
    return file.endswith((f"/{name}.py", f"/{name}/__init__.py")) or f"/{name}/" in file


def _name(path: str) -> str:
    return path.rpartition("/")[2]
