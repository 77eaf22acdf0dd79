"""`fa-stats diff`: which days it takes, and what it says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import instances
import pytest
from instances import collection_of, figure

from fa_stats import catalogue, comparison, payload, shell, snapshots
from fa_stats.collection import Collection, Figure, Status
from fa_stats.errors import NotFoundError
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

FIRST, SECOND, THIRD = date(2026, 11, 10), date(2026, 11, 12), date(2026, 11, 13)


def keep(folder: Path, day: date, figures: list[Figure], *, source: str = "demo:1:40:120:2000", **more: Any) -> None:
    """Keep a day's figures as a run does."""
    found: Collection = replace(collection_of(figures, **more), day=day)
    made = Snapshot(
        run=snapshots.run_id(found.started, f"{len(snapshots.found(folder / 'data')):04x}"),
        collection=found,
        source_identity=source,
        payload=payload.usage_data(found),
        metrics=payload.metrics(found),
        budget_microseconds=60_000_000,
        versions={},
    )
    snapshots.write(folder / "data", made, catalogue.load())


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """Three days of the demo, an upgrade after the first."""
    phone = "tenantForgotPasswordPhoneTemplate"
    old = [figure("tenantNumber", 4), figure(phone, None, Status.UNAVAILABLE, reason="this schema has no column x")]
    new = [figure("tenantNumber", 6), figure(phone, 2), figure("scimEnabled", None, Status.FAILED, reason="it broke")]
    newest = [figure("tenantNumber", 6), figure(phone, 2), figure("scimEnabled", 1_234)]
    keep(tmp_path, FIRST, old, application_version="1.58.2")
    keep(tmp_path, SECOND, new)
    keep(tmp_path, THIRD, newest)
    return Settings(folder=tmp_path)


def days(project: Settings, *named: date, source: str | None = None) -> tuple[date, date]:
    found = comparison.between(project, named, source)
    return found.before.collection.day, found.after.collection.day


def test_without_a_day_it_is_the_newest_two(project: Settings) -> None:
    assert days(project) == (SECOND, THIRD)


def test_with_one_day_it_is_that_day_and_the_last_one_before_it(project: Settings) -> None:
    assert days(project, SECOND) == (FIRST, SECOND)


def test_two_days_are_taken_in_the_order_of_time(project: Settings) -> None:
    assert days(project, FIRST, THIRD) == days(project, THIRD, FIRST) == (FIRST, THIRD)
    assert days(project, SECOND, SECOND) == (SECOND, SECOND)


def test_a_day_that_is_not_kept_is_told_with_those_that_are(project: Settings) -> None:
    with pytest.raises(
        NotFoundError, match=r"There is no readable run of 2026-11-11\. Kept are 2026-11-10 to 2026-11-13"
    ):
        days(project, date(2026, 11, 11))
    with pytest.raises(NotFoundError, match="no readable run of 2026-11-09"):
        days(project, date(2026, 11, 9), THIRD)


def test_the_first_day_has_none_before_it(project: Settings) -> None:
    with pytest.raises(NotFoundError, match="There is no day before 2026-11-10 to compare with"):
        days(project, FIRST)


def test_without_any_day_the_first_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"There is no run yet in .*data\. `fa-stats run` makes the first"):
        days(Settings(folder=tmp_path))


def test_days_of_different_sources_are_never_compared(project: Settings) -> None:
    keep(project.folder, date(2026, 11, 14), [figure("tenantNumber", 99)], source="duckdb:other")
    with pytest.raises(NotFoundError, match="no day before 2026-11-14"):
        days(project)
    with pytest.raises(NotFoundError, match="2026-11-13 has no run of the same source to compare with"):
        days(project, THIRD, date(2026, 11, 14))
    assert days(project, source="demo:") == (SECOND, THIRD)


def test_the_newest_run_of_a_day_counts(project: Settings) -> None:
    keep(project.folder, THIRD, [figure("tenantNumber", 7)])
    found = comparison.between(project, [], None)
    assert found.after.collection.stats[0].value == 7


def test_the_text_has_a_line_for_each_change(project: Settings) -> None:
    assert comparison.between(project, [SECOND], None).to_text().splitlines() == [
        "2026-11-10 to 2026-11-12: 3 changed, 0 the same.",
        "FusionAuth 1.58.2 became 1.60.2.",
        "scimEnabled                        new (new version): no value",
        "tenantForgotPasswordPhoneTemplate  unavailable -> ok 2 (new version)",
        "tenantNumber                       4 -> 6 (+2, +50.0%)",
    ]
    assert comparison.between(project, [], None).to_text().splitlines() == [
        "2026-11-12 to 2026-11-13: 1 changed, 2 the same.",
        "scimEnabled  failed -> ok 1,234 (counted again, was failed: it broke)",
    ]
    assert (
        comparison.between(project, [THIRD, THIRD], None).to_text()
        == "2026-11-13 to 2026-11-13: 0 changed, 3 the same."
    )


def test_values_of_every_kind_are_put_in_words(tmp_path: Path) -> None:
    links = [{"idp": "Apple", "count": 2}, {"idp": "Google", "count": 1}]
    before = [
        figure("instanceDatabaseVersion", "16.4"),
        figure("applicationEnabledIdentityProviders", []),
        figure("instanceFirstTimeSetupProgress", {"emailConfigured": False}),
        figure("integrationsKafkaEnabled", False),
        figure("tenantNumber", 0),
        figure("messengersKafka", 3),
    ]
    after = [
        figure("instanceDatabaseVersion", "17.0"),
        figure("applicationEnabledIdentityProviders", links),
        figure("instanceFirstTimeSetupProgress", {"emailConfigured": True}),
        figure("integrationsKafkaEnabled", True),
        figure("tenantNumber", 5000),
    ]
    keep(tmp_path, FIRST, before)
    keep(tmp_path, SECOND, after)
    text = " ".join(comparison.between(Settings(folder=tmp_path), [], None).to_text().split())
    assert "messengersKafka gone (no longer known), was 3" in text
    assert "applicationEnabledIdentityProviders none -> Apple 2, Google 1 (+3)" in text
    assert "tenantNumber 0 -> 5,000 (+5,000)" in text
    assert "instanceDatabaseVersion 16.4 -> 17.0" in text
    assert "integrationsKafkaEnabled False -> True" in text
    assert "instanceFirstTimeSetupProgress emailConfigured False -> emailConfigured True" in text


def test_the_json_has_the_days_and_every_change(project: Settings) -> None:
    found = json.loads(shell.dump(comparison.between(project, [SECOND], None).to_json()))
    assert found["before"] == {"day": "2026-11-10", "run": snapshots.run_id(collection_of([]).started, "0000")}
    assert found["same"] == 0
    assert [change["kind"] for change in found["changes"]] == ["Added", "StatusChanged", "Changed"]
    assert found["changes"][2] == {
        "kind": "Changed",
        "name": "tenantNumber",
        "before": 4,
        "after": 6,
        "by": 2,
        "ratio": 0.5,
    }
    assert found["changes"][1]["before"] == "unavailable"


def test_an_upgrade_of_the_demo_reads_as_one(tmp_path: Path) -> None:
    for day in (instances.BEFORE, instances.DAY):
        found = instances.collect(instances.instance(1, day), day)
        keep(tmp_path, day, list(found.stats), application_version=found.application_version)
    lines = comparison.between(Settings(folder=tmp_path), [], None).to_text().splitlines()
    assert lines[1] == "FusionAuth 1.58.2 became 1.60.2."
    assert sum("unavailable -> ok" in line and "(new version)" in line for line in lines) >= 28
