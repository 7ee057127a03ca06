"""A PDF that is packed: smaller, and the same to whoever reads it."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from readiness.pdf_objects import packed

TEXT = zlib.compress(b"BT /F1 12 Tf 20 20 Td (Every finding) Tj ET")


def made(elements: int = 500, trailer: bytes = b"") -> bytes:
    """A document of one page as Chromium writes it, with so many elements for screen readers."""
    bodies = [
        b"<</Type /Catalog /Pages 2 0 R /StructTreeRoot 6 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R"
        b" /Resources <</Font <</F1 5 0 R>>>>>>",
        b"<</Length %d /Filter /FlateDecode>> stream\n%s\nendstream" % (len(TEXT), TEXT),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
        b"<</Type /StructTreeRoot /K [%s]>>"
        % b" ".join(b"%d 0 R" % number for number in range(7, 7 + elements)),
        *(b"<</Type /StructElem /S /P /P 6 0 R /ID (%d)>>" % n for n in range(elements)),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"/Size %d\n/Root 1 0 R%s" % (len(bodies) + 1, trailer)
    out += b"trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n" % (head, start)
    return bytes(out)


def read(pdf: bytes) -> tuple[list[str], list[str]]:
    """The text of each page, and the names of the elements."""
    document = PdfReader(io.BytesIO(pdf), strict=True)
    root: Any = document.root_object["/StructTreeRoot"]
    elements = [str(element.get_object()["/ID"]) for element in root["/K"]]
    return [page.extract_text() for page in document.pages], elements


@pytest.mark.parametrize("elements", [150, 500, 1_000])
def test_it_is_a_quarter_as_large_and_says_the_same(elements: int) -> None:
    pdf = made(elements)
    small = packed(pdf)
    assert len(small) < len(pdf) / 4
    assert read(small) == read(pdf) == (["Every finding"], [str(n) for n in range(elements)])
    assert small == packed(pdf)


@pytest.mark.parametrize(
    "pdf",
    [
        b"",
        b"%PDF-1.4\n",
        made(trailer=b"/Prev 9"),
        made(trailer=b"/Encrypt 9 0 R"),
        made() + b"\n%",
    ],
    ids=["empty", "cut", "two tables", "encrypted", "more behind its end"],
)
def test_what_is_put_together_in_another_way_stays_as_it_is(pdf: bytes) -> None:
    assert packed(pdf) == pdf


def test_what_is_packed_is_not_packed_again() -> None:
    small = packed(made())
    assert packed(small) == small


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(made(9))), st.binary(max_size=6), st.integers(0, 40))
def test_damaged_files_are_no_error(at: int, new: bytes, gone: int) -> None:
    pdf = made(9)
    packed(pdf[:at] + new + pdf[at + gone :])
