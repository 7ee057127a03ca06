"""Applications: what a Python file says of itself: that it serves, works off tasks, or is a tool.

Facts alone decide here; who starts the file is the matter of `launches`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from readiness.facts.python import Call, PythonFacts
from readiness.facts.python.calls import FACTORIES
from readiness.index.starts import Role


class Told(Struct, frozen=True):
    """`makes`: the file makes the application itself; else it fetches or starts one.

    `names` are the names under which the application stands at module level."""

    role: Role
    line: int
    summary: str
    makes: bool = False
    django: bool = False
    names: tuple[str, ...] = ()


_API = frozenset(
    "FastAPI Flask Starlette Quart Sanic Litestar Bottle Falcon Robyn BlackSheep Chalice Eve "
    "get_wsgi_application get_asgi_application web.Application tornado.web.Application "
    "falcon.App falcon.asgi.App connexion.App connexion.FlaskApp connexion.AsyncApp "
    "Connexion".split()
)
_DJANGO = frozenset(("get_wsgi_application", "get_asgi_application"))
_WORKERS = frozenset(("Celery", "Huey", "RedisHuey", "Dramatiq"))
_PAGES = frozenset(("Dash", "dash.Dash"))
_SERVERS = (
    *("uvicorn.run", "uvicorn.Server", "hypercorn.run", "waitress.serve", "web.run_app"),
    *("run_simple", "serve_forever", "make_server", "socketio.run", "StandaloneApplication"),
    *("run_app", "granian.Granian"),
)
_RUNS = frozenset(("app.run", "application.run", "server.run"))
_NETWORK = frozenset(("host", "port", "debug", "ssl_context", "threaded"))
_LISTENING = frozenset(
    "gradio nicegui uvicorn hypercorn waitress aiohttp tornado flask fastapi sanic bottle grpc "
    "websockets socketserver twisted panel dash".split()
)
_HERE = ("", "__main__")


def told(path: str, facts: PythonFacts, functions: Iterable[str] = ()) -> Told | None:
    """The role that a file plays by its own code; null for a file that starts nothing.

    `functions` are those of the file that something outside of it starts."""
    made = [(call, role) for call in facts.apps if (role := _role(call)) is not None]
    here = [(call, role) for call, role in made if call.where in _HERE]
    web = any(role is Role.API for _, role in made)
    for role in (Role.API, Role.FRONTEND, Role.WORKER):
        own = [call for call, found in here if found is role]
        if own:
            call = own[0]
            django = call.name.rpartition(".")[2] in _DJANGO
            names = tuple(each.target for each in own if each.target)
            summary = f"makes the application with {call.name}()"
            return Told(role, call.line, summary, not django, django, names)
    running = _running(facts, functions)
    for call in facts.calls:
        if call.where in running and _serves(call, web):
            makes = any(role is Role.API for _, role in made)
            return Told(Role.API, call.line, f"starts the server with {call.name}()", makes)
    for call in facts.calls:
        if call.name.rpartition(".")[2] in FACTORIES and call.where == "" and call.target:
            summary = f"takes the application from {call.name}()"
            return Told(Role.API, call.line, summary, names=(call.target,))
    name = path.rpartition("/")[2]
    if name in ("wsgi.py", "asgi.py") and {"application", "app"} & set(facts.names):
        line = next((d.line for d in facts.definitions if d.name in ("application", "app")), 1)
        return Told(Role.API, line, "holds the application that a server loads")
    if any(call.name.endswith("execute_from_command_line") for call in facts.calls):
        return Told(Role.CLI, facts.main_line or 1, "is Django's command line", django=True)
    if name == "__main__.py":
        return Told(Role.CLI, 1, "is what `python -m` runs")
    return None


def _role(call: Call) -> Role | None:
    last = call.name.rpartition(".")[2]
    for names, role in ((_API, Role.API), (_WORKERS, Role.WORKER), (_PAGES, Role.FRONTEND)):
        if call.name in names or last in names:
            return role
    return None


def imports_server(facts: PythonFacts) -> bool:
    """Does it import a library whose programs answer on a port?"""
    return any(
        imported.module.partition(".")[0] in _LISTENING or imported.module == "http.server"
        for imported in facts.imports
        if not imported.level
    )


def _serves(call: Call, web: bool) -> bool:
    if call.name in _RUNS:
        return web or bool(_NETWORK & set(call.keywords))
    return any(call.name == name or call.name.endswith("." + name) for name in _SERVERS)


def _running(facts: PythonFacts, functions: Iterable[str]) -> set[str]:
    """The functions that run when the file is started, over calls within it."""
    running = {*_HERE, *functions}
    calls: dict[str, list[str]] = {}
    for call in facts.calls:
        calls.setdefault(call.where, []).append(call.name)
    pending = list(running)
    while pending:
        for name in calls.get(pending.pop(), ()):
            if name not in running:
                running.add(name)
                pending.append(name)
    return running
