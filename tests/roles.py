"""Roles of real servers, with the rights that `fa-stats grants` prints, over an instance that was loaded."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote

import psycopg
import pymysql
import servers
from instances import DAY, instance, limits

from fa_stats import catalogue, collector, grants, sources
from fa_stats.clock import Clock
from fa_stats.collection import Collection
from fa_stats.collector import Order
from fa_stats.demo import loading
from fa_stats.sources import Source

PASSWORD = "vexlorn p@ss"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Role:
    """A role that may log in to a database; with `views` it looks for tables among the views."""

    server: servers.Server
    database: str
    name: str
    views: bool = False

    @property
    def url(self) -> str:
        if not self.views:
            return self.server.url(self.database, user=self.name, password=PASSWORD)
        if self.server.kind == "postgresql":
            url = self.server.url(self.database, user=self.name, password=PASSWORD)
            return f"{url}?options={quote('-csearch_path=fa_stats')}"
        return self.server.url("fa_stats", user=self.name, password=PASSWORD)

    @property
    def account(self) -> str:
        """The name as it stands in SQL."""
        if self.server.kind == "postgresql":
            return '"' + self.name.replace('"', '""') + '"'
        return "'" + self.name.replace("'", "''") + "'@'%'"

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """A plain session, which is not read-only, as anybody who has the password can open one."""
        connection: Any
        if self.server.kind == "postgresql":
            connection = psycopg.connect(self.url, autocommit=True)
        else:
            database = "fa_stats" if self.views else self.database
            host, port = self.server.host, self.server.port
            connection = pymysql.connect(
                host=host, port=port, user=self.name, password=PASSWORD, database=database, autocommit=True
            )
        try:
            yield connection
        finally:
            connection.close()

    def refusal(self, sql: str) -> str | int | None:
        """The code with which the server refuses a statement; None where it does not."""
        with self.connect() as connection, connection.cursor() as cursor:
            try:
                cursor.execute(sql)
            except psycopg.Error as error:
                return error.sqlstate
            except pymysql.Error as error:
                return int(error.args[0])
        return None

    def script(self) -> str:
        """What `fa-stats grants` prints for it."""
        schema = None if self.server.kind == "postgresql" else self.database
        return grants.write(catalogue.load(), self.server.kind, self.name, schema=schema, views=self.views)

    def grant(self) -> None:
        """Run that as an administrator."""
        run_script(self.server, self.database, self.script())

    def alter(self, sql: str) -> None:
        """Run a statement about the role as an administrator."""
        self.server.ask(sql.format(role=self.account), database=self.database)


@cache
def loaded(kind: str, day: date = DAY) -> str:
    """The name of a database with an instance in it, not to be changed."""
    server = servers.shared(kind)
    name = server.create_database()
    loading.load(instance(day=day), server.url(name), lambda text: None)
    return name


@contextmanager
def made(server: servers.Server, database: str, *, views: bool = False, name: str | None = None) -> Iterator[Role]:
    """A role that may only log in, as long as it is needed."""
    role = Role(server, database, name or f"fa_role_{os.getpid()}_{next(_NUMBERS)}", views)
    if server.kind == "postgresql":
        role.alter(f"CREATE ROLE {{role}} LOGIN PASSWORD '{PASSWORD}'")
    else:
        role.alter(f"CREATE USER {{role}} IDENTIFIED BY '{PASSWORD}'")
    try:
        yield role
    finally:
        if server.kind == "postgresql":
            role.alter("DROP SCHEMA IF EXISTS fa_stats CASCADE")
            role.alter("DROP OWNED BY {role}")
            role.alter("DROP ROLE {role}")
        else:
            role.alter("DROP DATABASE IF EXISTS fa_stats")
            role.alter("DROP USER {role}")


def run_script(server: servers.Server, database: str, sql: str) -> None:
    """Run a script as an administrator; MySQL takes one statement at a time."""
    with server.admin(database) as connection, connection.cursor() as cursor:
        for statement in [sql] if server.kind == "postgresql" else sql.split(";\n"):
            if any(line and not line.startswith("--") for line in statement.splitlines()):
                cursor.execute(statement)


def source(url: str) -> Source:
    return sources.find(url, day=DAY, data=instance().parent, demo={})


def collected(url: str) -> Collection:
    return collector.collect(source(url), catalogue.load(), Order(day=DAY, settings=limits()), Clock())


def answers(collection: Collection) -> dict[str, tuple[str, Any]]:
    """What is in the payloads, but for the times, by name."""
    return {figure.name: (figure.status.value, figure.value) for figure in (*collection.stats, *collection.metrics)}
