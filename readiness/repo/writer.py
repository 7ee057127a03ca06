"""What is written into a repository: objects, references and the index.

Git works in the clean room here too: no hook, filter or setting of the repository is read. New
objects are made in a folder of our own and become the repository's by two renames; references
change in one transaction; nobody's identity is guessed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from readiness.errors import RepositoryError
from readiness.repo.locate import Place
from readiness.repo.metadata import printable
from readiness.repo.room import GitStopped, Room

_NOBODY = "0" * 40
_ESCAPED = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')
_IDENTITY = re.compile(r"[^<>\n\0]*[^<>\s][^<>\n\0]* <[^<>\s]+@[^<>\s]+>")
_BRANCH = b"refs/heads/built"


class Content(Struct, frozen=True):
    """A file as it shall be."""

    data: bytes
    mode: int


class NewCommit(Struct, frozen=True):
    """A commit to be made on the one before it; a path whose content is null is removed."""

    message: str
    changes: Mapping[bytes, Content | None]


class NewTag(Struct, frozen=True):
    """An annotated tag to be made on the base commit; `name` is short (without `refs/tags/`)."""

    name: str
    message: str


class Who(Struct, frozen=True):
    """Author and committer, as `Name <address>`, and the time in seconds since 1970."""

    identity: str
    at: int

    def line(self) -> bytes:
        return f"{self.identity} {self.at} +0000".encode()


class Built(Struct, frozen=True):
    """The ids of what was made: one a commit, and the tag's."""

    commits: tuple[str, ...]
    tag: str


class Writer:
    """Writes one repository. `work` is a folder of our own on the disk of its Git directory, and
    `token` tells what is made now from what a Git process of a killed call may still write."""

    def __init__(self, place: Place, room: Room, work: str, token: str) -> None:
        self._place = place
        self._room = room
        self._work = work
        self._objects = os.path.join(work, f"objects-{token}")

    def build(
        self,
        base: str,
        commits: Sequence[NewCommit],
        tag: NewTag,
        who: Who,
        blobs: Iterable[bytes] = (),
    ) -> Built:
        """Makes commits on `base`, a tag on it, and more blobs, as one pack that the repository
        cannot see yet.

        Raises RepositoryError where Git cannot: no room on the disk, or objects are missing.
        """
        os.makedirs(os.path.join(self._objects, "pack"))
        marks = os.path.join(self._objects, "marks")
        process = self._room.start(
            *("-c", "fastimport.unpackLimit=0", "-c", "core.fsync=all"),
            *("fast-import", "--quiet", "--done", "--force", f"--export-marks={marks}"),
            **self._surroundings(),
        )
        try:
            done = process.finish(_stream(base, commits, tag, who, blobs))
        finally:
            process.close()
        if not done:
            raise RepositoryError(
                "Git could not write the new commits; is there room on the disk?"
                " git fsck says whether objects are missing"
            )
        made = _read_marks(marks)
        return Built(
            tuple(made[number] for number in range(1, len(commits) + 1)),
            self._identify_tag(base, tag, who),
        )

    def files(self, commit: str) -> dict[bytes, tuple[int, str]]:
        """path -> (mode, blob id) of a commit that `build` made, or of any other."""
        found = {}
        try:
            listed = ("ls-tree", "-r", "-z", "--full-tree", commit)
            for record in self._room.fields(*listed, **self._surroundings()):
                attributes, _, path = record.partition(b"\t")
                if attributes:
                    mode, _, blob = attributes.split(b" ")
                    found[path] = (int(mode, 8), blob.decode())
        except GitStopped as error:
            raise RepositoryError("the new commit cannot be read back") from error
        return found

    def has_tag(self, tag: str) -> bool:
        """Is the tag that `build` made readable?"""
        try:
            answer = b"".join(self._room.fields("cat-file", "-t", tag, **self._surroundings()))
        except GitStopped:
            return False
        return answer.strip() == b"tag"

    def packs(self) -> list[tuple[str, str]]:
        """(where a file of the new pack lies, where it belongs), in the order to move them: a pack
        counts once its index is there, so that comes last."""
        source = os.path.join(self._objects, "pack")
        target = os.path.join(self._place.objects, "pack")
        try:
            names = os.listdir(source)
        except FileNotFoundError:
            return []
        names = sorted(
            (name for name in names if name.startswith("pack-")),
            key=lambda name: (name.endswith(".idx"), name),
        )
        return [(os.path.join(source, name), os.path.join(target, name)) for name in names]

    def create_references(self, references: Sequence[tuple[str, str]]) -> bool:
        """Creates all the references (full name, object id), or none where one exists already."""
        room = os.path.join(self._work, "references")
        self._room.mirror(room)
        lines = ["start", *(f"create {name} {value}" for name, value in references)]
        request = "\n".join([*lines, "prepare", "commit", ""]).encode()
        process = self._room.start(
            *("-c", "core.fsync=all", "update-ref", "--stdin"), GIT_DIR=room, GIT_INDEX_FILE=""
        )
        try:
            return process.finish([request])
        finally:
            process.close()

    def changed_index(self, index: bytes, changes: Mapping[bytes, tuple[int, str] | None]) -> bytes:
        """The index in `index` with other (mode, blob id) for some paths, null for none."""
        nothing = _NOBODY if self._place.object_format == "sha1" else _NOBODY + "0" * 24
        request = []
        for path, entry in changes.items():
            mode, blob = entry or (0, nothing)
            request.append(b"%o %s\t%s\0" % (mode, blob.encode(), path))
        return self._room.changed_index(index, request)

    def _identify_tag(self, base: str, tag: NewTag, who: Who) -> str:
        import hashlib

        text = b"object %s\ntype commit\ntag %s\ntagger %s\n\n%s" % (
            base.encode(),
            tag.name.encode(),
            who.line(),
            tag.message.encode(),
        )
        digest = hashlib.new(self._place.object_format, usedforsecurity=False)
        digest.update(b"tag %d\0%s" % (len(text), text))
        return digest.hexdigest()

    def _surroundings(self) -> dict[str, str]:
        """Git writes into our folder and reads the repository's objects as well."""
        theirs = self._place.objects.replace("\\", "\\\\").replace('"', '\\"')
        return {
            "GIT_OBJECT_DIRECTORY": self._objects,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{theirs}"',
        }


