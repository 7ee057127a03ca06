"""Badge: a static picture that needs no server, readable without colour and by screen readers."""

from __future__ import annotations

from readiness.model import Report

from ._badge import LABEL, LABEL_COLOUR, face

_HEIGHT = 20
_PADDING = 6
_CORNER = 4
# Widths of the letters in tenths of a pixel at 11 px; the picture holds each text to its width.
_NARROW = dict.fromkeys("ijl.,/ ", 38)
_WIDE = dict.fromkeys("mw", 95)
_USUAL = 67


def render(report: Report, *, colour: bool = False) -> str:
    """An SVG picture with its words as its title."""
    shown = face(report)
    left, right = (_width(text) + 2 * _PADDING for text in (LABEL, shown.message))
    title = f"{LABEL}: {shown.message}"
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" \
aria-label="{title}">
<title>{title}</title>
<rect width="{left + right}" height="{_HEIGHT}" rx="{_CORNER}" fill="{shown.colour}"/>
<rect width="{left}" height="{_HEIGHT}" rx="{_CORNER}" fill="{LABEL_COLOUR}"/>
<rect x="{left - _CORNER}" width="{_CORNER}" height="{_HEIGHT}" fill="{LABEL_COLOUR}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
{_text(LABEL, _PADDING)}
{_text(shown.message, left + _PADDING)}
</g>
</svg>
"""


def _text(text: str, start: int) -> str:
    return f'<text x="{start}" y="14" textLength="{_width(text)}">{text}</text>'


def _width(text: str) -> int:
    widths = _NARROW | _WIDE
    return round(sum(widths.get(letter, _USUAL) for letter in text) / 10)
