"""What is known of the use of a module or script that nothing seems to use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from msgspec import Struct

from readiness.facts import python
from readiness.facts.python import PythonFacts
from readiness.index import RepoIndex, islands
from readiness.index.archives import Name, judge, tokens
from readiness.index.history import FileHistory
from readiness.index.inventory import RUN, FileClass, files_of, is_example, supports_tests
from readiness.index.reachability import Standing

from ._kin import kin

T = TypeVar("T")
DAY = 86_400
_IDLE, _LONG = 180 * DAY, 365 * DAY  # seconds
_HOOKS = frozenset(
    ("hook", "hooks", "plugin", "plugins", "middleware", "middlewares", "callback", "callbacks")
)
_BASES = frozenset(("base", "abstract"))
_ABSTRACT = frozenset(("ABC", "ABCMeta", "Protocol"))
_APPLICATIONS = frozenset(("app", "application"))
_TRANSLATES = re.compile(r"(?:^|\.)(?:translation|gettext|i18n|flask_babel|babel)(?:\.|$)")
_FAMILY = 3  # other modules of a family


class Candidate(Struct, frozen=True):
    """A live module or script and what is known of its use. `age` and `idle` are seconds since
    its first and last commit; both and `edits` are those of a file that is worked on, where
    history does not know it, as one that is not committed yet."""

    path: str
    standing: Standing
    alone: bool  # no weaker reason speaks for it either
    tested: bool
    named: bool  # another file imports, runs or names it
    script: bool  # it lies among scripts
    example: bool  # it lies among examples
    packaged: bool  # a folder above its own is a Python package
    shim: bool  # it defines nothing: it hands on names from elsewhere
    island: bool  # nothing outside of its folder names the folder, and hardly anybody works there
    put_away: str  # the folder above it whose name says that it was put away
    made_for: str  # the use that it is made for, of which no file here need tell
    kin: int  # modules beside it that no live code imports either and that are made alike
    family: bool  # it is one of several that begin alike, and others of them are in use
    among: bool  # it lies in a folder with modules that are started
    share: float  # of its deployment that is reached
    age: int
    idle: int
    commits: int
    edits: int


def candidate(index: RepoIndex, path: str) -> Candidate:
    """What is known of the use of one file."""
    reach, now = index.reachability, index.snapshot.committed_at
    uses = reach.uses(path)
    standing = reach.standing(path)
    known = index.history.files.get(path) or FileHistory(now, now, 99, 99, "")
    return Candidate(
        path,
        standing,
        set(uses) <= {standing},
        Standing.TESTED in uses,
        path in index.imports.importers or path in index.references.to or _is_told(index, path),
        index.inventory.is_(path, FileClass.SCRIPT),
        is_example(path),
        any(f"{folder}/__init__.py" in index.files for folder in _above(path.rpartition("/")[0])),
        bool(index.imports.imports.get(path)) and _of(index, _hands_on, path) is True,
        path in index.once(_left),
        _put_away(path),
        _of(index, _made_for, path) or "",
        len(kin(index, path)[1]) if standing is Standing.NOTHING else 0,
        _is_of_family(index, path),
        path.rpartition("/")[0] in index.once(_busy),
        reach.share(path),
        now - known.first,
        now - known.last,
        known.commits,
        known.edits,
    )


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _of(index: RepoIndex, make: Callable[[str, PythonFacts], T], path: str) -> T | None:
    """What is told from a Python file alone; null of another file, or where it was not read."""
    if not path.endswith(".py") or path not in index.paths(python.SLICE):
        return None
    return index.of_each(python.SLICE, make)[path]


def _hands_on(path: str, facts: PythonFacts) -> bool:
    """Does a file define nothing, and take over names or warn?"""
    return all(definition.kind == "variable" for definition in facts.definitions) and any(
        i.module == "warnings" or i.name == "*" for i in facts.imports
    )


def _is_told(index: RepoIndex, path: str) -> bool:
    """Does the text of another program, as what it prints, name the script?"""
    told = index.once(_told).get(path.rpartition("/")[2], ())
    return any(source != path and f"/{path}".endswith(f"/{name}") for source, name in told)


def _told(index: RepoIndex) -> dict[str, list[tuple[str, str]]]:
    """Base name -> (program, script) where the text of live Python names a script."""
    told: dict[str, list[tuple[str, str]]] = {}
    for path, facts in index.each(python.SLICE):
        if facts.scripts and index.inventory.is_(path, *RUN):
            for name, _ in facts.scripts:
                told.setdefault(name.rpartition("/")[2], []).append((path, name.lstrip("./")))
    return told


@lru_cache(1 << 16)
def _put_away(path: str) -> str:
    folders = path.split("/")[:-1]
    for depth, folder in enumerate(folders, 1):
        if judge(folder) is not Name.NOTHING:
            return "/".join(folders[:depth])
    return ""


def _made_for(path: str, facts: PythonFacts) -> str:
    words = tokens(path.rpartition("/")[2].removesuffix(".py"))
    defined = [each for each in facts.definitions if "." not in each.name]
    if supports_tests(path):
        return "by its path it is there for tests, which may load it by name"
    if "urlpatterns" in facts.names:
        return "it maps urls, which one line in another such file puts in"
    if facts.apps or any(d.kind == "variable" and d.name in _APPLICATIONS for d in defined):
        return "it makes an application, which a server may be told to start"
    if not _HOOKS.isdisjoint(words):
        return "by its name it is plugged in somewhere, where configuration may name it"
    made = [each for each in defined if each.kind != "variable"]
    if not made and any(_TRANSLATES.search(each.module) for each in facts.imports):
        return "it only holds texts to translate, which tools collect from every file"
    if made and all(each.kind == "function" for each in made) and _wraps(facts):
        return "it only defines decorators, which people also put on by hand, for a while"
    if made and all(each.kind == "class" for each in made):
        bases = {base.rpartition(".")[2] for each in made for base in each.bases}
        named = words and (words[0] in _BASES or words[-1] in _BASES)
        if named or not _ABSTRACT.isdisjoint(bases):
            return "it only defines a base class, of which others may make their own"
    return ""


def _wraps(facts: PythonFacts) -> bool:
    return any(each.module == "functools" and each.name == "wraps" for each in facts.imports)


def _is_of_family(index: RepoIndex, path: str) -> bool:
    place = _place(path)
    paths = index.once(_families).get(place, ()) if place else ()
    nothing = [each for each in paths if index.reachability.standing(each) is Standing.NOTHING]
    others = len(paths) - 1  # it is one of `nothing` itself
    return others >= _FAMILY and 2 * (len(nothing) - 1) <= others


def _families(index: RepoIndex) -> dict[tuple[str, str], list[str]]:
    """(folder, first word) -> the modules whose names begin with it and go on."""
    families: dict[tuple[str, str], list[str]] = {}
    for path in _modules(index):
        if place := _place(path):
            families.setdefault(place, []).append(path)
    return families


@lru_cache(1 << 16)
def _place(path: str) -> tuple[str, str] | None:
    """The family that a module may belong to. What its folder says already, as `mail` of
    mail/mail_queue.py, makes none."""
    folder, _, name = path.rpartition("/")
    words = tokens(name.removesuffix(".py"))
    said = {word.rstrip("s") for word in tokens(folder.rpartition("/")[2])}
    return (folder, words[0]) if len(words) > 1 and words[0].rstrip("s") not in said else None


def _busy(index: RepoIndex) -> set[str]:
    """The folders with a module that is started."""
    reached = index.reachability.reached
    return {path.rpartition("/")[0] for path in _modules(index) if path in reached}


def _modules(index: RepoIndex) -> Iterable[str]:
    for path in files_of(index, *RUN):
        if path.endswith(".py") and not path.endswith("__init__.py"):
            yield path


def _left(index: RepoIndex) -> set[str]:
    """The files of islands where four in five are at rest."""
    now, known = index.snapshot.committed_at, index.history.files

    def rests(path: str) -> bool:
        file = known.get(path)
        return file is not None and (
            file.edits <= 1 or now - file.last >= (_IDLE if file.edits <= 5 else 2 * _LONG)
        )

    return {
        path
        for paths in islands.build(index).values()
        if len(paths) > 1 and 5 * sum(map(rests, paths)) >= 4 * len(paths)
        for path in paths
    }
