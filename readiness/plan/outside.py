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
from readiness.plan.schedule import phase_of
from readiness.plan.tasks import priority_of, sentence

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_SECRET = re.compile(r"\bsecrets\.([A-Za-z_][A-Za-z0-9_]*)")
_GIVEN = {"GITHUB_TOKEN", "inherit"}  # by the CI system itself
_PLACES = 40
_CREDENTIALS = 12  # beyond which they are one action
_SMALL = 3
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
    yield from _proven(index)
    if index.profile.service:
        yield from _running()


def _of_rule(rule: RuleSummary, findings: Sequence[Finding]) -> Iterator[Action]:
    """One for each cause where what was found is known to others already, else one for all."""
    urgent = rule.area is Area.SECRETS and rule.severity is Severity.CRITICAL
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.cause or finding.fingerprint, []).append(finding)
    if not urgent or len(groups) > _CREDENTIALS:
        groups = {"": list(findings)}
    for group in groups.values():
        first = group[0]
        what = first.cause or (f"{first.message} of {first.location.path}" if urgent else "")
        if len({finding.cause or finding.fingerprint for finding in group}) > 1:
            what = f"{rule.name.replace('-', ' ')} at {_counted(len(group))}"
        yield Action(
            ActionKind.ATTEST,
            (),
            f"{what}: {sentence(rule.outside)}" if what else rule.outside,
            tuple(finding.fingerprint for finding in group),
            tuple(Evidence(each.message, each.location) for each in group[:_PLACES]),
            where=Where.OUTSIDE,
            phase=Phase.CLEANUP if urgent else phase_of(rule.area),
            priority=Priority.CRITICAL if urgent else priority_of(group),
            effort=Effort.SMALL if len(group) <= _SMALL else Effort.MEDIUM,
            effort_why="one credential" if urgent and "" not in groups else _counted(len(group)),
            rules=(rule.id,),
        )


def _counted(number: int) -> str:
    return "1 place" if number == 1 else f"{number} places"


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
        many = f"{len(wanted)} secrets" if len(wanted) > 1 else "secret"
        shown = ", ".join(wanted[:_SHOWN])
        more = f" and {len(wanted) - _SHOWN} more" if len(wanted) > _SHOWN else ""
        yield Action(
            ActionKind.ATTEST,
            (),
            f"The CI system holds the {many} that workflows read: {shown}{more}",
            (),
            tuple(
                Evidence(f"{names[name].path} reads {name}", names[name])
                for name in wanted[:_PLACES]
            ),
            where=Where.OUTSIDE,
            phase=Phase.DELIVERY,
            priority=Priority.IMPORTANT,
            effort=Effort.SMALL if len(wanted) <= _SHOWN else Effort.MEDIUM,
            effort_why="1 name to look up" if len(wanted) == 1 else f"{len(wanted)} to look up",
        )


_RUNNING = (
    ("A release built from the cleaned branch starts in staging, and its health check answers", 2),
    ("The way back was tried once: the previous release was started again, with its data", 2),
    ("Who may push to the default branch, deploy and read secrets has been reviewed", 1),
)


def _proven(index: RepoIndex) -> Iterator[Action]:
    """What proves the plan in the repository itself."""
    if index.tests.live:
        yield Action(
            ActionKind.ATTEST,
            (),
            "The tests that passed before the plan pass after it",
            (),
            phase=Phase.VALIDATION,
            priority=Priority.CRITICAL,
            effort_why="readiness apply runs them before and after",
            verify="readiness apply PLAN --verify",
        )
    yield Action(
        ActionKind.ATTEST,
        (),
        "An audit of the cleaned branch gives the scores that this plan promises",
        (),
        phase=Phase.VALIDATION,
        priority=Priority.CRITICAL,
        effort_why="one command",
        verify="readiness audit",
    )


def _running() -> Iterator[Action]:
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
