"""Folders that were moved, and are still there: most of their files live on in another place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.index.archives import below
from readiness.index.reachability import Standing
from readiness.model import Evidence

from ._copies import users_of_tree
from ._copy_choices import corresponding
from ._figures import last_change

_FILES, _MOVED = 5, 0.75  # files of a folder that were moved, and their share, from which it was
_OWN = (Standing.BY_HAND, Standing.NOTHING)


class LeftBehind(Struct, frozen=True):
    """`files` are all of the folder, `moved` the paths that history renamed to below `new`.
    `sure`: nothing outside of it uses it, nothing in it is started, loaded or named, and the new
    place was edited later."""

    old: str
    new: str
    files: tuple[str, ...]
    moved: tuple[str, ...]
    used: tuple[Evidence, ...]
    sure: bool


def left_behind(index: RepoIndex) -> Iterator[LeftBehind]:
    """The largest folders, of which most files were renamed to the same places below one other
    folder and came back: a merge kept them, or somebody copied them again."""
    moved: dict[tuple[str, str], list[str]] = {}
    for path, known in index.history.files.items():
        before = known.moved_from
        if before in index.files and path in index.files and before != path:
            for folders in corresponding(before, path):
                moved.setdefault(folders, []).append(before)
    told: list[str] = []
    for (old, new), paths in sorted(moved.items(), key=lambda each: (-len(each[1]), each[0])):
        inside = any(f"{old}/".startswith(f"{folder}/") for folder in told)
        around = f"{new}/".startswith(f"{old}/")
        if inside or around or index.inventory.archive_root(f"{old}/x"):
            continue
        if index.inventory.archive_root(f"{new}/x") or len(paths) < _FILES:
            continue
        files = below(index, old)
        if len(paths) >= _MOVED * len(files):
            told.append(old)
            used = tuple(users_of_tree(index, old, files))
            sure = not used and _at_rest(index, files, below(index, new))
            yield LeftBehind(old, new, tuple(files), tuple(sorted(paths)), used, sure)


def _at_rest(index: RepoIndex, files: Sequence[str], others: Sequence[str]) -> bool:
    """Is nothing among `files` in use but by hand, and was the last edit one of `others`?"""
    own = set(files)
    named = any(
        index.reachability.standing(path) not in _OWN
        or any(reference.source not in own for reference in index.references.to.get(path, ()))
        for path in files
    )
    return not named and last_change(index, files) < last_change(index, others)
