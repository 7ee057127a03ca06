"""Reachability: why each file is alive, from what a build starts down to what nothing uses."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from readiness.model import Evidence, Location


class Standing(StrEnum):
    """Why a file is alive, the strongest reason first."""

    STARTED = "started"  # a build, CI, an image or a command of the repository reaches it
    LOADED = "loaded"  # a loader, a framework or configuration may load it by name
    PUBLISHED = "published"  # it lies in a package that others install and may import
    DOCUMENTED = "documented"  # a document names it, or what imports it
    BY_HAND = "by hand"  # it can be run (a main guard, a script), or what imports it can
    TESTED = "tested"  # only tests use it
    NOTHING = "nothing"


class Reachability(Struct, frozen=True):
    """`reached`: path -> the file that reaches it (itself for an entrypoint and for what tools
    read by its name). The others: path -> the line that speaks for it. `held`: what a dynamic
    loader, glob, plugin group, framework or configuration may load by name, with what such a file
    imports; it includes `published` and what by its path supports tests. `documented`, `by_hand`
    and `tested` hold only what no stronger reason but publishing keeps. Tests and archives keep
    nothing else alive.

    `repeated`: those that are held only because their name repeats in folders side by side.
    `shares`: folder of a deployment -> (modules that are reached or loaded, all its modules).

    A file that is nowhere in it is not proven to be dead: where the entrypoints reach less than
    three quarters of a deployment, they are not understood."""

    reached: dict[str, str] = {}
    held: dict[str, Evidence] = {}
    published: dict[str, Evidence] = {}
    documented: dict[str, Evidence] = {}
    by_hand: dict[str, Evidence] = {}
    tested: dict[str, Evidence] = {}
    repeated: frozenset[str] = frozenset()
    shares: dict[str, tuple[int, int]] = {}

    def live(self, path: str) -> bool:
        return path in self.reached or path in self.held

    def standing(self, path: str) -> Standing:
        """The strongest reason for which a file is alive."""
        if path in self.reached:
            return Standing.STARTED
        if path in self.held and path not in self.published:
            return Standing.LOADED
        for standing, known in self._weaker():
            if path in known:
                return standing
        return Standing.NOTHING

    def uses(self, path: str) -> dict[Standing, Evidence]:
        """Every reason that is known for a file, strongest first, with the line that shows it."""
        found: dict[Standing, Evidence] = {}
        if path in self.reached:
            via = self.reached[path]
            told = f"{via} is started or read by tools" if via == path else f"{via} reaches it"
            found[Standing.STARTED] = Evidence(told, Location(via))
        if path in self.held and path not in self.published:
            found[Standing.LOADED] = self.held[path]
        found.update((standing, known[path]) for standing, known in self._weaker() if path in known)
        return found

    def share(self, path: str) -> float:
        """How much of the deployment that `path` belongs to is reached or loaded, 0..1; 1 where
        it has no module."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self.shares:
            folder = folder.rpartition("/")[0]
        reached, modules = self.shares.get(folder, (0, 0))
        return reached / modules if modules else 1.0

    def _weaker(self) -> tuple[tuple[Standing, dict[str, Evidence]], ...]:
        return (
            (Standing.PUBLISHED, self.published),
            (Standing.DOCUMENTED, self.documented),
            (Standing.BY_HAND, self.by_hand),
            (Standing.TESTED, self.tested),
        )
