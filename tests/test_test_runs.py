"""Which suites the commands of a repository run, and which none does."""

import pytest

from readiness.index.test_runs import unrun
from readiness.testing import build_index

TEST = "def test_x(): pass\n"
SUITES = f"-- tests/unit/test_a.py --\n{TEST}-- tests/slow/test_b.py --\n{TEST}"


def left(more: str) -> list[tuple[str, bool]]:
    return [(each.place, each.left_out) for each in unrun(build_index(SUITES + more))]


@pytest.mark.parametrize(
    "more",
    [
        "-- Makefile --\ntest:\n\tpytest tests/unit\n",
        "-- Makefile --\ntest:\n\tpytest . --ignore=tests/slow\n",
        "-- Makefile --\ntest:\n\tpytest --ignore tests/slow\n",
        "-- run.sh --\ncd tests\npython -m pytest unit -q\n",
        "-- README.md --\n```sh\npytest tests/unit/test_a.py::test_x\n```\n",
    ],
)
def test_a_suite_that_no_command_runs_is_found(more: str) -> None:
    assert left(more) == [("tests/slow", "ignore" in more)]


def test_what_pytest_does_not_even_find_by_itself_is_told_so() -> None:
    ini = "-- pytest.ini --\n[pytest]\ntestpaths = tests/unit\n"
    assert left(f"{ini}-- Makefile --\ntest:\n\tpytest\n") == [("tests/slow", True)]


@pytest.mark.parametrize(
    "more",
    [
        "",  # nothing says how tests are run
        "-- Makefile --\ntest:\n\tpytest\n",
        "-- Makefile --\ntest:\n\tpytest tests/unit\n\tpytest tests/s*\n",
        "-- Makefile --\ntest:\n\tpytest tests/unit\n\tpython manage.py test\n",
        "-- Makefile --\ntest:\n\tpytest tests/unit\n\tpytest $(WHAT)\n",
        "-- Makefile --\ntest:\n\tpytest tests/unit\n-- a.md --\n```sh\npytest tests/slow\n```\n",
        "-- Makefile --\ntest:\n\tpytest tests/unit\n-- a.md --\nSee `tests/slow/test_b.py`.\n",
        "-- Makefile --\ntest:\n\tpytest tests/unit\n-- tests/slow/README.md --\n"
        "```sh\npytest tests/slow\n```\n",
        "-- Makefile --\ntest:\n\tpytest tests/none\n",
        "-- tox.ini --\n[testenv]\ncommands = pytest tests/unit {posargs}\n",
    ],
)
def test_nothing_is_said_of_a_suite_that_something_may_run(more: str) -> None:
    assert left(more) == []


def test_a_readme_in_the_suite_does_not_speak_for_what_the_run_leaves_out() -> None:
    more = "-- Makefile --\ntest:\n\tpytest . --ignore=tests/slow\n"
    assert left(f"{more}-- tests/slow/README.md --\n```sh\npytest tests/slow\n```\n") == [
        ("tests/slow", True)
    ]


def test_an_archived_script_runs_nothing() -> None:
    more = "-- Makefile --\ntest:\n\tpytest tests/unit\n"
    assert left(f"{more}-- old_scripts_archive/all.sh --\npytest tests/slow\n") == [
        ("tests/slow", False)
    ]
