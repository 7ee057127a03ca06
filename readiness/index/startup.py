"""Startup: what runs when an application starts, before it serves, in the order of its calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import python
from readiness.facts.python import Call, Import, PythonFacts
from readiness.index.entrypoints import Role
from readiness.index.references import Use

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Function(Struct, frozen=True):
    """`name` is dotted as facts write it (`App.start`), "" for the module's own statements and
    "__main__" for those under the guard. `caller` is the function that calls it, "" for the first;
    `depth` counts the calls from there."""

    path: str
    name: str
    caller: str = ""
    depth: int = 0


class Step(Struct, frozen=True):
    """One call that is made while the application starts."""

    function: Function
    call: Call


class Startup(Struct, frozen=True):
    """`functions` run while `path` starts, each once; `steps` are their calls, in order as far as
    the calls tell it: what a called function calls stands right behind its call."""

    path: str
    functions: tuple[Function, ...] = ()
    steps: tuple[Step, ...] = ()

    def function(self, path: str, name: str) -> Function | None:
        """That function of that file, if it runs."""
        for each in self.functions:
            if (each.path, each.name) == (path, name):
                return each
        return None

    def chain(self, function: Function) -> str:
        """The names over which it is called: "lifespan -> App.start -> check_health"."""
        names = [function.name or function.path]
        while function.caller and len(names) < DEEPEST:
            found = next((f for f in self.functions if f.name == function.caller), None)
            if found is None:
                break
            names.append(found.name)
            function = found
        return " -> ".join(reversed(names))


DEEPEST = 4  # calls of calls
_MOST = 4_000  # steps
_HOOKS = re.compile(
    r"(?:_*app_?)?_*lifespan\w*|(?:on_|app_|_)*start_?up(?:_event|_handler)?|before_serving"
    r"|on_start"
)
_DECORATORS = re.compile(
    r"(?:.+\.)?(?:on_event|before_serving|before_server_start|on_startup|listener|before_first_request)"
)
_ENDS = re.compile(r"(?i)shut_?down|stop|close|cleanup|teardown")
_ASIDE = ("create_task", "ensure_future", "start_soon", "add_task", "add_job", "Thread")
_TAKES_FUNCTIONS = ("add_event_handler", "run_until_complete", "asyncio.run", "anyio.run")
_MODULE = ("", "__main__")


def build(index: RepoIndex) -> dict[str, Startup]:
    """The startup of every primary application and worker, by its path."""
    return {
        each.path: of(index, each.path)
        for each in index.entrypoints.all
        if each.primary and each.role in (Role.API, Role.WORKER)
    }


def of(index: RepoIndex, path: str) -> Startup:
    """The startup of the application, worker or script at `path`."""
    return _Walk(index, path).walk()


class _Walk:
    def __init__(self, index: RepoIndex, path: str) -> None:
        self._index = index
        self._path = path
        self._seen: set[tuple[str, str]] = set()
        self._functions: list[Function] = []
        self._steps: list[Step] = []
        self._own: dict[str, dict[str, None]] = {}

    def walk(self) -> Startup:
        for path in self._files():
            facts = self._index.facts(python.SLICE, path)
            if facts is None:
                continue
            for name in _MODULE if path == self._path else ("",):
                self._enter(Function(path, name))
            for file, name in self._hooks(path, facts):
                self._enter(Function(file, name, path, 1))
        return Startup(self._path, tuple(self._functions), tuple(self._steps))

    def _files(self) -> Iterator[str]:
        """The file itself, and those that make the application which it starts."""
        yield self._path
        found = {
            reference.target
            for reference in self._index.references.from_.get(self._path, ())
            if reference.use is Use.RUNS
        }
        for edge in self._index.imports.imports.get(self._path, ()):
            if not (edge.lazy or edge.typing):
                found.add(edge.target)
        for path in sorted(found):
            facts = self._index.facts(python.SLICE, path)
            if facts is not None and any(call.name != "Celery" for call in facts.apps):
                yield path

    def _enter(self, function: Function) -> None:
        if (function.path, function.name) in self._seen or len(self._steps) > _MOST:
            return
        self._seen.add((function.path, function.name))
        facts = self._index.facts(python.SLICE, function.path)
        if facts is None:
            return
        self._functions.append(function)
        own = [call for call in facts.calls if call.where == function.name]
        aside = {
            name.removesuffix("()")
            for call in own
            if call.name.endswith(_ASIDE)
            for name in call.names
        }
        for call in own:
            self._steps.append(Step(function, call))
            ends = _ENDS.search(call.name.rpartition(".")[2])
            if function.depth < DEEPEST and not ends and call.name not in aside:
                self._follow(function, call, facts)

    def _follow(self, function: Function, call: Call, facts: PythonFacts) -> None:
        caller = function.name if function.name not in _MODULE else function.path
        handed = call.name.endswith(_TAKES_FUNCTIONS) and "shutdown" not in call.arguments
        names = [name.removesuffix("()") for name in call.names] if handed else []
        for name in (call.name, *names):
            for path, found in self._resolve(function.path, facts, call.where, name):
                self._enter(Function(path, found, caller, function.depth + 1))
                made = self._index.facts(python.SLICE, path) if name in names else None
                for inner in _functions(made) if made is not None else ():
                    if inner.startswith(f"{found}."):
                        self._enter(Function(path, inner, caller, function.depth + 1))

    def _hooks(self, path: str, facts: PythonFacts) -> Iterator[tuple[str, str]]:
        """The lifespan and start-up functions that the file names or defines."""
        for app in facts.apps:
            for key in ("lifespan", "on_startup"):
                given = app.keywords.get(key, "")
                if given:
                    yield from self._resolve(path, facts, app.where, given)
        decorated = {
            each.name: each.decorators for each in facts.definitions if each.kind == "function"
        }
        for name in _functions(facts):
            last = name.rpartition(".")[2]
            hooked = any(map(_DECORATORS.fullmatch, decorated.get(name, ())))
            if (_HOOKS.fullmatch(last) or hooked) and not _ENDS.search(last):
                yield path, name

    def _resolve(
        self, path: str, facts: PythonFacts, where: str, name: str
    ) -> Iterator[tuple[str, str]]:
        """The functions that a dotted name may mean in a function of a file."""
        head, dot, _ = name.partition(".")
        last = name.rpartition(".")[2]
        if last in ("", "__init__"):
            return
        own = self._functions_of(path, facts)
        if not dot:
            yield from ((path, found) for found in _named(own, where, last))
        elif head in ("self", "cls"):
            class_ = where.partition(".")[0]
            if name.count(".") == 1 and f"{class_}.{last}" in own:
                yield path, f"{class_}.{last}"
                return
        imported = _import_of(facts, head)
        if imported is not None:
            yield from self._imported(path, imported, name, 0)
        elif dot and head not in ("self", "cls", "super", "super()"):
            methods = [found for found in own if found.endswith(f".{last}") and _class(found, own)]
            if len(methods) == 1:
                yield path, methods[0]

    def _functions_of(self, path: str, facts: PythonFacts) -> dict[str, None]:
        found = self._own.get(path)
        if found is None:
            found = self._own[path] = _functions(facts)
        return found

    def _imported(
        self, path: str, imported: Import, name: str, depth: int
    ) -> Iterator[tuple[str, str]]:
        last = name.rpartition(".")[2]
        edges = self._index.imports.imports.get(path, ())
        targets = {edge.target for edge in edges if edge.line == imported.line}
        for target in sorted(targets):
            facts = self._index.facts(python.SLICE, target)
            if facts is None:
                continue
            own = self._functions_of(target, facts)
            bare = "." not in name
            wanted = imported.name if bare and imported.name else last
            found = [each for each in own if each == wanted]
            if not found and not bare:
                found = [each for each in own if each.endswith(f".{wanted}") and _class(each, own)]
                found = found if len(found) == 1 else []
            yield from ((target, each) for each in found)
            again = _import_of(facts, imported.name or name.partition(".")[0])
            if not found and again is not None and depth < DEEPEST:
                renamed = again.name if bare else f"{again.name}.{last}"
                yield from self._imported(target, again, renamed or last, depth + 1)


def _functions(facts: PythonFacts) -> dict[str, None]:
    """The functions of a file, also those defined in others, in the order in which they stand."""
    names = {each.name: None for each in facts.definitions if each.kind == "function"}
    names.update((each.where, None) for each in facts.calls if each.where not in _MODULE)
    names.update((each.where, None) for each in facts.swallows if each.where not in _MODULE)
    return names


def _named(own: dict[str, None], where: str, last: str) -> list[str]:
    """The functions of that name that can be seen from `where`: those inside of it first."""
    for scope in (where, where.rpartition(".")[0], ""):
        name = f"{scope}.{last}" if scope and scope != "__main__" else last
        if name in own:
            return [name]
    return []


def _class(name: str, own: dict[str, None]) -> bool:
    """Is it a method, and no function in a function?"""
    return name.count(".") == 1 and name.partition(".")[0] not in own


def _import_of(facts: PythonFacts, name: str) -> Import | None:
    """The import that binds a name."""
    for each in facts.imports:
        if (each.alias or each.name or each.module.partition(".")[0]) == name and not each.typing:
            return each
    return None
