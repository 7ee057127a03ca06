"""Text: the scorecard in a terminal, the ten costliest causes, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.model import Report, Score, Severity, Speaks, State, Verdict
from readiness.score import READY_COVERAGE, READY_LINES

from ._change import change
from ._costs import Cost, costs
from ._terminal import (
    WIDTH,
    Paint,
    bar,
    columns,
    count,
    fit,
    floored,
    heading,
    incomplete,
    place,
    safe,
    waiver_note,
    wrapped,
)

MOST = 10
_INDENT = 11
_LONGEST = 44  # columns of a path in a title
_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")


def render(report: Report, *, colour: bool = False) -> str:
    """The scorecard in at most 100 columns, or what is new, where that was asked; `colour` adds
    terminal colours as a second sign."""
    paint = Paint(colour)
    if report.comparison is None:
        return "\n".join(scorecard(report, paint)) + "\n"
    return "\n".join([*change(report, paint), *incomplete(report)]) + "\n"


def scorecard(report: Report, paint: Paint) -> Iterator[str]:
    """The scorecard's lines."""
    card = report.scorecard
    yield heading(report, paint)
    if card.verdict is Verdict.NOTHING:
        yield f"  nothing to assess{_emptiness(report)}"
        yield from incomplete(report)
        return
    entries = costs(report)
    if card.verdict is Verdict.READY:
        apart = [score.dimension.label for score in card.dimensions if score.value is None]
        which = f" but {' and '.join(apart)}, which cannot be assessed," if apart else ""
        yield from wrapped(
            f"every dimension{which} reaches {card.target:g}; {_coverage(report)}", "  "
        )
    else:
        yield ""
        for score in card.dimensions:
            yield _dimension(score, entries, report, paint)
        yield from wrapped(
            f"target {card.target:g} each · measured: {_coverage(report)}", "  ", "    "
        )
    yield from _why_not_ready(report)
    yield from incomplete(report)
    yield from _costliest(entries, paint)
    if not report.gate.passed and report.comparison is None:
        yield ""
        for reason in report.gate.why:
            yield from wrapped(f"gate failed: {reason}", "", "  ")
    if entries:
        yield ""
        explain = f"readiness explain {entries[0].rules[0]}"
        yield f"Next:  {explain:<30}  what it means and how to mend it"
        yield "       readiness audit --format full   every finding with its evidence"


def _why_not_ready(report: Report) -> Iterator[str]:
    """What stands in the way where the scores do not: a line, or none."""
    card = report.scorecard
    low = any(score.value is not None and score.value < card.target for score in card.dimensions)
    if card.verdict is not Verdict.NOT_READY or low:
        return
    narrow = [
        score.dimension.label
        for score in card.dimensions
        if score.value is not None and score.coverage < READY_COVERAGE
    ]
    critical = any(finding.severity is Severity.CRITICAL for finding in report.findings)
    reasons = (
        ("a critical finding is open", critical),
        ("a rule crashed", bool(report.rule_errors)),
        (f"too few rules judged {' and '.join(narrow)}", bool(narrow)),
        ("too few rules were asked", card.coverage.rules < READY_COVERAGE),
        (f"only {card.coverage.lines:.0%} of the source is understood", _foreign(report)),
        ("not all source was read", bool(report.skipped_files)),
    )
    why = next((text for text, holds in reasons if holds), "")
    if why:
        yield f"  not ready although every score reaches {card.target:g}: {why}"


def _foreign(report: Report) -> bool:
    return report.scorecard.coverage.lines < READY_LINES


def _emptiness(report: Report) -> str:
    if report.files:
        return ""
    if report.excluded:
        return f": all {count(report.excluded, 'file')} are excluded by the configuration"
    return ": no tracked files"


def _coverage(report: Report) -> str:
    card = report.scorecard
    notes = [
        f"{card.coverage.rules:.0%} of the rules",
        f"{card.coverage.lines:.0%} of the source lines (as a {card.profile})",
        waiver_note(card),
        f"{count(report.excluded, 'file')} excluded" if report.excluded else "",
    ]
    return ", ".join(note for note in notes if note)


