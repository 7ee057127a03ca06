"""The geometry of the charts, in the units of their own view boxes; the templates draw them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from string import ascii_uppercase

from msgspec import Struct

from readiness.model import Finding, Severity, worst

from ._plan import Stage

_TILES = 14
_SMALL = 0.03  # the share of all below which a folder is told together with others
_LETTER = 7.0  # units of width at the size of a label
_LINE = 16.0  # units of height of a line of labels
_EDGE = 6.0  # units between a label and the border of its rectangle
_LEAST = (11.0, 14.0)  # units of width and height that a single letter needs
ELSEWHERE = "all else"
NO_FILE = "no single file"
ROOT = "files of the root"


class Area(Struct, frozen=True):
    """The findings below one folder."""

    name: str
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        return worst((finding.severity for finding in self.findings), Severity.INFO)


class Tile(Struct, frozen=True):
    """One rectangle of a treemap. `label` are the lines in it: the folder whole and what it holds;
    where that has no room, they are empty and `letter` leads to the legend."""

    number: int
    area: Area
    x: float
    y: float
    width: float
    height: float
    label: tuple[str, ...]
    letter: str = ""

    @property
    def holds_letter(self) -> bool:
        return self.width >= _LEAST[0] and self.height >= _LEAST[1]


class Band(Struct, frozen=True):
    """One phase of a plan: where it begins and ends, and the score after it."""

    stage: Stage
    x: float
    width: float
    y: float
    label: str


class Path(Struct, frozen=True):
    """The score from action to action: `line` and `filled` are points of a polyline and polygon."""

    width: float
    height: float
    line: str
    filled: str
    bands: tuple[Band, ...]
    target: float
    bottom: float
    top: float
    left: float


class Spark(Struct, frozen=True):
    """A score over time; `line` is null where there is one point only."""

    width: float
    height: float
    line: str
    x: float
    y: float
    target: float


def areas(findings: Sequence[Finding]) -> list[Area]:
    """The findings by folder, the fullest first: large folders are opened, what is small in them
    stays with them. Every finding is in exactly one."""
    folders: dict[str, list[Finding]] = {"": [f for f in findings if f.location.path]}
    least = max(2, round(len(findings) * _SMALL))
    closed: set[str] = set()
    while openable := folders.keys() - closed:
        largest = max(openable, key=lambda name: (len(folders[name]), name))
        inside = _inside(largest, folders[largest], least)
        if set(inside) <= {largest} or len(folders) + len(inside) - 1 > _TILES:
            closed.add(largest)
            continue
        del folders[largest]
        folders |= inside
    names = folders.keys()
    named = [
        Area(f"{name}*" if _opened(name, names) else name, tuple(found))
        for name, found in folders.items()
        if name
    ]
    named.sort(key=lambda area: (-len(area.findings), area.name))
    rest = folders.get("", [])
    homeless = [f for f in findings if not f.location.path]
    extra = ((ELSEWHERE if named else ROOT, rest), (NO_FILE, homeless))
    return named + [Area(name, tuple(found)) for name, found in extra if found]


def _opened(folder: str, others: Iterable[str]) -> bool:
    """Are folders inside of this one told apart from it?"""
    return any(other != folder and other.startswith(folder) for other in others)


def _inside(folder: str, findings: Iterable[Finding], least: int) -> dict[str, list[Finding]]:
    """The findings by the folder next below; those of the folder itself and of small ones stay
    its own."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        head, slash, _ = _where(finding).removeprefix(folder).partition("/")
        found[folder + head + "/" if slash else folder].append(finding)
    kept: dict[str, list[Finding]] = defaultdict(list)
    for name, own in found.items():
        kept[name if len(own) >= least else folder] += own
    return kept


def _where(finding: Finding) -> str:
    """The path of the finding; that of a folder ends in a slash."""
    path = finding.location.path or ""
    is_folder = finding.location.line is None and any(
        subject.startswith(f"{path}/") for subject in finding.subjects
    )
    return f"{path}/" if is_folder else path


