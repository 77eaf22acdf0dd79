"""The history: one small DuckDB file for trends and other days, made from the snapshots and made again at any time.

Each run adds what is new to a copy and puts the copy in place, so that whoever has the history open, a notebook left
open overnight included, neither waits nor blocks: they go on reading the file that they opened.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from fa_stats import files, layout, snapshots, storage
from fa_stats.errors import StorageError

_TABLES = {
    "runs": {"application_version": "VARCHAR", "counted": "INTEGER", "microseconds": "BIGINT"},
    "figures": {
        "name": "VARCHAR",
        "status": "VARCHAR",
        "value": "VARCHAR",
        "number": "DOUBLE",
        "microseconds": "BIGINT",
        "measured": "BOOLEAN",
        "alone_microseconds": "BIGINT",
    },
    "statements": {
        "name": "VARCHAR",
        "microseconds": "BIGINT",
        "alone": "BOOLEAN",
        "sha256": "VARCHAR",
        "rows_read": "BIGINT",
        "estimated_rows": "BIGINT",
        "server_us": "BIGINT",
        "bytes_returned": "BIGINT",
        "temporary_bytes": "BIGINT",
        "plan_sha256": "VARCHAR",
    },
}
_SUMS = ("rows_read", "server_us", "bytes_returned", "temporary_bytes")
_TAKEN = {"alone": "coalesce(s.alone, false)"}  # format 1 of the snapshots does not have it
_RUN = {"instance": "VARCHAR", "source": "VARCHAR", "day": "DATE", "run": "VARCHAR"}
_COLUMNS = {table: _RUN | columns for table, columns in _TABLES.items()} | {"seen": {"run": "VARCHAR"}}
SCHEMA = ";\n".join(
    f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
    for table, columns in _COLUMNS.items()
)


@dataclass(frozen=True, slots=True)
class StatDay:
    """The times of one stat on one day, in microseconds: that of its statement's share or its own, and alone."""

    day: date
    status: str
    microseconds: int | None
    measured: bool
    alone_microseconds: int | None

    @property
    def own(self) -> int | None:
        """The time of its own; None where there is only a share."""
        if self.alone_microseconds is not None:
            return self.alone_microseconds
        return self.microseconds if self.measured else None


@dataclass(frozen=True, slots=True)
class StatementDay:
    """Time and load on one day, its queries together; None is what the database does not say.

    `sha256` and `plans` are digests, parted by spaces where there were several queries.
    """

    day: date
    microseconds: int
    rows_read: int | None
    server_us: int | None
    bytes_returned: int | None
    temporary_bytes: int | None
    sha256: str
    plans: str | None


def path_of(data: Path) -> Path:
    """Where the history is."""
    return data / "history.duckdb"


def catch_up(data: Path) -> int:
    """Add every snapshot that the history does not hold yet; return the number of them. Raises StorageError.

    A snapshot that cannot be read is passed over, and looked at again by the next run; a history that cannot be read is
    made anew.
    """
    known = _known(path_of(data))
    missing = [each for each in snapshots.found(data) if each[1] not in known]
    return _extend(data, missing, anew=not known)


def rebuild(data: Path) -> int:
    """Make the history anew from all snapshots; return the number of them. Raises StorageError."""
    return _extend(data, snapshots.found(data), anew=True)


def _known(path: Path) -> set[str]:
    """Return the runs that the history has seen; none where it is absent, damaged or of an older layout."""
    try:
        with storage.opened(path) as connection:
            for table, columns in _COLUMNS.items():  # damage shows where it is read, so all of it is
                connection.execute(f"SELECT max(COLUMNS(*)) FROM {table}").fetchall()
                found = connection.execute(f"DESCRIBE {table}").fetchall()
                if [(name, kind) for name, kind, *_ in found] != list(columns.items()):  # in this order they are filled
                    return set()
            rows = connection.execute("SELECT run FROM seen").fetchall()
    except (duckdb.Error, OSError):
        return set()
    return {run for (run,) in rows}


