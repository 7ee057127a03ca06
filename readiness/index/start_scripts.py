"""Start scripts: which scripts start the software, each told by what it starts and how."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import python, shell
from readiness.facts.programs import unwrap
from readiness.facts.python.calls import SERVERS
from readiness.facts.shell import Command
from readiness.index.commands.lines import after_options, compose_words, program_of
from readiness.index.configuration import service_of
from readiness.index.containers import Container, environment
from readiness.index.containers.builds import folders_of, normal
from readiness.index.inventory import FileClass
from readiness.index.references import Reference, Use
from readiness.index.script_names import is_list, is_named, words_of
from readiness.index.starts import Role, Start, starts

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Way(StrEnum):
    HOST = "on the host"
    COMPOSE = "with compose"
    INFRASTRUCTURE = "as infrastructure"  # databases and other people's images alone
    IMAGE = "in the image"  # what a Dockerfile or compose file runs


class Launched(Struct, frozen=True):
    """One command of a script that starts something: `text` at `line`.

    `target` is the file of the repository, or for compose the folders that are built, "" where it
    is not there; `missing` names what is not there, `written` that the script writes it itself.
    `services` are other people's."""

    line: int
    text: str
    way: Way
    target: str = ""
    missing: str = ""
    role: Role = Role.API
    services: tuple[str, ...] = ()
    written: bool = False


class StartScript(Struct, frozen=True):
    """A script that starts the software, or what it needs.

    `stack` is what it starts: a file, or the folders that compose builds; "" where that cannot be
    told because it is not there. `project` is the folder of the project that it belongs to.
    `environment` as of containers. `users` run it and `documents` name it, archives apart.
    `launched` are its commands that tell `way` and `stack`, `others` those beside them."""

    path: str
    way: Way
    role: Role
    stack: str
    project: str
    environment: str
    launched: tuple[Launched, ...]
    others: tuple[Launched, ...] = ()
    users: tuple[Reference, ...] = ()
    documents: tuple[Reference, ...] = ()

    @property
    def missing(self) -> tuple[Launched, ...]:
        return tuple(each for each in (*self.launched, *self.others) if each.missing)

    @property
    def services(self) -> frozenset[str]:
        return frozenset(name for each in self.launched for name in each.services)


_INFRASTRUCTURE = re.compile(
    r"infra\w*|db|dbs|databases?|services?|deps|dependencies|redis|monitoring|observability|stack"
)
_BACKING = re.compile(
    r"redis|valkey|postgres|pg|mysql|mariadb|mongo|arango|neo4j|consul|etcd|vault|rabbit|kafka|zookeeper"
    r"|elastic|opensearch|meili|minio|qdrant|weaviate|chroma|milvus|clickhouse|grafana|prometheus|loki"
    r"|tempo|jaeger|otel|opa|nats|memcached|traefik|nginx|mail|db\b|database"
)
_SERVER_NAMES = re.compile(r"(?:^|[_-])(?:main|app|server|api|run|start|wsgi|asgi|platform|web)$")
_LABELS = {
    **dict.fromkeys(("reload", "watch", "hot", "debug", "docker-dev"), "development"),
    **dict.fromkeys(("gunicorn",), "production"),
}
_FRONTEND = re.compile(
    r"(?:npm|pnpm|yarn|bun)(?: run)? (?:dev|start|serve|preview)|(?:next|vite)\b"
)
_TALK = frozenset("echo printf cat log grep which command pkill pgrep ps kill".split())
_ASIDE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.GENERATED, FileClass.TEST, FileClass.DOCS)
_COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_UP_VALUES = {"-f", "--file", "-p", "--project-name", "--env-file", "--profile", "--scale", "-t"}
_LONGEST = 120


def build(index: RepoIndex) -> tuple[StartScript, ...]:
    """The start scripts among the live files, sorted by path."""
    return tuple(_scripts(index))


def _scripts(index: RepoIndex) -> Iterator[StartScript]:
    for path in index.files:
        if not is_named(path) or index.inventory.is_(path, *_ASIDE):
            continue
        facts = index.facts(shell.SLICE, path)
        if facts is not None and facts.commands and not is_list(path):
            parts = index.of_each(shell.SLICE, _telling)[path]
            launched = tuple(_of_shell(index, path, facts, parts))
        elif path.endswith(".py"):
            launched = tuple(_of_python(index, path))
        else:
            continue
        if launched:
            yield _script(index, path, launched)


