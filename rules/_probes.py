"""What health checks ask: their URLs, ports and programs, and what the container serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from readiness.facts.compose import interpolate
from readiness.facts.programs import program
from readiness.facts.shell import Command, ShellFacts
from readiness.facts.workflow import WorkflowFacts
from readiness.index import RepoIndex
from readiness.index.containers import Container, Image, builds
from readiness.index.containers.images import base_image
from readiness.model import Severity

from ._services import (
    commands,
    deployed,
    deployed_pods,
    is_clock,
    is_worker,
    live,
    own,
    programs,
)

_LOCAL = r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]"
_URL = re.compile(rf"(?:https?://)?(?:{_LOCAL})(?::(\d{{2,5}}))?(/[^\s'\"`;|&)>]*)?(?![\w.-])")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^${}]*))?\}|(\w+))")
_PORT_FLAG = re.compile(r"(?:-p|--port|-b|--bind|--http|--listen)(?:=(.*))?")
_PORT = re.compile(r"(?:.*:)?(\d{2,5})")
_PYTHON_SERVERS = {"uvicorn": 8000, "fastapi": 8000, "hypercorn": 8000, "gunicorn": 8000,
                   "daphne": 8000, "granian": 8000, "flask": 5000}  # fmt: skip
HEALTH = re.compile(r"health|ready|live|ping|status|alive")
_STUB = re.compile(r"(?:sleep|tail|true|cat|echo|printf|:)|python\S* -c .*\bsleep\(.*")


class Probe(NamedTuple):
    """One check of one container: `port` 0 where it cannot be told; `inherited` from the image
    although the service runs a command of its own."""

    file: str
    line: int
    name: str
    path: str
    port: int
    run: tuple[Command, ...]
    image: Image | None = None
    tool: str = ""
    inherited: bool = False
    service_file: str = ""
    service_line: int = 0


def probes(index: RepoIndex) -> Iterator[Probe]:
    """Every check over HTTP of the containers for deployment whose image is built here."""
    for container in deployed(index):
        if container.image is not None and container.check is not None:
            yield from _of_container(container, container.image)
    run = {c.image.dockerfile for c in index.containers.containers if c.image is not None}
    for image in index.containers.images:
        if (
            image.dockerfile not in run
            and live(index, image.dockerfile)
            and image.stage.healthcheck
        ):
            stage = image.stage
            for url in _asked(stage.healthcheck or (), dict(stage.environment)):
                yield Probe(
                    image.dockerfile, url.line, image.dockerfile, url.path, url.port,
                    stage.entrypoint + stage.command, image, url.tool,
                )  # fmt: skip


class _Asked(NamedTuple):
    path: str
    port: int
    tool: str
    line: int


def _of_container(container: Container, image: Image) -> Iterator[Probe]:
    check, service = container.check, container.service
    assert check is not None
    known = dict(image.stage.environment)
    known |= {v.key: interpolate(v.value) or "" for v in service.environment if v.value}
    inherited = check.file == image.dockerfile and bool(service.command_line)
    for url in _asked(check.commands, known):
        yield Probe(
            check.file, url.line, service.name, url.path, url.port, commands(container), image,
            url.tool, inherited, container.file, service.command_line or service.line,
        )  # fmt: skip


def _asked(run: tuple[Command, ...], known: dict[str, str]) -> Iterator[_Asked]:
    for command in run:
        words = program(command.words)
        tool = words[0].rpartition("/")[2] if words else ""
        text = fill(" ".join(command.words)[:4000], known)
        for match in _URL.finditer(text):
            scheme_port = 443 if match[0].startswith("https") else 80
            path = (match[2] or "/").partition("?")[0]
            if "$" not in path:
                port = int(match[1]) if match[1] else scheme_port
                yield _Asked(path, 0 if "$" in match[0] else port, tool, command.line)


def fill(text: str, known: dict[str, str]) -> str:
    """`text` with the variables that the image or service sets, else with their defaults."""

    def value(match: re.Match[str]) -> str:
        given = known.get(match[1] or match[3])
        return given or (match[2] if match[2] is not None else match[0])

    return _VARIABLE.sub(value, text)


def pod_probes(index: RepoIndex) -> Iterator[tuple[str, int, str]]:
    """(file, line, path) of every HTTP probe of a manifest of one of our images."""
    names = {index.snapshot.repository.rpartition("/")[2].lower()}
    names |= {_last(image.context) for image in index.containers.images if image.context}
    names |= {_last(c.service.image) for c in index.containers.containers if c.image is not None}
    for pod in deployed_pods(index):
        for container in pod.workload.containers:
            for probe in container.probes:
                if probe.path and _last(container.image) in names - {""}:
                    yield pod.file, probe.line, probe.path.partition("?")[0]


def _last(name: str) -> str:
    """The last part of an image's name or a folder, without its tag."""
    return name.lower().rpartition("/")[2].partition("@")[0].partition(":")[0]


