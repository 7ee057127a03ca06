"""Launches: every command of the repository that starts one of its own Python files."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import manifest, markdown, shell
from readiness.facts.programs import base, unwrap
from readiness.facts.shell import Command, ShellFacts
from readiness.facts.workflow import WorkflowFacts
from readiness.index.commands.lines import in_container
from readiness.index.containers import Container
from readiness.index.containers.builds import folders_of, in_commands, normal, of_file
from readiness.index.containers.images import Image, locate
from readiness.index.inventory import ASIDE
from readiness.index.starts import Role, Start, starts

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Source(StrEnum):
    """Who starts it, from what is surest to be in use to what only tells people to."""

    IMAGE = "image"
    COMPOSE = "compose"
    PLATFORM = "platform"  # Procfile, systemd, supervisor, Kubernetes
    SCRIPT = "script"
    WORKFLOW = "workflow"
    DOCUMENT = "document"


DEPLOYED = (Source.IMAGE, Source.COMPOSE, Source.PLATFORM)


class Launch(Struct, frozen=True):
    """`file` starts `target` at `line`; `role` is null where the target itself tells it.

    `through` is the script by which it does ("" where it does so itself), `name` the compose
    service or process."""

    file: str
    line: int
    target: str
    source: Source
    role: Role | None = None
    text: str = ""
    through: str = ""
    name: str = ""


class _Part(Struct, frozen=True):
    """What `outer` runs in the end, where that may start something: `inside` is the container that
    it runs in, with the words that run there, and `starts` what the words name."""

    outer: Command
    command: Command
    inside: tuple[str, tuple[str, ...]] | None
    starts: tuple[Start, ...]


_LONGEST = 160
_DEPTH = 4  # scripts that start scripts
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash", ".", "source"))
_SCRIPT_ENDINGS = (".sh", ".bash", ".zsh")


def build(index: RepoIndex) -> tuple[Launch, ...]:
    """All launches by live files, sorted by target, source and place; each once."""
    finder = _Finder(index)
    found = {
        (launch.file, launch.line, launch.target, launch.role): launch
        for launch in finder.all()
        if launch.target != launch.file
    }
    order = list(Source)
    return tuple(
        sorted(
            found.values(),
            key=lambda each: (each.target, order.index(each.source), each.file, each.line),
        )
    )


def _of_script(
    path: str, facts: ShellFacts | WorkflowFacts, installed: Collection[str]
) -> tuple[_Part, ...]:
    return tuple(
        part
        for command in of_file(path, facts)
        for part in _parts(_expanded(command, facts), installed)
    )


def _expanded(command: Command, facts: ShellFacts | WorkflowFacts) -> Command:
    if isinstance(facts, ShellFacts) and facts.variables:
        return replace(command, words=shell.expand(command, facts))
    return command


def _of_document(
    path: str, facts: markdown.MarkdownFacts, installed: Collection[str]
) -> tuple[_Part, ...]:
    return tuple(part for command in facts.commands for part in _parts(command, installed))


def _parts(command: Command, installed: Collection[str]) -> Iterator[_Part]:
    """The parts of a command that may start something; `installed` are names of own commands."""
    for part in unwrap(command):
        inside, started = in_container(part.words), starts(part.words, part.assignments)
        if inside or started or (part.words and base(part.words[0]) in installed):
            yield _Part(command, part, inside, started)


class _Finder:
    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._images = {
            container.service.name: container.image
            for container in index.containers.containers
            if container.image is not None
        }
        self._scripts = {
            script.name: script
            for _, facts in index.each(manifest.SLICE)
            for script in facts.scripts
            if script.kind == "console"
        }

    def all(self) -> Iterator[Launch]:
        index = self._index
        for image in index.containers.images:
            if self._counts(image.dockerfile):
                yield from self._of_image(image)
        for container in index.containers.containers:
            if self._counts(container.file):
                yield from self._of_container(container)
        for pod in index.containers.pods:
            if self._counts(pod.file):
                for each in pod.workload.containers:
                    for command in (*each.command, *each.arguments):
                        folders = [posixpath.dirname(pod.file), ""]
                        yield from self._in_folders(
                            pod.file, command, folders, Source.PLATFORM, pod.workload.name
                        )
        dead = set(index.workflows.nested)
        for file, part in in_commands(index, _of_script, self._scripts.keys()):
            if self._counts(file) and file not in dead:
                yield from self._of_part(file, part, self._source(file))
        yield from self._of_manifests()
        telling = index.of_each(markdown.SLICE, _of_document, self._scripts.keys())
        for file in index.paths(markdown.SLICE):
            if base(file).lower().startswith("readme") and self._counts(file):
                for part in telling[file]:
                    yield from self._of_part(file, part, Source.DOCUMENT)

    def _counts(self, file: str) -> bool:
        return not self._index.inventory.is_(file, *ASIDE)

    # -- images and services

    def _of_image(self, image: Image) -> Iterator[Launch]:
        stage, file = image.stage, image.dockerfile
        variables = tuple(stage.environment)
        for command in (*stage.entrypoint, *stage.command):
            for part in unwrap(command):
                yield from self._inside(
                    file, part, image, Source.IMAGE, "", stage.workdir, variables
                )

    def _of_container(self, container: Container) -> Iterator[Launch]:
        service, file = container.service, container.file
        own = posixpath.dirname(file)
        variables = tuple((each.key, each.value or "") for each in service.environment)
        for command in (*service.entrypoint, *service.command):
            for part in unwrap(command):
                if container.image is not None:
                    image = container.image
                    workdir = service.working_dir or image.stage.workdir
                    variables = (*image.stage.environment, *variables)
                    yield from self._inside(
                        file, part, image, Source.COMPOSE, service.name, workdir, variables
                    )
                else:
                    yield from self._in_folders(
                        file, part, [own, *_mounted(container), ""], Source.COMPOSE, service.name
                    )

    def _inside(
        self,
        file: str,
        command: Command,
        image: Image,
        source: Source,
        name: str,
        workdir: str,
        variables: Sequence[tuple[str, str]],
        through: str = "",
        depth: int = _DEPTH,
    ) -> Iterator[Launch]:
        """What a command starts in an image, or the script of the repository that it runs."""
        home = posixpath.join(workdir, command.directory)
        for start in starts(command.words, (*variables, *command.assignments)):
            target = self._place_in_image(image, start, home, dict(variables))
            if target:
                yield Launch(
                    file, command.line if not through else _line(image, file, command), target,
                    source, start.role, _text(command), through, name,
                )  # fmt: skip
        script = _script_of(command.words)
        if script and depth:
            path = locate(self._index, image, script, home).path
            facts = self._index.facts(shell.SLICE, path) if path else None
            for inner in facts.commands if facts else ():
                for part in unwrap(inner):
                    for launch in self._inside(
                        file, part, image, source, name, home, variables, path or "", depth - 1
                    ):
                        yield Launch(
                            file, command.line, launch.target, source, launch.role, launch.text,
                            launch.through, name,
                        )  # fmt: skip
        yield from self._own_script(file, command, source, name)

    def _place_in_image(
        self, image: Image, start: Start, home: str, variables: dict[str, str]
    ) -> str:
        homes = [posixpath.join(home, start.folder)]
        if start.module:
            homes += [part for part in variables.get("PYTHONPATH", "").split(":") if part]
        for text in (start.text, *start.choices):
            for place in homes:
                for path in _paths(text, start.module):
                    found = locate(self._index, image, path, place).path
                    if found and found in self._index.files:
                        return found
        return self._place([image.context], start)

    # -- scripts, workflows, manifests, documents

    def _source(self, file: str) -> Source:
        if "/workflows/" in file or self._index.facts(shell.SLICE, file) is None:
            return Source.WORKFLOW
        return Source.PLATFORM if _is_platform(file) else Source.SCRIPT

    def _of_part(self, file: str, part: _Part, source: Source) -> Iterator[Launch]:
        name = part.outer.function if source is Source.PLATFORM else ""
        yield from self._of_parts(file, (part,), self._around(file, part.outer), source, name)

    def _around(self, file: str, command: Command) -> Iterator[str]:
        """The folders that a command of a script may run in, the likeliest first."""
        yield from self._absolute(command.directory)
        yield from folders_of(file, command)
        yield posixpath.dirname(file)
        yield posixpath.dirname(posixpath.dirname(file))

    def _absolute(self, directory: str) -> Iterator[str]:
        """The folder that an absolute path of some machine ends in."""
        if directory.startswith("/"):
            parts = directory.strip("/").split("/")
            for start in range(min(len(parts), 20)):
                if "/".join(parts[start:]) in self._index.folders:
                    yield "/".join(parts[start:])
                    return

    def _in_folders(
        self,
        file: str,
        command: Command,
        folders: Iterable[str],
        source: Source,
        name: str = "",
    ) -> Iterator[Launch]:
        parts = _parts(command, self._scripts.keys())
        yield from self._of_parts(file, parts, folders, source, name)

    def _of_parts(
        self, file: str, parts: Iterable[_Part], folders: Iterable[str], source: Source, name: str
    ) -> Iterator[Launch]:
        places: list[str] = []
        for part in parts:
            command, inside = part.command, part.inside
            image = self._images.get(inside[0]) if inside else None
            if inside and image is not None:
                inner = Command(inside[1], command.line)
                yield from self._inside(
                    file, inner, image, source, name, image.stage.workdir, image.stage.environment
                )
                continue
            for start in part.starts:
                places = places or [normal(folder) for folder in folders]
                target = self._place(places, start)
                if target:
                    text = _text(command)
                    yield Launch(file, command.line, target, source, start.role, text, "", name)
            yield from self._own_script(file, command, source, name)

    def _own_script(
        self, file: str, command: Command, source: Source, name: str
    ) -> Iterator[Launch]:
        """A console script that a manifest of the repository installs."""
        script = self._scripts.get(base(command.words[0])) if command.words else None
        if script is not None:
            start = Start(script.target.partition(":")[0], module=True)
            target = self._place([""], start)
            if target:
                yield Launch(file, command.line, target, source, None, _text(command), "", name)

    def _of_manifests(self) -> Iterator[Launch]:
        for file, facts in self._index.each(manifest.SLICE):
            if not self._counts(file):
                continue
            own = posixpath.dirname(file)
            for script in facts.scripts:
                if script.kind == "console":
                    start = Start(script.target.partition(":")[0], module=True)
                    roots = [own, *(posixpath.join(own, p.root) for p in facts.packages)]
                    target = self._place([*roots, posixpath.join(own, "src")], start)
                    if target:
                        text = f"{script.name} = {script.target}"
                        yield Launch(file, script.line, target, Source.SCRIPT, None, text)
                elif script.kind == "file":
                    target = self._place([own], Start(script.target))
                    if target:
                        yield Launch(file, script.line, target, Source.SCRIPT, None, script.target)
                for command in script.commands:
                    home = [posixpath.join(own, command.directory)]
                    yield from self._in_folders(file, command, home, Source.SCRIPT)

    # -- places

    def _place(self, folders: Sequence[str], start: Start) -> str:
        """The file that a start means when it runs in one of these folders; "" for none."""
        for text in (start.text, *start.choices):
            if text.startswith("/"):
                continue
            for folder in folders:
                for path in _paths(text, start.module):
                    found = normal(posixpath.join(folder, start.folder, path))
                    if found in self._index.files:
                        return found
        if not start.module:
            return ""
        for text in (start.text, *start.choices):
            known = self._index.imports.modules.get(text, ())
            if known:
                return max(known, key=lambda path: (_common(path, folders), path))
        return ""


def _paths(text: str, module: bool) -> tuple[str, ...]:
    if not module:
        return (text,)
    path = text.replace(".", "/")
    return (f"{path}.py", f"{path}/__init__.py", f"{path}/__main__.py") if path else ()


def _common(path: str, folders: Sequence[str]) -> int:
    return max((len(folder) for folder in folders if path.startswith(folder + "/")), default=0)


def _script_of(words: Sequence[str]) -> str:
    """The shell script that a command runs."""
    if not words:
        return ""
    if base(words[0]) in _SHELLS:
        rest = [word for word in words[1:] if not word.startswith("-")]
        return rest[0] if rest else ""
    runs = words[0].endswith(_SCRIPT_ENDINGS) or words[0].startswith(("./", "/"))
    return words[0] if runs and not words[0].endswith(".py") else ""


def _line(image: Image, file: str, command: Command) -> int:
    stage = image.stage
    return stage.command_line or stage.entrypoint_line if file == image.dockerfile else command.line


def _is_platform(file: str) -> bool:
    name = base(file).lower()
    return name.startswith("procfile") or name.endswith((".service", ".conf", ".ini"))


def _mounted(container: Container) -> Iterator[str]:
    """The folders of the repository that a service mounts."""
    own = posixpath.dirname(container.file)
    for volume in container.service.volumes:
        source, _, target = volume.partition(":")
        if target and source.startswith("."):
            yield normal(posixpath.join(own, source))


def _text(command: Command) -> str:
    return " ".join(command.words)[:_LONGEST]
