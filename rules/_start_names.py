"""What a start-up command names that is not there, from the folders that it may run in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from readiness.facts import compose, manifest, python, shell
from readiness.facts.programs import unwrap
from readiness.facts.shell import Command
from readiness.index import RepoIndex
from readiness.index.commands.called import RECIPE_FILES, local_path
from readiness.index.commands.lines import innermost, program_of, script_names
from readiness.index.commands.names import COMPOSE_FILES, Name, Sort, names
from readiness.index.containers.builds import normal
from readiness.index.inventory import ASIDE
from readiness.index.starts import Start, starts
from readiness.index.workflows.ran import forgiven, guarded
from readiness.model import SUBMODULE, SYMLINK

from ._build_inputs import ARTEFACT, made_elsewhere


class Speaker(StrEnum):
    """Who starts something, for a sentence."""

    SCRIPT = "start script"
    PROCESS = "process"  # of a Procfile, unit or supervisor
    TARGET = "target"
    PACKAGE = "package script"
    SERVICE = "service"
    COMMAND = "installed command"
    PROGRAM = "program"
    DOCUMENT = "document"


class Asks(NamedTuple):
    """A command that runs in the end, what it starts and what else it names; `asked` are the paths
    that its file makes or asks for itself, and what it unpacks with."""

    command: Command
    starts: tuple[Start, ...]
    names: tuple[Name, ...]
    asked: frozenset[str]


def asks(command: Command, asked: frozenset[str] = frozenset()) -> Iterator[Asks]:
    """What the command asks for, whatever files there are."""
    if command.words[:1] and command.words[0] in _STARTS_NOTHING:
        return
    for part in unwrap(command):
        started = starts(part.words, part.assignments)
        known = {text for start in started for text in (start.text, *start.choices)}
        named = tuple(
            name
            for name in _asked_for(part.words)
            if name.text not in known and not guarded(name.text, asked)
        )
        started = tuple(start for start in started if not guarded(start.text, asked))
        if (started or named) and not forgiven(part):
            yield Asks(part, started, named, asked)


class Said(NamedTuple):
    """A command that `file` holds, and the folders that it may run in, the likeliest first.

    `asked` are the paths that the file makes or asks for itself, and what it unpacks with."""

    file: str
    command: Command
    homes: tuple[str, ...]
    speaker: Speaker
    asked: frozenset[str] = frozenset()


class Gap(NamedTuple):
    """What a command names and is not there: `name` as written, `path` where it would be, or where
    `lacks` says it the file that does not have it; `hint` is what that has."""

    file: str
    command: Command
    name: str
    path: str
    speaker: Speaker
    sort: Sort = Sort.SCRIPT
    lacks: str = ""
    hint: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.command.words)


_SYSTEM = re.compile(r"/(?:usr|s?bin|etc|lib\w*|var|tmp|run|dev|proc|snap|nix|root/\.)(?:/|$)")
_SOURCE = re.compile(r"\.(?:py|sh|bash|zsh|[mc]?js|ts|rb)$")
_PROGRAMS = re.compile(r"(?:main|app|server|api|run|start|wsgi|asgi|manage|backend|web)\w*")
_SETTINGS = re.compile(r"(?:^|[._-])(?:\w*env\w*|secrets?|credentials?|local|config\w*|settings)\b")
_BROUGHT = frozenset("node_modules .venv venv env site-packages".split())
_STARTS_NOTHING = frozenset(
    "echo printf sleep exit export return true false local set unset read test [ [[ : kill pkill "
    "mkdir rm cat grep sed awk date curl wait break continue shift trap which command".split()
)
UNPACKS = frozenset("tar unzip gunzip 7z unxz cookiecutter".split())
_SHOWN = 12  # of what a file has instead


class Judge:
    """Looks up what commands name; each of its answers is a gap."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._made = index.once(made_elsewhere)

    @cached_property
    def _ends(self) -> dict[str, list[str]]:
        """The last part of a path -> the files that end in it."""
        found: dict[str, list[str]] = {}
        for path in self._index.files:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    def _named(self, name: str) -> Iterator[str]:
        """The live files of that name."""
        found = self._ends.get(name, ())
        return (path for path in found if not self._index.inventory.is_(path, *ASIDE))

    def command(
        self, file: str, asks: Asks, homes: tuple[str, ...], speaker: Speaker
    ) -> Iterator[Gap]:
        """What a command of `file`, which may run in `homes`, asks for and is not there."""
        said = Said(file, asks.command, homes, speaker, asks.asked)
        homes = self._homes(said, asks.command.directory)
        if homes:
            said = said._replace(homes=homes)
            for start in asks.starts:
                yield from self.start(said, start)
            for name in asks.names:
                yield from self._name(said, name)

    def _homes(self, said: Said, directory: str) -> tuple[str, ...]:
        """The folders that a command may run in; none where that cannot be told."""
        own = posixpath.dirname(said.file)
        if "?" in directory or "$" in directory:
            return ()
        if directory.startswith("@"):
            base, rest = ("", directory[2:]) if directory[:2] == "@@" else (own, directory[1:])
            found = [posixpath.join(base, rest.strip("/"))]
        elif directory.startswith("/"):
            parts = directory.strip("/").split("/")[:20]
            ends = ("/".join(parts[n:]) for n in range(len(parts)))
            found = [end for end in ends if end in self._index.folders][:1]
            if said.speaker is Speaker.PROCESS:
                found += said.homes
        else:
            found = [posixpath.join(home, directory) for home in said.homes]
        places = [normal(each) for each in found]
        return tuple(dict.fromkeys(place for place in places if place in self._index.folders))

    # -- scripts and modules

    def start(self, said: Said, start: Start, installed: bool = False) -> Iterator[Gap]:
        """The file or module that is started; `installed`: only one of an own package counts."""
        if start.module:
            yield from self._module(said, start, installed)
        elif _SOURCE.search(start.text) and not start.choices:
            path = posixpath.join(start.folder, start.text)
            yield from self._name(said, Name(Sort.SCRIPT, path))

    def _module(self, said: Said, start: Start, installed: bool) -> Iterator[Gap]:
        """A module that is nowhere, of a package that is the repository's own."""
        index = self._index
        named = [text for text in (start.text, *start.choices) if text]
        text = named[-1] if start.text.endswith(".__main__") else named[0]
        named = [each for each in named if each == text or not text.startswith(f"{each}.")]
        top, place = text.partition(".")[0], text.replace(".", "/")
        given = dict(said.command.assignments).get("PYTHONPATH", "").split(":")
        added = ["", *(part for part in given if part and "$" not in part)]
        folders = [
            posixpath.join(home, start.folder, part) for home in said.homes for part in added
        ]
        roots = [normal(folder) for folder in folders]
        if "$" in start.folder or not re.fullmatch(r"[A-Za-z_][\w.]*", text):
            return
        if top in index.imports.declared or any(each in index.imports.modules for each in named):
            return
        if any(self._has_module(roots, each.replace(".", "/")) for each in named):
            return
        above, _, name = place.rpartition("/")
        if above and self._has_name(roots, above, name):
            return
        root = next((r for r in roots if index.exists(posixpath.join(r, top))), None)
        if root is None and (installed or "." in text or not _PROGRAMS.fullmatch(text)):
            return
        path = posixpath.join(roots[0] if root is None else root, f"{place}.py")
        if not self._brought(path) and not self._elsewhere(f"{place}.py", path):
            yield Gap(said.file, said.command, text, path, said.speaker)

    def _has_module(self, roots: Iterable[str], place: str) -> bool:
        for root in roots:
            path = posixpath.join(root, place)
            if path in self._index.folders or any(
                f"{path}{end}" in self._index.files for end in (".py", ".pyx", ".pyi", ".rs")
            ):
                return True
        return False

    def _has_name(self, roots: Iterable[str], place: str, name: str) -> bool:
        """Has the module at `place` that name, or one that cannot be told?"""
        for root in roots:
            for end in (".py", "/__init__.py"):
                path = f"{posixpath.join(root, place)}{end}"
                facts = self._index.facts(python.SLICE, path)
                stars = facts is not None and any(each.name == "*" for each in facts.imports)
                if facts and (name in facts.names or facts.error or facts.getattr_ or stars):
                    return True
        return False

    # -- whatever else is named

    def _name(self, said: Said, name: Name) -> Iterator[Gap]:
        if name.sort is Sort.SERVICE:
            yield from self._service(said, name)
        elif name.sort is Sort.TASK:
            yield from self._script(said, name)
        elif name.sort is Sort.GROUP:
            yield from self._target(said, name)
        elif name.text.startswith("/"):
            yield from self._absolute(said, name)
        else:
            yield from self._path(said, name)

    def _path(self, said: Said, name: Name) -> Iterator[Gap]:
        choices = name.choices or (name.text,)
        places = [local_path(h, c.rstrip("/")) for c in choices for h in said.homes]
        above = name.sort is Sort.ABOVE
        if any(place is None or self._exists(place, above) for place in places):
            return
        found = [place for place in places if place is not None]
        known = (place for place in found if place in self._index.history.removed)
        inside = (place for place in found if posixpath.dirname(place) in self._index.folders)
        first = next(known, None) or next(inside, found[0])
        if not first or self._brought(first) or _PATTERN.search(name.text):
            return
        if name.sort is Sort.FOLDER and said.asked & UNPACKS:
            return
        program = name.sort is Sort.SCRIPT and "." not in posixpath.basename(first)
        if program and first not in self._index.history.removed:
            return  # a compiler may make it
        read = program_of(said.command.words) in (".", "source")
        if read and _SETTINGS.search(posixpath.basename(first)):
            return  # written on each machine
        if name.sort is not Sort.SCRIPT or not self._elsewhere(name.text, *filter(None, places)):
            yield Gap(said.file, said.command, name.text, first, said.speaker, name.sort)

    def _absolute(self, said: Said, name: Name) -> Iterator[Gap]:
        """A path of some machine, which ends in a folder of the repository."""
        parts = name.text.strip("/").split("/")[:20]
        if _SYSTEM.match(name.text) or "$" in name.text or said.speaker is Speaker.DOCUMENT:
            return
        if not name.text.endswith((".py", ".sh")) or any(self._named(parts[-1])):
            return
        for number in range(1, len(parts) - 1):
            if "/".join(parts[number:-1]) in self._index.folders:
                path = "/".join(parts[number:])
                if not self._brought(path):
                    yield Gap(said.file, said.command, name.text, path, said.speaker)
                return

    def _service(self, said: Said, name: Name) -> Iterator[Gap]:
        """A service that none of the compose files that are named, or lie there, has."""
        index = self._index
        if any(key == "COMPOSE_FILE" for key, _ in said.command.assignments):
            return
        known: dict[str, Sequence[str]] = {}
        for home in said.homes:
            given = [local_path(home, each) for each in name.within]
            if not name.within:
                lie = (normal(posixpath.join(home, each)) for each in COMPOSE_FILES)
                given = [next((each for each in lie if each in index.files), None)]
            read = [index.facts(compose.SLICE, each) if each else None for each in given]
            if not all(facts and facts.services and not facts.includes for facts in read):
                continue
            last = given[-1] or ""
            beside = [p for p in index.folders[posixpath.dirname(last)] if "override" in p]
            read += [index.facts(compose.SLICE, path) for path in beside]
            has = {service.name for facts in read if facts for service in facts.services}
            known[last] = sorted(has)
        yield from _lacking(said, name, "does not define", known)

    def _script(self, said: Said, name: Name) -> Iterator[Gap]:
        """A script that no package.json there has."""
        known: dict[str, Sequence[str]] = {}
        for home in said.homes:
            place = local_path(home, name.within[0])
            facts = self._index.facts(manifest.SLICE, place) if place else None
            if facts is not None and place:
                if facts.error or facts.workspaces:
                    return
                known[place] = sorted(each.name for each in facts.scripts if each.kind == "npm")
        yield from _lacking(said, name, "has no script", known)

    def _target(self, said: Said, name: Name) -> Iterator[Gap]:
        """A target that no Makefile or justfile there has."""
        known: dict[str, Sequence[str]] = {}
        for home in said.homes:
            if self._index.exists(posixpath.join(home, name.text)):
                return
            for each in name.within:
                place = local_path(home, each)
                facts = self._index.facts(shell.SLICE, place) if place else None
                if facts is not None and place:
                    if not facts.targets:
                        return
                    known[place] = facts.targets
                    break
        yield from _lacking(said, name, "has no target", known)

    # -- what is there

    def _exists(self, path: str, above: bool) -> bool:
        if self._index.exists(path):
            return True
        folder, _, name = path.rpartition("/")
        while above and folder:
            folder = folder.rpartition("/")[0]
            if self._index.exists(posixpath.join(folder, name)):
                return True
        return False

    def _brought(self, path: str) -> bool:
        """May a build, a script, a submodule or the machine have put it there?"""
        parts = path.split("/")
        if parts[-1] in self._made or ARTEFACT.search(path) or parts[-1].startswith(".env"):
            return True
        if not _BROUGHT.isdisjoint(parts):
            return True
        if self._index.ignores.hides(path):
            return True
        while parts:
            entry = self._index.files.get("/".join(parts))
            if entry is not None and entry.mode in (SYMLINK, SUBMODULE):
                return True
            parts.pop()
        return False

    def _elsewhere(self, text: str, *places: str) -> bool:
        """Does a live file end in these words, so that the command may mean it from another
        folder? Not where it was at the named place once."""
        if any(place in self._index.history.removed for place in places):
            return False
        end = "/" + normal(text).lstrip("./")
        return any(f"/{path}".endswith(end) for path in self._named(posixpath.basename(end)))


