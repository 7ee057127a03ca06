"""The score: outcomes of rules -> a scorecard in which every lost point is traced to findings.

The model, its constants and what each is for are described in docs/calibration.md. Points are kept
in whole ten-thousandths, so that the ledger adds up exactly and the bytes are the same everywhere.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from readiness.model import (
    Confidence,
    Coverage,
    Deduction,
    Dimension,
    Finding,
    Outcome,
    RuleSummary,
    Score,
    Scorecard,
    Severity,
    State,
    Verdict,
)

MODEL_VERSION = "2026.1"
WEIGHT = {
    Severity.CRITICAL: 1.00,
    Severity.HIGH: 0.50,
    Severity.MEDIUM: 0.07,
    Severity.LOW: 0.03,
    Severity.INFO: 0.0,
}
STEEPNESS = 1.4
CAPS = ((Severity.CRITICAL, 3.9), (Severity.HIGH, 6.9))
READY_COVERAGE = 0.9  # of the rules' weight, in all and in each dimension
READY_LINES = 0.25  # of the source lines: below it most of the software was not looked at
_UNIT = 10_000  # points are whole multiples of 1 / _UNIT


class Sheet(Struct, frozen=True):
    """One reading of the repository: the outcome of each rule and the findings that are open."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def evaluate(
    rules: Sequence[RuleSummary],
    raw: Sheet,
    waived: Sheet,
    *,
    lines_covered: float,
    target: float,
    profile: str,
    owned: bool,
    complete: bool = True,
) -> Scorecard:
    """The scorecard of one snapshot.

    `rules` are all that are installed: one without an outcome was not asked, and counts as not
    measured. `complete` says that no rule crashed and all source was read. `raw` counts every
    finding, `waived` only those that nobody answers for; `lines_covered` is the share of source
    lines that the evidence rules understand; `owned` says that every waiver names an owner,
    without which waivers never make a repository conditionally ready.
    """
    scored = {rule.id: rule for rule in rules if rule.status == "stable"}
    raw_scores = _scores(scored, raw)
    waived_scores = raw_scores if waived is raw else _scores(scored, waived)
    dimensions = tuple(
        Score(
            dimension=score.dimension,
            value=score.value,
            with_waivers=lenient.value,
            deductions=score.deductions,
            cap_reason=score.cap_reason,
            coverage=score.coverage,
            interval=score.interval,
        )
        for score, lenient in zip(raw_scores, waived_scores, strict=True)
    )
    coverage = Coverage(rules=_coverage(scored, raw.outcomes), lines=round(lines_covered, 4))
    return Scorecard(
        overall=_mean(score.value for score in raw_scores),
        with_waivers=_mean(score.value for score in waived_scores),
        verdict=_verdict(
            scored, raw, raw_scores, waived, waived_scores, coverage, target, owned, complete
        ),
        coverage=coverage,
        interval=_mean_interval(raw_scores),
        dimensions=dimensions,
        model_version=MODEL_VERSION,
        target=target,
        profile=profile,
    )


def _scores(rules: Mapping[str, RuleSummary], sheet: Sheet) -> list[Score]:
    return [_score(dimension, rules, sheet) for dimension in Dimension]


def _score(dimension: Dimension, rules: Mapping[str, RuleSummary], sheet: Sheet) -> Score:
    ours = [
        outcome
        for outcome in sorted(sheet.outcomes, key=lambda outcome: outcome.rule)
        if outcome.rule in rules and rules[outcome.rule].dimension is dimension
    ]
    measured = [outcome for outcome in ours if outcome.state is State.MEASURED]
    mine = {id_: rule for id_, rule in rules.items() if rule.dimension is dimension}
    unknown = _unknown(mine, ours)
    coverage = _coverage(mine, ours)
    if not measured:
        interval = (0.0, 10.0) if unknown and ours else None
        return Score(dimension, None, None, coverage=coverage, interval=interval)
    names = {outcome.rule for outcome in measured}
    findings = [finding for finding in sheet.findings if finding.rule in names]
    losses = {outcome.rule: _loss(outcome) for outcome in measured}
    free = _curve(losses.values())
    cap, severity = _cap(findings)
    value = min(cap, free)
    pessimistic = _curve([*losses.values(), *(WEIGHT[severity] for severity in unknown)])
    return Score(
        dimension=dimension,
        value=value / _UNIT,
        with_waivers=value / _UNIT,
        deductions=_ledger(losses, free, value, findings, severity),
        cap_reason=_cap_reason(cap, severity) if severity and free > cap else None,
        coverage=coverage,
        interval=(min(cap, pessimistic) / _UNIT, value / _UNIT),
    )


def _loss(outcome: Outcome) -> float:
    return WEIGHT[outcome.severity] * (1 - outcome.quality)


