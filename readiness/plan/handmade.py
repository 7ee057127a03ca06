"""Reads a plan that people wrote in Markdown: lists of paths under words like KEEP or REMOVE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from readiness.model import ActionKind, Claim, Dimension, Stated

LARGEST = 2_000_000  # characters
_LONGEST = 2_000  # of a line that is looked at

_WORDS = {
    "keep": ActionKind.KEEP,
    "retain": ActionKind.KEEP,
    "archive": ActionKind.ARCHIVE,
    "remove": ActionKind.REMOVE,
    "delete": ActionKind.REMOVE,
    "drop": ActionKind.REMOVE,
    "modify": ActionKind.MODIFY,
    "change": ActionKind.MODIFY,
    "update": ActionKind.MODIFY,
    "fix": ActionKind.MODIFY,
    "refactor": ActionKind.MODIFY,
    "create": ActionKind.CREATE,
    "add": ActionKind.CREATE,
    "implement": ActionKind.CREATE,
    "audit": ActionKind.AUDIT,
    "review": ActionKind.AUDIT,
}
_ANY = "|".join(_WORDS)
_WORD = re.compile(rf"\b({_ANY})\b", re.IGNORECASE)
_LABEL = re.compile(rf"^[^A-Za-z0-9_`./*|]*\**({_ANY.upper()})\b(?=[^/.\w]|$)")
_LEADING = re.compile(rf"^\W*({_ANY})\b[\s:*–—-]*", re.IGNORECASE)
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*)$")
_BOLD = re.compile(r"^\s*\*\*([^*]+)\*\*:?\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)$")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*([\w+-]*)")
_ROW = re.compile(r"^\s*\|(.+)\|\s*$")
_POINTS = r"(\d{1,2}(?:\.\d{1,2})?)\s*/\s*10"
_CHANGE = re.compile(_POINTS + r"\D{1,24}" + _POINTS)
_POINT = re.compile(_POINTS)
_ENDING = re.compile(r"[\w*?\]-]\.[A-Za-z][\w*]{0,11}$")
_NUMBERS = re.compile(r"[\d./,%+-]+")
_PATH = re.compile(r"[\w./*?\[\]{}()@+~=,!$\\-]+")
_DIMENSIONS = {dimension.label.lower(): dimension for dimension in Dimension}


class Handmade(Struct, frozen=True):
    """What the plan claims, the scores that it states, and the lines that name no path."""

    claims: tuple[Claim, ...] = ()
    stated: tuple[Stated, ...] = ()
    prose: tuple[int, ...] = ()

    @property
    def target(self) -> float | None:
        """The score that each dimension is to reach: the least that is stated."""
        targets = [each.target for each in self.stated if each.target is not None]
        return min(targets, default=None)


def parse(text: str) -> Handmade:
    """What can be read of the plan `text`; whatever it holds, nothing of it is an error."""
    reader = _Reader()
    for number, line in enumerate(text[:LARGEST].splitlines(), 1):
        reader.line(number, line[:_LONGEST])
    return Handmade(tuple(reader.claims), tuple(reader.stated), tuple(reader.prose))


class _Reader:
    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.stated: list[Stated] = []
        self.prose: list[int] = []
        self._seen: set[tuple[ActionKind, str]] = set()
        self._kind: ActionKind | None = None
        self._section = ""
        self._fence = ""
        self._language = ""
        self._ignores = False

    def line(self, number: int, line: str) -> None:
        fence = _FENCE.match(line)
        if fence and (not self._fence or line.strip().startswith(self._fence)):
            self._fence, self._language = ("", "") if self._fence else (fence[1], fence[2].lower())
            return
        if self._fence and self._fenced(number, line):
            return
        self._scores(number, line)
        heading = _HEADING.match(line) or _BOLD.match(line)
        if heading and not self._fence:
            self._head(heading[heading.lastindex or 1])
        elif label := _LABEL.match(line):
            self._kind = _WORDS[label[1].lower()]
            self._section = _plain(line)
        elif item := _ITEM.match(line):
            self._item(number, item[1])
        elif row := _ROW.match(line):
            self._row(number, row[1])

    def _head(self, text: str) -> None:
        word = _WORD.search(text)
        self._kind = _WORDS[word[1].lower()] if word else None
        self._section = _plain(text)
        self._ignores = ".gitignore" in text

    def _fenced(self, number: int, line: str) -> bool:
        """Takes a line of shell or of an ignore file; another one is read as any line."""
        words = line.split(" #", 1)[0].split()
        if not words or line.lstrip().startswith("#"):
            return bool(self._language)
        if self._language in ("gitignore", "ignore") or (self._ignores and len(words) == 1):
            self._claim(ActionKind.MODIFY, words[0], number, ignored=True)
            return True
        if self._language not in ("sh", "bash", "shell", "console", "zsh"):
            return False
        while words and words[0] in ("sudo", "git", "$"):
            words = words[1:]
        program, *rest = words or [""]
        named = [word for word in rest if not word.startswith("-")]
        if program == "rm":
            for word in named:
                self._claim(ActionKind.REMOVE, word, number)
        elif program == "mv":
            for word in named[:-1]:
                self._claim(ActionKind.ARCHIVE, word, number)
        return True

    def _item(self, number: int, text: str) -> None:
        leading = _LEADING.match(text)
        kind = _WORDS[leading[1].lower()] if leading else self._kind
        if kind is None:
            return
        self._subjects(kind, text[leading.end() :] if leading else text, number)

    def _row(self, number: int, text: str) -> None:
        cells = [_plain(cell) for cell in text.split("|")]
        kinds = [_WORDS[cell.lower()] for cell in cells if cell.lower() in _WORDS]
        if kinds:
            others = [cell for cell in text.split("|") if _plain(cell).lower() not in _WORDS]
            self._subjects(kinds[0], " ".join(others), number)

    def _subjects(self, kind: ActionKind, text: str, number: int) -> None:
        found = list(_paths(text))
        for subject in found:
            self._claim(kind, subject, number)
        if not found:
            self.prose.append(number)

    def _claim(self, kind: ActionKind, subject: str, number: int, *, ignored: bool = False) -> None:
        subject = subject.strip("\"'`").removeprefix("./")
        outside = subject.startswith(("/", "~", "$")) or ".." in subject.split("/")
        if not subject or outside or "$(" in subject or (kind, subject) in self._seen:
            return
        self._seen.add((kind, subject))
        self.claims.append(Claim(kind, subject, number, self._section, ignored))

    def _scores(self, number: int, line: str) -> None:
        if "/10" not in line.replace(" ", ""):
            return
        lower = line.lower()
        dimension = next((d for label, d in _DIMENSIONS.items() if label in lower), None)
        change = _CHANGE.search(line)
        if change:
            self.stated.append(Stated(dimension, float(change[1]), float(change[2]), number))
        elif dimension is None and (point := _POINT.search(line)):
            if "current" in lower or "now" in lower:
                self.stated.append(Stated(None, float(point[1]), None, number))
            elif "target" in lower:
                self.stated.append(Stated(None, None, float(point[1]), number))


def _paths(text: str) -> Iterator[str]:
    """The paths and globs of an entry, up to the remark in parentheses behind them."""
    for word in text.replace("`", " ").replace("**", " ").split():
        if word.startswith(("(", "→", "->", "#", "--")):
            return
        token = word.strip(",;:\"'").removesuffix(").")
        if token.endswith(")") and "(" not in token:
            token = token[:-1]
        if _is_path(token.rstrip(".")):
            yield token.rstrip(".")


def _is_path(token: str) -> bool:
    if not _PATH.fullmatch(token) or _NUMBERS.fullmatch(token) or not re.search(r"\w", token):
        return False
    if token.endswith("/") or "*" in token or _ENDING.search(token):
        return True
    if token.startswith(".") and len(token) > 2:
        return True
    parts = token.split("/")
    return len(parts) > 1 and all(part.islower() or "_" in part for part in parts)


def _plain(text: str) -> str:
    return re.sub(r"[*`#_]+", "", text).strip(" :|")
