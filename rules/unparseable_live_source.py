"""HYG016: live Python files that do not parse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.facts import python
from readiness.index import RepoIndex
from readiness.index.inventory import MAINTAINED, FileClass
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule, Scope, against, for_


class UnparseableLiveSource(Rule):
    """Live Python files do not parse.

    What it does
        Parses every Python file that is live code, a script or a test, and lists those with a
        syntax error.

    Why it matters
        Such a file fails wherever it is imported or run, and every tool that reads it sees nothing.

    How to fix
        Mend the line, or archive the file if nothing needs it.

    Limits
        Templates of Python files, test data and archives are left out. Syntax that is newer than
        the interpreter which runs the audit is no error, and Python 2 is one of medium severity.
    """

    id = "HYG016"
    name = "unparseable-live-source"
    dimension = Dimension.CLEANUP
    area = Area.PARALLEL
    severity = Severity.CRITICAL
    scope = Scope.FILE
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a string that never ends",
            '-- app/orders.py --\nX = 1\nY = "half\n-- app/main.py --\nimport app\n',
            ("app/orders.py:2",),
        ),
        Example(
            "a test that cannot be read", "-- tests/test_a.py --\ndef (\n", ("tests/test_a.py",)
        ),
        Example("an archived file", "-- app/archive/orders.py --\ndef (\n"),
        Example("test data that is broken on purpose", "-- tests/fixtures/bad.py --\ndef (\n"),
        Example(
            "a template of a Python file", "-- app/{{ name }}.py --\nclass {{ name }}:\n    x\n"
        ),
        Example(
            "syntax of a newer Python",
            "-- app/orders.py --\ntry:\n    pass\nexcept zlib.error, OSError:\n    pass\n",
        ),
        Example("a file that parses", "-- app/orders.py --\nX = 1\n"),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for path, facts in index.each(python.SLICE):
            if not facts.error or facts.newer or not index.inventory.is_(path, *MAINTAINED):
                continue
            old = facts.error.startswith("Python 2")
            live = index.inventory.is_(path, FileClass.LIVE)
            evidence = [for_(facts.error, path, facts.error_line or None)]
            if not live:
                evidence.append(against("it is a test or a script: the service starts without it"))
            yield self.finding(
                path,
                f"{path} does not parse: {facts.error}",
                line=facts.error_line or None,
                severity=Severity.MEDIUM if old else Severity.CRITICAL if live else Severity.HIGH,
                confidence=Confidence.MEDIUM if old else Confidence.HIGH,
                evidence=evidence,
                cause="the code is written for Python 2" if old else "",
            )
