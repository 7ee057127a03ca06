"""Facts of dotenv files: which keys they set, and what kind of value each has; never a value."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.secret_names import names_secret, words
from readiness.facts.text import decode


class ValueKind(StrEnum):
    EMPTY = "empty"
    REFERENCE = "reference"  # ${OTHER} or $(command)
    NUMBER = "number"  # or a boolean
    PLACEHOLDER = "placeholder"  # to be replaced by who copies the file
    WEAK = "weak"  # a default or a word that anybody guesses
    TEXT = "text"


class Entry(Struct, frozen=True):
    """One `KEY=value`; `names_secret` as of `secret_names`: null where the name is vague."""

    key: str
    line: int
    value: ValueKind
    names_secret: bool | None = False


class DotenvFacts(Struct, frozen=True):
    entries: tuple[Entry, ...] = ()


_ENTRIES = 5_000
_FILE = re.compile(r"^\.env(?:[._-].+|rc)?$|^.+\.env(?:\..+)?$", re.IGNORECASE)
_CODE = re.compile(
    r"\.(?:[cm]?[jt]sx?|py|go|rb|php|java|cs|rs|kt|md|rst|html?|json|ya?ml|toml)$", re.I
)
_TEMPLATE = re.compile(r"example|sample|template|dist$|default|\.tpl$|\.tmpl$", re.IGNORECASE)
_ENTRY = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]{0,200})[ \t]*=[ \t]*(.*)")
_REFERENCE = re.compile(r"^\$[A-Za-z_{(]|^%[A-Za-z_]+%$|^\{\{.*\}\}$")
_NUMBER = re.compile(
    r"^(?:[-+]?[0-9][0-9_.,:]*[a-z%]{0,2}|true|false|yes|no|on|off|none|null)$", re.I
)
_PLACEHOLDER = re.compile(
    r"change[-_ ]?(?:me|this|it)|your[-_ ]|placeholder|example|replace|insert|redacted|dummy|todo\b"
    r"|xxx|\.\.\.|\*\*\*|^<.*>$|^\[.*\]$",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"^[a-z]+(?:[_.-][a-z]+)+[_.-]?[0-9]{0,4}$")
_USUAL = frozenset(
    "admin administrator api default demo dev development key local mock password pass root secret "
    "secrets sandbox service test testing tests token user jwt super my".split()
)


def is_template(path: str) -> bool:
    """Is it a file to be copied and filled in (`.env.example`), which belongs into a repository?"""
    return _TEMPLATE.search(path.rpartition("/")[2]) is not None


def value_kind(value: str) -> ValueKind:
    """The kind of a value as it stands in a dotenv file."""
    value = _unquoted(value.strip())
    if not value:
        return ValueKind.EMPTY
    if _REFERENCE.search(value):
        return ValueKind.REFERENCE
    if _NUMBER.match(value):
        return ValueKind.NUMBER
    if _PLACEHOLDER.search(value):
        return ValueKind.PLACEHOLDER
    found = {word for word in words(value) if word.isalpha()}
    is_phrase = _PHRASE.match(value) is not None and not _USUAL.isdisjoint(found)
    if len(value) < 8 or value.isalpha() or is_phrase or found <= _USUAL:
        return ValueKind.WEAK
    return ValueKind.TEXT


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"', "`"):
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip() if not value.startswith("#") else ""


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2]
    return "dotenv" if _FILE.match(name) and not _CODE.search(name) else None


def extract(kind: str, data: bytes) -> DotenvFacts:
    text, _ = decode(data)
    entries = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = _ENTRY.match(line) if "=" in line else None
        if match is not None:
            key = match[1]
            entries.append(Entry(key, number, value_kind(match[2][:4096]), names_secret(key)))
            if len(entries) == _ENTRIES:
                break
    return DotenvFacts(tuple(entries))


SLICE = Slice(name="dotenv", version=1, type=DotenvFacts, kind=_kind, extract=extract)
