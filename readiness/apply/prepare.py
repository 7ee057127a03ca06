"""Everything that can be found out before anything is changed: what would be done, or why not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from readiness import __version__
from readiness.apply import archive
from readiness.apply.archive import Entry, Manifest
from readiness.apply.changes import Change, Left, View, Work, work_out
from readiness.apply.journal import ApplyError, Room
from readiness.apply.paths import parents
from readiness.apply.survey import Found, survey
from readiness.errors import ReadinessError, UsageError, one_line
from readiness.model import EXECUTABLE, REGULAR, SYMLINK, Plan, TrackedFile, encode_path
from readiness.repo import Repository
from readiness.repo.folder import Folder
from readiness.repo.metadata import printable
from readiness.repo.writer import fault_of_folders

_SHOWN = 20  # reasons of one refusal
_SLACK = 4 << 20  # bytes that the disk must have beyond what is to be written
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisection",
}


class Options(Struct, frozen=True):
    """How a plan is carried out. `folder` is where the archive's files go, null for `.git`."""

    in_place: bool = False
    folder: str | None = None
    archive_secrets: bool = False
    identity: str = "readiness <readiness@localhost.invalid>"


class Prepared(Struct, frozen=True):
    """What will be done. `changes` are those of `work` that are made here; `manifest` is the
    archive's. `head` is null where HEAD is detached; `moved_on` says that HEAD is not the commit
    that the plan was made from."""

    plan: Plan
    options: Options
    commit: str
    head: str | None
    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    manifest: Manifest
    name: str
    files: str | None
    branch: str | None
    tag: str
    tree: dict[str, TrackedFile]
    permissions: dict[str, int]
    moved_on: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.manifest.entries


def prepare(repository: Repository, plan: Plan, options: Options) -> Prepared:
    """Works out what carrying out the plan means, and changes nothing.

    Raises ApplyError with all the reasons, one a line, where it must not be carried out.
    """
    return _Preparation(repository, plan, options).prepared()


