"""Words of the weekly page: days, sizes of work, and texts cut to their room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from readiness.model import Action, Effort

from ._terminal import fit

_LONGEST = 44  # characters of a path on the first page
_SENTENCES = 190  # characters of what can happen
_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")
SIZES = {Effort.SMALL: "small", Effort.MEDIUM: "medium", Effort.LARGE: "large"}


def day(seconds: int) -> str:
    """4 January 2026, of a time in seconds since 1970."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%B %Y}"


def brief(text: str, longest: int = _LONGEST) -> str:
    """`text` with long words, which are paths, cut in their middle."""
    return _LONG.sub(lambda word: fit(word[0], longest), text)


def shortened(text: str, width: int) -> str:
    """`text` of at most `width` characters, cut at a word."""
    if len(text) <= width:
        return text
    head, _, _ = text[: width - 1].rpartition(" ")
    return (head or text[: width - 1]).rstrip(" ,;:.(") + "…"


def sentences(text: str, width: int = _SENTENCES) -> str:
    """As many whole sentences of `text` as `width` characters hold, at least one."""
    told, *rest = re.split(r"(?<=[.!?]) (?=[A-Z`\"])", text)
    for sentence in rest:
        if len(told) + len(sentence) >= width:
            break
        told += f" {sentence}"
    return told


def efforts(actions: Sequence[Action]) -> str:
    """2 small, 1 large: how much work there is by the size of it."""
    told = {effort: sum(action.effort is effort for action in actions) for effort in Effort}
    return ", ".join(f"{number} {SIZES[effort]}" for effort, number in told.items() if number)
