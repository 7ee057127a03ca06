"""readiness init: what it writes, that it writes over nothing, and that the gate passes with it."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from readiness.cli import looking, main
from readiness.config import Config, read, settings
from readiness.errors import UsageError
from readiness.init import agents, configuration, hooks, workflow
from readiness.init.values import Seen, Source, Wish
from readiness.repo.hooks_folder import hooks_folder

if TYPE_CHECKING:
    from conftest import Git, Program, Trap

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SHA = "ab" * 20
REPOSITORY = f"https://github.com/acme/readiness@{SHA}"
FROM = ("--from", REPOSITORY)
KEY = "sk_" + "live_" + "h7Gk29sLqPz4vXw8RbNt3YcD"
PRE_COMMIT = """\
# our hooks
repos:
  - repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v5.0.0
    hooks:
      - id: check-yaml  # all of them
"""
BOTH = {"readiness.toml", "readiness-baseline.toml"}
GATE = ".github/workflows/readiness-gate.yml"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shop(git: Git, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A program with old findings, whose remote is on GitHub."""
    git.write("main.py", 'import orders\n\nif __name__ == "__main__":\n    print(orders)\n')
    git.write("orders.py", "orders = []\n")
    git.write("orders_old.py", "orders = []\n")
    git.write("scripts/debug_it.py", "print('x')\n")
    git.write("Dockerfile", 'FROM python:3.12\nCOPY . .\nCMD ["python", "main.py"]\n')
    git.commit()
    git("remote", "add", "origin", "git@github.com:acme/shop.git")
    monkeypatch.setenv("READINESS_CACHE_DIR", str(cache))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(git.folder.parent / "home"))
    monkeypatch.chdir(git.folder)
    return git


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def call(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


Run = Callable[..., tuple[int, str]]


def untracked(git: Git) -> set[str]:
    return set(git("ls-files", "--others", "--modified", "--exclude-standard").split("\n")) - {""}


def test_the_gate_passes_with_what_it_writes_and_a_second_run_changes_nothing(
    shop: Git, run: Run
) -> None:
    shop.write(".pre-commit-config.yaml", PRE_COMMIT)
    shop.commit()
    shop("checkout", "--quiet", "-b", "adopt")
    code, text = run("init", "--yes", "--agents", *FROM)
    assert code == 0
    assert untracked(shop) == {*BOTH, GATE, ".pre-commit-config.yaml", "AGENTS.md"}
    before = {path: (shop.folder / path).read_bytes() for path in untracked(shop)}
    for _ in range(2):  # before and after it is committed
        code, text = run("init", "--yes", "--agents", *FROM)
        assert (code, text.splitlines()[0]) == (0, "nothing to write: all is there")
        shop.commit()
    assert {path: (shop.folder / path).read_bytes() for path in before} == before
    code, text = run("audit")
    assert (code, "nothing new; " in text) == (0, True), text
    code, text = run("audit", "--since", "main")
    assert (code, "nothing new; " in text) == (0, True), text
    assert "GAT001" not in text
    shop.write("orders_v2.py", "orders = []\n")
    shop("add", "--all")
    assert run("audit")[0] == run("audit", "--since", "main")[0] == 1


def test_what_the_baseline_names_is_not_used_by_that(shop: Git, run: Run) -> None:
    run("init", "--yes", *FROM)
    shop.commit()
    assert "HYG006 scripts/debug_it.py" in (shop.folder / "readiness-baseline.toml").read_text()
    _, text = run("audit", "--format", "json")
    assert '"path":"scripts/debug_it.py"' in text.replace(" ", "")


def test_nothing_is_written_without_being_asked_to(shop: Git, run: Run) -> None:
    code, shown = run("init", "--dry-run", *FROM)
    assert code == 0 and shown.endswith("nothing was written\n")
    assert f"    +      - uses: acme/readiness@{SHA}\n" in shown
    code, text = run("init", *FROM)
    assert code == 2 and "nothing is written without an answer" in text
    assert untracked(shop) == set()


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_it_asks(shop: Git, cache: Path, answer: str, written: bool) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [BIN / "readiness", "init", "--without", "baseline", *FROM],
        cwd=shop.folder,
        env={**os.environ, "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    text = b""
    try:
        while piece := os.read(ours, 65_536):
            text += piece
    except OSError:  # its other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0
    assert b"Write these 2 files? [y/N]" in text
    assert untracked(shop) == ({"readiness.toml", GATE} if written else set())


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("readiness.toml", "target = 8.0\n"),
        ("pyproject.toml", "[tool.readiness]\ntarget = 8.0\n"),
        (".github/workflows/gate.yml", "on: push\njobs: {a: {steps: [{run: readiness audit}]}}\n"),
        (GATE, "anything\n"),
        ("AGENTS.md", f"mine\n{agents.BEGIN}\nold\n{agents.END}\nmine, too\n"),
    ],
)
def test_what_is_there_stays(shop: Git, run: Run, path: str, content: str) -> None:
    shop.write(path, content)
    shop.commit()
    code, _ = run("init", "--yes", *FROM)
    assert code == 0
    assert (shop.folder / path).read_text() == content
    configured = path in ("readiness.toml", "pyproject.toml")
    assert ("readiness.toml" in untracked(shop)) != configured
    assert (GATE in untracked(shop)) != path.startswith(".github")


