"""Rivals: how surely a second entrypoint is one, and what tells so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from readiness.facts.shell import Command
from readiness.index import RepoIndex
from readiness.index.containers.builds import commands
from readiness.index.entrypoints import Entrypoint, Role
from readiness.index.launches import DEPLOYED, Launch, Source
from readiness.index.references import Use
from readiness.index.script_names import words_of
from readiness.model import Evidence, Speaks
from readiness.rule import against, for_

_ATTEMPTS = frozenset(
    "new old modern hybrid working simple simplified minimal updated enhanced improved legacy "
    "backup copy fixed final alt alternative clean temp tmp original robust".split()
)
_GENERIC = _ATTEMPTS | frozenset(
    "main app application service backend run runner start startup bootstrap factory full "
    "fast prod production dev v py src scripts script bin tools deploy platform core".split()
)
_OF_ROLE = {
    Role.API: frozenset("server api web http wsgi asgi".split()),
    Role.WORKER: frozenset("celery worker workers tasks queue".split()),
    Role.SCHEDULER: frozenset("celery scheduler beat cron tasks".split()),
}
_LONGEST = 120  # characters of a command that are shown
_SHOWN = 6  # users of a rival that are shown
_WORD = re.compile(r"[a-z]+")


class Rivals:
    """What the repository tells of its rivals; each of its parts is read once."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index

    @cached_property
    def _launches(self) -> dict[str, list[Launch]]:
        found: dict[str, list[Launch]] = {}
        for launch in self._index.entrypoints.launches:
            found.setdefault(launch.target, []).append(launch)
        return found

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """Path -> the dotted names, of two parts or more, by which it is imported."""
        found: dict[str, list[str]] = {}
        for name, paths in self._index.imports.modules.items():
            for path in paths if "." in name else ():
                found.setdefault(path, []).append(name)
        return found

    @cached_property
    def _spoken(self) -> dict[str, list[tuple[str, Command]]]:
        """Dotted word -> the commands that hold it, outside of archives."""
        found: dict[str, list[tuple[str, Command]]] = {}
        for file, command in commands(self._index):
            if self._index.inventory.archive_root(file) is None:
                for word in set(" ".join(command.words).split()):
                    if "." in word:
                        found.setdefault(word, []).append((file, command))
        return found

    def started(self, entrypoint: Entrypoint) -> list[Launch]:
        """The commands that start it, documents aside."""
        return [
            launch
            for launch in self._launches.get(entrypoint.path, ())
            if launch.source is not Source.DOCUMENT and launch.role in (None, entrypoint.role)
        ]

    def evidence(
        self, rival: Entrypoint, primary: Entrypoint, theirs: Sequence[Launch]
    ) -> Iterator[Evidence]:
        """What speaks for a rival beside the primary, and what against it."""
        own = (each for each in rival.evidence if each.location.path == rival.path)
        yield from (each for each in own if each.speaks is Speaks.FOR)
        for shown in primary.evidence[:3]:
            where = shown.location
            text = shown.summary.replace(" it: ", f" {primary.path}: ")
            told = text if primary.path in text else f"{primary.path}: {text}"
            yield for_(told, where.path, where.line)
        if not theirs:
            yield for_(f"no image, service, script or workflow starts {rival.path}")
        for launch in theirs[:3]:
            kept = "keeps it running" if launch.source in DEPLOYED else "starts it"
            yield against(f"{launch.file} {kept}: {launch.text}", launch.file, launch.line or None)
        yield from self._users(rival)

    def _users(self, rival: Entrypoint) -> Iterator[Evidence]:
        """Who else runs, imports or asks it; archives and documents aside."""
        found: dict[str, tuple[int, str]] = {}
        for reference in self._index.references.to.get(rival.path, ()):
            live = self._index.inventory.archive_root(reference.source) is None
            if live and reference.use is not Use.MENTIONS:
                told = f"{reference.use} it: {reference.text}".rstrip(": ")
                found.setdefault(reference.source, (reference.line, told))
        for name in self._names.get(rival.path, ()):
            for file, command in self._spoken.get(name, ()):
                told = f"names it: {' '.join(command.words)[:_LONGEST]}"
                found.setdefault(file, (command.line, told))
        for source, (line, told) in sorted(found.items())[:_SHOWN]:
            yield against(f"{source} {told}", source, line or None)


def which(ours: Sequence[Launch], theirs: Sequence[Launch]) -> str:
    """Which of the two runs, as a clause."""
    if ours or not theirs:
        return f"which {ours[0].file} starts" if ours else "and nothing tells which one runs"
    return f"and {theirs[0].file} starts it"


def generic(rival: Entrypoint, primary: Entrypoint) -> bool:
    """Do its name and its folder speak of the application as a whole, and of its role, not of a
    service of its own?"""
    known = _GENERIC | _OF_ROLE.get(rival.role, frozenset()) | _words(primary.path)
    return _words("/".join(rival.path.split("/")[-2:])) <= known


def told_apart(index: RepoIndex, rival: Entrypoint, primary: Entrypoint) -> bool:
    """Does its name tell of a service of its own, and nothing that it starts the same software?

    So it is with those that something starts, or whose primary nothing does, those that stand on
    other modules, and one of several of a kind (`vllm_worker.py`, `mlx_worker.py`)."""
    if generic(rival, primary):
        return False
    started = {launch.target for launch in index.entrypoints.launches}
    if rival.path in started or primary.path not in started:
        return True
    folder, _, name = rival.path.rpartition("/")
    kind = words_of(name)[-1:]
    kin = [path for path in index.folders[folder] if path.endswith(".py")]
    family = [path for path in kin if words_of(path)[-1:] == kind]
    return len(family) > 2 or not alike(index, rival, primary)


def attempt(rival: Entrypoint) -> bool:
    """Does its file name say that it is one more attempt at the same (main_new.py)?"""
    return not _ATTEMPTS.isdisjoint(_words(rival.path.rpartition("/")[2]))


def _words(path: str) -> set[str]:
    return set(_WORD.findall(path.lower()))


def moved_to(
    index: RepoIndex, rival: Entrypoint, primaries: Iterable[Entrypoint]
) -> Entrypoint | None:
    """The entrypoint of another deployment that has its name, and the modules that it lost."""
    name = rival.path.rpartition("/")[2]
    lost = {edge.target for edge in index.imports.imports.get(rival.path, ()) if edge.guessed}
    for other in primaries if lost else ():
        better = other.role is rival.role and other.score > rival.score
        if better and other.path.rpartition("/")[2] == name:
            held = {edge.target for edge in index.imports.imports.get(other.path, ())}
            if not lost.isdisjoint(held):
                return other
    return None


def alike(index: RepoIndex, rival: Entrypoint, primary: Entrypoint) -> bool:
    """Do both stand on the same modules of the repository?"""
    ours, theirs = (
        {edge.target for edge in index.imports.imports.get(each.path, ()) if not edge.typing}
        for each in (primary, rival)
    )
    return len(ours & theirs) * 2 > len(theirs)
