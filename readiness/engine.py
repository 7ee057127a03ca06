"""The one orchestrator: snapshot -> facts -> index -> rules -> score -> report."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from readiness import __version__, memo
from readiness import cache as caching
from readiness.baseline import Baseline
from readiness.cache import Cache
from readiness.config import Config, digest
from readiness.configure import (
    Options,
    baseline_of,
    configure,
    content_of,
    overlooked,
    same_policy,
    visible,
)
from readiness.index import RepoIndex
from readiness.index.history import History
from readiness.model import (
    Comparison,
    News,
    Plan,
    Report,
    SkippedFile,
    Snapshot,
)
from readiness.repo import Repository
from readiness.rule import Rule, Status

if TYPE_CHECKING:
    from readiness.assess import Assessment

SCHEMA_VERSION = 1
_HOPS = 20  # renames of one file
_LASTING = "larger than "  # the reason for not reading a file that no other audit will see changed


class Surroundings(Struct, frozen=True):
    """What an audit takes from the world and shows to it. None of it changes the report, but for
    the dates of waivers: `today`."""

    today: datetime.date
    cache: str | None = None  # the folder; null for none
    workers: int | None = None
    progress: Callable[[int, int], None] | None = None
    note: Callable[[str], object] = lambda note: None


def audit(
    path: str, options: Options, world: Surroundings, drafts: Mapping[str, bytes] | None = None
) -> Report:
    """Audits the repository that holds the folder `path`; with `drafts` as it would be today with
    these files (path -> content), which are written nowhere.

    Raises:
        ReadinessError: the repository, its configuration or the options are at fault.
    """
    with Repository.open(path) as repository:
        snapshot = repository.snapshot(
            rev=options.rev, staged=options.staged, untracked=options.untracked
        )
        if drafts:
            midnight = datetime.datetime.combine(world.today, datetime.time(), datetime.UTC)
            now = max(snapshot.committed_at, int(midnight.timestamp()))
            snapshot = msgspec.structs.replace(
                repository.drafted(snapshot, drafts), committed_at=now
            )
        for note in overlooked(repository, snapshot, options):
            world.note(note)
        places = (repository.root, repository.git_folder, repository.common_folder)
        with Cache.open(world.cache, places) as cache:
            if options.since is None:
                report = _recall_or_make(repository, snapshot, options, cache, world)
            else:
                report = _change(repository, snapshot, options, cache, world)
    for note in cache.notes:
        world.note(note)
    return report


def _change(
    repository: Repository,
    head: Snapshot,
    options: Options,
    cache: Cache,
    world: Surroundings,
) -> Report:
    """The audit of what changed since another commit, which says how strictly."""
    from readiness import registry, since

    assert options.since is not None
    base = repository.snapshot(rev=since.find_base(repository, head, options.since, world.note))
    if repository.shallow:
        world.note("this clone is shallow: rules that read the history may find less")
    ask = partial(msgspec.structs.replace, options, since=None, baseline="", max_drop=None)
    of_base = ask(rev=None, staged=False, untracked=False, fail_under=None, fail_on=None)
    config = configure(repository, base, options, registry.rules())
    policy = None if same_policy(base, head, config) else base
    after = _recall_or_make(repository, head, ask(), cache, world, policy)
    report = None
    for now in (base.committed_at, head.committed_at):
        then = msgspec.structs.replace(base, committed_at=now)
        before = _recall_or_make(repository, then, of_base, cache, world)
        ends = since.Ends(base, head, before, after, config)
        report = since.judge(repository, ends, options, cache, world.today)
        if not since.time_matters(ends, report):
            break
    assert report is not None
    return report


def _recall_or_make(
    repository: Repository,
    snapshot: Snapshot,
    options: Options,
    cache: Cache,
    world: Surroundings,
    policy: Snapshot | None = None,
) -> Report:
    """The audit of a snapshot, under the configuration of `policy`, by default its own."""
    remembers = cache.usable and not repository.shallow and not options.baseline
    under = policy.commit if policy else ""
    key = memo.key(snapshot, msgspec.msgpack.encode((options, under))) if remembers else b""
    report = memo.recall(cache, key, str(world.today)) if remembers else None
    if report is not None:
        return report

    from readiness import registry

    rules = registry.rules()
    config = configure(repository, policy or snapshot, options, rules)
    known = baseline_of(repository, policy or snapshot, config, options)
    report, lasting = _make(repository, snapshot, options, config, known, rules, cache, world)
    if lasting and remembers:
        dated = any(waiver.until for waiver in config.waivers)
        day = str(world.today) if dated else ""
        memo.keep(cache, key, report, registry.packages(), day, config.packages)
    return report


def _make(
    repository: Repository,
    snapshot: Snapshot,
    options: Options,
    config: Config,
    known: Baseline,
    rules: Sequence[Rule],
    cache: Cache,
    world: Surroundings,
) -> tuple[Report, bool]:
    """The report, and whether it follows from the snapshot alone."""
    from pathlib import Path

    from readiness import assess, collect, gate, secrets, selection, story
    from readiness.index import languages, owners, unread
    from readiness.rule import of_commits, slices_of, summarise

    installed = tuple(summarise(rule) for rule in rules)
    rules = selection.choose(rules, config.select, config.ignore)
    files = visible(snapshot.files, config.exclude)
    excluded = len(snapshot.files) - len(files)
    snapshot = msgspec.structs.replace(snapshot, files=files)
    slices = slices_of(of_commits(rules), {file.path for file in files})
    secrets.keep_gate_in(Path(cache.folder) if cache.folder else None)
    collected = collect.collect(
        repository,
        files,
        cache,
        collect.version(cache),
        slices=slices,
        workers=world.workers,
        progress=world.progress,
    )
    history = partial(_history, repository, snapshot.commit, cache)
    index = RepoIndex(snapshot, collected.facts, config, history)
    found = assess.assess(
        index,
        rules,
        installed,
        world.today,
        unread=[skipped.path for skipped in collected.skipped],
        searched=assess.searches_secrets(slice_.name for slice_ in slices),
    )
    suppressed, lenient, scorecard = found.suppressed, found.lenient, found.scorecard
    answering = owners.tell(index, suppressed.active)
    proposed = reconciled = progress = None
    if options.plan:
        from readiness import planning
        from readiness.plan import previous

        audited = planning.Audited(
            index, rules, installed, collected.facts, lenient, suppressed, scorecard
        )
        answering = planning.with_gains(audited, answering)
        earlier = options.previous or _earlier_plan(repository, snapshot, config)
        proposed, reconciled = planning.make(
            audited, options, previous=earlier, changed=_changed(repository, snapshot)
        )
        if earlier is not None:
            asked = {rule.id for rule in found.rules} - {each.rule for each in lenient.errors}
            progress = previous.progress(earlier, index.files, found.judgement.findings, asked)
    stable = {rule.id for rule in rules if rule.status is Status.STABLE}
    gated = [finding for finding in suppressed.active if finding.rule in stable]
    comparison = _against(known, index, config, found, stable)
    report = Report(
        schema_version=SCHEMA_VERSION,
        tool_version=__version__,
        repository=snapshot.repository,
        remote=snapshot.remote,
        commit=snapshot.commit,
        dirty=snapshot.dirty,
        config_digest=digest(config),
        scorecard=scorecard,
        rules=found.rules,
        outcomes=found.judgement.outcomes,
        findings=suppressed.active,
        stories=story.tell(suppressed.active),
        waived=suppressed.waived,
        stale_waivers=suppressed.stale,
        rule_errors=lenient.errors,
        skipped_files=_skipped(collected.skipped, unread.reasons(index)),
        gate=gate.decide(scorecard, gated, config, lenient.errors, comparison),
        files=len(files),
        excluded=excluded,
        plan=proposed,
        reconciliation=reconciled,
        progress=progress,
        committed_at=snapshot.committed_at,
        owners=answering,
        source_lines=languages.source_lines(index) if options.plan else (),
        comparison=comparison,
    )
    lasting = (
        not lenient.errors
        and not collected.failed
        and all(skipped.reason.startswith(_LASTING) for skipped in collected.skipped)
        and ("history" not in vars(index) or index.history.complete)
    )
    return report, lasting


def _against(
    known: Baseline, index: RepoIndex, config: Config, found: Assessment, stable: set[str]
) -> Comparison | None:
    """What the baseline does not know of, and its entries that match nothing; null without one."""
    from readiness import baseline, gate

    if not known.source:
        return None

    def renamed(path: str) -> str:
        for _ in range(_HOPS):
            gone = index.history.removed.get(path)
            if gone is None or not gone.renamed_to:
                break
            path = gone.renamed_to
        return path

    asked = {rule.id for rule in found.rules} - {error.rule for error in found.lenient.errors}
    held = baseline.hold(known, found.judgement.findings, index.files, asked, renamed)
    active = {finding.fingerprint for finding in found.suppressed.active}
    new = [finding for finding in held.new if finding.fingerprint in active]
    news = [
        News(finding, counts=finding.rule in stable and gate.counts(finding, config))
        for finding in new
    ]
    return Comparison(
        base=known.source,
        new=tuple(sorted(news, key=lambda each: not each.counts)),
        old=len(held.known) + len(held.moved),
        moved=len(held.moved),
        waived=len(held.new) - len(new),
        stale=held.stale,
        rewritten=tuple((entry, baseline.entry_of(finding)) for entry, finding in held.moved),
    )


def _earlier_plan(repository: Repository, snapshot: Snapshot, config: Config) -> Plan | None:
    """The plan that the configuration names."""
    if not config.plan:
        return None
    from readiness.plan.document import read

    return read(content_of(repository, snapshot, config.plan, config.source), config.plan)


def _changed(repository: Repository, snapshot: Snapshot) -> frozenset[str]:
    """The paths that are not as in the commit that the snapshot stands on."""
    base: dict[str, str] = {}
    if snapshot.commit is not None:
        committed = repository.snapshot(rev=snapshot.commit)
        base = {file.path: file.blob_id for file in committed.files}
    return frozenset(file.path for file in snapshot.files if base.get(file.path) != file.blob_id)


def _skipped(
    unreadable: Iterable[SkippedFile], not_understood: Mapping[str, str]
) -> tuple[SkippedFile, ...]:
    """Each file once for each reason why it could not be read; else why it was not understood."""
    known = {skipped.path for skipped in unreadable}
    others = (SkippedFile(path, why) for path, why in not_understood.items() if path not in known)
    return tuple(sorted((*unreadable, *others)))


def _history(repository: Repository, commit: str | None, cache: Cache) -> History:
    """The history up to a commit, which never changes, unless the clone has only a part of it."""
    if commit is None:
        return History()
    if not cache.usable:
        return repository.history(commit)
    code = caching.code("repo", "index/history.py", "model/values.py")
    key = caching.key("history", commit, code)
    kept = None if repository.shallow else cache.get(key)
    if kept is not None:
        try:
            return msgspec.msgpack.decode(kept, type=History)
        except msgspec.MsgspecError:
            kept = None
    history = repository.history(commit)
    if history.complete:
        cache.put([(key, msgspec.msgpack.encode(history))])
    return history
