"""The report: all that a renderer shows, the scorecard above all."""

from __future__ import annotations

from msgspec import Struct

from readiness.model.comparison import Comparison
from readiness.model.findings import Finding, Outcome, RuleError, Story
from readiness.model.owners import Owner
from readiness.model.plans import Plan, Progress
from readiness.model.reconciliation import Reconciliation
from readiness.model.trend import Trend
from readiness.model.values import (
    Area,
    Coverage,
    Dimension,
    Location,
    Severity,
    SkippedFile,
    Verdict,
)


class Deduction(Struct, frozen=True):
    """The points (of 10) that one rule costs a dimension, and the findings that cost them."""

    rule: str
    points: float
    fingerprints: tuple[str, ...]


class Score(Struct, frozen=True):
    """One dimension's score, 0 to 10; null where nothing could be assessed.

    `deductions` add up to 10 - value. `coverage` is the share of the rules' weight that was
    measured. `interval` holds the score if all that is unknown were missing, and if it were fine.
    """

    dimension: Dimension
    value: float | None
    with_waivers: float | None
    deductions: tuple[Deduction, ...] = ()
    cap_reason: str | None = None
    coverage: float = 1.0
    interval: tuple[float, float] | None = None


class Scorecard(Struct, frozen=True):
    overall: float | None
    with_waivers: float | None
    verdict: Verdict
    coverage: Coverage
    interval: tuple[float, float] | None
    dimensions: tuple[Score, ...]
    model_version: str
    target: float
    profile: str


class Waived(Struct, frozen=True):
    """A finding that someone answers for; `inline`: by a comment beside it."""

    finding: Finding
    reason: str
    owner: str = ""
    until: str = ""
    inline: bool = False


class StaleWaiver(Struct, frozen=True):
    """A waiver or inline ignore that is expired or matches nothing: what to delete, and where."""

    location: Location
    message: str


class Condition(Struct, frozen=True):
    """One thing that a gate asks, by its setting or rule; `why` is empty where it holds."""

    asks: str
    why: str = ""


class Gate(Struct, frozen=True):
    """`why` is what failed of the `conditions`; there are none where no gate is set."""

    passed: bool
    why: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


class RuleSummary(Struct, frozen=True):
    """What reports show of a rule."""

    id: str
    name: str
    dimension: Dimension
    area: Area
    severity: Severity
    status: str
    since: str
    summary: str
    why: str
    fix: str
    outside: str = ""


class SourceLines(Struct, frozen=True):
    """How many lines of source code there are in files of one ending, and whether the evidence
    rules follow what they import and run."""

    ending: str
    lines: int
    followed: bool


class Report(Struct, frozen=True):
    """All that any renderer shows. `findings` are the open ones, worst first. `committed_at` is the
    commit's time in seconds since 1970, 0 where there is none."""

    schema_version: int
    tool_version: str
    repository: str
    remote: str | None
    commit: str | None
    dirty: bool
    config_digest: str
    scorecard: Scorecard
    rules: tuple[RuleSummary, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    stories: tuple[Story, ...] = ()
    waived: tuple[Waived, ...] = ()
    stale_waivers: tuple[StaleWaiver, ...] = ()
    rule_errors: tuple[RuleError, ...] = ()
    skipped_files: tuple[SkippedFile, ...] = ()
    gate: Gate = Gate(passed=True)
    files: int = 0
    excluded: int = 0  # files that the configuration keeps out of sight; not among `files`
    plan: Plan | None = None
    reconciliation: Reconciliation | None = None
    committed_at: int = 0
    comparison: Comparison | None = None
    history: Trend | None = None
    owners: tuple[Owner, ...] = ()
    source_lines: tuple[SourceLines, ...] = ()  # of a report with a plan
    progress: Progress | None = None  # where there is an earlier plan
