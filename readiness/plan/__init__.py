"""The plan: what the findings ask for, in the order in which it is done, and what it gains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from msgspec.structs import replace

from readiness.model import (
    Action,
    ActionKind,
    Area,
    Evidence,
    Finding,
    Forecast,
    Plan,
    RuleSummary,
    Severity,
    Speaks,
)
from readiness.plan import blockers, keep, outside, schedule
from readiness.plan.blockers import Need
from readiness.plan.fates import CHANGES, GOING, decide
from readiness.plan.gains import Evaluate, weighed
from readiness.plan.identity import identify
from readiness.plan.previous import kept_by
from readiness.plan.tasks import freeing, put_together

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_SECRETS = 5  # files of one action that are named because they hold some


def propose(
    index: RepoIndex,
    findings: Sequence[Finding],
    rules: Iterable[RuleSummary] = (),
    *,
    previous: Plan | None = None,
    evaluate: Evaluate | None = None,
    target: float | None = None,
    changed: Set[str] = frozenset(),
) -> Plan:
    """The plan for `findings`, worst first.

    Each path goes, stays or is asked about once, under the strongest action that a finding asks
    for; what live code, a build or a loader still uses is AUDIT, never removed. What a person kept
    in the plan `previous` stays. `changed` are the paths that are not as in the base commit.
    Gains are worked out where `evaluate` says what the scores would be, and `target` marks the
    actions that it needs.
    """
    known = {rule.id: rule for rule in rules}
    kept = kept_by(previous, index.files, findings)
    open_ = [
        _asking(each)
        for each in findings
        if each.fingerprint not in kept.findings and each.severity is not Severity.INFO
    ]
    fates = decide(index, open_, kept.paths, keep.spared(index))
    tasks = [*put_together(fates.asks, known), *freeing(fates.asks, fates.blocked)]
    decided = kept.paths.union(path for task in tasks if task.kind in _FATES for path in task.paths)
    actions = schedule.in_order(
        [
            *kept.actions,
            *keep.keeps(index, decided),
            *schedule.scheduled(index, tasks, known),
            *(outside.attests(index, open_, known) if tasks else ()),
        ]
    )
    base = index.snapshot.commit
    actions = list(schedule.named(actions, base))
    changing = {path: each.id for each in actions if each.kind in CHANGES for path in each.paths}
    actions = [
        _with_secrets(
            _with_blobs(_held(action, fates.blocked, changing), index, changed), open_, known
        )
        for action in actions
    ]
    forecast: tuple[Forecast, ...] = ()
    if evaluate is not None:
        goal = 10.0 if target is None else target
        actions, forecast = weighed(actions, fates.settled, evaluate, goal)
        actions = _with_first(actions, fates.blocked, changing)
    return Plan(base, tuple(actions), identify(base, actions), target, forecast, kept.notes)


_FATES = (*GOING, ActionKind.AUDIT)


def _held(action: Action, blocked: Mapping[str, Need], changing: Mapping[str, str]) -> Action:
    if action.kind is not ActionKind.AUDIT or blocked.keys().isdisjoint(action.paths):
        return action
    return replace(action, blockers=blockers.told(action.paths, blocked, changing))


def _with_first(
    actions: Sequence[Action], blocked: Mapping[str, Need], changing: Mapping[str, str]
) -> list[Action]:
    """What is needed also needs what comes first, whatever that gains."""
    first = {
        changing.get(need.source)
        for action in actions
        if action.needed and action.kind is ActionKind.AUDIT
        for path in action.paths
        if (need := blocked.get(path)) and need.by_name
    }
    return [replace(each, needed=True) if each.id in first else each for each in actions]


def _asking(finding: Finding) -> Finding:
    """What is absent is to be made."""
    if finding.action is ActionKind.MODIFY and finding.location.path is None:
        return replace(finding, action=ActionKind.CREATE)
    return finding


def _with_blobs(action: Action, index: RepoIndex, changed: Set[str]) -> Action:
    if changed.isdisjoint(action.paths):
        return action
    files = index.files
    return replace(
        action,
        blobs=tuple(files[path].blob_id if path in changed else "" for path in action.paths),
    )


def _with_secrets(
    action: Action, findings: Sequence[Finding], rules: dict[str, RuleSummary]
) -> Action:
    """What goes and holds secrets says so: an archive does not take them unless told."""
    if action.kind not in GOING:
        return action
    paths = set(action.paths)
    holders = {
        finding.location.path: finding.location
        for finding in findings
        if finding.location.path in paths
        and (rule := rules.get(finding.rule))
        and rule.area is Area.SECRETS
    }
    if not holders:
        return action
    told = [
        Evidence(
            f"{path} holds a secret, which Git's history keeps: revoke it", place, Speaks.AGAINST
        )
        for path, place in holders.items()
    ]
    return replace(action, evidence=(*action.evidence, *told[:_SECRETS]))