def _extend(data: Path, missing: Sequence[tuple[date, str]], *, anew: bool) -> int:
    readable = [(day, run) for day, run in missing if snapshots.if_readable(data, day, run)]
    if not readable and not anew:
        return 0
    path = path_of(data)
    with files.replacing(path) as beside:
        try:
            if not anew:
                shutil.copyfile(path, beside)
            with duckdb.connect(str(beside)) as connection:
                connection.execute(SCHEMA)
                for day, run in readable:
                    _add(connection, snapshots.path_of(data, day, run))
                if anew:
                    _sort(connection)
        except duckdb.Error as error:
            raise storage.unwritten(path, error) from None
        # The log of whoever has the old file open for writing is none of the new one's.
        Path(f"{path}.wal").unlink(missing_ok=True)
    return len(readable)


def _add(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Copy one snapshot's figures; of the runs of a day and source only the last has its figures in the history."""
    with storage.readable(path) as own:
        connection.execute(f"ATTACH {storage.quoted(str(own))} AS snapshot (READ_ONLY)")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO seen SELECT run FROM snapshot.run")
        same = "old.day = new.day AND old.source = new.source_identity AND old.run"
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table} AS old USING snapshot.run AS new WHERE {same} < new.run")
        last = f"snapshot.run AS new WHERE NOT EXISTS (SELECT 1 FROM runs AS old WHERE {same} > new.run)"
        who = "new.instance_id, new.source_identity, new.day, new.run"
        for table in ("figures", "statements"):
            columns = ", ".join(_TAKEN.get(name, f"s.{name}") for name in _TABLES[table])
            connection.execute(
                f"INSERT INTO {table} SELECT {who}, {columns} FROM {_whole(table)} AS s, {last} ORDER BY s.name"
            )
        connection.execute(
            f"INSERT INTO runs SELECT {who}, new.application_version, "
            "(SELECT count(*) FROM snapshot.figures WHERE payload = 'stats' AND status = 'ok'), "
            f"(SELECT coalesce(sum(microseconds), 0) FROM snapshot.statements) FROM {last}"
        )
        connection.execute("COMMIT")
        connection.execute("DETACH snapshot")


def _whole(table: str) -> str:
    """Return a snapshot's table with the columns of today, which one of an older format lacks."""
    none = ", ".join(f"NULL::{kind} AS {name}" for name, kind in layout.TABLES[table].items())
    return f"(SELECT {none} WHERE false UNION ALL BY NAME FROM snapshot.{table})"


