"""Profile: is this a service that someone operates, or a library or tool that someone installs?"""

from __future__ import annotations

import posixpath
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import manifest
from readiness.index.entrypoints import Entrypoint, Role
from readiness.index.inventory import FileClass
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Kind(StrEnum):
    SERVICE = "service"
    LIBRARY = "library"


class Profile(Struct, frozen=True):
    """`evidence` is the line that tells it."""

    kind: Kind
    evidence: Evidence

    @property
    def service(self) -> bool:
        return self.kind is Kind.SERVICE


_OPERATED = (Role.API, Role.WORKER, Role.SCHEDULER, Role.FRONTEND)
_ASIDE = (FileClass.ARCHIVE, FileClass.TEST, FileClass.DOCS, FileClass.FIXTURE)


def build(index: RepoIndex) -> Profile:
    """The configured profile, else a service where something is built to be kept running."""
    if index.config.profile in tuple(Kind):
        configured = Evidence("the configuration says so", Location(index.config.source or None))
        return Profile(Kind(index.config.profile), configured)
    for entrypoint in index.entrypoints.all:
        if entrypoint.primary and _is_operated(index, entrypoint):
            role = "an API" if entrypoint.role is Role.API else f"a {entrypoint.role}"
            text = f"{entrypoint.path} is {role} that runs until it is stopped"
            place = Location(entrypoint.path, entrypoint.line or None)
            return Profile(Kind.SERVICE, Evidence(text, place))
    for container in index.containers.containers:
        built = container.service.context and container.environment not in ("test", "development")
        if built and not index.inventory.is_(container.file, *_ASIDE):
            text = f"{container.file} builds and runs the service {container.service.name}"
            place = Location(container.file, container.service.line)
            return Profile(Kind.SERVICE, Evidence(text, place))
    return Profile(Kind.LIBRARY, Evidence("nothing here is built to be kept running"))


def _is_operated(index: RepoIndex, entrypoint: Entrypoint) -> bool:
    """Is it kept running? The pages that a Python package brings along are installed with it."""
    if entrypoint.role is Role.FRONTEND:
        return not _is_brought_along(index, entrypoint.path)
    return entrypoint.role in _OPERATED


def _is_brought_along(index: RepoIndex, path: str) -> bool:
    """Does a Python project lie around a file, of whose packages it may be a part? A project that
    lists them by name takes nothing else."""
    around: set[str] = set()
    listed: dict[str, list[str]] = {}  # folder of a project -> those of its packages
    for manifest_path, facts in index.each(manifest.SLICE):
        folder = manifest_path[: manifest_path.rfind("/") + 1]
        if path.startswith(folder):
            if facts.backend or (facts.project and facts.kind in ("setup.py", "setup.cfg")):
                around.add(folder)
            for package in facts.packages:
                if package.declared:
                    place = posixpath.join(folder, package.root, package.name.replace(".", "/"))
                    listed.setdefault(folder, []).append(f"{posixpath.normpath(place)}/")
    return any(folder not in listed or path.startswith(tuple(listed[folder])) for folder in around)
