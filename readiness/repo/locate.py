"""Where a repository lies: `.git` here or above, linked work trees, submodules, bare ones."""

from __future__ import annotations

import os

from msgspec import Struct

from readiness.errors import RepositoryError
from readiness.repo import settings
from readiness.repo.metadata import printable, read_metadata, unreadable
from readiness.repo.settings import Settings

_KNOWN_EXTENSIONS = {
    "compatobjectformat",
    "noop",
    "noop-v1",
    "objectformat",
    "partialclone",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
}


class Place(Struct, frozen=True):
    """The folders of one repository, absolute and without symlinks above them.

    `git` holds HEAD and the index; `common` the configuration, references and objects (the same
    but in linked work trees). `work_tree` is null in a bare repository. `subfolder` is the folder
    below the work tree that was asked for, "" for its root.
    """

    git: str
    common: str
    work_tree: str | None
    subfolder: str
    settings: Settings

    @property
    def objects(self) -> str:
        return os.path.join(self.common, "objects")

    @property
    def hexadecimal_digits(self) -> int:
        """The length of an object id in hexadecimal digits: 40 (SHA-1) or 64 (SHA-256)."""
        return 64 if self.object_format == "sha256" else 40

    @property
    def object_format(self) -> str:
        return self.settings.extensions.get("objectformat", "sha1")


def find(path: str) -> Place:
    """The repository that holds the folder `path`.

    The work tree is always the folder that holds `.git`, whatever `core.worktree` says: an
    audited repository does not choose which other folder is read.
    Raises RepositoryError, one line that says what to do, where there is none or we cannot
    understand it.
    """
    try:
        start = os.path.realpath(path)
    except FileNotFoundError as error:
        raise RepositoryError("the current folder is gone; change to another one") from error
    if not os.path.isdir(start):
        what = "is no folder" if os.path.lexists(start) else "does not exist"
        raise RepositoryError(f"{printable(path)} {what}; name the folder of a repository")
    try:
        os.scandir(start).close()
    except OSError as error:
        raise unreadable(path, error) from error
    folder = start
    while True:
        dot_git = os.path.join(folder, ".git")
        git = _linked(dot_git) if os.path.isfile(dot_git) else dot_git
        if _is_git_directory(git):
            return _place(os.path.realpath(git), folder, start)
        if _is_git_directory(folder):
            holder, name = os.path.split(folder)
            return _place(folder, holder if name == ".git" else None, start)
        if folder == os.path.dirname(folder):
            raise RepositoryError(
                f"no repository at {printable(path)} (no .git here or above); to audit a plain"
                " folder: git init && git add -A, or readiness audit --untracked after git init"
            )
        folder = os.path.dirname(folder)


def _linked(dot_git: str) -> str:
    """The Git directory that a `.git` file names (`gitdir: PATH`)."""
    content = read_metadata(dot_git) or b""
    prefix, _, target = content.rstrip(b"\r\n").partition(b"gitdir: ")
    git = os.path.join(os.path.dirname(dot_git), os.fsdecode(target))
    if prefix or not target or b"\0" in target or not _is_git_directory(git):
        raise RepositoryError(
            f"{printable(dot_git)} leads to no Git directory; if the repository was moved:"
            " git worktree repair, or git submodule update --init"
        )
    return git


def _is_git_directory(folder: str) -> bool:
    if not os.path.lexists(os.path.join(folder, "HEAD")):
        return False
    common = _common(folder)
    return all(os.path.isdir(os.path.join(common, name)) for name in ("objects", "refs"))


def _common(git: str) -> str:
    """The Git directory that a linked work tree's shares with the others, else itself."""
    content = read_metadata(os.path.join(git, "commondir"))
    target = (content or b"").rstrip(b"\r\n")
    if not target or b"\0" in target:
        return git
    return os.path.realpath(os.path.join(git, os.fsdecode(target)))


def _place(git: str, holder: str | None, start: str) -> Place:
    common = _common(git)
    configuration = read_metadata(os.path.join(common, "config")) or b""
    found = settings.parse(configuration)
    if found.extensions.get("worktreeconfig") == "true":
        own = read_metadata(os.path.join(git, "config.worktree")) or b""
        found = settings.parse(configuration, own)
    _check_format(common, found)
    linked = git != common
    work_tree = holder if linked or not found.bare else None
    subfolder = ""
    if work_tree and os.path.commonpath((work_tree, start)) == work_tree:
        relative = os.path.relpath(start, work_tree)
        subfolder = "" if relative == "." or relative.split(os.sep)[0] == ".git" else relative
    return Place(git, common, work_tree, subfolder, found)


def _check_format(common: str, found: Settings) -> None:
    where = printable(common)
    unknown = sorted(set(found.extensions) - _KNOWN_EXTENSIONS) if found.version == "1" else []
    if found.version not in ("0", "1") or unknown:
        what = f"extension {unknown[0]}" if unknown else f"format {printable(found.version[:20])}"
        raise RepositoryError(
            f"{where} uses Git's repository {what}, which is unknown here; update readiness"
        )
    if found.extensions.get("objectformat", "sha1") not in ("sha1", "sha256"):
        raise RepositoryError(f"{where} names objects by neither SHA-1 nor SHA-256")
    if found.extensions.get("refstorage", "files") != "files":
        raise RepositoryError(
            f"{where} keeps its references in a form that is not understood yet; convert a copy:"
            " git clone it, or git refs migrate --ref-format=files"
        )
