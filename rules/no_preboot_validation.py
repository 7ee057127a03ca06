"""STA005: an application serves without asking whether the services behind it are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readiness.index import RepoIndex
from readiness.index.backing import Backing
from readiness.index.entrypoints import Entrypoint
from readiness.index.startup import Startup
from readiness.model import Area, Confidence, Dimension, Evidence, Finding, Outcome, Severity
from readiness.rule import Example, Rule, for_

from ._preboot import Check, Checks, backed

_APP = """\
-- pyproject.toml --
[project]
name = "shop"
version = "1"
-- docker-compose.yml --
services:
  web:
    build: .
  db:
    image: postgres:16
-- Dockerfile --
FROM python:3.12
WORKDIR /app
COPY . .
CMD ["python", "main.py"]
-- main.py --
import asyncpg, uvicorn
from fastapi import FastAPI
app = FastAPI()
def main():
    uvicorn.run(app)
if __name__ == "__main__":
    main()
"""
_ENTRY = "-- entry.sh --\n#!/bin/sh\nalembic upgrade head\nexec python main.py\n"
_HEALTHY = "  web:\n    build: .\n    depends_on:\n      db:\n        condition: service_healthy\n"
_DJANGO = _APP.replace('python", "main.py', 'gunicorn", "shop.wsgi').replace(
    "FastAPI()", "get_wsgi_application()"
)


class NoPrebootValidation(Rule):
    """The application serves before anything has asked whether its backing services are there.

    What it does
        Finds the databases, brokers and stores that an application's code has a client of and that
        the deployment or the environment names. Then looks for a check before it serves: a call in
        its main function, lifespan or start-up hooks (four calls deep), a migration or wait in what
        the container runs or the delivery does first, an init container, a job that must succeed.

    Why it matters
        Without a check a wrong password or an unreachable database shows first to users, one
        failed request after another, while the platform believes that the release is healthy.

    How to fix
        Before the server starts, ask each required service (connect, `SELECT 1`, ping) with a short
        timeout, and exit with an error where one does not answer.

    Limits
        Checks are known by their names (check_, validate_, verify_, ensure_, wait_for, ping,
        connect, init_db, migrations); name others under `preboot` in the configuration. Whether a
        check asks every service is not judged here. Applications without any backing service, and
        what is not Python, are not judged.
    """

    id = "STA005"
    name = "no-preboot-validation"
    dimension = Dimension.STARTUP
    area = Area.BOOTSTRAP
    severity = Severity.CRITICAL
    examples = (
        Example("main() goes straight to the server", _APP, ("main.py:3",)),
        Example("a check comes first", _APP.replace("main():", "main():\n    pre_boot_validate()")),
        Example("the lifespan connects", _APP.replace("app =", "async def lifespan(a):\n"
            "    await pool.connect()\n    yield\napp =")),
        Example("no service behind it", _APP.replace("asyncpg, ", "")),
        Example("the container migrates first", _APP.replace('"python", "main.py"', '"./entry.sh"')
            + _ENTRY),
        Example("compose waits until the database is healthy: half a check",
            _APP.replace("  web:\n    build: .\n", _HEALTHY), ("main.py:3",)),
        Example("a job must succeed first", _APP.replace("  web:\n    build: .\n",
            _HEALTHY.replace("service_healthy", "service_completed_successfully"))),
        Example("a check whose failure is only logged",
            _APP.replace("main():\n", "main():\n    try:\n        check_database()\n"
            "    except Exception as error:\n        log.warning(error)\n"), ("main.py:3",)),
        Example("Django without migration or check in its container", _DJANGO, ("main.py:3",)),
    )  # fmt: skip

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.once(backed) else "no application here has a known backing service"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        checks = Checks(index)
        for entrypoint, needed in index.once(backed):
            found = checks.before(entrypoint.path)
            if not any(check.whole for check in found):
                yield self._finding(index, entrypoint, needed, found)

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        none = any(finding.severity.rank < Severity.MEDIUM.rank for finding in findings)
        return self.outcome(0.0 if none else 0.5 if findings else 1.0, findings)

    def _finding(
        self, index: RepoIndex, entrypoint: Entrypoint, needed: list[Backing], found: list[Check]
    ) -> Finding:
        names = ", ".join(each.name for each in needed)
        started = index.startups[entrypoint.path]
        severity, confidence = _weight(index, started, needed)
        evidence = list(_needs(needed))
        if found:
            severity, confidence = Severity.MEDIUM, Confidence.MEDIUM
            evidence += [check.evidence for check in found[:4]]
        else:
            count = len(started.functions)
            text = f"none of the {count} functions and modules that run at its start checks one"
            evidence.append(for_(text, entrypoint.path, entrypoint.line or None))
        how = "with only half a check" if found else "without a check"
        return self.finding(
            entrypoint.path,
            f"{entrypoint.path} serves {how} that {names} can be reached",
            line=entrypoint.line or None,
            key=entrypoint.service,
            severity=severity,
            confidence=confidence,
            evidence=evidence,
        )


def _weight(
    index: RepoIndex, started: Startup, needed: list[Backing]
) -> tuple[Severity, Confidence]:
    """How sure it is that nothing checks: not all can be seen where others run the container."""
    django = any("sgi_application" in step.call.name for step in started.steps)
    if django or not started.steps:
        return Severity.MEDIUM, Confidence.MEDIUM
    if index.boot and any(each.proven for each in needed):
        return Severity.CRITICAL, Confidence.HIGH
    return Severity.HIGH, Confidence.MEDIUM


def _needs(needed: list[Backing]) -> Iterator[Evidence]:
    for each in needed:
        for evidence in each.evidence[:2]:
            yield for_(evidence.summary, evidence.location.path, evidence.location.line)
