"""Facts of manifests: what a project is called, needs, packages, runs, and tells pytest.

One struct for all of them; the kind is told by the file's name and what a kind does not say is
empty. `Procfile` is read as shell (`facts.shell`).
"""

from __future__ import annotations

import re

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.shell import Command

LIMIT = 1_000_000  # bytes; lock-like manifests are not read


class Dependency(Struct, frozen=True, array_like=True):
    """A package that is needed: `name` normalised ("python-dateutil"), `range` as written
    (">=1,<2", "^1.2"; "" for any). `group` is "" for what the project itself needs, else the
    extra, dependency group or "dev". `marker` is the environment marker, `source` a URL or path."""

    name: str
    line: int
    range: str = ""
    group: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    source: str = ""


class Script(Struct, frozen=True, array_like=True):
    """A command that the project offers. `kind`: "console" (console and gui scripts, target
    "module:function"), "plugin" (any other entry point, `group` its group), "npm", "task" (poe,
    pdm, hatch, taskipy, pipenv), "tox", or "file" (a script installed as it is).

    `commands` are those of a target that is a command line."""

    name: str
    target: str
    line: int
    kind: str
    group: str = ""
    commands: tuple[Command, ...] = ()


class Package(Struct, frozen=True, array_like=True):
    """A Python package that is shipped: `name` dotted or a glob, in the folder `root`, relative to
    the manifest ("" beside it). `name` "*" stands for all that are found there. `declared`: it is
    listed by name, so its folder must be there."""

    name: str
    root: str = ""
    line: int = 0
    declared: bool = False


class PytestOptions(Struct, frozen=True, array_like=True):
    """What pytest reads; paths as written, relative to the manifest's folder."""

    line: int = 0
    testpaths: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    addopts: tuple[str, ...] = ()
    python_files: tuple[str, ...] = ()
    norecursedirs: tuple[str, ...] = ()


class ManifestFacts(Struct, frozen=True, array_like=True):
    """`error` where the file cannot be read; `error_line` 0 where it is not known.

    `python` is the range of Python versions as written. `includes` are other requirement or
    constraint files that this one names. `generated`: a tool wrote the file, from another.
    `pytest` is null where the file says nothing of pytest. `workspaces` are the globs of member
    projects; `backend` is the build backend, "" without one; `project`: the file describes a
    project, not only the settings of tools."""

    kind: str = ""
    error: str = ""
    error_line: int = 0
    name: str = ""
    python: str = ""
    packages: tuple[Package, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    scripts: tuple[Script, ...] = ()
    pytest: PytestOptions | None = None
    includes: tuple[str, ...] = ()
    generated: bool = False
    workspaces: tuple[str, ...] = ()
    backend: str = ""
    project: bool = False
    main: str = ""  # of package.json
    groups: tuple[str, ...] = ()  # dependency groups and extras of pyproject.toml, empty ones too


_NAMES = {
    "pyproject.toml": "pyproject",
    "setup.cfg": "setup.cfg",
    "setup.py": "setup.py",
    "pytest.ini": "ini",
    ".pytest.ini": "ini",
    "tox.ini": "ini",
    "pytest.toml": "pyproject",
    ".pytest.toml": "pyproject",
    "package.json": "package.json",
    "pipfile": "pipfile",
}
_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements?[\w.-]*\.(?:txt|in)|constraints[\w.-]*\.txt"
    r"|requirements/[\w./-]+\.(?:txt|in)|requires\.txt)$"
)


def _kind(path: str) -> str | None:
    lowered = path.lower()
    kind = _NAMES.get(lowered.rpartition("/")[2])
    if kind is not None:
        return kind
    listed = lowered.endswith((".txt", ".in")) and _REQUIREMENTS.search(lowered)
    return "requirements" if listed else None


def extract(kind: str, data: bytes) -> ManifestFacts:
    """The facts of one manifest's bytes; never raises, whatever they are."""
    from readiness.facts.manifest import readers

    if len(data) > LIMIT:
        return ManifestFacts(kind=kind, error=f"larger than {LIMIT} bytes")
    try:
        return readers.READERS[kind](kind, data)
    except readers.Unreadable as error:
        return ManifestFacts(kind=kind, error=error.reason, error_line=error.line)
    except RecursionError:
        return ManifestFacts(kind=kind, error="nested too deeply to be read")


def canonical(name: str) -> str:
    """The name of a distribution as indexes compare it: "Foo._Bar" is "foo-bar"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _warm() -> None:
    from readiness.facts.manifest import readers  # noqa: F401


SLICE = Slice(
    name="manifest", version=4, type=ManifestFacts, kind=_kind, extract=extract, warm=_warm
)
