"""Which Python test files there are, and how pytest would collect each."""

import pytest

from readiness.index.tests import SuiteFile, Tests, dependents
from readiness.testing import build_index

TEST = "def test_x(): pass\n"


def suites(tree: str) -> Tests:
    return build_index(tree).tests


def only(tree: str) -> SuiteFile:
    (file,) = suites(tree).live.values()
    return file


def test_live_archived_and_supporting_files_are_told_apart() -> None:
    found = suites(f"""\
-- tests/test_a.py --
{TEST}
-- tests/conftest.py --
-- tests/helpers.py --
def test_data(): return 1
-- tests/fixtures/test_sample.py --
{TEST}
-- tests_old_archive/test_b.py --
{TEST}
-- tests_old_archive/conftest.py --
-- main.py --
""")
    assert list(found.live) == ["tests/test_a.py"]
    assert found.support == ("tests/conftest.py",)
    assert found.archived == {"tests_old_archive": ("tests_old_archive/test_b.py",)}


def test_functions_and_methods_are_its_tests() -> None:
    methods = "class TestA:\n    def test_y(self): pass\n    def z(self): pass\n"
    tree = f"-- tests/test_a.py --\n{TEST}{methods}"
    assert only(tree).tests == ("test_x", "TestA.test_y")


@pytest.mark.parametrize(
    ("settings", "collected", "listed"),
    [
        ("-- pytest.ini --\n[pytest]\n", True, False),
        ("-- pytest.ini --\n[pytest]\ntestpaths = tests\n", True, True),
        ("-- pytest.ini --\n[pytest]\ntestpaths = other\n", False, False),
        ("-- pytest.ini --\n[pytest]\ntestpaths = te*\n", True, True),
        ("-- pytest.ini --\n[pytest]\npython_files = check_*.py\n", False, False),
        ("-- pytest.ini --\n[pytest]\nnorecursedirs = unit\n", False, False),
        ("-- tox.ini --\n[pytest]\ntestpaths = tests/unit\n", True, True),
        ("-- setup.cfg --\n[tool:pytest]\ntestpaths = tests\n", True, True),
        ('-- pyproject.toml --\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n', True, True),
        ("", True, False),
    ],
)
def test_the_settings_say_what_is_collected(settings: str, collected: bool, listed: bool) -> None:
    file = only(f"{settings}-- tests/unit/test_a.py --\n{TEST}")
    assert (file.collected, file.listed) == (collected, listed)


def test_the_nearest_settings_govern_and_a_pytest_ini_comes_first() -> None:
    file = only(f"""\
-- pyproject.toml --
[tool.pytest.ini_options]
-- app/tests/pytest.ini --
[pytest]
testpaths = .
-- app/tests/setup.cfg --
[tool:pytest]
testpaths = nowhere
-- app/tests/unit/test_a.py --
{TEST}""")
    assert (file.ini, file.root, file.listed) == ("app/tests/pytest.ini", "app/tests", True)


def test_without_settings_the_nearest_project_is_the_root() -> None:
    assert only(f"-- svc/requirements.txt --\n-- svc/tests/test_a.py --\n{TEST}").root == "svc"


def test_a_script_named_as_a_test_is_not_collected() -> None:
    assert not only(f"-- scripts/test_database.py --\n{TEST}").collected


def test_the_module_is_named_from_the_outermost_package() -> None:
    tree = (
        "-- a/tests/__init__.py --\n-- a/tests/unit/__init__.py --\n-- a/tests/unit/test_a.py --\n"
    )
    assert only(tree + TEST).module == "tests.unit.test_a"
    assert only(f"-- a/tests/test_a.py --\n{TEST}").module == "test_a"


@pytest.mark.parametrize("option", ["--import-mode=importlib", "--import-mode importlib"])
def test_the_import_mode_is_read(option: str) -> None:
    tree = f"-- pytest.ini --\n[pytest]\naddopts = -q {option}\n-- tests/test_a.py --\n{TEST}"
    assert only(tree).mode == "importlib"


