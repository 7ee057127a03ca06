"""The trend: what points and the traces of their findings say. Pure functions of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from readiness.model import Delta, Finding, Outlook, Pace, Point, Trace, Trend

WEEK = 7 * 24 * 3600  # seconds
COMPARED = (1, 4)  # weeks
LEAST_POINTS = 4  # below it nothing is foretold
FARTHEST = 2 * 52  # weeks; what lies beyond is not foretold
_WINDOWS = (4, 8, 13, 26, 52)  # weeks over which a pace is measured
_DIGITS = 4

Traces = tuple[Trace, ...]


class Measured(NamedTuple):
    """A point, and the traces of its open findings."""

    point: Point
    traces: Traces


def trend(measured: Sequence[Measured], repository: str = "") -> Trend:
    """The trend that leads to the last of the points, which come oldest first."""
    if not measured:
        return Trend((), repository=repository)
    threads = _Threads(measured)
    return Trend(
        points=tuple(each.point for each in measured),
        deltas=tuple(
            _delta(weeks, measured, before, threads)
            for weeks in COMPARED
            if (before := _as_of(measured, weeks)) is not None
        ),
        first_seen=threads.first_seen(),
        outlook=_outlook(measured, threads),
        repository=repository,
    )


def traces_of(findings: Iterable[Finding]) -> Traces:
    """What is remembered of findings, by fingerprint."""
    return tuple(
        sorted(
            (
                Trace(
                    fingerprint=finding.fingerprint,
                    rule=finding.rule,
                    severity=finding.severity,
                    path=finding.location.path,
                    key=_digest(finding.key),
                    cause=_digest(finding.cause) or finding.fingerprint,
                )
                for finding in findings
            ),
            key=lambda trace: trace.fingerprint,
        )
    )


def _digest(text: str) -> str:
    """Eight hexadecimal digits that stand for a text; "" for none."""
    return hashlib.sha256(text.encode()).hexdigest()[:8] if text else ""


def causes(traces: Iterable[Trace]) -> int:
    """How many causes the findings have."""
    return len({trace.cause for trace in traces})


def moves(before: Iterable[Trace], after: Iterable[Trace]) -> dict[str, str]:
    """Each finding that is open in `after` and was open in `before` -> its fingerprint there.

    The same fingerprint first; then those that vanished and appeared are paired one to one by rule
    and key, where there is no key by rule and file name: a file that moved brings nothing new.
    """
    old = {trace.fingerprint: trace for trace in before}
    new = {trace.fingerprint: trace for trace in after}
    same = {print_: print_ for print_ in new.keys() & old.keys()}
    vanished: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for print_ in sorted(old.keys() - new.keys(), reverse=True):
        if (identity := _identity(old[print_])) is not None:
            vanished[identity].append(print_)
    for print_ in sorted(new.keys() - old.keys()):
        identity = _identity(new[print_])
        if identity is not None and vanished[identity]:
            same[print_] = vanished[identity].pop()
    return same


def _identity(trace: Trace) -> tuple[str, ...] | None:
    if trace.path is None:
        return None
    return trace.rule, trace.key or trace.path.rpartition("/")[2]


class _Threads:
    """Each finding followed through all points, moves included: a thread is one finding's life."""

    def __init__(self, measured: Sequence[Measured]) -> None:
        self._measured = measured
        self.of: list[dict[str, int]] = []  # of each point: fingerprint -> thread
        self._begins: list[int] = []  # thread -> number of its first point
        known: dict[str, int] = {}  # the last thread of a fingerprint, open or not
        before: Traces = ()
        for number, (_, traces) in enumerate(measured):
            same = moves(before, traces)
            threads = {}
            for trace in traces:
                print_ = trace.fingerprint
                thread = self.of[-1][same[print_]] if print_ in same else known.get(print_)
                if thread is None:
                    thread = len(self._begins)
                    self._begins.append(number)
                threads[print_] = thread
            self.of.append(threads)
            known.update(threads)
            before = traces

    def causes(self, number: int) -> set[str]:
        """What the open findings of a point come from: their cause, else they themselves."""
        threads = self.of[number]
        return {
            f"#{threads[trace.fingerprint]}" if trace.cause == trace.fingerprint else trace.cause
            for trace in self._measured[number].traces
        }

    def first_seen(self) -> dict[str, int]:
        last = self.of[-1]
        return {
            print_: self._measured[self._begins[thread]].point.at
            for print_, thread in sorted(last.items())
        }

    def changed(self, number: int) -> tuple[list[Trace], list[str], list[str]]:
        """Since the point of that number: fixed, new, and reopened."""
        then, now = self.of[number], self.of[-1]
        open_then, open_now = set(then.values()), set(now.values())
        fixed = [
            trace
            for trace in self._measured[number].traces
            if then[trace.fingerprint] not in open_now
        ]
        appeared = sorted(print_ for print_, thread in now.items() if thread not in open_then)
        reopened = [print_ for print_ in appeared if self._begins[now[print_]] < number]
        return fixed, [print_ for print_ in appeared if print_ not in {*reopened}], reopened


