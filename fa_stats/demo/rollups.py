"""The roll-up tables: logins, active users, registrations.

What happened on a past day is computed from the registrations of that day and a hash of the day, so a day's figures
are the same whichever later day they are looked at from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import accumulate, pairwise

import duckdb

from fa_stats.demo.moment import DAY, HOUR, Moment

_NEVER = 1_000_000  # a day that does not come
RETAINED_DAYS = 62  # at least all of last month, whatever the day

# Day 0 of the epoch was a Thursday.
_WEEK = (1.05, 0.94, 0.58, 0.52, 1.0, 1.1, 1.08)
_HOURS = (1, 1, 1, 1, 2, 4, 8, 14, 20, 22, 20, 18, 16, 18, 19, 18, 16, 14, 12, 10, 8, 6, 4, 2)


def create_rollups(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Write all roll-up tables; needs the temporary tables `places`, `people` and `joined`."""
    _create_running(connection)
    _create_activity(connection, moment)
    _write_hours(connection)
    _write_days(connection)
    _write_months(connection, moment)
    _write_registrations(connection, moment)


def _create_running(connection: duckdb.DuckDBPyConnection) -> None:
    """Say how many members an application had, from a day on and until before another."""
    connection.execute(
        f"""
        CREATE TEMP TABLE running AS
        SELECT i, day AS since, (sum(many) OVER ordered)::INTEGER AS members,
            coalesce(lead(day) OVER ordered, {_NEVER}) AS until
        FROM (SELECT i, instant // {DAY} AS day, count(*) AS many FROM joined GROUP BY ALL)
        WINDOW ordered AS (PARTITION BY i ORDER BY day)
        """
    )


def _create_activity(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Say how many users of an application were active on a day, and how often they signed in."""
    first, week = max(moment.founded // DAY, moment.day - RETAINED_DAYS), ", ".join(map(str, _WEEK))
    connection.execute(
        f"""
        CREATE TEMP TABLE activity AS
        WITH known AS (
            SELECT i, id, rate, members, unnest(range(
                greatest(since, {first}), least(until, {moment.day}, coalesce(closed // {DAY}, {_NEVER}))
            )) AS day
            FROM running JOIN places USING (i) WHERE rate > 0
        ), drawn AS (
            SELECT *, md5_number_lower('{moment.seed}/logins/' || i || '/' || day) AS hash FROM known
        ), active AS (
            SELECT *, least(members, floor(
                members * rate * ([{week}]::DOUBLE[])[1 + day % 7] * (0.9 + 0.2 * draw(hash, 0)) + draw(hash, 1)
            ))::INTEGER AS active
            FROM drawn
        )
        SELECT i, id, day, hash, active, active + floor(active * 0.5 * draw(hash, 2) + draw(hash, 3))::INTEGER AS logins
        FROM active WHERE active > 0
        """
    )


def _write_hours(connection: duckdb.DuckDBPyConnection) -> None:
    """Spread a day's logins over its hours; an application's users live in one of a few time zones."""
    upto = [amount / sum(_HOURS) for amount in accumulate(_HOURS)]
    # Doubles by name: DuckDB takes a plain 0.25 for a decimal, and calculates with those ten times slower.
    hours = ", ".join(
        f"({hour}, {before}::DOUBLE, {after}::DOUBLE)" for hour, (before, after) in enumerate(pairwise([0.0, *upto]))
    )
    connection.execute(
        f"""
        INSERT INTO hourly_logins BY NAME
        SELECT id AS applications_id, (day * 24 + hour)::INTEGER AS hour, count
        FROM (
            SELECT id, day, (h + (i % 3) * 7) % 24 AS hour, (
                floor(after * logins + draw(hash, 1)) - floor(before * logins + draw(hash, 1))
            )::INTEGER AS count
            FROM activity, (VALUES {hours}) AS hours(h, before, after)
        )
        WHERE count > 0 ORDER BY applications_id, hour
        """
    )


def _write_days(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        INSERT INTO application_daily_active_users BY NAME
        SELECT id AS applications_id, day::INTEGER AS day, active AS count FROM activity ORDER BY applications_id, day
        """
    )
    # Some people use two applications on a day, so the instance has fewer active users than its applications together.
    connection.execute(
        """
        INSERT INTO global_daily_active_users BY NAME
        SELECT day::INTEGER AS day, greatest(max(active), floor(0.93 * sum(active)))::INTEGER AS count
        FROM activity GROUP BY day ORDER BY day
        """
    )


def _write_months(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Write every month since the founding, up to yesterday: a month's figure starts as a day's and grows."""
    values = ", ".join(f"({month}, {start}, {end})" for month, start, end in _list_months(moment))
    if not values:
        return
    connection.execute(
        f"""
        CREATE TEMP TABLE monthly AS
        WITH grid AS (
            SELECT i, id, rate, month, start, least("end", coalesce(closed // {DAY} - 1, "end"))::BIGINT AS day
            FROM places, (VALUES {values}) AS months(month, start, "end")
            WHERE rate > 0
        )
        SELECT id, month,
            least(members, ceil(members * rate * 1.25 * (1 + 0.11 * (day - start))))::INTEGER AS active
        FROM grid JOIN running ON grid.i = running.i AND day >= since AND day < until
        WHERE day >= start
        """
    )
    connection.execute(
        """
        INSERT INTO application_monthly_active_users BY NAME
        SELECT id AS applications_id, month, active AS count
        FROM monthly WHERE active > 0 ORDER BY applications_id, month
        """
    )
    connection.execute(
        """
        INSERT INTO global_monthly_active_users BY NAME
        SELECT month, greatest(max(active), floor(0.95 * sum(active)))::INTEGER AS count
        FROM monthly GROUP BY month ORDER BY month
        """
    )


def _list_months(moment: Moment) -> list[tuple[int, int, int]]:
    """Return (month, first day, last day) of every month with a complete day, days counted from 1970."""
    found: list[tuple[int, int, int]] = []
    for day in range(moment.founded // DAY, moment.day):
        date = datetime.fromtimestamp(day * DAY / 1000, UTC)
        month = (date.year - 1970) * 12 + date.month - 1
        start = found.pop()[1] if found and found[-1][0] == month else day
        found.append((month, start, day))
    return found


def _write_registrations(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Count registrations by hour; in some hours there was one more, by somebody who has been deleted since."""
    for table, key, source in (
        ("application_registration_counts", "applications_id, ", "joined"),
        ("global_registration_counts", "", "people"),
    ):
        instant = "instant" if key else "created"
        connection.execute(
            f"""
            INSERT INTO {table} BY NAME
            SELECT {key}hour, (count(*) + any_value(gone))::INTEGER AS count, any_value(gone) AS decremented_count
            FROM (
                SELECT *, ({instant} // {HOUR})::INTEGER AS hour,
                    (md5_number_lower('{moment.seed}/gone/' || {instant} // {HOUR}) % 23 = 0)::INTEGER AS gone
                FROM {source}
            )
            GROUP BY {key}hour ORDER BY {key}hour
            """
        )
