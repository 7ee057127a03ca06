"""readiness restore: what a plan took comes back byte for byte, and nobody's changes are lost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.apply import archive
from readiness.apply.journal import ApplyError
from readiness.apply.prepare import Options
from readiness.apply.restore import Restored, restore
from readiness.apply.run import apply
from readiness.cli import main
from readiness.errors import UsageError
from readiness.model import Action, ActionKind, Edit, EditKind, Plan
from readiness.repo import Repository

if TYPE_CHECKING:
    from conftest import Git

ID = "0123abcd"
BRANCH = f"readiness/cleanup-{ID}"
TOKEN = "sb_" + "secret_" + "q7XvB2mLr9TzKd4WnY8s" + "Ch_Jp3Gt6Qe"


@pytest.fixture
def shop(git: Git) -> Git:
    """Some of its tracked files are ignored, and some have odd names."""
    git.write("main.py", "print()\n")
    git.write("old/orders.py", "orders = 1\n")
    git.write("old/start.sh", "#!/bin/sh\n", mode=0o755)
    git.write(b"old/\xff\\.txt", b"\0\r\n\xfe")
    (git.folder / "old/link").symlink_to("../../nowhere")
    git.write("old/setup.md", f"Key: `{TOKEN}`\n")
    git.write("data.json", "{}\n")
    git.write(".gitignore", "*.pyc\n*.json\n")
    git("add", "--force", "data.json")
    git.commit()
    return git


def plan_of(git: Git) -> Plan:
    paths = ("old/orders.py", "old/start.sh", "old/\\xff\\\\.txt", "old/link", "old/setup.md")
    edits = (
        Edit(EditKind.ADD_LINES, ".gitignore", ("*.bak",)),
        Edit(EditKind.ADD_LINES, ".env.example", ("TOKEN=",)),
    )
    actions = (
        Action(ActionKind.MODIFY, (".gitignore",), "ignores too little", (), edits=edits),
        Action(ActionKind.ARCHIVE, paths, "old", ()),
        Action(ActionKind.REMOVE, ("data.json",), "data", ()),
    )
    return Plan(git("rev-parse", "HEAD"), actions, ID)


def carry_out(git: Git, *, in_place: bool = False, plan: Plan | None = None) -> None:
    with Repository.open(git.folder) as repository:
        apply(repository, plan or plan_of(git), Options(in_place=in_place))
    if not in_place:
        git("checkout", "--quiet", BRANCH)


def give_back(
    git: Git, *paths: str, name: str | None = None, everything: bool = False, force: bool = False
) -> Restored:
    with Repository.open(git.folder) as repository:
        return restore(repository, paths, everything=everything, name=name, force=force)


def tree_of(git: Git) -> str:
    """The id of the tree that a commit of everything would have, ignored but known files too."""
    git("add", "--all")
    return git("write-tree")


@pytest.mark.parametrize("in_place", [False, True])
def test_all_of_it_comes_back_to_the_identical_tree(shop: Git, in_place: bool) -> None:
    carry_out(shop, in_place=in_place)
    assert not (shop.folder / "old").exists() and not (shop.folder / "data.json").exists()
    restored = give_back(shop, everything=True)
    assert len(restored.back) == 7 and restored.gone == (".env.example",)
    assert shop("diff", "--stat") == ""
    assert shop("write-tree") == shop("rev-parse", "main^{tree}")
    assert tree_of(shop) == shop("rev-parse", "main^{tree}")
    assert os.readlink(shop.folder / "old/link") == "../../nowhere"
    assert os.access(shop.folder / "old/start.sh", os.X_OK)
    again = give_back(shop, everything=True)
    assert not again.back and not again.gone and len(again.same) == 8


def test_some_paths_come_back_alone_from_the_archive_or_from_history(shop: Git) -> None:
    carry_out(shop)
    assert give_back(shop, "old/orders.py", "data.json").back == ("data.json", "old/orders.py")
    assert sorted(os.listdir(shop.folder / "old")) == ["orders.py"]
    assert len(give_back(shop, "old/").back) == 4
    assert TOKEN in (shop.folder / "old/setup.md").read_text()
    assert (shop.folder / ".gitignore").read_text().endswith("*.bak\n")


def test_changes_of_ones_own_are_not_overwritten_unless_forced_and_then_kept_aside(
    shop: Git,
) -> None:
    carry_out(shop)
    shop.write("old/orders.py", "mine = 1\n")
    shop.write(".env.example", "TOKEN=\nMINE=\n")
    with pytest.raises(ApplyError) as raised:
        give_back(shop, everything=True)
    assert "old/orders.py has changes of its own" in str(raised.value)
    assert ".env.example has changes of its own" in str(raised.value)
    assert sorted(os.listdir(shop.folder / "old")) == ["orders.py"]
    restored = give_back(shop, everything=True, force=True)
    assert (shop.folder / "old/orders.py").read_text() == "orders = 1\n"
    assert "what was there before is kept" in restored.notes[0]
    kept = shop.folder / ".git/readiness/kept"
    assert {path.read_text() for path in kept.iterdir()} == {"mine = 1\n", "TOKEN=\nMINE=\n"}


def test_what_stands_in_the_way_is_told_and_nothing_is_restored(shop: Git, tmp_path: Path) -> None:
    carry_out(shop)
    shop.write("old", "a file\n")
    with pytest.raises(ApplyError, match="lies below old, which is no folder"):
        give_back(shop, everything=True)
    (shop.folder / "old").unlink()
    (tmp_path / "outside").mkdir()
    (shop.folder / "old").symlink_to(tmp_path / "outside")
    with pytest.raises(ApplyError, match="lies below old, which is no folder"):
        give_back(shop, everything=True, force=True)
    assert not list((tmp_path / "outside").iterdir())
    (shop.folder / "old").unlink()
    (shop.folder / "old/orders.py").mkdir(parents=True)
    with pytest.raises(ApplyError, match="is a folder now"):
        give_back(shop, everything=True, force=True)
    assert not (shop.folder / "data.json").exists()


def test_the_index_is_left_where_somebody_staged_something_else(shop: Git) -> None:
    carry_out(shop)
    shop.write("data.json", "[]\n")
    shop("add", "--force", "data.json")
    staged = shop("rev-parse", ":data.json")
    give_back(shop, "data.json", force=True)
    assert shop("rev-parse", ":data.json") == staged
    assert (shop.folder / "data.json").read_text() == "{}\n"


def test_without_an_archive_history_gives_what_it_has(shop: Git) -> None:
    carry_out(shop)
    folder = shop.folder / ".git/readiness/archive" / ID
    files = folder / archive.FILES
    files.write_bytes(files.read_bytes()[:-20])
    restored = give_back(shop, "old/orders.py")
    assert "is damaged" in restored.notes[0]
    assert (shop.folder / "old/orders.py").read_text() == "orders = 1\n"
    shutil.rmtree(folder)
    assert give_back(shop, "old/start.sh").back == ("old/start.sh",)  # from the tag
    with pytest.raises(ApplyError, match="gitignore has changes of its own"):
        give_back(shop, everything=True, name=ID)
    give_back(shop, everything=True, name=ID, force=True)
    assert shop("diff", "main", "--stat", "--", "old", "data.json") == ""
    with pytest.raises(UsageError, match="no archive holds"):
        give_back(shop, "none.py")


def test_an_untracked_file_comes_from_the_archive_alone_with_its_permissions(shop: Git) -> None:
    shop.write("dump.sql", "insert\n", mode=0o600)
    blob = shop("hash-object", "dump.sql")
    dump = Action(ActionKind.ARCHIVE, ("dump.sql",), "a dump", (), blobs=(blob,))
    carry_out(shop, in_place=True, plan=Plan(shop("rev-parse", "HEAD"), (dump,), ID))
    give_back(shop, "dump.sql")
    assert (shop.folder / "dump.sql").stat().st_mode & 0o777 == 0o600
    assert shop("status", "--short") == "?? dump.sql"
    (shop.folder / "dump.sql").unlink()
    files = shop.folder / ".git/readiness/archive" / ID / archive.FILES
    files.write_bytes(b"")
    with pytest.raises(ApplyError, match="was never in Git"):
        give_back(shop, "dump.sql")
    assert not (shop.folder / "dump.sql").exists()


def test_an_archive_in_a_folder_of_ones_own_is_found(shop: Git, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with Repository.open(shop.folder) as repository:
        apply(repository, plan_of(shop), Options(folder=str(tmp_path / "kept"), in_place=True))
    assert sorted(os.listdir(tmp_path / "kept" / ID)) == [archive.MANIFEST, archive.FILES]
    give_back(shop, everything=True)
    assert shop("status", "--short") == ""


def test_of_two_archives_the_latest_counts_and_all_of_it_needs_a_name(shop: Git) -> None:
    carry_out(shop, in_place=True)
    give_back(shop, everything=True)
    shop.write("old/orders.py", "orders = 2\n")
    shop.commit()
    carry_out(shop, in_place=True)
    os.utime(shop.folder / ".git/readiness/archive" / ID / archive.MANIFEST, (1, 1))
    with pytest.raises(UsageError, match="name one with --from"):
        give_back(shop, everything=True)
    give_back(shop, "old/orders.py")
    assert (shop.folder / "old/orders.py").read_text() == "orders = 2\n"
    give_back(shop, "old/orders.py", name=ID, force=True)
    assert (shop.folder / "old/orders.py").read_text() == "orders = 1\n"


def test_the_command_lists_restores_and_says_what_it_cannot(
    shop: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.folder)
    assert main(["restore"]) == 0
    assert "There is no archive" in capsys.readouterr().out
    assert main(["restore", "--all"]) == 2
    assert main(["restore", "--all", "main.py"]) == 2
    assert main(["restore", "--force"]) == 2
    assert main(["restore", "main.py"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 4
    carry_out(shop, in_place=True)
    assert main(["restore"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{ID}  8 files of ") and "4 of them archived" in told
    assert main(["restore", "--all"]) == 0
    told = capsys.readouterr().out
    assert "restored  old/orders.py" in told and "removed   .env.example" in told
    assert TOKEN not in told


def test_a_tag_without_its_archive_is_listed(
    shop: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.folder)
    carry_out(shop, in_place=False)
    shutil.rmtree(shop.folder / ".git/readiness/archive" / ID)
    assert main(["restore"]) == 0
    assert f"{ID}  has no archive any more, but a tag" in capsys.readouterr().out
    assert main(["restore", "orders.py"]) == 2
    assert "from the root of the repository" in capsys.readouterr().err


def test_all_means_the_archive_and_not_what_tags_alone_still_know(shop: Git) -> None:
    carry_out(shop, in_place=True)
    give_back(shop, everything=True)
    shutil.rmtree(shop.folder / ".git/readiness/archive" / ID)
    with pytest.raises(ApplyError, match=f"no archive; but there are tags: --from {ID}"):
        give_back(shop, everything=True)
    carry_out(shop, in_place=True)
    shop.write("main.py", "print('at work')\n")
    assert "main.py" not in give_back(shop, everything=True).same
