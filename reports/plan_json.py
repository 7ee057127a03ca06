"""The plan as JSON: sorted as it is to be done, without time stamps."""

from __future__ import annotations

from typing import Any

from readiness.model import Action, Report

from .json import encode, evidence


def render(report: Report, *, colour: bool = False) -> str:
    """The report's plan as indented JSON, one trailing newline; `colour` changes nothing."""
    assert report.plan is not None
    return encode(
        {
            "schema_version": report.schema_version,
            "tool_version": report.tool_version,
            "repository": report.repository,
            "base_commit": report.plan.base_commit,
            "dirty": report.dirty,
            "actions": [_action(action) for action in report.plan.actions],
        }
    )


def _action(action: Action) -> dict[str, Any]:
    return {
        "kind": action.kind,
        "title": action.title,
        "paths": action.paths,
        "because": action.because,
        "blockers": action.blockers,
        "evidence": [evidence(each) for each in action.evidence],
    }
