"""What the formats of a reconciliation share: answers by standing, and scores as stated."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.model import Answer, Reconciliation, Report, Standing

from ._plan import points, score_now
from ._terminal import count

TITLES = {
    Standing.CONTRADICTED: "Contradicted by the repository",
    Standing.ASKED: "In question: a person decides",
    Standing.TRUE: "Still true, still to do",
    Standing.GONE: "No longer true",
    Standing.UNTOLD: "Cannot be told by rules",
    Standing.DONE: "Done",
}


def reconciliation_of(report: Report) -> Reconciliation:
    """The report's reconciliation; only reports that have one are rendered as such."""
    assert report.reconciliation is not None
    return report.reconciliation


def groups(found: Reconciliation) -> list[tuple[Standing, list[Answer]]]:
    """The answers by standing, what contradicts first."""
    by_standing = [
        (standing, [answer for answer in found.answers if answer.standing is standing])
        for standing in TITLES
    ]
    return [(standing, answers) for standing, answers in by_standing if answers]


def verb(answer: Answer) -> str:
    return "IGNORE" if answer.claim.ignored else answer.claim.kind


def summary(found: Reconciliation) -> str:
    """How many claims there are, and how they stand."""
    told = ", ".join(f"{len(answers)} {standing}" for standing, answers in groups(found))
    total = count(len(found.answers), "entry", "entries")
    return f"{total}: {told}" if told else "no entry names a path"


def scores(report: Report) -> Iterator[tuple[str, str, str, str]]:
    """(what, then, now, target) for each score that the plan states, once."""
    now = {score.dimension: score.with_waivers for score in report.scorecard.dimensions}
    seen: dict[str, tuple[str, str, str, str]] = {}
    for stated in reconciliation_of(report).stated:
        label = stated.dimension.label if stated.dimension else "Overall"
        today = score_now(report) if stated.dimension is None else now.get(stated.dimension)
        known = seen.get(label, ("", "-", "-", "-"))
        then = points(stated.then) if stated.then is not None else known[1]
        target = points(stated.target) if stated.target is not None else known[3]
        seen[label] = label, then, points(today), target
    yield from seen.values()
