"""Files named as tests that test nothing when the suite is run: all is skipped, or nothing is
there to collect; and scripts at the root that somebody wrote to try something once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from readiness.facts import python
from readiness.facts.python import Definition, PythonFacts
from readiness.index import RepoIndex
from readiness.index.inventory import ASIDE, FileClass, named_as_test
from readiness.index.tests import SuiteFile
from readiness.model import ActionKind, Evidence
from readiness.rule import against, for_

_SKIPS = ("mark.skip", "unittest.skip")
_FEW = 5  # files that are skipped or empty, up to which each is asked about
_COMMITS = 2  # of a script that was written once and left


class IdleTest(Struct, frozen=True):
    """`why` continues "x.py ..."; `kind` is skipped, empty or scratch."""

    path: str
    kind: str
    why: str
    line: int
    evidence: tuple[Evidence, ...]
    action: ActionKind


def idle_tests(index: RepoIndex) -> Iterator[IdleTest]:
    """Those of the live tests, by path. Where many are alike, they are parked rather than left
    behind, and nobody is asked about each of them."""
    found = list(_found(index))
    count = Counter(each.kind for each in found)
    for each in found:
        many = count[each.kind] > _FEW and each.action is ActionKind.AUDIT
        yield structs.replace(each, action=ActionKind.MODIFY) if many else each


def _found(index: RepoIndex) -> Iterator[IdleTest]:
    live = index.tests.live
    some = 2 * sum(bool(file.tests) for file in live.values()) >= len(live)
    apart = any("/" in path and file.tests for path, file in live.items())
    for path, file in live.items():
        facts = index.facts(python.SLICE, path)
        if facts is None or facts.error or facts.newer or path in index.imports.importers:
            continue
        found = _scratch(index, file, facts) if apart and "/" not in path else None
        if found is None and index.tests.pytest and some and file.collected:
            found = _skipped(file, facts) if file.tests else _empty(index, path, facts)
        if found is not None:
            yield found


def _skipped(file: SuiteFile, facts: PythonFacts) -> IdleTest | None:
    known = {each.name: each for each in facts.definitions}
    if not all(_is_skipped(known, name) for name in file.tests):
        return None
    number = len(file.tests)
    all_ = "its only test" if number == 1 else f"all of its {number} tests"
    first = known[file.tests[0]]
    evidence = [for_(f"{first.name} is skipped, without a condition", file.path, first.line)]
    why = f"skips {all_}, whatever the conditions"
    return IdleTest(file.path, "skipped", why, first.line, tuple(evidence), ActionKind.AUDIT)


def _is_skipped(known: dict[str, Definition], name: str) -> bool:
    definition = known.get(name)
    if definition is not None and any(each.endswith(_SKIPS) for each in definition.decorators):
        return True
    above = name.rpartition(".")[0]
    return bool(above) and _is_skipped(known, above)


def _empty(index: RepoIndex, path: str, facts: PythonFacts) -> IdleTest | None:
    """A file in which pytest finds no test: no function or class is named as one, nothing is
    brought in under such a name, and no class could get its tests from a base."""
    names = {name.rpartition(".")[2] for name in facts.names}
    names.update(each.name.rpartition(".")[2] for each in facts.definitions)
    names.update(each.name for each in facts.imports)
    bases = any(each.bases for each in facts.definitions)
    found = bases or any(name.startswith(("test", "Test", "*")) for name in names)
    if found or facts.main_line or facts.getattr_ or _users(index, path):
        return None
    if not index.inventory.is_(path, FileClass.TEST):
        return None
    evidence = [for_("no function and no class in it is named as a test", path)]
    why = "is named as a test, and holds none that a runner collects"
    return IdleTest(path, "empty", why, 0, tuple(evidence), ActionKind.AUDIT)


def _scratch(index: RepoIndex, file: SuiteFile, facts: PythonFacts) -> IdleTest | None:
    """A script at the root that runs itself, where the tests have a folder of their own."""
    known = index.history.files.get(file.path)
    runs = facts.main_line or next((each.line for each in facts.effects if not each.where), 0)
    once = known is not None and known.commits <= _COMMITS
    if not (runs and once) or file.listed or not named_as_test(file.path):
        return None
    if _users(index, file.path):
        return None
    documents = _documents(index, file.path)
    evidence = [
        for_("it runs itself, as a script", file.path, runs),
        for_("nothing imports or runs it, and hardly anybody touched it since it was added"),
        for_("the tests of this repository lie in folders of their own"),
        *documents[:2],
    ]
    action = ActionKind.AUDIT if documents else ActionKind.ARCHIVE
    why = "is a script at the root that is named as a test, and nothing runs it"
    return IdleTest(file.path, "scratch", why, runs, tuple(evidence), action)


def _users(index: RepoIndex, path: str) -> Sequence[str]:
    """The files that name it, documents, archives and test data aside."""
    return [
        reference.source
        for reference in index.references.to.get(path, ())
        if not index.inventory.is_(reference.source, *ASIDE, FileClass.DOCS)
    ]


def _documents(index: RepoIndex, path: str) -> list[Evidence]:
    return [
        against(f"{reference.source} names it", reference.source, reference.line)
        for reference in index.references.to.get(path, ())
        if index.inventory.is_(reference.source, FileClass.DOCS)
    ]
