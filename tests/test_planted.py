"""Personal data that a faulty catalogue puts into a payload: none passes the checks, whatever it wears."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import evidences
import instances
import pytest
from projects import Fixed
from test_privacy import DISGUISES, PLANTED

from fa_stats import catalogue, checks, collector
from fa_stats.catalogue import Catalogue
from fa_stats.checks import Outcome, forms
from fa_stats.collection import Collection, Status
from fa_stats.collector import Order
from fa_stats.sources.duckdb import DuckDBFile

NEW_STRING = """\
-- statement: planted
--   group: instance
--   kind: string
--   since: 1.55.1
--   privacy: enumeration
--   confidence: inferred
--   why: Nobody knows.

SELECT
  -- instancePlanted: What should never leave.
  max(users.data) AS instancePlanted
FROM users
"""
NUMBERS = {
    "telephone": 13035550142,
    "telephone without its country": 3035550142,
    "telephone of a town": 5550142,
    "telephone of Norway": 22334455,
    "card": 4111111111111111,
    "social security number": 123456789,
    "a small social security number": 1010001,
    "birth date": 19850412,
    "birth date, day first": 12041985,
    "birth date without its zero": 1041985,
    "birth date in a millennium": 1012000,
    "bank code": 37040044,
    "moment in milliseconds": 482112000000,
    "moment in seconds": 482112000,
    "six figures of a birth date": 850412,
}


def faulty(folder: Path, file: str, old: str, new: str) -> Catalogue:
    """A copy of the catalogue with one entry changed."""
    for path in [*catalogue.FOLDER.glob("*.sql"), *catalogue.FOLDER.glob("*.toml")]:
        shutil.copy(path, folder)
    path = folder / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return catalogue.read(folder)


def entry(name: str, expression: str, kind: str = "string", privacy: str = "enumeration") -> str:
    """An entry of a name and a kind that reads the users."""
    return (
        NEW_STRING.replace("instancePlanted", name)
        .replace("max(users.data)", expression)
        .replace("kind: string", f"kind: {kind}")
        .replace("enumeration", privacy)
    )


# Ways for a faulty entry to bring a text out of the instance: the file, what it says, and what it says instead.
TEXTS: dict[str, tuple[str, str, str]] = {
    "a new string": ("planted.sql", "", NEW_STRING),
    "a new string called a version": (
        "planted.sql",
        "",
        entry("instancePlantedVersion", "max(users.data)", "string", "version"),
    ),
    "the version of the database": (
        "server.sql",
        "server_version() AS instanceDatabaseVersion\n",
        "max(users.data) AS instanceDatabaseVersion\nFROM users\n",
    ),
    "the plan": (
        "instance.sql",
        "max(text(instance.data, 'status.licenseAttributes.LicensedPlan'))",
        "max(text(instance.data, 'planted'))",
    ),
    "the type of the licence": (
        "instance.sql",
        "max(text(instance.data, 'status.licenseAttributes.LicenseType'))",
        "max(text(instance.data, 'planted'))",
    ),
    "the id of the licence": ("instance.sql", "max(instance.license_id)", "max(text(instance.data, 'planted'))"),
    "the id of the instance": ("instance.sql", "max(id_text(instance.id))", "max(text(instance.data, 'planted'))"),
    "the version of the product": ("version.sql", "max(version.version)", "max(version.planted)"),
    "the type of a breakdown": (
        "identity_providers.sql",
        "GROUP BY identity_providers.type\nORDER BY identity_providers.type",
        "GROUP BY identity_providers.planted\nORDER BY identity_providers.planted",
    ),
}
COUNTS: dict[str, tuple[str, str, str]] = {
    "a new count": ("planted.sql", "", entry("planted", "max(whole(users.data))", "count", "count")),
    "a count of tenants": ("tenants.sql", "count(tenants.id) AS", "max(whole(text(tenants.data, 'planted'))) AS"),
    "a count of entities": ("entity_types.sql", "count(entity_types.id)", "max(entity_types.planted)"),
    "a count in two calls": (
        "entity_types.sql",
        "count(entity_types.id)",
        "count(entity_types.id) * 0 + max(entity_types.planted)",
    ),
    "the number of users": (
        "global_registration_counts.sql",
        "coalesce(sum(global_registration_counts.count - global_registration_counts.decremented_count), 0)",
        "max(global_registration_counts.planted)",
    ),
    "the users of a month": (
        "global_monthly_active_users.sql",
        "THEN global_monthly_active_users.count END",
        "THEN global_monthly_active_users.planted END",
    ),
    "the logins of a month": ("applications.sql", "THEN hourly_logins.count END", "THEN hourly_logins.planted END"),
    "a sum of roles": (
        "applications.sql",
        "SELECT application_roles.applications_id AS applications_id, count(application_roles.id) AS number",
        "SELECT application_roles.applications_id AS applications_id, max(application_roles.planted) AS number",
    ),
    "a count of a breakdown": (
        "identity_providers.sql",
        "count_if(identity_providers_applications.enabled AND identity_providers.enabled) AS",
        "max(whole(identity_providers.planted)) AS",
    ),
}


_LAST = {"hourly_logins": "hour", "global_monthly_active_users": "month"}  # that of the day's own month
_TEXT_COLUMNS = ("version", "identity_providers")
_NUMBER_COLUMNS = (
    "entity_types",
    "global_registration_counts",
    "global_monthly_active_users",
    "hourly_logins",
    "application_roles",
)


@cache
def instance() -> Path:
    """An instance to plant in, with a column for it in every table that a faulty entry reads."""
    path = instances.instance().with_name("planted.duckdb")
    shutil.copy(instances.instance(), path)
    with duckdb.connect(str(path)) as connection:
        for table in _TEXT_COLUMNS:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN planted VARCHAR")
        for table in _NUMBER_COLUMNS:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN planted BIGINT")
    return path


def planted(value: Any) -> Path:
    """Put a value wherever a faulty entry looks."""
    with duckdb.connect(str(instance())) as connection:
        connection.execute("UPDATE users SET data = ?", [str(value)])
        for table in ("instance", "tenants"):
            merged = "json_merge_patch(data::JSON, json_object('planted', ?::VARCHAR))::VARCHAR"
            connection.execute(f"UPDATE {table} SET data = {merged}", [str(value)])
        for table in _TEXT_COLUMNS:
            connection.execute(f"UPDATE {table} SET planted = ?", [str(value)])
        for table in _NUMBER_COLUMNS if isinstance(value, int) else ():
            connection.execute(f"UPDATE {table} SET planted = NULL")
            last = f"(SELECT rowid FROM {table} ORDER BY {_LAST.get(table, 'rowid')} DESC LIMIT 1)"
            connection.execute(f"UPDATE {table} SET planted = ? WHERE rowid = {last}", [value])
    return instance()


def collect(path: Path, loaded: Catalogue) -> Collection:
    order = Order(day=instances.DAY, settings=instances.limits(measured_alone=0))
    return collector.collect(DuckDBFile(path), loaded, order, Fixed())


def refused(collection: Collection, loaded: Catalogue) -> set[str]:
    found = checks.examine(evidences.evidence_of(collection, loaded))
    assert not any("Mustermann" in check.evidence for check in found)
    return {check.name for check in found if check.outcome is Outcome.FAILED}


def holds(collection: Collection, text: str) -> bool:
    """Whether a planted text is in a payload, so that the test plants what it says."""
    values = [each.value for each in collection.stats + collection.metrics if each.status is Status.OK]
    kinds = [each["idp"] for value in values if isinstance(value, list) for each in value]
    return text in [*values, *kinds]


def numbers(collection: Collection) -> list[int]:
    values = [each.value for each in collection.stats + collection.metrics]
    counts = [each["count"] for value in values if isinstance(value, list) for each in value]
    return [value for value in [*values, *counts] if isinstance(value, int)]


STANDS_IN = "to be replaced"


def worn(collection: Collection, text: str) -> Collection:
    """A collection with another text where the planted one was."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [{**each, "idp": text} if each["idp"] == STANDS_IN else each for each in value]
        return text if value == STANDS_IN else value

    return replace(
        collection,
        instance_id=change(collection.instance_id),
        application_version=change(collection.application_version),
        stats=tuple(replace(each, value=change(each.value)) for each in collection.stats),
        metrics=tuple(replace(each, value=change(each.value)) for each in collection.metrics),
    )


