"""Imports of one module turned into imports of another one that has all that is used of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readiness.apply.edits.imports import leave_out
from readiness.apply.edits.source import Refused, checked, dotted, module_of, rebinds
from readiness.apply.edits.uses import texts
from readiness.model import Edit

if TYPE_CHECKING:
    import libcst as cst

_MODULE = re.compile(r"\.*[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def edit(content: bytes, edits: Sequence[Edit]) -> bytes:
    """`content` with the imports of each edit's first module pointed at its second. Both are
    written as in an import of that file, with leading dots where it is relative."""
    for each in edits:
        if len(each.what) != 2 or not all(map(_MODULE.fullmatch, each.what)):
            raise Refused("no two modules are named")
        content = _pointed(content, *each.what)
    return content


def _pointed(content: bytes, old: str, new: str) -> bytes:
    module = module_of(content)
    tree = checked(content)
    if not any(_imports(node, old) for node in ast.walk(tree)):
        raise Refused(f"it does not import {old}")
    whole = any(
        isinstance(node, ast.Import)
        and any(each.name == old and "." in old and not each.asname for each in node.names)
        for node in ast.walk(tree)
    )
    if whole:
        top = old.partition(".")[0]
        if new.partition(".")[0] != top or rebinds(tree, top):
            raise Refused(f"it uses {old} by its full name")
    changed = _rewritten(module, old, new, whole)
    result = changed.bytes
    tree = checked(result)
    if any(_imports(node, old) for node in ast.walk(tree)):
        raise Refused(f"it imports {old} among other statements on one line")
    if whole:
        _hold_names(tree, old.partition(".")[0])
    named = re.compile(rf"(?<![\w.]){re.escape(old)}(?!\w)")
    if not old.startswith(".") and any(map(named.search, texts(changed))):
        raise Refused(f"it names {old} in a string")
    return result


def _imports(node: ast.AST, module: str) -> bool:
    """Is it an import of that module, spelled so? A star is refused: it may bring anything."""
    if isinstance(node, ast.Import):
        return any(each.name == module for each in node.names)
    if isinstance(node, ast.Call):
        return bool(
            node.args
            and ast.unparse(node.func) in ("import_module", "importlib.import_module")
            and isinstance(node.args[0], ast.Constant)
            and node.args[0].value == module
        )
    if not isinstance(node, ast.ImportFrom):
        return False
    spelled = "." * node.level + (node.module or "")
    if spelled == module and any(each.name == "*" for each in node.names):
        raise Refused(f"it imports all names of {module}")
    return spelled == module or any(_below(spelled, each.name) == module for each in node.names)


def _below(package: str, name: str) -> str:
    return package + name if package.endswith(".") else f"{package}.{name}"


def _hold_names(tree: ast.AST, top: str) -> None:
    """Raises Refused where a full name below `top` is used that no import brings any more."""
    imported = {
        each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for each in node.names
        if not each.asname
    }
    for chain in _chains(tree, top):
        if not any(chain == name or chain.startswith(f"{name}.") for name in imported):
            raise Refused(f"it uses {chain}, which another import brought along")


def _chains(tree: ast.AST, top: str) -> Iterator[str]:
    """The longest dotted names that start with `top`."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            text = ast.unparse(node)
            if text.split(".")[0] == top and _MODULE.fullmatch(text):
                yield text


def _rewritten(module: cst.Module, old: str, new: str, whole: bool) -> cst.Module:
    import libcst as cst

    class Pointer(cst.CSTTransformer):
        def leave_SimpleStatementLine(
            self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
        ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
            lines = _lines(updated_node, old, new)
            return lines[0] if len(lines) == 1 else cst.FlattenSentinel(lines)

        def leave_Attribute(
            self, original_node: cst.Attribute, updated_node: cst.Attribute
        ) -> cst.BaseExpression:
            if not whole or dotted(original_node) != old:
                return updated_node
            return _name(new).with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)

        def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
            first = updated_node.args[0].value if updated_node.args else None
            loads = dotted(updated_node.func) in ("import_module", "importlib.import_module")
            if not (loads and isinstance(first, cst.SimpleString) and first.raw_value == old):
                return updated_node
            literal = first.with_changes(value=first.value.replace(old, new))
            argument = updated_node.args[0].with_changes(value=literal)
            return updated_node.with_changes(args=(argument, *updated_node.args[1:]))

    return module.visit(Pointer())


