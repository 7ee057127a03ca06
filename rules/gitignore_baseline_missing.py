"""HYG008: what every machine makes for itself is not ignored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.model import (
    Area,
    Confidence,
    Dimension,
    Edit,
    EditKind,
    Finding,
    Outcome,
    Severity,
)
from readiness.rule import Example, Rule, for_

from ._baseline import Need, let_through, needs_of

_FILE = ".gitignore"


class GitignoreBaselineMissing(Rule):
    """The .gitignore lets byte code, packages or environment files through.

    What it does
        Asks, by Git's own rules and with all nested .gitignore files, whether files of the kinds
        that this repository's tools make would be ignored: byte code where there is Python,
        `node_modules` beside a package.json, `.env` and its variants in a service.

    Why it matters
        `git add .` takes in whatever is not ignored. Byte code clutters every diff; an environment
        file takes its credentials into the history for ever.

    How to fix
        Add the pattern that the finding names. Keep examples by an exception: `!.env.example`.

    Limits
        What a developer ignores globally is not seen. Caches that bring their own .gitignore
        (pytest, mypy, ruff, virtual environments) are not asked for, nor what is tracked anyway.
        Logs and other leftovers, and environment files where nothing reads any, are a remark
        without weight.
    """

    id = "HYG008"
    name = "gitignore-baseline-missing"
    dimension = Dimension.CLEANUP
    area = Area.ARTIFACTS
    severity = Severity.LOW
    examples: ClassVar[tuple[Example, ...]] = (
        Example("a package without any .gitignore", "-- app/__init__.py --\nx = 1\n", ("",)),
        Example(
            "packages beside a second manifest",
            "-- .gitignore --\n/node_modules\n-- package.json --\n{}\n-- web/package.json --\n{}\n"
            "-- web/package-lock.json --\n{}\n-- docs/package.json --\n{}\n",
            (".gitignore",),
        ),
        Example(
            "the environment files of a service",
            "-- .gitignore --\n.env\n*.log\n*.tmp\n*.backup\n-- compose.yml --\nservices:\n"
            "  api:\n    build: .\n-- Dockerfile --\nFROM alpine\nCMD serve\n",
            (".gitignore",),
        ),
        Example(
            "other patterns to the same effect, one of them nested",
            "-- app/.gitignore --\n*.py[co]\n-- app/__init__.py --\n-- .gitignore --\n.env*\n"
            "!.env.example\n*.log\n*.tmp\n*.backup\n-- compose.yml --\nservices:\n  api:\n"
            "    build: .\n-- Dockerfile --\nFROM alpine\nCMD serve\n",
        ),
        Example("a script that nothing imports", "-- scripts/deploy.py --\nprint()\n"),
        Example("documents alone", "-- README.md --\nHello.\n"),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.once(needs_of) else "no tool here makes files that must be ignored"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        root = _FILE if _FILE in index.files else None
        missing = [
            (need, found) for need in index.once(needs_of) if (found := let_through(index, need))
        ]
        if root is None and missing and not any("/.gitignore" in path for path in index.files):
            patterns = ", ".join(f"`{need.pattern}`" for need, _ in missing)
            yield self.finding(
                None,
                f"There is no .gitignore: it would need {patterns}",
                severity=min((need.severity for need, _ in missing), key=lambda s: s.rank),
                evidence=[for_(f"{probes[0]} would be tracked") for _, probes in missing],
                key="absent",
                targets=(_FILE,),
                edits=[_edit(*(need for need, _ in missing))],
            )
            return
        for need, probes in missing:
            named = ", ".join(probes)
            yield self.finding(
                root,
                f"{named} would be tracked: no line ignores {need.what}",
                severity=need.severity,
                confidence=Confidence.LOW if need.severity is Severity.INFO else Confidence.HIGH,
                evidence=[for_(need.why), for_(f"`{need.pattern}` would ignore {need.what}", root)],
                key=need.what,
                targets=(_FILE,),
                edits=[_edit(need)],
            )

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of the kinds that are ignored."""
        if any(finding.key == "absent" for finding in findings):
            return self.outcome(0.0, findings)
        asked = sum(need.severity is not Severity.INFO for need in index.once(needs_of))
        missing = sum(finding.severity is not Severity.INFO for finding in findings)
        return self.outcome(1 - missing / max(1, asked), findings)


def _edit(*needs: Need) -> Edit:
    return Edit(EditKind.ADD_LINES, _FILE, tuple(line for need in needs for line in need.lines))
