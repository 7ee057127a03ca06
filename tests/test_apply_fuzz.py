"""Whoever wrote a plan, archive or journal: nothing outside of the repository is ever written."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readiness.apply import archive
from readiness.apply.archive import ArchiveError
from readiness.apply.prepare import Options
from readiness.apply.restore import restore
from readiness.apply.run import apply
from readiness.errors import ReadinessError
from readiness.model import Action, ActionKind, Edit, EditKind, Plan
from readiness.plan import document
from readiness.repo import Repository

if TYPE_CHECKING:
    from conftest import Git

ID = "0123abcd"
FUZZ = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)


class Yard:
    """A repository with symlinks to the outside, and the outside, which must stay as it is."""

    def __init__(self, git: Git, outside: Path) -> None:
        self.git = git
        self.outside = outside
        self.pristine = outside.parent.with_name("pristine")
        git.write("main.py", "print()\n")
        git.write("old/orders.py", "orders = 1\n")
        git.write("old/dump.sql", "insert\n")
        (git.folder / "way").symlink_to(outside)
        (git.folder / "old/file").symlink_to(outside / "theirs.txt")
        git.commit()
        self.before = seen(outside.parent, self.git.folder)
        shutil.copytree(git.folder, self.pristine, symlinks=True)
        self.pristine_before = seen(self.pristine, None)

    def renew(self) -> None:
        """The repository as it was at first."""
        shutil.rmtree(self.git.folder)
        shutil.copytree(self.pristine, self.git.folder, symlinks=True)

    def check(self) -> None:
        """Nothing outside of the repository is other than it was, in name, content or mode."""
        assert seen(self.outside.parent, self.git.folder) == self.before
        assert seen(self.pristine, None) == self.pristine_before


def seen(folder: Path, but: Path | None) -> dict[str, object]:
    found: dict[str, object] = {}
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(root, name) != but]
        for name in (*folders, *names):
            path = Path(root, name)
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (path.lstat().st_mode, content)
    return found


@pytest.fixture
def yard(git_at: type[Git], tmp_path: Path) -> Yard:
    outside = tmp_path / "yard/outside"
    outside.mkdir(parents=True)
    (outside / "theirs.txt").write_text("theirs\n")
    (outside / "orders.py").write_text("orders = 1\n")
    return Yard(git_at(tmp_path / "yard/shop", "--template="), outside)


PARTS = st.sampled_from(
    [".", "", "old", "way", "file", "orders.py", "theirs.txt", ".git", ".GIT", "hooks", "index"]
) | st.sampled_from(
    ["..", "outside", "main.py", "\\xff", "\\", "~", "C:", "a\0b", "\n", "readiness", "x" * 300]
)
PATHS = st.one_of(
    st.sampled_from(["old/orders.py", "main.py", "old/dump.sql", "old/file", "way", "new.txt"]),
    st.lists(PARTS, min_size=1, max_size=5).map("/".join),
    st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    st.text(max_size=20),
)
BLOBS = st.sampled_from(
    [
        "",
        "0" * 40,
        "f" * 41,
        "../x",
        "4e5c1ea1a2a0b6c2c5e1a0c5d6d7c3a1b2c3d4e5",
        "theirs",
    ]
)
EDITS = st.builds(
    Edit,
    st.sampled_from(EditKind),
    PATHS,
    st.lists(st.sampled_from(["x", "*.pyc", "a.b", "\n", "os"]), max_size=3).map(tuple),
    st.one_of(st.none(), st.integers(-3, 10**6)),
)
ACTIONS = st.builds(
    Action,
    kind=st.sampled_from(ActionKind),
    paths=st.lists(PATHS, max_size=4).map(tuple),
    title=st.text(max_size=10),
    because=st.just(()),
    blobs=st.lists(BLOBS, max_size=4).map(tuple),
    edits=st.lists(EDITS, max_size=2).map(tuple),
)


@FUZZ
@given(
    actions=st.lists(ACTIONS, min_size=1, max_size=4),
    name=st.sampled_from([ID, ID, ID, "../../x", "", "a b", "-x", "x/y"]),
    in_place=st.booleans(),
)
def test_no_plan_makes_apply_write_outside(
    yard: Yard, actions: list[Action], name: str, in_place: bool
) -> None:
    plan = Plan(yard.git("rev-parse", "HEAD"), tuple(actions), name)
    with Repository.open(yard.git.folder) as repository:
        try:
            done = apply(repository, plan, Options(in_place=in_place))
        except ReadinessError:
            done = None
    yard.check()
    if done is not None and done.prepared is not None and done.prepared.changes:
        with Repository.open(yard.git.folder) as repository:
            restore(repository, [], everything=True)
        yard.check()
        assert yard.git("status", "--short", "--untracked-files=no") == ""
        yard.renew()


@FUZZ
@given(text=st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_no_text_makes_the_reading_of_a_plan_fail_otherwise_than_with_a_sentence(text: str) -> None:
    with suppress(ReadinessError):
        document.read(text)
    with suppress(ReadinessError):
        document.read(f"version = 1\n[[action]]\n{text}")


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "path": PATHS,
    "mode": st.sampled_from(["100644", "100755", "120000", "160000", "040000", "777", "", "x"]),
    "size": st.sampled_from([0, 1, 11, 7, -1, 10**12, 2**63]),
    "sha256": st.sampled_from(["", "0" * 64, "x", "../x"]),
    "stored": st.sampled_from(["archive", "history", "nowhere", "", "elsewhere"]),
    "blob": BLOBS,
    "written": BLOBS,
    "tracked": st.booleans(),
    "permissions": st.sampled_from([None, 0, 0o777, 0o4777, -1]),
    "target": st.sampled_from([None, "", "/etc/passwd", "../../outside", "\\x00", "\\"]),
}
CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(sorted(FIELDS))).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), FIELDS[pair[1]])
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture
def kept(yard: Yard) -> Iterator[Path]:
    """The archive of a plan that was carried out in place."""
    paths = ("old/orders.py", "old/dump.sql", "old/file")
    actions = (
        Action(ActionKind.ARCHIVE, paths, "old", ()),
        Action(
            ActionKind.MODIFY,
            ("new.txt",),
            "new",
            (),
            edits=(Edit(EditKind.ADD_LINES, "new.txt", ("x",)),),
        ),
    )
    plan = Plan(yard.git("rev-parse", "HEAD"), actions, ID)
    with Repository.open(yard.git.folder) as repository:
        apply(repository, plan, Options(in_place=True))
    shutil.rmtree(yard.pristine)
    shutil.copytree(yard.git.folder, yard.pristine, symlinks=True)
    yard.pristine_before = seen(yard.pristine, None)
    yield yard.git.folder / ".git/readiness/archive" / ID


def give_back(yard: Yard, force: bool) -> None:
    with Repository.open(yard.git.folder) as repository, suppress(ReadinessError):
        restore(repository, [], everything=True, force=force)
    yard.check()
    yard.renew()


@FUZZ
@given(changes=CHANGES, repeat=st.booleans(), force=st.booleans())
def test_no_manifest_makes_restore_write_outside(
    yard: Yard, kept: Path, changes: list[tuple[int, str, Any]], repeat: bool, force: bool
) -> None:
    file = kept / archive.MANIFEST
    manifest = msgspec.json.decode(file.read_bytes())
    entries = manifest["entries"]
    for number, field, value in changes:
        entries[number % len(entries)][field] = value
    if repeat:
        entries.append(entries[0])
    with suppress(UnicodeEncodeError, OverflowError):
        file.write_bytes(msgspec.json.encode(manifest))
    give_back(yard, force)


@FUZZ
@given(
    position=st.integers(0, 10_000),
    content=st.binary(max_size=40),
    packed=st.booleans(),
)
def test_no_archive_makes_restore_write_what_it_did_not_store(
    yard: Yard, kept: Path, position: int, content: bytes, packed: bool
) -> None:
    file = kept / archive.FILES
    raw = file.read_bytes() if packed else gzip.decompress(file.read_bytes())
    position %= len(raw)
    raw = raw[:position] + content + raw[position + len(content) :]
    file.write_bytes(raw if packed else gzip.compress(raw, mtime=0))
    with Repository.open(yard.git.folder) as repository, suppress(ReadinessError):
        restore(repository, [], everything=True)
    for name, said in (("orders.py", b"orders = 1\n"), ("dump.sql", b"insert\n")):
        path = yard.git.folder / "old" / name
        assert not path.exists() or path.read_bytes() == said
    yard.check()
    yard.renew()


@pytest.mark.parametrize(
    "member",
    [
        {"name": "../../outside/planted"},
        {"name": "/tmp/planted"},
        {"name": "old/orders.py", "type": tarfile.LNKTYPE, "linkname": "../outside/theirs.txt"},
        {"name": "old/orders.py", "type": tarfile.CHRTYPE},
        {"name": "old/orders.py", "type": tarfile.DIRTYPE},
        {"name": "old/orders.py", "mode": 0o4755},
        {"name": "old/orders.py", "size": 1 << 40},
    ],
)
def test_a_member_that_is_not_ours_is_not_even_looked_at(
    yard: Yard, kept: Path, member: dict[str, Any]
) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        info = tarfile.TarInfo("x")
        for key, value in member.items():
            setattr(info, key, value)
        made_of = info.tobuf()
        tar.fileobj.write(made_of)
    (kept / archive.FILES).write_bytes(made.getvalue())
    manifest = archive.load(str(kept))
    with pytest.raises(ArchiveError):
        list(archive.contents(manifest, str(kept)))
    give_back(yard, force=True)


def test_a_bomb_is_not_unpacked(yard: Yard, kept: Path) -> None:
    with gzip.open(kept / archive.FILES, "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    with pytest.raises(ArchiveError, match="damaged"):
        list(archive.contents(archive.load(str(kept)), str(kept)))


def test_no_journal_leads_out(yard: Yard, kept: Path) -> None:
    journal = yard.git.folder / ".git/readiness/journal"
    git = str(yard.git.folder / ".git")
    token = "ab" * 16
    begun = {"step": "begun", "plan": ID, "git": git, "token": token, "archive": str(kept)}
    outside = str(yard.outside)
    tag = f"refs/tags/readiness/before-{ID}"
    committed = {"step": "committed", "references": [[tag, yard.git("rev-parse", "HEAD")]]}
    for name in ("index.lock", "index", "pack/pack-1.pack", "0", f"{ID}/MANIFEST.json"):
        (yard.outside / name).parent.mkdir(exist_ok=True)
        (yard.outside / name).write_text(token)
    digest = hashlib.sha256(token.encode()).hexdigest()
    replacing = {"step": "committed", "references": [], "index": [digest, "0" * 64]}
    work = yard.git.folder / ".git/readiness/work"
    (work / "objects-").mkdir(parents=True)
    (work / "index").write_text("ours\n")
    yard.before = seen(yard.outside.parent, yard.git.folder)
    up = "/../../../../../outside"
    for records in (
        [{**begun, "git": git + "/../../outside"}, replacing],
        [{**begun, "git": f"{git}/worktrees/../../../outside"}, replacing],
        [{**begun, "git": "outside"}],
        [{**begun, "git": git + "\0"}],
        [{**begun, "git": ""}, {"step": "moving", "moves": []}],
        [{**begun, "plan": "", "git": outside}, replacing],
        [{**begun, "plan": "", "token": up}, committed],
        [{**begun, "token": up}, committed],
        [{**begun, "token": ""}],
        [{**begun, "files": f"{outside}/{ID}\0/{ID}"}],
        [{**begun, "files": f"../outside/{ID}"}],
        [begun, {"step": "moving", "moves": [move("old/new.py") | {"number": 7}]}],
        [{**begun, "archive": outside}],
        [{**begun, "files": outside}],
        [{**begun, "git": outside}],
        [begun, {"step": "moving", "moves": [move("../outside/theirs.txt")]}],
        [begun, {"step": "moving", "moves": [move("/etc/passwd")]}],
        [begun, {"step": "committed", "references": [["refs/../../../outside/x", "0" * 40]]}],
        [begun, {"step": "committed", "references": [["refs/heads/main\n", "0" * 40]]}],
        [begun, {"step": "other"}],
        [begun, committed | {"references": [[tag, "x"]]}],
    ):
        journal.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
        with Repository.open(yard.git.folder) as repository, pytest.raises(ReadinessError):
            restore(repository, [], everything=True)
        yard.check()
    recovering = functools.partial(recovered, yard, journal)
    recovering([{**begun, "files": f"{outside}/{ID}"}])  # no folder of ours: it has no token
    for folder, target in (
        (f"readiness/work/objects-{token}", outside),
        (f"readiness/work/objects-{token}/pack", f"{outside}/pack"),
        ("readiness/work/old", outside),
        ("readiness/kept", outside),
        ("refs/tags/readiness", outside),
        ("objects/pack", outside),
    ):
        yard.renew()
        path = yard.git.folder / ".git" / folder
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        path.symlink_to(target)
        moving = {"step": "moving", "moves": [move("main.py") | {"old": digest}]}
        recovering([begun, moving] if folder.endswith("old") else [begun, committed])


def recovered(yard: Yard, journal: Path, records: Sequence[Mapping[str, object]]) -> None:
    """Brings the call that a journal tells of to its end, if it may be; nothing else changes."""
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    with Repository.open(yard.git.folder) as repository, suppress(ReadinessError):
        restore(repository, [], everything=True)
    yard.check()


def move(path: str) -> dict[str, object]:
    return {"number": 0, "path": path, "old": None, "new": "0" * 64}
