"""Functions and classes cut out of a test file, with the imports and fixtures that only they used.

What else names one of them, in code or in a string, keeps it: then nothing is cut at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from readiness.apply.edits.fixtures import removable
from readiness.apply.edits.imports import without_unused
from readiness.apply.edits.source import Refused, module_of
from readiness.apply.edits.uses import attributes, names, words
from readiness.model import Edit

if TYPE_CHECKING:
    import libcst as cst

    Definition: TypeAlias = cst.FunctionDef | cst.ClassDef
    Statement: TypeAlias = cst.BaseStatement
    Line: TypeAlias = cst.EmptyLine


def edit(content: bytes, edits: Sequence[Edit]) -> bytes:
    """`content` without the functions, methods and classes that `edits` name."""
    module = module_of(content)
    wanted = tuple(dict.fromkeys(name for each in edits for name in each.what))
    gone = [_definition(module, name) for name in wanted]
    left, emptied = _without(module, gone)
    _hold(left, (*wanted, *(each.name.value for each in emptied)))
    gone += emptied
    while fixtures := removable(left, gone):
        gone += fixtures
        left, _ = _without(left, fixtures)
    left = without_unused(left, {name for each in gone for name in names(each)})
    return left.bytes


def _definition(module: cst.Module, name: str) -> Definition:
    """The one function or class of that name at the top or in a class there."""
    import libcst as cst

    owner, _, own = name.rpartition(".")
    body: Sequence[cst.CSTNode] = module.body
    if owner:
        class_ = _definition(module, owner)
        if not isinstance(class_, cst.ClassDef):
            raise Refused(f"{owner} is no class")
        body = class_.body.body
    found = [each for each in _definitions(body) if each.name.value == own]
    if len(found) != 1:
        raise Refused(f"it defines {name} {len(found)} times" if found else f"it has no {name}")
    return found[0]


def _definitions(body: Sequence[cst.CSTNode]) -> Iterator[Definition]:
    import libcst as cst

    return (each for each in body if isinstance(each, cst.FunctionDef | cst.ClassDef))


def _hold(left: cst.Module, wanted: Sequence[str]) -> None:
    """Raises Refused where something that stays needs what goes."""
    if not any(_definitions(left.body)):
        raise Refused("nothing of it would be left")
    taken, reached, told = names(left), attributes(left), words(left)
    for name in wanted:
        owner, _, own = name.rpartition(".")
        if own in (reached if owner else taken) or own in told:
            raise Refused(f"something else in it names {own}")


def _without(
    module: cst.Module, gone: Collection[Definition]
) -> tuple[cst.Module, list[cst.ClassDef]]:
    """The module without some definitions, and the classes of which nothing is left without
    them, which go too."""
    import libcst as cst

    leaving = {id(each) for each in gone}
    emptied: list[cst.ClassDef] = []
    body: list[Statement] = []
    kept: list[Line] = []
    for statement in module.body:
        goes = id(statement) in leaving
        if isinstance(statement, cst.ClassDef) and isinstance(statement.body, cst.IndentedBlock):
            block = _block(statement.body, leaving)
            if block is None and not goes:
                emptied.append(statement)
                goes = True
            elif block is not statement.body:
                statement = statement.with_changes(body=block or statement.body)
        if goes:
            kept += _apart(statement)
        else:
            body.append(_under(kept, statement))
            kept = []
    if body and not module.header and module.body[0] is not body[0]:
        body[0] = _at_the_top(body[0])
    left = module.with_changes(body=body, footer=(*_trimmed(kept), *module.footer))
    return left, emptied


def _block(block: cst.IndentedBlock, leaving: Collection[int]) -> cst.IndentedBlock | None:
    """A class's body without what leaves; null where no more than a docstring is left."""
    if not any(id(each) in leaving for each in block.body):
        return block
    body: list[Statement] = []
    kept: list[Line] = []
    for statement in block.body:
        if id(statement) in leaving:
            kept += _apart(statement)
        else:
            body.append(_under(kept, statement))
            kept = []
    if all(_says_nothing(each) for each in body):
        return None
    return block.with_changes(body=body, footer=(*_trimmed(kept), *block.footer))


def _says_nothing(statement: Statement) -> bool:
    import libcst as cst

    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, cst.Pass)
        or (
            isinstance(small, cst.Expr)
            and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis)
        )
        for small in statement.body
    )


def _apart(statement: cst.CSTNode) -> list[Line]:
    """The comments above a definition that an empty line parts from it: they speak of more."""
    lines: Sequence[Line] = getattr(statement, "leading_lines", ())
    last = max((n for n, line in enumerate(lines) if line.comment is None), default=-1)
    apart = list(lines[: last + 1])
    return apart if any(line.comment is not None for line in apart) else []


def _under(kept: list[Line], statement: Statement) -> Statement:
    """The statement, with the comments of what stood before it above its own."""
    if not kept:
        return statement
    own: Sequence[Line] = getattr(statement, "leading_lines", ())
    above = _trimmed(kept) if own and own[0].comment is None else kept
    changed: Statement = statement.with_changes(leading_lines=(*above, *own))
    return changed


def _at_the_top(statement: Statement) -> Statement:
    """The statement without the empty lines that stand above all else."""
    lines: Sequence[Line] = getattr(statement, "leading_lines", ())
    first = next((n for n, line in enumerate(lines) if line.comment is not None), len(lines))
    changed: Statement = statement.with_changes(leading_lines=lines[first:]) if first else statement
    return changed


def _trimmed(lines: list[Line]) -> list[Line]:
    while lines and lines[-1].comment is None:
        lines = lines[:-1]
    return lines
