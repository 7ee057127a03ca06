"""CI: the hooks and gates that a change takes away, narrows, or lets fail without a consequence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from readiness.errors import one_line
from readiness.facts import hooks
from readiness.facts.workflow import Trigger
from readiness.index import RepoIndex
from readiness.index.commands.tasks import GATES
from readiness.index.workflows import CHANGES, WorkflowStep, gates
from readiness.model import Severity
from readiness.policy.loosening import Loosening
from readiness.rule import Change

_OURS = ("readiness", "readiness-staged")
_SHOWS = ("--format", "--output", "--jobs")
_SHOWN_OPTION = re.compile(rf"\s(?:{'|'.join(_SHOWS)})(?:=|\s+)\S+")
_DECIDES = re.compile(r"READINESS_\w+|GIT_\w+|PYTHON\w+|PATH|BASH_ENV|ENV")  # variables


def loosened(change: Change) -> Iterator[Loosening]:
    """What hooks and CI judge less strictly after a change, in any order."""
    yield from _hooks(change)
    yield from _steps(change)
    yield from _triggers(change)


def holds_ours(index: RepoIndex) -> bool:
    """Does a hook or a gate run this program?"""
    steps = (step for found in _gates(index, False).values() for step in found)
    return any(id_ in _OURS for id_ in _hooks_of(index)) or any(map(_is_ours, steps))


def _hooks(change: Change) -> Iterator[Loosening]:
    old, new = _hooks_of(change.before.index), _hooks_of(change.after.index)
    for id_, before in old.items():
        path, after = before[0][0], new.get(id_, [])
        severity = Severity.HIGH if id_ in _OURS else Severity.MEDIUM
        if len(after) < len(before):
            yield Loosening(
                path,
                f"hook {id_}",
                f"the hook {one_line(id_)} does not run any more",
                severity,
                before=one_line(id_),
            )
            continue
        was = Counter(setting for _, hook in before for setting in _settings(hook))
        for _, hook in after:
            for name, value in _settings(hook):
                if was[name, value]:
                    was[name, value] -= 1
                    continue
                how = "otherwise" if (name, value) in hook.told else "on less"
                yield Loosening(
                    path,
                    f"hook {id_} {name} {value}",
                    f"the hook {one_line(id_)} runs {how}: {name} is {one_line(value)}",
                    severity,
                    hook.line,
                    after=one_line(value),
                )


def _settings(hook: hooks.Hook) -> list[tuple[str, str]]:
    """What makes a hook judge less; which arguments do is known of ours alone."""
    told = (each for each in hook.told if each[0] == "entry" or hook.id in _OURS)
    return [*hook.narrowed, *told]


def _hooks_of(index: RepoIndex) -> dict[str, list[tuple[str, hooks.Hook]]]:
    """The hooks that run by themselves, by id."""
    found: dict[str, list[tuple[str, hooks.Hook]]] = defaultdict(list)
    for path, facts in index.each(hooks.SLICE):
        for hook in facts.hooks:
            if not hook.manual:
                found[hook.id].append((path, hook))
    return found


def _steps(change: Change) -> Iterator[Loosening]:
    """Gates that CI had before: those that run on a change, then those that run at all."""
    told: set[str] = set()
    for on_change in (True, False):
        old, new = (_gates(side.index, on_change) for side in (change.before, change.after))
        tasks_before, tasks_after = (
            Counter(step.task for steps in each.values() for step in steps) for each in (old, new)
        )
        for tool, before in old.items():
            after, task = new.get(tool, []), before[0].task
            if on_change and len(after) >= len(before):
                yield from _rewritten(tool, before, after)
            replaced = tasks_after[task] >= tasks_before[task] and not _is_ours(before[0])
            if len(after) >= len(before) or replaced or tool in told:
                continue
            told.add(tool)
            gone = before[0]
            where = " on changes" if on_change else ""
            left = f"; {len(after)} of {len(before)} places are left" if after else ""
            yield Loosening(
                gone.file,
                f"step {tool}",
                f"CI does not fail{where} by `{one_line(gone.text)}` any more{left}",
                Severity.MEDIUM if after else Severity.HIGH,
                before=one_line(gone.text),
            )


def _gates(index: RepoIndex, on_change: bool) -> dict[str, list[WorkflowStep]]:
    """The steps that can fail their job, by tool; those of ours by all their words."""
    found: dict[str, list[WorkflowStep]] = defaultdict(list)
    workflows = index.workflows
    for step in workflows.steps:
        if step.task not in GATES or step.neutralised or gates.never(step.job, step.step):
            continue
        if not on_change or step.file in workflows.on_change:
            found[_signature(step) if _is_ours(step) else step.tool].append(step)
    return found


def _rewritten(
    tool: str, before: list[WorkflowStep], after: list[WorkflowStep]
) -> Iterator[Loosening]:
    """Steps that are still there and run on less, or of ours, that are written otherwise."""
    left = [_terms(step) for step in before]
    others = []
    for step in after:
        if (terms := _terms(step)) in left:
            left.remove(terms)
        else:
            others.append((step, terms))
    for (step, terms), known in zip(others, left, strict=False):
        names = [
            name
            for name, value in sorted(terms.items() | dict.fromkeys(known, "").items())
            if value == terms.get(name, "") != known.get(name, "") and (value or name != "if")
        ]
        if not names:
            continue
        told = " and ".join(
            f"its {name} is {one_line(terms[name])}" if terms.get(name) else f"it has no {name}"
            for name in names
        )
        yield Loosening(
            step.file,
            f"step {tool} {' '.join(names)}",
            f"CI runs `{one_line(step.text)}` otherwise than before this change: {told}",
            Severity.HIGH if _is_ours(step) else Severity.MEDIUM,
            step.step.lines.get(names[0], step.step.line),
            after=", ".join(names),
        )


def _terms(step: WorkflowStep) -> dict[str, str]:
    """On what a step depends: name -> value. What a tool of others is told is its user's matter."""
    job, own = step.job, step.step
    terms = {"if": " && ".join(filter(None, (job.condition, own.condition)))}
    if _is_ours(step):
        terms |= {name: own.environment[name] for name in own.environment if _decides(name)}
        terms |= {"shell": own.shell, "working-directory": own.directory}
        terms["continue-on-error"] = "true" if own.tolerant or job.tolerant else ""
        terms["run"] = " ".join(_SHOWN_OPTION.sub("", own.run).split())
    return {name: value for name, value in terms.items() if value}


