"""Facts of manifest files."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice


class Facts(Struct, frozen=True):
    pass


def _kind(path: str) -> str | None:
    return None


def extract(kind: str, data: bytes) -> Facts:
    return Facts()


SLICE = Slice(name="manifest", version=1, type=Facts, kind=_kind, extract=extract)
