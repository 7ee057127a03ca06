"""A reconciliation as Markdown: what became of a plan, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Answer, Report, Standing

from ._markdown import code, text
from ._plan import plan_of
from ._reconciliation import TITLES, groups, reconciliation_of, scores, summary, verb
from ._terminal import count, place

_EVIDENCE = 3
_SAYING = (Standing.CONTRADICTED, Standing.ASKED)


def render(report: Report, *, colour: bool = False) -> str:
    """The reconciliation as Markdown; `colour` changes nothing."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    found = reconciliation_of(report)
    commit = f" at {report.commit[:7]}" if report.commit else ""
    yield f"# What became of {code(found.source)}"
    yield ""
    yield f"Held against {text(report.repository)}{commit}. {summary(found)}."
    yield ""
    told = list(scores(report))
    if told:
        yield "| Score | Then | Now | Target |"
        yield "|---|---:|---:|---:|"
        yield from (f"| {' | '.join(row)} |" for row in told)
        yield ""
    for standing, answers in groups(found):
        yield f"## {TITLES[standing]} ({len(answers)})"
        yield ""
        for answer in answers:
            yield from _answer(answer)
        yield ""
    if found.prose:
        number = count(len(found.prose), "entry that names", "entries that name")
        lines = ", ".join(map(str, found.prose))
        yield f"{number} no path, for people to answer: line {lines}."
        yield ""
    actions = {action.id: action for action in plan_of(report).actions}
    if found.missed:
        yield f"## Found, and not mentioned there ({len(found.missed)})"
        yield ""
        for name in found.missed:
            yield f"- **{name}** {actions[name].kind}: {text(actions[name].title)}"


def _answer(answer: Answer) -> Iterator[str]:
    names = f" ({', '.join(answer.actions)})" if answer.actions else ""
    yield (
        f"- line {answer.claim.line}: **{verb(answer)}** {code(answer.claim.subject)}: "
        f"{text(answer.summary)}{names}"
    )
    if answer.standing in _SAYING:
        said = [each for each in answer.evidence if each.summary not in answer.summary]
        for each in said[:_EVIDENCE]:
            where = place(each.location)
            yield f"  - {text(each.summary)}" + (f": {code(where)}" if where else "")
