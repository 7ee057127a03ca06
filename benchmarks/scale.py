"""Scale: cold audits of made-up repositories of growing size: is time linear, is memory bounded?

usage: python benchmarks/scale.py [FILES ...] [--keep FOLDER] [--readiness COMMAND]

Each repository is a monorepo of services: Python that imports its neighbours, documents that name
files, YAML, JSON, workflows, images, compositions, start scripts, copies and archives. It is
written by `git fast-import` into a bare repository, so that making it costs little, and audited
without a cache. Memory is that of all processes together, pages shared among them counted once
(Linux). Fails where the time of a file grows by more than a third, or memory beyond 1.5 GiB.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SIZES = (25_000, 50_000, 100_000)
GROWTH = 4 / 3  # of the time of a file, from the smallest repository to the largest
MEMORY = 3 << 29  # bytes
SERVICE = 100  # files of one service, about
WORDS = (
    "account address amount article balance batch branch bucket budget carrier catalogue "
    "channel client cluster column contract country coupon credit customer deposit device "
    "discount document driver employee event export feature ferry folder forecast garage "
    "harbour holiday import index invoice journal kitchen label ledger lesson letter licence "
    "market member message meter model notice number office order parcel partner payment period "
    "permit person picture policy price product profile project quarter question queue record "
    "region report request reserve review route sample schedule section segment session "
    "shipment signal station stock store student supplier survey tariff team tenant ticket "
    "token transfer vehicle vendor visit voucher warehouse"
).split()


def files(count: int) -> Iterator[tuple[str, str]]:
    """(path, content) of about `count` files, the same in every run."""
    yield (
        "README.md",
        "# Monorepo\n\nServices live in `services/`, each with its own `README.md`.\n",
    )
    yield ".gitignore", "__pycache__/\n.env\n*.pyc\ndist/\n"
    yield "pyproject.toml", '[project]\nname = "monorepo"\nversion = "1.0"\n'
    for number in range(count // 50):
        yield f"records/{number}.json", f'{{"record": {number}}}\n'
    for number in range(max(1, count // SERVICE)):
        yield from service(number, random.Random(number))


def service(number: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    name = f"{WORDS[number % len(WORDS)]}_{number}"
    root = f"services/group{number % 40}/{name}"
    modules = [
        f"{word}_{kind}" for kind in ("model", "view", "task") for word in chance.sample(WORDS, 15)
    ]
    code = {f"{name}/{module}.py": python(name, modules, chance) for module in modules}
    code[f"{name}/__init__.py"] = f'"""The {name} service."""\n\nVERSION = "1.{number}"\n'
    code[f"{name}/main.py"] = application(name, modules, chance)
    code[f"{name}/settings.py"] = settings(name, chance)
    for module in modules[:12]:
        code[f"tests/test_{module}.py"] = test(name, module, chance)
    code["tests/conftest.py"] = (
        f"import pytest\n\n\n@pytest.fixture\ndef base():\n    return {number}\n"
    )
    for path, content in code.items():
        yield f"{root}/{path}", content
    for word in chance.sample(WORDS, 18):
        yield f"{root}/docs/{word}.md", document(name, modules, chance)
    yield f"{root}/README.md", document(name, modules, chance)
    yield f"{root}/requirements.txt", "fastapi==0.110.0\npsycopg==3.1.18\nuvicorn==0.29.0\n"
    yield (
        f"{root}/Dockerfile",
        (
            "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
            "RUN pip install -r requirements.txt\nCOPY . .\n"
            f'CMD ["uvicorn", "{name}.main:app", "--host", "0.0.0.0"]\n'
        ),
    )
    yield (
        f"{root}/docker-compose.yml",
        (
            f"services:\n  {name}:\n    build: .\n    ports: ['8{number % 1000:03}:8000']\n"
            f"    environment:\n      DATABASE_URL: postgresql://db/{name}\n"
            "    depends_on: [db]\n  db:\n    image: postgres:16\n"
        ),
    )
    yield f"{root}/start.sh", f"#!/bin/sh\nset -e\ncd $(dirname $0)\nexec uvicorn {name}.main:app\n"
    for word in chance.sample(WORDS, 6):
        values = "".join(
            f"  {other}: {chance.randrange(9999)}\n" for other in chance.sample(WORDS, 12)
        )
        yield f"{root}/config/{word}.yaml", f"name: {name}\nvalues:\n{values}"
    for word in chance.sample(WORDS, 6):
        values = ", ".join(f'"{other}": {chance.random()}' for other in chance.sample(WORDS, 12))
        yield f"{root}/data/{word}.json", f'{{"name": "{name}", {values}}}\n'
    copied = modules[0]
    content = code[f"{name}/{copied}.py"]
    yield f"{root}/{name}/{copied}_old.py", content.replace("total", "amount", 3)
    if number % 10 == 0:
        yield (
            f".github/workflows/{name}.yml",
            (
                f"name: {name}\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n"
                f"    steps:\n      - uses: actions/checkout@v4\n      - run: pytest {root}/tests\n"
            ),
        )
    if number % 20 == 0:
        for path, content in code.items():
            yield f"archive/{name}_backup/{path}", content


def python(name: str, modules: list[str], chance: random.Random) -> str:
    lines = ["import logging", "import os", ""]
    lines += [f"from {name}.{other} import compute_{other}" for other in chance.sample(modules, 2)]
    lines += ["", "logger = logging.getLogger(__name__)", ""]
    for word in chance.sample(WORDS, chance.randrange(3, 12)):
        one, two, three = chance.sample(WORDS, 3)
        lines += [
            "",
            f"class {word.title()}:",
            f'    """A {word} with its {one} and {two}."""',
            "",
            f"    def __init__(self, {one}, {two}=None):",
            f"        self.{one} = {one}",
            f"        self.{two} = {two} or {chance.randrange(999)}",
            "",
            f"    def {three}(self, items):",
            "        total = 0",
            f"        for {one} in items:",
            f"            if {one}.{two} > {chance.randrange(99)} and {one}.{three} is not None:",
            f"                total += {one}.{two} * {chance.random():.3f}",
            f'                logger.info("{word} %s has %s", {one}, total)',
            f'        return {{"{word}": total, "{two}": self.{two}, "items": len(items)}}',
            "",
        ]
    lines += [f"def compute_{other}(value):\n    return value\n\n" for other in modules[:2]]
    return "\n".join(lines)


def application(name: str, modules: list[str], chance: random.Random) -> str:
    imports = "".join(f"from {name}.{module} import *\n" for module in modules)
    routes = "".join(
        f'\n\n@app.get("/{word}/{{item}}")\n'
        f'async def get_{word}(item: int):\n    return {{"{word}": item}}\n'
        for word in chance.sample(WORDS, 8)
    )
    return (
        f"import psycopg\nfrom fastapi import FastAPI\n\n{imports}\n"
        f"app = FastAPI(title='{name}')\n{routes}\n\n"
        "if __name__ == '__main__':\n    import uvicorn\n\n    uvicorn.run(app)\n"
    )


def settings(name: str, chance: random.Random) -> str:
    keys = "".join(
        f'{word.upper()} = os.getenv("{name.upper()}_{word.upper()}", "{chance.randrange(999)}")\n'
        for word in chance.sample(WORDS, 10)
    )
    return f'import os\n\nDATABASE_URL = os.environ["DATABASE_URL"]\n{keys}'


def test(name: str, module: str, chance: random.Random) -> str:
    checks = "".join(
        f"\n\ndef test_{word}():\n    assert compute({chance.randrange(99)}) != 1\n"
        for word in chance.sample(WORDS, 6)
    )
    return f"from {name}.{module} import *\n{checks}"


def document(name: str, modules: list[str], chance: random.Random) -> str:
    lines = [f"# {name}: {' and '.join(chance.sample(WORDS, 2))}", ""]
    for _ in range(chance.randrange(4, 12)):
        lines += [" ".join(chance.choices(WORDS, k=40)) + ".", ""]
    lines += [
        f"See `{name}/{module}.py` and `settings.py`." for module in chance.sample(modules, 3)
    ]
    return "\n".join([*lines, "", f"```sh\npython {name}/main.py\n```", ""])


def write(repository: Path, count: int) -> int:
    """Makes a bare repository of about `count` files; returns how many it has."""
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", repository], check=True)
    with subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE
    ) as importer:
        assert importer.stdin is not None
        importer.stdin.write(
            b"commit refs/heads/main\ncommitter A <a@example.org> 1790000000 +0000\ndata 5\nFiles\n"
        )
        written = 0
        for path, content in files(count):
            data = content.encode()
            importer.stdin.write(
                f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
            )
            written += 1
    if importer.returncode:
        raise SystemExit("git fast-import failed")
    return written


def memory(session: int) -> int:
    """Bytes that the processes of a session hold, shared pages once; 0 where nobody tells."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                rollup = (entry / "smaps_rollup").read_bytes()
                total += int(rollup.partition(b"\nPss:")[2].split(None, 1)[0]) << 10
        except (OSError, ValueError, IndexError):  # it has just ended
            continue
    return total


