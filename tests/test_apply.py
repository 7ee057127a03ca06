"""readiness apply: what it does, what it says first, what it refuses before anything changed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tarfile
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from readiness.apply import archive, prepare
from readiness.apply.journal import ApplyError, Room
from readiness.apply.prepare import Options
from readiness.apply.restore import restore
from readiness.apply.run import Done, apply
from readiness.cli import main
from readiness.errors import ReadinessError, UsageError
from readiness.model import Action, ActionKind, Edit, EditKind, Evidence, Location, Phase, Plan
from readiness.plan import document
from readiness.repo import Repository

if TYPE_CHECKING:
    from conftest import Git, Program, Trap

ID = "0123abcd"
BRANCH = f"readiness/cleanup-{ID}"
TAG = f"readiness/before-{ID}"
TOKEN = "sb_" + "secret_" + "q7XvB2mLr9TzKd4WnY8s" + "Ch_Jp3Gt6Qe"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 5\n"


def action(kind: ActionKind, *paths: str, **more: object) -> Action:
    return Action(kind, paths, f"{kind} {len(paths)}", (), **more)  # type: ignore[arg-type]


def archived(*paths: str, **more: object) -> Action:
    return action(ActionKind.ARCHIVE, *paths, **more)


def adding(path: str, *lines: str, **more: object) -> Action:
    edits = (Edit(EditKind.ADD_LINES, path, lines),)
    return action(ActionKind.MODIFY, path, edits=edits, **more)


def run(git: Git, *actions: Action, base: str | None = "HEAD", **options: object) -> Done:
    plan = Plan(base and git("rev-parse", base), actions, ID)
    with Repository.open(git.folder) as repository:
        return apply(repository, plan, Options(**options))  # type: ignore[arg-type]


def state(git: Git) -> object:
    """All that apply could change: files, index, references, and its own folder."""
    files = {
        str(path): (path.lstat().st_mode, b"" if path.is_dir() else path.read_bytes())
        for path in sorted(git.folder.rglob("*"))
        if ".git" not in path.parts and not path.is_symlink()
    }
    own = git.folder / ".git/readiness"
    kept = [path.name for path in own.rglob("*") if path.name not in ("lock", "archive")]
    return files, git("ls-files", "--stage"), git("for-each-ref"), git("count-objects", "-v"), kept


def refused(git: Git, *actions: Action, base: str | None = "HEAD", **options: object) -> str:
    """The sentences of a refusal that changes nothing."""
    before = state(git)
    with pytest.raises(ReadinessError) as raised:
        run(git, *actions, base=base, **options)
    assert state(git) == before
    return str(raised.value)


@pytest.fixture
def shop(git: Git) -> Git:
    git.write("main.py", "print()\n")
    git.write("old/orders.py", "orders = 1\n")
    git.write("old/start.sh", "#!/bin/sh\n", mode=0o755)
    git.write("notes.bak", "notes\n")
    git.write(".gitignore", "*.pyc\n")
    git.commit()
    return git


def in_tree(git: Git, revision: str) -> list[str]:
    return git("ls-tree", "-r", "--name-only", revision).split()


# On a branch


def test_by_default_the_cleaned_tree_is_on_a_branch_and_the_work_tree_is_not_touched(
    shop: Git,
) -> None:
    shop.write("main.py", "print('at work')\n")
    before = shop("status", "--short")
    run(shop, archived("old/orders.py", "old/start.sh"), action(ActionKind.REMOVE, "notes.bak"))
    assert in_tree(shop, BRANCH) == [".gitignore", "main.py"]
    assert shop("status", "--short") == before
    assert shop("rev-parse", f"{TAG}^{{commit}}") == shop("rev-parse", "HEAD")
    assert shop("cat-file", "-t", TAG) == "tag"
    assert "error" not in shop("fsck", "--strict")


def test_each_phase_is_a_commit_that_names_rules_and_evidence(shop: Git) -> None:
    evidence = (Evidence("nothing imports it", Location("old/orders.py", 1)),)
    done = run(
        shop,
        adding(".gitignore", "*.bak", phase=Phase.CONFIGURATION, id="A2", rules=("HYG014",)),
        archived("old/orders.py", id="A1", rules=("HYG001",), evidence=evidence),
        identity="Ada <ada@example.org>",
    )
    assert done.prepared is not None
    first, second = shop("log", "--reverse", "--format=%an <%ae>%n%B%x00", f"HEAD..{BRANCH}").split(
        "\0\n"
    )
    assert first.startswith("Ada <ada@example.org>\nCritical Cleanup: archive 1 file\n")
    assert (
        "A1 ARCHIVE: ARCHIVE 1 (HYG001), 1 file\n    nothing imports it (old/orders.py:1)" in first
    )
    assert "Production Configuration: change 1 file" in second and "HYG014" in second
    assert shop("show", f"{BRANCH}:.gitignore") == "*.pyc\n*.bak"


def test_it_works_on_a_detached_head_and_a_bare_repository(
    shop: Git, make_git: Callable[..., Git]
) -> None:
    shop("checkout", "--quiet", "--detach")
    run(shop, archived("old/orders.py"))
    assert "old/orders.py" not in in_tree(shop, BRANCH)
    bare = make_git("bare", bare=True)
    bare("fetch", "-q", str(shop.folder), "main:main")
    run(bare, archived("old/orders.py"), base="main")
    assert "old/orders.py" not in in_tree(bare, BRANCH)


def test_a_repository_of_sha_256_and_a_linked_work_tree_will_do(
    make_git: Callable[..., Git], tmp_path: Path
) -> None:
    git = make_git("long", "--object-format=sha256")
    git.write("old.py", "1\n")
    git.write("main.py", "2\n")
    git.commit()
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    plan = Plan(git("rev-parse", "HEAD"), (archived("old.py"),), ID)
    with Repository.open(tmp_path / "other") as repository:
        apply(repository, plan, Options(in_place=True))
    assert not (tmp_path / "other/old.py").exists() and (git.folder / "old.py").exists()
    assert git("-C", str(tmp_path / "other"), "status", "--short") == "D  old.py"
    with Repository.open(git.folder) as repository:
        apply(repository, msgspec.structs.replace(plan, id="ffff0000"), Options())
    assert in_tree(git, "readiness/cleanup-ffff0000") == ["main.py"]


def test_the_archive_is_one_that_any_tar_unpacks_and_its_manifest_says_why(
    shop: Git, tmp_path: Path
) -> None:
    (shop.folder / "old/link").symlink_to("../main.py")
    name = "old/" + "long/" * 30 + "naïve \\x.py"
    shop.write(name, "x\n")
    commit = shop.commit()
    path = name.replace("\\", "\\\\")
    run(shop, archived("old/orders.py", "old/start.sh", "old/link", path, rules=("HYG001",)))
    folder = shop.folder / ".git/readiness/archive" / ID
    with tarfile.open(folder / archive.FILES) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    assert (tmp_path / "out/old/orders.py").read_text() == "orders = 1\n"
    assert os.access(tmp_path / "out/old/start.sh", os.X_OK)
    assert os.readlink(tmp_path / "out/old/link") == "../main.py"
    assert (tmp_path / "out" / name).read_text() == "x\n"
    manifest = archive.load(str(folder))
    assert (manifest.plan, manifest.commit, manifest.tag) == (ID, commit, TAG)
    entry = {entry.path: entry for entry in manifest.entries}["old/orders.py"]
    assert (entry.blob, entry.mode, entry.size) == (
        shop("rev-parse", "HEAD:old/orders.py"),
        "100644",
        11,
    )
    assert (entry.reason, entry.rules) == ("ARCHIVE 4", ("HYG001",))


def test_the_same_files_make_the_same_archive(shop: Git, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    run(shop, archived("old/orders.py"), folder=str(tmp_path / "kept"))
    shop("branch", "-D", BRANCH)
    run(shop, archived("old/orders.py"), folder=str(tmp_path / "kept"))
    first, second = (tmp_path / "kept" / name / archive.FILES for name in (ID, f"{ID}-2"))
    assert first.read_bytes() == second.read_bytes()


def test_files_with_secrets_stay_in_history_alone_unless_it_is_asked_for(shop: Git) -> None:
    shop.write("old/setup.md", f"Key: `{TOKEN}`\n")
    shop.commit()
    run(shop, archived("old/setup.md", "old/orders.py"))
    folder = shop.folder / ".git/readiness/archive"
    entries = {entry.path: entry for entry in archive.load(str(folder / ID)).entries}
    assert entries["old/setup.md"].stored == "history" and entries["old/setup.md"].secrets
    assert entries["old/orders.py"].stored == "archive"
    shop("branch", "-D", BRANCH)
    run(shop, archived("old/setup.md"), archive_secrets=True)
    assert archive.load(str(folder / f"{ID}-2")).entries[0].stored == "archive"


def test_a_commit_since_then_is_no_obstacle_where_the_files_are_the_same(shop: Git) -> None:
    base = shop("rev-parse", "HEAD")
    shop.write("new.py", "1\n")
    shop.commit()
    done = run(shop, archived("old/orders.py"), base=base)
    assert done.prepared is not None and done.prepared.moved_on
    assert "new.py" in in_tree(shop, BRANCH)


# In place


def test_in_place_files_leave_the_work_tree_and_the_index_and_nothing_is_committed(
    shop: Git,
) -> None:
    head = shop("rev-parse", "HEAD")
    run(
        shop,
        adding(".gitignore", "*.bak"),
        archived("old/orders.py", "old/start.sh"),
        action(ActionKind.REMOVE, "notes.bak"),
        in_place=True,
    )
    assert shop("status", "--short").split("\n") == [
        "M  .gitignore",
        "D  notes.bak",
        "D  old/orders.py",
        "D  old/start.sh",
    ]
    assert not (shop.folder / "old").exists()
    assert (shop.folder / ".gitignore").read_text() == "*.pyc\n*.bak\n"
    assert shop("rev-parse", "HEAD") == head and BRANCH not in shop("branch")


def test_an_untracked_artifact_is_archived_before_it_is_removed_and_only_in_place(
    shop: Git,
) -> None:
    shop.write("dump.sql", "insert\n", mode=0o600)
    dump = action(ActionKind.REMOVE, "dump.sql", blobs=(shop("hash-object", "dump.sql"),))
    done = run(shop, dump, archived("old/orders.py"))
    assert done.prepared is not None
    assert "only --in-place" in done.prepared.left[0].reason
    assert (shop.folder / "dump.sql").exists()
    run(shop, dump, in_place=True)
    assert not (shop.folder / "dump.sql").exists()
    [entry] = archive.load(str(shop.folder / ".git/readiness/archive" / f"{ID}-2")).entries
    assert (entry.stored, entry.permissions, entry.tracked) == ("archive", 0o600, False)


def test_an_archive_is_for_those_who_may_read_what_is_in_it(shop: Git) -> None:
    shop.write("dump.sql", "insert\n", mode=0o640)
    shop.write("setup.md", f"Key: `{TOKEN}`\n")
    shop("add", "setup.md")
    shop("commit", "--quiet", "-m", "setup")
    dump = shop("hash-object", "dump.sql")
    rest = (archived("old/orders.py"), archived("setup.md"))
    archives = shop.folder / ".git/readiness/archive"

    def permissions(*actions: Action, name: str, archive_secrets: bool = False) -> int:
        run(shop, *actions, in_place=True, archive_secrets=archive_secrets)
        with Repository.open(shop.folder) as repository:
            restore(repository, [], everything=True, name=name)
        return stat.S_IMODE((archives / name / "files.tar.gz").stat().st_mode)

    mask = os.umask(0o002)
    try:
        shop("update-index", "--refresh")
        assert permissions(*rest, name=ID) == 0o644
        assert permissions(*rest, name=f"{ID}-2", archive_secrets=True) == 0o600
        gone = action(ActionKind.REMOVE, "dump.sql", blobs=(dump,))
        assert permissions(gone, name=f"{ID}-3") == 0o640
    finally:
        os.umask(mask)


def test_an_untracked_file_with_a_secret_stays_unless_it_may_be_archived(shop: Git) -> None:
    shop.write("creds.md", f"Key: `{TOKEN}`\n")
    creds = action(ActionKind.REMOVE, "creds.md", blobs=(shop("hash-object", "creds.md"),))
    done = run(shop, creds, in_place=True)
    assert done.prepared is not None and not done.prepared.changes
    assert "--archive-secrets" in done.prepared.left[0].reason
    assert (shop.folder / "creds.md").exists()
    run(shop, creds, in_place=True, archive_secrets=True)
    assert not (shop.folder / "creds.md").exists()


def test_the_bytes_of_the_work_tree_are_kept_where_a_checkout_changed_line_ends(
    shop: Git,
) -> None:
    shop.write(".gitattributes", "*.py text eol=crlf\n")
    shop.commit()
    (shop.folder / "old/orders.py").unlink()
    shop("checkout", "old/orders.py")
    assert (shop.folder / "old/orders.py").read_bytes() == b"orders = 1\r\n"
    run(shop, archived("old/orders.py"), in_place=True)
    place = str(shop.folder / ".git/readiness/archive" / ID)
    [(_, content)] = archive.contents(archive.load(place), place)
    assert content == b"orders = 1\r\n"


# What is left to people


def test_what_no_machine_can_do_is_left_with_a_sentence(shop: Git) -> None:
    done = run(
        shop,
        action(ActionKind.MODIFY, "main.py"),
        action(ActionKind.KEEP, "old/start.sh"),
        archived("notes.bak", blockers=("main.py reads it",)),
        archived("old/orders.py"),
    )
    assert done.prepared is not None
    assert [each.reason for each in done.prepared.left] == [
        "it stays",
        "not yet: main.py reads it",
        "no machine can make this change safely",
    ]
    assert [change.path for change in done.prepared.changes] == ["old/orders.py"]


def test_all_edits_of_one_file_are_made_on_what_it_was(shop: Git) -> None:
    run(
        shop,
        adding(".gitignore", "*.bak"),
        adding(".gitignore", "*.log", phase=Phase.DELIVERY),
        adding(".gitignore", "*.log", phase=Phase.VALIDATION),
    )
    assert shop("show", f"{BRANCH}:.gitignore").split() == ["*.pyc", "*.bak", "*.log"]
    assert shop("rev-list", "--count", f"HEAD..{BRANCH}") == "2"


# Refusals


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../outside.py", "not plain"),
        ("/etc/passwd", "absolute"),
        ("old/../main.py", "not plain"),
        ("old//orders.py", "not plain"),
        (".git/config", "Git's own folder"),
        ("old/.GIT/config", "Git's own folder"),
        ("old/.git\u200c/config", "Git's own folder"),
        ("git~1/config", "Git's own folder"),
        ("", "empty"),
        ("old/\x1b[2J.py", "control characters"),
        ("old/\\q.py", "backslash"),
        ("old", "is a folder"),
        ("gone.py", "nor was it when the plan was made"),
        ("main.py/inner", "which is a file"),
    ],
)
@pytest.mark.parametrize("in_place", [False, True])
def test_a_path_that_names_no_file_of_the_tree_is_refused(
    shop: Git, path: str, why: str, in_place: bool
) -> None:
    assert why in refused(shop, archived(path), archived("notes.bak"), in_place=in_place)
    if path != "gone.py":
        assert why in refused(shop, archived(path, blobs=("0" * 40,)), in_place=in_place)
        assert why in refused(shop, adding(path, "x"), in_place=in_place)


def test_a_file_that_changed_since_the_plan_is_refused(shop: Git) -> None:
    base = shop("rev-parse", "HEAD")
    shop.write("old/orders.py", "orders = 2\n")
    assert "changes that are not committed" in refused(shop, archived("old/orders.py"))
    shop.commit()
    told = refused(shop, archived("old/orders.py"), adding("old/orders.py", "x"), base=base)
    assert "old/orders.py has changed since the plan was made" in told


def test_a_file_that_was_renamed_since_the_plan_is_refused_and_its_new_name_told(
    shop: Git,
) -> None:
    base = shop("rev-parse", "HEAD")
    shop("mv", "old/orders.py", "old/sales.py")
    shop.commit()
    assert "now in old/sales.py" in refused(shop, archived("old/orders.py"), base=base)


def test_a_rename_is_no_file_that_was_there_all_the_time(shop: Git) -> None:
    shop.write("old/twin.py", "orders = 1\n")
    base = shop.commit()
    shop("rm", "--quiet", "old/orders.py")
    shop.commit()
    run(shop, archived("old/orders.py", "old/start.sh"), base=base)
    assert in_tree(shop, BRANCH) == [".gitignore", "main.py", "notes.bak", "old/twin.py"]


@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_done_already_is_not_done_again(
    shop: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str], in_place: bool
) -> None:
    actions = (archived("old/orders.py", "notes.bak"), adding(".gitignore", "*.bak"))
    file = tmp_path / "plan.toml"
    file.write_text(document.write(Plan(shop("rev-parse", "HEAD"), actions)))
    shop("rm", "--quiet", "old/orders.py")
    shop.commit()
    command = ["apply", str(file), str(shop.folder), "--apply", *["--in-place"] * in_place]
    assert main(command) == 0
    assert "1 of its 2 files are gone already" in capsys.readouterr().out
    if in_place:
        shop.commit()
    else:
        [branch] = shop("branch", "--list", "readiness/*", "--format=%(refname:short)").split()
        shop("merge", "--quiet", branch)
        shop("branch", "--quiet", "-D", branch)
    before = state(shop)
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "asks for nothing that is to be done" in told and "2 done already" in told
    assert state(shop) == before


def test_a_plan_without_actions_does_nothing(shop: Git) -> None:
    before = state(shop)
    run(shop)
    run(shop, in_place=True)
    assert state(shop) == before


def test_a_plan_from_elsewhere_or_before_the_first_commit_is_refused(
    shop: Git, make_git: Callable[..., Git]
) -> None:
    plan = Plan("f" * 40, (archived("main.py"),), ID)
    with Repository.open(shop.folder) as repository:
        with pytest.raises(ApplyError, match="which this repository does not have"):
            apply(repository, plan, Options())
        with pytest.raises(ApplyError, match="no id"):
            apply(repository, msgspec.structs.replace(plan, id="../x"), Options())
    empty = make_git("empty")
    assert "no commit yet" in refused(empty, archived("main.py"), base=None)


def test_what_is_in_the_plan_twice_or_stays_and_goes_is_refused(shop: Git) -> None:
    keep = action(ActionKind.KEEP, "old/")
    told = refused(shop, archived("old/orders.py", "notes.bak"), archived("notes.bak"), keep)
    assert "notes.bak is in the plan twice" in told
    assert "old/ is KEEP and is removed by the same plan" in told
    told = refused(shop, archived("notes.bak"), adding("notes.bak", "x"))
    assert "removed and changed" in told


def test_names_that_are_one_without_upper_and_lower_case_are_refused(shop: Git) -> None:
    shop.write("Notes.BAK", "other\n")
    shop.write(unicodedata.normalize("NFC", "é.py"), "1\n")
    shop.write(unicodedata.normalize("NFD", "é.py"), "2\n")
    shop.commit()
    assert "upper and lower case" in refused(shop, archived("notes.bak"))
    assert "upper and lower case" in refused(shop, archived(unicodedata.normalize("NFC", "é.py")))
    assert "upper and lower case" in refused(shop, adding("MAIN.py", "x"))


def test_submodules_and_pointers_of_lfs_are_refused(
    shop: Git, make_git: Callable[..., Git]
) -> None:
    part = make_git("part")
    part.write("inner.py", "1\n")
    part.commit()
    shop("submodule", "add", "--quiet", str(part.folder), "part")
    shop.write("model.bin", POINTER)
    shop.commit()
    assert "is a submodule" in refused(shop, archived("part"))
    told = refused(shop, archived("part/inner.py", blobs=("0" * 40,)), in_place=True)
    assert "part, which is a submodule" in told
    assert "pointer of Git LFS" in refused(shop, archived("model.bin"))
    assert "pointer of Git LFS" in refused(shop, archived("model.bin"), in_place=True)


def test_in_place_symlinks_and_other_repositories_are_never_entered(
    shop: Git, tmp_path: Path, make_git: Callable[..., Git]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "dump.sql").write_text("theirs\n")
    (shop.folder / "way").symlink_to(outside)
    blob = shop("hash-object", str(outside / "dump.sql"))
    gone = action(ActionKind.REMOVE, "way/dump.sql", blobs=(blob,))
    assert "way, which is no folder" in refused(shop, gone, in_place=True)
    inner = make_git("app/inner")
    inner.write("dump.sql", "theirs\n")
    gone = action(ActionKind.REMOVE, "inner/dump.sql", blobs=(blob,))
    assert "inner, which is another repository" in refused(shop, gone, in_place=True)
    shutil.rmtree(inner.folder)
    shop.commit()
    assert "way, which is a symlink" in refused(shop, adding("way/new.py", "x"), in_place=True)


def test_in_place_needs_a_clean_tree_a_branch_and_nothing_under_way(shop: Git) -> None:
    gone = archived("old/orders.py")
    shop.write("main.py", "print('at work')\n")
    assert "not committed" in refused(shop, gone, in_place=True)
    shop("add", "main.py")
    assert "not committed" in refused(shop, gone, in_place=True)
    shop.commit()
    shop("checkout", "--quiet", "--detach")
    assert "on no branch" in refused(shop, gone, in_place=True)
    shop("checkout", "--quiet", "main")
    for name, what in (("MERGE_HEAD", "a merge"), ("rebase-merge", "a rebase")):
        marker = shop.write(f".git/{name}")
        assert f"{what} is under way" in refused(shop, gone, in_place=True)
        marker.unlink()
    lock = shop.write(".git/index.lock")
    assert "another Git process" in refused(shop, gone, in_place=True)
    assert lock.exists()


def test_in_place_a_bare_repository_is_refused(make_git: Callable[..., Git], shop: Git) -> None:
    bare = make_git("bare", bare=True)
    bare("fetch", "-q", str(shop.folder), "main:main")
    plan = Plan(bare("rev-parse", "main"), (archived("old/orders.py"),), ID)
    with Repository.open(bare.folder) as repository, pytest.raises(UsageError, match="is bare"):
        apply(repository, plan, Options(in_place=True))


def test_in_place_a_new_file_does_not_overwrite_one_that_git_does_not_know(shop: Git) -> None:
    shop.write(".env.example", "MINE=1\n")
    assert "is there already" in refused(shop, adding(".env.example", "TOKEN="), in_place=True)


def test_what_was_carried_out_is_not_carried_out_again(shop: Git) -> None:
    run(shop, archived("old/orders.py"))
    assert f"branch {BRANCH} exists" in refused(shop, archived("old/orders.py"))


@pytest.mark.parametrize(
    ("name", "in_place"),
    [
        ("readiness", False),
        ("readiness", True),
        ("objects/pack", False),
        ("objects/pack", True),
        ("refs/heads/readiness", False),
        ("refs/tags/readiness", True),
    ],
)
def test_a_symlink_in_the_git_folder_leads_nowhere(
    shop: Git, tmp_path: Path, name: str, in_place: bool
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    place = shop.folder / ".git" / name
    if place.exists():
        place.rename(tmp_path / "away")
    place.symlink_to(outside)
    with pytest.raises(ApplyError, match="is a symlink"):
        run(shop, archived("old/orders.py"), in_place=in_place)
    assert not list(outside.iterdir())


def test_a_full_disk_is_seen_before(shop: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_SLACK", 1 << 60)
    assert "bytes left" in refused(shop, archived("old/orders.py"))


def test_a_folder_for_the_archive_must_be_there_and_outside(shop: Git, tmp_path: Path) -> None:
    gone = archived("old/orders.py")
    assert "no folder" in refused(shop, gone, folder=str(tmp_path / "none"))
    assert "lies in the repository" in refused(shop, gone, folder=str(shop.folder / "old"))


def test_a_read_only_git_folder_is_refused(shop: Git, readiness: Program, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    plan = Plan(shop("rev-parse", "HEAD"), (archived("old/orders.py", id="A1"),), ID)
    file.write_text(document.write(plan))
    (shop.folder / ".git").chmod(0o555)
    try:
        done = readiness("apply", file, shop.folder, "--apply")
    finally:
        (shop.folder / ".git").chmod(0o755)
    assert done.returncode == 2
    assert b"may not be written to" in done.stderr or b"cannot be written to" in done.stderr
    (shop.folder / "old").chmod(0o555)
    try:
        done = readiness("apply", file, shop.folder, "--apply", "--in-place")
    finally:
        (shop.folder / "old").chmod(0o755)
    assert done.returncode == 2 and b"may not be written to" in done.stderr


def test_two_at_once_are_one_too_many(shop: Git) -> None:
    room = Room(str(shop.folder / ".git"))
    with room.locked(), pytest.raises(ApplyError, match="another readiness"):
        run(shop, archived("old/orders.py"))


def test_git_is_kept_from_the_index_meanwhile(shop: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs git add in between is told to wait, not overwritten."""
    tried: list[int] = []

    def meanwhile(*given: object) -> object:
        command = ["git", "-C", str(shop.folder), "add", "main.py"]
        tried.append(subprocess.run(command, capture_output=True).returncode)
        return written(*given)  # type: ignore[arg-type]

    written = archive.write
    monkeypatch.setattr(archive, "write", meanwhile)
    run(shop, archived("old/orders.py"), in_place=True)
    assert tried == [128]


