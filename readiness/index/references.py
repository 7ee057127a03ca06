"""References: every place that mentions, imports or runs a file or folder of the repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from enum import StrEnum

from msgspec import Struct

from readiness.index.memory import Memory


class Use(StrEnum):
    RUNS = "runs"  # a command, image, compose file, unit or workflow starts, reads or copies it
    IMPORTS = "imports"
    MENTIONS = "mentions"  # a document, comment, string or configuration names it


class Reference(Struct, frozen=True):
    """`target` is a file or a folder. Of a source's references to one target only the strongest
    is kept, and of equals the first."""

    source: str
    target: str
    line: int
    use: Use
    text: str = ""  # as written


class References(Struct, frozen=True):
    """`to`: target -> references, from the strongest use to the weakest, then by source."""

    to: dict[str, tuple[Reference, ...]] = {}
    from_: dict[str, tuple[Reference, ...]] = {}


RANK = {Use.RUNS: 0, Use.IMPORTS: 1, Use.MENTIONS: 2}
Told = Mapping[str, Reference]  # target -> the strongest reference that one reading of a file gives


class _Joined(Struct, frozen=True):
    """The references of one commit, and for each source what it was joined from."""

    told: dict[str, list[Told]]
    references: References


def join(told: dict[str, list[Told]], memory: Memory | None) -> References:
    """The references that the readings of each source give together.

    With a memory, only what is told otherwise than in the commit before is joined anew."""
    before = memory.swap("references joined", None) if memory is not None else None
    before = before or _Joined({}, References())
    known = before.references.from_
    new = {
        source: _strongest(readings)
        for source, readings in told.items()
        if before.told.get(source) != readings
    }
    from_ = {source: new[source] if source in new else known[source] for source in sorted(told)}
    stale = new.keys() | before.told.keys() - told.keys()
    to = _turned(before.references, stale, new)
    references = References(to=to, from_=from_)
    if memory is not None:
        memory.swap("references joined", _Joined(told, references))
    return references


def _strongest(readings: Iterable[Told]) -> tuple[Reference, ...]:
    found: dict[str, Reference] = {}
    for reading in readings:
        for target, reference in reading.items():
            known = found.get(target)
            if known is None or RANK[reference.use] < RANK[known.use]:
                found[target] = reference
    return tuple(sorted(found.values(), key=lambda each: (each.line, each.target)))


def _turned(
    before: References, stale: Set[str], new: Mapping[str, tuple[Reference, ...]]
) -> dict[str, tuple[Reference, ...]]:
    """Target -> references, with those of the `stale` sources replaced by the `new` ones."""
    touched: dict[str, list[Reference]] = {}
    for source in stale:
        for reference in before.from_.get(source, ()):
            touched.setdefault(reference.target, [])
    for references in new.values():
        for reference in references:
            touched.setdefault(reference.target, []).append(reference)
    to = dict(before.to)
    for target, found in touched.items():
        found += [each for each in before.to.get(target, ()) if each.source not in stale]
        to[target] = tuple(sorted(found, key=lambda each: (RANK[each.use], each.source)))
    return {target: to[target] for target in sorted(to) if to[target]}
