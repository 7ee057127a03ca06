"""What may stand in a plan file, and what a path in it may be."""

from __future__ import annotations

import re

from readiness.model import decode_path, encode_path

VERSION = 1
LONGEST_PATH = 4_096  # bytes
MOST_LINES = 100_000_000
OF_PLAN = ("version", "plan", "repository", "base_commit", "target")
OF_ACTION = (
    "action",
    "after",
    "because",
    "blobs",
    "blockers",
    "edits",
    "effort",
    "effort_why",
    "evidence",
    "gain",
    "id",
    "needed",
    "paths",
    "phase",
    "priority",
    "reason",
    "rules",
    "title",
    "undo",
    "verify",
    "where",
)
OF_EDIT = ("kind", "line", "path", "what")
_UNSEEN = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def path_fault(path: str) -> str | None:
    """Why `path` cannot name a file of the repository, as text to follow the path; else null."""
    if not path:
        return "is empty"
    if _CONTROL.search(path):
        return "holds control characters"
    if path.startswith("/"):
        return "is absolute; write it from the root of the repository"
    if path.endswith("/"):
        return "is a folder, which only a KEEP may name; name its files"
    try:
        raw = encode_path(path)
        same = decode_path(raw) == path
    except (ValueError, UnicodeEncodeError):
        return "holds a backslash that escapes nothing; write a backslash as two"
    if not same:
        return "holds a backslash that escapes nothing; write a backslash as two"
    if b"\0" in raw:
        return "holds control characters"
    if len(raw) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} bytes"
    for part in raw.split(b"/"):
        if part in (b"", b".", b".."):
            return "is not plain; write it without //, . and .."
        if _is_git(part):
            return "lies in Git's own folder"
    return None


def _is_git(part: bytes) -> bool:
    """Is it, on some file system, the name of Git's own folder?"""
    name = _UNSEEN.sub("", part.decode("utf-8", "replace")).lower()
    return name.partition(":")[0].rstrip(". ") in (".git", "git~1")
