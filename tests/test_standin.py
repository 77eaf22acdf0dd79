"""The stand-in against the official description, and against what it is told to be and to do."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import requests
import shapes
from instances import changed, instance
from receiver import Authority, serving
from standin import CANARY, KEY, Fault, Standin, apart, faults, figures, lists, objects

END = 1795391995000
INTERVALS = {"start": 0, "end": END}
REPORTS = [f"report/{name}" for name in figures.REPORTS]
SINGLES = ["integration", "reactor", "system-configuration", "system/version", "status", "report/totals"]
HOSTILE = (
    "UPDATE applications SET data = ' null ', name = '</script>\u202e\" ''; DROP TABLE x'"
    " WHERE id IN (SELECT min(id) FROM applications)",
    "UPDATE applications SET data = '{not json' WHERE id IN (SELECT max(id) FROM applications)",
    "UPDATE tenants SET data = ' [1, 2] ' WHERE id IN (SELECT max(id) FROM tenants)",
    """UPDATE tenants SET data = '{ "jwtConfiguration" : null,\n"data" : {"enabled": null, "id": [7]} }'
    WHERE id IN (SELECT min(id) FROM tenants)""",
    "UPDATE webhooks SET data = 'null', headers = NULL, url = repeat('ä', 5000)"
    " WHERE id IN (SELECT min(id) FROM webhooks)",
    "UPDATE identity_providers SET data = '\"text\"', name = '' WHERE type = 'Apple'",
    "UPDATE themes SET data = 'null' WHERE name LIKE '%1'",
    "UPDATE integrations SET data = ''",
    "UPDATE system_configuration SET data = '{}'",
    "UPDATE instance SET data = '{}'",
    "UPDATE groups SET data = 'null'",
    "DELETE FROM application_roles WHERE name LIKE 'a%'",
)


class Asking:
    """A client of a stand-in."""

    def __init__(self, standin: Standin) -> None:
        self.url = standin.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = KEY

    def get(self, endpoint: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}/api/{endpoint}", params=query, timeout=10, allow_redirects=False)

    def object(self, endpoint: str, **query: Any) -> dict[str, Any]:
        response = self.get(endpoint, **query)
        assert response.status_code == 200, (endpoint, response.status_code, response.text)
        found: dict[str, Any] = response.json()
        return found

    def pages(self, endpoint: str, number: int, **query: Any) -> Iterator[dict[str, Any]]:
        start = 0
        while True:
            page = self.object(endpoint, startRow=start, numberOfResults=number, **query)
            yield page
            start += number
            if start >= page["total"]:
                return

    def walk(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every answer of every endpoint, all pages."""
        for endpoint in lists.LISTS:
            yield endpoint, self.object(endpoint)
        yield "application", self.object("application", inactive="true")
        for endpoint in lists.SEARCHES:
            for page in self.pages(f"{endpoint}/search", 5):
                yield f"{endpoint}/search", page
        for endpoint in SINGLES:
            yield endpoint, self.object(endpoint)
        for endpoint in REPORTS:
            yield endpoint, self.object(endpoint, **INTERVALS)


@pytest.fixture(scope="module")
def standin() -> Iterator[Standin]:
    """Return a stand-in that is not to be changed."""
    with Standin(instance()) as mine:
        yield mine


def rows(query: str, path: Path | None = None) -> list[Any]:
    with duckdb.connect(str(path or instance()), read_only=True, config={"threads": 1}) as connection:
        return list(connection.execute(query).fetchall())


