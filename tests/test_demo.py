"""The embedded demo instance: exact where it is settled, alive around it, the same whenever it is made again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fa_stats import demo
from fa_stats.demo import history
from fa_stats.demo.moment import Moment, midnight
from fa_stats.demo.schema import read_facts
from fa_stats.errors import DayError, UsageError

LATER = date(2026, 11, 23)
ADMIN = "3c219e58-ed0e-4b18-ad48-f4f92793ae32"
BUILT_IN_CONNECTOR = "e3306678-a53a-4964-9040-1c96f36dda72"
STOCK_THEMES = ("75a068fd-e94b-451a-9aeb-3ddb9a3b5987", "3c717291-5d83-4014-bd51-97c76475dc86")
EPOCH = date(1970, 1, 1)

# What counts beside the features of tenants, applications and webhooks, each in a query of its own.
INGREDIENTS = {
    "expiring API keys": "FROM authentication_keys WHERE expiration_instant IS NOT NULL AND name IS NOT NULL",
    "hashed API keys": "FROM authentication_keys WHERE key_format = 1 AND name IS NOT NULL",
    "plain API keys": "FROM authentication_keys WHERE key_format = 0",
    "API keys of unknown format": "FROM authentication_keys WHERE key_format IS NULL AND name IS NOT NULL",
    "internal API keys": "FROM authentication_keys WHERE contains(meta_data, '\"internalCacheReloader\"')",
    "internal API keys that expire": "FROM authentication_keys WHERE name IS NULL AND expiration_instant IS NOT NULL",
    "applications signed in to": "FROM applications WHERE active AND id IN (SELECT applications_id FROM hourly_logins)",
    "applications never signed in to": "FROM applications WHERE id NOT IN (SELECT applications_id FROM hourly_logins)",
    "inactive applications once signed in to": (
        "FROM applications WHERE NOT active AND id IN (SELECT applications_id FROM hourly_logins)"
    ),
    "universal applications": "FROM applications WHERE universal AND tenants_id IS NULL",
    "roles": f"FROM application_roles WHERE applications_id <> '{ADMIN}'",
    "required scopes": "FROM application_oauth_scopes WHERE (data ->> '$.required') = 'true'",
    "optional scopes": "FROM application_oauth_scopes WHERE (data ->> '$.required') = 'false'",
    "scopes that do not say": "FROM application_oauth_scopes WHERE (data ->> '$.required') IS NULL",
    "own simple themes signed in to": (
        "FROM applications JOIN themes ON themes.id = themes_id WHERE (themes.data ->> '$.type') = 'simple' "
        "AND applications.id IN (SELECT applications_id FROM hourly_logins)"
    ),
    "tenants' simple themes signed in to": (
        "FROM applications AS a JOIN tenants ON tenants.id = a.tenants_id JOIN themes ON themes.id = tenants.themes_id "
        "WHERE a.themes_id IS NULL AND (themes.data ->> '$.type') = 'simple' "
        "AND a.id IN (SELECT applications_id FROM hourly_logins)"
    ),
    "own themes of applications": "FROM applications WHERE themes_id IS NOT NULL",
    "own themes of tenants": f"FROM tenants WHERE themes_id NOT IN {STOCK_THEMES}",
    "the stock theme": f"FROM tenants WHERE themes_id = '{STOCK_THEMES[0]}'",
    "the stock simple theme": f"FROM tenants WHERE themes_id = '{STOCK_THEMES[1]}'",
    "themes without a type": "FROM themes WHERE (data ->> '$.type') IS NULL",
    "advanced themes": "FROM themes WHERE (data ->> '$.type') = 'advanced'",
    "own admin forms": (
        "FROM tenants WHERE admin_user_forms_id <> "
        "(SELECT id FROM forms WHERE type = 2 ORDER BY insert_instant LIMIT 1)"
    ),
    "links": "FROM identity_providers_applications WHERE enabled",
    "links that are off": "FROM identity_providers_applications WHERE NOT enabled",
    "providers that are off": "FROM identity_providers WHERE NOT enabled",
    "providers with a lambda": "FROM identity_providers WHERE reconcile_lambdas_id IS NOT NULL",
    "providers without a lambda": "FROM identity_providers WHERE reconcile_lambdas_id IS NULL",
    "other connectors": f"FROM connectors_tenants WHERE connectors_id <> '{BUILT_IN_CONNECTOR}'",
    "access control lists": "FROM ip_access_control_lists",
    "entity grants": "FROM entity_entity_grants",
    "entity permissions": "FROM entity_type_permissions",
    "entity types": "FROM entity_types",
    "group roles": "FROM group_application_roles",
    "generic messengers": "FROM messengers WHERE type = 0",
    "Kafka messengers": "FROM messengers WHERE type = 1",
    "Twilio messengers": "FROM messengers WHERE type = 2",
    "active users of yesterday": "FROM global_daily_active_users WHERE day = {yesterday} AND count > 0",
    "limits": (
        "FROM (SELECT unnest(json_extract_string(data, '$.rateLimitConfiguration.*.enabled')) AS enabled FROM tenants)"
        " WHERE enabled = 'true'"
    ),
    "TOTP off": "FROM tenants WHERE (data ->> '$.multiFactorConfiguration.authenticator.enabled') = 'false'",
    "TOTP on": "FROM tenants WHERE (data ->> '$.multiFactorConfiguration.authenticator.enabled') = 'true'",
    "TOTP missing": "FROM tenants WHERE (data ->> '$.multiFactorConfiguration.authenticator.codeLength') IS NOT NULL "
    "AND NOT json_exists(data, '$.multiFactorConfiguration.authenticator.enabled')",
    "basic registration": "FROM {registrations} WHERE enabled = 'true' AND type = 'basic'",
    "registration of no type": "FROM {registrations} WHERE enabled = 'true' AND type IS NULL",
    "advanced registration": "FROM {registrations} WHERE enabled = 'true' AND type = 'advanced'",
    "advanced registration that is off": "FROM {registrations} WHERE enabled = 'false' AND type = 'advanced'",
    "registration by phone": "FROM {registrations} WHERE enabled = 'true' AND type = 'basic' AND id = 'phoneNumber'",
    "phone number, but off": "FROM {registrations} WHERE enabled = 'false' AND id = 'phoneNumber'",
    "grace of zero": "FROM {graces} WHERE grace = '0'",
    "grace missing": "FROM {graces} WHERE grace IS NULL",
    "logins without authentication": (
        "FROM applications WHERE (data ->> '$.loginConfiguration.requireAuthentication') = 'false'"
    ),
    "tenants on their way out": "FROM tenants WHERE (data ->> '$.state') = 'PendingDelete'",
}
VIEWS = {
    "registrations": "(SELECT data ->> '$.registrationConfiguration.enabled' AS enabled, "
    "data ->> '$.registrationConfiguration.type' AS type, "
    "data ->> '$.registrationConfiguration.loginIdType' AS id FROM applications)",
    "graces": "(SELECT data ->> '$.jwtConfiguration.refreshTokenOneTimeUseConfiguration.gracePeriodInSeconds' AS grace "
    "FROM applications)",
}

# Every column that holds a secret, an address, a name or a URL, and in which no row may lack a marker.
PLANTED = {
    "applications": "data samlv2_issuer",
    "authentication_keys": "key_value name",
    "audit_logs": "insert_user message",
    "email_templates": "default_from_name from_email default_subject default_html_template default_text_template name",
    "entities": "client_id client_secret name",
    "groups": "name",
    "identities": "email username value display_value",
    "identity_providers": "data name",
    "instance": "license",
    "integrations": "data",
    "ip_access_control_lists": "data name",
    "keys": "kid name private_key public_key secret issuer",
    "lambdas": "body",
    "message_templates": "data name",
    "messengers": "data name",
    "nodes": "data url",
    "raw_logins": "identities_value ip_address",
    "refresh_tokens": "token data",
    "system_configuration": "data",
    "tenants": "data name",
    "user_registrations": "authentication_token username",
    "users": "first_name last_name full_name mobile_phone parent_email image_url password password_salt data",
    "webhooks": "url headers http_authentication_username http_authentication_password description",
}

Open = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Open the instance of a day; each is made once."""
    made: dict[tuple[Any, ...], duckdb.DuckDBPyConnection] = {}

    def opened(day: date, *, seed: int = 1, settled: date | None = demo.SETTLED) -> duckdb.DuckDBPyConnection:
        key = (day, seed, settled)
        if key not in made:
            file = tmp_path_factory.mktemp("demo") / "instance.duckdb"
            demo.create(file, day=day, seed=seed, settled=settled)
            made[key] = duckdb.connect(str(file), read_only=True)
        return made[key]

    yield opened
    for connection in made.values():
        connection.close()


