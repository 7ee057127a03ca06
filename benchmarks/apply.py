"""Apply: what carrying out a plan for many files takes, and whether all of it comes back.

usage: python benchmarks/apply.py REPOSITORY [--files N] [--keep FOLDER] [--readiness COMMAND]

In a clone, a plan archives N files (3,000): first in the work tree (--in-place), which is then
restored, then on a branch. Fails where one of the three takes more than ten seconds of CPU, or
where the restored tree is not the identical one.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from readiness.model import Action, ActionKind, Plan
from readiness.plan import document, identity
from readiness.repo import Repository

BAR = 10.0  # seconds
REGULAR = {0o100644, 0o100755}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repository")
    parser.add_argument("--files", type=int, default=3_000)
    parser.add_argument("--keep", metavar="FOLDER", help="clone there, and leave it")
    parser.add_argument("--readiness", default=str(Path(sys.executable).with_name("readiness")))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        return measure(options.repository, Path(folder), options.files, options.readiness)


def measure(repository: str, folder: Path, count: int, readiness: str) -> int:
    clone = folder / "clone"
    git = ["git", "-C", str(clone)]
    subprocess.run(["git", "clone", "--quiet", repository, str(clone)], check=True)
    plan, size = plan_for(clone, count)
    file = folder / "plan.toml"
    file.write_text(document.write(plan))
    tree = told([*git, "rev-parse", "HEAD^{tree}"])
    apply = [readiness, "apply", str(file), str(clone), "--apply", "--archive-secrets"]
    print(f"{len(plan.actions[0].paths):,} files, {size / 1e6:.1f} MB")
    slow = [
        timed("apply --in-place", [*apply, "--in-place"]),
        timed("restore --all", [readiness, "restore", "--all", "--repository", str(clone)]),
    ]
    subprocess.run([*git, "add", "--all"], check=True)
    same = told([*git, "write-tree"]) == tree
    print(f"the restored tree is {'identical' if same else 'ANOTHER'}")
    slow.append(timed("apply", apply))
    return int(any(slow) or not same)


def plan_for(clone: Path, count: int) -> tuple[Plan, int]:
    """A plan that archives the first `count` files of HEAD; and how many bytes they have."""
    with Repository.open(clone) as repository:
        snapshot = repository.snapshot()
    paths = [file.path for file in snapshot.files if file.mode in REGULAR][:count]
    actions = (Action(ActionKind.ARCHIVE, tuple(paths), "for the measurement", ()),)
    size = sum(os.lstat(clone / path).st_size for path in paths)
    return Plan(snapshot.commit, actions, identity.identify(snapshot.commit, actions)), size


def timed(name: str, command: list[str]) -> bool:
    """Runs a command and prints its times; is it too slow?"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:18} {processor:5.1f} s of CPU, {wall:5.1f} s   (at most {BAR:.0f} s of CPU)")
    return processor > BAR


def told(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
