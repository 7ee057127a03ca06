"""STA002: an entrypoint that fails before it serves, for want of a module of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.breaks import Break, breaks
from readiness.index.entrypoints import Entrypoint, Role
from readiness.index.launches import DEPLOYED
from readiness.model import Area, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, for_

_APP = "from fastapi import FastAPI\napp = FastAPI()\n"
_IMAGE = "-- Dockerfile --\nFROM python:3.12\nCOPY . .\nCMD python main.py\n"
_SHOWN = 6  # entrypoints' evidence of what starts them


class BrokenEntrypoint(Rule):
    """An entrypoint imports a module of this repository that does not exist.

    What it does
        Follows the imports that always run, over two steps, from every file that starts a server,
        worker or installed command, and from what images and services run. Reports the first
        module that is not in the repository, or the first file that does not parse.

    Why it matters
        The program ends with an ImportError before it serves a single request, however many
        images, services and documents name it.

    How to fix
        Restore the module or mend the import. If another entrypoint replaced this one, remove this
        one and point what starts it to the other.

    Limits
        Only modules whose top-level package is the repository's own count. Imports that are
        guarded, only for type checks, made inside functions or by computed names are left out, as
        is what a build makes or .gitignore hides.
    """

    id = "STA002"
    name = "broken-entrypoint"
    dimension = Dimension.STARTUP
    area = Area.ENTRYPOINTS
    severity = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "an import of a module that is gone",
            f"{_IMAGE}-- main.py --\nfrom shop.config import load\n{_APP}-- shop/__init__.py --\n",
            ("main.py:1",),
        ),
        Example(
            "a module that is gone two steps away",
            f"{_IMAGE}-- main.py --\nimport shop\n{_APP}-- shop/__init__.py --\n"
            "from . import api\n-- shop/api.py --\nimport shop.gone\n",
            ("main.py",),
        ),
        Example(
            "a name that its module does not have",
            f"{_IMAGE}-- main.py --\nfrom shop.config import load\n{_APP}-- shop/__init__.py --\n"
            "-- shop/config.py --\nsave = 1\n",
            ("main.py:1",),
        ),
        Example(
            "an entrypoint that does not parse",
            f"{_IMAGE}-- main.py --\nfrom fastapi import (\n",
            ("main.py:1",),
        ),
        Example(
            "a module that only another folder has",
            f"{_IMAGE}-- main.py --\nfrom shop.config import load\n{_APP}-- shop/orders.py --\n"
            "-- next/shop/config.py --\ndef load(): pass\n",
            ("main.py:1",),
        ),
        Example(
            "a guarded import, one for type checks, and one in a function",
            f"{_IMAGE}-- main.py --\nfrom typing import TYPE_CHECKING\ntry:\n    import shop.fast\n"
            f"except ImportError:\n    pass\nif TYPE_CHECKING:\n    import shop.types\n{_APP}"
            "def later():\n    import shop.late\n-- shop/__init__.py --\n",
        ),
        Example(
            "a namespace package, a computed path and a library of the same top-level name",
            f"{_IMAGE}-- main.py --\nimport os, sys\nfrom pathlib import Path\n"
            "sys.path.insert(0, str(Path(__file__).resolve().parent / 'lib'))\n"
            "sys.path.insert(0, os.environ['EXTRA'])\n"
            f"import helper\nimport space.inner\nimport redis.asyncio\n{_APP}"
            "-- lib/helper.py --\nx = 1\n-- space/inner.py --\nx = 1\n-- redis/dump.rdb --\nx\n",
        ),
        Example(
            "a script that nothing deploys",
            "-- tools/once.py --\nimport shop.gone\nif __name__ == '__main__':\n    print()\n"
            "-- shop/__init__.py --\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if not any(True for _ in _started(index)):
            return "nothing here is started as a service or installed command"
        return None

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        seen: set[str] = set()
        for entrypoint in _started(index):
            found = None if entrypoint.path in seen else next(breaks(index, entrypoint.path), None)
            seen.add(entrypoint.path)
            if found is not None:
                yield self._finding(index, entrypoint, found)

    def _finding(self, index: RepoIndex, entrypoint: Entrypoint, found: Break) -> Finding:
        path = entrypoint.path
        via = f" over {' and '.join(found.chain[1:])}" if len(found.chain) > 1 else ""
        what = _what(found)
        line = found.line
        if via:
            edges = index.imports.imports.get(path, ())
            line = next((edge.line for edge in edges if edge.target == found.chain[1]), 1)
        gone = found.missing
        return self.finding(
            path,
            f"{path}{_deployed(index, path)} cannot start: "
            f"{'it' if not via else found.file} {what}{via and ','}{via}",
            line=line,
            evidence=_evidence(index, entrypoint, found, what),
            subjects=found.chain,
            key=f"{gone.module}:{gone.name}" if gone is not None else found.file,
            cause=f"{found.file} {what}",
        )


def _started(index: RepoIndex) -> Iterator[Entrypoint]:
    """The entrypoints that someone relies on: services, installed commands, what images run."""
    deployed = {launch.target for launch in index.entrypoints.launches if launch.source in DEPLOYED}
    for entrypoint in index.entrypoints.all:
        if not entrypoint.path.endswith(".py"):
            continue
        if entrypoint.role is not Role.CLI or entrypoint.primary or entrypoint.path in deployed:
            yield entrypoint


def _deployed(index: RepoIndex, path: str) -> str:
    """Which image, service or process is the one that is broken, as a clause."""
    launches = (e for e in index.entrypoints.launches if e.target == path and e.source in DEPLOYED)
    first = next(launches, None)
    return f", which {first.file} starts," if first is not None else ""


def _what(found: Break) -> str:
    if found.missing is None:
        return f"does not parse: {found.error}"
    if found.missing.target and not found.missing.name:
        return (
            f"imports {found.missing.module}, which is not where its image or folder looks for it"
        )
    if found.missing.name:
        return f"imports {found.missing.name} from {found.missing.module}, which has no such name"
    return f"imports {found.missing.module}, which does not exist"


def _evidence(
    index: RepoIndex, entrypoint: Entrypoint, found: Break, what: str
) -> Iterator[Evidence]:
    for source, target in zip(found.chain, found.chain[1:], strict=False):
        edges = index.imports.imports.get(source, ())
        line = next((edge.line for edge in edges if edge.target == target), None)
        yield for_(f"{source} imports {target}", source, line)
    yield for_(f"{found.file} {what}", found.file, found.line)
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
