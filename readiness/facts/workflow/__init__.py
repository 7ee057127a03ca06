"""Facts of CI definitions: GitHub workflows first, and other CI systems in the same terms."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from readiness.facts import Slice
from readiness.facts.credentials import veil, veil_words
from readiness.facts.shell import Command
from readiness.facts.shell import commands as shell_commands
from readiness.facts.text import decode
from readiness.facts.yaml_nodes import Node, Walk, YamlError, documents, scalar, warm


class Trigger(Struct, frozen=True):
    """`event`: push, pull_request, schedule, workflow_dispatch, workflow_call, ...

    `branches_ignore` and `paths_ignore` are what is left out; `line` is that of the event."""

    event: str
    branches: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    branches_ignore: tuple[str, ...] = ()
    paths_ignore: tuple[str, ...] = ()
    line: int = 0


class Step(Struct, frozen=True):
    """`inputs` is `with:`; `commands` are those of `run:`; `tolerant` is continue-on-error.

    `remote` are the commands that an ssh action runs on another machine. `environment` is that of
    the workflow, the job and the step; `directory` and `shell` fall back to their defaults too.
    `lines` holds the lines of the step's keys and of its inputs ("with.script"); `id` is the name
    by which other steps ask for its outcome."""

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
    remote: tuple[Command, ...] = ()
    lines: dict[str, int] = {}
    id: str = ""


class Job(Struct, frozen=True):
    """`uses` names a reusable workflow; `services` are the service containers' names.

    `environment` is the deployment environment; `matrix` maps a key to its literal values.
    `tolerant` and `tolerant_line` are continue-on-error of the whole job. `runners` are the labels
    of the machine, or the image, that it runs on."""

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
    name: str = ""
    tolerant_line: int = 0
    condition_line: int = 0
    matrix: dict[str, tuple[str, ...]] = {}
    inputs: dict[str, str] = {}
    runners: tuple[str, ...] = ()


class WorkflowFacts(Struct, frozen=True):
    """`system`: github, gitlab, circleci, azure, travis, jenkins, ... `composite`: an action.yml.

    A system whose format is not modelled job by job has one job with all that could be read.
    `disabled` are the events that stand only in a comment, with its line. `includes` are the
    other definitions that this one takes in, as written."""

    system: str = ""
    name: str = ""
    error: str = ""
    triggers: tuple[Trigger, ...] = ()
    jobs: tuple[Job, ...] = ()
    permissions: bool = False
    composite: bool = False
    error_line: int = 0
    disabled: tuple[tuple[str, int], ...] = ()
    includes: tuple[str, ...] = ()


_SYSTEM_OF_NAME = {
    "action.yml": "action",
    "action.yaml": "action",
    ".gitlab-ci.yaml": "gitlab",
    ".azure-pipelines.yml": "azure",
    ".travis.yml": "travis",
    "bitbucket-pipelines.yml": "bitbucket",
    "jenkinsfile": "jenkins",
    ".drone.yml": "drone",
    ".woodpecker.yml": "woodpecker",
    ".woodpecker.yaml": "woodpecker",
    "cloudbuild.yml": "cloudbuild",
    "cloudbuild.yaml": "cloudbuild",
    "appveyor.yml": "appveyor",
    ".appveyor.yml": "appveyor",
    ".cirrus.yml": "cirrus",
    "buildspec.yml": "codebuild",
    ".build.yml": "sourcehut",
}
_SYSTEM_OF_FOLDER = {
    ".github/workflows": "github",
    ".gitea/workflows": "gitea",
    ".forgejo/workflows": "forgejo",
    ".circleci": "circleci",
    ".woodpecker": "woodpecker",
    ".semaphore": "semaphore",
    ".buildkite": "buildkite",
    ".builds": "sourcehut",
    ".azure-pipelines": "azure",
    ".gitlab": "gitlab",
    ".gitlab/ci": "gitlab",
    ".gitlab-ci": "gitlab",
}


LARGEST = 1_000_000  # bytes; GitHub takes no larger workflow


def _kind(path: str) -> str | None:
    folder, _, name = path.rpartition("/")
    lowered = name.lower()
    if lowered in _SYSTEM_OF_NAME:
        return _SYSTEM_OF_NAME[lowered]
    if not lowered.endswith((".yml", ".yaml")):
        return "jenkins" if lowered.endswith(".jenkinsfile") else None
    if lowered.endswith(".gitlab-ci.yml"):
        return "gitlab"
    if lowered.startswith("azure-pipelines"):
        return "azure"
    parts = folder.split("/")
    return _SYSTEM_OF_FOLDER.get("/".join(parts[-2:])) or _SYSTEM_OF_FOLDER.get(parts[-1])


def extract(kind: str, data: bytes) -> WorkflowFacts:
    """The facts of one CI definition of the system `kind`."""
    from readiness.facts.workflow import github, gitlab, others

    if len(data) > LARGEST:
        return WorkflowFacts(kind, error=f"larger than {LARGEST:,} bytes")
    text, _ = decode(data)
    if kind == "jenkins":
        return others.jenkins(text)
    try:
        roots = [root for root in documents(text) if root.pairs]
        if not roots:
            return WorkflowFacts(kind)
        reader = Reader(text)
        if kind in ("github", "gitea", "forgejo"):
            return github.read(kind, roots[0], reader)
        if kind == "action":
            return github.read_action(roots[0], reader)
        if kind == "gitlab":
            return gitlab.read(roots[-1], reader)  # a header of inputs may come first
        return others.read(kind, roots, reader)
    except YamlError as error:
        return WorkflowFacts(kind, error=str(error), error_line=error.line)


_EXPRESSION = re.compile(r"\$\{\{[^\n]{0,400}?\}\}")
FOREIGN_SHELLS = ("python", "node", "perl", "ruby", "deno", "bun")
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}[ \t]*(?:#.*)?$")


class Reader(Walk):
    """A bounded walk over one file that also reads the shell in its scalars."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text.splitlines()
        self.spent = 0
        self._read: dict[tuple[int, bool], tuple[Command, ...]] = {}

    def spend(self, characters: int) -> None:
        """Counts text that is read or kept, which aliases may repeat without end."""
        self.spent += characters
        if self.spent > 2 * LARGEST:
            raise YamlError("aliases multiply the content")

    def first_line(self, node: Node) -> int:
        """The line on which a scalar's text begins: below the `|` of a block."""
        if node.plain or node.line > len(self.source):
            return node.line
        return node.line + bool(_BLOCK.search(self.source[node.line - 1]))

    def commands(self, node: Node | None, pipefail: bool = False) -> tuple[Command, ...]:
        """The commands of a scalar; `${{ ... }}` stands in their words as written."""
        if node is None or not node.text:
            return ()
        self.spend(len(node.text))
        key = (id(node), pipefail)
        if key not in self._read:
            self._read[key] = read_commands(node.text, self.first_line(node), pipefail)
        return self._read[key]

    def strings(self, node: Node | None) -> dict[str, str]:
        """The scalar entries of a mapping, credentials among them hidden."""
        entries = self.mapping(node).items()
        return {key: hidden(key, value.text) for key, value in entries if value.text is not None}

    def true(self, node: Node | None) -> bool:
        """Is the node `true`, also as an expression that is only that?"""
        return scalar(node).strip("${} ").lower() in ("true", "yes", "on")


