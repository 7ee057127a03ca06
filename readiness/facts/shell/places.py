"""Where a shell script's `cd`s lead, and what is known of its variables without running it.

A folder is written relative to where the script starts ("" there), or from `@`, the folder that
the script lies in, or from `@@`, the root of its repository; "?" is one that cannot be told.
"""

from __future__ import annotations

import re
from posixpath import normpath

from readiness.facts.shell.model import Draft

MAX_LENGTH = 300  # characters of a folder or a variable's value
MAX_VARIABLES = 2_000
UNKNOWN = "?"

_SELF = r"\"?\$\{?(?:0|BASH_SOURCE(?:\[0\])?(?::-\$0)?|\(%\):-%[xN])\}?\"?"
_HERE = re.compile(
    rf"\$\(\s*dirname\s+(?:--\s+)?(?:{_SELF}|\"?\$\(\s*(?:readlink\s+-f|realpath)\s+{_SELF}\s*\)\"?)"
    r"\s*\)|\$\{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}"
)
_ROOT = re.compile(r"\$\(\s*git rev-parse --show-toplevel(?:\s+2>\s*/dev/null)?\s*\)")
_PARENT = re.compile(r"\$\(\s*dirname\s+(?:--\s+)?\"?([@\w./-]+)\"?\s*\)")
_PWD = re.compile(
    r"\$\(\s*(?:builtin\s+)?cd\s+(?:-P\s+)?(?:--\s+)?\"?([@\w./-]+)\"?"
    r"\s*(?:&?>\s*/dev/null\s*(?:2>&1)?)?\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\)"
    r"|\$\(\s*(?:readlink\s+-f|realpath)\s+\"?([@\w./-]+)\"?\s*\)"
)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


def join(directory: str, target: str) -> str:
    """Where `cd target` leads from `directory`."""
    if not target:
        return directory
    if target.startswith(("/", "@/", "@@/")) or target in ("@", "@@"):
        place = target
    elif UNKNOWN in (directory, target):
        return UNKNOWN
    else:
        place = f"{directory}/{target}" if directory else target
    if len(place) > MAX_LENGTH:
        return UNKNOWN
    mark, _, rest = place.partition("/") if place[0] == "@" else ("", "", place)
    rest = normpath(rest) if rest else "."
    if rest == ".":
        return mark
    return f"{mark}/{rest}" if mark else rest


def moved(directory: str, target: str) -> str:
    """Where `cd target` leads, when what is known of `target`'s expansions has been put in."""
    if not target or target[0] == "~" or "$" in target or "`" in target:
        return UNKNOWN
    return join(directory, target)


def expand(word: str, variables: dict[str, str]) -> str:
    """`word` with its known expansions: literal variables, and ways to say the script's folder."""
    if "$" not in word or len(word) > 2 * MAX_LENGTH or word.count("$") > 20:
        return word

    def value(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[2], match[0])[:MAX_LENGTH]

    word = _ROOT.sub("@@", _HERE.sub("@", word))
    for _ in range(3):
        known = _VARIABLE.sub(value, word)
        known = _PARENT.sub(lambda match: match[1] + "/..", known)
        known = _PWD.sub(lambda match: match[1] or match[2], known)
        if known == word or len(known) > MAX_LENGTH:
            break
        word = known
    return word


class Places:
    """Where a script stands while it is read.

    `functions` maps each name to the folder that it leaves its caller in ("" for the same).
    `variables` are literal, or say the script's own place.
    """

    def __init__(self) -> None:
        self.directory = ""
        self.functions: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self._previous = UNKNOWN
        self._stack: list[str] = []

    def assign(self, name: str, value: str) -> None:
        if len(self.variables) < MAX_VARIABLES:
            self.variables[name] = expand(value, self.variables)

    def run(self, words: list[str]) -> None:
        """Follows a command to where it leads: `cd`, `pushd`, `popd`, or a function."""
        name, before = words[0], self.directory
        if name in ("cd", "pushd"):
            arguments = [word for word in words[1:] if word in ("-", "") or word[0] != "-"]
            target = arguments[0] if arguments else "~"
            known = expand(target, self.variables)
            self.directory = self._previous if target == "-" else moved(before, known)
            self._previous = before
            if name == "pushd":
                self._stack.append(before)
        elif name == "popd":
            self.directory = self._stack.pop() if self._stack else UNKNOWN
        elif self.functions.get(name):
            self.directory = join(before, self.functions[name])


def place_functions(commands: list[Draft], places: Places) -> None:
    """Gives the commands of each function the folder that the function is called in."""
    inside: dict[str, list[Draft]] = {}
    for draft in commands if places.functions else ():
        inside.setdefault(draft.function, []).append(draft)
    calls: dict[str, set[str]] = {}
    for draft in inside.get("", ()):
        if draft.words[0] in places.functions:
            calls.setdefault(draft.words[0], set()).add(draft.directory)
    for name in reversed(places.functions):
        called = calls.get(name, {""})
        place = next(iter(called)) if len(called) == 1 else UNKNOWN
        for draft in inside.get(name, ()):
            draft.directory = join(place, draft.directory)
            if draft.words[0] in places.functions and draft.words[0] != name:
                calls.setdefault(draft.words[0], set()).add(draft.directory)
