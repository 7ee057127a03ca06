"""Baselines: a file of the findings that were there before, which fail no gate. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec import Struct, json
from msgspec.structs import replace

from readiness import toml
from readiness.config import BASELINE
from readiness.errors import ConfigError, one_line
from readiness.model import BaselineEntry, Finding, Location

NAME = BASELINE
_HEAD = """\
# Findings that were here before: they fail no gate, and every score counts them all the same.
# readiness baseline --update takes out what is mended; only with --accept does it add to this.

[findings]
"""
_ENTRY = re.compile(r"""^[ \t]*["']?([0-9a-f]{16})["']?[ \t]*=""")
_TABLE = re.compile(r"^[ \t]*\[[ \t]*findings[ \t]*\][ \t]*(?:#.*)?$")


class Baseline(Struct, frozen=True):
    """The entries of the file `source`."""

    entries: tuple[BaselineEntry, ...] = ()
    source: str = ""


class Held(Struct, frozen=True):
    """Findings against a baseline: those that are `new`, those that it knows, with the entries of
    those that moved, and the entries that match nothing any more."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    moved: tuple[tuple[BaselineEntry, Finding], ...]
    stale: tuple[BaselineEntry, ...]


def parse(data: bytes, source: str) -> Baseline:
    """The baseline in `data`.

    Raises:
        ConfigError: it is none; every mistake, one a line.
    """
    try:
        document = toml.loads(data)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"{source} is not TOML: {one_line(reason)}") from None
    table = document.pop("findings", {})
    errors = [f"{source}: {one_line(key)} has no place in a baseline" for key in document]
    if not isinstance(table, dict):
        raise ConfigError(f"{source}: findings must be a table")
    lines = _lines(data.decode("utf-8-sig"))
    entries = []
    for fingerprint, told in table.items():
        rule, _, path = told.partition(" ") if isinstance(told, str) else ("", "", "")
        if not re.fullmatch(r"[0-9a-f]{16}", fingerprint) or not rule:
            errors.append(
                f"{source}: {one_line(fingerprint)} is no entry;"
                ' one reads "0123456789abcdef" = "HYG001 path"'
            )
        entries.append(BaselineEntry(fingerprint, rule, path, lines.get(fingerprint, 0)))
    if errors:
        raise ConfigError("\n".join(errors))
    return Baseline(tuple(entries), source)


def hold(
    baseline: Baseline,
    findings: Iterable[Finding],
    files: Collection[str],
    asked: Collection[str],
    renamed: Callable[[str], str] = lambda path: "",
) -> Held:
    """Holds findings against a baseline.

    A finding that an entry names is known. So is one that moved: the path of an entry is not among
    the `files` any more, the finding has another one, all else is the same, and the name of the
    file is, too, or `renamed` (old path -> new path or "") knows of it. Only of the rules that were
    `asked` can it be said that an entry matches nothing.
    """
    left = {entry.fingerprint: entry for entry in baseline.entries}
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        (known if finding.fingerprint in left else new).append(finding)
    for finding in known:
        left.pop(finding.fingerprint, None)
    gone = [entry for entry in left.values() if entry.path and not _there(entry.path, files)]
    moved: list[tuple[BaselineEntry, Finding]] = []
    for finding in tuple(new) if gone else ():
        match = next((entry for entry in gone if _is_it(entry, finding, renamed)), None)
        if match is not None:
            gone.remove(match)
            left.pop(match.fingerprint)
            new.remove(finding)
            moved.append((match, finding))
    stale = tuple(entry for entry in left.values() if entry.rule in asked)
    return Held(tuple(new), tuple(known), tuple(moved), stale)


def _there(path: str, files: Collection[str]) -> bool:
    if path in files:
        return True
    folder = path.rstrip("/") + "/"
    return any(file.startswith(folder) for file in files)


def _is_it(entry: BaselineEntry, finding: Finding, renamed: Callable[[str], str]) -> bool:
    path = finding.location.path
    if finding.rule != entry.rule or path is None:
        return False
    location = Location(entry.path)
    if replace(finding, location=location).fingerprint != entry.fingerprint:
        return False
    same_name = path.rstrip("/").rpartition("/")[2] == entry.path.rstrip("/").rpartition("/")[2]
    return same_name or renamed(entry.path) == path


def entry_of(finding: Finding) -> BaselineEntry:
    """The entry by which a baseline knows a finding."""
    return BaselineEntry(finding.fingerprint, finding.rule, finding.location.path or "")


def write(entries: Iterable[BaselineEntry], before: str = "") -> str:
    """The text of a baseline with these entries, sorted.

    What people wrote into the text `before` stays: what stands above its table, and with each
    entry that stays, its line and the comments above it.
    """
    head, told, rest = _parts(before)
    lines = []
    for entry in sorted(entries, key=_place):
        lines += told.get(entry.fingerprint) or [_line(entry)]
    return "\n".join([*head, *lines, *rest]).rstrip("\n") + "\n"


def _place(entry: BaselineEntry) -> tuple[str, str, str]:
    return entry.rule, entry.path, entry.fingerprint


def _line(entry: BaselineEntry) -> str:
    told = json.encode(entry.told).decode().replace("\x7f", "\\u007f")
    return f'"{entry.fingerprint}" = {told}'


def _lines(text: str) -> Mapping[str, int]:
    """The line of each entry."""
    return {
        match[1]: number
        for number, line in enumerate(text.split("\n"), 1)
        if (match := _ENTRY.match(line))
    }


def _parts(text: str) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """The lines down to the table's header, those of each entry, and those below the last."""
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if _TABLE.match(line)), None)
    if start is None:
        return _HEAD.rstrip("\n").split("\n"), {}, []
    told: dict[str, list[str]] = {}
    waiting: list[str] = []
    for line in _without_breaks(lines[start + 1 :]):
        waiting.append(line)
        match = _ENTRY.match(line)
        if match:
            told[match[1]] = waiting
            waiting = []
    return lines[: start + 1], told, waiting


def _without_breaks(lines: Iterable[str]) -> Iterator[str]:
    return (line.rstrip("\r") for line in lines)
