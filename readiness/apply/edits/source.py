"""Python source as a tree that can be written back byte for byte."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from readiness.facts.python.source import parse as facts_of

if TYPE_CHECKING:
    import libcst

_DEEPEST = 150  # nested expressions and statements; libcst takes seconds for far deeper ones


class Refused(Exception):
    """An edit is not safe; the text is a sentence without a full stop that says why."""


def checked(content: bytes) -> ast.Module:
    """The syntax tree of `content`. Raises Refused where Python does not read it."""
    parsed = facts_of(content)
    if parsed.tree is None:
        raise Refused(f"it does not parse: {parsed.error}")
    if _depth(parsed.tree) > _DEEPEST:
        raise Refused("it is nested too deeply to be edited by machine")
    return parsed.tree


def module_of(content: bytes) -> libcst.Module:
    """The tree that `content` can be written back from. Raises Refused where there is none."""
    import libcst

    checked(content)
    try:
        module = libcst.parse_module(content)
    except (
        libcst.ParserSyntaxError,
        SyntaxError,
        ValueError,
        LookupError,
        RecursionError,
    ) as error:
        raise Refused("its syntax is newer than what edits know") from error
    if module.bytes != content:
        raise Refused("it cannot be written back byte for byte")
    return module


def _depth(tree: ast.AST) -> int:
    depth = 0
    level = [tree]
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def rebinds(tree: ast.AST, name: str) -> bool:
    """Is `name` bound in any scope of it by anything but `import name` or `import name.more`?"""
    return any(_binds(node, name) for node in ast.walk(tree))


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.ImportFrom):
        return any((each.asname or each.name) == name for each in node.names)
    if isinstance(node, ast.Import):
        return any(each.asname == name for each in node.names)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return name in node.names
    if isinstance(node, ast.MatchMapping):
        return node.rest == name
    if isinstance(node, ast.arg):
        return node.arg == name
    defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    named = ast.ExceptHandler | ast.MatchAs | ast.MatchStar
    return isinstance(node, defined | named) and node.name == name


def dotted(node: libcst.CSTNode | None) -> str:
    """The text of a dotted name, "" where it is none."""
    import libcst

    parts: list[str] = []
    while isinstance(node, libcst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    return ".".join((node.value, *reversed(parts))) if isinstance(node, libcst.Name) else ""
