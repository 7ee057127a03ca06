"""HYG015: documents that report on work that was done, among those that explain the product."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.archives import DOCUMENTS, tokens
from readiness.index.inventory import FileClass
from readiness.index.languages import SOURCE
from readiness.model import ActionKind, Area, Confidence, Dimension, Finding, Outcome, Severity
from readiness.rule import Example, Rule, against, for_, ratio_quality

from ._figures import counted, day, last_change

_REPORTS = set(
    "complete completed completion summary status fix fixes fixed plan phase progress report "
    "results findings analysis handoff recap resolution resolved success milestone sprint week "
    "update review remediation verification todo next checklist accomplishments".split()
)
_GUIDES = set("guide howto readme reference tutorial runbook changelog license api faq".split())
_SERIES = {
    *("adr", "adrs", "decisions", "rfc", "rfcs", "proposals", "blog", "posts", "news", "releases"),
    *("release-notes", "changelog", "changelogs", "changelog.d", "newsfragments", "minutes"),
    *("meetings", "advisories", ".github", ".gitlab", "prompts", "postmortems", "incidents"),
}
_DATED = re.compile(r"\d{1,4}[-_.]\d{1,2}(?:[-_.]\d{1,4})?|(?:19|20)?\d{6}")
_START = ("readme", "contributing", "index", "mkdocs", "agents", "claude")
_MANY, _SHARE = 10, 0.25  # reports, and their share of all documents, from which it is a sprawl
_FEW, _SMALL = 3, 10  # reports in one folder below which it is left out, or weighs little


def _reports(folder: str, number: int) -> str:
    """An example's folder of reports."""
    return "".join(f"-- {folder}/PART_{n}_COMPLETE.md --\n# Done\n" for n in range(number))


class StatusReportDocSprawl(Rule):
    """Most documents are dated status reports, plans and summaries.

    What it does
        Counts the live documents whose names say that they report on work (`..._COMPLETE`,
        `..._SUMMARY`, `PHASE_3_PLAN`) or that lie in folders named by a date. Where they are at
        least ten and a quarter of all, reports each folder with three or more.

    Why it matters
        What once was true reads as if it still were: people and machines that search the documents
        find ten plans that contradict each other, and not the one page that is kept up to date.

    How to fix
        Take what still holds into the documents that the README links to, and remove the reports;
        Git, the issue tracker and the release notes are where they belong.

    Limits
        Records that are meant to stay (decisions, RFCs, posts, changelogs, minutes) do not count,
        nor does what a README or an index links to. Contents are not read.
    """

    id = "HYG015"
    name = "status-report-doc-sprawl"
    dimension = Dimension.CLEANUP
    area = Area.DOCUMENTATION
    severity = Severity.MEDIUM
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a dated folder of reports",
            _reports("docs/11-12", 12) + "-- docs/usage.md --\n# Usage\n-- app.py --\nx = 1\n",
            ("docs/11-12",),
        ),
        Example(
            "reports at the root and in the documents",
            "".join(f"-- PHASE_{n}_PLAN.md --\n# Plan\n" for n in range(6)) + _reports("docs", 6),
            ("PHASE_0_PLAN.md", "docs"),
        ),
        Example(
            "decisions, posts and release notes",
            "".join(
                f"-- docs/adr/000{n}-plan.md --\n# A\n-- docs/blog/2025-01-0{n}-status.md --\n# B\n"
                f"-- docs/release-notes/fix-{n}.md --\n# C\n"
                for n in range(9)
            ),
        ),
        Example("a few plans", _reports("docs", 4) + "-- README.md --\n# Hello\n"),
        Example(
            "guides whose names hold such words",
            _reports("docs", 12).replace("COMPLETE", "PLAN_GUIDE"),
        ),
        Example(
            "linked from the README",
            _reports("docs", 12)
            + "-- README.md --\n"
            + "".join(f"[{n}](docs/PART_{n}_COMPLETE.md)\n" for n in range(12)),
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.once(_documents) else "there are no documents"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        documents = index.once(_documents)
        reports = [path for path in documents if _is_report(index, path)]
        own = set(reports)
        if len(reports) < _MANY or len(reports) < _SHARE * len(documents):
            return
        share = f"{len(reports)} of {counted(len(documents), 'document')} report on work"
        folders: dict[str, list[str]] = {}
        for path in reports:
            folders.setdefault("/".join(path.split("/")[:-1][:2]), []).append(path)
        for folder, paths in folders.items():
            if len(paths) >= _FEW:
                others = sum(path.startswith(f"{folder}/") for path in documents if path not in own)
                yield self._finding(index, folder, paths, share, others)

    def _finding(
        self, index: RepoIndex, folder: str, paths: list[str], share: str, others: int
    ) -> Finding:
        named = ", ".join(path.rpartition("/")[2] for path in paths[:3])
        last = last_change(index, paths)
        evidence = [for_(f"named {named}", paths[0]), for_(share)]
        evidence += [for_(f"last changed on {day(last)}")] if last else []
        if others and folder:
            evidence.append(against(f"{counted(others, 'other document')} beside them"))
        return self.finding(
            folder or paths[0],
            f"{folder or 'The root'} holds {len(paths)} reports and plans of work that was done",
            severity=Severity.LOW if len(paths) < _SMALL else Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            evidence=evidence,
            subjects=paths,
            key=folder,
            action=ActionKind.AUDIT,
        )

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of reports among all documents and source files."""
        sources = sum(
            path.rpartition(".")[2].lower() in SOURCE
            for path in index.files
            if not index.inventory.is_(path, FileClass.ARCHIVE, FileClass.GENERATED)
        )
        reports = sum(len(finding.subjects) for finding in findings)
        share = reports / max(1, sources + len(index.once(_documents)))
        return self.outcome(ratio_quality(share, zero_at=0.2), findings)


def _documents(index: RepoIndex) -> list[str]:
    return [
        path
        for path in index.files
        if path.rpartition(".")[2].lower() in DOCUMENTS
        and not index.inventory.is_(path, FileClass.ARCHIVE, FileClass.GENERATED, FileClass.FIXTURE)
        and _SERIES.isdisjoint(path.lower().split("/")[:-1])
    ]


def _is_report(index: RepoIndex, path: str) -> bool:
    *folders, name = path.split("/")
    words = set(tokens(name.rpartition(".")[0]))
    dated = any(_DATED.fullmatch(folder) for folder in folders)
    if not _GUIDES.isdisjoint(words) or not (dated or not _REPORTS.isdisjoint(words)):
        return False
    return not any(
        reference.source.rpartition("/")[2].lower().startswith(_START)
        for reference in index.references.to.get(path, ())
    )
