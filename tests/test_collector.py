"""Statuses, limits, and the little that a collection asks of a database."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import instances
import pytest
from instances import changed, collect, figures, limits, metrics, names, of_table

from fa_stats import catalogue, collector, consent, settings, timing
from fa_stats.clock import Clock
from fa_stats.collection import Collection, StatementRun, Status
from fa_stats.collector import Order
from fa_stats.errors import CollectionOffError, SourceError
from fa_stats.sources.duckdb import DuckDBFile

MARKER = "vexlorn-must-not-leak"
NOT_THERE = {  # on a whole 1.60.2 instance without a named configuration
    name for name in figures(collect(instances.instance())) if name.startswith("instance")
} - {"instanceDailyActiveUsers", "instanceDatabaseVersion", "instanceNodes", "instanceFirstTimeSetupProgress"} - {
    "instanceCompanyPlan",
    "instanceLicenseType",
} | {
    "applicationMfaLambdasConfigured",
    "tenantMultiFactorLambdasConfigured",
    "applicationAdvancedSelfServiceRegistrationPreVerified",
    "applicationEnabledTenantIdentityProviders",
}


def fused(collection: Collection) -> list[StatementRun]:
    """The statements that yield the figures, without those that ran once more for a stat's own timing."""
    return [run for run in collection.statements if not run.alone]


def partial(collection: Collection) -> set[str]:
    return {figure.name for figure in collection.stats if figure.status.partial}


def said(collection: Collection) -> str:
    """Everything that a collection says in words."""
    return repr(collection)


# --------------------------------------------------------------------------------------------------- a whole collection


def test_a_collection_holds_every_stat_and_metric_once_with_what_it_is() -> None:
    found = collect(instances.instance())
    loaded = catalogue.load()
    assert [figure.name for figure in found.stats] == [stat.name for stat in loaded.of(catalogue.Payload.STATS)]
    assert [figure.name for figure in found.metrics] == [stat.name for stat in loaded.of(catalogue.Payload.METRICS)]
    assert names(found, "unavailable") == NOT_THERE
    assert len(names(found, "ok")) == 222 - len(NOT_THERE)
    assert found.application_version == "1.60.2"
    assert found.report_timezone == "America/Denver"
    assert found.instance_id == metrics(found)["instanceId"].value
    assert found.source_version == f"DuckDB {duckdb.__version__}"
    assert not found.partial
    assert sum(found.counts().values()) == 222
    assert found.database_microseconds <= found.microseconds


def test_a_collection_runs_21_statements_and_scans_each_table_once() -> None:
    found = collect(instances.instance())
    assert len(fused(found)) == 21
    scans = Counter[str]()
    for run in fused(found):
        for table, times, _ in run.scans:
            scans[table] += times
    assert set(scans.values()) == {1}
    assert scans.keys() >= {"tenants", "applications", "hourly_logins", "themes", "webhooks", "authentication_keys"}
    assert not scans.keys() & {"users", "identities", "raw_logins", "refresh_tokens"}
    documents = [run for run in fused(found) if "json_extract(nullif(" in run.sql]
    assert len(documents) == 7
    rows = {table: read for run in fused(found) for table, _, read in run.scans}
    assert rows["tenants"] == figures(found)["tenantNumber"].value


def test_the_statements_that_are_on_record_are_those_that_ran() -> None:
    found = collect(instances.instance())
    with duckdb.connect(str(instances.instance()), read_only=True) as connection:
        run = next(each for each in found.statements if each.name == "messengers")
        row = connection.execute(run.sql).fetchone()
    assert row is not None
    assert dict(zip(run.figures, row, strict=True)) == {name: figures(found)[name].value for name in run.figures}
    assert [each.name for each in found.statements][:2] == ["system_configuration", "instance"]
    assert sorted(each.started_us for each in found.statements) == [each.started_us for each in found.statements]


def test_the_times_of_a_statement_are_shared_out_to_the_microsecond() -> None:
    found = collect(instances.instance(), weights={"scimEnabled": 500, "tenantNumber": 1})
    everything = {**figures(found), **metrics(found)}
    for run in fused(found):
        shares = [everything[name].microseconds for name in run.figures if name in everything]
        if len(shares) == len(run.figures):
            assert sum(share or 0 for share in shares) == run.microseconds
    scim, number = everything["scimEnabled"].microseconds, everything["tenantNumber"].microseconds
    assert scim is not None
    assert number is not None
    assert scim > 100 * number


