"""Progress of long work, on standard error of a terminal only."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.5  # seconds after which people wonder


class Meter:
    """Called with the files done and to do; shows them once the work turns out to be long."""

    def __init__(self) -> None:
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
            TextColumn("reading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("files"),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,  # a second thread and forked processes do not go together
        )
        bar.add_task("", total=total)
        bar.start()
        return bar

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
