"""An HTTP API that goes wrong: each fault takes away what needs the call that it hits, says so, and nothing else."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import standin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instances import DAY, changed, figures, instance, limits, metrics
from instances import collect as count
from projects import Project
from standin import CANARY, KEY, Fault, Standin
from test_client import Hurried

from fa_stats import catalogue, collector
from fa_stats.api import shown
from fa_stats.collection import Collection, Figure, Status
from fa_stats.collector import Order
from fa_stats.errors import CollectionOffError, ExitCode, SourceError
from fa_stats.settings import Api
from fa_stats.sources.api import HTTPInstance

SWITCH = "/api/system-configuration"
FAST = Api(calls_per_second=1000, call_seconds=3)
CALLS = {name: call.path for name, call in shown.load().calls.items() if call.path != SWITCH}
PAGED, WHOLE = "/api/entity/type/search", "/api/report/daily-active-user"  # neither has an older call in its place

UNAVAILABLE = {"refused", "unauthorized", "forbidden", "unknown"}
AGAIN = {"busy", "later", "broken", "unavailable", "short", "not gzip", "cut"}  # worth another attempt
TIMED_OUT = {"hang", "drip", "drip head"}
FAILED = {"much later", "login page", "elsewhere", "not json", "list", "number", "null", "empty", "utf-16"}
OF_LISTS = {"no list", "lists as objects"}
OF_PAGES = {"no total", "total larger", "total smaller", "ids as numbers", "endless"}
HARMLESS = {"gzip", "charset", "extra fields", "duplicates", "total text", "names as objects", "sections as text"}
OVER = {"huge", "million", "total absurd"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", KEY)


def ask(instance: Standin, api: Api = FAST, **order: Any) -> Collection:
    """Count everything over the API, without a rest."""
    clock = Hurried()
    given = replace(limits(measured_alone=0), api=api)
    source = HTTPInstance(instance.url, api, clock=clock)
    return collector.collect(source, catalogue.load(), Order(day=DAY, settings=given, **order), clock)


def told(collection: Collection) -> dict[str, Figure]:
    return {**figures(collection), **metrics(collection)}


@cache
def clean() -> dict[str, Figure]:
    """What is counted where nothing goes wrong."""
    with Standin(instance()) as well:
        return told(ask(well))


def needing(paths: Iterable[str]) -> set[str]:
    """The figures that are counted in the answers of these calls, and can be had."""
    wanted, shows = set(paths), shown.load()
    found = {
        stat.name for stat in catalogue.load() if {call.path for call in shows.calls_of(stat)} & wanted
    } & clean().keys()
    newer = {name for name in found if CALLS["version"] in wanted and "it came with" in (clean()[name].reason or "")}
    return {name for name in found if clean()[name].status is Status.OK} | newer


def met(*faults: Fault, api: Api = FAST) -> tuple[dict[str, Figure], Standin]:
    """What is counted where something goes wrong; no page was asked for more often than it may be."""
    with Standin(instance(), faults=faults) as ill:
        found = told(ask(ill, api))
    asked = Counter((each.path, json.dumps(each.query, sort_keys=True)) for each in ill.requests)
    assert max(asked.values()) <= 3
    assert {each.method for each in ill.requests} == {"GET"}
    return found, ill


def touched(found: dict[str, Figure]) -> set[str]:
    return {
        name
        for name, figure in clean().items()
        if (figure.value, figure.status) != (found[name].value, found[name].status)
    }


def only(found: dict[str, Figure], paths: Iterable[str], status: Status) -> None:
    """Check that these calls' figures have this status and a good reason, and all others are as ever."""
    gone = needing(paths)
    assert touched(found) == gone
    for name in gone:
        figure = found[name]
        assert (figure.status, figure.value) == (status, None), name
        clear(figure.reason)


def clear(reason: str | None) -> None:
    """Check that words are a reason, and hold nothing of the address, the key or the answer."""
    assert reason
    assert not reason.endswith(".")
    assert "\n" not in reason
    for word in ("://", "127.0.0.1", "localhost", KEY, CANARY, "<", "login.example", "Traceback"):
        assert word not in reason


# ------------------------------------------------------------------------------------------------------ one call is ill


def test_every_fault_is_tried() -> None:
    tried = UNAVAILABLE | AGAIN | TIMED_OUT | FAILED | OF_LISTS | OF_PAGES | HARMLESS | OVER
    assert tried | {"total changing", "flags as text"} == standin.faults.KINDS


