"""Processes that share what was prepared before they were forked, and send back bytes."""

from __future__ import annotations

import contextlib
import gc
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import connection, get_context
from typing import Any

LEAST = 3  # pieces of work for which another process pays
PAUSE = 8  # pieces of work after which the garbage is collected

Compute = Callable[[range], Iterator[bytes]]


def in_processes(compute: Compute, total: int, workers: int) -> Iterator[bytes]:
    """What `compute` says of 0 to `total`, in any order: each process takes numbers that follow
    each other. With one worker it is done here.

    Raises:
        RuntimeError: a process died or has a fault, which it tells.
    """
    workers = max(1, min(workers, total // LEAST))
    if workers == 1:
        yield from _tidied(compute(range(total)))
        return
    started: dict[Any, Any] = {}
    finished = False
    try:
        for number in range(workers):
            numbers = range(total * number // workers, total * (number + 1) // workers)
            ours, theirs = connection.Pipe(duplex=False)
            process = get_context("fork").Process(
                target=_work, args=(compute, numbers, theirs, [ours, *started]), daemon=True
            )
            _start(process)
            theirs.close()
            started[ours] = process
        while started:
            for ready in connection.wait(list(started)):
                try:
                    answer = ready.recv_bytes()  # type: ignore[union-attr]  # only ours are there
                except EOFError:
                    _bury(ready, started.pop(ready))
                    continue
                if answer[:1] == _FAULT:
                    raise RuntimeError(f"in a process: {answer[1:].decode(errors='replace')}")
                yield answer[1:]
        finished = True
    finally:
        for pipe, process in started.items():
            pipe.close()
            if not finished:
                process.kill()
            process.join()


_ANSWER, _FAULT = b"\0", b"\1"


def _start(process: Any) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():  # our own code has one thread; a host's may have more
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _bury(pipe: Any, process: Any) -> None:
    """Sees to a process that has nothing more to say."""
    pipe.close()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"a process of the history ended with {process.exitcode}")


def _work(compute: Compute, numbers: range, pipe: Any, foreign: list[Any]) -> None:
    """The life of a process; it ends where nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in foreign:
        other.close()
    with contextlib.suppress(OSError):
        try:
            for answer in _tidied(compute(numbers)):
                pipe.send_bytes(_ANSWER + answer)
        except OSError:
            raise
        except Exception:
            pipe.send_bytes(_FAULT + traceback.format_exc().encode(errors="replace"))


def _tidied(answers: Iterator[bytes]) -> Iterator[bytes]:
    """The answers; between two of them, and only then, the garbage is collected."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        for number, answer in enumerate(answers):
            yield answer
            if number % PAUSE == 0:
                gc.collect()
                gc.freeze()  # what stays from one piece of work to the next is not searched again
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
