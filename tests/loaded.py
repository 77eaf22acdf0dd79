"""Instances in the servers: loaded as the product does, or copied table by table; gone when the servers are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import instances
import recount
import servers

from fa_stats import catalogue, collector, sources
from fa_stats.clock import Clock
from fa_stats.collection import Collection
from fa_stats.collector import Order
from fa_stats.demo import loading
from fa_stats.demo.schema import read_facts

KINDS = ("duckdb", *servers.KINDS)
TYPES = {(fact["table"], fact["column"]): fact["type"] for fact in read_facts("schema.csv")}
NEWER = {  # columns of versions to come; in a server's database they are made by hand
    ("applications", "multi_factor_requirement_lambdas_id"): "uuid",
    ("tenants", "multi_factor_requirement_lambdas_id"): "uuid",
    ("identity_providers", "tenants_id"): "uuid",
    ("form_steps", "type"): "smallint",
}
MYSQL_TYPES = {"uuid": "binary(16)", "boolean": "bit(1)", "bytea": "mediumblob", "text": "mediumtext"}


@dataclass(frozen=True)
class Loaded:
    """A database of a server with the tables of an instance."""

    server: servers.Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    @property
    def postgresql(self) -> bool:
        return self.server.kind == "postgresql"

    def quoted(self, name: str) -> str:
        return f'"{name}"' if self.postgresql else f"`{name}`"

    def type(self, kind: str) -> str:
        """What a type of PostgreSQL's is called here."""
        return kind if self.postgresql else MYSQL_TYPES.get(kind, kind)

    def id(self, value: str) -> str:
        """A literal of an id."""
        return f"'{value}'" if self.postgresql else f"x'{UUID(value).hex}'"

    def run(self, *statements: str) -> None:
        """Run statements, each for good; double quotes stand around names."""
        with self.server.admin(self.name) as connection, connection.cursor() as cursor:
            for each in statements:
                cursor.execute(each if self.postgresql else each.replace('"', "`"))

    def ask(self, sql: str, values: tuple[Any, ...] | None = None) -> list[Any]:
        """Run one statement and return its rows."""
        return self.server.ask(sql if self.postgresql else sql.replace('"', "`"), values, database=self.name)

    def collect(self, day: date = instances.DAY, **order: Any) -> Collection:
        """Count everything."""
        return collect(self.url, day, **order)

    def rows(self) -> recount.Rows:
        """The rows of all tables that are needed, read by plain SELECTs."""
        found: recount.Rows = {}
        schema = "current_schema()" if self.postgresql else "database()"
        there = {
            name
            for (name,) in self.ask(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {schema}")
        }
        with self.server.admin(self.name) as connection, connection.cursor() as cursor:
            for table in recount.TABLES:
                if table in there:
                    cursor.execute(f"SELECT * FROM {self.quoted(table)}")
                    names = [column[0] for column in cursor.description]
                    found[table] = recount.make_table(table, names, cursor.fetchall())
        return found

    def create(self, tables: Mapping[str, Iterable[tuple[str, str, bool]]]) -> None:
        """Create tables without keys from (column, type of PostgreSQL's, nullable)."""
        self.run(
            *(
                f'CREATE TABLE "{table}" ('
                + ", ".join(
                    f'"{name}" {self.type(kind)} {"NULL" if nullable else "NOT NULL"}'
                    for name, kind, nullable in columns
                )
                + ")"
                for table, columns in tables.items()
            )
        )

    def fill(self, path: Path) -> None:
        """Put the rows of a DuckDB file in place of those that are there."""
        with (
            duckdb.connect(str(path), read_only=True) as source,
            self.server.admin(self.name) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("START TRANSACTION")
            for table, columns in tables_of(path).items():
                cursor.execute(f"DELETE FROM {self.quoted(table)}")
                names = ", ".join(self.quoted(name) for name, _, _ in columns)
                rows = source.execute(f'SELECT * FROM "{table}"').fetchall()
                if rows:
                    marks = ", ".join(["%s"] * len(columns))
                    cursor.executemany(
                        f"INSERT INTO {self.quoted(table)} ({names}) VALUES ({marks})",
                        [[self._value(value) for value in row] for row in rows],
                    )
            cursor.execute("COMMIT")

    def _value(self, value: Any) -> Any:
        return value.bytes if isinstance(value, UUID) and not self.postgresql else value


def tables_of(path: Path) -> dict[str, list[tuple[str, str, bool]]]:
    """The tables of a DuckDB file that are needed, with (column, type of PostgreSQL's, nullable)."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, column, nullable in connection.execute(
            "SELECT table_name, column_name, is_nullable FROM duckdb_columns() WHERE NOT internal "
            "ORDER BY table_name, column_index"
        ).fetchall():
            if table in recount.TABLES:
                kind = {**NEWER, **TYPES}[table, column]
                found.setdefault(table, []).append((column, kind, nullable))
    return found


def empty(kind: str) -> Loaded:
    """A database without a table, for one test alone."""
    server = servers.shared(kind)
    return Loaded(server, server.create_database())


def copied(kind: str, path: Path) -> Loaded:
    """The tables that are needed of an instance, for one test to change."""
    made = empty(kind)
    made.create(tables_of(path))
    made.fill(path)
    return made


@cache
def loaded(kind: str, path: Path) -> Loaded:
    """A whole instance as the product loads it; to be left as it was found."""
    made = empty(kind)
    loading.load(path, made.url, lambda text: None)
    return made


def url_of(kind: str, path: Path) -> str:
    """The URL of an instance, in its file or in a server."""
    return f"duckdb://{path}" if kind == "duckdb" else loaded(kind, path).url


def collect(url: str, day: date = instances.DAY, **order: Any) -> Collection:
    """Count everything in the instance that a URL names."""
    given = {
        "settings": instances.limits(budget_seconds=600.0, statement_timeout_seconds=60.0, measured_alone=0),
        **order,
    }
    source = sources.find(url, day=day, data=Path("absent"), demo={})
    return collector.collect(source, catalogue.load(), Order(day=day, **given), Clock())


def told(collection: Collection) -> dict[str, tuple[Any, ...]]:
    """Every figure's value, status and reason, the server's own version left out."""
    return {
        figure.name: (figure.status, figure.value, type(figure.value), figure.reason)
        for figure in (*collection.stats, *collection.metrics)
        if figure.name != "instanceDatabaseVersion"
    }


def different(found: Collection, expected: Collection) -> set[str]:
    """The figures that are not told alike."""
    here, there = told(found), told(expected)
    assert here.keys() == there.keys()
    return {name for name, each in here.items() if each != there[name]}
