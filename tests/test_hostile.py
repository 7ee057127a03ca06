"""A hostile repository is only data: the whole command answers, within bounds, and runs nothing."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Git, Program, Trap

FORMATS = ("text", "full", "json")


# Nothing runs


@pytest.mark.parametrize(
    "options", [[], ["--rev", "HEAD"], ["--rev", "main~1"], ["--staged"], ["--untracked"]]
)
def test_no_program_that_the_repository_names_is_run(
    readiness: Program, trap: Trap, options: list[str]
) -> None:
    readiness.report(trap.git.folder, "--no-cache", *options)
    assert trap.ran() == set()
    subprocess.run(
        ["git", "status"], cwd=trap.git.folder, env=trap.git.environment, capture_output=True
    )
    assert trap.ran() >= {"fsmonitor", "process", "clean"}, "the trap itself must work"


def test_no_module_of_the_repository_is_imported(readiness: Program, git: Git) -> None:
    trap = "import pathlib; pathlib.Path(__file__).with_name('canary').touch()\n"
    for name in ("jinja2", "yaml", "msgspec", "json", "click", "sqlite3", "numpy", "sitecustomize"):
        git.write(f"{name}.py", trap)
    git.commit()
    assert readiness("audit", cwd=git.folder).returncode == 0
    module = subprocess.run(
        [sys.executable, "-m", "readiness", "audit"],
        cwd=git.folder,
        env=readiness.environment,
        capture_output=True,
    )
    assert module.returncode == 0, module.stderr
    assert not (git.folder / "canary").exists()


# Nothing outside is read


def test_symlinks_are_listed_and_never_followed(
    readiness: Program, git: Git, tmp_path: Path
) -> None:
    (tmp_path / "outside.py").write_text("def broken(:\n")
    git.write("a.py", "x = 1\n")
    (git.folder / "out.py").symlink_to(tmp_path / "outside.py")
    (git.folder / "loop.py").symlink_to("loop.py")
    (git.folder / "folder").symlink_to(tmp_path)
    (git.folder / "docker-compose.yml").symlink_to("/dev/zero")
    git.commit()
    report = readiness.report(git.folder)
    assert "broken" not in json.dumps(report)
    assert report["skipped_files"] == []


def test_a_cache_that_the_repository_ships_is_not_believed(
    readiness: Program, git: Git, tmp_path: Path
) -> None:
    git.write("a.py", "def broken(:\n")
    git.commit()
    outside = tmp_path / "cache"
    honest = readiness("audit", git.folder, READINESS_CACHE_DIR=str(outside))
    with sqlite3.connect(outside / "cache-1.sqlite3") as database:
        for (key,) in database.execute("SELECT key FROM entries").fetchall():
            forged = (b"", zlib.crc32(b"", zlib.crc32(key)), key)
            database.execute("UPDATE entries SET value = ?, checksum = ? WHERE key = ?", forged)
    database.close()
    for inside in ("cache", ".cache/readiness", "readiness"):
        shutil.copytree(outside, git.folder / inside)
    forged_outside = readiness("audit", git.folder, READINESS_CACHE_DIR=str(outside))
    assert b"does not parse" in honest.stdout
    assert b"does not parse" not in forged_outside.stdout, "the forgery itself must work"

    named = readiness("audit", git.folder, READINESS_CACHE_DIR=str(git.folder / "cache"))
    assert named.stdout == honest.stdout
    assert b"lies inside the audited repository" in named.stderr
    at_home = readiness(
        "audit",
        git.folder,
        READINESS_CACHE_DIR="",
        HOME=str(git.folder),
        XDG_CACHE_HOME=str(git.folder),
    )
    assert at_home.stdout == honest.stdout


# Any content gets an answer, or the reason why it has none

TOO_DEEP = "nested too deeply to be analysed"
BOMB = b"a0: &a0 {x: 1, y: 2, z: 3}\n" + b"".join(
    b"a%d: &a%d {%s}\n" % (n, n, b", ".join(b"k%d: *a%d" % (k, n - 1) for k in range(9)))
    for n in range(1, 12)
)
MANY = b"services:\n" + b"".join(b"  s%d: {build: &x%d .}\n" % (n, n) for n in range(20_000))

# Path -> content, and what of the reason for which it is not judged; "" where it is.
CONTENTS: dict[str, tuple[bytes, str]] = {
    "parentheses.py": (b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n", TOO_DEEP),
    "minuses.py": (b"x = " + b"-" * 100_000 + b"1\n", TOO_DEEP),
    "attributes.py": (b"x = a" + b".b" * 50_000 + b"\n", TOO_DEEP),
    "conditions.py": (b"x = " + b"1 if y else " * 5_000 + b"2\n", TOO_DEEP),
    "calls.py": (b"x = " + b"f(" * 3_000 + b")" * 3_000 + b"\n", TOO_DEEP),
    "blocks.py": (b"".join(b" " * n + b"if x:\n" for n in range(99)) + b" " * 99 + b"y\n", ""),
    "formats.py": (b"x = " + b"f'{" * 200 + b"}'" * 200 + b"\n", ""),
    "mark.py": (b"\xef\xbb\xbfx = 1\n", ""),
    "utf16.py": ("x = 1\n".encode("utf-16"), ""),
    "utf16.md": ("# b\n".encode("utf-16"), ""),
    "nul.py": (b"x = 1\n\0\0\n", "it holds NUL bytes"),
    "nul.sh": (b"\0\0\0", ""),
    "latin1.py": (b"# coding: latin-1\nx = '\xe9'\n", ""),
    "klingon.py": (b"# coding: klingon\nx = 1\n", ""),
    "digits.py": (b"x = " + b"9" * 100_000 + b"\n", ""),
    "statements.py": (b"x = 1; " * 150_000, "larger than 1000000 bytes"),
    "docker-compose.yml": (BOMB + b"services: {a: {environment: *a11}}\n", ""),
    "compose.flow.yml": (b"services: " + b"[" * 50_000, "nested deeper than 100"),
    "compose.block.yaml": (b"".join(b" " * n + b"a:\n" for n in range(2_000)), "nested deeper"),
    "compose.many.yml": (MANY, ""),
    "compose.nul.yml": (b"a: \0b\n", "it holds NUL bytes"),
    ".github/workflows/bomb.yml": (BOMB + b"on: push\njobs: {a: {env: *a11, steps: *a11}}\n", ""),
    "k8s/bomb.yaml": (BOMB + b"kind: Deployment\nspec: *a11\n", ""),
    "package.json": (b"[" * 200_000, "it does not parse: nested too deeply"),
    "lib/pyproject.toml": (b"x = " + b"[" * 100_000, "it does not parse: nested too deeply"),
    "keys/pyproject.toml": (b"a." * 50_000 + b"b = 1\n", "it does not parse: nested too deeply"),
    "number/package.json": (b"9" * 10_000, "it does not parse: Exceeds the limit"),
    "requirements.txt": (b"\xff\xfe\xfd\n" * 9_999, ""),
    "Dockerfile": (b"FROM x\nRUN a " + b"\\\n  b " * 100_000 + b"\n", ""),
    "heredoc.Dockerfile": (b"FROM x\nRUN <<E\n" + b"a\n" * 99_999, ""),
    "subshells.sh": (b"(" * 50_000, ""),
    "substitutions.sh": (b"echo " + b"$(" * 20_000, ""),
    "string.sh": (b"echo '" + b"x" * 1_000_000, ""),
    "brackets.md": (b"[" * 500_000 + b"`" * 100_001, ""),
    ".gitignore": (b"*a" * 10_000 + b"\n" + b"**/" * 3_000 + b"x\n" + b"[" * 3_000, ""),
    "a" * 200 + ".txt": (b"the pattern above tries to match this name\n", ""),
    ".dockerignore": (b"**/*a" * 3_000 + b"b\n", ""),
    ".env": (b"PASSWORD=" + b"x" * 1_000_000, ""),
    "image.ipynb": (b'{"token": "' + b"a1B2" * 250_000 + b'"}', ""),
    "keys.txt": (b"password = 'changeme'\n" * 6_000, "1,000 more of its lines can hold secrets"),
    "Makefile": (b"a: b\n" * 50_000 + b"b: a\n" + b"$(" * 50_000, ""),
    "Jenkinsfile": (b"pipeline { " * 20_000, ""),
    ".gitlab-ci.yml": (b"include: {local: .gitlab-ci.yml}\na: {extends: a}\n", ""),
    "wide.yml": (b"a: [" + b"{" * 90 + b"}" * 90 + b"," * 10 + b"]\n", ""),
    "pyproject.toml/folder.txt": (b"", ""),
    "setup.cfg/folder.txt": (b"", ""),
    "CODEOWNERS/folder.txt": (b"", ""),
    "large.py": (b"x = 1; " * 2_900_000, "larger than"),
    "large.js": (b"var x = 1; " * 1_900_000, "larger than"),
    "large.json": (b"[1, " * 5_000_000, "larger than"),
}


def test_any_content_gets_an_answer_or_a_reason(readiness: Program, git: Git) -> None:
    for path, (content, _) in CONTENTS.items():
        git.write(path, content)
    git("update-index", "--add", *CONTENTS)  # git add would try its own patience on .gitignore
    report = readiness.report(git.folder)
    skipped = {file["path"]: file["reason"] for file in report["skipped_files"]}
    expected = {path: reason for path, (_, reason) in CONTENTS.items() if reason}
    assert skipped.keys() == expected.keys()
    assert [path for path, reason in expected.items() if reason not in skipped[path]] == []


def test_a_file_of_200_megabytes_is_skipped_with_its_reason(readiness: Program, git: Git) -> None:
    for name in ("staged.py", "grown.py"):
        git.write(name, "x = 1\n")
    git.commit()
    for name in ("staged.py", "grown.py"):
        with (git.folder / name).open("wb") as file:
            file.truncate(200_000_000)
    git("-c", "core.compression=1", "add", "staged.py")
    skipped = readiness.report(git.folder)["skipped_files"]
    assert [file["path"] for file in skipped] == ["grown.py", "staged.py"]
    assert all("larger than" in file["reason"] for file in skipped)


NEWER = (
    "def f():\n    return t'{x}'\n",
    "try:\n    pass\nexcept A, B:\n    pass\n",
    "type X = int\n",
    "def f[T](x: T) -> T: ...\n",
    "def f[T = int](x: T) -> T: ...\n",
    "match x:\n    case 1:\n        pass\n",
    "x = f'{y['z']}'\n",
)


def test_syntax_newer_than_the_interpreter_is_never_critical(readiness: Program, git: Git) -> None:
    for number, source in enumerate(NEWER):
        git.write(f"app/a{number}.py", source)
    git.write("pyproject.toml", '[project]\nname = "a"\nrequires-python = ">=3.14"\n')
    git.commit()
    findings = readiness.report(git.folder)["findings"]
    assert [finding for finding in findings if finding["rule"] == "HYG016"] == []


# What is printed

NAMES: list[bytes] = [
    b"new\nline.py",
    b"over\rwritten.py",
    b"tab\t.py",
    b"escape\x1b[31mred.py",
    "control\x9b31mred.py".encode(),
    b"delete\x7f.py",
    b"<script>alert(1)<br>.py",
    b"invalid\xff\xfe.py",
    b"back\\slash.py",
    "right\u202eto-left.py".encode(),
    "zero\u200bwidth.py".encode(),
    "line\u2028separator.py".encode(),
    b"-rf.py",
    b"--help.py",
    b" leading space.py",
    b"quote'\"`$(touch x).py",
    b"long" * 60 + b".py",
]
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def test_any_name_gets_an_answer_and_is_never_printed_raw(readiness: Program, git: Git) -> None:
    for name in NAMES:
        git.write(name, "def broken(:\n")
        git.write(b"of " + name + b"/docker-compose.yml", "a: [\x1b[31m\n")
    git.environment["GIT_AUTHOR_NAME"] = "\x1b[31mred"
    git.commit("\x1b[31mred")
    git("config", "remote.origin.url", "https://example.org/\x1b[31mred.git")
    for format in FORMATS:
        done = readiness("audit", git.folder, "--format", format)
        assert (done.returncode, done.stderr) == (0, b"")
        assert UNSAFE.findall(done.stdout.decode()) == []
    report = json.loads(done.stdout)
    broken = {finding["path"] for finding in report["findings"] if finding["rule"] == "HYG016"}
    assert len(broken) == len(NAMES)
    assert {"new\nline.py", "escape\x1b[31mred.py", "right\u202eto-left.py"} < broken
    assert len(report["skipped_files"]) == len(NAMES)


def test_a_secret_is_neither_printed_nor_kept(readiness: Program, git: Git, tmp_path: Path) -> None:
    made: list[str] = []

    def token() -> str:
        made.append("sk_" + "live_" + f"9aQ7xZ2mLr4TzKd8WnY{len(made):03}Bv6C")
        return made[-1]

    key = "MIIEowIBAAKCAQEA7bq98nGsZ2Lx"
    git.write(
        "app/main.py",
        f"""
