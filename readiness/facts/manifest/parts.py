"""Pieces that the readers of manifests share: requirements, lines, and values of any shape."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from readiness.facts.credentials import veil
from readiness.facts.manifest import Dependency, canonical

_REQUIREMENT = re.compile(
    r"^([A-Za-z0-9](?:[A-Za-z0-9._-]{0,100}[A-Za-z0-9])?)\s{0,9}(?:\[([^\]]{0,200})\])?\s{0,9}"
    r"(?:@\s{0,9}(\S{1,500})|\(?([<>=!~][^;#()]{0,200})\)?)?\s{0,9}(?:;\s{0,9}([^#]{1,300}))?$"
)
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+|https?://|file:|\.{0,2}/")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]{1,100})")
MOST_SEARCHES = 2000


class Lines:
    """Finds the line on which something first stands; 0 where it does not, or is not looked for
    any more (a file that names thousands of packages is no manifest of a person's)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._searches = MOST_SEARCHES
        self._keys: dict[str, int] | None = None

    def of(self, text: str) -> int:
        self._searches -= 1
        if not text or self._searches < 0:
            return 0
        position = self._data.find(text.encode("utf-8", "surrogatepass"))
        return self._data.count(b"\n", 0, position) + 1 if position >= 0 else 0

    def key(self, name: str) -> int:
        """The line of `name = ...`, quoted or not."""
        if self._keys is None:
            self._keys = {}
            for number, line in enumerate(self._data.decode("utf-8", "replace").split("\n"), 1):
                key, equals, _ = line.partition("=")
                if equals:
                    self._keys.setdefault(key.strip(" \t\"'"), number)
        return self._keys.get(name) or self.of(name)


def requirement(text: str, line: int, group: str) -> Dependency | None:
    """One line of requirements; null where it names no package."""
    text = text.strip()
    if not text or text.startswith("#") or len(text) > 2000:
        return None
    if text.startswith(("-e ", "--editable")) or _VCS.match(text):
        source = text.partition(" ")[2] if text.startswith("-") else text
        egg = _EGG.search(text)
        name = canonical(egg[1]) if egg else ""
        return Dependency(name, line, group=group, source=veil("", source.strip()))
    if text.startswith("-"):
        return None
    text = re.split(r"\s#|\s--hash|\s\\$|\\$", text, maxsplit=1)[0].strip()
    found = _REQUIREMENT.match(text)
    if not found:
        return None
    name, extras, source, range_, marker = found.groups()
    return Dependency(
        name=canonical(name),
        line=line,
        range=(range_ or "").replace(" ", ""),
        group=group,
        extras=tuple(part.strip() for part in (extras or "").split(",") if part.strip()),
        marker=(marker or "").strip(),
        source=veil("", source or ""),
    )


def table(value: Any) -> Mapping[str, Any]:
    """`value` where it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def tables(value: Any) -> Iterator[tuple[str, Any]]:
    """The named parts of a table whose names are text."""
    return ((key, part) for key, part in table(value).items() if isinstance(key, str))


def strings(value: Any) -> tuple[str, ...]:
    """The strings of a list, or of a single string."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def words(value: Any) -> tuple[str, ...]:
    """The words of an option: a list of strings as it is, a text split as a shell would."""
    if not isinstance(value, str):
        return strings(value)
    lines = (line for line in value.splitlines() if not line.lstrip().startswith(("#", ";")))
    text = "\n".join(lines).replace(",\n", "\n")
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())
