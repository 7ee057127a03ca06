"""Tasks: what is asked for, put together so that a person can read it and do it in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from posixpath import commonpath

from msgspec import Struct
from msgspec.structs import replace

from readiness.model import ActionKind, Evidence, Finding, Priority, RuleSummary, Severity
from readiness.plan.blockers import Need
from readiness.plan.fates import CHANGES, GOING, Ask

OWN = 20  # files from which a removal is a task of its own
MANY = 40  # places from which a task is split by folder
_FEW = 4  # places below which a folder is no task of its own
_EVIDENCE = 60
_BY_NAME = 3  # places that a title names
_FOLDERS = 3  # that a title names
_IN_USE = "in use"

_PRIORITIES = {Severity.CRITICAL: Priority.CRITICAL, Severity.HIGH: Priority.IMPORTANT}


class Task(Struct):
    """`kind` of `paths`, for one reason: one folder, one root cause, or one rule. `asks` are what
    it was put together from, worst first; `at` is the one file whose change mends them all."""

    kind: ActionKind
    asks: list[Ask]
    title: str
    at: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        if self.at:
            return (self.at,)
        return tuple(sorted({path for ask in self.asks for path in ask.paths}))

    @property
    def findings(self) -> list[Finding]:
        return [ask.finding for ask in self.asks]

    @property
    def because(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(print_ for ask in self.asks for print_ in ask.because))

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
    twins = Counter(key[:3] for key in groups)
    tasks = []
    for key, group in groups.items():
        kind = group[0].kind
        if key[1] == "cause":
            tasks.append(Task(kind, group, key[2], roots[group[0].kind, key[2]]))
            continue
        aside = ", ".join(filter(None, key[3:]))
        aside = aside if twins[key[:3]] > 1 or aside == _IN_USE else ""
        tasks += [Task(kind, part, _title(part, rules, aside)) for part in _split(group)]
    return tasks


def freeing(asks: Sequence[Ask], blocked: Mapping[str, Need]) -> list[Task]:
    """What makes way for what should go and is in use: each file that uses it, and stays, and that
    nothing else changes, is to be changed."""
    changed = {path for ask in asks if ask.kind in CHANGES for path in ask.paths}
    users: dict[str, tuple[Ask, list[Evidence]]] = {}
    for ask in asks:
        for path in ask.paths if ask.kind is ActionKind.AUDIT else ():
            need = blocked.get(path)
            if need and need.by_name and need.source not in changed and need.source not in blocked:
                users.setdefault(need.source, (ask, []))[1].append(need.evidence)
    tasks = []
    for user, (held, told) in users.items():
        more = f" and {len(told) - 1} more" if len(told) > 1 else ""
        finding = replace(held.finding, evidence=tuple(told))
        ask = Ask(ActionKind.MODIFY, finding, (user,), held.because)
        title = f"{told[0].summary}{more}, which should go"
        tasks.append(Task(ActionKind.MODIFY, [ask], title))
    return tasks


def _key(ask: Ask, roots: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    finding = ask.finding
    if ask.kind in GOING and len(ask.paths) >= OWN:
        return ask.kind, "one", finding.fingerprint
    if (ask.kind, finding.cause) in roots:
        return ask.kind, "cause", finding.cause
    if ask.kind is ActionKind.AUDIT and finding.action in GOING:
        return ask.kind, "rule", finding.rule, _IN_USE
    if ask.kind not in CHANGES:
        return ask.kind, "rule", finding.rule
    later = priority_of([finding]) is Priority.NICE
    who = "readiness apply does it" if finding.edits else ""
    return ask.kind, "rule", finding.rule, who, "minor" if later else ""


def _roots(asks: Iterable[Ask]) -> dict[tuple[str, str], str]:
    """(kind, cause) of the findings of several rules that one place mends -> the file that it
    lies in, which the cause names."""
    rules: dict[tuple[str, str], set[str]] = {}
    named: dict[tuple[str, str], str] = {}
    for ask in asks:
        cause, path = ask.finding.cause, ask.finding.location.path
        if cause:
            key = (ask.kind, cause)
            rules.setdefault(key, set()).add(ask.finding.rule)
            if path and cause.startswith((f"{path}:", f"{path} ")) and ask.kind not in GOING:
                named[key] = path
    return {key: path for key, path in named.items() if len(rules[key]) > 1}


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


def _title(asks: Sequence[Ask], rules: Mapping[str, RuleSummary], aside: str = "") -> str:
    """What one finding says, with its file; or the name of the rule and where its findings are."""
    first = asks[0].finding
    if len(asks) == 1:
        path = first.location.path or ""
        folder, _, name = path.rpartition("/")
        known = name in first.message or (folder and folder in first.message)
        told = first.action is not ActionKind.MODIFY or known
        return first.message if told else f"{path}: {first.message}"
    rule = rules.get(first.rule)
    said = rule.name.replace("-", " ") if rule else first.message
    return f"{said}{f' ({aside})' if aside else ''}: {_where(asks)}"


def _where(asks: Sequence[Ask]) -> str:
    """The files or folders that several findings lie in, by name where they are few."""
    places = sorted({_place(ask) for ask in asks} - {""})
    if len(places) < 2:
        return f"{len(asks)} places" + (f" in {places[0]}" if places else "")
    folder = folder_of(places)
    if len(places) <= _BY_NAME:
        names = [place.rpartition("/")[2] for place in places] if folder else places
        if len(set(names)) < len(names):
            names = [place[len(folder) + 1 :] for place in places]
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{listed} in {folder}" if folder else listed
    files = {path for ask in asks for path in ask.paths}
    many = f"{len(places)} {_noun(places, files)}"
    if folder:
        return f"{many} in {folder}"
    tops = Counter(place.partition("/")[0] if "/" in place else "" for place in places)
    most = tops.most_common(_FOLDERS if len(tops) <= _FOLDERS else _FOLDERS - 1)
    told = [f"{number} in {top}" if top else f"{number} at the root" for top, number in most]
    if rest := len(places) - sum(number for _, number in most):
        told.append(f"{rest} elsewhere")
    return f"{many} ({', '.join(told)})"


def _noun(places: Sequence[str], files: Set[str]) -> str:
    if all(place in files for place in places):
        return "files"
    folders = {folder for path in files for folder in _above(path)}
    return "folders" if all(place in folders for place in places) else "places"


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def sentence(text: str) -> str:
    """A sentence as the end of another one."""
    second = text[1:2]
    lower = text[:1].lower() + text[1:] if second.islower() or second == " " else text
    return lower.rstrip(".")


def folder_of(paths: Iterable[str]) -> str:
    """The deepest folder that holds all of `paths`; empty for the root."""
    folders = [path.rpartition("/")[0] for path in paths]
    return commonpath(folders) if folders and all(folders) else ""
