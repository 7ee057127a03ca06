"""Archives: which folders hold what was put away, told from their names and, in doubt, their use.

A name alone decides only where it is plain (`archived_services`, `archive_20251025`, `_old`). The
bare nouns `archive` and `backup` name a feature as often as a heap: live code that uses the
folder, files named after its trade or the place where it stands decide. Words such as `legacy` or
`delete` say nothing unless the folder holds files that live on elsewhere under the same name.
References from archives never count. Nothing here asks the import graph, which is built upon it.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from readiness.facts import mentions, python

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Name(IntEnum):
    """How strongly a folder's name says that it is an archive."""

    NOTHING = 0
    WEAK = 1  # only if what it holds lives on elsewhere
    NOUN = 2  # unless it is a feature
    PLAIN = 3


_PUT_AWAY = {"archived", "obsolete", "superseded", "outdated", "attic", "graveyard", "bak"}
_NOUNS = {"archive", "archives", "backup", "backups"}
_MARKERS = _PUT_AWAY | _NOUNS | {"old", "deprecated", "legacy", "unused"}
_WEAK = {"legacy", "unused", "delete", "deleted", "duplicate", "copy", "trash", "junk"}
_CONTENTS = {
    *("doc", "docs", "documents", "documentation", "notes", "plans", "reports", "readme", "md"),
    *("code", "source", "src", "file", "files", "folder", "folders", "dir", "stuff", "misc"),
    *("script", "scripts", "test", "tests", "component", "components", "module", "modules"),
    *("implementation", "implementations", "version", "versions", "root", "config", "configs"),
}
_MONTHS = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
_OLD_IDIOMS = {"age", "testament", "town", "world", "english", "norse", "school", "fashioned"}

_PAGES = {
    *("templates", "template", "pages", "views", "view", "components", "screens", "layouts"),
    *("content", "_posts", "emails", "email", "locales", "i18n", "icons", "public", "static"),
    *("assets", "media", "img", "images", "themes", "features"),
}
_PAGE_FILES = {"page", "route", "layout", "+page", "+server"}  # of file-system routers
_PAGE_CODE = {"js", "jsx", "ts", "tsx", "vue", "svelte", "astro"}
_NEVER_BELOW = {
    *("migrations", "versions", "fixtures", "testdata", "test_data", "cassettes", "samples"),
    *("node_modules", "vendor", "third_party", "site-packages"),
}
_OPERATIONS = {
    *("k8s", "kubernetes", "helm", "charts", "terraform", "ansible", "roles", "infra", "cron"),
    *("infrastructure", "deploy", "deployment", "ops", "docker", "compose", "jobs", "monitoring"),
}
_TRADE = {
    *("archive", "archives", "archiver", "archiving", "unarchive", "archival", "backup", "backups"),
    *("restore", "dump", "snapshot", "pg", "mysqldump", "rclone", "borg", "crontab", "dockerfile"),
}
_KEEPERS = {".gitkeep", ".keep", ".gitignore", ".placeholder"}
_COMMON_STEMS = {
    *("__init__", "__main__", "main", "app", "index", "utils", "util", "helpers", "common"),
    *("config", "settings", "constants", "types", "models", "model", "views", "urls", "admin"),
    *("tests", "test", "conftest", "setup", "base", "service", "routes", "schemas", "readme"),
    *("api", "client", "server", "core", "db", "database", "exceptions", "errors", "enums"),
    *("router", "routers", "tasks", "forms", "serializers", "handlers", "permissions", "logger"),
}
CODE = {
    *("py", "pyi", "ipynb", "js", "jsx", "ts", "tsx", "mjs", "cjs", "vue", "svelte", "go", "rs"),
    *("java", "kt", "scala", "rb", "php", "cs", "c", "h", "cc", "cpp", "hpp", "swift", "dart"),
    *("sh", "bash", "ps1", "bat", "sql", "ex", "exs", "r", "lua", "pl", "html", "css", "scss"),
}
PROGRAMS = CODE - {"html", "css", "scss", "sql", "r"}
DOCUMENTS = {"md", "mdx", "rst", "adoc", "org", "tex"}
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=65536)
def tokens(name: str) -> tuple[str, ...]:
    """The words and numbers of a name in lower case: "oldFiles_v2" is old, files, v, 2."""
    return tuple(token.lower() for token in _TOKEN.findall(name))


