"""A PDF made smaller without losing anything: what is written out in it is packed.

Chromium writes each of the tens of thousands of elements that let a screen reader find headings,
tables and links as plain text. Since PDF 1.5 objects may stand compressed in streams of objects.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_ABREAST = 200  # objects of one stream: a reader unpacks it whole for any of them
_END = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TABLE = re.compile(rb"xref\s+0 (\d+)\s*\n")
_ENTRY = 20  # bytes
_TRAILER = re.compile(rb"trailer\s*<<(.*)>>\s*$", re.DOTALL)
_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj\s*$", re.DOTALL)
_STREAM = re.compile(rb">>\s*stream\r?\n")


def packed(pdf: bytes) -> bytes:
    """The same document with its objects in compressed streams; `pdf` itself where it is not as
    simple as those of Chromium (one table of all objects, none of them encrypted)."""
    read = _objects(pdf)
    if read is None or not read[0]:
        return pdf
    objects, trailer = read
    plain = {number: body for number, body in objects.items() if not _STREAM.search(body)}
    out = bytearray(b"%PDF-1.5\n%\xd3\xeb\xe9\xe1\n")
    places: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}  # number -> entry of the table
    for number, body in objects.items():
        if number not in plain:
            places[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    last = max(objects)
    for last, (numbers, stream) in enumerate(_streams(plain), max(objects) + 1):
        places[last] = (1, len(out), 0)
        places |= {number: (2, last, place) for place, number in enumerate(numbers)}
        out += b"%d 0 obj\n%s\nendobj\n" % (last, stream)
    start = len(out)
    places[last + 1] = (1, start, 0)
    table = b"".join(
        kind.to_bytes(1, "big") + where.to_bytes(4, "big") + nth.to_bytes(2, "big")
        for kind, where, nth in (places.get(n, (0, 0, 65535)) for n in range(last + 2))
    )
    head = b"/Type /XRef /W [1 4 2] /Size %d %s" % (last + 2, trailer)
    out += b"%d 0 obj\n%s\nendobj\n" % (last + 1, _stream(head, table))
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out) if len(out) < len(pdf) else pdf


def _objects(pdf: bytes) -> tuple[dict[int, bytes], bytes] | None:
    """Every object by its number, and what the trailer says but for the number of objects; null
    where the file is put together in another way."""
    end = _END.search(pdf, max(0, len(pdf) - 64))
    table = _TABLE.match(pdf, int(end[1])) if end else None
    if end is None or table is None:
        return None
    size, first = int(table[1]), table.end()
    if first + _ENTRY * size > len(pdf):
        return None
    entries = [pdf[first + _ENTRY * n : first + _ENTRY * (n + 1)] for n in range(size)]
    trailer = _TRAILER.match(pdf, first + _ENTRY * size, end.start())
    if trailer is None or re.search(rb"/(?:Prev|Encrypt|XRefStm)\b", trailer[1]):
        return None
    used = sorted((int(each[:10]), n) for n, each in enumerate(entries) if each[17:18] == b"n")
    ends = [*(where for where, _ in used[1:]), table.start()]
    found = {}
    for (where, number), stop in zip(used, ends, strict=True):
        match = _OBJECT.fullmatch(pdf, where, stop)
        if match is None or int(match[1]) != number:
            return None
        found[number] = match[2]
    return found, re.sub(rb"/Size \d+", b"", trailer[1]).strip()


def _streams(plain: dict[int, bytes]) -> Iterator[tuple[list[int], bytes]]:
    """The numbers of some objects, and the stream that holds them, until all are told."""
    numbers = sorted(plain)
    for first in range(0, len(numbers), _ABREAST):
        held = numbers[first : first + _ABREAST]
        index, body = bytearray(), bytearray()
        for number in held:
            index += b"%d %d " % (number, len(body))
            body += plain[number] + b"\n"
        head = b"/Type /ObjStm /N %d /First %d" % (len(held), len(index))
        yield held, _stream(head, bytes(index + body))


def _stream(head: bytes, body: bytes) -> bytes:
    data = zlib.compress(body, 9)
    head = b"<< %s /Filter /FlateDecode /Length %d >>" % (head, len(data))
    return b"%s\nstream\n%s\nendstream" % (head, data)
