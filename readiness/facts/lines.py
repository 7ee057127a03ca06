"""The lines of a text that hold something, in the time of a few searches: most lines of most files
say nothing, and to look at each alone costs more than all that is then found.

Each `text` here begins with a newline that is not counted: a regular expression that says with a
newline where a line begins is found sooner than one with `^`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """The beginning of one line; `start` is its place in the text, `number` counts from 1."""

    number: int
    start: int
    text: str


def lines_with(regex: re.Pattern[str], text: str, most: int) -> Iterator[Line]:
    """The lines in which a match of `regex` ends, up to `most` characters of each; a match has at
    least one character."""
    number = end = 0
    while match := regex.search(text, end):
        start = text.rfind("\n", end, match.end()) + 1
        number += text.count("\n", end, start)
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield Line(number, start, text[start : min(end, start + most)])


def lines_holding(words: Iterable[str], text: str, most: int) -> Iterator[Line]:
    """The lines that hold one of `words`, which are of small ASCII letters, in any case; up to
    `most` characters of each."""
    lowered = text.encode().lower().decode()  # unlike `str.lower`, this moves no character
    number = before = 0
    for start in sorted({start for word in words for start in _starts(word, lowered)}):
        number += text.count("\n", before, start)
        before = start
        yield Line(number, start, line_at(start, text, most))


def _starts(word: str, text: str) -> Iterator[int]:
    end = 0
    while end >= 0 and (place := text.find(word, end)) >= 0:
        yield text.rfind("\n", end, place) + 1
        end = text.find("\n", place)


def line_at(start: int, text: str, most: int) -> str:
    """Up to `most` characters of the line that starts at `start`."""
    end = text.find("\n", start, start + most)
    return text[start : start + most if end < 0 else end]
