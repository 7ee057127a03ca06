"""The weekly page as Markdown: for chats, wikis, and mail readers that show no HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from readiness.model import Report

from ._decisions import Decision
from ._forecast import forecast
from ._markdown import code, text
from ._plan import WINDOWS, points
from ._terminal import count, floored
from ._weekly import POINTS, RISK, Line, Risk, Weekly, weekly
from ._words import day, efforts, shortened


def render(report: Report, *, colour: bool = False) -> str:
    """The leadership page; `colour` changes nothing."""
    return "\n".join(_lines(weekly(report))) + "\n"


def title(page: Weekly) -> str:
    """Name, verdict, score and its change, in one line."""
    return f"{page.report.repository}: {standing(page)}"


def standing(page: Weekly) -> str:
    """The verdict, the score and its change."""
    card = page.report.scorecard
    told = str(card.verdict)
    if card.overall is not None:
        told += f", {floored(card.overall)} / 10"
    if page.change is not None:
        told += f" ({changed(page.change)} this week)"
    return told


def changed(value: float | None) -> str:
    """+0.4, with a dash for what is unknown."""
    if value is None:
        return "–"
    return "±0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def sentence(page: Weekly) -> str:
    """What follows the title: blockers, distance to the target, plan, forecast."""
    told = "; ".join(part.text for part in page.headline)
    told = f"{told[:1].upper()}{told[1:]}."
    if page.report.scorecard.overall is None:
        return told
    blockers = count(len(page.blockers), "blocker") if page.blockers else "No blockers"
    return f"{blockers}. {told}"


def source(page: Weekly) -> str:
    """What the page speaks of: day and commit."""
    report = page.report
    parts = [page.day] if page.day else []
    parts += [f"commit {report.commit[:7]}"] if report.commit else ["no commit yet"]
    parts += ["with local changes"] if report.dirty else []
    return ", ".join(parts)


def _lines(page: Weekly) -> Iterator[str]:
    yield f"# {text(page.report.repository)}: {standing(page)}"
    yield ""
    yield text(sentence(page))
    yield ""
    yield f"{source(page)[:1].upper()}{source(page)[1:]}."
    parts = (
        ("Decisions asked", _decisions(page.decisions)),
        ("The six dimensions", _dimensions(page)),
        ("Top risks", _risks(page.risks)),
        ("What changed", _changes(page)),
        ("Forecast", _forecast(page)),
        ("Road map", _road_map(page)),
        ("How sure this is", _sure(page)),
    )
    for heading, lines in parts:
        if told := list(lines):
            yield from ("", f"## {heading}", "", *told)


def _decisions(decisions: Iterable[Decision]) -> Iterator[str]:
    for number, decision in enumerate(decisions, 1):
        yield f"{number}. **{text(decision.what)}**"
        for reason in decision.reasons:
            yield f"   - {f'{reason.name} ' if reason.name else ''}{text(reason.text)}"
        facts = [
            f"Options: {decision.options}",
            f"Effort: {decision.effort}",
            f"Owner: {decision.owner}" if decision.owner else "",
            f"When: {decision.when}",
            f"Gains: {gains(decision)}" if gains(decision) else "",
        ]
        yield f"   - {text('. '.join(filter(None, facts)))}"


def gains(decision: Decision) -> str:
    """What the decision gains, and how; "" where that is unknown or nothing."""
    if decision.gain is None or decision.gain < 0.05:
        return ""
    return f"{decision.gain:+.1f} points {decision.how}"


def _dimensions(page: Weekly) -> Iterator[str]:
    if page.report.scorecard.overall is None:
        return
    trend = page.report.history is not None and bool(page.report.history.deltas)
    owned = any(line.owner for line in page.lines)
    head = ["Dimension", "Score", "Target", *(["1 week", "4 weeks"] if trend else [])]
    head += ["What costs most", *(["Owner"] if owned else [])]
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' if each[0] in 'DWO' else '---:' for each in head)}|"
    for line in page.lines:
        yield f"| {' | '.join(_cells(line, page, trend=trend, owned=owned))} |"
    if page.owners:
        yield from ("", text(page.owners))


def _cells(line: Line, page: Weekly, *, trend: bool, owned: bool) -> Iterator[str]:
    yield line.score.dimension.label
    yield points(line.score.value)
    yield f"{page.report.scorecard.target:g}"
    if trend:
        yield from map(changed, line.changes)
    yield text(line.cause)
    if owned:
        yield text(line.owner)


def _risks(risks: Sequence[Risk]) -> Iterator[str]:
    for number, risk in enumerate(risks, 1):
        yield f"{number}. **{text(risk.rule.summary.rstrip('.'))}.** {text(risk.means)}"
        facts = [text(shortened(risk.title, RISK)), *map(text, about(risk))]
        yield f"   - {' · '.join(facts)}"
    if risks:
        yield from ("", POINTS)


def about(risk: Risk) -> Iterator[str]:
    """The figures of a risk, each in a few words."""
    number = count(len(risk.cost.findings), "finding costs", "findings cost")
    yield f"{number} {risk.cost.points:.2f} points"
    if risk.gain is not None and risk.gain >= 0.005:
        yield f"+{risk.gain:.2f} if mended"
    if risk.since:
        yield f"since {risk.since}"
    if risk.owner:
        yield f"owner {risk.owner}"
    if risk.actions:
        names = [action.id for action in risk.actions]
        yield f"plan {' '.join(names[:5])}{' …' if len(names) > 5 else ''}"


def _changes(page: Weekly) -> Iterator[str]:
    if page.week is not None:
        week = page.week
        yield (
            f"- {len(week.fixed)} fixed, {len(week.new)} new, {len(week.reopened)} reopened "
            f"against a week ago, when the latest commit was {code(week.commit[:7])} "
            f"of {day(week.at)}"
        )
    for waived in page.expiring:
        who = f"; {waived.owner} answers for it" if waived.owner else ""
        path = f" for {waived.finding.location.path}" if waived.finding.location.path else ""
        yield f"- {text(f'The waiver of {waived.finding.rule}{path} ends on {waived.until}{who}')}"


def _forecast(page: Weekly) -> Iterator[str]:
    if told := forecast(page.report):
        yield text(told)


def _road_map(page: Weekly) -> Iterator[str]:
    if not page.legs:
        return
    progress = page.report.progress
    done = " Done |" if progress else ""
    yield f"| Phase | Window |{done} Left | Outside | Effort left | Score after |"
    yield f"|---|---|{'---|' if progress else ''}---:|---:|---|---:|"
    for leg in page.legs:
        stage = leg.stage
        share = f" {leg.share or '–'} |" if progress else ""
        told = (
            f"{len(stage.actions)} | {stage.outside} | {efforts(stage.actions)} | "
            f"{points(stage.after)}"
            if stage
            else "0 | 0 | none | –"
        )
        yield f"| {leg.phase.value}. {leg.phase.label} | {WINDOWS[leg.phase]} |{share} {told} |"
    yield ""
    if progress:
        at = f", of commit {code(progress.base_commit[:7])}," if progress.base_commit else ""
        yield f"Done: of what the earlier plan{at} had to do in the repository."
    yield "Efforts are estimates, windows a proposal."


def _sure(page: Weekly) -> Iterator[str]:
    for fact in page.facts:
        yield f"- **{fact.label}:** {text(fact.text)}"
    report = page.report
    at = f"commit {code(report.commit[:12])}, " if report.commit else ""
    model = report.scorecard.model_version
    yield f"- **Computed from:** {at}score model {model}, readiness {report.tool_version}"
