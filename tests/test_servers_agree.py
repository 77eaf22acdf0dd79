"""The same instance gives the same figures in every database: held against each other, and against the recount."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import duckdb
import instances
import loaded
import pytest
import recount
import servers
import test_oracle
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from instances import BEFORE, DAY, figures, instance, metrics, names
from loaded import Loaded, copied, different

from fa_stats import catalogue, demo, payload
from fa_stats.catalogue import CONFIGURATION
from fa_stats.collection import Collection, Status
from fa_stats.dialects import DIALECTS
from fa_stats.errors import SourceError
from fa_stats.query import compose

INSTANCES = [(1, DAY), (2, BEFORE), (3, demo.UPGRADED)]
MARKER = "vexlorn-must-not-leak"


@cache
def embedded(path: Path, day: date = DAY) -> Collection:
    """What the DuckDB file itself gives."""
    return loaded.collect(f"duckdb://{path}", day)


@pytest.fixture(scope="module", params=servers.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    servers.shared(request.param)  # or the test is skipped
    return str(request.param)


@pytest.fixture(params=INSTANCES, ids=str)
def made(request: pytest.FixtureRequest) -> tuple[Path, date]:
    seed, day = request.param
    return instance(seed, day), day


@pytest.fixture
def mine(kind: str) -> Iterator[Loaded]:
    """A small instance in a server, for one test to change."""
    found = copied(kind, instance())
    yield found
    found.server.drop_database(found.name)


@cache
def unchanged(kind: str, path: Path | None = None) -> Loaded:
    """A small instance in a server, to be left as it was found; the usual one as the product loads it."""
    return loaded.loaded(kind, instance()) if path in (None, instance()) else copied(kind, path)


@contextmanager
def document(where: Loaded, table: str, column: str, text: str) -> Iterator[None]:
    """Put a text in place of one document."""
    [(key, before)] = where.ask(f"SELECT id, {column} FROM {table} ORDER BY id LIMIT 1")
    put = f"UPDATE {table} SET {column} = %s WHERE id = %s"
    where.ask(put, (text, key))
    yield
    where.ask(put, (before, key))


def without_times(collection: Collection) -> Collection:
    """The collection as if it had taken no time, and without the server's own version."""
    stats = tuple(
        replace(figure, microseconds=None) for figure in collection.stats if figure.name != "instanceDatabaseVersion"
    )
    return replace(collection, stats=stats, started=datetime(2026, 1, 1, tzinfo=UTC), microseconds=0)


def check(collection: Collection, rows: recount.Rows, day: date) -> None:
    """Hold a collection against a recount of the rows."""
    test_oracle.compare(figures(collection), recount.recount_stats(rows, day))
    test_oracle.compare(metrics(collection), recount.recount_metrics(rows, day))


# --------------------------------------------------------------------------------------------------------- one instance


def test_the_payloads_are_the_same_to_the_byte(kind: str, made: tuple[Path, date]) -> None:
    path, day = made
    found, expected = unchanged(kind, path).collect(day), embedded(path, day)
    assert different(found, expected) == set()
    assert payload.usage_data(without_times(found)) == payload.usage_data(without_times(expected))
    assert payload.metrics(found) == payload.metrics(expected)
    assert not found.partial
    assert sum(1 for figure in found.stats if figure.value) > 160


def test_the_recount_of_the_servers_own_rows_agrees(kind: str, made: tuple[Path, date]) -> None:
    path, day = made
    where = unchanged(kind, path)
    check(where.collect(day), where.rows(), day)


def test_what_is_measured_alone_keeps_its_value(kind: str) -> None:
    found = unchanged(kind).collect(settings=instances.limits(measured_alone=30))
    assert len([run for run in found.statements if run.alone]) == 30
    assert different(found, embedded(instance())) == set()


def test_the_version_is_the_servers_own(kind: str) -> None:
    where = unchanged(kind)
    found = where.collect()
    version = str(figures(found)["instanceDatabaseVersion"].value)
    assert version.count(".") in (1, 2)
    assert where.server.version.startswith(version)
    name = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}[kind]
    assert str(found.source_version).startswith(f"{name} {version}")


def test_no_document_and_no_table_of_people_is_read_twice(kind: str) -> None:
    """Each document is looked into by one statement; other columns of its table may be read again, for a join."""
    found = unchanged(kind).collect()
    [*queries] = compose(catalogue.load(), counted(found), DIALECTS[kind])
    columns = [column for query in queries for column in query.documents]
    assert len(columns) == len(set(columns)) == 9
    assert len(found.statements) <= len(queries) + 2
    big = ("users", "identities", "raw_logins", "refresh_tokens", "user_registrations")
    assert not [run for run in found.statements for table in big if f"FROM {table}" in run.sql]


