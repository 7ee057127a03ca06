"""A plan taken apart into its smallest steps, put together from some of them, and what a person
would write who keeps one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from readiness.index.inventory import named_as_test
from readiness.model import (
    Action,
    ActionKind,
    Evidence,
    Location,
    Phase,
    Plan,
    Priority,
    Speaks,
    Where,
)
from readiness.plan.identity import identify

_GOES = (ActionKind.ARCHIVE, ActionKind.REMOVE)
_WRITES = (ActionKind.MODIFY, ActionKind.CREATE)


class Unit(Struct, frozen=True):
    """One path that the action number `action` of a plan removes, or changes by edits."""

    action: int
    path: str


class Kept(Struct, frozen=True):
    """A path that stays because `tests` fail without it."""

    path: str
    tests: tuple[str, ...]


def units(plan: Plan) -> list[Unit]:
    """The steps of a plan in an order in which a part of them makes sense: what is changed first,
    which what goes may wait for, and tests before the code that they test."""
    found: list[Unit] = []
    for number, action in enumerate(plan.actions):
        goes = action.kind in _GOES
        if action.where is Where.OUTSIDE or (goes and action.blockers):
            continue
        if goes or action.kind in _WRITES:
            paths = action.paths if goes else tuple(edit.path for edit in action.edits)
            found += [Unit(number, path) for path in dict.fromkeys(paths)]
    kinds = [action.kind for action in plan.actions]
    return sorted(
        found,
        key=lambda unit: (
            kinds[unit.action] in _GOES,
            not named_as_test(unit.path.rpartition("/")[2]),
        ),
    )


def only(plan: Plan, some: Iterable[Unit]) -> Plan:
    """The plan with no more than these steps; no other of its actions is in it."""
    wanted: dict[int, set[str]] = {}
    for unit in some:
        wanted.setdefault(unit.action, set()).add(unit.path)
    actions = (_narrowed(plan.actions[number], paths) for number, paths in sorted(wanted.items()))
    return replace(plan, actions=tuple(actions))


def keeping(plan: Plan, kept: Sequence[tuple[Unit, Kept]]) -> Plan:
    """The plan in which these paths are KEEP, each with the tests that need it as evidence."""
    going: dict[int, set[str]] = {}
    for unit, _ in kept:
        going.setdefault(unit.action, set()).add(unit.path)
    known = sum(action.kind is ActionKind.KEEP for action in plan.actions)
    actions = [
        _keep(plan.actions[unit.action], each, f"K{known + order}")
        for order, (unit, each) in enumerate(kept, start=1)
    ]
    for number, action in enumerate(plan.actions):
        if number not in going:
            actions.append(action)
            continue
        left = _narrowed(action, set(action.paths) - going[number])
        if left.paths:
            actions.append(left)
    return replace(plan, id=identify(plan.base_commit, actions), actions=tuple(actions))


def _narrowed(action: Action, paths: Collection[str]) -> Action:
    places = [number for number, path in enumerate(action.paths) if path in paths]
    return replace(
        action,
        paths=tuple(action.paths[number] for number in places),
        blobs=tuple(action.blobs[number] for number in places if number < len(action.blobs)),
        edits=tuple(edit for edit in action.edits if edit.path in paths),
    )


def _keep(action: Action, kept: Kept, name: str) -> Action:
    evidence = tuple(
        Evidence(f"{test} fails without it", Location(test.partition("::")[0]), Speaks.AGAINST)
        if "::" in test
        else Evidence(f"{test} fails without it", speaks=Speaks.AGAINST)
        for test in kept.tests[:_SHOWN]
    )
    others = f" and {len(kept.tests) - 1} more tests" if len(kept.tests) > 1 else ""
    changed = action.kind in _WRITES
    return Action(
        kind=ActionKind.KEEP,
        id=name,
        paths=(kept.path,),
        title=f"{kept.path} stays as it is: a test fails otherwise"
        if changed
        else f"{kept.path} is needed: a test fails without it",
        because=action.because,
        evidence=evidence,
        phase=Phase(action.phase),
        priority=Priority(action.priority),
        reason=f"{kept.tests[0]}{others} {'fail' if others else 'fails'} "
        + ("if it is changed" if changed else "without it"),
        rules=action.rules,
    )


_SHOWN = 5  # tests that are evidence
