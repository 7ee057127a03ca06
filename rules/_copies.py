"""What the rules on archives and copies share: who uses a tree, and how it is counted and dated."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from readiness.facts import text
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.index.references import Use
from readiness.model import Evidence
from readiness.rule import against

_NOT_LIVE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.GENERATED, FileClass.DOCS)


def archive_cause(root: str) -> str:
    """The cause of all that is said of one archive."""
    return f"{root} is an archive inside the repository"


def users(index: RepoIndex, paths: Iterable[str]) -> list[Evidence]:
    """Live files that import or run one of `paths`, as evidence against removing them."""
    wanted = set(paths)
    found: dict[tuple[str, str], Evidence] = {}
    for path in sorted(wanted):
        for edge in index.imports.importers.get(path, ()):
            if _counts(index, edge.source, wanted):
                summary = f"{edge.source} imports {path}"
                found.setdefault((edge.source, path), against(summary, edge.source, edge.line))
        for reference in index.references.to.get(path, ()):
            if reference.use is not Use.MENTIONS and _counts(index, reference.source, wanted):
                summary = f"{reference.source} {reference.use.value} {path}"
                found.setdefault(
                    (reference.source, path), against(summary, reference.source, reference.line)
                )
    return list(found.values())


def _counts(index: RepoIndex, source: str, own: set[str]) -> bool:
    return source not in own and not index.inventory.is_(source, *_NOT_LIVE)


def day(moment: int) -> str:
    """The date, YYYY-MM-DD, of seconds since 1970."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).date().isoformat()


def last_change(index: RepoIndex, paths: Sequence[str]) -> int:
    """When the last of `paths` was last changed, in seconds since 1970; 0 if nobody knows."""
    known = index.history.files
    return max((known[path].last for path in paths if path in known), default=0)


def size_of(index: RepoIndex, paths: Iterable[str]) -> str:
    """The size of all `paths` together, to read: "3.4 MB"."""
    size = sum(facts.size for path in paths if (facts := index.facts(text.SLICE, path)))
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def counted(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def backup_cause(path: str) -> str:
    """The cause of all that is said of one backup file."""
    return f"{path} is a backup copy"
