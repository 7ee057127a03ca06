"""STA004: what starts the software names a file, module, target or service that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from msgspec.structs import replace

from readiness.index import RepoIndex
from readiness.model import Area, Dimension, Finding, Severity
from readiness.rule import Example, Rule

from ._start_gaps import by, evidence, gaps, sentence
from ._start_names import Gap, Speaker
from ._workflows import short

_APP = "-- app/main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n"
_START = "-- start.sh --\n#!/bin/bash\n"


class StartupReferencesMissing(Rule):
    """A start script, service or README names what is not in the repository.

    What it does
        Reads the commands of start scripts, Procfiles, units, compose services, package scripts
        and make targets that start something, installed commands and README blocks, with the
        folder that each runs in, and looks up the scripts, modules, compose files and services,
        package scripts and make targets that they name.

    Why it matters
        The start fails with "no such file" on the machine of whoever is new, or in the incident
        in which the script is used for the first time since the file was moved.

    How to fix
        Name the file that took its place, restore it, or remove the command.

    Limits
        Only literal names are judged, and only those that nothing here makes, downloads, copies or
        ignores, and that no live file answers from another folder. Commands that may fail, or whose
        file is asked for before, are left out. A README is believed to speak of its reader's files
        unless the folder is there or the file once was. An image's own command is CTR008's, and
        CI is CIC004's.
    """

    id: ClassVar = "STA004"
    name: ClassVar = "startup-references-missing"
    dimension: ClassVar = Dimension.STARTUP
    area: ClassVar = Area.ENTRYPOINTS
    severity: ClassVar = Severity.HIGH
    examples: ClassVar = (
        Example(
            "a script starts a file that was renamed",
            f"{_APP}{_START}cd app\npython server.py\n",
            ("start.sh:3",),
            "2026-01-01 a | A app/server.py\n2026-01-02 a | R app/server.py > app/main.py\n",
        ),
        Example(
            "a script runs scripts and a module that are not there",
            f"{_APP}{_START}bash scripts/prepare.sh\nuvicorn app.server:app\n./check.sh\n",
            ("start.sh:2", "start.sh:3", "start.sh:4"),
        ),
        Example(
            "a process, a unit, a make target, a package script and an installed command",
            f"{_APP}-- Procfile --\nweb: gunicorn app.wsgi:application\n-- deploy/shop.service --\n"
            "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/usr/bin/python3 app/server.py\n"
            "-- Makefile --\nrun:\n\tpython app/run.py\n-- package.json --\n"
            '{"scripts": {"start": "node app/index.js"}}\n-- pyproject.toml --\n'
            '[project]\nname = "app"\n[project.scripts]\nshop = "app.cli:main"\n',
            (
                *("Makefile:2", "Procfile:1", "deploy/shop.service:3", "package.json:1"),
                "pyproject.toml:4",
            ),
        ),
        Example(
            "a compose service runs a module that its image does not hold",
            f"{_APP}-- Dockerfile --\nFROM python\nWORKDIR /srv\nCOPY . .\n-- compose.yml --\n"
            "services:\n  web:\n    build: .\n    command: uvicorn app.api:app\n"
            "  job:\n    build: .\n    volumes: ['j:/srv/jobs']\n    command: python jobs/a.py\n",
            ("compose.yml:4",),
        ),
        Example(
            "a compose file and a service that are not there",
            f"{_APP}{_START}docker compose -f compose.dev.yml up -d\ndocker compose up -d cache\n"
            "docker compose logs -f --tail=9 db\n"
            "-- compose.yml --\nservices: {db: {image: postgres}}\n",
            ("start.sh:2", "start.sh:3"),
        ),
        Example(
            "a README names a target, a package script and a file that went",
            f"{_APP}-- README.md --\n```sh\ngit clone https://example.org/shop && cd shop\n"
            "make serve\nnpm run dev\npython app/run.py\npython your_script.py\nflask run\n```\n"
            "-- Makefile --\ntest:\n\tpytest\n-- package.json --\n{}\n",
            ("README.md:3", "README.md:4", "README.md:5"),
        ),
        Example(
            "made, downloaded, unpacked, ignored, asked for, computed, and allowed to fail",
            f"{_APP}{_START}curl -o tool.sh https://example.org/t\nbash tool.sh\n. .env.local\n"
            "if [ -f local.sh ]; then bash local.sh; fi\nbash $X/x.sh\npython secret.py || true\n"
            "source /etc/profile.d/x.sh\nnode dist/server.js\ncat > gen.py <<X\nX\npython gen.py\n"
            "bash hidden.sh\ntar xf a.tar\ncd a-1\n-- .gitignore --\nhidden.sh\n",
        ),
        Example(
            "run from another folder, from where the script lies, and what libraries bring",
            f"{_APP}-- bin/start-all.sh --\npython main.py\nuvicorn app.main:app --port 80\n"
            'cd "$(dirname "$0")"\n./helper.sh\npython -m http.server\ncelery -A proj worker\n'
            "-- bin/helper.sh --\n",
        ),
        Example(
            "scripts that test, and targets that an included file may bring",
            f"{_APP}-- run_tests.sh --\npython gone.py\n-- Makefile --\ninclude more.mk\nup:\n"
            "\tmake prepare\n-- archive/start.sh --\npython gone.py\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        known = index.entrypoints.launches or index.start_scripts or index.once(gaps)
        return None if known else "nothing tells how to start it"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        rivals = {rival: group for group in index.start_groups for rival in group.rivals}
        told = {(rival.path, each.missing) for rival in rivals for each in rival.missing}
        causes = {rival.path: group.cause(rival) for rival, group in rivals.items()}
        groups: dict[tuple[str, str, str], list[Gap]] = {}
        for gap in index.once(gaps):
            if (gap.file, gap.name) not in told:
                groups.setdefault((gap.file, gap.path, gap.lacks and gap.name), []).append(gap)
        for group in groups.values():
            finding = self._finding(index, group)
            yield replace(finding, cause=causes.get(finding.location.path or "", finding.cause))

    def _finding(self, index: RepoIndex, group: Sequence[Gap]) -> Finding:
        first = group[0]
        document = first.speaker is Speaker.DOCUMENT
        told = sentence(first)
        return self.finding(
            first.file,
            f"`{short(first.text)}`{by(first)} cannot work: {told}",
            line=first.command.line,
            key=f"{first.lacks}{first.name}",
            severity=Severity.MEDIUM if document else Severity.HIGH,
            evidence=evidence(index, group),
            subjects=(first.file, first.path) if first.lacks else (first.file,),
            targets=(first.file,),
            cause=told,
        )
