"""CIC004: a CI definition names files, folders or services that do not exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar

from readiness.index import RepoIndex, ignores
from readiness.index.commands.names import Sort
from readiness.index.workflows.missing import Absent, grouped
from readiness.model import Area, Confidence, Dimension, Evidence, Finding, Severity
from readiness.rule import Example, Rule, against, for_

from ._workflows import gone, short

_LACKS = {
    Sort.SERVICE: "does not define",
    Sort.TASK: "has no script",
    Sort.GROUP: "has no group",
}
_STEPS = "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n"
_CI = f"-- .github/workflows/ci.yml --\n{_STEPS}"


class WorkflowReferencesMissing(Rule):
    """A workflow names a file, folder or service that is not in the repository.

    What it does
        Follows each job of the CI definitions that take effect step by step, with its working
        directory and its `cd`s, and resolves what the commands name: folders, tests, scripts,
        manifests, compose files and services, package scripts, dependency groups, local actions.
        Reports what is neither tracked nor made by an earlier step.

    Why it matters
        The step fails, or tests nothing (`cd tests`, then `pytest tests/unit`), and where it may
        fail nobody notices for months.

    How to fix
        Correct the path, restore the file (with an exception where an ignore line hides it), or
        remove the step.

    Limits
        Only literal names are judged, and nothing that runs on another machine or in a container.
        What a build or download may have made is only reported where it is source code.
    """

    id = "CIC004"
    name = "workflow-references-missing"
    dimension = Dimension.OPERATIONS
    area = Area.DELIVERY
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "the test folder is entered twice",
            _CI + "      - {run: pytest tests/unit, working-directory: tests}\n"
            "-- tests/unit/test_a.py --\n",
            (".github/workflows/ci.yml:6",),
        ),
        Example(
            "the compose file has no such service",
            _CI + "      - run: docker compose -f compose.test.yml up -d app redis\n"
            "-- compose.test.yml --\nservices: {app: {image: app}}\n",
            (".github/workflows/ci.yml:6",),
        ),
        Example(
            "an ignore line hides package.json, in two workflows",
            _CI + "      - {run: npm ci, working-directory: web}\n      - run: cd web && npm test\n"
            f"-- .github/workflows/cd.yml --\n{_STEPS}      - run: npm --prefix web ci\n"
            "-- web/index.ts --\n-- .gitignore --\n*.json\n",
            (".github/workflows/cd.yml:6", ".github/workflows/ci.yml:6"),
        ),
        Example(
            "made by the steps before",
            _CI + "      - run: mkdir out && curl -o tool.sh https://example.org/tool.sh\n"
            "      - run: bash tool.sh\n      - {run: ls, working-directory: out}\n"
            "      - {uses: actions/checkout@v4, with: {repository: a/b, path: other}}\n"
            "      - run: bash other/run.sh && npm run build && cd dist\n-- package.json --\n{}\n",
        ),
        Example(
            "variables, expressions, guards and other machines",
            _CI + "      - run: pytest $FOLDER/unit && bash ${{ matrix.script }}\n"
            "      - run: if [ -d e2e ]; then pytest e2e/smoke; fi\n"
            "      - run: pip install -r extra.txt || true\n"
            "      - {uses: appleboy/ssh-action@v1, with: {script: bash ./deploy.sh}}\n"
            "      - run: docker compose run --rm app bash scripts/migrate.sh\n"
            "-- compose.yml --\nservices: {app: {image: app}}\n",
        ),
        Example(
            "a job without a checkout", _CI.replace("checkout", "x") + "      - run: pytest t\n"
        ),
    )

    def applies(self, index: RepoIndex) -> str | None:
        return None if index.workflows.effective else "no CI definition takes effect"

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        groups = grouped(index)
        files: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            files[_sentence(group)].add(group[0].file)
        for group in groups:
            yield self._finding(index, group, shared=len(files[_sentence(group)]) > 1)

    def _finding(self, index: RepoIndex, group: Sequence[Absent], shared: bool) -> Finding:
        first = group[0]
        sentence = _sentence(group)
        certain = all(each.certain for each in group)
        hidden = index.ignores.hides(first.path) if not first.service else None
        places = list({each.line: each for each in group}.values())[:8]
        evidence = [for_(f"`{short(each.text)}`", each.file, each.line) for each in places]
        if hidden:
            evidence.insert(1, for_(f"`{hidden.pattern}` hides it", hidden.file, hidden.line))
        evidence += _more(index, first)
        if not certain:
            evidence.append(against("it may come from elsewhere", first.file, first.line))
        where = f", which runs in {first.directory}," if first.hint and first.directory else ""
        return self.finding(
            first.file,
            f"`{short(first.text)}`{where} cannot work: {sentence}",
            line=first.line,
            key="|".join(_names(group)),
            severity=Severity.HIGH if certain and first.sort is not Sort.FILE else Severity.MEDIUM,
            confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
            evidence=evidence,
            subjects=(first.file, first.path) if first.service else (first.file,),
            cause=ignores.cause(hidden) if hidden else sentence if shared else "",
        )


def _names(group: Sequence[Absent]) -> list[str]:
    return list(dict.fromkeys(each.name for each in group))


def _sentence(group: Sequence[Absent]) -> str:
    names = _names(group)
    listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    if group[0].service:
        return f"{group[0].path} {_LACKS[group[0].sort]} {listed}"
    return f"{listed} {'does' if len(names) == 1 else 'do'} not exist"


def _more(index: RepoIndex, first: Absent) -> Iterator[Evidence]:
    if first.service:
        yield for_(f"it has {first.hint}", first.path)
        return
    if first.hint:
        yield for_(f"{first.hint} exists: the folder is entered twice", first.hint)
    yield from gone(index, first.path)
    if first.step is not None and first.step.tolerant:
        line = first.step.lines.get("continue-on-error", first.line)
        yield for_("continue-on-error hides the failure", first.file, line)
