"""The configuration: `[tool.readiness]` of pyproject.toml, or readiness.toml, as a frozen value."""

from __future__ import annotations

from msgspec import Struct


class Waiver(Struct, frozen=True):
    """Someone answers for a finding: `path` may be a glob; `until` is a date, YYYY-MM-DD."""

    rule: str
    path: str = ""
    fingerprint: str = ""
    owner: str = ""
    reason: str = ""
    until: str = ""
    line: int = 0  # where it stands in the configuration


class Config(Struct, frozen=True):
    """Every setting with its default.

    `exclude` and the keys of `per_path_ignores` are gitignore patterns. `preboot` names functions
    that check services before the server starts.
    """

    profile: str = "auto"  # auto, service or library
    target: float = 9.0
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_path_ignores: dict[str, tuple[str, ...]] = {}
    fail_under: float | None = None
    fail_on: str | None = None
    preboot: tuple[str, ...] = ()
    readiness_routes: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    source: str = ""  # the file it was read from
