"""The score history: past commits under the present model, kept in a database.

    choose: which commits -> store: which of them are known -> measure: the others -> trend

`trend` is all that the rest of the product calls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from readiness import cache as caching
from readiness import config as configuration
from readiness import registry, secrets, selection
from readiness.cache import Cache
from readiness.configure import Options, configure
from readiness.engine import Surroundings
from readiness.errors import UsageError
from readiness.history import choose, measure, trends
from readiness.history.choose import Chosen, Every
from readiness.history.measure import Judges, as_reported, point_of
from readiness.history.store import Basis, Store
from readiness.history.trends import Measured
from readiness.model import SUBMODULE, SYMLINK, Report, Snapshot, TrackedFile, Trend
from readiness.repo import Repository
from readiness.rule import Rule, summarise

_DECIDING = (
    *("facts", "index", "model", "repo", "secrets"),
    *("assess.py", "collect.py", "config.py", "configure.py", "extraction.py", "judging.py"),
    *("rule.py", "score.py", "selection.py", "suppress.py", "toml.py"),
)


class Wish(Struct, frozen=True):
    """Which commits the history is to hold, and where their scores are kept: in the database of a
    URL, else in a file in the cache folder. `commits` is called with the commits done and to do."""

    every: Every = "week"
    weeks: int = 52
    database: str | None = None
    commits: Callable[[int, int], None] | None = None


def trend(
    path: str,
    options: Options,
    world: Surroundings,
    wish: Wish | None = None,
    *,
    report: Report | None = None,
) -> Trend:
    """How the scores of the repository that holds the folder `path` came about.

    The commits lead to that of `options.rev`, else to HEAD, and all are judged by its
    configuration. With a `report` on that commit, or on the work tree above it, the last point is
    the report's, and that its score was told is remembered. What is measured is kept at once: a
    run that was ended goes on where it stopped.

    Raises:
        ReadinessError: the repository, its configuration, the options or the database are at fault.
    """
    wish = wish or Wish()
    with Repository.open(path) as repository:
        head, _ = repository.head()
        last = repository.resolve(options.rev) if options.rev is not None else head
        if last is None:
            return Trend((), repository=repository.snapshot().repository)
        snapshot = repository.snapshot(rev=last)
        rules = registry.rules()
        config = configure(repository, snapshot, options, rules)
        judges = Judges(
            selection.choose(rules, config.select, config.ignore),
            [summarise(rule) for rule in rules],
            config,
        )
        chosen = _chosen(repository, last, wish)
        places = (repository.root, repository.git_folder, repository.common_folder)
        with Cache.open(world.cache, places) as cache:
            secrets.keep_gate_in(Path(cache.folder) if cache.folder else None)
            with Store.open(wish.database, cache.folder) as store:
                basis = _basis(repository, snapshot, config, rules)
                measured = _measured(store, basis, repository, chosen, judges, cache, world, wish)
                measured = _told(store, basis, measured, report, options)
        for note in cache.notes:
            world.note(note)
    return trends.trend(measured, snapshot.repository)


def _chosen(repository: Repository, last: str, wish: Wish) -> list[Chosen]:
    line = repository.line(last)
    releases: dict[str, tuple[str, int]] = {}
    if wish.every == "release":
        times = {commit.id: commit.at for commit in repository.commits(last) or ()}
        tags = repository.tags().items()
        releases = {name: (commit, times[commit]) for name, commit in tags if commit in times}
    chosen = choose.choose(line, wish.every, wish.weeks, releases)
    if not chosen:
        raise UsageError("the commits of this repository cannot be listed; git fsck says why")
    return chosen


def _basis(
    repository: Repository, snapshot: Snapshot, config: configuration.Config, rules: Sequence[Rule]
) -> Basis:
    digest = configuration.digest(config)
    if repository.shallow:  # its history says less than that of another clone
        digest += " shallow"
    missing = repository.missing(file.blob_id for file in snapshot.files if _is_read(file))
    if missing:  # a partial clone; when it has all, it is measured anew
        digest += " without " + hashlib.sha256(" ".join(sorted(missing)).encode()).hexdigest()[:16]
    return Basis(
        origin=(snapshot.remote or f"file:{repository.common_folder}")[-500:],
        repository=snapshot.repository,
        config=digest,
        code=_code(),
    )


def _is_read(file: TrackedFile) -> bool:
    return file.mode not in (SUBMODULE, SYMLINK)


def _code() -> str:
    """A digest over all code that decides what a score is: ours, and that of the rules."""
    digest = hashlib.sha256(caching.code(*_DECIDING).encode())
    for package in registry.packages():
        if package.__name__ == "readiness":
            continue
        for folder in package.__path__:
            for file in sorted(Path(folder).rglob("*.py")):
                content = file.read_bytes()
                digest.update(f"{file.relative_to(folder)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def _measured(
    store: Store,
    basis: Basis,
    repository: Repository,
    chosen: Sequence[Chosen],
    judges: Judges,
    cache: Cache,
    world: Surroundings,
    wish: Wish,
) -> list[Measured]:
    """Every chosen commit, oldest first: as it is known, or measured now and kept."""
    commits = [each.commit for each in chosen]
    known = store.points(basis, commits)
    missing = [each for each in chosen if each.commit not in known]
    unkept: dict[str, Measured] = {}
    for measured, lasting in measure.measure(
        repository,
        missing,
        judges,
        cache,
        workers=world.workers,
        progress=world.progress,
        commits=wish.commits,
    ):
        unkept[measured.point.commit] = measured
        if lasting:
            store.keep(basis, measured)
    if missing:
        store.forget(basis, commits)
        known = unkept | store.points(basis, commits)
    return [
        known[each.commit]._replace(point=replace(known[each.commit].point, release=each.release))
        for each in chosen
    ]


def _told(
    store: Store,
    basis: Basis,
    measured: list[Measured],
    report: Report | None,
    options: Options,
) -> list[Measured]:
    """The points with the report's own as the last; the score that is told now is remembered."""
    last = measured[-1]
    tells = options.rev is None
    if report is not None and report.commit == last.point.commit:
        tells = not report.dirty
        chosen = Chosen(last.point.commit, last.point.at, last.point.release)
        own = point_of(chosen, report.scorecard, report.findings)
        last = own._replace(point=replace(own.point, reported=last.point.reported))
    if tells:
        store.report(basis, last.point)
        told = last.point.reported or as_reported(last.point)
        last = last._replace(point=replace(last.point, reported=told))
    return [*measured[:-1], last]
