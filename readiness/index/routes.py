"""Routes: which HTTP paths the code that an entrypoint reaches serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts.python import Route

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class ServedRoute(Struct, frozen=True):
    """`path` with the prefixes that could be proven; `certain` when the whole chain was."""

    file: str
    path: str
    route: Route
    certain: bool


class Routes(Struct, frozen=True):
    """`literals`: every path-like string of live code and the files that hold it."""

    served: tuple[ServedRoute, ...] = ()
    literals: dict[str, tuple[str, ...]] = {}


def build(index: RepoIndex) -> Routes:
    return Routes()
