"""What the entrypoints reach, and what must be held because something may load it by name."""

from __future__ import annotations

import pytest

from readiness.index.reachability import Reachability
from readiness.testing import build_index

MAIN = "-- main.py --\nfrom fastapi import FastAPI\nimport app.core\napp = FastAPI()\n"
CORE = "-- app/__init__.py --\n-- app/core.py --\n"
DEAD = "-- app/dead.py --\nx = 1\n"


def of(tree: str) -> Reachability:
    return build_index(tree).reachability


def test_what_an_entrypoint_imports_is_reached_and_what_nothing_names_is_not() -> None:
    reachability = of(
        f"{MAIN}{CORE}def load():\n    from app import late\n-- app/late.py --\n{DEAD}"
    )
    assert reachability.reached["app/core.py"] == "main.py"
    assert reachability.reached["app/late.py"] == "app/core.py"
    assert reachability.reached["app/__init__.py"] == "main.py"
    assert not reachability.live("app/dead.py")


def test_a_package_that_imports_its_modules_from_itself_reaches_them() -> None:
    reachability = of(f"{MAIN}{CORE}-- app/__init__.py --\nfrom app import dead\n{DEAD}")
    assert reachability.reached["app/dead.py"] == "app/__init__.py"


def test_a_type_check_and_a_test_reach_nothing() -> None:
    reachability = of(
        f"{MAIN}{CORE}from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.dead\n"
        f"{DEAD}-- tests/test_dead.py --\nimport app.dead\ndef test(): pass\n"
    )
    assert not reachability.live("app/dead.py")
    assert "tests/test_dead.py" in reachability.held


def test_what_an_image_or_a_script_of_it_runs_is_reached() -> None:
    reachability = of(
        '-- Dockerfile --\nFROM python\nCOPY . .\nCMD ["sh", "start.sh"]\n'
        "-- start.sh --\npython migrate.py\nexec uvicorn main:app\n"
        f"-- migrate.py --\nimport app.dead\n{MAIN}{CORE}{DEAD}"
    )
    assert {"start.sh", "migrate.py", "app/dead.py"} <= set(reachability.reached)


def test_a_rival_of_the_primary_reaches_nothing() -> None:
    rival = "-- old_main.py --\nfrom flask import Flask\nimport app.dead\nserver = Flask('x')\n"
    reachability = of(f"-- Procfile --\nweb: uvicorn main:app\n{MAIN}{CORE}{DEAD}{rival}")
    assert not reachability.live("old_main.py")
    assert not reachability.live("app/dead.py")


@pytest.mark.parametrize(
    ("loader", "held"),
    [
        (
            "from importlib.util import spec_from_file_location\nfrom pathlib import Path\n"
            "def get_module(home, name):\n    folder = Path(home) / 'modules'\n"
            "    return spec_from_file_location(name, folder / f'{name}.py')\n",
            "app/mail/modules/send.py",
        ),
        (
            "from importlib import import_module\nfrom pathlib import Path\n"
            "for file in Path('app').rglob('*_service.py'):\n    import_module(str(file))\n",
            "app/mail/mail_service.py",
        ),
        (
            "NAMES = {'mail': 'app.mail.plain'}\ndef start(name):\n"
            "    return __import__(NAMES[name])\n",
            "app/mail/plain.py",
        ),
        (
            "from importlib import import_module\ndef load(name):\n"
            "    return import_module(f'app.mail.{name}')\n",
            "app/mail/plain.py",
        ),
        (
            "import pkgutil\nfrom app import mail\n"
            "for found in pkgutil.iter_modules(mail.__path__):\n    __import__(found.name)\n",
            "app/mail/plain.py",
        ),
        (
            "from django.utils.module_loading import import_string\ndef form(app):\n"
            "    return import_string(f'{app}.plain.Form')\n",
            "app/mail/plain.py",
        ),
        (
            "import subprocess, sys\ndef run():\n"
            "    subprocess.run([sys.executable, 'app/mail/plain.py'])\n",
            "app/mail/plain.py",
        ),
    ],
    ids=["path", "glob", "dictionary", "prefix", "package", "suffix", "subprocess"],
)
def test_what_live_code_may_load_by_name_is_held_with_all_that_it_imports(
    loader: str, held: str
) -> None:
    reachability = of(
        f"{MAIN}{CORE}{loader}-- app/mail/__init__.py --\n-- {held} --\nimport app.helper\n"
        f"-- app/helper.py --\n-- app/other/dead.py --\nx = 1\n"
    )
    assert reachability.live(held)
    assert reachability.live("app/helper.py")
    assert not reachability.live("app/other/dead.py")
    if held in reachability.held:
        assert reachability.held[held].location.path == "app/core.py"
        assert reachability.held[held].location.line