@pytest.mark.parametrize("name", CALLS)
def test_what_fails_takes_away_only_what_is_counted_in_it(name: str) -> None:
    found, ill = met(Fault(CALLS[name], "broken"))
    only(found, [CALLS[name]], Status.FAILED)
    assert len(ill.asked(CALLS[name])) == 3
    assert {figure.reason for figure in found.values() if figure.status is Status.FAILED} == {
        f"GET {CALLS[name]} was answered with the status 500"
    }


@pytest.mark.parametrize("path", [PAGED, WHOLE])
@pytest.mark.parametrize("kind", sorted(UNAVAILABLE))
def test_what_the_key_the_version_or_the_licence_does_not_allow_is_unavailable(kind: str, path: str) -> None:
    found, ill = met(Fault(path, kind))
    only(found, [path], Status.UNAVAILABLE)
    assert all(f"GET {path}" in (found[name].reason or "") for name in needing([path]))
    assert len(ill.asked(path)) == 1


@pytest.mark.parametrize("path", [PAGED, WHOLE])
@pytest.mark.parametrize("kind", sorted(AGAIN | FAILED | OF_LISTS))
def test_another_answer_than_was_asked_for_is_a_failure(kind: str, path: str) -> None:
    found, ill = met(Fault(path, kind))
    only(found, [path], Status.FAILED)
    assert len(ill.asked(path)) == (3 if kind in AGAIN else 1)


@pytest.mark.parametrize("kind", sorted(OF_PAGES))
def test_a_list_that_cannot_be_trusted_gives_no_number(kind: str) -> None:
    found, ill = met(Fault(PAGED, kind))
    only(found, [PAGED], Status.FAILED)
    assert len(ill.asked(PAGED)) <= 12  # also a list without end


@pytest.mark.parametrize("kind", sorted(TIMED_OUT))
def test_an_instance_that_is_slow_at_one_call_is_asked_it_once(kind: str) -> None:
    found, ill = met(Fault(PAGED, kind), api=replace(FAST, call_seconds=0.5))
    only(found, [PAGED], Status.TIMED_OUT)
    assert len(ill.asked(PAGED)) == 1


def test_the_time_of_calls_is_not_that_of_statements() -> None:
    paths = [PAGED, WHOLE, "/api/form", "/api/messenger", "/api/integration"]
    api = replace(FAST, call_seconds=0.5)
    with Standin(instance(), faults=[Fault(path, "hang") for path in paths]) as ill:
        clock = Hurried()
        given = replace(limits(measured_alone=0, budget_seconds=2.0), api=api)
        source = HTTPInstance(ill.url, api, clock=clock)
        found = collector.collect(source, catalogue.load(), Order(day=DAY, settings=given), clock)
    only(told(found), paths, Status.TIMED_OUT)


@pytest.mark.parametrize("kind", sorted(OVER))
def test_a_list_that_is_too_long_is_over_the_budget(kind: str) -> None:
    found, ill = met(Fault(PAGED, kind), api=replace(FAST, call_seconds=20))
    only(found, [PAGED], Status.OVER_BUDGET)
    sizes = [int(each.query["numberOfResults"][0]) for each in ill.asked(PAGED)]
    # What comes at once is too much: as if its objects were large.
    assert sizes == ([500] if kind == "total absurd" else [500, 100, 20, 4, 1])


@pytest.mark.parametrize("path", [PAGED, WHOLE])
@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_what_does_no_harm_does_none(kind: str, path: str) -> None:
    found, _ = met(Fault(path, kind))
    assert touched(found) == set()


def test_what_does_no_harm_anywhere_does_none() -> None:
    for kind in ("gzip", "extra fields", "names as objects"):
        assert touched(met(Fault("*", kind))[0]) == set()


def small_pages(monkeypatch: pytest.MonkeyPatch, number: int = 3) -> None:
    """Have every list that is paged be asked for by few."""
    shows = shown.load()
    calls = {name: replace(call, paged=number if call.paged else 0) for name, call in shows.calls.items()}
    monkeypatch.setattr(shown, "load", lambda: replace(shows, calls=calls))


