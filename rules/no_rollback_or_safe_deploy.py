"""CIC009: a deployment that exchanges the release in place, with no way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.model import Area, Confidence, Dimension, Finding, Outcome, Severity
from readiness.rule import Example, Rule, against, for_

from ._deployments import Deployment, Way, deployments, in_place, ways_back
from ._workflows import short

_SSH = "jobs: {deploy: {steps: [{uses: appleboy/ssh-action@v1, with: {script: '%s'}}]}}\n"


class NoRollbackOrSafeDeploy(Rule):
    """A deployment replaces the running release in place and has no way back.

    What it does
        Takes the workflows that deploy (where there are none, the scripts named after it) with
        the scripts that they start on the host. Reports those that exchange files or containers on
        a machine in place, and have neither a rollback, nor two colours, a canary or a traffic
        split. `git pull` on the host, `compose down` and `system prune` weigh against them.

    Why it matters
        When the new release does not start, the old one is gone: every minute until somebody has
        repaired it by hand is an outage.

    How to fix
        Deploy an image by its digest or commit tag, check the health of the new release before the
        old one is stopped, and add a rollback step that starts the previous tag on failure.

    Limits
        Platforms that keep releases (Cloud Run, Fly, Heroku, ...) and orchestrators that roll
        replicas over (Kubernetes, ECS, ...) bring their own way back and are not reported. A
        rollback that only people know of is not seen; neither is a deployment from elsewhere.
    """

    id = "CIC009"
    name = "no-rollback-or-safe-deploy"
    dimension = Dimension.OPERATIONS
    area = Area.DELIVERY
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "the host pulls a branch",
            "-- .github/workflows/cd.yml --\non: push\n"
            + _SSH % "git pull origin main || git pull origin develop",
            (".github/workflows/cd.yml:2",),
        ),
        Example(
            "a script that the host runs stops everything first",
            "-- .github/workflows/cd.yml --\non: push\n"
            + _SSH % "./deploy/run.sh"
            + "-- deploy/run.sh --\ndocker compose down\ndocker compose up -d\n",
            (".github/workflows/cd.yml:2",),
        ),
        Example(
            "a deploy script and no workflow",
            "-- scripts/deploy.sh --\ngit pull\ndocker compose up -d --build\n",
            ("scripts/deploy.sh:1",),
        ),
        Example(
            "a rollback job",
            "-- .github/workflows/cd.yml --\non: push\njobs:\n  deploy: {steps: [{run: ssh h x}]}\n"
            "  rollback: {if: failure(), steps: [{run: ssh h docker compose up -d app-old}]}\n",
        ),
        Example(
            "a script that moves what runs aside, and pulls only itself",
            "-- scripts/deploy.sh --\ngit pull\nscp app.tar host:/tmp\n"
            "ssh host 'mv /opt/app /opt/app_previous; mv /opt/app_new /opt/app'\n",
        ),
        Example(
            "a platform that keeps its releases",
            "-- .github/workflows/cd.yml --\non: push\njobs: {a: {steps: [{run: fly deploy}]}}\n",
        ),
        Example(
            "an orchestrator that rolls over",
            "-- .github/workflows/cd.yml --\non: push\n"
            "jobs: {a: {steps: [{run: kubectl set image deployment/a a=a:1.2}]}}\n",
        ),
        Example(
            "a stack that is started to be tested",
            "-- .github/workflows/ci.yml --\non: push\n"
            "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: docker compose up -d}]}}\n",
        ),
        Example(
            "a library that is published",
            "-- .github/workflows/cd.yml --\non: push\njobs: {a: {steps: [{run: twine upload}]}}\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if deployments(index) else "nothing in this repository deploys"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for deployment in deployments(index):
            if Way.HOST in deployment.ways and not any(ways_back(index, deployment)):
                yield self._finding(deployment)

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        worst = min((finding.severity.rank for finding in findings), default=9)
        quality = 1.0 if not findings else 0.0 if worst <= Severity.HIGH.rank else 0.5
        return self.outcome(quality, findings)

    def _finding(self, deployment: Deployment) -> Finding:
        signs = list(in_place(deployment))
        first = deployment.first
        evidence = [for_(line.text, line.path, line.line) for line in signs[:8]]
        if not signs:
            evidence.append(for_(f"`{short(first.text)}` deploys", first.path, first.line))
        evidence.append(for_("no step, job or script rolls back, and no traffic is split"))
        evidence += [
            against(f"`{short(check.text)}` can fail the deployment", check.path, check.line)
            for check in deployment.checks[:2]
        ]
        here = next((line for line in (*signs, first) if line.path == deployment.file), first)
        return self.finding(
            deployment.file,
            f"{deployment.file} exchanges the running release in place and has no way back"
            + (f": {signs[0].text}" if signs else ""),
            line=here.line if here.path == deployment.file else 1,
            key="deployment",
            severity=Severity.HIGH if signs else Severity.MEDIUM,
            confidence=Confidence.HIGH if signs else Confidence.MEDIUM,
            evidence=evidence,
            subjects=deployment.files,
        )
