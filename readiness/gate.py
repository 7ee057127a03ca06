"""The gate: findings and policy -> passed, or why not."""

from __future__ import annotations

import math
from collections.abc import Iterable

from readiness.config import Config
from readiness.model import (
    Condition,
    Confidence,
    Finding,
    Gate,
    RuleError,
    Scorecard,
    Severity,
)


def decide(
    scorecard: Scorecard,
    findings: Iterable[Finding],
    config: Config,
    errors: Iterable[RuleError] = (),
) -> Gate:
    """Holds the score with waivers and the open `findings` against `fail_under` and `fail_on`.

    `fail_on` counts findings at least that severe and of at least medium confidence. Where either
    is set, a rule that crashed fails the gate: nobody knows what it would have found.
    """
    conditions = []
    score = scorecard.with_waivers
    if config.fail_under is not None:
        why = ""
        if score is None:
            why = f"nothing could be assessed, and fail_under = {config.fail_under:g}"
        elif score < config.fail_under:
            why = f"the score is {_shown(score)}, below fail_under = {config.fail_under:.10g}"
        conditions.append(Condition("fail_under", why))
    if config.fail_on is not None:
        threshold = Severity(config.fail_on).rank
        severe = [
            finding
            for finding in findings
            if finding.severity.rank <= threshold and finding.confidence is not Confidence.LOW
        ]
        noun = "finding" if len(severe) == 1 else "findings"
        why = f"{len(severe)} open {noun} at or above fail_on = {config.fail_on}" if severe else ""
        conditions.append(Condition("fail_on", why))
    if conditions:
        conditions += [
            Condition(error.rule, f"rule {error.rule} crashed, so what it would find is unknown")
            for error in errors
        ]
    failed = tuple(condition.why for condition in conditions if condition.why)
    return Gate(passed=not failed, why=failed, conditions=tuple(conditions))


def _shown(score: float) -> str:
    """A score as the reports show it: one decimal, never rounded up to what was not reached."""
    return f"{math.floor(score * 10 + 1e-9) / 10:.1f}"
