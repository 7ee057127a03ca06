"""The store of scores: SQLite in the user's cache folder, or any database that SQLAlchemy knows.

A score is written once and never changed. Two processes may write at the same time: who comes
second finds the row and leaves it.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
from msgspec import Struct

from readiness.history import database
from readiness.history.trends import Measured
from readiness.model import Coverage, Dimension, Point, Reported, Trace, Verdict

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.engine import URL

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
        self._engine = database.connect_to(url)
        with self._told():
            database.prepare(self._engine, shown)
        self._scores, self._dimensions, self._reported, self._reported_dimensions = (
            database.table(name)
            for name in ("scores", "score_dimensions", "reported", "reported_dimensions")
        )

    @classmethod
    def open(cls, url: str | None, folder: str | None) -> Self:
        """The store in the database of a URL; without one, the file in `folder`; without either,
        one in memory that is gone when it is closed.

        Raises:
            UsageError: the database cannot be used.
        """
        return cls(*database.locate(url, folder))

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
        with database.told(self._shown):
            yield


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
