"""The audit as Markdown of a bounded size: for comments, step summaries and mail."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Comparison, Finding, Location, Report, Score, Verdict

from ._costs import Cost, costs
from ._links import moment, permalink
from ._markdown import code, text
from ._stories import Tale, chapters, tales
from ._terminal import count, floored, place, waiver_note

TOP = 5
_OWNERS = 20
_NEW = 20
_SKIPPED = 10
_CLOSING = 200  # bytes kept for what ends the text


def digest(report: Report, *, limit: int, chapters_of: int, opened: bool) -> str:
    """Scores, what costs most, then the findings as `tales`, as many as `limit` bytes hold: how
    many more there are is said. A story tells at most `chapters_of` of its places; `opened`
    findings are seen without a click.
    """
    lines = list(_head(report))
    room = limit - _CLOSING
    kept = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    if report.findings and room > 0:
        kept += _findings(report, room, chapters_of, opened)
    return "\n".join(kept) + "\n"


def _head(report: Report) -> Iterator[str]:
    """What is said of the whole."""
    card = report.scorecard
    score = "" if card.overall is None else f", {floored(card.overall)} / 10"
    week = report.history.delta(1) if report.history else None
    change = f" ({_signed(week.overall)} in a week)" if week and week.overall is not None else ""
    yield f"## readiness: {card.verdict}{score}{change}"
    yield ""
    yield _what(report)
    yield ""
    for why in report.gate.why:
        yield f"**Gate failed:** {text(why)}"
        yield ""
    if report.comparison:
        yield from _news(report, report.comparison)
    if card.verdict is not Verdict.NOTHING:
        yield from _scores(report)
    yield from _incomplete(report)
    yield from _costliest(report)
    yield from _owners(report)


def _news(report: Report, comparison: Comparison) -> Iterator[str]:
    """What the change brings; what was there before is not its author's."""
    new = [news for news in comparison.new if news.counts]
    others = [news for news in comparison.new if not news.counts]
    told = [f"**{count(len(new), 'new finding')}**"]
    if others:
        told.append(f"{count(len(others), 'new one that does', 'new ones that do')} not count")
    told.append(f"{len(comparison.fixed):,} fixed")
    yield f"{', '.join(told)}; {count(comparison.old, 'old one does', 'old ones do')} not count"
    yield ""
    for news in (new + others)[:_NEW]:
        why = f" ({text(news.why)})" if news.why else ""
        yield f"- **{news.finding.severity}** {_finding(report, news.finding)}{why}"
    if len(comparison.new) > _NEW:
        yield f"- +{len(comparison.new) - _NEW:,} more"
    if comparison.new:
        yield ""


def _scores(report: Report) -> Iterator[str]:
    card = report.scorecard
    week = report.history.delta(1) if report.history else None
    yield "| dimension | score | target |" + (" in a week |" if week else "")
    yield "|---|---:|---:|" + ("---:|" if week else "")
    for each in card.dimensions:
        change = f" {_signed(week.dimensions.get(each.dimension))} |" if week else ""
        missed = " (missed)" if each.value is not None and each.value < card.target else ""
        yield f"| {each.dimension.label} | {_score(each)} | {card.target:g}{missed} |{change}"
    yield ""
    if week:
        yield (
            f"since {moment(week.at)[:10]}: {len(week.fixed):,} fixed, {len(week.new):,} new,"
            f" {len(week.reopened):,} reopened"
        )
        yield ""
    yield _sure(report)
    yield ""


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change:+.1f}"


def _what(report: Report) -> str:
    name = code(report.repository)
    if report.commit is None:
        return f"{name}, no commit yet: {count(report.files, 'file')}"
    local = ", with local changes" if report.dirty else ""
    day = f" of {moment(report.committed_at)[:10]}" if report.committed_at else ""
    return f"{name} at {code(report.commit[:7])}{day}{local}: {count(report.files, 'file')}"


def _score(score: Score) -> str:
    return "-" if score.value is None else floored(score.value)


def _sure(report: Report) -> str:
    card = report.scorecard
    notes = [
        f"measured: {card.coverage.rules:.0%} of the rules",
        f"{card.coverage.lines:.0%} of the source lines (as a {card.profile})",
        waiver_note(card),
    ]
    return ", ".join(note for note in notes if note)