def test_a_baseline_that_the_configuration_names_is_written_there(shop: Git, run: Run) -> None:
    shop.write("readiness.toml", 'baseline = "ci/known.toml"\n')
    assert run("init", "--yes", *FROM)[0] == 0
    assert "HYG002 orders_old.py" in (shop.folder / "ci/known.toml").read_text()
    shop.commit()
    assert run("audit")[0] == 0


@pytest.mark.parametrize("path", ["../known.toml", "/tmp/known.toml", ".git/hooks/known.toml"])
def test_a_baseline_outside_of_the_files_is_refused(shop: Git, run: Run, path: str) -> None:
    shop.write("readiness.toml", f'baseline = "{path}"\n')
    code, text = run("init", "--yes", *FROM)
    assert code == 2 and "is no path of a file of the repository" in text


def test_every_setting_that_a_comment_shows_is_one(shop: Git, run: Run) -> None:
    text = configuration.text(baseline=False, profile="service")
    assert read(None, text.encode()) == Config(source="readiness.toml")
    enabled = "\n".join(
        line[2:] if re.match(r"# (?:[a-z_]+ = |\[\[)", line) else line for line in text.split("\n")
    )
    given = {*read(None, enabled.encode()).given}
    assert given == {*settings(Config)} - {
        "select",
        "preboot",
        "readiness_routes",
        "plan",
        "extends",
    }
    defaults = read(None, enabled.encode())
    assert (defaults.profile, defaults.target, defaults.fail_on) == ("auto", 9.0, "low")
    shop.write("readiness.toml", enabled.replace("baseline =", "# baseline ="))
    shop.commit()
    assert run("audit", "--select", "HYG002")[0] in (0, 1)  # its names of rules are known


def test_from_a_folder_below_all_is_written_at_the_root(shop: Git, run: Run) -> None:
    assert run("init", "--yes", *FROM, str(shop.folder / "scripts"))[0] == 0
    assert untracked(shop) == {*BOTH, GATE}


def test_before_the_first_commit(git: Git, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(git.folder)
    code, text = run("init", "--yes", "--ci", "none", "--no-cache", *FROM)
    assert (code, untracked(git)) == (0, {"readiness.toml"}), text


def test_a_bare_repository_is_refused(make_git: Callable[..., Git], run: Run) -> None:
    bare = make_git("bare", bare=True)
    code, text = run("init", "--yes", str(bare.folder))
    assert code == 2 and "is bare: init writes into a work tree" in text


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_written(
    shop: Git, readiness: Program
) -> None:
    workflows = shop.folder / ".github"
    workflows.mkdir()
    workflows.chmod(0o555)
    done = readiness("init", "--yes", *FROM, cwd=shop.folder)
    assert done.returncode == 2
    assert b"may not be written to" in done.stderr.splitlines()[-1]
    assert untracked(shop) == set()


def test_a_read_only_disk_is_told(shop: Git, cache: Path) -> None:
    script = (
        f"mount --bind -o ro {shop.folder} {shop.folder} && mount -o remount,bind,ro {shop.folder}"
    )
    command = f"{script} && exec {BIN / 'readiness'} init --yes --from {REPOSITORY} {shop.folder}"
    unshare = ["unshare", "--mount", "sh", "-c", command]
    possible = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, check=False
    )
    if possible.returncode:
        pytest.skip("disks cannot be mounted here")
    done = subprocess.run(unshare, capture_output=True, text=True)
    assert done.returncode == 2
    assert "readiness.toml cannot be written: " in done.stderr
    assert "is on a disk that cannot be written to" in done.stderr


