"""Facts of source files in other languages than Python: the string literals that are URL paths."""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice

MOST = 500  # of one file
LARGEST = 2_000_000  # bytes; a larger file is generated or data


class PathFacts(Struct, frozen=True):
    """`literals` are the distinct strings in quotes, and the locations of a web server's
    configuration, that start with "/", each with its first line."""

    literals: tuple[tuple[str, int], ...] = ()


_CODE = (
    ".js .jsx .ts .tsx .mjs .cjs .vue .svelte .go .rs .java .kt .cs .rb .php .ex .exs .scala .swift"
).split()
_SERVERS = (".conf", ".nginx", ".vcl", "caddyfile", ".cfg", ".conf.template", ".conf.j2")
_QUOTED = re.compile(rb"[\"'`](/[\w.~/:{}$*@-]{0,100})[?\"'`]")
_LOCATION = re.compile(
    rb"(?:\blocation[ \t]+(?:[=~^*]{1,2}[ \t]+)?\^?|\b(?:handle|respond|path|uri)[ \t]+|[\"'`])"
    rb"(/[\w.~/:{}$*@-]{0,100})"
)


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if name.endswith((".min.js", ".d.ts")):
        return None
    if name.endswith(tuple(_CODE)):
        return "code"
    return "server" if name.endswith(_SERVERS) else None


def extract(kind: str, data: bytes) -> PathFacts:
    if len(data) > LARGEST or b"\0" in data[:8192]:
        return PathFacts()
    found: dict[str, int] = {}
    line, position = 1, 0
    for match in (_QUOTED if kind == "code" else _LOCATION).finditer(data):
        line += data.count(b"\n", position, match.start())
        position = match.start()
        found.setdefault(match[1].decode("utf-8", "replace"), line)
        if len(found) == MOST:
            break
    return PathFacts(tuple(found.items()))


SLICE = Slice(name="paths", version=1, type=PathFacts, kind=_kind, extract=extract)
