"""What the entrypoints reach, and what must be held because something may load it by name."""

from __future__ import annotations

import pytest

from readiness.index.reachability import Reachability, Standing
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
            "from importlib import import_module\ndef load(name):\n"
            "    for home in ('app.mail.senders', 'senders'):\n"
            "        return import_module(f'{home}.{name}')\n",
            "app/mail/senders/plain.py",
        ),
        (
            "import pkgutil\nfrom app import mail\n"
            "for found in pkgutil.iter_modules(mail.__path__):\n    __import__(found.name)\n",
            "app/mail/plain.py",
        ),
        (
            "from importlib import import_module\ndef samples(apps):\n    for app in apps:\n"
            "        import_module('{}.plain'.format(app)).make()\n",
            "app/mail/plain.py",
        ),
        (
            "from django.utils.module_loading import import_string\ndef form(app):\n"
            "    return import_string(f'{app}.plain.Form')\n",
            "app/mail/plain.py",
        ),
        (
            "from importlib import import_module\ndef finder(end):\n    def find(plugin):\n"
            "        root = plugin.__module__.rsplit('.', 1)[0]\n"
            "        return import_module('.'.join([root, end]))\n    return find\n"
            "FINDERS = {'acts': (\n    finder('logic.action'), 'a')}\n",
            "app/mail/logic/action.py",
        ),
        (
            "from importlib import import_module\ndef finder(end):\n    def find(plugin):\n"
            "        return import_module('.'.join([plugin.__module__, end]))\n    return find\n"
            "FINDERS = {'pages': finder('views')}\n",
            "app/mail/views.py",
        ),
        (
            "import subprocess, sys\ndef run():\n"
            "    subprocess.run([sys.executable, 'app/mail/plain.py'])\n",
            "app/mail/plain.py",
        ),
    ],
    ids="path glob dictionary prefix string package format suffix ends end subprocess".split(),
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
        "-- shop/urls.py --\n-- shop/conf/base.py --\nROOT_URLCONF = '%s.urls' % NAME\n",
        "-- shop/templatetags/shop/money.py --\n",
        "-- shop/imagegenerators.py --\nfrom imagekit import register\n",
        "-- shop/settings/mail.py --\n@frappe.whitelist()\ndef send(): pass\n",
        "-- .semgrep/rules/no_eval.py --\n-- .semgrep/rules/no_eval.yml --\nrules: []\n",
        "-- shop/formats/pt_BR/formats.py --\n",
        "-- shop/db_migrations/0001_first.py --\nfrom django.db import migrations\n"
        "class Migration(migrations.Migration): pass\n",
        "-- shop/tasks.py --\nfrom celery import shared_task\n",
        "-- alembic/versions/1_first.py --\n-- alembic/env.py --\nfrom alembic import context\n",
        "-- shop/migration/env.py --\n-- shop/migration/script.py.mako --\n",
        "-- template/{{name}}/{{name}}/views.py --\nimport {{name}}\n",
        "-- shop/mail.py --\n@shared_task\ndef send(): pass\n",
        "-- shop/checks.py --\n@registry.register('x')\nclass Check: pass\n",
        "-- shop/hook.py --\n-- pyproject.toml --\n[project]\nname='shop'\n"
        "[project.entry-points.'shop.plugins']\nhook = 'shop.hook:run'\n",
        "-- shop/fixtures_of_pytest.py --\n-- conftest.py --\n"
        "pytest_plugins = ['shop.fixtures_of_pytest']\n",
        "-- shop/routes.py --\n-- serverless.yml --\nhandler: shop/routes.py\n",
        "-- shop/stage.py --\n-- settings.ini --\nstage = shop.stage\n",
        "-- shop/stage.py --\n-- native/src/host.rs --\n"
        'let module = PyModule::import(py, "shop.stage")?;\n',
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


APP = f"-- Procfile --\nweb: uvicorn main:app\n{MAIN}{CORE}"


