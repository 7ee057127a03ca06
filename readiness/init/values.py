"""What a repository shows to `readiness init`, and what that offers to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct


class Source(Struct, frozen=True):
    """Where others get this readiness from; what is unknown is empty.

    `package` is what pip installs, `repository` the URL of its Git repository, `commit` the full
    id of what is installed and `release` the tag of that.
    """

    package: str = ""
    repository: str = ""
    commit: str = ""
    release: str = ""

    @property
    def action(self) -> str:
        """The owner and name that GitHub finds our action by."""
        owner_and_name = self.repository.removeprefix("https://github.com/")
        return owner_and_name if owner_and_name != self.repository else ""


class Seen(Struct, frozen=True):
    """`paths` are tracked; `files` holds the content of those files, tracked or not, that decide
    what is written; a symbolic link has none: it is empty there and named in `links`."""

    paths: Collection[str]
    files: Mapping[str, bytes]
    links: Collection[str] = ()
    remote: str | None = None
    default_branch: str | None = None


class Wish(Struct, frozen=True):
    """What the caller asks for; `ci` is "github", "gitlab", "none", or empty: what is seen
    decides. `without` names what is left out."""

    ci: str = ""
    hook: bool = False
    agents: bool = False
    without: Collection[str] = ()


class Piece(Struct, frozen=True):
    """A file to write: a new one, where there is nothing `before`, else one to which is added."""

    path: str
    why: str
    after: bytes
    before: bytes | None = None


class Offer(Struct, frozen=True):
    """What to write, what is left as it is and why, and what is left to the reader to do."""

    pieces: tuple[Piece, ...] = ()
    kept: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()

    def __add__(self, other: Offer) -> Offer:
        return Offer(self.pieces + other.pieces, self.kept + other.kept, self.todo + other.todo)