def read_commands(text: str, line: int, pipefail: bool = False) -> tuple[Command, ...]:
    """The commands of shell in which `${{ ... }}` may stand, whatever characters it holds."""
    expressions: list[str] = []

    def hide(match: re.Match[str]) -> str:
        expressions.append(match[0])
        return f"$__EXPRESSION_{len(expressions) - 1}__"

    plain = _EXPRESSION.sub(hide, text)
    found = shell_commands(plain, line, pipefail)
    if expressions:
        found = tuple(_restore(command, expressions) for command in found)
    return tuple(map(_without_credentials, found))


def hidden(name: str, value: str) -> str:
    """The value of a setting without the credential in it; an expression holds none."""
    return value if "${{" in value else veil(name, value)


_VALUE = r"(\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|[^\s;&|\"']{1,500})"
_ASSIGNED = re.compile(rf"\b([A-Za-z_][\w-]{{0,80}})(=){_VALUE}")
_OPTION = re.compile(rf"--([A-Za-z][\w-]{{0,80}})([ \t]{{1,20}}){_VALUE}")


def hidden_script(text: str) -> str:
    """A script without the credentials that it assigns (`PASSWORD=x`, `--token x`)."""

    def shown(match: re.Match[str]) -> str:
        value = match[3].strip("\"'")
        veiled = hidden(match[1], value)
        before = match[0][: match.start(3) - match.start()]
        return match[0] if veiled == value else before + veiled

    return _OPTION.sub(shown, _ASSIGNED.sub(shown, text))


def _without_credentials(command: Command) -> Command:
    words = tuple(
        plain if "${{" in plain else shown
        for plain, shown in zip(command.words, veil_words(command.words), strict=True)
    )
    assignments = tuple((name, hidden(name, value)) for name, value in command.assignments)
    if words == command.words and assignments == command.assignments:
        return command
    return replace(command, words=words, assignments=assignments)


_HIDDEN = re.compile(r"\$\{?__EXPRESSION_(\d{1,6})__\}?")


def _restore(command: Command, expressions: list[str]) -> Command:
    def show(text: str) -> str:
        if "__EXPRESSION_" not in text:
            return text
        return _HIDDEN.sub(lambda match: expressions[int(match[1])], text)

    return replace(
        command,
        words=tuple(map(show, command.words)),
        directory=show(command.directory),
        assignments=tuple((key, show(value)) for key, value in command.assignments),
        fallback=show(command.fallback),
        writes=tuple(map(show, command.writes)),
    )


def _warm() -> None:
    from readiness.facts.workflow import github, gitlab, others  # noqa: F401

    warm()


SLICE = Slice(
    name="workflow", version=1, type=WorkflowFacts, kind=_kind, extract=extract, warm=_warm
)
