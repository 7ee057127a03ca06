"""What the rules on stale tests say of a suite, and how much of it they hold to be lost."""

import pytest

from readiness import registry
from readiness.model import Finding, Outcome
from readiness.rule import Rule
from readiness.testing import build_index

TEST = "def test_x(): pass\n"
APP = "-- app/__init__.py --\n-- app/core.py --\nclass Engine: ...\n"


def rule(name: str) -> Rule:
    return next(rule for rule in registry.rules() if rule.id == name)


def judged(name: str, tree: str) -> tuple[list[Finding], Outcome]:
    index = build_index(tree)
    findings = list(rule(name).check(index))
    return findings, rule(name).measure(index, findings)


def suite(number: int, line: str = "", folder: str = "tests") -> str:
    return "".join(f"-- {folder}/test_{n}.py --\n{line}{TEST}" for n in range(number))


@pytest.mark.parametrize(
    ("line", "severity", "confidence"),
    [
        ("import app.gone\n", "high", "high"),
        ("def test_y():\n    from app.gone import x\n", "high", "high"),
        ("from app.core import Wheel\n", "high", "high"),
        (
            "def test_y():\n    try:\n        import app.gone\n    except ImportError: fail()\n",
            "low",
            "medium",
        ),
        ("import pytest\npytest.importorskip('app.gone')\n", "low", "medium"),
    ],
)
def test_how_sure_a_test_needs_what_is_gone_decides(
    line: str, severity: str, confidence: str
) -> None:
    (finding,), _ = judged("TST001", f"{APP}-- tests/test_a.py --\n{line}{TEST}")
    assert (finding.severity.value, finding.confidence.value) == (severity, confidence)


def test_a_test_that_no_runner_collects_weighs_less() -> None:
    script = f"{APP}-- scripts/test_a.py --\nimport app.gone\n{TEST}"
    ignored = f"{APP}-- conftest.py --\ncollect_ignore = ['tests/test_0.py']\n" + suite(
        1, "import app.gone\n"
    )
    for tree in (script, ignored):
        (finding,), _ = judged("TST001", tree)
        assert finding.severity.value == "medium"


@pytest.mark.parametrize(
    "line",
    [
        "try:\n    import app.gone\nexcept ImportError:\n    gone = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.gone\n",
        "import sys\nsys.modules['app.gone'] = object()\nimport app.gone\n",
        "from app._version import version\n",
        "import app\n",
    ],
)
def test_what_something_answers_for_is_not_missed(line: str) -> None:
    assert judged("TST001", f"{APP}-- tests/test_a.py --\n{line}{TEST}")[0] == []


def test_patching_a_module_does_not_make_it() -> None:
    line = "import app.gone\nfrom unittest.mock import patch\nwith patch('app.gone'): pass\n"
    assert len(judged("TST001", f"{APP}-- tests/test_a.py --\n{line}{TEST}")[0]) == 1


def test_what_one_package_took_with_it_has_one_cause() -> None:
    tree = APP + (
        f"-- tests/test_a.py --\nimport app.old.one\n{TEST}"
        f"-- tests/test_b.py --\nimport app.lone\nimport app.old.deep.two\n{TEST}"
        f"-- tests/test_c.py --\nfrom app.old import three\n{TEST}"
    )
    findings, _ = judged("TST001", tree)
    assert {finding.cause for finding in findings} == {"app.old is no longer in the repository"}


def test_every_statement_that_misses_something_is_shown_once() -> None:
    tree = (
        APP
        + """-- tests/test_a.py --
from app.gone import (
    a,
    b,
)
from app.core import Engine, Wheel
def test_x():
    from app.gone import a
"""
    )
    (finding,), _ = judged("TST001", tree)
    assert [
        (each.location.line, each.summary) for each in finding.evidence if each.location.line
    ] == [
        (2, "imports app.gone"),
        (7, "imports app.gone inside a function"),
        (5, "imports Wheel from app/core.py"),
    ]


def test_one_in_five_stale_test_files_leaves_nothing() -> None:
    stale = "import app.gone\n"
    for number, quality in ((0, 1.0), (1, 0.5), (2, 0.0), (3, 0.0)):
        tree = APP + suite(10 - number) + suite(number, stale, "tests/unit")
        assert judged("TST001", tree)[1].quality == pytest.approx(quality)


