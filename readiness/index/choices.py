"""Choices: classes that the environment may name in place of the one that is the default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


def chosen(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """(file, why) of the modules that define a subclass of what is read from the environment as
    `os.environ.get("MAILER", "app.mail.Mailer")`: the environment may name theirs."""
    choices: dict[str, tuple[str, Evidence]] = {}  # class -> the module of the default, why
    for path, facts in index.each(python.SLICE):
        for read in facts.environment:
            module, _, name = (read.default or "").rpartition(".")
            for home in index.imports.modules.get(module, ()) if name else ():
                why = Evidence(
                    f"{path} lets {read.key} name another {name}", Location(path, read.line)
                )
                choices.setdefault(name, (home, why))
    for path, facts in index.each(python.SLICE) if choices else ():
        for definition in facts.definitions:
            for base in definition.bases:
                choice = choices.get(base.rpartition(".")[2])
                edges = index.imports.imports.get(path, ())
                if choice is not None and any(edge.target == choice[0] for edge in edges):
                    yield path, choice[1]
