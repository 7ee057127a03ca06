"""Facts of many files, or large ones, of several trees: extracted in a process of its own, which
can be stopped, and kept in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from readiness import collect
from readiness.cache import Cache
from readiness.facts import Slice
from readiness.model import SUBMODULE, SYMLINK, TrackedFile
from readiness.repo import Repository

_PATIENCE = 0.5  # seconds that a commit waits for a cache which another process holds


def gather(
    repository: Repository,
    slices: Sequence[Slice[Any]],
    trees: Sequence[Sequence[TrackedFile]],
    cache_folder: str | None,
    faults: dict[str, str],
) -> list[dict[str, dict[str, bytes]]]:
    """For each tree: slice -> path -> encoded facts. Why a blob has none goes into `faults`."""
    places = (repository.root, repository.git_folder, repository.common_folder)
    wanted: dict[collect.Place, None] = {}
    for tree in trees:
        for file in tree:
            for job in _jobs(slices, file):
                wanted[file.blob_id, job] = None
    with Cache.open(cache_folder, places, patience=_PATIENCE) as cache:
        version = collect.version(cache)
        gathered = collect.gather(repository, wanted, cache, version, slices=slices)
    faults |= gathered.skipped
    return [_of_tree(tree, slices, gathered.facts) for tree in trees]


def _jobs(slices: Sequence[Slice[Any]], file: TrackedFile) -> list[tuple[int, str]]:
    if file.mode in (SYMLINK, SUBMODULE):
        return []
    kinds = ((number, slice_.kind(file.path)) for number, slice_ in enumerate(slices))
    return [(number, kind) for number, kind in kinds if kind is not None]


def _of_tree(
    tree: Sequence[TrackedFile], slices: Sequence[Slice[Any]], known: dict[collect.Place, bytes]
) -> dict[str, dict[str, bytes]]:
    facts: dict[str, dict[str, bytes]] = {slice_.name: {} for slice_ in slices}
    for file in tree:
        for job in _jobs(slices, file):
            if content := known.get((file.blob_id, job)):
                facts[slices[job[0]].name][file.path] = content
    return facts
