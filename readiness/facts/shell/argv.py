"""Commands that are given as a list of words, as images, compose files and manifests give them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from readiness.facts.credentials import veil_words
from readiness.facts.shell import Command, commands

_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "ksh"}
_SCRIPT_FLAG = re.compile(r"-[a-z]*c")
LONGEST = 200_000  # characters of one command line that are looked at


def exec_form(words: Sequence[str], line: int) -> tuple[Command, ...]:
    """One command with these words, or the commands of the script in `sh -c "..."`."""
    if not words:
        return ()
    if words[0].rpartition("/")[2] in _SHELLS:
        for number, word in enumerate(words[1:-1], 1):
            if not word.startswith(("-", "+")):
                break
            if _SCRIPT_FLAG.fullmatch(word):
                parsed = commands(words[number + 1][:LONGEST], line)
                return parsed or (Command(tuple(words), line),)
    return (Command(veil_words(words), line),)


def split(text: str) -> list[str]:
    """The words of a command line that no shell reads; quotes are removed."""
    text = text[:LONGEST]
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
