"""Secrets of one blob: gate, engine, provider table and confidence; a value never leaves here.

    bytes -> gate: candidate lines -> engine and provider table: values -> confidence: verdicts

Each is a module of its own and can be replaced alone. What leaves the package is the kind of a
secret, its lines and length, and a keyed hash where the value is too random to be guessed from it.
Where the same characters stand in other facts (a command, a default), `hide` masks them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, structs

from readiness.facts import Slice
from readiness.model import Confidence, Severity
from readiness.secrets import confidence, engine, providers
from readiness.secrets.confidence import Doubt, Verdict
from readiness.secrets.gate import Gate, Line, Pattern, saved_name
from readiness.secrets.providers import Provider, Shape

if TYPE_CHECKING:
    from pathlib import Path


class Secret(Struct, frozen=True):
    """One value in one file.

    `provider` and `name` are the kind's ("supabase-secret-key", "Supabase secret key"), `issuer`
    the host that documents it. `confidence` is told by the shape alone: `is_token` where the value
    tells by itself what it is, else `named` is the name that tells. `key` is the same for the same
    value in any file, "" where the value could be guessed from it. `doubts` are sentences.
    """

    provider: str
    name: str
    severity: Severity
    confidence: Confidence
    lines: tuple[int, ...]
    length: int
    key: str = ""
    named: str = ""
    issuer: str = ""
    is_token: bool = True
    doubts: tuple[str, ...] = ()


class SecretFacts(Struct, frozen=True):
    """The secrets of one blob, by line.

    `allowed` are lines on which a comment `pragma: allowlist secret` lets a value pass that only
    its name makes a secret; what is one by itself is doubted, not left out. `unread` counts
    candidate lines beyond the limit.
    """

    secrets: tuple[Secret, ...] = ()
    allowed: tuple[int, ...] = ()
    unread: int = 0


SECRET_LIMIT = 100  # secrets of one blob
LINE_LIMIT = 5_000  # candidate lines of one blob
NAMED_LIMIT = 4_000  # bytes of a line: in longer ones (minified code, data) only tokens are found
EMPTY_LIMIT = 4_000  # candidate lines that are remembered to hold none
PLUGIN_LIMIT = 1_000  # candidate lines of one blob that the plugins see
_PEM_WINDOW = 8_192

# detect-secrets' types of file, by extension; its own table is held equal to this by a test.
_TYPES = {
    ".c": "c",
    ".cf": "config",
    ".cfg": "config",
    ".cls": "cls",
    ".cnf": "config",
    ".conf": "config",
    ".cpp": "c_plus_plus",
    ".cs": "c_sharp",
    ".example": "example",
    ".eyaml": "yaml",
    ".go": "go",
    ".ini": "ini",
    ".java": "java",
    ".js": "javascript",
    ".m": "objective_c",
    ".php": "php",
    ".properties": "properties",
    ".py": "python",
    ".pyi": "python",
    ".swift": "swift",
    ".tf": "terraform",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_UNREADABLE = frozenset(
    ".7z .avi .avif .bin .bmp .bz2 .class .dll .dmg .doc .docx .dylib .ear .eot .exe .flac .gif "
    ".gz .ico .jar .jpeg .jpg .mkv .mo .mov .mp3 .mp4 .o .odt .ogg .otf .parquet .pdf .pkl .png "
    ".ppt .pptx .psd .pyc .rar .so .tar .tgz .tif .tiff .ttf .war .wasm .wav .webm .webp .whl "
    ".woff .woff2 .xls .xlsx .xz .zip .zst".split()
)
# Files that name no secrets, only hold values: a token's own shape still tells there.
_DATA = frozenset(
    ".arb .css .csv .geojson .less .lock .map .po .pot .scss .sum .svg .tsv .xlf".split()
)
_DATA_NAMES = frozenset(
    "cartfile.resolved composer.lock go.sum npm-shrinkwrap.json package-lock.json package.resolved "
    "packages.lock.json pnpm-lock.yaml brewfile.lock.json".split()
)
_DOTENV = re.compile(r"(?:^|\.)env(?:\.|$)")


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2]
    lowered = name.lower()
    stem, dot, extension = lowered.rpartition(".")
    extension = dot + extension
    if extension in _UNREADABLE:
        return None
    if extension in _DATA or lowered in _DATA_NAMES or stem.endswith((".min", "-min")):
        return "data"
    if _DOTENV.search(lowered) and extension not in _TYPES:
        return "dotenv"
    return _TYPES.get(name[name.rfind(".") :] if stem else "", "other")


_folder: Path | None = None
_for_little = False


def keep_gate_in(folder: Path | None, *, for_little: bool = False) -> None:
    """Where the compiled gate is kept between runs (the user's cache folder); call it at start-up.

    Nothing is read or written before the first file is looked at; without it, or where the folder
    cannot be written to, the gate is compiled anew in each process. `for_little`: where it would
    be, few files are looked at, so that an engine which is ready ten times as soon serves better.
    """
    global _folder, _for_little
    if (folder, for_little) != (_folder, _for_little):
        _folder, _for_little = folder, for_little
        _gate.cache_clear()


def gate_name() -> str:
    """The name of the file in which the compiled gate is kept, in the folder given for it."""
    return saved_name(_patterns())


def _patterns() -> tuple[Pattern, ...]:
    return (*providers.gates(), *engine.GATES)


@cache
def _gate() -> Gate:
    return _gate_for_texts() if _for_little and _folder is None else Gate(_patterns(), _folder)


@cache
def _gate_for_texts() -> Gate:
    """The gate by an engine that is ready ten times as soon, for the little that reports quote."""
    return Gate(_patterns(), engine="re2")


def warm() -> None:
    """Loads gate and engine now, so that processes forked from this one share them."""
    _gate()
    engine.warm()


class _Found(NamedTuple):
    provider: Provider
    value: str
    identity: str  # what is the same in every copy of the secret
    start: int
    end: int
    named: str
    verdict: Verdict


def extract(kind: str, data: bytes) -> SecretFacts:
    """The secrets in `data`, a file of `kind`; any bytes give an answer in linear time."""
    data = _text_bytes(data)
    lines = _gate().lines(data) if data else []
    secrets: dict[tuple[str, str], Secret] = {}
    allowed: set[int] = set()
    number, position, for_plugins = 1, 0, PLUGIN_LIMIT
    for line in lines[:LINE_LIMIT]:
        number += data.count(b"\n", position, line.start)
        position = line.start
        plugins = frozenset(label for label in line.labels if label in _PLUGIN_LABELS)
        if plugins and for_plugins:
            for_plugins -= 1
        else:
            line = line._replace(labels=line.labels - plugins)
        for found in _look(kind, data, line):
            if not _is_allowed(data, line):
                _add(secrets, found, number)
            elif found.provider.shape.needs_name:
                allowed.add(number)
            else:
                _add(secrets, _doubted(found), number)
        if len(secrets) >= SECRET_LIMIT:
            break
    return SecretFacts(
        secrets=tuple(sorted(secrets.values(), key=lambda secret: (secret.lines, secret.provider))),
        allowed=tuple(sorted(allowed)),
        unread=max(0, len(lines) - LINE_LIMIT),
    )


def hide(kind: str, data: bytes, facts: SecretFacts, others: Sequence[bytes]) -> list[bytes]:
    """`others`, which were made of the same `data`, with asterisks for every character of a secret.

    `facts` are those of `data`. A value that is a word stays: it stands for other things as well.
    """
    values = sorted(_values(kind, data, facts), key=len, reverse=True) if facts.secrets else []
    return [functools.reduce(_masked, values, other) for other in others]


def redact(text: str) -> str:
    """`text` with asterisks for every character of a secret in it."""
    data = text.encode("utf-8", "surrogateescape")
    lines = _gate_for_texts().lines(data)
    values = {found.value for line in lines for found in _look("other", data, line)}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "*" * len(value))
    return text


def _values(kind: str, data: bytes, facts: SecretFacts) -> Iterator[bytes]:
    data = _text_bytes(data)
    lines = {line for secret in facts.secrets for line in secret.lines}
    number, position = 1, 0
    for line in _gate().lines(data):
        number += data.count(b"\n", position, line.start)
        position = line.start
        if number in lines:
            for found in _look(kind, data, line):
                if found.provider.shape is Shape.PEM:
                    following = _decode(data[line.start + found.end :][:_PEM_WINDOW])
                    yield from confidence.private_key_lines(following)
                elif _key(found):
                    yield found.value.encode()


def _masked(content: bytes, value: bytes) -> bytes:
    return content.replace(value, b"*" * len(value))


_PLUGIN_LABELS = frozenset((*engine.PLUGINS, engine.UNQUOTED_KEYWORD))


def _text_bytes(data: bytes) -> bytes:
    """The blob as UTF-8 with plain newlines; empty where it is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    elif b"\0" in data[:8192]:
        return b""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.removeprefix(b"\xef\xbb\xbf")


def _add(secrets: dict[tuple[str, str], Secret], found: _Found, number: int) -> None:
    known = secrets.get((found.provider.id, found.identity))
    if known is not None:
        if number not in known.lines:
            lines = (*known.lines, number)
            secrets[found.provider.id, found.identity] = structs.replace(known, lines=lines)
        return
    assert found.verdict.confidence is not None
    shape = found.provider.shape
    secrets[found.provider.id, found.identity] = Secret(
        provider=found.provider.id,
        name=found.verdict.name or found.provider.name,
        severity=found.verdict.severity or found.provider.severity,
        confidence=found.verdict.confidence,
        lines=(number,),
        length=len(found.identity if shape is Shape.PEM else found.value),
        key=_key(found),
        named=found.named,
        issuer=found.provider.issuer,
        is_token=not shape.needs_name,
        doubts=tuple(doubt.sentence for doubt in found.verdict.doubts),
    )


def _key(found: _Found) -> str:
    shape = found.provider.shape
    can_be_words = shape.needs_name or shape is Shape.DSN
    return confidence.key_of(found.identity, can_be_words=can_be_words)


def _doubted(found: _Found) -> _Found:
    verdict = confidence.doubted(found.verdict, Doubt.ALLOWED)
    return found._replace(verdict=verdict._replace(confidence=Confidence.LOW))


# Candidate lines that hold no secret: the next version of a file has most of them again.
_empty: set[tuple[str, frozenset[str], bytes]] = set()


def _look(kind: str, data: bytes, line: Line) -> Iterator[_Found]:
    """The secrets in one line; where two kinds see the same characters, the more telling one."""
    raw = data[line.start : line.end]
    if (kind, line.labels, raw) in _empty:
        return
    taken: list[tuple[int, int]] = []
    tells_alone = len(raw) <= NAMED_LIMIT
    for found in _candidates(kind, data, line, raw):
        if found.provider.shape is Shape.PEM:  # the lines below tell whether it is one
            tells_alone = False
        if found.verdict.confidence is None:
            continue
        if any(found.start < end and start < found.end for start, end in taken):
            continue
        taken.append((found.start, found.end))
        yield found
    if tells_alone and not taken:
        if len(_empty) >= EMPTY_LIMIT:
            _empty.clear()
        _empty.add((kind, line.labels, raw))


def _candidates(kind: str, data: bytes, line: Line, raw: bytes) -> Iterator[_Found]:
    by_names = len(raw) <= NAMED_LIMIT and kind != "data"
    text = _decode(raw) if len(raw) <= NAMED_LIMIT else ""
    hits = list(engine.scan(kind, text, line.labels)) if text else []
    for provider in _providers(line.labels):
        if provider.shape.needs_name and not by_names:
            continue
        if provider.id in line.labels:
            for match in providers.matches(provider, raw):
                yield _judge(provider, data, line, match)
        for plugin, value in hits:
            if plugin == provider.plugin:
                start = raw.find(value.encode())
                groups = {"named": _name_before(raw, start), "plugin": plugin}
                match = providers.Match(value, start, start + len(value.encode()), groups)
                yield _judge(provider, data, line, match)


@cache
def _providers(labels: frozenset[str]) -> tuple[Provider, ...]:
    """Those that the detectors of `labels` speak for, the most telling first."""
    wanted = labels | {engine.KEYWORD} if engine.UNQUOTED_KEYWORD in labels else labels
    return tuple(each for each in providers.table() if wanted & {each.id, each.plugin})


_DEFANGED = re.compile(rb"\bhxxps?\b|\[\.\](?:com|net|org|io)\b")


def _judge(provider: Provider, data: bytes, line: Line, match: providers.Match) -> _Found:
    value, groups = match.value, match.groups
    named, identity = groups.get("named", ""), value
    if provider.shape is Shape.PEM:
        start = line.start + match.end
        following = _decode(data[start : start + _PEM_WINDOW])
        identity = confidence.private_key_body(following)
        verdict = confidence.private_key(following)
    elif provider.shape is Shape.JWT:
        verdict = confidence.web_token(value)
    elif provider.shape is Shape.DSN:
        parts = (groups.get("scheme", ""), groups.get("user", ""), value, groups.get("host", ""))
        verdict = confidence.connection(*parts)
    elif provider.shape is Shape.ASSIGNED:
        verdict = confidence.assigned(named or provider.name, value)
    elif provider.shape is Shape.PASSWORD:
        verdict = confidence.password(named or "password", value)
    else:
        verdict = confidence.token(value, is_loose="plugin" in groups)
    if confidence.fingerprint(value) in providers.public_values():
        verdict = Verdict(None, (Doubt.PUBLIC,))
    if _DEFANGED.search(data, line.start, min(line.end, line.start + NAMED_LIMIT)):
        verdict = confidence.doubted(verdict, Doubt.DEFANGED)
    return _Found(provider, value, identity, match.start, match.end, named, verdict)


_NAME = re.compile(
    rb"([A-Za-z_][\w.-]{0,60})[\"'\]`]{0,3}[ \t]{0,8}(?:\[[0-9]*\])?"
    rb"[ \t]{0,8}[:=!>(@,]{0,4}[ \t]{0,8}@?[\"'`]?$"
)


def _name_before(raw: bytes, position: int) -> str:
    """The name that a value at `position` of a line is given to; "" where there is none."""
    match = _NAME.search(raw[max(0, position - 120) : max(0, position)])
    return match[1].decode("ascii", "replace") if match else ""


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _is_allowed(data: bytes, line: Line) -> bool:
    before = data.rfind(b"\n", 0, max(0, line.start - 1)) + 1
    previous = data[before : min(before + NAMED_LIMIT, max(before, line.start - 1))]
    own = data[max(line.start, line.end - NAMED_LIMIT) : line.end]
    return engine.is_allowlisted(_decode(own), _decode(previous))


SLICE = Slice(name="secrets", version=1, type=SecretFacts, kind=_kind, extract=extract, warm=warm)