_PATTERN = re.compile(r"[*?\[]")


def _lacking(
    said: Said, name: Name, lacks: str, known: Mapping[str, Sequence[str]]
) -> Iterator[Gap]:
    """The gap, at the likeliest file, where none of the files of `known` has the name."""
    if known and not any(name.text in has for has in known.values()):
        path, has = next(iter(known.items()))
        shown = ", ".join(has[:_SHOWN]) or "none"
        yield Gap(said.file, said.command, name.text, path, said.speaker, name.sort, lacks, shown)


def _asked_for(words: tuple[str, ...]) -> Iterator[Name]:
    """The names of a command that decide whether something starts."""
    if words[0].startswith("/") and words[0].endswith((".py", ".sh")):
        yield Name(Sort.SCRIPT, words[0])
        return
    program = program_of(words)
    inner = innermost(words)
    runner = program_of(inner)
    if runner in ("make", "gmake", "just"):
        if {"-C", "-f", "--directory", "--file"}.isdisjoint(inner):
            for target in script_names(inner)[:1]:  # a document may go on in words
                if re.fullmatch(r"[\w.-]+", target):
                    yield Name(Sort.GROUP, target, within=RECIPE_FILES[runner])
        return
    for name in names(words):
        enters = name.sort is Sort.FOLDER and program in ("cd", "pushd")
        if enters or name.sort in (
            Sort.SCRIPT, Sort.MANIFEST, Sort.ABOVE, Sort.SERVICE, Sort.TASK
        ):  # fmt: skip
            yield name
