"""What the rules on archives and copies share: who uses a file or a tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.index.reachability import Standing
from readiness.index.references import Use
from readiness.model import Evidence
from readiness.rule import against

from ._figures import counted

_GUESSED = "{} imports by a name that only {} bears, though no import path leads there"
_NOT_LIVE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.GENERATED, FileClass.DOCS)


def archive_cause(root: str) -> str:
    """The cause of all that is said of one archive."""
    return f"{root} is an archive inside the repository"


def users(index: RepoIndex, paths: Iterable[str], most: int = 8) -> list[Evidence]:
    """Who else imports or runs one of `paths` (files or folders), as evidence against removing
    them: one line for each of the first `most` live files, and one for all others."""
    wanted = set(paths)
    found: dict[str, list[tuple[str, str, int]]] = {}
    for path in sorted(wanted):
        for edge in index.imports.importers.get(path, ()):
            told = _GUESSED if edge.guessed else "{} imports {}"
            found.setdefault(edge.source, []).append((told, path, edge.line))
        for reference in index.references.to.get(path, ()):
            if reference.use is not Use.MENTIONS:
                told = f"{{}} {reference.use.value} {{}}"
                found.setdefault(reference.source, []).append((told, path, reference.line))
    sources = [source for source in sorted(found) if _counts(index, source, wanted)]
    evidence = []
    for source in sources[:most]:
        told, path, line = found[source][0]
        others = len({used for _, used, _ in found[source]}) - 1
        more = f" (and {others} more of it)" if others else ""
        evidence.append(against(told.format(source, path) + more, source, line))
    if len(sources) > most:
        evidence.append(against(f"{counted(len(sources) - most, 'more file')} use it"))
    return evidence


def users_of_tree(index: RepoIndex, folder: str, files: Sequence[str]) -> list[Evidence]:
    """The same of a folder, of the folders in it and of its `files`."""
    folders = {folder}
    for path in files:
        while (path := path.rpartition("/")[0]) not in folders:
            folders.add(path)
    return users(index, [*files, *folders])


def _counts(index: RepoIndex, source: str, own: set[str]) -> bool:
    return source not in own and not index.inventory.is_(source, *_NOT_LIVE)


def uses(index: RepoIndex, path: str) -> list[Evidence]:
    """Every reason for which a file may still be wanted, as evidence against removing it."""
    found = index.reachability.uses(path).items()
    return [
        against(each.summary, each.location.path, each.location.line)
        for standing, each in found
        if standing not in (Standing.BY_HAND, Standing.TESTED)
    ]


def unused(index: RepoIndex, path: str) -> bool:
    """Does nothing start, load, publish, name or run it? Tests and archives do not count."""
    return index.reachability.standing(path) in (Standing.NOTHING, Standing.TESTED)


def unnamed(index: RepoIndex, path: str) -> bool:
    """Is it at most one that someone can run by hand, and that nothing names?"""
    standing = index.reachability.standing(path)
    idle = standing in (Standing.NOTHING, Standing.TESTED, Standing.BY_HAND)
    return idle and not named(index, path)


def named(index: RepoIndex, path: str) -> bool:
    """Does something name it? Documents, tests and archives do not count."""
    return not all(
        index.inventory.is_(reference.source, *_NOT_LIVE, FileClass.TEST)
        for reference in index.references.to.get(path, ())
    )


def imported(index: RepoIndex, files: Sequence[str]) -> bool:
    """Does live code outside of `files` import or run one of them, by a path that leads there?"""
    own = set(files)
    sources: set[str] = set()
    for path in files:
        edges = index.imports.importers.get(path, ())
        guessed = {edge.source for edge in edges if edge.guessed}
        sources.update(edge.source for edge in edges if not edge.guessed)
        sources.update(
            reference.source
            for reference in index.references.to.get(path, ())
            if reference.use is not Use.MENTIONS and reference.source not in guessed
        )
    return any(
        _counts(index, source, own) and not index.inventory.is_test(source) for source in sources
    )


def backup_cause(path: str) -> str:
    """The cause of all that is said of one backup file."""
    return f"{path} is a backup copy"
