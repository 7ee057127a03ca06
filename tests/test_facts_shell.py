"""Shell is read without being run: which commands, where, and what becomes of their failure."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.programs import program, unwrap
from readiness.facts.shell import SLICE, Command, ShellFacts, commands, expand, extract


def script(text: str) -> ShellFacts:
    return extract("sh", text.encode())


def words(text: str) -> list[str]:
    return [" ".join(command.words) for command in commands(text)]


def only(text: str) -> Command:
    (command,) = commands(text)
    return command


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("python main.py --port 80", ["python main.py --port 80"], id="plain"),
        pytest.param("a; b && c || d", ["a", "b", "c", "d"], id="lists"),
        pytest.param("a | b |& c", ["a", "b", "c"], id="pipelines"),
        pytest.param("(a; b)", ["a", "b"], id="subshell"),
        pytest.param("{ a; b; } > log", ["a", "b"], id="group"),
        pytest.param("if a; then b; elif c; then d; else e; fi", [*"abcde"], id="if"),
        pytest.param("while a; do b; done < file", ["a", "b"], id="while"),
        pytest.param("for x in 1 2 3; do a $x; done; b", ["a $x", "b"], id="for"),
        pytest.param("for ((i=0; i<3; i++)); do a; done", ["a"], id="arithmetic for"),
        pytest.param("case $1 in\nup|on) a ;;\n(down) b ;;\n*) c\nesac\nd", [*"abcd"], id="case"),
        pytest.param("f() { a; }\nfunction g { b; }", ["a", "b"], id="functions"),
        pytest.param("a=(x y)\nf() { b; }", ["b"], id="a function after an array"),
        pytest.param("a 'x y' \"z $w\"", ["a x y z $w"], id="quotes"),
        pytest.param("x=$(a b) c $(d)", ["a b", "d", "c $(d)"], id="substitutions"),
        pytest.param("a `b c`", ["b c", "a `b c`"], id="backticks"),
        pytest.param("[[ $(a) > y ]] && b", ["a", "[[ $(a) > y ]]", "b"], id="[["),
        pytest.param("((i++)); a", ["a"], id="arithmetic"),
        pytest.param("diff <(a) <(b)", ["a", "b", "diff <(...) <(...)"], id="process substitution"),
        pytest.param("a \\\n  b\nc", ["a b", "c"], id="continuation"),
        pytest.param("a # b\n# c", ["a"], id="comments"),
        pytest.param("cat <<EOF > x\nnot a command\nEOF\na", ["cat", "a"], id="heredoc"),
        pytest.param("a $(cat <<'E'\nit's )\nE\n)\nb", ["cat", "a $(cat <<'E'\nit's )\nE\n)", "b"],
                     id="heredoc in a substitution"),
        pytest.param("time a; ! b", ["a", "b"], id="time and not"),
        pytest.param("fi; done; }; ) a", ["a"], id="broken"),
        pytest.param("", [], id="empty"),
    ],
)  # fmt: skip
def test_commands_are_found_wherever_they_stand(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_lines_count_from_the_first_line_of_the_piece() -> None:
    found = commands("a\n\nb \\\n  c\nd", first_line=10)
    assert [command.line for command in found] == [10, 12, 14]


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        pytest.param("cd app && run", "app", id="cd"),
        pytest.param("cd app\ncd ../web\nrun", "web", id="two"),
        pytest.param("(cd app; x); run", "", id="ends with its subshell"),
        pytest.param("cd app; cd -; run", "", id="back"),
        pytest.param("pushd app; popd; run", "", id="pushd"),
        pytest.param("cd $UNKNOWN; run", "?", id="unknown"),
        pytest.param("D=src/app\ncd \"$D\"\nrun", "src/app", id="literal variable"),
        pytest.param("cd /srv/x; run", "/srv/x", id="absolute"),
        pytest.param('cd "$(dirname "$0")"\nrun', "@", id="the script's folder"),
        pytest.param('H="$(cd "$(dirname "${BASH_SOURCE[0]}")" >/dev/null 2>&1 && pwd)"\n'
                     'cd "$H/.."\nrun', "@/..", id="the folder above the script's"),
        pytest.param("cd $(git rev-parse --show-toplevel)/app\nrun", "@@/app", id="the root"),
        pytest.param("if x; then cd app; fi\nrun", "?", id="perhaps"),
        pytest.param("if x; then cd app; exit 1; fi\nrun", "", id="not any more"),
        pytest.param("go() { cd app; }\ngo\nrun", "app", id="a function goes there"),
        pytest.param("start() { run; }\ncd app\nstart", "app", id="where its function is called"),
    ],
)  # fmt: skip
def test_a_command_knows_where_it_runs(text: str, directory: str) -> None:
    assert [c.directory for c in commands(text) if c.words == ("run",)] == [directory]


def test_a_command_knows_what_follows_when_it_fails() -> None:
    test, echo, leave = commands("pytest || { echo no; exit 1; }")
    assert test.fallback == "echo no; exit 1"
    assert (echo.conditional, leave.conditional) == (True, True)
    assert [c.fallback for c in commands("a && b || true")] == ["true", "true", ""]


def test_a_pipe_hides_a_failure_unless_pipefail_is_set() -> None:
    assert [c.piped for c in commands("pytest | tee log")] == [True, False]
    assert [c.piped for c in commands("pytest | tee log", pipefail=True)] == [False, False]
    assert not any(c.piped for c in commands("set -euo pipefail\npytest | tee log"))


def test_a_command_knows_who_asks_for_its_status() -> None:
    curl, echo, _, run = commands("if ! curl x; then echo y; fi\nwhile test z; do run; done")
    assert (curl.tested, curl.conditional) == (True, False)
    assert (echo.tested, echo.conditional) == (False, True)
    assert run.conditional


def test_assignments_redirections_and_background_are_kept() -> None:
    command = only("PORT=80 python main.py > out.log 2>&1 2> /dev/null &")
    assert command.words == ("python", "main.py")
    assert command.assignments == (("PORT", "80"),)
    assert command.writes == ("out.log",)
    assert command.background


def test_a_credential_is_masked_where_it_is_found() -> None:
    value = "hunter" + "2hunter"
    text = f"DB_PASSWORD={value} psql postgres://me:{value}@db/x --token={value}\n"
    text += f"export API_KEY={value}"
    assert value not in repr(script(text))
    assert value not in repr(only(f"git clone https://me:{value}@host/x"))
    assert "--token=$TOKEN" in only("a --token=$TOKEN").words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("poetry run uvicorn main:app", "uvicorn main:app"),
        ("uv run --no-dev --with x main.py", "python main.py"),
        ("uv run -m app", "python -m app"),
        ("sudo -u web env A=1 B=2 python m.py", "python m.py"),
        ("timeout -k 5 10 curl x", "curl x"),
        ("exec gosu app python x.py", "python x.py"),
        ("wait-for-it.sh db:5432 -t 5 -- python x.py", "python x.py"),
        ("xargs -0 -n 1 pytest", "pytest"),
        ("conda run -n e --no-capture-output python x.py", "python x.py"),
        ("python -m pytest", "python -m pytest"),
        ("env", "env"),
        ("poetry install", "poetry install"),
    ],
)
def test_the_program_behind_its_wrappers(text: str, expected: str) -> None:
    assert " ".join(program(text.split())) == expected


def test_a_shell_that_is_given_a_script_runs_its_commands() -> None:
    (outer,) = commands('cd app; sudo bash -ec "cd web && poetry run python x.py || exit 1"')[1:]
    cd, python, leave = unwrap(outer)
    assert (cd.words, python.words) == (("cd", "web"), ("python", "x.py"))
    assert (python.directory, python.fallback, leave.line) == ("app/web", "exit 1", 1)


def test_a_variable_that_names_a_program_or_a_path_is_known() -> None:
    facts = script('C="docker compose"\nF=infra/compose.yml\n$C -f "$F" up')
    assert expand(facts.commands[-1], facts) == (
        "docker",
        "compose",
        "-f",
        "infra/compose.yml",
        "up",
    )


def test_a_failure_that_is_only_reported_is_told() -> None:
    facts = script(
        "if docker compose up -d; then echo ok; else\n  warn Broken\n  echo Continuing anyway\nfi\n"
        "if ! redis-cli ping; then echo no redis; exit 1; fi\n"
        "die() { echo $1; exit 1; }\nif ! redis-cli ping; then die no; fi\n"
        "for i in 1 2; do if ! curl x; then echo waiting; fi; done\n"
        "if ! curl y; then OK=false; fi\nif [ $OK = false ]; then exit 1; fi\n"
        "curl z\nif [ $? -ne 0 ]; then echo unhealthy; fi\n"
    )
    assert [(each.line, each.guard[0], each.quote) for each in facts.tolerated] == [
        (1, "docker", "Continuing anyway"),
        (11, "curl", "unhealthy"),
    ]


def test_what_is_no_command_is_mentioned() -> None:
    facts = script("#!/bin/bash\n# see docs/start.md\npython app/main.py\ncat <<E\nconf/x.yml\nE")
    assert facts.interpreter == "bash"
    assert ("docs/start.md", 2) in facts.mentions
    assert ("conf/x.yml", 5) in facts.mentions
    assert "app/main.py" not in dict(facts.mentions)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("bin/run", "#!/usr/bin/env bash\npython x.py", [("", "python x.py", 2)]),
        ("bin/run", "#!/usr/bin/env python\nimport x", []),
        ("LICENSE", "You may run it", []),
        (
            "Makefile",
            "PY = python\nall: test\n\t@$(PY) -m x; echo $$HOME\ntest:\n\t-rm \\\n\t  y\n",
            [("all", "${PY} -m x", 3), ("all", "echo $HOME", 3), ("test", "rm y", 5)],
        ),
        ("justfile", "up port='1':\n    uvicorn x:app --port {{port}}\n", [
            ("up", "uvicorn x:app --port ${port}", 2)]),
        ("Procfile", "web: gunicorn app:app\nworker: celery -A app worker", [
            ("web", "gunicorn app:app", 1), ("worker", "celery -A app worker", 2)]),
        ("deploy/app.service", "[Service]\nWorkingDirectory=/srv\nExecStart=/srv/run.sh -v", [
            ("Service", "/srv/run.sh -v", 3)]),
        ("Taskfile.yml", "tasks:\n  dev:\n    dir: app\n    cmds:\n      - python main.py\n", [
            ("dev", "python main.py", 5)]),
    ],
)  # fmt: skip
def test_shell_in_other_files(path: str, text: str, expected: list[tuple[str, str, int]]) -> None:
    kind = SLICE.kind(path)
    assert kind is not None
    facts = extract(kind, text.encode())
    assert [(c.function, " ".join(c.words), c.line) for c in facts.commands] == expected


def test_a_unit_runs_in_its_working_directory_and_a_task_in_its_own() -> None:
    unit = extract("unit", b"[Service]\nExecStart=run\nWorkingDirectory=/srv/app")
    task = extract("task", b"tasks:\n  dev:\n    dir: app\n    cmds: [run]")
    assert [unit.commands[0].directory, task.commands[0].directory] == ["/srv/app", "app"]


def test_a_recipe_whose_failure_is_ignored_falls_back_to_nothing() -> None:
    assert extract("make", b"x:\n\t-pytest\n").commands[0].fallback == "true"


HOSTILE = [
    pytest.param("echo a " + "\\\n  b " * 100_000, id="100,000 continuations"),
    pytest.param("a" * 20_000_000, id="one line of 20 MB"),
    pytest.param("(" * 10_000 + "a" + ")" * 10_000, id="10,000 parentheses"),
    pytest.param("$(" * 10_000 + "a" + ")" * 10_000, id="10,000 substitutions"),
    pytest.param('"$(' * 10_000, id="10,000 quoted substitutions that never end"),
    pytest.param("${a:-" * 20_000, id="20,000 expansions that never end"),
    pytest.param("if a; then " * 10_000, id="10,000 ifs that never end"),
    pytest.param("if a; then b; else X=1; c; fi\n" * 5_000, id="5,000 ifs"),
    pytest.param("a | " * 100_000, id="a long pipe"),
    pytest.param("a || " * 100_000, id="a long list"),
    pytest.param("echo '" + "a b\n" * 100_000, id="a quote that never ends"),
    pytest.param("cat <<A <<B\n" * 20_000, id="heredocs that never end"),
    pytest.param("cd a;" * 20_000, id="ever deeper"),
    pytest.param("A=$A$A$A;" * 20_000, id="a variable that doubles itself"),
    pytest.param("[[ a\n" * 20_000, id="tests that never end"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["sh", "make"])
def test_hostile_shell_is_answered_in_time(kind: str, text: str) -> None:
    start = time.process_time()
    extract(kind, text.encode())
    assert time.process_time() - start < 5


@given(st.text(alphabet="ab \n\t;&|()<>{}[]$`'\"\\#=!-", max_size=80))
def test_any_text_is_answered(text: str) -> None:
    for command in commands(text):
        assert command.words
        assert unwrap(command)


@given(st.binary(max_size=200), st.sampled_from(["sh", "maybe", "make", "just", "unit", "task"]))
def test_any_bytes_are_answered(data: bytes, kind: str) -> None:
    assert isinstance(extract(kind, data), ShellFacts)


@pytest.mark.parametrize(
    ("path", "text", "targets"),
    [
        ("Makefile", "up: build start\nbuild start:\n\tx\nA := b\nC=d\n", ("up", "build", "start")),
        ("Makefile", ".PHONY: a b\na: ; x\n", ("a", "b")),
        ("Makefile", "include more.mk\nup:\n\tx\n", ()),
        ("Makefile", "%.html: %.md\n\tx\n", ()),
        ("Makefile", "$(NAME): x\n", ()),
        ("justfile", "up port='1':\n    x\nalias u := up\n", ("up", "u")),
        ("justfile", "mod more\nup:\n    x\n", ()),
        ("Procfile", "web: x\n", ()),
    ],
    ids=["recipes", "phony", "include", "pattern", "variable", "just", "modules", "processes"],
)
def test_all_targets_are_known_where_no_other_file_brings_more(
    path: str, text: str, targets: tuple[str, ...]
) -> None:
    found = SLICE.extract(SLICE.kind(path) or "", text.encode())
    assert set(found.targets) >= set(targets) if targets else found.targets == ()
