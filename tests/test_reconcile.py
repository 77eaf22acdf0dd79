"""A reconciliation of real instances: what is planted is found, alone, and nothing where all agrees."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import browser
import instances
import pytest
import roles
import servers
from hosted import Hosted, load, spare
from instances import changed, collect, instance, limits
from projects import Fixed
from reconciled import CLEAR, PAGE, asks_for, counted, row, switched, timings
from standin import Standin
from test_manners import connections, read_since, reads
from test_off import own_looks

from fa_stats import catalogue, consent, ledger, payload, settings, snapshots, sources
from fa_stats.collection import Collection
from fa_stats.errors import DayError, SourceError, UsageError
from fa_stats.reconcile import audit, page
from fa_stats.reconcile.audit import Asked
from fa_stats.reconcile.kinds import Kind
from fa_stats.reconcile.result import Result, text
from fa_stats.snapshots import Snapshot

DAY = instances.DAY
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AT = NOW - timedelta(hours=1)
UNCOUNTED = "instanceJavaVersion"  # which no database shows


def reconcile(source: str, *payloads: Path, given: settings.Settings | None = None, **asked: Any) -> Result:
    """Reconcile a day, at noon of it."""
    wanted = Asked(source, **{"first": DAY, "last": DAY} | asked, payloads=payloads)
    return audit.gather(given or limits(), wanted, Fixed(NOW))


OFF = "The instance's own switch for usage data is off (Settings): that switch was read and nothing else."


RECORDS = [
    "system_configuration",
    "system_configuration_change",
    "current_usage_stats",
    "current_usage_stats_change",
    "usage_stats",
]


def kinds(found: Result) -> list[Kind]:
    return [finding.kind for finding in found.findings]


@dataclass(frozen=True)
class Plant:
    """A discrepancy: the statements that make it, from what was counted and the times, and what is to be found."""

    kind: Kind
    grave: bool
    make: Callable[[dict[str, Any], dict[str, int]], list[str]]
    stats: tuple[str, ...] = ()
    beside: tuple[Kind, ...] = ()  # what cannot but be found too


def less(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


PLANTS = {
    "sent, not documented": Plant(
        Kind.SENT_UNDOCUMENTED, True, lambda values, times: [row(AT, values | {"userNames": 3}, times)], ("userNames",)
    ),
    "asked for, not documented": Plant(
        Kind.ASKED_UNDOCUMENTED,
        True,
        lambda values, times: [row(AT, values, times), asks_for([*PAGE, "universalApplicationNumber"])],
        ("universalApplicationNumber",),
    ),
    "sent while off": Plant(
        Kind.SENT_WHILE_OFF,
        True,
        lambda values, times: [row(AT, values, times), switched(on=False, saved=AT - timedelta(hours=3))],
    ),
    "other value": Plant(
        Kind.VALUE_DIFFERS,
        False,
        lambda values, times: [row(AT, values | {"tenantNumber": values["tenantNumber"] + 1}, times)],
        ("tenantNumber",),
    ),
    "never collected": Plant(
        Kind.NEVER_COLLECTED,
        False,
        lambda values, times: [
            row(AT, less(values, "tenantNumber"), less(times, "tenantNumber")),
            asks_for([name for name in PAGE if name != "tenantNumber"]),
        ],
        ("tenantNumber",),
    ),
    "other names": Plant(
        Kind.KEYS_CHANGED,
        True,
        lambda values, times: [
            row(AT - timedelta(hours=1), values, times),
            row(AT, values | {"userNames": 3}, times | {"userNames": 1}),
        ],
        ("userNames",),
        beside=(Kind.SENT_UNDOCUMENTED,),
    ),
    "other names of the page": Plant(
        Kind.KEYS_CHANGED,
        False,
        lambda values, times: [
            row(AT - timedelta(hours=1), less(values, "tenantNumber"), less(times, "tenantNumber")),
            row(AT, values, times),
        ],
        ("tenantNumber",),
    ),
    "failed": Plant(
        Kind.RECORDED_FAILED,
        False,
        lambda values, times: [row(AT, less(values, "tenantNumber"), times, failed=["tenantNumber"])],
        ("tenantNumber",),
    ),
    "no value": Plant(
        Kind.NO_VALUE, False, lambda values, times: [row(AT, less(values, "tenantNumber"), times)], ("tenantNumber",)
    ),
    "not ours": Plant(
        Kind.NOT_COMPARABLE, False, lambda values, times: [row(AT, values | {UNCOUNTED: "21.0.5"}, times)], (UNCOUNTED,)
    ),
    "not sent": Plant(Kind.NOT_SENT, False, lambda values, times: [row(AT, values, times, sent=False)]),
    "not on the list": Plant(
        Kind.NOT_LISTED,
        False,
        lambda values, times: [row(AT, values, times), asks_for([name for name in PAGE if name != "tenantNumber"])],
        ("tenantNumber",),
    ),
    "broken": Plant(
        Kind.UNREADABLE,
        False,
        lambda values, times: [row(AT, values, times), row(AT - timedelta(hours=2), '{"tenantNumber": ')],
    ),
    "broken in part": Plant(
        Kind.PARTLY_UNREADABLE,
        False,
        lambda values, times: [row(AT, values, times), "UPDATE usage_stats SET failed_stats = 'none of them'"],
    ),
}


def check(found: Result, plant: Plant) -> None:
    """Exactly what was planted is found, and what goes with it."""
    [finding] = [each for each in found.findings if each.kind not in plant.beside]
    assert {*kinds(found)} == {plant.kind, *plant.beside}
    assert (finding.kind, finding.grave, finding.stats) == (plant.kind, plant.grave, plant.stats), finding.sentence
    assert found.exit_code == (1 if plant.grave else 0)


# ------------------------------------------------------------------------------------------------- DuckDB


@cache
def seen() -> Collection:
    return collect(instance())


def planted(folder: Path, *statements: str) -> str:
    """A clean instance in which these statements ran after."""
    return f"duckdb://{changed(folder, CLEAR, asks_for(PAGE), *statements)}"


def agreeing(folder: Path, *statements: str) -> str:
    """A clean instance with one collection that agrees with ours, in which these statements ran after."""
    return planted(folder, row(AT, counted(seen()), timings(seen())), *statements)


def test_in_a_clean_instance_nothing_is_found(tmp_path: Path) -> None:
    found = reconcile(agreeing(tmp_path))
    assert found.findings == ()
    assert (found.verdict, found.exit_code) == ("AGREES", 0)
    assert found.notes == (
        "No run is kept of these days: everything was counted once now, in memory; nothing was stored.",
    )
    assert sum(cell.ours is not None for each in found.rows for cell in each.cells) == len(counted(seen()))


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found_alone(tmp_path: Path, name: str) -> None:
    check(reconcile(planted(tmp_path, *PLANTS[name].make(counted(seen()), timings(seen())))), PLANTS[name])


def test_nothing_is_written(tmp_path: Path) -> None:
    source = agreeing(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    reconcile(source, given=replace(limits(), folder=tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_rows_of_other_days_are_left_out_and_bring_back_no_text(tmp_path: Path) -> None:
    values = counted(seen()) | {"userNames": 3}
    found = reconcile(agreeing(tmp_path, row(AT - timedelta(days=1), values), row(AT + timedelta(days=1), values)))
    assert found.findings == ()
    assert len(found.evidence.recorded) == 1
    [query] = [each for each in found.statements if each.name == "usage_stats"]
    assert query.sql.count("recorded_from") == 8


def test_the_switch_is_read_before_anything_else_and_the_records_are_on_the_record(tmp_path: Path) -> None:
    names = [each.name for each in reconcile(agreeing(tmp_path)).statements]
    assert names[:6] == [*RECORDS, "instance"]
    assert len(names) > 10, "then everything was counted"


def test_a_collection_never_asks_for_the_records() -> None:
    assert not [each for each in seen().statements if "usage_stats" in each.sql or "last_update_instant" in each.sql]


# ------------------------------------------------------------------------------------------------- off


def test_with_the_switch_off_nothing_is_counted(tmp_path: Path) -> None:
    found = reconcile(agreeing(tmp_path, switched(on=False, saved=NOW)))
    assert kinds(found) == [Kind.PERHAPS_WHILE_OFF]
    assert [each.name for each in found.statements] == RECORDS
    assert "nothing was counted" in found.notes[0]
    assert "There is no count of ours to compare the recorded collections with." in found.notes


def test_with_mode_off_no_connection_is_opened(tmp_path: Path) -> None:
    found = reconcile("duckdb:///there/is/no/such/file", given=limits(mode="off"))
    assert "no connection was opened" in found.notes[0]
    assert (found.findings, found.statements) == ((), ())


@pytest.mark.parametrize("kind", servers.KINDS)
def test_off_is_off_at_a_server(kind: str, tmp_path: Path) -> None:
    database = spare(kind)
    before = connections(database)
    reconcile(database.url, given=replace(limits(mode="off"), folder=tmp_path))
    assert connections(database) == before + own_looks(database)
    with database.documents("system_configuration", '{"usageDataConfiguration": {"enabled": false}}'):
        read = reads(database)
        reconcile(database.url, given=replace(limits(), folder=tmp_path))
        assert read_since(database, read) <= {"system_configuration", "current_usage_stats", "usage_stats"}


def entered(given: settings.Settings, at: datetime, source: str, reason: str = OFF, **details: Any) -> None:
    """Enter into the ledger that a run found the switch of a source off."""
    identity = {"identity": sources.find(source, day=DAY, data=given.data, demo={}, api=given.api).identity}
    ledger.enter(
        given, Fixed(at), day=DAY, event="off", run="R", source="duckdb", reason=reason, **(identity | details)
    )


def test_a_ledger_that_tells_of_the_switch_before_and_after_proves_what_was_sent(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    source = agreeing(tmp_path, switched(on=True, saved=NOW))  # it was turned on again only after the collection
    entered(given, AT - timedelta(hours=1), source)
    before = reconcile(source, given=given)
    assert [(each.kind, each.grave) for each in before.findings] == [(Kind.PERHAPS_WHILE_OFF, False)]
    said = "the run R found it off at 2026-11-23 10:00 UTC, but this reading found it on at 2026-11-23 12:00 UTC"
    assert said in before.findings[0].sentence
    entered(given, AT + timedelta(minutes=30), source)
    both = reconcile(source, given=given)
    assert [(each.kind, each.grave) for each in both.findings] == [(Kind.SENT_WHILE_OFF, True)]
    assert "the run R found it off at 2026-11-23 11:30 UTC, and nobody is known" in both.findings[0].sentence


def test_a_ledger_that_tells_of_another_instance_says_nothing_of_this_one(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    source = agreeing(tmp_path, switched(on=True, saved=NOW))
    for at in (AT - timedelta(hours=1), AT + timedelta(minutes=30)):
        entered(given, at, "duckdb:///the/staging/file")
        entered(given, at, source, 'Collection is off in the settings ([collection] mode = "off"): no connection was')
    assert reconcile(source, given=given).findings == ()


def test_an_entry_of_an_older_fa_stats_that_names_no_instance_is_no_proof(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    source = agreeing(tmp_path, switched(on=True, saved=NOW))
    for at in (AT - timedelta(hours=1), AT + timedelta(minutes=30)):
        ledger.enter(given, Fixed(at), day=DAY, event="off", run="R", source="duckdb", reason=OFF)
    [found] = reconcile(source, given=given).findings
    assert (found.kind, found.grave) == (Kind.PERHAPS_WHILE_OFF, False)
    assert "but it is not known of which instance that was" in found.sentence


def test_without_the_time_of_the_last_saving_the_switch_is_as_it_is_seen(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    dropped = "ALTER TABLE system_configuration DROP last_update_instant"
    source = agreeing(tmp_path, switched(on=False, saved=AT), dropped)
    [found] = reconcile(source, given=given).findings
    assert found.kind is Kind.PERHAPS_WHILE_OFF
    assert "this reading found it off at 2026-11-23 12:00 UTC, but nobody saw it before then." in found.sentence
    entered(given, AT - timedelta(hours=1), source)
    assert kinds(reconcile(source, given=given)) == [Kind.SENT_WHILE_OFF]


def test_in_the_cloud_nothing_is_grave_about_the_switch(tmp_path: Path) -> None:
    given = replace(limits(), instance=settings.Instance(deployment="cloud"))
    source = agreeing(tmp_path, switched(on=False, saved=AT - timedelta(hours=3)))
    found = reconcile(source, given=given)
    assert (kinds(found), found.verdict, found.exit_code) == ([Kind.OFF_IN_CLOUD], "FINDINGS", 0)
    assert consent.CLOUD_CANNOT in found.findings[0].sentence


@pytest.mark.parametrize(("created", "grave"), [("1.50.0", 1), ("1.55.0", 0), ("", 0)])
def test_an_upgraded_instance_that_was_never_asked_is_not_to_send(tmp_path: Path, created: str, grave: int) -> None:
    given = replace(limits(), instance=settings.Instance(created_with=created))
    found = reconcile(agreeing(tmp_path, "UPDATE system_configuration SET data = '{}'"), given=given)
    assert (kinds(found), found.grave) == ([Kind.SENT_WHILE_OFF] * grave, grave)
    assert all(consent.UPGRADED_DO_NOT in finding.sentence for finding in found.findings)


# ------------------------------------------------------------------------------------------------- what is not there


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TABLE usage_stats", "(usage_stats): this schema has no table usage_stats"),
        ("DROP TABLE current_usage_stats", "(current_usage_stats): this schema has no table current_usage_stats"),
        ("ALTER TABLE usage_stats DROP failed_stats", "this schema has no column usage_stats.failed_stats"),
        (
            "ALTER TABLE system_configuration DROP last_update_instant",
            "when the system settings were last saved: this schema has no column system_configuration.last",
        ),
    ],
)
def test_a_missing_table_or_column_is_told_and_the_rest_goes_on(tmp_path: Path, statement: str, said: str) -> None:
    found = reconcile(agreeing(tmp_path, statement))
    assert any(said in note and "`fa-stats grants`" in note for note in found.notes)
    assert len(found.evidence.owns) == 1


def test_it_is_said_how_old_the_vendors_list_is(tmp_path: Path) -> None:
    changed_at = int((NOW - timedelta(days=40)).timestamp() * 1000)
    found = reconcile(agreeing(tmp_path, f"UPDATE current_usage_stats SET last_modified_instant = {changed_at}"))
    said = dict(found.compared)["Vendor's list"]
    assert said.startswith("222 names asked for; last changed at 2026-10-14 12:00 UTC; last checked at 2026-11-2")
    assert found.to_json()["compared"]["list_changed"] == "2026-10-14T12:00:00.000+00:00"
    without = reconcile(agreeing(tmp_path, "ALTER TABLE current_usage_stats DROP last_modified_instant"))
    assert (dict(without.compared)["Vendor's list"], without.findings) == ("222 names asked for", ())
    assert any("when the vendor's list last changed: this schema has no column" in each for each in without.notes)


def test_it_is_said_how_the_switch_stands_and_where_nobody_can_tell_how_it_stood(tmp_path: Path) -> None:
    found = reconcile(agreeing(tmp_path, switched(on=True, saved=AT - timedelta(hours=3))))
    assert dict(found.compared)["Switch"] == (
        "on at 2026-11-23 12:00 UTC; the system settings were last saved at 2026-11-23 08:00 UTC"
    )
    assert not any("nobody can tell" in each for each in found.notes)
    assert found.to_json()["switch"] == {"read": True, "on": True, "settings_saved": "2026-11-23T08:00:00.000+00:00"}
    later = reconcile(agreeing(tmp_path, switched(on=True, saved=AT + timedelta(minutes=30))))
    assert (later.verdict, later.findings) == ("AGREES", ())
    said = "How the instance's own switch stood at that time, nobody can tell of 1 of 1 recorded collections that were"
    assert f"{said} sent." in later.notes
    off = reconcile("duckdb:///there/is/no/such/file", given=limits(mode="off"))
    assert dict(off.compared)["Switch"] == "not read"


def test_an_unreadable_switch_stops_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="own switch for usage data cannot be read: a document in"):
        reconcile(agreeing(tmp_path, "UPDATE system_configuration SET data = '{broken'"))


def test_an_empty_list_and_no_record_say_so(tmp_path: Path) -> None:
    found = reconcile(planted(tmp_path, "DELETE FROM current_usage_stats"))
    assert found.evidence.listed is None
    assert (found.findings, found.verdict, found.exit_code) == ((), "NOTHING", 0)
    assert "No collection that FusionAuth recorded in these days is at hand." in found.notes


def test_over_the_api_a_captured_payload_is_compared_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", "stand-in-key-7fQz")
    given = replace(limits(), folder=tmp_path)
    with Standin(instance()) as standin:
        alone = reconcile(standin.url, given=given)
        stats = counted(alone.evidence.owns[0].collection)
        beside = reconcile(standin.url, captured(tmp_path, stats=stats | {"userNames": 3}), given=given)
    assert alone.verdict == "NOTHING"
    assert (
        "(usage_stats): no call of the HTTP API shows it. `--payload FILE` takes a captured payload in its place."
        in " ".join(alone.notes)
    )
    assert kinds(beside) == [Kind.SENT_UNDOCUMENTED]
    assert len(stats) > 180


# ------------------------------------------------------------------------------------------------- captured payloads


def captured(folder: Path, at: datetime = AT, **more: Any) -> Path:
    """A file with what our own count would have sent."""
    path = folder / "captured.json"
    payload = {
        "applicationVersion": "1.60.2",
        "collectionDuration": 500,
        "collectionInstant": int(at.timestamp() * 1000),
        "instanceId": seen().instance_id,
        "stats": counted(seen()),
        "statsVersion": "0.2.0",
        "timings": timings(seen()),
    }
    path.write_text(json.dumps(payload | more))
    return path


def test_a_captured_payload_stands_in_for_the_table(tmp_path: Path) -> None:
    source = agreeing(tmp_path, row(AT + timedelta(minutes=1), counted(seen()) | {"userNames": 3}))
    found = reconcile(source, captured(tmp_path))
    assert found.findings == ()
    assert "stand in for what FusionAuth recorded itself, which was not read" in " ".join(found.notes)
    assert "usage_stats" not in [each.name for each in found.statements]
    sent = reconcile(source, captured(tmp_path, stats=counted(seen()) | {"userNames": 3}))
    assert kinds(sent) == [Kind.SENT_UNDOCUMENTED]


def test_without_days_the_span_is_that_of_the_files(tmp_path: Path) -> None:
    found = reconcile(agreeing(tmp_path), captured(tmp_path, AT - timedelta(days=90)), first=None, last=None)
    assert (found.evidence.first, found.evidence.last) == (date(2026, 8, 25), date(2026, 8, 25))
    assert "to count now would not tell what was there then" in " ".join(found.notes)


def test_the_headline_says_no_more_agrees_than_was_at_hand(tmp_path: Path) -> None:
    old = reconcile(agreeing(tmp_path), captured(tmp_path, AT - timedelta(days=999)), first=None, last=None)
    assert old.headline == (
        "What is published, asked for and captured agrees, as far as it could be compared. "
        "Nothing captured was compared with a count of ours."
    )
    assert old.evidence.owns == ()
    assert "published, asked for, recorded and counted agrees" in reconcile(agreeing(tmp_path)).headline


def test_a_payload_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    path = captured(tmp_path, stats=counted(seen()) | {"userNames": 3})
    copy = tmp_path / "copy.json"
    shutil.copy(path, copy)
    found = reconcile(agreeing(tmp_path), path, path, copy)
    assert len(found.evidence.recorded) == 1
    assert "in 1 of 1 captured payload" in found.findings[0].sentence
    assert found.notes[0] == "2 of 3 payloads in files repeat another one: each is counted once."
    assert "1 captured payload in place of FusionAuth's own records, taken for sent" in dict(found.compared)["Recorded"]


def test_what_is_no_name_on_the_list_is_told_and_not_shown(tmp_path: Path) -> None:
    [found] = reconcile(agreeing(tmp_path, asks_for([*PAGE, " tenantNumber ", "", "ada@example.com"]))).findings
    assert (found.kind, found.grave) == (Kind.ASKED_UNDOCUMENTED, True)
    assert found.stats[0].startswith("(no name: 15 characters, sha256 ")
    assert len(found.stats) == 1


def test_a_payload_of_other_days_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "older").mkdir()
    found = reconcile(agreeing(tmp_path), captured(tmp_path / "older", AT - timedelta(days=90)), captured(tmp_path))
    assert [each.collected for each in found.evidence.recorded] == [AT]
    assert "1 of 2 payloads in files are not of these days" in " ".join(found.notes)


def test_payloads_of_which_none_is_of_these_days_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is of 2026-11-20 to 2026-11-21: they are of 2026-11-23\. Name those"):
        reconcile(planted(tmp_path), captured(tmp_path), first=date(2026, 11, 20), last=date(2026, 11, 21))


def test_a_payload_that_names_no_instance_is_compared_and_nothing_is_proved_by_it(tmp_path: Path) -> None:
    source = planted(tmp_path, switched(on=False, saved=AT - timedelta(days=9)))
    found = reconcile(source, captured(tmp_path, instanceId=None))
    assert "1 of 1 payloads in files name no instance: it is not known whose they are." in found.notes
    assert [(each.kind, each.grave) for each in found.findings] == [(Kind.PERHAPS_WHILE_OFF, False)]


def test_a_payload_of_another_instance_is_refused_with_the_beginnings_of_both_ids(tmp_path: Path) -> None:
    other = "eb76363d-8ee3-4188-8bae-ceed191a4780"
    with pytest.raises(UsageError) as refused:
        reconcile(agreeing(tmp_path), captured(tmp_path, instanceId=other))
    ours = str(seen().instance_id)
    assert f"of the instance eb76363d, and this is about the instance {ours[:8]}:" in str(refused.value)
    assert other not in str(refused.value)
    assert ours not in str(refused.value)


def test_a_payload_is_compared_with_mode_off_too(tmp_path: Path) -> None:
    path = captured(tmp_path, stats=counted(seen()) | {"userNames": 3})
    found = reconcile("duckdb:///there/is/no/such/file", path, given=limits(mode="off"))
    assert kinds(found) == [Kind.SENT_UNDOCUMENTED]
    assert "could not be looked up" in " ".join(found.notes)


# ------------------------------------------------------------------------------------------------- days


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        (None, None, (date(2026, 10, 25), DAY)),
        (date(2026, 11, 1), None, (date(2026, 11, 1), DAY)),
        (None, date(2026, 11, 1), (date(2026, 10, 3), date(2026, 11, 1))),
        (DAY, DAY, (DAY, DAY)),
        (None, date.min, (date.min, date.min)),
    ],
)
def test_the_span_is_the_last_30_days_unless_others_are_named(
    first: date | None, last: date | None, span: tuple[date, date]
) -> None:
    assert Asked(first=first, last=last).span(DAY, ()) == span


@pytest.mark.parametrize("first", [date.min, date(1, 1, 2), date(2000, 1, 1)])
def test_days_of_long_ago_are_compared_like_any_others(tmp_path: Path, first: date) -> None:
    given = replace(limits(), folder=tmp_path)
    kept(tmp_path, replace(seen(), started=AT, day=DAY, source_kind="duckdb"), "20261123T110000Z-0001", "x")
    assert reconcile(agreeing(tmp_path), given=given, first=first).findings == ()
    assert reconcile(agreeing(tmp_path), given=given, first=date.min, last=date.min).evidence.recorded == ()


def test_a_payload_from_the_end_of_time_is_compared_like_any_other(tmp_path: Path) -> None:
    path = captured(tmp_path, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    found = reconcile(agreeing(tmp_path), path, first=None, last=None, given=replace(limits(), folder=tmp_path))
    assert (found.evidence.first, found.findings) == (date.max, ())


def test_a_day_to_come_and_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(DayError, match="2026-11-24 is still to come"):
        Asked(last=date(2026, 11, 24)).span(DAY, ())
    with pytest.raises(DayError, match="2026-11-23 is after 2026-11-22"):
        Asked(first=DAY, last=date(2026, 11, 22)).span(DAY, ())


# ------------------------------------------------------------------------------------------------- the real case


def test_the_list_of_a_real_instance_reads_well(tmp_path: Path) -> None:
    active = files("fa_stats.demo").joinpath("active_stats.txt").read_text(encoding="utf-8").split()
    found = reconcile(planted(tmp_path, asks_for(active)))
    asked, never = found.findings
    assert (asked.kind, asked.grave) == (Kind.ASKED_UNDOCUMENTED, True)
    assert asked.stats == ("instanceProxyEnabled", "organizationAdminTenantNumber", "universalApplicationNumber")
    assert asked.sentence.startswith(
        "The vendor's list asks for 191 stats, 3 of which the page does not have: instanceProxyEn"
    )
    assert (never.kind, never.grave, len(never.stats)) == (Kind.NOT_ASKED, False, 34)
    assert never.sentence.startswith("The page has 222 names, 34 of which are not on the vendor's list: ")
    said = text(found.to_json())
    assert said.startswith(
        "GRAVE  2 findings, 1 of them grave. 2026-11-23 to 2026-11-23, DuckDB file changed.duckdb.\n"
    )
    assert said.index("Asked for but not documented") < said.index("Documented but not asked for")


def test_the_demo_is_compared_with_how_it_stood_when_the_day_began(tmp_path: Path) -> None:
    demo = settings.Demo(tenants=4, applications=6, users=60)
    given = replace(limits(), folder=tmp_path, demo=demo)
    found = audit.gather(given, Asked("demo:"), Fixed(NOW))
    assert [each.sent for each in found.evidence.recorded] == [True, False, True]
    [counted_now] = found.evidence.owns
    assert counted_now.taken == datetime(2026, 11, 23, tzinfo=UTC)
    assert {finding.kind for finding in found.findings} <= {
        Kind.ASKED_UNDOCUMENTED,
        Kind.VALUE_DIFFERS,
        Kind.NEVER_COLLECTED,
        Kind.NOT_SENT,
        Kind.NOT_LISTED,
    }
    assert found.grave == 1


# ------------------------------------------------------------------------------------------------- servers


@pytest.fixture(scope="module", params=servers.KINDS)
def database(request: pytest.FixtureRequest) -> Hosted:
    return load(servers.shared(request.param))


def test_at_a_server_the_same_is_found(database: Hosted, tmp_path: Path) -> None:
    collection = database.collect()
    values, times = counted(collection), timings(collection)
    given = replace(limits(), folder=tmp_path)
    saved = database.ask("SELECT data, last_update_instant FROM system_configuration")[0]
    for plant in (None, *PLANTS.values()):
        for statement in (CLEAR, asks_for(PAGE), *(plant.make(values, times) if plant else [row(AT, values, times)])):
            database.ask(statement)
        found = reconcile(database.url, given=given)
        if plant:
            check(found, plant)
        else:
            assert found.findings == (), found.findings[0].sentence
            assert [each.failure for each in found.statements if each.failure] == []
            assert found.evidence.recorded[0].values == values, "and longer texts are not cut"
        database.server.ask(
            "UPDATE system_configuration SET data = %s, last_update_instant = %s", saved, database=database.database
        )


@pytest.mark.parametrize("views", [False, True])
def test_with_the_rights_of_grants_the_records_can_be_read(server: servers.Server, views: bool, tmp_path: Path) -> None:
    with roles.made(server, roles.loaded(server.kind), views=views) as role:
        role.grant()
        found = reconcile(role.url, given=replace(limits(), folder=tmp_path), first=DAY - timedelta(days=5))
        assert len(found.evidence.recorded) == 3
        assert len(found.evidence.listed or ()) == 191
        assert not [note for note in found.notes if note.startswith("Not read")]


def test_a_role_from_before_is_told_what_it_lacks_and_the_rest_goes_on(server: servers.Server, tmp_path: Path) -> None:
    with roles.made(server, roles.loaded(server.kind)) as role:
        role.grant()
        role.alter("REVOKE SELECT ON usage_stats FROM {role}" if server.kind == "postgresql" else _columns_taken(role))
        found = reconcile(role.url, given=replace(limits(), folder=tmp_path))
        [note] = [note for note in found.notes if note.startswith("Not read")]
        assert "(usage_stats): this " in note
        assert "`fa-stats grants` prints what a role needs" in note
        assert len(found.evidence.listed or ()) == 191
        assert len(found.evidence.owns) == 1


def _columns_taken(role: roles.Role) -> str:
    names = "application_version, collection_duration, collection_instant, failed_stats, instance_id, sent, stats"
    return f"REVOKE SELECT ({names}, stats_version, timings) ON {role.database}.usage_stats FROM {{role}}"


# ------------------------------------------------------------------------------------------------- kept runs


def kept(folder: Path, collection: Collection, run: str, identity: str) -> None:
    """Keep a run."""
    snapshot = Snapshot(
        run=run,
        collection=collection,
        source_identity=identity,
        payload=payload.usage_data(collection),
        metrics=payload.metrics(collection),
        budget_microseconds=1,
        versions={},
    )
    snapshots.write(folder / "data", snapshot, catalogue.load())


def test_a_database_that_is_a_copy_is_told(tmp_path: Path) -> None:
    found = reconcile(agreeing(tmp_path, "UPDATE usage_stats SET instance_id = 'eb76363d-8ee3-4188-8bae-ceed191a4780'"))
    assert found.notes[-1] == (
        "The instance is another one in 1 of 1 recorded collections: the database seems to be a copy."
    )


def test_kept_runs_of_the_instance_are_compared_and_nothing_is_counted(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    at = replace(seen(), started=AT, day=DAY, source_kind="duckdb")
    kept(tmp_path, at, "20261123T110000Z-0001", "duckdb:elsewhere")
    kept(tmp_path, replace(at, instance_id="another"), "20261123T110100Z-0002", "duckdb:elsewhere")
    other = tuple(replace(each, value=9999) if each.name == "tenantNumber" else each for each in at.stats)
    before = replace(at, stats=other, started=AT - timedelta(days=1), day=DAY - timedelta(days=1))
    kept(tmp_path, before, "20261122T110000Z-0003", "duckdb:elsewhere")
    found = reconcile(agreeing(tmp_path), given=given)
    assert [each.run for each in found.evidence.owns] == ["20261122T110000Z-0003", "20261123T110000Z-0001"]
    assert found.findings == ()
    assert [each.name for each in found.statements][-1] == "instance"
    shutil.rmtree(tmp_path / "data" / "snapshots" / str(DAY))
    [finding] = reconcile(agreeing(tmp_path), given=given, first=DAY - timedelta(days=1)).findings
    assert "we counted 9,999" in finding.sentence
    assert "24 h apart" in finding.sentence


def test_what_runs_of_other_days_leave_uncompared_is_told(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    other = tuple(replace(each, value=9999) if each.name == "tenantNumber" else each for each in seen().stats)
    late = replace(seen(), stats=other, started=AT, day=DAY - timedelta(days=1), source_kind="duckdb")
    kept(tmp_path, late, "20261123T110000Z-0001", "duckdb:elsewhere")
    found = reconcile(agreeing(tmp_path), given=given, first=DAY - timedelta(days=1))
    assert found.findings == ()
    assert found.notes == (
        "1 of 1 recorded collections have no count of ours within a day but of late runs (`--day`): of these, no more "
        "than stats of a day or a month can be compared.",
        "In 1 of 1 recorded collections, stats of a day or a month were not compared: no run of ours is of the same "
        "day.",
    )
    assert "Nothing recorded was compared with a count of ours" in found.headline


def test_counts_more_than_a_day_apart_are_not_compared(tmp_path: Path) -> None:
    given = replace(limits(), folder=tmp_path)
    kept(tmp_path, replace(seen(), started=AT, day=DAY), "20261123T110000Z-0001", "duckdb:elsewhere")
    source = planted(tmp_path, row(AT - timedelta(days=2), counted(seen()) | {"tenantNumber": 9999}, timings(seen())))
    found = reconcile(source, given=given, first=DAY - timedelta(days=3))
    assert found.findings == ()
    assert "1 of 1 recorded collections have no count of ours within a day." in found.notes


# ------------------------------------------------------------------------------------------------- the page


def html(found: Result, folder: Path) -> Path:
    path = folder / "reconcile.html"
    path.write_text(page.to_html(found, ["found.gather()"]), encoding="utf-8")
    return path


def test_the_page_holds_together_in_a_browser(tmp_path: Path) -> None:
    clean = reconcile(agreeing(tmp_path))
    values = {name: value + 1 if isinstance(value, int) else value for name, value in counted(seen()).items()}
    values |= {"<script>alert(1)</script>": 1, "userNames": "ada@example.com"}
    full = reconcile(planted(tmp_path, row(AT, values), row(AT - timedelta(hours=2), "{")))
    assert len(full.findings) > 150
    for found in (clean, full):
        path = html(found, tmp_path)
        for width in (390, 1200):
            seen_page = browser.layout(path, width=width, unfolded=True)
            assert seen_page["scroll"] <= seen_page["width"]
            assert seen_page["wide"] == []
            assert seen_page["loaded"] == []
            assert found.headline in " ".join(seen_page["text"].split())
        assert len(path.read_bytes()) < 500_000
    content = path.read_text()
    assert "<script" not in content
    assert "ada@example.com" not in content
    assert "(no name: 25 characters" in content
    grave, other = content.index("Sent but not documented"), content.index("Recorded value differs")
    assert grave < other


def test_where_nothing_could_be_compared_the_page_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    found = reconcile(planted(tmp_path, "DELETE FROM current_usage_stats"))
    content = html(found, tmp_path).read_text()
    assert found.verdict == "NOTHING"
    assert "There is nothing to report" not in content
    assert "Nothing could be compared, so nothing can be said" in content
    assert "There is nothing to report" in html(reconcile(agreeing(tmp_path)), tmp_path).read_text()


# Counts what a narrow screen shows though it is empty, and what it cuts off but for pieces of SQL and code.
_LOOK = """<script>
  document.querySelectorAll("details").forEach(each => each.open = true);
  const empty = [...document.querySelectorAll(".stack td")].filter(
    each => ["", "\N{EN DASH}"].includes(each.innerText.trim()) && each.offsetHeight > 0 && !each.closest(".sides"));
  const unsaid = [...document.querySelectorAll(".sides td:empty")].filter(each => each.offsetHeight > 0);
  const cut = [...document.querySelectorAll(".scroll")].filter(each => each.scrollWidth > each.clientWidth + 1);
  document.body.append(`empty: ${empty.length}, unsaid: ${unsaid.length}, cut off: ${
    cut.map(each => each.querySelector("caption")?.innerText)}.`);
</script>"""


def test_on_a_phone_no_line_is_empty_and_nothing_is_cut_off(tmp_path: Path) -> None:
    values = counted(seen()) | {"tenantNumber": 9999}
    asked = asks_for([*PAGE, "universalApplicationNumber"])
    found = reconcile(planted(tmp_path, row(AT, values, timings(seen()), failed=["scimEnabled"]), asked))
    path = html(replace(found, statements=()), tmp_path)
    assert '<td class="n"></td>' in path.read_text(), "a stat that has no difference"
    page_of_our_own = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text())
    path.write_text(f"{page_of_our_own}{_LOOK}")
    assert browser.layout(path, width=390)["text"].splitlines()[-1] == "empty: 0, unsaid: 0, cut off: ."


def test_no_text_of_a_record_is_ever_shown(tmp_path: Path) -> None:
    secret = "ada.lovelace@example.com"
    values = counted(seen()) | {"userNames": secret, secret: 1, "tenantNumber": secret, "instanceSearchType": secret}
    found = reconcile(planted(tmp_path, row(AT, values)))
    told = json.dumps(found.to_json()) + text(found.to_json()) + html(found, tmp_path).read_text()
    assert "lovelace" not in told
    assert "text, 24 characters" in told
