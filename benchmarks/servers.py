"""Counting in real PostgreSQL, MySQL and MariaDB servers: four ways, by size, and what a collection leaves alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import comparing
from benchmarks.collecting import ratio, to_floor, unread, where
from benchmarks.engines import Database, served
from benchmarks.instances import LARGE, MIDDLE, SMALL, made
from benchmarks.measure import Row, Spread, Times, under
from benchmarks.running import memory
from benchmarks.ways import Ways

_RATIO: dict[str, float | None] = {"postgresql": 50, "mysql": 28, "mariadb": None}
_FLOOR: dict[str, float | None] = {"postgresql": 4, "mysql": None, "mariadb": None}
_MARK = {"postgresql": " AS jsonb)", "mysql": "JSON_TABLE(nullif(", "mariadb": "JSON_TABLE(nullif("}


def measure(folder: Path) -> Iterator[Row | Times]:
    """Yields the times by database and size, and a line per bar; a server that is not there is left out."""
    instances = [made(folder, size) for size in (SMALL, MIDDLE, LARGE)]
    (folder / "project").mkdir(exist_ok=True)
    for kind in _RATIO:
        try:
            with served(kind, instances) as (_, databases):
                yield from _in(folder, databases)
        except pytest.skip.Exception as missing:
            print(missing.msg, file=sys.stderr)


def _in(folder: Path, databases: list[Database]) -> Iterator[Row | Times]:
    kind = databases[0].kind
    for database, passes in zip(databases, comparing.PASSES, strict=True):
        ways = Ways(database)
        yield from _alone(ways)
        times = comparing.compare(ways, passes=passes)
        yield from times
        yield ratio(times, _RATIO[kind] if database is databases[-1] else None)
        yield to_floor(times, _FLOOR[kind] if database is databases[-1] else None)
        if database is databases[0]:
            yield from _small(ways, where(times[0]))
    used = memory(folder / "project", 1, database.url)
    yield under(f"{where(times[0])}: memory of the collecting process above an idle kernel", used, "MB", 150)


def _alone(ways: Ways) -> Iterator[Row]:
    """Look at the server's counters before and after the first collection, with nothing else at work."""
    before = ways.database.scanned()
    assert ways.collection
    after = ways.database.scanned()
    yield unread(ways.database.name, {table for table in after if after[table] != before.get(table, 0)})


def _small(ways: Ways, name: str) -> Iterator[Row]:
    """What a collection on a small instance takes of the server."""
    samples = []
    for _ in range(comparing.ROUNDS):
        loads = [each.load.server_us for each in ways.collect().statements if each.load.server_us is not None]
        samples.append(sum(loads) / 1000)
    bar = 25 if ways.database.kind == "postgresql" else None
    yield under(f"{name}: time in the server of a whole collection", Spread(tuple(samples)), "ms", bar)
    touching = sum(_MARK[ways.database.kind] in each.sql for each in ways.collection.statements)
    yield Row(f"{ways.database.name}: statements that touch documents", str(touching), "<= 12", touching <= 12)
