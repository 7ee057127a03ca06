"""What a command names that must exist: files, folders, package files, compose services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from readiness.index.commands.lines import (
    after_options,
    compose_words,
    in_container,
    innermost,
    program_of,
)


class Sort(StrEnum):
    """What kind of thing is named; `tests`, `script` and `manifest` are never build products."""

    FOLDER = "folder"
    FILE = "file"
    TESTS = "tests"  # a test file or folder
    SCRIPT = "script"
    MANIFEST = "manifest"  # requirements, package.json, Makefile, Dockerfile, compose file
    ABOVE = "above"  # a manifest that may also stand in a folder above
    SERVICE = "service"  # a compose service; `within` are the compose files
    TASK = "task"  # a script of the nearest package.json
    GROUP = "group"  # a dependency group or extra of the nearest pyproject.toml


class Name(Struct, frozen=True):
    """`text` as written, relative to where the command runs; `choices` are the names of which one
    is enough."""

    sort: Sort
    text: str
    choices: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")


def names(words: Sequence[str]) -> Iterator[Name]:
    """What the command names, as far as its words are literal."""
    compose = compose_words(words)
    if compose:
        yield from _of_compose(compose)
        return
    inner = words if in_container(words) else innermost(words)
    if not inner:
        return
    program = program_of(inner)
    reader = _READERS.get(program)
    if reader:
        yield from reader(inner[1:])
    elif len(inner[0]) < 300 and _runs_file(inner[0], len(inner) < len(words)):
        yield Name(Sort.SCRIPT, inner[0])


def _runs_file(word: str, interpreted: bool) -> bool:
    if word.startswith(("-", "/", "<", "$", "~", "@")):
        return False
    if word.endswith((".py", ".sh", ".bash")):
        return interpreted or "/" in word
    return word.startswith(("./", "../")) or (
        interpreted and word.endswith((".js", ".mjs", ".cjs", ".ts", ".rb"))
    )


_PYTEST_VALUES = set(
    "-k -m -c -n -p -o -W --tb --maxfail --durations --cov --cov-report --cov-config "
    "--cov-fail-under --junitxml --junit-xml --timeout --ignore --deselect --rootdir --basetemp "
    "--dist --reruns --html --ds --browser --numprocesses --import-mode --log-level --base-url "
    "--splits --group --alluredir --log-cli-level --confcutdir --ignore-glob --color".split()
)
_SWITCHES = set(
    "--verbose --quiet --strict-markers --strict-config --no-cov --no-header --lf --ff --exitfirst "
    "--check --diff --count --show-source --statistics --benchmark-only --benchmark-autosave "
    "--recursive --strict --fix --no-cache --pdb --runslow --cov-append --cov-branch --upgrade "
    "--no-deps --no-cache-dir --user --quiet --pre --force-reinstall".split()
)
_LINT_VALUES = set(
    "-c -f -o -l -t -p -m -x -i -s -lll --config --config-file --line-length --format --output "
    "--select --ignore --exclude --extend-exclude --max-line-length --max-complexity -n -b".split()
)
_PATH = re.compile(r"[\w.@+-][\w./@+ -]*|\.[\w./@+ -]*")


def _positional(words: Sequence[str], values: set[str]) -> Iterator[str]:
    """The words that are no options and no values of one; after an unknown long option the next
    word is taken for its value."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in values:
            skip = True
        elif word.startswith("-"):
            skip = word.startswith("--") and "=" not in word and word not in _SWITCHES
        else:
            yield word


def _of_pytest(arguments: Sequence[str]) -> Iterator[Name]:
    for word in _positional(arguments, _PYTEST_VALUES):
        path = word.partition("::")[0]
        if _PATH.fullmatch(path):
            yield Name(Sort.TESTS, path)


def _of_lint(arguments: Sequence[str]) -> Iterator[Name]:
    rest = after_options(arguments)
    if rest[:1] in (("check",), ("format",), ("run",)):
        arguments = rest[1:]
    for word in _positional(arguments, _LINT_VALUES):
        if _PATH.fullmatch(word) and "," not in word:
            yield Name(Sort.TESTS if word.endswith(".py") else Sort.FOLDER, word)