def counted(collection: Collection) -> list[catalogue.Stat]:
    asked = {name for run in collection.statements for name in run.figures}
    return [stat for stat in catalogue.load() if stat.name in asked]


# ----------------------------------------------------------------------------------------- rows that nobody would write


@cache
def hostile(kind: str, upgraded: bool) -> Loaded:
    return copied(kind, test_oracle.empty(upgraded))


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(seed=st.integers(0, 10**9), upgraded=st.booleans(), day=test_oracle.DAYS_OF_MONTHS)
def test_hostile_rows_are_counted_as_the_recount_counts_them(kind: str, seed: int, upgraded: bool, day: date) -> None:
    path = test_oracle.empty(upgraded)
    test_oracle.fill(path, seed, upgraded, day)
    where = hostile(kind, upgraded)
    where.fill(path)
    check(where.collect(day), where.rows(), day)


@pytest.mark.parametrize("how", test_oracle.HOSTILE_DOCUMENTS)
def test_documents_written_in_another_way_are_counted_as_in_the_file(kind: str, how: str) -> None:
    """Which the recount agrees with, see there."""
    path = test_oracle.rewritten(how)
    where = hostile(kind, True)
    where.fill(path)
    assert different(where.collect(), embedded(path)) == set()


# ---------------------------------------------------------------------------------------------- documents that are none

DOCUMENTS = [
    ("tenants", "data"),
    ("applications", "data"),
    ("webhooks", "data"),
    ("themes", "data"),
    ("application_oauth_scopes", "data"),
    ("instance", "data"),
    ("authentication_keys", "meta_data"),
]


def reading(table: str, column: str) -> set[str]:
    """The stats that read a document column, of those that this instance has at all."""
    loaded_catalogue = catalogue.load()
    there = names(embedded(instance()), "ok")
    return {
        stat.name
        for stat in loaded_catalogue.of(catalogue.Payload.STATS)
        if column in loaded_catalogue.statement[stat.statement].columns_of([stat]).get(table, ()) and stat.name in there
    }


def fails_alone(where: Loaded, table: str, column: str, text: str, said: str) -> None:
    """One document fails the stats that read it, with a reason that quotes nothing, and no others."""
    with document(where, table, column, text):
        found = where.collect()
    assert names(found, "failed") == reading(table, column)
    assert different(found, embedded(instance())) == reading(table, column)
    assert {figures(found)[name].reason for name in reading(table, column)} == {said}
    assert len(found.statements) < 36
    assert MARKER not in repr(found)


@pytest.mark.parametrize(("table", "column"), DOCUMENTS, ids=".".join)
def test_a_document_that_is_no_json_fails_the_stats_that_read_it(kind: str, table: str, column: str) -> None:
    said = f"a document in {table}.{column} is not valid JSON"
    fails_alone(unchanged(kind), table, column, f'{{"{MARKER}": tru', said)


@pytest.mark.parametrize(
    "text",
    ["x", '{"a": 1', '{"a": 1} {"b": 2}', "{'a': 1}", '{"a": 01}', '{"a": "\n"}', '{"a": "\\ud800"}', "\ufeff{}"],
)
def test_nothing_that_is_no_json_is_taken_for_some(kind: str, text: str) -> None:
    fails_alone(unchanged(kind), "webhooks", "data", text, "a document in webhooks.data is not valid JSON")


def test_the_character_that_postgresql_cannot_keep_is_named(kind: str) -> None:
    text = f'{{"{MARKER}": "\\u0000", "eventsEnabled": {{}}}}'
    if kind == "postgresql":
        said = "a document in webhooks.data holds the character \\u0000, which PostgreSQL cannot read"
        fails_alone(unchanged(kind), "webhooks", "data", text, said)
        return
    with document(unchanged(kind), "webhooks", "data", text):
        assert not unchanged(kind).collect().partial


def test_a_document_that_is_nested_too_deep_is_named(kind: str) -> None:
    deep = 5000 if kind == "postgresql" else 200
    text = f'{{"{MARKER}": {"[" * deep}{"]" * deep}, "eventsEnabled": {{}}}}'
    if kind != "postgresql":
        said = "a document in webhooks.data is nested deeper than the server reads"
        fails_alone(unchanged(kind), "webhooks", "data", text, said)
        return
    with document(unchanged(kind), "webhooks", "data", text):
        assert not unchanged(kind).collect().partial


def test_a_switch_that_is_no_json_stops_the_run(kind: str) -> None:
    where = unchanged(kind)
    [(before,)] = where.ask("SELECT data FROM system_configuration")
    where.ask("UPDATE system_configuration SET data = %s", (f'{{"{MARKER}',))
    with pytest.raises(SourceError, match=r"a document in system_configuration.data is not valid JSON") as raised:
        where.collect()
    where.ask("UPDATE system_configuration SET data = %s", (before,))
    assert MARKER not in str(raised.value)
    assert different(where.collect(), embedded(instance())) == set()


