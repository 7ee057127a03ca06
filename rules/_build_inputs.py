"""What an image needs and the repository does not give: sources of COPY, files that CMD runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from readiness.facts import dockerfile
from readiness.facts.dockerfile import Copy
from readiness.facts.programs import program
from readiness.facts.shell import Command, ShellFacts
from readiness.facts.workflow import WorkflowFacts
from readiness.index import RepoIndex
from readiness.index.containers.build_context import BuildContext, Exclusion
from readiness.index.containers.builds import in_commands
from readiness.index.containers.images import Image, locate
from readiness.index.ignores import IgnoreLine
from readiness.model import SUBMODULE, SYMLINK

ARTEFACT = re.compile(
    r"(?:^|/)(?:dist|build|target|out|output|bin|obj|node_modules|wheels?|wheelhouse|site|coverage"
    r"|\.next|\.output|\.venv|venv|vendor|artifacts?|release|releases|public/build|staticfiles)(?:/|$)"
    r"|\.(?:whl|jar|war|tar|t?gz|zip|so|exe|deb|rpm|apk|bin|dll|egg|pyz|pex|crt|pem|key)$"
)
_MANIFEST = re.compile(
    r"(?:^|/)(?:package(?:-lock)?\.json|tsconfig[\w.-]*\.json|pyproject\.toml|poetry\.lock|uv\.lock"
    r"|requirements[\w./-]*\.(?:txt|in)|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|yarn\.lock|pnpm-lock\.yaml"
    r"|bun\.lockb?|go\.(?:mod|sum)|Cargo\.(?:toml|lock)|Gemfile(?:\.lock)?|composer\.(?:json|lock)"
    r"|pom\.xml|build\.gradle(?:\.kts)?|[\w.-]+\.(?:py|ts|tsx|js|jsx|mjs|go|rs|java|sh|csproj|sql))$"
)
_WRITERS = frozenset("cp mv ln tee touch install unzip tar wget curl rsync mkdir download".split())
_RUNS = frozenset("python python3 bash sh".split())
_SERVERS = frozenset("uvicorn gunicorn hypercorn daphne granian".split())
_ROOTS = ("--app-dir", "--chdir", "--pythonpath", "-c", "--config")
_APP = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_][\w.]*(?:\(\))?")


class Lost(NamedTuple):
    """An input that is not there: `source` as written, `path` where it should be.

    `hidden`: the .gitignore line that keeps it out of the repository; `excluded`: the .dockerignore
    line that keeps it out of the build; `optional`: a glob that may match nothing by intent."""

    image: Image
    line: int
    source: str
    path: str
    instruction: str
    hidden: IgnoreLine | None = None
    excluded: Exclusion | None = None
    optional: bool = False
    elsewhere: str = ""  # another context of the same Dockerfile, in which it is found
    resolved: bool = True  # other sources of the Dockerfile are found in the context

    @property
    def manifest(self) -> bool:
        return is_manifest(self.path)


def is_manifest(path: str) -> bool:
    """Is it source or a manifest, which no one keeps out of a repository on purpose?"""
    return _MANIFEST.search(path) is not None


def lost_sources(index: RepoIndex, image: Image, made: frozenset[str]) -> Iterator[Lost]:
    """The sources of COPY, ADD and bind mounts that a build of the image does not find."""
    facts = index.facts(dockerfile.SLICE, image.dockerfile)
    context = BuildContext(index, image.dockerfile, image.context)
    copies = [copy for n in image.needed for copy in facts.stages[n].copies] if facts else []
    copies = [copy for copy in copies if not copy.stage]
    resolved = any(
        source.strip("./") and context.find(source).paths for c in copies for source in c.sources
    )
    for copy in copies:
        for found in _lost(index, image, context, copy):
            if not _is_made(index, found, made):
                yield found._replace(resolved=resolved)


def _lost(index: RepoIndex, image: Image, context: BuildContext, copy: Copy) -> Iterator[Lost]:
    name = "RUN --mount" if copy.mount else "ADD" if copy.add else "COPY"
    answers = [(source, context.find(source)) for source in copy.sources]
    some = any(answer.paths or not answer.known for _, answer in answers)
    for source, answer in answers:
        glob = any(sign in source for sign in "*?[")
        if answer.paths or not answer.known or (glob and some):
            continue
        path = posixpath.normpath(posixpath.join("/", image.context, _plain(source)))[1:]
        hidden = None if answer.excluded else index.ignores.hides(path)
        optional = glob and not _MANIFEST.search(path)
        yield Lost(image, copy.line, source, path, name, hidden, answer.excluded, optional)


def _plain(source: str) -> str:
    """The simplest name that a glob matches: `package*.json` gives package.json."""
    return re.sub(r"[*?]|\[[^\]]*\]", "", source.lstrip("/"))


def _is_made(index: RepoIndex, found: Lost, made: frozenset[str]) -> bool:
    """Does something else bring the file: a build step, a submodule, a link?"""
    if found.excluded:
        return False
    folder = found.path
    while folder:
        folder = posixpath.dirname(folder)
        file = index.files.get(folder)
        if file is not None and file.mode in (SUBMODULE, SYMLINK):
            return True
    if found.hidden is not None and found.manifest:
        return False
    return _basename(found.path) in made or ARTEFACT.search(found.path) is not None


def made_elsewhere(index: RepoIndex) -> frozenset[str]:
    """The names of the files and folders that scripts and CI steps write."""
    return frozenset(name for _, name in in_commands(index, _written))


def _written(path: str, facts: ShellFacts | WorkflowFacts) -> frozenset[str]:
    """The names of the files and folders that one script or CI definition writes."""
    names: set[str] = set()
    run: set[tuple[str, ...]] = set()
    for command in _commands(facts):
        names.update(map(_basename, command.writes))
        run.add(command.words)
    for words in map(program, run):
        if words and _basename(words[0]) in _WRITERS:
            names.update(map(_basename, words[1:]))
        for option, value in pairwise(words):
            if option in ("-o", "-O", "--output", "--out", "--outfile", "--output-dir", "-d"):
                names.add(_basename(value))
    return frozenset(names - {"", ".", ".."})


def _basename(path: str) -> str:
    return posixpath.basename(path.rstrip("/"))


def _commands(facts: ShellFacts | WorkflowFacts) -> Iterator[Command]:
    if isinstance(facts, ShellFacts):
        yield from facts.commands
        return
    for job in facts.jobs:
        for step in job.steps:
            yield from step.commands
            path = step.inputs.get("path", "")
            if "artifact" in step.uses and path:
                yield Command(("download", path), step.line)


def lost_programs(index: RepoIndex, image: Image) -> Iterator[Lost]:
    """The scripts and modules that ENTRYPOINT and CMD run out of a folder that is copied from the
    build context, and that this folder does not hold."""
    stage = image.stage
    yield from programs_lost(index, image, stage.entrypoint, stage.workdir, "ENTRYPOINT")
    yield from programs_lost(index, image, stage.command, stage.workdir, "CMD")


def programs_lost(
    index: RepoIndex, image: Image, run: Iterable[Command], workdir: str, instruction: str
) -> Iterator[Lost]:
    """Those that these commands run in the image, from its folder `workdir`."""
    for command in run:
        for path in files_of(command):
            if "?" in command.directory or "$" in path or _is_written(image, path):
                continue
            home = posixpath.join("/", workdir, command.directory)
            place = locate(index, image, path, home)
            source = _origin(index, image, path, home)
            if place.path is None and place.line and "$" not in home and source:
                yield Lost(image, command.line, path, source, instruction)


def _is_written(image: Image, path: str) -> bool:
    """Does a step of the build name a file of that name, so that it may make it?"""
    name = posixpath.basename(path)
    return any(
        posixpath.basename(word) == name
        for each in image.stage.runs
        for word in (*each.words, *each.writes)
    )


def _origin(index: RepoIndex, image: Image, path: str, home: str) -> str:
    """Where in the repository the missing program should be: beside its folder's other files.

    Empty where the image has no such folder, or the program is a package there."""
    absolute = posixpath.normpath(posixpath.join("/", home, path))
    package = locate(index, image, absolute.removesuffix(".py"), "/").path
    folder = locate(index, image, posixpath.dirname(absolute), "/").path
    if folder is None or package in index.folders:
        return ""
    return posixpath.join(folder, posixpath.basename(absolute))


def files_of(command: Command) -> Iterator[str]:
    """The one file of the repository that a command starts: a script, or a server's module."""
    words = program(command.words)
    if not words:
        return
    name = _basename(words[0])
    if name in _RUNS:
        rest = [word for word in words[1:] if not word.startswith("-")]
        if words[1:2] not in (("-m",), ("-c",)) and rest and rest[0].endswith((".py", ".sh")):
            yield rest[0]
    elif words[0].startswith(("./", "/")) and name.endswith((".py", ".sh")):
        yield words[0]
    elif name in _SERVERS and not any(word.startswith(_ROOTS) for word in words):
        for word in words[1:]:
            module = _APP.fullmatch(word)
            if module is not None:
                yield module[1].replace(".", "/") + ".py"
