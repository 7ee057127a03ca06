"""What a test, handler, base or body is, told from its shape."""

from __future__ import annotations

import ast

from readiness.facts.python.values import dotted, literal

IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError"}
WIDE_ERRORS = {*IMPORT_ERRORS, "Exception", "BaseException"}


def guard(test: ast.expr) -> str:
    """ "main" of `__name__ == "__main__"`, "typing" of TYPE_CHECKING and of what is never true."""
    if isinstance(test, ast.Compare):
        sides = [test.left, *test.comparators]
        named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
        return "main" if named and any(literal(side) == "__main__" for side in sides) else ""
    if isinstance(test, ast.Name):
        return "typing" if test.id == "TYPE_CHECKING" else ""
    if isinstance(test, ast.Attribute):
        return "typing" if test.attr == "TYPE_CHECKING" else ""
    return "typing" if isinstance(test, ast.Constant) and not test.value else ""


def catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    if isinstance(handler.type, ast.Name):
        return handler.type.id in WIDE_ERRORS
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(dotted(kind).rpartition(".")[2] in WIDE_ERRORS for kind in kinds)


def callee(node: ast.expr) -> str:
    return dotted(node.func) if isinstance(node, ast.Call) else dotted(node)


def base(node: ast.expr) -> str:
    return callee(node.value) if isinstance(node, ast.Subscript) else callee(node)


def stub(body: list[ast.stmt]) -> bool:
    return len(body) < 4 and all(_says_nothing(statement) for statement in body)


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise) and node.exc is not None:
        return callee(node.exc) == "NotImplementedError"
    if isinstance(node, ast.Return):
        value = node.value
        empty = isinstance(value, ast.List | ast.Tuple) and not value.elts
        empty = empty or (isinstance(value, ast.Dict) and not value.keys)
        return value is None or empty or (isinstance(value, ast.Constant) and not value.value)
    return False


def texts(body: list[ast.stmt]) -> list[tuple[int, int]]:
    """First and last lines, ascending, of the strings over several lines that are statements."""
    found: list[tuple[int, int]] = []
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Expr:
            if type(node.value) is ast.Constant and node.end_lineno != node.lineno:  # type: ignore[attr-defined]
                found.append((node.lineno, node.end_lineno))  # type: ignore[attr-defined]
        elif kind in _BLOCKS:
            for field in reversed(_PARTS):
                stack += reversed(getattr(node, field, ()))
    return found


_PARTS = ("body", "handlers", "orelse", "finalbody", "cases")
_BLOCKS = {
    kind
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and "body" in kind._fields
} - {ast.Lambda, ast.IfExp}


def takes(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The parameters of a function as text; see Definition."""
    given = node.args
    parts = [each.arg for each in given.args]
    before = given.posonlyargs
    if before:
        parts[:0] = [each.arg for each in before]
    if given.defaults:
        first = len(parts) - len(given.defaults)
        parts[first:] = [part + "=" for part in parts[first:]]
    if before:
        parts.insert(len(before), "/")
    if given.vararg is not None:
        parts.append("*" + given.vararg.arg)
    elif given.kwonlyargs:
        parts.append("*")
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        parts.append(each.arg if default is None else each.arg + "=")
    if given.kwarg is not None:
        parts.append("**" + given.kwarg.arg)
    text = ",".join(parts)
    return "async " + text if type(node) is ast.AsyncFunctionDef else text