def _as_of(measured: Sequence[Measured], weeks: int) -> int | None:
    """The number of the last point that is so many weeks older than the last one, or more."""
    bound = measured[-1].point.at - weeks * WEEK
    numbers = range(len(measured) - 2, -1, -1)
    return next((number for number in numbers if measured[number].point.at <= bound), None)


def _delta(weeks: int, measured: Sequence[Measured], number: int, threads: _Threads) -> Delta:
    then, now = measured[number].point, measured[-1].point
    fixed, new, reopened = threads.changed(number)
    return Delta(
        weeks=weeks,
        commit=then.commit,
        at=then.at,
        overall=difference(then.overall, now.overall),
        dimensions={
            dimension: difference(then.dimensions.get(dimension), value)
            for dimension, value in now.dimensions.items()
        },
        fixed=tuple(sorted(fixed, key=lambda trace: (trace.severity.rank, trace.fingerprint))),
        new=tuple(new),
        reopened=tuple(reopened),
    )


def difference(before: float | None, after: float | None) -> float | None:
    """`after - before`; null where either is."""
    return None if before is None or after is None else round(after - before, _DIGITS)


# -- outlook


class _Step(NamedTuple):
    """What one week did to the causes."""

    done: int
    new: int


def outlook(measured: Sequence[Measured]) -> Outlook:
    """When the causes that are open at the last point will be closed; see `Outlook`."""
    return _outlook(measured, _Threads(measured))


def _outlook(measured: Sequence[Measured], threads: _Threads) -> Outlook:
    """When the causes that are open now will be closed.

    The burn-down is read week by week (a week without a commit changed nothing). Over the last 4,
    8, 13, 26 and 52 weeks, as far as the points go back, two paces are taken: causes closed, as if
    nothing new came up, and causes closed less new ones. The range goes from the fastest to the
    slowest of them. A forecast needs four points; an end more than two years away is none.
    """
    left = causes(measured[-1].traces) if measured else 0
    if len(measured) < LEAST_POINTS:
        return Outlook(left=left, reason=f"a forecast needs {LEAST_POINTS} points or more")
    steps = list(_steps(measured, threads))
    if len(steps) < LEAST_POINTS - 1:
        return Outlook(left=left, reason=f"the points span less than {LEAST_POINTS - 1} weeks")
    if not left:
        return Outlook(left=0, reason="nothing is open")
    window = min(_WINDOWS[0], len(steps))
    recent = steps[-window:]
    told = Outlook(
        left=left,
        done_per_week=round(sum(step.done for step in recent) / window, 2),
        new_per_week=round(sum(step.new for step in recent) / window, 2),
        weeks=window,
    )
    spans = [steps[-weeks:] for weeks in _WINDOWS if weeks <= len(steps)] or [steps]
    done = [sum(step.done for step in span) / len(span) for span in spans]
    new = [sum(step.new for step in span) / len(span) for span in spans]
    told = replace(told, paces=tuple(map(Pace, map(len, spans), done, new)))
    fastest = max(done)
    slowest = min(closed - came for closed, came in zip(done, new, strict=True))
    at = measured[-1].point.at
    if fastest * FARTHEST < left:
        return replace(told, reason="no end is in sight: hardly anything was closed")
    return replace(
        told,
        earliest=at + round(left / fastest * WEEK),
        latest=at + round(left / slowest * WEEK) if slowest * FARTHEST >= left else None,
    )


def _steps(measured: Sequence[Measured], threads: _Threads) -> Iterator[_Step]:
    """What each whole week between the first and the last point did, oldest first."""
    end = measured[-1].point.at
    weeks = (end - measured[0].point.at) // WEEK
    number = 0
    before: set[str] | None = None
    for week in range(weeks, -1, -1):
        while number + 1 < len(measured) and measured[number + 1].point.at <= end - week * WEEK:
            number += 1
        if not week:
            number = len(measured) - 1
        now = threads.causes(number)
        if before is not None:
            yield _Step(len(before - now), len(now - before))
        before = now
