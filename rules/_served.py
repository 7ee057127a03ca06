"""What the live code serves or might serve: routes, path literals, names that speak of a path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.facts import python
from readiness.facts.python.model import Call
from readiness.index import RepoIndex
from readiness.index.containers.images import Image
from readiness.index.inventory import RUN
from readiness.model import Evidence
from readiness.rule import against, for_

from ._probes import HEALTH

_FRAMEWORK = {"docs", "redoc", "openapi.json", "graphql", "static", "favicon.ico"}


class Served:
    """Answers for one repository."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self.routes = index.routes.served
        self._literals = {literal.strip("/^$") for literal in index.routes.literals} - {""}
        self._names: str | None = None
        self._mounts: set[str] = set()

    def understood(self, image: Image | None) -> bool:
        """Are routes known of the code that the image is built from?"""
        folder = f"{image.context}/" if image is not None and image.context else ""
        return any(route.file.startswith(folder) for route in self.routes)

    def may_serve(self, path: str) -> bool:
        """False only where no live file holds the path, an end of it, or a name alike."""
        asked = path.strip("/")
        if not asked or any(_matches(route.path, path) for route in self.routes):
            return True
        parts = asked.split("/")
        if any("/".join(parts[start:]) in self._literals for start in range(len(parts))):
            return True
        names = self.names()
        if parts[0] in _FRAMEWORK or any(asked.startswith(mount + "/") for mount in self._mounts):
            return True
        stem = re.sub(r"[^a-z]", "", parts[-1].lower()).removesuffix("z")
        return len(stem) < 3 or stem in names or self._is_file(parts[-1])

    def names(self) -> str:
        """The names that live Python files define and import, as one text in lower case."""
        if self._names is None:
            found: set[str] = set()
            for path, facts in self._index.each(python.SLICE):
                if self._index.inventory.is_(path, *RUN):
                    found.update(definition.name for definition in facts.definitions)
                    found.update(f"{each.module}.{each.name}" for each in facts.imports)
                    mounts = [c.arguments[0] for c in facts.calls if _is_mount(c) and c.arguments]
                    mounts += [r.path for r in facts.routes if r.handler.endswith("urls")]
                    self._mounts.update(filter(None, (mount.strip("/^") for mount in mounts)))
            self._names = " ".join(found).lower().replace("_", "")
        return self._names

    def _is_file(self, name: str) -> bool:
        return "." in name and any(path.endswith("/" + name) for path in self._index.files)

    def nearest(self, path: str) -> str:
        """A certain route that also speaks of health, to show what is there instead."""
        found = (route.path for route in self.routes if route.certain)
        return next((each for each in found if HEALTH.search(each) and each != path), "")

    def evidence(self, file: str, line: int, path: str) -> Iterator[Evidence]:
        """What speaks for and against that nothing serves a path that is asked at a line."""
        yield for_(f"{path} is asked", file, line)
        yield for_(f"none of {len(self.routes)} routes and no string of live code ends like it")
        other = self.nearest(path)
        if other:
            yield for_(f"{other} is served instead")
        if not all(route.certain for route in self.routes):
            yield against("the prefixes of some routes are put together at run time")


def _is_mount(call: Call) -> bool:
    """Does it put an application of its own below a path?"""
    return call.name.rpartition(".")[2] in ("mount", "Mount", "add_subapp")


def _matches(route: str, path: str) -> bool:
    ours, asked = route.strip("/").split("/"), path.strip("/").split("/")
    return len(ours) == len(asked) and all(
        one == other or one.startswith(("{", "<", ":"))
        for one, other in zip(ours, asked, strict=True)
    )
