"""Reachability: why each file is alive, from what a build starts down to what nothing uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import compose, dockerfile, manifest, mentions, python, shell, workflow
from readiness.index import snippets
from readiness.index.archives import below
from readiness.index.breaks import packages_of
from readiness.index.deployments import Deployments
from readiness.index.documents import is_document, is_page_of
from readiness.index.inventory import ASIDE, RUN, FileClass, is_example, programs, supports_tests
from readiness.index.launches import Source
from readiness.index.loaders import Loaders
from readiness.index.references import Use
from readiness.index.starts import Role
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class Standing(StrEnum):
    """Why a file is alive, the strongest reason first."""

    STARTED = "started"  # a build, CI, an image or a command of the repository reaches it
    LOADED = "loaded"  # a loader, a framework or configuration may load it by name
    PUBLISHED = "published"  # it lies in a package that others install and may import
    DOCUMENTED = "documented"  # a document names it, or what imports it
    BY_HAND = "by hand"  # it can be run (a main guard, a script), or what imports it can
    TESTED = "tested"  # only tests use it
    NOTHING = "nothing"


class Reachability(Struct, frozen=True):
    """`reached`: path -> the file that reaches it (itself for an entrypoint and for what tools
    read by its name). The others: path -> the line that speaks for it. `held`: what a dynamic
    loader, glob, plugin group, framework or configuration may load by name, with what such a file
    imports; it includes `published` and what by its path supports tests. `documented`, `by_hand`
    and `tested` hold only what no stronger reason but publishing keeps. Tests and archives keep
    nothing else alive.

    `repeated`: those that are held only because their name repeats in folders side by side.
    `shares`: folder of a deployment -> (modules that are reached or loaded, all its modules).

    A file that is nowhere in it is not proven to be dead: where the entrypoints reach less than
    three quarters of a deployment, they are not understood."""

    reached: dict[str, str] = {}
    held: dict[str, Evidence] = {}
    published: dict[str, Evidence] = {}
    documented: dict[str, Evidence] = {}
    by_hand: dict[str, Evidence] = {}
    tested: dict[str, Evidence] = {}
    repeated: frozenset[str] = frozenset()
    shares: dict[str, tuple[int, int]] = {}

    def live(self, path: str) -> bool:
        return path in self.reached or path in self.held

    def standing(self, path: str) -> Standing:
        """The strongest reason for which a file is alive."""
        if path in self.reached:
            return Standing.STARTED
        if path in self.held and path not in self.published:
            return Standing.LOADED
        for standing, known in self._weaker():
            if path in known:
                return standing
        return Standing.NOTHING

    def uses(self, path: str) -> dict[Standing, Evidence]:
        """Every reason that is known for a file, strongest first, with the line that shows it."""
        found: dict[Standing, Evidence] = {}
        if path in self.reached:
            via = self.reached[path]
            told = f"{via} is started or read by tools" if via == path else f"{via} reaches it"
            found[Standing.STARTED] = Evidence(told, Location(via))
        if path in self.held and path not in self.published:
            found[Standing.LOADED] = self.held[path]
        found.update((standing, known[path]) for standing, known in self._weaker() if path in known)
        return found

    def share(self, path: str) -> float:
        """How much of the deployment that `path` belongs to is reached or loaded, 0..1; 1 where
        it has no module."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self.shares:
            folder = folder.rpartition("/")[0]
        reached, modules = self.shares.get(folder, (0, 0))
        return reached / modules if modules else 1.0

    def _weaker(self) -> tuple[tuple[Standing, dict[str, Evidence]], ...]:
        return (
            (Standing.PUBLISHED, self.published),
            (Standing.DOCUMENTED, self.documented),
            (Standing.BY_HAND, self.by_hand),
            (Standing.TESTED, self.tested),
        )


