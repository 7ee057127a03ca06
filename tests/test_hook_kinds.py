"""Kinds of commits and of indexes that the hook judges, each as Git itself makes it."""

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Git, Hooked

KEY = "sk_" + "live_" + "h7Gk29sLqPz4vXw8RbNt3YcD"
OTHER = "sk_" + "live_" + "Zq83LmPw5TnVx2KbYc7HdR4g"
LINE, SECOND = f'KEY = "{KEY}"\n', f'OTHER = "{OTHER}"\n'
BODY = "".join(f"line{number} = {number}\n" for number in range(20))
REFUSED, FINE = 1, 0


@pytest.fixture
def git(hooked: "Hooked") -> "Hooked":
    """A repository whose commits Git makes with the hook."""
    git = hooked
    git.write(".git/hooks/pre-commit", f'#!/bin/sh\nexec "{git.program}"\n', mode=0o755)
    git.environment["READINESS_CACHE_DIR"] = str(git.cache)
    git.environment["GIT_EDITOR"] = "true"
    return git


def refuses(git: "Hooked", *arguments: str, input: bytes | None = None) -> str:
    """What is said when Git is refused to do it; it must have refused for a finding."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=git.folder,
        env=git.environment,
        input=input,
        capture_output=True,
    )
    told = done.stderr.decode()
    assert done.returncode != 0 and "new finding" in told, told
    return told


# Commits


def test_commit_patch_judges_the_chosen_part(git: "Hooked") -> None:
    git.commit(a_py=BODY)
    git.write("a.py", f"first = 1\n{BODY}{LINE}")
    refuses(git, "commit", "-p", "-m", "x", input=b"n\ny\n")
    git("commit", "-p", "-m", "x", input=b"y\nn\n")
    assert "first" in git("show", "HEAD:a.py") and KEY not in git("show", "HEAD:a.py")


def test_commit_all_and_only(git: "Hooked") -> None:
    git.commit(a_py=BODY, b_py=BODY)
    git.write("a.py", BODY + LINE)
    git.write("b.py", BODY + "x = 1\n")
    refuses(git, "commit", "-a", "-m", "x")
    git("commit", "-m", "only the other", "b.py")
    refuses(git, "commit", "-m", "only this", "a.py")
    refuses(git, "commit", "-i", "-m", "this, too", "a.py")


def test_an_amended_commit_is_held_against_the_one_that_it_replaces(git: "Hooked") -> None:
    git.commit(a_py=BODY)
    git.commit(a_py=BODY + LINE)
    git("commit", "--amend", "-m", "another message")
    git.stage("a.py", BODY + LINE + SECOND)
    assert "a.py:22" in refuses(git, "commit", "--amend", "--no-edit")


def test_the_first_commit_and_one_of_an_orphan_branch(git: "Hooked") -> None:
    git.stage("a.py", LINE)
    refuses(git, "commit", "-m", "x")
    git("commit", "--no-verify", "-m", "x")
    git("checkout", "--quiet", "--orphan", "other")
    refuses(git, "commit", "-m", "a history of its own, and so a secret of its own")


def test_an_empty_commit(git: "Hooked") -> None:
    git("commit", "--allow-empty", "-m", "x")
    git("commit", "--allow-empty", "-m", "y")


def diverged(git: "Hooked") -> None:
    """`side` adds a secret to the line that `main` changes, too."""
    git.commit(a_py=BODY)
    git("checkout", "--quiet", "-b", "side")
    git.commit(a_py=BODY.replace("line5 = 5\n", f"line5 = 6\n{LINE}"))
    git("checkout", "--quiet", "main")
    git.commit(a_py=BODY.replace("line5 = 5\n", "line5 = 7\n"))


def conflict(git: "Hooked", *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=git.folder, env=git.environment)
    assert done.returncode != 0
    told = git.hook()[1]  # by hand, while it is open
    assert "fault" not in told


def test_a_merge_with_a_conflict(git: "Hooked") -> None:
    diverged(git)
    conflict(git, "merge", "--quiet", "side")
    git.stage("a.py", BODY + LINE + SECOND)
    told = refuses(git, "commit", "--no-edit")
    assert "a.py:22" in told and "a.py:21" not in told
    git.stage("a.py", BODY + LINE)
    git("commit", "--no-edit")
    assert git("rev-list", "--parents", "-1", "HEAD").count(" ") == 2


def test_a_merge_of_many_branches(git: "Hooked") -> None:
    git.commit(a_py=BODY)
    for name in ("one", "two", "three"):
        git("checkout", "--quiet", "-b", name, "main")
        git.commit(**{f"{name}_py": LINE})
    git("checkout", "--quiet", "main")
    git("merge", "--no-commit", "--no-ff", "one", "two", "three")
    git.stage("four.py", "x = 1\n")
    git("commit", "--no-edit")
    assert git("rev-list", "--parents", "-1", "HEAD").count(" ") == 4


def test_what_is_picked_from_elsewhere_is_new_here(git: "Hooked") -> None:
    diverged(git)
    conflict(git, "cherry-pick", "side")
    git.stage("a.py", BODY + LINE)
    assert "a.py:21" in refuses(git, "commit", "--no-edit")
    git.stage("a.py", BODY + "x = 1\n")
    git("commit", "--no-edit")


def test_a_revert_that_brings_a_secret_back(git: "Hooked") -> None:
    git.commit(a_py=BODY + LINE)
    git.commit(a_py=BODY)
    git("revert", "--no-commit", "HEAD")
    refuses(git, "commit", "--no-edit")


def test_a_rebase_stopped_by_a_conflict(git: "Hooked") -> None:
    diverged(git)
    conflict(git, "rebase", "--quiet", "main", "side")
    git.stage("a.py", BODY + LINE)
    refuses(git, "commit", "--no-edit")
    git.stage("a.py", BODY + "x = 1\n")
    git("rebase", "--continue")
    assert git("log", "-1", "--format=%s", "side") == "x"


def test_a_stash_and_a_detached_head(git: "Hooked") -> None:
    git.commit(a_py=BODY)
    git.write("a.py", BODY + LINE)
    git("stash")
    git("checkout", "--quiet", "--detach")
    git("stash", "apply", "--index")
    refuses(git, "commit", "-a", "-m", "x")


def test_a_reference_in_packed_refs(git: "Hooked") -> None:
    git.commit(a_py=BODY + LINE)
    git("pack-refs", "--all")
    git.stage("a.py", BODY + LINE + "x = 1\n")
    git("commit", "-m", "x")


# Indexes


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_an_index_of_each_version(git: "Hooked", version: str) -> None:
    git.commit(app__a_py=BODY, app__b_py=BODY)
    git("update-index", "--index-version", version)
    git.write("later.py", LINE)
    git("add", "--intent-to-add", "later.py")
    git.stage("app/b.py", BODY + "x = 1\n")
    assert git.hook() == (FINE, ""), "what is only meant to be added is in no commit"
    git.stage("app/b.py", BODY + LINE)
    assert "app/b.py:21" in refuses(git, "commit", "-m", "x")


def test_a_sparse_index(git: "Hooked") -> None:
    git.commit(app__a_py=BODY, other__b_py=BODY, other__c_py=LINE)
    git("config", "index.sparse", "true")
    git("sparse-checkout", "set", "--cone", "--sparse-index", "app")
    git.stage("app/a.py", BODY + "x = 1\n")
    assert git.hook() == (FINE, "")
    git.stage("app/a.py", BODY + LINE)
    assert "app/a.py:21" in refuses(git, "commit", "-m", "x")


def test_a_split_index(git: "Hooked") -> None:
    git.commit(a_py=BODY, b_py=LINE)
    git("update-index", "--split-index")
    git.stage("a.py", BODY + "x = 1\n")
    assert git.hook() == (FINE, "")
    git.stage("a.py", BODY + LINE)
    refuses(git, "commit", "-m", "x")


def test_an_index_with_flags_and_extensions(git: "Hooked") -> None:
    git.commit(a_py=BODY, b_py=LINE)
    git("config", "core.untrackedCache", "true")
    git("update-index", "--untracked-cache")
    git("update-index", "--assume-unchanged", "b.py")
    git("update-index", "--skip-worktree", "a.py")
    git("update-index", "--force-write-index")
    git.stage("c.py", SECOND)
    assert "c.py:1" in refuses(git, "commit", "-m", "x")


def test_a_submodule_that_comes_moves_and_goes(
    git: "Hooked", make_git: "Callable[..., Git]"
) -> None:
    module = make_git("module")
    module.write("a.py", LINE)
    module.commit()
    git.commit(a_py=BODY)
    git("submodule", "--quiet", "add", str(module.folder), "module")
    git("commit", "-m", "it comes")
    module.write("a.py", SECOND)
    moved = module.commit()
    git("-C", "module", "pull", "--quiet")
    git("add", "module")
    git("commit", "-m", "it moves")
    assert moved in git("ls-tree", "HEAD", "module")
    git("rm", "--quiet", "--force", "module")
    git.stage("module", LINE)
    assert "module:1" in refuses(git, "commit", "-m", "a file of its name")


def test_a_link_or_a_mode_that_becomes_another(git: "Hooked") -> None:
    (git.folder / "link").symlink_to("target")
    git.commit(a_py=LINE)
    git("update-index", "--chmod=+x", "a.py")
    git("commit", "-m", "no content changed")
    (git.folder / "link").unlink()
    git.stage("link", LINE)
    refuses(git, "commit", "-m", "a file that was a link")


# Many and large files


def test_many_files_are_judged_in_a_process_of_their_own(git: "Hooked") -> None:
    for number in range(150):
        git.write(f"m{number}/.env", f"X={number}\n")
    git.write("a.py", LINE)
    git("add", "--all")
    told = refuses(git, "commit", "-m", "x")
    assert told == refuses(git, "commit", "-m", "once more, from the cache")
    assert "a.py:1" in told


def test_large_files_are_judged_too(git: "Hooked") -> None:
    large = "".join(f"value_{number} = {number}\n" for number in range(30_000))
    git.commit(a_py=large + LINE)
    git("repack", "-adq")
    git.stage("a.py", large + LINE + "x = 1\n")
    git("commit", "-m", "x")
    git.stage("a.py", large + LINE + SECOND)
    told = refuses(git, "commit", "-m", "x")
    assert "a.py:30002" in told and "a.py:30001" not in told


def test_contents_that_are_too_large_are_passed_over(git: "Hooked") -> None:
    """So large together that their sizes are asked first, and some too large to be read."""
    noise = b"\1\2\3\4\5\6\7" * 900_000
    for name in ("one", "two", "three", "four"):
        git.stage(name, b"\0" + name.encode() + noise)
    git.stage("a.py", BODY + LINE)
    git("commit", "--no-verify", "--quiet", "-m", "x")
    git("repack", "-adq")
    for name in ("one", "two", "three", "four"):
        git.stage(name, LINE)
    assert "one:1" in refuses(git, "commit", "-m", "x")
    git("reset", "--quiet", "--hard")
    git("mv", "a.py", "b.py")
    git("commit", "-m", "x")


def test_files_that_go_and_come_by_the_hundred(git: "Hooked") -> None:
    for number in range(120):
        git.write(f"old/m{number}.py", f"{BODY}x = {number}\n" + LINE * (number == 7))
    git.commit(a_py=BODY)
    git("add", "--all")
    git("commit", "--no-verify", "--quiet", "-m", "x")
    git("mv", "old", "new")
    git("commit", "-m", "a folder moves, with its secret")
    git("rm", "--quiet", "-r", "new")
    git.stage("a.py", BODY + LINE)
    git("commit", "-m", "one line of it lives on elsewhere")
