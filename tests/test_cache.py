"""The cache: whatever its state, what was computed is right, and the worst is to compute again."""

import ast
import importlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from readiness import cache as caching
from readiness.cache import NAME, Cache, key

ENTRIES = {key("fact", str(number)): f"value {number}".encode() * 50 for number in range(500)}


def fill(folder: Path, entries: dict[bytes, bytes] = ENTRIES) -> None:
    with Cache.open(str(folder)) as cache:
        cache.put(entries.items())
        assert cache.notes == []


def answers(folder: Path, *, patience: float = 5.0) -> tuple[dict[bytes, bytes], list[str]]:
    """What the cache knows of the entries after it was asked and filled by one audit."""
    with Cache.open(str(folder), patience=patience) as cache:
        found = dict(cache.get_many(ENTRIES))
        cache.put((key, value) for key, value in ENTRIES.items() if key not in found)
    return found, cache.notes


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / NAME, isolation_level=None)


def test_what_was_put_is_got_back_by_the_next_audit(tmp_path: Path) -> None:
    assert answers(tmp_path) == ({}, [])
    assert answers(tmp_path) == (ENTRIES, [])
    with Cache.open(str(tmp_path)) as cache:
        first = next(iter(ENTRIES))
        assert cache.get(first) == ENTRIES[first]
        assert cache.get(b"unknown") is None


@pytest.mark.parametrize("asked", [1, 2, 124, 126, 499])
def test_few_of_many_entries_are_found_as_all_are(asked: int, tmp_path: Path) -> None:
    fill(tmp_path)
    some = dict(list(ENTRIES.items())[:asked])
    with Cache.open(str(tmp_path)) as cache:
        assert dict(cache.get_many([*some, b"unknown"])) == some


def test_a_later_value_replaces_an_earlier_one(tmp_path: Path) -> None:
    fill(tmp_path, {b"k": b"old"})
    fill(tmp_path, {b"k": b"new"})
    with Cache.open(str(tmp_path)) as cache:
        assert cache.get(b"k") == b"new"


def test_keys_tell_apart_what_differs_in_any_part() -> None:
    keys = {key("a", "b"), key("ab", ""), key("", "ab"), key("a", "c"), key("b", "a")}
    assert len(keys) == 5


def test_without_a_folder_nothing_is_kept_and_nothing_said() -> None:
    with Cache.open(None) as cache:
        cache.put([(b"k", b"v")])
        assert cache.get(b"k") is None
    assert cache.notes == []


def truncate(folder: Path) -> None:
    size = (folder / NAME).stat().st_size
    os.truncate(folder / NAME, size // 2)


def cut_to_a_few_bytes(folder: Path) -> None:
    os.truncate(folder / NAME, 60)


def overwrite_with_text(folder: Path) -> None:
    (folder / NAME).write_text("this is no database\n" * 1000)


def scramble_the_middle(folder: Path) -> None:
    with (folder / NAME).open("r+b") as file:
        file.seek(8192)
        file.write(bytes(range(256)) * 64)


def scramble_the_first_page(folder: Path) -> None:
    with (folder / NAME).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)


def tables_of_another_version(folder: Path) -> None:
    (folder / NAME).unlink()
    with database(folder) as other:
        other.execute("CREATE TABLE entries (key TEXT, value TEXT)")
        other.execute("INSERT INTO entries VALUES ('k', 'v')")


def poison_the_values(folder: Path) -> None:
    with database(folder) as other:
        other.execute("UPDATE entries SET value = x'c1' || substr(value, 2)")


def swap_the_values(folder: Path) -> None:
    with database(folder) as other:
        first, second = other.execute("SELECT key, value, checksum FROM entries LIMIT 2").fetchall()
        other.executemany(
            "UPDATE entries SET value = ?, checksum = ? WHERE key = ?",
            [(first[1], first[2], second[0]), (second[1], second[2], first[0])],
        )


def values_of_another_type(folder: Path) -> None:
    with database(folder) as other:
        other.execute("UPDATE entries SET value = 'text', checksum = 'text'")


def text_that_is_not_unicode(folder: Path) -> None:
    with database(folder) as other:
        other.execute("UPDATE entries SET value = CAST(x'ff00ff' AS TEXT)")


def scramble_the_log(folder: Path) -> None:
    (folder / f"{NAME}-wal").write_bytes(b"\xff" * 5000)
    (folder / f"{NAME}-shm").write_bytes(b"\xff" * 5000)


def delete_it(folder: Path) -> None:
    (folder / NAME).unlink()


