"""Tests that a machine can cut out of their file: those whose code is gone, where others stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readiness.facts import python
from readiness.index import RepoIndex
from readiness.index.moves import Fate
from readiness.index.patches import StalePatch
from readiness.model import Edit, EditKind

from ._missing_imports import Lost
from ._redirects import followed
from ._stopped_tests import Stopped

_FIXTURES = ("pytest.fixture", "fixture", "pytest_asyncio.fixture")


def cuts(index: RepoIndex, share: Stopped, all_lost: Sequence[Lost]) -> tuple[Edit, ...]:
    """The edit that cuts the stopped tests out of their file. None where a test would be left of
    which nobody knows, what is missing lies elsewhere now, or other files use this one."""
    path = share.path
    if not 0 < len(share.names) < share.all or not all(map(_is_gone, all_lost)):
        return ()
    if index.imports.importers.get(path) or _overrides(index, path):
        return ()
    return (Edit(EditKind.CUT, path, tuple(_whole(index, path, share.names))),)


def follows(index: RepoIndex, path: str, all_lost: Sequence[Lost]) -> Iterator[Edit]:
    """What makes a test import modules from where they lie now. That they still do what the test
    expects, its run must tell."""
    for lost in all_lost:
        if lost.move.fate is Fate.MOVED and not lost.name and lost.verb == "imports":
            yield from followed(index, path, lost.module, lost.move.path)


def _is_gone(lost: Lost) -> bool:
    if lost.move.fate in (Fate.REMOVED, Fate.ARCHIVED):
        return True
    patched = any(isinstance(each, StalePatch) for each in lost.imports)
    return lost.move.fate is Fate.UNKNOWN and bool(lost.name) and not patched


def _whole(index: RepoIndex, path: str, names: Sequence[str]) -> Iterator[str]:
    """The tests, and in place of all tests of a class that class."""
    of_class: dict[str, set[str]] = {}
    suite = index.tests.live.get(path)
    for name in suite.tests if suite is not None else ():
        of_class.setdefault(name.rpartition(".")[0], set()).add(name)
    told = set()
    for name in names:
        class_ = name.rpartition(".")[0]
        whole = class_ if class_ and of_class.get(class_, set()) <= set(names) else name
        if whole not in told:
            told.add(whole)
            yield whole


def _overrides(index: RepoIndex, path: str) -> bool:
    """Does the file give a fixture that a conftest above it gives too, and perhaps asks for?"""
    own = _fixtures(index, path)
    folder = path
    while own and folder:
        folder = folder.rpartition("/")[0]
        if own & _fixtures(index, f"{folder}/conftest.py" if folder else "conftest.py"):
            return True
    return False


def _fixtures(index: RepoIndex, path: str) -> set[str]:
    facts = index.facts(python.SLICE, path)
    definitions = facts.definitions if facts is not None else ()
    return {each.name for each in definitions if any(d in _FIXTURES for d in each.decorators)}
