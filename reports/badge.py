"""Badge: the endpoint JSON that shields.io draws."""

from __future__ import annotations

from readiness.model import Report

from ._badge import LABEL, face
from .json import encode


def render(report: Report, *, colour: bool = False) -> str:
    """One JSON object with the keys that an endpoint may have."""
    shown = face(report)
    return encode(
        {
            "schemaVersion": 1,
            "label": LABEL,
            "message": shown.message,
            "color": shown.colour.removeprefix("#"),
        }
    )
