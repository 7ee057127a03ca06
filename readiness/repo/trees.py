"""The files of a commit."""

from __future__ import annotations

from readiness.errors import RepositoryError
from readiness.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, TrackedFile, decode_path
from readiness.repo.index_file import MOST_FILES, leads_out
from readiness.repo.room import GitStopped, Room

_TYPES = {b"120000": SYMLINK, b"160000": SUBMODULE}


def list_files(room: Room, commit_id: str) -> list[TrackedFile]:
    """The files of a commit, submodules as entries of mode 160000.

    Raises RepositoryError where they cannot be listed: trees that are missing or damaged, a path
    that no checkout can have, or more than `MOST_FILES` files (a few small trees that hold each
    other can pretend to any number).
    """
    short = commit_id[:12]
    files: list[TrackedFile] = []
    paths: list[bytes] = []
    try:
        for record in room.fields("ls-tree", "-r", "-z", "--full-tree", commit_id):
            attributes, _, path = record.partition(b"\t")
            if not attributes:
                continue
            mode, _, blob_id = attributes.split(b" ")
            if len(files) == MOST_FILES:
                raise RepositoryError(f"commit {short} holds more than {MOST_FILES:,} files")
            paths.append(path)
            regular = EXECUTABLE if int(mode, 8) & 0o100 else REGULAR
            files.append(
                TrackedFile(decode_path(path), blob_id.decode(), _TYPES.get(mode, regular))
            )
    except GitStopped as error:
        raise RepositoryError(
            f"the files of commit {short} cannot be listed; git fsck says what is missing"
        ) from error
    if leads_out(paths):
        raise RepositoryError(f"commit {short} holds a path that leads out of its folder")
    return files
