"""Twins: same blobs, near-duplicate files, duplicate trees, and which copy is current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.model import Evidence

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class TreePair(Struct, frozen=True):
    """Two folders that share `shared` identical files at the same relative paths."""

    left: str
    right: str
    shared: int
    left_files: int
    right_files: int


class Twins(Struct, frozen=True):
    """`same`: blob id -> its paths, where there are two or more and the file says something."""

    same: dict[str, tuple[str, ...]] = {}
    trees: tuple[TreePair, ...] = ()


class Choice(Struct, frozen=True):
    """Which of two copies is current ("" when nothing decides), and what says so."""

    current: str
    evidence: tuple[Evidence, ...] = ()


def build(index: RepoIndex) -> Twins:
    return Twins()


def similarity(index: RepoIndex, left: str, right: str) -> float:
    """The Jaccard similarity of two files' token shingles, 0 to 1; 0 where one has none."""
    return 0.0


def choose(index: RepoIndex, left: str, right: str) -> Choice:
    """The current one of two files or folders: reached from the primary entrypoint > imported by
    live code > named by CI or documents > newer and still edited > path markers."""
    return Choice("")
