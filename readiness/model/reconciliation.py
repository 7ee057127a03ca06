"""A plan that people wrote by hand, held against the repository as it is."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from readiness.model.plans import ActionKind
from readiness.model.values import Dimension, Evidence


class Standing(StrEnum):
    """How a statement of the plan stands today."""

    DONE = "done"
    TRUE = "still true"
    GONE = "no longer true"
    CONTRADICTED = "contradicted"
    ASKED = "in question"
    UNTOLD = "cannot be told"


class Claim(Struct, frozen=True):
    """One statement: do `kind` with what `subject` names, a path or a glob as written at `line`.
    `section` is the heading above it. `ignored`: .gitignore should have the subject as a line."""

    kind: ActionKind
    subject: str
    line: int
    section: str = ""
    ignored: bool = False


class Answer(Struct, frozen=True):
    """What the repository says to a claim; `paths` are the files that it speaks of, `actions` the
    names of those of today's plan that do or ask the same."""

    claim: Claim
    standing: Standing
    summary: str
    evidence: tuple[Evidence, ...] = ()
    paths: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


class Stated(Struct, frozen=True):
    """A score that the plan states: of a dimension, or overall where that is null; `then` is what
    it was, `target` what it should become."""

    dimension: Dimension | None
    then: float | None
    target: float | None
    line: int


class Reconciliation(Struct, frozen=True):
    """`source` is the plan's file. `missed` are the names of the actions of today's plan that it
    does not mention, `prose` the lines of entries that name no path and are left to people."""

    source: str
    answers: tuple[Answer, ...]
    stated: tuple[Stated, ...] = ()
    missed: tuple[str, ...] = ()
    prose: tuple[int, ...] = ()
