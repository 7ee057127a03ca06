"""HYG001: folders that hold what was put away, tracked beside the code that runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.archives import DOCUMENTS, Name, below, judge, tokens
from readiness.index.inventory import named_as_test
from readiness.index.languages import SOURCE, UNDERSTOOD
from readiness.model import (
    ActionKind,
    Area,
    Confidence,
    Dimension,
    Evidence,
    Finding,
    Outcome,
    Severity,
)
from readiness.rule import Example, Rule, against, for_, ratio_quality

from ._copies import archive_cause, imported, users_of_tree
from ._figures import counted, day, last_change, size_of
from ._weak_archives import at_rest, unused_by_name

_DOCUMENTS = DOCUMENTS | {"txt", "pdf", "png", "jpg", "jpeg", "svg", "docx", "drawio", "gif"}
_FOLLOWED = UNDERSTOOD | {"js", "jsx", "mjs", "ts", "tsx", "vue", "svelte"}  # whose uses are known
_MANY, _SHARE = 10, 0.01  # files, or share of all files, from which a tree weighs heavily
_FEW = 3  # files below which it does not, however small the repository is
_RECENT = 30 * 86_400  # seconds: an archive that was edited since then is not at rest


class ArchiveDirectoryTracked(Rule):
    """A folder of archived, old or backed-up files is tracked in the repository.

    What it does
        Finds the topmost folders whose name says that they were put away (`archive`,
        `archived_services`, `old_main_files`, `backup_20251025`, `cleanup_nov6_2025`), one
        finding for each tree, and counts what they hold and who still uses it. A feature that is
        named like an archive is told by its use: live code imports it, its files are named after
        its trade, or it stands among pages, migrations or samples.

    Why it matters
        Every search finds the dead copy beside the live one, people and machines edit the wrong
        file, and tools spend their time on code that never runs. Git keeps the past anyway.

    How to fix
        Tag the commit and remove the tree. If live code uses a part of it, move that out first.

    Limits
        A name decides only where it is plain. A lone `legacy` is a business word as often as not
        and is reported, at medium severity, where its files live on elsewhere under the same
        names, and at low severity where nothing uses them; they are to go only where nobody has
        changed them for half a year. Trees of documents weigh less.
    """

    id = "HYG001"
    name = "archive-directory-tracked"
    dimension = Dimension.CLEANUP
    area = Area.CLUTTER
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "archives at several depths, each tree once",
            "-- app/main.py --\nprint()\n-- app/archive/old_main.py --\nprint()\n"
            "-- tests_old_archive/test_a.py --\ndef test(): pass\n"
            "-- tests_old_archive/archive/b.py --\nx = 1\n-- cleanup_nov6_2025/c.py --\nx = 1\n",
            ("app/archive", "cleanup_nov6_2025", "tests_old_archive"),
        ),
        Example(
            "an archive of documents in capitals",
            "-- docs/execution/ARCHIVE/plan.md --\n# Plan\n-- docs/usage.md --\n# Usage\n",
            ("docs/execution/ARCHIVE",),
        ),
        Example(
            "a plain name from which live code still imports",
            "-- archived_api/core.py --\nx = 1\n-- main.py --\nimport archived_api.core\n",
            ("archived_api",),
        ),
        Example(
            "a folder named legacy that nothing uses, and one that the application imports",
            "-- shop/legacy/marc.py --\ndef show(): pass\n-- soap/legacy/rates.py --\nx = 1\n"
            "-- main.py --\nfrom fastapi import FastAPI\nfrom soap.legacy import rates\n"
            "app = FastAPI()\n",
            ("shop/legacy",),
        ),
        Example(
            "scripts in a folder named legacy that nobody has touched for a year",
            "-- scripts/legacy/crawl.py --\nprint('crawl')\n-- main.py --\nprint('x')\n",
            ("scripts/legacy",),
            "2024-01-10 ann | A scripts/legacy/crawl.py, A main.py\n2025-03-01 ann | M main.py\n",
        ),
        Example(
            "words that only contain or resemble the tokens",
            "-- household/threshold.py --\nx = 1\n-- content/archive_file_service.py --\nx = 1\n"
            "-- legacy_systems/soap.py --\nx = 1\n-- backup_service/run.py --\nx = 1\n"
            "-- forms/old_age_pension/rates.py --\nx = 1\n-- backups_v2/store.py --\nx = 1\n",
        ),
        Example(
            "an application named archive, and one named backups",
            "-- archive/__init__.py --\n-- archive/apps.py --\nclass A(AppConfig): pass\n"
            "-- backups/__init__.py --\n-- backups/api.py --\nx = 1\n"
            "-- urls.py --\nfrom backups import api\n-- jobs.py --\nimport backups.api\n",
        ),
        Example(
            "migrations, fixtures, samples and vendored code",
            "-- db/migrations/old/0001.py --\nx = 1\n-- shop/fixtures/archive/a.json --\n{}\n"
            "-- tests/samples/archive/a.py --\nx\n-- node_modules/x/old/index.js --\nx\n",
        ),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for root, reason in index.inventory.archive_roots.items():
            files = below(index, root)
            documents = _documents(files)
            name = judge(root.rpartition("/")[2])
            weak = name is Name.WEAK
            used = users_of_tree(index, root, files)
            if documents:
                severity = Severity.MEDIUM if len(files) >= _MANY else Severity.LOW
            elif weak or len(files) < max(_FEW, min(_MANY, _SHARE * len(index.files))):
                severity = Severity.MEDIUM
            else:
                severity = Severity.HIGH
            kind = "documents" if documents else "files"
            yield self.finding(
                root,
                f"{root} keeps {len(files):,} archived {kind[:-1] if len(files) == 1 else kind} "
                f"({size_of(index, files)}) in the repository",
                severity=severity,
                confidence=Confidence.MEDIUM if weak else Confidence.HIGH,
                evidence=[for_(reason, root), *_evidence(index, files, used)],
                subjects=files,
                cause=archive_cause(root),
                action=_action(index, root, name, documents, files),
            )

        for folder, files in unused_by_name(index):
            rests = at_rest(index, files)
            yield self.finding(
                folder,
                f"{folder} may be an archive: nothing uses its {counted(len(files), 'file')}",
                severity=Severity.LOW,
                confidence=Confidence.MEDIUM if rests else Confidence.LOW,
                evidence=[
                    for_(f'its name says "{folder.rpartition("/")[2]}"', folder),
                    *_evidence(index, files, []),
                    against("such a name may be a word of the trade"),
                ],
                subjects=files,
                action=ActionKind.ARCHIVE if rests else ActionKind.AUDIT,
            )

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of all files that is archived; a document counts a quarter."""
        archived = sum(
            len(finding.subjects) / (4 if _documents(finding.subjects) else 1)
            for finding in findings
            if finding.confidence is not Confidence.LOW
        )
        share = archived / max(1, len(index.files))
        return self.outcome(ratio_quality(share, zero_at=0.3), findings)


