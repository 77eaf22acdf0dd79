"""The promises of the vendor's page: held by a clean run, and each broken by the one thing that breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import evidences
import instances
import loaded
import pytest
import rfc8785
import servers
import test_oracle
import test_planted
from evidences import asked_together, clean, collected, failing, figures_changed, of, outcomes, with_value
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import Fixed
from test_snapshots import snapshot

from fa_stats import catalogue, checks, history, ledger, payload, snapshots
from fa_stats.checks import PROMISES, Check, Evidence, Outcome, evidence, forms, laws
from fa_stats.collection import Collection, Status
from fa_stats.policy import PolicyRecord, State
from fa_stats.settings import Settings

# The sentences of the page that are used, to the letter.
PAGE = {
    "FusionAuth never collects personally identifiable information about your users or customers.",
    "We will never collect anything that would let us know specific information about your configuration or your "
    "customers such as OIDC URLs, user emails or mail hosts.",
    "We limit data collection to feature usage counts and software versions of the product.",
    "We collect all stats in aggregate, so that there is no chance of violating confidentiality or compliance.",
    "By making these public commitments, we are clear about what data we gather and what data we will not.",
    "We will not collect new stats without releasing a new version of FusionAuth.",
    "Self-hosted customers will always be able to turn off usage data collection.",
    "As a further failsafe, we can dynamically disable any stat collection that does cause a problem without the need "
    "to release or upgrade the instance.",
    "Queries only run once per day.",
    "Data collection is intentionally throttled to not use additional resources.",
}
PERSONAL, ADDRESSES, COUNTS, AGGREGATES, NAMES, NEW, SWITCH, POLICY, ONCE, LOAD, STATUSES, LAWS, VERSIONS, LEDGER = (
    name for name, _, _ in PROMISES
)


def test_every_promise_is_the_pages_to_the_letter_or_said_to_be_ours() -> None:
    sentences = [sentence for _, sentence, _ in PROMISES]
    assert {each for each in sentences if not each.startswith("fa_stats: ")} == PAGE
    assert len({name for name, _, _ in PROMISES}) == len(PROMISES) == 14


def test_a_clean_run_holds_every_promise() -> None:
    assert {
        name: check.evidence for name, check in outcomes(clean()).items() if check.outcome is not Outcome.HELD
    } == {}


def raw(content: bytes) -> Callable[[], Evidence]:
    return lambda: replace(clean(), payload=content)


def parsed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(clean().payload)
    return found


def within(part: str, key: str, value: Any) -> Callable[[], Evidence]:
    """The payload alone, with one more key in a part of it."""

    def change() -> Evidence:
        whole = parsed()
        (whole[part] if part else whole)[key] = value
        return replace(clean(), payload=rfc8785.dumps(whole))

    return change


def collection(**values: Any) -> Callable[[], Evidence]:
    return lambda: of(replace(collected(), **values))


def evidence_with(**values: Any) -> Callable[[], Evidence]:
    return lambda: replace(clean(), **values)


def status(name: str, status: Status, reason: str | None = "it failed") -> Callable[[], Evidence]:
    def give() -> Evidence:
        changed = figures_changed(name, lambda each: replace(each, status=status, value=None, reason=reason))
        if status is Status.DISABLED:
            changed = of(replace(changed.collection, statements=without(name, changed.collection)))
        return changed

    return give


def without(name: str, given: Collection) -> tuple[Any, ...]:
    return tuple(replace(each, figures=tuple(f for f in each.figures if f != name)) for each in given.statements)


def statements(change: Callable[[int, Any], Any]) -> Callable[[], Evidence]:
    return lambda: of(
        replace(collected(), statements=tuple(change(place, each) for place, each in enumerate(collected().statements)))
    )


def value(name: str, given: Any) -> Callable[[], Evidence]:
    return lambda: with_value(name, given)


def with_another_instance(content: bytes) -> bytes:
    return content.replace(str(collected().instance_id).encode(), b"0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44")


def started(moment: datetime) -> Callable[[], Evidence]:
    return lambda: of(replace(collected(), started=moment))


NOW = collected().started
FLIPS: dict[str, tuple[Callable[[], Evidence], set[str]]] = {
    "a byte after the end": (lambda: replace(clean(), payload=clean().payload + b"\n"), {COUNTS}),
    "a byte before the metrics": (lambda: replace(clean(), metrics=b" " + clean().metrics), {COUNTS}),
    "a byte order mark": (lambda: replace(clean(), payload=b"\xef\xbb\xbf" + clean().payload), {COUNTS}),
    "keys in another order": (
        lambda: replace(clean(), payload=json.dumps(dict(reversed(parsed().items())), separators=(",", ":")).encode()),
        {COUNTS},
    ),
    "a key that stands twice": (
        lambda: replace(clean(), payload=clean().payload.replace(b'"stats":{', b'"stats":{"tenantNumber":1,', 1)),
        {COUNTS},
    ),
    "no JSON": (raw(b"tenantNumber=1"), {COUNTS}),
    "no number": (lambda: replace(clean(), metrics=clean().metrics.replace(b":1,", b":NaN,", 1)), {COUNTS}),
    "another key at the top": (within("", "failedStats", []), {COUNTS, NAMES}),
    "a stat that the catalogue does not have": (within("stats", "tenantSecrets", 1), {NAMES, STATUSES}),
    "a timing that the catalogue does not have": (within("timings", "tenantSecrets", 1), {NAMES, STATUSES}),
    "a metric among the stats": (within("stats", "totalUsers", 1), {NAMES, STATUSES}),
    "a stat among the metrics": (
        lambda: replace(clean(), metrics=rfc8785.dumps({**json.loads(clean().metrics), "tenantNumber": 1})),
        {NAMES, STATUSES},
    ),
    "another value than was collected": (
        within("stats", "atdCaptcha", 1 + parsed()["stats"]["atdCaptcha"]),
        {STATUSES},
    ),
    "another timing than was measured": (within("timings", "atdCaptcha", 86_399_999), {STATUSES}),
    "a timing below zero": (within("timings", "atdCaptcha", -1), {COUNTS, STATUSES}),
    "a count below zero": (value("entitiesTypeNumber", -1), {COUNTS}),
    "a count that is no count": (value("entitiesTypeNumber", 1.5), {COUNTS}),
    "a count that is true": (value("entitiesTypeNumber", True), {COUNTS}),
    "a count in a text": (value("entitiesTypeNumber", "1"), {COUNTS}),
    "a count of a million": (value("entitiesTypeNumber", 1_000_000), {COUNTS}),
    "a flag that is a count": (value("integrationsKafkaEnabled", 1), {COUNTS}),
    "a plan that nobody knows": (value("instanceCompanyPlan", "Platinum"), {COUNTS}),
    "an unknown type of identity provider": (
        value("applicationEnabledIdentityProviders", [{"count": 10**5, "idp": "Okta"}]),
        {COUNTS},
    ),
    "types that are out of order": (
        value("applicationEnabledIdentityProviders", [{"count": 10**5, "idp": name} for name in ("Xbox", "Apple")]),
        {COUNTS},
    ),
    "another key in a breakdown": (
        value("applicationEnabledIdentityProviders", [{"count": 10**5, "idp": "Apple", "tenant": 1}]),
        {COUNTS},
    ),
    "another key in the object": (value("instanceFirstTimeSetupProgress", {"apiKeyConfigured": True}), {COUNTS}),
    "metrics of another version": (value("metricsVersion", 2), {COUNTS}),
    "an address for a version": (value("instanceJavaVersion", "10.20.30.40"), {COUNTS, PERSONAL, ADDRESSES}),
    "an e-mail address for a version": (
        value("instanceJavaVersion", "erika@example.com"),
        {COUNTS, PERSONAL, ADDRESSES},
    ),
    "a name that was not known": (
        lambda: replace(clean(), known=(clean().known or frozenset()) - {"tenantNumber"}),
        {NEW},
    ),
    "a second run without a reason": (evidence_with(reasons=(None, None)), {ONCE}),
    "a second run with an empty reason": (evidence_with(reasons=(None, " ")), {ONCE}),
    "a second run that gave no reason, before a third": (evidence_with(reasons=(None, None, "a repair")), {ONCE}),
    "the switch off": (collection(switch="false"), {SWITCH}),
    "the settings off": (evidence_with(circumstances=replace(evidences.CIRCUMSTANCES, mode="off")), {SWITCH}),
    "something read before the switch": (
        statements(lambda place, each: replace(each, started_us=0) if place == 1 else replace(each, started_us=5)),
        {SWITCH},
    ),
    "something read with the switch": (
        statements(lambda place, each: each if place else replace(each, figures=(*each.figures, "tenantNumber"))),
        {SWITCH},
    ),
    "the time zone read before the switch": (
        statements(lambda place, each: each if place else replace(each, figures=("reportTimezone",))),
        {SWITCH},
    ),
    "a query beyond its limit": (
        statements(lambda place, each: replace(each, microseconds=11_000_001) if place == 3 else each),
        {LOAD},
    ),
    "more queries than the budget has room for": (
        statements(lambda place, each: replace(each, microseconds=10_000_000)),
        {LOAD},
    ),
    "a stat without a status": (
        lambda: of(replace(collected(), stats=tuple(f for f in collected().stats if f.name != "atdIpAcls"))),
        {STATUSES},
    ),
    "a stat with two": (lambda: of(replace(collected(), stats=collected().stats + collected().stats[:1])), {STATUSES}),
    "a status without a reason": (status("atdIpAcls", Status.FAILED, None), {STATUSES}),
    "a part larger than its whole": (value("applicationActiveNumber", 999), {LAWS}),
    "a type of a tenant more often than at all": (
        lambda: asked_together(
            with_value("applicationEnabledTenantIdentityProviders", [{"count": 999, "idp": "Apple"}]),
            "applicationEnabledTenantIdentityProviders",
            "applicationEnabledIdentityProviders",
        ),
        {LAWS},
    ),
    "a stat that was switched off, and asked for": (
        lambda: figures_changed(
            "atdIpAcls",
            lambda f: replace(f, status=Status.DISABLED, value=None, microseconds=None, reason="switched off by A"),
        ),
        {POLICY},
    ),
    "a stat that was switched off, and timed": (status("atdIpAcls", Status.DISABLED), {POLICY}),
    "a policy that is too old": (evidence_with(policy=PolicyRecord(State.EXPIRED)), {POLICY}),
    "a policy that was never had": (evidence_with(policy=PolicyRecord(State.ABSENT)), {POLICY}),
    "a stat beside the list that is followed": (
        lambda: replace(
            of(replace(collected(), active_list=("tenantNumber",))),
            policy=PolicyRecord(State.UNSET, follows_active_list=True),
        ),
        {POLICY},
    ),
    "another version of the instance": (within("", "applicationVersion", "1.60.3"), {VERSIONS}),
    "another instance": (within("", "instanceId", "0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44"), {VERSIONS}),
    "another instance in both payloads": (
        lambda: replace(
            clean(), payload=with_another_instance(clean().payload), metrics=with_another_instance(clean().metrics)
        ),
        {VERSIONS, STATUSES},
    ),
    "an e-mail address for a name": (within("stats", "erika@example.com", 1), {PERSONAL, ADDRESSES, NAMES, STATUSES}),
    "another version of the stats": (within("", "statsVersion", "0.1.6"), {VERSIONS}),
    "another catalogue": (collection(catalogue_sha256="00"), {VERSIONS}),
    "another moment": (within("", "collectionInstant", 1_720_629_226_097), {VERSIONS}),
    "a run of the future": (started(NOW + timedelta(minutes=2)), {VERSIONS}),
    "a day of the future": (collection(day=NOW.date() + timedelta(days=1)), {VERSIONS}),
    "a broken ledger": (evidence_with(ledger_problem="The ledger's entry 7 does not follow on entry 6."), {LEDGER}),
    "a clock that was set back": (evidence_with(ledger_newest=NOW + timedelta(minutes=3)), {LEDGER}),
}


@pytest.mark.parametrize("flip", FLIPS)
def test_one_thing_wrong_fails_its_check_and_no_other(flip: str) -> None:
    change, expected = FLIPS[flip]
    changed = change()
    assert failing(changed) == expected
    for check in checks.examine(changed):
        assert check.evidence.endswith("."), check
        assert check.outcome is not Outcome.FAILED or len(check.evidence) > 20


FAULTY = {
    "a kind that the value does not have": ("integrations.sql", "kind: boolean", "kind: string"),
    "an identifier among the stats": ("server.sql", "privacy: version", "privacy: identifier"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_wrong_word_of_the_catalogue_is_seen(fault: str, tmp_path: Path) -> None:
    given = test_planted.faulty(tmp_path, *FAULTY[fault])
    found = replace(collected(), catalogue_sha256=given.sha256)
    assert failing(replace(of(found), catalogue=given)) - {AGGREGATES} == {COUNTS}


RIGHT: dict[str, Callable[[], Evidence]] = {
    "a second run with its reason": evidence_with(reasons=(None, "the server was restored")),
    "a young copy of the policy": evidence_with(policy=PolicyRecord(State.KEPT)),
    "no ledger yet": evidence_with(ledger_newest=None),
    "a clock that is a few seconds behind": evidence_with(ledger_newest=NOW + timedelta(seconds=50)),
    "the first run of a version": evidence_with(known=None, first_of_version=True),
    "a switch that was never set": collection(switch=None),
    "a stat that was switched off": lambda: of(
        replace(
            status("atdIpAcls", Status.DISABLED)().collection,
            stats=tuple(
                replace(f, microseconds=None) if f.name == "atdIpAcls" else f
                for f in status("atdIpAcls", Status.DISABLED)().collection.stats
            ),
        )
    ),
    "a list of active stats that nobody follows": collection(active_list=("tenantNumber",)),
    "a late run": collection(day=NOW.date() - timedelta(days=3)),
    "many users": lambda: with_value("totalUsers", 412_555_012),
    "a plan in another spelling": value("instanceCompanyPlan", "essentials"),
    "a Java version with a build": value("instanceJavaVersion", "17.0.8.1+1"),
    "a newer Java version": value("instanceJavaVersion", "21.0.10.1+11"),
    "an older Java version": value("instanceJavaVersion", "1.8.0_392-b08"),
    "a version of Elasticsearch": value("instanceElasticsearchVersion", "8.13.4"),
    "a version of OpenSearch": value("instanceElasticsearchVersion", "2.11.0"),
    "a version of PostgreSQL": value("instanceDatabaseVersion", "15.18"),
    "a version of MySQL": value("instanceDatabaseVersion", "8.0.36"),
    "a version of MariaDB": value("instanceDatabaseVersion", "10.11.6"),
    "a test licence": value("instanceLicenseType", "Non-production"),
    "a memory in plain kilobytes": value("instanceFusionauthAppMemory", 1_500_000 * 1024),
    "the memory of the page": value("instanceFusionauthAppMemory", 25_769_803_776),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_fails_no_check(case: str) -> None:
    found = {check.name: check.evidence for check in checks.examine(RIGHT[case]()) if check.outcome is not Outcome.HELD}
    assert found == {}


UNKNOWN: dict[str, tuple[Callable[[], Evidence], str]] = {
    "an instance without a version": (
        lambda: figures_changed(
            "productVersion", lambda f: replace(f, status=Status.FAILED, value=None, reason="lost")
        ),
        "",
    ),
    "earlier names that cannot be read": (evidence_with(known=None), NEW),
    "no circumstances": (evidence_with(circumstances=None), SWITCH),
    "no policy": (evidence_with(policy=None), POLICY),
    "no queries": (collection(statements=()), LOAD),
}


@pytest.mark.parametrize("case", list(UNKNOWN)[1:])
def test_what_cannot_be_told_is_no_pass(case: str) -> None:
    change, name = UNKNOWN[case]
    assert outcomes(change())[name].outcome is Outcome.NOT_RUN


def test_a_collection_without_a_version_is_not_sent() -> None:
    found = outcomes(of(replace(collected(), application_version=None)))
    assert found[NEW].outcome is Outcome.NOT_RUN
    assert found[VERSIONS].outcome is Outcome.FAILED


@pytest.mark.parametrize("broken", [b"", b"[]", b"null", b"{", b"\xff", b'{"stats": 1}', b"[" * 100_000])
def test_checks_never_raise_and_never_pass_what_they_cannot_read(broken: bytes) -> None:
    for changed in (replace(clean(), payload=broken), replace(clean(), metrics=broken)):
        found = outcomes(changed)
        assert {found[name].outcome for name in (PERSONAL, NAMES, STATUSES)} & {Outcome.NOT_RUN, Outcome.FAILED}
        assert found[COUNTS].outcome is not Outcome.HELD
    found = outcomes(replace(clean(), catalogue=None))  # type: ignore[arg-type]
    assert found[AGGREGATES].evidence == "The check met an unexpected TypeError, and was not finished."


@given(content=st.binary(max_size=60), metrics=st.binary(max_size=60))
@settings(deadline=None, max_examples=60)
def test_no_bytes_make_a_check_raise_or_pass(content: bytes, metrics: bytes) -> None:
    found = outcomes(replace(clean(), payload=content, metrics=metrics))
    assert found[COUNTS].outcome is not Outcome.HELD


@given(name=st.text(min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_a_name_that_nobody_knows_is_never_repeated(name: str) -> None:
    changed = within("stats", f"Mustermann{name}", 1)()
    assert not any("Mustermann" in check.evidence for check in checks.examine(changed))
    assert NAMES in failing(changed)


# ------------------------------------------------------------------------------------------------- over real instances


@pytest.mark.parametrize(("seed", "day"), test_oracle.DAYS, ids=str)
def test_the_demo_raises_no_false_alarm(seed: int, day: date) -> None:
    found = instances.collect(instances.instance(seed, day), day, clock=Fixed(datetime(2026, 12, 3, 2, 0, tzinfo=UTC)))
    clean = evidences.evidence_of(found)
    assert {c.name: c.evidence for c in checks.examine(clean) if c.outcome is not Outcome.HELD} == {}


@pytest.mark.parametrize("how", test_oracle.HOSTILE_DOCUMENTS)
def test_documents_written_in_another_way_raise_no_false_alarm(how: str) -> None:
    found = instances.collect(test_oracle.rewritten(how))
    assert failing(evidences.evidence_of(found)) == set()


@pytest.mark.parametrize("kind", servers.KINDS)
def test_a_real_server_raises_no_false_alarm(kind: str) -> None:
    servers.shared(kind)  # or the test is skipped
    found = loaded.collect(loaded.url_of(kind, instances.instance()))
    clean = evidences.evidence_of(found)
    assert {c.name: c.evidence for c in checks.examine(clean) if c.outcome is not Outcome.HELD} == {}


def test_a_run_of_single_queries_raises_no_false_alarm() -> None:
    found = outcomes(evidences.evidence_of(instances.collect(instances.instance(), isolated=True)))
    assert {check.name for check in found.values() if check.outcome is not Outcome.HELD} == {LAWS}
    assert found[LAWS].outcome is Outcome.NOT_RUN  # two queries are two moments


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9), upgraded=st.booleans())
def test_no_law_is_broken_by_hostile_rows(seed: int, upgraded: bool) -> None:
    path = test_oracle.empty(upgraded)
    test_oracle.fill(path, seed, upgraded, instances.DAY)
    found = outcomes(evidences.evidence_of(instances.collect(path)))
    for name in (LAWS, STATUSES, AGGREGATES, SWITCH, LOAD, NEW):
        assert found[name].outcome is Outcome.HELD, found[name]


def test_most_laws_are_looked_at() -> None:
    said = outcomes(clean())[LAWS].evidence
    found = re.match(r"Laws that hold: (\d+)", said)
    assert found, said
    assert int(found[1]) > 170, said


def test_every_law_can_be_broken() -> None:
    """So that none is a law about nothing."""
    for stat in catalogue.load():
        if stat.within and stat.kind == "count":
            changed = asked_together(with_value(stat.name, 999_999), stat.name, stat.within)
            assert laws.hold(changed).outcome is Outcome.FAILED, stat.name


def test_the_forms_know_only_names_of_the_catalogue() -> None:
    names = catalogue.load().by_name
    assert set(forms.SOURCES) <= set(names)
    assert set(forms._FORMS) <= set(names)
    assert all(
        stat.name in forms._FORMS for stat in names.values() if stat.kind != "count" and stat.payload != "context"
    )


# ------------------------------------------------------------------------------------------------------------ gathering


def settings_of(folder: Path) -> Settings:
    return replace(instances.limits(), folder=folder)


def gathered(folder: Path, found: Collection, again: str | None = None) -> Evidence:
    begun = replace(
        snapshot(),
        collection=found,
        payload=payload.usage_data(found),
        metrics=payload.metrics(found),
        source_identity="demo:1",
        again_because=again,
    )
    return evidence.gather(settings_of(folder), begun, Fixed())


def keep(folder: Path, found: Collection, run: str, again: str | None = None, source: str = "demo:1") -> None:
    kept = replace(snapshot(), collection=found, run=run, source_identity=source, again_because=again)
    snapshots.write(folder / "data", kept, catalogue.load())


def fewer(found: Collection, name: str) -> Collection:
    return replace(found, stats=tuple(figure for figure in found.stats if figure.name != name))


def test_the_first_run_of_a_version_has_nothing_before_it(tmp_path: Path) -> None:
    keep(tmp_path, replace(collected(), application_version="1.59.0"), "20261121T020000Z-0000")
    keep(tmp_path, collected(), "20261121T020001Z-0000", source="demo:2")
    history.rebuild(tmp_path / "data")
    found = gathered(tmp_path, collected())
    assert (found.known, found.first_of_version) == (None, True)


@pytest.mark.parametrize("how", ["history", "no history", "a history behind", "a damaged history"])
def test_the_names_are_those_of_the_first_run_of_the_version(tmp_path: Path, how: str) -> None:
    data, old = tmp_path / "data", collected().day - timedelta(days=2)
    keep(tmp_path, replace(fewer(collected(), "atdIpAcls"), day=old), "20261121T020000Z-0000")
    if how != "no history":
        history.rebuild(data)
    keep(
        tmp_path, replace(collected(), day=old), "20261121T030000Z-0000", "once more"
    )  # takes its place in the history
    keep(tmp_path, replace(collected(), day=old + timedelta(days=1)), "20261122T020000Z-0000")
    if how == "history":
        history.catch_up(data)
    if how == "a damaged history":
        history.path_of(data).write_bytes(b"no database")
    found = gathered(tmp_path, collected())
    assert found.first_of_version is False
    assert found.known is not None
    assert "atdIpAcls" not in found.known
    assert {"tenantNumber", "totalUsers"} <= found.known
    assert NEW in failing(found)


def test_names_that_only_the_history_remembers_count(tmp_path: Path) -> None:
    keep(tmp_path, replace(collected(), day=date(2026, 11, 20)), "20261120T020000Z-0000")
    history.rebuild(tmp_path / "data")
    snapshots.path_of(tmp_path / "data", date(2026, 11, 20), "20261120T020000Z-0000").unlink()
    found = gathered(tmp_path, collected())
    assert found.known is not None
    assert not found.first_of_version


def test_a_damaged_first_snapshot_leaves_the_names_unknown(tmp_path: Path) -> None:
    keep(tmp_path, replace(collected(), day=date(2026, 11, 20)), "20261120T020000Z-0000")
    path = snapshots.path_of(tmp_path / "data", date(2026, 11, 20), "20261120T020000Z-0000")
    path.chmod(0o644)
    path.write_bytes(b"no database")
    found = gathered(tmp_path, collected())
    assert (found.known, found.first_of_version) == (None, False)
    assert outcomes(found)[NEW].outcome is Outcome.NOT_RUN


def test_the_reasons_are_those_of_the_day_and_the_source_in_order(tmp_path: Path) -> None:
    day = collected().day
    keep(tmp_path, collected(), "20261123T020000Z-0000")
    keep(tmp_path, collected(), "20261123T030000Z-0000", "a repair")
    keep(tmp_path, collected(), "20261123T040000Z-0000", "elsewhere", source="demo:2")
    keep(tmp_path, replace(collected(), day=day - timedelta(days=1)), "20261123T050000Z-0000", "another day")
    assert gathered(tmp_path, collected(), "once more").reasons == (None, "a repair", "once more")
    assert gathered(tmp_path, fewer(collected(), "")).reasons == (None, "a repair", None)


def test_the_newest_moment_of_the_ledger_is_found_wherever_it_stands(tmp_path: Path) -> None:
    assert gathered(tmp_path, collected()).ledger_newest is None
    for hour in (2, 5, 3):
        clock = Fixed(datetime(2026, 11, 24, hour, tzinfo=UTC))
        ledger.enter(settings_of(tmp_path), clock, day=date(2026, 11, 24), event="off")
    path = ledger.path_of(tmp_path / "data")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((lines[0], lines[1].replace(b"off", b"odd"), lines[2])))
    found = gathered(tmp_path, collected())
    assert found.ledger_newest == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert found.now == Fixed().instant
    assert outcomes(found)[LEDGER].evidence.startswith("data/ledger.jsonl, entry 3: It does not follow")
    assert LEDGER in failing(replace(found, ledger_problem=None))


def test_a_check_is_read_back_as_it_was_kept() -> None:
    for check in checks.examine(clean()):
        assert checks.of_row(checks.to_row(check)) == check
    assert isinstance(check, Check)


def test_the_example_of_the_page_has_the_forms(tmp_path: Path) -> None:
    """The values of the page's example that are no counts, and its largest."""
    example = {
        "instanceCompanyPlan": "Essentials",
        "instanceDatabaseVersion": "8.3.0",
        "instanceDatabaseMysqlEnforceUtf8mb4": False,
        "instanceFirstTimeSetupProgress": dict.fromkeys(forms.SETUP, False),
        "instanceFusionauthAppSearchDefaultRefreshInterval": "1s",
        "instanceFusionauthAppMemory": 25_769_803_776,
        "instanceJavaVersion": "17.0.8.1+1",
        "instanceLicenseType": "Non-production",
        "instanceSearchType": "database",
        "applicationEnabledIdentityProviders": [
            {"count": 20, "idp": "Apple"},
            {"count": 120, "idp": "SAMLv2IdPInitiated"},
        ],
    }
    assert {name: said for name, given in example.items() if (said := forms.wrong(name, given))} == {}


