"""Containers: compose service -> Dockerfile -> build context -> command -> entrypoint file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts.compose import Service
from readiness.facts.dockerfile import Stage

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Image(Struct, frozen=True):
    """A Dockerfile with the context it is built in (a folder, "" for the root) and who says so.

    `stage` is the final (or targeted) stage, with what it inherits from the stages it stands on."""

    dockerfile: str
    context: str
    stage: Stage
    named_by: str = ""  # the compose file, workflow or script that builds it; "" if assumed


class Container(Struct, frozen=True):
    """One service of one compose file, joined to its image where it builds one.

    `environment`: production, staging, test, development or "" (the default file), by file name."""

    file: str
    service: Service
    environment: str = ""
    image: Image | None = None


class Containers(Struct, frozen=True):
    images: tuple[Image, ...] = ()
    containers: tuple[Container, ...] = ()


def build(index: RepoIndex) -> Containers:
    return Containers()
