"""Why a module may go that nothing seems to use, or why somebody should look at it first."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from readiness.facts import python
from readiness.index import RepoIndex, islands
from readiness.index.archives import tokens
from readiness.index.history import FileHistory
from readiness.index.inventory import FileClass
from readiness.index.reachability import Standing
from readiness.model import ActionKind, Confidence

UNDERSTOOD = 0.75  # share of a deployment that is reached, below which reachability proves little
_DAY = 86_400
_TRIALS = {  # first words that say what was done once
    *("fix", "hotfix", "test", "try", "trial", "debug", "repro", "reproduce", "experiment"),
    *("scratch", "tmp", "temp", "revert", "undo"),
}
_PROBES = _TRIALS | {  # and those that say what was looked at: at the root they are no tools
    *("check", "audit", "inspect", "count", "find", "show", "list", "dump", "verify", "print"),
    *("analyze", "analyse", "compare", "diagnose", "explore", "quick"),
}
_YOUNG, _MONTH, _IDLE, _LONG = 14 * _DAY, 30 * _DAY, 180 * _DAY, 365 * _DAY  # seconds


class Candidate(Struct, frozen=True):
    """A live module or script and what is known of its use. `age` and `idle` are seconds since
    its first and last commit; both and `edits` are those of a file that is worked on, where
    history does not know it, as one that is not committed yet."""

    path: str
    standing: Standing
    alone: bool  # no weaker reason speaks for it either
    tested: bool
    named: bool  # another file imports, runs or names it
    script: bool  # it lies among scripts
    shim: bool  # it defines nothing: it hands on names from elsewhere, and warns of it
    island: bool  # nothing outside of its folder names the folder, and hardly anybody works there
    share: float  # of its deployment that is reached
    age: int
    idle: int
    commits: int
    edits: int


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


def _first_word(file: Candidate) -> str:
    return tokens(file.path.rpartition("/")[2])[0]


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
            and file.commits <= 2
            and not file.named
            and file.path.endswith(".py")
            and _first_word(file) in _TRIALS
        ),
        *(3, 3, 1),
    ),
    Condition(
        "shim",
        "it only hands on names from where they are now, and warns who imports it: it may be kept"
        " for those outside",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.shim and file.standing is Standing.NOTHING,
        *(0, 0, 0),
    ),
    Condition(
        "unused",
        "nothing starts, imports, loads, tests or names it, where nearly all else is in use",
        ActionKind.ARCHIVE,
        Confidence.HIGH,
        lambda file: (
            file.standing is Standing.NOTHING and file.share >= UNDERSTOOD and file.age >= _YOUNG
        ),
        *(44, 49, 6),
    ),
    Condition(
        "unused, but new",
        "nothing uses it, and it came less than two weeks ago: it may be new rather than dead",
        ActionKind.AUDIT,
        Confidence.MEDIUM,
        lambda file: file.standing is Standing.NOTHING and file.share >= UNDERSTOOD,
        *(3, 5, 1),
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
        *(8, 20, 4),
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
        "run by hand, at rest",
        "nothing runs or names it, and hardly anybody has worked on it since it was added",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: (
            file.standing is Standing.BY_HAND
            and not file.named
            and file.edits <= (1 if file.script else 2)
        ),
        *(13, 22, 7),
    ),
    Condition(
        "a module run by hand",
        "nothing imports, runs or names it: it lies among modules and can only be run by hand",
        ActionKind.AUDIT,
        Confidence.LOW,
        lambda file: file.standing is Standing.BY_HAND and not (file.named or file.script),
        *(9, 18, 4),
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


def candidate(index: RepoIndex, path: str) -> Candidate:
    """What is known of the use of one file."""
    reach, now = index.reachability, index.snapshot.committed_at
    uses = reach.uses(path)
    standing = reach.standing(path)
    known = index.history.files.get(path) or FileHistory(now, now, 99, 99, "")
    return Candidate(
        path,
        standing,
        set(uses) <= {standing},
        Standing.TESTED in uses,
        path in index.imports.importers or path in index.references.to,
        index.inventory.is_(path, FileClass.SCRIPT),
        _is_shim(index, path),
        path in index.once(_left),
        reach.share(path),
        now - known.first,
        now - known.last,
        known.commits,
        known.edits,
    )


def condition(file: Candidate) -> Condition | None:
    """The first condition that holds; null where the file has its place."""
    return next((each for each in CONDITIONS if each.holds(file)), None)


def _is_shim(index: RepoIndex, path: str) -> bool:
    facts = index.facts(python.SLICE, path) if path.endswith(".py") else None
    return (
        facts is not None
        and all(definition.kind == "variable" for definition in facts.definitions)
        and any(imported.module == "warnings" for imported in facts.imports)
        and bool(index.imports.imports.get(path))
    )


def _left(index: RepoIndex) -> set[str]:
    """The files of islands where four in five are at rest."""
    now, known = index.snapshot.committed_at, index.history.files

    def rests(path: str) -> bool:
        file = known.get(path)
        return file is not None and (
            file.edits <= 1 or now - file.last >= (_IDLE if file.edits <= 5 else 2 * _LONG)
        )

    return {
        path
        for paths in islands.build(index).values()
        if len(paths) > 1 and 5 * sum(map(rests, paths)) >= 4 * len(paths)
        for path in paths
    }
