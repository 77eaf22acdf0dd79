"""The answers that are no lists: reports, the licence, the version, the settings, the gauges of a node."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from standin.lists import Connection, rows
from standin.objects import Object, document, fill, made

# The tables of a report, for all and for one application, and the name of its unit and of its list.
REPORTS = {
    "daily-active-user": ("global_daily_active_users", "application_daily_active_users", "day", "dailyActiveUsers"),
    "monthly-active-user": (
        "global_monthly_active_users",
        "application_monthly_active_users",
        "month",
        "monthlyActiveUsers",
    ),
    "login": ("hourly_logins", "hourly_logins", "hour", "hourlyCounts"),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# One family of names or the other: the documentation shows both.
POOLS = {
    "HikariCP": ("HikariPool_1_pool_MaxConnections", "HikariPool_1_pool_MinConnections"),
    "Database": ("Database_primary_pool_MaxConnections", "Database_primary_pool_MinConnections"),
}


def interval(milliseconds: int, unit: str, zone: ZoneInfo) -> int:
    """Return the number of the hour, day or month of an instant on the clock of the report."""
    local = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
    if unit == "month":
        return (local.year - 1970) * 12 + local.month - 1
    since = local.replace(tzinfo=UTC) - _EPOCH
    return since // timedelta(**{f"{unit}s": 1})


def _utc(hour: int, zone: ZoneInfo) -> int:
    """Return the number of the hour of UTC in which an hour on the clock of the report begins."""
    local = (_EPOCH + timedelta(hours=hour)).replace(tzinfo=zone)
    return int(local.timestamp()) // 3600


def report(
    connection: Connection,
    name: str,
    start: int,
    end: int,
    application: str | None,
    *,
    inside: bool = True,
    shifted: bool = True,
) -> Object:
    """Return the counts of a report from the start to the end, the interval of the end `inside` or not.

    The table has hours of UTC; `shifted` is whether an answer numbers them on the clock of the report.
    """
    whole, part, unit, answer = REPORTS[name]
    zone = ZoneInfo(connection.execute("SELECT report_timezone FROM system_configuration").fetchall()[0][0])
    first, last = interval(start, unit, zone), interval(end, unit, zone) - (not inside)
    if unit == "hour":
        first, last = (_utc(each, zone) for each in (first, last))
    mine = " AND applications_id = $application" if application else ""
    query = (
        f"SELECT {unit} AS interval, sum(count)::BIGINT AS count FROM {part if application else whole}"
        f" WHERE {unit} BETWEEN $first AND $last{mine} GROUP BY 1 ORDER BY 1"
    )
    values = {"first": first, "last": last, **({"application": application} if application else {})}
    counts = [{"interval": each[0], "count": each[1]} for each in connection.execute(query, values).fetchall()]
    if unit == "hour" and shifted:
        counts = [each | {"interval": interval(each["interval"] * 3_600_000, unit, zone)} for each in counts]
    return {answer: counts, "total": sum(each["count"] for each in counts)}


_TOTALS = """
    SELECT applications_id, coalesce(logins, 0)::BIGINT, coalesce(net, 0)::BIGINT, coalesce(gross, 0)::BIGINT
    FROM (SELECT applications_id, sum(count) AS logins FROM hourly_logins GROUP BY 1)
    FULL JOIN (
        SELECT applications_id, sum(count - decremented_count) AS net, sum(count) AS gross
        FROM application_registration_counts GROUP BY 1
    ) USING (applications_id)
    ORDER BY 1"""
_GLOBAL = "SELECT sum(count - decremented_count)::BIGINT, sum(count)::BIGINT FROM global_registration_counts"


def totals(connection: Connection, *, applications: bool) -> Object:
    """Return the totals of the instance, and those of each application unless they are left out."""
    net, gross = connection.execute(_GLOBAL).fetchall()[0]
    found: Object = {"globalRegistrations": net or 0, "totalGlobalRegistrations": gross or 0}
    if applications:
        names = ("logins", "registrations", "totalRegistrations")
        found["applicationTotals"] = {
            str(each): dict(zip(names, counts, strict=True)) for each, *counts in connection.execute(_TOTALS).fetchall()
        }
    return found


def reactor(connection: Connection) -> Object:
    """Return the state of the licence."""
    return {"status": document(rows(connection, "SELECT data FROM instance")[0]["data"]).get("status", {})}


def system_configuration(connection: Connection) -> Object:
    """Return the settings of the whole instance."""
    columns = {
        "insertInstant": "insert_instant",
        "lastUpdateInstant": "last_update_instant",
        "reportTimezone": "report_timezone",
    }
    row = rows(connection, "SELECT * FROM system_configuration")[0]
    return {"systemConfiguration": fill("systemConfiguration", made(row, columns))}


def integration(connection: Connection) -> Object:
    """Return the integrations."""
    found = rows(connection, "SELECT data FROM integrations")
    return {"integrations": fill("integrations", document(found[0]["data"] if found else None))}


def gauges(family: str, values: Mapping[str, Any]) -> str:
    """Return the gauges of the node that answers, as Prometheus reads them."""
    most, least = POOLS[family]
    lines = []
    for name, key in ((most, "max"), (least, "min")):
        lines += [f"# HELP {name} Generated from a metric", f"# TYPE {name} gauge", f"{name} {values[key]:.1f}"]
    for name in ("jvm_memory_heap_max", "jvm_memory_heap_committed"):
        lines += [f"# TYPE {name} gauge", f"{name} {float(values[name])!r}"]
    return "\n".join([*lines, 'com_inversoft_request_total{path="/api/login",quantile="0.5"} 0.02', ""])
