"""Entrypoints: what starts this software, by role and service, ranked by evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import python
from readiness.facts.python import PythonFacts
from readiness.index import launches
from readiness.index.applications import Told, imports_server, told
from readiness.index.breaks import breaks
from readiness.index.containers import Image
from readiness.index.deployments import Deployments
from readiness.index.frontends import frontends
from readiness.index.inventory import RUN, FileClass
from readiness.index.launches import DEPLOYED, Launch, Source
from readiness.index.starts import Role
from readiness.model import Evidence, Location, Speaks

if TYPE_CHECKING:
    from readiness.index import RepoIndex

__all__ = ["Entrypoint", "Entrypoints", "Role", "build"]


class Entrypoint(Struct, frozen=True):
    """`service` tells the deployments of one repository apart (the build context or package root).

    `primary`: the one to keep of its role and service. `alias_of`: it starts the same application
    as that one. `mode_of`: the primary imports it, so it is a part or mode of it and no rival.
    `score` weighs the evidence: only a comparison within a role and service has a meaning."""

    path: str
    role: Role
    service: str
    score: float
    primary: bool = False
    alias_of: str = ""
    mode_of: str = ""
    line: int = 0
    evidence: tuple[Evidence, ...] = ()

    @property
    def rival(self) -> bool:
        """Does it start an application of its own beside the primary?"""
        return self.role is not Role.CLI and not (self.primary or self.alias_of or self.mode_of)


class Entrypoints(Struct, frozen=True):
    """All of them, primaries first, then by score. `launches`: every command that starts one of
    the repository's Python files."""

    all: tuple[Entrypoint, ...] = ()
    launches: tuple[Launch, ...] = ()

    def primary(self, role: Role) -> Entrypoint | None:
        """The best primary of a role over all services."""
        return next((e for e in self.all if e.primary and e.role is role), None)


def build(index: RepoIndex) -> Entrypoints:
    started = launches.build(index)
    finder = _Finder(index, started)
    found = [*finder.all(), *frontends(index)]
    found.sort(key=lambda each: (not each.primary, -each.score, each.path, each.role))
    return Entrypoints(tuple(found), started)


class _Candidate(Struct):
    path: str
    role: Role
    service: str
    told: Told | None
    launches: list[Launch]
    score: float = 0.0
    evidence: list[Evidence] = []
    broken: bool = False


_NEVER = (FileClass.TEST, FileClass.FIXTURE, FileClass.GENERATED)
_ASIDE = frozenset(
    "example examples sample samples demo demos tutorial tutorials playground sandbox benchmark "
    "benchmarks templates cookiecutter stub stubs e2e test tests testing regression".split()
)
_WORDS = re.compile(r"[a-z]+")
_WEIGHTS = {
    Source.IMAGE: 5,
    Source.COMPOSE: 4,
    Source.PLATFORM: 4,
    Source.SCRIPT: 3,
    Source.WORKFLOW: 3,
    Source.DOCUMENT: 2,
}
_CONSOLE = re.compile(r"[\w.-]+ = [\w.]+:(\w+)")
_DEVELOPMENT = re.compile(r"\b(?:runserver(?:_plus)?|fastapi dev|flask run|flask --\S+ .*run)\b")
_TRIED = frozenset("modern hybrid working old new backup copy legacy temp tmp updated".split())
_TOILS = frozenset("worker workers consumer queue tasks bot listener daemon".split())
_CLOCKS = frozenset("clock scheduler beat cron crond".split())
_SERVED = (Role.API, Role.WORKER, Role.SCHEDULER, Role.FRONTEND)
_BROKEN = 20


