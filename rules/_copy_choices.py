"""Which of two near copies is current: what was copied together is decided together."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from readiness.index import RepoIndex
from readiness.index.near_copies import NearCopy
from readiness.index.reachability import Standing
from readiness.index.twins import Choice, choose
from readiness.rule import for_

from ._instances import on_purpose
from ._markers import marked

_TOGETHER = 3  # files of two folders that are copies of each other, from which the folders are
_BY_USE = ("reached", "imported", "replaced")
_FRESH = 90 * 86_400  # seconds since its last change in which a new file is in the making
_STANDINGS = tuple(Standing)


class Choices:
    def __init__(self, index: RepoIndex, copies: Iterable[NearCopy]) -> None:
        self._index = index
        self._together: dict[tuple[str, str], list[NearCopy]] = {}
        for copy in copies:
            for folders in corresponding(copy.left, copy.right):
                self._together.setdefault(folders, []).append(copy)
        self._folders: dict[tuple[str, str], Choice] = {}

    def of(self, copy: NearCopy) -> Choice:
        """The current one of the two: by their own use, else that of the folder which is current
        where folders were copied, else by what keeps them alive and by who was edited later."""
        choice = choose(self._index, copy.left, copy.right)
        if choice.current and choice.by in _BY_USE:
            return choice
        for folders in reversed(corresponding(copy.left, copy.right)):
            if len(self._together[folders]) >= _TOGETHER:
                of_folders = self._of_folders(folders)
                if of_folders.current:
                    left = of_folders.current == folders[0]
                    return structs.replace(of_folders, current=copy.left if left else copy.right)
        kept = self._kept(copy)
        return kept if kept.current and choice.by != "named" else choice

    def _of_folders(self, folders: tuple[str, str]) -> Choice:
        if folders not in self._folders:
            choice = choose(self._index, *folders)
            if choice.by not in _BY_USE:
                votes = [self._kept(copy).current for copy in self._together[folders]]
                sides = [sum(vote.startswith(f"{one}/") for vote in votes) for one in folders]
                if min(sides) == 0 < max(sides):
                    current = folders[sides.index(max(sides))]
                    told = f"more of {current} than of its copy is in use"
                    choice = Choice(current, (for_(told, current),), "used")
            self._folders[folders] = choice
        return self._folders[folders]

    def _kept(self, copy: NearCopy) -> Choice:
        """The one that has a stronger reason to be there."""
        known = self._index.reachability
        left, right = (_STANDINGS.index(known.standing(path)) for path in (copy.left, copy.right))
        if left == right:
            return Choice("")
        current = copy.left if left < right else copy.right
        reason = next(iter(known.uses(current).values()), None)
        return Choice(current, (reason,) if reason else (), "used")


def corresponding(left: str, right: str) -> list[tuple[str, str]]:
    """The pairs of folders from which both paths go on alike, the nearest first."""
    pairs = []
    while left and right and left.rpartition("/")[2] == right.rpartition("/")[2]:
        left, right = left.rpartition("/")[0], right.rpartition("/")[0]
        if left and right and left != right:
            pairs.append((left, right))
    return pairs


def in_use(index: RepoIndex, path: str) -> bool:
    """Is it started or loaded? What is only published may be waiting for users in vain."""
    return index.reachability.standing(path) in (Standing.STARTED, Standing.LOADED)


def in_the_making(index: RepoIndex, one: str, other: str) -> bool:
    """Is `one` the younger of the two and still worked on, so that it may be the successor?"""
    mine, theirs = index.history.files.get(one), index.history.files.get(other)
    if mine is None or theirs is None or mine.first <= theirs.first:
        return False
    return index.snapshot.committed_at - mine.last < _FRESH


def told_elsewhere(index: RepoIndex, copy: NearCopy) -> bool:
    """Is it alike on purpose, a part of duplicate trees, or named as a copy of its neighbour?"""
    left, right = copy.left, copy.right
    if on_purpose(left, right) or any(
        {left, right} == {f"{pair.left}/{rest}".lstrip("/"), f"{pair.right}/{rest}".lstrip("/")}
        for pair in index.twins.trees
        for rest in (left[len(pair.left) :].lstrip("/"), right[len(pair.left) :].lstrip("/"))
    ):
        return True
    folders = {path.rpartition("/")[0] for path in (left, right)}
    names = [path.rpartition("/")[2] for path in (left, right)]
    bare = {name.bare if (name := marked(each)) else each for each in names}
    return len(folders) == len(bare) == 1
