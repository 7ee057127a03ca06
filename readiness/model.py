"""The values that travel through the product: frozen, comparable, named as SARIF names them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst; sorts findings and compares thresholds."""
        return _SEVERITIES.index(self)


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the surest."""
        return _CONFIDENCES.index(self)


_SEVERITIES = tuple(Severity)
_CONFIDENCES = tuple(Confidence)


class Dimension(StrEnum):
    """The customer's six dimensions, in the customer's order."""

    CLEANUP = "cleanup"
    STARTUP = "startup"
    TESTS = "tests"
    CONFIGURATION = "configuration"
    SECURITY = "security"
    OPERATIONS = "operations"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Dimension.CLEANUP: "File Cleanup",
    Dimension.STARTUP: "Startup Process",
    Dimension.TESTS: "Test Suite",
    Dimension.CONFIGURATION: "Configuration",
    Dimension.SECURITY: "Security",
    Dimension.OPERATIONS: "Operations",
}


class Area(StrEnum):
    """The finer view below a dimension (each rule has exactly one)."""

    CLUTTER = "clutter"
    PARALLEL = "parallel"
    ARTIFACTS = "artifacts"
    DEAD_CODE = "dead code"
    SCRIPTS = "scripts"
    DOCUMENTATION = "documentation"
    ENTRYPOINTS = "entrypoints"
    BOOTSTRAP = "bootstrap"
    PORTABILITY = "portability"
    ARCHITECTURE = "architecture"
    STALE = "stale"
    QUALITY = "quality"
    LAYOUT = "layout"
    CONFIG = "config"
    DEPENDENCIES = "dependencies"
    SECRETS = "secrets"
    ACCESS = "access"
    SUPPLY_CHAIN = "supply chain"
    GATES = "gates"
    CONTAINERS = "containers"
    DELIVERY = "delivery"
    OBSERVABILITY = "observability"


class TrackedFile(Struct, frozen=True):
    """One entry of a snapshot.

    `path` is text in which a byte that is not UTF-8 is written `\\xNN` and a backslash `\\\\`
    (see `decode_path`); `blob_id` is the object id in hexadecimal; `mode` is Git's.
    """

    path: str
    blob_id: str
    mode: int = REGULAR


class Snapshot(Struct, frozen=True):
    """A tree of files at one moment: a commit, the index, or the work tree.

    `files` are sorted by path. `commit` is null where there is none yet. `committed_at` is the
    commit's time in seconds since 1970 and stands for "now", so that a result is a function of
    the commit. `remote` is the URL of the remote without credentials.
    """

    files: tuple[TrackedFile, ...]
    repository: str
    commit: str | None = None
    committed_at: int = 0
    dirty: bool = False
    remote: str | None = None
    default_branch: str | None = None


class SkippedFile(Struct, frozen=True, order=True):
    """A file that was not read, and why."""

    path: str
    reason: str


class Location(Struct, frozen=True):
    """A place in the snapshot; `path` is null for what is absent; lines count from 1."""

    path: str | None = None
    line: int | None = None
    end_line: int | None = None


class Speaks(StrEnum):
    FOR = "for"
    AGAINST = "against"


class Evidence(Struct, frozen=True):
    """One line that speaks for or against a finding."""

    summary: str
    location: Location = Location()
    speaks: Speaks = Speaks.FOR


class ActionKind(StrEnum):
    """What a plan does with its paths. ARCHIVE stores and removes; REMOVE leaves it to Git's
    history; AUDIT asks a person; ATTEST is done outside of the repository."""

    KEEP = "KEEP"
    ARCHIVE = "ARCHIVE"
    REMOVE = "REMOVE"
    MODIFY = "MODIFY"
    CREATE = "CREATE"
    AUDIT = "AUDIT"
    ATTEST = "ATTEST"


class Finding(Struct, frozen=True):
    """What one rule says of one place.

    `subjects` are all the files it speaks of. `key` tells findings of one rule in one file apart
    and holds normalised content, a symbol or an ordinal, never a line number. `cause` names the
    root cause, where other findings may share it: those are one group in the score and one story
    in the reports; empty when the finding is its own cause.
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

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits over rule, path and key: the same in every commit that has it."""
        text = "\0".join((self.rule, self.location.path or "", self.key))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Action(Struct, frozen=True):
    """One step of a plan. `because` are the fingerprints of the findings that ask for it,
    `blockers` the sentences that say why it is not done at once, `evidence` what speaks for and
    against it."""

    kind: ActionKind
    paths: tuple[str, ...]
    title: str
    because: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    blockers: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """What to do with which files, each file once; `base_commit` is null before the first one."""

    base_commit: str | None
    actions: tuple[Action, ...]


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


def decode_path(raw: bytes) -> str:
    """The text of a path's bytes, reversibly: invalid UTF-8 as `\\xNN`, a backslash doubled."""
    if b"\\" in raw:
        raw = raw.replace(b"\\", b"\\\\")
    return raw.decode("utf-8", "backslashreplace")


