"""HTML: one file with the weekly page for leadership and the engineers' appendix.

It loads nothing: style and script stand in it, and its policy allows only these two. It is read
without the script, which filters the findings.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from readiness.model import (
    Action,
    Evidence,
    Finding,
    Location,
    Outcome,
    Report,
    RuleSummary,
    Score,
    Severity,
    Speaks,
    State,
    Where,
)
from readiness.score import WEIGHT

from . import _charts, _palette, _templates
from ._decisions import walk
from ._forecast import ends, forecast
from ._links import permalink
from ._owners import named
from ._plan import WINDOWS, gain, points, score_now
from ._stories import tales
from ._weekly import POINTS, RISK, WEEKS, Weekly, weekly
from ._words import SIZES, brief, day, efforts, shortened

_SUBJECTS = 5
_RESULTS = {
    State.MEASURED: "measured",
    State.UNKNOWN: "could not be measured",
    State.NOT_APPLICABLE: "does not apply",
}
_PATH_HEIGHT = 180.0


class _Size(Struct, frozen=True):
    """Which screens a chart is for, how wide it is in its own units, which are about theirs, so
    that its labels are as large as text; and how high a treemap is."""

    kind: str
    width: float
    height: float


_SIZES = (
    _Size("on-wide", 900.0, 210.0),
    _Size("on-middle", 600.0, 240.0),
    _Size("on-narrow", 320.0, 300.0),
)


class Group(Struct, frozen=True):
    """The findings of one rule, with the points of the dimension that they cost."""

    rule: RuleSummary
    points: float
    findings: tuple[Finding, ...]


class Chapter(Struct, frozen=True):
    """One dimension of the appendix. `others` cost points by findings that are waived, or by
    none at all."""

    score: Score
    groups: tuple[Group, ...]
    others: tuple[tuple[RuleSummary, float], ...]

    @property
    def findings(self) -> int:
        return sum(len(group.findings) for group in self.groups)


def render(report: Report, *, colour: bool = False) -> str:
    """The whole page; `colour` changes nothing."""
    page = weekly(report)
    anchors = _anchors(report)
    style = "\n".join(
        [
            f":root {{ {_palette.variables(_palette.LIGHT)} }}",
            "@media screen and (prefers-color-scheme: dark) {",
            f"  :root {{ {_palette.variables(_palette.DARK)} }}",
            "}",
            _templates.source("page.css"),
        ]
    )
    script = _templates.source("page.js")
    found = _charts.areas(report.findings)
    found_by_rule = Counter(finding.rule for finding in report.findings)
    trend = report.history
    return _templates.render(
        "page.jinja",
        RESULTS=_RESULTS,
        POINTS=POINTS,
        RISK=RISK,
        SIZES=SIZES,
        WEEKS=WEEKS,
        WEIGHT=WEIGHT,
        WINDOWS=WINDOWS,
        Severity=Severity,
        Speaks=Speaks,
        State=State,
        Where=Where,
        SURE={"high": "sure", "medium": "likely", "low": "perhaps"},
        anchor=lambda finding: anchors[id(finding)],
        areas=found,
        by_commit={point.commit: point for point in trend.points} if trend else {},
        by_print={finding.fingerprint: finding for finding in reversed(report.findings)},
        day=day,
        owned={print_: owner.name for owner in report.owners for print_ in owner.fingerprints},
        since=trend.first_seen if trend and len(trend.points) > 1 else {},
        spark=lambda past, width, height: _charts.spark(
            past, report.scorecard.target, width, height
        ),
        by_id={rule.id: rule for rule in report.rules},
        brief=brief,
        chapters=_chapters(report),
        colours=_palette.LIGHT,
        doing=_doing(report),
        efforts=efforts,
        ends=list(ends(report)),
        exact=_exact,
        forecast=forecast(report),
        gain=gain,
        mending=_mending(report),
        named=named,
        now=score_now(report),
        numbers=found_by_rule,
        order=_order,
        others=_others,
        outcomes=_outcomes(report),
        page=page,
        paths=_paths(page),
        permalink=lambda location: permalink(report, location),
        plain=_plain,
        plan=report.plan,
        points=points,
        report=report,
        script=script,
        series=[(line.score.dimension.label, line.past) for line in page.lines if line.past],
        script_hash=_hash(script),
        shortened=shortened,
        steps={step.action.id: step for step in walk(report, page.stages)},
        style=style,
        style_hash=_hash(style),
        told_once=[tale for tale in tales(report) if len(tale.findings) > 1],
        whole=Location,
        treemaps=[(size, _charts.treemap(found, size.width, size.height)) for size in _SIZES],
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _anchors(report: Report) -> dict[int, str]:
    """A name for each finding, by its identity: its fingerprint, numbered where it has a twin."""
    names: dict[int, str] = {}
    seen: defaultdict[str, int] = defaultdict(int)
    for finding in (*report.findings, *(waived.finding for waived in report.waived)):
        print_ = finding.fingerprint
        seen[print_] += 1
        names[id(finding)] = f"f-{print_}" if seen[print_] == 1 else f"f-{print_}-{seen[print_]}"
    return names


def _chapters(report: Report) -> list[Chapter]:
    """The open findings by dimension and rule, and what each rule costs."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        found[finding.rule].append(finding)
    told = []
    for score in report.scorecard.dimensions:
        costs = {deduction.rule: deduction.points for deduction in score.deductions}
        ours = [rule for rule in report.rules if rule.dimension is score.dimension]
        groups = [
            Group(rule, costs.get(rule.id, 0.0), tuple(found[rule.id]))
            for rule in ours
            if rule.id in found
        ]
        groups.sort(key=lambda group: (-group.points, group.rule.id))
        others = [
            (rule, costs[rule.id]) for rule in ours if rule.id in costs and rule.id not in found
        ]
        told.append(Chapter(score, tuple(groups), tuple(others)))
    return told


