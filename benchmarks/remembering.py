"""The history of ten years, and of a fleet of 1,000 instances over one year."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.measure import Row, Spread, in_turns, under
from fa_stats import catalogue, history

ROUNDS = 9


def measure(folder: Path) -> Iterator[Row]:
    """Yields a line per bar; the tables are the product's own, filled with made-up values."""
    decade, fleet = folder / "decade", folder / "fleet"
    _fill(decade, instances=1, days=3650)
    trend, compared, months = _times(
        decade,
        partial(history.trend, decade, "source-0", "tenantNumber"),
        "SELECT name, a.value, b.value FROM figures AS a JOIN figures AS b USING (name) "
        "WHERE a.day = DATE '2020-05-01' AND b.day = DATE '2020-05-02'",
        "SELECT name, date_trunc('month', day) AS month, avg(number) FROM figures GROUP BY ALL",
    )
    yield under("history of 10 years: one stat's trend", trend, "ms", 10)
    yield under("history of 10 years: two days side by side", compared, "ms", 5)
    yield under("history of 10 years: all stats by month", months, "ms", 100)
    _fill(fleet, instances=1000, days=365)
    one, quantiles = _times(
        fleet,
        "SELECT day, sum(number) FROM figures WHERE name = 'tenantNumber' GROUP BY day",
        "SELECT name, quantile_cont(number, [0.1, 0.5, 0.9]) FROM figures "
        f"WHERE day = DATE '{date(2017, 1, 1) + timedelta(days=180)}' GROUP BY name",
    )
    yield under("1,000 instances x 365 days: one stat over the fleet", one, "ms", 50)
    yield under("1,000 instances x 365 days: one day's quantiles of all stats", quantiles, "ms", 100)


def _times(folder: Path, *asked: str | Callable[[], object]) -> list[Spread]:
    """Time SQL on an open history, and functions of the product with all that they do, in milliseconds."""
    with history.open(folder) as connection:
        actions = [partial(_fetch, connection, each) if isinstance(each, str) else each for each in asked]
        found = in_turns(actions, ROUNDS)
    return [Spread(tuple(sample * 1000 for sample in each.samples)) for each in found]


def _fetch(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    return connection.execute(query).fetchall()


def _fill(folder: Path, *, instances: int, days: int) -> None:
    """A history as `history.rebuild` lays it down."""
    folder.mkdir(exist_ok=True)
    path = history.path_of(folder)
    if path.is_file():
        return
    names = ", ".join(f"('{stat.name}')" for stat in catalogue.load())
    with duckdb.connect(str(path)) as connection:
        connection.execute(history.SCHEMA)
        connection.execute(f"CREATE TEMP TABLE names AS SELECT * FROM (VALUES {names}) AS t(name)")
        connection.execute(
            "INSERT INTO figures SELECT 'instance-' || i, 'source-' || i, DATE '2017-01-01' + d::INTEGER, 'run-' || d, "
            "name, 'ok', (hash(name, i) % 1000 + d // 30)::VARCHAR, hash(name, i) % 1000 + d // 30, "
            "hash(name, d) % 5000, false, NULL "
            f"FROM range({instances}) AS a(i), range({days}) AS b(d), names "
            "ORDER BY date_trunc('month', DATE '2017-01-01' + d::INTEGER), name, d, i"
        )
