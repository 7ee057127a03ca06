"""Owners: what CODEOWNERS means, who it falls back to, and what a finding's owner is."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING

import pytest

from readiness import engine, story
from readiness.configure import Options
from readiness.facts import codeowners
from readiness.facts.codeowners import Owned
from readiness.index.owners import build, tell
from readiness.model import Confidence, Finding, Location, Owner, Severity
from readiness.testing import build_index

if TYPE_CHECKING:
    from conftest import Git

# GitHub's own examples, and what its documentation says of them.
GITHUB = """\
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs-a@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/github
"""
OWNED = [
    ("Makefile", "@global-owner1 @global-owner2"),
    ("deep/down/main.js", "@js-owner"),
    ("main.go", "docs@example.com"),
    ("a/b.txt", "@octo-org/octocats"),
    ("build/logs/x.log", "@octocat"),  # **/logs comes later
    ("docs/getting-started.md", "@doctocat"),
    ("docs/build-app/troubleshooting.md", "@doctocat"),
    ("other/docs/x.md", "@global-owner1 @global-owner2"),
    ("deep/apps/x/y.py", "@octocat"),
    ("apps/y.py", "@octocat"),
    ("scripts/run.sh", "@doctocat @octocat"),
    ("deeply/nested/logs/z", "@octocat"),
    ("apps/github/x.py", ""),
    ("sub/scripts/run.sh", "@global-owner1 @global-owner2"),
]


def owner_of(path: str, text: str, place: str = ".github/CODEOWNERS", history: str = "") -> str:
    tree = f"-- {place} --\n{text}-- {path} --\nx\n"
    return build(build_index(tree, history)).of(path)[0]


@pytest.mark.parametrize(("path", "owner"), OWNED)
def test_the_last_line_that_matches_decides(path: str, owner: str) -> None:
    assert owner_of(path, GITHUB) == owner


def test_a_star_behind_a_folder_means_its_files_alone() -> None:
    text = "* @all\ndocs/* @writers\n"
    assert owner_of("docs/a.md", text) == "@writers"
    assert owner_of("docs/b/a.md", text) == "@all"


def test_what_has_a_meaning_elsewhere_has_none_here() -> None:
    assert owner_of("a.py", "!a.py @no\n[ab].py @no\n", history="2026-01-01 Ada | A a.py") == "Ada"
    assert owner_of("a b.py", "a\\ b.py @space\n") == "@space"
    assert owner_of("a.py", "*.py nobody @ada # @bob\n") == "@ada"


def test_gitlab_names_owners_for_each_section() -> None:
    text = "* @all\n[Docs][2] @writers\n*.md\nREADME.md @lead\n^[Code]\n*.py @coders\n"
    place = ".gitlab/CODEOWNERS"
    assert owner_of("docs/a.md", text, place) == "@all @writers"
    assert owner_of("README.md", text, place) == "@all @lead"
    assert owner_of("a.py", text, place) == "@all @coders"


def test_the_first_place_counts() -> None:
    tree = "-- CODEOWNERS --\n* @root\n-- .github/CODEOWNERS --\n* @github\n-- a.py --\n"
    assert build(build_index(tree)).of("a.py") == ("@github", True)


def test_without_a_line_the_last_author_answers() -> None:
    index = build_index(
        "-- CODEOWNERS --\ndocs/ @writers\n-- a.py --\n-- new.py --\n",
        "2026-01-01 Ada | A a.py\n2026-01-02 Bob | M a.py",
    )
    owners = build(index)
    assert owners.of("a.py") == ("Bob", False)
    assert owners.of("new.py") == ("", False)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    start = time.process_time()
    owner_of("a" * 4000 + "c", "*a" * 400 + "*b @x\n" + "**/" * 300 + "b @y\n")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("data", [b"", b"\0\xff\n[", b"[a\n]]] @\n\\", b"@only\n# x", b"\\ \\"])
def test_any_bytes_are_read(data: bytes) -> None:
    facts = codeowners.extract("codeowners", data)
    assert all(isinstance(line, Owned) for line in facts.lines)


def finding(rule: str, path: str | None, *subjects: str) -> Finding:
    return Finding(
        rule, Location(path), "m", Severity.LOW, Confidence.HIGH, subjects=subjects or (path or "",)
    )


def test_each_owner_has_the_findings_that_are_theirs() -> None:
    index = build_index(
        "-- CODEOWNERS --\n/old/ @team\n-- a.py --\n-- old/x.py --\n-- attic/y.py --\n"
        "-- attic/z.py --\n",
        "2026-01-01 Ada | A a.py, A attic/y.py\n2026-01-02 Bob | A attic/z.py",
    )
    mine, folder = finding("A001", "a.py"), finding("A002", "attic", "attic/y.py", "attic/z.py")
    theirs, absent = finding("A003", "old/x.py"), finding("A004", None)
    assert tell(index, [mine, folder, theirs, absent]) == (
        Owner("", False, (absent.fingerprint,)),
        Owner("@team", True, (theirs.fingerprint,)),
        Owner("Ada", False, (mine.fingerprint,)),
        Owner("Bob", False, (folder.fingerprint,)),
    )


def test_who_owns_everything_owns_what_is_absent() -> None:
    index = build_index("-- CODEOWNERS --\n* @all\n-- a.py --\n")
    assert [owner.name for owner in tell(index, [finding("A004", None)])] == ["@all"]


def test_a_report_tells_who_answers_for_what_and_what_it_gains(git: Git) -> None:
    git.write("CODEOWNERS", "/broken.py @ada\n")
    git.write("main.py", "import json\n")
    git.write("broken.py", "def (:\n")
    git.commit()
    world = engine.Surroundings(datetime.date(2026, 1, 1))
    report = engine.audit(str(git.folder), Options(plan=True), world)
    told = {print_ for owner in report.owners for print_ in owner.fingerprints}
    assert told == {finding.fingerprint for finding in report.findings}
    (ada,) = (owner for owner in report.owners if owner.name == "@ada")
    assert ada.declared
    assert ada.gain is not None
    assert ada.gain > 0
    plain = engine.audit(str(git.folder), Options(), world)
    assert [owner.gain for owner in plain.owners] == [None] * len(report.owners)


def test_a_plan_tells_what_each_rule_gains_and_all_of_them_all_there_is(git: Git) -> None:
    git.write("main.py", "def broken(:\n")
    git.write("old_archive/a.py", "A = 1\n")
    git.commit("first")
    world = engine.Surroundings(datetime.date(2026, 1, 1))
    report = engine.audit(str(git.folder), Options(plan=True), world)
    assert report.plan is not None
    gains = report.plan.gains
    assert gains.keys() == story.groups(report.findings).keys()
    assert {"HYG001", "HYG016"} <= gains.keys()
    assert all(gain >= 0 for gain in gains.values())
    assert report.scorecard.overall is not None
    # a curve: each alone gains less than its share of what is missing, or as much
    assert 0 < sum(gains.values()) <= 10 - report.scorecard.overall


def test_findings_are_grouped_by_what_several_rules_tell_of() -> None:
    def told(rule: str, key: str, cause: str) -> Finding:
        low, high = Severity.LOW, Confidence.HIGH
        return Finding(rule, Location("a.py"), "it is so", low, high, (), (), key, cause)

    both = [told("HYG001", "a", "one thing"), told("HYG005", "b", "one thing")]
    alone = [told("HYG001", "c", "another"), told("HYG001", "d", "another")]
    rest = told("HYG005", "e", "")
    groups = story.groups([*both, *alone, rest])
    assert groups == {"one thing": both, "HYG001": alone, "HYG005": [rest]}
