"""CIC003: tests, lint, scans and health checks that cannot fail their job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.index.commands.tasks import GATES, Task
from readiness.index.workflows import WorkflowStep
from readiness.model import Area, Confidence, Dimension, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._workflows import has_blocking_twin, repairs, short

_LABELS = {Task.TEST: "tests", Task.LINT: "lint", Task.SCAN: "scan", Task.HEALTH: "health check"}
_CI = "-- .github/workflows/ci.yml --\non: push\njobs:\n  a:\n    steps:\n"


class GateNeutralised(Rule):
    """A test, lint, scan or health step of the CI cannot fail its job.

    What it does
        Looks at each step that is a gate by its command or action, in the workflows that take
        effect and in the scripts that they call, for what makes its failure invisible:
        `continue-on-error`, `|| true`, `|| echo`, `--exit-zero`, a pipe without pipefail, `set +e`,
        an `if` of which no branch fails, `if: false`, an action's `soft_fail`.

    Why it matters
        The job is green whatever the gate finds. People trust the green mark and deploy.

    How to fix
        Remove what swallows the failure. If the gate is not ready to block, give it a floor that
        it passes today and raise it, or write down by a waiver who decided so and until when.

    Limits
        A gate that also runs blocking in the same workflow is not reported. Whether branch
        protection requires the job cannot be seen from the repository. Lint and scans are often
        only reported by choice, so these weigh less than tests.
    """

    id = "CIC003"
    name = "gate-neutralised"
    dimension = Dimension.OPERATIONS
    area = Area.DELIVERY
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "tests before a deployment may fail",
            _CI + "      - run: pytest tests/smoke\n        continue-on-error: true\n",
            (".github/workflows/ci.yml:6",),
        ),
        Example(
            "a failing health check is only printed",
            _CI + "      - run: curl -f http://localhost/health || echo bad\n",
            (".github/workflows/ci.yml:5",),
        ),
        Example("cleaning up may fail", _CI + "      - run: docker compose down || true\n"),
        Example("a failure with a message", _CI + "      - run: pytest || (echo bad; exit 1)\n"),
        Example(
            "a full report after the blocking check",
            _CI + "      - run: flake8 --select=E9 .\n      - run: flake8 --exit-zero .\n",
        ),
        Example(
            "a formatter whose repairs are committed",
            _CI + "      - run: ruff format . || true\n      - run: git commit -am formatted\n",
        ),
        Example(
            "only the experimental row of a matrix may fail",
            _CI + "      - {run: pytest, continue-on-error: '${{ matrix.experimental }}'}\n",
        ),
        Example(
            "a later step asks for the outcome",
            _CI + "      - {id: t, run: pytest, continue-on-error: true}\n"
            "      - {if: steps.t.outcome == 'failure', run: exit 1}\n",
        ),
        Example(
            "reports are uploaded whatever comes",
            _CI + "      - {if: always(), uses: actions/upload-artifact@v4}\n"
            "      - {uses: codecov/codecov-action@v4, with: {fail_ci_if_error: false}}\n",
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        if any(step.task in GATES for step in index.workflows.steps):
            return None
        return "no workflow that takes effect has a gate"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        groups: dict[tuple[str, str], list[WorkflowStep]] = defaultdict(list)
        steps = [step for step in index.workflows.steps if step.task in GATES]
        for step in steps:
            if step.neutralised and not repairs(step) and not has_blocking_twin(step, steps):
                groups[step.file, step.tool].append(step)
        for (path, tool), found in groups.items():
            first = found[0]
            repeats = f", at {len(found)} places" if len(found) > 1 else ""
            deploys = any(
                other.task is Task.DEPLOY and other.file == path for other in index.workflows.steps
            )
            evidence = [
                for_(f"`{short(step.text)}`: {step.neutralised}", step.via or path, _line(step))
                for step in found[:8]
            ]
            if deploys:
                evidence.append(for_("the same workflow deploys", path, first.job.line))
            evidence += [
                against(f"`{short(other.text)}` of the same kind can fail", path, other.step.line)
                for other in steps
                if other.file == path and other.task is first.task and not other.neutralised
            ][:2]
            yield self.finding(
                path,
                f"The {_LABELS[first.task]} step `{short(first.text)}` cannot fail its job"
                f"{repeats}: {first.neutralised}",
                line=first.neutralised_line if not first.via else first.step.line,
                key=tool,
                severity=_severity(first, deploys),
                confidence=Confidence.MEDIUM
                if "branches" in first.neutralised
                else Confidence.HIGH,
                evidence=evidence,
                subjects=sorted({path, *(step.via for step in found if step.via)}),
            )


def _severity(step: WorkflowStep, deploys: bool) -> Severity:
    if step.task is Task.TEST or (step.task is Task.HEALTH and deploys):
        return Severity.HIGH
    return Severity.LOW if step.task is Task.LINT else Severity.MEDIUM


def _line(step: WorkflowStep) -> int:
    return step.line if step.via else step.neutralised_line
