"""Owners: who answers for a file, by CODEOWNERS, else by who changed it last.

Of the lines of CODEOWNERS the last that matches decides, in each of GitLab's sections on its own.
Patterns are those of GitHub: as in a .gitignore, but `docs/*` means the files of `docs` alone, and
`!` and `[` have no meaning. They are matched by RE2, which takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from readiness.facts import codeowners
from readiness.facts.codeowners import Owned
from readiness.model import Finding, Owner

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_GLOB = re.compile(r"\*+|\?|[^*?]+")


class Owners:
    """Who answers for the files of a snapshot."""

    def __init__(self, index: RepoIndex, lines: Iterable[Owned]) -> None:
        self._index = index
        by_section: dict[str, list[Owned]] = {}
        for line in lines:
            by_section.setdefault(line.section, []).append(line)
        self._sections = [_Section(lines) for lines in by_section.values()]
        self._known: dict[str, tuple[str, bool]] = {}

    def of(self, path: str) -> tuple[str, bool]:
        """The owner of a tracked file and whether CODEOWNERS says so; "" for nobody."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._declared(path) or (self._author([path]), False)
        return known

    def answers(self, finding: Finding) -> tuple[str, bool]:
        """Who answers for a finding: the owner of its file. Of a folder it is who owns the folder,
        else who changed one of its files last; of what is absent, who owns all other files."""
        path = finding.location.path
        if path in self._index.files:
            return self.of(path)
        declared = self._declared(path or "readme")
        return declared or (self._author(finding.subjects), False)

    def _declared(self, path: str) -> tuple[str, bool] | None:
        """What CODEOWNERS says of a path; null where no line matches it."""
        found = [owners for section in self._sections if (owners := section.of(path)) is not None]
        if not found:
            return None
        names = dict.fromkeys(name for owners in found for name in owners)
        return " ".join(names), True

    def _author(self, paths: Iterable[str]) -> str:
        """Who changed one of the files last."""
        history = self._index.history.files
        changes = [history[path] for path in paths if path in history]
        return max(changes, key=lambda known: known.last).author if changes else ""


class _Section:
    def __init__(self, lines: Sequence[Owned]) -> None:
        import re2

        options = re2.Options()
        options.log_errors = False
        options.max_mem = 256 << 20
        self._lines = lines
        self._set: Any = re2.Set.FullMatchSet(options)
        for line in lines:
            self._set.Add(translate(line.pattern))
        self._set.Compile()

    def of(self, path: str) -> tuple[str, ...] | None:
        matching = self._set.Match(path)
        return self._lines[max(matching)].owners if matching else None


def build(index: RepoIndex) -> Owners:
    for path in codeowners.PLACES:
        facts = index.facts(codeowners.SLICE, path)
        if facts is not None:
            return Owners(index, facts.lines)
    return Owners(index, ())


def tell(index: RepoIndex, findings: Iterable[Finding]) -> tuple[Owner, ...]:
    """Who answers for which of the findings, by name: this ranks nobody."""
    owners = build(index)
    found: dict[tuple[str, bool], list[str]] = {}
    for finding in findings:
        found.setdefault(owners.answers(finding), []).append(finding.fingerprint)
    return tuple(
        Owner(name, declared, tuple(prints)) for (name, declared), prints in sorted(found.items())
    )


def translate(pattern: str) -> str:
    """The regular expression that a whole path matches where the pattern names it."""
    parts = pattern.strip("/").split("/")
    if parts == [""]:
        return ".*"
    anchored = pattern.startswith("/") or len(parts) > 1
    out = "" if anchored else "(?:.*/)?"
    for part in parts[:-1]:
        out += "(?:.*/)?" if part == "**" else _part(part) + "/"
    last = parts[-1]
    if last == "**":
        return f"(?s){out}.*"
    if pattern.endswith("/"):
        return f"(?s){out}{_part(last)}/.*"
    below = "" if last == "*" and anchored else "(?:/.*)?"
    return f"(?s){out}{_part(last)}{below}"


def _part(part: str) -> str:
    """One part of a path, in which `*` and `?` stand for characters."""
    out = ""
    for piece in _GLOB.findall(part):
        if piece[0] == "*":
            out += "[^/]*"
        else:
            out += "[^/]" if piece == "?" else re.escape(piece)
    return out
