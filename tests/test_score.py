"""The score's properties, and the figures that the design names."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.model import (
    Area,
    Confidence,
    Dimension,
    Finding,
    Location,
    Outcome,
    RuleSummary,
    Scorecard,
    Severity,
    State,
    Verdict,
)
from readiness.rule import count_quality, ratio_quality
from readiness.score import Sheet, evaluate

RULES = tuple(
    RuleSummary(
        id=f"AAA{number:03}",
        name=f"rule-{number}",
        dimension=list(Dimension)[number % 6],
        area=Area.CLUTTER,
        severity=list(Severity)[number % 4],
        status="stable",
        since="0.1",
        summary="",
        why="",
        fix="",
    )
    for number in range(48)
)
SAME = tuple(rule for rule in RULES if rule.dimension is Dimension.CLEANUP)


def card(
    outcomes: list[Outcome], findings: list[Finding] | None = None, **options: object
) -> Scorecard:
    sheet = Sheet(tuple(outcomes), tuple(findings or ()))
    settings = {"lines_covered": 1.0, "target": 9.0, "profile": "service", "owned": True}
    waived = options.pop("waived", sheet)
    return evaluate(RULES, sheet, waived, **(settings | options))  # type: ignore[arg-type]


def cleanup(outcomes: list[Outcome], findings: list[Finding] | None = None) -> float:
    value = card(outcomes, findings).dimensions[0].value
    assert value is not None
    return value


def failed(severity: Severity, rule: str = "AAA000") -> Outcome:
    return Outcome(rule, State.MEASURED, 0.0, severity)


def finding(rule: str, severity: Severity, key: str = "", cause: str = "") -> Finding:
    return Finding(rule, Location("x.py"), "", severity, Confidence.HIGH, key=key, cause=cause)


outcomes = st.lists(
    st.builds(
        Outcome,
        rule=st.sampled_from([rule.id for rule in RULES]),
        state=st.sampled_from([State.MEASURED, State.MEASURED, State.UNKNOWN]),
        quality=st.floats(0, 1),
        severity=st.sampled_from(list(Severity)),
    ),
    unique_by=lambda outcome: outcome.rule,
)
findings = st.lists(
    st.builds(
        Finding,
        rule=st.sampled_from([rule.id for rule in RULES]),
        location=st.just(Location("x.py")),
        message=st.just(""),
        severity=st.sampled_from(list(Severity)),
        confidence=st.sampled_from(list(Confidence)),
        key=st.text("ab", max_size=3),
        cause=st.sampled_from(["", "one", "two"]),
    )
)


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([Severity.MEDIUM], 9.0),
        ([Severity.HIGH], 4.9),
        ([Severity.CRITICAL], 2.4),
        ([Severity.CRITICAL] * 3 + [Severity.HIGH] * 4, 0.6),
    ],
)
def test_missing_controls_cost_what_the_design_says(
    severities: list[Severity], expected: float
) -> None:
    failures = [failed(s, rule.id) for s, rule in zip(severities, SAME, strict=False)]
    assert cleanup(failures) == pytest.approx(expected, abs=0.1)


@given(outcomes, findings)
def test_the_ledger_adds_up_to_the_loss(given_: list[Outcome], open_: list[Finding]) -> None:
    for score in card(given_, open_).dimensions:
        if score.value is not None:
            units = sum(round(deduction.points * 10_000) for deduction in score.deductions)
            assert units == 100_000 - round(score.value * 10_000)


@given(outcomes, findings, st.randoms())
def test_order_changes_nothing(given_: list[Outcome], open_: list[Finding], random: object) -> None:
    before = card(given_, open_)
    random.shuffle(given_)  # type: ignore[attr-defined]
    random.shuffle(open_)  # type: ignore[attr-defined]
    assert card(given_, open_) == before


@given(outcomes, findings, st.integers(0, 47), st.floats(0, 1))
def test_a_better_quality_never_lowers_a_score(
    given_: list[Outcome], open_: list[Finding], position: int, better: float
) -> None:
    if position >= len(given_) or given_[position].quality > better:
        return
    old = given_[position]
    mended = [*given_]
    mended[position] = Outcome(old.rule, old.state, better, old.severity)
    before, after = card(given_, open_), card(mended, open_)
    assert (after.overall or 0) >= (before.overall or 0)


@given(findings, st.integers(0, 50))
def test_removing_a_finding_never_lowers_a_count(open_: list[Finding], position: int) -> None:
    fewer = open_[:position] + open_[position + 1 :]
    assert count_quality(fewer) >= count_quality(open_)


@given(outcomes, findings)
def test_a_rule_that_passes_changes_no_score_of_a_measured_dimension(
    given_: list[Outcome], open_: list[Finding]
) -> None:
    before = card(given_, open_)
    missing = [rule.id for rule in RULES if rule.id not in {outcome.rule for outcome in given_}]
    quiet = [rule for rule in missing if rule not in {finding.rule for finding in open_}]
    passing = [Outcome(rule, State.MEASURED) for rule in quiet]
    after = card([*given_, *passing], open_)
    for old, new in zip(before.dimensions, after.dimensions, strict=True):
        if old.value is not None:
            assert (new.value, new.deductions) == (old.value, old.deductions)


@given(outcomes, findings)
def test_what_is_unknown_widens_the_interval_and_never_moves_the_score(
    given_: list[Outcome], open_: list[Finding]
) -> None:
    for score in card(given_, open_).dimensions:
        if score.value is not None:
            assert score.interval is not None
            assert score.interval[0] <= score.value <= score.interval[1]


def test_a_sure_critical_finding_caps_its_dimension_and_the_cap_is_in_the_ledger() -> None:
    critical = finding("AAA000", Severity.CRITICAL)
    score = card([Outcome("AAA000", State.MEASURED, 0.9, Severity.CRITICAL)], [critical])
    assert score.dimensions[0].value == 3.9
    assert score.dimensions[0].cap_reason == "at most 3.9 while a sure critical finding is open"
    assert score.dimensions[0].deductions[0].points == 6.1
    assert score.dimensions[0].deductions[0].fingerprints == (critical.fingerprint,)


def test_the_overall_score_is_the_plain_mean_of_the_dimensions_that_apply() -> None:
    scored = card([failed(Severity.HIGH), Outcome("AAA001", State.MEASURED)])
    assert scored.overall == pytest.approx((10 * math.exp(-0.7) + 10) / 2, abs=1e-4)
    assert [score.value for score in scored.dimensions[2:]] == [None] * 4


def test_nothing_measured_is_nothing_to_assess_and_no_score() -> None:
    scored = card([])
    assert (scored.overall, scored.verdict) == (None, Verdict.NOTHING)


def test_all_controls_in_place_is_ready() -> None:
    assert card([Outcome(rule.id, State.MEASURED) for rule in RULES]).verdict is Verdict.READY


def test_one_critical_finding_is_not_ready_whatever_the_score() -> None:
    good = [Outcome(rule.id, State.MEASURED) for rule in RULES]
    assert card(good, [finding("AAA000", Severity.CRITICAL)]).verdict is Verdict.NOT_READY


def test_a_score_of_which_a_third_is_unmeasured_is_not_ready() -> None:
    good = [Outcome(rule.id, State.MEASURED) for rule in RULES[:32]]
    unknown = [Outcome(rule.id, State.UNKNOWN, severity=rule.severity) for rule in RULES[32:]]
    assert card([*good, *unknown]).verdict is Verdict.NOT_READY


def test_a_rule_that_was_not_asked_counts_as_unmeasured() -> None:
    good = [Outcome(rule.id, State.MEASURED) for rule in RULES]
    scored = card([outcome for outcome in good if outcome.rule != "AAA000"])
    assert scored.coverage.rules < 1
    assert scored.dimensions[0].coverage < 0.9
    assert scored.dimensions[0].interval != (10.0, 10.0)
    assert scored.verdict is Verdict.NOT_READY


@pytest.mark.parametrize("option", [{"complete": False}, {"lines_covered": 0.2}])
def test_what_nobody_looked_at_is_never_ready(option: dict[str, Any]) -> None:
    good = [Outcome(rule.id, State.MEASURED) for rule in RULES]
    assert card(good, **option).verdict is Verdict.NOT_READY


def test_rules_that_all_crashed_are_not_nothing_to_assess() -> None:
    unknown = [Outcome(rule.id, State.UNKNOWN, severity=rule.severity) for rule in RULES]
    assert card(unknown, complete=False).verdict is Verdict.NOT_READY


def test_owned_waivers_make_conditionally_ready_and_leave_the_raw_score() -> None:
    good = [Outcome(rule.id, State.MEASURED) for rule in RULES]
    bad = [failed(Severity.HIGH), *good[1:]]
    waived = Sheet(tuple(good), ())
    conditional = card(bad, waived=waived)
    assert conditional.verdict is Verdict.CONDITIONAL
    assert conditional.dimensions[0].value == 4.9659
    assert conditional.with_waivers == 10
    assert card(bad, waived=waived, owned=False).verdict is Verdict.NOT_READY


def test_findings_of_one_cause_count_once() -> None:
    repeated = [finding("AAA000", Severity.CRITICAL, key=str(n), cause="one") for n in range(40)]
    assert count_quality(repeated) == count_quality(repeated[:1])
    assert count_quality([*repeated, finding("AAA000", Severity.LOW)]) < count_quality(repeated)


def test_a_ratio_is_zero_where_the_share_reaches_its_limit() -> None:
    assert [ratio_quality(share, 0.4) for share in (0, 0.2, 0.4, 0.8)] == [1, 0.5, 0, 0]
