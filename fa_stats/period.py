"""The days and months that the roll-up tables are asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = date(1970, 1, 1)


def parameters(day: date, timezone: str | None) -> dict[str, int]:
    """Return the period parameters of the catalogue's statements for one report day.

    `yesterday` is the last complete day, in days since 1970; `month` is its month, in months since 1970;
    `month_first_hour` and `month_end_hour` bound that month in UTC hours since 1970, its days being days of the
    instance's report time zone (the two are left out where there is no such zone, or nobody knows which it is).
    """
    yesterday = day - timedelta(days=1)
    first = yesterday.replace(day=1)
    end = (first + timedelta(days=32)).replace(day=1)
    found = {"yesterday": (yesterday - _EPOCH).days, "month": (first.year - 1970) * 12 + first.month - 1}
    if timezone and (zone := _zone(timezone)):
        found |= {"month_first_hour": _hour(first, zone), "month_end_hour": _hour(end, zone)}
    return found


def _hour(day: date, zone: ZoneInfo) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(midnight.astimezone(UTC).timestamp() // 3600)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name is a folder of the zone database
        return None
