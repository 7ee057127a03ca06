"""What the formats of a plan share: phases, scores along the way, and folders for many files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from posixpath import commonpath

from msgspec import Struct

from readiness.model import Action, ActionKind, Phase, Plan, Report, Where

from ._terminal import columns, count, floored

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


class Leg(Struct, frozen=True):
    """One phase of the road: what is to do in it, null where nothing is left, and what became of
    the work that an earlier plan saw in it."""

    phase: Phase
    stage: Stage | None
    done: tuple[Action, ...] = ()
    left: tuple[Action, ...] = ()

    @property
    def share(self) -> str:
        """2 of 8 (25%); empty where the earlier plan had nothing in it."""
        of = len(self.done) + len(self.left)
        return f"{len(self.done)} of {of} ({len(self.done) * 100 // of}%)" if of else ""


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


def legs(report: Report, found: Iterable[Stage]) -> list[Leg]:
    """The phases in which there is something to do, or was in an earlier plan."""
    by_phase = {stage.phase: stage for stage in found}
    progress = report.progress
    told = []
    for phase in Phase if by_phase or progress else ():
        done, left = (
            tuple(action for action in actions if action.phase is phase)
            for actions in ((progress.done, progress.left) if progress else ((), ()))
        )
        if phase in by_phase or done or left:
            told.append(Leg(phase, by_phase.get(phase), done, left))
    return told


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
    """(path, 1) for each of a few files; for many, (folder, files in it), at most `most`: the
    biggest folder is opened as long as there is room."""
    if len(paths) <= most:
        return [(path, 1) for path in sorted(paths)]
    told = {_common(paths): sorted(paths)}
    while True:
        for folder, held in sorted(told.items(), key=lambda entry: (-len(entry[1]), entry[0])):
            parts = _opened(folder, held) if len(held) > 1 else {}
            if len(parts) > 1 and len(told) - 1 + len(parts) <= most:
                del told[folder]
                told.update(parts)
                break
        else:
            return sorted(
                (folder, len(held)) if len(held) > 1 else (held[0], 1)
                for folder, held in told.items()
            )


def _opened(folder: str, held: Iterable[str]) -> dict[str, list[str]]:
    """What a folder holds: each file, and each folder by the deepest one that holds all of it."""
    parts: dict[str, list[str]] = {}
    for path in held:
        name, below, _ = path[len(folder) :].partition("/")
        parts.setdefault(name + below, []).append(path)
    return {_common(own) if len(own) > 1 else own[0]: own for own in parts.values()}


def _common(paths: Sequence[str]) -> str:
    """The deepest folder that holds all of several paths, with its slash; empty for the root."""
    folder = commonpath([path.rpartition("/")[0] or "." for path in paths])
    return f"{folder}/" if folder not in ("", ".") else ""


def shortened(path: str, width: int) -> str:
    """A path in at most `width` columns where its name allows it: whole folders go, from the
    front."""
    slash = "/" if path.endswith("/") else ""
    parts = path.rstrip("/").split("/")
    shorter = ("…/" + "/".join(parts[start:]) + slash for start in range(1, len(parts)))
    forms = [path, *shorter]
    return next((form for form in forms if columns(form) <= width), forms[-1])


def following(words: Iterable[str], most: int) -> tuple[list[str], int]:
    """The first `most` of `words`, and how many more there are."""
    listed = list(words)
    return listed[:most], max(0, len(listed) - most)
