"""One commit, read without starting Git: what an audit of an unchanged work tree needs."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

_LARGEST = 1 << 20
_PACK_INDEX = b"\xfftOc\0\0\0\2"
_FAN_OUT = len(_PACK_INDEX) + 256 * 4
_LONGEST_SIZE = 10  # bytes of an object's type and size in a pack
_COMMIT = 1  # the type of an undivided commit in a pack
_COMMITTER = re.compile(rb"^committer [^\n]*> (\d+)", re.MULTILINE)
_END_OF_TIME = 253_402_300_799  # the last second of the year 9999


class CommitHeader(Struct, frozen=True):
    """The id of a commit's tree, and its time in seconds since 1970."""

    tree: str
    at: int


def parse_header(content: bytes) -> CommitHeader:
    """The header in a commit's text."""
    header, _, _ = content.partition(b"\n\n")
    tree = header.partition(b"\n")[0].removeprefix(b"tree ")
    committer = _COMMITTER.search(header)
    return CommitHeader(tree.decode("ascii", "replace"), moment(committer[1] if committer else b""))


def moment(digits: bytes) -> int:
    """Seconds since 1970; 0 for what is no number or lies beyond the year 9999."""
    at = int(digits) if digits.isdigit() and len(digits) < 20 else 0
    return at if at <= _END_OF_TIME else 0


def read_commit(objects: str, commit_id: str) -> bytes | None:
    """The text of a commit in the folder of objects; null where only Git itself can find it:
    in another repository's folder, or as the difference to another commit.

    It is not checked against its id.
    """
    content = _loose(os.path.join(objects, commit_id[:2], commit_id[2:]))
    if content is not None:
        return content
    packs = os.path.join(objects, "pack")
    try:
        names = sorted(os.listdir(packs))
    except OSError:
        return None
    wanted = bytes.fromhex(commit_id)
    for name in names:
        if name.endswith(".idx"):
            path = os.path.join(packs, name)
            offset = _offset(path, wanted)
            if offset is not None:
                return _packed(path.removesuffix(".idx") + ".pack", offset)
    return None


def _loose(path: str) -> bytes | None:
    with _regular(path) as file:
        raw = os.pread(file, _LARGEST, 0) if file is not None else b""
    header, _, content = _inflate(raw).partition(b"\0")
    return content if header == b"commit %d" % len(content) else None


def _offset(path: str, wanted: bytes) -> int | None:
    """Where the pack that belongs to this index holds the object; null where it does not."""
    with _regular(path) as file:
        if file is None or os.pread(file, len(_PACK_INDEX), 0) != _PACK_INDEX:
            return None

        def number(position: int) -> int:
            return int.from_bytes(os.pread(file, 4, position), "big")

        bucket = len(_PACK_INDEX) + wanted[0] * 4
        first = number(bucket - 4) if wanted[0] else 0
        last, total = number(bucket), number(_FAN_OUT - 4)
        length = len(wanted)
        if not first < last <= total <= os.fstat(file).st_size // length:
            return None
        ids = os.pread(file, (last - first) * length, _FAN_OUT + first * length)
        found = ids.find(wanted)
        while found % length and found > 0:
            found = ids.find(wanted, found + 1)
        if found < 0:
            return None
        position = first + found // length
        offset = number(_FAN_OUT + total * (length + 4) + position * 4)
        return offset if offset < 1 << 31 else None


def _packed(path: str, offset: int) -> bytes | None:
    with _regular(path) as file:
        raw = os.pread(file, _LARGEST, offset) if file is not None else b""
    if not raw or raw[0] >> 4 & 7 != _COMMIT:
        return None
    size, start = raw[0] & 15, 1
    while raw[start - 1] & 0x80 and start < min(len(raw), _LONGEST_SIZE):
        size |= (raw[start] & 0x7F) << (7 * start - 3)
        start += 1
    content = _inflate(raw[start:])
    return content if len(content) == size else None


def _inflate(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(raw, _LARGEST)
    except zlib.error:
        return b""


@contextmanager
def _regular(path: str) -> Iterator[int | None]:
    """The descriptor of a regular file, null where there is none that we can read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield file if stat.S_ISREG(os.fstat(file).st_mode) else None
    finally:
        os.close(file)