@pytest.mark.parametrize(
    "files",
    [
        "-- shop/migrations/0001_first.py --\nfrom django.db import migrations\n",
        "-- shop/management/commands/sync.py --\nfrom django.core.management import BaseCommand\n",
        "-- shop/templatetags/money.py --\n",
        "-- shop/apps.py --\n",
        "-- shop/tasks.py --\nfrom celery import shared_task\n",
        "-- alembic/versions/1_first.py --\n-- alembic/env.py --\nfrom alembic import context\n",
        "-- shop/mail.py --\n@shared_task\ndef send(): pass\n",
        "-- shop/checks.py --\n@registry.register('x')\nclass Check: pass\n",
        "-- shop/hook.py --\n-- pyproject.toml --\n[project]\nname='shop'\n"
        "[project.entry-points.'shop.plugins']\nhook = 'shop.hook:run'\n",
        "-- shop/fixtures_of_pytest.py --\n-- conftest.py --\n"
        "pytest_plugins = ['shop.fixtures_of_pytest']\n",
        "-- shop/routes.py --\n-- serverless.yml --\nhandler: shop/routes.py\n",
        "-- shop/stage.py --\n-- settings.ini --\nstage = shop.stage\n",
        "-- shop/stage.py --\n-- pipeline.yaml --\nstages:\n  - class: shop.stage.Stage\n",
    ],
)
def test_what_frameworks_and_configuration_name_is_held(files: str) -> None:
    tree = (
        "-- manage.py --\nfrom django.core.management import execute_from_command_line\n"
        "execute_from_command_line([])\n-- shop/__init__.py --\n-- requirements.txt --\ndjango\n"
    )
    reachability = of(tree + files)
    assert reachability.live(files.partition(" --")[0].removeprefix("-- "))


def test_the_packages_of_a_held_module_are_held_with_it() -> None:
    reachability = of(
        "-- manage.py --\nfrom django.core.management import execute_from_command_line\n"
        "-- shop/__init__.py --\n-- shop/management/__init__.py --\n"
        "-- shop/management/commands/__init__.py --\n-- shop/management/commands/sync.py --\n"
    )
    assert reachability.live("shop/management/__init__.py")


def test_all_modules_of_a_published_library_are_held_but_its_tools_are_not() -> None:
    reachability = of(
        "-- pyproject.toml --\n[project]\nname = 'wax'\n-- src/wax/__init__.py --\n"
        "-- src/wax/extra.py --\n-- benchmark_wax.py --\nimport wax\n"
    )
    assert reachability.live("src/wax/extra.py")
    assert not reachability.live("benchmark_wax.py")


def test_archives_are_held_by_no_glob() -> None:
    glob = (
        "from importlib import import_module\nfrom pathlib import Path\n"
        "for file in Path('.').rglob('*_service.py'):\n    import_module(str(file))\n"
    )
    reachability = of(f"{MAIN}{CORE}{glob}-- app/archived_services/a_service.py --\n")
    assert not reachability.live("app/archived_services/a_service.py")


def test_pages_reach_their_components_and_a_framework_finds_its_routes() -> None:
    reachability = of(
        '-- web/package.json --\n{"scripts": {"dev": "vite"}, "dependencies": {"react": "1"},'
        ' "devDependencies": {"vite": "5"}}\n'
        "-- web/src/main.tsx --\nimport App from './App'\n-- web/src/App.tsx --\nexport {}\n"
        "-- web/src/App-updated.tsx --\nexport {}\n"
        "-- site/app/shop/page.tsx --\nimport Cart from './cart'\n"
        "-- site/app/shop/cart.tsx --\nexport {}\n-- site/app/shop/cart-old.tsx --\nexport {}\n"
    )
    assert reachability.reached["web/src/App.tsx"] == "web/src/main.tsx"
    assert reachability.live("site/app/shop/cart.tsx")
    assert not reachability.live("web/src/App-updated.tsx")
    assert not reachability.live("site/app/shop/cart-old.tsx")


def test_every_source_of_an_application_whose_framework_imports_by_itself_is_held() -> None:
    reachability = of("-- nuxt.config.ts --\n-- components/Card.vue --\n<template/>\n")
    assert reachability.live("components/Card.vue")
