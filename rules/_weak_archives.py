"""Folders of code with a name such as `legacy`, which says little, that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.index import RepoIndex
from readiness.index.archives import PROGRAMS, Name, below, judge, tokens
from readiness.index.inventory import RUN
from readiness.index.reachability import Standing

from ._copies import imported
from ._figures import last_change

_PUT_AWAY = {"legacy", "unused", "junk", "trash"}
_IDLE = (Standing.NOTHING, Standing.BY_HAND)  # what has tests is kept working
_REST = 180 * 86_400  # seconds without a change


def unused_by_name(index: RepoIndex) -> Iterator[tuple[str, list[str]]]:
    """(folder, its files), the topmost of each; folders that are known for archives apart."""
    last = "/"
    for folder in sorted(index.folders):
        name = folder.rpartition("/")[2]
        telling = judge(name) is Name.WEAK and tokens(name)[-1] in _PUT_AWAY  # not `legacy_soap`
        if folder.startswith(last) or not telling:
            continue
        files = below(index, folder)
        code = [path for path in files if path.rpartition(".")[2].lower() in PROGRAMS]
        if not code or not all(index.inventory.is_(path, *RUN) for path in code):
            continue
        last = folder + "/"
        idle = all(index.reachability.standing(path) in _IDLE for path in code)
        if idle and not imported(index, files):
            yield folder, files


def at_rest(index: RepoIndex, files: list[str]) -> bool:
    """Has nobody changed any of these files for half a year, as far as all of history tells?"""
    last = last_change(index, files) if index.history.complete else 0
    return bool(last) and index.snapshot.committed_at - last >= _REST
