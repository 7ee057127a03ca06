"""Markdown: a comment on a pull request, updated in place by its hidden first line."""

from __future__ import annotations

from readiness.model import Report

from ._digest import digest

MARKER = "<!-- readiness -->"
_LIMIT = 65_536  # of GitHub, in characters; bytes are never fewer
_CHAPTERS = 5


def render(report: Report, *, colour: bool = False) -> str:
    """At most 65,536 bytes: the scores, what costs most and, folded, the worst findings."""
    room = _LIMIT - len(MARKER) - 1
    return f"{MARKER}\n" + digest(report, limit=room, chapters_of=_CHAPTERS, opened=False)
