"""The action: its steps are run here as GitHub's runner does, in real repositories and against a
server that speaks as much of GitHub's API as a comment needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from conftest import Git, Program

ROOT = Path(__file__).parent.parent
ACTION = yaml.load((ROOT / "action.yml").read_text(), yaml.BaseLoader)
BIN = Path(sys.executable).parent
LOCKED = "action/requirements.txt"
MARKER = "<!-- readiness -->"
BROKEN = "def f(:\n"
COMMANDS = {"error", "warning", "notice", "stop-commands"}


# GitHub, as far as it is needed


class Api(ThreadingHTTPServer):
    """The comments of pull request 7, and who asks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict[str, Any]] = []
        self.refuses: dict[str, int] = {}  # a method -> the status that it is answered with
        self.login = ""  # of a person's token; a workflow's own has none
        self.seen: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, body: str, login: str = "github-actions[bot]", kind: str = "Bot") -> None:
        self.comments.append(
            {"id": len(self.comments) + 1, "body": body, "user": {"login": login, "type": kind}}
        )

    def ours(self) -> list[str]:
        return [each["body"] for each in self.comments if each["body"].startswith(MARKER)]


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if where.path == "/user":
            self._answer(200 if self.server.login else 403, {"login": self.server.login})
            return
        assert where.path == "/repos/acme/shop/issues/7/comments"
        asked = {key: int(value) for key, (value,) in parse_qs(where.query).items()}
        start = (asked["page"] - 1) * asked["per_page"]
        self._answer(200, self.server.comments[start : start + asked["per_page"]])

    def do_POST(self) -> None:
        assert self.path == "/repos/acme/shop/issues/7/comments"
        if self._answer(self.server.refuses.get("POST", 201), {}):
            self.server.add(self._body())

    def do_PATCH(self) -> None:
        number = int(self.path.removeprefix("/repos/acme/shop/issues/comments/"))
        if self._answer(self.server.refuses.get("PATCH", 200), {}):
            self.server.comments[number - 1]["body"] = self._body()

    def _body(self) -> str:
        return str(json.loads(self.content)["body"])

    def _answer(self, status: int, content: object) -> bool:
        assert self.headers["Authorization"] == "Bearer made-up"
        self.server.seen.append(f"{self.command} {status}")
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)
        return status < 300

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Run:
    """What a run of the action left behind."""

    def __init__(self) -> None:
        self.passed = True
        self.log = ""
        self.summary = ""
        self.steps: dict[str, dict[str, str]] = {}
        self.used: dict[str, dict[str, str]] = {}

    @property
    def result(self) -> str:
        return self.steps.get("audit", {}).get("result", "")

    def commands(self) -> list[tuple[str, str]]:
        """What the runner is told: (command, text), as it reads the log."""
        found, silence = [], ""
        for line in self.log.splitlines():
            match = re.fullmatch(r"\s*::([\w-]+)(?: [^:]*)?::(.*)", line)
            if match is None or (silence and match[1] != silence):
                continue
            if silence:
                silence = ""
                continue
            silence = match[2] if match[1] == "stop-commands" else ""
            found.append((match[1], match[2]))
        return found


class Runner:
    """Runs the steps of the action, with what others do in the `uses` of it left out."""

    def __init__(
        self, folder: Path, api: Api, readiness: Program, action: Path | None = None
    ) -> None:
        """With `action`, the place of the action, it installs, too."""
        self.temp = folder / "temp"
        self.api, self.base_environment, self.action = api, readiness.environment, action
        (self.temp / "readiness").mkdir(parents=True)
        if action is None:
            (self.temp / "readiness/venv").mkdir()
            (self.temp / "readiness/venv/bin").symlink_to(BIN)

    def __call__(self, repository: Path, name: str, event: dict[str, Any], **given: str) -> Run:
        run = Run()
        inputs = {key: each.get("default", "") for key, each in ACTION["inputs"].items()}
        inputs = {**inputs, "token": "made-up"}
        inputs.update((key, given.pop(key)) for key in list(given) if key in inputs)
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
        )
        context = {
            "github": {"event": event, "workspace": str(repository)},
            "inputs": inputs,
            "steps": {"python": {"outputs": {"python-path": sys.executable}}},
        }
        files = {each: self.temp / each for each in ("event.json", "output", "summary")}
        files["event.json"].write_text(json.dumps(event))
        for each in ("output", "summary"):
            files[each].write_text("")
        environment = {
            **self.base_environment,
            "GITHUB_ACTION_PATH": str(self.action or ROOT),
            "GITHUB_API_URL": self.api.address,
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(files["event.json"]),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_SHA": head.stdout.strip(),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            **given,
        }
        for step in ACTION["runs"]["steps"]:
            if not run.passed or not _holds(step.get("if", ""), context):
                continue
            if "uses" in step:
                run.used[step["uses"].partition("@")[0]] = {
                    key: _filled(value, context) for key, value in step["with"].items()
                }
            elif self.action or step["name"] != "Install readiness":
                assert step["shell"] == "bash"
                env = {key: _filled(value, context) for key, value in step.get("env", {}).items()}
                done = subprocess.run(
                    ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                    cwd=repository,
                    env=environment | env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=300,
                )
                run.log += done.stdout.decode(errors="replace")
                run.passed = done.returncode == 0
            outputs = dict(line.split("=", 1) for line in files["output"].read_text().splitlines())
            files["output"].write_text("")
            if "id" in step and outputs:
                run.steps[step["id"]] = outputs
                context["steps"][step["id"]] = {"outputs": outputs}
        run.summary = files["summary"].read_text()
        return run


