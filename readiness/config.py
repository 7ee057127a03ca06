"""The configuration: `[tool.readiness]` of pyproject.toml, or readiness.toml, as a frozen value."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta, Struct

from readiness import toml
from readiness.errors import ConfigError, one_line

PYPROJECT = "pyproject.toml"
STANDALONE = "readiness.toml"
BASELINE = "readiness-baseline.toml"  # its name where the configuration gives none
_DATE = r"^\d{4}-\d{2}-\d{2}$"

Profile = Literal["auto", "service", "library"]
Threshold = Literal["critical", "high", "medium", "low", "info"]
Points = Annotated[float, Meta(ge=0, le=10)]
Names = tuple[str, ...]
Dimension = Literal["cleanup", "startup", "tests", "configuration", "security", "operations"]
Drop = Points | dict[Dimension, Points]
_PATH = (
    "the file, exactly, from the root of the repository; with * ? [ or a / at its end it is a"
    " gitignore pattern"
)
Date = Annotated[str, Meta(description="date on which it ends, YYYY-MM-DD", pattern=_DATE)]


class Waiver(Struct, frozen=True, forbid_unknown_fields=True):
    """Someone answers for a finding."""

    rule: Annotated[str, Meta(description="id or name of the rule", min_length=1)]
    path: Annotated[str, Meta(description=_PATH)] = ""
    fingerprint: Annotated[str, Meta(description="one finding's fingerprint")] = ""
    owner: Annotated[str, Meta(description="who answers for it")] = ""
    reason: Annotated[str, Meta(description="why it may stay", min_length=1)] = ""
    until: Date = ""
    line: int = 0  # where it stands in the configuration
    source: str = ""  # the policy that it came from, where that is not the configuration itself


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting with its default; `given` names those that were set."""

    profile: Annotated[
        Profile, Meta(description="what is audited; auto: told from the evidence")
    ] = "auto"
    target: Annotated[
        Points, Meta(description="the score that every dimension must reach to be READY")
    ] = 9.0
    select: Annotated[
        Names, Meta(description="rules, dimensions or areas to judge by; all where empty")
    ] = ()
    ignore: Annotated[Names, Meta(description="rules, dimensions or areas to leave out")] = ()
    exclude: Annotated[
        Names, Meta(description="gitignore patterns of files that the audit does not see")
    ] = ()
    per_path_ignores: Annotated[
        dict[str, Names], Meta(description="gitignore pattern -> rules to leave out there")
    ] = {}
    fail_under: Annotated[
        Points | None, Meta(description="the gate fails when the overall score is lower")
    ] = None
    fail_on: Annotated[
        Threshold | None, Meta(description="the gate fails on a finding as severe as this")
    ] = None
    max_drop: Annotated[
        Drop | None,
        Meta(description="audit --since fails when a dimension's score drops by more than this"),
    ] = None
    baseline: Annotated[
        str, Meta(description="a file of findings that were there before, which fail no gate")
    ] = ""
    preboot: Annotated[
        Names, Meta(description="functions that check services before the server starts")
    ] = ()
    readiness_routes: Annotated[
        Names, Meta(description="routes that answer whether the service is ready")
    ] = ()
    waivers: Annotated[tuple[Waiver, ...], Meta(description="findings that may stay")] = ()
    plan: Annotated[
        str, Meta(description="an earlier plan file: what it keeps with a reason stays kept")
    ] = ""
    extends: Annotated[
        str,
        Meta(description="a policy to build on: a tracked TOML file, or an installed package"),
    ] = ""
    source: str = ""  # the file it was read from
    given: Names = ()
    packages: Names = ()  # the folders of the installed packages that it builds on


class Looser(StrEnum):
    """Which other value of a setting makes the same repository be judged less strictly."""

    LOWER = "a lower number or threshold, or none"
    HIGHER = "a higher number, or none"
    MORE = "another name on the list"
    FEWER = "fewer names on the list; one that is empty stands for all"
    OTHER = "any other value, unless it asks for all"
    APART = "what it leads to is compared by itself"
    NEVER = "none: nothing that is judged depends on it"


