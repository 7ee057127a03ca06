"""The index file: every version as Git writes it, and whatever bytes stand in its place."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.errors import RepositoryError
from readiness.repo.commits import parse_header, read_commit
from readiness.repo.index_file import IndexFile, leads_out, parse

if TYPE_CHECKING:
    from conftest import Git

_ENTRY = re.compile(
    r"(?P<mode>\d{6}) (?P<id>[0-9a-f]+) (?P<stage>\d)\t(?P<path>[^\n]*)\n"
    r"  ctime: (?P<changed>[\d:]+)\n  mtime: (?P<modified>[\d:]+)\n"
    r"  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n  size: (?P<size>\d+)\tflags: [0-9a-f]+"
)


ENTRY = bytes(24) + b"\0\0\x81\xa4" + bytes(12) + bytes(20)  # times, mode, size, id


def told_by_git(git: Git) -> list[tuple[object, ...]]:
    return [
        (
            os.fsencode(entry["path"]),
            int(entry["mode"], 8),
            entry["id"],
            int(entry["stage"]),
            nanoseconds(entry["modified"]),
            nanoseconds(entry["changed"]),
            int(entry["size"]),
        )
        for entry in _ENTRY.finditer(git("ls-files", "--stage", "--debug"))
    ]


def nanoseconds(text: str) -> int:
    seconds, part = text.split(":")
    return int(seconds) * 1_000_000_000 + int(part)


def told_by_us(index: IndexFile) -> list[tuple[object, ...]]:
    return [
        (
            entry.path,
            entry.mode,
            entry.blob_id.hex(),
            entry.stage,
            entry.modified,
            entry.changed,
            entry.size,
        )
        for entry in index.entries
    ]


def fill(git: Git) -> None:
    git.write("a")
    git.write("run.sh", "x", mode=0o755)
    for number in range(30):
        git.write(f"folder/deep/{number}" + "y" * number, str(number))
    git.write("/".join(["long" * 50] * 18), "a path longer than the length that fits")
    (git.folder / "link").symlink_to("a")


def index_of(git: Git, id_length: int = 20) -> IndexFile:
    return parse((git.folder / ".git/index").read_bytes(), id_length)


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_every_version_is_read_as_git_reads_it(
    make_git: Callable[..., Git], version: int, object_format: str
) -> None:
    git = make_git("r", f"--object-format={object_format}")
    fill(git)
    git.commit()
    if version == 3:  # needed for the flags that came later
        git.write("later")
        git("add", "--intent-to-add", "later")
        git("update-index", "--skip-worktree", "a")
        git("update-index", "--assume-unchanged", "run.sh")
    git("update-index", f"--index-version={version}")
    assert (git.folder / ".git/index").read_bytes()[7] == version
    found = index_of(git, 20 if object_format == "sha1" else 32)
    assert told_by_us(found) == told_by_git(git)
    assert len(found.entries) == 34 + (version == 3)
    flags = [
        (entry.path, entry.absent, entry.trusted, entry.intent_to_add)
        for entry in found.entries
        if entry.absent or entry.trusted or entry.intent_to_add
    ]
    expected = [
        (b"a", True, False, False),
        (b"later", False, False, True),
        (b"run.sh", False, True, False),
    ]
    assert flags == (expected if version == 3 else [])


def test_the_tree_is_known_as_long_as_nothing_new_is_staged(git: Git) -> None:
    fill(git)
    git.commit()
    tree = index_of(git).tree
    assert tree is not None and tree.hex() == git("rev-parse", "HEAD^{tree}")
    git.write("new")
    git("add", "new")
    assert index_of(git).tree is None


def test_extensions_are_passed_over(git: Git) -> None:
    fill(git)
    git("config", "index.threads", "2")
    git("config", "core.untrackedCache", "true")
    git.commit()
    git("status")
    assert told_by_us(index_of(git)) == told_by_git(git)


def sealed(content: bytes) -> bytes:
    return content + hashlib.sha1(content).digest()


def test_a_required_extension_that_is_unknown_is_refused() -> None:
    empty = b"DIRC\0\0\0\2\0\0\0\0"
    assert parse(sealed(empty), 20) == IndexFile(())
    assert parse(sealed(empty + b"NEWX\0\0\0\1x"), 20) == IndexFile(())
    with pytest.raises(RepositoryError, match="damaged"):
        parse(sealed(empty + b"newx\0\0\0\1x"), 20)


def test_paths_that_grow_from_entry_to_entry_are_refused() -> None:
    """Version 4 writes a path as what it adds to the one before: few bytes could fill memory."""
    entry = (
        bytes(24) + b"\0\0\x81\xa4" + bytes(12) + bytes(20) + b"\0\0" + b"\0" + b"x" * 99 + b"\0"
    )
    with pytest.raises(RepositoryError, match="damaged"):
        parse(sealed(b"DIRC\0\0\0\4\0\0\0\x64" + entry * 100), 20)


def test_more_files_than_anyone_has_are_refused() -> None:
    with pytest.raises(RepositoryError, match="more than 1,000,000 files"):
        parse(sealed(b"DIRC\0\0\0\2\xff\xff\xff\xff"), 20)


@given(st.binary(max_size=400))
def test_any_bytes_are_an_index_or_one_line(content: bytes) -> None:
    for text in (content, sealed(b"DIRC" + content), sealed(b"DIRC\0\0\0\4\0\0\0\2" + content)):
        try:
            parse(text, 20)
        except RepositoryError as error:
            assert "\n" not in str(error)


@given(data=st.data())
@settings(max_examples=200)
def test_a_damaged_index_is_never_read_as_another(data: st.DataObject) -> None:
    whole = sealed(b"DIRC\0\0\0\2\0\0\0\1" + ENTRY + b"\0\1a\0")
    assert [entry.path for entry in parse(whole, 20).entries] == [b"a"]
    place = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = bytearray(whole)
    damaged[place] ^= 1 << bit
    with pytest.raises(RepositoryError):
        parse(bytes(damaged), 20)


@pytest.mark.parametrize(
    ("path", "unsafe"),
    [
        (b"a", False),
        (b"a/b.c/..d/...", False),
        (b".gitignore", False),
        (b".github/x", False),
        (b"", True),
        (b"/a", True),
        (b"a/", True),
        (b"a//b", True),
        (b".", True),
        (b"a/./b", True),
        (b"..", True),
        (b"a/../b", True),
        (b".git", True),
        (b"a/.GIT/config", True),
    ],
)
def test_paths_that_lead_out_of_the_tree(path: bytes, unsafe: bool) -> None:
    assert leads_out([path]) is unsafe
    assert leads_out([b"fine", path, b"fine"]) is unsafe


@given(st.binary(max_size=200), st.integers(0, 255))
def test_a_damaged_pack_is_no_commit_and_takes_no_memory(content: bytes, first: int) -> None:
    import tempfile

    commit_id = f"{first:02x}" + "0" * 38
    fan_out = b"\0\0\0\1" * 256
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder, "pack")
        pack.mkdir()
        header = b"\xfftOc\0\0\0\2"
        for name, data in {
            "1.idx": content,
            "2.idx": header + content,
            "3.idx": header + b"\xff" * 1024 + content,
            "4.idx": header + fan_out + bytes.fromhex(commit_id) + bytes(8) + content,
            "4.pack": b"\x9f" + b"\xff" * 2000 + content,
        }.items():
            (pack / name).write_bytes(data)
        assert read_commit(folder, commit_id) is None


@given(st.binary(max_size=300))
def test_any_bytes_have_a_commit_header(content: bytes) -> None:
    assert parse_header(content).at >= 0
    assert parse_header(b"tree x\ncommitter A <a> " + content).at >= 0


def test_the_time_is_that_of_the_header_not_of_the_message() -> None:
    text = b"tree abc\nauthor A <a> 5 +0000\ncommitter A <a> 7 +0000\n\ncommitter B <b> 9 +0000\n"
    assert (parse_header(text).tree, parse_header(text).at) == ("abc", 7)
