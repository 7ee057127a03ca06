"""The provider table: what is known of each kind of secret, read from providers.toml."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from readiness.model import Severity
from readiness.secrets.gate import Pattern, compile_re2

MATCHES_A_LINE = 50
LONGEST_VALUE = 8_192  # bytes: of a longer one, the rest is not looked at


class Shape(StrEnum):
    """How a value is judged; the more a shape tells, the earlier it stands."""

    PEM = "pem"
    JWT = "jwt"
    TOKEN = "token"
    DSN = "dsn"
    ASSIGNED = "assigned"
    PASSWORD = "password"

    @property
    def needs_name(self) -> bool:
        """Is it the name before the value that tells, not the value itself?"""
        return self in (Shape.ASSIGNED, Shape.PASSWORD)


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of secret; the fields are explained in providers.toml."""

    id: str
    name: str
    severity: Severity
    shape: Shape = Shape.TOKEN
    pattern: str = ""
    caseless: bool = False
    plugin: str = ""
    issuer: str = ""
    public: tuple[str, ...] = ()


class Match(NamedTuple):
    """A value in a line: its place in bytes, and the pattern's other named groups."""

    value: str
    start: int
    end: int
    groups: dict[str, str]


@cache
def table() -> tuple[Provider, ...]:
    """Every provider, the most telling shapes first."""
    with open(os.path.join(os.path.dirname(__file__), "providers.toml"), "rb") as file:
        text = file.read()
    rows = msgspec.toml.decode(text, type=dict[str, list[Provider]])["provider"]
    order = list(Shape)
    return tuple(sorted(rows, key=lambda provider: order.index(provider.shape)))


@cache
def public_values() -> frozenset[str]:
    """The fingerprints of all values that their issuers print in their own documentation."""
    return frozenset(value for provider in table() for value in provider.public)


def gates() -> tuple[Pattern, ...]:
    """A pattern for the gate for each provider that has one; its label is the provider's id."""
    return tuple(
        Pattern(provider.id, provider.pattern.encode(), provider.caseless)
        for provider in table()
        if provider.pattern
    )


def matches(provider: Provider, line: bytes) -> Iterator[Match]:
    """The first values of one kind in a line, in linear time."""
    regex, numbers = _compiled(provider)
    for match in islice(regex.finditer(line), MATCHES_A_LINE):
        groups = {name: _decode(match[number]) for name, number in numbers}
        start, end = match.span(dict(numbers).get("value", 0))
        yield Match(_decode(line[start : min(end, start + LONGEST_VALUE)]), start, end, groups)


def _decode(value: bytes) -> str:
    return value[:LONGEST_VALUE].decode("utf-8", "replace")


@cache
def _compiled(provider: Provider) -> tuple[Any, tuple[tuple[str, int], ...]]:
    """The expression and its named groups, which google-re2 names in bytes."""
    source = provider.pattern.encode()
    try:
        regex = compile_re2(source, ignore_case=provider.caseless)
    except ImportError:  # without it the same expressions run in Python's engine
        import re

        regex = re.compile(source, re.IGNORECASE if provider.caseless else 0)
    return regex, tuple(
        (name.decode() if isinstance(name, bytes) else name, number)
        for name, number in regex.groupindex.items()
    )
