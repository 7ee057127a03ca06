"""Build contexts: what a COPY or ADD finds in the folder that an image is built from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from readiness.facts import ignorefile

if TYPE_CHECKING:
    from readiness.index import RepoIndex


_MOST = 2_000  # lines of a .dockerignore


class Exclusion(Struct, frozen=True):
    """A line of a .dockerignore."""

    file: str
    line: int
    pattern: str


class Found(Struct, frozen=True):
    """What a source names: `paths` in the repository, `excluded` the line that leaves out all that
    there is. `known` is false where it cannot be told: a variable, a URL."""

    paths: tuple[str, ...] = ()
    excluded: Exclusion | None = None
    known: bool = True


class BuildContext:
    """The files of `folder` ("" for the root) that a build of `dockerfile` is given."""

    def __init__(self, index: RepoIndex, dockerfile: str, folder: str) -> None:
        self.folder = folder
        self._index = index
        own = f"{dockerfile}.dockerignore"  # it stands beside the Dockerfile and comes first
        self.ignore_file = own if own in index.files else _join(folder, ".dockerignore")
        facts = index.facts(ignorefile.SLICE, self.ignore_file)
        self._patterns = facts.patterns[:_MOST] if facts else ()
        self._spec: Any = None

    def find(self, source: str) -> Found:
        """What the source of a COPY or ADD (a path or a glob, relative to the context) names."""
        if "$" in source or "://" in source or source.startswith("git@"):
            return Found(known=False)
        path = posixpath.normpath("/" + source).lstrip("/")
        found = sorted(self._expand(path)) if path else [self.folder]
        excluded = None
        kept = []
        for candidate in found:
            line = self._excluded(candidate)
            if line is None:
                kept.append(candidate)
            excluded = excluded or line
        return Found(tuple(kept), None if kept else excluded)

    def _expand(self, path: str) -> Iterator[str]:
        """The paths of the repository that a normalised source matches."""
        if not any(sign in path for sign in "*?["):
            joined = _join(self.folder, path)
            if self._index.exists(joined):
                yield joined
            return
        level = [self.folder]
        for part in path.split("/"):
            children = (child for folder in level for child in self._index.folders.get(folder, ()))
            level = [child for child in children if fnmatchcase(child.rpartition("/")[2], part)]
        yield from level

    def exclusion(self, path: str) -> Exclusion | None:
        """The .dockerignore line that leaves a file of the repository out of the context."""
        if not self._patterns:
            return None
        if self._spec is None:
            self._spec = _compile(tuple(pattern.text for pattern in self._patterns))
        matching = self._spec.Match(path[len(self.folder) :].lstrip("/"))
        if not matching:
            return None
        pattern = self._patterns[max(matching)]
        if pattern.text.strip().startswith("!"):
            return None
        return Exclusion(self.ignore_file, pattern.line, pattern.text)

    def _excluded(self, path: str) -> Exclusion | None:
        """The line that leaves out a file, or every file of a folder."""
        if not self._patterns:
            return None
        line = None
        pending = [path]
        while pending:
            current = pending.pop()
            children = self._index.folders.get(current)
            if children is not None:
                pending.extend(reversed(children))
                continue
            line = self.exclusion(current)
            if line is None:
                return None
        return line


def _join(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


@lru_cache(maxsize=16)
def _compile(lines: tuple[str, ...]) -> Any:
    """The lines as one set: RE2 is linear where a hostile pattern would stall `re`."""
    import re2

    found = re2.Set.FullMatchSet()
    for line in lines:
        found.Add(_expression(line))
    found.Compile()
    return found


_NOTHING = r"[^\x00-\x{10FFFF}]"
_TOKEN = re.compile(r"(?s)\*\*/|\*\*|\*|\?|\[(\^?(?:\\.|[^\]\\])+)\]|\\(.)|.")
_MEMBER = re.compile(r"(?s)(\\.|[^\\])(?:-(\\.|[^\\]))?")


def _expression(line: str) -> str:
    """A line of a .dockerignore as a regular expression over paths below the context.

    Its patterns start at the root, cover what lies below a folder that they match, and cannot be
    expressed as those of a .gitignore, whose matchers refuse some that Docker takes."""
    text = line.strip()
    if text.startswith("#"):
        return _NOTHING
    path = posixpath.normpath("/" + text.removeprefix("!").strip()).lstrip("/")
    if not path:
        return ".*" if text.strip("!") else _NOTHING
    parts = []
    for match in _TOKEN.finditer(path):
        token = match[0]
        if token in _SIGNS:
            parts.append(_SIGNS[token])
        elif match[1]:
            parts.append(_class(match[1]))
        else:
            parts.append(re.escape(match[2] or token))
    return "".join(parts) + "(?:/.*)?"


_SIGNS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _class(members: str) -> str:
    """A class of characters; a range that runs backwards holds nothing."""
    negated = members.startswith("^")
    ranges = []
    for match in _MEMBER.finditer(members[negated:]):
        low, high = match[1][-1], (match[2] or match[1])[-1]
        if low <= high:
            ranges.append(f"\\x{{{ord(low):x}}}-\\x{{{ord(high):x}}}")
    if not ranges:
        return "[^/]" if negated else _NOTHING
    return f"[{'^/' if negated else ''}{''.join(ranges)}]"
