"""Tests: which files a test runner collects, with the settings that govern each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import manifest, python
from readiness.facts.manifest import PytestOptions
from readiness.facts.python import Definition, PythonFacts
from readiness.index.commands.tasks import Task
from readiness.index.inventory import ASIDE, FileClass, named_as_test

if TYPE_CHECKING:
    from readiness.index import RepoIndex
    from readiness.index.imports import Edge


class SuiteFile(Struct, frozen=True):
    """A live Python file named as a test.

    `ini` is the file with the pytest settings that govern it ("" without one), `root` the folder
    from which it is run (rootdir). `listed`: the settings name a test path above it. `collected`:
    pytest, started at `root` without arguments, would import it. `module` is the name under which
    it would do so (in the modes prepend and append), `mode` the import mode. `tests` are its test
    functions and methods (`Class.test_x`).
    """

    path: str
    ini: str = ""
    root: str = ""
    listed: bool = False
    collected: bool = True
    module: str = ""
    mode: str = "prepend"
    tests: tuple[str, ...] = ()
    ignored: str = ""
    hidden: str = ""
    matches: bool = True


class Tests(Struct, frozen=True):
    """`live`: path -> file, outside archives. `support` are the conftests that they use.

    `archived`: archive folder -> the files named as tests in it. `pytest`: the repository uses
    pytest at all."""

    live: dict[str, SuiteFile] = {}
    support: tuple[str, ...] = ()
    archived: dict[str, tuple[str, ...]] = {}
    pytest: bool = False


_INI_ORDER = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml",
              "tox.ini", "setup.cfg")  # fmt: skip
_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "requirements.txt", "manage.py")
_IGNORES = {"collect_ignore", "collect_ignore_glob"}
_DEFAULT_FILES = ("test_*.py", "*_test.py")
_NO_RECURSION = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")


def build(index: RepoIndex) -> Tests:
    """The Python test files of the snapshot."""
    settings = _settings(index)
    live: dict[str, SuiteFile] = {}
    archived: dict[str, list[str]] = {}
    support = []
    for path in index.files:
        name = path.rpartition("/")[2]
        if not name.endswith(".py"):
            continue
        root = index.inventory.archive_root(path)
        if root is not None:
            if named_as_test(name) and name != "conftest.py":
                archived.setdefault(root, []).append(path)
        elif name == "conftest.py":
            support.append(path)
        elif index.inventory.is_test(path):
            file = _suite_file(index, path, settings)
            if file is not None:
                live[path] = file
    return Tests(
        live=live,
        support=tuple(support),
        archived={root: tuple(paths) for root, paths in archived.items()},
        pytest=bool(settings) or _uses_pytest(index, live),
    )


class Dependents(Struct, frozen=True):
    """The test files and helpers that need some production files. `only` need nothing else of the
    repository that lives: they go with them. `mixed` test what stays as well."""

    only: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()


def dependents(index: RepoIndex, files: Collection[str]) -> Dependents:
    """The test files and helpers that import one of `files` or name it in a string. The time
    follows their number, not that of the repository's files."""
    found: dict[str, None] = {}
    pending = list(files)
    while pending:
        for edge in index.imports.importers.get(pending.pop(), ()):
            source = edge.source
            if source not in found and not edge.typing and index.inventory.is_test(source):
                found[source] = None
                if source not in index.tests.live:
                    pending.append(source)
    going = {path for path in found if _needs_nothing_else(index, path, files)}
    for path in reversed(found):  # a helper stays for the tests that need it
        if path not in index.tests.live:
            importers = index.imports.importers.get(path, ())
            if any(edge.source not in going for edge in importers):
                going.discard(path)
    return Dependents(
        only=tuple(sorted(going)), mixed=tuple(sorted(path for path in found if path not in going))
    )


def _needs_nothing_else(index: RepoIndex, path: str, going: Collection[str]) -> bool:
    """Does a test need nothing of the repository that stays? A conftest serves others too, and who
    asks a running service tests more than what is imported."""
    if path in index.tests.support or _asks_a_service(index, path):
        return False
    return all(edge.target in going for edge in tested(index, path))


def tested(index: RepoIndex, path: str) -> list[Edge]:
    """What a test needs of the code that lives, over the helpers that it imports: no archives, no
    packages that are only the way to what it needs, no imports for type checkers."""
    found: dict[str, Edge] = {}
    seen = {path}
    pending = [path]
    for source in pending:  # grows while it is walked
        edges = index.imports.imports.get(source, ())
        for edge in edges:
            target = edge.target
            if edge.typing or index.inventory.is_(target, *ASIDE):
                continue
            if not index.inventory.is_(target, FileClass.TEST):
                if not _on_the_way(index, edge, edges):
                    found.setdefault(target, edge)
            elif target not in seen:
                seen.add(target)
                pending.append(target)
    return list(found.values())


