"""GitHub: workflow commands that annotate a run, the worst first, within what a step may show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from readiness.model import Report

from ._links import anchor, on_disk
from ._severity import LEVEL
from ._stories import Tale, tales
from ._terminal import count, floored, safe

MOST = 10  # of one kind that are shown of a step


def render(report: Report, *, colour: bool = False) -> str:
    """One line for each annotation; the last one says how many findings are not shown."""
    names = {rule.id: rule.name for rule in report.rules}
    room = defaultdict(lambda: MOST, {"notice": MOST - 1})
    lines = []
    for why in islice(_failures(report), MOST // 2):
        room["error"] -= 1
        lines.append(_command("error", why, title="readiness"))
    hidden = 0
    for tale in tales(_asked(report)):
        kind = LEVEL[tale.worst.severity].replace("note", "notice")
        if room[kind] > 0:
            room[kind] -= 1
            lines.append(_annotation(tale, kind, f"{tale.worst.rule} {names[tale.worst.rule]}"))
        else:
            hidden += len(tale.findings)
    lines.append(_command("notice", _summary(report, hidden), title="readiness"))
    return "\n".join(lines) + "\n"


def _asked(report: Report) -> Report:
    """What a change brings, where that was asked; what was there before is nobody's news."""
    if report.comparison is None:
        return report
    new = tuple(news.finding for news in report.comparison.new)
    return replace(report, findings=new)


def _failures(report: Report) -> Iterator[str]:
    """What is wrong with the whole."""
    yield from (f"gate failed: {why}" for why in report.gate.why)
    for error in report.rule_errors:
        yield f"incomplete: rule {error.rule} crashed: {error.error}"


def _annotation(tale: Tale, kind: str, title: str) -> str:
    """A finding at its place; of several with one cause the worst."""
    text = tale.worst.message
    if tale.cause:
        text = f"{tale.cause} ({count(len(tale.findings), 'finding')}), here: {text}"
    place = anchor(tale.worst)
    if place is None or place.path is None:
        return _command(kind, text, title=title)
    line = str(place.line or 1)
    end = str(place.end_line or line)
    return _command(kind, text, file=on_disk(place.path), line=line, endLine=end, title=title)


def _summary(report: Report, hidden: int) -> str:
    card = report.scorecard
    score = "" if card.overall is None else f", {floored(card.overall)} / 10"
    told = f"{card.verdict}{score}, {count(len(report.findings), 'open finding')}"
    if report.comparison:
        told += f", {len(report.comparison.new):,} of them new"
    return told + (f"; +{hidden:,} more than are shown here" if hidden else "")


def _command(kind: str, text: str, **properties: str) -> str:
    """A workflow command; paths go as they are, whatever else is untrusted goes visibly."""
    listed = ",".join(
        f"{name}={_escape(value, in_property=True)}" for name, value in properties.items()
    )
    return f"::{kind} {listed}::{_escape(safe(text))}"


def _escape(text: str, *, in_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text
