"""Speed of the score history, as a ratio of CPU time to a yardstick of the same run.

usage: python benchmarks/history.py REPOSITORY... [--weeks N] [--repeat N]

The cost is `readiness history` with an empty cache and an empty database, all its processes
included; the yardstick is `ast.parse` of every unique Python blob of the same commits, with the
garbage collector off. They run in turns and the median ratio counts. It is to stay within 3. A
second line tells what the next run costs, which finds all of it kept. REPOSITORY is any clone, bare
or not, and is only read.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BAR = 3.0
READINESS = str(Path(sys.executable).with_name("readiness"))
# Reads the ids of blobs, one a line, and prints the CPU seconds of parsing them.
AST = """
import ast, gc, subprocess, sys, time, warnings
warnings.simplefilter("ignore")
ids = sys.stdin.buffer.read()
command = ["git", "cat-file", "--batch"]
data = subprocess.run(command, input=ids, stdout=subprocess.PIPE, check=True).stdout
sources, position = [], 0
while position < len(data):
    end = data.index(b"\\n", position)
    header = data[position:end].split()
    position = end + 1
    if header[-1] != b"missing":
        size = int(header[2])
        sources.append(data[position : position + size])
        position += size + 1
gc.disable()
start = time.process_time()
for source in sources:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
print(time.process_time() - start)
"""


def history(repository: Path, weeks: int, cache: str) -> tuple[float, list[str]]:
    """CPU seconds of the command, and the commits that it measured."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [READINESS, "history", "--format", "json", "--weeks", str(weeks), str(repository)],
        env={**os.environ, "READINESS_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        check=True,
    )
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = end.ru_utime - start.ru_utime + end.ru_stime - start.ru_stime
    return seconds, [point["commit"] for point in json.loads(done.stdout)["points"]]


def python_blobs(repository: Path, commits: list[str]) -> bytes:
    """The ids of the unique Python blobs of the commits, one a line."""
    found: set[bytes] = set()
    for commit in commits:
        command = ["git", "ls-tree", "-r", "-z", commit]
        listed = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, check=True)
        for record in listed.stdout.split(b"\0"):
            attributes, _, path = record.partition(b"\t")
            if path.endswith(b".py") and attributes.startswith(b"100"):
                found.add(attributes.split(b" ")[2])
    return b"".join(blob + b"\n" for blob in sorted(found))


def parse(repository: Path, blobs: bytes) -> float:
    done = subprocess.run(
        [sys.executable, "-c", AST],
        cwd=repository,
        input=blobs,
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--weeks", default=52, type=int)
    parser.add_argument("--repeat", default=1, type=int)
    options = parser.parse_args()
    held = True
    print(
        f"{'repository':34}{'commits':>8}{'blobs':>7}{'s':>8}{'parse':>8}{'ratio':>7}{'again':>7}"
    )
    for repository in options.repositories:
        turns = []
        for _ in range(options.repeat):
            with tempfile.TemporaryDirectory() as cache:
                cost, commits = history(repository, options.weeks, cache)
                again, _ = history(repository, options.weeks, cache)
            blobs = python_blobs(repository, commits)
            turns.append((cost, parse(repository, blobs), again))
        ratio = statistics.median(cost / yardstick for cost, yardstick, _ in turns)
        cost, yardstick, again = map(statistics.median, zip(*turns, strict=True))
        held = held and ratio <= BAR
        name = str(repository)[-34:]
        print(
            f"{name:34}{len(commits):8}{len(blobs.splitlines()):7}{cost:8.1f}{yardstick:8.2f}"
            f"{ratio:7.2f}{again:7.2f}{'' if ratio <= BAR else '  over the bar'}",
            flush=True,
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