class _Finder:
    def __init__(self, index: RepoIndex, started: Sequence[Launch]) -> None:
        self._index = index
        self._started = started
        self._deployments = Deployments(index)
        self._images: dict[str, Image] = {i.dockerfile: i for i in index.containers.images}
        self._reached: dict[str, frozenset[str]] = {}
        self._serving = {(each.file, each.name) for each in started if each.role in _SERVED}

    def all(self) -> Iterator[Entrypoint]:
        groups: dict[tuple[Role, str], list[_Candidate]] = {}
        for candidate in self._candidates():
            self._weigh(candidate)
            groups.setdefault((candidate.role, candidate.service), []).append(candidate)
        for (role, _), members in sorted(groups.items()):
            members.sort(key=lambda each: (-each.score, each.path))
            if len(members) > 1 and members[0].score == members[1].score:
                members = self._by_age(members)
            yield from self._ranked(members) if role is not Role.CLI else self._tools(members)

    # -- who is one

    def _candidates(self) -> Iterator[_Candidate]:
        roles: dict[str, dict[Role, list[Launch]]] = {}
        known: dict[str, Told] = {}
        functions: dict[str, list[str]] = {}
        for launch in self._started:
            target = self._started_by(launch)
            aside = launch.source is Source.DOCUMENT and (
                not self._counts(target) or bool(_DEVELOPMENT.search(launch.text))
            )
            if not aside and not self._index.inventory.is_(target, *_NEVER):
                found = roles.setdefault(target, {}).setdefault(launch.role or Role.CLI, [])
                found.append(launch)
                if match := _CONSOLE.fullmatch(launch.text):
                    functions.setdefault(target, []).append(match[1])
        for path, facts in self._index.each(python.SLICE):
            if path in roles or (_says_something(path, facts) and self._counts(path)):
                own = told(path, facts, functions.get(path, ()))
                if own is not None:
                    known[path] = own
        for path in sorted({*roles, *known}):
            yield from self._of_file(path, roles.get(path, {}), known.get(path))

    def _started_by(self, launch: Launch) -> str:
        """The file meant: Celery takes the `celery` module of a package that has one."""
        folder, _, name = launch.target.rpartition("/")
        inner = f"{folder}/celery.py"
        works = launch.role in (Role.WORKER, Role.SCHEDULER) and name == "__init__.py"
        return inner if works and inner in self._index.files else launch.target

    def _counts(self, path: str) -> bool:
        """May a file that nothing starts be an entrypoint?"""
        return self._index.inventory.is_(path, *RUN) and not _stands_aside(path)

    def _of_file(
        self, path: str, roles: dict[Role, list[Launch]], own: Told | None
    ) -> Iterator[_Candidate]:
        service = self._deployments.of(path)
        untold = [launch for found in roles.values() for launch in found if launch.role is None]
        if untold:
            role = own.role if own is not None else self._deployed_role(path, untold)
            roles = {r: [each for each in found if each.role is r] for r, found in roles.items()}
            roles = {r: found for r, found in roles.items() if found}
            roles.setdefault(role, []).extend(untold)
        if own is not None and not (roles and own.role in (Role.CLI, Role.WORKER)):
            roles.setdefault(own.role, [])
        for role, found in roles.items():
            yield _Candidate(path, role, service, own, found, evidence=[])

    def _deployed_role(self, path: str, found: Sequence[Launch]) -> Role:
        """The role of a program that says nothing of itself: an image's own process serves where
        it has ports, unless it only comes before what does."""
        for launch in found:
            before = (launch.file, launch.name) in self._serving
            if launch.source not in DEPLOYED or launch.through or before:
                continue
            words = set(_WORDS.findall(f"{path.rpartition('/')[2]} {launch.name}".lower()))
            if words & _CLOCKS:
                return Role.SCHEDULER
            if words & _TOILS:
                return Role.WORKER
            image = self._images.get(launch.file)
            facts = self._index.facts(python.SLICE, path)
            serves = facts is not None and imports_server(facts)
            if serves or (image is not None and image.stage.exposes):
                return Role.API
            for container in self._index.containers.containers:
                place = (container.file, container.service.name)
                if place == (launch.file, launch.name) and container.service.ports:
                    return Role.API
        return Role.CLI

    # -- what speaks for it

    def _weigh(self, candidate: _Candidate) -> None:
        path, evidence = candidate.path, candidate.evidence
        seen: set[Source] = set()
        for launch in candidate.launches:
            develops = bool(_DEVELOPMENT.search(launch.text))
            if launch.source not in seen or len(evidence) < 4:
                verb = "tells to start" if launch.source is Source.DOCUMENT else "starts"
                text = f"{launch.file} {verb} it: {launch.text}"
                evidence.append(Evidence(text, Location(launch.file, launch.line or None)))
            if develops:
                candidate.score += 0.1 / len(candidate.launches)
            elif launch.source not in seen:
                seen.add(launch.source)
                candidate.score += _WEIGHTS[launch.source]
        facts = self._index.facts(python.SLICE, path)
        own = candidate.told
        if own is not None:
            evidence.append(Evidence(f"it {own.summary}", Location(path, own.line)))
            candidate.score += 1 if candidate.role is own.role else 0
        if facts is not None and (facts.newer or not facts.error):
            candidate.score += 2
        if self._index.inventory.is_(path, FileClass.ARCHIVE):
            candidate.score -= 10
            self._against(candidate, "it lies in an archive")
        if _stands_aside(path):
            candidate.score -= 6
            self._against(candidate, "its path says that it is an example or a stand-in")
        if set(_WORDS.findall(path.rpartition("/")[2].lower())) & _TRIED:
            candidate.score -= 2
            self._against(candidate, "its name says that it was tried beside another")
        broken = next(breaks(self._index, path, 0), None)
        if broken is None:
            candidate.score += 3
        else:
            candidate.score -= _BROKEN
            candidate.broken = True
            gone = broken.missing
            text = f"imports {gone.module}, which is gone" if gone else "does not parse"
            self._against(candidate, f"it {text}", broken.line)

    def _against(self, candidate: _Candidate, text: str, line: int | None = None) -> None:
        candidate.evidence.append(Evidence(text, Location(candidate.path, line), Speaks.AGAINST))

    def _by_age(self, members: list[_Candidate]) -> list[_Candidate]:
        """Of equals, the one that reaches more of the repository goes first, then the newest."""
        best = members[0].score
        ties = [each for each in members if each.score == best]
        history = self._index.history.files

        def rank(each: _Candidate) -> tuple[int, int, str]:
            last = history[each.path].last if each.path in history else 0
            return -len(self._reach(each.path)), -last, each.path

        return sorted(ties, key=rank) + members[len(ties) :]

    # -- who is whose

    def _tools(self, members: list[_Candidate]) -> Iterator[Entrypoint]:
        for candidate in members:
            own = candidate.told is not None
            installed = any(_CONSOLE.fullmatch(launch.text) for launch in candidate.launches)
            yield _made(candidate, primary=own or installed)

    def _ranked(self, members: list[_Candidate]) -> Iterator[Entrypoint]:
        primary, *others = members
        yield _made(primary, primary=True)
        yield from self._modes(primary, {each.path for each in members})
        separate: list[_Candidate] = []
        for other in others:
            if other.path in self._reach(primary.path):
                yield replace(_made(other), mode_of=primary.path)
            elif self._same_application(other, primary):
                yield replace(_made(other), alias_of=primary.path)
            elif _separately(primary, other):
                separate.append(other)
            else:
                yield _made(other)
        for other in separate:
            name = next((each.name for each in other.launches if each.source in DEPLOYED), "")
            service = f"{other.service}:{name or other.path}"
            yield replace(_made(other, primary=True), service=service)

    def _modes(self, primary: _Candidate, known: set[str]) -> Iterator[Entrypoint]:
        """The files beside the primary that carry its name and that it imports: main_cloud.py."""
        folder, _, name = primary.path.rpartition("/")
        words = set(_WORDS.findall(name))
        for edge in self._index.imports.imports.get(primary.path, ()):
            above, _, file = edge.target.rpartition("/")
            named = words < set(_WORDS.findall(file.lower())) and not name.startswith("__")
            if above == folder and named and edge.target not in known and not edge.typing:
                text = f"{primary.path} imports it"
                shown = (Evidence(text, Location(primary.path, edge.line)),)
                yield Entrypoint(
                    edge.target,
                    primary.role,
                    primary.service,
                    0.0,
                    mode_of=primary.path,
                    line=1,
                    evidence=shown,
                )

    def _reach(self, path: str) -> frozenset[str]:
        """All files that a file imports, over any number of steps."""
        known = self._reached.get(path)
        if known is None:
            found = {path}
            pending = [path]
            while pending:
                for edge in self._index.imports.imports.get(pending.pop(), ()):
                    if not edge.typing and edge.target not in found:
                        found.add(edge.target)
                        pending.append(edge.target)
            known = self._reached[path] = frozenset(found)
        return known

    def _same_application(self, other: _Candidate, primary: _Candidate) -> bool:
        """Do both start one application: a project of Django, or what third files make?"""
        if self._is_django(other) and self._is_django(primary):
            return True
        fetches = other.told is None or not other.told.makes
        if fetches and self._reach(other.path) & self._reach(primary.path):
            return True
        names = primary.told.names if primary.told is not None else ()
        facts = self._index.facts(python.SLICE, other.path)
        lines = {
            edge.line
            for edge in self._index.imports.imports.get(other.path, ())
            if edge.target == primary.path
        }
        return facts is not None and any(
            imported.line in lines and imported.name in names for imported in facts.imports
        )

    def _is_django(self, candidate: _Candidate) -> bool:
        name = candidate.path.rpartition("/")[2]
        return name == "manage.py" or (candidate.told is not None and candidate.told.django)