def test_progress_is_told_before_each_statement_and_at_the_end() -> None:
    steps: list[tuple[str, int, int]] = []
    source = DuckDBFile(instances.instance())
    order = Order(day=instances.DAY, settings=limits())
    collector.collect(source, catalogue.load(), order, Clock(), lambda *step: steps.append(step))
    assert [name for name, _, _ in steps if name][:2] == ["system_configuration", "instance"]
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    assert {total for _, _, total in steps} == {234}


# -------------------------------------------------------------------------------------------------------- off means off


def test_off_in_the_settings_opens_no_connection(tmp_path: Path) -> None:
    absent = tmp_path / "absent.duckdb"
    with pytest.raises(CollectionOffError, match=r"mode = \"off\"\): no connection was opened"):
        collect(absent, given=limits(mode="off"))
    with pytest.raises(SourceError, match="There is no file"):  # a connection would have been noticed
        collect(absent)


def test_off_in_the_instance_reads_the_switch_and_nothing_else(tmp_path: Path) -> None:
    off = changed(tmp_path, switch("false"))
    steps: list[str] = []
    order = Order(day=instances.DAY, settings=limits())
    with pytest.raises(CollectionOffError, match="that switch was read and nothing else"):
        collector.collect(DuckDBFile(off), catalogue.load(), order, Clock(), lambda name, *_: steps.append(name))
    assert [name for name in steps if name] == ["system_configuration"]
    with duckdb.connect(str(off)) as connection:  # every other table could not even be read
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if table != "system_configuration":
                connection.execute(f'DROP TABLE "{table}"')
    with pytest.raises(CollectionOffError):
        collect(off)


def switch(value: str) -> str:
    document = json.dumps({"usageDataConfiguration": {"enabled": json.loads(value)}})
    return f"UPDATE system_configuration SET data = '{document}'"


@pytest.mark.parametrize(
    "document", ["{}", "", '{"usageDataConfiguration": {}}', '{"usageDataConfiguration": {"enabled": null}}']
)
def test_a_switch_that_was_never_set_lets_collect(document: str, tmp_path: Path) -> None:
    found = collect(changed(tmp_path, f"UPDATE system_configuration SET data = '{document}'"))
    assert len(names(found, "ok")) > 200


def test_a_preview_overrides_both_switches(tmp_path: Path) -> None:
    found = collect(changed(tmp_path, switch("false")), given=limits(mode="off"), preview=True)
    assert len(names(found, "ok")) > 200
    assert [path.name for path in tmp_path.iterdir()] == ["changed.duckdb"]


def test_a_switch_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    path = changed(tmp_path, f"UPDATE system_configuration SET data = '{{{MARKER}'")
    with pytest.raises(SourceError, match="The instance's own switch for usage data cannot be read") as raised:
        collect(path)
    assert "a document in system_configuration.data is not valid JSON" in str(raised.value)
    assert MARKER not in str(raised.value)
    with pytest.raises(SourceError):
        collect(path, preview=True)


@pytest.mark.parametrize(
    "statement", ["DROP TABLE system_configuration", "ALTER TABLE system_configuration RENAME TO s"]
)
def test_another_database_is_told_as_such(statement: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="This is no FusionAuth database: it has no table system_configuration"):
        collect(changed(tmp_path, statement))


def test_a_decision_always_has_a_reason() -> None:
    assert consent.may_connect("off").reason != consent.may_connect("local").reason
    assert not consent.may_connect("off").allowed


# --------------------------------------------------------------------------------------------- unavailable and disabled


def test_what_an_older_schema_lacks_is_unavailable_and_says_why() -> None:
    found = collect(instances.instance(1, instances.BEFORE), instances.BEFORE)
    assert found.application_version == "1.58.2"
    assert not found.partial
    lost = names(found, "unavailable") - NOT_THERE
    phones = {name for name in figures(found) if name.endswith("PhoneTemplate")}
    assert phones <= lost
    assert figures(found)["tenantForgotPasswordPhoneTemplate"].reason == (
        "this schema has no column tenants.phone_configuration_forgot_password_templates_id"
    )
    assert all(figures(found)[name].microseconds is None for name in phones)


