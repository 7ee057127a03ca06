"""Which of two files, one named as a copy of the other, can go, and how sure that is."""

from __future__ import annotations

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.index.reachability import Standing
from readiness.index.twins import Choice, choose, overlap
from readiness.model import ActionKind, Confidence, Evidence, Severity
from readiness.rule import against, for_

from ._copies import users
from ._markers import Marked

_MIGRATIONS = {"migrations", "versions", "alembic"}
_SERIES = {"api", "apis", "routers", "routes", "endpoints", "protocols"}
_SERIES_WORDS = ("api", "router", "route", "schema", "endpoint", "protocol")
_BY_CONVENTION = {
    *("page", "layout", "route", "index", "__init__", "conftest", "docker-compose", "compose"),
    *("dockerfile", "makefile", "manage", "setup", "pyproject", "package", "tsconfig"),
}
_ALIKE, _CONTAINED = 0.6, 0.8


class Verdict(Struct, frozen=True):
    """`path` is the file that can go, `why` a sentence that says so. `settled`: evidence tells
    that the other one is current, or both are the same."""

    path: str
    why: str
    severity: Severity
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    action: ActionKind
    settled: bool = False


class _Pair(Struct, frozen=True):
    copy: str
    bare: str
    name: Marked
    alike: bool
    words: str  # how many words they share, to read
    users_of_copy: tuple[Evidence, ...]
    users_of_bare: tuple[Evidence, ...]
    same: bool


def in_series(path: str, name: Marked) -> bool:
    """Is it a migration, or is the number in the name that of an API's version?"""
    *folders, file_name = path.lower().split("/")
    if not _MIGRATIONS.isdisjoint(folders):
        return True
    told = not _SERIES.isdisjoint(folders) or any(word in file_name for word in _SERIES_WORDS)
    return name.version and told


def judge(index: RepoIndex, path: str, bare: str, name: Marked) -> Verdict | None:
    """The verdict on `path`, named as a copy, and the file `bare` beside it; null where both have
    their place. The name alone never decides."""
    pair = _pair(index, path, bare, name)
    if pair.users_of_copy and pair.users_of_bare:
        if not (name.strong and pair.alike):
            return None
        why = f"{path} is a copy of {bare}, and live code uses both"
        return _verdict(pair, path, why, Severity.MEDIUM)
    choice = _current(index, pair)
    plain = pair.alike or name.unusable
    if choice.current == bare:
        by_use = choice.by in ("reached", "imported", "loaded")
        if not (plain or name.strong or (by_use and not name.version)):
            return None
        kind = "is a copy of" if pair.alike else "was left beside"
        why = f"{path} {kind} {bare}, which is the current one"
        standing = index.reachability.standing(path)
        named = standing is Standing.DOCUMENTED and not name.unusable
        left = name.strong and by_use and standing is Standing.NOTHING
        sure = (plain or left) and choice.by != "edited" and not named
        severity = Severity.HIGH if plain else Severity.MEDIUM
        return _verdict(pair, path, why, severity, choice, sure)
    if not pair.alike and (choice.current or not name.strong):
        return None
    if choice.current == path:
        why = f"{bare} was replaced by {path}, and is still there"
        return _verdict(pair, bare, why, Severity.HIGH, choice)
    why = f"{path} and {bare} are two versions of one file, and nothing tells which is current"
    return _verdict(pair, path, why, Severity.MEDIUM)


def _verdict(
    pair: _Pair,
    path: str,
    why: str,
    severity: Severity,
    choice: Choice | None = None,
    sure: bool = False,
) -> Verdict:
    told = for_ if pair.alike else against
    used = pair.users_of_copy if path == pair.copy else pair.users_of_bare
    evidence = (
        for_(f'its name is that of {pair.bare} with "{pair.name.marker}"', pair.copy),
        told(pair.words, pair.bare),
        *(choice.evidence if choice else ()),
        *used,
    )
    confidence = Confidence.HIGH if sure else Confidence.MEDIUM
    action = ActionKind.ARCHIVE if sure and not used else ActionKind.AUDIT
    return Verdict(path, why, severity, confidence, evidence, action, bool(choice) or pair.same)


def _pair(index: RepoIndex, path: str, bare: str, name: Marked) -> _Pair:
    similarity, of_copy, of_bare = overlap(index, path, bare)
    alike = similarity >= _ALIKE or max(of_copy, of_bare) >= _CONTAINED
    words = f"{similarity:.0%} of their words are the same"
    if similarity < _ALIKE and alike:
        inner, outer = (path, bare) if of_copy >= of_bare else (bare, path)
        words = f"{max(of_copy, of_bare):.0%} of the words of {inner} are in {outer}"
    used = [tuple(users(index, [one], most=4)) for one in (path, bare)]
    same = index.files[path].blob_id == index.files[bare].blob_id
    return _Pair(path, bare, name, alike, words, used[0], used[1], same)


def _current(index: RepoIndex, pair: _Pair) -> Choice:
    if pair.name.unusable:
        told = for_(f'nothing loads a file by a name with "{pair.name.marker}"', pair.copy)
        return Choice(pair.bare, (told,), "loaded")
    stem = pair.bare.rpartition("/")[2].partition(".")[0].lower()
    if stem in _BY_CONVENTION and not pair.users_of_copy:
        told = for_("tools load this name by convention", pair.bare)
        return Choice(pair.bare, (told,), "loaded")
    return choose(index, pair.copy, pair.bare)
