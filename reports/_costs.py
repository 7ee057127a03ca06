"""What costs most: the score's deductions told by story, or by rule where there is none."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from readiness.model import Dimension, Finding, Report, State
from readiness.rule import CONFIDENCE_WEIGHT, SEVERITY_WEIGHT


class Cost(Struct, frozen=True):
    """`points` of the overall score that one story or one rule's findings take."""

    title: str
    points: float
    findings: tuple[Finding, ...]
    rules: tuple[str, ...]
    dimensions: tuple[Dimension, ...]


def costs(report: Report) -> list[Cost]:
    """Every story and every rule that costs points, the dearest first."""
    story_of = {print_: story.cause for story in report.stories for print_ in story.fingerprints}
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in [*report.findings, *(waived.finding for waived in report.waived)]:
        by_rule[finding.rule].append(finding)
    told = _told(report, story_of)
    assessed = sum(score.value is not None for score in report.scorecard.dimensions) or 1
    points: dict[tuple[str, str], float] = defaultdict(float)
    members: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    dimensions: dict[tuple[str, str], set[Dimension]] = defaultdict(set)
    for score in report.scorecard.dimensions:
        for deduction in score.deductions:
            findings = by_rule[deduction.rule]
            weights = [_weight(finding) for finding in findings]
            whole = sum(weights) or 1.0
            if not findings:
                points["rule", deduction.rule] += deduction.points / assessed
                dimensions["rule", deduction.rule].add(score.dimension)
            for finding, weight in zip(findings, weights, strict=True):
                cause = story_of.get(finding.fingerprint, "")
                group = ("story", cause) if cause in told else ("rule", finding.rule)
                points[group] += deduction.points * weight / whole / assessed
                members[group].append(finding)
                dimensions[group].add(score.dimension)
    entries = [
        Cost(
            title=name if kind == "story" else _title(report, name, members[kind, name]),
            points=total,
            findings=tuple(members[kind, name]),
            rules=tuple(sorted({finding.rule for finding in members[kind, name]} or {name})),
            dimensions=tuple(d for d in Dimension if d in dimensions[kind, name]),
        )
        for (kind, name), total in points.items()
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


def _title(report: Report, rule_id: str, findings: list[Finding]) -> str:
    reason = headline(report, rule_id)
    if reason or not findings:
        return reason or next(rule.summary for rule in report.rules if rule.id == rule_id)
    more = len(findings) - 1
    return findings[0].message + (f", and {more} more" if more else "")


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
