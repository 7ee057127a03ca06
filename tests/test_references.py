"""Every place that runs, imports or names a file of the repository, and no other."""

import time

import pytest

from readiness.index.references import Use
from readiness.index.resolver import Resolver
from readiness.testing import build_index


def references(tree: str, target: str) -> list[str]:
    """The references to `target` as "source:line use"."""
    found = build_index(tree).references.to.get(target, ())
    return [f"{each.source}:{each.line} {each.use}" for each in found]


def test_a_script_runs_what_it_names_from_where_it_stands() -> None:
    tree = """\
-- scripts/start.sh --
cd "$(dirname "$0")/../app"
poetry run python main.py --config=conf/prod.yaml
-- app/main.py --
-- app/conf/prod.yaml --
-- main.py --
"""
    assert references(tree, "app/main.py") == ["scripts/start.sh:2 runs"]
    assert references(tree, "app/conf/prod.yaml") == ["scripts/start.sh:2 runs"]
    assert references(tree, "main.py") == []


def test_an_option_of_a_command_names_modules() -> None:
    tree = """\
-- Makefile --
lint:
\t. bin/activate; pylint --load-plugins=checks.models,checks.imports app --ds=conf.test
-- checks/models.py --
-- checks/imports.py --
-- conf/test.py --
"""
    for path in ("checks/models.py", "checks/imports.py", "conf/test.py"):
        assert references(tree, path) == ["Makefile:2 runs"]


def test_a_script_that_starts_what_is_gone_does_not_start_the_archived_copy() -> None:
    tree = """\
-- app/start.sh --
python modern_main.py
-- archive/modern_main.py --
"""
    assert references(tree, "archive/modern_main.py") == []


def test_a_folder_of_the_machine_is_told_by_its_end() -> None:
    tree = """\
-- start.sh --
APP_DIR=/home/someone/source/app
cd "$APP_DIR"
python main.py
bash "$UNKNOWN/scripts/seed.sh"
-- app/main.py --
-- app/scripts/seed.sh --
"""
    assert references(tree, "app/main.py") == ["start.sh:3 runs"]
    assert references(tree, "app/scripts/seed.sh") == ["start.sh:4 runs"]
    assert references(tree, "app") == ["start.sh:2 runs"]


@pytest.mark.parametrize(
    "command",
    ["echo see tools/seed.py", "rm -f tools/seed.py", "log_info tools/seed.py", "# tools/seed.py"],
)
def test_talking_of_a_file_is_not_running_it(command: str) -> None:
    tree = f"-- run.sh --\n{command}\n-- tools/seed.py --\n"
    assert references(tree, "tools/seed.py") == ["run.sh:1 mentions"]


@pytest.mark.parametrize(
    "command",
    [
        "uvicorn app.main:app --reload",
        "python -m app.main",
        "gunicorn -k uvicorn.workers.UvicornWorker app.main:create_app()",
        "celery -A app.main worker",
        "bash -c 'cd app && python main.py'",
        "exec wait-for-it db:5432 -- python app/main.py",
    ],
)
def test_modules_and_inner_commands_run_as_well(command: str) -> None:
    tree = f"-- Procfile --\nweb: {command}\n-- app/main.py --\n-- app/__init__.py --\n"
    assert references(tree, "app/main.py") == ["Procfile:1 runs"]


def test_images_services_and_workflows_run_files_and_folders() -> None:
    tree = """\
-- compose.yml --
services:
  api:
    build:
      context: ./backend
    env_file: config/api.env
    volumes:
      - ./config/nginx:/etc/nginx
    command: python server.py
-- backend/Dockerfile --
FROM python:3.12
WORKDIR /app
COPY src/ /app/
COPY seed.sql /seed.sql
CMD ["uvicorn", "main:app"]
-- backend/src/main.py --
-- backend/src/server.py --
-- backend/seed.sql --
-- config/api.env --
-- config/nginx/site.conf --
-- .github/workflows/ci.yml --
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: ./.github/actions/setup
      - working-directory: backend
        run: |
          pytest tests/unit
-- .github/actions/setup/action.yml --
runs: {using: composite, steps: []}
-- backend/tests/unit/test_x.py --
"""
    index = build_index(tree)
    ran = {
        target
        for target, found in index.references.to.items()
        if any(each.use is Use.RUNS for each in found)
    }
    assert ran == {
        "backend",
        "backend/Dockerfile",
        "backend/src",
        "backend/src/main.py",
        "backend/src/server.py",
        "backend/seed.sql",
        "config/api.env",
        "config/nginx",
        ".github/actions/setup",
        "backend/tests/unit",
    }


def test_a_workflow_that_never_runs_only_mentions() -> None:
    tree = """\
-- app/.github/workflows/ci.yml --
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: bash tools/check.sh
-- app/tools/check.sh --
"""
    assert references(tree, "app/tools/check.sh") == ["app/.github/workflows/ci.yml:6 mentions"]


