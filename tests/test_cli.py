"""The command line as its users meet it: what it prints, where, and how it ends."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from readiness import __version__, registry
from readiness.cli import ExitCode, main
from readiness.index import RepoIndex
from readiness.model import Area, Dimension, Finding, Severity
from readiness.rule import Rule

if TYPE_CHECKING:
    from conftest import Git

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-c", "import sys; from readiness.cli import main; sys.exit(main())"]


class Todo(Rule):
    """Says where a file is called todo.

    Limits
        A rule of this test.
    """

    id: ClassVar = "TDO001"
    name: ClassVar = "todo-tracked"
    dimension: ClassVar = Dimension.CLEANUP
    area: ClassVar = Area.CLUTTER
    severity: ClassVar = Severity.HIGH

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        for path in index.files:
            if path.rpartition("/")[2] == "todo":
                yield self.finding(path, f"{path} is still to do")


class Crash(Todo):
    """Crashes."""

    id: ClassVar = "CRA001"
    name: ClassVar = "crash"
    dimension: ClassVar = Dimension.OPERATIONS
    area: ClassVar = Area.DELIVERY

    def check(self, index: RepoIndex) -> Iterator[Finding]:
        raise ZeroDivisionError("in a rule")


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path / "cache"))
    for variable in ("NO_COLOR", "FORCE_COLOR", "READINESS_DEBUG"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets these rules be all that are installed."""

    def install(*installed: Rule) -> None:
        monkeypatch.setattr(registry, "rules", lambda: installed)

    install(Todo())
    return install


@pytest.fixture
def app(git: Git, rules: object) -> Git:
    """A repository with one finding."""
    git.write("todo", "later\n")
    git.write("main.py", "print('now')\n")
    git.commit()
    return git


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], app: Git, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in the folder of the repository: exit code, standard output and error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(app.folder)
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def report_of(run: Run, *arguments: str) -> dict[str, Any]:
    code, out, err = run("audit", "--format", "json", *arguments)
    assert (code, err) == (0, "")
    report: dict[str, Any] = json.loads(out)
    return report


def paths(report: dict[str, Any]) -> list[str]:
    return [finding["path"] for finding in report["findings"]]


# What is printed


def test_the_version_is_that_of_the_project(run: Run) -> None:
    assert re.match(r"\d+\.\d", __version__), "an installed project knows its version"
    assert run("--version") == (0, f"readiness {__version__}\n", "")


def test_the_version_is_told_before_anything_is_imported() -> None:
    script = "import sys; from readiness.cli import main; main(['--version']); print(*sys.modules)"
    command = [sys.executable, "-Sc", script]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[1].split()
    assert {"click", "msgspec", "importlib.metadata", "readiness.model"}.isdisjoint(loaded)


