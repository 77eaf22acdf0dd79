"""The days, months and hours that the roll-up tables are asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats.period import parameters

EPOCH = date(1970, 1, 1)


def hour(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) // 3600


def test_the_published_numbers_of_the_product() -> None:
    assert parameters(date(2015, 11, 1), "UTC")["yesterday"] == 16739  # its documents: 2015-10-31
    assert parameters(date(2015, 4, 20), "UTC")["month"] == 543  # its documents: April 2015


@pytest.mark.parametrize(
    ("day", "first", "end"),
    [
        (date(2026, 11, 23), "2026-11-01T00:00+00:00", "2026-12-01T00:00+00:00"),
        (date(2026, 11, 1), "2026-10-01T00:00+00:00", "2026-11-01T00:00+00:00"),  # yesterday was in October
        (date(2027, 1, 1), "2026-12-01T00:00+00:00", "2027-01-01T00:00+00:00"),
        (date(2028, 3, 1), "2028-02-01T00:00+00:00", "2028-03-01T00:00+00:00"),
    ],
)
def test_the_month_is_that_of_the_last_complete_day(day: date, first: str, end: str) -> None:
    found = parameters(day, "UTC")
    assert (found["month_first_hour"], found["month_end_hour"]) == (hour(first), hour(end))
    assert found["month"] == (int(first[:4]) - 1970) * 12 + int(first[5:7]) - 1


@pytest.mark.parametrize(
    ("zone", "first", "end"),
    [
        ("America/Denver", "2026-11-01T00:00-06:00", "2026-12-01T00:00-07:00"),  # the clocks go back in between
        ("Europe/Berlin", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ("Pacific/Kiritimati", "2026-11-01T00:00+14:00", "2026-12-01T00:00+14:00"),
        ("Asia/Kolkata", "2026-11-01T00:00+05:30", "2026-12-01T00:00+05:30"),  # cut to whole UTC hours
    ],
)
def test_the_month_begins_at_midnight_of_the_report_time_zone(zone: str, first: str, end: str) -> None:
    found = parameters(date(2026, 11, 23), zone)
    assert (found["month_first_hour"], found["month_end_hour"]) == (hour(first), hour(end))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America", "", "../../etc/passwd", "/etc/localtime", "\0", "☃", None])
def test_without_a_known_zone_there_are_no_hours(zone: str | None) -> None:
    assert parameters(date(2026, 11, 23), zone).keys() == {"yesterday", "month"}


@given(st.dates(date(1971, 1, 1), date(2200, 1, 1)), st.sampled_from(["UTC", "America/Denver", "Australia/Lord_Howe"]))
def test_yesterday_is_in_its_month_on_every_day(day: date, zone: str) -> None:
    found = parameters(day, zone)
    yesterday = EPOCH + timedelta(days=found["yesterday"])
    assert yesterday == day - timedelta(days=1)
    assert found["month_first_hour"] <= found["yesterday"] * 24 + 24
    assert found["month_end_hour"] + 24 > found["yesterday"] * 24
    assert 27 * 24 < found["month_end_hour"] - found["month_first_hour"] < 32 * 24
