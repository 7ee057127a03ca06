"""What stands in the way of a removal: who needs a file and stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.index.inventory import ASIDE, FileClass
from readiness.index.references import Use
from readiness.model import Evidence
from readiness.rule import against

if TYPE_CHECKING:
    from readiness.index import RepoIndex


_WRITTEN = (".log", ".pid")  # what names such a file makes or empties it
_TOLD = 5


class Need(Struct, frozen=True):
    """Who needs a file: the line that uses it, or the loader that finds it by its place."""

    evidence: Evidence
    by_name: bool = True

    @property
    def source(self) -> str:
        return self.evidence.location.path or ""


def blocked_by(index: RepoIndex, removed: set[str]) -> dict[str, Need]:
    """Path of `removed` -> who needs it. What stays may need others, so it is asked again."""
    blocked: dict[str, Need] = {}
    pending = sorted(removed)
    going = set(removed)
    while pending:
        path = pending.pop()
        if path not in going:
            continue
        need = next(_needs(index, path, going), None)
        if need is None:
            continue
        blocked[path] = need
        going.discard(path)
        pending += (edge.target for edge in index.imports.imports.get(path, ()))
        pending += (reference.target for reference in index.references.from_.get(path, ()))
    return blocked


def _needs(index: RepoIndex, path: str, going: set[str]) -> Iterator[Need]:
    """What uses `path` and stays. Tests keep nothing alive, and archives speak for nobody."""
    for edge in index.imports.importers.get(path, ()):
        if not edge.guessed and _speaks(index, edge.source, going):
            yield Need(against(f"{edge.source} imports {path}", edge.source, edge.line))
    for reference in index.references.to.get(path, ()):
        uses = reference.use is not Use.MENTIONS and not path.endswith(_WRITTEN)
        if uses and _speaks(index, reference.source, going):
            told = f"{reference.source} {reference.use.value} {path}"
            yield Need(against(told, reference.source, reference.line))
    held = index.reachability.held.get(path)
    if held is not None and not index.inventory.is_(path, FileClass.TEST):
        by_itself = held.location.path == path  # a framework knows its name or place
        if by_itself or held.location.path not in going:
            yield Need(held, by_name=False)


def told(
    paths: Sequence[str], blocked: Mapping[str, Need], changed: Mapping[str, str]
) -> tuple[str, ...]:
    """What stands in the way of the removal of `paths`, the first of many; `changed` are the
    files that actions change -> the name of the action."""
    found = dict.fromkeys(blocked[path] for path in paths if path in blocked)
    texts = []
    for need in list(found)[:_TOLD]:
        line = need.evidence.location.line
        text = need.evidence.summary + (f" (line {line})" if line else "")
        first = changed.get(need.source) if need.by_name else None
        texts.append(f"{text}: {first} comes first" if first else text)
    if more := len(found) - len(texts):
        texts.append(f"and {more} more use{'s' if more > 1 else ''}")
    return tuple(texts)


def _speaks(index: RepoIndex, source: str, going: set[str]) -> bool:
    return source not in going and not index.inventory.is_(source, *ASIDE, FileClass.TEST)
