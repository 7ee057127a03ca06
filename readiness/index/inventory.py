"""Inventory: what each file is for, told from its path and, in doubt, its content."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python, text
from readiness.index.archives import CODE, DOCUMENTS, Judge, Name, judge, tokens, unimportable
from readiness.model import EXECUTABLE

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class FileClass(StrEnum):
    LIVE = "live"
    ARCHIVE = "archive"
    TEST = "test"
    DOCS = "docs"
    SCRIPT = "script"
    GENERATED = "generated"
    FIXTURE = "fixture"


RUN = (FileClass.LIVE, FileClass.SCRIPT)
MAINTAINED = (*RUN, FileClass.TEST)
ASIDE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.GENERATED)  # neither run nor maintained


class Inventory(Struct, frozen=True):
    """The class of every file, and the topmost folders that hold archived copies.

    `archive_roots`: folder -> why it is one, sorted by folder.
    """

    classes: dict[str, FileClass]
    archive_roots: dict[str, str] = {}

    def is_(self, path: str, *classes: FileClass) -> bool:
        return self.classes.get(path) in classes

    def is_test(self, path: str) -> bool:
        """Would a test runner take this file for tests by name or place? Scripts named like tests
        are included, archives and test data are not."""
        class_ = self.classes.get(path)
        return class_ is FileClass.TEST or (
            class_ is FileClass.SCRIPT and named_as_test(path.rpartition("/")[2])
        )

    def archive_root(self, path: str) -> str | None:
        """The archive folder that `path` lies in."""
        if not self.archive_roots:
            return None
        folder = path.rpartition("/")[0]
        while folder and folder not in self.archive_roots:
            folder = folder.rpartition("/")[0]
        return folder or None


_TESTS = {"tests", "unittests", "unittest", "__tests__", "__test__", "e2e", "cypress"}
_PERHAPS_TESTS = {"test", "testing", "spec", "specs"}  # tests, or helpers that a package ships
_FIXTURES = {
    *("fixtures", "fixture", "testdata", "test_data", "test-data", "golden", "goldens"),
    *("__snapshots__", "cassettes", "__fixtures__", "__mocks__"),
}
_TEST_DATA = {
    *("data", "samples", "sample", "expected", "snapshots", "resources", "responses", "inputs"),
    *("outputs", "assets", "files", "recordings", "mock_data"),
}
_SUPPORT = frozenset(
    "test tests mock mocks fake fakes stub stubs dummy dummies testing testutil testutils testlib "
    "testsupport fixture fixtures factories conftest".split()
)
_EXAMPLES = frozenset(
    "example examples demo demos sample samples tutorial tutorials cookbook".split()
)
_WORDS = re.compile(r"[a-z]+")
_GENERATED = {
    *("node_modules", "bower_components", "third_party", "third-party", "thirdparty", "_vendor"),
    *("vendored", "site-packages", "generated", "__generated__", "_generated", "__pycache__"),
    *(".next", ".nuxt", ".venv", "venv"),
}
_PERHAPS_GENERATED = {"vendor", "dist", "build"}  # or a package of that name
_DOCS = {"docs", "doc", "documentation"}
_SCRIPTS = {"scripts"}
_SCRIPT_EXTENSIONS = {"sh", "bash", "zsh", "ps1", "bat", "cmd"}
_LOCKS = {
    *("poetry.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "pipfile.lock", "uv.lock"),
    *("cargo.lock", "composer.lock", "gemfile.lock", "go.sum", "npm-shrinkwrap.json", "bun.lock"),
}
_GENERATED_ENDINGS = (
    *("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi", ".pb.go", "_generated.go"),
    *(".min.js", ".min.css", ".bundle.js", ".js.map", ".css.map", ".gen.ts", ".gen.go", ".g.dart"),
)
_DOCUMENT_NAMES = {"license", "licence", "changelog", "authors", "contributors", "notice", "readme"}
_TEST_ENDINGS = ("_test", "_tests", "_spec", ".test", ".spec", "-test", "-spec")


@lru_cache(1 << 16)
def named_as_test(name: str) -> bool:
    """Do test runners take a file of this name for tests?"""
    stem, _, extension = name.rpartition(".")
    if extension == "py":
        return stem.startswith("test_") or stem in ("conftest", "tests") or stem.endswith("_test")
    if extension in ("java", "kt", "scala", "cs", "php", "swift"):
        return stem.endswith(("Test", "Tests", "IT", "Spec"))
    return extension in CODE and stem.lower().endswith(_TEST_ENDINGS)


def supports_tests(path: str) -> bool:
    """Does a path say that the file was made for tests, wherever it lies?"""
    return bool(_SUPPORT.intersection(_WORDS.findall(path.lower())))


def is_example(path: str) -> bool:
    """Does a folder say that the file shows how something is done?"""
    return not _EXAMPLES.isdisjoint(_WORDS.findall(path.rpartition("/")[0].lower()))


def files_of(index: RepoIndex, *classes: FileClass) -> list[str]:
    """The files of these classes, sorted by path."""
    known = index.once(_by_classes)
    if classes not in known:
        all_ = index.inventory.classes.items()
        known[classes] = [path for path, class_ in all_ if class_ in classes]
    return known[classes]


def _by_classes(index: RepoIndex) -> dict[tuple[FileClass, ...], list[str]]:
    return {}


def programs(index: RepoIndex) -> set[str]:
    """The Python files that Git marks as executable or that begin with `#!`; where such are a
    quarter, that says nothing of any."""
    files = [path for path in index.files if path.endswith(".py")]
    executable = {path for path in files if index.files[path].mode == EXECUTABLE}
    begun = {path for path, facts in index.each(python.SLICE) if facts.shebang}
    return {
        path for marked in (executable, begun) if 4 * len(marked) < len(files) for path in marked
    }


def build(index: RepoIndex) -> Inventory:
    if index.asked is not None:
        return _of_few(index, [path for path in index.asked if path in index.files])
    named = _named(index)
    folders = _folders(index, index.folders, named)
    roots = _archive_roots(folders, _judge(index, folders))
    return _inventory(index, index.files, folders, roots, named)


def _of_few(index: RepoIndex, paths: Collection[str]) -> Inventory:
    """The same for some of the files: only what their own folders are is asked, and of the rest
    of the tree what that depends on."""
    above = {""}
    for path in paths:
        while path:
            path = path.rpartition("/")[0]
            above.add(path)
    names = [folder.rpartition("/")[2] for folder in above]
    telling = any(map(judge, names))
    doubtful = telling or not _PERHAPS_TESTS.isdisjoint(map(str.lower, names))
    named = _named(index) if doubtful else {p for p in paths if named_as_test(_base(p))}
    whole = _folders(index, index.folders, named) if telling else {}
    folders = {f: whole[f] for f in whole if f in above} or _folders(index, above, named)
    roots = _archive_roots(folders, _judge(index, whole)) if telling else {}
    return _inventory(index, paths, folders, roots, named)


def _inventory(
    index: RepoIndex,
    paths: Iterable[str],
    folders: dict[str, FileClass],
    roots: dict[str, str],
    named: set[str],
) -> Inventory:
    for folder in folders:  # parents come first
        parent = folder.rpartition("/")[0]
        if folder in roots or folders.get(parent) is FileClass.ARCHIVE:
            folders[folder] = FileClass.ARCHIVE
    classes = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        class_ = folders[folder]
        if class_ not in (FileClass.ARCHIVE, FileClass.GENERATED, FileClass.FIXTURE):
            class_ = _of_file(index, path, name, class_, path in named)
        classes[path] = class_
    return Inventory(classes, dict(sorted(roots.items())))


def _named(index: RepoIndex) -> set[str]:
    return {path for path in index.files if named_as_test(_base(path))}


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _folders(index: RepoIndex, folders: Iterable[str], named: set[str]) -> dict[str, FileClass]:
    """The class that each folder hands down to its files, archives apart; parents first."""
    classes = {"": FileClass.LIVE}
    with_tests = _with_tests(named)
    for folder in sorted(folders, key=lambda folder: folder.count("/")):
        if folder:
            parent, _, name = folder.rpartition("/")
            classes[folder] = _of_folder(
                index, folder, name.lower(), classes[parent], folder in with_tests
            )
    return classes


def _of_folder(
    index: RepoIndex, folder: str, name: str, above: FileClass, with_tests: bool
) -> FileClass:
    if above in (FileClass.GENERATED, FileClass.FIXTURE):
        return above
    if name in _GENERATED or name.endswith(".egg-info"):
        return FileClass.GENERATED
    package = f"{folder}/__init__.py" in index.files
    if name in _PERHAPS_GENERATED and not package:
        return FileClass.GENERATED
    if name in _FIXTURES or (above is FileClass.TEST and name in _TEST_DATA and not package):
        return FileClass.FIXTURE
    if above is FileClass.TEST or name in _TESTS or "tests" in tokens(name):
        return FileClass.TEST
    if name in _PERHAPS_TESTS and with_tests:
        return FileClass.TEST
    if name in _DOCS and not package and folder.count("/") < 2 and "templates" not in folder:
        return FileClass.DOCS
    return FileClass.SCRIPT if name in _SCRIPTS and above is not FileClass.DOCS else above


def _with_tests(named: set[str]) -> set[str]:
    """The folders that hold files named as tests, at any depth outside a folder of tests."""
    found: set[str] = set()
    for path in named:
        folder = path.rpartition("/")[0]
        while folder and folder not in found and folder.rpartition("/")[2] not in _TESTS:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _judge(index: RepoIndex, folders: dict[str, FileClass]) -> Judge:
    """Who decides on archives; `folders` are all of the tree."""
    tests = {folder for folder, class_ in folders.items() if class_ is FileClass.TEST}
    return Judge(index, set(_telling(folders)), tests)


def _telling(folders: dict[str, FileClass]) -> dict[str, Name]:
    """The folders whose name may say that they are archives."""
    named: dict[str, Name] = {}
    for folder, class_ in folders.items():
        if folder and class_ not in (FileClass.GENERATED, FileClass.FIXTURE):
            name = judge(_base(folder))
            if name:
                named[folder] = name
    return named


def _archive_roots(folders: dict[str, FileClass], decide: Judge) -> dict[str, str]:
    """The topmost archives among `folders` and what makes each one."""
    named = _telling(folders)
    roots: dict[str, str] = {}
    for folder in sorted(named):
        parent = folder.rpartition("/")[0]
        while parent and parent not in roots:
            parent = parent.rpartition("/")[0]
        reason = "" if parent else decide.reason(folder, named[folder])
        if reason:
            roots[folder] = reason
    return roots


def _of_file(index: RepoIndex, path: str, name: str, above: FileClass, named: bool) -> FileClass:
    told = _of_name(path.startswith(("bin/", "tools/", "hack/")), name, above, named)
    if told is None:
        return _named_as_test(index, path, above)
    class_, code = told
    if code:
        facts = index.facts(text.SLICE, path)
        if facts is not None and facts.generated:
            return FileClass.GENERATED
    return class_


@lru_cache(1 << 16)
def _of_name(
    tools: bool, name: str, above: FileClass, named: bool
) -> tuple[FileClass, bool] | None:
    """The class of a file that its name tells, and whether it is code, which its content may say
    is generated; null where it may be a test. `tools`: it lies among programs."""
    lowered = name.lower()
    stem, _, extension = lowered.rpartition(".")
    if lowered in _LOCKS or lowered.endswith(_GENERATED_ENDINGS) or ".generated." in lowered:
        return FileClass.GENERATED, False
    if above is FileClass.TEST:
        return above, False
    if unimportable(name):
        return FileClass.ARCHIVE, False
    if named:
        return None
    if extension in DOCUMENTS or (stem or lowered) in _DOCUMENT_NAMES:
        return FileClass.DOCS, False
    script = above is FileClass.LIVE and (tools or extension in _SCRIPT_EXTENSIONS)
    return FileClass.SCRIPT if script else above, extension in CODE


def _named_as_test(index: RepoIndex, path: str, above: FileClass) -> FileClass:
    """The class of a file named as a test outside the folders of tests. In a folder of scripts it
    is a script; Python without a single test is what its neighbours are, at the root a script.
    A class named `Test...` without a test method is no test: it may be what the file is about."""
    if above is FileClass.SCRIPT:
        return above
    facts = index.facts(python.SLICE, path)
    if facts is None or facts.error or path.endswith("conftest.py"):
        return FileClass.TEST
    if path.endswith("/tests.py") and all(each.kind == "variable" for each in facts.definitions):
        return FileClass.TEST  # of a new Django application
    for definition in facts.definitions:
        if definition.kind == "function" and definition.name.rpartition(".")[2].startswith("test"):
            return FileClass.TEST
        if any(base.endswith(("TestCase", "Tests", "Test")) for base in definition.bases):
            return FileClass.TEST
    return FileClass.SCRIPT if facts.main_line or "/" not in path else above