def _dimension(score: Score, entries: list[Cost], report: Report, paint: Paint) -> str:
    label = score.dimension.label.ljust(17)
    if score.value is None:
        return f"  {label}  -  {_unmeasured(score, report)}"
    value = paint.score(floored(score.value).rjust(4), score.value, report.scorecard.target)
    lead = f"  {label}{value}  {bar(score.value)}  "
    room = WIDTH - (2 + 17 + 4 + 2 + 20 + 2)
    return lead + _reason(score, entries, room)


def _reason(score: Score, entries: list[Cost], room: int) -> str:
    """The dimension's dearest causes, as many as fit."""
    ours = {deduction.rule for deduction in score.deductions}
    text = ""
    for entry in entries:
        if score.dimension in entry.dimensions and ours.intersection(entry.rules):
            title = _brief(entry.title)
            longer = f"{text}; {title}" if text else title
            if text and columns(longer) > room:
                break
            text = longer
    return fit_end(text or "nothing found", room)


def fit_end(text: str, width: int) -> str:
    """`text` cut at its end, at a word where one is near."""
    if columns(text) <= width:
        return text
    cut = text[: width - 1]
    head, _, tail = cut.rpartition(" ")
    return (head if head and len(tail) < 15 else cut).rstrip(" ,;:") + "…"


def _unmeasured(score: Score, report: Report) -> str:
    ours = {rule.id for rule in report.rules if rule.dimension is score.dimension}
    if not ours:
        return "not asked: no selected rule speaks of it"
    reasons = [o.reason for o in report.outcomes if o.rule in ours and o.reason]
    unknown = any(o.state is State.UNKNOWN for o in report.outcomes if o.rule in ours)
    word = "could not be measured" if unknown else "does not apply"
    return fit_end(f"{word}: {safe(reasons[0])}" if reasons else word, WIDTH - 24)


def _costliest(entries: list[Cost], paint: Paint) -> Iterator[str]:
    shown = [entry for entry in entries if entry.points >= 0.005][:MOST]
    if not shown:
        return
    yield ""
    yield paint.bold("What costs most") + paint.dim("  (points of the overall score)")
    for number, entry in enumerate(shown, 1):
        points = f"-{entry.points:.2f}".rjust(5)
        title = _brief(entry.title) + (" (waived)" if entry.waived else "")
        first, *rest = wrapped(title, " " * _INDENT) or [""]
        yield f" {number:2} {points}  {first.lstrip()}"
        if rest:
            yield " " * _INDENT + fit_end(" ".join(map(str.strip, rest)), WIDTH - _INDENT)
        yield paint.dim(" " * _INDENT + _where(entry))
    hidden = len([entry for entry in entries if entry.points >= 0.005]) - len(shown)
    if hidden > 0:
        yield f"     and {count(hidden, 'smaller cause')}"


def _brief(title: str) -> str:
    """A title whose long paths are cut in their middle, so that its verb is seen."""
    return _LONG.sub(lambda word: fit(word[0], _LONGEST), safe(title))


def _where(entry: Cost) -> str:
    """The rules and the first place, and the first evidence that speaks for it if it fits."""
    parts = ["+".join(entry.rules)]
    if entry.findings:
        first = entry.findings[0]
        parts.append(fit(place(first.location), 50))
        more = len({finding.location.path for finding in entry.findings}) - 1
        if more > 0:
            parts.append(f"and {count(more, 'other place')}")
        evidence = next((e for e in first.evidence if e.speaks is Speaks.FOR), None)
        room = WIDTH - _INDENT - columns(" · ".join(filter(None, (*parts, ""))))
        if evidence and room >= 20:
            parts.append(fit_end(safe(evidence.summary), room))
    return fit_end(" · ".join(part for part in parts if part), WIDTH - _INDENT)
