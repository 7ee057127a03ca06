"""HYG005: live files that import, run or ship what lies in an archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.model import Area, Confidence, Dimension, Edit, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._archive_uses import ArchiveUse, uses
from ._copies import archive_cause
from ._redirects import current, redirects


class LiveCodeUsesArchive(Rule):
    """Live code, a script, image, service or workflow uses what lies in an archive.

    What it does
        Finds, for every folder of archived files, the live files outside of it that import a
        module of it, run a script of it, or build or ship a part of it.

    Why it matters
        What is thought to be dead is still executed. The archive cannot be removed, changes to it
        reach production unseen, and nobody maintains it.

    How to fix
        Move what is used out of the archive to where its users are, or make them use what replaced
        it, before the archive is removed.

    Limits
        Documents, comments and strings that name an archive are no use of it, neither are tools
        that tidy, search or exclude it, and tests have a rule of their own. An import to which no
        import path leads is reported at medium severity where only the archive has that module.
    """

    id = "HYG005"
    name = "live-code-uses-archive"
    dimension = Dimension.CLEANUP
    area = Area.PARALLEL
    severity = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "an import of a module in an archive",
            "-- main.py --\nfrom backend.archived_services.mail import send\n"
            "-- backend/__init__.py --\n-- backend/archived_services/__init__.py --\n"
            "-- backend/archived_services/mail.py --\ndef send(): pass\n",
            ("main.py:1",),
        ),
        Example(
            "a dynamic import and a script, one finding for each file",
            "-- main.py --\nimport importlib\nimportlib.import_module('old_api_backup.core')\n"
            "importlib.import_module('old_api_backup.more')\n-- start.sh --\n#!/bin/sh\n"
            "python old_api_backup/core.py\n"
            "-- old_api_backup/core.py --\nx = 1\n-- old_api_backup/more.py --\nx = 1\n",
            ("main.py", "start.sh"),
        ),
        Example(
            "an image that ships an archive",
            "-- Dockerfile --\nFROM python\nCOPY archive_20251025/ /app/\nCMD python /app/a.py\n"
            "-- archive_20251025/a.py --\nx = 1\n",
            ("Dockerfile",),
        ),
        Example(
            "a README, a list of patterns, and a clean-up script that name it",
            "-- README.md --\nSee [the old code](archived_api/core.py).\n"
            "-- tools.py --\nIGNORED = ['archived_api/core.py', 'archived_api']\n"
            "-- clean.sh --\n#!/bin/sh\nmv app.py archived_api/core.py\nrm -rf archived_api\n"
            "ruff check --exclude archived_api .\n-- archived_api/core.py --\nx = 1\n",
        ),
        Example(
            "uses within the archive, by another archive, and by a test",
            "-- archived_api/core.py --\nimport archived_api.more\n-- archived_api/more.py --\n"
            "-- old_backup/a.py --\nimport archived_api.core\n"
            "-- tests/test_a.py --\nimport archived_api.core\ndef test(): pass\n",
        ),
        Example(
            "an import under a type check",
            "-- main.py --\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    import archived_api.core\n-- archived_api/core.py --\nx = 1\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.inventory.archive_roots else "the repository holds no archive"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for (root, source), found in uses(index).items():
            yield self._finding(index, root, source, found)

    def _finding(
        self, index: RepoIndex, root: str, source: str, found: list[ArchiveUse]
    ) -> Finding:
        first = found[0]
        live = index.reachability.live(source)
        if first.guessed:
            severity, confidence = Severity.MEDIUM, Confidence.MEDIUM
        elif not live:
            severity, confidence = Severity.HIGH, Confidence.HIGH
        else:
            severity = Severity.HIGH if first.weak else Severity.CRITICAL
            confidence = Confidence.HIGH
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        told = f"{source} {first.verb} {first.target}{more}, in the archive {root}"
        if first.guessed:
            told = f"{source} imports what only the archive {root} still has: {first.target}{more}"
        edits = _edits(index, source, found)
        return self.finding(
            source,
            told,
            line=first.line or None,
            severity=severity,
            confidence=confidence,
            evidence=_evidence(index, source, found),
            subjects=(source, *dict.fromkeys(use.target for use in found)),
            targets=(source,),
            key=root,
            cause=archive_cause(root),
            edits=edits,
            proposals=() if edits else _edits(index, source, found, proposed=True),
        )


def _edits(
    index: RepoIndex, source: str, found: list[ArchiveUse], *, proposed: bool = False
) -> list[Edit]:
    """The imports pointed at what replaced the archived modules; none unless that mends all."""
    edits: list[Edit] = []
    for use in found:
        new = "" if use.guessed or use.verb != "imports" else current(index, use.target)
        pointed = redirects(index, source, use.target, new, proposed=proposed) if new else ()
        if not pointed:
            return []
        edits += pointed
    return edits


def _evidence(index: RepoIndex, source: str, found: list[ArchiveUse]) -> Iterator[Evidence]:
    for use in found[:6]:
        how = f"{source} {use.verb} {use.target}"
        yield for_(how, source, use.line or None)
        if use.guessed:
            yield against(f"no import path of {source} leads to {use.target}", source, use.line)
        elif use.weak:
            yield against("the import is guarded or waits in a function", source, use.line)
    reacher = index.reachability.reached.get(source)
    if reacher is not None and reacher != source:
        yield for_(f"{reacher} uses {source}", reacher)
    elif not index.reachability.live(source):
        yield against(f"no entrypoint reaches {source}", source)