def _sort(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay the figures down month by month and stat by stat, so that a trend reads little."""
    connection.execute("CREATE TABLE sorted AS FROM figures ORDER BY date_trunc('month', day), name, day, instance")
    connection.execute("DROP TABLE figures")
    connection.execute("ALTER TABLE sorted RENAME TO figures")


@contextmanager
def open(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a read-only connection to the history; raises StorageError where there is none yet."""
    path = path_of(data)
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(storage.opened(path))
        except (duckdb.Error, OSError):
            message = f"There is no readable history at {path}. The next run makes it from the snapshots."
            raise StorageError(message) from None
        yield connection


def weights(data: Path, source: str) -> dict[str, int]:
    """Return the microseconds of each stat of a source when it was last measured alone; none without a history."""
    return {name: own for name, (_, own) in own_times(data, source, date.max).items()}


def own_times(data: Path, source: str, until: date) -> dict[str, tuple[date, int]]:
    """Return the day and the microseconds of each stat when it was last measured alone, up to a day."""
    own = "coalesce(alone_microseconds, CASE WHEN measured THEN microseconds END)"
    rows = _rows(
        data,
        f"SELECT name, max(day), arg_max({own}, day) FROM figures "
        f"WHERE {_of(source, until)} AND {own} > 0 GROUP BY name",
    )
    return {name: (day, own) for name, day, own in rows}


def statement_times(data: Path, source: str, before: date, days: int) -> dict[str, list[int]]:
    """Return the microseconds of each statement on the last `days` days before a day, oldest first.

    What ran once more for a stat of its own is left out: it says nothing of the statement.
    """
    found: dict[str, list[int]] = {}
    rows = _rows(
        data,
        "SELECT name, sum(microseconds) FROM statements "
        f"WHERE source = {storage.quoted(source)} AND NOT alone "
        f"AND day < DATE '{before}' AND day >= DATE '{before}' - {days} "
        "GROUP BY name, day ORDER BY day",
    )
    for name, microseconds in rows:
        found.setdefault(name, []).append(int(microseconds))
    return found


def plans(data: Path, source: str, before: date) -> dict[str, tuple[date, str]]:
    """Return the day and the plan's digest of each statement's last run before a day, by the statement's digest."""
    rows = _rows(
        data,
        "SELECT sha256, max(day), arg_max(plan_sha256, day) FROM statements "
        f"WHERE source = {storage.quoted(source)} AND day < DATE '{before}' AND plan_sha256 IS NOT NULL "
        "GROUP BY sha256",
    )
    return {sha256: (day, plan) for sha256, day, plan in rows}


def days(data: Path, source: str, until: date, most: int) -> list[tuple[date, int, int]]:
    """Return the last days up to one, oldest first: the day, stats counted, microseconds in the database."""
    rows = _rows(
        data,
        "SELECT day, counted, microseconds FROM runs "
        f"WHERE source = {storage.quoted(source)} AND day <= DATE '{until}' ORDER BY day DESC LIMIT {most}",
    )
    return [(day, counted, int(microseconds)) for day, counted, microseconds in reversed(rows)]


def trend(data: Path, source: str, name: str) -> list[tuple[date, float | None]]:
    """Return one stat's value on every day of a source's history, oldest first."""
    where = f"source = {storage.quoted(source)} AND name = {storage.quoted(name)}"
    rows = _rows(data, f"SELECT day, number FROM figures WHERE {where} ORDER BY day")
    return [(day, number) for day, number in rows]


def sources(data: Path) -> list[str]:
    """Return the sources that there are, the one with the newest run first."""
    return [source for (source,) in _rows(data, "SELECT source FROM runs GROUP BY source ORDER BY max(run) DESC")]


def stat_days(data: Path, source: str, name: str, until: date) -> list[StatDay]:
    """Return the times of one stat day by day up to a day, oldest first."""
    where = f"{_of(source, until)} AND name = {storage.quoted(name)}"
    columns = "day, status, microseconds, measured, alone_microseconds"
    return [StatDay(*row) for row in _rows(data, f"SELECT {columns} FROM figures WHERE {where} ORDER BY day")]


def statement_days(data: Path, source: str, name: str | None, until: date) -> list[StatementDay]:
    """Return time and load of one statement day by day up to a day, oldest first; of all statements without a name.

    What ran once more for a stat of its own counts among all statements, and as no part of any one.
    """
    which = f"NOT alone AND name = {storage.quoted(name)}" if name else "true"
    sums = ", ".join(f"sum({column})::BIGINT" for column in ("microseconds", *_SUMS))
    digests = ", ".join(f"string_agg(DISTINCT {column}, ' ' ORDER BY {column})" for column in ("sha256", "plan_sha256"))
    rows = _rows(
        data,
        f"SELECT day, {sums}, {digests} FROM statements WHERE {_of(source, until)} AND {which} "
        "GROUP BY day ORDER BY day",
    )
    return [StatementDay(*row) for row in rows]


def known_runs(data: Path) -> set[str]:
    """Return the runs whose snapshots the history has seen; none where it cannot be read."""
    return {run for (run,) in _rows(data, "SELECT run FROM seen")}


def first_names(data: Path, source: str, version: str) -> tuple[date, str, frozenset[str]] | None:
    """Return the day and name of a source's first run under an application version, and the figures that it knew.

    Of a day with more runs than one, it is the last.
    """
    rows = _rows(
        data,
        "SELECT day, run, list(name) FROM figures WHERE run = ("
        f"SELECT min(run) FROM runs WHERE source = {storage.quoted(source)} "
        f"AND application_version = {storage.quoted(version)}) AND source = {storage.quoted(source)} GROUP BY day, run",
    )
    return next(((day, run, frozenset(names)) for day, run, names in rows), None)


def _of(source: str, until: date) -> str:
    return f"source = {storage.quoted(source)} AND day <= DATE '{until}'"


def _rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    try:
        with open(data) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
            return rows
    except (StorageError, duckdb.Error):
        return []
