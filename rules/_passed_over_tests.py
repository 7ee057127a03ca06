"""Tests that never run: classes that pytest passes over, and suites that no command runs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from readiness.facts import python
from readiness.index import RepoIndex
from readiness.index.test_runs import Unrun
from readiness.model import Evidence
from readiness.rule import against, for_

from ._figures import day, last_change


class PassedOver(Struct, frozen=True):
    """A class of tests with a constructor. `by_hand`: the file can also run it itself."""

    path: str
    name: str
    line: int
    tests: int
    by_hand: bool
    evidence: tuple[Evidence, ...]


def passed_over(index: RepoIndex) -> Iterator[PassedOver]:
    """The classes without bases, named as pytest wants them, that it cannot make because of their
    `__init__`. What a base brings, unittest's above all, is not known."""
    for path, file in index.tests.live.items() if index.tests.pytest else ():
        facts = index.facts(python.SLICE, path)
        if facts is None or not file.collected:
            continue
        known = {definition.name: definition for definition in facts.definitions}
        for name, definition in known.items():
            constructor = known.get(f"{name}.__init__")
            if definition.kind != "class" or constructor is None or not name.startswith("Test"):
                continue
            tests = sum(test.startswith(f"{name}.") for test in file.tests)
            if tests and not definition.bases:
                evidence = [for_(f"{name} has an __init__", path, constructor.line)]
                if facts.main_line:
                    told = "the file can be run by hand, and may then run them"
                    evidence.append(against(told, path, facts.main_line))
                by_hand = bool(facts.main_line)
                yield PassedOver(path, name, definition.line, tests, by_hand, tuple(evidence))


def unrun_evidence(index: RepoIndex, suite: Unrun) -> Iterator[Evidence]:
    run = suite.run
    yield for_("others are run here", run.file, run.line or None)
    if last := last_change(index, suite.files):
        yield for_(f"last changed on {day(last)}")
    if suite.left_out:
        yield for_("they are left out by name, or pytest does not find them by itself")
    else:
        yield against("pytest without arguments would find them", suite.files[0])
