"""From bytes to a syntax tree, or to the reason why there is none."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

TOO_DEEP = "nested too deeply to be analysed"
LIMIT = 1_000_000  # bytes: a dense line of constants takes 500 times its size as a tree
_SILENT = ("ignore", None, Warning, None, 0)  # what simplefilter("ignore") puts first
_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Parsed:
    """`tree` with `data` in its lines, or `error` at `line`; see PythonFacts for the rest."""

    data: bytes
    tree: ast.Module | None = None
    error: str = ""
    line: int = 0
    newer: bool = False
    template: bool = False


def parse(data: bytes) -> Parsed:
    """The tree of a file's bytes, as Python itself would read them; never raises."""
    if len(data) > LIMIT:
        return Parsed(data, error=f"larger than {LIMIT} bytes: not analysed", line=1, newer=True)
    if data.startswith(_MARKS):
        return Parsed(data, error="encoded in UTF-16, which Python does not read", line=1)
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        return Parsed(data, error="holds a NUL byte", line=line)
    try:
        return Parsed(data, tree_of(data))
    except (RecursionError, MemoryError):
        return Parsed(data, error=TOO_DEEP, line=1, newer=True)
    except (SyntaxError, ValueError) as error:
        return _judge(data, error)


def tree_of(data: bytes | str) -> ast.Module:
    """Without the warnings on invalid escapes and the like, which are the author's matter."""
    if _SILENT in warnings.filters[:1]:  # as in an audit's processes: asking is cheap
        return ast.parse(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def _judge(data: bytes, error: SyntaxError | ValueError) -> Parsed:
    message = (error.msg if isinstance(error, SyntaxError) else str(error)) or "invalid syntax"
    lines = data.count(b"\n") + 1
    line = min(max(1, getattr(error, "lineno", 0) or 1), lines)
    if "unicode error" in message or "encoding problem" in message or "decode" in message:
        return Parsed(data, error=message.partition(" (")[0], line=_undecodable(data) or line)
    if "too many nested parentheses" in message or "too many levels" in message:
        return Parsed(data, error=TOO_DEEP, line=line, newer=True)
    here = _without_strings(data, line)
    if _TEMPLATE.search(_without_strings(data, line - 1)) or _TEMPLATE.search(here):
        return Parsed(data, template=True)
    old = _python2(here, message, data)
    if old:
        return Parsed(data, error=f"Python 2: {old}", line=line)
    return _without_news(data, message, line)


def _undecodable(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 0


# `{% if x %}`, `{{ cookiecutter.name }}`, `<%def ...%>`: the first one outside a string is where
# Python gives up, so only the lines of the error are looked at (prompts hold such marks too).
_TEMPLATE = re.compile(
    r"\{%-?\s{0,4}(?:if|for|set|block|include|import|extends|macro|raw|endif|else|filter|from)\b"
    r"|\{\{-?\s{0,4}[A-Za-z_][\w.]{0,80}\s{0,4}(?:\|[^{}\n]{0,80})?-?\}\}"
    r"|<%[\w!%=]"
)

_PYTHON2 = (
    ("Missing parentheses in call to 'print'", r"print", "a print statement"),
    ("Missing parentheses in call to 'exec'", r"exec", "an exec statement"),
    ("multiple exception types", r"except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:", "`except X, name:`"),
    ("multiple exception types", r"except\s*\([^()]*\)\s*,\s*\w+\s*:", "`except X, name:`"),
    ("leading zeros in decimal", r"0\d", "an octal number without 0o"),
    ("invalid decimal literal", r"(?<![\w.])\d+[lL]\b", "a long number"),
    ("invalid hexadecimal literal", r"(?<![\w.])0[xX][0-9a-fA-F]+[lL]\b", "a long number"),
    ("invalid syntax", r"^\s*print\s*>>|[:;]\s*print\s+[^=\s(]", "a print statement"),
    ("invalid syntax", r"^\s*except\s*\([^()]*\)\s*,\s*\w+\s*:", "`except X, name:`"),
    ("invalid syntax", r"^\s*raise\s+[\w.]+\s*,", "`raise X, value`"),
    ("invalid syntax", r"\b[uU][rR]''", "a ur string"),
    ("invalid syntax", r"<>", "the operator <>"),
    ("", r"^\s*def\s+\w+\s*\([^()]*\(\s*\w+\s*,", "a tuple parameter"),
    ("Lambda expression parameters cannot", r"\blambda\s*\(", "a tuple parameter"),
    ("invalid syntax", r"`[\w.()\[\]]{1,80}`", "backticks"),
)
# What Python 2 takes and 3 does not, in a file that shows elsewhere which of them it is for.
_ALLOWED_BY_PYTHON2 = (
    ("inconsistent use of tabs", "mixed tabs and spaces"),
    ("cannot assign to True", "an assignment to True"),
    ("cannot assign to False", "an assignment to False"),
)
_FOR_PYTHON2 = re.compile(
    rb"^[ \t]*(?:print[ \t]+[\"'%\w]|except[ \t]+[\w.]+[ \t]*,[ \t]*[a-z_]\w*[ \t]*:"
    rb"|raise[ \t]+[\w.]+[ \t]*,|(?:from|import)[ \t]+(?:StringIO|urllib2|cPickle)\b)"
    rb"|\.has_key\(|\b(?:xrange|unichr|basestring|raw_input)\(",
    re.MULTILINE,
)
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")


def _without_strings(data: bytes, line: int) -> str:
    text = data.split(b"\n")[line - 1][:2000] if line > 0 else b""
    return _STRINGS.sub("''", text.decode("utf-8", "replace"))


def _python2(text: str, message: str, data: bytes) -> str:
    for said, pattern, name in _PYTHON2:
        if message.startswith(said) and re.search(pattern, text):
            return name
    for said, name in _ALLOWED_BY_PYTHON2:
        if message.startswith(said) and _FOR_PYTHON2.search(data):
            return name
    return ""


def _without_news(data: bytes, message: str, line: int) -> Parsed:
    """The tree without the constructs that came after our grammar, if nothing else is wrong."""
    from readiness.facts.python import newer

    first, since = line, ""
    while True:
        text = data.split(b"\n")[line - 1]
        change = next((change for change in newer.CHANGES if change.explains(message, text)), None)
        changed = change.apply(data) if change else data
        if change is None or changed == data:
            return Parsed(data, error=message, line=line)
        data, since = changed, max(since, change.since)
        try:
            return Parsed(data, tree_of(data), f"needs {since} or newer", first, newer=True)
        except (RecursionError, MemoryError):
            return Parsed(data, error=TOO_DEEP, line=1, newer=True)
        except SyntaxError as error:
            message, line = error.msg, error.lineno or 1
