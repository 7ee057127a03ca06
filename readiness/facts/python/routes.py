"""Served paths, from decorators and from calls that register them."""

from __future__ import annotations

import ast

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


def registered(node: ast.Call, name: str) -> tuple[Route | None, Call | None]:
    """The route that a call registers, or the `include` of others below a path (Django)."""
    path = pattern(node.args[0]) if node.args else None
    if path is None:
        return None, None
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
        return None, Call("include", node.lineno, (given,), {"prefix": path})
    return Route(
        path=path,
        line=node.lineno,
        router=name.rpartition(".")[0],
        handler=dotted(handler) if handler is not None else "",
        methods=tuple(method.upper() for method in methods),
    ), None


def decorated(node: ast.expr, function: _Function) -> Route | None:
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
    path = pattern(given) if given is not None else None
    router = dotted(node.func.value)
    if path is None or not router or (path and not path.startswith(("/", "{"))):
        return None
    return Route(
        path=path,
        line=node.lineno,
        router=router,
        handler=function.name,
        methods=tuple(method.upper() for method in methods),
        checks=checks(function),
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
