"""A glance: which staged files can a rule for single files have anything new to say of?

It never overlooks one and may suspect too many. What it knows of the rules is only here: files of
environment variables, Python that does not parse, and lines that the gate of secrets lets through.
"""

from __future__ import annotations

import os
import sys
import warnings

from readiness import compiled
from readiness.hook.staged import Change, Staged

MOST_FILES = 300  # above it a glance saves nothing
SMALL = 300_000  # bytes of a file that is parsed here and now: trees are large
_ONLY_PARSE = 0x400  # ast.PyCF_ONLY_AST
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_KEY_WINDOW = 8_200  # bytes below the first line of a private key that belong to it
_MATCHES = 10_000  # of one file: more are no ordinary source
_START = b"\n\n"  # so that every line has one before it
_GATE_SOURCES = ("compiled.py", "secrets/gate.py", "secrets/engine.py", "secrets/providers.toml")


class Suspects:
    """`secrets`: files with new lines that look like a secret; `others`: files to be judged by the
    rules in any case; where there are none, nothing but a secret can be wrong. `contents` are
    those that were read; `only_ours`: no rule pack is installed beside ours."""

    def __init__(self) -> None:
        self.only_ours = False
        self.secrets: list[Change] = []
        self.others: list[Change] = []
        self.contents: dict[str, bytes | None] = {}


def glance(staged: Staged, cache: str | None) -> Suspects:
    """The suspects of a change; `cache` is the folder of the cache. Raises Unusual."""
    found = Suspects()
    changes = [change for change in staged.changes if change.regular]
    if not changes:
        return found
    found.only_ours = not has_other_rules()
    if not found.only_ours or len(changes) > MOST_FILES:
        found.others = changes
        return found
    found.contents = staged.contents(change.blob_id for change in changes)
    gate = _gate(cache)
    lines: list[tuple[Change, bytes, list[tuple[int, int]]]] = []
    for change in changes:
        data = found.contents[change.blob_id]
        name = change.path.rpartition(b"/")[2].lower()
        if data is None or b".env" in name or _is_broken(name, data):
            found.others.append(change)
        elif data.startswith(_MARKS):
            found.secrets.append(change)
        elif data and b"\0" not in data[:8192]:
            text = _START + plain(data)
            candidates = None if gate is None else _candidates(gate, text)
            if candidates is None:
                found.secrets.append(change)
            elif candidates:
                lines.append((change, text, candidates))
    if lines:
        found.contents |= staged.contents(old for change, _, _ in lines for old in change.old)
        for change, text, candidates in lines:
            olds = [_START + plain(found.contents[old] or b"") for old in change.old]
            if not all(any(text[a:b] in old for old in olds) for a, b in candidates):
                found.secrets.append(change)
    return found


def plain(data: bytes) -> bytes:
    """A text with plain newlines, as the search for secrets sees it."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.removeprefix(b"\xef\xbb\xbf")


def has_other_rules() -> bool:
    """Is a rule pack installed beside ours? Nothing is known of what its rules look at."""
    for folder in sys.path:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            if name.startswith("readiness-") or name == "readiness.egg-info":
                continue
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                    if b"[readiness.rules]" in file.read():
                        return True
            except OSError:
                continue
    return False


def _is_broken(name: bytes, data: bytes) -> bool:
    """Is it Python that does not parse, or too much of it to find out here?"""
    if not name.endswith((b".py", b".pyi", b".pyw")):
        return False
    if len(data) > SMALL:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the author's matter
            compile(data, "<staged>", "exec", _ONLY_PARSE, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


def _candidates(gate: object, text: bytes) -> list[tuple[int, int]] | None:
    """Where the lines lie that can hold a secret, each with all that decides on it: the line
    before, which may allow it, and the body of a private key. Null where there are too many."""
    import hyperscan

    ends: list[int] = []

    def found(number: int, start: int, end: int, flags: int, context: object) -> bool | None:
        ends.append(end)
        return len(ends) >= _MATCHES or None

    try:
        gate.scan(text, match_event_handler=found)  # type: ignore[attr-defined]
    except hyperscan.ScanTerminated:
        return None
    places: list[tuple[int, int]] = []
    last = -1
    for stop in sorted(ends):
        if stop <= last:
            continue
        start = text.rfind(b"\n", 0, stop - 1) + 1
        last = text.find(b"\n", stop)
        last = len(text) if last < 0 else last
        before = text.rfind(b"\n", 0, start - 1)
        is_key = b"PRIVATE KEY" in text[start:last] or b"PuTTY" in text[start:last]
        places.append((before, last + _KEY_WINDOW if is_key else last + 1))
    return places


def _gate(cache: str | None) -> object | None:
    """The compiled gate that an earlier run has kept; null where there is none of this version."""
    if cache is None:
        return None
    try:
        with open(note_path(cache), "rb") as file:
            name = os.fsdecode(file.read())
        database: object = compiled.load(os.path.join(cache, os.path.basename(name)))
    except (ImportError, OSError, ValueError):
        return None
    return database


def note_path(cache: str) -> str:
    """The file that names the compiled gate of exactly this code: else its name can only be told
    by reading the whole table of providers."""
    from _blake2 import blake2b

    import hyperscan

    digest = blake2b(str(vars(hyperscan)["__version__"]).encode(), digest_size=12)
    package = os.path.dirname(os.path.dirname(__file__))
    for source in _GATE_SOURCES:
        with open(os.path.join(package, source), "rb") as file:
            digest.update(b"\0" + file.read())
    return os.path.join(cache, f"hook-gate-{digest.hexdigest()}")
