"""What tools and running programs leave behind, by folder, name and extension."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from readiness.facts import text
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass, supports_tests
from readiness.index.references import Reference, Use

_FOLDERS = {
    **dict.fromkeys(("__pycache__", ".ipynb_checkpoints"), "byte code"),
    **dict.fromkeys((".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox"), "tool cache"),
    **dict.fromkeys((".hypothesis", ".parcel-cache", ".sass-cache"), "tool cache"),
    **dict.fromkeys((".idea",), "editor setting"),
    **dict.fromkeys((".gradle", ".terraform", ".cache", ".nyc_output"), "tool cache"),
    **dict.fromkeys(("htmlcov", "lcov-report", "playwright-report"), "test report"),
    **dict.fromkeys((".next", ".nuxt", ".svelte-kit", ".turbo"), "build output"),
    **dict.fromkeys(("node_modules", "bower_components", "poetry_lib"), "installed packages"),
    **dict.fromkeys(("site-packages", ".venv", "venv", "virtualenv"), "installed packages"),
}
_DESKTOP = "desktop file"  # of the system that shows folders, wherever they lie
_NAMES = {
    **dict.fromkeys((".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"), _DESKTOP),
    **dict.fromkeys((".coverage", "coverage.xml", "lcov.info"), "test report"),
    **dict.fromkeys(("npm-debug.log", "yarn-error.log", "yarn-debug.log", "nohup.out"), "log"),
    **dict.fromkeys(("celerybeat-schedule", "dump.rdb"), "state of a running program"),
}
_EXTENSIONS = {
    **dict.fromkeys(("pyc", "pyo", "tsbuildinfo"), "build output"),
    **dict.fromkeys(("log",), "log"),
    **dict.fromkeys(("tmp", "temp", "swp", "swo"), "temporary file"),
    **dict.fromkeys(("bak", "backup", "orig", "rej"), "backup copy"),
    **dict.fromkeys(("db", "sqlite", "sqlite3"), "database"),
    **dict.fromkeys(("pid", "rdb"), "state of a running program"),
    **dict.fromkeys(("prof", "lprof", "hprof"), "profile"),
}
_SAMPLES = {
    *("example", "examples", "sample", "samples", "demo", "demos", "spec", "specs", "test_data"),
    *("test", "tests", "testing", "fixtures", "testdata", "expected", "golden", "snapshots"),
}
_DATA = _SAMPLES | {
    *("data", "seed", "seeds", "resources", "assets", "templates", "docs", "third_party", "vendor"),
}
_OF_RUNS = ("byte code", "tool cache")  # kinds that appear wherever tests are run
_BINARY = {"db", "sqlite", "sqlite3", "rdb"}
_WRITTEN = ("log", "profile", "state of a running program")  # code that names it writes it
_PERSONAL = ("workspace.xml", "tasks.xml", "usage.statistics.xml")  # of one user of an editor
_QUARTER = 90 * 86_400  # seconds
_PERHAPS_KEPT = {".cache", "bower_components", "site-packages"}
_IGNORE_FILES = ("ignore", "CODEOWNERS", ".gitattributes")
_ASIDE = (FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE, FileClass.DOCS)


@lru_cache(1 << 16)
def tool(name: str) -> str:
    """What a folder of this name is, if only a tool makes it."""
    return _FOLDERS.get(name.lower(), "build output" if name.endswith(".egg-info") else "")


@lru_cache(1 << 16)
def may_be(path: str) -> bool:
    """Does a path, whatever else there is, look like what a tool leaves behind?"""
    *folders, name = path.split("/")
    name = name.lower()
    known = name in _NAMES or name.endswith("~") or name.rpartition(".")[2] in _EXTENSIONS
    return known or any(map(tool, folders))


def tool_folder(index: RepoIndex, path: str) -> tuple[str, str] | None:
    """The topmost folder above `path` that only a tool makes, and what it is. Among tests and
    samples such a folder is a sample, but for what every run of tests leaves behind."""
    folders = path.split("/")[:-1]
    if not any(map(tool, folders)) or index.inventory.is_(path, FileClass.FIXTURE):
        return None
    for depth, name in enumerate(folders):
        kind = tool(name)
        folder = "/".join(folders[: depth + 1])
        if kind and not (
            name in ("venv", "virtualenv") and f"{folder}/pyvenv.cfg" not in index.files
        ):
            if kind not in _OF_RUNS and not _SAMPLES.isdisjoint(map(str.lower, folders[:depth])):
                return None
            above = folder.rpartition("/")[0]
            published = f"{above}/action.yml".lstrip("/") in index.files  # an action brings its own
            return None if published and name == "node_modules" else (folder, kind)
    return None


def kind_of(index: RepoIndex, path: str) -> str:
    """What a single file is, if its name says that a tool left it behind."""
    *folders, name = path.lower().split("/")
    extension = "bak" if name.endswith("~") else name.rpartition(".")[2]
    if name not in _NAMES and extension not in _EXTENSIONS:
        return ""
    if _NAMES.get(name) == _DESKTOP:
        return "" if index.inventory.is_(path, FileClass.FIXTURE) else _DESKTOP
    if index.inventory.is_(path, *_ASIDE) or not _DATA.isdisjoint(folders):
        return ""
    if supports_tests("/".join(folders)):
        return ""
    if name in _NAMES:
        return _NAMES[name]
    if not name.rpartition(".")[0]:
        return ""
    if extension in _BINARY:
        facts = index.facts(text.SLICE, path)
        return _EXTENSIONS[extension] if facts and facts.encoding == "binary" else ""
    return _EXTENSIONS[extension]


def certain(index: RepoIndex, kind: str, place: str, paths: Sequence[str]) -> bool:
    """Is it an artifact beyond doubt: made anew by a tool, and no file of the repository names it?
    A database, a packed library or an editor's settings may be part of the product."""
    name = place.rpartition("/")[2].lower()
    if kind == "editor setting":
        return _left_alone(index, paths)
    if kind == "database" or name in _PERHAPS_KEPT:
        return False
    folder = place.rpartition("/")[0]
    if name == "node_modules" and f"{folder}/package.json".lstrip("/") not in index.files:
        return False
    if kind == "backup copy" and not all(_original(path) in index.files for path in paths):
        return False
    return used(index, kind, place, paths) is None


def used(index: RepoIndex, kind: str, place: str, paths: Sequence[str]) -> Reference | None:
    """The first use that speaks against an artifact. Of what only a tool makes, a word is none, and
    a log or a profile is named by what writes it."""
    made = tool(place.rpartition("/")[2].lower()) == kind
    for path in () if kind in _WRITTEN else (place, *paths):
        for reference in index.references.to.get(path, ()):
            if reference.source in paths or reference.source.endswith(_IGNORE_FILES):
                continue
            aside = index.inventory.is_(reference.source, *_ASIDE)
            if reference.use is Use.RUNS or not (made or (reference.use is Use.MENTIONS and aside)):
                return reference
    return None


def _left_alone(index: RepoIndex, paths: Sequence[str]) -> bool:
    """Has nobody touched these files since they were added, a quarter of a year ago at least?
    What a team shares on purpose, it keeps up; what the editor writes by itself does not count."""
    kept = [path for path in paths if path.rpartition("/")[2] not in _PERSONAL]
    known = [index.history.files.get(path) for path in kept]
    now = index.snapshot.committed_at
    return index.history.complete and all(
        file is not None and file.edits <= 1 and now - file.last >= _QUARTER for file in known
    )


def _original(path: str) -> str:
    """The file that a backup is named after."""
    return path[:-1] if path.endswith("~") else path.rpartition(".")[0]
