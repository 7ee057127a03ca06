"""Facts of every other text: the words that look like the path of a file or a dotted module.

Many of them are none; only those that resolve to something in the repository become references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.lines import Line, line_at, lines_holding, lines_with
from readiness.facts.text import decode

MAX_TEXT = 400_000  # characters of one file that are read
MAX_WORDS = 1_000  # of one file
MAX_LINE = 2_000  # characters; a longer line is generated

EXTENSIONS = frozenset(
    "avsc bash bat c cfg cjs conf cpp crt cs css csv env feature go graphql h html ini ipynb j2 "
    "java jinja jinja2 js json jsonl jsx key kt ksh less lock lua markdown md mdx mjs mk mmd pem "
    "php pl properties proto ps1 py pyi r rb rs rst sass scala scss service sh sql sqlite swift "
    "template tf tfvars toml tpl ts tsx txt vue wasm xml yaml yml zsh".split()
)
_TOKEN = re.compile(r"[\w@.+~$*{}/-]+")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_PART = re.compile(  # a part of whatever `paths` finds: most lines of data have none
    r"[./](?:(?<=\.)[^\W\d]|(?<=[\w@.+~$*{}-]/)|(?<!//)(?<=/)(?!/))"
)
_OPAQUE = re.compile(r"(?=[^/]*[a-z])(?=[^/]*[A-Z])(?=[^/]*\d)[A-Za-z0-9+=]{20,}")
_EXCLUDE_WORDS = ("exclu", "ignor", "omit", "norecurse", "skip", "blocklist", "denylist")
_EXCLUDES = re.compile(
    rf"""[ \t-]*["']?[\w.-]{{0,60}}(?:{"|".join(_EXCLUDE_WORDS)})[\w.-]{{0,60}}["']?[ \t]*[:=]""",
    re.IGNORECASE,
)
_CHECKERS = re.compile(
    r"\[+\"?(?:tool[.:])?\"?(?:mypy|ruff|black|isort|flake8|pyright|basedpyright|pylint|pycodestyle"
    r"|pydocstyle|coverage|bandit|vulture|interrogate|importlinter|deptry|pytype|pyre|ty|codespell"
    r"|autoflake|yapf|docformatter|tryceratops|slipcover|mutmut|bumpversion|towncrier|check-manifest"
    r"|readiness"
    r")\b[^\n]*",
)
_CHECKER_FILES = re.compile(
    r"(?:^|/)(?:\.?mypy\.ini|\.coveragerc|\.flake8|\.?pylintrc|\.?ruff\.toml|pyrightconfig\.json"
    r"|\.isort\.cfg|\.?codecov\.ya?ml|\.bandit(?:\.ya?ml)?|bandit\.ya?ml|\.?codespellrc"
    r"|sonar-project\.properties|\.importlinter|\.pydocstyle|\.style\.yapf|\.bumpversion\.cfg"
    r"|\.codeclimate\.ya?ml|\.?pytype\.(?:cfg|toml)|\.pyre_configuration|\.prospector\.ya?ml"
    r"|\.landscape\.ya?ml|\.codacy\.ya?ml|mypy-[\w-]+\.txt|\.github/labeler\.ya?ml)$"
)
_SECRET = re.compile(r"(?:passw(?:or)?d|secret|token|api_?key)[\"']?[ \t]*[:=]", re.IGNORECASE)
_IMPORT = re.compile(
    r"""(?:\bfrom|\bimport|\brequire\(|\bimport\()[ \t]*(?:"([^"\n]{1,300})"|'([^'\n]{1,300})')"""
)
_STRING = re.compile(r"\"([^\"\n]{3,200})\"|'([^'\n]{3,200})'|`([^`\n]{3,200})`")

_SCRIPTS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue", ".svelte", ".astro")
_CONFIGS = tuple(
    (
        ".yml .yaml .toml .ini .cfg .conf .json .json5 .jsonc .env .properties .xml .service "
        ".timer .tf .hcl .nix .gradle .cmake .example .template .dist .j2 .sample"
    ).split()
)
FOREIGN = tuple(
    ".c .cc .cpp .cs .ex .exs .go .h .hpp .java .kt .lua .php .pl .rb .rs .scala .swift".split()
)
"""Endings of programs in other languages, which may run or embed Python."""
_TEXTS = tuple(
    ".rst .txt .html .htm .adoc .bat .ps1 .cmd .sql .bpmn .mmd .css .scss .proto".split()
)
_NAMES = frozenset(
    (
        "jenkinsfile", "caddyfile", "vagrantfile", "tiltfile", "earthfile", "procfile", "brewfile",
        "manifest.in", "gemfile", "rakefile", ".babelrc", ".eslintrc", "env", "environment",
    )
)  # fmt: skip
_SILENT = re.compile(
    r"(?:^|/)(?:codeowners|[\w.-]*lock(?:file)?\.(?:json|yaml)|[\w.-]*\.lock|\.[\w-]*ignore"
    r"|[\w.-]*\.min\.(?:js|css)|pnpm-lock\.yaml|go\.sum|\.secrets\.baseline|\.mailmap)$"
)


class MentionFacts(Struct, frozen=True):
    """`words` look like a path or a dotted module; `imports` are what JavaScript and TypeScript
    import ("./api", "@/lib/x", "react"). Each has its line; each word stands once."""

    words: tuple[tuple[str, int], ...] = ()
    imports: tuple[tuple[str, int], ...] = ()