def test_a_file_changed_at_the_last_moment_is_put_back(
    shop: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*given: object) -> object:
        manifest = written(*given)  # type: ignore[arg-type]
        shop.write("old/start.sh", "#!/bin/sh\necho at work\n", mode=0o755)
        return manifest

    written = archive.write
    monkeypatch.setattr(archive, "write", meanwhile)
    with pytest.raises(ApplyError, match="was changed meanwhile"):
        run(shop, archived("old/orders.py", "old/start.sh"), in_place=True)
    assert (shop.folder / "old/orders.py").read_text() == "orders = 1\n"
    assert (shop.folder / "old/start.sh").read_text() == "#!/bin/sh\necho at work\n"
    assert shop("for-each-ref", "refs/tags") == ""
    assert os.listdir(shop.folder / ".git/readiness/archive") == []


def test_nothing_that_the_repository_names_is_run(trap: Trap) -> None:
    trap.git("config", "user.name", "Mallory")
    head = trap.git("rev-parse", "HEAD")
    trap.git.write("clean.txt", "one\n")
    trap.git.write("changed.txt", "two\n")
    plan = Plan(head, (archived("folder/inner.txt"), adding("clean.txt", "x")), ID)
    with Repository.open(trap.git.folder) as repository:
        apply(repository, plan, Options())
        apply(repository, msgspec.structs.replace(plan, id="ffff0000"), Options(in_place=True))
    assert trap.ran() == set()
    assert trap.git("log", "-1", "--format=%an", BRANCH) == "readiness"