def _lines(line: cst.SimpleStatementLine, old: str, new: str) -> list[cst.SimpleStatementLine]:
    """The line with its import pointed elsewhere; two lines where it imports other things too."""
    import libcst as cst

    statement = line.body[0]
    if len(line.body) > 1 or not isinstance(statement, cst.Import | cst.ImportFrom):
        return [line]
    if isinstance(statement, cst.Import):
        names = [_alias(each, old, new) for each in statement.names]
        return [line.with_changes(body=[statement.with_changes(names=names)])]
    spelled = "." * len(statement.relative) + dotted(statement.module)
    if spelled == old:
        return [line.with_changes(body=[_from(statement, new)])]
    if isinstance(statement.names, cst.ImportStar):
        return [line]
    own = [each for each in statement.names if _below(spelled, dotted(each.name)) == old]
    if not own:
        return [line]
    bound = [_imported_as(each) for each in own]
    if len(own) == len(statement.names) == 1 and _parent(new):
        alias = own[0].with_changes(name=cst.Name(_last(new)), asname=_asname(new, bound[0]))
        pointed = _from(statement, _parent(new)).with_changes(names=[alias])
        return [line.with_changes(body=[pointed])]
    added = [
        cst.SimpleStatementLine([_import(new, name)], trailing_whitespace=_end(line))
        for name in bound
    ]
    if len(own) == len(statement.names):
        return [added[0].with_changes(leading_lines=line.leading_lines), *added[1:]]
    rest = statement.with_changes(names=leave_out(statement.names, own))
    return [line.with_changes(body=[rest]), *added]


def _end(line: cst.SimpleStatementLine) -> cst.TrailingWhitespace:
    """The same end of line, without its comment."""
    import libcst as cst

    return cst.TrailingWhitespace(newline=line.trailing_whitespace.newline)


def _alias(alias: cst.ImportAlias, old: str, new: str) -> cst.ImportAlias:
    import libcst as cst

    if dotted(alias.name) != old:
        return alias
    if new.startswith("."):
        raise Refused(f"{new} cannot be imported by a plain import")
    if alias.asname is None and "." not in old and new != old:
        asname = cst.AsName(cst.Name(old))
        return alias.with_changes(name=_name(new), asname=asname)
    return alias.with_changes(name=_name(new))


def _from(statement: cst.ImportFrom, module: str) -> cst.ImportFrom:
    import libcst as cst

    bare = module.lstrip(".")
    return statement.with_changes(
        module=_name(bare) if bare else None,
        relative=[cst.Dot()] * (len(module) - len(bare)),
    )


def _import(module: str, bound: str) -> cst.Import | cst.ImportFrom:
    """The import of a module under a name."""
    import libcst as cst

    parent = _parent(module)
    alias = cst.ImportAlias(cst.Name(_last(module)), asname=_asname(module, bound))
    if not parent:
        return cst.Import([alias])
    return _from(cst.ImportFrom(cst.Name("x"), [alias]), parent)


def _asname(module: str, bound: str) -> cst.AsName | None:
    import libcst as cst

    return None if _last(module) == bound else cst.AsName(cst.Name(bound))


def _imported_as(alias: cst.ImportAlias) -> str:
    return dotted(alias.asname.name) if alias.asname is not None else dotted(alias.name)


def _parent(module: str) -> str:
    """`a.b` of `a.b.c`, `.` of `.c`, "" of `c`."""
    bare = module.lstrip(".")
    return module[: len(module) - len(bare)] + bare.rpartition(".")[0]


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _name(text: str) -> cst.Attribute | cst.Name:
    import libcst as cst

    first, *others = text.split(".")
    name: cst.Attribute | cst.Name = cst.Name(first)
    for other in others:
        name = cst.Attribute(name, cst.Name(other))
    return name
