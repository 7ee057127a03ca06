"""Files that were read and not understood: no rule could judge them by what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from readiness import secrets
from readiness.facts import Slice, compose, k8s, manifest, python, text, workflow
from readiness.facts.python import PythonFacts
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass

BINARY = "it holds NUL bytes"


def reasons(index: RepoIndex) -> dict[str, str]:
    """Path -> why nothing that it says was judged, as a clause.

    Left out are Python that no interpreter could parse, which a rule reports, and files that lie
    among test data: some are broken on purpose.
    """
    found: dict[str, str] = {}
    binary = [path for path, known in index.each(text.SLICE) if known.encoding == "binary"]
    for slice_, why in _PARSED:
        told = [(path, reason) for path, facts in index.each(slice_) if (reason := why(facts))]
        told += [(path, BINARY) for path in binary if slice_.kind(path) is not None]
        for path, reason in told:
            if not index.inventory.is_(path, FileClass.FIXTURE):
                found.setdefault(path, reason)
    for path, searched in index.each(secrets.SLICE):
        if searched.unread:
            left = f"{searched.unread:,} more of its lines can hold secrets and were not searched"
            found.setdefault(path, left)
    return found


def _python(facts: PythonFacts) -> str:
    """Syntax of a newer Python is judged without what is new; too deep nesting is not judged."""
    return facts.error if facts.newer and not facts.error.startswith("needs ") else ""


def _error(facts: Any) -> str:
    is_python = getattr(facts, "kind", "") == "setup.py"
    if is_python or not facts.error:
        return ""
    if facts.error.startswith("larger than"):
        return str(facts.error)
    line = getattr(facts, "error_line", 0)
    return f"it does not parse: {f'line {line}: ' if line else ''}{facts.error}"


_PARSED: tuple[tuple[Slice[Any], Callable[[Any], str]], ...] = (
    (python.SLICE, _python),
    (manifest.SLICE, _error),
    (workflow.SLICE, _error),
    (compose.SLICE, _error),
    (k8s.SLICE, _error),
)
