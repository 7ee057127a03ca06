"""What a run of the tests said, test by test where pytest wrote it down, and what got worse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from readiness.model import ActionKind, EditKind, Plan

LARGEST = 64 << 20  # bytes of a report by pytest
_CASES = re.compile(r"\[.*", re.DOTALL)


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Case(Struct, frozen=True):
    """`file` and `name` (`Class.test_x`, without its cases) are "" where they are not told."""

    outcome: Outcome
    file: str = ""
    name: str = ""


class Run(Struct, frozen=True):
    """One run: name -> test. A command that says no more than how it ended is one test itself.
    `loaded` are the Python files that it imported; `stopped` says why it was ended by force;
    `last` is its last line."""

    tests: Mapping[str, Case]
    loaded: frozenset[str] = frozenset()
    seconds: float = 0.0
    stopped: str = ""
    last: str = ""

    @property
    def passed(self) -> int:
        return sum(test.outcome is Outcome.PASSED for test in self.tests.values())


def read_report(xml: bytes) -> dict[str, Case]:
    """The tests of a report in JUnit's format; none where it is not one."""
    from xml.etree import ElementTree

    if len(xml) > LARGEST or b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        return {}
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return {}
    found: dict[str, Case] = {}
    for case in root.iter("testcase"):
        name, test = _test(case.get("classname", ""), case.get("name", ""), case.get("file", ""))
        outcome = Outcome.PASSED
        for child in case:
            if child.tag in ("failure", "error"):
                outcome = Outcome.FAILED
            elif child.tag == "skipped" and outcome is Outcome.PASSED:
                outcome = Outcome.SKIPPED
        known = found.get(name)
        if known is None or known.outcome is not Outcome.FAILED:  # an error when it is torn down
            found[name] = Case(outcome, test.file, test.name)
    return found


def _test(class_: str, name: str, file: str) -> tuple[str, Case]:
    """The name of a test as pytest writes it, and where it stands."""
    file = file.replace("\\", "/")
    module = file.removesuffix(".py").replace("/", ".")
    inside = ""
    if file and f".{class_}.".startswith(f".{module}."):
        inside = class_[len(module) + 1 :]
    else:
        module = class_
    own = f"{inside}.{name}".lstrip(".")
    shown = "::".join(filter(None, (file or module, inside.replace(".", "::"), name)))
    return shown, Case(Outcome.PASSED, file, _CASES.sub("", own))


def worse(before: Run, after: Run, plan: Plan) -> tuple[str, ...]:
    """The tests that passed before and do not any more, but for those that the plan takes out."""
    going = {
        path
        for action in plan.actions
        if action.kind in (ActionKind.ARCHIVE, ActionKind.REMOVE)
        for path in action.paths
    }
    cut = {
        (edit.path, name)
        for action in plan.actions
        for edit in action.edits
        if edit.kind is EditKind.CUT
        for name in edit.what
    }
    found = []
    for name, test in before.tests.items():
        known = after.tests.get(name)
        if test.outcome is not Outcome.PASSED or (known and known.outcome is Outcome.PASSED):
            continue
        if known is None and (_goes(test, going) or _is_cut(test, cut)):
            continue
        found.append(name)
    return tuple(sorted(found))


def _goes(test: Case, going: set[str]) -> bool:
    return any(_is(test, path) for path in going)


def _is_cut(test: Case, cut: set[tuple[str, str]]) -> bool:
    return any(
        _is(test, path) and (test.name == name or test.name.startswith(f"{name}."))
        for path, name in cut
    )


def _is(test: Case, path: str) -> bool:
    """Does a test stand in a file? The tests may be run from a folder below the root."""
    return bool(test.file) and f"/{path}".endswith(f"/{test.file}")
