"""Counting in a DuckDB file: all stats at once, one query per stat, in Python, and a bare scan of the same tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import comparing
from benchmarks.comparing import CLASSICAL, FLOOR, OURS
from benchmarks.engines import Database
from benchmarks.instances import LARGE, MIDDLE, SMALL, made
from benchmarks.measure import Row, Times, at_least, at_most
from benchmarks.ways import Ways

BIG_TABLES = {"users", "identities", "raw_logins", "refresh_tokens"}
NO_SCAN = "scans of users, identities, raw_logins, refresh_tokens"


def measure(folder: Path) -> Iterator[Row | Times]:
    """Yields the times by size, and a line per bar."""
    for size, passes in zip((SMALL, MIDDLE, LARGE), comparing.PASSES, strict=True):
        ways = Ways(Database("duckdb", f"duckdb://{made(folder, size)}"))
        times = comparing.compare(ways, passes=passes)
        yield from times
    yield ratio(times, 25)
    yield to_floor(times, 10)
    statements = ways.collection.statements
    touching = sum("json_extract(nullif(" in statement.sql for statement in statements)
    yield Row("DuckDB: statements that touch documents", str(touching), "<= 12", touching <= 12)
    tables = {table: times_ for statement in statements for table, times_, _ in statement.scans}
    most = max(tables.values())
    yield Row(f"DuckDB: scans of a table, of {len(tables)} tables scanned", str(most), "<= 1", most <= 1)
    yield unread("DuckDB", set(tables))


def ratio(times: Sequence[Times], bar: float | None) -> Row:
    """How many times longer one query per stat takes than all at once."""
    one, ours = _of(times, CLASSICAL), _of(times, OURS)
    what = f"{where(ours)}: {one.queries} queries, one per stat / all at once in {ours.queries}"
    return at_least(what, one.seconds, ours.seconds, bar)


def to_floor(times: Sequence[Times], bar: float | None) -> Row:
    """How many times longer all at once takes than a bare scan."""
    ours, floor = _of(times, OURS), _of(times, FLOOR)
    return at_most(f"{where(ours)}: all at once / bare scan of the same tables", ours.seconds, floor.seconds, bar)


def where(times: Times) -> str:
    """Name the database and the size of its instance."""
    return f"{times.engine}, {times.tenants:,} tenants, {times.applications:,} applications"


def unread(engine: str, tables: set[str]) -> Row:
    """Whether tables that grow with the users are among those that were read."""
    big = sorted(BIG_TABLES & tables)
    return Row(f"{engine}: {NO_SCAN}", ", ".join(big) or "none", "none", not big)


def _of(times: Sequence[Times], way: str) -> Times:
    return next(each for each in times if each.way == way)
