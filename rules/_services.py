"""What rules ask of containers: which are deployed, whose image they run, and what for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from readiness.facts.k8s import PodContainer
from readiness.facts.programs import program
from readiness.facts.shell import Command
from readiness.index import RepoIndex
from readiness.index.containers import Container, Image, Pod, environment
from readiness.index.inventory import FileClass
from readiness.model import Evidence, Severity
from readiness.rule import against, for_

_ASIDE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.DOCS, FileClass.TEST, FileClass.GENERATED)
_ELSEWHERE = ("test", "development")
_SERVERS = frozenset(
    "uvicorn gunicorn hypercorn daphne uwsgi granian waitress-serve flask fastapi nginx apache2 "
    "httpd caddy node npm yarn pnpm bun deno java dotnet rails puma php-fpm streamlit".split()
)
_WORKERS = frozenset("celery rq dramatiq arq huey faktory sidekiq taskiq procrastinate".split())
_CLOCKS = re.compile(
    r"(?:^|[-_/ ])(?:beat|scheduler|clock|cron|crond|supercronic|ofelia)(?:$|[-_ ])"
)
PLATFORMS = frozenset(
    "procfile fly.toml render.yaml railway.json railway.toml app.yaml app.json heroku.yml "
    "vercel.json chart.yaml serverless.yml captain-definition .platform.app.yaml cloudbuild.yaml "
    "copilot skaffold.yaml netlify.toml manifest.yml".split()
)
_DEPLOYS = re.compile(
    r"gcloud (?:beta )?(?:run|app) deploy|gcloud run services|kubectl |helm |fly(?:ctl)? deploy"
    r"|aws (?:ecs|apprunner|elasticbeanstalk)|az (?:webapp|containerapp)|eb deploy|heroku |kamal "
)

_JOB = re.compile(
    r"(?:^|[-_])(?:migrat\w*|init|setup|seed\w*|bootstrap|backups?|restore|create\w*|provision\w*|job"
    r"|tests?|e2e|cypress|playwright|lint|build(?:er)?|cli|shell|codegen|certs?|prestart)(?:$|[-_])"
)
_JOB_COMMAND = re.compile(
    r"\b(?:alembic upgrade|manage\.py \w*migrat\w*|flask db upgrade|prisma migrate|pytest)\b"
)
_SERVER_AFTER = re.compile(
    r"\b(?:uvicorn|gunicorn|hypercorn|runserver|celery|daphne|uwsgi|fastapi)\b"
)
_ASIDE_PROFILE = re.compile(
    r"tools?|tests?|dev\w*|debug|cli|manual|setup|migrat\w*|never\b.*|local"
)
_CHECKED_IMAGES = re.compile(  # their own Dockerfile has a HEALTHCHECK
    r"(?:.*/)?(?:mailpit|maildev|vaultwarden/server|uptime-kuma|pihole|pms-docker|gitlab-ce|gitlab-ee"
    r"|watchtower|netdata|paperless-ngx|localstack|superset|goauthentik/server|mealie|cadvisor"
    r"|immich-server|immich-machine-learning|linkding|healthchecks|archivebox|portainer-ce-alpine)"
)
_TOOLS = re.compile(
    r"(?:.*/)?(?:adminer|pgadmin4?|phpmyadmin|mailhog|autoheal|certbot|cloudflared|ngrok"
    r"|docker-socket-proxy|[\w-]*exporter|promtail|fluent-?bit|fluentd|filebeat|dozzle|portainer\S*"
    r"|redis-commander|mongo-express|redisinsight|kafka-ui|ofelia|flower|busybox|alpine|pause|alloy)"
)
_PEOPLE = re.compile(r"flower|adminer|mailhog|docs|storybook")
_POD_ASIDE = re.compile(r"istio|proxy|envoy|fluent|otel|exporter|sidecar|linkerd|vault-agent")
_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "DeploymentConfig", "Service")


def live(index: RepoIndex, path: str) -> bool:
    """Is a file neither archived nor there for tests, documents or as an example?"""
    return not index.inventory.is_(path, *_ASIDE)


def deployed(index: RepoIndex) -> Iterator[Container]:
    """The services of the files that are meant for more than development and tests.

    A file whose services mount the source over their image is for development, and so is a
    default file that starts nothing but other people's images: it serves a developer's machine."""
    found: dict[str, list[Container]] = {}
    for container in index.containers.containers:
        if live(index, container.file) and container.environment not in _ELSEWHERE:
            found.setdefault(container.file, []).append(container)
    for containers in found.values():
        if any(c.mounts_source for c in containers):
            continue
        if containers[0].environment or any(own(c) for c in containers):
            yield from containers


def deployed_pods(index: RepoIndex) -> Iterator[Pod]:
    for pod in index.containers.pods:
        if live(index, pod.file) and pod.environment not in _ELSEWHERE:
            yield pod


def lone_images(index: RepoIndex) -> Iterator[Image]:
    """The images for deployment that no compose file for deployment runs."""
    run = {c.image.dockerfile for c in deployed(index) if c.image is not None}
    for image in index.containers.images:
        if image.dockerfile in run or environment(image.dockerfile) in _ELSEWHERE:
            continue
        if live(index, image.dockerfile) and not image.stage.onbuild:
            yield image


def platform(index: RepoIndex) -> str:
    """A file that says which platform runs and watches the software; "" where none does."""
    for path in index.files:
        name = path.rpartition("/")[2].lower()
        if (name in PLATFORMS or name.endswith(".service")) and live(index, path):
            return path
    for step in index.workflows.steps:
        if _DEPLOYS.search(step.step.run):
            return step.file
    return ""


def own(container: Container) -> bool:
    """Does the service run an image of this repository?"""
    return container.image is not None or bool(container.service.build_line)


def commands(container: Container) -> tuple[Command, ...]:
    """What the container runs: the service's entrypoint and command, else the image's."""
    service, image = container.service, container.image
    entrypoint = service.entrypoint
    command = service.command
    if image is not None:
        if not service.entrypoint_line:
            entrypoint = image.stage.entrypoint
        if not service.command_line and not service.entrypoint_line:
            command = image.stage.command
    return entrypoint + command


def programs(run: tuple[Command, ...]) -> list[str]:
    """The names of the programs that commands run, behind wrappers such as `poetry run`."""
    found = []
    for command in run:
        words = program(command.words)
        if words[:1] and words[0].rpartition("/")[2].startswith("python") and words[1:2] == ("-m",):
            words = words[2:]
        found += [word.rpartition("/")[2] for word in words[:1]]
    return found


def is_clock(run: tuple[Command, ...], name: str = "") -> bool:
    text = " ".join(word for command in run for word in command.words)
    return bool(_CLOCKS.search(text[:2000]) or _CLOCKS.search(name))


def is_worker(run: tuple[Command, ...]) -> bool:
    """Do all commands only work through a queue, a schedule or a dashboard of one?"""
    return any(name in _WORKERS for name in programs(run))


def serves(container: Container) -> bool:
    """Does the container answer requests, as its ports or its program tell?"""
    run = commands(container)
    if is_worker(run) or is_clock(run, container.service.name):
        return False
    image = container.image
    return (
        bool(container.service.ports)
        or bool(image is not None and image.stage.exposes)
        or any(name in _SERVERS for name in programs(run))
    )


def serves_unchecked(image: Image) -> bool:
    """Does an image start a server that nothing else is known to check?"""
    if image.stage.healthcheck or _CHECKED_IMAGES.match(image.stage.base):
        return False
    run = image.stage.entrypoint + image.stage.command
    if is_worker(run) or is_clock(run):
        return False
    return bool(image.stage.exposes) or any(name in _SERVERS for name in programs(run))


class Peers:
    """What containers say of each other: which wait for another's end, and which are checked by
    way of a file laid over another's. Both are sets of (file, service)."""

    def __init__(self, containers: Iterable[Container]) -> None:
        self.awaited: set[tuple[str, str]] = set()
        self.checked: set[tuple[str, str]] = set()
        for container in containers:
            for dependency in container.service.dependencies:
                if dependency.condition == "service_completed_successfully":
                    self.awaited.add((container.file, dependency.service))
            checked = container.check is not None and container.check.commands
            if checked and container.environment == "production":
                self.checked.update((layer, container.service.name) for layer in container.layers)


