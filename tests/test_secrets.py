"""The secrets of a file: which are found in what kind of file, and what of them travels."""

from __future__ import annotations

import inspect
import re

import msgspec
import pytest
from detect_secrets.plugins import keyword
from detect_secrets.util.filetype import FileType, determine_file_type
from hypothesis import example, given, settings
from hypothesis import strategies as st

from readiness import secrets
from readiness.secrets import engine, providers
from readiness.secrets.gate import Gate

TOKEN = "sk_" + "live_" + "9aQ7xZ2mLr4TzKd8WnY0Bv6C"
PASSWORD = "Vq8" + "#kTz2LmW9xR"
PATHS = (
    ".env",
    ".env.local",
    "app.example",
    "app.tsx",
    "a.py",
    "b.min.js",
    "config.yml",
    "data.csv",
    "go.sum",
    "main.go",
    "Makefile",
    "notes",
    "settings.toml",
    "setup.cfg",
    "x.PY",
)
LINES = (
    f'PASSWORD="{PASSWORD}"',
    f"password = '{PASSWORD}'",
    f"db_password: {PASSWORD}",
    f'if (secret == "{PASSWORD}") {{',
    f'api_key := "{TOKEN}"',
    f"export STRIPE_KEY={TOKEN}",
    "AKIA" + "Q3EXN5ZRT7LP2WKD",
    "https://ada:" + PASSWORD + "@db.corp.net/x",
    "softlayer_key = '" + "0123456789abcdef" * 4 + "'",
    "-----BEGIN " + "PRIVATE KEY-----",
    "contraseña = 'ſecretniño1'",
    "token",
    "",
)
lines = st.lists(st.sampled_from(LINES) | st.text(max_size=12), max_size=3).map("".join)
kinds = st.sampled_from(sorted({secrets.SLICE.kind(path) or "other" for path in PATHS}))


@pytest.mark.parametrize("path", PATHS)
def test_a_quoted_token_is_found_in_any_file(path: str) -> None:
    facts = secrets.extract(secrets.SLICE.kind(path) or "", f'\nSTRIPE_KEY="{TOKEN}"\n'.encode())
    assert [(secret.provider, secret.lines) for secret in facts.secrets] == [
        ("stripe-live-key", (2,))
    ]


@pytest.mark.parametrize("path", [".env", "a.py", "config.yml", "notes", "setup.cfg", "main.go"])
def test_a_quoted_password_is_found_in_any_file_that_names_secrets(path: str) -> None:
    data = f'db_password = "{PASSWORD}"\n'.encode()
    (secret,) = secrets.extract(secrets.SLICE.kind(path) or "", data).secrets
    assert (secret.named, secret.length) == ("db_password", len(PASSWORD))


@settings(max_examples=300)
@given(kinds, st.lists(lines, max_size=4).map("\n".join) | st.text() | st.binary())
@example("dotenv", f'PASSWORD="{PASSWORD}"')
def test_any_file_of_any_kind_has_an_answer(kind: str, content: str | bytes) -> None:
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    facts = secrets.extract(kind, data)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=type(facts)) == facts


@settings(max_examples=300)
@given(st.sampled_from(sorted({*engine.UNQUOTED_KINDS, "python", "other"})), lines)
def test_the_gate_lets_all_through_that_a_plugin_finds(kind: str, line: str) -> None:
    line = line.replace("\n", " ").rstrip()
    passed = [found.labels for found in _gate.lines(line.encode())]
    labels = passed[0] if passed else frozenset()
    if engine.UNQUOTED_KEYWORD in labels and kind in engine.UNQUOTED_KINDS:
        labels |= {engine.KEYWORD}
    patterns = keyword.REGEX_BY_FILETYPE.get(
        FileType[kind.upper()], keyword.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP
    )
    for name in engine.PLUGINS:
        plugin = engine._plugin(name)
        more = {"denylist_regex_to_group": patterns} if name == engine.KEYWORD else {}
        if any(True for _ in plugin.analyze_string(line, **more)):
            assert name in labels, (name, line)


_gate = Gate((*providers.gates(), *engine.GATES))


def test_each_detector_that_the_gate_names_is_a_plugin() -> None:
    labels = {gate.label for gate in engine.GATES} - {engine.UNQUOTED_KEYWORD}
    assert labels == set(engine.PLUGINS)
    assert {type(engine._plugin(name)).__name__ for name in engine.PLUGINS} == labels


def test_kinds_of_files_are_those_of_detect_secrets() -> None:
    endings = re.findall(r"'(\.\w+)'", inspect.getsource(determine_file_type))
    theirs = {ending: determine_file_type(f"a{ending}").name.lower() for ending in endings}
    assert theirs == secrets._TYPES


# What travels


def test_a_line_without_a_secret_says_nothing_of_the_same_line_elsewhere() -> None:
    header = "-----BEGIN " + "PRIVATE KEY-----\n"
    body = "".join(f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKc{n}wggSjAgEAAoIBAQ\n" for n in "a7Z")
    assert not secrets.extract("other", header.encode()).secrets
    assert len(secrets.extract("other", (header + body).encode()).secrets) == 1
    line = f"password: {PASSWORD}\n".encode()
    assert not secrets.extract("python", line).secrets
    assert len(secrets.extract("yaml", line).secrets) == 1
    assert len(secrets.extract("yaml", line).secrets) == 1


def test_only_lines_without_a_secret_are_remembered_and_not_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secrets, "EMPTY_LIMIT", 3)
    for number in range(5):
        secrets.extract("dotenv", f"PASSWORD=example{number}\nAPI_{number}={TOKEN}".encode())
    assert 0 < len(secrets._empty) <= 3
    assert not any(TOKEN.encode() in line for _, _, line in secrets._empty)


def test_other_facts_of_the_file_hold_asterisks_instead() -> None:
    data = f'run("pay --key {TOKEN}")\npassword = "postgres"\n'.encode()
    facts = secrets.extract("python", data)
    hidden = secrets.hide("python", data, facts, [data, b"nothing"])
    assert TOKEN.encode() not in hidden[0]
    assert len(hidden[0]) == len(data), "msgpack counts the bytes of its texts"
    assert b"postgres" in hidden[0], "a word stands for other things as well"
    assert hidden[1] == b"nothing"


def test_every_line_of_a_private_key_is_hidden() -> None:
    body = ["MIIEowIBAAKCAQEA7bq98nGsZ2Lx", "Q3EXN5ZRT7LP2WKDq7XvB2mLr9Tz"]
    marks = "-----{} RSA " + "PRIVATE KEY-----"
    data = "\n".join([marks.format("BEGIN"), *body, marks.format("END"), ""]).encode()
    facts = secrets.extract("other", data)
    (hidden,) = secrets.hide("other", data, facts, [data])
    assert facts.secrets
    assert [line for line in body if line.encode() in hidden] == []


def test_a_quoted_text_is_shown_without_its_secrets() -> None:
    text = f"`curl -H 'Authorization: Bearer {TOKEN}'` cannot fail\né"
    shown = secrets.redact(text)
    assert shown == text.replace(TOKEN, "*" * len(TOKEN))
    assert secrets.redact("`pytest -q` cannot fail") == "`pytest -q` cannot fail"