HARM: list[Callable[[Path], None]] = [
    cut_to_a_few_bytes,
    delete_it,
    overwrite_with_text,
    poison_the_values,
    scramble_the_first_page,
    scramble_the_log,
    scramble_the_middle,
    swap_the_values,
    tables_of_another_version,
    text_that_is_not_unicode,
    truncate,
    values_of_another_type,
]


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_a_damaged_cache_gives_nothing_wrong_and_is_whole_again_two_audits_later(
    harm: Callable[[Path], None], tmp_path: Path
) -> None:
    fill(tmp_path)
    harm(tmp_path)
    found, _ = answers(tmp_path)
    assert found.items() <= ENTRIES.items()
    answers(tmp_path)
    assert answers(tmp_path) == (ENTRIES, [])


def test_a_cache_of_another_version_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path)
    tables_of_another_version(tmp_path)
    assert answers(tmp_path) == ({}, [])
    assert answers(tmp_path) == (ENTRIES, [])


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """A folder that other users can reach, as they cannot reach `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="readiness-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def ask_as_an_ordinary_user(folder: Path) -> tuple[bytes | None, list[str]]:
    """What one entry holds, and the notes, for somebody to whom the permissions of files apply."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        if os.geteuid() == 0:
            importlib.import_module("urllib.parse")  # which an ordinary user may not be able to
            os.setresuid(65534, 65534, 65534)
        with Cache.open(str(folder)) as cache:
            value = cache.get(KNOWN)
            cache.put([(b"k", b"v")])
        os.write(writing, repr((value, cache.notes)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        told: tuple[bytes | None, list[str]] = ast.literal_eval(answer.read().decode())
    os.waitpid(child, 0)
    return told


KNOWN = key("known")


def test_a_read_only_folder_is_read(shared: Path) -> None:
    fill(shared, {KNOWN: b"value"})
    shared.chmod(0o555)
    (shared / NAME).chmod(0o444)
    assert ask_as_an_ordinary_user(shared) == (
        b"value",
        [f"{shared / NAME} is read-only: nothing new is kept there"],
    )


def test_a_read_only_folder_without_a_cache_is_done_without(shared: Path) -> None:
    shared.chmod(0o555)
    value, (note,) = ask_as_an_ordinary_user(shared)
    assert value is None
    assert note.startswith(f"no cache: {shared / NAME}: ")


def test_a_read_only_cache_of_another_version_is_done_without(shared: Path) -> None:
    fill(shared)
    tables_of_another_version(shared)
    shared.chmod(0o555)
    assert ask_as_an_ordinary_user(shared) == (
        None,
        [f"no cache: {shared / NAME}: it is of another version and cannot be replaced"],
    )


def test_a_read_only_file_in_a_folder_of_ours_is_read(shared: Path) -> None:
    fill(shared, {KNOWN: b"value"})
    shared.chmod(0o777)
    (shared / NAME).chmod(0o444)
    value, (note,) = ask_as_an_ordinary_user(shared)
    assert value == b"value"
    assert note.startswith("nothing more is kept in ")


@pytest.mark.parametrize("folder_mode", [0o777, 0o555])
def test_a_read_only_cache_that_is_damaged_stays(shared: Path, folder_mode: int) -> None:
    damaged = b"not a database" * 100
    (shared / NAME).write_bytes(damaged)
    (shared / NAME).chmod(0o444)
    shared.chmod(folder_mode)
    value, (note,) = ask_as_an_ordinary_user(shared)
    assert value is None
    assert note == f"no cache: {shared / NAME}: file is not a database"
    assert (shared / NAME).read_bytes() == damaged


def test_damage_that_a_reader_sees_while_another_may_write_deletes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, {KNOWN: b"value"})
    cannot_open = sqlite3.OperationalError("unable to open database file")
    cannot_open.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN

    def refuse(*_: object) -> bool:
        raise cannot_open

    monkeypatch.setattr(Cache, "_prepare", refuse)
    cache = Cache.open(str(tmp_path))
    (tmp_path / NAME).write_bytes(b"torn" * 5000)
    assert cache.get(KNOWN) is None
    assert (tmp_path / NAME).exists()


def test_a_folder_that_may_not_be_entered_is_done_without(shared: Path) -> None:
    (shared / "closed").mkdir(mode=0o000)
    value, (note,) = ask_as_an_ordinary_user(shared / "closed" / "readiness")
    assert value is None
    assert note == f"no cache: {shared / 'closed' / 'readiness' / NAME}: Permission denied"


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    fill(tmp_path / "some" / "where")
    assert (tmp_path / "some" / "where").stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_place_of_the_folder_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found, notes = answers(tmp_path / "file")
    assert found == {}
    assert [note for note in notes if not note.startswith("no cache: ")] == []
    assert len(notes) == 1


def test_a_symbolic_link_in_the_place_of_the_file_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / NAME).symlink_to(target)
    assert answers(tmp_path / "cache") == (
        {},
        [f"no cache: {tmp_path / 'cache' / NAME}: it is no regular file"],
    )
    assert target.read_bytes() == b""


def test_a_named_pipe_in_the_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    found, (note,) = answers(tmp_path)
    assert (found, note.endswith("it is no regular file")) == ({}, True)