def test_code_documents_and_configurations_mention() -> None:
    tree = """\
-- app/load.py --
PATH = "data/rules.yaml"
HANDLER = "tools.plugins.audit"
-- README.md --
See [rules](data/rules.yaml#top) and `tools/plugins/audit.py`.
-- logging.ini --
class = tools.plugins.audit.Handler
-- web/view.ts --
import x from "./model";
import y from "@/lib/api";
-- web/model.ts --
-- web/lib/api/index.ts --
-- data/rules.yaml --
-- tools/plugins/audit.py --
"""
    assert references(tree, "data/rules.yaml") == ["README.md:1 mentions", "app/load.py:1 mentions"]
    assert references(tree, "tools/plugins/audit.py") == [
        "app/load.py:2 imports",  # the name of a module is as good as its import
        "README.md:1 mentions",
        "logging.ini:1 mentions",
    ]
    assert references(tree, "web/model.ts") == ["web/view.ts:1 imports"]
    assert references(tree, "web/lib/api/index.ts") == ["web/view.ts:2 imports"]


def test_a_manifest_runs_what_it_offers_and_ships() -> None:
    tree = """\
-- app/pyproject.toml --
[project]
name = "app"
version = "1"
[project.scripts]
app = "tool.cli:main"
[tool.setuptools]
packages = ["tool"]
-- app/tool/__init__.py --
-- app/tool/cli.py --
-- web/package.json --
{"scripts": {"seed": "node scripts/seed.js"}}
-- web/scripts/seed.js --
"""
    assert references(tree, "app/tool/cli.py") == ["app/pyproject.toml:5 runs"]
    assert references(tree, "app/tool") == ["app/pyproject.toml:7 runs"]
    assert references(tree, "web/scripts/seed.js") == ["web/package.json:1 runs"]


def test_the_strongest_use_of_a_source_counts() -> None:
    tree = "-- run.sh --\necho tools/seed.py\npython tools/seed.py\n-- tools/seed.py --\n"
    assert references(tree, "tools/seed.py") == ["run.sh:2 runs"]


@pytest.mark.parametrize("path", [".gitignore", ".dockerignore", ".github/CODEOWNERS", "ruff.toml"])
def test_being_ignored_or_owned_is_no_reference(path: str) -> None:
    tree = f'-- {path} --\nexclude = ["archive/old.py"]\n-- archive/old.py --\n'
    if path != "ruff.toml":
        tree = f"-- {path} --\narchive/old.py @team\n-- archive/old.py --\n"
    assert references(tree, "archive/old.py") == []


def test_a_folder_is_not_referenced_from_within() -> None:
    tree = "-- docs/a.md --\n[all](./) and [b](../docs/b.md)\n-- docs/b.md --\n"
    assert references(tree, "docs") == []
    assert references(tree, "docs/b.md") == ["docs/a.md:1 mentions"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deploy/run_all.sh", "ops/deploy/run_all.sh"),
        ("run_all.sh", "ops/deploy/run_all.sh"),
        ("main.py", ""),  # a common name
        ("app/settings.py", ""),  # two of them
        ("https://example.org/deploy/run_all.sh", ""),
        ("../../../etc/passwd", ""),
        ("/etc/deploy/run_all.sh", ""),
        ("/srv/app/ops/deploy/run_all.sh", "ops/deploy/run_all.sh"),
        ("$HOME/deploy/run_all.sh", "ops/deploy/run_all.sh"),
        ("ops/deploy/*.sh", "ops/deploy"),
        ("ops/image:$TAG", ""),
        ("ops/deploy/run_all.sh:12", "ops/deploy/run_all.sh"),
        ("text/html", ""),
        ("", ""),
        (".", ""),
    ],
)
def test_what_a_text_names(text: str, expected: str) -> None:
    tree = "-- ops/deploy/run_all.sh --\n-- x/main.py --\n-- a/app/settings.py --\n"
    index = build_index(tree + "-- b/app/settings.py --\n")
    assert Resolver(index).path(text, [""], "README.md") == expected


def test_of_several_the_nearest_is_meant() -> None:
    index = build_index("-- a/app/settings.py --\n-- b/app/settings.py --\n-- b/x.md --\n")
    assert Resolver(index).path("app/settings.py", [], "b/docs/x.md") == "b/app/settings.py"


def test_many_files_take_linear_time() -> None:
    tree = {
        f"pkg{number % 300}/mod{number}/__init__.py": (b'X = "pkg1/mod1/data.json"\n', 0o100644)
        for number in range(6_000)
    }
    index = build_index(tree)
    start = time.process_time()
    assert index.references.to == {}
    assert time.process_time() - start < 3