def walked(path: Path, **told: Any) -> list[tuple[str, str]]:
    with Standin(path, **told) as mine:
        asking = Asking(mine)
        return [(endpoint, each) for endpoint, answer in asking.walk() for each in shapes.problems(endpoint, answer)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_answer_is_as_the_official_description_has_it(seed: int) -> None:
    assert walked(instance(seed)) == []


@pytest.mark.parametrize("version", ["1.69.0", "1.50.1", "1.45.0"])
def test_every_answer_of_another_version_is_as_described_too(version: str) -> None:
    with Standin(instance(), version=version) as mine:
        asking = Asking(mine)
        assert asking.object("system/version") == {"version": version}
        assert [each for where, answer in asking.walk() for each in shapes.problems(where, answer)] == []


def test_every_answer_of_a_hostile_instance_is_as_described(tmp_path: Path) -> None:
    assert walked(changed(tmp_path, *HOSTILE)) == []


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda each: each.update(color="red"), "applications[].color: no such property"),
        (lambda each: each.update(active="true"), "applications[].active: not boolean"),
        (lambda each: each.update(id=each["id"].upper()), "applications[].id: not uuid"),
        (lambda each: each.update(insertInstant=True), "applications[].insertInstant: not int64"),
        (lambda each: each.update(state="Gone"), "applications[].state: not string"),
        (lambda each: each.update(roles={}), "applications[].roles: not array"),
        (lambda each: each["roles"].append("admin"), "applications[].roles[]: not object"),
        (
            lambda each: each.update(emailConfiguration={"x": 1}),
            "applications[].emailConfiguration.x: no such property",
        ),
    ],
)
def test_an_answer_that_is_not_as_described_is_caught(spoil: Any, problem: str) -> None:
    with Standin(instance(), amend=lambda kind, each: spoil(each) if kind == "applications" else None) as mine:
        assert set(shapes.problems("application", Asking(mine).object("application"))) == {problem}


def test_wrong_objects_of_a_type_and_in_a_map_are_caught(standin: Standin) -> None:
    found = Asking(standin).object("identity-provider")
    first = next(each for each in found["identityProviders"] if each["type"] == "Apple")
    first["oauth2"] = {}
    first["applicationConfiguration"] = {"x": {"enabled": 1}}
    assert shapes.problems("identity-provider", found) == [
        "identityProviders[Apple].applicationConfiguration.*.enabled: not boolean",
        "identityProviders[Apple].oauth2: no such property",
    ]


def _filled() -> Iterator[tuple[str, str]]:
    """Yield every path that comes from a column, with an endpoint that answers it."""
    kinds = {**lists.LISTS, **{f"{name}/search": kind for name, kind in lists.SEARCHES.items()}}
    inner: list[tuple[str, str, Mapping[str, str]]] = [
        ("application", "applications[].roles[]", objects.ROLE),
        ("application", "applications[].scopes[]", objects.SCOPE),
        ("group", "groups[].roles.*[]", objects.ROLE),
        ("entity/type", "entityTypes[].permissions[]", objects.PERMISSION),
        ("entity/grant/search", "grants[].entity", objects.ENTITY),
        ("tenant", "tenants[].connectorPolicies[]", {"connectorId": ""}),
        ("identity-provider", "identityProviders[SAMLv2]", {"keyId": "", "requestSigningKeyId": "", "domains": ""}),
        ("connector", "connectors[LDAP]", {"lambdaConfiguration.reconcileId": ""}),
        ("connector", "connectors[Generic]", {"sslCertificateKeyId": ""}),
    ]
    lists_of = [(name, f"{kind.answer}[]", kind.columns) for name, kind in kinds.items()]
    for endpoint, at, columns in [*lists_of, *inner]:
        for path in columns:
            yield endpoint, f"{at}.{path}"


def test_every_path_that_comes_from_a_column_is_in_the_description() -> None:
    for endpoint, path in _filled():
        facts = shapes.table()[endpoint]
        name, _, rest = path.partition("[].")
        typed = {each.split("]")[0] + "]" for each in facts if each.startswith(f"{name}[") and "[]" not in each}
        if name in facts and typed and rest:
            assert {f"{start}.{rest}" for start in typed} <= set(facts), path
        else:
            assert path in facts, (endpoint, path)


def test_every_column_is_one_of_the_schema() -> None:
    known = {name for (name,) in rows("SELECT DISTINCT column_name FROM information_schema.columns")}
    known |= {"recipient_id", "users_id"}
    for kind in {id(kind): kind for kind in [*lists.LISTS.values(), *lists.SEARCHES.values()]}.values():
        assert set(kind.columns.values()) <= known, kind.answer


