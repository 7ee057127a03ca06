"""Full: the scorecard, then every finding with its evidence for and against."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Evidence, Finding, Report, RuleSummary, Speaks, Verdict, Waived

from ._change import change
from ._terminal import WIDTH, Paint, columns, count, place, safe, wrapped
from .text import scorecard

_LABEL = 11
_SURE = {"high": "sure", "medium": "likely", "low": "perhaps"}


def render(report: Report, *, colour: bool = False) -> str:
    """The scorecard and all findings, waived ones last, in 100 columns where words allow."""
    paint = Paint(colour)
    lines = list(change(report, paint))
    lines += [""] if lines else []
    lines += scorecard(report, paint)
    rules = {rule.id: rule for rule in report.rules}
    if report.stories:
        lines += ["", paint.bold("Findings with one cause")]
        for story in report.stories:
            number = count(len(story.fingerprints), "finding")
            lines += wrapped(f"{story.cause} ({number})", "  ", "    ")
    for finding in report.findings:
        lines += ["", *_finding(finding, rules[finding.rule], paint)]
    for waived in report.waived:
        lines += ["", *_finding(waived.finding, rules[waived.finding.rule], paint)]
        lines += _labelled("waived", _answer(waived), "")
    if not report.findings and report.scorecard.verdict is not Verdict.NOTHING:
        lines += ["", "no open findings"]
    return "\n".join(lines) + "\n"


def _answer(waived: Waived) -> str:
    """Who answers for a finding, until when and why."""
    owner = f"by {waived.owner}" if waived.owner else ""
    until = f"until {waived.until}" if waived.until else ""
    who = " ".join(part for part in (owner, until) if part)
    return f"{who}: {waived.reason}" if who else waived.reason


def _finding(finding: Finding, rule: RuleSummary, paint: Paint) -> Iterator[str]:
    sure = _SURE[finding.confidence]
    yield (
        f"{paint.bold(f'{rule.id} {rule.name}')} · {rule.dimension.label} · "
        f"{finding.severity}, {sure} · {finding.fingerprint}"
    )
    yield from wrapped(finding.message, "")
    if finding.location.path:
        yield f"  at       {place(finding.location)}"
    for speaks in Speaks:
        label: str = speaks
        for evidence in finding.evidence:
            if evidence.speaks is speaks:
                yield from _evidence(label, evidence)
                label = ""
    others = [path for path in finding.subjects if path != finding.location.path]
    if others:
        shown = ", ".join(others[:5])
        more = f" and {len(others) - 5:,} more" if len(others) > 5 else ""
        yield from _labelled("with", shown + more, "")
    yield from _labelled("do", rule.fix, "")


def _evidence(label: str, evidence: Evidence) -> Iterator[str]:
    yield from _labelled(label, evidence.summary, place(evidence.location))


def _labelled(label: str, text: str, where: str) -> Iterator[str]:
    """A label, its text, and a place at the right where the line has room for it."""
    lines = wrapped(text, "  " + label.ljust(_LABEL - 2), " " * _LABEL)
    if where and lines:
        gap = WIDTH - columns(lines[-1]) - columns(where)
        if gap >= 2:
            lines[-1] += " " * gap + where
        else:
            lines.append(" " * _LABEL + safe(where))
    yield from lines
