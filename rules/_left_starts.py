"""Ways to set up or start the software that were left behind: nothing uses or names them, nobody
has touched them for long, and what is used instead has gone on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from readiness.facts import compose, dockerfile
from readiness.index import RepoIndex
from readiness.index.containers.builds import normal
from readiness.index.inventory import ASIDE, RUN, FileClass
from readiness.index.reachability import Standing
from readiness.index.script_names import words_of
from readiness.model import Evidence
from readiness.rule import for_

from ._copies import named, unnamed
from ._figures import day

_DAY = 86_400
_APART = 180 * _DAY  # seconds by which what is used was edited later
_SCRIPT, _PROCFILE, _COMPOSE = 365 * _DAY, 730 * _DAY, 180 * _DAY  # seconds without a change
_ASIDE = (*ASIDE, FileClass.TEST, FileClass.DOCS)
_VERBS = frozenset("start setup install bootstrap provision".split())
_PACKAGING = ("setup.py", "conftest.py", "__init__.py", "__main__.py")
_PLATFORM = ("app.json", "heroku.yml", "runtime.txt", ".buildpacks", "project.toml", ".dokku")


class LeftStart(Struct, frozen=True):
    """`what` continues "x.sh is ..."."""

    path: str
    what: str
    evidence: tuple[Evidence, ...]


def left_starts(index: RepoIndex) -> Iterator[LeftStart]:
    newest, used = _newest(index), _used(index)
    for path in filter(_may_start, index.files):
        known = index.history.files.get(path)
        idle = index.snapshot.committed_at - known.last if known is not None else 0
        if known is None or idle < min(_SCRIPT, _PROCFILE, _COMPOSE):
            continue
        if index.inventory.is_(path, *_ASIDE):
            continue
        name = path.rpartition("/")[2].lower()
        rest = for_(f"nobody has changed it since {day(known.last)}", path)
        if compose.SLICE.kind(path) and idle >= _COMPOSE and (lost := _lost(index, path)):
            yield LeftStart(path, "a compose file that cannot be built any more", (*lost, rest))
        instead = used
        if newest and newest[0] >= known.last + _APART:
            instead = for_(f"{newest[1]} was changed later, on {day(newest[0])}", newest[1])
        if instead is None:
            continue
        if name == "procfile":
            if instead is not used and idle >= _PROCFILE and _off_platform(index, path):
                what = "a list of processes that nothing here uses"
                yield LeftStart(path, what, (rest, instead))
        elif idle >= _SCRIPT and _is_script(index, path):
            unused = for_("nothing imports, runs or names it", path)
            what = "a script to set up or start the software that nothing here uses"
            yield LeftStart(path, what, (unused, rest, instead))


def _newest(index: RepoIndex) -> tuple[int, str] | None:
    """When the image or compose file that was changed last was, and which one it is."""
    built = [path for path, _ in index.each(dockerfile.SLICE)]
    built += [path for path, facts in index.each(compose.SLICE) if facts.services]
    known = index.history.files
    found = (
        (known[path].last, path)
        for path in built
        if path in known and not index.inventory.is_(path, *_ASIDE)
    )
    return max(found, default=None)


def _used(index: RepoIndex) -> Evidence | None:
    """A script to set up or start the software that something runs or a document names."""
    for path in index.files:
        if _is_called(path) and index.inventory.is_(path, *RUN):
            for reference in index.references.to.get(path, ()):
                source = reference.source
                if not (_is_called(source) or index.inventory.is_(source, *ASIDE)):
                    return for_(f"{path} is the one that {source} names", source, reference.line)
    return None


def _lost(index: RepoIndex, path: str) -> list[Evidence]:
    """The builds of a compose file whose context is not there, if at most documents name it."""
    facts = index.facts(compose.SLICE, path)
    if facts is None or named(index, path):
        return []
    return [
        for_(f"the service {each.name} is built from {each.context}", path, each.build_line)
        for each in facts.services
        if each.build_line and each.context and _is_lost(index, path, each.context)
    ][:3]


def _is_lost(index: RepoIndex, path: str, context: str) -> bool:
    if "$" in context or ":" in context or context.startswith(("/", "~")):
        return False
    folder = normal(posixpath.join(posixpath.dirname(path), context))
    return bool(folder) and not folder.startswith("..") and folder not in index.folders


def _off_platform(index: RepoIndex, path: str) -> bool:
    """Is it a Procfile beside which nothing speaks of a platform that reads it?"""
    folder = path.rpartition("/")[0]
    beside = {child.rpartition("/")[2] for child in index.folders[folder]}
    return beside.isdisjoint(_PLATFORM) and not _is_named(index, path)


@lru_cache(1 << 16)
def _may_start(path: str) -> bool:
    """Is it a compose file, a Procfile, or a script that is named after setting up or starting?"""
    compose_file = compose.SLICE.kind(path) is not None
    return compose_file or path.lower().rpartition("/")[2] == "procfile" or _is_called(path)


@lru_cache(1 << 16)
def _is_called(path: str) -> bool:
    """Is it a script that is named after setting up or starting?"""
    name = path.rpartition("/")[2]
    script = name.endswith((".sh", ".bash", ".py")) and name not in _PACKAGING
    return script and not _VERBS.isdisjoint(words_of(path)[:1])


def _is_script(index: RepoIndex, path: str) -> bool:
    """Is it such a script that nothing names?"""
    return (
        _is_called(path)
        and index.inventory.is_(path, *RUN)
        and index.reachability.standing(path) in (Standing.BY_HAND, Standing.NOTHING)
        and unnamed(index, path)
    )


def _is_named(index: RepoIndex, path: str) -> bool:
    """Does a file that is kept name or run it? What a document tells of it counts as well."""
    return any(
        not index.inventory.is_(reference.source, *ASIDE)
        for reference in index.references.to.get(path, ())
    )
