"""References: every place where a file of the repository is run, imported or mentioned by path."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Use(StrEnum):
    RUNS = "runs"  # a command, image, compose file, unit or workflow starts or copies it
    IMPORTS = "imports"
    MENTIONS = "mentions"  # a document, comment, string or ignore list names it


class Reference(Struct, frozen=True):
    source: str
    target: str  # a file, or a folder
    line: int
    use: Use
    text: str = ""  # as written


class References(Struct, frozen=True):
    """`to`: target path -> references, from the strongest use to the weakest."""

    to: dict[str, tuple[Reference, ...]] = {}
    from_: dict[str, tuple[Reference, ...]] = {}


def build(index: RepoIndex) -> References:
    return References()
