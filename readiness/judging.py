"""Judging: what the rules say of an index, and how well the repository stands by each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from readiness.index import RepoIndex
from readiness.model import Finding, Outcome, RuleError, State
from readiness.rule import Rule

_NO_FILES = "there are no files to judge"


class Judgement(Struct, frozen=True):
    """What the rules say of one index: findings worst first, one outcome a rule, the crashes."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    errors: tuple[RuleError, ...]


def judge(index: RepoIndex, rules: Sequence[Rule]) -> Judgement:
    """Runs every rule; one that raises becomes an error and an unknown outcome, never a pass."""
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    errors: list[RuleError] = []
    for rule in rules:
        try:
            found, outcome = _judge_one(index, rule)
        except Exception as error:  # a third party's rule may raise anything
            text = f"{type(error).__name__}: {error}"
            errors.append(RuleError(rule.id, text))
            found, outcome = [], Outcome(rule.id, State.UNKNOWN, 0.0, rule.severity, text)
        findings += found
        outcomes.append(outcome)
    return Judgement(sort_findings(findings), tuple(outcomes), tuple(errors))


def redacted(judgement: Judgement) -> Judgement:
    """The judgement without secrets in what rules quote; they were not looked for before."""
    from readiness.secrets import redact

    findings, outcomes = judgement.findings, judgement.outcomes
    quotes = {finding.message for finding in findings} | {finding.cause for finding in findings}
    quotes |= {evidence.summary for finding in findings for evidence in finding.evidence}
    quotes |= {outcome.reason for outcome in outcomes}
    end = "\n\0\n"  # no text holds it, and all together are searched in the time of a few
    texts = sorted(quotes)
    shown = dict(zip(texts, redact(end.join(texts)).split(end), strict=True))
    replace = msgspec.structs.replace
    return Judgement(
        tuple(
            replace(
                finding,
                message=shown[finding.message],
                cause=shown[finding.cause],
                evidence=tuple(
                    replace(evidence, summary=shown[evidence.summary])
                    for evidence in finding.evidence
                ),
            )
            for finding in findings
        ),
        tuple(replace(outcome, reason=shown[outcome.reason]) for outcome in outcomes),
        judgement.errors,
    )


def _judge_one(index: RepoIndex, rule: Rule) -> tuple[list[Finding], Outcome]:
    reason = rule.applies(index) if index.files else _NO_FILES
    if reason is not None:
        return [], Outcome(rule.id, State.NOT_APPLICABLE, 1.0, rule.severity, reason)
    found = list(rule.check(index))
    return found, rule.measure(index, found)


def without_waived(
    judgement: Judgement, index: RepoIndex, rules: Sequence[Rule], active: Sequence[Finding]
) -> Judgement:
    """The judgement without the findings that someone answers for."""
    left: dict[str, list[Finding]] = defaultdict(list)
    for finding in active:
        left[finding.rule].append(finding)
    before = Counter(finding.rule for finding in judgement.findings)
    outcomes: list[Outcome] = []
    errors = list(judgement.errors)
    for rule, outcome in zip(rules, judgement.outcomes, strict=True):
        if before[rule.id] != len(left[rule.id]):
            try:
                outcome = rule.measure(index, left[rule.id])
            except Exception as error:
                errors.append(RuleError(rule.id, f"{type(error).__name__}: {error}"))
        outcomes.append(outcome)
    return Judgement(tuple(active), tuple(outcomes), tuple(errors))


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst and surest first, then by rule, path, line and key: the same order in every run."""
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                finding.severity.rank,
                finding.confidence.rank,
                finding.rule,
                finding.location.path or "",
                finding.location.line or 0,
                finding.key,
            ),
        )
    )
