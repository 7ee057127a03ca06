"""What is staged: the files of the index that no parent of the commit holds, and their contents.

It reads of the repository what `readiness.repo` reads, in a clean room of the same making, and
gives up (`Unusual`) on all that is not plain, where that package knows more.
"""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Iterable

from readiness import clean_room

LARGEST = 5_000_000  # bytes of a file that is read, as in an audit
_AT_ONCE = 20_000_000  # bytes that are read without asking first how many they are
_REGULAR = (b"100644", b"100755")
_NO_FILES = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the id of the tree that holds none
_NONE = "0" * 40


# Path -> (before, now), each (mode, id of the blob), of what is otherwise than in one commit.
Side = dict[bytes, tuple[tuple[bytes, str] | None, tuple[bytes, str]]]


class Unusual(Exception):
    """What only the whole machinery understands."""


class _TooMuch(Unusual):
    """More than a glance takes in."""


class Change:
    """A staged file: its path, blob and mode, and its (mode, blob) in each parent of the commit
    that is to be made; null where a parent has no such file."""

    def __init__(self, path: bytes, mode: bytes, blob_id: str) -> None:
        self.path = path
        self.mode = mode
        self.blob_id = blob_id
        self.before: list[tuple[bytes, str] | None] = []

    @property
    def regular(self) -> bool:
        return self.mode in _REGULAR

    @property
    def old(self) -> list[str]:
        """The ids of its former contents."""
        return [each[1] for each in self.before if each and each[0] in _REGULAR]


class Staged:
    """The change that the index holds; a context manager, which removes its clean room.

    `parents` are the commits that a commit made now would have: HEAD, and in a merge the others.
    `changes` are the files that are as in none of them; `sides` tell for each parent, or for the
    empty tree before the first commit, what is otherwise there. Raises Unusual.
    """

    def __init__(self, folder: str = ".") -> None:
        try:
            self.root, self.git, self.common = _find(os.path.realpath(folder))
        except OSError as error:  # a folder that is gone, or not ours to read
            raise Unusual from error
        self.objects = os.path.join(self.common, "objects")
        self.index = _index(self.git)
        self.parents = _parents(self.git, self.common)
        self._room = ""
        self.changes: list[Change] = []
        self.sides: list[Side] = []

    def __enter__(self) -> Staged:
        try:
            room = clean_room.new_folder()
            clean_room.make(room)
        except OSError as error:
            raise Unusual from error
        self._room = room
        try:
            self._compare()
        except ValueError as error:  # no such thing would Git print
            self.__exit__()
            raise Unusual from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for folder, folders, files in os.walk(self._room, topdown=False):
            for name in files:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                os.rmdir(os.path.join(folder, name))
        os.rmdir(self._room)

    def _compare(self) -> None:
        sides = self.sides = [self._side(parent) for parent in self.parents or [_NO_FILES]]
        common = set(sides[0]).intersection(*sides[1:])
        for path in sorted(common):
            _, (mode, blob_id) = sides[0][path]
            if mode == b"000000":
                continue
            change = Change(path, mode, blob_id)
            change.before = [before for before, _ in (side[path] for side in sides)]
            self.changes.append(change)

    def _side(self, parent: str) -> Side:
        output = self._run(
            "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", parent
        )
        *fields, rest = output.split(b"\0")
        if rest:
            raise ValueError(rest)
        found: Side = {}
        for attributes, path in zip(fields[::2], fields[1::2], strict=True):
            old_mode, new_mode, old, new, status = attributes[1:].split(b" ")
            if status == b"U":  # such a commit cannot be made
                continue
            before = None if old_mode == b"000000" else (old_mode, old.decode())
            if new_mode != b"000000" and new.decode() == _NONE:
                raise Unusual
            found[path] = before, (new_mode, new.decode())
        return found

    def contents(self, ids: Iterable[str]) -> dict[str, bytes | None]:
        """Id -> content of each blob; null where it cannot be read, or is a text too large to."""
        found: dict[str, bytes | None] = {}
        asked = []
        for blob_id in dict.fromkeys(ids):
            try:
                found[blob_id] = _loose(self.objects, blob_id)
            except FileNotFoundError:
                asked.append(blob_id)
            except (OSError, ValueError, zlib.error):
                found[blob_id] = None
        if asked:
            found |= dict.fromkeys(asked)
            found |= self._packed(asked)
        return found

    def _packed(self, ids: list[str]) -> dict[str, bytes]:
        """The contents of those that can be read. Where they are few and small, as nearly always,
        one process tells; else the sizes are asked first."""
        try:
            return _batch(self._run("cat-file", "--batch", request=self._request(ids)))
        except ValueError as error:
            raise Unusual from error
        except _TooMuch:
            pass
        answers = self._run("cat-file", "--batch-check", request=self._request(ids)).split(b"\n")
        sizes = [[*answer.split(b" "), b"", b""][1:3] for answer in answers]
        readable = [
            blob_id
            for blob_id, (kind, size) in zip(ids, sizes, strict=False)
            if kind == b"blob" and int(size) <= LARGEST
        ]
        if not readable:
            return {}
        request = self._request(readable)
        return _batch(self._run("cat-file", "--batch", request=request, most=-1))

    def _request(self, ids: list[str]) -> str:
        clean_room.write(self._room, "request", "".join(f"{each}\n" for each in ids).encode())
        return os.path.join(self._room, "request")

    def _run(self, *arguments: str, request: str = os.devnull, most: int = _AT_ONCE) -> bytes:
        """What Git prints. Raises Unusual where it fails, _TooMuch above `most` bytes
        (below 0: any number)."""
        reader, writer = os.pipe()
        environment = clean_room.environment(self._room, self.objects)
        environment["GIT_INDEX_FILE"] = self.index
        try:
            program = clean_room.git_program()
            process = os.posix_spawn(
                program,
                [program, "-C", self._room, *arguments],
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, request, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, writer, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
            )
        except OSError as error:
            os.close(reader)
            raise Unusual from error
        finally:
            os.close(writer)
        try:
            with open(reader, "rb") as output:
                content = output.read(most + 1 if most >= 0 else -1)
        except BaseException:
            os.kill(process, signal.SIGKILL)
            raise
        finally:
            status = os.waitpid(process, 0)[1]  # Git ends, too, when nobody listens any more
        if 0 <= most < len(content):
            raise _TooMuch
        if status:
            raise Unusual
        return content


