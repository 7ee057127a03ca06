"""Imports: which module imports which, with the roots that each context really has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts.python import Import

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Edge(Struct, frozen=True):
    """`source` imports `target` (both paths) at `line`."""

    source: str
    target: str
    line: int
    lazy: bool = False
    optional: bool = False
    typing: bool = False
    dynamic: bool = False


class Missing(Struct, frozen=True):
    """A first-party import that resolves nowhere: the module is absent (`name` empty), or the
    module at `target` is there and has no such `name`."""

    source: str
    import_: Import
    module: str  # absolute, dotted
    name: str = ""
    target: str = ""


class ImportGraph(Struct, frozen=True):
    """`imports`: source -> edges; `importers`: target -> edges; `missing`: source -> what is gone.

    `roots` are the folders that stand on the import path of each context: source -> roots."""

    imports: dict[str, tuple[Edge, ...]] = {}
    importers: dict[str, tuple[Edge, ...]] = {}
    missing: dict[str, tuple[Missing, ...]] = {}
    modules: dict[str, tuple[str, ...]] = {}  # dotted name under any root -> paths


def build(index: RepoIndex) -> ImportGraph:
    return ImportGraph()
