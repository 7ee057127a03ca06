"""STA003: more than one live script starts the same software."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.start_rivals import StartGroup, is_marked
from readiness.index.start_scripts import StartScript, Way
from readiness.model import ActionKind, Area, Confidence, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._left_starts import LeftStart, left_starts

_APP = """\
-- pyproject.toml --
[project]
name = "shop"
version = "1"
-- main.py --
from fastapi import FastAPI
app = FastAPI()
-- README.md --
```sh
./startup.sh
```
-- startup.sh --
#!/bin/bash
uvicorn main:app
"""
_WORKING = """\
-- scripts/working-startup.sh --
#!/bin/bash
python3 minimal_main.py
"""
_PROPER = """\
-- scripts/proper-startup.sh --
#!/bin/bash
docker-compose up -d redis
uvicorn main:app --port 8000
"""


class StartupScriptSprawl(Rule):
    """Several live scripts start the same software.

    What it does
        Finds the scripts that start an application, the containers that this repository builds, or
        the databases that it needs, told from their commands. Of those that start the same thing
        in the same way it names the one to keep, by who runs it, which documents name it and
        whether all that it starts is there, and reports every other one that nothing runs. It also
        asks about ways to set up or start the software that were left behind: set-up scripts,
        Procfiles and compose files that nothing uses and nobody has touched for long.

    Why it matters
        Each script starts something slightly different: other ports, other services, other
        checks. The one that somebody picks in an incident is the one that nobody has run for
        months.

    How to fix
        Move what is missing into the script to keep, as an option where it must stay optional, and
        delete the others. Where two are needed, name each after its environment.

    Limits
        Shell scripts, and Python scripts that call uvicorn.run with a module's name, are read.
        Scripts that test, deploy, stop or install, that an image or a workflow runs, and one for
        each environment, are not counted. What a script does beside starting is not compared.
    """

    id: ClassVar = "STA003"
    name: ClassVar = "startup-script-sprawl"
    dimension: ClassVar = Dimension.STARTUP
    area: ClassVar = Area.ENTRYPOINTS
    severity: ClassVar = Severity.HIGH
    examples: ClassVar = (
        Example(
            "three scripts start one application",
            _APP + _WORKING + _PROPER,
            ("scripts/proper-startup.sh:3", "scripts/working-startup.sh:2"),
        ),
        Example("a script to start and one to stop", _APP + "-- stop.sh --\npkill uvicorn\n"),
        Example(
            "one script for development and one for production",
            _APP + "-- start-dev.sh --\nuvicorn main:app --reload\n"
            "-- start-prod.sh --\ngunicorn -k uvicorn.workers.UvicornWorker main:app\n",
        ),
        Example(
            "scripts that test and validate",
            _APP + "-- run_tests.sh --\nuvicorn main:app &\npytest\n"
            "-- validate-startup.sh --\nuvicorn main:app &\ncurl -f localhost:8000/health\n",
        ),
        Example("archived ones", _APP + (_WORKING + _PROPER).replace("scr", "archive/scr")),
        Example(
            "one script on the host, one with compose, one in the image",
            _APP + "-- docker-compose.yml --\nservices:\n  web:\n    build: .\n"
            "-- Dockerfile --\nFROM python:3.12\nCOPY . /app\nWORKDIR /app\n"
            'CMD ["./start-server.sh"]\n-- start-server.sh --\nuvicorn main:app\n'
            "-- run.sh --\ndocker compose up -d\n",
        ),
        Example(
            "a set-up script, a list of processes and a compose file that were left behind",
            "-- scripts/install_shop.sh --\napt-get install python2\n-- Procfile --\nweb: shop\n"
            "-- old.yml --\nservices:\n  web:\n    build: ./gone\n-- Dockerfile --\nFROM python\n"
            "-- bootstrap.sh --\nx\n-- README.md --\nRun `bootstrap.sh`.\n",
            ("Procfile", "old.yml", "scripts/install_shop.sh"),
            "2020-01-01 ann | A Procfile, A scripts/install_shop.sh, A bootstrap.sh, A old.yml\n"
            "2024-01-01 ann | A Dockerfile\n",
        ),
        Example(
            "a way to start that is young, and one that something names",
            "-- scripts/install_shop.sh --\nx\n-- setup/start-db.sh --\nx\n"
            "-- Procfile --\nweb: shop\n-- app.json --\n{}\n"
            "-- Makefile --\nup:\n\t./setup/start-db.sh\n"
            "-- Dockerfile --\nFROM python\n",
            (),
            "2020-01-01 ann | A Procfile, A setup/start-db.sh\n"
            "2025-12-01 ann | A Dockerfile, A scripts/install_shop.sh\n",
        ),
        Example("deployment", _APP + "-- deploy-and-run.sh --\ngit pull\nuvicorn main:app\n"),
        Example(
            "databases beside the application",
            _APP + "-- start-db.sh --\ndocker run -d postgres:16\n"
            "-- start-redis.sh --\ndocker run -d redis:7\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if index.start_groups or any(left_starts(index)):
            return None
        return "no script starts the software"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for group in index.start_groups:
            for rival in group.rivals:
                yield self._finding(group, rival)
        rivals = {rival.path for group in index.start_groups for rival in group.rivals}
        for left in left_starts(index):
            if left.path not in rivals:
                yield self._left(left)

    def _left(self, left: LeftStart) -> Finding:
        return self.finding(
            left.path,
            f"{left.path} is {left.what}",
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            evidence=left.evidence,
            key="left behind",
            action=ActionKind.AUDIT,
        )

    def _finding(self, group: StartGroup, rival: StartScript) -> Finding:
        keep, count = group.canonical.path, 1 + len(group.rivals)
        infrastructure = rival.way is Way.INFRASTRUCTURE
        what = group.started_by(rival)
        mode = rival.environment != group.canonical.environment
        certain = count > 2 and not mode and (bool(rival.missing) or is_marked(rival.path))
        high = certain and not infrastructure
        return self.finding(
            rival.path,
            f"{rival.path} is one of {count} scripts to start {what}; {keep} is the one to keep",
            line=rival.launched[0].line,
            severity=Severity.HIGH if high else Severity.MEDIUM,
            confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            evidence=_evidence(group, rival),
            subjects=(rival.path, keep),
            cause=group.cause(rival),
            action=ActionKind.ARCHIVE if certain and not rival.documents else ActionKind.AUDIT,
            targets=(rival.path,),
        )


def _evidence(group: StartGroup, rival: StartScript) -> Iterator[Evidence]:
    first = rival.launched[0]
    yield for_(f"it runs `{first.text}`", rival.path, first.line)
    for name, each in {each.missing: each for each in rival.missing}.items():
        why = "the script itself writes" if each.written else "is not in the repository"
        yield for_(f"it starts {name}, which {why}", rival.path, each.line)
    yield for_("no image, compose file, workflow, make target or other script runs it", rival.path)
    for reason in group.evidence:
        yield for_(reason.summary, reason.location.path, reason.location.line)
    if rival.environment and rival.environment != group.canonical.environment:
        yield against(f"its name says that it is for {rival.environment}", rival.path)
    if rival.documents:
        first_document = rival.documents[0]
        count = len(rival.documents)
        text = f"{count} documents name it" if count > 1 else f"{first_document.source} names it"
        yield against(text, first_document.source, first_document.line)
    for each in rival.others[:2]:
        if not each.missing:
            yield against(f"it starts more: `{each.text}`", rival.path, each.line)
