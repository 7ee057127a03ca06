"""The hook: what a commit would bring, judged by what is staged."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness import cache, registry
from readiness.cli import hook as command
from readiness.config import Config
from readiness.hook import glance as glancing
from readiness.hook.glance import glance
from readiness.hook.judge import chosen
from readiness.hook.staged import Staged, Unusual
from readiness.rule import Scope
from readiness.testing import parse_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Git, Hooked, Trap

KEY = "sk_" + "live_" + "h7Gk29sLqPz4vXw8RbNt3YcD"
OTHER = "sk_" + "live_" + "Zq83LmPw5TnVx2KbYc7HdR4g"
REFUSED, FINE = 1, 0
_AUDIT = (sys.executable, "-m", "readiness", "audit", "--staged")


@pytest.fixture
def git(hooked: "Hooked") -> "Hooked":
    return hooked


def test_says_nothing_where_nothing_is_staged(git: "Hooked") -> None:
    assert git.hook() == (FINE, "")
    git.commit(a_py="x = 1\n")
    assert git.hook() == (FINE, "")


def test_refuses_a_secret_and_says_how_to_mend_it_but_not_its_value(git: "Hooked") -> None:
    git.commit(app__a_py="import os\n")
    git.stage("app/a.py", f'import os\n\nPAYMENT = "{KEY}"\n')
    code, told = git.hook()
    assert code == REFUSED
    lines = told.splitlines()
    assert lines[0] == "readiness: 1 new finding in what you are about to commit"
    assert lines[1].startswith("  app/a.py:3  Stripe live key")
    assert lines[1].endswith("(SEC001, sure)")
    assert 'os.environ["' in lines[2] and "rotate" in lines[2]
    assert lines[3].endswith("# pragma: allowlist secret")
    assert KEY not in told and KEY[8:20] not in told


def test_a_real_commit_is_refused_and_then_accepted(git: "Hooked") -> None:
    script = f'#!/bin/sh\nexec "{git.program}"\n'
    git.write(".git/hooks/pre-commit", script)
    (git.folder / ".git/hooks/pre-commit").chmod(0o755)
    git.environment["READINESS_CACHE_DIR"] = str(git.cache)
    git.stage("a.py", f'KEY = "{KEY}"\n')
    with pytest.raises(AssertionError, match="new finding"):
        git("commit", "-m", "a key")
    assert git("for-each-ref") == ""
    git.stage("a.py", 'import os\n\nKEY = os.environ["STRIPE_KEY"]\n')
    git("commit", "-m", "no key")
    git.write("a.py", f'KEY = "{KEY}"\n')
    with pytest.raises(AssertionError, match="new finding"):
        git("commit", "-a", "-m", "an index that is not .git/index")
    with pytest.raises(AssertionError, match="new finding"):
        git("commit", "-m", "only one file", "a.py")
    assert git("rev-list", "--count", "HEAD") == "1"


def test_judges_what_is_staged_not_what_lies_in_the_work_tree(git: "Hooked") -> None:
    git.commit(a_py="x = 1\n")
    git.write("a.py", f'KEY = "{KEY}"\n')
    assert git.hook() == (FINE, "")
    git.stage("a.py", f'KEY = "{KEY}"\n')
    git.write("a.py", "x = 1\n")
    assert git.hook()[0] == REFUSED


def test_a_part_of_a_file_can_be_staged(git: "Hooked") -> None:
    lines = "".join(f"x{number} = {number}\n" for number in range(30))
    git.commit(a_py=lines)
    git.write("a.py", f'first = 1\n{lines}KEY = "{KEY}"\n')
    git("add", "--patch", "a.py", input=b"y\nn\n")
    assert git.hook() == (FINE, "")
    git("add", "--patch", "a.py", input=b"y\n")
    assert git.hook()[0] == REFUSED


def test_only_what_is_new_is_refused(git: "Hooked") -> None:
    git.commit(a_py=f'KEY = "{KEY}"\n', broken_py="def (\n")
    git.stage("a.py", f'import os\n\n\nKEY = "{KEY}"\nx = 1\n')
    git.stage("broken.py", "x = 1\ndef (\n")
    assert git.hook() == (FINE, "")
    git.stage("a.py", f'KEY = "{KEY}"\nOTHER = "{OTHER}"\n')
    code, told = git.hook()
    assert (code, "a.py:2" in told, "a.py:1" in told) == (REFUSED, True, False)


def test_a_secret_that_moves_with_its_file_is_not_new_and_a_copy_is(git: "Hooked") -> None:
    git.commit(a_py=f'KEY = "{KEY}"\nx = 1\ny = 2\nz = 3\n')
    git("mv", "a.py", "b.py")
    assert git.hook() == (FINE, "")
    git.stage("b.py", f'KEY = "{KEY}"\nx = 1\ny = 2\nz = 4\n')
    assert git.hook() == (FINE, "")
    git("reset", "--quiet", "--hard")
    git.stage("copy.py", f'KEY = "{KEY}"\nx = 1\ny = 2\nz = 3\n')
    assert git.hook()[0] == REFUSED


def test_what_another_branch_brings_into_a_merge_is_not_new(git: "Hooked") -> None:
    git.commit(a_py="x = 1\ny = 2\nz = 3\n")
    git("checkout", "--quiet", "-b", "side")
    git.commit(a_py=f'x = 1\ny = 2\nz = 3\nKEY = "{KEY}"\n', b_py=f'KEY = "{OTHER}"\n')
    git("checkout", "--quiet", "main")
    git.commit(a_py="x = 0\ny = 2\nz = 3\n")
    git("merge", "--no-commit", "--no-ff", "side")
    assert git.hook() == (FINE, "")
    git.stage("c.py", f'KEY = "{KEY}"\n')
    code, told = git.hook()
    assert (code, "c.py:1" in told, "a.py" in told) == (REFUSED, True, False)


def test_works_in_a_linked_work_tree_and_in_a_subfolder(git: "Hooked", tmp_path: Path) -> None:
    git.commit(app__a_py="x = 1\n")
    git("worktree", "add", "--quiet", str(tmp_path / "other"))
    (tmp_path / "other" / "app" / "a.py").write_text(f'KEY = "{KEY}"\n')
    git("-C", str(tmp_path / "other"), "add", "app/a.py")
    assert git.hook() == (FINE, "")
    assert git.hook(folder=tmp_path / "other" / "app")[0] == REFUSED


def test_live_python_that_does_not_parse_is_refused(git: "Hooked") -> None:
    git.stage("app/a.py", "def (\n")
    code, told = git.hook()
    assert (code, "app/a.py:1  does not parse" in told, "HYG016" in told) == (REFUSED, True, True)
    git.stage("app/a.py", "def f(): pass\n")
    git.stage("tests/fixtures/bad.py", "def (\n")
    assert git.hook() == (FINE, "")


def test_an_environment_file_with_values_is_refused(git: "Hooked") -> None:
    git.stage(".env", f"PAYMENT_SECRET_KEY={KEY[8:]}x9Qd7\n")
    code, told = git.hook()
    assert (code, "SEC002" in told, KEY[8:] in told) == (REFUSED, True, False)


def test_a_comment_lets_a_value_pass_and_its_end_makes_it_new(git: "Hooked") -> None:
    line = f'PAYMENT_SECRET = "{KEY[8:]}x9Qd7"'
    allow = "pragma: " + "allowlist"
    git.commit(a_py=f"# {allow} nextline secret\n{line}\n")
    git.stage("b.py", f"{line}  # {allow} secret\n")
    assert git.hook() == (FINE, "")
    git.stage("a.py", f"{line}\n")
    assert git.hook()[0] == REFUSED


def test_the_body_of_a_key_under_an_old_header_is_new(git: "Hooked") -> None:
    head, body = "-----BEGIN " + "PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA"
    end = head.replace("BEGIN", "END")
    git.commit(key=f"{head}\n...\n{end}\n")
    noise = "".join(f"{body[::-1][n:]}{body[:n]}Zk8{n}\n" for n in range(1, 20))
    git.stage("key", f"{head}\n{noise}{end}\n")
    assert git.hook()[0] == REFUSED


def test_the_configuration_decides_but_cannot_drop_secrets_by_selecting(git: "Hooked") -> None:
    git.stage("readiness.toml", 'exclude = ["vendored/"]\nselect = ["startup"]\n')
    git.stage("vendored/a.py", f'KEY = "{KEY}"\n')
    git.stage("a.py", "def (\n")
    assert git.hook() == (FINE, "")
    git.stage("b.py", f'KEY = "{KEY}"\n')
    assert git.hook()[0] == REFUSED


def test_the_answer_is_the_same_whatever_the_cache_holds(git: "Hooked", tmp_path: Path) -> None:
    git.commit(a_py=f'KEY = "{KEY}"\n')
    git.stage("a.py", f'KEY = "{KEY}"\nOTHER = "{OTHER}"\npassword = "your-password"\n')
    told = {git.hook(READINESS_CACHE_DIR=str(tmp_path / "new")) for _ in range(3)}
    told.add(git.hook())
    file = tmp_path / "file"
    file.touch()
    told.add(git.hook(READINESS_CACHE_DIR=str(file / "none")))
    for saved in git.cache.glob("secrets-gate-*"):
        saved.write_bytes(saved.read_bytes()[:-1])
    told.add(git.hook())
    (only,) = told
    assert only[0] == REFUSED


def test_a_cache_inside_the_repository_is_not_used(git: "Hooked", warm: Path) -> None:
    shutil.copytree(warm, git.folder / "cache")
    before = {path: path.stat().st_mtime_ns for path in (git.folder / "cache").iterdir()}
    git.stage("a.py", f'KEY = "{KEY}"\n')
    assert git.hook(READINESS_CACHE_DIR=str(git.folder / "cache"))[0] == REFUSED
    assert before == {p: p.stat().st_mtime_ns for p in (git.folder / "cache").iterdir()}


@pytest.mark.parametrize("fault", ["no git", "broken git", "no repository", "no room", "config"])
def test_a_fault_is_told_and_holds_no_commit_up_unless_asked(
    git: "Hooked", tmp_path: Path, fault: str
) -> None:
    git.stage("a.py", f'KEY = "{KEY}"\n')
    environment, folder = {}, git.folder
    programs = tmp_path / "bin"
    programs.mkdir()
    if fault == "no git":
        environment["PATH"] = str(programs)
    elif fault == "broken git":
        (programs / "git").write_text("#!/bin/sh\nexit 1\n")
        (programs / "git").chmod(0o755)
        environment["PATH"] = str(programs)
    elif fault == "no repository":
        folder = programs
    elif fault == "no room":
        environment["TMPDIR"] = str(tmp_path / "missing")
    else:
        git.stage("readiness.toml", "fail_udner = 3\n")
    code, told = git.hook(folder=folder, **environment)
    assert (code, told.count("\n") <= 2) == (FINE, True)
    assert told.startswith("readiness: what is staged was not judged, and the commit goes on: ")
    assert "Traceback" not in told and "fault of readiness" not in told
    assert git.hook("--strict", folder=folder, **environment)[0] == 3


def test_nothing_is_written_and_nothing_of_the_repository_runs(
    trap: "Trap", warm: Path, hook_of: "Callable[[Git, Path], Hooked]"
) -> None:
    git = hook_of(trap.git, warm)
    git.stage("new.py", f'KEY = "{KEY}"\n')
    git.write("sitecustomize.py", "raise SystemExit('executed')\n")
    for trace in trap.traces.iterdir():
        trace.unlink()
    before = _state(git.folder)
    assert git.hook()[0] == REFUSED
    assert _state(git.folder) == before
    assert list(trap.traces.iterdir()) == []


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for path in sorted(folder.rglob("*"))
    }


def test_the_clean_room_is_removed(git: "Hooked", tmp_path: Path) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    git.stage("a.py", f'KEY = "{KEY}"\n')
    assert git.hook(TMPDIR=str(rooms))[0] == REFUSED
    assert list(rooms.iterdir()) == []


@pytest.mark.parametrize("name", [b"a\nb.py", b"\xff\xfe.py", b"-x.py", b'"q".py', b"a\tb.py"])
def test_any_name_is_shown_on_one_line(git: "Hooked", name: bytes) -> None:
    path = os.path.join(os.fsencode(git.folder), name)
    with open(path, "w") as file:
        file.write(f'KEY = "{KEY}"\n')
    git("add", "--all")
    code, told = git.hook()
    assert (code, len(told.splitlines())) == (REFUSED, 5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 9000,
        f'KEY = "{KEY}"'.encode("utf-16"),
        f'x = 1\rKEY = "{KEY}"\r'.encode(),
        b"(" * 100_000,
        b"x = " + b"-" * 200_000 + b"1",
        b"\xef\xbb\xbfx = 1\n",
    ],
    ids=["empty", "binary", "utf-16", "old Mac", "parentheses", "signs", "mark"],
)
def test_any_content_is_judged_as_the_audit_judges_it(git: "Hooked", content: bytes) -> None:
    git.stage("data.txt", content)
    git.stage("app.py", content)
    code, told = git.hook()
    assert "fault" not in told
    audit = subprocess.run(
        [*_AUDIT, "--no-cache", "--select", "SEC001,SEC002,HYG016", "--fail-on", "low"],
        cwd=git.folder,
        env=git.environment,
        capture_output=True,
    )
    assert code == audit.returncode


def test_a_split_index_and_sha256_are_understood(
    git: "Hooked", make_git: "Callable[..., Git]", hook_of: "Callable[[Git, Path], Hooked]"
) -> None:
    git.commit(a_py="x = 1\n")
    git("update-index", "--split-index")
    git.stage("a.py", f'KEY = "{KEY}"\n')
    assert git.hook()[0] == REFUSED
    other = hook_of(make_git("sha256", "--object-format=sha256"), git.cache)
    other.stage("a.py", f'KEY = "{KEY}"\n')
    assert other.hook()[0] == REFUSED


def test_links_and_submodules_are_left_alone(git: "Hooked") -> None:
    git.commit(a_py="x = 1\n")
    (git.folder / "link.py").symlink_to(f"password = '{KEY}'")
    head = git("rev-parse", "HEAD")
    git("add", "link.py")
    git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    assert git.hook() == (FINE, "")


def test_the_rules_for_single_files_are_those_that_say_so() -> None:
    own = {rule.id for rule in registry.rules() if rule.scope is Scope.FILE}
    assert {rule.id for rule in registry.rules_for_files()} == own
    assert {"SEC001", "SEC002", "HYG016"} <= own
    assert {rule.id for rule in chosen(registry.rules(), Config())} == own


def _examples() -> list[Any]:
    return [
        pytest.param(example.files, id=f"{rule.id} {example.title}")
        for rule in registry.rules_for_files()
        for example in rule.examples
        if example.expects
    ]


@pytest.mark.parametrize("files", _examples())
def test_a_glance_overlooks_nothing_that_a_rule_for_files_finds(git: "Hooked", files: str) -> None:
    for path, (content, _) in parse_tree(files).items():
        git.stage(path, content)
    monkey = os.getcwd()
    os.chdir(git.folder)
    try:
        with Staged() as staged:
            suspects = glance(staged, str(git.cache))
    finally:
        os.chdir(monkey)
    assert suspects.secrets or suspects.others


def test_a_rule_pack_of_others_is_asked_of_every_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not glancing.has_other_rules()
    pack = tmp_path / "their_rules-1.0.dist-info"
    pack.mkdir()
    (pack / "entry_points.txt").write_text("[readiness.rules]\ntheirs = their_rules\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert glancing.has_other_rules()


def test_the_cache_lies_where_an_audit_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("READINESS_CACHE_DIR", "some/folder"),
        ("READINESS_CACHE_DIR", ""),
        ("XDG_CACHE_HOME", "/somewhere/else"),
        ("XDG_CACHE_HOME", ""),
    ):
        monkeypatch.setenv(name, value)
        assert command._cache_folder() == cache.default_folder()


def test_the_way_to_a_quick_answer_imports_next_to_nothing(git: "Hooked") -> None:
    git.commit(a_py="x = 1\n")
    git.stage("a.py", "x = 2\n")
    code = (
        "import sys\nfrom readiness.cli.hook import main\nassert main([]) == 0\n"
        "print(sorted({'click', 'msgspec', 'subprocess', 'git', 'detect_secrets', 'logging',"
        " 'readiness.secrets', 'readiness.model', 'readiness.repo'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=git.folder,
        env={**git.environment, "READINESS_CACHE_DIR": str(git.cache)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[]\n", done.stderr


def test_usage(git: "Hooked") -> None:
    assert git.hook("--nonsense")[0] == 2
    assert command.main(["--version"]) == 0
    assert command.main(["--help"]) == 0


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_all_that_it_prints_arrives(git: "Hooked", option: str) -> None:
    done = subprocess.run([str(git.program), option], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "readiness" in done.stdout and done.stdout.endswith("\n")


def test_where_there_is_no_repository_the_lean_reader_gives_up(tmp_path: Path) -> None:
    with pytest.raises(Unusual):
        Staged(str(tmp_path))
