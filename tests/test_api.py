"""The HTTP API as a source: it gives the figures that PostgreSQL gives, and what it does not show is said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import instances
import loaded
import pytest
import requests
from instances import BEFORE, DAY, changed, figures, instance, limits, metrics, names
from projects import Project
from standin import Answer, Fault, Request, Standin

from fa_stats import catalogue, collector, consent, demo, payload, run, sources
from fa_stats.api import client, shown
from fa_stats.catalogue import CONFIGURATION, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Status
from fa_stats.collector import Order
from fa_stats.errors import CollectionOffError, SourceError, UsageError
from fa_stats.reconcile import audit
from fa_stats.reconcile.result import Result
from fa_stats.settings import Api, Configuration, Instance, Settings

INSTANCES = [(1, DAY), (2, BEFORE), (3, demo.UPGRADED)]
SWITCH = "/api/system-configuration"
# What no call of the HTTP API shows; all other stats are the same in a database.
HIDDEN = {
    "apiKeyExpiringEnabled",
    "apiKeyHashedEnabled",
    "instanceDatabaseVersion",
    "instanceFirstTimeSetupProgress",
    "instanceNodes",
}
HIDDEN_METRICS = {"instanceId", "licenseId", "nodes"}
NEVER_IN_A_DATABASE = {"instanceDatabaseMaximumPoolSize", "instanceDatabaseMinimumIdle", "instanceFusionauthAppMemory"}
FAST = Api(calls_per_second=1000)
LAMBDAS = "applicationEnabledIdentityProvidersWithLambdas"
NEEDED = {call.path for call in shown.load().calls.values()} | {shown.METRICS, "/api/status"}
CALLS = [call for call in shown.load().calls.values() if call.path != SWITCH]  # without that, nothing is read at all
LEAST = dict.fromkeys(NEEDED, ("GET",))


def ask(
    standin: Standin, day: date = DAY, *, given: Settings | None = None, api: Api = FAST, **order: Any
) -> Collection:
    """Count everything over the API of a stand-in."""
    source = sources.find(standin.url, day=day, data=Path("absent"), demo={}, api=api)
    asked = Order(day=day, settings=given or limits(measured_alone=0), **order)
    return collector.collect(source, catalogue.load(), asked, Clock())


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", "stand-in-key-7fQz")


@contextmanager
def serving(path: Path | None = None, **more: Any) -> Iterator[Standin]:
    with Standin(path or instance(), **more) as standin:
        yield standin


@cache
def whole() -> Collection:
    """What a key that may do all sees of the instance."""
    with serving() as standin:
        return ask(standin)


def needing(*calls: str) -> set[str]:
    """The stats and metrics that are counted in the answers of some calls."""
    return {
        stat.name
        for stat in catalogue.load()
        if stat.payload is not catalogue.Payload.CONTEXT and {call.name for call in _calls(stat)} & set(calls)
    }


def _calls(stat: Stat) -> tuple[shown.Call, ...]:
    return shown.load().calls_of(stat)


# ------------------------------------------------------------------------------------------------------------- the same


@pytest.mark.parametrize(("seed", "day"), INSTANCES)
def test_the_api_and_postgresql_give_the_same_figures(seed: int, day: date) -> None:
    path = instance(seed, day)
    there = loaded.collect(loaded.url_of("postgresql", path), day)
    with serving(path) as standin:
        here = ask(standin, day)
    unequal = {
        name
        for name, figure in {**figures(here), **metrics(here)}.items()
        if (figure.status, figure.value) != _told({**figures(there), **metrics(there)}[name])
    }
    assert unequal <= HIDDEN | HIDDEN_METRICS | NEVER_IN_A_DATABASE
    assert names(here, "unavailable") & names(there, "ok") == HIDDEN


def _told(figure: Any) -> tuple[Any, Any]:
    return figure.status, figure.value


NEWER = (
    "UPDATE version SET version = '1.62.0'",
    *(
        f"ALTER TABLE {table} ADD COLUMN multi_factor_requirement_lambdas_id UUID"
        for table in ("applications", "tenants")
    ),
    *(
        f"UPDATE {table} SET multi_factor_requirement_lambdas_id = id WHERE id::VARCHAR < '8'"
        for table in ("applications", "tenants")
    ),
    "ALTER TABLE identity_providers ADD COLUMN tenants_id UUID",
    "UPDATE identity_providers SET tenants_id = (SELECT min(id) FROM tenants) WHERE name < 'M'",
    "ALTER TABLE form_steps ADD COLUMN type SMALLINT",
    "UPDATE form_steps SET type = CASE WHEN forms_id::VARCHAR < 'a' THEN 1 ELSE 0 END",
    """UPDATE applications SET data = '{"registrationConfiguration": {"enabled": true, "type": "advanced"}}'
    WHERE forms_id IS NOT NULL""",
)


def _newer(path: Path) -> Any:
    """What adds the fields of 1.62.0, from the columns that a database will have, to the objects of a stand-in."""
    with duckdb.connect(str(path), read_only=True) as connection:
        [(tenant,)] = connection.execute("SELECT min(id)::VARCHAR FROM tenants").fetchall()

    def amend(kind: str, each: dict[str, Any]) -> None:
        if kind in ("applications", "tenants") and each["id"] < "8":
            each.setdefault("lambdaConfiguration", {})["multiFactorRequirementId"] = each["id"]
        if kind == "identityProviders" and each["name"] < "M":
            each["tenantId"] = tenant
        for step in each.get("steps", []) if kind == "forms" else []:
            step["type"] = "verifyEmail" if each["id"] < "a" else "collectData"

    return amend


def test_what_came_with_newer_versions_is_the_same_too(tmp_path: Path) -> None:
    path = changed(tmp_path, *NEWER)
    there = loaded.copied("postgresql", path)
    with serving(path, amend=_newer(path)) as standin:
        here = figures(ask(standin))
    expected = figures(there.collect())
    there.server.drop_database(there.name)
    newer = [name for name in here if shown.load().first_version(catalogue.load().by_name[name]) == "1.62.0"]
    assert len(newer) == 4
    for name in newer:
        assert _told(here[name]) == _told(expected[name])
        assert here[name].value, name


def test_199_stats_are_shown_in_full(tmp_path: Path) -> None:
    """They are those of a newer version, too, on which a database of 1.60.2 has no columns for four stats."""
    newer = changed(tmp_path, "UPDATE version SET version = '1.62.0'")
    with serving(newer) as standin:
        found = ask(standin)
    partly = set(shown.load().partly) | {"tenantCustomAdminUserForm", "entitiesEntityGrants"}
    logins = {name for name in partly if "LoggedIn" in name}
    full = names(found, "ok") - partly | logins | {"applicationActiveRoleNumber"}
    assert len(full) == 199


def test_every_stat_has_its_calls_or_a_reason_and_every_column_its_place() -> None:
    shows = shown.load()
    tables = shows.tables()
    for stat in catalogue.load():
        reason = shows.not_shown.get(stat.name) or shows.not_shown.get(stat.statement)
        if stat.statement == CONFIGURATION or reason:
            continue
        assert shows.calls_of(stat), stat.name
        for table, columns in catalogue.load().statement[stat.statement].columns_of([stat]).items():
            assert set(columns) <= tables[table].keys(), stat.name


def test_names_in_the_mapping_are_those_of_the_catalogue() -> None:
    shows, loaded_ = shown.load(), catalogue.load()
    assert set(shows.partly) <= loaded_.by_name.keys()
    assert set(shows.not_shown) <= loaded_.by_name.keys() | loaded_.statement.keys()
    assert {name for rows in shows.rows for name in rows.stats} <= loaded_.by_name.keys()
    assert {rows.call for rows in shows.rows} == shows.calls.keys()


def test_each_call_is_made_once_and_every_one_is_a_get() -> None:
    with serving() as standin:
        found = ask(standin)
        assert {method for method, _ in standin.counts} == {"GET"}
        assert set(standin.counts.values()) == {1}
        assert {path for _, path in standin.counts} == NEEDED - {"/api/status"}
        assert standin.connections == 1
        assert sum(each.load.calls or 0 for each in found.statements) == len(standin.requests)
    assert sum(each.load.bytes_returned or 0 for each in found.statements) > 100_000


def test_nothing_is_measured_alone_since_the_calls_are_what_costs() -> None:
    with serving() as standin:
        found = ask(standin, given=limits(measured_alone=8))
    assert not [each for each in found.statements if each.alone]


def test_small_pages_give_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    shows = shown.load()
    small = {name: replace(call, paged=3 if call.paged else 0) for name, call in shows.calls.items()}
    monkeypatch.setattr("fa_stats.api.shown.load", lambda: replace(shows, calls=small))
    with serving() as standin:
        found = ask(standin)
        assert len(standin.requests) > 2 * len(shows.calls)
    assert not loaded.different(found, whole())


# ---------------------------------------------------------------------------------------------------------- permissions


def test_a_key_that_may_only_get_what_is_needed_is_enough() -> None:
    with serving(permissions=LEAST) as standin:
        found = ask(standin)
    assert not loaded.different(found, whole())


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_what_a_missing_permission_takes_away_is_unavailable_and_the_rest_is_right(call: shown.Call) -> None:
    expected = {**figures(whole()), **metrics(whole())}
    with serving(
        permissions={path: how for path, how in LEAST.items() if path not in (call.path, "/api/status")}
    ) as standin:
        collection = ask(standin)
        assert max(standin.counts.values()) == 1
    found = {**figures(collection), **metrics(collection)}
    too_old = {name for name in found if shown.load().is_new(catalogue.load().by_name[name])}
    # Without the version, nobody can tell whether the instance is too old for these.
    gone = needing(call.name) | (too_old if call.name == "version" else set())
    assert gone
    for name in gone:
        assert found[name].status is Status.UNAVAILABLE, name
        assert found[name].value is None
    named = [name for name in gone if f"may not GET {call.path}:" in (found[name].reason or "")]
    assert set(named) >= needing(call.name) - too_old - HIDDEN
    assert {name for name in found if name not in gone and _told(found[name]) != _told(expected[name])} == set()


def test_without_the_permission_for_the_switch_nothing_else_is_asked() -> None:
    with serving(permissions={path: how for path, how in LEAST.items() if path != SWITCH}) as standin:
        with pytest.raises(
            SourceError, match=f"switch for usage data cannot be read: the API key may not GET {SWITCH}"
        ):
            ask(standin)
        assert [request.path for request in standin.requests] == [SWITCH]


def test_the_list_of_older_versions_does_where_only_that_is_allowed() -> None:
    allowed = {**LEAST, "/api/application": ("GET",)}
    del allowed["/api/application/search"]
    with serving(permissions=allowed) as standin:
        assert not loaded.different(ask(standin), whole())


@pytest.mark.parametrize("default", [True, False])
def test_a_key_of_one_tenant_is_told_and_counts_nothing_wrongly(default: bool) -> None:
    with serving(tenant=tenant_of(default=default)) as standin:
        found = figures(ask(standin))
        assert max(standin.counts.values()) == 1
    for name in ("applicationNumber", "applicationActiveNumber", "groupApplicationRoles", "entitiesEntityGrants"):
        assert "for one tenant only" in (found[name].reason or "")
        assert (found[name].status, found[name].value) == (Status.FAILED, None), name
    assert _told(found["tenantNumber"]) == _told(figures(whole())["tenantNumber"])


def tenant_of(*, default: bool) -> str:
    """A tenant of the instance that has applications: the one that FusionAuth's own is of, or another one."""
    with duckdb.connect(str(instance()), read_only=True) as connection:
        [(own,)] = connection.execute("SELECT tenants_id FROM applications WHERE name = 'FusionAuth'").fetchall()
        tenants = connection.execute(
            "SELECT DISTINCT tenants_id FROM applications WHERE tenants_id NOT NULL"
        ).fetchall()
    return str(own if default else min(tenant for (tenant,) in tenants if tenant != own))


