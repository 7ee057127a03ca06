"""What a path in a plan or an archive may be; whoever wrote those may not be trusted."""

from __future__ import annotations

import re
import unicodedata

from readiness.model import encode_path
from readiness.plan.fields import path_fault

# Names that some file system takes for `.git`: with characters that HFS+ leaves out, with the
# dots and spaces that Windows drops, and the short name that NTFS gives it.
_INVISIBLE = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT = re.compile(r"(?:\.git|git~1)[. ]*(?::.*)?", re.IGNORECASE)


def fault(path: str) -> str | None:
    """Why `path` cannot name a file of the work tree, as text to follow the path; else null."""
    found = path_fault(path)
    if found is None and any(_GIT.fullmatch(_INVISIBLE.sub("", part)) for part in path.split("/")):
        found = "lies in what some system takes for Git's own folder"
    return found


def encoded(path: str) -> bytes:
    """The bytes of a path without fault. Raises ValueError for any other."""
    if fault(path) is not None:
        raise ValueError(path)
    return encode_path(path)


def folded(path: str) -> str:
    """The same for paths that are one where upper and lower case are."""
    return unicodedata.normalize("NFC", path).casefold()


def parents(path: str) -> list[str]:
    """The folders above `path`, outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
