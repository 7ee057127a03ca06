"""CFG003: development, test and production are not all defined in the repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from readiness.index import RepoIndex
from readiness.index.environments import DEVELOPMENT, TEST, Environment
from readiness.model import (
    ActionKind,
    Area,
    Confidence,
    Dimension,
    Evidence,
    Finding,
    Outcome,
    Severity,
)
from readiness.rule import Example, Rule, against, for_

from ._services import PLATFORMS, live

_MANY = 3  # keys of the environment that need a template
_NO_SERVER = frozenset(("netlify.toml", "vercel.json"))  # they publish pages

_APP = """\
-- main.py --
import os
from fastapi import FastAPI
app = FastAPI()
SETTINGS = os.environ["DATABASE_URL"], os.environ["API_KEY"], os.environ["LOG_LEVEL"]
-- Dockerfile --
FROM python:3.12
CMD ["uvicorn", "main:app"]
-- .github/workflows/ci.yml --
on: push
jobs: {test: {runs-on: ubuntu-24.04, steps: [{run: pytest}]}}
"""
_DEVELOPMENT = """\
-- docker-compose.yml --
services:
  web:
    build: .
    volumes: [".:/app"]
"""
_PRODUCTION = "-- docker-compose.prod.yml --\nservices:\n  web:\n    image: shop\n    build: .\n"
_TEMPLATE = "-- .env.example --\nDATABASE_URL=\nAPI_KEY=\nLOG_LEVEL=info\n"


class EnvironmentSetIncomplete(Rule):
    """Development, test or production is not defined in the repository.

    What it does
        Looks for what runs the software in each environment (a compose file or profile, a start
        script, a target of make, a unit, CI for the tests) and for where its settings come from (a
        file of its own, one template for all, the compose file). Reports an environment that has
        no definition, and settings that are there for some environments only, or that nothing
        lists. Staging is asked for where a file is named after it.

    Why it matters
        What is not defined is set up by hand, and nobody can set it up again or say in what it
        differs. Production is then the first place where its own settings are tried.

    How to fix
        Give each environment a small compose file over the common one (or a profile), and one
        template of the settings without values. For development a document is enough.

    Limits
        Values are not compared. A default compose file counts for one environment: development
        where it mounts the source, reloads, says so or stands beside one for production.
    """

    id = "CFG003"
    name = "environment-set-incomplete"
    dimension = Dimension.CONFIGURATION
    area = Area.CONFIG
    severity = Severity.MEDIUM
    examples = (
        Example("nothing for production", _APP + _DEVELOPMENT + _TEMPLATE, ("docker-compose.yml",)),
        Example("a compose file for each", _APP + _DEVELOPMENT + _PRODUCTION + _TEMPLATE),
        Example("profiles in one compose file", _APP + _DEVELOPMENT
            + "  live:\n    build: .\n    profiles: [production]\n" + _TEMPLATE),
        Example("no list of the settings", _APP + _DEVELOPMENT + _PRODUCTION, ("",)),
        Example("production is documented, which is less than defined", _APP + _DEVELOPMENT
            + _TEMPLATE + "-- README.md --\n# Shop\n## Deployment\n", ("docker-compose.yml",)),
        Example("Kubernetes", _APP + _DEVELOPMENT + "-- k8s/web.yaml --\napiVersion: apps/v1\n"
            "kind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n"
            "      containers:\n        - name: web\n          image: shop\n"),
        Example("a platform", _APP + _DEVELOPMENT + "-- fly.toml --\napp = 'shop'\n"),
        Example("a library", "-- pyproject.toml --\n[project]\nname = 'a'\n-- a/__init__.py --\n"),
    )  # fmt: skip

    def applies(self, index: RepoIndex) -> str | None:
        if not index.profile.service:
            return "nobody operates a library"
        for pod in index.containers.pods:
            if live(index, pod.file):
                return f"Kubernetes defines the environments: {pod.file}"
        for path in index.files:
            name = path.rpartition("/")[2].lower()
            if name in PLATFORMS - _NO_SERVER and live(index, path):
                return f"a platform defines the environments: {path}"
        return None

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        environments = index.environments
        for each in environments.all:
            if not each.runs and not (each.told and each.name == DEVELOPMENT):
                yield self._undefined(index, each)
        settings = [each for each in environments.all if each.settings]
        if not settings and environments.keys >= _MANY:
            yield self.finding(
                None,
                f"no file lists the settings: the code reads {environments.keys} keys of the "
                "environment, and there is no template of them",
                key="settings",
                severity=Severity.LOW,
                evidence=list(_reads(index)),
                action=ActionKind.CREATE,
                targets=[".env.example"],
            )
        own = [each for each in settings if each.own]
        for each in environments.all:
            if len(own) > 1 and not each.settings:
                named = ", ".join(other.name for other in own)
                yield self.finding(
                    None,
                    f"{each.name} has no settings of its own, while {named} have",
                    key=f"{each.name} settings",
                    severity=Severity.LOW,
                    evidence=[_place(other.own[0]) for other in own],
                    action=ActionKind.CREATE,
                )

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        return self.outcome(1 - len(findings) / (2 * len(index.environments.all)), findings)

    def _undefined(self, index: RepoIndex, missing: Environment) -> Finding:
        found = [each.runs for each in index.environments.all if each.runs]
        paths = [evidence.location.path or "" for evidence in index.environments.all[0].runs]
        how = "only documents or deliveries tell of it" if missing.told else "nothing tells of it"
        return self.finding(
            min((p for p in paths if p.endswith(("yml", "yaml"))), key=len, default=None),
            f"{missing.name} is not defined: no compose file, profile, script or unit runs it, and "
            f"{how}",
            key=missing.name,
            action=ActionKind.CREATE,
            targets=_new(index, missing.name),
            severity=Severity.LOW if missing.told or missing.name == TEST else Severity.MEDIUM,
            confidence=Confidence.MEDIUM if missing.told else Confidence.HIGH,
            evidence=[
                *(_place(runs[0]) for runs in found),
                *(against(e.summary, e.location.path, e.location.line) for e in missing.told),
            ],
        )


def _new(index: RepoIndex, name: str) -> Iterator[str]:
    """The compose file to write over the common one, where there is one."""
    for common in ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"):
        stem, _, ending = common.rpartition(".")
        if common in index.files and f"{stem}.{name}.{ending}" not in index.files:
            yield f"{stem}.{name}.{ending}"
            return


def _place(evidence: Evidence) -> Evidence:
    return for_(evidence.summary, evidence.location.path, evidence.location.line)


def _reads(index: RepoIndex) -> Iterator[Evidence]:
    for key, reads in list(index.configuration.keys.items())[:3]:
        yield for_(f"the code reads {key}", reads[0].path, reads[0].line)
