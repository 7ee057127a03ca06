"""Loosening: one thing that a change makes less strict."""

from __future__ import annotations

from msgspec import Struct

from readiness.model import Severity


class Loosening(Struct, frozen=True):
    """One thing that is judged less strictly after a change. `key` tells it from others in its
    file; `before` and `after` say what was and what is, empty where there is nothing."""

    path: str | None
    key: str
    message: str
    severity: Severity
    line: int | None = None
    before: str = ""
    after: str = ""