@pytest.mark.parametrize("name", [".github", ".github/workflows"])
def test_nothing_is_written_through_a_symbolic_link(
    shop: Git, run: Run, tmp_path: Path, name: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop.folder / name).parent.mkdir(exist_ok=True)
    (shop.folder / name).symlink_to(outside)
    code, text = run("init", "--yes", *FROM)
    assert code == 2 and "is a symbolic link" in text
    assert list(outside.iterdir()) == []
    assert not (shop.folder / "readiness.toml").exists()


# -- the hook


def commit(git: Git, tmp_path: Path, content: str) -> subprocess.CompletedProcess[str]:
    (git.folder / "settings.py").write_text(content)
    git("add", "settings.py")
    return subprocess.run(
        ["git", "commit", "--quiet", "-m", "x"],
        cwd=git.folder,
        env={**git.environment, "READINESS_CACHE_DIR": os.environ["READINESS_CACHE_DIR"]},
        capture_output=True,
        text=True,
    )


def test_the_plain_hook_refuses_a_secret_and_lets_the_mended_commit_go(
    shop: Git, run: Run, tmp_path: Path
) -> None:
    assert run("init", "--yes", "--hook", "--ci", "none", "--without", "baseline")[0] == 0
    hook = shop.folder / ".git/hooks/pre-commit"
    assert hook.stat().st_mode & stat.S_IXUSR
    refused = commit(shop, tmp_path, f'KEY = "{KEY}"\n')
    assert refused.returncode == 1 and "Stripe live key" in refused.stderr
    assert commit(shop, tmp_path, "KEY = None\n").returncode == 0
    code, text = run("init", "--yes", "--hook", "--ci", "none", "--without", "baseline")
    assert code == 0 and "pre-commit runs the hook" in text


def test_the_hook_of_a_linked_work_tree_is_that_of_the_repository(
    shop: Git, run: Run, tmp_path: Path
) -> None:
    shop("worktree", "add", "--quiet", "../linked")
    linked = str(shop.folder.parent / "linked")
    assert run("init", "--yes", "--hook", "--ci", "none", "--without", "baseline", linked)[0] == 0
    assert (shop.folder / ".git/hooks/pre-commit").exists()
    assert (tmp_path / "linked/readiness.toml").exists()


def test_a_folder_of_hooks_among_the_files_gets_a_hook_without_a_path_of_this_machine(
    shop: Git, run: Run
) -> None:
    shop("config", "core.hooksPath", "tools/hooks")
    assert run("init", "--yes", "--hook", "--without", "baseline", "--ci", "none")[0] == 0
    assert (shop.folder / "tools/hooks/pre-commit").read_text() == hooks.script()
    assert not (shop.folder / ".git/hooks/pre-commit").exists()


def test_hooks_that_others_use_as_well_are_left_alone(shop: Git, run: Run, tmp_path: Path) -> None:
    shop("config", "core.hooksPath", "~/hooks")
    (tmp_path / "home").mkdir()
    _, text = run("init", "--yes", "--hook", "--without", "baseline")
    assert "outside of this repository" in text and hooks.CHAIN in text
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("#!/bin/sh\nmake lint\n", "stays; a line for it: readiness-staged || exit 1"),
        ("#!/bin/sh\nreadiness-staged || exit 1\nmake lint\n", "pre-commit runs the hook"),
        ("#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n", "without --hook"),
        (None, "stays; a line for it"),
    ],
    ids=["another", "ours in it", "pre-commit", "a dangling link"],
)
def test_a_hook_that_is_there_is_never_overwritten(
    shop: Git, run: Run, content: str | None, told: str
) -> None:
    hook = shop.folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    if content is None:
        hook.symlink_to("nowhere")
    else:
        hook.write_text(content)
    code, text = run("init", "--yes", "--hook", "--without", "baseline")
    assert code == 0 and told in text
    assert (os.readlink(hook) if content is None else hook.read_text()) == (content or "nowhere")


