"""Twins: same blobs, near-duplicate files, duplicate trees, and which copy is current."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python, shingles, text
from readiness.index.archives import below
from readiness.index.inventory import FileClass
from readiness.index.references import Use
from readiness.model import Evidence, Location, Speaks

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class TreePair(Struct, frozen=True, order=True):
    """Two folders that share `shared` identical files at the same relative paths.

    Files that say nothing, and those that are generated or test data, do not count."""

    left: str
    right: str
    shared: int
    left_files: int
    right_files: int

    @property
    def share(self) -> float:
        """The share of the smaller folder's files that the other one has too."""
        return self.shared / min(self.left_files, self.right_files)


class Twins(Struct, frozen=True):
    """`same`: blob id -> its paths, where there are two or more and the file says something.
    `trees`: the largest pairs of duplicate folders, most shared files first."""

    same: dict[str, tuple[str, ...]] = {}
    trees: tuple[TreePair, ...] = ()


class Choice(Struct, frozen=True):
    """Which of two copies is current ("" when nothing decides), and what says so. `by` names the
    kind of evidence that decided: reached, imported, replaced, named, edited or marked."""

    current: str
    evidence: tuple[Evidence, ...] = ()
    by: str = ""


SIZE = 64  # bytes below which equal files say nothing
COPIES = 8  # of one blob, above which it is boilerplate and tells nothing of its folders
SHARED, SHARE = 10, 0.6  # files that duplicate trees have in common, and their share
PAIRS = 200  # duplicate trees that are kept
_REPLACED = re.compile(
    r"(?:replaced by|superseded by|deprecated in fav(?:ou)?r of|obsoleted by|moved to|"
    r"use (?=[^.\n]{1,80} instead))([^\n]{1,120})",
    re.IGNORECASE,
)
IDLE = 14 * 86_400  # seconds by which the last edits of two copies must differ to tell


def build(index: RepoIndex) -> Twins:
    by_blob: dict[str, list[str]] = {}
    eligible = []
    for path, facts in index.each(text.SLICE):
        if facts.size < SIZE or (facts.encoding != "binary" and facts.lines < 2):
            continue
        by_blob.setdefault(index.files[path].blob_id, []).append(path)
        if not index.inventory.is_(path, FileClass.GENERATED, FileClass.FIXTURE):
            eligible.append(path)
    same = {blob: tuple(paths) for blob, paths in sorted(by_blob.items()) if len(paths) > 1}
    return Twins(same, _trees(same.values(), eligible))


def _trees(copies: Iterable[tuple[str, ...]], eligible: list[str]) -> tuple[TreePair, ...]:
    """Duplicate trees, from the folders above each two identical files of one name.

    Two equal paths from the end upwards lie in pairs of folders that correspond; each such pair
    counts the file once. Of pairs around each other, the one that shares most is kept, and of
    those that share alike the one with the fewest other files.
    """
    counted = set(eligible)
    files: Counter[str] = Counter()
    for home, number in Counter(path.rpartition("/")[0] for path in eligible).items():
        files[home] += number
        for folder in _above(home):
            files[folder] += number
    shared: Counter[tuple[str, str]] = Counter()
    for paths in copies:
        paths = tuple(path for path in paths if path in counted)
        if 1 < len(paths) <= COPIES:
            for left, right in combinations(paths, 2):
                shared.update(_corresponding(left, right))
    found = [
        pair
        for (left, right), number in shared.items()
        if number >= SHARED
        and (pair := TreePair(left, right, number, files[left], files[right])).share >= SHARE
    ]
    found.sort(
        key=lambda pair: (-pair.shared, pair.left_files + pair.right_files, len(pair.left), pair)
    )
    largest: list[TreePair] = []
    taken: set[tuple[str, str]] = set()
    around_taken: set[tuple[str, str]] = set()
    for pair in found:
        around = _corresponding(pair.left, pair.right)
        own = (pair.left, pair.right)
        if own not in around_taken and taken.isdisjoint(around):
            largest.append(pair)
            taken.add(own)
            around_taken.update(around)
    return tuple(largest[:PAIRS])


def _above(path: str) -> list[str]:
    """Every folder above `path`, the nearest first, the root last."""
    folders = []
    while path:
        path = path.rpartition("/")[0]
        folders.append(path)
    return folders


def _corresponding(left: str, right: str) -> list[tuple[str, str]]:
    """The pairs of folders from which both paths go on alike, the nearest first."""
    pairs = []
    while left and right and left.rpartition("/")[2] == right.rpartition("/")[2]:
        left, right = left.rpartition("/")[0], right.rpartition("/")[0]
        pairs.append((left, right) if left < right else (right, left))
    return pairs


def overlap(index: RepoIndex, left: str, right: str) -> tuple[float, float, float]:
    """(similarity, share of `left` that is in `right`, share of `right` in `left`) of two files,
    each from 0 to 1, by their words without comments and strings; 0 where one has too few."""
    if index.files[left].blob_id == index.files[right].blob_id:
        return 1.0, 1.0, 1.0
    one = index.facts(shingles.SLICE, left)
    two = index.facts(shingles.SLICE, right)
    return shingles.compare(one, two) if one and two else (0.0, 0.0, 0.0)


