"""Which archives there are, and which of them has what is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from msgspec import Struct

from readiness.apply import archive
from readiness.apply.archive import Entry, Manifest
from readiness.apply.journal import ApplyError, Room
from readiness.errors import ReadinessError, UsageError, one_line
from readiness.model import ActionKind
from readiness.repo import Repository

_TAG = b"refs/tags/readiness/before-"


class Kept(Struct, frozen=True):
    """One archive: its name, the folder of its files, and its manifest; or why it has none."""

    name: str
    folder: str
    manifest: Manifest | None = None
    problem: str = ""


def archives(repository: Repository) -> list[Kept]:
    """All archives of the repository, the latest first."""
    room = Room(repository.common_folder)
    if not room.is_real() or not os.path.isdir(room.archives):
        return []
    names = [name for name in os.listdir(room.archives) if archive.NAME.fullmatch(name)]
    names.sort(key=lambda name: (-_written(os.path.join(room.archives, name)), name))
    return [_open(os.path.join(room.archives, name)) for name in names]


def _written(folder: str) -> int:
    try:
        return os.stat(os.path.join(folder, archive.MANIFEST)).st_mtime_ns
    except OSError:
        return 0


def _open(folder: str) -> Kept:
    name = os.path.basename(folder)
    try:
        manifest = archive.load(folder)
    except ReadinessError as error:
        return Kept(name, folder, problem=str(error))
    return Kept(name, manifest.folder or folder, manifest)


def choose(
    repository: Repository, paths: Sequence[str], *, everything: bool, name: str | None
) -> list[tuple[Kept, Entry]]:
    """The entries that are asked for, each path from the latest archive that has it."""
    known = archives(repository)
    tagged = [_of_tag(repository, tag) for tag in tags_alone(repository, known)]
    if name is not None:
        known = [kept for kept in (*known, *tagged) if kept.name == name]
        tagged = []
        if not known:
            raise UsageError(f"no archive is called {name!r}; readiness restore lists them")
    broken = [kept.problem for kept in known if kept.manifest is None]
    usable = [kept for kept in known if kept.manifest is not None]
    if everything and len(usable) > 1:
        names = ", ".join(kept.name for kept in usable)
        raise UsageError(f"there are {len(usable)} archives; name one with --from: {names}")
    if everything and not usable:
        tags = f"; but there are tags: --from {tagged[0].name}" if tagged else ""
        raise ApplyError(broken[0] if broken else f"there is no archive{tags}")
    if everything:
        tagged = []
    chosen: dict[str, tuple[Kept, Entry]] = {}
    found: set[str] = set()
    for kept in (*usable, *tagged):
        assert kept.manifest is not None
        for entry in kept.manifest.entries:
            asking = [path for path in paths if _covers(path, entry.path)]
            found.update(asking)
            if everything or asking:
                chosen.setdefault(entry.path, (kept, entry))
    unknown = [path for path in paths if path not in found]
    if unknown:
        hint = f"; {broken[0]}" if broken else ""
        raise UsageError(
            f"no archive holds {one_line(unknown[0])!r}; name it as the plan does, from the root of"
            f" the repository{hint}"
        )
    return [chosen[path] for path in sorted(chosen)]


def _covers(asked: str, path: str) -> bool:
    folder = asked.rstrip("/")
    return path == asked or path.startswith(f"{folder}/")


def tags_alone(repository: Repository, known: Iterable[Kept]) -> list[tuple[str, str]]:
    """(name, id) of the tags whose archive is gone or damaged."""
    whole = {kept.name for kept in known if kept.manifest is not None}
    return [
        (name, value)
        for tag, value in sorted(repository.references().items())
        if tag.startswith(_TAG)
        and (name := tag.removeprefix(_TAG).decode("ascii", "replace")) not in whole
    ]


def _of_tag(repository: Repository, tag: tuple[str, str]) -> Kept:
    """The files of the commit that a tag of ours names, as if an archive held them."""
    name, value = tag
    snapshot = repository.snapshot(rev=value)
    entries = tuple(
        Entry(
            path=file.path,
            blob=file.blob_id,
            sha256="",
            mode=f"{file.mode:06o}",
            size=0,
            stored="history",
            kind=ActionKind.REMOVE,
            action="",
            reason="",
        )
        for file in snapshot.files
        if archive.restorable(file.mode)
    )
    manifest = Manifest(1, name, snapshot.commit or "", snapshot.committed_at, "", entries)
    return Kept(name, "", manifest)