@pytest.mark.parametrize(
    ("files", "standing"),
    [
        ("", Standing.NOTHING),
        ("-- README.md --\nSee `app/dead.py`.\n", Standing.DOCUMENTED),
        ("-- README.md --\n```sh\npython app/dead.py\n```\n", Standing.DOCUMENTED),
        ("-- CHANGELOG.md --\nWe wrote `app/dead.py`.\n", Standing.NOTHING),
        ("-- mypy.ini --\n[mypy-app.dead]\nignore_errors = True\n", Standing.NOTHING),
        ("-- setup.cfg --\n[coverage:run]\ninclude = app/dead.py\n", Standing.NOTHING),
        (
            "-- pyproject.toml --\n[[tool.mypy.overrides]]\nmodule = ['app.dead']\n"
            "[tool.stages]\nfirst = 'app.core'\n",
            Standing.NOTHING,
        ),
        ("-- pyproject.toml --\n[tool.stages]\nfirst = 'app.dead'\n", Standing.LOADED),
        ("-- dev/environment --\nBACKEND=app.dead.Backend\n", Standing.LOADED),
        ("-- tests/test_dead.py --\nimport app.dead\ndef test(): pass\n", Standing.TESTED),
        ("-- scripts/once.py --\nimport app.dead\n", Standing.BY_HAND),
        ("-- scripts/once.sh --\npython app/dead.py\n", Standing.BY_HAND),
        ("-- Makefile --\nonce:\n\tpython app/dead.py\n", Standing.STARTED),
        (
            "-- .github/workflows/ci.yml --\non: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
            "      - run: python app/dead.py\n",
            Standing.STARTED,
        ),
        ("-- archive/old.py --\nimport app.dead\n", Standing.NOTHING),
        ("-- bin/shop --\n#!/usr/bin/env python\nfrom app import dead\n", Standing.BY_HAND),
        ("-- bin/shop --\n#!/bin/sh\nfrom app import dead\n", Standing.NOTHING),
        (
            '-- study.ipynb --\n{"cells": [{"source": [\n"from app.dead import x\\n",\n"x"]}]}\n',
            Standing.DOCUMENTED,
        ),
        ("-- app/BUILD --\npy_binary(name = 'x', main = 'dead.py')\n", Standing.LOADED),
        ("-- pytest.ini --\n[pytest]\naddopts = -p app.dead\n", Standing.LOADED),
    ],
)
def test_a_file_stands_as_firmly_as_the_firmest_that_uses_it(
    files: str, standing: Standing
) -> None:
    reachability = of(f"{APP}{DEAD}{files}")
    assert reachability.standing("app/dead.py") is standing
    assert (standing in reachability.uses("app/dead.py")) is (standing is not Standing.NOTHING)
    assert reachability.standing("app/core.py") is Standing.STARTED


def test_what_a_document_or_a_person_runs_passes_that_on_to_what_it_imports() -> None:
    tool = "-- tools/once.py --\nimport app.dead\nif __name__ == '__main__':\n    pass\n"
    assert of(f"{APP}{DEAD}{tool}").standing("app/dead.py") is Standing.BY_HAND
    told = f"{APP}{DEAD}{tool}-- README.md --\n```sh\npython tools/once.py\n```\n"
    assert of(told).standing("app/dead.py") is Standing.DOCUMENTED
    shown = of(told).uses("app/dead.py")[Standing.DOCUMENTED]
    assert (shown.location.path, shown.location.line) == ("README.md", 2)


def test_a_loader_that_nothing_runs_holds_nothing() -> None:
    loader = "from importlib import import_module\nfor name in ('x',):\n    import_module(name)\n"
    assert of(f"{APP}{DEAD}-- app/loads.py --\n{loader}").standing("app/dead.py") is (
        Standing.NOTHING
    )


