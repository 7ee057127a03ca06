"""The store of scores: SQLite in the user's cache folder, or any database that SQLAlchemy knows.

A score is written once and never changed. Two processes may write at the same time: who comes
second finds the row and leaves it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
from msgspec import Struct

from readiness.errors import UsageError, one_line
from readiness.history.trend import Measured
from readiness.model import Coverage, Dimension, Point, Reported, Trace, Verdict
from readiness.repo.metadata import printable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table
    from sqlalchemy.engine import URL

NAME = "history.sqlite3"
REVISION = "0001"  # the last migration
PATIENCE = 60.0  # seconds that another process may hold the database
_MEMORY = "sqlite://"
_LOCK = 7_260_523_911  # ours among PostgreSQL's advisory locks
_MANY = 500  # values in one query
_LARGEST = 64 << 20  # bytes of the traces of one point


class Basis(Struct, frozen=True):
    """What the scores of a repository's commits follow from beside the commit: `origin` tells
    repositories apart, `config` is a digest of the configuration and `code` one of what runs."""

    origin: str
    repository: str
    config: str
    code: str


class Store:
    """The scores of commits, in one database."""

    def __init__(self, url: URL, shown: str) -> None:
        self._shown = shown
        self._engine = _engine(url)
        with self._told():
            with self._engine.connect() as connection:
                known = _revision(connection)
            if known != REVISION:
                _migrate(self._engine, shown)
            self._scores, self._dimensions, self._reported, self._reported_dimensions = (
                _table(name)
                for name in ("scores", "score_dimensions", "reported", "reported_dimensions")
            )

    @classmethod
    def open(cls, database: str | None, folder: str | None) -> Self:
        """The store in the database of a URL; without one, the file in `folder`; without either,
        one in memory that is gone when it is closed.

        Raises:
            UsageError: the database cannot be used.
        """
        if database is None:
            return cls(*_default(folder))
        return cls(_parsed(database), "--database")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def points(self, basis: Basis, commits: Sequence[str]) -> dict[str, Measured]:
        """What is known of `commits` on this basis, with the first score that was reported."""
        from sqlalchemy import select

        scores = self._scores
        with self._told(), self._engine.connect() as connection:
            rows: dict[int, Any] = {}
            values: dict[int, dict[Dimension, float | None]] = {}
            for some in _batches(commits):
                query = select(scores).where(
                    scores.c.origin == basis.origin,
                    scores.c.config == basis.config,
                    scores.c.code == basis.code,
                    scores.c.commit_id.in_(some),
                )
                rows.update((row.id, row) for row in connection.execute(query))
            for some in _batches(list(rows)):
                table = self._dimensions
                for row in connection.execute(select(table).where(table.c.score_id.in_(some))):
                    values.setdefault(row.score_id, {})[Dimension(row.dimension)] = row.value
            told = self._told_scores(connection, basis.origin, commits)
        found = {}
        for id_, row in rows.items():
            traces = _unpacked(row.traces)
            if traces is not None:
                point = _point(row, values.get(id_, {}), told.get(row.commit_id))
                found[row.commit_id] = Measured(point, traces)
        return found

    def _told_scores(
        self, connection: Connection, origin: str, commits: Sequence[str]
    ) -> dict[str, Reported]:
        from sqlalchemy import select

        table, parts = self._reported, self._reported_dimensions
        found: dict[str, Reported] = {}
        for some in _batches(commits):
            query = (
                select(table)
                .where(table.c.origin == origin, table.c.commit_id.in_(some))
                .order_by(table.c.id)
            )
            for row in list(connection.execute(query)):
                if row.commit_id in found:
                    continue
                mine = connection.execute(select(parts).where(parts.c.report_id == row.id))
                found[row.commit_id] = Reported(
                    overall=row.overall,
                    model_version=row.model_version,
                    tool_version=row.tool_version,
                    dimensions=_in_order({part.dimension: part.value for part in mine}),
                )
        return found

    def keep(self, basis: Basis, measured: Measured) -> None:
        """Keeps a point on this basis, unless another process has done so."""
        point = measured.point
        row = {
            "origin": basis.origin,
            "repository": basis.repository,
            "commit_id": point.commit,
            "at": point.at,
            "config": basis.config,
            "code": basis.code,
            "model_version": point.model_version,
            "tool_version": point.tool_version,
            "overall": point.overall,
            "with_waivers": point.with_waivers,
            "verdict": point.verdict.value,
            "coverage_rules": point.coverage.rules,
            "coverage_lines": point.coverage.lines,
            "findings": point.findings,
            "causes": point.causes,
            "traces": zlib.compress(msgspec.msgpack.encode(measured.traces), 1),
        }
        if not self._insert(self._scores, row, self._dimensions, "score_id", point.dimensions):
            scores = self._scores
            again = scores.update().where(
                *(
                    scores.c[name] == row[name]
                    for name in ("origin", "commit_id", "config", "code")
                ),
                scores.c.traces.is_(None),
            )
            with self._told(), self._engine.begin() as connection:
                connection.execute(again.values(traces=row["traces"]))

    def report(self, basis: Basis, point: Point) -> None:
        """Remembers that a score was told; the first one of a version stays."""
        row = {
            "origin": basis.origin,
            "repository": basis.repository,
            "commit_id": point.commit,
            "at": point.at,
            "config": basis.config,
            "model_version": point.model_version,
            "tool_version": point.tool_version,
            "overall": point.overall,
            "verdict": point.verdict.value,
        }
        self._insert(self._reported, row, self._reported_dimensions, "report_id", point.dimensions)

    def _insert(
        self,
        table: Table,
        row: dict[str, object],
        parts: Table,
        key: str,
        values: dict[Dimension, float | None],
    ) -> bool:
        """False where there is such a row: from another process, or from earlier."""
        from sqlalchemy.exc import IntegrityError

        with self._told():
            try:
                with self._engine.begin() as connection:
                    done = connection.execute(table.insert().values(**row))
                    (id_,) = done.inserted_primary_key or (None,)
                    several = [
                        {key: id_, "dimension": dimension.value, "value": value}
                        for dimension, value in values.items()
                    ]
                    if several:
                        connection.execute(parts.insert(), several)
            except IntegrityError:
                return False
        return True

    def forget(self, basis: Basis, commits: Sequence[str]) -> None:
        """Drops the traces of `commits` that other code left: they are many, and will not be
        asked for again. The scores stay."""
        scores = self._scores
        with self._told(), self._engine.begin() as connection:
            for some in _batches(commits):
                connection.execute(
                    scores.update()
                    .where(
                        scores.c.origin == basis.origin,
                        scores.c.code != basis.code,
                        scores.c.commit_id.in_(some),
                        scores.c.traces.is_not(None),
                    )
                    .values(traces=None)
                )

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        with _told(self._shown):
            yield


@contextlib.contextmanager
def _told(shown: str) -> Iterator[None]:
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


def _engine(url: URL) -> Engine:
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
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions leave out DDL
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # so that nobody waits in vain half-way

    return engine


def _table(name: str) -> Table:
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


def _point(row: Any, values: dict[Dimension, float | None], reported: Reported | None) -> Point:
    return Point(
        commit=row.commit_id,
        at=row.at,
        overall=row.overall,
        with_waivers=row.with_waivers,
        verdict=Verdict(row.verdict),
        dimensions=_in_order(values),
        coverage=Coverage(row.coverage_rules, row.coverage_lines),
        findings=row.findings,
        causes=row.causes,
        model_version=row.model_version,
        tool_version=row.tool_version,
        reported=reported,
    )


def _in_order(values: dict[Any, float | None]) -> dict[Dimension, float | None]:
    return {dimension: values[dimension] for dimension in Dimension if dimension in values}


def _unpacked(data: bytes | None) -> tuple[Trace, ...] | None:
    """The traces of a point; null where they were dropped or are damaged."""
    if data is None:
        return None
    try:
        plain = zlib.decompressobj().decompress(data, _LARGEST)
        return msgspec.msgpack.decode(plain, type=tuple[Trace, ...])
    except (zlib.error, msgspec.MsgspecError):
        return None


def _batches(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _MANY] for start in range(0, len(values), _MANY))
