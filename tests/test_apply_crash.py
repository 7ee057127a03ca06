"""Nothing is ever lost: killed at every step and at random instants, on a full disk, on a bad one.

After each accident the next call brings things to one of two ends, and either is looked at byte
for byte: everything is as it was, or everything is done and can be had back.
"""

from __future__ import annotations

import errno
import inspect
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from readiness.apply import archive, disk, recovery
from readiness.apply.journal import Room
from readiness.apply.prepare import Options
from readiness.apply.restore import restore
from readiness.apply.run import apply
from readiness.cli import main
from readiness.errors import ReadinessError
from readiness.model import Action, ActionKind, Edit, EditKind, Plan
from readiness.plan import document
from readiness.repo import Repository
from readiness.repo.writer import Writer

if TYPE_CHECKING:
    from conftest import Git

INSTANTS = 200  # at which the real process is killed
ID = "0123abcd"
Bytes = tuple[int, bytes]  # mode and content of one file


class Shop(NamedTuple):
    """A repository to be copied, the plan for it, and every file that it holds."""

    folder: Path
    plan: Plan
    before: dict[str, Bytes]


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is one: what is killed here is a process, not the power, so
    that nothing is gained by waiting for the disk a few thousand times."""
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path_factory.mktemp("crash")
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def shop(git_at: type[Git], fast: Path) -> Shop:
    git = git_at(fast / "shop", "--template=")
    git.write("main.py", "print('shop')\n")
    git.write("old/orders.py", "orders = 1\n")
    git.write("old/start.sh", "#!/bin/sh\n", mode=0o755)
    (git.folder / "old/latest").symlink_to("../main.py")
    git.write("deep/er/copy_old.py", "copy = 1\n")
    git.write("notes.bak", "notes\n")
    git.write(".gitignore", "*.pyc\n")
    commit = git.commit()
    git.write("dump.sql", "insert\n", mode=0o600)
    dump = git("hash-object", "dump.sql")
    lines = (
        Edit(EditKind.ADD_LINES, ".gitignore", ("*.bak",)),
        Edit(EditKind.ADD_LINES, "conf/.env.example", ("TOKEN=",)),
    )
    plan = Plan(
        commit,
        (
            Action(
                ActionKind.MODIFY,
                (".gitignore", "conf/.env.example"),
                "ignores too little",
                (),
                edits=lines,
            ),
            Action(
                ActionKind.ARCHIVE,
                ("old/orders.py", "old/start.sh", "old/latest", "deep/er/copy_old.py"),
                "archived code",
                (),
            ),
            Action(ActionKind.REMOVE, ("notes.bak",), "a backup", ()),
            Action(ActionKind.REMOVE, ("dump.sql",), "a dump", (), blobs=(dump,)),
        ),
        ID,
    )
    return Shop(git.folder, plan, files_of(git.folder))


def files_of(folder: Path) -> dict[str, Bytes]:
    """All files outside of `.git`, symlinks as what they say."""
    found: dict[str, Bytes] = {}
    for root, folders, names in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for name in names:
            path = Path(root, name)
            mode = path.lstat().st_mode
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = (mode, content)
    return found


def copy_of(shop: Shop, target: Path) -> Path:
    """The same repository once more; times are kept, so that the index still knows its files."""
    shutil.copytree(shop.folder, target, symlinks=True)
    return target


def carry_out(folder: Path, plan: Plan, in_place: bool) -> None:
    with Repository.open(folder) as repository:
        apply(repository, plan, Options(in_place=in_place))


def recover(folder: Path) -> None:
    with Repository.open(folder) as repository, Room(repository.common_folder).locked():
        recovery.recover(repository)


def check(shop: Shop, folder: Path, in_place: bool) -> str:
    """Which of the two ends it came to; fails where it is neither, or something is missing."""
    git = folder / ".git"
    assert sorted(os.listdir(git / "readiness")) in (["archive"], ["archive", "lock"])
    assert not (git / "index.lock").exists()
    refs = {
        str(path.relative_to(git / "refs")) for path in (git / "refs").rglob("*") if path.is_file()
    }
    assert not [ref for ref in refs if ref.endswith(".lock")]
    archives = os.listdir(git / "readiness/archive")
    if not archives:
        assert refs == {"heads/main"}
        assert files_of(folder) == shop.before
        assert (git / "index").read_bytes() == (shop.folder / ".git/index").read_bytes()
        return "undone"
    made = {"heads/main", f"tags/readiness/before-{ID}"}
    assert archives == [ID]
    assert refs == (made if in_place else made | {f"heads/readiness/cleanup-{ID}"})
    with Repository.open(folder) as repository:
        if in_place:
            assert "old/orders.py" not in files_of(folder)
        else:
            assert files_of(folder) == shop.before
            tip = repository.snapshot(rev=f"readiness/cleanup-{ID}")
            paths = [".gitignore", "conf/.env.example", "main.py"]
            assert [file.path for file in tip.files] == paths
        place = git / "readiness/archive" / ID
        kept = {
            entry.path: content
            for entry, content in archive.contents(archive.load(str(place)), str(place))
        }
        stored = {path for path in shop.before if path.startswith(("old/", "deep/"))}
        assert set(kept) == (stored | {"dump.sql"} if in_place else stored)
        assert all(shop.before[path][1] == content for path, content in kept.items())
        restore(repository, [], everything=True)
        assert not repository.snapshot().dirty
    assert files_of(folder) == shop.before
    return "finished"


class Killed(BaseException):
    """The process is gone: no handler gets anything done any more."""


class Accident:
    """Something goes wrong at one of the steps by which apply touches the world."""

    def __init__(self, step: int, error: Callable[[], BaseException], lasts: bool) -> None:
        self.step = step
        self.error = error
        self.lasts = lasts
        self.seen = 0
        self.happened = False

    def before(self, name: str, arguments: dict[str, Any]) -> None:
        self.seen += 1
        if self.seen == self.step or (self.lasts and self.seen > self.step):
            if not self.happened:
                self.happened = True
                self.tear(name, arguments)
            raise self.error()

    def tear(self, name: str, arguments: dict[str, Any]) -> None:
        """What is written is written by half."""
        if name == "append":
            record = arguments["record"]
            os.write(arguments["descriptor"], record[: len(record) // 2])
        elif name == "write":
            content = b"".join(arguments["pieces"])
            Path(arguments["path"]).write_bytes(content[: len(content) // 2])
        elif name == "remove_all":
            paths = list(arguments["paths"])
            for path in paths[: len(paths) // 2]:
                Path(path).unlink(missing_ok=True)


@pytest.fixture
def accident(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Accident | None], None]]:
    """Sets the accident that is to happen; null for none."""
    current: list[Accident | None] = [None]

    def wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        def step(*given: Any, **more: Any) -> Any:
            if current[0] is not None:
                current[0].before(name, dict(signature.bind(*given, **more).arguments))
            return function(*given, **more)

        return step

    for name, function in inspect.getmembers(disk, inspect.isfunction):
        if not name.startswith("_") and function.__module__ == disk.__name__:
            monkeypatch.setattr(disk, name, wrapped(name, function))
    for name in ("build", "changed_index", "create_references"):
        monkeypatch.setattr(Writer, name, wrapped(name, getattr(Writer, name)))
    yield lambda what: current.__setitem__(0, what)


@pytest.mark.parametrize("in_place", [False, True], ids=["on a branch", "in place"])
def test_killed_at_every_step_it_is_undone_or_finished(
    shop: Shop,
    fast: Path,
    in_place: bool,
    accident: Callable[[Accident | None], None],
) -> None:
    ends: list[str] = []
    for step in range(1, 1_000):
        folder = copy_of(shop, fast / str(step))
        killing = Accident(step, Killed, lasts=True)
        accident(killing)
        with suppress(Killed):
            carry_out(folder, shop.plan, in_place)
        accident(None)
        if not killing.happened:
            shutil.rmtree(folder)
            break
        recover(folder)
        ends.append(check(shop, folder, in_place))
        shutil.rmtree(folder)
    assert len(ends) > 25
    assert ends == sorted(ends, reverse=True)  # from some step on it is finished
    assert set(ends) == {"undone", "finished"}


@pytest.mark.parametrize("in_place", [False, True], ids=["on a branch", "in place"])
def test_killed_while_it_recovers_it_recovers_the_next_time(
    shop: Shop,
    fast: Path,
    in_place: bool,
    accident: Callable[[Accident | None], None],
) -> None:
    chance = random.Random(4)
    for number in range(25):
        folder = copy_of(shop, fast / str(number))
        accident(Accident(chance.randrange(12, 70 if in_place else 30), Killed, lasts=True))
        with suppress(Killed):
            carry_out(folder, shop.plan, in_place)
        for _ in range(3):
            accident(Accident(chance.randrange(4, 30), Killed, lasts=True))
            with suppress(Killed):
                recover(folder)
        accident(None)
        recover(folder)
        check(shop, folder, in_place)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("number", "lasts"), [(errno.ENOSPC, False), (errno.EIO, False), (errno.EROFS, True)]
)
@pytest.mark.parametrize("in_place", [False, True], ids=["on a branch", "in place"])
def test_a_failing_disk_is_told_and_nothing_is_lost(
    shop: Shop,
    fast: Path,
    in_place: bool,
    number: int,
    lasts: bool,
    accident: Callable[[Accident | None], None],
) -> None:
    ends = set()
    for step in range(1, 1_000, 3):
        folder = copy_of(shop, fast / str(step))
        failing = Accident(step, lambda: OSError(number, os.strerror(number)), lasts)
        accident(failing)
        if failing_call(folder, shop, in_place) is None and not failing.happened:
            shutil.rmtree(folder)
            break
        accident(None)
        recover(folder)
        ends.add(check(shop, folder, in_place))
        shutil.rmtree(folder)
    assert ends == {"undone", "finished"}


def failing_call(folder: Path, shop: Shop, in_place: bool) -> str | None:
    """What the call says when it fails, always one of our errors."""
    try:
        carry_out(folder, shop.plan, in_place)
    except ReadinessError as error:
        return str(error)
    return None


CHILD = """
import ctypes, os, sys
import msgspec
from readiness.apply import survey
from readiness.apply.prepare import Options
from readiness.apply.run import apply
from readiness.model import Plan
from readiness.plan import document
from readiness.repo import Repository

