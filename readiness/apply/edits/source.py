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
    except (libcst.ParserSyntaxError, UnicodeError, RecursionError) as error:
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