def is_unchecked(container: Container, peers: Peers) -> bool:
    """Is it a long-running service that nothing checks, as far as can be told?"""
    service = container.service
    if container.check is not None and container.check.commands:
        return False
    if container.check is not None and not serves(container):
        return False  # switched off on purpose for what does not serve
    if is_job(container, peers) or any(
        map(_ASIDE_PROFILE.fullmatch, map(str.lower, service.profiles))
    ):
        return False
    names = (service.image.lower(), container.image.stage.base.lower() if container.image else "")
    if any(_CHECKED_IMAGES.match(name) for name in names):
        return False
    if (container.file, service.name) in peers.checked:
        return False
    return bool(service.image or service.build_line)


def is_job(container: Container, peers: Peers) -> bool:
    """Does the service end by itself?"""
    service = container.service
    text = " ".join(word for command in commands(container) for word in command.words)[:2000]
    return (
        service.restart in ("no", "none", "false")
        or (_JOB.search(service.name.lower()) is not None and not service.ports)
        or (_JOB_COMMAND.search(text) is not None and not _SERVER_AFTER.search(text))
        or (container.file, service.name) in peers.awaited
    )


def identity(container: Container) -> str:
    """What makes services of several files one: the name, and whose image it runs."""
    if own(container):
        return container.service.name
    name = container.service.image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    return f"{name} {container.service.name}"


