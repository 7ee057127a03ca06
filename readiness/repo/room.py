"""The clean room: where Git runs for us without reading one line of the audited configuration."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from select import POLLIN, poll
from typing import TYPE_CHECKING

from readiness import clean_room
from readiness.clean_room import environment, git_program, write
from readiness.errors import RepositoryError
from readiness.repo.locate import Place
from readiness.repo.metadata import HUGE, SMALL, printable, read_metadata
from readiness.repo.refs import References

if TYPE_CHECKING:  # an audit of an unchanged work tree starts no process
    import subprocess

PATIENCE = 120.0  # seconds without one byte of output after which Git is given up
_MEMORY = 2 << 30  # bytes that one Git process may fill
_LISTING = 20  # seconds of CPU that Git may take to match the work tree with what is ignored
_CHUNK = 1 << 18


class GitStopped(Exception):
    """Git ended before it had said all: the object that it was to read is damaged."""


class Output:
    """What a Git process writes, read as it comes. Never waits longer than `PATIENCE`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()
        self._poll = poll()
        self._poll.register(descriptor, POLLIN)

    def line(self) -> bytes:
        """The next line, without its end. Raises GitStopped where there is no whole one."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not self._fill():
                raise GitStopped
        return self._take(end + 1)[:-1]

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes. Raises GitStopped where there are fewer."""
        while len(self._buffer) < size:
            if not self._fill():
                raise GitStopped
        return self._take(size)

    def fields(self) -> Iterator[bytes]:
        """All that is between NUL bytes, to the end."""
        while True:
            whole, separator, rest = self._buffer.rpartition(b"\0")
            if separator:
                self._buffer = rest
                yield from bytes(whole).split(b"\0")
            if not self._fill():
                break
        if self._buffer:
            yield self._take(len(self._buffer))

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> bool:
        if not self._poll.poll(PATIENCE * 1000):
            raise RepositoryError(
                f"git gave no answer for {PATIENCE:.0f} seconds; is the repository's disk there?"
                " git fsck says whether the repository is damaged"
            )
        chunk = os.read(self._descriptor, _CHUNK)
        self._buffer += chunk
        return bool(chunk)


