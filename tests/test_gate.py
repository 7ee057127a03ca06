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
    RuleError,
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
        "the score is 6.0, below fail_under = 9",
        "1 open finding at or above fail_on = high",
    )


@pytest.mark.parametrize(
    ("score", "limit", "why"),
    [
        (8.9996, 9.0, "the score is 8.9, below fail_under = 9"),
        (8.96, 8.97, "the score is 8.9, below fail_under = 8.97"),
        (9.0, 9.0000001, "the score is 9.0, below fail_under = 9.0000001"),
        (0.05, 0.1, "the score is 0.0, below fail_under = 0.1"),
    ],
)
def test_a_score_is_never_said_to_be_below_itself(score: float, limit: float, why: str) -> None:
    card = msgspec.structs.replace(CARD, with_waivers=score)
    assert decide(card, [], Config(fail_under=limit)).why == (why,)


def test_what_could_not_be_assessed_reaches_no_score() -> None:
    nothing = msgspec.structs.replace(CARD, overall=None, with_waivers=None)
    assert decide(nothing, [], Config()).passed
    assert decide(nothing, [], Config(fail_under=0.0)).why == (
        "nothing could be assessed, and fail_under = 0",
    )


def test_a_crashed_rule_fails_a_gate_that_has_a_policy() -> None:
    crash = RuleError("AAA001", "ValueError: x")
    assert decide(CARD, [], Config(), [crash]).passed
    gate = decide(CARD, [], Config(fail_on="high"), [crash])
    assert gate.why == ("rule AAA001 crashed, so what it would find is unknown",)