@pytest.mark.parametrize(
    "loader",
    ["__import__(name, globals(), locals(), name.split('.'))", "import_module(name)"],
)
def test_a_bare_loader_of_a_top_level_package_holds_its_own_folder_alone(loader: str) -> None:
    reachability = of(
        "-- Procfile --\nweb: python app/core.py\n-- app/__init__.py --\n-- app/core.py --\n"
        f"from importlib import import_module\ndef load(name):\n    return {loader}\n"
        "-- app/near.py --\n-- app/deep/__init__.py --\n-- app/deep/far.py --\nx = 1\n"
    )
    assert reachability.standing("app/near.py") is Standing.LOADED
    assert reachability.standing("app/deep/far.py") is Standing.NOTHING


def test_a_loader_that_puts_a_name_together_of_its_package_holds_the_package() -> None:
    reachability = of(
        "-- Procfile --\nweb: python app/main.py\n-- app/__init__.py --\n"
        "-- app/main.py --\nimport app.plug.load\n-- app/plug/__init__.py --\n"
        "-- app/plug/load.py --\nfrom importlib import import_module\n"
        "def load(name):\n    return import_module('{}.{}'.format(__package__, name))\n"
        "-- app/plug/one.py --\nx = 1\n-- app/other.py --\nx = 1\n"
    )
    assert reachability.standing("app/plug/one.py") is Standing.LOADED
    assert reachability.standing("app/other.py") is Standing.NOTHING


def test_what_supports_tests_is_no_production_code_that_only_tests_use() -> None:
    reachability = of(
        f"{APP}-- app/mocks/shop.py --\n-- app/cart.py --\n-- tests/test_shop.py --\n"
        "import app.cart, app.mocks.shop\ndef test(): pass\n"
    )
    assert reachability.standing("app/mocks/shop.py") is Standing.LOADED
    assert reachability.standing("app/cart.py") is Standing.TESTED


def test_publishing_is_a_weaker_hold_than_a_loader() -> None:
    tree = (
        "-- setup.py --\nfrom setuptools import setup\nsetup(name='wax', packages=['wax'])\n"
        "-- wax/__init__.py --\n-- wax/extra.py --\nx = 1\n-- wax/known.py --\nx = 1\n"
        "-- README.md --\nUse `wax/known.py`.\n"
    )
    reachability = of(tree)
    assert set(reachability.uses("wax/extra.py")) == {Standing.PUBLISHED}
    assert set(reachability.uses("wax/known.py")) == {Standing.PUBLISHED, Standing.DOCUMENTED}
    assert reachability.live("wax/extra.py")


def test_a_project_in_a_folder_that_nothing_builds_starts_nothing() -> None:
    project = (
        "-- lab/setup.py --\nfrom setuptools import setup\n"
        "setup(name='lab', entry_points={'console_scripts': ['lab = bench:main']})\n"
        "-- lab/bench.py --\ndef main(): pass\n"
    )
    assert of(f"{APP}{project}").standing("lab/bench.py") is Standing.PUBLISHED
    built = f"{APP}{project}-- Makefile --\nall:\n\tpip install ./lab\n"
    assert of(built).standing("lab/bench.py") is Standing.STARTED


def test_a_name_in_three_folders_side_by_side_is_loaded_by_convention() -> None:
    plugins = "".join(
        f"-- app/plugins/{name}/__init__.py --\n-- app/plugins/{name}/code.py --\nx = 1\n"
        for name in ("a", "b", "c")
    )
    reachability = of(f"{APP}{plugins}-- app/plugins/a/dead.py --\n")
    assert reachability.standing("app/plugins/b/code.py") is Standing.LOADED
    two = of(f"{APP}{plugins.partition('-- app/plugins/c/__init__')[0]}")
    assert two.standing("app/plugins/b/code.py") is Standing.NOTHING
    assert reachability.standing("app/plugins/a/dead.py") is Standing.NOTHING


