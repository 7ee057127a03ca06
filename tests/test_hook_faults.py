"""The hook where something around it is broken: it answers, or says clearly why it cannot, and
never holds a commit up for it unless told to."""

import os
import resource
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Git, Hooked

KEY = "sk_" + "live_" + "h7Gk29sLqPz4vXw8RbNt3YcD"
LINE = f'KEY = "{KEY}"\n'
REFUSED, FINE, UNJUDGED = 1, 0, 3


@pytest.fixture
def git(hooked: "Hooked") -> "Hooked":
    """A repository with a commit, and a secret staged."""
    hooked.commit(a_py="x = 1\n", b_py="y = 1\n")
    hooked.stage("a.py", f"x = 1\n{LINE}")
    return hooked


def is_told(git: "Hooked", *words: str, folder: Path | None = None, **environment: str) -> None:
    """Says in a line or two why nothing was judged and lets the commit go on; --strict does not."""
    code, told = git.hook(folder=folder, **environment)
    assert (code, told.count("\n") <= 2) == (FINE, True), told
    assert told.startswith("readiness: what is staged was not judged, and the commit goes on: ")
    assert "Traceback" not in told and "fault of readiness" not in told
    for word in words:
        assert word in told
    code, told = git.hook("--strict", folder=folder, **environment)
    assert code == UNJUDGED and "so the commit is stopped, as --strict asks" in told


def program(folder: Path, script: str) -> str:
    """A PATH with a git of our own on it."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return str(folder)


# Git


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "exit 128",
        "kill -9 $$",
        "echo fatal: no; exit 0",
        "printf 'a\\0b\\0c'",
        "printf ':100644 100644 x y M\\0a.py\\0'",
        "head -c 100000 /dev/urandom",
        "yes ':100644 100644' | head -c 30000000",
    ],
)
def test_a_git_that_fails_or_prints_nonsense(git: "Hooked", tmp_path: Path, script: str) -> None:
    path = program(tmp_path / "bin", f'PATH="{git.environment["PATH"]}"\n{script}')
    is_told(git, PATH=path)


def test_no_git(git: "Hooked", tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    is_told(git, "git", PATH=str(tmp_path / "bin"))


def test_a_git_that_never_ends_is_not_waited_for(git: "Hooked", tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "exec /bin/sleep 1000")
    text = git.program.read_text().replace("raise SystemExit", "hook.SECONDS = 1\nraise SystemExit")
    git.program.write_text(text.replace("\n", "\nfrom readiness.cli import hook\n", 1))
    is_told(git, "1 second", PATH=path)


def test_a_git_that_fails_only_now_and_then(git: "Hooked", tmp_path: Path) -> None:
    """The first process works, the second one not."""
    git("repack", "-adq")
    count = tmp_path / "count"
    real = shutil.which("git", path=git.environment["PATH"])
    path = program(
        tmp_path / "bin",
        f'echo >> "{count}"\n[ $(wc -l < "{count}") = 1 ] || exit 1\nexec "{real}" "$@"',
    )
    code, told = git.hook(PATH=f"{path}:{git.environment['PATH']}")
    assert code in (FINE, REFUSED) and "fault" not in told


# The repository


def test_a_repository_that_cannot_be_written_to(git: "Hooked") -> None:
    folders = [git.folder, *(path for path in git.folder.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert git.hook()[0] == REFUSED
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.parametrize("name", ["index", "HEAD", "objects", "config"])
def test_a_repository_that_cannot_be_read(git: "Hooked", name: str) -> None:
    path = git.folder / ".git" / name
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        is_told(git)
    finally:
        path.chmod(mode)


@pytest.mark.parametrize("keep", [0, 1, 12, 40, -1, -21])
def test_a_damaged_index(git: "Hooked", keep: int) -> None:
    index = git.folder / ".git" / "index"
    index.write_bytes(index.read_bytes()[:keep])
    if keep == 0:  # as Git sees it, there is none
        assert git.hook()[0] in (FINE, UNJUDGED)
        return
    is_told(git, "index")


def test_an_index_of_other_bytes(git: "Hooked") -> None:
    index = git.folder / ".git" / "index"
    content = bytearray(index.read_bytes())
    content[100] ^= 0xFF
    index.write_bytes(content)
    is_told(git, "index")


@pytest.mark.parametrize("head", ["", "0" * 40, "f" * 40, "nonsense"])
def test_a_damaged_head(git: "Hooked", head: str) -> None:
    git.write(".git/HEAD", f"{head}\n")
    is_told(git)


def test_a_commit_or_tree_that_is_missing(git: "Hooked") -> None:
    for revision in ("HEAD^{tree}", "HEAD"):
        id_ = git("rev-parse", revision)
        (git.folder / ".git" / "objects" / id_[:2] / id_[2:]).unlink()
        is_told(git)


def test_a_staged_content_that_is_missing_or_damaged(git: "Hooked") -> None:
    id_ = git("rev-parse", ":a.py")
    path = git.folder / ".git" / "objects" / id_[:2] / id_[2:]
    path.chmod(0o644)
    path.write_bytes(b"garbage")
    code, told = git.hook()
    assert code == FINE and "not" in told and "fault" not in told
    path.unlink()
    code, told = git.hook()
    assert code == FINE and "not" in told and "fault" not in told
    assert git.hook("--strict")[0] == UNJUDGED


def test_a_partial_clone_without_what_the_file_was_before(
    hooked: "Hooked", make_git: "Callable[..., Git]", hook_of: "Callable[[Git, Path], Hooked]"
) -> None:
    hooked.commit(a_py="x = 1\n", b_py="y = 1\n")
    hooked("config", "uploadpack.allowFilter", "true")
    other = hook_of(make_git("clone"), hooked.cache)
    other("fetch", "--quiet", "--filter=blob:none", f"file://{hooked.folder}", "main")
    other("update-ref", "HEAD", "FETCH_HEAD")
    other("read-tree", "HEAD")
    shutil.rmtree(hooked.folder)
    other.stage("a.py", "x = 2\n")
    assert other.hook() == (FINE, "")
    other.stage("a.py", LINE)
    is_told(other, "a.py as it was before")
    other("read-tree", "HEAD")
    other.stage("new.py", LINE)
    assert other.hook()[0] == REFUSED


def test_a_folder_that_is_gone(git: "Hooked", tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    git.limit = gone.rmdir
    code, told = git.hook(folder=gone)
    assert code == FINE and "fault of readiness" not in told and "not judged" in told


def test_a_configuration_that_is_broken(git: "Hooked") -> None:
    git.stage("readiness.toml", "fail_udner = 3\n")
    is_told(git, "fail_udner is not a setting")


def test_no_network(git: "Hooked", tmp_path: Path) -> None:
    """Nothing asks for it: not even a name is looked up."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n\ndef hook(name, arguments):\n    if name.startswith('socket.'):\n"
        "        raise SystemExit('the network')\n\nsys.addaudithook(hook)\n"
    )
    git.stage("b.py", 'password = "your-password-here"\n')
    code, told = git.hook(PYTHONPATH=str(tmp_path))
    assert (code, "the network" in told) == (REFUSED, False)


