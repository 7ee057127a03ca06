"""Reading contents and history."""

from __future__ import annotations

import multiprocessing
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.errors import RepositoryError
from readiness.index.history import FileHistory, History, Removal
from readiness.repo import Repository, log, trees

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from conftest import Git

LIMIT = 5_000_000
MISSING = "its content is missing in the repository (a partial or damaged clone)"
DAMAGED = "its content in the repository is damaged"


def blob(git: Git, content: bytes) -> str:
    return git("hash-object", "-w", "--stdin", input=content)


def loose(git: Git, object_id: str) -> Path:
    path = git.folder / ".git/objects" / object_id[:2] / object_id[2:]
    path.chmod(0o644)
    return path


def read(git: Git, *ids: str, limit: int = LIMIT) -> list[bytes | str]:
    with Repository.open(git.folder) as repository:
        answers = list(repository.read(ids, limit))
    assert tuple(name for name, _ in answers) == ids
    return [content for _, content in answers]


def test_contents_come_in_the_order_in_which_they_were_asked_for(git: Git) -> None:
    contents = [b"%d\n" % number * number for number in range(600)]
    ids = [blob(git, content) for content in contents[:20]]
    assert read(git, *reversed(ids)) == contents[19::-1]
    assert read(git) == []


def test_more_contents_than_are_asked_for_at_once(git: Git) -> None:
    for number in range(700):
        git.write(f"{number}.txt", f"{number}" * 100)
    git.commit()
    with Repository.open(git.folder) as repository:
        files = repository.snapshot().files
        answers = dict(repository.read((file.blob_id for file in files), LIMIT))
    assert {answers[file.blob_id] for file in files} == {
        f"{number}".encode() * 100 for number in range(700)
    }


def test_the_limit_holds_and_its_edge_is_inside(git: Git) -> None:
    ids = blob(git, b"x" * 1000), blob(git, b"x" * 1001), blob(git, b"")
    assert read(git, *ids, limit=1000) == [b"x" * 1000, "larger than 1 KB (1 KB)", b""]


def test_what_is_missing_has_a_reason_and_the_rest_is_read(git: Git) -> None:
    first, last = blob(git, b"first"), blob(git, b"last")
    assert read(git, first, "1" * 40, last) == [b"first", MISSING, b"last"]


def test_a_tree_or_commit_is_no_file(git: Git) -> None:
    commit = git.commit()
    assert read(git, commit) == ["is no blob"]


@pytest.mark.parametrize("content", [b"", b"nonsense", zlib.compress(b"blob 7\0short")])
def test_a_damaged_object_has_a_reason_and_the_rest_is_read(git: Git, content: bytes) -> None:
    first, damaged, last = blob(git, b"first"), blob(git, b"damaged"), blob(git, b"last")
    loose(git, damaged).write_bytes(content)
    answers = read(git, first, damaged, damaged, last)
    assert answers[0] == b"first" and answers[3] == b"last"
    assert answers[1] == answers[2]
    assert answers[1] in (DAMAGED, MISSING)


def test_content_under_the_id_of_another_is_not_believed(git: Git) -> None:
    honest, forged = blob(git, b"honest"), blob(git, b"forged")
    loose(git, honest).write_bytes(loose(git, forged).read_bytes())
    assert read(git, honest, forged) == [DAMAGED, b"forged"]


def test_a_partial_clone_fetches_nothing(git: Git, tmp_path: Path) -> None:
    git.write("a.py", "1")
    git.commit()
    git.write("a.py", "2")
    git.commit()
    git("config", "uploadpack.allowFilter", "true")
    git("clone", "-q", "--filter=blob:none", f"file://{git.folder}", str(tmp_path / "partial"))
    with Repository.open(tmp_path / "partial") as repository:
        assert repository.snapshot() == repository.snapshot(rev="HEAD")
        old = repository.snapshot(rev="HEAD~1").files[0].blob_id
        assert list(repository.read([old], LIMIT)) == [(old, MISSING)]
        assert repository.history(repository.resolve("HEAD")).complete