@pytest.mark.parametrize("way", TEXTS)
def test_no_planted_text_passes(way: str, tmp_path: Path) -> None:
    """Each text is planted and collected in some way; in the others it is put in another's place, disguised too."""
    loaded = faulty(tmp_path, *TEXTS[way])
    stood_in = collect(planted(STANDS_IN), loaded)
    assert holds(stood_in, STANDS_IN)
    passed = []
    for place, (what, (text, _)) in enumerate(PLANTED.items()):
        if place % len(TEXTS) == list(TEXTS).index(way):
            collection = collect(planted(text), loaded)
            assert holds(collection, text), what
            assert refused(collection, loaded), what
        for disguise in ("plain", list(DISGUISES)[place % len(DISGUISES)]):
            if not refused(worn(stood_in, DISGUISES[disguise](text)), loaded):
                passed.append((what, disguise))
    assert passed == []
    assert len(PLANTED) >= 30


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_planted_text_is_known_by_the_values_alone(disguise: str) -> None:
    """Nothing is faulty in the catalogue, and still it is seen twice: by its form, and by its shape."""
    for text, _ in PLANTED.values():
        changed = evidences.with_value("instanceCompanyPlan", DISGUISES[disguise](text))
        found = refused(changed.collection, catalogue.load())
        assert "only counts and versions" in found
        assert found & {"no personal data", "no addresses, secrets or free text"}
        for stat in catalogue.load():
            if stat.kind == "string" and stat.payload != "context" and stat.name not in ("instanceId", "licenseId"):
                assert forms.wrong(stat.name, DISGUISES[disguise](text)), (stat.name, text)


@pytest.mark.parametrize("way", COUNTS)
def test_no_planted_number_passes(way: str, tmp_path: Path) -> None:
    loaded = faulty(tmp_path, *COUNTS[way])
    for what, number in list(NUMBERS.items())[list(COUNTS).index(way) % 3 :: 3]:  # each of them in three ways
        collection = collect(planted(number), loaded)
        assert any(each and each % number == 0 for each in numbers(collection)), what
        assert refused(collection, loaded), what


def test_a_planted_name_passes_in_no_key_of_the_object(tmp_path: Path) -> None:
    loaded = faulty(tmp_path, "instance.sql", "'apiKeyConfigured', count_if", "'ErikaMustermann', count_if")
    found = refused(collect(instance(), loaded), loaded)
    assert "only counts and versions" in found


def test_the_catalogue_that_is_not_faulty_passes() -> None:
    collection = collect(planted("Erika Mustermann"), catalogue.load())
    assert refused(collection, catalogue.load()) == set()
