"""READY is said only of what was looked at: end to end, through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness.cli import main

if TYPE_CHECKING:
    from conftest import Git

LIBRARY = {
    ".gitignore": "__pycache__/\n*.log\n*.tmp\n*.backup\n.env*\n",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
    "shop.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_shop.py": "import shop\n\n\ndef test_nothing_costs_nothing():\n"
    "    assert shop.total([]) == 0\n",
    ".github/workflows/ci.yml": "on: [push, pull_request]\njobs:\n  test:\n"
    "    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v5\n"
    "      - run: pip install -e . pytest && pytest\n",
}
Audit = Callable[..., dict[str, Any]]


@pytest.fixture
def audit(
    git: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Audit:
    """Audits the repository as it was written; the report as JSON."""
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(git.folder)

    def call(*options: str) -> dict[str, Any]:
        git.commit()
        assert main(["audit", "--format", "json", *options]) == 0
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return report

    return call


@pytest.fixture
def library(git: Git) -> Git:
    for path, content in LIBRARY.items():
        git.write(path, content)
    return git


def verdict(report: dict[str, Any]) -> str:
    return str(report["scorecard"]["verdict"])


def test_a_library_that_does_everything_right_is_ready(library: Git, audit: Audit) -> None:
    report = audit()
    assert [finding["rule"] for finding in report["findings"]] == []
    assert verdict(report) == "READY"


def test_an_empty_repository_has_nothing_to_assess(audit: Audit) -> None:
    report = audit()
    assert verdict(report) == "NOTHING TO ASSESS"
    assert report["scorecard"]["overall"] is None


def test_leaving_out_whole_dimensions_makes_nobody_ready(library: Git, audit: Audit) -> None:
    library.write("readiness.toml", 'ignore = ["security", "operations"]\n')
    report = audit()
    assert report["scorecard"]["coverage"]["rules"] < 0.9
    assert verdict(report) == "NOT READY"


def test_excluding_every_file_leaves_nothing_to_assess(library: Git, audit: Audit) -> None:
    library.write("readiness.toml", 'exclude = ["*"]\n')
    assert verdict(audit()) == "NOTHING TO ASSESS"


def test_source_that_was_not_read_makes_nobody_ready(library: Git, audit: Audit) -> None:
    library.write("huge.py", "x = 1\n" * 1_000_000)
    report = audit()
    assert [skipped["path"] for skipped in report["skipped_files"]] == ["huge.py"]
    assert verdict(report) == "NOT READY"


def test_who_is_not_ready_with_full_marks_is_told_why(
    library: Git, audit: Audit, capsys: pytest.CaptureFixture[str]
) -> None:
    library.write("huge.py", "x = 1\n" * 1_000_000)
    audit()
    main(["audit"])
    assert "although every score reaches 9: not all source was read" in capsys.readouterr().out


def test_a_language_that_nobody_understands_makes_nobody_ready(library: Git, audit: Audit) -> None:
    library.write("Shop.java", "class Shop {}\n" * 500)
    assert verdict(audit()) == "NOT READY"
