"""The same commit gives the same bytes: from any copy of it, any cache, any machine."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Git, Program

CACHE = "cache-1.sqlite3"
MAIN = "import os\nfrom fastapi import FastAPI\nfrom app import part{n}\napp = FastAPI()\n"
COMPOSE = """
services:
  api:
    build: .
    command: uvicorn main:app
    environment: {{DEBUG: "1", LEVEL: "{n}"}}
  db:
    image: postgres
"""
WORKFLOW = """
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest tests/missing{n} || true
      - run: python scripts/missing.py
"""


@pytest.fixture(scope="module")
def app(git_at: type[Git], tmp_path_factory: pytest.TempPathFactory) -> Git:
    """A messy application, large enough to be shared out to processes, with a history."""
    git = git_at(tmp_path_factory.mktemp("same") / "app")
    for n in range(280):
        git.write(f"app/part{n}.py", f"import app.part{n + 1}\n\n\ndef f{n}(x):\n    return x\n")
    for n in range(3):
        git.write(f"main{'_v2' * n}.py", MAIN.format(n=n))
        git.write(f"old/backup{n}/main.py", MAIN.format(n=n))
        git.write(f"docker-compose.{n}.yml", COMPOSE.format(n=n))
        git.write(f".github/workflows/ci{n}.yml", WORKFLOW.format(n=n))
        git.write(f"tests/test_{n}.py", f"from app.gone{n} import x\n\n\ndef test(): ...\n")
    git.write("Dockerfile", "FROM python\nCOPY gone /gone\nCMD python main.py\n")
    git.write("broken.py", "def broken(:\n")
    git.write(".env", "SECRET_KEY=" + "q7XvB2mLr9" + "TzKd4WnY8sHc\n")
    git.write("weird\n\x1b[31m\udcff.py".encode("utf-8", "surrogateescape"), "x = 1\n")
    git.commit("first", at=1_600_000_000)
    git.write("main.py", MAIN.format(n=7))
    git.commit("second", at=1_700_000_000)
    git("remote", "add", "origin", "https://ada:secret@example.org/made/app.git")
    return git


@pytest.fixture(scope="module")
def expected(app: Git, readiness: Program) -> bytes:
    """What a first audit says, without any cache."""
    return answer(readiness, app.folder, "--no-cache")


def answer(readiness: Program, *arguments: str | Path, **environment: str) -> bytes:
    done = readiness("audit", "--format", "json", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_report_is_worth_comparing(expected: bytes) -> None:
    report = json.loads(expected)
    assert len({finding["rule"] for finding in report["findings"]}) > 8
    assert len(report["stories"]) + len(report["findings"]) > 12
    assert (report["repository"], report["dirty"]) == ("app", False)


# From any copy


def clone(app: Git, folder: Path, *options: str) -> Path:
    """A clone of the repository that names the same remote."""
    app("clone", "--quiet", *options, str(app.folder), str(folder))
    app("-C", str(folder), "config", "remote.origin.url", app("config", "remote.origin.url"))
    return folder


def bare(app: Git, folder: Path) -> Path:
    return clone(app, folder, "--bare")


def with_alternates(app: Git, folder: Path) -> Path:
    return clone(app, folder, "--shared")


def with_packed_references(app: Git, folder: Path) -> Path:
    clone(app, folder)
    app("-C", str(folder), "pack-refs", "--all", "--prune")
    return folder


def with_a_detached_head(app: Git, folder: Path) -> Path:
    clone(app, folder)
    app("-C", str(folder), "checkout", "--quiet", "--detach", "HEAD")
    return folder


def linked_work_tree(app: Git, folder: Path) -> Path:
    app("worktree", "add", "--quiet", "--detach", str(folder), "HEAD")
    return folder


def submodule(app: Git, folder: Path) -> Path:
    app("init", "--quiet", str(folder))
    app("-C", str(folder), "submodule", "--quiet", "add", str(app.folder), "inner")
    inner = folder / "inner"
    app("-C", str(inner), "config", "remote.origin.url", app("config", "remote.origin.url"))
    return inner


def behind_a_symbolic_link(app: Git, folder: Path) -> Path:
    folder.symlink_to(app.folder)
    return folder


def sub_folder(app: Git, folder: Path) -> Path:
    return app.folder / "old" / "backup1"


def the_git_folder(app: Git, folder: Path) -> Path:
    return app.folder / ".git"


@pytest.mark.parametrize(
    "place",
    [
        bare,
        with_alternates,
        with_packed_references,
        with_a_detached_head,
        linked_work_tree,
        submodule,
        behind_a_symbolic_link,
        sub_folder,
        the_git_folder,
    ],
    ids=lambda place: place.__name__,
)
def test_any_copy_gives_the_same_bytes(
    place: Callable[[Git, Path], Path],
    app: Git,
    readiness: Program,
    expected: bytes,
    tmp_path: Path,
) -> None:
    assert answer(readiness, place(app, tmp_path / "copy")) == expected


@pytest.mark.parametrize(
    "options", [[], ["--rev", "HEAD"], ["--rev", "main"], ["--staged"], ["--untracked"]], ids=str
)
def test_the_work_tree_the_index_and_the_commit_give_the_same_bytes(
    options: list[str], app: Git, readiness: Program, expected: bytes
) -> None:
    assert answer(readiness, app.folder, *options) == expected


def test_a_local_change_is_all_that_differs_and_a_commit_is_not_touched_by_it(
    app: Git, readiness: Program, expected: bytes, tmp_path: Path
) -> None:
    copy = clone(app, tmp_path / "copy")
    (copy / "README.md").write_text("# A\n")
    app("-C", str(copy), "add", "README.md")
    assert json.loads(answer(readiness, copy))["dirty"] is True
    assert answer(readiness, copy, "--rev", "HEAD") == expected
    app("-C", str(copy), "reset", "--quiet", "--hard")
    assert answer(readiness, copy) == expected


def findings(report: bytes) -> Any:
    return json.loads(report)["findings"]


def test_a_repository_of_sha256_has_the_same_findings(
    app: Git, readiness: Program, expected: bytes, make_git: Callable[..., Git]
) -> None:
    other = make_git("app", "--object-format=sha256")
    other("fast-import", "--quiet", input=os.fsencode(app("fast-export", "main")))
    other("reset", "--quiet", "--hard")
    report = answer(readiness, other.folder)
    assert findings(report) == findings(expected)
    assert len(json.loads(report)["commit"]) == 64
    assert answer(readiness, other.folder, "--rev", "HEAD") == report


def test_a_shallow_clone_has_the_same_findings_as_far_as_no_history_tells(
    app: Git, readiness: Program, expected: bytes, tmp_path: Path
) -> None:
    app("clone", "--quiet", "--depth=1", f"file://{app.folder}", str(tmp_path / "copy"))
    shallow = answer(readiness, tmp_path / "copy")
    by_history = {"HYG006"}
    assert [finding["fingerprint"] for finding in findings(shallow)] == [
        finding["fingerprint"]
        for finding in findings(expected)
        if finding["rule"] not in by_history
    ]


def test_a_repository_without_a_commit_is_audited(readiness: Program, git: Git) -> None:
    empty = json.loads(answer(readiness, git.folder))
    assert (empty["commit"], empty["scorecard"]["overall"]) == (None, None)
    assert empty["scorecard"]["verdict"] == "NOTHING TO ASSESS"
    git.write("broken.py", "def broken(:\n")
    untracked = findings(answer(readiness, git.folder, "--untracked"))
    git("add", "broken.py")
    staged = findings(answer(readiness, git.folder, "--staged"))
    assert [finding["rule"] for finding in staged if finding["path"]] == ["HYG016"]
    assert staged == untracked == findings(answer(readiness, git.folder))


def test_a_submodule_is_listed_and_not_entered(
    app: Git, readiness: Program, tmp_path: Path
) -> None:
    submodule(app, tmp_path / "outer")
    report = answer(readiness, tmp_path / "outer")
    assert b"inner/" not in report


# On any machine


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_any_order_of_hashes_gives_the_same_bytes(
    seed: str, app: Git, readiness: Program, expected: bytes
) -> None:
    assert answer(readiness, app.folder, "--no-cache", PYTHONHASHSEED=seed) == expected


@pytest.mark.parametrize("jobs", ["1", "2", "5"])
def test_any_number_of_processes_gives_the_same_bytes(
    jobs: str, app: Git, readiness: Program, expected: bytes
) -> None:
    assert answer(readiness, app.folder, "--no-cache", "--jobs", jobs) == expected


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati", "COLUMNS": "20", "FORCE_COLOR": "1"},
        {"GIT_DIR": "/nonexistent", "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nonexistent"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_any_environment_gives_the_same_bytes(
    environment: dict[str, str], app: Git, readiness: Program, expected: bytes
) -> None:
    assert answer(readiness, app.folder, "--no-cache", **environment) == expected


# With any cache


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, app: Git, readiness: Program, expected: bytes
) -> Path:
    """The folder of a cache that holds all of the application."""
    folder = tmp_path_factory.mktemp("filled") / "cache"
    assert answer(readiness, app.folder, READINESS_CACHE_DIR=str(folder)) == expected
    return folder


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to do harm to."""
    return shutil.copytree(filled, tmp_path / "cache")


