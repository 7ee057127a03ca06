"""Tasks: what is asked for, put together so that a person can read it and do it in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import commonpath

from msgspec import Struct

from readiness.model import ActionKind, Evidence, Finding, Priority, RuleSummary, Severity
from readiness.plan.fates import GOING, Ask

OWN = 20  # files from which a removal is a task of its own
MANY = 40  # places from which a task is split by folder
_FEW = 4  # places below which a folder is no task of its own
_BLOCKERS = 5
_EVIDENCE = 60

_CHANGES = (ActionKind.MODIFY, ActionKind.CREATE)
_PRIORITIES = {Severity.CRITICAL: Priority.CRITICAL, Severity.HIGH: Priority.IMPORTANT}


class Task(Struct):
    """`kind` of `paths`, for one reason: one folder, one root cause, or one rule. `asks` are what
    it was put together from, worst first."""

    kind: ActionKind
    asks: list[Ask]
    title: str

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted({path for ask in self.asks for path in ask.paths}))

    @property
    def findings(self) -> list[Finding]:
        return [ask.finding for ask in self.asks]

    @property
    def because(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(print_ for ask in self.asks for print_ in ask.because))

    @property
    def blockers(self) -> tuple[str, ...]:
        told = list(dict.fromkeys(text for ask in self.asks for text in ask.blockers))
        more = len(told) - _BLOCKERS
        return (*told[:_BLOCKERS], f"and {more} more uses") if more > 0 else tuple(told)

    @property
    def priority(self) -> Priority:
        return priority_of(self.findings)

    def evidence(self) -> tuple[Evidence, ...]:
        """The evidence of its one finding, or what each of its findings says."""
        if len(self.asks) == 1:
            return self.asks[0].finding.evidence
        return tuple(
            Evidence(finding.message, finding.location) for finding in self.findings[:_EVIDENCE]
        )


def priority_of(findings: Iterable[Finding]) -> Priority:
    """That of the worst finding."""
    worst = min((finding.severity for finding in findings), key=lambda each: each.rank)
    return _PRIORITIES.get(worst, Priority.NICE)


def put_together(asks: Sequence[Ask], rules: Mapping[str, RuleSummary]) -> list[Task]:
    """`asks`, worst first, as tasks: big removals alone, what one change of one place mends
    together, the rest by rule, and by folder where those are many. Changes that a machine can make
    stay apart, and so do those that are only nice to have: a target need not wait for them."""
    roots = _roots(asks)
    groups: dict[tuple[str, ...], list[Ask]] = {}
    for ask in asks:
        groups.setdefault(_key(ask, roots), []).append(ask)
    tasks = []
    for key, group in groups.items():
        if key[1] == "cause":
            tasks.append(Task(group[0].kind, group, key[2]))
            continue
        tasks += [Task(part[0].kind, part, _title(part, rules)) for part in _split(group)]
    return tasks


def _key(ask: Ask, roots: set[tuple[str, str]]) -> tuple[str, ...]:
    finding = ask.finding
    if ask.kind in GOING and len(ask.paths) >= OWN:
        return ask.kind, "one", finding.fingerprint
    if (ask.kind, finding.cause) in roots:
        return ask.kind, "cause", finding.cause
    if ask.kind not in _CHANGES:
        return ask.kind, "rule", finding.rule
    later = priority_of([finding]) is Priority.NICE
    who = "machine" if finding.edits else "person"
    return ask.kind, "rule", finding.rule, who, "later" if later else ""


def _roots(asks: Iterable[Ask]) -> set[tuple[str, str]]:
    """(kind, cause) of the findings of several rules that one place mends: the cause names it."""
    rules: dict[tuple[str, str], set[str]] = {}
    named: set[tuple[str, str]] = set()
    for ask in asks:
        cause, path = ask.finding.cause, ask.finding.location.path
        if cause:
            key = (ask.kind, cause)
            rules.setdefault(key, set()).add(ask.finding.rule)
            if path and cause.startswith((f"{path}:", f"{path} ")) and ask.kind not in GOING:
                named.add(key)
    return {key for key in named if len(rules[key]) > 1}


def _split(asks: list[Ask], depth: int = 0) -> Iterator[list[Ask]]:
    """`asks` by folder, as deep as it takes; the few of small folders stay together."""
    if len(asks) <= MANY:
        yield asks
        return
    parts: dict[str, list[Ask]] = {}
    for ask in asks:
        folders = _place(ask).split("/")[:-1]
        parts.setdefault(folders[depth] if depth < len(folders) else "", []).append(ask)
    if len(parts) == 1 and "" in parts:
        yield asks
        return
    rest = [ask for part in parts.values() if len(part) < _FEW for ask in part]
    for part in parts.values():
        if len(part) >= _FEW:
            yield from _split(part, depth + 1)
    if rest:
        yield rest


def _place(ask: Ask) -> str:
    return ask.finding.location.path or (ask.paths[0] if ask.paths else "")


def _title(asks: Sequence[Ask], rules: Mapping[str, RuleSummary]) -> str:
    first = asks[0].finding
    if len(asks) == 1:
        return first.message
    rule = rules.get(first.rule)
    said = sentence(rule.summary) if rule else first.message
    places = {_place(ask) for ask in asks} - {""}
    if len(places) == 1:
        return f"{len(asks)} times in {places.pop()}: {said}"
    folder = folder_of(places)
    return f"{len(places)} places{f' in {folder}' if folder else ''}: {said}"


def sentence(text: str) -> str:
    """A sentence as the end of another one."""
    second = text[1:2]
    lower = text[:1].lower() + text[1:] if second.islower() or second == " " else text
    return lower.rstrip(".")


def folder_of(paths: Iterable[str]) -> str:
    """The deepest folder that holds all of `paths`; empty for the root."""
    folders = [path.rpartition("/")[0] for path in paths]
    return commonpath(folders) if folders and all(folders) else ""
