"""The forecast in words: when all that is open will be closed, and what that is worked out from."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from readiness.model import Report

from ._terminal import count
from ._words import day

_WEEK = 7 * 24 * 3600  # seconds


class End(Struct, frozen=True):
    """The days on which all is closed at the paces of the last `weeks`: if nothing new comes up,
    and if as much does as did; empty where a pace leads nowhere."""

    weeks: int
    done: float
    new: float
    alone: str
    net: str


def ending(report: Report) -> str:
    """When all that is open will be closed, as a range; empty where nobody can tell."""
    outlook = report.history.outlook if report.history else None
    if outlook is None or outlook.reason or outlook.earliest is None:
        return ""
    if outlook.latest is None:
        return f"on {day(outlook.earliest)} at the earliest"
    return f"between {day(outlook.earliest)} and {day(outlook.latest)}"


def forecast(report: Report) -> str:
    """When all that is open will be closed, or why nobody can tell; empty without a history."""
    if report.history is None:
        return ""
    outlook = report.history.outlook
    told = f"No forecast yet: {outlook.reason}"
    if end := ending(report):
        told = f"At the pace so far all that is open is closed {end}"
    if outlook.weeks:
        told += (
            f". In the last {count(outlook.weeks, 'week')} {_many(outlook.done_per_week)} closed "
            f"and {outlook.new_per_week:g} came up; {outlook.left:,} "
            f"{'is' if outlook.left == 1 else 'are'} left"
        )
    return f"{told}."


def _many(causes: float) -> str:
    return f"{causes:g} {'cause a week was' if causes == 1 else 'causes a week were'}"


def ends(report: Report) -> Iterator[End]:
    """What each of the paces leads to; the forecast goes from the first to the last day of them."""
    if report.history is None:
        return
    outlook, at = report.history.outlook, report.history.points[-1].at

    def closed(pace: float) -> str:
        return day(at + round(outlook.left / pace * _WEEK)) if pace > 0 else ""

    for pace in outlook.paces:
        net = pace.done_per_week - pace.new_per_week
        yield End(
            pace.weeks,
            pace.done_per_week,
            pace.new_per_week,
            closed(pace.done_per_week),
            closed(net),
        )
