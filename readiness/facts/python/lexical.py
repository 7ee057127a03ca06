"""What is read off the bytes before and beside the tree: where to look, and literals."""

from __future__ import annotations

import re
from collections.abc import Iterable

# In these files every call counts: what is started, checked and served, in which order.
_STARTERS = (
    b"uvicorn", b"hypercorn", b"FastAPI(", b"Flask(", b"Starlette(", b"Celery(", b"lifespan",
    b"on_event(", b"on_startup", b"sgi_application(", b"run_app(", b"serve_forever", b"waitress",
)  # fmt: skip
# The lines of these are scanned in any file; of those after a name, only where the name stands.
_TOKENS = (
    b"environ", b"env(", b"import_", b"importorskip", b"sys.path", b"patch(", b"entry_points",
    b"oute(", b"exec(", b"urlpatterns",
)  # fmt: skip
_TOKENS_AFTER = {
    b"importlib": (b"spec_from_file", b"SourceFileLoader", b"glob(", b"iterdir("),
    b"spec_from_file": (b'/ "', b"/ '", b"path.join("),
    b"__import__": (b"glob(", b"iterdir(", b"listdir("),
    b"pkgutil": (b"pkgutil", b"iter_modules", b"walk_packages"),
    b"runpy": (b"runpy", b"run_path", b"run_module"),
    b"monkeypatch": (b"setattr(",),
    b"decouple": (b"config(",),
    b"import site": (b"addsitedir",),
}
_LITERAL = re.compile(rb"[\"']([\w~$-]{0,80}[./][\w.*/~$@+:-]{1,160})[\"']", re.ASCII)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::[A-Za-z_]\w*)?")
_EXTENSION = re.compile(
    r"\.(?:py|pyi|sh|bash|js|mjs|cjs|jsx|ts|tsx|json|ya?ml|toml|cfg|ini|env|conf|md|rst|txt|sql|csv"
    r"|html?|jinja2?|j2|css|scss|xml|ipynb|lock|service|tf|proto|graphql|go|rs|java|rb|php|vue|log"
    r"|db|sqlite3?|parquet|pem|crt|key|dockerfile)$",
    re.IGNORECASE,
)
_MOST = 400
NEVER = 1 << 60


def starts_something(data: bytes) -> bool:
    """Does the file speak of an application object, a server, or a start-up hook?"""
    return any(token in data for token in _STARTERS)


def lines_of_interest(data: bytes) -> list[int]:
    """The lines, ascending, whose expressions may say something of interest."""
    tokens = list(_TOKENS)
    for name, further in _TOKENS_AFTER.items():
        if name in data:
            tokens += further
    offsets: list[int] = []
    for token in tokens:
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
    return lines


def literals(data: bytes, texts: list[tuple[int, int]]) -> Iterable[tuple[str, int]]:
    """(literal, line) of the strings that look like a path or a dotted name, each once.

    `texts` are the first and last lines, ascending, of strings that are statements; those and
    comments hold none.
    """
    seen: set[bytes] = set()
    line, before = 1, 0
    position = 0
    for match in _LITERAL.finditer(data):
        found = match[1]
        if found in seen:
            continue
        value = found.decode("ascii")
        if not _names_something(value):
            continue
        offset = match.start()
        line += data.count(b"\n", before, offset)
        before = offset
        while position < len(texts) and texts[position][1] < line:
            position += 1
        if position < len(texts) and texts[position][0] <= line:
            continue
        if data[data.rfind(b"\n", 0, offset) + 1 : offset].lstrip()[:1] == b"#":
            continue
        seen.add(found)
        yield value, line
        if len(seen) >= _MOST:
            return


def _names_something(value: str) -> bool:
    if "/" in value:
        return "//" not in value and any(character.isalpha() for character in value)
    return _EXTENSION.search(value) is not None or _DOTTED.fullmatch(value) is not None