def test_where_nobody_can_tell_whether_a_key_is_for_one_tenant_the_figures_say_so(tmp_path: Path) -> None:
    """All applications are of the default tenant, so a key for that tenant alone sees the same ones."""
    own = tenant_of(default=True)
    path = changed(tmp_path, f"UPDATE applications SET tenants_id = '{own}'")
    blind = {name: how for name, how in LEAST.items() if "tenant" not in name}
    with serving(path, tenant=own) as narrow, serving(path) as wide, serving(path, permissions=blind) as dim:
        seen = [figures(ask(standin)) for standin in (narrow, wide)]
        assert "are of one tenant: if the key" in (figures(ask(dim))["applicationNumber"].reason or "")
    for found in seen:
        assert found["applicationNumber"].status is Status.OK
        assert "if the key is for that tenant only, this is not all of them" in (
            found["applicationNumber"].reason or ""
        )
        both = found["applicationActiveRoleNumber"].reason or ""
        assert "does not name the tenant manager" in both
        assert "if the key is for that tenant only" in both
        assert found["tenantNumber"].reason is None


# ----------------------------------------------------------------------------------------------------------- off, older


def test_a_switch_that_is_off_is_read_and_nothing_else(tmp_path: Path) -> None:
    with serving(switched_off(tmp_path)) as standin:
        with pytest.raises(CollectionOffError):
            ask(standin)
        assert [request.path for request in standin.requests] == [SWITCH]


