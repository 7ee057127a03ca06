"""The history as JSON: its points oldest first, what changed, and the outlook."""

from __future__ import annotations

from typing import Any

from readiness.model import Delta, Outlook, Point, Trend

from ._trend import moment
from .json import encode

SCHEMA_VERSION = 1


def render(trend: Trend, *, colour: bool = False) -> str:
    """The trend as indented JSON, one trailing newline; `colour` changes nothing."""
    return encode(document(trend))


def document(trend: Trend) -> dict[str, Any]:
    """The trend as JSON's plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "repository": trend.repository,
        "points": [_point(point) for point in trend.points],
        "deltas": [_delta(delta) for delta in trend.deltas],
        "first_seen": {print_: moment(at) for print_, at in sorted(trend.first_seen.items())},
        "outlook": _outlook(trend.outlook),
    }


def _point(point: Point) -> dict[str, Any]:
    told = point.reported
    return {
        "commit": point.commit,
        "at": moment(point.at),
        "release": point.release or None,
        "overall": point.overall,
        "with_waivers": point.with_waivers,
        "verdict": point.verdict,
        "dimensions": _values(point.dimensions),
        "coverage": {"rules": point.coverage.rules, "lines": point.coverage.lines},
        "findings": point.findings,
        "causes": point.causes,
        "model_version": point.model_version,
        "tool_version": point.tool_version,
        "reported": None
        if told is None
        else {
            "overall": told.overall,
            "dimensions": _values(told.dimensions),
            "model_version": told.model_version,
            "tool_version": told.tool_version,
        },
    }


def _values(dimensions: dict[Any, float | None]) -> dict[str, float | None]:
    return {str(dimension): value for dimension, value in dimensions.items()}


def _delta(delta: Delta) -> dict[str, Any]:
    return {
        "weeks": delta.weeks,
        "commit": delta.commit,
        "at": moment(delta.at),
        "overall": delta.overall,
        "dimensions": _values(delta.dimensions),
        "fixed": [
            {"fingerprint": trace.fingerprint, "rule": trace.rule, "path": trace.path}
            for trace in delta.fixed
        ],
        "new": delta.new,
        "reopened": delta.reopened,
    }


def _outlook(outlook: Outlook) -> dict[str, Any]:
    return {
        "earliest": None if outlook.earliest is None else moment(outlook.earliest),
        "latest": None if outlook.latest is None else moment(outlook.latest),
        "left": outlook.left,
        "done_per_week": outlook.done_per_week,
        "new_per_week": outlook.new_per_week,
        "weeks": outlook.weeks,
        "reason": outlook.reason,
    }
