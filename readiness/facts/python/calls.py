"""What single expressions say: calls of interest, reads of the environment, loaders, routes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from readiness.facts.credentials import veil
from readiness.facts.python.model import Call, EnvironmentRead, Import, Route
from readiness.facts.python.routes import REGISTRARS, Unread, decorated, registered
from readiness.facts.python.values import PathReader, children, dotted, literal, parts, text

APPLICATIONS = {
    "FastAPI", "Flask", "Starlette", "Quart", "Sanic", "Litestar", "Celery", "Bottle", "Falcon",
    "FastMCP", "Robyn", "BlackSheep", "get_wsgi_application", "get_asgi_application",
    "web.Application", "tornado.web.Application", "falcon.App", "falcon.asgi.App", "dash.Dash",
    "Dash", "Dramatiq", "Huey", "RedisHuey", "Typer", "typer.Typer", "Chalice", "Eve",
    "connexion.App", "connexion.FlaskApp", "connexion.AsyncApp", "Connexion",
}  # fmt: skip
SERVERS = {
    "uvicorn.run", "uvicorn.Server", "uvicorn.Config", "hypercorn.run", "waitress.serve",
    "web.run_app", "run_app", "run_simple", "make_server", "serve_forever", "worker_main",
    "execute_from_command_line", "StandaloneApplication", "app.run", "application.run",
    "socketio.run", "mcp.run", "IOLoop.current().start", "serving.run_simple",
}  # fmt: skip
ROUTERS = {
    "APIRouter", "Blueprint", "include_router", "register_blueprint", "mount", "Mount",
    "add_middleware", "autodiscover_tasks", "include", "add_routes", "add_router", "Router",
    "SimpleRouter", "DefaultRouter", "BlueprintGroup", "add_sub_app", "add_subapp", "Namespace",
    "add_namespace", "add_event_handler", "add_typer", "add_command", "add_periodic_task",
}  # fmt: skip
_DJANGO = {"path", "re_path", "url"}
_LOADERS = {
    "spec_from_file_location", "SourceFileLoader", "walk_packages", "iter_modules", "entry_points",
    "iter_entry_points", "import_string", "import_object", "load_source", "run_path",
    "DottedNameResolver", "find_modules", "import_submodules", "load_module", "locate",
    "import_from_string", "exec_module", "import_class", "ExtensionManager", "DriverManager",
}  # fmt: skip
_IMPORTERS = {"import_module", "__import__", "run_module", "importorskip"}
_READS = ("os.getenv", "environ.get", "environ.pop")
_GLOBS = {"rglob", "glob", "iglob", "iterdir", "listdir", "walk", "scandir", "joinpath"}
_SPLITS = {"rsplit", "rpartition", "join"}  # how the module is taken from a whole dotted name
FACTORIES = {
    "create_app", "make_app", "get_app", "build_app", "create_application", "get_application",
    "make_application", "build_application", "app_factory", "application_factory",
    "create_asgi_app", "create_wsgi_app",
}  # fmt: skip
_LAST_NAMES = {name.rpartition(".")[2] for name in APPLICATIONS | SERVERS}
INTERESTING = _LAST_NAMES | ROUTERS | REGISTRARS | FACTORIES
_MAKES = {"create": True, "raising": False}  # of a patch whose target need not be there
_NOISE = {
    "print", "len", "str", "int", "float", "bool", "dict", "list", "set", "tuple", "isinstance",
    "getattr", "setattr", "hasattr", "range", "enumerate", "zip", "sorted", "min", "max", "sum",
    "any", "all", "repr", "type", "super", "format", "append", "items", "keys", "values", "join",
    "strip", "split", "lower", "upper", "replace", "startswith", "endswith", "isoformat", "debug",
    "info", "warning", "error", "exception", "critical", "getLogger", "encode", "decode", "extend",
    "pop", "update", "copy", "now", "utcnow", "time", "next", "iter", "abs", "round", "field",
}  # fmt: skip
_MOST_TOLD = 50
MOST = 1500  # calls that are kept of one file


class Expressions:
    """Gathers what the expressions of one file say, in the order in which they are scanned."""

    def __init__(self, everything: bool, django: bool) -> None:
        self.everything = everything
        self.django = django
        self.apps: list[Call] = []
        self.calls: list[Call] = []
        self.routes: list[Route] = []
        self.unread_routes: list[Unread] = []
        self.environment: list[EnvironmentRead] = []
        self.patches: list[tuple[str, int]] = []
        self.loaders: list[Call] = []
        self.globs: list[Call] = []
        self.loading: set[str] = set()  # the functions that import what they are told to
        self.imports: list[Import] = []
        self.roots: list[ast.expr] = []

    def scan(self, node: ast.AST, where: str, target: str, imported: Import) -> None:
        """Reads the expressions below `node`; `imported` lends its flags to dynamic imports."""
        found: list[ast.Call] = []
        stack: list[ast.AST] = [node]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Name or kind is ast.Constant:
                continue
            if kind is ast.Call:
                found.append(node)  # type: ignore[arg-type]
            elif kind is ast.Subscript:
                self._subscript(node, where)  # type: ignore[arg-type]
            elif kind is ast.Compare:
                self._compare(node, where)  # type: ignore[arg-type]
            elif kind is ast.BinOp:
                self._step(node, where)  # type: ignore[arg-type]
            stack += children(node)
        found.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
        outermost = found[-1] if found else None
        for call in found:
            self._call(call, where, target if call is outermost else "", imported)

    def _call(self, node: ast.Call, where: str, target: str, imported: Import) -> None:
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        if last in _IMPORTERS:
            self._import(node, name, where, imported)
        elif last in _LOADERS or (last == "exec" and name == "exec"):
            self.loaders.append(_loader(node, name, where))
        elif last in _GLOBS or (last in _SPLITS and _at_dots(node)):
            self.globs.append(_loader(node, name, where))
        elif last in ("getenv", "get", "pop", "config", "str", "bool", "int", "env"):
            self._read(node, name, where)
        elif last in ("patch", "setattr", "dict", "multiple") or name.endswith("patch"):
            self._patch(node, name)
        elif name in ("sys.path.insert", "path.insert", "sys.path.append", "path.append"):
            self.roots.extend(node.args[-1:])
        elif name == "sys.path.extend" and isinstance(
            node.args[0] if node.args else None, ast.List
        ):
            self.roots.extend(node.args[0].elts)  # type: ignore[attr-defined]
        elif last == "addsitedir":
            self.roots.extend(node.args[:1])
        if last in APPLICATIONS or name in APPLICATIONS:
            self.apps.append(_made(node, name, where, target))
        if last in REGISTRARS or (self.django and last in _DJANGO):
            self._registered(node, name, where)
        if len(self.calls) < MOST and (
            (last in ROUTERS and not (self.django and last == "include"))
            or name in SERVERS
            or last in SERVERS
            or last in FACTORIES
            or (self.everything and name and last not in _NOISE)
        ):
            self.calls.append(_made(node, name, where, target))

    def _import(self, node: ast.Call, name: str, where: str, imported: Import) -> None:
        module = literal(node.args[0]) if node.args else None
        if module is None:
            self.loaders.append(_loader(node, name, where))
            self.loading.update(filter(None, (where.partition(".")[0], where.rpartition(".")[2])))
            return
        level = len(module) - len(module.lstrip("."))
        package = literal(node.args[1]) if level and len(node.args) > 1 else None
        if package:
            module, level = f"{package}.{module.lstrip('.')}", 0
        self.imports.append(
            Import(
                module=module.lstrip("."),
                line=node.lineno,
                level=level,
                optional=imported.optional or name.endswith("importorskip"),
                typing=imported.typing,
                lazy=imported.lazy,
                dynamic=True,
            )
        )

    def _read(self, node: ast.Call, name: str, where: str) -> None:
        key = literal(node.args[0]) if node.args else None
        if key is None:
            if node.args and name.endswith(_READS):
                self.environment.append(EnvironmentRead("", node.lineno, None, where))
            return
        helper = name in ("getenv", "config", "decouple.config") or name.partition(".")[0] == "env"
        if not (helper and key.isupper()) and not name.endswith(_READS):
            return
        given = node.args[1] if len(node.args) > 1 else None
        for keyword in node.keywords:
            if keyword.arg == "default":
                given = keyword.value
        default = literal(given)
        if default is not None:
            default = veil(key, default)
        self.environment.append(EnvironmentRead(key, node.lineno, default, where))

    def _subscript(self, node: ast.Subscript, where: str) -> None:
        if isinstance(node.ctx, ast.Load) and dotted(node.value).endswith("environ"):
            key = literal(node.slice) or ""
            self.environment.append(EnvironmentRead(key, node.lineno, None, where))

    def _step(self, node: ast.BinOp, where: str) -> None:
        part = literal(node.right) if isinstance(node.op, ast.Div) else None
        if part:
            self.globs.append(Call("/", node.lineno, (part,), where=where))

    def _compare(self, node: ast.Compare, where: str) -> None:
        key = literal(node.left)
        if key is not None and dotted(node.comparators[0]).endswith("environ"):
            self.environment.append(EnvironmentRead(key, node.lineno, None, where))

    def _patch(self, node: ast.Call, name: str) -> None:
        target = literal(node.args[0]) if node.args else None
        if not (target and "." in target and target.replace(".", "").isidentifier()):
            return
        makes = any(
            word.arg in _MAKES and getattr(word.value, "value", None) is _MAKES[word.arg]
            for word in node.keywords
        )
        if "patch" in name and "dispatch" not in name and not makes:
            self.patches.append((target, node.lineno))

    def _registered(self, node: ast.Call, name: str, where: str) -> None:
        found = registered(node, name)
        if isinstance(found, Call):
            self.calls.append(msgspec.structs.replace(found, where=where))
        else:
            self._route(found)

    def decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """The routes that the decorators of a function register."""
        for decorator in node.decorator_list:
            self._route(decorated(decorator, node))

    def _route(self, found: Route | Unread | None) -> None:
        if isinstance(found, Unread):
            self.unread_routes.append(found)
        elif found is not None:
            self.routes.append(found)

    def path_roots(self, values: dict[str, ast.expr]) -> tuple[str, ...]:
        """The literal inserts into `sys.path`, in order, each once."""
        reader = PathReader(values)
        read = (reader.read(node) for node in self.roots)
        return tuple(dict.fromkeys(root for root in read if root is not None))


def _made(node: ast.Call, name: str, where: str, target: str) -> Call:
    keywords = {}
    for keyword in node.keywords:
        value = text(keyword.value) if keyword.arg else None
        if value is not None and keyword.arg:
            keywords[keyword.arg] = veil(keyword.arg, value)
    names = (dotted(a) for a in node.args if isinstance(a, ast.Name | ast.Attribute | ast.Call))
    return Call(
        name=name,
        line=node.lineno,
        arguments=tuple(value for a in node.args if (value := literal(a)) is not None),
        keywords=keywords,
        where=where,
        names=tuple(name for name in names if name),
        target=target,
    )


def _at_dots(node: ast.Call) -> bool:
    """Is it `name.rsplit(".", 1)`, `name.rpartition(".")` or `".".join(names)`?"""
    joined = isinstance(node.func, ast.Attribute) and node.func.attr == "join"
    dot = node.func.value if joined else node.args[0] if node.args else None  # type: ignore[attr-defined]
    return literal(dot) == "."


def told(data: bytes, functions: Iterable[str]) -> Iterator[Call]:
    """The calls of these functions with a literal name, as the characters of the file show them:
    `finder("views")`; the name of each is "told"."""
    names = b"|".join(sorted(name.encode() for name in functions))
    called = re.compile(rb"(?<![\w.])(?:(?:self|cls)\.)?(?:%s)\(\s*[\"']([\w.]{1,99})[\"']" % names)
    for match in islice(called.finditer(data) if names else (), _MOST_TOLD):
        line = data.count(b"\n", 0, match.start()) + 1
        yield Call("told", line, (match[1].decode("utf-8", "replace"),))


def _loader(node: ast.Call, name: str, where: str) -> Call:
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    return Call(
        name=name,
        line=node.lineno,
        arguments=tuple(part for argument in arguments for part in parts(argument))[:12],
        where=where,
    )
