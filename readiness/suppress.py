"""Suppression: which findings someone answers for, and which waivers answer for nothing."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.config import Config, Waiver, nearest, plain
from readiness.errors import one_line
from readiness.facts import text
from readiness.facts.text import InlineIgnore
from readiness.index import RepoIndex
from readiness.model import Finding, Location, RuleSummary, Severity, StaleWaiver, Waived

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SERIOUS = (Severity.CRITICAL, Severity.HIGH)
LONGEST_SERIOUS = datetime.timedelta(days=90)
_ANSWERED = "use [[tool.readiness.waivers]] with an owner, a reason and a date within 90 days"
_HINTS = 50  # misspelt names in one repository for which the nearest rule is sought
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
    installed: Iterable[RuleSummary] | None = None,
) -> Suppressed:
    """Divides findings into open and waived, and names every waiver that is of no use.

    `rules` are those that ran: what is said of any other rule is left alone, but for an inline
    ignore of one that is not even `installed`; null: these are not known. A waiver of a high or
    critical finding needs an owner, a reason and an end within 90 days of `today`; an inline or
    per-path ignore never waives one. Where several cover a finding, the first does: waivers, then
    inline ignores, then those per path.
    """
    names = {plain(name): rule.id for rule in rules for name in (rule.id, rule.name)}
    sources = [
        *_waivers(index.config, names, today),
        *_inline(index, names),
        *_per_path(index.config, names),
    ]
    by_rule: dict[str, list[_Source]] = defaultdict(list)
    for each in sources:
        by_rule[each.rule].append(each)
    active: list[Finding] = []
    waived: list[Waived] = []
    for finding in findings:
        matching = [source for source in by_rule[finding.rule] if source.matches(finding)]
        source = _first_to_cover(finding, matching)
        if source is None:
            active.append(finding)
        else:
            inline = isinstance(source, _Inline)
            waived.append(Waived(finding, source.reason, source.owner, source.until, inline))
    stale = {complaint for source in sources for complaint in source.complaints()}
    if installed is not None:
        stale.update(_unknown(index, installed))
    owned = all(entry.owner for entry in waived)
    return Suppressed(tuple(active), tuple(waived), tuple(sorted(stale, key=_place)), owned)


def _place(stale: StaleWaiver) -> tuple[str, int, str]:
    return stale.location.path or "", stale.location.line or 0, stale.message


def _first_to_cover(finding: Finding, matching: Sequence[_Source]) -> _Source | None:
    """The first that may waive the finding; where none may, each remembers why not."""
    objections = [source.objection(finding) for source in matching]
    for source in matching:
        source.used = True
    if "" in objections:
        return matching[objections.index("")]
    for source, objection in zip(matching, objections, strict=True):
        source.objections.add(objection)
    return None


class _Source:
    """One thing that may waive findings; it remembers whether it did, and what it might not."""

    def __init__(self, rule: str, location: Location, reason: str) -> None:
        self.rule = rule
        self.location = location
        self.reason = reason
        self.owner = ""
        self.until = ""
        self.refusal = ""  # why it may waive nothing at all
        self.objections: set[str] = set()  # why it might not waive findings that stay open
        self.used = False

    def matches(self, finding: Finding) -> bool:
        """Does it speak of this finding of its rule?"""
        raise NotImplementedError

    def objection(self, finding: Finding) -> str:
        """Why it may not waive a finding that it matches; empty where it may."""
        return self.refusal

    def complaints(self) -> list[StaleWaiver]:
        messages = set(self.objections)
        if not messages and self.refusal:
            messages = {self.refusal}
        elif not self.used:
            messages = {f"waives {self.rule}, which finds nothing there"}
        return [StaleWaiver(self.location, message) for message in messages]


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
                f"{self.rule} is {finding.severity} here and cannot be ignored inline: {_ANSWERED}"
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

    def objection(self, finding: Finding) -> str:
        if finding.severity in SERIOUS:
            return (
                f"{self.rule} is {finding.severity} in {self.pattern} and per_path_ignores cannot "
                f"waive it: {_ANSWERED}; its path may be a folder or a pattern too"
            )
        return self.refusal


class _Waiver(_Source):
    def __init__(self, rule: str, waiver: Waiver, config: Config, today: datetime.date) -> None:
        place = Location(waiver.source or config.source or None, waiver.line or None)
        super().__init__(rule, place, waiver.reason)
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
    def spec(self) -> GitIgnoreSpec | None:
        """Null where the waiver names one file."""
        path = self.waiver.path
        return _spec(path) if path.endswith("/") or any(c in path for c in "*?[") else None

    def matches(self, finding: Finding) -> bool:
        if self.waiver.fingerprint:
            return finding.fingerprint == self.waiver.fingerprint
        if not self.waiver.path:
            return True
        path = finding.location.path
        if path is None:
            return False
        if path == self.waiver.path.removeprefix("/"):
            return True
        return self.spec is not None and self.spec.match_file(path)

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


def _ignores(index: RepoIndex) -> Iterator[tuple[str, InlineIgnore, str]]:
    """Each name of a rule in an inline ignore, with its place: (path, ignore, name)."""
    for path, facts in index.each(text.SLICE):
        for ignore in facts.ignores:
            for name in ignore.rules:
                yield path, ignore, name


def _inline(index: RepoIndex, names: Mapping[str, str]) -> list[_Source]:
    return [
        _Inline(names[plain(name)], path, ignore)
        for path, ignore, name in _ignores(index)
        if plain(name) in names
    ]


def _unknown(index: RepoIndex, installed: Iterable[RuleSummary]) -> Iterator[StaleWaiver]:
    """A complaint of each inline ignore of what is no rule."""
    known = {plain(name): name for rule in installed for name in (rule.id, rule.name)}
    unknown = [each for each in _ignores(index) if plain(each[2]) not in known]
    names = sorted({name for _, _, name in unknown})[:_HINTS]
    hints = {name: nearest(plain(name), tuple(known)) for name in names}
    for path, ignore, name in unknown:
        hint = hints.get(name)
        end = f"did you mean {known[hint]}?" if hint else "readiness rules lists them"
        message = f"an ignore of {one_line(name) or 'nothing'}, which is no rule; {end}"
        yield StaleWaiver(Location(path, ignore.line), message)


def _per_path(config: Config, names: Mapping[str, str]) -> list[_Source]:
    return [
        _PerPath(names[plain(name)], pattern, config)
        for pattern, rules in sorted(config.per_path_ignores.items())
        for name in rules
        if plain(name) in names
    ]


def _waivers(config: Config, names: Mapping[str, str], today: datetime.date) -> list[_Source]:
    return [
        _Waiver(names[plain(waiver.rule)], waiver, config, today)
        for waiver in config.waivers
        if plain(waiver.rule) in names
    ]
