"""Stories: findings that have one cause, told as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from readiness.model import Finding, Story


def tell(findings: Iterable[Finding]) -> tuple[Story, ...]:
    """One story for each cause that two or more findings name, the longest first."""
    told: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.cause:
            told[finding.cause].append(finding.fingerprint)
    stories = [Story(cause, tuple(prints)) for cause, prints in told.items() if len(prints) > 1]
    return tuple(sorted(stories, key=lambda story: (-len(story.fingerprints), story.cause)))
