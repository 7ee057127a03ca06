"""The weekly page for leadership as plain values: what the page, the mail and the Markdown show.

A part is empty where the report does not hold what it would tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from msgspec import Struct

from readiness.model import (
    Action,
    Delta,
    Dimension,
    Finding,
    Point,
    Report,
    RuleSummary,
    Score,
    Severity,
    State,
    Verdict,
    Waived,
)

from ._costs import Cost, costs
from ._decisions import Decision, Reason, decisions
from ._forecast import ending
from ._owners import owner_of, owners
from ._plan import Leg, Stage, legs, points, score_after, score_now, stages, work
from ._stories import Tale, chapters, tales
from ._terminal import count, floored
from ._words import brief, day, sentences, shortened

DECISIONS = 3
RISKS = 5
SOON = timedelta(days=14)
_LEAST = 0.005  # points below which nothing is said to be gained or lost
_CAUSE = 118  # characters of what costs a dimension most
RISK = 160  # characters of what is wrong
WEEKS = (1, 4)
POINTS = (
    "Points of the overall score: what all risks cost adds up to what is missing from 10; one "
    "mended alone may bring less, as others hold the same dimension down."
)


class Line(Struct, frozen=True):
    """One dimension; `cause` is what costs it most, `changes` are those over each of WEEKS, and
    `past` its earlier scores as (seconds since 1970, score)."""

    score: Score
    cause: str
    href: str
    owner: str
    changes: tuple[float | None, ...]
    past: tuple[tuple[int, float], ...]


class Risk(Struct, frozen=True):
    """A cause that costs points; `number` is its place among all of them, `title` what is wrong,
    `means` what can happen, `actions` those of the plan that mend it, `gain` what the overall score
    gains if it alone is mended, `since` the day of the first point that had it."""

    number: int
    cost: Cost
    title: str
    means: str
    rule: RuleSummary
    steps: tuple[tuple[Finding, int], ...]
    actions: tuple[Action, ...]
    gain: float | None
    owner: str
    since: str

    @property
    def href(self) -> str:
        return f"#cause-{self.number}"


class Fact(Struct, frozen=True):
    """How sure the report is, in one respect."""

    label: str
    text: str
    href: str


class Weekly(Struct, frozen=True):
    """`causes` are all that cost points, the dearest first; the first of them are the `risks`.
    `change` is that of the overall score since last week, `week` what else changed, `ending` the
    forecast, `owners` what is to say of all owners. `past` are earlier overall scores, empty
    where there is no more than one."""

    report: Report
    headline: tuple[Reason, ...]
    blockers: tuple[Tale, ...]
    decisions: tuple[Decision, ...]
    lines: tuple[Line, ...]
    causes: tuple[Risk, ...]
    risks: tuple[Risk, ...]
    expiring: tuple[Waived, ...]
    change: float | None
    week: Delta | None
    ending: str
    owners: str
    past: tuple[tuple[int, float], ...]
    stages: tuple[Stage, ...]
    legs: tuple[Leg, ...]
    facts: tuple[Fact, ...]
    day: str


def weekly(report: Report) -> Weekly:
    """The page of a report."""
    blockers = tuple(t for t in tales(report) if t.worst.severity is Severity.CRITICAL)
    causes = tuple(_causes(report))
    found = tuple(stages(report.plan, score_now(report))) if report.plan else ()
    return Weekly(
        report=report,
        headline=tuple(_headline(report, blockers, found)),
        blockers=blockers,
        decisions=tuple(decisions(report, found))[:DECISIONS],
        lines=tuple(_lines(report)),
        causes=causes,
        risks=tuple(r for r in causes if not r.cost.waived and r.cost.points >= _LEAST)[:RISKS],
        expiring=tuple(_expiring(report)),
        change=_change(report, 1),
        week=report.history.delta(1) if report.history else None,
        ending=ending(report),
        owners=owners(report),
        past=_past(report, lambda point: point.overall),
        stages=found,
        legs=tuple(legs(report, found)),
        facts=tuple(_facts(report)),
        day=day(report.committed_at) if report.committed_at else "",
    )


def _headline(report: Report, blockers: Sequence[Tale], found: Sequence[Stage]) -> Iterator[Reason]:
    """What follows the verdict, the score and the blockers, joined by semicolons."""
    card = report.scorecard
    if card.verdict is Verdict.NOTHING:
        yield Reason("there is nothing to assess" if report.files else "there are no tracked files")
        return
    if card.verdict is Verdict.READY:
        yield Reason(f"every dimension that applies reaches {card.target:g}", "#points")
        yield from _coming(report, card.verdict)
        return
    below = [s for s in card.dimensions if s.value is not None and s.value < card.target]
    if below:
        many = _of(len(below), len(card.dimensions))
        yield Reason(f"{many} below the target of {card.target:g}", "#points")
    elif not blockers:
        yield Reason(f"every score reaches {card.target:g}, but too little is sure", "#outcomes")
    if found and report.plan and (after := score_after(report)) is not None:
        many = count(len(work(report.plan)), "action")
        yield Reason(f"the plan of {many} leads to {floored(after)}", "#plan")
    yield from _coming(report, card.verdict)


def _coming(report: Report, verdict: Verdict) -> Iterator[Reason]:
    """When all will be closed; that nobody can tell is said of what is not ready alone."""
    if end := ending(report):
        yield Reason(f"at the pace so far all that is open is closed {end}", "#forecast")
    elif report.history and report.findings and verdict is not Verdict.READY:
        yield Reason("no forecast yet", "#forecast")


def _past(report: Report, score: Callable[[Point], float | None]) -> tuple[tuple[int, float], ...]:
    """The scores of the points; none where one point is all there is."""
    points_ = report.history.points if report.history else ()
    told = [(point.at, value) for point in points_ if (value := score(point)) is not None]
    return tuple(told) if len(points_) > 1 else ()


def _of(number: int, whole: int) -> str:
    many = "all" if number == whole else str(number)
    return f"{many} of the {whole} dimensions {'is' if number == 1 else 'are'}"


def _lines(report: Report) -> Iterator[Line]:
    rules = {rule.id: rule for rule in report.rules}
    for score in report.scorecard.dimensions:
        name = score.dimension
        prints = {f.fingerprint for f in report.findings if rules[f.rule].dimension is name}
        if score.value is None:
            reasons = (
                outcome.reason
                for outcome in report.outcomes
                if outcome.reason
                and outcome.rule in rules
                and rules[outcome.rule].dimension is name
            )
            reason = next(reasons, "")
            cause = shortened(f"not assessed: {reason}" if reason else "not assessed", _CAUSE)
        else:
            nothing = "nothing that costs points" if prints else "nothing found"
            cause = _dearest(score, rules) or nothing
        yield Line(
            score=score,
            cause=cause,
            href=f"#{name}",
            owner=owner_of(report, prints) if score.deductions else "",
            changes=tuple(_change(report, weeks, name) for weeks in WEEKS),
            past=_past(report, partial(_of_dimension, name)),
        )


def _of_dimension(name: Dimension, point: Point) -> float | None:
    return point.dimensions.get(name)


def _dearest(score: Score, rules: dict[str, RuleSummary]) -> str:
    """What the rules that cost most say, as many as fit."""
    told = ""
    for deduction in sorted(score.deductions, key=lambda each: (-each.points, each.rule)):
        if deduction.points < _LEAST or deduction.rule not in rules:
            continue
        said = rules[deduction.rule].summary.rstrip(".")
        longer = f"{told}; {said[:1].lower()}{said[1:]}" if told else said
        if told and len(longer) > _CAUSE:
            break
        told = longer
    return shortened(told, _CAUSE)


def _change(report: Report, weeks: int, dimension: Dimension | None = None) -> float | None:
    """By how much a score changed over so many weeks: overall where no dimension is named."""
    delta = report.history.delta(weeks) if report.history else None
    if delta is None:
        return None
    return delta.overall if dimension is None else delta.dimensions.get(dimension)


def _causes(report: Report) -> Iterator[Risk]:
    rules = {rule.id: rule for rule in report.rules}
    actions = [] if report.plan is None else work(report.plan)
    gains = report.plan.gains if report.plan else {}
    for number, cost in enumerate(costs(report), 1):
        prints = {finding.fingerprint for finding in cost.findings}
        mending = tuple(action for action in actions if prints.intersection(action.because))
        steps = _told(cost)
        rule = rules[steps[0][0].rule if steps else cost.rules[0]]
        yield Risk(
            number=number,
            cost=cost,
            title=brief(_said(report, cost)),
            means=sentences(rule.why),
            rule=rule,
            steps=steps if len(cost.rules) > 1 else (),
            actions=mending,
            gain=None if cost.waived else gains.get(cost.name),
            owner=owner_of(report, prints),
            since=_since(report, cost.findings),
        )


def _said(report: Report, cost: Cost) -> str:
    """What is wrong; of many findings the first, by its cause where it shares that with others."""
    if not cost.example:
        return cost.said
    first, many = cost.findings[0], len(cost.findings)
    stories = [each for each in report.stories if first.fingerprint in each.fingerprints]
    told = stories[0].cause if stories else cost.said
    if sum(finding.cause == told for finding in cost.findings) == many:
        return told
    path = first.location.path
    if path and path not in told and path.rpartition("/")[2] not in told:
        told = f"{told} ({path})"
    return told if many == 1 else f"for example: {told}"


def _since(report: Report, findings: Iterable[Finding]) -> str:
    """The day of the oldest of these findings, as far back as the history goes."""
    seen = report.history.first_seen if report.history else {}
    times = [seen[f.fingerprint] for f in findings if f.fingerprint in seen]
    if not times or report.history is None or len(report.history.points) < 2:
        return ""
    first = min(times)
    return day(first) + (" or before" if first == report.history.points[0].at else "")


def _told(cost: Cost) -> tuple[tuple[Finding, int], ...]:
    """What follows from what, where several rules tell of one cause."""
    if not cost.findings:
        return ()
    return tuple(chapters(Tale(cost.findings, cost.findings[0].cause)))


def _expiring(report: Report) -> Iterator[Waived]:
    """The waivers that end within two weeks of the commit, the first of them first."""
    if not report.committed_at:
        return
    today = datetime.fromtimestamp(report.committed_at, UTC).date()
    for waived in sorted(report.waived, key=lambda each: (each.until, each.finding.rule)):
        if waived.until and today <= date.fromisoformat(waived.until) <= today + SOON:
            yield waived


def _facts(report: Report) -> Iterator[Fact]:
    card = report.scorecard
    unknown = sum(outcome.state is State.UNKNOWN for outcome in report.outcomes)
    apart = sum(outcome.state is State.NOT_APPLICABLE for outcome in report.outcomes)
    yield Fact(
        "Measured",
        f"{card.coverage.rules:.0%} of the rules by weight, {card.coverage.lines:.0%} of the "
        f"source lines; judged as a {card.profile}",
        "#outcomes",
    )
    crashed = f", {len(report.rule_errors)} crashed" if report.rule_errors else ""
    yield Fact(
        "Rules",
        f"{len(report.outcomes)} asked, {unknown} could not be measured{crashed}, "
        f"{apart} {'does' if apart == 1 else 'do'} not apply",
        "#outcomes",
    )
    excluded = f", {report.excluded:,} more excluded" if report.excluded else ""
    unread = f"{len(report.skipped_files):,} not read or understood"
    yield Fact("Files", f"{report.files:,} looked at{excluded}; {unread}", "#unread")
    waivers = "none: every finding counts"
    if report.waived:
        waivers = (
            f"score {points(card.overall)} with every finding, {points(card.with_waivers)} without "
            f"the {len(report.waived):,} that somebody answers for"
        )
    yield Fact("Waivers", waivers, "#waived")
    if earlier := _reported(report):
        yield Fact("As reported", earlier, "#changes")
    if card.interval and card.interval[1] - card.interval[0] >= 0.05:
        low, high = map(floored, card.interval)
        told = f"score {low} if all that is unknown is missing, {high} if not"
        yield Fact("Range", told, "#outcomes")


def _reported(report: Report) -> str:
    """Scores that were told before and that the present model tells otherwise."""
    points_ = report.history.points if report.history else ()
    other = [
        point
        for point in points_
        if point.reported
        and point.reported.overall is not None
        and floored(point.reported.overall) != points(point.overall)
    ]
    if not other:
        return ""
    last = other[-1]
    assert last.reported is not None
    return (
        f"{points(last.reported.overall)} on {day(last.at)} under model "
        f"{last.reported.model_version}, {points(last.overall)} under the present one"
    )
