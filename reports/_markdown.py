"""Text from anywhere as Markdown: code stays code, and nothing else becomes markup."""

from __future__ import annotations

import re

from ._terminal import safe

_SPAN = re.compile(r"`[^`]+`")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
_CALLS = re.compile(r"@|#\d|://|www\.")  # would call somebody, name an issue, or be a link
_ADJACENT = re.compile(r"(?<=`)\0(?=`)")  # two pieces of code, which would be read as one
_TOKEN = re.compile(r"(?P<open>[\"'(]*)(?P<core>\S+?)(?P<close>[\"'),.;:!?]*)$")
_CODE = re.compile(r"[_*<>\[\]|~]|/|^\.\w|\w\.(?:py|sh|ya?ml|json|toml|md|tsx?|jsx?|env|txt)\b")


def text(value: str) -> str:
    """`value` on one line: what stands between backticks or looks like a path becomes code, the
    rest is escaped where it would be markup or would call somebody."""
    value = " ".join(safe(value.replace("\n", " ")).split())
    out, position = [], 0
    for span in _SPAN.finditer(value):
        out += [_words(value[position : span.start()]), code(span[0][1:-1])]
        position = span.end()
    out.append(_words(value[position:]))
    return _ADJACENT.sub(r"\g<0> ", "\0".join(filter(None, out))).replace("\0", "")


def code(value: str) -> str:
    """`value` as code, whatever it holds; a | is escaped as in tables."""
    value = safe(value)
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", value)), default=0))
    pad = " " if value[:1] == "`" or value[-1:] == "`" else ""
    return f"{fence}{pad}{value}{pad}{fence}"


def _words(value: str) -> str:
    return " ".join(map(_word, value.split(" ")))


def _word(word: str) -> str:
    match = _TOKEN.match(word)
    calls = _CALLS.search(word)
    if match and (calls or ("`" not in word and _CODE.search(match["core"]))):
        core, close = match["core"], match["close"]
        if close.startswith(")") and core.count("(") > core.count(")"):
            core, close = core + ")", close[1:]
        return _SPECIAL.sub(r"\\\1", match["open"]) + code(core) + close
    return _SPECIAL.sub(r"\\\1", word)
