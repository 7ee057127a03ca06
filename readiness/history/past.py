"""What was known of every path at each of several commits, from one reading of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from readiness.index.history import Commit, History, Summary


def histories(
    log: Sequence[Commit] | None, wanted: Sequence[str], present: Sequence[Collection[str]]
) -> Iterator[History]:
    """The history of each wanted commit, in turn; incomplete where there is no log.

    The log is that of a commit which all of `wanted` lead to, oldest first. `present` are the
    paths of each wanted commit.
    """
    if log is None:
        for _ in wanted:
            yield History(complete=False)
        return
    summaries = _in_line(log, wanted) or _apart(log, wanted)
    for summary, paths in zip(summaries, present, strict=True):
        yield summary.history(present=paths)


def _apart(log: Sequence[Commit], wanted: Sequence[str]) -> Iterator[Summary]:
    """What the commits up to each wanted one did, each told from the beginning."""
    places = {commit.id: place for place, commit in enumerate(log)}
    for name in wanted:
        own = _leading_to(name, log, places, set())
        summary = Summary()
        for commit in log:
            if commit.id in own:
                summary.add(commit)
        yield summary


def _leading_to(
    name: str, log: Sequence[Commit], places: dict[str, int], known: set[str]
) -> set[str]:
    """The commits that lead to one, itself included and `known` ones left out."""
    found: set[str] = set()
    pending = [name]
    while pending:
        each = pending.pop()
        if each in places and each not in found and each not in known:
            found.add(each)
            pending.extend(log[places[each]].parents)
    return found


def _in_line(log: Sequence[Commit], wanted: Sequence[str]) -> Iterator[Summary] | None:
    """As `_apart`, where each wanted commit leads to the next (null where one does not): the
    work starts again where two begin to differ, not from the beginning."""
    places = {commit.id: place for place, commit in enumerate(log)}
    never = len(wanted)
    since = [never] * len(log)  # of each commit: the number of the first wanted one it leads to
    known: set[str] = set()
    spans: list[tuple[int, int]] = []  # where what is new for a wanted commit begins and ends
    end = 0
    for number, name in enumerate(wanted):
        new = _leading_to(name, log, places, known)
        if number and wanted[number - 1] not in _parents(new, log, places):
            return None
        own = [places[each] for each in new]
        for place in own:
            since[place] = number
        end = max([end, *(place + 1 for place in own)])
        spans.append((min(own, default=end), end))
        known |= new
    return _folded(log, since, spans)


def _parents(names: Collection[str], log: Sequence[Commit], places: dict[str, int]) -> set[str]:
    return {parent for name in names for parent in log[places[name]].parents}


def _folded(
    log: Sequence[Commit], since: Sequence[int], spans: Sequence[tuple[int, int]]
) -> Iterator[Summary]:
    kept = {0: Summary()}  # a place in the log -> what the commits before it did
    for number, (start, end) in enumerate(spans):
        begin = max(place for place in kept if place <= start)
        ahead = {later for later, _ in spans[number + 1 :]}
        kept = {
            place: summary
            for place, summary in kept.items()
            if place <= start and (place == begin or place in ahead or not place)
        }
        summary = kept[begin].copy()
        for place in range(begin, end):
            if place in ahead:
                kept[place] = summary.copy()
            if since[place] <= number:
                summary.add(log[place])
        kept[end] = summary
        yield summary