def _batch(output: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        name, _, answer = output[position:end].partition(b" ")
        position = end + 1
        kind, _, size = answer.partition(b" ")
        if not size:  # it is missing
            continue
        if kind == b"blob" and int(size) <= LARGEST:
            found[name.decode()] = output[position : position + int(size)]
        position += int(size) + 1
    return found


def _loose(objects: str, blob_id: str) -> bytes | None:
    """The content of a blob that lies in a file of its own, as what was just staged does."""
    with open(os.path.join(objects, blob_id[:2], blob_id[2:]), "rb") as file:
        packed = file.read(LARGEST)
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(packed, LARGEST + 100)
    header, _, content = raw.partition(b"\0")
    kind, _, size = header.partition(b" ")
    if kind != b"blob":
        raise ValueError(blob_id)
    if int(size) > LARGEST:
        return b"\0" if b"\0" in content[:8192] else None  # no text, so nothing is looked for
    if len(content) != int(size):
        raise ValueError(blob_id)
    return content


def _find(folder: str) -> tuple[str, str, str]:
    """The work tree, its Git directory, and the one that all work trees share."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        if folder == os.path.dirname(folder):
            raise Unusual
        folder = os.path.dirname(folder)
    git = os.path.join(folder, ".git")
    if os.path.isfile(git):
        target = _read(git).removeprefix("gitdir: ").strip()
        git = os.path.join(folder, target)
    git = os.path.realpath(git)
    common = git
    if os.path.isfile(os.path.join(git, "commondir")):
        common = os.path.realpath(os.path.join(git, _read(os.path.join(git, "commondir")).strip()))
    if "extensions" in _read(os.path.join(common, "config")).lower():
        raise Unusual  # other ids, other references: much may be different
    return folder, git, common


def _index(git: str) -> str:
    """The index that the commit is made from: in a hook, Git says which one that is."""
    given = os.environ.get("GIT_INDEX_FILE", "")
    if not (os.path.isfile(given) and os.path.realpath(os.path.dirname(given)) == git):
        given = os.path.join(git, "index")
    given = os.path.abspath(given)
    if any(name.startswith("sharedindex.") for name in os.listdir(git)):
        raise Unusual
    return given


def _parents(git: str, common: str) -> list[str]:
    head = _read(os.path.join(git, "HEAD")).strip()
    if head.startswith("ref:"):
        name = head.removeprefix("ref: ")
        if not name.startswith("refs/heads/") or "/../" in name or "\0" in name:
            raise Unusual
        head = _reference(common, name)
    if head and not _is_id(head):
        raise Unusual
    merged = os.path.join(git, "MERGE_HEAD")
    others = _read(merged).split() if os.path.isfile(merged) else []
    if not all(map(_is_id, others)):
        raise Unusual
    return [*([head] if head else []), *others]


def _reference(common: str, name: str) -> str:
    """The id that a branch leads to; "" before its first commit."""
    path = os.path.join(common, name)
    if os.path.isfile(path):
        return _read(path).strip()
    packed = os.path.join(common, "packed-refs")
    if os.path.isfile(packed):
        end = f" {name}"
        for line in _read(packed).split("\n"):
            if line.endswith(end) and len(line) == 40 + len(end):
                return line[:40]
    return ""


def _is_id(text: str) -> bool:
    return len(text) == 40 and not text.strip("0123456789abcdef")


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read())
    except OSError as error:
        raise Unusual from error
