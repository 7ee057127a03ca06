"""The workflow templates that we offer: valid, pinned, with the rights that they need, and made of
commands that work."""

import re
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
