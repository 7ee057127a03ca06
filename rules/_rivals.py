"""Rivals: how surely a second entrypoint is one, and what tells so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.index import RepoIndex
from readiness.index.containers.builds import commands
from readiness.index.entrypoints import Entrypoint
from readiness.index.launches import DEPLOYED, Launch, Source
from readiness.index.references import Use
from readiness.model import Evidence
from readiness.rule import against, for_

_GENERIC = frozenset(
    "main app application server api web http service backend run runner start startup bootstrap "
    "factory wsgi asgi celery worker workers tasks queue new old modern hybrid working simple "
    "simplified minimal full updated enhanced improved legacy backup copy fast prod production "
    "dev v".split()
)
_WORD = re.compile(r"[a-z]+")


def started(index: RepoIndex, entrypoint: Entrypoint) -> list[Launch]:
    """The commands that start it, documents aside."""
    return [
        launch
        for launch in index.entrypoints.launches
        if launch.target == entrypoint.path
        and launch.source is not Source.DOCUMENT
        and launch.role in (None, entrypoint.role)
    ]


def generic(rival: Entrypoint) -> bool:
    """Does its name speak of the application as a whole, not of a service of its own?"""
    return set(_WORD.findall(rival.path.rpartition("/")[2].lower())) - {"py"} <= _GENERIC


def alike(index: RepoIndex, rival: Entrypoint, primary: Entrypoint) -> bool:
    """Do both stand on the same modules of the repository?"""
    ours, theirs = (
        {edge.target for edge in index.imports.imports.get(each.path, ()) if not edge.typing}
        for each in (primary, rival)
    )
    return len(ours & theirs) * 2 > len(theirs)


def _users(index: RepoIndex, rival: Entrypoint) -> Iterator[Evidence]:
    """Who else runs, imports or asks it; archives and documents aside."""
    found: dict[str, tuple[int, str]] = {}
    for reference in index.references.to.get(rival.path, ()):
        if reference.use is not Use.MENTIONS:
            told = f"{reference.use} it: {reference.text}".rstrip(": ")
            found.setdefault(reference.source, (reference.line, told))
    modules = index.imports.modules
    names = {name for name, paths in modules.items() if "." in name and rival.path in paths}
    for file, command in commands(index):
        if names.intersection(part for word in command.words for part in word.split()):
            found.setdefault(file, (command.line, f"names it: {' '.join(command.words)[:120]}"))
    for source, (line, told) in sorted(found.items()):
        if index.inventory.archive_root(source) is None:
            yield against(f"{source} {told}", source, line or None)


def evidence(
    index: RepoIndex, rival: Entrypoint, primary: Entrypoint, theirs: list[Launch]
) -> Iterator[Evidence]:
    """What speaks for a rival that stands beside the primary, and what against it."""
    yield from (each for each in rival.evidence if each.speaks == "for" and not theirs)
    for shown in primary.evidence[:3]:
        where = shown.location
        text = shown.summary.replace(" it: ", f" {primary.path}: ")
        told = text if primary.path in text else f"{primary.path}: {text}"
        yield for_(told, where.path, where.line)
    if not theirs:
        yield for_(f"no image, service, script or workflow starts {rival.path}")
    for launch in theirs[:3]:
        kept = "keeps it running" if launch.source in DEPLOYED else "starts it"
        yield against(f"{launch.file} {kept}: {launch.text}", launch.file, launch.line or None)
    yield from _users(index, rival)
