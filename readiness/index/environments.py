"""Environments: where development, test and production are run and get their settings from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from readiness.facts import dotenv, markdown, shell
from readiness.index.commands.tasks import Task
from readiness.index.containers import Container, environment
from readiness.index.inventory import ASIDE, FileClass, named_as_test
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex

DEVELOPMENT, TEST, STAGING, PRODUCTION = "development", "test", "staging", "production"


class Environment(Struct, frozen=True):
    """`runs` says what starts the software there (a compose file or profile, a script, a unit, a
    target of make, CI), `told` what only delivers it or tells how, `settings` where its values
    come from and `own` which of these are of this environment alone."""

    name: str
    runs: tuple[Evidence, ...] = ()
    told: tuple[Evidence, ...] = ()
    settings: tuple[Evidence, ...] = ()
    own: tuple[Evidence, ...] = ()


class Environments(Struct, frozen=True):
    """`all` are development, test and production, and staging where a file is named after it.
    `keys` counts those of the environment that the code reads by their names."""

    all: tuple[Environment, ...] = ()
    keys: int = 0


_WORDS = {"testing": TEST, "tests": TEST}
_SETTINGS_FOLDER = re.compile(
    r"\w*config\w*|\w*settings|environments?|envs?|profiles", re.IGNORECASE
)
_SETTINGS_FILES = re.compile(
    r"(?:^|[._-])(?:settings|config|application|appsettings)[._-]", re.IGNORECASE
)
_VALUES = (".env", ".yaml", ".yml", ".toml", ".json", ".ini", ".cfg", ".py", ".ts", ".js")
_DOTENV = re.compile(
    r"^(?:\.?env(?:[._-].+)?|.+\.env(?:[._-].+)?|.+[._-]env)$|^env(?:ironment)?$", re.IGNORECASE
)
_GENERAL = re.compile(r"example|sample|template|dist|default|tpl|tmpl", re.IGNORECASE)
_CODE = re.compile(r"\.(?:py|md|rst|html?|vue|tsx|jsx|woff2?|svg|png|sh|txt)$", re.IGNORECASE)
_TOOLS = re.compile(
    r"(?i)playwright|cypress|jest|vitest|webpack|vite|babel|tailwind|(?:^|/)\.(?:git|claude|cursor)"
)
_SAYS_DEVELOPMENT = re.compile(r"(?i)^(?:dev|development|debug|local|true|1|on)$")
_SAYS_WHICH = re.compile(r"(?i)(?:^|_)(?:ENV|ENVIRONMENT|APP_ENV|DEBUG|FLASK_ENV|NODE_ENV)$")
_DEVELOPS = re.compile(r"--reload|\bdev\b|runserver|debug|nodemon|watch|hupper", re.IGNORECASE)
_PUSHES = re.compile(
    r"docker push|docker buildx .*--push|build-push-action|skopeo|docker compose push"
)
_HEADINGS = {
    DEVELOPMENT: re.compile(r"(?i)develop|contribut|getting started|local|quick ?start|set ?up"),
    TEST: re.compile(r"(?i)\btest"),
    STAGING: re.compile(r"(?i)staging"),
    PRODUCTION: re.compile(r"(?i)deploy|production|self.?host"),
}
_TARGETS = {
    DEVELOPMENT: re.compile(r"(?i)^(?:dev|run|serve|start|up|develop)\b|(?:^|[-_:])dev(?:$|[-_:])"),
    TEST: re.compile(r"(?i)^tests?\b|(?:^|[-_:])tests?(?:$|[-_:])"),
    STAGING: re.compile(r"(?i)staging"),
    PRODUCTION: re.compile(r"(?i)prod"),
}


def build(index: RepoIndex) -> Environments:
    """What the live files say of each environment."""
    files = _compose_files(index)
    settings = _settings(index)
    found = []
    for name in (DEVELOPMENT, TEST, STAGING, PRODUCTION):
        own = settings.get(name, [])
        if name == STAGING and not own and not any(f.environment == name for f in files):
            continue
        found.append(
            Environment(
                name,
                (*_runs(index, files, name), *_tools(index, name)),
                (*_delivered(index, name), *_documented(index, name)),
                (*own, *_in_compose(files, name), *settings.get("", [])),
                tuple(own),
            )
        )
    return Environments(tuple(found), len(index.configuration.keys))


class _ComposeFile(NamedTuple):
    """`environment` is the one that it is for, `own` its services that run our own software."""

    path: str
    environment: str
    services: list[Container]
    own: list[Container]


def _live(index: RepoIndex, path: str) -> bool:
    return not index.inventory.is_(path, *ASIDE, FileClass.DOCS)


def _compose_files(index: RepoIndex) -> list[_ComposeFile]:
    """The live compose files. One that names no environment is for one alone: for production
    where it runs the software's own image as it is, else for development."""
    services: dict[str, list[Container]] = {}
    for container in index.containers.containers:
        if _live(index, container.file):
            services.setdefault(container.file, []).append(container)
    named = {found[0].environment for found in services.values()}
    files = []
    for path, found in services.items():
        own = [each for each in found if _is_own(index, each)]
        default = DEVELOPMENT if not own or _develops(own) else PRODUCTION
        if PRODUCTION in named and DEVELOPMENT not in named:
            default = DEVELOPMENT
        files.append(_ComposeFile(path, found[0].environment or default, found, own))
    return files


def _is_own(index: RepoIndex, container: Container) -> bool:
    repository = index.snapshot.repository.rpartition("/")[2].lower()
    named = bool(repository) and repository in container.service.image.lower()
    return container.image is not None or bool(container.service.build_line) or named


