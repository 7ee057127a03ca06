"""What findings and facts are made of: places, evidence, degrees and areas."""

from __future__ import annotations

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
