"""Facts of shell: the commands of a script, a Makefile recipe, a `run:` step or a CMD."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.credentials import is_credential, veil, veil_words
from readiness.facts.shell.model import Choice, Draft
from readiness.facts.shell.syntax import Reader
from readiness.facts.text import decode

MAX_MENTIONS = 500
MAX_SWALLOWS = 200


class Command(Struct, frozen=True):
    """One simple command, quotes removed; an expansion stays as `$NAME` or `$(...)` in its word.

    `directory` is where it runs after literal `cd`s, relative to where the script starts ("" there,
    "?" where it cannot be told). Where the script finds its own place, it starts with `@` (the
    folder that the script lies in) or `@@` (the root of the repository): "@/..", "@@/app".
    `assignments` stand before it (`PYTHONPATH=src python x.py`).
    `fallback` is the command after `||` ("true", "echo failed"), `piped` that its exit status is
    lost in a pipe without pipefail, `background` that it ends in `&`. `function` is the shell
    function, Makefile target, Procfile process or unit section that holds it; `conditional` that
    an if, loop or && decides whether it runs; `tested` that an if or a loop asks for its status.
    `writes` are the files that its redirections make.
    Literal credentials are hidden.
    """

    words: tuple[str, ...]
    line: int
    directory: str = ""
    assignments: tuple[tuple[str, str], ...] = ()
    fallback: str = ""
    piped: bool = False
    background: bool = False
    conditional: bool = False
    function: str = ""
    writes: tuple[str, ...] = ()
    tested: bool = False


class Tolerated(Struct, frozen=True):
    """An if whose branch for the failure of `guard` only reports it: it neither exits nor returns.

    `guard` are the words of the command that may fail; `quote` what is said when it does."""

    line: int
    guard: tuple[str, ...]
    quote: str = ""
    function: str = ""


class ShellFacts(Struct, frozen=True):
    """`sources` are the files that are sourced, as written; `errexit`: `set -e` is on; `mentions`
    are words that look like paths and stand in no command that was understood, with their line.
    `variables` are those whose value is a path or the name of a program; see `expand`. In a
    Makefile's, Procfile's or unit's facts only `commands` and `functions` are filled, and `targets`
    where a Makefile or justfile holds all that can be asked of it."""

    interpreter: str = ""
    commands: tuple[Command, ...] = ()
    functions: tuple[str, ...] = ()
    errexit: bool = False
    mentions: tuple[tuple[str, int], ...] = ()
    sources: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    tolerated: tuple[Tolerated, ...] = ()
    targets: tuple[str, ...] = ()


_PLAIN = re.compile(r"[^\\'\"$`;&|<>(){}#!\[\]=\n]*")
_KEYWORDS = frozenset(
    ("if", "then", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "function")
)
_NAMED = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_PROGRAM = re.compile(r"[a-z][\w.-]{1,30}(?: [a-z][\w.-]{1,30}){0,2}")
_WHERE = re.compile(r"[\w@.+~{}$-]*/[\w@.+~{}$/-]*|@@?|[\w-]+\.\w{1,5}")
_SHEBANG = re.compile(rb"#![^\n]{0,100}?\b((?:ba|da|z|k|a)?sh)\b")
_MAKEFILES = ("makefile", "gnumakefile", "bsdmakefile")
_SAYS = frozenset(("echo", "printf"))
_LOGS = re.compile(r"(?:log|print|say|msg|warn|info|err)\w*|\w+_(?:log|msg|message|warn\w*|info)")
_ENDS = frozenset(("exit", "return", "kill", "false", "break", "continue", "exec", "die", "fail"))
_GOES_ON = re.compile(r"continu|proceed|minimal|anyway|degraded|skip|without", re.IGNORECASE)
_STATUS = re.compile(r"\$\{?\?\}?")


def commands(text: str, first_line: int = 1, pipefail: bool = False) -> tuple[Command, ...]:
    """The commands of a piece of shell that starts at `first_line` of its file.

    `pipefail`: the shell was started with that option (as by `shell: bash` in a GitHub workflow).
    A heredoc's body is no command. Answers for any text, in linear time.
    """
    if len(text) < 4000 and _PLAIN.fullmatch(text.strip()):
        words = tuple(text.split())
        if not words:
            return ()
        if words[0] not in _KEYWORDS:
            line = first_line + text[: len(text) - len(text.lstrip())].count("\n")
            return (Command(veil_words(words), line),)
    return tuple(_freeze(draft) for draft in Reader(text, first_line, pipefail).commands)


def expand(command: Command, facts: ShellFacts) -> tuple[str, ...]:
    """The words of `command` with the script's variables put in, where they are known."""
    if not facts.variables or not any("$" in word for word in command.words):
        return command.words

    def value(match: re.Match[str]) -> str:
        return facts.variables.get(match[1] or match[2], match[0])

    words = tuple(_NAMED.sub(value, word) for word in command.words)
    return (*words[0].split(), *words[1:])


def _freeze(draft: Draft) -> Command:
    return Command(
        words=veil_words(draft.words),
        line=draft.line,
        directory=draft.directory,
        assignments=tuple((name, veil(name, value)) for name, value in draft.assignments),
        fallback=" ".join(veil_words(draft.fallback.split(" "))) if draft.fallback else "",
        piped=draft.piped,
        background=draft.background,
        conditional=draft.conditional,
        function=draft.function,
        writes=tuple(draft.writes),
        tested=draft.tested,
    )


