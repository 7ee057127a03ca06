"""HYG003: a folder that is for the most part another folder, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.archives import PROGRAMS, below
from readiness.index.twins import TreePair, choose
from readiness.model import ActionKind, Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule, for_

from ._copies import archive_cause, unused, users_of_tree
from ._figures import counted
from ._instances import brought_along, not_on_purpose
from ._left_behind import LeftBehind, left_behind


def _copies(number: int, *folders: str) -> str:
    """An example's folders with `number` equal files each."""
    return "".join(
        f"-- {folder}/part/m{n}.py --\ndef work{n}(first, second):\n    total = first + second\n"
        f"    return total * work{n}(total, second)\n"
        for folder in folders
        for n in range(number)
    )


class DuplicateTree(Rule):
    """Two folders hold the same files at the same places.

    What it does
        Compares the ids of all tracked files and reports the largest pairs of folders of which
        one shares at least ten files and 60 % with the other, at the same relative paths. Which
        one is current is decided by entrypoints, imports, commands and history. A folder whose
        files were nearly all moved to another place, and which came back, is such a copy too,
        however much the two have changed since.

    Why it matters
        A fix goes into one of the two; the fault lives on in the other, and it is chance which of
        them a command, an image or a reader picks up.

    How to fix
        Remove the folder that nothing uses. Where both are used, make one of them depend on the
        other instead of copying it.

    Limits
        Files of less than 64 bytes, generated and vendored files and test data do not count.
        Folders that are alike on purpose (examples, templates, languages, versions of documents,
        one folder for each environment, three or more side by side, a library of others that two
        projects bring along) are left out, and so are two archives. Where only the last edits tell
        which one is current, the severity is medium.
    """

    id = "HYG003"
    name = "duplicate-tree"
    dimension = Dimension.CLEANUP
    area = Area.PARALLEL
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a platform and the copy that was kept of it",
            _copies(12, "platform_old", "fabric/platform"),
            ("platform_old",),
        ),
        Example(
            "two services, of which one is imported",
            _copies(12, "billing", "payments") + "-- main.py --\nimport payments.part.m1\n",
            ("billing",),
        ),
        Example(
            "nothing tells which of the two is current",
            _copies(12, "alpha", "beta"),
            ("alpha",),
        ),
        Example(
            "a folder that was moved and came back",
            _copies(5, "import").replace("total", "sum") + _copies(5, "shop/catalog"),
            ("import",),
            "2026-01-01 ann | "
            + ", ".join(f"A import/part/m{n}.py" for n in range(5))
            + "\n2026-02-01 ann | "
            + ", ".join(f"R import/part/m{n}.py > shop/catalog/part/m{n}.py" for n in range(5))
            + "\n2026-02-02 ann | M shop/catalog/part/m1.py\n",
        ),
        Example(
            "a folder that was moved, and a new one of its name",
            _copies(5, "shop/catalog") + _copies(9, "import").replace("total", "sum"),
            (),
            "2026-01-01 ann | "
            + ", ".join(f"A import/part/m{n}.py" for n in range(5))
            + "\n2026-02-01 ann | "
            + ", ".join(f"R import/part/m{n}.py > shop/catalog/part/m{n}.py" for n in range(5)),
        ),
        Example("too few files to tell", _copies(9, "one", "two")),
        Example("two empty packages", "-- a/__init__.py --\n-- b/__init__.py --\n"),
        Example("examples that start alike", _copies(12, "examples/shop", "examples/blog")),
        Example("versions of the documents", _copies(12, "docs/v1", "docs/v2")),
        Example("one folder for each environment", _copies(12, "infra/staging", "infra/prod")),
        Example("test data", _copies(12, "tests/fixtures/a", "tests/fixtures/b")),
        Example(
            "a family of folders that are set up alike",
            _copies(12, "search/authors", "search/editions", "search/works"),
        ),
        Example(
            "copies beside their original",
            _copies(12, "platform", "platform_backup", "platform_old"),
            ("platform_backup", "platform_old"),
        ),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        told: set[str | None] = set()
        for pair in not_on_purpose(index.twins.trees):
            if _archived(index, pair) or brought_along(index, pair):
                continue
            finding = self._finding(index, pair)
            if finding.location.path not in told:
                told.add(finding.location.path)
                yield finding
                yield from self._rest(index, finding)
        for each in left_behind(index):
            if each.old not in told:
                yield self._left_behind(each)

    def _left_behind(self, each: LeftBehind) -> Finding:
        unused = for_("nothing outside of it uses, starts or names any of them")
        moved, new = counted(len(each.moved), "file"), each.new
        return self.finding(
            each.old,
            f"{each.old} was moved to {new}, and is still there",
            confidence=Confidence.HIGH if each.sure else Confidence.MEDIUM,
            severity=Severity.HIGH if each.sure else Severity.MEDIUM,
            evidence=[
                for_(f"{moved} of its {len(each.files)} were moved there in Git's history", new),
                *([unused] if each.sure else each.used),
            ],
            subjects=each.files,
            key=f"{new}: moved",
            cause=f"{each.old} is a copy of {new}",
            action=ActionKind.ARCHIVE if each.sure else ActionKind.AUDIT,
            targets=each.files if each.sure else each.moved,
        )

    def _rest(self, index: RepoIndex, whole: Finding) -> Iterator[Finding]:
        """What of a copy that can go has no equal in the other folder: for a person to look at."""
        rest = [path for path in whole.subjects if path not in whole.targets]
        if rest:
            folder, other = whole.location.path, whole.key or "the repository's root"
            text = f"{counted(len(rest), 'file')} in {folder} differ from those in {other}"
            yield self.finding(
                folder,
                f"{text}: what is new there may be wanted",
                severity=Severity.LOW,
                confidence=Confidence.MEDIUM,
                evidence=[for_(f"{rest[0]} has no equal in {other}", rest[0])],
                subjects=rest,
                key=f"{whole.key}: rest",
                cause=whole.cause,
                action=ActionKind.AUDIT,
            )

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
        used = users_of_tree(index, copy, files)
        decided = current == other and choice.by != "edited"
        by_use = current == other and choice.by in ("reached", "imported")
        verdict = "and nothing tells which is in use"
        if current == other:
            verdict = "which is the current one" if decided else "which was edited later"
        root = index.inventory.archive_root(copy + "/")
        free = by_use and not used and _idle_programs(index, files)
        copies = _same(index, copy, other, files)
        return self.finding(
            copy,
            f"{pair.shared} of the {number} files in {copy} are copies from {name}, {verdict}",
            severity=Severity.HIGH if decided else Severity.MEDIUM,
            confidence=Confidence.HIGH if decided and not used else Confidence.MEDIUM,
            evidence=[
                for_(f"{pair.shared} files are the same byte for byte, at the same places", other),
                *choice.evidence,
                *used,
            ],
            subjects=files,
            key=other,
            cause=archive_cause(root) if root else f"{copy} is a copy of {name}",
            action=ActionKind.ARCHIVE if free else ActionKind.AUDIT,
            targets=copies if free else files,
        )


def _idle_programs(index: RepoIndex, files: Sequence[str]) -> bool:
    """Is the most of it programs, and none of them used? Who loads pages and data is not known."""
    programs = sum(path.rpartition(".")[2].lower() in PROGRAMS for path in files)
    return 2 * programs >= len(files) and all(unused(index, path) for path in files)


def _same(index: RepoIndex, copy: str, other: str, files: Sequence[str]) -> list[str]:
    """The files of `copy` that stand in `other` too, byte for byte and at the same place."""
    found = []
    for path in files:
        twin = index.files.get(f"{other}{path[len(copy) :]}" if other else path[len(copy) + 1 :])
        if twin is not None and twin.blob_id == index.files[path].blob_id:
            found.append(path)
    return found


def _archived(index: RepoIndex, pair: TreePair) -> bool:
    """Do both lie in archives? Those go as they are."""
    return all(index.inventory.archive_root(f"{folder}/x") for folder in (pair.left, pair.right))
