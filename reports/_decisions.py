"""Decisions: what the weekly page asks of leadership, the urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from readiness.model import (
    Action,
    ActionKind,
    Area,
    Priority,
    Report,
    Verdict,
    Where,
)

from ._plan import WINDOWS, Stage, score_applied, score_now
from ._terminal import count
from ._words import SIZES, brief, efforts, shortened


class Reason(Struct, frozen=True):
    """A line below a decision; `href` leads to the findings behind it."""

    text: str
    href: str = ""
    name: str = ""


class Decision(Struct, frozen=True):
    """What leadership is asked for; `gain` is in points of the overall score, null if unknown."""

    what: str
    reasons: tuple[Reason, ...]
    options: str
    effort: str
    when: str
    gain: float | None
    href: str


def decisions(report: Report, found: Sequence[Stage]) -> Iterator[Decision]:
    """What only people can start: the urgent first, then the work that gains most."""
    if report.plan is None or report.scorecard.verdict is Verdict.READY:
        return
    steps = _steps(report, found)
    yield from _outside(report, steps)
    yield from _largest(report, steps)
    yield from _carried_out(report, steps)
    yield from _questions(steps)


class _Step(Struct, frozen=True):
    """An action and what it adds to the overall score where the plan has it."""

    action: Action
    adds: float | None


def _steps(report: Report, found: Sequence[Stage]) -> list[_Step]:
    steps = []
    before = score_now(report)
    for action in (action for stage in found for action in stage.actions):
        known = action.after is not None and before is not None
        steps.append(_Step(action, action.after - before if known else None))  # type: ignore[operator]
        before = action.after if action.after is not None else before
    return steps


def _outside(report: Report, steps: Sequence[_Step]) -> Iterator[Decision]:
    """Urgent work that no commit can do, by the rule that asks for it."""
    rules = {rule.id: rule for rule in report.rules}
    asked: dict[str, list[Action]] = {}
    for step in steps:
        action = step.action
        urgent = action.where is Where.OUTSIDE and action.priority is Priority.CRITICAL
        if urgent and action.because and action.rules:
            asked.setdefault(action.rules[0], []).append(action)
    for rule_id, actions in asked.items():
        rule = rules[rule_id]
        number = len(actions)
        what = rule.outside or actions[0].title
        if rule.area is Area.SECRETS and number > 1:
            what = f"Have {number} exposed credentials revoked and replaced"
        elif rule.area is Area.SECRETS:
            what = "Have the exposed credential revoked and replaced"
        reasons = [_reason(action, action.title.partition(": ")[0]) for action in actions]
        yield Decision(
            what=what,
            reasons=_some(reasons),
            options="order it now, or have somebody answer for each by a waiver (at most 90 days)",
            effort=efforts(actions),
            when="at once",
            gain=None,
            href=f"#{actions[0].id}",
        )


def _largest(report: Report, steps: Sequence[_Step]) -> Iterator[Decision]:
    """The work in the repository that gains most: it needs people."""
    apart = [
        step
        for step in steps
        if step.action.kind in (ActionKind.MODIFY, ActionKind.CREATE)
        and step.action.where is Where.REPOSITORY
        and not step.action.edits
        and (step.adds or 0.0) >= 0.05
    ]
    apart.sort(key=lambda step: -(step.adds or 0.0))
    chosen = apart[:3]
    if not chosen:
        return
    one = len(chosen) == 1
    number = "piece" if one else f"{len(chosen)} pieces"
    verb = "s" if one else ""
    yield Decision(
        what=f"Name who does the {number} of work that gain{verb} most",
        reasons=tuple(_work(report, step) for step in chosen),
        options="people for these now, or a lower target for the dimensions that they raise",
        effort=efforts([step.action for step in chosen]),
        when=f"{WINDOWS[min(step.action.phase for step in chosen)]} of the plan",
        gain=sum(step.adds or 0.0 for step in chosen),
        href=f"#{chosen[0].action.id}",
    )


def _work(report: Report, step: _Step) -> Reason:
    """A piece of work by the rule that it mends, how large it is and what it adds."""
    ours = [rule for rule in report.rules if rule.id in step.action.rules]
    ours.sort(key=lambda rule: rule.severity.rank)
    what = ours[0].summary.rstrip(".") if ours else step.action.title
    told = f"({SIZES[step.action.effort]}, {step.adds or 0.0:+.1f})"
    return Reason(f"{shortened(brief(what), 100)} {told}", f"#{step.action.id}", step.action.id)


def _carried_out(report: Report, steps: Sequence[_Step]) -> Iterator[Decision]:
    """What `readiness apply` does by itself once somebody says so."""
    going = [s for s in steps if s.action.kind in (ActionKind.ARCHIVE, ActionKind.REMOVE)]
    edited = [s for s in steps if s.action.edits and s not in going]
    applied, now = score_applied(report), score_now(report)
    if not going and not edited:
        return
    files = len({path for step in going for path in step.action.paths})
    told = [f"archive {count(files, 'file')} that nothing live uses"] if going else []
    changes = count(len(edited), "change that is", "changes that are")
    told += [f"make {changes} proven safe"] if edited else []
    chosen = sorted(going + edited, key=lambda step: -len(step.action.paths))
    yield Decision(
        what=f"Approve that the machine does its part: {' and '.join(told)}",
        reasons=_some([_reason(step.action, step.action.title) for step in chosen]),
        options="all of it on a branch to review, or without what you name; restore undoes it",
        effort=efforts([step.action for step in chosen]),
        when=f"{WINDOWS[min(step.action.phase for step in chosen)]} of the plan",
        gain=None if applied is None or now is None else applied - now,
        href=f"#{chosen[0].action.id}",
    )


def _questions(steps: Sequence[_Step]) -> Iterator[Decision]:
    asked = [step for step in steps if step.action.kind is ActionKind.AUDIT]
    if not asked:
        return
    files = len({path for step in asked for path in step.action.paths})
    asked.sort(key=lambda step: -(step.adds or 0.0))
    yield Decision(
        what=f"Settle {count(len(asked), 'question')} about {count(files, 'file')}: keep, or go",
        reasons=_some([_reason(step.action, step.action.title) for step in asked]),
        options="keep with a reason, or let it be archived, for each",
        effort=efforts([step.action for step in asked]),
        when=f"{WINDOWS[min(step.action.phase for step in asked)]} of the plan",
        gain=sum(step.adds or 0.0 for step in asked),
        href=f"#{asked[0].action.id}",
    )


def _reason(action: Action, text: str) -> Reason:
    return Reason(shortened(brief(text, 32), 90), f"#{action.id}", action.id)


def _some(reasons: Sequence[Reason], most: int = 3) -> tuple[Reason, ...]:
    """The first reasons, and how many more there are."""
    if len(reasons) <= most:
        return tuple(reasons)
    more = len(reasons) - most + 1
    return (*reasons[: most - 1], Reason(f"and {more} more", reasons[most - 1].href))
