"""Which files deploy, how, and what speaks for and against getting a bad release back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from readiness.facts import shell
from readiness.facts.programs import unwrap
from readiness.facts.shell import Command
from readiness.index import RepoIndex
from readiness.index.commands.lines import compose_words, program_of
from readiness.index.commands.tasks import Task, task_of, task_of_name
from readiness.index.inventory import FileClass
from readiness.index.workflows import WorkflowStep


class Way(StrEnum):
    HOST = "host"  # files or containers are exchanged in place on a machine
    ORCHESTRATOR = "orchestrator"  # rolls replicas over, and keeps the previous state
    PLATFORM = "platform"  # keeps releases and can go back to one


class Line(Struct, frozen=True):
    """One command of a deployment, where it stands."""

    path: str
    line: int
    text: str
    command: Command | None = None


class Deployment(Struct, frozen=True):
    """`first` is the first command that deploys; `lines` are all of them and those of the scripts
    that they start; `names` what its jobs and steps are called; `checks` the health checks that
    can fail it."""

    file: str
    ways: tuple[Way, ...]
    first: Line
    lines: tuple[Line, ...]
    names: str = ""
    checks: tuple[Line, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(sorted({self.file, *(line.path for line in self.lines)}))


_ORCHESTRATORS = re.compile(
    r"kubectl|helm|helmfile|argocd|oc|skaffold|nomad|(?:docker (?:stack|service))|aws ecs"
    r"|.*(?:k8s-deploy|ecs-deploy|kubectl-action|helm-deploy|stack-deploy|docker-stack).*"
)
_HOSTS = re.compile(
    r"ssh|sshpass|scp|rsync|docker|docker-compose|podman|systemctl|git|ansible-playbook"
    r"|.*(?:ssh-deploy|rsync-deploy|ssh-action|scp-action).*"
)
_BESIDE = re.compile(r"(?:^|[-_])(?:pre|post|un|test|check|verify|validate|setup|docs?)(?:$|[-_])")
_NOT_LIVE = (FileClass.ARCHIVE, FileClass.TEST, FileClass.FIXTURE, FileClass.DOCS)


def deployments(index: RepoIndex) -> tuple[Deployment, ...]:
    """The workflows that deploy, in order; where there are none, the scripts that do."""
    steps: dict[str, list[WorkflowStep]] = {}
    for step in index.workflows.steps:
        if step.task is Task.DEPLOY and "never runs" not in step.neutralised:
            steps.setdefault(step.file, []).append(step)
    found = [_of_workflow(index, file, each) for file, each in steps.items()]
    return tuple(found) or tuple(_of_scripts(index))


def _way(step: WorkflowStep) -> Way:
    words = step.command.words if step.command else (step.step.uses.lower(),)
    both = " ".join((program_of(words), *words[1:2]))
    if _ORCHESTRATORS.fullmatch(both) or _ORCHESTRATORS.fullmatch(program_of(words)):
        return Way.ORCHESTRATOR
    on_host = step.remote or _HOSTS.fullmatch(words[0]) or _HOSTS.fullmatch(program_of(words))
    return Way.HOST if on_host else Way.PLATFORM


def _of_workflow(index: RepoIndex, file: str, steps: list[WorkflowStep]) -> Deployment:
    lines = [Line(step.via or file, step.line, step.text, step.command) for step in steps]
    for step in steps:
        script = step.command.words[0].removeprefix("./") if step.command else ""
        if step.remote and script in index.files:
            lines += _lines_of(index, script)
    jobs = index.workflows.files[file].jobs
    return Deployment(
        file=file,
        ways=tuple(dict.fromkeys(map(_way, steps))),
        first=lines[0],
        lines=tuple(lines),
        names=" ".join(
            name for job in jobs for name in (job.id, job.name, *(step.name for step in job.steps))
        ),
        checks=tuple(
            Line(step.via or file, step.line, step.text)
            for step in index.workflows.steps
            if step.file == file
            and step.task is Task.HEALTH
            and not step.neutralised
            and any(step.job is other.job for other in steps)
        ),
    )


def _lines_of(index: RepoIndex, path: str) -> list[Line]:
    facts = index.facts(shell.SLICE, path)
    return [
        Line(path, command.line, " ".join(command.words), command)
        for outer in (facts.commands if facts else ())
        for command in unwrap(outer)
    ]


def _of_scripts(index: RepoIndex) -> Iterator[Deployment]:
    for path, _ in index.each(shell.SLICE):
        name = path.rpartition("/")[2].partition(".")[0]
        if task_of_name(name) is not Task.DEPLOY or _BESIDE.search(name):
            continue
        if index.inventory.is_(path, *_NOT_LIVE):
            continue
        lines = _lines_of(index, path)
        deploying = [line for line in lines if line.command and _deploys(line.command)]
        if deploying:
            ways = (_way_of(line.command) for line in deploying if line.command)
            yield Deployment(path, tuple(dict.fromkeys(ways)), deploying[0], tuple(lines))


def _deploys(command: Command) -> bool:
    words = command.words
    in_place = "up" in compose_words(words) or words[:2] in (
        ("git", "pull"),
        ("systemctl", "restart"),
    )
    return in_place or task_of(words) is Task.DEPLOY


def _way_of(command: Command) -> Way:
    words = command.words
    both = " ".join((program_of(words), *words[1:2]))
    if _ORCHESTRATORS.fullmatch(both) or _ORCHESTRATORS.fullmatch(program_of(words)):
        return Way.ORCHESTRATOR
    return Way.HOST if _HOSTS.fullmatch(program_of(words)) else Way.PLATFORM


_REACH = ("ssh", "scp", "rsync", "sshpass")
_BACK = re.compile(
    r"roll[-_ ]?backs?\b|rollout undo|\bblue[-_ ]?green\b|\bcanary\b|update-traffic|--no-traffic"
    r"|--atomic\b|docker[- ]rollout|\bln -s?[fn]{2}\b|\brevert\b"
    r"|\bmv [^;&|\n]{0,200}(?:previous|backup|\.bak\b|[_-]old\b)",
    re.IGNORECASE,
)


def ways_back(index: RepoIndex, deployment: Deployment) -> Iterator[Line]:
    """What lets a bad release be taken back, or keeps it from everybody at once."""
    match = _BACK.search(deployment.names)
    if match:
        yield Line(deployment.file, 1, f"a step is called after it: {match[0]}")
    for line in deployment.lines:
        told = line.command is not None and program_of(line.command.words) in ("echo", "printf")
        if not told and _BACK.search(line.text):
            yield line
    for path in index.files:
        name = path.rpartition("/")[2].lower()
        runnable = name.endswith((".sh", ".py", ".yml", ".yaml", ".bash"))
        if (
            runnable
            and re.search(r"roll[-_]?back", name)
            and not index.inventory.is_(path, *_NOT_LIVE)
        ):
            yield Line(path, 1, f"{path} is there to go back")


def in_place(deployment: Deployment) -> Iterator[Line]:
    """The commands that leave nothing to go back to. Of a script that reaches its hosts over the
    network, what it pulls itself is the machine's of who runs it."""
    commands = [line.command.words for line in deployment.lines if line.command]
    reaches = any(program_of(words) in _REACH for words in commands)
    for line in deployment.lines:
        words = line.command.words if line.command else ()
        compose = compose_words(words)
        aside = reaches and line.path == deployment.file and line.path.endswith((".sh", ".bash"))
        if words[:2] == ("git", "pull") and not aside:
            yield line_with(line, "takes whatever the branch holds at that moment")
        elif "down" in compose[:6]:
            yield line_with(line, "stops what runs before the new release is known to work")
        elif program_of(words) == "docker" and "prune" in words:
            yield line_with(line, "deletes the images that one would go back to")


def line_with(line: Line, meaning: str) -> Line:
    return Line(line.path, line.line, f"`{line.text[:60]}` {meaning}", line.command)