def _documents(files: Sequence[str]) -> bool:
    """Are four in five of these files documents?"""
    number = sum(path.rpartition(".")[2].lower() in _DOCUMENTS for path in files)
    return 5 * number >= 4 * len(files)


def _action(
    index: RepoIndex, root: str, name: Name, documents: bool, files: list[str]
) -> ActionKind:
    """A plain name is an archive whatever it holds; a noun such as `archive` is one of code that
    nothing uses and nobody edits; a word such as `legacy` is for a person to judge."""
    if name is Name.PLAIN:
        return ActionKind.ARCHIVE
    foreign = sum(_extension(path) in SOURCE - _FOLLOWED for path in files)
    doubtful = (
        name is Name.WEAK
        or documents
        or 2 * foreign > sum(_extension(path) in SOURCE for path in files)
        or any("tests" in tokens(part) for part in root.split("/")[:-1])
        or any(_edited_of_late(index, path) for path in files)
        or imported(index, files)
    )
    return ActionKind.AUDIT if doubtful else ActionKind.ARCHIVE


def _extension(path: str) -> str:
    return path.rpartition(".")[2].lower()


def _evidence(index: RepoIndex, files: list[str], used: list[Evidence]) -> Iterator[Evidence]:
    tests = sum(named_as_test(path.rpartition("/")[2]) for path in files)
    documents = sum(path.rpartition(".")[2].lower() in _DOCUMENTS for path in files)
    kinds = {"other file": len(files) - tests - documents, "test": tests, "document": documents}
    held = [counted(number, kind) for kind, number in kinds.items() if number]
    yield for_(f"holds {', '.join(held)}")
    live = index.inventory.archive_root
    copies = [
        path
        for path in files
        if any(live(twin) is None for twin in index.twins.same.get(index.files[path].blob_id, ()))
    ]
    if copies:
        lie = "lies" if len(copies) == 1 else "lie"
        copied = f"{counted(len(copies), 'file')} also {lie} outside archives, byte for byte"
        yield for_(copied, copies[0])
    yield from used or [for_("no live file imports or runs anything in it")]
    last = last_change(index, files)
    if last:
        edited = [path for path in files if _edited_of_late(index, path)]
        told = f"last changed on {day(last)}"
        yield against(f"{told}, and {edited[0]} is still edited") if edited else for_(told)


def _edited_of_late(index: RepoIndex, path: str) -> bool:
    history = index.history.files.get(path)
    now = index.snapshot.committed_at
    return history is not None and history.edits > 1 and now - history.last < _RECENT
