"""Where scores are kept: SQLite and PostgreSQL, their tables, and what is wrong with a database."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness.errors import UsageError
from readiness.history import database
from readiness.history.database import REVISION, locate
from readiness.history.store import Basis, Store
from readiness.history.trends import Measured
from readiness.model import Coverage, Dimension, Point, Severity, Trace, Verdict

if TYPE_CHECKING:
    from conftest import Git, Program

START, WEEK = 1_700_000_000, 7 * 86_400
BASIS = Basis("https://example.org/shop", "shop", "config", "code")
TRACES = (Trace("f" * 16, "HYG001", Severity.HIGH, "a\\x00b.py", "key", "cause"),)


def measured(number: int = 0, overall: float | None = 1 / 3) -> Measured:
    return Measured(
        Point(
            commit=f"{number:040d}",
            at=START + number,
            overall=overall,
            with_waivers=None,
            verdict=Verdict.NOT_READY,
            dimensions={Dimension.CLEANUP: 0.1 + 0.2, Dimension.TESTS: None},
            coverage=Coverage(1.0, 0.1),
            findings=1,
            causes=1,
            model_version="2026.1",
            tool_version="0.1",
        ),
        TRACES,
    )


def find_postgresql() -> Path:
    """The folder of PostgreSQL's programs. Without them a test is skipped, but never in
    continuous integration."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed")
    return Path(program).parent


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own, reached through a socket; the URL of its server."""
    programs = find_postgresql()
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/pgXXXXXX"], text=True).strip())
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    as_user: dict[str, Any] = {"user": user, "group": user} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(folder, user, user)
        folder.chmod(0o755)  # the program under test has no right of root
    data = folder / "data"

    def run(name: str, *arguments: str) -> None:
        subprocess.run(
            [programs / name, *arguments],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            **as_user,
        )

    try:
        run("initdb", "-D", str(data), "-U", user, "--auth=trust", "--no-sync")
        settings = f"-F -k {folder} -c listen_addresses= -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-o", settings, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://{user}@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/scores.sqlite3"
    server: str = request.getfixturevalue("postgresql")
    import psycopg

    name = f"t{abs(hash(str(tmp_path)))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


def test_a_score_comes_back_as_it_was_kept(url: str) -> None:
    with Store.open(url, None) as store:
        store.keep(BASIS, measured())
        store.keep(BASIS, measured(1, None))
    with Store.open(url, None) as store:
        found = store.points(BASIS, [f"{number:040d}" for number in range(3)])
    assert found == {f"{0:040d}": measured(), f"{1:040d}": measured(1, None)}


def test_scores_of_other_configurations_and_code_are_left_alone(url: str) -> None:
    other = Basis(BASIS.origin, "shop", "another", "code")
    with Store.open(url, None) as store:
        store.keep(BASIS, measured(overall=1.0))
        store.keep(other, measured(overall=2.0))
        (one,), (two,) = (store.points(each, [f"{0:040d}"]).values() for each in (BASIS, other))
        elsewhere = Basis("file:/other", "shop", "config", "code")
        assert store.points(elsewhere, [f"{0:040d}"]) == {}
    assert (one.point.overall, two.point.overall) == (1.0, 2.0)


def test_what_was_kept_or_told_first_stays(url: str) -> None:
    with Store.open(url, None) as store:
        for overall in (1.0, 2.0):
            store.keep(BASIS, measured(overall=overall))
            store.report(BASIS, measured(overall=overall).point)
        (found,) = store.points(BASIS, [f"{0:040d}"]).values()
    assert found.point.overall == 1.0
    assert found.point.reported is not None
    assert found.point.reported.overall == 1.0
    assert found.point.reported.dimensions == measured().point.dimensions


def test_traces_of_former_code_are_dropped_and_can_come_back(url: str) -> None:
    newer = Basis(BASIS.origin, "shop", "config", "newer")
    with Store.open(url, None) as store:
        store.keep(BASIS, measured())
        store.forget(newer, [f"{0:040d}"])
        assert store.points(BASIS, [f"{0:040d}"]) == {}
        store.keep(BASIS, measured())
        assert store.points(BASIS, [f"{0:040d}"]) == {f"{0:040d}": measured()}


def test_several_that_start_with_an_empty_database_do_not_disturb_each_other(url: str) -> None:
    def write(writer: int) -> None:
        with Store.open(url, None) as store:
            for number in range(8):
                store.keep(BASIS, measured(number))
                store.report(BASIS, measured(number).point)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with Store.open(url, None) as store:
        assert len(store.points(BASIS, [f"{number:040d}" for number in range(8)])) == 8


def test_the_command_keeps_its_scores_there(readiness: Program, git: Git, url: str) -> None:
    for week in range(5):
        git.write("main.py", f"print({week})\n")
        git.commit(at=START + week * WEEK)
    arguments = ("history", "--format", "json", "--database", url, git.folder)
    first, second = (readiness(*arguments) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, b"")
    assert first.stdout == second.stdout
    assert len(json.loads(first.stdout)["points"]) == 5
    named = readiness("history", "--format", "json", git.folder, READINESS_DATABASE=url)
    assert named.stdout == first.stdout


def test_the_tables_are_those_of_the_migrations(url: str) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import inspect

    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION
    Store.open(url, None).close()
    engine = database.connect_to(locate(url, None)[0])
    seen = inspect(engine)
    names = set(seen.get_table_names()) - {"alembic_version"}
    assert names == {"scores", "score_dimensions", "reported", "reported_dimensions"}
    for name in names:
        columns = {column["name"] for column in seen.get_columns(name)}
        assert columns == {column.name for column in database.table(name).columns}
    engine.dispose()


def test_a_database_of_a_newer_readiness_is_left_alone(url: str) -> None:
    from sqlalchemy import text

    Store.open(url, None).close()
    engine = database.connect_to(locate(url, None)[0])
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(UsageError, match=r"its tables \(version 9999\) are not those"):
        Store.open(url, None)


def test_damaged_traces_are_measured_again(tmp_path: Path) -> None:
    with Store.open(None, str(tmp_path)) as store:
        store.keep(BASIS, measured())
    file = sqlite3.connect(tmp_path / "history.sqlite3")
    file.execute("UPDATE scores SET traces = x'00'")
    file.commit()
    file.close()
    with Store.open(None, str(tmp_path)) as store:
        assert store.points(BASIS, [f"{0:040d}"]) == {}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "this is no URL of a database"),
        ("nothing://user:hunter2@host/name", "this is no URL of a database"),
        ("postgresql://user:hunter2@127.0.0.1:1/name", "onnection"),
        ("sqlite:////nowhere/at/all.sqlite3", "unable to open database file"),
    ],
)
def test_what_is_wrong_with_a_database_is_one_line_without_its_password(
    readiness: Program, git: Git, url: str, why: str
) -> None:
    git.write("a.py")
    git.commit()
    done = readiness("history", "--database", url, git.folder)
    assert done.returncode == 2
    assert done.stderr.startswith(b"readiness: --database: ")
    assert done.stderr.count(b"\n") == 1
    assert why.encode() in done.stderr
    assert b"hunter2" not in done.stderr


def test_a_file_that_is_no_database_is_named(readiness: Program, git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    git.commit()
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "history.sqlite3").write_bytes(b"no database at all" * 99)
    done = readiness("history", git.folder, READINESS_CACHE_DIR=str(cache))
    assert done.returncode == 2
    assert b"history.sqlite3: file is not a database" in done.stderr
    (cache / "history.sqlite3").unlink()
    (cache / "history.sqlite3").symlink_to(tmp_path / "elsewhere")
    done = readiness("history", git.folder, READINESS_CACHE_DIR=str(cache))
    assert b"is no regular file" in done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_cache_nothing_is_kept(readiness: Program, git: Git, tmp_path: Path) -> None:
    git.write("a.py")
    git.commit()
    cache = tmp_path / "cache"
    done = readiness("history", "--no-cache", git.folder, READINESS_CACHE_DIR=str(cache))
    assert done.returncode == 0
    assert not cache.exists()


def test_no_other_command_loads_a_database() -> None:
    code = (
        "import sys; from readiness.cli import main; main(['rules']);"
        " import readiness.history; sys.exit('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == 0
