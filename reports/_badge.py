"""What a badge says: the score and the verdict, on a colour that is only the second sign."""

from __future__ import annotations

from msgspec import Struct

from readiness.model import Report, Verdict

from ._terminal import floored

LABEL = "readiness"
LABEL_COLOUR = "#3d444d"
GREEN, AMBER, ORANGE, RED, GREY = "#1a7f37", "#7d5a00", "#a8460d", "#b3261e", "#57606a"


class Face(Struct, frozen=True):
    message: str
    colour: str  # dark enough for white letters


def face(report: Report) -> Face:
    """The badge of a report."""
    card = report.scorecard
    if card.overall is None:
        return Face("nothing to assess", GREY)
    message = f"{floored(card.overall)} / 10, {card.verdict.lower()}"
    if card.verdict is Verdict.READY:
        return Face(message, GREEN)
    if card.verdict is Verdict.CONDITIONAL:
        return Face(message, AMBER)
    return Face(message, ORANGE if card.overall >= card.target / 2 else RED)
