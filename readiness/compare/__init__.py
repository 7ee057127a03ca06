"""Comparison: which findings of one tree are those of another, and which are new. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from readiness.compare.renames import Blobs, Read, Renames, find
from readiness.model import ActionKind, Finding

__all__ = ["Compared", "Pair", "Renames", "Trees", "compare", "find"]

# Where a finding says that whole files should go, it is those files that it is about.
_OF_FILES = (ActionKind.ARCHIVE, ActionKind.REMOVE, ActionKind.AUDIT)
_DIGEST = re.compile(r"[0-9a-f]{16,}")  # a key that stands for a content, wherever it lies
_ORDINAL = re.compile(r" \d+$")
_TELLING = 8  # characters from which a line tells that it is the same one


class Trees(Struct, frozen=True, dict=True):
    """The two trees: path -> id of its content in each, and how contents are read."""

    before: Blobs
    after: Blobs
    read: Read

    @cached_property
    def renames(self) -> Renames:
        return find(self.before, self.after, self.read)


class Pair(Struct, frozen=True):
    """A finding that was there before. `added`: the files that came with the change and that it
    says should go, too."""

    before: Finding
    after: Finding
    added: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        return self.before.fingerprint != self.after.fingerprint


class Compared(Struct, frozen=True):
    """What the change brought, what it mended, and what was there before."""

    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    pairs: tuple[Pair, ...]


def compare(before: Iterable[Finding], after: Iterable[Finding], trees: Trees) -> Compared:
    """Pairs the findings of two trees, one to one.

    First those of one fingerprint; then those whose path and key are the same once both are
    written as after the change; then a rule's findings on the same files, which of them it calls
    the copy; then those of one key that lie elsewhere with the very line that they speak of; then
    what a mended one had hidden. What says that files should go is old where the rule said so of
    every one of them before, however they are grouped. All else that appeared is new.
    """
    return _Comparison(list(before), list(after), trees).result()


class _Comparison:
    def __init__(self, before: list[Finding], after: list[Finding], trees: Trees) -> None:
        self.old = before
        self.new = after
        self.all_old = tuple(before)
        self.all_new = tuple(after)
        self.trees = trees
        self.pairs: list[tuple[Finding, Finding]] = []

    def result(self) -> Compared:
        self._pair(lambda finding: finding.fingerprint, lambda finding: finding.fingerprint)
        if self.old and self.new:
            self._pair(self._translated, lambda each: (each.rule, each.location.path, each.key))
            self._pair(self._subjects_before, _subjects)
            self._pair_lines()
            self._pair_unmasked()
        regrouped = self._regrouped() if self.new else []
        new = [each for each in self.new if not any(each is after for _, after in regrouped)]
        new = self._unlike(new)
        kept = tuple(
            Pair(before, after, self._added(before, after))
            for before, after in (*self.pairs, *regrouped)
        )
        mended = [each for each in self.old if not any(each is old for old, _ in regrouped)]
        return Compared(tuple(new), tuple(mended), kept)

    def _pair(
        self,
        identity: Callable[[Finding], Hashable | None],
        other: Callable[[Finding], Hashable | None],
    ) -> None:
        """Pairs what is left by an identity in either tree; null where it has none."""
        waiting: dict[Hashable, list[Finding]] = defaultdict(list)
        for finding in reversed(self.old):
            name = identity(finding)
            if name is not None:
                waiting[name].append(finding)
        left = []
        for finding in self.new:
            name = other(finding)
            if name is not None and waiting.get(name):
                self.pairs.append((waiting[name].pop(), finding))
            else:
                left.append(finding)
        paired = {id(before) for before, _ in self.pairs}
        self.old = [finding for finding in self.old if id(finding) not in paired]
        self.new = left

    def _path(self, path: str | None) -> str | None:
        return None if path is None else self.trees.renames.path(path)

    def _translated(self, finding: Finding) -> Hashable:
        key = self.trees.renames.key(finding.key)
        return finding.rule, self._path(finding.location.path), key

    def _subjects_before(self, finding: Finding) -> Hashable | None:
        return _subjects(finding, self.trees.renames)

    def _pair_lines(self) -> None:
        """What moved from file to file: the same rule, key and line; or a key that is a digest."""
        keys = {(finding.rule, finding.key) for finding in self.old}
        near = [finding for finding in self.new if (finding.rule, finding.key) in keys]
        far = {(finding.rule, finding.key) for finding in near}
        texts_before = self._texts(
            [finding for finding in self.old if (finding.rule, finding.key) in far],
            self.trees.before,
        )
        texts_after = self._texts(near, self.trees.after)

        def identity(texts: dict[int, bytes], finding: Finding) -> Hashable | None:
            if finding.key and _DIGEST.fullmatch(finding.key):
                return finding.rule, finding.key
            text = texts.get(id(finding), b"")
            return (finding.rule, finding.key, text) if len(text) >= _TELLING else None

        self._pair(
            lambda finding: identity(texts_before, finding),
            lambda finding: identity(texts_after, finding),
        )

    def _pair_unmasked(self) -> None:
        """What one that is mended hid: the rule says it of the same file, and neither that nor any
        other that it speaks of was touched."""
        renames = self.trees.renames.files
        if set(self.trees.before).difference(self.trees.after, renames):
            return  # it may speak of what is gone
        origin = {new: old for old, new in renames.items()}

        def untouched(finding: Finding) -> Hashable | None:
            same = all(
                self.trees.after.get(path, "") == self.trees.before.get(origin.get(path, path))
                for path in finding.subjects
            )
            return (finding.rule, finding.location.path) if same and finding.subjects else None

        self._pair(lambda each: (each.rule, self._path(each.location.path)), untouched)

    def _texts(self, findings: Sequence[Finding], blobs: Blobs) -> dict[int, bytes]:
        """The line that each finding speaks of, without its indentation, by the finding's id."""
        wanted = {
            id(finding): (blobs[path], finding.location.line)
            for finding in findings
            if (path := finding.location.path) and path in blobs and finding.location.line
        }
        contents = self.trees.read({blob for blob, _ in wanted.values()})
        split = {blob: content.split(b"\n") for blob, content in contents.items()}
        return {
            name: split[blob][line - 1].strip()
            for name, (blob, line) in wanted.items()
            if line <= len(split.get(blob, ()))
        }

    def _regrouped(self) -> list[tuple[Finding, Finding]]:
        """What only says otherwise that the same files should go."""
        told: dict[str, dict[str, Finding]] = defaultdict(dict)
        for finding in self.all_old:
            for path in _files(finding):
                moved = self._path(path) if path not in self.trees.after else path
                told[finding.rule].setdefault(moved or path, finding)
        found = []
        for finding in self.new:
            files = _files(finding)
            if files and all(path in told[finding.rule] for path in files):
                found.append((told[finding.rule][files[0]], finding))
        return found

    def _added(self, before: Finding, after: Finding) -> tuple[str, ...]:
        known = {*before.subjects, *before.targets}
        grown = [path for path in _files(after) if path not in known]
        if not grown:
            return ()
        came = set(self.trees.after).difference(
            self.trees.before, self.trees.renames.files.values()
        )
        return tuple(path for path in grown if path in came)

    def _unlike(self, new: list[Finding]) -> list[Finding]:
        """`new`, with those of findings that are only counted whose line was not there before."""
        counted = {_stem(finding) for finding in new if _ORDINAL.search(finding.key)}
        if not counted:
            return new
        groups: dict[Hashable, list[Finding]] = defaultdict(list)
        for finding in self.all_new:
            if _stem(finding) in counted:
                groups[_stem(finding)].append(finding)
        there = [each for each in self.all_old if _stem(each) in counted]
        before = self._texts(there, self.trees.before)
        for stem, group in groups.items():
            known = Counter(before.get(id(each), b"") for each in there if _stem(each) == stem)
            after = self._texts(group, self.trees.after)
            unlike = []
            for finding in group:
                text = after.get(id(finding), b"")
                known[text] -= 1
                if known[text] < 0:
                    unlike.append(finding)
            ours = [each for each in new if _stem(each) == stem]
            if len(unlike) == len(ours):
                positions = [number for number, each in enumerate(new) if _stem(each) == stem]
                for number, finding in zip(positions, unlike, strict=True):
                    new[number] = finding
        return new


def _stem(finding: Finding) -> Hashable:
    return finding.rule, finding.location.path, _ORDINAL.sub("", finding.key)


def _subjects(finding: Finding, renames: Renames | None = None) -> Hashable | None:
    """The rule and the files of which it says that one repeats, or stands in for, another."""
    paths = set(finding.subjects)
    if len(paths) < 2 or not (finding.key in paths or finding.action in _OF_FILES):
        return None
    if renames is not None:
        paths = {renames.path(path) for path in paths}
    return finding.rule, frozenset(paths)


def _files(finding: Finding) -> list[str]:
    """The files that should go; those that are only edited are not among them."""
    if finding.action not in _OF_FILES:
        return []
    edited = {edit.path for edit in finding.edits}
    return [path for path in finding.targets if path not in edited]
