"""ATTEST: what is done outside of the repository, in accounts, consoles and running systems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from readiness.model import (
    Action,
    ActionKind,
    Area,
    Confidence,
    Effort,
    Evidence,
    Finding,
    Location,
    Phase,
    Priority,
    RuleSummary,
    Severity,
    Where,
)
from readiness.plan.tasks import priority_of

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_SECRET = re.compile(r"\bsecrets\.([A-Za-z_][A-Za-z0-9_]*)")
_GIVEN = {"GITHUB_TOKEN", "inherit"}  # by the CI system itself
_PLACES = 40
_SHOWN = 12


def attests(
    index: RepoIndex, findings: Sequence[Finding], rules: Mapping[str, RuleSummary]
) -> Iterator[Action]:
    """What rules say is to be done outside for what they found, what the CI system must hold, and
    what only a running system shows."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        rule = rules.get(finding.rule)
        sure = finding.confidence is not Confidence.LOW
        if rule and rule.outside and sure and finding.severity.rank <= Severity.HIGH.rank:
            by_rule.setdefault(finding.rule, []).append(finding)
    for id_, found in by_rule.items():
        yield from _of_rule(rules[id_], found)
    yield from _held_by_ci(index)
    if index.profile.kind == "service":
        yield from _running(index)


def _of_rule(rule: RuleSummary, findings: Sequence[Finding]) -> Iterator[Action]:
    """One for each cause where it is critical, the others together."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        critical = finding.severity is Severity.CRITICAL
        cause = finding.cause or finding.fingerprint
        groups.setdefault(cause if critical else "", []).append(finding)
    urgent = rule.area is Area.SECRETS and any(cause for cause in groups)
    for cause, group in groups.items():
        what = group[0].cause or f"{group[0].message} of {group[0].location.path}"
        yield Action(
            ActionKind.ATTEST,
            (),
            f"{rule.outside}: {what}" if cause else rule.outside,
            tuple(finding.fingerprint for finding in group),
            tuple(Evidence(each.message, each.location) for each in group[:_PLACES]),
            where=Where.OUTSIDE,
            phase=Phase.CLEANUP if urgent and cause else Phase.CONFIGURATION,
            priority=priority_of(group),
            effort=Effort.SMALL if len(group) <= 3 or cause else Effort.MEDIUM,
            effort_why="one credential" if cause else f"{len(group)} places",
            rules=(rule.id,),
        )


def _held_by_ci(index: RepoIndex) -> Iterator[Action]:
    """The names that workflows read from the store of the CI system."""
    names: dict[str, Location] = {}
    for path in index.workflows.effective:
        for job in index.workflows.files[path].jobs:
            for step in job.steps:
                texts = (step.run, *step.inputs.values(), *step.environment.values())
                for name in _SECRET.findall("\n".join(texts)):
                    names.setdefault(name, Location(path, step.line))
    wanted = sorted(names.keys() - _GIVEN)
    if wanted:
        shown = ", ".join(wanted[:_SHOWN])
        more = f" and {len(wanted) - _SHOWN} more" if len(wanted) > _SHOWN else ""
        yield Action(
            ActionKind.ATTEST,
            (),
            f"The CI system holds the {len(wanted)} secrets that workflows read: {shown}{more}",
            (),
            tuple(
                Evidence(f"{names[name].path} reads {name}", names[name])
                for name in wanted[:_PLACES]
            ),
            where=Where.OUTSIDE,
            phase=Phase.DELIVERY,
            priority=Priority.IMPORTANT,
            effort=Effort.SMALL if len(wanted) <= _SHOWN else Effort.MEDIUM,
            effort_why=f"{len(wanted)} names to look up",
        )


_RUNNING = (
    ("A release built from the cleaned branch starts in staging, and its health check answers", 2),
    ("The way back was tried once: the previous release was started again, with its data", 2),
    ("Who may push to the default branch, deploy and read secrets has been reviewed", 1),
)


def _running(index: RepoIndex) -> Iterator[Action]:
    """What no reading of files can show of a service."""
    for title, effort in _RUNNING:
        yield Action(
            ActionKind.ATTEST,
            (),
            title,
            (),
            where=Where.OUTSIDE,
            phase=Phase.VALIDATION,
            priority=Priority.IMPORTANT,
            effort=Effort.MEDIUM if effort > 1 else Effort.SMALL,
            effort_why="needs the running system" if effort > 1 else "needs the accounts",
        )
