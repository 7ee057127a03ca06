"""The plan as JSON: in the order in which it is done, without time stamps (docs/plan.md)."""

from __future__ import annotations

from typing import Any

from readiness.model import Action, Report

from ._plan import plan_of, score_after, score_now
from .json import encode, evidence


def render(report: Report, *, colour: bool = False) -> str:
    """The report's plan as indented JSON, one trailing newline; `colour` changes nothing."""
    plan = plan_of(report)
    return encode(
        {
            "schema_version": report.schema_version,
            "tool_version": report.tool_version,
            "model_version": report.scorecard.model_version,
            "repository": report.repository,
            "base_commit": plan.base_commit,
            "dirty": report.dirty,
            "plan": plan.id,
            "target": plan.target,
            "scores": {
                "now": score_now(report),
                "after": score_after(report),
                "dimensions": [
                    {
                        "dimension": each.dimension,
                        "now": each.now,
                        "applied": each.applied,
                        "after": each.after,
                    }
                    for each in plan.forecast
                ],
            },
            "notes": plan.notes,
            "actions": [_action(action) for action in plan.actions],
        }
    )


def _action(action: Action) -> dict[str, Any]:
    return {
        "id": action.id,
        "kind": action.kind,
        "phase": action.phase.value,
        "phase_name": action.phase.label,
        "priority": action.priority,
        "where": action.where,
        "title": action.title,
        "paths": action.paths,
        "blobs": action.blobs,
        "edits": [
            {"kind": edit.kind, "path": edit.path, "what": edit.what, "line": edit.line}
            for edit in action.edits
        ],
        "rules": action.rules,
        "because": action.because,
        "blockers": action.blockers,
        "evidence": [evidence(each) for each in action.evidence],
        "effort": action.effort,
        "effort_why": action.effort_why,
        "gain": action.gain,
        "after": action.after,
        "needed": action.needed,
        "verify": action.verify,
        "undo": action.undo,
        "reason": action.reason,
    }