survey.kinds_of_secrets("a.py", b"token = 'x'")  # compiles what all children share
ADOPT_ORPHANS = 36
ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
for line in iter(sys.stdin.buffer.readline, b""):
    folder, in_place, plan = msgspec.json.decode(line, type=tuple[str, bool, Plan])
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        with Repository.open(folder) as repository:
            apply(repository, plan, Options(in_place=in_place))
        os._exit(0)
    print(child, flush=True)
    sys.stdin.buffer.readline()  # until then the number of the child stays its own
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.stdin.buffer.readline()
    try:
        while True:
            os.waitpid(-child, 0)
    except ChildProcessError:
        print("gone", flush=True)
"""


class Server:
    """Starts apply in processes that need not import anything first."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.requests, self.answers = process.stdin, process.stdout

    def start(self, folder: Path, plan: Plan, in_place: bool) -> int:
        self.ask(msgspec.json.encode((str(folder), in_place, plan)))
        return int(self.answers.readline())

    def status(self) -> int:
        self.ask(b"")
        return int(self.answers.readline())

    def wait_for_orphans(self) -> None:
        """Returns when the Git processes that a killed one left behind are gone."""
        self.ask(b"")
        assert self.answers.readline() == b"gone\n"

    def ask(self, request: bytes) -> None:
        self.requests.write(request + b"\n")
        self.requests.flush()