def _of_pip(arguments: Sequence[str]) -> Iterator[Name]:
    if arguments[:1] == ("pip",):
        arguments = arguments[1:]
    if "install" not in arguments[:3] and "sync" not in arguments[:1]:
        return
    for option, value in _pairs(arguments):
        if option in ("-r", "--requirement", "-c", "--constraint"):
            yield Name(Sort.MANIFEST, value)
        elif option in ("-e", "--editable") and value.startswith("."):
            yield Name(Sort.FOLDER, value.partition("[")[0])
    for word in _positional(arguments, {"-r", "-c", "-e", "-i", "-f", "-t"}):
        if word.startswith(("./", "../")):
            yield Name(Sort.FOLDER, word.partition("[")[0])


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(option, value) for `-r x`, `-rx` (one letter) and `--requirement=x`."""
    for number, word in enumerate(words):
        if word.startswith("--") and "=" in word:
            option, _, value = word.partition("=")
            yield option, value
        elif word.startswith("-") and number + 1 < len(words):
            yield word, words[number + 1]
        if word.startswith(("-r", "-c")) and len(word) > 2:
            yield word[:2], word[2:]


_GROUP_OPTIONS = (
    "--with",
    "--only",
    "--without",
    "--group",
    "--only-group",
    "--extra",
    "-E",
    "--extras",
)


def _of_poetry(arguments: Sequence[str]) -> Iterator[Name]:
    """The groups that `poetry install --with x` and `uv sync --group x` ask for."""
    if (
        not {"install", "sync"} & set(arguments[:2])
        or "pip" in arguments
        or "--package" in arguments
    ):
        return
    for option, value in _pairs(arguments):
        if option in _GROUP_OPTIONS:
            for group in value.split(","):
                if re.fullmatch(r"[\w.-]+", group) and group != "main":
                    yield Name(Sort.GROUP, group, within=("pyproject.toml",))


def _of_uv(arguments: Sequence[str]) -> Iterator[Name]:
    yield from _of_pip(arguments)
    yield from _of_poetry(arguments)


_PACKAGE_WORK = {"ci", "run", "run-script", "test", "t", "start", "build"}


def _of_node(arguments: Sequence[str]) -> Iterator[Name]:
    if {"-g", "--global", "--filter", "-F", "-w", "--workspace", "init", "create"} & set(arguments):
        return
    folder = ""
    for option, value in _pairs(arguments):
        if option in ("--prefix", "-C", "--dir", "--cwd"):
            folder = value.rstrip("/") + "/"
    rest = tuple(_positional(arguments, {"--prefix", "-C", "--dir", "--cwd"}))
    if rest and (rest[0] in _PACKAGE_WORK or rest[:2] == ("install",)):
        yield Name(Sort.ABOVE, f"{folder}package.json")
    script = rest[1] if rest[:1] in (("run",), ("run-script",)) and len(rest) > 1 else ""
    script = "test" if rest[:1] in (("test",), ("t",)) else script
    if re.fullmatch(r"[\w:.-]+", script) and "--if-present" not in arguments:
        yield Name(Sort.TASK, script, within=(f"{folder}package.json",))


def _of_bun(arguments: Sequence[str]) -> Iterator[Name]:
    yield from (name for name in _of_node(arguments) if name.sort is Sort.ABOVE)


def _of_yarn(arguments: Sequence[str]) -> Iterator[Name]:
    plain = not arguments or arguments[0].startswith("--frozen") or arguments[0] == "--immutable"
    yield from [Name(Sort.ABOVE, "package.json")] if plain else _of_node(arguments)


def _of_make(arguments: Sequence[str]) -> Iterator[Name]:
    folder, file = "", ""
    for option, value in _pairs(arguments):
        if option in ("-C", "--directory"):
            folder = value.rstrip("/") + "/"
        elif option in ("-f", "--file", "--makefile"):
            file = value
    choices = (folder + file,) if file else tuple(folder + name for name in _MAKEFILES)
    yield Name(Sort.MANIFEST, choices[0], choices)


def _of_docker(arguments: Sequence[str]) -> Iterator[Name]:
    rest = after_options(arguments)
    if rest[:1] == ("buildx",):
        rest = after_options(rest[1:])
    if rest[:1] != ("build",):
        return
    values = set(
        "-t --tag -f --file --build-arg --target --platform --cache-from --cache-to --output -o "
        "--secret --ssh --label --network --progress --builder --build-context --iidfile".split()
    )
    places = list(_positional(rest[1:], values))
    file = next((value for option, value in _pairs(rest) if option in ("-f", "--file")), "")
    if len(places) != 1 or not _PATH.fullmatch(places[0]):
        return
    context = places[0].rstrip("/")
    yield Name(Sort.FOLDER, context)
    if file != "-":
        yield Name(Sort.MANIFEST, file or f"{context}/Dockerfile")


_SERVICE_COMMANDS = {"up", "build", "start", "restart", "pull", "stop", "logs", "run", "exec"}
_COMPOSE_VALUES = set(
    "-f --file -p --project-name --profile --env-file --project-directory --parallel --ansi "
    "--progress -t --timeout --scale --build-arg -e --env -u --user -w --workdir -v --volume "
    "--name --entrypoint --exit-code-from --pull --tail -n --since --until --index --publish "
    "--wait-timeout --attach --no-attach -m --memory --ssh --builder".split()
)


def _of_compose(words: Sequence[str]) -> Iterator[Name]:
    files = []
    rest = after_options(words, _COMPOSE_VALUES)
    for option, value in _pairs(words[: len(words) - len(rest)]):
        if option in ("-f", "--file"):
            files.append(value)
        elif option == "--project-directory":
            return
    for file in dict.fromkeys(files):
        yield Name(Sort.MANIFEST, file)
    if not rest or rest[0] not in _SERVICE_COMMANDS:
        return
    if not files:
        yield Name(Sort.ABOVE, COMPOSE_FILES[2], COMPOSE_FILES)
    services: list[str] = []
    skip = False
    for word in rest[1:]:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _COMPOSE_VALUES
        else:
            services.append(word)
            if rest[0] in ("run", "exec"):
                break
    for service in services:
        if re.fullmatch(r"[\w.-]+", service):
            yield Name(Sort.SERVICE, service, within=tuple(dict.fromkeys(files)))


def _first(sort: Sort, suffixes: tuple[str, ...] = ("",)) -> Callable[..., Iterator[Name]]:
    def read(arguments: Sequence[str]) -> Iterator[Name]:
        for word in after_options(arguments)[:1]:
            if _PATH.fullmatch(word) and word.endswith(suffixes):
                yield Name(sort, word)

    return read


def _of_chmod(arguments: Sequence[str]) -> Iterator[Name]:
    for word in after_options(arguments)[1:]:
        if _PATH.fullmatch(word):
            yield Name(Sort.SCRIPT, word)


def _of_copy(arguments: Sequence[str]) -> Iterator[Name]:
    rest = after_options(arguments)
    for word in rest[:-1]:
        if _PATH.fullmatch(word):
            yield Name(Sort.FILE, word)


def _of_kubectl(arguments: Sequence[str]) -> Iterator[Name]:
    for option, value in _pairs(arguments):
        if option in ("-f", "-k", "--filename", "--kustomize") and _PATH.fullmatch(value):
            yield Name(Sort.FILE, value)


_READERS: dict[str, Callable[[Sequence[str]], Iterator[Name]]] = {
    "pytest": _of_pytest,
    "py.test": _of_pytest,
    **dict.fromkeys(("black", "flake8", "ruff", "isort", "bandit", "mypy"), _of_lint),
    **dict.fromkeys(("pip", "pip3"), _of_pip),
    "uv": _of_uv,
    **dict.fromkeys(("npm", "pnpm"), _of_node),
    "bun": _of_bun,
    "poetry": _of_poetry,
    "yarn": _of_yarn,
    **dict.fromkeys(("make", "gmake"), _of_make),
    "docker": _of_docker,
    "podman": _of_docker,
    "cd": _first(Sort.FOLDER),
    "pushd": _first(Sort.FOLDER),
    "source": _first(Sort.SCRIPT, (".sh", ".bash", ".env")),
    ".": _first(Sort.SCRIPT, (".sh", ".bash")),
    "chmod": _of_chmod,
    "cp": _of_copy,
    "kubectl": _of_kubectl,
    "ansible-playbook": _first(Sort.SCRIPT, (".yml", ".yaml")),
}


def makes(words: Sequence[str]) -> Iterator[str]:
    """The files and folders that the command surely makes, relative to where it runs."""
    inner = innermost(words)
    program = program_of(inner)
    rest = after_options(inner[1:])
    for option, value in _pairs(words):
        if re.fullmatch(r"-[oO]|--(?:out\w*|output\w*|junit-?xml|remote-name|outdir)", option):
            yield value
    if program in ("mkdir", "touch", "tee", "virtualenv", "venv"):
        yield from (word for word in inner[1:] if not word.startswith("-"))
    elif program in ("cp", "mv", "ln", "install") and len(rest) > 1:
        yield rest[-1]
    elif program == "git" and rest[:1] == ("clone",):
        places = after_options(rest[1:], {"-b", "--branch", "--depth", "-o"})
        yield (places[1] if len(places) > 1 else places[0].rpartition("/")[2].removesuffix(".git")
               ) if places else ""  # fmt: skip
    elif program in ("wget", "curl"):
        yield from (word.rpartition("/")[2] for word in inner[1:] if "://" in word)
    elif program == "uv" and rest[:1] == ("venv",):
        yield rest[1] if len(rest) > 1 else ".venv"


_PRODUCERS = set(
    "make gmake just task invoke inv poe node npx yarn pnpm bun tar unzip gunzip 7z gh aws gsutil "
    "az gcloud dvc cookiecutter copier django-admin flutter cargo go mvn gradle gradlew mvnw "
    "dotnet protoc buf openapi-generator-cli sphinx-build mkdocs patch hugo jekyll terraform "
    "rsync scp bazel cmake ninja meson hatch build vite tsc webpack".split()
)


def produces(words: Sequence[str]) -> bool:
    """May the command make files that cannot be told from its words?"""
    inner = innermost(words)
    program = program_of(inner)
    if program in ("npm", "yarn", "pnpm", "bun"):
        return bool({"run", "build", "start", "exec", "test"} & set(inner[1:3]))
    if program == "git":
        return bool({"apply", "am", "submodule", "lfs", "worktree"} & set(inner[1:3]))
    if program == "docker":
        return bool({"run", "cp", "exec"} & set(inner[1:4]))
    script = bool(inner) and ("/" in inner[0] or inner[0].endswith((".py", ".sh", ".js")))
    return program in _PRODUCERS or script or "<(...)" in words


def leaves(words: Sequence[str]) -> bool:
    """Does the command put another tree in the place of the one that was checked out?"""
    if program_of(words) != "git":
        return False
    rest = after_options(words[1:], {"-C", "-c"})
    return rest[:1] in (("checkout",), ("switch",), ("pull",), ("reset",), ("merge",))
