"""Near copies: modules that hold the same functions, and how much of one is in the other.

Most of a copy that went its own way is still there function by function, with the same names and
lengths. So the definitions that the index has anyway find the pairs: modules that share one of
their longest functions. Where the words of both files were read too (`facts.shingles`), they
decide. What has the same shape under other names is no copy, neither is a file that stands under
one name in a row of sibling folders: a plug-in, an adapter, a module of each service.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python, text
from readiness.facts.python import PythonFacts
from readiness.index.archives import Name, judge
from readiness.index.inventory import FileClass, named_as_test
from readiness.index.twins import overlap

if TYPE_CHECKING:
    from readiness.index import RepoIndex

Function = tuple[str, int]  # qualified name, lines


class NearCopy(Struct, frozen=True, order=True):
    """Two modules of which one is a copy of the other. `share` is what they have in common of
    both, `of_left` and `of_right` of each one, 0 to 1. `functions` counts the common ones.
    `read`: the words of both were compared, not only names and lengths; `same`: byte for byte."""

    left: str
    right: str
    share: float
    of_left: float
    of_right: float
    functions: int = 0
    read: bool = False
    same: bool = False

    def inside(self, path: str) -> float:
        """How much of `path`, one of the two, is in the other."""
        return self.of_left if path == self.left else self.of_right


ALIKE = 0.85  # what two files have in common, from which they are near copies
INSIDE = 0.8  # of the smaller one, from which it lies within the other
WHOLE = 0.95  # the same where nothing else is known
SHAPED, INSIDE_SHAPED = 0.6, 0.85  # the same where only names and lengths are known
LONG = 40  # lines from which a file is judged
SHORT = 12  # the same of files that are equal byte for byte
FUNCTIONS = 4  # that two files must share where only names and lengths are known
LONGEST = 4  # functions of each file by which pairs are found
FAMILY = 3  # sibling folders with a file of one name, from which it is there by convention
MOST = 8  # files that share one function, above which it is boilerplate
_APART = {
    *("migrations", "versions", "alembic", "generated", "fixtures", "testdata", "vendor"),
    *("node_modules", "third_party", "site-packages", "examples", "example", "samples", "demo"),
    *("tests", "test", "templates", "tutorials", "stubs", "typings"),
}


def compared(paths: Collection[str]) -> set[str]:
    """The modules whose words are read: those of which exactly two bear one name, alone or with
    the names of the two folders above it."""
    alike: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if not name.endswith(".py") or name.startswith("__") or named_as_test(name):
            continue
        if not _aside(folder):
            alike.setdefault(name, []).append(path)
            if "/" in folder:
                alike.setdefault("/".join(path.rsplit("/", 3)[-3:]), []).append(path)
    return {path for twins in alike.values() if len(twins) == 2 for path in twins}


@lru_cache(maxsize=65536)
def _aside(folder: str) -> bool:
    parts = folder.split("/") if folder else []
    return not _APART.isdisjoint(parts) or any(judge(part) >= Name.NOUN for part in parts)


def build(index: RepoIndex) -> tuple[NearCopy, ...]:
    """Every pair of near copies among the live modules, the most alike first."""
    lines = dict(_modules(index))
    of_files = index.of_each(python.SLICE, _functions)
    known = index.paths(python.SLICE)
    shapes = {
        path: of_files[path] if path in known else frozenset[Function]()
        for path, number in lines.items()
        if number >= LONG
    }
    read = compared(index.files) & shapes.keys()
    pairs = {*_of_one_blob(index, lines), *_of_one_name(read), *_sharing(shapes)}
    found = [
        copy
        for left, right in sorted(pairs)
        if (copy := _compare(index, left, right, shapes, read)) is not None
        and not _by_convention(index, left, right)
    ]
    alike = _in_one_folder(found)
    found = [copy for copy in found if (copy.left, copy.right) not in alike]
    return tuple(sorted(found, key=lambda copy: (-copy.share, copy)))


def _modules(index: RepoIndex) -> Iterator[tuple[str, int]]:
    """(path, lines) of the live modules that are not too short to be judged at all."""
    for path, known in index.each(text.SLICE):
        if (
            known.lines >= SHORT
            and path.endswith(".py")
            and index.inventory.is_(path, FileClass.LIVE, FileClass.SCRIPT)
            and not index.inventory.is_test(path)
            and not _aside(path.rpartition("/")[0])
        ):
            yield path, known.lines


def _functions(path: str, facts: PythonFacts) -> frozenset[Function]:
    return frozenset(
        (each.name, each.end_line - each.line + 1)
        for each in facts.definitions
        if each.kind == "function"
    )


@lru_cache(1 << 14)
def _longest(shape: frozenset[Function]) -> tuple[Function, ...]:
    return tuple(sorted(shape, key=lambda each: (-each[1], each[0]))[:LONGEST])


Pair = tuple[str, str]


def _pairs(paths: Iterable[str]) -> Iterator[Pair]:
    return combinations(sorted(paths), 2)


def _of_one_blob(index: RepoIndex, shapes: Collection[str]) -> Iterator[Pair]:
    for paths in index.twins.same.values():
        live = [path for path in paths if path in shapes]
        if len(live) <= MOST:
            yield from _pairs(live)


def _of_one_name(read: Iterable[str]) -> Iterator[Pair]:
    by_name: dict[str, list[str]] = {}
    for path in read:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    for paths in by_name.values():
        if len(paths) <= MOST:
            yield from _pairs(paths)


def _sharing(shapes: dict[str, frozenset[Function]]) -> Iterator[Pair]:
    """The pairs that share one of their longest functions."""
    holders: dict[Function, list[str]] = {}
    for path, shape in shapes.items():
        for function in _longest(shape):
            holders.setdefault(function, []).append(path)
    for paths in holders.values():
        if len(paths) <= MOST:
            yield from _pairs(paths)


def _compare(
    index: RepoIndex,
    left: str,
    right: str,
    shapes: dict[str, frozenset[Function]],
    read: Collection[str],
) -> NearCopy | None:
    if index.files[left].blob_id == index.files[right].blob_id:
        return NearCopy(left, right, 1.0, 1.0, 1.0, read=True, same=True)
    one, two = shapes[left], shapes[right]
    common = one & two
    if left in read and right in read:
        share, of_left, of_right = overlap(index, left, right)
        if share >= ALIKE or max(of_left, of_right) >= INSIDE:
            return NearCopy(left, right, share, of_left, of_right, len(common), read=True)
        return None
    lines = _lines(common)
    of_left, of_right = lines / max(1, _lines(one)), lines / max(1, _lines(two))
    share = lines / max(1, _lines(one | two))
    enough = share >= SHAPED or max(of_left, of_right) >= INSIDE_SHAPED
    if len(common) < FUNCTIONS or not enough:
        return None
    return NearCopy(left, right, share, of_left, of_right, len(common))


def _lines(functions: Iterable[Function]) -> int:
    return sum(lines for _, lines in functions)


def _by_convention(index: RepoIndex, left: str, right: str) -> bool:
    """Do both stand, under one name, in a row of sibling folders that all have such a file?"""
    one, two = left.split("/"), right.split("/")
    if len(one) != len(two):
        return False
    apart = [place for place, parts in enumerate(zip(one, two, strict=True)) if len(set(parts)) > 1]
    if len(apart) != 1 or apart[0] == len(one) - 1:
        return False
    above, rest = "/".join(one[: apart[0]]), "/".join(one[apart[0] + 1 :])
    return sum(f"{child}/{rest}" in index.files for child in index.folders[above]) >= FAMILY


def _in_one_folder(found: Iterable[NearCopy]) -> set[Pair]:
    """The pairs among three or more files of one folder that are all alike: one of each kind."""
    beside: dict[str, set[str]] = {}
    pairs = []
    for copy in found:
        folder = copy.left.rpartition("/")[0]
        if folder == copy.right.rpartition("/")[0]:
            beside.setdefault(folder, set()).update((copy.left, copy.right))
            pairs.append((copy.left, copy.right))
    return {pair for pair in pairs if len(beside[pair[0].rpartition("/")[0]]) >= FAMILY}
