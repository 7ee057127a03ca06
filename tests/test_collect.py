"""Facts of a snapshot: each blob once, and whatever a blob does to its process, an answer."""

import ctypes
import dataclasses
import datetime
import faulthandler
import functools
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import Struct

from readiness import cache as caching
from readiness import engine, secrets
from readiness.cache import Cache
from readiness.collect import Collected, collect
from readiness.configure import Options
from readiness.errors import RepositoryError
from readiness.facts import Slice, text
from readiness.model import SUBMODULE, SYMLINK, SkippedFile, TrackedFile
from readiness.secrets.gate import Gate

if TYPE_CHECKING:
    from conftest import Git


class Words(Struct, frozen=True):
    count: int


def count_words(kind: str, data: bytes) -> Words:
    return Words(len(data.split()))


def misbehave(kind: str, data: bytes) -> Words:
    """Does what the file says."""
    match data.split():
        case [b"raise"]:
            raise ValueError("no such word")
        case [b"crash"]:
            faulthandler.disable()
            ctypes.string_at(0)
        case [b"exit"]:
            os._exit(3)
        case [b"hang"]:
            while True:
                pass
        case [b"hoard"]:
            bytearray(4 << 30)
    return count_words(kind, data)


def words(extract: Callable[[str, bytes], Words] = count_words, version: int = 1) -> Slice[Words]:
    return Slice("words", version, Words, kind_of, extract)


def kind_of(path: str) -> str | None:
    return "w" if path.endswith(".w") else None


