"""Git's index file (versions 2, 3 and 4): the tracked files and what Git knew of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from struct import Struct as Layout
from struct import error as LayoutError

from msgspec import Struct

from readiness.errors import RepositoryError
from readiness.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK

_MODES = {REGULAR, EXECUTABLE, SYMLINK, SUBMODULE}
_LONGEST_PATH = 4096
_PATH_LENGTH = 0x0FFF
_EXTENDED = 0x4000
_ASSUME_VALID = 0x8000
_INTENT_TO_ADD = 0x2000
_SKIP_WORK_TREE = 0x4000
MOST_FILES = 1_000_000
_UNSAFE = (b"//", b"/./", b"/../", b"/.git/")


class Entry(Struct, frozen=True, gc=False):
    """One line of the index: a path's content as staged, and the file's state at that moment.

    Times are in nanoseconds; `size` is modulo 2**32, as Git keeps it. `stage` is 0, or 1 to 3
    while a merge conflict is open (base, ours, theirs). `absent` is true where the checkout is
    sparse and leaves the file out; `trusted` where the user told Git to assume it unchanged.
    """

    path: bytes
    mode: int
    blob_id: bytes
    size: int
    modified: int
    changed: int
    stage: int = 0
    trusted: bool = False
    absent: bool = False
    intent_to_add: bool = False


class IndexFile(Struct, frozen=True):
    """`entries` are in Git's order. `tree` is the id of the tree that they make up where Git
    wrote it down. `partial` says that Git must complete the file first: shared parts of a split
    index, or folders in place of files."""

    entries: tuple[Entry, ...]
    tree: bytes | None = None
    partial: bool = False


def parse(content: bytes, id_length: int) -> IndexFile:
    """The index in `content`, whose object ids have `id_length` bytes (20 or 32).

    Raises RepositoryError where it is damaged, of an unknown version, or names a path that
    would lead out of the work tree or into `.git`.
    """
    if not content:
        return IndexFile(())
    try:
        return _parse(content, id_length)
    except (LayoutError, ValueError, IndexError) as error:
        raise RepositoryError(
            "the index (.git/index) is damaged; keep a copy, delete it, and run git reset"
        ) from error


def leads_out(paths: Sequence[bytes]) -> bool:
    """Is there one that is absolute, empty, or passes through `.`, `..` or `.git`?"""
    text = b"/%s/" % b"/\0/".join(paths).lower()
    return bool(paths) and any(part in text for part in _UNSAFE)


def _parse(content: bytes, id_length: int) -> IndexFile:
    end = len(content) - id_length
    checksum = content[end:]
    digest = hashlib.new("sha256" if id_length == 32 else "sha1", usedforsecurity=False)
    digest.update(memoryview(content)[:end])
    if checksum.strip(b"\0") and checksum != digest.digest():
        raise ValueError("checksum")
    version = int.from_bytes(content[4:8], "big")
    if content[:4] != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("signature")
    count = int.from_bytes(content[8:12], "big")
    if count > MOST_FILES:
        raise RepositoryError(f"the index lists more than {MOST_FILES:,} files")
    entries, position = _entries(content, count, id_length, version == 4)
    extensions = _extensions(content, position, end)
    partial = b"link" in extensions or b"sdir" in extensions
    if not partial and leads_out([entry.path for entry in entries]):
        raise ValueError("path")
    if not partial and not {entry.mode for entry in entries} <= _MODES:
        raise ValueError("mode")
    tree = extensions.get(b"TREE", b"")
    root = re.match(rb"\0(\d+) \d+\n", tree)
    return IndexFile(entries, tree[root.end() :][:id_length] if root else None, partial)


def _entries(
    content: bytes, count: int, id_length: int, compressed: bool
) -> tuple[tuple[Entry, ...], int]:
    """The entries, and where they end."""
    layout = Layout(f">10I{id_length}sH")
    unpack, fixed = layout.unpack_from, layout.size
    find = content.index
    entries: list[Entry] = []
    position, path = 12, b""
    for _ in range(count):
        (changed, changed_part, modified, modified_part, _, _, mode, _, _, size, blob_id, flags) = (
            unpack(content, position)
        )
        start = position + fixed
        extended = 0
        if flags & _EXTENDED:
            extended = int.from_bytes(content[start : start + 2], "big")
            start += 2
        if compressed:
            dropped, start = _variable_length(content, start)
            end = find(b"\0", start)
            path = path[: len(path) - dropped] + content[start:end]
            position = end + 1
        else:
            length = flags & _PATH_LENGTH
            end = find(b"\0", start + length) if length == _PATH_LENGTH else start + length
            path = content[start:end]
            position += (end - position + 8) & ~7
        if len(path) > _LONGEST_PATH:
            raise ValueError("path")
        entries.append(
            Entry(
                path,
                mode,
                blob_id,
                size,
                modified * 1_000_000_000 + modified_part,
                changed * 1_000_000_000 + changed_part,
                flags >> 12 & 3,
                flags & _ASSUME_VALID != 0,
                extended & _SKIP_WORK_TREE != 0,
                extended & _INTENT_TO_ADD != 0,
            )
        )
    return tuple(entries), position


def _variable_length(content: bytes, position: int) -> tuple[int, int]:
    """(number, next position) of Git's offset encoding, seven bits a byte, highest first."""
    byte = content[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = content[position]
        value = (value + 1 << 7) + (byte & 0x7F)
    return value, position + 1


def _extensions(content: bytes, position: int, end: int) -> dict[bytes, bytes]:
    """Signature -> content of what follows the entries."""
    found = {}
    while position + 8 <= end:
        name = content[position : position + 4]
        size = int.from_bytes(content[position + 4 : position + 8], "big")
        if position + 8 + size > end or not (name[:1].isupper() or name in (b"link", b"sdir")):
            raise ValueError("extension")
        found[name] = content[position + 8 : position + 8 + size]
        position += 8 + size
    if position != end:
        raise ValueError("length")
    return found
