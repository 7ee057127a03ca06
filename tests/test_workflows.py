"""Which CI definitions take effect, what their steps are for, and which gates can fail."""

import pytest

from readiness.index.commands.called import local_path
from readiness.index.commands.lines import innermost
from readiness.index.commands.tasks import Task, task_of, task_of_action, task_of_name
from readiness.index.workflows import Workflows, WorkflowStep
from readiness.testing import build_index

CI = "-- .github/workflows/ci.yml --\n"


def workflows(tree: str) -> Workflows:
    return build_index(tree).workflows


def gates(tree: str) -> list[WorkflowStep]:
    gates = (Task.TEST, Task.LINT, Task.SCAN, Task.HEALTH)
    return [step for step in workflows(tree).steps if step.task in gates]


def why(*steps: str, job: str = "", on: str = "push") -> str:
    """Why the first gate of a job with these steps is neutralised."""
    lines = "".join(f"      - {step}\n" for step in steps)
    tree = f"{CI}on: {on}\njobs:\n  test:\n{job}    steps:\n{lines}"
    return gates(tree)[0].neutralised


def block(script: str) -> str:
    return "run: |\n" + "".join(f"          {line}\n" for line in script.splitlines())


@pytest.mark.parametrize(
    ("command", "task"),
    [
        ("pytest tests/", Task.TEST),
        ("python3 -m pytest -m unit", Task.TEST),
        ("uv run --locked --group dev tox run", Task.TEST),
        ("uv run --group dev tox run -e typing", Task.LINT),
        ("nox -s lint", Task.LINT),
        ("coverage run --source=hc manage.py test", Task.TEST),
        ("coverage run --branch -m pytest", Task.TEST),
        ("docker compose -p x run --name tests app tests tests/", Task.TEST),
        ("docker run --rm -v $PWD:/app image:latest pytest -q", Task.TEST),
        ("docker compose run --rm backend bash scripts/prestart.sh", Task.OTHER),
        ("make -C app test", Task.TEST),
        ("npm run lint:ci", Task.LINT),
        ("pnpm --filter @x/viz test", Task.TEST),
        ("npm ci", Task.SETUP),
        ("pip install pytest", Task.SETUP),
        ("npm audit --audit-level=high", Task.SCAN),
        ("bin/tests --fast", Task.TEST),
        ("python scripts/run_tests.py", Task.TEST),
        ("python main.py", Task.OTHER),
        ("curl -f http://localhost:8000/health", Task.HEALTH),
        ("curl -sSL https://example.org/install.sh -o install.sh", Task.SETUP),
        ("curl -X POST $DEPLOY_HOOK", Task.DEPLOY),
        ("kubectl rollout status deployment/x", Task.HEALTH),
        ("kubectl set image deployment/x x=y", Task.DEPLOY),
        ("helm upgrade --install x ./chart", Task.DEPLOY),
        ("gcloud run services describe x", Task.OTHER),
        ("rsync -av dist/ user@host:/srv", Task.DEPLOY),
        ("rsync -av dist/ /tmp/copy", Task.OTHER),
        ("twine upload dist/*", Task.RELEASE),
        ("docker build -t x .", Task.BUILD),
        ("./gradlew build", Task.TEST),
        ("go vet ./...", Task.LINT),
        ("docker-compose -f x.yml up -d redis", Task.OTHER),
        ("git push origin main", Task.OTHER),
    ],
)
def test_a_command_is_classed_by_what_runs_in_the_end(command: str, task: Task) -> None:
    assert task_of(command.split()) is task


@pytest.mark.parametrize(
    ("action", "task"),
    [
        ("actions/checkout@v4", Task.SETUP),
        ("aquasecurity/trivy-action@master", Task.SCAN),
        ("pypa/gh-action-pypi-publish@release/v1", Task.RELEASE),
        ("peaceiris/actions-gh-pages@v4", Task.RELEASE),
        ("google-github-actions/deploy-cloudrun@v2", Task.DEPLOY),
        ("docker/build-push-action@v6", Task.BUILD),
        ("someone/something@v1", Task.OTHER),
    ],
)
def test_an_action_is_classed_by_its_name(action: str, task: Task) -> None:
    assert task_of_action(action) is task