def server_port(probe: Probe) -> tuple[int, str]:
    """The port that the one server of the container listens on and the words that say so;
    (0, "") where anything is in doubt."""
    if len(probe.run) != 1 or probe.image is None:
        return 0, ""
    words = program(probe.run[0].words)
    name = programs(probe.run)[0] if words else ""
    if name not in _PYTHON_SERVERS or any(w in ("-c", "--config", "-k") for w in words):
        return 0, ""
    known = dict(probe.image.stage.environment)
    filled = [fill(word, known) for word in words]
    for number, word in enumerate(filled):
        flag = _PORT_FLAG.fullmatch(word)
        if flag is None:
            continue
        value = flag[1] if flag[1] is not None else (filled[number + 1 : number + 2] or [""])[0]
        port = _PORT.fullmatch(value)
        return (int(port[1]), f"{word} {'' if flag[1] else value}".strip()) if port else (0, "")
    if any("PORT" in key or "BIND" in key or "GUNICORN" in key for key in known):
        return 0, ""
    return _PYTHON_SERVERS[name], f"{name} listens on {_PYTHON_SERVERS[name]} by default"


def is_stub(run: tuple[Command, ...]) -> bool:
    """Does the container only wait?"""
    names = [" ".join(program(c.words)[:4]) for c in run if c.words]
    return bool(names) and all(
        _STUB.fullmatch(name.split(" ")[0]) or _STUB.fullmatch(name) for name in names
    )


_NEITHER = re.compile(
    r"(?:.*/)?(?:(?:python|node|debian|ruby|php|openjdk|eclipse-temurin):\S*slim\S*"
    r"|(?:debian|ubuntu)(?::\S*)?)|scratch|gcr\.io/distroless/\S*"
)
_ALPINE = re.compile(r"(?:.*/)?(?:\w+:\S*alpine\S*|alpine(?::\S*)?)")  # has wget, but no curl
_OPAQUE = re.compile(r"\.sh$|^make$|^ansible|^xargs$|\$\(|^\.$|^source$|^playwright$")


def missing_tool(probe: Probe) -> str:
    """The base image, where a check's curl or wget is in neither it nor what is installed."""
    if probe.image is None or probe.tool not in ("curl", "wget"):
        return ""
    base = base_image(probe.image).lower()
    if not (_NEITHER.fullmatch(base) or (_ALPINE.fullmatch(base) and probe.tool == "curl")):
        return ""
    stage = probe.image.stage
    words = [word for run in stage.runs for word in run.words]
    if any(probe.tool in word for word in words) or any(map(_OPAQUE.search, words)):
        return ""
    copied = [source for copy in stage.copies if copy.stage for source in copy.sources]
    brought = (probe.tool, "bin", "bin/", "usr", "usr/", "/")
    return "" if any(source.endswith(brought) for source in copied) else base


def problem(probe: Probe) -> tuple[str, Severity, bool] | None:
    """What is wrong with a check whatever the application serves: a sentence, how bad it is, and
    whether it is the service's own command that does not fit."""
    port, words = server_port(probe)
    asked = f"{probe.path} on port {probe.port}" if probe.port else probe.path
    if probe.inherited and (is_worker(probe.run) or is_clock(probe.run, probe.name)):
        own = " ".join(probe.run[0].words[:5])
        text = f"{probe.name} runs `{own}`, but inherits the image's check of {asked}"
        return text, Severity.HIGH, True
    if is_stub(probe.run):
        return f"{probe.name} only waits, but its check asks for {asked}", Severity.CRITICAL, False
    if port and probe.port and port != probe.port:
        text = f"the health check of {probe.name} asks port {probe.port}, but {words}"
        return text, Severity.CRITICAL, False
    base = missing_tool(probe)
    if base:
        text = f"the health check of {probe.name} runs {probe.tool}, which {base} does not have"
        return text, Severity.HIGH, False
    return None


def asked_by_commands(index: RepoIndex) -> Iterator[tuple[str, int, str]]:
    """(file, line, path) of what scripts and CI steps ask of the ports of services built here."""
    ports = {port for container in deployed(index) if own(container) for port in _ports(container)}
    for file, (line, port, path) in builds.in_commands(index, _asked_in):
        if port in ports and live(index, file):
            yield file, line, path


def _asked_in(path: str, facts: ShellFacts | WorkflowFacts) -> tuple[tuple[int, int, str], ...]:
    """(line, port, path) of the health routes that one script or CI definition asks for."""
    return tuple(
        (command.line, int(match[1]), route)
        for command in builds.of_file(path, facts)
        if {"curl", "wget"} & {*command.words[:3]}
        for match in _URL.finditer(" ".join(command.words)[:4000])
        if match[1] and HEALTH.search(route := (match[2] or "/").partition("?")[0])
        if "$" not in route
    )


def _ports(container: Container) -> Iterator[int]:
    """The ports on which a service can be reached from its host."""
    for text in container.service.ports:
        published, colon, _ = (interpolate(text) or "").rpartition(":")
        number = published.rpartition(":")[2]
        if colon and number.isdecimal():
            yield int(number[:6])