def test_a_warm_cache_gives_the_same_bytes(
    cache: Path, app: Git, readiness: Program, expected: bytes
) -> None:
    remembered = answer(readiness, app.folder, READINESS_CACHE_DIR=str(cache))
    assert remembered == expected
    other = ("--fail-under", "0")  # another report, made of the same facts
    assert answer(readiness, app.folder, *other, READINESS_CACHE_DIR=str(cache)) == answer(
        readiness, app.folder, *other, "--no-cache"
    )


def random_bytes(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(100_000))


def cut_off(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def scrambled(file: Path) -> None:
    content = bytearray(file.read_bytes())
    noise = random.Random(2)
    for _ in range(300):
        content[noise.randrange(100, len(content))] = noise.randrange(256)
    file.write_bytes(content)


def scrambled_values(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("UPDATE entries SET value = randomblob(length(value))")
    database.close()


def of_another_version(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("ALTER TABLE entries ADD COLUMN more TEXT")
    database.close()


def read_only(file: Path) -> None:
    file.chmod(0o444)
    file.parent.chmod(0o555)


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        random_bytes,
        cut_off,
        scrambled,
        scrambled_values,
        of_another_version,
        read_only,
        a_folder,
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_cache_in_any_state_gives_the_same_bytes(
    damage: Callable[[Path], None], cache: Path, app: Git, readiness: Program, expected: bytes
) -> None:
    damage(cache / CACHE)
    for _ in range(2):
        assert answer(readiness, app.folder, READINESS_CACHE_DIR=str(cache)) == expected


def test_a_folder_that_cannot_be_written_to_gives_the_same_bytes(
    app: Git, readiness: Program, expected: bytes, tmp_path: Path
) -> None:
    tmp_path.chmod(0o555)
    done = readiness(
        *("audit", "--format", "json", app.folder), READINESS_CACHE_DIR=str(tmp_path / "cache")
    )
    assert done.stdout == expected
    assert b"no cache: " in done.stderr
