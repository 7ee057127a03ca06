"""Syntax that is newer than the interpreter that runs us: set aside, so that the rest parses.

Each change keeps every line where it is. A file that parses after them holds nothing but new
syntax that an older parser stumbles over; one that still does not has an error of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_PARAMETERS = re.compile(
    rb"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)[ \t]*\[((?:[^\[\]\n]|\[[^\[\]]*\]|\n)*)\]",
    re.MULTILINE,
)
_PARAMETERS_LINE = re.compile(rb"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[")
_ALIAS = re.compile(
    rb"^([ \t]*)type[ \t]+(\w+)[ \t]*(?:\[((?:[^\[\]\n]|\[[^\[\]]*\]|\n)*)\])?[ \t]*=(?!=)",
    re.MULTILINE,
)
# A bare lower-case name after the comma is what Python 2 binds the exception to.
_ERROR = rb"(?:[a-z_]\w*\.[\w.]+|[A-Z][\w.]*)"
_EXCEPT = re.compile(
    rb"^([ \t]*except\*?[ \t]+)(" + _ERROR + rb"(?:[ \t]*,[ \t]*" + _ERROR + rb")+)([ \t]*:)",
    re.MULTILINE,
)
_LAZY = re.compile(rb"^([ \t]*)lazy[ \t]+((?:import|from)[ \t])", re.MULTILINE)
_UNPACKING = re.compile(rb"([\[{(][ \t\n]*)\*{1,2}(?=[\w.]+(?:\([^()\n]*\))?\s+(?:async\s+)?for\s)")
_PREFIX = rb"(?<![\w])(?:[fFtT][rR]?|[rR][fFtT])"
_TOKEN = re.compile(rb"#[^\n]*|(?P<new>" + _PREFIX + rb")?(?P<quote>'''|\"\"\"|'|\")", re.ASCII)


def parameters(data: bytes) -> bytes:
    """`def f[T](x)`, `class C[T]` and `type X[T] = ...` without their type parameters."""
    data = _PARAMETERS.sub(lambda match: match[1] + _continued(match[2]), data)
    return _ALIAS.sub(lambda match: match[1] + match[2] + _continued(match[3] or b"") + b"=", data)


def _continued(text: bytes) -> bytes:
    return b"\\\n" * text.count(b"\n")


def formats(data: bytes) -> bytes:
    """What only newer f-strings and t-strings may hold, as empty strings."""
    out = []
    position = 0
    while match := _TOKEN.search(data, position):
        end = match.end()
        if match["quote"] is not None:
            end, new = _string_end(data, end, match["quote"], match["new"] is not None)
            if new or (match["new"] is not None and b"t" in match["new"].lower()):
                out += [
                    data[position : match.start()],
                    b" ''",
                    _continued(data[match.start() : end]),
                ]
                position = end
                continue
        out.append(data[position:end])
        position = end
    return b"".join([*out, data[position:]])


_IN_STRING = re.compile(rb"\\.|[\n#{}]|'''|\"\"\"|'|\"", re.DOTALL)


def _string_end(data: bytes, position: int, quote: bytes, braces: bool) -> tuple[int, bool]:
    """Where the string that opened before `position` ends, and whether the replacement fields of
    an f-string hold what older ones may not: its own quote, a backslash, a comment, a new line."""
    depth = 0
    inner = b""  # the quote of the string that is open inside a replacement field
    new = False
    while match := _IN_STRING.search(data, position):
        token = match[0]
        position = match.end()
        if inner:
            new = new or token[:1] == b"\\"
            if token == inner or (token == b"\n" and len(inner) == 1):
                inner = b""
        elif depth:
            if token == b"{":
                depth += 1
            elif token == b"}":
                depth -= 1
            elif token[:1] in (b"'", b'"'):
                inner = token
                new = new or token[:1] == quote[:1]
            else:
                new = new or token != b"\n" or len(quote) == 1
        elif token == quote:
            return position, new
        elif token[:1] == quote[:1] and len(token) > len(quote):
            return match.start() + 1, new
        elif token == b"\n" and len(quote) == 1:
            return position - 1, False
        elif braces and token == b"{":
            if data[position : position + 1] == b"{":
                position += 1
            else:
                depth = 1
    return len(data), False


def handlers(data: bytes) -> bytes:
    """`except A, B:` with the parentheses that it may go without."""
    return _EXCEPT.sub(rb"\1(\2)\3", data)


def lazy_imports(data: bytes) -> bytes:
    """`lazy import x` as `import x`."""
    return _LAZY.sub(rb"\1\2", data)


def unpackings(data: bytes) -> bytes:
    """`[*x for x in y]` without its star."""
    return _UNPACKING.sub(rb"\1", data)


@dataclass(frozen=True)
class Change:
    """A construct that came with `since`; a parser that does not know it stumbles with a
    `message` over a line that matches `line`. `apply` sets every one of a file aside."""

    since: str
    message: str
    line: re.Pattern[bytes]
    apply: Callable[[bytes], bytes]

    def explains(self, message: str, line: bytes) -> bool:
        return re.match(self.message, message) is not None and self.line.search(line) is not None


_ANY = re.compile(b"")
CHANGES = (
    Change("Python 3.12", "expected '\\('|invalid syntax", _PARAMETERS_LINE, parameters),
    Change("Python 3.12", "invalid syntax", _ALIAS, parameters),
    Change("Python 3.12", "f-string", _ANY, formats),
    Change("Python 3.12", "", re.compile(_PREFIX + rb"[\"']"), formats),
    Change("Python 3.14", "multiple exception types", _EXCEPT, handlers),
    Change("Python 3.15", "invalid syntax", _LAZY, lazy_imports),
    Change("Python 3.15", "(?:iterable|dict) unpacking cannot be used", _ANY, unpackings),
)
