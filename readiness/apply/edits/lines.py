"""Lines that a list of patterns or variables lacks: added at its end, in its own newline style."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.apply.edits.source import Refused
from readiness.model import Edit

_NO_TEXT = (b"\xff\xfe", b"\xfe\xff")


def edit(content: bytes, edits: Sequence[Edit]) -> bytes:
    """`content` with the lines of `edits` that it does not hold yet. An exception (`!pattern`) is
    written again after a new line, which may be what it makes an exception from."""
    if b"\0" in content or content.startswith(_NO_TEXT):
        raise Refused("it is no text in UTF-8")
    newline = b"\r\n" if content.count(b"\r\n") * 2 > content.count(b"\n") else b"\n"
    known = {line.strip() for line in content.split(b"\n")}
    added: list[bytes] = []
    for each in edits:
        for text in each.what:
            line = text.encode()
            if not line.strip() or b"\n" in line or b"\r" in line or b"\0" in line:
                raise Refused("what is to be added is not one line")
            if line not in known or (added and line.startswith(b"!") and line not in added):
                added.append(line)
                known.add(line)
    if not added:
        return content
    end = b"" if not content or content.endswith(b"\n") else newline
    return content + end + newline.join(added) + newline