@pytest.mark.parametrize(
    ("tree", "uses"),
    [
        ("-- pytest.ini --\n[pytest]\n", True),
        ("-- requirements-dev.txt --\npytest>=8\n", True),
        ("-- tests/test_b.py --\nimport pytest\n", True),
        (
            "-- .github/workflows/ci.yml --\non: push\njobs: {a: {steps: [{run: pytest}]}}\n",
            True,
        ),
        ("-- tests/test_b.py --\nimport unittest\n", False),
    ],
)
def test_pytest_is_in_use_where_something_says_so(tree: str, uses: bool) -> None:
    assert suites(f"{tree}-- tests/test_a.py --\n{TEST}").pytest is uses


def same_name(extra: str) -> list[str]:
    from readiness import registry

    index = build_index(f"{extra}-- a/tests/test_x.py --\n{TEST}-- b/tests/test_x.py --\n{TEST}")
    (rule,) = (rule for rule in registry.rules() if rule.id == "TST003")
    return [finding.severity.value for finding in rule.check(index)]


def test_two_files_of_one_name_only_clash_in_one_session_of_one_mode() -> None:
    assert same_name("-- pytest.ini --\n[pytest]\ntestpaths = a b\n") == ["high"]
    assert same_name("-- pytest.ini --\n[pytest]\n") == ["medium"]
    assert same_name("-- pytest.ini --\n[pytest]\naddopts = --import-mode=importlib\n") == []
    assert same_name("-- a/pytest.ini --\n[pytest]\n-- b/pytest.ini --\n[pytest]\n") == []
    assert same_name("-- README.md --\nwithout pytest\n") == []


@pytest.mark.parametrize(
    ("settings", "ignored"),
    [
        ("-- tests/conftest.py --\ncollect_ignore = ['unit/test_a.py']\n", "tests/conftest.py"),
        ("-- conftest.py --\ncollect_ignore_glob = ['tests/unit/*']\n", "conftest.py"),
        ("-- pytest.ini --\n[pytest]\naddopts = --ignore=tests/unit\n", "pytest.ini"),
        ("-- pytest.ini --\n[pytest]\naddopts = --ignore-glob **/test_a.py\n", "pytest.ini"),
        ("-- conftest.py --\nX = ['tests/unit/test_a.py']\n", ""),
        ("-- pytest.ini --\n[pytest]\naddopts = --ignore=tests/uni\n", ""),
    ],
)
def test_what_the_settings_ignore_is_not_collected(settings: str, ignored: str) -> None:
    file = only(f"{settings}-- tests/unit/test_a.py --\n{TEST}")
    assert (file.ignored, file.collected) == (ignored, not ignored)


CODE = """\
-- app/__init__.py --
-- app/old.py --
-- app/live.py --
-- tests/conftest.py --
import app.old
-- tests/helpers.py --
import app.old
-- tests/tools.py --
import app.old
-- tests/test_only.py --
from app import old
-- tests/test_helped.py --
import helpers
-- tests/test_mixed.py --
import app.live
import app.old
import tools
-- tests/test_patched.py --
import app.old
@patch("app.live.send")
def test_x(): pass
-- tests/test_client.py --
import app.old
from fastapi.testclient import TestClient
-- tests/test_else.py --
import app.live
"""


def test_tests_that_need_nothing_else_go_with_what_they_test() -> None:
    found = dependents(build_index(CODE), {"app/old.py"})
    assert found.only == ("tests/helpers.py", "tests/test_helped.py", "tests/test_only.py")
    assert found.mixed == (
        "tests/conftest.py",
        "tests/test_client.py",
        "tests/test_mixed.py",
        "tests/test_patched.py",
        "tests/tools.py",
    )


def test_all_go_where_all_that_they_need_goes() -> None:
    found = dependents(build_index(CODE), {"app/old.py", "app/live.py"})
    assert found.mixed == ("tests/conftest.py", "tests/test_client.py")
    assert "tests/tools.py" in found.only
