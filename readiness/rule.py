"""What a rule is: a pure function of the index, with its text and its examples beside it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from msgspec import Struct

from readiness.facts import Slice, core_slices
from readiness.index import RepoIndex
from readiness.model import (
    ActionKind,
    Area,
    BaselineEntry,
    Confidence,
    Dimension,
    Edit,
    Evidence,
    Finding,
    Location,
    Outcome,
    RuleSummary,
    Severity,
    Speaks,
    State,
    worst,
)

SECTIONS = ("What it does", "Why it matters", "How to fix", "Limits")


class Status(StrEnum):
    PREVIEW = "preview"  # reported, not scored, off in gates
    STABLE = "stable"
    DEPRECATED = "deprecated"


class Scope(StrEnum):
    FILE = "file"  # needs only the facts of the file that it speaks of
    REPO = "repo"  # needs shared evidence
    CHANGE = "change"  # needs two ends of a change


class Example(Struct, frozen=True):
    """A small repository and what the rule says of it.

    `files` is one string of files, each below a header `-- path --`. `expects` lists each expected
    finding as "path" or "path:line" ("" for what has no path), in any order; empty when the rule
    must stay silent. `history` has one line a commit, oldest first:
    `2026-01-31 author | A new.py, M changed.py, D gone.py, R old.py > new.py`.
    `base` are the files before a change, for a rule that judges changes.
    """

    title: str
    files: str
    expects: tuple[str, ...] = ()
    history: str = ""
    base: str = ""


SEVERITY_WEIGHT = {
    Severity.CRITICAL: 8.0,
    Severity.HIGH: 4.0,
    Severity.MEDIUM: 2.0,
    Severity.LOW: 1.0,
    Severity.INFO: 0.0,
}
COUNT_SPAN = 5  # doublings of weight until nothing is left: four sure critical causes
CONFIDENCE_WEIGHT = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.7, Confidence.LOW: 0.4}

Reads = Mapping[Slice[Any], Collection[str]]  # a slice -> paths of files


class Rule:
    """Base of every rule.

    A subclass sets the class variables, writes the docstring sections *What it does*, *Why it
    matters*, *How to fix* and *Limits*, and implements `check`. `applies` says why the rule has
    nothing to judge in a repository, where that is so. `outside` is what must also be done outside
    of the repository to mend what it finds, if anything.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    dimension: ClassVar[Dimension]
    area: ClassVar[Area]
    severity: ClassVar[Severity]
    status: ClassVar[Status] = Status.STABLE
    since: ClassVar[str] = "0.1"
    scope: ClassVar[Scope] = Scope.REPO
    outside: ClassVar[str] = ""
    examples: ClassVar[tuple[Example, ...]] = ()

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        """Every finding of this rule in the repository, in any order."""
        raise NotImplementedError

    def reads(self, paths: Collection[str]) -> Reads:
        """The slices of facts that the rule reads beyond the core ones, and of which of the
        repository's `paths`; the facts of other files are not there."""
        return {}

    def applies(self, index: RepoIndex) -> str | None:
        """Null where the rule can judge this repository, else the reason why it cannot."""
        return None

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """How well the repository stands by this rule; by default a *count* of its findings."""
        return self.outcome(count_quality(findings), findings)

    def outcome(self, quality: float, findings: Sequence[Finding]) -> Outcome:
        """A measured outcome, weighed by the worst of `findings`."""
        severity = worst((finding.severity for finding in findings), self.severity)
        return Outcome(self.id, State.MEASURED, min(1.0, max(0.0, quality)), severity)

    def finding(
        self,
        path: str | None,
        message: str,
        *,
        line: int | None = None,
        end_line: int | None = None,
        key: str = "",
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        evidence: Iterable[Evidence] = (),
        subjects: Iterable[str] = (),
        cause: str = "",
        action: ActionKind = ActionKind.MODIFY,
        targets: Iterable[str] | None = None,
        edits: Iterable[Edit] = (),
        proposals: Iterable[Edit] = (),
    ) -> Finding:
        """A finding of this rule; `subjects` is `path` alone where none is given, and `targets`
        all of them."""
        speaks_of = tuple(subjects) or ((path,) if path else ())
        return Finding(
            rule=self.id,
            location=Location(path, line, end_line),
            message=message,
            severity=severity or self.severity,
            confidence=confidence,
            evidence=tuple(evidence),
            subjects=speaks_of,
            key=key,
            cause=cause,
            action=action,
            targets=speaks_of if targets is None else tuple(targets),
            edits=tuple(edits),
            proposals=tuple(proposals),
        )


