"""A value that is written into the code, read from the environment instead. It is never told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readiness.apply.edits.source import Refused, checked, dotted, module_of, rebinds
from readiness.model import Edit

if TYPE_CHECKING:
    import libcst as cst

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_PLAIN = ("", "r", "R", "u", "U")


def edit(content: bytes, edits: Sequence[Edit]) -> bytes:
    """`content` with `os.environ["NAME"]` for each value that stands at the line of an edit.

    An edit's `what` are the variable and the number of characters of the value, which tells it
    from others on its line. Only a plain string is replaced that is assigned to a name, an
    attribute, a keyword or the key of a dictionary.
    """
    from libcst.metadata import MetadataWrapper, PositionProvider

    module = module_of(content)
    tree = checked(content)
    if rebinds(tree, "os") or _imported_inside(tree):
        raise Refused("`os` means something else in it")
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    values = [(positions[each].start.line, each) for each in _assigned(module)]
    chosen: dict[int, str] = {}
    for each in edits:
        variable, length = each.what if len(each.what) == 2 else ("", "")
        if not _VARIABLE.fullmatch(variable):
            raise Refused("no variable is named to read it from")
        found = [v for line, v in values if line == each.line and str(_length(v)) == length]
        if len(found) != 1:
            raise Refused(f"line {each.line} assigns no such plain string, or several")
        chosen[id(found[0])] = variable
    first = min(each.line or 0 for each in edits)
    changed = _replaced(module, chosen)
    imports_os = any(
        positions[each].start.line < first for each in module.body if _imports_os(each)
    )
    return (changed if imports_os else _with_import(changed)).bytes


def _imported_inside(tree: ast.Module) -> bool:
    """Does a function or class import `os` for itself, perhaps below the value?"""
    inside = (node for each in tree.body for node in ast.walk(each) if node is not each)
    return any(
        isinstance(node, ast.Import) and any(each.name.split(".")[0] == "os" for each in node.names)
        for node in inside
    )


def _assigned(module: cst.Module) -> Iterator[cst.SimpleString]:
    """The plain strings that are assigned to something with a name."""
    import libcst as cst

    pending: list[cst.CSTNode] = [module]
    while pending:
        node = pending.pop()
        pending += node.children
        if isinstance(node, cst.Assign):
            named = not any(_is_environment(target.target) for target in node.targets)
        elif isinstance(node, cst.Arg):
            named = node.keyword is not None
        else:
            named = isinstance(node, cst.AnnAssign | cst.DictElement)
        value = getattr(node, "value", None) if named else None
        if isinstance(value, cst.SimpleString) and value.prefix in _PLAIN:
            yield value


def _is_environment(target: cst.CSTNode) -> bool:
    """Is it a variable of the environment that is set?"""
    import libcst as cst

    return isinstance(target, cst.Subscript) and dotted(target.value).endswith("environ")


def _length(value: cst.SimpleString) -> int:
    """The characters of a string; -1 where it is one over several lines."""
    text = ast.literal_eval(value.value)
    return len(text) if isinstance(text, str) and not {"\n", "\r"} & set(value.value) else -1


def _replaced(module: cst.Module, chosen: dict[int, str]) -> cst.Module:
    import libcst as cst

    class Reader(cst.CSTTransformer):
        def leave_SimpleString(
            self, original_node: cst.SimpleString, updated_node: cst.SimpleString
        ) -> cst.BaseExpression:
            variable = chosen.get(id(original_node))
            if variable is None:
                return updated_node
            read = cst.parse_expression(f'os.environ["{variable}"]')
            return read.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)

    return module.visit(Reader())


def _imports_os(statement: cst.CSTNode) -> bool:
    import libcst as cst

    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Import)
        and any(not each.asname and dotted(each.name).split(".")[0] == "os" for each in small.names)
        for small in statement.body
    )


def _with_import(module: cst.Module) -> cst.Module:
    """The module with `import os` below its docstring and its imports from the future."""
    import libcst as cst

    body = list(module.body)
    start = place = sum(1 for _ in _leading(body))
    while place < len(body) and "" < _imported(body[place]) < "os":
        place += 1
    line = cst.SimpleStatementLine([cst.Import([cst.ImportAlias(cst.Name("os"))])])
    if place > start:
        return module.with_changes(body=[*body[:place], line, *body[place:]])
    empty = cst.EmptyLine(indent=False)
    following = body[place]
    lines: Sequence[cst.EmptyLine] = getattr(following, "leading_lines", ())
    imports = isinstance(following, cst.SimpleStatementLine) and isinstance(
        following.body[0], cst.Import | cst.ImportFrom
    )
    if imports and not any(each.comment is not None for each in lines):
        line = line.with_changes(leading_lines=lines)
        body[place] = following.with_changes(leading_lines=())
    else:
        line = line.with_changes(leading_lines=(empty,) if place else ())
        if not lines or lines[0].comment is not None:
            body[place] = following.with_changes(leading_lines=(empty, *lines))
    body.insert(place, line)
    return module.with_changes(body=body)


def _imported(statement: cst.CSTNode) -> str:
    """The module that a line imports as a whole, "" where it does anything else."""
    import libcst as cst

    if not isinstance(statement, cst.SimpleStatementLine):
        return ""
    first = statement.body[0]
    return dotted(first.names[0].name) if isinstance(first, cst.Import) else ""


def _leading(body: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The docstring and the imports from the future that a module starts with."""
    import libcst as cst

    for number, statement in enumerate(body):
        if not isinstance(statement, cst.SimpleStatementLine):
            return
        first = statement.body[0]
        if isinstance(first, cst.ImportFrom):
            if dotted(first.module) != "__future__":
                return
        elif number or not (isinstance(first, cst.Expr) and _is_text(first.value)):
            return
        yield statement


def _is_text(value: cst.CSTNode) -> bool:
    import libcst as cst

    return isinstance(value, cst.SimpleString | cst.ConcatenatedString)
