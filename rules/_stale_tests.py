"""What the rules on stale tests share: the files that tests need, and what these miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct

from readiness.facts import python
from readiness.index import RepoIndex
from readiness.index.imports import Missing
from readiness.index.inventory import FileClass
from readiness.index.patches import Patches


class Needed(Struct, frozen=True):
    """A file that tests need to run: a test file itself (`users` holds it alone), a conftest, or a
    helper; `users` are the test files that need it. `collected`: one of them is."""

    path: str
    users: tuple[str, ...]
    collected: bool


def needed(index: RepoIndex) -> Iterator[Needed]:
    """The live test files, the conftests above them and the helpers that they import."""
    live = index.tests.live
    for path, file in live.items():
        yield Needed(path, (path,), file.collected)
    below: dict[str, list[str]] = {path.rpartition("/")[0]: [] for path in index.tests.support}
    for path in live:
        for folder in {*accumulate(path.split("/")[:-1], "{}/{}".format), ""} & below.keys():
            below[folder].append(path)
    for path in index.tests.support:
        users = tuple(below[path.rpartition("/")[0]])
        if users:
            yield Needed(path, users, any(live[user].collected for user in users))
    for path, edges in index.imports.importers.items():
        if path in live or not index.inventory.is_(path, FileClass.TEST):
            continue
        users = tuple(
            sorted(
                edge.source
                for edge in edges
                if edge.source in live and not (edge.optional or edge.typing or edge.lazy)
            )
        )
        if users and path not in index.tests.support:
            yield Needed(path, users, any(live[user].collected for user in users))


def gone(index: RepoIndex, path: str, patches: Patches) -> list[Missing]:
    """What the file imports or patches and the repository lacks, in order; without imports for type
    checkers, those that another import stands in for, and modules that the tests make."""
    found = [
        missing
        for missing in (*index.imports.missing.get(path, ()), *patches.stale(path))
        if not (missing.import_.typing or (missing.target and _archived(index, missing.target)))
    ]
    made = _made(index, path) if found else set()
    found = [m for m in found if m.module not in made and not _replaced(m)]
    return sorted(found, key=lambda missing: missing.import_.line)


def _replaced(missing: Missing) -> bool:
    """Does a handler at module level answer for the import? It gives another one, or a stand-in;
    `importorskip` alone gives up the whole file."""
    import_ = missing.import_
    return import_.optional and not (import_.lazy or import_.dynamic)


def _archived(index: RepoIndex, path: str) -> bool:
    return index.inventory.archive_root(path) is not None


def _made(index: RepoIndex, path: str) -> set[str]:
    """The modules that a test, or a conftest above it, names in strings apart from what it patches:
    it puts them into `sys.modules` or writes them."""
    places = [path]
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        places.append(f"{folder}/conftest.py" if folder else "conftest.py")
    made: set[str] = set()
    for place in places:
        facts = index.facts(python.SLICE, place)
        if facts is not None:
            used = {(i.module, i.line) for i in facts.imports if i.dynamic}.union(facts.patches)
            made.update(text for text, line in facts.literals if (text, line) not in used)
    return made


class Causes:
    """The topmost package that is gone, for each missing module: one cause for all below it. All
    names that one module lacks are one cause too."""

    def __init__(self, index: RepoIndex) -> None:
        self._there = {""}
        for name in index.imports.modules:
            while name and name not in self._there:
                self._there.add(name)
                name = name.rpartition(".")[0]
        self._missed: Counter[str] = Counter()

    def is_own(self, missing: Missing) -> bool:
        """Has the repository, as it is, a module of that top-level name?"""
        return missing.module.partition(".")[0] in self._there

    def learn(self, found: list[Missing]) -> None:
        self._missed.update({self._root(missing) for missing in found})

    def main(self, found: list[Missing]) -> str:
        """Of the causes of one file's missing imports, the first of those that most files share."""
        return max(map(self._root, found), key=lambda cause: self._missed[cause])

    def _root(self, missing: Missing) -> str:
        if missing.name:
            return f"{missing.target} lacks names that tests import from it"
        name = missing.module
        while (above := name.rpartition(".")[0]) not in self._there:
            name = above
        return f"{name} is no longer in the repository"


CAUGHT, NAMED, IMPORTED = range(3)  # how surely a test needs what it names


class Use(Struct, frozen=True):  # one place in a test that leads into the archive `root`
    root: str
    target: str
    line: int
    how: str
    weight: int


def archive_uses(index: RepoIndex, path: str) -> Iterator[Use]:
    """The imports and the strings of one test that lead into archives."""
    root_of = index.inventory.archive_root
    seen = set()
    for edge in index.imports.imports.get(path, ()):
        root = None if edge.typing else root_of(edge.target)
        if root is not None:
            seen.add(edge.target)
            weight = CAUGHT if edge.optional else NAMED if edge.dynamic else IMPORTED
            yield Use(root, edge.target, edge.line, "imports", weight)
    facts = index.facts(python.SLICE, path)
    lines = {line for _, line in facts.literals} if facts else set()
    for reference in index.references.from_.get(path, ()):
        root = root_of(reference.target)
        named = root is not None and root.rpartition("/")[2] in reference.text
        if named and reference.line in lines and reference.target not in seen:
            yield Use(root or "", reference.target, reference.line, "names", NAMED)