import os, subprocess, app.missing
stripe = os.environ.get("STRIPE_KEY", "{token()}")
database = os.getenv("DATABASE_URL", "postgresql://ada:{token()}@db.corp.net/x")
subprocess.run("curl -H 'Authorization: Bearer {token()}' https://example.org")
load("-----BEGIN {"RSA"} PRIVATE KEY-----\\n{key}\\n-----END {"RSA"} PRIVATE KEY-----")
@app.get("/health/{token()}")
def health(): ...
""",
    )
    git.write("app/broken.py", f'x = ( "{token()}"\n')
    git.write(".env", f"STRIPE_SECRET_KEY={token()}\n")
    git.write(".gitignore", f"app/*.py # {token()}\n")
    git.write("requirements.txt", f"--index-url https://ada:{token()}@pypi.corp.net/simple\n")
    git.write("README.md", f"```sh\npython missing.py --token {token()}\n```\n")
    git.write("start.sh", f"export KEY={token()}\npython missing_{token()}.py {token()} || true\n")
    git.write("Makefile", f"test:\n\tTOKEN={token()} pytest missing_{token()}\n")
    git.write("package.json", json.dumps({"scripts": {"start": f"node no.js --key {token()}"}}))
    git.write(
        "Dockerfile",
        f"""
FROM python:latest
ENV KEY={token()}
COPY {token()} /app
RUN curl -H "Authorization: Bearer {token()}" https://example.org | sh
CMD ["python", "missing.py", "--key={token()}"]
""",
    )
    git.write(
        "docker-compose.yml",
        f"""
