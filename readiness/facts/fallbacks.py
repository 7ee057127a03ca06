"""Facts of code that brings credentials of its own: what it uses where nothing else is set.

Read without a parser: Python, JavaScript and TypeScript write these few forms alike, each on one
line. Values are hidden as in every fact (see `readiness.facts.credentials`).
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from itertools import chain, islice

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.credentials import hide, is_credential
from readiness.facts.lines import Line, line_at, lines_holding, lines_with
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
_MARKS = ("secret", "pass", "key", "pwd")
_WORDS = (*_MARKS, "token", "salt", "credential", "masterauth")  # one is in each credential's name
_TEXT = r"""[rb]?(?P<quote>["'])(?P<value>[^"'\\]{1,120})(?P=quote)"""
_CLASS = re.compile(r"class (\w+)\s*(\([^()]*\))?\s*:")
_OUTERMOST = re.compile(r"\n(?=[^\s#)\]}])")
_INDENT = re.compile(r"\n([^\S\n]+)\S")
_NAMED = re.compile(r"[(\[]\s*[\"'][A-Z]")  # the beginning of what is read, soon found
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
_ENDS = re.compile(r"\b(?:raise|throw|exit|abort)\b")
_QUOTING_CONDITION = re.compile(
    r"\n[ \t\r\f\v]*+(?:\}[ \t\r\f\v]*+)?(?:if|elif|else if|assert)\b[^\n\"']*+[\"']"
)


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
    text = "\n" + text
    marked = {line.start: line for line in lines_holding(_WORDS, text, _LINE)}
    read = _read_script if kind == "script" else _Python(text).read
    found = list(islice(chain.from_iterable(map(read, marked.values())), _MOST))
    refused: set[str] = set()
    noticed: set[str] = set()
    for line in marked.values():
        if _CONDITION.match(line.text):
            names = {name.upper() for name in _NAME.findall(line.text) if is_credential(name)}
            _judge(text, line, names, refused, noticed)
    for line in lines_with(_QUOTING_CONDITION, text, _LINE):
        if line.start not in marked:
            _judge(text, line, set(), refused, noticed)
    return FallbackFacts(
        tuple(found), tuple(sorted(refused)[:_MOST]), tuple(sorted(noticed)[:_MOST])
    )


def _may_hold(kind: str, data: bytes) -> bool:
    if kind == "script":
        return b"process.env" in data and any(name in data for name in _NAMES)
    fields = b"Settings" in data and any(name in data for name in _FIELDS)
    return fields or any(name in data for name in _NAMES)


def _read_script(line: Line) -> Iterator[Fallback]:
    for match in _NODE.finditer(line.text) if "process.env" in line.text else ():
        if is_credential(match["name"]):
            yield Fallback(match["name"], hide(match["value"]), line.number, "", True)


def _is_marked(line: str) -> bool:
    lowered = line.lower()
    return any(mark in lowered for mark in _MARKS)


class _Python:
    """Reads lines of one text, which starts with a newline, and knows whose fields they hold."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._outermost: list[int] = []
        self._opened: dict[int, tuple[str, str]] = {}

    def read(self, line: Line) -> Iterator[Fallback]:
        if not ("'" in line.text or '"' in line.text) or not _is_marked(line.text):
            return
        read = _READ.search(line.text) if _NAMED.search(line.text) else None
        if read is not None and not _is_quoted(line.text, read):
            writes = _WRITES.search(read["call"].lower()) or _CONSTANT.fullmatch(read["value"])
            if is_credential(read["name"]) and not writes:
                owner, _ = self._owner(line)
                yield Fallback(read["name"], hide(read["value"]), line.number, owner, True)
            return
        field = _FIELD.match(line.text)
        if field is None or not is_credential(field["name"]):
            return
        owner, indent = self._owner(line)
        if field["indent"] == indent and (owner or field["name"].isupper()):
            yield Fallback(field["name"], hide(field["value"]), line.number, owner)

    def _owner(self, line: Line) -> tuple[str, str]:
        """The header of the class that the line stands in, and how its fields are indented."""
        if not self._outermost:
            starts = (match.end() for match in _OUTERMOST.finditer(self._text))
            self._outermost = [0, *starts, len(self._text)]
        number = bisect(self._outermost, line.start)
        if number not in self._opened:
            self._opened[number] = self._open(*self._outermost[number - 1 : number + 1])
        return self._opened[number]

    def _open(self, start: int, end: int) -> tuple[str, str]:
        opened = _CLASS.match(line_at(start, self._text, _LINE))
        if opened is None:
            return "", ""
        indented = _INDENT.search(self._text, start, end)
        return opened[1] + (opened[2] or ""), indented[1] if indented else ""


def _is_quoted(line: str, read: re.Match[str]) -> bool:
    """Does the read itself stand in a string, as in an example of code?"""
    other = "'" if read["quote"] == '"' else '"'
    return line.count(other, 0, read.start()) % 2 == 1


def _judge(text: str, line: Line, names: set[str], refused: set[str], noticed: set[str]) -> None:
    """What the condition `line`, with these names of credentials, adds to the two sets."""
    values = _QUOTED.findall(line.text)
    if names and values and _COMPARES.search(line.text):
        noticed |= names
    told = names.union(shown for shown in map(hide, values) if not shown.startswith("<literal"))
    if told and _ENDS.search(_branch(text, line.start)):
        refused |= told


def _branch(text: str, start: int) -> str:
    """The line at `start`, and those below that its branch may reach."""
    end = start - 1
    for _ in range(1 + _REACH):
        end = text.find("\n", end + 1)
        if end < 0:
            end = len(text)
            break
    branch = text[start:end]
    if len(branch) > _LINE:
        branch = "\n".join(line[:_LINE] for line in branch.split("\n"))
    return branch


SLICE = Slice(name="fallbacks", version=2, type=FallbackFacts, kind=_kind, extract=extract)
