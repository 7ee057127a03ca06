"""JSON: the contract that other programs read (schema_version 1); sorted, without time stamps."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from readiness.model import (
    Comparison,
    Evidence,
    Finding,
    Report,
    RuleSummary,
    Score,
    StaleWaiver,
    Waived,
)

from ._terminal import INVISIBLE

_DIGITS = 4
_ESCAPED = re.compile(f"[{INVISIBLE}]")


def render(report: Report, *, colour: bool = False) -> str:
    """The report as indented JSON, one trailing newline; `colour` changes nothing."""
    return encode(document(report))


def encode(document: dict[str, Any]) -> str:
    """Indented JSON in which no character is invisible: the same to any reader."""
    return visible(msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n")


def visible(text: str) -> str:
    """JSON in which no character is invisible."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def document(report: Report) -> dict[str, Any]:
    """The report as JSON's plain values."""
    rules = {rule.id: rule for rule in report.rules}
    card = report.scorecard
    compared = {"comparison": _comparison(report.comparison)} if report.comparison else {}
    return {
        "schema_version": report.schema_version,
        "tool_version": report.tool_version,
        "repository": report.repository,
        "remote": report.remote,
        "commit": report.commit,
        "dirty": report.dirty,
        "config_digest": report.config_digest,
        "model_version": card.model_version,
        "scorecard": {
            "overall": card.overall,
            "with_waivers": card.with_waivers,
            "verdict": card.verdict,
            "profile": card.profile,
            "target": card.target,
            "coverage": {"rules": card.coverage.rules, "lines": card.coverage.lines},
            "interval": card.interval,
            "dimensions": [_dimension(score) for score in card.dimensions],
        },
        "findings": [_finding(finding, rules[finding.rule]) for finding in report.findings],
        "outcomes": [
            {
                "rule": outcome.rule,
                "state": outcome.state,
                "quality": round(outcome.quality, _DIGITS),
                "reason": outcome.reason,
            }
            for outcome in report.outcomes
        ],
        "stories": [
            {"cause": story.cause, "fingerprints": story.fingerprints} for story in report.stories
        ],
        "waived": [_waived(waived, rules[waived.finding.rule]) for waived in report.waived],
        "stale_waivers": [_stale(stale) for stale in report.stale_waivers],
        "rule_errors": [{"rule": error.rule, "error": error.error} for error in report.rule_errors],
        "skipped_files": [
            {"path": skipped.path, "reason": skipped.reason} for skipped in report.skipped_files
        ],
        "gate": {"passed": report.gate.passed, "why": report.gate.why},
        **compared,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "base": comparison.base,
        "new": [
            {"fingerprint": news.finding.fingerprint, "why": news.why, "counts": news.counts}
            for news in comparison.new
        ],
        "fixed": [finding.fingerprint for finding in comparison.fixed],
        "old": comparison.old,
        "moved": comparison.moved,
        "waived": comparison.waived,
        "scores": [
            {"dimension": step.dimension, "before": step.before, "after": step.after}
            for step in comparison.scores
        ],
    }


def _dimension(score: Score) -> dict[str, Any]:
    return {
        "dimension": score.dimension,
        "value": score.value,
        "with_waivers": score.with_waivers,
        "cap_reason": score.cap_reason,
        "coverage": score.coverage,
        "interval": score.interval,
        "deductions": [
            {
                "rule": deduction.rule,
                "points": deduction.points,
                "fingerprints": deduction.fingerprints,
            }
            for deduction in score.deductions
        ],
    }


def _finding(finding: Finding, rule: RuleSummary) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": rule.name,
        "dimension": rule.dimension,
        "area": rule.area,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "path": finding.location.path,
        "line": finding.location.line,
        "message": finding.message,
        "fingerprint": finding.fingerprint,
        "subjects": sorted(finding.subjects),
        "evidence": [evidence(each) for each in finding.evidence],
    }


def evidence(each: Evidence) -> dict[str, Any]:
    """One piece of evidence as JSON's plain values."""
    return {
        "summary": each.summary,
        "path": each.location.path,
        "line": each.location.line,
        "speaks": each.speaks,
    }


def _waived(waived: Waived, rule: RuleSummary) -> dict[str, Any]:
    document = _finding(waived.finding, rule)
    return document | {"owner": waived.owner, "reason": waived.reason, "until": waived.until}


def _stale(stale: StaleWaiver) -> dict[str, Any]:
    return {
        "path": stale.location.path,
        "line": stale.location.line,
        "message": stale.message,
    }