def test_words_of_names_are_whole_words() -> None:
    assert task_of_name("bin/run-tests") is Task.TEST
    assert task_of_name("latest") is Task.OTHER
    assert task_of_name("attestation") is Task.OTHER
    assert task_of_name("runHealthCheck") is Task.HEALTH


def test_hostile_words_are_answered() -> None:
    for words in ([], [""], ["docker", "run"], ["sudo"] * 1000, ["-m"] * 500, ["coverage", "run"]):
        task_of(words)
        assert len(innermost(words)) <= len(words)


def test_only_what_the_system_reads_and_something_starts_takes_effect() -> None:
    found = workflows("""\
-- .github/workflows/ci.yml --
on: push
jobs: {a: {steps: [{run: pytest}]}}
-- .github/workflows/never.yml --
on:
  # push:
jobs: {a: {steps: [{run: pytest}]}}
-- .github/workflows/called.yml --
on: workflow_call
jobs: {a: {steps: [{run: pytest}]}}
-- .github/workflows/broken.yml --
on: [
-- backend/.github/workflows/ci.yml --
on: push
jobs: {a: {steps: [{run: pytest}]}}
""")
    assert found.effective == (".github/workflows/ci.yml",)
    assert found.nested == ("backend/.github/workflows/ci.yml",)
    assert {step.file for step in found.steps} == {".github/workflows/ci.yml"}


def test_a_called_workflow_takes_effect_when_its_caller_does() -> None:
    found = workflows("""\
-- .github/workflows/ci.yml --
on: pull_request
jobs: {tests: {uses: ./.github/workflows/tests.yml}}
-- .github/workflows/tests.yml --
on: workflow_call
jobs: {a: {steps: [{run: pytest}]}}
-- .gitlab-ci.yml --
include: /ci/jobs.gitlab-ci.yml
-- ci/jobs.gitlab-ci.yml --
unit: {script: pytest}
""")
    assert set(found.on_change) == {
        ".github/workflows/ci.yml",
        ".github/workflows/tests.yml",
        ".gitlab-ci.yml",
        "ci/jobs.gitlab-ci.yml",
    }


@pytest.mark.parametrize(
    ("on", "starts"),
    [
        ("{push: {branches: [main]}}", True),
        ("{push: {branches: ['feature/*', 'release/*']}}", False),
        ("{push: {branches: [stable]}}", True),
        ("{push: {tags: ['v*']}}", False),
        ("{push: {branches-ignore: ['**']}}", False),
        ("{pull_request: {branches: ['m*']}}", True),
        ("{schedule: [{cron: '0 2 * * *'}]}", False),
        ("[workflow_dispatch]", False),
        ("{release: {types: [published]}}", False),
        ("merge_group", True),
    ],
)
def test_a_change_of_the_default_branch_starts_some_triggers(on: str, starts: bool) -> None:
    tree = f"{CI}on: {on}\njobs: {{a: {{steps: [{{run: pytest}}]}}}}\n"
    assert bool(workflows(tree).on_change) is starts


@pytest.mark.parametrize(
    "path",
    [
        "template/.github/workflows/ci.yml",
        "{{cookiecutter.name}}/.github/workflows/ci.yml",
        "tests/data/repo/.github/workflows/ci.yml",
        "examples/app/.github/workflows/ci.yml",
        "archive_20240101/.github/workflows/ci.yml",
    ],
)
def test_templates_fixtures_and_archives_are_not_called_nested(path: str) -> None:
    assert workflows(f"-- {path} --\non: push\njobs: {{}}\n").nested == ()


def test_a_folder_with_a_template_marker_is_a_template() -> None:
    tree = "-- project/copier.yml --\nname: x\n-- project/.github/workflows/ci.yml --\non: push\n"
    assert workflows(tree).nested == ()


def test_a_script_of_the_repository_tells_what_its_step_does() -> None:
    (step,) = gates(f"""{CI}on: push
jobs:
  a:
    defaults: {{run: {{working-directory: tools}}}}
    steps: [{{run: ./ci.sh}}]
-- tools/ci.sh --
set -e
cd ..
pytest tests || true
""")
    assert (step.via, step.line, step.task) == ("tools/ci.sh", 3, Task.TEST)
    assert step.neutralised == "`|| true` swallows its failure"


