"""What is read of CI definitions."""

import time

import pytest

from readiness.facts.workflow import SLICE, Job, WorkflowFacts


def read(text: str, path: str = ".github/workflows/ci.yml") -> WorkflowFacts:
    kind = SLICE.kind(path)
    assert kind is not None
    return SLICE.extract(kind, text.encode())


def only_job(facts: WorkflowFacts) -> Job:
    (job,) = facts.jobs
    return job


def words(job: Job) -> list[str]:
    return [" ".join(command.words) for step in job.steps for command in step.commands]


def test_on_stays_a_word_and_filters_are_kept() -> None:
    facts = read("""\
on:
  push:
    branches: [main, 'release/*']
    paths-ignore: [docs/**]
  pull_request:
  schedule:
    - cron: '0 2 * * *'
""")
    push, pull_request, schedule = facts.triggers
    assert (push.event, push.branches, push.paths_ignore, push.line) == (
        "push",
        ("main", "release/*"),
        ("docs/**",),
        2,
    )
    assert (pull_request.event, schedule.event) == ("pull_request", "schedule")


@pytest.mark.parametrize("on", ["on: push", "on: [push]", "on:\n- push", '"on": push'])
def test_triggers_may_be_a_word_or_a_list(on: str) -> None:
    assert [trigger.event for trigger in read(on + "\njobs: {}\n").triggers] == ["push"]


def test_a_trigger_in_a_comment_is_no_trigger_and_its_line_is_kept() -> None:
    facts = read("on:\n  # push:\n  #   branches: [main]\n  workflow_dispatch:\njobs:\n  # push:\n")
    assert [trigger.event for trigger in facts.triggers] == ["workflow_dispatch"]
    assert facts.disabled == (("push", 2),)


def test_an_on_without_anything_has_no_trigger() -> None:
    assert read("on:\njobs: {}\n").triggers == ()
    assert read("#on: push\njobs: {}\n").disabled == (("on", 1),)


def test_a_step_has_the_environment_directory_and_shell_of_all_levels() -> None:
    facts = read("""\
env: {A: workflow, B: workflow}
defaults: {run: {working-directory: app, shell: bash}}
jobs:
  test:
    env: {B: job, C: job}
    steps:
      - run: pytest | tee log
        env: {C: step}
      - run: make
        working-directory: tools
        shell: sh
""")
    first, second = only_job(facts).steps
    assert first.environment == {"A": "workflow", "B": "job", "C": "step"}
    assert (first.directory, first.shell, second.directory, second.shell) == (
        "app",
        "bash",
        "tools",
        "sh",
    )
    assert not first.commands[0].piped  # `shell: bash` starts it with pipefail


def test_commands_have_the_lines_of_the_file() -> None:
    facts = read("""\
jobs:
  test:
    steps:
      - name: two lines
        run: |
          cd tests

          pytest unit/
      - run: npm test
      - run: >-
          ruff
          check
""")
    lines = [
        (command.words[0], command.line) for s in only_job(facts).steps for command in s.commands
    ]
    assert lines[:3] == [("cd", 6), ("pytest", 8), ("npm", 9)]
    assert only_job(facts).steps[0].commands[1].directory == "tests"


def test_an_expression_stays_in_its_word_whatever_it_holds() -> None:
    facts = read("""\
jobs:
  test:
    strategy:
      matrix:
        python: ['3.12', 3.13]
        include:
          - {command: bin/tests, os: windows}
          - {command: bin/lint}
    steps:
      - run: tox -e py${{ matrix.python || 'x' }} && echo "${{ github.event.pull_request.title }}"
""")
    assert words(only_job(facts)) == [
        "tox -e py${{ matrix.python || 'x' }}",
        "echo ${{ github.event.pull_request.title }}",
    ]
    assert only_job(facts).matrix == {
        "python": ("3.12", "3.13"),
        "command": ("bin/tests", "bin/lint"),
        "os": ("windows",),
    }


