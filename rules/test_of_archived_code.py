"""TST002: tests that were put away, and live tests of code that was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.archives import Name, judge
from readiness.index.tests import tested
from readiness.model import (
    ActionKind,
    Area,
    Confidence,
    Dimension,
    Finding,
    Outcome,
    Severity,
)
from readiness.rule import Example, Rule, against, for_, ratio_quality

from ._copies import archive_cause, imported, users
from ._figures import counted, day, last_change
from ._stale_tests import IMPORTED, NAMED, archive_uses

_SEVERITY = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)  # by Use.weight
_MANY = 10  # test files from which an archive of them weighs heavily


class TestOfArchivedCode(Rule):
    """Tests lie in an archive, or live tests test what lies in one.

    What it does
        Counts the Python test files in each archive folder (those of HYG001), one finding for each
        tree, and lists the live tests that import a module from an archive or name a file there.

    Why it matters
        Archived tests make a suite look several times as large as it is, and nobody knows which of
        them still tell the truth. A live test of archived code is green and protects nothing.

    How to fix
        Take over what is worth it into the live suite, tag the commit and remove the tree. Remove
        a test together with the code that it tests, or point it at the code that replaced it.

    Limits
        What an archive is follows HYG001: folders of a feature named archive are none. A path in a
        string may have another meaning than testing that file, so such a finding is of medium
        confidence.
    """

    id = "TST002"
    name = "test-of-archived-code"
    dimension = Dimension.TESTS
    area = Area.STALE
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "two archives with tests, each told once",
            "-- tests/test_a.py --\ndef test_a(): pass\n"
            "-- tests_old_archive/unit/test_b.py --\ndef test_b(): pass\n"
            "-- tests_old_archive/test_c.py --\ndef test_c(): pass\n"
            "-- app/archived_services/tests/test_d.py --\ndef test_d(): pass\n",
            ("app/archived_services", "tests_old_archive"),
        ),
        Example(
            "live tests that import archived code, and load it by its path",
            "-- app/archived_services/billing.py --\nX = 1\n"
            "-- tests/test_a.py --\nimport pytest\n"
            "from app.archived_services import billing\ndef test_a(): pass\n"
            "-- tests/test_b.py --\ndef test_b():\n    load('app/archived_services/billing.py')\n",
            ("tests/test_a.py:2", "tests/test_b.py:2"),
        ),
        Example(
            "tests of a feature named archive",
            "-- app/archive/__init__.py --\n-- app/archive/apps.py --\nclass A(AppConfig): pass\n"
            "-- app/archive/tests/test_a.py --\nimport app.archive\ndef test_a(): pass\n"
            "-- tests/test_archive_file_service.py --\nimport app.archive\ndef test_a(): pass\n",
        ),
        Example(
            "a comment, and an archive without tests",
            "-- app/archived_services/billing.py --\nX = 1\n-- tests/test_a.py --\n"
            "# it replaced app/archived_services/billing.py\ndef test_a(): pass\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        tests = index.tests
        return None if tests.live or tests.archived else "there are no Python tests"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for root, files in index.tests.archived.items():
            yield self._tree(index, root, files)
        for path in index.tests.live:
            yield from self._live(index, path)

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of all test files that are archived, or test what is. Nothing is left where
        they are as many as the others."""
        stale = {path for finding in findings for path in finding.subjects}
        number = len(index.tests.live) + sum(map(len, index.tests.archived.values()))
        return self.outcome(ratio_quality(len(stale) / number, zero_at=0.5), findings)

    def _tree(self, index: RepoIndex, root: str, files: tuple[str, ...]) -> Finding:
        live = len(index.tests.live)
        more = f": more than the {live:,} of the live suite" if len(files) > live > 0 else ""
        severity = Severity.HIGH if len(files) >= _MANY else Severity.MEDIUM
        evidence = [for_(index.inventory.archive_roots[root], root)]
        if live:
            evidence.append(for_(f"{counted(live, 'test file')} of the repository are live"))
        if last := last_change(index, files):
            evidence.append(for_(f"last changed on {day(last)}"))
        evidence += users(index, files)[:4]
        return self.finding(
            root,
            f"{counted(len(files), 'archived test file')} "
            f"lie{'s' if len(files) == 1 else ''} in {root}{more}",
            severity=severity,
            evidence=evidence,
            subjects=files,
            key="tree",
            cause=archive_cause(root),
            action=_action(index, root, files),
        )

    def _live(self, index: RepoIndex, path: str) -> Iterator[Finding]:
        uses = sorted(archive_uses(index, path), key=lambda use: (-use.weight, use.line))
        if not uses:
            return
        first = uses[0]
        weight = first.weight if index.tests.live[path].collected else min(first.weight, NAMED)
        evidence = [
            for_(f"{use.how} {use.target}, which is archived", path, use.line)
            for use in sorted(uses, key=lambda use: use.line)
        ]
        live = tested(index, path)
        evidence += [
            against(f"it also needs {e.target}, which is live", e.source, e.line) for e in live[:3]
        ]
        goes = first.weight == IMPORTED and not live and path not in index.imports.missing
        yield self.finding(
            path,
            f"{path} tests archived code: what it {first.how} lies in {first.target}",
            line=first.line,
            severity=_SEVERITY[weight],
            confidence=Confidence.HIGH if first.weight == IMPORTED else Confidence.MEDIUM,
            evidence=evidence,
            key="live",
            cause=archive_cause(first.root),
            action=ActionKind.ARCHIVE if goes else ActionKind.MODIFY,
        )


def _action(index: RepoIndex, root: str, files: tuple[str, ...]) -> ActionKind:
    """The tests of an archive go as the archive does (HYG001)."""
    name = judge(root.rpartition("/")[2])
    sure = name is Name.PLAIN or (name is Name.NOUN and not imported(index, files))
    return ActionKind.ARCHIVE if sure else ActionKind.AUDIT
