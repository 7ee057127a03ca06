"""Scratch folders with the files of a commit as a plan leaves them. Git reads them in the clean
room; nothing of the user's work tree is touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from types import TracebackType
from typing import Self

from readiness.apply.archive import LARGEST
from readiness.apply.changes import View, work_out
from readiness.apply.journal import ApplyError
from readiness.apply.paths import fault
from readiness.errors import one_line
from readiness.model import EXECUTABLE, SUBMODULE, SYMLINK, Plan, encode_path
from readiness.repo import Repository


class Trees:
    """`make` gives a folder, the same each time, in which what was there before is gone;
    `scratch` is one beside it. All is removed in the end."""

    def __init__(self, repository: Repository, commit: str, base: str | None) -> None:
        self._repository = repository
        files = repository.snapshot(rev=commit).files
        then = files if base in (None, commit) else repository.snapshot(rev=base).files
        self._view = View(
            {file.path: file for file in files}, {file.path: file for file in then}, self._blob
        )
        self._folder = tempfile.mkdtemp(prefix="readiness-verify-")
        self.scratch = os.path.join(self._folder, "scratch")
        os.mkdir(self.scratch)
        self._pristine = os.path.join(self._folder, "pristine")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._folder, onerror=_force)

    def make(self, plan: Plan) -> str:
        """The folder of the tree that `plan` leaves. Raises ApplyError where it cannot be."""
        work = work_out(plan, self._view)
        if work.problems:
            raise ApplyError("\n".join(["refused, and nothing was changed:", *work.problems]))
        if not os.path.isdir(self._pristine):
            self._write_all()
        tree = os.path.join(self._folder, "tree")
        if os.path.lexists(tree):
            shutil.rmtree(tree, onerror=_force)
        shutil.copytree(self._pristine, tree, symlinks=True)
        root = os.fsencode(tree)
        for change in work.changes:
            path = os.path.join(root, change.raw)
            if not change.tracked:
                continue
            if change.after is None:
                os.unlink(path)
                with contextlib.suppress(OSError):  # Git keeps no empty folders
                    os.removedirs(os.path.dirname(path))
            else:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(change.after)
                os.chmod(path, 0o755 if change.mode == EXECUTABLE else 0o644)
        return tree

    def _write_all(self) -> None:
        """Files first, links last: no file is ever written through a link."""
        os.mkdir(self._pristine)
        root = os.fsencode(self._pristine)
        files = [
            file
            for file in self._view.now.values()
            if file.mode != SUBMODULE and fault(file.path) is None
        ]
        files.sort(key=lambda file: file.mode == SYMLINK)
        contents = self._repository.read([file.blob_id for file in files], LARGEST)
        for file, (_, content) in zip(files, contents, strict=True):
            path = os.path.join(root, encode_path(file.path))
            if isinstance(content, str):
                raise ApplyError(f"{one_line(file.path)}: {content}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if file.mode == SYMLINK:
                os.symlink(content, path)
                continue
            with open(path, "wb") as handle:
                handle.write(content)
            os.chmod(path, 0o755 if file.mode == EXECUTABLE else 0o644)

    def _blob(self, blob: str) -> bytes | str:
        for _, content in self._repository.read([blob], LARGEST):
            return content
        raise AssertionError


def _force(function: object, path: str, error: object) -> None:
    """Removes what a test made unwritable, if it can be."""
    with contextlib.suppress(OSError):
        os.chmod(os.path.dirname(path), 0o700)
        if os.path.isdir(path) and not os.path.islink(path):
            os.chmod(path, 0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
