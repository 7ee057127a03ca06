"""Facts of Dockerfiles: stages, copies, the command, the health check."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.shell import Command


class Copy(Struct, frozen=True):
    """COPY or ADD: `sources` as written, `stage` the `--from` ("" for the build context)."""

    sources: tuple[str, ...]
    target: str
    line: int
    stage: str = ""


class Stage(Struct, frozen=True):
    """`command` and `entrypoint` are the words of CMD and ENTRYPOINT, a shell form parsed into
    commands. `healthcheck` is null without one; an empty tuple is `HEALTHCHECK NONE`."""

    name: str
    base: str
    line: int
    workdir: str = ""
    user: str = ""
    copies: tuple[Copy, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[Command, ...] = ()
    entrypoint: tuple[Command, ...] = ()
    command_line: int = 0
    healthcheck: tuple[Command, ...] | None = None
    healthcheck_line: int = 0
    exposes: tuple[str, ...] = ()
    runs: tuple[Command, ...] = ()


class DockerfileFacts(Struct, frozen=True):
    error: str = ""
    error_line: int = 0
    stages: tuple[Stage, ...] = ()


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if name.startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile"):
        return None if name.endswith((".dockerignore", ".md", ".py", ".txt")) else "dockerfile"
    return None


def extract(kind: str, data: bytes) -> DockerfileFacts:
    return DockerfileFacts()


SLICE = Slice(name="dockerfile", version=1, type=DockerfileFacts, kind=_kind, extract=extract)