def test_a_local_action_tells_what_its_step_does() -> None:
    (step,) = gates(f"""{CI}on: push
jobs: {{a: {{steps: [{{uses: ./.github/actions/test}}]}}}}
-- .github/actions/test/action.yml --
runs: {{using: composite, steps: [{{run: pytest, shell: bash}}]}}
""")
    assert (step.via, step.task) == (".github/actions/test/action.yml", Task.TEST)


def test_a_matrix_gives_the_commands() -> None:
    steps = gates(f"""{CI}on: push
jobs:
  a:
    strategy: {{matrix: {{include: [{{command: bin/tests --fast}}, {{command: bin/lint}}]}}}}
    steps: [{{run: "${{{{ matrix.command }}}}"}}]
""")
    assert [(step.text, step.task) for step in steps] == [
        ("bin/tests --fast", Task.TEST),
        ("bin/lint", Task.LINT),
    ]


def test_an_action_may_be_given_the_command() -> None:
    (step,) = gates(f"""{CI}on: push
jobs: {{a: {{steps: [{{uses: nick-fields/retry@v3, with: {{command: pytest -x}}}}]}}}}
""")
    assert step.task is Task.TEST


@pytest.mark.parametrize(
    "step",
    [
        "{run: pytest, continue-on-error: true}",
        "run: pytest || true",
        "run: pytest || echo failed",
        "run: pytest || exit 0",
        "run: sudo pytest | tee log",
        "run: bash -c 'pytest || true'",
        "{run: pytest, if: false}",
        "{run: pytest, if: '${{ false }}'}",
        "run: flake8 --exit-zero .",
        block("pytest || {\n  echo 'not blocking'\n}"),
        block("set +e\npytest\necho done"),
        block("if pytest; then echo good; else echo bad; fi"),
        "{uses: aquasecurity/trivy-action@v1, with: {exit-code: '0'}}",
        "{uses: bridgecrewio/checkov-action@v1, with: {soft_fail: true}}",
    ],
)
def test_a_gate_that_cannot_fail_its_job_says_why(step: str) -> None:
    assert why(step)


@pytest.mark.parametrize(
    "step",
    [
        "run: pytest",
        "{run: pytest, continue-on-error: '${{ matrix.experimental }}'}",
        "run: pytest || exit 1",
        "run: pytest || pytest --last-failed",
        "{run: pytest | tee log, shell: bash}",
        "run: pytest | grep passed",
        "{run: pytest, if: always()}",
        block("pytest || {\n  echo bad\n  exit 1\n}"),
        block("set -o pipefail\npytest | tee log"),
        block("pytest | tee log\nexit ${PIPESTATUS[0]}"),
        block("set +e\npytest\ncode=$?\nexit $code"),
        block("set +e\nprepare\nset -e\npytest\necho done"),
        block("if pytest; then echo good; else exit 1; fi"),
    ],
)
def test_a_gate_that_only_looks_soft_can_fail(step: str) -> None:
    assert why(step) == ""


def test_a_job_may_be_tolerant_or_never_run() -> None:
    assert why("run: pytest", job="    continue-on-error: true\n")
    assert why("run: pytest", job="    if: false\n")


def test_an_outcome_that_is_judged_later_is_no_soft_gate() -> None:
    first = "{id: t, run: pytest, continue-on-error: true}"
    assert why(first, "{run: exit 1, if: steps.t.outcome == 'failure'}") == ""


def test_a_deployment_by_compose_is_one_on_a_machine_of_ones_own() -> None:
    tree = """-- .github/workflows/deploy.yml --
on: push
jobs: {deploy: {runs-on: RUNNER, steps: [{run: docker compose up -d}]}}
"""
    own, hosted = (tree.replace("RUNNER", label) for label in ("self-hosted", "ubuntu-latest"))
    assert [step.task for step in workflows(own).steps] == [Task.DEPLOY]
    assert [step.task for step in workflows(hosted).steps] == [Task.OTHER]


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (("", "a/b"), "a/b"),
        (("./tests/", "../x"), "x"),
        (("a", "$GITHUB_WORKSPACE/b"), "b"),
        (("a", "${{ github.workspace }}/b"), "b"),
        (("",), ""),
        (("a", "../.."), None),
        (("a", "/etc"), None),
        (("a", "$HOME"), None),
        (("?", "x"), None),
        (("a", "*.py"), None),
    ],
)
def test_a_path_is_only_told_where_it_is_literal(parts: tuple[str, ...], path: str | None) -> None:
    assert local_path(*parts) == path