def test_without_arguments_the_help_names_the_commands_and_the_exit_codes(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert all(word in out for word in ("audit", "explain", "rules", "Exit codes", "Completion"))
    assert run("--help") == run("-h") == (code, out, err)


def test_an_audit_prints_the_scorecard(run: Run) -> None:
    code, out, err = run("audit")
    assert (code, err) == (0, "")
    assert out.startswith("app at ")
    assert "todo is still to do" in out
    assert "TDO001" in out


def test_any_folder_of_the_repository_names_it(run: Run, app: Git) -> None:
    app.write("deep/er/file", "x")
    app.commit()
    assert run("audit", "deep/er") == run("audit", ".") == run("audit", str(app.folder))


def test_rules_are_listed_with_what_a_program_needs(run: Run) -> None:
    code, out, err = run("rules", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == [
        {
            "id": "TDO001",
            "name": "todo-tracked",
            "dimension": "cleanup",
            "area": "clutter",
            "severity": "high",
            "since": "0.1",
        }
    ]
    assert run("rules")[1].startswith("TDO001  high  todo-tracked  File Cleanup, clutter\n")


@pytest.mark.parametrize("name", ["TDO001", "tdo001", "todo-tracked"])
def test_a_rule_is_explained_by_its_own_text(run: Run, name: str) -> None:
    code, out, err = run("explain", name)
    assert (code, err) == (0, "")
    assert out.startswith(
        "TDO001 todo-tracked · File Cleanup · clutter · high · stable · since 0.1"
    )
    assert "Says where a file is called todo." in out
    assert "Limits\n    A rule of this test." in out


def test_the_installed_rules_and_formats_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0
    for rule in json.loads(capsys.readouterr().out):
        assert main(["explain", rule["id"]]) == 0
        assert capsys.readouterr().out.startswith(f"{rule['id']} {rule['name']} · ")
    assert {"text", "full", "json"} <= set(registry.formats())


# Which files, which rules


def test_select_and_ignore_take_ids_names_dimensions_and_areas(
    run: Run, rules: Callable[..., None]
) -> None:
    rules(Todo(), Crash())
    for only_todo in (
        ("--select", "TDO001"),
        ("--select", "todo-tracked"),
        ("--select", "cleanup"),
        ("--select", "Clutter"),
        ("--ignore", "CRA001"),
        ("--ignore", "operations"),
        ("--select", "TDO001,CRA001", "--ignore", "delivery"),
        ("--select", "TDO001", "--select", "CRA001", "--ignore", " crash "),
    ):
        outcomes = report_of(run, *only_todo)["outcomes"]
        assert [outcome["rule"] for outcome in outcomes] == ["TDO001"], only_todo


def test_ignore_adds_to_the_configuration_and_select_replaces_it(
    run: Run, app: Git, rules: Callable[..., None]
) -> None:
    rules(Todo(), Crash())
    app.write("readiness.toml", 'select = ["CRA001"]\nignore = ["CRA001"]\n')
    app.commit()
    assert run("audit")[2] == "readiness: select and ignore leave no rule to judge by\n"
    outcomes = report_of(run, "--select", "cleanup,operations")["outcomes"]
    assert [outcome["rule"] for outcome in outcomes] == ["TDO001"]


def test_a_revision_the_index_and_untracked_files_are_audited_on_demand(run: Run, app: Git) -> None:
    app.write("staged/todo", "x")
    app("add", ".")
    app.write("new/todo", "x")
    assert paths(report_of(run, "--rev", "HEAD")) == ["todo"]
    assert paths(report_of(run, "--staged")) == ["staged/todo", "todo"]
    assert paths(report_of(run)) == ["staged/todo", "todo"]
    assert paths(report_of(run, "--untracked")) == ["new/todo", "staged/todo", "todo"]


def test_the_configuration_is_the_snapshots_own_and_isolated_leaves_it_out(
    run: Run, app: Git
) -> None:
    app.write("readiness.toml", 'exclude = ["todo"]\n')
    _, out, _ = run("audit", "--format", "json")
    assert paths(json.loads(out)) == ["todo"], (
        "a file that Git does not know is not the audited one"
    )
    app.commit()
    app.write("readiness.toml", "nonsense = 1\n")
    report = report_of(run, "--rev", "HEAD")
    assert paths(report) == []
    assert paths(report_of(run, "--isolated")) == ["todo"]
    assert report["config_digest"] != report_of(run, "--isolated")["config_digest"]


def test_a_symbolic_link_is_no_configuration(run: Run, app: Git, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text('exclude = ["todo"]\n[tool.readiness]\nx = 1\n')
    (app.folder / "pyproject.toml").symlink_to(tmp_path / "elsewhere.toml")
    app.commit()
    assert paths(report_of(run)) == ["todo"]
    (app.folder / "readiness.toml").symlink_to(tmp_path / "elsewhere.toml")
    app.commit()
    code, _, err = run("audit")
    assert code == ExitCode.USAGE
    assert err == (
        "readiness: readiness.toml is a symbolic link, which is never followed; track a file\n"
    )


def test_folders_called_like_the_configuration_are_no_configuration(run: Run, app: Git) -> None:
    app.write("pyproject.toml/x", "readiness")
    app.write("readiness.toml/x", "readiness")
    app.commit()
    assert paths(report_of(run)) == ["todo"]


# How it ends


def test_the_gate_decides_between_0_and_1_in_every_format(run: Run) -> None:
    for format_ in registry.formats():
        assert run("audit", "--format", format_)[0] == ExitCode.PASSED
        assert run("audit", "--format", format_, "--fail-on", "critical")[0] == ExitCode.PASSED
        assert run("audit", "--format", format_, "--fail-on", "high")[0] == ExitCode.FAILED
        assert run("audit", "--format", format_, "--fail-under", "9.9")[0] == ExitCode.FAILED


def test_to_exclude_everything_passes_no_gate(run: Run, app: Git) -> None:
    app.write("readiness.toml", 'exclude = ["**"]\n')
    app.commit()
    assert report_of(run)["scorecard"]["verdict"] == "NOTHING TO ASSESS"
    assert run("audit", "--fail-under", "5")[0] == ExitCode.FAILED


def test_what_was_not_measured_is_a_failure_only_when_strict(
    run: Run, rules: Callable[..., None]
) -> None:
    assert run("audit", "--strict")[0] == ExitCode.PASSED
    rules(Todo(), Crash())
    options = ("audit", "--no-cache")
    assert run(*options)[0] == ExitCode.PASSED
    code, out, err = run(*options, "--strict")
    assert (code, err) == (ExitCode.INCOMPLETE, "")
    assert "rule CRA001 crashed: ZeroDivisionError: in a rule" in out
    assert run(*options, "--strict", "--fail-on", "high")[0] == ExitCode.FAILED


def test_a_fault_of_our_own_is_called_so_and_never_a_pass(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(registry, "rules", broken)
    code, out, err = run("rules")
    assert (code, out) == (ExitCode.INCOMPLETE, "")
    assert err == (
        "readiness: this is a fault of readiness: ZeroDivisionError: deep inside"
        " (READINESS_DEBUG=1 shows where; please report it)\n"
    )
    monkeypatch.setenv("READINESS_DEBUG", "1")
    assert "Traceback" in run("rules")[2]


# Where it is written


def test_a_report_is_written_to_a_file_whole_or_not_at_all(run: Run, app: Git) -> None:
    file = app.folder.parent / "report.json"
    file.write_text("an older report")
    file.chmod(0o640)
    assert run("audit", "--format", "json", "--output", str(file)) == (0, "", "")
    assert json.loads(file.read_text())["schema_version"] == 1
    assert file.stat().st_mode & 0o777 == 0o640
    assert run("audit", "--output", str(app.folder.parent))[0] == ExitCode.USAGE
    leftovers = [path.name for path in file.parent.iterdir() if path.name.startswith(".readiness")]
    assert leftovers == []


def test_a_new_file_has_the_permissions_of_any_other(run: Run, app: Git) -> None:
    before = os.umask(0o027)
    try:
        assert run("audit", "--output", str(app.folder.parent / "new"))[0] == 0
    finally:
        os.umask(before)
    assert (app.folder.parent / "new").stat().st_mode & 0o777 == 0o640


def test_a_file_behind_a_symbolic_link_is_written_and_the_link_stays(run: Run, app: Git) -> None:
    link = app.folder.parent / "latest"
    link.symlink_to("report")
    assert run("audit", "--output", str(link))[0] == 0
    assert link.is_symlink()
    assert (app.folder.parent / "report").read_text().startswith("app at ")


def test_a_pipe_is_written_to_and_stays_a_pipe(app: Git, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    command = [*PROGRAM, "audit", "--output", str(tmp_path / "pipe"), str(app.folder)]
    subprocess.run(command, check=True, timeout=60)
    assert os.read(reader, 1000).startswith(b"app at ")
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_nothing_is_written_into_the_audited_repository(app: Git, run: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in app.folder.rglob("*")}
    assert run("audit")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in app.folder.rglob("*")} == before


def test_a_terminal_without_unicode_gets_escapes(app: Git) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*PROGRAM, "audit", str(app.folder)], env=environment, capture_output=True, check=True
    )
    assert done.stdout.isascii()
    assert b"\\u2588" in done.stdout or b"\\xb7" in done.stdout
    as_json = subprocess.run(
        [*PROGRAM, "audit", "--format", "json", str(app.folder)],
        env=environment,
        capture_output=True,
        check=True,
    )
    json.loads(as_json.stdout.decode("utf-8"))


def test_a_reader_that_has_seen_enough_is_no_error(app: Git) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 0


def test_a_closed_or_full_standard_output_is_no_traceback(app: Git) -> None:
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *PROGRAM, "rules"], capture_output=True, text=True
    )
    assert (closed.returncode, closed.stderr) == (0, "")
    full = subprocess.run(
        ["sh", "-c", '"$@" >/dev/full', "sh", *PROGRAM, "rules"], capture_output=True, text=True
    )
    assert full.returncode == ExitCode.USAGE
    assert full.stderr == "readiness: standard output: no space left on device\n"


