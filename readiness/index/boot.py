"""Boot: the commands that a container, process or unit runs before and when it serves."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import shell
from readiness.facts.programs import SHELLS, base, unwrap
from readiness.facts.shell import Command
from readiness.index.containers.builds import normal
from readiness.index.containers.images import Image, locate
from readiness.index.inventory import FileClass

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class BootCommand(Struct, frozen=True):
    """One command, and the file that holds it: a Dockerfile, compose file, manifest or script."""

    file: str
    command: Command


_DEPTH = 4
_ASIDE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.GENERATED, FileClass.TEST, FileClass.DOCS)
_HOOK_FOLDERS = re.compile(
    r"(?:^|/)(?:s6-rc\.d|cont-init\.d|(?:docker-)?entrypoint\.d|hooks)(?:/|$)|(?:^|/)my_init\.d/"
)
_HANDED = ("exec", "gosu", "su-exec", "tini", "dumb-init", "/init")


def build(index: RepoIndex) -> tuple[BootCommand, ...]:
    """Every command that runs when something of the repository is started by a container, a
    platform or a process manager, in the order of their files; each once."""
    found = _Finder(index)
    found.read()
    return tuple(found.commands.values())


def scripts(index: RepoIndex) -> frozenset[str]:
    """The shell scripts among the files that hold boot commands."""
    return frozenset(
        each.file for each in index.boot if index.facts(shell.SLICE, each.file) is not None
    )


class _Finder:
    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self.commands: dict[tuple[str, int, tuple[str, ...]], BootCommand] = {}
        self._read: set[str] = set()

    def read(self) -> None:
        index = self._index
        for image in index.containers.images:
            if self._counts(image.dockerfile):
                stage = image.stage
                for command in (*stage.entrypoint, *stage.command):
                    self._in_image(image.dockerfile, command, image)
        for container in index.containers.containers:
            if self._counts(container.file):
                service = container.service
                for command in (*service.entrypoint, *service.command):
                    if container.image is not None:
                        self._in_image(container.file, command, container.image)
                    else:
                        self._add(container.file, command, [posixpath.dirname(container.file), ""])
        for pod in index.containers.pods:
            for each in pod.workload.containers if self._counts(pod.file) else ():
                for command in (*each.command, *each.arguments):
                    self._add(pod.file, command, [""])
        for path, facts in index.each(shell.SLICE):
            name = base(path).lower()
            if not self._counts(path):
                continue
            if name.startswith("procfile") or name.endswith((".service", ".conf", ".ini")):
                for command in facts.commands:
                    self._add(path, command, [posixpath.dirname(path), ""])
            elif _HOOK_FOLDERS.search(posixpath.dirname(path)):
                self._script(path, None, _DEPTH)

    def _counts(self, path: str) -> bool:
        return not self._index.inventory.is_(path, *_ASIDE)

    def _in_image(self, file: str, command: Command, image: Image, depth: int = _DEPTH) -> None:
        for part in unwrap(command):
            self._keep(file, part)
            for word in _scripts_of(part.words):
                home = posixpath.join(image.stage.workdir, part.directory)
                path = locate(self._index, image, word, home).path
                if path and depth:
                    self._script(path, image, depth - 1)

    def _add(self, file: str, command: Command, folders: Iterable[str]) -> None:
        for part in unwrap(command):
            self._keep(file, part)
            for word in _scripts_of(part.words):
                for folder in folders:
                    path = normal(posixpath.join(folder, word.lstrip("/")))
                    if path in self._index.files:
                        self._script(path, None, _DEPTH)
                        break

    def _keep(self, file: str, command: Command) -> None:
        self.commands.setdefault((file, command.line, command.words), BootCommand(file, command))

    def _script(self, path: str, image: Image | None, depth: int) -> None:
        facts = self._index.facts(shell.SLICE, path)
        if facts is None or path in self._read:
            return
        self._read.add(path)
        for command in facts.commands:
            command = replace(command, words=shell.expand(command, facts))
            if image is not None:
                self._in_image(path, command, image, depth)
            else:
                self._add(path, command, [posixpath.dirname(path), ""])


def _scripts_of(words: tuple[str, ...]) -> Iterator[str]:
    """The scripts that a command may run; also those that it is handed, as in ENTRYPOINT + CMD."""
    for position, word in enumerate(words[:6]):
        first = position == 0 or base(words[position - 1]) in (*SHELLS, *_HANDED, ".", "source")
        named = word.endswith((".sh", ".bash")) or "/" in word
        if (first or word.endswith(".sh")) and named and "$" not in word:
            yield word
