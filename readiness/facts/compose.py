"""Facts of compose files: services, their images, builds, commands and checks."""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.credentials import veil
from readiness.facts.shell import Command, commands
from readiness.facts.shell.argv import exec_form, split
from readiness.facts.text import decode
from readiness.facts.yaml_nodes import Node, Walk, YamlError, documents, scalar, warm


class Variable(Struct, frozen=True):
    """One entry of `environment:`; `value` as written (a credential hidden, see
    `readiness.facts.credentials`), null for a bare name."""

    key: str
    value: str | None
    line: int


def variable(key: str, value: str | None, line: int) -> Variable:
    """A variable whose value, where it is a credential, is hidden."""
    return Variable(key, None if value is None else veil(key, value), line)


class Dependency(Struct, frozen=True):
    """One entry of `depends_on:`; `condition` is empty in the short form."""

    service: str
    condition: str = ""


class Service(Struct, frozen=True):
    """`healthcheck` is null without one, empty when disabled. `context` and `dockerfile` as
    written; `build_line` 0 without a build. `ports`, `volumes`, `env_files` as written.

    `build_arguments` are those with a literal value; `inline` says that the Dockerfile stands in
    the compose file; `extends_file` is where `extends` is found ("" in the same file)."""

    name: str
    line: int
    image: str = ""
    context: str = ""
    dockerfile: str = ""
    target: str = ""
    build_line: int = 0
    command: tuple[Command, ...] = ()
    command_line: int = 0
    entrypoint: tuple[Command, ...] = ()
    environment: tuple[Variable, ...] = ()
    env_files: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    healthcheck: tuple[Command, ...] | None = None
    healthcheck_line: int = 0
    restart: str = ""
    profiles: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    user: str = ""
    limits: bool = False
    extends: str = ""
    extends_file: str = ""
    dependencies: tuple[Dependency, ...] = ()
    build_arguments: tuple[tuple[str, str], ...] = ()
    inline: bool = False
    entrypoint_line: int = 0
    working_dir: str = ""


class ComposeFacts(Struct, frozen=True):
    """`error` where the YAML cannot be read; no services where the file is no compose file."""

    error: str = ""
    services: tuple[Service, ...] = ()
    includes: tuple[str, ...] = ()


_SERVICES = re.compile(rb"^services:", re.MULTILINE)
_MARKS = {"image", "build", "extends"}
_OTHER_TOOLS = (".github/", ".gitlab-ci", ".circleci/")


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if not name.endswith((".yml", ".yaml")):
        return None
    if "compose" in name:
        return "compose"
    return None if any(tool in path for tool in _OTHER_TOOLS) else "yaml"


def extract(kind: str, data: bytes) -> ComposeFacts:
    """The services of a compose file.

    `kind` is "compose" by name, or "yaml" for any other file, which counts as one only where every
    entry of its top-level `services` names an image, a build or what it extends.
    """
    if kind == "yaml" and not (_SERVICES.search(data) and (b"image:" in data or b"build:" in data)):
        return ComposeFacts()
    text, encoding = decode(data)
    if encoding == "binary":
        return ComposeFacts(error="it is no text")
    try:
        return _read(kind, next(documents(text), None))
    except YamlError as error:
        where = f"line {error.line}: " if error.line else ""
        return ComposeFacts(error=f"{where}{error}" if kind == "compose" else "")


def _read(kind: str, root: Node | None) -> ComposeFacts:
    walk = Walk()
    top = walk.mapping(root)
    services = [
        (key, value)
        for key, value in walk.pairs(top.get("services", root))
        if value.pairs is not None and not (key.text or "").startswith("x-")
    ]
    if kind == "yaml" or "services" not in top:
        named = [entry for entry in services if _MARKS.intersection(walk.mapping(entry[1]))]
        services = named if kind == "compose" or len(named) == len(services) else []
    includes: list[str] = []
    for item in walk.sequence(top.get("include")):
        includes += walk.texts(walk.mapping(item).get("path") if item.pairs else item)
    return ComposeFacts(
        services=tuple(_service(walk, key.text or "", key.line, value) for key, value in services),
        includes=tuple(includes),
    )


_VARIABLE = re.compile(r"\$(?:\{\w+(?::?([-?+])([^${}]*))?\}|\w+)")


def interpolate(text: str) -> str | None:
    """`text` as it is where no variable is set: `${X:-here}` gives "here"; null where a variable
    has no default."""
    for _ in range(5):  # defaults that hold variables, from the inside out
        if "$" not in text:
            return text
        if any(match[1] != "-" for match in _VARIABLE.finditer(text)):
            return None
        text = _VARIABLE.sub(lambda match: match[2], text)
    return None