DJANGO = (
    "-- manage.py --\nfrom django.core.management import execute_from_command_line\n"
    "execute_from_command_line([])\n-- shop/__init__.py --\n"
)


@pytest.mark.parametrize(
    ("path", "content", "standing"),
    [
        ("shop/models.py", "x = 1\n", Standing.LOADED),
        ("shop/models/__init__.py", "x = 1\n", Standing.LOADED),
        ("shop/models/cart.py", "x = 1\n", Standing.NOTHING),
        ("shop/admin.py", "from django.contrib import admin\n", Standing.NOTHING),
        (
            "shop/admin.py",
            "from django.contrib import admin\nfrom .models import X\nadmin.site.register(X)\n",
            Standing.LOADED,
        ),
        ("shop/admin/filters.py", "x = 1\n", Standing.NOTHING),
        ("shop/forms.py", "x = 1\n", Standing.NOTHING),
        ("shop/management/commands/sync.py", "x = 1\n", Standing.LOADED),
    ],
)
def test_django_loads_the_names_that_it_knows_and_no_others(
    path: str, content: str, standing: Standing
) -> None:
    assert of(f"{DJANGO}-- {path} --\n{content}").standing(path) is standing


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("dags/daily.py", "-- requirements.txt --\napache-airflow\n"),
        ("shop/spiders/first.py", "-- scrapy.cfg --\n[settings]\ndefault = shop.settings\n"),
        ("custom_components/lamp/sensor.py", "-- custom_components/lamp/manifest.json --\n{}\n"),
        ("pages/1_first.py", "-- requirements.txt --\nstreamlit\n"),
        ("bot/cogs/fun.py", "-- bot/main.py --\nimport discord\n"),
        ("library/disk.py", "-- ansible.cfg --\n[defaults]\n"),
        ("shop/tasks.py", "-- shop/celery.py --\nfrom celery import Celery\n"),
        ("src/users.py", "-- serverless.yml --\nfunctions:\n  a:\n    handler: src/users.create\n"),
        (
            "hello/app.py",
            "-- template.yaml --\nResources:\n  A:\n    Properties:\n      CodeUri: hello/\n"
            "      Handler: app.handler\n",
        ),
        (
            "docs/_ext/table.py",
            "-- docs/conf.py --\nimport sphinx\n-- requirements.txt --\nsphinx\n",
        ),
        ("hatch_build.py", ""),
        ("docs/hooks.py", "-- mkdocs.yml --\nhooks:\n  - docs/hooks.py\n"),
        ("tools/check.py", "-- action.yml --\nruns:\n  steps:\n    - run: python tools/check.py\n"),
        ("shop/__main__.py", ""),
        ("locustfile.py", ""),
        ("jupyter_notebook_config.py", ""),
    ],
)
def test_each_framework_loads_what_lies_in_its_place_only_where_it_is_used(
    path: str, shown: str
) -> None:
    file = f"-- {path} --\nx = 1\n"
    assert of(file + shown).live(path)
    if shown:
        assert not of(f"{APP}{file}").live(path)


def test_the_share_that_the_entrypoints_reach_is_told_for_each_deployment() -> None:
    reachability = of(f"{APP}{DEAD}-- lab/requirements.txt --\nx\n-- lab/a.py --\n-- lab/b.py --\n")
    assert reachability.share("app/dead.py") == 0.75
    assert reachability.share("lab/a.py") == 0.0
    assert reachability.share("notes/a.txt") == 0.75


def test_a_page_that_is_written_for_every_module_documents_none() -> None:
    index = build_index(
        "-- src/shop/__init__.py --\n-- src/shop/core/__init__.py --\n-- src/shop/core/old.py --\n"
        "x = 1\n-- src/shop/core/rates.py --\nx = 1\n"
        "-- docs/api/shop.core.rst --\n.. automodule:: shop.core.old\n"
        "-- docs/guide.rst --\nUse shop.core.rates for it.\n"
    )
    assert index.reachability.standing("src/shop/core/old.py") is Standing.NOTHING
    assert index.reachability.standing("src/shop/core/rates.py") is Standing.DOCUMENTED