def test_a_folder_behind_a_symbolic_link_is_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    fill(tmp_path / "link")
    assert answers(tmp_path / "real") == (ENTRIES, [])


@pytest.mark.parametrize("inside", ["", "deep/er", "link"])
def test_a_cache_in_the_audited_repository_is_not_used(tmp_path: Path, inside: str) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "link").symlink_to(repository / "deep")
    (repository / "deep").mkdir()
    fill(repository / inside)
    with Cache.open(str(repository / inside), [str(repository)]) as cache:
        assert cache.get(next(iter(ENTRIES))) is None
    assert "lies inside the audited repository" in cache.notes[0]


def test_a_folder_whose_name_only_begins_alike_lies_outside(tmp_path: Path) -> None:
    with Cache.open(str(tmp_path / "repository-cache"), [str(tmp_path / "repository")]) as cache:
        cache.put([(b"k", b"v")])
        assert cache.get(b"k") == b"v"


def test_another_process_that_locks_the_file_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    fill(tmp_path)
    other = database(tmp_path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("DELETE FROM entries")
    found, notes = answers(tmp_path, patience=0.1)
    other.execute("ROLLBACK")
    other.close()
    assert found.items() <= ENTRIES.items()
    assert "locked" in notes[0]
    assert answers(tmp_path) == (ENTRIES, [])


def test_another_process_that_writes_does_not_keep_us_from_reading(tmp_path: Path) -> None:
    fill(tmp_path)
    other = database(tmp_path)
    other.execute("BEGIN IMMEDIATE")
    with Cache.open(str(tmp_path), patience=0.1) as cache:
        assert dict(cache.get_many(ENTRIES)) == ENTRIES
        cache.put([(b"k", b"v")])
    assert len(cache.notes) == 1
    assert cache.notes[0].startswith("nothing more is kept in")
    other.close()


def test_many_audits_at_once_neither_disturb_nor_damage_each_other(tmp_path: Path) -> None:
    problems: list[object] = []

    def audit() -> None:
        for _ in range(5):
            found, notes = answers(tmp_path, patience=30)
            problems.extend(notes)
            problems.extend(found.items() - ENTRIES.items())

    audits = [threading.Thread(target=audit) for _ in range(6)]
    for thread in audits:
        thread.start()
    for thread in audits:
        thread.join()
    assert problems == []
    assert answers(tmp_path) == (ENTRIES, [])
    with database(tmp_path) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_ends_the_keeping_and_not_the_audit(tmp_path: Path) -> None:
    fill(tmp_path, {key("known"): b"value"})
    script = """
    import resource, signal, sys
    from readiness.cache import Cache, key
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Cache.open(sys.argv[1]) as cache:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        for number in range(100):
            cache.put([(key("big", str(number)), b"x" * 50_000)])
        print(cache.get(key("known")))
    print(cache.notes)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    value, notes = done.stdout.splitlines()
    assert value == "b'value'"
    assert notes.count("nothing more is kept in") == 1
    assert answers(tmp_path)[1] == []
    assert answers(tmp_path) == (ENTRIES, [])


@pytest.fixture
def weeks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def pass_to(week: int) -> None:
        monkeypatch.setattr(time, "time", lambda: week * 7 * 24 * 3600.0)

    return pass_to


def test_the_least_recently_used_entries_go_when_it_grows_too_big(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weeks: Callable[[int], None]
) -> None:
    monkeypatch.setattr(caching, "LIMIT", 400_000)
    entries = {str(number).encode(): b"x" * 10_000 for number in range(30)}
    weeks(1)
    fill(tmp_path, entries)
    weeks(2)
    with Cache.open(str(tmp_path)) as cache:
        assert cache.get(b"7")
    weeks(3)
    fill(tmp_path, {f"new {number}".encode(): b"x" * 10_000 for number in range(15)})
    with Cache.open(str(tmp_path)) as cache:
        left = {name for name, _ in cache.get_many(entries)}
        assert b"7" in left
        assert 5 < len(left) < 25
        assert len(dict(cache.get_many(f"new {number}".encode() for number in range(15)))) == 15


def test_the_file_stays_bounded_however_much_is_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "LIMIT", 400_000)
    for audit in range(10):
        fill(tmp_path, {f"{audit} {number}".encode(): b"x" * 10_000 for number in range(20)})
    assert (tmp_path / NAME).stat().st_size < 800_000


def test_the_folder_is_the_users_unless_it_is_moved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path))
    assert caching.default_folder() == str(tmp_path)
    monkeypatch.setenv("READINESS_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert caching.default_folder() == str(tmp_path / "user" / "readiness")


def test_thousands_of_facts_load_in_a_blink(tmp_path: Path) -> None:
    entries = {key(str(number)): b"x" * 500 for number in range(20_000)}
    fill(tmp_path, entries)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with Cache.open(str(tmp_path)) as cache:
        assert dict(cache.get_many(entries)) == entries
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 1
