"""What the formats of a plan share: phases, scores along the way, and folders for many files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from readiness.model import Action, ActionKind, Phase, Plan, Report, Where

from ._terminal import count, floored

WINDOWS = {
    Phase.CLEANUP: "days 1-2",
    Phase.ARCHITECTURE: "days 2-3",
    Phase.CONFIGURATION: "days 3-4",
    Phase.DELIVERY: "days 4-5",
    Phase.VALIDATION: "days 5-7",
}
_ENTRIES = 10  # lines that stand for many files


class Stage(Struct, frozen=True):
    """One phase with its work: `before` and `after` are overall scores, null where unknown."""

    phase: Phase
    actions: tuple[Action, ...]
    before: float | None
    after: float | None

    @property
    def outside(self) -> int:
        return sum(action.where is Where.OUTSIDE for action in self.actions)


def plan_of(report: Report) -> Plan:
    """The report's plan; only reports that have one are rendered as plans."""
    assert report.plan is not None
    return report.plan


def work(plan: Plan) -> list[Action]:
    """The actions that are something to do."""
    return [action for action in plan.actions if action.kind is not ActionKind.KEEP]


def kept(plan: Plan) -> list[Action]:
    return [action for action in plan.actions if action.kind is ActionKind.KEEP]


def stages(plan: Plan, now: float | None) -> list[Stage]:
    """The phases in which there is something to do."""
    found = []
    before = now
    for phase in Phase:
        actions = tuple(action for action in work(plan) if action.phase is phase)
        if actions:
            after = actions[-1].after if actions[-1].after is not None else before
            found.append(Stage(phase, actions, before, after))
            before = after
    return found


def score_now(report: Report) -> float | None:
    """The overall score that the plan starts from: that without what waivers answer for."""
    return report.scorecard.with_waivers


def score_after(report: Report) -> float | None:
    """The overall score when all is done."""
    found = stages(plan_of(report), score_now(report))
    return found[-1].after if found else score_now(report)


def score_applied(report: Report) -> float | None:
    """The overall score when what `readiness apply` does is done."""
    known = [each.applied for each in plan_of(report).forecast if each.applied is not None]
    return sum(known) / len(known) if known else None


def points(value: float | None) -> str:
    return "-" if value is None else floored(value)


def gain(action: Action) -> str:
    """What the action gains alone, in points; empty where that rounds to nothing."""
    if action.gain is None or abs(action.gain) < 0.005:
        return ""
    return f"{action.gain:+.2f}"


def split(actions: Sequence[Action]) -> str:
    """How much is to do, and where."""
    outside = sum(action.where is Where.OUTSIDE for action in actions)
    told = count(len(actions), "action")
    return f"{told}, {outside} of them outside the repository" if outside else told


def along(report: Report) -> str:
    """The overall score from phase to phase."""
    found = stages(plan_of(report), score_now(report))
    return " -> ".join(points(value) for value in (score_now(report), *(s.after for s in found)))


def places(paths: Sequence[str], most: int = _ENTRIES) -> list[tuple[str, int]]:
    """(path, 1) for each of a few files; for many, (folder, files in it), at most about `most`."""
    entries = dict.fromkeys(paths, 1)
    while len(entries) > most:
        depth = max(entry.rstrip("/").count("/") for entry in entries)
        if not depth:
            break
        folded: Counter[str] = Counter()
        for entry, number in entries.items():
            if entry.rstrip("/").count("/") == depth:
                entry = entry.rstrip("/").rpartition("/")[0] + "/"
            folded[entry] += number
        entries = dict(folded)
    return sorted(entries.items())


def following(words: Iterable[str], most: int) -> tuple[list[str], int]:
    """The first `most` of `words`, and how many more there are."""
    listed = list(words)
    return listed[:most], max(0, len(listed) - most)
