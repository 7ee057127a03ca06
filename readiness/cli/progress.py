"""Progress of long work, on standard error of a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.5  # seconds after which people wonder


class Meter:
    """Called with the files done and to do; shows them once the work turns out to be long.

    `doing` says in a word what is done, `what` to what."""

    def __init__(self, doing: str = "reading", what: str = "files") -> None:
        self._doing, self._what = doing, what
        self._start = time.monotonic()
        self._bar: Progress | None = None
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._shown = terminal and os.environ.get("TERM") != "dumb"

    def __call__(self, done: int, total: int) -> None:
        if not self._shown or time.monotonic() - self._start < PATIENCE:
            return
        if self._bar is None:
            self._bar = self._make(total)
        self._bar.update(self._bar.task_ids[0], completed=done)
        self._bar.refresh()

    def _make(self, total: int) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        bar = Progress(
            TextColumn(self._doing),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(self._what),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,  # a second thread and forked processes do not go together
        )
        bar.add_task("", total=total)
        bar.start()
        return bar

    def stop(self) -> None:
        """Takes the bar off the terminal, which shows one at a time; the next call brings it
        back."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def in_turn(one: Meter, other: Meter) -> Callable[[int, int], None]:
    """`one`, which takes the terminal from `other`."""

    def show(done: int, total: int) -> None:
        other.stop()
        one(done, total)

    return show
