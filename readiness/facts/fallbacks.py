"""Facts of code that brings credentials of its own: what it uses where nothing else is set.

Read line by line, without a parser: Python, JavaScript and TypeScript write these few forms alike.
Values are hidden as in every fact (see `readiness.facts.credentials`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.credentials import hide, is_credential
from readiness.facts.text import decode


class Fallback(Struct, frozen=True, array_like=True):
    """A credential with a literal value. `owner` is the header of the class that it is a field of,
    its name and bases as written; empty for what is read from outside with a default
    (`environment`: `getenv("KEY", "x")`, `getenv("KEY") or "x"`) and for a setting of a module."""

    name: str
    value: str
    line: int
    owner: str = ""
    environment: bool = False


class FallbackFacts(Struct, frozen=True, array_like=True):
    """`refused` are the values, hidden as above, and the names of credentials in conditions under
    which the code raises or ends; `noticed` the names that it compares with a text for any end."""

    fallbacks: tuple[Fallback, ...] = ()
    refused: tuple[str, ...] = ()
    noticed: tuple[str, ...] = ()


LARGEST = 2_000_000  # bytes; a larger file is generated or data
_MOST = 200  # of one file
_LINE = 400  # characters of a line that are read
_REACH = 6  # lines below a condition in which its branch raises
_CODE = (".js", ".ts", ".mjs", ".cjs", ".jsx", ".tsx")
_NAMES = (b"SECRET", b"PASSW", b"_KEY", b"_PASS")
_FIELDS = (b"secret", b"password")
_MARKED = re.compile(r"secret|pass|key|pwd", re.IGNORECASE)
_TEXT = r"""[rb]?(?P<quote>["'])(?P<value>[^"'\\]{1,120})(?P=quote)"""
_CLASS = re.compile(r"class (\w+)\s*(\([^()]*\))?\s*:")
_READ = re.compile(
    r"""(?P<call>[\w.]{0,80})(?:\(\s*|\[)["'](?P<name>[A-Z][A-Z0-9_]{2,60})["']\s*"""
    r"(?:,\s*(?:default\s*=\s*)?|[\])]\s*(?:or|\|\||\?\?)\s*)" + _TEXT + r"\s*(?:[,)]|$|#|;)"
)
_NODE = re.compile(
    r"process\.env\.(?P<name>[A-Z][A-Z0-9_]{2,60})\s*(?:\|\||\?\?)\s*" + _TEXT.replace("[rb]?", "")
)
_FIELD = re.compile(
    r"(?P<indent>[ \t]*)(?P<name>\w{3,60})\s*(?::\s*[^=\n#]{1,80})?=\s*"
    r"(?:SecretStr\(|(?:\w+\.)?Field\((?:\s*default\s*=)?\s*)?" + _TEXT + r"\s*(?:[,)]|$|#)"
)
_WRITES = re.compile(
    r"(?:^|\.)(?:set\w*|put|post|write|setdefault|header|add|insert|print|format)$"
)
_CONDITION = re.compile(r"\s*(?:\}\s*)?(?:if|elif|else if|assert)\b")
_COMPARES = re.compile(r"==|\bin\b|startswith|\.includes\(")
_QUOTED = re.compile(r"""["']([^"'\\]{1,120})["']""")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")  # the name of another setting
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,60}")
_ENDS = re.compile(r"\b(?:raise|throw|sys\.exit|exit|process\.exit|abort)\b")


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if name.endswith(".py"):
        return "python"
    return "script" if name.endswith(_CODE) and ".min." not in name else None


def extract(kind: str, data: bytes) -> FallbackFacts:
    """`kind` is "python", or "script" for JavaScript and TypeScript."""
    if len(data) > LARGEST or not _may_hold(kind, data):
        return FallbackFacts()
    text, encoding = decode(data)
    if encoding == "binary":
        return FallbackFacts()
    lines = [line[:_LINE] for line in text.split("\n")]
    found = list(_of_python(lines) if kind == "python" else _of_script(lines))
    refused: set[str] = set()
    noticed: set[str] = set()
    _judge(lines, refused, noticed)
    return FallbackFacts(
        tuple(found[:_MOST]), tuple(sorted(refused)[:_MOST]), tuple(sorted(noticed)[:_MOST])
    )


def _may_hold(kind: str, data: bytes) -> bool:
    if kind == "script":
        return b"process.env" in data and any(name in data for name in _NAMES)
    fields = b"Settings" in data and any(name in data for name in _FIELDS)
    return fields or any(name in data for name in _NAMES)


def _of_script(lines: list[str]) -> Iterator[Fallback]:
    for number, line in enumerate(lines, start=1):
        for match in _NODE.finditer(line) if "process.env" in line else ():
            if is_credential(match["name"]):
                yield Fallback(match["name"], hide(match["value"]), number, "", True)


def _of_python(lines: list[str]) -> Iterator[Fallback]:
    owner, indent = "", ""
    for number, line in enumerate(lines, start=1):
        if line[:1].strip() and not line.startswith(("#", ")", "]", "}")):
            opened = _CLASS.match(line) if line.startswith("class ") else None
            owner, indent = (opened[1] + (opened[2] or ""), "") if opened else ("", "")
        elif owner and not indent and line.strip():
            indent = line[: len(line) - len(line.lstrip())]
        if not _MARKED.search(line):
            continue
        read = _READ.search(line)
        if read is not None and not _is_quoted(line, read):
            writes = _WRITES.search(read["call"].lower()) or _CONSTANT.fullmatch(read["value"])
            if is_credential(read["name"]) and not writes:
                yield Fallback(read["name"], hide(read["value"]), number, owner, True)
            continue
        field = _FIELD.match(line)
        if field is None or not is_credential(field["name"]):
            continue
        if field["indent"] == indent and (owner or field["name"].isupper()):
            yield Fallback(field["name"], hide(field["value"]), number, owner)


def _is_quoted(line: str, read: re.Match[str]) -> bool:
    """Does the read itself stand in a string, as in an example of code?"""
    other = "'" if read["quote"] == '"' else '"'
    return line.count(other, 0, read.start()) % 2 == 1


def _judge(lines: list[str], refused: set[str], noticed: set[str]) -> None:
    for number, line in enumerate(lines):
        if not _CONDITION.match(line):
            continue
        names = {name.upper() for name in _NAME.findall(line) if is_credential(name)}
        values = _QUOTED.findall(line)
        if names and values and _COMPARES.search(line):
            noticed |= names
        if (names or values) and any(map(_ENDS.search, lines[number : number + 1 + _REACH])):
            refused |= names
            refused.update(shown for shown in map(hide, values) if not shown.startswith("<literal"))


SLICE = Slice(name="fallbacks", version=2, type=FallbackFacts, kind=_kind, extract=extract)
