"""A report in which every part of the pages has something to show, and a browser to show it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from readiness import registry, story
from readiness.model import (
    Action,
    ActionKind,
    Confidence,
    Coverage,
    Deduction,
    Delta,
    Dimension,
    Effort,
    Evidence,
    Finding,
    Forecast,
    Location,
    Outcome,
    Outlook,
    Owner,
    Pace,
    Phase,
    Plan,
    Point,
    Priority,
    Progress,
    Report,
    RuleError,
    Score,
    Scorecard,
    Severity,
    SkippedFile,
    SourceLines,
    Speaks,
    StaleWaiver,
    State,
    Trace,
    Trend,
    Verdict,
    Waived,
    Where,
)
from readiness.pdf import chromium
from readiness.rule import summarise

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Make = Callable[..., Report]

NOW, WEEK = 1_767_000_000, 7 * 24 * 3600
HOSTILE = (
    "<script>alert(1)</script>.py",
    "a\"b'c<img src=x onerror=alert(1)>.py",
    "line\nfeed and \x1b[31m.py",
    "right\u202eto left and \u200bnothing.py",
    "caf\\xe9 \N{PARTY POPPER}.py",
    "`code` ``two`` `.py",
)


def _findings(number: int) -> Iterator[Finding]:
    """Findings of every rule in turn, in folders of different sizes, with names of any kind."""
    rules = registry.rules()
    for place in range(number):
        rule = rules[place % len(rules)]
        folder = ("services/billing", "services/orders/handlers", "web", "scripts/old/deploy")[
            place % 4 if place % 7 else 0
        ]
        path = f"{folder}/module_number_{place}.py" if place % 11 else HOSTILE[place % 6]
        yield Finding(
            rule.id,
            Location(path, place % 300 + 1) if place % 23 else Location(),
            f"{path} does what it should not do: `{rule.name}`",
            rule.severity,
            (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)[place % 3],
            (
                Evidence(f"it says so {place}", Location(path, 1)),
                Evidence("a document mentions it", Location("docs/a.md", 4), Speaks.AGAINST),
            ),
            (path, *(f"{folder}/other_{other}.py" for other in range(place % 9))),
            key=str(place),
            cause="services/billing is a copy of services/orders" if place % 5 == 0 else "",
        )


def _plan(findings: tuple[Finding, ...], overall: float) -> Plan:
    kinds = (ActionKind.MODIFY, ActionKind.ARCHIVE, ActionKind.AUDIT, ActionKind.CREATE)
    actions = [Action(ActionKind.KEEP, ("web/main.py",), "the primary", (), id="K1")]
    steps = min(40, len(findings))
    for number in range(steps):
        outside = number < 4
        finding = findings[number]
        step = (9.4 - overall) / steps
        actions.append(
            Action(
                kind=ActionKind.ATTEST if outside else kinds[number % 4],
                paths=() if outside else tuple(finding.subjects),
                title=f"{finding.message} and so somebody must do something about it at last",
                because=(finding.fingerprint,),
                id=f"A{number + 1}",
                where=Where.OUTSIDE if outside else Where.REPOSITORY,
                phase=Phase(number * 5 // steps + 1),
                priority=Priority.CRITICAL if number < 6 else Priority.NICE,
                effort=(Effort.SMALL, Effort.MEDIUM, Effort.LARGE)[number % 3],
                effort_why="2 places in 2 files",
                gain=None if outside else step,
                after=round(overall + step * (number + 1), 4),
                needed=number % 2 == 0,
                verify="" if outside else "readiness audit --select HYG001",
                undo="" if outside else "git revert COMMIT",
                blockers=("something live still uses it",) if number == 7 else (),
                rules=(finding.rule,),
            )
        )
    forecast = tuple(Forecast(dimension, 2.0, 9.4, 2.5) for dimension in Dimension)
    gains = {rule: round(0.01 * len(found), 4) for rule, found in story.groups(findings).items()}
    notes = ("once done, more comes up",)
    return Plan("8c9565c", tuple(actions), "de6d531e", 9.0, forecast, notes, gains)


def _trend(report: Report, points: int) -> Trend:
    card = report.scorecard
    past = tuple(
        Point(
            commit=f"{number:02x}" * 20,
            at=NOW - (points - 1 - number) * WEEK,
            overall=(card.overall or 0.0) - (points - 1 - number) * 0.05,
            with_waivers=None,
            verdict=card.verdict,
            dimensions={
                score.dimension: None
                if score.value is None
                else max(0.0, score.value - (points - 1 - number) * 0.05)
                for score in card.dimensions
            },
            coverage=card.coverage,
            findings=400 - number,
            causes=200 - number,
            model_version="2026.1",
            tool_version="0.1.0",
        )
        for number in range(points)
    )
    prints = [finding.fingerprint for finding in report.findings]
    trace = Trace("0123456789abcdef", "HYG001", Severity.HIGH, "old/gone.py", "", "")
    deltas = tuple(
        Delta(
            weeks,
            past[-1 - weeks].commit,
            past[-1 - weeks].at,
            0.05 * weeks,
            dict.fromkeys(past[-1].dimensions, 0.05 * weeks),
            (trace,),
            tuple(prints[:2]),
            tuple(prints[2:3]),
        )
        for weeks in (1, 4)
    )
    seen = {print_: NOW - number % 20 * WEEK for number, print_ in enumerate(prints)}
    told = {print_ for story in report.stories for print_ in story.fingerprints}
    left = len(report.findings) - len(told) + len(report.stories)
    paces = (Pace(4, 4.0, 1.0), Pace(8, 3.0, 1.0))
    ends = (NOW + round(left / 4 * WEEK), NOW + round(left / 2 * WEEK))
    outlook = Outlook(*ends, left, 4.0, 1.0, 4, paces=paces)
    return Trend(past, deltas, seen, outlook)


@pytest.fixture(scope="session")
def make_report() -> Make:
    """A report with so many findings: `make_report(45, repository="shop")`."""
    return _report


def _report(number: int = 45, **changes: object) -> Report:
    rules = tuple(summarise(rule) for rule in registry.rules())
    every = tuple(sorted(_findings(number), key=lambda f: (f.severity.rank, f.rule, f.key)))
    waived, findings = every[-3:], every[:-3]
    scores = []
    for place, dimension in enumerate(Dimension):
        ours = [rule for rule in rules if rule.dimension is dimension]
        costing = [rule for rule in ours if any(f.rule == rule.id for f in every)]
        value = 1.3 + place * 0.5 if costing else 10.0
        share = (10.0 - value) / max(1, len(costing))
        deductions = tuple(
            Deduction(r.id, share, tuple(f.fingerprint for f in every if f.rule == r.id))
            for r in costing
        )
        scores.append(Score(dimension, value, value, deductions, "capped at 3.9 by a critical one"))
    overall = sum(score.value or 0.0 for score in scores) / len(scores)
    card = Scorecard(
        overall=overall,
        with_waivers=overall,
        verdict=Verdict.NOT_READY,
        coverage=Coverage(0.97, 0.64),
        interval=(overall - 0.2, overall + 0.3),
        dimensions=tuple(scores),
        model_version="2026.1",
        target=9.0,
        profile="service",
    )
    outcomes = [Outcome(rule.id, State.MEASURED, 0.5) for rule in rules[3:]]
    outcomes += [Outcome(r.id, State.NOT_APPLICABLE, reason="nothing of it") for r in rules[:2]]
    outcomes += [Outcome(rules[2].id, State.UNKNOWN, reason="it could not be told")]
    whole = Report(
        schema_version=1,
        tool_version="0.1.0",
        repository="an-example-platform",
        remote="https://github.com/acme/an-example-platform.git",
        commit="8c9565c" + "0" * 33,
        dirty=False,
        config_digest="none",
        scorecard=card,
        rules=rules,
        outcomes=tuple(outcomes),
        findings=findings,
        stories=story.tell(findings),
        waived=tuple(Waived(f, "until it is replaced", "ada", "2026-01-05") for f in waived),
        stale_waivers=(StaleWaiver(Location("pyproject.toml", 9), "it has expired"),),
        rule_errors=(RuleError("HYG004", "ValueError: <b>no</b>"),),
        skipped_files=(SkippedFile("big.bin", "larger than 5 MB"),),
        files=5_168,
        plan=_plan(findings, overall),
        owners=(
            Owner("@acme/backend", True, tuple(f.fingerprint for f in findings[::2]), 3.2),
            Owner("Ada <ada@example.org>", False, tuple(f.fingerprint for f in findings[1::2])),
        ),
        committed_at=NOW,
        source_lines=(SourceLines("py", 640, True), SourceLines("ts", 360, False)),
    )
    assert whole.plan is not None
    earlier = [action for action in whole.plan.actions if action.where is Where.REPOSITORY][1:]
    became = Progress("1212121" + "0" * 33, tuple(earlier[::3]), tuple(earlier[1::3]))
    whole = msgspec.structs.replace(whole, progress=became)
    whole = msgspec.structs.replace(whole, history=_trend(whole, 20))
    return msgspec.structs.replace(whole, **changes)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; without it a test is skipped, but never in
    continuous integration."""
    program = chromium()
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=root)
        yield made
        made.close()


@pytest.fixture(scope="session")
def page_file(make_report: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the report, as a file."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(registry.renderer("html", registry.WEEKLY)(make_report()))
    return file
