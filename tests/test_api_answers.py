"""Answers that are good JSON and yet not what is documented: what was lost on the way is never taken for nothing."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from instances import instance
from standin import KEY, Answer, Request, Standin
from test_api_faults import ask, clean, clear, needing, told, touched

from fa_stats.collection import Status
from fa_stats.errors import CollectionOffError, SourceError

SWITCH = "/api/system-configuration"


class Saying(Standin):
    """An instance that answers one call with a body of its own."""

    def __init__(self, path: str, body: str, **more: Any) -> None:
        super().__init__(instance(), **more)
        self._path, self._body = path, body

    def reply(self, request: Request, key: str | None, fault: str | None) -> Answer:
        """Answer a request."""
        if request.path == self._path:
            return Answer(200, self._body.encode())
        return super().reply(request, key, fault)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", KEY)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"error": "x"}',
        '{"systemConfiguration": null}',
        '{"systemConfiguration": []}',
        '{"systemConfiguration": 1}',
    ],
)
def test_settings_that_are_not_there_do_not_say_that_anything_may_be_collected(body: str) -> None:
    with Saying(SWITCH, body) as odd:
        with pytest.raises(
            SourceError, match=r"own switch for usage data cannot be read: .* no `systemConfiguration` as"
        ):
            ask(odd)
        assert {each.path for each in odd.requests} == {SWITCH}


@pytest.mark.parametrize("value", ["0", '"no"', '"false"', "[]"])
def test_a_switch_that_says_neither_yes_nor_no_is_off(value: str) -> None:
    body = f'{{"systemConfiguration": {{"usageDataConfiguration": {{"enabled": {value}}}}}}}'
    with Saying(SWITCH, body) as odd, pytest.raises(CollectionOffError):
        ask(odd)


LOST = {
    "totals of nothing": ("/api/report/totals", "{}"),
    "totals without applications": ("/api/report/totals", '{"globalRegistrations": 5}'),
    "less than no users": ("/api/report/totals", '{"globalRegistrations": -5, "applicationTotals": {}}'),
    "half a user": ("/api/report/totals", '{"globalRegistrations": 7.5, "applicationTotals": {}}'),
    "users beyond all numbers": ("/api/report/totals", '{"globalRegistrations": 1e400, "applicationTotals": {}}'),
    "no integrations": ("/api/integration", "{}"),
    "no status of the licence": ("/api/reactor", "{}"),
    "no groups and no total": ("/api/group/search", "{}"),
    "a report of nothing": ("/api/report/login", "{}"),
    "an error for a report": ("/api/report/daily-active-user", '{"error": "x"}'),
    "half a login": ("/api/report/login", '{"hourlyCounts": [{"interval": 488893, "count": 1.5}], "total": 2}'),
    "a login less": ("/api/report/login", '{"hourlyCounts": [{"interval": 488893, "count": -1}], "total": -1}'),
}


@pytest.mark.parametrize("case", LOST)
def test_what_an_answer_lost_has_failed_and_is_not_none(case: str) -> None:
    path, body = LOST[case]
    with Saying(path, body) as odd:
        found = told(ask(odd))
    assert touched(found) == needing([path])
    for name in needing([path]):
        assert (found[name].status, found[name].value) == (Status.FAILED, None), name
        clear(found[name].reason)


def test_a_list_that_is_left_out_is_one_of_nothing_where_its_total_says_so() -> None:
    with Saying("/api/group/search", '{"total": 0}') as odd:
        found = told(ask(odd))
    assert touched(found) == {"groupApplicationRoles"}
    assert (found["groupApplicationRoles"].status, found["groupApplicationRoles"].value) == (Status.OK, 0)


def test_a_key_of_one_tenant_is_not_believed_where_nobody_can_tell_that_it_is_one() -> None:
    with duckdb.connect(str(instance()), read_only=True) as connection:
        sql = "SELECT any_value(tenants_id) FROM groups JOIN group_application_roles ON groups_id = groups.id"
        [(tenant,)] = connection.execute(sql).fetchall()
    allowed = dict.fromkeys((SWITCH, "/api/system/version", "/api/group/search", "/api/entity/grant/search"), ("GET",))
    with Standin(instance(), tenant=str(tenant), permissions=allowed) as narrow:
        found = told(ask(narrow))
    for name in ("groupApplicationRoles", "entitiesEntityGrants"):
        assert clean()[name].value
        assert found[name].status is Status.UNAVAILABLE
        assert "GET /api/application/search" in (found[name].reason or "")