def blob_id(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


class Files:
    """A repository in memory that counts how often each blob is read."""

    def __init__(self, files: dict[str, bytes], log: Path | None = None) -> None:
        self.tracked = [TrackedFile(path, blob_id(data)) for path, data in sorted(files.items())]
        self.blobs = {blob_id(data): data for data in files.values()}
        self.log = log

    def read(self, blob_ids: Sequence[str], limit: int, /) -> Iterator[tuple[str, bytes | str]]:
        for wanted in blob_ids:
            if self.log is not None:
                with self.log.open("a") as log:
                    print(wanted, file=log)
            data = self.blobs[wanted]
            yield wanted, data if len(data) <= limit else f"larger than {limit:,} bytes"


def gather(
    files: Files, *slices: Slice[Any], cache: Cache | None = None, seconds: float = 20.0
) -> Collected:
    return collect(
        files, files.tracked, cache or Cache(), "v", slices=slices, workers=2, seconds=seconds
    )


def count(collected: Collected, path: str) -> int | None:
    encoded = collected.facts["words"].get(path)
    return None if encoded is None else msgspec.msgpack.decode(encoded, type=Words).count


def test_every_file_of_the_kind_has_its_facts() -> None:
    files = Files({"a.w": b"one two", "b.w": b"three", "c.md": b"not of this kind"})
    collected = gather(files, words())
    assert (count(collected, "a.w"), count(collected, "b.w")) == (2, 1)
    assert set(collected.facts["words"]) == {"a.w", "b.w"}
    assert not collected.skipped


def test_a_blob_is_read_once_for_all_slices_and_all_paths(tmp_path: Path) -> None:
    log = tmp_path / "log"
    files = Files({"a.w": b"same", "b.w": b"same", "c.w": b"other"}, log)
    other = Slice("others", 1, Words, lambda path: "w", count_words)
    collected = gather(files, words(), other)
    assert {name: set(facts) for name, facts in collected.facts.items()} == {
        "words": {"a.w", "b.w", "c.w"},
        "others": {"a.w", "b.w", "c.w"},
    }
    assert sorted(log.read_text().split()) == sorted([blob_id(b"same"), blob_id(b"other")])


def test_symbolic_links_and_submodules_are_never_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    files = Files({}, log)
    files.tracked = [
        TrackedFile("link.w", "1" * 40, SYMLINK),
        TrackedFile("m.w", "2" * 40, SUBMODULE),
    ]
    assert gather(files, words()).facts == {"words": {}}
    assert not log.exists()


def test_many_files_are_shared_out_to_processes_and_none_is_lost() -> None:
    files = Files({f"{number}.w": b"w " * number for number in range(1000)})
    seen: list[tuple[int, int]] = []
    collected = collect(
        files,
        files.tracked,
        Cache(),
        "v",
        slices=[words()],
        workers=3,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [count(collected, f"{number}.w") for number in range(1000)] == list(range(1000))
    assert seen[-1] == (1000, 1000)
    assert seen == sorted(seen)


def test_the_processes_share_one_compiled_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"

    def compile_gate(*arguments: Any) -> Gate:
        with log.open("a") as file:
            print(os.getpid(), file=file)
        return Gate(*arguments)

    monkeypatch.setattr(secrets, "Gate", compile_gate)
    secrets.keep_gate_in(tmp_path)  # another folder than before, so it is compiled anew
    files = Files({f"{number}.w": f"{number}".encode() for number in range(400)})
    collected = gather(files, secrets.SLICE)
    secrets.keep_gate_in(None)
    assert len(collected.facts["secrets"]) == 400
    assert log.read_text().split() == [str(os.getpid())]


def test_what_the_cache_holds_is_neither_read_nor_extracted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    files = Files({"a.w": b"one two", "b.bin": b"\0"}, log)
    slices = words(), text.SLICE
    with Cache.open(str(tmp_path)) as cache:
        cold = gather(files, *slices, cache=cache)
    log.unlink()
    with Cache.open(str(tmp_path)) as cache:
        warm = gather(files, *slices, cache=cache)
    assert warm == cold
    assert {name: len(facts) for name, facts in warm.facts.items()} == {"words": 1, "text": 2}
    assert not log.exists()


def test_another_version_of_a_slice_or_of_the_code_is_extracted_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    files = Files({"a.w": b"one"}, log)
    for slice_, code in [(words(), "v"), (words(version=2), "v"), (words(), "w"), (words(), "v")]:
        with Cache.open(str(tmp_path)) as cache:
            collect(files, files.tracked, cache, code, slices=[slice_])
    assert len(log.read_text().split()) == 3


def test_facts_are_kept_under_all_the_code_that_makes_them(
    git: "Git", tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def note(*parts: str) -> str:
        asked.append(parts)
        return "digest"

    monkeypatch.setattr(caching, "code", note)
    git.write("a.py", "x = 1\n")
    git.commit()
    cache = str(tmp_path_factory.mktemp("cache"))
    world = engine.Surroundings(today=datetime.date(2024, 1, 1), cache=cache)
    engine.audit(str(git.folder), Options(isolated=True), world)
    (facts,) = (parts for parts in asked if "facts" in parts)
    assert {"facts", "secrets", "model/values.py", "collect.py", "extraction.py"} <= set(facts)


def test_an_audit_without_the_rules_on_secrets_searches_no_file_for_them(
    git: "Git", monkeypatch: pytest.MonkeyPatch
) -> None:
    @functools.cache
    def search() -> Gate:
        raise AssertionError("a file is searched")

    monkeypatch.setattr(secrets, "_gate", search)
    git.write("a.py", "x = 1\n")
    git.commit()
    world = engine.Surroundings(today=datetime.date(2024, 1, 1))
    without = Options(isolated=True, ignore=("secrets",))
    assert not engine.audit(str(git.folder), without, world).skipped_files
    assert engine.audit(str(git.folder), Options(isolated=True), world).skipped_files


def test_a_binary_file_has_only_the_facts_of_text() -> None:
    files = Files({"a.w": b"one\0two"})
    collected = gather(files, words(), text.SLICE)
    assert {name: len(facts) for name, facts in collected.facts.items()} == {"words": 0, "text": 1}
    assert not collected.skipped


def test_a_file_above_the_limit_is_listed_with_its_reason() -> None:
    files = Files({"big.w": b"x" * 6_000_000, "small.w": b"x"})
    collected = gather(files, words())
    assert collected.skipped == (SkippedFile("big.w", "larger than 5,000,000 bytes"),)
    assert count(collected, "small.w") == 1
    assert not collected.failed


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("raise", "words facts: ValueError: no such word"),
        ("crash", "its analysis crashed (SIGSEGV)"),
        ("exit", "its analysis crashed (exit code 3)"),
        ("hang", "it took longer than 0.3 seconds"),
        ("hoard", "words facts: MemoryError: "),
    ],
)
def test_a_file_that_breaks_its_extractor_is_the_only_one_lost(
    word: str, reason: str, tmp_path: Path
) -> None:
    harmless = {f"{number}.w": f"harmless {number}".encode() for number in range(150)}
    files = Files({**harmless, "50-bad.w": word.encode(), "again/bad.w": word.encode()})
    with Cache.open(str(tmp_path)) as cache:
        collected = gather(files, words(misbehave), cache=cache, seconds=0.3)
        assert collected.failed
        assert collected.skipped == (
            SkippedFile("50-bad.w", reason),
            SkippedFile("again/bad.w", reason),
        )
        assert {count(collected, path) for path in harmless} == {2}
        mended = gather(files, words(), cache=cache)
    assert not mended.skipped
    assert count(mended, "50-bad.w") == count(mended, "again/bad.w") == 1


class Quote(Struct, frozen=True):
    text: str


def quote(kind: str, data: bytes) -> Quote:
    return Quote(data.decode())


def quote_and_fail(kind: str, data: bytes) -> Quote:
    raise ValueError(f"cannot read {data.decode()}")


QUOTES = Slice("quotes", 1, Quote, kind_of, quote)
KEY = "sk_" + "live_" + "9aKd03mfLq72XbTz81RwVc5e"
KEY_FILE = f'key = "{KEY}"'.encode()


def fail_to_search(*_: object) -> secrets.SecretFacts:
    raise ValueError(KEY)


@pytest.mark.parametrize("step", ["extract", "hide"])
def test_a_file_in_which_secrets_could_not_be_looked_for_leaves_no_facts(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = secrets.SLICE
    if step == "extract":
        search = dataclasses.replace(search, extract=fail_to_search)
    else:
        monkeypatch.setattr(secrets, "hide", fail_to_search)
    with Cache.open(str(tmp_path)) as cache:
        collected = gather(Files({"a.w": KEY_FILE}), QUOTES, text.SLICE, search, cache=cache)
    assert not any(collected.facts.values())
    assert collected.failed
    assert collected.skipped == (SkippedFile("a.w", "secrets facts: ValueError"),)
    assert [file for file in tmp_path.iterdir() if KEY.encode() in file.read_bytes()] == []
    monkeypatch.undo()
    with Cache.open(str(tmp_path)) as cache:
        mended = gather(Files({"a.w": KEY_FILE}), QUOTES, text.SLICE, secrets.SLICE, cache=cache)
    assert [len(facts) for facts in mended.facts.values()] == [1, 1, 1]


def test_an_error_that_quotes_a_file_does_not_tell_its_secrets() -> None:
    failing = dataclasses.replace(QUOTES, extract=quote_and_fail)
    (skipped,) = gather(Files({"a.w": KEY_FILE}), failing, secrets.SLICE).skipped
    assert skipped.reason == f'quotes facts: ValueError: cannot read key = "{"*" * len(KEY)}"'


def test_several_culprits_in_one_chunk_are_each_found() -> None:
    files = Files({"a.w": b"crash", "b.w": b"fine", "c.w": b"exit", "d.w": b"fine too"})
    collected = gather(files, words(misbehave))
    assert [skipped.path for skipped in collected.skipped] == ["a.w", "c.w"]
    assert (count(collected, "b.w"), count(collected, "d.w")) == (1, 2)


def test_a_file_that_was_only_unlucky_is_tried_again(tmp_path: Path) -> None:
    def once(kind: str, data: bytes) -> Words:
        if data == b"unlucky" and not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return count_words(kind, data)

    collected = gather(Files({"a.w": b"unlucky", "b.w": b"b"}), words(once))
    assert (collected.skipped, collected.failed) == ((), False)
    assert count(collected, "a.w") == 1


def test_a_process_that_dies_before_it_has_read_a_file_costs_no_other_file() -> None:
    class Deadly(Files):
        def read(self, blob_ids: Sequence[str], limit: int, /) -> Iterator[tuple[str, bytes | str]]:
            if blob_id(b"deadly") in blob_ids:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().read(blob_ids, limit)

    harmless = {f"{number:02}.w": f"harmless {number}".encode() for number in range(66)}
    files = Deadly({**harmless, "65-deadly.w": b"deadly"})  # the second of the last chunk of three
    collected = gather(files, words())
    assert collected.skipped == (SkippedFile("65-deadly.w", "its analysis crashed (SIGKILL)"),)
    assert {count(collected, path) for path in harmless} == {2}


def test_an_error_of_the_repository_ends_the_audit_with_its_own_words() -> None:
    class Broken(Files):
        def read(self, blob_ids: Sequence[str], limit: int, /) -> Iterator[tuple[str, bytes | str]]:
            raise RepositoryError("the pack is damaged: git fsck says more")

    with pytest.raises(RepositoryError, match="the pack is damaged"):
        gather(Broken({"a.w": b"a"}), words())


def test_no_process_outlives_the_audit_even_when_it_is_interrupted(tmp_path: Path) -> None:
    def note(kind: str, data: bytes) -> Words:
        (tmp_path / str(os.getpid())).touch()
        return count_words(kind, data)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    files = Files({f"{number}.w": f"{number}".encode() for number in range(1000)})
    with pytest.raises(KeyboardInterrupt):
        collect(
            files,
            files.tracked,
            Cache(),
            "v",
            slices=[words(note)],
            workers=2,
            progress=interrupt,
        )
    for process in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(process.name), 0)


def test_processes_notice_that_their_parent_was_killed(tmp_path: Path) -> None:
    def note(kind: str, data: bytes) -> Words:
        (tmp_path / str(os.getpid())).touch()
        time.sleep(0.01)
        return count_words(kind, data)

    files = Files({f"{number}.w": f"{number}".encode() for number in range(1000)})
    parent = os.fork()
    if not parent:
        collect(files, files.tracked, Cache(), "v", slices=[words(note)], workers=2)
        os._exit(0)
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    deadline = time.monotonic() + 10
    while any(is_running(int(process.name)) for process in tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
