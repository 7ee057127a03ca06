"""Snapshots of the work tree, the index and commits: what they hold, and what counts as changed."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.errors import RepositoryError, UsageError
from readiness.model import EXECUTABLE, REGULAR, SYMLINK, Snapshot, decode_path
from readiness.repo import Repository, work_tree
from readiness.repo.index_file import Entry

if TYPE_CHECKING:
    from conftest import Git

MakeGit = Callable[..., "Git"]
LIMIT = 5_000_000


def snapshot(
    git: Git | Path, rev: str | None = None, staged: bool = False, untracked: bool = False
) -> Snapshot:
    with Repository.open(git if isinstance(git, Path) else git.folder) as repository:
        return repository.snapshot(rev=rev, staged=staged, untracked=untracked)


def paths(git: Git | Path, staged: bool = False, untracked: bool = False) -> list[str]:
    return [file.path for file in snapshot(git, None, staged, untracked).files]


def contents(git: Git, staged: bool = False, untracked: bool = False) -> dict[str, bytes | str]:
    """path -> content, or the reason why there is none, as read after the snapshot was taken."""
    with Repository.open(git.folder) as repository:
        files = repository.snapshot(staged=staged, untracked=untracked).files
        by_id = dict(repository.read([file.blob_id for file in files], LIMIT))
    return {file.path: by_id[file.blob_id] for file in files}


def sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()


def age(git: Git, seconds: int = 10) -> None:
    """Makes all files look older than the index, so that their times alone prove them clean."""
    for path in git.folder.rglob("*"):
        if ".git" not in path.parts and not path.is_symlink():
            os.utime(path, (1_600_000_000, 1_600_000_000 + seconds))
    git("update-index", "-q", "--really-refresh")


def test_the_same_from_the_work_tree_the_index_the_commit_and_a_bare_clone(
    git: Git, tmp_path: Path
) -> None:
    git.write("src/app.py", "print()\n")
    git.write("run.sh", "exit\n", mode=0o755)
    git.write("empty")
    (git.folder / "link").symlink_to("src/app.py")
    commit = git.commit(at=1_650_000_000)
    git("clone", "--bare", "--quiet", ".", str(tmp_path / "app.git"))
    here = snapshot(git)
    assert [(file.path, file.mode) for file in here.files] == [
        ("empty", REGULAR),
        ("link", SYMLINK),
        ("run.sh", EXECUTABLE),
        ("src/app.py", REGULAR),
    ]
    assert (here.commit, here.committed_at, here.dirty) == (commit, 1_650_000_000, False)
    assert here == snapshot(git, staged=True) == snapshot(git, rev="HEAD")
    assert here == snapshot(git, rev=commit) == snapshot(git, rev="main")
    bare = snapshot(tmp_path / "app.git")
    assert (bare.files, bare.commit, bare.dirty) == (here.files, commit, False)


def test_nothing_is_hashed_where_times_and_sizes_tell(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.write("a.py", "1")
    git.commit()
    age(git)

    def refuse(*_: object) -> None:
        raise AssertionError("a clean file was read")

    monkeypatch.setattr(work_tree.WorkTree, "_hash", refuse)
    monkeypatch.setattr("readiness.repo.room.Room.start", refuse)
    assert not snapshot(git).dirty


def test_a_changed_file_has_the_id_of_its_present_content(git: Git) -> None:
    git.write("a.py", "1")
    git.write("b.py", "2")
    git.commit()
    git.write("a.py", "changed")
    found = snapshot(git)
    assert found.files[0].blob_id == sha1(b"changed")
    assert found.dirty
    assert contents(git) == {"a.py": b"changed", "b.py": b"2"}
    assert not snapshot(git, rev="HEAD").dirty
    assert not snapshot(git, staged=True).dirty


def test_a_file_that_was_only_touched_is_clean(git: Git) -> None:
    path = git.write("a.py", "1")
    git.commit()
    age(git)
    os.utime(path, (1, 1))
    assert snapshot(git) == snapshot(git, rev="HEAD")


def test_a_file_as_young_as_the_index_is_hashed(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("old.py", "1")
    git.commit()
    age(git)
    path = git.write("young.py", "1")
    git("add", "young.py")
    os.utime(git.folder / ".git/index", ns=(path.stat().st_mtime_ns, path.stat().st_mtime_ns))
    hashed: list[bytes] = []
    original = work_tree.WorkTree._hash

    def spy(tree: work_tree.WorkTree, name: bytes, folder: int, entry: Entry | None) -> str:
        hashed.append(name)
        return original(tree, name, folder, entry)

    monkeypatch.setattr(work_tree.WorkTree, "_hash", spy)
    assert paths(git) == ["old.py", "young.py"]
    assert hashed == [b"young.py"], "it may have changed after Git looked, within one instant"


def test_content_put_back_to_its_old_time_is_seen(git: Git) -> None:
    path = git.write("a.py", "1")
    git.commit()
    age(git)
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert snapshot(git).dirty


def test_a_deleted_file_is_absent_and_still_in_the_index(git: Git) -> None:
    git.write("a.py")
    git.write("folder/b.py")
    git.commit()
    (git.folder / "folder/b.py").unlink()
    (git.folder / "folder").rmdir()
    assert (paths(git), snapshot(git).dirty) == (["a.py"], True)
    assert paths(git, staged=True) == ["a.py", "folder/b.py"]


def test_what_is_staged_is_the_index_whatever_lies_in_the_work_tree(git: Git) -> None:
    git.write("a.py", "1")
    git.commit()
    git.write("a.py", "2")
    git.write("new.py", "3")
    git("add", "--all")
    git.write("a.py", "4")
    found = snapshot(git, staged=True)
    assert [(file.path, file.blob_id) for file in found.files] == [
        ("a.py", sha1(b"2")),
        ("new.py", sha1(b"3")),
    ]
    assert found.dirty, "it differs from HEAD"
    assert contents(git, staged=True) == {"a.py": b"2", "new.py": b"3"}
    assert contents(git) == {"a.py": b"4", "new.py": b"3"}


def test_staging_back_what_head_has_is_not_dirty(git: Git) -> None:
    git.write("a/b.py", "1")
    git.commit()
    git.write("a/b.py", "2")
    git("add", "--all")
    git.write("a/b.py", "1")
    git("add", "--all")
    assert not snapshot(git).dirty
    assert not snapshot(git, staged=True).dirty


def test_a_mode_change_counts_where_the_file_system_keeps_modes(git: Git) -> None:
    path = git.write("a.sh", "1")
    git.commit()
    path.chmod(0o755)
    assert (snapshot(git).files[0].mode, snapshot(git).dirty) == (EXECUTABLE, True)
    git("config", "core.fileMode", "false")
    assert (snapshot(git).files[0].mode, snapshot(git).dirty) == (REGULAR, False)


def test_a_mode_changed_in_the_index_alone(git: Git) -> None:
    git.write("a.sh", "1")
    git.commit()
    age(git)
    git("update-index", "--chmod=+x", "a.sh")
    assert snapshot(git, staged=True).files[0].mode == EXECUTABLE
    assert snapshot(git).files[0].mode == REGULAR, "that of the work tree"
    assert snapshot(git).dirty


def test_files_and_symlinks_take_each_others_place(git: Git) -> None:
    git.write("a", "content")
    (git.folder / "b").symlink_to("target")
    git.commit()
    (git.folder / "a").unlink()
    (git.folder / "a").symlink_to("elsewhere")
    (git.folder / "b").unlink()
    git.write("b", "now a file")
    assert [(file.mode, file.blob_id) for file in snapshot(git).files] == [
        (SYMLINK, sha1(b"elsewhere")),
        (REGULAR, sha1(b"now a file")),
    ]
    assert contents(git) == {"a": b"elsewhere", "b": b"now a file"}


def test_symlinks_written_as_files_stay_symlinks(git: Git) -> None:
    (git.folder / "link").symlink_to("target")
    git.commit()
    (git.folder / "link").unlink()
    git.write("link", "target")
    git("config", "core.symlinks", "false")
    assert (snapshot(git).files[0].mode, snapshot(git).dirty) == (SYMLINK, False)


def test_a_folder_in_the_place_of_a_file_deletes_it(git: Git) -> None:
    git.write("a")
    git.commit()
    (git.folder / "a").unlink()
    git.write("a/inner")
    assert (paths(git), snapshot(git).dirty) == ([], True)
    assert paths(git, untracked=True) == ["a/inner"]


def test_line_ends_that_a_checkout_changed_are_no_change(git: Git) -> None:
    git.write("dos.txt", "one\r\ntwo\r\n")
    git("config", "core.autocrlf", "true")
    git.commit()
    git("config", "core.autocrlf", "false")
    (git.folder / "dos.txt").touch()
    found = snapshot(git)
    assert (found.files[0].blob_id, found.dirty) == (sha1(b"one\ntwo\n"), False)
    assert contents(git) == {"dos.txt": b"one\ntwo\n"}
    git.write("dos.txt", "one\r\n2\r\n")
    assert snapshot(git).files[0].blob_id == sha1(b"one\r\n2\r\n"), "a change is taken as it is"


@pytest.mark.parametrize("whole", [1 << 20, 10])
def test_a_large_file_kept_outside_of_git_is_its_pointer(
    git: Git, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(work_tree, "_WHOLE", whole)
    content = b"large" * 100
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"
    )
    git.write("model.bin", pointer)
    git.commit()
    git.write("model.bin", content)
    assert (contents(git), snapshot(git).dirty) == ({"model.bin": pointer.encode()}, False)
    git.write("model.bin", content + b"!")
    assert snapshot(git).files[0].blob_id == sha1(content + b"!")


def test_a_file_added_in_intent_only_is_in_the_work_tree_not_in_the_index(git: Git) -> None:
    git.write("a.py", "1")
    git.commit()
    git.write("b.py", "new")
    git.write("c.py", "")
    git("add", "--intent-to-add", "b.py", "c.py")
    assert contents(git) == {"a.py": b"1", "b.py": b"new", "c.py": b""}
    assert snapshot(git).dirty
    assert paths(git, staged=True) == ["a.py"]


def test_a_sparse_checkout_leaves_out_no_file_of_the_snapshot(git: Git) -> None:
    git.write("in/a.py", "1")
    git.write("out/b.py", "2")
    git.write("out/deep/c.py", "3")
    git.commit()
    whole = snapshot(git, rev="HEAD")
    git("sparse-checkout", "set", "--no-cone", "/in/")
    assert not (git.folder / "out").exists()
    assert snapshot(git) == whole
    git.write("out/b.py", "changed")
    assert contents(git)["out/b.py"] == b"changed"


def test_a_sparse_index_is_completed(git: Git) -> None:
    git.write("in/a.py", "1")
    git.write("out/b.py", "2")
    git.write("out/deep/c.py", "3")
    git.commit()
    git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert "out/deep" not in git("ls-files", "--sparse")
    assert snapshot(git) == snapshot(git, rev="HEAD") == snapshot(git, staged=True)


def test_a_split_index_is_completed(git: Git) -> None:
    for number in range(20):
        git.write(f"{number}.py", str(number))
    git.commit()
    git("update-index", "--split-index")
    git.write("5.py", "five")
    git.write("new.py", "new")
    (git.folder / "7.py").unlink()
    git("add", "--all")
    assert list((git.folder / ".git").glob("sharedindex.*"))
    listed = git("ls-files").split("\n")
    assert paths(git, staged=True) == paths(git) == listed
    assert contents(git)["5.py"] == b"five"
    git.write("9.py", "x")
    assert contents(git)["9.py"] == b"x"


def test_a_split_index_without_its_shared_part_is_an_error(git: Git) -> None:
    git.write("a.py")
    git.commit()
    git("update-index", "--split-index")
    for shared in (git.folder / ".git").glob("sharedindex.*"):
        shared.unlink()
    with pytest.raises(RepositoryError, match="git update-index --no-split-index"):
        snapshot(git)


def test_a_file_that_the_user_assumes_unchanged_is_as_staged(git: Git) -> None:
    git.write("a.py", "1")
    git.commit()
    git("update-index", "--assume-unchanged", "a.py")
    git.write("a.py", "mine alone")
    assert (contents(git), snapshot(git).dirty) == ({"a.py": b"1"}, False)


def test_an_open_conflict_shows_the_file_with_its_marks_and_stages_our_side(git: Git) -> None:
    git.write("a.py", "base\n")
    git.write("gone.py", "base\n")
    git.commit()
    git("checkout", "-q", "-b", "theirs")
    git.write("a.py", "theirs\n")
    git.write("gone.py", "theirs\n")
    git.commit()
    git("checkout", "-q", "main")
    git.write("a.py", "ours\n")
    (git.folder / "gone.py").unlink()
    git.commit()
    with pytest.raises(AssertionError):
        git("merge", "-q", "theirs")
    found = contents(git)
    assert list(found) == ["a.py", "gone.py"]
    assert b"<<<<<<<" in bytes(found["a.py"])  # type: ignore[arg-type]
    assert found["gone.py"] == b"theirs\n"
    assert contents(git, staged=True) == {"a.py": b"ours\n", "gone.py": b"theirs\n"}
    assert snapshot(git).dirty and snapshot(git, staged=True).dirty


def test_untracked_files_are_those_that_git_does_not_ignore(git: Git) -> None:
    git.write(".gitignore", "*.log\n/build/\n")
    git.write("deep/.gitignore", "!kept.log\n")
    git.write("a.py")
    git.commit()
    git.write(".git/info/exclude", "private.txt\n")
    for path in ("private.txt", "x.log", "build/x", "deep/kept.log", "deep/x.log", "b.py"):
        git.write(path, path)
    (git.folder / "link").symlink_to("/etc")
    assert paths(git) == [".gitignore", "a.py", "deep/.gitignore"]
    found = contents(git, untracked=True)
    assert list(found) == [".gitignore", "a.py", "b.py", "deep/.gitignore", "deep/kept.log", "link"]
    assert (found["b.py"], found["link"]) == (b"b.py", b"/etc")
    assert not snapshot(git, untracked=True).dirty, "tracked files are as in HEAD"


def test_untracked_files_of_a_repository_without_an_index(git: Git) -> None:
    git.write("a.py", "1")
    assert contents(git, untracked=True) == {"a.py": b"1"}


def test_another_repository_inside_is_not_entered(git: Git, make_git: MakeGit) -> None:
    git.write("a.py")
    git.commit()
    inner = make_git("app/inner")
    inner.write("secret.py")
    assert paths(git, untracked=True) == ["a.py"]
    inner.commit()
    assert paths(git, untracked=True) == ["a.py"]


def test_a_submodule_that_was_not_checked_out_is_listed_and_a_removed_one_is_not(
    git: Git,
) -> None:
    git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    (git.folder / "vendor").mkdir()
    assert paths(git) == ["vendor"]
    (git.folder / "vendor").rmdir()
    assert paths(git) == []


def test_wishes_that_contradict_each_other_are_refused(git: Git, make_git: MakeGit) -> None:
    git.write("a.py")
    git.commit()
    with pytest.raises(UsageError, match="exclude each other"):
        snapshot(git, staged=True, untracked=True)
    with pytest.raises(UsageError, match="exclude each other"):
        snapshot(git, rev="HEAD", staged=True)
    bare = make_git("bare.git", bare=True)
    with pytest.raises(UsageError, match="is bare: it has no work tree or index"):
        snapshot(bare, staged=True)


@pytest.mark.parametrize(
    "revision",
    ["HEAD", "main", "refs/heads/main", "v1", "v1^{}", "light", "v1~0", "side~1", "@"],
)
def test_revisions_are_named_as_for_git(git: Git, revision: str) -> None:
    git.write("a.py", "1")
    commit = git.commit()
    git("tag", "-a", "-m", "annotated", "v1")
    git("tag", "light")
    git("checkout", "-q", "-b", "side")
    git.write("a.py", "2")
    git.commit()
    git("checkout", "-q", "main")
    for _ in range(2):
        assert snapshot(git, rev=revision).commit == commit
        assert snapshot(git, rev=commit[:8]).commit == commit
        git("pack-refs", "--all")


def test_a_detached_head_and_a_remote_branch_are_revisions(git: Git, tmp_path: Path) -> None:
    git.write("a.py", "1")
    first = git.commit()
    git.write("a.py", "2")
    second = git.commit()
    git("clone", "--quiet", ".", str(tmp_path / "clone"))
    git("-C", str(tmp_path / "clone"), "checkout", "--quiet", "--detach", first)
    clone = tmp_path / "clone"
    assert snapshot(clone).commit == first
    assert snapshot(clone, rev="HEAD").commit == first
    assert snapshot(clone, rev="origin/main").commit == second
    assert snapshot(clone, rev="origin").commit == second
    assert snapshot(clone).default_branch == "main"


@pytest.mark.parametrize(
    "revision",
    ["", "nowhere", "main~99", "HEAD:a.py", "--all", "-h", "a\nb", "a\0b", "0" * 40, "x blob 1"],
)
def test_an_unknown_revision_is_refused_in_one_line(git: Git, revision: str) -> None:
    git.write("a.py")
    git.commit()
    with pytest.raises(UsageError, match="no commit is called") as caught:
        snapshot(git, rev=revision)
    assert "\n" not in str(caught.value)


def test_a_shallow_clone_says_so_where_a_revision_is_unknown(git: Git, tmp_path: Path) -> None:
    git.write("a.py", "1")
    git.commit()
    git.write("a.py", "2")
    git.commit()
    git("clone", "--quiet", "--depth=1", f"file://{git.folder}", str(tmp_path / "shallow"))
    assert snapshot(tmp_path / "shallow").files == snapshot(git).files
    with pytest.raises(UsageError, match="git fetch --unshallow"):
        snapshot(tmp_path / "shallow", rev="main~1")


def test_sha256_repositories(make_git: MakeGit) -> None:
    git = make_git("modern", "--object-format=sha256")
    git.write("a.py", "1")
    commit = git.commit()
    assert len(commit) == 64
    assert snapshot(git) == snapshot(git, rev="HEAD") == snapshot(git, rev=commit[:10])
    git.write("b.py", "2")
    assert contents(git, untracked=True) == {"a.py": b"1", "b.py": b"2"}
    git("repack", "-adq")
    assert snapshot(git).commit == commit


def test_alternates_are_followed_relative_and_quoted_ones_too(git: Git, make_git: MakeGit) -> None:
    git.write("a.py", "1")
    git.commit()
    objects = git.folder / ".git/objects"
    for line in (str(objects), "../../../app/.git/objects", f'"{objects}"'):
        borrower = make_git(f"borrower{len(line)}")
        borrower.write(".git/objects/info/alternates", line + "\n")
        borrower.write(".git/refs/heads/main", git("rev-parse", "HEAD") + "\n")
        borrower("reset", "--hard", "--quiet")
        assert snapshot(borrower) == snapshot(borrower, rev="main")
        assert contents(borrower) == {"a.py": b"1"}


def test_the_default_branch(git: Git, make_git: MakeGit, tmp_path: Path) -> None:
    assert snapshot(git).default_branch is None
    git.write("a.py")
    git.commit()
    assert snapshot(git).default_branch == "main"
    git("branch", "-m", "trunk")
    assert snapshot(git).default_branch is None, "nothing says that the branch is more than one"
    git("clone", "--quiet", ".", str(tmp_path / "clone"))
    assert snapshot(tmp_path / "clone").default_branch == "trunk"
    git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    assert snapshot(tmp_path / "bare").default_branch == "trunk"


def test_the_remote_is_shown_without_its_credentials(git: Git) -> None:
    url = "https://user:" + "word@example.org/team/product.git"
    git("remote", "add", "origin", url)
    found = snapshot(git)
    assert found.remote == "https://example.org/team/product.git"
    assert found.repository == "product"


def test_names_of_any_bytes_come_through(git: Git) -> None:
    names = [
        b"new\nline.py",
        b"escape\x1b[31m.py",
        b"<script>alert(1)<script>.py",
        b"latin-\xe9.py",
        b"back\\slash\\x41.py",
        "unicode-\u00e9\U0001f600.py".encode(),
        b" -rf.py",
        b'quote"tab\t.py',
    ]
    for name in names:
        path = os.path.join(os.fsencode(git.folder), name)
        with open(path, "wb") as file:
            file.write(name)
    assert contents(git, untracked=True) == {decode_path(name): name for name in names}
    git.commit()
    found = snapshot(git)
    assert [file.path for file in found.files] == sorted(map(decode_path, names))
    assert found == snapshot(git, rev="HEAD")
    with open(os.path.join(os.fsencode(git.folder), names[3]), "ab") as file:
        file.write(b"changed")
    assert contents(git)[decode_path(names[3])] == names[3] + b"changed"


def test_a_hook_sees_the_index_that_the_commit_is_made_from(
    git: Git, make_git: MakeGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.write("a.py", "1")
    git.commit()
    other = make_git("other")
    other.write("other.py")
    other.commit()
    git.write("b.py")
    git("add", "b.py")
    os.replace(git.folder / ".git/index", git.folder / ".git/next-index-1.lock")
    git("read-tree", "HEAD")
    assert paths(git, staged=True) == ["a.py"]
    monkeypatch.setenv("GIT_INDEX_FILE", str(git.folder / ".git/next-index-1.lock"))
    assert paths(git, staged=True) == ["a.py", "b.py"]
    assert paths(other, staged=True) == ["other.py"], "it is no index of this repository"


def test_a_damaged_index_is_said(git: Git) -> None:
    git.write("a.py")
    git.commit()
    index = git.folder / ".git/index"
    content = bytearray(index.read_bytes())
    content[70] ^= 1
    index.write_bytes(content)
    with pytest.raises(RepositoryError, match=r"the index \(.git/index\) is damaged"):
        snapshot(git)


def test_a_pipe_a_socket_or_a_device_in_the_place_of_a_file_is_named_and_not_opened(
    git: Git,
) -> None:
    for name in ("pipe", "socket", "fine"):
        git.write(name, name)
    git.commit()
    for name in ("pipe", "socket"):
        (git.folder / name).unlink()
    os.mkfifo(git.folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        current = os.getcwd()
        os.chdir(git.folder)  # the path of a socket must be short
        try:
            server.bind("socket")
        finally:
            os.chdir(current)
    assert contents(git) == {
        "fine": b"fine",
        "pipe": "is a named pipe, not a file",
        "socket": "is a socket, not a file",
    }
    assert snapshot(git).dirty


def test_an_unreadable_file_is_listed_with_the_reason(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = git.write("a.py", "1")
    git.write("b.py", "2")
    git.commit()
    git.write("a.py", "changed")
    if os.getuid() == 0:  # nothing is unreadable to root
        opened = os.open

        def deny(path: bytes, flags: int, *more: int, dir_fd: int | None = None) -> int:
            if path == b"a.py":
                raise PermissionError(13, "Permission denied")
            return opened(path, flags, *more, dir_fd=dir_fd)

        monkeypatch.setattr("readiness.repo.work_tree.os.open", deny)
    path.chmod(0)
    assert contents(git) == {"a.py": "permission denied", "b.py": b"2"}


def test_a_huge_file_is_not_read(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("huge.bin")
    git.write("small.bin", "1")
    git.commit()
    os.truncate(git.folder / "huge.bin", 200_000_000)
    assert contents(git) == {"huge.bin": "larger than 5 MB (200 MB)", "small.bin": b"1"}
    monkeypatch.setattr(work_tree, "_LARGEST", 100_000_000)
    assert contents(git)["huge.bin"] == "larger than 100 MB (200 MB)", "nor even hashed"


def test_a_clone_of_large_files_reads_none_above_the_limit(git: Git) -> None:
    git.write("big.bin", b"x" * 6_000_000)
    git.write("small.bin", "1")
    git.commit()
    age(git)
    assert contents(git) == {"big.bin": "larger than 5 MB (6 MB)", "small.bin": b"1"}
