"""The workflow templates that we offer: valid, pinned, with the rights that they need, and made of
commands that work."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from readiness import registry

TEMPLATES = Path(__file__).parent.parent / "templates"
GITHUB = TEMPLATES / "weekly-report.github.yml"
GITLAB = TEMPLATES / "weekly-report.gitlab-ci.yml"
GATE = TEMPLATES / "gate.github.yml"
GITLAB_GATE = TEMPLATES / "gate.gitlab-ci.yml"
BIN = Path(sys.executable).parent


def load(path: Path) -> Any:
    return yaml.load(path.read_text(), yaml.BaseLoader)


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        *((path, ["--builtin-schema", "vendor.github-workflows"]) for path in (GITHUB, GATE)),
        *(
            (path, ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"])
            for path in (GITLAB, GITLAB_GATE)
        ),
    ],
)
def test_a_template_obeys_the_schema_of_its_system(path: Path, schema: list[str]) -> None:
    command: list[str] = [str(BIN / "check-jsonschema"), *schema, str(path)]
    subprocess.run(command, check=True, capture_output=True)


def test_a_job_has_only_the_rights_that_it_needs() -> None:
    workflow = load(GITHUB)
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "report": {"contents": "read"},
        "site": {"pages": "write", "id-token": "write"},
    }
    checkout = workflow["jobs"]["report"]["steps"][0]["with"]
    assert checkout["persist-credentials"] == "false"


def test_the_gate_may_read_comment_and_tell_code_scanning_and_holds_no_credentials() -> None:
    workflow = load(GATE)
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {
        "contents": "read",
        "pull-requests": "write",
        "security-events": "write",
    }
    checkout, ours = job["steps"]
    assert checkout["with"] == {"fetch-depth": "0", "persist-credentials": "false"}
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", checkout["uses"])
    assert re.fullmatch(r"OWNER/readiness@0{40}", ours["uses"])  # to be put in by who copies it
    assert "pull_request_target" not in workflow["on"]


def test_nothing_is_published_that_nobody_asked_for() -> None:
    assert load(GITHUB)["jobs"]["site"]["if"] == "vars.READINESS_PAGES == 'true'"
    (rule,) = load(GITLAB)["pages"]["rules"]
    assert rule["if"].endswith('&& $READINESS_PAGES == "true"')


def test_the_templates_name_only_formats_that_there_are() -> None:
    for path in (GITHUB, GITLAB, GITLAB_GATE):
        assert set(re.findall(r"--format (\S+)", path.read_text())) <= {*registry.formats()}


def _github() -> str:
    steps = load(GITHUB)["jobs"]["report"]["steps"]
    (script,) = (step["run"] for step in steps if step.get("name") == "Make the report")
    return f"set -e\n{script}"


def _gitlab() -> str:
    install, *script = load(GITLAB)["readiness-report"]["script"]
    assert install.startswith("pip install")
    return "\n".join(["set -e", *script])


@pytest.mark.parametrize(
    ("script", "folder"), [(_github(), "temp/report"), (_gitlab(), "app/public")]
)
def test_the_report_is_made_even_where_the_gate_fails(
    script: str, folder: str, git: Any, tmp_path: Path, readiness: Any
) -> None:
    git.write("readiness.toml", "fail_under = 10\n")
    git.write("main.py", "import missing\n")
    git.commit()
    (tmp_path / "temp").mkdir()
    environment = {
        **readiness.environment,
        "PATH": f"{BIN}:{readiness.environment['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    subprocess.run(["bash", "-c", script], cwd=git.folder, env=environment, check=True, timeout=120)
    made = {file.name for file in (tmp_path / folder).iterdir() if file.stat().st_size}
    assert made == {"index.html", "badge.json", "badge.svg"}


def _kept() -> list[tuple[str, str]]:
    (cache,) = (
        step["with"]
        for step in load(GITHUB)["jobs"]["report"]["steps"]
        if step.get("uses", "").startswith("actions/cache@")
    )
    assert cache["key"].startswith(cache["restore-keys"])
    (folder,) = load(GITLAB)["readiness-report"]["cache"]["paths"]
    return [
        (_github(), cache["path"].replace("~", "home")),
        (_gitlab(), f"app/{folder}history.sqlite3"),
    ]


@pytest.mark.parametrize(("script", "file"), _kept())
def test_the_scores_that_were_told_lie_where_the_cache_is(
    script: str, file: str, git: Any, tmp_path: Path, readiness: Any
) -> None:
    git.write("main.py", "import missing\n")
    git.commit()
    (tmp_path / "temp").mkdir()
    environment = {
        **readiness.environment,
        "PATH": f"{BIN}:{readiness.environment['PATH']}",
        "HOME": str(tmp_path / "home"),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "CI_PROJECT_DIR": str(git.folder),
    }
    for name in ("READINESS_CACHE_DIR", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    if "app/" in file:
        database = load(GITLAB)["readiness-report"]["variables"]["READINESS_DATABASE"]
        environment["READINESS_DATABASE"] = database.replace("$CI_PROJECT_DIR", str(git.folder))
    subprocess.run(["bash", "-c", script], cwd=git.folder, env=environment, check=True, timeout=120)
    with sqlite3.connect(tmp_path / file) as connection:
        assert connection.execute("SELECT count(*) FROM reported").fetchone() == (1,)


def test_scores_that_a_change_brings_along_are_no_history(
    git: Any, readiness: Any, tmp_path: Path
) -> None:
    git.write(".readiness/history.sqlite3", "")
    git.commit()
    done = subprocess.run(["bash", "-c", _gitlab()], cwd=git.folder, env=readiness.environment)
    assert (done.returncode, (git.folder / "public").exists()) == (1, False)


# The gate of GitLab


@pytest.fixture
def merge_request(git: Any) -> Any:
    """A repository with an old finding, and a branch `change` that is checked out."""
    git.write("main.py", "import one\n")
    git.write("one.py", "def f(:\n")
    git.commit(at=1_700_000_000)
    git("checkout", "-q", "-b", "change")
    return git


def gate(git: Any, readiness: Any, **given: str) -> subprocess.CompletedProcess[str]:
    install, *script = load(GITLAB_GATE)["readiness-gate"]["script"]
    assert install.startswith("pip install")
    environment = {
        **readiness.environment,
        "PATH": f"{BIN}:{readiness.environment['PATH']}",
        "CI_COMMIT_BEFORE_SHA": "0" * 40,
        **given,
    }
    return subprocess.run(
        ["sh", "-ec", "\n".join(script)],  # the shell of an image that has no other
        cwd=git.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_merge_request_fails_by_what_it_brings_alone(merge_request: Any, readiness: Any) -> None:
    base = merge_request("rev-parse", "main")
    merge_request.write("README.md", "# Shop\n")
    merge_request.commit(at=1_700_000_100)
    done = gate(merge_request, readiness, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert (done.returncode, "nothing new" in done.stdout) == (0, True), done.stderr
    merge_request.write("two.py", "def f(:\n")
    merge_request.commit(at=1_700_000_200)
    done = gate(merge_request, readiness, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert (done.returncode, "1 new finding;" in done.stdout) == (1, True)
    reports = load(GITLAB_GATE)["readiness-gate"]["artifacts"]["reports"]
    assert all((merge_request.folder / name).stat().st_size for name in reports.values())


def test_a_merged_result_is_held_against_the_target_as_it_is_now(
    merge_request: Any, readiness: Any
) -> None:
    base = merge_request("rev-parse", "main")
    merge_request.write("README.md", "# Shop\n")
    merge_request.commit(at=1_700_000_100)
    merge_request("checkout", "-q", "main")
    merge_request.write("two.py", "def f(:\n")
    target = merge_request.commit(at=1_700_000_200)
    merge_request("merge", "-q", "--no-edit", "change", at=1_700_000_300)
    told = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": target}
    assert gate(merge_request, readiness, **told).returncode == 0
    assert gate(merge_request, readiness, CI_COMMIT_BEFORE_SHA=base).returncode == 1  # a push


def test_a_first_push_has_nothing_to_be_held_against(merge_request: Any, readiness: Any) -> None:
    done = gate(merge_request, readiness)
    assert (done.returncode, "new finding" in done.stdout) == (0, False), done.stderr


def test_a_shallow_clone_is_told_how_to_deepen(
    merge_request: Any, make_git: Any, readiness: Any
) -> None:
    base = merge_request("rev-parse", "main")
    for number in range(3):
        merge_request.write("README.md", f"# {number}\n")
        merge_request.commit(at=1_700_000_100 + number)
    clone = make_git("clone")
    clone("fetch", "-q", "--depth=2", merge_request.folder.as_uri(), "change")
    clone("checkout", "-q", "--detach", "FETCH_HEAD")
    done = gate(clone, readiness, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert (done.returncode != 0, 'GIT_DEPTH: "0"' in done.stderr) == (True, True)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        (GATE, ".github/workflows/readiness-gate.yml"),
        (TEMPLATES / "gate-pip.github.yml", ".github/workflows/readiness-gate.yml"),
        (GITLAB_GATE, ".gitlab-ci.yml"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_change_that_takes_the_gate_out_does_not_pass_it(
    template: Path, path: str, git: Any, readiness: Any
) -> None:
    git.write(path, template.read_text())
    git.commit(at=1_700_000_000)
    git("checkout", "-q", "-b", "change")
    (git.folder / path).unlink()
    git.commit(at=1_700_000_100)
    done = readiness("audit", "--since", cwd=git.folder)
    assert (done.returncode, b"CI does not fail on changes by" in done.stdout) == (1, True)
