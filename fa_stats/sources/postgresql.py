"""A PostgreSQL database as a source: one read-only session, one short transaction for each statement."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import conninfo

from fa_stats import address, plans, rights
from fa_stats.collection import Load
from fa_stats.dialects import SWITCH, Dialect, PostgreSQL
from fa_stats.errors import QueryError, UsageError
from fa_stats.query import Query
from fa_stats.sources import (
    GRANTS,
    SILENT,
    Answer,
    Limits,
    Options,
    Pressure,
    Schema,
    lock_not_given,
    stopped_after,
    too_many_rows,
)

_APPLICATION = "fa_stats"
_PATIENCE = 10  # seconds for a connection, where the URL names none
_GRACE = 5.0  # seconds that a server may take beyond a statement's limit before it is taken for hung
_LOOK = Limits(10.0)  # for a look at the schema or the server's business
_PREPARED = "fa_stats_statement"
_FLUSHES = 150000  # since version 15 a session can have its counters brought up to date
_WHOLE_DATABASE = ("temporary_bytes", "temporary_files")
# The session cannot write, and takes no more of the server than one process: what a role may do is up to its grants.
_SAFE = {
    "default_transaction_read_only": "on",
    "statement_timeout": "10s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "30s",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
# The same for each transaction. Nothing is set for a session once it is open: behind a pool, others would inherit it.
_BEGIN = ";\n".join(["BEGIN READ ONLY", *(f"SET LOCAL {name} = '{value}'" for name, value in _SAFE.items())])
_SERVER = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'), EXISTS (
  SELECT FROM pg_attribute WHERE attrelid = to_regclass('system_configuration') AND attname = '{switch}'
)
"""
_COLUMNS = """
SELECT c.relname, a.attname, has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  AND pg_table_is_visible(c.oid) AND c.relnamespace <> 'pg_catalog'::regnamespace
"""
_SIZES = "SELECT relname, max(reltuples)::float8 FROM pg_class WHERE relkind IN ('r', 'p', 'm') GROUP BY relname"
# A session in a transaction holds a lock on its own number: that shows how many there are, without a right to look at
# them. Locks that are waited for show too.
_PRESSURE = """
SELECT count(*) FILTER (WHERE locktype = 'virtualxid' AND granted AND pid <> pg_backend_pid()),
  count(*) FILTER (WHERE NOT granted),
  CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
    THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END
FROM pg_locks
"""
# What this transaction read of some tables, of the tables that hold their long values, and of their indexes.
_READ = """
WITH asked AS (SELECT oid, reltoastrelid FROM pg_class WHERE relname IN ({tables}) AND relkind IN ('r', 'p', 'm')),
relations AS (SELECT oid FROM asked UNION SELECT reltoastrelid FROM asked)
SELECT c.relname, c.relkind::text, pg_stat_get_xact_numscans(c.oid), pg_stat_get_xact_tuples_returned(c.oid),
  pg_stat_get_xact_tuples_fetched(c.oid), pg_stat_get_xact_blocks_fetched(c.oid), pg_stat_get_xact_blocks_hit(c.oid)
FROM pg_class AS c
WHERE pg_stat_get_xact_blocks_fetched(c.oid) > 0
  AND c.oid IN (
    SELECT oid FROM relations
    UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM relations)
  )
"""
_TEMPORARY = "SELECT temp_files, temp_bytes FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class _Result:
    names: list[str]
    rows: list[tuple[Any, ...]]
    size: int


class PostgreSQLServer:
    """A database of a PostgreSQL server, 14 or newer; libpq reads the URL, the environment and the password file."""

    kind = "postgresql"

    def __init__(self, url: str) -> None:
        try:
            found = conninfo.conninfo_to_dict(url)
            if re.search("[@/:]", str(found.get("dbname") or "")):  # what follows a slash within a password
                raise psycopg.ProgrammingError
        except psycopg.ProgrammingError:
            raise UsageError(
                "The PostgreSQL URL cannot be read. Write it as postgresql://user@host:5432/database, special "
                "characters of a password as %XX."
            ) from None
        self._url = url
        self._patience = None if "connect_timeout" in found else _PATIENCE
        self._options = str(found.get("options") or os.environ.get("PGOPTIONS", ""))
        self.label = f"PostgreSQL database {found['dbname']}" if found.get("dbname") else "PostgreSQL database"
        where = [str(found.get(key) or "") for key in ("service", "host", "hostaddr", "port", "dbname", "options")]
        self.identity = "postgresql:" + hashlib.sha256("\0".join(where).encode()).hexdigest()[:16]

    def check(self) -> None:
        """Find nothing amiss: libpq looks for the password and the certificates when it connects."""

    @contextmanager
    def connect(self) -> Iterator[PostgreSQLConnection]:
        """Open a session; raises SourceError, without an address or a password in it."""
        try:
            connection = self._open()
        except (psycopg.Error, UnicodeError) as error:
            raise address.postgresql_unreached(error) from None
        try:
            try:
                with _answering(connection, _PATIENCE):
                    session = PostgreSQLConnection(connection)
            except (psycopg.Error, TimeoutError) as error:
                raise address.postgresql_unreached(error) from None
            yield session
        finally:
            with suppress(psycopg.Error):
                connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        given: dict[str, Any] = {"application_name": _APPLICATION, "autocommit": True, "prepare_threshold": None}
        given |= {"connect_timeout": self._patience} if self._patience else {}
        safe = " ".join([self._options, *(f"-c {name}={value}" for name, value in _SAFE.items())]).strip()
        try:
            return psycopg.connect(self._url, options=safe, **given)
        except psycopg.OperationalError as error:
            if "unsupported startup parameter" not in str(error):
                raise
            return psycopg.connect(self._url, **given)  # a pool, which takes no settings for a session


