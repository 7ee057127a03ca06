"""Islands: folders of code that nothing outside of them names, imports or starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from readiness.index.inventory import RUN, FileClass, files_of

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_MOST = 0.25  # of the code of a repository: what is larger is what the repository is about
_IGNORE_FILES = ("ignore", "CODEOWNERS", ".gitattributes")  # what they name is not used by it


def build(index: RepoIndex) -> dict[str, tuple[str, ...]]:
    """Folder -> its Python modules and scripts, for the topmost folders that are islands."""
    code: dict[str, list[str]] = {}
    number = 0
    for path in files_of(index, *RUN):
        if path.endswith((".py", ".sh")):
            number += 1
            for folder in _above(path):
                code.setdefault(folder, []).append(path)
    reached = index.reachability.reached
    bridged = _bridged(index)
    islands: dict[str, tuple[str, ...]] = {}
    for folder, paths in sorted(code.items()):
        inside = any(above in islands for above in _above(folder))
        if inside or folder in bridged or len(paths) > _MOST * number:
            continue
        if not any(path in reached for path in paths):
            islands[folder] = tuple(paths)
    return islands


def _bridged(index: RepoIndex) -> set[str]:
    """The folders into which something leads that lies outside of them."""
    bridged: set[str] = set()
    for own, folder in _links(index):
        own = f"{own}/"
        while folder and not own.startswith(f"{folder}/"):
            bridged.add(folder)
            folder = folder.rpartition("/")[0]
    return bridged


class _Homes(dict[str, str]):
    """The folder of each file; of a folder, itself."""

    def __missing__(self, path: str) -> str:
        home = self[path] = path.rpartition("/")[0]
        return home


def _links(index: RepoIndex) -> set[tuple[str, str]]:
    """(folder, another folder that a file of it uses or names, or of which it does a file); of
    archives and lists of ignored files only what they import."""
    links: set[tuple[str, str]] = set()
    homes = _Homes(zip(index.folders, index.folders, strict=True))
    for source, references in index.references.from_.items():
        aside = index.inventory.is_(source, FileClass.ARCHIVE) or source.endswith(_IGNORE_FILES)
        named = index.imports.imports.get(source, ()) if aside else references
        own = homes[source]
        links.update([(own, home) for each in named if (home := homes[each.target]) != own])
    for launch in index.entrypoints.launches:
        links.add((homes[launch.file], homes[launch.target]))
    return links


def _above(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
