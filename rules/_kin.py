"""Kin: modules side by side that are made alike, as the plugins of one loader are."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts import python
from readiness.facts.python import Definition
from readiness.index import RepoIndex
from readiness.index.inventory import RUN, FileClass

_BASES = frozenset(
    "object Exception BaseException ValueError TypeError RuntimeError KeyError Warning str int dict"
    " list tuple set BaseModel BaseSettings Model Base Enum StrEnum IntEnum ABC Protocol Generic"
    " TypedDict NamedTuple Struct Schema Serializer ModelSerializer Form ModelForm View TestCase"
    " Thread Process Meta type Config APIView Resource MethodView DeclarativeBase".split()
)  # of everybody: they say nothing of who loads a class
_DECORATORS = frozenset(
    "dataclass property staticmethod classmethod cache lru_cache wraps contextmanager overload"
    " total_ordering abstractmethod fixture final runtime_checkable unique asynccontextmanager"
    " deprecated singledispatch cached_property".split()
)
_NAMES = frozenset(("main", "parse_args", "get_logger", "setup_logging", "cli", "Config"))
FEWEST = 2  # modules beside one that make it one of a kind


def kin(index: RepoIndex, path: str) -> tuple[str, list[str]]:
    """What a module has in common with others beside it that no live code imports either, and
    those; of several such things that of most. ("", []) where they are fewer than `FEWEST`."""
    kinds = index.once(_kinds)
    folder = path.rpartition("/")[0]
    best = max(
        (each for each in kinds.get(folder, {}).items() if path in each[1]),
        key=lambda each: (len(each[1]), each[0]),
        default=("", []),
    )
    others = [other for other in best[1] if other != path]
    return (best[0], others) if len(others) >= FEWEST else ("", [])


def _kinds(index: RepoIndex) -> dict[str, dict[str, list[str]]]:
    """Folder -> what several of its modules that no live code imports have in common -> those."""
    found: dict[str, dict[str, list[str]]] = {}
    for path, facts in index.each(python.SLICE):
        if not index.inventory.is_(path, FileClass.LIVE) or _is_imported(index, path):
            continue
        folder, _, name = path.rpartition("/")
        if name != "__init__.py":
            told = {what for each in facts.definitions for what in _tells(each)}
            for what in told:
                found.setdefault(folder, {}).setdefault(what, []).append(path)
    return found


def _is_imported(index: RepoIndex, path: str) -> bool:
    edges = index.imports.importers.get(path, ())
    return any(not edge.typing and index.inventory.is_(edge.source, *RUN) for edge in edges)


def _tells(definition: Definition) -> Iterator[str]:
    if definition.kind == "variable" or "." in definition.name:
        return
    for base in definition.bases:
        if base.rpartition(".")[2] not in _BASES:
            yield f"the base {base.rpartition('.')[2]}"
    for decorator in definition.decorators:
        if decorator.rpartition(".")[2] not in _DECORATORS:
            yield f"@{decorator}"
    public = not definition.name.startswith("_") and not definition.name.startswith("test")
    if public and definition.name not in _NAMES:
        yield f"a {definition.kind} {definition.name}"
