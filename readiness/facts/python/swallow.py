"""Failures that are only logged: handlers and branches after which a start goes on."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from readiness.facts.python.model import Swallow
from readiness.facts.python.values import children, dotted

_STARTS = re.compile(
    "start|boot|init|main|lifespan|set_?up|launch|serve|connect|health|validat|check|orchestr"
    "|ready|readiness|ensure|configure|run|migrat|ping|create_app|build|make_app"
)
_HEALTH = re.compile(
    r"(?i)health|ready|connected|available|valid|alive|reachable|operational|passed|success|(?:^|_)ok"
)
_ENVIRONMENT = re.compile(r"(?i)env|debug|prod|staging|develop|testing|local")
_HARMLESS = {
    "ImportError", "ModuleNotFoundError", "KeyError", "AttributeError", "StopIteration",
    "KeyboardInterrupt", "CancelledError", "StopAsyncIteration", "QueueEmpty", "Empty",
    "IndexError", "UnicodeDecodeError", "NotImplementedError", "GeneratorExit", "FileExistsError",
}  # fmt: skip
_EXITS = {"exit", "_exit", "quit", "abort", "kill", "fail", "skip", "terminate", "raise_for_status",
          "sleep"}  # that tries again  # fmt: skip
_LOGS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "print", "log",
         "echo", "secho", "write", "print_exc", "log_error", "success", "msg", "fatal"}  # fmt: skip
_EXCUSE = re.compile(
    r"(?i)(?:don'?t|do not|does not|shouldn'?t|not|never|without) +(?:\w+ +)?(?:fail|block|stop"
    r"|crash|abort|exit|rais|prevent|break)|continu|non-?(?:critical|fatal|blocking)|graceful|degrad"
    r"|optional|best[- ]effort|anyway|minimal mode|limited functionality"
)
_TEXT = re.compile(r"[\"']([^\"']{3,300})")
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
MOST = 60  # of one file


@lru_cache(maxsize=65536)
def starts(name: str) -> bool:
    """Does a function of this name start or check something, so that what fails in it counts?"""
    return _STARTS.search(name.lower()) is not None


class Swallows:
    """Gathers the swallowed failures of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines: list[bytes] | None = None
        self.found: list[Swallow] = []

    def handlers(self, node: ast.Try, where: str, tests: list[ast.expr]) -> None:
        swallowing = [one for one in node.handlers if _wide(one) and _goes_on(one.body)]
        guards = calls(node.body) if swallowing else ()
        if not guards:
            return
        for handler in swallowing:
            last = handler.body[-1].end_lineno or handler.lineno
            self._add(handler.lineno, where, guards, last, tests)

    def branch(self, node: ast.If, where: str, tests: list[ast.expr]) -> None:
        """`if not healthy:` or the `else` of `if healthy:` that only logs."""
        body = node.body if _negative(node.test) else node.orelse
        if not body or not _only_logs(body):
            return
        names = _names(node.test)
        if not any(_HEALTH.search(name) for name in names):
            return
        last = body[-1].end_lineno or body[-1].lineno
        self._add(body[0].lineno, where, names, last, tests)

    def _add(
        self,
        line: int,
        where: str,
        guards: tuple[str, ...],
        last: int,
        tests: list[ast.expr],
    ) -> None:
        if len(self.found) >= MOST:
            return
        conditions = [source for test in tests if _ENVIRONMENT.search(source := _source(test))]
        quote = self._quote(line, last)
        self.found.append(Swallow(line, where, guards[:12], quote, " and ".join(conditions)))

    def _quote(self, first: int, last: int) -> str:
        """The first comment or text in these lines, and the one after, that excuses."""
        if self._lines is None:
            self._lines = self._data.split(b"\n")
        for raw in self._lines[first - 1 : last + 1]:
            line = raw[:400].decode("utf-8", "replace")
            if _EXCUSE.search(line):
                code, sign, comment = line.partition("#")
                if sign and _EXCUSE.search(comment):
                    return comment.strip()[:160]
                for text in _TEXT.findall(code):
                    if _EXCUSE.search(text):
                        return str(text).strip()[:160]
        return ""


def calls(body: list[ast.stmt]) -> tuple[str, ...]:
    """The dotted names that the statements of a body call, loggers aside, each once."""
    found: dict[str, None] = {}
    stack = list(reversed(body))
    while stack and len(found) < 40:
        node = stack.pop()
        if isinstance(node, _BLOCKS):
            stack.extend(reversed(_children(node)))
            value: ast.AST | None = getattr(node, "test", None)
        else:
            value = getattr(node, "value", None)
        while isinstance(value, ast.Await | ast.UnaryOp):
            value = value.value if isinstance(value, ast.Await) else value.operand
        if isinstance(value, ast.Call):
            name = dotted(value.func)
            if name and name.rpartition(".")[2] not in _LOGS:
                found[name] = None
    return tuple(found)


def _children(node: ast.stmt) -> list[ast.stmt]:
    children: list[ast.stmt] = []
    for field in ("body", "orelse", "finalbody"):
        children += getattr(node, field, [])
    for case in getattr(node, "cases", []):
        children += case.body
    return children


def _wide(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = [dotted(kind).rpartition(".")[2] for kind in kinds if kind is not None]
    return not names or not all(name in _HARMLESS for name in names)


def _goes_on(body: list[ast.stmt]) -> bool:
    """No statement of the body raises, exits, or returns something that a caller may check."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Raise):
            return False
        if isinstance(node, ast.Return) and not _fine(node.value):
            return False
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _EXITS:
            return False
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stack += children(node)
    return True


def _fine(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is True)


def _only_logs(body: list[ast.stmt]) -> bool:
    logged = False
    for node in body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Expr) and isinstance(value, ast.Await):
            return False
        if isinstance(node, ast.Expr) and isinstance(value, ast.Call):
            if dotted(value.func).rpartition(".")[2] not in _LOGS:
                return False
            logged = True
        elif not isinstance(node, ast.Pass | ast.Assign | ast.AugAssign | ast.Expr | ast.AnnAssign):
            return False
    return logged


def _negative(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return True
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        against = test.comparators[0]
        if isinstance(test.ops[0], ast.NotEq | ast.IsNot):
            return not (isinstance(against, ast.Constant) and against.value in (False, None))
        return isinstance(against, ast.Constant) and (
            against.value is False or against.value in ("unhealthy", "failed", "error", "down")
        )
    return False


def _names(test: ast.expr) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in ast.walk(test):
        if isinstance(node, ast.Name | ast.Attribute):
            name = dotted(node)
            if name:
                found[name] = None
    return tuple(name for name in found if not any(o.startswith(name + ".") for o in found))


def _source(test: ast.expr) -> str:
    try:
        return ast.unparse(test)[:200]
    except (RecursionError, ValueError):
        return ""
