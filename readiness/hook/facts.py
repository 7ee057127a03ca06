"""Facts of a few small files of one tree, each slice extracted when a rule first asks for it: of
all that an audit knows of a file, the rules for single files read little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from readiness import extraction, secrets
from readiness.facts import CORE, Slice, core_slice
from readiness.model import SUBMODULE, SYMLINK, TrackedFile

_KEPT = 256  # contents of which the secrets are remembered


class Facts(Mapping[str, Mapping[str, bytes]]):
    """Slice -> path -> encoded facts of `files`.

    `others` are the slices that the rules read beyond the core ones; `contents`: id of a blob ->
    content. Why a blob has no facts is told in `faults`.
    """

    def __init__(
        self,
        files: Sequence[TrackedFile],
        contents: Mapping[str, bytes],
        others: Sequence[Slice[Any]],
        faults: dict[str, str],
    ) -> None:
        self._files = [file for file in files if file.mode not in (SYMLINK, SUBMODULE)]
        self._contents = contents
        self._others = {slice_.name: slice_ for slice_ in others}
        self._faults = faults
        self._known: dict[str, dict[str, bytes]] = {}

    def __getitem__(self, name: str) -> Mapping[str, bytes]:
        if name not in self._known:
            slice_ = self._others.get(name)
            if slice_ is None:
                if name not in CORE:
                    raise KeyError(name)
                slice_ = core_slice(name)
            self._known[name] = dict(self._extracted(slice_))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*CORE, *self._others))

    def __len__(self) -> int:
        return len(CORE) + len(self._others)

    def _extracted(self, slice_: Slice[Any]) -> Iterator[tuple[str, bytes]]:
        search = self._others.get(secrets.SLICE.name)
        for file in self._files:
            kind = slice_.kind(file.path)
            if kind is None:
                continue
            slices, jobs = [slice_], [(0, kind)]
            if search is not None:  # no other facts may quote what it finds
                hides = search.kind(file.path)
                slices = [replace(search, extract=found)]
                jobs = [(0, hides)] if hides is not None else []
                if slice_ is not search:
                    slices, jobs = [*slices, slice_], [*jobs, (1, kind)]
            data = self._contents[file.blob_id]
            result = extraction.extract(slices, jobs, data, 0)
            if result.reasons:
                self._faults[file.blob_id] = result.reasons[0]
            if result.values and result.values[-1]:
                yield file.path, result.values[-1]


@lru_cache(maxsize=_KEPT)
def found(kind: str, data: bytes) -> secrets.SecretFacts:
    """The secrets of a content, looked for once."""
    return secrets.extract(kind, data)
