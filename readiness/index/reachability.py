"""Reachability: what the entrypoints reach over imports and commands, and what a loader holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.model import Evidence

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Reachability(Struct, frozen=True):
    """`reached`: path -> the file that reaches it (itself for an entrypoint). `held`: path -> the
    loader's line, for what a dynamic loader, glob, plugin group or framework may load by name."""

    reached: dict[str, str] = {}
    held: dict[str, Evidence] = {}

    def live(self, path: str) -> bool:
        return path in self.reached or path in self.held


def build(index: RepoIndex) -> Reachability:
    return Reachability()
