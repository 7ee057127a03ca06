"""Measuring past commits: blob by blob from the cache, and each commit from the one before it.

What is to be known of a blob is read once for all commits that hold it. Each process takes commits
that follow each other, so that from one to the next only what changed is decoded anew.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from readiness import __version__, collect
from readiness.assess import assess, searches_secrets
from readiness.cache import Cache
from readiness.collect import Gathered, Place
from readiness.config import Config
from readiness.configure import visible
from readiness.extraction import cpus
from readiness.facts import Slice, core_slices
from readiness.facts.python import by_parts
from readiness.history.choose import Chosen
from readiness.history.past import histories
from readiness.history.trends import Measured, Traces, causes, traces_of
from readiness.history.workers import in_processes
from readiness.index import RepoIndex
from readiness.index.history import Commit, History
from readiness.index.memory import Memory
from readiness.model import (
    SUBMODULE,
    SYMLINK,
    Finding,
    Point,
    Reported,
    RuleSummary,
    Scorecard,
    Snapshot,
    TrackedFile,
)
from readiness.repo import Repository
from readiness.repo.objects import DAMAGED, MISSING
from readiness.rule import Rule, of_commits, reads_of

BATCH = 64  # commits whose facts are held at the same time
_LASTING = ("larger than ", DAMAGED, MISSING)  # reasons for not reading a blob that stay

Progress = Callable[[int, int], None]


class Judges(NamedTuple):
    """What every commit is judged by: the rules that are asked, all that there are, and HEAD's
    configuration."""

    rules: Sequence[Rule]
    installed: Sequence[RuleSummary]
    config: Config


class Told(Struct, array_like=True):
    """A measured commit. `lasting`: another run would say the same."""

    point: Point
    traces: Traces
    lasting: bool


def measure(
    repository: Repository,
    chosen: Sequence[Chosen],
    judges: Judges,
    cache: Cache,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    commits: Progress | None = None,
) -> Iterator[tuple[Measured, bool]]:
    """Each of the commits `chosen`, in any order, and whether another run would say the same.

    They are given oldest first and lead to the last of them. `progress` is called with the number
    of files read and to read, `commits` with that of commits.
    """
    log = repository.commits(chosen[-1].commit) if chosen else None
    shared: dict[TrackedFile, TrackedFile] = {}
    done = 0
    for start in range(0, len(chosen), BATCH):
        taken = chosen[start : start + BATCH]
        work = Work([_listed(repository, each, judges, shared) for each in taken], judges, log)
        work.gather(repository, cache, workers, progress)
        for answer in in_processes(work.measured, len(taken), workers or cpus()):
            told = msgspec.msgpack.decode(answer, type=Told)
            done += 1
            if commits is not None:
                commits(done, len(chosen))
            yield Measured(told.point, told.traces), told.lasting


def point_of(chosen: Chosen, card: Scorecard, findings: Sequence[Finding]) -> Measured:
    """The point that a scorecard and the open findings make."""
    traces = traces_of(findings)
    point = Point(
        commit=chosen.commit,
        at=chosen.at,
        overall=card.overall,
        with_waivers=card.with_waivers,
        verdict=card.verdict,
        dimensions={score.dimension: score.value for score in card.dimensions},
        coverage=card.coverage,
        findings=len(traces),
        causes=causes(traces),
        model_version=card.model_version,
        tool_version=__version__,
        release=chosen.release,
    )
    return Measured(point, traces)


def as_reported(point: Point) -> Reported:
    """The score of a point, as it is told today."""
    return Reported(point.overall, point.model_version, point.tool_version, point.dimensions)


class _Listed(NamedTuple):
    """A commit with its files, as far as the configuration lets them be seen, and the paths of
    those of which a slice is read, null where it is all; core slices are read of all."""

    chosen: Chosen
    snapshot: Snapshot
    reads: dict[Slice[Any], set[str] | None]


def _listed(
    repository: Repository,
    chosen: Chosen,
    judges: Judges,
    shared: dict[TrackedFile, TrackedFile],
) -> _Listed:
    snapshot = repository.snapshot(rev=chosen.commit)
    files = visible(snapshot.files, judges.config.exclude)
    files = tuple([shared.setdefault(file, file) for file in files])
    paths = {file.path for file in files}
    reads = {
        slice_: None if len(own) == len(paths) else own
        for slice_, own in reads_of(of_commits(judges.rules), paths).items()
    }
    return _Listed(chosen, msgspec.structs.replace(snapshot, files=files), reads)


class Work:
    """Several commits, and the facts of all their blobs."""

    def __init__(
        self, listed: Sequence[_Listed], judges: Judges, log: Sequence[Commit] | None
    ) -> None:
        self._listed = listed
        self._judges = judges
        self._log = log
        own = {slice_ for each in listed for slice_, paths in each.reads.items() if paths}
        more = {slice_ for each in listed for slice_ in each.reads} - own
        by_name = sorted(more, key=lambda slice_: slice_.name)
        self._whole = (*core_slices(), *by_name)
        self._slices = (*self._whole, *sorted(own, key=lambda slice_: slice_.name))
        self._decode = [msgspec.msgpack.Decoder(slice_.type).decode for slice_ in self._slices]
        self._places: dict[TrackedFile, tuple[tuple[int, Place], ...]] = {}
        self._gathered = Gathered({}, (), False)
        self._bad: frozenset[str] = frozenset()  # blobs of which another run may say more

    def gather(
        self,
        repository: Repository,
        cache: Cache,
        workers: int | None,
        progress: Progress | None,
    ) -> None:
        """Reads what is to be known of every blob: those of one path after each other, since most
        parts of one are in the next too."""
        places: dict[Place, str] = {}
        for each in self._listed:
            for file in each.snapshot.files:
                if file not in self._places:
                    self._places[file] = tuple(self._of(file, 0, len(self._whole)))
                    for _, place in self._places[file]:
                        places.setdefault(place, file.path)
            for file in self._narrow(each):
                end = len(self._slices)
                for number, place in self._of(file, len(self._whole), end):
                    if self._is_read(each, number, file):
                        places.setdefault(place, file.path)
        with by_parts():
            self._gathered = collect.gather(
                repository,
                sorted(places, key=places.__getitem__),
                cache,
                collect.version(cache),
                slices=self._slices,
                workers=workers,
                progress=progress,
            )
        self._bad = frozenset(
            blob for blob, why in self._gathered.skipped if not why.startswith(_LASTING)
        )

    def _of(self, file: TrackedFile, start: int, end: int) -> Iterator[tuple[int, Place]]:
        """What slices are to say of a file: (number of the slice, place)."""
        if file.mode not in (SYMLINK, SUBMODULE):
            for number in range(start, end):
                kind = self._slices[number].kind(file.path)
                if kind is not None:
                    yield number, (file.blob_id, (number, kind))

    def _narrow(self, each: _Listed) -> list[TrackedFile]:
        """The files of which slices are read that are not read of all."""
        slices = self._slices[len(self._whole) :]
        if not slices:
            return []
        if any(each.reads.get(slice_, ()) is None for slice_ in slices):
            return list(each.snapshot.files)
        paths = {path for slice_ in slices for path in each.reads.get(slice_) or ()}
        return [file for file in each.snapshot.files if file.path in paths]

    def _is_read(self, each: _Listed, number: int, file: TrackedFile) -> bool:
        own = each.reads.get(self._slices[number], ())
        return own is None or file.path in own

    def measured(self, numbers: range) -> Iterator[bytes]:
        """The commits of these numbers, each encoded as `Told`."""
        listed = [self._listed[number] for number in numbers]
        present = [{file.path for file in each.snapshot.files} for each in listed]
        past = histories(self._log, [each.chosen.commit for each in listed], present)
        facts: list[dict[str, Any]] = [{} for _ in self._slices]
        memory = Memory()
        before: dict[str, TrackedFile] = {}
        for each, history in zip(listed, past, strict=True):
            after = {file.path: file for file in each.snapshot.files}
            self._advance(facts, before, after, each)
            before = after
            named = {slice_.name: known for slice_, known in zip(self._slices, facts, strict=True)}
            yield msgspec.msgpack.encode(self._judge(each, named, history, memory))

    def _advance(
        self,
        facts: list[dict[str, Any]],
        before: Mapping[str, TrackedFile],
        after: Mapping[str, TrackedFile],
        each: _Listed,
    ) -> None:
        """Makes of the decoded facts of one commit those of another: what did not change stays."""
        changed = {path for path, file in after.items() if before.get(path) is not file}
        for path in before.keys() - after.keys() | changed:
            for known in facts:
                known.pop(path, None)
        for path in changed:
            for number, place in self._places[after[path]]:
                self._decode_into(facts[number], number, path, place)
        for number in range(len(self._whole), len(self._slices)):
            narrow = facts[number]
            own = [file for file in self._narrow(each) if self._is_read(each, number, file)]
            for path in narrow.keys() - {file.path for file in own}:
                del narrow[path]
            for file in own:
                if file.path not in narrow:
                    for _, place in self._of(file, number, number + 1):
                        self._decode_into(narrow, number, file.path, place)

    def _decode_into(self, known: dict[str, Any], number: int, path: str, place: Place) -> None:
        encoded = self._gathered.facts.get(place)
        if encoded is not None:
            known[path] = self._decode[number](encoded)

    def _judge(
        self,
        each: _Listed,
        facts: Mapping[str, Mapping[str, Any]],
        history: History,
        memory: Memory,
    ) -> Told:
        rules, config = self._judges.rules, self._judges.config
        index = RepoIndex(each.snapshot, facts, config, lambda: history, memory=memory)
        unread = {blob for blob, _ in self._gathered.skipped}
        found = assess(
            index,
            rules,
            self._judges.installed,
            _day(each.chosen.at),
            unread=[file.path for file in each.snapshot.files if file.blob_id in unread],
            searched=searches_secrets(slice_.name for slice_ in self._slices),
        )
        measured = point_of(each.chosen, found.scorecard, found.suppressed.active)
        failed = any(file.blob_id in self._bad for file in each.snapshot.files)
        return Told(measured.point, measured.traces, not failed and not found.lenient.errors)


def _day(at: int) -> datetime.date:
    """The day of a commit, on which its waivers are judged."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).date()
