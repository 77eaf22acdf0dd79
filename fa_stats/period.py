"""The days and months that the roll-up tables are asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = date(1970, 1, 1)
_HOUR = 3_600_000  # milliseconds


def parameters(day: date, timezone: str | None) -> dict[str, int]:
    """Return the period parameters of the catalogue's statements for one report day.

    `yesterday` is the last complete day, in days since 1970; `month` is its month, in months since 1970;
    `month_first_hour` and `month_end_hour` bound that month in UTC hours since 1970, its days being days of the
    instance's report time zone, `month_first_ms` and `month_end_ms` in milliseconds (they are left out where there is
    no such zone, or nobody knows which it is).
    """
    yesterday = day - timedelta(days=1)
    first = yesterday.replace(day=1)
    end = (first + timedelta(days=32)).replace(day=1)
    found = {"yesterday": (yesterday - _EPOCH).days, "month": (first.year - 1970) * 12 + first.month - 1}
    if timezone and (zone := _zone(timezone)):
        begin, over = _midnight(first, zone), _midnight(end, zone)
        found |= {"month_first_hour": begin // _HOUR, "month_end_hour": over // _HOUR}
        found |= {"month_first_ms": begin, "month_end_ms": over}
    return found


def _midnight(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins, in milliseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name is a folder of the zone database
        return None
