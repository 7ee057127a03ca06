"""Holds the gate on a clone of a repository with old findings: it passes untouched, and fails for
one planted fault, each alone, with that fault and nothing else.

usage: python benchmarks/gate.py REPOSITORY

Nothing of the repository is executed or changed: the faults are planted in a clone of it in a
temporary folder. Prints what the gate says of each, and the CPU that it took as a share of parsing
the repository's Python; exits with 1 if any answer is not as it should be.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

_IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
_KEY = "sk_" + "live_" + "9fQ2mXv7LrT4zKd8WnYb3HsJ"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *_IDENTITY, *arguments], cwd=folder, check=True, capture_output=True
    )
    return os.fsdecode(done.stdout)


def modules(folder: Path) -> list[str]:
    return [path for path in git(folder, "ls-files", "-z", "*.py").split("\0") if path]


def busiest(folder: Path) -> str:
    """The module of a hundred to four hundred lines that most others import by its name."""
    asked: Counter[str] = Counter()
    lines: dict[str, int] = {}
    for path in modules(folder):
        text = (folder / path).read_text(errors="replace")
        lines[path] = text.count("\n")
        asked.update(set(re.findall(r"^\s*(?:from|import) [\w.]*?(\w+)(?: import|$)", text, re.M)))
    names = Counter(Path(path).stem for path in lines)
    return max(
        (path for path in lines if 100 < lines[path] < 400 and names[Path(path).stem] == 1),
        key=lambda path: (asked[Path(path).stem], path),
    )


def nothing(folder: Path) -> str:
    return ""


def secret(folder: Path) -> str:
    path = busiest(folder)
    with open(folder / path, "a") as file:
        file.write(f'\nPAYMENT_KEY = "{_KEY}"\n')
    return path


def copy(folder: Path) -> str:
    path = busiest(folder)
    new = path.removesuffix(".py") + "_v2.py"
    text = (folder / path).read_text()
    (folder / new).write_text(text.replace("\n\n", "\n\n# Another way.\n", 1))
    return new


def entrypoint(folder: Path) -> str:
    """A new service whose entrypoint imports what is not there."""
    home = folder / "billing"
    (home / "billing").mkdir(parents=True)
    (home / "billing" / "__init__.py").touch()
    (home / "main.py").write_text(
        "import uvicorn\nfrom fastapi import FastAPI\n\nfrom billing.invoices import send\n\n"
        'app = FastAPI()\n\n\n@app.get("/health")\ndef health():\n    return {"ok": bool(send)}\n'
        '\n\nif __name__ == "__main__":\n    uvicorn.run(app)\n'
    )
    (home / "Dockerfile").write_text(
        "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nUSER 1000\nHEALTHCHECK CMD python -c"
        " \"import urllib.request as u; u.urlopen('http://localhost:8000/health')\"\n"
        'CMD ["python", "main.py"]\n'
    )
    return "billing/main.py"


def move(folder: Path) -> str:
    """Everything of the busiest module's folder gets two lines more; no finding may be new."""
    home = Path(busiest(folder)).parent
    for path in modules(folder):
        if Path(path).parent == home:
            text = (folder / path).read_text(errors="surrogateescape")
            (folder / path).write_text("\n\n" + text, errors="surrogateescape")
    return ""


CASES: tuple[tuple[str, Callable[[Path], str], str], ...] = (
    ("untouched", nothing, ""),
    ("lines inserted in a folder", move, ""),
    ("one planted secret", secret, "SEC001"),
    ("one copied module", copy, "HYG00"),
    ("one new broken entrypoint", entrypoint, "STA002"),
)


def audit(folder: Path, cache: Path, *arguments: str) -> tuple[str, float]:
    """What the audit prints, and the CPU that it took in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [Path(sys.executable).with_name("readiness"), "audit", *arguments],
        cwd=folder,
        env=os.environ | {"READINESS_CACHE_DIR": str(cache)},
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1), done.stderr.decode()
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done.stdout.decode(), cpu


def parsing(folder: Path) -> float:
    gc.disable()
    start = process_time()
    for path in modules(folder):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ast.parse((folder / path).read_bytes())
            except (SyntaxError, ValueError):
                continue
    return process_time() - start


def is_right(report: dict[str, Any], path: str, rule: str) -> bool:
    """Is there exactly what was planted?"""
    there = {each["fingerprint"]: each for each in report["findings"]}
    new = [there[each["fingerprint"]] for each in report["comparison"]["new"] if each["counts"]]
    if report["gate"]["passed"] is bool(rule):
        return False
    return all(path in each["subjects"] for each in new) and (
        not rule or any(each["rule"].startswith(rule) for each in new)
    )


def main(repository: str) -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        clone, cache = Path(scratch) / "clone", Path(scratch) / "cache"
        git(Path(scratch), "clone", "-q", "--no-hardlinks", os.path.abspath(repository), str(clone))
        base = git(clone, "rev-parse", "HEAD").strip()
        yardstick = parsing(clone)
        audit(clone, cache)
        for name, plant, rule in CASES:
            git(clone, "checkout", "-q", "-B", "change", base)
            path = plant(clone)
            git(clone, "add", "-A")
            git(clone, "commit", "-q", "--allow-empty", "-m", "change")
            text, cpu = audit(clone, cache, "--since", base)
            report = json.loads(audit(clone, cache, "--since", base, "--format", "json")[0])
            right = is_right(report, path, rule)
            wrong += not right
            print(f"{'ok' if right else 'WRONG':5} {name}: {cpu / yardstick:.2f}x ast.parse")
            print("".join(f"      {line}\n" for line in text.splitlines()))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