def test_pages_give_every_row_once_in_order_and_the_total() -> None:
    with Standin(instance()) as mine:
        asking = Asking(mine)
        for endpoint, kind in lists.SEARCHES.items():
            for order in ("id DESC", "insertInstant ASC"):
                pages = list(asking.pages(f"{endpoint}/search", 3, orderBy=order))
                ids = [each["id"] for page in pages for each in page[kind.answer]]
                expected = [str(row[0]) for row in rows(f"SELECT id FROM {kind.table} ORDER BY id DESC")]
                assert sorted(ids) == sorted(expected)
                assert order == "insertInstant ASC" or ids == expected
                assert {page["total"] for page in pages} == {len(expected)}
        body = {"search": {"startRow": 1, "numberOfResults": 2, "orderBy": "name ASC"}, "expand": ["roles"]}
        posted = asking.session.post(f"{mine.url}/api/application/search", json=body, timeout=10).json()
        assert len(posted["applications"]) == 2
        assert "roles" in posted["applications"][0]
        assert "scopes" not in posted["applications"][0]
        assert mine.counts["POST", "/api/application/search"] == 1
        assert mine.connections == 1


@pytest.mark.parametrize(
    "query", [{"orderBy": "universal ASC"}, {"orderBy": "name SIDEWAYS"}, {"startRow": "x"}, {"numberOfResults": -1}]
)
def test_a_search_that_cannot_be_done_is_a_field_error(standin: Standin, query: dict[str, Any]) -> None:
    response = Asking(standin).get("tenant/search", **query)
    assert response.status_code == 400
    assert list(response.json()["fieldErrors"]) == [f"search.{next(iter(query))}"]


def test_the_plain_list_has_the_active_applications_and_the_other_the_rest(standin: Standin) -> None:
    asking = Asking(standin)
    active = {each["id"] for each in asking.object("application")["applications"]}
    inactive = {each["id"] for each in asking.object("application", inactive="true")["applications"]}
    assert active == {str(row[0]) for row in rows("SELECT id FROM applications WHERE active")}
    assert inactive == {str(row[0]) for row in rows("SELECT id FROM applications WHERE NOT active")}
    assert active
    assert inactive


def test_what_is_a_column_is_there_and_what_is_missing_in_a_document_stays_missing(standin: Standin) -> None:
    found = {
        each["id"]: each for each in Asking(standin).object("application/search", numberOfResults=99)["applications"]
    }
    query = (
        "SELECT id, samlv2_populate_lambdas_id, themes_id, data->'$.oauthConfiguration.relationship' FROM applications"
    )
    for name, populate, theme, relationship in rows(query):
        each = found[str(name)]
        assert each.get("lambdaConfiguration", {}).get("samlv2PopulateId") == (str(populate) if populate else None)
        assert each.get("themeId") == (str(theme) if theme else None)
        assert ("relationship" in each.get("oauthConfiguration", {})) == (relationship is not None)


def test_secrets_are_in_the_answers_and_can_be_recognised(standin: Standin) -> None:
    found = {endpoint: json.dumps(answer) for endpoint, answer in Asking(standin).walk()}
    for endpoint in [*lists.LISTS, "entity/grant/search", "system-configuration", "integration"]:
        assert (CANARY in found[endpoint]) == (endpoint not in ("form", "entity/type")), endpoint
    assert found["tenant"].count(f"{CANARY}emailConfiguration.password") > 0


def test_only_the_key_with_the_permission_is_answered() -> None:
    with Standin(instance(), permissions={"/api/tenant": ["GET"]}) as mine:
        asking = Asking(mine)
        assert asking.get("tenant").status_code == 200
        for endpoint in ("application", "tenant/search", "prometheus/metrics"):
            response = asking.get(endpoint)
            assert (response.status_code, response.content) == (401, b"")
        assert asking.get("health").status_code == 200
        asking.session.headers["Authorization"] = "another"
        assert asking.get("tenant").status_code == 401
        asking.session.headers["Authorization"] = KEY
        mine.expired = True
        assert asking.get("tenant").status_code == 401
        assert (asking.get("status").status_code, asking.get("status").content) == (200, b"")
        assert KEY not in str(mine.requests)


