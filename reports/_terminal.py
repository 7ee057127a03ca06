"""What the two formats for people in a terminal share: width, colour, bars, safe text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from textwrap import wrap as wrap_text

from readiness.model import Location, Report, Scorecard

WIDTH = 100
BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"
# Invisible and direction-changing characters, the control characters that JSON leaves as are, and
# what is no character at all.
INVISIBLE = (
    r"\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    r"\ufeff\ufff9-\ufffb\ufffe\uffff"
)
_UNSAFE = re.compile(rf"[\x00-\x1f{INVISIBLE}]")


def safe(text: str) -> str:
    """`text` with control, invisible and direction-changing characters written as escapes."""
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def columns(text: str) -> int:
    """How many columns a terminal gives to `text`."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - marks


def fit(text: str, width: int) -> str:
    """`text` cut in the middle, where it must be, so that its beginning and its end still tell."""
    if columns(text) <= width:
        return text
    head = max(1, width // 3)
    tail = max(1, width - head - 1)
    return f"{text[:head]}…{text[-tail:]}"


def wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    """`text` in lines of at most WIDTH columns, the second and later ones behind `hanging`."""
    return wrap_text(
        safe(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )


class Paint:
    """Terminal colours, or none: colour is never the only sign."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def bold(self, text: str) -> str:
        return self(text, "1")

    def dim(self, text: str) -> str:
        return self(text, "2")

    def score(self, text: str, value: float, target: float) -> str:
        return self(text, "32" if value >= target else "33" if value >= target / 2 else "31")


def floored(value: float) -> str:
    """A score as people see it: one decimal, never rounded up to what was not reached."""
    return f"{math.floor(value * 10 + 1e-9) / 10:.1f}"


def bar(value: float) -> str:
    """A bar of BAR columns for 0 to 10."""
    whole, rest = divmod(round(value / 10 * BAR * 8), 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(BAR, "·")


def place(location: Location) -> str:
    """path:line, as far as known."""
    if location.path is None:
        return ""
    return safe(f"{location.path}:{location.line}" if location.line else location.path)


def count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def heading(report: Report, paint: Paint) -> str:
    """Name and commit on the left, verdict and score on the right."""
    card = report.scorecard
    commit = f" at {report.commit[:7]}" if report.commit else " (no commit yet)"
    left = safe(report.repository) + commit + (" with local changes" if report.dirty else "")
    if card.overall is None:
        return paint.bold(left)
    score = f"{floored(card.overall)} / 10"
    right = f"{card.verdict}  {score}"
    gap = " " * max(2, WIDTH - columns(left) - len(right))
    return paint.bold(left) + gap + paint.score(right, card.overall, card.target)


def incomplete(report: Report) -> Iterator[str]:
    """What keeps the audit from being whole, each in a line."""
    for error in report.rule_errors:
        yield from wrapped(f"incomplete: rule {error.rule} crashed: {error.error}", "  ", "    ")
    if report.skipped_files:
        shown = report.skipped_files[:3]
        more = len(report.skipped_files) - len(shown)
        names = "; ".join(f"{skipped.path} ({skipped.reason})" for skipped in shown)
        rest = f"; and {more} more" if more else ""
        number = count(len(report.skipped_files), "file was", "files were")
        yield from wrapped(f"{number} not read: {names}{rest}", "  ", "    ")
    for stale in report.stale_waivers:
        yield from wrapped(f"{place(stale.location)}: {stale.message}", "  ", "    ")


def waiver_note(card: Scorecard) -> str:
    """The score with waivers beside the raw one, where it differs."""
    if card.with_waivers is None or card.with_waivers == card.overall:
        return ""
    return f"with waivers {floored(card.with_waivers)}"