def _develops(own: list[Container]) -> bool:
    """Is the source mounted, reloaded or watched, or does a variable say so?"""
    words = [word for each in own for c in each.service.command for word in c.words]
    return (
        any(each.mounts_source for each in own)
        or _DEVELOPS.search(" ".join(words)) is not None
        or any(
            _SAYS_WHICH.search(each.key) and _SAYS_DEVELOPMENT.match(each.value or "")
            for one in own
            for each in one.service.environment
        )
    )


# -- what runs it


def _runs(index: RepoIndex, files: list[_ComposeFile], name: str) -> Iterator[Evidence]:
    for file in files:
        profiled = [
            each
            for each in file.services
            if any(environment(profile) == name for profile in each.service.profiles)
        ]
        if file.environment == name:
            yield Evidence(f"{file.path} runs {name}", Location(file.path))
        elif profiled:
            text = f"{file.path} has a profile for {name}"
            yield Evidence(text, Location(file.path, profiled[0].service.line))
    for script in index.start_scripts:
        if script.environment == name:
            text = f"{script.path} starts {name}"
            yield Evidence(text, Location(script.path, script.launched[0].line))


def _tools(index: RepoIndex, name: str) -> Iterator[Evidence]:
    for path, facts in index.each(shell.SLICE):
        last = posixpath.basename(path).lower()
        if not _live(index, path):
            continue
        if name == PRODUCTION and (last.endswith(".service") or last == "procfile"):
            yield Evidence(f"{path} runs the software on a host", Location(path, 1))
        elif last.startswith(("makefile", "gnumakefile", "justfile", "taskfile")):
            for target in facts.functions:
                if _TARGETS[name].search(target):
                    yield Evidence(f"{path} has the target {target}", Location(path))
                    break
    if name == DEVELOPMENT:
        for path in index.files:
            if path.endswith("devcontainer.json") and _live(index, path):
                yield Evidence(f"{path} is a container to develop in", Location(path, 1))
    for step in index.workflows.steps:
        if name == TEST and step.task is Task.TEST:
            yield Evidence(f"{step.file} runs the tests", Location(step.file, step.step.line))
            break


def _delivered(index: RepoIndex, name: str) -> Iterator[Evidence]:
    """The first step of a workflow that rolls it out, or publishes the image."""
    for step in index.workflows.steps if name == PRODUCTION else ():
        if step.task is Task.DEPLOY or _PUSHES.search(step.text[:2_000]):
            text = f"{step.file} delivers it: {step.text[:60]}"
            yield Evidence(text, Location(step.file, step.step.line))
            break


def _documented(index: RepoIndex, name: str) -> Iterator[Evidence]:
    """Headings of READMEs, guides and pages that tell how it is run."""
    if name == DEVELOPMENT and "README.rst" in index.files:
        yield Evidence("README.rst is there to tell how", Location("README.rst", 1))
    for path, facts in index.each(markdown.SLICE):
        if index.inventory.is_(path, *ASIDE) or path.count("/") > 2:
            continue
        if path.count("/") and not path.lower().startswith("docs/"):
            continue
        stem = posixpath.basename(path).partition(".")[0]
        if _HEADINGS[name].search(stem):
            yield Evidence(f"{path} tells how", Location(path, 1))
            return
        if not re.match(r"(?i)readme|contributing|develop|hacking|deploy|install", stem):
            continue
        for heading in facts.headings:
            if _HEADINGS[name].search(heading.text):
                text = f'{path} tells how under "{heading.text[:60]}"'
                yield Evidence(text, Location(path, heading.line))
                return


# -- where its settings come from


def _settings(index: RepoIndex) -> dict[str, list[Evidence]]:
    """The files of settings by the environment that they are named after; "" for no one."""
    found: dict[str, list[Evidence]] = {}
    folders = {
        folder for folder in index.folders if _SETTINGS_FOLDER.fullmatch(folder.rpartition("/")[2])
    }
    for path in index.files:
        folder, _, last = path.rpartition("/")
        dotted = "env" in last.lower() and not _CODE.search(last) and _is_dotenv(path, last)
        values = last.lower().endswith(_VALUES) and (
            folder in folders
            or (not last.endswith((".py", ".js", ".ts")) and _SETTINGS_FILES.search(last))
        )
        if not (dotted or values) or not _live(index, path):
            continue
        name, tests = _named_after(last), index.inventory.is_(path, FileClass.TEST)
        if name and (name == TEST or not tests) and not _TOOLS.search(path):
            if not named_as_test(last):
                evidence = Evidence(f"{path} holds settings of {name}", Location(path, 1))
                found.setdefault(name, []).append(evidence)
        elif dotted and not name and not tests:
            evidence = Evidence(f"{path} holds settings for every environment", Location(path, 1))
            found.setdefault("", []).append(evidence)
    return found


def _is_dotenv(path: str, last: str) -> bool:
    return _DOTENV.match(last) is not None or dotenv.SLICE.kind(path) is not None


def _named_after(last: str) -> str:
    """The environment that a file of settings is named after; a mere template names none."""
    words = [w for w in re.split(r"[^a-z0-9]+", last.lower()) if w and not _GENERAL.fullmatch(w)]
    return environment(".".join(words))


def _in_compose(files: list[_ComposeFile], name: str) -> Iterator[Evidence]:
    for file in files:
        for container in file.own:
            variables = container.service.environment
            if file.environment == name and variables:
                text = f"{file.path} sets {len(variables)} variables"
                yield Evidence(text, Location(file.path, variables[0].line))
                return
