"""What somebody switched off, and for how long; what is not on the vendor's list of active stats."""

from __future__ import annotations

from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats import catalogue, policy
from fa_stats.catalogue import Payload
from fa_stats.policy import NONE, PolicyRecord, State, active, disabled, inactive, recorded
from fa_stats.settings import SwitchedOff

DAY = date(2026, 11, 23)
STATS = [stat.name for stat in catalogue.load().of(Payload.STATS)]


def entry(on: date = DAY, until: date | None = None, stat: str = "tenantNumber") -> SwitchedOff:
    return SwitchedOff(stat=stat, by="Ada", on=on, why="agreed with the works council", until=until)


def test_nothing_is_off_by_itself() -> None:
    assert disabled([], DAY) == {}


def test_the_reason_says_where_who_when_why_and_until_when() -> None:
    assert disabled([entry()], DAY) == {
        "tenantNumber": "switched off in fa_stats.toml by Ada on 2026-11-23: agreed with the works council"
    }
    until = entry(until=date(2026, 12, 31))
    assert disabled([until], DAY)["tenantNumber"].endswith("works council (until 2026-12-31)")
    elsewhere = disabled([entry()], DAY, where="in the policy document")["tenantNumber"]
    assert elsewhere.startswith("switched off in the policy document by Ada")


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


# ------------------------------------------------------------------------------------ the vendor's list of active stats


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, None),
        ("", ()),
        (" , ,", ()),
        ("nodes,tenantNumber", ("nodes", "tenantNumber")),
        (" nodes , tenantNumber\n, nodes", ("nodes", "tenantNumber")),
        ("ada@example.com,https://x,nodes,drop table", ("nodes",)),
    ],
)
def test_only_names_are_kept_of_the_list(text: str | None, names: tuple[str, ...] | None) -> None:
    assert active(text) == names


def test_what_is_not_on_the_list_is_off_and_metrics_never_are() -> None:
    off = inactive(catalogue.load(), ("tenantNumber", "organizationAdminTenantNumber"))
    assert off.keys() == set(STATS) - {"tenantNumber"}
    assert "current_usage_stats" in off["instanceNodes"]
    assert "nodes" not in off


@pytest.mark.parametrize(
    ("names", "said"),
    [(None, "could not be read"), ((), "names no stat"), (("organizationAdminTenantNumber", "nodes"), "names no stat")],
)
def test_a_list_that_names_no_stat_switches_nothing_off_and_that_is_said(
    names: tuple[str, ...] | None, said: str
) -> None:
    follows = PolicyRecord(State.UNSET, follows_active_list=True)
    assert inactive(catalogue.load(), names) == {}
    assert said in (recorded(follows, catalogue.load(), names).problem or "")
    before = PolicyRecord(State.KEPT, problem="One thing.", follows_active_list=True)
    assert (recorded(before, catalogue.load(), names).problem or "").startswith("One thing. The vendor's list")
    assert recorded(NONE.record, catalogue.load(), names) == NONE.record


def test_a_list_with_all_stats_on_it_is_no_problem() -> None:
    follows = PolicyRecord(State.UNSET, follows_active_list=True)
    assert inactive(catalogue.load(), tuple(STATS)) == {}
    assert recorded(follows, catalogue.load(), tuple(STATS)) == follows


@given(st.lists(st.sampled_from([*STATS, "unknownStat", "nodes"])))
def test_the_list_can_only_take_away(names: list[str]) -> None:
    off = inactive(catalogue.load(), tuple(names))
    assert off.keys() <= set(STATS) - set(names)


@given(
    st.builds(
        PolicyRecord,
        state=st.sampled_from(State),
        sha256=st.none() | st.text(),
        fetched=st.none() | st.datetimes(timezones=st.just(UTC)),
        problem=st.none() | st.text(),
        follows_active_list=st.booleans(),
    )
)
def test_the_text_of_a_snapshot_holds_all_of_it(record: PolicyRecord) -> None:
    assert policy.parse(policy.dump(record)) == record


def test_nobody_is_asked_where_no_policy_is_set() -> None:
    assert policy.unasked(True) == NONE
    assert NONE.record == PolicyRecord(State.UNSET, None, None, None, False)
