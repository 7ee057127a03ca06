"""Commits and blobs, by long-lived `git cat-file` processes in the clean room."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from readiness.errors import RepositoryError, UsageError
from readiness.repo.room import GitStopped, Output, Process, Room

_BATCH = 256  # requests sent ahead; fewer bytes than a pipe holds, so that nobody waits for us
_LARGEST_COMMIT = 10_000_000
DAMAGED = "its content in the repository is damaged"
MISSING = "its content is missing in the repository (a partial or damaged clone)"

T = TypeVar("T")
Answer = tuple[str, bytes, int]  # id, type, size


class ObjectReader:
    """Reads objects by id. Forked processes may share one: each starts a Git of its own."""

    def __init__(self, room: Room, object_format: str) -> None:
        self._room = room
        self._format = object_format
        self._idle: _CatFile | None = None
        self._owner = os.getpid()

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises UsageError where there is none."""
        if "\n" not in revision and "\0" not in revision:
            self._room.add_references()
            with self._borrow() as git:
                for _, answer in git.sizes([f"{revision}^{{commit}}"]):
                    if isinstance(answer, tuple):
                        return answer[0]
        hint = "; this clone is shallow: git fetch --unshallow" if self._room.shallow else ""
        raise UsageError(
            f"no commit is called {revision!r} here; name a branch, a tag or a commit id{hint}"
        )

    def commit(self, commit_id: str) -> bytes:
        """The text of a commit. Raises RepositoryError where it cannot be read."""
        for _, content in self.read([commit_id], _LARGEST_COMMIT, b"commit"):
            if isinstance(content, bytes):
                return content
        raise RepositoryError(
            f"commit {commit_id[:12]} cannot be read; git fsck says what is damaged"
        )

    def read(
        self, ids: Iterable[str], limit: int, kind: bytes = b"blob"
    ) -> Iterator[tuple[str, bytes | str]]:
        """(id, content) in the order of `ids`, or (id, why it was not read).

        Content is checked against its id: what a damaged or forged repository shows under the
        id of another file is never taken for that file.
        """
        with self._borrow() as git:
            pending = iter(ids)
            while batch := list(islice(pending, _BATCH)):
                reasons: dict[str, str] = {}
                for name, size in git.sizes(batch):
                    if isinstance(size, str):
                        reasons[name] = size
                    elif size[1] != kind:
                        reasons[name] = f"is no {kind.decode()}"
                    elif size[2] > limit:
                        reasons[name] = too_large(size[2], limit)
                contents = git.contents([name for name in batch if name not in reasons])
                for name in batch:
                    if name in reasons:
                        yield name, reasons[name]
                        continue
                    _, content = next(contents)
                    if isinstance(content, bytes) and self.identify(content, kind) != name:
                        content = DAMAGED
                    yield name, content

    def identify(self, content: bytes, kind: bytes = b"blob") -> str:
        """The id of an object with this content."""
        digest = self.digest(len(content), kind)
        digest.update(content)
        return digest.hexdigest()

    def digest(self, size: int, kind: bytes = b"blob") -> hashlib._Hash:
        """The hash of an object of `size` bytes, to be updated with its content."""
        return hashlib.new(self._format, b"%s %d\0" % (kind, size), usedforsecurity=False)

    def close(self) -> None:
        if self._idle is not None and self._owner == os.getpid():
            self._idle.close()
        self._idle = None

    @contextmanager
    def _borrow(self) -> Iterator[_CatFile]:
        """A cat-file of our own: several readers may be half-way through at the same time."""
        if self._owner != os.getpid():
            self._owner, self._idle = os.getpid(), None
        git, self._idle = self._idle or _CatFile(self._room), None
        try:
            yield git
        except BaseException:
            git.close()
            raise
        self.close()
        self._idle = git


class _CatFile:
    """Two processes, started when needed: one tells sizes, the other contents.

    `--batch-command` would do with one, but only Git 2.36 and later have it.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._processes: dict[str, Process] = {}

    def sizes(self, names: Iterable[str]) -> Iterator[tuple[str, Answer | str]]:
        """(name, answer) for each name, or (name, why there is none)."""
        return self._ask("--batch-check", names, _header)

    def contents(self, names: Iterable[str]) -> Iterator[tuple[str, bytes | str]]:
        return self._ask("--batch", names, _content)

    def _ask(
        self, mode: str, names: Iterable[str], read: Callable[[Output], T]
    ) -> Iterator[tuple[str, T | str]]:
        """Git dies of an object that it cannot read: that one is damaged, the rest asked again."""
        pending = deque(names)
        while pending:
            try:
                if mode not in self._processes:
                    self._processes[mode] = self._room.start("cat-file", mode)
                process = self._processes[mode]
                process.ask(b"".join(os.fsencode(name) + b"\n" for name in pending))
                while pending:
                    answer = read(process.output)
                    yield pending.popleft(), answer
            except GitStopped:
                self._processes.pop(mode).close()
                yield pending.popleft(), DAMAGED

    def close(self) -> None:
        while self._processes:
            self._processes.popitem()[1].close()


def _header(output: Output) -> Answer | str:
    fields = output.line().split(b" ")
    if len(fields) != 3 or not fields[2].isdigit():
        return MISSING
    return fields[0].decode(), fields[1], int(fields[2])


def _content(output: Output) -> bytes | str:
    header = _header(output)
    if isinstance(header, str):
        return header
    return output.exactly(header[2] + 1)[:-1]


def too_large(size: int, limit: int) -> str:
    return f"larger than {_amount(limit)} ({_amount(size)})"


def _amount(size: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"
