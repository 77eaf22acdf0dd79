"""A DuckDB file as a source: the embedded demo instance, or a file that holds an instance's tables."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from fa_stats.collection import Load
from fa_stats.dialects import DIALECTS, Dialect, DuckDB
from fa_stats.errors import QueryError, SourceError
from fa_stats.query import Query
from fa_stats.rights import Standing
from fa_stats.sources import SILENT, Answer, Limits, Options, Pressure, Schema, stopped_after

_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "1GB",
    "threads": 2,  # the tables of one query are read side by side; more would gain nothing
}
_PROFILE = {"OPERATOR_TYPE": "true", "OPERATOR_ROWS_SCANNED": "true", "EXTRA_INFO": "true"}


class DuckDBFile:
    """A DuckDB file with the tables of an instance, opened read-only and with no way out to other files."""

    kind = "duckdb"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.label = f"DuckDB file {path.name}"
        self.identity = "duckdb:" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]

    def check(self) -> None:
        """Find nothing amiss: a file takes no key."""

    @contextmanager
    def connect(self) -> Iterator[DuckDBConnection]:
        """Open the file; raises SourceError where it is absent, in use by a writer, or no DuckDB file."""
        if not self.path.is_file():
            raise SourceError(f"There is no file {self.path}. Name an existing DuckDB file: duckdb:///absolute/path.")
        try:
            connection = duckdb.connect(str(self.path), read_only=True, config=_CONFIG)
        except duckdb.Error as error:
            raise SourceError(_opening_failed(self.path, error)) from None
        try:
            yield DuckDBConnection(connection)
        except duckdb.Error as error:  # of the schema or the settings; a statement's own is a QueryError
            raise SourceError(_opening_failed(self.path, error)) from None
        finally:
            connection.close()


class DemoInstance(DuckDBFile):
    """The embedded demo: a made-up company's instance, made on first use and moved on to the day that is asked for."""

    kind = "demo"

    def __init__(self, folder: Path, *, day: date, seed: int, tenants: int, applications: int, users: int) -> None:
        super().__init__(folder / f"demo-{day}-{seed}-{tenants}-{applications}-{users}.duckdb")
        self.day, self.seed = day, seed
        self.sizes = {"tenants": tenants, "applications": applications, "users": users}
        self.label = f"embedded demo, seed {seed}"
        self.identity = f"demo:{seed}:{tenants}:{applications}:{users}"

    @contextmanager
    def connect(self) -> Iterator[DuckDBConnection]:
        """Make the day's instance where it is not there yet, and open it."""
        if not self.path.is_file():
            self._make()
        with super().connect() as connection:
            yield connection

    def _make(self) -> None:
        from fa_stats import demo

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            demo.create(self.path, day=self.day, seed=self.seed, size=demo.Size(**self.sizes), settled=demo.SETTLED)
            for other in self.path.parent.glob("demo-*.duckdb"):
                if other != self.path:
                    other.unlink(missing_ok=True)
        except (OSError, duckdb.Error) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            message = f"The demo instance cannot be written to {self.path.parent}: {why}. Free or open that folder."
            raise SourceError(message) from None


def demo_source(folder: Path, *, day: date, **sizes: int) -> DemoInstance:
    """Return the demo instance as it stands on a day."""
    return DemoInstance(folder, day=day, **sizes)


