"""Repositories made to harm whoever looks at them: nothing of theirs runs, leaks or blocks."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.errors import ReadinessError, RepositoryError
from readiness.index.history import History
from readiness.model import Snapshot
from readiness.repo import Repository, room

if TYPE_CHECKING:
    from conftest import Git, Trap

LIMIT = 5_000_000
NOWHERE = "1" * 40


def look_at_everything(folder: Path) -> None:
    with Repository.open(folder) as repository:
        snapshots = [
            repository.snapshot(),
            repository.snapshot(staged=True),
            repository.snapshot(untracked=True),
            repository.snapshot(rev="HEAD"),
            repository.snapshot(rev="main~1"),
        ]
        assert [file.path for file in snapshots[0].files] == [
            ".gitattributes",
            ".gitmodules",
            "changed.txt",
            "clean.txt",
            "folder/inner.txt",
            "other.txt",
        ]
        assert snapshots[0].dirty
        ids = [file.blob_id for snapshot in snapshots for file in snapshot.files]
        contents = dict(repository.read([*ids, NOWHERE], LIMIT))
        assert b"six\n" in contents.values() and b"new\n" in contents.values()
        assert isinstance(contents[NOWHERE], str)
        assert repository.history(snapshots[3].commit or "").files["changed.txt"].commits == 2


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["status"], {"fsmonitor", "process", "clean"}),
        (["diff", "--no-ext-diff", "HEAD~1", "HEAD"], {"textconv"}),
        (["diff", "HEAD~1", "HEAD"], {"command", "external"}),
        (["log", "-1"], {"gpg"}),
        (["cat-file", "-p", NOWHERE], {"uploadpack"}),
        (["checkout", "HEAD~1", "--", "changed.txt"], {"smudge"}),
        (["read-tree", "HEAD~1"], {"hook-post-index-change"}),
        (["update-ref", "refs/heads/new", "HEAD"], {"hook-reference-transaction"}),
    ],
)
def test_plain_git_falls_into_the_trap(trap: Trap, command: list[str], expected: set[str]) -> None:
    """The control: what is shown below to be avoided does happen otherwise."""
    subprocess.run(
        ["git", *command], cwd=trap.git.folder, env=trap.git.environment, capture_output=True
    )
    assert trap.ran() >= expected


def test_no_program_that_the_repository_names_is_run(trap: Trap) -> None:
    look_at_everything(trap.git.folder)
    assert not trap.ran()


@pytest.mark.parametrize("option", ["--split-index", "--untracked-cache", "--fsmonitor"])
def test_nor_for_an_index_with_extensions(trap: Trap, option: str) -> None:
    environment = (
        trap.git.environment
        | {"GIT_CONFIG_COUNT": "1"}
        | {
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": "/dev/null",
        }
    )
    subprocess.run(
        ["git", "update-index", option], cwd=trap.git.folder, env=environment, capture_output=True
    )
    for trace in trap.traces.iterdir():
        trace.unlink()
    look_at_everything(trap.git.folder)
    assert not trap.ran()


def test_nor_one_that_the_environment_of_the_caller_names(
    trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "git").mkdir(parents=True)
    evil = f"[core]\n\tfsmonitor = {trap.program('home')}\n\thooksPath = {trap.programs}\n"
    for name in (".gitconfig", "git/config"):
        (home / name).write_text(evil)
    for name in ("git-cat-file", "git-log", "git-ls-tree", "post-index-change"):
        trap.program(name)
    for variable, value in {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nonexistent",
        "GIT_ASKPASS": trap.program("GIT_ASKPASS"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={trap.program('parameters')}'",
        "GIT_CONFIG_SYSTEM": str(home / ".gitconfig"),
        "GIT_CONFIG_VALUE_0": trap.program("GIT_CONFIG_VALUE_0"),
        "GIT_DIR": str(tmp_path),
        "GIT_EXEC_PATH": str(trap.programs),
        "GIT_EXTERNAL_DIFF": trap.program("GIT_EXTERNAL_DIFF"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_OBJECT_DIRECTORY": "/nonexistent",
        "GIT_PAGER": trap.program("GIT_PAGER"),
        "GIT_SSH_COMMAND": trap.program("GIT_SSH_COMMAND"),
        "GIT_TRACE": str(trap.traces / "GIT_TRACE"),
        "GIT_WORK_TREE": str(tmp_path),
        "HOME": str(home),
        "PAGER": trap.program("PAGER"),
        "XDG_CONFIG_HOME": str(home),
    }.items():
        monkeypatch.setenv(variable, value)
    look_at_everything(trap.git.folder)
    assert not trap.ran()


def test_the_repository_is_left_as_it_was(trap: Trap) -> None:
    def state() -> Iterator[tuple[str, int, bytes]]:
        for path in sorted(trap.git.folder.rglob("*")):
            if path.is_file():
                yield str(path), path.stat().st_mtime_ns, path.read_bytes()

    before = list(state())
    look_at_everything(trap.git.folder)
    assert list(state()) == before


def contents(git: Git, untracked: bool = False) -> dict[str, bytes | str]:
    with Repository.open(git.folder) as repository:
        files = repository.snapshot(untracked=untracked).files
        by_id = dict(repository.read([file.blob_id for file in files], LIMIT))
    return {file.path: by_id[file.blob_id] for file in files}


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder outside of the repository, with a file that nobody should read."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "b.txt").write_text("private")
    return folder


def test_a_symlink_out_of_the_tree_is_its_target_not_what_lies_there(
    git: Git, private: Path
) -> None:
    (git.folder / "file").symlink_to(private / "b.txt")
    (git.folder / "folder").symlink_to(private)
    git.commit()
    targets = {"file": os.fsencode(private / "b.txt"), "folder": os.fsencode(private)}
    assert contents(git) == contents(git, untracked=True) == targets
    (git.folder / "new").symlink_to(private)
    assert contents(git, untracked=True)["new"] == os.fsencode(private)


def test_a_symlink_loop_ends(git: Git) -> None:
    (git.folder / "a").symlink_to("b")
    (git.folder / "b").symlink_to("a")
    (git.folder / "self").symlink_to(".")
    git.commit()
    assert contents(git, untracked=True) == {"a": b"b", "b": b"a", "self": b"."}


def test_a_folder_replaced_by_a_symlink_takes_its_files_with_it(git: Git, private: Path) -> None:
    git.write("a/b.txt", "public!")
    git.write("c/d/b.txt", "public!")
    git.commit()
    for folder in ("a", "c/d"):
        (git.folder / folder / "b.txt").unlink()
        (git.folder / folder).rmdir()
        (git.folder / folder).symlink_to(private)
    assert contents(git) == {}
    assert b"private" not in contents(git, untracked=True).values()


def test_a_folder_replaced_while_we_look_is_not_followed(git: Git, private: Path) -> None:
    git.write("a/b.txt", "public")
    git.commit()
    git.write("a/b.txt", "private")
    with Repository.open(git.folder) as repository:
        ids = [file.blob_id for file in repository.snapshot().files]
        (git.folder / "a/b.txt").unlink()
        (git.folder / "a").rmdir()
        (git.folder / "a").symlink_to(private)
        assert dict(repository.read(ids, LIMIT)) == {ids[0]: "changed while it was audited"}


def test_a_file_replaced_by_a_pipe_while_we_look_does_not_block(git: Git) -> None:
    path = git.write("a.txt", "1")
    git.commit()
    git.write("a.txt", "2")
    with Repository.open(git.folder) as repository:
        ids = [file.blob_id for file in repository.snapshot().files]
        path.unlink()
        os.mkfifo(path)
        assert dict(repository.read(ids, LIMIT)) == {ids[0]: "is a named pipe, not a file"}


@pytest.mark.parametrize("path", ["../private/b.txt", "/etc/passwd", ".git/config", "a/../../b"])
def test_an_index_that_points_out_of_the_tree_is_refused(
    git: Git, private: Path, path: str
) -> None:
    content = (private / "b.txt").read_bytes()
    blob = git("hash-object", "-w", "--stdin", input=content)
    stand_in = "x" * len(path)
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},{stand_in}")
    index = git.folder / ".git/index"
    forged = index.read_bytes().replace(stand_in.encode(), path.encode())
    index.write_bytes(forged[:-20] + bytes(20))  # Git accepts an index without a checksum
    with pytest.raises(RepositoryError, match=r"the index .* is damaged"):
        contents(git)


def test_an_ignore_file_that_is_a_symlink_is_not_followed(git: Git, private: Path) -> None:
    (private / "b.txt").write_text("*.py\n")
    (git.folder / ".gitignore").symlink_to(private / "b.txt")
    git.write("a.py")
    assert "a.py" in contents(git, untracked=True)


def test_a_pattern_that_git_would_match_for_ever_is_given_up(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.write(".gitignore", "*a" * 60)
    git.write("a" * 200 + "b")
    monkeypatch.setattr(room, "_LISTING", 1)
    with (
        Repository.open(git.folder) as repository,
        pytest.raises(RepositoryError, match="audit without --untracked"),
    ):
        repository.snapshot(untracked=True)


@pytest.mark.parametrize("place", ["pack/pack-1.idx", "aa", "info/alternates"])
def test_a_pipe_among_the_objects_does_not_block_for_ever(
    git: Git, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    git.write("a.txt", "1")
    git.commit()
    monkeypatch.setattr(room, "PATIENCE", 1.0)
    pipe = git.folder / ".git/objects" / place
    pipe.parent.mkdir(exist_ok=True)
    if place == "aa":
        pipe.mkdir(exist_ok=True)
        pipe = pipe / ("a" * 38)
    os.mkfifo(pipe)
    pipe.with_suffix(".pack").write_bytes(b"PACK" + bytes(40))
    started = time.monotonic()
    try:
        with Repository.open(git.folder) as repository:
            repository.snapshot(rev="main")
            list(repository.read(["a" * 40], LIMIT))
    except RepositoryError as error:
        assert str(error).startswith("git gave no answer for 1 seconds")
    assert time.monotonic() - started < 20


def test_a_history_made_to_fill_the_memory_ends_git_not_the_machine(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MEMORY", 48 << 20)
    blob = git("hash-object", "-w", "--stdin", input=b"x")
    tree = git("mktree", input=f"100644 blob {blob}\t{'long' * 20}\n".encode())
    for _ in range(6):
        entries = "".join(f"040000 tree {tree}\t{name}\n" for name in range(10))
        tree = git("mktree", input=entries.encode())
    bomb = git("commit-tree", "-m", "a million files", tree)
    harmless = git("commit-tree", "-m", "none", "-p", bomb, git("mktree", input=b""))
    with Repository.open(git.folder) as repository:
        assert repository.snapshot(rev=harmless).files == ()
        assert repository.history(harmless) == History(complete=False)


@pytest.mark.parametrize(
    "damage",
    [
        lambda git: git.write(".git/packed-refs", b"\xff\0 \n^\n" * 100),
        lambda git: git.write(".git/refs/heads/\x1b[31m", "nonsense"),
        lambda git: git.write(".git/refs/heads/main", "ref: refs/heads/main\n"),
        lambda git: git.write(".git/refs/heads/main", "ref: ../../../etc/passwd\n"),
        lambda git: git.write(".git/shallow", "nonsense\n"),
        lambda git: git.write(".git/config", b"[\0\xff" * 100),
        lambda git: git.write(".git/index", b"DIRC\0\0\0\2\xff\xff\xff\xff" + bytes(20)),
        lambda git: git.write(".git/index", b"DIRC\0\0\0\7" + bytes(24)),
        lambda git: git.write(".git/index", b"short"),
        lambda git: git.write(".git/objects/info/alternates", "../" * 1000 + "\n"),
        lambda git: git.write(".git/info/exclude", b"\xff\0[" * 1000),
    ],
)
def test_damaged_metadata_gives_an_answer_or_one_line(
    git: Git, damage: Callable[[Git], Path]
) -> None:
    git.write("a.txt", "1")
    git.commit()
    damage(git)
    try:
        with Repository.open(git.folder) as repository:
            found: list[Snapshot] = [repository.snapshot(untracked=True)]
            found.append(repository.snapshot(rev="main"))
            list(repository.read([file.blob_id for file in found[0].files], LIMIT))
            repository.history(found[1].commit or "")
    except ReadinessError as error:
        assert "\n" not in str(error) and str(error).isprintable()
