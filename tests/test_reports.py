"""The report formats: what they show, in which order, and that they print nothing raw."""

import json
from pathlib import Path

import msgspec
import pytest

from readiness import registry
from readiness.model import (
    Area,
    Confidence,
    Coverage,
    Deduction,
    Dimension,
    Evidence,
    Finding,
    Gate,
    Location,
    Outcome,
    Report,
    RuleError,
    RuleSummary,
    Score,
    Scorecard,
    Severity,
    SkippedFile,
    Speaks,
    StaleWaiver,
    State,
    Story,
    Verdict,
    Waived,
)

GOLDEN = Path(__file__).parent / "golden"
CAUSE = ".gitignore:3 `*.json` hides files that the build needs"


def rule(id_: str, name: str, dimension: Dimension, severity: Severity) -> RuleSummary:
    fix = f"Mend what {name} says."
    return RuleSummary(
        id_, name, dimension, Area.CLUTTER, severity, "stable", "0.1", f"{name}.", "It hurts.", fix
    )


RULES = (
    rule("CTR008", "build-input-missing", Dimension.OPERATIONS, Severity.CRITICAL),
    rule("HYG002", "parallel-copy-suffix", Dimension.CLEANUP, Severity.HIGH),
    rule("HYG009", "gitignore-swallows-source", Dimension.CLEANUP, Severity.CRITICAL),
    rule("SEC001", "hardcoded-secret", Dimension.SECURITY, Severity.CRITICAL),
)
IGNORE = Finding(
    "HYG009",
    Location(".gitignore", 3),
    "`*.json` hides package.json, which web/Dockerfile copies",
    Severity.CRITICAL,
    Confidence.HIGH,
    (Evidence("COPY package.json .", Location("web/Dockerfile", 2)),),
    (".gitignore",),
    key="*.json",
    cause=CAUSE,
)
COPY = Finding(
    "CTR008",
    Location("web/Dockerfile", 2),
    "COPY package.json finds nothing in web/",
    Severity.CRITICAL,
    Confidence.HIGH,
    (Evidence("no such file is tracked", Location("web/Dockerfile", 2)),),
    ("web/Dockerfile",),
    cause=CAUSE,
)
OLD = Finding(
    "HYG002",
    Location("app/log_backup.py"),
    "app/log_backup.py is an old copy of app/log.py",
    Severity.HIGH,
    Confidence.MEDIUM,
    (
        Evidence("91 % the same text as app/log.py", Location("app/log.py", 1)),
        Evidence("a document mentions it", Location("docs/log.md", 4), Speaks.AGAINST),
    ),
    ("app/log_backup.py", "app/log.py"),
)


def score(dimension: Dimension, value: float | None, *deductions: Deduction) -> Score:
    return Score(dimension, value, value, deductions)


def report(**changes: object) -> Report:
    card = Scorecard(
        overall=4.0333,
        with_waivers=4.0333,
        verdict=Verdict.NOT_READY,
        coverage=Coverage(0.97, 0.64),
        interval=(4.0, 4.1),
        dimensions=(
            score(
                Dimension.CLEANUP,
                3.9,
                Deduction("HYG009", 5.0, (IGNORE.fingerprint,)),
                Deduction("HYG002", 1.1, (OLD.fingerprint,)),
            ),
            score(Dimension.STARTUP, None),
            score(Dimension.TESTS, None),
            score(Dimension.CONFIGURATION, None),
            score(Dimension.SECURITY, 10.0),
            score(Dimension.OPERATIONS, 3.9, Deduction("CTR008", 6.1, (COPY.fingerprint,))),
        ),
        model_version="2026.1",
        target=9.0,
        profile="service",
    )
    whole = Report(
        schema_version=1,
        tool_version="0.1.0",
        repository="shop",
        remote=None,
        commit="8c9565c" + "0" * 33,
        dirty=False,
        config_digest="none",
        scorecard=card,
        rules=RULES,
        outcomes=tuple(Outcome(rule.id, State.MEASURED, 0.5) for rule in RULES),
        findings=(COPY, IGNORE, OLD),
        stories=(Story(CAUSE, (COPY.fingerprint, IGNORE.fingerprint)),),
        files=12,
    )
    return msgspec.structs.replace(whole, **changes)


def render(name: str, shown: Report) -> str:
    return registry.renderer(name)(shown, colour=False)


@pytest.mark.parametrize("name", ["text", "full", "json"])
def test_a_format_reads_as_its_golden_file(name: str, update_golden: bool) -> None:
    path = GOLDEN / f"report.{name}"
    text = render(name, report())
    if update_golden:
        path.write_text(text)
    assert text == path.read_text()


def test_the_json_holds_the_contract() -> None:
    document = json.loads(render("json", report()))
    assert list(document) == [
        "schema_version",
        "tool_version",
        "repository",
        "remote",
        "commit",
        "dirty",
        "config_digest",
        "model_version",
        "scorecard",
        "findings",
        "outcomes",
        "stories",
        "waived",
        "stale_waivers",
        "rule_errors",
        "skipped_files",
        "gate",
    ]
    assert set(document["findings"][0]) == {
        "rule",
        "name",
        "dimension",
        "area",
        "severity",
        "confidence",
        "path",
        "line",
        "message",
        "fingerprint",
        "subjects",
        "evidence",
    }
    assert document["findings"][0]["evidence"][0] == {
        "summary": "no such file is tracked",
        "path": "web/Dockerfile",
        "line": 2,
        "speaks": "for",
    }


