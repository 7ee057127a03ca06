"""Containers: compose service -> Dockerfile -> build context -> command -> entrypoint file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import compose, dockerfile, k8s
from readiness.facts.compose import ComposeFacts, Service, interpolate
from readiness.facts.shell import Command
from readiness.index.containers.build_context import BuildContext
from readiness.index.containers.builds import (
    Build,
    command_builds,
    compose_layers,
    folders_of,
    in_commands,
    normal,
)
from readiness.index.containers.images import Image, find_stage, inherit, needed

if TYPE_CHECKING:
    from readiness.index import RepoIndex

__all__ = ["Check", "Container", "Containers", "Image", "Pod", "build"]


class Check(Struct, frozen=True):
    """A health check and where it stands; no commands where it is disabled."""

    file: str
    line: int
    commands: tuple[Command, ...]


class Container(Struct, frozen=True):
    """One service of one compose file, joined to its image where it builds one.

    `environment`: production, staging, test, development or "" (the default file), by file name.
    `service` holds what the file says, on top of what `layers` (the files that it is used with)
    and what it extends say. `check` is the compose file's own or the image's. `mounts_source`:
    the source is mounted over the image's, as one does to develop."""

    file: str
    service: Service
    environment: str = ""
    image: Image | None = None
    layers: tuple[str, ...] = ()
    check: Check | None = None
    mounts_source: bool = False


class Pod(Struct, frozen=True):
    """One workload of a Kubernetes or Cloud Run manifest."""

    file: str
    workload: k8s.Workload
    environment: str = ""


class Containers(Struct, frozen=True):
    images: tuple[Image, ...] = ()
    containers: tuple[Container, ...] = ()
    pods: tuple[Pod, ...] = ()


_ENVIRONMENTS = {
    "production": ("prod", "production", "prd", "deploy", "live"),
    "staging": ("staging", "stage", "stg", "preprod", "uat"),
    "test": ("test", "tests", "testing", "ci", "e2e", "cypress", "playwright", "integration"),
    "development": ("dev", "devel", "develop", "development", "local", "override", "devcontainer"),
    "examples": ("example", "examples", "sample", "samples", "demo", "docs", "benchmarks", "debug"),
}
_WORDS = {
    word: "development" if name == "examples" else name
    for name, words in _ENVIRONMENTS.items()
    for word in words
}
_DEFAULT = re.compile(r"(?:docker-)?compose(?:\.base|\.common)?\.ya?ml")


@lru_cache(1 << 16)
def environment(path: str) -> str:
    """The environment that a file's name speaks of, else that of a folder above it, else ""."""
    for part in reversed(path.lower().split("/")):
        for word in re.split(r"[^a-z0-9]+", part):
            if word in _WORDS:
                return _WORDS[word]
    return ""


def build(index: RepoIndex) -> Containers:
    files = {path: facts for path, facts in index.each(compose.SLICE) if facts.services}
    layers = _layers(index, files)
    services = {path: _merged(path, files, layers.get(path, ())) for path in files}
    builds = [*_service_builds(index, services), *command_builds(index)]
    images = _Images(index, builds)
    containers = [
        _container(index, path, service, layers.get(path, ()), images)
        for path, found in services.items()
        for service in found
    ]
    return Containers(
        images=tuple(images.all()),
        containers=tuple(_join_by_name(index, containers, images)),
        pods=tuple(
            Pod(path, workload, environment(path))
            for path, facts in index.each(k8s.SLICE)
            for workload in facts.workloads
        ),
    )


def _layers(index: RepoIndex, files: dict[str, ComposeFacts]) -> dict[str, tuple[str, ...]]:
    """Each compose file -> the files that it is laid upon, lowest first."""
    found: dict[str, tuple[str, ...]] = {}
    for file, (command, names) in in_commands(index, compose_layers):
        for folder in folders_of(file, command):
            paths = [normal(posixpath.join(folder, name)) for name in names]
            if all(path in files for path in paths):
                for number, path in enumerate(paths[1:], 1):
                    found.setdefault(path, tuple(paths[:number]))
                break
    defaults = {posixpath.dirname(p): p for p in files if _DEFAULT.fullmatch(posixpath.basename(p))}
    for path, facts in files.items():
        base = defaults.get(posixpath.dirname(path), path)
        known = {service.name for service in files[base].services}
        incomplete = any(
            not (service.image or service.build_line or service.extends) and service.name in known
            for service in facts.services
        )
        if base != path and (incomplete or "override" in posixpath.basename(path)):
            found.setdefault(path, (base,))
    return found