services:
  api:
    build: .
    command: uvicorn app.main:app --key {token()}
    environment: {{KEY: {token()}}}
    healthcheck: {{test: "curl http://localhost:1/{token()}"}}
  db:
    image: example.org/{token()}:latest
""",
    )
    git.write("broken/docker-compose.yml", f"services: [\n{token()}: *{token()}\n")
    git.write(
        ".github/workflows/ci.yml",
        f"""
on: push
env: {{KEY: {token()}}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest -k {token()} || true
      - run: python scripts/missing_{token()}.py
      - uses: ./.github/actions/{token()}
""",
    )
    git("config", "remote.origin.url", f"https://ada:{token()}@example.org/app.git")
    git.commit()
    cache = tmp_path / "cache"
    printed = b""
    for options in ([], ["--ignore", "security"]):
        for format in FORMATS:
            done = readiness(
                *["audit", str(git.folder), "--format", format, *options],
                READINESS_CACHE_DIR=str(cache) if not options else str(tmp_path / "other"),
            )
            assert done.returncode == 0
            printed += done.stdout + done.stderr
    kept = b"".join(file.read_bytes() for file in cache.rglob("*") if file.is_file())
    assert len(kept) > 10_000
    assert [value for value in (*made, key) if value.encode() in printed] == []
    assert [value for value in (*made, key) if value.encode() in kept] == []
    assert printed.count(b"*" * len(made[0])) > 3, "the rules do quote such lines"
