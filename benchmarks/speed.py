"""Speed, as ratios of CPU time to yardsticks measured in the same run on the same machine.

usage: python benchmarks/speed.py [REPOSITORY] [--only WORD] [--repeat N]

The product is installed plainly (not editable) into a fresh virtual environment, and every figure
is CPU time (user + system, children included). A job and its yardstick run in turns, so that both
feel the same load; the ratio is the median of those of all turns. REPOSITORY needs a work tree and
is only read: what must be edited is done in a clone of it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
AST = """
import ast, gc, subprocess, sys, warnings
warnings.simplefilter("ignore")
gc.disable()
names = subprocess.run(["git", "ls-files", "-z", "*.py"], stdout=subprocess.PIPE, check=True).stdout
for name in filter(None, names.split(b"\\0")):
    try:
        with open(name, "rb") as file:
            ast.parse(file.read())
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        pass
"""


@dataclass(frozen=True)
class Row:
    """What `cost` measures, in seconds of CPU, is to stay within `bar` times `yardstick`."""

    job: str
    yardstick_name: str
    bar: float
    cost: Callable[[], float]
    yardstick: Callable[[], float]


def _copy(folder: Path) -> Path:
    """The files of the product as they are now; a build leaves others beside them."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


class Bench:
    def __init__(self, repository: Path, folder: Path) -> None:
        self.cache = folder / "cache"
        self.environment = folder / "venv"
        self.clone = folder / "clone"
        venv.create(self.environment, with_pip=True)
        self.python = str(self.environment / "bin" / "python")
        self.readiness = str(self.environment / "bin" / "readiness")
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, str(_copy(folder / "source")), "vulture"], check=True)
        clone = ["git", "clone", "--quiet", "--no-hardlinks", str(repository), str(self.clone)]
        subprocess.run(clone, check=True)
        self.tracked = self._tracked()

    def _tracked(self) -> list[str]:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "*.py"], cwd=self.clone, stdout=subprocess.PIPE, check=True
        )
        return [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]

    def cpu(self, *command: str) -> float:
        """CPU seconds of `command` in the clone."""
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            command,
            cwd=self.clone,
            env={**os.environ, "READINESS_CACHE_DIR": str(self.cache)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        return end.ru_utime - start.ru_utime + end.ru_stime - start.ru_stime

    def audit(self, *options: str) -> float:
        return self.cpu(self.readiness, "audit", *options)

    def cold(self, *options: str) -> float:
        shutil.rmtree(self.cache, ignore_errors=True)
        return self.audit(*options)

    def edited(self) -> float:
        """An audit after five files have got a content never seen before."""
        for name in self.tracked[:: max(1, len(self.tracked) // 5)][:5]:
            with (self.clone / name).open("ab") as file:
                file.write(b"\n# " + os.urandom(8).hex().encode() + b"\n")
        return self.audit()

    def ast_parse(self) -> float:
        return self.cpu(self.python, "-c", AST)

    def bare_start(self) -> float:
        return self.cpu(self.python, "-c", "pass")

    def git_status(self) -> float:
        return self.cpu("git", "status")

    def vulture(self) -> float:
        return self.cpu(self.python, "-m", "vulture", ".")

    def rows(self) -> list[Row]:
        starts, parses = "python -c pass", "ast.parse of every .py"
        return [
            Row("readiness --version", starts, 3.0, self.version, self.bare_start),
            Row("no cache, without secrets", parses, 2.0, self.without_secrets, self.ast_parse),
            Row("cold audit, everything", parses, 5.0, self.cold, self.ast_parse),
            Row("cold audit, everything", "vulture alone", 1.3, self.cold, self.vulture),
            Row("warm audit, nothing changed", "git status", 6.0, self.audit, self.git_status),
            Row("warm audit, 5 files changed", parses, 0.4, self.edited, self.ast_parse),
        ]

    def version(self) -> float:
        return self.cpu(self.readiness, "--version")

    def without_secrets(self) -> float:
        return self.audit("--no-cache", "--ignore", "secrets")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", nargs="?", default=".", type=Path)
    parser.add_argument("--only", default="", help="rows whose name holds this word")
    parser.add_argument("--repeat", default=3, type=int)
    options = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.repository.resolve(), Path(folder))
        print(f"{len(bench.tracked):,} Python files, {options.repeat} turns, CPU seconds")
        print(f"{'job':30}{'s':>8}  {'yardstick':24}{'s':>8}{'ratio':>8}{'bar':>6}")
        for row in bench.rows():
            if options.only not in row.job:
                continue
            turns = [(row.cost(), row.yardstick()) for _ in range(options.repeat)]
            ratio = statistics.median(cost / yardstick for cost, yardstick in turns)
            cost, yardstick = map(statistics.median, zip(*turns, strict=True))
            held = held and ratio <= row.bar
            mark = "" if ratio <= row.bar else "  over the bar"
            print(
                f"{row.job:30}{cost:8.3f}  {row.yardstick_name:24}{yardstick:8.3f}"
                f"{ratio:8.2f}{row.bar:6g}{mark}",
                flush=True,
            )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
