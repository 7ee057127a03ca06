"""Holds a plan that people wrote against the repository as it is, and against today's plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from posixpath import basename
from typing import TYPE_CHECKING, Any

from readiness.index.inventory import ASIDE
from readiness.model import (
    Action,
    ActionKind,
    Answer,
    Claim,
    Evidence,
    Finding,
    Location,
    Plan,
    Reconciliation,
    Severity,
    Standing,
)
from readiness.plan.blockers import blocked_by
from readiness.plan.fates import GOING
from readiness.plan.handmade import Handmade

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_SHOWN = 5  # lines of evidence of one answer
_CHANGES = (ActionKind.MODIFY, ActionKind.CREATE)
_BAD = (Severity.CRITICAL, Severity.HIGH)
_DEPTH = 2  # folders in which the plan's paths may begin
_STARS = 12  # of one glob


def reconcile(
    handmade: Handmade,
    index: RepoIndex,
    plan: Plan,
    findings: Iterable[Finding] = (),
    source: str = "",
) -> Reconciliation:
    """What the repository of `index`, and `plan` for it, say to each claim."""
    places = Places(index, handmade.claims)
    judge = _Judge(index, places, plan, findings)
    answers = tuple(map(judge.answer, handmade.claims))
    spoken = {path for answer in answers for path in answer.paths}
    told = {name for answer in answers for name in answer.actions}
    missed = tuple(
        action.id
        for action in plan.actions
        if action.because and action.id not in told and spoken.isdisjoint(action.paths)
    )
    return Reconciliation(source, answers, handmade.stated, missed, handmade.prose)


def kept(handmade: Handmade, index: RepoIndex, source: str) -> Plan:
    """The files that the plan keeps by their names, as KEEPs with a reason for a later plan.
    Folders are not taken over: what they hold is for the plan to tell apart."""
    places = Places(index, handmade.claims)
    actions = []
    for claim in handmade.claims:
        if claim.kind is ActionKind.KEEP and (path := places.file(claim.subject)):
            reason = f"{source}:{claim.line} keeps it"
            actions.append(Action(ActionKind.KEEP, (path,), "", (), reason=reason))
    return Plan(None, tuple(actions))


class Places:
    """Where the paths of a plan lie: they are written from the root or from one folder in it."""

    def __init__(self, index: RepoIndex, claims: Sequence[Claim]) -> None:
        self._index = index
        self._exists = index.exists
        self._all = list(index.files)
        plain = [claim.subject.rstrip("/") for claim in claims if "*" not in claim.subject]
        roots = [folder for folder in index.folders if folder.count("/") < _DEPTH]
        roots.sort(key=lambda root: (-self._found(root, plain), root.count("/"), root))
        self.roots = list(dict.fromkeys(["", *roots[:1]]))

    def _found(self, root: str, plain: Sequence[str]) -> int:
        return sum(self._exists(_joined(root, path)) for path in plain)

    def file(self, subject: str) -> str | None:
        """The file of that name, not a folder or several."""
        candidates = (_joined(root, subject) for root in self.roots)
        return next((path for path in candidates if path in self._index.files), None)

    def resolve(self, subject: str) -> tuple[str, ...]:
        """The files that a path, folder or glob names: from the roots, else wherever they lie."""
        plain = subject.rstrip("/")
        if not any(mark in subject for mark in "*?["):
            for root in self.roots:
                path = _joined(root, plain)
                if path in self._index.files and not subject.endswith("/"):
                    return (path,)
                if path in self._index.folders:
                    return tuple(file for file in self._all if file.startswith(f"{path}/"))
        return self.anywhere(plain)

    def anywhere(self, glob: str) -> tuple[str, ...]:
        """The files that `glob` names from any folder on, or that lie in a folder that it names."""
        pattern = _pattern(glob)
        return tuple(file for file in self._all if pattern.fullmatch(file)) if pattern else ()


def _joined(root: str, path: str) -> str:
    return f"{root}/{path}" if root else path


def _pattern(glob: str) -> Any:
    """A linear pattern for `glob` from any folder on, with all that lies below it."""
    import re2

    if glob.count("*") > _STARS:
        return None
    body = "".join(
        "[^/]*" if character == "*" else "[^/]" if character == "?" else re2.escape(character)
        for character in glob.replace("**", "*")
    )
    return re2.compile(f"(?:.*/)?{body}(?:/.*)?")


class _Judge:
    def __init__(
        self, index: RepoIndex, places: Places, plan: Plan, findings: Iterable[Finding]
    ) -> None:
        self._index = index
        self._places = places
        self._by_path: dict[str, list[Action]] = {}
        self._created = [each for each in plan.actions if each.kind is ActionKind.CREATE]
        for action in plan.actions:
            if action.kind is not ActionKind.KEEP:
                for path in action.paths:
                    self._by_path.setdefault(path, []).append(action)
        self._findings: dict[str, list[Finding]] = {}
        for finding in findings:
            for path in finding.targets:
                self._findings.setdefault(path, []).append(finding)

    def answer(self, claim: Claim) -> Answer:
        if claim.ignored:
            return self._ignored(claim)
        files = self._places.resolve(claim.subject)
        if claim.kind is ActionKind.KEEP:
            return self._kept(claim, files)
        if claim.kind in GOING:
            return self._going(claim, files)
        if claim.kind is ActionKind.CREATE:
            return self._made(claim, files)
        return self._changed(claim, files)

    def _kept(self, claim: Claim, files: tuple[str, ...]) -> Answer:
        live = self._live(files)
        if not live:
            return Answer(claim, Standing.GONE, self._lost(claim, files), paths=files)
        going = self._actions(live, *GOING)
        asked = self._actions(live, ActionKind.AUDIT)
        named = _names([*going, *asked])
        if len(live) == 1:
            if going or asked:
                standing = Standing.CONTRADICTED if going else Standing.ASKED
                told = self._said(live[0], (going or asked)[0])
                return Answer(claim, standing, told[0].summary, told, live, named)
            return Answer(claim, Standing.TRUE, self._use(live[0]), self._uses(live[0]), live)
        there = f"{_counted(len(live))} there"
        if not named:
            return Answer(claim, Standing.TRUE, there, paths=live)
        return Answer(claim, Standing.TRUE, there + self._shares(live), paths=live, actions=named)

    def _going(self, claim: Claim, files: tuple[str, ...]) -> Answer:
        if not files:
            return Answer(claim, Standing.DONE, "no tracked file has that name")
        live = self._live(files)
        archives = any(mark in claim.subject for mark in ("archive", "_old", "backup"))
        if not live and not archives:
            return Answer(
                claim, Standing.DONE, f"only {_some(files)} has that name, in an archive", (), files
            )
        blocked = blocked_by(self._index, set(files))
        actions = self._actions(files, *GOING, ActionKind.AUDIT)
        if len(blocked) == len(files):
            evidence = tuple(dict.fromkeys(blocked[path].evidence for path in files))[:_SHOWN]
            told = evidence[0].summary
            return Answer(claim, Standing.CONTRADICTED, told, evidence, files, _names(actions))
        evidence = tuple(dict.fromkeys(need.evidence for need in blocked.values()))[:_SHOWN]
        told = f"{_counted(len(files))} still there{self._shares(files)}"
        if blocked:
            told += f"; {_counted(len(blocked))} in use and cannot go yet"
        return Answer(claim, Standing.TRUE, told, evidence, files, _names(actions))

    def _shares(self, files: Sequence[str]) -> str:
        """How many of the files today's plan takes, asks about, and does not speak of."""
        taken = sum(bool(self._actions([path], *GOING)) for path in files)
        asked = sum(bool(self._actions([path], ActionKind.AUDIT)) for path in files)
        rest = len(files) - taken - asked
        shares = ((taken, "to go"), (asked, "asked about"), (rest, "that no rule asks for"))
        told = [(number, what) for number, what in shares if number]
        if len(told) == 1:
            return f", {told[0][1]}"
        return ": " + ", ".join(f"{number:,} {what}" for number, what in told)

    def _made(self, claim: Claim, files: tuple[str, ...]) -> Answer:
        live = self._live(files)
        if live:
            told = "it is there" + ("" if live[0] == claim.subject else f" as {_some(live)}")
            wrong = [each for each in self._findings.get(live[0], ()) if each.severity in _BAD]
            if not wrong:
                return Answer(claim, Standing.DONE, told, paths=live)
            evidence = tuple(Evidence(each.message, each.location) for each in wrong[:_SHOWN])
            actions = self._actions(live[:1], *_CHANGES, ActionKind.AUDIT)
            told += f", but {wrong[0].message}"
            return Answer(claim, Standing.CONTRADICTED, told, evidence, live, _names(actions))
        name = basename(claim.subject.rstrip("/"))
        made = [action for action in self._created if name in map(basename, action.paths)]
        told = "it is not there"
        alike = self._alike(name)
        if alike:
            told += f"; {_some(alike)} may do the same"
        return Answer(claim, Standing.TRUE, told, paths=(), actions=_names(made))

    def _alike(self, name: str) -> tuple[str, ...]:
        """Live files whose name holds the same words: health_checks.py for health-checks.py."""
        words = name.replace("_", "-").lower()
        return tuple(
            path
            for path in self._index.files
            if basename(path).replace("_", "-").lower() == words and self._live((path,))
        )

    def _changed(self, claim: Claim, files: tuple[str, ...]) -> Answer:
        live = self._live(files)
        if not live:
            return Answer(claim, Standing.GONE, self._lost(claim, files), paths=files)
        actions = self._actions(live, *_CHANGES, ActionKind.AUDIT, *GOING)
        if not actions:
            told = f"{_counted(len(live))} there, and no rule finds anything: done, or beyond them"
            return Answer(claim, Standing.UNTOLD, told, paths=live)
        said = [finding for path in live for finding in self._findings.get(path, ())]
        said = list(dict.fromkeys(said))
        told = said[0].message if said else actions[0].title
        if len(said) > 1:
            told = f"{len(said)} findings, the first: {told}"
        evidence = tuple(Evidence(each.message, each.location) for each in said[:_SHOWN])
        return Answer(claim, Standing.TRUE, told, evidence, live, _names(actions))

    def _ignored(self, claim: Claim) -> Answer:
        pattern = claim.subject
        probe = pattern.lstrip("/").replace("**/", "").replace("*", "x")
        probe = f"{probe}x" if probe.endswith("/") else probe
        tracked = self._live(self._places.resolve(pattern))
        for root in reversed(self._places.roots):
            line = self._index.ignores.hides(_joined(root, probe))
            if line is not None:
                told = f"{line.file}:{line.line} ignores it"
                if tracked:
                    told += f", and {_some(tracked)} is tracked all the same"
                place = Location(line.file, line.line)
                evidence = (Evidence(f"`{line.pattern}`", place),)
                return Answer(claim, Standing.DONE, told, evidence, tracked)
        return Answer(claim, Standing.TRUE, "no line of .gitignore ignores it", paths=tracked)

    def _live(self, files: Iterable[str]) -> tuple[str, ...]:
        inventory = self._index.inventory
        return tuple(path for path in files if not inventory.is_(path, *ASIDE))

    def _lost(self, claim: Claim, files: tuple[str, ...]) -> str:
        if files:
            return f"it lies only in an archive now: {_some(files)}"
        name = basename(claim.subject.rstrip("/"))
        others = self._places.anywhere(name) if name and "*" not in name else ()
        if others:
            return f"there is none; the name is found in {_some(others)}"
        return "there is none"

    def _actions(self, paths: Iterable[str], *kinds: ActionKind) -> list[Action]:
        found = {
            action.id: action
            for path in paths
            for action in self._by_path.get(path, ())
            if action.kind in kinds
        }
        return list(found.values())

    def _said(self, path: str, action: Action) -> tuple[Evidence, ...]:
        """What the findings that ask for the action say of the path."""
        asking = [f for f in self._findings.get(path, ()) if f.fingerprint in action.because]
        if not asking:
            return (Evidence(action.title),)
        first = asking[0]
        return (Evidence(first.message), *first.evidence[: _SHOWN - 1])

    def _use(self, path: str) -> str:
        uses = self._uses(path)
        return uses[0].summary if uses else "it is there, and nothing speaks against it"

    def _uses(self, path: str) -> tuple[Evidence, ...]:
        """What uses a file: the entrypoint's evidence, or who imports, runs or loads it."""
        entrypoint = next((e for e in self._index.entrypoints.all if e.path == path), None)
        if entrypoint is not None and entrypoint.evidence:
            return entrypoint.evidence[:_SHOWN]
        return tuple(need.evidence for need in blocked_by(self._index, {path}).values())


def _names(actions: Iterable[Action]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(action.id for action in actions))


def _some(paths: Sequence[str]) -> str:
    return paths[0] + (f" and {len(paths) - 1:,} more" if len(paths) > 1 else "")


def _counted(number: int) -> str:
    return "1 file is" if number == 1 else f"{number:,} files are"