def _mending(report: Report) -> dict[str, list[Action]]:
    """The actions of the plan that each finding asks for, by fingerprint."""
    mending: dict[str, list[Action]] = defaultdict(list)
    for action in report.plan.actions if report.plan else ():
        for print_ in action.because:
            mending[print_].append(action)
    return mending


def _doing(report: Report) -> dict[str, list[Finding]]:
    """The findings behind each action of the plan, by the action's name."""
    by_print = {finding.fingerprint: finding for finding in report.findings}
    return {
        action.id: [by_print[print_] for print_ in action.because if print_ in by_print]
        for action in (report.plan.actions if report.plan else ())
    }


def _order(finding: Finding) -> Iterator[tuple[str, Evidence]]:
    """The evidence that speaks for a finding, then that against it, each with its word."""
    for speaks in Speaks:
        for evidence in finding.evidence:
            if evidence.speaks is speaks:
                yield str(speaks), evidence


def _others(finding: Finding) -> tuple[list[str], int]:
    """The other files that a finding speaks of, and how many more there are."""
    others = [path for path in finding.subjects if path != finding.location.path]
    return others[:_SUBJECTS], max(0, len(others) - _SUBJECTS)


def _paths(page: Weekly) -> list[tuple[_Size, _charts.Path]]:
    """The way to the target, for screens of each size."""
    now = score_now(page.report)
    if now is None:
        return []
    target = page.report.scorecard.target
    made = (
        (size, _charts.path(page.stages, now, target, size.width, _PATH_HEIGHT)) for size in _SIZES
    )
    return [(size, path) for size, path in made if path is not None]


def _plain(page: Weekly) -> str:
    """The way to the target in words."""
    steps = [f"{points(score_now(page.report))} now"]
    steps += [f"{points(stage.after)} after {stage.phase.label}" for stage in page.stages]
    return f"Overall score: {', '.join(steps)}; target {page.report.scorecard.target:g}"


def _outcomes(report: Report) -> Sequence[Outcome]:
    """What each rule came to: first those that could not be measured, then those that do not
    apply."""
    order = (State.UNKNOWN, State.NOT_APPLICABLE, State.MEASURED)
    return sorted(report.outcomes, key=lambda outcome: (order.index(outcome.state), outcome.rule))


def _exact(value: float | None, form: str = "%.2f") -> str:
    return "–" if value is None else (form % value).replace("-", "−")
