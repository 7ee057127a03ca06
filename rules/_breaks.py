"""What rules say of an entrypoint that cannot start."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.index import RepoIndex
from readiness.index.breaks import Break
from readiness.index.entrypoints import Entrypoint
from readiness.index.launches import DEPLOYED
from readiness.model import Evidence
from readiness.rule import for_

_SHOWN = 6  # entrypoints' evidence of what starts them


def deployed(index: RepoIndex, path: str) -> str:
    """Which image, service or process is the one that is broken, as a clause."""
    launches = (e for e in index.entrypoints.launches if e.target == path and e.source in DEPLOYED)
    first = next(launches, None)
    return f", which {first.file} starts," if first is not None else ""


def what(found: Break) -> str:
    """What is wrong with the file that breaks, as a clause without its subject."""
    if found.missing is None:
        return f"does not parse: {found.error}"
    if found.missing.target and not found.missing.name:
        return (
            f"imports {found.missing.module}, which is not where its image or folder looks for it"
        )
    if found.missing.name:
        return f"imports {found.missing.name} from {found.missing.module}, which has no such name"
    return f"imports {found.missing.module}, which does not exist"


def evidence(index: RepoIndex, entrypoint: Entrypoint, found: Break) -> Iterator[Evidence]:
    """The way from the entrypoint to what breaks it, and what starts the entrypoint."""
    for source, target in zip(found.chain, found.chain[1:], strict=False):
        edges = index.imports.imports.get(source, ())
        line = next((edge.line for edge in edges if edge.target == target), None)
        yield for_(f"{source} imports {target}", source, line)
    yield for_(f"{found.file} {what(found)}", found.file, found.line)
    if found.missing is not None and found.missing.target and not found.missing.name:
        yield for_("it lies elsewhere, off the import path", found.missing.target)
    if found.missing is not None and not found.missing.name:
        place = found.missing.module.replace(".", "/")
        removed = index.history.removed
        for root in index.imports.roots.get(found.file, ()):
            path = f"{root}/{place}.py".lstrip("/")
            if path in removed:
                yield for_(f"{path} was removed in {removed[path].commit[:10]}", path)
                break
    yield from (each for each in entrypoint.evidence[:_SHOWN] if each.speaks == "for")
