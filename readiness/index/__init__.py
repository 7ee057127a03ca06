"""RepoIndex: the shared evidence of one snapshot, each piece built once, on first use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from readiness.config import Config
from readiness.facts import Slice
from readiness.index.history import History
from readiness.model import Snapshot, TrackedFile

if TYPE_CHECKING:
    from readiness.index.backing import Backings
    from readiness.index.boot import BootCommand
    from readiness.index.configuration import Configuration
    from readiness.index.containers import Containers
    from readiness.index.entrypoints import Entrypoints
    from readiness.index.environments import Environments
    from readiness.index.ignores import Ignores
    from readiness.index.imports import ImportGraph
    from readiness.index.inventory import Inventory
    from readiness.index.memory import Memory
    from readiness.index.profile import Profile
    from readiness.index.reachability import Reachability
    from readiness.index.references import References
    from readiness.index.routes import Routes
    from readiness.index.start_rivals import StartGroup
    from readiness.index.start_scripts import StartScript
    from readiness.index.startup import Startup
    from readiness.index.tests import Tests
    from readiness.index.twins import Twins
    from readiness.index.workflows import Workflows

T = TypeVar("T", bound=Struct)
V = TypeVar("V")


class Made(dict[str, V]):
    """Path -> what a function makes of the file."""

    def __init__(
        self,
        index: RepoIndex,
        slice_: Slice[Any],
        make: Callable[..., V],
        more: tuple[object, ...],
    ) -> None:
        self._facts = partial(index.facts, slice_)
        self._make = make
        self._more = more
        self._kept: dict[str, V] = {}  # for the next index: this one does not outlive its commit
        if index.memory is not None:
            known = index.known(slice_)
            part = f"{slice_.name}: {make.__module__}.{make.__qualname__}"
            before = index.memory.swap(part, (more, known, self._kept))
            if before is not None and before[0] == more:
                _, old, made = before
                self._kept.update({p: made[p] for p in made if p in known and known[p] is old[p]})
                self.update(self._kept)

    def __missing__(self, path: str) -> V:
        facts = self._facts(path)
        if facts is None:
            raise KeyError(path)
        self[path] = self._kept[path] = made = self._make(path, facts, *self._more)
        return made


class RepoIndex:
    """The evidence that rules read: facts of single files, and what follows from all of them.

    `facts`: slice -> path -> encoded facts; they are decoded when asked for.
    `history` is called at most once, and only if a rule needs it. `asked` are the files that the
    rules will ask about, where that is not all: the inventory says nothing of others. `memory`
    makes what was said of unchanged files of a similar snapshot serve again; their facts must be
    the same objects.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        facts: Mapping[str, Mapping[str, bytes]],
        config: Config,
        history: Callable[[], History] = History,
        asked: Collection[str] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.config = config
        self.asked = asked
        self.files: dict[str, TrackedFile] = {file.path: file for file in snapshot.files}
        self.memory = memory
        self._encoded = facts
        self._facts: dict[str, dict[str, Any]] = {}  # slice -> path -> encoded or decoded facts
        self._decode: dict[str, Callable[[bytes], Any]] = {}
        self._decoded: set[str] = set()  # the slices of which all facts are
        self._history = history
        self._made: dict[object, Any] = {}

    def facts(self, slice_: Slice[T], path: str) -> T | None:
        """The facts of one file; null where the slice does not apply or the file was not read."""
        known = self.known(slice_)
        facts = known.get(path)
        if type(facts) is bytes:
            facts = known[path] = self._decode[slice_.name](facts)
        return facts

    def each(self, slice_: Slice[T]) -> Iterable[tuple[str, T]]:
        """(path, facts) of every file that the slice applies to, sorted by path."""
        known = self.known(slice_)
        name = slice_.name
        if name not in self._decoded:
            decode = self._decode[name]
            for path, facts in known.items():
                if type(facts) is bytes:
                    known[path] = decode(facts)
            self._decoded.add(name)
        return known.items()

    def paths(self, slice_: Slice[Any]) -> Collection[str]:
        """The files that the slice applies to and that were read."""
        return self.known(slice_).keys()

    def known(self, slice_: Slice[Any]) -> dict[str, Any]:
        """Path -> facts of the files that were read, decoded where they have been asked for."""
        name = slice_.name
        known = self._facts.get(name)
        if known is None:
            encoded = self._encoded.get(name, {})
            known = self._facts[name] = {p: encoded[p] for p in self.files if p in encoded}
            self._decode[name] = msgspec.msgpack.Decoder(slice_.type).decode
        return known

    def once(self, make: Callable[[RepoIndex], V]) -> V:
        """What `make` says of this index, made once: for evidence that several rules share."""
        if make not in self._made:
            self._made[make] = make(self)
        made: V = self._made[make]
        return made

    def of_each(self, slice_: Slice[T], make: Callable[..., V], *more: object) -> Mapping[str, V]:
        """What `make` says of the path and the facts of each file that the slice applies to, and of
        `more`, which is the same for all: made when it is first asked for, and not again for
        unchanged files. Nothing else may decide: `make` is a function of a module, and goes with
        the same `more` throughout an index."""
        key = slice_.name, make
        if key not in self._made:
            self._made[key] = Made(self, slice_, make, more)
        made: Made[V] = self._made[key]
        return made

    def exists(self, path: str) -> bool:
        """Is `path` a tracked file or a folder that holds one? The root is ""."""
        return path in self.files or path in self.folders

    @cached_property
    def folders(self) -> dict[str, tuple[str, ...]]:
        """Each folder ("" for the root) -> its direct children's paths, files and folders."""
        children: dict[str, set[str]] = {"": set()}
        for path in self.files:
            child = path
            while child:
                parent = child.rpartition("/")[0]
                known = parent in children
                children.setdefault(parent, set()).add(child)
                if known:
                    break
                child = parent
        return {folder: tuple(sorted(names)) for folder, names in children.items()}

    @cached_property
    def history(self) -> History:
        return self._history()

    @cached_property
    def boot(self) -> tuple[BootCommand, ...]:
        from readiness.index import boot

        return boot.build(self)

    @cached_property
    def backing(self) -> Backings:
        from readiness.index import backing

        return backing.build(self)

    @cached_property
    def configuration(self) -> Configuration:
        from readiness.index import configuration

        return configuration.build(self)

    @cached_property
    def containers(self) -> Containers:
        from readiness.index import containers

        return containers.build(self)

    @cached_property
    def entrypoints(self) -> Entrypoints:
        from readiness.index import entrypoints

        return entrypoints.build(self)

    @cached_property
    def environments(self) -> Environments:
        from readiness.index import environments

        return environments.build(self)

    @cached_property
    def ignores(self) -> Ignores:
        from readiness.index import ignores

        return ignores.build(self)

    @cached_property
    def imports(self) -> ImportGraph:
        from readiness.index import imports

        return imports.build(self)

    @cached_property
    def inventory(self) -> Inventory:
        from readiness.index import inventory

        return inventory.build(self)

    @cached_property
    def profile(self) -> Profile:
        from readiness.index import profile

        return profile.build(self)

    @cached_property
    def reachability(self) -> Reachability:
        from readiness.index import reaching

        return reaching.build(self)

    @cached_property
    def references(self) -> References:
        from readiness.index import reference_sources

        return reference_sources.build(self)

    @cached_property
    def routes(self) -> Routes:
        from readiness.index import routes

        return routes.build(self)

    @cached_property
    def start_scripts(self) -> tuple[StartScript, ...]:
        from readiness.index import start_scripts

        return start_scripts.build(self)

    @cached_property
    def start_groups(self) -> tuple[StartGroup, ...]:
        from readiness.index import start_rivals

        return start_rivals.build(self)

    @cached_property
    def startups(self) -> dict[str, Startup]:
        from readiness.index import startup

        return startup.build(self)

    @cached_property
    def tests(self) -> Tests:
        from readiness.index import tests

        return tests.build(self)

    @cached_property
    def twins(self) -> Twins:
        from readiness.index import twins

        return twins.build(self)

    @cached_property
    def workflows(self) -> Workflows:
        from readiness.index import workflows

        return workflows.build(self)
