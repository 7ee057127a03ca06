"""Facts for near-duplicates: a sketch of the word sequences of a source file.

Comments, docstrings and literal strings of programs are dropped, digits become 0, and what is left
is a sequence of words. Every five words in a row are one *shingle*; two files are as alike as the
sets of their shingles. A sketch keeps every 2^level-th shingle by its hash, with the level just
high enough for 512 of them, so that a cache of thousands of files stays small and two sketches can
still be compared. Words alone, without punctuation, cost a sixth of `ast.parse` instead of half.
"""

from __future__ import annotations

import re
from functools import cache
from struct import iter_unpack
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import Slice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORDS = 5  # in a shingle
KEPT = 512  # hashes of a sketch at most
SOURCE = 1 << 20  # bytes of a file that are looked at
_TEXT = 1 << 19  # bytes of its words


class ShingleFacts(Struct, frozen=True):
    """`count`: distinct shingles of the file. `hashes`: those of the sketch, 4 bytes each, little
    endian, sorted; the last `level` bits of each are 0."""

    count: int = 0
    level: int = 0
    hashes: bytes = b""


_DOUBLE = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
_SINGLE = rb"'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
_DOUBLE_3 = rb'"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?'
_SINGLE_3 = rb"'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?"
_BLOCK = rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
_DROPPED = {
    "python": re.compile(
        b"|".join((rb"#[^\n]*", _DOUBLE_3, _SINGLE_3, _DOUBLE, _SINGLE)), re.DOTALL
    ),
    "slashes": re.compile(b"|".join((rb"//[^\n]*", _BLOCK, _DOUBLE, _SINGLE)), re.DOTALL),
    "hashes": re.compile(rb"(?:^|(?<=\s))#[^\n]*"),
}
_KINDS = {
    "python": "py pyi pyw",
    "slashes": "js jsx ts tsx mjs cjs vue svelte go rs java kt scala cs c h cc cpp swift dart php",
    "hashes": "sh bash zsh rb yml yaml toml tf ex exs pl r conf ini cfg env",
    "plain": "html sql json css scss",
}
_KIND_OF = {extension: kind for kind, names in _KINDS.items() for extension in names.split()}
_WORDS = bytes(
    byte
    if chr(byte).isalpha() or byte == ord("_") or byte > 127
    else ord("0" if chr(byte).isdigit() else " ")
    for byte in range(256)
)
_PRIME = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64


def _kind(path: str) -> str | None:
    """The way comments and strings are written; a backup (`x.py.bak`) is what its name was."""
    name = path.rpartition("/")[2].lower()
    if name.endswith((".min.js", ".min.css", "-lock.json", "-lock.yaml", ".lock")):
        return None
    if name.startswith(("dockerfile", "makefile")):
        return "hashes"
    parts = name.rstrip("~").split(".")[1:]
    return next((_KIND_OF[part] for part in reversed(parts[-2:]) if part in _KIND_OF), None)


def extract(kind: str, data: bytes) -> ShingleFacts:
    source = data[:SOURCE]
    if kind in _DROPPED:
        source = _DROPPED[kind].sub(b" ", source)
    words = b" ".join(source.translate(_WORDS).split())[:_TEXT]
    return _sketch(words)


def _sketch(words: bytes) -> ShingleFacts:
    """The sketch of words separated by single spaces.

    The hash of a shingle is the polynomial of its bytes modulo 2^64, taken from the running sums
    of the whole text, so that no word is ever touched by itself.
    """
    import numpy as np

    text = np.frombuffer(words, dtype=np.uint8)
    spaces = np.flatnonzero(text == ord(" "))
    if len(spaces) < WORDS:
        return ShingleFacts()
    powers, inverses = _powers()
    sums = np.zeros(len(text) + 1, dtype=np.uint64)
    np.cumsum(text * powers[: len(text)], out=sums[1:])
    starts = np.concatenate(([0], spaces + 1))
    first, after = starts[:-WORDS], starts[WORDS:]
    hashes = (sums[after] - sums[first]) * inverses[first]
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(_PRIME)
    hashes ^= hashes >> np.uint64(29)
    kept = np.sort((hashes >> np.uint64(32)).astype("<u4"))
    kept = kept[np.concatenate(([True], kept[1:] != kept[:-1]))]  # np.unique takes four times that
    count, level = len(kept), 0
    while len(kept) > KEPT:
        level += 1
        kept = _sampled(kept, level)
    return ShingleFacts(count, level, kept.tobytes())


def _sampled(hashes: NDArray[np.uint32], level: int) -> NDArray[np.uint32]:
    chosen: NDArray[np.uint32] = hashes[hashes & ((1 << level) - 1) == 0]
    return chosen


@cache
def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of the prime, and of its inverse, modulo 2^64."""
    import numpy as np

    def powers(base: int) -> NDArray[np.uint64]:
        factors = np.full(_TEXT, base, dtype=np.uint64)
        factors[0] = 1
        product: NDArray[np.uint64] = np.cumprod(factors)
        return product

    return powers(_PRIME), powers(pow(_PRIME, -1, 1 << 64))


def compare(left: ShingleFacts, right: ShingleFacts) -> tuple[float, float, float]:
    """(Jaccard similarity, share of `left` that is in `right`, share of `right` in `left`), each
    from 0 to 1; 0 where a file has too few words. Within about 0.04 for large files, exact for
    files of up to 512 shingles."""
    level = max(left.level, right.level)
    one, two = _kept(left, level), _kept(right, level)
    if not one or not two:
        return 0.0, 0.0, 0.0
    shared = len(one & two)
    return shared / len(one | two), shared / len(one), shared / len(two)


def _kept(facts: ShingleFacts, level: int) -> set[int]:
    hashes = iter_unpack("<I", facts.hashes)
    return {number for (number,) in hashes if not number & ((1 << level) - 1)}


SLICE = Slice(name="shingles", version=1, type=ShingleFacts, kind=_kind, extract=extract)
