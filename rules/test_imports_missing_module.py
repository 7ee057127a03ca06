"""TST001: tests that import what the repository does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.imports import Missing
from readiness.index.moves import Moves
from readiness.index.patches import Patches
from readiness.model import (
    ActionKind,
    Area,
    Confidence,
    Dimension,
    Evidence,
    Finding,
    Outcome,
    Severity,
)
from readiness.rule import Example, Rule, against, for_, ratio_quality

from ._cuts import cuts, follows
from ._figures import counted
from ._missing_imports import action, evidence, lost, message
from ._stale_tests import Causes, Needed, gone, needed
from ._stopped_tests import Stopped

_SHARE = {Severity.HIGH: 1.0, Severity.MEDIUM: 0.5, Severity.LOW: 0.25}


class TestImportsMissingModule(Rule):
    """A test imports or patches what this repository does not have.

    What it does
        Resolves the imports of every live test file, conftest and test helper, and the targets of
        `mock.patch`, over the folders on its import path (packages, pytest's `pythonpath` and
        rootdir, `sys.path` inserts, images, PYTHONPATH in commands), the names too. It says where
        the code went and by which commit: renamed or removed in Git's history, or defined
        elsewhere; and which tests that stops where only some of a file need it.

    Why it matters
        Such a file fails when it is imported, so that none of its tests run and every run of the
        suite is red; people then stop reading the result.

    How to fix
        Import from where the code lies now, and patch where it is looked up. Archive a test
        together with the code where that is archived and the test needs nothing else.

    Limits
        Imports for type checkers, and those that a `try` at module level answers for, are left
        out; those that a test function catches itself weigh little. What a build makes, .gitignore
        hides, or a test puts into `sys.modules` is not missing. The names of a module with
        `__getattr__` or a star import of a library cannot be told, nor what a class has that is
        patched. Folders put on `sys.path` by a computation are not seen.
    """

    id = "TST001"
    name = "test-imports-missing-module"
    dimension = Dimension.TESTS
    area = Area.STALE
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a test of a package that was renamed",
            "-- shop/__init__.py --\n-- shop/billing/invoices.py --\nclass InvoiceWriter: ...\n"
            "-- tests/test_a.py --\nfrom shop.payment.invoices import InvoiceWriter\n"
            "def test_a(): pass\n",
            ("tests/test_a.py:1",),
            "2026-01-05 a | A shop/payment/invoices.py\n"
            "2026-02-05 a | R shop/payment/invoices.py > shop/billing/invoices.py",
        ),
        Example(
            "a name that its module lost, imported inside a test",
            "-- shop/__init__.py --\n-- shop/cart.py --\nclass Basket: ...\n"
            "-- tests/test_a.py --\ndef test_a():\n    from shop.cart import Cart\n",
            ("tests/test_a.py:2",),
        ),
        Example(
            "a patch where the name is not looked up",
            "-- shop/__init__.py --\n-- shop/cart.py --\nfrom shop.mail import send\n"
            "-- shop/mail.py --\ndef send(): ...\n"
            "-- tests/test_a.py --\n@patch('shop.cart.send')\ndef test_a(send): pass\n"
            "@patch('shop.cart.post')\ndef test_b(post): pass\n",
            ("tests/test_a.py:3",),
        ),
        Example(
            "a conftest and a helper",
            "-- shop/__init__.py --\n-- tests/conftest.py --\nimport shop.db\n"
            "-- tests/helpers.py --\nimport shop.cart\n"
            "-- tests/test_a.py --\nimport helpers\ndef test_a(): pass\n",
            ("tests/conftest.py:1", "tests/helpers.py:1"),
        ),
        Example(
            "optional libraries, fallbacks, type checkers, modules made by the test",
            "-- shop/__init__.py --\n-- tests/test_a.py --\nimport sys, pytest\n"
            "arango = pytest.importorskip('arango')\ntry:\n    from shop.new import cart\n"
            "except ImportError:\n    cart = None\nif TYPE_CHECKING:\n    import shop.types\n"
            "sys.modules['shop.gateway'] = object()\nimport shop.gateway\ndef test_a(): pass\n",
        ),
        Example(
            "what pythonpath resolves, and what a build writes",
            "-- app/config/test_config.py --\nX = 1\n-- app/core/__init__.py --\n"
            "-- tests/pytest.ini --\n[pytest]\npythonpath = ../app\n-- tests/unit/test_a.py --\n"
            "from config.test_config import X\nfrom core._version import version\n"
            "def test_a(): pass\n",
        ),
        Example(
            "an archived test",
            "-- app/__init__.py --\n-- tests_old_archive/test_a.py --\nimport app.gone\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.tests.live else "there are no Python tests"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        patches = Patches(index)
        judged = [(e, found) for e in needed(index) if (found := gone(index, e.path, patches))]
        causes = Causes(index)
        for _, found in judged:
            causes.learn(found)
        moves = Moves(index) if judged else None
        for each, found in judged:
            assert moves is not None
            yield self._finding(index, each, found, causes, moves)

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of the live test files that miss something: one that no runner collects
        counts half, one that catches the failure a quarter. Nothing is left at one in five."""
        worst: dict[str, float] = {}
        for finding in findings:
            for path in finding.subjects:
                worst[path] = max(worst.get(path, 0.0), _SHARE.get(finding.severity, 0.0))
        live = index.tests.live
        share = sum(worst.get(path, 0.0) for path in live) / len(live)
        return self.outcome(ratio_quality(share, zero_at=0.2), findings)

    def _finding(
        self, index: RepoIndex, file: Needed, found: list[Missing], causes: Causes, moves: Moves
    ) -> Finding:
        sure = [missing for missing in found if not missing.import_.optional]
        at_once = [missing for missing in sure if not missing.import_.lazy]
        all_lost = lost(sure or found, moves)
        share = Stopped(index, file.path, [] if at_once else sure)
        own = file.users == (file.path,)
        heavy = file.collected and (at_once or (own and share.most))
        severity = Severity.HIGH if heavy else Severity.MEDIUM
        if not (at_once or own):  # some function of a helper, which perhaps no test calls
            severity = Severity.LOW
        known = all(causes.is_own(missing) for missing in sure)
        return self.finding(
            file.path,
            message(file.path, all_lost) + share.sentence,
            line=(sure or found)[0].import_.line,
            severity=severity if sure else Severity.LOW,
            confidence=Confidence.HIGH if sure and known else Confidence.MEDIUM,
            evidence=[
                *evidence(lost(found, moves)),
                *share.evidence(),
                *_reach(index, file, bool(at_once)),
            ],
            subjects=dict.fromkeys((file.path, *(file.users if at_once else ()))),
            cause=causes.main(sure or found),
            action=action(index, file.path, all_lost) if at_once else ActionKind.MODIFY,
            targets=(file.path,),
            edits=cuts(index, share, all_lost) if own and len(sure) == len(found) else (),
            proposals=follows(index, file.path, all_lost),
        )


def _reach(index: RepoIndex, file: Needed, at_once: bool) -> Iterator[Evidence]:
    """What fails with the file, and what speaks against its weight."""
    if file.users != (file.path,):
        yield for_(f"{counted(len(file.users), 'test file')} need it", file.users[0])
    suite = index.tests.live.get(file.path)
    if suite is not None and suite.ignored:
        yield against(f"{suite.ignored} keeps it out of the run", suite.ignored)
    elif not file.collected:
        yield against("a test runner does not collect it by itself", file.path)
    if not at_once:
        yield against("it is needed inside functions only: its other tests may run")
