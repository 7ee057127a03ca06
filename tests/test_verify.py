"""Verify: what breaks a test stays, the rest goes, and what no test covers is said."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from readiness.apply.journal import ApplyError
from readiness.apply.verify import Verified, verify
from readiness.apply.verify.command import find, given
from readiness.apply.verify.outcomes import Case, Outcome, Run, read_report, worse
from readiness.apply.verify.process import Limits, run
from readiness.apply.verify.units import only, units
from readiness.cli import main
from readiness.errors import UsageError
from readiness.model import Action, ActionKind, Edit, EditKind, Plan, Speaks
from readiness.plan import document

if TYPE_CHECKING:
    from conftest import Git

PASSED, FAILED, SKIPPED = Outcome


def removal(*paths: str) -> Action:
    return Action(ActionKind.ARCHIVE, paths, "dead", ("f" * 16,), rules=("HYG006",))


def plan(*actions: Action) -> Plan:
    return Plan("0" * 40, actions, "00000000")


def ran(*failing: str, names: Iterable[str] = "abc", loaded: Iterable[str] = ()) -> Run:
    found = {
        f"test_x.py::{name}": Case(FAILED if name in failing else PASSED, "test_x.py", name)
        for name in names
    }
    return Run(found, frozenset(loaded), 1.0)


class Repo:
    """A repository of which some tests need some files: `needs` is test -> path."""

    def __init__(self, **needs: str) -> None:
        self.needs = needs
        self.runs = 0

    def __call__(self, some: Plan, seconds: float | None) -> Run:
        self.runs += 1
        gone = {path for action in some.actions for path in action.paths}
        return ran(*(test for test, path in self.needs.items() if path in gone))

    def verified(self, *actions: Action) -> Verified:
        return verify(plan(*actions), self)


# -- what is kept


def test_a_plan_that_breaks_nothing_stays_as_it_is() -> None:
    repo = Repo()
    proposal = plan(removal("dead.py"))
    assert verify(proposal, repo).plan is proposal
    assert repo.runs == 2


def test_the_one_file_that_a_test_needs_is_kept_with_that_test_as_evidence() -> None:
    dead = [f"dead_{number}.py" for number in range(40)]
    repo = Repo(a="dead_17.py")
    result = repo.verified(removal(*dead))
    keep, archive = result.plan.actions
    assert (keep.kind, keep.paths) == (ActionKind.KEEP, ("dead_17.py",))
    assert keep.reason == "test_x.py::a fails without it"
    assert keep.evidence[0].speaks is Speaks.AGAINST
    assert keep.evidence[0].location.path == "test_x.py"
    assert set(archive.paths) == set(dead) - {"dead_17.py"}
    assert result.plan.id != "00000000", "another plan has another id"
    assert "kept dead_17.py: test_x.py::a fails without it" in result.told
    assert repo.runs < 12, "found by halving"


def test_several_are_found_one_after_the_other_in_several_actions() -> None:
    repo = Repo(a="1.py", b="5.py", c="3.py")
    result = repo.verified(removal("1.py", "2.py", "3.py"), removal("4.py", "5.py"))
    assert sorted(kept.path for kept in result.kept) == ["1.py", "3.py", "5.py"]
    left = [action.paths for action in result.plan.actions if action.kind is ActionKind.ARCHIVE]
    assert left == [("2.py",), ("4.py",)]


def test_what_breaks_tests_again_and_again_is_kept_as_a_whole() -> None:
    names = [f"t{number}" for number in range(30)]
    repo = Repo(**{name: f"{name}.py" for name in names})

    def outcome(some: Plan, seconds: float | None) -> Run:
        gone = {path for action in some.actions for path in action.paths}
        repo.runs += 1
        return ran(*(name for name in names if f"{name}.py" in gone), names=names)

    result = verify(plan(removal(*(f"{name}.py" for name in names)), removal("x.py")), outcome)
    assert len(result.kept) == 30
    assert [a.paths for a in result.plan.actions if a.kind is ActionKind.ARCHIVE] == [("x.py",)]
    assert repo.runs < 40


def test_an_edit_that_breaks_a_test_is_not_made() -> None:
    edit = Edit(EditKind.POINT_AT, "main.py", ("old", "new"))
    modify = Action(ActionKind.MODIFY, ("main.py", "other.py"), "x", (), edits=(edit,))
    repo = Repo(a="main.py")
    keep, left = repo.verified(modify).plan.actions
    assert (keep.kind, keep.paths) == (ActionKind.KEEP, ("main.py",))
    assert keep.reason == "test_x.py::a fails if it is changed"
    assert (left.paths, left.edits) == (("other.py",), ())


def test_a_test_that_passes_at_times_keeps_nothing() -> None:
    failing = iter(("", "b", "", ""))

    def outcome(some: Plan, seconds: float | None) -> Run:
        return ran(next(failing))

    result = verify(plan(removal("dead.py")), outcome)
    assert result.kept == ()
    assert "test_x.py::b passes at times only, so it says nothing" in result.told


def test_tests_that_never_pass_prove_nothing() -> None:
    with pytest.raises(ApplyError, match="no test passes before anything is changed"):
        verify(plan(removal("dead.py")), lambda some, seconds: ran("a", "b", "c"))


def test_a_command_that_says_nothing_is_told_so() -> None:
    with pytest.raises(ApplyError, match="prove nothing \\(it said nothing\\)"):
        verify(plan(removal("dead.py")), lambda some, seconds: ran("a", "b", "c"))


def test_of_one_file_it_is_said_in_the_singular() -> None:
    result = verify(plan(removal("dead.py")), lambda some, seconds: ran(loaded=["shop/main.py"]))
    assert result.told[1] == (
        "no test imports the one file that changes or goes, so no test says whether it is needed:"
    )


def test_what_no_test_imports_is_said() -> None:
    repo = Repo()
    result = verify(
        plan(removal("dead.py", "covered.py")),
        lambda some, seconds: ran(loaded=["covered.py", "shop/main.py"]),
    )
    assert repo.runs == 0
    assert result.told[1].startswith("no test imports 1 of the 2 files that change or go")
    assert result.told[2] == "  dead.py"


def test_changes_of_files_are_tried_before_removals() -> None:
    edit = Edit(EditKind.POINT_AT, "main.py", ("old", "new"))
    modify = Action(ActionKind.MODIFY, ("main.py",), "x", (), edits=(edit,))
    proposal = plan(removal("old.py"), modify, Action(ActionKind.AUDIT, ("x.py",), "x", ()))
    assert [unit.path for unit in units(proposal)] == ["main.py", "old.py"]
    assert only(proposal, []).actions == ()


# -- outcomes

REPORT = b"""<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_one" file="tests/test_a.py" line="3"/>
<testcase classname="tests.test_a.TestB" name="test_two[1::x]" file="tests/test_a.py">
<failure message="m">text</failure></testcase>
<testcase classname="tests.test_a" name="test_three" file="tests/test_a.py"><skipped/></testcase>
<testcase classname="tests.test_a" name="test_four" file="tests/test_a.py"/>
<testcase classname="tests.test_a" name="test_four" file="tests/test_a.py"><error/></testcase>
<testcase classname="other.module" name="test_five"/>
</testsuite></testsuites>"""


def test_a_report_of_pytest_is_read_test_by_test() -> None:
    found = read_report(REPORT)
    assert {name: test.outcome for name, test in found.items()} == {
        "tests/test_a.py::test_one": PASSED,
        "tests/test_a.py::TestB::test_two[1::x]": FAILED,
        "tests/test_a.py::test_three": SKIPPED,
        "tests/test_a.py::test_four": FAILED,
        "other.module::test_five": PASSED,
    }
    assert found["tests/test_a.py::TestB::test_two[1::x]"].name == "TestB.test_two"


@pytest.mark.parametrize(
    "xml", [b"", b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe"]
)
def test_what_is_no_report_holds_no_tests(xml: bytes) -> None:
    assert read_report(xml) == {}


def test_worse_is_what_passed_and_fails_skips_or_is_gone_unless_the_plan_takes_it_out() -> None:
    def made(**outcomes: Outcome) -> Run:
        return Run({n: Case(o, f"tests/{n[0]}.py", n) for n, o in outcomes.items()})

    before = made(a=PASSED, b=PASSED, c=PASSED, d=FAILED, e=PASSED, f=PASSED, g=PASSED)
    after = made(a=PASSED, b=FAILED, c=SKIPPED, d=FAILED)
    cut = Edit(EditKind.CUT, "tests/f.py", ("f",))
    cleanup = plan(
        removal("tests/e.py"), Action(ActionKind.MODIFY, ("tests/f.py",), "x", (), edits=(cut,))
    )
    assert worse(before, after, cleanup) == ("b", "c", "g")


# -- the command


@pytest.mark.parametrize(
    ("files", "tools", "shown"),
    [
        ({"tox.ini": "[tox]\n"}, "tox pytest", "`tox` (tox.ini sets it up)"),
        ({"noxfile.py": "x"}, "nox", "`nox` (noxfile.py is there)"),
        ({"Makefile": "all:\n\ntest: x\n\tpytest\n"}, "make", "`make test` (Makefile has it)"),
        (
            {"tox.ini": "[tox]\n", "pyproject.toml": "[tool.pytest.ini_options]\n"},
            "pytest",
            "`pytest` (pyproject.toml sets it up)",
        ),
        ({"a/test_b.py": "x"}, "pytest", "`pytest` (a/test_b.py is there)"),
    ],
)
def test_the_command_is_found_that_is_named_and_installed(
    files: dict[str, str],
    tools: str,
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in tools.split():
        (programs / name).touch(0o755)
    monkeypatch.setenv("PATH", str(programs))
    tree = write(tmp_path / "tree", files)
    assert find(str(tree)).shown == shown


def test_where_no_command_is_found_one_must_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="nothing here says how its tests are run"):
        find(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "noxfile.py").write_text("import nox\n")
    with pytest.raises(UsageError, match="nox would run the tests and is not on PATH"):
        find(str(tmp_path))


# -- limits


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def once(tmp_path: Path, command: str, limits: Limits | None = None) -> Run:
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    tree.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    return run(given(command), str(tree), str(scratch), limits or Limits())


def test_a_run_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    started = time.monotonic()
    result = once(tmp_path, "sleep 60 & echo $! >child; sleep 60", Limits(seconds=0.5))
    assert time.monotonic() - started < 20
    assert result.stopped == "it took longer than 0 seconds"
    assert result.passed == 0
    child = int((tmp_path / "tree/child").read_text())
    assert not running(child)


def test_what_a_run_leaves_behind_is_ended(tmp_path: Path) -> None:
    assert once(tmp_path, "sleep 60 >/dev/null 2>&1 & echo $! >child").passed == 1
    assert not running(int((tmp_path / "tree/child").read_text()))


def running(process: int) -> bool:
    """Is it still there after a moment, and no corpse that nobody has buried?"""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state in "ZX":
            return False
        time.sleep(0.05)
    return True


def test_a_run_gets_no_more_memory_than_it_may(tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'x = bytearray(400 << 20)'"
    assert once(tmp_path, command).passed == 1
    result = once(tmp_path, command, Limits(memory=200 << 20))
    assert result.passed == 0
    assert result.last == "MemoryError"


def test_a_command_that_writes_no_report_is_one_test(tmp_path: Path) -> None:
    assert once(tmp_path, "exit 3").tests == {"`exit 3`": Case(FAILED)}
    assert once(tmp_path, "echo fine; true").last == "fine"


# -- a whole repository

PROJECT = {
    "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
    "shop/cart_old.py": "def total(prices):\n    return 0\n",
    "shop/dead.py": "x = 1\n",
    "shop/dead_too.py": "from shop import dead\n",
    "shop/exporters_csv.py": "def export(rows):\n    return ','.join(rows)\n",
    "shop/export.py": "import importlib\n\n\ndef export(kind, rows):\n"
    "    module = importlib.import_module('shop.exporters_' + kind)\n"
    "    return module.export(rows)\n",
    "tests/test_shop.py": "from shop import cart, export\n\n\n"
    "def test_total():\n    assert cart.total([1, 2]) == 3\n\n\n"
    "def test_export():\n    assert export.export('csv', ['a', 'b']) == 'a,b'\n\n\n"
    "def test_broken_before():\n    assert False\n",
    "tests/test_dead.py": "from shop import dead\n\n\ndef test_dead():\n    assert dead.x\n",
    "link": "shop",
}
GOING = ("shop/cart_old.py", "shop/dead.py", "shop/dead_too.py", "shop/exporters_csv.py")


@pytest.fixture
def project(git: Git) -> Git:
    write(git.folder, {name: text for name, text in PROJECT.items() if name != "link"})
    os.symlink(PROJECT["link"], git.folder / "link")
    git.commit("A shop")
    return git


def test_dead_modules_go_and_what_is_only_loaded_by_name_stays(
    project: Git,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    base = project("rev-parse", "HEAD")
    proposal = Plan(base, (removal(*GOING), removal("tests/test_dead.py")))
    file, result = tmp_path / "plan.toml", tmp_path / "verified.toml"
    file.write_text(document.write(proposal))
    command = f"{sys.executable} -m pytest -q"
    arguments = ["apply", str(file), str(project.folder), "--apply", "--verified", str(result)]
    assert main([*arguments, "--verify", command]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(
        f"readiness: --verify executes this repository's own code: `{command}`"
    )
    kept_file = "kept shop/exporters_csv.py: tests/test_shop.py::test_export fails without it"
    assert [line.removeprefix("readiness: ") for line in told[-4:]] == [
        kept_file,
        "no test imports 2 of the 4 files that change or go, so no test says whether they are"
        " needed:",
        "  shop/cart_old.py",
        "  shop/dead_too.py",
    ]
    verified = document.read(result.read_text(), "verified.toml")
    kept = next(action for action in verified.actions if action.kind is ActionKind.KEEP)
    assert kept.paths == ("shop/exporters_csv.py",)
    assert kept.reason == "tests/test_shop.py::test_export fails without it"
    branch = project("for-each-ref", "--format=%(refname)", "refs/heads/readiness")
    gone = project("diff", "--name-only", "--diff-filter=D", base, branch).splitlines()
    assert gone == [*sorted(set(GOING) - set(kept.paths)), "tests/test_dead.py"]
    assert project("status", "--porcelain", "--ignored") == "", "nothing was run here"
    assert not list(tmp_path.glob("readiness-verify-*")), "nothing is left behind"


def test_where_the_tests_prove_nothing_nothing_is_done(
    project: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(document.write(Plan(project("rev-parse", "HEAD"), (removal("shop/dead.py"),))))
    assert main(["apply", str(file), str(project.folder), "--apply", "--verify", "exit 1"]) == 2
    assert "no test passes before anything is changed" in capsys.readouterr().err
    assert project("for-each-ref", "refs/heads/readiness") == ""
    assert main(["apply", str(file), str(project.folder), "--verified", "x"]) == 2
    nowhere = str(tmp_path / "none/plan.toml")
    assert main(["apply", str(file), str(project.folder), "--verify", "--verified", nowhere]) == 2
    assert f"--verified {nowhere}: no such" in capsys.readouterr().err
