"""Planning: the plan of an audited snapshot, with what each step of it gains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from msgspec import Struct
from msgspec.structs import replace

from readiness import judging, plan, score, story
from readiness.configure import Options
from readiness.index import RepoIndex
from readiness.judging import Judgement
from readiness.model import (
    Finding,
    Outcome,
    Owner,
    Plan,
    Reconciliation,
    RuleSummary,
    Scorecard,
    State,
)
from readiness.plan import reconcile
from readiness.plan.handmade import parse
from readiness.rule import Rule, summarise
from readiness.suppress import Suppressed

_DIGITS = 4


class Audited(Struct, frozen=True):
    """What the audit of a snapshot has found; `judgement` is what is left of it without what
    waivers answer for, `facts` are those of the index, and `installed` all rules that there are."""

    index: RepoIndex
    rules: Sequence[Rule]
    installed: Sequence[RuleSummary]
    facts: Mapping[str, Mapping[str, bytes]]
    judgement: Judgement
    suppressed: Suppressed
    scorecard: Scorecard


def make(
    audited: Audited, options: Options, *, previous: Plan | None, changed: Set[str]
) -> tuple[Plan, Reconciliation | None]:
    """The plan for what was found, and what the repository says to a plan that people wrote.

    `previous` and `changed` are those of `plan.propose`; the target is the configured one where
    neither the options nor a plan that is taken over give one.
    """
    what_if = WhatIf(audited)
    index = audited.index
    target = options.target
    handmade = parse(options.handmade) if options.handmade else None
    if handmade is not None and options.take_over:
        kept = reconcile.kept(handmade, index, options.handmade_source)
        previous = (
            kept if previous is None else replace(previous, actions=previous.actions + kept.actions)
        )
        target = handmade.target if target is None else target
    proposed = plan.propose(
        index,
        audited.suppressed.active,
        [summarise(rule) for rule in audited.rules],
        previous=previous,
        evaluate=what_if,
        target=index.config.target if target is None else target,
        changed=changed,
    )
    notes = (*proposed.notes, *what_if.notes())
    proposed = replace(proposed, notes=notes, gains=_gains(what_if, audited.suppressed.active))
    if handmade is None or options.take_over:
        return proposed, None
    found = audited.suppressed.active
    source = options.handmade_source
    return proposed, reconcile.reconcile(handmade, index, proposed, found, source)


def with_gains(audited: Audited, owners: Sequence[Owner]) -> tuple[Owner, ...]:
    """What the overall score gains if all was mended that one of the owners answers for."""
    what_if = WhatIf(audited)
    now = what_if(frozenset(), frozenset()).overall

    def gain(owner: Owner) -> float | None:
        then = what_if(frozenset(owner.fingerprints), frozenset()).overall
        return None if now is None or then is None else round(then - now, _DIGITS)

    return tuple(replace(owner, gain=gain(owner)) for owner in owners)


def _gains(what_if: WhatIf, findings: Iterable[Finding]) -> dict[str, float]:
    """What the overall score gains if all findings of one cause or rule were mended; see `Plan`."""
    now = what_if(frozenset(), frozenset()).overall
    gains = {}
    for name, found in sorted(story.groups(findings).items()):
        prints = frozenset(finding.fingerprint for finding in found)
        then = what_if(prints, frozenset()).overall
        if now is not None and then is not None:
            gains[name] = round(then - now, _DIGITS)
    return gains


class WhatIf:
    """The scorecard of the snapshot if findings were mended and files gone (`plan.gains.Evaluate`).

    Only the rules that lose a finding measure again. Where the rules are asked anew, they are
    asked about the same facts without those of the files that are gone.
    """

    def __init__(self, audited: Audited) -> None:
        self._audited = audited
        self._rules = {rule.id: rule for rule in audited.rules}
        self._waived = {entry.finding.fingerprint for entry in audited.suppressed.waived}
        self._known = {frozenset[str](): (audited.index, audited.judgement)}
        self._outcomes: dict[tuple[object, ...], Outcome] = {}

    def __call__(
        self, solved: Set[str], gone: Set[str], judged: frozenset[str] = frozenset()
    ) -> Scorecard:
        index, judgement = self._without(judged)
        left: dict[str, list[Finding]] = defaultdict(list)
        changed = set()
        for finding in judgement.findings:
            stays = None if finding.fingerprint in solved else _left(finding, gone)
            if stays is not None:
                left[finding.rule].append(stays)
            if stays is not finding:
                changed.add(finding.rule)
        outcomes = tuple(
            self._measured(judged, index, outcome.rule, left[outcome.rule])
            if outcome.rule in changed and outcome.state is State.MEASURED
            else outcome
            for outcome in judgement.outcomes
        )
        findings = tuple(finding for findings in left.values() for finding in findings)
        return self._score(score.Sheet(outcomes, findings))

    def _measured(
        self, judged: frozenset[str], index: RepoIndex, rule: str, left: list[Finding]
    ) -> Outcome:
        """How the rule measures what is left; the same is left in many cases."""
        key = (judged, rule, *((each.fingerprint, each.subjects) for each in left))
        known = self._outcomes.get(key)
        if known is None:
            known = self._outcomes[key] = self._rules[rule].measure(index, left)
        return known

    def notes(self) -> Iterator[str]:
        """What comes up that no action of the plan could know of."""
        before = {finding.fingerprint for finding in self._audited.judgement.findings}
        _, last = list(self._known.values())[-1]
        new = [finding for finding in last.findings if finding.fingerprint not in before]
        if new:
            rules = ", ".join(sorted({finding.rule for finding in new}))
            many = f"{len(new)} findings" if len(new) > 1 else "1 finding"
            yield (
                f"once what goes is gone, {many} of {rules} will come up that this plan does not "
                "hold yet; make it anew then"
            )

    def _without(self, gone: frozenset[str]) -> tuple[RepoIndex, Judgement]:
        known = self._known.get(gone)
        if known is None:
            whole = self._audited.index
            files = tuple(file for file in whole.snapshot.files if file.path not in gone)
            snapshot = replace(whole.snapshot, files=files)
            index = RepoIndex(snapshot, self._audited.facts, whole.config, lambda: whole.history)
            judgement = judging.judge(index, self._audited.rules)
            open_ = [each for each in judgement.findings if each.fingerprint not in self._waived]
            lenient = judging.without_waived(judgement, index, self._audited.rules, open_)
            known = self._known[gone] = index, lenient
        return known

    def _score(self, sheet: score.Sheet) -> Scorecard:
        card = self._audited.scorecard
        return score.evaluate(
            self._audited.installed,
            sheet,
            sheet,
            lines_covered=card.coverage.lines,
            target=card.target,
            profile=card.profile,
            owned=False,
        )


def _left(finding: Finding, gone: Set[str]) -> Finding | None:
    """What is left of a finding without the files that are gone."""
    if finding.location.path in gone:
        return None
    if gone.isdisjoint(finding.subjects):
        return finding
    subjects = tuple(path for path in finding.subjects if path not in gone)
    return replace(finding, subjects=subjects) if subjects else None
