"""What a reconciliation finds: each kind alone, nothing where all agrees, and for any plants exactly these."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import figure
from reconciled import AT, COUNTS, DAY, NULLS, PAGE, evidence, own, recorded

from fa_stats import catalogue
from fa_stats.catalogue import Payload
from fa_stats.checks import ONCE_A_DAY
from fa_stats.consent import CLOUD_CANNOT, UPGRADED_DO_NOT, Created
from fa_stats.reconcile import published
from fa_stats.reconcile.findings import Finding, find
from fa_stats.reconcile.kinds import Kind
from fa_stats.reconcile.pairs import Evidence, rows, same
from fa_stats.reconcile.recorded import Unreadable
from fa_stats.reconcile.shown import shown
from fa_stats.reconcile.switch import Seen, Switch

VALUES = {name: place for place, name in enumerate(COUNTS)}
HOUR = timedelta(hours=1)
READ = AT + 10 * HOUR  # when the switch was read


def clean(**more: Any) -> Evidence:
    """All agrees, on one collection."""
    return evidence(**{"recorded": (recorded(VALUES),), "owns": (own(VALUES),)} | more)


def only(found: Evidence) -> Finding:
    [finding] = find(found)
    return finding


def without(name: str) -> dict[str, int]:
    return {other: value for other, value in VALUES.items() if other != name}


# ------------------------------------------------------------------------------------------------- the published names


def test_the_revisions_are_those_that_are_known() -> None:
    draft, page, other = published.load()
    assert [len(each.names) for each in (draft, page, other)] == [189, 222, 225]
    assert page.page
    assert page.names == {stat.name for stat in catalogue.load().of(Payload.STATS)}
    assert "instanceProxyEnabled" in draft.names
    assert other.names - page.names == {
        "applicationAdminMonthlyActiveUsers",
        "applicationOtherMonthlyActiveUsers",
        "applicationTenantManagerMonthlyActiveUsers",
    }
    assert len(draft.names - page.names) == 7


# ------------------------------------------------------------------------------------------------- each kind alone


def test_where_all_agrees_nothing_is_found() -> None:
    assert find(clean()) == ()
    assert not any(row.differs for row in rows(clean()))


def test_a_name_that_was_sent_and_is_in_no_revision_is_grave() -> None:
    found = only(clean(recorded=(recorded({**VALUES, "userNames": 4}),)))
    assert (found.kind, found.grave, found.stats, found.days) == (Kind.SENT_UNDOCUMENTED, True, ("userNames",), (DAY,))
    assert (
        "sent 1 name that the page does not have, in 1 of 1 sent collection: userNames (in no known" in found.sentence
    )


def test_a_name_that_was_sent_with_a_timing_alone_is_found_too() -> None:
    sent = recorded(VALUES, timings={**NULLS, **dict.fromkeys(VALUES, 1), "userNames": 3})
    assert only(clean(recorded=(sent,))).kind is Kind.SENT_UNDOCUMENTED


def test_a_name_of_another_revision_is_told_with_that_revision_and_not_grave() -> None:
    found = only(clean(recorded=(recorded({**VALUES, "groupWithMembers": 4}),)))
    assert (found.kind, found.grave) == (Kind.SENT_UNDOCUMENTED, False)
    assert (
        "groupWithMembers (documented in another revision only: the draft of 2024; by its name, groups"
        in found.sentence
    )


def test_an_undocumented_name_that_was_not_sent_is_told_apart() -> None:
    first, second = find(clean(recorded=(recorded({**VALUES, "userNames": 4}, sent=False),)))
    assert (first.kind, first.grave, first.stats) == (Kind.RECORDED_UNDOCUMENTED, False, ("userNames",))
    assert second.kind is Kind.NOT_SENT


def test_a_name_that_is_asked_for_and_not_on_the_page_is_grave() -> None:
    found = only(clean(listed=(*PAGE, "universalApplicationNumber", "instanceProxyEnabled")))
    assert (found.kind, found.grave) == (Kind.ASKED_UNDOCUMENTED, True)
    assert found.stats == ("instanceProxyEnabled", "universalApplicationNumber")
    assert (
        "asks for 224 stats, 2 of which the page does not have: instanceProxyEnabled (documented in another"
        in found.sentence
    )
    assert not only(clean(listed=(*PAGE, "instanceProxyEnabled"))).grave


def test_names_of_a_newer_fusionauth_than_the_page_say_so_and_are_grave_all_the_same() -> None:
    sent = recorded({**VALUES, "userNames": 4}, application_version="1.70.0")
    found = only(clean(recorded=(sent,)))
    assert (found.kind, found.grave) == (Kind.SENT_UNDOCUMENTED, True)
    newer = "FusionAuth is 1.70.0 here, and the page at hand is of 1.59.1: that of today may have it."
    assert found.sentence.endswith(newer)
    assert found.advice.startswith("First look at the page as it is today, and at the release notes since 1.59.1")
    asked = only(clean(recorded=(recorded(VALUES, application_version="1.70.0"),), listed=(*PAGE, "userNames")))
    assert (asked.kind, asked.grave) == (Kind.ASKED_UNDOCUMENTED, True)
    assert asked.sentence.endswith(newer)
    for version in ("1.59.1", "1.59.0", "1.59.1-RC.2", None):
        found = only(clean(recorded=(replace(sent, application_version=version),)))
        assert "page at hand" not in found.sentence
        assert found.advice == Kind.SENT_UNDOCUMENTED.advice


def test_what_was_sent_while_the_switch_was_off_is_grave() -> None:
    off = Switch(read=READ, on=False, since=AT - HOUR)
    found = only(clean(switch=off))
    assert (found.kind, found.grave, found.days) == (Kind.SENT_WHILE_OFF, True, (DAY,))
    assert "it is off now, and the system settings were last saved at 2026-11-23 01:00 UTC" in found.sentence


OFF_BEFORE, ON_BEFORE = Seen(AT - 2 * HOUR, False, "the run A found it"), Seen(AT - HOUR, True, "the run B found it")
OFF_AFTER, ON_AFTER = Seen(AT + 3 * HOUR, False, "the run C found it"), Seen(AT + 4 * HOUR, True, "the run D found it")
SAVED = "the system settings were saved at 2026-11-23"


@pytest.mark.parametrize(
    ("switch", "kind", "said"),
    {
        "off, but saved after it was sent": (
            Switch(read=READ, on=False, since=AT + HOUR),
            Kind.PERHAPS_WHILE_OFF,
            f"this reading found it off at 2026-11-23 12:00 UTC, but nobody saw it before then, and {SAVED} 03:00 UTC",
        ),
        "off, but saved long after it was sent": (
            Switch(read=READ + 20 * 24 * HOUR, on=False, since=AT + 20 * 24 * HOUR),
            None,
            "",
        ),
        "on, but saved after it was sent": (Switch(read=READ, on=True, since=AT + HOUR), None, ""),
        "off, saved just before it was sent": (
            Switch(read=READ, on=False, since=AT - HOUR / 60),
            Kind.PERHAPS_WHILE_OFF,
            f"but nobody saw it before then, and {SAVED} 01:59 UTC"[:36],
        ),
        "on all the time": (Switch(read=READ, on=True, since=AT - HOUR), None, ""),
        "never set": (Switch(read=READ, on=None, since=AT - HOUR), None, ""),
        "off since before": (
            Switch(read=READ, on=False, since=AT - HOUR / 10),
            Kind.SENT_WHILE_OFF,
            "it is off now, and",
        ),
        "seen off before and after": (
            Switch(seen=(OFF_BEFORE, OFF_AFTER)),
            Kind.SENT_WHILE_OFF,
            "off at 2026-11-23 00:00 UTC, the run C found it off at 2026-11-23 05:00 UTC, and nobody is known to have",
        ),
        "seen off before and after, and saved later": (
            Switch(read=READ, on=True, since=AT + 4 * HOUR, seen=(OFF_BEFORE, OFF_AFTER)),
            Kind.SENT_WHILE_OFF,
            "and nobody is known to have turned it in between",
        ),
        "seen off before and after, and saved in between": (
            Switch(read=READ, on=False, since=AT + 2 * HOUR, seen=(OFF_BEFORE, OFF_AFTER)),
            Kind.PERHAPS_WHILE_OFF,
            f"but {SAVED} 04:00 UTC",
        ),
        "seen off before and after, days apart": (
            Switch(seen=(replace(OFF_BEFORE, at=AT - 40 * HOUR), replace(OFF_AFTER, at=AT + 40 * HOUR))),
            Kind.PERHAPS_WHILE_OFF,
            "but that is too long a time to tell that it stood so throughout",
        ),
        "seen off before, on after, and saved later": (
            Switch(read=READ, on=True, since=AT + 9 * HOUR, seen=(OFF_BEFORE, ON_AFTER)),
            Kind.PERHAPS_WHILE_OFF,
            "the run A found it off at 2026-11-23 00:00 UTC, but the run D found it on at 2026-11-23 06:00 UTC.",
        ),
        "seen off after, saved in between": (
            Switch(read=READ, on=False, since=AT + HOUR, seen=(OFF_AFTER,)),
            Kind.PERHAPS_WHILE_OFF,
            f"found it off at 2026-11-23 05:00 UTC, but nobody saw it before then, and {SAVED} 03:00 UTC",
        ),
        "seen off before": (Switch(seen=(OFF_BEFORE,)), Kind.PERHAPS_WHILE_OFF, "but nobody saw it after then."),
        "seen on before, off after": (
            Switch(seen=(OFF_BEFORE, ON_BEFORE, OFF_AFTER)),
            Kind.PERHAPS_WHILE_OFF,
            "but the run B found it on at 2026-11-23 01:00 UTC",
        ),
        "seen on before and after": (Switch(seen=(OFF_BEFORE, ON_BEFORE, ON_AFTER)), None, ""),
        "seen off, on since before": (Switch(read=READ, on=True, since=AT - HOUR, seen=(OFF_BEFORE,)), None, ""),
        "seen off days before": (Switch(seen=(replace(OFF_BEFORE, at=AT - 25 * HOUR),)), None, ""),
        "seen off by nobody knows whom": (
            Switch(seen=(replace(OFF_BEFORE, sure=False), replace(OFF_AFTER, sure=False))),
            Kind.PERHAPS_WHILE_OFF,
            "but it is not known of which instance that was",
        ),
    }.values(),
)
def test_only_what_proves_that_the_switch_was_off_is_grave(switch: Switch, kind: Kind | None, said: str) -> None:
    found = find(clean(switch=switch))
    assert [(finding.kind, finding.grave) for finding in found] == [(kind, kind is Kind.SENT_WHILE_OFF)] * bool(kind)
    assert all(said in finding.sentence for finding in found)
    assert find(clean(switch=switch, recorded=(recorded(VALUES, sent=False),)))[0].kind is Kind.NOT_SENT


def test_what_was_sent_several_times_while_the_switch_was_off_is_one_finding() -> None:
    off = Switch(read=READ, on=False, since=AT - 30 * HOUR)
    found = only(clean(recorded=(recorded(VALUES, AT - 24 * HOUR), recorded(VALUES)), switch=off))
    assert "FusionAuth sent 2 collections, of 2026-11-22 02:00 to 2026-11-23 02:00 UTC, while" in found.sentence
    assert found.days == (date(2026, 11, 22), DAY)


@pytest.mark.parametrize("switch", [Switch(read=READ, on=False, since=AT - HOUR), Switch(seen=(OFF_BEFORE,))])
def test_in_the_cloud_a_switch_that_is_off_is_not_grave_and_the_page_is_quoted(switch: Switch) -> None:
    found = only(clean(switch=replace(switch, deployment="cloud")))
    assert (found.kind, found.grave) == (Kind.OFF_IN_CLOUD, False)
    assert f'"{CLOUD_CANNOT}"' in found.sentence
    assert "which the page announces" in found.advice


def test_an_upgraded_instance_whose_switch_was_never_set_is_not_to_send() -> None:
    never = Switch(read=READ, since=AT - HOUR, created=Created.BEFORE)
    found = only(clean(switch=never))
    assert (found.kind, found.grave) == (Kind.SENT_WHILE_OFF, True)
    assert "UTC against what the page promises: the instance's own switch for usage data has never" in found.sentence
    assert f'"{UPGRADED_DO_NOT}"' in found.sentence
    for other in (
        {"created": Created.UNKNOWN},
        {"created": Created.SINCE},
        {"deployment": "cloud"},
        {"on": True},
        {"read": None},
        {"seen": (ON_BEFORE,)},
    ):
        assert find(clean(switch=replace(never, **other))) == (), other
    assert find(clean(switch=never, recorded=(recorded(VALUES, sent=False),)))[0].kind is Kind.NOT_SENT


def test_another_value_is_told_by_how_much_with_the_likely_reasons() -> None:
    found = only(
        clean(
            recorded=(recorded({**VALUES, "atdIpAcls": 40}, AT - 2 * HOUR),), owns=(own({**VALUES, "atdIpAcls": 50}),)
        )
    )
    assert (found.kind, found.grave, found.stats, found.days) == (Kind.VALUE_DIFFERS, False, ("atdIpAcls",), (DAY,))
    assert "recorded 40 on 2026-11-23 00:00 UTC, we counted 50 (+10, +25.0%), 2 h apart." in found.sentence
    ambiguity = catalogue.load().by_name["atdIpAcls"].ambiguity
    assert (
        f"Likely reasons: the time between the two counts; or nothing official defines it: {ambiguity}"
        in found.sentence
    )


def test_a_recorded_collection_is_compared_with_the_nearest_count_within_a_day() -> None:
    far = own({**VALUES, "tenantNumber": 7}, AT - 20 * HOUR)
    near = own(VALUES, AT + HOUR)
    assert find(clean(owns=(far, near))) == ()
    assert only(clean(owns=(far,))).kind is Kind.VALUE_DIFFERS
    assert find(clean(owns=(own({**VALUES, "tenantNumber": 7}, AT - 25 * HOUR),))) == ()


EVENING = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
MONTHLY = "applicationActiveLoggedIntoNumber"


@pytest.mark.parametrize("name", ["instanceDailyActiveUsers", MONTHLY])
def test_what_is_about_a_day_is_compared_with_the_run_of_that_day(name: str) -> None:
    same_day = own({**VALUES, name: 120}, AT)
    next_day = own({**VALUES, name: 131}, AT + 24 * HOUR)
    sent = (recorded({**VALUES, name: 120}, EVENING),)
    assert find(clean(recorded=sent, owns=(same_day, next_day))) == ()
    found = rows(clean(recorded=sent, owns=(next_day,)))
    [cell] = next(row.cells for row in found if row.name == name)
    assert (cell.own, cell.differs) == (None, False)


def test_a_late_run_tells_of_the_stats_of_its_day_and_of_nothing_else() -> None:
    """What counts no day is counted as it is when the run is made."""
    of_the_day = own({**VALUES, "tenantNumber": 7}, AT)
    late = replace(own({**VALUES, "instanceDailyActiveUsers": 77}, EVENING - HOUR), day=date(2026, 11, 5))
    found = only(clean(recorded=(recorded(VALUES, EVENING),), owns=(of_the_day, late)))
    assert (found.kind, found.stats) == (Kind.VALUE_DIFFERS, ("tenantNumber",))
    days = replace(own({**VALUES, "tenantNumber": 8, MONTHLY: 9}, AT + 24 * HOUR), day=DAY)
    found = only(clean(recorded=(recorded(VALUES, EVENING),), owns=(days,)))
    assert (found.kind, found.stats) == (Kind.VALUE_DIFFERS, (MONTHLY,))


def test_what_is_counted_now_counts_for_the_day_that_is_asked_for() -> None:
    """Shortly after midnight, the day before is asked for."""
    now = replace(own({**VALUES, "tenantNumber": 8}, AT), run=None, day=date(2026, 11, 22))
    assert only(clean(owns=(now,))).stats == ("tenantNumber",)


def test_a_figure_that_was_counted_goes_before_a_nearer_one_that_was_not() -> None:
    api = own(without("instanceNodes"), AT + timedelta(minutes=1), lacking=["instanceNodes"])
    database = own({**VALUES, "instanceNodes": 9999}, AT + timedelta(minutes=2))
    found = only(clean(owns=(api, database)))
    assert (found.kind, found.stats) == (Kind.VALUE_DIFFERS, ("instanceNodes",))
    assert "2 min apart" in found.sentence
    assert only(clean(owns=(api,))).kind is Kind.NOT_COMPARABLE


def test_a_figure_that_is_whole_goes_before_one_in_part_which_says_so() -> None:
    said = "The HTTP API shows the logins of all times."
    figures = {"tenantNumber": figure("tenantNumber", 9999, reason=said)}
    api = own(VALUES, AT + timedelta(minutes=1))
    api = replace(api, figures={**api.figures, **figures})
    assert find(clean(owns=(api, own(VALUES, AT - 2 * HOUR)))) == ()
    found = only(clean(owns=(api,)))
    assert (found.kind, found.stats) == (Kind.VALUE_DIFFERS, ("tenantNumber",))
    assert (
        "Likely reasons: ours is not the whole figure (The HTTP API shows the logins of all times); or"
        in found.sentence
    )


def test_our_own_figure_is_the_one_that_was_counted_last() -> None:
    newest = own({**VALUES, "tenantNumber": 2}, AT + HOUR)
    late = replace(own({**VALUES, "tenantNumber": 3}, AT + 2 * HOUR), day=date(2026, 11, 5))
    table = {row.name: row for row in rows(clean(owns=(late, own(VALUES, AT), newest)))}
    assert table["tenantNumber"].ours == late.figures["tenantNumber"]


def test_the_order_of_a_breakdown_means_nothing_and_true_is_not_one() -> None:
    one, two, name = {"idp": "Apple", "count": 1}, {"count": 2, "idp": "Xbox"}, "applicationEnabledIdentityProviders"
    assert same(shown(name, [one, two]), shown(name, [two, one]))
    assert not same([one], [two])
    assert not same(True, 1)
    assert same(1.0, 1)


def test_what_is_published_and_nowhere_collected_is_one_finding() -> None:
    names = ("tenantNumber", "webhookUserUpdate")
    values = {name: value for name, value in VALUES.items() if name not in names}
    listed = tuple(name for name in PAGE if name not in names)
    found = only(clean(recorded=(recorded(values),), listed=listed))
    assert (found.kind, found.grave, found.stats) == (Kind.NEVER_COLLECTED, False, names)
    assert "222 names, 2 of which are not on the vendor's list and are not in the only collection" in found.sentence


def test_what_is_published_and_asked_for_and_yet_never_collected_is_found() -> None:
    found = only(clean(recorded=(recorded(without("tenantNumber")),)))
    assert (found.kind, found.grave, found.stats) == (Kind.NEVER_COLLECTED, False, ("tenantNumber",))
    assert "list, as it is now, asks for 1 name of the page that is not in the only collection that" in found.sentence
    assert "We could not count" not in found.sentence
    ours = own(without("tenantNumber"), lacking=["tenantNumber"])
    found = only(clean(recorded=(recorded(without("tenantNumber")),), owns=(ours,)))
    assert found.sentence.endswith("We could not count tenantNumber either: they may have no value here.")


def test_without_a_record_what_is_published_and_not_on_the_list_is_said_to_be_not_asked_for() -> None:
    found = only(evidence(listed=tuple(name for name in PAGE if name != "tenantNumber")))
    assert (found.kind, found.grave, found.stats) == (Kind.NOT_ASKED, False, ("tenantNumber",))
    assert found.sentence == "The page has 222 names, 1 of which are not on the vendor's list: tenantNumber."


@pytest.mark.parametrize(("hours", "found"), [((0, 1, 23), 1), ((0, 1, 24), 0), ((0, 23), 0), ((0, 8, 16, 24, 32), 1)])
def test_more_than_two_collections_within_a_day_are_more_than_one_a_day(hours: tuple[int, ...], found: int) -> None:
    every = tuple(recorded(VALUES, AT + hour * HOUR) for hour in hours)
    owns = tuple(own(VALUES, each.collected) for each in every)
    assert find(clean(recorded=tuple(replace(each, instance_id=None) for each in every), owns=owns)) == ()
    copies = [replace(each, instance_id=f"{place}") for place, each in enumerate(every)]
    assert find(clean(recorded=tuple(copies), owns=owns)) == ()
    said = find(clean(recorded=every, owns=owns))
    assert [(each.kind, each.grave) for each in said] == [(Kind.TOO_OFTEN, False)] * found
    assert all("from 2026-11-23 02:00 to" in each.sentence and f'"{ONCE_A_DAY}"' in each.sentence for each in said)


def test_without_a_list_and_a_record_nobody_can_say_what_is_never_collected() -> None:
    assert find(evidence(listed=None)) == ()


def test_what_an_older_run_of_ours_did_not_know_cannot_be_compared() -> None:
    found = only(clean(owns=(own(without("tenantNumber")),)))
    assert (found.kind, found.grave, found.stats) == (Kind.NOT_COMPARABLE, False, ("tenantNumber",))
    assert "(that run was made before our catalogue had it)" in found.sentence


def test_a_name_that_only_goes_or_comes_back_is_not_grave() -> None:
    """The page says that the vendor can switch stats off from afar, and so on again."""
    whole, less = VALUES, without("tenantNumber")
    days = (recorded(whole, AT - 2 * HOUR), recorded(less, AT - HOUR), recorded(whole))
    found = [each for each in find(clean(recorded=days)) if each.kind is Kind.KEYS_CHANGED]
    assert [(each.grave, each.stats) for each in found] == [(False, ("tenantNumber",))] * 2


def test_new_names_under_the_same_version_that_the_page_lacks_are_grave() -> None:
    before = recorded(without("tenantNumber"), AT - HOUR)
    after = recorded({**without("scimEnabled"), "userNames": 1})
    sent, found = find(clean(recorded=(before, after)))
    assert sent.kind is Kind.SENT_UNDOCUMENTED
    stats = ("tenantNumber", "userNames", "scimEnabled")
    assert (found.kind, found.grave, found.stats) == (Kind.KEYS_CHANGED, True, stats)
    assert "brought 2 new names: tenantNumber, userNames and lacks 1 name: scimEnabled" in found.sentence
    assert found.sentence.endswith("Not on the page: userNames.")
    assert "Ask the vendor" in found.advice


def test_new_names_under_the_same_version_that_the_page_has_are_told_and_not_grave() -> None:
    """A licence that was activated has a plan and a type."""
    before = recorded(VALUES, AT - HOUR, timings={n: 1 for n in PAGE if n != "instanceCompanyPlan"})
    found = only(clean(recorded=(before, recorded(VALUES))))
    assert (found.kind, found.grave, found.stats) == (Kind.KEYS_CHANGED, False, ("instanceCompanyPlan",))
    assert found.sentence.endswith("The page has what came.")
    for other in ({"application_version": "1.60.3"}, {"stats_version": "0.2.1"}):
        assert find(clean(recorded=(replace(before, **other), recorded(VALUES)))) == ()  # type: ignore[arg-type]


def test_names_are_compared_with_the_last_collection_of_the_same_versions() -> None:
    before = recorded(without("tenantNumber"), AT - 24 * HOUR)
    between = recorded(VALUES, AT - HOUR, application_version="1.60.3")
    found = only(clean(recorded=(before, between, recorded(VALUES))))
    assert (found.kind, found.stats) == (Kind.KEYS_CHANGED, ("tenantNumber",))


def test_a_name_that_was_sent_as_null_without_a_timing_is_found_too() -> None:
    found = only(clean(recorded=(recorded(VALUES, nulls=frozenset({"userNames"})),)))
    assert (found.kind, found.stats) == (Kind.SENT_UNDOCUMENTED, ("userNames",))


def test_a_name_that_lost_its_value_and_kept_its_timing_is_no_change_of_names() -> None:
    lost = recorded(without("tenantNumber"), timings=NULLS | dict.fromkeys(VALUES, 1))
    found = only(clean(recorded=(recorded(VALUES, AT - HOUR), lost)))
    assert (found.kind, found.grave, found.stats) == (Kind.NO_VALUE, False, ("tenantNumber",))


def test_what_failed_in_fusionauth_is_told_once() -> None:
    failed = recorded(without("tenantNumber"), failed=frozenset({"tenantNumber"}))
    found = only(clean(recorded=(recorded(VALUES, AT - HOUR), failed)))
    assert (found.kind, found.grave, found.stats) == (Kind.RECORDED_FAILED, False, ("tenantNumber",))


def test_what_we_could_not_count_is_told_with_the_reason() -> None:
    found = only(clean(owns=(own(without("tenantNumber"), lacking=["tenantNumber"]),)))
    assert (found.kind, found.stats) == (Kind.NOT_COMPARABLE, ("tenantNumber",))
    assert "(unavailable: nobody knows): tenantNumber." in found.sentence


def test_what_stayed_in_the_house_or_is_not_asked_for_is_told() -> None:
    assert only(clean(recorded=(recorded(VALUES, sent=False),))).kind is Kind.NOT_SENT
    found = only(clean(listed=tuple(name for name in PAGE if name != "tenantNumber")))
    assert (found.kind, found.stats) == (Kind.NOT_LISTED, ("tenantNumber",))


@pytest.mark.parametrize(
    ("hours", "said"), [(-5, "before that was collected"), (0, "before"), (5, "after some of that")]
)
def test_whether_the_list_changed_since_is_said_of_what_is_not_on_it(hours: int, said: str) -> None:
    listed = tuple(name for name in PAGE if name != "tenantNumber")
    found = only(clean(listed=listed, list_changed=AT + hours * HOUR))
    assert found.kind is Kind.NOT_LISTED
    assert f"The list last changed {said}" in found.sentence
    assert "The list last changed" not in only(clean(listed=listed)).sentence


def test_a_record_that_cannot_be_read_is_told_and_the_rest_goes_on() -> None:
    broken = Unreadable(AT - HOUR, True, "usage_stats", "it is not valid JSON")
    first, second = find(clean(unreadable=(broken,), recorded=(recorded({**VALUES, "tenantNumber": 999}),)))
    assert (first.kind, second.kind) == (Kind.VALUE_DIFFERS, Kind.UNREADABLE)
    assert "cannot be read: it is not valid JSON. It was sent." in second.sentence


def test_a_record_of_which_a_part_cannot_be_read_is_compared_all_the_same() -> None:
    why = "the failed stats cannot be read: it is not valid JSON"
    broken = recorded({**VALUES, "userNames": 1}, timings={}, unread=(why,))
    sent, part = find(clean(recorded=(recorded(VALUES, AT - HOUR), broken, recorded(VALUES, AT + 23 * HOUR))))
    assert (sent.kind, sent.grave, sent.stats) == (Kind.SENT_UNDOCUMENTED, True, ("userNames",))
    assert (part.kind, part.grave, part.days) == (Kind.PARTLY_UNREADABLE, False, (DAY,))
    assert part.sentence.startswith(f"In 1 recorded collection, {why}.")


def test_of_a_captured_payload_nothing_is_said_that_nobody_knows() -> None:
    values = without("scimEnabled") | {"tenantNumber": 999, "userNames": 1}
    captured = recorded(values, origin="mine.json", captured=True, failed=frozenset({"apiKeyHashedEnabled"}))
    off = Switch(read=READ, on=False, since=AT - HOUR)
    listed = tuple(name for name in PAGE if name != "apiKeyExpiringEnabled")
    ours = own(without("webhookUserUpdate"), lacking=["webhookUserUpdate"])
    given = clean(recorded=(captured,), switch=off, listed=listed, owns=(ours,))
    said = {
        each.kind: each.sentence for each in find(replace(given, instances=frozenset({captured.instance_id or ""})))
    }
    assert said[Kind.SENT_UNDOCUMENTED].startswith(
        "The captured payload holds 1 name that the page does not have, in 1 of 1 captured payload: userNames"
    )
    assert said[Kind.SENT_WHILE_OFF].startswith(
        "The payload in mine.json, taken for sent, was collected at 2026-11-23 02:00 UTC while the instance's own"
    )
    assert "tenantNumber: the payload in mine.json, of 2026-11-23 02:00 UTC, has 999, we" in said[Kind.VALUE_DIFFERS]
    assert "not in the only captured payload: scimEnabled" in said[Kind.NEVER_COLLECTED]
    assert "FusionAuth recorded" not in " ".join(said.values())
    assert "FusionAuth sent" not in " ".join(said.values())
    assert len(said) == 7
    doubted = {each.kind: each for each in find(given)}  # of which instance it is nobody knows
    assert Kind.SENT_WHILE_OFF not in doubted
    assert doubted[Kind.PERHAPS_WHILE_OFF].sentence.endswith("; whether that is of this instance is not known.")


# ------------------------------------------------------------------------------------------------- any of them together

names = st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=20)
strangers = st.lists(st.from_regex("zz[A-Z][a-z]{0,6}", fullmatch=True), unique=True, max_size=4)


@settings(deadline=None)
@given(names, strangers, strangers, st.data())
def test_for_any_plants_exactly_what_was_planted_is_found(
    chosen: list[str], sent: list[str], asked: list[str], data: st.DataObject
) -> None:
    plants = {
        name: data.draw(st.sampled_from(["differs", "gone", "unasked", "failed", "lost", "unlisted", "uncounted"]))
        for name in chosen
    }
    of = {kind: {name for name in chosen if plants[name] == kind} for kind in set(plants.values())}
    gone = of.get("gone", set()) | of.get("unasked", set())
    failed, lost = (of.get(kind, set()) for kind in ("failed", "lost"))
    asked = [name for name in asked if name not in sent]
    values = {
        name: value + (name in of.get("differs", ()))
        for name, value in VALUES.items()
        if name not in gone | failed | lost
    }
    values |= dict.fromkeys(sent, 1)
    record = recorded(values, timings=NULLS | dict.fromkeys([*values, *lost], 1), failed=frozenset(failed))
    ours = {name: value for name, value in VALUES.items() if name not in of.get("uncounted", ())}
    unlisted = of.get("unasked", set()) | of.get("unlisted", set())
    listed = [name for name in PAGE if name not in unlisted] + asked
    found = find(
        clean(recorded=(record,), listed=tuple(listed), owns=(own(ours, lacking=sorted(of.get("uncounted", ()))),))
    )
    told = {(finding.kind, name) for finding in found for name in finding.stats}
    kinds = {
        "differs": Kind.VALUE_DIFFERS,
        "gone": Kind.NEVER_COLLECTED,
        "unasked": Kind.NEVER_COLLECTED,
        "failed": Kind.RECORDED_FAILED,
        "lost": Kind.NO_VALUE,
        "unlisted": Kind.NOT_LISTED,
        "uncounted": Kind.NOT_COMPARABLE,
    }
    planted = {(kinds[kind], name) for name, kind in plants.items()}
    planted |= {(Kind.SENT_UNDOCUMENTED, name) for name in sent} | {(Kind.ASKED_UNDOCUMENTED, name) for name in asked}
    assert told == planted
    assert [finding.grave for finding in found] == sorted((finding.grave for finding in found), reverse=True)
    assert {finding.kind for finding in found if finding.grave} <= {Kind.SENT_UNDOCUMENTED, Kind.ASKED_UNDOCUMENTED}


UNPUBLISHED = ["zzOne", "zzTwo", "zzThree"]


@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from(sorted(VALUES)[:6] + UNPUBLISHED)), min_size=2, max_size=6))
def test_the_names_change_where_two_neighbours_differ_and_nowhere_else(sets: list[set[str]]) -> None:
    times: list[datetime] = [AT + place * HOUR for place in range(len(sets))]
    collected = tuple(
        recorded({name: VALUES.get(name, 1) for name in chosen}, at) for chosen, at in zip(sets, times, strict=True)
    )
    found = [each for each in find(clean(recorded=collected, owns=())) if each.kind is Kind.KEYS_CHANGED]
    expected = [
        (bool((two - set().union(*sets[: place + 1])) & set(UNPUBLISHED)), one ^ two)
        for place, (one, two) in enumerate(pairwise(sets))
        if one != two
    ]
    told = sorted(expected, key=lambda each: not each[0])  # what is grave comes first
    assert [(each.grave, set(each.stats)) for each in found] == told
