"""Snippets: which files notebooks, build files and scripts without an ending use."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import snippets
from readiness.index.inventory import ASIDE

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Use(Struct, frozen=True):
    """`source`, of that kind ("notebook", "build", "cython", "script"), imports or names `target`
    at `line`."""

    source: str
    target: str
    line: int
    kind: str


def uses(index: RepoIndex) -> Iterator[Use]:
    """All uses by files that are not archived; each pair of files once."""
    for source, facts in index.each(snippets.SLICE):
        if not facts.kind or index.inventory.is_(source, *ASIDE):
            continue
        own = source.rpartition("/")[0]
        found: dict[str, int] = {}
        for module, line in facts.modules:
            for target in _modules(index, own, module):
                found.setdefault(target, line)
        for word, line in facts.words:
            for target in _named(index, own, word):
                found.setdefault(target, line)
        found.pop(source, None)
        yield from (Use(source, target, line, facts.kind) for target, line in found.items())


def _modules(index: RepoIndex, own: str, module: str) -> Iterator[str]:
    """The file of a module as a file in the folder `own` sees it, else under any root."""
    bare = module.lstrip(".")
    home = own
    for _ in range(len(module) - len(bare) - 1):
        home = home.rpartition("/")[0]
    place = posixpath.join(home, bare.replace(".", "/"))
    for path in (f"{place}.py", f"{place}/__init__.py", f"{place}.pyx"):
        if path in index.files:
            yield path
            return
    if bare == module:
        yield from index.imports.modules.get(module, ())


def _named(index: RepoIndex, own: str, word: str) -> Iterator[str]:
    text = word.partition(":")[0] if not word.startswith(("//", ":")) else word.rpartition(":")[2]
    if "/" in text or text.endswith((".py", ".sh")):
        for folder in (own, ""):
            path = posixpath.normpath(posixpath.join(folder, text.lstrip("/")))
            if path in index.files:
                yield path
                return
    else:
        yield from index.imports.modules.get(text, ())
