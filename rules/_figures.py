"""Numbers, sizes and dates, as messages tell them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from readiness.facts import text
from readiness.index import RepoIndex


def day(moment: int) -> str:
    """The date, YYYY-MM-DD, of seconds since 1970."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).date().isoformat()


def last_change(index: RepoIndex, paths: Sequence[str]) -> int:
    """When the last of `paths` was last changed, in seconds since 1970; 0 if nobody knows."""
    known = index.history.files
    return max((known[path].last for path in paths if path in known), default=0)


def size_of(index: RepoIndex, paths: Iterable[str]) -> str:
    """The size of all `paths` together, to read: "3.4 MB"."""
    size = sum(facts.size for path in paths if (facts := index.facts(text.SLICE, path)))
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def counted(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
