"""Test runs: which test files the commands of workflows, recipes, scripts and documents run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from readiness.facts import compose, dockerfile, manifest, markdown, shell
from readiness.facts.markdown import MarkdownFacts
from readiness.facts.programs import unwrap
from readiness.facts.shell import Command, ShellFacts
from readiness.facts.workflow import WorkflowFacts
from readiness.index.commands.lines import PACKAGE_RUNNERS, RUNNERS, innermost, program_of
from readiness.index.commands.tasks import Task, task_of
from readiness.index.containers.builds import folders_of, in_commands, normal, of_file
from readiness.index.inventory import ASIDE, FileClass
from readiness.index.tests import SuiteFile

if TYPE_CHECKING:
    from readiness.index import RepoIndex


class TestRun(Struct, frozen=True):
    """One command that runs tests. `folders`: it may start in each of them. `places` are the files
    and folders (or globs) that it is pointed at, none where the settings decide; `ignored` what it
    leaves out. Not `understood`: some other runner, which may run all that lies below."""

    __test__ = False

    file: str
    line: int
    folders: tuple[str, ...]
    places: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    understood: bool = True

    def covers(self, suite: SuiteFile) -> bool:
        path = suite.path
        if any(_inside(path, each) for each in self.ignored):
            return False
        if self.places:
            return any(_inside(path, each) for each in self.places)
        below = any(_inside(path, each) for each in self.folders)
        return below and (suite.collected or not self.understood)


_PYTEST = {"pytest", "py.test"}
_OTHER_LANGUAGES = set(
    "jest vitest mocha ava karma tap qunit testem cypress playwright rspec cucumber phpunit pest "
    "ctest bats prove busted newman k6 nightwatch testcafe go cargo mvn mvnw gradle gradlew sbt "
    "dotnet mix swift xcodebuild flutter dart deno npx ng nx turbo lerna rake rails artisan zig "
    "helm meson ninja composer".split()
)
_REPORTS = (("report",), ("html",), ("xml",), ("combine",), ("erase",))  # of coverage
_NO_PLACE = {"-k", "-m", "-n", "-c", "-p", "-o", "-W", "--cov", "--cov-config", "--rootdir"}


def build(index: RepoIndex) -> list[TestRun]:
    """The runs of tests outside archives, each kind once, in no order; none where one at the root
    may run everything."""
    found: dict[tuple[object, ...], TestRun] = {}
    for file, command, start in _commands(index):
        if index.inventory.is_(file, *ASIDE):
            continue
        folders = folders_of(file, command) if start is None else start
        plain = Command(words=command.words, line=command.line)
        for inner in unwrap(plain) if "-c" in command.words else (plain,):
            places = [posixpath.join(folder, inner.directory) for folder in folders]
            run = _run(index, file, inner, tuple(dict.fromkeys(map(normal, places))))
            if run is not None and not run.understood and "" in run.folders:
                return []
            if run is not None:
                by_hand = index.inventory.is_(file, FileClass.TEST)
                found.setdefault((run.folders, run.places, run.ignored, by_hand), run)
    return list(found.values())


def _commands(index: RepoIndex) -> Iterator[tuple[str, Command, list[str] | None]]:
    """Every command that may run tests, and where it may start; null where its folder tells."""
    for file, command in in_commands(index, _in_file):
        yield file, command, None
    for file, facts in index.each(manifest.SLICE):
        for script in facts.scripts:
            for command in filter(_of_tests, script.commands):
                yield file, command, [posixpath.dirname(file)]
    documents = index.of_each(markdown.SLICE, _in_document)
    for file in index.paths(markdown.SLICE):
        for command in documents[file]:
            yield file, command, [posixpath.join(posixpath.dirname(file), command.directory), ""]
    for file, image in index.each(dockerfile.SLICE):
        for stage in image.stages:
            for command in (*stage.entrypoint, *stage.command, *stage.runs):
                if _of_tests(command):
                    yield file, command, [posixpath.dirname(file), ""]
    for file, services in index.each(compose.SLICE):
        for service in services.services:
            for command in (*service.entrypoint, *service.command):
                if _of_tests(command):
                    yield file, command, [posixpath.dirname(file), ""]


def _in_file(path: str, facts: ShellFacts | WorkflowFacts) -> tuple[Command, ...]:
    return tuple(filter(_of_tests, of_file(path, facts)))


def _in_document(path: str, facts: MarkdownFacts) -> tuple[Command, ...]:
    return tuple(filter(_of_tests, facts.commands))


def _of_tests(command: Command) -> bool:
    text = " ".join(command.words)
    return "test" in text or "tox" in text or "nox" in text


def _run(index: RepoIndex, file: str, command: Command, folders: tuple[str, ...]) -> TestRun | None:
    words = innermost(command.words)
    program = program_of(words)
    if program not in _PYTEST:
        return _other(index, file, command, folders, words)
    named = [text for text in _named(words) if not text.startswith("-")]
    if any("$" in text or "{" in text for text in named):
        return TestRun(file, command.line, folders, understood=False)
    places = [
        place
        for text in named
        for folder in folders
        if (place := normal(posixpath.join(folder, text.partition("::")[0])))
        and _exists(index, place)
    ]
    whole = any(text.rstrip("/") == "." for text in named)
    lost = bool(named) and not (places or whole)
    if lost and any("/" in text or text.endswith(".py") for text in named):
        return None
    ignored = [
        normal(posixpath.join(folder, text)) for text in _ignored(words) for folder in folders
    ]
    given = folders if whole else tuple(places)
    return TestRun(file, command.line, folders, given, tuple(ignored))


def _other(
    index: RepoIndex, file: str, command: Command, folders: tuple[str, ...], words: Sequence[str]
) -> TestRun | None:
    """A run by something else than pytest. What a recipe, a script or tox runs is read where it
    stands; a program of the repository runs itself if it is a test, else perhaps all tests."""
    program = program_of(words)
    if program in RUNNERS | PACKAGE_RUNNERS | _OTHER_LANGUAGES or tuple(words[1:2]) in _REPORTS:
        return None
    if program.endswith((".py", ".sh")) or "/" in words[0]:
        places = [normal(posixpath.join(folder, words[0])) for folder in folders]
        own = next((place for place in places if place in index.files), "")
        of_document = markdown.SLICE.kind(file) is not None
        if index.facts(shell.SLICE, own) is not None or (of_document and not own):
            return None
        if own in index.tests.live:
            return TestRun(file, command.line, folders, (own,))
    elif program == "tox" and _reads_tox(index):
        return None
    if task_of(command.words) is not Task.TEST:
        return None
    return TestRun(file, command.line, folders, understood=False)


def _reads_tox(index: RepoIndex) -> bool:
    return any(
        script.kind == "tox" and script.commands
        for _, facts in index.each(manifest.SLICE)
        for script in facts.scripts
    )


def _named(words: Sequence[str]) -> Iterator[str]:
    """The words of a command line of pytest that may be paths."""
    for before, word in pairwise(words):
        if before not in _NO_PLACE and before not in ("--ignore", "--ignore-glob"):
            yield word


def _ignored(words: Sequence[str]) -> Iterator[str]:
    for before, word in pairwise(words):
        if before in ("--ignore", "--ignore-glob"):
            yield word
        elif word.startswith(("--ignore=", "--ignore-glob=")):
            yield word.partition("=")[2]


def _exists(index: RepoIndex, place: str) -> bool:
    return "*" in place or index.exists(place)


def _inside(path: str, place: str) -> bool:
    if "*" in place:
        return fnmatchcase(path, place) or fnmatchcase(path, f"{place.rstrip('/')}/*")
    return not place or path == place or path.startswith(f"{place}/")


class Unrun(Struct, frozen=True):
    """A folder of tests, or a single test file, that no command runs; `files` are its test files,
    `run` shows how others are run. `left_out`: a command leaves them out by name, or pytest without
    arguments would not find them."""

    place: str
    files: tuple[str, ...]
    run: TestRun
    left_out: bool


def unrun(index: RepoIndex) -> list[Unrun]:
    """The suites that nothing runs or names, although commands say how others are run: those that
    are left out first, then the largest."""
    runs = build(index) if index.tests.live else []
    live = {
        path: file
        for path, file in index.tests.live.items()
        if file.tests and index.inventory.is_(path, FileClass.TEST)
    }
    covered = {path for path, file in live.items() if _is_run(index, file, runs)}
    shown = next(
        (r for r in runs if r.understood and any(r.covers(live[p]) for p in covered)), None
    )
    if shown is None:
        return []
    groups: dict[str, list[str]] = {}
    tops = _tops(live, covered)
    for path in live:
        if path not in covered:
            groups.setdefault(tops[path], []).append(path)
    found = [
        Unrun(place, tuple(files), shown, all(_left_out(live[path], runs) for path in files))
        for place, files in groups.items()
        if not any(_is_named(index, each, runs) for each in {place, *files})
    ]
    return sorted(found, key=lambda each: (not each.left_out, -len(each.files), each.place))


def _is_run(index: RepoIndex, file: SuiteFile, runs: Sequence[TestRun]) -> bool:
    """Does a command run it? Where one leaves it out by name, what a document beside the tests
    tells people to do by hand does not count."""
    covering = [run for run in runs if run.covers(file)]
    by_hand = [run for run in covering if index.inventory.is_(run.file, FileClass.TEST)]
    if len(by_hand) < len(covering):
        return True
    return bool(by_hand) and not (file.collected and _left_out(file, runs))


def _left_out(file: SuiteFile, runs: Sequence[TestRun]) -> bool:
    return not file.collected or any(_inside(file.path, e) for run in runs for e in run.ignored)


def _tops(live: dict[str, SuiteFile], covered: set[str]) -> dict[str, str]:
    """Test file that is not run -> the topmost folder of such files only, itself if there is none.
    A folder that is no test folder by itself may hold one suite."""
    mixed = {""}
    for path in covered:
        folder = path.rpartition("/")[0]
        while folder not in mixed:
            mixed.add(folder)
            folder = folder.rpartition("/")[0]
    tops = {}
    for path in live:
        if path not in covered:
            top = path
            while (folder := top.rpartition("/")[0]) not in mixed:
                top = folder
            tops[path] = top
    return tops


def _is_named(index: RepoIndex, place: str, runs: Sequence[TestRun]) -> bool:
    """Does something else than tests, archives and what leaves it out name it?"""
    leaves_out = {(run.file, run.line) for run in runs if place in run.ignored}
    return any(
        (reference.source, reference.line) not in leaves_out
        and not index.inventory.is_(reference.source, *ASIDE, FileClass.TEST)
        for reference in index.references.to.get(place, ())
    )
