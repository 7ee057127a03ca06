"""Reaching: follows what is started, loaded, published, named, run by hand and tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from readiness.facts import compose, dockerfile, manifest, mentions, python, shell, workflow
from readiness.index import snippets
from readiness.index.archives import below
from readiness.index.deployments import Deployments
from readiness.index.documents import is_document, is_page_of
from readiness.index.inventory import ASIDE, RUN, FileClass, is_example, programs, supports_tests
from readiness.index.launches import Source
from readiness.index.loaders import Loaders
from readiness.index.reachability import Reachability
from readiness.index.references import Use
from readiness.index.starts import Role
from readiness.model import Evidence, Location

if TYPE_CHECKING:
    from readiness.index import RepoIndex


_RECIPES = (
    *("makefile", "gnumakefile", "justfile", ".justfile", "taskfile.yml", "taskfile.yaml"),
    *("procfile", "procfile.dev"),
)
_UNITS = (".service", ".conf")
_SOURCES = (".py", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".vue")
_PYTHON = (".py", ".pyi", ".pyw")
_SCRIPTS = (".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd")
_RUN = (*_SOURCES, *_SCRIPTS)
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
        self._packages: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}  # roots -> folder ->
        self._definitions = {
            *index.paths(dockerfile.SLICE),
            *index.paths(compose.SLICE),
            *index.paths(workflow.SLICE),
            *index.paths(manifest.SLICE),
        }
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
        dead, is_ = set(index.workflows.nested), index.inventory.is_
        for launch in index.entrypoints.launches:
            started = launch.source not in (Source.DOCUMENT, Source.SCRIPT)
            if started or (launch.source is Source.SCRIPT and self._is_read_by_tools(launch.file)):
                yield launch.target, launch.file
        for path in index.files:
            if path not in dead and self._is_read_by_tools(path) and not is_(path, *ASIDE):
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
        return path in self._definitions

    def _reached(self, reached: dict[str, str]) -> dict[str, str]:
        classes = self._index.inventory.classes
        pending = list(reached)
        while pending:
            source = pending.pop()
            tests = classes.get(source) is FileClass.TEST
            for target in self._next(source):
                if target in reached or (tests and classes.get(target) is not FileClass.TEST):
                    continue
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
        found: list[str] = []
        if source.endswith(_PYTHON):
            roots = index.imports.roots.get(source, ())
            for edge in index.imports.imports.get(source, ()):
                target = edge.target
                if edge.typing or (edge.guessed and index.inventory.is_(target, FileClass.ARCHIVE)):
                    continue
                found.append(target)
                found += self._packages_around(target.rpartition("/")[0], roots)
        else:
            for reference in index.references.from_.get(source, ()):
                if reference.use is not Use.MENTIONS and reference.target in index.files:
                    found.append(reference.target)
        return found

    def _packages_around(self, folder: str, roots: tuple[str, ...]) -> tuple[str, ...]:
        """The `__init__.py` files of a folder and of those above it, below the roots, outermost
        first: Python executes them before a module of the folder."""
        known = self._packages.setdefault(roots, {})
        found = known.get(folder)
        if found is None:
            found = ()
            if folder and folder not in roots:
                found = self._packages_around(folder.rpartition("/")[0], roots)
                if (package := f"{folder}/__init__.py") in self._index.files:
                    found = (*found, package)
            known[folder] = found
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
        classes = self._index.inventory.classes
        for path in pending:  # grows while it is walked
            runs = path.endswith(_RUN) or path in self._snippets
            if not runs or classes.get(path) is FileClass.TEST:
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
            if reference.use is not Use.MENTIONS:
                continue
            target = reference.target
            if target.endswith((".py", ".sh")) and not self._index.inventory.is_(target, *ASIDE):
                yield target, _named_by(path, reference.line)

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
        classes = self._index.inventory.classes
        for path, class_ in classes.items():
            if class_ is FileClass.TEST and path.endswith(".py"):
                told = Evidence(f"the test {path} uses it", Location(path))
                for target, _ in self._with(path, told):
                    if classes.get(target) is not FileClass.TEST:
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
