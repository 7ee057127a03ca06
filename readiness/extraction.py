"""Extraction: the facts of blobs, computed in processes of their own, so that no file can hang,
exhaust or crash the audit."""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import resource
import signal
import traceback
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec
from msgspec import Struct

from readiness import secrets
from readiness.errors import ReadinessError, RepositoryError
from readiness.facts import Slice, text

if TYPE_CHECKING:
    from multiprocessing import connection

LARGEST = 5_000_000  # bytes of a file that is read
SECONDS = 20.0  # of CPU that the facts of one file may take
MEMORY = 2 << 30  # bytes that a process may take beyond what it starts with
CHUNK = 64  # files
ALONE = 4 * CHUNK  # files for which a second process does not pay
NOTHING = b""  # kept where a slice says nothing of a file, so that it is not asked again

Job = tuple[int, str]  # number of a slice, kind


class Reader(Protocol):
    """What is needed of a repository; it is called in forked processes."""

    def read(self, blob_ids: Sequence[str], limit: int, /) -> Iterator[tuple[str, bytes | str]]: ...


class Blob(NamedTuple):
    id: str
    jobs: tuple[Job, ...]


class Result(Struct, array_like=True):
    """What a process says of the blob at `index` of its chunk: one value a job, null where there
    is none; `reasons` say why."""

    index: int
    values: list[bytes | None] = []
    reasons: list[str] = []
    failed: bool = False


class Answer(Struct, array_like=True):
    """What a process says of its chunk. Two things end the audit: an `error` of the repository,
    and a `fault` of ours, with its traceback."""

    results: list[Result] = []
    error: str = ""
    fault: str = ""


def cpus() -> int:
    """How many processes can work at the same time."""
    has_affinity = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1


