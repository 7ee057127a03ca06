"""Copy markers in file names: `main_old.py`, `page-updated.tsx`, `x.archived.py`, `x.yml.bak`."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from readiness.index.archives import CODE, tokens

STRONG = {"old", "backup", "bak", "orig", "copy", "archived", "deprecated", "obsolete"}
SOFT = {"refactored", "updated", "new", "final", "fixed", "simplified", "hybrid", "legacy", "temp"}
BACKUPS = {"bak", "backup", "old", "orig", "copy", "save", "archived"}  # as a second extension
_ALONE = {"old", "archived", "obsolete", "orig", "bak"}  # telling even without a sibling
_KINDS = {
    *("service", "controller", "manager", "handler", "component", "orchestrator", "utils", "page"),
    *("utility", "helper", "client", "module", "store", "provider", "adapter", "abstraction"),
    *("repository", "factory", "engine", "processor", "agent", "router", "model", "views"),
}
_PLAIN = CODE | {"yml", "yaml", "json", "toml", "ini", "cfg", "conf", "env", "xml", "tf", "less"}
_SUFFIX = re.compile(r"(?:[-_. ]|(?<=[a-z0-9])(?=[A-Z]))([A-Za-z]+)$")
_NUMBERED = re.compile(r"[-_. ]?[vV]\d+(?:[._]\d+){0,3}$| \(\d+\)$")
_PREFIX = re.compile(r"(?:old[-_. ]|copy[-_ ]of[-_ ])", re.IGNORECASE)


class Marked(Struct, frozen=True):
    """`bare`: the name without its markers. `strong`: a word that only copies bear. `unusable`:
    the marker is an extension, so that no tool loads the file by this name. `version`: the only
    marker is a number. `alone`: it tells even where no sibling has the bare name, because only
    copies bear the word or because the word before it names a kind of code (`service-updated`)."""

    bare: str
    marker: str
    strong: bool = True
    unusable: bool = False
    version: bool = False
    alone: bool = False


@lru_cache(maxsize=65536)
def marked(name: str) -> Marked | None:
    """What the markers of a file name say; null where it has none."""
    stem, dot, extension = name.rpartition(".")
    if name.endswith("~") and len(name) > 1:
        return Marked(name[:-1], "~", unusable=True, alone=True)
    if stem and extension.lower() in BACKUPS:
        return Marked(stem, extension, unusable=True, alone=True)
    if not stem or extension.lower() not in _PLAIN:
        return None
    inner, _, second = stem.rpartition(".")
    if inner and second.lower() in STRONG:
        return Marked(f"{inner}.{extension}", second, unusable=extension == "py", alone=True)
    found: list[str] = []
    numbered = ""
    while True:
        number = _NUMBERED.search(stem)
        word = _SUFFIX.search(stem)
        if number and number.start():
            numbered, stem = number[0].strip("-_. "), stem[: number.start()]
        elif word and word.start() and word[1].lower() in STRONG | SOFT:
            found.append(word[1].lower())
            stem = stem[: word.start()]
        else:
            break
    prefix = _PREFIX.match(stem)
    if prefix and len(stem) > prefix.end():
        found.append("old" if prefix[0][0] in "oO" else "copy")
        stem = stem[prefix.end() :]
    if not (found or numbered) or stem.lower() in ("", "test", "tests"):
        return None
    return Marked(
        stem + dot + extension,
        found[0] if found else numbered,
        strong=not STRONG.isdisjoint(found),
        version=not found,
        alone=not _ALONE.isdisjoint(found) or not _KINDS.isdisjoint(tokens(stem)[-1:]),
    )
