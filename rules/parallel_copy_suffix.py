"""HYG002: a file that is named as a copy of the one beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import ClassVar

from readiness.facts import shingles
from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import ActionKind, Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Reads, Rule, against, for_

from ._copies import backup_cause, users
from ._copy_pairs import in_series, judge
from ._markers import Marked, marked
from ._redirects import redirected

# Of archived files, only those remain here that lie outside archives.
_ELIGIBLE = (FileClass.LIVE, FileClass.SCRIPT, FileClass.TEST, FileClass.ARCHIVE)
_BODY = (
    "def load(path, mode):\n    with open(path, mode) as handle:\n        return handle.read()\n"
    "def save(path, text):\n    with open(path, mode) as handle:\n        handle.write(text)\n"
)


class ParallelCopySuffix(Rule):
    """Two versions of one file lie side by side, told apart by a word like `_old` or `-updated`.

    What it does
        Strips marker words (`_old`, `_backup`, `-updated`, `_refactored`, `V2`, `.archived`,
        `.bak`) from the names of live files and looks for the file without them. Which of the two
        is the current one is decided by what reaches, imports, runs or names them, and by who is
        still edited, never by the word alone.

    Why it matters
        The next change goes into the wrong one of the two, and nobody can tell which is deployed.

    How to fix
        Keep the one that is used, under the plain name, and remove the other; Git has it. Where
        both are used, merge them.

    Limits
        A word of a weaker kind (`new`, `updated`, `hybrid`, a version) counts only if the contents
        are alike or the plain file is proven to be the one in use. Two files that live code both
        uses are variants, not copies. Migrations and the versions of an API are left out.
    """

    id = "HYG002"
    name = "parallel-copy-suffix"
    dimension = Dimension.CLEANUP
    area = Area.CLUTTER
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "names that nothing can load, beside the file that is meant",
            f"-- core/di.py --\n{_BODY}-- core/di.archived.py --\nx = 1\n"
            "-- compose.yml --\nservices: {}\n-- compose.yml.backup --\nservices: {}\n",
            ("compose.yml.backup", "core/di.archived.py"),
        ),
        Example(
            "a page that the framework does not load",
            "-- web/app/page.tsx --\nexport default 1\n-- web/app/page-updated.tsx --\nexport 2\n",
            ("web/app/page-updated.tsx",),
        ),
        Example(
            "the plain name is the one that was left behind",
            f"-- app/store.py --\n{_BODY}-- app/store_refactored.py --\n{_BODY}# more\n"
            "-- app/main.py --\nfrom app.store_refactored import load\n",
            ("app/store.py",),
        ),
        Example(
            "an old script that nobody edits any more",
            f"-- ops/sync.py --\n{_BODY}-- ops/sync_old.py --\n{_BODY}y = 1\n",
            ("ops/sync_old.py",),
            "2026-01-01 ann | A ops/sync.py, A ops/sync_old.py\n2026-06-01 ann | M ops/sync.py\n",
        ),
        Example(
            "variants that live code uses together",
            "-- context.py --\nimport context_bootstrap, context_new\n"
            f"-- context_bootstrap.py --\n{_BODY}-- context_new.py --\n{_BODY}-- main.py --\n"
            "import context\n-- tests/test_context_comprehensive.py --\ndef test(): pass\n",
        ),
        Example(
            "features, events and series",
            "-- db.py --\nx = 1\n-- db_backup.py --\ny = 2\n-- jobs.py --\nimport db, db_backup\n"
            "-- api/users.py --\nx = 1\n-- api/users_v2.py --\ny = 1\n-- threshold.py --\nx = 1\n"
            "-- app/migrations/0002_old.py --\nx = 1\n-- app/migrations/0002.py --\nx = 1\n"
            "-- mail/order.html --\n<p>Ordered</p>\n-- mail/order_updated.html --\n<p>Now</p>\n",
        ),
    )

    def reads(self, paths: Collection[str]) -> Reads:
        pairs = [(path, bare) for path, bare, _ in _marked(paths) if bare in paths]
        return {shingles.SLICE: {path for pair in pairs for path in pair}}

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for path, bare, name in _marked(index.files):
            if in_series(path, name) or index.inventory.archive_root(path):
                continue
            if not index.inventory.is_(path, *_ELIGIBLE):
                continue
            beside = bare in index.files
            found = self._beside if beside else self._alone
            yield from found(index, path, bare, name)

    def _beside(self, index: RepoIndex, path: str, bare: str, name: Marked) -> Iterator[Finding]:
        verdict = judge(index, path, bare, name)
        if verdict is not None:
            other = bare if verdict.path == path else path
            edits = redirected(index, verdict.path, other) if verdict.settled else ()
            asks = verdict.action is ActionKind.AUDIT
            action = ActionKind.MODIFY if edits and asks else verdict.action
            yield self.finding(
                verdict.path,
                verdict.why,
                severity=verdict.severity,
                confidence=verdict.confidence,
                evidence=verdict.evidence,
                subjects=(path, bare),
                cause=backup_cause(path) if name.unusable else "",
                action=action,
                targets=dict.fromkeys((verdict.path, *(edit.path for edit in edits))),
                edits=edits,
            )

    def _alone(self, index: RepoIndex, path: str, bare: str, name: Marked) -> Iterator[Finding]:
        """A copy whose original is not beside it."""
        gone = index.history.removed.get(bare) if name.strong else None
        used = users(index, [path], most=4)
        if not (name.alone or gone) or index.inventory.is_test(path):
            return
        if name.strong and (used or index.reachability.live(path)):
            return
        evidence = [for_(f'its name says "{name.marker}"', path)]
        evidence += used or [for_("nothing was found that uses it")]
        if gone:
            evidence.append(for_(f"{bare} was removed in {gone.commit[:10]}"))
        evidence.append(against(f"there is no {bare} beside it"))
        yield self.finding(
            path,
            f"{path} is named as a copy, but there is no {bare} beside it",
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            evidence=evidence,
            cause=backup_cause(path) if name.unusable else "",
            action=ActionKind.AUDIT,
        )


def _marked(paths: Iterable[str]) -> Iterator[tuple[str, str, Marked]]:
    """(path, path without the markers, markers) of what is named as a copy."""
    for path in paths:
        folder, _, file_name = path.rpartition("/")
        name = marked(file_name)
        if name is not None:
            yield path, f"{folder}/{name.bare}".lstrip("/"), name
