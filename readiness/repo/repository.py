"""Repository: what the engine asks of Git."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from readiness.errors import RepositoryError, UsageError
from readiness.index.history import Commit, History
from readiness.model import Snapshot, TrackedFile, decode_path
from readiness.repo import ancestry, index_file, log, trees
from readiness.repo.commits import CommitHeader, parse_header, read_commit
from readiness.repo.index_file import Entry, IndexFile
from readiness.repo.locate import Place, find
from readiness.repo.metadata import HUGE, printable, read_metadata
from readiness.repo.objects import DAMAGED, MISSING, ObjectReader
from readiness.repo.refs import References
from readiness.repo.room import GitStopped, Room
from readiness.repo.settings import is_local, public_url, repository_name
from readiness.repo.work_tree import WorkTree
from readiness.repo.writer import Writer

_BASE = 1  # the stage of what both sides of a conflict started from


class Repository:
    """One repository, opened for reading; a context manager, closed with all that it started.

    The whole repository is audited whichever of its folders was named: its rules speak of
    workflows, images and imports that lie anywhere. `subfolder` is the named folder ("" for the
    root), so that a command can say so.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._references = References(place)
        self._room = Room(place, self._references)
        self._objects = ObjectReader(self._room, place.object_format)
        self._headers: dict[str, CommitHeader] = {}
        self._drafts: dict[str, bytes] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """The repository that holds the folder `path`. Raises RepositoryError, in one line."""
        return cls(find(os.fspath(path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the Git processes and removes the clean room. May be called more than once."""
        self._objects.close()
        tree = self.__dict__.pop("_work_tree", None)
        if tree is not None:
            tree.close()
        self._room.close()

    @property
    def root(self) -> str:
        """The folder of the work tree; of a bare repository, the repository itself."""
        return self._place.work_tree or self._place.git

    @property
    def subfolder(self) -> str:
        """The folder below `root` that was named; "" for `root` itself."""
        return printable(self._place.subfolder)

    @property
    def bare(self) -> bool:
        """Has it no work tree?"""
        return self._place.work_tree is None

    @property
    def git_folder(self) -> str:
        """The Git directory of this work tree: HEAD and the index lie here."""
        return self._place.git

    @property
    def common_folder(self) -> str:
        """The Git directory that all linked work trees share: the same, where there are none."""
        return self._place.common

    @property
    def shallow(self) -> bool:
        """Is its history cut off, so that it says less than that of another clone?"""
        return self._room.shallow

    def snapshot(
        self, *, rev: str | None = None, staged: bool = False, untracked: bool = False
    ) -> Snapshot:
        """The files of the work tree, of the index (`staged`) or of a commit (`rev`).

        A bare repository has neither work tree nor index: its snapshot is that of HEAD, without
        files before the first commit. `untracked` adds the files of the work tree that are
        neither tracked nor ignored. Raises UsageError where there is no such commit or the
        wishes contradict each other, RepositoryError where the repository cannot be read.
        """
        if (rev is not None) + staged + untracked > 1:
            raise UsageError("--rev, --staged and --untracked exclude each other; give one")
        if rev is not None:
            return self._committed(self.resolve(rev))
        head, _ = self._references.head()
        if self._place.work_tree is None:
            if staged or untracked:
                raise UsageError(f"{printable(self.root)} is bare: it has no work tree or index")
            return self._committed(head)
        index, written, raw = self._read_index()
        matches = self._is_tree_of(index, head)
        if staged:
            return self._describe(staged_files(index), head, dirty=not matches)
        tracked = self._work_tree.tracked(index.entries, written)
        files = tracked.files
        if untracked:
            others = self._room.untracked(raw, self._place.work_tree)
            files = files + self._work_tree.untracked(others)
        return self._describe(files, head, dirty=not (matches and tracked.as_staged))

    def drafted(self, snapshot: Snapshot, files: Mapping[str, bytes]) -> Snapshot:
        """A snapshot as it would be with files that are written nowhere yet: path -> content."""
        known = {file.path: file for file in snapshot.files}
        for path, content in files.items():
            blob_id = self.identify(content)
            self._drafts[blob_id] = content
            known[path] = TrackedFile(path, blob_id)
        return replace(snapshot, files=tuple(known[path] for path in sorted(known)))

    def resolve(self, revision: str) -> str:
        """The id of the commit that a name, an id or an expression such as `main~3` leads to.

        Raises UsageError where there is none.
        """
        return self._objects.resolve(revision)

    def read(self, blob_ids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | str]]:
        """(id, content) for each id in turn, or (id, why it was not read) as a clause.

        The ids are those of snapshots of this Repository; content of more than `limit` bytes is
        not read. One content is held at a time. May be called in forked processes.
        """
        for drafted, ids in groupby(blob_ids, self._drafts.__contains__):
            if drafted:
                yield from ((name, self._drafts[name]) for name in ids)
            else:
                yield from self._stored(ids, limit)

    def _stored(self, blob_ids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | str]]:
        tree: WorkTree | None = self.__dict__.get("_work_tree")
        if tree is None:
            yield from self._objects.read(blob_ids, limit)
            return
        for here, ids in groupby(blob_ids, tree.knows):
            if here:
                yield from ((name, tree.read(name, limit)) for name in ids)
            else:
                yield from self._objects.read(ids, limit)

    def head(self) -> tuple[str | None, str | None]:
        """(commit id, name of the branch): no id before the first commit, no name where HEAD is
        detached."""
        commit, branch = self._references.head()
        if branch is None:
            return commit, None
        return commit, decode_path(branch.removeprefix(b"refs/heads/"))

    def references(self) -> dict[bytes, str]:
        """Every reference below `refs/` as it is now -> the object id that it leads to."""
        return References(self._place).all()

    def read_index(self) -> tuple[IndexFile, bytes]:
        """The index, and its bytes as one whole file."""
        index, _, raw = self._read_index()
        return index, raw

    def identify(self, content: bytes) -> str:
        """The id of a blob with this content."""
        return self._objects.identify(content)

    def missing(self, blob_ids: Iterable[str]) -> set[str]:
        """Those of which the repository has no content."""
        answers = self._objects.read(blob_ids, -1)  # too large, all that are there
        return {name for name, answer in answers if answer in (MISSING, DAMAGED)}

    def writer(self, work: str, token: str) -> Writer:
        """Writes this repository; `work` is a folder of ours on the same disk, and what is made
        by one `token` is found by it again."""
        return Writer(self._place, self._room, work, token)

    def history(self, commit_id: str) -> History:
        """Who changed which path when, and what was removed, up to a commit (its full id)."""
        try:
            present = {file.path for file in trees.list_files(self._room, commit_id)}
        except RepositoryError:  # trees are missing: then so is the history
            present = set()
        return log.read_history(self._room, commit_id, present)

    def line(self, commit_id: str) -> list[tuple[str, int]]:
        """(id, seconds since 1970) of each commit on the line of first parents that leads to a
        commit (its full id), newest first."""
        return log.read_line(self._room, commit_id)

    def commits(self, commit_id: str) -> list[Commit] | None:
        """Every commit that leads to a commit (its full id), oldest first; null where some are
        missing or Git cannot tell them."""
        if self.shallow:
            return None
        try:
            return list(log.read_commits(self._room, commit_id))
        except GitStopped:
            return None

    def default_branch(self) -> tuple[str, str] | None:
        """(name, commit id) of the branch that changes go to, as the remote has it where that is
        known; null where there is none."""
        name = self._references.default_branch()
        if name is None:
            return None
        remote = self._place.settings.remote or "origin"
        for full in (f"refs/remotes/{remote}/{name}", f"refs/heads/{name}"):
            commit = self._references.resolve(os.fsencode(full))
            if commit is not None:
                return name, commit
        return None

    def merge_base(self, one: str, other: str) -> str | None:
        """The latest commit that two commits (full ids) both come from; null where there is none,
        or where this clone cannot tell."""
        return ancestry.merge_base(self._room, one, other)

    def is_ancestor(self, one: str, other: str) -> bool:
        """Does the history of the commit `other` hold the commit `one` (full ids)?"""
        return ancestry.is_ancestor(self._room, one, other)

    def tags(self) -> dict[str, str]:
        """The name of each tag -> the commit that it leads to; tags of other things are left
        out."""
        prefix = b"refs/tags/"
        found = {}
        for name, target in self._references.all().items():
            if name.startswith(prefix):
                with contextlib.suppress(UsageError, RepositoryError):
                    found[decode_path(name.removeprefix(prefix))] = self.resolve(target)
        return found

    @cached_property
    def _work_tree(self) -> WorkTree:
        return WorkTree(self.root, self._place.settings, self._objects)

    def _committed(self, commit_id: str | None) -> Snapshot:
        files = trees.list_files(self._room, commit_id) if commit_id else []
        return self._describe(files, commit_id, dirty=False)

    def _describe(
        self, files: Iterable[TrackedFile], commit_id: str | None, dirty: bool
    ) -> Snapshot:
        remote = public_url(self._place.settings.remote_url)
        unique = {file.path: file for file in files}
        return Snapshot(
            files=tuple(sorted(unique.values(), key=attrgetter("path"))),
            repository=repository_name(remote, printable(self._place.common)),
            commit=commit_id,
            committed_at=self._header(commit_id).at if commit_id else 0,
            dirty=dirty,
            remote=None if remote is None or is_local(remote) else remote,
            default_branch=self._references.default_branch(),
        )

    def _header(self, commit_id: str) -> CommitHeader:
        if commit_id not in self._headers:
            content = read_commit(self._place.objects, commit_id)
            if content is None or self._objects.identify(content, b"commit") != commit_id:
                content = self._objects.commit(commit_id)
            self._headers[commit_id] = parse_header(content)
        return self._headers[commit_id]

    def _is_tree_of(self, index: IndexFile, commit_id: str | None) -> bool:
        """Does the index hold exactly the files of the commit?"""
        if commit_id is not None and index.tree is not None:
            return index.tree.hex() == self._header(commit_id).tree
        files = trees.list_files(self._room, commit_id) if commit_id else []
        return staged_files(index) == files

    def _read_index(self) -> tuple[IndexFile, int, bytes]:
        """The index, when it was written (nanoseconds; the past, if in doubt), and its bytes."""
        path = self._index_path()
        try:
            written = os.stat(path).st_mtime_ns
        except OSError:
            written = 0
        raw = read_metadata(path, HUGE) or b""
        id_length = self._place.hexadecimal_digits // 2
        index = index_file.parse(raw, id_length)
        if not index.partial:
            return index, written, raw
        folder = self._place.git
        for name in os.listdir(folder):
            if name.startswith("sharedindex."):
                written = min(written, os.stat(os.path.join(folder, name)).st_mtime_ns)
        try:
            raw = self._room.complete_index(raw, folder)
        except GitStopped as error:
            raise RepositoryError(
                "the index is split or sparse and Git cannot put it together;"
                " run git update-index --no-split-index, or git sparse-checkout disable"
            ) from error
        return index_file.parse(raw, id_length), written, raw

    def _index_path(self) -> str:
        """The index; for a hook that Git runs, the one that the commit is made from.

        The variable is that of the caller, who may be in a hook of another repository: it counts
        where it names a file of this one.
        """
        given = os.environ.get("GIT_INDEX_FILE", "")
        if os.path.isfile(given) and os.path.realpath(os.path.dirname(given)) == self._place.git:
            return given
        return os.path.join(self._place.git, "index")


def staged_files(index: IndexFile) -> list[TrackedFile]:
    """What a commit made now would hold; of an open conflict our side, else theirs."""
    chosen: dict[bytes, Entry] = {}
    for entry in index.entries:
        if entry.stage != _BASE and not entry.intent_to_add:
            chosen.setdefault(entry.path, entry)
    return [
        TrackedFile(decode_path(entry.path), entry.blob_id.hex(), entry.mode)
        for entry in chosen.values()
    ]
