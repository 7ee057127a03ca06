"""Waivers: who may waive what, for how long, and which of them answer for nothing."""

import datetime

import msgspec
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
OTHER = msgspec.structs.replace(RULE, id="STA001", name="duplicate-entrypoint")
COMMENT = "# readiness: " + "ignore[CTR003] "


def finding(
    line: int | None = 2, severity: Severity = Severity.MEDIUM, path: str = "a/Dockerfile"
) -> Finding:
    return Finding("CTR003", Location(path, line), "", severity, Confidence.HIGH)


def run(*found: Finding, tree: str = "", config: Config | None = None) -> Suppressed:
    return split(found, build_index(tree, config=config), [RULE], TODAY, [RULE, OTHER])


def messages(result: Suppressed) -> list[str]:
    return [stale.message for stale in result.stale]


@pytest.mark.parametrize("line", [1, 2])
def test_an_inline_ignore_speaks_for_its_own_line_and_the_next(line: int) -> None:
    tree = "-- a/Dockerfile --\n" + "\n" * (line - 1) + COMMENT + "the base is frozen upstream\n"
    result = run(finding(), tree=tree)
    assert result.active == ()
    assert result.waived[0].reason == "the base is frozen upstream"


def test_an_inline_ignore_elsewhere_is_stale() -> None:
    result = run(finding(), tree="-- a/Dockerfile --\n\n\n" + COMMENT + "because\n")
    assert result.active
    assert messages(result) == ["waives CTR003, which finds nothing there"]


def test_an_inline_ignore_near_the_top_speaks_for_a_finding_of_the_whole_file() -> None:
    assert not run(finding(None), tree="-- a/Dockerfile --\n" + COMMENT + "because\n").active


def test_an_inline_ignore_without_a_reason_is_refused() -> None:
    result = run(finding(), tree="-- a/Dockerfile --\n" + COMMENT + "\n")
    assert result.active
    assert messages(result) == ["an ignore of CTR003 needs a reason behind the brackets"]


@pytest.mark.parametrize("severity", [Severity.HIGH, Severity.CRITICAL])
def test_a_serious_finding_is_never_ignored_inline(severity: Severity) -> None:
    result = run(finding(severity=severity), tree="-- a/Dockerfile --\n" + COMMENT + "because\n")
    assert result.active
    assert "cannot be ignored inline" in messages(result)[0]


def test_an_ignore_of_a_rule_that_did_not_run_is_left_alone() -> None:
    tree = "-- a/Dockerfile --\n# readiness: " + "ignore[STA001] because\n"
    assert messages(run(finding(), tree=tree)) == []


def test_a_page_may_explain_ignores_and_hold_one_as_a_comment_of_its_own() -> None:
    page = "-- a/Dockerfile --\nFROM x\n-- guide.md --\nEnd the line with " + COMMENT + "because\n"
    assert messages(run(finding(), tree=page)) == []
    assert messages(
        run(finding(), tree=page + "<!-- " + COMMENT.removeprefix("# ") + "because -->\n")
    )


@pytest.mark.parametrize(
    "path", ["a/Dockerfile", "/a/Dockerfile", "a/", "**/Dockerfile", "Docker*"]
)
def test_a_waiver_covers_the_paths_of_its_pattern(path: str) -> None:
    waiver = Waiver("floating-image-tag", path=path, reason="r", owner="ann", until="2026-07-01")
    result = run(finding(), config=Config(waivers=(waiver,)))
    assert not result.active
    assert (result.waived[0].owner, result.owned) == ("ann", True)


@pytest.mark.parametrize("path", ["Dockerfile", "/Dockerfile", "a"])
def test_a_path_without_a_glob_is_one_file_from_the_root(path: str) -> None:
    result = run(finding(), config=Config(waivers=(Waiver("CTR003", path=path, reason="r"),)))
    assert result.active
    assert messages(result) == ["waives CTR003, which finds nothing there"]


def test_a_file_whose_name_looks_like_a_glob_can_be_waived() -> None:
    waiver = Waiver("CTR003", path="app/[id]/page.tsx", reason="r")
    found = finding(path="app/[id]/page.tsx")
    assert not run(found, config=Config(waivers=(waiver,))).active


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


@pytest.mark.parametrize("severity", [Severity.HIGH, Severity.CRITICAL])
def test_a_serious_finding_is_never_ignored_per_path(severity: Severity) -> None:
    config = Config(per_path_ignores={"a/**": ("CTR003",)})
    result = run(finding(severity=severity), finding(path="a/b"), config=config)
    assert [found.severity for found in result.active] == [severity]
    assert messages(result) == [
        f"CTR003 is {severity} in a/** and per_path_ignores cannot waive it: use "
        "[[tool.readiness.waivers]] with an owner, a reason and a date within 90 days; its path "
        "may be a folder or a pattern too"
    ]


@pytest.mark.parametrize(
    "name", ["ctr003", " CTR003 ", "Floating-Image-Tag", "floating_image_tag", "floating image tag"]
)
def test_every_spelling_of_a_rule_that_the_configuration_accepts_waives(name: str) -> None:
    for config in (
        Config(waivers=(Waiver(name, reason="r"),)),
        Config(per_path_ignores={"a/**": (name,)}),
    ):
        assert not run(finding(), config=config).active
    line = COMMENT.replace("CTR003", name)
    assert not run(finding(), tree=f"-- a/Dockerfile --\n{line}because\n").active


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CTR03", "an ignore of CTR03, which is no rule; did you mean CTR003?"),
        ("floating-tag", "an ignore of floating-tag, which is no rule; did you mean"),
        ("zzz", "an ignore of zzz, which is no rule; readiness rules lists them"),
    ],
)
def test_an_inline_ignore_of_what_is_no_rule_is_reported(name: str, message: str) -> None:
    tree = "-- a/Dockerfile --\n" + COMMENT.replace("CTR003", name) + "because\n"
    result = run(finding(), tree=tree)
    assert result.active
    assert message in messages(result)[0]
    assert result.stale[0].location == Location("a/Dockerfile", 1)


def test_what_is_refused_for_one_finding_still_waives_another() -> None:
    config = Config(waivers=(Waiver("CTR003", path="a/", reason="r"),))
    serious, small = finding(1, Severity.HIGH), finding(2)
    for found in ([serious, small], [small, serious]):
        result = run(*found, config=config)
        assert result.active == (serious,)
        assert messages(result) == ["a waiver of high findings (CTR003) needs owner and until"]


def test_every_waiver_that_matches_is_of_use_and_the_first_that_may_answers() -> None:
    first = Waiver("CTR003", path="a/", reason="first", line=1)
    second = Waiver("CTR003", reason="second", line=2)
    result = run(finding(), config=Config(waivers=(first, second)))
    assert (result.waived[0].reason, messages(result)) == ("first", [])


def test_a_waiver_answers_rather_than_an_ignore_without_an_owner() -> None:
    waiver = Waiver("CTR003", reason="r", owner="ann", until="2026-07-01")
    config = Config(waivers=(waiver,), per_path_ignores={"a/**": ("CTR003",)})
    for severity in (Severity.MEDIUM, Severity.HIGH):
        result = run(finding(severity=severity), config=config)
        assert (result.owned, messages(result)) == (True, [])


def test_an_expired_waiver_is_reported_though_another_covers_the_finding() -> None:
    old = Waiver("CTR003", reason="r", until="2026-05-31", line=1)
    config = Config(waivers=(old, Waiver("CTR003", reason="r", line=2)))
    result = run(finding(), config=config)
    assert not result.active
    assert messages(result) == ["the waiver of CTR003 expired on 2026-05-31"]
