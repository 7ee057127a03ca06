"""What the tests of this suite share: repositories, hostile ones, and the installed program."""

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest

GIB = 1 << 30

# A busy machine makes an example slow, not wrong.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


TOOLS = Path(__file__).parent.parent / ".venv" / "tools" / "node_modules"


@pytest.fixture
def tool() -> Callable[[str, str], Path]:
    return find_tool


def find_tool(name: str, folder: str = "") -> Path:
    """A program of another project: from a folder below TOOLS, else from the PATH. Without it a
    test is skipped, but never in continuous integration."""
    found = shutil.which(TOOLS / folder / name if folder else name)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
    return Path(found)


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

    def write(self, path: str | bytes, content: str | bytes = "", mode: int = 0o644) -> Path:
        """Writes a file of the work tree, with its folders."""
        file = self.folder / os.fsdecode(path)
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


@pytest.fixture(scope="session")
def git_at() -> type[Git]:
    """Makes the repositories that tests of a whole file share: `git_at(folder)`."""
    return Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """An empty repository in a folder named `app`."""
    return Git(tmp_path / "app")


@pytest.fixture
def make_git(tmp_path: Path) -> Callable[..., Git]:
    """Makes repositories: `make_git("name", *options of git init, bare=True)`."""
    return lambda name, *options, bare=False: Git(tmp_path / name, *options, bare=bare)


class Trap:
    """A repository in which every setting that can name a program names one that leaves a trace."""

    def __init__(self, git: Git, tmp_path: Path) -> None:
        self.git = git
        self.traces = tmp_path / "traces"
        self.traces.mkdir()
        self.programs = tmp_path / "programs"
        self.programs.mkdir()
        git.write("clean.txt", "one\n")
        git.write("other.txt", "one\n")
        git.write("changed.txt", "one\n")
        git.write("folder/inner.txt", "two\n")
        git.write(".gitattributes", _ATTRIBUTES)
        git.write(".gitmodules", _SUBMODULE)
        git.commit()
        git.write("changed.txt", "two\n")
        git.write("other.txt", "two\n")
        git.commit()
        signed = git("cat-file", "commit", "HEAD").replace("\n\n", "\n" + _SIGNATURE, 1) + "\n"
        git(
            "reset",
            "-q",
            git("hash-object", "-t", "commit", "-w", "--stdin", input=signed.encode()),
        )
        git.write(".git/info/attributes", _ATTRIBUTES)
        for hook in _HOOKS:
            git.write(f".git/hooks/{hook}", self._script(f"hook-{hook}"), mode=0o755)
        git.write(".git/more", f"[core]\n\taskPass = {self.program('included')}\n")
        self._configure()
        for name in ("clean.txt", "changed.txt"):
            git.write(name, "six\n")  # of the old size, so that Git must look inside
        git.write("untracked.txt", "new\n")

    def _script(self, name: str) -> str:
        return f'#!/bin/sh\ntouch "{self.traces}/{name}"\nexit {int(name == "fsmonitor")}\n'

    def program(self, name: str) -> str:
        """A program that leaves a trace by its name."""
        path = self.programs / name
        path.write_text(self._script(name))
        path.chmod(0o755)
        return str(path)

    def _configure(self) -> None:
        settings = {
            "core.fsmonitor": "fsmonitor",
            "core.sshCommand": "ssh",
            "core.gitProxy": "proxy",
            "core.editor": "editor",
            "core.pager": "pager",
            "core.askPass": "askpass",
            "core.alternateRefsCommand": "alternates",
            "sequence.editor": "sequence",
            "credential.helper": "credential",
            "gpg.program": "gpg",
            "gpg.ssh.program": "gpg-ssh",
            "diff.external": "external",
            "diff.trap.command": "command",
            "diff.trap.textconv": "textconv",
            "filter.trap.clean": "clean",
            "filter.trap.smudge": "smudge",
            "filter.daemon.process": "process",
            "merge.trap.driver": "driver",
            "pager.log": "pager-log",
            "remote.origin.uploadpack": "uploadpack",
            "interactive.diffFilter": "filter",
            "uploadpack.packObjectsHook": "pack-objects",
        }
        for key, name in settings.items():
            self.git("config", key, self.program(name))
        for key, value in {
            "alias.log": f"!{self.program('alias')}",
            "alias.cat-file": f"!{self.program('alias')}",
            "core.repositoryFormatVersion": "1",
            "diff.trap.cachetextconv": "true",
            "extensions.partialClone": "origin",
            "include.path": str(self.git.folder / ".git/more"),
            "log.showSignature": "true",
            "protocol.allow": "always",
            "remote.origin.promisor": "true",
            "remote.origin.url": str(self.git.folder),
            "submodule.s.update": f"!{self.program('submodule')}",
        }.items():
            self.git("config", key, value)
        for trace in self.traces.iterdir():
            trace.unlink()

    def ran(self) -> set[str]:
        return {trace.name for trace in self.traces.iterdir()}


