"""Findings as people are told of them: those with one cause as one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from readiness.model import Finding, Report


class Tale(Struct, frozen=True):
    """Findings that are told as one; `cause` is empty for one that stands alone."""

    findings: tuple[Finding, ...]
    cause: str = ""

    @property
    def worst(self) -> Finding:
        return self.findings[0]


def tales(report: Report) -> list[Tale]:
    """Every open finding in exactly one tale, the worst first."""
    cause_of = {print_: story.cause for story in report.stories for print_ in story.fingerprints}
    told: dict[tuple[str, int], list[Finding]] = {}
    for number, finding in enumerate(report.findings):
        cause = cause_of.get(finding.fingerprint, "")
        told.setdefault((cause, 0 if cause else number), []).append(finding)
    return [Tale(tuple(found), cause) for (cause, _), found in told.items()]


def chapters(tale: Tale) -> Iterator[tuple[Finding, int]]:
    """How a story goes on from its cause: for each rule its first finding and how many more it
    has. What the cause itself names comes first."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in tale.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    ordered = sorted(by_rule.values(), key=lambda found: not _is_root(found[0], tale.cause))
    for found in ordered:
        yield found[0], len(found) - 1


def _is_root(finding: Finding, cause: str) -> bool:
    path, line = finding.location.path, finding.location.line
    return path is not None and cause.startswith(f"{path}:{line}" if line else f"{path} ")
