"""CTR002: a health check that asks what the container does not serve."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from readiness.index import RepoIndex
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule, for_

from ._probes import Probe, asked_by_commands, pod_probes, probes, problem
from ._served import Served

_APP = '-- main.py --\napp = FastAPI()\n@app.get("/health")\ndef health(): return 1\n'
_OTHER = '-- main.py --\napp = FastAPI()\n@app.get("/status")\ndef up(): return 1\n'
_WEB = "-- compose.yml --\nservices:\n  web:\n    build: .\n"
_IMAGE = "-- Dockerfile --\nFROM python:3.12\nCOPY . .\n"


class HealthProbeRouteMismatch(Rule):
    """A health check asks a path, port or program that the container does not have.

    What it does
        Takes the URLs that HEALTHCHECK, compose, Kubernetes, scripts and CI ask, and compares the
        path with every route and path literal of live code, the port with the one that the server
        is started on, and the program (curl, wget) with what the image holds. A worker that
        inherits the image's check over HTTP is reported too.

    Why it matters
        The check fails for ever: the orchestrator restarts a healthy service in a loop, or the
        team learns to ignore "unhealthy".

    How to fix
        Ask the path and port that the service serves; install the program or ask with the
        language's own client; give workers a check of their own, or `disable: true`.

    Limits
        A path counts as served wherever a live file holds it, an end of it or a name alike, so
        that routers which are put together at run time are believed. Code whose routes are not
        understood is not judged, nor are ports that a configuration file or a program sets.
    """

    id = "CTR002"
    name = "health-probe-route-mismatch"
    dimension = Dimension.OPERATIONS
    area = Area.CONTAINERS
    severity = Severity.CRITICAL
    examples = (
        Example(
            "no module holds the path that is asked",
            _WEB + "    healthcheck: {test: curl -f http://localhost:8000/health}\n"
            f"{_IMAGE}CMD uvicorn main:app\n{_OTHER}",
            ("compose.yml:4",),
        ),
        Example(
            "a router that is put together at run time serves it",
            f"{_IMAGE}HEALTHCHECK CMD curl -f http://localhost:8000/health\nCMD uvicorn main:app\n"
            '-- main.py --\napp = FastAPI()\n@app.get("/api/health")\ndef one(): ...\n'
            "-- manager.py --\nclass Manager:\n    def register(self):\n"
            '        @self.global_router.get("/health")\n        def two(): ...\n',
        ),
        Example(
            "a container that only sleeps is asked over HTTP",
            f"{_IMAGE}HEALTHCHECK CMD curl -f http://localhost:8002/health\n"
            'CMD ["python", "-c", "import time; time.sleep(3600)"]\n',
            ("Dockerfile:3",),
        ),
        Example(
            "the server listens on another port",
            f"{_IMAGE}HEALTHCHECK CMD curl -f http://localhost:8000/health\n"
            "CMD uvicorn main:app --port 8080\n" + _APP,
            ("Dockerfile:3",),
        ),
        Example(
            "the port is that of the environment",
            f"{_IMAGE}ENV PORT=9000\nHEALTHCHECK CMD curl http://localhost:$PORT/health\n"
            "CMD uvicorn main:app --port $PORT\n" + _APP,
        ),
        Example(
            "a worker inherits the check of the web server; another has its own",
            _WEB + "  worker:\n    build: .\n    command: celery -A tasks worker\n"
            "  beat:\n    build: .\n    command: celery -A tasks beat\n"
            "    healthcheck: {disable: true}\n"
            f"{_IMAGE}HEALTHCHECK CMD curl -f http://localhost:8000/health\nCMD uvicorn main:app\n"
            + _APP,
            ("compose.yml:6",),
        ),
        Example(
            "a slim image without curl, and one that installs it",
            "-- Dockerfile --\nFROM python:3.12-slim\nHEALTHCHECK CMD curl -f localhost:8000/\n"
            "CMD uvicorn main:app\n-- other/Dockerfile --\nFROM python:3.12-slim\n"
            "RUN apt-get install -y curl\nHEALTHCHECK CMD curl -f localhost:8000/\nCMD gunicorn\n",
            ("Dockerfile:2",),
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        found = chain(probes(index), pod_probes(index), asked_by_commands(index))
        return None if any(True for _ in found) else "nothing built here is checked over HTTP"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        served = Served(index)
        found: dict[str, Finding] = {}
        for finding in (*self._containers(index, served), *self._others(index, served)):
            found.setdefault(finding.fingerprint, finding)
        yield from found.values()

    def _containers(self, index: RepoIndex, served: Served) -> Iterator[Finding]:
        for probe in probes(index):
            wrong = problem(probe)
            if wrong is not None:
                yield self._problem(probe, *wrong)
            elif served.understood(probe.image) and not served.may_serve(probe.path):
                yield self._path(probe.file, probe.line, probe.path, served, Confidence.HIGH)

    def _others(self, index: RepoIndex, served: Served) -> Iterator[Finding]:
        asked = (*pod_probes(index), *asked_by_commands(index)) if served.routes else ()
        for file, line, path in asked:
            if not served.may_serve(path):
                yield self._path(file, line, path, served, Confidence.MEDIUM)

    def _problem(self, probe: Probe, text: str, severity: Severity, own: bool) -> Finding:
        evidence = [for_(f"the check asks for {probe.path}", probe.file, probe.line)]
        if own:
            what = f"{probe.name} runs a command of its own"
            evidence.append(for_(what, probe.service_file, probe.service_line))
        return self.finding(
            probe.service_file if own else probe.file,
            text,
            line=probe.service_line if own else probe.line,
            key=f"{probe.name} {probe.path}",
            severity=severity,
            evidence=evidence,
            cause=f"{probe.file}:{probe.line} checks every service of the image" if own else "",
        )

    def _path(
        self, file: str, line: int, path: str, served: Served, confidence: Confidence
    ) -> Finding:
        return self.finding(
            file,
            f"the health check asks for {path}, which nothing serves",
            line=line,
            key=f"path {path}",
            confidence=confidence,
            evidence=served.evidence(file, line, path),
            cause=f"nothing serves {path}",
        )
