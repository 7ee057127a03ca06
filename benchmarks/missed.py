"""One line for each labelled file of which the plan does not say what its maintainers did."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from readiness import collect, registry, selection
from readiness.cache import Cache, default_folder
from readiness.config import Config
from readiness.index import RepoIndex
from readiness.model import ActionKind, Evidence, Finding, Report, Speaks
from readiness.repo import Repository
from readiness.rule import slices_of

COLUMNS = ("repository", "commit", "path", "label", "class", "said", "why")
_SHORT = 12  # digits of a commit
_KINDS = (ActionKind.ARCHIVE, ActionKind.REMOVE, ActionKind.AUDIT, ActionKind.KEEP)
_ORDER = {kind: place for place, kind in enumerate(_KINDS)}


class Row(Protocol):
    """A labelled file; `removed`: its maintainers removed it later. `kind` is the class."""

    @property
    def repository(self) -> str: ...
    @property
    def commit(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def removed(self) -> bool: ...
    @property
    def kind(self) -> str: ...


Line = tuple[str, ...]  # as COLUMNS


def account(clone: Path, report: Report, rows: Iterable[Row]) -> Iterator[Line]:
    """What the audit `report` of one commit says of each of `rows`, and why."""
    index: RepoIndex | None = None
    for row in rows:
        said, why = _said(report, row.path)
        if not said:
            index = index or _index(clone, row.commit)
            said, why = "nothing", _why_not(index, row.path)
        label = "removed later" if row.removed else "lived on"
        yield row.repository, row.commit[:_SHORT], row.path, label, row.kind, said, why


def write(lines: Iterable[Line], file: Path) -> None:
    with file.open("w", newline="") as target:
        writer = csv.writer(target, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            [cell.replace("\t", " ").replace("\n", " ") for cell in line] for line in sorted(lines)
        )


def _said(report: Report, path: str) -> tuple[str, str]:
    """What the plan does with a path, and why; empty where it says nothing of it."""
    assert report.plan is not None
    findings = {finding.fingerprint: finding for finding in report.findings}
    own_actions = [action for action in report.plan.actions if path in action.paths]
    for action in sorted(own_actions, key=lambda each: _ORDER.get(each.kind, len(_ORDER))):
        own = [findings[each] for each in action.because if path in findings[each].subjects]
        told = "; ".join([*map(_told, own[:1]), *action.blockers[:1]]) or action.title
        return str(action.kind), told
    return "", ""


def _told(finding: Finding) -> str:
    """A finding's sentence, and the first that speaks against it."""
    against = [each for each in finding.evidence if each.speaks is Speaks.AGAINST]
    said = f"{finding.rule}: {finding.message}"
    return "; ".join([said, *(f"but {_placed(each)}" for each in against[:1])])


def _placed(evidence: Evidence) -> str:
    place = evidence.location
    line = f":{place.line}" if place.line else ""
    return f"{evidence.summary} ({place.path}{line})" if place.path else evidence.summary


def _why_not(index: RepoIndex, path: str) -> str:
    """Why no rule speaks of a file: what it is used for, as far as it is known."""
    uses = index.reachability.uses(path)
    told = [f"{standing}: {_placed(evidence)}" for standing, evidence in list(uses.items())[:2]]
    known = index.history.files.get(path)
    if known is not None:
        days = (index.snapshot.committed_at - known.last) // 86_400
        told.append(f"{known.edits} edits, the last {days} days before")
    return "; ".join(told)


def _index(clone: Path, commit: str) -> RepoIndex:
    rules = selection.choose(registry.rules(), (), ("secrets",))
    with Repository.open(str(clone)) as repository:
        snapshot = repository.snapshot(rev=commit, staged=False, untracked=False)
        files = snapshot.files
        slices = slices_of(rules, {file.path for file in files})
        with Cache.open(default_folder(), ()) as cache:
            version = collect.version(cache)
            collected = collect.collect(repository, files, cache, version, slices=slices)
        history = repository.history(commit)
    return RepoIndex(snapshot, collected.facts, Config(), lambda: history)
