"""Reads a plan file, which anybody may have written: strictly, with the line of what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import msgspec

from readiness import toml
from readiness.config import did_you_mean, nearest
from readiness.errors import PlanError, one_line
from readiness.model import (
    Action,
    ActionKind,
    Edit,
    EditKind,
    Effort,
    Evidence,
    Phase,
    Plan,
    Priority,
    Where,
)
from readiness.plan import fields
from readiness.plan.identity import identify

LARGEST = 20_000_000  # characters
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*action[ \t]*\]\]", re.MULTILINE)
_GOING = (ActionKind.ARCHIVE, ActionKind.REMOVE)
_DECIDED = (*_GOING, ActionKind.AUDIT)  # at most one of them a path, and none where it is kept
_CHANGING = (ActionKind.MODIFY, ActionKind.CREATE)
Choice = TypeVar("Choice", bound=StrEnum)


def read(text: str, source: str = "plan") -> Plan:
    """The plan that a file holds; `source` names the file in errors.

    The plan's id follows from what it holds now, whatever the file calls it. KEEP wins: a file
    that one names, or that lies in a folder that one names ("old/"), is in no action that removes
    it or asks about it. Where a path has no entry in `blobs`, its blob is "": what it holds in the
    base commit, if it is there at all.

    Raises:
        PlanError: the first mistake in it.
    """
    return _Reader(text, source).plan()


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._source = one_line(source)
        self._blocks: list[tuple[int, int]] = []  # where each action stands in the text
        self._number: int | None = None  # the action that is being read, from 0
        self._name = ""

    def plan(self) -> Plan:
        document = self._parse()
        tables = document.pop("action", [])
        self._check_keys(document, fields.OF_PLAN)
        version = document.get("version")
        if type(version) is not int or version != fields.VERSION:
            self._fail(f"must be {fields.VERSION}; make the plan anew: readiness plan", "version")
        base = self._one(document, "base_commit", str, "the id of a commit", None)
        if base is not None and not _OBJECT.fullmatch(base):
            self._fail("must be the whole id of a commit", "base_commit")
        for key in ("plan", "repository"):
            self._one(document, key, str, "text", "")
        target = self._points(document, "target", 0)
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._fail("must be tables, each below its own line [[action]]", "action")
        actions = []
        for self._number, table in enumerate(tables):
            self._name = ""
            actions.append(self._action(table))
        actions = list(self._numbered(actions))
        self._check_once(actions)
        kept = tuple(_kept(actions))
        return Plan(base, kept, identify(base, kept), target)

    def _parse(self) -> dict[str, Any]:
        if len(self._text) > LARGEST:
            self._fail(f"is larger than {LARGEST // 1_000_000} MB", line=False)
        try:
            document = toml.loads(self._text.encode())
        except RecursionError:
            self._fail("is nested too deep", line=False)
        except UnicodeEncodeError:
            self._fail("is not UTF-8", line=False)
        except ValueError as error:
            self._fail(f"is not TOML: {one_line(error)}", line=False)
        starts = [match.start() for match in _HEADER.finditer(self._text)]
        if starts and len(starts) == len(document.get("action", ())):
            self._blocks = list(zip(starts, [*starts[1:], len(self._text)], strict=True))
        return document

    def _action(self, table: dict[str, Any]) -> Action:
        name = self._one(table, "id", str, "a name as A1", "")
        if name and not _ID.fullmatch(name):
            self._fail("must be a name as A1: letters, digits, dots and dashes", "id")
        self._name = name
        self._check_keys(table, fields.OF_ACTION)
        kind = self._choice(table, "action", ActionKind, None)
        paths = self._paths(table, kind)
        edits = tuple(self._edit(each, paths) for each in self._list(table, "edits", dict))
        because = self._list(table, "because", str)
        for print_ in because:
            if not _FINGERPRINT.fullmatch(print_):
                self._fail("must be fingerprints of findings", "because", print_)
        evidence = self._one(table, "evidence", str, "a sentence", "")
        phase = self._one(table, "phase", int, "a number from 1 to 5", Phase.CLEANUP.value)
        if phase not in {each.value for each in Phase}:
            self._fail("must be a number from 1 to 5", "phase")
        return Action(
            kind=kind,
            paths=paths,
            title=self._one(table, "title", str, "text", ""),
            because=because,
            evidence=(Evidence(evidence),) if evidence else (),
            blockers=self._list(table, "blockers", str),
            id=name,
            blobs=self._blobs(table, paths),
            edits=edits,
            where=self._choice(table, "where", Where, Where.REPOSITORY),
            phase=Phase(phase),
            priority=self._choice(table, "priority", Priority, Priority.IMPORTANT),
            effort=self._choice(table, "effort", Effort, Effort.SMALL),
            effort_why=self._one(table, "effort_why", str, "text", ""),
            gain=self._points(table, "gain", -10),
            after=self._points(table, "after", 0),
            needed=self._one(table, "needed", bool, "true or false", False),
            verify=self._one(table, "verify", str, "text", ""),
            undo=self._one(table, "undo", str, "text", ""),
            reason=self._one(table, "reason", str, "a sentence", ""),
            rules=self._list(table, "rules", str),
        )

    def _paths(self, table: dict[str, Any], kind: ActionKind) -> tuple[str, ...]:
        paths = self._list(table, "paths", str)
        seen: set[str] = set()
        for path in paths:
            folder = kind is ActionKind.KEEP and path.endswith("/") and path != "/"
            self._check_path(path[:-1] if folder else path, "paths")
            if path in seen:
                self._fail(f"{one_line(path)} stands twice; delete one", "paths", path)
            seen.add(path)
        return paths

    def _check_path(self, path: str, key: str) -> None:
        fault = fields.path_fault(path)
        if fault is not None:
            self._fail(f"{one_line(path)!r} {fault}", key, path)

    def _blobs(self, table: dict[str, Any], paths: tuple[str, ...]) -> tuple[str, ...]:
        blobs = self._one(table, "blobs", dict, "a table of paths and blob ids", {})
        known = set(paths)
        for path, blob in blobs.items():
            if path not in known:
                self._fail(f"{one_line(path)} is not among the paths", "blobs", path)
            if not (isinstance(blob, str) and _OBJECT.fullmatch(blob)):
                self._fail(f"{one_line(path)} must have the id of a blob", "blobs", path)
        return tuple(blobs.get(path, "") for path in paths) if blobs else ()

    def _edit(self, table: dict[str, Any], paths: tuple[str, ...]) -> Edit:
        self._check_keys(table, fields.OF_EDIT, "edits: ")
        kind = self._choice(table, "kind", EditKind, None, "edits")
        path = self._one(table, "path", str, "a path", "", "edits")
        if path not in paths:
            self._fail(f"{one_line(path)} is not among the paths", "edits", path)
        line = self._one(table, "line", int, "a line", None, "edits")
        if line is not None and not 1 <= line <= fields.MOST_LINES:
            self._fail("line must count from 1", "edits")
        return Edit(kind, path, self._list(table, "what", str, "edits"), line)

    def _check_keys(self, table: dict[str, Any], known: Sequence[str], prefix: str = "") -> None:
        for key in table:
            if key not in known:
                hint = did_you_mean(nearest(key, tuple(known)), tuple(known))
                self._fail(f"{prefix}{one_line(key)} is no key of a plan{hint}", "", key)

    def _one(
        self, table: dict[str, Any], key: str, type_: type, what: str, default: Any, at: str = ""
    ) -> Any:
        value = table.get(key, default)
        if key in table and type(value) is not type_:
            self._fail(f"{key + ' ' if at else ''}must be {what}", at or key)
        return value

    def _list(self, table: dict[str, Any], key: str, type_: type, at: str = "") -> tuple[Any, ...]:
        what = "tables" if type_ is dict else "text"
        values = self._one(table, key, list, f"a list of {what}", [], at)
        if not all(type(value) is type_ for value in values):
            self._fail(f"{key + ' ' if at else ''}must be a list of {what}", at or key)
        return tuple(values)

    def _choice(
        self,
        table: dict[str, Any],
        key: str,
        choices: type[Choice],
        default: Choice | None,
        at: str = "",
    ) -> Choice:
        names: tuple[str, ...] = tuple(choices)
        value = table.get(key, default)
        if value is None:
            self._fail(f"{key} is missing; choose one of {', '.join(names)}", at)
        if not isinstance(value, str) or value not in names:
            near = next((name for name in names if str(value).upper() == name.upper()), None)
            hint = did_you_mean(near or nearest(str(value), names), names)
            self._fail(f"{one_line(value, 60)} is none{hint}", at or key)
        return choices(value)

    def _points(self, table: dict[str, Any], key: str, least: float) -> float | None:
        value = table.get(key)
        if value is None:
            return None
        number = type(value) in (int, float) and math.isfinite(value) and least <= value <= 10
        if not number:
            self._fail(f"must be a number from {least:g} to 10", key)
        return float(value)

    def _numbered(self, actions: Sequence[Action]) -> Iterator[Action]:
        """The actions, those without a name under one that is free."""
        taken: set[str] = set()
        for self._number, action in enumerate(actions):
            self._name = action.id
            if action.id and action.id in taken:
                self._fail("names two actions; give one another name", "id")
            taken.add(action.id)
        free = (f"A{number}" for number in range(1, len(actions) + len(taken) + 1))
        names = (name for name in free if name not in taken)
        for action in actions:
            yield action if action.id else msgspec.structs.replace(action, id=next(names))

    def _check_once(self, actions: Sequence[Action]) -> None:
        """No path is removed or asked about twice, and none that goes is also changed."""
        decided: dict[str, Action] = {}
        for self._number, action in enumerate(actions):
            if action.kind not in _DECIDED:
                continue
            self._name = action.id
            for path in action.paths:
                if path in decided:
                    other = decided[path].id
                    told = f"{one_line(path)} is in {other} too; delete it from one of them"
                    self._fail(told, "paths", path)
                decided[path] = action
        for self._number, action in enumerate(actions):
            if action.kind not in _CHANGING:
                continue
            self._name = action.id
            for path in action.paths:
                if path in decided and decided[path].kind in _GOING:
                    going = f"{decided[path].kind} in {decided[path].id}"
                    told = f"{one_line(path)} is {going}; delete it here or there"
                    self._fail(told, "paths", path)

    def _fail(self, told: str, key: str = "", value: str = "", line: bool = True) -> NoReturn:
        """Ends the reading; the line is that of `value` after `key`, as far as it can be found."""
        place = self._source
        number = self._line(key, value) if line else None
        if number:
            place += f":{number}"
        if self._name:
            place += f": action {self._name}"
        raise PlanError(f"{place}: {key + ' ' if key else ''}{told}")

    def _line(self, key: str, value: str) -> int | None:
        if self._number is None:
            start, end = 0, self._blocks[0][0] if self._blocks else len(self._text)
        elif self._number < len(self._blocks):
            start, end = self._blocks[self._number]
        else:
            return None
        found = start
        if key and (match := re.compile(rf"^[ \t]*{key}\b", re.M).search(self._text, start, end)):
            found = match.start()
        if value:
            shown = msgspec.json.encode(value).decode()
            at = self._text.find(shown, found, end)
            if at < 0:
                at = self._text.find(value, found, end)
            found = max(at, found)
        return self._text.count("\n", 0, found) + 1


def _kept(actions: Sequence[Action]) -> Iterator[Action]:
    """The actions without the paths that a KEEP names; those that are left without any are gone."""
    kept = {path for action in actions if action.kind is ActionKind.KEEP for path in action.paths}
    asked = {path for action in actions if action.kind in _DECIDED for path in action.paths}
    kept.update(_below(asked, kept))
    for action in actions:
        if action.kind not in _DECIDED or not action.paths:
            yield action
            continue
        stays = [path not in kept for path in action.paths]
        if all(stays):
            yield action
        elif any(stays):
            yield msgspec.structs.replace(
                action,
                paths=_chosen(action.paths, stays),
                blobs=_chosen(action.blobs, stays) if action.blobs else (),
            )


def _below(paths: set[str], kept: set[str]) -> Iterator[str]:
    """Those of `paths` that lie in a folder ("old/") of `kept`."""
    folder: str | None = None
    for path in sorted(paths | {each for each in kept if each.endswith("/")}):
        if folder is not None and path.startswith(folder):
            yield path
        elif path.endswith("/"):
            folder = path


def _chosen(values: tuple[str, ...], stays: Sequence[bool]) -> tuple[str, ...]:
    return tuple(value for value, stay in zip(values, stays, strict=True) if stay)
