"""Speed, as ratios of CPU time to yardsticks measured in the same run on the same machine.

usage: python benchmarks/speed.py [REPOSITORY] [--only WORD] [--repeat N]

The product is installed plainly (not editable) into a fresh virtual environment, and every figure
is the median CPU time (user + system, children included) of its runs. REPOSITORY needs a work tree
and is only read: what must be edited is done in a clone of it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
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
    """`cost` is to stay within `bar` times `yardstick`, both in seconds of CPU."""

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
    def __init__(self, repository: Path, folder: Path, repeat: int) -> None:
        self.repeat = repeat
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

    def cpu(self, command: list[str], before: Callable[[], object] = lambda: None) -> float:
        """Median CPU seconds of `command` in the clone, `before` each of which `before` runs."""
        times = []
        for _ in range(self.repeat):
            before()
            start = os.times()
            subprocess.run(
                command,
                cwd=self.clone,
                env={**os.environ, "READINESS_CACHE_DIR": str(self.cache)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            end = os.times()
            times.append(
                end.children_user
                - start.children_user
                + end.children_system
                - start.children_system
            )
        return statistics.median(times)

    def forget(self) -> None:
        shutil.rmtree(self.cache, ignore_errors=True)

    def edit_five(self) -> None:
        """Changes five files so that each has a content never seen before."""
        for name in self.tracked[:: max(1, len(self.tracked) // 5)][:5]:
            with (self.clone / name).open("ab") as file:
                file.write(b"\n# " + os.urandom(8).hex().encode() + b"\n")

    @cache  # noqa: B019 - lives as long as the run
    def ast_parse(self) -> float:
        return self.cpu([self.python, "-c", AST])

    @cache  # noqa: B019
    def bare_start(self) -> float:
        return self.cpu([self.python, "-c", "pass"])

    @cache  # noqa: B019
    def git_status(self) -> float:
        return self.cpu(["git", "status"])

    @cache  # noqa: B019
    def vulture(self) -> float:
        return self.cpu([self.python, "-m", "vulture", "."])

    @cache  # noqa: B019
    def cold(self) -> float:
        return self.cpu([self.readiness, "audit"], before=self.forget)

    def rows(self) -> list[Row]:
        without = [self.readiness, "audit", "--ignore", "secrets"]
        return [
            Row(
                "readiness --version",
                "python -c pass",
                3.0,
                lambda: self.cpu([self.readiness, "--version"]),
                self.bare_start,
            ),
            Row(
                "cold audit without secrets",
                "ast.parse of every .py",
                2.0,
                lambda: self.cpu(without, before=self.forget),
                self.ast_parse,
            ),
            Row("cold audit, everything", "ast.parse of every .py", 5.0, self.cold, self.ast_parse),
            Row("cold audit, everything", "vulture alone", 1.3, self.cold, self.vulture),
            Row(
                "warm audit, nothing changed",
                "git status",
                6.0,
                lambda: self.cpu([self.readiness, "audit"]),
                self.git_status,
            ),
            Row(
                "warm audit, 5 files changed",
                "ast.parse of every .py",
                0.4,
                lambda: self.cpu([self.readiness, "audit"], before=self.edit_five),
                self.ast_parse,
            ),
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", nargs="?", default=".", type=Path)
    parser.add_argument("--only", default="", help="rows whose name holds this word")
    parser.add_argument("--repeat", default=3, type=int)
    options = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.repository.resolve(), Path(folder), options.repeat)
        print(f"{len(bench.tracked):,} Python files, median of {options.repeat} runs, CPU seconds")
        print(f"{'job':30}{'s':>8}  {'yardstick':24}{'s':>8}{'ratio':>8}{'bar':>6}")
        for row in bench.rows():
            if options.only not in row.job:
                continue
            cost, yardstick = row.cost(), row.yardstick()
            ratio = cost / yardstick
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