def _script(index: RepoIndex, path: str, launched: tuple[Launched, ...]) -> StartScript:
    users, documents = _uses(index, path)
    way = _way(path, launched)
    roles = [each.role for each in launched if each.way is way]
    role = min(roles, key=list(Role).index) if Role.API not in roles else Role.API
    telling = tuple(each for each in launched if each.way is way and each.role is role)
    stacks = sorted({each.target for each in telling if each.target})
    stack = " ".join(stacks)
    project = service_of(index, stacks[0] if way is Way.HOST and stacks else path)
    in_image = any(_is_container_file(index, user.source) for user in users)
    return StartScript(
        path=path,
        way=Way.IMAGE if in_image else way,
        role=role,
        stack=stack,
        project=project,
        environment=_environment(index, path, telling),
        launched=telling,
        others=tuple(each for each in launched if each not in telling),
        users=users,
        documents=documents,
    )


def _way(path: str, launched: Sequence[Launched]) -> Way:
    """How a script starts the software: the application counts before what it needs."""
    ways = {each.way for each in launched if each.role is not Role.FRONTEND}
    ways = ways or {each.way for each in launched}
    named = any(map(_INFRASTRUCTURE.fullmatch, words_of(path)))
    if named and Way.HOST not in ways and any(each.services for each in launched):
        return Way.INFRASTRUCTURE
    return next(way for way in Way if way in ways)


def _environment(index: RepoIndex, path: str, telling: Sequence[Launched]) -> str:
    for word in words_of(path):
        label = _LABELS.get(word) or environment(word)
        if label:
            return label
    texts = " ".join(each.text for each in telling)
    files = re.findall(r"(?:-f|--file)[ =](\S+)", texts)
    named = [name for name in map(environment, map(posixpath.basename, files)) if name]
    if named:
        return named[0]
    return "development" if all(" --reload" in each.text for each in telling) else ""


def _uses(index: RepoIndex, path: str) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
    """Who runs a script, and which documents name it; archives and what tests it apart."""
    users, documents = [], []
    dead = set(index.workflows.nested)
    for reference in index.references.to.get(path, ()):
        class_ = index.inventory.classes.get(reference.source)
        if class_ is FileClass.DOCS or reference.source.endswith((".md", ".rst")):
            if class_ is not FileClass.ARCHIVE:
                documents.append(reference)
        elif class_ not in (FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE):
            words = words_of(reference.source)
            tests = any(re.fullmatch(r"tests?|validat\w*|verify", word) for word in words)
            if reference.use is Use.RUNS and reference.source not in dead and not tests:
                users.append(reference)
    return tuple(users), tuple(documents)


def _is_container_file(index: RepoIndex, source: str) -> bool:
    return any(image.dockerfile == source for image in index.containers.images) or any(
        container.file == source for container in index.containers.containers
    )


# -- what a shell script starts


def _telling(path: str, facts: shell.ShellFacts) -> tuple[Command, ...]:
    """The commands that run in the end and of which `_of_command` may tell something."""
    return tuple(
        part
        for command in facts.commands
        for part in unwrap(replace(command, words=shell.expand(command, facts)))
        if part.words and program_of(part.words) not in _TALK and _tells(part)
    )


def _tells(command: Command) -> bool:
    words = command.words
    return bool(
        compose_words(words)
        or (program_of(words) == "docker" and words[1:2] == ("run",))
        or _FRONTEND.match(" ".join(words))
        or starts(words, command.assignments)
    )


def _of_shell(
    index: RepoIndex, path: str, facts: shell.ShellFacts, parts: Sequence[Command]
) -> Iterator[Launched]:
    if not parts:
        return
    made = {posixpath.basename(name) for command in facts.commands for name in command.writes}
    for part in parts:
        yield from _of_command(index, path, part, made)


def _of_command(
    index: RepoIndex, path: str, command: Command, made: set[str]
) -> Iterator[Launched]:
    words, line, text = command.words, command.line, " ".join(command.words)[:_LONGEST]
    composed = compose_words(words)
    if composed:
        yield from _of_compose(index, path, command, composed, text)
    elif program_of(words) == "docker" and words[1:2] == ("run",):
        image = _image(words)
        if image:
            yield Launched(line, text, Way.INFRASTRUCTURE, services=(image,))
    elif _FRONTEND.match(text):
        yield Launched(line, text, Way.HOST, text, role=Role.FRONTEND)
    else:
        folders = list(_folders(index, path, command))
        for start in starts(words, command.assignments):
            target = _place(index, folders, start)
            role = start.role or _role(index, target, start.text)
            if role is not None and role is not Role.CLI:
                written = posixpath.basename(start.text) in made
                missing = "" if target and not written else start.text
                yield Launched(line, text, Way.HOST, target, missing, role, written=written)


