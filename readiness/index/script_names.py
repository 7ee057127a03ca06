"""Script names: what the name of a script or target says that it is there for."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

_STARTS = re.compile(
    r"start\w*|run\w*|launch\w*|boot\w*|bringup|serve\w*|server|up|orchestrat\w*|dev|main|app|go"
)
_OTHERWISE = re.compile(
    r"tests?|testing|unittests?|pytest|check\w*|validat\w*|verify\w*|verification|preflight|stop|down"
    r"|shutdown|kill|status|wait|restart|deploy\w*|rollout|install\w*|setup|provision\w*|reset|clean\w*"
    r"|build\w*|migrat\w*|seed\w*|backup|restore|logs?|lint\w*|fix\w*|release|publish|bench\w*|e2e"
    r"|smoke|load|coverage|ci|cd|audit|update|upgrade|dump|import|export|generate|gen|sync|debug"
    r"|profil\w*|demo|example|entrypoint|entry|prestart|postgres|mysql|sqlite|init|shell|docs?"
)
_MANY = 1 << 16  # names that are kept, also from one index to the next


def words_of(path: str) -> tuple[str, ...]:
    """The words of a script's name: "run-dev_server.sh" -> ("run", "dev", "server")."""
    return _words(path.rpartition("/")[2].partition(".")[0])


@lru_cache(_MANY)
def _words(stem: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[^a-z0-9]+", _split_case(stem).lower()) if word)


def _split_case(stem: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", stem)


@lru_cache(_MANY)
def is_named(path: str) -> bool:
    """Does the name of a script or target say that it starts something, and nothing else?"""
    words = words_of(path)
    return any(map(_STARTS.fullmatch, words)) and not any(map(_OTHERWISE.fullmatch, words))


def is_list(path: str) -> bool:
    """Is it a Makefile, Procfile or unit, which holds many?"""
    name = posixpath.basename(path).lower()
    return name.endswith((".mk", ".service", ".conf", ".ini", ".yml", ".yaml", ".just")) or (
        name.partition(".")[0] in ("makefile", "gnumakefile", "justfile", "procfile", "taskfile")
    )
