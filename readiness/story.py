"""Stories: findings that have one cause, told as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from readiness.model import Finding, Story


def groups(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings by the cause that several rules tell of, else by their rule's id."""
    rules: dict[str, set[str]] = defaultdict(set)
    found = list(findings)
    for finding in found:
        rules[finding.cause].add(finding.rule)
    told: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        shared = finding.cause and len(rules[finding.cause]) > 1
        told[finding.cause if shared else finding.rule].append(finding)
    return dict(told)


def tell(findings: Iterable[Finding]) -> tuple[Story, ...]:
    """One story for each cause that two or more findings name, the longest first."""
    told: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.cause:
            told[finding.cause].append(finding.fingerprint)
    stories = [Story(cause, tuple(prints)) for cause, prints in told.items() if len(prints) > 1]
    return tuple(sorted(stories, key=lambda story: (-len(story.fingerprints), story.cause)))