def test_the_hook_lets_a_commit_go_where_readiness_is_gone(tmp_path: Path) -> None:
    script = tmp_path / "pre-commit"
    script.write_text(hooks.script("/nowhere/it's/readiness-staged"))
    done = subprocess.run(
        ["/bin/sh", str(script)], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr == (
        "readiness: readiness-staged is not installed here; the commit goes on unjudged\n"
    )


def test_to_ask_git_for_its_hooks_runs_nothing(trap: Trap) -> None:
    assert hooks_folder(str(trap.git.folder)) == str(trap.git.folder / ".git/hooks")
    assert trap.ran() == set()


# -- pre-commit


@pytest.mark.parametrize(
    "before",
    [
        PRE_COMMIT,
        PRE_COMMIT.rstrip("\n"),
        PRE_COMMIT.replace("\n", "\r\n"),
        PRE_COMMIT + "\n  # - repo: https://github.com/off\n\nci:\n  autofix_prs: false\n",
        PRE_COMMIT.replace("\n  ", "\n"),
        PRE_COMMIT
        + "        args: [--one,\n          --two]\n        exclude: |\n          a\n\n\n",
        'exclude: "^a\u2028 b"\n' + PRE_COMMIT,
        "\ufeff" + PRE_COMMIT,
    ],
)
@pytest.mark.parametrize(
    "source", [Source("r", "https://git.acme.org/x/readiness", SHA, "v1.0"), Source("readiness==1")]
)
def test_an_entry_is_added_and_every_other_byte_stays(before: str, source: Source) -> None:
    data = before.encode()
    after = hooks.with_entry(data, hooks.entry(source))
    assert after is not None
    old, new = yaml.safe_load(data), yaml.safe_load(after)
    assert new["repos"][:-1] == old["repos"]
    assert new["repos"][-1]["hooks"][0]["id"] == "readiness-staged"
    lines = iter(after.split(b"\n"))
    assert all(
        line.rstrip(b"\r") in (each.rstrip(b"\r") for each in lines)
        for line in data.split(b"\n")
        if line.strip()
    )
    once = Seen((), {".pre-commit-config.yaml": after})
    assert hooks.offer(once, source).pieces == ()


@pytest.mark.parametrize(
    "before",
    [
        "repos: []\n",
        "repos: [{repo: local, hooks: []}]\n",
        "x: &a 1\nrepos:\n  - repo: local\n    hooks: []\n    rev: *a\n",
        "repos:\n",
        "- a\n",
        "repos: [\n",
        "\xff",
    ],
)
def test_what_cannot_be_added_to_is_told(before: str) -> None:
    seen = Seen((), {".pre-commit-config.yaml": before.encode("latin-1")})
    offered = hooks.offer(seen, Source("readiness==1"))
    assert offered.pieces == ()
    assert "put under its repos:\n- repo: local" in offered.todo[0]


def test_pre_commit_accepts_what_is_written(tmp_path: Path) -> None:
    for number, source in enumerate(
        (Source("r", "https://x.org/a/b", SHA), Source("readiness==1"))
    ):
        path = tmp_path / f"{number}.yaml"
        path.write_bytes(hooks.with_entry(PRE_COMMIT.encode(), hooks.entry(source)) or b"")
        subprocess.run([BIN / "pre-commit", "validate-config", str(path)], check=True)


# -- CI


@pytest.mark.parametrize(
    ("remote", "paths", "expected"),
    [
        ("https://github.com/acme/shop", (), "github"),
        ("git@gitlab.acme.org:acme/github-tools.git", (), "gitlab"),
        ("ssh://git@gitlab.com:22/acme/shop", (".github/workflows/a.yml",), "gitlab"),
        ("https://git.acme.org/github/shop", (), ""),
        (None, (".github/workflows/a.yml",), "github"),
        (None, (".gitlab-ci.yml",), "gitlab"),
        (None, (".gitlab-ci.yml", ".github/workflows/a.yml"), ""),
        (None, (), ""),
    ],
)
def test_the_system_is_told_by_the_remote_then_by_the_files(
    remote: str | None, paths: tuple[str, ...], expected: str
) -> None:
    assert workflow.system(Seen(paths, {}, remote=remote), Wish())[0] == expected
    assert workflow.system(Seen(paths, {}, remote=remote), Wish(ci="none"))[0] == ""


def templates() -> dict[str, str]:
    return {name: (ROOT / "templates" / name).read_text() for name in workflow.TEMPLATES}


SOURCES = [
    Source("r", "https://github.com/acme/readiness", SHA, "v1.0"),
    Source("readiness==1"),
    Source(),
]


@pytest.mark.parametrize("source", SOURCES, ids=["action", "package", "unknown"])
def test_a_written_workflow_is_valid_pinned_and_not_found_fault_with(
    source: Source, tmp_path: Path
) -> None:
    seen = Seen((), {}, remote="https://github.com/a/b", default_branch="trunk")
    offered = workflow.offer(seen, Wish(), source, templates())
    [piece] = offered.pieces
    path = tmp_path / "gate.yml"
    path.write_bytes(piece.after)
    schema = ["--builtin-schema", "vendor.github-workflows"]
    subprocess.run([BIN / "check-jsonschema", *schema, path], check=True, capture_output=True)
    command: list[str | Path] = [
        BIN / "zizmor",
        "--offline",
        "--no-progress",
        "--persona",
        "auditor",
        path,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, "No findings to report" in done.stdout) == (0, True), done.stdout
    text = piece.after.decode()
    assert "OWNER" not in text and "0" * 40 not in text
    assert ('branches: ["trunk"]' in text) == bool(source.commit)
    assert ("vars.READINESS_PACKAGE" in text) == (not source.package)
    assert any("READINESS_PACKAGE" in each for each in offered.todo) == (not source.package)


@pytest.mark.parametrize("source", SOURCES, ids=["repository", "package", "unknown"])
@pytest.mark.parametrize(
    ("root", "stage"),
    [
        (None, "test"),
        ("stages: [build, lint]\n", "lint"),
        ("stages: [build, test]\n", "test"),
        ("stages: ['a\\nb']\n", "test"),
        ("stages: [\n", "test"),
    ],
)
def test_a_written_job_is_valid_and_fits_the_pipeline(
    source: Source, root: str | None, stage: str, tmp_path: Path
) -> None:
    files = {} if root is None else {".gitlab-ci.yml": root.encode()}
    offered = workflow.offer(Seen((*files,), files), Wish(ci="gitlab"), source, templates())
    path = tmp_path / "gate.yml"
    path.write_bytes(offered.pieces[0].after)
    job = yaml.safe_load(path.read_text())["readiness-gate"]
    assert job["stage"] == stage
    assert job["variables"].get("READINESS_PACKAGE", "") == source.package
    schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    subprocess.run([BIN / "check-jsonschema", *schema, path], check=True, capture_output=True)
    assert len(offered.pieces) == (2 if root is None else 1)
    assert any(each.startswith("include the gate") for each in offered.todo) == (root is not None)


def test_the_job_without_the_action_judges_the_change(
    shop: Git, readiness: Program, tmp_path: Path
) -> None:
    job = yaml.safe_load(templates()[workflow.PIP])["jobs"]["gate"]
    script = job["steps"][-1]["run"]
    shop("update-ref", "refs/remotes/origin/main", "HEAD")
    shop("checkout", "--quiet", "-b", "change")
    codes = []
    for name in ("notes.txt", "orders_v2.py"):
        shop.write(name, "orders = []\n")
        shop.commit()
        environment = {
            **readiness.environment,
            "PATH": f"{BIN}:{readiness.environment['PATH']}",
            "GITHUB_BASE_REF": "main",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "QUEUE_BASE": "",
        }
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=shop.folder, env=environment, capture_output=True)
        codes.append(done.returncode)
    assert codes == [0, 1]
    assert b"::error file=orders_v2.py" in done.stdout
    assert "orders_v2.py" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize(
    "given", ["https://x.org/a@main", "readiness; rm -rf /", 'a"\nb', "git+ssh://x/y", ""]
)
def test_a_source_that_is_none_is_refused(given: str, run: Run, shop: Git) -> None:
    code, text = run("init", "--dry-run", "--from", given)
    assert code == 2 and "give https://HOST/OWNER/readiness@COMMIT" in text