def similarity(index: RepoIndex, left: str, right: str) -> float:
    """The Jaccard similarity of two files' token shingles, 0 to 1; 0 where one has none."""
    return overlap(index, left, right)[0]


def choose(index: RepoIndex, left: str, right: str) -> Choice:
    """The current one of two files or folders: reached from an entrypoint > imported by live code
    > called the successor, or moved there > named by CI or documents > newer and still edited >
    path markers. The first that tells them apart decides; its evidence speaks for the choice."""
    both = (left, right)
    for by, evidence_of in (
        ("reached", _reached),
        ("imported", _imported),
        ("imported", _imported_elsewhere),
        ("replaced", _successor),
        ("replaced", _moved),
        ("named", _run),
        ("named", _mentioned),
    ):
        found = [evidence_of(index, one, other) for one, other in (both, both[::-1])]
        if bool(found[0]) != bool(found[1]):
            return Choice(left if found[0] else right, tuple(found[0] or found[1]), by)
    return _edited(index, left, right) or _marked(index, left, right) or Choice("")


def _files(index: RepoIndex, path: str) -> list[str]:
    return [path] if path in index.files else below(index, path)


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def _for(summary: str, path: str, line: int | None = None) -> Evidence:
    return Evidence(summary, Location(path, line), Speaks.FOR)


def _outside(index: RepoIndex, source: str, one: str, other: str) -> bool:
    """Does `source` count as a user of `one`? Copies do not speak for each other or themselves,
    and archives and tests speak for nobody."""
    return not (
        _within(source, one)
        or (other and _within(source, other) and not _within(one, other))
        or index.inventory.is_(source, FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE)
    )


def _reached(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    reached = index.reachability.reached
    for path in _files(index, one):
        if path in reached and not (other and _within(path, other) and _within(other, one)):
            via = reached[path]
            how = "is an entrypoint" if via == path else f"is reached from {via}"
            return [_for(f"{path} {how}", via)]
    return []


def _imported(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    edges = [
        edge
        for path in _files(index, one)
        for edge in index.imports.importers.get(path, ())
        if _outside(index, edge.source, one, other)
    ]
    if not edges:
        return []
    reached = index.reachability.reached
    edge = min(edges, key=lambda edge: (edge.source not in reached, edge.source))
    others = len({edge.source for edge in edges}) - 1
    more = f" and {others} more" if others else ""
    return [_for(f"{edge.target} is imported by {edge.source}{more}", edge.source, edge.line)]


def _imported_elsewhere(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    """Imports in languages whose import graph is not built."""
    return _named(index, one, other, Use.IMPORTS, "imports")


def _successor(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    """The docstring of `other` says that `one` replaced it."""
    facts = index.facts(python.SLICE, other) if python.SLICE.kind(other) else None
    said = _REPLACED.search(facts.docstring) if facts is not None else None
    stem = one.rpartition("/")[2].partition(".")[0]
    named = said is not None and re.search(rf"\b{re.escape(stem)}\b", said[1])
    return [_for(f"{other} says that {one} replaced it", other)] if named else []


def _moved(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    """History moved `other` to where `one` is; it came back, or was never taken away."""
    known = index.history.files.get(one)
    moved = known is not None and known.moved_from == other
    return [_for(f"{other} was moved to {one}, and is still there", one)] if moved else []


def _run(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    return _named(index, one, other, Use.RUNS, "runs")


def _mentioned(index: RepoIndex, one: str, other: str) -> list[Evidence]:
    return _named(index, one, other, Use.MENTIONS, "names")


def _named(index: RepoIndex, one: str, other: str, use: Use, verb: str) -> list[Evidence]:
    targets = [one] if one in index.files else [one, *_files(index, one)]
    for target in targets:
        for reference in index.references.to.get(target, ()):
            if reference.use is use and _outside(index, reference.source, one, other):
                return [
                    _for(f"{reference.source} {verb} {target}", reference.source, reference.line)
                ]
    return []


def _edited(index: RepoIndex, left: str, right: str) -> Choice | None:
    """The one that was edited on, after the other had come to rest."""
    last = {}
    for one in (left, right):
        known = index.history.files
        moments = [known[path].last for path in _files(index, one) if path in known]
        last[one] = max(moments, default=0)
    if not all(last.values()) or abs(last[left] - last[right]) < IDLE:
        return None
    current, other = (left, right) if last[left] > last[right] else (right, left)
    days = (last[current] - last[other]) // 86_400
    summary = f"{current} was edited {days} days after the last edit of {other}"
    return Choice(current, (_for(summary, current),), "edited")


def _marked(index: RepoIndex, left: str, right: str) -> Choice | None:
    """The one outside an archive, where the other lies in one."""
    archived = [
        any(_within(one, root) for root in index.inventory.archive_roots) for one in (left, right)
    ]
    if archived[0] == archived[1]:
        return None
    current, other = (right, left) if archived[0] else (left, right)
    return Choice(current, (_for(f"{other} lies in an archive", other),), "marked")
