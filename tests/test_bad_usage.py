"""Whatever is asked for wrongly: exit code 2, and a line that says what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Git, Program

Complaint = Callable[..., str]


@pytest.fixture
def complaint(readiness: Program, git: Git) -> Complaint:
    """The lines on standard error of a command that is refused, without "readiness: "."""
    git.write("main.py", "print('now')\n")
    git.commit()

    def call(*arguments: str | Path, lines: int = 1, **environment: str) -> str:
        done = readiness(*arguments, cwd=git.folder, **environment)
        assert (done.returncode, done.stdout) == (2, b"")
        said = done.stderr.decode().splitlines()
        assert len(said) == lines
        assert all(line.startswith("readiness: ") for line in said)
        return "\n".join(line.removeprefix("readiness: ") for line in said)

    return call


# On the command line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audti"], "No such command 'audti'"),
        (["audit", "--formt", "json"], "--format"),
        (["audit", "--format", "jsno"], "no format jsno: choose one of"),
        (
            ["audit", "--select", "HYGO16"],
            "--select: HYGO16 is no rule, dimension or area; did you mean HYG016?",
        ),
        (
            ["audit", "--ignore", "cleanpu"],
            "--ignore: cleanpu is no rule, dimension or area; did you mean cleanup?",
        ),
        (
            ["audit", "--select", "zzz"],
            "--select: zzz is no rule, dimension or area; readiness rules lists them",
        ),
        (["audit", "--select", "\x1b[31m\n"], r"--select: \x1b[31m is no rule"),
        (
            ["audit", "--select", "HYG001", "--ignore", "cleanup"],
            "select and ignore leave no rule to judge by",
        ),
        (["audit", "--fail-under", "11"], "Invalid value for '--fail-under'"),
        (["audit", "--fail-under", "nan"], "nan is no score"),
        (["audit", "--fail-on", "severe"], "'severe' is not one of"),
        (["audit", "--profile", "shop"], "'shop' is not one of"),
        (["audit", "--jobs", "0"], "Invalid value for '--jobs'"),
        (["audit", "a", "b"], "unexpected extra argument"),
        (["audit", "--rev", "nowhere"], "no commit is called 'nowhere' here"),
        (["audit", "--rev", "--help"], "no commit is called '--help' here"),
        (["audit", "--rev", ""], "no commit is called '' here"),
        (["audit", "--rev", "HEAD", "--staged"], "--rev, --staged and --untracked exclude"),
        (["audit", "--output", "no/such/folder/x"], "--output no/such/folder/x: no such file"),
        (["audit", "--output", "."], "--output .: is a directory"),
        (["audit", "/nowhere"], "/nowhere does not exist; name the folder of a repository"),
        (["audit", "main.py"], "main.py is no folder; name the folder of a repository"),
        (
            ["explain", "archive-directory-traked"],
            "no rule is called archive-directory-traked; did you mean archive-directory-tracked?",
        ),
        (["explain"], "Missing argument 'RULE'"),
        (["rules", "--format", "yaml"], "'yaml' is not one of"),
    ],
)
def test_an_argument_that_is_wrong_is_named(
    complaint: Complaint, arguments: list[str], said: str
) -> None:
    assert said in complaint(*arguments)


# In the configuration


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("fail_udner = 3", "fail_udner is not a setting; did you mean fail_under?"),
        ("colour = true", "colour is not a setting; choose one of profile, target, select"),
        ('target = "high"', 'target = "high" must be a number from 0 to 10'),
        ("target = nan", "target = nan must be a number from 0 to 10"),
        ("select = [1]", "select = [1] must be a list of"),
        ('"\\u001b[31m\\n" = 1', r"\x1b[31m\n is not a setting"),
        ('select = ["HYGO16"]', "HYGO16 is no rule, dimension or area; did you mean HYG016?"),
        ('ignore = ["\\u001b\\n"]', r"ignore: \x1b\n is no rule, dimension or area"),
        (
            'per_path_ignores = {"a\\n\\u001b" = ["HYGO16"]}',
            r"per_path_ignores of a\n\x1b: HYGO16 is no rule; did you mean HYG016?",
        ),
        ('exclude = ["a", "!"]', "exclude: '!' is no gitignore pattern"),
        ("[[tool.readiness.waivers]]\nrule = 'HYGO16'\nreason = 'so'", "waiver in line 2: HYGO16"),
        ("target =", "pyproject.toml is not TOML: "),
        ("target = " + "[" * 9_999, "pyproject.toml is not TOML: it is nested too deep; mend it"),
        ("target = " + "9" * 9_999, "pyproject.toml is not TOML: "),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    complaint: Complaint, git: Git, setting: str, said: str
) -> None:
    git.write("pyproject.toml", f"[tool.readiness]\n{setting}\n")
    git("add", "pyproject.toml")
    told = complaint("audit")
    assert told.startswith("pyproject.toml")
    assert said in told


def test_bytes_that_are_no_text_are_no_configuration(complaint: Complaint, git: Git) -> None:
    git.write("readiness.toml", b"target = '\xff'\n")
    git("add", "readiness.toml")
    assert complaint("audit").startswith("readiness.toml is not TOML: ")


def test_all_mistakes_of_a_configuration_are_told_at_once(complaint: Complaint, git: Git) -> None:
    git.write("readiness.toml", 'fail_udner = 3\ntarget = "high"\n')
    git("add", "readiness.toml")
    assert complaint("audit", lines=2).splitlines() == [
        "readiness.toml: fail_udner is not a setting; did you mean fail_under?",
        'readiness.toml: target = "high" must be a number from 0 to 10',
    ]


def test_a_configuration_that_git_does_not_know_is_not_the_one_that_counts(
    readiness: Program, git: Git
) -> None:
    git.write("readiness.toml", "fail_udner = 3\n")
    assert readiness("audit", git.folder).returncode == 0


# In the surroundings


def test_a_folder_that_is_no_repository_is_told_the_way_out(
    complaint: Complaint, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    told = complaint("audit", tmp_path / "plain")
    assert told.startswith(f"no repository at {tmp_path / 'plain'} (no .git here or above)")
    assert "git init && git add -A" in told


@pytest.mark.parametrize("options", [[], ["--rev", "main"], ["--staged"], ["--untracked"]])
def test_a_missing_git_is_said(complaint: Complaint, options: list[str]) -> None:
    told = complaint("audit", "--no-cache", *options, PATH="/nonexistent")
    assert told.startswith("Git is missing")


def test_an_unreadable_folder_is_said(complaint: Complaint, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    try:
        told = complaint("audit", closed)
    finally:
        closed.chmod(0o755)
    assert told == f"{closed} cannot be read (permission denied)"


def test_an_unwritable_folder_for_the_report_is_said(complaint: Complaint, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    told = complaint("audit", "--output", closed / "report")
    assert told == f"--output {closed / 'report'}: permission denied"


def test_a_damaged_repository_is_said(complaint: Complaint, git: Git) -> None:
    git.write(".git/HEAD", "nonsense\n")
    assert "HEAD" in complaint("audit")
