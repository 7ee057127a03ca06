"""What was computed once, by key: one SQLite file in the user's cache folder.

The cache decides how long an audit takes and never what it says: an entry that is missing, damaged
or of another version is computed anew, and a cache that cannot be used is done without.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import sqlite3
import stat
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType

FOLDER_VARIABLE = "READINESS_CACHE_DIR"
NAME = "cache-1.sqlite3"  # the number changes with the tables below
LIMIT = 1 << 30  # bytes; above it, the least recently used entries go
_TABLES = (
    "CREATE TABLE entries"
    " (key BLOB NOT NULL, week INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL)",
    "CREATE UNIQUE INDEX entries_by_key ON entries (key)",
)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NOT_WRITABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_MOSTLY = 4  # times as many entries as are asked for: below it, reading all is faster
_WEEK = 7 * 24 * 3600
_UNREPLACEABLE = "it is of another version and cannot be replaced"


def default_folder() -> str | None:
    """Where the cache lies: READINESS_CACHE_DIR, else the user's cache folder; null without any."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return os.path.abspath(folder)
    import platformdirs

    folder = platformdirs.user_cache_dir("readiness", appauthor=False)
    return folder if os.path.isabs(folder) else None


def key(*parts: str) -> bytes:
    """The key of an entry: 16 bytes over all that its value follows from."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()


def code(*parts: str) -> str:
    """What a computed value follows from beside its input: our source and all it stands on.

    `parts` are files and folders of this package. The digest is over their content, so that an
    edited extractor never meets what its former self has left, and over the versions of Python
    and of every library that we depend on.
    """
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    package = os.path.dirname(__file__)
    for path in sorted(_sources(os.path.join(package, part) for part in parts)):
        with open(path, "rb") as file:
            content = file.read()
        digest.update(f"{os.path.relpath(path, package)} {len(content)}\n".encode() + content)
    digest.update(_libraries().encode())
    return digest.hexdigest()


@functools.cache
def _libraries() -> str:
    """The name and version of every library that we depend on."""
    from importlib import metadata

    lines = []
    for name in re.findall(r"^[\w.-]+", "\n".join(metadata.requires("readiness") or ()), re.M):
        with contextlib.suppress(metadata.PackageNotFoundError):  # it is for other systems
            lines.append(f"{name} {metadata.version(name)}\n")
    return "".join(lines)


def _sources(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            inner = (name for name in os.listdir(path) if name != "__pycache__")
            yield from _sources(os.path.join(path, name) for name in inner)
        else:
            yield path


class Cache:
    """Bytes by key, for one audit. No method raises because of the state of the cache.

    `notes` say in sentences what the user should know: that there is no cache, and why. `folder`
    is where it may write, null where it may not.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.folder: str | None = None
        self._file = ""
        self._connection: sqlite3.Connection | None = None
        self._read_only = False
        self._writable = False
        self._written = False
        self._used: list[bytes] = []
        self._week = int(time.time()) // _WEEK

    @classmethod
    def open(
        cls, folder: str | None, outside: Sequence[str] = (), *, patience: float = 5.0
    ) -> Cache:
        """The cache in `folder`, which is created; an empty one that keeps nothing where null.

        It must not lie in any folder of `outside`: an audited repository could bring its own.
        Another process that holds it is waited for at most `patience` seconds.
        """
        cache = cls()
        if folder is None:
            return cache
        folder = os.path.realpath(folder)
        if any(_lies_in(folder, os.path.realpath(other)) for other in outside):
            cache.notes.append(
                f"no cache: {_printable(folder)} lies inside the audited repository;"
                f" {FOLDER_VARIABLE} moves it"
            )
            return cache
        cache._file = os.path.join(folder, NAME)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            cache._note_unusable(error.strerror or str(error))
            return cache
        cache._connect(patience)
        return cache

    @property
    def usable(self) -> bool:
        """Can anything be found in it, or kept?"""
        return self._connection is not None

    def _connect(self, patience: float) -> None:
        for attempt in (1, 2):
            if not _is_regular_or_absent(self._file):
                self._note_unusable("it is no regular file")
                return
            try:
                self._connection = sqlite3.connect(
                    self._file, timeout=patience, isolation_level=None
                )
                if self._prepare(self._connection):
                    self._writable = True
                    self.folder = os.path.dirname(self._file)
                    return
            except sqlite3.Error as error:
                if _code(error) in _NOT_WRITABLE:
                    self._connect_read_only()
                    return
                if _code(error) not in _DAMAGED or attempt == 2:
                    self._give_up(error)
                    return
            self._discard()
        self._note_unusable(_UNREPLACEABLE)

    def _connect_read_only(self) -> None:
        """Reads what is there; nobody writes where we may not, or the checksums will tell."""
        from urllib.parse import quote

        self._disconnect()
        self._read_only = True
        location = f"file:{quote(os.fsencode(self._file))}?mode=ro&immutable=1"
        try:
            connection = sqlite3.connect(location, uri=True, isolation_level=None)
            self._connection = connection
            tables = _tables_of(connection)
        except sqlite3.Error as error:
            self._give_up(error)
            return
        if tables == set(_TABLES):
            self.notes.append(f"{_printable(self._file)} is read-only: nothing new is kept there")
        else:
            self._disconnect()
            self._note_unusable(_UNREPLACEABLE)

    def _prepare(self, connection: sqlite3.Connection) -> bool:
        """Makes the tables where there are none; false where there are others."""
        tables = _tables_of(connection)
        if tables and tables != set(_TABLES):
            return False
        with contextlib.suppress(sqlite3.OperationalError):  # another process is doing it just now
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            connection.execute("BEGIN IMMEDIATE")
            if not _tables_of(connection):
                for statement in _TABLES:
                    connection.execute(statement)
            connection.execute("COMMIT")
        return True

    def get(self, key: bytes) -> bytes | None:
        """One value."""
        return dict(self.get_many([key])).get(key)

    def get_many(self, keys: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """(key, value) of every key that has one, in any order."""
        if self._connection is None:
            return
        wanted = set(keys)
        try:
            (last,) = self._connection.execute("SELECT max(rowid) FROM entries").fetchone()
            if (last or 0) > _MOSTLY * len(wanted):
                self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (key BLOB)")
                self._connection.execute("BEGIN")
                self._connection.execute("DELETE FROM wanted")
                rows = ((key,) for key in wanted)
                self._connection.executemany("INSERT INTO wanted VALUES (?)", rows)
                self._connection.execute("COMMIT")
                source = "wanted CROSS JOIN entries USING (key)"
            else:
                source = "entries"
            found = self._connection.execute(f"SELECT key, week, checksum, value FROM {source}")
            for key, week, checksum, value in found:
                if key not in wanted:
                    continue
                if isinstance(value, bytes) and checksum == _checksum(key, value):
                    if week != self._week:
                        self._used.append(key)
                    yield key, value
        except sqlite3.Error as error:
            self._give_up(error)

    def put(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Keeps (key, value) pairs, all or none."""
        rows = ((key, self._week, _checksum(key, value), value) for key, value in entries)
        self._write("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        if self._connection is None or not self._writable:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
            self._written = True
        except sqlite3.Error as error:
            self._writable = False
            if _code(error) in _DAMAGED:
                self._give_up(error)
                return
            if self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # the next reader rolls it back
                    self._connection.execute("ROLLBACK")
            self.notes.append(f"nothing more is kept in {_printable(self._file)}: {error}")

    def _prune(self) -> None:
        """Drops the least recently used entries, the longest first, until 3/4 of LIMIT is left."""
        if self._connection is None or not self._writable or not self._written:
            return
        try:
            pages, free, size = (
                self._connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
            excess = (pages - free) * size - LIMIT
            if excess <= 0:
                return
            excess += LIMIT // 4
            doomed: list[tuple[object, ...]] = []
            for row, length in self._connection.execute(
                "SELECT rowid, length(value) + 100 FROM entries ORDER BY week, length(value) DESC"
            ):
                doomed.append((row,))
                excess -= length
                if excess <= 0:
                    break
        except sqlite3.Error as error:
            self._give_up(error)
            return
        self._write("DELETE FROM entries WHERE rowid = ?", doomed)

    def close(self) -> None:
        """Marks what was used, prunes what is too much, and lets go of the file."""
        if self._used:
            rows = ((self._week, key) for key in self._used)
            self._write("UPDATE entries SET week = ? WHERE key = ?", rows)
        self._prune()
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection, self._writable = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):  # what was committed is safe
                connection.close()

    def _give_up(self, error: sqlite3.Error) -> None:
        """Goes on without the cache; a damaged one of ours is deleted, so that the next audit has
        one."""
        if _code(error) in _DAMAGED:
            self._discard()
        else:
            self._disconnect()
        self._note_unusable(str(error))

    def _discard(self) -> None:
        """Deletes the file where we may write to it: else it is not ours to judge."""
        self._disconnect()
        if self._read_only or not os.access(self._file, os.W_OK):
            return
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(self._file + ending)

    def _note_unusable(self, reason: str) -> None:
        self.notes.append(f"no cache: {_printable(self._file)}: {reason}")

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _tables_of(connection: sqlite3.Connection) -> set[str]:
    connection.text_factory = bytes  # a damaged file may hold any
    rows = connection.execute("SELECT sql FROM sqlite_master")
    return {bytes(sql or b"").decode("utf-8", "replace") for (sql,) in rows}


def _checksum(key: bytes, value: bytes) -> int:
    """Over the key as well, so that a value under another's key is found out."""
    return zlib.crc32(value, zlib.crc32(key))


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 where the module itself complains."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _lies_in(folder: str, other: str) -> bool:
    return folder == other or folder.startswith(other.rstrip(os.sep) + os.sep)


def _is_regular_or_absent(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return True


def _printable(path: str) -> str:
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
