"""The history: one small DuckDB file for trends and other days, made from the snapshots and made again at any time.

Each run adds what is new to a copy and puts the copy in place, so that whoever has the history open, a notebook left
open overnight included, neither waits nor blocks: they go on reading the file that they opened.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from fa_stats import files, snapshots, storage
from fa_stats.errors import StorageError

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    instance VARCHAR, source VARCHAR, day DATE, run VARCHAR, application_version VARCHAR, counted INTEGER,
    microseconds BIGINT
);
CREATE TABLE IF NOT EXISTS figures (
    instance VARCHAR, source VARCHAR, day DATE, run VARCHAR, name VARCHAR, status VARCHAR, value VARCHAR, number DOUBLE,
    microseconds BIGINT, measured BOOLEAN
);
CREATE TABLE IF NOT EXISTS statements (
    instance VARCHAR, source VARCHAR, day DATE, run VARCHAR, name VARCHAR, microseconds BIGINT
);
CREATE TABLE IF NOT EXISTS seen (run VARCHAR)
"""
_TABLES = ("runs", "figures", "statements")


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
    """Return the runs that the history has seen; none where it is absent or damaged."""
    try:
        with storage.opened(path) as connection:
            for table in _TABLES:  # damage shows where it is read, so all of it is
                connection.execute(f"SELECT max(COLUMNS(*)) FROM {table}").fetchall()
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
        connection.execute(
            f"INSERT INTO figures SELECT {who}, f.name, f.status, f.value, f.number, f.microseconds, f.measured "
            f"FROM snapshot.figures AS f, {last} ORDER BY f.name"
        )
        connection.execute(
            f"INSERT INTO statements SELECT {who}, s.name, s.microseconds FROM snapshot.statements AS s, {last}"
        )
        connection.execute(
            f"INSERT INTO runs SELECT {who}, new.application_version, "
            "(SELECT count(*) FROM snapshot.figures WHERE payload = 'stats' AND status = 'ok'), "
            f"(SELECT coalesce(sum(microseconds), 0) FROM snapshot.statements) FROM {last}"
        )
        connection.execute("COMMIT")
        connection.execute("DETACH snapshot")


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
    return dict(
        _rows(
            data,
            "SELECT name, arg_max(microseconds, day) FROM figures "
            f"WHERE source = {storage.quoted(source)} AND measured AND microseconds > 0 GROUP BY name",
        )
    )


def statement_times(data: Path, source: str, before: date, days: int) -> dict[str, list[int]]:
    """Return the microseconds of each statement on the last `days` days before a day, oldest first."""
    found: dict[str, list[int]] = {}
    rows = _rows(
        data,
        "SELECT name, sum(microseconds) FROM statements "
        f"WHERE source = {storage.quoted(source)} AND day < DATE '{before}' AND day >= DATE '{before}' - {days} "
        "GROUP BY name, day ORDER BY day",
    )
    for name, microseconds in rows:
        found.setdefault(name, []).append(int(microseconds))
    return found


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


def _rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    try:
        with open(data) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
            return rows
    except (StorageError, duckdb.Error):
        return []
