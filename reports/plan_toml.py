"""The plan as TOML: the file that people change and `readiness apply` carries out."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Report
from readiness.plan.document import write

from ._plan import plan_of, points, score_after, score_now, work


def render(report: Report, *, colour: bool = False) -> str:
    """The report's plan as TOML with its evidence in comments; `colour` changes nothing."""
    return write(plan_of(report), repository=report.repository, notes=list(_head(report)))


def _head(report: Report) -> Iterator[str]:
    plan = plan_of(report)
    commit = f" at {plan.base_commit[:7]}" if plan.base_commit else ""
    yield (
        f"Readiness plan for {report.repository}{commit}: {points(score_now(report))} of 10 now, "
        f"{points(score_after(report))} when all is done"
    )
    yield ""
    yield "Carry it out:  readiness apply THIS_FILE            says what would happen"
    yield "               readiness apply THIS_FILE --apply    does it, on a branch of its own"
    yield "Change it:     `action` to KEEP, with a `reason`: later plans obey it; AUDIT to ARCHIVE"
    yield "               or to REMOVE where you have decided; delete paths or whole actions"
    needed = sum(action.needed for action in work(plan))
    if needed and plan.target is not None:
        yield f"needed = true  marks the {needed} actions that target {plan.target:g} needs"
    yield from plan.notes
