"""What the formats of the history share."""

from __future__ import annotations

import datetime

SPARKS = "▁▂▃▄▅▆▇█"
NOTHING = "·"


def moment(at: int) -> str:
    """Seconds since 1970 as a time of RFC 3339, in UTC."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: int) -> str:
    """Seconds since 1970 as a date, in UTC."""
    return _utc(at).strftime("%Y-%m-%d")


def _utc(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)


def sparkline(values: list[float | None], width: int) -> str:
    """A character for each score from 0 to 10, for evenly chosen ones where there are more than
    `width`; the last is always the last."""
    if len(values) > width:
        last = len(values) - 1
        values = [values[round(number * last / (width - 1))] for number in range(width)]
    return "".join(
        NOTHING if value is None else SPARKS[min(len(SPARKS) - 1, int(value / 10 * len(SPARKS)))]
        for value in values
    )


def change(value: float | None) -> str:
    """A difference of scores with its sign; "" where there is none to tell."""
    if value is None:
        return ""
    return f"{value:+.1f}" if abs(value) >= 0.05 else "±0"