@pytest.mark.parametrize("value", [True, -1, 1.0, "1", None, 1_000_000, [1], {}])
def test_a_count_is_a_whole_number_below_a_million(value: Any) -> None:
    assert forms.wrong("tenantNumber", value)
    assert forms.wrong("tenantNumber", 999_999) is None


@pytest.mark.parametrize(("value", "right"), [(1_800_000, True), (-1, True), (12_042_000, False), (1_012_000, False)])
def test_a_configured_time_is_no_date(value: int, right: bool) -> None:
    assert (forms.wrong("instanceDatabaseMaxLifetime", value) is None) is right


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_numbers_that_a_person_has_are_no_counts(seed: int) -> None:
    chance = Random(seed)
    day = date(1900, 1, 1) + timedelta(days=chance.randrange(73_000))
    numbers = [
        chance.randrange(2_000_000, 10**15),  # telephones, from seven digits on
        int(f"{day:%Y%m%d}"),
        int(f"{day:%d%m%Y}"),
        int(f"{day:%m%d%Y}"),
        int(f"{chance.randint(1, 899):03}{chance.randint(1, 99):02}{chance.randint(1, 9999):04}"),
        chance.randrange(4 * 10**15, 6 * 10**15),
    ]
    for each in numbers:
        assert forms.wrong("tenantNumber", each)
    assert forms.wrong("instanceDatabaseIdleTimeout", numbers[2])
    assert forms.wrong("totalUsers", chance.randrange(2 * 10**9, 10**15))
