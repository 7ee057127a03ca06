"""KEEP: what must not be touched in a cleanup although it may look as if it could, and why."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from readiness.index.inventory import ASIDE, FileClass
from readiness.model import Action, ActionKind, Evidence
from readiness.plan.tasks import folder_of

if TYPE_CHECKING:
    from readiness.index import RepoIndex

_ENTRYPOINTS = 12
_SCRIPTS = 8
_LOADERS = 12


def spared(index: RepoIndex) -> frozenset[str]:
    """What starts the software, and the scripts to start it with where there are several: no
    question whether they are used is worth asking."""
    return frozenset(
        path for action in (*_entrypoints(index), *_scripts(index)) for path in action.paths
    )


def keeps(index: RepoIndex, decided: Set[str]) -> Iterator[Action]:
    """What starts the software, the scripts to start it with, and what is loaded by name; without
    the paths that are `decided` otherwise."""
    named = set(decided)
    for action in (*_entrypoints(index), *_scripts(index), *_loaded(index)):
        paths = tuple(path for path in action.paths if path not in named)
        if paths:
            named.update(paths)
            yield action if paths == action.paths else _with(action, paths)


def _with(action: Action, paths: tuple[str, ...]) -> Action:
    from msgspec.structs import replace

    return replace(action, paths=paths)


def _entrypoints(index: RepoIndex) -> Iterator[Action]:
    kept = [each for each in index.entrypoints.all if each.primary or each.alias_of or each.mode_of]
    for each in kept[:_ENTRYPOINTS]:
        if each.mode_of:
            title = f"a part or mode of {each.mode_of}, which imports it: no rival"
        elif each.alias_of:
            title = f"starts the same application as {each.alias_of}"
        else:
            of = f" of {each.service}" if each.service not in ("", ".") else ""
            title = f"the primary {each.role}{of}"
        yield _keep((each.path,), title, each.evidence)


def _scripts(index: RepoIndex) -> Iterator[Action]:
    groups = [group for group in index.start_groups if group.rivals or group.modes]
    for group in groups[:_SCRIPTS]:
        yield _keep((group.canonical.path,), f"the script to start {group.what}", group.evidence)
        for mode in group.modes:
            title = f"starts {group.what} in another environment, or is used"
            used = tuple(Evidence(f"{each.source} {each.use.value} it") for each in mode.users[:3])
            yield _keep((mode.path,), title, used)


def _loaded(index: RepoIndex) -> Iterator[Action]:
    """Files that only a loader reaches: nothing imports them, and they are in use all the same.
    What a framework knows by its place, such as migrations, is told by what it is."""
    by_loader: dict[Evidence, list[str]] = {}
    by_place: dict[str, list[str]] = {}
    for path, evidence in index.reachability.held.items():
        aside = index.inventory.is_(path, *ASIDE, FileClass.TEST)
        marker = path.endswith("__init__.py")
        if aside or marker or path in index.reachability.published:
            continue
        if evidence.location.path == path and evidence.summary.startswith(f"{path} is a "):
            by_place.setdefault(evidence.summary.removeprefix(f"{path} is "), []).append(path)
        else:
            by_loader.setdefault(evidence, []).append(path)
    held = index.reachability.held
    traps: list[tuple[str, list[str], tuple[Evidence, ...]]] = [
        (evidence.summary, paths, (evidence,))
        for evidence, paths in by_loader.items()
        if held.get(evidence.location.path or "") != evidence
    ]
    traps += [(what, paths, ()) for what, paths in by_place.items()]
    traps.sort(key=lambda trap: (-len(trap[1]), trap[1]))
    for said, paths, told in traps[:_LOADERS]:
        folder = folder_of(paths)
        many = f": {len(paths)} files" + (f" in {folder}" if folder else "")
        yield _keep(tuple(sorted(paths)), said + (many if len(paths) > 1 else ""), told)


def _keep(paths: tuple[str, ...], title: str, evidence: tuple[Evidence, ...]) -> Action:
    return Action(ActionKind.KEEP, paths, title, (), evidence)
