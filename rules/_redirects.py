"""Imports that a machine can point elsewhere: from a copy to the module that replaced it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from readiness.facts import python
from readiness.facts.python import Definition, Import, PythonFacts
from readiness.index import RepoIndex
from readiness.index.inventory import ASIDE, FileClass
from readiness.index.references import Use
from readiness.model import Edit, EditKind

_ALIKE = 0.8  # of a copy's names, that a module of its name must have to be what replaced it
_PLAIN = frozenset(("object", "ABC", "abc.ABC", "Exception", "ValueError", "RuntimeError"))


def redirects(
    index: RepoIndex, source: str, old: str, new: str, *, proposed: bool = False
) -> tuple[Edit, ...]:
    """The edits that make `source` import the module at `new` instead of that at `old`; none
    unless it is sure that everything that is used of the one is there in the other, or they are
    only `proposed` to a person."""
    facts = index.facts(python.SLICE, source)
    if facts is None or facts.error or facts.newer:
        return ()
    found: dict[tuple[str, str], None] = {}
    used: set[str] = set()
    for each in facts.imports:
        whole, pair = _meant(index, source, each, old, new)
        if not pair:
            continue
        if not all(pair) or each.name == "*":
            return ()
        found[pair] = None
        used.add("" if whole else each.name)
    if not (proposed or offers(index, old, new, None if "" in used else used)):
        return ()
    return tuple(Edit(EditKind.POINT_AT, source, pair) for pair in found)


def followed(index: RepoIndex, source: str, module: str, new: str) -> tuple[Edit, ...]:
    """The edits that make `source` import the module at `new` instead of `module`, which is gone;
    none where `new` lacks a name that is imported."""
    facts, there = index.facts(python.SLICE, source), index.facts(python.SLICE, new)
    roots = index.imports.roots.get(source, ())
    target = next((name for name in _dotted(new, roots) if _only(index, name, new)), "")
    if facts is None or there is None or not target:
        return ()
    names = {each.name for each in facts.imports if each.module == module and not each.level}
    if not names or not names - {""} <= set(there.names):
        return ()
    return (Edit(EditKind.POINT_AT, source, (module, target)),)


def redirected(index: RepoIndex, old: str, new: str) -> tuple[Edit, ...]:
    """The edits that make every file that lives import `new` instead of its copy `old`, so that
    nothing needs the copy any more; none unless that is sure of all of them."""
    edits: list[Edit] = []
    for edge in index.imports.importers.get(old, ()):
        if edge.source == new or index.inventory.is_(edge.source, *ASIDE):
            continue
        pointed = () if edge.guessed else redirects(index, edge.source, old, new)
        if not pointed:
            return ()
        edits += pointed
    named = any(
        reference.use is not Use.MENTIONS and reference.source not in {edit.path for edit in edits}
        for reference in index.references.to.get(old, ())
    )
    return () if named or old in index.reachability.held else tuple(edits)


def current(index: RepoIndex, old: str) -> str:
    """The one live module that a copy in an archive is a copy of, "" where none is sure."""
    blob = index.files[old].blob_id
    same = [path for path in index.twins.same.get(blob, ()) if _lives(index, path)]
    if same:
        return same[0] if len(same) == 1 else ""
    named = index.once(_live_modules).get(old.rpartition("/")[2], [])
    alike = [path for path in named if _share(index, old, path) >= _ALIKE]
    return alike[0] if len(alike) == 1 else ""


def offers(index: RepoIndex, old: str, new: str, used: Iterable[str] | None) -> bool:
    """Has the module at `new` each of the names `used` (null: all) of the one at `old`, to be
    called in every way in which that one's can be?"""
    if index.files[old].blob_id == index.files[new].blob_id:
        return True
    one, two = index.facts(python.SLICE, old), index.facts(python.SLICE, new)
    if one is None or two is None or _unsure(one) or _unsure(two):
        return False
    names = set(one.names) if used is None else used
    return all(_same(one, two, name) for name in names)


def accepts(old: str, new: str) -> bool:
    """Can a function that takes `new` be called in every way in which one can that takes `old`?
    Both as in Definition."""
    if old == new:
        return True
    one, two = _Parameters(old), _Parameters(new)
    if one.coroutine != two.coroutine or two.bar > one.bar:
        return False
    count = len(one.positional)
    if [name for name, _ in two.positional[:count]] != [name for name, _ in one.positional]:
        return False
    if (one.rest and (not two.rest or len(two.positional) > count)) or (one.more and not two.more):
        return False
    defaults = {**dict(two.positional), **two.keyword}
    asked = {**dict(one.positional), **one.keyword}
    return asked.keys() <= defaults.keys() and all(
        default or (name in asked and not asked[name]) for name, default in defaults.items()
    )


