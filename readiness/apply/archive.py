"""The archive: `files.tar.gz`, which any tar can unpack, and `MANIFEST.json`, which says what is
in it and why.

The same files make the same bytes. Reading trusts nothing: the tar is not parsed but compared,
header by header, with the one that the manifest stands for, and every content with its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec
from msgspec import Struct

from readiness.apply import disk
from readiness.apply.journal import ApplyError
from readiness.apply.paths import fault
from readiness.errors import ReadinessError, one_line
from readiness.model import EXECUTABLE, REGULAR, SYMLINK, decode_path, encode_path
from readiness.repo.metadata import HUGE, printable, read_metadata

FILES, MANIFEST = "files.tar.gz", "MANIFEST.json"
TOKEN = "token"  # in a folder elsewhere, until the archive is final: whose it is
LARGEST = 1_000_000_000  # bytes of one file
NAME = re.compile(r"[0-9a-z]{4,64}(?:-[0-9]{1,4})?")
_VERSION = 1
_PIECE = 1 << 20
_END_OF_TIME = 253_402_300_799  # the last second of the year 9999
_RECORD = 10_240  # bytes; a tar is filled up to a multiple of it
_BLOCK = 512
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MODES = {REGULAR, EXECUTABLE, SYMLINK}


class Entry(Struct, frozen=True):
    """One path that apply changes.

    `blob` is the id of its content before, "" where there was no file; `sha256` and `size` are of
    the bytes that are given back, `mode` is Git's in octal and `permissions` those in the work
    tree, where it was changed there. `stored` says where the bytes are: in the archive, in Git's
    history, or nowhere since there were none. `written` is the id of the content that came
    instead, "" where the path was removed. `target` is that of a symlink.
    """

    path: str
    blob: str
    sha256: str
    mode: str
    size: int
    stored: str  # "archive", "history" or "nowhere"
    kind: str
    action: str
    reason: str
    rules: tuple[str, ...] = ()
    written: str = ""
    tracked: bool = True
    permissions: int | None = None
    target: str | None = None
    secrets: tuple[str, ...] = ()

    @property
    def raw(self) -> bytes:
        return encode_path(self.path)  # without fault: `load` and the plan's paths are checked

    @property
    def git_mode(self) -> int:
        return int(self.mode, 8)


class Manifest(Struct, frozen=True):
    """What was done by one plan, sorted by path. `commit` is the one that it was done to, and
    `committed_at` its time; `folder` is where the files lie, if not beside the manifest."""

    version: int
    plan: str
    commit: str
    committed_at: int
    tag: str
    entries: tuple[Entry, ...]
    branch: str | None = None
    folder: str | None = None
    sha256: str = ""
    tool_version: str = ""


class ArchiveError(ReadinessError):
    """The archive is damaged, or not one of ours."""


def write(
    folder: str, files: str, manifest: Manifest, content: Callable[[Entry], bytes]
) -> Manifest:
    """Writes the archive into two new folders (the same, unless `files` lies elsewhere), and reads
    it back. Returns the manifest with the SHA-256 of the files.

    Raises ApplyError where a content is not the one that the manifest tells.
    """
    disk.make_folder(folder)
    disk.make_folder(files)
    path = os.path.join(files, FILES)
    digest = hashlib.sha256()
    disk.write(path, _hashed(_compressed(_tar(manifest, content)), digest), _readers(manifest))
    manifest = msgspec.structs.replace(manifest, sha256=digest.hexdigest())
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    for place in dict.fromkeys((files, folder)):
        disk.write(os.path.join(place, MANIFEST), [text])
        disk.sync(place)
    _forget(path)
    try:
        read_back = _load(os.path.join(folder, MANIFEST))
        for _ in contents(read_back, files):
            continue
    except ArchiveError as error:
        raise ApplyError(f"the archive could not be read back: {error}") from error
    if read_back != manifest:
        raise ApplyError("the manifest of the archive could not be read back")
    return manifest


def load(folder: str) -> Manifest:
    """The manifest in a folder. Raises ArchiveError where it is none, or asks for what no archive
    of ours does."""
    manifest = _load(os.path.join(folder, MANIFEST))
    where = printable(folder)
    if manifest.version != _VERSION:
        raise ArchiveError(f"{where} is of a newer readiness; update this one")
    ids = (manifest.commit, *filter(None, (entry.blob for entry in manifest.entries)))
    timely = 0 <= manifest.committed_at <= _END_OF_TIME
    if not NAME.fullmatch(manifest.plan) or not all(map(_OBJECT.fullmatch, ids)) or not timely:
        raise ArchiveError(f"{where} names what is no plan, object or time of Git")
    seen: set[str] = set()
    for entry in manifest.entries:
        wrong = fault(entry.path) or _fault(entry)
        if wrong is not None or entry.path in seen:
            raise ArchiveError(
                f"{where}: {one_line(entry.path)} {wrong or 'is there twice'}; nothing of this"
                " archive is restored"
            )
        seen.add(entry.path)
    return manifest


def contents(manifest: Manifest, files: str) -> Iterator[tuple[Entry, bytes]]:
    """(entry, content) for all that is in the archive, each content checked.

    Raises ArchiveError at the first byte that is not what the manifest says.
    """
    path = os.path.join(files, FILES)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ArchiveError(f"{printable(path)} cannot be read ({reason})") from error
    with open(descriptor, "rb") as file:
        stream = _Unpacked(iter(lambda: file.read(_PIECE), b""), printable(path))
        for entry in _stored(manifest):
            stream.expect(_header(entry, manifest.committed_at))
            if entry.target is not None:
                content = encode_path(entry.target)
            else:
                content = stream.exactly(entry.size)
                stream.expect(b"\0" * (-entry.size % _BLOCK))
            if hashlib.sha256(content).hexdigest() != entry.sha256:
                raise stream.damaged()
            yield entry, content
        stream.expect(b"\0" * _padding(stream.seen))
        stream.end()


def describe(content: bytes) -> tuple[str, int]:
    """(SHA-256, size in bytes)."""
    return hashlib.sha256(content).hexdigest(), len(content)


class _Unpacked:
    """A gzip stream, unpacked no further than is asked for."""

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        self._pieces = pieces
        self._unpack = zlib.decompressobj(31)
        self._name = name
        self.seen = 0

    def exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        while missing:
            part = self._some(missing)
            if not part:
                raise self.damaged()
            parts.append(part)
            missing -= len(part)
        self.seen += size
        return b"".join(parts)

    def expect(self, content: bytes) -> None:
        if self.exactly(len(content)) != content:
            raise self.damaged()

    def end(self) -> None:
        if self._some(1) or not self._unpack.eof or self._unpack.unused_data:
            raise self.damaged()

    def damaged(self) -> ArchiveError:
        return ArchiveError(f"{self._name} is damaged, or was changed after it was written")

    def _some(self, most: int) -> bytes:
        try:
            while not self._unpack.eof:
                packed = self._unpack.unconsumed_tail or next(self._pieces, b"")
                part = self._unpack.decompress(packed, min(most, _PIECE))
                if part or not packed:
                    return part
        except zlib.error as error:
            raise self.damaged() from error
        return b""


def _load(path: str) -> Manifest:
    try:
        content = read_metadata(path, HUGE)
        if content is not None:
            return msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ArchiveError(f"{printable(path)} is damaged: {one_line(error)}") from error
    raise ArchiveError(f"{printable(path)} is missing")


def _fault(entry: Entry) -> str | None:
    try:
        mode = entry.git_mode
        target = None if entry.target is None else encode_path(entry.target)
    except ValueError:
        return "has a mode or a target that is none"
    if entry.stored not in ("archive", "history", "nowhere") or mode not in _MODES:
        return "is neither a file nor a symlink"
    if not 0 <= entry.size <= LARGEST or not 0 <= (entry.permissions or 0) <= 0o777:
        return "has a size or permissions that no file has"
    if not _SHA256.fullmatch(entry.sha256) or (
        entry.written and not _OBJECT.fullmatch(entry.written)
    ):
        return "has no checksum"
    symlink = mode == SYMLINK and entry.stored == "archive"
    if symlink != (target is not None) or (target is not None and (not target or b"\0" in target)):
        return "is a symlink without a target, or a file with one"
    if entry.stored == "history" and not (entry.blob and entry.tracked):
        return "is not in Git's history"
    return None


def _stored(manifest: Manifest) -> Iterator[Entry]:
    return (entry for entry in manifest.entries if entry.stored == "archive")


def _tar(manifest: Manifest, content: Callable[[Entry], bytes]) -> Iterator[bytes]:
    size = 0
    for entry in _stored(manifest):
        data = content(entry)
        if describe(data) != (entry.sha256, entry.size):
            raise ApplyError(f"{one_line(entry.path)} changed while it was archived")
        parts = [_header(entry, manifest.committed_at)]
        if entry.target is None:
            parts += [data, b"\0" * (-len(data) % _BLOCK)]
        size += sum(map(len, parts))
        yield from parts
    yield b"\0" * _padding(size)


def _readers(manifest: Manifest) -> int:
    """The permissions of the archive: for those who may read everything in it."""
    others = 0o066
    for entry in _stored(manifest):
        others &= 0 if entry.secrets else 0o666 if entry.permissions is None else entry.permissions
    return 0o600 | others


def _padding(size: int) -> int:
    """The zero bytes after `size` bytes of members: two blocks, and the rest of the record."""
    return 2 * _BLOCK + -(size + 2 * _BLOCK) % _RECORD


def _header(entry: Entry, at: int) -> bytes:
    """The tar header of a member, with the blocks of a long name before it."""
    import tarfile

    member = tarfile.TarInfo(entry.raw.decode("utf-8", "surrogateescape"))
    member.mtime = at
    if entry.permissions is not None:
        member.mode = entry.permissions
    else:
        member.mode = 0o755 if entry.git_mode == EXECUTABLE else 0o644
    if entry.target is None:
        member.size = entry.size
    else:
        member.type, member.mode = tarfile.SYMTYPE, 0o777
        member.linkname = encode_path(entry.target).decode("utf-8", "surrogateescape")
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """gzip, without a time."""
    pack = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in pieces:
        packed = pack.compress(piece)
        if packed:
            yield packed
    yield pack.flush()


def _hashed(pieces: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _forget(path: str) -> None:
    """Lets the system drop its copy of a file in memory, so that it is read from the disk."""
    with suppress(OSError, AttributeError), open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def restorable(mode: int) -> bool:
    """Is a file of Git's `mode` one that can be given back: a file or a symlink?"""
    return mode in _MODES


def target_of(mode: int, content: bytes) -> str | None:
    """The target of a symlink as text; null for a file."""
    return decode_path(content) if mode == SYMLINK else None
