"""Facts: what can be said of a blob from its bytes and kind alone. Pure, so computed once, ever.

A *slice* is one named, separately versioned set of facts. Each module of this package defines one
(`SLICE`); a changed extractor raises its slice's version and only that slice is computed anew.
The core slices are those that the index stands on; others are computed for the rules that read
them, like those of secrets and near-duplicates.
Heavy parsers are imported inside the extractors, so that a warm audit loads none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T", bound=Struct)

CORE = (
    "codeowners",
    "compose",
    "dockerfile",
    "dotenv",
    "ignorefile",
    "k8s",
    "manifest",
    "markdown",
    "mentions",
    "paths",
    "python",
    "shell",
    "snippets",
    "text",
    "workflow",
)


@dataclass(frozen=True)
class Slice(Generic[T]):
    """One set of facts.

    `kind(path)` names what of the path the extractor needs to know (a kind of file), or null where
    the slice says nothing of such a file. `extract(kind, data)` is pure and answers for any bytes:
    what cannot be read is a fact of `type`, never an exception. `warm()` loads what the extractor
    needs, so that forked processes share it.
    """

    name: str
    version: int
    type: type[T]
    kind: Callable[[str], str | None]
    extract: Callable[[str, bytes], T]
    warm: Callable[[], object] = lambda: None

    def of(self, paths: Collection[str]) -> Slice[T]:
        """This slice of these files alone."""
        return replace(self, kind=lambda path: self.kind(path) if path in paths else None)


def core_slices() -> tuple[Slice[Any], ...]:
    """The slices that every audit needs, by name."""
    return tuple(map(core_slice, CORE))


def core_slice(name: str) -> Slice[Any]:
    """The core slice of that name."""
    slice_: Slice[Any] = import_module(f"{__name__}.{name}").SLICE
    return slice_