class Pool:
    """Runs chunks of blobs in forked processes and outlives whatever a blob does to them."""

    def __init__(self, reader: Reader, slices: Sequence[Slice[Any]], seconds: float) -> None:
        self.reader = reader
        self.slices = slices
        self.seconds = seconds
        self.workers: list[_Worker] = []
        self.suspects: set[str] = set()

    def run(
        self, blobs: list[Blob], most: int
    ) -> Generator[tuple[list[Blob], list[Result]], None, None]:
        """Each chunk with its results, in the order in which they come."""
        from multiprocessing import connection  # what needs no processes is spared it

        if len(blobs) <= ALONE:
            most = 1
        if most > 1:
            for number in sorted({number for blob in blobs for number, _ in blob.jobs}):
                self.slices[number].warm()
        size = CHUNK if most == 1 else max(1, min(CHUNK, len(blobs) // (4 * most)))
        chunks = deque(blobs[start : start + size] for start in range(0, len(blobs), size))
        finished = False
        try:
            while chunks or any(worker.chunk for worker in self.workers):
                while chunks and len(self.workers) < most:
                    self.workers.append(_Worker(self, chunks.popleft()))
                busy = {worker.connection: worker for worker in self.workers}
                for ready in connection.wait(list(busy)):
                    worker = busy[ready]  # type: ignore[index]  # we passed nothing but these
                    chunk = worker.chunk
                    answer = worker.answer()
                    if answer is None:
                        self.workers.remove(worker)
                        answer = self._post_mortem(worker, chunks)
                    elif chunks:
                        worker.give(chunks.popleft())
                    else:
                        self.workers.remove(worker)
                        worker.stop()
                    if answer.error:
                        raise RepositoryError(answer.error)
                    if answer.fault:
                        raise RuntimeError(f"in a process of the audit: {answer.fault}")
                    yield chunk, answer.results
            finished = True
        finally:
            for worker in self.workers:
                worker.stop(kill=not finished)

    def _post_mortem(self, worker: _Worker, chunks: deque[list[Blob]]) -> Answer:
        """Blames the blob that a dead process was busy with, and queues the others again.

        A blob that may only have been unlucky (the system kills when memory runs out) is tried a
        second time, alone. Where the process died before it had read any, each is tried alone.
        """
        exit_code = worker.stop()
        begun = worker.position[0]
        if not begun and len(worker.chunk) > 1:
            chunks.extend([blob] for blob in worker.chunk)
            return Answer()
        index = max(0, begun - 1)
        culprit = worker.chunk[index]
        others = worker.chunk[:index] + worker.chunk[index + 1 :]
        if others:
            chunks.appendleft(others)
        if exit_code == -signal.SIGPROF:
            reason = f"it took longer than {self.seconds:g} seconds"
        elif culprit.id not in self.suspects:
            self.suspects.add(culprit.id)
            chunks.append([culprit])
            return Answer()
        else:
            end = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
            reason = f"its analysis crashed ({end})"
        return Answer([Result(index, reasons=[reason], failed=True)])


class _Worker:
    """A forked process that extracts chunk after chunk."""

    def __init__(self, pool: Pool, chunk: list[Blob]) -> None:
        from multiprocessing import connection, get_context

        self.position = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")  # shared: blobs begun
        self.connection, theirs = connection.Pipe()
        self.chunk: list[Blob] = []
        open_elsewhere = [self.connection, *(worker.connection for worker in pool.workers)]
        self.process = get_context("fork").Process(
            target=_work, args=(pool, theirs, self.position, open_elsewhere), daemon=True
        )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with warnings.catch_warnings():  # our own code has one thread; a host's may have more
                warnings.simplefilter("ignore", DeprecationWarning)
                self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self.give(chunk)

    def give(self, chunk: list[Blob]) -> None:
        self.chunk = chunk
        self.position[0] = 0
        with contextlib.suppress(OSError):  # it is dead: `answer` will say so
            self.connection.send_bytes(msgspec.msgpack.encode(chunk))

    def answer(self) -> Answer | None:
        """The answer to the chunk; null where the process died over it."""
        try:
            answer = msgspec.msgpack.decode(self.connection.recv_bytes(), type=Answer)
        except (EOFError, OSError, msgspec.MsgspecError):
            return None
        self.chunk = []
        return answer

    def stop(self, *, kill: bool = False) -> int:
        """Ends the process and returns its exit code (a signal's number below 0)."""
        self.connection.close()
        if kill:
            self.process.kill()
        self.process.join()
        return self.process.exitcode or 0


def _work(
    pool: Pool,
    parent: connection.Connection,
    position: memoryview[int],
    foreign: Sequence[connection.Connection],
) -> None:
    """The life of a process: chunk after chunk until there are no more, or no parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    for number in (signal.SIGPROF, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in foreign:  # else nobody would notice that the parent is gone
        other.close()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no dump of a crash beside the user's files
    gc.disable()
    warnings.simplefilter("ignore")  # the compiler's, on the audited code
    while True:
        try:
            chunk = msgspec.msgpack.decode(parent.recv_bytes(), type=list[Blob])
        except (EOFError, OSError):
            return
        try:
            answer = Answer(list(_extract_chunk(pool, chunk, position)))
        except ReadinessError as error:
            answer = Answer(error=str(error))
        except Exception:
            answer = Answer(fault=traceback.format_exc())
        try:
            parent.send_bytes(msgspec.msgpack.encode(answer))
        except OSError:
            return


def _extract_chunk(pool: Pool, chunk: list[Blob], position: memoryview[int]) -> Iterator[Result]:
    places = {blob.id: place for place, blob in enumerate(chunk)}
    memory = _memory_bound()
    for blob_id, data in pool.reader.read(list(places), LARGEST):
        index = places[blob_id]
        position[0] = index + 1
        if isinstance(data, str):
            yield Result(index, reasons=[data])
            continue
        with _bounds(pool.seconds, memory):
            result = extract(pool.slices, chunk[index].jobs, data, index)
        yield result


def _memory_bound() -> int:
    """The address space that this process may have in all."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    try:
        with open("/proc/self/statm", "rb") as statm:
            bound = int(statm.read().split()[0]) * mmap.PAGESIZE + MEMORY
    except OSError:  # not every system tells
        return soft
    return bound if soft == resource.RLIM_INFINITY else min(bound, soft)


@contextlib.contextmanager
def _bounds(seconds: float, memory: int) -> Iterator[None]:
    """Ends the process when the code inside takes more CPU, and fails it when it takes more memory,
    before the system kills whom it likes. Git, which maps large packs, is started outside."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def extract(slices: Sequence[Slice[Any]], jobs: Iterable[Job], data: bytes, index: int) -> Result:
    """The encoded facts of one blob; a file that is no text has only those of the slice `text`.

    Where the search for secrets fails there are no facts: they could hold one.
    """
    values: list[bytes | None] = []
    reasons: list[bytes] = []
    found: list[tuple[str, secrets.SecretFacts]] = []
    binary = text.encoding_of(data) == "binary"
    for number, kind in jobs:
        slice_ = slices[number]
        value: bytes | None = NOTHING
        if not binary or slice_.name == text.SLICE.name:
            try:
                facts = slice_.extract(kind, data)
                value = msgspec.msgpack.encode(facts)
                if isinstance(facts, secrets.SecretFacts):
                    found.append((kind, facts))
            except Exception as error:  # an extractor answers for any bytes: this one has a fault
                if slice_.name == secrets.SLICE.name:
                    return _unsearched(index, error)
                value = None
                why = f"{slice_.name} facts: {type(error).__name__}: {error}"
                reasons.append(why.encode("utf-8", "replace"))
        values.append(value)
    try:
        for kind, facts in found:
            masked = iter(secrets.hide(kind, data, facts, [*filter(None, values), *reasons]))
            values = [next(masked) if value else value for value in values]
            reasons = list(masked)
    except Exception as error:
        return _unsearched(index, error)
    return Result(index, values, [reason.decode() for reason in reasons], failed=bool(reasons))


def _unsearched(index: int, error: Exception) -> Result:
    """Not even the error's own words are kept: they may quote the file."""
    return Result(index, [], [f"secrets facts: {type(error).__name__}"], failed=True)
