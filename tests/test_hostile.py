"""A hostile repository is only data: the whole command answers, within bounds, and runs nothing."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

READINESS = str(Path(sys.executable).with_name("readiness"))
GIB = 1 << 30
Tree = dict[str | bytes, bytes]


def git(folder: Path, *words: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    }
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[Tree], Path]:
    """Commits a tree of raw paths and contents into a new repository."""

    def build(tree: Tree) -> Path:
        root = tmp_path / "repository"
        root.mkdir()
        git(root, "init", "--quiet", "--initial-branch=main")
        for name, content in tree.items():
            path = os.path.join(os.fsencode(root), os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--allow-empty", "--message=first")
        return root

    return build


def run(root: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """`readiness audit` with a cache of its own, and 3 GiB of address space a process at most."""
    defaults = {
        "PATH": os.environ["PATH"],
        "HOME": str(root.parent),
        "READINESS_CACHE_DIR": str(root.parent / "cache"),
    }
    return subprocess.run(
        [READINESS, "audit", str(root), "--format", "json", *options],
        env=defaults | environment,
        capture_output=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 * GIB, 3 * GIB)),
    )


def audit(root: Path, *options: str, **environment: str) -> dict[str, Any]:
    done = run(root, *options, **environment)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["rule_errors"] == []
    return report


def skipped(report: dict[str, Any]) -> dict[str, str]:
    return {entry["path"]: entry["reason"] for entry in report["skipped_files"]}


BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)
)

CONTENTS: dict[str, Tree] = {
    "10,000 nested parentheses": {"a.py": b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n"},
    "100,000 unary minuses": {"a.py": b"x = " + b"-" * 100_000 + b"1\n"},
    "50,000 attributes": {"a.py": b"x = a" + b".b" * 50_000 + b"\n"},
    "5,000 nested ifs on a line": {"a.py": b"x = " + b"1 if y else " * 5_000 + b"2\n"},
    "3,000 nested calls": {"a.py": b"x = " + b"f(" * 3_000 + b")" * 3_000 + b"\n"},
    "a byte order mark": {"a.py": b"\xef\xbb\xbfx = 1\n"},
    "UTF-16": {"a.py": "x = 1\n".encode("utf-16"), "b.md": "# b\n".encode("utf-16")},
    "NUL bytes": {"a.py": b"x = 1\n\0\0\n", "b.sh": b"\0\0\0", "c.yml": b"a: \0b\n"},
    "a latin-1 cookie": {"a.py": b"# coding: latin-1\nx = '\xe9'\n"},
    "a cookie of no encoding": {"a.py": b"# coding: klingon\nx = 1\n"},
    "a YAML bomb": {"docker-compose.yml": BOMB + b"services: *a11\n"},
    "a YAML bomb in a workflow": {".github/workflows/ci.yml": BOMB + b"on: push\njobs: *a11\n"},
    "deep YAML": {"docker-compose.yml": b"services: " + b"[" * 50_000},
    "deep block YAML": {
        "compose.yaml": b"".join(b" " * n + b"a:\n" for n in range(2_000)),
    },
    "deep JSON": {"package.json": b"[" * 200_000},
    "deep TOML": {"pyproject.toml": b"x = " + b"[" * 100_000},
    "a pyproject.toml of invalid UTF-8": {"requirements.txt": b"\xff\xfe\xfd\n"},
    "a Dockerfile of 100,000 continuations": {
        "Dockerfile": b"FROM x\nRUN a " + b"\\\n  b " * 100_000 + b"\n"
    },
    "a Dockerfile with an endless heredoc": {"Dockerfile": b"FROM x\nRUN <<E\n" + b"a\n" * 99_999},
    "a script of 50,000 subshells": {"a.sh": b"(" * 50_000},
    "a script with an endless string": {"a.sh": b"echo '" + b"x" * 1_000_000},
    "a markdown file of brackets": {"a.md": b"[" * 500_000 + b"`" * 100_001},
    "a .gitignore of 20,000 stars": {".gitignore": b"*a" * 10_000 + b"\n" + b"**/" * 3_000},
    "CODEOWNERS and ignore files that are folders": {
        "pyproject.toml/x.txt": b"",
        "Dockerfile/x": b"",
        ".gitignore/y": b"",
        "package.json/z": b"",
    },
    "a dotenv line of a megabyte": {".env": b"PASSWORD=" + b"x" * 1_000_000},
}


@pytest.mark.parametrize("name", CONTENTS)
def test_any_content_gets_an_answer(name: str, make: Callable[[Tree], Path]) -> None:
    audit(make(CONTENTS[name] | {"README.md": b"# here\n"}))


@pytest.mark.parametrize(
    ("name", "content"), [("a.py", b"x = 1; "), ("a.js", b"var x = 1; "), ("a.json", b"[1, ")]
)
def test_a_line_of_20_megabytes_is_skipped_with_its_reason(
    name: str, content: bytes, make: Callable[[Tree], Path]
) -> None:
    report = audit(make({name: content * (20_000_000 // len(content))}))
    assert "larger than" in skipped(report)[name]


def test_a_file_of_200_megabytes_is_skipped_with_its_reason(make: Callable[[Tree], Path]) -> None:
    root = make({"a.py": b"x = 1\n"})
    with (root / "big.py").open("wb") as file:
        file.truncate(200_000_000)
    git(root, "-c", "core.compression=0", "add", "big.py")
    assert "larger than" in skipped(audit(root))["big.py"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="needs an interpreter that is too old")
@pytest.mark.parametrize(
    "newer",
    [
        b"def f():\n    return t'{x}'\n",
        b"try:\n    pass\nexcept A, B:\n    pass\n",
        *([b"type X = int\n", b"def f[T](x: T) -> T: ...\n"] if sys.version_info < (3, 12) else []),
    ],
)
def test_syntax_newer_than_the_interpreter_is_never_critical(
    newer: bytes, make: Callable[[Tree], Path]
) -> None:
    project = b'[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.14"\n'
    report = audit(make({"a.py": newer, "pyproject.toml": project}))
    assert [f for f in report["findings"] if f["rule"] == "HYG016"] == []


NAMES: list[bytes] = [
    b"new\nline.py",
    b"escape\x1b[31mred.py",
    b"<script>alert(1)</script>.py",
    b"invalid\xff\xfe.py",
    b"back\\slash.py",
    "right\u202eto-left.py".encode(),
    b"-rf.py",
    b"--help",
    b" leading space.py",
    b"quote'\"`$(touch x).sh",
    ("long" * 60).encode() + b".py",
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name_gets_an_answer_and_is_never_printed_raw(
    name: bytes, make: Callable[[Tree], Path]
) -> None:
    root = make({name: b"def broken(:\n"})
    audit(root)
    for format_ in ("text", "full"):
        done = subprocess.run(
            [READINESS, "audit", str(root), "--format", format_],
            env={"PATH": os.environ["PATH"], "HOME": str(root.parent)},
            capture_output=True,
            check=True,
        )
        assert b"\x1b" not in done.stdout
        assert "\u202e".encode() not in done.stdout


def test_symlinks_are_listed_and_never_followed(make: Callable[[Tree], Path]) -> None:
    root = make({"a.py": b"x = 1\n"})
    outside = root.parent / "outside.py"
    outside.write_text("def broken(:\n")
    (root / "out.py").symlink_to(outside)
    (root / "loop.py").symlink_to("loop.py")
    (root / "folder").symlink_to(root.parent)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=links")
    assert not any("broken" in json.dumps(f) for f in audit(root)["findings"])
    assert [f for f in audit(root)["findings"] if f["rule"] == "HYG016"] == []


def test_no_program_that_the_repository_names_is_run(make: Callable[[Tree], Path]) -> None:
    root = make({"a.py": b"x = 1\n", "b.txt": b"b\n", ".gitattributes": b"* filter=x diff=x\n"})
    canary = root.parent / "canary"
    program = root.parent / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> {canary}\ncat\n")
    program.chmod(0o755)
    keys = (
        "core.fsmonitor core.hooksPath core.sshCommand core.editor core.pager core.askPass "
        "core.gitProxy diff.external diff.x.command diff.x.textconv filter.x.clean "
        "filter.x.smudge filter.x.process gpg.program credential.helper merge.x.driver "
        "sequence.editor interactive.diffFilter remote.origin.uploadpack alias.status"
    ).split()
    config = root / ".git" / "config"
    lines = [
        f"\n[{key.rpartition('.')[0]}]\n\t{key.rpartition('.')[2]} = {program}" for key in keys
    ]
    config.write_text(
        config.read_text()
        + "\n".join(lines)
        .replace("[diff.x]", '[diff "x"]')
        .replace("[filter.x]", '[filter "x"]')
        .replace("[merge.x]", '[merge "x"]')
        .replace("[remote.origin]", '[remote "origin"]')
        + f'\n[remote "promisor"]\n\tpromisor = true\n\turl = ext::{program}\n'
    )
    for hook in ("post-index-change", "pre-commit", "reference-transaction", "post-checkout"):
        (root / ".git" / "hooks").mkdir(exist_ok=True)
        (root / ".git" / "hooks" / hook).write_text(program.read_text())
        (root / ".git" / "hooks" / hook).chmod(0o755)
    (root / "b.txt").write_text("changed\n")
    for options in ([], ["--rev", "HEAD"], ["--staged"], ["--untracked"]):
        audit(root, *options)
    assert not canary.exists()
    subprocess.run(["git", "status"], cwd=root, capture_output=True, check=False)
    assert canary.exists(), "the trap itself must work"


@pytest.mark.parametrize("command", [[READINESS], [sys.executable, "-m", "readiness"]])
def test_no_module_of_the_repository_is_imported(
    command: list[str], make: Callable[[Tree], Path]
) -> None:
    trap = b"import pathlib; pathlib.Path(__file__).with_name('canary').touch()\n"
    names = ("jinja2", "yaml", "msgspec", "json", "click", "sqlite3", "numpy", "sitecustomize")
    root = make({f"{name}.py": trap for name in names})
    done = subprocess.run([*command, "audit"], cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(root.rglob("canary")) == []


def test_a_cache_inside_the_repository_is_not_used(make: Callable[[Tree], Path]) -> None:
    root = make({"a.py": b"def broken(:\n"})
    inside = root / "cache"
    honest = audit(root)
    first = audit(root, READINESS_CACHE_DIR=str(inside))
    assert first["findings"] == honest["findings"]
    assert not inside.exists()
