"""Which names a piece of source uses. In doubt, more than it does: a word in a string counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

_WORD = re.compile(r"[^\W\d]\w*")


def names(node: cst.CSTNode) -> set[str]:
    """The names that stand for themselves in it, parameters too; not those of attributes,
    keywords, imports, or of what it defines."""
    import libcst as cst

    found: set[str] = set()
    for each in _walk(node):
        if isinstance(each, cst.Name):
            found.add(each.value)
    return found


def attributes(node: cst.CSTNode) -> set[str]:
    """What follows a dot in it, imports left out."""
    import libcst as cst

    return {each.attr.value for each in _walk(node) if isinstance(each, cst.Attribute)}


def words(node: cst.CSTNode) -> set[str]:
    """The words in its strings, but for strings that are statements."""
    return {word for text in texts(node) for word in _WORD.findall(text)}


def texts(node: cst.CSTNode) -> Iterator[str]:
    """Its strings as written, but for those that are statements."""
    import libcst as cst

    for each in _walk(node):
        if isinstance(each, cst.SimpleString | cst.FormattedStringText):
            yield each.value


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Every node below and with `node` that may use a name."""
    import libcst as cst

    pending: list[cst.CSTNode] = [node]
    while pending:
        each = pending.pop()
        yield each
        if isinstance(each, cst.Import | cst.ImportFrom):
            continue
        if isinstance(each, cst.Expr) and isinstance(each.value, cst.SimpleString):
            continue
        unused: cst.CSTNode | None = None
        if isinstance(each, cst.FunctionDef | cst.ClassDef):
            unused = each.name
        elif isinstance(each, cst.Attribute):
            unused = each.attr
        elif isinstance(each, cst.Arg):
            unused = each.keyword
        pending += (child for child in each.children if child is not unused)
