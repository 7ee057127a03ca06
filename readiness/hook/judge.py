"""The judgement: what the rules for single files find in the staged files and did not find in the
same files before. Of other files only the names count."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct

from readiness import assess, compare, extraction, gate, judging, registry, suppress
from readiness.config import Config
from readiness.configure import Options, configure, visible
from readiness.errors import ConfigError, RepositoryError, UsageError, one_line
from readiness.hook.facts import Facts
from readiness.hook.glance import SMALL
from readiness.hook.secrets import keep_gate
from readiness.hook.staged import Side
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
    decode_path,
)
from readiness.repo import Repository
from readiness.repo.metadata import read_metadata
from readiness.repo.objects import DAMAGED, MISSING
from readiness.repo.repository import staged_files
from readiness.rule import Rule, Scope, Status, reads_of, slices_of, summarise
from readiness.selection import choose

_FEW = 100  # files whose facts are had sooner than they are looked up


class Verdict(Struct, frozen=True):
    """`refused`: what is new and counts. `skipped`: staged files that were not read. `errors`: the
    rules that crashed."""

    refused: tuple[Finding, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    errors: tuple[RuleError, ...] = ()
    fixes: Mapping[str, str] = {}  # rule -> how to mend what it finds


class Seen(NamedTuple):
    """What the quicker steps know already: the files to be judged, what is otherwise than in each
    parent of the commit, and contents. `only_ours`: no rules of others are installed;
    `only_secrets`: nothing but a secret can be wrong with these files."""

    paths: Collection[bytes]
    sides: Sequence[Side]
    contents: Mapping[str, bytes | None]
    only_ours: bool = False
    only_secrets: bool = False


def judge(
    folder: str, seen: Seen | None, cache_folder: str | None, today: datetime.date
) -> Verdict:
    """Judges what is staged in the repository that holds `folder`, or of it only what was `seen`.

    Raises:
        ReadinessError: the repository or its configuration is at fault.
    """
    with Repository.open(folder) as repository:
        commit, _ = repository.head()
        after = _snapshot(staged_files(repository.read_index()[0]), commit)
        rules = registry.rules_for_files(only_ours=seen is not None and seen.only_ours)
        try:
            config = configure(repository, after, Options(), rules)
        except ConfigError:  # it may name other rules
            config = configure(repository, after, Options(), registry.rules())
        rules = chosen(rules, config)
        if seen is None:
            parents = [repository.snapshot(rev=each) for each in _parents(repository, commit)]
            changed = _changed(after, parents, config)
        else:
            if seen.only_secrets:
                rules = tuple(rule for rule in rules if rule.area is Area.SECRETS)
            parents = [_before(after, side) for side in seen.sides]
            known = {file.path: file for file in after.files}
            asked = [known[path] for path in sorted(map(decode_path, seen.paths)) if path in known]
            changed = list(visible(tuple(asked), config.exclude))
        if not changed or not rules:
            return Verdict()
        keep_gate(cache_folder)
        contents = {} if seen is None else seen.contents
        trees = _trees([after, *parents], changed, config)
        facts = _facts(repository, rules, trees, contents, cache_folder)
        return _Judgement(repository, config, rules, trees, facts).verdict(today)


def _snapshot(files: Iterable[TrackedFile], commit: str | None) -> Snapshot:
    return Snapshot(tuple(sorted(files, key=attrgetter("path"))), "", commit)


def _before(after: Snapshot, side: Side) -> Snapshot:
    """The tree of a parent, told from what is otherwise than there."""
    files = {file.path: file for file in after.files}
    for name, (old, _) in side.items():
        path = decode_path(name)
        files.pop(path, None)
        if old is not None:
            files[path] = TrackedFile(path, old[1], int(old[0], 8))
    return _snapshot(files.values(), None)


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


class _Tree(NamedTuple):
    """A tree, and the files of it that are judged; of all others only the names are known."""

    snapshot: Snapshot
    files: Sequence[TrackedFile]


def _trees(
    snapshots: Sequence[Snapshot], changed: Sequence[TrackedFile], config: Config
) -> list[_Tree]:
    """What is staged, with the `changed` files, and each parent, with what they were before: the
    files of the same paths, and those that are gone."""
    after, *parents = snapshots
    here = {file.path for file in after.files}
    paths = {file.path for file in changed}
    trees = [_Tree(after, changed)]
    for parent in parents:
        old = tuple(file for file in parent.files if file.path in paths or file.path not in here)
        trees.append(_Tree(parent, visible(old, config.exclude)))
    return trees


class _Facts(NamedTuple):
    """The facts of the files of each tree, and why a blob has none. `searched`: secrets were
    looked for."""

    of_trees: Sequence[Mapping[str, Mapping[str, bytes]]]
    faults: dict[str, str]
    searched: bool


def _facts(
    repository: Repository,
    rules: Sequence[Rule],
    trees: Sequence[_Tree],
    contents: Mapping[str, bytes | None],
    cache_folder: str | None,
) -> _Facts:
    """A few small files are looked at here and now; what could take long, in a process of its own,
    which can be stopped."""
    files = {file.path: file for tree in trees for file in tree.files}
    blobs = {f.blob_id for t in trees for f in t.files if f.mode not in (SYMLINK, SUBMODULE)}
    known = {name: data for name in blobs if (data := contents.get(name)) is not None}
    faults: dict[str, str] = {}
    reads = reads_of(rules, files)
    searched = assess.searches_secrets(slice_.name for slice_ in reads)
    if len(blobs) <= _FEW:
        missing = sorted(blobs - known.keys())
        known |= {k: v for k, v in repository.read(missing, SMALL) if isinstance(v, bytes)}
        if all(name in known and len(known[name]) <= SMALL for name in blobs):
            of_trees = [Facts(tree.files, known, list(reads), faults) for tree in trees]
            return _Facts(of_trees, faults, searched)
    from readiness.hook.apart import gather

    kept = cache_folder if len(blobs) > _FEW else None
    slices = slices_of(rules, files)
    gathered = gather(repository, slices, [tree.files for tree in trees], kept, faults)
    return _Facts(gathered, faults, searched)


class _Judgement:
    """What the rules say of the changed files after the change and before it, in each parent."""

    def __init__(
        self,
        repository: Repository,
        config: Config,
        rules: tuple[Rule, ...],
        trees: Sequence[_Tree],
        facts: _Facts,
    ) -> None:
        self.repository = repository
        self.config = config
        self.rules = rules
        self.trees = trees
        self.facts = facts

    def verdict(self, today: datetime.date) -> Verdict:
        index, judgement = self._judge(0)
        changed = self.trees[0].files
        skipped = self._skipped(changed)
        if all(each.reason == DAMAGED for each in skipped) and len(skipped) == len(changed):
            raise RepositoryError("Git could not read what is staged; git fsck may say why")
        summaries = tuple(map(summarise, self.rules))
        active = suppress.split(judgement.findings, index, summaries, today).active
        counted = [finding for finding in active if gate.counts(finding, self.config)]
        errors = {error.rule: error for error in judgement.errors}
        for number in range(1, len(self.trees)):
            if not counted:
                break
            _, before = self._judge(number)
            self._hold_whole(self.trees[number].files)
            errors |= {error.rule: error for error in before.errors}
            new = self._new(number, before, judgement)
            counted = [finding for finding in counted if finding.fingerprint in new]
        return Verdict(
            tuple(finding for finding in counted if finding.rule not in errors),
            skipped,
            tuple(errors.values()),
            {summary.id: summary.fix for summary in summaries},
        )

    def _new(self, number: int, before: Judgement, after: Judgement) -> set[str]:
        """The fingerprints of what was not there before, or was not so serious."""
        parent, now = self.trees[number].snapshot, self.trees[0].snapshot
        trees = compare.Trees(_blobs(parent), _blobs(now), self._read)
        compared = compare.compare(before.findings, after.findings, trees)
        worse = [
            pair.after
            for pair in compared.pairs
            if pair.added or not gate.counts(pair.before, self.config)
        ]
        return {finding.fingerprint for finding in (*compared.new, *worse)}

    def _judge(self, number: int) -> tuple[RepoIndex, Judgement]:
        snapshot, files = self.trees[number]
        asked = [file.path for file in files]
        index = RepoIndex(snapshot, self.facts.of_trees[number], self.config, asked=asked)
        judgement = judging.judge(index, self.rules)
        if not self.facts.searched:
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
        reasons = self.facts.faults
        return tuple(SkippedFile(f.path, reasons[f.blob_id]) for f in files if f.blob_id in reasons)

    def _read(self, ids: Iterable[str]) -> dict[str, bytes]:
        contents = self.repository.read(sorted(ids), extraction.LARGEST)
        return {id_: content for id_, content in contents if isinstance(content, bytes)}


def _blobs(snapshot: Snapshot) -> dict[str, str]:
    return {file.path: file.blob_id for file in snapshot.files}