def paths(text: str, dotted: bool = False) -> Iterator[str]:
    """The words of `text` that look like a path, in order; with `dotted` also dotted modules.

    A word without a slash needs a known extension. What may be a secret is no path: a long run of
    mixed letters and digits, or what stands before the @ of a URL.
    """
    if "/" not in text and "." not in text:
        return
    for token in _TOKEN.findall(text):
        if "/" not in token and "." not in token:
            continue
        word = token.rstrip(".").removeprefix("**/")
        if not 3 <= len(word) <= 200:
            continue
        if "/" in word:
            credentials = word.startswith("//") or "@" in word[1:]
            if not credentials and not any(map(_OPAQUE.match, word.split("/"))):
                yield word
        elif "." in word and (
            word.rpartition(".")[2].lower() in EXTENSIONS or (dotted and _DOTTED.fullmatch(word))
        ):
            yield word


def _kind(path: str) -> str | None:
    lowered = path.lower()
    kind = _kind_of_name(lowered.rpartition("/")[2])
    silent = kind and (_SILENT.search(lowered) or _CHECKER_FILES.search(lowered))
    return None if silent else kind


def _kind_of_name(name: str) -> str | None:
    if name.endswith(_SCRIPTS):
        return "script"
    if name.endswith((".toml", ".cfg", ".ini")):
        return "sections"
    if name.endswith(FOREIGN):
        return "foreign"
    if name.endswith(_CONFIGS) or name in _NAMES or name.startswith(".env"):
        return "config"
    return "text" if name.endswith(_TEXTS) else None


def extract(kind: str, data: bytes) -> MentionFacts:
    text = decode(data[: 4 * MAX_TEXT])[0][:MAX_TEXT]
    if kind == "script":
        return _script(text)
    if kind == "foreign":
        return MentionFacts(words=_first_of_each(_foreign(text)))
    if kind == "text":
        return MentionFacts(words=_first_of_each(_plain(text)))
    return MentionFacts(words=_first_of_each(_config(text, sections=kind == "sections")))


def _first_of_each(found: Iterator[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    first: dict[str, int] = {}
    for word, line in found:
        first.setdefault(word, line)
        if len(first) >= MAX_WORDS:
            break
    return tuple(first.items())


def _plain(text: str) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.split("\n"), 1):
        if "/" in line or "." in line:
            for word in paths(line[:MAX_LINE], dotted=True):
                yield word, number


def _config(text: str, sections: bool) -> Iterator[tuple[str, int]]:
    """The words of a configuration, without what a tool is told to leave out and, where it has
    `sections`, without those of tools that only check code."""
    text = "\n" + (_without_checkers(text) if sections else text)
    left_out = _left_out(text)
    nowhere = len(text) + 1, len(text) + 1
    start, end = next(left_out, nowhere)
    for line in lines_with(_PART, text, MAX_LINE):
        while end <= line.start:
            start, end = next(left_out, nowhere)
        if line.start < start:
            found = list(paths(line.text, dotted=True))
            if found and not _SECRET.search(line.text):
                yield from ((word, line.number) for word in found)


def _without_checkers(text: str) -> str:
    """`text` with empty lines in place of the sections of tools that only check code."""
    checks = False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("[") and line[:MAX_LINE].rstrip().endswith("]"):
            checks = _CHECKERS.match(line[:MAX_LINE]) is not None
        if checks:
            lines[number] = ""
    return "\n".join(lines)


def _left_out(text: str) -> Iterator[tuple[int, int]]:
    """The places of what a tool is told to leave out: from the line that says so to the first one
    that does not belong to it."""
    end = 0
    for line in lines_holding(_EXCLUDE_WORDS, text, MAX_LINE):
        if line.start >= end and _EXCLUDES.match(line.text):
            end = _end_of_list(text, line)
            yield line.start, end


def _end_of_list(text: str, opening: Line) -> int:
    """Where the lines end that belong to `opening`: a list in brackets, or what is indented."""
    bracket = opening.text.count("[") > opening.text.count("]")
    margin = len(opening.text) - len(opening.text.lstrip())
    start = opening.start
    while start := text.find("\n", start) + 1:
        line = line_at(start, text, MAX_LINE)
        content = line.lstrip()
        if bracket:
            if "]" in line:
                return start + 1
        elif content and not content.startswith("- ") and len(line) - len(content) <= margin:
            return start
    return len(text) + 1


def _foreign(text: str) -> Iterator[tuple[str, int]]:
    """The words of strings that look like what Python names its modules, or like a path."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) <= MAX_LINE and ('"' in line or "'" in line) and "." in line:
            for match in islice(_STRING.finditer(line), 20):
                for word in paths(match[1] or match[2] or match[3], dotted=True):
                    yield word, number


def _script(text: str) -> MentionFacts:
    imports: dict[str, int] = {}
    words: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE or not ('"' in line or "'" in line or "`" in line):
            continue
        if "from" in line or "import" in line or "require(" in line:
            for match in islice(_IMPORT.finditer(line), 20):
                imports.setdefault(match[1] or match[2], number)
        if "/" in line or "." in line:
            for match in islice(_STRING.finditer(line), 20):
                for word in paths(match[1] or match[2] or match[3]):
                    if word not in imports:
                        words.setdefault(word, number)
        if len(imports) + len(words) > MAX_WORDS:
            break
    return MentionFacts(tuple(words.items()), tuple(imports.items()))


SLICE = Slice(name="mentions", version=5, type=MentionFacts, kind=_kind, extract=extract)
