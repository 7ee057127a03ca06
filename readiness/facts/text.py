"""Facts of every file: is it text, how long is it, and which inline ignores it holds."""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice


class InlineIgnore(Struct, frozen=True):
    """A comment `readiness: ignore[RULE, ...] reason`; in a document, one of its own comments, so
    that a page may explain the form."""

    line: int
    rules: tuple[str, ...]
    reason: str


class TextFacts(Struct, frozen=True):
    """`lines` counts all of them; `encoding` is utf-8, utf-16, latin-1 or binary.
    `generated`: a comment in the head says that a program wrote it and nobody should edit it."""

    size: int
    lines: int = 0
    encoding: str = "utf-8"
    ignores: tuple[InlineIgnore, ...] = ()
    generated: bool = False


_GENERATED = re.compile(
    rb"^[ \t]*(?:#|//|/?\*|--|;|<!--|\"{3}|'{3})[^\n]{0,200}"
    rb"(?:@generated|do not (?:edit|modify)|don't edit|not be edited)",
    re.MULTILINE,
)
_FORM = rb"readiness: ignore\[([A-Za-z0-9_, -]{1,200})\][ \t]*(?:reason=)?([^\r\n]{0,300})"
_IGNORE = {
    "text": re.compile(_FORM),
    "document": re.compile(rb"(?:<!--|^\.\.)[ \t]*" + _FORM, re.M),
}
_DOCUMENTS = (".md", ".mdx", ".rst", ".adoc")


_latest: tuple[bytes, tuple[str, str]] = b"", ("", "utf-8")


def decode(data: bytes) -> tuple[str, str]:
    """The text of `data` and the name of its encoding; ("", "binary") where it is none.

    The latest answer is kept: one slice after the other asks for the same blob.
    """
    global _latest
    latest, answer = _latest
    if latest is not data:
        answer = _decode(data)
        _latest = data, answer
    return answer


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            return "", "binary"
    if b"\0" in data[:8192]:
        return "", "binary"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def encoding_of(data: bytes) -> str:
    """The name of the encoding of `data`; "binary" where it is no text."""
    if b"\0" not in data[:8192] and data.isascii():
        return "utf-8"
    return decode(data)[1]


def _is_generated(data: bytes) -> bool:
    head = data[:1000].lower()
    return b"generated" in head and _GENERATED.search(head) is not None


def extract(kind: str, data: bytes) -> TextFacts:
    encoding = encoding_of(data)
    if encoding == "binary":
        return TextFacts(size=len(data), encoding=encoding)
    ignores: tuple[InlineIgnore, ...] = ()
    if b"readiness: ignore[" in data:
        ignores = tuple(
            InlineIgnore(
                line=data.count(b"\n", 0, match.start()) + 1,
                rules=tuple(part.strip() for part in match[1].decode().split(",")),
                reason=match[2].decode("utf-8", "replace").strip(" -*/#>"),
            )
            for match in _IGNORE[kind].finditer(data)
        )
    plain = decode(data)[0].encode() if encoding == "utf-16" else data
    lines = plain.count(b"\n") + (plain[-1:] not in (b"", b"\n"))
    return TextFacts(len(data), lines, encoding, ignores, _is_generated(data))


def _kind(path: str) -> str:
    return "document" if path.lower().endswith(_DOCUMENTS) else "text"


SLICE = Slice(name="text", version=4, type=TextFacts, kind=_kind, extract=extract)
