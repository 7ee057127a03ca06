"""Resolves what a text names to the files and folders of the repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.index.memory import CONTENT

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_COMMON = frozenset(
    "index main app config settings setup test tests utils util types readme license changelog "
    "models model views urls admin base common constants helpers schema schemas conftest package "
    "requirements dockerfile makefile tsconfig docker-compose compose page layout route routes "
    "styles style init example sample data default health server client api core cli run start "
    "build deploy install manage wsgi asgi version logging".split()
)
_PLACEHOLDER = re.compile(r"^(?:\$\{\{[^}]*\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$\w+|\{[^}]*\}|%\w+%|~)/")
_WILD = re.compile(r"[*?\[{$<%]")
_SYSTEM = re.compile(r"/(?:bin|dev|etc|lib|proc|root|run|sbin|sys|tmp|usr|var)(?:/|$)")
_UNCLEAN = re.compile(r"[^\w@+~/.-]|[./]$")
_PLACE = re.compile(r":\d+(?::\d+|-\d+)?$")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NO_NAMES = frozenset(("", ".", ".."))  # parts of a path that are no name of a folder
_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue", ".d.ts")


class View(dict[str, str]):
    """What texts name to the files of one folder, looked for in the same folders: text -> path."""

    def __init__(
        self, resolver: Resolver, folders: Sequence[str], near: str = "", guess: bool = True
    ) -> None:
        self._resolver = resolver
        self._folders = folders
        self._near = near
        self._guess = guess

    def __missing__(self, text: str) -> str:
        found = self._resolver.path(text, self._folders, self._near, self._guess)
        self[text] = found
        return found


class Resolver:
    """Looks names up; each lookup takes about constant time.

    What is found has to be told apart by itself: by its exact path, by its path relative to where
    it is named, by the end of its path (two parts or more) or by a rare file name.
    """

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._files = index.files
        self._folders = index.folders
        self._named: dict[str, list[str]] = {}
        self._ending: dict[str, list[str]] = {}  # by the last two parts
        for path in (*index.files, *index.folders):
            folder, _, name = path.rpartition("/")
            self._named.setdefault(name, []).append(path)
            if folder:
                self._ending.setdefault(f"{folder.rpartition('/')[2]}/{name}", []).append(path)
        self._known: dict[tuple[str, str], str] = {}
        self._views: dict[tuple[tuple[str, ...], str, bool], View] = {}
        self._asked: set[str] | None = None

    def begin(self) -> set[str]:
        """From now on gathers what the answers depend on: the names, and the last two parts, of
        the paths that are looked for."""
        self._views.clear()
        self._asked = set()
        return self._asked

    def view(self, folders: Sequence[str], near: str = "", guess: bool = True) -> View:
        """`path` for all files of the folder that `near` lies in: each text is looked up once."""
        key = tuple(folders), near.rpartition("/")[0], guess
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = View(self, key[0], near, guess)
        return view

    def path(self, text: str, folders: Sequence[str], near: str = "", guess: bool = True) -> str:
        """The file or folder that `text` names, looked for in `folders` first; "" for none.

        With `guess`, or where `text` does not tell where it starts, the end of a path may do;
        `near` is the file that names it: of several, the nearest is meant. A wildcard names the
        folder before it.
        """
        asked = self._asked
        if text.rpartition("/")[2] not in self._named and not _UNCLEAN.search(text):
            if asked is not None:
                asked.add(_end_of_text(text))
            return ""  # as of most
        cleaned, anchored = _clean(text)
        parts = cleaned.rstrip("/").split("/") if cleaned else []
        if asked is not None and parts:
            asked.update(_ends_of_parts(parts, folders if anchored else ()))
        if not parts or not (parts[-1] in self._named or parts[-1] in (".", "..")):
            return ""
        if anchored:
            for folder in folders:
                found = normal(f"{folder}/{cleaned}" if folder else cleaned)
                if found is not None and self._exists(found):
                    return found
            if parts[0] in (".", ".."):
                parts = [part for part in parts if part not in (".", "..")]
        elif text.startswith("/"):
            return self.absolute(text, near)
        return self._by_end(parts, near) if parts and (guess or not anchored) else ""

    def _exists(self, path: str) -> bool:
        return path in self._files or (path in self._folders and path != "")

    def _by_end(self, parts: list[str], near: str) -> str:
        end = "/".join(parts)
        key = (end, near.rpartition("/")[0])
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._look_up(end, parts, near)
        return found

    def _look_up(self, end: str, parts: list[str], near: str) -> str:
        if self._exists(end):
            return end
        if len(parts) == 1:
            named = self._named.get(parts[0], [])
            alone = len(named) == 1 and named[0] in self._files
            return named[0] if alone and _is_rare(parts[0]) else ""
        ending = self._ending.get("/".join(parts[-2:]), ())
        return nearest([path for path in ending if path.endswith("/" + end)], near)

    def absolute(self, text: str, near: str = "") -> str:
        """What `/somewhere/of/the/machine` is in the repository: the longest end that exists."""
        if _SYSTEM.match(text):
            return ""
        parts = _clean(text)[0].strip("/").split("/")
        if self._asked is not None:
            self._asked.update((f"/{parts[-1]}", "/".join(parts[-2:])))
        for start in range(min(len(parts), 12) if parts[-1] in self._named else 0):
            end = "/".join(parts[start:])
            if self._exists(end):
                return end
            if len(parts) - start >= 2 and (found := self._by_end(parts[start:], near)):
                return found
        return ""

    def module(self, text: str, folders: Sequence[str], near: str = "", guess: bool = True) -> str:
        """The Python file of a dotted module, or of the module that holds a dotted name."""
        dotted = text.partition(":")[0]
        if not _MODULE.fullmatch(dotted):
            return ""
        parts = dotted.split(".")
        if self._asked is not None:
            self._asked.update(_ends_of_module(parts))
        for length in range(len(parts), max(0, len(parts) - 3), -1):
            head = parts[:length]
            if f"{head[-1]}.py" not in self._named and head[-1] not in self._named:
                continue
            path = "/".join(head)
            for folder in folders:
                place = f"{folder}/{path}" if folder else path
                for file in (f"{place}.py", f"{place}/__init__.py"):
                    if file in self._files:
                        return file
            if length > 1 and guess:
                for ending in ([*head[:-1], f"{head[-1]}.py"], [*head, "__init__.py"]):
                    found = self._by_end(ending, near)
                    if found:
                        return found
        return self._holder(parts[0], parts[1], near) if guess and len(parts) == 2 else ""

    def _holder(self, module: str, name: str, near: str) -> str:
        """The file of this name that defines a class of that name, for "smtp.SmtpMailer"."""
        if not name[0].isupper():
            return ""
        if self._asked is not None:
            self._asked.add(f"{module}.py{CONTENT}")
        named = self._named.get(f"{module}.py", ())
        facts = ((path, self._index.facts(python.SLICE, path)) for path in named)
        return nearest([path for path, known in facts if known and name in known.names], near)

    def script_import(self, text: str, source: str) -> str:
        """The file that JavaScript or TypeScript in `source` imports as `text`."""
        folder = source.rpartition("/")[0]
        if text.startswith("."):
            starts = [f"{folder}/{text}" if folder else text]
        elif text.startswith(("@/", "~/", "src/")):
            rest = text.partition("/")[2] if text[0] in "@~" else text
            above = list(_above(folder))
            starts = [f"{top}/{part}{rest}" for top in above for part in ("", "src/")]
        else:
            return ""
        asked = self._asked
        for start in starts:
            place = normal(start.lstrip("/"))
            if not place:
                continue
            if asked is not None:
                asked.update(_ends_of_script(place))
            if place in self._files:
                return place
            stem = place.removesuffix(".js")
            for ending in _ENDINGS:
                for file in (stem + ending, f"{place}/index{ending}"):
                    if file in self._files:
                        return file
        return ""


# -- what decides: how the paths end that are looked for, as `memory.ends` tells of those there are


def _end(path: str) -> str:
    """The last two parts of a path of the repository, "/name" at its root."""
    folder, _, name = path.rpartition("/")
    return f"{folder.rpartition('/')[2]}/{name}"


def _end_of_text(text: str) -> str:
    """What decides on a text that stands for itself, where there is no file of that name."""
    folder, _, name = text.rpartition("/")
    parent = folder.rpartition("/")[2]
    plain = parent not in _NO_NAMES and text[0] not in "/~"
    return f"{parent}/{name}" if plain else name


def _ends_of_parts(parts: list[str], folders: Iterable[str]) -> Iterator[str]:
    """What decides which path is meant: one in one of `folders`, or one that ends so."""
    if len(parts) == 1 or not _NO_NAMES.isdisjoint(parts):
        path = "/".join(parts)
        places = (normal(f"{folder}/{path}" if folder else path) for folder in folders)
        yield from (_end(place) for place in places if place)
        parts = [part for part in parts if part not in _NO_NAMES]
    if len(parts) > 1:
        yield "/".join(parts[-2:])
    elif parts:
        yield parts[0] if _is_rare(parts[0]) else f"/{parts[0]}"


def _ends_of_module(parts: list[str]) -> Iterator[str]:
    """What decides which file holds a dotted name."""
    for number in range(max(0, len(parts) - 3), len(parts)):
        name = parts[number]
        yield f"{parts[number - 1]}/{name}.py" if number else f"{name}.py"
        yield f"{name}/__init__.py"


def _ends_of_script(place: str) -> Iterator[str]:
    """What decides which file JavaScript imports from a place."""
    yield _end(place)
    stem = _end(place.removesuffix(".js"))
    name = place.rpartition("/")[2]
    for ending in _ENDINGS:
        yield stem + ending
        yield f"{name}/index{ending}"


def _is_rare(name: str) -> bool:
    """Does the name of a file tell it apart wherever it lies?"""
    stem, _, extension = name.rpartition(".")
    return bool(len(stem) > 4 and extension and stem.lower() not in _COMMON)


def _above(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def normal(path: str) -> str | None:
    """A path of the repository without `.` and `..`; null where it leads out of it."""
    if "./" in path or "//" in path or path.endswith((".", "/")):
        path = posixpath.normpath(path)
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def nearest(paths: Sequence[str], near: str) -> str:
    """The one of `paths` that shares most folders with `near`; "" where two share as many."""
    if len(paths) < 2:
        return paths[0] if paths else ""
    parts = near.split("/")[:-1]
    ranked = sorted((-shared_folders(path.split("/"), parts), path) for path in paths[:200])
    return ranked[0][1] if ranked[0][0] < ranked[1][0] else ""


def shared_folders(path: list[str], parts: list[str]) -> int:
    """How many parts two paths have in common from their start."""
    count = 0
    for left, right in zip(path, parts, strict=False):
        if left != right:
            break
        count += 1
    return count


def _clean(text: str) -> tuple[str, bool]:
    """The path in a text as written, and whether it is known where it starts."""
    text = text.strip("\"'`<>() \t").removeprefix("file://").rstrip(".,;:")
    if "\\" in text:
        text = text.replace("\\", "/")
    if "#" in text or "?" in text:
        text = text.partition("#")[0].partition("?")[0]
    if "://" in text or len(text) > 300:
        return "", False
    if ":" in text:
        text = _PLACE.sub("", text)
    anchored = True
    while match := _PLACEHOLDER.match(text):
        text = text[match.end() :]
        anchored = False
    if wild := _WILD.search(text):
        folder, slash, rest = text[: wild.start()].rpartition("/")
        text = folder + slash if wild[0] in "*?[" or not rest else ""
    if text.startswith("/"):
        return text.lstrip("/"), False
    return text, anchored