def _stands_aside(path: str) -> bool:
    """Does the path speak of an example, or of what stands in for a service in tests?"""
    words = _WORDS.findall(path.lower())
    return any(word in _ASIDE or word.startswith(("mock", "fake")) for word in words)


def _says_something(path: str, facts: PythonFacts) -> bool:
    return bool(facts.apps or facts.calls or path.endswith(("wsgi.py", "asgi.py", "__main__.py")))


def _separately(primary: _Candidate, other: _Candidate) -> bool:
    """Is each of them kept running by an image, compose file or platform of its own, or a command
    of its own that is installed?"""
    ours, theirs = (
        {
            (launch.file, launch.name or launch.text * installed)
            for launch in each.launches
            if (installed := _CONSOLE.fullmatch(launch.text) is not None)
            or (launch.source in DEPLOYED and not _DEVELOPMENT.search(launch.text))
        }
        for each in (primary, other)
    )
    return bool(ours and theirs - ours)


def _made(candidate: _Candidate, primary: bool = False) -> Entrypoint:
    return Entrypoint(
        candidate.path,
        candidate.role,
        candidate.service,
        round(candidate.score, 2),
        primary=primary,
        line=candidate.told.line if candidate.told is not None else 1,
        evidence=tuple(candidate.evidence),
    )