@pytest.mark.parametrize(
    "table", ["tenants", "applications", "webhooks", "nodes", "hourly_logins", "themes", "instance"]
)
def test_a_missing_table_makes_its_stats_unavailable_and_no_others(table: str, tmp_path: Path) -> None:
    found = collect(changed(tmp_path, f"DROP TABLE {table}"))
    assert names(found, "unavailable") == NOT_THERE | of_table(table)
    assert not found.partial
    for name in of_table(table) - NOT_THERE:
        assert figures(found)[name].reason == f"this schema has no table {table}"


def test_a_missing_column_makes_its_stat_unavailable_and_no_other(tmp_path: Path) -> None:
    found = collect(changed(tmp_path, "ALTER TABLE hourly_logins DROP COLUMN hour"))
    assert metrics(found)["monthlyLogins"].status is Status.UNAVAILABLE
    found = collect(changed(tmp_path, "ALTER TABLE themes RENAME data TO document"))
    assert names(found, "unavailable") - NOT_THERE == of_table("themes")


def test_a_column_that_came_with_a_later_version_is_counted(tmp_path: Path) -> None:
    found = collect(
        changed(
            tmp_path,
            "ALTER TABLE tenants ADD COLUMN multi_factor_requirement_lambdas_id UUID",
            "UPDATE tenants SET multi_factor_requirement_lambdas_id = id WHERE rowid < 3",
            "ALTER TABLE identity_providers ADD COLUMN tenants_id UUID",
            "UPDATE identity_providers SET tenants_id = id, enabled = true WHERE type = 'SAMLv2'",
            "UPDATE identity_providers_applications SET enabled = true",
        )
    )
    assert figures(found)["tenantMultiFactorLambdasConfigured"].value == 3
    value = figures(found)["applicationEnabledTenantIdentityProviders"].value
    assert isinstance(value, list)
    assert [row["idp"] for row in value] == ["SAMLv2"]
    assert value[0]["count"] > 0


def test_an_instance_without_a_licence_has_no_plan(tmp_path: Path) -> None:
    found = collect(changed(tmp_path, "UPDATE instance SET data = '{}', license_id = NULL"))
    for name in ("instanceCompanyPlan", "instanceLicenseType"):
        assert figures(found)[name].status is Status.UNAVAILABLE
        assert figures(found)[name].reason == "the instance carries no licence attributes"
    assert metrics(found)["licenseId"].reason == "the instance has no licence"
    assert not any(figures(found)["instanceFirstTimeSetupProgress"].value.values())  # type: ignore[union-attr]


def test_what_is_switched_off_is_not_in_any_statement() -> None:
    off = {"tenantNumber": "switched off by Ada", "messengersKafka": "so", "instanceSearchType": "so", "nodes": "so"}
    found = collect(instances.instance(), disabled=off)
    assert names(found, "disabled") == off.keys() - {"nodes"}
    assert metrics(found)["nodes"].status is Status.DISABLED
    assert figures(found)["tenantNumber"].reason == "switched off by Ada"
    assert figures(found)["tenantNumber"].microseconds is None
    for run in found.statements:
        assert not off.keys() & set(run.figures)
        assert "tenantNumber" not in run.sql
        assert "messengersKafka" not in run.sql


def test_what_a_run_needs_itself_cannot_be_switched_off() -> None:
    found = collect(instances.instance(), disabled={"usageDataEnabled": "x", "tenantManagerApplication": "x"})
    assert not found.partial
    assert figures(found)["applicationActiveRoleNumber"].status is Status.OK


# --------------------------------------------------------------------------------------------------------------- failed