def _decides(variable: str) -> bool:
    return _DECIDES.fullmatch(variable) is not None


def _triggers(change: Change) -> Iterator[Loosening]:
    """Workflows with gates that a change starts on less than before."""
    before, after = change.before.index, change.after.index
    on_event = {event: _tools_on(after, event) for event in CHANGES}
    for path in before.workflows.on_change:
        file = change.renamed(path)
        tools = _tools_of(before, path)
        if not tools or file not in after.workflows.on_change:  # which the steps tell
            continue
        ours = any(tool.rpartition("/")[2] in _OURS for tool in tools)
        severity = Severity.HIGH if ours else Severity.MEDIUM
        known = {each.event: each for each in after.workflows.files[file].triggers}
        for trigger in before.workflows.files[path].triggers:
            event = trigger.event
            if event not in CHANGES or (event not in known and tools <= on_event[event]):
                continue
            now = known.get(event)
            told = [(event, "")] if now is None else list(_narrowed(trigger, now))
            for name, value in told:
                what = f"on {event}" if now is None else f"where {name} says {one_line(value)}"
                yield Loosening(
                    file,
                    f"trigger {event} {name} {value}",
                    f"the gates in {one_line(file)} do not run any more {what}",
                    severity,
                    now.line or None if now else None,
                    after=one_line(value),
                )


def _narrowed(old: Trigger, new: Trigger) -> Iterator[tuple[str, str]]:
    """(key, pattern) of what keeps a trigger from starting where it did before."""
    for key, before, after in (
        ("paths", old.paths, new.paths),
        ("branches", old.branches, new.branches),
    ):
        barred = [each for each in after if each.startswith("!") and each not in before]
        kept = [each for each in after if not each.startswith("!")]
        if kept and not [each for each in before if not each.startswith("!")]:
            yield key, f"only {', '.join(kept)}"
        elif set(before) - set(after) - {each for each in before if each.startswith("!")}:
            gone = [each for each in before if each not in after and not each.startswith("!")]
            yield key, f"no more {', '.join(gone)}"
        yield from ((key, pattern) for pattern in barred)
    for key, before, after in (
        ("paths-ignore", old.paths_ignore, new.paths_ignore),
        ("branches-ignore", old.branches_ignore, new.branches_ignore),
    ):
        yield from ((key, pattern) for pattern in after if pattern not in before)


def _tools_of(index: RepoIndex, path: str) -> set[str]:
    """The gates that the workflow `path` holds, or that are in another one which it calls."""
    files = index.workflows.files
    called = {job.uses.removeprefix("./") for job in files[path].jobs}
    steps = (step for found in _gates(index, True).values() for step in found)
    return {step.tool for step in steps if step.file == path or step.file in called}


def _tools_on(index: RepoIndex, event: str) -> set[str]:
    """The gates of all workflows that the event starts."""
    files = index.workflows.files
    starts = [p for p, facts in files.items() if event in {t.event for t in facts.triggers}]
    return {tool for path in starts for tool in _tools_of(index, path)}


def _signature(step: WorkflowStep) -> str:
    """The step without what only says how its answer is shown."""
    if step.command is None:
        inputs = (f"{name}={value}" for name, value in sorted(step.step.inputs.items()))
        return " ".join((step.tool, *inputs))
    words = iter(step.text.split(" "))
    kept = []
    for word in words:
        if word in _SHOWS:
            next(words, None)
        elif word.partition("=")[0] not in _SHOWS:
            kept.append(word)
    return " ".join(kept)


def _is_ours(step: WorkflowStep) -> bool:
    return step.tool.rpartition("/")[2] in _OURS
