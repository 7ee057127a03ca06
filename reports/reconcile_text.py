"""A reconciliation in a terminal: an entry of the hand-made plan a line, worst first."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Answer, Report, Standing

from ._plan import plan_of
from ._reconciliation import TITLES, groups, reconciliation_of, scores, summary, verb
from ._terminal import WIDTH, Paint, columns, count, fit, incomplete, place, safe, wrapped
from .text import fit_end

_SUBJECT = 42
_EVIDENCE = (Standing.CONTRADICTED, Standing.ASKED)


def render(report: Report, *, colour: bool = False) -> str:
    """The reconciliation in at most 100 columns; `colour` adds terminal colours."""
    return "\n".join(_lines(report, Paint(colour))) + "\n"


def _lines(report: Report, paint: Paint) -> Iterator[str]:
    found = reconciliation_of(report)
    commit = f" at {report.commit[:7]}" if report.commit else ""
    head = f"{safe(fit(found.source, 40))} against {safe(report.repository)}{commit}"
    yield paint.bold(head)
    yield from wrapped(summary(found), "  ", "    ")
    told = list(scores(report))
    if told:
        yield ""
        for what, then, now, target in told:
            yield f"  {what:<16} said {then:>4}   is {now:>4}   to become {target:>4}"
    yield from incomplete(report)
    for standing, answers in groups(found):
        yield ""
        yield paint.bold(f"{TITLES[standing]} ({len(answers)})")
        for answer in answers:
            yield from _answer(answer)
    if found.prose:
        yield ""
        number = count(len(found.prose), "entry that names", "entries that name")
        lines = ", ".join(map(str, found.prose[:20]))
        yield from wrapped(f"{number} no path, for people to answer: line {lines}", "", "  ")
    actions = {action.id: action for action in plan_of(report).actions}
    if found.missed:
        yield ""
        number = count(len(found.missed), "action")
        yield paint.bold(f"Found, and not mentioned there ({number} of today's plan)")
        for name in found.missed:
            lead = f"  {name:<4} {actions[name].kind:<8} "
            yield lead + fit_end(safe(actions[name].title), WIDTH - columns(lead))
    yield ""
    yield "Next:  readiness plan --reconcile FILE --format toml --output plan.toml"
    yield "       today's plan, with the files that FILE keeps by name, and its target"


def _answer(answer: Answer) -> Iterator[str]:
    lead = f"  {answer.claim.line:>4}  {verb(answer):<8} "
    subject = fit(safe(answer.claim.subject), _SUBJECT)
    head = f"{lead}{subject:<{_SUBJECT}}  "
    names = ",".join(answer.actions[:4]) + ("…" if len(answer.actions) > 4 else "")
    said = safe(answer.summary) + (f" ({names})" if names else "")
    if columns(said) <= WIDTH - columns(head):
        yield head + said
    else:
        yield head.rstrip()
        yield from wrapped(said, " " * 17)
    if answer.standing in _EVIDENCE:
        shown = dict.fromkeys(place(each.location) for each in answer.evidence)
        yield from (" " * 17 + fit(where, WIDTH - 17) for where in list(shown)[:3] if where)
