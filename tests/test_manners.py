"""How fa_stats behaves in a server, as the server sees it: it reads, briefly, on one connection, and gives way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import hosted
import psycopg
import pymysql
import pytest
import servers
from hosted import Hosted, counted, spare
from instances import figures, limits, names

from fa_stats import catalogue
from fa_stats.clock import Clock
from fa_stats.collection import Status
from fa_stats.errors import CollectionOffError
from fa_stats.query import compose
from fa_stats.sources import Connection, Limits

WRITES = (
    "INSERT INTO nodes SELECT * FROM nodes",
    "UPDATE users SET active = active",
    "DELETE FROM users",
    "DROP TABLE users",
    "CREATE TABLE mine (a int)",
    "ALTER TABLE users ADD COLUMN mine int",
    "TRUNCATE users",
    "CREATE INDEX mine ON users (id)",
    "CREATE VIEW mine AS SELECT 1 AS a",
    "SELECT id FROM users FOR UPDATE",
)
REFUSED = (psycopg.errors.ReadOnlySqlTransaction, pymysql.err.Error)


@pytest.fixture(scope="module", params=servers.KINDS)
def host(request: pytest.FixtureRequest) -> Hosted:
    return spare(request.param)


@dataclass(frozen=True, slots=True)
class Watching(Clock):
    """A clock that has somebody look at the server whenever there is a rest."""

    look: Callable[[float], object]

    def sleep(self, seconds: float) -> None:
        self.look(seconds)
        Clock.sleep(self, min(seconds, 0.01))


def ask(connection: Connection, text: str, given: Limits) -> tuple[Any, ...]:
    """The first row of a query that the catalogue would never make, run as the others are."""
    [made] = compose(catalogue.load(), [catalogue.load().by_name["tenantNumber"]], connection.dialect)
    [row] = connection.run(replace(made, sql=text), {}, given).rows
    return tuple(row.values())


# ------------------------------------------------------------------------------------------------------------- reading


def test_a_session_cannot_write_even_as_the_superuser(host: Hosted) -> None:
    before = host.tables(), host.ask("SELECT count(*) FROM nodes")
    with host.source.connect() as connection:
        for statement in WRITES:
            with pytest.raises(REFUSED) as caught:
                connection._results(statement) if host.server.kind == "postgresql" else connection._rows(statement)  # type: ignore[attr-defined]
            assert "read-only" in str(caught.value).lower() or "READ ONLY" in str(caught.value), statement
    assert (host.tables(), host.ask("SELECT count(*) FROM nodes")) == before


def test_the_limits_are_the_servers_own(host: Hosted) -> None:
    given = Limits(1.25, lock_seconds=2.0)
    with host.source.connect() as connection:
        if host.server.kind == "postgresql":
            names = ("statement_timeout", "lock_timeout", "transaction_read_only", "max_parallel_workers_per_gather")
            shown = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
            assert ask(connection, f"SELECT {shown}", given) == ("1250ms", "2s", "on", "0")
            return
        variable = "max_statement_time" if host.server.kind == "mariadb" else "max_execution_time"
        reading = "tx_read_only" if host.server.kind == "mariadb" else "transaction_read_only"
        shown = f"SELECT @@{variable} AS a, @@lock_wait_timeout AS b, @@innodb_lock_wait_timeout AS c, @@{reading} AS d"
        found = ask(connection, shown, given)
        assert [float(value) for value in found] == [1.25 if host.server.kind == "mariadb" else 1250, 2, 2, 1]


def test_there_is_one_session_with_a_name_even_after_it_was_cut(host: Hosted) -> None:
    seen: list[int] = []
    shown: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            found = hosted.sessions(host.server, host.database)
            seen.append(len(found))
            shown.update(str(info) for *_, info in found if info)
            if len(seen) == 3:
                hosted.cut(host)

    thread = threading.Thread(target=watch)
    thread.start()
    got = host.collect(limits(pause_ratio=5.0, measured_alone=0))
    done.set()
    thread.join()
    assert got.counts()[Status.OK] == counted(host.server.kind)
    assert max(seen) == 1
    assert 0 in seen[3:]  # it was cut
    if host.server.kind == "postgresql":  # where a session is found by its name, and a statement is prepared
        return
    with host.source.connect() as connection:
        if host.server.kind == "mysql":
            named = "SELECT count(*) FROM performance_schema.session_connect_attrs WHERE attr_value = 'fa_stats'"
            assert host.server.ask(named)[0][0] >= 1
        own = "SELECT info FROM information_schema.processlist WHERE id = connection_id()"
        assert ask(connection, f"/* fa_stats: x */\n{own}", Limits(1))[0].startswith("/* fa_stats: ")


def test_no_transaction_is_open_in_a_rest_and_rests_are_in_proportion(host: Hosted) -> None:
    found: list[Any] = []
    rests: list[float] = []
    number = "(SELECT id FROM information_schema.processlist WHERE db = '{}')"
    postgres = host.server.kind == "postgresql"
    open_ones = (
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'fa_stats' "
        "AND (state <> 'idle' OR backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
        if postgres
        else f"SELECT trx_id FROM information_schema.innodb_trx WHERE trx_mysql_thread_id IN {number}".format(
            host.database
        )
    )
    with host.server.admin() as admin, admin.cursor() as cursor:

        def look(seconds: float) -> None:
            cursor.execute(open_ones)
            found.extend(cursor.fetchall())
            rests.append(seconds)

        got = host.collect(limits(pause_ratio=0.5, measured_alone=0), clock=Watching(look))
    assert found == []
    assert len(rests) == len([each for each in got.statements if each.name != "configuration"])
    assert sum(rests) >= 0.5 * got.database_microseconds / 1_000_000


# -------------------------------------------------------------------------------------------------------------- limits


def test_the_budget_is_kept_by_a_slow_server(host: Hosted) -> None:
    given = limits(statement_timeout_seconds=0.6, budget_seconds=1.5, measured_alone=0)
    with host.slow("messengers"), host.slow("nodes"), host.slow("webhooks"), host.slow("themes"):
        got = host.collect(given)
    assert got.database_microseconds < 1_800_000
    found = figures(got)
    late = [figure for figure in found.values() if figure.status is Status.OVER_BUDGET]
    assert late
    assert {figure.reason for figure in late} <= {
        f"the budget of 1.5 s in the database was used up {when} its statement" + (" ran" if when == "while" else "")
        for when in ("before", "while")
    }


def reads(host: Hosted) -> dict[str, int]:
    """How many rows of each table were read so far, as the server counts."""
    if host.server.kind == "postgresql":
        time.sleep(0.1)
        rows = host.ask("SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables")
    elif host.server.kind == "mysql":
        rows = host.ask(
            "SELECT object_name, count_read FROM performance_schema.table_io_waits_summary_by_table "
            f"WHERE object_schema = '{host.database}'"
        )
    else:
        host.ask("SET GLOBAL userstat = 1")
        rows = host.ask(
            "SELECT table_name, rows_read FROM information_schema.table_statistics "
            f"WHERE table_schema = '{host.database}'"
        )
    return {table: int(number) for table, number in rows}


def read_since(host: Hosted, before: dict[str, int], least: int = 1) -> set[str]:
    return {table for table, number in reads(host).items() if number >= before.get(table, 0) + least}


def tables_of(found: set[str]) -> set[str]:
    known = catalogue.load()
    stats = [known.by_name[name] for name in found]
    return {table for stat in stats for table in known.statement[stat.statement].columns_of([stat])}


def test_a_statement_whose_plan_reads_too_much_is_not_run(host: Hosted) -> None:
    most = 3 * max(host.ask(f"SELECT count(*) FROM {table}")[0][0] for table in ("tenants", "applications", "nodes"))
    usual = figures(host.collect())
    before = reads(host)
    got = host.collect(limits(statement_rows=most, measured_alone=0))
    touched = read_since(host, before, least=4)  # to plan a statement is to look at the ends of indexes
    found, late = figures(got), names(got, "over_budget")
    assert 0 < len(late) < counted(host.server.kind) / 2
    for name in late:
        reason = found[name].reason or ""
        assert "its plan expects to read" in reason
        assert f"more than the {most:,} that a statement may read" in reason
    assert all(found[name].value == usual[name].value for name in found if name not in late)
    ran = {name for each in got.statements if each.failure is None for name in each.figures}
    spared = tables_of(late) - tables_of(ran & set(catalogue.load().by_name))
    assert spared
    assert not spared & touched


# ------------------------------------------------------------------------------------------------------------- consent


def connections(host: Hosted) -> int:
    """How many connections the server has had, this one left out on both sides of a comparison."""
    if host.server.kind == "postgresql":
        time.sleep(0.1)
        return int(host.server.ask(f"SELECT sessions FROM pg_stat_database WHERE datname = '{host.database}'")[0][0])
    return int(host.server.ask("SHOW GLOBAL STATUS LIKE 'Connections'")[0][1])


def test_where_collection_is_off_the_server_sees_no_connection(host: Hosted) -> None:
    own = 0 if host.server.kind == "postgresql" else 1
    before = connections(host)
    with pytest.raises(CollectionOffError):
        host.collect(limits(mode="off"))
    assert connections(host) == before + own
    host.collect(limits(mode="off"), preview=True)
    assert connections(host) == before + 2 * own + 1


def test_where_the_instances_switch_is_off_only_that_is_read(host: Hosted) -> None:
    with host.documents("system_configuration", '{"usageDataConfiguration": {"enabled": false}}'):
        before = reads(host)
        with pytest.raises(CollectionOffError, match="that switch was read and nothing else"):
            host.collect()
        assert read_since(host, before) == {"system_configuration"}
        got = host.collect(preview=True)
        assert len(read_since(host, before)) > 10
    assert got.counts()[Status.OK] == counted(host.server.kind)
