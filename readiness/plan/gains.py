"""Gains: what the scores would be if actions were done, and which actions a target needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

from msgspec.structs import replace

from readiness.model import (
    Action,
    ActionKind,
    Dimension,
    Effort,
    Forecast,
    Scorecard,
)
from readiness.plan.fates import GOING

_DIGITS = 4
_EFFORTS = tuple(Effort)
_IDLE = (ActionKind.KEEP, ActionKind.ATTEST)  # they change nothing that the score sees

_NOTHING = frozenset({-1})  # no action has this number


class Evaluate(Protocol):
    """The scorecard without the findings `solved` and the files `gone`. Without the files `judged`
    the rules are asked anew; what else is gone is only taken out of the findings."""

    def __call__(
        self, solved: Set[str], gone: Set[str], judged: frozenset[str] = frozenset()
    ) -> Scorecard: ...


Values = dict[Dimension, float]


def weighed(
    actions: Sequence[Action],
    settled: Mapping[str, tuple[str, ...]],
    evaluate: Evaluate,
    target: float,
) -> tuple[list[Action], tuple[Forecast, ...]]:
    """The actions, in the order in which they are done, each with its gains; and each dimension's
    score now and after all of them."""
    scale = _Scale(actions, settled, evaluate)
    now = evaluate(frozenset(), frozenset())
    alone = [_gain(now, scale.card({n})) if scale.tells(n) else None for n in range(len(actions))]
    after, last = _along(actions, scale)
    needed = _needed(actions, scale, target)
    weighed_ = [
        replace(action, gain=alone[n], after=after[n], needed=n in needed)
        for n, action in enumerate(actions)
    ]
    machine = {n for n, each in enumerate(actions) if each.kind in GOING or each.edits}
    applied = scale.card(machine, scale.gone(machine))
    forecast = tuple(
        Forecast(before.dimension, before.value, after_.value, applied_.value)
        for before, after_, applied_ in zip(
            now.dimensions, last.dimensions, applied.dimensions, strict=True
        )
    )
    return weighed_, forecast


class _Scale:
    """What is solved and gone when some of the actions, told by their numbers, are done."""

    def __init__(
        self,
        actions: Sequence[Action],
        settled: Mapping[str, tuple[str, ...]],
        evaluate: Evaluate,
    ) -> None:
        self._actions = actions
        self._evaluate = evaluate
        self._asked: dict[str, set[int]] = {}  # finding -> the actions that must be done
        taking: dict[str, int] = {}
        for number, action in enumerate(actions):
            if action.kind in _IDLE:
                continue
            for print_ in action.because:
                self._asked.setdefault(print_, set()).add(number)
            if action.kind in GOING:
                taking.update(dict.fromkeys(action.paths, number))
        for print_, paths in settled.items():
            self._asked[print_] = {taking[path] for path in paths if path in taking}

    def tells(self, number: int) -> bool:
        """Can the score tell whether this action was done?"""
        return self._actions[number].kind not in _IDLE

    def card(self, done: Set[int], judged: frozenset[str] = frozenset()) -> Scorecard:
        solved = {print_ for print_, asked in self._asked.items() if asked <= done}
        return self._evaluate(solved, self.gone(done), judged)

    def ends(self, because: Sequence[str], done: Set[int]) -> bool:
        """Does what is `done` end one of these findings?"""
        return any(self._asked.get(print_, _NOTHING) <= done for print_ in because)

    def gone(self, done: Set[int]) -> frozenset[str]:
        return frozenset(
            path
            for number in done
            if self._actions[number].kind in GOING
            for path in self._actions[number].paths
        )


def _gain(before: Scorecard, after: Scorecard) -> float | None:
    if before.overall is None or after.overall is None:
        return None
    return round(after.overall - before.overall, _DIGITS)


def _along(actions: Sequence[Action], scale: _Scale) -> tuple[list[float | None], Scorecard]:
    """The overall score after each action, and the last scorecard. Where the last file of a phase
    goes, the rules are asked anew, and what the steps before it promised is bounded by that."""
    ends = {action.phase: n for n, action in enumerate(actions) if action.kind in GOING}
    after: list[float | None] = []
    done: set[int] = set()
    judged: frozenset[str] = frozenset()
    exact = 0
    card = scale.card(done)
    for number, action in enumerate(actions):
        done.add(number)
        if ends.get(action.phase) == number:
            judged = scale.gone(done)
            card = scale.card(done, judged)
            after[exact:] = [_least(value, card.overall) for value in after[exact:]]
            exact = number
        elif scale.tells(number):
            card = scale.card(done, judged)
        known = card.overall is not None and action.kind is not ActionKind.KEEP
        after.append(round(card.overall or 0.0, _DIGITS) if known else None)
    return after, card


def _least(value: float | None, bound: float | None) -> float | None:
    return value if value is None or bound is None else round(min(value, bound), _DIGITS)


def _needed(actions: Sequence[Action], scale: _Scale, target: float) -> set[int]:
    """The numbers of actions that together bring each dimension to `target`, or as far as all of
    them do, and of which none can be left out: those that matter least are left out first. Work
    outside is needed where its findings are."""
    every = {number for number in range(len(actions)) if scale.tells(number)}
    best = _values(scale.card(every))
    bar = {dimension: min(target, value) for dimension, value in best.items()}

    def reaches(done: Set[int]) -> bool:
        values = _values(scale.card(done))
        return all(values[dimension] >= least for dimension, least in bar.items())

    def loss(number: int) -> tuple[float, int, int]:
        values = _values(scale.card(every - {number}))
        lost = sum(max(0.0, best[dimension] - values[dimension]) for dimension in best)
        return round(lost, _DIGITS), -_EFFORTS.index(actions[number].effort), -number

    needed = set(every)
    for number in sorted(every, key=loss):
        if reaches(needed - {number}):
            needed.discard(number)
    return needed | {
        number
        for number, action in enumerate(actions)
        if action.kind is ActionKind.ATTEST and scale.ends(action.because, needed)
    }


def _values(card: Scorecard) -> Values:
    return {score.dimension: score.value for score in card.dimensions if score.value is not None}
