"""Instances in real database servers, the collections that they give, and what can befall such a server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import servers
from instances import DAY, instance, limits

from fa_stats import catalogue, collector, demo, settings, sources
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Status
from fa_stats.collector import Order, Progress, silent
from fa_stats.demo import loading

SMALL = demo.Size(tenants=3, applications=5, users=20)
QUICK: dict[str, Any] = {"statement_timeout_seconds": 0.5, "lock_timeout_seconds": 0.3, "budget_seconds": 5.0}


@dataclass(frozen=True)
class Hosted:
    """A small instance in a database of a server, read as a certain user."""

    server: servers.Server
    database: str
    user: str | None = None

    @property
    def url(self) -> str:
        return self.server.url(self.database, user=self.user)

    @property
    def source(self) -> sources.Source:
        return find(self.url)

    def ask(self, sql: str) -> list[Any]:
        """Run a statement as the superuser."""
        return self.server.ask(sql, database=self.database)

    def collect(
        self,
        given: settings.Settings | None = None,
        clock: Clock | None = None,
        progress: Progress = silent,
        url: str | None = None,
        **order: Any,
    ) -> Collection:
        """Count everything in the instance."""
        asked = Order(day=DAY, settings=given or limits(measured_alone=0), **order)
        source = find(url) if url else self.source
        return collector.collect(source, catalogue.load(), asked, clock or Clock(), progress)

    def quoted(self, name: str) -> str:
        """A name as the server's statements have it."""
        return f'"{name}"' if self.server.kind == "postgresql" else f"`{name}`"

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in order."""
        schema = "public" if self.server.kind == "postgresql" else self.database
        found = self.ask(
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_schema = '{schema}' AND table_name = '{table}' ORDER BY ordinal_position"
        )
        return [row[0] for row in found]

    def tables(self) -> list[str]:
        """The tables of the instance."""
        schema = "public" if self.server.kind == "postgresql" else self.database
        found = self.ask(
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY table_name"
        )
        return [row[0] for row in found]

    @property
    def account(self) -> str:
        """The user as a GRANT names it."""
        assert self.user
        return self.user if self.server.kind == "postgresql" else f"'{self.user}'@'%'"

    @contextmanager
    def lock(self, table: str) -> Iterator[None]:
        """Hold a lock on a table that no reader gets past."""
        with self.server.admin(self.database) as holder, holder.cursor() as cursor:
            if self.server.kind == "postgresql":
                cursor.execute("BEGIN")
                cursor.execute(f"LOCK TABLE {self.quoted(table)} IN ACCESS EXCLUSIVE MODE")
            else:
                cursor.execute(f"LOCK TABLES {self.quoted(table)} WRITE")
            yield

    def make_slow(self, table: str) -> None:
        """Put a view that sleeps in the place of a table."""
        name, kept = self.quoted(table), self.quoted(f"{table}_kept")
        sleep = "CROSS JOIN pg_sleep(30) AS slept" if self.server.kind == "postgresql" else "WHERE sleep(30) = 0"
        steps = [
            f"ALTER TABLE {name} RENAME TO {kept}",
            f"CREATE VIEW {name} AS SELECT {kept}.* FROM {kept} {sleep}",
            *([f"GRANT SELECT ON {name} TO {self.account}"] if self.user else []),
        ]
        if self.server.kind == "postgresql":
            self.ask(";".join(steps))  # one transaction
        else:
            for step in steps:
                self.ask(step)

    @contextmanager
    def slow(self, table: str) -> Iterator[None]:
        """Have a table be slow for the length of a block."""
        self.make_slow(table)
        yield
        self.ask(f"DROP VIEW {self.quoted(table)}")
        self.ask(f"ALTER TABLE {self.quoted(f'{table}_kept')} RENAME TO {self.quoted(table)}")

    @contextmanager
    def documents(self, table: str, text: str) -> Iterator[None]:
        """Have all documents of a table be a text for the length of a block."""
        [key, *_] = self.columns(table)
        kept = self.ask(f"SELECT {key}, data FROM {table}")
        self.server.ask(f"UPDATE {table} SET data = %s", [text], database=self.database)
        yield
        for value, data in kept:
            where = "" if key == "data" else f" WHERE {key} = %s"
            values = [data] if key == "data" else [data, value]
            self.server.ask(f"UPDATE {table} SET data = %s{where}", values, database=self.database)

    def revoke(self, table: str, column: str) -> None:
        """Take the right to read one column of a table from the user, who may read the others still."""
        others = ", ".join(self.quoted(name) for name in self.columns(table) if name != column)
        steps = [f"REVOKE SELECT ON {self.quoted(table)} FROM {self.account}"]
        if others:  # a table of a single column has none left
            steps.append(f"GRANT SELECT ({others}) ON {self.quoted(table)} TO {self.account}")
        if self.server.kind == "postgresql":
            self.ask(";".join(steps))  # one transaction; the first takes the columns back as well
        else:
            for step in reversed(steps):
                self.ask(step)


def find(url: str) -> sources.Source:
    """The source that a URL names."""
    return sources.find(url, day=DAY, data=Path("data"), demo={})


def load(server: servers.Server) -> Hosted:
    """Load the small instance into a new database of a server."""
    hosted = Hosted(server, server.create_database())
    loading.load(instance(size=SMALL), hosted.url, lambda said: None)
    return hosted


def with_reader(hosted: Hosted, name: str) -> Hosted:
    """Create a user who may read each table, and return the instance as that user reads it."""
    read = Hosted(hosted.server, hosted.database, name)
    if hosted.server.kind == "postgresql":
        hosted.ask(f"CREATE ROLE {name} LOGIN")
        hosted.ask(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        return read
    hosted.ask(f"CREATE USER {read.account}")
    for table in hosted.tables():
        hosted.ask(f"GRANT SELECT ON {read.quoted(table)} TO {read.account}")
    return read


@cache
def spare(kind: str) -> Hosted:
    """The small instance in a server that nobody else uses, which every test leaves as it was."""
    return load(servers.private(kind))


@cache
def right(kind: str) -> Collection:
    """What is counted in the spare instance where nothing is in the way."""
    return spare(kind).collect()


def counted(kind: str) -> int:
    """How many stats of the spare instance are counted where nothing is in the way."""
    return right(kind).counts()[Status.OK]


def processes(server: servers.Server) -> list[psutil.Process]:
    """All processes of a server, the first one before those that it made."""
    first = psutil.Process(server.pid)
    return [first, *first.children(recursive=True)]


def send(server: servers.Server, number: signal.Signals) -> None:
    """Send a signal to every process of a server."""
    for process in processes(server):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            os.kill(process.pid, number)


@contextmanager
def stopped(server: servers.Server) -> Iterator[None]:
    """Have a server hang for the length of a block: it is there, and does not answer."""
    send(server, signal.SIGSTOP)
    try:
        yield
    finally:
        send(server, signal.SIGCONT)


def sessions(server: servers.Server, database: str | None = None) -> list[tuple[Any, ...]]:
    """The sessions of others: (id, state, last statement)."""
    if server.kind == "postgresql":
        return server.ask(
            "SELECT pid, state, query FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND pid <> pg_backend_pid() AND application_name = 'fa_stats'"
        )
    return server.ask(
        "SELECT id, command, info FROM information_schema.processlist WHERE id <> connection_id() "
        f"AND command <> 'Daemon' AND user <> 'event_scheduler' AND db = '{database}'"
    )


def cut(hosted: Hosted) -> int:
    """End all sessions of fa_stats, as an administrator can, and return how many there were."""
    found = sessions(hosted.server, hosted.database)
    for number, *_ in found:
        with suppress(Exception):  # it may have left by itself
            hosted.server.ask(
                f"SELECT pg_terminate_backend({number})" if hosted.server.kind == "postgresql" else f"KILL {number}"
            )
    return len(found)
