"""The one orchestrator: snapshot -> facts -> index -> rules -> score -> report."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from readiness import __version__, memo
from readiness import cache as caching
from readiness.cache import Cache
from readiness.config import Config, digest
from readiness.configure import Options, configure, overlooked
from readiness.index import RepoIndex
from readiness.index.history import History
from readiness.model import (
    Finding,
    Outcome,
    Report,
    RuleError,
    SkippedFile,
    Snapshot,
    State,
    TrackedFile,
)
from readiness.repo import Repository
from readiness.rule import Rule, Status

SCHEMA_VERSION = 1
_NO_FILES = "there are no files to judge"
_LASTING = "larger than "  # the reason for not reading a file that no other audit will see changed


class Surroundings(Struct, frozen=True):
    """What an audit takes from the world and shows to it. None of it changes the report, but for
    the dates of waivers: `today`."""

    today: datetime.date
    cache: str | None = None  # the folder; null for none
    workers: int | None = None
    progress: Callable[[int, int], None] | None = None
    note: Callable[[str], object] = lambda note: None


def audit(path: str, options: Options, world: Surroundings) -> Report:
    """Audits the repository that holds the folder `path`.

    Raises:
        ReadinessError: the repository, its configuration or the options are at fault.
    """
    with Repository.open(path) as repository:
        snapshot = repository.snapshot(
            rev=options.rev, staged=options.staged, untracked=options.untracked
        )
        for note in overlooked(repository, snapshot, options):
            world.note(note)
        places = (repository.root, repository.git_folder, repository.common_folder)
        with Cache.open(world.cache, places) as cache:
            report = _recall_or_make(repository, snapshot, options, cache, world)
    for note in cache.notes:
        world.note(note)
    return report


def _recall_or_make(
    repository: Repository,
    snapshot: Snapshot,
    options: Options,
    cache: Cache,
    world: Surroundings,
) -> Report:
    remembers = cache.usable and not repository.shallow
    key = memo.key(snapshot, msgspec.msgpack.encode(options)) if remembers else b""
    report = memo.recall(cache, key, str(world.today)) if remembers else None
    if report is not None:
        return report

    from readiness import registry

    rules = registry.rules()
    config = configure(repository, snapshot, options, rules)
    report, lasting = _make(repository, snapshot, options, config, rules, cache, world)
    if lasting and remembers:
        dated = any(waiver.until for waiver in config.waivers)
        day = str(world.today) if dated else ""
        memo.keep(cache, key, report, registry.packages(), day)
    return report


def _make(
    repository: Repository,
    snapshot: Snapshot,
    options: Options,
    config: Config,
    rules: Sequence[Rule],
    cache: Cache,
    world: Surroundings,
) -> tuple[Report, bool]:
    """The report, and whether it follows from the snapshot alone."""
    from pathlib import Path

    from readiness import collect, gate, plan, score, secrets, selection, story, suppress
    from readiness.index import languages, unread
    from readiness.rule import slices_of, summarise

    installed = tuple(summarise(rule) for rule in rules)
    rules = selection.choose(rules, config.select, config.ignore)
    files = _visible(snapshot.files, config.exclude)
    excluded = len(snapshot.files) - len(files)
    snapshot = msgspec.structs.replace(snapshot, files=files)
    slices = slices_of(rules, {file.path for file in files})
    secrets.keep_gate_in(Path(cache.folder) if cache.folder else None)
    collected = collect.collect(
        repository,
        files,
        cache,
        caching.code("facts", "secrets", "model/values.py", "collect.py") if cache.usable else "",
        slices=slices,
        workers=world.workers,
        progress=world.progress,
    )
    history = partial(_history, repository, snapshot.commit, cache)
    index = RepoIndex(snapshot, collected.facts, config, history)
    judgement = judge(index, rules)
    if not any(slice_.name == secrets.SLICE.name for slice_ in slices):
        judgement = _redacted(judgement)
    summaries = tuple(summarise(rule) for rule in rules)
    suppressed = suppress.split(judgement.findings, index, summaries, world.today, installed)
    lenient = _without_waived(judgement, index, rules, suppressed.active)
    unread_paths = [skipped.path for skipped in collected.skipped]
    scorecard = score.evaluate(
        installed,
        score.Sheet(judgement.outcomes, judgement.findings),
        score.Sheet(lenient.outcomes, lenient.findings),
        lines_covered=languages.understood_share(index),
        target=config.target,
        profile=index.profile.kind,
        owned=suppressed.owned,
        complete=not lenient.errors and not languages.hold_source(index, unread_paths),
    )
    stable = {rule.id for rule in rules if rule.status is Status.STABLE}
    gated = [finding for finding in suppressed.active if finding.rule in stable]
    report = Report(
        schema_version=SCHEMA_VERSION,
        tool_version=__version__,
        repository=snapshot.repository,
        remote=snapshot.remote,
        commit=snapshot.commit,
        dirty=snapshot.dirty,
        config_digest=digest(config),
        scorecard=scorecard,
        rules=summaries,
        outcomes=judgement.outcomes,
        findings=suppressed.active,
        stories=story.tell(suppressed.active),
        waived=suppressed.waived,
        stale_waivers=suppressed.stale,
        rule_errors=lenient.errors,
        skipped_files=_skipped(collected.skipped, unread.reasons(index)),
        gate=gate.decide(scorecard, gated, config, lenient.errors),
        files=len(files),
        excluded=excluded,
        plan=plan.propose(index, suppressed.active) if options.plan else None,
    )
    lasting = (
        not lenient.errors
        and not collected.failed
        and all(skipped.reason.startswith(_LASTING) for skipped in collected.skipped)
        and ("history" not in vars(index) or index.history.complete)
    )
    return report, lasting


def _visible(files: tuple[TrackedFile, ...], exclude: Sequence[str]) -> tuple[TrackedFile, ...]:
    if not exclude:
        return files

    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(exclude)
    return tuple(file for file in files if not spec.match_file(file.path))


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


class Judgement(Struct, frozen=True):
    """What the rules say of one index: findings worst first, one outcome a rule, the crashes."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    errors: tuple[RuleError, ...]