class PostgreSQLConnection:
    """One session."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        [(number, shown, views)] = self._results(_SERVER.format(switch=SWITCH.name))[-1].rows
        self._number: int = number
        self._version = f"PostgreSQL {re.split(r'[^0-9.]', shown)[0]}"
        self.dialect: Dialect = PostgreSQL(views=views)
        self._sizes: dict[str, float] | None = None
        self._temporary = self._read_temporary()

    def version(self) -> str:
        """Return the server's version."""
        return self._version

    def schema(self) -> Schema:
        """Return the tables on the search path, each with its columns, and those that the role may not read."""
        columns: dict[str, set[str]] = {}
        unreadable: dict[str, set[str]] = {}
        for table, column, readable in self._rows(_COLUMNS):
            columns.setdefault(table, set()).add(column)
            if not readable:
                unreadable.setdefault(table, set()).add(column)
        return Schema(_frozen(columns), _frozen(unreadable))

    def options(self) -> Options:
        """Return nothing known: a database holds none of them."""
        return SILENT

    def pressure(self) -> Pressure:
        """Return how many other sessions are in a transaction, and how many locks are waited for."""
        [(sessions, waits, lag)] = self._rows(_PRESSURE)
        return Pressure(sessions, waits, None if lag is None else float(lag))

    def standing(self, needed: Mapping[str, Collection[str]]) -> rights.Standing:
        """Return how this session stands to its server, and what its role may do beyond reading what is needed."""
        return rights.postgresql(self._rows, needed)

    def run(self, query: Query, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run one query in a transaction of its own, if its plan is within limits; raises QueryError."""
        begin = [
            _BEGIN,
            f"SET LOCAL statement_timeout = {max(1, int(limits.seconds * 1000))}",
            f"SET LOCAL lock_timeout = {max(1, int(limits.lock_seconds * 1000))}",
            *(f"SET LOCAL fa_stats.{name} = '{parameters[name]}'" for name in query.parameters),
            # Prepared, the statement is planned once: the plan that is looked at is the one that runs.
            f"PREPARE {_PREPARED} AS\n{query.sql}",
            f"EXPLAIN (FORMAT JSON) EXECUTE {_PREPARED}",
        ]
        with self._careful(limits, query):
            try:
                explained = self._results(";\n".join(begin))[-1]
                plan = plans.of_postgresql(explained.rows[0][0], self._table_sizes())
                if plan.rows > limits.rows:
                    raise too_many_rows(plan, limits)
                answer = self._measured(query, plan)
            finally:
                if not self._connection.closed:
                    with suppress(psycopg.errors.InvalidSqlStatementName):  # it did not come to be prepared
                        self._results(f"ROLLBACK;\nDEALLOCATE {_PREPARED}")
            files, size = self._temporary_since()
        return replace(answer, load=replace(answer.load, temporary_files=files, temporary_bytes=size))

    def _measured(self, query: Query, plan: plans.Plan) -> Answer:
        """Run the prepared statement between two looks at the server's clock, all in one message."""
        tables = ", ".join(f"'{table}'" for table in query.columns)
        flush = "pg_stat_force_next_flush()" if self._number >= _FLUSHES else "NULL"
        text = (
            f"SELECT clock_timestamp();\nEXECUTE {_PREPARED};\nSELECT clock_timestamp();\n"
            f"{_READ.format(tables=tables or 'NULL')};\nSELECT clock_timestamp(), {flush}"
        )
        begun = time.perf_counter_ns()
        before, found, after, read, end = self._results(text)
        took = (time.perf_counter_ns() - begun) // 1000
        server = _between(before, after)
        wire = max(took - _between(before, end), 0)  # what is left of the message's time, the looks left out
        tables_read = [row for row in read.rows if row[1] != "i"]
        fetched, hit = sum(row[5] for row in read.rows), sum(row[6] for row in read.rows)
        return Answer(
            rows=tuple(dict(zip(found.names, row, strict=True)) for row in found.rows),
            scans=tuple(sorted((row[0], row[2], row[3]) for row in tables_read if row[1] != "t" and row[2])),
            load=Load(
                rows_read=sum(row[3] + row[4] for row in tables_read if row[1] != "t"),
                blocks_hit=hit,
                blocks_read=fetched - hit,
                bytes_returned=found.size,
                server_us=server,
                estimated_rows=int(plan.rows),
                plan=plan.text,
                plan_sha256=plan.sha256,
                whole_server=_WHOLE_DATABASE,
            ),
            microseconds=server + wire,
        )

    def _table_sizes(self) -> dict[str, float]:
        if self._sizes is None:
            self._sizes = dict(self._results(_SIZES)[-1].rows)
        return self._sizes

    def _read_temporary(self) -> tuple[int, int]:
        """Return the temporary files of the whole database so far, and their bytes."""
        [found] = self._results(_TEMPORARY)[-1].rows
        return found[0], found[1]

    def _temporary_since(self) -> tuple[int | None, int | None]:
        if self._number < _FLUSHES:  # counters that lag behind would blame another statement
            return None, None
        before, self._temporary = self._temporary, self._read_temporary()
        return self._temporary[0] - before[0], self._temporary[1] - before[1]

    def _rows(self, text: str) -> list[tuple[Any, ...]]:
        """Ask for something other than figures; raises QueryError."""
        with self._careful(_LOOK, None):
            try:
                return self._results(f"{_BEGIN};\n{text}")[-1].rows
            finally:
                if not self._connection.closed:
                    self._results("ROLLBACK")

    def _results(self, text: str) -> list[_Result]:
        cursor = self._connection.execute(text)  # without parameters: several statements in one message
        found = []
        while True:
            if cursor.description:
                names = [column.name for column in cursor.description]
                size = _size(cursor.pgresult)
                found.append(_Result(names, cursor.fetchall(), size))
            if not cursor.nextset():
                return found

    @contextmanager
    def _careful(self, limits: Limits, query: Query | None) -> Iterator[None]:
        """Put the driver's errors in words of our own, and hang up on a server that does not answer."""
        patience = limits.seconds + limits.lock_seconds + _GRACE
        begun = time.monotonic()
        try:
            with _answering(self._connection, patience):
                yield
        except TimeoutError:
            said = f"the server did not answer for {patience:g} s, and the connection was closed"
            raise QueryError(said, timed_out=True, lost=True) from None
        except psycopg.Error as error:
            if error.sqlstate == "57014" and time.monotonic() - begun < limits.seconds:
                raise QueryError("somebody stopped it at the server") from None
            raise _failed(error, query, limits) from None


@contextmanager
def _answering(connection: psycopg.Connection[Any], patience: float) -> Iterator[None]:
    """Hang up on a server that does not answer what is asked inside; raises TimeoutError where that was done."""
    hung = threading.Event()

    def hang_up() -> None:
        hung.set()
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    watcher = threading.Timer(patience, hang_up)
    watcher.daemon = True
    watcher.start()
    try:
        yield
    except psycopg.Error:
        if hung.is_set():
            raise TimeoutError("timed out") from None
        raise
    finally:
        watcher.cancel()


def _failed(error: psycopg.Error, query: Query | None, limits: Limits) -> QueryError:
    """Put an error in words of our own: the server's may quote a row."""
    code = error.sqlstate or ""
    if code == "57014":
        return stopped_after(limits.seconds)
    if code == "55P03":
        return lock_not_given(limits.lock_seconds)
    if code == "22P05" and query and query.documents:
        said = f"a document in {' or '.join(query.documents)} holds the character \\u0000, which PostgreSQL cannot read"
        return QueryError(said, document=True)
    if code in ("22P02", "22032") and query and query.documents:
        return QueryError(f"a document in {' or '.join(query.documents)} is not valid JSON", document=True)
    if code == "42501":
        return QueryError(f"this role may not read all that the statement needs; {GRANTS}", schema=True)
    if code in ("42P01", "42703", "3F000"):
        return QueryError("a table or column that was there is gone", schema=True)
    if code[:2] == "42":  # also where another column answers to the name of one that is gone
        return QueryError(f"a column is of another type than expected ({code})", schema=True)
    if code[:2] == "22":
        return QueryError(f"a value is of another type than expected ({code})")
    if code[:3] == "57P" or code[:2] == "08" or (not code and isinstance(error, psycopg.OperationalError)):
        return QueryError("the connection to the server was lost", lost=True)
    if code[:2] == "53":
        return QueryError(f"the server has not enough memory, disk or connections for the statement ({code})")
    if code[:2] == "40":
        return QueryError(f"the server broke the statement off in favour of others ({code})")
    return QueryError(f"the server refused the statement ({code or type(error).__name__})")


def _between(first: _Result, last: _Result) -> int:
    """How many microseconds passed between two looks at the server's clock."""
    return max(int((last.rows[0][0] - first.rows[0][0]) / timedelta(microseconds=1)), 0)


def _size(result: Any) -> int:
    """How many bytes of values a result brought."""
    return sum(
        len(result.get_value(row, column) or b"") for row in range(result.ntuples) for column in range(result.nfields)
    )


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {table: frozenset(columns) for table, columns in found.items()}
