"""One walk over the statements of a tree; expressions are entered only where a token says so."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from readiness.facts.python import lexical
from readiness.facts.python.bindings import Bindings
from readiness.facts.python.calls import Expressions, told
from readiness.facts.python.lexical import NEVER, Interest
from readiness.facts.python.model import Definition, Import, PythonFacts, Route
from readiness.facts.python.routes import checks
from readiness.facts.python.shapes import (
    IMPORT_ERRORS,
    WIDE_ERRORS,
    base,
    callee,
    catches,
    guard,
    stub,
    takes,
    texts,
)
from readiness.facts.python.source import Parsed
from readiness.facts.python.swallow import Swallows, starts
from readiness.facts.python.values import dotted

_BINDS = {b"globals()", b"sys.modules[__name__]"}
_DJANGO = b"urlpatterns"
_PATHS = {b"sys.path", b"addsitedir"}
_REGISTERS = (b"_route(", b"Route(")  # functions under paths
_EXPECTS = {"raises", "assertRaises", "assertRaisesRegex", "assertRaisesMessage"}
_MODULE, _CLASS, _FUNCTION = range(3)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def facts(parsed: Parsed) -> PythonFacts:
    """The facts of a parsed file.

    Raises:
        RecursionError: its blocks are nested deeper than our stack.
    """
    tree, data = parsed.tree, parsed.data
    assert tree is not None
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    walk = Walk(data, lexical.interest(data))
    walk.block(tree.body)
    found = walk.result(data, docstring_of(tree), lambda: texts(tree.body))
    if parsed.error:
        error, line, newer = parsed.error, parsed.line, parsed.newer
        found = msgspec.structs.replace(found, error=error, error_line=line, newer=newer)
    return found


def shaping(words: set[bytes]) -> frozenset[bytes]:
    """Of the words of interest of a file, those that decide what is gathered in all of it."""
    return frozenset(
        word for word in words if word in _PATHS or word == _DJANGO or word.endswith(_REGISTERS)
    )


def docstring_of(tree: ast.Module) -> str:
    """The first characters of what a module says of itself."""
    return (ast.get_docstring(tree, clean=False) or "").strip()[:600]


class Walk:
    """Gathers what statements say, in the order in which they stand.

    `data` are the lines that the numbers of the statements count, which end with a newline alone.
    """

    def __init__(self, data: bytes, interest: Interest) -> None:
        django = _DJANGO in interest.words
        self.words = interest.words
        self.found = Expressions(interest.everything, django)
        self.swallows = Swallows(data)
        self.imports: list[Import] = []
        self.bindings = Bindings()
        self.values: dict[str, ast.expr] = {}
        self.functions: dict[str, _Function | bool] = {}  # or whether it checks something
        self.main_line = 0
        self.everything = everything = interest.everything
        self.keeps_values = not _PATHS.isdisjoint(interest.words)
        self.keeps_functions = (
            everything or django or any(word.endswith(_REGISTERS) for word in interest.words)
        )
        self.enters_all = self.keeps_functions or self.keeps_values
        self.hot_lines = iter(()) if everything else iter(interest.lines)
        self.hot = 0 if everything else next(self.hot_lines, NEVER)
        self.scope = _MODULE
        self.where = ""
        self.watched = everything  # are swallowed failures looked for here?
        self.optional = self.typing = self.handling = False
        self.tests: list[ast.expr] = []

    def enter_class(self, name: str) -> None:
        """What follows stands in the body of this class of the module."""
        self.where, self.scope = name, _CLASS

    def block(self, body: list[ast.stmt]) -> None:
        at_module = self.scope == _MODULE
        for node in body:
            kind = type(node)
            visit = _VISITS.get(kind)
            if visit is not None:
                visit(self, node)
                continue
            if at_module:
                branch = "except" if self.handling else "if" if self.tests else ""
                self.bindings.statement(node, self.where, branch)
            if self.keeps_values and isinstance(node, ast.Assign):
                self._remember(node)
            last = node.end_lineno
            if last >= self.hot and self._is_hot(node.lineno, last):  # type: ignore[operator,arg-type]
                self._scan(node)

    def _remember(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Name):
            self.values[node.targets[0].id] = node.value

    def _is_hot(self, first: int, last: int) -> bool:
        """Is there something of interest in these lines? To be asked in their order."""
        if not self.everything:
            while self.hot < first:
                self.hot = next(self.hot_lines, NEVER)
        return self.hot <= last

    def _scan(self, node: ast.AST) -> None:
        target = ""
        if isinstance(node, ast.Assign):
            target = dotted(node.targets[0])
        elif isinstance(node, ast.AnnAssign):
            target = dotted(node.target)
        self.found.scan(node, self.where, target, self._flags("", 0))

    def _header(self, *nodes: ast.expr | None) -> None:
        for node in nodes:
            if node is not None and self._is_hot(node.lineno, node.end_lineno or 0):
                self._scan(node)

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
                self.bindings.names[alias.asname or alias.name.partition(".")[0]] = None

    def _import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            line = alias.lineno if len(node.names) > 1 else node.lineno
            self._add_import(node.module or "", line, alias.name, alias.asname or "", node.level)
            if self.scope == _MODULE and alias.name != "*":
                self.bindings.names[alias.asname or alias.name] = None

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

    # blocks

    def _function(self, node: _Function) -> None:
        where, scope = self.where, self.scope
        name = f"{where}.{node.name}" if where and where != "__main__" else node.name
        if scope == _MODULE:
            self.bindings.names[node.name] = None
        if scope == _MODULE or (scope == _CLASS and name.count(".") == 1):
            self._define(node, name, "function", ())
        decorators, arguments = node.decorator_list, node.args
        first, last = decorators[0].lineno if decorators else node.lineno, node.end_lineno or 0
        is_hot = last >= self.hot and self._is_hot(first, last)
        if is_hot:
            self._header(*decorators, *arguments.defaults, *arguments.kw_defaults, node.returns)
        if decorators:
            self.found.decorated(node)
        if self.keeps_functions:
            self.functions[node.name] = node
        watched = self.everything or starts(node.name)
        if is_hot or watched or self.enters_all:
            self._enter(node, name, watched)

    def _enter(self, node: _Function, name: str, watched: bool) -> None:
        saved = self.where, self.scope, self.watched, self.tests
        flags = self.optional, self.typing, self.handling
        self.where, self.scope, self.tests = name, _FUNCTION, []
        self.watched = watched
        self.optional = self.handling = False
        self.block(node.body)
        self.where, self.scope, self.watched, self.tests = saved
        self.optional, self.typing, self.handling = flags

    def _class(self, node: ast.ClassDef) -> None:
        self._header(*node.decorator_list, *node.bases, *(k.value for k in node.keywords))
        where, scope = self.where, self.scope
        name = f"{where}.{node.name}" if where and where != "__main__" else node.name
        if scope == _MODULE:
            self.bindings.names[node.name] = None
            bases = tuple(filter(None, (base(item) for item in node.bases)))
            self._define(node, name, "class", bases)
        self.where = name
        self.scope = _FUNCTION if scope == _FUNCTION else _CLASS
        self.block(node.body)
        self.where, self.scope = where, scope

    def _define(
        self,
        node: _Function | ast.ClassDef,
        name: str,
        kind: str,
        bases: tuple[str, ...],
    ) -> None:
        self.bindings.definitions.append(
            Definition(
                name=name,
                kind=kind,
                line=node.lineno,
                end_line=node.end_lineno or node.lineno,
                bases=bases,
                decorators=tuple(callee(decorator) for decorator in node.decorator_list),
                stub=stub(node.body),
                takes="" if isinstance(node, ast.ClassDef) else takes(node),
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
        optional, typing = self.optional, self.typing
        for item in node.items:
            call = item.context_expr
            self._header(call)
            if self.scope == _MODULE and item.optional_vars is not None:
                self.bindings.bind(item.optional_vars, node, self.where)
            if not isinstance(call, ast.Call):
                continue
            manager = dotted(call.func).rpartition(".")[2]
            if manager == "suppress":
                self.optional = optional or not WIDE_ERRORS.isdisjoint(_errors(call))
            elif manager in _EXPECTS:
                self.optional = True
                self.typing = typing or not IMPORT_ERRORS.isdisjoint(_errors(call))
        self.block(node.body)
        self.optional, self.typing = optional, typing

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if isinstance(node, ast.While):
            self._header(node.test)
        else:
            self._header(node.iter)
            if self.scope == _MODULE:
                self.bindings.bind(node.target, node, self.where)
        self.block(node.body)
        self.block(node.orelse)

    def _match(self, node: ast.Match) -> None:
        self._header(node.subject)
        for case in node.cases:
            self._header(case.guard)
            self.block(case.body)

    def _global(self, node: ast.Global) -> None:
        self.bindings.names.update(dict.fromkeys(node.names))

    # the result

    def result(
        self, data: bytes, docstring: str, texts: Callable[[], list[tuple[int, int]]]
    ) -> PythonFacts:
        """The facts of the file with these bytes; `texts` as `lexical.literals` takes them."""
        found, bindings = self.found, self.bindings
        loads = bool(found.loaders) and b"import" in data
        return PythonFacts(
            docstring=docstring,
            imports=tuple(sorted(self.imports + found.imports, key=lambda item: item.line)),
            definitions=tuple(bindings.definitions),
            names=tuple(bindings.names),
            exports=tuple(dict.fromkeys(bindings.exports)),
            getattr_="__getattr__" in bindings.names or not _BINDS.isdisjoint(self.words),
            main_line=self.main_line,
            apps=tuple(found.apps),
            calls=tuple(found.calls),
            routes=tuple(self._routes()),
            environment=tuple(found.environment),
            swallows=tuple(self.swallows.found),
            effects=tuple(bindings.effects),
            path_roots=found.path_roots(self.values),
            patches=tuple(found.patches),
            loaders=(
                *found.loaders,
                *(found.globs if loads else ()),
                *told(data, found.loading),
            ),
            literals=tuple(lexical.literals(data, texts)),
            unread_routes=tuple(found.unread_routes),
            scripts=tuple(lexical.scripts(data)),
            shebang=data.startswith(b"#!"),
        )

    def _routes(self) -> Iterator[Route]:
        for route in self.found.routes:
            function = self.functions.get(route.handler.rpartition(".")[2])
            if function is not None and not route.checks:
                made = function if isinstance(function, bool) else checks(function)
                route = msgspec.structs.replace(route, checks=made)
            yield route


def _errors(call: ast.Call) -> Iterator[str]:
    """The exceptions that a context manager is given."""
    for argument in call.args:
        for error in argument.elts if isinstance(argument, ast.Tuple) else (argument,):
            yield dotted(error).rpartition(".")[2]


_VISITS: dict[type[ast.AST], Callable[[Walk, Any], None]] = {
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import_from,
    ast.FunctionDef: Walk._function,
    ast.AsyncFunctionDef: Walk._function,
    ast.ClassDef: Walk._class,
    ast.If: Walk._if,
    ast.Try: Walk._try,
    ast.TryStar: Walk._try,
    ast.With: Walk._with,
    ast.AsyncWith: Walk._with,
    ast.For: Walk._loop,
    ast.AsyncFor: Walk._loop,
    ast.While: Walk._loop,
    ast.Match: Walk._match,
    ast.Global: Walk._global,
}