def test_a_key_or_a_header_of_a_tenant_narrows_what_is_there() -> None:
    tenant = str(rows("SELECT tenants_id FROM groups GROUP BY 1 ORDER BY count(*) DESC, 1")[0][0])
    for told, headers in (({"tenant": tenant}, {}), ({}, {"X-FusionAuth-TenantId": tenant})):
        with Standin(instance(), **told) as mine:  # type: ignore[arg-type]
            asking = Asking(mine)
            asking.session.headers.update(headers)
            for endpoint, table in (("application", "applications"), ("group", "groups")):
                query = f"SELECT count(*) FROM {table} WHERE tenants_id = '{tenant}'"
                assert asking.object(f"{endpoint}/search")["total"] == rows(query)[0][0] > 0
            assert asking.object("tenant/search")["total"] == rows("SELECT count(*) FROM tenants")[0][0]
            assert (
                0
                < asking.object("entity/grant/search")["total"]
                <= rows("SELECT count(*) FROM entity_entity_grants")[0][0]
            )
            asking.session.headers["X-FusionAuth-TenantId"] = "x"
            assert told or asking.get("group").status_code == 400


def test_an_older_version_has_no_such_endpoint_and_no_such_field() -> None:
    with Standin(instance(), version="1.36.8") as mine:
        asking = Asking(mine)
        assert [asking.get(f"{each}/search").status_code for each in ("application", "tenant", "group")] == [404] * 3
        assert asking.get("ip-acl/search").status_code == 200
        kept = {name for each in asking.object("application")["applications"] for name in each}
        assert kept & {"phoneConfiguration", "universalConfiguration", "scopes", "webAuthnConfiguration"} == set()
        assert "multiFactorConfiguration" in kept
        assert "usageDataConfiguration" not in asking.object("system-configuration")["systemConfiguration"]
        assert "licenseAttributes" not in asking.object("reactor")["status"]


@pytest.mark.parametrize(
    ("milliseconds", "unit", "number"),
    [
        (1446271200000, "day", 16739),  # 2015-10-31 in Denver
        (1427868000000, "month", 543),  # April 2015
        (1427867999999, "month", 542),
        (0, "hour", -7),
    ],
)
def test_an_interval_is_counted_on_the_clock_of_the_report(milliseconds: int, unit: str, number: int) -> None:
    assert figures.interval(milliseconds, unit, ZoneInfo("America/Denver")) == number


def test_reports_have_the_rows_of_the_tables(standin: Standin) -> None:
    asking = Asking(standin)
    days = {each["interval"]: each["count"] for each in asking.object(REPORTS[0], **INTERVALS)["dailyActiveUsers"]}
    last = figures.interval(END, "day", ZoneInfo("America/Denver"))
    assert days == dict(rows(f"SELECT day, count FROM global_daily_active_users WHERE day <= {last}"))
    totals = asking.object("report/totals")
    logins = {name: each["logins"] for name, each in totals["applicationTotals"].items() if each["logins"]}
    expected = rows("SELECT applications_id::VARCHAR, sum(count)::BIGINT FROM hourly_logins GROUP BY 1")
    assert logins == dict(expected)
    assert totals["totalGlobalRegistrations"] >= totals["globalRegistrations"] > 0
    one = next(iter(logins))
    assert asking.object("report/login", applicationId=one, **INTERVALS)["total"] == logins[one]
    assert asking.get("report/login", start=0).json()["fieldErrors"].keys() == {"end"}


def test_the_end_of_a_report_can_be_outside() -> None:
    last = rows("SELECT max(day) FROM global_daily_active_users")[0][0]
    with Standin(instance()) as mine:
        asked = {"start": 0, "end": (last + 1) * 86_400_000 - 1}
        inside = Asking(mine).object(REPORTS[0], **asked)["dailyActiveUsers"]
        mine.ends_inside = False
        assert Asking(mine).object(REPORTS[0], **asked)["dailyActiveUsers"] == inside[:-1]


def test_the_gauges_are_text_and_take_basic_authentication(standin: Standin) -> None:
    url = f"{standin.url}/api/prometheus/metrics"
    answer = requests.get(url, auth=("apikey", KEY), timeout=10)
    assert "\nHikariPool_1_pool_MaxConnections 10.0\n" in answer.text
    assert "\njvm_memory_heap_committed 268435456.0\n" in answer.text
    assert requests.get(url, auth=("other", KEY), timeout=10).status_code == 401