def _looked_up(name: str, context: Any) -> str:
    for part in name.split("."):
        context = context.get(part, "") if isinstance(context, dict) else ""
    return str(context or "")


def _filled(text: str, context: Any) -> str:
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: _looked_up(found[1], context), text)


def _holds(condition: str, context: Any) -> bool:
    for part in filter(None, condition.split(" && ")):
        name, operator, literal, *_ = *part.split(" "), "!=", "''"
        equal = _looked_up(name, context) == literal.strip("'")
        if equal is not (operator == "=="):
            return False
    return True


# A pull request


@pytest.fixture
def origin(make_git: Callable[..., Git]) -> Git:
    """A repository with an old finding; the branch `change` is checked out."""
    git = make_git("origin")
    git.write("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python main.py\n")
    git.write("main.py", "import one\n")
    git.write("one.py", BROKEN)
    git.commit(at=1_700_000_000)
    git("checkout", "-q", "-b", "change")
    return git


@pytest.fixture
def runner(tmp_path: Path, api: Api, readiness: Program) -> Runner:
    return Runner(tmp_path, api, readiness)


class PullRequest:
    """Pull request 7, from the branch that is checked out in `origin` to `base`."""

    def __init__(self, origin: Git, make_git: Callable[..., Git], runner: Runner) -> None:
        self.origin, self.make_git, self.runner = origin, make_git, runner
        self.base, self.clones = "main", 0

    def cloned(self, depth: int = 0) -> Git:
        """What actions/checkout makes of it: the merge commit, and with depth 0 all branches."""
        change = self.origin("rev-parse", "HEAD")
        self.origin("checkout", "-q", "--detach", f"refs/heads/{self.base}")
        self.origin("merge", "-q", "--no-ff", "--no-edit", change, at=1_700_090_000)
        self.origin("update-ref", "refs/pull/7/merge", "HEAD")
        self.origin("checkout", "-q", "-B", "change", change)
        self.clones += 1
        clone = self.make_git(f"clone{self.clones}")
        clone("remote", "add", "origin", self.origin.folder.as_uri())
        fetched = ["+refs/pull/7/merge:refs/remotes/pull/7/merge"]
        if depth:
            fetched = [f"--depth={depth}", *fetched]
        else:
            fetched = ["--tags", "+refs/heads/*:refs/remotes/origin/*", *fetched]
        clone("fetch", "-q", "origin", *fetched)
        clone("checkout", "-q", "--detach", "refs/remotes/pull/7/merge")
        return clone

    def __call__(self, clone: Git | None = None, **given: str) -> Run:
        event = {"pull_request": {"number": 7}, "repository": {"default_branch": "main"}}
        given = {"GITHUB_BASE_REF": self.base, **given}
        return self.runner((clone or self.cloned()).folder, "pull_request", event, **given)


@pytest.fixture
def pull_request(origin: Git, make_git: Callable[..., Git], runner: Runner) -> PullRequest:
    return PullRequest(origin, make_git, runner)


