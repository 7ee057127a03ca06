"""Facts of Dockerfiles: stages, copies, the command, the health check.

The file is read by our own linear pass: the tree-sitter grammar reports errors on valid flags, and
dockerfile-parse turns the lines of a heredoc into instructions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import islice

import msgspec
from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.credentials import veil
from readiness.facts.dockerfile.lines import HEREDOC, Instruction, directives, instructions
from readiness.facts.shell import Command, commands
from readiness.facts.shell.argv import LONGEST, exec_form
from readiness.facts.text import decode


class Copy(Struct, frozen=True):
    """COPY or ADD, or the bind mount of a RUN (`mount`: it has to exist and does not stay).

    `sources` with literal arguments filled in, heredocs left out; `stage` is the `--from` ("" for
    the build context); a relative `target` lies in `workdir`."""

    sources: tuple[str, ...]
    target: str
    line: int
    stage: str = ""
    workdir: str = ""
    excludes: tuple[str, ...] = ()
    mount: bool = False
    add: bool = False


class Stage(Struct, frozen=True):
    """`command` and `entrypoint` are the words of CMD and ENTRYPOINT, a shell form parsed into
    commands. `healthcheck` is null without one; an empty tuple is `HEALTHCHECK NONE`.
    `environment` is ENV with credentials hidden.

    Nothing is inherited here: `base` may name an earlier stage, and a relative `workdir` continues
    that of the base. `onbuild`: the stage holds triggers, so it is made to be built upon."""

    name: str
    base: str
    line: int
    workdir: str = ""
    user: str = ""
    copies: tuple[Copy, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[Command, ...] = ()
    entrypoint: tuple[Command, ...] = ()
    command_line: int = 0
    entrypoint_line: int = 0
    healthcheck: tuple[Command, ...] | None = None
    healthcheck_line: int = 0
    exposes: tuple[str, ...] = ()
    runs: tuple[Command, ...] = ()
    user_line: int = 0
    onbuild: bool = False


class DockerfileFacts(Struct, frozen=True):
    """`error` is the first line that is no instruction; what could be read is there all the same.

    `syntax` is the frontend that the `# syntax=` line asks for."""

    error: str = ""
    error_line: int = 0
    stages: tuple[Stage, ...] = ()
    syntax: str = ""


_KEYWORD = re.compile(
    "FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD"
    "|STOPSIGNAL|HEALTHCHECK|SHELL"
)
_FLAG = re.compile(
    r"(?:\s|\\\n)*--([A-Za-z-]+)(?:=((?:\"[^\"]*\"|[^\s\"\\]|\\(?!\n))*))?(?=\s|\\\n|$)"
)
_SPACE = re.compile(r"(?:\s|\\\n)*")
_WORD = re.compile(r"(?:[^\s\"'\\]|\\.|\"(?:[^\"\\]|\\.)*\"|'[^']*')+")
_QUOTED = re.compile(r"\\(.)|\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_VARIABLE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?::?([-+?])([^{}$]*))?\})")
_EXPANDED = 4096  # characters of an expanded word: arguments that double each other stop here
_STAGES = 100
_VARIABLES = 1000  # of one stage and those it stands on
_ENTRIES = 20_000  # copies, and commands of RUN, of one stage


def _flags(text: str) -> tuple[list[tuple[str, str]], int]:
    """The leading `--flag=value`s of an instruction and where they end."""
    flags = []
    position = 0
    while match := _FLAG.match(text, position):
        flags.append((match[1].lower(), (match[2] or "").replace('"', "")))
        position = match.end()
    return flags, position


def _json_words(text: str) -> list[str] | None:
    """The words of an exec form; null for a shell form."""
    if not text.lstrip().startswith("["):
        return None
    try:
        words = json.loads(text.replace("\\\n", ""))
    except (ValueError, RecursionError):
        return None
    return words if all(isinstance(word, str) for word in words) else None


def _unquote(word: str) -> str:
    return _QUOTED.sub(lambda m: next((g for g in m.groups() if g is not None), ""), word)


@dataclass
class _Builder:
    """Collects the stages. `arguments` are the global ones, `known` the stage's variables,
    `inherited` what a named stage hands on."""

    stages: list[Stage] = field(default_factory=list)
    inherited: dict[str, dict[str, str]] = field(default_factory=dict)
    triggers: dict[str, list[Instruction]] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    stage: Stage | None = None
    copies: list[Copy] = field(default_factory=list)
    runs: list[Command] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    exposes: list[str] = field(default_factory=list)
    error: str = ""
    error_line: int = 0

    def feed(self, instruction: Instruction) -> None:
        keyword = instruction.keyword
        if not _KEYWORD.fullmatch(keyword):
            self.fail(f"{keyword[:40]!r} is no instruction", instruction.line)
        elif keyword == "FROM":
            self.open(instruction)
        elif keyword == "ARG":
            self.argument(instruction.text)
        elif self.stage is None:
            self.fail(f"{keyword} stands before the first FROM", instruction.line)
        else:
            handler = getattr(self, "_" + keyword.lower(), None)
            if handler is not None:
                handler(instruction)

    def fail(self, message: str, line: int) -> None:
        if not self.error:
            self.error, self.error_line = message, line

    def update(self, **changes: object) -> None:
        assert self.stage is not None
        self.stage = msgspec.structs.replace(self.stage, **changes)

    def expand(self, text: str, known: dict[str, str] | None = None) -> str:
        """`text` with the literal values filled in; what is not known stays as written."""
        if "$" not in text:
            return text
        variables = self.known if known is None else known

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if name is None:
                return "$"
            given = variables.get(name)
            if match[3] == "+":
                return match[4] if given else ""
            if given is None and match[3] == "-":
                return match[4]
            return match[0] if given is None else given

        expanded = _VARIABLE.sub(value, text)
        return expanded if len(expanded) <= max(_EXPANDED, len(text)) else text

    def words(self, text: str) -> list[str]:
        joined = text.replace("\\\n", "")
        words = _json_words(joined) or [_unquote(word) for word in _WORD.findall(joined)]
        return [self.expand(word) for word in words]

    def open(self, instruction: Instruction) -> None:
        self.close()
        _, end = _flags(instruction.text)
        joined = instruction.text[end:].replace("\\\n", "")
        words = [self.expand(_unquote(word), self.arguments) for word in _WORD.findall(joined)]
        name = words[2] if len(words) > 2 and words[1].upper() == "AS" else ""
        if not words:
            self.fail("FROM names no image", instruction.line)
        self.stage = Stage(name, words[0] if words else "", instruction.line)
        base = self.stage.base.lower()
        self.known = dict(self.inherited.get(base, {}))
        triggers = self.triggers.get(base, ())
        self.triggers.pop(name.lower(), None)
        for trigger in triggers:
            self.feed(trigger)

    def close(self) -> None:
        if self.stage is None:
            return
        self.update(
            copies=tuple(self.copies[:_ENTRIES]),
            runs=tuple(self.runs[:_ENTRIES]),
            environment=tuple((name, veil(name, text)) for name, text in self.variables.items()),
            exposes=tuple(self.exposes),
        )
        self.stages.append(self.stage)
        if self.stage.name:
            inherited = self.inherited.get(self.stage.base.lower(), {})
            known = inherited | self.variables
            self.inherited[self.stage.name.lower()] = dict(islice(known.items(), _VARIABLES))
        self.stage = None
        self.copies, self.runs, self.variables, self.exposes = [], [], {}, []

    def argument(self, text: str) -> None:
        for word in _WORD.findall(text.replace("\\\n", "")):
            name, equals, value = word.partition("=")
            if self.stage is None:
                if equals:
                    self.arguments[name] = self.expand(_unquote(value), self.arguments)
            elif equals:
                self.known.setdefault(name, self.expand(_unquote(value)))
            elif name in self.arguments:
                self.known.setdefault(name, self.arguments[name])

    def shell_or_exec(self, text: str, line: int) -> tuple[Command, ...]:
        words = _json_words(text)
        if words is not None:
            return exec_form(words, line)
        return commands(text[:LONGEST], line)

    def _onbuild(self, instruction: Instruction) -> None:
        assert self.stage is not None
        self.update(onbuild=True)
        text = instruction.text.replace("\\\n", "").lstrip()
        keyword, _, rest = text.partition(" ")
        if self.stage.name and keyword.upper() not in ("ONBUILD", "FROM", ""):
            trigger = Instruction(keyword.upper(), rest, instruction.line, instruction.heredocs)
            self.triggers.setdefault(self.stage.name.lower(), []).append(trigger)

    def _workdir(self, instruction: Instruction) -> None:
        assert self.stage is not None
        words = self.words(instruction.text)
        folder = words[0] if words else ""
        self.update(workdir=_join(self.stage.workdir, folder))

    def _user(self, instruction: Instruction) -> None:
        words = self.words(instruction.text)
        self.update(user=words[0] if words else "", user_line=instruction.line)

    def _expose(self, instruction: Instruction) -> None:
        self.exposes += self.words(instruction.text)

    def _env(self, instruction: Instruction) -> None:
        joined = instruction.text.replace("\\\n", "").strip()
        words = _WORD.findall(joined)
        if words and "=" not in words[0]:
            pairs = [(words[0], joined[len(words[0]) :].strip())]
        else:
            pairs = [(w.partition("=")[0], w.partition("=")[2]) for w in words if "=" in w]
        expanded = {name: self.expand(_unquote(value)) for name, value in pairs}
        self.variables |= expanded
        self.known |= expanded

    def _copy(self, instruction: Instruction) -> None:
        assert self.stage is not None
        flags, end = _flags(instruction.text)
        words = [w for w in self.words(instruction.text[end:]) if not HEREDOC.fullmatch(w)]
        if not words:
            self.fail(f"{instruction.keyword} names no source", instruction.line)
            return
        self.copies.append(
            Copy(
                sources=tuple(words[:-1]),
                target=words[-1],
                line=instruction.line,
                stage=self.expand(dict(flags).get("from", "")),
                workdir=self.stage.workdir,
                excludes=tuple(value for name, value in flags if name == "exclude"),
                add=instruction.keyword == "ADD",
            )
        )

    _add = _copy

    def _run(self, instruction: Instruction) -> None:
        flags, end = _flags(instruction.text)
        for name, value in flags:
            if name == "mount":
                self._mount(value, instruction.line)
        skipped = instruction.text.count("\n", 0, end)
        text = instruction.text[end:]
        line = instruction.line + skipped
        if not instruction.heredocs:
            self.runs += self.shell_or_exec(text, line)
            return
        without = HEREDOC.sub("", text)
        self.runs += commands(without[:LONGEST], line)
        if not without.strip() or without.split()[0].rpartition("/")[2] in ("sh", "bash", "ash"):
            for start, body in instruction.heredocs:
                if not body.startswith("#!") or "sh" in body.partition("\n")[0]:
                    self.runs += commands(body[:LONGEST], start)

    def _mount(self, value: str, line: int) -> None:
        assert self.stage is not None
        options = dict(part.partition("=")[::2] for part in self.expand(value).split(","))
        source = options.get("source") or options.get("src")
        if options.get("type", "bind") == "bind" and source:
            target = options.get("target") or options.get("dst") or options.get("destination", "")
            stage = options.get("from", "")
            workdir = self.stage.workdir
            self.copies.append(Copy((source,), target, line, stage, workdir, mount=True))

    def _cmd(self, instruction: Instruction) -> None:
        command = self.shell_or_exec(instruction.text, instruction.line)
        self.update(command=command, command_line=instruction.line)

    def _entrypoint(self, instruction: Instruction) -> None:
        command = self.shell_or_exec(instruction.text, instruction.line)
        self.update(entrypoint=command, entrypoint_line=instruction.line)

    def _healthcheck(self, instruction: Instruction) -> None:
        _, end = _flags(instruction.text)
        start = _SPACE.match(instruction.text, end).end()  # type: ignore[union-attr]
        text = instruction.text[start:]
        check: tuple[Command, ...] = ()
        if text[:3].upper() == "CMD":
            line = instruction.line + instruction.text.count("\n", 0, start)
            check = self.shell_or_exec(text[3:], line)
            check = check or (Command(tuple(text[3:].split()), line),)
        elif text.strip().upper() != "NONE":
            self.fail("HEALTHCHECK asks for CMD or NONE", instruction.line)
        self.update(healthcheck=check, healthcheck_line=instruction.line)


def _join(folder: str, path: str) -> str:
    return path if path.startswith("/") or not folder else f"{folder.rstrip('/')}/{path}"


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if name.startswith(("dockerfile", "containerfile")) or name.endswith(
        (".dockerfile", ".containerfile")
    ):
        other = (".dockerignore", ".md", ".py", ".txt", ".sh", ".rst", ".yml", ".yaml", ".json")
        return (
            None if name.endswith((*other, ".j2", ".jinja", ".template", ".tmpl")) else "dockerfile"
        )
    return None


def extract(kind: str, data: bytes) -> DockerfileFacts:
    text, encoding = decode(data)
    if encoding == "binary":
        return DockerfileFacts(error="it is no text", error_line=1)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    asked = directives(lines)
    escape = asked.get("escape", "\\")
    builder = _Builder()
    for instruction in instructions(lines, escape if escape in ("\\", "`") else "\\"):
        if instruction.keyword == "FROM" and len(builder.stages) == _STAGES:
            builder.fail(f"it has more than {_STAGES} stages", instruction.line)
            break
        builder.feed(instruction)
    builder.close()
    if not builder.stages:
        builder.fail("it has no FROM", 1)
    return DockerfileFacts(
        builder.error, builder.error_line, tuple(builder.stages), asked.get("syntax", "")
    )


SLICE = Slice(name="dockerfile", version=2, type=DockerfileFacts, kind=_kind, extract=extract)
