"""Deployments: the folders of a repository that are built or installed apart from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readiness.facts import manifest
from readiness.index.inventory import ASIDE

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Deployments:
    """Tells which deployment a file belongs to: the nearest folder above it that is a build
    context, a project or has requirements or a Procfile of its own."""

    def __init__(self, index: RepoIndex) -> None:
        self.folders = {""}
        for image in index.containers.images:
            if not index.inventory.is_(image.dockerfile, *ASIDE):
                self.folders.add(image.context)
        for path, facts in index.each(manifest.SLICE):
            installs = facts.project or (
                facts.kind in ("requirements", "pipfile", "package.json")
                and "/requirements/" not in f"/{path}"
            )
            if installs:
                self.folders.add(path.rpartition("/")[0])
        for path in index.files:
            if path.endswith("/Procfile"):
                self.folders.add(path.rpartition("/")[0])

    def of(self, path: str) -> str:
        """The folder of the deployment that holds `path`; "" for the root of the repository."""
        folder = path.rpartition("/")[0]
        while folder not in self.folders:
            folder = folder.rpartition("/")[0]
        return folder
