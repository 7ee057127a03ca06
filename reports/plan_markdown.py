"""The plan as Markdown: a document to read, to send and to tick off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readiness.model import (
    Action,
    ActionKind,
    Effort,
    Evidence,
    Finding,
    Priority,
    Report,
    Speaks,
    Verdict,
    Where,
)
from readiness.plan.schedule import is_urgent

from ._markdown import code, text
from ._plan import (
    WINDOWS,
    Stage,
    along,
    following,
    gain,
    kept,
    places,
    plan_of,
    points,
    score_after,
    score_applied,
    score_now,
    split,
    stages,
    work,
)
from ._terminal import count, place

_SAID = 6  # places of an action, of which each says what is wrong there
_ELSEWHERE = 3  # places of what is done outside
_LISTED = 12  # places of an action that are only listed
_CHANGES = (ActionKind.MODIFY, ActionKind.CREATE)
_FIRST = 12  # actions that the first page names
_MARK = "★"
_LISTS = (
    (ActionKind.MODIFY, "MODIFY"),
    (ActionKind.ARCHIVE, "ARCHIVE (stored and read back, then removed)"),
    (ActionKind.REMOVE, "REMOVE (Git's history keeps it)"),
    (ActionKind.CREATE, "CREATE"),
    (ActionKind.AUDIT, "AUDIT (a person decides)"),
    (ActionKind.ATTEST, "PROVE"),
)
_PRIORITIES = {
    Priority.CRITICAL: "CRITICAL (must be done)",
    Priority.IMPORTANT: "IMPORTANT (should be done)",
    Priority.NICE: "NICE TO HAVE (can wait)",
}


def render(report: Report, *, colour: bool = False) -> str:
    """The report's plan as Markdown; `colour` changes nothing."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    plan = plan_of(report)
    commit = f" at {plan.base_commit[:7]}" if plan.base_commit else ""
    yield f"# Readiness plan for {text(report.repository)}{commit}"
    yield ""
    if report.scorecard.verdict is Verdict.NOTHING or not work(plan):
        yield "Nothing to do." if report.files else "Nothing to do: no tracked files."
        return
    yield from _summary(report)
    yield from _scores(report)
    found = stages(plan, score_now(report))
    yield from _road_map(found)
    yield from _priorities(work(plan))
    yield from _keeps(kept(plan))
    findings = {finding.fingerprint: finding for finding in report.findings}
    fixes = {rule.id: rule.fix for rule in report.rules}
    for stage in found:
        yield from _stage(stage, findings, fixes)
    yield from _how()


def _summary(report: Report) -> Iterator[str]:
    plan = plan_of(report)
    card = report.scorecard
    goal = f", target {plan.target:g} in each dimension" if plan.target is not None else ""
    yield (
        f"**{points(score_now(report))} of 10 now ({card.verdict}), {points(score_after(report))} "
        f"when all is done{goal}.**"
    )
    yield ""
    yield f"- **Work:** {split(work(plan))}; {_efforts(work(plan))}."
    needed = [action for action in work(plan) if action.needed]
    if plan.forecast and plan.target is not None:
        short = [e for e in plan.forecast if e.after is not None and e.after < plan.target]
        names = " and ".join(each.dimension.label for each in short)
        if short:
            yield (
                f"- **Target:** with all done, {names} {'stays' if len(short) == 1 else 'stay'} "
                f"below {plan.target:g}; the {len(needed)} actions marked {_MARK} come as near."
            )
        elif not needed:
            yield f"- **Target:** each dimension is at {plan.target:g} already."
        else:
            yield (
                f"- **Target:** the {len(needed)} actions marked {_MARK} are enough "
                f"({_efforts(needed)})."
            )
    yield f"- **On the way:** {along(report)}, phase by phase."
    dirty = ", with changes that are not committed" if report.dirty else ""
    at = code(plan.base_commit[:12]) if plan.base_commit else "no commit yet"
    yield (
        f"- **Made from:** {at}{dirty}; plan {code(plan.id)}. Nothing was executed and "
        "nothing was changed."
    )
    if report.waived:
        waived = count(len(report.waived), "finding")
        yield f"- **Waived:** {waived}, which these scores leave out."
    for note in plan.notes:
        yield f"- {text(note[:1].upper() + note[1:])}."
    yield ""


def _efforts(actions: Sequence[Action]) -> str:
    told = {effort: sum(action.effort is effort for action in actions) for effort in Effort}
    names = {Effort.SMALL: "small", Effort.MEDIUM: "medium", Effort.LARGE: "large"}
    return ", ".join(f"{number} {names[effort]}" for effort, number in told.items() if number)