def treemap(found: Sequence[Area], width: float, height: float) -> list[Tile]:
    """Rectangles whose areas are in proportion to the numbers of findings."""
    import squarify

    if not found:
        return []
    ordered = sorted(enumerate(found, 1), key=lambda entry: -len(entry[1].findings))
    sizes = squarify.normalize_sizes([len(a.findings) for _, a in ordered], width, height)
    boxes = squarify.squarify(sizes, 0, 0, width, height)
    letters = iter(ascii_uppercase)
    tiles = []
    for (number, area), box in zip(ordered, boxes, strict=True):
        label = _label(area, box["dx"], box["dy"])
        tiles.append(
            Tile(
                number=number,
                area=area,
                x=_round(box["x"] + 1),
                y=_round(box["y"] + 1),
                width=_round(max(1.0, box["dx"] - 2)),
                height=_round(max(1.0, box["dy"] - 2)),
                label=label,
                letter="" if label else next(letters),
            )
        )
    return tiles


def _label(area: Area, width: float, height: float) -> tuple[str, ...]:
    """A folder's name, in two lines where it must be, and what it holds; none where they do not
    fit. Folders before its last ones may go, the last is never cut."""
    room = int((width - 2 * _EDGE) / _LETTER)
    lines = int((height - _EDGE) / _LINE)
    holds = f"{len(area.findings):,} · {area.severity}"
    parts = area.name.rstrip("/*").split("/")
    ending = area.name[len(area.name.rstrip("/*")) :]
    if len(holds) > room:
        return ()
    for first in range(len(parts)):
        name = ("…/" if first else "") + "/".join(parts[first:]) + ending
        told = _broken(name, room)
        if told and len(told) < lines:
            return (*told, holds)
    return ()


def _broken(name: str, room: int) -> tuple[str, ...]:
    """A name in one or two lines of at most `room` characters, broken behind a sign."""
    if len(name) <= room:
        return (name,)
    ends = [match.end() for match in re.finditer(r"[/_. -]", name)]
    fitting = [end for end in ends if end <= room and len(name) - end <= room]
    return (name[: fitting[-1]], name[fitting[-1] :]) if fitting else ()


def path(
    stages: Sequence[Stage], now: float, target: float, width: float, height: float
) -> Path | None:
    """The way of the overall score through the phases of a plan; null where it is unknown."""
    steps = [(stage, action.after) for stage in stages for action in stage.actions]
    if not steps or all(after is None for _, after in steps):
        return None
    left, right, top, bottom = 26.0, 34.0, 24.0, height - 22.0
    scale = (width - left - right) / len(steps)

    def y(value: float) -> float:
        return _round(bottom - value / 10 * (bottom - top))

    points = [(left, y(now))]
    current = now
    for number, (_, after) in enumerate(steps, 1):
        x = _round(left + number * scale)
        points.append((x, y(current)))
        current = current if after is None else after
        points.append((x, y(current)))
    bands, start = [], 0
    for stage in stages:
        end = start + len(stage.actions)
        x, span = _round(left + start * scale), _round(len(stage.actions) * scale)
        after = stage.after if stage.after is not None else now
        label = str(stage.phase.value)
        if len(stage.phase.label) * _LETTER + 20 < span:
            label = f"{label} {stage.phase.label}"
        bands.append(Band(stage, x, span, y(after), label))
        start = end
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    filled = f"{left:g},{bottom:g} {line} {points[-1][0]:g},{bottom:g}"
    return Path(width, height, line, filled, tuple(bands), y(target), bottom, top, left)


def spark(
    values: Sequence[tuple[int, float]], target: float, width: float, height: float
) -> Spark | None:
    """A score over time, from (seconds since 1970, score) in the order of time; null for none."""
    if not values:
        return None
    first, last = values[0][0], values[-1][0]
    span = max(1, last - first)
    edge = 4.0

    def place(at: int, value: float) -> tuple[float, float]:
        x = width - edge if last == first else edge + (at - first) / span * (width - 2 * edge)
        return _round(x), _round(height - edge - value / 10 * (height - 2 * edge))

    points = [place(at, value) for at, value in values]
    line = " ".join(f"{x:g},{y:g}" for x, y in points) if len(points) > 1 else ""
    x, y = points[-1]
    return Spark(width, height, line, x, y, place(last, target)[1])


def _round(value: float) -> float:
    return round(value, 1)