@pytest.mark.parametrize("table", ["tenants", "applications", "webhooks", "themes", "authentication_keys"])
def test_a_document_that_is_no_json_fails_the_stats_that_read_it_and_no_others(table: str, tmp_path: Path) -> None:
    column = "meta_data" if table == "authentication_keys" else "data"
    path = changed(
        tmp_path, f"UPDATE {table} SET {column} = '{{\"{MARKER}\": tru' WHERE rowid = (SELECT min(rowid) FROM {table})"
    )
    found = collect(path)
    loaded = catalogue.load()
    reading = {
        stat.name
        for stat in loaded.of(catalogue.Payload.STATS)
        if column in loaded.statement[stat.statement].columns_of([stat]).get(table, ())
    } - NOT_THERE
    assert partial(found) == names(found, "failed") == reading
    assert figures(found)[min(reading)].reason == f"a document in {table}.{column} is not valid JSON"
    assert len(fused(found)) <= 21 + 7
    assert MARKER not in said(found)
    clean = figures(collect(instances.instance()))
    assert all(figures(found)[name].value == clean[name].value for name in clean if name not in reading)


def test_one_culprit_among_many_stands_alone_in_the_end(tmp_path: Path) -> None:
    column = "phone_configuration_verification_templates_id"
    view = f"CREATE VIEW tenants AS SELECT * REPLACE (CAST('{MARKER}' || {column} AS UUID) AS {column}) FROM kept"
    path = changed(tmp_path, f"UPDATE tenants SET {column} = id", "ALTER TABLE tenants RENAME TO kept", view)
    off = dict.fromkeys(of_table("applications"), "off")
    found = collect(path, disabled=off)
    failures = [run for run in found.statements if run.failure]
    assert len(failures[0].figures) > 120
    assert len(failures) <= 2 + 6  # by documents, then 50 in halves
    assert partial(found) == {"tenantVerificationPhoneTemplate"}
    culprit = figures(found)["tenantVerificationPhoneTemplate"]
    assert culprit.reason == "a value is of another type than expected (ConversionException)"
    assert culprit.measured
    assert MARKER not in said(found)
    clean = figures(collect(instances.instance()))
    others = of_table("tenants") - off.keys() - {culprit.name}
    assert {name: figures(found)[name].value for name in others} == {name: clean[name].value for name in others}


def test_a_column_of_another_type_fails_its_stats_alone(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "ALTER TABLE messengers ALTER type TYPE VARCHAR",
        f"UPDATE messengers SET type = '{MARKER}'",
        "ALTER TABLE applications ALTER active TYPE VARCHAR",
        f"UPDATE applications SET active = '{MARKER}' WHERE rowid = 1",
    )
    found = collect(path)
    active = {"applicationActiveNumber", "applicationActiveLoggedIntoNumber", "applicationActiveRoleNumber"}
    assert partial(found) == active | {"messengersGeneric", "messengersKafka", "messengersTwilio"}
    assert MARKER not in said(found)


def test_a_number_beyond_what_json_keeps_whole_fails_alone(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "ALTER TABLE global_registration_counts ALTER count TYPE BIGINT",
        f"UPDATE global_registration_counts SET count = {2**60} WHERE rowid = 1",
    )
    found = collect(path)
    assert metrics(found)["totalUsers"].status is Status.FAILED
    assert "the largest that JSON keeps whole" in str(metrics(found)["totalUsers"].reason)
    assert found.partial


def test_a_time_zone_that_nobody_knows_fails_what_needs_the_month(tmp_path: Path) -> None:
    for zone in ("Mars/Olympus", "America", "", "../../etc/passwd"):
        found = collect(changed(tmp_path, f"UPDATE system_configuration SET report_timezone = '{zone}'"))
        if zone:
            assert found.report_timezone is None  # free text of the instance does not get out
            assert metrics(found)["monthlyLogins"].status is Status.FAILED, zone
            assert "month_first_hour" in str(metrics(found)["monthlyLogins"].reason)
            assert len(names(found, "ok")) > 195
        else:
            assert metrics(found)["monthlyLogins"].status is Status.OK


def test_a_time_zone_that_is_null_is_utc(tmp_path: Path) -> None:
    path = changed(tmp_path, "ALTER TABLE system_configuration ALTER report_timezone DROP NOT NULL")
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE system_configuration SET report_timezone = NULL")
    found = collect(path)
    assert found.report_timezone is None
    assert metrics(found)["monthlyLogins"].status is Status.OK


# --------------------------------------------------------------------------------------- timed out, and over the budget

LONG = "(SELECT sum(hash(i)) AS n FROM range(4000000000) t(i))"
SLOW = (  # a view in place of a table: reading it takes long
    "ALTER TABLE {0} RENAME TO kept",
    f"CREATE VIEW {{0}} AS SELECT kept.* FROM kept, {LONG} WHERE n IS NOT NULL",
)


