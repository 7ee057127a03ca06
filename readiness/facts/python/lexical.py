"""What is read off the bytes before and beside the tree: where to look, and literals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from string import ascii_letters, digits
from typing import Any, NamedTuple

from readiness.facts.python.calls import INTERESTING

# In these files every call counts: what is started, checked and served, in which order.
_STARTERS = (
    b"uvicorn", b"hypercorn", b"FastAPI(", b"Flask(", b"Starlette(", b"Celery(", b"lifespan",
    b"on_event(", b"on_startup", b"sgi_application(", b"run_app(", b"serve_forever", b"waitress",
)  # fmt: skip
# The lines of these are read in any file; of those after a name, only where the name stands.
_TOKENS = (
    b"environ", b"env(", b"import_", b"importorskip", b"sys.path", b"addsitedir", b"patch(",
    b"urlpatterns", b"entry_points", b"_route(", b"Route(", b"oute(", b"exec(", b"globals()",
    b"sys.modules[__name__]",
)  # fmt: skip
_TOKENS_AFTER = {
    b"importlib": (b"spec_from_file", b"SourceFileLoader", b"glob(", b"iterdir("),
    b"spec_from_file": (b'/ "', b"/ '", b"path.join("),
    b"__import__": (b"glob(", b"iterdir(", b"listdir(", b"rsplit(", b"rpartition("),
    b"import_": (b"rsplit(", b"rpartition(", b'".".join(', b"'.'.join("),
    b"pkgutil": (b"pkgutil", b"iter_modules", b"walk_packages"),
    b"runpy": (b"runpy", b"run_path", b"run_module"),
    b"monkeypatch": (b"setattr(",),
    b"decouple": (b"config(",),
    b"urlpatterns": (b"path(", b"url("),  # lists of paths that are included by name
    b"import site": (b"addsitedir",),
}
# What is to be found inside functions too: imports, globals and routes.
_INNER = (
    r"(?:^[ \t]+|[:;][ \t]*)(?:import|from|global)\b",
    r"@[\w.()]*\.(?:get|post|put|delete|patch|head|options|trace|websocket)[ \t]*\(",
)
_LITERAL = r"[\"'][\w~$-]*[./][\w.*/~$@+:-]+[\"']"
_LONGEST = 240  # characters of a literal
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::[A-Za-z_]\w*)?")
_EXTENSION = re.compile(
    r"\.(?:py|pyi|sh|bash|js|mjs|cjs|jsx|ts|tsx|json|ya?ml|toml|cfg|ini|env|conf|md|rst|txt|sql|csv"
    r"|html?|jinja2?|j2|css|scss|xml|ipynb|lock|service|tf|proto|graphql|go|rs|java|rb|php|vue|log"
    r"|db|sqlite3?|parquet|pem|crt|key|dockerfile)$",
    re.IGNORECASE,
)
_MOST = 400
_MOST_SCRIPTS, _MOST_ENDS = 50, 2000
_GOES_ON = frozenset(bytes((code,)) for code in (ascii_letters + digits + "_-/").encode())
_OF_PATHS = frozenset((ascii_letters + digits + "_-./").encode())
NEVER = 1 << 60


class Interest(NamedTuple):
    """`lines`, ascending, are those whose statements may say something of interest, `words` what
    was found there. `everything`: the file starts something, so that every line counts."""

    lines: list[int]
    words: set[bytes]
    everything: bool


def interest(data: bytes) -> Interest:
    """Where to look in a file; its lines end with a newline alone."""
    offsets: list[int] = []
    words: set[bytes] = set()
    for match in patterns()[0].finditer(data):
        start, end = match.span()
        offsets.append(start)
        words.add(data[start:end])
    for token in {token for word in words for token in _TOKENS_AFTER.get(word, ())}:
        position = data.find(token)
        while position >= 0:
            offsets.append(position)
            position = data.find(token, position + 1)
    offsets.sort()
    lines: list[int] = []
    line, before = 1, 0
    for offset in offsets:
        line += data.count(b"\n", before, offset)
        before = offset
        if not lines or lines[-1] != line:
            lines.append(line)
    joined = b"\n".join(words)
    everything = any(starter in joined for starter in _STARTERS)
    return Interest(lines, words, everything)


@cache
def patterns() -> tuple[Any, Any]:
    """What is of interest, and literals: one pass of re2 costs what two searches by `in` do."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    names = "|".join(sorted(INTERESTING))
    words = [re.escape(word.decode()) for word in (*_STARTERS, *_TOKENS, *_TOKENS_AFTER)]
    tokens = "|".join([*words, rf"\b(?:{names})[ \t]*\(", *_INNER])
    return re2.compile(f"(?m){tokens}".encode(), options), re2.compile(_LITERAL.encode(), options)


def literals(data: bytes, texts: Callable[[], list[tuple[int, int]]]) -> Iterator[tuple[str, int]]:
    """(literal, line) of the strings that look like a path or a dotted name, each once.

    `texts` gives the first and last lines, ascending, of strings that are statements; those and
    comments hold none. It is called where there are candidates.
    """
    known: list[tuple[int, int]] | None = None
    seen: set[bytes] = set()
    line, before = 1, 0
    position = 0
    for match in patterns()[1].finditer(data):
        found = match.group()[1:-1]
        if found in seen or len(found) > _LONGEST:
            continue
        value = found.decode("ascii")
        if not _names_something(value):
            continue
        offset = match.start()
        line += data.count(b"\n", before, offset)
        before = offset
        if known is None:
            known = texts()
        while position < len(known) and known[position][1] < line:
            position += 1
        if position < len(known) and known[position][0] <= line:
            continue
        if data[data.rfind(b"\n", 0, offset) + 1 : offset].lstrip()[:1] == b"#":
            continue
        seen.add(found)
        yield value, line
        if len(seen) >= _MOST:
            return


def scripts(data: bytes) -> Iterator[tuple[str, int]]:
    """(name, line) of the scripts that the text of a file names, each once; in comments on lines
    of their own they do not count."""
    seen: set[bytes] = set()
    line, before = 1, 0
    for end in sorted(_ends(data))[:_MOST_ENDS]:
        start = end - len(".py")
        while start and data[start - 1] in _OF_PATHS and end - start <= _LONGEST:
            start -= 1
        found = data[start:end]
        if found in seen or not len(".py") < len(found) <= _LONGEST:
            continue
        if data[data.rfind(b"\n", 0, start) + 1 : start].lstrip()[:1] == b"#":
            continue
        line += data.count(b"\n", before, start)
        before = start
        seen.add(found)
        yield found.decode("ascii"), line
        if len(seen) >= _MOST_SCRIPTS:
            return


def _ends(data: bytes) -> Iterator[int]:
    """Where the names of scripts end."""
    for extension in (b".py", b".sh"):
        end = data.find(extension) + len(extension)
        while end >= len(extension):
            if data[end : end + 1] not in _GOES_ON:
                yield end
            end = data.find(extension, end) + len(extension)


def _names_something(value: str) -> bool:
    if "/" in value:
        return "//" not in value and any(character.isalpha() for character in value)
    return _EXTENSION.search(value) is not None or _DOTTED.fullmatch(value) is not None
