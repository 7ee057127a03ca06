"""What checks that the services behind an application can be reached before it serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from readiness.facts import python, shell
from readiness.facts.python import PythonFacts
from readiness.facts.shell import Command
from readiness.index import RepoIndex
from readiness.index.backing import Backing
from readiness.index.entrypoints import Entrypoint, Role
from readiness.index.inventory import FileClass
from readiness.index.startup import Function, Startup
from readiness.model import Evidence
from readiness.rule import against

from ._services import own as is_own
from ._startup_failures import LONGEST, of_python


class Check(NamedTuple):
    """Something that checks a service before the application serves. `whole`: where it fails, the
    application does not serve; what is not is half a check, and `evidence` says why."""

    whole: bool
    evidence: Evidence


_CHECKS = re.compile(
    r"(?i)_*(?:(?:async|do|run|on)_)?(?:pre_?(?:boot|flight|start)\w*|validate_\w+|verify_\w+"
    r"|check_\w+|ensure_\w+|wait_(?:for|until)\w*|test_connection\w*|\w*health_?check\w*|ping"
    r"|connect|connect_\w+|\w+_connect|run_migrations?|migrate|migrate_\w+|apply_migrations"
    r"|create_(?:all|tables|pool|db|database|schema|index|indexes|indices)\w*|register_tortoise"
    r"|(?:init|setup|initiali[sz]e|start|open)_?(?:the_)?(?:db|databases?|redis|mongo\w*|models"
    r"|beanie|tortoise|pool|arango\w*|postgres\w*|mysql|cache|broker|neo4j|elastic\w*|kafka"
    r"|rabbit\w*|storage|orm|engine)\w*|upgrade|self_?check|server_info|execute|call_command)"
)
_PREPARES = re.compile(
    r"(?:^|/)(?:init_?db|init_database|prestart|pre_start|preflight|migrate)\w*\.py$"
)
_COMMANDS = re.compile(
    r"alembic\b.* upgrade|\bmigrate\b|\bdb upgrade\b|aerich upgrade|database create|flyway"
    r"|liquibase|create[-_](?:tables|db)\b|init[-_]?db\b|pg_isready|mysqladmin\b|mariadb-admin\b|redis-cli\b"
    r"|mongosh?\b|\bnc -\w*z|dockerize|/dev/tcp/|pre[-_]?(?:start|boot|flight)|manage\.py check"
    r"|wait[-_]?(?:for|until|on)\b|wait[-_]for|check[-_](?:db|database|redis|services|health)"
)
_SAYS = re.compile(r"(?:echo|printf|log\w*|help|usage|declare|export|local|readonly)\b")
_DELIVERS = re.compile(r"deploy|release|deliver|\bcd\b|prod|staging", re.IGNORECASE)
_ASIDE = (FileClass.ARCHIVE, FileClass.FIXTURE, FileClass.TEST, FileClass.DOCS, FileClass.GENERATED)
_HANDLER = re.compile(r"(?i)start|lifespan|event")


def backed(index: RepoIndex) -> list[tuple[Entrypoint, list[Backing]]]:
    """The applications, with the backing services that each needs."""
    found = []
    for each in index.entrypoints.all:
        live = (
            each.primary and each.role is Role.API and not index.inventory.is_(each.path, *_ASIDE)
        )
        needed = list(index.backing.of(each.path)) if live else []
        if needed and index.facts(python.SLICE, each.path) is not None:
            found.append((each, needed))
    return found


class Checks:
    """All that checks services before an application of the repository serves."""

    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._soft = {(each.path, each.function) for each in of_python(index)}
        self._around = [
            *_at_boot(index),
            *_in_delivery(index),
            *_in_compose(index),
            *_in_pods(index),
            *_in_start_scripts(index),
            *_of_django(index),
        ]

    def before(self, path: str) -> list[Check]:
        """Those of the application at `path`, whole checks first."""
        found = [*_in_code(self._index, path, self._soft), *self._around]
        return sorted(found, key=lambda check: not check.whole)


def _in_code(index: RepoIndex, path: str, soft: set[tuple[str, str]]) -> Iterator[Check]:
    """Checks in the functions that run at the start; `soft` are those that only report failures."""
    started = index.startups[path]
    hooks = frozenset(name.rpartition(".")[2] for name in index.config.preboot)
    seen: set[tuple[str, str]] = set()
    for name, place, line in _candidates(index, started, hooks):
        if (place.path, name) not in seen:
            seen.add((place.path, name))
            reported = (place.path, place.name) in soft
            end = ", but its failure is only reported" if reported else ""
            yield Check(not reported, against(f"{name}() runs at the start{end}", place.path, line))


def _candidates(
    index: RepoIndex, started: Startup, hooks: frozenset[str]
) -> Iterator[tuple[str, Function, int]]:
    """(name, the function that does it, line) of what may be a check, told by names."""

    def is_check(name: str) -> bool:
        return name in hooks or _CHECKS.fullmatch(name) is not None

    for function in started.functions:
        last = function.name.rpartition(".")[2]
        facts = index.facts(python.SLICE, function.path)
        if facts is None or last in ("", "__main__"):
            continue
        if is_check(last) or _PREPARES.search(function.path):
            lines = {each.name: each.line for each in facts.definitions}
            yield last, function, lines.get(function.name, 1)
        for each in facts.imports:
            if is_check(each.name) and function.depth and _HANDLER.search(function.name):
                yield each.name, function, each.line
    for step in started.steps:
        last = step.call.name.rpartition(".")[2]
        if is_check(last):
            yield last, step.function, step.call.line


def _checks_by_command(file: str, command: Command) -> Iterator[Check]:
    text = " ".join(command.words)[:LONGEST]
    waits = command.words[:1] == ("sleep",) and command.conditional
    if waits or (_COMMANDS.search(text) and not _SAYS.match(text)):
        soft = command.fallback.partition(" ")[0] in ("true", ":", "echo")
        what = "waits in a loop" if waits else f"runs `{text[:80]}`"
        yield Check(not soft, against(f"{file} {what} before it serves", file, command.line))


def _at_boot(index: RepoIndex) -> Iterator[Check]:
    for each in index.boot:
        yield from _checks_by_command(each.file, each.command)


def _in_delivery(index: RepoIndex) -> Iterator[Check]:
    """The commands of workflows that release."""
    for path in index.workflows.effective:
        facts = index.workflows.files[path]
        for job in facts.jobs if _DELIVERS.search(path.rpartition("/")[2]) else ():
            for step in job.steps:
                for command in step.commands:
                    yield from _checks_by_command(path, command)


def _in_compose(index: RepoIndex) -> Iterator[Check]:
    own = {(c.file, c.service.name) for c in index.containers.containers if is_own(c)}
    for container in index.containers.containers:
        service, file = container.service, container.file
        if not is_own(container) or index.inventory.is_(file, *_ASIDE):
            continue
        for each in service.dependencies:
            if each.condition == "service_completed_successfully":
                text = f"{service.name} starts after {each.service} has succeeded"
                yield Check(True, against(text, file, service.line))
            elif each.condition == "service_healthy" and (file, each.service) not in own:
                text = f"compose starts {service.name} when {each.service} is healthy; elsewhere"
                yield Check(False, against(f"{text} nothing checks it", file, service.line))


def _in_pods(index: RepoIndex) -> Iterator[Check]:
    for pod in index.containers.pods:
        for each in pod.workload.containers:
            if each.init and not index.inventory.is_(pod.file, *_ASIDE):
                text = f"the init container {each.name} runs before it serves"
                yield Check(True, against(text, pod.file, each.line))


def _in_start_scripts(index: RepoIndex) -> Iterator[Check]:
    """What scripts for the host check; no container runs them."""
    for script in index.start_scripts:
        facts = index.facts(shell.SLICE, script.path)
        for command in facts.commands if facts is not None else ():
            for check in _checks_by_command(script.path, command):
                yield check._replace(whole=False)


def _of_django(index: RepoIndex) -> Iterator[Check]:
    """Checks that are registered with Django's framework; its server does not run them all."""
    registered = index.of_each(python.SLICE, _registered)
    for path in index.paths(python.SLICE):
        for name, line in registered[path]:
            if index.inventory.is_(path, FileClass.LIVE):
                text = f"{name} is a system check of Django"
                yield Check(False, against(text, path, line))


def _registered(path: str, facts: PythonFacts) -> tuple[tuple[str, int], ...]:
    """(name, line) of the functions of a file that are registered as checks."""
    return tuple(
        (each.name, each.line)
        for each in facts.definitions
        if any(name.rpartition(".")[2] == "register" for name in each.decorators)
        and re.search(r"check|valid", each.name)
    )