def audit(command: str, repository: Path) -> tuple[float, float, int]:
    """Seconds of CPU, seconds on the clock, and the peak of memory in bytes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        [command, "audit", "--no-cache", "--format", "json", "--output", os.devnull, repository],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.2)
    if process.returncode > 1:
        raise SystemExit(f"the audit failed with exit code {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, time.monotonic() - start, peak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=SIZES, type=int)
    parser.add_argument("--keep", type=Path, help="folder to keep the repositories in")
    command = Path(sys.executable).with_name("readiness")
    parser.add_argument("--readiness", default=str(command), help="the command to audit with")
    options = parser.parse_args()
    per_file = []
    held = True
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'files':>8}{'CPU s':>9}{'clock s':>9}{'ms a file':>11}{'peak MiB':>10}")
        for size in options.files:
            repository = (options.keep or Path(folder)) / f"scale-{size}.git"
            if repository.exists():
                listed = ["git", "ls-tree", "-r", "--name-only", "HEAD"]
                count = subprocess.check_output(listed, cwd=repository).count(b"\n")
            else:
                count = write(repository, size)
            cpu, clock, peak = audit(options.readiness, repository)
            per_file.append(cpu / count)
            over = "  over the bar" if peak > MEMORY else ""
            held = held and not over
            print(
                f"{count:8,}{cpu:9.1f}{clock:9.1f}{1000 * cpu / count:11.2f}"
                f"{peak / 2**20:10.0f}{over}",
                flush=True,
            )
    growth = per_file[-1] / per_file[0]
    print(f"from the first to the last, the time of a file grows to {growth:.2f} of what it was")
    return 0 if held and growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
