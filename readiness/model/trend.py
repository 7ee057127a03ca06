"""How the scores of past commits lead to today's: points, what changed between them, outlook."""

from __future__ import annotations

from msgspec import Struct

from readiness.model.values import Coverage, Dimension, Severity, Verdict


class Reported(Struct, frozen=True):
    """A score as it was told at the time, whatever the present model makes of that commit."""

    overall: float | None
    model_version: str
    tool_version: str
    dimensions: dict[Dimension, float | None] = {}


class Point(Struct, frozen=True):
    """One commit under the present model; a score is null where nothing could be assessed.

    `at` is the commit's time in seconds since 1970, `release` the tag that it was chosen for.
    `findings` counts the open ones and `causes` what they come from: findings with one cause are
    one thing to do. `reported` is null where no report told a score of this commit.
    """

    commit: str
    at: int
    overall: float | None
    with_waivers: float | None
    verdict: Verdict
    dimensions: dict[Dimension, float | None]
    coverage: Coverage
    findings: int
    causes: int
    model_version: str
    tool_version: str
    release: str = ""
    reported: Reported | None = None


class Trace(Struct, frozen=True, array_like=True):
    """What is remembered of an open finding. `key` tells it from others of its rule wherever its
    file lies, empty where only the path does; `cause` is the same for findings of one cause."""

    fingerprint: str
    rule: str
    severity: Severity
    path: str | None
    key: str
    cause: str


class Delta(Struct, frozen=True):
    """What changed since the last point that was `weeks` old or older.

    `commit` and `at` are that point's. Changes are in points of the score, null where either was
    not assessed. `new` and `reopened` are open findings, by fingerprint; what was open once,
    then closed, is reopened. A finding of a file that moved is neither fixed nor new.
    """

    weeks: int
    commit: str
    at: int
    overall: float | None
    dimensions: dict[Dimension, float | None]
    fixed: tuple[Trace, ...] = ()
    new: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()


class Pace(Struct, frozen=True, array_like=True):
    """How many causes were closed and came up a week, over the last `weeks`."""

    weeks: int
    done_per_week: float
    new_per_week: float


class Outlook(Struct, frozen=True):
    """When all that is open now will be done, if it goes on as in the last weeks.

    `earliest` and `latest` are in seconds since 1970; `latest` is null where the slowest of the
    paces seen leads nowhere. `left` counts causes; `done_per_week` and `new_per_week` are over
    the last `weeks`. Where `reason` is not empty there is no forecast, and that is why. `paces`
    are those that the range comes from, over more and more weeks.
    """

    earliest: int | None = None
    latest: int | None = None
    left: int = 0
    done_per_week: float = 0.0
    new_per_week: float = 0.0
    weeks: int = 0
    reason: str = ""
    paces: tuple[Pace, ...] = ()


class Trend(Struct, frozen=True):
    """How the scores of a repository came about. `points` are oldest first; the last is the commit
    that is looked at.

    `first_seen`: each open finding's fingerprint -> the time of the first point that has it. One
    seen first at the first point may be older.
    """

    points: tuple[Point, ...]
    deltas: tuple[Delta, ...] = ()
    first_seen: dict[str, int] = {}
    outlook: Outlook = Outlook()
    repository: str = ""

    def delta(self, weeks: int) -> Delta | None:
        """The change since so many weeks; null where the points do not reach back that far."""
        return next((delta for delta in self.deltas if delta.weeks == weeks), None)
