"""What the files say of development, test, staging and production."""

from __future__ import annotations

import pytest

from readiness import registry
from readiness.index.environments import Environment
from readiness.testing import build_index

_BUILT = '-- Dockerfile --\nFROM python:3.12\nCMD ["uvicorn", "main:app"]\n'
_RULE = next(rule for rule in registry.rules() if rule.id == "CFG003")


def _environment(tree: str, name: str) -> Environment:
    return next(each for each in build_index(tree).environments.all if each.name == name)


def _compose(name: str, more: str = "") -> str:
    return f"-- {name} --\nservices:\n  web:\n    build: .\n{more}"


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ("", "production"),
        ("    volumes: ['.:/app']\n", "development"),
        ("    command: uvicorn main:app --reload\n", "development"),
        ("    environment:\n      APP_ENV: development\n", "development"),
    ],
)
def test_a_default_compose_file_is_for_one_environment(more: str, name: str) -> None:
    tree = _BUILT + _compose("compose.yaml", more)
    runs = {each.name for each in build_index(tree).environments.all if each.runs}
    assert runs == {name}


def test_beside_one_for_production_the_default_is_for_development() -> None:
    tree = _BUILT + _compose("compose.yaml") + _compose("compose.prod.yaml")
    (evidence,) = _environment(tree, "development").runs
    assert evidence.location.path == "compose.yaml"


def test_a_file_of_settings_belongs_to_the_environment_that_it_is_named_after() -> None:
    tree = "-- config/production.env.example --\nA=1\n-- settings/dev.py --\n-- .env.test --\nA=1\n"
    assert [e.location.path for e in _environment(tree, "production").own] == [
        "config/production.env.example"
    ]
    assert _environment(tree, "development").own
    assert _environment(tree, "test").own


def test_one_template_serves_every_environment() -> None:
    tree = "-- .env.example --\nA=1\n"
    found = build_index(tree).environments.all
    assert all(each.settings and not each.own for each in found)


@pytest.mark.parametrize(
    "path",
    ["playwright.config.ts", "test_settings.py", "alembic/env.py", ".claude/settings.local.json"],
)
def test_files_of_tools_and_tests_hold_no_settings(path: str) -> None:
    found = build_index(f"-- {path} --\n").environments.all
    assert not any(each.settings for each in found)


def test_staging_is_asked_for_only_where_something_is_named_after_it() -> None:
    names = [each.name for each in build_index("-- a.py --\n").environments.all]
    assert names == ["development", "test", "production"]
    named = build_index("-- config/staging.env --\nA=1\n").environments.all
    assert "staging" in [each.name for each in named]


def test_documents_and_deliveries_are_less_than_a_definition() -> None:
    tree = "-- README.md --\n# Shop\n## Running in production\n"
    production = _environment(tree, "production")
    assert not production.runs
    assert production.told[0].location.line == 2


def test_settings_for_some_environments_only_are_reported() -> None:
    tree = (
        _BUILT
        + "-- main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n"
        + _compose("compose.yaml")
        + _compose("compose.prod.yaml")
        + _compose("compose.test.yaml")
        + "-- config/production.env --\nA=1\n-- config/development.env --\nA=2\n"
    )
    index = build_index(tree)
    assert _RULE.applies(index) is None
    (finding,) = _RULE.check(index)
    assert finding.message.startswith(
        "test has no settings of its own, while development, production"
    )
    assert _RULE.measure(index, [finding]).quality == pytest.approx(5 / 6)
