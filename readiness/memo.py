"""Reports that were made before: an unchanged audit is read, not made again."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

import msgspec
from msgspec import Struct

from readiness import cache as caching
from readiness.cache import Cache
from readiness.model import Report, Snapshot

_INSTALLED = (".dist-info", ".egg-info", ".egg-link", ".pth")


class Memo(Struct, frozen=True):
    """`folders`: those of the rules' code, with the stamp that each had. `day`: the one for which
    the report holds, empty where it holds on any."""

    report: Report
    folders: dict[str, str]
    day: str


def key(snapshot: Snapshot, options: bytes) -> bytes:
    """The key of the report on a snapshot: all that it shows follows from what is in it.

    `options` are those of the audit, encoded. The configuration is in the snapshot.
    """
    files = "\0".join(f"{file.path}\0{file.blob_id}{file.mode}" for file in snapshot.files)
    plain = msgspec.json.encode(msgspec.structs.replace(snapshot, files=()))
    return caching.key("report", files, plain.hex(), options.hex(), _environment())


def recall(cache: Cache, key: bytes, day: str) -> Report | None:
    """The report under `key`, if it holds on `day` and was made by the code that runs now."""
    value = cache.get(key)
    if value is None:
        return None
    try:
        memo = msgspec.msgpack.decode(value, type=Memo)
    except msgspec.MsgspecError:
        return None
    if memo.day not in ("", day):
        return None
    if any(_stamp(folder) != stamp for folder, stamp in memo.folders.items()):
        return None
    return memo.report


def keep(
    cache: Cache,
    key: bytes,
    report: Report,
    packages: Iterable[ModuleType],
    day: str,
    policies: Iterable[str] = (),
) -> None:
    """Keeps a report that the rules of `packages` made, and installed `policies` in these folders;
    `day` is empty where it holds on any."""
    folders = {folder for package in packages for folder in package.__path__} | set(policies)
    memo = Memo(report, {folder: _stamp(folder) for folder in sorted(folders)}, day)
    cache.put([(key, msgspec.msgpack.encode(memo))])


def _environment() -> str:
    """What runs: a digest over its place and over the names and times of all distributions."""
    digest = hashlib.sha256(f"{sys.version}\0{__file__}".encode())
    for folder in sys.path:
        for entry in _entries(folder or os.curdir):
            if entry.name.endswith(_INSTALLED):
                digest.update(_line(entry))
    return digest.hexdigest()


def _stamp(folder: str) -> str:
    """A digest over the names, sizes and times of all files below `folder`."""
    digest = hashlib.sha256()
    for entry in _files(folder):
        digest.update(_line(entry))
    return digest.hexdigest()


def _line(entry: os.DirEntry[str]) -> bytes:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # gone since it was listed
        return b""
    return os.fsencode(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\n")


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    for entry in _entries(folder):
        if not entry.is_dir(follow_symlinks=False):
            yield entry
        elif entry.name != "__pycache__":
            yield from _files(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
