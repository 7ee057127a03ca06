"""OBS001: an application that cannot say whether it is ready for traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readiness.index import RepoIndex
from readiness.index.entrypoints import Role
from readiness.model import ActionKind, Area, Confidence, Dimension, Finding, Outcome, Severity
from readiness.rule import Example, Rule, against

from ._readiness_routes import READY, checks, doubts, probed_apart, told

_APP = "-- Dockerfile --\nFROM a\nCOPY . .\nCMD uvicorn main:app\n-- main.py --\napp = FastAPI()\n"


class NoReadinessEndpoint(Rule):
    """The primary application serves no readiness route apart from liveness.

    What it does
        Looks among the routes of live code for one that says whether the application can serve:
        /ready, /readyz, /readiness, /health/ready, /-/ready and those that are configured as
        `readiness_routes`; its handler must check something. What stands instead decides how bad
        it is: nothing or a constant answer is high, a health route that checks something medium.

    Why it matters
        "The process answers" is not "the database can be reached". Without the difference a load
        balancer sends traffic to an instance that can only fail, or an orchestrator restarts all
        instances because a database is away.

    How to fix
        Add a route beside /health that asks each service which a request needs (database, cache,
        queue), with a short timeout, and answers 503 where one is away; point readiness probes,
        `depends_on: condition: service_healthy` and the load balancer at it.

    Limits
        Workers and libraries have none to offer. A route that is only found as a string in live
        code lowers the confidence, as do routes whose paths are put together at run time; a library
        for health checks, or an image whose check is a program of its own, the severity. What a
        handler really checks is not judged here.
    """

    id = "OBS001"
    name = "no-readiness-endpoint"
    dimension = Dimension.OPERATIONS
    area = Area.OBSERVABILITY
    severity = Severity.HIGH
    outside = "Point the probe of the platform or load balancer at the readiness route"
    examples = (
        Example(
            "a health route that is a constant",
            _APP + '@app.get("/health")\ndef health():\n    return {"status": "ok"}\n',
            ("main.py",),
        ),
        Example(
            "liveness and readiness, put together below a prefix",
            _APP + 'router = APIRouter(prefix="/health")\napp.include_router(router)\n'
            '@router.get("/live")\ndef live():\n    return 1\n'
            '@router.get("/ready")\nasync def ready():\n    await database.ping()\n',
        ),
        Example(
            "a readiness route that checks nothing",
            _APP + '@app.get("/readyz")\ndef ready():\n    return "ready"\n',
            ("main.py",),
        ),
        Example(
            "a route that checks the database, which Django includes by the name of its list",
            "-- Dockerfile --\nFROM a\nCOPY . .\nCMD gunicorn shop.wsgi\n-- shop/wsgi.py --\n"
            "application = get_wsgi_application()\n-- shop/urls.py --\napi = [\n"
            "    path('ready/', views.ready),\n]\nurlpatterns = [path('api/', include(api))]\n",
        ),
        Example(
            "a worker has no routes",
            "-- Dockerfile --\nFROM a\nCOPY . .\nCMD celery -A tasks worker\n-- tasks.py --\n"
            "app = Celery()\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if not index.profile.service:
            return "not a service"
        python = any(route.file.endswith(".py") for route in index.routes.served)
        return None if python else "no routes of an HTTP application are known"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        primary = index.entrypoints.primary(Role.API)
        found = told(index, primary)
        if any(map(checks, found.ready)) or probed_apart(index, found.routes):
            return
        doubt = doubts(index)
        literal = next(filter(READY.search, index.routes.literals), "")
        if literal and not found.ready:
            holder = index.routes.literals[literal][0]
            doubt.append(against(f"live code holds the path {literal}", holder))
        confidence = Confidence.MEDIUM if found.unread else Confidence.HIGH
        if literal and not found.ready:
            confidence = Confidence.LOW
        known = bool(found.checking or found.ready or doubt)
        place = (found.ready or found.health or found.routes)[0]
        yield self.finding(
            primary.path if primary else place.file,
            found.message,
            line=(primary.line or None) if primary else place.route.line,
            key="readiness",
            severity=Severity.MEDIUM if known else Severity.HIGH,
            confidence=confidence,
            evidence=(*found.evidence(), *doubt),
            action=ActionKind.MODIFY if known else ActionKind.CREATE,
            targets=None if known else (),
            subjects=sorted({place.file, primary.path if primary else place.file}),
        )

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        if not findings:
            return self.outcome(1, findings)
        present = any(finding.severity is not Severity.HIGH for finding in findings)
        return self.outcome(0.5 if present else 0, findings)
