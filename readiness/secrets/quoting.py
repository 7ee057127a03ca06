"""Quoting: the text of a file for people to read, with asterisks for all that may be secret in it.

More is hidden here than is found: a rule is right when it leaves a weak password or a placeholder
alone, but whoever reads a report that travels need not see it. First the engine hides what it even
considers in the whole file, so that no part of a value, nor of a key over many lines, is left where
the text is cut. Then every value is hidden that stands behind the name of a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from readiness import secrets
from readiness.facts.secret_names import names_secret
from readiness.secrets import engine
from readiness.secrets.confidence import Doubt
from readiness.secrets.gate import Line
from readiness.secrets.providers import Shape

LONGEST = engine.LINE_LIMIT  # characters of a line: what is longer is not searched as closely
_SUSPECTS = 1_000  # lines of a file that can hold a secret; one with more is data, and not quoted
_NO_VALUES = frozenset({Doubt.REFERENCE, Doubt.CODE, Doubt.OTHER_NAME, Doubt.NO_BODY})
_QUOTES = (b'"', b"'", b"`")
_FALLBACK = re.compile(r"\$\{\w+:?[-=?+]|\bdefault\b|\|")  # of a reference, before a value
_KEY_END = b"-----END"
_KEY_WINDOW = 8_192  # bytes behind the header of a key that ends nowhere

# Files in which a value without quotes is a name, not a value.
_CODE = (
    ".c .cc .cpp .cs .cts .dart .go .h .java .js .jsx .kt .mjs .mts .php .py .pyi .rb .rs .scala"
    " .swift .ts .tsx"
)
_CODE_ENDINGS = tuple(_CODE.split())


class Quoted(NamedTuple):
    """`lines` of a file; null for one that is too long to be shown. `values` are those that stand
    for one thing only, so that they are to be hidden wherever else they stand."""

    lines: list[str | None]
    values: frozenset[str]


def quoted(path: str, data: bytes) -> Quoted | None:
    """The text of the file `path` without what may be secret; null for what is no text, or holds so
    much that looks like secrets that nothing of it should be shown."""
    kind = secrets.SLICE.kind(path)
    text = secrets._text_bytes(data)
    if kind is None or not text:
        return None
    suspects = secrets._gate().lines(text)
    if len(suspects) > _SUSPECTS:
        return None
    unquoted = not path.lower().endswith(_CODE_ENDINGS)
    hidden = bytearray(text)
    values: set[str] = set()
    for line in suspects:
        for looked in dict.fromkeys((kind, "other" if kind == "data" else kind)):
            for found in secrets._candidates(looked, text, line, text[line.start : line.end]):
                if unquoted or not _is_code(found, text[line.start : line.end]):
                    _hide(text, hidden, line, found)
                if found.provider.shape is not Shape.PEM and _is_one_thing(found):
                    values.add(found.value)
    shown = hidden.decode("utf-8", "backslashreplace").split("\n")
    return Quoted(list(_without_named(shown, unquoted=unquoted)), frozenset(values))


def _is_one_thing(found: secrets._Found) -> bool:
    return found.verdict.confidence is not None and secrets._key(found) != ""


def _hide(text: bytes, hidden: bytearray, line: Line, found: secrets._Found) -> None:
    """Hides one value in `hidden`, which is `text` with others hidden before."""
    raw = text[line.start : line.end]
    end = line.start + found.end
    if found.provider.shape is Shape.PEM:
        if Doubt.NO_BODY not in found.verdict.doubts:
            stop = text.find(_KEY_END, end)
            _mask(hidden, end, stop if stop >= 0 else end + _KEY_WINDOW)
        return
    fallback = _FALLBACK.match(found.value)
    value = found.value[fallback.end() if fallback else 0 :].encode()
    if _is_no_value(found, raw[max(0, found.start - 1) : max(0, found.start)]):
        return
    if found.start < 0 or value not in raw:  # it was found in a line that was put differently
        _mask(hidden, line.start, line.end)
        return
    _mask(hidden, end - len(value), end)
    at = raw.find(value) if len(value) > 3 else -1
    while at >= 0:
        _mask(hidden, line.start + at, line.start + at + len(value))
        at = raw.find(value, at + len(value))


def _is_code(found: secrets._Found, raw: bytes) -> bool:
    """In a file of code: is it a name or an expression, as it stands neither between quotes nor in
    a comment?"""
    if not found.provider.shape.needs_name or found.verdict.confidence is not None:
        return False
    before = raw[: max(0, found.start)]
    return not (before.endswith(_QUOTES) or b"#" in before or b"//" in before)


def _is_no_value(found: secrets._Found, before: bytes) -> bool:
    """Is it a reference or code? What stands between quotes is no code, and what a reference
    falls back to is a value."""
    doubts = _NO_VALUES.intersection(found.verdict.doubts)
    if Doubt.CODE in doubts and before in _QUOTES:
        doubts -= {Doubt.CODE}
    if Doubt.REFERENCE in doubts and _FALLBACK.search(found.value):
        doubts -= {Doubt.REFERENCE}
    return bool(doubts)


def _mask(hidden: bytearray, start: int, end: int) -> None:
    piece = hidden[start:end]
    hidden[start:end] = re.sub(rb"[^\s]", b"*", piece)


_STRINGS = 60  # quotes of a line; one with more is hidden whole
_BEFORE = 120  # characters before a string that are looked at
_WORD = re.compile(r"[A-Za-z_][\w.-]{0,80}")
_SPEAKS = re.compile(r"secret|token|pass|pwd|key|pw|credential|bearer|auth", re.I)
_STRING = re.compile(r"\"{3}(.*?)\"{3}|\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|`([^`]*)`")
_PLAIN_NAME = re.compile(r"[A-Za-z_.-]+")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z]+)+")
_SENTENCE = re.compile(r"[^\d\s]+(?: [^\d\s]+){2,}")
_LITTLE_WORDS = re.compile(
    r"\b(?:an?|are|be|by|for|from|if|in|is|must|no|not|of|or|the|to)\b", re.I
)
_GIVEN_TO = re.compile(r"([\w.-]{1,80})[\"'`\]]{0,3}\s*(?::=|=>|[:=])\s*[rbuf]{0,2}$", re.I)
_CALLED = re.compile(r"([\w.]*)\(\s*[rbuf]{0,2}$", re.I)
_SAID = re.compile(r"(?:\b(?:return|raise|print|echo)|^|[+(])\s*[rbuf]{0,2}$", re.I)
_ASSIGNED = re.compile(
    r"(?P<name>[\w.-]{1,80})[\"'\]]{0,3}[ \t]*(?::=|=>|[:=])(?=[ \t]*(?P<value>[^\s\"'`,;]\S*))"
)
_SPACED = re.compile(  # what follows is looked at ahead: a value may be the next one's name
    r"(?P<option>\b(?:ENV|ARG)[ \t]+|--?|)(?P<name>\b[A-Za-z_][\w.-]{0,80})"
    r"(?=[ \t]+(?P<value>[^\s\"'`,;:=-]\S*))",
    re.I,
)
_REFERENCE = re.compile(r"[$<%]|\{\{|\*\*\*|\|[-+]?$|>[-+]?$|&|!")
_GOES_ON = re.compile(r"=\s*[(\[{]?\s*\\?$")
_BLOCK = re.compile(r"[:=]\s*[|>][-+]?\d?\s*$")


def _without_named(lines: list[str], *, unquoted: bool) -> Iterator[str | None]:
    """`lines` without the values behind names of secrets; `unquoted`: also those without quotes."""
    follows = False
    block = -1  # the indentation of the key whose value is a block of lines
    for line in lines:
        indentation = len(line) - len(line.lstrip())
        if block >= 0 and line.strip() and indentation <= block:
            block = -1
        if len(line) > LONGEST:
            yield None
            follows = False
            continue
        names = _names(line) if _SPEAKS.search(line) else False
        if block >= 0:
            shown = _starred(line)
        elif names or follows:
            shown = _hide_strings(line, all_of_them=follows and not names)
            shown = _hide_unquoted(shown) if unquoted else shown
        else:
            shown = line
        yield shown
        if block < 0 and names and _BLOCK.search(line):
            block = indentation
        follows = bool(names and _GOES_ON.search(line))


def _names(line: str) -> bool:
    found = (word.removeprefix("secrets.") for word in _WORD.findall(line))  # a module of Python
    return any(names_secret(word) is True for word in found)


def _hide_strings(line: str, *, all_of_them: bool) -> str:
    if sum(map(line.count, "\"'`")) > _STRINGS:
        return _starred(line)

    def hide(match: re.Match[str]) -> str:
        at = match.lastindex or 0
        before = line[max(0, match.start() - _BEFORE) : match.start()]
        if not all_of_them and _is_speech(match[at], before):
            return match[0]
        quotes = match[0][: match.start(at) - match.start()]
        return quotes + _starred(match[at]) + quotes

    return _STRING.sub(hide, line)


def _is_speech(inner: str, before: str) -> bool:
    """Is a string, on a line that names a secret, itself a name or a sentence?"""
    given = _GIVEN_TO.search(before)
    if not inner or (given and names_secret(given[1]) is True):
        return not inner
    if _VARIABLE.fullmatch(inner):
        return True
    if _PLAIN_NAME.fullmatch(inner) and names_secret(inner) is True:
        return True
    if _SENTENCE.fullmatch(inner) and _LITTLE_WORDS.search(inner):
        return True
    if any(character.isspace() for character in inner.strip()):
        called = _CALLED.search(before)
        return bool(_SAID.search(before)) and not (called and names_secret(called[1]) is True)
    return False


def _hide_unquoted(line: str) -> str:
    shown = list(line)
    for pattern in (_ASSIGNED, _SPACED):
        for match in pattern.finditer(line):
            spaced = pattern is _SPACED
            if names_secret(match["name"]) is True and _is_value(match, spaced=spaced):
                fallback = _FALLBACK.match(match["value"])
                start = match.start("value") + (fallback.end() if fallback else 0)
                end = match.end("value")
                shown[start:end] = re.sub(r"[^\s}]", "*", line[start:end])
    return "".join(shown)


def _is_value(match: re.Match[str], *, spaced: bool) -> bool:
    """Is what stands behind a name its value? A word behind a space is prose, but of an option."""
    value = match["value"]
    if not value.strip("{}()[]*_`"):
        return False
    if spaced and not match["option"]:
        plain = value.replace("-", "").strip("*_.,:;()").isalpha()
        if plain:
            return False
    return not _REFERENCE.match(value) or _FALLBACK.search(value) is not None


def _starred(text: str) -> str:
    return re.sub(r"\S", "*", text)