def _service(walk: Walk, name: str, line: int, node: Node) -> Service:
    entries = walk.mapping(node)
    build = entries.get("build")
    parts = walk.mapping(build)
    context = scalar(build) or scalar(parts.get("context"))
    extends = entries.get("extends")
    dependencies = _dependencies(walk, entries.get("depends_on"))
    healthcheck, healthcheck_line = _healthcheck(walk, entries.get("healthcheck"))
    deploy = walk.mapping(entries.get("deploy"))
    resources = walk.mapping(deploy.get("resources"))
    policy = walk.mapping(deploy.get("restart_policy"))
    return Service(
        name=name,
        line=line,
        image=scalar(entries.get("image")),
        context=context or ("." if parts else ""),
        dockerfile=scalar(parts.get("dockerfile")),
        target=scalar(parts.get("target")),
        build_line=build.line if build is not None and (context or parts) else 0,
        command=_command(walk, entries.get("command")),
        command_line=_line(entries.get("command")),
        entrypoint=_command(walk, entries.get("entrypoint")),
        entrypoint_line=_line(entries.get("entrypoint")),
        environment=_variables(walk, entries.get("environment")),
        env_files=_paths(walk, entries.get("env_file"), "path"),
        ports=_ports(walk, entries.get("ports")),
        volumes=_volumes(walk, entries.get("volumes")),
        healthcheck=healthcheck,
        healthcheck_line=healthcheck_line,
        restart=scalar(entries.get("restart")) or scalar(policy.get("condition")),
        profiles=walk.texts(entries.get("profiles")),
        depends_on=tuple(dependency.service for dependency in dependencies),
        user=scalar(entries.get("user")),
        limits=bool({"mem_limit", "cpus"} & {*entries}) or bool(resources.get("limits")),
        extends=scalar(extends) or scalar(walk.mapping(extends).get("service")),
        extends_file=scalar(walk.mapping(extends).get("file")),
        dependencies=dependencies,
        build_arguments=tuple(
            (entry.key, entry.value)
            for entry in _variables(walk, parts.get("args"))
            if entry.value is not None
        ),
        inline="dockerfile_inline" in parts,
        working_dir=scalar(entries.get("working_dir")),
    )


def _line(node: Node | None) -> int:
    return node.line if node is not None else 0


def _command(walk: Walk, node: Node | None) -> tuple[Command, ...]:
    """A command; compose splits text into words itself, no shell reads it. `$$` stands for `$`."""
    if node is None:
        return ()
    words = walk.texts(node) if node.items is not None else tuple(split(scalar(node)))
    return exec_form([word.replace("$$", "$") for word in words], _first_line(node))


def _first_line(node: Node) -> int:
    """Where the text starts: a block scalar's stands below its indicator."""
    return node.line + (node.block and node.end_line > node.line)


def _variables(walk: Walk, node: Node | None) -> tuple[Variable, ...]:
    found = []
    for key, value in walk.pairs(node):
        found.append(variable(key.text or "", None if value.null else scalar(value), key.line))
    if node is not None and node.pairs is None:
        for item in walk.sequence(node):
            name, equals, text = (item.text or "").partition("=")
            found.append(variable(name, text if equals else None, item.line))
    return tuple(found)


def _paths(walk: Walk, node: Node | None, key: str) -> tuple[str, ...]:
    """The texts of a list whose items are text or a mapping that holds it under `key`."""
    items = [node] if node is not None and node.pairs else walk.sequence(node)
    found = [scalar(walk.mapping(item).get(key)) if item.pairs else scalar(item) for item in items]
    return tuple(filter(None, found))


def _ports(walk: Walk, node: Node | None) -> tuple[str, ...]:
    found = []
    for item in walk.sequence(node):
        if item.pairs:
            parts = walk.mapping(item)
            address = (parts.get("host_ip"), parts.get("published"), parts.get("target"))
            found.append(":".join(filter(None, map(scalar, address))))
        else:
            found.append(scalar(item))
    return tuple(filter(None, found))


def _volumes(walk: Walk, node: Node | None) -> tuple[str, ...]:
    found = []
    for item in walk.sequence(node):
        if item.pairs:
            parts = walk.mapping(item)
            found.append(
                ":".join(filter(None, map(scalar, (parts.get("source"), parts.get("target")))))
            )
        else:
            found.append(scalar(item))
    return tuple(filter(None, found))


def _dependencies(walk: Walk, node: Node | None) -> tuple[Dependency, ...]:
    if node is not None and node.pairs:
        return tuple(
            Dependency(key.text or "", scalar(walk.mapping(value).get("condition")))
            for key, value in walk.pairs(node)
        )
    return tuple(map(Dependency, walk.texts(node)))


def _healthcheck(walk: Walk, node: Node | None) -> tuple[tuple[Command, ...] | None, int]:
    if node is None or not node.pairs:
        return None, 0
    entries = walk.mapping(node)
    test = entries.get("test")
    if scalar(entries.get("disable")).lower() in ("true", "yes", "on"):
        return (), node.line - 1
    if test is None:
        return None, 0  # only its intervals are changed
    words = [word.replace("$$", "$") for word in walk.texts(test)]
    if words[:1] == ["NONE"]:
        return (), test.line
    if test.items is None:
        parsed = commands("".join(words), _first_line(test))
        return parsed or (Command(tuple(words), test.line),), test.line
    if words[:1] == ["CMD-SHELL"]:
        parsed = commands(" ".join(words[1:]), test.line)
        return parsed or (Command(tuple(words[1:]), test.line),), test.line
    return exec_form(words[1:] if words[:1] == ["CMD"] else words, test.line), test.line


SLICE = Slice(name="compose", version=2, type=ComposeFacts, kind=_kind, extract=extract, warm=warm)
