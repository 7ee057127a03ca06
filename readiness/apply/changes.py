"""From a plan to the changes that carry it out, one a path and phase. Pure but for `read`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from readiness.apply.edits import Edited, edited
from readiness.apply.paths import fault, folded, parents
from readiness.errors import one_line
from readiness.model import (
    REGULAR,
    SUBMODULE,
    SYMLINK,
    Action,
    ActionKind,
    Edit,
    Phase,
    Plan,
    TrackedFile,
    Where,
    encode_path,
)

DONE = "it is done already"
BY_HAND = "no machine can make this change safely"
_REMOVALS = (ActionKind.ARCHIVE, ActionKind.REMOVE)
_WRITES = (ActionKind.MODIFY, ActionKind.CREATE)
_OTHERS = {
    ActionKind.KEEP: "it stays",
    ActionKind.AUDIT: "a person decides",
    ActionKind.ATTEST: "a person confirms it",
}


Editor = Callable[[bytes, Sequence[Edit]], Edited]


class Change(Struct, frozen=True):
    """What happens to one path in one phase.

    `blob` is its content now, null where there is no file; `after` the content that it gets, null
    where it is removed. `action` is the first of the phase that asks for it.
    """

    path: str
    raw: bytes
    action: Action
    blob: str | None
    mode: int
    after: bytes | None = None
    tracked: bool = True

    @property
    def stores(self) -> bool:
        """Does its content go into the archive, but for secrets?"""
        return self.action.kind is ActionKind.ARCHIVE or not self.tracked


class Left(Struct, frozen=True):
    """An action that is not carried out, or not wholly, and why."""

    action: Action
    reason: str


class Work(Struct, frozen=True):
    """`changes` in the order of the plan; `problems` are reasons to refuse all of it."""

    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    problems: tuple[str, ...]


class View(Struct, frozen=True):
    """The files at HEAD and those of the plan's base commit by path, and how to read a blob."""

    now: Mapping[str, TrackedFile]
    then: Mapping[str, TrackedFile]
    read: Callable[[str], bytes | str]


def work_out(plan: Plan, view: View, editor: Editor = edited) -> Work:
    """What the plan asks for, held against the files at HEAD."""
    return _Worker(plan, view, editor).work()


