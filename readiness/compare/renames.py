"""Renames: where the files of one tree lie in another, whatever was edited on the way."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

Blobs = Mapping[str, str]  # path -> id of its content
Read = Callable[[Iterable[str]], Mapping[str, bytes]]  # ids -> contents, of those that can be read

_ALIKE = 0.5  # share of a file's lines that are still there from which it is the same file
_COMMON = 50  # files that share a line above which it tells nothing
_MOST = 4_000  # files whose lines are compared
_TOKEN = re.compile(r"[^\s|:,;=]+")


class Renames:
    """`files`: the path of a file in the first tree -> its path in the second, where it differs."""

    def __init__(self, files: Mapping[str, str], kept: Iterable[str] = ()) -> None:
        self.files = dict(files)
        self._kept = kept

    def path(self, path: str) -> str:
        """Where a file or folder of the first tree lies in the second."""
        return self.files[path] if path in self.files else _through(self.folders, path)

    def key(self, key: str) -> str:
        """A finding's key in which every path, or module's dotted name, is that of the second."""
        if not self.files:
            return key
        if key in self._aliases:
            return self._aliases[key]
        return _TOKEN.sub(lambda match: _through(self._aliases, match[0]), key)

    @cached_property
    def folders(self) -> dict[str, str]:
        """Each folder that is gone -> where most of its files went."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for old, new in self.files.items():
            for old_folder, new_folder in _parents(old, new):
                votes[old_folder][new_folder] += 1
        there = {folder for path in self._kept for folder in _above(path)}
        return {
            folder: min(names, key=lambda name: (-names[name], name))
            for folder, names in votes.items()
            if folder not in there
        }

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Every way to write a renamed path: from any folder above it, and as a module's name."""
        found: dict[str, set[str]] = defaultdict(set)
        for old, new in (*self.files.items(), *self.folders.items()):
            for before, after in _suffixes(old, new):
                found[before].add(after)
                found[_module(before)].add(_module(after))
        return {old: next(iter(news)) for old, news in found.items() if len(news) == 1}


def find(before: Blobs, after: Blobs, read: Read) -> Renames:
    """The renames between two trees.

    Files of the same content are paired first, those of the same name before others; then files
    that are gone with those that are new and hold most of their lines, whatever the indentation.
    Each file is paired once: a copy is no rename.
    """
    old = {path for path, blob in before.items() if after.get(path) != blob}
    new = {path for path, blob in after.items() if before.get(path) != blob}
    files: dict[str, str] = {}
    for gone in (True, False):  # what is gone has moved; what was overwritten may have, too
        left = [p for p in old if (p not in after) is gone]
        files |= _same(left, new.difference(files.values()), before, after)
    added = new.difference(files.values(), before)
    files |= _alike(old.difference(files, after), added, before, after, read)
    return Renames(files, after)


def _same(old: Iterable[str], new: Iterable[str], before: Blobs, after: Blobs) -> dict[str, str]:
    """Pairs of files of one content; the longer the end that their paths share, the sooner."""
    left, right = sorted(old), sorted(new)
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    depths = [path.count("/") + 1 for path in left]
    for depth in range(max(depths, default=0), -1, -1):
        by_tail: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path in reversed(right):
            if path not in taken:
                by_tail[after[path], _tail(path, depth)].append(path)
        for path in left:
            free = by_tail.get((before[path], _tail(path, depth))) if path not in pairs else None
            if free:
                pairs[path] = free.pop()
                taken.add(pairs[path])
    return pairs


def _alike(
    old: Iterable[str], new: Iterable[str], before: Blobs, after: Blobs, read: Read
) -> dict[str, str]:
    """Pairs of files of which the second holds most lines of the first, the likest first."""
    left, right = sorted(old)[:_MOST], sorted(new)[:_MOST]
    if not left or not right:
        return {}
    contents = read({*(before[path] for path in left), *(after[path] for path in right)})
    where: dict[bytes, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for path in left:
        lines = _lines(contents.get(before[path], b""))
        sizes[path] = sum(lines.values())
        for line in lines:
            where[line].append(path)
    found: list[tuple[float, int, str, str]] = []
    for path in right:
        shared: Counter[str] = Counter()
        for line, times in _lines(contents.get(after[path], b"")).items():
            for other in where.get(line, ()) if len(where.get(line, ())) <= _COMMON else ():
                shared[other] += times
        for other, number in shared.items():
            share = min(1.0, number / sizes[other])
            if share >= _ALIKE:
                found.append((-share, -_common_tail(other, path), other, path))
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, other, path in sorted(found):
        if other not in pairs and path not in taken:
            pairs[other] = path
            taken.add(path)
    return pairs


def _lines(content: bytes) -> Counter[bytes]:
    """The lines that say something, without their indentation; none of what is no text."""
    if b"\0" in content[:8192]:
        return Counter()
    return Counter(line for line in map(bytes.strip, content.split(b"\n")) if len(line) > 2)


def _through(renamed: Mapping[str, str], path: str) -> str:
    """`path` with what is renamed of it, itself or a folder above, under its new name."""
    folder, rest = path, ""
    while folder:
        if folder in renamed:
            return renamed[folder] + rest
        folder, slash, name = folder.rpartition("/")
        rest = slash + name + rest
    return path


def _tail(path: str, depth: int) -> str:
    return "/".join(path.split("/")[-depth:]) if depth else ""


def _common_tail(old: str, new: str) -> int:
    """How many folders and names, from the end, two paths share."""
    left, right = old.split("/"), new.split("/")
    shared = 0
    while left and right and left.pop() == right.pop():
        shared += 1
    return shared


def _parents(old: str, new: str) -> Iterator[tuple[str, str]]:
    """The folders that moved if a file did: those above the end that both paths share."""
    left, right = old.split("/")[:-1], new.split("/")[:-1]
    while left and right:
        if left == right:
            return
        yield "/".join(left), "/".join(right)
        if left.pop() != right.pop():
            return


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _suffixes(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Both paths, without none, one, two, ... of the folders at their beginning that they share."""
    left, right = old.split("/"), new.split("/")
    while True:
        yield "/".join(left), "/".join(right)
        if len(left) < 2 or len(right) < 2 or left[0] != right[0]:
            return
        left, right = left[1:], right[1:]


def _module(path: str) -> str:
    return path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
