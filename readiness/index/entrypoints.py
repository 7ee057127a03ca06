"""Entrypoints: what starts this software, by role and service, ranked by evidence."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.model import Evidence

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Role(StrEnum):
    API = "api"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    CLI = "cli"
    FRONTEND = "frontend"


class Entrypoint(Struct, frozen=True):
    """`service` tells the deployments of one repository apart (the build context or package root).

    `primary`: the one to keep of its role and service. `alias_of`: it only delegates there.
    `mode_of`: the primary imports it, so it is a mode and no rival."""

    path: str
    role: Role
    service: str
    score: float
    primary: bool = False
    alias_of: str = ""
    mode_of: str = ""
    line: int = 0
    evidence: tuple[Evidence, ...] = ()


class Entrypoints(Struct, frozen=True):
    """All of them, primaries first, then by score."""

    all: tuple[Entrypoint, ...] = ()

    def primary(self, role: Role) -> Entrypoint | None:
        """The best primary of a role over all services."""
        return next((e for e in self.all if e.primary and e.role is role), None)


def build(index: RepoIndex) -> Entrypoints:
    return Entrypoints()