def _scores(report: Report) -> Iterator[str]:
    plan = plan_of(report)
    target = points(plan.target)
    yield "## Scores"
    yield ""
    yield "| Dimension | Now | After `readiness apply` | After this plan | Target |"
    yield "|---|---:|---:|---:|---:|"
    for each in plan.forecast:
        if each.now is not None:
            label = each.dimension.label
            applied, after = points(each.applied), points(each.after)
            yield f"| {label} | {points(each.now)} | {applied} | {after} | {target} |"
    values = (score_now(report), score_applied(report), score_after(report))
    yield f"| **Overall** | {' | '.join(f'**{points(value)}**' for value in values)} | |"
    yield ""
    yield (
        "Every action counts as done, an AUDIT when its question is decided and what was decided "
        "is carried out. What is kept for good goes on counting, unless a waiver answers for it."
    )
    yield ""


def _road_map(found: Sequence[Stage]) -> Iterator[str]:
    yield "## Road map"
    yield ""
    yield "| Phase | Window | Actions | In the repository | Outside | Score |"
    yield "|---|---|---:|---:|---:|---|"
    for stage in found:
        number = len(stage.actions)
        yield (
            f"| {stage.phase.value}. {stage.phase.label} | {WINDOWS[stage.phase]} | {number} | "
            f"{number - stage.outside} | {stage.outside} | "
            f"{points(stage.before)} -> {points(stage.after)} |"
        )
    yield ""
    yield (
        "The windows are those of the template, not an estimate; S, M and L say how much work an "
        "action is, and why."
    )
    yield ""


def _priorities(actions: Sequence[Action]) -> Iterator[str]:
    yield "## Priorities"
    yield ""
    for priority, title in _PRIORITIES.items():
        own = [action for action in actions if action.priority is priority]
        if own:
            listed = ", ".join(_ranges(own))
            yield f"- **{title}:** {count(len(own), 'action')}: {listed}"
        if priority is Priority.CRITICAL:
            titles, more = following((f"{each.id} {text(each.title)}" for each in own), _FIRST)
            yield from (f"  - {line}" for line in titles)
            if more:
                yield f"  - … and {more} more"
    yield ""


def _ranges(actions: Sequence[Action]) -> Iterator[str]:
    """A1, A4-A6: names that follow each other as one."""
    numbers = [int(action.id[1:]) for action in actions]
    start = previous = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number == previous + 1:
            previous = number
            continue
        yield f"A{start}" if start == previous else f"A{start}-A{previous}"
        if number is not None:
            start = previous = number


def _keeps(actions: Sequence[Action]) -> Iterator[str]:
    if not actions:
        return
    yield "## KEEP (not to be touched)"
    yield ""
    for action in actions:
        why = action.reason or action.title
        first = next((each for each in action.evidence), None)
        told = f" ({_told(first)})" if first and first.summary not in why else ""
        listed = places(action.paths, 4)
        shown = ", ".join(_place(path, number) for path, number in listed[:4])
        more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
        yield f"- {shown}{more}: {text(why)}{told}"
    yield ""


def _stage(stage: Stage, findings: dict[str, Finding], fixes: dict[str, str]) -> Iterator[str]:
    yield (
        f"## Phase {stage.phase.value}: {stage.phase.label} ({WINDOWS[stage.phase]}) · "
        f"{points(stage.before)} -> {points(stage.after)}"
    )
    yield ""
    yield f"{split(stage.actions)}."
    yield ""
    inside = [action for action in stage.actions if action.where is Where.REPOSITORY]
    outside = [action for action in stage.actions if action.where is Where.OUTSIDE]
    urgent = [action for action in outside if is_urgent(action)]
    if urgent and inside:
        yield from _list("First, outside the repository (today)", urgent, findings, fixes)
    for kind, title in _LISTS:
        own = [action for action in inside if action.kind is kind]
        yield from _list(title, own, findings, fixes)
    rest = [action for action in outside if not (inside and action in urgent)]
    yield from _list("Outside the repository", rest, findings, fixes)


def _list(
    title: str, actions: Sequence[Action], findings: dict[str, Finding], fixes: dict[str, str]
) -> Iterator[str]:
    if not actions:
        return
    yield f"### {title}"
    yield ""
    for action in actions:
        yield from _action(action, findings, fixes)
    yield ""


