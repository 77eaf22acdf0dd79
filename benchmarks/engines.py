"""The databases that are compared: a DuckDB file, and real servers with buffers as in production."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql
import pymysql.cursors

from benchmarks.classical import CLASSICAL
from fa_stats import sources
from fa_stats.address import MySQLAddress
from fa_stats.demo import loading
from fa_stats.dialects import DIALECTS, Dialect, DuckDB
from fa_stats.sources import Source

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import servers  # the tests start the same ones

NAMES = {"duckdb": "DuckDB", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
_BUFFERS = {
    "postgresql": ("--shared_buffers=1GB", "--max_wal_size=4GB"),
    "mysql": ("--innodb-buffer-pool-size=3G",),
    "mariadb": ("--innodb-buffer-pool-size=3G", "--userstat=1"),
}
_SCANNED = {
    "postgresql": "SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables",
    "mysql": "SELECT object_name, count_read FROM performance_schema.table_io_waits_summary_by_table "
    "WHERE object_schema = database()",
    "mariadb": "SELECT table_name, rows_read FROM information_schema.table_statistics WHERE table_schema = database()",
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """An open connection: all rows of a query at once, or single values one after the other."""

    rows: Callable[[str], list[Row]]
    stream: Callable[[str], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Database:
    """An instance that is loaded somewhere."""

    kind: str
    url: str

    @property
    def name(self) -> str:
        """What the database calls itself."""
        return NAMES[self.kind]

    @property
    def ours(self) -> Dialect:
        """The dialect that a collection speaks."""
        return DIALECTS[self.kind]

    @property
    def classical(self) -> Dialect:
        """The dialect of one query per stat, written by hand."""
        return CLASSICAL[self.kind]

    def source(self) -> Source:
        """The instance as a collection reads it."""
        return sources.find(self.url, day=None, data=Path(), demo={})  # type: ignore[arg-type] # no demo, no day

    @contextmanager
    def opened(self, parameters: Mapping[str, Any]) -> Iterator[Asking]:
        """Connect plainly, one process or thread at work as in a collection, and set the statements' parameters."""
        if self.kind == "duckdb":
            yield from _duckdb(Path(self.url.removeprefix("duckdb://")), parameters)
        elif self.kind == "postgresql":
            yield from _postgresql(self.url, parameters)
        else:
            yield from _mysql(self.url, parameters)

    def scanned(self) -> dict[str, int]:
        """How often each table was read so far, in scans or in rows, by the server's own counters."""
        with self.opened({}) as asking:
            return {str(table): int(number) for table, number in map(dict.values, asking.rows(_SCANNED[self.kind]))}


def _duckdb(path: Path, parameters: Mapping[str, Any]) -> Iterator[Asking]:
    with duckdb.connect(str(path), read_only=True, config={"threads": 2}) as connection:
        for name, value in parameters.items():
            connection.execute(f"SET VARIABLE {name} = {DuckDB.literal(value)}")

        def rows(sql: str) -> list[Row]:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        def stream(sql: str) -> Iterator[Any]:
            cursor = connection.execute(sql)
            while block := cursor.fetchmany(1000):
                yield from (value for (value,) in block)

        yield Asking(rows, stream)


def _postgresql(url: str, parameters: Mapping[str, Any]) -> Iterator[Asking]:
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        for name, value in parameters.items():
            connection.execute(f"SET fa_stats.{name} = '{value}'")

        def rows(sql: str) -> list[Row]:
            cursor = connection.execute(sql)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        def stream(sql: str) -> Iterator[Any]:
            with connection.transaction(), connection.cursor(name="documents") as cursor:
                cursor.itersize = 1000
                yield from (value for (value,) in cursor.execute(sql))

        yield Asking(rows, stream)


def _mysql(url: str, parameters: Mapping[str, Any]) -> Iterator[Asking]:
    connection = pymysql.connect(**MySQLAddress.parse(url).arguments(), autocommit=True)
    try:
        with connection.cursor() as cursor:
            for name, value in parameters.items():
                cursor.execute(f"SET @{name} = %s", [value])

        def rows(sql: str) -> list[Row]:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                names = [column[0] for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        def stream(sql: str) -> Iterator[Any]:
            with pymysql.cursors.SSCursor(connection) as cursor:
                cursor.execute(sql)
                yield from (value for (value,) in cursor)

        yield Asking(rows, stream)
    finally:
        connection.close()


@contextmanager
def served(kind: str, instances: Sequence[Path]) -> Iterator[tuple[str, list[Database]]]:
    """Start a server of a kind, load instances into databases of their own, and stop it in the end."""
    server = servers.private(kind, *_BUFFERS[kind])
    try:
        loaded = []
        for instance in instances:
            database = Database(kind, server.url(server.create_database()))
            loading.load(instance, database.url, lambda _: None)
            loaded.append(database)
        yield server.version, loaded
    finally:
        server.stop()
