"""The one orchestrator: snapshot -> facts -> index -> rules -> score -> report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.model import Finding, Outcome, RuleError, State
from readiness.rule import Rule


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


def _judge_one(index: RepoIndex, rule: Rule) -> tuple[list[Finding], Outcome]:
    reason = rule.applies(index)
    if reason is not None:
        return [], Outcome(rule.id, State.NOT_APPLICABLE, 1.0, rule.severity, reason)
    found = list(rule.check(index))
    return found, rule.measure(index, found)


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
