"""Decisions: what the weekly page asks of leadership, the urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from readiness.model import (
    Action,
    ActionKind,
    Area,
    Priority,
    Report,
    Verdict,
    Where,
)

from ._owners import owner_of, sole_owner
from ._plan import WINDOWS, Stage, score_applied, score_now
from ._terminal import count
from ._words import SIZES, brief, efforts, shortened


class Reason(Struct, frozen=True):
    """A line of the headline, or below a decision; `href` leads to what is behind it."""

    text: str
    href: str = ""
    name: str = ""


class Step(Struct, frozen=True):
    """An action, and the overall score before and after it at its place in the plan; null where
    that is unknown."""

    action: Action
    before: float | None
    after: float | None

    @property
    def adds(self) -> float:
        return 0.0 if self.before is None or self.after is None else self.after - self.before


class Decision(Struct, frozen=True):
    """What leadership is asked for. `steps` are the actions that it is about; `gain` is in points
    of the overall score, null if unknown, and `how` tells what it is a gain over. `number` is its
    place on the page."""

    what: str
    reasons: tuple[Reason, ...]
    options: str
    effort: str
    owner: str
    when: str
    gain: float | None
    steps: tuple[Step, ...]
    how: str = ""
    number: int = 0

    @property
    def href(self) -> str:
        return f"#decision-{self.number}"

    @property
    def files(self) -> int:
        return len({path for step in self.steps for path in step.action.paths})

    @property
    def findings(self) -> int:
        return len({print_ for step in self.steps for print_ in step.action.because})

    @property
    def adds(self) -> float:
        """What the steps add to the overall score where the plan has them."""
        return sum(step.adds for step in self.steps)


def decisions(report: Report, found: Sequence[Stage]) -> Iterator[Decision]:
    """What only people can start: the urgent first, then the work that gains most."""
    if report.plan is None or report.scorecard.verdict is Verdict.READY:
        return
    steps = walk(report, found)
    asked = (
        *_outside(report, steps),
        *_largest(report, steps),
        *_carried_out(report, steps),
        *_questions(report, steps),
    )
    yield from (replace(each, number=number) for number, each in enumerate(asked, 1))


def walk(report: Report, found: Sequence[Stage]) -> list[Step]:
    """The actions in the plan's order, each with the score before and after it."""
    steps = []
    before = score_now(report)
    for action in (action for stage in found for action in stage.actions):
        after = before if action.after is None else action.after
        steps.append(Step(action, before, after))
        before = after
    return steps


def _outside(report: Report, steps: Sequence[Step]) -> Iterator[Decision]:
    """Urgent work that no commit can do, by the rule that asks for it."""
    rules = {rule.id: rule for rule in report.rules}
    asked: dict[str, list[Step]] = {}
    for step in steps:
        action = step.action
        urgent = action.where is Where.OUTSIDE and action.priority is Priority.CRITICAL
        if urgent and action.because and action.rules:
            asked.setdefault(action.rules[0], []).append(step)
    for rule_id, ordered in asked.items():
        rule = rules[rule_id]
        number = len(ordered)
        told = [s.action.title.partition(": ")[0] for s in ordered]
        what = rule.outside or ordered[0].action.title
        if rule.area is Area.SECRETS and number > 1:
            what = f"Have {number} exposed credentials revoked and replaced"
        elif rule.area is Area.SECRETS:
            what = "Have the exposed credential revoked and replaced"
        yield Decision(
            what=what,
            reasons=_some([_reason(s.action, t) for s, t in zip(ordered, told, strict=True)])
            if told != [what]
            else (),
            options="order it now, or a waiver that somebody answers for (at most 90 days)",
            effort=_effort(ordered),
            owner=_owner(report, ordered),
            when="at once",
            gain=None,
            steps=tuple(ordered),
        )


def _largest(report: Report, steps: Sequence[Step]) -> Iterator[Decision]:
    """The work in the repository that gains most: it needs people."""
    apart = [
        step
        for step in steps
        if step.action.kind in (ActionKind.MODIFY, ActionKind.CREATE)
        and step.action.where is Where.REPOSITORY
        and not step.action.edits
        and step.adds >= 0.05
    ]
    apart.sort(key=lambda step: -step.adds)
    chosen = apart[:3]
    if not chosen:
        return
    one = len(chosen) == 1
    number = "piece" if one else f"{len(chosen)} pieces"
    verb = "s" if one else ""
    yield Decision(
        what=f"Name who does the {number} of work that gain{verb} most",
        reasons=tuple(_work(report, step) for step in chosen),
        options="people for these now, or a lower target for what they raise",
        effort=_effort(chosen),
        owner="whom you name",
        when=_when(chosen),
        gain=sum(step.adds for step in chosen),
        how="at their place in the plan" if not one else "at its place in the plan",
        steps=tuple(chosen),
    )


def _work(report: Report, step: Step) -> Reason:
    """A piece of work by the rule that it mends, how large it is and what it adds."""
    ours = [rule for rule in report.rules if rule.id in step.action.rules]
    ours.sort(key=lambda rule: rule.severity.rank)
    what = ours[0].summary.rstrip(".") if ours else step.action.title
    told = f"({SIZES[step.action.effort]}, {step.adds:+.1f})"
    return Reason(f"{shortened(brief(what), 100)} {told}", f"#{step.action.id}", step.action.id)


def _carried_out(report: Report, steps: Sequence[Step]) -> Iterator[Decision]:
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
        options="all on a branch to review, or without what you name; it can be undone",
        effort=_effort(chosen),
        owner="who reviews the branch",
        when=_when(chosen),
        gain=None if applied is None or now is None else applied - now,
        how="by this alone",
        steps=tuple(chosen),
    )


def _questions(report: Report, steps: Sequence[Step]) -> Iterator[Decision]:
    asked = [step for step in steps if step.action.kind is ActionKind.AUDIT]
    if not asked:
        return
    files = len({path for step in asked for path in step.action.paths})
    asked.sort(key=lambda step: -step.adds)
    yield Decision(
        what=f"Settle {count(len(asked), 'question')} about {count(files, 'file')}: keep, or go",
        reasons=_some([_reason(step.action, step.action.title) for step in asked]),
        options="keep with a reason, or let it be archived, for each",
        effort=_effort(asked),
        owner=_owner(report, asked),
        when=_when(asked),
        gain=sum(step.adds for step in asked),
        how="at their place in the plan",
        steps=tuple(asked),
    )


def _effort(steps: Sequence[Step]) -> str:
    return efforts([step.action for step in steps])


def _owner(report: Report, steps: Sequence[Step]) -> str:
    asked = {print_ for step in steps for print_ in step.action.because}
    return owner_of(report, asked) or sole_owner(report)


def _when(steps: Sequence[Step]) -> str:
    return f"{WINDOWS[min(step.action.phase for step in steps)]} of the plan".replace("-", "–")


def _reason(action: Action, text: str) -> Reason:
    return Reason(shortened(brief(text), 130), f"#{action.id}", action.id)


def _some(reasons: Sequence[Reason], most: int = 3) -> tuple[Reason, ...]:
    """The first reasons, and how many more there are."""
    if len(reasons) <= most:
        return tuple(reasons)
    return (*reasons[: most - 1], Reason(f"and {len(reasons) - most + 1} more"))