def switched_off(folder: Path) -> Path:
    """An instance whose own switch for usage data is off."""
    return changed(
        folder, """UPDATE system_configuration SET data = '{"usageDataConfiguration": {"enabled": false}}'"""
    )


def reconciled(standin: Standin, folder: Path) -> Result:
    given = replace(limits(measured_alone=0), folder=folder, api=FAST)
    return audit.gather(given, audit.Asked(standin.url), Clock())


def test_a_reconciliation_reads_no_more_than_the_switch_that_is_off(tmp_path: Path) -> None:
    with serving(switched_off(tmp_path)) as standin:
        found = reconciled(standin, tmp_path)
        assert [request.path for request in standin.requests] == [SWITCH]
    assert found.evidence.switch.on is False
    with serving() as standin:
        reconciled(standin, tmp_path)
        assert standin.requests[0].path == SWITCH
        assert set(standin.counts.values()) == {1, 2}  # the switch is asked once more for what is counted
        assert standin.counts["GET", "/api/system/version"] == 1


def test_a_preview_in_spite_of_the_switch_shows_what_would_be_counted(tmp_path: Path) -> None:
    with serving(switched_off(tmp_path), version="1.51.2") as standin:
        found = figures(ask(standin, preview=True))
    assert (
        found["applicationVerificationPhoneTemplate"].reason == "it came with FusionAuth 1.59.0, this instance is older"
    )
    assert found["applicationNumber"].status is Status.OK


