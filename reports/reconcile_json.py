"""A reconciliation as JSON: each entry of the plan with what the repository says to it."""

from __future__ import annotations

from readiness.model import Report

from ._reconciliation import reconciliation_of
from .json import encode, evidence


def render(report: Report, *, colour: bool = False) -> str:
    """The reconciliation as indented JSON, one trailing newline; `colour` changes nothing."""
    found = reconciliation_of(report)
    assert report.plan is not None
    return encode(
        {
            "schema_version": report.schema_version,
            "tool_version": report.tool_version,
            "repository": report.repository,
            "base_commit": report.commit,
            "plan": report.plan.id,
            "source": found.source,
            "answers": [
                {
                    "kind": answer.claim.kind,
                    "subject": answer.claim.subject,
                    "line": answer.claim.line,
                    "section": answer.claim.section,
                    "ignored": answer.claim.ignored,
                    "standing": answer.standing,
                    "summary": answer.summary,
                    "evidence": [evidence(each) for each in answer.evidence],
                    "paths": answer.paths,
                    "actions": answer.actions,
                }
                for answer in found.answers
            ],
            "stated": [
                {
                    "dimension": stated.dimension,
                    "then": stated.then,
                    "target": stated.target,
                    "line": stated.line,
                }
                for stated in found.stated
            ],
            "missed": found.missed,
            "prose": found.prose,
        }
    )
