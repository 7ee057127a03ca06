"""The README is true: its picture is what the product prints, its commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness.cli import main

if TYPE_CHECKING:
    from conftest import Git

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = re.compile(r"(?s)(?<=writes it -->\n```text\n).*?(?=```\n<!-- /picture -->)")
BLOCK = re.compile(r"(?ms)^```(\w+)\n(.*?)^```$")
START, DAY = 1_700_000_000, 86_400

MAIN = """\
from fastapi import FastAPI

from shop import orders

app = FastAPI(title="shop")
app.include_router(orders.router)


@app.get("/ready")
async def ready():
    await orders.ping()
"""
ORDERS = """\
from fastapi import APIRouter

router = APIRouter(prefix="/orders")


@router.get("/")
def all_orders():
    return []


async def ping():
    return True
"""
SHOP = {
    "Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY . .\n"
    'CMD ["uvicorn", "main:app", "--host", "0.0.0.0"]\n',
    "compose.yaml": "services:\n  api:\n    build: .\n",
    ".github/workflows/ci.yml": "on: [push]\njobs:\n  test:\n    runs-on: ubuntu-24.04\n"
    "    steps:\n      - uses: actions/checkout@v4\n      - run: uvicorn main:app & pytest\n",
    "README.md": "# Shop\n\nStart it with `uvicorn main:app`.\n",
    "docs/ideas.md": "# Ideas\n\nTry `uvicorn modern_main:app` with the new router.\n",
    "tests/test_modern.py": "import modern_main\n\n\ndef test_has_a_title():\n"
    "    assert modern_main.app.title\n",
    "shop/__init__.py": "",
    "shop/orders.py": ORDERS,
    "tests/test_orders.py": "from shop import orders\n\n\ndef test_no_orders_yet():\n"
    "    assert orders.all_orders() == []\n",
}


@pytest.fixture
def shop(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A service that grew by copies."""
    git.write("modern_main.py", MAIN.replace('"shop"', '"modern shop"'))
    git.write("main.py", MAIN)
    for path, content in SHOP.items():
        git.write(path, content)
    git.commit("begin", at=START)
    git.write("main.py", MAIN + "    return {}\n")
    git.commit("answer", at=START + 90 * DAY)
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(git.folder)
    return git


def test_its_picture_is_what_the_product_prints(
    shop: Git, capsys: pytest.CaptureFixture[str], update_golden: bool
) -> None:
    main(["audit", "--format", "full", "--select", "STA001"])
    printed = capsys.readouterr().out
    picture = printed[printed.index("STA001 duplicate-entrypoint") :].rstrip() + "\n"
    text = README.read_text()
    if update_golden:
        README.write_text(PICTURE.sub(lambda _: picture, text))
    assert PICTURE.findall(README.read_text()) == [picture]


def test_its_commands_run(shop: Git, capsys: pytest.CaptureFixture[str]) -> None:
    commands = [
        shlex.split(line, comments=True)
        for kind, text in BLOCK.findall(README.read_text())
        for line in text.splitlines()
        if kind == "sh" and line.startswith("readiness ")
    ]
    assert len(commands) > 5
    for command in commands:
        assert main(command[1:]) in (0, 1), command
        captured = capsys.readouterr()
        assert (captured.out or "--output" in command) and not captured.err, command


def test_make_knows_the_commands_that_it_names() -> None:
    targets = re.findall(r"^make (\w+)", README.read_text(), re.M)
    assert {"audit", "test"} <= set(targets)
    for target in targets:
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)


def test_its_configuration_waives_what_it_says(
    shop: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [example] = [text for kind, text in BLOCK.findall(README.read_text()) if kind == "toml"]
    [waiver] = tomllib.loads(example)["tool"]["readiness"]["waivers"]
    monkeypatch.setattr("readiness.cli.options.today", lambda: waiver["until"] - timedelta(days=90))
    shop.write("pyproject.toml", example)
    shop.write(waiver["path"], "an order\n")
    report = audited(shop, capsys)
    assert [(entry["rule"], entry["owner"]) for entry in report["waived"]] == [
        (waiver["rule"], waiver["owner"])
    ]
    assert report["stale_waivers"] == []


def test_its_inline_ignore_silences_what_it_names(
    shop: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    [comment] = re.findall(r"`(# readiness: .*?)`", README.read_text())
    [rule] = re.findall(r"\[(\w+)\]", comment)
    compose = f"{SHOP['compose.yaml']}    volumes: ['.:/app']\n"
    shop.write("compose.yaml", compose)
    [found] = [found for found in audited(shop, capsys)["findings"] if found["rule"] == rule]
    assert (found["path"], found["severity"]) == ("compose.yaml", "medium")
    shop.write("compose.yaml", f"{comment}\n{compose}")
    report = audited(shop, capsys)
    assert [(entry["rule"], entry["reason"]) for entry in report["waived"]] == [(rule, "reason")]
    assert report["stale_waivers"] == []


def audited(shop: Git, capsys: pytest.CaptureFixture[str]) -> Any:
    shop.commit()
    assert main(["audit", "--format", "json"]) in (0, 1)
    captured = capsys.readouterr()
    assert not captured.err
    return json.loads(captured.out)


def test_the_files_that_it_names_are_there() -> None:
    text = README.read_text()
    linked = re.findall(r"\]\(([\w./-]+)\)", text)
    listed = re.findall(r"`((?:readiness/|rules/|reports/|benchmarks/)[\w./-]*)`", text)
    assert linked and listed
    assert [path for path in (*linked, *listed) if not os.path.exists(ROOT / path)] == []
