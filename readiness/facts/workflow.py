"""Facts of CI definitions: GitHub workflows first, and other CI systems in the same terms."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.shell import Command


class Trigger(Struct, frozen=True):
    """`event`: push, pull_request, schedule, workflow_dispatch, workflow_call, ..."""

    event: str
    branches: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Step(Struct, frozen=True):
    """`inputs` is `with:`; `commands` are those of `run:`; `tolerant` is continue-on-error."""

    line: int
    name: str = ""
    uses: str = ""
    inputs: dict[str, str] = {}
    run: str = ""
    run_line: int = 0
    commands: tuple[Command, ...] = ()
    directory: str = ""
    condition: str = ""
    tolerant: bool = False
    environment: dict[str, str] = {}
    shell: str = ""


class Job(Struct, frozen=True):
    """`uses` names a reusable workflow; `services` are the service containers' names."""

    id: str
    line: int
    steps: tuple[Step, ...] = ()
    needs: tuple[str, ...] = ()
    uses: str = ""
    condition: str = ""
    tolerant: bool = False
    services: tuple[str, ...] = ()
    environment: str = ""
    directory: str = ""


class WorkflowFacts(Struct, frozen=True):
    """`system`: github, gitlab, circleci, azure, travis, jenkins, ... `composite`: an action.yml.

    A system whose format is not modelled job by job has one job with all that could be read."""

    system: str = ""
    name: str = ""
    error: str = ""
    triggers: tuple[Trigger, ...] = ()
    jobs: tuple[Job, ...] = ()
    permissions: bool = False
    composite: bool = False


def _kind(path: str) -> str | None:
    if path.endswith((".yml", ".yaml")) and (
        path.startswith(".github/workflows/") or "/.github/workflows/" in path
    ):
        return "github"
    return None


def extract(kind: str, data: bytes) -> WorkflowFacts:
    return WorkflowFacts()


SLICE = Slice(name="workflow", version=1, type=WorkflowFacts, kind=_kind, extract=extract)
