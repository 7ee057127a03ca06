"""HYG007: caches, logs, backups and build output that are tracked like source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.facts import python
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import ActionKind, Area, Confidence, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._artifacts import certain, kind_of, may_be, tool, tool_folder, used
from ._copies import backup_cause
from ._figures import counted, size_of

_UNCOUNTED = ("byte code", "build output", "installed packages")  # kinds without an article


class DevArtifactTracked(Rule):
    """Files that a tool or a running program left behind are tracked.

    What it does
        Looks among the tracked files for folders and names that only tools make: byte code, tool
        caches, installed packages, build output, test reports, logs, temporary files, backup
        copies, databases, the desktop's own files. One finding for each folder of such files.

    Why it matters
        They change with every run, so that every diff and merge drowns in them; they carry data
        and paths of somebody's machine; and an old build that lies beside the source gets used.

    How to fix
        `git rm -r --cached` them, and add the pattern to .gitignore.

    Limits
        Nothing is reported below tests, fixtures, documents, examples and data, where a log or a
        database is a sample; there only folders of tools count. A database must be binary; one that
        live code names may belong to the product, and weighs little.
    """

    id = "HYG007"
    name = "dev-artifact-tracked"
    dimension = Dimension.CLEANUP
    area = Area.ARTIFACTS
    severity = Severity.MEDIUM
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a backup, build information and byte code",
            "-- docker-compose.yml.backup --\na: 1\n-- web/tsconfig.tsbuildinfo --\n{}\n"
            "-- app/__pycache__/a.pyc --\nx\n-- app/__pycache__/b.pyc --\ny\n",
            ("app/__pycache__", "docker-compose.yml.backup", "web/tsconfig.tsbuildinfo"),
        ),
        Example(
            "packages that a .gitignore lets in on purpose, which are a question only",
            "-- .gitignore --\n/node_modules/*\n!/node_modules/d3/\n!/node_modules/d3/d3.js\n"
            "-- package.json --\n{}\n-- node_modules/d3/d3.js --\nx\n",
            ("node_modules",),
        ),
        Example(
            "build output from which an image is built, which is a question only",
            "-- shop.egg-info/requires.txt --\nflask\n-- shop.egg-info/PKG-INFO --\nx\n"
            "-- Dockerfile --\nFROM python:3.12\nCOPY shop.egg-info/requires.txt /tmp/\n",
            ("shop.egg-info",),
        ),
        Example(
            "a tool's cache below the tests",
            "-- tests/.pytest_cache/v/cache/lastfailed --\n{}\n",
            ("tests/.pytest_cache",),
        ),
        Example(
            "samples of the tests and of the documents",
            "-- tests/fixtures/app.log --\nx\n-- tests/expected/out.tmp --\nx\n"
            "-- examples/shop/shop.db --\nx\n-- docs/sample.log --\nx\n-- data/rows.bak --\nx\n",
        ),
        Example(
            "names that only resemble artifacts",
            "-- CHANGELOG.log.md --\nx\n-- app/log.py --\nx = 1\n-- app/tmp.py --\nx = 1\n"
            "-- schema.db --\nCREATE TABLE a (b INT);\n-- app/venv.py --\nx = 1\n",
        ),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        groups: dict[tuple[str, str], list[str]] = {}
        for path in filter(may_be, index.files):
            if index.inventory.is_(path, FileClass.ARCHIVE):
                continue
            place = tool_folder(index, path)
            if place is None and (kind := kind_of(index, path)):
                place = path.rpartition("/")[0], kind
            if place is not None:
                groups.setdefault(place, []).append(path)
        for (folder, kind), paths in groups.items():
            yield self._finding(index, folder, kind, paths)

    def _finding(self, index: RepoIndex, folder: str, kind: str, paths: list[str]) -> Finding:
        whole = tool(folder.rpartition("/")[2]) == kind
        place = folder if whole else paths[0]
        more = f" with {len(paths) - 1} more beside it" if len(paths) > 1 and not whole else ""
        article = "an" if kind.startswith("e") else "a"
        what = kind if kind in _UNCOUNTED else f"{article} {kind}"
        held = f"{counted(len(paths), 'file')} of {size_of(index, paths)}"
        evidence = [for_(f"by its name it is {what}: {held}", place)]
        line = index.ignores.hides(paths[0])
        if line is not None:
            told = f"`{line.pattern}` ignores it: it was added by force, or before that line"
            evidence.append(for_(told, line.file, line.line))
        readers = _readers(index, paths[0]) if kind == "database" else []
        kept = next(filter(None, map(index.ignores.excepts, paths)), None)
        if kept is not None:
            told = f"`{kept.pattern}` keeps it: it is tracked on purpose"
            evidence.append(against(told, kept.file, kept.line))
        use = used(index, kind, place, paths)
        if use is not None:
            evidence.append(
                against(f"{use.source} uses {use.target}", use.source, use.line or None)
            )
        doubtful = bool(readers or kept) or kind == "editor setting"
        sure = not (readers or kept) and certain(index, kind, place, paths)
        named = " that live code names" if readers else ""
        cause = f"what tools and programs leave behind is tracked: {kind}"
        if kind == "backup copy":
            cause = backup_cause(paths[0]) if len(paths) == 1 else ""
        return self.finding(
            place,
            f"{place} is {what}{named}, and is tracked{more}",
            severity=Severity.LOW if doubtful or kind == "desktop file" else Severity.MEDIUM,
            confidence=Confidence.LOW if doubtful else Confidence.HIGH,
            evidence=[*evidence, *readers],
            subjects=paths,
            key=kind,
            cause=cause,
            action=ActionKind.REMOVE if sure else ActionKind.AUDIT,
        )


def _readers(index: RepoIndex, path: str) -> list[Evidence]:
    """Live code that names a database: it may be data that the program comes with."""
    name = path.rpartition("/")[2]
    return [
        against(f"{source} names it", source, line)
        for source, facts in index.each(python.SLICE)
        for literal, line in facts.literals
        if literal.rpartition("/")[2] == name and index.inventory.is_(source, FileClass.LIVE)
    ][:3]
