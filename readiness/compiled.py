"""The compiled gate of secrets as a file in the user's cache: whole, ours, and of this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_MAGIC = b"readiness gate 1\n"


def load(path: str) -> Any:
    """The saved hyperscan database; null where there is none, or one that is broken or another
    machine's."""
    import hyperscan

    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    header, checksum, payload = content[:17], content[17:49], content[49:]
    if header != _MAGIC or _digest(payload) != checksum:
        return None
    try:
        database = hyperscan.loadb(payload, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.HyperscanError:
        return None
    return database


def save(path: str, payload: bytes) -> None:
    """Writes a database whole or not at all: one that cannot be kept only costs time."""
    write(path, _MAGIC + _digest(payload) + payload)


def write(path: str, content: bytes) -> None:
    """Writes a file of the cache whole or not at all."""
    import tempfile

    folder, name = os.path.split(path)
    try:
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
    except OSError:
        return


def _digest(payload: bytes) -> bytes:
    from _blake2 import blake2b  # hashlib would load OpenSSL for it

    return blake2b(payload, digest_size=32).digest()
