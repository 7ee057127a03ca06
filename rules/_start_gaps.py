"""Gaps in how software is started: who runs commands to start it, and what of these is missing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec.structs import replace

from readiness.facts import manifest, markdown, python, shell
from readiness.facts.markdown import MarkdownFacts
from readiness.facts.programs import unwrap
from readiness.facts.shell import Command, ShellFacts
from readiness.index import RepoIndex
from readiness.index.boot import scripts as boot_scripts
from readiness.index.commands.names import Sort, makes
from readiness.index.containers.builds import normal
from readiness.index.containers.images import Image, locate
from readiness.index.inventory import ASIDE, RUN, FileClass
from readiness.index.script_names import is_list, is_named, words_of
from readiness.index.starts import Start
from readiness.index.workflows.ran import forgiven, guarded, guards
from readiness.model import Evidence
from readiness.rule import for_

from ._build_inputs import files_of, programs_lost
from ._start_names import UNPACKS, Asks, Gap, Judge, Said, Speaker, asks
from ._workflows import gone, short

_PLACEHOLDER = re.compile(
    r"(?i)(?:^|[/_.-])(?:your|my|foo|bar|xxx+|example|path|some|script|file|hello)(?:[/_.-]|$)|[<>{}]"
)
_STARTS = re.compile(
    r"start\w*|run\w*|launch\w*|boot\w*|serve\w*|server|up|dev|main|app|api|wsgi|asgi|web|backend"
    r"|frontend|deploy\w*|setup|install\w*|init\w*|celery|worker\w*|tasks|manage|orchestrat\w*|cli"
)
_OTHERWISE = re.compile(
    r"tests?|testing|lint\w*|format\w*|check\w*|cov\w*|bench\w*|e2e|docs?|eval\w*|valid\w*|verify|stop"
)
_DOCUMENTS = re.compile(
    r"(?:^|/)(?:docs?|documentation|examples?|samples?|tutorials?)/", re.IGNORECASE
)


def gaps(index: RepoIndex) -> tuple[Gap, ...]:
    """Every gap of the live files, by kind of file; a thing may be named more than once."""
    finder = _Finder(index)
    return (
        *finder.of_scripts(),
        *finder.of_manifests(),
        *finder.of_images(),
        *finder.of_services(),
        *finder.of_programs(),
        *finder.of_documents(),
    )


def by(gap: Gap) -> str:
    """Who runs it, where the file holds many: " of the process web"."""
    if (
        gap.speaker in (Speaker.SCRIPT, Speaker.PROGRAM, Speaker.DOCUMENT)
        or not gap.command.function
    ):
        return ""
    return f" of the {gap.speaker} {gap.command.function}"


def sentence(gap: Gap) -> str:
    return f"{gap.path} {gap.lacks} {gap.name}" if gap.lacks else f"{gap.path} does not exist"


def evidence(index: RepoIndex, group: Sequence[Gap]) -> Iterator[Evidence]:
    for line, gap in list({each.command.line: each for each in group}.items())[:6]:
        yield for_(f"`{short(gap.text)}` runs it", gap.file, line)
    first = group[0]
    if first.lacks:
        yield for_(f"it has {first.hint}", first.path)
        return
    yield from gone(index, first.path)


def _is_readme(path: str) -> bool:
    return posixpath.basename(path).lower().startswith("readme")


class _Finder:
    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._judge = Judge(index)

    def of_scripts(self) -> Iterator[Gap]:
        index = self._index
        inside = boot_scripts(index)
        asking = index.of_each(shell.SLICE, _of_script)
        for path, facts in index.each(shell.SLICE):
            listed = is_list(path)
            if not index.inventory.is_(path, *RUN) or (path in inside and not listed):
                continue
            if not facts.commands or not (listed or is_named(path)):
                continue
            own = posixpath.dirname(path)
            speaker = Speaker.SCRIPT
            homes: tuple[str, ...] = ("", own, posixpath.dirname(own))
            if listed:
                process = _is_process(path)
                speaker = Speaker.PROCESS if process else Speaker.TARGET
                homes = ("", own) if process else (own,)
            for command, parts in asking[path]:
                if speaker is Speaker.TARGET and not is_named(command.function):
                    continue
                away = listed and command.directory.startswith("/")
                for part in parts:
                    for gap in self._judge.command(path, part, homes, speaker):
                        if not away or self._is_own(gap):
                            yield gap

    def of_manifests(self) -> Iterator[Gap]:
        """Installed commands, and what package managers and task runners start."""
        for path, facts in self._index.each(manifest.SLICE):
            if not self._index.inventory.is_(path, *RUN):
                continue
            own = posixpath.dirname(path)
            roots = [own, posixpath.join(own, "src")]
            roots += [posixpath.join(own, package.root) for package in facts.packages]
            homes = tuple(dict.fromkeys(map(normal, roots)))
            for script in facts.scripts:
                if script.kind == "console":
                    text = f"{script.name} = {script.target}"
                    command = Command((text,), script.line, function=script.name)
                    start = Start(script.target.partition(":")[0].strip(), module=True)
                    said = Said(path, command, homes, Speaker.COMMAND)
                    yield from self._judge.start(said, start, installed=True)
                elif is_named(script.name.replace(":", "-")):
                    named = (replace(each, function=script.name) for each in script.commands)
                    for _, parts in _asking(tuple(named)):
                        for part in parts:
                            yield from self._judge.command(path, part, (own,), Speaker.PACKAGE)

    def of_images(self) -> Iterator[Gap]:
        """What the scripts that images start with run out of the folders that are copied."""
        index = self._index
        inside = index.of_each(shell.SLICE, _in_images)
        read: set[str] = set()
        for image in index.containers.images:
            if not index.inventory.is_(image.dockerfile, *RUN):
                continue
            home = image.stage.workdir
            for outer in (*image.stage.entrypoint, *image.stage.command):
                words = [w for w in outer.words if "$" not in w and ("/" in w or w.endswith(".sh"))]
                places = [locate(index, image, word, home).path for word in words]
                for path in filter(None, places):
                    facts = index.facts(shell.SLICE, path)
                    if facts is None or path in read or is_list(path):
                        continue
                    read.add(path)
                    asked, parts = inside[path]
                    yield from self._in_image(path, parts, image, home, asked)

    def of_services(self) -> Iterator[Gap]:
        """What compose files run in the images that they build."""
        for container in self._index.containers.containers:
            service, image, file = container.service, container.image, container.file
            if image is None or not self._index.inventory.is_(file, *RUN):
                continue
            mounts = [v.split(":")[1].rstrip("/") + "/" for v in service.volumes if ":" in v]
            home = service.working_dir or image.stage.workdir
            for command in (*service.entrypoint, *service.command):
                command = replace(command, function=service.name)
                for gap in self._in_image(file, unwrap(command), image, home):
                    place = posixpath.normpath(posixpath.join("/", home, gap.name))
                    if not any(map(place.startswith, mounts)):
                        yield gap._replace(speaker=Speaker.SERVICE)

    def _in_image(
        self,
        file: str,
        parts: Iterable[Command],
        image: Image,
        home: str,
        asked: Collection[str] = (),
    ) -> Iterator[Gap]:
        for part in parts:
            for lost in programs_lost(self._index, image, (part,), home, "command"):
                if not guarded(lost.source, asked):
                    yield Gap(file, part, lost.source, lost.path, Speaker.SCRIPT)

    def of_programs(self) -> Iterator[Gap]:
        """`uvicorn.run("app.main:app")` in a file that is run."""
        index = self._index
        for path, facts in index.each(python.SLICE):
            for call in facts.calls if facts.main_line else ():
                if call.name != "uvicorn.run" or not call.arguments:
                    continue
                module, colon, _ = call.arguments[0].partition(":")
                if colon and re.fullmatch(r"[\w.]+", module) and index.inventory.is_(path, *RUN):
                    own = posixpath.dirname(path)
                    homes = (*index.imports.roots.get(path, ()), own, posixpath.dirname(own), "")
                    command = Command((f'uvicorn.run("{call.arguments[0]}")',), call.line)
                    said = Said(path, command, homes, Speaker.PROGRAM)
                    yield from self._judge.start(said, Start(module, module=True), installed=True)

    def of_documents(self) -> Iterator[Gap]:
        index = self._index
        asking = index.of_each(markdown.SLICE, _of_document)
        for path in index.paths(markdown.SLICE):
            if not _is_readme(path) or index.inventory.is_(path, *ASIDE, FileClass.TEST):
                continue
            if _DOCUMENTS.search(path):
                continue
            own = posixpath.dirname(path)
            for command, parts in asking[path]:
                first, _, rest = command.directory.partition("/")
                entered = bool(first) and not any(
                    index.exists(posixpath.join(home, first)) for home in ("", own)
                )  # the clone itself is entered
                if entered:
                    parts = tuple(asks(replace(command, directory=rest), parts[0].asked))
                for part in parts:
                    for gap in self._judge.command(path, part, (own, ""), Speaker.DOCUMENT):
                        here = gap.name.startswith("./") and not entered
                        if _is_start(gap) and (here or self._is_own(gap)):
                            yield gap

    def _is_own(self, gap: Gap) -> bool:
        """Is it surely a file of this repository that is meant, not one of the reader's own?"""
        folder, _, name = gap.path.rpartition("/")
        beside = self._index.folders.get(folder, ())
        if gap.lacks or gap.path in self._index.history.removed or (folder and beside):
            return True
        kind = re.split(r"[._-]", name)[0]
        alike = (posixpath.basename(path) for path in beside)
        return gap.sort is Sort.MANIFEST and any(
            re.split(r"[._-]", each)[0] == kind for each in alike
        )