def test_a_conftest_takes_the_tests_below_it_along() -> None:
    tree = f"{APP}-- tests/unit/conftest.py --\nimport app.gone\n" + suite(9)
    findings, outcome = judged("TST001", tree + suite(1, folder="tests/unit"))
    assert findings[0].subjects == ("tests/unit/conftest.py", "tests/unit/test_0.py")
    assert outcome.quality == pytest.approx(0.5)


def test_as_many_archived_tests_as_live_ones_leave_nothing() -> None:
    for archived, quality in ((0, 1.0), (1, 0.6), (4, 0.0)):
        tree = suite(4) + suite(archived, folder="tests_old_archive")
        assert judged("TST002", tree)[1].quality == pytest.approx(quality)


def test_a_tree_of_archived_tests_is_high_where_it_holds_many() -> None:
    for number, severity in ((9, "medium"), (10, "high")):
        (finding,), _ = judged("TST002", suite(1) + suite(number, folder="old_tests_archive"))
        assert finding.severity.value == severity
        assert "more than the 1 of the live suite" in finding.message
        assert len(finding.subjects) == number


def test_every_file_but_the_first_of_one_name_is_lost() -> None:
    settings = "-- pytest.ini --\n[pytest]\ntestpaths = tests\n"
    same = "".join(f"-- tests/{n}/test_x.py --\n{TEST}" for n in "abc")
    assert judged("TST003", settings + same + suite(37))[1].quality == pytest.approx(0.5)


ARCHIVED = "-- app/archived_code/orders.py --\nclass OrderWriter: ...\n"


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("import app.gone\n", "AUDIT"),
        ("import app.gone\nimport app.core\n", "MODIFY"),
        ("import app.gone\nimport app\n", "AUDIT"),
        ("from app.moved import Engine1000\n", "MODIFY"),
        ("from app.orders import OrderWriter\n", "ARCHIVE"),
        ("from app.orders import OrderWriter\nimport app.core\n", "MODIFY"),
        ("from app.orders import OrderWriter\nimport app.gone\n", "AUDIT"),
        ("from app.core import Wheel\n", "MODIFY"),
        ("def test_y():\n    import app.gone\n", "MODIFY"),
    ],
)
def test_only_a_test_of_nothing_but_archived_code_goes_with_it(line: str, action: str) -> None:
    code = APP + ARCHIVED + "-- app/new.py --\nclass Engine1000: ...\n"
    (finding,), _ = judged("TST001", f"{code}-- tests/test_a.py --\n{line}{TEST}")
    assert (finding.action.value, finding.targets) == (action, ("tests/test_a.py",))


def test_a_test_that_lost_its_helper_may_test_what_lives() -> None:
    helper = "-- tests_archive/checks/order_checker.py --\nclass OrderChecker: ...\n"
    test = "-- tests/test_a.py --\nfrom tests.checks.order_checker import OrderChecker\n"
    (finding,), _ = judged("TST001", f"{APP}-- tests/__init__.py --\n{helper}{test}{TEST}")
    assert finding.action.value == "AUDIT"


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("from app.archived_code import orders\n", "ARCHIVE"),
        ("from app.archived_code import orders\nimport app.core\n", "MODIFY"),
        ("try:\n    from app.archived_code import orders\nexcept ImportError: pass\n", "MODIFY"),
        ("FILE = 'app/archived_code/orders.py'\n", "MODIFY"),
    ],
)
def test_a_live_test_goes_with_the_archive_where_it_needs_nothing_else(
    line: str, action: str
) -> None:
    findings, _ = judged("TST002", f"{APP}{ARCHIVED}-- tests/test_a.py --\n{line}{TEST}")
    assert [finding.action.value for finding in findings] == [action]


@pytest.mark.parametrize(
    ("folder", "more", "action"),
    [
        ("tests_old_archive", "", "ARCHIVE"),
        ("archive", "", "ARCHIVE"),
        ("archive", "-- main.py --\nimport archive.test_0\n", "AUDIT"),
    ],
)
def test_archived_tests_go_as_their_archive_does(folder: str, more: str, action: str) -> None:
    tree = f"{APP}{suite(1)}{suite(2, folder=folder)}{more}"
    findings, _ = judged("TST002", tree)
    assert [each.action.value for each in findings if each.location.path == folder] == [action]