def test_killed_at_random_instants_nothing_is_lost(shop: Shop, fast: Path) -> None:
    chance = random.Random(1)
    ends: list[str] = []
    usual = {False: 10.0, True: 10.0}  # seconds
    killed = number = 0
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        server = Server(process)
        while killed < INSTANTS and number < 3 * INSTANTS:
            number += 1
            in_place = number % 2 == 1
            folder = copy_of(shop, fast / str(number))
            begun = time.monotonic()
            child = server.start(folder, shop.plan, in_place)
            if number > 6:  # the first ones tell how long it takes
                time.sleep(chance.uniform(0, usual[in_place]))
                os.kill(child, signal.SIGKILL)
            killed += server.status() == -signal.SIGKILL
            if number <= 6:
                usual[in_place] = min(usual[in_place], time.monotonic() - begun)
            recover(folder)
            server.wait_for_orphans()
            recover(folder)  # removes what they wrote after all
            ends.append(check(shop, folder, in_place))
            shutil.rmtree(folder)
        server.requests.close()
    assert killed == INSTANTS
    assert set(ends) == {"undone", "finished"}


class KilledAt(Accident):
    """Killed when it comes to a function, whenever that is."""

    def __init__(self, name: str) -> None:
        super().__init__(0, Killed, lasts=True)
        self.name = name

    def before(self, name: str, arguments: dict[str, Any]) -> None:
        self.happened = self.happened or name == self.name
        if self.happened:
            raise self.error()