def _curve(losses: Iterable[float]) -> int:
    """10 * exp(-1.4 * root of the sum of squares), in units."""
    root = math.sqrt(math.fsum(loss * loss for loss in losses))
    return round(10 * math.exp(-STEEPNESS * root) * _UNIT)


def _cap(findings: Iterable[Finding]) -> tuple[int, Severity | None]:
    sure = {finding.severity for finding in findings if finding.confidence is Confidence.HIGH}
    for severity, cap in CAPS:
        if severity in sure:
            return round(cap * _UNIT), severity
    return 10 * _UNIT, None


def _cap_reason(cap: int, severity: Severity) -> str:
    return f"at most {cap / _UNIT:g} while a sure {severity} finding is open"


def _ledger(
    losses: Mapping[str, float],
    free: int,
    value: int,
    findings: Sequence[Finding],
    capping: Severity | None,
) -> tuple[Deduction, ...]:
    """The loss shared out by its squares; what a cap takes beyond goes to the rules that cap."""
    shares = _share(10 * _UNIT - free, {rule: loss * loss for rule, loss in losses.items()})
    if value < free:
        capped: dict[str, float] = defaultdict(float)
        for finding in findings:
            if finding.severity is capping and finding.confidence is Confidence.HIGH:
                capped[finding.rule] += 1.0
        for rule, units in _share(free - value, capped).items():
            shares[rule] = shares.get(rule, 0) + units
    fingerprints: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        fingerprints[finding.rule].append(finding.fingerprint)
    deductions = [
        Deduction(rule, units / _UNIT, tuple(sorted(fingerprints[rule])))
        for rule, units in shares.items()
        if units
    ]
    return tuple(sorted(deductions, key=lambda deduction: (-deduction.points, deduction.rule)))


def _share(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """`total` units in proportion to `weights`; what rounding leaves goes to the heaviest."""
    whole = math.fsum(weights.values())
    if not whole:
        return {}
    shares = {name: math.floor(total * weight / whole) for name, weight in weights.items()}
    heaviest = min(weights, key=lambda name: (-weights[name], name))
    shares[heaviest] += total - sum(shares.values())
    return shares


def _coverage(rules: Mapping[str, RuleSummary], outcomes: Iterable[Outcome]) -> float:
    """The share of the rules' weight that was measured, of those that may apply."""
    known = [outcome for outcome in outcomes if outcome.rule in rules]
    unknown = math.fsum(WEIGHT[severity] for severity in _unknown(rules, known))
    measured = math.fsum(
        WEIGHT[rules[outcome.rule].severity] for outcome in known if outcome.state is State.MEASURED
    )
    return round(measured / (measured + unknown), 4) if measured + unknown else 1.0


def _unknown(rules: Mapping[str, RuleSummary], outcomes: Sequence[Outcome]) -> list[Severity]:
    """The severity of each rule that could not be measured, or was not asked."""
    asked = {outcome.rule for outcome in outcomes if outcome.state is not State.UNKNOWN}
    return [rule.severity for id_, rule in sorted(rules.items()) if id_ not in asked]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(math.fsum(known) / len(known), 4) if known else None


def _mean_interval(scores: Sequence[Score]) -> tuple[float, float] | None:
    intervals = [score.interval for score in scores if score.interval]
    low = _mean(interval[0] for interval in intervals)
    high = _mean(interval[1] for interval in intervals)
    return None if low is None or high is None else (low, high)


def _verdict(
    rules: Mapping[str, RuleSummary],
    raw: Sheet,
    raw_scores: Sequence[Score],
    waived: Sheet,
    waived_scores: Sequence[Score],
    coverage: Coverage,
    target: float,
    owned: bool,
    complete: bool,
) -> Verdict:
    if all(score.value is None and score.interval is None for score in raw_scores):
        return Verdict.NOTHING
    narrow = any(
        score.value is not None and score.coverage < READY_COVERAGE for score in raw_scores
    )
    if narrow or coverage.rules < READY_COVERAGE or coverage.lines < READY_LINES or not complete:
        return Verdict.NOT_READY
    if _reaches(rules, raw, raw_scores, target):
        return Verdict.READY
    if owned and _reaches(rules, waived, waived_scores, target):
        return Verdict.CONDITIONAL
    return Verdict.NOT_READY


def _reaches(
    rules: Mapping[str, RuleSummary], sheet: Sheet, scores: Sequence[Score], target: float
) -> bool:
    critical = any(
        finding.severity is Severity.CRITICAL and finding.confidence is not Confidence.LOW
        for finding in sheet.findings
        if finding.rule in rules
    )
    return not critical and all(s.value is None or s.value >= target for s in scores)