# The disk


def small_files() -> None:
    """No file may grow beyond this: so a disk looks that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def no_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_disk_without_room_for_the_cache(git: "Hooked", tmp_path: Path) -> None:
    git.limit = small_files
    cache = str(tmp_path / "new")
    told = {git.hook(READINESS_CACHE_DIR=cache) for _ in range(3)}
    assert [code for code, _ in told] == [REFUSED]
    for number in range(120):  # so many that the facts are to be kept
        git.write(f"m{number}/.env.example", f"X={number}\n")
    git("add", "--all")
    code, text = git.hook(READINESS_CACHE_DIR=cache)
    assert (code, "a.py:2" in text) == (REFUSED, True)


def test_a_disk_without_any_room(git: "Hooked", tmp_path: Path) -> None:
    git.limit = no_files
    is_told(git, TMPDIR=str(tmp_path), READINESS_CACHE_DIR=str(tmp_path / "new"))


def test_no_folder_for_what_is_temporary(git: "Hooked", tmp_path: Path) -> None:
    is_told(git, TMPDIR=str(tmp_path / "missing"))


# The cache


def test_a_cache_that_another_process_holds(git: "Hooked") -> None:
    for number in range(120):
        git.write(f"m{number}/.env.example", f"X={number}\n")
    git("add", "--all")
    first = git.hook()
    (database,) = git.cache.glob("*.sqlite*")
    holder = sqlite3.connect(database)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert git.hook() == first
    finally:
        holder.close()
    assert first[0] == REFUSED


@pytest.mark.parametrize("what", ["a file", "read-only", "unreadable", "nonsense", "loop"])
def test_a_cache_that_is_of_no_use(git: "Hooked", tmp_path: Path, what: str) -> None:
    cache = tmp_path / "other"
    if what == "a file":
        cache.write_text("")
    elif what == "loop":
        cache.symlink_to(cache)
    else:
        shutil.copytree(git.cache, cache)
        for file in cache.iterdir():
            if what == "nonsense":
                file.write_bytes(os.urandom(300))
        cache.chmod({"read-only": 0o555, "unreadable": 0}.get(what, 0o755))
    told = {git.hook(READINESS_CACHE_DIR=str(cache)) for _ in range(3)}
    assert told == {git.hook()}
    assert git.hook()[0] == REFUSED
    if what in ("read-only", "unreadable"):
        cache.chmod(0o755)


@pytest.mark.parametrize("home", [None, "", "/dev/null/nowhere", "relative", "/dev/null"])
def test_no_home(git: "Hooked", tmp_path: Path, home: str | None) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "READINESS_CACHE_DIR"):
        git.environment.pop(name, None)
    environment: dict[str, Any] = {} if home is None else {"HOME": home}
    code, told = git.hook(READINESS_CACHE_DIR="", XDG_CACHE_HOME="", **environment)
    assert (code, "fault" in told) == (REFUSED, False)
    assert not (git.folder / "relative").exists()


# The terminal


def test_nobody_who_listens(git: "Hooked") -> None:
    for closed in ("2>&-", "2>/dev/full", "<&- >&- 2>&-"):
        script = f'"{git.program}" {closed}'
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=git.folder,
            env={**git.environment, "READINESS_CACHE_DIR": str(git.cache)},
            capture_output=True,
        )
        assert done.returncode == REFUSED, closed


def test_an_encoding_that_knows_no_letters(git: "Hooked") -> None:
    git.stage("ähm.py", LINE)
    environment: dict[str, Any] = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict"}
    code, told = git.hook(**environment, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (code, "fault" in told) == (REFUSED, False)
