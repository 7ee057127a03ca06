"""CIC001: no CI definition tests a change before or when it reaches the default branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.workflows import CHANGES
from readiness.model import (
    ActionKind,
    Area,
    Confidence,
    Dimension,
    Evidence,
    Finding,
    Location,
    Outcome,
    Severity,
)
from readiness.rule import Example, Rule, against, for_

from ._workflows import has_source, has_tests


class NoEffectiveCi(Rule):
    """No CI definition runs the tests when the default branch changes.

    What it does
        Reads the definitions that the CI system itself would read (`.github/workflows` at the
        root, `.gitlab-ci.yml`, `.circleci/config.yml`, ...), with their triggers, branch filters,
        conditions, and the workflows, scripts and actions that they call. Reports a repository
        where none of them runs tests on a push or pull request to the default branch, and a
        workflow with tests whose triggers for changes only stand in a comment.

    Why it matters
        A test that nobody runs protects nothing: a change that breaks the product is merged, and
        the first to notice is a user.

    How to fix
        Add a workflow that starts on `pull_request` and on `push` to the default branch and runs
        the tests, or enable the triggers of the one that exists.

    Limits
        CI that is configured outside the repository (a build server's own jobs, branch protection
        elsewhere) is not seen. A workflow of another repository that is called on a change may
        hold the tests: the finding then has a low confidence.
    """

    id = "CIC001"
    name = "no-effective-ci"
    dimension = Dimension.OPERATIONS
    area = Area.DELIVERY
    severity = Severity.CRITICAL
    outside = "Make the tests a required check of the default branch"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("no definition at all", "-- app.py --\nprint('hello')\n", ("",)),
        Example(
            "the triggers are commented out",
            "-- app.py --\nprint()\n-- .github/workflows/ci.yml --\non:\n  # push:\n"
            "  workflow_dispatch:\njobs: {test: {steps: [{run: pytest}]}}\n",
            (".github/workflows/ci.yml:2",),
        ),
        Example(
            "images are built, nothing is tested",
            "-- app.py --\nprint()\n-- .github/workflows/build.yml --\non: push\n"
            "jobs: {image: {steps: [{run: docker build -t x .}]}}\n",
            ("",),
        ),
        Example(
            "one workflow tests, the triggers of another are commented out",
            "-- app.py --\nprint()\n-- .github/workflows/a.yml --\non: push\n"
            "jobs: {test: {steps: [{run: pytest}]}}\n-- .github/workflows/b.yml --\n"
            "on:\n  workflow_dispatch:\n  #push:\njobs: {test: {steps: [{run: npm test}]}}\n",
            (".github/workflows/b.yml:3",),
        ),
        Example(
            "tests on pull requests, by a workflow that is called",
            "-- app.py --\nprint()\n-- .github/workflows/ci.yml --\non: pull_request\n"
            "jobs: {test: {uses: ./.github/workflows/tests.yml}}\n"
            "-- .github/workflows/tests.yml --\non: workflow_call\n"
            "jobs: {test: {steps: [{run: make test}]}}\n",
        ),
        Example(
            "another CI", "-- app.py --\nprint()\n-- .gitlab-ci.yml --\nunit: {script: [tox]}\n"
        ),
        Example("documents alone", "-- README.md --\nHello.\n"),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if has_source(index) else "there is no source code to test"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        disabled = list(self._disabled(index))
        if index.workflows.tests_of_changes():
            yield from disabled
        else:
            yield self._nothing(index, disabled)

    def measure(self, index: RepoIndex, findings: Sequence[Finding]) -> Outcome:
        nothing = any(finding.severity is Severity.CRITICAL for finding in findings)
        return self.outcome(0.0 if nothing else 0.5 if findings else 1.0, findings)

    def _nothing(self, index: RepoIndex, disabled: Sequence[Finding]) -> Finding:
        found = index.workflows
        elsewhere = [
            against(f"calls {job.uses}, which may test", path, job.line)
            for path in found.on_change
            for job in found.files[path].jobs
            if job.uses and job.uses.lstrip("./") not in found.files
        ]
        shown = [evidence for finding in disabled for evidence in finding.evidence]
        shown += [_why_not(index, path) for path in found.effective[:8]]
        count = len(found.effective)
        place = disabled[0].location if disabled else Location()
        return self.finding(
            place.path,
            "Nothing tests a change: no CI definition runs tests on a push or pull request to the "
            f"default branch ({f'none of {count} that take effect' if count else 'there is none'})",
            line=place.line,
            severity=Severity.HIGH if elsewhere else None,
            confidence=Confidence.LOW if elsewhere else Confidence.HIGH,
            evidence=[*(shown or [for_("no CI system would find a definition")]), *elsewhere[:4]],
            subjects=found.effective,
            key="tests",
            action=ActionKind.MODIFY if disabled else ActionKind.CREATE,
            targets=[place.path] if place.path else _new(index),
        )

    def _disabled(self, index: RepoIndex) -> Iterator[Finding]:
        found = index.workflows
        for path, facts in found.files.items():
            events = [(event, line) for event, line in facts.disabled if event in (*CHANGES, "on")]
            at_root = path.startswith(".") and path not in found.on_change
            if events and at_root and has_tests(index, path):
                yield self.finding(
                    path,
                    f"{path} runs tests, but its triggers for changes are commented out",
                    line=events[0][1],
                    severity=Severity.MEDIUM,
                    key="disabled",
                    evidence=[for_(f"`{name}:` is a comment", path, at) for name, at in events],
                )


def _new(index: RepoIndex) -> Iterator[str]:
    """The workflow to write, where GitHub is what would read it."""
    if not any(path.endswith("gitlab-ci.yml") for path in index.files):
        names = (f".github/workflows/{name}.yml" for name in ("ci", "tests", "checks"))
        yield next(name for name in names if name not in index.files)


def _why_not(index: RepoIndex, path: str) -> Evidence:
    events = ", ".join(trigger.event for trigger in index.workflows.files[path].triggers)
    if path in index.workflows.on_change:
        return for_("starts on a change, and runs no tests", path, 1)
    return for_(f"starts only on {events or 'a call'}", path, 1)
