"""Options of this test suite."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


class Git:
    """A repository made by the real Git, by nobody in particular, at a fixed time."""

    def __init__(self, folder: Path, *options: str, bare: bool = False) -> None:
        self.folder = folder
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": "1700000000 +0000",
            "GIT_COMMITTER_DATE": "1700000000 +0000",
        }
        folder.mkdir(parents=True, exist_ok=True)
        self("-c", "init.defaultBranch=main", "init", *["--bare"] * bare, *options)

    def __call__(self, *arguments: str, input: bytes | None = None, at: int | None = None) -> str:
        """What Git prints; `at` is the time of a commit, in seconds since 1970."""
        dates = {} if at is None else dict.fromkeys(_DATES, f"@{at} +0000")
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.folder,
            env=self.environment | dates,
            input=input,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return os.fsdecode(done.stdout).rstrip("\n")

    def write(self, path: str, content: str | bytes = "", mode: int = 0o644) -> Path:
        """Writes a file of the work tree, with its folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    def commit(self, message: str = "change", at: int | None = None) -> str:
        """Commits everything in the work tree; the commit's id."""
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "--no-verify", "-m", message, at=at)
        return self("rev-parse", "HEAD")


_DATES = ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """An empty repository in a folder named `app`."""
    return Git(tmp_path / "app")


@pytest.fixture
def make_git(tmp_path: Path) -> Callable[..., Git]:
    """Makes repositories: `make_git("name", *options of git init, bare=True)`."""
    return lambda name, *options, bare=False: Git(tmp_path / name, *options, bare=bare)
