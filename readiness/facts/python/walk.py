"""One walk over the statements of a tree; expressions are entered only where a token says so."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from readiness.facts.python import lexical
from readiness.facts.python.calls import INTERESTING, Expressions
from readiness.facts.python.lexical import NEVER
from readiness.facts.python.model import Call, Definition, Import, PythonFacts, Route
from readiness.facts.python.routes import checks
from readiness.facts.python.shapes import WIDE_ERRORS, base, callee, catches, guard, stub
from readiness.facts.python.source import Parsed
from readiness.facts.python.swallow import Swallows, starts
from readiness.facts.python.values import dotted, literal, strings

_BLOCKING = {
    "sys.exit", "exit", "quit", "os._exit", "input", "asyncio.run", "unittest.main", "pytest.main",
    "uvicorn.run", "app.run", "application.run", "time.sleep", "urlopen", "urllib.request.urlopen",
    "socket.create_connection", "breakpoint", "pdb.set_trace", "serve_forever",
}  # fmt: skip
_BINDS = (b"globals()", b"sys.modules[__name__]")
_NETWORK = re.compile(r"(?:requests|httpx)\.(?:get|post|put|delete|patch|head|request)$")
_MODULE, _CLASS, _FUNCTION = range(3)


def facts(parsed: Parsed) -> PythonFacts:
    """The facts of a parsed file.

    Raises:
        RecursionError: its blocks are nested deeper than our stack.
    """
    assert parsed.tree is not None
    walk = _Walk(parsed.data)
    walk.block(parsed.tree.body)
    return walk.result(parsed)


class _Walk:
    def __init__(self, data: bytes) -> None:
        everything = lexical.starts_something(data)
        django = b"urlpatterns" in data
        self.data = data
        self.found = Expressions(everything, django)
        self.swallows = Swallows(data)
        self.imports: list[Import] = []
        self.definitions: list[Definition] = []
        self.names: dict[str, None] = {}
        self.exports: list[str] = []
        self.effects: list[Call] = []
        self.values: dict[str, ast.expr] = {}
        self.texts: list[tuple[int, int]] = []  # lines of strings that are statements
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.keeps_functions = everything or django or b"_route(" in data or b"Route(" in data
        self.main_line = 0
        self.keeps_values = b"sys.path" in data or b"addsitedir" in data
        self.everything = everything
        self.hot_lines = iter(()) if everything else iter(lexical.lines_of_interest(data))
        self.hot = 0 if everything else next(self.hot_lines, NEVER)
        self.scope = _MODULE
        self.where = ""
        self.watched = everything  # are swallowed failures looked for here?
        self.optional = self.typing = self.handling = False
        self.tests: list[ast.expr] = []

    def block(self, body: list[ast.stmt]) -> None:
        at_module = self.scope == _MODULE
        remembers = self.keeps_values and not at_module
        for node in body:
            kind = type(node)
            visit = _VISITS.get(kind)
            if visit is not None:
                visit(self, node)
                continue
            if at_module:
                self._bind(node)
            elif remembers and kind is ast.Assign:
                self._remember(node)  # type: ignore[arg-type]
            value = node.value if kind in _WITH_VALUE else None  # type: ignore[attr-defined]
            if type(value) is ast.Await:
                value = value.value
            if type(value) is ast.Call:
                function: Any = value.func
                of = type(function)
                name = function.attr if of is ast.Attribute else of is ast.Name and function.id
                if name in INTERESTING:
                    self._scan(node)
                    continue
            elif type(value) is ast.Constant:
                if kind is ast.Expr and node.end_lineno != node.lineno:
                    self.texts.append((node.lineno, node.end_lineno or node.lineno))
                continue
            if node.end_lineno >= self.hot:  # type: ignore[operator]
                self._maybe(node, node.lineno, node.end_lineno or 0)

    def _maybe(self, node: ast.AST, first: int, last: int) -> None:
        """Scans an expression or simple statement if a token stands in its lines."""
        if not self.everything:
            while self.hot < first:
                self.hot = next(self.hot_lines, NEVER)
        if self.hot <= last:
            self._scan(node)

    def _scan(self, node: ast.AST) -> None:
        target = ""
        if isinstance(node, ast.Assign):
            target = dotted(node.targets[0])
        elif isinstance(node, ast.AnnAssign):
            target = dotted(node.target)
        self.found.scan(node, self.where, target, self._flags("", 0))

    def _header(self, *nodes: ast.expr | None) -> None:
        for node in nodes:
            if node is not None and (node.end_lineno or 0) >= self.hot:
                self._maybe(node, node.lineno, node.end_lineno or 0)

    # imports

    def _flags(self, module: str, line: int) -> Import:
        return Import(
            module,
            line,
            optional=self.optional,
            typing=self.typing,
            lazy=self.scope == _FUNCTION,
        )

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add_import(alias.name, node.lineno, "", alias.asname or "", 0)
            if self.scope == _MODULE:
                self.names[alias.asname or alias.name.partition(".")[0]] = None

    def _import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            line = alias.lineno if len(node.names) > 1 else node.lineno
            self._add_import(node.module or "", line, alias.name, alias.asname or "", node.level)
            if self.scope == _MODULE and alias.name != "*":
                self.names[alias.asname or alias.name] = None

    def _add_import(self, module: str, line: int, name: str, alias: str, level: int) -> None:
        self.imports.append(
            Import(
                module,
                line,
                name,
                alias,
                level,
                self.optional,
                self.typing,
                self.scope == _FUNCTION,
            )
        )

    # what binds names at module level, and what runs there

    def _bind(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind_target(target, node)
            if self.keeps_values:
                self._remember(node)
            self._export(node.targets[0], node.value)
            self._effect(node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            self._bind_target(node.target, node)
            if node.value is not None:
                self._export(node.target, node.value)
                self._effect(node.value)
        elif isinstance(node, ast.Expr):
            self._effect(node.value)
            self._export_call(node.value)
        elif isinstance(node, ast.Raise) and not self.handling and node.exc is not None:
            self._add_effect(f"raise {callee(node.exc)}", node.lineno)
        elif _TYPE_ALIAS is not None and isinstance(node, _TYPE_ALIAS):
            self._bind_target(node.name, node)  # type: ignore[attr-defined]

    def _bind_target(self, target: ast.expr, node: ast.stmt) -> None:
        stack = [target]
        while stack:
            item = stack.pop()
            if isinstance(item, ast.Name):
                if item.id not in self.names and not self.where:
                    last = node.end_lineno or node.lineno
                    self.definitions.append(Definition(item.id, "variable", node.lineno, last))
                self.names[item.id] = None
            elif isinstance(item, ast.Tuple | ast.List):
                stack.extend(item.elts)
            elif isinstance(item, ast.Starred):
                stack.append(item.value)

    def _remember(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Name):
            self.values[node.targets[0].id] = node.value

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

    def _effect(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call) and self.where == "":
            name = dotted(node.func)
            if name in _BLOCKING or _NETWORK.match(name):
                self._add_effect(name, node.lineno)

    def _add_effect(self, name: str, line: int) -> None:
        where = "except" if self.handling else "if" if self.tests else ""
        if not self.where:
            self.effects.append(Call(name, line, where=where))

    # blocks

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        self._header(
            *node.decorator_list, *arguments.defaults, *arguments.kw_defaults, node.returns
        )
        where, scope, watched = self.where, self.scope, self.watched
        name = f"{where}.{node.name}" if where and where != "__main__" else node.name
        if scope == _MODULE:
            self.names[node.name] = None
        if scope == _MODULE or (scope == _CLASS and name.count(".") == 1):
            self._define(node, name, "function", ())
        if node.decorator_list:
            self.found.decorated(node)
        if self.keeps_functions:
            self.functions[node.name] = node
        self.where, self.scope = name, _FUNCTION
        self.watched = self.everything or starts(node.name)
        saved = self.optional, self.typing, self.handling, self.tests
        self.optional, self.handling, self.tests = False, False, []
        self.block(node.body)
        self.optional, self.typing, self.handling, self.tests = saved
        self.where, self.scope, self.watched = where, scope, watched

    def _class(self, node: ast.ClassDef) -> None:
        self._header(*node.decorator_list, *node.bases, *(k.value for k in node.keywords))
        where, scope = self.where, self.scope
        name = f"{where}.{node.name}" if where and where != "__main__" else node.name
        if scope == _MODULE:
            self.names[node.name] = None
            bases = tuple(filter(None, (base(item) for item in node.bases)))
            self._define(node, name, "class", bases)
        self.where = name
        self.scope = _FUNCTION if scope == _FUNCTION else _CLASS
        self.block(node.body)
        self.where, self.scope = where, scope

    def _define(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        name: str,
        kind: str,
        bases: tuple[str, ...],
    ) -> None:
        self.definitions.append(
            Definition(
                name=name,
                kind=kind,
                line=node.lineno,
                end_line=node.end_lineno or node.lineno,
                bases=bases,
                decorators=tuple(callee(decorator) for decorator in node.decorator_list),
                stub=stub(node.body),
            )
        )

    def _if(self, node: ast.If) -> None:
        depth = len(self.tests)
        typing = self.typing
        while True:
            self._header(node.test)
            if self.watched:
                self.swallows.branch(node, self.where, self.tests)
            kind = guard(node.test)
            where = self.where
            if kind == "main" and self.scope == _MODULE:
                self.main_line = self.main_line or node.lineno
                self.where = "__main__"
            self.typing = typing or kind == "typing"
            self.tests.append(node.test)
            self.block(node.body)
            self.typing, self.where = typing, where
            if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                node = node.orelse[0]
                continue
            self.block(node.orelse)
            break
        del self.tests[depth:]

    def _try(self, node: ast.Try) -> None:
        optional, handling = self.optional, self.handling
        caught = any(catches(handler) for handler in node.handlers)
        self.optional = optional or caught
        self.block(node.body)
        if self.watched:
            self.swallows.handlers(node, self.where, self.tests)
        self.handling = True
        for handler in node.handlers:
            self.block(handler.body)
        self.optional, self.handling = optional, handling
        self.block(node.orelse)
        self.block(node.finalbody)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        optional = self.optional
        for item in node.items:
            call = item.context_expr
            self._header(call)
            if self.scope == _MODULE and item.optional_vars is not None:
                self._bind_target(item.optional_vars, node)
            if isinstance(call, ast.Call) and dotted(call.func).endswith("suppress"):
                self.optional = optional or any(
                    callee(error).rpartition(".")[2] in WIDE_ERRORS for error in call.args
                )
            elif isinstance(call, ast.Call) and dotted(call.func) in ("raises", "pytest.raises"):
                self.optional = True
        self.block(node.body)
        self.optional = optional

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if isinstance(node, ast.While):
            self._header(node.test)
        else:
            self._header(node.iter)
            if self.scope == _MODULE:
                self._bind_target(node.target, node)
        self.block(node.body)
        self.block(node.orelse)

    def _match(self, node: ast.Match) -> None:
        self._header(node.subject)
        for case in node.cases:
            self._header(case.guard)
            self.block(case.body)

    def _global(self, node: ast.Global) -> None:
        self.names.update(dict.fromkeys(node.names))

    # the result

    def result(self, parsed: Parsed) -> PythonFacts:
        assert parsed.tree is not None
        found = self.found
        docstring = ast.get_docstring(parsed.tree, clean=False) or ""
        loads = bool(found.loaders) and b"import" in self.data
        return PythonFacts(
            error=parsed.error,
            error_line=parsed.line,
            newer=parsed.newer,
            docstring=docstring.strip()[:600],
            imports=tuple(sorted(self.imports + found.imports, key=lambda item: item.line)),
            definitions=tuple(self.definitions),
            names=tuple(self.names),
            exports=tuple(dict.fromkeys(self.exports)),
            getattr_="__getattr__" in self.names or any(token in self.data for token in _BINDS),
            main_line=self.main_line,
            apps=tuple(found.apps),
            calls=tuple(found.calls),
            routes=tuple(self._routes()),
            environment=tuple(found.environment),
            swallows=tuple(self.swallows.found),
            effects=tuple(self.effects),
            path_roots=found.path_roots(self.values),
            patches=tuple(found.patches),
            loaders=tuple(found.loaders + (found.globs if loads else [])),
            literals=tuple(lexical.literals(self.data, self.texts)),
        )

    def _routes(self) -> Iterator[Route]:
        for route in self.found.routes:
            function = self.functions.get(route.handler.rpartition(".")[2])
            if function is not None and not route.checks:
                route = msgspec.structs.replace(route, checks=checks(function))
            yield route


_TYPE_ALIAS: type[ast.stmt] | None = getattr(ast, "TypeAlias", None)
_WITH_VALUE = {ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return}
_VISITS: dict[type[ast.AST], Callable[[_Walk, Any], None]] = {
    ast.Import: _Walk._import,
    ast.ImportFrom: _Walk._import_from,
    ast.FunctionDef: _Walk._function,
    ast.AsyncFunctionDef: _Walk._function,
    ast.ClassDef: _Walk._class,
    ast.If: _Walk._if,
    ast.Try: _Walk._try,
    ast.TryStar: _Walk._try,
    ast.With: _Walk._with,
    ast.AsyncWith: _Walk._with,
    ast.For: _Walk._loop,
    ast.AsyncFor: _Walk._loop,
    ast.While: _Walk._loop,
    ast.Match: _Walk._match,
    ast.Global: _Walk._global,
}
