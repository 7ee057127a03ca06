"""Command lines: what runs inside a container or an interpreter, and what a runner is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from readiness.facts.programs import program

RUNNERS = {"make", "gmake", "just", "task", "invoke", "inv", "poe", "taskipy", "doit", "mage"}
PACKAGE_RUNNERS = {"npm", "yarn", "pnpm", "bun"}
_RUNNER_VALUES = set(
    "-C -f --directory --file --prefix -F --filter -w --workspace --cwd --dir -j -r".split()
)
_DOCKER_VALUES = set(
    "-u --user -n --name -e --env -w --workdir -v --volume --env-file --network --entrypoint "
    "--platform -i --index -c --context --cpus -m --memory --mount --add-host -h --hostname -l "
    "--label --publish -p --shm-size --profile --project-name --file -f --project-directory "
    "--link --restart --gpus --ulimit --cap-add --device --pull".split()
)
_MORE_WRAPPERS = {"xvfb-run", "retry", "eatmydata", "chronic", "caffeinate", "dotenv"}
_INTERPRETER = re.compile(r"(?:python|pypy|py)[0-9.]*w?")


def program_of(words: Sequence[str]) -> str:
    """The name of the program, without its folder and a Windows suffix."""
    name = words[0].rpartition("/")[2] if words else ""
    return name.removesuffix(".exe").removesuffix(".cmd")


def innermost(words: Sequence[str]) -> tuple[str, ...]:
    """What runs in the end: behind wrappers, `python -m`, `coverage run` and in a container.

    A script in `bash -c "..."` is not looked into (`programs.unwrap` does)."""
    return _innermost(tuple(words))


@lru_cache(1 << 14)
def _innermost(words: tuple[str, ...]) -> tuple[str, ...]:
    left = words
    for _ in range(8):
        inner = _inner(program(left))
        if inner == left or not inner:
            break
        left = inner
    return left


def _inner(words: tuple[str, ...]) -> tuple[str, ...]:
    name = program_of(words)
    if name in _MORE_WRAPPERS:
        return after_options(words[1:]) or words
    if _INTERPRETER.fullmatch(name):
        return _of_interpreter(words)
    if name in ("bash", "sh", "zsh", "dash", "node", "ts-node", "tsx", "ruby", "php", "bun"):
        rest = after_options(words[1:], {"-r", "--require"})
        is_file = bool(rest) and ("/" in rest[0] or "." in rest[0])
        return rest if is_file and words[1] not in ("-c", "-e", "run") else words
    if name == "coverage" and words[1:2] == ("run",):
        return module_option(words[2:]) or after_options(words[2:]) or words
    container = in_container(words)
    return container[1] if container and container[1] else words


def _of_interpreter(words: tuple[str, ...]) -> tuple[str, ...]:
    module = module_option(words[1:])
    if module:
        return module
    rest = after_options(words[1:], {"-W", "-X", "--check-hash-based-pycs"})
    return rest if rest and "-c" not in words[1:3] else words


def module_option(words: Sequence[str]) -> tuple[str, ...]:
    """The words behind a leading `-m`, as in `coverage run --branch -m pytest`."""
    for number, word in enumerate(words):
        if word == "-m":
            return tuple(words[number + 1 :])
        if not word.startswith("-") or word == "-c":
            break
    return ()


def compose_words(words: Sequence[str]) -> tuple[str, ...]:
    """The words behind `docker compose` or `docker-compose`; none for anything else."""
    name = program_of(words)
    if name in ("docker-compose", "podman-compose"):
        return tuple(words[1:])
    if name in ("docker", "podman"):
        rest = after_options(words[1:], _DOCKER_VALUES)
        return rest[1:] if rest[:1] == ("compose",) else ()
    return ()


def in_container(words: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """(image or compose service, command) of `docker run`, `docker compose run` and `exec`."""
    if program_of(words) not in ("docker", "podman", "docker-compose"):
        return None
    rest = compose_words(words) or tuple(words[1:])
    rest = after_options(rest, _DOCKER_VALUES)
    if rest[:1] not in (("run",), ("exec",)):
        return None
    inside = after_options(rest[1:], _DOCKER_VALUES)
    return (inside[0], inside[1:]) if inside else None


def after_options(words: Sequence[str], with_value: set[str] | None = None) -> tuple[str, ...]:
    """The words behind leading options; those of `with_value` take the next word with them."""
    skip = False
    for number, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--":
            return tuple(words[number + 1 :])
        elif with_value and word in with_value:
            skip = True
        elif not word.startswith("-"):
            return tuple(words[number:])
    return ()


def script_names(words: Sequence[str]) -> tuple[str, ...]:
    """The targets or scripts that a runner is asked for: `make -C app test lint`, `npm run x`."""
    found: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in _RUNNER_VALUES:
            skip = True
        elif word == "--":
            break
        elif not word.startswith("-") and "=" not in word:
            found.append(word)
    if program_of(words) not in PACKAGE_RUNNERS:
        return tuple(found)
    while found and found[0] in ("run", "run-script", "workspace", "workspaces", "foreach"):
        del found[: 2 if found[0] == "workspace" else 1]
    return tuple(found[:1])