def test_readers_may_be_left_half_way_and_nested(git: Git) -> None:
    ids = [blob(git, b"%d" % number * 50_000) for number in range(10)]
    with Repository.open(git.folder) as repository:
        for _, content in repository.read(ids, LIMIT):
            assert content == b"0" * 50_000
            break
        for number, (_, content) in enumerate(repository.read(ids[:3], LIMIT)):
            inner = dict(repository.read(ids[5:], LIMIT))
            assert inner[ids[9]] == b"9" * 50_000
            assert content == b"%d" % number * 50_000


def test_forked_processes_read_on_their_own(git: Git, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ids = [blob(git, b"%d" % number * 1000) for number in range(40)]
    git.write("dirty.py", "1")
    git.commit()
    git.write("dirty.py", "2")
    context = multiprocessing.get_context("fork")

    def work(repository: Repository, names: list[str], answer: Connection) -> None:
        answer.send(dict(repository.read(names, LIMIT)))

    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(temporary)
    try:
        with Repository.open(git.folder) as repository:
            dirty = repository.snapshot().files[0].blob_id
            for warm in (False, True):
                if warm:
                    assert next(repository.read(ids, LIMIT))[1] == b"0" * 1000
                pipes = [context.Pipe(duplex=False) for _ in range(2)]
                workers = [
                    context.Process(target=work, args=(repository, [*names, dirty], ours))
                    for names, (_, ours) in zip((ids[:20], ids[20:]), pipes, strict=True)
                ]
                for worker in workers:
                    worker.start()
                answers: dict[str, bytes | str] = {}
                for theirs, _ in pipes:
                    answers |= theirs.recv()
                for worker in workers:
                    worker.join()
                    assert worker.exitcode == 0
                assert answers == {
                    dirty: b"2",
                    **{name: b"%d" % number * 1000 for number, name in enumerate(ids)},
                }
                for pipe in pipes:
                    for end in pipe:
                        end.close()
            assert dict(repository.read(ids[:1], LIMIT)) == {ids[0]: b"0" * 1000}
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
    assert not list(temporary.iterdir())


def test_a_file_that_changes_after_the_snapshot_is_not_passed_off_as_it(git: Git) -> None:
    git.write("a.py", "1")
    git.write("gone.py", "1")
    git.commit()
    git.write("a.py", "2")
    git.write("gone.py", "3")
    with Repository.open(git.folder) as repository:
        ids = [file.blob_id for file in repository.snapshot().files]
        git.write("a.py", "4")
        (git.folder / "gone.py").unlink()
        assert [content for _, content in repository.read(ids, LIMIT)] == [
            "changed while it was audited"
        ] * 2


def history(git: Git) -> History:
    with Repository.open(git.folder) as repository:
        return repository.history(git("rev-parse", "HEAD"))


def test_history_tells_first_last_number_and_author(git: Git) -> None:
    git.write("a.py", "1")
    git.commit(at=1000)
    git.write("a.py", "2")
    git.write("b.py", "1")
    git.commit(at=2000)
    assert history(git) == History(
        files={
            "a.py": FileHistory(first=1000, last=2000, commits=2, edits=2, author="Ada"),
            "b.py": FileHistory(first=2000, last=2000, commits=1, edits=1, author="Ada"),
        }
    )


def test_history_follows_renames_and_keeps_removals(git: Git) -> None:
    git.write("old.py", "content")
    git.write("gone.py", "other")
    git.commit(at=1000)
    git("mv", "old.py", "new.py")
    renamed = git.commit(at=2000)
    (git.folder / "gone.py").unlink()
    removed = git.commit(at=3000)
    found = history(git)
    assert found.files.keys() == {"new.py"}
    assert (found.files["new.py"].first, found.files["new.py"].commits) == (1000, 2)
    assert found.removed == {
        "old.py": Removal(renamed, 2000, "new.py"),
        "gone.py": Removal(removed, 3000),
    }


def test_a_file_that_one_branch_removed_and_the_merge_kept_has_its_history(git: Git) -> None:
    git.write("kept.py", "1")
    git.commit(at=1000)
    git("checkout", "-q", "-b", "other")
    git("rm", "-q", "kept.py")
    git.commit(at=3000)
    git("checkout", "-q", "main")
    git.write("kept.py", "2")
    git.commit(at=2000)
    git("merge", "-q", "-s", "ours", "-m", "keep it", "other")
    found = history(git)
    assert found.files["kept.py"].commits == 2
    assert not found.removed


def test_history_reads_names_of_any_bytes_and_changes_of_type(git: Git) -> None:
    path = os.path.join(os.fsencode(git.folder), b"caf\xe9\n.py")
    with open(path, "w") as file:
        file.write("1")
    git.write("R100", "named as a status")
    git.write("f" * 40, "named as a commit")
    git.commit(at=1000)
    (git.folder / "R100").unlink()
    (git.folder / "R100").symlink_to("x")
    git.commit(at=2000)
    found = history(git)
    assert found.files.keys() == {"caf\\xe9\n.py", "R100", "f" * 40}
    assert found.files["R100"].commits == 2


def test_a_merge_tells_only_what_it_alone_changed(git: Git) -> None:
    git.write("a.py", "1")
    git.write("cut.py", "cut")
    git.commit(at=1000)
    git("checkout", "-q", "-b", "side")
    git.write("side.py", "1")
    git.commit(at=2000)
    git("checkout", "-q", "main")
    git.write("a.py", "2")
    git.commit(at=3000)
    git("merge", "-q", "--no-commit", "--no-ff", "side")
    git.write("smuggled.py", "smuggled")
    (git.folder / "cut.py").unlink()
    merge = git.commit(at=4000)
    found = history(git)
    assert {path: (file.last, file.commits) for path, file in found.files.items()} == {
        "a.py": (3000, 2),
        "side.py": (2000, 1),
        "smuggled.py": (4000, 1),
    }
    assert found.removed == {"cut.py": Removal(merge, 4000)}


def test_a_merge_of_many_branches_and_one_that_renames(git: Git) -> None:
    git.write("old.py", "content")
    git.write("a.py", "1")
    git.commit(at=1000)
    for name in "abcd":
        git("checkout", "-q", "-b", name, "main")
        git.write(f"{name}-new.py", name)
        git.commit(at=2000)
    tree = git("rev-parse", "HEAD^{tree}")
    parents = [argument for name in "abcd" for argument in ("-p", name)]
    git("reset", "-q", "--soft", git("commit-tree", "-m", "all", *parents, tree))
    git("mv", "old.py", "new.py")
    git.write("a.py", "2")
    git("commit", "-q", "-a", "--amend", "-m", "all", at=3000)
    found = history(git)
    assert found.files["new.py"] == FileHistory(1000, 3000, 2, 2, "Ada", "old.py")
    assert found.files["a.py"].last == 3000
    assert found.files["d-new.py"].last == 2000
    assert found.removed["old.py"].renamed_to == "new.py"


def test_a_rename_is_followed_by_a_change_in_a_clone_without_old_contents(
    git: Git, tmp_path: Path
) -> None:
    git.write("old.py", "content")
    git.commit()
    git("mv", "old.py", "new.py")
    git.commit()
    git.write("new.py", "changed")
    git.commit()
    git("config", "uploadpack.allowFilter", "true")
    git("clone", "-q", "--filter=blob:none", f"file://{git.folder}", str(tmp_path / "partial"))
    with Repository.open(tmp_path / "partial") as repository:
        found = repository.history(repository.resolve("HEAD"))
    assert found == history(git)
    assert found.files["new.py"].commits == 3


def test_the_history_of_a_shallow_clone_is_incomplete(git: Git, tmp_path: Path) -> None:
    for number in range(3):
        git.write("a.py", str(number))
        git.commit(at=1000 + number)
    git("clone", "-q", "--depth=2", f"file://{git.folder}", str(tmp_path / "shallow"))
    with Repository.open(tmp_path / "shallow") as repository:
        found = repository.history(repository.resolve("HEAD"))
    assert not found.complete
    assert found.files["a.py"].commits == 2


def test_a_history_with_missing_trees_is_empty_and_incomplete(git: Git, tmp_path: Path) -> None:
    for number in range(3):
        git.write("a.py", str(number))
        git.commit()
    git("config", "uploadpack.allowFilter", "true")
    git("clone", "-q", "--filter=tree:0", f"file://{git.folder}", str(tmp_path / "treeless"))
    with Repository.open(tmp_path / "treeless") as repository:
        assert len(repository.snapshot().files) == 1
        assert repository.history(repository.resolve("HEAD")) == History(complete=False)
        with pytest.raises(RepositoryError, match="cannot be listed; git fsck says"):
            repository.snapshot(rev="HEAD~1")


def test_authors_are_named_as_the_mailmap_says(git: Git) -> None:
    git.write(".mailmap", "Ada Lovelace <ada@example.org>\n")
    git.commit()
    assert history(git).files[".mailmap"].author == "Ada Lovelace"


def test_a_history_without_end_is_given_up(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        git.write(f"{number}.py")
    git.commit()
    monkeypatch.setattr(log, "MOST_CHANGES", 3)
    assert history(git) == History(complete=False)


def test_a_few_trees_that_pretend_to_be_a_billion_files_are_refused(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = git("mktree", input=f"100644 blob {blob(git, b'x')}\tfile\n".encode())
    for _ in range(9):
        entries = "".join(f"040000 tree {tree}\t{name}\n" for name in range(10))
        tree = git("mktree", input=entries.encode())
    commit = git("commit-tree", "-m", "bomb", tree)
    monkeypatch.setattr(trees, "MOST_FILES", 10_000)
    with (
        Repository.open(git.folder) as repository,
        pytest.raises(RepositoryError, match="holds more than 10,000 files"),
    ):
        repository.snapshot(rev=commit)


def raw_tree(*entries: tuple[bytes, bytes, str]) -> bytes:
    return b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(id)) for mode, name, id in entries)


@pytest.mark.parametrize("name", [b"..", b".", b".git", b".GIT"])
def test_a_commit_with_a_path_that_no_checkout_can_have_is_refused(git: Git, name: bytes) -> None:
    inner = raw_tree((b"100644", b"config", blob(git, b"x")))
    tree = git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=inner)
    outer = raw_tree((b"40000", name, tree))
    tree = git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=outer)
    commit = git("commit-tree", "-m", "evil", tree)
    with (
        Repository.open(git.folder) as repository,
        pytest.raises(RepositoryError, match="holds a path that leads out of its folder"),
    ):
        repository.snapshot(rev=commit)


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_is_read_without_git_wherever_it_lies(
    git: Git, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    for number in range(300):  # so that a first byte is shared by several ids
        blob(git, b"%d" % number)
    git.write("a.py", "1")
    git.commit(message="long " * 10_000, at=1_650_000_000)
    if packed:
        git("repack", "-adkq", "--depth=0")
        git("prune-packed")

    def refuse(*_: object) -> None:
        raise AssertionError("Git was started")

    monkeypatch.setattr("readiness.repo.room.Room.start", refuse)
    with Repository.open(git.folder) as repository:
        assert repository.snapshot().committed_at == 1_650_000_000


@pytest.mark.parametrize("date", ["99999999999999 +0000", "nonsense", "-5 +0000"])
def test_a_commit_of_no_possible_time_is_one_without_a_time(git: Git, date: str) -> None:
    tree = git("write-tree")
    text = f"tree {tree}\nauthor A <a> {date}\ncommitter A <a> {date}\n\nx\n"
    commit = git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=text.encode())
    with Repository.open(git.folder) as repository:
        assert repository.snapshot(rev=commit).committed_at == 0
        assert repository.history(commit) == History()
