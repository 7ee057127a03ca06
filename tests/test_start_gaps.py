"""What start-up commands name and the repository does not have."""

from __future__ import annotations

import pytest

from readiness.model import Finding
from readiness.registry import rules
from readiness.testing import build_index

APP = "-- shop/api.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n"
IMAGE = "-- Dockerfile --\nFROM python\nWORKDIR /app\nCOPY . .\n"


def gaps(tree: str, history: str = "") -> list[Finding]:
    rule = next(each for each in rules() if each.id == "STA004")
    return list(rule.check(build_index(APP + tree, history)))


def places(tree: str, history: str = "") -> list[str]:
    return sorted(f"{each.location.path}:{each.location.line}" for each in gaps(tree, history))


def test_the_script_that_an_image_starts_with_runs_out_of_the_copied_folder() -> None:
    tree = (
        f"{IMAGE}ENTRYPOINT ['./docker/entrypoint.sh']\n".replace("'", '"')
        + "-- docker/entrypoint.sh --\n#!/bin/sh\n. /venv/bin/activate\n/wait-for-it.sh db:1\n"
        "python scripts/migrate.py\nexec uvicorn shop.gone:app\n-- scripts/a.py --\n"
    )
    assert places(tree) == ["docker/entrypoint.sh:4", "docker/entrypoint.sh:5"]


def test_a_unit_runs_where_the_machine_has_the_repository() -> None:
    unit = (
        "-- deploy/shop.service --\n[Service]\nWorkingDirectory=/opt/shop\n"
        "ExecStartPre=/opt/shop/scripts/pre.sh\nExecStartPre=/usr/local/scripts/x.sh\n"
        "ExecStart=/opt/shop/venv/bin/gunicorn shop.wsgi:app\n-- scripts/post.sh --\n"
    )
    assert places(unit) == ["deploy/shop.service:3", "deploy/shop.service:5"]


def test_an_object_of_a_module_is_no_module() -> None:
    process = (
        "-- Procfile --\nworker: celery -A shop.api.app worker\nw: celery -A shop.gone worker\n"
    )
    assert places(process) == ["Procfile:2"]


def test_what_a_script_to_be_removed_misses_is_told_once() -> None:
    tree = (
        "-- pyproject.toml --\n[project]\nname = 's'\n-- README.md --\n```sh\n./startup.sh\n```\n"
        "-- startup.sh --\nuvicorn shop.api:app\n-- scripts/new-startup.sh --\n"
        "pip install -r requirements_new.txt\npython3 minimal_main.py\n"
        "-- scripts/old-startup.sh --\nuvicorn shop.api:app\n"
    )
    [finding] = gaps(tree)
    assert (finding.location.path, finding.location.line) == ("scripts/new-startup.sh", 1)
    assert finding.cause == "3 scripts are there to start shop/api.py on the host"


def test_one_file_that_an_image_and_a_script_miss_is_one_cause() -> None:
    tree = build_index(f"{APP}{IMAGE}CMD python server.py\n-- start.sh --\npython server.py\n")
    found = [f for rule in rules() if rule.id in ("STA004", "CTR008") for f in rule.check(tree)]
    assert {each.rule: each.cause for each in found} == {
        "CTR008": "server.py does not exist",
        "STA004": "server.py does not exist",
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("./run.sh", ["README.md:2"]),
        ("uvicorn shop.main:app", ["README.md:2"]),
        ("docker compose -f compose.dev.yml up", ["README.md:2"]),
        ("python app.py", []),
        ("python old.py && python start.py", ["README.md:2"]),
        ("curl -O https://example.org/run.sh\n./run.sh", []),
        ("git clone https://example.org/x\ncd x\n./run.sh", []),
        ("python shop/report.py\npytest shop/tests", []),
        ("./path/to/start.sh\nflask --app hello run", []),
    ],
    ids=[
        "a script at the root",
        "a module of an own package",
        "a file beside others of its kind",
        "a file of the reader",
        "a file that was removed",
        "downloaded",
        "of another repository",
        "a tool and tests",
        "placeholders",
    ],
)
def test_a_readme_is_judged_where_it_speaks_of_this_repository(
    lines: str, expected: list[str]
) -> None:
    history = "2026-01-01 a | A start.py\n2026-01-02 a | D start.py\n"
    tree = f"-- README.md --\n```sh\n{lines}\n```\n-- compose.yml --\nservices: {{}}\n"
    assert places(tree, history) == expected


def test_a_readme_in_a_folder_may_speak_from_the_root() -> None:
    tree = "-- docker/README.md --\n```sh\ndocker build -f docker/box/Dockerfile .\n```\n"
    [finding] = gaps(f"{tree}-- docker/box/a.sh --\n")
    assert "docker/box/Dockerfile does not exist" in finding.message


def test_a_file_that_was_renamed_is_shown_with_its_new_name() -> None:
    history = "2026-01-01 a | A server.py\n2026-01-02 a | R server.py > shop/api.py\n"
    [finding] = gaps("-- start.sh --\npython server.py\n", history)
    assert any("renamed to shop/api.py" in each.summary for each in finding.evidence)
    assert (finding.targets, finding.action) == (("start.sh",), "MODIFY")


def test_what_a_compiler_makes_and_what_the_makefile_beside_a_readme_has_is_there() -> None:
    tree = (
        "-- Makefile --\nall:\n\tcc main.c\n-- cli/Makefile --\ninstall:\n\tpip install .\n"
        "-- cli/README.md --\n```sh\nmake install\n```\n-- cli/run.sh --\n./vdf $1\n"
    )
    assert places(tree) == []
