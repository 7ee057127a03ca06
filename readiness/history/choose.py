"""Which commits the history looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from readiness.history.trends import WEEK

Every = Literal["commit", "day", "week", "release"]
_DAY = 24 * 3600


class Chosen(NamedTuple):
    """A commit, its time in seconds since 1970, and the tag that it was chosen for."""

    commit: str
    at: int
    release: str = ""


def choose(
    line: Sequence[tuple[str, int]],
    every: Every,
    weeks: int,
    releases: Mapping[str, tuple[str, int]] | None = None,
) -> list[Chosen]:
    """The commits to look at, oldest first; the last is the newest of all.

    `line` holds (id, time) of the commits on the line of first parents, newest first: what the
    branch held at any moment is the last of them until then. `releases` are the tags of commits
    that lead to the newest one, with commit and time. None is older than `weeks` before the newest
    commit, but for the one that was there when they began.
    """
    if not line:
        return []
    newest = Chosen(*line[0])
    begin = newest.at - weeks * WEEK
    if every == "release":
        by_commit: dict[str, Chosen] = {}
        for name, (commit, at) in sorted((releases or {}).items()):
            if begin <= at <= newest.at:
                by_commit[commit] = Chosen(commit, at, name)
        last = by_commit.pop(newest.commit, newest)
        older = sorted(by_commit.values(), key=lambda each: (each.at, each.commit))
        return [*older, last]
    if every == "commit":
        chosen = [Chosen(*each) for each in line if each[1] >= begin] or [newest]
        return chosen[::-1]
    step = WEEK if every == "week" else _DAY
    found: dict[str, Chosen] = {newest.commit: newest}
    place = 0
    for moment in range(newest.at, begin - 1, -step):
        while place < len(line) and line[place][1] > moment:
            place += 1
        if place == len(line):
            break
        found.setdefault(line[place][0], Chosen(*line[place]))
    return list(found.values())[::-1]
