"""Credentials that everybody knows: in compose files, images, manifests, env files and code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from readiness.facts import compose, dotenv, fallbacks
from readiness.facts.compose import Service, Variable
from readiness.facts.dotenv import ValueKind
from readiness.facts.fallbacks import Fallback
from readiness.facts.secret_names import words
from readiness.index import RepoIndex
from readiness.index.containers import environment
from readiness.index.inventory import FileClass
from readiness.model import Evidence, Severity
from readiness.rule import against, for_

from . import _services as services
from ._open_services import openings, published
from ._weak_names import BACKENDS, Guards, default_of, echoes, fame, guards

_ELSEWHERE = ("test", "development")
_PLAYS = re.compile(r"(?:^|[/_.-])(?:examples?|samples?|demos?|tutorials?|playground)(?=[/_.-]|$)")
_OWNER = re.compile(r"Settings\b|Config\b")
_ASIDE_OWNER = re.compile(r"(?i)test|dev|local|mock|fake|demo|enum")


class Weak(NamedTuple):
    """`name` is what is weak; `value` its kind as the facts hold it, "" where authentication is
    off. `sure`: the value is one that people try, not only one that stands in the file."""

    file: str
    line: int
    name: str
    message: str
    severity: Severity
    evidence: tuple[Evidence, ...]
    sure: bool = True
    group: str = ""


def find(index: RepoIndex) -> Iterator[Weak]:
    """Every weak credential and open service, in any order; one of a file may come repeatedly."""
    excuses = _excuses(index)
    yield from _of_compose(index, excuses)
    yield from _of_images(index, excuses)
    yield from _of_pods(index)
    yield from _of_env_files(index)
    yield from _of_code(index, excuses)


class Excuses(NamedTuple):
    """What live code looks for: a value or name of a credential -> the file that ends on it
    (`refused`), or only tells somebody (`noticed`)."""

    refused: dict[str, str]
    noticed: dict[str, str]

    def lower(
        self, severity: Severity, name: str, value: str
    ) -> tuple[Severity, tuple[Evidence, ...]]:
        refusing = self.refused.get(name.upper()) or self.refused.get(value)
        noticing = self.noticed.get(name.upper())
        if refusing:
            text = "the application refuses such a value when it starts"
            return Severity.LOW, (against(text, refusing),)
        if noticing:
            lowered = severity if severity is Severity.LOW else Severity.MEDIUM
            return lowered, (against("the application looks for this value", noticing),)
        return severity, ()


def _excuses(index: RepoIndex) -> Excuses:
    excuses = Excuses({}, {})
    for path, facts in index.each(fallbacks.SLICE):
        if services.live(index, path):
            excuses.refused.update(dict.fromkeys(facts.refused, path))
            excuses.noticed.update(dict.fromkeys(facts.noticed, path))
    return excuses


class Run(NamedTuple):
    """How a compose file is used: `worst` is the severity of what anybody can reach there, and
    `doubt` says why it is not high."""

    worst: Severity = Severity.HIGH
    doubt: str = ""


def _runs(index: RepoIndex) -> dict[str, Run]:
    """How each compose file is used, archives and the like left out."""
    found = {}
    deployed = {container.file for container in services.deployed(index)}
    production = _production(index)
    for path, facts in index.each(compose.SLICE):
        if not facts.services or not services.live(index, path) or _PLAYS.search(path.lower()):
            continue
        twin = "" if environment(path) else production.get(posixpath.dirname(path), "")
        if environment(path) in _ELSEWHERE or index.inventory.is_(path, FileClass.SCRIPT):
            found[path] = Run(Severity.LOW, "the file serves development or tests")
        elif path not in deployed:
            doubt = "the file mounts the source, or starts only what others built: for a developer"
            found[path] = Run(Severity.LOW, doubt)
        elif twin:
            found[path] = Run(Severity.MEDIUM, f"{twin} beside it is for production")
        else:
            found[path] = Run()
    return found


def _production(index: RepoIndex) -> dict[str, str]:
    """Folder -> the file in it that is for production and stands alone."""
    found: dict[str, str] = {}
    for container in index.containers.containers:
        if container.environment == "production" and not container.layers:
            found.setdefault(posixpath.dirname(container.file), container.file)
    return found


# -- compose files


def _of_compose(index: RepoIndex, excuses: Excuses) -> Iterator[Weak]:
    for path, run in _runs(index).items():
        facts = index.facts(compose.SLICE, path)
        for service in facts.services if facts else ():
            yield from _open(path, service, run)
            for variable in service.environment:
                weak = _of_variable(path, service, variable, run, excuses)
                if weak and not _overridden(index, path, service.name, variable.key):
                    yield weak


def _open(path: str, service: Service, run: Run) -> Iterator[Weak]:
    for reason, line in openings(service):
        name = reason.partition("`")[2].partition("`")[0]
        yield Weak(
            path,
            line,
            f"{service.name} open {name}",
            f"{service.name} in {path} asks for no password: {reason}",
            _severity(run, published(service)),
            (for_(f"{service.name}: {reason}", path, line), *_reach(service, path, run)),
            True,
            f"{service.image.partition(':')[0]} asks for no password",
        )


def _of_variable(
    path: str, service: Service, variable: Variable, run: Run, excuses: Excuses
) -> Weak | None:
    source, value = default_of(variable.value or "")
    kind = guards(variable.key)
    if not value or kind is None or kind is Guards.OTHERS:
        return None
    name, known = source or variable.key, fame(value)
    severity = _severity(run, _opens(service, variable.key, kind))
    if known == "fixed" and severity is Severity.HIGH:
        severity = Severity.MEDIUM
    severity, excuse = excuses.lower(severity, name, value)
    text = f"`{variable.key}` has a {known} value"
    text += f" where `{source}` is not set" if source else ", written into the file"
    told = for_(f"{service.name}: {text}", path, variable.line)
    evidence = (told, *_reach(service, path, run), *excuse)
    message = f"{service.name} in {path}: {text}"
    group = f"`{name}` has a {known} value"
    return Weak(path, variable.line, name, message, severity, evidence, known != "fixed", group)


def _severity(run: Run, opens: bool) -> Severity:
    if opens or run.worst is Severity.LOW:
        return run.worst
    return Severity.MEDIUM if run.worst is Severity.HIGH else Severity.LOW


def _opens(service: Service, name: str, kind: Guards) -> bool:
    """Does the credential keep out those who reach the service itself?"""
    if kind is Guards.SIGNING:
        return published(service) or bool(service.build_line)
    mentioned = BACKENDS.intersection(words(name))
    image = service.image.lower()
    client = mentioned and not any(word in image for word in mentioned)
    if client or (service.build_line and kind is not Guards.ADMIN):
        return False
    return published(service)


def _reach(service: Service, path: str, run: Run) -> Iterator[Evidence]:
    if published(service):
        text = f"its ports are published: {', '.join(service.ports[:3])}"
        yield for_(text, path, service.line)
    elif not service.build_line:
        yield against(
            "no port is published beyond the machine: only its neighbours reach it",
            path,
            service.line,
        )
    if run.doubt:
        yield against(run.doubt, path)


def _overridden(index: RepoIndex, path: str, service: str, key: str) -> bool:
    """Does a file for production that is laid upon this one set something else?"""
    for container in index.containers.containers:
        if path in container.layers and container.environment == "production":
            own = index.facts(compose.SLICE, container.file)
            for other in own.services if own else ():
                values = [v.value or "" for v in other.environment if v.key == key]
                if other.name == service and values and not default_of(values[0])[1]:
                    return True
    return False


# -- images, manifests, env files


def _of_images(index: RepoIndex, excuses: Excuses) -> Iterator[Weak]:
    for image in index.containers.images:
        path = image.dockerfile
        if environment(path) in _ELSEWHERE or not services.live(index, path):
            continue
        for key, written in image.stage.environment:
            value = default_of(written)[1]
            if not value or guards(key) in (None, Guards.OTHERS) or fame(value) == "fixed":
                continue
            text = f"the image of {path} sets `{key}` to a {fame(value)} value"
            severity, excuse = excuses.lower(Severity.MEDIUM, key, value)
            evidence = (for_(text, path, image.stage.line), *excuse)
            yield Weak(path, image.stage.line, key, text, severity, evidence)


def _of_pods(index: RepoIndex) -> Iterator[Weak]:
    for pod in services.deployed_pods(index):
        for container in pod.workload.containers:
            for variable in container.environment:
                value = default_of(variable.value or "")[1]
                kind = guards(variable.key)
                if not value or kind in (None, Guards.OTHERS) or _PLAYS.search(pod.file.lower()):
                    continue
                known = fame(value)
                text = f"`{variable.key}` has a {known} value, written into the manifest"
                message = f"{pod.workload.kind} {pod.workload.name} in {pod.file}: {text}"
                severity = Severity.HIGH if known == "well-known" else Severity.MEDIUM
                evidence = (for_(text, pod.file, variable.line),)
                sure = known != "fixed"
                yield Weak(pod.file, variable.line, variable.key, message, severity, evidence, sure)


def _of_env_files(index: RepoIndex) -> Iterator[Weak]:
    for path, facts in index.each(dotenv.SLICE):
        if dotenv.is_template(path) or environment(path) != "production":
            continue
        for entry in facts.entries if services.live(index, path) else ():
            if entry.value is ValueKind.WEAK and guards(entry.key) not in (None, Guards.OTHERS):
                text = f"{path} sets `{entry.key}` to a value that is easy to guess"
                evidence = (for_(text, path, entry.line),)
                yield Weak(path, entry.line, entry.key, text, Severity.HIGH, evidence)


# -- code


def _of_code(index: RepoIndex, excuses: Excuses) -> Iterator[Weak]:
    for path, facts in index.each(fallbacks.SLICE):
        aside = environment(path) in _ELSEWHERE or _PLAYS.search(path.lower())
        if aside or not index.inventory.is_(path, FileClass.LIVE):
            continue
        for fallback in facts.fallbacks:
            kind = guards(fallback.name)
            severity = _severity_of(fallback, kind)
            if severity is None:
                continue
            known = fame(fallback.value)
            text = f"`{fallback.name}` has a {known} value" + (
                " where the environment does not set it" if fallback.environment else " in the code"
            )
            severity, excuse = excuses.lower(severity, fallback.name, fallback.value)
            yield Weak(
                path,
                fallback.line,
                fallback.name,
                f"{text} ({path})",
                severity,
                (for_(text, path, fallback.line), *excuse),
                known != "fixed" or kind is Guards.SIGNING,
            )


def _severity_of(fallback: Fallback, kind: Guards | None) -> Severity | None:
    """Null where it is most likely something else than a credential in use."""
    if kind in (None, Guards.OTHERS):
        return None
    owner, known = fallback.owner, fame(fallback.value)
    if owner and _ASIDE_OWNER.search(owner):
        return None
    signing = kind is Guards.SIGNING
    if not fallback.environment:
        if echoes(fallback.name, fallback.value):
            return None
        if owner and not _OWNER.search(owner):
            return None
        if not owner and not (signing and known != "fixed"):
            return None
    if signing:
        return Severity.HIGH
    return Severity.MEDIUM if fallback.environment or known != "fixed" else Severity.LOW
