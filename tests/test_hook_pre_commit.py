"""The hooks that we offer, run by pre-commit itself."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Git

ROOT = Path(__file__).parent.parent
KEY = "sk_" + "live_" + "h7Gk29sLqPz4vXw8RbNt3YcD"


@pytest.fixture
def pre_commit() -> Path:
    program = ROOT / ".venv" / "bin" / "pre-commit"
    if not program.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("pre-commit is not installed")
    return program


def test_the_manifest_is_valid(pre_commit: Path) -> None:
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    subprocess.run([str(pre_commit), "validate-manifest", manifest], check=True)


def test_a_repository_with_rules_of_its_own_tries_it(
    pre_commit: Path, make_git: "Callable[..., Git]", tmp_path: Path
) -> None:
    git = make_git("other")
    git.write("rules/__init__.py", "raise SystemExit('the wrong rules')\n")
    git.write("readiness.py", "raise SystemExit('the wrong program')\n")
    git.commit()
    git.environment["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")
    git.environment["READINESS_CACHE_DIR"] = str(tmp_path / "cache")
    git.write("app.py", f'KEY = "{KEY}"\n')
    git("add", "app.py")
    try_it = [str(pre_commit), "try-repo", str(ROOT), "readiness-staged", "--verbose"]
    refused = subprocess.run(try_it, cwd=git.folder, env=git.environment, capture_output=True)
    told = refused.stdout.decode()
    assert refused.returncode == 1, refused.stderr.decode()
    assert "app.py:1  Stripe live key" in told and KEY not in told
    git.write("app.py", "KEY = None\n")
    git("add", "app.py")
    passed = subprocess.run(try_it, cwd=git.folder, env=git.environment, capture_output=True)
    assert passed.returncode == 0, passed.stdout.decode()
    assert b"readiness:" not in passed.stdout
