"""One reader for each kind of manifest."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from readiness import toml
from readiness.facts.manifest import (
    Dependency,
    ManifestFacts,
    Package,
    PytestOptions,
    Script,
    canonical,
)
from readiness.facts.manifest.parts import Lines, requirement, strings, table, tables, words
from readiness.facts.manifest.pyproject import project
from readiness.facts.shell import commands
from readiness.facts.text import decode


class Unreadable(Exception):
    """The file is not what its name says."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def _toml(data: bytes) -> dict[str, Any]:
    try:
        return toml.loads(data)
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8", data.count(b"\n", 0, error.start) + 1) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        raise Unreadable(str(error).partition(" (at ")[0], int(line[1]) if line else 0) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise Unreadable(str(error)) from error


def _pyproject(kind: str, data: bytes) -> ManifestFacts:
    return project(_toml(data), Lines(data))


def _pipfile(kind: str, data: bytes) -> ManifestFacts:
    found, lines = _toml(data), Lines(data)
    dependencies = []
    for section, group in (("packages", ""), ("dev-packages", "dev")):
        for name, value in table(found.get(section)).items():
            given = value if isinstance(value, str) else str(table(value).get("version", ""))
            range_ = "" if given == "*" else given
            dependencies.append(Dependency(canonical(name), lines.key(name), range_, group))
    requires = table(found.get("requires"))
    return ManifestFacts(
        kind=kind,
        python=str(requires.get("python_version", "")),
        dependencies=tuple(dependencies),
        scripts=tuple(
            Script(name, text, lines.key(name), "task", "", commands(text, lines.key(name)))
            for name, text in table(found.get("scripts")).items()
            if isinstance(text, str)
        ),
        project=True,
    )


def _config(data: bytes) -> configparser.RawConfigParser:
    text, encoding = decode(data)
    if encoding == "binary":
        raise Unreadable("not text")
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Unreadable(
            str(error).partition("\n")[0].replace("<string>", "the file"),
            getattr(error, "lineno", 0) or 0,
        ) from error
    return parser


def _pytest(
    parser: configparser.RawConfigParser, section: str, lines: Lines
) -> PytestOptions | None:
    if not parser.has_section(section):
        return None
    found = parser[section]
    return PytestOptions(
        line=lines.of(f"[{section}]"),
        testpaths=words(found.get("testpaths")),
        pythonpath=words(found.get("pythonpath")),
        addopts=words(found.get("addopts")),
        python_files=words(found.get("python_files")),
        norecursedirs=words(found.get("norecursedirs")),
    )


def _ini(kind: str, data: bytes) -> ManifestFacts:
    """pytest.ini and tox.ini: pytest's options, and the commands of tox."""
    parser, lines = _config(data), Lines(data)
    scripts = []
    for section in parser.sections():
        if section.startswith("testenv"):
            text = parser[section].get("commands") or ""
            line = lines.of(f"[{section}]")
            name = section.partition(":")[2] or "testenv"
            if text.strip():
                scripts.append(Script(name, text.strip(), line, "tox", "", commands(text, line)))
    return ManifestFacts(kind=kind, scripts=tuple(scripts), pytest=_pytest(parser, "pytest", lines))


def _setup_cfg(kind: str, data: bytes) -> ManifestFacts:
    parser, lines = _config(data), Lines(data)
    sections: dict[str, Mapping[str, str]] = {name: parser[name] for name in parser.sections()}
    options = sections.get("options", {})
    directories = dict(_pairs(options.get("package_dir")))
    dependencies = [
        *_requirements(options.get("install_requires"), "", lines),
        *(
            dependency
            for extra, text in sections.get("options.extras_require", {}).items()
            for dependency in _requirements(text, extra, lines)
        ),
    ]
    scripts = [
        _entry_point(group, name, target, lines)
        for group, text in sections.get("options.entry_points", {}).items()
        for name, target in _pairs(text)
    ]
    return ManifestFacts(
        kind=kind,
        name=canonical(sections.get("metadata", {}).get("name") or ""),
        python=options.get("python_requires") or "",
        packages=tuple(_cfg_packages(sections, directories, lines)),
        dependencies=tuple(dependencies),
        scripts=tuple(scripts),
        pytest=_pytest(parser, "tool:pytest", lines),
        project="metadata" in sections or "options" in sections,
    )


def _cfg_packages(
    sections: dict[str, Mapping[str, str]], directories: dict[str, str], lines: Lines
) -> Iterator[Package]:
    options = sections.get("options", {})
    listed = words(options.get("packages"))
    if listed and listed[0].startswith("find"):
        where = words(sections.get("options.packages.find", {}).get("where")) or ("",)
        for root in where:
            yield Package("*", _folder(root), lines.of("packages"))
        return
    for name in (*listed, *words(options.get("py_modules"))):
        yield Package(name, directories.get("", ""), lines.of(name), declared=True)


def _pairs(text: str | None) -> Iterator[tuple[str, str]]:
    """`name = value` of each line; the name is empty where the line starts with `=`."""
    for line in (text or "").splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.strip().startswith(("#", ";")):
            yield name.strip(), value.strip()


def _requirements(text: str | None, group: str, lines: Lines) -> Iterator[Dependency]:
    for line in (text or "").splitlines():
        found = requirement(line, lines.of(line.strip()), group)
        if found is not None:
            yield found


def _entry_point(group: str, name: str, target: str, lines: Lines) -> Script:
    console = group in ("console_scripts", "gui_scripts")
    target = target.partition("[")[0].strip()
    return Script(name, target, lines.of(target), "console" if console else "plugin", group)


def _folder(text: str) -> str:
    return "" if text in (".", "./") else text.strip("/").removeprefix("./")


_OPTION = re.compile(r"^(?:-r|--requirement|-c|--constraint)[ =]?\s*([^\s#]+)")
_TOOL = re.compile(
    rb"autogenerated by|by the following command|pip-compile|poetry export|uv (?:pip|export)"
)


def _requirements_file(kind: str, data: bytes) -> ManifestFacts:
    text, _ = decode(data)
    dependencies, includes = [], []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith(("#", "--hash=")):  # most lines of a lock
            continue
        if option := _OPTION.match(line):
            includes.append(option[1])
            continue
        found = requirement(line, number, "")
        if found is not None:
            dependencies.append(found)
    return ManifestFacts(
        kind=kind,
        dependencies=tuple(dependencies),
        includes=tuple(includes),
        generated=_TOOL.search(data[:2000]) is not None or b"--hash=" in data,
    )


def _package_json(kind: str, data: bytes) -> ManifestFacts:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg, error.lineno) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise Unreadable(str(error)) from error
    found, lines = table(found), Lines(data)
    groups = {"dependencies": "", "devDependencies": "dev", "peerDependencies": "peer"}
    dependencies = [
        Dependency(name, lines.of(f'"{name}"'), str(range_), group)
        for section, group in groups.items()
        for name, range_ in table(found.get(section)).items()
    ]
    scripts = []
    for name, text in table(found.get("scripts")).items():
        if isinstance(text, str):
            line = lines.of(f'"{name}"')
            scripts.append(Script(name, text, line, "npm", "", commands(text, line)))
    workspaces = found.get("workspaces")
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    return ManifestFacts(
        kind=kind,
        name=str(found.get("name", "")),
        dependencies=tuple(dependencies),
        scripts=tuple(scripts),
        workspaces=strings(workspaces),
        main=str(found.get("main", "")),
        project=True,
    )


