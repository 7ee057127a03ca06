"""What tools and running programs leave behind, by folder, name and extension."""

from __future__ import annotations

from readiness.facts import text
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass

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
_NAMES = {
    **dict.fromkeys((".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"), "desktop file"),
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
_DATA = {
    *("example", "examples", "sample", "samples", "data", "demo", "demos", "seed", "seeds"),
    *("test", "tests", "testing", "fixtures", "testdata", "expected", "golden", "snapshots"),
    *("resources", "assets", "templates", "docs", "spec", "specs", "third_party", "vendor"),
}
_BINARY = {"db", "sqlite", "sqlite3", "rdb"}
_ASIDE = (FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE, FileClass.DOCS)


def tool(name: str) -> str:
    """What a folder of this name is, if only a tool makes it."""
    return _FOLDERS.get(name.lower(), "build output" if name.endswith(".egg-info") else "")


def tool_folder(index: RepoIndex, path: str) -> tuple[str, str] | None:
    """The topmost folder above `path` that only a tool makes, and what it is."""
    folders = path.split("/")[:-1]
    for depth, name in enumerate(folders):
        kind = tool(name)
        folder = "/".join(folders[: depth + 1])
        if kind and not (
            name in ("venv", "virtualenv") and f"{folder}/pyvenv.cfg" not in index.files
        ):
            above = folder.rpartition("/")[0]
            published = f"{above}/action.yml".lstrip("/") in index.files  # an action brings its own
            return None if published and name == "node_modules" else (folder, kind)
    return None


def kind_of(index: RepoIndex, path: str) -> str:
    """What a single file is, if its name says that a tool left it behind."""
    *folders, name = path.lower().split("/")
    if name in _NAMES:
        return _NAMES[name]
    extension = "bak" if name.endswith("~") else name.rpartition(".")[2]
    if extension not in _EXTENSIONS or not name.rpartition(".")[0]:
        return ""
    if index.inventory.is_(path, *_ASIDE) or not _DATA.isdisjoint(folders):
        return ""
    if extension in _BINARY:
        facts = index.facts(text.SLICE, path)
        return _EXTENSIONS[extension] if facts and facts.encoding == "binary" else ""
    return _EXTENSIONS[extension]