@pytest.mark.parametrize("kind", ["total changing", "cut", "broken", "unauthorized"])
def test_a_list_that_breaks_between_pages_gives_no_smaller_number(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clean()
    small_pages(monkeypatch)
    found, _ = met(Fault(PAGED, kind, after=3))
    only(found, [PAGED], Status.UNAVAILABLE if kind == "unauthorized" else Status.FAILED)


@pytest.mark.parametrize("kind", ["short", "cut", "broken", "later"])
def test_a_page_that_fails_once_is_asked_for_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clean()
    small_pages(monkeypatch)
    found, ill = met(Fault(PAGED, kind, after=2, times=1))
    assert touched(found) == set()
    assert len(ill.asked(PAGED)) == 4


def test_a_list_that_changed_once_is_read_anew_and_one_that_changed_twice_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clean()
    small_pages(monkeypatch)
    found, ill = met(Fault(PAGED, "duplicates", after=2, times=1))
    assert touched(found) == set()
    assert len(ill.asked(PAGED)) == 6
    found, _ = met(Fault(PAGED, "duplicates", after=2, times=1), Fault(PAGED, "duplicates", after=5, times=1))
    only(found, [PAGED], Status.FAILED)


METRICS = {
    "broken": (Status.FAILED, "GET /api/prometheus/metrics was answered with the status 500"),
    "cut": (Status.FAILED, "GET /api/prometheus/metrics failed: the line was closed before an answer came"),
    "huge": (Status.OVER_BUDGET, "GET /api/prometheus/metrics brought more than 64 MB in one answer"),
    "login page": (Status.FAILED, "GET /api/prometheus/metrics was answered with a page instead of text; a proxy or"),
    "empty": (Status.UNAVAILABLE, "its metrics can tell it too, but those of the node that answered do not"),
    "utf-16": (Status.FAILED, "GET /api/prometheus/metrics was answered with something that is no UTF-8 text"),
    "unauthorized": (
        Status.UNAVAILABLE,
        "its metrics can tell it too, but the API key may not GET /api/prometheus/met",
    ),
}


@pytest.mark.parametrize("kind", METRICS)
def test_metrics_that_cannot_be_had_take_away_what_only_they_tell(kind: str) -> None:
    expected, said = METRICS[kind]
    found, _ = met(Fault(shown.METRICS, kind))
    assert touched(found) == {name for name, figure in clean().items() if figure.statement == "configuration"}
    for name in touched(found):
        assert found[name].status is expected
        assert said in (found[name].reason or "")
        clear(found[name].reason)


def test_a_call_for_metrics_is_on_the_record_where_it_was_in_vain() -> None:
    with Standin(instance(), faults=[Fault(shown.METRICS, "broken")]) as ill:
        collection = ask(ill)
    assert sum(each.load.calls or 0 for each in collection.statements) == len(ill.requests)
    [record] = [each for each in collection.statements if each.name == "configuration"]
    assert record.load.calls == len(ill.asked(shown.METRICS)) == 3
    assert record.failure == "GET /api/prometheus/metrics was answered with the status 500"


# ---------------------------------------------------------------------------------------------------- the switch is ill


@pytest.mark.parametrize("kind", sorted(UNAVAILABLE | AGAIN | FAILED | {"hang", "drip head", "huge"}))
def test_where_the_switch_cannot_be_read_nothing_else_is(kind: str) -> None:
    with Standin(instance(), faults=[Fault(SWITCH, kind)]) as ill:
        with pytest.raises(SourceError) as caught:
            ask(ill, replace(FAST, call_seconds=0.5 if kind in TIMED_OUT else 5))
        assert {each.path for each in ill.requests} == {SWITCH}
        assert len(ill.requests) == (3 if kind in AGAIN else 1)
    said = str(caught.value)
    assert said.startswith("The instance's own switch for usage data cannot be read: ")
    assert said.endswith(".")
    clear(said.removesuffix("."))


def test_a_switch_that_is_off_is_all_that_is_read(tmp_path: Path) -> None:
    off = changed(
        tmp_path, """UPDATE system_configuration SET data = '{"usageDataConfiguration": {"enabled": false}}'"""
    )
    with Standin(off) as ill:
        with pytest.raises(CollectionOffError):
            ask(ill)
        assert [each.path for each in ill.requests] == [SWITCH]


# ---------------------------------------------------------------------------------------------- another key, or version


def test_a_key_for_one_tenant_is_named_and_nothing_is_counted_in_what_it_sees() -> None:
    with duckdb.connect(str(instance()), read_only=True) as connection:
        tenants = connection.execute("SELECT id::VARCHAR FROM tenants ORDER BY id").fetchall()
    for (tenant,) in (tenants[0], tenants[-1]):
        with Standin(instance(), tenant=tenant) as narrow:
            found = told(ask(narrow))
        gone = needing(call.path for call in shown.load().calls.values() if call.narrowed)
        assert {"applicationNumber", "groupApplicationRoles", "entitiesEntityGrants"} <= gone == touched(found)
        reasons = {found[name].reason for name in gone}
        assert len(reasons) == 1
        assert "as with a key that is for one tenant only: name a key that is for all tenants" in str(reasons)


class Rubbish(str):
    """A version that the stand-in says, and takes for another one itself."""

    def split(self, *how: Any) -> list[str]:
        return str.split("1.60.2", *how)


@pytest.mark.parametrize("version", ["rubbish", "", "-7", "\u202e<b>"])
def test_a_version_that_nobody_can_read_takes_away_what_depends_on_it(version: str) -> None:
    with Standin(instance(), version=Rubbish(version) or None) as ill:
        ill.version = Rubbish(version)
        found = told(ask(ill))
    gone = needing([CALLS["version"]])
    assert touched(found) == gone
    for name in gone:
        assert found[name].status is Status.FAILED
        assert "a field of the version is missing, or is not what FusionAuth documents" in (found[name].reason or "")


# ----------------------------------------------------------------------------------------------------------- whole runs


def test_each_run_makes_its_report(project: Project) -> None:
    (project.folder / "fa_stats.toml").write_text(
        "[api]\ncalls_per_second = 1000.0\ncall_seconds = 1.0\n[collection]\nmeasured_alone = 0\n"
    )
    cases = {
        "broken": (WHOLE, ExitCode.PARTIAL, "was answered with the status 500"),
        "unauthorized": (PAGED, ExitCode.DONE, f"the API key may not GET {PAGED}"),
        "hang": (PAGED, ExitCode.PARTIAL, "was not answered in full within 1 s"),
        "login page": (SWITCH, ExitCode.NO_PAYLOAD, "a proxy or a login page may stand between"),
    }
    for number, (kind, (path, code, said)) in enumerate(cases.items()):
        with Standin(instance(), faults=[Fault(path, kind)]) as ill:
            more = ["--again", "--reason", "fault"] if number else []
            ended = Project(project.folder, ill.url).run(*more, day=DAY, FUSIONAUTH_API_KEY=KEY)
        assert ended.returncode == code, (kind, ended.stderr)
        newest = project.folders()[-1] if number == 0 else max(project.folders(), key=lambda each: each.stat().st_mtime)
        assert said in (newest / "report.html").read_text()
        assert json.loads((newest / "run.json").read_text())["exit_code"] == code


# ---------------------------------------------------------------------------------------------- the same, come what may


def _paths(found: Any, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(found, dict):
        return [before]
    return [before] * bool(before) + [path for key, each in found.items() for path in _paths(each, (*before, key))]


def shaken(path: Path, seed: int) -> None:
    """Take away, or make null, some of what is in the documents and the columns of an instance, at random.

    The tenant manager stays as it is, for it is known by its document.
    """
    chance = random.Random(seed)
    with duckdb.connect(str(path)) as connection:
        [(manager,)] = connection.execute("SELECT tenant_manager_applications_id::VARCHAR FROM instance").fetchall()
        for table in (
            "applications",
            "tenants",
            "webhooks",
            "themes",
            "identity_providers",
            "application_oauth_scopes",
        ):
            for key, text in connection.execute(f"SELECT id::VARCHAR, data FROM {table}").fetchall():
                if key == manager:
                    continue
                document = json.loads(text) if text else {}
                for where in _paths(document):
                    if chance.random() < 0.1:
                        _spoil(document, where, chance)
                written = json.dumps(document, indent=chance.choice([None, 2])) if chance.random() < 0.9 else "{}"
                connection.execute(f"UPDATE {table} SET data = ? WHERE id = ?", [written, key])
        for table in ("applications", "tenants"):
            names = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = ? AND is_nullable = 'YES'"
                " AND column_name LIKE '%s_id' AND column_name <> 'tenants_id'",
                [table],
            ).fetchall()
            for (name,) in names:
                if chance.random() < 0.3:
                    connection.execute(f"UPDATE {table} SET {name} = NULL WHERE hash(id, ?) % 3 = 0", [seed])


def _spoil(document: dict[str, Any], where: tuple[str, ...], chance: random.Random) -> None:
    for key in where[:-1]:
        document = document.get(key) or {}
        if not isinstance(document, dict):
            return
    if where[-1] in document:
        if chance.random() < 0.5:
            del document[where[-1]]
        else:
            document[where[-1]] = None


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), page=st.integers(1, 7), backwards=st.booleans())
def test_the_api_gives_what_the_database_gives(
    seed: int, page: int, backwards: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = changed(tmp_path_factory.mktemp("shaken"))
    shaken(path, seed)
    with pytest.MonkeyPatch.context() as patch:
        small_pages(patch, page)
        if backwards:
            patch.setattr("fa_stats.api.calls._ORDER", {"orderBy": "insertInstant DESC"})
        with Standin(path) as same:
            here = told(ask(same))
    there = told(count(path, given=limits(measured_alone=0)))
    shows = {stat.name for stat in catalogue.load() if shown.load().calls_of(stat)} & here.keys()
    unequal = {
        name: (here[name].value, there[name].value, here[name].status)
        for name in shows
        if (here[name].value, here[name].status) != (there[name].value, there[name].status)
    }
    assert unequal == {}
