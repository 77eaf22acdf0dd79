"""The history: one small DuckDB file for trends and other days, made from the snapshots and made again at any time.

Each run adds what is new to a copy and puts the copy in place, so that whoever has the history open, a notebook left
open overnight included, neither waits nor blocks: they go on reading the file that they opened.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from fa_stats import files, snapshots
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
CREATE TABLE IF NOT EXISTS unreadable (run VARCHAR)
"""
_TABLES = ("runs", "figures", "statements")


def path_of(data: Path) -> Path:
    """Where the history is."""
    return data / "history.duckdb"


def catch_up(data: Path) -> int:
    """Add every snapshot that the history does not hold yet; the number of them. Raises StorageError."""
    path = path_of(data)
    known = _known(path)
    missing = [(day, run) for day, run in snapshots.found(data) if run not in known]
    if missing:
        _extend(data, missing, anew=not known)
    return len(missing)


def rebuild(data: Path) -> int:
    """Make the history anew from all snapshots; the number of them. Raises StorageError."""
    everything = snapshots.found(data)
    _extend(data, everything, anew=True)
    return len(everything)


def _known(path: Path) -> set[str]:
    """The runs that the history holds; none where it is absent or damaged."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute("SELECT run FROM runs UNION SELECT run FROM unreadable").fetchall()
    except duckdb.Error:
        return set()
    return {run for (run,) in rows}


def _extend(data: Path, missing: Sequence[tuple[date, str]], *, anew: bool) -> None:
    path = path_of(data)
    with files.replacing(path) as beside:
        try:
            if not anew:
                shutil.copyfile(path, beside)
            with duckdb.connect(str(beside)) as connection:
                connection.execute(SCHEMA)
                for day, run in missing:
                    _add(connection, snapshots.path_of(data, day, run), run)
                if anew:
                    _sort(connection)
        except duckdb.Error as error:
            raise StorageError(f"{path} could not be written ({type(error).__name__}); the next run tries again.") from None


def _add(connection: duckdb.DuckDBPyConnection, path: Path, run: str) -> None:
    """Copy one snapshot's figures; a later run of a day takes the place of an earlier one of the same source."""
    try:
        connection.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS snapshot (READ_ONLY)")
    except duckdb.Error:
        connection.execute(f"INSERT INTO unreadable VALUES ('{run}')")
        return
    try:
        for table in _TABLES:
            connection.execute(
                f"DELETE FROM {table} USING snapshot.run AS new "
                f"WHERE {table}.day = new.day AND {table}.source = new.source_identity AND {table}.run < new.run"
            )
        who = "r.instance_id, r.source_identity, r.day, r.run"
        connection.execute(
            f"INSERT INTO runs SELECT {who}, r.application_version, "
            "(SELECT count(*) FROM snapshot.figures WHERE payload = 'stats' AND status = 'ok'), "
            "(SELECT coalesce(sum(microseconds), 0) FROM snapshot.statements) FROM snapshot.run AS r"
        )
        connection.execute(
            f"INSERT INTO figures SELECT {who}, f.name, f.status, f.value, f.number, f.microseconds, f.measured "
            "FROM snapshot.run AS r, snapshot.figures AS f ORDER BY f.name"
        )
        connection.execute(
            f"INSERT INTO statements SELECT {who}, s.name, s.microseconds FROM snapshot.run AS r, snapshot.statements AS s"
        )
    except duckdb.Error:
        connection.execute(f"INSERT INTO unreadable VALUES ('{run}')")
    finally:
        connection.execute("DETACH snapshot")


def _sort(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay the figures down month by month and stat by stat, so that a trend reads little."""
    connection.execute("CREATE TABLE sorted AS FROM figures ORDER BY date_trunc('month', day), name, day, instance")
    connection.execute("DROP TABLE figures")
    connection.execute("ALTER TABLE sorted RENAME TO figures")


@contextmanager
def open(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:  # noqa: A001
    """A read-only connection to the history; raises StorageError where there is none yet."""
    path = path_of(data)
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error:
        raise StorageError(f"There is no readable history at {path}. The next run makes it from the snapshots.") from None
    with connection:
        yield connection


def weights(data: Path, source: str) -> dict[str, int]:
    """The microseconds that each stat of a source took when it was last measured alone; empty without a history."""
    return dict(
        _rows(
            data,
            "SELECT name, arg_max(microseconds, day) FROM figures "
            f"WHERE source = {_text(source)} AND measured AND microseconds > 0 GROUP BY name",
        )
    )


def statement_times(data: Path, source: str, before: date, days: int) -> dict[str, list[int]]:
    """The microseconds of each statement on the last `days` days before a day, oldest first."""
    found: dict[str, list[int]] = {}
    rows = _rows(
        data,
        "SELECT name, sum(microseconds) FROM statements "
        f"WHERE source = {_text(source)} AND day < DATE '{before}' AND day >= DATE '{before}' - {days} "
        "GROUP BY name, day ORDER BY day",
    )
    for name, microseconds in rows:
        found.setdefault(name, []).append(int(microseconds))
    return found


def days(data: Path, source: str, until: date, most: int) -> list[tuple[date, int, int]]:
    """The last days up to one, oldest first: the day, the number of stats counted, microseconds in the database."""
    rows = _rows(
        data,
        f"SELECT day, counted, microseconds FROM runs WHERE source = {_text(source)} AND day <= DATE '{until}' "
        f"ORDER BY day DESC LIMIT {most}",
    )
    return [(day, counted, int(microseconds)) for day, counted, microseconds in reversed(list(rows))]


def trend(data: Path, name: str) -> list[tuple[date, float | None]]:
    """One stat's value on every day of the history, oldest first."""
    rows = _rows(data, f"SELECT day, number FROM figures WHERE name = {_text(name)} ORDER BY day")
    return [(day, number) for day, number in rows]


def _rows(data: Path, query: str) -> Iterable[tuple]:  # type: ignore[type-arg]
    try:
        with open(data) as connection:
            return connection.execute(query).fetchall()
    except (StorageError, duckdb.Error):
        return []


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
