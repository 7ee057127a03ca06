"""Secrets: gate, engine, provider table and confidence; a value never leaves this package."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice


class SecretFacts(Struct, frozen=True):
    pass


def _kind(path: str) -> str | None:
    return None


def extract(kind: str, data: bytes) -> SecretFacts:
    return SecretFacts()


SLICE = Slice(name="secrets", version=1, type=SecretFacts, kind=_kind, extract=extract)
