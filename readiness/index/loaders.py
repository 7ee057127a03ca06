"""Loaders: the files that Python code may load under a name that it only makes up while it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.facts.python import Call, PythonFacts
from readiness.index.archives import below
from readiness.index.deployments import Deployments
from readiness.index.inventory import RUN, files_of
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_SEARCHES = frozenset(("rglob", "glob", "iglob", "iterdir", "listdir", "walk", "scandir"))
_OF_PATHS = frozenset(
    ("spec_from_file_location", "SourceFileLoader", "load_source", "run_path", "exec_module")
)
_OF_PACKAGES = frozenset(("walk_packages", "iter_modules", "find_modules", "import_submodules"))
_NOT_BY_NAME = frozenset(("exec", "entry_points", "iter_entry_points", "locate"))
_OF_NAMES = frozenset(("import_string", "import_object", "import_from_string", "import_class"))
_IMPORTS = ("import_module", "__import__")
_SPLITS = frozenset(("rsplit", "rpartition", "join"))
_PLACEHOLDER = re.compile(r"\{\w*\}|%s|%\(\w+\)s")
_ANY = frozenset(("*", "*.py", "**", "**/*", "**/*.py", "*.*"))


class Loaders:
    """Tells what the dynamic loaders of a file may load.

    Where a loader looks is told from the literals around it: patterns of globs, steps of paths,
    the fixed parts of dotted names. A loader that says nothing is taken to look beside itself."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._places = _Places(index)

    def of(self, path: str) -> Iterator[tuple[str, Evidence]]:
        """(file, the loader's line) of every live file that `path` may load; what another file
        was already told to load is left out."""
        facts = self._index.facts(python.SLICE, path)
        if facts is not None and facts.loaders:
            yield from _of_file(self._places, path, facts)


class _Places:
    """Finds live Python files by the parts of their paths that a loader names.

    Each place is searched once, however many loaders look there: the first one is told."""

    def __init__(self, index: RepoIndex) -> None:
        self.index = index
        self.deployments = Deployments(index)
        self._first: dict[tuple[object, ...], str] = {}  # place -> the loader that looked first
        self._searched: set[tuple[object, ...]] = set()
        self._itself: set[tuple[object, ...]] = set()  # places in which that loader lies

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """Deployment -> the Python files below its folder."""
        found: dict[str, list[str]] = {}
        for path in files_of(self.index, *RUN):
            if path.endswith(".py"):
                home = self.deployments.of(path)
                found.setdefault(home, []).append(path)
                while home:
                    home = home.rpartition("/")[0]
                    found.setdefault(home, []).append(path)
        return found

    def where(self, path: str, fits: Callable[[str], bool], *place: object) -> Iterator[str]:
        """The files that fit, of the deployment that `path` belongs to."""
        home = self.deployments.of(path)
        files = (file for file in self._files.get(home, ()) if fits(file))
        return self._once(path, (home, *place), files)

    def below(self, path: str, folder: str) -> Iterator[str]:
        """The files of a folder and of all folders in it."""
        files = below(self.index, folder) if folder in self.index.folders else []
        return self._once(path, ("below", folder), self._kept(files))

    def inside(self, path: str, folder: str) -> Iterator[str]:
        """The files directly in a folder."""
        return self._once(path, ("in", folder), self._kept(self.index.folders[folder]))

    def beside(self, path: str, alone: bool = False) -> Iterator[str]:
        """The files of the folder of `path`, and of those below it unless it is a deployment's
        or a whole top-level package, or `alone`."""
        folder = path.rpartition("/")[0]
        if alone or folder == self.deployments.of(path) or self._is_top(folder):
            return self.inside(path, folder)
        return self.below(path, folder)

    def _is_top(self, folder: str) -> bool:
        """Is it a package that lies in none, with packages in it?"""
        files = self.index.files
        above = folder.rpartition("/")[0]
        return (
            f"{folder}/__init__.py" in files
            and f"{above}/__init__.py".lstrip("/") not in files
            and any(f"{child}/__init__.py" in files for child in self.index.folders[folder])
        )

    def _kept(self, files: Iterable[str]) -> Iterator[str]:
        kept = self.index.inventory.is_
        return (file for file in files if file.endswith(".py") and kept(file, *RUN))

    def _once(self, path: str, place: tuple[object, ...], files: Iterator[str]) -> Iterator[str]:
        first = self._first.setdefault(place, path)
        if place not in self._searched:
            self._searched.add(place)
            for file in files:
                if file == path:
                    self._itself.add(place)
                else:
                    yield file
        elif first != path and place in self._itself:
            yield first


def _of_file(places: _Places, path: str, facts: PythonFacts) -> Iterator[tuple[str, Evidence]]:
    steps = _steps(facts)
    for call in facts.loaders:
        last = call.name.rpartition(".")[2]
        if last == "/" or last == "joinpath" or last in _NOT_BY_NAME or last in _SPLITS:
            continue
        files: Iterator[str]
        if last in _SEARCHES:
            files = _by_search(places, path, call, steps)
        elif last in _OF_PATHS:
            files = _by_path(places, path, call, steps)
        elif last in _OF_PACKAGES:
            files = _by_package(places, path, call)
        elif last == "told":
            files = _by_tail(places, path, call)
        elif call.arguments or not _takes_whole_names(facts, call):
            files = _by_name(places, path, call)
        else:  # whoever gives it the name writes it out
            continue
        evidence = Evidence(
            f"{path} loads what it finds with {call.name}()", Location(path, call.line)
        )
        yield from ((file, evidence) for file in files)
    yield from _of_packages(places, path, facts)


