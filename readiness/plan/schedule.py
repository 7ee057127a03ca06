"""The schedule: in which phase and order actions are done, what they cost, and their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from readiness.model import Action, ActionKind, Area, Effort, Phase, Priority, RuleSummary, Where
from readiness.plan.fates import GOING
from readiness.plan.tasks import Task, folder_of

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_PHASES = {
    Area.BOOTSTRAP: Phase.ARCHITECTURE,
    Area.PORTABILITY: Phase.ARCHITECTURE,
    Area.ARCHITECTURE: Phase.ARCHITECTURE,
    Area.STALE: Phase.ARCHITECTURE,
    Area.QUALITY: Phase.ARCHITECTURE,
    Area.LAYOUT: Phase.ARCHITECTURE,
    Area.CONFIG: Phase.ARCHITECTURE,
    Area.DEPENDENCIES: Phase.ARCHITECTURE,
    Area.SECRETS: Phase.CONFIGURATION,
    Area.ACCESS: Phase.CONFIGURATION,
    Area.SUPPLY_CHAIN: Phase.CONFIGURATION,
    Area.CONTAINERS: Phase.CONFIGURATION,
    Area.OBSERVABILITY: Phase.CONFIGURATION,
    Area.GATES: Phase.DELIVERY,
    Area.DELIVERY: Phase.DELIVERY,
}
_STEPS = (
    ActionKind.MODIFY,
    ActionKind.ARCHIVE,
    ActionKind.REMOVE,
    ActionKind.CREATE,
    ActionKind.AUDIT,
    ActionKind.ATTEST,
)
_PRIORITIES = tuple(Priority)
_EFFORTS = tuple(Effort)
_SPREAD = (Area.CONFIG, Area.ARCHITECTURE, Area.PARALLEL)  # what its importers must follow
_NAMED = 3  # paths of a command
_UNTOUCHED = (ActionKind.KEEP, ActionKind.AUDIT, ActionKind.ATTEST)  # there is nothing to undo


def scheduled(
    index: RepoIndex, tasks: Iterable[Task], rules: Mapping[str, RuleSummary]
) -> Iterator[Action]:
    """Each task as an action, with its phase, priority, effort and commands; not yet in order."""
    for task in tasks:
        paths = task.paths
        effort, why = _effort(index, task, rules)
        edits = tuple(
            dict.fromkeys(
                edit
                for finding in task.findings
                for edit in finding.edits
                if task.kind not in GOING and edit.path in paths
            )
        )
        yield Action(
            kind=task.kind,
            paths=paths,
            title=task.title,
            because=task.because,
            evidence=task.evidence(),
            edits=edits,
            phase=_phase(task, rules),
            priority=task.priority,
            effort=effort,
            effort_why=why,
            rules=tuple(sorted({finding.rule for finding in task.findings})),
        )


def phase_of(area: Area) -> Phase:
    """The phase in which what is wrong in an area is mended."""
    return _PHASES.get(area, Phase.CLEANUP)


def _phase(task: Task, rules: Mapping[str, RuleSummary]) -> Phase:
    areas = {rule.area for each in task.findings if (rule := rules.get(each.rule))}
    phase = min(map(phase_of, areas), default=Phase.CLEANUP)
    if phase is Phase.ARCHITECTURE and task.kind is ActionKind.CREATE:
        return Phase.CONFIGURATION
    return phase


def _effort(index: RepoIndex, task: Task, rules: Mapping[str, RuleSummary]) -> tuple[Effort, str]:
    files = _counted(len(task.paths), "file")
    if task.kind in GOING:
        return Effort.SMALL, f"readiness apply takes out {files}, which nothing live uses"
    if task.kind is ActionKind.AUDIT:
        number = len(task.asks)
        size = Effort.SMALL if number <= 5 else Effort.MEDIUM if number <= 30 else Effort.LARGE
        return size, f"a person decides on {_counted(max(number, 1), 'place')}"
    if task.at:
        return Effort.SMALL, f"1 file, which mends {_counted(len(task.asks), 'place')}"
    places = len(task.asks)
    if task.kind is ActionKind.CREATE:
        return (
            Effort.MEDIUM if places <= 2 else Effort.LARGE
        ), f"{_counted(places, 'thing')} to make"
    if all(finding.edits for finding in task.findings):
        return Effort.SMALL, f"readiness apply makes the change in {files}"
    spread = any(rule.area in _SPREAD for each in task.findings if (rule := rules.get(each.rule)))
    users = (
        {edge.source for path in task.paths for edge in index.imports.importers.get(path, ())}
        if spread
        else set()
    )
    users -= set(task.paths)
    size = _size(max(len(task.paths), places // 2) + len(users) // 2)
    why = f"{_counted(places, 'place')} in {files}" if places > 1 else files
    return size, why + (f", which {_counted(len(users), 'other')} import" if users else "")


def _size(files: int) -> Effort:
    return Effort.SMALL if files <= 2 else Effort.MEDIUM if files <= 12 else Effort.LARGE


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def in_order(actions: Iterable[Action]) -> list[Action]:
    """By phase; within one what is urgent outside, then what unblocks, what goes, what is changed
    and made, and what people decide or do elsewhere at the end; of equals what is quickest."""
    return sorted(actions, key=_rank)


def _rank(action: Action) -> tuple[int, int, int, int, int, str]:
    if action.kind is ActionKind.KEEP:  # in the order in which they were found
        return action.phase, 0, 0, 0, 0, ""
    return (
        action.phase,
        1 if is_urgent(action) else 2 + _STEPS.index(action.kind),
        _PRIORITIES.index(action.priority),
        _EFFORTS.index(action.effort),
        -len(action.paths),
        action.title,
    )


def is_urgent(action: Action) -> bool:
    """Is it done outside, and before all else?"""
    outside = action.where is Where.OUTSIDE
    return outside and action.phase is Phase.CLEANUP and action.priority is Priority.CRITICAL


def named(actions: Sequence[Action], base_commit: str | None) -> Iterator[Action]:
    """The actions under their names: K1, K2, … for what is kept, A1, A2, … for the others; each
    with the commands that prove it and take it back."""
    numbers = {"K": 0, "A": 0}
    for action in actions:
        letter = "K" if action.kind is ActionKind.KEEP else "A"
        numbers[letter] += 1
        yield replace(
            action,
            id=f"{letter}{numbers[letter]}",
            verify=action.verify or _verify(action),
            undo=action.undo or _undo(action, base_commit),
        )


def _verify(action: Action) -> str:
    if action.kind in GOING:
        return "readiness apply PLAN --verify"
    if action.rules and action.where is Where.REPOSITORY:
        return f"readiness audit --select {','.join(action.rules)}"
    return ""


def _undo(action: Action, base_commit: str | None) -> str:
    if action.where is Where.OUTSIDE or action.kind in _UNTOUCHED:
        return ""
    if action.kind in GOING:
        folder = folder_of(action.paths)
        places = action.paths if len(action.paths) <= _NAMED else (f"{folder}/",) if folder else ()
        return "readiness restore " + (" ".join(map(quoted, places)) or "--all")
    if action.kind is ActionKind.CREATE:
        return "git revert COMMIT" if action.paths else ""
    if base_commit is None or not 1 <= len(action.paths) <= _NAMED:
        return "git revert COMMIT"
    return f"git checkout {base_commit[:12]} -- " + " ".join(map(quoted, action.paths))


def quoted(path: str) -> str:
    """A path as a shell takes it."""
    import shlex

    return shlex.quote(path)
