"""CIC002: workflows in a folder where the CI system never looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

from readiness.index import RepoIndex
from readiness.model import Area, Dimension, Finding, Severity
from readiness.rule import Example, Rule, against, for_


class NestedWorkflowNeverRuns(Rule):
    """Workflow files lie below the root's .github, where nothing starts them.

    What it does
        Lists the `.github/workflows` folders (Gitea's and Forgejo's too) that do not stand at the
        root of the repository, one finding for each folder.

    Why it matters
        The CI system reads only the root's folder. Tests, scans and deployments that such files
        describe look as if they ran, and never do.

    How to fix
        Move what is still wanted to the root's `.github/workflows` (with `paths:` filters and
        `working-directory:`), and remove the rest.

    Limits
        Folders of templates, examples, fixtures, documents and archives are left out. A folder
        that is published as a repository of its own has its workflows there: exclude it in the
        configuration.
    """

    id = "CIC002"
    name = "nested-workflow-never-runs"
    dimension = Dimension.OPERATIONS
    area = Area.DELIVERY
    severity = Severity.HIGH
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "a service brings its own workflows",
            "-- backend/.github/workflows/ci.yml --\non: push\n"
            "-- backend/.github/workflows/cd.yml --\non: push\n"
            "-- .github/workflows/ci.yml --\non: push\n",
            ("backend/.github/workflows/cd.yml",),
        ),
        Example("the root's workflows", "-- .github/workflows/ci.yml --\non: push\n"),
        Example(
            "a template of a repository",
            "-- template/.github/workflows/ci.yml --\non: push\n"
            "-- {{cookiecutter.slug}}/.github/workflows/ci.yml --\non: push\n"
            "-- cookiecutter.json --\n{}\n",
        ),
        Example("a fixture", "-- tests/fixtures/project/.github/workflows/ci.yml --\non: push\n"),
        Example(
            "a folder that is split off into a repository of its own",
            "-- package/.github/workflows/ci.yml --\non: push\n-- .github/workflows/split.yml --\n"
            "on: push\njobs: {a: {steps: [{run: git subtree push --prefix package x main}]}}\n",
        ),
    )

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        folders: dict[str, list[str]] = defaultdict(list)
        for path in index.workflows.nested:
            folders[path.rpartition("/")[0]].append(path)
        for folder, paths in folders.items():
            project = folder.rpartition("/")[0].rpartition("/")[0]
            if _split_off(index, project):
                continue
            root = folder[len(project) + 1 :]
            count = "1 workflow" if len(paths) == 1 else f"{len(paths)} workflows"
            twins = [path for path in paths if f"{root}/{path.rpartition('/')[2]}" in index.files]
            evidence = [for_(f"only {root} at the root is read, not {folder}", paths[0], 1)]
            evidence += [for_(_triggers(index, path), path, 1) for path in paths[:12]]
            evidence += [
                against(f"the root has a {path.rpartition('/')[2]} that runs", f"{root}/{name}", 1)
                for path in twins[:3]
                if (name := path.rpartition("/")[2])
            ]
            yield self.finding(
                paths[0],
                f"{count} in {folder} never run{'s' if len(paths) == 1 else ''}: "
                f"the CI system reads {root} at the root only",
                line=1,
                key=folder,
                evidence=evidence,
                subjects=paths,
            )


def _triggers(index: RepoIndex, path: str) -> str:
    events = [trigger.event for trigger in index.workflows.files[path].triggers]
    return f"waits for {', '.join(events)} in vain" if events else "has no trigger either"


def _split_off(index: RepoIndex, project: str) -> bool:
    """Does a workflow publish the folder as a repository of its own?"""
    return any(
        ("subtree" in words or "splitsh-lite" in words or "filter-repo" in words)
        and any(project in word for word in words)
        for path in index.workflows.effective
        for job in index.workflows.files[path].jobs
        for step in job.steps
        for words in (command.words for command in step.commands)
    )