class Side(Struct, frozen=True):
    """One end of a change: the evidence of the files that may say how strictly is judged, under
    the configuration that this end itself holds; the entries of its baseline, and its file."""

    index: RepoIndex
    baseline: tuple[BaselineEntry, ...] = ()
    baseline_path: str = ""


class Change(Struct, frozen=True):
    """`renamed`: the path of a file before the change -> its path after it."""

    before: Side
    after: Side
    renamed: Callable[[str], str] = lambda path: path


class ChangeRule(Rule):
    """Base of the rules that judge a change, and so take no part in the score of a commit.

    A subclass implements `check_change`. Of the files it reads, only those are there that the
    change touches, that configure, or that CI runs.
    """

    scope: ClassVar[Scope] = Scope.CHANGE

    def applies(self, index: RepoIndex) -> str | None:
        return "it judges changes: readiness audit --since"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        yield from ()

    def check_change(self, change: Change) -> Iterator[Finding]:
        """Every finding of this rule in the change, in any order."""
        raise NotImplementedError


def of_commits(rules: Iterable[Rule]) -> list[Rule]:
    """The rules that have something to say without two ends of a change."""
    return [rule for rule in rules if rule.scope is not Scope.CHANGE]


def slices_of(rules: Iterable[Rule], paths: Collection[str]) -> tuple[Slice[Any], ...]:
    """The slices that `rules` judge by, each narrowed to the files that they read."""
    read = reads_of(rules, paths)
    return (*core_slices(), *(slice_.of(own) for slice_, own in read.items()))


def reads_of(rules: Iterable[Rule], paths: Collection[str]) -> dict[Slice[Any], set[str]]:
    """What `rules` read beyond the core slices: slice -> the files."""
    read: dict[Slice[Any], set[str]] = {}
    for rule in rules:
        for slice_, own in rule.reads(paths).items():
            read.setdefault(slice_, set()).update(own)
    return read


@lru_cache(512)
def summarise(rule: Rule) -> RuleSummary:
    """What reports show of a rule, taken from its class and its docstring."""
    sections = text_sections(rule)
    return RuleSummary(
        id=rule.id,
        name=rule.name,
        dimension=rule.dimension,
        area=rule.area,
        severity=rule.severity,
        status=rule.status,
        since=rule.since,
        summary=sections[""],
        why=sections.get("Why it matters", ""),
        fix=sections.get("How to fix", ""),
        outside=rule.outside,
    )


def text_sections(rule: Rule) -> dict[str, str]:
    """Title -> text of the docstring's sections, each on one line; "" is the first line."""
    sections: dict[str, list[str]] = {"": []}
    title = ""
    for line in (inspect.getdoc(rule) or "").splitlines():
        if line in SECTIONS:
            title = line
            sections[title] = []
        else:
            sections[title].append(line.strip())
    return {title: " ".join(" ".join(lines).split()) for title, lines in sections.items()}


def for_(summary: str, path: str | None = None, line: int | None = None) -> Evidence:
    """Evidence that speaks for the finding."""
    return Evidence(summary, Location(path, line), Speaks.FOR)


def against(summary: str, path: str | None = None, line: int | None = None) -> Evidence:
    """Evidence that speaks against the finding."""
    return Evidence(summary, Location(path, line), Speaks.AGAINST)


def count_quality(findings: Iterable[Finding]) -> float:
    """1 without findings, falling with the logarithm of their weight over root causes.

    `q = 1 - min(1, log2(1 + m) / 5)`, where m adds severity x confidence of each cause's worst
    finding: a second secret tells less than the first, and four sure critical causes end at 0.
    """
    groups: dict[str, float] = {}
    for finding in findings:
        weight = SEVERITY_WEIGHT[finding.severity] * CONFIDENCE_WEIGHT[finding.confidence]
        group = finding.cause or finding.fingerprint
        groups[group] = max(groups.get(group, 0.0), weight)
    return 1 - min(1.0, math.log2(1 + math.fsum(groups.values())) / COUNT_SPAN)


def ratio_quality(share: float, zero_at: float) -> float:
    """1 where no eligible file or line is at fault, 0 where the share reaches `zero_at`."""
    return max(0.0, 1 - share / zero_at)
