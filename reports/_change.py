"""What a change, or a repository against its baseline, brings: each new finding as a short text."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Comparison, News, Report, RuleSummary, ScoreStep, Speaks

from ._terminal import Paint, count, floored, place, safe, wrapped

MOST = 20
_EVIDENCE = 3


def change(report: Report, paint: Paint) -> Iterator[str]:
    """The lines on what is new and what is not; none where nothing was compared."""
    comparison = report.comparison
    if comparison is None:
        return
    rules = {rule.id: rule for rule in report.rules}
    failing = [news for news in comparison.new if news.counts]
    others = [news for news in comparison.new if not news.counts]
    yield paint.bold(headline(comparison, len(failing)))
    for news in failing[:MOST]:
        yield from _told(news, rules.get(news.finding.rule), paint)
    if len(failing) > MOST:
        yield f"  and {len(failing) - MOST:,} more: --format full or json"
    yield from _aside(comparison, others)
    yield from _scores(comparison)
    for reason in report.gate.why:
        yield from wrapped(f"gate failed: {reason}", "", "  ")
    if report.gate.passed:
        yield "gate passed"


def headline(comparison: Comparison, failing: int) -> str:
    new = f"{count(failing, 'new finding')}" if failing else "nothing new"
    old = comparison.old
    if not old:
        return f"{new}."
    one = old == 1
    return (
        f"{new}; {old:,} old {'one is' if one else 'ones are'} not yours and"
        f" {'does' if one else 'do'} not count."
    )


def _told(news: News, rule: RuleSummary | None, paint: Paint) -> Iterator[str]:
    """What is wrong, why we think so, what to do, and where to read more."""
    finding = news.finding
    where, path = place(finding.location), finding.location.path
    named = f"{where}: " if path and not finding.message.startswith(path) else ""
    yield from wrapped(f"{named}{finding.message}", "  ", "    ")
    if news.why:
        yield from wrapped(f"new, because {news.why}", "    ", "      ")
    shown = [each for each in finding.evidence if each.speaks is Speaks.FOR][:_EVIDENCE]
    for evidence in shown:
        there = place(evidence.location)
        at = f" ({there})" if there and there not in evidence.summary and there != where else ""
        yield from wrapped(f"because {evidence.summary}{at}", "    ", "      ")
    if rule is not None:
        yield from wrapped(f"{rule.fix}", "    ", "    ")
        told = f"{rule.id} {rule.name}, {finding.severity}; readiness explain {rule.id}"
        yield paint.dim(f"    {told}")


def _aside(comparison: Comparison, others: list[News]) -> Iterator[str]:
    """What is new and does not count, what is gone, and what only moved."""
    notes = []
    if others:
        least = ", ".join(sorted({safe(news.finding.rule) for news in others}))
        notes.append(f"{count(len(others), 'new finding')} too small or unsure to count ({least})")
    if comparison.waived:
        notes.append(f"{comparison.waived:,} new under a waiver of the base")
    if comparison.fixed:
        notes.append(f"{len(comparison.fixed):,} mended")
    if comparison.moved:
        notes.append(f"{comparison.moved:,} moved")
    if notes:
        yield from wrapped("Also: " + "; ".join(notes) + ".", "", "  ")


def _scores(comparison: Comparison) -> Iterator[str]:
    """The dimensions whose score, as it is shown, is another one now."""
    if not comparison.scores:
        return
    changed = [step for step in comparison.scores if _shown(step.before) != _shown(step.after)]
    if not changed:
        yield "Scores: unchanged."
        return
    told = [_step(step) for step in changed]
    rest = "" if len(changed) == len(comparison.scores) else ", the others unchanged"
    yield from wrapped(f"Scores: {', '.join(told)}{rest}.", "", "  ")


def _step(step: ScoreStep) -> str:
    return f"{step.dimension.label} {_shown(step.before)} -> {_shown(step.after)}"


def _shown(value: float | None) -> str:
    return "-" if value is None else floored(value)
