"""Waivers: who may waive what, for how long, and which of them answer for nothing."""

import datetime

import pytest

from readiness.config import Config, Waiver
from readiness.model import (
    Area,
    Confidence,
    Dimension,
    Finding,
    Location,
    RuleSummary,
    Severity,
)
from readiness.suppress import Suppressed, split
from readiness.testing import build_index

TODAY = datetime.date(2026, 6, 1)
RULE = RuleSummary(
    "CTR003",
    "floating-image-tag",
    Dimension.OPERATIONS,
    Area.CONTAINERS,
    Severity.MEDIUM,
    "stable",
    "0.1",
    "",
    "",
    "",
)
COMMENT = "# readiness: " + "ignore[CTR003] "


def finding(
    line: int | None = 2, severity: Severity = Severity.MEDIUM, path: str = "a/Dockerfile"
) -> Finding:
    return Finding("CTR003", Location(path, line), "", severity, Confidence.HIGH)


def run(found: Finding, tree: str = "", config: Config | None = None) -> Suppressed:
    return split([found], build_index(tree, config=config), [RULE], TODAY)


def messages(result: Suppressed) -> list[str]:
    return [stale.message for stale in result.stale]


@pytest.mark.parametrize("line", [1, 2])
def test_an_inline_ignore_speaks_for_its_own_line_and_the_next(line: int) -> None:
    tree = "-- a/Dockerfile --\n" + "\n" * (line - 1) + COMMENT + "the base is frozen upstream\n"
    result = run(finding(), tree)
    assert result.active == ()
    assert result.waived[0].reason == "the base is frozen upstream"


def test_an_inline_ignore_elsewhere_is_stale() -> None:
    result = run(finding(), "-- a/Dockerfile --\n\n\n" + COMMENT + "because\n")
    assert result.active
    assert messages(result) == ["waives CTR003, which finds nothing there"]


def test_an_inline_ignore_near_the_top_speaks_for_a_finding_of_the_whole_file() -> None:
    assert not run(finding(None), "-- a/Dockerfile --\n" + COMMENT + "because\n").active


def test_an_inline_ignore_without_a_reason_is_refused() -> None:
    result = run(finding(), "-- a/Dockerfile --\n" + COMMENT + "\n")
    assert result.active
    assert messages(result) == ["an ignore of CTR003 needs a reason behind the brackets"]


@pytest.mark.parametrize("severity", [Severity.HIGH, Severity.CRITICAL])
def test_a_serious_finding_is_never_ignored_inline(severity: Severity) -> None:
    result = run(finding(severity=severity), "-- a/Dockerfile --\n" + COMMENT + "because\n")
    assert result.active
    assert "cannot be ignored inline" in messages(result)[0]


def test_an_ignore_of_a_rule_that_did_not_run_is_left_alone() -> None:
    tree = "-- a/Dockerfile --\n# readiness: " + "ignore[STA001] because\n"
    assert messages(run(finding(), tree)) == []


def test_a_page_may_explain_ignores_and_hold_one_as_a_comment_of_its_own() -> None:
    page = "-- a/Dockerfile --\nFROM x\n-- guide.md --\nEnd the line with " + COMMENT + "because\n"
    assert messages(run(finding(), page)) == []
    assert messages(run(finding(), page + "<!-- " + COMMENT.removeprefix("# ") + "because -->\n"))


@pytest.mark.parametrize("path", ["a/Dockerfile", "a/", "**/Dockerfile", "Dockerfile"])
def test_a_waiver_covers_the_paths_of_its_pattern(path: str) -> None:
    waiver = Waiver("floating-image-tag", path=path, reason="r", owner="ann", until="2026-07-01")
    result = run(finding(), config=Config(waivers=(waiver,)))
    assert not result.active
    assert (result.waived[0].owner, result.owned) == ("ann", True)


def test_a_waiver_may_name_a_fingerprint() -> None:
    waiver = Waiver("CTR003", fingerprint=finding().fingerprint, reason="r")
    assert not run(finding(), config=Config(waivers=(waiver,))).active
    assert run(finding(path="b"), config=Config(waivers=(waiver,))).active


@pytest.mark.parametrize(
    ("waiver", "message"),
    [
        (Waiver("CTR003", reason="r", until="2026-05-31"), "expired on 2026-05-31"),
        (Waiver("CTR003", until="2026-07-01"), "needs a reason"),
        (Waiver("CTR003", path="b/", reason="r"), "finds nothing there"),
    ],
)
def test_a_waiver_that_is_expired_or_says_nothing_is_reported(waiver: Waiver, message: str) -> None:
    result = run(finding(), config=Config(waivers=(waiver,), source="readiness.toml"))
    assert result.active
    assert message in messages(result)[0]
    assert result.stale[0].location.path == "readiness.toml"


@pytest.mark.parametrize(
    ("waiver", "message"),
    [
        (Waiver("CTR003", reason="r", until="2026-07-01"), "needs owner and until"),
        (Waiver("CTR003", reason="r", owner="ann"), "needs owner and until"),
        (Waiver("CTR003", reason="r", owner="ann", until="2026-08-31"), "by 2026-08-30"),
    ],
)
def test_a_serious_finding_needs_an_owner_and_an_end_within_90_days(
    waiver: Waiver, message: str
) -> None:
    result = run(finding(severity=Severity.HIGH), config=Config(waivers=(waiver,)))
    assert result.active
    assert message in messages(result)[0]


def test_ninety_days_are_allowed() -> None:
    waiver = Waiver("CTR003", reason="r", owner="ann", until="2026-08-30")
    assert not run(finding(severity=Severity.CRITICAL), config=Config(waivers=(waiver,))).active


def test_an_ignore_per_path_waives_without_an_owner() -> None:
    result = run(finding(), config=Config(per_path_ignores={"a/**": ("CTR003",)}))
    assert (result.active, result.owned) == ((), False)
