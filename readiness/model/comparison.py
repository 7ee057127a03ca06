"""What a change does to the findings and the scores."""

from __future__ import annotations

from msgspec import Struct

from readiness.model.findings import Finding
from readiness.model.values import Dimension


class BaselineEntry(Struct, frozen=True):
    """A finding that a baseline knows; `path` is empty for one of the whole repository, `line` is
    that of the file."""

    fingerprint: str
    rule: str
    path: str = ""
    line: int = 0

    @property
    def told(self) -> str:
        return f"{self.rule} {self.path}" if self.path else self.rule


class News(Struct, frozen=True):
    """A finding that the change brings. `why` says what is new about one that was there before,
    or why its waiver does not count. `counts`: the gate fails by it; else `why` says why not."""

    finding: Finding
    why: str = ""
    counts: bool = True


class ScoreStep(Struct, frozen=True):
    """A dimension's score, with waivers, before and after; null where it cannot be assessed."""

    dimension: Dimension
    before: float | None
    after: float | None


class Comparison(Struct, frozen=True):
    """What is audited, held against `base`: the id of a commit, or the path of a baseline.

    `before` and `after` are the overall scores, with waivers.
    `new` is what the change brings, worst first; `old` counts the findings that were there before,
    of which `moved` lie elsewhere now; `fixed` are gone. `waived` counts those new ones for which
    the base lets someone answer. There are no `scores` for a baseline. `stale` are its entries that
    match nothing any more, `rewritten` those of findings that moved, as they are and should be.
    """

    base: str
    new: tuple[News, ...] = ()
    fixed: tuple[Finding, ...] = ()
    old: int = 0
    moved: int = 0
    waived: int = 0
    before: float | None = None
    after: float | None = None
    scores: tuple[ScoreStep, ...] = ()
    stale: tuple[BaselineEntry, ...] = ()
    rewritten: tuple[tuple[BaselineEntry, BaselineEntry], ...] = ()
