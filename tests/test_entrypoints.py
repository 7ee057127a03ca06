"""What starts a repository, and which of several files that could is the one that does."""

from __future__ import annotations

import pytest

from readiness import registry
from readiness.index.entrypoints import Entrypoint, Role
from readiness.model import Finding, Location
from readiness.testing import build_index

APP = "from fastapi import FastAPI\napp = FastAPI()\n"


def found(tree: str) -> dict[tuple[str, str], Entrypoint]:
    return {(each.role, each.path): each for each in build_index(tree).entrypoints.all}


def primary(tree: str, role: Role = Role.API) -> str:
    entrypoint = build_index(tree).entrypoints.primary(role)
    return entrypoint.path if entrypoint is not None else ""


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ('CMD ["uvicorn", "main:app"]', "main.py"),
        ("CMD uvicorn shop.api:app --port $PORT", "shop/api.py"),
        ('CMD ["gunicorn", "-k", "uvicorn.workers.UvicornWorker", "shop.api:app"]', "shop/api.py"),
        ('CMD ["python", "-m", "shop.api"]', "shop/api.py"),
        ('ENTRYPOINT ["tini", "--"]\nCMD ["python", "main.py"]', "main.py"),
        ('CMD ["fastapi", "run", "shop/api.py"]', "shop/api.py"),
        ('CMD ["sh", "start.sh"]', "shop/api.py"),
    ],
)
def test_the_command_of_the_image_tells_the_primary(command: str, file: str) -> None:
    tree = (
        f"-- Dockerfile --\nFROM python:3.12\nWORKDIR /app\nCOPY . .\n{command}\n"
        "-- start.sh --\nexec uvicorn shop.api:app\n"
        f"-- main.py --\n{APP}-- shop/__init__.py --\n-- shop/api.py --\n{APP}"
    )
    assert primary(tree) == file


def test_a_file_that_the_primary_imports_is_a_mode_of_it_and_no_rival() -> None:
    entrypoints = found(
        f"-- main.py --\n{APP}def start():\n    import main_cloud\n    main_cloud.run()\n"
        "-- main_cloud.py --\ndef run(): pass\n"
        f"-- admin.py --\n{APP}-- main_old.py --\n{APP}import admin\n"
    )
    assert entrypoints["api", "main.py"].primary
    assert entrypoints["api", "main_cloud.py"].mode_of == "main.py"
    assert entrypoints["api", "main_old.py"].rival


def test_a_file_that_only_delegates_is_an_alias() -> None:
    entrypoints = found(
        f"-- app/__init__.py --\n-- app/main.py --\n{APP}"
        "-- Procfile --\nweb: uvicorn app.main:app\n"
        "-- run.py --\nimport uvicorn\nfrom app.main import app\n"
        "if __name__ == '__main__':\n    uvicorn.run(app)\n"
    )
    assert entrypoints["api", "app/main.py"].primary
    assert entrypoints["api", "run.py"].alias_of == "app/main.py"


def test_two_files_that_fetch_the_application_of_one_factory_are_aliases() -> None:
    entrypoints = found(
        "-- shop/__init__.py --\nfrom flask import Flask\n"
        "def create_app():\n    return Flask('x')\n"
        "-- wsgi.py --\nfrom shop import create_app\napp = create_app()\n"
        "-- run.py --\nfrom shop import create_app\napp = create_app()\napp.run(debug=True)\n"
    )
    assert sorted(bool(each.alias_of) for each in entrypoints.values()) == [False, True]
    assert not any(each.rival for each in entrypoints.values())


def test_the_files_of_one_django_project_do_not_compete() -> None:
    entrypoints = found(
        "-- manage.py --\nfrom django.core.management import execute_from_command_line\n"
        "if __name__ == '__main__':\n    execute_from_command_line([])\n"
        "-- shop/__init__.py --\n"
        "-- shop/wsgi.py --\nfrom django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n"
        "-- shop/asgi.py --\nfrom django.core.asgi import get_asgi_application\n"
        "application = get_asgi_application()\n"
        "-- README.md --\n```\n./manage.py runserver\n```\n"
    )
    assert entrypoints["cli", "manage.py"].primary
    assert not any(each.rival for each in entrypoints.values())
    assert [e.path for e in entrypoints.values() if e.primary and e.role is Role.API] != [
        "manage.py"
    ]