def _setup_py(kind: str, data: bytes) -> ManifestFacts:
    """The literals that `setup(...)` is given; what is computed is not known."""
    from readiness.facts.python.source import parse

    parsed = parse(data)
    if parsed.tree is None:
        raise Unreadable(parsed.error or "a template", parsed.line)
    values: dict[str, ast.expr] = {}
    call = None
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            call = node if name == "setup" else call
    if call is None:
        return ManifestFacts(kind=kind)
    expressions = dict(_keywords(call, values))
    given = {key: _literal(value, values) for key, value in expressions.items()}
    lines = Lines(data)
    dependencies = list(_requirements(_joined(given.get("install_requires")), "", lines))
    for extra, needed in tables(given.get("extras_require")):
        dependencies += _requirements(_joined(needed), extra, lines)
    return ManifestFacts(
        kind=kind,
        name=canonical(given["name"]) if isinstance(given.get("name"), str) else "",
        python=str(given.get("python_requires") or ""),
        packages=tuple(_setup_packages(given, expressions, lines)),
        dependencies=tuple(dependencies),
        scripts=tuple(_setup_scripts(given, lines)),
        project=True,
    )


def _keywords(call: ast.Call, values: dict[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """The keywords of a call, also those that `**options` brings from a literal dictionary."""
    for keyword in call.keywords:
        node = keyword.value
        if keyword.arg:
            yield keyword.arg, node
            continue
        if isinstance(node, ast.Name):
            node = values.get(node.id, node)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict":
            yield from ((each.arg, each.value) for each in node.keywords if each.arg)


def _literal(node: ast.expr, values: dict[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name):
        node = values.get(node.id, node)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError):
        return None


def _joined(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(strings(value))


def _setup_packages(
    given: dict[str, Any], expressions: dict[str, ast.expr], lines: Lines
) -> Iterator[Package]:
    root = _folder(str(table(given.get("package_dir")).get("", "")))
    packages = expressions.get("packages")
    if isinstance(packages, ast.Call):
        where = [k.value for k in packages.keywords if k.arg == "where"] or packages.args[:1]
        found = _literal(where[0], {}) if where else None
        folder = _folder(found) if isinstance(found, str) else root
        yield Package("*", folder, packages.lineno)
    for name in (*strings(given.get("packages")), *strings(given.get("py_modules"))):
        yield Package(name, root, lines.of(name), declared=True)


def _setup_scripts(given: dict[str, Any], lines: Lines) -> Iterator[Script]:
    points = given.get("entry_points")
    if isinstance(points, str):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(points)
        except configparser.Error:
            return
        points = {name: [f"{k}={v}" for k, v in parser[name].items()] for name in parser.sections()}
    for group, listed in tables(points):
        for name, target in _pairs(_joined(listed)):
            yield _entry_point(group, name, target, lines)
    for path in strings(given.get("scripts")):
        yield Script(path.rpartition("/")[2], path, lines.of(path), "file")


READERS: dict[str, Callable[[str, bytes], ManifestFacts]] = {
    "pyproject": _pyproject,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "ini": _ini,
    "package.json": _package_json,
    "pipfile": _pipfile,
    "requirements": _requirements_file,
}
