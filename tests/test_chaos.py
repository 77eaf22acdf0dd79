"""Two hundred faults at random moments of a collection: it ends, says what happened, and never counts wrong."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import hosted
import pymysql
import pytest
import servers
from hosted import QUICK, Hosted
from instances import DAY, limits
from projects import Project

from fa_stats import catalogue, files, query, run, session, snapshots
from fa_stats.catalogue import CONFIGURATION, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Figure, Status
from fa_stats.errors import SourceError
from fa_stats.sources import Limits, mysql, postgresql

FAULTS = {"postgresql": 80, "mysql": 50, "mariadb": 70}
LONGEST = 20.0
"""Seconds: the budget of five, the rests, one look that is not answered, and the attempts to connect again."""

GONE = r"this schema has no table|a table or column that was there is gone|is not there, or not for this user"
HIDDEN = r"may not read|this schema has no column|not there, or not for this user|column that was there is gone"
SLOW = r"stopped after|kept it for|the budget of 5 s in the database was used up|is gone|has no table|not there"
SILENT = r"stopped after|did not answer|the budget of 5 s in the database was used up"
LOST = r"the connection to the server was lost, and could not be opened again"
NOT_JSON = r"a document in .*\bis not valid JSON"
NO_CONNECTION = r"^The (PostgreSQL|MySQL) server |could not be opened again|^The tables of the instance cannot"


@dataclass
class Fault:
    """What is done to a server: the stats that it may cost, what is then said, and how it is undone."""

    strike: Callable[[], object]
    reasons: str = "nothing"
    hit: frozenset[str] = frozenset()
    fatal: str | None = None  # what the error says where it is right that there is no payload at all
    tables: tuple[str, ...] = ()  # to be made anew
    mend: Callable[[], object] = lambda: None
    done: threading.Event = field(default_factory=threading.Event)


STATS = tuple(stat for stat in catalogue.load() if stat.statement != CONFIGURATION)
CONTEXT = frozenset(stat.name for stat in STATS if stat.payload is catalogue.Payload.CONTEXT)


def columns_of(stat: Stat) -> dict[str, tuple[str, ...]]:
    return catalogue.load().statement[stat.statement].columns_of([stat])


def dependent(hit: set[str]) -> frozenset[str]:
    """The figures that are hit, with those that need one of them as a parameter."""
    if not hit & CONTEXT:
        return frozenset(hit)
    statements = catalogue.load().statement
    return frozenset(hit | {stat.name for stat in STATS if statements[stat.statement].parameters_of([stat])})


def of_table(table: str) -> frozenset[str]:
    return dependent({stat.name for stat in STATS if table in columns_of(stat)})


def of_column(table: str, column: str) -> frozenset[str]:
    return dependent({stat.name for stat in STATS if column in columns_of(stat).get(table, ())})


def of_document(table: str, column: str) -> frozenset[str]:
    return dependent({stat.name for stat in STATS if (table, column) in query.documents(catalogue.load(), stat)})


TABLES = sorted({table for stat in STATS for table in columns_of(stat)})
COLUMNS = sorted({(table, each) for stat in STATS for table, names in columns_of(stat).items() for each in names})
DOCUMENTS = sorted({each for stat in STATS for each in query.documents(catalogue.load(), stat)})


def fatal(table: str) -> str | None:
    """What is said where the instance's own switch is out of reach."""
    return r"own switch|no FusionAuth database" if table == "system_configuration" else None


# ---------------------------------------------------------------------------------------------------- the faults


def kill_and_start(on: Hosted, chance: random.Random) -> Fault:
    def strike() -> None:
        on.server.kill()
        on.server.start()

    return Fault(strike, LOST, of_all(), NO_CONNECTION)


def kill(on: Hosted, chance: random.Random) -> Fault:
    return Fault(on.server.kill, LOST, of_all(), NO_CONNECTION, mend=on.server.start)


def of_all() -> frozenset[str]:
    return frozenset(stat.name for stat in STATS)


def end_sessions(on: Hosted, chance: random.Random) -> Fault:
    return Fault(lambda: hosted.cut(on), fatal=r"^The (PostgreSQL|MySQL) server ")


def hang(on: Hosted, chance: random.Random) -> Fault:
    seconds = chance.choice([0.05, 0.2, 1.0, 3.0])

    def strike() -> None:
        with hosted.stopped(on.server):
            time.sleep(seconds)

    return Fault(strike, SILENT, of_all(), f"{NO_CONNECTION}|own switch")


