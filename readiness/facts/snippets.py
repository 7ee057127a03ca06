"""Facts of Python outside of Python files: what notebooks, build files and scripts without an
ending import and name. Read line by line; nothing of it is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from readiness.facts import Slice

MAX_BYTES = 2_000_000  # of one file that are read
MAX_ITEMS = 400  # of each kind, of one file

_BUILDS = frozenset(
    "build build.bazel build.pants buck sconstruct sconscript wscript tiltfile".split()
)
_NO_SCRIPTS = frozenset(
    "license licence copying notice authors readme changelog makefile gnumakefile dockerfile "
    "procfile gemfile rakefile vagrantfile jenkinsfile justfile pipfile codeowners caddyfile "
    "containerfile version".split()
)
_QUOTED = re.compile(
    rb'"[ \t]*((?:from|import)[ \t][^"\\\n]{1,300}|[%!]{1,2}[ \t]*(?:run|python3?|bash|sh)[ \t]'
    rb'[^"\\\n]{1,200})'
)
_IMPORT = re.compile(r"import[ \t]+([\w., \t]{1,500})")
_FROM = re.compile(r"from[ \t]+(\.{0,9}[\w.]{1,300})[ \t]+c?import[ \t]*\(?([\w., \t*]{0,500})")
_PATH = re.compile(r"[\w./-]{1,200}\.(?:py|sh)\b")
_STRING = re.compile(r"[\"']([\w./:-]{3,200})[\"']")


class SnippetFacts(Struct, frozen=True, array_like=True):
    """`kind`: "notebook", "build", "cython" or "script" (it starts with `#!` and Python).

    `modules` are the dotted names that it imports, also each `module.name` of `from module import
    name` (relative ones with their dots), `words` the paths and modules that it names or runs;
    each once, with its line. All is empty for a file that is no Python."""

    kind: str = ""
    modules: tuple[tuple[str, int], ...] = ()
    words: tuple[tuple[str, int], ...] = ()


def _kind(path: str) -> str | None:
    name = path.rpartition("/")[2].lower()
    if name in _BUILDS or name.endswith(".spec"):
        return "build"
    if name.endswith(".ipynb"):
        return "notebook"
    if name.endswith((".pyx", ".pxi")):
        return "cython"
    return "script" if "." not in name and name not in _NO_SCRIPTS else None


def extract(kind: str, data: bytes) -> SnippetFacts:
    data = data[:MAX_BYTES]
    if kind == "script" and not (data[:2] == b"#!" and b"python" in data[:200].partition(b"\n")[0]):
        return SnippetFacts()
    lines = _of_notebook(data) if kind == "notebook" else _of_text(data)
    modules: dict[str, int] = {}
    words: dict[str, int] = {}
    for number, line in lines:
        for module in _modules(line):
            modules.setdefault(module, number)
        for word in _words(kind, line):
            words.setdefault(word, number)
        if len(modules) > MAX_ITEMS or len(words) > MAX_ITEMS:
            break
    return SnippetFacts(kind, tuple(modules.items()), tuple(words.items()))


def _of_notebook(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines of cells that import or run something."""
    number, before = 1, 0
    for match in _QUOTED.finditer(data):
        number += data.count(b"\n", before, match.start())
        before = match.start()
        yield number, match[1].decode("utf-8", "replace")


def _of_text(data: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if len(line) <= 1000 and not line.startswith("#"):
            yield number, line.strip()


def _modules(line: str) -> Iterator[str]:
    if match := _FROM.match(line.removeprefix("c")):
        yield match[1]
        for part in match[2].split(","):
            name = part.split()
            if name and name[0].isidentifier():
                yield f"{match[1]}.{name[0]}" if match[1].strip(".") else match[1] + name[0]
    elif match := _IMPORT.match(line.removeprefix("c")):
        for part in match[1].split(","):
            name = part.split()
            if name:
                yield name[0]


def _words(kind: str, line: str) -> Iterator[str]:
    if kind == "notebook":
        if line[0] in "%!":
            yield from islice(_PATH.findall(line), 5)
    elif kind != "cython" and ('"' in line or "'" in line):
        for word in islice(_STRING.findall(line), 20):
            if "." in word.strip("."):
                yield word


SLICE = Slice(name="snippets", version=1, type=SnippetFacts, kind=_kind, extract=extract)
