"""From the rows of an answer to the value of a stat."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fa_stats import catalogue
from fa_stats.catalogue import Stat
from fa_stats.collection import StatementRun, Status
from fa_stats.values import figure

RECORD = StatementRun("tenants", "SELECT", "00", 0, 10, ("a", "b"))
ALONE = StatementRun("tenants", "SELECT", "00", 0, 10, ("a",))


def stat(name: str) -> Stat:
    return catalogue.load().by_name[name]


def value(name: str, found: Any, **more: Any) -> Any:
    made = figure(stat(name), [{name: found}], False, RECORD, 7)
    assert made.status is Status.OK, made.reason
    return made.value


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("tenantNumber", 5, 5),
        ("tenantNumber", Decimal(5), 5),
        ("tenantNumber", 0, 0),
        ("tenantNumber", 2**53 - 1, 2**53 - 1),
        ("instanceDatabaseMinimumIdle", -1, -1),
        ("integrationsKafkaEnabled", True, True),
        ("integrationsKafkaEnabled", 0, False),
        ("instanceDatabaseVersion", "16.4", "16.4"),
        ("instanceFirstTimeSetupProgress", '{"a": true, "b": false}', {"a": True, "b": False}),
        ("instanceFirstTimeSetupProgress", {"a": 1}, {"a": True}),
    ],
)
def test_a_value_has_the_type_of_its_kind(name: str, found: Any, expected: Any) -> None:
    made = value(name, found)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize("rows", [[], [{}], [{"instanceCompanyPlan": None}]])
def test_no_value_is_unavailable_with_the_reason_of_the_record(rows: list[dict[str, Any]]) -> None:
    made = figure(stat("instanceCompanyPlan"), rows, False, RECORD, 7)
    assert (made.status, made.value) == (Status.UNAVAILABLE, None)
    assert made.reason == "the instance carries no licence attributes"
    assert made.microseconds == 7
    assert figure(stat("tenantNumber"), [], False, RECORD, 7).reason == "the instance holds no value"


@pytest.mark.parametrize("found", [2**53, -(2**53), 10**30])
def test_a_number_that_json_would_round_is_a_failure(found: int) -> None:
    made = figure(stat("tenantNumber"), [{"tenantNumber": found}], False, RECORD, 7)
    assert (made.status, made.value) == (Status.FAILED, None)
    assert made.reason == "the number is beyond 9,007,199,254,740,991, the largest that JSON keeps whole"


def test_groups_become_a_breakdown_without_empty_ones() -> None:
    name = "applicationEnabledIdentityProviders"
    rows: list[dict[str, Any]] = [
        {"group_key": "Apple", name: 2},
        {"group_key": "Google", name: 0},
        {"group_key": None, name: 3},
        {"group_key": "", name: 1},
    ]
    made = figure(stat(name), rows, True, RECORD, 7)
    assert made.value == [{"count": 2, "idp": "Apple"}, {"count": 1, "idp": ""}]
    assert figure(stat(name), [], True, RECORD, 7).value == []


def test_groups_of_a_count_are_added_up() -> None:
    name = "applicationEnabledIdentityProvidersWithLambdas"
    assert (
        figure(stat(name), [{"group_key": "Apple", name: 2}, {"group_key": None, name: 1}], True, RECORD, 7).value == 3
    )
    assert figure(stat(name), [], True, RECORD, 7).value == 0


def test_a_time_is_measured_where_the_stat_was_alone() -> None:
    rows = [{"tenantNumber": 1}]
    assert figure(stat("tenantNumber"), rows, False, ALONE, 7).measured
    assert not figure(stat("tenantNumber"), rows, False, RECORD, 7).measured
    assert figure(stat("tenantNumber"), rows, False, RECORD, 7).statement == "tenants"
