"""What CI definitions name that does not exist when the step runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import compose, manifest, workflow
from readiness.facts.shell import Command
from readiness.facts.workflow import Job, Step, WorkflowFacts
from readiness.index.commands.called import local_path
from readiness.index.commands.names import COMPOSE_FILES, Name, Sort
from readiness.index.workflows import gates
from readiness.index.workflows.ran import Part, of_jobs
from readiness.model import SUBMODULE, SYMLINK

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Absent(Struct, frozen=True):
    """A thing that `file` names at `line` and that is not there.

    `path` is where it would be, from the root; for a compose service the file that lacks it.
    `text` is the command or key that names it, which runs in `directory`; `hint` is where it would
    be found instead, or what services there are. `certain`: nothing before could have made it."""

    file: str
    line: int
    sort: Sort
    path: str
    text: str
    service: str = ""
    hint: str = ""
    certain: bool = True
    directory: str = ""
    step: Step | None = None

    @property
    def name(self) -> str:
        return self.service or self.path


def grouped(index: RepoIndex) -> tuple[tuple[Absent, ...], ...]:
    """What is absent, things of one folder that the same lines of a file name together."""
    things: dict[tuple[str, str, str], list[Absent]] = {}
    for each in index.once(absent):
        things.setdefault((each.file, each.path, each.service), []).append(each)
    groups: dict[tuple[str, str, tuple[int, ...]], list[Absent]] = {}
    for (file, path, service), found in things.items():
        place = path if service else path.rpartition("/")[0]
        lines = tuple(each.line for each in found)
        groups.setdefault((file, place, lines), []).extend(found)
    return tuple(map(tuple, groups.values()))


def absent(index: RepoIndex) -> tuple[Absent, ...]:
    """Every literal reference of the effective CI definitions to what does not exist."""
    return tuple(_absent(index))


def _absent(index: RepoIndex) -> Iterator[Absent]:
    found = index.workflows
    ran = index.of_each(workflow.SLICE, of_jobs)
    for file in found.effective:
        facts = found.files[file]
        jobs = facts.jobs if facts.system in _MODELLED else ()
        for job, steps in zip(jobs, ran[file], strict=False):
            yield from _called_workflow(index, file, job)
            yield from _Run(index, file, facts, job).absent(steps)


def _called_workflow(index: RepoIndex, file: str, job: Job) -> Iterator[Absent]:
    if job.uses.startswith("./") and not index.exists(job.uses[2:]):
        yield Absent(file, job.line, Sort.SCRIPT, job.uses[2:], f"uses: {job.uses}")


_ACTIONS = ("github", "gitea", "forgejo")
_MODELLED = (*_ACTIONS, "gitlab", "circleci", "azure", "travis", "bitbucket")
_BENIGN = re.compile(
    r"^(?:actions/(?!download-artifact|cache)|docker/|astral-sh/|pre-commit/|codecov/|github/"
    r"|azure/login|google-github-actions/(?:auth|setup)|aws-actions/|hashicorp/setup|pnpm/"
    r"|oven-sh/|snok/|ruby/setup|shivammathur/|denoland/|dtolnay/|actions-rs/toolchain|arduino/"
    r"|extractions/|jetify|cachix/|appleboy/|8398a7/|slackapi/|aquasecurity/|peter-evans/)"
)
_SOURCE = re.compile(
    r"(?:^|/)(?:package(?:-lock)?\.json|tsconfig[\w.]*\.json|requirements[\w.-]*\.txt|[Dd]ockerfile"
    r"[\w.-]*|[Mm]akefile|pyproject\.toml|setup\.(?:py|cfg)|.*compose.*\.ya?ml"
    r"|.*\.(?:py|sh|bash|ts|tsx|js|jsx|go|rs|rb|java))$"
)


class _Run:
    """One job, step by step, with what exists at each moment."""

    def __init__(self, index: RepoIndex, file: str, facts: WorkflowFacts, job: Job) -> None:
        self.index = index
        self.file = file
        self.facts = facts
        self.job = job
        self.made: set[str] = set()
        self.produced = facts.system not in _ACTIONS  # artifacts of earlier stages are laid in
        self.root = "" if self.produced else None  # where the repository lies

    def absent(self, ran: Iterable[Iterable[Part]]) -> Iterator[Absent]:
        """What its steps name that is not there; `ran` is what each of them runs."""
        for step, what in zip(self.job.steps, ran, strict=True):
            if step.uses.startswith("actions/checkout"):
                if not self._check_out(step):
                    return
            elif self.root is None:
                continue
            elif not gates.never(self.job, step):
                yield from self._inputs(step)
                for found in self._run(step, what):
                    if found is None:  # another tree lies there from here on
                        return
                    yield found
                self._after_action(step)

    def _check_out(self, step: Step) -> bool:
        """Where the repository lies from now on; false where that cannot be told."""
        place = local_path(step.inputs.get("path", ""))
        repository = step.inputs.get("repository", "${{ github.repository }}")
        ref = step.inputs.get("ref", "")
        own = "github.repository" in repository or "pull_request.head" in repository
        if place is None or (ref and "${{" not in ref and own and not place):
            return False
        if own and (not ref or "${{" in ref):
            self.root = place
        elif place:
            self.made.add(place)
        else:
            return False
        return True

    def _after_action(self, step: Step) -> None:
        if step.uses.startswith(("actions/download-artifact", "actions/cache")):
            paths = step.inputs.get("path", "").split()
            self.made.update(filter(None, map(local_path, paths)))
            self.produced |= not paths
        elif step.uses and not _BENIGN.match(step.uses):
            self.produced = True

    # -- what a step names

    def _inputs(self, step: Step) -> Iterator[Absent]:
        if step.uses.startswith("./"):
            path = local_path(step.uses)
            files = [f"{path}/{name}" for name in ("action.yml", "action.yaml", "Dockerfile")]
            if path is not None and not any(map(self._exists, files)):
                yield self._found(step.line, Sort.SCRIPT, path, f"uses: {step.uses}", step)
        given = []
        if "build-push-action" in step.uses:
            given = [("file", Sort.MANIFEST), ("context", Sort.FOLDER)]
        elif "/setup-" in step.uses:
            keys = [key for key in step.inputs if key.endswith("-version-file")]
            given = [(key, Sort.MANIFEST) for key in (*keys, "cache-dependency-path")]
        for key, sort in given:
            for text in step.inputs.get(key, "").split("\n"):
                path = local_path(text) if text.strip() and not text.startswith("!") else None
                if path and "://" not in text and not self._exists(path):
                    line = step.lines.get(f"with.{key}", step.line)
                    yield from self._judged(line, sort, path, f"{key}: {text.strip()}", step)

    def _run(self, step: Step, parts: Iterable[Part]) -> Iterator[Absent | None]:
        directory = local_path(step.directory)
        if directory is None:
            self.produced = True
            return
        if not self._exists(directory):
            line = step.lines.get("working-directory", self.job.line)
            text = f"working-directory: {step.directory}"
            yield from self._judged(line, Sort.FOLDER, directory, text, step)
            return
        for each in parts:
            if each.leaves:
                yield None
                return
            if each.names:
                yield from self._named(step, each)
            self.made.update(each.makes)
            self.produced |= each.produces

    def _named(self, step: Step, part: Part) -> Iterator[Absent]:
        command, directory = part.command, part.directory
        if directory is None or not self._exists(directory):
            return
        text = " ".join(command.words)
        for name in part.names:
            choices = name.choices or (name.text,)
            if name.sort is Sort.SERVICE:
                yield from self._service(step, command, directory, name)
                continue
            if name.sort in (Sort.TASK, Sort.GROUP):
                yield from self._member(step, command, directory, name)
                continue
            places = [self._place(directory, choice, name.sort) for choice in choices]
            if None in places or any(self._exists(place) for place in places if place):
                continue
            path = local_path(directory, choices[0])
            if path:
                for found in self._judged(command.line, name.sort, path, text, step):
                    yield replace(found, directory=self._inside(directory))

    def _place(self, directory: str, text: str, sort: Sort) -> str | None:
        """Where the name leads; for one that may stand above, the place that exists, if any."""
        path = local_path(directory, text.rstrip("/") or text)
        if path is None or sort is not Sort.ABOVE:
            return path
        folder, _, name = path.rpartition("/")
        while folder:
            if self._exists(f"{folder}/{name}"):
                return f"{folder}/{name}"
            folder = folder.rpartition("/")[0]
        return name if self._exists(name) else path

    def _service(
        self, step: Step, command: Command, directory: str, name: Name
    ) -> Iterator[Absent]:
        if "COMPOSE_FILE" in step.environment or dict(command.assignments).get("COMPOSE_FILE"):
            return
        files = (
            name.within
            or tuple(
                place for choice in COMPOSE_FILES if (place := self._default(directory, choice))
            )[:1]
        )
        services: set[str] = set()
        paths = []
        for file in files:
            path = local_path(directory, file) if name.within else file
            facts = self.index.facts(compose.SLICE, self._inside(path)) if path else None
            if facts is None or path is None or facts.error or facts.includes:
                return
            paths.append(path)
            services.update(service.name for service in facts.services)
        if not name.within and paths:  # the default file may have an override beside it
            override = paths[0].rpartition(".")[0] + ".override.yml"
            beside = self.index.facts(compose.SLICE, override)
            services.update(service.name for service in (beside.services if beside else ()))
        if paths and services and name.text not in services:
            yield Absent(
                self.file,
                command.line,
                Sort.SERVICE,
                paths[-1],
                " ".join(command.words),
                service=name.text,
                hint=", ".join(sorted(services)),
                step=step,
            )

    def _member(self, step: Step, command: Command, directory: str, name: Name) -> Iterator[Absent]:
        """A script or dependency group that the nearest project file does not have."""
        place = self._place(directory, name.within[0], Sort.ABOVE)
        path = self._inside(place) if place else ""
        facts = self.index.facts(manifest.SLICE, path)
        if facts is None or facts.error or self.produced:
            return
        if name.sort is Sort.TASK:
            members = {script.name for script in facts.scripts if script.kind == "npm"}
        else:
            members = set(facts.groups)
        if name.text not in members:
            shown = ", ".join(sorted(members)[:12]) or "none"
            text = " ".join(command.words)
            yield Absent(
                self.file, command.line, name.sort, path, text, name.text, shown, step=step,
                certain=name.sort is Sort.TASK,
            )  # fmt: skip

    def _default(self, directory: str, name: str) -> str | None:
        place = self._place(directory, name, Sort.ABOVE)
        return place if place and self._exists(place) else None

    # -- what is there

    def _inside(self, path: str) -> str:
        """The path in the repository of one in the job's working folder."""
        return path.removeprefix(f"{self.root}/") if self.root else path

    def _exists(self, path: str) -> bool:
        if self.root:
            if path == self.root or not path.startswith(f"{self.root}/"):
                return True  # beside the repository: nothing is known of it
            path = path[len(self.root) + 1 :]
        if self.index.exists(path) or _matches(self.index, path):
            return True
        if any(path == made or path.startswith(f"{made}/") or made.startswith(f"{path}/")
               for made in self.made):  # fmt: skip
            return True
        above = path
        while above:
            file = self.index.files.get(above)
            if file is not None and file.mode in (SYMLINK, SUBMODULE):
                return True
            above = above.rpartition("/")[0]
        return False

    def _judged(self, line: int, sort: Sort, path: str, text: str, step: Step) -> Iterator[Absent]:
        """The absence, unless the thing may well have been made by something before."""
        inside = self._inside(path)
        hint = self._instead(inside)
        source = sort in (Sort.TESTS, Sort.SCRIPT, Sort.ABOVE) or _SOURCE.search(inside)
        if not source and (self.produced or self.index.ignores.hides(inside)) and not hint:
            return
        if inside.rpartition("/")[2].startswith(".env"):  # written from secrets elsewhere
            return
        certain = not self.produced or bool(hint) or inside.rpartition("/")[0] in self.index.folders
        yield self._found(line, sort, inside, text, step, hint, certain)

    def _found(
        self,
        line: int,
        sort: Sort,
        path: str,
        text: str,
        step: Step,
        hint: str = "",
        certain: bool = True,
    ) -> Absent:
        return Absent(self.file, line, sort, path, text, hint=hint, certain=certain, step=step)

    def _instead(self, path: str) -> str:
        """Where the named thing exists after all: without a folder that was entered already."""
        parts = path.split("/")
        for start in range(1, len(parts)):
            shorter = "/".join(parts[start:])
            if parts[start] in parts[:start] and self.index.exists(shorter):
                return shorter
        return ""


def _matches(index: RepoIndex, path: str) -> bool:
    if not re.search(r"[*?\[]", path):
        return False
    pattern = path.replace("**/", "*")
    return any(fnmatchcase(file, pattern) for file in index.files)
