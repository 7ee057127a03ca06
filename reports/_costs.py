"""What costs most: the score's deductions told by story, or by rule where there is none."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, NamedTuple, TypedDict

from msgspec import Struct

from readiness.model import Dimension, Finding, Report, State
from readiness.rule import CONFIDENCE_WEIGHT, SEVERITY_WEIGHT


class Cost(Struct, frozen=True):
    """`points` of the overall score that one story or one rule's findings take; those that are
    `waived` are an entry of their own. `name` is the story's cause or the rule's id, `said` what
    the title tells without how many more there are, and `example` says that it is one finding's.
    """

    title: str
    points: float
    findings: tuple[Finding, ...]
    rules: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    waived: bool = False
    name: str = ""
    said: str = ""
    example: bool = False


class _Group(NamedTuple):
    kind: Literal["story", "rule"]
    name: str
    waived: bool = False


def costs(report: Report) -> list[Cost]:
    """Every story and every rule that costs points, the dearest first."""
    story_of = {print_: story.cause for story in report.stories for print_ in story.fingerprints}
    by_rule: dict[str, list[tuple[Finding, bool]]] = defaultdict(list)
    for finding in report.findings:
        by_rule[finding.rule].append((finding, False))
    for entry in report.waived:
        by_rule[entry.finding.rule].append((entry.finding, True))
    told = _told(report, story_of)
    assessed = sum(score.value is not None for score in report.scorecard.dimensions) or 1
    points: dict[_Group, float] = defaultdict(float)
    members: dict[_Group, list[Finding]] = defaultdict(list)
    dimensions: dict[_Group, set[Dimension]] = defaultdict(set)
    for score in report.scorecard.dimensions:
        for deduction in score.deductions:
            findings = by_rule[deduction.rule]
            weights = [_weight(finding) for finding, _ in findings]
            whole = sum(weights) or 1.0
            if not findings:
                group = _Group("rule", deduction.rule)
                points[group] += deduction.points / assessed
                dimensions[group].add(score.dimension)
            for (finding, waived), weight in zip(findings, weights, strict=True):
                cause = "" if waived else story_of.get(finding.fingerprint, "")
                group = (
                    _Group("story", cause)
                    if cause in told
                    else _Group("rule", finding.rule, waived)
                )
                points[group] += deduction.points * weight / whole / assessed
                members[group].append(finding)
                dimensions[group].add(score.dimension)
    entries = [
        Cost(
            **_title(report, group, members[group]),
            points=total,
            findings=tuple(members[group]),
            rules=tuple(sorted({finding.rule for finding in members[group]} or {group.name})),
            dimensions=tuple(d for d in Dimension if d in dimensions[group]),
            waived=group.waived,
            name=group.name,
        )
        for group, total in points.items()
    ]
    return sorted(entries, key=lambda entry: (-round(entry.points, 6), entry.title))


def _told(report: Report, story_of: dict[str, str]) -> set[str]:
    """The causes that findings of several rules share; one rule's repeats stay with their rule."""
    rules: dict[str, set[str]] = defaultdict(set)
    for finding in report.findings:
        cause = story_of.get(finding.fingerprint)
        if cause:
            rules[cause].add(finding.rule)
    return {cause for cause, names in rules.items() if len(names) > 1}


def _weight(finding: Finding) -> float:
    return SEVERITY_WEIGHT[finding.severity] * CONFIDENCE_WEIGHT[finding.confidence]


class _Title(TypedDict):
    title: str
    said: str
    example: bool


def _title(report: Report, group: _Group, findings: list[Finding]) -> _Title:
    if group.kind == "story":
        return _Title(title=group.name, said=group.name, example=False)
    reason = "" if group.waived else headline(report, group.name)
    if reason or not findings:
        told = reason or next(rule.summary for rule in report.rules if rule.id == group.name)
        return _Title(title=told, said=told, example=False)
    more = len(findings) - 1
    told = findings[0].message
    title = told + (f", and {more} more" if more else "")
    return _Title(title=title, said=told, example=True)


def headline(report: Report, rule_id: str) -> str:
    """What the rule itself says of the whole repository, where it does."""
    return next(
        (
            outcome.reason
            for outcome in report.outcomes
            if outcome.rule == rule_id and outcome.state is State.MEASURED
        ),
        "",
    )
