"""Reference sources: what each kind of file names: scripts, images, workflows, code, documents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from readiness.config import BASELINE, STANDALONE
from readiness.facts import Slice, compose, manifest, markdown, mentions, python, shell, workflow
from readiness.facts.programs import base, program, unwrap
from readiness.facts.shell import Command
from readiness.index.containers import Container
from readiness.index.containers.builds import folders_of
from readiness.index.containers.images import Image
from readiness.index.imports import Edge
from readiness.index.inventory import FileClass
from readiness.index.memory import CONTENT, Remembered, ends
from readiness.index.references import RANK, Reference, References, Told, Use, join
from readiness.index.resolver import Resolver

if TYPE_CHECKING:
    from readiness.index import RepoIndex


T = TypeVar("T")
F = TypeVar("F", bound=Struct)


_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash", "eval", "su"))
_TALK = frozenset(
    "echo printf rm rmdir mkdir touch [ [[ test ls find git du read true false".split()
)
_LOGS = re.compile(r"(?:log|print|say|msg|warn|info|err|success|fail)\w*")
_TAKES_FOLDERS = frozenset(
    "pytest ruff black mypy flake8 isort pylint pyright bandit cp mv rsync scp tar zip cd pushd "
    "coverage vulture eslint prettier sphinx-build mkdocs chmod chown".split()
)
_SERVERS = frozenset(
    "uvicorn gunicorn hypercorn daphne granian celery fastapi flask waitress-serve dramatiq rq "
    "arq taskiq huey_consumer uwsgi faststream litestar sanic".split()
)
_INTERPRETER = re.compile(r"(?:python|pypy)[0-9.]*w?")
_OPTION = re.compile(r"--?[\w-]+=(.+)")
_LONGEST = 300


def build(index: RepoIndex) -> References:
    return _Collector(index).collect()


def _from_before(index: RepoIndex) -> Remembered | None:
    """What is known of single files from another commit: it follows from the names of all files
    and folders, from what is in the Python files, and from which workflows never run."""
    if index.memory is None:
        return None
    contents = {f"{path}{CONTENT}{index.files[path].blob_id}" for path in index.paths(python.SLICE)}
    paths = index.files.keys() | index.folders.keys() | contents
    return index.memory.of("references", paths, ends, world=index.workflows.nested)


class _Collector:
    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._resolver = Resolver(index)
        self._told: dict[str, list[Told]] = {}  # source -> what each reading of it tells
        self._reading: dict[str, dict[str, Reference]] = {}  # source -> target -> reference
        self._before = _from_before(index)

    def collect(self) -> References:
        self._remembered(shell.SLICE.name, self._index.each(shell.SLICE), self._script)
        self._images()
        self._services()
        self._read()
        self._remembered(workflow.SLICE.name, self._index.each(workflow.SLICE), self._workflow)
        self._remembered(manifest.SLICE.name, self._index.each(manifest.SLICE), self._manifest)
        self._remembered("imports", self._index.imports.imports.items(), self._imports)
        self._remembered(python.SLICE.name, self._outside_archives(python.SLICE), self._strings)
        documents = self._outside_archives(markdown.SLICE)
        self._remembered(markdown.SLICE.name, documents, self._document)
        self._remembered(mentions.SLICE.name, self._texts(), self._text)
        return join(self._told, self._index.memory)

    def _add(self, source: str, target: str, line: int, use: Use, text: str = "") -> None:
        if not target or target == source or source.startswith(target + "/"):
            return
        reading = self._reading.setdefault(source, {})
        known = reading.get(target)
        if known is None or RANK[use] < RANK[known.use]:
            reading[target] = Reference(source, target, line, use, text[:_LONGEST])

    def _read(self) -> None:
        """What has been added is one reading of each of the sources."""
        for source, reading in self._reading.items():
            self._told.setdefault(source, []).append(reading)
        self._reading = {}

    def _remembered(
        self, part: str, files: Iterable[tuple[str, T]], add: Callable[[str, T], None]
    ) -> None:
        """Reads each file for what it names, or takes what it told before, where that cannot have
        changed."""
        before = self._before
        if before is None:
            for path, facts in files:
                add(path, facts)
            self._read()
            return
        told, begin = self._told, self._resolver.begin
        for path, facts in files:
            reading: dict[str, Reference] | None = before.get((part, path), facts)
            if reading is None:
                asked = begin()
                add(path, facts)
                reading = self._reading.pop(path, {})
                before.keep((part, path), facts, asked, reading)
            if reading:
                told.setdefault(path, []).append(reading)

    def _path(
        self,
        source: str,
        text: str,
        folders: Sequence[str],
        line: int,
        use: Use,
        guess: bool = True,
    ) -> None:
        self._add(source, self._resolver.view(folders, source, guess)[text], line, use, text)

    # -- what runs

    def _script(self, path: str, facts: shell.ShellFacts) -> None:
        own = posixpath.dirname(path)
        places: dict[str, list[str]] = {}
        for command in facts.commands:
            directory = command.directory
            if directory not in places:
                places[directory] = self._known(folders_of(path, command))
            words = shell.expand(command, facts)
            guess = not places[directory] or directory == "?"
            self._command(path, command, words, places[directory], Use.RUNS, guess)
        for text, line in facts.mentions:
            self._path(path, text, [own, ""], line, Use.MENTIONS)

    def _known(self, folders: Iterable[str]) -> list[str]:
        """The folders of the repository among `folders`, also where they are the machine's."""
        found = [self._resolver.absolute(f) if f.startswith("/") else f for f in folders]
        return [f for f, was in zip(found, folders, strict=True) if f or not was]

    def _command(
        self,
        source: str,
        command: Command,
        words: Sequence[str],
        folders: Sequence[str],
        use: Use,
        guess: bool = False,
    ) -> None:
        """Every word of a command that names a file, a folder or a module.

        With `guess` it may lie elsewhere than in `folders`, where the command runs."""
        inner = program(words)
        if inner and base(inner[0]) in _SHELLS:
            for part in unwrap(msgspec.structs.replace(command, words=tuple(words), directory="")):
                places = [posixpath.join(folder, part.directory) for folder in folders]
                self._words(source, part.line, part.words, places, use, guess)
        else:
            self._words(source, command.line, inner, folders, use, guess)

    def _words(
        self,
        source: str,
        line: int,
        words: Sequence[str],
        folders: Sequence[str],
        use: Use,
        guess: bool,
    ) -> None:
        name = base(words[0]) if words else ""
        if name in _TALK or _LOGS.fullmatch(name):
            if not any("/" in word or "." in word for word in words):
                return
            use = Use.MENTIONS
        server = name in _SERVERS
        runs_modules = server or _INTERPRETER.fullmatch(name) is not None
        seen = self._resolver.view(folders, source, guess)
        before = ""
        for number, word in enumerate(words):
            if word.startswith("-") and (match := _OPTION.match(word)):
                word = match[1]
                for part in word.split(",") if "." in word and "/" not in word else ():
                    target = self._resolver.module(part, folders, source, guess)
                    self._add(source, target, line, use, part)
            if len(word) <= _LONGEST and " " not in word:
                if "/" in word or "." in word or (number and name in _TAKES_FOLDERS):
                    self._add(source, seen[word], line, use, word)
                if number and runs_modules and (server or before in ("-m", "-A", "--app")):
                    target = self._resolver.module(word, folders, source, guess)
                    self._add(source, target, line, use, word)
            before = word

    def _images(self) -> None:
        for image in self._index.containers.images:
            stage, file = image.stage, image.dockerfile
            for copy in stage.copies:
                if not copy.stage:
                    for text in copy.sources:
                        self._path(file, text, [image.context], copy.line, Use.RUNS)
            folders = _inside(image)
            check = stage.healthcheck or ()
            for command in (*stage.entrypoint, *stage.command, *check, *stage.runs):
                self._command(file, command, command.words, folders, Use.RUNS)

    def _services(self) -> None:
        for container in self._index.containers.containers:
            service, file = container.service, container.file
            own = posixpath.dirname(file)
            if service.context:
                line = service.build_line
                self._path(file, service.context, [own], line, Use.RUNS)
                context = posixpath.normpath(posixpath.join(own, service.context))
                self._path(file, service.dockerfile or "Dockerfile", [context], line, Use.RUNS)
            for text in service.env_files:
                self._path(file, text, [own], service.line, Use.RUNS)
            for volume in service.volumes:
                text = volume.partition(":")[0]
                if text.startswith(".") or "/" in text.strip("/"):
                    self._path(file, text, [own], service.line, Use.RUNS)
            folders = [*_inside_container(container), own]
            for command in (*service.entrypoint, *service.command, *(service.healthcheck or ())):
                self._command(file, command, command.words, folders, Use.RUNS)
        for path, facts in self._index.each(compose.SLICE):
            for text in facts.includes:
                self._path(path, text, [posixpath.dirname(path)], 1, Use.RUNS)
            for each in facts.services:
                if each.extends_file:
                    folder = posixpath.dirname(path)
                    self._path(path, each.extends_file, [folder], each.line, Use.RUNS)

    def _workflow(self, path: str, facts: workflow.WorkflowFacts) -> None:
        use = Use.MENTIONS if path in self._index.workflows.nested else Use.RUNS
        root = path.partition(".github/")[0].rstrip("/")
        for job in facts.jobs:
            if job.uses.startswith("./"):
                self._path(path, job.uses, [root], job.line, use)
            for step in job.steps:
                home = step.directory or job.directory
                folders = [posixpath.join(root, home), root]
                if step.uses.startswith("./"):
                    self._path(path, step.uses, [root], step.line, use)
                for command in step.commands:
                    places = [posixpath.join(f, command.directory) for f in folders]
                    self._command(path, command, command.words, places, use)
                for text in step.inputs.values():
                    for word in text.split()[:20]:
                        if "/" in word or "." in word:
                            self._path(path, word, folders, step.line, use)

    def _manifest(self, path: str, facts: manifest.ManifestFacts) -> None:
        own = posixpath.dirname(path)
        roots = [own, posixpath.join(own, "src"), posixpath.join(own, "lib")]
        for script in facts.scripts:
            if script.kind in ("console", "plugin"):
                target = self._resolver.module(script.target, roots, path)
                self._add(path, target, script.line, Use.RUNS, script.target)
            elif script.kind == "file":
                self._path(path, script.target, [own], script.line, Use.RUNS, guess=False)
            for command in script.commands:
                places = [posixpath.join(own, command.directory)]
                self._command(path, command, command.words, places, Use.RUNS)
        for package in facts.packages:
            if package.declared:
                place = posixpath.join(own, package.root)
                text = package.name.replace(".", "/")
                self._path(path, text, [place], package.line, Use.RUNS, guess=False)
        for text in facts.includes:
            self._path(path, text, [own], 1, Use.RUNS, guess=False)
        for each in facts.dependencies:
            if each.source and "://" not in each.source:
                self._path(path, each.source, [own], each.line, Use.RUNS, guess=False)

    # -- what imports and mentions

    def _imports(self, source: str, edges: tuple[Edge, ...]) -> None:
        for edge in edges:
            self._add(source, edge.target, edge.line, Use.IMPORTS)

    def _strings(self, path: str, facts: python.PythonFacts) -> None:
        own = posixpath.dirname(path)
        seen = self._resolver.view([own, ""], path)
        for call in facts.calls:
            if call.arguments and call.name.endswith("uvicorn.run"):
                text = call.arguments[0]
                target = self._resolver.module(text, [own, ""], path)
                self._add(path, target, call.line, Use.RUNS, text)
        for text, line in facts.literals:
            if "/" in text or text.rpartition(".")[2] in mentions.EXTENSIONS:
                self._add(path, seen[text], line, Use.MENTIONS, text)
            elif "." in text:
                target = self._resolver.module(text, [], path)
                self._add(path, target, line, Use.MENTIONS, text)

    def _outside_archives(self, slice_: Slice[F]) -> Iterator[tuple[str, F]]:
        """What an archive names speaks for nothing: only what its code imports and runs is told."""
        for path, facts in self._index.each(slice_):
            if not self._index.inventory.is_(path, FileClass.ARCHIVE):
                yield path, facts

    def _document(self, path: str, facts: markdown.MarkdownFacts) -> None:
        own = posixpath.dirname(path)
        seen = self._resolver.view([own, ""], path)
        for link in facts.links:
            if "://" not in link.target and not link.target.startswith(("#", "mailto:")):
                text = link.target.lstrip("/") if link.target[:1] == "/" else link.target
                self._add(path, seen[text], link.line, Use.MENTIONS, text)
        for text, line in facts.paths:
            self._add(path, seen[text], line, Use.MENTIONS, text)
        shown: set[tuple[str, tuple[str, ...]]] = set()
        for command in facts.commands:
            if (command.directory, command.words) in shown:
                continue  # what it names is known from an earlier line
            shown.add((command.directory, command.words))
            folders = [posixpath.join(own, command.directory), command.directory, own, ""]
            self._command(path, command, command.words, folders, Use.MENTIONS, guess=True)

    def _texts(self) -> Iterator[tuple[str, mentions.MentionFacts]]:
        config = self._index.config
        ours = {STANDALONE, BASELINE, config.baseline, config.plan}  # these use nothing
        return (each for each in self._outside_archives(mentions.SLICE) if each[0] not in ours)

    def _text(self, path: str, facts: mentions.MentionFacts) -> None:
        own = posixpath.dirname(path)
        seen = self._resolver.view([own, ""], path)
        for text, line in facts.imports:
            self._add(path, self._resolver.script_import(text, path), line, Use.IMPORTS, text)
        for text, line in facts.words:
            if "/" in text or text.rpartition(".")[2].lower() in mentions.EXTENSIONS:
                self._add(path, seen[text], line, Use.MENTIONS, text)
            else:
                target = self._resolver.module(text, [own, ""], path)
                self._add(path, target, line, Use.MENTIONS, text)


def _inside(image: Image) -> list[str]:
    """The folders of the repository that may be the image's working directory."""
    found = [image.context]
    for copy in image.stage.copies:
        if not copy.stage:
            found += [posixpath.normpath(posixpath.join(image.context, s)) for s in copy.sources]
    return found[:20]


def _inside_container(container: Container) -> Iterator[str]:
    if container.image:
        yield from _inside(container.image)
