"""Ignores: which .gitignore line hides a path, by Git's own rules.

Git asks for each folder above a path, from the top, and then for the path itself: the last line
that matches decides, where the lines of a deeper .gitignore come after those above it. An excluded
folder ends the search, so that nothing below it can be included again. Patterns are translated to
regular expressions over bytes, one RE2 set for each .gitignore: RE2 is linear where a hostile
pattern (`*a*a*a*a*b`) would stall a backtracking engine. pathspec's GitIgnoreSpec is not used here
because it does not tell folders from files and lets a line for a folder speak for what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from readiness.facts import ignorefile
from readiness.model import encode_path

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class IgnoreLine(Struct, frozen=True):
    file: str
    line: int
    pattern: str


class Ignores:
    """The .gitignore files of a snapshot, nested ones included."""

    def __init__(self, files: dict[str, tuple[IgnoreLine, ...]]) -> None:
        """`files`: folder ("" for the root) -> the lines of its .gitignore."""
        self.lines = files
        self._compiled: dict[str, _Matcher] = {}
        self._folders: dict[str, IgnoreLine | None] = {"": None}
        self._known: dict[str, IgnoreLine | None] = {}  # the same places are asked again and again

    def hides(self, path: str) -> IgnoreLine | None:
        """The line that decides that `path` is ignored; null where none does.

        `path` may be tracked or not, and need not exist; a trailing "/" says that it is a folder.
        """
        if not self.lines:
            return None
        if path.endswith("/"):
            return self._folder(path.rstrip("/"))
        if path not in self._known:
            above = self._folder(path.rpartition("/")[0])
            self._known[path] = above or self._decides(path, folder=False)
        return self._known[path]

    def excepts(self, path: str) -> IgnoreLine | None:
        """The line, as `!keep.log`, by which `path` is tracked on purpose; null without one."""
        line = self._last(path, folder=False)
        return line if line is not None and line.pattern.startswith("!") else None

    def _folder(self, path: str) -> IgnoreLine | None:
        pending = []
        while path not in self._folders:
            pending.append(path)
            path = path.rpartition("/")[0]
        hidden = self._folders[path]
        for folder in reversed(pending):
            hidden = self._folders[folder] = hidden or self._decides(folder, folder=True)
        return hidden

    def _decides(self, path: str, *, folder: bool) -> IgnoreLine | None:
        """The line that excludes `path` itself, whatever is said of the folders above it."""
        line = self._last(path, folder=folder)
        return None if line is None or line.pattern.startswith("!") else line

    def _last(self, path: str, *, folder: bool) -> IgnoreLine | None:
        home = path
        while home:
            home = home.rpartition("/")[0]
            if home in self.lines:
                if home not in self._compiled:
                    self._compiled[home] = _Matcher(self.lines[home])
                line = self._compiled[home].last(path[len(home) :].lstrip("/"), folder=folder)
                if line is not None:
                    return line
        return None


def build(index: RepoIndex) -> Ignores:
    return Ignores(
        {
            path.rpartition("/")[0]: tuple(
                IgnoreLine(path, pattern.line, pattern.text) for pattern in facts.patterns
            )
            for path, facts in index.each(ignorefile.SLICE)
            if path.endswith(".gitignore")
        }
    )


def cause(line: IgnoreLine) -> str:
    """The root cause (`Finding.cause`) of all that this line breaks."""
    return f"{line.file}:{line.line} `{line.pattern}` hides files that the build needs"


class _Matcher:
    """The lines of one .gitignore as a set of regular expressions."""

    def __init__(self, lines: Iterable[IgnoreLine]) -> None:
        import re2

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        options.max_mem = 256 << 20
        expressions = [(line, translate(line.pattern)) for line in lines]
        usable = [(line, expression) for line, expression in expressions if expression]
        self._lines = [line for line, _ in usable]
        self._set: Any = re2.Set.FullMatchSet(options)
        for _, expression in usable:
            self._set.Add(expression)
        if usable:
            self._set.Compile()

    def last(self, path: str, *, folder: bool) -> IgnoreLine | None:
        """The last line that matches `path`, relative to the folder of this .gitignore."""
        if not self._lines:
            return None
        matching = self._set.Match(encode_path(path) + (b"\0" if folder else b""))
        return self._lines[max(matching)] if matching else None


_ANYTHING = rb"[^\x00]*"
_NAME = rb"[^\x00/]"  # one byte of a name
_SPECIAL = re.compile(rb"[*?\[\\]")


def translate(pattern: str) -> bytes | None:
    """The regular expression of one line, negated or not; null where it can match nothing.

    It is matched in full against the bytes of a path relative to the .gitignore's folder, that of
    a folder ending in a NUL byte, which no path holds.
    """
    glob = _trim(pattern).encode().removeprefix(b"!")
    end = b"\\x00?"
    if glob.endswith(b"/"):
        glob, end = glob[:-1], b"\\x00"
    if b"/" not in glob:
        body = _body(glob, anchored=False)
        return None if not body else b"(?:" + _ANYTHING + b"/)?" + body + end
    # Git compares what stands before the first special character literally and matches the rest on
    # its own, so that `**` right after a name means what it means at the beginning.
    glob = glob.removeprefix(b"/")
    special = _SPECIAL.search(glob)
    literal = glob[: special.start()] if special else glob
    body = _body(glob[len(literal) :], anchored=True)
    return None if body is None or not glob else re.escape(literal) + body + end


def _trim(pattern: str) -> str:
    """The pattern without trailing spaces, unless a backslash keeps them."""
    trimmed = pattern.rstrip(" ")
    backslashes = len(trimmed) - len(trimmed.rstrip("\\"))
    return trimmed + " " if backslashes % 2 and trimmed != pattern else trimmed


def _body(glob: bytes, *, anchored: bool) -> bytes | None:
    out = bytearray()
    position = 0
    while position < len(glob):
        character = glob[position : position + 1]
        if character == b"*":
            first = position
            while glob[position : position + 1] == b"*":
                position += 1
            bounded = first == 0 or glob[first - 1 : first] == b"/"
            rest = glob[position : position + 2]
            if not (anchored and position - first > 1 and bounded):
                out += _NAME + b"*"
            elif rest[:1] == b"/":
                out += b"(?:" + _ANYTHING + b"/)?"
                position += 1
            else:
                out += _ANYTHING if rest in (b"", b"\\/") else _NAME + b"*"
            continue
        if character == b"?":
            out += _NAME
        elif character == b"[":
            parsed = _bracket(glob, position)
            if parsed is None:
                return None
            members, position = parsed
            out += members
            continue
        else:
            if character == b"\\":
                position += 1
                character = glob[position : position + 1]
                if not character:
                    return None
            out += re.escape(character)
        position += 1
    return bytes(out)


_CLASSES = {
    b"alnum": b"a-zA-Z0-9",
    b"alpha": b"a-zA-Z",
    b"blank": b" \t",
    b"cntrl": b"\\x00-\\x1f\\x7f",
    b"digit": b"0-9",
    b"graph": b"\\x21-\\x7e",
    b"lower": b"a-z",
    b"print": b"\\x20-\\x7e",
    b"punct": b"\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
    b"space": b" \\t-\\r",
    b"upper": b"A-Z",
    b"xdigit": b"0-9a-fA-F",
}


def _bracket(glob: bytes, position: int) -> tuple[bytes, int] | None:
    """The expression of the `[...]` at `position` and where it ends; null where it is malformed."""
    position += 1
    negated = glob[position : position + 1] in (b"!", b"^")
    position += negated
    members = bytearray()
    previous: int | None = None  # the character that a following "-" makes a range of
    first = True
    while position < len(glob) and (first or glob[position] != ord("]")):
        first = False
        character = glob[position]
        closing = glob.find(b"]", position + 2)
        if character == ord("-") and previous and glob[position + 1 : position + 2] not in b"]":
            position += 1
            if glob[position] == ord("\\"):
                position += 1
            if position >= len(glob):
                return None
            if previous <= glob[position]:
                members += b"\\x%02x-\\x%02x" % (previous, glob[position])
            previous = None
        elif glob.startswith(b"[:", position) and closing < 0:
            return None
        elif (
            glob.startswith(b"[:", position)
            and glob[closing - 1 : closing] == b":"
            and (closing - 1 >= position + 2)
        ):
            name = glob[position + 2 : closing - 1]
            if name not in _CLASSES:
                return None
            members += _CLASSES[name]
            position, previous = closing, None
        else:
            if character == ord("\\"):
                position += 1
                if position >= len(glob):
                    return None
                character = glob[position]
            members += b"\\x%02x" % character
            previous = character
        position += 1
    if position >= len(glob):
        return None
    # Neither a set nor its complement matches "/".
    if negated:
        return b"[^\\x00/" + bytes(members) + b"]", position + 1
    allowed = re.compile(b"[" + bytes(members) + b"]", re.DOTALL) if members else None
    kept = b"".join(
        b"\\x%02x" % byte
        for byte in range(1, 256)
        if byte != ord("/") and allowed and allowed.match(bytes([byte]))
    )
    return (b"[" + kept + b"]", position + 1) if kept else None
