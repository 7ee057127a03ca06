"""References: what HEAD, branches, tags and remote branches point at."""

from __future__ import annotations

import os
import re

from readiness.errors import RepositoryError
from readiness.repo.locate import Place
from readiness.repo.metadata import HUGE, printable, read_metadata

_DEPTH = 5  # symbolic references that lead to one another, as many as Git follows
_NAME = re.compile(
    rb"(?:refs/(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|\Z)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])"
    rb"|[A-Z_]+)\Z"
)
_PER_WORK_TREE = (b"refs/bisect/", b"refs/worktree/", b"refs/rewritten/")


class References:
    """The references of one repository, read when asked for and never through Git."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._id = re.compile(rb"[0-9a-f]{%d}\Z" % place.hexadecimal_digits)
        self._packed_file: bytes | None = None

    def head(self) -> tuple[str | None, bytes | None]:
        """(commit id, branch as `refs/heads/...`): no id before the first commit, no branch
        where HEAD is detached. Raises RepositoryError where HEAD makes no sense."""
        content = read_metadata(os.path.join(self._place.git, "HEAD"))
        target = _symbolic(content or b"")
        value = (content or b"").strip()
        if target is None and not self._id.match(value):
            where = printable(os.path.join(self._place.git, "HEAD"))
            raise RepositoryError(f"{where} is damaged: it names neither a branch nor a commit")
        return (value.decode(), None) if target is None else (self.resolve(target), target)

    def resolve(self, name: bytes) -> str | None:
        """The object id that a full name such as `refs/heads/main` leads to; null for none."""
        for _ in range(_DEPTH):
            if not _NAME.match(name):
                return None
            own = not name.startswith(b"refs/") or name.startswith(_PER_WORK_TREE)
            folder = self._place.git if own else self._place.common
            content = read_metadata(os.path.join(folder, os.fsdecode(name)))
            if content is None:
                return self._resolve_packed(name)
            target = _symbolic(content)
            if target is None:
                value = content.strip()
                return value.decode() if self._id.match(value) else None
            name = target
        return None

    def target(self, name: bytes) -> bytes | None:
        """What the symbolic reference `name` points at; null where it is none."""
        return _symbolic(read_metadata(os.path.join(self._place.common, os.fsdecode(name))) or b"")

    def all(self) -> dict[bytes, str]:
        """Every reference below `refs/` -> the object id that it leads to."""
        found = {
            fields[1]: fields[0].decode()
            for line in self._packed.split(b"\n")
            if len(fields := line.split(b" ", 1)) == 2
            and self._id.match(fields[0])
            and _NAME.match(fields[1])
        }
        root = os.fsencode(self._place.common)
        for folder, _, names in os.walk(os.path.join(root, b"refs")):
            for file in names:
                name = os.path.relpath(os.path.join(folder, file), root)
                value = self.resolve(name)
                if value is not None:
                    found[name] = value
        return found

    def default_branch(self) -> str | None:
        """The branch that the remote checks out; a bare repository's own; else main or master."""
        remote = os.fsencode(self._place.settings.remote or "origin")
        prefix = b"refs/remotes/%s/" % remote
        target = self.target(prefix + b"HEAD") if _NAME.match(prefix + b"HEAD") else None
        if target is not None and target.startswith(prefix):
            return _text(target.removeprefix(prefix))
        if self._place.work_tree is None:
            branch = self.head()[1] or b""
            return _text(branch.removeprefix(b"refs/heads/")) or None
        for name in (b"main", b"master"):
            if self.resolve(b"refs/heads/" + name) or self.resolve(prefix + name):
                return name.decode()
        return None

    @property
    def _packed(self) -> bytes:
        if self._packed_file is None:
            path = os.path.join(self._place.common, "packed-refs")
            self._packed_file = b"\n%s\n" % (read_metadata(path, HUGE) or b"")
        return self._packed_file

    def _resolve_packed(self, name: bytes) -> str | None:
        end = self._packed.find(b" %s\n" % name)
        start = self._packed.rfind(b"\n", 0, end) + 1 if end >= 0 else end
        value = self._packed[start:end]
        return value.decode() if end >= 0 and self._id.match(value) else None


def _symbolic(content: bytes) -> bytes | None:
    """The name in `ref: NAME`."""
    return content[4:].strip() if content.startswith(b"ref:") else None


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
