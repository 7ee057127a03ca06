"""Assessing: what the rules find in a snapshot, what of it is waived, and the score of both."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from msgspec import Struct

from readiness import judging, score, secrets, suppress
from readiness.index import RepoIndex, languages
from readiness.judging import Judgement
from readiness.model import RuleSummary, Scorecard
from readiness.rule import Rule, of_commits, summarise
from readiness.suppress import Suppressed


class Assessment(Struct, frozen=True):
    """`judgement` holds every finding, `lenient` those that nobody answers for; `rules` are those
    that were asked."""

    rules: tuple[RuleSummary, ...]
    judgement: Judgement
    lenient: Judgement
    suppressed: Suppressed
    scorecard: Scorecard


def assess(
    index: RepoIndex,
    rules: Sequence[Rule],
    installed: Sequence[RuleSummary],
    today: datetime.date,
    *,
    unread: Iterable[str] = (),
    searched: bool = True,
) -> Assessment:
    """Asks `rules`, of all that are `installed`, about an index.

    `today` decides which waivers have expired. `unread` are the paths of the files that could not
    be read. `searched`: no facts hold a secret's characters; else what the rules quote is searched.
    """
    judgement = judging.judge(index, rules)
    if not searched:
        judgement = judging.redacted(judgement)
    summaries = tuple(summarise(rule) for rule in rules)
    asked = [summarise(rule) for rule in of_commits(rules)]
    suppressed = suppress.split(judgement.findings, index, asked, today, installed)
    lenient = judging.without_waived(judgement, index, rules, suppressed.active)
    scorecard = score.evaluate(
        installed,
        score.Sheet(judgement.outcomes, judgement.findings),
        score.Sheet(lenient.outcomes, lenient.findings),
        lines_covered=languages.understood_share(index),
        target=index.config.target,
        profile=index.profile.kind,
        owned=suppressed.owned,
        complete=not lenient.errors and not languages.hold_source(index, unread),
    )
    return Assessment(summaries, judgement, lenient, suppressed, scorecard)


def searches_secrets(names: Iterable[str]) -> bool:
    """Are secrets looked for where the slices of these names are extracted?"""
    return secrets.SLICE.name in names
