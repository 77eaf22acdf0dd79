"""A MySQL or MariaDB database as a source: one read-only session, one short transaction for each statement."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pymysql
import pymysql.cursors

from fa_stats import address, plans, rights
from fa_stats.address import MySQLAddress
from fa_stats.collection import Load
from fa_stats.dialects import SWITCH, Dialect, MariaDB, MySQL
from fa_stats.errors import QueryError
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
_GRACE = 5  # seconds that a server may take beyond a statement's limit before it is taken for hung
_LOOK = Limits(10.0)  # for a look at the schema or the server's business
# The session cannot write: what a user may do is up to its grants.
_SESSION = (
    "SET SESSION TRANSACTION READ ONLY",
    "SET SESSION sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES'",
    "SET SESSION profiling_history_size = 4",
    "SET SESSION profiling = 1",  # the session then says how long the server took over a statement
)
_SERVER = f"""
SELECT version(), EXISTS (
  SELECT 1 FROM information_schema.columns
  WHERE table_schema = database() AND table_name = 'system_configuration' AND column_name = '{SWITCH.name}'
)
"""
# Only what the user may read is listed: what is not there and what is hidden look alike.
_COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = database()"
_BUSY = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_running', 'Innodb_row_lock_current_waits')"
_BLOCKS, _DISK_BLOCKS = "Innodb_buffer_pool_read_requests", "Innodb_buffer_pool_reads"
_HIDDEN = 1345  # EXPLAIN is refused over views whose tables the user may not read
_WHOLE_SERVER = ("blocks_hit", "blocks_read")  # InnoDB counts its pages for all sessions together
_COUNTERS = (
    "SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler\\_read%' OR Variable_name IN "
    f"('Bytes_sent', 'Created_tmp_disk_tables', '{_BLOCKS}', '{_DISK_BLOCKS}')"
)


class MySQLServer:
    """A database of a MySQL server, 8.0 or newer, or of MariaDB."""

    kind = "mysql"

    def __init__(self, url: str) -> None:
        self._address = MySQLAddress.parse(url)
        self.label = f"MySQL database {self._address.database}"
        where = (self._address.unix_socket or self._address.host, str(self._address.port), self._address.database)
        self.identity = "mysql:" + hashlib.sha256("\0".join(where).encode()).hexdigest()[:16]

    def check(self) -> None:
        """Raise UsageError for a certificate that cannot be read."""
        self._address.arguments()

    @contextmanager
    def connect(self) -> Iterator[MySQLConnection]:
        """Open a session; raises SourceError, without an address or a password in it."""
        try:
            connection = pymysql.connect(
                **self._address.arguments(),
                autocommit=True,
                program_name=_APPLICATION,
                read_timeout=self._address.connect_timeout,  # for a server that lets in, and says nothing
            )
            try:
                session = MySQLConnection(connection)
            except BaseException:
                connection.close()
                raise
        except (pymysql.Error, OSError, UnicodeError) as error:
            raise address.mysql_unreached(error) from None
        try:
            yield session
        finally:
            with suppress(pymysql.Error, OSError):
                connection.close()


class MySQLConnection:
    """One session."""

    def __init__(self, connection: pymysql.Connection[Any]) -> None:
        self._connection = connection
        for statement in _SESSION:
            with suppress(pymysql.err.OperationalError, pymysql.err.InternalError):  # profiling may be gone some day
                self._rows(statement)
        [(shown, views)] = self._rows(_SERVER)
        self._maria = "mariadb" in shown.lower()
        number = re.match(r"[0-9.]*", shown)
        self._version = f"{'MariaDB' if self._maria else 'MySQL'} {number.group(0) if number else shown}"
        self.dialect: Dialect = MariaDB(views=bool(views)) if self._maria else MySQL(views=bool(views))
        first = self._counters()
        self._overhead = _less(self._counters(), first)  # what a look at the counters adds to them
        self._replica: str | None = f"SHOW {'SLAVE' if self._maria else 'REPLICA'} STATUS"

    def version(self) -> str:
        """Return the server's version."""
        return self._version

    def schema(self) -> Schema:
        """Return the tables of the database, each with its columns, as far as the user may see them."""
        found: dict[str, set[str]] = {}
        for table, column in self._look(_COLUMNS):
            found.setdefault(table, set()).add(column)
        return Schema({table: frozenset(columns) for table, columns in found.items()})

    def options(self) -> Options:
        """Return nothing known: a database holds none of them."""
        return SILENT

    def pressure(self) -> Pressure:
        """Return how many other sessions are at work and how many row locks are waited for; and a replica's lag."""
        busy = {name: int(value) for name, value in self._look(_BUSY)}
        return Pressure(
            sessions=max(0, busy["Threads_running"] - 1),
            lock_waits=busy["Innodb_row_lock_current_waits"],
            replica_lag=self._lag(),
        )

    def standing(self, needed: Mapping[str, Collection[str]]) -> rights.Standing:
        """Return how this session stands to its server, and what its user may do beyond reading what is needed."""
        return rights.mysql(self._look, needed)

    def run(self, query: Query, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run one query in a transaction of its own, if its plan is within limits; raises QueryError."""
        with self._careful(limits, query):
            self._rows("START TRANSACTION READ ONLY")
            try:
                for name in query.parameters:
                    self._rows(f"SET @{name} = %s", parameters[name])
                plan = self._plan(query)
                if plan and plan.rows > limits.rows:
                    raise too_many_rows(plan, limits)
                return self._measured(query, plan)
            finally:
                if self._connection.open:
                    self._rows("ROLLBACK")

    def _measured(self, query: Query, plan: plans.Plan | None) -> Answer:
        """Run a query between two looks at the session's counters."""
        before = self._counters()
        begun = time.perf_counter_ns()
        with self._connection.cursor() as cursor:
            cursor.execute(query.sql)
            names = [column[0] for column in cursor.description]
            rows = tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
            warned = cursor.warning_count
        took = (time.perf_counter_ns() - begun) // 1000
        if warned and (codes := _TYPES.intersection(row[1] for row in self._rows("SHOW WARNINGS"))):
            raise _another_type(min(codes))  # what is an error elsewhere: the server counted something, and warned
        read = _less(_less(self._counters(), before), self._overhead)
        blocks, from_disk = max(read.pop(_BLOCKS, 0), 0), max(read.pop(_DISK_BLOCKS, 0), 0)
        sent, temporary = read.pop("Bytes_sent", 0), read.pop("Created_tmp_disk_tables", 0)
        load = Load(
            rows_read=max(sum(read.values()), 0),
            blocks_hit=max(blocks - from_disk, 0),
            blocks_read=from_disk,
            temporary_files=max(temporary, 0),
            bytes_returned=max(sent, 0),
            server_us=self._server_time(query, took),
            estimated_rows=int(plan.rows) if plan else None,
            plan=plan.text if plan else None,
            plan_sha256=plan.sha256 if plan else None,
            whole_server=_WHOLE_SERVER,
        )
        return Answer(rows, load=load, microseconds=took)

    def _plan(self, query: Query) -> plans.Plan | None:
        """Ask how the server would run a query; None over views, where who may not read the tables sees no plan."""
        try:
            if self._maria:
                return plans.of_mariadb(self._rows(f"EXPLAIN FORMAT=JSON {query.sql}")[0][0])
            return plans.of_mysql(self._rows(f"EXPLAIN FORMAT=TREE {query.sql}")[0][0])
        except pymysql.err.OperationalError as error:
            if error.args[0] != _HIDDEN:
                raise
            return None

    def _counters(self) -> dict[str, int]:
        return {name: int(value) for name, value in self._rows(_COUNTERS)}

    def _server_time(self, query: Query, took: int) -> int | None:
        """Return the time that the server says it took over the last run of a query, in microseconds."""
        begins = query.sql.splitlines()[0]
        shown = [seconds for _, seconds, text in self._rows("SHOW PROFILES") if text.startswith(begins)]
        return min(int(float(shown[-1]) * 1_000_000), took) if shown else None

    def _lag(self) -> float | None:
        """Return how many seconds a replica is behind; None where the server is none, or the user may not know."""
        if self._replica is None:
            return None
        try:
            with self._connection.cursor(pymysql.cursors.DictCursor) as cursor:
                cursor.execute(self._replica)
                found = cursor.fetchone() or {}
        except pymysql.Error:
            self._replica = None  # the right to ask is one that nobody needs for anything else here
            return None
        behind = found.get("Seconds_Behind_Source", found.get("Seconds_Behind_Master"))
        return None if behind is None else float(behind)

    def _limit(self, limits: Limits) -> None:
        """Set the limits of the statements that follow, on the server and on this side."""
        if self._maria:
            self._rows("SET SESSION max_statement_time = %s", max(limits.seconds, 0.001))
        else:
            self._rows("SET SESSION max_execution_time = %s", max(1, int(limits.seconds * 1000)))
        wait = max(1, math.ceil(limits.lock_seconds))  # whole seconds
        self._rows("SET SESSION lock_wait_timeout = %s, innodb_lock_wait_timeout = %s", wait, wait)

    def _look(self, text: str) -> list[tuple[Any, ...]]:
        """Ask for something other than figures; raises QueryError."""
        with self._careful(_LOOK, None):
            return self._rows(text)

    def _rows(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(text, values or None)
            return list(cursor.fetchall())

    @contextmanager
    def _careful(self, limits: Limits, query: Query | None) -> Iterator[None]:
        """Limit what runs inside, and put the driver's errors in words of our own."""
        patience = limits.seconds + limits.lock_seconds + _GRACE
        # For a server that does not answer at all; the driver takes this for all of a connection's life otherwise.
        self._connection._read_timeout = patience  # type: ignore[attr-defined]
        try:
            self._limit(limits)
            yield
        except (pymysql.Error, OSError) as error:
            raise _failed(error, query, limits, patience) from None


# Not there, or not for this user; a column that is gone from a subquery is looked for outside, and named otherwise.
_SCHEMA = (1044, 1052, 1054, 1055, 1111, 1140, 1142, 1143, 1146, 1345, 1356)
_LOST = (0, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2002, 2003, 2006, 2013, 2014, 2055)
_NOT_JSON = (3140, 3141, 3146, 4036, 4037, 4038)
_TOO_DEEP = (3157, 4040)  # MySQL reads 100 levels, MariaDB 32
_STOPPED = (1028, 1969, 3024)
_INTERRUPTED = 1317
_FULL = (1021, 1037, 1038, 1041, 1114, 1135, 3)
_TYPES = frozenset({1210, 1264, 1265, 1267, 1292, 1366, 1411, 1690, 3156, 3665, 3669})


def _failed(error: Exception, query: Query | None, limits: Limits, patience: float) -> QueryError:
    """Put an error in words of our own: the server's may quote a row."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code == 2013 and "timed out" in str(error):
        said = f"the server did not answer for {patience:g} s, and the connection was closed"
        return QueryError(said, timed_out=True, lost=True)
    if isinstance(error, OSError):
        code = _LOST[0]  # its number is the system's, not the server's
    if code == _INTERRUPTED:
        return QueryError("somebody stopped it at the server")
    if code in _STOPPED:
        return stopped_after(limits.seconds)
    if code == 1205:
        return lock_not_given(max(1, math.ceil(limits.lock_seconds)))
    if code in _NOT_JSON and query and query.documents:
        return QueryError(f"a document in {' or '.join(query.documents)} is not valid JSON", document=True)
    if code in _TOO_DEEP and query and query.documents:
        said = f"a document in {' or '.join(query.documents)} is nested deeper than the server reads"
        return QueryError(said, document=True)
    if code in _SCHEMA:
        return QueryError(f"a table or column is not there, or not for this user; {GRANTS}", schema=True)
    if code in _LOST:
        return QueryError("the connection to the server was lost", lost=True)
    if code in _FULL:
        return QueryError(f"the server has not enough memory, disk or threads for the statement ({code})")
    if code in _TYPES:
        return _another_type(code)
    return QueryError(f"the server refused the statement ({code or type(error).__name__})")


def _another_type(code: int) -> QueryError:
    return QueryError(f"a column is of another type than expected ({code})")


def _less(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: value - before.get(name, 0) for name, value in after.items()}
