"""Inventory: what each file is for, told from its path and, where needed, its content."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class FileClass(StrEnum):
    LIVE = "live"
    ARCHIVE = "archive"
    TEST = "test"
    DOCS = "docs"
    SCRIPT = "script"
    GENERATED = "generated"
    FIXTURE = "fixture"


class Inventory(Struct, frozen=True):
    """The class of every file, and the topmost folders that hold archived copies."""

    classes: dict[str, FileClass]
    archive_roots: tuple[str, ...] = ()

    def is_(self, path: str, *classes: FileClass) -> bool:
        return self.classes.get(path) in classes

    def archive_root(self, path: str) -> str | None:
        """The archive folder that `path` lies in."""
        return next((r for r in self.archive_roots if path.startswith(r + "/")), None)


_ARCHIVE = re.compile(
    r"(?:^|[-_. ])(?:archived?|old|backups?|deprecated|legacy|obsolete)(?:$|[-_. ])", re.IGNORECASE
)
_TEST_FOLDERS = {"test", "tests", "testing", "__tests__", "e2e", "spec", "specs"}
_FIXTURES = {
    "fixtures",
    "testdata",
    "test_data",
    "expected",
    "golden",
    "snapshots",
    "__snapshots__",
}
_GENERATED = {"node_modules", "vendor", "third_party", "dist", "build", "generated", "__pycache__"}
_DOCS = {"docs", "doc", "documentation"}


def _classify(path: str) -> FileClass:
    *folders, name = path.split("/")
    lowered = [folder.lower() for folder in folders]
    stem, _, extension = name.lower().rpartition(".")
    if _GENERATED.intersection(lowered):
        return FileClass.GENERATED
    if _FIXTURES.intersection(lowered):
        return FileClass.FIXTURE
    if _TEST_FOLDERS.intersection(lowered) or (
        extension == "py"
        and (stem.startswith("test_") or stem.endswith("_test") or stem == "conftest")
    ):
        return FileClass.TEST
    if extension in ("md", "rst") or (lowered and lowered[0] in _DOCS):
        return FileClass.DOCS
    if "scripts" in lowered or extension in ("sh", "bash", "ps1", "bat"):
        return FileClass.SCRIPT
    return FileClass.LIVE


def build(index: RepoIndex) -> Inventory:
    roots: list[str] = []
    classes: dict[str, FileClass] = {}
    for path in index.files:
        root = next((r for r in roots if path.startswith(r + "/")), None)
        if root is None:
            folders = path.split("/")[:-1]
            for depth, folder in enumerate(folders, 1):
                if _ARCHIVE.search(folder):
                    root = "/".join(folders[:depth])
                    roots.append(root)
                    break
        classes[path] = FileClass.ARCHIVE if root else _classify(path)
    return Inventory(classes, tuple(sorted(roots)))
