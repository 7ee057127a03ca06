"""Memory: what was made of single files for one index, kept for the next one.

The commits of a history differ in few files. What follows from the facts of a file, and from which
paths of certain names there are, is made anew only where one of these has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

CONTENT = "\0"  # between a path and the id of what is in the file, where that decides too

Names = Callable[[Iterable[str]], Iterable[str]]


class Remembered:
    """What one piece of evidence has made of files: key -> value, each with the facts that it was
    made of and the names that decided. A value that is not asked for is forgotten."""

    def __init__(
        self, before: Remembered | None, paths: AbstractSet[str], names: Names, world: object
    ) -> None:
        self._paths = paths
        self._world = world
        self._kept: dict[Hashable, tuple[object, AbstractSet[str], Any]] = {}
        self._before: dict[Hashable, tuple[object, AbstractSet[str], Any]] = {}
        self._changed: set[str] = set()
        if before is not None and before._kept and before._world == world:
            self._before = before._kept
            self._changed = set(names(paths ^ before._paths))

    def get(self, key: Hashable, facts: object) -> Any:
        """The value, which is never null, if it was made of these very facts and none of its names
        has changed."""
        kept = self._before.get(key)
        if kept is None or kept[0] is not facts or not kept[1].isdisjoint(self._changed):
            return None
        self._kept[key] = kept
        return kept[2]

    def keep(self, key: Hashable, facts: object, asked: AbstractSet[str], value: object) -> None:
        """`asked` are the names that decided beside the facts."""
        self._kept[key] = (facts, asked, value)


class Memory:
    """What all pieces of evidence have made of files; it goes from index to index."""

    def __init__(self) -> None:
        self._parts: dict[str, Remembered] = {}
        self._left: dict[str, Any] = {}

    def of(
        self,
        part: str,
        paths: AbstractSet[str] = frozenset(),
        names: Names = list,
        world: object = None,
    ) -> Remembered:
        """What a part may use again where there are these `paths`, of which `names` tells what is
        asked for. Nothing that was made in a `world` that is not equal to this one is."""
        now = Remembered(self._parts.get(part), paths, names, world)
        self._parts[part] = now
        return now

    def swap(self, part: str, value: object) -> Any:
        """What the part left at the index before; `value` is left for the next one."""
        before = self._left.get(part)
        self._left[part] = value
        return before


def ends(paths: Iterable[str]) -> Iterator[str]:
    """The last part and the last two parts of each path; "a.py\\0" of what is in a file."""
    for path in paths:
        folder, _, name = path.rpartition("/")
        if CONTENT in name:
            yield name.partition(CONTENT)[0] + CONTENT
            continue
        yield name
        yield f"{folder.rpartition('/')[2]}/{name}"
