"""Modules: which file or folder a dotted name means below a folder, and which files end in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from readiness.facts.python import PythonFacts

if TYPE_CHECKING:
    from readiness.index import RepoIndex

SOURCES = (".py", ".pyi", ".pyx")
_NATIVE = (".so", ".pyd", ".c", ".cpp", ".cc", ".rs", ".pxd", ".proto")  # a build makes a module


class Modules:
    """The Python modules of a snapshot; each look-up takes constant time.

    A *place* is a path without its ending: "src/app/main" for src/app/main.py, src/app/main.pyx or
    src/app/main/__init__.py. What is found is a file, or a folder of Python files without
    `__init__.py` (a namespace package).
    """

    def __init__(self, index: RepoIndex) -> None:
        self._files = index.files
        self.native: set[str] = set()  # places of modules that are compiled or generated
        self._ends: dict[str, list[str]] = {}  # last part, and last two parts -> files
        self.folders: set[str] = set()  # folders with Python files at any depth
        for path in index.files:
            if path.endswith(SOURCES):
                self._learn(path)
            elif path.endswith(_NATIVE):
                self.native.add(_native_place(path))

    def _learn(self, path: str) -> None:
        place = path.rpartition(".")[0]
        folder, _, name = place.rpartition("/")
        above = folder
        while above and above not in self.folders:
            self.folders.add(above)
            above = above.rpartition("/")[0]
        if name == "__init__":
            folder, _, name = folder.rpartition("/")
        if name:
            self._ends.setdefault(name, []).append(path)
        if folder:
            self._ends.setdefault(f"{folder.rpartition('/')[2]}.{name}", []).append(path)

    def at(self, place: str) -> str:
        """The file or namespace folder at a place; "" for none."""
        package = f"{place}/__init__.py" if place else "__init__.py"
        if package in self._files:
            return package
        for ending in SOURCES:
            if place + ending in self._files:
                return place + ending
        stub = f"{place}/__init__.pyi"
        if stub in self._files:
            return stub
        return place if place in self.folders else ""

    def made(self, place: str) -> bool:
        """Does a build make the module at a place, from C, Rust, Cython or protocol buffers?"""
        if place in self.native:
            return True
        for suffix in ("_pb2", "_pb2_grpc"):
            if place.endswith(suffix) and place.removesuffix(suffix) in self.native:
                return True
        return False

    def ending_in(self, dotted: str) -> Iterator[str]:
        """The files whose dotted name ends in `dotted`."""
        files = self._ends.get(".".join(dotted.rsplit(".", 2)[-2:]))
        if files is None:
            return
        path = dotted.replace(".", "/")
        for file in files:
            place = file.rpartition(".")[0].removesuffix("/__init__")
            if place == path or place.endswith("/" + path):
                yield file

    def names_in(self, folder: str, children: tuple[str, ...]) -> Iterator[str]:
        """The top-level names that Python finds in a folder with these children."""
        start = len(folder) + 1 if folder else 0
        for child in children:
            name = child[start:]
            if child in self.folders:
                yield name
            elif name.endswith(SOURCES):
                yield name.rpartition(".")[0]


def imported_tops(path: str, facts: PythonFacts) -> frozenset[str]:
    """The first parts of the names of the modules that a file imports."""
    return frozenset([each.module.partition(".")[0] for each in facts.imports])


def is_file(found: str) -> bool:
    """Is what was found a file, not a namespace folder?"""
    return found.endswith(SOURCES)


def _native_place(path: str) -> str:
    """The place of `pkg/_fast.cpython-311-x86_64-linux-gnu.so` is pkg/_fast."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + name.partition(".")[0]
