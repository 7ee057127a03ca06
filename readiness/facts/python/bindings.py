"""What the statements at module level bind, export, and do at once."""

from __future__ import annotations

import ast
import re

from readiness.facts.python.model import Call, Definition
from readiness.facts.python.shapes import callee
from readiness.facts.python.values import dotted, literal, strings

_BLOCKING = {
    "sys.exit", "exit", "quit", "os._exit", "input", "asyncio.run", "unittest.main", "pytest.main",
    "uvicorn.run", "app.run", "application.run", "time.sleep", "urlopen", "urllib.request.urlopen",
    "socket.create_connection", "breakpoint", "pdb.set_trace", "serve_forever",
}  # fmt: skip
_NETWORK = re.compile(r"(?:requests|httpx)\.(?:get|post|put|delete|patch|head|request)$")
_TYPE_ALIAS: type[ast.stmt] | None = getattr(ast, "TypeAlias", None)


class Bindings:
    """Gathers the names of one module. Below, `where` is "" or "__main__"; `branch` is "if" or
    "except" where a test or a handler decides, else ""."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.exports: list[str] = []
        self.effects: list[Call] = []
        self.definitions: list[Definition] = []

    def statement(self, node: ast.stmt, where: str, branch: str) -> None:
        """Reads a simple statement that is no import."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.bind(target, node, where)
            self._export(node.targets[0], node.value)
            self._effect(node.value, where, branch)
        elif isinstance(node, ast.Expr):
            self._effect(node.value, where, branch)
            self._export_call(node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            self.bind(node.target, node, where)
            if node.value is not None:
                self._export(node.target, node.value)
                self._effect(node.value, where, branch)
        elif isinstance(node, ast.Raise):
            if not where and branch != "except" and node.exc is not None:
                self.effects.append(Call(f"raise {callee(node.exc)}", node.lineno, where=branch))
        elif _TYPE_ALIAS is not None and isinstance(node, _TYPE_ALIAS):
            self.bind(node.name, node, where)  # type: ignore[attr-defined]

    def bind(self, target: ast.expr, node: ast.stmt, where: str) -> None:
        """Binds the names of a target of `node`."""
        stack = [target]
        while stack:
            item = stack.pop()
            if isinstance(item, ast.Name):
                if item.id not in self.names and not where:
                    last = node.end_lineno or node.lineno
                    self.definitions.append(Definition(item.id, "variable", node.lineno, last))
                self.names[item.id] = None
            elif isinstance(item, ast.Tuple | ast.List):
                stack.extend(item.elts)
            elif isinstance(item, ast.Starred):
                stack.append(item.value)

    def _export(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and target.id == "__all__":
            parts = [value.left, value.right] if isinstance(value, ast.BinOp) else [value]
            for part in parts:
                self.exports += strings(part)

    def _export_call(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call) and node.args:
            name = dotted(node.func)
            if name == "__all__.extend":
                self.exports += strings(node.args[0])
            elif name == "__all__.append":
                self.exports += filter(None, [literal(node.args[0])])

    def _effect(self, node: ast.expr, where: str, branch: str) -> None:
        if isinstance(node, ast.Call) and not where:
            name = dotted(node.func)
            if name in _BLOCKING or _NETWORK.match(name):
                self.effects.append(Call(name, node.lineno, where=branch))
