"""Four ways to the same figures: a collection's statements, one query per stat, Python, and the floor below all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.engines import Asking, Database, Row
from fa_stats import catalogue, collector, period, query
from fa_stats.catalogue import CONFIGURATION, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Status
from fa_stats.collector import Order
from fa_stats.dialects import Reading, keys, readings
from fa_stats.query import Query
from fa_stats.settings import Collection as Limits
from fa_stats.settings import Settings

DAY = date(2026, 11, 23)
_ONE_FLAG = re.compile(r"count_if\(flag\([^()]*\)\)")
_LIMITS = Limits(pause_ratio=0, budget_seconds=600, statement_timeout_seconds=300, measured_alone=0)
_LENGTH = {"duckdb": "strlen"}  # all others have length(); PostgreSQL's octet_length() would not open the document


@dataclass(frozen=True)
class Ways:
    """What each way asks of one instance."""

    database: Database

    @cached_property
    def collection(self) -> Collection:
        """A whole collection."""
        return self.collect()

    def collect(self) -> Collection:
        """Collect once more, at full speed, on a connection of its own."""
        order = Order(DAY, Settings(folder=Path(), collection=_LIMITS))
        return collector.collect(self.database.source(), catalogue.load(), order, Clock())

    @cached_property
    def stats(self) -> tuple[Stat, ...]:
        """What was counted in the database."""
        found = {each.name: each for each in self.collection.stats + self.collection.metrics}
        assert not self.collection.partial, [each for each in found.values() if each.status.partial]
        return tuple(
            stat
            for stat in catalogue.load()
            if stat.statement != CONFIGURATION and (stat.name not in found or found[stat.name].status is Status.OK)
        )

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """What the statements are given: the days of the report, and an id that the instance itself names."""
        name = "tenantManagerApplication"
        [asked] = query.compose(catalogue.load(), [catalogue.load().by_name[name]], self.database.ours)
        with self.database.opened({}) as asking:
            manager = asking.rows(asked.sql)[0][name]
        return {**period.parameters(DAY, self.collection.report_timezone), "tenant_manager": manager}

    @cached_property
    def ours(self) -> tuple[Query, ...]:
        """The statements of a collection."""
        return query.compose(catalogue.load(), self.stats, self.database.ours)

    @cached_property
    def classical(self) -> tuple[Query, ...]:
        """One query per stat."""
        dialect = self.database.classical
        return tuple(each for stat in self.stats for each in query.compose(catalogue.load(), [stat], dialect))

    @cached_property
    def read(self) -> dict[tuple[str, str], dict[Reading, None]]:
        """The document columns, with all that is read in them."""
        found: dict[tuple[str, str], dict[Reading, None]] = {}
        for stat in self.stats:
            for text in catalogue.load().statement[stat.statement].texts_of([stat]):
                for reading in readings(text):
                    found.setdefault((reading.table, reading.column), {})[reading] = None
        return found

    @cached_property
    def floor(self) -> tuple[str, ...]:
        """One bare scan of each table that is read: all bytes of its documents, or else its rows."""
        length = _LENGTH.get(self.database.kind, "length")
        items = {table: f"sum({length}({column}))" for table, column in self.read}
        tables = dict.fromkeys(table for each in self.ours for table in each.columns)
        return tuple(f"SELECT {items.get(table, 'count(*)')} AS size FROM {table}" for table in tables)

    @property
    def one_flag_each(self) -> Iterator[tuple[Stat, Reading]]:
        """The stats that count rows with one flag on."""
        for stat in self.stats:
            if _ONE_FLAG.fullmatch(stat.expression):
                yield stat, readings(stat.expression)[0]


def run(asking: Asking, queries: tuple[Query, ...]) -> dict[str, list[Row]]:
    """Run queries one after the other, and return what each stat got: by key where it has one, in no order."""
    found: dict[str, list[Row]] = {}
    for each in queries:
        rows = asking.rows(each.sql)
        for stat in each.stats:
            values = [{key: row[key] for key in ("group_key", stat.name) if key in row} for row in rows]
            found[stat.name] = sorted(values, key=repr)
    return found


def scan(asking: Asking, statements: tuple[str, ...]) -> None:
    """Read all that has to be read, and make nothing of it."""
    for each in statements:
        asking.rows(each)


def count_in_python(asking: Asking, read: Mapping[tuple[str, str], Mapping[Reading, None]]) -> dict[Reading, int]:
    """Fetch all documents, parse each, and count for each reading the rows where it finds true or any other value."""
    counts: dict[Reading, int] = {}
    for (table, column), wanted in read.items():
        paths = [(reading, keys(reading.path.partition(".*.")[0])) for reading in wanted]
        found = [0] * len(paths)
        for text in asking.stream(f"SELECT {column} FROM {table}"):
            document = json.loads(text) if text else {}
            for place, (reading, path) in enumerate(paths):
                value = document
                for key in path:
                    value = value.get(key) if type(value) is dict else None
                if value is True or (value is not None and reading.primitive != "flag"):
                    found[place] += 1
        counts |= {reading: number for (reading, _), number in zip(paths, found, strict=True)}
    return counts
