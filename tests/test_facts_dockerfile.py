"""What is read of Dockerfiles, well-formed and hostile."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.facts.dockerfile import SLICE, DockerfileFacts, Stage, extract
from readiness.facts.shell import Command


def read(text: str) -> DockerfileFacts:
    return extract("dockerfile", text.encode())


def stage(text: str) -> Stage:
    return read(text).stages[-1]


def words(commands: tuple[Command, ...] | None) -> list[tuple[str, ...]]:
    return [command.words for command in commands or ()]


@pytest.mark.parametrize(
    ("path", "applies"),
    [
        ("Dockerfile", True),
        ("api/Dockerfile.prod", True),
        ("docker/api.Dockerfile", True),
        ("Containerfile", True),
        ("Dockerfile.dockerignore", False),
        ("dockerfile_parser.py", False),
        ("Dockerfile.j2", False),
    ],
)
def test_a_dockerfile_is_told_by_its_name(path: str, applies: bool) -> None:
    assert (SLICE.kind(path) is not None) == applies


def test_an_exec_form_keeps_its_words_and_a_shell_form_is_parsed() -> None:
    assert words(stage('FROM a\nCMD ["uvicorn", "main:app"]').command) == [("uvicorn", "main:app")]
    assert words(stage("FROM a\nCMD alembic upgrade head && uvicorn main:app").command) == [
        ("alembic", "upgrade", "head"),
        ("uvicorn", "main:app"),
    ]


def test_the_script_of_an_exec_form_shell_is_parsed() -> None:
    assert words(stage('FROM a\nENTRYPOINT ["sh", "-c", "exec gunicorn app"]').entrypoint) == [
        ("exec", "gunicorn", "app")
    ]


def test_comments_and_blank_lines_inside_a_continuation_belong_to_it() -> None:
    found = stage("FROM a\nRUN one \\\n  # why\n\n  two \\\n  three\nUSER app\n")
    assert words(found.runs) == [("one", "two", "three")]
    assert (found.user, found.user_line) == ("app", 7)


def test_the_escape_directive_changes_the_continuation() -> None:
    found = stage("# escape=`\nFROM a\nRUN one `\n  two\nWORKDIR C:\\app\n")
    assert words(found.runs) == [("one", "two")]


def test_a_heredoc_is_no_instruction() -> None:
    facts = read("FROM a\nRUN <<EOF\napt-get update\nFROM b\nEOF\nCOPY <<EOT /etc/x\nCMD x\nEOT\n")
    assert facts.error == ""
    assert len(facts.stages) == 1
    assert words(facts.stages[0].runs) == [("apt-get", "update"), ("FROM", "b")]
    assert facts.stages[0].copies[0].sources == ()
    assert facts.stages[0].command == ()


def test_a_heredoc_that_never_closes_is_none() -> None:
    assert stage("FROM a\nRUN cat <<EOF\nUSER app\n").user == "app"


def test_flags_are_no_sources() -> None:
    copied = stage("FROM a\nCOPY --link --chown=1:1 --from=build /app/dist a.txt /srv/\n").copies[0]
    assert copied.sources == ("/app/dist", "a.txt")
    assert (copied.target, copied.stage) == ("/srv/", "build")
    added = stage("FROM a\nADD --checksum=sha256:aa https://example.org/x.tgz /tmp/\n").copies[0]
    assert added.sources == ("https://example.org/x.tgz",)


def test_the_bind_mount_of_a_run_is_a_build_input() -> None:
    found = stage("FROM a\nRUN --mount=type=bind,source=uv.lock,target=uv.lock \\\n  uv sync\n")
    assert found.copies[0].mount
    assert found.copies[0].sources == ("uv.lock",)
    assert [(run.words, run.line) for run in found.runs] == [(("uv", "sync"), 3)]


def test_arguments_and_variables_with_literal_values_are_filled_in() -> None:
    found = stage(
        "ARG V=3.12\nFROM python:${V}-slim\nENV HOME_DIR=/app\nCOPY x $HOME_DIR/${Y:-y}/\n"
    )
    assert found.base == "python:3.12-slim"
    assert found.copies[0].target == "/app/y/"
    assert stage("FROM a\nARG Y\nCOPY $Y /b\n").copies[0].sources == ("$Y",)


def test_a_relative_workdir_continues_the_last_one() -> None:
    found = stage("FROM a\nWORKDIR /srv\nWORKDIR app\nCOPY . .\n")
    assert found.workdir == "/srv/app"
    assert found.copies[0].workdir == "/srv/app"


def test_a_health_check_is_there_absent_or_switched_off() -> None:
    check = stage(
        "FROM a\nHEALTHCHECK --interval=5s \\\n  CMD curl -f localhost/health || exit 1\n"
    )
    assert check.healthcheck is not None
    assert (check.healthcheck_line, check.healthcheck[0].line) == (2, 3)
    assert check.healthcheck[0].words[:2] == ("curl", "-f")
    assert stage("FROM a\nHEALTHCHECK NONE\n").healthcheck == ()
    assert stage("FROM a\n").healthcheck is None


def test_a_trigger_acts_in_the_stage_that_is_built_upon_it() -> None:
    first, second = read("FROM a AS base\nONBUILD HEALTHCHECK CMD true\nFROM base\n").stages
    assert first.onbuild
    assert first.healthcheck is None
    assert words(second.healthcheck) == [("true",)]


def test_the_first_line_that_is_no_instruction_is_the_error() -> None:
    facts = read("FROM a\nCOPY . .\nHEALTH CMD x\nUSER b\n")
    assert (facts.error, facts.error_line) == ("'HEALTH' is no instruction", 3)
    assert facts.stages[0].user == "b"
    assert read("RUN x\n").error == "RUN stands before the first FROM"
    assert read("").error == "it has no FROM"


def test_a_credential_is_hidden_unless_it_is_a_well_known_word() -> None:
    value = "k3" + "Zq8vT1"
    found = stage(f"FROM a\nENV DB_PASSWORD={value} ADMIN_PASSWORD=admin\n")
    assert dict(found.environment) == {
        "DB_PASSWORD": "<literal of 8 characters>",
        "ADMIN_PASSWORD": "admin",
    }


HOSTILE = {
    "100,000 continuations": "FROM a\nRUN x \\\n" + "  y \\\n" * 100_000,
    "a line of 20 MB": "FROM a\nRUN " + "x " * 10_000_000,
    "continuations of comments": "FROM a\nRUN x \\\n" + "# y\n" * 100_000,
    "open heredocs": "FROM a\n" + "RUN cat <<EOF\n" * 50_000,
    "open quotes": "FROM a\nCOPY " + "'\"" * 200_000 + " .",
    "open brackets": "FROM a\nCMD " + "[" * 500_000,
    "backslashes": "FROM a\nCOPY " + "\\" * 500_000,
    "variables that double": "FROM a\nENV a0=xx\n"
    + "".join(f"ENV a{n + 1}=${{a{n}}}${{a{n}}}\n" for n in range(5_000)),
    "stages": "FROM a AS a\nENV b=c\nONBUILD RUN x\n" * 10_000,
    "stages that stand on each other": "".join(
        f"FROM s{n} AS s{n + 1}\nENV e{n}=1\n" for n in range(5_000)
    ),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 10


@given(st.binary(max_size=300))
def test_any_bytes_have_facts(data: bytes) -> None:
    extract("dockerfile", data)
    extract("dockerfile", b"FROM a\n" + data)


@given(
    st.lists(
        st.sampled_from(
            ["FROM a", "FROM b AS c", "RUN <<E", "E", "\\", "COPY --from=c x y", "# x", "ENV A=$A",
             "ONBUILD COPY x y", "HEALTHCHECK --x CMD", "CMD [", "ARG A=${B:-$C}", "USER", "  "]
        )
    )
)  # fmt: skip
def test_any_order_of_lines_has_facts(lines: list[str]) -> None:
    read("\n".join(lines))