def slow_statement(on: Hosted, chance: random.Random) -> Fault:
    table = chance.choice(TABLES)
    return Fault(lambda: on.make_slow(table), SLOW, of_table(table), fatal(table), (table, f"{table}_kept"))


def drop_table(on: Hosted, chance: random.Random) -> Fault:
    table = chance.choice(TABLES)
    return Fault(lambda: on.ask(f"DROP TABLE {on.quoted(table)}"), GONE, of_table(table), fatal(table), (table,))


def revoke_column(on: Hosted, chance: random.Random) -> Fault:
    table, column = chance.choice(COLUMNS)
    strike = lambda: on.revoke(table, column)  # noqa: E731
    if on.server.kind == "postgresql":
        return Fault(strike, HIDDEN, of_column(table, column), fatal(table), (table,))
    # Here it takes two statements, and for a moment between them the user has no right to anything.
    return Fault(strike, f"{HIDDEN}|{GONE}", of_table(table), fatal(table), (table,))


def rename_column(on: Hosted, chance: random.Random) -> Fault:
    table, column = chance.choice(COLUMNS)
    strike = lambda: on.ask(f"ALTER TABLE {on.quoted(table)} RENAME COLUMN {on.quoted(column)} TO gone")  # noqa: E731
    return Fault(strike, HIDDEN, of_column(table, column), fatal(table), (table,))


def hold_lock(on: Hosted, chance: random.Random) -> Fault:
    table = chance.choice(TABLES)
    seconds = chance.choice([0.1, 30])

    def strike() -> None:
        with on.lock(table):
            fault.done.wait(seconds)

    fault = Fault(strike, SLOW, of_table(table), fatal(table))
    return fault


def spoil_document(on: Hosted, chance: random.Random) -> Fault:
    table, column = chance.choice(DOCUMENTS)
    spoilt = chance.choice(["{", "nonsense", '{"a": 1} more', '{"a": tru}', '{"a": "b', "[1, 2", '{"a" 1}', "'"])
    text = spoilt.replace("'", "''")
    strike = lambda: on.ask(f"UPDATE {on.quoted(table)} SET {column} = '{text}'")  # noqa: E731
    return Fault(strike, NOT_JSON, of_document(table, column), fatal(table), (table,))


KINDS = (
    kill_and_start, kill, end_sessions, hang, slow_statement, drop_table, revoke_column, rename_column, hold_lock,
    spoil_document, end_sessions, drop_table, revoke_column, rename_column, hold_lock, spoil_document,
)  # fmt: skip


# -------------------------------------------------------------------------------------------------- the instance


@cache
def victim(kind: str) -> tuple[Hosted, Hosted]:
    """An instance of its own to be hurt, read as a user with few rights, and the one that it is mended from."""
    # What is mended must outlive the next kill.
    options = () if kind == "postgresql" else ("--innodb-flush-log-at-trx-commit=2",)
    kept = hosted.load(servers.private(kind, *options))
    if kind == "postgresql":
        hosted.with_reader(kept, "reader")
        hurt = Hosted(kept.server, f"{kept.database}_hurt", "reader")
        kept.server.ask(f"CREATE DATABASE {hurt.database} TEMPLATE {kept.database}")
        return hurt, kept
    hurt = Hosted(kept.server, kept.server.create_database())
    for table in kept.tables():
        copy(hurt, kept, table)
    return hosted.with_reader(hurt, "reader"), kept


def copy(to: Hosted, kept: Hosted, table: str) -> None:
    to.ask(f"CREATE TABLE `{table}` LIKE {kept.database}.`{table}`")
    to.ask(f"INSERT INTO `{table}` SELECT * FROM {kept.database}.`{table}`")


def mend(hurt: Hosted, kept: Hosted, fault: Fault) -> None:
    fault.mend()
    if hurt.server.kind == "postgresql" and fault.tables:
        hurt.server.drop_database(hurt.database)
        hurt.server.ask(f"CREATE DATABASE {hurt.database} TEMPLATE {kept.database}")
        return
    for table in fault.tables:
        with suppress(pymysql.err.OperationalError):  # a table is in its place
            hurt.ask(f"DROP VIEW IF EXISTS `{table}`")
        hurt.ask(f"DROP TABLE IF EXISTS `{table}`")
        if not table.endswith("_kept"):
            copy(hurt, kept, table)
            hurt.ask(f"GRANT SELECT ON `{table}` TO {hurt.account}")
            columns = ", ".join(map(hurt.quoted, hurt.columns(table)))
            with suppress(pymysql.err.Error):  # nothing was revoked
                hurt.ask(f"REVOKE SELECT ({columns}) ON `{table}` FROM {hurt.account}")


