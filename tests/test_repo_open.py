"""Which repository a path means, and what is said where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.errors import RepositoryError
from readiness.model import Snapshot
from readiness.repo import Repository

if TYPE_CHECKING:
    from conftest import Git

MakeGit = Callable[..., "Git"]


def snapshot(path: Path | str) -> Snapshot:
    with Repository.open(path) as repository:
        return repository.snapshot()


def paths(path: Path | str) -> list[str]:
    return [file.path for file in snapshot(path).files]


def refusal(path: Path | str) -> str:
    with pytest.raises(RepositoryError) as caught:
        snapshot(path)
    text = str(caught.value)
    assert "\n" not in text and "\x1b" not in text
    return text


def test_a_folder_inside_means_the_whole_repository_and_is_remembered(git: Git) -> None:
    git.write("services/api/main.py")
    git.write("README.md")
    git.commit()
    with Repository.open(git.folder / "services/api") as repository:
        assert repository.subfolder == "services/api"
        assert repository.root == str(git.folder)
        assert [file.path for file in repository.snapshot().files] == [
            "README.md",
            "services/api/main.py",
        ]
    with Repository.open(git.folder) as repository:
        assert repository.subfolder == ""


def test_the_git_folder_itself_means_its_work_tree(git: Git) -> None:
    git.write("a.py")
    assert not snapshot(git.folder / ".git").files
    git.commit()
    git.write("b.py")
    git("add", "b.py")
    assert paths(git.folder / ".git") == paths(git.folder / ".git/refs") == ["a.py", "b.py"]


def test_a_relative_path_and_a_symlink_to_the_repository(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.write("a.py")
    git.commit()
    (tmp_path / "link").symlink_to(git.folder)
    monkeypatch.chdir(git.folder)
    assert paths(".") == paths(tmp_path / "link") == ["a.py"]


def test_a_bare_repository_shows_what_head_holds(git: Git, tmp_path: Path) -> None:
    git.write("a.py", "print()")
    git.commit()
    git.write("b.py")
    git("clone", "--bare", "--quiet", ".", str(tmp_path / "copy.git"))
    bare = snapshot(tmp_path / "copy.git")
    assert [file.path for file in bare.files] == ["a.py"]
    assert bare == snapshot(tmp_path / "copy.git/refs")
    assert bare.repository == "app", "named as its remote is"


def test_a_bare_repository_without_a_configuration_is_understood(git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    git.commit()
    git("clone", "--bare", "--quiet", ".", str(tmp_path / "plain.git"))
    (tmp_path / "plain.git/config").unlink()
    (tmp_path / "plain.git/description").unlink()
    found = snapshot(tmp_path / "plain.git")
    assert (found.repository, len(found.files)) == ("plain", 1)


def test_linked_work_trees_have_their_own_head_and_index(git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    first = git.commit()
    git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    git.write("b.py")
    git.commit()
    (tmp_path / "linked/c.py").write_text("")
    git("-C", str(tmp_path / "linked"), "add", "c.py")
    linked = snapshot(tmp_path / "linked")
    assert [file.path for file in linked.files] == ["a.py", "c.py"]
    assert (linked.commit, linked.dirty, linked.repository) == (first, True, "app")
    with Repository.open(tmp_path / "linked") as repository:
        assert repository.common_folder == str(git.folder / ".git")
        assert repository.git_folder == str(git.folder / ".git/worktrees/linked")


def test_a_linked_work_tree_of_a_bare_repository_is_not_bare(git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    git.commit()
    hub = tmp_path / "hub"
    git("clone", "--bare", "--quiet", ".", str(hub / ".git"))
    git("-C", str(hub), "worktree", "add", "--quiet", str(hub / "main"), "main")
    (hub / "main/b.py").write_text("")
    git("-C", str(hub / "main"), "add", "b.py")
    assert paths(hub / "main") == ["a.py", "b.py"]
    assert paths(hub) == ["a.py"], "the hub has no work tree: what HEAD holds"


def test_a_submodule_is_a_repository_and_an_entry_of_its_parent(
    git: Git, make_git: MakeGit
) -> None:
    library = make_git("library")
    library.write("lib.py")
    pinned = library.commit()
    git("submodule", "add", "--quiet", str(library.folder), "vendor/library")
    git.commit()
    parent = snapshot(git.folder)
    assert [(file.path, file.mode) for file in parent.files] == [
        (".gitmodules", 0o100644),
        ("vendor/library", 0o160000),
    ]
    assert parent.files[1].blob_id == pinned
    assert not parent.dirty
    assert paths(git.folder / "vendor/library") == ["lib.py"]
    with Repository.open(git.folder / "vendor/library") as repository:
        assert repository.root == str(git.folder / "vendor/library")


def test_another_git_folder_and_a_symlinked_one_are_followed(git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    git.commit()
    shutil.move(git.folder / ".git", tmp_path / "elsewhere.git")
    (git.folder / ".git").write_text("gitdir: ../elsewhere.git\n")
    assert paths(git.folder) == ["a.py"]
    (git.folder / ".git").unlink()
    (git.folder / ".git").symlink_to(tmp_path / "elsewhere.git")
    assert paths(git.folder) == ["a.py"]


def test_core_worktree_does_not_choose_another_folder(git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    git.commit()
    (tmp_path / "private").mkdir()
    (tmp_path / "private/a.py").write_text("private = True")
    git("config", "core.worktree", str(tmp_path / "private"))
    with Repository.open(git.folder) as repository:
        assert repository.root == str(git.folder)
        assert not repository.snapshot().dirty


def test_a_repository_without_a_commit_is_its_index_and_work_tree(git: Git) -> None:
    git.write("a.py", "x")
    git("add", "a.py")
    found = snapshot(git.folder)
    assert [file.path for file in found.files] == ["a.py"]
    assert (found.commit, found.committed_at, found.dirty) == (None, 0, True)


def test_an_empty_repository_and_an_empty_bare_one_have_no_files(
    git: Git, make_git: MakeGit
) -> None:
    assert snapshot(git.folder).files == ()
    assert not snapshot(git.folder).dirty
    bare = make_git("bare.git", bare=True)
    assert snapshot(bare.folder).files == ()
    assert snapshot(bare.folder).commit is None


def test_a_plain_folder_is_told_the_way_out(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"no repository at {tmp_path} (no .git here or above); to audit a plain folder:"
        " git init && git add -A, or readiness audit --untracked after git init"
    )


def test_an_empty_git_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert refusal(tmp_path).startswith("no repository at")


def test_a_path_that_is_no_folder_is_refused(git: Git) -> None:
    git.write("a.py")
    assert refusal(git.folder / "a.py").endswith("is no folder; name the folder of a repository")
    assert "does not exist" in refusal(git.folder / "missing")
    assert refusal(str(git.folder / "\x1b[31mred")).count("\\x1b") == 1


@pytest.mark.parametrize("content", ["", "gitdir: ", "gitdir: ../gone\n", "nonsense\n", "\0"])
def test_a_git_file_that_leads_nowhere_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / ".git").write_text(content)
    assert "leads to no Git directory" in refusal(tmp_path)


def test_an_unreadable_folder_is_refused(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() == 0:  # nothing is unreadable to root

        def deny(path: str) -> None:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr("readiness.repo.locate.os.scandir", deny)
    else:
        git.folder.chmod(0)
    try:
        assert refusal(git.folder).endswith("cannot be read (permission denied)")
    finally:
        git.folder.chmod(0o755)


def test_a_missing_git_is_said(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.py")
    git.commit()
    monkeypatch.setenv("PATH", "/nonexistent")
    with (
        Repository.open(git.folder) as repository,
        pytest.raises(RepositoryError, match=r"^Git is missing"),
    ):
        repository.snapshot(rev="main")


def test_a_git_in_the_audited_folder_is_never_the_one_that_runs(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.write("git", '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n', mode=0o755)
    git.commit()
    monkeypatch.chdir(git.folder)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    with Repository.open(".") as repository:
        assert len(repository.snapshot(rev="HEAD").files) == 1
    assert not (git.folder / "ran").exists()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("core.repositoryFormatVersion", "2", "repository format 2, which is unknown here"),
        ("extensions.somethingNew", "true", "extension somethingnew, which is unknown here"),
        ("extensions.refStorage", "reftable", "keeps its references in a form that is not"),
        ("extensions.objectFormat", "sha512", "neither SHA-1 nor SHA-256"),
    ],
)
def test_a_format_from_the_future_is_refused(git: Git, setting: str, value: str, said: str) -> None:
    git("config", "core.repositoryFormatVersion", "1")
    git("config", setting, value)
    assert said in refusal(git.folder)


def test_a_damaged_head_is_said(git: Git) -> None:
    git.write(".git/HEAD", "\x1b[2Jnonsense")
    assert "names neither a branch nor a commit" in refusal(git.folder)


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "index", "commondir"])
def test_a_named_pipe_among_the_metadata_does_not_block(git: Git, name: str) -> None:
    git.write("a.py")
    git.commit()
    pipe = git.folder / ".git" / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    try:
        snapshot(git.folder)
    except RepositoryError as error:
        assert name == "HEAD", error


def test_closing_twice_is_harmless_and_leaves_nothing_behind(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    git.write("a.py")
    git.commit()
    repository = Repository.open(git.folder)
    repository.snapshot(rev="main")
    assert list((tmp_path / "temporary").iterdir())
    repository.close()
    repository.close()
    assert not list((tmp_path / "temporary").iterdir())


def test_a_temporary_folder_that_cannot_be_made_is_said(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.write("a.py")
    git.commit()
    monkeypatch.setenv("TMPDIR", "/dev/null/nowhere")
    with (
        Repository.open(git.folder) as repository,
        pytest.raises(RepositoryError, match="let TMPDIR name a folder"),
    ):
        repository.snapshot(rev="main")