def test_a_project_may_publish_one_module_that_bears_its_name() -> None:
    index = build_index(
        "-- pyproject.toml --\n[project]\nname = 'Shop-Cart'\n-- shop_cart.py --\nx = 1\n"
        "-- other.py --\nx = 1\n"
    )
    assert index.reachability.standing("shop_cart.py") is Standing.PUBLISHED
    assert index.reachability.standing("other.py") is Standing.NOTHING


def test_a_plugin_group_holds_the_modules_of_a_package_that_is_installed_elsewhere() -> None:
    index = build_index(
        "-- pyproject.toml --\n[project]\nname = 'shop'\n"
        "[project.entry-points.'shop.rules']\nbuiltin = 'shop.rules'\n"
        "[tool.setuptools.package-dir]\n'shop.rules' = 'rules'\n"
        "-- shop/__init__.py --\n-- rules/__init__.py --\n-- rules/price.py --\nx = 1\n"
    )
    assert index.reachability.standing("rules/price.py") is Standing.LOADED


def test_a_document_that_names_a_small_folder_means_its_files() -> None:
    index = build_index(
        "-- demo/project/dqn/train.py --\nx = 1\n-- other/deep/old.py --\nx = 1\n"
        "-- README.md --\nTry it: enter `demo/project` and press the button.\n"
    )
    assert index.reachability.standing("demo/project/dqn/train.py") is Standing.DOCUMENTED
    assert index.reachability.standing("other/deep/old.py") is Standing.NOTHING


@pytest.mark.parametrize(
    "whole",
    [
        "def load(name):\n    module, kind = name.rsplit('.', 1)\n"
        "    return getattr(importlib.import_module(module), kind)\n",
        "def load(name):\n    parts = name.split('.')\n"
        "    return importlib.import_module('.'.join(parts[:-1]))\n",
    ],
)
def test_a_loader_that_is_given_whole_names_does_not_look_beside_itself(whole: str) -> None:
    reachability = of(
        f"{MAIN}{CORE}import importlib\n{whole}-- app/named.py --\nx = 1\n{DEAD}"
        "-- config.yaml --\nmailer: app.named.Mailer\n"
    )
    assert reachability.live("app/named.py")
    assert not reachability.live("app/dead.py")


def test_a_program_in_a_package_finds_what_lies_beside_it() -> None:
    reachability = of(
        f"{MAIN}{CORE}import subprocess\nsubprocess.run(['python', 'search/serve.py'])\n"
        "-- search/__init__.py --\n-- search/serve.py --\nfrom shelf import Shelf\n"
        "if __name__ == '__main__':\n    Shelf()\n-- search/shelf.py --\nclass Shelf: pass\n"
    )
    assert reachability.live("search/shelf.py")


def test_what_is_marked_as_a_program_can_be_run_unless_nearly_everything_is() -> None:
    program, others = "-- app/send.py [100755] --\nprint(1)\n", (1, 2, 3, 4)
    plain = "".join(f"-- app/x{n}.py --\n" for n in others)
    marked = "".join(f"-- app/x{n}.py [100755] --\n" for n in others)
    assert of(MAIN + program + plain).standing("app/send.py") is Standing.BY_HAND
    assert of(MAIN + program + marked).standing("app/send.py") is Standing.NOTHING
    begun = "-- app/send.py --\n#!/usr/bin/env python\nprint(1)\n"
    assert of(MAIN + begun + plain).standing("app/send.py") is Standing.BY_HAND


