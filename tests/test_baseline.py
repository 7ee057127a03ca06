"""Baselines: what they know, what they do not, and how they shrink."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.baseline import Baseline, entry_of, hold, parse, write
from readiness.errors import ConfigError
from readiness.model import BaselineEntry, Confidence, Finding, Location, Severity

if TYPE_CHECKING:
    from conftest import Git, Program


def finding(path: str | None, key: str = "", rule: str = "AAA001") -> Finding:
    return Finding(rule, Location(path), "", Severity.MEDIUM, Confidence.HIGH, key=key)


def baseline(*findings: Finding) -> Baseline:
    return parse(write(map(entry_of, findings)).encode(), "old.toml")


def test_it_knows_what_is_in_it_and_what_is_not_is_new() -> None:
    held = hold(baseline(finding("a")), [finding("a"), finding("b")], {"a", "b"}, {"AAA001"})
    assert (held.known, held.new, held.stale) == ((finding("a"),), (finding("b"),), ())


def test_an_entry_of_what_is_mended_is_stale_and_names_its_line() -> None:
    held = hold(baseline(finding("a"), finding("b")), [finding("b")], {"a", "b"}, {"AAA001"})
    assert [(entry.told, entry.line) for entry in held.stale] == [("AAA001 a", 5)]


def test_of_a_rule_that_was_not_asked_nothing_is_stale() -> None:
    assert hold(baseline(finding("a")), [], {"a"}, {"BBB001"}).stale == ()


def test_a_file_that_moved_takes_its_entry_along_but_another_copy_does_not() -> None:
    known = baseline(finding("old/a.py", "key"))
    here = finding("new/a.py", "key")
    held = hold(known, [here], {"new/a.py"}, {"AAA001"})
    assert (held.new, held.stale) == ((), ())
    assert [after for _, after in held.moved] == [here]
    there = finding("other/a.py", "key")
    assert len(hold(known, [here, there], {"new/a.py", "other/a.py"}, {"AAA001"}).new) == 1
    assert hold(known, [here], {"old/a.py", "new/a.py"}, {"AAA001"}).new == (here,)


def test_a_renamed_file_is_known_where_history_tells_of_it() -> None:
    known, here = baseline(finding("a.py")), finding("b.py")
    assert hold(known, [here], {"b.py"}, {"AAA001"}).new == (here,)
    assert hold(known, [here], {"b.py"}, {"AAA001"}, lambda path: "b.py").new == ()


def test_it_is_sorted_has_a_line_an_entry_and_no_time() -> None:
    findings = [finding("z"), finding(None, rule="BBB001"), finding("a\u2028é\x7f\\x", "k")]
    text = write(map(entry_of, findings))
    assert text == write(map(entry_of, reversed(findings)))
    assert list(tomllib.loads(text)["findings"].values()) == [
        "AAA001 a\u2028é\x7f\\x",
        "AAA001 z",
        "BBB001",
    ]


def test_what_people_wrote_into_it_stays() -> None:
    first, second = entry_of(finding("a")), entry_of(finding("b"))
    text = f"# ours\n[findings]\n# ask Ann\n'{first.fingerprint}' = 'AAA001 a' # soon\n"
    assert write([first, second], text) == text + f'"{second.fingerprint}" = "AAA001 b"\n'
    assert "Ann" not in write([second], text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x = ", "old.toml is not TOML"),
        ("findings = 1", "findings must be a table"),
        ("[[findings]]", "findings must be a table"),
        ("fail_on = 'high'", "fail_on has no place in a baseline"),
        ("[findings]\nHYG001 = 'a'", "HYG001 is no entry"),
        ("[findings]\n0123456789abcdef = 1", "0123456789abcdef is no entry"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        parse(text.encode(), "old.toml")


def test_an_entry_reads_as_it_was_written() -> None:
    entry = BaselineEntry("0123456789abcdef", "AAA001", "a b/c.py")
    (read,) = parse(write([entry]).encode(), "x").entries
    assert (read.fingerprint, read.rule, read.path) == ("0123456789abcdef", "AAA001", "a b/c.py")


# The command, in a repository with two files that do not parse.

BROKEN = "def f(:\n"


@pytest.fixture
def shop(git: Git) -> Git:
    git.write("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python main.py\n")
    git.write("main.py", "import one, two\n")
    git.write("one.py", BROKEN)
    git.write("two.py", BROKEN)
    git.commit()
    return git


def run(readiness: Program, git: Git, *arguments: str) -> tuple[int, str]:
    done = readiness(*arguments, cwd=git.folder)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_a_repository_adopts_a_baseline_and_passes(readiness: Program, shop: Git) -> None:
    assert run(readiness, shop, "audit", "--fail-on", "low")[0] == 1
    code, told = run(readiness, shop, "baseline")
    assert (code, "there is no readiness-baseline.toml" in told) == (1, True)
    code, told = run(readiness, shop, "baseline", "--update")
    assert (code, "--accept makes one" in told) == (2, True)
    code, told = run(readiness, shop, "baseline", "--update", "--accept")
    assert (code, 'baseline = "readiness-baseline.toml"' in told) == (0, True)
    shop.write("readiness.toml", 'baseline = "readiness-baseline.toml"\nfail_on = "low"\n')
    shop.commit()
    code, told = run(readiness, shop, "audit")
    assert code == 0, told
    assert told.startswith("nothing new; ")
    assert run(readiness, shop, "baseline")[0] == 0


def adopted(readiness: Program, git: Git) -> str:
    run(readiness, git, "baseline", "--update", "--accept")
    git.write("readiness.toml", 'baseline = "readiness-baseline.toml"\n')
    git.commit()
    return (git.folder / "readiness-baseline.toml").read_text()


def test_what_is_not_in_it_fails_and_it_does_not_grow_by_itself(
    readiness: Program, shop: Git
) -> None:
    before = adopted(readiness, shop)
    shop.write("main.py", "import one, two, three\n")
    shop.write("three.py", BROKEN)
    shop.commit()
    code, told = run(readiness, shop, "audit")
    assert code == 1
    assert "three.py" in told and "two.py" not in told
    code, told = run(readiness, shop, "baseline", "--update")
    assert (code, "not in it" in told) == (0, True)
    assert (shop.folder / "readiness-baseline.toml").read_text() == before
    run(readiness, shop, "baseline", "--update", "--accept")
    assert run(readiness, shop, "audit")[0] == 0


def test_what_is_mended_must_leave_it(readiness: Program, shop: Git) -> None:
    before = adopted(readiness, shop)
    shop.write("two.py", "x = 1\n")
    shop.commit()
    code, told = run(readiness, shop, "audit")
    line = next(n for n, text in enumerate(before.splitlines(), 1) if "HYG016 two.py" in text)
    assert code == 1
    assert f"delete line {line} (HYG016 two.py)" in " ".join(told.split())
    assert run(readiness, shop, "baseline", "--update")[0] == 0
    after = (shop.folder / "readiness-baseline.toml").read_text()
    assert set(after.splitlines()) < set(before.splitlines())
    shop.commit()
    assert run(readiness, shop, "audit")[0] == 0


def test_a_file_that_moves_stays_known(readiness: Program, shop: Git) -> None:
    adopted(readiness, shop)
    shop.write("three/__init__.py")
    shop("mv", "two.py", "three/two.py")
    shop.write("main.py", "import one, three.two\n")
    shop.commit()
    code, told = run(readiness, shop, "audit")
    assert code == 0, told
    run(readiness, shop, "baseline", "--update")
    assert "three/two.py" in (shop.folder / "readiness-baseline.toml").read_text()


def test_another_file_may_be_named(readiness: Program, shop: Git, tmp_path: Path) -> None:
    file = str(tmp_path / "elsewhere.toml")
    assert run(readiness, shop, "baseline", "--file", file, "--update", "--accept")[0] == 0
    assert run(readiness, shop, "audit", "--baseline", file)[0] == 0
    shop.write("one.py", "def g(:\n")
    shop.write("main.py", BROKEN)
    assert run(readiness, shop, "audit", "--baseline", file)[0] == 1
    code, told = run(readiness, shop, "audit", "--baseline", str(tmp_path / "none"))
    assert (code, "no such file" in told) == (2, True)


def test_it_is_not_written_through_a_symbolic_link(
    readiness: Program, shop: Git, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("mine\n")
    (shop.folder / "readiness-baseline.toml").symlink_to(target)
    code, told = run(readiness, shop, "baseline", "--update", "--accept")
    assert (code, "symbolic link" in told, target.read_text()) == (2, True, "mine\n")


def test_a_configured_baseline_that_is_not_tracked_is_an_error(
    readiness: Program, shop: Git
) -> None:
    shop.write("readiness.toml", 'baseline = "../x.toml"\n')
    shop.commit()
    code, told = run(readiness, shop, "audit")
    assert (code, "is not a tracked file" in told) == (2, True)