def _merged(
    path: str, files: dict[str, ComposeFacts], layers: tuple[str, ...]
) -> tuple[Service, ...]:
    """The services of a file, each on top of its layers and of what it extends."""
    found = []
    for service in files[path].services:
        merged = _extended(path, service, files, 0)
        for layer in reversed(layers):
            below = next((s for s in files[layer].services if s.name == service.name), None)
            if below is not None:
                merged = _laid(_extended(layer, below, files, 0), merged)
        found.append(merged)
    return tuple(found)


def _extended(path: str, service: Service, files: dict[str, ComposeFacts], depth: int) -> Service:
    if not service.extends or depth == 5:
        return service
    parent_file = normal(posixpath.join(posixpath.dirname(path), service.extends_file))
    home = parent_file if service.extends_file else path
    facts = files.get(home)
    parent = next((s for s in facts.services if s.name == service.extends), None) if facts else None
    if parent is None or parent == service:
        return service
    return _laid(_extended(home, parent, files, depth + 1), service)


def _laid(below: Service, above: Service) -> Service:
    """What two layers make of a service: scalars of the upper one win, lists are joined."""
    own = {variable.key for variable in above.environment}
    return replace(
        above,
        image=above.image or below.image,
        context=above.context or below.context,
        dockerfile=above.dockerfile or (below.dockerfile if not above.context else ""),
        target=above.target or below.target,
        build_line=above.build_line or below.build_line,
        command=above.command if above.command_line else below.command,
        command_line=above.command_line or below.command_line,
        entrypoint=above.entrypoint if above.entrypoint_line else below.entrypoint,
        entrypoint_line=above.entrypoint_line or below.entrypoint_line,
        environment=above.environment
        + tuple(variable for variable in below.environment if variable.key not in own),
        env_files=below.env_files + above.env_files,
        ports=below.ports + above.ports,
        volumes=below.volumes + above.volumes,
        healthcheck=below.healthcheck if above.healthcheck is None else above.healthcheck,
        healthcheck_line=above.healthcheck_line or below.healthcheck_line,
        restart=above.restart or below.restart,
        profiles=above.profiles or below.profiles,
        dependencies=below.dependencies + above.dependencies,
        depends_on=below.depends_on + above.depends_on,
        user=above.user or below.user,
        limits=above.limits or below.limits,
        working_dir=above.working_dir or below.working_dir,
    )


def _service_builds(index: RepoIndex, services: dict[str, tuple[Service, ...]]) -> Iterator[Build]:
    for path, found in services.items():
        for service in found:
            place = _build_of(index, path, service)
            if place is not None:
                yield place


def _build_of(index: RepoIndex, path: str, service: Service) -> Build | None:
    context = interpolate(service.context)
    if not service.build_line or context is None or "://" in context or service.inline:
        return None
    home = posixpath.dirname(path)
    if not index.exists(normal(posixpath.join(home, context))) and index.exists(normal(context)):
        home = ""  # run from the root with `--project-directory`
    folder = normal(posixpath.join(home, context))
    name = interpolate(service.dockerfile or "Dockerfile") or ""
    file = normal(posixpath.join(folder, name))
    target = interpolate(service.target) or ""
    return Build(file, folder, target, path, service.build_line)