@pytest.mark.parametrize("off", [("productVersion",), ("metricsVersion",), ("productVersion", "metricsVersion")])
def test_where_the_version_is_not_to_be_counted_nothing_newer_is_counted_wrongly(off: tuple[str, ...]) -> None:
    with serving(version="1.51.2") as standin:
        collection = ask(standin, disabled=dict.fromkeys(off, "switched off"))
    found = figures(collection)
    assert [metrics(collection)[name].status for name in off] == [Status.DISABLED] * len(off)
    phone = found["applicationVerificationPhoneTemplate"]
    assert phone.status is Status.UNAVAILABLE
    assert (phone.reason or "").startswith("it came with FusionAuth 1.59.0, ")
    assert found["applicationNumber"].status is Status.OK


def test_what_we_need_for_ourselves_is_not_charged_to_the_first_statement() -> None:
    """DuckDB loads pandas, where there is one, when the first text comes into it from Python."""
    code = """
import sys
from fa_stats.settings import Api
from fa_stats.sources.api import HTTPInstance
with HTTPInstance(sys.argv[1], Api(calls_per_second=1000)).connect() as connection:
    before = set(sys.modules)
    connection._calls.make("system_configuration", {})
    print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] in ("pandas", "numpy")))
"""
    with serving() as standin:
        done = subprocess.run([sys.executable, "-c", code, standin.url], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -------------------------------------------------------------------------------------------------------- without a key

NOTHING = {"fa_stats.toml"}


def without_key(project: Project, monkeypatch: pytest.MonkeyPatch, *, mode: str = "local") -> Project:
    """The project at an instance that nobody answers for, without a key."""
    monkeypatch.delenv("FUSIONAUTH_API_KEY", raising=False)
    path = project.folder / "fa_stats.toml"
    path.write_text(f'{path.read_text()}[collection]\nmode = "{mode}"\n')
    return Project(project.folder, "https://host-7f3a9c.invalid")


def test_without_a_key_what_opens_no_connection_does_as_ever(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    there = without_key(project, monkeypatch, mode="off")
    ended = there.run()
    assert (ended.returncode, [entry["event"] for entry in there.entries()]) == (0, ["off"]), ended.stderr
    ended = there.call("reconcile")
    assert ended.returncode in (0, 1), ended.stderr
    assert "no connection was opened" in ended.stdout
    assert there.call("doctor").returncode == 0


def test_without_a_key_a_day_that_has_its_run_is_shown_and_compared(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as standin:
        there = Project(project.folder, standin.url)
        for day in (date(2025, 6, 1), date(2025, 6, 2)):
            assert there.run(day=day).returncode == 0
        asked = len(standin.requests)
        monkeypatch.delenv("FUSIONAUTH_API_KEY")
        again = there.run(day=date(2025, 6, 2))
        assert (again.returncode, "has its run already" in again.stderr) == (0, True), again.stderr
        assert there.call("diff", "--source", standin.url).returncode == 0
        assert there.call("report", "--source", standin.url).returncode == 0
        assert len(standin.requests) == asked


@pytest.mark.parametrize("lacking", ["key", "key file", "ca", "ssl_ca"])
def test_where_the_key_or_a_certificate_is_not_there_nothing_is_written(
    lacking: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = without_key(project, monkeypatch)
    said = "There is no API key."
    if lacking == "key file":
        monkeypatch.setenv("FUSIONAUTH_API_KEY_FILE", "absent")
        said = "The file that FUSIONAUTH_API_KEY_FILE names cannot be read."
    if lacking == "ca":
        monkeypatch.setenv("FUSIONAUTH_API_KEY", "any")
        (there.folder / "fa_stats.toml").write_text('[api]\nca = "absent.pem"\n')
        said = "The file that `ca` under [api] in fa_stats.toml names is not there."
    if lacking == "ssl_ca":
        there = Project(there.folder, "mysql://jo@127.0.0.1:1/d?ssl_ca=absent.pem")
        said = "The files that `ssl_ca`, `ssl_cert` and `ssl_key` name cannot be read"
    for command in (("run",), ("run", "--again", "--reason", "x"), ("collect",), ("reconcile",)):
        ended = there.call(*command)
        assert (ended.returncode, ended.stdout) == (2, ""), command
        assert said in ended.stderr
        assert there.files() == NOTHING
    monkeypatch.chdir(there.folder)
    monkeypatch.setenv("FA_STATS_SOURCE", there.source)
    with pytest.raises(UsageError, match=re.escape(said)):
        run.start({})  # as plain papermill does
    monkeypatch.setenv(run.RUN_VARIABLE, "20261123T020000Z-3f9c")
    with pytest.raises(UsageError, match=re.escape(said)):
        run.start({})  # as the kernel of `fa-stats run` does
    assert there.files() == NOTHING


def test_mode_off_opens_no_connection() -> None:
    with serving() as standin:
        with pytest.raises(CollectionOffError):
            ask(standin, given=limits(mode="off"))
        assert standin.connections == 0


@pytest.mark.parametrize("version", ["1.51.2", "1.44.0", "1.36.8", "1.19.0"])
def test_an_older_instance_shows_what_it_has(version: str) -> None:
    with serving(version=version) as standin:
        collection = ask(standin)
    found = figures(collection)
    assert collection.application_version == version
    phone = {name for name in found if name.endswith("PhoneTemplate")} | {"tenantPhoneConfigurationMessengers"}
    for name in phone:
        assert found[name].status is Status.UNAVAILABLE
        assert found[name].reason == "it came with FusionAuth 1.59.0, this instance is older"
    assert names(collection, "failed") == set()
    for name in ("applicationNumber", "tenantNumber", "applicationActiveNumber", "webhookUserCreate"):
        assert _told(found[name]) == _told(figures(whole())[name]), name


@pytest.mark.parametrize("version", ["1.49.0", "1.42.0", "1.29.0", "1.25.0", "1.18.0"])
def test_what_an_older_instance_has_not_is_unavailable_and_not_none(version: str) -> None:
    with serving(version=version) as standin:
        found = figures(ask(standin))
    older = {stat.name: shown.load().first_version(stat) for stat in catalogue.load() if stat.name in found}
    lacking = {name for name, first in older.items() if first and shown.numbers(first) > shown.numbers(version)}
    assert "applicationUserinfoPopulateLambda" in lacking
    for name in lacking - HIDDEN:
        assert found[name].status is Status.UNAVAILABLE, name
        assert found[name].value is None
    late = {name for name in lacking if "EmailTemplate" in name}
    assert bool(late) is (version < "1.30")


@pytest.mark.parametrize("body", [b"{}", b'{"version": ""}', b'{"version": {"a": 1}}', b'{"version": "1.6"}', b""])
def test_a_status_without_a_version_does_not_hide_the_permission_that_is_lacking(body: bytes) -> None:
    class Silent(Standin):
        def reply(self, request: Request, key: str | None, fault: str | None) -> Answer:
            return Answer(200, body) if request.path == "/api/status" else super().reply(request, key, fault)

    allowed = {path: how for path, how in LEAST.items() if path != "/api/system/version"}
    with Silent(instance(), permissions=allowed) as standin:
        found = {**figures(ask(standin)), **metrics(ask(standin))}
    for name in ("productVersion", "applicationVerificationPhoneTemplate"):
        assert found[name].status is Status.UNAVAILABLE
        assert (found[name].reason or "").startswith("the API key may not GET /api/system/version")
    assert found["applicationUserinfoPopulateLambda"].status is Status.OK, "every instance that counts has it"


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2026, 11, 23)])
@pytest.mark.parametrize("zone", ["UTC", "America/Denver", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_the_logins_of_a_month_are_those_of_the_database_in_every_zone(tmp_path: Path, zone: str, day: date) -> None:
    path = changed(tmp_path, f"UPDATE system_configuration SET report_timezone = '{zone}'")
    there = metrics(instances.collect(path, day=day, given=limits(measured_alone=0)))["monthlyLogins"].value
    for shifted in (True, False):
        with serving(path) as standin:
            standin.hours_shifted = shifted  # whichever clock the answer's hours are of
            assert metrics(ask(standin, day))["monthlyLogins"].value == there


@pytest.mark.parametrize("zone", ["GMT+05:30", "SystemV/PST8", "the office"])
def test_a_zone_that_nobody_knows_costs_what_is_counted_by_it(tmp_path: Path, zone: str) -> None:
    path = changed(tmp_path, f"UPDATE system_configuration SET report_timezone = '{zone}'")

    class Elsewhere(Standin):
        def _single(self, connection: Any, endpoint: str, request: Request) -> dict[str, Any]:
            return (
                {"hourlyCounts": [], "total": 0}
                if "report/" in endpoint
                else super()._single(connection, endpoint, request)
            )

    with Elsewhere(path) as standin:
        found = ask(standin)
    assert metrics(found)["monthlyLogins"].status is Status.FAILED
    assert figures(found)["applicationNumber"].status is Status.OK
    assert figures(found)["tenantNumber"].status is Status.OK


def test_one_application_that_came_in_between_is_no_proof_of_a_narrow_key(tmp_path: Path) -> None:
    own = tenant_of(default=True)
    path = changed(tmp_path, f"UPDATE applications SET tenants_id = '{own}'")

    class Between(Standin):
        new = 0

        def _single(self, connection: Any, endpoint: str, request: Request) -> dict[str, Any]:
            found = super()._single(connection, endpoint, request)
            if endpoint == "report/totals":
                for number in range(self.new):
                    found["applicationTotals"][str(uuid.UUID(int=number + 1))] = {"logins": 1}
            return found

    for number, status in ((1, Status.OK), (2, Status.FAILED)):
        Between.new = number
        with Between(path) as standin:
            figure = figures(ask(standin))["applicationNumber"]
        assert figure.status is status
        assert "for that tenant only" in (figure.reason or "") or "for one tenant only" in (figure.reason or "")


def test_what_a_call_cost_that_failed_is_on_the_record_of_the_statement_that_wanted_it() -> None:
    with serving(faults=[Fault("/api/entity/grant/search", "broken")]) as standin:
        found = ask(standin)
        made = len(standin.requests)
    assert sum(each.load.calls or 0 for each in found.statements) == made
    [failed] = [each for each in found.statements if each.failure]
    assert (failed.name, failed.load.calls) == ("entity_entity_grants", 3)
    assert ("/api/entity/grant/search", 3, 0) in failed.scans


@pytest.mark.parametrize(("path", "name"), [("tenant", "tenantNumber"), ("identity-provider", LAMBDAS)])
def test_a_list_of_large_objects_is_read_in_smaller_pages(
    path: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as standin:
        whole_list = requests.get(
            f"{standin.url}/api/{path}/search?numberOfResults=250", headers={"Authorization": standin.key}, timeout=9
        )
        monkeypatch.setattr(client, "_MOST", len(whole_list.content) * 2 // 3)
        found = figures(ask(standin))
        sizes = [int(each.query["numberOfResults"][0]) for each in standin.asked(f"/api/{path}/search")]
    assert len(sizes) > 3
    assert sizes == [sizes[0], *sorted(sizes[1:], reverse=True)]
    assert _told(found[name]) == _told(figures(whole())[name])


def test_one_object_that_is_too_large_is_over_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_MOST", 5_000)
    with serving() as standin:
        found = figures(ask(standin))
    assert found["tenantNumber"].status is Status.OVER_BUDGET
    assert "brought more than 0 MB in one answer" in (found["tenantNumber"].reason or "")


def test_a_version_that_nobody_can_read_takes_only_newer_things_away() -> None:
    allowed = {path: how for path, how in LEAST.items() if path not in ("/api/system/version", "/api/status")}
    with serving(permissions=allowed) as standin:
        found = figures(ask(standin))
    assert found["applicationNumber"].status is Status.OK
    phone = found["applicationVerificationPhoneTemplate"]
    assert phone.status is Status.UNAVAILABLE
    assert phone.reason is not None
    assert phone.reason.startswith("the API key may not GET /api/system/version")


# -------------------------------------------------------------------------------------------- what only a part is known


def test_what_is_shown_in_part_says_so() -> None:
    found = {**figures(whole()), **metrics(whole())}
    for name, reason in shown.load().partly.items():
        assert found[name].status is Status.OK, name
        assert found[name].reason == reason
    assert found["tenantNumber"].reason is None


@pytest.mark.parametrize("pool", ["HikariCP", "Database"])
def test_the_pools_and_the_memory_come_from_the_metrics_of_a_node(pool: str) -> None:
    with serving() as standin:
        standin.pool = pool
        found = figures(ask(standin))
    assert [found[name].value for name in sorted(NEVER_IN_A_DATABASE)] == [10, 10, 536870912]
    assert found["instanceDatabaseConnectionTimeout"].status is Status.UNAVAILABLE


def test_of_several_pools_the_largest_and_the_smallest_count() -> None:
    text = (
        'HikariPool_1_pool_MaxConnections{pool="a"} 5.0\r\nHikariPool_1_pool_MaxConnections{pool="b"} 3.0\r\n'
        'HikariPool_1_pool_MinConnections{pool="a"} 5.0\r\nHikariPool_1_pool_MinConnections{pool="b"} 2.0\r\n'
    )

    class Several(Standin):
        def reply(self, request: Request, key: str | None, fault: str | None) -> Answer:
            return Answer(200, text.encode()) if request.path == shown.METRICS else super().reply(request, key, fault)

    with Several(instance()) as standin:
        found = figures(ask(standin))
    assert found["instanceDatabaseMaximumPoolSize"].value == 5
    assert found["instanceDatabaseMinimumIdle"].value == 2


def test_a_configuration_that_the_settings_name_goes_before_the_metrics(tmp_path: Path) -> None:
    file = tmp_path / "fusionauth.properties"
    file.write_text("database.maximum-pool-size=33\n")
    with serving() as standin:
        found = ask(standin, given=replace(limits(measured_alone=0), configuration=Configuration(file)))
        assert not standin.asked(shown.METRICS)
    assert figures(found)["instanceDatabaseMaximumPoolSize"].value == 33


def test_without_the_metrics_the_options_are_unavailable() -> None:
    with serving(permissions={path: how for path, how in LEAST.items() if path != shown.METRICS}) as standin:
        found = figures(ask(standin))
    assert found["instanceFusionauthAppMemory"].status is Status.UNAVAILABLE
    assert "[configuration]" in (found["instanceFusionauthAppMemory"].reason or "")


# ------------------------------------------------------------------------------------------------ the instance's own id


def test_the_settings_can_name_the_instance() -> None:
    own = "8d5c5a69-21fe-476d-816b-285c333a1f37"
    with serving() as standin:
        named = ask(standin, given=replace(limits(measured_alone=0), instance=Instance(id=own)))
        unnamed = ask(standin)
    assert json.loads(payload.usage_data(named))["instanceId"] == own
    assert json.loads(payload.metrics(named))["instanceId"] == own
    assert json.loads(payload.usage_data(unnamed))["instanceId"] is None
    assert consent.plan_of(unnamed) is consent.Plan.PAID


def test_a_day_is_reported_with_calls_in_place_of_rows(project: Project) -> None:
    with serving() as standin:
        done = project.run("--source", standin.url, FUSIONAUTH_API_KEY=standin.key)
    assert done.returncode == 0, done.stderr
    [record] = project.records()
    assert (record["source_kind"], record["source_label"], record["verdict"]) == ("api", "HTTP API", "OK")
    assert record["counts"]["ok"] == 200
    [folder] = project.folders()
    page = (folder / "report.html").read_text()
    assert "Calls of the HTTP API, and the objects that they brought" in page
    assert "all of them GET" in page
    assert "Rows read" not in page
    assert standin.url not in page
    assert standin.key not in page


def test_a_report_says_on_its_first_screen_what_a_key_lacks(project: Project) -> None:
    with serving(permissions={path: how for path, how in LEAST.items() if "theme" not in path}) as standin:
        done = project.run("--source", standin.url, FUSIONAUTH_API_KEY=standin.key)
    said = "2 stats and metrics are missing for want of a permission: `fa-stats doctor` names what the API key lacks."
    assert said in done.stdout
    [folder] = project.folders()
    page = (folder / "report.html").read_text()
    assert page.index("2 stats and metrics are missing for want of a permission") < page.index("Was it sent?")