class Process:
    """One Git process, killed when closed (it only ever reads)."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        assert popen.stdout is not None
        self._popen = popen
        self.id = popen.pid
        self.output = Output(popen.stdout.fileno())

    def ask(self, request: bytes) -> None:
        """Writes to the process. Raises GitStopped where it has ended."""
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(request)
            self._popen.stdin.flush()
        except BrokenPipeError as error:
            raise GitStopped from error

    def finish(self, request: Iterable[bytes]) -> bool:
        """Writes all of `request`, which ends there, and waits; has Git done what it was told?"""
        assert self._popen.stdin is not None
        try:
            for piece in request:
                self._popen.stdin.write(piece)
            self._popen.stdin.close()
        except BrokenPipeError:
            return False
        for _ in self.output.fields():
            continue
        return self.succeeded()

    def succeeded(self) -> bool:
        """Waits for the end; call it once the output has been read."""
        return self._popen.wait() == 0

    def close(self) -> None:
        self._popen.kill()
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # what was still to be written concerns nobody
        self._popen.wait()


class Room:
    """An empty bare Git directory of our own, made when first used and removed by `close`.

    It sees the audited repository's objects (Git itself finds their alternates there) and copies
    of what is pure data: references, the list of shallow commits, the index, `info/exclude`.
    """

    def __init__(self, place: Place, references: References) -> None:
        self._place = place
        self._references = references
        self._owner = os.getpid()
        self._folder = clean_room.new_folder()
        self._with_references = False

    def _make(self) -> str:
        """The folder; whichever process needs it first makes it, the opening one removes it."""
        if os.path.isdir(self._folder):
            return self._folder
        new = f"{self._folder}.{os.getpid()}"
        try:
            clean_room.make(new, sha256=self._place.object_format == "sha256")
            shallow = self._data("shallow", HUGE)
            if shallow.strip():
                write(new, "shallow", shallow)
        except OSError as error:
            raise RepositoryError(
                f"no temporary folder can be made ({error.strerror}): {printable(new)};"
                " let TMPDIR name a folder that we may write to"
            ) from error
        try:
            os.rename(new, self._folder)
        except OSError:  # another process was faster
            _remove(new)
        return self._folder

    @property
    def shallow(self) -> bool:
        """Was the repository cloned without its older commits?"""
        return bool(self.boundary())

    def boundary(self) -> set[str]:
        """The ids of the commits of which the parents are not there."""
        return set(self._data("shallow", HUGE).decode("ascii", "replace").split())

    def start(self, *arguments: str, **more: str) -> Process:
        """Starts Git with `arguments`; `more` are additional variables of its environment."""
        import subprocess

        folder = self._make()
        command = [git_program(), "-C", folder, *arguments]
        try:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(folder, self._place.objects) | more,
            )
        except OSError as error:
            raise RepositoryError(f"git cannot be started ({error.strerror})") from error
        _limit(popen.pid, "RLIMIT_DATA", _MEMORY)
        return Process(popen)

    def fields(self, *arguments: str, **more: str) -> Iterator[bytes]:
        """The NUL-separated output of one Git command. Raises GitStopped where it fails."""
        yield from self._fields(self.start(*arguments, **more))

    def _fields(self, process: Process) -> Iterator[bytes]:
        try:
            yield from process.output.fields()
            if not process.succeeded():
                raise GitStopped
        finally:
            process.close()

    def add_references(self) -> None:
        """Copies HEAD and every reference, so that Git can resolve names."""
        if self._with_references:
            return
        commit, branch = self._references.head()
        head = b"ref: %s\n" % branch if branch else f"{commit}\n".encode()
        packed = b"".join(
            b"%s %s\n" % (value.encode(), name)
            for name, value in sorted(self._references.all().items())
        )
        room = self._make()
        write(room, "packed-refs", b"# pack-refs with: sorted \n" + packed)
        write(room, "HEAD", head)
        self._with_references = True

    def complete_index(self, content: bytes, folder: str) -> bytes:
        """The index in `content` (from `folder`) with its shared parts and sparse folders put in.

        Raises GitStopped where Git cannot read it.
        """
        room = self._make()
        for name in os.listdir(folder):
            if name.startswith("sharedindex."):
                shared = read_metadata(os.path.join(folder, name), HUGE)
                write(room, name, shared or b"")
        write(room, "index", content)
        for _ in self.fields("update-index", "--no-split-index", "--force-write-index"):
            continue
        return read_metadata(os.path.join(room, "index"), HUGE) or b""

    def changed_index(self, content: bytes, request: Iterable[bytes]) -> bytes:
        """The index in `content` with the lines of `git update-index -z --index-info` done."""
        room = self._make()
        write(room, "index", content)
        process = self.start("update-index", "-z", "--index-info")
        try:
            if not process.finish(request):
                raise RepositoryError("Git cannot change a copy of the index; git fsck may say why")
        finally:
            process.close()
        return read_metadata(os.path.join(room, "index"), HUGE) or b""

    def mirror(self, folder: str) -> None:
        """Makes of `folder` a Git directory with our configuration and the repository's own
        references, to be changed by `git update-ref`."""
        room = self._make()
        os.mkdir(folder, 0o700)
        for name in ("config", "HEAD"):
            write(folder, name, read_metadata(os.path.join(room, name)) or b"")
        os.mkdir(os.path.join(folder, "objects"))
        for name in ("refs", "packed-refs"):
            os.symlink(os.path.join(self._place.common, name), os.path.join(folder, name))

    def untracked(self, index: bytes, work_tree: str) -> Iterator[bytes]:
        """The paths in the work tree that are neither in `index` nor ignored.

        Git reads the `.gitignore` files and the repository's `info/exclude`, and nothing else of
        the work tree; the user's own list of ignored files does not count.
        """
        room = self._make()
        if index:
            write(room, "index", index)
        write(room, "info/exclude", self._data("info/exclude", SMALL))
        process = self.start(
            "ls-files", "--others", "--exclude-standard", "-z", GIT_WORK_TREE=work_tree
        )
        _limit(process.id, "RLIMIT_CPU", _LISTING)
        try:
            yield from self._fields(process)
        except GitStopped as error:
            raise RepositoryError(
                f"Git could not list the untracked files in {_LISTING} seconds (a pattern of many"
                " stars in a .gitignore can take it years); audit without --untracked"
            ) from error

    def close(self) -> None:
        if self._owner == os.getpid() and os.path.isdir(self._folder):
            _remove(self._folder)

    def _data(self, name: str, limit: int) -> bytes:
        return read_metadata(os.path.join(self._place.common, name), limit) or b""


def _limit(process: int, name: str, limit: int) -> None:
    """A commit, tree or pattern made to fill the memory or to take for ever ends Git, not the
    machine (where Linux can)."""
    import resource

    if hasattr(resource, "prlimit"):
        try:
            resource.prlimit(process, getattr(resource, name), (limit, limit))
        except (OSError, ValueError):
            return  # it has ended already, or a lower limit holds


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder)
