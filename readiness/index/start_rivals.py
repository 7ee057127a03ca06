"""Start rivals: scripts that start the same software in the same way, and which one to keep."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import shell
from readiness.index.script_names import words_of
from readiness.index.start_scripts import StartScript, Way
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class StartGroup(Struct, frozen=True):
    """Scripts that start one thing. `canonical` is the one to keep, `evidence` why; `rivals` do
    the same and nothing runs them; `modes` are the others: one for each environment, or used."""

    canonical: StartScript
    evidence: tuple[Evidence, ...]
    rivals: tuple[StartScript, ...] = ()
    modes: tuple[StartScript, ...] = ()

    @property
    def what(self) -> str:
        """What they start, for a sentence."""
        if self.canonical.way is Way.INFRASTRUCTURE:
            return f"the infrastructure of {self.canonical.project or 'this repository'}"
        stack = self.canonical.stack or self.canonical.project
        return f"{stack.replace(' ', ' and ')}" if stack not in ("", ".") else "the software"

    def started_by(self, rival: StartScript) -> str:
        """What they start, and how, for a sentence on a rival."""
        return self.what if rival.way is Way.INFRASTRUCTURE else f"{self.what} {rival.way}"

    def cause(self, rival: StartScript) -> str:
        """The root cause (`Finding.cause`) of what is wrong with a rival."""
        return f"{1 + len(self.rivals)} scripts are there to start {self.started_by(rival)}"


_MARKS = frozenset(
    "working proper enhanced simplified simple new old final fixed fix modern legacy hybrid "
    "minimal essential complete full quick better improved updated original copy temp tmp alt "
    "alternative clean unified foundational holistic essentials robust safe v1 v2 v3 v4 2 3".split()
)
_COMMON = 2  # services that infrastructure scripts must share to be rivals


def build(index: RepoIndex) -> tuple[StartGroup, ...]:
    """Every group of the start scripts, also of one, sorted by the canonical one's path."""
    scripts = [each for each in index.start_scripts if each.way is not Way.IMAGE]
    found = [_judged(index, members) for members in _grouped(scripts)]
    return tuple(sorted(found, key=lambda group: group.canonical.path))


def is_marked(path: str) -> bool:
    """Does the name say that it is one more attempt (working-startup.sh, start-new.sh)?"""
    return bool(_MARKS & set(words_of(path)))


# -- which belong together


def _grouped(scripts: list[StartScript]) -> list[list[StartScript]]:
    known: dict[tuple[object, ...], list[StartScript]] = {}
    for each in scripts:
        if each.stack and each.way is not Way.INFRASTRUCTURE:
            known.setdefault((each.way, each.role, each.stack), []).append(each)
    found = list(known.values())
    for each in scripts:
        if not each.stack and each.way is not Way.INFRASTRUCTURE:
            homes = [group for group in found if _may_start(group[0], each)]
            if homes:
                max(homes, key=len).append(each)
            else:
                found.append([each])
    infrastructure: list[list[StartScript]] = []
    for each in sorted(scripts, key=lambda script: -len(script.services)):
        if each.way is Way.INFRASTRUCTURE:
            for group in infrastructure:
                if group[0].project == each.project and _overlap(group[0], each):
                    group.append(each)
                    break
            else:
                infrastructure.append([each])
    return found + infrastructure


def _may_start(one: StartScript, other: StartScript) -> bool:
    """Is what `other` starts, and is not there, of the project that `one` starts?"""
    if one.way is not other.way or one.role is not other.role:
        return False
    return one.project == other.project or (other.project or ".") in one.stack.split()


def _overlap(one: StartScript, other: StartScript) -> bool:
    common = one.services & other.services
    return len(common) >= _COMMON and 2 * len(common) > len(other.services)


# -- which one to keep


def _judged(index: RepoIndex, members: list[StartScript]) -> StartGroup:
    ranked = sorted(members, key=lambda each: (-_score(index, each), each.path))
    canonical = ranked[0]
    rivals, modes = [], []
    taken = {canonical.environment}
    for each in ranked[1:]:
        if each.users or each.environment not in taken:
            modes.append(each)
        else:
            rivals.append(each)
        taken.add(each.environment)
    families = [_family(each) for each in rivals]
    for each in tuple(modes):
        if not each.users and families.count(_family(each)) > 1:
            modes.remove(each)
            rivals.append(each)
    return StartGroup(
        canonical=canonical,
        evidence=tuple(_reasons(index, canonical)),
        rivals=tuple(sorted(rivals, key=lambda each: each.path)),
        modes=tuple(modes),
    )


def _family(script: StartScript) -> tuple[str, str]:
    """What the variants of one name share: the folder and the last word."""
    return posixpath.dirname(script.path), words_of(script.path)[-1]


def _score(index: RepoIndex, script: StartScript) -> float:
    users = {_weight(index, each.source) for each in script.users}
    readme = any(_is_readme(each.source) for each in script.documents)
    return (
        sum(sorted(users, reverse=True)[:2])
        + 2 * readme
        + min(2.0, 0.25 * len(script.documents))
        + 3 * (not script.missing)
        - 2 * is_marked(script.path)
        - bool(script.environment)
        - 0.1 * script.path.count("/")
    )


def _weight(index: RepoIndex, source: str) -> int:
    if source.startswith(".github/") or index.facts(shell.SLICE, source) is not None:
        return 3
    return 4


def _is_readme(path: str) -> bool:
    return posixpath.basename(path).lower().startswith("readme")


def _reasons(index: RepoIndex, script: StartScript) -> Iterator[Evidence]:
    for user in script.users[:2]:
        yield Evidence(f"{user.source} runs {script.path}", Location(user.source, user.line))
    named = sorted(script.documents, key=lambda each: not _is_readme(each.source))
    if named:
        count = f"{len(named)} documents name" if len(named) > 1 else "a document names"
        place = Location(named[0].source, named[0].line)
        yield Evidence(f"{count} {script.path}, {named[0].source} among them", place)
    first = script.launched[0]
    if not script.missing:
        text = f"all that {script.path} starts is there: `{first.text}`"
        yield Evidence(text, Location(script.path, first.line))
    else:
        yield Evidence(f"{script.path} runs `{first.text}`", Location(script.path, first.line))