def spoilt(kind: str, endpoint: str = "application/search", **query: Any) -> requests.Response:
    with Standin(instance(), faults=[Fault(f"/api/{endpoint}", kind, after=2)]) as mine:
        asking = Asking(mine)
        assert asking.get(endpoint).status_code == 200
        return asking.get(endpoint, **query)


@pytest.mark.parametrize("kind", sorted(faults.INSTEAD))
def test_another_answer_comes_from_the_nth_request_on(kind: str) -> None:
    answer = spoilt(kind)
    expected = faults.INSTEAD[kind]
    assert (answer.status_code, answer.content) == (expected.status, expected.body)
    assert (expected.headers or {}).items() <= answer.headers.items()


@pytest.mark.parametrize("kind", sorted({*faults.CHANGES} - {"million"}))
def test_a_changed_answer_is_json_and_another(standin: Standin, kind: str) -> None:
    query: dict[str, Any] = {"startRow": 5, "numberOfResults": 5}
    well = Asking(standin).object("application/search", **query)
    assert spoilt(kind, **query).json() != well


def test_a_fault_lasts_as_often_as_it_is_told() -> None:
    with Standin(instance(), faults=[Fault("*", "broken", after=2, times=2)]) as mine:
        asking = Asking(mine)
        assert [asking.get("tenant").status_code for _ in range(5)] == [200, 500, 500, 200, 200]
        assert len(mine.asked("/api/tenant")) == mine.counts["GET", "/api/tenant"] == 5


def test_an_endless_list_is_always_full_and_new() -> None:
    with Standin(instance(), faults=[Fault("/api/tenant/search", "endless")]) as mine:
        asking = Asking(mine)
        pages = [asking.object("tenant/search", startRow=start, numberOfResults=50) for start in (0, 50, 100_000)]
        assert len({each["id"] for page in pages for each in page["tenants"]}) == 150
        assert all(page["total"] > start for page, start in zip(pages, (50, 100, 100_050), strict=True))


def test_pages_can_overlap() -> None:
    with Standin(instance(), faults=[Fault("/api/application/search", "duplicates")]) as mine:
        pages = list(Asking(mine).pages("application/search", 4))
        ids = Counter(each["id"] for page in pages for each in page["applications"])
        assert max(ids.values()) == 2


def test_a_list_can_have_a_million_objects() -> None:
    assert len(spoilt("million").json()["applications"]) == 1_000_000


def test_the_line_breaks_as_it_is_told() -> None:
    with pytest.raises(requests.ConnectionError):
        spoilt("cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        spoilt("short")
    with pytest.raises(requests.exceptions.ContentDecodingError):
        spoilt("not gzip")
    assert spoilt("gzip").json()["total"] == spoilt("charset").json()["total"] > 0
    assert spoilt("charset").encoding == "ISO-8859-1"
    assert spoilt("utf-16").content.decode("utf-16").startswith("{")


@pytest.mark.parametrize(
    ("kind", "some"), [("hang", b""), ("drip", b"{  "), ("drip head", b"json  "), ("huge", b'{"xxx')]
)
def test_an_answer_need_not_end(kind: str, some: bytes) -> None:
    with (
        Standin(instance(), faults=[Fault("*", kind)]) as mine,
        socket.create_connection(("127.0.0.1", int(mine.url.rpartition(":")[2]))) as line,
    ):
        line.settimeout(0.4)
        line.sendall(b"GET /api/tenant HTTP/1.1\r\nHost: x\r\n\r\n")
        found = b""
        with suppress(TimeoutError):
            while not (some and some in found):
                found += line.recv(4096)
        assert bool(found) == bool(some)


def test_it_can_speak_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = serving(authority.issue("server", ["localhost"]))
    with Standin(instance(), context=context, host="localhost") as mine:
        response = requests.get(f"{mine.url}/api/health", verify=str(authority.file), timeout=10)
        assert response.status_code == 200


def test_it_runs_as_a_process_of_its_own() -> None:
    with apart(instance(), "--version", "1.58.0", "--permissions", '{"/api/system/version": ["GET"]}') as url:
        session = requests.Session()
        session.headers["Authorization"] = KEY
        assert session.get(f"{url}/api/system/version", timeout=10).json() == {"version": "1.58.0"}
        assert session.get(f"{url}/api/tenant", timeout=10).status_code == 401
