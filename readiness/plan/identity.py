"""The id of a plan: the same plan has the same id, and one that a person changed has another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from readiness.model import Action

_DIGITS = 8


def identify(base_commit: str | None, actions: Iterable[Action]) -> str:
    """Eight hexadecimal digits over the base commit and what the actions do with which files."""
    does = [
        (action.kind, action.paths, action.blobs, action.edits, action.where) for action in actions
    ]
    return hashlib.sha256(msgspec.json.encode((base_commit, does))).hexdigest()[:_DIGITS]
