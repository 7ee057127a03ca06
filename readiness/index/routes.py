"""Routes: which HTTP paths the code that an entrypoint reaches serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import paths, python
from readiness.facts.python.model import Call, PythonFacts, Route
from readiness.index.inventory import RUN, FileClass

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class ServedRoute(Struct, frozen=True):
    """`path` with the prefixes that could be proven; `certain` when the whole chain was."""

    file: str
    path: str
    route: Route
    certain: bool


class Routes(Struct, frozen=True):
    """`literals`: every path-like string of live code and the files that hold it. `unread`: the
    files and lines that register a route on a known router below a path that is not known."""

    served: tuple[ServedRoute, ...] = ()
    literals: dict[str, tuple[str, ...]] = {}
    unread: tuple[tuple[str, int], ...] = ()


class _Prefix(Struct, frozen=True):
    text: str
    certain: bool


_Router = tuple[str, str]  # the file, and the dotted name there
_APPS = {"FastAPI", "Flask", "Starlette", "Quart", "Sanic", "Litestar", "Bottle", "Application"}
_MOUNTS = {"include_router", "register_blueprint", "mount", "add_sub_app", "add_subapp"}
_MOST = 8  # prefixes of one router
_DEPTH = 10
_NEXT = re.compile(
    r"(?:^|/)(?:src/)?(?:app/(?:(?P<app>.*)/)?(?P<kind>route|page)|pages/(?P<pages>.+))"
    r"\.(?:ts|js|tsx|jsx|mjs)"
)


def build(index: RepoIndex) -> Routes:
    files = {
        path: facts for path, facts in index.each(python.SLICE) if index.inventory.is_(path, *RUN)
    }
    table = _Table(index, files)
    served = [route for path, facts in files.items() for route in table.served(path, facts)]
    unread = [place for path, facts in files.items() for place in table.unread(path, facts)]
    return Routes((*served, *_next(index)), _literals(index, files), tuple(unread))


def _literals(index: RepoIndex, files: dict[str, PythonFacts]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for path, facts in files.items():
        own = [literal for literal, _ in facts.literals if literal.startswith("/")]
        for literal in own + [route.path for route in facts.routes]:
            found.setdefault(literal, {})[path] = None
    for path, other in index.each(paths.SLICE):
        if index.inventory.is_(path, *RUN):
            for literal, _ in other.literals:
                found.setdefault(literal, {})[path] = None
    return {literal: tuple(holders) for literal, holders in found.items()}


def join(prefix: str, path: str) -> str:
    """A route below a prefix, with one slash between them and one at the start."""
    return "/" + f"{prefix.strip('/')}/{path.lstrip('/')}".lstrip("/")


def _next(index: RepoIndex) -> Iterator[ServedRoute]:
    """What the folders of a Next.js application serve."""
    for path in index.files:
        match = _NEXT.search(path) if path.endswith(("s", "x")) else None
        if match is None or not index.inventory.is_(path, FileClass.LIVE):
            continue
        parts = (match["app"] if match["kind"] else match["pages"]) or ""
        segments = [
            "{}" if segment.startswith("[") else segment
            for segment in parts.split("/")
            if segment and not segment.startswith(("(", "@", "_")) and segment != "index"
        ]
        served = "/" + "/".join(segments)
        yield ServedRoute(path, served, Route(served, 1), True)


class _Table:
    """Resolves routers over the files: what they are included in, and below which prefix."""

    def __init__(self, index: RepoIndex, files: dict[str, PythonFacts]) -> None:
        self._index = index
        self._files = files
        self._own: dict[_Router, _Prefix] = {}
        self._apps: set[_Router] = set()
        self._parents: dict[_Router, list[tuple[_Router, _Prefix]]] = {}
        self._resolved: dict[_Router, _Router | None] = {}
        self._roots: dict[str, list[_Prefix]] = {}
        self._urls: dict[str, list[tuple[str, str]]] = {}  # Django: module -> (file, prefix)
        for path, facts in files.items():
            for call in facts.apps:
                if call.target and call.name.rpartition(".")[2] in _APPS:
                    self._apps.add((path, call.target))
            for call in facts.calls:
                if call.target and call.name.rpartition(".")[2] in ("APIRouter", "Blueprint"):
                    self._own[path, call.target] = _prefix(call)
        for path, facts in files.items():
            for call in facts.calls:
                self._mount(path, facts, call)

    def _mount(self, path: str, facts: PythonFacts, call: Call) -> None:
        name, _, method = call.name.rpartition(".")
        if method == "include" and "prefix" in call.keywords:
            prefix = call.keywords["prefix"].lstrip("^")
            for module in filter(None, call.arguments):
                self._urls.setdefault(module, []).append((path, prefix))
        if method not in _MOUNTS or not call.names:
            return
        below = _prefix(call)
        if method == "mount" and call.arguments:
            below = _Prefix(call.arguments[0], True)
        child = self._resolve(path, facts, call.names[-1])
        if child is not None:
            self._parents.setdefault(child, []).append(((path, name), below))

    def _resolve(self, path: str, facts: PythonFacts, name: str) -> _Router | None:
        """Where the router of a dotted name is made, over imports and packages' `__init__`."""
        if (path, name) not in self._resolved:
            self._resolved[path, name] = None  # while it is looked for: imports may be circular
            self._resolved[path, name] = self._look(path, facts, name)
        return self._resolved[path, name]

    def _look(self, path: str, facts: PythonFacts, name: str) -> _Router | None:
        if (path, name) in self._own or (path, name) in self._apps:
            return path, name
        head, _, rest = name.partition(".")
        for line, local, original in _imports(facts):
            if local != head:
                continue
            for target in self._targets(path, line, original):
                inner = self._files.get(target)
                if inner is None:
                    continue
                names = [rest] if rest else [original]
                if original and rest and not _is_module(target, original):
                    names = [f"{original}.{rest}"]
                for wanted in names:
                    found = self._resolve(target, inner, wanted)
                    if found is not None:
                        return found
        return None

    def _targets(self, path: str, line: int, original: str) -> list[str]:
        """The files that an import at a line reaches, the module of that very name first."""
        edges = self._index.imports.imports.get(path, ())
        found = [edge.target for edge in edges if edge.line == line]
        return sorted(found, key=lambda target: not _is_module(target, original))

    def prefixes(self, router: _Router, seen: tuple[_Router, ...] = ()) -> list[_Prefix]:
        """Every prefix below which a router is served; empty where it is included nowhere."""
        own = self._own.get(router, _Prefix("", True))
        if router in self._apps and router not in self._parents:
            return [_Prefix("", True)]
        found = []
        if router not in seen and len(seen) < _DEPTH:
            for parent, prefix in self._parents.get(router, ()):
                for above in self.prefixes(parent, (*seen, router))[:_MOST]:
                    text = join(join(above.text, prefix.text), own.text)
                    certain = above.certain and prefix.certain and own.certain
                    found.append(_Prefix(text.rstrip("/"), certain))
        return found[:_MOST]

    def served(self, path: str, facts: PythonFacts) -> Iterator[ServedRoute]:
        for route in facts.routes:
            found = self._django(path) if not route.router else []
            if route.router:
                router = self._resolve(path, facts, route.router)
                found = self.prefixes(router) if router else []
                own = self._own.get(router) if router else None
                if not found:
                    found = [_Prefix(own.text if own else "", False)]
            for prefix in found:
                pattern = route.path.lstrip("^").rstrip("$")
                yield ServedRoute(
                    path, join(prefix.text, pattern), route, prefix.certain and route.whole
                )

    def unread(self, path: str, facts: PythonFacts) -> Iterator[tuple[str, int]]:
        yield from ((path, route.line) for route in facts.routes if not route.whole)
        for name, line in facts.unread_routes:
            if self._resolve(path, facts, name) is not None:
                yield path, line

    def _django(self, path: str) -> list[_Prefix]:
        """The prefixes of a URL configuration: those that include its module, else it is a root."""
        if path not in self._roots:
            self._roots[path] = []  # while it is looked for: modules may include each other
            dotted = "." + path.removesuffix(".py").replace("/", ".")
            includes = [
                entry
                for module, entries in self._urls.items()
                if dotted.endswith("." + module)
                for entry in entries
                if entry[0] != path
            ]
            found = [
                _Prefix(join(above.text, prefix), above.certain)
                for file, prefix in includes
                for above in self._django(file)
            ]
            self._roots[path] = found[:_MOST] if includes else [_Prefix("", True)]
        return self._roots[path]


def _prefix(call: Call) -> _Prefix:
    """The literal prefix of a router or of the call that includes one."""
    given = call.keywords.get("prefix", call.keywords.get("url_prefix", ""))
    literal = not given or given.startswith("/")
    return _Prefix(given if literal else "", literal)


def _imports(facts: PythonFacts) -> Iterator[tuple[int, str, str]]:
    """(line, local name, imported name) of each import."""
    for found in facts.imports:
        original = found.name or found.module.rpartition(".")[2]
        yield found.line, found.alias or found.name or found.module.partition(".")[0], original


def _is_module(path: str, name: str) -> bool:
    return path.endswith((f"/{name}.py", f"/{name}/__init__.py")) or path == f"{name}.py"