def weight(container: Container) -> Severity:
    """How much it matters that nothing checks this service."""
    run = commands(container)
    names = f"{container.service.name} {' '.join(w for c in run for w in c.words[:6])}"
    if _PEOPLE.search(names) or is_clock(run, container.service.name):
        return Severity.LOW
    if own(container):
        return Severity.HIGH if serves(container) and not is_worker(run) else Severity.MEDIUM
    return Severity.LOW if _TOOLS.match(container.service.image.lower()) else Severity.MEDIUM


def unprobed(index: RepoIndex) -> Iterator[tuple[Pod, PodContainer]]:
    """The containers of long-running workloads that no manifest gives a probe.

    A patch of the same workload counts, whatever file it stands in."""
    places = [
        (pod, container, (pod.workload.kind, pod.workload.name, container.name))
        for pod in deployed_pods(index)
        for container in pod.workload.containers
    ]
    probed = {place for _, container, place in places if container.probes}
    for pod, container, place in places:
        long_running = pod.workload.kind in _KINDS and not container.init
        if long_running and container.image and place not in probed:
            yield pod, container


def pod_weight(pod: Pod, container: PodContainer) -> Severity:
    if pod.workload.kind == "Service" or _POD_ASIDE.search(container.name):
        return Severity.LOW  # Cloud Run opens a connection before it sends traffic
    return Severity.HIGH if container.ports else Severity.MEDIUM


def unchecked(container: Container) -> Iterator[Evidence]:
    """What speaks for and against that nothing checks a service."""
    file, service, image = container.file, container.service, container.image
    what = f"runs {service.image}" if service.image else f"builds {service.context}"
    if container.check is not None:
        yield for_("its health check is switched off", container.check.file, container.check.line)
    else:
        yield for_(f"{service.name} {what} without a healthcheck", file, service.line)
    if image is not None and not image.stage.healthcheck_line:
        yield for_("the image has no HEALTHCHECK", image.dockerfile, image.stage.line)
    if service.restart in ("always", "unless-stopped", "any"):
        text = f"`restart: {service.restart}` starts it again when it exits, not when it hangs"
        yield against(text, file, service.line)