# The command


def test_the_dry_run_says_exactly_what_would_happen_and_changes_nothing(
    shop: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write("old/setup.md", f"Key: `{TOKEN}`\n")
    shop.commit()
    evidence = (Evidence("nothing imports them", Location("old", None)),)
    actions: Iterable[Action] = (
        adding(".gitignore", "*.bak", id="A1"),
        archived("old/orders.py", "old/setup.md", id="A2", rules=("HYG001",), evidence=evidence),
        action(ActionKind.MODIFY, "main.py", id="A3"),
        action(ActionKind.KEEP, "notes.bak", id="A4"),
    )
    file = tmp_path / "plan.toml"
    file.write_text(document.write(Plan(shop("rev-parse", "HEAD"), tuple(actions), "x")))
    before = state(shop)
    assert main(["apply", str(file), str(shop.folder)]) == 0
    assert state(shop) == before
    told = capsys.readouterr().out
    for line in (
        "archive 2 files, change 1",
        "change .gitignore",
        "A2 ARCHIVE: ARCHIVE 2  HYG001",
        "archive, then remove old/orders.py",
        "    remove old/setup.md",
        "old/setup.md: Supabase secret key",
        "rotate every one",
        "A3 MODIFY: MODIFY 1",
        "1 KEEP",
        "the same with --apply",
    ):
        assert line in told, line
    assert TOKEN not in told
    assert main(["apply", str(file), str(shop.folder), "--apply"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Done: plan ") and "readiness restore --all" in told
    [branch] = shop("branch", "--list", "readiness/*", "--format=%(refname:short)").split()
    assert in_tree(shop, branch) == [".gitignore", "main.py", "notes.bak", "old/start.sh"]
    assert "(HYG001), 2 files\n    nothing imports them  (old)" in shop(
        "log", "-1", "--format=%b", branch
    )


@pytest.mark.parametrize("content", ["x = ", "version = 2\n", "\0", "[[action]]\n"])
def test_what_is_no_plan_is_told_in_a_line(
    shop: Git, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(content)
    assert main(["apply", str(file), str(shop.folder), "--apply"]) == 2
    assert main(["apply", str(tmp_path / "none"), str(shop.folder)]) == 2
    assert main(["apply", str(tmp_path), str(shop.folder)]) == 2
    assert main(["apply", str(file), str(shop.folder), "--author", "Ada"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_the_commands_of_its_document_run(
    shop: Git,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.write("orders_old/orders.py", "orders = 1\n")
    shop.write("orders_old/sales.py", "sales = 1\n")
    shop.commit()
    monkeypatch.chdir(shop.folder)
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path / "cache"))
    page = Path(__file__).parent.parent / "docs/apply.md"
    [commands] = re.findall(r"(?s)^```sh\n(.*?)^```$", page.read_text(), re.M)
    for line in commands.splitlines():
        command = shlex.split(line, comments=True)
        assert main(command[1:]) == 0, line
        captured = capsys.readouterr()
        assert (captured.out or "--output" in command) and not captured.err, line
    assert "as before already" in captured.out


def test_what_a_sparse_checkout_leaves_out_is_not_taken_in_place(shop: Git) -> None:
    shop("update-index", "--skip-worktree", "notes.bak")
    (shop.folder / "notes.bak").unlink()
    gone = archived("notes.bak")
    assert "not in the work tree" in refused(shop, gone, in_place=True)
    run(shop, gone)
    assert "notes.bak" not in in_tree(shop, BRANCH)


def test_it_works_in_shallow_and_shared_clones_with_strange_names(
    shop: Git, make_git: Callable[..., Git]
) -> None:
    shop.write("new.py", "1\n")
    shop.commit()
    for number, options in enumerate((["--depth=1"], ["--shared"])):
        clone = make_git(f'we"ird: \\ {number}')
        shutil.rmtree(clone.folder)
        clone.folder.mkdir()
        clone("clone", "--quiet", *options, f"file://{shop.folder}", ".")
        run(clone, archived("old/orders.py"))
        run(clone, archived("old/start.sh"), adding("main.py", "x"), in_place=True)
        assert "old/orders.py" not in in_tree(clone, BRANCH)
        assert clone("status", "--short") == "M  main.py\nD  old/start.sh"
        clone("commit", "--quiet", "--message", "done")
        assert "missing" not in clone("fsck")


@pytest.mark.parametrize("in_place", [False, True])
def test_where_no_file_may_grow_it_fails_in_a_line_and_nothing_is_changed(
    shop: Git, readiness: Program, tmp_path: Path, in_place: bool
) -> None:
    """A limit on the size of files stops us and Git alike, as a full disk does."""
    shop.write("old/big.bin", os.urandom(100_000))
    shop.commit()
    file = tmp_path / "plan.toml"
    gone = archived("old/big.bin", "old/orders.py", id="A1")
    new = adding(".gitignore", *(f"line-{number}" for number in range(2_000)), id="A2")
    file.write_text(document.write(Plan(shop("rev-parse", "HEAD"), (gone, new), ID)))
    before = state(shop)
    options = ["--apply", *["--in-place"] * in_place]
    told = set()
    for blocks in (0, 1, 3, 10, 100, 190):
        limited = f'ulimit -f {blocks}; exec "$@"'
        program = Path(sys.executable).with_name("readiness")
        done = subprocess.run(
            ["sh", "-c", limited, "sh", program, "apply", file, shop.folder, *options],
            env=readiness.environment | {"PYTHONDONTWRITEBYTECODE": "1"},  # none by half
            capture_output=True,
        )
        assert done.returncode == 2, done
        assert b"fault of readiness" not in done.stderr
        told.add(done.stderr)
        assert state(shop) == before
    assert len(told) > 1
