"""Ancestry: where two lines of commits part."""

from __future__ import annotations

from readiness.repo.room import GitStopped, Room


def merge_base(room: Room, one: str, other: str) -> str | None:
    """The latest commit that two commits (full ids) both come from; null where there is none, or
    where the clone lacks commits that could be it."""
    found = _ids(room, "merge-base", one, other)
    if not found:
        return None
    shallow = room.boundary()
    if shallow and shallow.intersection(_ids(room, "rev-list", one, other, f"^{found[0]}")):
        return None  # beyond one of them the two lines may meet later
    return found[0]


def is_ancestor(room: Room, one: str, other: str) -> bool:
    """Does the history of `other` hold `one`, as far as the clone knows?"""
    return one == other or one in _ids(room, "merge-base", "--all", one, other)


def _ids(room: Room, *arguments: str) -> list[str]:
    """The ids that a Git command prints; none where it fails."""
    try:
        return b"".join(room.fields(*arguments)).decode("ascii", "replace").split()
    except GitStopped:
        return []
