"""Shell that stands in other files: Makefile and just recipes, tasks, Procfiles, units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from readiness.facts.shell import Command, commands
from readiness.facts.shell.places import join

MAX_LINES = 50_000
MAX_COMMANDS = 5_000

_TARGET = re.compile(
    r"@?([A-Za-z0-9_.][A-Za-z0-9_./%$(){}-]{0,200})(?:[ \t][^:=\n]{0,500})?::?(?!=)"
)
_JUST_TARGET = re.compile(r"@?([A-Za-z_][\w-]{0,100})(?![\w-])[^:\n]{0,500}:(?!=)")
_MAKE_VARIABLE = re.compile(r"\$[({]([A-Za-z_.][\w.-]{0,100})[)}]")
_MAKE_FUNCTION = re.compile(r"\$\((?!shell\b)[a-z-]{2,20} [^()\n]{0,500}\)")
_JUST_VARIABLE = re.compile(r"\{\{[ \t]*(\w{1,100})[ \t]*\}\}")
_MAKE_HEAD = re.compile(
    r"^(?:\.PHONY:[ \t]*)?([A-Za-z0-9_.][^:=#\t\n]{0,500}?)(?:::?(?!=)|$)", re.MULTILINE
)
_MAKE_MORE = re.compile(
    r"^(?:[ \t]*[-s]?include\b|\.DEFAULT\b|\$\((?:eval|foreach|call)\b"
    r"|(?=[^\t#\n:=]{0,300}[%$])[^\t#\n:=]{0,600}:(?!=))",
    re.MULTILINE,
)
_JUST_HEAD = re.compile(r"^(?:alias[ \t]+|@)?([A-Za-z_][\w-]{0,100})(?![\w-])[^\n]", re.MULTILINE)
_JUST_MORE = re.compile(r"^(?:import|mod|set fallback)\b", re.MULTILINE)
_PROCESS = re.compile(r"([A-Za-z0-9_-]{1,100}):[ \t]*(\S.*)")
_SETTING = re.compile(
    r"[ \t]*(Exec\w{1,20}|WorkingDirectory|command|directory)[ \t]*=[ \t]*[-@:+!|]*(.*)"
)
_SECTION = re.compile(r"\[(?:program:)?([^\]\n]{1,200})\]")


def read(kind: str, text: str) -> tuple[Command, ...]:
    """The commands of a file that is no script; `function` is the target, task or process."""
    readers = {"make": _make, "just": _just, "task": _task, "procfile": _procfile, "unit": _unit}
    return tuple(islice(readers[kind](text), MAX_COMMANDS))


def _named(command: Command, name: str, directory: str = "") -> Command:
    return msgspec.structs.replace(
        command, function=name, directory=join(directory, command.directory)
    )


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """The lines, numbered from 1, joined where a backslash continues them."""
    start, parts = 0, []
    for number, line in enumerate(text.split("\n")[:MAX_LINES], 1):
        start = start or number
        parts.append(line)
        if line.endswith("\\"):
            continue
        yield start, "\n".join(parts)
        start, parts = 0, []
    if parts:
        yield start, "\n".join(parts)


def _make(text: str) -> Iterator[Command]:
    target = ""
    for number, line in _logical(text):
        if line.startswith("\t"):
            if target:
                yield from _recipe(_make_to_shell(line), number, target)
        elif match := _TARGET.match(line):
            target = match[1]
            _, found, recipe = line[match.end() :].partition(";")
            if found:
                yield from _recipe(_make_to_shell(recipe), number, target)
        elif line.strip() and not line.startswith(("#", " ")):
            target = ""


def _make_to_shell(line: str) -> str:
    line = line.replace("$$", "\0")
    line = _MAKE_FUNCTION.sub("${make}", line).replace("$(shell ", "$(")
    return _MAKE_VARIABLE.sub(r"${\1}", line).replace("\0", "$")


def _recipe(line: str, number: int, target: str) -> Iterator[Command]:
    body = line.lstrip(" \t")
    prefix = body[: len(body) - len(body.lstrip("@-+ "))]
    for command in commands(body[len(prefix) :], number):
        if "-" in prefix and not command.fallback:
            command = msgspec.structs.replace(command, fallback="true")
        yield _named(command, target)


def targets(kind: str, text: str) -> tuple[str, ...]:
    """The targets of a Makefile or justfile, also those without a recipe; none where a pattern,
    an included file or a computed name may bring others."""
    head, more = (_MAKE_HEAD, _MAKE_MORE) if kind == "make" else (_JUST_HEAD, _JUST_MORE)
    if kind not in ("make", "just") or more.search(text):
        return ()
    found = (name for match in head.finditer(text) for name in match[1].split())
    return tuple(islice(dict.fromkeys(found), MAX_COMMANDS))


def _just(text: str) -> Iterator[Command]:
    target, first = "", 0
    body: list[str] = []

    def recipe() -> Iterator[Command]:
        if body and body[0].lstrip().startswith("#!"):
            if re.search(r"\b(?:ba|z|k|da)?sh\b", body[0]):
                script = "\n".join(body)
                yield from (_named(command, target) for command in commands(script, first))
            return
        for number, line in _logical("\n".join(body)):
            yield from _recipe(line, first + number - 1, target)

    for number, line in enumerate(text.split("\n")[:MAX_LINES], 1):
        if line[:1] in (" ", "\t") or (not line.strip() and body):
            first = first or number
            body.append(_JUST_VARIABLE.sub(r"${\1}", line))
            continue
        yield from recipe()
        body, first = [], 0
        match = _JUST_TARGET.match(line)
        target = match[1] if match else ""
    yield from recipe()


def _procfile(text: str) -> Iterator[Command]:
    for number, line in _logical(text):
        if match := _PROCESS.match(line):
            yield from (_named(command, match[1]) for command in commands(match[2], number))


def _unit(text: str) -> Iterator[Command]:
    """systemd units and supervisor programs: their commands, in their working directory."""
    section, directory = "", ""
    found: list[Command] = []
    for number, line in _logical(text):
        if match := _SECTION.match(line):
            yield from (_named(command, section, directory) for command in found)
            section, directory, found = match[1], "", []
        elif match := _SETTING.match(line):
            if match[1].lower().endswith("directory"):
                directory = match[2].strip()
            else:
                found += commands(match[2], number)
    yield from (_named(command, section, directory) for command in found)


def _task(text: str) -> Iterator[Command]:
    from readiness.facts import yaml_nodes

    walk = yaml_nodes.Walk()
    try:
        root = next(yaml_nodes.documents(text), None)
        for name, task in walk.mapping(walk.mapping(root).get("tasks")).items():
            entries = walk.mapping(task)
            directory = entries.get("dir")
            steps = entries.get("cmds") or entries.get("cmd") or task
            for step in steps.items or [steps]:
                step = walk.mapping(step).get("cmd", step)
                where = (directory.text or "") if directory else ""
                for command in commands(step.text or "", step.line + step.block):
                    yield _named(command, name, where)
    except yaml_nodes.YamlError:
        return
