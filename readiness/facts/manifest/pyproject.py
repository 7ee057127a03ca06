"""Reads pyproject.toml: the standard tables, and those of the tools that came before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from readiness.facts.credentials import veil
from readiness.facts.manifest import (
    Dependency,
    ManifestFacts,
    Package,
    PytestOptions,
    Script,
    canonical,
)
from readiness.facts.manifest.parts import Lines, requirement, strings, table, tables, words
from readiness.facts.shell import commands


def project(found: Mapping[str, Any], lines: Lines) -> ManifestFacts:
    """The facts of a decoded pyproject.toml (or pytest.toml)."""
    tool = table(found.get("tool"))
    standard = table(found.get("project"))
    poetry = table(tool.get("poetry"))
    name = standard.get("name") or poetry.get("name") or ""
    python = standard.get("requires-python") or table(poetry.get("dependencies")).get("python")
    build = table(found.get("build-system"))
    return ManifestFacts(
        kind="pyproject",
        name=canonical(name) if isinstance(name, str) else "",
        python=python if isinstance(python, str) else "",
        packages=tuple(_packages(tool, lines)),
        dependencies=(
            *_standard_dependencies(found, standard, tool, lines),
            *_poetry_dependencies(poetry, lines),
        ),
        scripts=tuple(_scripts(standard, tool, lines)),
        pytest=_pytest(found, tool, lines),
        workspaces=strings(table(table(table(tool.get("uv")).get("workspace"))).get("members")),
        backend=str(build.get("build-backend", "setuptools.build_meta" if build else "")),
        project=bool(standard or poetry),
        groups=_groups(found, tool),
    )


def _groups(found: Mapping[str, Any], tool: Mapping[str, Any]) -> tuple[str, ...]:
    poetry = table(tool.get("poetry"))
    named = (
        table(found.get("project")).get("optional-dependencies"),
        found.get("dependency-groups"),
        table(tool.get("pdm")).get("dev-dependencies"),
        poetry.get("group"),
        poetry.get("extras"),
    )
    older = "dev-dependencies" in poetry or "dev-dependencies" in table(tool.get("uv"))
    names = {str(name) for each in named for name in table(each)}
    return tuple(sorted(names | ({"dev"} if older else set())))


def _standard_dependencies(
    found: Mapping[str, Any], standard: Mapping[str, Any], tool: Mapping[str, Any], lines: Lines
) -> Iterator[Dependency]:
    groups = [("", standard.get("dependencies"))]
    groups += tables(standard.get("optional-dependencies"))
    groups += tables(found.get("dependency-groups"))
    groups += tables(table(tool.get("pdm")).get("dev-dependencies"))
    groups.append(("dev", table(tool.get("uv")).get("dev-dependencies")))
    for group, listed in groups:
        for text in strings(listed):
            dependency = requirement(text, lines.of(text), group)
            if dependency is not None:
                yield dependency


def _poetry_dependencies(poetry: Mapping[str, Any], lines: Lines) -> Iterator[Dependency]:
    groups = [("", poetry.get("dependencies")), ("dev", poetry.get("dev-dependencies"))]
    groups += [(name, table(g).get("dependencies")) for name, g in tables(poetry.get("group"))]
    for group, listed in groups:
        for name, value in tables(listed):
            if name == "python":
                continue
            given = table(value)
            range_ = value if isinstance(value, str) else given.get("version", "")
            source = given.get("git") or given.get("path") or given.get("url") or ""
            yield Dependency(
                name=canonical(name),
                line=lines.key(name),
                range="" if range_ == "*" else str(range_),
                group=group,
                extras=strings(given.get("extras")),
                marker=str(given.get("markers", "")),
                source=veil("", str(source)),
            )


def _packages(tool: Mapping[str, Any], lines: Lines) -> Iterator[Package]:
    listed = table(tool.get("poetry")).get("packages")
    for item in listed if isinstance(listed, list) else ():
        include = table(item).get("include")
        if isinstance(include, str):
            root = table(item).get("from")
            name = include.strip("/").replace("/", ".")
            line = lines.of(f'"{include}"')
            yield Package(name, _folder(root), line, declared="*" not in name)
    yield from _setuptools(table(tool.get("setuptools")), lines)
    targets = table(table(table(tool.get("hatch")).get("build")).get("targets"))
    for path in strings(table(targets.get("wheel")).get("packages")):
        root, _, name = path.strip("/").rpartition("/")
        yield Package(name, root, lines.of(path), declared=True)
    flit = table(table(tool.get("flit")).get("module")).get("name")
    if isinstance(flit, str):
        yield Package(flit, line=lines.of(flit))
    uv = table(table(tool.get("uv")).get("build-backend"))
    for name in strings(uv.get("module-name")):
        yield Package(name, _folder(uv.get("module-root", "src")), lines.of(name), declared=True)
    directory = table(table(tool.get("pdm")).get("build")).get("package-dir")
    if isinstance(directory, str):
        yield Package("*", _folder(directory), lines.of("package-dir"))


def _setuptools(setuptools: Mapping[str, Any], lines: Lines) -> Iterator[Package]:
    directories = table(setuptools.get("package-dir"))
    root = _folder(directories.get(""))
    packages = setuptools.get("packages")
    if isinstance(packages, dict):
        find = table(packages.get("find"))
        for where in strings(find.get("where")) or (root,):
            yield Package("*", _folder(where), lines.of("find"))
    for name in (*strings(packages), *strings(setuptools.get("py-modules"))):
        folder = directories.get(name)
        if isinstance(folder, str):  # the package is the folder itself, under another name
            above, _, last = folder.strip("/").rpartition("/")
            if last == name.rpartition(".")[2]:
                yield Package(name.rpartition(".")[2], above, lines.of(f'"{name}"'), declared=True)
            continue
        yield Package(name, root, lines.of(f'"{name}"'), declared=True)
    if root and packages is None:
        yield Package("*", root, lines.of("package-dir"))


def _folder(value: Any) -> str:
    if not isinstance(value, str) or value in (".", "./"):
        return ""
    return value.strip("/").removeprefix("./")


def _scripts(
    standard: Mapping[str, Any], tool: Mapping[str, Any], lines: Lines
) -> Iterator[Script]:
    poetry = table(tool.get("poetry"))
    for listed in (standard.get("scripts"), standard.get("gui-scripts"), poetry.get("scripts")):
        for name, value in tables(listed):
            target = value if isinstance(value, str) else table(value).get("reference")
            if isinstance(target, str):
                yield Script(name, target.partition("[")[0].strip(), lines.key(name), "console")
    for plugins in (standard.get("entry-points"), poetry.get("plugins")):
        for group, points in tables(plugins):
            for name, target in tables(points):
                if isinstance(target, str):
                    yield Script(name, target, lines.key(name), "plugin", group)
    tasks = [
        table(tool.get("poe")).get("tasks"),
        table(tool.get("taskipy")).get("tasks"),
        table(tool.get("pdm")).get("scripts"),
        table(tool.get("rye")).get("scripts"),
        *(table(e).get("scripts") for _, e in tables(table(tool.get("hatch")).get("envs"))),
    ]
    for listed in tasks:
        for name, value in tables(listed):
            yield from _task(name, value, lines)


def _task(name: str, value: Any, lines: Lines) -> Iterator[Script]:
    given = table(value)
    for key in ("cmd", "shell", "script", "call", "sequence"):
        value = given.get(key, value)
    for text in strings(value):
        line = lines.key(name)
        yield Script(name, text, line, "task", "", commands(text, line))


def _pytest(
    found: Mapping[str, Any], tool: Mapping[str, Any], lines: Lines
) -> PytestOptions | None:
    pytest = tool.get("pytest", found.get("pytest"))
    if not isinstance(pytest, dict):
        return None
    options = table(pytest.get("ini_options", pytest))
    return PytestOptions(
        line=lines.of("[tool.pytest") or lines.of("[pytest"),
        testpaths=words(options.get("testpaths")),
        pythonpath=words(options.get("pythonpath")),
        addopts=words(options.get("addopts")),
        python_files=words(options.get("python_files")),
        norecursedirs=words(options.get("norecursedirs")),
    )
