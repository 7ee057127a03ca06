"""The plan: what to do with which files, in which order, and what it gains."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from msgspec import Struct

from readiness.model.values import Dimension, Evidence


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


class EditKind(StrEnum):
    """A change that can be made by machine and proven safe before it is made."""

    ADD_LINES = "add lines"  # `what`: the lines that the file lacks
    CUT = "cut"  # `what`: dotted names of functions and classes of the file
    POINT_AT = "point at"  # `what`: the module that is imported now, the module to import instead
    # `what`: the variable, and how many characters the value has that stands at `line`
    FROM_ENVIRONMENT = "from environment"


class Edit(Struct, frozen=True):
    """What to change in the file `path`; `line` is where it stands, where that is needed."""

    kind: EditKind
    path: str
    what: tuple[str, ...]
    line: int | None = None


class Phase(IntEnum):
    """The five phases of a cleanup, in the order in which they are done."""

    CLEANUP = 1
    ARCHITECTURE = 2
    CONFIGURATION = 3
    DELIVERY = 4
    VALIDATION = 5

    @property
    def label(self) -> str:
        return _PHASES[self]


_PHASES = {
    Phase.CLEANUP: "Critical Cleanup",
    Phase.ARCHITECTURE: "Architecture Consolidation",
    Phase.CONFIGURATION: "Production Configuration",
    Phase.DELIVERY: "Delivery Pipeline",
    Phase.VALIDATION: "Final Validation",
}


class Priority(StrEnum):
    CRITICAL = "CRITICAL"
    IMPORTANT = "IMPORTANT"
    NICE = "NICE"


class Effort(StrEnum):
    SMALL = "S"
    MEDIUM = "M"
    LARGE = "L"


class Where(StrEnum):
    """Where an action is done; outside are accounts, consoles, secret stores, DNS."""

    REPOSITORY = "repository"
    OUTSIDE = "outside"


class Action(Struct, frozen=True):
    """One step of a plan.

    `because` are the fingerprints of the findings that ask for it, `blockers` the sentences that
    say why it is not done at once, `evidence` what speaks for and against it. `blobs` are the
    contents that the plan was made from where they are not those of the base commit, one a path,
    "" for the others; empty where there is no such path.
    `gain` is in points of the overall score if it alone is done, `after` the overall score once
    it and all before it are done; both are null where that was not worked out. `needed` says that
    it belongs to the smallest set that reaches the target. `reason` is what a person wrote.
    `rules` are those of the findings.
    """

    kind: ActionKind
    paths: tuple[str, ...]
    title: str
    because: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    blockers: tuple[str, ...] = ()
    id: str = ""
    blobs: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    where: Where = Where.REPOSITORY
    phase: Phase = Phase.CLEANUP
    priority: Priority = Priority.IMPORTANT
    effort: Effort = Effort.SMALL
    effort_why: str = ""
    gain: float | None = None
    after: float | None = None
    needed: bool = False
    verify: str = ""
    undo: str = ""
    reason: str = ""
    rules: tuple[str, ...] = ()


class Forecast(Struct, frozen=True):
    """A dimension's score now, when what a machine can do is done (`applied`), and when the whole
    plan is done; null where it is not assessed."""

    dimension: Dimension
    now: float | None
    after: float | None
    applied: float | None = None


class Plan(Struct, frozen=True):
    """What to do with which files, in the order in which it is done. A file is archived, removed
    or asked about at most once, and what goes is not changed before.

    `base_commit` is null before the first one. `id` is short and follows from the content: the
    same plan has the same id. `notes` are sentences on the plan as a whole. `gains` tells by how
    many points the overall score rises if all findings of a rule are mended and nothing else, by
    the rule's id; findings of several rules with one cause are told by that cause instead.
    """

    base_commit: str | None
    actions: tuple[Action, ...]
    id: str = ""
    target: float | None = None
    forecast: tuple[Forecast, ...] = ()
    notes: tuple[str, ...] = ()
    gains: dict[str, float] = {}


class Progress(Struct, frozen=True):
    """What became of the work that an earlier plan, of `base_commit`, saw in the repository. What
    cannot be told, because its rules were not asked, is in neither."""

    base_commit: str | None
    done: tuple[Action, ...]
    left: tuple[Action, ...]
