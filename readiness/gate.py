"""The gate: findings and policy -> passed, or why not."""

from __future__ import annotations

import math
from collections.abc import Iterable

from readiness.config import Config
from readiness.model import Confidence, Finding, Gate, RuleError, Scorecard, Severity


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
    why: list[str] = []
    score = scorecard.with_waivers
    if config.fail_under is not None and score is None:
        why.append(f"nothing could be assessed, and fail_under = {config.fail_under:g}")
    elif config.fail_under is not None and score is not None and score < config.fail_under:
        why.append(f"the score is {_shown(score)}, below fail_under = {config.fail_under:.10g}")
    if config.fail_on is not None:
        threshold = Severity(config.fail_on).rank
        severe = [
            finding
            for finding in findings
            if finding.severity.rank <= threshold and finding.confidence is not Confidence.LOW
        ]
        if severe:
            noun = "finding" if len(severe) == 1 else "findings"
            why.append(f"{len(severe)} open {noun} at or above fail_on = {config.fail_on}")
    if config.fail_under is not None or config.fail_on is not None:
        why += [f"rule {error.rule} crashed, so what it would find is unknown" for error in errors]
    return Gate(passed=not why, why=tuple(why))


def _shown(score: float) -> str:
    """A score as the reports show it: one decimal, never rounded up to what was not reached."""
    return f"{math.floor(score * 10 + 1e-9) / 10:.1f}"
