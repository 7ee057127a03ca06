"""STA001: more than one file that starts the same application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.entrypoints import Entrypoint, Role
from readiness.model import ActionKind, Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule

from ._copies import unnamed
from ._rivals import Rivals, attempt, generic, moved_to, told_apart, which

_APP = "from fastapi import FastAPI\napp = FastAPI()\n"
_JOB = "from celery import Celery\ncelery = Celery('x')\n"
_IMAGE = "-- Dockerfile --\nFROM python:3.12\nCOPY . .\nCMD uvicorn main:app\n"
_COMMANDS = {Role.API: "server", Role.WORKER: "worker", Role.SCHEDULER: "scheduler"}


class DuplicateEntrypoint(Rule):
    """A second file starts an application beside the one that is deployed.

    What it does
        Finds the files that make and start an application (module-level FastAPI, Flask, Django,
        Celery and kin, servers started under a main guard), groups them by role and deployment,
        and ranks each by what starts it: image, compose file, platform, script, workflow, README,
        and by whether it parses and finds its imports. The best is the one to keep; every other
        that neither delegates to it nor is imported by it is reported, and so is one of another
        deployment whose modules have moved to a file of the same name.

    Why it matters
        Nobody can say which one serves the customers: fixes land in the wrong file, and health
        checks, start-up order and security settings hold for one of them only.

    How to fix
        Keep the named primary. Move what the other does better into it, then remove the other.

    Limits
        Files of one Django project, what compose files or platforms keep running side by side,
        installed commands, tests, examples, and files with a name and modules of their own or of a
        family are no duplicates. Where nothing or both are started, the severity is medium.
    """

    id = "STA001"
    name = "duplicate-entrypoint"
    dimension = Dimension.STARTUP
    area = Area.ENTRYPOINTS
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a second application that nothing starts",
            f"{_IMAGE}-- main.py --\n{_APP}-- main_updated.py --\n{_APP}",
            ("main_updated.py:2",),
        ),
        Example(
            "the software moved into a folder, and its old start stayed",
            f"{_IMAGE}-- main.py --\nfrom shop.config import load\n{_APP}-- shop/notes.txt --\n"
            + _IMAGE.replace("Dockerfile", "next/Dockerfile")
            + f"-- next/main.py --\nfrom shop.config import load\n{_APP}-- next/shop/config.py --\n"
            "def load(): pass\n",
            ("main.py:3",),
        ),
        Example(
            "two roots for one worker",
            "-- compose.yml --\nservices:\n  w: {build: ., command: celery -A jobs worker}\n"
            f"-- Dockerfile --\nFROM a\nADD . .\n-- jobs.py --\n{_JOB}-- main/celery.py --\n{_JOB}",
            ("main/celery.py:2",),
        ),
        Example(
            "a script that starts a server of its own",
            f"{_IMAGE}-- main.py --\n{_APP}-- scripts/application-factory.py --\nimport uvicorn\n"
            "from fastapi import FastAPI\ndef main():\n    uvicorn.run(FastAPI())\n"
            "if __name__ == '__main__':\n    main()\n",
            ("scripts/application-factory.py:4",),
        ),
        Example(
            "a file that delegates, and a mode that the primary imports",
            f"{_IMAGE}-- main.py --\nimport main_cloud\n{_APP}-- main_cloud.py --\n{_APP}"
            "-- run.py --\nimport uvicorn\nfrom main import app\n"
            "if __name__ == '__main__':\n    uvicorn.run(app)\n",
        ),
        Example(
            "an API, its worker, and a service with an image of its own",
            f"{_IMAGE}-- main.py --\n{_APP}-- celery_app.py --\nfrom celery import Celery\n"
            "app = Celery('x')\n-- parser/Dockerfile --\nFROM python\nCOPY . /app\n"
            f"CMD python /app/server.py\n-- parser/server.py --\n{_APP}",
        ),
        Example(
            "factories, tests, examples and stand-ins",
            f"{_IMAGE}-- main.py --\n{_APP}-- pool.py --\nfrom fastapi import FastAPI\n"
            "class P:\n    def make(self):\n        return FastAPI()\n"
            f"-- tests/test_a.py --\n{_APP}-- examples/a.py --\n{_APP}-- mock_server.py --\n{_APP}",
        ),
        Example(
            "the two doors of one Django project",
            "-- manage.py --\nfrom django.core.management import call_command\n"
            "-- shop/wsgi.py --\nfrom django.core.wsgi import get_wsgi_application\n"
            "application = get_wsgi_application()\n-- shop/asgi.py --\n"
            "from django.core.asgi import get_asgi_application\n"
            "application = get_asgi_application()\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if not any(each.role in _COMMANDS for each in index.entrypoints.all):
            return "nothing here starts a server or a worker"
        return None

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        primaries = {(e.role, e.service): e for e in index.entrypoints.all if e.primary}
        rivals = Rivals(index)
        seen: set[str] = set()
        for rival in index.entrypoints.all:
            primary = primaries.get((rival.role, rival.service))
            if not rival.rival or primary is None or rival.path in seen:
                continue
            if rival.role in _COMMANDS and not told_apart(index, rival, primary):
                seen.add(rival.path)
                yield self._finding(index, rivals, rival, primary)
        for rival in primaries.values():
            primary = moved_to(index, rival, primaries.values())
            if primary is not None and rival.role in _COMMANDS and rival.path not in seen:
                seen.add(rival.path)
                yield self._finding(index, rivals, rival, primary)

    def _finding(
        self, index: RepoIndex, rivals: Rivals, rival: Entrypoint, primary: Entrypoint
    ) -> Finding:
        ours, theirs = rivals.started(primary), rivals.started(rival)
        certain = bool(ours) and (rival.primary or (not theirs and generic(rival, primary)))
        role = _COMMANDS[rival.role]
        free = certain and not rival.primary and attempt(rival) and unnamed(index, rival.path)
        return self.finding(
            rival.path,
            f"{rival.path} starts a second {role} beside {primary.path}, {which(ours, theirs)}",
            line=rival.line or None,
            severity=Severity.HIGH if certain else Severity.MEDIUM,
            confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            evidence=rivals.evidence(rival, primary, theirs),
            subjects=(rival.path, primary.path),
            key=rival.role,
            cause=f"{primary.path} is not the only {role} of its kind",
            action=ActionKind.ARCHIVE if free else ActionKind.AUDIT,
            targets=(rival.path,),
        )