def one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(one(connection, f"SELECT count(*) FROM {table}"))


def contents(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def columns(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    found = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    return {(table, column) for table, column in found}


def documents(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    found = connection.execute(
        f"SELECT data FROM {table} WHERE data IS NOT NULL ORDER BY insert_instant, id"
    ).fetchall()
    return [json.loads(text) for (text,) in found]


def epoch_day(day: date) -> int:
    return (day - EPOCH).days


class TestSize:
    @pytest.mark.parametrize("size", [demo.Size(1, 0, 0), demo.Size(2, 1, 1), demo.Size(7, 31, 200), demo.Size()])
    @pytest.mark.parametrize("day", [demo.FOUNDED, date(2025, 2, 4), LATER])
    def test_holds_exactly_on_the_asked_day(self, tmp_path: Path, size: demo.Size, day: date) -> None:
        file = tmp_path / "instance"
        demo.create(file, day=day, size=size)
        with duckdb.connect(str(file), read_only=True) as connection:
            found = demo.Size(*(count(connection, table) for table in ("tenants", "applications", "users")))
        assert found == size

    def test_holds_on_the_settled_day_and_grows_around_it(self, instance: Open) -> None:
        days = (demo.FOUNDED, date(2025, 9, 1), demo.SETTLED, demo.SETTLED + timedelta(70))
        for table, settled in (("tenants", 40), ("applications", 120), ("users", 2000)):
            counts = [count(instance(day), table) for day in days]
            assert counts == sorted(set(counts))
            assert counts[2] == settled
        assert 7 <= count(instance(days[3]), "tenants") - 40 <= 13, "about one tenant a week"
        assert 23 <= count(instance(days[3]), "applications") - 120 <= 33, "an application every two or three days"
        assert 200 <= count(instance(days[3]), "users") - 2000 <= 500, "a few users a day"

    def test_an_entity_keeps_its_id_name_and_birthday(self, instance: Open) -> None:
        query = (
            "SELECT id, name, insert_instant FROM tenants UNION ALL SELECT id, name, insert_instant FROM applications"
        )
        before = set(instance(demo.SETTLED).execute(query).fetchall())
        assert before < set(instance(LATER).execute(query).fetchall())

    def test_below_what_can_be_is_refused(self, tmp_path: Path) -> None:
        for size in (demo.Size(tenants=0), demo.Size(applications=-1), demo.Size(users=-1)):
            with pytest.raises(UsageError, match="one tenant at least"):
                demo.create(tmp_path / "instance", day=LATER, size=size)


class TestSameness:
    def test_the_same_question_gives_the_same_tables(self, tmp_path: Path) -> None:
        first, second, other = (tmp_path / name for name in "abc")
        for file, seed in ((first, 7), (second, 7), (other, 8)):
            demo.create(file, day=LATER, seed=seed, settled=demo.SETTLED)
        expected = contents(first)
        assert len(expected) == 91
        assert contents(second) == expected
        different = contents(other)
        assert {name for name in expected if expected[name] != different[name]} >= {"tenants", "users", "hourly_logins"}

    def test_a_past_day_looks_the_same_from_every_later_day(self, instance: Open) -> None:
        early, late = date(2026, 10, 30), LATER
        first, last = epoch_day(late) - 60, epoch_day(early) - 1
        queries = (
            f"SELECT * FROM hourly_logins WHERE hour // 24 BETWEEN {first} AND {last} ORDER BY ALL",
            f"SELECT * FROM application_daily_active_users WHERE day BETWEEN {first} AND {last} ORDER BY ALL",
            f"SELECT * FROM global_daily_active_users WHERE day BETWEEN {first} AND {last} ORDER BY ALL",
            f"SELECT * FROM application_registration_counts WHERE hour // 24 <= {last} ORDER BY ALL",
            f"SELECT * FROM global_registration_counts WHERE hour // 24 <= {last} ORDER BY ALL",
            f"SELECT * FROM global_monthly_active_users WHERE month < {month(early)} ORDER BY ALL",
            f"SELECT * FROM application_monthly_active_users WHERE month < {month(early)} ORDER BY ALL",
            "SELECT id, insert_instant, first_name, mobile_phone, tenants_id FROM users "
            f"WHERE insert_instant < {midnight(early)} ORDER BY id",
        )
        for query in queries:
            seen = instance(early).execute(query).fetchall()
            assert seen, query
            assert instance(late).execute(query).fetchall() == seen, query


class TestLife:
    def test_features_are_switched_on_and_off_after_the_settled_day_too(self, instance: Open) -> None:
        before, after = (
            dict(instance(day).execute("SELECT id, data FROM tenants WHERE data IS NOT NULL").fetchall())
            for day in (demo.UPGRADED, demo.UPGRADED + timedelta(60))
        )
        pairs = [
            (event["enabled"], json.loads(after[id_])["eventConfiguration"]["events"].get(name, {}).get("enabled"))
            for id_, text in before.items()
            for name, event in ((json.loads(text).get("eventConfiguration") or {}).get("events", {})).items()
        ]
        assert pairs.count((False, True)) > 3
        assert pairs.count((True, False)) > 0

    def test_something_changes_in_every_week(self, instance: Open) -> None:
        week = [demo.UPGRADED + timedelta(7 * number) for number in range(3)]
        seen = [instance(day).execute("SELECT id, data FROM applications ORDER BY id").fetchall() for day in week]
        assert seen[0] != seen[1] != seen[2]

    def test_the_upgrade_brings_the_columns_and_sections_of_phones(self, instance: Open) -> None:
        before, after = instance(demo.UPGRADED - timedelta(1)), instance(demo.UPGRADED)
        assert one(before, "SELECT version FROM version") == "1.58.2"
        assert one(after, "SELECT version FROM version") == "1.60.2"
        new = columns(after) - columns(before)
        assert len(new) == 29
        assert columns(before) < columns(after)
        assert {table for table, _ in new} == {"applications", "tenants"}
        assert all(column.startswith("phone_configuration_") for _, column in new)
        assert not any("phoneConfiguration" in document for document in documents(before, "tenants"))
        assert any("phoneConfiguration" in document for document in documents(after, "tenants"))
        phones = f"SELECT count(*) FROM {VIEWS['registrations']} WHERE id = 'phoneNumber'"
        assert one(before, phones) == 0
        assert one(after, phones) > 0

    def test_the_schema_is_the_published_one(self, instance: Open) -> None:
        expected = {(fact["table"], fact["column"]) for fact in read_facts("schema.csv")}
        assert columns(instance(LATER)) == expected
        assert len({table for table, _ in expected}) == 91
        keys = "SELECT count(*) FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        assert one(instance(LATER), keys) > 30


class TestRollups:
    def test_they_end_with_yesterday(self, instance: Open) -> None:
        connection, yesterday = instance(LATER), epoch_day(LATER) - 1
        assert one(connection, "SELECT max(day) FROM global_daily_active_users") == yesterday
        assert one(connection, "SELECT max(day) FROM application_daily_active_users") == yesterday
        assert one(connection, "SELECT max(hour) // 24 FROM hourly_logins") == yesterday
        assert one(connection, "SELECT max(month) FROM global_monthly_active_users") == month(LATER)
        assert one(connection, "SELECT count(DISTINCT hour // 24) FROM hourly_logins") == 62
        assert one(connection, "SELECT max(instant) FROM raw_logins") < midnight(LATER)

    def test_the_current_month_grows(self, instance: Open) -> None:
        query = f"SELECT count FROM global_monthly_active_users WHERE month = {month(LATER)}"
        seen = [one(instance(day), query) for day in (demo.UPGRADED, LATER, date(2026, 11, 29))]
        assert seen == sorted(set(seen))

    def test_they_agree_with_one_another(self, instance: Open) -> None:
        connection = instance(LATER)
        registered = "SELECT sum(count - decremented_count) FROM"
        assert one(connection, f"{registered} global_registration_counts") == count(connection, "users")
        members = count(connection, "user_registrations")
        assert one(connection, f"{registered} application_registration_counts") == members
        assert one(connection, "SELECT sum(decremented_count) FROM global_registration_counts") > 0
        too_few = """
            SELECT count(*) FROM application_daily_active_users AS days LEFT JOIN (
                SELECT applications_id, hour // 24 AS day, sum(count) AS logins FROM hourly_logins GROUP BY ALL
            ) AS hours USING (applications_id, day)
            WHERE logins IS NULL OR logins < count
        """
        assert one(connection, too_few) == 0
        too_many = f"""
            SELECT count(*) FROM application_daily_active_users AS days JOIN application_monthly_active_users AS months
            ON months.applications_id = days.applications_id AND months.month = {month(LATER)}
            WHERE days.day >= {epoch_day(LATER.replace(day=1))} AND days.count > months.count
        """
        assert one(connection, too_many) == 0
        assert one(connection, "SELECT max(count) FROM global_daily_active_users") < one(
            connection, f"SELECT count FROM global_monthly_active_users WHERE month = {month(LATER) - 1}"
        )

    def test_people_sleep_and_have_weekends(self, instance: Open) -> None:
        logins = dict(
            instance(LATER).execute("SELECT hour // 24 % 7, sum(count) FROM hourly_logins GROUP BY ALL").fetchall()
        )
        assert logins[3] < 0.7 * logins[5], "day 3 of the epoch was a Sunday, day 5 a Tuesday"
        busy, quiet = (
            one(instance(LATER), f"SELECT {what}(n) FROM (SELECT sum(count) n FROM hourly_logins GROUP BY hour % 24)")
            for what in ("max", "min")
        )
        assert busy > 2 * quiet


def month(day: date) -> int:
    return (day.year - 1970) * 12 + day.month - 1


class TestDocuments:
    def test_they_are_as_large_as_real_ones(self, instance: Open) -> None:
        assert one(instance(LATER), "SELECT avg(length(data)) FROM tenants") >= 8000
        assert 2700 <= one(instance(LATER), "SELECT avg(length(data)) FROM applications") <= 3600

    def test_they_are_as_varied_as_real_ones(self, instance: Open) -> None:
        connection = instance(LATER)
        assert one(connection, "SELECT count(*) FROM tenants WHERE data IS NULL") in (1, 2)
        for table, section in (("tenants", "rateLimitConfiguration"), ("applications", "samlv2Configuration")):
            assert one(connection, f"SELECT count(*) FROM {table} WHERE contains(data, '\": ')") > 2
            assert one(connection, f"SELECT count(*) FROM {table} WHERE NOT contains(data, '\": ')") > 20
            found = documents(connection, table)
            assert any(section not in document for document in found)
            assert any(value is None for document in found for value in document.values())
            assert len({tuple(document) for document in found}) > 5, "key orders"
        texts = one(connection, "SELECT string_agg(data) FROM applications")
        assert all(piece in texts for piece in ("🦊", "メモ", "Änderung", '\\"old\\"', "C:\\\\idp"))

    def test_custom_data_looks_like_settings(self, instance: Open) -> None:
        custom = [document["data"] for document in documents(instance(LATER), "tenants")]
        assert any("eventConfiguration" in data for data in custom)
        assert any("captchaConfiguration.enabled" in data for data in custom)
        assert any(data.get("enabled") == "true" for data in custom)

    def test_the_built_in_applications_lack_sections(self, instance: Open) -> None:
        text = one(instance(LATER), f"SELECT data FROM applications WHERE id = '{ADMIN}'")
        assert len(text) < 1000
        assert '": ' in text
        assert "samlv2Configuration" not in text
        manager = "FROM applications WHERE id = (SELECT tenant_manager_applications_id FROM instance)"
        assert one(instance(LATER), f"SELECT universal AND tenants_id IS NULL {manager}")

    def test_state_and_column_agree(self, instance: Open) -> None:
        query = "SELECT active, data ->> '$.state' AS state, count(*) FROM applications GROUP BY ALL ORDER BY ALL"
        found = instance(LATER).execute(query).fetchall()
        assert [row[:2] for row in found] == [(False, "Inactive"), (True, "Active")]

    def test_the_instance_is_licensed_and_collects(self, instance: Open) -> None:
        connection = instance(LATER)
        licence = "SELECT data ->> '$.status.licenseAttributes.LicensedPlan' FROM instance"
        assert one(connection, licence) == "Enterprise"
        consent = "SELECT data ->> '$.usageDataConfiguration.enabled' FROM system_configuration"
        assert one(connection, consent) == "true"
        assert len(one(connection, "SELECT stats FROM current_usage_stats").split(",")) == 191
        integrations = one(connection, "SELECT data FROM integrations")
        assert [json.loads(integrations)[name]["enabled"] for name in ("cleanspeak", "kafka")] == [True, False]


class TestIngredients:
    @pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
    @pytest.mark.parametrize("day", [demo.UPGRADED, date(2027, 3, 1)])
    def test_nothing_that_counts_is_missing(self, tmp_path: Path, seed: int, day: date) -> None:
        demo.create(tmp_path / "instance", day=day, seed=seed, settled=demo.SETTLED)
        with duckdb.connect(str(tmp_path / "instance"), read_only=True) as connection:
            yesterday = epoch_day(day) - 1
            missing = [
                name
                for name, query in INGREDIENTS.items()
                if one(connection, "SELECT count(*) " + query.format(yesterday=yesterday, **VIEWS)) == 0
                # Old logins are forgotten, and not every month sees an application closed.
                and (name != "inactive applications once signed in to" or day == demo.UPGRADED)
            ]
        moment = Moment(seed, demo.Size(), midnight(demo.SETTLED), midnight(day))
        assert missing == []
        assert [name for name, number in history.count_stats(moment).items() if number == 0] == []

    def test_counts_can_be_told_apart(self) -> None:
        moment = Moment(1, demo.Size(), midnight(demo.SETTLED), midnight(LATER))
        counts = list(history.count_stats(moment).values())
        assert len(counts) > 150
        assert len(set(counts)) > 35
        assert max(counts.count(number) for number in set(counts)) < 16

    def test_features_and_documents_say_the_same(self, instance: Open) -> None:
        connection = instance(LATER)
        stats = history.count_stats(Moment(1, demo.Size(), midnight(demo.SETTLED), midnight(LATER)))
        tenants, events = documents(connection, "tenants"), read_facts("events.csv")
        for fact in events:
            name = "webhook" + "".join(part.capitalize() for part in fact["event"].replace("-", ".").split("."))
            name = {"webhookUserLoginidDuplicateCreate": "webhookUserLoginIdDuplicateCreate"}.get(name, name)
            name = {"webhookUserLoginidDuplicateUpdate": "webhookUserLoginIdDuplicateUpdate"}.get(name, name)
            if fact["scope"] == "tenant" and not fact["since"]:
                on = [event_of(tenant, fact["event"]) for tenant in tenants]
                assert stats[name] == sum(event.get("enabled", False) for event in on), name
                if name + "Transactional" in stats:
                    transactional = [event for event in on if event.get("transactionType", "None") != "None"]
                    assert stats[name + "Transactional"] == sum(event["enabled"] for event in transactional), name
                else:
                    assert fact["transactional"] == "no" or fact["event"] == "user.action"
        for fact in read_facts("templates.csv"):
            assert stats[fact["stat"]] == one(connection, f"SELECT count({fact['column']}) FROM {fact['table']}")

    def test_the_product_has_counted_too(self, instance: Open) -> None:
        rows = instance(LATER).execute(
            "SELECT collection_instant, application_version, stats FROM usage_stats ORDER BY collection_instant"
        )
        found = rows.fetchall()
        assert len(found) == 3
        assert all(instant < midnight(LATER) for instant, _, _ in found)
        last = json.loads(found[-1][2])
        assert abs(last["tenantNumber"] - count(instance(LATER), "tenants")) <= 1
        first = one(
            instance(demo.UPGRADED), "SELECT application_version FROM usage_stats ORDER BY collection_instant LIMIT 1"
        )
        assert first == "1.58.2", "the days before the upgrade were counted by the older version"


def event_of(tenant: dict[str, Any], event: str) -> dict[str, Any]:
    section = tenant.get("eventConfiguration") or {}
    found: dict[str, Any] = section.get("events", {}).get(event, {})
    return found


class TestMarkers:
    @pytest.mark.parametrize("table", PLANTED)
    def test_everything_planted_carries_one(self, instance: Open, table: str) -> None:
        connection = instance(LATER)
        for column in PLANTED[table].split():
            values = [value for (value,) in connection.execute(f"SELECT {column} FROM {table}").fetchall() if value]
            assert values, f"nothing in {table}.{column}"
            bare = [value for value in values if not any(marker in value for marker in demo.MARKERS)]
            assert bare == [], f"{table}.{column}"

    def test_names_of_the_company_carry_one(self, instance: Open) -> None:
        query = "SELECT name FROM applications UNION ALL SELECT name FROM themes UNION ALL SELECT name FROM connectors"
        names = {name for (name,) in instance(LATER).execute(query).fetchall()}
        bare = {name for name in names if not any(marker in name for marker in demo.MARKERS)}
        assert bare == {"FusionAuth", "Tenant manager", "FusionAuth - Simple", "Default"}

    def test_secrets_in_documents_carry_one(self, instance: Open) -> None:
        connection = instance(LATER)
        for tenant in documents(connection, "tenants"):
            assert tenant["emailConfiguration"]["password"].startswith("fwk-secret-")
        for application in documents(connection, "applications"):
            assert application["oauthConfiguration"]["clientSecret"].startswith("fwk-secret-")

    def test_no_marker_is_a_common_word(self) -> None:
        assert all(len(marker) >= 6 for marker in demo.MARKERS)


class TestFile:
    @pytest.mark.parametrize("day", [demo.FOUNDED - timedelta(1), date(1999, 12, 31)])
    def test_before_the_founding_there_is_none(self, tmp_path: Path, day: date) -> None:
        with pytest.raises(DayError, match="2025-02-03"):
            demo.create(tmp_path / "instance", day=day, settled=demo.SETTLED)
        with pytest.raises(DayError):
            demo.create(tmp_path / "instance", day=LATER, settled=day)
        assert list(tmp_path.iterdir()) == []

    def test_it_replaces_an_older_one_and_leaves_nothing_else(self, tmp_path: Path) -> None:
        file = tmp_path / "instance.duckdb"
        file.write_bytes(b"old")
        demo.create(file, day=LATER, size=demo.Size(1, 2, 3))
        assert list(tmp_path.iterdir()) == [file]
        assert len(contents(file)["users"]) == 3

    def test_it_is_not_much_larger_than_its_rows(self, tmp_path: Path) -> None:
        demo.create(tmp_path / "instance", day=LATER)
        assert (tmp_path / "instance").stat().st_size < 10_000_000

    def test_where_the_name_is_taken_by_a_folder_nothing_is_left(self, tmp_path: Path) -> None:
        (tmp_path / "instance").mkdir()
        with pytest.raises(OSError, match="instance"):
            demo.create(tmp_path / "instance", day=LATER, size=demo.Size(1, 2, 3))
        assert list(tmp_path.rglob("*")) == [tmp_path / "instance"]

    def test_where_the_disk_is_full_half_way_the_older_one_stays(self, tmp_path: Path) -> None:
        file = tmp_path / "instance"
        file.write_bytes(b"old")
        script = f"""
import resource
from datetime import date
from pathlib import Path
from fa_stats import demo
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
demo.create(Path({str(file)!r}), day=date(2026, 11, 23))
"""
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert ended.returncode != 0
        assert "duckdb" in ended.stderr
        assert list(tmp_path.rglob("*")) == [file]
        assert file.read_bytes() == b"old"
