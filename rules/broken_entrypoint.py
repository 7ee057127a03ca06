"""STA002: an entrypoint that fails before it serves, for want of a module of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.breaks import Break, breaks
from readiness.index.entrypoints import Entrypoint, Role
from readiness.index.launches import DEPLOYED
from readiness.model import Area, Dimension, Finding, Severity
from readiness.rule import Example, Rule

from ._breaks import deployed, evidence, what

_APP = "from fastapi import FastAPI\napp = FastAPI()\n"
_IMAGE = "-- Dockerfile --\nFROM python:3.12\nCOPY . .\nCMD python main.py\n"


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
        told = what(found)
        line = found.line
        if via:
            edges = index.imports.imports.get(path, ())
            line = next((edge.line for edge in edges if edge.target == found.chain[1]), 1)
        gone = found.missing
        return self.finding(
            path,
            f"{path}{deployed(index, path)} cannot start: "
            f"{'it' if not via else found.file} {told}{via and ','}{via}",
            line=line,
            evidence=evidence(index, entrypoint, found),
            subjects=found.chain,
            key=f"{gone.module}:{gone.name}" if gone is not None else found.file,
            cause=f"{found.file} {told}",
        )


def _started(index: RepoIndex) -> Iterator[Entrypoint]:
    """The entrypoints that someone relies on: services, installed commands, what images run."""
    run = {launch.target for launch in index.entrypoints.launches if launch.source in DEPLOYED}
    for entrypoint in index.entrypoints.all:
        if not entrypoint.path.endswith(".py"):
            continue
        if entrypoint.role is not Role.CLI or entrypoint.primary or entrypoint.path in run:
            yield entrypoint