def test_each_role_and_each_deployment_has_its_own_primary() -> None:
    entrypoints = found(
        f"-- Dockerfile --\nFROM python\nCOPY . .\nCMD uvicorn main:app\n-- main.py --\n{APP}"
        "-- compose.yml --\nservices:\n  worker:\n    build: .\n"
        "    command: celery -A jobs worker -B\n"
        "-- jobs.py --\nfrom celery import Celery\ncelery = Celery('x')\n"
        f"-- parser/requirements.txt --\nfastapi\n-- parser/server.py --\n{APP}"
    )
    primaries = {(role, path) for (role, path), each in entrypoints.items() if each.primary}
    assert primaries == {
        ("api", "main.py"),
        ("worker", "jobs.py"),
        ("scheduler", "jobs.py"),
        ("api", "parser/server.py"),
    }
    assert entrypoints["api", "parser/server.py"].service == "parser"


def test_two_services_that_a_compose_file_keeps_running_are_both_primary() -> None:
    entrypoints = found(
        "-- compose.yml --\nservices:\n"
        "  shop:\n    build: .\n    command: uvicorn shop:app\n"
        "  admin:\n    build: .\n    command: uvicorn admin:app\n"
        f"-- Dockerfile --\nFROM python\nCOPY . .\n-- shop.py --\n{APP}-- admin.py --\n{APP}"
    )
    assert all(each.primary for each in entrypoints.values())
    assert len({each.service for each in entrypoints.values()}) == 2


def test_factories_tests_examples_and_archives_start_nothing() -> None:
    assert not found(
        "-- pool.py --\nfrom fastapi import FastAPI\nclass Pool:\n    def make(self):\n"
        "        return FastAPI()\n"
        f"-- tests/test_api.py --\n{APP}-- examples/hello.py --\n{APP}"
        f"-- archive/main.py --\n{APP}-- mock_server.py --\n{APP}"
        "-- cli.py --\nimport uvicorn\nimport click\n@click.command()\ndef serve(app):\n"
        "    uvicorn.run(app)\ndef main():\n    click.echo('x')\n"
        "if __name__ == '__main__':\n    main()\n"
    )


