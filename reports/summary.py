"""Step summary: the audit on the page of a GitHub run; append it to `$GITHUB_STEP_SUMMARY`."""

from __future__ import annotations

from readiness.model import Report

from ._digest import digest

_LIMIT = 1_048_576  # bytes that GitHub takes of a step
_CHAPTERS = 20


def render(report: Report, *, colour: bool = False) -> str:
    """At most 1 MiB: as `markdown`, with every finding for which there is room."""
    return digest(report, limit=_LIMIT, chapters_of=_CHAPTERS, opened=True)