def _is_process(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name.startswith("procfile") or name.endswith((".service", ".conf", ".ini"))


def _is_start(gap: Gap) -> bool:
    """Is it on the way to a start, not a test or a tool that a document tells of?"""
    if _PLACEHOLDER.search(gap.name):
        return False
    name = gap.name.removesuffix(".py")
    words = words_of(name if gap.sort is not Sort.SCRIPT or "/" in name else name.split(".")[-1])
    if any(map(_OTHERWISE.fullmatch, words)):
        return False
    return gap.sort is not Sort.SCRIPT or any(map(_STARTS.fullmatch, words))


_Asking = tuple[tuple[Command, tuple[Asks, ...]], ...]


def _of_script(path: str, facts: ShellFacts) -> _Asking:
    if not (is_list(path) or is_named(path)):
        return ()
    return _asking(facts.commands, _expanded(facts))


def _of_document(path: str, facts: MarkdownFacts) -> _Asking:
    return _asking(facts.commands)


def _asking(written: Sequence[Command], run: Iterable[Command] | None = None) -> _Asking:
    """The commands of one file that ask for something, and what; `run` is what is run, where it
    is not as written."""
    asked = _asked(written)
    found = ((command, tuple(asks(command, asked))) for command in run or written)
    return tuple((command, parts) for command, parts in found if parts)


def _in_images(path: str, facts: ShellFacts) -> tuple[frozenset[str], tuple[Command, ...]]:
    """What a script that an image runs asks for itself, and its commands that may start a file of
    the repository."""
    return _asked(facts.commands), tuple(
        part
        for command in _expanded(facts)
        if "@" not in command.directory and not forgiven(command)
        for part in unwrap(command)
        if any(files_of(part))
    )


def _expanded(facts: ShellFacts) -> Iterator[Command]:
    """The commands of a script with its variables put in."""
    return (replace(command, words=shell.expand(command, facts)) for command in facts.commands)


def _asked(commands: Iterable[Command]) -> frozenset[str]:
    """What the commands of one file ask for before they use it, or make themselves, and what they
    unpack with."""
    commands = tuple(commands)
    programs = UNPACKS & {posixpath.basename(each.words[0]) for each in commands if each.words}
    made = (name for each in commands for name in (*each.writes, *makes(each.words)))
    return programs | guards(commands) | frozenset(normal(name).strip("/") for name in made)
