"""Words of the weekly page: days, sizes of work, and texts cut to their room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from readiness.model import Action, Effort

from ._terminal import fit

_LONGEST = 56  # characters of a path on the first page
_SENTENCES = 190  # characters of what can happen
_LONG = re.compile(rf"[^\s`()]{{{_LONGEST + 1},}}")
_CLAUSE = re.compile(r"; | \(|, (?:where|which|so|but|and) ")
SIZES = {Effort.SMALL: "small", Effort.MEDIUM: "medium", Effort.LARGE: "large"}


def day(seconds: int) -> str:
    """4 January 2026, of a time in seconds since 1970."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%B %Y}"


def brief(text: str, longest: int = _LONGEST) -> str:
    """`text` with long words, which are paths, made shorter: a path keeps its first folder and
    its name."""
    return _LONG.sub(lambda word: _brief(word[0], longest), text)


def _brief(word: str, longest: int) -> str:
    parts = word.rstrip("/").split("/")
    first, name = parts[0], parts[-1] + ("/" if word.endswith("/") else "")
    forms = (f"{first}/…/{name}", f"…/{name}") if len(parts) > 2 and first else ()
    return next((form for form in forms if len(form) <= longest), fit(word, longest))


def shortened(text: str, width: int) -> str:
    """`text` of at most `width` characters: cut after a clause, else after a word."""
    if len(text) <= width:
        return text
    room = text[: width - 1]
    ends = [match.start() for match in _CLAUSE.finditer(room)]
    if ends and ends[-1] >= width // 2:
        cut = room[: ends[-1]]
    else:
        cut = (room.rpartition(" ")[0] or room).rstrip(" ,;:.(")
    return cut + ("`…" if cut.count("`") % 2 else "…")


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
