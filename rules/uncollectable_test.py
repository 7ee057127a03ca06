"""TST003: test files that the test runner cannot import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.facts import python
from readiness.facts.python import Call
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.index.test_runs import Unrun, unrun
from readiness.index.tests import SuiteFile
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

from ._figures import counted
from ._idle_tests import IdleTest, idle_tests
from ._passed_over_tests import PassedOver, passed_over, unrun_evidence
from ._stale_tests import needed

_ENDS = {"sys.exit", "exit", "quit", "os._exit"}
_WAITS = {"input", "breakpoint", "pdb.set_trace"}
_RUNS = {"asyncio.run", "unittest.main", "pytest.main", "uvicorn.run", "app.run", "serve_forever"}
_SUITE = "-- pytest.ini --\n[pytest]\n" + "".join(
    f"-- tests/test_{name}.py --\ndef test_{name}(): pass\n" for name in "xyz"
)


class UncollectableTest(Rule):
    """A test file cannot be collected: importing it fails, ends the run or waits.

    What it does
        Looks at the test files that pytest would import, with the settings that govern them, for
        what stops it there: a syntax error; `sys.exit`, `input`, a request over the network or a
        server at module level; two files that pytest imports under one name; a class of tests with
        `__init__`. It also asks about suites that no workflow, recipe, script or document runs,
        where those say how others are run, about files that skip all of their tests or hold none,
        and about scripts at the root that are only named as tests. A service without any test has
        nothing to collect.

    Why it matters
        None of the tests in such a file run, and some of these faults end the whole session, so
        that a suite which looks complete tests less than it seems to, or nothing.

    How to fix
        Mend the syntax; move what the module does into functions or below
        `if __name__ == "__main__":`; give one of two files another name, make their folders
        packages, or set `--import-mode=importlib`. Set a class of tests up in fixtures.

    Limits
        Scripts in folders that are only named as tests are left out, as is what a branch does, and
        tests that are skipped on a condition. Whether two
        folders are run in one session is only sure where `testpaths` names both.
    """

    id = "TST003"
    name = "uncollectable-test"
    dimension = Dimension.TESTS
    area = Area.STALE
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a test that does not parse",
            "-- tests/test_a.py --\ndef test_a():\n    assert (\n",
            ("tests/test_a.py",),
        ),
        Example(
            "a test that ends the session",
            "-- tests/test_a.py --\nimport sys\ndef test_a(): pass\nsys.exit(0)\n",
            ("tests/test_a.py:3",),
        ),
        Example(
            "two files of one name in folders that are no packages",
            "-- pytest.ini --\n[pytest]\ntestpaths = tests\n"
            "-- tests/a/test_x.py --\ndef test_x(): pass\n"
            "-- tests/b/test_x.py --\ndef test_x(): pass\n",
            ("tests/b/test_x.py",),
        ),
        Example(
            "a conftest that does not parse",
            "-- tests/conftest.py --\ndef (\n-- tests/test_a.py --\ndef test_a(): pass\n",
            ("tests/conftest.py:1",),
        ),
        Example(
            "a class with a constructor, and one that unittest runs",
            "-- pytest.ini --\n[pytest]\n-- tests/test_a.py --\nclass TestA:\n"
            "    def __init__(self): self.x = 1\n    def test_a(self): pass\n"
            "class TestB(unittest.TestCase):\n    def __init__(self): self.x = 1\n"
            "    def test_b(self): pass\n",
            ("tests/test_a.py:1",),
        ),
        Example(
            "a suite that the only run leaves out",
            "-- Makefile --\ntest:\n\tpytest . --ignore=tests/slow\n"
            "-- tests/test_a.py --\ndef test_a(): pass\n"
            "-- tests/slow/test_b.py --\ndef test_b(): pass\n",
            ("tests/slow",),
        ),
        Example(
            "suites that other commands run",
            "-- Makefile --\ntest:\n\tpytest tests/unit\n-- README.md --\n```sh\n"
            "pytest tests/slow\n```\n-- tests/unit/test_a.py --\ndef test_a(): pass\n"
            "-- tests/slow/test_b.py --\ndef test_b(): pass\n",
        ),
        Example(
            "the same below the guard, in a branch and in a function",
            "-- tests/test_a.py --\nimport sys\ndef test_a(): sys.exit(1)\n"
            "if sys.platform == 'win32':\n    sys.exit()\n"
            "if __name__ == '__main__':\n    sys.exit(test_a())\n",
        ),
        Example(
            "a script named as a test",
            "-- scripts/test_connection.py --\nimport sys\ndef test_a(): pass\nsys.exit(0)\n",
        ),
        Example(
            "one name in packages",
            "-- pytest.ini --\n[pytest]\n-- tests/__init__.py --\n-- tests/a/__init__.py --\n"
            "-- tests/b/__init__.py --\n-- tests/a/test_x.py --\ndef test_x(): pass\n"
            "-- tests/b/test_x.py --\ndef test_x(): pass\n",
        ),
        Example(
            "a service without tests",
            "-- Dockerfile --\nFROM a\nCOPY . .\nCMD uvicorn main:app\n-- main.py --\n"
            "from fastapi import FastAPI\napp = FastAPI()\n",
            ("",),
        ),
        Example("a library without tests", "-- setup.py --\nsetup(name='a')\n-- a.py --\n"),
        Example(
            "files that skip all of their tests, or hold none",
            f"{_SUITE}-- tests/test_a.py --\n@pytest.mark.skip\ndef test_a(): pass\n"
            "@unittest.skip('later')\nclass TestB:\n    def test_b(self): pass\n"
            "-- tests/test_b.py --\ndef all_methods_work(): pass\n",
            ("tests/test_a.py:2", "tests/test_b.py"),
        ),
        Example(
            "tests that a condition skips, and files that get theirs from elsewhere",
            f"{_SUITE}-- tests/test_a.py --\n@pytest.mark.skipif(OLD)\n"
            "def test_a(): pass\n@pytest.mark.skip\ndef test_b(): pass\n"
            "-- tests/test_b.py --\nfrom base import *\n"
            "-- tests/test_c.py --\nclass C(Base): pass\n",
        ),
        Example(
            "a script at the root, beside the tests",
            "-- test_login.py --\nimport app\nif __name__ == '__main__':\n    print(app)\n"
            "-- tests/test_a.py --\ndef test_a(): pass\n",
            ("test_login.py:2",),
            "2026-01-01 ann | A test_login.py, A tests/test_a.py\n",
        ),
        Example(
            "tests at the root that are the suite, or that something runs",
            "-- test_login.py --\ndef test_a(): pass\nif __name__ == '__main__':\n    test_a()\n"
            "-- Makefile --\ncheck:\n\tpytest .\n\tpython test_login.py\n-- tests/test_a.py --\n"
            "def test_a(): pass\n-- test_plain.py --\ndef test_a(): pass\n",
            (),
            "2026-01-01 ann | A test_login.py, A tests/test_a.py, A test_plain.py\n",
        ),
        Example("test data", "-- tests/fixtures/test_broken.py --\ndef (\n"),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if index.tests.live or (index.profile.service and _live_code(index)):
            return None
        return "there are no Python tests"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        if not index.tests.live:
            yield self._nothing(index)
        names: dict[tuple[str, str], list[SuiteFile]] = defaultdict(list)
        for path, file in index.tests.live.items():
            facts = index.facts(python.SLICE, path)
            if facts is None or not file.collected or facts.newer:
                continue
            names[file.root, file.module].append(file)
            if facts.error:
                yield self._at(file.path, f"it does not parse ({facts.error})", facts.error_line)
            else:
                yield from self._effects(file, facts.effects)
        for conftest in needed(index):
            facts = index.facts(python.SLICE, conftest.path)
            if conftest.path in index.tests.support and facts and facts.error and not facts.newer:
                why = f"it does not parse ({facts.error})"
                yield self._at(conftest.path, why, facts.error_line, conftest.users)
        for files in names.values() if index.tests.pytest else ():
            if len(files) > 1 and files[0].mode in ("prepend", "append"):
                yield self._same_name(files)
        yield from (self._passed_over(each) for each in passed_over(index))
        yield from (self._unrun(index, each) for each in unrun(index))
        yield from map(self._idle, idle_tests(index))

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of the live test files that cannot be collected; nothing is left at one in
        ten, as one alone ends a run of pytest."""
        if not index.tests.live:
            return self.outcome(0, findings)
        lost: set[str] = set()
        for finding in findings:  # of files with one name, pytest takes the first
            if finding.severity is Severity.LOW:
                continue
            lost.update(finding.subjects[finding.key.startswith("same name") :])
        share = len(lost.intersection(index.tests.live)) / len(index.tests.live)
        return self.outcome(ratio_quality(share, zero_at=0.1), findings)

    def _nothing(self, index: RepoIndex) -> Finding:
        return self.finding(
            None,
            "The service has no test: there is nothing to collect",
            key="none",
            evidence=[
                for_(f"of {len(_live_code(index))} Python files and all others none is a test"),
                index.profile.evidence,
            ],
        )

    def _effects(self, file: SuiteFile, effects: Sequence[Call]) -> Iterator[Finding]:
        for effect in effects:
            network = effect.name.startswith(
                ("requests.", "httpx.", "urllib", "urlopen", "socket.")
            )
            if effect.where or not (network or effect.name in _ENDS | _WAITS | _RUNS):
                continue
            does = (
                "ends the session"
                if effect.name in _ENDS
                else "waits for an answer" if effect.name in _WAITS
                else "asks the network" if network
                else "runs a program of its own"
            )  # fmt: skip
            yield self._at(file.path, f"`{effect.name}` at module level {does}", effect.line)
            return

    def _passed_over(self, each: PassedOver) -> Finding:
        tests = counted(each.tests, "test")
        return self.finding(
            each.path,
            f"{each.path} has a class that pytest does not collect: {each.name} with {tests} has "
            "an __init__",
            line=each.line,
            evidence=each.evidence,
            severity=Severity.LOW if each.by_hand else Severity.MEDIUM,
            confidence=Confidence.MEDIUM if each.by_hand else Confidence.HIGH,
            key=each.name,
        )

    def _unrun(self, index: RepoIndex, suite: Unrun) -> Finding:
        number = counted(len(suite.files), "test file")
        return self.finding(
            suite.place,
            f"No command of a workflow, recipe, script or document runs the tests in {suite.place} "
            f"({number})",
            evidence=unrun_evidence(index, suite),
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            subjects=suite.files,
            key="not run",
            action=ActionKind.AUDIT if suite.left_out else ActionKind.MODIFY,
            targets=suite.files if suite.left_out else (suite.run.file,),
        )

    def _idle(self, each: IdleTest) -> Finding:
        return self.finding(
            each.path,
            f"{each.path} {each.why}",
            line=each.line or None,
            evidence=each.evidence,
            severity=Severity.LOW,
            confidence=Confidence.HIGH if each.action is ActionKind.ARCHIVE else Confidence.MEDIUM,
            key=each.kind,
            action=each.action,
        )

    def _at(self, path: str, why: str, line: int, below: Sequence[str] = ()) -> Finding:
        failing = f", and with it {len(below):,} test files below it" if below else ""
        return self.finding(
            path,
            f"{path} cannot be collected{failing}: {why}",
            line=line or None,
            evidence=[for_(why, path, line or None)],
            key="import",
            subjects=(path, *below),
        )

    def _same_name(self, files: Sequence[SuiteFile]) -> Finding:
        first, *others = files
        sure = all(file.listed for file in files)
        evidence = [for_(f"imported as `{file.module}`", file.path) for file in files[:8]]
        if not sure:
            evidence.append(against("they may always be run in sessions of their own"))
        return self.finding(
            others[0].path,
            f"{', '.join(file.path for file in others)} and {first.path} are imported as one "
            f"module, `{first.module}`: pytest refuses all but the first",
            key=f"same name {first.module}",
            severity=None if sure else Severity.MEDIUM,
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            evidence=evidence,
            subjects=[file.path for file in files],
        )


def _live_code(index: RepoIndex) -> list[str]:
    """The live Python files; none where files of another language test the service."""
    if any(index.inventory.is_(path, FileClass.TEST) for path in index.files):
        return []
    return [
        path for path, _ in index.each(python.SLICE) if index.inventory.is_(path, FileClass.LIVE)
    ]
