"""How the rules tell of imports and patches that find nothing: by what is gone, where it went, and
what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.index.archives import tokens
from readiness.index.imports import Missing
from readiness.index.moves import Fate, Move, Moves
from readiness.index.patches import StalePatch
from readiness.index.tests import tested
from readiness.model import ActionKind, Evidence
from readiness.rule import against, for_

from ._figures import day

_SHOWN = 3  # names in a sentence
_ABBREVIATED = 10  # digits of a commit


class Lost(Struct, frozen=True):
    """A module that one file misses, or a name that a module lost, and what became of it."""

    module: str
    name: str
    target: str
    imports: tuple[Missing, ...]
    move: Move

    @property
    def text(self) -> str:
        return f"{self.name} from {self.target}" if self.name else self.module

    @property
    def verb(self) -> str:
        return "patches" if isinstance(self.imports[0], StalePatch) else "imports"


def lost(found: Iterable[Missing], moves: Moves) -> list[Lost]:
    """The missing imports of one file by what they miss, in the order of their lines."""
    groups: dict[tuple[str, str], list[Missing]] = {}
    for missing in found:
        groups.setdefault((missing.module, missing.name), []).append(missing)
    return [
        Lost(module, name, group[0].target, tuple(group), moves.of(group[0]))
        for (module, name), group in groups.items()
    ]


def message(path: str, all_lost: Sequence[Lost]) -> str:
    """One sentence: what the file imports that is not there, and where it is now."""
    if len(all_lost) == 1:
        return f"{path} {all_lost[0].verb} {all_lost[0].text}, {_fate(all_lost[0])}"
    shown = ", ".join(each.name or each.module for each in all_lost[:_SHOWN])
    more = f" and {len(all_lost) - _SHOWN} more" if len(all_lost) > _SHOWN else ""
    targets = {each.target if each.name else "" for each in all_lost}
    source = targets.pop() if len(targets) == 1 else ""
    what = f"from {source} what it does not have" if source else "what the repository does not have"
    moved = sum(each.move.fate is Fate.MOVED for each in all_lost)
    all_moved = moved == len(all_lost)
    some = "all of them lie" if all_moved else f"{moved} of them {'lies' if moved == 1 else 'lie'}"
    now = f"; {some} elsewhere now" if moved else ""
    return f"{path} {all_lost[0].verb} {what}: {shown}{more}{now}"


def _fate(each: Lost) -> str:
    move = each.move
    since = f" (since {day(move.at)})" if move.at else ""
    if move.fate is Fate.MOVED:
        return f"which is now in {move.path}{since}"
    if move.fate is Fate.ARCHIVED:
        return f"which only lies in an archive now, as {move.path}{since}"
    if move.fate is Fate.REMOVED:
        return f"which was removed on {day(move.at)}"
    if each.name:
        return "where no such name is defined"
    return f"which is nowhere in the repository{since}"


def action(index: RepoIndex, path: str, all_lost: Sequence[Lost]) -> ActionKind:
    """What moved can be imported from where it is, and a test that also needs what lives can be
    mended, unless what it is called after is gone. Where all that it needs is archived code, it
    goes with it; else someone has to look."""
    fates = {each.move.fate for each in all_lost}
    moved, names = Fate.MOVED in fates, any(each.name for each in all_lost)
    if moved or names or tested(index, path):
        gone = not moved and any(_is_subject(path, each) for each in all_lost)
        return ActionKind.AUDIT if gone else ActionKind.MODIFY
    code = fates == {Fate.ARCHIVED} and not any(_is_helper(each) for each in all_lost)
    return ActionKind.ARCHIVE if code else ActionKind.AUDIT


def _is_subject(path: str, each: Lost) -> bool:
    """Is the test called after the module that is gone, or after what it imports from there?"""
    stem = path.rpartition("/")[2].removesuffix(".py").lower()
    subject = stem.removeprefix("test_").removesuffix("_test").replace("_", "")
    names = [each.module.rpartition(".")[2], *(missing.import_.name for missing in each.imports)]
    return not each.name and subject in {name.lower().replace("_", "") for name in names}


def _is_helper(each: Lost) -> bool:
    """Is it a tool of tests, so that what they test may well live?"""
    folders = f"{each.move.path}/{each.module.replace('.', '/')}".split("/")[:-1]
    return any(not {"test", "tests"}.isdisjoint(tokens(folder)) for folder in folders)


def evidence(all_lost: Sequence[Lost]) -> Iterator[Evidence]:
    """Every statement that imports it, and the place where it lies now."""
    for each in all_lost:
        what = each.text if len(all_lost) > 1 else "it"
        for statement in _statements(each.imports):
            first = statement.import_
            patches = isinstance(statement, StalePatch)
            inside = " inside a function" if first.lazy and not patches else ""
            where = f"{'patches' if patches else 'imports'} {what}{inside}"
            if first.optional:
                yield against(f"{where}, and catches the failure", statement.source, first.line)
            else:
                yield for_(where, statement.source, first.line)
        yield _place(each)


def _place(each: Lost) -> Evidence:
    move = each.move
    own = each.name or each.module.rpartition(".")[2]
    since = f"; stale since {day(move.at)}, commit {move.commit[:_ABBREVIATED]}" if move.at else ""
    if move.fate is Fate.MOVED:
        return for_(f"{own} is here now{since}", move.path)
    if move.fate is Fate.ARCHIVED:
        return for_(f"{own} is here, in an archive, and nowhere else{since}", move.path)
    if move.fate is Fate.REMOVED:
        return for_(f"{own} was removed{since}")
    if each.name:
        return for_(f"no {each.name} is bound here", each.target)
    return for_(f"no file of the repository is {each.module}{since}")


def _statements(imports: Sequence[Missing]) -> Iterator[Missing]:
    """The first of each statement: the names of one `from` stand in one or in following lines."""
    last = -1
    for missing in imports:
        if missing.import_.line - last > 1 or isinstance(missing, StalePatch):
            yield missing
        last = missing.import_.line
