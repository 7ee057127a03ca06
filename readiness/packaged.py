"""Policies in installed packages: their text, without running a line of the package."""

from __future__ import annotations

import os
import re

from readiness.errors import ConfigError, one_line

POLICY = "readiness.toml"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def policy_of(package: str, forbidden: str, limit: int) -> tuple[bytes, str]:
    """The file readiness.toml in an installed package, and the folder of the package.

    A package that lies in the folder `forbidden`, the audited repository, is not taken.

    Raises:
        ConfigError: there is no such package, or no such file in it of at most `limit` bytes.
    """
    from importlib.resources import files
    from importlib.util import find_spec, module_from_spec

    named = one_line(package)
    if not _NAME.fullmatch(package):
        raise ConfigError(
            f"extends = {named} is neither a path (with a / or the end .toml) nor a package"
        )
    try:
        spec = find_spec(package)  # of a package at the top, which runs nothing
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"extends = {named}, but no such package is installed beside readiness; for a file of"
            " the repository write its path, ./ before it"
        )
    places = [os.path.realpath(place) for place in spec.submodule_search_locations]
    root = os.path.realpath(forbidden)
    if any(os.path.commonpath([root, place]) == root for place in places):
        raise ConfigError(
            f"extends = {named} is a package of the audited repository itself; name the file by"
            " its path"
        )
    if spec.origin is not None and not spec.origin.endswith(".py"):
        raise ConfigError(f"extends = {named} is no package of plain files")
    try:
        data = (files(module_from_spec(spec)) / POLICY).read_bytes()
    except OSError as error:
        raise ConfigError(f"extends = {named}, but the package holds no {POLICY}") from error
    if len(data) > limit:
        raise ConfigError(f"extends = {named}: its {POLICY} is larger than {limit:,} bytes")
    return data, places[0]
