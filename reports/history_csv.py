"""The history as CSV (RFC 4180): a line for each point, oldest first."""

from __future__ import annotations

import csv
import io

from readiness.model import Dimension, Trend

from ._trend import moment

HEADER = (
    *("commit", "at", "release", "overall", "with_waivers", "verdict", *map(str, Dimension)),
    *("findings", "causes", "model_version", "tool_version"),
    *("reported_overall", "reported_model_version", "reported_tool_version"),
)
_GUARDED = ("=", "+", "-", "@", "\t", "\r")  # spreadsheets take what begins so for a formula


def render(trend: Trend, *, colour: bool = False) -> str:
    """The points with a header; empty where a score was not assessed. `colour` changes nothing."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for point in trend.points:
        told = point.reported
        scores = (point.dimensions.get(dimension) for dimension in Dimension)
        writer.writerow(
            (
                *(point.commit, moment(point.at), _text(point.release)),
                *(point.overall, point.with_waivers, point.verdict.value, *scores),
                *(point.findings, point.causes, point.model_version, point.tool_version),
                *((told.overall, told.model_version, told.tool_version) if told else ("",) * 3),
            )
        )
    return out.getvalue()


def _text(value: str) -> str:
    """What people wrote, so that no spreadsheet calculates it."""
    return f"'{value}" if value.startswith(_GUARDED) else value