def slow(folder: Path, table: str) -> Path:
    return changed(folder, *(statement.format(table) for statement in SLOW))


def test_a_statement_over_the_limit_times_out_and_the_others_stay(tmp_path: Path) -> None:
    found = collect(slow(tmp_path, "webhooks"), given=limits(statement_timeout_seconds=0.3))
    assert names(found, "timed_out") == of_table("webhooks") == partial(found)
    reason = figures(found)["webhookAuditLogCreate"].reason
    assert reason == "stopped after 0.3 s, the time it was given"
    [run] = [each for each in found.statements if each.failure]
    assert 290_000 < run.microseconds < 3_000_000
    assert figures(found)["webhookAuditLogCreate"].microseconds == run.microseconds // 3


def test_a_slow_table_costs_only_the_statements_that_read_it(tmp_path: Path) -> None:
    found = collect(slow(tmp_path, "tenants"), given=limits(statement_timeout_seconds=0.3))
    late = names(found, "timed_out")
    assert late == of_table("tenants") - NOT_THERE
    failed = [place for place, run in enumerate(found.statements) if run.failure]
    assert len(failed) <= 9
    assert found.statements[failed[1] - 1].name == "webhooks"  # what took too long is tried again when all else is done


def test_every_statement_has_a_limit_however_small() -> None:
    found = collect(instances.instance(), given=limits(statement_timeout_seconds=0.02), preview=True)
    assert all(run.microseconds < 1_000_000 for run in found.statements)


def test_a_connection_is_of_use_after_a_time_out(tmp_path: Path) -> None:
    found = collect(slow(tmp_path, "application_oauth_scopes"), given=limits(statement_timeout_seconds=0.2))
    assert names(found, "timed_out") == of_table("application_oauth_scopes")
    clean = figures(collect(instances.instance()))
    assert all(figures(found)[name].value == clean[name].value for name in names(found, "ok"))


def test_over_the_budget_nothing_more_is_asked() -> None:
    clock = instances.Ticking(step=10_000_000)  # ten seconds a statement, and as many to look up the schema
    found = collect(instances.instance(), given=limits(budget_seconds=100.0, pause_ratio=0.5), clock=clock)
    assert len(found.statements) == 9
    late = names(found, "over_budget")
    assert late
    assert partial(found) == late
    reason = "the budget of 100 s in the database was used up before its statement"
    assert {figures(found)[name].reason for name in late} == {reason}
    assert {figures(found)[name].microseconds for name in late} == {None}
    assert not late & {name for run in found.statements for name in run.figures}


def test_the_rest_after_a_statement_is_in_proportion_to_what_it_took() -> None:
    clock = instances.Ticking(step=10_000)
    found = collect(instances.instance(), given=limits(pause_ratio=0.25), clock=clock)
    assert clock.state["rested"] == pytest.approx(0.25 * found.database_microseconds / 1_000_000)
    assert found.microseconds > found.database_microseconds * 1.25


def test_a_statement_is_stopped_where_the_budget_ends(tmp_path: Path) -> None:
    given = limits(statement_timeout_seconds=60.0, budget_seconds=0.8)
    found = collect(slow(tmp_path, "webhooks"), given=given)
    assert found.database_microseconds < 1_800_000
    assert figures(found)["webhookAuditLogCreate"].status is Status.OVER_BUDGET
    assert figures(found)["webhookAuditLogCreate"].reason == (
        "the budget of 0.8 s in the database was used up while its statement ran"
    )
    assert not names(found, "timed_out")


def test_measured_alone_every_stat_has_a_time_of_its_own() -> None:
    found = collect(instances.instance(), given=limits(budget_seconds=600.0), isolated=True)
    assert found.isolated
    assert all(len(run.figures) == 1 for run in found.statements)
    assert all(figure.measured for figure in found.stats if figure.microseconds is not None)
    whole = collect(instances.instance())
    assert {name: each.value for name, each in figures(found).items()} == {
        name: each.value for name, each in figures(whole).items()
    }