def _kind(path: str) -> str | None:
    folder, _, name = path.lower().rpartition("/")
    if name.endswith((".sh", ".bash", ".zsh", ".ksh", ".bats")) or name == ".envrc":
        return "sh"
    if name in _MAKEFILES or name.endswith(".mk"):
        return "make"
    if name in ("justfile", ".justfile") or name.endswith(".just"):
        return "just"
    if name in ("taskfile.yml", "taskfile.yaml", "taskfile.dist.yml", "taskfile.dist.yaml"):
        return "task"
    if name == "procfile" or (name.startswith("procfile.") and name.count(".") == 1):
        return "procfile"
    if name.endswith(".service") or (
        name.endswith((".conf", ".ini")) and "supervisor" in f"{folder}/{name}"
    ):
        return "unit"
    return "maybe" if "." not in name else None


def extract(kind: str, data: bytes) -> ShellFacts:
    shebang = _SHEBANG.match(data)
    if kind == "maybe" and shebang is None:
        return ShellFacts()
    text = decode(data)[0]
    if kind in ("sh", "maybe"):
        return _script(text, shebang[1].decode() if shebang else "")
    from readiness.facts.shell import recipes

    found = recipes.read(kind, text)
    return ShellFacts(
        commands=found,
        functions=tuple(dict.fromkeys(command.function for command in found)),
        targets=recipes.targets(kind, text),
    )


def _script(text: str, interpreter: str) -> ShellFacts:
    reader = Reader(text)
    found = tuple(_freeze(draft) for draft in reader.commands)
    return ShellFacts(
        interpreter=interpreter,
        commands=found,
        functions=tuple(reader.places.functions),
        errexit=reader.errexit or bool(re.match(r"#![^\n]*sh\s+-\w*e", text)),
        mentions=tuple(_mentions(text, found)),
        sources=tuple(reader.sources[:100]),
        variables={
            name: value
            for name, value in reader.places.variables.items()
            if not is_credential(name) and (_WHERE.fullmatch(value) or _PROGRAM.fullmatch(value))
        },
        tolerated=tuple(_tolerated(reader))[:MAX_SWALLOWS],
    )


def _mentions(text: str, found: tuple[Command, ...]) -> Iterator[tuple[str, int]]:
    """The paths in comments, heredocs and what else is no command; each once."""
    from readiness.facts.mentions import MAX_LINE, paths

    known = set(paths(" ".join(word for command in found for word in command.words)))
    count = 0
    for number, line in enumerate(text.split("\n"), 1):
        for word in paths(line[:MAX_LINE]):
            if word not in known and count < MAX_MENTIONS:
                known.add(word)
                count += 1
                yield word, number


def _tolerated(reader: Reader) -> Iterator[Tolerated]:
    ends = {draft.function for draft in reader.commands if draft.words[0] == "exit"} - {""}
    ends |= _ENDS
    ending = _ending_variables(reader, ends)
    for choice in reader.choices:
        guard, (start, stop) = _failure(reader.commands, choice)
        failure = reader.commands[start:stop]
        if choice.looped or not guard or not failure:
            continue
        first = bisect_left(reader.assigned, (start, ""))
        sets = {name for number, name in reader.assigned[first : first + 20] if number <= stop}
        if sets & ending or any(draft.words[0] in ends for draft in failure):
            continue
        said = [
            " ".join(draft.words[1:])[:200]
            for draft in failure
            if draft.words[0] in _SAYS or _LOGS.fullmatch(draft.words[0])
        ]
        quote = next((text for text in said if _GOES_ON.search(text)), said[0] if said else "")
        words = veil_words(guard.words[:40])
        yield Tolerated(guard.line, words, veil("", quote), choice.function)


def _ending_variables(reader: Reader, ends: set[str]) -> set[str]:
    """The variables whose value decides whether the script ends."""
    asking = [draft for draft in reader.commands if draft.words[0] == "exit"]
    for choice in reader.choices:
        branches = (reader.commands[slice(*branch)] for branch in choice.branches)
        if any(draft.words[0] in ends for branch in branches for draft in branch):
            asking += reader.commands[slice(*choice.test)]
    return {
        match[1] or match[2]
        for draft in asking
        for word in draft.words
        for match in _NAMED.finditer(word)
    }


def _failure(commands: list[Draft], choice: Choice) -> tuple[Draft | None, tuple[int, int]]:
    """The command that an if asks about, and the branch that is taken where it fails."""
    start, stop = choice.test
    if start == stop or not choice.branches:
        return None, (0, 0)
    guard, negated = commands[start], choice.negated
    if guard.words[0] in ("[", "[[", "test"):
        if start == 0 or not any(map(_STATUS.fullmatch, guard.words)):
            return None, (0, 0)
        negated ^= bool({"-ne", "-gt", "!="} & set(guard.words))
        guard = commands[start - 1]
    if negated:
        return guard, choice.branches[0]
    return guard, choice.branches[-1] if choice.closed else (0, 0)


SLICE = Slice(name="shell", version=4, type=ShellFacts, kind=_kind, extract=extract)
