"""The gate: which lines of a blob can hold a secret, told in one pass over its bytes.

What stands behind the gate is a thousand times slower than the gate, so few lines may pass; and
nothing behind it sees a line that did not pass, so no line with a secret may stay outside. Every
pattern is linear, stays within one line, and belongs to a *label*: the detector that is to look at
the lines that it matches.

Three engines give the same lines: hyperscan (0.1 s for 55 MB), else google-re2, else Python's
`re`. Compiling for hyperscan takes longer than most scans, so the compiled database is kept in the
user's cache folder where there is one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from readiness import compiled

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = ("hyperscan", "re2", "re")  # the fastest first
MATCH_LIMIT = 100_000  # of one pattern in one blob: bounds time and memory on hostile input
_RE2_MEMORY = 64 << 20  # bytes for the automaton of one pattern


class Pattern(NamedTuple):
    """A linear regular expression over bytes (no look-around, no newline) and its detector."""

    label: str
    regex: bytes
    ignore_case: bool = False


class Line(NamedTuple):
    """A line that can hold a secret: its place in the blob and the detectors that want it."""

    start: int
    end: int
    labels: frozenset[str]


# The end of each match (exclusive) and the number of its pattern, in any order.
Matches = list[tuple[int, int]]
Scanner = Callable[[bytes], Matches]


class Gate:
    """Finds the lines of a blob that match one of `patterns`.

    `folder` is where the compiled database is kept between runs; null keeps it in memory only.
    `engine` forces one of "hyperscan", "re2" and "re"; null takes the first that is installed.
    """

    def __init__(
        self, patterns: Iterable[Pattern], folder: Path | None = None, engine: str | None = None
    ) -> None:
        self._patterns = tuple(patterns)
        self._scan = _scanner(self._patterns, folder, [engine] if engine else ENGINES)

    def lines(self, data: bytes) -> list[Line]:
        """The candidate lines of `data`, in order; only newlines end a line."""
        lines: list[Line] = []
        labels: set[str] = set()
        start, end = 0, -1
        for stop, number in sorted(self._scan(data)):
            if stop > end:
                if labels:
                    lines.append(Line(start, end, frozenset(labels)))
                start = data.rfind(b"\n", max(end, 0), stop - 1) + 1
                end = data.find(b"\n", stop)
                end = len(data) if end < 0 else end
                labels = set()
            labels.add(self._patterns[number].label)
        if labels:
            lines.append(Line(start, end, frozenset(labels)))
        return lines


def _scanner(patterns: tuple[Pattern, ...], folder: Path | None, names: Sequence[str]) -> Scanner:
    """The first of the named engines that is installed."""
    makers: dict[str, Callable[[], Scanner]] = {
        "hyperscan": lambda: _hyperscan(patterns, folder),
        "re2": lambda: _re2(patterns),
        "re": lambda: _re(patterns),
    }
    for name in names:
        try:
            return makers[name]()
        except ImportError:
            continue
    raise ImportError(f"none of these engines is installed: {', '.join(names)}")


def _re(patterns: tuple[Pattern, ...]) -> Scanner:
    return _line_by_line(
        [
            re.compile(pattern.regex, re.IGNORECASE if pattern.ignore_case else 0)
            for pattern in patterns
        ]
    )


def _re2(patterns: tuple[Pattern, ...]) -> Scanner:
    return _line_by_line(
        [compile_re2(pattern.regex, ignore_case=pattern.ignore_case) for pattern in patterns]
    )


def compile_re2(regex: bytes, *, ignore_case: bool) -> Any:
    """`regex` for google-re2, over bytes as the other engines see them. Raises ImportError."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not ignore_case
    options.max_mem = _RE2_MEMORY
    options.log_errors = False
    return re2.compile(regex, options)


def _line_by_line(compiled: Sequence[Any]) -> Scanner:
    """Each expression alone: all in one automaton make far more states on hostile text than any
    memory holds, and building them again and again takes a minute for 5 MB."""

    def scan(data: bytes) -> Matches:
        return [match for n, regex in enumerate(compiled) for match in _once_a_line(regex, n, data)]

    return scan


def _once_a_line(regex: Any, number: int, data: bytes) -> Matches:
    """The first match of `regex` in each line that has one."""
    matches: Matches = []
    position = 0
    while len(matches) < MATCH_LIMIT and (match := regex.search(data, position)):
        matches.append((match.end(), number))
        position = data.find(b"\n", match.end())
        if position < 0:
            break
    return matches


def _hyperscan(patterns: tuple[Pattern, ...], folder: Path | None) -> Scanner:
    import hyperscan

    database = _database(patterns, folder)
    line_by_line: list[Scanner] = []

    def scan(data: bytes) -> Matches:
        matches: Matches = []

        def found(number: int, start: int, end: int, flags: int, context: object) -> bool | None:
            matches.append((end, number))
            return len(matches) >= MATCH_LIMIT or None

        try:
            database.scan(data, match_event_handler=found)
        except hyperscan.ScanTerminated:
            # It tells every character at which a match could end: an embedded image behind the word
            # "token" gives a hundred thousand of them. From that line on, one a line is enough.
            if not line_by_line:
                line_by_line.append(_scanner(patterns, None, ENGINES[1:]))
            last, _ = matches[-1]  # the furthest: they come in the order of their ends
            start = data.rfind(b"\n", 0, last - 1) + 1
            rest = line_by_line[0](data[start:])
            matches += [(start + end, number) for end, number in rest]
        return matches

    return scan


def _database(patterns: tuple[Pattern, ...], folder: Path | None) -> Any:
    """The database of `patterns`: the saved one where it is whole and ours, else a new one."""
    import hyperscan

    path = None if folder is None else os.path.join(folder, saved_name(patterns))
    if path is not None:
        saved = compiled.load(path)
        if saved is not None:
            return saved
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.regex for pattern in patterns],
        ids=list(range(len(patterns))),
        flags=[hyperscan.HS_FLAG_CASELESS * pattern.ignore_case for pattern in patterns],
    )
    if path is not None:
        compiled.save(path, hyperscan.dumpb(database))
    return database


def saved_name(patterns: Iterable[Pattern]) -> str:
    """The name of the file in which the compiled database of `patterns` is kept."""
    import hyperscan

    identity = repr((vars(hyperscan)["__version__"], tuple(patterns))).encode()
    return f"secrets-gate-{hashlib.blake2b(identity, digest_size=12).hexdigest()}.hs"
