"""Which scripts start the software, what each starts, and which one is to be kept."""

from __future__ import annotations

from readiness.index.start_rivals import StartGroup
from readiness.index.start_scripts import Way
from readiness.testing import build_index

_APP = """\
-- app/pyproject.toml --
[project]
name = "shop"
version = "1"
-- app/main.py --
from fastapi import FastAPI
app = FastAPI()
-- app/startup.sh --
poetry run python main.py
"""


def _groups(tree: str) -> list[StartGroup]:
    return list(build_index(tree).start_groups)


def _rivals(tree: str) -> list[str]:
    return [rival.path for group in _groups(tree) for rival in group.rivals]


def test_a_script_starts_what_lies_near_it() -> None:
    (group,) = _groups(_APP + "-- main.py --\n")
    assert group.canonical.stack == "app/main.py"


def test_a_path_of_some_machine_is_read_as_the_folder_that_it_ends_in() -> None:
    (group,) = _groups(_APP + "-- start.sh --\ncd /home/me/work/app\npython3 main.py\n")
    assert group.what == "app/main.py"
    assert {group.canonical.path, group.rivals[0].path} == {"app/startup.sh", "start.sh"}


def test_the_script_that_somebody_runs_is_the_one_to_keep() -> None:
    tree = _APP + "-- app/start.sh --\npython main.py\n-- Makefile --\nrun:\n\tapp/start.sh\n"
    (group,) = _groups(tree)
    assert group.canonical.path == "app/start.sh"
    assert group.evidence[0].location.path == "Makefile"


def test_a_script_that_a_workflow_runs_is_no_rival() -> None:
    tree = (
        _APP + "-- README.md --\nRun `app/startup.sh`.\n-- app/run-server.sh --\npython main.py\n"
    )
    assert _rivals(tree) == ["app/run-server.sh"]
    workflow = """\
-- .github/workflows/e2e.yml --
on: push
jobs:
  e2e:
    runs-on: ubuntu-24.04
    steps:
      - run: app/run-server.sh
      - run: app/startup.sh
"""
    assert _rivals(tree + workflow) == []


def test_a_test_of_a_start_script_does_not_make_it_used() -> None:
    tree = _APP + "-- README.md --\n`app/startup.sh`\n-- app/new-startup.sh --\npython main.py\n"
    assert _rivals(tree + "-- app/validate-new.sh --\n./new-startup.sh\n") == ["app/new-startup.sh"]


def test_what_is_not_there_is_named() -> None:
    tree = _APP + "-- app/scripts/working-startup.sh --\ncat > small.py <<'EOF'\nEOF\n"
    (group,) = _groups(tree + "python3 small.py\npython3 modern_main.py\n")
    (rival,) = group.rivals
    assert [each.missing for each in rival.missing] == ["modern_main.py"]


def test_infrastructure_scripts_are_rivals_where_they_share_services() -> None:
    def start(*names: str) -> str:
        return "".join(f"docker run -d {name}:1\n" for name in names)

    tree = f"""\
-- start-infrastructure.sh --
{start("redis", "consul", "postgres")}
-- start-essential-services.sh --
{start("redis", "consul")}
-- start-monitoring.sh --
{start("grafana", "prometheus")}
-- start-redis.sh --
{start("redis")}
"""
    found = _groups(tree)
    assert {group.canonical.way for group in found} == {Way.INFRASTRUCTURE}
    assert _rivals(tree) == ["start-essential-services.sh"]


def test_the_scripts_of_two_applications_are_no_rivals() -> None:
    other = _APP.replace("app/", "billing/")
    assert _rivals(_APP + other) == []


def test_the_worker_is_not_the_application() -> None:
    worker = "-- app/tasks.py --\nfrom celery import Celery\napp = Celery()\n"
    assert _rivals(_APP + worker + "-- app/start-worker.sh --\ncelery -A tasks worker\n") == []


def test_a_launcher_in_python_counts_as_a_script() -> None:
    run = "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('main:app')\n"
    readme = "-- README.md --\n`app/startup.sh`\n"
    assert _rivals(_APP + readme + f"-- app/run_server.py --\n{run}") == ["app/run_server.py"]


def test_a_variant_for_an_environment_is_a_rival_only_among_other_variants() -> None:
    production = "-- app/scripts/production-startup.sh --\npython main.py\n"
    attempts = "".join(
        f"-- app/scripts/{name}-startup.sh --\npython main.py\n" for name in ("proper", "working")
    )
    assert _rivals(_APP + production) == []
    assert "app/scripts/production-startup.sh" in _rivals(_APP + production + attempts)


def test_a_compose_file_that_is_gone_is_taken_for_the_project_around_the_script() -> None:
    tree = """\
-- docker-compose.yml --
services:
  web:
    build: app
-- app/Dockerfile --
FROM python:3.12
-- app/requirements.txt --
-- start.sh --
docker compose up -d
-- app/scripts/containerized-orchestration.sh --
docker-compose -f docker-compose.platform.yml up -d
"""
    (group,) = _groups(tree)
    assert group.canonical.path == "start.sh"
    assert [rival.path for rival in group.rivals] == ["app/scripts/containerized-orchestration.sh"]