@pytest.mark.parametrize(
    ("version", "written", "expected"),
    [
        ("1.2.0", None, Source("readiness==1.2.0")),
        ("1.2.dev3", None, Source()),
        ("0+unknown", None, Source()),
        ("1.2.0", '{"url": "file:///srv/readiness", "dir_info": {"editable": true}}', Source()),
        ("1.2.0", '{"url": "https://x.org/readiness.whl", "archive_info": {}}', Source()),
        (
            "1.2.0",
            f'{{"url": "https://github.com/acme/readiness.git", "vcs_info": {{"vcs": "git",'
            f' "commit_id": "{SHA}", "requested_revision": "v1.2.0"}}}}',
            Source(
                f"readiness @ git+https://github.com/acme/readiness@{SHA}",
                "https://github.com/acme/readiness",
                SHA,
                "v1.2.0",
            ),
        ),
        (
            "1.2.0",
            f'{{"url": "https://me:token@x.org/a/r", "vcs_info": {{"commit_id": "{SHA}"}}}}',
            Source(),
        ),
    ],
)
def test_others_get_what_is_installed_here_where_they_can(
    version: str,
    written: str | None,
    expected: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "site/readiness-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: readiness\nVersion: {version}\n"
    )
    if written is not None:
        (folder / "direct_url.json").write_text(written)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert looking.source(None) == expected