_ATTRIBUTES = """\
* merge=trap
clean.txt filter=daemon
changed.txt filter=trap diff=trap
"""
_SUBMODULE = '[submodule "s"]\n\tpath = s\n\turl = ../s\n\tupdate = !true\n'
_SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n bm8=\n -----END PGP SIGNATURE-----\n\n"
_HOOKS = (
    "applypatch-msg post-applypatch post-checkout post-commit post-index-change post-merge"
    " post-rewrite pre-auto-gc pre-commit reference-transaction sendemail-validate update"
).split()


@pytest.fixture
def trap(git: Git, tmp_path: Path) -> Trap:
    return Trap(git, tmp_path)


class Program:
    """The installed command, as its users run it: with 2 GiB and a minute of CPU for a process,
    with one cache for all repositories, and without root's right to read and write anything."""

    def __init__(self, cache: Path, home: Path) -> None:
        self.environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "READINESS_CACHE_DIR": str(cache),
        }

    def __call__(
        self, *arguments: str | Path, cwd: str | Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [Path(sys.executable).with_name("readiness"), *arguments],
            cwd=cwd,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            preexec_fn=_limit,
        )

    def report(self, *arguments: str | Path) -> dict[str, Any]:
        """The report of an audit that succeeds and says nothing else."""
        done = self("audit", "--format", "json", *arguments)
        assert (done.returncode, done.stderr) == (0, b"")
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["rule_errors"] == []
        return report


_LIBRARY = ctypes.CDLL(None)
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 24, 1, 2


def _limit() -> None:
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        dropped = _LIBRARY.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
        assert dropped or os.geteuid() != 0
    resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


@pytest.fixture(scope="session")
def readiness(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("home"))


class Hooked:
    """A repository with the hook, run as Git runs it."""

    def __init__(self, git: Git, cache: Path) -> None:
        self.git = git
        self.folder = git.folder
        self.environment = git.environment
        self.write = git.write
        self.cache = cache
        self.limit: Callable[[], None] = _limit  # run in the process of the hook before it
        self.program = git.folder.parent / "readiness-staged"  # as pip would write it
        self.program.write_text(
            f"#!{sys.executable}\nfrom readiness.cli.hook import main\nraise SystemExit(main())\n"
        )
        self.program.chmod(0o755)

    def __call__(self, *arguments: str, input: bytes | None = None) -> str:
        return self.git(*arguments, input=input)

    def stage(self, path: str, content: str | bytes) -> None:
        self.write(path, content)
        self("add", "--", path)

    def commit(self, **files: str) -> None:
        """Without the hook; `a__b_py` is the file a/b.py."""
        for name, content in files.items():
            self.stage(name.replace("__", "/").replace("_py", ".py"), content)
        self("commit", "--no-verify", "--quiet", "--allow-empty", "-m", "x")

    def hook(
        self,
        *options: str,
        folder: Path | None = None,
        **environment: str,
    ) -> tuple[int, str]:
        """(exit code, standard error) of the hook."""
        done = subprocess.run(
            [str(self.program), *options],
            cwd=folder or self.folder,
            env={**self.environment, "READINESS_CACHE_DIR": str(self.cache), **environment},
            capture_output=True,
            timeout=120,
            preexec_fn=self.limit,
        )
        assert done.stdout == b""
        return done.returncode, done.stderr.decode()


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the compiled gate in it, as a glance wants it."""
    from readiness import secrets
    from readiness.hook import glance

    folder = tmp_path_factory.mktemp("warm")
    secrets.keep_gate_in(folder)
    secrets.extract("other", b"password = 'x'")
    (folder / Path(glance.note_path(str(folder))).name).write_text(secrets.gate_name())
    secrets.keep_gate_in(None)
    return folder


@pytest.fixture
def hook_of() -> type[Hooked]:
    """Gives a repository the hook, with a cache."""
    return Hooked


@pytest.fixture
def hooked(make_git: Callable[..., Git], tmp_path: Path, warm: Path) -> Hooked:
    shutil.copytree(warm, tmp_path / "cache")
    return Hooked(make_git("repository"), tmp_path / "cache")
