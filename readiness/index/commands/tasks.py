"""Tasks: what a command or a CI action is there for, told from its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from readiness.facts.shell.argv import split
from readiness.index.commands.lines import (
    PACKAGE_RUNNERS,
    RUNNERS,
    innermost,
    program_of,
    script_names,
)


class Task(StrEnum):
    """What a step is there for, told from its command words or action."""

    TEST = "test"
    LINT = "lint"
    SCAN = "scan"
    BUILD = "build"
    DEPLOY = "deploy"
    RELEASE = "release"  # a library, image or document is published; nothing is rolled out
    HEALTH = "health"
    SETUP = "setup"
    OTHER = "other"


GATES = (Task.TEST, Task.LINT, Task.SCAN, Task.HEALTH)

_PROGRAMS: dict[str, Task] = {
    **dict.fromkeys(
        "pytest py.test tox nox nosetests nose2 trial stestr ward behave robot jest vitest mocha "
        "ava karma tap qunit testem cypress rspec cucumber phpunit pest ctest bats prove "
        "busted newman k6 schemathesis runtests locust nightwatch testcafe sbt-test "
        "slipcover zope-testrunner".split(),
        Task.TEST,
    ),
    **dict.fromkeys(
        "ruff black flake8 pylint mypy dmypy pyright basedpyright ty pyre isort pydocstyle "
        "pycodestyle eslint prettier stylelint tsc vue-tsc biome oxlint standard xo golangci-lint "
        "gofmt staticcheck rubocop shellcheck hadolint yamllint actionlint pre-commit prek "
        "codespell djlint curlylint sqlfluff ansible-lint markdownlint markdownlint-cli2 "
        "commitlint interrogate deptry lint-imports vulture radon xenon bashate doc8 autopep8 "
        "yapf tflint buf checkstyle ktlint detekt swiftlint phpstan psalm credo svelte-check "
        "typos reuse lychee dockerfilelint pyflakes pymarkdown blocklint autoflake".split(),
        Task.LINT,
    ),
    **dict.fromkeys(
        "bandit safety pip-audit trivy grype snyk semgrep gitleaks trufflehog detect-secrets "
        "detect-secrets-hook osv-scanner checkov tfsec terrascan zizmor dockle govulncheck gosec "
        "brakeman bundle-audit bundler-audit retire dependency-check zap-baseline.py nuclei "
        "cargo-audit kics kubesec codeql syft ggshield readiness-staged".split(),
        Task.SCAN,
    ),
    **dict.fromkeys(
        "apt apt-get apk yum dnf brew pip pip3 pipx conda mamba micromamba gem corepack nvm pyenv "
        "asdf mise choco winget npm-install".split(),
        Task.SETUP,
    ),
    **dict.fromkeys("twine goreleaser semantic-release changeset".split(), Task.RELEASE),
}

_T, _L, _S, _B = Task.TEST, Task.LINT, Task.SCAN, Task.BUILD
_D, _R, _U = Task.DEPLOY, Task.RELEASE, Task.SETUP
# program -> (words that must follow it, in this order but not side by side) -> task
_SUBCOMMANDS: dict[str, tuple[tuple[str, Task], ...]] = {
    "go": (("test", _T), ("vet", _L), ("build", _B), ("mod download", _U)),
    "cargo": (
        ("test", _T), ("nextest", _T), ("clippy", _L), ("fmt", _L), ("audit", _S), ("deny", _S),
        ("build", _B), ("publish", _R),
    ),
    "mvn": (("test", _T), ("verify", _T), ("install", _T), ("deploy", _R), ("package", _B)),
    "mvnw": (("test", _T), ("verify", _T), ("install", _T), ("package", _B)),
    "gradle": (("test", _T), ("check", _T), ("build", _T), ("publish", _R), ("assemble", _B)),
    "gradlew": (("test", _T), ("check", _T), ("build", _T), ("publish", _R), ("assemble", _B)),
    "sbt": (("test", _T), ("compile", _B)),
    "dotnet": (("test", _T), ("build", _B), ("publish", _B), ("format", _L), ("restore", _U)),
    "mix": (("test", _T), ("credo", _L), ("format", _L), ("deps.get", _U)),
    "swift": (("test", _T), ("build", _B)),
    "xcodebuild": (("test", _T), ("build", _B)),
    "flutter": (("test", _T), ("analyze", _L), ("build", _B)),
    "dart": (("test", _T), ("analyze", _L)),
    "deno": (("test", _T), ("lint", _L), ("fmt", _L)),
    "bun": (("test", _T), ("install", _U), ("ci", _U)),
    "zig": (("build test", _T), ("test", _T), ("build", _B)),
    "bazel": (("test", _T), ("build", _B)),
    "pants": (("test", _T), ("lint", _L), ("check", _L)),
    "playwright": (("test", _T), ("install", _U)),
    "ng": (("test", _T), ("e2e", _T), ("lint", _L), ("build", _B)),
    "nx": (("test", _T), ("lint", _L), ("build", _B)),
    "turbo": (("test", _T), ("lint", _L), ("build", _B)),
    "lerna": (("test", _T), ("lint", _L), ("build", _B)),
    "rake": (("test", _T), ("spec", _T)),
    "rails": (("test", _T),),
    "artisan": (("test", _T),),
    "R": (("CMD check", _T),),
    "hatch": (("test", _T), ("fmt", _L), ("build", _B), ("publish", _R)),
    "npm": (
        ("audit", _S), ("ci", _U), ("install", _U), ("i", _U), ("test", _T), ("t", _T),
        ("publish", _R), ("pack", _B),
    ),
    "yarn": (("audit", _S), ("npm audit", _S), ("install", _U), ("test", _T), ("publish", _R)),
    "pnpm": (("audit", _S), ("install", _U), ("i", _U), ("test", _T), ("publish", _R)),
    "uv": (
        ("sync", _U), ("pip install", _U), ("venv", _U), ("build", _B), ("publish", _R),
        ("lock", _L), ("python install", _U), ("tool install", _U),
    ),
    "poetry": (("install", _U), ("check", _L), ("build", _B), ("publish", _R)),
    "pdm": (("install", _U), ("sync", _U), ("build", _B), ("publish", _R)),
    "pipenv": (("install", _U), ("sync", _U), ("check", _S)),
    "flit": (("build", _B), ("publish", _R), ("install", _U)),
    "docker": (
        ("scout", _S), ("stack deploy", _D), ("service update", _D), ("buildx build", _B),
        ("compose build", _B), ("build", _B), ("push", _R), ("login", _U),
    ),
    "docker-compose": (("build", _B),),
    "kubectl": (
        ("rollout status", Task.HEALTH), ("wait", Task.HEALTH), ("apply", _D), ("set image", _D),
        ("rollout restart", _D), ("replace", _D), ("patch", _D),
    ),
    "oc": (("apply", _D), ("rollout latest", _D), ("start-build", _D)),
    "helm": (("upgrade", _D), ("install", _D), ("lint", _L), ("test", _T)),
    "readiness": (("audit", _S),),
    "helmfile": (("apply", _D), ("sync", _D)),
    "argocd": (("app sync", _D), ("app set", _D)),
    "skaffold": (("run", _D), ("deploy", _D)),
    "gcloud": (
        ("run deploy", _D), ("app deploy", _D), ("functions deploy", _D),
        ("run services update", _D), ("run services replace", _D), ("builds submit", _B),
        ("compute ssh", _D), ("deploy", _D), ("auth", _U),
    ),
    "aws": (
        ("ecs update-service", _D), ("lambda update-function-code", _D), ("deploy", _D),
        ("cloudformation deploy", _D), ("elasticbeanstalk update-environment", _D),
        ("ssm send-command", _D), ("apprunner start-deployment", _D), ("s3 sync", _D),
    ),
    "az": (
        ("webapp deploy", _D), ("webapp up", _D), ("containerapp update", _D),
        ("containerapp up", _D), ("functionapp deployment", _D), ("webapp config container", _D),
    ),
    "sam": (("deploy", _D),),
    "cdk": (("deploy", _D),),
    "serverless": (("deploy", _D),),
    "sls": (("deploy", _D),),
    "terraform": (("apply", _D), ("validate", _L), ("fmt", _L)),
    "tofu": (("apply", _D), ("validate", _L), ("fmt", _L)),
    "pulumi": (("up", _D),),
    "eb": (("deploy", _D),),
    "copilot": (("deploy", _D),),
    "fly": (("deploy", _D),),
    "flyctl": (("deploy", _D),),
    "heroku": (("container:release", _D),),
    "vercel": (("deploy", _D), ("--prod", _D), ("--prebuilt", _D)),
    "netlify": (("deploy", _D),),
    "wrangler": (("deploy", _D), ("publish", _D)),
    "railway": (("up", _D), ("redeploy", _D)),
    "render": (("deploys create", _D),),
    "firebase": (("deploy", _D),),
    "supabase": (("deploy", _D), ("db push", _D)),
    "modal": (("deploy", _D),),
    "fastapi": (("deploy", _D),),
    "kamal": (("deploy", _D),),
    "cap": (("deploy", _D),),
    "dep": (("deploy", _D),),
    "nomad": (("job run", _D), ("run", _D)),
    "doctl": (("create-deployment", _D),),
    "caprover": (("deploy", _D),),
    "dokku": (("git:sync", _D), ("ps:rebuild", _D)),
    "gh": (("release create", _R), ("release upload", _R)),
    "coverage": (("run", _T), ("report", _T)),
    "meson": (("test", _T), ("compile", _B)),
    "ninja": (("test", _T),),
    "bundle": (("install", _U), ("audit", _S)),
    "composer": (("install", _U), ("test", _T), ("audit", _S)),
    "git": (("push heroku", _D), ("push dokku", _D)),
    "trunk": (("check", _L),),
}  # fmt: skip

_NAMES: tuple[tuple[Task, frozenset[str]], ...] = (
    (Task.DEPLOY, frozenset("deploy deployment rollout".split())),
    (
        Task.TEST,
        frozenset(
            "test tests testing pytest unittest unittests runtests e2e spec specs jest cypress "
            "playwright smoke unit integration cov".split()
        ),
    ),
    (
        Task.LINT,
        frozenset(
            "lint lints linting linter format fmt style typecheck typing types mypy flake8 ruff "
            "black eslint prettier precommit".split()
        ),
    ),
    (Task.SCAN, frozenset("audit scan security sast bandit trivy".split())),
    (Task.HEALTH, frozenset("health healthcheck healthz".split())),
    (Task.RELEASE, frozenset("publish release".split())),
    (Task.BUILD, frozenset("build compile bundle".split())),
    (Task.SETUP, frozenset("install setup bootstrap deps".split())),
)
_WORD = re.compile(r"[a-z]+[0-9]*[a-z]*(?:[0-9]+)?|[0-9]+")


def task_of_name(name: str) -> Task:
    """The task that a script, target or job is named after ("bin/run-tests", "py:lint")."""
    words = set(_WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
    if "check" in words and words & {"health", "readiness", "liveness"}:
        return Task.HEALTH
    return next((task for task, hints in _NAMES if hints & words), Task.OTHER)


_SCAN_ACTION = re.compile(
    r"trivy|codeql-action/(?:analyze|autobuild)|gitleaks|trufflehog|snyk/|semgrep|anchore/scan"
    r"|grype|zizmor|scorecard-action|pip-audit|dependency-review|osv-scanner|checkov|tfsec|kics"
    r"|bandit|detect-secrets|sonarcloud|sonarqube-scan|security-scan|/readiness$"
)
_LINT_ACTION = re.compile(
    r"pre-commit|ruff-action|psf/black|super-linter|golangci-lint|reviewdog|megalinter"
    r"|hadolint|shellcheck|yamllint|markdownlint|codespell|typos|commitlint|actionlint|flake8"
    r"|clippy|restyled-io/actions/run"
)
_DEPLOY_ACTION = re.compile(
    r"deploy-cloudrun|deploy-appengine|deploy-cloud-functions|amazon-ecs-deploy|codedeploy"
    r"|webapps-deploy|k8s-deploy|container-apps-deploy|functions-action|heroku-deploy"
    r"|vercel-action|actions-netlify|wrangler-action|pages-action|app_action|hosting-deploy"
    r"|ssh-deploy|rsync-deploy|beanstalk-deploy|railway-deploy|render-deploy|render-action"
    r"|kubectl-action|helm-deploy|action-kamal|coolify|lambda-deploy|aws-lambda|stack-deploy"
    r"|docker-stack|nomad-deploy|portainer|dokku"
)
_RELEASE_ACTION = re.compile(
    r"gh-action-pypi-publish|action-gh-release|release-drafter|release-please|semantic-release"
    r"|npm-publish|gh-pages|github-pages-deploy|actions/deploy-pages|docker-pushrm"
)
_TEST_ACTION = re.compile(r"cypress-io/github-action|pytest-action|newman-action|k6-action")
_SETUP_ACTION = re.compile(
    r"^actions/(?:checkout|cache|setup-|download-artifact|upload-artifact)|/setup-|/login-action"
    r"|install-poetry|rust-toolchain|rust-cache|configure-aws|google-github-actions/auth"
)


def task_of_action(uses: str) -> Task:
    """The task of a published action, by its name; OTHER where the name does not tell."""
    name = uses.partition("@")[0].lower()
    for task, pattern in (
        (Task.SETUP, _SETUP_ACTION),
        (Task.RELEASE, _RELEASE_ACTION),
        (Task.SCAN, _SCAN_ACTION),
        (Task.LINT, _LINT_ACTION),
        (Task.DEPLOY, _DEPLOY_ACTION),
        (Task.TEST, _TEST_ACTION),
    ):
        if pattern.search(name):
            return task
    return Task.BUILD if "build-push-action" in name or "/bake-action" in name else Task.OTHER


_URL = re.compile(r"https?://|\blocalhost\b|127\.0\.0\.1|^\$\{?\w*URL")
_PROBE = re.compile(r"health|ready|live(?:z|ness)|/ping|/status|heartbeat", re.IGNORECASE)
_HOOK = re.compile(r"deploy[-_]?hook|/deploy/|deploy_url", re.IGNORECASE)
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0")


def task_of(words: Sequence[str]) -> Task:
    """The task of a command: of what runs behind its wrappers, or in its container."""
    return _task_of(tuple(words))


@lru_cache(1 << 14)
def _task_of(words: tuple[str, ...]) -> Task:
    inner = innermost(words)
    task = _task_of_program(inner) if inner else Task.OTHER
    if task is Task.OTHER and len(inner) < len(words) and "." not in inner[0]:
        named = task_of_name(inner[0])  # `docker compose run app tests`, `hatch run test:cov`
        return named if named in GATES else Task.OTHER
    return task


def _task_of_program(words: Sequence[str]) -> Task:
    program = program_of(words)
    arguments = words[1:]
    if program in ("tox", "nox"):
        return _task_of_environments(program, arguments)
    if program in ("curl", "wget", "http", "xh"):
        return _task_of_request(arguments)
    if program in ("ssh", "sshpass"):
        return Task.DEPLOY if len(words) > 2 else Task.OTHER
    if program in ("scp", "rsync"):
        remote = any(re.match(r"[^/\s]+:", word) for word in arguments)
        return Task.DEPLOY if remote else Task.OTHER
    if program in _PROGRAMS:
        return _PROGRAMS[program]
    if program in _SUBCOMMANDS:
        for following, task in _SUBCOMMANDS[program]:
            if _follows(following.split(), arguments):
                return task
    if program in RUNNERS or (program in PACKAGE_RUNNERS and arguments):
        return task_of_name(" ".join(script_names(words)))
    if program == "manage.py":
        return {"test": Task.TEST, "check": Task.LINT, "migrate": Task.OTHER}.get(
            next(iter(arguments), ""), Task.OTHER
        )
    if program == "unittest" or (program == "setup.py" and "test" in arguments):
        return Task.TEST
    if program == "setup.py" or words[0] == "build":
        return Task.BUILD
    if program in ("wait-on", "wait-for-it", "wait-for-it.sh", "wait-for"):
        return Task.HEALTH
    if "/" in words[0] or program.endswith((".py", ".sh", ".js", ".mjs", ".ts")):
        return task_of_name(program)
    return Task.OTHER


def _follows(expected: Sequence[str], arguments: Sequence[str]) -> bool:
    """Do the expected words stand among the arguments in order, before any positional path?"""
    position = 0
    for word in arguments[:12]:
        if word == expected[position]:
            position += 1
            if position == len(expected):
                return True
    return False


def _task_of_environments(program: str, arguments: Sequence[str]) -> Task:
    """tox and nox test, unless only environments that are named after something else are run."""
    flags = {"-e", "--env", "-s", "--session", "--sessions", "-f", "-t", "--tags"}
    names = [
        name for flag, value in pairwise(arguments) if flag in flags for name in value.split(",")
    ]
    names += [word[2:] for word in arguments if word.startswith(("-e", "-s")) and len(word) > 2]
    tasks = {task_of_name(name) for name in names}
    if names and tasks <= {Task.LINT, Task.SCAN, Task.BUILD, Task.RELEASE}:
        return min(tasks)
    if names and all("doc" in name for name in names):
        return Task.BUILD
    return Task.TEST


def _task_of_request(arguments: Sequence[str]) -> Task:
    text = " ".join(arguments)
    if _HOOK.search(text):
        return Task.DEPLOY
    saved = {"-o", "-O", "--output", "-OL", "-LO", "--remote-name"} & set(arguments)
    if saved and "/dev/null" not in arguments:
        return Task.SETUP
    if not _URL.search(text):
        return Task.OTHER
    return Task.HEALTH if _PROBE.search(text) or _LOCAL.search(text) else Task.OTHER


def input_command(inputs: dict[str, str]) -> tuple[str, ...]:
    """The words of a command that an action is given as an input (`command`, `run`, `args`)."""
    for key in ("command", "run", "script", "cmd", "arguments", "args", "commands"):
        if inputs.get(key):
            return _split(inputs[key])
    return ()


@lru_cache(1 << 10)
def _split(text: str) -> tuple[str, ...]:
    return tuple(split(text))