class _Preparation:
    def __init__(self, repository: Repository, plan: Plan, options: Options) -> None:
        self.repository = repository
        self.plan = plan
        self.options = options
        self.room = Room(repository.common_folder)
        self.problems: list[str] = []
        self.folders: dict[str, str | None] = {}  # why no file in it may be touched
        self.device = os.stat(repository.common_folder).st_dev

    def prepared(self) -> Prepared:
        plan, options, repository = self.plan, self.options, self.repository
        if not archive.NAME.fullmatch(plan.id):
            raise ApplyError(f"the plan has no id of its own ({one_line(plan.id)!r})")
        commit, head = repository.head()
        if commit is None:
            raise ApplyError("there is no commit yet, so there is nothing to go back to; commit")
        self._check_place()
        snapshot = repository.snapshot(rev=commit)
        tree = {file.path: file for file in snapshot.files}
        work = work_out(plan, View(tree, self._base(commit, tree), self._read))
        self.problems += work.problems
        left = list(work.left)
        branch = None if options.in_place else f"readiness/cleanup-{plan.id}"
        if options.in_place:
            self._check_in_place(head)
            changes = work.changes
        else:
            changes = self._in_git(work, left)
            self._check_work_tree(changes, tree)
        self._check_references(branch)
        self._stop()
        surveyed = survey(self._found(changes), archive_secrets=options.archive_secrets)
        self.problems += surveyed.problems
        left += surveyed.left
        known = {entry.path for entry in surveyed.entries}
        name = self._name()
        files = self._files(name)
        self._check_space(surveyed.entries, changes, files)
        self._stop()
        tag = f"readiness/before-{name}"
        manifest = Manifest(
            version=1,
            plan=plan.id,
            commit=commit,
            committed_at=snapshot.committed_at,
            tag=tag,
            entries=surveyed.entries,
            branch=branch,
            folder=files,
            tool_version=__version__,
        )
        return Prepared(
            plan=plan,
            options=options,
            commit=commit,
            head=head,
            changes=tuple(change for change in changes if change.path in known),
            left=tuple(left),
            manifest=manifest,
            name=name,
            files=files,
            branch=branch,
            tag=tag,
            tree=tree,
            permissions={
                entry.path: entry.permissions
                for entry in surveyed.entries
                if entry.permissions is not None
            },
            moved_on=plan.base_commit != commit,
        )

    def _refuse(self, problem: str) -> None:
        self.problems.append(one_line(problem))

    def _stop(self) -> None:
        """Refuses, if there is a reason to."""
        if not self.problems:
            return
        shown = self.problems[:_SHOWN]
        if len(self.problems) > _SHOWN:
            shown.append(f"and {len(self.problems) - _SHOWN} more")
        raise ApplyError("\n".join(["refused, and nothing was changed:", *shown]))

    def _base(self, commit: str, tree: dict[str, TrackedFile]) -> dict[str, TrackedFile]:
        base = self.plan.base_commit
        if base == commit:
            return tree
        if base is None:
            return {}
        try:
            return {file.path: file for file in self.repository.snapshot(rev=base).files}
        except ReadinessError:
            raise ApplyError(
                f"the plan was made from commit {base[:12]}, which this repository does not have;"
                " make the plan anew: readiness plan"
            ) from None

    def _read(self, blob: str) -> bytes | str:
        for _, content in self.repository.read([blob], archive.LARGEST):
            return content
        raise AssertionError

    # Where

    def _check_place(self) -> None:
        """Refuses where nothing could be written, or a symlink would lead elsewhere."""
        self.room.is_real()
        names = ["readiness/archive", "objects/pack", "refs/tags/readiness"]
        if not self.options.in_place:
            names.append("refs/heads/readiness")
        wrong = fault_of_folders(self.repository.common_folder, names)
        if wrong is not None:
            self.problems.append(wrong)
        elif os.stat(os.path.join(self.repository.common_folder, "objects")).st_dev != self.device:
            self.problems.append("the objects of the repository lie on another disk than .git")
        if self.options.in_place and self.repository.bare:
            raise UsageError(
                f"{printable(self.repository.root)} is bare: it has no work tree for --in-place"
            )

    def _name(self) -> str:
        """The name of the archive: the plan's id, numbered where there is one already."""
        known = self.repository.references()
        for number in range(1, 10_000):
            name = self.plan.id if number == 1 else f"{self.plan.id}-{number}"
            tag = f"refs/tags/readiness/before-{name}".encode()
            places = [self.room.archives, *filter(None, [self.options.folder])]
            paths = [os.path.join(place, name) for place in places]
            if tag not in known and not any(
                os.path.lexists(path + suffix) for path in paths for suffix in ("", ".new")
            ):
                return name
        raise ApplyError(f"there are 10,000 archives of plan {self.plan.id}; remove some")

    def _files(self, name: str) -> str | None:
        """The folder for the archive's files, where it is not beside the manifest."""
        if self.options.folder is None:
            return None
        folder = os.path.realpath(self.options.folder)
        where = printable(self.options.folder)
        root = self.repository.root
        if not os.path.isdir(folder):
            raise UsageError(f"--archive {where} is no folder; make it first")
        if os.path.commonpath((root, folder)) == root:
            raise UsageError(
                f"--archive {where} lies in the repository; name a folder outside of it, or leave"
                " --archive out: .git keeps the archive"
            )
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"--archive {where} may not be written to")
        return os.path.join(folder, name)

    def _check_references(self, branch: str | None) -> None:
        known = self.repository.references()
        if b"refs/tags/readiness" in known:
            self.problems.append("a tag is called readiness, so none can be called readiness/…")
        if branch is None:
            return
        if b"refs/heads/readiness" in known:
            self.problems.append("a branch is called readiness, so none can be called readiness/…")
        if f"refs/heads/{branch}".encode() in known:
            self.problems.append(
                f"branch {branch} exists: this plan was carried out; to do it again:"
                f" git branch -D {branch}"
            )

    def _check_space(
        self, entries: Iterable[Entry], changes: Iterable[Change], files: str | None
    ) -> None:
        stored = sum(entry.size + 1024 for entry in entries if entry.stored == "archive")
        written = sum(len(change.after) for change in changes if change.after is not None)
        needed = {self.repository.common_folder: written * 2 + _SLACK}
        place = os.path.dirname(files) if files else self.repository.common_folder
        needed[place] = needed.get(place, _SLACK) + stored
        for folder, size in needed.items():
            status = os.statvfs(folder)
            free = status.f_bavail * status.f_frsize
            if free < size:
                self.problems.append(
                    f"the disk of {printable(folder)} has {free:,} bytes left;"
                    f" up to {size:,} are needed"
                )

    # What is there

    def _in_git(self, work: Work, left: list[Left]) -> tuple[Change, ...]:
        """The changes on tracked files; a branch has no others."""
        for change in work.changes:
            if not change.tracked:
                told = f"{one_line(change.path)} is not tracked: only --in-place removes it"
                left.append(Left(change.action, told))
        return tuple(change for change in work.changes if change.tracked)

    def _check_work_tree(self, changes: Iterable[Change], tree: dict[str, TrackedFile]) -> None:
        """Nobody is at work on a file that the plan changes."""
        if self.repository.bare:
            return
        for snapshot in (self.repository.snapshot(staged=True), self.repository.snapshot()):
            if not snapshot.dirty:
                continue
            there = {file.path: file for file in snapshot.files}
            for path in dict.fromkeys(change.path for change in changes):
                if there.get(path) != tree.get(path):
                    told = f"{one_line(path)} has changes that are not committed"
                    if told not in self.problems:
                        self.problems.append(told)

    def _check_in_place(self, head: str | None) -> None:
        if head is None:
            self.problems.append(
                "HEAD is on no branch, so a commit made next could get lost; git switch to one,"
                " or leave --in-place out"
            )
        for name, what in _UNDER_WAY.items():
            if os.path.lexists(os.path.join(self.repository.git_folder, name)):
                self.problems.append(f"{what} is under way; finish it first")
        if self.repository.snapshot().dirty:
            self.problems.append(
                "the work tree has changes that are not committed; commit or stash them, or leave"
                " --in-place out"
            )
        if os.path.lexists(os.path.join(self.repository.git_folder, "index.lock")):
            self.problems.append(
                "another Git process is at work (.git/index.lock is there); wait for it, or remove"
                " that file if there is none"
            )

    def _found(self, changes: Iterable[Change]) -> Iterator[Found]:
        """Each changed path once, with what it holds now."""
        unique: dict[str, Change] = {}
        last: dict[str, bytes | None] = {}
        for change in changes:
            unique.setdefault(change.path, change)
            last[change.path] = change.after
        if self.options.in_place:
            with Folder(self.repository.root) as folder:
                for path, change in unique.items():
                    yield self._with(self._here(folder, change), last[path])
            return
        blobs = [change.blob for change in unique.values() if change.blob is not None]
        contents = self.repository.read(blobs, archive.LARGEST)
        for path, change in unique.items():
            content = b"" if change.blob is None else next(contents)[1]
            yield self._with(Found(change, content, change.mode), last[path])

    def _with(self, found: Found, after: bytes | None) -> Found:
        written = "" if after is None else self.repository.identify(after)
        return msgspec.structs.replace(found, written=written)

    def _here(self, folder: Folder, change: Change) -> Found:
        """The path in the work tree, or why it may not be touched."""
        path = change.path
        try:
            self._check_parents(folder, change)
            status = folder.status(change.raw)
            if change.blob is None:
                if status is not None:
                    self._refuse(f"{path} is there already, though Git does not know it")
                return Found(change, b"", change.mode)
            if status is None:
                return Found(change, "it is not in the work tree", change.mode)
            content = folder.read(change.raw, archive.LARGEST)
        except OSError as error:
            return Found(change, (error.strerror or str(error)).lower(), change.mode)
        mode, permissions = change.mode, stat.S_IMODE(status.st_mode) & 0o777
        if stat.S_ISLNK(status.st_mode):
            mode = SYMLINK
        elif not change.tracked:
            mode = EXECUTABLE if permissions & 0o100 else REGULAR
        if change.blob not in self._ids(content, change):
            self._refuse(f"{path} has changed since the plan was made")
        if mode == SYMLINK and not stat.S_ISLNK(status.st_mode):
            self._refuse(f"{path} is a symlink that this system cannot have")
        return Found(change, content, mode, None if mode == SYMLINK else permissions)

    def _ids(self, content: bytes, change: Change) -> set[str]:
        """The ids that Git may know this content by: a checkout may have made CRLF of its lines."""
        ids = {self.repository.identify(content)}
        if change.tracked:
            ids.add(self.repository.identify(content.replace(b"\r\n", b"\n")))
        return ids

    def _check_parents(self, folder: Folder, change: Change) -> None:
        """Each folder above must be a real one, on the disk of `.git`, of no other repository."""
        ups = parents(change.path)
        holder = ups[-1] if ups else ""
        if holder not in self.folders:
            self.folders[holder] = self._fault_of(folder, ["", *ups], change)
        fault = self.folders[holder]
        if fault is not None:
            self.problems.append(f"{one_line(change.path)} {fault}")

    def _fault_of(self, folder: Folder, ups: list[str], change: Change) -> str | None:
        for up in ups:
            raw = encode_path(up)
            status = folder.status(raw or b".")
            if status is None and change.blob is None:
                return None  # it is made with the file
            if status is None or not stat.S_ISDIR(status.st_mode):
                return f"is reached through {one_line(up)}, which is no folder"
            if status.st_dev != self.device:
                return "lies on another disk than .git; leave --in-place out"
            if up and folder.status(raw + b"/.git") is not None:
                return f"lies in {one_line(up)}, which is another repository"
        with folder.parent(change.raw) as (descriptor, _):
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor):
                return "lies in a folder that may not be written to"
        return None
