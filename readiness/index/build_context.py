"""Build contexts: what a COPY or ADD finds in the folder that an image is built from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from readiness.facts import ignorefile

if TYPE_CHECKING:
    from readiness.index import RepoIndex


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
        self._patterns = facts.patterns if facts else ()
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
            self._spec = _compile([_from_root(pattern.text) for pattern in self._patterns])
        result = self._spec.check_file(path[len(self.folder) :].lstrip("/"))
        if not result.include:
            return None
        pattern = self._patterns[result.index]
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


def _compile(lines: list[str]) -> Any:
    """The matcher of the lines; one that is no pattern matches nothing."""
    from pathspec import PathSpec
    from pathspec.patterns.gitignore.base import GitIgnorePatternError

    try:
        return PathSpec.from_lines("gitignore", lines, backend="re2")
    except GitIgnorePatternError:
        return PathSpec.from_lines("gitignore", list(map(_valid, lines)), backend="re2")


def _valid(line: str) -> str:
    from pathspec import PathSpec
    from pathspec.patterns.gitignore.base import GitIgnorePatternError

    try:
        PathSpec.from_lines("gitignore", [line], backend="simple")
    except GitIgnorePatternError:
        return ""
    return line


def _join(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _from_root(pattern: str) -> str:
    """A .dockerignore line in the terms of a .gitignore: there each line starts at the root."""
    text = pattern.strip()
    if text.startswith("#") or not text.strip("!"):
        return ""
    negation = "!" if text.startswith("!") else ""
    path = posixpath.normpath("/" + text.removeprefix("!").strip()).lstrip("/")
    return f"{negation}/{path}" if path else ("!/**" if negation else "/**")
