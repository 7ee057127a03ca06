"""Workflows: which CI definitions take effect, what each job does, and which gates can fail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import Slice, manifest, shell, workflow
from readiness.facts.manifest import ManifestFacts
from readiness.facts.programs import unwrap
from readiness.facts.shell import Command
from readiness.facts.shell.argv import split
from readiness.facts.workflow import Job, Step, Trigger, WorkflowFacts
from readiness.index.commands.called import Called, Sources, called, local_path, scripts_of
from readiness.index.commands.lines import PACKAGE_RUNNERS, compose_words, innermost, program_of
from readiness.index.commands.tasks import (
    Task,
    input_command,
    task_of,
    task_of_action,
    task_of_name,
)
from readiness.index.inventory import FileClass
from readiness.index.memory import CONTENT, Remembered
from readiness.index.workflows import gates

if TYPE_CHECKING:
    from readiness.index import RepoIndex

T = TypeVar("T", bound=Struct)

__all__ = ["Task", "WorkflowStep", "Workflows", "build"]


class WorkflowStep(Struct, frozen=True):
    """One thing that a step does: a step with three commands of interest is here three times.

    `neutralised` says why it cannot fail its job ("" when it can). `command` is null where an
    action does it; `via` names the script, Makefile or action that the step calls and that holds
    the command; `remote`: it runs on another machine."""

    file: str
    job: Job
    step: Step
    task: Task
    neutralised: str = ""
    neutralised_line: int = 0
    command: Command | None = None
    via: str = ""
    remote: bool = False

    @property
    def line(self) -> int:
        """Where it stands in `via`, or else in `file`."""
        return self.command.line if self.command else self.step.line

    @property
    def text(self) -> str:
        """The command, or the action, on one line."""
        return " ".join(self.command.words) if self.command else self.step.uses

    @property
    def tool(self) -> str:
        """The program that runs in the end, or the action: "pytest", "npm run lint"."""
        if self.command is None:
            return self.step.uses.partition("@")[0]
        words = innermost(self.command.words)
        program = program_of(words)
        return " ".join((program, *words[1:3])) if program in PACKAGE_RUNNERS else program

    @property
    def targets(self) -> tuple[str, ...]:
        """What the command is pointed at: its words that are no options."""
        words = innermost(self.command.words) if self.command else ()
        return tuple(word for word in words[1:] if not word.startswith("-"))


class Workflows(Struct, frozen=True):
    """`effective` are the files that the CI system reads and starts, or that such a one calls;
    `nested` those it never does, for the folder that they lie in. `on_change` are those of the
    effective that a push or pull request to the default branch starts, directly or by a call.
    `steps` are those of the effective files, in order."""

    files: dict[str, WorkflowFacts] = {}
    effective: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    steps: tuple[WorkflowStep, ...] = ()
    on_change: tuple[str, ...] = ()

    def tests_of_changes(self) -> tuple[WorkflowStep, ...]:
        """The test steps that a change of the default branch starts, soft ones included."""
        return tuple(
            step
            for step in self.steps
            if step.task is Task.TEST
            and step.file in self.on_change
            and not step.remote
            and not gates.never(step.job, step.step)
            and not _needs_other_event(step.job.condition)
            and not _needs_other_event(step.step.condition)
        )


_OTHER_EVENT = re.compile(
    r"github\.event_name *== *'(?:schedule|workflow_dispatch|release|issue_comment)'"
)


def _needs_other_event(condition: str) -> bool:
    return "||" not in condition and _OTHER_EVENT.search(condition) is not None


CHANGES = ("push", "pull_request", "pull_request_target", "merge_group")
_ASIDE = (
    FileClass.ARCHIVE,
    FileClass.TEST,
    FileClass.FIXTURE,
    FileClass.GENERATED,
    FileClass.DOCS,
)
_ANYWHERE = ("azure", "jenkins", "cloudbuild", "codebuild", "buildkite")  # configured elsewhere
_PLACES = {
    "github": ".github/workflows",
    "gitea": ".gitea/workflows",
    "forgejo": ".forgejo/workflows",
    "circleci": ".circleci",
    "semaphore": ".semaphore",
    "woodpecker": ".woodpecker",
    "sourcehut": ".builds",
}
_TEMPLATE = re.compile(
    r"templates?|cookiecutter.*|.*\{\{.*|.*\{%.*|skeletons?|scaffold(?:s|ing)?|boilerplates?"
    r"|examples?|samples?|starters?|copier.*",
    re.IGNORECASE,
)
_MARKS_TEMPLATE = ("cookiecutter.json", "copier.yml", "copier.yaml", "template.yaml.jinja")


def build(index: RepoIndex) -> Workflows:
    """Reads the CI definitions of the snapshot; those of archives and tests are left out."""
    files = {
        path: facts
        for path, facts in index.each(workflow.SLICE)
        if facts.system and not index.inventory.is_(path, FileClass.ARCHIVE)
    }
    starts = {path: _events(index, facts) for path, facts in files.items() if _read(path, facts)}
    changes = _reached(files, [path for path, events in starts.items() if "change" in events])
    effective = _reached(files, [path for path, events in starts.items() if events])
    return Workflows(
        files=files,
        effective=tuple(sorted(effective)),
        nested=tuple(path for path, facts in files.items() if _nested(index, path, facts)),
        steps=tuple(_steps(index, files, sorted(effective))),
        on_change=tuple(sorted(changes)),
    )


def _read(path: str, facts: WorkflowFacts) -> bool:
    """Does the CI system look for a definition at this place?"""
    if facts.composite or facts.error:
        return False
    folder = path.rpartition("/")[0]
    if facts.system in _ANYWHERE:
        return True
    return folder == _PLACES.get(facts.system, "") or (
        folder == "" and facts.system in ("woodpecker", "sourcehut")
    )


def _events(index: RepoIndex, facts: WorkflowFacts) -> set[str]:
    """What can start the workflow: its events, and "change" for one of the default branch."""
    events = {trigger.event for trigger in facts.triggers} - {"workflow_call"}
    if any(_on_default_branch(index, trigger) for trigger in facts.triggers):
        events.add("change")
    return events


def _on_default_branch(index: RepoIndex, trigger: Trigger) -> bool:
    if trigger.event not in CHANGES:
        return False
    if trigger.tags and not trigger.branches:
        return False
    known = index.snapshot.default_branch
    names = [known] if known else ["main", "master", "trunk", "develop", "dev"]
    if trigger.branches_ignore and all(
        any(fnmatchcase(name, pattern) for pattern in trigger.branches_ignore) for name in names
    ):
        return False
    positive = [pattern for pattern in trigger.branches if not pattern.startswith("!")]
    if not positive:
        return True
    matched = any(fnmatchcase(name, pattern) for name in names for pattern in positive)
    return matched or (not known and len(positive) == 1)  # a single one is taken for the default


def _reached(files: dict[str, WorkflowFacts], starts: list[str]) -> set[str]:
    """The files that `starts` call or include, with themselves."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        facts = files[path]
        names = [*facts.includes, *(job.uses for job in facts.jobs)]
        waiting += [target for name in names if (target := name.lstrip("./")) in files]
        waiting += [target for name in names if (target := name.removeprefix("./")) in files]
    return found