def encode_path(path: str) -> bytes:
    """The bytes that `decode_path` was given."""
    if "\\" not in path:
        return path.encode()
    out = bytearray()
    position = 0
    while (found := path.find("\\", position)) >= 0:
        out += path[position:found].encode()
        if path.startswith("\\x", found):
            out.append(int(path[found + 2 : found + 4], 16))
            position = found + 4
        else:
            out += b"\\"
            position = found + 2
    return bytes(out + path[position:].encode())


def worst(severities: Iterable[Severity], default: Severity) -> Severity:
    """The worst of `severities`, `default` where there are none."""
    return min(severities, key=lambda severity: severity.rank, default=default)


class Deduction(Struct, frozen=True):
    """The points (of 10) that one rule costs a dimension, and the findings that cost them."""

    rule: str
    points: float
    fingerprints: tuple[str, ...]


class Score(Struct, frozen=True):
    """One dimension's score, 0 to 10; null where nothing could be assessed.

    `deductions` add up to 10 - value. `coverage` is the share of the rules' weight that was
    measured. `interval` holds the score if all that is unknown were missing, and if it were fine.
    """

    dimension: Dimension
    value: float | None
    with_waivers: float | None
    deductions: tuple[Deduction, ...] = ()
    cap_reason: str | None = None
    coverage: float = 1.0
    interval: tuple[float, float] | None = None


class Verdict(StrEnum):
    READY = "READY"
    CONDITIONAL = "CONDITIONAL"
    NOT_READY = "NOT READY"
    NOTHING = "NOTHING TO ASSESS"


class Coverage(Struct, frozen=True):
    """Shares from 0 to 1: of the rules' weight that was measured, and of the source lines that
    are in languages whose reachability is understood."""

    rules: float
    lines: float


class Scorecard(Struct, frozen=True):
    overall: float | None
    with_waivers: float | None
    verdict: Verdict
    coverage: Coverage
    interval: tuple[float, float] | None
    dimensions: tuple[Score, ...]
    model_version: str
    target: float
    profile: str


class Waived(Struct, frozen=True):
    """A finding that someone answers for."""

    finding: Finding
    reason: str
    owner: str = ""
    until: str = ""


class StaleWaiver(Struct, frozen=True):
    """A waiver or inline ignore that is expired or matches nothing: what to delete, and where."""

    location: Location
    message: str


class Gate(Struct, frozen=True):
    passed: bool
    why: tuple[str, ...] = ()


class RuleSummary(Struct, frozen=True):
    """What reports show of a rule."""

    id: str
    name: str
    dimension: Dimension
    area: Area
    severity: Severity
    status: str
    since: str
    summary: str
    why: str
    fix: str


class Report(Struct, frozen=True):
    """All that any renderer shows. `findings` are the open ones, worst first."""

    schema_version: int
    tool_version: str
    repository: str
    remote: str | None
    commit: str | None
    dirty: bool
    config_digest: str
    scorecard: Scorecard
    rules: tuple[RuleSummary, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    stories: tuple[Story, ...] = ()
    waived: tuple[Waived, ...] = ()
    stale_waivers: tuple[StaleWaiver, ...] = ()
    rule_errors: tuple[RuleError, ...] = ()
    skipped_files: tuple[SkippedFile, ...] = ()
    gate: Gate = Gate(passed=True)
    files: int = 0
    excluded: int = 0  # files that the configuration keeps out of sight; not among `files`
    plan: Plan | None = None