def test_a_few_stats_a_day_are_asked_for_once_more_alone_and_keep_their_values() -> None:
    found = collect(instances.instance())
    again = [run for run in found.statements if run.alone]
    everything = {**figures(found), **metrics(found)}
    assert len(again) == settings.Collection().measured_alone == 8
    assert found.statements[-8:] == tuple(again)
    timed = {name: each.alone_microseconds for name, each in everything.items() if each.alone_microseconds is not None}
    assert {run.figures: run.microseconds for run in again}.items() >= {
        (name,): time for name, time in timed.items()
    }.items()
    plain = collect(instances.instance(), given=limits(measured_alone=0))
    assert not [run for run in plain.statements if run.alone]
    assert instances.plain(figures(plain)) == instances.plain(figures(found))
    assert fused(found)[-1].sql == plain.statements[-1].sql


def test_a_preview_and_an_isolated_run_ask_nothing_twice() -> None:
    given = limits(budget_seconds=600.0)
    for found in (
        collect(instances.instance(), given=given, preview=True),
        collect(instances.instance(), given=given, isolated=True),
    ):
        assert fused(found) == list(found.statements)
        assert {each.alone_microseconds for each in found.stats} == {None}


@pytest.mark.parametrize("number", [1, 8, 500])
def test_every_stat_has_its_turn_to_be_measured_alone(number: int) -> None:
    stats = list(catalogue.load())[:50]
    days = [instances.DAY + timedelta(days=each) for each in range(-(-len(stats) // number))]
    turns = [timing.whose_turn(stats, day, number) for day in days]
    assert {stat.name for turn in turns for stat in turn} == {stat.name for stat in stats}
    assert all(len(turn) == len(set(turn)) == min(number, len(stats)) for turn in turns)
    assert timing.whose_turn([], instances.DAY, number) == []
    assert timing.whose_turn(stats, instances.DAY, 0) == []


def test_only_what_was_counted_is_measured_alone(tmp_path: Path) -> None:
    path = changed(tmp_path, "DROP TABLE applications", "UPDATE tenants SET data = '{' WHERE rowid = 0")
    found = collect(path, given=limits(measured_alone=500, budget_seconds=600.0))
    again = {name for run in found.statements if run.alone for name in run.figures}
    database = {stat.name for stat in catalogue.load() if stat.statement != catalogue.CONFIGURATION}
    counted = {name for name, each in {**figures(found), **metrics(found)}.items() if each.status is Status.OK}
    assert again - {"usageDataEnabled", "reportTimezone", "tenantManagerApplication"} == counted & database


def test_a_used_up_budget_leaves_what_was_counted_as_it_is() -> None:
    clock = instances.Ticking(step=10_000_000)
    given = limits(budget_seconds=230.0, pause_ratio=0.0)
    found = collect(instances.instance(), given=given, clock=clock)
    assert not found.partial
    assert len([run for run in found.statements if run.alone]) < 8


# ------------------------------------------------------------------------------------------ the product's configuration


def test_the_configuration_is_read_where_the_settings_name_it(tmp_path: Path) -> None:
    properties = tmp_path / "fusionauth.properties"
    properties.write_text(f"fusionauth-app.memory=2G\ndatabase.password={MARKER}\ndatabase.idle-timeout={MARKER}\n")
    given = replace(limits(), configuration=settings.Configuration(properties=properties))
    found = collect(instances.instance(), given=given)
    assert figures(found)["instanceFusionauthAppMemory"].value == 2 * 2**30
    assert figures(found)["instanceDatabaseIdleTimeout"].status is Status.UNAVAILABLE
    assert found.statements[-1].name == "configuration"
    assert found.statements[-1].scans == ()
    assert MARKER not in said(found)
    assert names(found, "unavailable") >= {"instanceJavaVersion", "instanceElasticsearchVersion"}


def test_nothing_that_a_database_holds_is_said_anywhere() -> None:
    from fa_stats.demo import MARKERS

    text = said(collect(instances.instance())).lower()
    assert not [marker for marker in MARKERS if marker.lower() in text]


def test_a_day_before_the_roll_ups_begin_counts_nobody() -> None:
    found = collect(instances.instance(), date(2020, 1, 1))
    assert figures(found)["instanceDailyActiveUsers"].value == 0
    assert metrics(found)["monthlyActiveUsers"].value == 0