class _Images:
    """The images of the repository: those that someone builds, and Dockerfiles nobody names."""

    def __init__(self, index: RepoIndex, builds: Iterable[Build]) -> None:
        self._index = index
        self._stages = {
            path: inherit(facts.stages)
            for path, facts in index.each(dockerfile.SLICE)
            if facts.stages
        }
        self._found: dict[tuple[str, str, str], Image] = {}
        self._builds = tuple(builds)
        for made in self._builds:
            key = (made.dockerfile, made.context, made.target)
            if key not in self._found and made.dockerfile in self._stages:
                self._found[key] = self._image(made)
        named = {key[0] for key in self._found}
        for path in self._stages:
            if path not in named:
                context = _assumed_context(index, path, self._stages[path])
                self._found[path, context, ""] = self._image(Build(path, context, "", "", 0))

    def _image(self, made: Build) -> Image:
        stages = self._stages[made.dockerfile]
        number = find_stage(stages, made.target) if made.target else None
        number = len(stages) - 1 if number is None else number
        return Image(
            dockerfile=made.dockerfile,
            context=made.context,
            stage=stages[number],
            named_by=made.file,
            named_line=made.line,
            stages=stages,
            needed=needed(stages, number),
            certain=bool(made.file),
        )

    def get(self, made: Build) -> Image | None:
        return self._found.get((made.dockerfile, made.context, made.target))

    def named(self) -> dict[str, list[Image]]:
        """The images by the names, without tag, that build commands give them."""
        found: dict[str, list[Image]] = {}
        for made in self._builds:
            image = self.get(made)
            if image is not None:
                for name in filter(None, map(_untagged, made.names)):
                    found.setdefault(name, []).append(image)
        return found

    def all(self) -> list[Image]:
        return [self._found[key] for key in sorted(self._found)]


def _assumed_context(index: RepoIndex, path: str, stages: Iterable[dockerfile.Stage]) -> str:
    """The folder above a Dockerfile in which most of what it copies is found, the nearest first."""
    sources = {
        source
        for stage in stages
        for copy in stage.copies
        if not copy.stage
        for source in copy.sources
    }
    best, most = posixpath.dirname(path), -1
    folder = best
    while True:
        context = BuildContext(index, path, folder)
        count = sum(bool(context.find(source).paths) for source in sources)
        if count > most:
            best, most = folder, count
        if not folder:
            return best
        folder = posixpath.dirname(folder)


def _container(
    index: RepoIndex, path: str, service: Service, layers: tuple[str, ...], images: _Images
) -> Container:
    made = _build_of(index, path, service)
    image = images.get(made) if made else None
    mounts = made is not None and any(_mounts(path, made.context, v) for v in service.volumes)
    container = Container(path, service, environment(path), image, layers, None, mounts)
    return replace(container, check=_check(index, container))


def _mounts(path: str, context: str, volume: str) -> bool:
    """Does a volume put the build context, or a folder of it that is tracked, into the image?"""
    source, _, target = volume.partition(":")
    if not target.startswith("/") or not source.startswith("."):
        return False
    folder = normal(posixpath.join(posixpath.dirname(path), source))
    return folder == context


def _check(index: RepoIndex, container: Container) -> Check | None:
    """The check of a service: its own, one of the files below it, or its image's."""
    service = container.service
    if service.healthcheck is not None:
        for file in (container.file, *reversed(container.layers)):
            facts = index.facts(compose.SLICE, file)
            for other in facts.services if facts else ():
                if other.name == service.name and other.healthcheck is not None:
                    return Check(file, other.healthcheck_line, other.healthcheck)
        return Check(container.file, service.healthcheck_line, service.healthcheck)
    if container.image is not None and container.image.stage.healthcheck is not None:
        stage = container.image.stage
        return Check(container.image.dockerfile, stage.healthcheck_line, stage.healthcheck or ())
    return None


def _join_by_name(
    index: RepoIndex, containers: list[Container], images: _Images
) -> Iterator[Container]:
    """Services that run, by its name, an image that the repository builds elsewhere."""
    built = images.named()
    for container in containers:
        if container.image is not None and container.service.image:
            built.setdefault(_untagged(container.service.image), []).append(container.image)
    repository = index.snapshot.repository.rpartition("/")[2].lower()
    for container in containers:
        name = _untagged(container.service.image)
        found = built.get(name, [])
        if not found and name.rpartition("/")[2] == repository:
            found = [image for image in images.all() if not environment(image.dockerfile)]
        joined = container
        if container.image is None and not container.service.build_line and found:
            if len({image.dockerfile for image in found}) == 1 or all(
                image.stage.healthcheck for image in found
            ):
                joined = replace(container, image=found[0])
            joined = replace(joined, check=_check(index, joined))
        yield joined


def _untagged(name: str) -> str:
    """An image's name in lower case without its tag or digest."""
    known = (interpolate(name) or name).lower().partition("@")[0]
    head, _, last = known.rpartition("/")
    return posixpath.join(head, last.partition(":")[0])