def test_a_dimension_that_was_not_assessed_is_null_in_json_and_a_dash_in_text() -> None:
    assert json.loads(render("json", report()))["scorecard"]["dimensions"][1]["value"] is None
    assert "  Startup Process    -  not asked" in render("text", report())


def test_a_score_is_shown_rounded_down() -> None:
    card = msgspec.structs.replace(report().scorecard, overall=8.9999)
    assert "8.9 / 10" in render("text", report(scorecard=card))


def test_a_story_is_told_once_with_all_its_points() -> None:
    lines = render("text", report()).splitlines()
    told = [line for line in lines if CAUSE in line and line.startswith("  1")]
    assert told == [f"  1 -3.70  {CAUSE}"]


@pytest.mark.parametrize("name", ["text", "full", "json"])
def test_control_and_direction_characters_are_never_printed(name: str) -> None:
    nasty = "a\x1b[31m\n\u202e<script>\x9b\x7f.py"
    bad = msgspec.structs.replace(OLD, location=Location(nasty), message=nasty)
    shown = render(name, report(findings=(bad,), stories=()))
    assert {"\x1b", "\u202e", "\x9b", "\x7f"}.isdisjoint(shown)
    if name == "json":
        assert json.loads(shown)["findings"][0]["path"] == nasty


@pytest.mark.parametrize("name", ["text", "full"])
def test_colour_is_only_a_second_sign(name: str) -> None:
    import re

    coloured = registry.renderer(name)(report(), colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render(name, report())


@pytest.mark.parametrize("name", ["text", "full"])
def test_no_line_is_longer_than_a_terminal(name: str) -> None:
    assert max(map(len, render(name, report()).splitlines())) <= 100


def test_what_is_incomplete_is_said() -> None:
    shown = render(
        "text",
        report(
            rule_errors=(RuleError("STA001", "ValueError: no"),),
            skipped_files=(SkippedFile("big.bin", "larger than 5 MB"),),
            stale_waivers=(StaleWaiver(Location("pyproject.toml", 9), "expired"),),
        ),
    )
    assert "incomplete: rule STA001 crashed: ValueError: no" in shown
    assert "1 file was not read: big.bin (larger than 5 MB)" in shown
    assert "pyproject.toml:9: expired" in shown


def test_a_failed_gate_says_why() -> None:
    shown = render("text", report(gate=Gate(False, ("the score is 4, below fail_under = 9",))))
    assert "gate failed: the score is 4, below fail_under = 9" in shown


def test_a_waived_finding_says_who_answers_for_it() -> None:
    waived = Waived(OLD, "kept until the audit", "ann", "2026-12-01")
    shown = render("full", report(findings=(), waived=(waived,)))
    assert "  waived   by ann until 2026-12-01: kept until the audit\n" in shown
    shown = render("full", report(findings=(), waived=(Waived(OLD, "kept as a test key", "ann"),)))
    assert "  waived   by ann: kept as a test key\n" in shown
    shown = render("full", report(findings=(), waived=(Waived(OLD, "kept by all"),)))
    assert "  waived   kept by all\n" in shown


def test_what_waived_findings_cost_is_told_apart_from_what_open_ones_do() -> None:
    kept = msgspec.structs.replace(OLD, key="kept", message="kept.py is an old copy of app/log.py")
    prints = (OLD.fingerprint, kept.fingerprint)
    cleanup = score(Dimension.CLEANUP, 6.0, Deduction("HYG002", 4.0, prints))
    card = msgspec.structs.replace(report().scorecard, dimensions=(cleanup,))
    waived = (Waived(kept, "kept until the audit", "ann"),)
    shown = render("text", report(scorecard=card, findings=(OLD,), stories=(), waived=waived))
    assert f" 1 -2.00  {OLD.message}\n" in shown
    assert f" 2 -2.00  {kept.message}" in shown


def test_an_empty_repository_is_nothing_to_assess() -> None:
    card = Scorecard(
        None, None, Verdict.NOTHING, Coverage(1, 1), None, (), "2026.1", 9.0, "library"
    )
    empty = report(scorecard=card, findings=(), stories=(), outcomes=(), commit=None, files=0)
    assert render("text", empty) == (
        "shop (no commit yet)\n  nothing to assess: no tracked files\n"
    )


def test_a_ready_repository_gets_few_lines() -> None:
    card = msgspec.structs.replace(
        report().scorecard,
        overall=9.9,
        with_waivers=9.9,
        verdict=Verdict.READY,
        dimensions=tuple(score(dimension, 9.9) for dimension in Dimension),
    )
    ready = report(scorecard=card, findings=(), stories=())
    assert len(render("text", ready).splitlines()) <= 3
