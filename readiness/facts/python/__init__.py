"""Facts of Python files, from one `ast.parse`: imports, definitions, and what runs when."""

from __future__ import annotations

from functools import cache
from typing import Any

from readiness.facts import Slice
from readiness.facts.python.model import (
    Call,
    Definition,
    EnvironmentRead,
    Import,
    PythonFacts,
    Route,
    Swallow,
)

__all__ = [
    "SLICE",
    "Call",
    "Definition",
    "EnvironmentRead",
    "Import",
    "PythonFacts",
    "Route",
    "Swallow",
    "extract",
]


def _kind(path: str) -> str | None:
    return "py" if path.endswith((".py", ".pyi", ".pyw")) else None


def extract(kind: str, data: bytes) -> PythonFacts:
    """The facts of one file's bytes; never raises, whatever they are."""
    source, walk, unparsed = _readers()
    parsed = source.parse(data)
    facts: PythonFacts
    try:
        facts = (unparsed if parsed.tree is None else walk).facts(parsed)
    except RecursionError:  # blocks or expressions nested as no person writes them
        return PythonFacts(error=source.TOO_DEEP, error_line=1, newer=True)
    return facts


@cache
def _readers() -> tuple[Any, Any, Any]:
    """What only an extraction needs: importing it takes longer than reading a file."""
    from readiness.facts.python import source, unparsed, walk

    return source, walk, unparsed


def _warm() -> None:
    from readiness.facts.python import lexical, newer  # noqa: F401

    _readers()
    lexical.patterns()


SLICE = Slice(name="python", version=13, type=PythonFacts, kind=_kind, extract=extract, warm=_warm)