def checked_identity(text: str) -> str:
    """`Name <address>`, as it is. Raises RepositoryError where it is anything else."""
    if not _IDENTITY.fullmatch(text):
        raise RepositoryError(f"{printable(text)} is no author; write it as Ada <ada@example.org>")
    return text


def fault_of_folders(common: str, names: Iterable[str]) -> str | None:
    """Why nothing can be written below `names` in the Git directory `common`: a symlink leads
    out of it, or we may not write there."""
    for name in names:
        current = common
        for part in ("", *name.split("/")):
            current = os.path.join(current, part) if part else current
            if os.path.islink(current):
                return f"{printable(current)} is a symlink; nothing is written through it"
            if not os.path.lexists(current):
                break
            if not os.path.isdir(current):
                return f"{printable(current)} is no folder"
            if not os.access(current, os.W_OK | os.X_OK):
                return f"{printable(current)} may not be written to"
    return None


def _stream(
    base: str, commits: Sequence[NewCommit], tag: NewTag, who: Who, blobs: Iterable[bytes]
) -> Iterator[bytes]:
    """What `git fast-import` reads."""
    parent = base.encode()
    for number, commit in enumerate(commits, start=1):
        yield b"commit %s\nmark :%d\nauthor %s\ncommitter %s\n" % (
            _BRANCH,
            number,
            who.line(),
            who.line(),
        )
        yield _data(commit.message.encode())
        yield b"from %s\n" % parent
        for path, content in commit.changes.items():
            if content is None:
                yield b"D %s\n" % _quoted(path)
            else:
                yield b"M %o inline %s\n" % (content.mode, _quoted(path)) + _data(content.data)
        yield b"\n"
        parent = b":%d" % number
    for blob in blobs:
        yield b"blob\n" + _data(blob)
    yield b"tag %s\nfrom %s\ntagger %s\n" % (tag.name.encode(), base.encode(), who.line())
    yield _data(tag.message.encode())
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: bytes) -> bytes:
    return b'"%s"' % _ESCAPED.sub(lambda match: b"\\%03o" % match[0][0], path)


def _read_marks(path: str) -> dict[int, str]:
    with open(path, encoding="ascii") as file:
        pairs = (line.split() for line in file)
        return {int(mark.removeprefix(":")): name for mark, name in pairs}
