"""The colours of the pages, by what they are for: the same names in light and in dark.

Charts carry the light ones as attributes too, for printers that read no style sheet inside SVG.
"""

from __future__ import annotations

LIGHT = {
    "ground": "#ffffff",
    "panel": "#f3f6f9",
    "ink": "#14202c",
    "muted": "#4c5b69",
    "line": "#ccd6df",
    "link": "#0a4da8",
    "bar": "#2c69ad",
    "track": "#dfe6ed",
    "good": "#1b6b3a",
    "bad": "#9b1c1c",
    "critical": "#9b1c1c",
    "high": "#963d08",
    "medium": "#6f5200",
    "low": "#2b5c80",
    "info": "#4c5b69",
    "critical-tint": "#f5cfcc",
    "high-tint": "#fbdcc6",
    "medium-tint": "#f6e9b9",
    "low-tint": "#d5e5f1",
    "info-tint": "#e4e9ee",
}
DARK = {
    "ground": "#0e151c",
    "panel": "#17212b",
    "ink": "#e7eef5",
    "muted": "#a3b3c2",
    "line": "#33414f",
    "link": "#84baff",
    "bar": "#5f9fe4",
    "track": "#283543",
    "good": "#6fce94",
    "bad": "#ff9a93",
    "critical": "#ff9a93",
    "high": "#ffb07a",
    "medium": "#e5c863",
    "low": "#93c5ea",
    "info": "#a3b3c2",
    "critical-tint": "#5a2322",
    "high-tint": "#57331c",
    "medium-tint": "#4a3e14",
    "low-tint": "#203d54",
    "info-tint": "#2c3843",
}


def variables(palette: dict[str, str]) -> str:
    """A palette as CSS."""
    return " ".join(f"--{name}: {colour};" for name, colour in palette.items())
