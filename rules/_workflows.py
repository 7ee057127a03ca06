"""What the rules on CI definitions share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readiness.index import RepoIndex
from readiness.index.commands.tasks import Task, task_of
from readiness.index.inventory import FileClass
from readiness.index.languages import SOURCE
from readiness.index.workflows import WorkflowStep
from readiness.model import Evidence
from readiness.rule import for_

from ._figures import day


def short(text: str) -> str:
    """A command on one line of bounded length."""
    return text if len(text) <= 70 else text[:67] + "..."


def has_source(index: RepoIndex) -> bool:
    """Is there source code that is neither archived, generated nor test data?"""
    aside = (FileClass.ARCHIVE, FileClass.GENERATED, FileClass.FIXTURE, FileClass.DOCS)
    return any(
        path.rpartition(".")[2].lower() in SOURCE and not index.inventory.is_(path, *aside)
        for path in index.files
    )


def has_tests(index: RepoIndex, path: str) -> bool:
    """Does a CI definition hold a test command, whether or not it ever runs?"""
    return any(
        task_of(command.words) is Task.TEST
        for job in index.workflows.files[path].jobs
        for step in job.steps
        for command in step.commands
    )


def gone(index: RepoIndex, path: str) -> Iterator[Evidence]:
    """When a file, or the last files of a folder, were removed, and what they were renamed to."""
    removed = index.history.removed
    within = (item for item in removed.items() if item[0].startswith(f"{path}/"))
    found = removed.get(path) or max(
        (removal for _, removal in within), key=lambda removal: removal.at, default=None
    )
    if found:
        moved = f", renamed to {found.renamed_to}" if found.renamed_to else ""
        yield for_(f"gone since {day(found.at)} (commit {found.commit[:8]}){moved}")


_COMMITS = re.compile(r"commit|create-pull-request|autofix|pr-push|pr-submit", re.IGNORECASE)


def repairs(step: WorkflowStep) -> bool:
    """Is it a formatter whose repairs the job commits?"""
    return step.task is Task.LINT and any(
        _COMMITS.search(other.uses) or re.search(r"git (?:-\S+ )*commit", other.run)
        for other in step.job.steps
    )


def has_blocking_twin(step: WorkflowStep, steps: list[WorkflowStep]) -> bool:
    """Does the same tool block in the same workflow? For tests it must be the same command."""
    for other in steps:
        if other.file != step.file or other.neutralised or other.tool != step.tool:
            continue
        if step.task in (Task.LINT, Task.SCAN) or other.targets == step.targets:
            return True
    return False
