"""Suppression: which findings someone answers for, and which waivers answer for nothing."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.config import Config, Waiver
from readiness.facts import text
from readiness.facts.text import InlineIgnore
from readiness.index import RepoIndex
from readiness.model import Finding, Location, RuleSummary, Severity, StaleWaiver, Waived

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SERIOUS = (Severity.CRITICAL, Severity.HIGH)
LONGEST_SERIOUS = datetime.timedelta(days=90)
_FILE_LEVEL_LINES = 10  # an ignore this near the top speaks for findings of the whole file


class Suppressed(Struct, frozen=True):
    """`active` keeps the order of the findings; `owned`: every waiver in use names its owner."""

    active: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    stale: tuple[StaleWaiver, ...]
    owned: bool


def split(
    findings: Sequence[Finding],
    index: RepoIndex,
    rules: Iterable[RuleSummary],
    today: datetime.date,
) -> Suppressed:
    """Divides findings into open and waived, and names every waiver that is of no use.

    `rules` are those that ran: what is said of any other rule is left alone. A waiver of a high or
    critical finding needs an owner, a reason and an end within 90 days of `today`, and is never
    inline.
    """
    names = {name: rule.id for rule in rules for name in (rule.id, rule.name)}
    sources = [
        *_inline(index, names),
        *_per_path(index.config, names),
        *_waivers(index.config, names, today),
    ]
    active: list[Finding] = []
    waived: list[Waived] = []
    for finding in findings:
        source = next((source for source in sources if source.covers(finding)), None)
        if source is None:
            active.append(finding)
        else:
            waived.append(Waived(finding, source.reason, source.owner, source.until))
    stale = [complaint for source in sources for complaint in source.complaints()]
    owned = all(entry.owner for entry in waived)
    return Suppressed(tuple(active), tuple(waived), tuple(sorted(set(stale), key=_place)), owned)


def _place(stale: StaleWaiver) -> tuple[str, int, str]:
    return stale.location.path or "", stale.location.line or 0, stale.message


class _Source:
    """One thing that may waive findings; it remembers whether it did."""

    def __init__(self, rule: str, location: Location, reason: str) -> None:
        self.rule = rule
        self.location = location
        self.reason = reason
        self.owner = ""
        self.until = ""
        self.refusal = ""
        self.used = False

    def matches(self, finding: Finding) -> bool:
        raise NotImplementedError

    def objection(self, finding: Finding) -> str:
        """Why it may not waive a finding that it matches; empty where it may."""
        return self.refusal

    def covers(self, finding: Finding) -> bool:
        if finding.rule != self.rule or not self.matches(finding):
            return False
        self.used = True
        objection = self.objection(finding)
        if objection:
            self.refusal = objection
        return not objection

    def complaints(self) -> list[StaleWaiver]:
        if self.refusal:
            return [StaleWaiver(self.location, self.refusal)]
        if not self.used:
            return [StaleWaiver(self.location, f"waives {self.rule}, which finds nothing there")]
        return []


class _Inline(_Source):
    def __init__(self, rule: str, path: str, ignore: InlineIgnore) -> None:
        super().__init__(rule, Location(path, ignore.line), ignore.reason)
        if not ignore.reason:
            self.refusal = f"an ignore of {rule} needs a reason behind the brackets"

    def matches(self, finding: Finding) -> bool:
        own, line = self.location.line or 0, finding.location.line
        if finding.location.path != self.location.path:
            return False
        return own <= _FILE_LEVEL_LINES if line is None else line in (own, own + 1)

    def objection(self, finding: Finding) -> str:
        if finding.severity in SERIOUS:
            return (
                f"{self.rule} is {finding.severity} here and cannot be ignored inline: "
                "use [[tool.readiness.waivers]] with an owner, a reason and a date"
            )
        return self.refusal


class _PerPath(_Source):
    def __init__(self, rule: str, pattern: str, config: Config) -> None:
        super().__init__(rule, Location(config.source or None), f"per_path_ignores: {pattern}")
        self.pattern = pattern

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        return _spec(self.pattern)

    def matches(self, finding: Finding) -> bool:
        path = finding.location.path
        return path is not None and self.spec.match_file(path)


class _Waiver(_Source):
    def __init__(self, rule: str, waiver: Waiver, config: Config, today: datetime.date) -> None:
        super().__init__(rule, Location(config.source or None, waiver.line or None), waiver.reason)
        self.owner = waiver.owner
        self.until = waiver.until
        self.waiver = waiver
        self.today = today
        self.end = datetime.date.fromisoformat(waiver.until) if waiver.until else None
        if self.end and self.end < today:
            self.refusal = f"the waiver of {rule} expired on {waiver.until}"
        elif not waiver.reason:
            self.refusal = f"the waiver of {rule} needs a reason"

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        return _spec(self.waiver.path)

    def matches(self, finding: Finding) -> bool:
        if self.waiver.fingerprint:
            return finding.fingerprint == self.waiver.fingerprint
        if not self.waiver.path:
            return True
        path = finding.location.path
        return path is not None and (path == self.waiver.path or self.spec.match_file(path))

    def objection(self, finding: Finding) -> str:
        if self.refusal or finding.severity not in SERIOUS:
            return self.refusal
        if not self.owner or not self.end:
            return f"a waiver of {finding.severity} findings ({self.rule}) needs owner and until"
        if self.end - self.today > LONGEST_SERIOUS:
            return (
                f"the waiver of {self.rule} may last at most 90 days for {finding.severity} "
                f"findings: end it by {self.today + LONGEST_SERIOUS}"
            )
        return ""


def _spec(pattern: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([pattern])


def _inline(index: RepoIndex, names: Mapping[str, str]) -> list[_Source]:
    return [
        _Inline(names[rule], path, ignore)
        for path, facts in index.each(text.SLICE)
        for ignore in facts.ignores
        for rule in ignore.rules
        if rule in names
    ]


def _per_path(config: Config, names: Mapping[str, str]) -> list[_Source]:
    return [
        _PerPath(names[rule], pattern, config)
        for pattern, rules in sorted(config.per_path_ignores.items())
        for rule in rules
        if rule in names
    ]


def _waivers(config: Config, names: Mapping[str, str], today: datetime.date) -> list[_Source]:
    return [
        _Waiver(names[waiver.rule], waiver, config, today)
        for waiver in config.waivers
        if waiver.rule in names
    ]
