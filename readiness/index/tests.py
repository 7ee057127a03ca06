"""Tests: which files a test runner collects, with the settings that govern each of them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import manifest, python
from readiness.facts.manifest import PytestOptions
from readiness.index.commands.tasks import Task
from readiness.index.inventory import FileClass, named_as_test

if TYPE_CHECKING:
    from readiness.index import RepoIndex


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
    matches = any(fnmatchcase(name, pattern) for pattern in patterns)
    if not matches and not named_as_test(name):
        return None
    root = ini.rpartition("/")[0] if ini else _project(index, above)
    inside = path[len(root) + 1 :] if root else path
    testpaths = options.testpaths if options else ()
    listed = any(_below(inside, each) for each in testpaths)
    skipped = (options.norecursedirs if options else ()) or _NO_RECURSION
    hidden = any(fnmatchcase(part, each) for part in inside.split("/")[:-1] for each in skipped)
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
        tests=_tests(index, path),
        ignored=ignored,
    )


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


def _tests(index: RepoIndex, path: str) -> tuple[str, ...]:
    facts = index.facts(python.SLICE, path)
    return tuple(
        definition.name
        for definition in (facts.definitions if facts else ())
        if definition.kind == "function" and definition.name.rpartition(".")[2].startswith("test")
    )


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
