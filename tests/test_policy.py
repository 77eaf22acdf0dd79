"""What somebody switched off, and for how long."""

from __future__ import annotations

from datetime import date

import pytest

from fa_stats.policy import disabled
from fa_stats.settings import SwitchedOff

DAY = date(2026, 11, 23)


def entry(on: date = DAY, until: date | None = None, stat: str = "tenantNumber") -> SwitchedOff:
    return SwitchedOff(stat=stat, by="Ada", on=on, why="agreed with the works council", until=until)


def test_nothing_is_off_by_itself() -> None:
    assert disabled([], DAY) == {}


def test_the_reason_says_who_when_why_and_until_when() -> None:
    assert disabled([entry()], DAY) == {
        "tenantNumber": "switched off by Ada on 2026-11-23: agreed with the works council"
    }
    until = entry(until=date(2026, 12, 31))
    assert disabled([until], DAY)["tenantNumber"].endswith("works council (until 2026-12-31)")


@pytest.mark.parametrize(
    ("day", "off"),
    [
        (date(2026, 11, 22), False),
        (DAY, True),
        (date(2026, 12, 30), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_both_ends_of_the_time_count(day: date, off: bool) -> None:
    assert bool(disabled([entry(until=date(2026, 12, 31))], day)) is off
    assert bool(disabled([entry()], day)) is (day >= DAY)


def test_an_entry_that_holds_wins_over_one_that_is_over() -> None:
    over = entry(on=date(2026, 1, 1), until=date(2026, 2, 1))
    assert "2026-11-23" in disabled([over, entry()], DAY)["tenantNumber"]
    assert "2026-11-23" in disabled([entry(), over], DAY)["tenantNumber"]


def test_entries_of_several_stats_stand_side_by_side() -> None:
    assert disabled([entry(), entry(stat="nodes")], DAY).keys() == {"tenantNumber", "nodes"}
