"""Scores repositories side by side, as the table of docs/calibration.md.

usage: python benchmarks/calibrate.py REPOSITORY...

Each is audited at its HEAD (a bare clone will do), without its own configuration. The last column
names what costs it most.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TITLES = ("cleanup", "startup", "tests", "configuration", "security", "operations")


def audit(repository: str) -> dict[str, Any]:
    readiness = str(Path(sys.executable).with_name("readiness"))
    command = [readiness, "audit", repository, "--rev", "HEAD", "--isolated", "--format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def row(report: dict[str, Any]) -> str:
    card = report["scorecard"]
    values = {entry["dimension"]: entry["value"] for entry in card["dimensions"]}
    cells = ["-" if values[title] is None else f"{values[title]:.1f}" for title in TITLES]
    deductions = [
        (deduction["points"], deduction["rule"])
        for entry in card["dimensions"]
        for deduction in entry["deductions"]
    ]
    dearest = ", ".join(f"{rule} {points:.1f}" for points, rule in sorted(deductions)[:-6:-1])
    remote = (report["remote"] or report["repository"]).removesuffix(".git")
    name = "/".join(remote.split("/")[-2:])
    overall = "-" if card["overall"] is None else f"{card['overall']:.1f}"
    return (
        f"| {name} @ {report['commit'][:7]} | {card['profile']} | {overall} | "
        f"{' | '.join(cells)} | {card['verdict']} | {dearest} |"
    )


def main(repositories: list[str]) -> int:
    print(f"| repository | profile | overall | {' | '.join(TITLES)} | verdict | dearest |")
    print("|---" * (len(TITLES) + 5) + "|")
    for repository in repositories:
        print(row(audit(repository)), flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python benchmarks/calibrate.py REPOSITORY...")
    sys.exit(main(sys.argv[1:]))
