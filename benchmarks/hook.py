"""Latency of the hook, as ratios of CPU and wall time to yardsticks of the same run.

usage: python benchmarks/hook.py [REPOSITORY] [--repeat N] [--python PATH]

The product is installed plainly (not editable) into a fresh virtual environment, or is the one of
PATH. In a clone of REPOSITORY five files of Python are staged, each with a line more: one that
looks like no secret, one that looks like a secret and is none, or one that a commit is refused for.
A job and its yardsticks run in turns, so that all feel the same load; a ratio is the median of all
turns.
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
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FILES = 5
PLAIN = "# looked through once more"
CANDIDATE = 'ORDERS_PASSWORD = "your-password-here"'
SECRET = 'ORDERS_KEY = "' + "sk_" + "live_" + 'h7Gk29sLqPz4vXw8RbNt3YcD"'


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Row:
    """A job with this line in each staged file, which must end with `code`; its bars: times
    `python -c pass`, times `detect-secrets-hook`, seconds."""

    job: str
    line: str
    code: int = 0
    warm: bool = True
    starts: float = 0
    others: float = 0
    seconds: float = 0


ROWS = (
    Row("no line looks like a secret", PLAIN, starts=6),
    Row("lines that look like one", CANDIDATE, starts=20, others=0.5),
    Row("a secret, refused", SECRET, 1, starts=20, others=0.5),
    Row("no line, without any cache", PLAIN, warm=False, seconds=1),
    Row("lines, without any cache", CANDIDATE, warm=False, seconds=1),
    Row("a secret, without any cache", SECRET, 1, warm=False, seconds=1),
)


class Bench:
    def __init__(self, repository: Path, python: str | None, folder: Path) -> None:
        self.cache = folder / "cache"
        self.clone = folder / "clone"
        self.python = python or _install(folder)
        self.programs = Path(self.python).parent
        clone = ["git", "clone", "--quiet", "--no-hardlinks", str(repository), str(self.clone)]
        subprocess.run(clone, check=True)
        tracked = self._git("ls-files", "-z", "*.py").split("\0")[:-1]
        self.files = tracked[:: max(1, len(tracked) // FILES)][:FILES]

    def _git(self, *arguments: str) -> str:
        run = ["git", "-C", str(self.clone), *arguments]
        return subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True).stdout

    def stage(self, line: str) -> None:
        self._git("reset", "--quiet", "--hard")
        for name in self.files:
            with (self.clone / name).open("a") as file:
                file.write(f"\n{line}\n")
        self._git("add", *self.files)

    def start(self) -> Cost:
        return self._cost(0, self.python, "-c", "pass")

    def hook(self, row: Row) -> Cost:
        if not row.warm:
            shutil.rmtree(self.cache, ignore_errors=True)
        return self._cost(row.code, str(self.programs / "readiness-staged"))

    def other(self) -> Cost:
        return self._cost(None, str(self.programs / "detect-secrets-hook"), *self.files)

    def _cost(self, code: int | None, *command: str) -> Cost:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            command,
            cwd=self.clone,
            env={**os.environ, "READINESS_CACHE_DIR": str(self.cache)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if code is not None and (done.returncode, bool(done.stderr)) != (code, code != 0):
            raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()}")
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Cost(cpu, wall)


def _install(folder: Path) -> str:
    """The Python of a new virtual environment that holds the files of the product as they are."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            copy = folder / "source" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy)
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(folder / "source")], check=True)
    return python


def _measure(bench: Bench, row: Row, repeat: int) -> bool:
    """Prints a line for each kind of time; is everything within its bars?"""
    bench.stage(row.line)
    bench.hook(row)
    turns = [
        (bench.hook(row), bench.start(), bench.other() if row.others else None)
        for _ in range(repeat)
    ]
    held = True
    for kind in Cost._fields:
        costs = [getattr(cost, kind) for cost, _, _ in turns]
        starts = statistics.median(getattr(a, kind) / getattr(b, kind) for a, b, _ in turns)
        others = [getattr(a, kind) / getattr(c, kind) for a, _, c in turns if c is not None]
        other = statistics.median(others) if others else 0.0
        seconds = statistics.median(costs)
        within = (
            (not row.starts or starts <= row.starts)
            and (not row.others or other <= row.others)
            and (not row.seconds or seconds <= row.seconds)
        )
        held = held and within
        bars = [f"<= {row.starts:g}x start" if row.starts else ""]
        bars += [f"<= {row.others:g}x detect-secrets-hook" if row.others else ""]
        bars += [f"<= {row.seconds:g} s" if row.seconds else ""]
        print(
            f"{row.job:30}{kind:5}{seconds:8.3f} s{starts:7.2f}x"
            f"{f'{other:7.2f}x' if others else '':9}  {', '.join(filter(None, bars))}"
            f"{'' if within else '   over the bar'}",
            flush=True,
        )
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", nargs="?", default=".", type=Path)
    parser.add_argument("--repeat", default=20, type=int)
    parser.add_argument("--python", help="that of a virtual environment with the product in it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.repository.resolve(), options.python, Path(folder))
        print(f"{len(bench.files)} staged files of Python, medians of {options.repeat} turns")
        print(f"{'job':30}{'time':5}{'':10}{'start':>8}{'other':>8}")
        held = [_measure(bench, row, options.repeat) for row in ROWS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