def test_a_change_that_brings_nothing_passes_and_nobody_is_told(
    origin: Git, pull_request: PullRequest, api: Api
) -> None:
    origin.write("README.md", "# Shop\n")
    origin.commit(at=1_700_000_100)
    run = pull_request()
    assert (run.passed, run.result, api.comments) == (True, "passed", [])
    assert "nothing new; 4 old ones are not yours" in run.log
    assert [kind for kind, _ in run.commands()] == ["stop-commands", "notice"]
    assert "0 new findings" in run.summary


def test_what_a_change_brings_is_told_everywhere_and_the_comment_is_changed_in_place(
    origin: Git, pull_request: PullRequest, api: Api
) -> None:
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    run = pull_request()
    assert (run.passed, run.result) == (False, "failed")
    assert "1 new finding" in run.log and "two.py" in run.log
    assert ("error", "gate failed: 1 new finding") in run.commands()
    assert re.search(r"^::\w+ file=two\.py,line=1,.*title=HYG016", run.log, re.M)
    assert "1 new finding" in run.summary
    upload = run.used["github/codeql-action/upload-sarif"]
    results = json.loads(Path(upload["sarif_file"]).read_text())["runs"][0]["results"]
    assert {"one.py", "two.py"} <= {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results
    }
    (first,) = api.ours()
    assert "two.py" in first

    origin.write("two.py", "x = 1\n")
    origin.commit(at=1_700_000_200)
    run = pull_request()
    assert (run.passed, run.result) == (True, "passed")
    (second,) = api.ours()
    assert "Gate failed" in first and "Gate failed" not in second
    assert api.seen == ["GET 200", "POST 201", "GET 200", "PATCH 200"]


def test_a_base_that_moved_on_is_not_held_against_the_change(
    origin: Git, pull_request: PullRequest
) -> None:
    origin.write("README.md", "# Shop\n")
    origin.commit(at=1_700_000_100)
    origin("checkout", "-q", "main")
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_200)
    origin("checkout", "-q", "change")
    assert pull_request().result == "passed"


def test_our_comment_is_found_behind_many_and_no_person_is_taken_for_us(
    origin: Git, pull_request: PullRequest, api: Api
) -> None:
    api.add(f"{MARKER}\nI am the gate", login="mallory", kind="User")
    for number in range(230):
        api.add(f"{number}", login="ada", kind="User")
    api.add(f"{MARKER}\r\nold")
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    pull_request()
    assert len(api.comments) == 232
    assert api.comments[0]["body"].endswith("I am the gate")
    assert "two.py" in api.comments[-1]["body"]


def test_the_comment_of_a_persons_token_is_found_again(
    origin: Git, pull_request: PullRequest, api: Api
) -> None:
    api.login = "ada"
    api.add(f"{MARKER}\nmine", login="mallory", kind="User")
    api.add(f"{MARKER}\nold", login="ada", kind="User")
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    pull_request()
    assert ["mine" in body for body in api.ours()] == [True, False]
    assert "two.py" in api.ours()[1]


@pytest.mark.parametrize(("broken", "expected"), [(True, "failed"), (False, "passed")])
def test_the_pull_request_of_a_fork_gets_the_same_answer_without_a_comment(
    broken: bool, expected: str, origin: Git, pull_request: PullRequest, api: Api
) -> None:
    api.refuses = {"POST": 403, "PATCH": 403}
    api.add(f"{MARKER}\nold")
    origin.write("two.py", BROKEN if broken else "x = 1\n")
    origin.commit(at=1_700_000_100)
    run = pull_request()
    assert run.result == expected and run.passed is (expected == "passed")
    assert "no comment: the token may not write one here" in run.log
    assert "PATCH 403" in api.seen


@pytest.mark.parametrize("status", [500, 422])
def test_a_comment_that_cannot_be_made_fails_nothing(
    status: int, origin: Git, pull_request: PullRequest, api: Api
) -> None:
    api.refuses = {"PATCH": status}
    api.add(f"{MARKER}\nold")
    origin.write("README.md", "# Shop\n")
    origin.commit(at=1_700_000_100)
    run = pull_request()
    assert (run.passed, run.result) == (True, "passed")
    assert any(kind == "warning" and str(status) in text for kind, text in run.commands())


def test_nobody_is_asked_where_no_comment_and_no_upload_is_wanted(
    origin: Git, pull_request: PullRequest, api: Api
) -> None:
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    run = pull_request(comment="false", sarif="false")
    assert (run.result, api.seen) == ("failed", [])
    assert "github/codeql-action/upload-sarif" not in run.used


