"""The demo instance in a server: made in a DuckDB file, then copied over in bulk, so that it is the very same."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import date
from pathlib import Path
from time import monotonic

import duckdb

from fa_stats import demo, files, storage
from fa_stats.demo import servers
from fa_stats.demo.moment import Size
from fa_stats.errors import UsageError

Say = Callable[[str], None]

_BLOCK = 1 << 20  # bytes; with the rest of a line, below the smallest packet that servers take by default
_NOTABLE = 1_000_000  # rows of a table that is worth a word of its own
_SCHEMES = ("postgresql", "postgres", "mysql")


def create(url: str, *, day: date, seed: int, size: Size, say: Say) -> str:
    """Make an instance where a URL names a new DuckDB file or an empty database, and return what was made."""
    if url.startswith("duckdb:///"):
        return str(_create_file(Path(url.removeprefix("duckdb://")), day, seed, size))
    if url.partition("://")[0] not in _SCHEMES:
        raise UsageError(
            "Name a new file or an empty database: fa-stats demo create duckdb:///absolute/path, or "
            "postgresql://user:password@host/database, or mysql://user:password@host/database."
        )
    with servers.opened(url) as server:  # a wrong password is told before the instance is made, which can take minutes
        _refuse_tables(server)
        server.undo()
    start = monotonic()
    with files.scratch() as folder:
        path = _create_file(folder / "instance.duckdb", day, seed, size)
        say(f"The instance is made ({monotonic() - start:.0f} s); now it is loaded.")
        tables, rows = load(path, url, say)
    return f"{tables} tables with {rows:,} rows, in {monotonic() - start:.0f} s"


def _create_file(path: Path, day: date, seed: int, size: Size) -> Path:
    if path.exists():
        raise UsageError(f"{path} exists already; it is left as it is. Name a file that does not exist yet.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        demo.create(path, day=day, seed=seed, size=size)
    except OSError as error:
        raise files.refused(path, error) from error
    except duckdb.Error as error:
        raise storage.unwritten(path, error) from error
    return path


def load(instance: Path, url: str, say: Say) -> tuple[int, int]:
    """Copy all tables of a DuckDB file into an empty database, and return how many tables and rows there are.

    All of it is there in the end, or nothing.
    """
    config = {"memory_limit": "1GB"}  # what does not fit is sorted on disk, beside the file
    try:
        with duckdb.connect(str(instance), read_only=True, config=config) as connection, servers.opened(url) as server:
            _refuse_tables(server)
            tables = servers.read_tables(_columns(connection))
            for table in tables:
                server.create(table)
            rows = sum(_copy(connection, server, table, say) for table in tables)
            server.keep()
    except duckdb.Error as error:
        raise storage.unwritten(instance, error) from error
    return len(tables), rows


def _copy(connection: duckdb.DuckDBPyConnection, server: servers.Server, table: servers.Table, say: Say) -> int:
    start = monotonic()
    with closing(_stream(connection, server.unload(table))) as blocks:
        server.fill(table, blocks)
    filled = monotonic()
    server.index(table)
    rows = _count(connection, table.name)
    if rows >= _NOTABLE:
        say(f"{table.name}: {rows:,} rows in {filled - start:.0f} s, keys in {monotonic() - filled:.0f} s")
    return rows


def _refuse_tables(server: servers.Server) -> None:
    if server.has_tables():
        raise UsageError("The database holds tables already; it is left as it is. Name an empty database.")


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    found = connection.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() WHERE NOT internal "
        "GROUP BY table_name ORDER BY table_name"
    )
    return dict(found.fetchall())


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
    assert found  # noqa: S101 - a count has one row
    return int(found[0])


def _stream(connection: duckdb.DuckDBPyConnection, statement: str) -> Generator[bytes, None, None]:
    """Let DuckDB write into a pipe and give what comes out of it, in blocks: rows never become Python's objects."""
    reading, writing = os.pipe()
    failures: list[duckdb.Error] = []

    def write() -> None:
        try:
            connection.execute(statement.format(pipe=f"/dev/fd/{writing}"))
        except duckdb.Error as error:
            failures.append(error)
        finally:
            os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with os.fdopen(reading, "rb", buffering=_BLOCK) as pipe:
            while block := pipe.read(_BLOCK):
                yield block
    finally:
        writer.join()  # whose pipe is closed by now, so that it ends
    if failures:
        raise failures[0]
