"""Choices: classes that the environment may name in place of the one that is the default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from readiness.facts import python
from readiness.index.configuration import derived
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


def chosen(index: RepoIndex) -> Iterator[tuple[str, Evidence]]:
    """(file, why) of the modules that define a class like the one whose name is read from the
    environment, as in `os.environ.get("MAILER", "app.mail.Mailer")`: one that derives from it, or
    from what it derives from itself. The environment may name theirs."""
    choices: dict[str, tuple[str, Evidence]] = {}  # class -> its module, why
    for path, facts in index.each(python.SLICE):
        for read in facts.environment:
            module, _, name = (read.default or "").rpartition(".")
            for home in index.imports.modules.get(module, ()) if name else ():
                why = Evidence(
                    f"{path} lets {read.key} name another {name}", Location(path, read.line)
                )
                choices.setdefault(name, (home, why))
                for base, place in _bases(index, home, name):
                    choices.setdefault(base, (place, why))
    classes = index.of_each(python.SLICE, derived)
    for path in index.paths(python.SLICE) if choices else ():
        for _, bases in classes[path]:
            for base in bases:
                choice = choices.get(base)
                if choice is not None and choice[0] in (path, *_imported(index, path)):
                    yield path, choice[1]


def _bases(index: RepoIndex, home: str, name: str) -> Iterator[tuple[str, str]]:
    """(class, module) of the repository's own classes that a class derives from."""
    facts = index.facts(python.SLICE, home)
    for definition in facts.definitions if facts is not None else ():
        for base in definition.bases if definition.name == name else ():
            own = base.rpartition(".")[2]
            for place in (home, *_imported(index, home)):
                there = index.facts(python.SLICE, place)
                if there is not None and any(each.name == own for each in there.definitions):
                    yield own, place


def _imported(index: RepoIndex, path: str) -> Iterator[str]:
    return (edge.target for edge in index.imports.imports.get(path, ()))
