"""What the names mean that modules are asked for: a module below, a binding, a build's output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from readiness.index.bindings import Bindings
from readiness.index.modules import Modules, is_file

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_GENERATED = frozenset(("_version", "__version__", "version", "_build", "__about__", "_generated"))


class Target(NamedTuple):
    """What a name of a module leads to: the module's `file` ("" for a namespace folder), and what
    is found at the place `below` it. `given`: the module has it; `known`: it, or something else
    that is no tracked Python file, gives it; `hides`: that hangs on what .gitignore hides."""

    file: str
    below: str
    given: bool
    known: bool
    hides: bool


class Names:
    """Looks each name of each module up once, and keeps who asked: `asked` is file -> names that
    its bindings were asked for, `hides` whether it was asked what .gitignore hides."""

    def __init__(self, index: RepoIndex, modules: Modules, bindings: Bindings) -> None:
        self.asked: dict[str, set[str]] = {}
        self.hides = False
        self._index = index
        self._modules = modules
        self._bindings = bindings
        self._known: dict[tuple[str, str], Target] = {}

    def begin(self) -> None:
        """From now on gathers what the answers depend on anew."""
        self.asked = {}
        self.hides = False

    def of(self, found: str, name: str) -> Target:
        """What `from <found> import name` leads to; `found` is a file or a namespace folder."""
        target = self._known.get((found, name))
        if target is None:
            target = self._known[found, name] = self._look_up(found, name)
        if target.file and not target.below:
            self.asked.setdefault(target.file, set()).add(name)
        if target.hides:
            self.hides = True
        return target

    def _look_up(self, found: str, name: str) -> Target:
        file = found if is_file(found) else ""
        folder, _, base = file.rpartition("/") if file else (found, "", "")
        inner = f"{folder}/{name}" if folder else name
        is_package = not file or base.startswith("__init__.")
        below = self._modules.at(inner) if is_package else ""
        given = bool(below) or self._bindings.provides(file, name)
        if given or self._modules.made(inner):
            return Target(file, below, given, known=True, hides=False)
        hides = name not in _GENERATED
        return Target(file, below, given, known=self.is_hidden(inner), hides=hides)

    def is_made(self, place: str) -> bool:
        """Does something else than a tracked Python file give the module at a place?"""
        return self._modules.made(place) or self.is_hidden(place)

    def is_hidden(self, place: str) -> bool:
        """Is the module written by a build, or kept out of the repository by .gitignore?"""
        if place.rpartition("/")[2] in _GENERATED:
            return True
        self.hides = True
        hides = self._index.ignores.hides
        return hides(f"{place}.py") is not None or hides(f"{place}/__init__.py") is not None
