"""Which program a command really runs, behind `sudo`, `env`, `poetry run`, `sh -c` and kin."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from readiness.facts.shell import Command, commands
from readiness.facts.shell.places import join

MAX_WRAPPERS = 10

SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash"))
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SCRIPT_OPTION = re.compile(r"-[a-z]*c")
_WAITS = re.compile(r"wait[-_]?for|dockerize")


class _Wrapper(Struct, frozen=True):
    """How a program names the one that it runs: after `subcommand`, options, `skips` words.

    `values` are the options that take the next word; `scripts`: a .py file is run by Python."""

    subcommands: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    skips: int = 0
    scripts: bool = False


def _wrapper(
    *subcommands: str, values: str = "", skips: int = 0, scripts: bool = False
) -> _Wrapper:
    return _Wrapper(subcommands, frozenset(values.split()), skips, scripts)


_PLAIN = _wrapper()
_UV = (
    "--with --with-editable --with-requirements --extra --group --only-group --no-group --python "
    "-p --project --directory --env-file --package --index --index-url --cache-dir --config-file"
)
_WRAPPERS: dict[str, tuple[_Wrapper, ...]] = {
    **dict.fromkeys(
        ("exec", "command", "builtin", "nohup", "setsid", "tini", "dumb-init", "catatonit"),
        (_wrapper(values="-a"),),
    ),
    **dict.fromkeys(("ddtrace-run", "with-contenv", "unbuffer", "busybox", "winpty"), (_PLAIN,)),
    **dict.fromkeys(("gosu", "su-exec", "s6-setuidgid", "setuidgid"), (_wrapper(skips=1),)),
    **dict.fromkeys(("poetry", "pdm", "rye", "pixi"), (_wrapper("run", scripts=True),)),
    **dict.fromkeys(("conda", "mamba", "micromamba"), (_wrapper("run", values="-n -p --name"),)),
    **dict.fromkeys(("npx", "bunx"), (_wrapper(values="-p --package -c"),)),
    **dict.fromkeys(("pnpm", "yarn"), (_wrapper("exec"), _wrapper("dlx"))),
    **dict.fromkeys(("doppler", "dotenv", "infisical"), (_wrapper("run", values="-f -c -p"),)),
    "env": (_wrapper(values="-u --unset -C --chdir"),),
    "sudo": (_wrapper(values="-u --user -g --group -h -p -C -D -R -T"),),
    "doas": (_wrapper(values="-u -C"),),
    "runuser": (_wrapper(values="-u -g"),),
    "time": (_wrapper(values="-f -o"),),
    "nice": (_wrapper(values="-n --adjustment"),),
    "ionice": (_wrapper(values="-c -n -p"),),
    "stdbuf": (_wrapper(values="-i -o -e"),),
    "timeout": (_wrapper(values="-k --kill-after -s --signal", skips=1),),
    "chroot": (_wrapper(skips=1),),
    "flock": (_wrapper(values="-w --timeout -E", skips=1),),
    "xargs": (_wrapper(values="-n -I -i -P -d -L -s -a -E"),),
    "uv": (_wrapper("run", values=_UV, scripts=True), _wrapper("tool", "run", values=_UV)),
    "uvx": (_wrapper(values=_UV),),
    "pipx": (_wrapper("run", values="--spec --python"),),
    "pipenv": (_wrapper("run"),),
    "hatch": (_wrapper("run"), _wrapper("-e", "run")),
    "bundle": (_wrapper("exec"),),
    "direnv": (_wrapper("exec", skips=1),),
    "chamber": (_wrapper("exec", skips=1),),
    "aws-vault": (_wrapper("exec", skips=1),),
    "newrelic-admin": (_wrapper("run-program"),),
    "opentelemetry-instrument": (
        _wrapper(values="--traces_exporter --metrics_exporter --logs_exporter --service_name"),
    ),
    "watchmedo": (_wrapper("auto-restart", values="-d -p -i --directory --pattern --patterns"),),
}  # fmt: skip


def base(word: str) -> str:
    """The name of a program without its folder: "/usr/bin/env" is "env"."""
    return word.rpartition("/")[2]


def program(words: Sequence[str]) -> tuple[str, ...]:
    """The words of the program that runs: `sudo -u x poetry run uvicorn main:app` is
    `uvicorn main:app`. `python -m pytest` and `sh -c "..."` stay as they are."""
    found = tuple(words)
    for _ in range(MAX_WRAPPERS):
        inner = _inner(found)
        if not inner:
            break
        found = inner
    return found


def unwrap(command: Command) -> tuple[Command, ...]:
    """The commands that really run: the program behind wrappers, or those of `sh -c "..."`.

    At least one; line, folder and the way that a failure is handled come from `command`.
    """
    return _unwrap(command, 4)


def _unwrap(command: Command, depth: int) -> tuple[Command, ...]:
    words = program(command.words)
    script = _script(words) if depth else None
    if script is None:
        return (
            command if words == command.words else msgspec.structs.replace(command, words=words),
        )
    inner = [
        msgspec.structs.replace(
            each,
            directory=join(command.directory, each.directory),
            assignments=command.assignments + each.assignments,
            fallback=each.fallback or command.fallback,
            piped=each.piped or command.piped,
            background=each.background or command.background,
            conditional=each.conditional or command.conditional,
            tested=each.tested or command.tested,
            function=command.function or each.function,
        )
        for each in commands(script, command.line)
    ]
    return tuple(part for each in inner for part in _unwrap(each, depth - 1)) or (command,)


def _script(words: Sequence[str]) -> str | None:
    """The script that a shell is given as an argument."""
    name = base(words[0]) if words else ""
    if name == "eval":
        return " ".join(words[1:])
    if name in SHELLS or name in ("su", "flock"):
        for number, word in enumerate(words[1:8], 1):
            if _SCRIPT_OPTION.fullmatch(word):
                return words[number + 1] if number + 1 < len(words) else None
            if name in SHELLS and not word.startswith(("-", "+")) and word != "pipefail":
                break
    return None


def _inner(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words:
        return ()
    name = base(words[0])
    if _WAITS.match(name):
        return words[words.index("--") + 1 :] if "--" in words else ()
    for wrapper in _WRAPPERS.get(name, ()):
        position = _skip_options(words, 1, wrapper) if wrapper.subcommands else 1
        if words[position : position + len(wrapper.subcommands)] != wrapper.subcommands:
            continue
        position = _skip_options(words, position + len(wrapper.subcommands), wrapper)
        position += wrapper.skips
        while position < len(words) and (
            _ASSIGNMENT.match(words[position]) or (wrapper.skips and words[position] == "--")
        ):
            position += 1
        inner = words[position:]
        if name == "uv" and "-m" in words[2 : position + 1]:
            return ("python", "-m", *inner)
        if name == "hatch" and inner and ":" in inner[0]:
            inner = (inner[0].partition(":")[2], *inner[1:])
        if wrapper.scripts and inner and inner[0].endswith(".py"):
            return ("python", *inner)
        return inner
    return ()


def _skip_options(words: Sequence[str], position: int, wrapper: _Wrapper) -> int:
    while position < len(words) and words[position].startswith("-"):
        option = words[position]
        position += 2 if option in wrapper.values else 1
        if option == "--":
            break
    return position