def _of_compose(
    index: RepoIndex, path: str, command: Command, composed: Sequence[str], text: str
) -> Iterator[Launched]:
    rest = after_options(composed, _UP_VALUES)
    if rest[:1] != ("up",):
        return
    wanted = {word for word in rest[1:] if not word.startswith("-") and "$" not in word}
    named = [composed[n + 1] for n, word in enumerate(composed[:-1]) if word in ("-f", "--file")]
    found: list[Container] = []
    missing = ""
    folders = list(_folders(index, path, command))
    for name in named or _COMPOSE_FILES:
        places = [normal(posixpath.join(folder, name)) for folder in folders]
        file = next((place for place in places if place in index.files), "")
        found += [c for c in index.containers.containers if c.file == file]
        if not file and named and "$" not in name:
            missing = missing or name
    if wanted:
        found = [container for container in found if container.service.name in wanted]
    own = [c for c in found if (c.image is not None or c.service.build_line) and _serves(c)]
    names = wanted if missing else {c.service.name for c in found}
    if own:
        contexts = {service_of(index, f"{_context(c)}/x") for c in own}
        stack = " ".join(sorted(folder or "." for folder in contexts))
        yield Launched(command.line, text, Way.COMPOSE, stack)
    elif names and (not missing or all(map(_BACKING.search, names))):
        yield Launched(
            command.line, text, Way.INFRASTRUCTURE, "", missing, services=tuple(sorted(names))
        )
    elif missing:
        services = tuple(sorted(name for name in names if _BACKING.search(name)))
        yield Launched(command.line, text, Way.COMPOSE, "", missing, services=services)


def _serves(container: Container) -> bool:
    run = " ".join(word for each in container.service.command for word in each.words)
    return not re.search(r"\b(?:celery|rq|dramatiq|arq|beat|worker)\b", run)


def _context(container: Container) -> str:
    return container.image.context if container.image is not None else container.file


def _image(words: Sequence[str]) -> str:
    """The name, without registry and tag, of the image that `docker run` runs."""
    values = set(
        "--name -p --publish -e --env -v --volume --network --restart -w --user -u --env-file "
        "--mount --hostname -h --memory -m --cpus --health-cmd --add-host --platform".split()
    )
    rest = after_options(words[2:], values)
    return rest[0].rpartition("/")[2].partition(":")[0] if rest and "$" not in rest[0] else ""


def _folders(index: RepoIndex, path: str, command: Command) -> Iterator[str]:
    """Where a command may run, the likeliest first: what lies near the script is meant."""
    if command.directory.startswith("/"):
        parts = command.directory.strip("/").split("/")[:20]
        for start in range(len(parts)):
            if "/".join(parts[start:]) in index.folders:
                yield "/".join(parts[start:])
                break
    places = folders_of(path, command)
    if command.directory.startswith("@"):
        yield from places
    own = posixpath.dirname(path)
    yield from sorted({*places, own, posixpath.dirname(own)}, key=lambda place: -len(place))


def _place(index: RepoIndex, folders: Iterable[str], start: Start) -> str:
    """The file that a start means when it runs in one of these folders; "" for none."""
    places = list(folders)
    for text in (start.text, *start.choices):
        names = [text]
        if start.module:
            module = text.replace(".", "/")
            names = [f"{module}.py", f"{module}/__init__.py", f"{module}/__main__.py"]
        for folder in places:
            for name in names:
                found = normal(posixpath.join(folder, start.folder, name))
                if found in index.files:
                    return found
    known = index.imports.modules.get(start.text, ()) if start.module else ()
    return min(known, default="")


def _role(index: RepoIndex, target: str, text: str) -> Role | None:
    """The role of a file that is run; of a missing one, where it is named as a server."""
    if not target:
        stem = posixpath.basename(text).removesuffix(".py")
        return Role.API if text.endswith(".py") and _SERVER_NAMES.search(stem) else None
    for entrypoint in index.entrypoints.all:
        if entrypoint.path == target:
            return entrypoint.role
    facts = index.facts(python.SLICE, target)
    if facts is None:
        return None
    names = {call.name for call in facts.calls}
    return Role.API if facts.apps or names & SERVERS else None


# -- what a Python script starts


def _of_python(index: RepoIndex, path: str) -> Iterator[Launched]:
    """`uvicorn.run("app.main:app")` in a file that has no application of its own."""
    facts = index.facts(python.SLICE, path)
    if facts is None or facts.apps or not facts.main_line:
        return
    for call in facts.calls:
        if call.name == "uvicorn.run" and call.arguments:
            module = call.arguments[0].partition(":")[0]
            folders = [posixpath.dirname(path), posixpath.dirname(posixpath.dirname(path)), ""]
            target = _place(index, folders, Start(module, module=True))
            if target and target != path:
                reload = " --reload" if call.keywords.get("reload") == "True" else ""
                text = f"uvicorn.run({call.arguments[0]!r}){reload}"
                yield Launched(call.line, text, Way.HOST, target)