@lru_cache(maxsize=65536)
def judge(name: str) -> Name:
    """What a folder's own name says; that of a parameter in a route, `[archivedId]`, nothing."""
    if name.startswith(("[", "{", "$", ":")):
        return Name.NOTHING
    parts = tokens(name)
    words = [part for part in parts if not part.isdigit() and part not in _MONTHS]
    marks = [word for word in words if word in _MARKERS]
    versions = {"v"} if "archive" in marks else set()  # `archive_v1`, but not `backup_v2`
    others = [word for word in words if word not in _MARKERS | _CONTENTS | versions]
    if _dated(parts) and (marks or "cleanup" in words):
        return Name.PLAIN
    if not marks:
        if words and words[0] == "to" and words[-1] in ("delete", "deleted", "remove", "removed"):
            return Name.PLAIN
        return Name.WEAK if len(words) > 1 and words[-1] in _WEAK else Name.NOTHING
    if len(set(marks)) > 1 or not _PUT_AWAY.isdisjoint(marks):
        return Name.PLAIN
    mark = marks[0]
    if name.startswith("_") and not others:
        return Name.PLAIN
    if mark in ("legacy", "unused"):
        return Name.NOUN if len(words) > 1 and not others else Name.WEAK
    if not others:
        # A plural with a number is a version of a feature (`backups_v2`).
        return Name.NOTHING if mark.endswith("s") and "v" in parts else Name.NOUN
    if mark == "old":
        return Name.NOTHING if not _OLD_IDIOMS.isdisjoint(others) else Name.NOUN
    return Name.NOUN if words[-1] == mark or mark == "deprecated" else Name.NOTHING


def unimportable(name: str) -> bool:
    """Does a file name say that the module was put away under a name that no import can reach,
    like `parser.archived.py`?"""
    stem, _, extension = name.lower().rpartition(".")
    word = stem.rpartition(".")[2] if "." in stem else ""
    return extension == "py" and (word in _PUT_AWAY or word in ("old", "backup", "deprecated"))


def _dated(parts: Iterable[str]) -> bool:
    numbers = [part for part in parts if part.isdigit()]
    return (
        any(len(number) >= 6 for number in numbers)
        or any(len(n) == 4 and n[:2] in ("19", "20") for n in numbers)
        or sum(len(number) <= 2 for number in numbers) >= 2
    )


