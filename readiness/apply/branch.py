"""The plan on a branch: one commit a phase, made beside the work tree and checked before it is
shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import groupby

from readiness.apply import disk
from readiness.apply.changes import Change
from readiness.apply.journal import ApplyError
from readiness.apply.prepare import Prepared
from readiness.errors import one_line
from readiness.model import Action, ActionKind, Phase, Speaks, encode_path
from readiness.repo.writer import Built, Content, NewCommit, NewTag, Who, Writer

_EVIDENCE = 3  # lines of one action in a commit message
_ACTIONS = 100  # actions that a message tells
_TOLD = {
    ActionKind.ARCHIVE: "archive {}",
    ActionKind.REMOVE: "remove {}",
    ActionKind.MODIFY: "change {}",
    ActionKind.CREATE: "create {}",
}


def build(prepared: Prepared, writer: Writer, at: int) -> Built:
    """Makes the commits and the tag, and holds the outcome against what was prepared."""
    commits = [
        NewCommit(
            message(prepared, phase, changes),
            {
                change.raw: None if change.after is None else Content(change.after, change.mode)
                for change in changes
            },
        )
        for phase, changes in phases(prepared.changes)
    ]
    who = Who(prepared.options.identity, at)
    built = writer.build(prepared.commit, commits, tag(prepared), who)
    wanted = {encode_path(path): (file.mode, file.blob_id) for path, file in prepared.tree.items()}
    written = {entry.path: entry.written for entry in prepared.entries}
    for change in prepared.changes:
        if change.after is None:
            wanted.pop(change.raw, None)
        else:
            wanted[change.raw] = (change.mode, written[change.path])
    if writer.files(built.commits[-1]) != wanted or not writer.has_tag(built.tag):
        raise ApplyError("the new commits do not hold exactly what the plan lists; this is a fault")
    keep(writer)
    return built


def keep(writer: Writer) -> None:
    """Makes the new pack last before anything points at it."""
    packs = [source for source, _ in writer.packs()]
    for path in packs:
        disk.sync(path)
    disk.sync(os.path.dirname(packs[0]))


def tag(prepared: Prepared) -> NewTag:
    told = (
        f"Before plan {prepared.plan.id}\n\n"
        "What the plan removes is in this commit. To have it back:"
        f" readiness restore --all --from {prepared.name}\n"
    )
    return NewTag(prepared.tag, told)


def phases(changes: Iterable[Change]) -> Iterator[tuple[Phase, list[Change]]]:
    """The changes of each phase that has some."""
    for phase, group in groupby(changes, lambda change: change.action.phase):
        yield phase, list(group)


def message(prepared: Prepared, phase: Phase, changes: list[Change]) -> str:
    """What the commit of a phase says: each action with its rules and its evidence."""
    lines = [f"{Phase(phase).label}: {counts(changes)}", ""]
    by_action: dict[int, tuple[Action, int]] = {}
    for change in changes:
        action, count = by_action.get(id(change.action), (change.action, 0))
        by_action[id(change.action)] = (action, count + 1)
    for action, count in list(by_action.values())[:_ACTIONS]:
        rules = f" ({', '.join(action.rules)})" if action.rules else ""
        lines.append(
            f"- {action.id} {action.kind}: {one_line(action.title)}{rules}, {files(count)}"
        )
        speaking = [each for each in action.evidence if each.speaks is Speaks.FOR]
        for evidence in speaking[:_EVIDENCE]:
            place = evidence.location.path or ""
            if place and evidence.location.line:
                place = f"{place}:{evidence.location.line}"
            lines.append(
                f"    {one_line(evidence.summary)}" + (f" ({one_line(place)})" if place else "")
            )
        if not speaking and action.because:
            lines.append(f"    findings {' '.join(action.because[:_EVIDENCE])}")
    if len(by_action) > _ACTIONS:
        lines.append(f"- and {len(by_action) - _ACTIONS} more actions")
    lines += ["", f"Readiness-Plan: {prepared.plan.id}", f"Readiness-Before: {prepared.tag}", ""]
    return "\n".join(lines)


def files(number: int) -> str:
    """ "1 file", "2 files"."""
    return "1 file" if number == 1 else f"{number:,} files"


def counts(changes: Iterable[Change]) -> str:
    """ "archive 2 files, change 1"."""
    number: dict[ActionKind, int] = {}
    for change in changes:
        kind = change.action.kind
        if change.after is not None:
            kind = ActionKind.CREATE if change.blob is None else ActionKind.MODIFY
        number[kind] = number.get(kind, 0) + 1
    parts = [_TOLD[kind].format(f"{number[kind]:,}") for kind in _TOLD if kind in number]
    if not parts:
        return "nothing"
    parts[0] += " file" if parts[0].endswith(" 1") else " files"
    return ", ".join(parts)