def test_tolerance_is_only_what_is_literally_true() -> None:
    facts = read("""\
jobs:
  a:
    continue-on-error: true
    steps: [{run: pytest, continue-on-error: "${{ matrix.experimental }}"}]
  b: {steps: [{run: pytest, continue-on-error: "${{ true }}"}]}
""")
    first, second = facts.jobs
    assert (first.tolerant, first.steps[0].tolerant) == (True, False)
    assert (second.tolerant, second.steps[0].tolerant) == (False, True)


def test_an_ssh_action_runs_its_script_elsewhere() -> None:
    facts = read("""\
jobs:
  deploy:
    environment: {name: production}
    services: {redis: {image: redis}}
    steps:
      - uses: appleboy/ssh-action@v1
        with:
          host: example.org
          script: |
            cd /srv/app
            git pull origin main || git pull origin develop
""")
    job = only_job(facts)
    assert (job.environment, job.services) == ("production", ("redis",))
    pull = job.steps[0].remote[1]
    assert (pull.words, pull.line, pull.fallback) == (
        ("git", "pull", "origin", "main"),
        11,
        "git pull origin develop",
    )
    assert job.steps[0].commands == ()


def test_a_job_may_only_call_another_workflow() -> None:
    job = only_job(read("jobs:\n  call:\n    needs: lint\n    uses: ./.github/workflows/x.yml\n"))
    assert (job.uses, job.needs) == ("./.github/workflows/x.yml", ("lint",))


def test_the_steps_of_a_composite_action_are_one_job() -> None:
    text = "runs:\n  using: composite\n  steps:\n    - run: make test\n      shell: bash\n"
    facts = read(text, ".github/actions/test/action.yml")
    assert facts.composite
    assert words(only_job(facts)) == ["make test"]
    assert read("runs: {using: node20, main: x.js}", "action.yml").jobs == ()


def test_python_in_a_step_is_no_shell() -> None:
    facts = read("jobs: {a: {steps: [{shell: python, run: 'import pytest; pytest.main()'}]}}")
    assert words(only_job(facts)) == []


def test_gitlab_jobs_take_what_they_extend_and_what_stands_by_default() -> None:
    facts = read(
        """\
include: [{local: /ci/lint.yml}, {template: Jobs/SAST.gitlab-ci.yml}]
default: {before_script: [pip install -r requirements.txt]}
.base: {allow_failure: true, script: [echo base]}
unit:
  extends: .base
  script: [cd src, [pytest]]
  needs: [{job: build}, lint]
deploy:
  stage: deploy
  environment: production
  when: manual
  script: ./deploy.sh
never: {script: [make], rules: [{when: never}]}
""",
        ".gitlab-ci.yml",
    )
    unit, deploy, never = facts.jobs
    assert words(unit) == ["pip install -r requirements.txt", "cd src", "pytest"]
    assert (unit.tolerant, unit.needs) == (True, ("build", "lint"))
    assert (deploy.environment, deploy.condition, never.condition) == (
        "production",
        "manual",
        "false",
    )
    assert facts.includes == ("/ci/lint.yml", "template:Jobs/SAST.gitlab-ci.yml")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            ".circleci/config.yml",
            "jobs: {t: {steps: [checkout, {run: {command: pytest}}]}, u: {steps: [{run: no}]}}\n"
            "workflows: {main: {jobs: [t]}}\n",
        ),
        ("azure-pipelines.yml", "trigger: [main]\nsteps: [{script: pytest, displayName: t}]\n"),
        ("azure-pipelines-2.yml", "stages: [{jobs: [{job: t, steps: [{bash: pytest}]}]}]\n"),
        (".travis.yml", "script: [pytest]\n"),
        (
            "bitbucket-pipelines.yml",
            "pipelines: {default: [{parallel: [{step: {script: [pytest]}}]}]}",
        ),
        (".drone.yml", "kind: pipeline\nsteps: [{name: t, commands: [pytest]}]\n"),
        (".woodpecker/test.yml", "steps: {t: {image: python, commands: [pytest]}}\n"),
        ("cloudbuild.yaml", "steps: [{name: 'python:3.12', entrypoint: pytest}]\n"),
        (".cirrus.yml", "task: {test_script: pytest}\n"),
        (".buildkite/pipeline.yml", "steps: [{label: t, command: pytest}]\n"),
        ("buildspec.yml", "phases: {build: {commands: [pytest]}}\n"),
        (".semaphore/semaphore.yml", "blocks: [{task: {jobs: [{commands: [pytest]}]}}]\n"),
        ("Jenkinsfile", "pipeline { stage('x') { steps { sh 'pytest' } } }"),
        ("Jenkinsfile", 'node { sh(script: """\n  pytest\n""") }'),
    ],
)
def test_other_systems_are_read_in_the_same_terms(path: str, text: str) -> None:
    facts = read(text, path)
    assert [command for job in facts.jobs for command in words(job)] == ["pytest"]
    assert facts.triggers