# Clones, names, events


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_is_told_how_to_deepen_and_gets_no_answer(
    depth: int, origin: Git, pull_request: PullRequest, api: Api
) -> None:
    for number in range(3):
        origin.write("README.md", f"# {number}\n")
        origin.commit(at=1_700_000_100 + number)
    run = pull_request(pull_request.cloned(depth))
    assert (run.passed, run.result, api.comments, run.summary) == (False, "", [], "")
    [error] = [text for kind, text in run.commands() if kind == "error"]
    assert "this clone is shallow" in error and "fetch-depth: 0" in error


@pytest.mark.parametrize(
    "name",
    ["--help", "a;touch${IFS}pwned;$(touch${IFS}pwned)`touch${IFS}pwned`'\"&&touch${IFS}pwned"],
)
def test_the_name_of_a_branch_is_only_a_name(
    name: str, origin: Git, pull_request: PullRequest, tmp_path: Path
) -> None:
    origin("update-ref", f"refs/heads/{name}", "refs/heads/main")
    pull_request.base = name
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    run = pull_request()
    assert run.result == "failed" and "1 new finding;" in run.log
    assert not list(tmp_path.rglob("pwned"))


def test_a_tag_that_is_named_like_the_base_is_not_taken_for_it(
    origin: Git, pull_request: PullRequest
) -> None:
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    origin("tag", "origin/main")
    origin("tag", "main")
    assert pull_request().result == "failed"


def test_what_files_are_called_is_no_command_to_the_runner(
    origin: Git, pull_request: PullRequest
) -> None:
    for name in ("::add-mask::a", "\n::set-output name=result::passed\n", "a\n##[error]b"):
        origin.write(f"{name}.py", BROKEN)
    origin.commit(at=1_700_000_100)
    run = pull_request()
    assert run.result == "failed"
    assert {kind for kind, _ in run.commands()} <= COMMANDS
    assert not re.search(r"^\s*(::set-output|##\[)", run.log, re.M)


def test_what_the_work_tree_holds_beside_the_commit_does_not_count(
    origin: Git, pull_request: PullRequest
) -> None:
    origin.write("README.md", "# Shop\n")
    origin.commit(at=1_700_000_100)
    clone = pull_request.cloned()
    clone.write("main.py", BROKEN)
    assert pull_request(clone).result == "passed"


def test_a_run_that_has_the_rights_of_the_base_must_check_the_change_out(
    origin: Git, pull_request: PullRequest, runner: Runner
) -> None:
    """Else it would compare the base with itself, and pass whatever the change brings."""
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    clone = pull_request.cloned()
    merged = clone("rev-parse", "HEAD")
    clone("checkout", "-q", "--detach", "origin/main")
    event = {"pull_request": {"number": 7}, "repository": {"default_branch": "main"}}
    base = {"GITHUB_BASE_REF": "main", "GITHUB_SHA": clone("rev-parse", "HEAD")}
    run = runner(clone.folder, "pull_request_target", event, **base)
    assert (run.passed, run.result) == (False, "")
    assert "what is checked out is the branch that the change goes to" in run.log
    clone("checkout", "-q", "--detach", merged)
    assert runner(clone.folder, "pull_request_target", event, **base).result == "failed"


def test_a_push_to_the_default_branch_is_held_against_what_was_before(
    origin: Git, runner: Runner
) -> None:
    origin("checkout", "-q", "main")
    before = origin("rev-parse", "HEAD")
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    repository = {"default_branch": "main"}
    main = {"GITHUB_REF": "refs/heads/main"}

    event = {"before": before, "repository": repository}
    run = runner(origin.folder, "push", event, **main)
    assert run.result == "failed" and "1 new finding;" in run.log
    run = runner(origin.folder, "push", {**event, "before": "0" * 40}, **main)
    assert run.result == "passed" and "new finding" not in run.log  # nothing to compare with
    run = runner(origin.folder, "push", {**event, "before": "1" * 40}, **main)
    assert (run.passed, run.result) == (False, "")  # a forced push took it away
    run = runner(origin.folder, "workflow_dispatch", {"repository": repository}, **main)
    assert run.result == "passed" and "new finding" not in run.log


