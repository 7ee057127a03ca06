"""Import roots: the folders that Python looks in, told per file from what really sets them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from readiness.facts import manifest, python
from readiness.facts.manifest import ManifestFacts
from readiness.facts.shell import Command, ShellFacts
from readiness.facts.workflow import WorkflowFacts
from readiness.index.containers.builds import folders_of, in_commands, of_file
from readiness.index.containers.images import Image, locate

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_STARTED = {"manage.py", "main.py", "app.py", "wsgi.py", "asgi.py", "__main__.py", "celery_app.py"}
_DEEPEST = 40  # folders above a file that are looked at


class Roots:
    """The import roots of each file; all answers of one folder are worked out once.

    What counts, nearest first: `sys.path` inserts of the file and of the conftests above it, the
    folder in which its own package lies, pytest's `pythonpath` and the folders of conftests, what
    images and commands put on PYTHONPATH, the projects (and their `src`) that it lies in, the root
    of the repository, and the own folder of a file that can be run.
    """

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._below: dict[str, set[str]] = {}  # folder -> roots of what lies below it
        self._pytest: dict[str, tuple[str, ...]] = {}  # folder of the ini file -> its pythonpath
        self._folders: dict[str, tuple[str, ...]] = {}
        self.packages = {
            path.rpartition("/")[0]
            for path in index.files
            if path.endswith(("/__init__.py", "/__init__.pyi"))
        }
        self.projects: dict[str, ManifestFacts] = {}
        self._read_manifests()
        self._read_starts()
        self._read_images()
        self._read_commands()

    def of(self, path: str) -> tuple[str, ...]:
        """The roots of one file, in the order in which they are looked in."""
        folder = path.rpartition("/")[0]
        common = self._of_folder(folder)
        facts = self._index.facts(python.SLICE, path)
        if facts is None or not (facts.path_roots or facts.main_line):
            return common
        own = self._inserts(folder, facts.path_roots)
        beside = (folder,) if facts.main_line else ()  # where it looks when it is run as it is
        return tuple(dict.fromkeys((*own, *common, *beside)))

    def real(self) -> tuple[str, ...]:
        """Every root that something sets, apart from the folders of single files; sorted."""
        found = set(chain.from_iterable(self._below.values()))
        found.update(chain.from_iterable(self._pytest.values()))
        return tuple(sorted({*found, ""}))

    def base(self, folder: str) -> str:
        """The folder in which the outermost package of a file in `folder` lies."""
        while folder in self.packages:
            folder = folder.rpartition("/")[0]
        return folder

    # -- what sets roots

    def _add(self, folder: str, root: str) -> None:
        if root in self._index.folders:
            self._below.setdefault(folder, set()).add(root)

    def _read_manifests(self) -> None:
        for path, facts in self._index.each(manifest.SLICE):
            folder = path.rpartition("/")[0]
            if facts.pytest is not None:
                found = (_join(folder, text) for text in facts.pytest.pythonpath)
                roots = tuple(root for root in found if root is not None)
                self._pytest[folder] = self._pytest.get(folder, ()) + roots
            if facts.kind in ("pyproject", "setup.cfg", "setup.py") and facts.project:
                self.projects.setdefault(folder, facts)
                self._add_project(folder, facts)
            elif facts.kind in ("requirements", "pipfile") and "/requirements/" not in f"/{path}":
                self._add(folder, folder)

    def _add_project(self, folder: str, facts: ManifestFacts) -> None:
        self._add(folder, folder)
        for text in ("src", *(package.root for package in facts.packages)):
            root = _join(folder, text)
            if root is not None:
                self._add(folder, root)

    def _read_starts(self) -> None:
        for path in self._index.files:
            folder, _, name = path.rpartition("/")
            if name in _STARTED and folder not in self.packages:
                self._add(folder, folder)
        if "src" in self._index.folders and "src" not in self.packages:
            self._add("", "src")

    def _read_images(self) -> None:
        for image in self._index.containers.images:
            for root in self._on_path(image, dict(image.stage.environment).get("PYTHONPATH", "")):
                self._add(image.context, root)
        for container in self._index.containers.containers:
            for variable in container.service.environment:
                if variable.key == "PYTHONPATH" and container.image is not None:
                    image = container.image
                    for root in self._on_path(image, variable.value or ""):
                        self._add(image.context, root)

    def _on_path(self, image: Image, path: str) -> Iterator[str]:
        """The folders that lie in an image's working directory and on its PYTHONPATH."""
        for text in (".", *path.split(":")):
            if text and "$" not in text:
                place = locate(self._index, image, text).path
                if place is not None and place in self._index.folders:
                    yield place

    def _read_commands(self) -> None:
        for path, (command, value) in in_commands(self._index, _set_in):
            for folder in folders_of(path, command):
                root = _join(folder, value)
                if root is not None and root in self._index.folders:
                    self._add("" if root == folder else folder, root)
                    break

    # -- what a folder makes of it

    def _of_folder(self, folder: str) -> tuple[str, ...]:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = tuple(dict.fromkeys(self._gather(folder)))
        return known

    def _gather(self, folder: str) -> Iterator[str]:
        above = list(_above(folder))
        conftests = [
            place for place in above if _join_name(place, "conftest.py") in self._index.files
        ]
        for place in conftests:
            facts = self._index.facts(python.SLICE, _join_name(place, "conftest.py"))
            if facts is not None:
                yield from self._inserts(place, facts.path_roots)
        yield self.base(folder)
        ini = next((place for place in above if place in self._pytest), None)
        if ini is not None:
            yield from self._pytest[ini]
        for place in conftests:
            yield self.base(place)
        for place in above:
            yield from sorted(self._below.get(place, ()))
        yield ""

    def _inserts(self, folder: str, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            if text.startswith("$PWD"):
                rest = text[4:].lstrip("/")
                starts = ["", *(place for place in _above(folder) if place in self.projects)]
                places = [_join(start, rest) for start in starts]
            elif text.startswith("/"):
                places = [self._absolute(text)]
            else:
                places = [_join(folder, text)]
            yield from (place for place in places if place in self._index.folders)

    def _absolute(self, text: str) -> str | None:
        """The folder of the repository that a path of some machine or image ends in."""
        parts = text.strip("/").split("/")
        ends = ("/".join(parts[start:]) for start in range(min(len(parts), _DEEPEST)))
        return next((end for end in ends if end in self._index.folders), None)


def _set_in(path: str, facts: ShellFacts | WorkflowFacts) -> tuple[tuple[Command, str], ...]:
    """(command, folder that it puts on the path) of one script or CI definition."""
    return tuple(
        (command, value) for command in of_file(path, facts) for value in _python_paths(command)
    )


def _python_paths(command: Command) -> Iterator[str]:
    found = [value for name, value in command.assignments if name == "PYTHONPATH"]
    if command.words[:1] == ("export",):
        found += [w.partition("=")[2] for w in command.words if w.startswith("PYTHONPATH=")]
    for value in found:
        for part in value.split(":"):
            part = part.removeprefix("$PWD/").removeprefix("$(pwd)/").removeprefix("${PWD}/")
            part = "." if part in ("$PWD", "$(pwd)", "${PWD}", "`pwd`") else part
            if part and "$" not in part and not part.startswith("/"):
                yield part


def _join(folder: str, text: str) -> str | None:
    """The folder of the repository that `text` names from `folder`; null outside of it."""
    path = posixpath.normpath(posixpath.join(folder, text)) if text else folder or "."
    if path == "." or path == "":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def _join_name(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _above(folder: str) -> Iterator[str]:
    """The folder and those above it, the root "" last."""
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder
