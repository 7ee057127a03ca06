"""Which tests of a file fail where it imports or patches, inside functions, what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readiness.facts import python
from readiness.index import RepoIndex
from readiness.index.imports import Missing
from readiness.index.tests import stopped
from readiness.model import Evidence
from readiness.rule import for_

_SHOWN = 3  # tests in a sentence
_LISTED = 40  # tests in the evidence


class Stopped:
    """`names` are the tests that `found` stops, of the `all` that the file has; `most`: at least
    half of them, or nobody can tell which."""

    def __init__(self, index: RepoIndex, path: str, found: Sequence[Missing]) -> None:
        facts = index.facts(python.SLICE, path)
        suite = index.tests.live.get(path)
        lines = [missing.import_.line for missing in found]
        self.path = path
        self.names = stopped(facts, lines) if facts is not None else ()
        self.all = len(suite.tests) if suite is not None else 0
        self.most = not self.names or 2 * len(self.names) >= self.all

    @property
    def sentence(self) -> str:
        """How a message goes on: "; that stops test_a, one of its 3 tests"."""
        number = len(self.names)
        if not number:
            return ""
        if number == self.all:
            return "; that stops all of its tests" if number > 1 else "; that stops its only test"
        if number == 1:
            return f"; that stops {self.names[0]}, one of its {self.all} tests"
        more = f" and {number - _SHOWN} more" if number > _SHOWN else ""
        shown = ", ".join(self.names[:_SHOWN])
        return f"; that stops {number} of its {self.all} tests: {shown}{more}"

    def evidence(self) -> Iterator[Evidence]:
        if self.names and len(self.names) < self.all:
            more = ", ..." if len(self.names) > _LISTED else ""
            yield for_(f"stale are {', '.join(self.names[:_LISTED])}{more}", self.path)