def _of_packages(places: _Places, path: str, facts: PythonFacts) -> Iterator[tuple[str, Evidence]]:
    """The modules of the packages that strings of the file name, where it imports by made-up
    names: `for home in ("app.mail", "mails"): import_module(f"{home}.{name}")`."""
    if not any(call.name.endswith(_IMPORTS) for call in facts.loaders):
        return
    for text, line in facts.literals:
        folders = _folders(places.index.imports.modules.get(text, ())) if "." in text else set()
        if "." in text and (folder := text.replace(".", "/")) in places.index.folders:
            folders.add(folder)
        evidence = Evidence(f"{path} names the package and imports by name", Location(path, line))
        for folder in sorted(folders):
            yield from ((file, evidence) for file in places.inside(path, folder))


def _takes_whole_names(facts: PythonFacts, call: Call) -> bool:
    """Is it given "package.module.Name", from which the same function takes the module?"""
    return call.name.rpartition(".")[2] in _OF_NAMES or any(
        other.where == call.where and other.name.rpartition(".")[2] in _SPLITS
        for other in facts.loaders
    )


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
                yield from places.where(path, partial(_fits, name), "glob", name)
        elif name.endswith(("*", ".py")):
            yield from _in_steps(places, path, steps)
    if not patterns:
        yield from places.beside(path)


def _by_path(places: _Places, path: str, call: Call, steps: list[tuple[str, ...]]) -> Iterator[str]:
    parts = [part for part in call.arguments if part.endswith(".py") and _name(part) != ".py"]
    folders = [part for part in call.arguments if not part.endswith(".py")]
    for part in parts:
        end = "/".join([*folders[-1:], part.lstrip("./")])
        yield from places.where(path, partial(_ends_with, "/" + end), "end", end)
        yield from places.where(path, partial(_ends_with, "/" + _name(part)), "end", _name(part))
    if not parts and call.name.rpartition(".")[2] != "exec_module":
        yield from _in_steps(places, path, steps)


def _in_steps(places: _Places, path: str, steps: list[tuple[str, ...]]) -> Iterator[str]:
    """The files directly in the folders that the steps lead to, else those beside the loader."""
    if not steps:
        yield from places.beside(path)
    for chain in steps:
        yield from places.where(path, partial(_lies_in, chain), "steps", chain)


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
        yield from places.below(path, folder)


def _by_name(places: _Places, path: str, call: Call) -> Iterator[str]:
    """By the fixed parts of a dotted name: "app.plugins." leads, ".tables." stands within."""
    arguments = [_PLACEHOLDER.sub("", text) for text in call.arguments]
    if not any(text.strip(".") for text in arguments):
        yield from places.beside(path, alone=True)
    for text in arguments:
        inner = [part for part in text.split(".") if part]
        if not inner:  # of import_module("." + name); `__import__` takes no such name
            if text.startswith(".") and not call.name.endswith("__import__"):
                yield from places.beside(path)
        elif text.startswith("."):
            name = inner[0]
            ends = f"/{name}.py", f"/{name}/__init__.py"
            fits = partial(_is_module, ends, f"/{name}/")
            yield from places.where(path, fits, "module", name)
        elif text.endswith("."):
            folder = f"/{'/'.join(inner)}/"
            yield from places.where(path, partial(_is_below, folder), "below", folder)


def _by_tail(places: _Places, path: str, call: Call) -> Iterator[str]:
    """By the end of a dotted name, which the function that is told it puts below a package."""
    for text in call.arguments:
        if all(part.isidentifier() for part in text.split(".")):
            end = "/" + text.replace(".", "/")
            yield from places.where(path, partial(_is_named, end), "tail", end)


def _folders(packages: Iterable[str]) -> set[str]:
    """The folders of those of these modules that are packages."""
    return {path.rpartition("/")[0] for path in packages if _name(path) == "__init__.py"}


def _fits(pattern: str, file: str) -> bool:
    return fnmatchcase(_name(file), pattern)


def _ends_with(end: str, file: str) -> bool:
    return f"/{file}".endswith(end)


def _is_named(end: str, file: str) -> bool:
    return f"/{file}".endswith((f"{end}.py", f"{end}/__init__.py"))


def _is_below(folder: str, file: str) -> bool:
    return folder in f"/{file}"


def _lies_in(chain: tuple[str, ...], file: str) -> bool:
    """Does the folder of `file` bear the last name of the chain, below the others in order?"""
    folders = file.split("/")[:-1]
    if not folders or folders[-1] != chain[-1]:
        return False
    above = iter(folders[:-1])
    return all(any(folder == step for folder in above) for step in chain[:-1])


def _is_module(ends: tuple[str, ...], within: str, file: str) -> bool:
    return file.endswith(ends) or within in file


def _name(path: str) -> str:
    return path.rpartition("/")[2]