def judge(index: RepoIndex, rules: Sequence[Rule]) -> Judgement:
    """Runs every rule; one that raises becomes an error and an unknown outcome, never a pass."""
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    errors: list[RuleError] = []
    for rule in rules:
        try:
            found, outcome = _judge_one(index, rule)
        except Exception as error:  # a third party's rule may raise anything
            text = f"{type(error).__name__}: {error}"
            errors.append(RuleError(rule.id, text))
            found, outcome = [], Outcome(rule.id, State.UNKNOWN, 0.0, rule.severity, text)
        findings += found
        outcomes.append(outcome)
    return Judgement(sort_findings(findings), tuple(outcomes), tuple(errors))


def _redacted(judgement: Judgement) -> Judgement:
    """The judgement without secrets in what rules quote; they were not looked for before."""
    from readiness.secrets import redact

    findings, outcomes = judgement.findings, judgement.outcomes
    quotes = {finding.message for finding in findings} | {finding.cause for finding in findings}
    quotes |= {evidence.summary for finding in findings for evidence in finding.evidence}
    quotes |= {outcome.reason for outcome in outcomes}
    end = "\n\0\n"  # no text holds it, and all together are searched in the time of a few
    texts = sorted(quotes)
    shown = dict(zip(texts, redact(end.join(texts)).split(end), strict=True))
    replace = msgspec.structs.replace
    return Judgement(
        tuple(
            replace(
                finding,
                message=shown[finding.message],
                cause=shown[finding.cause],
                evidence=tuple(
                    replace(evidence, summary=shown[evidence.summary])
                    for evidence in finding.evidence
                ),
            )
            for finding in findings
        ),
        tuple(replace(outcome, reason=shown[outcome.reason]) for outcome in outcomes),
        judgement.errors,
    )


def _judge_one(index: RepoIndex, rule: Rule) -> tuple[list[Finding], Outcome]:
    reason = rule.applies(index) if index.files else _NO_FILES
    if reason is not None:
        return [], Outcome(rule.id, State.NOT_APPLICABLE, 1.0, rule.severity, reason)
    found = list(rule.check(index))
    return found, rule.measure(index, found)


def _without_waived(
    judgement: Judgement, index: RepoIndex, rules: Sequence[Rule], active: Sequence[Finding]
) -> Judgement:
    """The judgement without the findings that someone answers for."""
    left: dict[str, list[Finding]] = defaultdict(list)
    for finding in active:
        left[finding.rule].append(finding)
    before = Counter(finding.rule for finding in judgement.findings)
    outcomes: list[Outcome] = []
    errors = list(judgement.errors)
    for rule, outcome in zip(rules, judgement.outcomes, strict=True):
        if before[rule.id] != len(left[rule.id]):
            try:
                outcome = rule.measure(index, left[rule.id])
            except Exception as error:
                errors.append(RuleError(rule.id, f"{type(error).__name__}: {error}"))
        outcomes.append(outcome)
    return Judgement(tuple(active), tuple(outcomes), tuple(errors))


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst and surest first, then by rule, path, line and key: the same order in every run."""
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                finding.severity.rank,
                finding.confidence.rank,
                finding.rule,
                finding.location.path or "",
                finding.location.line or 0,
                finding.key,
            ),
        )
    )