def test_a_pipeline_may_be_triggered_by_nothing() -> None:
    assert read("trigger: none\npr: none\nsteps: []\n", "azure-pipelines.yml").triggers == ()
    rules = "workflow: {rules: [{when: never}]}\na: {script: x}\n"
    assert read(rules, ".gitlab-ci.yml").triggers == ()


def bomb(levels: int) -> str:
    lines = "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
        for level in range(1, levels)
    )
    return "a0: &a0 [{run: pytest}]\n" + lines + f"\njobs: {{x: {{steps: *a{levels - 1}}}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "jobs:\n" + "".join(" " * i + "a:\n" for i in range(1, 2000)),
        bomb(30),
        "a: [\n",
        "\t{{ template }}",
        "x: &s "
        + "echo a;" * 20_000
        + "\njobs:\n"
        + "".join(f"  j{i}: {{steps: [{{run: *s}}]}}\n" for i in range(2000)),
        "env: {"
        + ", ".join(f"K{i}: {'v' * 50}" for i in range(1000))
        + "}\njobs: {a: {steps: ["
        + "{run: x}, " * 5000
        + "]}}\n",
        "${{" * 200_000,
        "#" * 2_000_000,
    ],
    ids=[
        "deep",
        "deep blocks",
        "bomb",
        "open",
        "template",
        "repeated",
        "multiplied",
        "open expressions",
        "large",
    ],
)
def test_hostile_yaml_is_answered_soon(text: str) -> None:
    start = time.process_time()
    for path in (".github/workflows/a.yml", ".gitlab-ci.yml", ".cirrus.yml", "Jenkinsfile"):
        read(text, path)
    assert time.process_time() - start < 20


def test_an_unreadable_file_says_why() -> None:
    facts = read("jobs: [\n")
    assert facts.error
    assert facts.system == "github"


def test_bytes_of_any_kind_are_answered() -> None:
    for data in (b"", b"\xff\xfe", b"\0\1\2", "on: push".encode("utf-16"), b"jobs: {a: \xe9}"):
        SLICE.extract("github", data)


def test_a_key_given_twice_is_no_error() -> None:
    facts = read("jobs:\n  a: {steps: [{run: one}]}\n  a: {steps: [{run: two}]}\n")
    assert words(only_job(facts)) == ["two"]


@pytest.mark.parametrize(
    "path", ["docs/ci.yml", ".github/dependabot.yml", ".github/workflows/sub/x.yml", "tox.ini"]
)
def test_what_no_ci_system_reads_is_no_workflow(path: str) -> None:
    assert SLICE.kind(path) is None


def test_no_credential_stays_among_the_facts() -> None:
    password = "Hunter" + "2-Zebra9"
    facts = read(f"""\
env: {{DB_PASSWORD: {password}, TOKEN: "${{{{ secrets.TOKEN }}}}", PASSWORD_MIN_LENGTH: 8}}
jobs:
  a:
    steps:
      - uses: appleboy/ssh-action@v1
        with: {{password: {password}, script: "DB_PASSWORD={password} ./deploy.sh"}}
      - run: |
          export DB_PASSWORD="{password}"
          psql --password {password} && TOKEN=${{{{ secrets.TOKEN }}}} ./run
""")
    assert password not in repr(facts)
    step = only_job(facts).steps[1]
    assert step.environment["TOKEN"] == "${{ secrets.TOKEN }}"
    assert step.environment["PASSWORD_MIN_LENGTH"] == "8"
    assert step.commands[-1].assignments == (("TOKEN", "${{ secrets.TOKEN }}"),)