# -------------------------------------------------------------------------------------------------- schemas that differ

PHONES = [f"phone_configuration_{part}_templates_id" for part in recount.PHONE_TEMPLATES.values()]
OF_1_51: dict[str, list[str]] = {
    "applications": [*PHONES, "universal"],
    "tenants": [*PHONES, "phone_configuration_messengers_id", "login_validation_lambdas_id"],
    "authentication_keys": ["expiration_instant", "key_format", "name"],
    "instance": ["tenant_manager_applications_id"],
}
EMAILS = ["email_update", "email_verified", "login_new_device", "two_factor_method_add", "two_factor_method_remove"]
OF_2020: dict[str, list[str]] = {
    **OF_1_51,
    "tenants": [
        *OF_1_51["tenants"],
        *(f"{each}_email_templates_id" for each in [*EMAILS, "login_id_in_use_on_create", "password_update"]),
        *("admin_user_forms_id", "client_credentials_access_token_populate_lambdas_id"),
    ],
    "applications": [
        *OF_1_51["applications"],
        *("forms_id", "self_service_user_forms_id", "themes_id", "userinfo_populate_lambdas_id"),
        "multi_factor_email_message_templates_id",
    ],
}
NOT_YET = ["connectors_tenants", "messengers", "forms", "form_steps", "entity_types", "entity_type_permissions"]
NOT_YET += [
    "entity_entity_grants",
    "ip_access_control_lists",
    "global_monthly_active_users",
    "application_oauth_scopes",
]
RENAMED = [("verification_email_templates_id", "verification_email_template_id")]
OLDER: dict[str, list[str]] = {
    "1.51.2": [f'ALTER TABLE {table} DROP COLUMN "{each}"' for table, columns in OF_1_51.items() for each in columns],
    "2020": [
        *(f'ALTER TABLE {table} DROP COLUMN "{each}"' for table, columns in OF_2020.items() for each in columns),
        *(f"DROP TABLE {table}" for table in NOT_YET),
        *(f"ALTER TABLE {t} RENAME COLUMN {a} TO {b}" for t in ("applications", "tenants") for a, b in RENAMED),
    ],
}


@pytest.mark.parametrize(("version", "lost"), [("1.51.2", 31), ("2020", 59)])
def test_an_older_schema_loses_what_it_lacks_and_nothing_else(
    mine: Loaded, version: str, lost: int, tmp_path: Path
) -> None:
    mine.run(*OLDER[version])
    found = mine.collect()
    check(found, mine.rows(), DAY)
    before = embedded(instance())
    changed = different(found, before)
    absent = {figure.name for figure in (*found.stats, *found.metrics) if figure.status is Status.UNAVAILABLE}
    already = {figure.name for figure in (*before.stats, *before.metrics) if figure.status is Status.UNAVAILABLE}
    assert len(absent - already) == lost
    assert changed <= absent | {"applicationActiveRoleNumber"}
    assert not found.partial
    there = {stat.name: stat for stat in catalogue.load()}
    for name in absent - already:
        reason = str({**figures(found), **metrics(found)}[name].reason)
        table, _, column = reason.removeprefix("this schema has no ").removeprefix("column ").partition(".")
        needed = catalogue.load().statement[there[name].statement].columns_of([there[name]])
        assert column in needed[table] if column else table.removeprefix("table ") in needed
    with duckdb.connect(str(path := tmp_path / "older.duckdb")) as file:
        file.execute(f"ATTACH '{instance()}' AS whole (READ_ONLY)")
        for table in loaded.tables_of(instance()):  # without their keys, which would hold the columns
            file.execute(f"CREATE TABLE {table} AS FROM whole.{table}")
        for statement in OLDER[version]:
            file.execute(statement)
    assert different(found, loaded.collect(f"duckdb://{path}")) == set()