# Of every setting: a change that loosens one is told (GAT001).
LOOSER: dict[str, Looser] = {
    "profile": Looser.OTHER,
    "target": Looser.LOWER,
    "select": Looser.FEWER,
    "ignore": Looser.MORE,
    "exclude": Looser.MORE,
    "per_path_ignores": Looser.MORE,
    "fail_under": Looser.LOWER,
    "fail_on": Looser.LOWER,
    "max_drop": Looser.HIGHER,
    "baseline": Looser.APART,
    "preboot": Looser.MORE,
    "readiness_routes": Looser.MORE,
    "waivers": Looser.APART,
    "plan": Looser.NEVER,
    "extends": Looser.APART,
}
_NOT_SETTINGS = {"source", "line", "given", "packages"}
_ADDED = ("ignore", "exclude", "preboot", "readiness_routes", "waivers")  # to a policy's own
_MUST_BE = {
    "extends": "must be the path of a TOML file from the root of the repository, or a package",
    "max_drop": "must be a number from 0 to 10, or a table of a dimension and a number each",
    "baseline": "must be the path of a baseline, from the root of the repository",
    "profile": "must be one of auto, service, library",
    "target": "must be a number from 0 to 10",
    "select": "must be a list of names",
    "ignore": "must be a list of names",
    "exclude": "must be a list of gitignore patterns",
    "per_path_ignores": "must map gitignore patterns to lists of names",
    "fail_under": "must be a number from 0 to 10",
    "fail_on": "must be one of critical, high, medium, low, info",
    "preboot": "must be a list of function names",
    "readiness_routes": "must be a list of routes",
    "waivers": "must be a list of tables",
    "plan": "must be the path of a plan file, from the root of the repository",
    "rule": "must be the id or name of a rule",
    "path": "must be a path or a glob",
    "fingerprint": "must be a finding's fingerprint",
    "owner": "must be a name",
    "reason": "must be a sentence",
    "until": "must be a date, YYYY-MM-DD",
}


def settings(struct: type[Struct]) -> dict[str, Any]:
    """Each key that a user may write -> its type."""
    hints = get_type_hints(struct, include_extras=True)
    return {name: hint for name, hint in hints.items() if name not in _NOT_SETTINGS}


def read(pyproject: bytes | None, standalone: bytes | None) -> Config:
    """The configuration that the two files hold; the defaults where neither says anything.

    A pyproject.toml that does not speak of readiness is not parsed: what is wrong with it is for
    the rules to say.

    Raises:
        ConfigError: every mistake in it, one a line, or both files configure readiness.
    """
    section: Any = None
    if pyproject is not None and b"readiness" in pyproject:
        tools = _parse(PYPROJECT, pyproject).get("tool")
        section = tools.get("readiness") if isinstance(tools, dict) else None
    if standalone is not None:
        if section is not None:
            raise ConfigError(
                f"both {STANDALONE} and {PYPROJECT}: [tool.readiness] hold settings; delete the"
                f" section from {PYPROJECT}, or {STANDALONE}"
            )
        return convert(_parse(STANDALONE, standalone), STANDALONE, standalone)
    if section is None:
        return Config()
    assert pyproject is not None
    return convert(section, PYPROJECT, pyproject)


def _parse(name: str, data: bytes) -> dict[str, Any]:
    try:
        return toml.loads(data)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(
            f"{name} is not TOML: {one_line(reason)}; mend it, or pass --isolated to audit without"
        ) from None


def convert(section: object, source: str, data: bytes = b"") -> Config:
    """The Config of a parsed section; `source` is its file and `data` that file's bytes.

    Raises:
        ConfigError: every mistake in it, one a line.
    """
    where = f"{source}: [tool.readiness]" if source == PYPROJECT else f"{source}:"
    if not isinstance(section, dict):
        raise ConfigError(f"{source}: tool.readiness must be a table")
    tables = section.get("waivers")
    if not isinstance(tables, list):
        tables = []
    plain = {key: value for key, value in section.items() if value is not tables}
    values, errors = _convert_table(Config, plain, where)
    waivers = []
    for table, line in zip(tables, _waiver_lines(data, source, len(tables)), strict=True):
        place = f"{source}:{line}: waiver" if line else f"{source}: waiver"
        waiver, mistakes = _convert_waiver(table, place)
        if not mistakes:
            waivers.append(Waiver(**waiver, line=line))
        errors += mistakes
    if errors:
        raise ConfigError("\n".join(errors))
    return Config(**values, waivers=tuple(waivers), source=source, given=tuple(sorted(section)))


def read_policy(data: bytes, source: str) -> Config:
    """The settings of a policy that configurations extend.

    Raises:
        ConfigError: every mistake in it, one a line.
    """
    parsed = _parse(source, data)
    if source.rpartition("/")[2] == PYPROJECT:
        tools = parsed.get("tool")
        parsed = tools.get("readiness", {}) if isinstance(tools, dict) else {}
    return convert(parsed, source, data)


