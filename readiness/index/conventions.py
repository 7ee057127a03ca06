"""Conventions: the files that frameworks and tools find by name, place or registration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from readiness.facts import manifest, mentions, python
from readiness.facts.python import PythonFacts
from readiness.index import frameworks
from readiness.index.choices import chosen
from readiness.index.inventory import ASIDE, RUN, FileClass, files_of
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_REGISTERS = re.compile(
    r"(?:^|\.)(?:register\w*|task|shared_task|periodic_task|db_task|db_periodic_task|receiver"
    r"|hookimpl|hookspec|actor|listener|subscribe\w*|subscriber|on_event|event_handler|job"
    r"|scheduled_job|whitelist|plugin|extension|listens_for|service_task|agent|tool"
    r"|(?:\w+_)?view_config|view_defaults)$"
)
_NEXT = re.compile(
    r"(?:^|/)(?:src/)?(?:app/(?:.*/)?(?:page|route|layout|loading|error|not-found|template|default"
    r"|global-error|sitemap|robots|manifest|opengraph-image|icon)|pages/.+|middleware"
    r"|instrumentation)\.(?:ts|tsx|js|jsx|mjs)$"
)
_SCRIPTS = (".ts", ".tsx", ".js", ".jsx", ".mjs")
_LAMBDA = re.compile(
    r"/(?:serverless(?:\.\w+)?|template(?:\.\w+)?|sam(?:-\w+)?|[\w.-]*lambda[\w.-]*)\.(?:ya?ml|tf)$"
)


def conventions(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """(file, why it is loaded) of what no import shows."""
    yield from _tests(index)
    yield from _plugins(index)
    yield from _pytest_plugins(index)
    yield from _alembic(index)
    yield from _django_urls(index)
    yield from _registered(index)
    yield from frameworks.loaded(index)
    yield from _admin(index)
    yield from _handlers(index)
    yield from index.once(repeated).items()
    yield from chosen(index)
    yield from _packages(index)
    for path in files_of(index, *RUN, FileClass.DOCS):
        if why := _by_place(path):
            yield path, _told(path, why)


@lru_cache(1 << 16)
def _by_place(path: str) -> str:
    if path.endswith(_SCRIPTS) and _NEXT.search(path):
        return "is a route of the framework by its place"
    if path.endswith(".d.ts"):
        return "declares types for the compiler"
    return "is read by its tool by its name" if frameworks.TOOLS.search(f"/{path}") else ""


def repeated(index: RepoIndex) -> dict[str, Evidence]:
    """The files that are found by a name that repeats in folders side by side."""
    return dict(frameworks.siblings(index))


def _told(path: str, why: str, line: int | None = None) -> Evidence:
    return Evidence(f"{path} {why}", Location(path, line))


def _tests(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    for path, class_ in index.inventory.classes.items():
        if class_ is FileClass.TEST:
            yield path, _told(path, "is collected by test runners")
            facts = index.facts(python.SLICE, path)
            if facts is not None and "pytest_plugins" in facts.names:
                for edge in index.imports.imports.get(path, ()):
                    if edge.dynamic:
                        why = Evidence(f"{path} names it to pytest", Location(path, edge.line))
                        yield edge.target, why


def _pytest_plugins(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The modules that the options of pytest name with `-p`."""
    for path, facts in index.each(manifest.SLICE):
        options = facts.pytest.addopts if facts.pytest is not None else ()
        for before, option in zip(("", *options), options, strict=False):
            name = option if before == "-p" else option[2:] if option.startswith("-p") else ""
            for target in index.imports.modules.get(name, ()):
                where = Location(path, facts.pytest.line if facts.pytest else None)
                yield target, Evidence(f"{path} names it to pytest", where)