@pytest.mark.parametrize(
    ("body", "sentence", "severity"),
    [
        ("def test_a():\n    import app.gone\n", "that stops its only test", "high"),
        (
            f"def test_a():\n    import app.gone\n{TEST}def test_z(): pass\n",
            "that stops test_a, one of its 3 tests",
            "medium",
        ),
        (
            "def test_a():\n    import app.gone\n"
            f"@patch('app.core.Gone')\ndef test_b(): pass\n{TEST}",
            "that stops 2 of its 3 tests: test_a, test_b",
            "high",
        ),
        (
            "class TestA:\n    def setup_method(self):\n        import app.gone\n"
            f"    def test_a(self): pass\n    def test_b(self): pass\n{TEST}",
            "that stops 2 of its 3 tests: TestA.test_a, TestA.test_b",
            "high",
        ),
    ],
)
def test_a_file_of_which_some_tests_are_stale_names_them(
    body: str, sentence: str, severity: str
) -> None:
    (finding,), _ = judged("TST001", f"{APP}-- tests/test_a.py --\n{body}")
    assert finding.message.endswith(f"; {sentence}")
    assert finding.severity.value == severity


def test_what_only_a_function_of_a_helper_needs_weighs_little() -> None:
    lines = "def help():\n    with patch('app.core.Wheel'): pass\n"
    (finding,), outcome = judged("TST001", f"{APP}-- tests/conftest.py --\n{lines}{suite(2)}")
    assert (finding.severity.value, outcome.quality) == ("low", 1.0)


def test_the_commit_that_removed_it_is_named() -> None:
    tree = f"{APP}-- tests/test_a.py --\nimport app.gone\n{TEST}"
    index = build_index(tree, "2026-02-01 a | A app/gone.py\n2026-03-01 a | D app/gone.py")
    (finding,) = rule("TST001").check(index)
    commit = index.history.removed["app/gone.py"].commit[:10]
    assert f"gone was removed; stale since 2026-03-01, commit {commit}" in [
        each.summary for each in finding.evidence
    ]


@pytest.mark.parametrize(
    ("command", "action", "target"),
    [
        ("pytest . --ignore=tests/slow", "AUDIT", "tests/slow/test_b.py"),
        ("pytest tests/unit", "MODIFY", "Makefile"),
    ],
)
def test_a_suite_that_is_left_out_is_a_question_one_that_is_forgotten_is_to_be_run(
    command: str, action: str, target: str
) -> None:
    suites = f"-- tests/unit/test_a.py --\n{TEST}-- tests/slow/test_b.py --\n{TEST}"
    (finding,), outcome = judged("TST003", f"-- Makefile --\ntest:\n\t{command}\n{suites}")
    assert (finding.action.value, finding.targets) == (action, (target,))
    assert outcome.quality == 1.0


@pytest.mark.parametrize(("number", "action"), [(5, "AUDIT"), (6, "MODIFY")])
def test_files_that_skip_everything_are_asked_about_one_by_one_only_while_they_are_few(
    number: int, action: str
) -> None:
    parked = suite(number, "@pytest.mark.skip\n").replace("test_", "test_parked_")
    findings, outcome = judged("TST003", "-- pytest.ini --\n[pytest]\n" + suite(10) + parked)
    skipped = [finding for finding in findings if finding.key == "skipped"]
    assert [finding.action for finding in skipped] == [action] * number
    assert outcome.quality == 1


def test_a_test_that_is_called_after_what_was_removed_may_be_wanted_no_more() -> None:
    body = f"from app.core import Engine\nfrom app.job import Job\n{TEST}"
    tree = f"{APP}-- tests/test_job.py --\n{body}-- tests/test_all.py --\n{body}"
    findings, _ = judged("TST001", tree)
    assert [(finding.location.path, finding.action) for finding in findings] == [
        ("tests/test_all.py", "MODIFY"),
        ("tests/test_job.py", "AUDIT"),
    ]