def _on_the_way(index: RepoIndex, edge: Edge, edges: Sequence[Edge]) -> bool:
    """Is it a package that is empty, or that the same line only passes through?"""
    folder, _, name = edge.target.rpartition("/")
    if name != "__init__.py":
        return False
    facts = index.facts(python.SLICE, edge.target)
    if facts is not None and not (facts.definitions or facts.imports or facts.error):
        return True
    return any(
        other.line == edge.line and other.target.startswith(f"{folder}/") and other is not edge
        for other in edges
    )


_CLIENTS = {"requests", "httpx", "aiohttp", "selenium", "playwright", "webtest", "pyppeteer"}
_CLIENT_NAMES = {"TestClient", "AsyncClient", "Client", "APIClient", "APITestCase", "CliRunner"}


def _asks_a_service(index: RepoIndex, path: str) -> bool:
    facts = index.facts(python.SLICE, path)
    return any(
        import_.module.partition(".")[0] in _CLIENTS or import_.name in _CLIENT_NAMES
        for import_ in (facts.imports if facts else ())
    )


_SET_UP = {
    *("setUp", "asyncSetUp", "setUpClass", "setUpTestData", "setup_method", "setup_class"),
    *("setup", "tearDown", "asyncTearDown", "tearDownClass", "teardown_method", "teardown_class"),
}
_SET_UP_MODULE = {"setUpModule", "setup_module", "setup_function"}


def stopped(facts: PythonFacts, lines: Iterable[int]) -> tuple[str, ...]:
    """The tests of a file that fail where `lines` of it do: a line in a test or among its
    decorators stops it, one in what sets a class up, or above the class, all of that class."""
    functions = [each for each in facts.definitions if each.kind == "function"]
    tests = [each.name for each in functions if _is_test(each)]
    found: dict[str, None] = {}
    for line in lines:
        owner = _owner(facts.definitions, line)
        if owner is None:
            continue
        class_, _, own = owner.name.rpartition(".")
        if owner.kind == "class":
            names = [name for name in tests if name.startswith(f"{owner.name}.")]
        elif own in _SET_UP and class_:
            names = [name for name in tests if name.startswith(f"{class_}.")]
        elif own in _SET_UP_MODULE:
            names = tests
        else:
            names = [owner.name] if owner.name in tests else []
        found.update(dict.fromkeys(names))
    return tuple(found)


def _owner(definitions: Iterable[Definition], line: int) -> Definition | None:
    """The function around a line, else the first definition after it, which it may decorate."""
    ordered = sorted(definitions, key=lambda each: each.line)
    around = [
        each for each in ordered if each.kind == "function" and each.line <= line <= each.end_line
    ]
    if around:
        return around[-1]
    return next((each for each in ordered if each.line > line and each.kind != "variable"), None)


def _is_test(definition: Definition) -> bool:
    own = definition.name.rpartition(".")[2]
    return definition.kind == "function" and own.startswith("test")


def _settings(index: RepoIndex) -> dict[str, tuple[str, PytestOptions]]:
    """Folder -> (file, options) of the pytest settings that lie in it."""
    found: dict[str, tuple[str, PytestOptions]] = {}
    for path, facts in index.each(manifest.SLICE):
        if facts.pytest is None:
            continue
        folder, _, name = path.rpartition("/")
        known = found.get(folder)
        if known is None or _rank(name) < _rank(known[0].rpartition("/")[2]):
            found[folder] = (path, facts.pytest)
    return found


def _rank(name: str) -> int:
    return _INI_ORDER.index(name) if name in _INI_ORDER else len(_INI_ORDER)