def extend(policy: Config, own: Config) -> Config:
    """`own` on top of the policy that it extends: what it sets counts, and its lists add to those
    of the policy (but `select`, which says it anew)."""
    values: dict[str, Any] = {name: getattr(own, name) for name in own.given}
    for name in _ADDED:
        values[name] = getattr(policy, name) + getattr(own, name)
    ignored = dict(policy.per_path_ignores)
    for pattern, names in own.per_path_ignores.items():
        ignored[pattern] = ignored.get(pattern, ()) + names
    waivers = tuple(
        waiver if waiver.source else msgspec.structs.replace(waiver, source=policy.source)
        for waiver in policy.waivers
    )
    values |= {"per_path_ignores": ignored, "waivers": waivers + own.waivers}
    given = tuple(sorted({*policy.given, *own.given}))
    return msgspec.structs.replace(
        policy,
        **values,
        source=own.source,
        given=given,
        packages=policy.packages + own.packages,
    )


def _convert_waiver(table: object, where: str) -> tuple[dict[str, Any], list[str]]:
    if not isinstance(table, dict):
        return {}, [f'{where} must be a table: rule = "HYG001", reason = "why it may stay"']
    values, errors = _convert_table(Waiver, table, where)
    errors += [f"{where} has no {key}" for key in _REQUIRED if key not in table]
    return values, errors


_REQUIRED = ("rule", "reason")


def _convert_table(
    struct: type[Struct], table: Mapping[str, object], where: str
) -> tuple[dict[str, Any], list[str]]:
    """The values of a table's keys, and what is wrong with those that have none."""
    values: dict[str, Any] = {}
    errors: list[str] = []
    known = settings(struct)
    for key, value in table.items():
        if key not in known:
            hint = nearest(key.replace("-", "_"), known)
            errors.append(f"{where} {one_line(key)} is not a setting" + did_you_mean(hint, known))
            continue
        try:
            values[key] = _convert_value(value, known[key])
        except (msgspec.ValidationError, ValueError):
            errors.append(f"{where} {key} = {_shown(value)} {_MUST_BE[key]}")
    return values, errors


def _convert_value(value: object, type_: Any) -> Any:
    """`value` as `type_`; a date of TOML or of text as text."""
    if type_ == Date:
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        datetime.date.fromisoformat(str(value))
    return msgspec.convert(value, type_)


def plain(name: str) -> str:
    """The one spelling under which names of rules, dimensions and areas are compared."""
    return name.strip().lower().replace(" ", "-").replace("_", "-")


def nearest(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str | None:
    """The name of `known` that `name` was most likely meant to be; null where none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(name.lower(), known, 1, 0.6)), None)


def did_you_mean(hint: str | None, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """The end of an error on an unknown name."""
    return f"; did you mean {hint}?" if hint else f"; choose one of {', '.join(known)}"


def _waiver_lines(data: bytes, source: str, number: int) -> list[int]:
    """The line of each waiver: its `[[…waivers]]` header, else that of the list; 0 if unclear."""
    prefix = rb"tool\s*\.\s*readiness\s*\.\s*" if source == PYPROJECT else b""
    header = re.compile(rb"^[ \t]*\[\[\s*" + prefix + rb"waivers\s*\]\]", re.MULTILINE)
    found = [data.count(b"\n", 0, match.start()) + 1 for match in header.finditer(data)]
    if len(found) == number:
        return found
    inline = re.search(rb"^[ \t]*waivers\s*=", data, re.MULTILINE)
    return [data.count(b"\n", 0, inline.start()) + 1 if inline else 0] * number


def _shown(value: object) -> str:
    """A short text of a TOML value."""
    if isinstance(value, dict):
        return "{…}"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    return one_line(text if len(text) <= 40 else text[:39] + "…")


def digest(config: Config) -> str:
    """16 hexadecimal digits over every setting, wherever it stands in the file."""
    waivers = tuple(msgspec.structs.replace(each, line=0, source="") for each in config.waivers)
    plain = msgspec.structs.replace(config, source="", given=(), packages=(), waivers=waivers)
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()[:16]


def schema() -> dict[str, Any]:
    """The JSON Schema of readiness.toml (and of the table [tool.readiness] in pyproject.toml)."""
    (reference,), definitions = msgspec.json.schema_components(
        [Config], ref_template="#/$defs/{name}"
    )
    assert reference == {"$ref": "#/$defs/Config"}
    for definition in definitions.values():
        for name in _NOT_SETTINGS:
            definition["properties"].pop(name, None)
    root = definitions.pop("Config")
    root.update(title="readiness", description="Settings of readiness")
    definitions["Waiver"]["required"] = list(_REQUIRED)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, "$defs": definitions}