class _Parameters:
    """(name, has a default) of what a function takes by place and by name alone; `bar`: how many
    it takes by place alone; `rest` and `more`: any others by place, by name."""

    def __init__(self, takes: str) -> None:
        self.coroutine = takes.startswith("async ")
        self.positional: list[tuple[str, bool]] = []
        self.keyword: dict[str, bool] = {}
        self.bar = 0
        self.rest = self.more = False
        star = False
        for part in filter(None, takes.removeprefix("async ").split(",")):
            name = part.rstrip("=")
            if part == "/":
                self.bar = len(self.positional)
            elif part.startswith("**"):
                self.more = True
            elif part.startswith("*"):
                star, self.rest = True, part != "*"
            elif star:
                self.keyword[name] = part.endswith("=")
            else:
                self.positional.append((name, part.endswith("=")))


def _meant(
    index: RepoIndex, source: str, each: Import, old: str, new: str
) -> tuple[bool, tuple[str, str] | tuple[()]]:
    """(is it imported as a whole, its name and that of the new one as they are written there) where
    an import means the module at `old`; the new name is "" where no path leads to it."""
    if each.level:
        names = {_relative(source, old): _relative(source, new)}
        spelled = "." * each.level + each.module
    else:
        roots = index.imports.roots.get(source, ())
        target = next((name for name in _dotted(new, roots) if _only(index, name, new)), "")
        names = {name: target for name in _dotted(old, roots) if _only(index, name, old)}
        spelled = each.module
    if spelled in names:
        return not each.name, (spelled, names[spelled])
    below = f"{spelled.rstrip('.')}.{each.name}" if spelled.strip(".") else spelled + each.name
    if each.name and below in names:
        return True, (below, names[below])
    return False, ()


def _dotted(path: str, roots: Iterable[str]) -> Iterator[str]:
    place = path.removesuffix(".py").removesuffix("/__init__")
    for root in dict.fromkeys(roots):
        if not root or place.startswith(root + "/"):
            yield place[len(root) + 1 if root else 0 :].replace("/", ".")


def _only(index: RepoIndex, name: str, path: str) -> bool:
    return index.imports.modules.get(name) == (path,)


def _relative(source: str, path: str) -> str:
    """How a module is written in a relative import of `source`; "" where none leads there."""
    here = source.split("/")[:-1]
    there = path.removesuffix(".py").removesuffix("/__init__").split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    if not common:
        return ""
    return "." * (len(here) - common + 1) + ".".join(there[common:])


def _lives(index: RepoIndex, path: str) -> bool:
    return path.endswith(".py") and index.inventory.is_(path, FileClass.LIVE)


def _live_modules(index: RepoIndex) -> dict[str, list[str]]:
    """Name of a file -> the live modules that bear it."""
    found: dict[str, list[str]] = {}
    for path in index.files:
        if _lives(index, path) and not path.endswith("/__init__.py"):
            found.setdefault(path.rpartition("/")[2], []).append(path)
    return found


def _share(index: RepoIndex, old: str, new: str) -> float:
    one, two = index.facts(python.SLICE, old), index.facts(python.SLICE, new)
    names = {each.name for each in one.definitions} if one is not None else set()
    if two is None or not names:
        return 0.0
    return len(names & {each.name for each in two.definitions}) / len(names)


def _unsure(facts: PythonFacts) -> bool:
    return bool(facts.error or facts.newer or facts.getattr_)


def _same(one: PythonFacts, two: PythonFacts, name: str) -> bool:
    """Is a name of one module there in the other, as compatible as its definition tells?"""
    first, second = _defined(one, name), _defined(two, name)
    if not first and not second:
        known = [
            {(i.module, i.level, i.name) for i in f.imports if _binds(i, name)} for f in (one, two)
        ]
        return bool(known[0]) and known[0] == known[1]
    if first.keys() - second.keys():
        return False
    return all(_alike(each, second[own]) for own, each in first.items()) and (
        first[name].kind != "class" or _told_by_methods(first, first[name])
    )


def _defined(facts: PythonFacts, name: str) -> dict[str, Definition]:
    """The definition of a name, with those of its methods where it is a class."""
    found = [d for d in facts.definitions if d.name == name or d.name.startswith(f"{name}.")]
    unique = {each.name: each for each in found}
    return unique if len(unique) == len(found) else {}


def _binds(each: Import, name: str) -> bool:
    return not (each.lazy or each.level) and (each.alias or each.name) == name


def _alike(one: Definition, two: Definition) -> bool:
    same = (one.kind, one.bases, one.decorators) == (two.kind, two.bases, two.decorators)
    return same and accepts(one.takes, two.takes)


def _told_by_methods(class_: dict[str, Definition], own: Definition) -> bool:
    """Do its methods tell how a class is used? What has fields (a record, a model) they do not."""
    return len(class_) > 1 and not own.decorators and set(own.bases) <= _PLAIN
