"""Served paths, from decorators and from calls that register them."""

from __future__ import annotations

import ast
from typing import NamedTuple

from readiness.facts.python.model import Call, Route
from readiness.facts.python.values import children, dotted, literal, pattern, strings

REGISTRARS = {
    "add_api_route", "add_route", "add_url_rule", "add_api_websocket_route", "add_get", "add_post",
    "add_websocket_route", "Route", "WebSocketRoute", "APIRoute",
}  # fmt: skip
_VERBS = {"get", "post", "put", "delete", "patch", "head", "options", "trace"}
_ANY = {"route", "api_route", "websocket", "websocket_route"}
_QUIET = {
    "now", "utcnow", "time", "monotonic", "isoformat", "timestamp", "today", "strftime", "dict",
    "str", "round", "print", "info", "debug", "warning", "JSONResponse", "jsonify", "Response",
    "PlainTextResponse", "HttpResponse", "JsonResponse", "ORJSONResponse", "make_response",
}  # fmt: skip
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unread(NamedTuple):
    """A registration whose path is no literal: its router and line."""

    router: str
    line: int


def registered(node: ast.Call, name: str) -> Route | Unread | Call | None:
    """The route that a call registers, or the `include` of others below a path (Django)."""
    router = name.rpartition(".")[0]
    if not node.args:
        return None
    path, whole = _path(node.args[0])
    if path is None:
        return Unread(router, node.lineno) if router else None
    handler = node.args[1] if len(node.args) > 1 else None
    if name.endswith("add_url_rule"):
        handler = node.args[2] if len(node.args) > 2 else None
    methods: tuple[str, ...] = ()
    for keyword in node.keywords:
        if keyword.arg in ("endpoint", "view_func") and not literal(keyword.value):
            handler = keyword.value
        elif keyword.arg == "methods":
            methods = strings(keyword.value)
    if isinstance(handler, ast.Call) and dotted(handler.func) == "include":
        inner = handler.args[0] if handler.args else None
        given = literal(inner) or (dotted(inner) if inner is not None else "")
        return Call("include", node.lineno, (given,), {"prefix": path})
    return Route(
        path=path,
        line=node.lineno,
        router=router,
        handler=dotted(handler) if handler is not None else "",
        methods=tuple(method.upper() for method in methods),
        whole=whole,
    )


def _path(node: ast.expr) -> tuple[str | None, bool]:
    """The path that an expression names, null where it names none; and is it the whole path?"""
    if isinstance(node, ast.Call) and node.args:
        given = pattern(node.args[0])
        return (given, False) if given and given.startswith("/") else (None, False)
    return pattern(node), True


def decorated(node: ast.expr, function: _Function) -> Route | Unread | None:
    """The route that a decorator of `function` registers; null where it registers none."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    verb = node.func.attr
    if verb not in _VERBS and verb not in _ANY:
        return None
    given: ast.expr | None = node.args[0] if node.args else None
    methods: tuple[str, ...] = () if verb in _ANY else (verb,)
    for keyword in node.keywords:
        if keyword.arg in ("path", "rule"):
            given = keyword.value
        elif keyword.arg == "methods":
            methods = strings(keyword.value) or methods
    router = dotted(node.func.value)
    if given is None or not router:
        return None
    path, whole = _path(given)
    if path is None:
        return Unread(router, node.lineno)
    if path and not path.startswith(("/", "{")):
        return None
    return Route(
        path=path,
        line=node.lineno,
        router=router,
        handler=function.name,
        methods=tuple(method.upper() for method in methods),
        checks=checks(function),
        whole=whole,
    )


def checks(function: _Function) -> bool:
    """Does the body await, branch, or call more than clocks, loggers and response makers?"""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Await | ast.If | ast.Try | ast.IfExp | ast.For | ast.Match):
            return True
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] not in _QUIET:
            return True
        stack += children(node)
    return False
