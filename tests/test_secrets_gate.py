"""The gate: it loses no line, whatever engine runs it, and its database is only ever a shortcut."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from readiness.secrets import engine, providers
from readiness.secrets.gate import ENGINES, MATCH_LIMIT, Gate, Pattern

PATTERNS = (*providers.gates(), *engine.GATES)
PIECES = (
    "password = 'hunter2hunter2'",
    'api_key: "' + "k3Jd82hFq0ZxVb71" + '"',
    "sb_" + "secret_" + "q7XvB2mLr9TzKd4WnY8s",
    "https://ada:" + "s3cr3tW0rd" + "@db.corp.net/x",
    "-----BEGIN " + "PRIVATE KEY-----",
    "AKIA" + "Q3EXN5ZRT7LP2WKD",
    "contraseña='niño1234'",
    "ſecret = 'aaaabbbb'",
    "token",
    "=",
    ": ",
    '"',
    "\n",
    "\r\n",
    "é",
    "\x0b",
    "word ",
    "0123456789abcdef" * 2,
    "eyJhbGciOi" + "J9.eyJzdWIi" + "OjF9.abcdefghijklmnopqrstuvwxyz",
)
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join).map(str.encode)
noise = st.lists(st.sampled_from(PIECES).map(str.encode) | st.binary(max_size=3)).map(b"".join)


@pytest.fixture(scope="module", params=ENGINES)
def gate(request: pytest.FixtureRequest) -> Gate:
    return Gate(PATTERNS, engine=request.param)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts | noise, max_size=4).map(b"\n".join))
@example(b"secret_word = \ncontrasena")
@example(b"https://ada:" + b"s3cr3t\x85W0rd" + b"@db.corp.net/x")
def test_all_engines_let_the_same_lines_through(data: bytes) -> None:
    first, *others = [gate.lines(data) for gate in map(_gate, ENGINES)]
    assert all(lines == first for lines in others)


_GATES: dict[str, Gate] = {}


def _gate(name: str) -> Gate:
    if name not in _GATES:
        _GATES[name] = Gate(PATTERNS, engine=name)
    return _GATES[name]


def test_a_line_comes_with_its_place_and_the_detectors_that_want_it(gate: Gate) -> None:
    data = b"nothing here\nAKIA" + b"Q3EXN5ZRT7LP2WKD\nnothing there"
    (line,) = gate.lines(data)
    assert data[line.start : line.end] == b"AKIA" + b"Q3EXN5ZRT7LP2WKD"
    assert line.labels == {"aws-access-key-id", "AWSKeyDetector"}


def test_a_line_of_endless_matches_hides_no_other(gate: Gate) -> None:
    image = b'"token": "' + b"a1B2" * (MATCH_LIMIT // 3) + b'",\n'
    key = b"key = AKIA" + b"Q3EXN5ZRT7LP2WKD"
    lines = gate.lines(key + b"\n" + image + b"\n" + key)
    assert [(line.start, line.end) for line in lines] == [
        (0, len(key)),
        (len(key) + 1, len(key) + len(image)),
        (len(key) + len(image) + 2, 2 * len(key) + len(image) + 2),
    ]
    assert lines[0].labels == lines[2].labels


def test_random_bytes_and_no_bytes_are_answered(gate: Gate) -> None:
    noise = random.Random(5)
    assert gate.lines(b"") == []
    assert gate.lines(b"\n" * 1000) == []
    gate.lines(noise.randbytes(100_000))


# What every engine reads alike. To hyperscan, as to PCRE, \\v is any end of a line, not one byte.
ESCAPES = {b"b", b"w", b"t", b"r", b"n", b"f", b"x"}


def test_no_pattern_reaches_over_the_end_of_a_line() -> None:
    for pattern in PATTERNS:
        assert set(re.findall(rb"\\([A-Za-z0-9])", pattern.regex)) <= ESCAPES, pattern
        for negated in re.findall(rb"\[\^(?:\\.|[^\]\\])*\]", pattern.regex):
            assert b"\\n" in negated, pattern


def test_without_the_fast_engines_the_gate_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "hyperscan", None)
    monkeypatch.setitem(sys.modules, "re2", None)
    assert Gate([Pattern("x", b"needle")]).lines(b"a\nneedle\n")[0].labels == {"x"}


PATTERN = [Pattern("x", b"needle")]


def _works(folder: Path) -> bool:
    lines = Gate(PATTERN, folder, engine="hyperscan").lines(b"hay\nthe needle\nhay")
    return [(line.start, line.end) for line in lines] == [(4, 14)]


def test_the_database_is_saved_and_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert _works(folder)
    (saved,) = folder.iterdir()
    before = saved.stat().st_mtime_ns, saved.read_bytes()
    assert _works(folder)
    assert (saved.stat().st_mtime_ns, saved.read_bytes()) == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:-10], id="cut off"),
        pytest.param(lambda content: content[:200] + b"\0" + content[201:], id="a byte changed"),
        pytest.param(lambda content: b"x" * len(content), id="foreign"),
    ],
)
def test_a_broken_database_is_compiled_anew(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    assert _works(tmp_path)
    (saved,) = tmp_path.iterdir()
    whole = saved.read_bytes()
    saved.write_bytes(damage(whole))
    assert _works(tmp_path)
    assert saved.read_bytes()[:17] == whole[:17]
    assert len(saved.read_bytes()) == len(whole)


def test_a_whole_file_that_is_no_database_is_compiled_anew(tmp_path: Path) -> None:
    import hashlib

    assert _works(tmp_path)
    (saved,) = tmp_path.iterdir()
    payload = b"not a database of hyperscan"
    digest = hashlib.blake2b(payload, digest_size=32).digest()
    saved.write_bytes(saved.read_bytes()[:17] + digest + payload)
    assert _works(tmp_path)


def test_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    assert _works(blocked)
    assert _works(blocked / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_other_patterns_have_a_database_of_their_own(tmp_path: Path) -> None:
    Gate(PATTERN, tmp_path, engine="hyperscan")
    Gate([Pattern("x", b"other")], tmp_path, engine="hyperscan")
    assert len(list(tmp_path.iterdir())) == 2
