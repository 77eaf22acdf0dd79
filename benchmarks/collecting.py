"""All stats at once against one query per stat, and against a bare scan of the same tables, on a big instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.measure import Row, at_least, at_most, in_turns
from fa_stats import catalogue, demo
from fa_stats.clock import Clock
from fa_stats.collection import Collection
from fa_stats.collector import Order, collect
from fa_stats.dialects import DuckDB, Extraction, Reading
from fa_stats.settings import Collection as Limits
from fa_stats.settings import Settings
from fa_stats.sources.duckdb import DuckDBFile

DAY = date(2026, 11, 23)
SIZE = demo.Size(tenants=10_000, applications=50_000, users=100_000)
ROUNDS = 5


class Classical(DuckDB):
    """The way such counts are usually written: each path is read where it is needed, and parses the document."""

    def render(self, text: str, extraction: Callable[[str, str], Extraction]) -> str:  # noqa: ARG002
        """Turn a piece of the catalogue's SQL into DuckDB's, with nothing taken out beforehand."""
        return super().render(text, lambda *_: Extraction())

    def _value(self, reading: Reading, place: int) -> str:  # noqa: ARG002
        path = self._path(reading.path.partition(".*.")[0])
        return f"json_extract(nullif({reading.table}.{reading.column}, ''), '{path}')"


class ClassicalFile(DuckDBFile):
    """A DuckDB file that is asked the classical way."""

    dialect = Classical()


def measure(folder: Path) -> Iterator[Row]:
    """Yields a line per bar; the same figures must come out of both ways."""
    path = folder / f"instance-{SIZE.tenants}-{SIZE.applications}.duckdb"
    if not path.is_file():
        demo.create(path, day=DAY, size=SIZE)
    fused, alone = _collect(path, isolated=False), _collect(path, isolated=True)
    assert [(f.name, f.status, f.value) for f in fused.stats] == [(f.name, f.status, f.value) for f in alone.stats]
    slow, fast, floor = in_turns(
        [lambda: _collect(path, isolated=True), lambda: _collect(path, isolated=False), lambda: _scan(path)], ROUNDS
    )
    size = f"{SIZE.tenants:,} tenants, {SIZE.applications:,} applications, DuckDB"
    yield at_least(
        f"one query per stat / all stats at once ({len(fused.statements)} statements), {size}", slow, fast, 25
    )
    yield at_most(f"all stats at once / bare scan of the same tables, {size}", fast, floor, 10)
    touching = sum("json_extract(nullif(" in statement.sql for statement in fused.statements)
    yield Row("statements that touch documents", str(touching), "<= 12", touching <= 12)
    tables = {table: times for statement in fused.statements for table, times, _ in statement.scans}
    most = max(tables.values())
    yield Row(f"scans of a table, of {len(tables)} tables scanned", str(most), "<= 1", most <= 1)
    big = sorted({"users", "identities", "raw_logins", "refresh_tokens"} & tables.keys())
    yield Row("scans of users, identities, raw_logins, refresh_tokens", ", ".join(big) or "none", "none", not big)


def _collect(path: Path, *, isolated: bool) -> Collection:
    """All stats at once, or each with a query of its own, written the classical way."""
    limits = Limits(pause_ratio=0, budget_seconds=600, statement_timeout_seconds=60)
    order = Order(DAY, Settings(folder=path.parent, collection=limits), isolated=isolated)
    source = ClassicalFile(path) if isolated else DuckDBFile(path)
    return collect(source, catalogue.load(), order, Clock())


def _scan(path: Path) -> None:
    """Read the documents' bytes and nothing else: the floor."""
    with duckdb.connect(str(path), read_only=True, config={"threads": 1}) as connection:
        for table in ("tenants", "applications"):
            connection.execute(f"SELECT sum(strlen(data)) FROM {table}").fetchall()
