"""An earlier plan: what people decided to keep in it, with a reason, holds in later ones; and what
became of its work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from msgspec import Struct

from readiness.errors import one_line
from readiness.model import Action, ActionKind, Finding, Plan, Progress, Where
from readiness.plan.fates import CHANGES, GOING


class Kept(Struct, frozen=True):
    """`actions` are the KEEPs that still mean something, `paths` all files that they name, and
    `findings` the fingerprints of those that ask for a change which a person declined. `notes`
    tell what no longer exists."""

    actions: tuple[Action, ...] = ()
    paths: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def kept_by(plan: Plan | None, files: Mapping[str, object], findings: Sequence[Finding]) -> Kept:
    """What `plan` says to keep, held against the `files` and `findings` of today."""
    if plan is None:
        return Kept()
    changes = {finding.fingerprint for finding in findings if finding.action in CHANGES}
    actions: list[Action] = []
    paths: set[str] = set()
    declined: set[str] = set()
    notes: list[str] = []
    for action in plan.actions:
        if action.kind is not ActionKind.KEEP or not action.reason:
            continue
        here = tuple(path for path in action.paths if _below(path, files))
        still = tuple(print_ for print_ in action.because if print_ in changes)
        lost = [path for path in action.paths if path not in here]
        if lost:
            named = one_line(lost[0]) + (f" and {len(lost) - 1} more" if len(lost) > 1 else "")
            notes.append(f"{action.id} of the earlier plan keeps {named}, which is gone")
        if here or still:
            actions.append(
                Action(
                    ActionKind.KEEP,
                    here,
                    action.title,
                    still,
                    action.evidence,
                    reason=action.reason,
                    rules=action.rules,
                )
            )
        declined.update(still)
        for path in here:
            paths.update(_below(path, files))
    return Kept(tuple(actions), frozenset(paths), frozenset(declined), tuple(notes))


def progress(
    plan: Plan, files: Mapping[str, object], findings: Sequence[Finding], asked: Set[str]
) -> Progress:
    """What became of the work that `plan` saw in the repository, by the `files` and all `findings`
    of today, waived ones too. `asked` are the rules that were asked today."""
    open_ = {finding.fingerprint for finding in findings}
    done: list[Action] = []
    left: list[Action] = []
    for action in plan.actions:
        if action.kind is ActionKind.KEEP or action.where is Where.OUTSIDE:
            continue
        stays = action.kind in GOING and any(_below(path, files) for path in action.paths)
        if stays or not open_.isdisjoint(action.because):
            left.append(action)
        elif action.because and asked >= set(action.rules):
            done.append(action)
    return Progress(plan.base_commit, tuple(done), tuple(left))


def _below(path: str, files: Mapping[str, object]) -> Sequence[str]:
    """The file `path`, or all files of the folder where it ends in /."""
    if path.endswith("/"):
        return [file for file in files if file.startswith(path)]
    return [path] if path in files else []
