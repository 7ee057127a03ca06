"""Which routes tell of health and readiness, and what else speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from readiness.facts import python
from readiness.facts.python import PythonFacts
from readiness.index import RepoIndex
from readiness.index.entrypoints import Entrypoint
from readiness.index.inventory import FileClass
from readiness.index.routes import ServedRoute
from readiness.model import Evidence
from readiness.rule import against, for_

from ._figures import counted
from ._probes import pod_probes, probes

READY = re.compile(
    r"(?:^|/)(?:[-_]*ready[-_]?z?|readiness(?:[-_]?(?:check|probe))?z?|__heartbeat__)/?$"
)
_HEALTH = re.compile(
    r"(?:^|/)_*(?:health(?:[-_]?check)?z?|live(?:ness|z)?|alive|ping|status|heartbeat|up|ht)_*"
    r"(?:\.json)?/?$"
)
_CHECKERS = frozenset(
    "health_check healthcheck dockerflow watchman fastapi_health fastapi_healthcheck "
    "fastapi_healthchecks django_healthchecks flask_healthz py_healthcheck".split()
)


class Told(NamedTuple):
    """The routes of an application, those of readiness and of health, what matters most first.
    `unread`: the files and lines that register others, whose paths are not known."""

    routes: list[ServedRoute]
    ready: list[ServedRoute]
    health: list[ServedRoute]
    unread: tuple[tuple[str, int], ...]

    @property
    def checking(self) -> list[ServedRoute]:
        return [route for route in self.health if checks(route)]

    @property
    def message(self) -> str:
        if self.ready:
            return f"{self.ready[0].path} answers without checking anything"
        if self.checking:
            route = self.checking[0]
            what = "checks" if route.route.checks else "may check"
            return f"no readiness route: only {route.path}, which liveness shares, {what} something"
        if self.health:
            path = self.health[0].path
            return f"no readiness route: {path} only says that the process answers"
        return "the application serves neither a readiness nor a health route of a usual name"

    def evidence(self) -> Iterator[Evidence]:
        yield for_(f"none of {len(self.routes)} routes is a readiness route that checks something")
        for route in (*self.ready[:2], *self.health[:3]):
            where = (route.file, route.route.line)
            if route.route.checks:
                yield against(f"{route.path} checks something", *where)
            elif checks(route):
                by = route.route.handler or "what is not read here"
                yield against(
                    f"{route.path} is answered by {by}, which may check something", *where
                )
            else:
                yield for_(f"{route.path} answers with a constant", *where)
        if self.unread:
            places = counted(len(self.unread), "place")
            text = f"the paths of routes are put together at run time in {places}"
            yield against(text, *self.unread[0])


def told(index: RepoIndex, primary: Entrypoint | None) -> Told:
    """What the routes of the primary application tell, in a repository that serves some: those of
    its service, else of all live code."""
    service = primary.service.strip("/.") if primary else ""
    folder = f"{service}/" if service else ""
    routes = [route for route in index.routes.served if route.file.endswith(".py")]
    unread = index.routes.unread

    def is_near(file: str) -> bool:
        return file.startswith(folder) or file in index.reachability.reached

    if primary is not None and any(is_near(route.file) for route in routes):
        routes = [route for route in routes if is_near(route.file)]
        unread = tuple(place for place in unread if is_near(place[0]))
    wanted = {route.strip("/") for route in index.config.readiness_routes}
    asked = {path.strip("/") for path in _asked(index)}

    def order(route: ServedRoute) -> tuple[bool, bool, int]:
        path = route.path.strip("/")
        return path not in asked, not route.file.startswith(folder), path.count("/")

    return Told(
        routes,
        [route for route in routes if READY.search(route.path) or route.path.strip("/") in wanted],
        sorted((route for route in routes if _is_health(route.path, asked)), key=order),
        unread,
    )


def checks(route: ServedRoute) -> bool:
    """Does the handler check something? One that is registered by name is believed to."""
    return route.route.checks or "." in route.route.handler or not route.route.methods


def probed_apart(index: RepoIndex, routes: list[ServedRoute]) -> bool:
    """Does a manifest ask a route for readiness and another one for liveness?"""
    for pod in index.containers.pods:
        for container in pod.workload.containers:
            paths = {probe.kind: probe.path.strip("/") for probe in container.probes if probe.path}
            apart = paths.get("readiness") and paths.get("readiness") != paths.get("liveness")
            if apart and any(r.path.strip("/") == paths["readiness"] for r in routes):
                return True
    return False


def _is_health(path: str, asked: set[str]) -> bool:
    if path.strip("/") in asked:
        return True
    return _HEALTH.search(path) is not None and not re.search(r"[<{(]", path)


def _asked(index: RepoIndex) -> Iterator[str]:
    """The paths that health checks and probes ask, but that of the start page."""
    for probe in probes(index):
        if probe.path != "/":
            yield probe.path
    yield from (path for _, _, path in pod_probes(index) if path != "/")


def doubts(index: RepoIndex) -> list[Evidence]:
    """What may tell of readiness by another way."""
    return _by_script(index) or _by_library(index)


def _by_script(index: RepoIndex) -> list[Evidence]:
    """An image whose check is a program of the repository, which may ask any route."""
    for image in index.containers.images:
        for command in image.stage.healthcheck or ():
            for word in command.words:
                if word.endswith((".py", ".sh", ".js")):
                    text = f"the image's check runs {word}, which may ask another route"
                    return [against(text, image.dockerfile, command.line)]
    return []


def _by_library(index: RepoIndex) -> list[Evidence]:
    """Where live code uses a library that serves health checks."""
    named = index.of_each(python.SLICE, _checkers)
    for path in index.paths(python.SLICE):
        for top, line in named[path] if index.inventory.is_(path, FileClass.LIVE) else ():
            if top not in index.imports.modules:
                return [against(f"{top} serves health checks", path, line)]
    return []


def _checkers(path: str, facts: PythonFacts) -> tuple[tuple[str, int], ...]:
    """(library, line) of what a file imports or names that serves health checks."""
    named = [(each.module, each.line) for each in facts.imports if not each.level]
    tops = ((name.partition(".")[0], line) for name, line in (*named, *facts.literals))
    return tuple((top, line) for top, line in tops if top in _CHECKERS)
