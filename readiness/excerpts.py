"""Excerpts: the lines that findings point at, as people may see them in a report that travels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from textwrap import dedent
from typing import Protocol

from readiness.model import SUBMODULE, SYMLINK, Excerpt, Excerpts, Finding, Location, Snapshot

MOST = 1_000  # places that are shown
LARGEST = 1_000_000  # bytes of a file that lines are shown of
LINES = 8  # at most of those that a finding points at
CONTEXT = 2  # before and after
WIDTH = 160  # characters of a line
_TAB = 4


class Reader(Protocol):
    """What is needed of a repository."""

    def read(self, blob_ids: Iterable[str], limit: int, /) -> Iterator[tuple[str, bytes | str]]: ...


def excerpts(reader: Reader, snapshot: Snapshot, findings: Iterable[Finding]) -> Excerpts:
    """The lines of `snapshot` that `findings`, worst first, point at.

    Nothing is shown of a binary or larger file, nor of one that is mostly secrets.
    """
    from readiness.secrets.quoting import quoted

    places = list(dict.fromkeys(finding.pointed for finding in findings if finding.pointed))
    shown = places[:MOST]
    plain = {
        file.path: file.blob_id for file in snapshot.files if file.mode not in (SYMLINK, SUBMODULE)
    }
    of_path: dict[str, list[Location]] = {}
    for place in shown:
        if place.path in plain:
            of_path.setdefault(place.path, []).append(place)
    found: dict[Location, tuple[int, list[str]]] = {}
    values: set[str] = set()
    contents = reader.read([plain[path] for path in of_path], LARGEST)
    for (path, wanted), (_, content) in zip(of_path.items(), contents, strict=True):
        text = None if isinstance(content, str) else quoted(path, content)
        if text is not None:
            values |= text.values
            found |= {place: cut for place in wanted if (cut := _cut(place, text.lines))}
    cuts = [(place, *found[place]) for place in shown if place in found]
    lines = iter(_without(values, "\n".join(line for *_, cut in cuts for line in cut)).split("\n"))
    made = tuple(
        Excerpt(place, first, tuple(_fitted([next(lines) for _ in cut])))
        for place, first, cut in cuts
    )
    return Excerpts(made, left_out=len(places) - len(shown))


def _cut(place: Location, lines: list[str | None]) -> tuple[int, list[str]] | None:
    """The number of the first line to show, and the lines; null where the place is outside of the
    file."""
    assert place.line is not None
    last = min(place.end_line or place.line, place.line + LINES - 1)
    if not 1 <= place.line <= len(lines):
        return None
    first = max(1, place.line - CONTEXT)
    cut = lines[first - 1 : last + CONTEXT]
    while cut and not (cut[-1] or "").strip() and first + len(cut) - 1 > last:
        cut.pop()
    return first, ["… a line too long to be shown" if line is None else line for line in cut]


def _without(values: Iterable[str], text: str) -> str:
    """`text` in which each of `values` is hidden, from whichever file it is known."""
    longest = sorted(values, key=lambda value: (-len(value), value))
    return reduce(lambda text, value: text.replace(value, "*" * len(value)), longest, text)


def _fitted(lines: Iterable[str]) -> Iterator[str]:
    """The lines without what all of them are indented by, each cut at its end."""
    for line in dedent("\n".join(line.rstrip().expandtabs(_TAB) for line in lines)).split("\n"):
        yield line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