@contextmanager
def striking(fault: Fault, after: float) -> Iterator[list[BaseException]]:
    """Strike from a thread a while after the block began; what went wrong with that is in the list."""
    failures: list[BaseException] = []

    def work() -> None:
        fault.done.wait(after)
        try:
            fault.strike()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield failures
    finally:
        fault.done.set()
        thread.join()


def check(got: Collection, right: dict[str, Figure], fault: Fault) -> dict[Status, int]:
    """Check that what was not hit is counted right, and that what was hit says so."""
    for figure in got.stats + got.metrics:
        expected = right[figure.name]
        if figure.status == expected.status:
            assert figure.value == expected.value, figure
            assert figure.reason == expected.reason or figure.name in fault.hit, figure
            continue
        assert figure.name in fault.hit, figure
        assert figure.value is None
        assert re.search(f"{fault.reasons}|^it needs .*, which could not be read$", figure.reason or ""), figure
    return got.counts()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have patience for seconds where the product has it for minutes."""
    monkeypatch.setattr(session, "_RECONNECT", (0.1, 0.2, 0.4, 0.8, 2.0))
    monkeypatch.setattr(postgresql, "_PATIENCE", 2)
    for module in (postgresql, mysql):
        monkeypatch.setattr(module, "_GRACE", 0.5)
        monkeypatch.setattr(module, "_LOOK", Limits(1.0, lock_seconds=0.3))


GIVEN = {**QUICK, "pause_ratio": 0.5, "measured_alone": 2}
SETTINGS = "\n".join(["[collection]", *(f"{name} = {value}" for name, value in GIVEN.items())])


@pytest.mark.parametrize("kind", servers.KINDS)
def test_random_faults(here: Project, kind: str, hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    hurt, kept = victim(kind)
    chance = random.Random(f"20261123 {kind}")
    url = f"{hurt.url}?connect_timeout=2"
    monkeypatch.setenv("FA_STATS_SOURCE", url)
    (here.folder / "fa_stats.toml").write_text(SETTINGS)
    whole = hurt.collect(limits(**GIVEN))
    again = hurt.collect(limits(**GIVEN))
    right = {figure.name: figure for figure in whole.stats + whole.metrics}
    check(again, right, Fault(lambda: None))
    outcomes: Counter[str] = Counter()
    earlier: dict[Path, str] = {}
    for ago in (3, 2, 1):
        run_core(here, DAY - timedelta(days=ago), earlier)
    for number in range(FAULTS[kind]):
        make = KINDS[number % len(KINDS)]
        fault = make(hurt, chance)
        after = chance.uniform(0, 1.1 * again.microseconds / 1_000_000)
        began = time.monotonic()
        with striking(fault, after) as failures:
            try:
                core = number % 7 == 6
                got = run_core(here, DAY, earlier) if core else hurt.collect(limits(**GIVEN), url=url)
            except SourceError as error:
                refusal, outcome = str(error), "no payload"
            else:
                refusal, found = "", check(got, right, fault)
                outcome = "all counted" if found == again.counts() else "partial"
            took = time.monotonic() - began
        assert failures == [], make.__name__
        assert took < LONGEST, make.__name__
        if refusal:
            assert re.search(fault.fatal or "nothing", refusal), make.__name__
            assert hurt.server.host not in refusal
        outcomes[f"{make.__name__}: {outcome}"] += 1
        mend(hurt, kept, fault)
    assert {path: files.digest(path) for path in earlier} == earlier
    assert hurt.collect(limits(**GIVEN)).counts() == whole.counts()
    print(kind, dict(sorted(outcomes.items())))


BEGUN = Clock().microseconds()


class AtDay(Clock):
    """A clock that starts on the instance's day, and never goes back."""

    def now(self) -> datetime:
        return datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(microseconds=self.microseconds() - BEGUN)


def run_core(here: Project, day: date, earlier: dict[Path, str]) -> Collection:
    """Do a whole run without its report, and see that all files of the runs before it stay as they were."""
    daily = run.start({"day": str(day), "again": True, "reason": "the server was hurt"}, AtDay())
    try:
        daily.collect()
    finally:
        assert {path: files.digest(path) for path in earlier} == earlier
    record = daily.finish_without_report()
    assert daily.snapshot
    assert record.exit_code == (5 if daily.snapshot.collection.partial else 0)
    for path in [*here.data.glob("snapshots/*/*"), *here.data.glob("payloads/*/*")]:
        earlier.setdefault(path, files.digest(path))
    assert snapshots.of_run(here.data, day, record.run)
    return daily.snapshot.collection
