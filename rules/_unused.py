"""Why a module may go that nothing seems to use, or why somebody should look at it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.index.archives import tokens
from readiness.index.inventory import RUN
from readiness.index.reachability import Standing
from readiness.model import ActionKind, Confidence

from ._unreferenced import DAY, Candidate

UNDERSTOOD = 0.75  # share of a deployment that is reached, below which reachability proves little
_TRIALS = {  # first words that say what was done once
    *("fix", "hotfix", "test", "try", "trial", "debug", "repro", "reproduce", "experiment"),
    *("scratch", "tmp", "temp", "revert", "undo"),
}
_PROBES = _TRIALS | {  # and those that say what was looked at: at the root they are no tools
    *("check", "audit", "inspect", "count", "find", "show", "list", "dump", "verify", "print"),
    *("analyze", "analyse", "compare", "diagnose", "explore", "quick"),
}
_WEEKS, _MONTH, _IDLE, _LONG = 14 * DAY, 30 * DAY, 180 * DAY, 365 * DAY  # seconds


class Condition(Struct, frozen=True):
    """One named reason. `right` of `cases` labelled files were removed by their maintainers later
    on, in so many `repositories` (docs/accuracy.md)."""

    name: str
    told: str
    action: ActionKind
    confidence: Confidence
    holds: Callable[[Candidate], bool]
    right: int
    cases: int
    repositories: int

    @property
    def record(self) -> str:
        number = self.repositories
        places = "1 repository" if number == 1 else f"{number} repositories"
        removed = f"{self.right} of {self.cases} were removed by their maintainers later"
        return f"of such files {removed}, in {places}"


def _quiet(file: Candidate) -> bool:
    return file.edits <= 1 or file.idle >= _LONG


def _is_unused(file: Candidate) -> bool:
    return file.standing is Standing.NOTHING and file.share >= UNDERSTOOD


def _first_word(file: Candidate) -> str:
    return tokens(file.path.rpartition("/")[2])[0]


ALIKE = Condition(
    "unused, but one of a kind",
    "nothing names it, nor modules beside it that are made alike: something may load them all by"
    " names that are kept elsewhere",
    ActionKind.AUDIT,
    Confidence.LOW,
    lambda file: _is_unused(file) and file.kin > 0,
    *(1, 1, 1),
)
CONDITIONS = (
    Condition(
        "scratch",
        "a script at the root that by its name was a trial or a look at something, committed once"
        " or twice, and that nothing names",
        ActionKind.ARCHIVE,
        Confidence.HIGH,
        lambda file: (
            file.standing in (Standing.BY_HAND, Standing.NOTHING)
            and "/" not in file.path
            and file.commits <= 2
            and not file.named
            and _first_word(file) in _PROBES
        ),
        *(6, 6, 1),
    ),
    Condition(
        "trial",
        "a script that by its name was a trial, committed once or twice, and that nothing names",
        ActionKind.ARCHIVE,
        Confidence.MEDIUM,
        lambda file: (
            file.standing in (Standing.BY_HAND, Standing.NOTHING)
            and file.script
            and not file.packaged
            and file.commits <= 2
            and not file.named
            and file.path.endswith(".py")
            and _first_word(file) in _TRIALS
        ),
        *(3, 3, 1),
    ),
    Condition(
        "shim",
        "it only hands on names from where they are now: it may be kept for those outside",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.shim and file.standing is Standing.NOTHING,
        *(3, 4, 2),
    ),
    Condition(
        "unused, and put away",
        "nothing starts, imports, loads, tests or names it, and by the name of its folder it was"
        " put away",
        ActionKind.ARCHIVE,
        Confidence.HIGH,
        lambda file: _is_unused(file) and file.put_away != "" and file.age >= _WEEKS,
        *(7, 7, 2),
    ),
    Condition(
        "unused, but new",
        "nothing uses it, and it came less than a month ago, or than two weeks where one commit"
        " brought it that nobody followed up: it may be new rather than dead",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: _is_unused(file) and file.age < (_WEEKS if file.edits == 1 else _MONTH),
        *(3, 6, 1),
    ),
    Condition(
        "unused, but worked on",
        "nothing uses it, but somebody worked on it in the last two weeks, and before",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: _is_unused(file) and file.edits >= 3 and file.idle < _WEEKS,
        *(0, 0, 0),
    ),
    Condition(
        "unused, but made for others",
        "nothing here uses it, but it is made for a use of which no file here need tell",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: _is_unused(file) and file.made_for != "",
        *(0, 3, 1),
    ),
    ALIKE,
    Condition(
        "unused, but one of a family",
        "nothing uses it, but it is one of several modules whose names begin alike, and most of"
        " the others are in use",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: _is_unused(file) and file.family,
        *(1, 2, 2),
    ),
    Condition(
        "unused",
        "nothing starts, imports, loads, tests or names it, where nearly all else is in use",
        ActionKind.ARCHIVE,
        Confidence.HIGH,
        lambda file: _is_unused(file),
        *(33, 33, 5),
    ),
    Condition(
        "on an island",
        "nothing outside of its folder names or uses anything in there, and hardly anybody works"
        " on it",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.island,
        *(35, 42, 5),
    ),
    Condition(
        "not seen in use",
        "nothing was found that uses it, but what starts here is not understood well enough",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.standing is Standing.NOTHING,
        *(5, 16, 4),
    ),
    Condition(
        "tests only",
        "only tests use it",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.standing is Standing.TESTED and file.share >= UNDERSTOOD and _quiet(file),
        *(2, 3, 3),
    ),
    Condition(
        "a module run by hand, long at rest",
        "it lies among modules that are in use, nothing imports, runs or names it, and nobody has"
        " worked on it for a year: that it can be run by hand is all that speaks for it",
        ActionKind.ARCHIVE,
        Confidence.MEDIUM,
        lambda file: (
            file.standing is Standing.BY_HAND
            and not (file.named or file.script or file.example)
            and "/" in file.path
            and file.path.endswith(".py")
            and file.among
            and file.share >= UNDERSTOOD
            and file.idle >= _LONG
        ),
        *(4, 4, 3),
    ),
    Condition(
        "run by hand, at rest",
        "nothing runs or names it, and hardly anybody has worked on it since it was added",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: (
            file.standing is Standing.BY_HAND
            and not file.named
            and file.edits <= (1 if file.script else 2)
        ),
        *(10, 18, 5),
    ),
    Condition(
        "a module run by hand",
        "nothing imports, runs or names it: it lies among modules and can only be run by hand",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.standing is Standing.BY_HAND and not (file.named or file.script),
        *(7, 16, 4),
    ),
    Condition(
        "named only, at rest",
        "only documents name it, and hardly anybody works on it",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: (
            file.standing is Standing.DOCUMENTED
            and file.idle >= (_MONTH if file.edits <= 2 else _IDLE)
        ),
        *(13, 15, 4),
    ),
    Condition(
        "published only, at rest",
        "others may import it from the published package, but nothing here imports or tests it",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: (
            file.standing is Standing.PUBLISHED
            and not (file.tested or file.named)
            and (file.edits <= 1 or (file.alone and file.idle >= _LONG))
        ),
        *(5, 5, 3),
    ),
)

_DOUBTFUL = Condition(
    "unused, but imported",
    "nothing runs it, but what imports it, if only for its types, stays or may still be wanted",
    ActionKind.AUDIT,
    Confidence.LOW,
    lambda file: True,
    *(0, 0, 0),
)


def condition(file: Candidate) -> Condition | None:
    """The first condition that holds; null where the file has its place."""
    return next((each for each in CONDITIONS if each.holds(file)), None)


def weighed(
    index: RepoIndex, found: Mapping[str, tuple[Candidate, Condition]]
) -> dict[str, tuple[Candidate, Condition]]:
    """The same, where what goes takes nothing from what stays: a module that another one imports
    goes only with it."""
    weighed = dict(found)
    pending = [path for path, (_, reason) in found.items() if _stays(reason)]
    pending += [path for path in index.imports.imports if path not in found]
    for path in pending:  # grows while it is walked
        if not index.inventory.is_(path, *RUN):
            continue
        for edge in index.imports.imports.get(path, ()):
            file, reason = weighed.get(edge.target, (None, None))
            if file is not None and reason is not None and not _stays(reason):
                weighed[edge.target] = file, _DOUBTFUL
                pending.append(edge.target)
    return weighed


def _stays(reason: Condition) -> bool:
    return reason.action is not ActionKind.ARCHIVE
