"""Workflows: which CI definitions take effect, what each job does, and which gates can fail."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts.workflow import Job, Step, WorkflowFacts

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Task(StrEnum):
    """What a step is there for, told from its command words or action."""

    TEST = "test"
    LINT = "lint"
    SCAN = "scan"
    BUILD = "build"
    DEPLOY = "deploy"
    HEALTH = "health"
    SETUP = "setup"
    OTHER = "other"


class WorkflowStep(Struct, frozen=True):
    """`neutralised` says why the step cannot fail its job ("" when it can)."""

    file: str
    job: Job
    step: Step
    task: Task
    neutralised: str = ""
    neutralised_line: int = 0


class Workflows(Struct, frozen=True):
    """`effective` are the files that the CI system reads; `nested` those it never does."""

    files: dict[str, WorkflowFacts] = {}
    effective: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    steps: tuple[WorkflowStep, ...] = ()


def build(index: RepoIndex) -> Workflows:
    return Workflows()