def test_columns_of_later_versions_are_counted_and_every_stat_runs_alone(mine: Loaded) -> None:
    types = {key: mine.type(kind) for key, kind in loaded.NEWER.items()}
    mine.run(*(f'ALTER TABLE {table} ADD COLUMN "{column}" {kind}' for (table, column), kind in types.items()))
    mine.run(
        "UPDATE tenants SET multi_factor_requirement_lambdas_id = id WHERE themes_id IS NOT NULL",
        "UPDATE applications SET multi_factor_requirement_lambdas_id = id WHERE active",
        "UPDATE identity_providers SET tenants_id = id, enabled = "
        + ("true" if mine.postgresql else "b'1'")
        + " WHERE type LIKE 'S%'",
        "UPDATE identity_providers_applications SET enabled = " + ("true" if mine.postgresql else "b'1'"),
        "UPDATE form_steps SET type = step + 1",
        "UPDATE applications SET forms_id = (SELECT min(forms_id::text)::uuid FROM form_steps)"
        if mine.postgresql
        else "UPDATE applications SET forms_id = (SELECT min(forms_id) FROM form_steps)",
    )
    document = {"registrationConfiguration": {"enabled": True, "type": "advanced"}}
    mine.ask("UPDATE applications SET data = %s WHERE active", (json.dumps(document),))
    found = mine.collect()
    check(found, mine.rows(), DAY)
    assert names(found, "unavailable") == set(recount.NOT_IN_THE_DATABASE)
    for name in (
        "tenantMultiFactorLambdasConfigured",
        "applicationMfaLambdasConfigured",
        "applicationAdvancedSelfServiceRegistrationPreVerified",
        "applicationEnabledTenantIdentityProviders",
    ):
        assert figures(found)[name].value
    everything = {stat.name for stat in catalogue.load() if stat.statement != CONFIGURATION} - {"activeStats"}
    assert {name for run in found.statements for name in run.figures} == everything
    alone = mine.collect(isolated=True)
    assert different(alone, found) == set()
    assert {len(run.figures) for run in alone.statements} == {1}
    assert {run.failure for run in (*alone.statements, *found.statements)} == {None}


@pytest.mark.parametrize("kind", servers.KINDS)
def test_a_boolean_that_is_a_text_fails_what_needs_it_alone(kind: str) -> None:
    servers.shared(kind)
    where = copied(kind, instance())
    alter = "ALTER active TYPE text" if kind == "postgresql" else "MODIFY active varchar(40)"
    where.run(f"ALTER TABLE applications {alter}", f"UPDATE applications SET active = '{MARKER}'")
    found = where.collect()
    failed = {"applicationActiveNumber", "applicationActiveLoggedIntoNumber", "applicationActiveRoleNumber"}
    assert names(found, "failed") == different(found, embedded(instance())) == failed
    assert {str(figures(found)[name].reason)[:40] for name in failed} == {"a column is of another type than expecte"}
    assert MARKER not in repr(found)


def test_an_id_that_is_a_number_fails_what_compares_it_alone() -> None:
    servers.shared("postgresql")
    where = copied("postgresql", instance())
    where.run("ALTER TABLE tenants ALTER themes_id TYPE integer USING 1")
    found = where.collect()
    failed = {"tenantCustomThemeUsed", "tenantLoggedInApplicationsUsingSimpleThemesFromTenant"}
    assert names(found, "failed") == different(found, embedded(instance())) == failed


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
def test_booleans_may_be_any_kind_of_number(kind: str) -> None:
    where = copied(kind, instance())
    for type_ in ("tinyint(1) NOT NULL", "bit(8)", "int"):
        where.run(f"ALTER TABLE applications MODIFY active {type_}")
        assert different(where.collect(), embedded(instance())) == set()


# ------------------------------------------------------------------------------------------------- where the tables are


def test_a_schema_is_found_by_the_search_path() -> None:
    servers.shared("postgresql")
    where = copied("postgresql", instance())
    tables = [name for name in recount.TABLES if name in loaded.tables_of(instance())]
    where.run("CREATE SCHEMA fusionauth", *(f"ALTER TABLE {table} SET SCHEMA fusionauth" for table in tables))
    with pytest.raises(SourceError, match="This is no FusionAuth database"):
        where.collect()
    where.run(
        "CREATE TABLE tenants (id uuid)", "CREATE TABLE messengers (decoy int)", "INSERT INTO tenants VALUES (NULL)"
    )
    for path in ("fusionauth", "fusionauth%2Cpublic", "pg_catalog%2Cfusionauth"):
        found = loaded.collect(f"{where.url}?options=-csearch_path%3D{path}")
        assert different(found, embedded(instance())) == set()


def test_tables_of_another_database_on_the_server_are_not_counted(kind: str) -> None:
    where, other = unchanged(kind), loaded.empty(kind)
    other.create({"tenants": [("id", "uuid", False)], "organisations": [("id", "uuid", False)]})
    assert different(where.collect(), embedded(instance())) == set()
    with pytest.raises(SourceError, match="This is no FusionAuth database"):
        other.collect()


def test_views_may_stand_in_place_of_tables(mine: Loaded) -> None:
    for table in ("tenants", "applications", "hourly_logins", "themes", "system_configuration"):
        mine.run(f"ALTER TABLE {table} RENAME TO kept_{table}", f"CREATE VIEW {table} AS SELECT * FROM kept_{table}")
    assert different(mine.collect(), embedded(instance())) == set()