def _nested(index: RepoIndex, path: str, facts: WorkflowFacts) -> bool:
    folder = path.rpartition("/")[0]
    if facts.system not in ("github", "gitea", "forgejo") or facts.composite:
        return False
    if not folder.endswith("/workflows") or folder.count("/") < 2:
        return False
    if index.inventory.is_(path, *_ASIDE):
        return False
    above = folder.split("/")[:-2]
    if any(_TEMPLATE.fullmatch(part) for part in above):
        return False
    roots = ("/".join(above[:depth]) for depth in range(len(above) + 1))
    return not any(
        index.exists(f"{root}/{name}".lstrip("/")) for root in roots for name in _MARKS_TEMPLATE
    )


class _Sources:
    """What steps call, and which files were `asked` for to find that."""

    def __init__(self, index: RepoIndex, files: dict[str, WorkflowFacts]) -> None:
        self._index = index
        self._files = files
        self.asked: set[str] = set()

    def facts(self, slice_: Slice[T], path: str) -> T | None:
        self.asked.add(path)
        return self._index.facts(slice_, path)

    def action(self, path: str) -> WorkflowFacts | None:
        self.asked.add(path)
        return self._files.get(path)


def _from_before(index: RepoIndex, files: dict[str, WorkflowFacts]) -> Remembered | None:
    """The steps of single files in another commit: they follow from what is in the files that they
    call."""
    if index.memory is None:
        return None
    called = {f"{path}{CONTENT}{index.files[path].blob_id}" for path in index.paths(shell.SLICE)}
    called |= {f"{path}{CONTENT}action {index.files[path].blob_id}" for path in files}
    scripts = index.of_each(manifest.SLICE, _written)
    called |= {f"{path}{CONTENT}{scripts[path]}" for path in index.paths(manifest.SLICE)}
    return index.memory.of("workflows", called, _paths_of)


def _written(path: str, facts: ManifestFacts) -> str:
    return repr([*scripts_of(facts)])


def _paths_of(contents: Iterable[str]) -> Iterator[str]:
    return (each.partition(CONTENT)[0] for each in contents)


