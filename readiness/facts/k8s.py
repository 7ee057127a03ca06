"""Facts of Kubernetes manifests and Cloud Run services: workloads, their containers and probes.

A file with template braces (a Helm chart) is not rendered: nothing is said of its workloads.
"""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.compose import Variable, variable
from readiness.facts.shell import Command
from readiness.facts.shell.argv import exec_form
from readiness.facts.text import decode
from readiness.facts.yaml_nodes import Node, Walk, YamlError, documents, scalar, warm


class Probe(Struct, frozen=True):
    """`kind`: liveness, readiness or startup. Either `path` (an HTTP GET), a `command`, or neither
    (a TCP or gRPC check). `port` is a number or a port's name, as written."""

    kind: str
    line: int
    path: str = ""
    port: str = ""
    command: tuple[Command, ...] = ()


class PodContainer(Struct, frozen=True):
    """`command` overrides the image's entrypoint and `arguments` its command. `ports` are
    (name, number). `limits`: it has limits of resources. `init`: it runs before the others."""

    name: str
    line: int
    image: str = ""
    command: tuple[Command, ...] = ()
    arguments: tuple[Command, ...] = ()
    ports: tuple[tuple[str, str], ...] = ()
    environment: tuple[Variable, ...] = ()
    probes: tuple[Probe, ...] = ()
    limits: bool = False
    init: bool = False


class Workload(Struct, frozen=True):
    """`kind`: Deployment, StatefulSet, DaemonSet, ReplicaSet, Pod, Job, CronJob or Service (a
    Knative or Cloud Run service, told by its `api`). `partial`: a patch without any image."""

    kind: str
    name: str
    api: str
    line: int
    containers: tuple[PodContainer, ...] = ()
    strategy: bool = False
    partial: bool = False


class K8sFacts(Struct, frozen=True):
    """`error` where the YAML cannot be read; `templated` where it is a template of YAML."""

    error: str = ""
    templated: bool = False
    workloads: tuple[Workload, ...] = ()


_KINDS = (
    r"Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|Job|CronJob|Service|List|DeploymentConfig"
)
_MANIFEST = re.compile(rb"^[ \t-]*kind:[ \t]*[\"']?(?:" + _KINDS.encode() + rb")\b", re.MULTILINE)
_KIND = re.compile(_KINDS)
_PROBES = {"livenessProbe": "liveness", "readinessProbe": "readiness", "startupProbe": "startup"}
_DOCUMENTS = 2000


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if not name.endswith((".yml", ".yaml")) or "compose" in name or ".github/" in path:
        return None
    return "yaml"


def extract(kind: str, data: bytes) -> K8sFacts:
    """The workloads of all documents of a file; empty for YAML of another purpose."""
    if b"apiVersion:" not in data or b"containers:" not in data or not _MANIFEST.search(data):
        return K8sFacts()
    if b"{{" in data or b"{%" in data:
        return K8sFacts(templated=True)
    text, encoding = decode(data)
    if encoding == "binary":
        return K8sFacts()
    walk = Walk()
    found: list[Workload] = []
    try:
        for number, root in enumerate(documents(text)):
            if number == _DOCUMENTS:
                break
            entries = walk.mapping(root)
            items = entries.get("items") if scalar(entries.get("kind")) == "List" else None
            for node in walk.sequence(items) if items is not None else [root]:
                found += _workload(walk, node)
    except YamlError as error:
        return K8sFacts(error=str(error), workloads=tuple(found))
    return K8sFacts(workloads=tuple(found))


def _workload(walk: Walk, node: Node) -> list[Workload]:
    entries = walk.mapping(node)
    kind = scalar(entries.get("kind"))
    if not _KIND.fullmatch(kind):
        return []
    spec = walk.mapping(entries.get("spec"))
    strategy = "strategy" in spec or "updateStrategy" in spec
    pod = spec
    for _ in range(3):  # CronJob: jobTemplate -> template -> pod; Cloud Run jobs nest likewise
        if "containers" in pod:
            break
        inner = pod.get("jobTemplate") or pod.get("template")
        pod = walk.mapping(walk.mapping(inner).get("spec"))
    containers = [
        _container(walk, item, init)
        for key, init in (("initContainers", True), ("containers", False))
        for item in walk.sequence(pod.get(key))
        if item.pairs
    ]
    if not containers:
        return []
    metadata = walk.mapping(entries.get("metadata"))
    return [
        Workload(
            kind=kind,
            name=scalar(metadata.get("name")),
            api=scalar(entries.get("apiVersion")),
            line=node.line,
            containers=tuple(containers),
            strategy=strategy,
            partial=not any(container.image for container in containers),
        )
    ]


def _container(walk: Walk, node: Node, init: bool) -> PodContainer:
    entries = walk.mapping(node)
    ports = [walk.mapping(item) for item in walk.sequence(entries.get("ports"))]
    return PodContainer(
        name=scalar(entries.get("name")),
        line=node.line,
        image=scalar(entries.get("image")),
        command=_command(walk, entries.get("command")),
        arguments=_command(walk, entries.get("args")),
        ports=tuple((scalar(p.get("name")), scalar(p.get("containerPort"))) for p in ports),
        environment=_variables(walk, entries.get("env")),
        probes=tuple(
            _probe(walk, kind, entries[key]) for key, kind in _PROBES.items() if key in entries
        ),
        limits=bool(walk.mapping(entries.get("resources")).get("limits")),
        init=init,
    )


def _command(walk: Walk, node: Node | None) -> tuple[Command, ...]:
    return exec_form(walk.texts(node), node.line) if node is not None else ()


def _variables(walk: Walk, node: Node | None) -> tuple[Variable, ...]:
    found = []
    for item in walk.sequence(node):
        entries = walk.mapping(item)
        value = entries.get("value")
        found.append(
            variable(
                scalar(entries.get("name")), None if value is None else scalar(value), item.line
            )
        )
    return tuple(found)


def _probe(walk: Walk, kind: str, node: Node) -> Probe:
    entries = walk.mapping(node)
    http = walk.mapping(entries.get("httpGet"))
    tcp = walk.mapping(entries.get("tcpSocket") or entries.get("grpc"))
    command = walk.mapping(entries.get("exec")).get("command")
    return Probe(
        kind=kind,
        line=node.line - 1 if node.pairs else node.line,
        path=(scalar(http.get("path")) or "/") if http else "",
        port=scalar(http.get("port")) or scalar(tcp.get("port")),
        command=_command(walk, command),
    )


SLICE = Slice(name="k8s", version=2, type=K8sFacts, kind=_kind, extract=extract, warm=warm)