_RECIPES = (
    *("makefile", "gnumakefile", "justfile", ".justfile", "taskfile.yml", "taskfile.yaml"),
    *("procfile", "procfile.dev"),
)
_UNITS = (".service", ".conf")
_SOURCES = (".py", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue")
_PYTHON = (".py", ".pyi", ".pyw")
_SCRIPTS = (".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd")
_SMALL = 30  # files of a folder whose name speaks for each of them
_PROJECTS = ("pyproject", "setup.py", "setup.cfg")
_CONFIGURATION = (
    *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".json", ".env", ".service", ".xml"),
    ".properties",
)
_ENVIRONMENTS = ("env", "environment")


def build(index: RepoIndex) -> Reachability:
    return _Builder(index).build()


class _Builder:
    def __init__(self, index: RepoIndex) -> None:
        self._index = index
        self._loaders = Loaders(index)
        self._snippets: dict[str, list[snippets.Use]] = {}
        for use in snippets.uses(index):
            self._snippets.setdefault(use.source, []).append(use)
        self._followed: dict[str, dict[str, None]] = {}  # file -> `_next` of it
        self._packages: dict[tuple[str, ...], dict[str, list[str]]] = {}  # roots -> folder -> ...
        self._launched: dict[str, list[str]] = {}  # script -> what it starts
        for launch in index.entrypoints.launches:
            if launch.source is not Source.DOCUMENT:
                self._launched.setdefault(launch.file, []).append(launch.target)
        self._unused = {
            path
            for path, facts in index.each(manifest.SLICE)
            if facts.kind in _PROJECTS and "/" in path and not self._is_built(path)
        }

    def _is_built(self, path: str) -> bool:
        """Does something build or install the project below the root whose manifest this is?"""
        folder = path.rpartition("/")[0]
        for target in (path, folder):
            for reference in self._index.references.to.get(target, ()):
                if reference.use is Use.RUNS and not is_document(self._index, reference.source):
                    return True
        return any(
            dockerfile.SLICE.kind(child) or compose.SLICE.kind(child) or workflow.SLICE.kind(child)
            for child in self._index.folders[folder]
        )

    def _installed(self) -> Iterator[tuple[str, Evidence]]:
        """What people start who install a project that nothing in the repository builds."""
        for launch in self._index.entrypoints.launches:
            if launch.file in self._unused:
                yield launch.target, _named_by(launch.file, launch.line)

    def build(self) -> Reachability:
        from readiness.index.conventions import conventions, published, repeated

        index = self._index
        reached = self._reached(dict(self._seeds()))
        seeds = (*conventions(index), *self._configured())
        held = self._spread(seeds, reached, (reached,))
        public = self._spread((*published(index), *self._installed()), (), (reached, held))
        settled = (reached, held)
        documented = self._spread(self._documented(), (), settled)
        by_hand = self._spread(self._runnable(), (), (*settled, documented))
        tested = self._spread(self._tests(), (), (*settled, documented, by_hand))
        for path in [path for path in tested if supports_tests(path)]:
            held[path] = tested.pop(path)
        for path, evidence in public.items():
            held.setdefault(path, evidence)
        alike = index.once(repeated)
        return Reachability(
            reached,
            held,
            public,
            documented,
            by_hand,
            tested,
            frozenset(path for path, why in alike.items() if held.get(path) == why),
            self._shares(reached, held, public),
        )

    # -- what starts

    def _seeds(self) -> Iterator[tuple[str, str]]:
        """(file, who starts it) of what is started from outside of the code."""
        index = self._index
        for entrypoint in index.entrypoints.all:
            if not entrypoint.rival and entrypoint.role is not Role.CLI:
                yield entrypoint.path, entrypoint.path
        dead = set(index.workflows.nested)
        for launch in index.entrypoints.launches:
            started = launch.source not in (Source.DOCUMENT, Source.SCRIPT)
            if started or (launch.source is Source.SCRIPT and self._is_read_by_tools(launch.file)):
                yield launch.target, launch.file
        for path in index.files:
            aside = path in dead or index.inventory.is_(path, *ASIDE)
            if not aside and self._is_read_by_tools(path):
                yield path, path

    def _is_read_by_tools(self, path: str) -> bool:
        """Is it a definition that a build, an orchestrator, CI or a package manager reads?"""
        name = path.rpartition("/")[2].lower()
        if path in self._unused:
            return False
        if path.endswith((".py", ".md", ".ts", ".tsx", ".js", ".jsx", ".html", ".css")):
            return name == "setup.py"
        if name in _RECIPES or (name.endswith(_UNITS) and shell.SLICE.kind(path)):
            return True
        slices = (dockerfile.SLICE, compose.SLICE, workflow.SLICE, manifest.SLICE)
        return any(path in self._index.paths(slice_) for slice_ in slices)

    def _reached(self, reached: dict[str, str]) -> dict[str, str]:
        pending = list(reached)
        while pending:
            source = pending.pop()
            tests = self._index.inventory.is_(source, FileClass.TEST)
            for target in self._next(source):
                if tests and not self._index.inventory.is_(target, FileClass.TEST):
                    continue
                if target not in reached:
                    reached[target] = source
                    pending.append(target)
        return reached

    def _next(self, source: str) -> Iterable[str]:
        """The files that `source` imports, runs or ships when it runs."""
        found = self._followed.get(source)
        if found is None:
            found = self._followed[source] = dict.fromkeys(self._launched.get(source, ()))
            found.update((use.target, None) for use in self._snippets.get(source, ()))
            found.update(dict.fromkeys(self._follow(source)))
        return found

    def _follow(self, source: str) -> list[str]:
        index = self._index
        found = []
        if source.endswith(_PYTHON):
            packages = self._packages.setdefault(index.imports.roots.get(source, ()), {})
            for edge in index.imports.imports.get(source, ()):
                target = edge.target
                if edge.typing or (edge.guessed and index.inventory.is_(target, FileClass.ARCHIVE)):
                    continue
                found.append(target)
                folder = target.rpartition("/")[0]
                if folder not in packages:
                    packages[folder] = packages_of(index, f"{folder}/", source)
                found += packages[folder]
        else:
            for reference in index.references.from_.get(source, ()):
                if reference.use is not Use.MENTIONS and reference.target in index.files:
                    found.append(reference.target)
        return found

    # -- what is loaded, and what follows from each weaker reason

    def _spread(
        self,
        seeds: Iterable[tuple[str, Evidence]],
        alive: Iterable[str],
        settled: tuple[dict[str, str] | dict[str, Evidence], ...],
    ) -> dict[str, Evidence]:
        """The seeds and all that they load, with why. `settled` need no further reason; `alive`
        are those of them whose own loading still has to be looked at."""
        found: dict[str, Evidence] = {}
        known = set[str]().union(*settled)
        for path, evidence in seeds:
            if path not in known:
                found.setdefault(path, evidence)
        known |= found.keys()
        pending = [*alive, *found]
        for path in pending:  # grows while it is walked
            runs = path.endswith((*_SOURCES, *_SCRIPTS)) or path in self._snippets
            if not runs or self._index.inventory.is_(path, FileClass.TEST):
                continue
            for target, evidence in self._with(path, found.get(path)):
                if target not in known:
                    known.add(target)
                    found[target] = evidence
                    pending.append(target)
        return found

    def _with(self, path: str, why: Evidence | None) -> Iterator[tuple[str, Evidence]]:
        """What is loaded with a file: what its strings and loaders name, the packages that it lies
        in, and, where that is not followed yet, what it imports."""
        if path.endswith(_SOURCES):
            yield from self._named(path)
        if path.endswith(".py"):
            yield from self._loaders.of(path)
        folder = path.rpartition("/")[0]
        while (package := f"{folder}/__init__.py") in self._index.files:
            yield package, why or Evidence(f"{path} lies in the package", Location(path))
            folder = folder.rpartition("/")[0]
        if why is not None:
            for target in self._next(path):
                yield target, why

    def _named(self, path: str) -> Iterator[tuple[str, Evidence]]:
        """What the strings of a program name: a script that it runs, a module that it hands on."""
        for reference in self._index.references.from_.get(path, ()):
            names = reference.use is Use.MENTIONS and reference.target.endswith((".py", ".sh"))
            if names and not self._index.inventory.is_(reference.target, *ASIDE):
                yield reference.target, _named_by(path, reference.line)

    def _configured(self) -> Iterator[tuple[str, Evidence]]:
        """The Python files that configuration, builds and programs in other languages name."""
        for uses in self._snippets.values():
            for use in uses:
                if use.kind in ("build", "cython"):
                    yield use.target, _named_by(use.source, use.line)
        for source, references in self._index.references.from_.items():
            name = source.rpartition("/")[2].lower()
            sets = name.endswith((*_CONFIGURATION, *mentions.FOREIGN)) or name in _ENVIRONMENTS
            if not (sets or name.startswith(".env")):
                continue
            if self._index.inventory.is_(source, *ASIDE, FileClass.TEST, FileClass.DOCS):
                continue
            for reference in references:
                if reference.target.endswith(".py") and python.SLICE.kind(reference.target):
                    yield reference.target, _named_by(source, reference.line)

    # -- the weaker reasons

    def _documented(self) -> Iterator[tuple[str, Evidence]]:
        """What documents name or tell people to run; what only tells of the past does not count."""
        for source, references in self._index.references.from_.items():
            if is_document(self._index, source):
                for reference in references:
                    target = reference.target
                    if target in self._index.folders:
                        named = self._of_folder(target)
                    else:
                        named = [] if is_page_of(source, target) else [target]
                    for path in named:
                        if path.endswith((*_SOURCES, *_SCRIPTS)):
                            yield path, _named_by(source, reference.line)
        for uses in self._snippets.values():
            for use in uses:
                if use.kind == "notebook":
                    told = f"the notebook {use.source} uses it"
                    yield use.target, Evidence(told, Location(use.source, use.line))
        for launch in self._index.entrypoints.launches:
            if launch.source is Source.DOCUMENT:
                yield launch.target, _named_by(launch.file, launch.line)

    def _of_folder(self, folder: str) -> list[str]:
        """The files that a document means when it names a small folder inside another one."""
        files = below(self._index, folder) if "/" in folder else []
        return files if len(files) <= _SMALL else []

    def _runnable(self) -> Iterator[tuple[str, Evidence]]:
        executable = programs(self._index)
        for path, class_ in self._index.inventory.classes.items():
            if class_ in RUN:
                facts = self._index.facts(python.SLICE, path) if path.endswith(".py") else None
                if facts is not None and facts.main_line:
                    told = f"{path} can be run: it has a main guard"
                    yield path, Evidence(told, Location(path, facts.main_line))
                elif facts is not None and path in executable:
                    yield path, Evidence(f"{path} is marked as a program", Location(path))
                elif path.endswith(_SCRIPTS) or (class_ is FileClass.SCRIPT and facts is not None):
                    yield path, Evidence(f"{path} is a script", Location(path))
                elif facts is not None and is_example(path):
                    yield path, Evidence(f"{path} is an example", Location(path))
        for path in self._unused:
            yield path, Evidence(f"people may install the project of {path}", Location(path))
        for source, uses in self._snippets.items():
            if uses[0].kind == "script":
                yield source, Evidence(f"{source} is a script", Location(source))

    def _tests(self) -> Iterator[tuple[str, Evidence]]:
        for path, class_ in self._index.inventory.classes.items():
            if class_ is FileClass.TEST and path.endswith(".py"):
                told = Evidence(f"the test {path} uses it", Location(path))
                for target, _ in self._with(path, told):
                    if not self._index.inventory.is_(target, FileClass.TEST):
                        yield target, told

    def _shares(
        self, reached: dict[str, str], held: dict[str, Evidence], public: dict[str, Evidence]
    ) -> dict[str, tuple[int, int]]:
        homes = Deployments(self._index)
        counts = {folder: [0, 0] for folder in sorted(homes.folders)}
        for path, class_ in self._index.inventory.classes.items():
            if class_ is FileClass.LIVE and path.endswith(".py"):
                count = counts[homes.of(path)]
                count[0] += path in reached or (path in held and path not in public)
                count[1] += 1
        return {folder: (live, all_) for folder, (live, all_) in counts.items()}


@lru_cache(1 << 16)
def _named_by(source: str, line: int) -> Evidence:
    return Evidence(f"{source} names it", Location(source, line or None))