# -- AGENTS.md


@given(st.text("ab\r\n#<!- \ufeffé", max_size=40), st.binary(max_size=20))
def test_every_byte_outside_of_the_section_stays(text: str, tail: bytes) -> None:
    before = text.encode()
    after = agents.with_section(before)
    assert after.startswith(before) and after.count(agents.BEGIN.encode()) == 1
    assert agents.with_section(after) == after
    whole = after + (b"" if tail.startswith(b"\n") else b"\n") + tail
    head, _, rest = whole.partition(agents.BEGIN.encode())
    _, _, foot = rest.partition(agents.END.encode())
    old = head + agents.BEGIN.encode() + b"\nold words\n" + agents.END.encode() + foot
    assert agents.with_section(old).startswith(head) and agents.with_section(old).endswith(foot)
    assert b"old words" not in agents.with_section(old)


def test_the_section_takes_the_line_breaks_of_its_file() -> None:
    after = agents.with_section(b"# Rules\r\n")
    assert after.count(b"\r\n") == after.count(b"\n")
    assert agents.with_section(after) == after


@pytest.mark.parametrize(
    "marks", [agents.BEGIN, agents.END, f"{agents.END}\n{agents.BEGIN}", f"{agents.BEGIN}\n" * 2]
)
def test_marks_that_are_no_pair_are_refused(marks: str) -> None:
    with pytest.raises(UsageError, match="not one pair"):
        agents.with_section(f"a\n{marks}\nb\n".encode())


def test_a_link_within_the_repository_is_followed_and_modes_stay(shop: Git, run: Run) -> None:
    shop.write("docs/agents.md", "# Rules\n", mode=0o600)
    (shop.folder / "AGENTS.md").symlink_to("docs/agents.md")
    assert run("init", "--yes", "--agents", "--without", "baseline", *FROM)[0] == 0
    file = shop.folder / "docs/agents.md"
    assert file.read_bytes() == agents.with_section(b"# Rules\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (shop.folder / "AGENTS.md").is_symlink()


@pytest.mark.parametrize("target", ["../outside.md", "nowhere.md", ".git/config"])
def test_a_link_to_anything_else_is_refused(
    shop: Git, run: Run, tmp_path: Path, target: str
) -> None:
    (tmp_path / "outside.md").write_text("mine\n")
    (shop.folder / "AGENTS.md").symlink_to(target)
    code, text = run("init", "--yes", "--agents", *FROM)
    assert code == 2 and "is no file of this repository; nothing is written through it" in text
    assert (tmp_path / "outside.md").read_text() == "mine\n"
    assert not (shop.folder / "readiness.toml").exists()


def test_the_commands_of_its_document_run(shop: Git, run: Run) -> None:
    page = (ROOT / "docs/init.md").read_text()
    blocks = re.findall(r"(?s)^```sh\n(.*?)^```$", page, re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) == 6
    for line in lines:
        command = shlex.split(line, comments=True)
        assert command[0] == "readiness"
        asks = "--dry-run" not in command and "--yes" not in command
        assert run(*command[1:])[0] == (2 if asks else 0), line
    for option in set(re.findall(r"--[a-z][a-z-]+", page)) - {"--since", "--format"}:
        assert option in run("init", "--help")[1], option
