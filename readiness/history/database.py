"""The database of the history: where it is, how it is opened, and its tables."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from readiness.errors import UsageError, one_line
from readiness.repo.metadata import printable

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Engine, Table
    from sqlalchemy.engine import URL

NAME = "history.sqlite3"
REVISION = "0001"  # the last migration
PATIENCE = 60.0  # seconds that another process may hold the database
_MEMORY = "sqlite://"
_LOCK = 7_260_523_911  # ours among PostgreSQL's advisory locks


def locate(database: str | None, folder: str | None) -> tuple[URL, str]:
    """The database of a URL; without one, the file in `folder`; without either, one in memory.
    And what it is called in messages.

    Raises:
        UsageError: the URL or the file is none of a database.
    """
    return _default(folder) if database is None else (_parsed(database), "--database")


def prepare(engine: Engine, shown: str) -> None:
    """Brings the tables up to date."""
    with engine.connect() as connection:
        known = _revision(connection)
    if known != REVISION:
        _migrate(engine, shown)


@contextlib.contextmanager
def told(shown: str) -> Iterator[None]:
    """Turns what the database complains of into one line without its URL, which may hold a
    password."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        raise UsageError(f"{shown}: {one_line(lines[0])}") from error


def _default(folder: str | None) -> tuple[URL, str]:
    from sqlalchemy.engine import make_url
    from sqlalchemy.engine.url import URL

    if folder is None:
        return make_url(_MEMORY), "the history in memory"
    path = os.path.join(folder, NAME)
    shown = printable(path)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise UsageError(f"{shown} is no regular file; move it away")
    return URL.create("sqlite", database=path), shown


def _parsed(database: str) -> URL:
    """The URL of a database, with the drivers that we ship for."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(database)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        url.get_dialect()
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        missing = getattr(error, "name", None)
        why = f"{missing} is not installed" if missing else "this is no URL of a database"
        raise UsageError(
            f"--database: {why}; sqlite:////path/to/file, or with readiness[postgresql]"
            " postgresql://user@host/name"
        ) from error
    return url


def connect_to(url: URL) -> Engine:
    """The engine of a database; nothing is opened yet."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool, StaticPool

    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, poolclass=NullPool)
        except ModuleNotFoundError as error:
            raise UsageError(
                f"--database: {error.name} is not installed; pip install 'readiness[postgresql]'"
            ) from error
    memory = url.database in (None, "", ":memory:")
    engine = create_engine(
        url,
        poolclass=StaticPool if memory else NullPool,
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions leave out DDL
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # so that nobody waits in vain half-way

    return engine


def table(name: str) -> Table:
    """A table as the last migration leaves it."""
    from sqlalchemy import (
        BigInteger,
        Column,
        Float,
        Integer,
        LargeBinary,
        MetaData,
        String,
        Table,
        Text,
    )

    told: list[Column[Any]] = [
        Column("id", Integer, primary_key=True),
        Column("origin", String(500)),
        Column("repository", Text),
        Column("commit_id", String(64)),
        Column("at", BigInteger),
        Column("config", String(64)),
        Column("model_version", String(32)),
        Column("tool_version", String(32)),
        Column("overall", Float(53)),
        Column("verdict", String(32)),
    ]
    part: list[Column[Any]] = [
        Column("dimension", String(32), primary_key=True),
        Column("value", Float(53)),
    ]
    columns: dict[str, list[Column[Any]]] = {
        "scores": [
            *told,
            Column("code", String(64)),
            Column("with_waivers", Float(53)),
            Column("coverage_rules", Float(53)),
            Column("coverage_lines", Float(53)),
            Column("findings", Integer),
            Column("causes", Integer),
            Column("traces", LargeBinary),
        ],
        "score_dimensions": [Column("score_id", Integer, primary_key=True), *part],
        "reported": told,
        "reported_dimensions": [Column("report_id", Integer, primary_key=True), *part],
    }
    return Table(name, MetaData(), *columns[name])


def _revision(connection: Connection) -> str | None:
    """The migration that the database stands at; null for an empty database."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("alembic_version"):
        return None
    rows = list(connection.execute(text("SELECT version_num FROM alembic_version")))
    return str(rows[0][0]) if rows else None


def _migrate(engine: Engine, shown: str) -> None:
    """Brings the tables up to date; of two processes that want to, the second finds it done."""
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError
    from sqlalchemy import text

    config = Config()
    folder = os.path.join(os.path.dirname(__file__), "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            known = one_line(_revision(connection))
            raise UsageError(
                f"{shown}: its tables (version {known}) are not those of this readiness; a newer"
                " one has made them, so install it or name another database"
            ) from error