def _steps(
    index: RepoIndex, files: dict[str, WorkflowFacts], paths: Iterable[str]
) -> Iterator[WorkflowStep]:
    before = _from_before(index, files)
    for path in paths:
        facts = files[path]
        steps = before.get(path, facts) if before is not None else None
        if steps is None:
            sources = _Sources(index, files)
            steps = tuple(
                entry
                for job in facts.jobs
                for step in job.steps
                for entry in _entries(sources, path, facts, job, step)
            )
            if before is not None:
                before.keep(path, facts, sources.asked, steps)
        yield from steps


def _entries(
    sources: _Sources, path: str, facts: WorkflowFacts, job: Job, step: Step
) -> Iterator[WorkflowStep]:
    """What one step does, at least one entry."""
    made = False
    for outer, command, via, remote in _commands(sources, job, step):
        task = _task(facts, job, command, remote)
        if task is Task.OTHER:
            continue
        made = True
        why, line = gates.neutralised(job, step, command, outer)
        yield WorkflowStep(path, job, step, task, why, line, command, via, remote)
    task = task_of_action(step.uses) if step.uses and not step.uses.startswith("./") else Task.OTHER
    if task is Task.OTHER and step.uses and not made:
        task = task_of(input_command(step.inputs))
    if task is not Task.OTHER or not made:
        why, line = gates.neutralised(job, step)
        yield WorkflowStep(path, job, step, task, why, line)


def _commands(
    sources: _Sources, job: Job, step: Step, depth: int = 0
) -> Iterator[tuple[Command, Command, str, bool]]:
    """(command of the step, what it runs, file that holds that if another, on another machine)."""
    for outer in step.commands:
        for command in (inner for each in _expanded(job, outer) for inner in unwrap(each)):
            inner = _inner_commands(sources, step.directory, command)
            yield from ((outer, each.command, each.file, False) for each in inner)
            if task_of(command.words) not in {task_of(each.command.words) for each in inner}:
                yield outer, command, "", False
    for outer in step.remote:
        yield from ((outer, command, "", True) for command in unwrap(outer))
    action = local_path(step.uses) if step.uses.startswith("./") else None
    if action is not None and depth < 3:
        for name in ("action.yml", "action.yaml"):
            file = f"{action}/{name}".lstrip("/")
            facts = sources.action(file)
            inner_steps = (s for j in facts.jobs for s in j.steps) if facts is not None else ()
            for each in inner_steps:
                for outer, command, via, remote in _commands(sources, job, each, depth + 1):
                    yield outer, command, via or file, remote


_MATRIX = re.compile(r"\$\{\{ *matrix\.([\w.-]+) *\}\}")


def _expanded(job: Job, command: Command) -> tuple[Command, ...]:
    """The command with each literal value of the first key of the matrix that it names."""
    found = next((match for word in command.words if (match := _MATRIX.search(word))), None)
    values = job.matrix.get(found[1], ()) if found else ()
    if found is None or not values:
        return (command,)
    return tuple(
        replace(
            command,
            words=tuple(
                part
                for word in command.words
                for part in (split(value) if word == found[0] else [word.replace(found[0], value)])
            ),
        )
        for value in values
    )


def _inner_commands(sources: Sources, directory: str, command: Command) -> list[Called]:
    """What the script that a command calls runs; none if it says nothing of any task."""
    found = [
        Called(each.file, inner)
        for each in called(sources, directory, command)
        for inner in unwrap(each.command)
    ]
    return found if any(task_of(each.command.words) is not Task.OTHER for each in found) else []


_ON_A_HOST = set(
    "git docker docker-compose podman systemctl service supervisorctl pm2 kubectl helm make npm "
    "yarn pnpm pip pip3 poetry uv rsync nginx passenger-config".split()
)
_ONLY_LOOKS = set("ps logs status log fetch images ls describe get diff inspect version".split())
_HOSTED = re.compile(r"ubuntu|windows|macos|github|depot-|blacksmith|namespace|buildjet|\$\{\{")


def _task(facts: WorkflowFacts, job: Job, command: Command, remote: bool) -> Task:
    task = task_of(command.words)
    program = program_of(command.words)
    if remote:
        if task in (Task.HEALTH, Task.TEST):
            return task
        runs = program in _ON_A_HOST or "/" in command.words[0] or task is Task.DEPLOY
        return Task.DEPLOY if runs and not _ONLY_LOOKS & set(command.words) else Task.OTHER
    if task is Task.OTHER and "up" in compose_words(command.words):
        own = bool(job.runners) and not any(_HOSTED.search(label) for label in job.runners)
        names = " ".join((facts.name, job.id, job.name, job.environment))
        return Task.DEPLOY if own and task_of_name(names) is Task.DEPLOY else Task.OTHER
    return task