def in_a_terminal(app: Git, **environment: str) -> str:
    """What `readiness audit` shows in a terminal."""
    parent, child = pty.openpty()
    subprocess.run(
        [*PROGRAM, "audit", str(app.folder)],
        env={**os.environ, "TERM": "xterm", **environment},
        stdout=child,
        stderr=child,
        check=True,
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 65536):
            shown += chunk
    except OSError:  # the end, on Linux
        pass
    os.close(parent)
    return shown.decode()


def test_colour_is_for_terminals_that_want_it(
    app: Git, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" in in_a_terminal(app)
    assert "\x1b[" not in in_a_terminal(app, NO_COLOR="1")
    assert "\x1b[" not in in_a_terminal(app, TERM="dumb")
    assert "\x1b[" not in run("audit")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("audit")[1]


# The cache


def test_an_unchanged_audit_runs_no_rule_and_a_changed_one_does(
    run: Run, app: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    check = Todo.check

    def counted(self: Todo, index: RepoIndex) -> Iterator[Finding]:
        runs.append(1)
        return check(self, index)

    monkeypatch.setattr(Todo, "check", counted)
    first = run("audit")
    assert run("audit") == first
    assert len(runs) == 1
    run("audit", "--fail-on", "low")
    assert len(runs) == 2
    app.write("main.py", "changed = True\n")
    assert run("audit") != first
    assert len(runs) == 3


def test_an_edited_rule_is_run_again(
    run: Run, app: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = tmp_path / "rules"
    code.mkdir()
    (code / "rule.py").write_text("one")
    package = ModuleType("rules_of_this_test")
    package.__path__ = [str(code)]
    monkeypatch.setattr(registry, "packages", lambda: (package,))
    runs: list[int] = []

    def counted(self: Todo, index: RepoIndex) -> Iterator[Finding]:
        runs.append(1)
        return iter(())

    monkeypatch.setattr(Todo, "check", counted)
    run("audit")
    run("audit")
    assert len(runs) == 1
    (code / "rule.py").write_text("another")
    run("audit")
    assert len(runs) == 2


def test_a_dated_waiver_makes_the_report_hold_for_a_day_only(
    run: Run, app: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.write(
        "readiness.toml",
        """
[[waivers]]
rule = "TDO001"
path = "todo"
owner = "ann"
reason = "planned"
until = 2027-01-31
""",
    )
    app.commit()

    for day, waived in ((30, True), (31, True), (32, False)):
        date = datetime.date(2027, 1, 1) + datetime.timedelta(days=day - 1)
        monkeypatch.setattr("readiness.cli.options.today", lambda date=date: date)
        report = report_of(run)
        assert paths(report) == ([] if waived else ["todo"])
        assert len(report["waived"]) == waived
        assert len(report["stale_waivers"]) == (not waived)


def test_a_cache_in_the_audited_repository_is_not_used(
    run: Run, app: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READINESS_CACHE_DIR", str(app.folder / ".cache"))
    code, _, err = run("audit")
    assert code == 0
    assert "lies inside the audited repository" in err
    assert not (app.folder / ".cache").exists()


# Interrupted


def test_an_interrupt_is_quiet_and_leaves_nothing_behind(git: Git, tmp_path: Path) -> None:
    for number in range(3000):
        git.write(f"{number}.py", f"x = {number}\n" * 500)
    git("add", ".")
    (tmp_path / "tmp").mkdir()
    for number, code in (
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, 128 + signal.SIGTERM),
    ):
        process = subprocess.Popen(
            [*PROGRAM, "audit", "--no-cache", str(git.folder)],
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may ignore
        )
        deadline = time.monotonic() + 30
        while not list((tmp_path / "tmp").iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.2)
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=30)
        assert (out, err.strip()) == ("", "")
        assert process.returncode == code
        assert list((tmp_path / "tmp").iterdir()) == []
        while living(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def living(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                states.append(f"{stat}: {state}")
    return states


def test_an_untracked_configuration_is_told_of_in_every_audit(run: Run, app: Git) -> None:
    app.write("readiness.toml", "fail_under = 9.9\n")
    note = "readiness.toml is not tracked, so it is not used; git add readiness.toml"
    for _ in range(2):  # the second report is one that was kept
        code, _, err = run("audit")
        assert code == ExitCode.PASSED
        assert note in err


def test_a_typo_in_an_inline_ignore_is_told_of_and_a_rule_left_out_is_not(
    run: Run, app: Git, rules: Callable[..., None]
) -> None:
    rules(Todo(), Crash())
    form = "# readiness: " + "ignore[{}] so\n"
    app.write("other.py", form.format("TDO01") + form.format("CRA001"))
    app.commit()
    [stale] = report_of(run, "--select", "TDO001")["stale_waivers"]
    assert stale["message"] == "an ignore of TDO01, which is no rule; did you mean TDO001?"