def _action(action: Action, findings: dict[str, Finding], fixes: dict[str, str]) -> Iterator[str]:
    mark = f" {_MARK}" if action.needed else ""
    facts = [" ".join(action.rules), f"{action.effort} ({action.effort_why})"]
    facts += [gain(action)]
    yield f"- [ ] **{action.id}**{mark} {text(action.title)} · " + " · ".join(filter(None, facts))
    asking = [findings[print_] for print_ in action.because if print_ in findings]
    if action.kind in _CHANGES:  # of what makes way for a removal the findings speak of that
        asking = [finding for finding in asking if finding.action in _CHANGES]
    if asking and action.kind in _CHANGES:
        made = ", ".join(map(code, action.paths)) if action.kind is ActionKind.CREATE else ""
        advice = text(_brief(fixes.get(_root(asking), "")))
        yield f"  - Do: {f'make {made}. ' if made else ''}{advice}"
    yield from (f"  - Held: {text(blocker)}" for blocker in action.blockers)
    yield from _details(action, asking)
    commands = [("Prove", action.verify), ("Undo", action.undo)]
    if shown := [f"{label}: {code(command)}" for label, command in commands if command]:
        yield f"  - {' · '.join(shown)}"


def _root(findings: Sequence[Finding]) -> str:
    """The rule whose advice mends all of these: of the one that lies where the cause does."""
    for finding in findings:
        if finding.cause and finding.cause.startswith(f"{finding.location.path}:"):
            return finding.rule
    return findings[0].rule if findings else ""


def _details(action: Action, findings: Sequence[Finding]) -> Iterator[str]:
    """Where it is, and what speaks for and against it."""
    if action.kind in _CHANGES or action.where is Where.OUTSIDE:
        yield from _places_to_change(action, findings)
    else:
        yield from _reasons(action, findings)


def _places_to_change(action: Action, findings: Sequence[Finding]) -> Iterator[str]:
    most = _ELSEWHERE if action.where is Where.OUTSIDE else _SAID
    said = _said(action, findings)
    if len(said) == 1 and said[0].summary in action.title:
        said = [Evidence("at", said[0].location)] if said[0].location.path else []
    shown, more = following(map(_told, said), most)
    if more and len(action.because) > len(said):
        more = len(action.because) - len(shown)
    yield from (f"  - {line}" for line in shown)
    if more:
        yield f"  - … and {more} more"


def _reasons(action: Action, findings: Sequence[Finding]) -> Iterator[str]:
    """The files of a removal or question, and what each of its findings says, where it has
    several: those of what is held speak of files too that go."""
    messages = {finding.message for finding in findings}
    each = [told for told in action.evidence if told.summary in messages]
    several = len(each) > 1 and not action.blockers
    if len(action.paths) > 1 and not (several and len(each) <= _SAID):
        yield f"  - {', '.join(_place(*entry) for entry in places(action.paths, _LISTED))}"
    if several:
        shown, more = following(map(_told, each), _SAID if len(each) <= _SAID else _SAID // 2)
        yield from (f"  - {line}" for line in shown)
        if more:
            yield f"  - … and {more} more, each with its reason in the TOML file"
    elif len(each) < 2:
        reasons = [told for told in action.evidence if told.speaks is Speaks.FOR]
        yield from (f"  - For: {_told(told)}" for told in reasons[:2])
    against = [told for told in action.evidence if told.speaks is Speaks.AGAINST]
    yield from (f"  - Against: {_told(told)}" for told in against[:3])


def _said(action: Action, findings: Sequence[Finding]) -> list[Evidence]:
    """What is wrong at each place: of one finding its evidence, of more their messages."""
    if len(findings) <= 1 or action.where is Where.OUTSIDE:
        return list(action.evidence)
    return [Evidence(finding.message, finding.location) for finding in findings]


def _told(evidence: Evidence) -> str:
    where = place(evidence.location)
    if evidence.summary == "at":
        return f"at {code(where)}"
    said = text(evidence.summary)
    path = evidence.location.path or ""
    if where and (f"{path} " in evidence.summary or evidence.summary.endswith(path)):
        line = evidence.location.line
        return f"{said} (line {line})" if line else said
    return f"{said}: {code(where)}" if where else said


def _place(path: str, number: int) -> str:
    return code(path) + (f" ({count(number, 'file')})" if path.endswith("/") else "")


def _brief(fix: str) -> str:
    """The first sentences of a rule's advice."""
    sentences = fix.split(". ")
    told = sentences[0]
    for sentence in sentences[1:]:
        if len(told) + len(sentence) > 200:
            break
        told += ". " + sentence
    return told.rstrip(".") + "."


def _how() -> Iterator[str]:
    yield "## How to carry it out"
    yield ""
    yield "```sh"
    yield "readiness plan --format toml --output plan.toml  # to change: KEEP with a reason, decide"
    yield "readiness apply plan.toml                        # says what would happen"
    yield "readiness apply plan.toml --apply                # archives, then commits on a branch"
    yield "readiness restore --all                          # gives back byte for byte"
    yield "readiness audit                                  # after each phase: as promised?"
    yield "```"
