"""What the changed files hold: checksums for the archive, and what must not go into it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from readiness import secrets
from readiness.apply.archive import Entry, describe, target_of
from readiness.apply.changes import Change, Left
from readiness.errors import one_line
from readiness.model import ActionKind, Confidence, Severity

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LONGEST_POINTER = 1024


class Found(Struct, frozen=True):
    """One changed path with its content as it lies there: the bytes, or why they cannot be had."""

    change: Change
    content: bytes | str
    mode: int
    permissions: int | None = None
    after: bytes | None = None
    written: str = ""


class Survey(Struct, frozen=True):
    """`entries` for the manifest, sorted by path; `left` are untracked files that would be lost,
    since the archive may not have them; `problems` are reasons to refuse."""

    entries: tuple[Entry, ...]
    left: tuple[Left, ...]
    problems: tuple[str, ...]


def survey(found: Iterable[Found], *, archive_secrets: bool) -> Survey:
    """Looks at every content once."""
    entries: list[Entry] = []
    left: list[Left] = []
    problems: list[str] = []
    for each in found:
        change, content = each.change, each.content
        if isinstance(content, str):
            problems.append(f"{one_line(change.path)} cannot be read: {content}")
            continue
        if len(content) <= _LONGEST_POINTER and content.startswith(_POINTER):
            problems.append(
                f"{one_line(change.path)} is a pointer of Git LFS, its content lies elsewhere;"
                " make it KEEP"
            )
        kinds = kinds_of_secrets(change.path, content) if change.stores else ()
        stored = "history"
        if change.blob is None:
            stored = "nowhere"
        elif change.stores and (archive_secrets or not kinds):
            stored = "archive"
        elif not change.tracked:
            told = f"{one_line(change.path)} holds secrets ({', '.join(kinds)}) and Git has no copy"
            left.append(Left(change.action, f"{told}: only with --archive-secrets"))
            continue
        entries.append(_entry(each, content, stored, kinds))
    entries.sort(key=lambda entry: entry.path)
    return Survey(tuple(entries), tuple(left), tuple(problems))


def kinds_of_secrets(path: str, content: bytes) -> tuple[str, ...]:
    """The kinds of credentials in a file, by name; those that may well be none are left out."""
    kind = secrets.SLICE.kind(path)
    if kind is None:
        return ()
    return tuple(
        sorted(
            {
                secret.name
                for secret in secrets.extract(kind, content).secrets
                if secret.confidence is not Confidence.LOW and secret.severity is not Severity.LOW
            }
        )
    )


def _entry(found: Found, content: bytes, stored: str, kinds: tuple[str, ...]) -> Entry:
    change, action = found.change, found.change.action
    digest, size = describe(content)
    kind = action.kind
    if kind is ActionKind.MODIFY and change.blob is None:
        kind = ActionKind.CREATE
    return Entry(
        path=change.path,
        blob=change.blob or "",
        sha256=digest,
        mode=f"{found.mode:06o}",
        size=size,
        stored=stored,
        kind=kind,
        action=action.id,
        reason=one_line(action.reason or action.title),
        rules=action.rules,
        written=found.written,
        tracked=change.tracked,
        permissions=found.permissions,
        target=target_of(found.mode, content) if stored == "archive" else None,
        secrets=kinds,
    )
