"""Since: the audit of a change. Both ends are audited whole, under the policy of the base."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from readiness import baseline, collect, compare, gate, judging, registry, selection, suppress
from readiness.cache import Cache
from readiness.config import PYPROJECT, STANDALONE, Config, plain
from readiness.configure import LARGEST, Options, baseline_of, configure, visible
from readiness.errors import RepositoryError, UsageError, one_line
from readiness.facts import hooks, shell, text, workflow
from readiness.index import RepoIndex
from readiness.index.archives import PROGRAMS
from readiness.model import (
    BaselineEntry,
    Comparison,
    Finding,
    News,
    Report,
    ScoreStep,
    SkippedFile,
    Snapshot,
    Waived,
)
from readiness.repo import Repository
from readiness.repo.objects import DAMAGED, MISSING
from readiness.rule import Change, ChangeRule, Rule, Side, Status, slices_of, summarise

_DEEPEN = (
    "git fetch --unshallow brings it (GitHub: actions/checkout with fetch-depth: 0; GitLab:"
    ' GIT_DEPTH: "0")'
)
TOO_LARGE = "larger than "  # the beginning of a reason for not reading a file
NO_TEXT = "it is no text"
_SOURCE = PROGRAMS | {
    "cfg",
    "conf",
    "dockerfile",
    "env",
    "ini",
    "properties",
    "toml",
    "yaml",
    "yml",
}
_PARENTED = "..."  # behind a name: the merge base with it


class Ends(Struct, frozen=True):
    """Both ends of a change, each with the audit of it; the configuration is that of the base."""

    base: Snapshot
    head: Snapshot
    before: Report
    after: Report
    config: Config


def find_base(
    repository: Repository, head: Snapshot, asked: str, note: Callable[[str], object]
) -> str:
    """The id of the commit that `head` is held against.

    `asked` is a revision, which is taken as it is, or one with `...` behind it, for the merge base
    with it; "" is the merge base with the default branch.

    Raises:
        UsageError: there is none, or this clone cannot tell.
    """
    if head.commit is None:
        raise UsageError("there is no commit yet to compare with; audit without --since")
    if asked and not asked.endswith(_PARENTED):
        commit = _resolve(repository, asked)
        if not repository.is_ancestor(commit, head.commit) and not repository.shallow:
            note(
                f"{one_line(asked)} is not an ancestor of what is audited: what was mended there"
                f" counts as new here; --since {one_line(asked)}{_PARENTED} takes the merge base"
            )
        return commit
    if asked:
        name, other = asked.removesuffix(_PARENTED), ""
        other = _resolve(repository, name)
    else:
        branch = repository.default_branch()
        if branch is None:
            raise UsageError(
                "no default branch is known here (no origin/HEAD, main or master); name what to"
                " compare with: --since REV" + _hint(repository)
            )
        name, other = branch
    found = repository.merge_base(other, head.commit)
    if found is None and repository.shallow:
        raise UsageError(
            f"this clone is shallow and lacks the commit where this change left {one_line(name)};"
            f" {_DEEPEN}"
        )
    if found is None:
        raise UsageError(f"{one_line(name)} and what is audited have no commit in common")
    return found


def _resolve(repository: Repository, revision: str) -> str:
    try:
        return repository.resolve(revision)
    except UsageError as error:
        if repository.shallow:
            raise UsageError(
                f"--since {one_line(revision)}: this clone is shallow and holds no such commit;"
                f" {_DEEPEN}"
            ) from error
        raise UsageError(f"--since: {error}") from error


def _hint(repository: Repository) -> str:
    return f"; this clone is shallow: {_DEEPEN}" if repository.shallow else ""


def judge(
    repository: Repository,
    ends: Ends,
    options: Options,
    cache: Cache,
    today: datetime.date,
) -> Report:
    """The audit of `head` with what is new in it, and the gate that only that can fail.

    Raises:
        ReadinessError: a file of the base is not there to be read, or the configuration of the
        change is at fault.
    """
    _hold_whole(ends)
    before, after = (_blobs(end, ends.config) for end in (ends.base, ends.head))
    trees = compare.Trees(before, after, _reader(repository))
    errors = {e.rule: e for report in (ends.before, ends.after) for e in report.rule_errors}
    known = compare.compare(_told(ends.before, errors), _told(ends.after, errors), trees)
    change = _change(repository, ends, trees, options, cache)
    loosened = _loosened(change, ends.config, today)
    found = _news(ends, known, change)
    news = [*found.news, *(_judged(finding, "", ends.config) for finding in loosened.active)]
    order = {id(f): n for n, f in enumerate(judging.sort_findings(each.finding for each in news))}
    comparison = Comparison(
        base=ends.base.commit or "",
        new=tuple(sorted(news, key=lambda each: (not each.counts, order[id(each.finding)]))),
        fixed=judging.sort_findings(known.fixed),
        old=found.old,
        moved=sum(pair.moved for pair in known.pairs),
        waived=found.waived + len(loosened.waived),
        before=ends.before.scorecard.with_waivers,
        after=ends.after.scorecard.with_waivers,
        scores=_scores(ends),
        stale=_stale(change, ends),
    )
    reopened = [each.finding for each in found.reopened]
    return replace(
        ends.after,
        findings=judging.sort_findings((*ends.after.findings, *reopened, *loosened.active)),
        waived=tuple(each for each in ends.after.waived if each not in found.reopened),
        comparison=comparison,
        gate=gate.decide(
            ends.after.scorecard,
            (),
            ends.config,
            errors.values(),
            comparison,
            _unread(ends, trees, change),
        ),
    )


def time_matters(ends: Ends, report: Report) -> bool:
    """Might it say less if the base were judged at the time of the head?"""
    comparison = report.comparison
    assert comparison is not None
    dropped = any(
        step.before is not None and step.after is not None and step.after < step.before
        for step in comparison.scores
    )
    return (bool(comparison.new) or dropped) and ends.base.committed_at != ends.head.committed_at


def _hold_whole(ends: Ends) -> None:
    """Raises RepositoryError where the base could not be read as far as the head could."""
    there = {skipped.path for skipped in ends.after.skipped_files}
    for skipped in ends.before.skipped_files:
        if skipped.reason in (MISSING, DAMAGED) and skipped.path not in there:
            raise RepositoryError(
                f"{one_line(skipped.path)} of the base cannot be read: {skipped.reason}; so what is"
                " new cannot be told. git fetch --refetch brings it, or clone without --filter"
            )


def _unread(ends: Ends, trees: compare.Trees, change: Change) -> list[SkippedFile]:
    """The files of the change that could not be judged and could before, or are new. Data that is
    too large, or no text, is left out: the audit says that it did not read it."""
    before = {trees.renames.path(skipped.path) for skipped in ends.before.skipped_files}
    known = {trees.renames.path(path) for path in trees.before}
    skipped = [
        skipped
        for skipped in ends.after.skipped_files
        if skipped.path not in before
        and trees.before.get(skipped.path) != trees.after.get(skipped.path)
        and not (
            skipped.reason.startswith(TOO_LARGE)
            and skipped.path not in known
            and not _is_source(skipped.path)
        )
    ]
    binary, was_binary = (
        {path for path, facts in side.index.each(text.SLICE) if facts.encoding == "binary"}
        for side in (change.after, change.before)
    )
    told = {each.path for each in skipped}
    new = binary.difference(map(change.renamed, was_binary), told)
    return skipped + [SkippedFile(path, NO_TEXT) for path in sorted(new) if _is_source(path)]


def _is_source(path: str) -> bool:
    """Is it by its name what rules read, and not data?"""
    return path.rpartition("/")[2].rpartition(".")[2].lower() in _SOURCE


def _told(report: Report, crashed: Container[str]) -> list[Finding]:
    """All findings, but those of rules that crashed at either end: the other's say nothing."""
    return [finding for finding in _all(report) if finding.rule not in crashed]


