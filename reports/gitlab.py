"""GitLab: a Code Quality report of every open finding that belongs to a file."""

from __future__ import annotations

from collections import Counter

import msgspec

from readiness.model import Report

from ._links import anchor, on_disk
from ._severity import CODE_QUALITY
from ._terminal import safe
from .json import visible


def render(report: Report, *, colour: bool = False) -> str:
    """A JSON array, one finding a line, the worst first."""
    names = {rule.id: rule.name for rule in report.rules}
    ordinals: Counter[str] = Counter()
    lines = []
    for finding in report.findings:
        place = anchor(finding)
        if place is None or place.path is None:
            continue
        fingerprint = finding.fingerprint
        ordinals[fingerprint] += 1
        if ordinals[fingerprint] > 1:
            fingerprint += f"-{ordinals[fingerprint]}"
        entry = {
            "description": safe(finding.message),
            "check_name": f"{finding.rule} {names[finding.rule]}",
            "fingerprint": fingerprint,
            "severity": CODE_QUALITY[finding.severity],
            "location": {"path": on_disk(place.path), "lines": {"begin": place.line}},
        }
        lines.append(msgspec.json.encode(entry).decode())
    body = ",\n".join(lines)
    return visible(f"[\n{body}\n]\n" if body else "[]\n")
