"""Facts of compose files: services, their images, builds, commands and checks."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.shell import Command


class Variable(Struct, frozen=True):
    """One entry of `environment:`; `value` as written, null for a bare name."""

    key: str
    value: str | None
    line: int


class Service(Struct, frozen=True):
    """`healthcheck` is null without one, empty when disabled. `context` and `dockerfile` as
    written; `build_line` 0 without a build. `ports`, `volumes`, `env_files` as written."""

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


class ComposeFacts(Struct, frozen=True):
    """`error` where the YAML cannot be read; no services where the file is no compose file."""

    error: str = ""
    services: tuple[Service, ...] = ()
    includes: tuple[str, ...] = ()


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if name.endswith((".yml", ".yaml")) and ("compose" in name):
        return "compose"
    return None


def extract(kind: str, data: bytes) -> ComposeFacts:
    return ComposeFacts()


SLICE = Slice(name="compose", version=1, type=ComposeFacts, kind=_kind, extract=extract)