def published(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The modules of packages that others install: their users import what they like. A project
    may also be one module that bears its name."""
    shown: dict[str, Evidence] = {}
    alone: set[str] = set()
    for path, facts in index.each(manifest.SLICE):
        if facts.project and facts.kind in ("pyproject", "setup.py", "setup.cfg"):
            folder = path.rpartition("/")[0]
            shown[folder] = Evidence(f"{path} publishes the package", Location(path))
            name = facts.name.replace("-", "_").lower()
            alone |= {f"{folder}/{place}{name}.py".lstrip("/") for place in ("", "src/")}
    if not shown or index.profile.service:
        return
    for path in index.files:
        folder = path.rpartition("/")[0]
        packaged = path.endswith(".py") and f"{folder}/__init__.py" in index.files
        if (packaged or path in alone) and index.inventory.is_(path, FileClass.LIVE):
            while folder and folder not in shown:
                folder = folder.rpartition("/")[0]
            if folder in shown:
                yield path, shown[folder]


def _plugins(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """What manifests offer to plugin groups; of a package, every module that lies in it."""
    for path, facts in index.each(manifest.SLICE):
        for script in facts.scripts:
            if script.kind == "plugin" and not index.inventory.is_(path, FileClass.ARCHIVE):
                text = f"{path} offers it to the plugin group {script.group}"
                why = Evidence(text, Location(path, script.line or None))
                for target in _named_module(index, script.target.partition(":")[0]):
                    yield target, why
                    if target.endswith("/__init__.py"):
                        folder = target.rpartition("/")[0]
                        for child in index.folders[folder]:
                            if child.endswith(".py"):
                                yield child, why


def _named_module(index: RepoIndex, module: str) -> tuple[str, ...]:
    """The files of a module that a manifest names. Its first packages may be there only once it
    is installed (setuptools' package-dir)."""
    while module:
        found = index.imports.modules.get(module)
        if found:
            return found
        module = module.partition(".")[2]
    return ()


def _packages(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The first files of JavaScript packages, and all of what Nuxt imports by itself."""
    for path, facts in index.each(manifest.SLICE):
        if facts.kind == "package.json" and not index.inventory.is_(path, FileClass.ARCHIVE):
            folder = path.removesuffix("package.json")
            for stem in ("src/index", "index", "src/main"):
                for ending in (".ts", ".tsx", ".js", ".jsx"):
                    if folder + stem + ending in index.files:
                        yield folder + stem + ending, _told(path, "is the package that it opens")
    configs = (path for path in index.files if "/nuxt.config." in f"/{path}")
    homes = tuple(path[: path.rindex("nuxt.config.")] for path in configs)
    for path in index.files if homes else ():
        source = path.startswith(homes) and path.endswith((".vue", ".ts", ".js"))
        if source and index.inventory.is_(path, FileClass.LIVE):
            yield path, _told(path, "may be imported by Nuxt itself")


def _django_urls(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The root of a Django project's urls, whatever the setting makes its name of."""
    for path, facts in index.each(python.SLICE):
        if "ROOT_URLCONF" not in facts.names or index.inventory.is_(path, *ASIDE):
            continue
        folder = path.rpartition("/")[0]
        while folder and f"{folder}/urls.py" not in index.files:
            folder = folder.rpartition("/")[0]
        urls = f"{folder}/urls.py".lstrip("/")
        if urls in index.files:
            yield urls, _told(path, "names the root of the urls")


def _alembic(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    for folder in index.folders:
        environment = f"{folder}/env.py" if folder else "env.py"
        template = f"{folder}/script.py.mako" if folder else "script.py.mako"
        versions = f"{folder}/versions" if folder else "versions"
        if environment not in index.files:
            continue
        if versions in index.folders or template in index.files:
            yield environment, _told(environment, "is run by Alembic")
            for child in index.folders.get(versions, ()):
                if child.endswith(".py"):
                    yield child, _told(child, "is a migration that Alembic runs", 1)


def _registered(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The files whose functions enter themselves where others look them up."""
    told = index.of_each(python.SLICE, _registers)
    for path in index.paths(python.SLICE):
        why = told[path] if index.inventory.is_(path, FileClass.LIVE) else None
        if why is not None:
            yield path, why


def _registers(path: str, facts: PythonFacts) -> Evidence | None:
    for definition in facts.definitions:
        found = next((d for d in definition.decorators if _REGISTERS.search(d)), None)
        if definition.bases in (("migrations.Migration",), ("Migration",)):
            return _told(path, "is a migration that Django finds", definition.line)
        if definition.name == "includeme":  # of Pyramid
            return _told(path, "is included by its name", definition.line)
        if found is not None and "." not in definition.name:
            why = f"registers {definition.name} with @{found}"
            return _told(path, why, definition.line)
    return None


def _admin(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The modules in which Django looks for what to show in its administration: those that do
    something, if only by an import, not the empty ones that a new application has."""
    found: dict[str, int] = {}
    administered = False
    for path, facts in index.each(python.SLICE):
        if path.endswith(("/admin.py", "/admin/__init__.py")) and index.inventory.is_(path, *RUN):
            of_django = [i for i in facts.imports if i.module.startswith("django.contrib")]
            administered |= bool(of_django)
            imports = len(facts.imports)
            if facts.definitions or imports > len(of_django) or imports > 1:
                found[path] = facts.imports[0].line if facts.imports else 1
    administered |= any(
        literal.startswith("django.contrib.admin")
        for _, facts in (index.each(python.SLICE) if found and not administered else ())
        for literal, _ in facts.literals
    )
    for path, line in found.items() if administered else ():
        yield path, _told(path, "is discovered by Django's administration", line)


def _handlers(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """The handlers that a serverless definition names, as `src/users.create`, in its own folder
    or in one that it names as well."""
    for source, facts in index.each(mentions.SLICE):
        if not _LAMBDA.search(f"/{source}") or index.inventory.is_(source, *ASIDE):
            continue
        own = source.rpartition("/")[0]
        named = (_joined(own, word.strip("./")) for word, _ in facts.words)
        folders = dict.fromkeys((own, *(folder for folder in named if folder in index.folders)))
        for word, line in facts.words:
            stem = word.rpartition(".")[0].strip("./")
            for folder in folders if stem else ():
                for text in dict.fromkeys((stem, stem.replace(".", "/"))):
                    path = f"{_joined(folder, text)}.py"
                    if path in index.files:
                        yield path, Evidence(f"{source} names its handler", Location(source, line))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