def test_a_file_that_starts_a_server_in_its_main_function_is_one() -> None:
    tree = (
        "-- tool.py --\nimport uvicorn\nclass Factory:\n    def create_app(self):\n"
        "        from fastapi import FastAPI\n        return FastAPI()\n"
        "def main():\n    uvicorn.run(Factory().create_app())\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    assert primary(tree) == "tool.py"


def test_a_broken_file_is_not_primary_even_where_everything_names_it() -> None:
    tree = (
        f"-- main.py --\nfrom shop.config import load\n{APP}"
        "-- Dockerfile --\nFROM python\nCOPY . .\nCMD python main.py\n"
        "-- README.md --\n```\npython main.py\n```\n"
        f"-- shop/__init__.py --\n-- shop/main.py --\nimport shop\n{APP}"
    )
    entrypoints = found(tree)
    assert primary(tree) == "shop/main.py"
    against = [e.summary for e in entrypoints["api", "main.py"].evidence if e.speaks == "against"]
    assert against == ["it imports shop.config, which is gone"]


def test_an_application_file_that_also_holds_a_queue_is_no_second_worker() -> None:
    entrypoints = found(f"-- main.py --\nfrom celery import Celery\nqueue = Celery('x')\n{APP}")
    assert list(entrypoints) == [("api", "main.py")]


def test_the_pages_that_a_package_builds_are_a_frontend() -> None:
    tree = (
        '-- web/package.json --\n{"scripts": {"dev": "vite"}, "dependencies": {"react": "1"},'
        ' "devDependencies": {"vite": "5"}}\n-- web/src/main.tsx --\nrender()\n'
    )
    assert primary(tree, Role.FRONTEND) == "web/src/main.tsx"


def test_a_program_that_an_image_keeps_running_serves_where_it_has_ports() -> None:
    image = "-- Dockerfile --\nFROM python\nCOPY . .\n{}CMD python bot.py\n-- bot.py --\nrun()\n"
    assert primary(image.format(""), Role.WORKER) == "bot.py"
    served = image.format("EXPOSE 80\n").replace("bot", "program")
    assert primary(served) == "program.py"


def rivals(tree: str) -> list[Finding]:
    rule = next(rule for rule in registry.rules() if rule.id == "STA001")
    return list(rule.check(build_index(tree)))


def test_what_still_asks_a_rival_speaks_against_its_removal() -> None:
    [finding] = rivals(
        "-- compose.yml --\nservices:\n  worker:\n    build: .\n    command: celery -A jobs "
        "worker\n-- Dockerfile --\nFROM python\nCOPY . .\n"
        "-- jobs.py --\nfrom celery import Celery\ncelery = Celery('x')\n"
        "-- main/celery.py --\nfrom celery import Celery\ncelery = Celery('x')\n"
        "-- check.sh --\ndocker exec worker celery -A main.celery inspect ping\n"
    )
    against = [each.location for each in finding.evidence if each.speaks == "against"]
    assert against == [Location("check.sh", 1)]


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        (f"-- server.py --\n{APP}", "high"),
        (f"-- base.py --\n-- billing.py --\nimport base\n{APP}", "medium"),
        (f"-- server.py --\n{APP}-- start.sh --\nuvicorn server:app\n", "medium"),
    ],
    ids=["nothing starts it", "a name of its own on the same modules", "a script starts it"],
)
def test_a_rival_weighs_less_where_it_may_be_a_service_of_its_own(more: str, severity: str) -> None:
    image = "-- Dockerfile --\nFROM python\nCOPY . .\nCMD uvicorn main:app\n"
    [finding] = rivals(f"{image}-- main.py --\nimport base\n{APP}{more}")
    assert finding.severity == severity


@pytest.mark.parametrize(
    "others",
    [
        "-- billing.py --\n{APP}",
        "-- vllm_worker.py --\nimport base\n{APP}-- mlx_worker.py --\nimport base\n{APP}"
        "-- hf_worker.py --\nimport base\n{APP}",
        "-- regression/cases/server-test/server.py --\n{APP}",
        "-- billing.py --\nimport base\n{APP}-- run-billing.sh --\nuvicorn billing:app\n",
    ],
    ids=["its own name and modules", "one of a family", "a test's server", "started by a script"],
)
def test_what_tells_of_a_service_of_its_own_is_no_rival(others: str) -> None:
    image = "-- Dockerfile --\nFROM python\nCOPY . .\nCMD uvicorn main:app\n"
    tree = f"{image}-- base.py --\n-- main.py --\nimport base\n{APP}{others}"
    assert rivals(tree.replace("{APP}", APP)) == []


def test_commands_that_are_installed_are_no_rivals() -> None:
    project = "-- pyproject.toml --\n[project.scripts]\na = 'shop.app:run'\nb = 'shop.server:run'\n"
    assert rivals(f"{project}-- shop/app.py --\n{APP}-- shop/server.py --\n{APP}") == []


def test_of_two_applications_that_nothing_starts_none_is_certain() -> None:
    [finding] = rivals(f"-- main.py --\n{APP}-- server.py --\n{APP}")
    assert (finding.severity, finding.confidence) == ("medium", "medium")


def test_a_step_before_the_server_of_a_container_is_none() -> None:
    tree = (
        "-- Dockerfile --\nFROM python\nCOPY . .\n-- compose.yml --\nservices:\n  api:\n"
        "    build: .\n    ports: ['80:80']\n"
        "    command: bash -c 'python scripts/init_db.py && uvicorn main:app'\n"
        "-- scripts/init_db.py --\nprint('migrated')\n"
        "-- main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n"
    )
    found = build_index(tree).entrypoints.all
    assert [each.path for each in found if each.role is Role.API] == ["main.py"]
