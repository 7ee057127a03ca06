"""The gate: when it fails, and what it says then."""

import msgspec
import pytest

from readiness.config import Config
from readiness.gate import decide
from readiness.model import (
    BaselineEntry,
    Comparison,
    Confidence,
    Coverage,
    Dimension,
    Finding,
    Location,
    News,
    RuleError,
    Scorecard,
    ScoreStep,
    Severity,
    SkippedFile,
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


def change(*new: News, before: float = 6.0, security: float = 5.0) -> Comparison:
    steps = (ScoreStep(Dimension.SECURITY, 5.0, security), ScoreStep(Dimension.TESTS, 4.0, 4.0))
    return Comparison("base", new, before=before, after=6.0, scores=steps)


def test_of_a_change_only_what_is_new_and_counts_fails() -> None:
    old, new = finding(Severity.CRITICAL), finding(Severity.LOW)
    assert decide(CARD, [old], Config(fail_on="low"), comparison=change()).passed
    assert decide(CARD, [], Config(), comparison=change(News(new, counts=False))).passed
    gate = decide(CARD, [], Config(fail_on="low"), comparison=change(News(new), News(old)))
    assert gate.why == ("2 new findings at or above fail_on = low",)


@pytest.mark.parametrize(("before", "passed"), [(6.0, True), (7.0, False), (6.4, True)])
def test_a_change_fails_by_a_score_that_it_pushes_below(before: float, passed: bool) -> None:
    config = Config(fail_under=6.5)
    assert decide(CARD, [], config, comparison=change(before=before)).passed is passed


@pytest.mark.parametrize(
    ("limit", "passed"),
    [(0.5, True), (0.4, False), ({"security": 0.4}, False), ({"tests": 0.0}, True), (None, True)],
)
def test_a_dimension_may_drop_so_far_and_no_further(
    limit: float | dict[str, float] | None, passed: bool
) -> None:
    config = Config(max_drop=limit)  # type: ignore[arg-type]
    gate = decide(CARD, [], config, comparison=change(security=4.5))
    assert gate.passed is passed
    if not passed:
        assert gate.why == ("Security drops from 5.00 to 4.50, by more than max_drop = 0.4",)


def test_stale_entries_and_files_that_were_not_read_fail_a_change() -> None:
    stale = msgspec.structs.replace(
        change(),
        stale=(BaselineEntry("0" * 16, "AAA001", "x", 7), BaselineEntry("1" * 16, "B", "", 9)),
    )
    assert decide(CARD, [], Config(), comparison=stale).why == (
        "2 entries of the baseline match nothing any more: delete line 7 (AAA001 x), line 9 (B);"
        " readiness baseline --update does it",
    )
    unread = [SkippedFile("a.py", "it holds NUL bytes")]
    assert decide(CARD, [], Config(), comparison=change(), unread=unread).why == (
        "what this change brings in a.py (it holds NUL bytes) could not be judged",
    )
