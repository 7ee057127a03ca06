"""Facts of Python files, from one `ast.parse`: imports, definitions, and what runs when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    "by_parts",
    "extract",
]


def _kind(path: str) -> str | None:
    return "py" if path.endswith((".py", ".pyi", ".pyw")) else None


def extract(kind: str, data: bytes) -> PythonFacts:
    """The facts of one file's bytes; never raises, whatever they are."""
    if _parts:
        known: PythonFacts | None = _parts[-1].facts(data)
        if known is not None:
            return known
    source, walk, unparsed = _readers()
    parsed = source.parse(data)
    facts: PythonFacts
    try:
        facts = (unparsed if parsed.tree is None else walk).facts(parsed)
    except RecursionError:  # blocks or expressions nested as no person writes them
        return PythonFacts(error=source.TOO_DEEP, error_line=1, newer=True)
    return facts


_parts: list[Any] = []  # of whoever reads many versions of files


@contextmanager
def by_parts() -> Iterator[None]:
    """Inside, what was said of a part of a file serves all files that have the same part: the facts
    are the same, and of many versions of a file they take half of the time."""
    from readiness.facts.python.parts import Parts

    _parts.append(Parts())
    try:
        yield
    finally:
        _parts.pop()


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
