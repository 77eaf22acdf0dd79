"""A server that is busy is waited for, longer each time; one that stays busy is left alone, and that is said."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pymysql
import pytest
import servers
from hosted import Hosted, counted, spare
from instances import figures, limits, names
from projects import until

from fa_stats.clock import Clock
from fa_stats.collection import Status
from fa_stats.settings import BackOff, Settings


@pytest.fixture(params=servers.KINDS)
def host(request: pytest.FixtureRequest) -> Hosted:
    return spare(request.param)


def busy(sessions: int = 50, **more: Any) -> Settings:
    back_off = BackOff(sessions=sessions, **{"wait_seconds": 0.5, **more})
    return replace(limits(measured_alone=0), back_off=back_off)


def sleep(cursor: Any) -> None:
    with suppress(pymysql.err.OperationalError):  # it is killed in the end
        cursor.execute("SELECT sleep(60) /* at work */")


@contextmanager
def at_work(host: Hosted, number: int) -> Iterator[Callable[[], None]]:
    """Have sessions at work: in a transaction, or in a statement. What is given ends them."""
    with ExitStack() as stack:
        cursors = [stack.enter_context(host.server.admin(host.database)).cursor() for _ in range(number)]
        threads = []
        for cursor in cursors:
            if host.server.kind == "postgresql":
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1")
            else:
                threads.append(threading.Thread(target=sleep, args=(cursor,)))
                threads[-1].start()
        time.sleep(0.2)

        def end() -> None:
            if host.server.kind == "postgresql":
                for cursor in cursors:
                    cursor.execute("ROLLBACK")
                return
            for (each,) in host.server.ask(
                "SELECT id FROM information_schema.processlist "
                "WHERE info LIKE '%/* at work */' AND id <> connection_id()"
            ):
                host.server.ask(f"KILL QUERY {each}")

        yield end
        end()
        for thread in threads:
            thread.join()


@dataclass(frozen=True, slots=True)
class Calming(Clock):
    """A clock on which the server calms down after some rests."""

    calm: Callable[[], object]
    after: int
    rests: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        if len(self.rests) == self.after:
            self.calm()
        Clock.sleep(self, min(seconds, 0.05))


def test_a_busy_server_is_waited_for_longer_each_time(host: Hosted) -> None:
    with at_work(host, 4) as end:
        clock = Calming(end, 3)
        got = host.collect(busy(sessions=3, wait_seconds=30), clock=clock)
    assert clock.rests[:3] == [0.5, 1.0, 2.0]
    assert got.waited_microseconds >= 100_000
    assert got.counts()[Status.OK] == counted(host.server.kind)


def test_a_server_that_stays_busy_is_left_alone_and_that_is_said(host: Hosted) -> None:
    with host.source.connect() as connection:
        quiet = connection.pressure().sessions or 0
    started: list[bool] = []
    with ExitStack() as stack:

        def progress(statement: str, done: int, total: int) -> None:
            if done > 100 and not started:
                started.append(True)
                stack.enter_context(at_work(host, quiet + 5))
                time.sleep(1.0)  # the last look is then too old to go by

        began = time.monotonic()
        got = host.collect(busy(sessions=quiet + 3, wait_seconds=1.0), progress=progress)
        assert time.monotonic() - began < 8
    found, late = figures(got), names(got, "over_budget")
    assert late
    [reason] = {found[name].reason for name in late}
    said = rf"the server was busy \(\d+ sessions at work, {quiet + 3} allowed\) for the 1 s that it may be waited for"
    assert re.fullmatch(said, reason or "")
    assert 900_000 < got.waited_microseconds < 2_000_000
    usual = figures(host.collect())
    assert all(found[name].value == usual[name].value for name in found if name not in late)


def test_locks_that_are_waited_for_count_as_business(host: Hosted) -> None:
    postgres = host.server.kind == "postgresql"
    with ExitStack() as stack:
        holder = stack.enter_context(host.server.admin(host.database)).cursor()
        holder.execute("BEGIN")
        holder.execute("SELECT * FROM nodes FOR UPDATE")
        threads = []
        for _ in range(3):
            cursor = stack.enter_context(host.server.admin(host.database)).cursor()
            statement = "SELECT 1 FROM nodes FOR UPDATE"
            threads.append(threading.Thread(target=cursor.execute, args=(statement,)))
            threads[-1].start()
        time.sleep(0.3)
        with host.source.connect() as connection:
            waits = connection.pressure().lock_waits
        clock = Calming(lambda: holder.execute("ROLLBACK"), 2)
        got = host.collect(busy(lock_waits=2, wait_seconds=30), clock=clock)
        for thread in threads:
            thread.join()
    assert waits == 3, postgres
    assert clock.rests[:2] == [0.5, 1.0]
    assert got.counts()[Status.OK] == counted(host.server.kind)


def test_a_replica_that_is_behind_is_waited_for() -> None:
    primary = spare("postgresql")
    with replica(primary.server) as second:
        behind = Hosted(second, primary.database)
        primary.ask("UPDATE nodes SET id = id")
        until(lambda: second.ask("SELECT pg_last_xact_replay_timestamp()")[0][0])
        second.ask("SELECT pg_wal_replay_pause()")
        primary.ask("UPDATE nodes SET id = id")
        time.sleep(1.2)
        with behind.source.connect() as connection:
            lag = connection.pressure().replica_lag
        clock = Calming(lambda: second.ask("SELECT pg_wal_replay_resume()"), 3)
        got = behind.collect(busy(replica_lag_seconds=1.0, wait_seconds=30), clock=clock)
    assert lag is not None
    assert lag > 1
    assert clock.rests[:3] == [0.5, 1.0, 2.0]
    assert got.counts()[Status.OK] == counted("postgresql")


@contextmanager
def replica(primary: servers.Server) -> Iterator[servers.Server]:
    """A second server that follows the first."""
    second = servers.private("postgresql")
    second.stop()
    shutil.rmtree(second.data)
    program = servers._found("postgresql").with_name("pg_basebackup")
    subprocess.run(
        [program, "-D", second.data, "-R", "-c", "fast", "-h", primary.host, "-p", str(primary.port), "-U", "postgres"],
        check=True,
        cwd=second.folder,
        **servers._account("postgresql"),
    )
    second.start()
    try:
        yield second
    finally:
        second.stop()