class _Worker:
    def __init__(self, plan: Plan, view: View, editor: Editor) -> None:
        self.plan = plan
        self.view = view
        self.editor = editor
        self.left: list[Left] = []
        self.problems: list[str] = []
        self.folders = {up for path in view.now for up in parents(path)}
        self.expected = {
            path: blob
            for action in plan.actions
            for path, blob in zip(action.paths, action.blobs, strict=False)
            if blob
        }

    def work(self) -> Work:
        removals: list[tuple[Phase, Change]] = []
        writing: list[Action] = []
        for action in self.plan.actions:
            reason = _not_here(action)
            if reason is not None:
                self.left.append(Left(action, reason))
            elif action.kind in _REMOVALS:
                removals += ((action.phase, change) for change in self._removals(action))
            else:
                writing.append(action)
        going = {change.path for _, change in removals}
        changes = [*self._writes(writing, going), *removals]
        changes.sort(key=lambda pair: pair[0])  # writes first within a phase: they unblock
        work = tuple(change for _, change in changes)
        self._check_twice(removals)
        self._check_collisions(work)
        return Work(work, tuple(self.left), tuple(dict.fromkeys(self.problems)))

    def _removals(self, action: Action) -> list[Change]:
        """What is to be removed; what is gone already is told."""
        problems = len(self.problems)
        found = [self._removal(action, path) for path in action.paths]
        changes = [change for change in found if change is not None]
        gone = len(found) - len(changes)
        if gone and len(self.problems) == problems:
            some = f"{gone:,} of its {len(found):,} files are gone already"
            self.left.append(Left(action, some if changes else DONE))
        return changes

    def _removal(self, action: Action, path: str) -> Change | None:
        found = self._find(action, path)
        expected = self._expected(path)
        untracked = path in self.expected and path not in self.view.then
        if found is None and untracked and path not in self.folders:
            raw = encode_path(path) if fault(path) is None else b""
            return Change(path, raw, action, expected, REGULAR, tracked=False) if raw else None
        if found is None:
            self._check_gone(path, expected)
            return None
        if found.blob_id != expected:
            self._refuse(f"{path} has changed since the plan was made")
        return Change(path, encode_path(path), action, found.blob_id, found.mode)

    def _find(self, action: Action, path: str) -> TrackedFile | None:
        """The file at `path`; what cannot be one is told."""
        wrong = fault(path)
        if wrong is not None:
            self._refuse(f"{one_line(path) or 'a path'} {wrong}")
            return None
        found = self.view.now.get(path)
        holder = next((up for up in parents(path) if up in self.view.now), None)
        if found is not None and found.mode == SUBMODULE:
            self._refuse(f"{path} is a submodule; remove it with git rm, and make it KEEP here")
        elif holder is not None:
            what = {SUBMODULE: "a submodule", SYMLINK: "a symlink"}
            kind = what.get(self.view.now[holder].mode, "a file")
            self._refuse(f"{path} lies below {holder}, which is {kind}")
        return found

    def _check_gone(self, path: str, expected: str | None) -> None:
        """It may have been removed since, but not be another name for what is there."""
        if any(problem.startswith(f"{one_line(path)} ") for problem in self.problems):
            return
        if path in self.folders:
            self._refuse(f"{path} is a folder; a plan names files")
            return
        if expected is None:
            self._refuse(f"{path} is not there, nor was it when the plan was made: a wrong name?")
            return
        now, then = self.view.now, self.view.then
        same = [file.path for file in now.values() if file.blob_id == expected]
        moved = [other for other in same if other not in then]
        if moved:
            self._refuse(f"{path} is no longer there, its content is now in {one_line(moved[0])}")

    def _expected(self, path: str) -> str | None:
        """The content that the plan was made from; what it does not say is as in its commit."""
        if path in self.expected:
            return self.expected[path]
        return self.view.then[path].blob_id if path in self.view.then else None

    def _writes(self, actions: Iterable[Action], going: set[str]) -> Iterator[tuple[Phase, Change]]:
        """The changes by edits. An action changes each of its files wholly or not at all; all edits
        of a file are made on its content at HEAD, so that their lines keep their meaning."""
        done: dict[str, list[Edit]] = defaultdict(list)
        current: dict[str, bytes] = {}
        for action in actions:
            contents, refused = self._try(action, done, current, going)
            if refused:
                self.left.append(Left(action, "; ".join(dict.fromkeys(refused))))
            current |= contents
            for path, content in contents.items():
                done[path] += (edit for edit in action.edits if edit.path == path)
                now = self.view.now.get(path)
                mode = now.mode if now else REGULAR
                blob = now.blob_id if now else None
                change = Change(path, encode_path(path), action, blob, mode, content)
                yield action.phase, change

    def _try(
        self,
        action: Action,
        done: Mapping[str, Sequence[Edit]],
        current: Mapping[str, bytes],
        going: set[str],
    ) -> tuple[dict[str, bytes], list[str]]:
        """path -> new content, and why all or some of the action is left to a person."""
        if not action.edits:
            return {}, [BY_HAND]
        contents: dict[str, bytes] = {}
        refused = []
        for path in dict.fromkeys(edit.path for edit in action.edits):
            before = self._before(action, path, going)
            if isinstance(before, str):
                refused.append(before)
                continue
            own = [edit for edit in action.edits if edit.path == path]
            new = self.editor(before, [*done.get(path, ()), *own])
            if new.refused:
                refused.append(f"{one_line(path)}: {new.refused}")
            elif new.content != current.get(path, before):
                contents[path] = new.content
        return contents, refused or ([] if contents else [DONE])

    def _before(self, action: Action, path: str, going: set[str]) -> bytes | str:
        """The content at HEAD of a file that is to be changed, or why it is not."""
        found = self._find(action, path)
        if fault(path) is not None:
            return "its path is refused"
        if path in going:
            self._refuse(f"{path} is removed and changed by the same plan")
        expected = self._expected(path)
        if (found.blob_id if found else None) != expected:
            if found is not None and self.view.read(found.blob_id) == self._planned(path, expected):
                return DONE
            self._refuse(f"{path} has changed since the plan was made")
            return "the file has changed"
        if found is not None and found.mode not in (0o100644, 0o100755):
            return f"{one_line(path)} is no ordinary file"
        before = self.view.read(found.blob_id) if found else b""
        return f"{one_line(path)}: {before}" if isinstance(before, str) else before

    def _planned(self, path: str, blob: str | None) -> bytes | None:
        """What the whole plan makes of a file that held `blob`, or of none; null for unreadable."""
        before = self.view.read(blob) if blob else b""
        if isinstance(before, str):
            return None
        planned, done = before, list[Edit]()
        for action in self.plan.actions:
            own = [edit for edit in action.edits if edit.path == path]
            if own and _not_here(action) is None:
                new = self.editor(before, [*done, *own])
                if not new.refused:
                    planned = new.content
                    done += own
        return planned

    def _check_twice(self, removals: Sequence[tuple[Phase, Change]]) -> None:
        seen: set[str] = set()
        for _, change in removals:
            if change.path in seen:
                self._refuse(f"{change.path} is in the plan twice")
            seen.add(change.path)
        for action in self.plan.actions:
            if action.kind in (ActionKind.KEEP, ActionKind.AUDIT):
                for path in action.paths:
                    if path in seen or (path.endswith("/") and _any_below(seen, path)):
                        self._refuse(f"{path} is {action.kind} and is removed by the same plan")

    def _check_collisions(self, work: Sequence[Change]) -> None:
        """Where upper and lower case are one, one of the two files would take the other along."""
        names: dict[str, str] = {}
        for path in (*self.view.now, *(change.path for change in work)):
            names.setdefault(folded(path), path)
        others: dict[str, set[str]] = defaultdict(set)
        for path in self.view.now:
            if names[folded(path)] != path:
                others[folded(path)] |= {path, names[folded(path)]}
        for change in work:
            same = others.get(folded(change.path), {names[folded(change.path)]}) - {change.path}
            if same:
                other = one_line(min(same))
                self._refuse(
                    f"{change.path} and {other} are one name where upper and lower case are not"
                    " told apart; rename one of them first"
                )
            if change.after is not None and change.blob is None and change.path in self.folders:
                self._refuse(f"{change.path} is a folder")

    def _refuse(self, problem: str) -> None:
        self.problems.append(one_line(problem))


def _not_here(action: Action) -> str | None:
    """Why the action asks for no change of the repository; null where it does."""
    if action.where is Where.OUTSIDE:
        return "it is done outside of the repository"
    if action.kind in _OTHERS:
        return _OTHERS[action.kind]
    if action.kind in _REMOVALS and action.blockers:
        return f"not yet: {one_line(action.blockers[0])}"
    if action.kind not in (*_REMOVALS, *_WRITES):
        return "it asks for nothing"
    return None


def _any_below(paths: Iterable[str], folder: str) -> bool:
    return any(path.startswith(folder) for path in paths)