def test_a_string_that_ends_in_a_class_and_its_module_holds_the_module() -> None:
    reachability = of(
        f"{MAIN}{CORE}SENDERS = {{'mail': 'smtp.Smtp', 'sms': 'sms.Sms', 'log': 'log.write'}}\n"
        "-- app/senders/smtp.py --\nclass Smtp: pass\n"
        "-- app/senders/sms.py --\nclass Other: pass\n"
        "-- app/senders/log.py --\ndef write(): pass\n"
    )
    assert reachability.held["app/senders/smtp.py"].summary == "app/core.py names it"
    assert not reachability.live("app/senders/sms.py")
    assert not reachability.live("app/senders/log.py")


def test_the_scripts_that_a_package_installs_are_started_with_what_they_import() -> None:
    reachability = of(
        "-- setup.py --\nfrom setuptools import setup\n"
        "setup(name='shop', scripts=['bin/shop-purge'])\n"
        "-- bin/shop-purge --\n#!/usr/bin/env python\nfrom shop.purge import main\nmain()\n"
        "-- shop/__init__.py --\n-- shop/purge.py --\ndef main(): pass\n"
    )
    assert "shop/purge.py" in reachability.reached


def test_what_the_environment_may_name_in_place_of_a_default_is_held() -> None:
    reachability = of(
        f"{MAIN}{CORE}import os\nmailer = os.environ.get('MAILER', 'app.mail.Mailer')\n"
        "-- app/mail.py --\nclass Mailer: pass\n"
        "-- paid/mail.py --\nfrom app.mail import Mailer\nclass Paid(Mailer): pass\n"
        "-- paid/other.py --\nimport app.mail\nclass Other: pass\n"
    )
    assert reachability.held["paid/mail.py"].summary == (
        "app/core.py lets MAILER name another Mailer"
    )
    assert not reachability.live("paid/other.py")


def test_what_derives_from_the_same_class_as_such_a_default_is_held_too() -> None:
    reachability = of(
        f"{MAIN}{CORE}import os\nmailer = os.environ.get('MAILER', 'app.plain.Plain')\n"
        "-- app/base.py --\nclass Mailer: pass\n"
        "-- app/plain.py --\nfrom app.base import Mailer\nclass Plain(Mailer): pass\n"
        "-- app/paid.py --\nfrom app.base import Mailer\nclass Paid(Mailer): pass\n"
        "-- app/other.py --\nclass Mailer: pass\nclass Other(Mailer): pass\n"
    )
    assert reachability.live("app/paid.py")
    assert not reachability.live("app/other.py")


def test_an_admin_module_of_django_is_held_unless_it_does_nothing() -> None:
    settings = "-- settings.py --\nINSTALLED_APPS = ['django.contrib.admin', 'shop']\n"
    forms = "-- shop/forms.py --\nclass Form: pass\n"
    only_imports = of(f"{settings}{forms}-- shop/admin.py --\nfrom .forms import Form\n")
    assert only_imports.live("shop/admin.py")
    unregisters = "from django.contrib import admin\nfrom django.contrib.auth.models import Group\n"
    assert of(f"{settings}-- shop/admin.py --\n{unregisters}").live("shop/admin.py")
    empty = of(f"{settings}{forms}-- shop/admin.py --\nfrom django.contrib import admin\n")
    assert not empty.live("shop/admin.py")
    assert not of(f"{settings}{forms}-- shop/admin.py --\n# import admin\n").live("shop/admin.py")


def test_an_example_is_there_for_people_to_run() -> None:
    reachability = of(f"{MAIN}{CORE}-- examples/first.py --\nimport app.core\n")
    assert reachability.standing("examples/first.py") is Standing.BY_HAND


@pytest.mark.parametrize("folder", ["examples", "contrib/api-examples", "demo_apps/shop"])
def test_an_example_is_there_to_be_run_by_people(folder: str) -> None:
    path = f"{folder}/read.py"
    assert of(f"{MAIN}-- {path} --\nprint(1)\n").standing(path) is Standing.BY_HAND