class DuckDBConnection:
    """One connection to a DuckDB file."""

    dialect: Dialect = DIALECTS["duckdb"]

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("SET enable_external_access = false")
        connection.execute("SET enable_profiling = 'no_output'")
        connection.execute(f"SET custom_profiling_settings = '{json.dumps(_PROFILE)}'")
        connection.execute("SET lock_configuration = true")

    def schema(self) -> Schema:
        """Return the tables of the main schema, each with its columns."""
        found: dict[str, set[str]] = {}
        rows = self._connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'main'"
        ).fetchall()
        for table, column in rows:
            found.setdefault(table, set()).add(column)
        return Schema({table: frozenset(columns) for table, columns in found.items()})

    def options(self) -> Options:
        """Return nothing known: a database holds none of them."""
        return SILENT

    def pressure(self) -> Pressure:
        """Return nothing known: nobody else is at work in a file that is opened for reading."""
        return Pressure()

    def standing(self, needed: Mapping[str, Collection[str]]) -> Standing:  # noqa: ARG002 - a file has no roles
        """Return nothing known: the file is opened for reading only."""
        return Standing()

    def version(self) -> str:
        """Return the version of DuckDB."""
        return f"DuckDB {duckdb.__version__}"

    def run(self, query: Query, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run one query, stopped when its time is over; raises QueryError, without a word of the data in it."""
        stopped = threading.Event()
        try:
            for name in query.parameters:
                self._connection.execute(f"SET VARIABLE {name} = {DuckDB.literal(parameters[name])}")
            with self._limited(limits.seconds, stopped):
                cursor = self._connection.execute(query.sql)
                names = [column[0] for column in cursor.description or ()]
                rows = tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
        except duckdb.InterruptException:
            if not stopped.is_set():
                raise KeyboardInterrupt from None
            raise stopped_after(limits.seconds) from None
        except duckdb.Error as error:
            raise _query_failed(query, error) from None
        scans = _scans(self._connection.get_profiling_information(format="json"))
        return Answer(rows, scans, Load(rows_read=sum(read for _, _, read in scans)))

    @contextmanager
    def _limited(self, seconds: float, stopped: threading.Event) -> Iterator[None]:
        """Interrupt what runs inside after some seconds; `stopped` says whether that was done."""
        done = threading.Event()

        def watch() -> None:
            wait = seconds
            while not done.wait(wait):  # again and again, for an interrupt between two steps of DuckDB's is lost
                stopped.set()
                self._connection.interrupt()
                wait = 0.05

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _scans(profile: str) -> tuple[tuple[str, int, int], ...]:
    """(table, times scanned, rows read) of every table scan in a profile."""
    times: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    todo = [json.loads(profile)]
    while todo:
        node = todo.pop()
        todo.extend(node.get("children", ()))
        table = node.get("extra_info", {}).get("Table")
        if table and node.get("operator_type") == "TABLE_SCAN":
            name = table.rsplit(".", 1)[-1]
            times[name] += 1
            rows[name] += node.get("operator_rows_scanned", 0)
    return tuple((name, times[name], rows[name]) for name in sorted(times))


def _opening_failed(path: Path, error: duckdb.Error) -> str:
    text = str(error)
    if "Conflicting lock" in text or "Could not set lock" in text:
        return f"{path} is open for writing in another program. Close that program, then call again."
    if "not a valid DuckDB" in text or text.startswith('IO Error: Extension "'):  # a file of another database's
        return f"{path} is not a DuckDB file."
    if "different configuration" in text or "configuration has been locked" in text:
        return f"{path} is open in this program already. Close that connection, then call again."
    if ("version" in text.lower() and "storage" in text.lower()) or "newer version" in text:
        return f"{path} was written by another version of DuckDB than {duckdb.__version__}, which cannot read it."
    return f"{path} cannot be opened ({type(error).__name__}). Check that it is a whole DuckDB file and readable."


def _query_failed(query: Query, error: duckdb.Error) -> QueryError:
    """Put an error in words of our own: the driver's may quote a row."""
    text = str(error)
    if "Malformed JSON" in text:
        return QueryError(f"a document in {' or '.join(query.documents)} is not valid JSON", document=True)
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return QueryError(f"the schema is not as expected ({type(error).__name__})", schema=True)
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException):
        return QueryError(f"a value is of another type than expected ({type(error).__name__})")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("the statement needs more memory than the 1 GB that it may use")
    return QueryError(f"the database refused the statement ({type(error).__name__})")