class Judge:
    """Decides the folders whose names leave a doubt."""

    def __init__(self, index: RepoIndex, candidates: set[str], tests: set[str]) -> None:
        """`candidates`: the folders with a telling name; `tests`: the topmost folders of tests."""
        self._index = index
        self._candidates = candidates
        self._tests = tests

    def reason(self, folder: str, name: Name) -> str:
        """Why `folder` is an archive; empty where it is none."""
        own = folder.rpartition("/")[2]
        above = {part.lower() for part in folder.split("/")[:-1]}
        if not above.isdisjoint(_NEVER_BELOW):
            return ""
        said = f'its name says "{own}"'
        files = [path for path in below(self._index, folder) if _base(path) not in _KEEPERS]
        if name is Name.PLAIN and above.isdisjoint(_PAGES):
            state = own.lower() in _PUT_AWAY and self._used(folder, bare=True)
            return said if files and not state else ""  # a state of things, as archived orders
        if "deprecated" in tokens(own) and _stands_in(folder, self._tests):
            return ""  # what users are told to leave is tested until it goes
        code = [path for path in files if _extension(path) in CODE]
        copies = self._copies(code)
        if name is Name.WEAK or not above.isdisjoint(_PAGES):  # a theme, a variant beside others
            copies = [pair for pair in copies if not _side_by_side(folder, *pair)]
        if copies and 2 * len(copies) >= sum(_stem(path) not in _COMMON_STEMS for path in code):
            here, there = copies[0]
            return f"{said} and {_base(here)} lives on as {there}"
        if name is Name.WEAK or not above.isdisjoint(_PAGES):
            return ""
        if not code and not any(_extension(path) in DOCUMENTS for path in files):
            return ""  # data: what a feature keeps, or a sample
        if _stands_in(folder, self._tests):
            golden = 2 * len(code) < len(files)  # files of an old format, to be read by tests
            return said if code and not golden and own not in self._live_names else ""
        return "" if self._feature(folder, own, code) else said

    def _feature(self, folder: str, own: str, code: list[str]) -> bool:
        direct = {_base(path) for path in code if path.rpartition("/")[0] == folder}
        if {"__init__.py", "apps.py"} <= direct:
            return True  # a Django application of that name
        if f"{own.lower()}.py" in direct and "__init__.py" in direct:
            return True  # a package that is named as what it does
        if any(_stem(name) == "index" and not name.endswith(".html") for name in direct):
            return True
        if any(_stem(path) in _PAGE_FILES and _extension(path) in _PAGE_CODE for path in code):
            return True
        words = tokens(own)
        if "old" not in words and "deprecated" not in words:
            trade = sum(_first_word(path) in _TRADE for path in code)
            if code and 2 * trade >= len(code):
                return True
            above = {part.lower() for part in folder.split("/")[:-1]}
            if "backup" in words[-1] and not above.isdisjoint(_OPERATIONS):
                return True
        return self._used(folder, bare=len(words) == 1)

    def _used(self, folder: str, *, bare: bool) -> bool:
        """Does live code use it as a package? One import of a bare `archive` may be a leftover
        (then it is a fault of its own); two, or one that leads to most of it, make a feature."""
        importers, used = self._importers.get(folder, (set(), set()))
        if not importers:
            return False
        if not bare or len(importers) > 1:
            return True
        modules = {
            _stem(child) if child in self._index.files else _base(child)
            for child in self._index.folders[folder]
            if child in self._index.folders or _extension(child) in PROGRAMS
        } - {"__init__", "index"}
        return len(modules) > 1 and 2 * len(used & modules) >= len(modules)

    @cached_property
    def _importers(self) -> dict[str, tuple[set[str], set[str]]]:
        """Candidate -> the live files outside it that import from it, and the names of its direct
        children that they, or files inside it, import."""
        by_name: dict[str, list[str]] = {}
        for folder in self._candidates:
            by_name.setdefault(_base(folder), []).append(folder)
        found: dict[str, tuple[set[str], set[str]]] = {}
        passes: dict[tuple[str, int, str, str], tuple[tuple[str, list[str]], ...]] = {}
        for source, facts in self._index.each(python.SLICE):
            home = source.rpartition("/")[0]
            aside = _stands_in(source, self._candidates)
            if _stands_in(source, self._tests):
                continue
            for import_ in facts.imports:
                place = home if import_.level else "", import_.level, import_.module, import_.name
                if place not in passes:
                    passes[place] = tuple(_passed(*place, by_name))
                for folder, used in passes[place]:
                    inside = source.startswith(folder + "/")
                    if inside or not aside:
                        importers, names = found.setdefault(folder, (set(), set()))
                        names.update(used)
                        if not inside:
                            importers.add(source)
        for source, text in self._script_imports(by_name) if by_name else ():
            for folder, used in _passed_by_script(source, text, by_name):
                if not source.startswith(folder + "/"):
                    importers, names = found.setdefault(folder, (set(), set()))
                    importers.add(source)
                    names.update(used)
        return found

    def _script_imports(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(file, text) of what live JavaScript imports by a path that one of these names is in."""
        telling = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names))
        for source, facts in self._index.each(mentions.SLICE):
            texts = [text for text, _ in facts.imports if telling.search(text)]
            if texts and not _stands_in(source, self._candidates | self._tests):
                yield from ((source, text) for text in texts)

    @cached_property
    def _live_names(self) -> Counter[str]:
        """How many folders of each name hold neither tests nor archives."""
        return Counter(
            _base(folder) for folder in self._index.folders if not _stands_in(folder, self._tests)
        )

    @cached_property
    def _live_files(self) -> dict[str, list[str]]:
        by_name: dict[str, list[str]] = {}
        for path in self._index.files:
            if not _stands_in(path, self._candidates):
                by_name.setdefault(_base(path), []).append(path)
        return by_name

    def _copies(self, code: list[str]) -> list[tuple[str, str]]:
        """(file, live file of the same telling name) of the files in a candidate."""
        copies = []
        for path in code:
            twins = self._live_files.get(_base(path), [])
            if _stem(path) not in _COMMON_STEMS and 0 < len(twins) <= 3:
                copies.append((path, twins[0]))
        return copies


def _passed(
    home: str, level: int, module: str, name: str, by_name: dict[str, list[str]]
) -> Iterator[tuple[str, list[str]]]:
    """The folders of `by_name` that an import of a file in `home` passes, each with the part that
    follows, if any."""
    dotted = f"{module}.{name}" if name else module
    parts = [part for part in dotted.split(".") if part]
    if level:
        folders = home.split("/") if home else []
        parts = folders[: len(folders) - level + 1] + parts
    for position, part in enumerate(parts):
        for folder in by_name.get(part, ()):
            if _ends_with(folder, parts[: position + 1]):
                yield folder, parts[position + 1 : position + 2]


def _passed_by_script(
    source: str, text: str, by_name: dict[str, list[str]]
) -> Iterator[tuple[str, list[str]]]:
    """As `_passed`, for a path in JavaScript: a relative one, or one below some alias."""
    relative = text.startswith(".")
    if relative:
        text = posixpath.normpath(posixpath.join(posixpath.dirname(source), text))
    parts = text.split("/")
    for position, part in enumerate(parts):
        for folder in by_name.get(part, ()):
            whole = relative and folder == "/".join(parts[: position + 1])
            if whole or (not relative and _ends_with(folder, parts[1 : position + 1][-2:])):
                yield folder, [name.partition(".")[0].lower() for name in parts[position + 1 :][:1]]


def below(index: RepoIndex, folder: str) -> list[str]:
    """The files of a folder ("" for the root) and of all folders in it, sorted."""
    pending: list[str] = [folder]
    files: list[str] = []
    while pending:
        for child in index.folders[pending.pop()]:
            (files if child in index.files else pending).append(child)
    return sorted(files)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(path: str) -> str:
    return _base(path).partition(".")[0].lower()


def _extension(path: str) -> str:
    return _base(path).rpartition(".")[2].lower()


def _first_word(path: str) -> str:
    word = _TOKEN.search(_base(path))
    return word[0].lower() if word else ""


def _stands_in(path: str, folders: set[str]) -> bool:
    """Is `path` one of `folders`, or below one?"""
    while path:
        if path in folders:
            return True
        path = path.rpartition("/")[0]
    return False


def _side_by_side(folder: str, path: str, twin: str) -> bool:
    """Does `twin` lie in a neighbour of `folder` where `path` lies in it, as the files of themes
    do? A neighbour that bears the bare name (`sdk` beside `sdk_delete`) is the original."""
    parent, _, own = folder.rpartition("/")
    neighbour = twin[: -len(path) + len(folder)]
    above, _, name = neighbour.rpartition("/")
    alike = twin == neighbour + path[len(folder) :] and above == parent and bool(name)
    return alike and not set(tokens(name)) <= set(tokens(own))


def _ends_with(folder: str, parts: list[str]) -> bool:
    dotted = "/".join(parts)
    return folder == dotted or folder.endswith("/" + dotted)
