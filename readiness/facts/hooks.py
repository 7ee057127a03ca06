"""Facts of pre-commit configurations: which hooks run, and on what."""

from __future__ import annotations

from msgspec import Struct

from readiness.facts import Slice
from readiness.facts.text import decode
from readiness.facts.yaml_nodes import Node, Walk, YamlError, documents, scalar, warm

_TYPES = ("types", "types_or", "exclude_types")
NAMES = (".pre-commit-config.yaml", ".pre-commit-config.yml")


class Hook(Struct, frozen=True):
    """One hook. `narrowed` is what keeps it from running on all that it could, as written:
    ("exclude", "^docs/"); `told` is what it runs with where that is not its own choice."""

    id: str
    line: int
    repository: str = ""
    narrowed: tuple[tuple[str, str], ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    @property
    def manual(self) -> bool:
        """Does it run only where someone calls it?"""
        return ("stages", "manual") in self.narrowed


class HookFacts(Struct, frozen=True):
    hooks: tuple[Hook, ...] = ()


def extract(kind: str, data: bytes) -> HookFacts:
    """The hooks of a configuration; none of one that is no YAML."""
    walk = Walk()
    try:
        return HookFacts(
            tuple(hook for root in documents(decode(data)[0]) for hook in _hooks(walk, root))
        )
    except (YamlError, RecursionError):
        return HookFacts()


def _hooks(walk: Walk, root: Node) -> list[Hook]:
    settings = walk.mapping(root)
    named = ((name, scalar(settings.get(name))) for name in ("exclude", "files"))
    whole = [(name, text) for name, text in named if text]
    default = _list(walk, settings.get("default_stages"))
    skipped = walk.texts(walk.mapping(settings.get("ci")).get("skip"))
    found = []
    for repository in walk.sequence(settings.get("repos")):
        source = walk.mapping(repository)
        for entry in walk.sequence(source.get("hooks")):
            hook = walk.mapping(entry)
            own = ((name, scalar(hook.get(name))) for name in ("exclude", "files"))
            narrowed = whole + [(name, text) for name, text in own if text]
            lists = ((name, _list(walk, hook.get(name))) for name in _TYPES)
            narrowed += [(name, text) for name, text in lists if text]
            stages = _list(walk, hook.get("stages")) or default
            if stages:
                narrowed.append(("stages", stages))
            if scalar(hook.get("id")) in skipped:
                narrowed.append(("ci.skip", scalar(hook.get("id"))))
            arguments = " ".join(walk.texts(hook.get("args")))
            told = (("entry", scalar(hook.get("entry"))), ("args", arguments))
            found.append(
                Hook(
                    scalar(hook.get("id")),
                    entry.line,
                    scalar(source.get("repo")),
                    tuple(narrowed),
                    tuple((name, text) for name, text in told if text),
                )
            )
    return found


def _list(walk: Walk, node: Node | None) -> str:
    return ", ".join(sorted(walk.texts(node)))


def _kind(path: str) -> str | None:
    return "pre-commit" if path in NAMES else None


SLICE = Slice(name="hooks", version=2, type=HookFacts, kind=_kind, extract=extract, warm=warm)