def _incomplete(report: Report) -> Iterator[str]:
    notes = [
        f"incomplete: rule {text(error.rule)} crashed: {text(error.error)}"
        for error in report.rule_errors
    ]
    if report.skipped_files:
        shown = "; ".join(
            f"{code(skipped.path)} ({text(skipped.reason)})"
            for skipped in report.skipped_files[:_SKIPPED]
        )
        more = len(report.skipped_files) - _SKIPPED
        number = count(len(report.skipped_files), "file was", "files were")
        notes.append(f"{number} not read: {shown}" + (f"; +{more:,} more" if more > 0 else ""))
    notes += [
        f"{_where(report, stale.location)}: {text(stale.message)}" for stale in report.stale_waivers
    ]
    if notes:
        yield from (f"- {note}" for note in notes)
        yield ""


def _costliest(report: Report) -> Iterator[str]:
    entries = [entry for entry in costs(report) if entry.points >= 0.005]
    if not entries:
        return
    yield "### What costs most"
    yield ""
    for number, entry in enumerate(entries[:TOP], 1):
        yield f"{number}. **-{entry.points:.2f}** {_cost(entry)}"
    if len(entries) > TOP:
        yield ""
        yield f"and {count(len(entries) - TOP, 'smaller cause')} (points of the overall score)"
    yield ""


def _cost(entry: Cost) -> str:
    """A cause with what follows from it, where that is known."""
    told = text(entry.title) + (" (waived)" if entry.waived else "")
    cause = entry.findings[0].cause if entry.findings else ""
    if len(entry.rules) > 1 and cause and entry.title == cause:
        steps = [
            text(finding.message) + (f" (and {more:,} more)" if more else "")
            for finding, more in chapters(Tale(entry.findings, cause))
        ]
        told = " → ".join((told, *steps))
    return f"{told} · {', '.join(entry.rules)}"


def _owners(report: Report) -> Iterator[str]:
    """Per owner what is open and what it gains; nobody is called."""
    if not report.owners:
        return
    yield "### Owners"
    yield ""
    yield "| owner | open | gains |"
    yield "|---|---:|---:|"
    for owner in report.owners[:_OWNERS]:
        name = code(owner.name).replace("|", "\\|") if owner.name else "nobody"
        gain = "-" if owner.gain is None else f"{owner.gain:+.2f}"
        yield f"| {name} | {len(owner.fingerprints):,} | {gain} |"
    if len(report.owners) > _OWNERS:
        yield ""
        yield f"+{len(report.owners) - _OWNERS:,} more"
    yield ""


def _findings(report: Report, room: int, chapters_of: int, opened: bool) -> Iterator[str]:
    told = tales(report)
    groups = f", {count(len(told), 'cause')}" if len(told) < len(report.findings) else ""
    title = f"{count(len(report.findings), 'open finding')}{groups}"
    begin = f"### {title}" if opened else f"<details><summary>{title}</summary>"
    yield from (begin, "")
    room -= len(begin) + 2
    left = len(report.findings)
    for tale in told:
        lines = list(_tale(report, tale, chapters_of))
        room -= sum(len(line.encode()) + 1 for line in lines)
        if room < 0:
            break
        left -= len(tale.findings)
        yield from lines
    if left:
        yield from ("", f"+{left:,} more: `readiness audit --format full`")
    if not opened:
        yield from ("", "</details>")


def _tale(report: Report, tale: Tale, chapters_of: int) -> Iterator[str]:
    if len(tale.findings) == 1:
        yield f"- **{tale.worst.severity}** {_finding(report, tale.worst)}"
        return
    number = count(len(tale.findings), "finding")
    yield f"- **{tale.worst.severity}** {text(tale.cause)} ({number})"
    for finding in tale.findings[:chapters_of]:
        yield f"  - {_finding(report, finding)}"
    more = len(tale.findings) - chapters_of
    if more > 0:
        yield f"  - +{more:,} more"


def _finding(report: Report, finding: Finding) -> str:
    """The place, and what is said of it; a message that begins with the path does not repeat it."""
    where, path, message = _where(report, finding.location), finding.location.path, finding.message
    if path and message.startswith((f"{path} ", f"{path}: ")):
        message = message[len(path) :].lstrip(": ")
    seen = report.history.first_seen.get(finding.fingerprint) if report.history else None
    since = f" · since {moment(seen)[:10]}" if seen else ""
    return f"{where}{' ' if where else ''}{text(message)} · {finding.rule}{since}"


def _where(report: Report, location: Location) -> str:
    """A place as code, linked where the remote is known."""
    if location.path is None:
        return ""
    shown = code(place(location))
    address = permalink(report, location)
    return f"[{shown}]({address})" if address else shown
