"""STA008: a failed start of what the software needs is reported, and the start goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex, boot
from readiness.index.entrypoints import Role
from readiness.model import Area, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._startup_failures import Failure, of_python, of_scripts

_MAIN = """\
-- main.py --
import logging
from contextlib import asynccontextmanager
from fastapi import FastAPI
log = logging.getLogger()
@asynccontextmanager
async def lifespan(app):
    await validate_health()
    yield
async def validate_health():
    all_healthy = await store.ping()
    if all_healthy:
        log.info("healthy")
    else:
        log.warning("some services are unhealthy")
        # Don't fail startup - allow the platform to start
app = FastAPI(lifespan=lifespan)
"""
_DATABASE = """\
-- main.py --
from fastapi import FastAPI
app = FastAPI()
@app.on_event("startup")
async def start():
    try:
        await database.connect()
    except Exception as error:
        log.error(error)
"""
_SCRIPT = """\
-- start.sh --
#!/bin/bash
if docker compose up -d db; then
    echo up
else
    echo "Continuing in minimal mode"
fi
uvicorn main:app
-- main.py --
from fastapi import FastAPI
app = FastAPI()
"""
_IMAGE = """\
-- Dockerfile --
FROM python:3.12
WORKDIR /app
COPY . .
CMD ["./entry.sh"]
-- entry.sh --
#!/bin/sh
alembic upgrade head || echo "migration failed"
exec uvicorn main:app
-- main.py --
"""


class StartupFailureSwallowed(Rule):
    """A required service that fails at the start is reported, and the start goes on.

    What it does
        Follows what runs when an application or worker starts (its module, its main function and
        its start-up hooks, four calls deep) and the scripts that start it. Reports a handler or a
        branch that only logs where a database, a broker or a check of health has failed, and a
        script that goes on after a failed check, migration or start of services.

    Why it matters
        The process is up, so the platform sends it traffic and takes down the release that works.
        Every request then fails, and the line in the log that tells why is hours old.

    How to fix
        Raise, or exit with a status other than 0, and let the platform try again. What is really
        optional, make optional by a setting, and allow it in development only.

    Limits
        Failures are known by names: a call named after a database, broker or check of health.
        Handlers that try again, those under a condition on the environment, and those of tracing,
        caches to warm and other optional parts, are not reported. A failure that is returned and
        that a caller ignores is not seen.
    """

    id: ClassVar = "STA008"
    name: ClassVar = "startup-failure-swallowed"
    dimension: ClassVar = Dimension.STARTUP
    area: ClassVar = Area.BOOTSTRAP
    severity: ClassVar = Severity.CRITICAL
    examples: ClassVar = (
        Example("unhealthy services do not fail the start", _MAIN, ("main.py:14",)),
        Example("they do", _MAIN.replace("# Don't fail", 'raise RuntimeError("no")  #')),
        Example("a database that cannot be reached", _DATABASE, ("main.py:7",)),
        Example("the handler exits", _DATABASE.replace("log.error(error)", "sys.exit(1)")),
        Example("tracing is optional", _DATABASE.replace("database.connect", "tracing.connect_db")),
        Example("the end is no start", _DATABASE.replace('"startup"', '"shutdown"').replace(
            "def start", "def shutdown")),
        Example("a handler of requests", _DATABASE.replace('on_event("startup")', 'get("/start")')),
        Example("development", _DATABASE.replace("    try:", "    if ENV == 'dev':\n     try:")
                .replace("    except", "     except")),
        Example("a script goes on without its services", _SCRIPT, ("start.sh:2",)),
        Example("a script that exits", _SCRIPT.replace('echo "Con', 'exit 1 # "Con')),
        Example("a script for development", _SCRIPT.replace("start.sh", "start-dev.sh")),
        Example("a container serves an old schema", _IMAGE, ("entry.sh:2",)),
        Example("a migration that must succeed", _IMAGE.replace("|| echo", "|| exit 1 #")),
    )  # fmt: skip

    def applies(self, index: RepoIndex) -> str | None:
        runs = any(e.role in (Role.API, Role.WORKER) for e in index.entrypoints.all)
        started = runs or index.start_groups or boot.scripts(index)
        return None if started else "nothing here starts a service"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for failure in (*of_python(index), *of_scripts(index)):
            where = f" in {failure.function}" if failure.function else ""
            yield self.finding(
                failure.path,
                f"{failure.path} goes on with the start{where} although {failure.what}",
                line=failure.line,
                key=failure.function or failure.what,
                severity=failure.severity,
                confidence=failure.confidence,
                evidence=_evidence(failure),
            )


def _evidence(failure: Failure) -> Iterator[Evidence]:
    yield for_(f"{failure.what}: that is only reported", failure.path, failure.line)
    yield for_(f"it runs at the start: {failure.told}", failure.path)
    if failure.quote:
        yield for_(f'beside it stands "{failure.quote}"', failure.path, failure.line)
    else:
        text = "nothing beside it says that this is meant; a caller may still look at the outcome"
        yield against(text, failure.path, failure.line)
