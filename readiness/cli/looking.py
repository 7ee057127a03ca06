"""What `readiness init` looks at: a few files of the work tree, and how readiness was installed."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable

from readiness.baseline import NAME
from readiness.config import PYPROJECT, STANDALONE
from readiness.errors import UsageError, one_line
from readiness.init import agents, configuration, hooks, workflow
from readiness.init.values import Seen, Source
from readiness.model import encode_path
from readiness.repo import Repository
from readiness.repo.folder import Folder
from readiness.repo.metadata import printable

_LARGEST = 1_000_000  # bytes of a file that decides
_FILES = (
    PYPROJECT,
    STANDALONE,
    NAME,
    *hooks.READ,
    workflow.GITLAB_ROOT,
    workflow.GITLAB_PATH,
    workflow.GITHUB_PATH,
    agents.NAME,
)
_REPOSITORY = re.compile(r"(?:git\+)?(https://[\w.-]+(?:/[\w.~-]+)+)@([0-9a-f]{40})")
_PACKAGE = re.compile(
    r"[A-Za-z][\w.-]*(?:\[[\w,-]+\])?(?:==[\w.+!-]+)?"
    r"|https://[\w./%+~-]+\.(?:whl|tar\.gz)(?:#sha256=[0-9a-f]{64})?"
)
_RELEASE = re.compile(r"v?\d[\w.+-]*")


def look(repository: Repository) -> Seen:
    """What the work tree shows.

    Raises:
        UsageError: a file that decides cannot be read.
    """
    snapshot = repository.snapshot()
    paths = frozenset(file.path for file in snapshot.files)
    files, links = _read(repository.root, {*_FILES, *filter(workflow.reads, paths)})
    own = configuration.present(Seen(paths, files)).baseline
    if own and own not in files:
        _hold_plain(own)
        more, more_links = _read(repository.root, [own])
        files, links = files | more, links | more_links
    return Seen(paths, files, links, snapshot.remote, snapshot.default_branch)


def agents_file(root: str, seen: Seen) -> tuple[str, Seen]:
    """The file behind the name AGENTS.md, which may be a link within the repository, and what is
    seen with that.

    Raises:
        UsageError: the link leads out of the repository, or to nothing.
    """
    if agents.NAME not in seen.links:
        return agents.NAME, seen
    real = os.path.realpath(os.path.join(root, agents.NAME))
    path = os.path.relpath(real, os.path.realpath(root))
    parts = path.split(os.sep)
    if ".." in parts or ".git" in parts or not os.path.isfile(real):
        raise UsageError(
            f"{agents.NAME} is a symbolic link to {printable(real)}, which is no file of this"
            " repository; nothing is written through it"
        )
    files, _ = _read(root, [path])
    return path, Seen(
        seen.paths, {**seen.files, **files}, seen.links, seen.remote, seen.default_branch
    )


def _hold_plain(path: str) -> None:
    parts = path.split("/")
    if path.startswith("/") or not set(parts).isdisjoint(("", ".", "..", ".git")):
        raise UsageError(f"baseline = {one_line(path)} is no path of a file of the repository")


def _read(root: str, paths: Iterable[str]) -> tuple[dict[str, bytes], frozenset[str]]:
    """The content of those files that are there, and which are symbolic links (or no files)."""
    files: dict[str, bytes] = {}
    links = set()
    with Folder(root) as folder:
        for path in sorted(paths):
            raw = encode_path(path)
            try:
                status = folder.status(raw)
                if status is None:
                    continue
                if stat.S_ISREG(status.st_mode):
                    large = status.st_size > _LARGEST and path.endswith(NAME)
                    files[path] = b"" if large else folder.read(raw, _LARGEST)
                else:
                    files[path] = b""
                    links.add(path)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise UsageError(f"{one_line(path)}: {reason}") from error
    return files, frozenset(links)


def source(given: str | None) -> Source:
    """Where others get readiness from: as `given`, else as it was installed here.

    Raises:
        UsageError: what is given is neither a repository at a commit nor what pip installs.
    """
    if given is None:
        return _installed()
    match = _REPOSITORY.fullmatch(given)
    if match:
        return _of_repository(match[1], match[2], "")
    if not _PACKAGE.fullmatch(given):
        raise UsageError(
            f"--from {one_line(given)}: give https://HOST/OWNER/readiness@COMMIT (all 40 digits),"
            " or what pip installs, as readiness==1.2.3"
        )
    return Source(package=given)


def _of_repository(url: str, commit: str, release: str) -> Source:
    plain = url.removesuffix(".git")
    return Source(f"readiness @ git+{plain}@{commit}", plain, commit, release)


def _installed() -> Source:
    """By what pip wrote down; of a folder or file of this machine others know nothing."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution("readiness")
    except PackageNotFoundError:
        return Source()
    told = installed.read_text("direct_url.json")
    if told is None:  # it comes from an index, where only releases are
        version = installed.version
        release = _RELEASE.fullmatch(version) and "dev" not in version and "+" not in version
        return Source(package=f"readiness=={version}") if release else Source()
    try:
        found = json.loads(told)
        url, git = str(found["url"]), found["vcs_info"]
        match = _REPOSITORY.fullmatch(f"{url}@{git['commit_id']}")
        asked = str(git.get("requested_revision", ""))
    except (ValueError, KeyError, TypeError):
        return Source()
    if match is None:
        return Source()
    return _of_repository(match[1], match[2], asked if _RELEASE.fullmatch(asked) else "")
