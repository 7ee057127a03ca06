"""The gate: findings and policy -> passed, or why not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from readiness.config import Config
from readiness.errors import one_line
from readiness.model import (
    BaselineEntry,
    Comparison,
    Condition,
    Confidence,
    Finding,
    Gate,
    RuleError,
    Scorecard,
    Severity,
    SkippedFile,
)

_EPSILON = 1e-9
_SHOWN = 5  # stale entries that are named


def decide(
    scorecard: Scorecard,
    findings: Iterable[Finding],
    config: Config,
    errors: Iterable[RuleError] = (),
    comparison: Comparison | None = None,
    unread: Sequence[SkippedFile] = (),
) -> Gate:
    """Holds the score with waivers and the open `findings` against `fail_under` and `fail_on`.

    `fail_on` counts findings at least that severe and of at least medium confidence. With a
    `comparison` only what is new counts, and without `fail_on` all of it that is at least low;
    against a commit, a score fails `fail_under` where it fell below, and `max_drop` is asked. Stale
    entries of a baseline fail it, and so do files of the change that were `unread`. Where anything
    is asked, a rule that crashed fails it: nobody knows what it would have found.
    """
    conditions = []
    if config.fail_under is not None:
        conditions.append(Condition("fail_under", _below(scorecard, config.fail_under, comparison)))
    if comparison is not None:
        new = sum(news.counts for news in comparison.new)
        why = f"{new:,} new {'finding' if new == 1 else 'findings'}" if new else ""
        if new and config.fail_on:
            why += f" at or above fail_on = {config.fail_on}"
        conditions.append(Condition("new findings", why))
        conditions += _drops(comparison, config)
        if comparison.stale:
            conditions.append(Condition("baseline", _stale(comparison.stale)))
        if unread:
            conditions.append(Condition("reading", _unread(unread)))
    elif config.fail_on is not None:
        severe = sum(counts(finding, config) for finding in findings)
        noun = "finding" if severe == 1 else "findings"
        why = f"{severe} open {noun} at or above fail_on = {config.fail_on}" if severe else ""
        conditions.append(Condition("fail_on", why))
    if conditions:
        conditions += [
            Condition(error.rule, f"rule {error.rule} crashed, so what it would find is unknown")
            for error in errors
        ]
    failed = tuple(condition.why for condition in conditions if condition.why)
    return Gate(passed=not failed, why=failed, conditions=tuple(conditions))


def counts(finding: Finding, config: Config) -> bool:
    """Is it severe and sure enough to fail the gate? By default what is low is."""
    threshold = Severity(config.fail_on or Severity.LOW)
    return finding.severity.rank <= threshold.rank and finding.confidence is not Confidence.LOW


def _below(scorecard: Scorecard, limit: float, comparison: Comparison | None) -> str:
    score = scorecard.with_waivers
    of_commits = comparison is not None and bool(comparison.scores)
    if comparison and of_commits and (comparison.before is None or comparison.before < limit):
        return ""  # that is old
    if score is None:
        return f"nothing could be assessed, and fail_under = {limit:g}"
    if score < limit:
        return f"the score is {_shown(score)}, below fail_under = {limit:.10g}"
    return ""


def _drops(comparison: Comparison, config: Config) -> Iterator[Condition]:
    for step in comparison.scores if config.max_drop is not None else ():
        limit = config.max_drop
        if isinstance(limit, dict):
            limit = limit.get(step.dimension.value)
        if limit is None or step.before is None or step.after is None:
            continue
        why = ""
        if step.before - step.after > limit + _EPSILON:
            why = (
                f"{step.dimension.label} drops from {step.before:.2f} to {step.after:.2f}, by more"
                f" than max_drop = {limit:g}"
            )
        yield Condition(f"max_drop {step.dimension.value}", why)


def _stale(stale: Sequence[BaselineEntry]) -> str:
    shown = ", ".join(f"line {entry.line} ({one_line(entry.told)})" for entry in stale[:_SHOWN])
    more = f" and {len(stale) - _SHOWN:,} more" if len(stale) > _SHOWN else ""
    noun = "1 entry" if len(stale) == 1 else f"{len(stale):,} entries"
    verb = "matches" if len(stale) == 1 else "match"
    return (
        f"{noun} of the baseline {verb} nothing any more: delete {shown}{more};"
        " readiness baseline --update does it"
    )


def _unread(files: Sequence[SkippedFile]) -> str:
    shown = ", ".join(f"{one_line(each.path)} ({each.reason})" for each in files[:_SHOWN])
    more = f" and {len(files) - _SHOWN:,} more" if len(files) > _SHOWN else ""
    return f"what this change brings in {shown}{more} could not be judged"


def _shown(score: float) -> str:
    """A score as the reports show it: one decimal, never rounded up to what was not reached."""
    return f"{math.floor(score * 10 + 1e-9) / 10:.1f}"