def _all(report: Report) -> list[Finding]:
    return [*report.findings, *(waived.finding for waived in report.waived)]


def _blobs(snapshot: Snapshot, config: Config) -> dict[str, str]:
    return {file.path: file.blob_id for file in visible(snapshot.files, config.exclude)}


def _reader(repository: Repository) -> Callable[[Iterable[str]], Mapping[str, bytes]]:
    def read(ids: Iterable[str]) -> Mapping[str, bytes]:
        contents = repository.read(sorted(ids), LARGEST)
        return {id_: content for id_, content in contents if isinstance(content, bytes)}

    return read


class _Found(Struct, frozen=True):
    """What is new; how many findings are old, or new under a waiver; and what is open because its
    waiver came with the change."""

    news: list[News]
    old: int
    waived: int
    reopened: list[Waived]


def _news(ends: Ends, known: compare.Compared, change: Change) -> _Found:
    answers = {each.finding.fingerprint: each for each in ends.after.waived}
    ignored = _free_ignores(ends, known, change)
    news: list[News] = []
    reopened: list[Waived] = []
    waived = old = 0
    for finding in known.new:
        answer = answers.get(finding.fingerprint)
        if answer is None:
            news.append(_judged(finding, "", ends.config))
        elif not answer.inline or _use(ignored, finding):
            waived += 1
        else:
            reopened.append(answer)
            why = "the comment that ignores it came, or was moved, with this change"
            news.append(_judged(finding, why, ends.config))
    for pair in known.pairs:
        why = _worse(pair, ends.config)
        if why and pair.after.fingerprint not in answers:
            news.append(_judged(pair.after, why, ends.config))
        else:
            old += 1
    return _Found(news, old, waived, reopened)