@pytest.mark.parametrize(
    ("killed_at", "told"),
    [("move_out", "what was interrupted is undone"), ("replace", "interrupted is finished")],
)
def test_the_next_call_says_what_became_of_the_interrupted_one(
    shop: Shop,
    fast: Path,
    tmp_path: Path,
    accident: Callable[[Accident | None], None],
    capsys: pytest.CaptureFixture[str],
    killed_at: str,
    told: str,
) -> None:
    folder = copy_of(shop, fast / killed_at)
    plan = document.read(document.write(shop.plan))
    file = tmp_path / "plan.toml"
    file.write_text(document.write(plan))
    accident(KilledAt(killed_at))
    with suppress(Killed):
        carry_out(folder, plan, in_place=True)
    accident(None)
    for command in (["apply", str(file), str(folder)], ["restore", "--repository", str(folder)]):
        assert main(command) == (2 if command[0] == "apply" else 0)
        assert "an earlier call was interrupted" in capsys.readouterr().err
    assert main(["apply", str(file), str(folder), "--apply", "--in-place"]) == 0
    assert told in capsys.readouterr().err
    assert not (folder / "old/orders.py").exists()
    shutil.rmtree(folder)


def test_a_next_call_that_fails_says_it_as_well(
    shop: Shop,
    fast: Path,
    accident: Callable[[Accident | None], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_of(shop, fast / "fails")
    accident(KilledAt("move_out"))
    with suppress(Killed):
        carry_out(folder, shop.plan, in_place=True)
    accident(None)
    assert main(["restore", "--all", "--repository", str(folder)]) == 2
    undone, failed = capsys.readouterr().err.splitlines()
    assert "what was interrupted is undone" in undone and "there is no archive" in failed
    check(shop, folder, in_place=True)
    shutil.rmtree(folder)


def test_an_archive_elsewhere_goes_again_too(
    shop: Shop, fast: Path, accident: Callable[[Accident | None], None]
) -> None:
    ends = set()
    for step in range(1, 1_000):
        folder = copy_of(shop, fast / f"elsewhere{step}")
        archives = fast / f"archives{step}"
        archives.mkdir()
        killing = Accident(step, Killed, lasts=True)
        accident(killing)
        with suppress(Killed), Repository.open(folder) as repository:
            apply(repository, shop.plan, Options(folder=str(archives)))
        accident(None)
        recover(folder)
        held = {str(path.relative_to(archives)) for path in archives.rglob("*")}
        whole = {ID, f"{ID}/{archive.FILES}", f"{ID}/{archive.MANIFEST}"}
        assert held in (set(), whole), step
        ends.add(bool(held))
        shutil.rmtree(folder)
        if not killing.happened:
            break
    assert ends == {False, True}
