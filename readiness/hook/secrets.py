"""A closer look: which suspects hold a secret that none of their former contents held?"""

from __future__ import annotations

import functools
import os
from collections import Counter

from readiness import compiled, secrets
from readiness.hook import facts
from readiness.hook.glance import Suspects, note_path
from readiness.hook.staged import Change, Staged
from readiness.model import decode_path


def confirm(suspects: Suspects, staged: Staged, cache: str | None) -> list[Change]:
    """The suspects with a secret that is new, whatever its place makes of it."""
    keep_gate(cache)
    contents = suspects.contents
    wanted = [old for change in suspects.secrets for old in change.old if old not in contents]
    if wanted:
        contents |= staged.contents(wanted)
    return [change for change in suspects.secrets if _brings_one(change, contents)]


@functools.cache
def keep_gate(cache: str | None) -> None:
    """Has the compiled gate kept in the folder of the cache, and noted for the next glance.

    It is compiled when it is asked for the second time: where the hook runs only once, as in a
    container that is thrown away, an engine that is ready sooner serves better.
    """
    folder = None
    if cache is not None and _is_wanted(cache):
        from pathlib import Path

        folder = Path(cache)
    secrets.keep_gate_in(folder, for_little=True)


def _is_wanted(cache: str) -> bool:
    try:
        note = note_path(cache)
        os.makedirs(cache, mode=0o700, exist_ok=True)
        known = os.path.exists(note)
        name = secrets.gate_name()
    except (ImportError, OSError):
        return False
    if not os.access(cache, os.W_OK):
        return os.path.exists(os.path.join(cache, name))
    wanted = known or os.path.exists(os.path.join(cache, name))
    content = os.fsencode(name) if wanted else b""
    if not known or os.path.getsize(note) != len(content):
        compiled.write(note, content)
    return wanted


def _brings_one(change: Change, contents: dict[str, bytes | None]) -> bool:
    kind = secrets.SLICE.kind(decode_path(change.path))
    data = contents[change.blob_id]
    if kind is None or data is None:
        return data is None
    after = _secrets(kind, data)
    return bool(after) and all(after - _secrets(kind, contents[old] or b"") for old in change.old)


def _secrets(kind: str, data: bytes) -> Counter[tuple[object, ...]]:
    """The secrets of a text without their lines."""
    return Counter(
        (each.provider, each.key, each.length, each.named, each.confidence, each.severity)
        for each in facts.found(kind, data).secrets
    )
