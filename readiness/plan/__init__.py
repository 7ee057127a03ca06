"""The plan: what the findings ask for, one action a path, and nothing removed that is in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from readiness.model import Action, ActionKind, Finding, Plan
from readiness.plan.blockers import blocked_by

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_ORDER = tuple(ActionKind)  # of two actions on one path the earlier one wins
_REMOVALS = (ActionKind.ARCHIVE, ActionKind.REMOVE)
_BLOCKERS = 5  # sentences of one action that name what stands in its way


def propose(index: RepoIndex, findings: Sequence[Finding]) -> Plan:
    """The plan for `findings`, worst first: each path once, under the strongest action that a
    finding asks for; what else asks for the same stands in its `because`, the deciding finding
    first. What live code, a build or a loader still uses is AUDIT, never removed."""
    chosen = _choose(findings)
    removed = {path for path, finding in chosen.items() if finding.action in _REMOVALS}
    blocked = blocked_by(index, removed)
    asking = _asking(findings)
    actions: list[Action] = []
    for finding, paths in _grouped(chosen, findings):
        free = tuple(path for path in paths if path not in blocked)
        if free or not paths:
            same = (each for path in free for each in asking[finding.action, path])
            because = tuple(dict.fromkeys((finding.fingerprint, *same)))
            actions.append(_action(finding, finding.action, free, because))
        held = tuple(path for path in paths if path in blocked)
        if held:
            told = dict.fromkeys(blocked[path].summary for path in held)
            because = (finding.fingerprint,)
            blockers = tuple(told)[:_BLOCKERS]
            actions.append(_action(finding, ActionKind.AUDIT, held, because, blockers))
    actions.sort(key=lambda action: _ORDER.index(action.kind))
    return Plan(index.snapshot.commit, tuple(actions))


def _choose(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Path -> the finding whose action it gets: the strongest, of those the most specific."""
    chosen: dict[str, Finding] = {}
    for finding in findings:
        for path in finding.targets:
            known = chosen.get(path)
            if known is None or _rank(finding) < _rank(known):
                chosen[path] = finding
    return chosen


def _rank(finding: Finding) -> tuple[int, int]:
    return _ORDER.index(finding.action), len(finding.targets)


def _grouped(
    chosen: dict[str, Finding], findings: Sequence[Finding]
) -> Iterator[tuple[Finding, tuple[str, ...]]]:
    """The findings that some path follows, or that name none, each with its paths."""
    paths: dict[str, list[str]] = {}
    for path, finding in sorted(chosen.items()):
        paths.setdefault(finding.fingerprint, []).append(path)
    for finding in findings:
        own = paths.pop(finding.fingerprint, None)
        if own is not None or not finding.targets:
            yield finding, tuple(own or ())


def _asking(findings: Iterable[Finding]) -> dict[tuple[ActionKind, str], list[str]]:
    """(action, path) -> the fingerprints of the findings that ask for it."""
    asking: dict[tuple[ActionKind, str], list[str]] = {}
    for finding in findings:
        for path in finding.targets:
            asking.setdefault((finding.action, path), []).append(finding.fingerprint)
    return asking


def _action(
    finding: Finding,
    kind: ActionKind,
    paths: tuple[str, ...],
    because: tuple[str, ...],
    blockers: tuple[str, ...] = (),
) -> Action:
    return Action(kind, paths, finding.message, because, finding.evidence, blockers)
