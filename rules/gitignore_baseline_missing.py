"""HYG008: what every machine makes for itself is not ignored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from msgspec import Struct

from readiness.index import RepoIndex
from readiness.index.inventory import FileClass
from readiness.model import Area, Confidence, Dimension, Finding, Outcome, Severity
from readiness.rule import Example, Rule, for_

_OURS = (FileClass.LIVE, FileClass.SCRIPT, FileClass.TEST)
_ENVIRONMENTS = (".env", ".env.local", ".env.prod", ".env.production", ".env.secrets")
_LEFTOVERS = ("server.log", "notes.tmp", "main.py.backup")


class _Need(Struct, frozen=True):
    """A kind of files that must be ignored: `probes` are paths that such files would have."""

    what: str
    pattern: str  # the line that ignores them
    probes: tuple[str, ...]
    why: str
    severity: Severity = Severity.LOW


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
        Logs and other leftovers that would be taken in are a remark without weight.
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
            "-- .gitignore --\n/node_modules\n-- package.json --\n{}\n-- web/package.json --\n{}\n",
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
            "-- app/.gitignore --\n*.py[co]\n-- app/__init__.py --\nx = 1\n-- .gitignore --\n.env*\n"
            "!.env.example\n*.log\n*.tmp\n*.backup\n-- compose.yml --\nservices:\n  api:\n"
            "    build: .\n-- Dockerfile --\nFROM alpine\nCMD serve\n",
        ),
        Example("a script that nothing imports", "-- scripts/deploy.py --\nprint()\n"),
        Example("documents alone", "-- README.md --\nHello.\n"),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if _needs(index) else "no tool here makes files that must be ignored"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        root = ".gitignore" if ".gitignore" in index.files else None
        missing = [(need, open_) for need in _needs(index) if (open_ := _open(index, need))]
        if root is None and missing and not any("/.gitignore" in path for path in index.files):
            patterns = ", ".join(f"`{need.pattern}`" for need, _ in missing)
            yield self.finding(
                None,
                f"There is no .gitignore: it would need {patterns}",
                severity=min((need.severity for need, _ in missing), key=lambda s: s.rank),
                evidence=[for_(f"{probes[0]} would be tracked") for _, probes in missing],
                key="absent",
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
            )

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        """The share of the kinds that are ignored."""
        if any(finding.key == "absent" for finding in findings):
            return self.outcome(0.0, findings)
        asked = sum(need.severity is not Severity.INFO for need in _needs(index))
        missing = sum(finding.severity is not Severity.INFO for finding in findings)
        return self.outcome(1 - missing / max(1, asked), findings)


def _open(index: RepoIndex, need: _Need) -> list[str]:
    """The probes that nothing ignores and nobody tracks."""
    return [
        probe
        for probe in need.probes
        if probe not in index.files and index.ignores.hides(probe) is None
    ]


def _needs(index: RepoIndex) -> list[_Need]:
    needs = []
    tops: dict[str, str] = {}
    manifests = []
    for path in index.files:
        if not index.inventory.is_(path, *_OURS):
            continue
        folder, _, name = path.rpartition("/")
        if name.endswith(".py") and _imported(index, path):
            tops.setdefault(folder.partition("/")[0], path)
        if name == "package.json" and not any(folder.startswith(above) for above in manifests):
            manifests.append(folder)
    if tops:
        probes = tuple(f"{top}/__pycache__/module.pyc".lstrip("/") for top in sorted(tops))
        why = f"{next(iter(tops.values()))} is compiled when it is imported"
        needs.append(_Need("byte code", "__pycache__/", probes, why))
    if manifests:
        probes = tuple(f"{folder}/node_modules/x.js".lstrip("/") for folder in manifests)
        why = f"packages are installed beside {manifests[0]}/package.json".replace(" /", " ")
        needs.append(_Need("installed packages", "node_modules/", probes, why))
    if index.profile.service:
        why = index.profile.evidence.summary
        severity = Severity.MEDIUM if _open_environment(index) else Severity.LOW
        needs.append(_Need("environment files", ".env*", _ENVIRONMENTS, why, severity))
        needs.append(_Need("leftovers", "*.log, *.tmp, *.backup", _LEFTOVERS, why, Severity.INFO))
    return needs


def _imported(index: RepoIndex, path: str) -> bool:
    """Is a file imported, so that byte code appears beside it? Scripts that are run are not."""
    return (
        path.endswith("/__init__.py")
        or path in index.imports.importers
        or index.inventory.is_(path, FileClass.TEST)
    )


def _open_environment(index: RepoIndex) -> bool:
    """Is `.env` itself let through, where environment files are in use?"""
    if ".env" in index.files or index.ignores.hides(".env") is not None:
        return False
    return any(path.rpartition("/")[2].startswith(".env") for path in index.files)
