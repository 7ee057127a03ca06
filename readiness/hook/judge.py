"""The judgement: what the rules for single files find in the staged files and did not find in the
same files before. Of other files only the names count."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from readiness import assess, collect, compare, extraction, gate, judging, registry, suppress
from readiness.cache import Cache
from readiness.config import Config
from readiness.configure import Options, configure, visible
from readiness.errors import ConfigError, RepositoryError, UsageError, one_line
from readiness.hook.secrets import keep_gate
from readiness.index import RepoIndex
from readiness.judging import Judgement
from readiness.model import (
    SUBMODULE,
    SYMLINK,
    Area,
    Finding,
    RuleError,
    SkippedFile,
    Snapshot,
    TrackedFile,
    encode_path,
)
from readiness.repo import Repository
from readiness.repo.metadata import read_metadata
from readiness.repo.objects import DAMAGED, MISSING
from readiness.repo.repository import staged_files
from readiness.rule import Rule, Scope, Status, slices_of, summarise
from readiness.selection import choose

_FEW = 100  # files whose facts are had sooner than they are looked up
_PATIENCE = 0.5  # seconds that a commit waits for a cache which another process holds


class Verdict(Struct, frozen=True):
    """`refused`: what is new and counts. `skipped`: staged files that were not read. `errors`: the
    rules that crashed."""

    refused: tuple[Finding, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    errors: tuple[RuleError, ...] = ()
    fixes: Mapping[str, str] = {}  # rule -> how to mend what it finds


def judge(
    folder: str,
    suspects: Collection[bytes] | None,
    cache_folder: str | None,
    today: datetime.date,
) -> Verdict:
    """Judges what is staged in the repository that holds `folder`, or of it only `suspects`.

    Raises:
        ReadinessError: the repository or its configuration is at fault.
    """
    with Repository.open(folder) as repository:
        commit, _ = repository.head()
        after = _snapshot(staged_files(repository.read_index()[0]), commit)
        parents = [repository.snapshot(rev=parent) for parent in _parents(repository, commit)]
        rules = registry.rules_for_files()
        try:
            config = configure(repository, after, Options(), rules)
        except ConfigError:  # it may name other rules
            config = configure(repository, after, Options(), registry.rules())
        rules = chosen(rules, config)
        changed = _changed(after, parents, config)
        if suspects is not None:
            changed = [file for file in changed if encode_path(file.path) in suspects]
        if not changed or not rules:
            return Verdict()
        keep_gate(cache_folder)
        places = (repository.root, repository.git_folder, repository.common_folder)
        kept = cache_folder if len(changed) > _FEW else None
        with Cache.open(kept, places, patience=_PATIENCE) as cache:
            trees = [after, *parents]
            return _Judgement(repository, cache, config, rules, trees, changed).verdict(today)


def _snapshot(files: Iterable[TrackedFile], commit: str | None) -> Snapshot:
    return Snapshot(tuple(sorted(files, key=attrgetter("path"))), "", commit)


def chosen(rules: Iterable[Rule], config: Config) -> tuple[Rule, ...]:
    """The rules for single files that the configuration asks. Those for secrets are asked whatever
    it selects, unless it ignores them."""
    own = [rule for rule in rules if rule.scope is Scope.FILE and rule.status is Status.STABLE]
    asked: set[str] = set()
    for select, of in ((config.select, own), ((), [r for r in own if r.area is Area.SECRETS])):
        try:
            asked.update(rule.id for rule in choose(of, select, config.ignore))
        except UsageError:  # none is left
            continue
    return tuple(rule for rule in own if rule.id in asked)


def _parents(repository: Repository, head: str | None) -> list[str]:
    """The commits that a commit made now would stand on."""
    content = read_metadata(os.path.join(repository.git_folder, "MERGE_HEAD")) or b""
    merged = content.decode("ascii", "replace").split()
    return [*([head] if head else []), *map(repository.resolve, merged)]


def _changed(after: Snapshot, parents: Sequence[Snapshot], config: Config) -> list[TrackedFile]:
    """The files that are as in none of the parents."""
    known = [{file.path: (file.mode, file.blob_id) for file in each.files} for each in parents]
    return [
        file
        for file in visible(after.files, config.exclude)
        if all(there.get(file.path) != (file.mode, file.blob_id) for there in known)
    ]


class _Judgement:
    """What the rules say of the changed files after the change and before it, in each parent; of
    all other files only the names are known."""

    def __init__(
        self,
        repository: Repository,
        cache: Cache,
        config: Config,
        rules: tuple[Rule, ...],
        trees: Sequence[Snapshot],
        changed: Sequence[TrackedFile],
    ) -> None:
        self.repository = repository
        self.config = config
        self.rules = rules
        self.after, *self.parents = trees
        here = {file.path for file in self.after.files}
        paths = {file.path for file in changed}
        self.files = [changed]
        for parent in self.parents:
            files = visible(parent.files, config.exclude)
            self.files.append([f for f in files if f.path in paths or f.path not in here])
        every = {file.path for files in self.files for file in files}
        self.slices = slices_of(rules, every)
        self.facts = collect.gather(
            repository, self._places(), cache, collect.version(cache), slices=self.slices
        )

    def verdict(self, today: datetime.date) -> Verdict:
        skipped = self._skipped(self.files[0])
        if all(each.reason == DAMAGED for each in skipped) and len(skipped) == len(self.files[0]):
            raise RepositoryError("Git could not read what is staged; git fsck may say why")
        index, judgement = self._judge(self.after, self.files[0])
        summaries = tuple(map(summarise, self.rules))
        active = suppress.split(judgement.findings, index, summaries, today).active
        counted = [finding for finding in active if gate.counts(finding, self.config)]
        errors = {error.rule: error for error in judgement.errors}
        for parent, files in zip(self.parents, self.files[1:], strict=True):
            if not counted:
                break
            self._hold_whole(files)
            _, before = self._judge(parent, files)
            errors |= {error.rule: error for error in before.errors}
            new = self._new(parent, before, judgement)
            counted = [finding for finding in counted if finding.fingerprint in new]
        return Verdict(
            tuple(finding for finding in counted if finding.rule not in errors),
            skipped,
            tuple(errors.values()),
            {summary.id: summary.fix for summary in summaries},
        )

    def _new(self, parent: Snapshot, before: Judgement, after: Judgement) -> set[str]:
        """The fingerprints of what was not there before, or was not so serious."""
        trees = compare.Trees(_blobs(parent), _blobs(self.after), self._read)
        compared = compare.compare(before.findings, after.findings, trees)
        worse = [
            pair.after
            for pair in compared.pairs
            if pair.added or not gate.counts(pair.before, self.config)
        ]
        return {finding.fingerprint for finding in (*compared.new, *worse)}

    def _places(self) -> list[collect.Place]:
        """What is to be said of which blob."""
        return list(
            {
                (file.blob_id, (number, kind)): None
                for files in self.files
                for file in files
                if file.mode not in (SYMLINK, SUBMODULE)
                for number, slice_ in enumerate(self.slices)
                if (kind := slice_.kind(file.path)) is not None
            }
        )

    def _judge(
        self, snapshot: Snapshot, files: Sequence[TrackedFile]
    ) -> tuple[RepoIndex, Judgement]:
        facts: dict[str, dict[str, bytes]] = {slice_.name: {} for slice_ in self.slices}
        for file in files:
            for number, slice_ in enumerate(self.slices):
                kind = slice_.kind(file.path)
                known = self.facts.facts.get((file.blob_id, (number, kind or "")))
                if known and kind is not None:
                    facts[slice_.name][file.path] = known
        index = RepoIndex(snapshot, facts, self.config)
        judgement = judging.judge(index, self.rules)
        if not assess.searches_secrets(slice_.name for slice_ in self.slices):
            judgement = judging.redacted(judgement)
        return index, judgement

    def _hold_whole(self, files: Sequence[TrackedFile]) -> None:
        """Raises RepositoryError where it cannot be told what was there before."""
        for skipped in self._skipped(files):
            if skipped.reason in (DAMAGED, MISSING):
                raise RepositoryError(
                    f"{one_line(skipped.path)} as it was before cannot be read ({skipped.reason})"
                )

    def _skipped(self, files: Sequence[TrackedFile]) -> tuple[SkippedFile, ...]:
        reasons = dict(self.facts.skipped)
        return tuple(SkippedFile(f.path, reasons[f.blob_id]) for f in files if f.blob_id in reasons)

    def _read(self, ids: Iterable[str]) -> dict[str, bytes]:
        contents = self.repository.read(sorted(ids), extraction.LARGEST)
        return {id_: content for id_, content in contents if isinstance(content, bytes)}


def _blobs(snapshot: Snapshot) -> dict[str, str]:
    return {file.path: file.blob_id for file in snapshot.files}