def test_a_push_to_another_branch_is_held_against_the_default_branch(
    origin: Git, pull_request: PullRequest, runner: Runner
) -> None:
    origin.write("two.py", BROKEN)
    origin.commit(at=1_700_000_100)
    origin.write("README.md", "# Shop\n")
    change = origin.commit(at=1_700_000_200)
    clone = pull_request.cloned()
    clone("checkout", "-q", "--detach", change)
    event = {"before": f"{change}~1", "repository": {"default_branch": "main"}}
    run = runner(clone.folder, "push", event, GITHUB_REF="refs/heads/change")
    assert run.result == "failed" and "1 new finding;" in run.log


def test_a_merge_queue_and_whoever_names_the_base_decide_on_it(
    origin: Git, pull_request: PullRequest, runner: Runner
) -> None:
    origin.write("two.py", BROKEN)
    ahead = origin.commit(at=1_700_000_100)
    origin.write("README.md", "# Shop\n")
    origin.commit(at=1_700_000_200)
    event: dict[str, Any] = {"repository": {"default_branch": "main"}}
    queue = {**event, "merge_group": {"base_sha": ahead}}
    branch = {"GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7-0"}
    assert runner(origin.folder, "merge_group", queue, **branch).result == "passed"
    assert runner(origin.folder, "merge_group", queue, **branch, base="main...").result == "failed"
    run = runner(origin.folder, "merge_group", queue, **branch, base="none")
    assert run.result == "passed" and "new finding" not in run.log


# What it installs


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This repository as GitHub hands it to a run that uses the action: without Git's data."""
    folder = tmp_path / "action"
    folder.mkdir()
    subprocess.run(
        ["git", "checkout-index", "--all", f"--prefix={folder}/"], cwd=ROOT, check=True, timeout=60
    )
    return folder


def test_it_installs_this_commit_and_imports_nothing_of_the_audited_repository(
    checkout: Path,
    origin: Git,
    make_git: Callable[..., Git],
    tmp_path: Path,
    api: Api,
    readiness: Program,
) -> None:
    """Every package that it needs is one of those whose hashes are listed."""
    trap = f"open({str(tmp_path / 'trace')!r}, 'w')\n"
    for name in ("pip", "venv", "readiness", "click", "json", "urllib", "setuptools", "site"):
        origin.write(f"{name}.py", trap)
    origin.commit(at=1_700_000_100)
    runner = Runner(tmp_path / "fresh", api, readiness, action=checkout)
    run = PullRequest(origin, make_git, runner)()
    assert run.result == "passed", run.log
    assert re.search(r"^readiness \d", run.log, re.M)
    assert not (tmp_path / "trace").exists()
    freeze = [str(runner.temp / "readiness/venv/bin/pip"), "freeze", "--all"]
    installed = pins(subprocess.check_output(freeze, text=True))
    assert {name for name, _ in installed - pins((checkout / LOCKED).read_text())} <= {"pip"}


def pins(text: str) -> set[tuple[str, str]]:
    """The (name, version) of every line `name==version`."""
    found = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.M)
    return {(canonicalize_name(name), version) for name, version in found}


def test_another_package_is_installed_where_one_is_named(tmp_path: Path) -> None:
    """With a Python that only tells what it is asked for."""
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\nif [ "$3" = venv ]; then mkdir -p venv/bin; cp "$0" venv/bin/python;'
        ' cp "$0" venv/bin/readiness; else printf "[%s]" "$@"; echo; fi\n'
    )
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", ROOT / "action/install.sh"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHON": str(python),
            "PACKAGE": "readiness==1.2; touch pwned",
            "RUNNER_TEMP": str(tmp_path),
        },
        check=True,
        capture_output=True,
        text=True,
    )
    *_, pip, version = done.stdout.splitlines()
    assert pip.endswith("[install][--][readiness==1.2; touch pwned]")
    assert version == "[--version]"


def test_what_it_installs_is_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    text = (ROOT / LOCKED).read_text()
    for line in (*project["project"]["dependencies"], *project["build-system"]["requires"]):
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        versions = [version for pinned, version in pins(text) if pinned == name]
        assert versions and all(version in wanted.specifier for version in versions), line
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in each for each in requirements)


def test_the_page_tells_every_input_with_its_default() -> None:
    page = (ROOT / "docs/gate.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]+)`|[^|]+) \|", page, re.M))
    assert told == {
        name: each["default"] if each["default"].isalpha() or name == "path" else ""
        for name, each in ACTION["inputs"].items()
    }
    [outputs] = re.findall(r"Outputs: `(\w+)`.*and `(\w+)`", page)
    assert set(ACTION["outputs"]) == set(outputs)
