"""CTR001: a long-running service that nobody asks whether it is well."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.index import RepoIndex
from readiness.index.containers import Container
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule, for_

from . import _services as services

_ORDER = {"production": 0, "": 1, "staging": 2}
_SHOWN = 5  # compose files of one service whose lines are shown


class NoHealthcheck(Rule):
    """A long-running service has neither a health check nor a probe.

    What it does
        Joins each compose service to its image and reports those with neither a `healthcheck` nor
        a `HEALTHCHECK` in the Dockerfile; likewise containers of Kubernetes workloads without a
        probe, and images that serve and that nothing in the repository runs. What is built here
        and answers requests weighs most, workers less, other people's images and tools least.

    Why it matters
        A process that hangs does not exit. Without a check nothing restarts it, nothing takes it
        out of the load balancer, and `depends_on` cannot wait for it.

    How to fix
        Add a `healthcheck` to the service, or a `HEALTHCHECK` to the Dockerfile, that asks a cheap
        endpoint (`curl -f http://localhost:8000/health`, `pg_isready`, `redis-cli ping`); in
        Kubernetes a `livenessProbe` and a `readinessProbe`.

    Limits
        Jobs that end, files for development and tests, and images known to bring their own check
        are left out, and so is a default compose file that starts only other people's images: it
        serves a developer's machine. What a platform checks by itself is not seen.
    """

    id = "CTR001"
    name = "no-healthcheck"
    dimension = Dimension.OPERATIONS
    area = Area.CONTAINERS
    severity = Severity.HIGH
    examples = (
        Example(
            "a service built here without a check",
            "-- docker-compose.yml --\nservices:\n  web:\n    build: .\n    ports: ['80:80']\n"
            "-- Dockerfile --\nFROM python:3.12\nCMD uvicorn main:app\n",
            ("docker-compose.yml:2",),
        ),
        Example(
            "the image brings the check, a migration ends, and the override is for development",
            "-- docker-compose.yml --\nservices:\n  web:\n    build: .\n  migrate:\n    build: .\n"
            "    command: alembic upgrade head\n    healthcheck: {disable: true}\n"
            "-- docker-compose.override.yml --\nservices:\n  mail:\n    image: mail\n"
            "-- Dockerfile --\nFROM python:3.12\nHEALTHCHECK CMD curl -f localhost/health\n",
        ),
        Example(
            "one service in two files is one finding, the production file's",
            "-- compose.yaml --\nservices:\n  web: {build: .}\n"
            "-- compose.prod.yaml --\nservices:\n  web: {restart: always}\n"
            "-- Dockerfile --\nFROM node\nEXPOSE 80\n",
            ("compose.prod.yaml",),
        ),
        Example(
            "backing services of a developer's machine, and a unit of systemd",
            "-- docker-compose.yml --\nservices:\n  db: {image: postgres}\n"
            "-- web.service --\n[Service]\nExecStart=/opt/bin/gunicorn wsgi\n",
        ),
        Example(
            "a workload without a probe, and a job",
            "-- k8s/web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
            "spec: {template: {spec: {containers: [{image: a, ports: [{containerPort: 80}]}]}}}\n"
            "-- k8s/job.yaml --\napiVersion: batch/v1\nkind: Job\nspec: {template: {spec: "
            "{containers: [{image: a}]}}}\n",
            ("k8s/web.yaml",),
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        found = (services.deployed, services.deployed_pods, services.lone_images)
        if any(True for find in found for _ in find(index)):
            return None
        if index.profile.service and not services.platform(index):
            return None
        return "no container is defined for deployment"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        containers = list(services.deployed(index))
        peers = services.Peers(containers)
        groups: dict[str, list[Container]] = {}
        for container in containers:
            if services.is_unchecked(container, peers):
                groups.setdefault(services.identity(container), []).append(container)
        for key, group in groups.items():
            yield self._service(key, group)
        for pod, inner in services.unprobed(index):
            what = f"{pod.workload.kind} {pod.workload.name}"
            yield self.finding(
                pod.file,
                f"the container {inner.name or inner.image} of {what} has no probe",
                line=inner.line,
                key=f"{what}/{inner.name}",
                severity=services.pod_weight(pod, inner),
                evidence=[for_("it has an image and no probe", pod.file, inner.line)],
            )
        if not containers and not services.platform(index) and index.profile.service:
            yield from self._images(index)

    def _service(self, key: str, group: list[Container]) -> Finding:
        group.sort(key=lambda c: (_ORDER.get(c.environment, 1), c.file))
        first = group[0]
        evidence = [line for container in group[:_SHOWN] for line in services.unchecked(container)]
        files = sorted({container.file for container in group})
        return self.finding(
            first.file,
            f"nothing checks the health of the service {first.service.name}"
            + (f" ({len(files)} compose files)" if len(files) > 1 else ""),
            line=first.service.line,
            key=key,
            severity=min(map(services.weight, group), key=lambda severity: severity.rank),
            confidence=Confidence.HIGH if services.own(first) else Confidence.MEDIUM,
            evidence=evidence,
            subjects=files,
        )

    def _images(self, index: RepoIndex) -> Iterator[Finding]:
        for image in filter(services.serves_unchecked, services.lone_images(index)):
            file, stage = image.dockerfile, image.stage
            yield self.finding(
                file,
                f"{file} has no HEALTHCHECK, and nothing here runs the image with one",
                line=stage.command_line or stage.entrypoint_line or stage.line,
                severity=Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                evidence=[for_("the final stage has no HEALTHCHECK", file, stage.line)],
            )
        if not index.containers.images and not index.containers.pods:
            told = index.profile.evidence
            yield self.finding(
                None,
                "the service is in no container and on no platform that this repository names, "
                "so nothing checks its health",
                severity=Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                evidence=[for_(told.summary, told.location.path, told.location.line)],
                cause="the service has no container",
            )
