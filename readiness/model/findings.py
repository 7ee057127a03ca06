"""What rules say: findings, outcomes, stories and crashes."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from readiness.model.plans import ActionKind, Edit
from readiness.model.values import Confidence, Evidence, Location, Severity


class Finding(Struct, frozen=True):
    """What one rule says of one place.

    `subjects` are all the files it speaks of. `key` tells findings of one rule in one file apart
    and holds normalised content, a symbol or an ordinal, never a line number. `cause` names the
    root cause, where other findings may share it: those are one group in the score and one story
    in the reports; empty when the finding is its own cause. `action` is what it asks for, of which
    `targets`; `edits` are changes that a machine can make to mend it, and `proposals` those that
    a person must look at first.
    """

    rule: str
    location: Location
    message: str
    severity: Severity
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()
    subjects: tuple[str, ...] = ()
    key: str = ""
    cause: str = ""
    action: ActionKind = ActionKind.MODIFY
    targets: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    proposals: tuple[Edit, ...] = ()

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits over rule, path and key: the same in every commit that has it."""
        return _fingerprint(self.rule, self.location.path or "", self.key)


@lru_cache(maxsize=1 << 16)  # a plan asks for those of each finding hundreds of times
def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class Story(Struct, frozen=True):
    """Findings with one cause, told as one; `cause` is a sentence."""

    cause: str
    fingerprints: tuple[str, ...]


class State(StrEnum):
    MEASURED = "measured"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True):
    """How well the repository stands by one rule: `quality` from 0 to 1 where it was measured.

    `severity` weighs it: that of the worst open finding, of the rule where there is none.
    `reason` says why it does not apply or could not be measured.
    """

    rule: str
    state: State
    quality: float = 1.0
    severity: Severity = Severity.MEDIUM
    reason: str = ""


class RuleError(Struct, frozen=True):
    """A rule that raised: its dimension is incomplete, never passed."""

    rule: str
    error: str
