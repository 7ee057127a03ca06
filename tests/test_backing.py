"""Which services an application needs, and what counts as a check of them before it serves."""

from __future__ import annotations

from readiness import registry
from readiness.config import Config
from readiness.model import Finding
from readiness.testing import build_index

_COMPOSE = """\
-- docker-compose.yml --
services:
  db:
    image: postgres:16
  cache:
    image: ghcr.io/valkey/valkey:8
  panel:
    image: rediscommander/redis-commander
"""
_MAIN = """\
-- requirements.txt --
asyncpg
-- Dockerfile --
FROM python:3.12
CMD ["uvicorn", "main:app"]
-- main.py --
import redis
from fastapi import FastAPI
app = FastAPI()
async def lifespan(app):
    yield
"""
_RULE = next(rule for rule in registry.rules() if rule.id == "STA005")


def _names(tree: str) -> list[str]:
    return [each.name for each in build_index(tree).backing.of("main.py")]


def _findings(tree: str, config: Config | None = None) -> list[Finding]:
    index = build_index(tree, config=config)
    return [] if _RULE.applies(index) else list(_RULE.check(index))


def test_a_client_and_a_server_together_prove_a_backing_service() -> None:
    assert _names(_MAIN + _COMPOSE) == ["PostgreSQL", "Redis"]
    assert _names(_MAIN) == []
    assert _names("-- main.py --\n" + _COMPOSE) == []


def test_a_key_of_the_environment_names_a_server_as_well() -> None:
    assert _names(_MAIN + "-- config.py --\nimport os\nURL = os.environ['REDIS_URL']\n") == [
        "Redis"
    ]


def test_what_only_tests_run_or_ask_for_is_no_backing_service() -> None:
    tests = _COMPOSE.replace("docker-compose.yml", "docker-compose.test.yml")
    assert _names(_MAIN + tests) == []
    development = _MAIN.replace("requirements.txt", "requirements-dev.txt")
    assert _names(development + _COMPOSE) == ["Redis"]


def test_a_check_that_the_configuration_names_counts() -> None:
    tree = (_MAIN + _COMPOSE).replace("    yield", "    await roll_call()\n    yield")
    assert [finding.severity for finding in _findings(tree)] == ["critical"]
    assert _findings(tree, Config(preboot=("shop.roll_call",))) == []


def test_a_release_that_migrates_first_counts() -> None:
    workflow = """\
-- .github/workflows/deploy.yml --
on: push
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - run: uv run bash scripts/prestart.sh
"""
    assert _findings(_MAIN + _COMPOSE + workflow) == []


def test_an_init_container_counts() -> None:
    pod = """\
-- k8s/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      initContainers:
        - name: wait
          image: busybox
      containers:
        - name: web
          image: shop
"""
    assert _findings(_MAIN + _COMPOSE + pod) == []


def test_a_container_that_waits_in_a_loop_counts() -> None:
    waits = """\
  web:
    build: .
    command: bash -c 'while !</dev/tcp/db/5432; do sleep 1; done; uvicorn main:app'
"""
    assert _findings(_MAIN + _COMPOSE + waits) == []


def test_a_script_for_the_host_is_half_a_check() -> None:
    script = "-- start.sh --\npg_isready\nuvicorn main:app\n"
    (finding,) = _findings(_MAIN + _COMPOSE + script)
    assert finding.severity == "medium"
    assert "half a check" in finding.message


def test_a_check_that_may_fail_is_half_a_check() -> None:
    entry = (
        _MAIN.replace('["uvicorn", "main:app"]', '["./entry.sh"]').replace("CMD", "COPY . .\nCMD")
        + "-- entry.sh --\nalembic upgrade head || true\nuvicorn main:app\n"
    )
    assert [finding.severity for finding in _findings(entry + _COMPOSE)] == ["medium"]
