"""The plan in a terminal: what to do in which order, an action a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.model import Action, Report, Verdict

from ._plan import (
    WINDOWS,
    Stage,
    gain,
    kept,
    places,
    plan_of,
    points,
    score_after,
    score_now,
    shortened,
    split,
    stages,
    work,
)
from ._terminal import WIDTH, Paint, bar, columns, count, incomplete, safe, wrapped
from .text import fit_end

_LEAD = len(" * A12  ARCHIVE  ")
_TAIL = len("  M  +0.19  2.8")
_NAME = 44  # columns of a path among others
_PATH = re.compile(r"[^\s,:;(][^\s,:;]*/[^\s,:;]*[^\s,:;)/]")


def render(report: Report, *, colour: bool = False) -> str:
    """The plan in at most 100 columns; `colour` adds terminal colours as a second sign."""
    return "\n".join(_lines(report, Paint(colour))) + "\n"


def _lines(report: Report, paint: Paint) -> Iterator[str]:
    plan = plan_of(report)
    commit = f" at {plan.base_commit[:7]}" if plan.base_commit else ""
    left = f"Plan {plan.id} for {safe(report.repository)}{commit}"
    now, after = score_now(report), score_after(report)
    right = "" if now is None else f"{points(now)} -> {points(after)} of 10"
    gap = " " * max(2, WIDTH - columns(left) - len(right)) if right else ""
    yield paint.bold(left) + gap + right
    if report.scorecard.verdict is Verdict.NOTHING or not work(plan):
        yield "  nothing to do" + ("" if report.files else ": no tracked files")
        yield from incomplete(report)
        return
    yield ""
    for each in plan.forecast:
        if each.now is not None:
            label = each.dimension.label.ljust(16)
            told = f"{points(each.now)} -> {points(each.after)}"
            line = f"  {label} {told:<13}  {bar(each.after or 0.0)}"
            if points(each.applied) not in ("-", points(each.now)):
                line += f"  {points(each.applied)} by readiness apply alone"
            yield line
    yield from wrapped(_summary(report), "  ", "    ")
    for note in plan.notes:
        yield from wrapped(note, "  ", "    ")
    yield from incomplete(report)
    if keeps := kept(plan):
        yield ""
        shown = [_kept(action) for action in keeps if action.paths]
        yield from wrapped(f"KEEP  {', '.join(shown)}", "", "      ")
    for stage in stages(plan, now):
        yield ""
        yield from _stage(stage, paint)
    yield ""
    yield "Next:  readiness plan --format markdown --output PLAN.md   to read and to send"
    yield "       readiness plan --format toml --output plan.toml     to change, and to carry out:"
    yield "       readiness apply plan.toml                           says first what would happen"


def _kept(action: Action) -> str:
    if len(action.paths) == 1:
        return shortened(safe(action.paths[0]), _NAME)
    [(folder, _)] = places(action.paths, 1)
    where = f" in {shortened(safe(folder), _NAME)}" if folder else ""
    return f"{len(action.paths):,} files{where}"


def _summary(report: Report) -> str:
    plan = plan_of(report)
    told = split(work(plan))
    needed = sum(action.needed for action in work(plan))
    if not plan.forecast or plan.target is None:
        return told
    short = [each for each in plan.forecast if each.after is not None and each.after < plan.target]
    goal = f"target {plan.target:g}"
    if short:
        names = ", ".join(each.dimension.label for each in short)
        return (
            f"{told}; * marks the {needed} that come as near to {goal} as the plan does: with all "
            f"done, {names} {'stays' if len(short) == 1 else 'stay'} below it"
        )
    if not needed:
        return f"{told}; each dimension is at {goal} already"
    return f"{told}; * marks the {needed} that are enough for {goal} in each dimension"


def _stage(stage: Stage, paint: Paint) -> Iterator[str]:
    left = f"Phase {stage.phase.value}  {stage.phase.label} ({WINDOWS[stage.phase]})"
    scores = "" if stage.before is None else f"{points(stage.before)} -> {points(stage.after)}"
    told = count(len(stage.actions), "action")
    if stage.outside:
        told += f", {stage.outside} outside"
    right = f"{told}   {scores}".rstrip()
    yield paint.bold(left) + " " * max(2, WIDTH - len(left) - len(right)) + right
    for action in stage.actions:
        yield _action(action, paint)


def _action(action: Action, paint: Paint) -> str:
    mark = "*" if action.needed else " "
    lead = f" {mark} {action.id:<4} {action.kind:<8} "
    tail = f"  {action.effort}  {gain(action):<5} {points(action.after):>4}"
    room = WIDTH - columns(lead) - columns(tail)
    told = f"{len(action.paths):,} files"
    files = f" ({told})" if len(action.paths) > 1 and told not in action.title else ""
    title = fit_end(_title(action, room - len(files)), room - len(files)) + files
    return lead + title + " " * max(0, room - columns(title)) + tail.rstrip()


def _title(action: Action, room: int) -> str:
    """The title; where it is too long, the paths in it with fewer folders, the longest first. What
    is quoted, such as a pattern or a command, stays as it is."""
    spoken = safe(action.title).split("`")
    found = {path for part in spoken[::2] for path in _PATH.findall(part)}
    for path in sorted(found, key=lambda path: (-len(path), path)):
        excess = columns("`".join(spoken)) - room
        if excess <= 0:
            break
        short = shortened(path, columns(path) - excess)
        spoken[::2] = [part.replace(path, short) for part in spoken[::2]]
    return "`".join(spoken)
