"""HYG003: a folder that is for the most part another folder, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.archives import below, tokens
from readiness.index.twins import TreePair, choose
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule, for_

from ._copies import archive_cause, users

_INSTANCES = {
    *("dev", "development", "test", "testing", "qa", "staging", "stage", "prod", "production"),
    *("local", "preview", "demo", "uat", "base", "default", "light", "dark", "desktop", "mobile"),
}
_MEANT_TO_BE_ALIKE = {
    *("examples", "example", "samples", "sample", "templates", "template", "tutorials", "demos"),
    *("locales", "locale", "i18n", "l10n", "lang", "overlays", "versioned_docs", "environments"),
}
_VERSION = re.compile(
    r"v?\d+(?:[._-]\d+){0,3}(?:[._-]?x)?|latest|stable|[a-z]{2}(?:[-_][A-Za-z]{2})?"
)


def _copies(first: str, second: str, number: int) -> str:
    """An example's two folders with `number` equal files each."""
    return "".join(
        f"-- {folder}/part/m{n}.py --\ndef work{n}(first, second):\n    total = first + second\n"
        f"    return total * work{n}(total, second)\n"
        for folder in (first, second)
        for n in range(number)
    )


class DuplicateTree(Rule):
    """Two folders hold the same files at the same places.

    What it does
        Compares the ids of all tracked files and reports the largest pairs of folders of which
        one shares at least ten files and 60 % with the other, at the same relative paths. Which
        one is current is decided by entrypoints, imports, commands and history.

    Why it matters
        A fix goes into one of the two; the fault lives on in the other, and it is chance which of
        them a command, an image or a reader picks up.

    How to fix
        Remove the folder that nothing uses. Where both are used, make one of them depend on the
        other instead of copying it.

    Limits
        Files of less than 64 bytes, generated and vendored files and test data do not count.
        Folders that are alike on purpose (examples, templates, languages, versions of documents,
        one folder for each environment) are left out, and so are two archives.
    """

    id = "HYG003"
    name = "duplicate-tree"
    dimension = Dimension.CLEANUP
    area = Area.PARALLEL
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a platform and the copy that was kept of it",
            _copies("platform_old", "fabric/platform", 12),
            ("platform_old",),
        ),
        Example(
            "two services, of which one is imported",
            _copies("billing", "payments", 12) + "-- main.py --\nimport payments.part.m1\n",
            ("billing",),
        ),
        Example(
            "nothing tells which of the two is current",
            _copies("alpha", "beta", 12),
            ("alpha",),
        ),
        Example("too few files to tell", _copies("one", "two", 9)),
        Example("two empty packages", "-- a/__init__.py --\n-- b/__init__.py --\n"),
        Example("examples that start alike", _copies("examples/shop", "examples/blog", 12)),
        Example("versions of the documents", _copies("docs/v1", "docs/v2", 12)),
        Example("one folder for each environment", _copies("infra/staging", "infra/prod", 12)),
        Example("test data", _copies("tests/fixtures/a", "tests/fixtures/b", 12)),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for pair in index.twins.trees:
            if not _on_purpose(pair) and not _archived(index, pair):
                yield self._finding(index, pair)

    def _finding(self, index: RepoIndex, pair: TreePair) -> Finding:
        choice = choose(index, pair.left, pair.right)
        current = choice.current
        # A folder that holds the other one cannot go.
        around = not pair.left or pair.right.startswith(pair.left + "/")
        copy = pair.right if current == pair.left or around else pair.left
        other = pair.left if copy == pair.right else pair.right
        files = below(index, copy)
        number = pair.left_files if copy == pair.left else pair.right_files
        name = other or "the repository's root"
        used = users(index, files)
        decided = current == other and not used
        verdict = "which is the current one" if current == other else "and nothing tells them apart"
        root = index.inventory.archive_root(copy + "/")
        return self.finding(
            copy,
            f"{pair.shared} of the {number} files in {copy} are copies from {name}, {verdict}",
            severity=Severity.HIGH if current == other else Severity.MEDIUM,
            confidence=Confidence.HIGH if decided else Confidence.MEDIUM,
            evidence=[
                for_(f"{pair.shared} files are the same byte for byte, at the same places", other),
                *choice.evidence,
                *used[:6],
            ],
            subjects=files,
            key=other,
            cause=archive_cause(root) if root else "",
        )


def _archived(index: RepoIndex, pair: TreePair) -> bool:
    """Do both lie in archives? Those go as they are."""
    return all(index.inventory.archive_root(f"{folder}/x") for folder in (pair.left, pair.right))


def _on_purpose(pair: TreePair) -> bool:
    """Are the two folders instances of one thing that are meant to start out alike?"""
    for folder in (pair.left, pair.right):
        if not _MEANT_TO_BE_ALIKE.isdisjoint(folder.lower().split("/")):
            return True
    names = [folder.rpartition("/")[2] for folder in (pair.left, pair.right)]
    return all(_VERSION.fullmatch(name) for name in names) or all(
        not _INSTANCES.isdisjoint(tokens(name)) for name in names
    )
