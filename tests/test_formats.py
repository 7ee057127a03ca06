"""The formats for other systems: what they say of one repository, and how they obey limits."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from readiness import registry
from readiness.model import (
    Area,
    Comparison,
    Condition,
    Confidence,
    Coverage,
    Deduction,
    Delta,
    Dimension,
    Evidence,
    Finding,
    Gate,
    Location,
    News,
    Outcome,
    Owner,
    Report,
    RuleError,
    RuleSummary,
    Score,
    Scorecard,
    Severity,
    SkippedFile,
    Speaks,
    State,
    Story,
    Trend,
    Verdict,
    Waived,
)

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("agent", "badge", "badge-svg", "github", "gitlab", "junit", "markdown", "sarif", "summary")
CAUSE = ".gitignore:3 `*.json` hides files that the build needs"
COMMIT = "8c9565c" + "0" * 33


def rule(id_: str, name: str, dimension: Dimension, severity: Severity) -> RuleSummary:
    why, fix = f"It hurts, says {name}.", f"Mend what {name} says."
    return RuleSummary(
        id_, name, dimension, Area.CLUTTER, severity, "stable", "0.1", f"{name}.", why, fix
    )


RULES = (
    rule("CIC009", "no-rollback-or-safe-deploy", Dimension.OPERATIONS, Severity.HIGH),
    rule("CTR008", "build-input-missing", Dimension.OPERATIONS, Severity.CRITICAL),
    rule("HYG001", "archive-directory-tracked", Dimension.CLEANUP, Severity.HIGH),
    rule("HYG009", "gitignore-swallows-source", Dimension.CLEANUP, Severity.CRITICAL),
    rule("SEC001", "hardcoded-secret", Dimension.SECURITY, Severity.CRITICAL),
    rule("STA001", "duplicate-entrypoint", Dimension.STARTUP, Severity.HIGH),
    rule("TST001", "test-imports-missing-module", Dimension.TESTS, Severity.MEDIUM),
)
COPY = Finding(
    "CTR008",
    Location("web/Dockerfile", 2),
    "`COPY package.json` matches nothing in web",
    Severity.CRITICAL,
    Confidence.HIGH,
    (Evidence("no such file is tracked", Location("web/Dockerfile", 2)),),
    ("web/Dockerfile",),
    cause=CAUSE,
)
IGNORE = Finding(
    "HYG009",
    Location(".gitignore", 3),
    "`*.json` keeps web/package.json out of the repository",
    Severity.CRITICAL,
    Confidence.HIGH,
    subjects=(".gitignore",),
    cause=CAUSE,
)
ARCHIVE = Finding(
    "HYG001",
    Location("old stuff"),
    "old stuff keeps 2 archived files in the repository",
    Severity.HIGH,
    Confidence.MEDIUM,
    (
        Evidence('its name says "old"', Location("old stuff")),
        Evidence("docs/a.md mentions it", Location("docs/a.md", 4), Speaks.AGAINST),
    ),
    ("old stuff/b.py", "old stuff/a.py"),
)
ROLLBACK = Finding(
    "CIC009", Location(), "nothing can be rolled back", Severity.MEDIUM, Confidence.HIGH
)
KEY = Finding("SEC001", Location("docs/setup.md", 24), "a test key", Severity.LOW, Confidence.HIGH)


def report(**changes: object) -> Report:
    card = Scorecard(
        overall=4.0333,
        with_waivers=4.2,
        verdict=Verdict.NOT_READY,
        coverage=Coverage(0.97, 0.64),
        interval=(4.0, 4.1),
        dimensions=(
            Score(
                Dimension.CLEANUP,
                3.9,
                3.9,
                (
                    Deduction("HYG009", 5.0, (IGNORE.fingerprint,)),
                    Deduction("HYG001", 1.1, (ARCHIVE.fingerprint,)),
                ),
            ),
            Score(Dimension.STARTUP, None, None),
            Score(Dimension.SECURITY, 10.0, 10.0),
            Score(
                Dimension.OPERATIONS,
                3.9,
                3.9,
                (Deduction("CTR008", 6.1, (COPY.fingerprint,)),),
            ),
        ),
        model_version="2026.1",
        target=9.0,
        profile="service",
    )
    outcomes = [Outcome(rule.id, State.MEASURED, 0.5) for rule in RULES[:5]]
    outcomes.append(Outcome("STA001", State.NOT_APPLICABLE, reason="nothing starts here"))
    whole = Report(
        schema_version=1,
        tool_version="0.1.0",
        repository="shop",
        remote="https://github.com/acme/shop.git",
        commit=COMMIT,
        dirty=False,
        config_digest="none",
        scorecard=card,
        rules=RULES,
        outcomes=tuple(outcomes),
        findings=(COPY, IGNORE, ARCHIVE, ROLLBACK),
        stories=(Story(CAUSE, (COPY.fingerprint, IGNORE.fingerprint)),),
        waived=(Waived(KEY, "no account has it", "ann", "2027-01-01"),),
        rule_errors=(RuleError("TST001", "ValueError: no"),),
        skipped_files=(SkippedFile("big data.bin", "larger than 5 MB"),),
        gate=Gate(
            False,
            ("the score is 4.2, below fail_under = 9",),
            (
                Condition("fail_under", "the score is 4.2, below fail_under = 9"),
                Condition("fail_on"),
            ),
        ),
        files=12,
        committed_at=1_700_000_000,
    )
    return msgspec.structs.replace(whole, **changes)


CLEAN = report(
    findings=(),
    stories=(),
    waived=(),
    rule_errors=(),
    skipped_files=(),
    gate=Gate(True),
    scorecard=msgspec.structs.replace(
        report().scorecard,
        overall=9.96,
        with_waivers=9.96,
        verdict=Verdict.READY,
        dimensions=tuple(Score(dimension, 9.96, 9.96) for dimension in Dimension),
    ),
)


def render(name: str, shown: Report) -> str:
    return registry.renderer(name)(shown, colour=False)


def many(number: int, severity: Severity = Severity.LOW) -> tuple[Finding, ...]:
    """Findings of one rule, each in a file of its own."""
    return tuple(
        Finding("HYG001", Location(f"a/{n}.py", n + 1), f"a/{n}.py is old", severity,
                Confidence.HIGH)
        for n in range(number)
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_format_reads_as_its_golden_file(name: str, update_golden: bool) -> None:
    path = GOLDEN / f"report.{name}"
    text = render(name, report())
    if update_golden:
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("name", sorted({*NAMES, "sarif-all"}))
def test_a_format_ignores_colour_and_ends_its_last_line(name: str) -> None:
    text = registry.renderer(name)(report(), colour=True)
    assert text == render(name, report())
    assert text.endswith("\n") and not text.endswith("\n\n")


# -- stories and numbers


@pytest.mark.parametrize("name", ["markdown", "summary"])
def test_a_story_goes_from_its_cause_to_its_consequences(name: str) -> None:
    assert (
        f"1. **-3.70** {CAUSE.replace('.gitignore:3', '`.gitignore:3`')}"
        " → `*.json` keeps `web/package.json` out of the repository"
        " → `COPY package.json` matches nothing in web · CTR008, HYG009\n"
    ) in render(name, report())


@pytest.mark.parametrize("name", ["markdown", "summary", "github"])
def test_findings_with_one_cause_are_told_as_one(name: str) -> None:
    lines = render(name, report()).splitlines()
    assert len([line for line in lines if "(2 findings)" in line]) == 1


def test_a_score_is_never_rounded_up() -> None:
    assert json.loads(render("badge", CLEAN))["message"] == "9.9 / 10, ready"
    for name in ("badge-svg", "github", "markdown", "summary"):
        assert "9.9 / 10" in render(name, CLEAN)


# -- what changed, and who answers


def test_the_last_week_is_told_where_the_past_is_known() -> None:
    dimensions: dict[Dimension, float | None] = {Dimension.CLEANUP: -0.25}
    week = Delta(1, COMMIT, 1_699_000_000, 0.42, dimensions, new=("a", "b"))
    past = Trend((), (week,), {COPY.fingerprint: 1_650_000_000})
    text = render("markdown", report(history=past))
    assert "## readiness: NOT READY, 4.0 / 10 (+0.4 in a week)\n" in text
    assert "| File Cleanup | 3.9 | 9 (missed) | -0.2 |\n" in text
    assert "| Operations | 3.9 | 9 (missed) | - |\n" in text
    assert "since 2023-11-03: 0 fixed, 2 new, 0 reopened\n" in text
    assert "matches nothing in web · CTR008 · since 2022-04-15\n" in text


def test_owners_are_listed_with_what_they_gain_and_are_not_called() -> None:
    owners = (
        Owner("@acme/web", True, (COPY.fingerprint, IGNORE.fingerprint), 1.234),
        Owner("", False, (ROLLBACK.fingerprint,)),
    )
    text = render("summary", report(owners=owners))
    assert "| `@acme/web` | 2 | +1.23 |\n| nobody | 1 | - |\n" in text


def test_of_a_change_only_what_is_new_is_shown() -> None:
    change = Comparison("main", (News(ARCHIVE, "it was not there"),), (KEY,), old=3)
    shown = report(comparison=change, gate=Gate(True), rule_errors=())
    first, last = render("github", shown).splitlines()
    assert first.endswith("old stuff keeps 2 archived files in the repository")
    assert last.endswith("4 open findings, 1 of them new")
    text = render("markdown", shown)
    assert "**1 new finding**, 1 fixed; 3 old ones do not count\n\n- **high** [" in text
    unsure = msgspec.structs.replace(change, new=(News(ARCHIVE, "too unsure", counts=False),))
    text = render("markdown", msgspec.structs.replace(shown, comparison=unsure))
    assert "**0 new findings**, 1 new one that does not count, 1 fixed; 3 old" in text
    assert "· HYG001 (too unsure)\n" in text


# -- SARIF


def run(shown: Report, name: str = "sarif") -> Any:
    (only,) = json.loads(render(name, shown))["runs"]
    return only


def test_sarif_says_of_a_change_what_is_new_what_was_there_and_what_is_gone() -> None:
    gone = msgspec.structs.replace(ARCHIVE, key="gone")
    change = Comparison("main", (News(ARCHIVE, "it was not there"),), (gone,), old=3)
    shown = report(comparison=change)

    def states(name: str) -> Counter[tuple[str, str | None]]:
        results = run(shown, name)["results"]
        return Counter((each["ruleId"], each.get("baselineState")) for each in results)

    plain, whole = states("sarif"), states("sarif-all")
    assert plain[ARCHIVE.rule, "new"] == 1
    assert {state for rule, state in plain} <= {"new", "unchanged", None}, "an alert would stay"
    assert sum(n for (_, state), n in plain.items() if state is None) == len(shown.waived)
    assert whole[gone.rule, "absent"] == 1
    states_of_none = [each.get("baselineState") for each in run(report())["results"]]
    assert set(states_of_none) == {None}, "where nothing is compared, nothing is known"


def test_sarif_closes_alerts_when_nothing_is_found() -> None:
    assert run(CLEAN)["results"] == []


def test_sarif_shows_a_folder_by_the_first_of_its_files() -> None:
    (result,) = run(report(findings=(ARCHIVE,), waived=()))["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "old%20stuff/a.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
    }


def test_sarif_leaves_out_what_belongs_to_no_file_and_says_so_unless_asked_for() -> None:
    shown = report(findings=(ROLLBACK,), waived=(), rule_errors=(), skipped_files=())
    ours = run(shown)
    assert ours["results"] == []
    assert "1 finding belongs to no file" in json.dumps(ours["invocations"])
    (result,) = run(shown, "sarif-all")["results"]
    assert result["message"]["text"] == ROLLBACK.message


def test_sarif_tells_who_answers_for_a_waived_finding() -> None:
    *others, waived = run(report())["results"]
    assert waived["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "no account has it, ann, until 2027-01-01",
        }
    ]
    assert not any("suppressions" in result for result in others)


def test_sarif_ranks_only_security_rules_as_security() -> None:
    driver = run(report())["tool"]["driver"]
    ranked = {rule["id"]: rule["properties"].get("security-severity") for rule in driver["rules"]}
    assert {id_ for id_, severity in ranked.items() if severity} == {"SEC001"}
    assert float(ranked["SEC001"]) > 9


def test_sarif_cuts_descriptions_where_code_scanning_would() -> None:
    long = msgspec.structs.replace(RULES[0], why="x " * 2_000)
    (shown,) = run(report(rules=(long,), findings=(), waived=()))["tool"]["driver"]["rules"]
    assert len(shown["fullDescription"]["text"]) == 1_024
    assert len(shown["help"]["text"]) > 4_000


def test_sarif_writes_braces_and_brackets_so_that_they_are_no_placeholders_or_links() -> None:
    odd = msgspec.structs.replace(COPY, message="app/[id]/{x}.ts says [here](3)", cause="")
    result = run(report(findings=(odd,)))["results"][0]
    assert result["message"]["text"] == "app/[id]/{{x}}.ts says \\[here](3)"


def test_sarif_keeps_the_worst_where_there_are_too_many_and_says_how_many_it_left_out() -> None:
    found = (*many(26_000), *many(10, Severity.HIGH))
    ours = run(report(findings=found, stories=(), waived=()))
    results = ours["results"]
    assert isinstance(results, list) and len(results) == 25_000
    assert [result["level"] for result in results[:11]] == [*["error"] * 10, "note"]
    assert "1,010 results of the least severity left out" in json.dumps(ours["invocations"])


def test_sarif_stays_small_however_long_names_are() -> None:
    found = tuple(
        Finding("HYG001", Location(f"{n}/" + "é" * 2_000), "é" * 2_000, Severity.LOW,
                Confidence.HIGH)
        for n in range(3_000)
    )  # fmt: skip
    text = render("sarif", report(findings=found, stories=(), waived=()))
    assert 19_000_000 < len(text.encode()) < 20_100_000
    assert "of the least severity left out" in text


def test_sarif_names_the_commit_of_a_known_remote() -> None:
    assert run(report())["versionControlProvenance"] == [
        {
            "repositoryUri": "https://github.com/acme/shop",
            "revisionId": COMMIT,
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
            "asOfTimeUtc": "2023-11-14T22:13:20Z",
        }
    ]
    assert "versionControlProvenance" not in run(report(remote=None))


# -- GitHub


def test_github_shows_ten_of_a_kind_and_says_how_many_more_there_are() -> None:
    found = (
        *many(12, Severity.CRITICAL),
        *many(13, Severity.MEDIUM),
        *many(14, Severity.LOW),
    )
    lines = render("github", report(findings=found, stories=())).splitlines()
    kinds = [line[2:].split(" ")[0] for line in lines]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "error": 10,
        "warning": 10,
        "notice": 10,
    }
    assert [lines[n].split("::")[2] for n in (0, 1)] == [
        "gate failed: the score is 4.2, below fail_under = 9",
        "incomplete: rule TST001 crashed: ValueError: no",
    ]
    assert lines[-1].endswith("NOT READY, 4.0 / 10, 39 open findings; +12 more than are shown here")


def test_github_escapes_what_would_end_a_property_or_a_line() -> None:
    odd = msgspec.structs.replace(
        COPY, location=Location("a,b:c%d\n.py", 2), message="50 %", cause=""
    )
    first = render("github", report(findings=(odd,), gate=Gate(True), rule_errors=()))
    assert first.splitlines()[0] == (
        "::error file=a%2Cb%3Ac%25d%0A.py,line=2,endLine=2,title=CTR008 build-input-missing::50 %25"
    )


# -- GitLab


def test_gitlab_lists_what_belongs_to_a_file() -> None:
    entries = json.loads(render("gitlab", report()))
    assert [entry["check_name"][:6] for entry in entries] == ["CTR008", "HYG009", "HYG001"]
    assert [entry["severity"] for entry in entries] == ["blocker", "blocker", "critical"]
    assert entries[2]["location"] == {"path": "old stuff/a.py", "lines": {"begin": 1}}
    assert json.loads(render("gitlab", CLEAN)) == []


def test_gitlab_tells_findings_apart_that_are_alike() -> None:
    entries = json.loads(render("gitlab", report(findings=(COPY, COPY, COPY))))
    assert len({entry["fingerprint"] for entry in entries}) == 3


# -- JUnit


def test_junit_has_a_case_for_each_rule_and_each_condition_of_the_gate() -> None:
    root = ElementTree.fromstring(render("junit", report()))
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        "CIC009 no-rollback-or-safe-deploy": ["failure"],
        "CTR008 build-input-missing": ["failure"],
        "HYG001 archive-directory-tracked": ["failure"],
        "HYG009 gitignore-swallows-source": ["failure"],
        "SEC001 hardcoded-secret": [],
        "STA001 duplicate-entrypoint": ["skipped"],
        "TST001 test-imports-missing-module": ["error"],
        "fail_under": ["failure"],
        "fail_on": [],
    }
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "5", "1")


def test_junit_does_not_fail_for_what_no_score_counts() -> None:
    preview = msgspec.structs.replace(RULES[1], status="preview")
    trivial = msgspec.structs.replace(ARCHIVE, severity=Severity.INFO)
    shown = report(rules=(preview, RULES[2]), findings=(COPY, trivial), rule_errors=())
    cases = list(ElementTree.fromstring(render("junit", shown)).iter("testcase"))
    assert [case[0].tag for case in cases[:2]] == ["skipped", "skipped"]


# -- Markdown and the step summary


def test_the_comment_begins_with_the_marker_by_which_it_is_found_again() -> None:
    assert render("markdown", CLEAN).startswith("<!-- readiness -->\n## readiness: READY")
    assert "<!--" not in render("summary", CLEAN)


@pytest.mark.parametrize(("name", "limit"), [("markdown", 65_536), ("summary", 1_048_576)])
def test_markdown_is_cut_to_what_the_system_takes_and_says_so(name: str, limit: int) -> None:
    found = many(30_000, Severity.HIGH)
    text = render(name, report(findings=found, stories=()))
    assert limit * 0.98 < len(text.encode()) <= limit
    more = re.search(r"^\+([\d,]+) more: `readiness audit", text, re.MULTILINE)
    assert more
    shown = text.count("· HYG001")
    assert shown + int(more[1].replace(",", "")) == 30_000 + 1  # one more among what costs most


def test_a_cut_comment_still_closes_what_it_opened() -> None:
    text = render("markdown", report(findings=many(30_000), stories=()))
    assert text.count("<details>") == text.count("</details>") == 1


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop/blob/{}/a%20b.py#L7"),
        ("git@github.com:acme/shop", "https://github.com/acme/shop/blob/{}/a%20b.py#L7"),
        (
            "ssh://git@gitlab.acme.org:2222/a/b/shop.git",
            "https://gitlab.acme.org/a/b/shop/-/blob/{}/a%20b.py#L7",
        ),
        ("https://bitbucket.org/acme/shop", "https://bitbucket.org/acme/shop/src/{}/a%20b.py#lines-7"),
        ("https://codeberg.org/acme/shop", "https://codeberg.org/acme/shop/src/commit/{}/a%20b.py#L7"),
        ("https://git.acme.org/shop/shop.git", ""),
        ("https://github.com/a)b/<script>", ""),
        ("javascript:alert(1)//github.com/a/b", ""),
        ("file:///srv/github.com/shop", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_a_place_is_linked_at_the_commit_where_the_remote_is_known(
    remote: str | None, address: str
) -> None:
    found = msgspec.structs.replace(COPY, location=Location("a b.py", 7))
    text = render("markdown", report(remote=remote, findings=(found,)))
    expected = f"[`a b.py:7`]({address.format(COMMIT)})" if address else "`a b.py:7`"
    assert f"- **critical** {expected} `COPY" in text
    assert address or "](http" not in text


@pytest.mark.parametrize(
    ("remote", "ending"),
    [
        ("https://github.com/acme/shop", "a.md?plain=1#L7"),
        ("https://gitlab.com/acme/shop", "a.md?plain=1#L7"),
        ("https://bitbucket.org/acme/shop", "a.md#lines-7"),
    ],
)
def test_a_line_of_a_document_is_linked_as_plain_text(remote: str, ending: str) -> None:
    found = msgspec.structs.replace(COPY, location=Location("a.md", 7))
    assert f"/{ending})" in render("markdown", report(remote=remote, findings=(found,)))


def test_a_place_is_not_linked_where_what_was_audited_is_not_the_commit() -> None:
    assert "](http" not in render("markdown", report(dirty=True))


# -- badges


def test_a_badge_has_only_keys_that_an_endpoint_may_have() -> None:
    for shown in (report(), CLEAN):
        document = json.loads(render("badge", shown))
        assert document.keys() == {"schemaVersion", "label", "message", "color"}
        assert document["schemaVersion"] == 1
        assert document["message"] and re.fullmatch("[0-9a-f]{6}", document["color"])


def test_a_badge_tells_the_verdict_by_words_and_colour() -> None:
    def face(overall: float | None, verdict: Verdict) -> tuple[str, str]:
        card = msgspec.structs.replace(report().scorecard, overall=overall, verdict=verdict)
        document = json.loads(render("badge", report(scorecard=card)))
        return document["message"], document["color"]

    faces = [
        face(9.5, Verdict.READY),
        face(9.5, Verdict.CONDITIONAL),
        face(6.0, Verdict.NOT_READY),
        face(2.0, Verdict.NOT_READY),
        face(None, Verdict.NOTHING),
    ]
    assert [message for message, _ in faces] == [
        "9.5 / 10, ready",
        "9.5 / 10, conditional",
        "6.0 / 10, not ready",
        "2.0 / 10, not ready",
        "nothing to assess",
    ]
    assert len({colour for _, colour in faces}) == 5
    assert all(contrast(f"#{colour}", "#ffffff") >= 4.5 for _, colour in faces)


def test_the_picture_of_a_badge_is_readable_and_needs_nothing_else() -> None:
    text = render("badge-svg", report())
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert root.get("aria-label") == root[0].text == "readiness: 4.0 / 10, not ready"
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    fills = {rect.attrib["fill"] for rect in root.findall(".//{*}rect")}
    assert "id=" not in text  # so that a page can hold several
    assert len(fills) == 2 and all(contrast(fill, "#ffffff") >= 4.5 for fill in fills)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminance, from 1 to 21, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
            for value in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
