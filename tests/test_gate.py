"""The gate: when it fails, and what it says then."""

import msgspec
import pytest

from readiness.config import Config
from readiness.gate import decide
from readiness.model import (
    Confidence,
    Coverage,
    Finding,
    Location,
    Scorecard,
    Severity,
    Verdict,
)

CARD = Scorecard(
    5.0, 6.0, Verdict.NOT_READY, Coverage(1.0, 1.0), None, (), "2026.1", 9.0, "service"
)


def finding(severity: Severity, confidence: Confidence = Confidence.HIGH) -> Finding:
    return Finding("AAA001", Location("x"), "", severity, confidence)


def test_without_a_policy_it_passes() -> None:
    assert decide(CARD, [finding(Severity.CRITICAL)], Config()).passed


@pytest.mark.parametrize(("limit", "passed"), [(6.0, True), (6.1, False)])
def test_fail_under_looks_at_the_score_with_waivers(limit: float, passed: bool) -> None:
    assert decide(CARD, [], Config(fail_under=limit)).passed is passed


@pytest.mark.parametrize(
    ("open_", "passed"),
    [
        (finding(Severity.MEDIUM), True),
        (finding(Severity.HIGH, Confidence.LOW), True),
        (finding(Severity.HIGH, Confidence.MEDIUM), False),
        (finding(Severity.CRITICAL), False),
    ],
)
def test_fail_on_counts_what_is_severe_and_sure_enough(open_: Finding, passed: bool) -> None:
    assert decide(CARD, [open_], Config(fail_on="high")).passed is passed


def test_it_says_why() -> None:
    gate = decide(CARD, [finding(Severity.HIGH)], Config(fail_under=9, fail_on="high"))
    assert gate.why == (
        "the score is 6, below fail_under = 9",
        "1 open finding at or above fail_on = high",
    )


def test_what_could_not_be_assessed_reaches_no_score() -> None:
    nothing = msgspec.structs.replace(CARD, overall=None, with_waivers=None)
    assert decide(nothing, [], Config()).passed
    assert decide(nothing, [], Config(fail_under=0.0)).why == (
        "nothing could be assessed, and fail_under = 0",
    )
