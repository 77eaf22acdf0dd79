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


ID = "00000000-0000-0000-0000-000000000001"
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
    "logins that are not there": ("/api/report/login", '{"hourlyCounts": [], "total": 7}'),
    "logins without a number": ("/api/report/login", '{"hourlyCounts": [{"interval": 488893}], "total": 7}'),
    "a day without a number": ("/api/report/daily-active-user", '{"dailyActiveUsers": [{"interval": 1}], "total": 1}'),
    "a number without a day": ("/api/report/daily-active-user", '{"dailyActiveUsers": [{"count": 1}], "total": 1}'),
    "a number without a month": (
        "/api/report/monthly-active-user",
        '{"monthlyActiveUsers": [{"count": 1}], "total": 1}',
    ),
    "no tenants": ("/api/tenant/search", '{"tenants": [], "total": 0}'),
    "no tenants and no list": ("/api/tenant/search", '{"total": 0}'),
    "no forms": ("/api/form", "{}"),
    "no themes": ("/api/theme/search", '{"themes": [], "total": 0}'),
    "a form of no type": ("/api/form", f'{{"forms": [{{"id": "{ID}"}}]}}'),
    "a messenger of no type": ("/api/messenger", f'{{"messengers": [{{"id": "{ID}"}}]}}'),
    "a licence that is no word": (
        "/api/reactor",
        '{"status": {"licensed": true, "licenseAttributes": {"LicensedPlan": {"key": "hunter2"}}}}',
    ),
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


@pytest.mark.parametrize(
    ("kind", "path", "spoil"),
    [
        (
            "applications",
            "/api/application/search",
            lambda each: [each.pop(name, None) for name in ("state", "active")],
        ),
        ("applications", "/api/application/search", lambda each: each.pop("roles", None)),
        ("identityProviders", "/api/identity-provider/search", lambda each: each.pop("enabled", None)),
        ("identityProviders", "/api/identity-provider/search", lambda each: each.pop("type", None)),
        ("identityProviders", "/api/identity-provider/search", lambda each: each.update(type="ada@example.com")),
        ("forms", "/api/form", lambda each: each.pop("type", None)),
        ("messengers", "/api/messenger", lambda each: each.pop("type", None)),
    ],
)
def test_an_object_without_what_it_always_has_is_not_counted_as_one_that_has_it_not(
    kind: str, path: str, spoil: Any
) -> None:
    with Standin(instance(), amend=lambda name, each: spoil(each) if name == kind else None) as odd:
        found = told(ask(odd))
    needed = needing([path])
    for name in needed - {"monthlyLogins"}:
        assert (found[name].status, found[name].value) == (Status.FAILED, None), name
        clear(found[name].reason)
    assert touched(found) <= needed | needing(["/api/group/search", "/api/entity/grant/search"])


@pytest.mark.parametrize("version", ['{"password": "sk_live_7f3a9c"}', "1.60.2 sk_live_7f3a9c", "sk_live_7f3a9c"])
def test_a_version_that_is_none_is_not_repeated(version: str) -> None:
    text = version if version.startswith("{") else f'"{version}"'
    with Saying("/api/system/version", f'{{"version": {text}}}') as odd:
        found = told(ask(odd))
    assert (found["productVersion"].status, found["productVersion"].value) == (Status.FAILED, None)
    assert "sk_live" not in f"{found}"


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