def _judged(finding: Finding, why: str, config: Config) -> News:
    stable = _rule(finding).status is Status.STABLE
    return News(finding, why, stable and gate.counts(finding, config))


def _rule(finding: Finding) -> Rule:
    return next(rule for rule in registry.rules() if rule.id == finding.rule)


def _worse(pair: compare.Pair, config: Config) -> str:
    """What is new about a finding that was there before; empty where nothing is."""
    if pair.added:
        more = f" and {len(pair.added) - 1:,} more" if len(pair.added) > 1 else ""
        return f"{one_line(pair.added[0])}{more} came with this change"
    if gate.counts(pair.after, config) and not gate.counts(pair.before, config):
        if pair.after.severity.rank < pair.before.severity.rank:
            return f"it was only {pair.before.severity} before this change"
        return "it was too unsure to count before this change"
    return ""


def _scores(ends: Ends) -> tuple[ScoreStep, ...]:
    return tuple(
        ScoreStep(before.dimension, before.with_waivers, after.with_waivers)
        for before, after in zip(
            ends.before.scorecard.dimensions, ends.after.scorecard.dimensions, strict=True
        )
    )


def _change(
    repository: Repository, ends: Ends, trees: compare.Trees, options: Options, cache: Cache
) -> Change:
    """The evidence of what may loosen the policy: what changed, what configures, what CI runs."""
    rules = registry.rules()
    plain_options = Options(isolated=options.isolated)
    sides = []
    for snapshot, other in ((ends.base, ends.head), (ends.head, ends.base)):
        config = configure(repository, snapshot, plain_options, rules)
        there = {file.path: file.blob_id for file in other.files}
        files = tuple(
            file
            for file in snapshot.files
            if there.get(file.path) != file.blob_id or _decides(file.path)
        )
        judges = [rule for rule in rules if isinstance(rule, ChangeRule)]
        slices = slices_of(judges, {file.path for file in files})
        collected = collect.collect(repository, files, cache, collect.version(cache), slices=slices)
        index = RepoIndex(replace(snapshot, files=files), collected.facts, config)
        known = baseline_of(repository, snapshot, config, options)
        sides.append(Side(index, known.entries, known.source))
    before, after = sides
    return Change(before, after, trees.renames.path)


def _decides(path: str) -> bool:
    return path in (PYPROJECT, STANDALONE) or any(
        slice_.kind(path) is not None for slice_ in (workflow.SLICE, shell.SLICE, hooks.SLICE)
    )


def _loosened(change: Change, config: Config, today: datetime.date) -> suppress.Suppressed:
    """What the rules of changes say, under the waivers of the base."""
    rules = selection.choose(registry.rules(), config.select, config.ignore)
    judges = [rule for rule in rules if isinstance(rule, ChangeRule)]
    findings = [finding for rule in judges for finding in rule.check_change(change)]
    nothing = RepoIndex(replace(change.after.index.snapshot, files=()), {}, config)
    return suppress.split(findings, nothing, map(summarise, judges), today)


def _free_ignores(ends: Ends, known: compare.Compared, change: Change) -> Counter[tuple[str, str]]:
    """(path, rule) of each inline ignore of the base, where its file lies now, but for those whose
    finding is still there: a comment that is moved away from it answers for nothing new."""
    ignores = Counter(
        (change.renamed(path), plain(rule))
        for path, facts in change.before.index.each(text.SLICE)
        for ignore in facts.ignores
        for rule in ignore.rules
    )
    inline = {each.finding.fingerprint for each in ends.before.waived if each.inline}
    for pair in known.pairs:
        if pair.before.fingerprint in inline:
            _use(ignores, pair.after)
    return ignores


def _use(ignores: Counter[tuple[str, str]], finding: Finding) -> bool:
    """Takes an ignore that answers for the finding; is there one?"""
    for name in (plain(finding.rule), plain(_rule(finding).name)):
        if ignores[finding.location.path or "", name] > 0:
            ignores[finding.location.path or "", name] -= 1
            return True
    return False


def _stale(change: Change, ends: Ends) -> tuple[BaselineEntry, ...]:
    """The entries of the baseline that this change leaves without a finding."""
    held = baseline.hold(
        baseline.Baseline(change.after.baseline, change.after.baseline_path),
        _all(ends.after),
        {file.path for file in ends.head.files},
        {rule.id for rule in ends.after.rules} - {error.rule for error in ends.after.rule_errors},
        change.renamed,
    )
    there = {finding.fingerprint for finding in _all(ends.before)}
    return tuple(entry for entry in held.stale if entry.fingerprint in there)