def _suite_file(
    index: RepoIndex, path: str, settings: dict[str, tuple[str, PytestOptions]]
) -> SuiteFile | None:
    folder, _, name = path.rpartition("/")
    above = _above(folder)
    ini, options = next((settings[each] for each in above if each in settings), ("", None))
    patterns = (options.python_files if options else ()) or _DEFAULT_FILES
    matches = _is_like(name, patterns)
    if not matches and not named_as_test(name):
        return None
    root = ini.rpartition("/")[0] if ini else _project(index, above)
    inside = path[len(root) + 1 :] if root else path
    testpaths = options.testpaths if options else ()
    listed = any(_below(inside, each) for each in testpaths)
    skipped = (options.norecursedirs if options else ()) or _NO_RECURSION
    hidden = _hiding(inside.rpartition("/")[0], skipped)
    script = index.inventory.is_(path, FileClass.SCRIPT)
    ignored = _ignored(index, path, above)
    if not ignored and options and _matches(inside, _ignore_options(options.addopts)):
        ignored = ini
    return SuiteFile(
        path=path,
        ini=ini,
        root=root,
        listed=listed,
        collected=matches and not (hidden or ignored) and (listed if testpaths else not script),
        module=_module(index, path),
        mode=_mode(options),
        tests=_tests_of(index, path),
        ignored=ignored,
        hidden=hidden,
        matches=matches,
    )


@lru_cache(1 << 14)
def _is_like(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@lru_cache(1 << 12)
def _hiding(folder: str, patterns: tuple[str, ...]) -> str:
    """The first pattern that means a part of the path of a folder; "" for none."""
    parts = folder.split("/")
    return next((each for each in patterns for part in parts if fnmatchcase(part, each)), "")


def _ignored(index: RepoIndex, path: str, above: list[str]) -> str:
    """The conftest above a file that names it in `collect_ignore` or `collect_ignore_glob`."""
    for folder in above:
        conftest = f"{folder}/conftest.py" if folder else "conftest.py"
        facts = index.facts(python.SLICE, conftest)
        if facts is not None and not _IGNORES.isdisjoint(facts.names):
            inside = path[len(folder) + 1 :] if folder else path
            if _matches(inside, [text for text, _ in facts.literals]):
                return conftest
    return ""


def _ignore_options(words: Sequence[str]) -> list[str]:
    """What `--ignore` and `--ignore-glob` name among the words of a command line."""
    found = [w.partition("=")[2] for w in words if w.startswith(("--ignore=", "--ignore-glob="))]
    found += [after for w, after in pairwise(words) if w in ("--ignore", "--ignore-glob")]
    return found


def _matches(path: str, patterns: Sequence[str]) -> bool:
    """Does one of the patterns mean the file or a folder above it?"""
    cleaned = (pattern.removeprefix("./").rstrip("/") for pattern in patterns)
    return any(fnmatchcase(path, p) or path.startswith(p + "/") for p in cleaned if p)


def _above(folder: str) -> list[str]:
    """The folder and those above it, the root ("") last."""
    found = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    return found


def _project(index: RepoIndex, above: list[str]) -> str:
    """The nearest folder that looks like the root of a project."""
    for folder in above:
        if any((f"{folder}/{name}" if folder else name) in index.files for name in _PROJECT):
            return folder
    return ""


def _below(path: str, testpath: str) -> bool:
    wanted = testpath.strip("/").removeprefix("./")
    if wanted in ("", "."):
        return True
    parts = path.split("/")
    head = "/".join(parts[: wanted.count("/") + 1])
    return fnmatchcase(head, wanted)


def _module(index: RepoIndex, path: str) -> str:
    folder, _, name = path.rpartition("/")
    dotted = name.removesuffix(".py")
    while folder and f"{folder}/__init__.py" in index.files:
        folder, _, package = folder.rpartition("/")
        dotted = f"{package}.{dotted}"
    return dotted


def _mode(options: PytestOptions | None) -> str:
    words = options.addopts if options else ()
    for number, word in enumerate(words):
        if word.startswith("--import-mode="):
            return word.partition("=")[2]
        if word == "--import-mode" and number + 1 < len(words):
            return words[number + 1]
    return "prepend"


def _tests_of(index: RepoIndex, path: str) -> tuple[str, ...]:
    known = path in index.paths(python.SLICE)
    return index.of_each(python.SLICE, _tests_in)[path] if known else ()


def _tests_in(path: str, facts: PythonFacts) -> tuple[str, ...]:
    return tuple(each.name for each in facts.definitions if _is_test(each))


def _uses_pytest(index: RepoIndex, live: dict[str, SuiteFile]) -> bool:
    if any(
        need.name == "pytest"
        for _, needed in index.each(manifest.SLICE)
        for need in needed.dependencies
    ):
        return True
    if any(
        step.task is Task.TEST and step.tool in ("pytest", "py.test")
        for step in index.workflows.steps
    ):
        return True
    return any(
        import_.module.partition(".")[0] == "pytest"
        for path in live
        if (facts := index.facts(python.SLICE, path))
        for import_ in facts.imports
    )
