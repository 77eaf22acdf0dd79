"""Who may collect and send: the decision table of the vendor's page, a row a case, and the laws that hold over all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import instances
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from instances import collection_of, figure

from fa_stats import consent, settings
from fa_stats.collection import Status
from fa_stats.consent import Agreement, Circumstances, Consent, Created, Decision, Plan, decide, still

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
# The page's sentences, as it has them.
PAGE = {
    "choose": "Self-hosted FusionAuth users can choose to share data with us.",
    "always off": "Self-hosted customers will always be able to turn off usage data collection.",
    "must": (
        "Customers on a paid plan must allow metrics collection per the license agreement unless they have an "
        "air-gapped license."
    ),
    "metrics off": "You can turn metrics collection off by blocking the hostname usage-stats.fusionauth.io.",
    "upgraded": "Instances upgraded to version 1.55 do not send feature usage data.",
    "new": (
        "New instances created since version 1.55 do send feature usage data, but you can opt out at instance creation "
        "or any time after."
    ),
    "cloud": "FusionAuth Cloud instances always share usage data.",
    "cloud cannot": "Usage stats collection cannot be disabled on FusionAuth Cloud instances.",
    "not tied": (
        "If you enable usage data collection on the Community plan (including all unlicensed FusionAuth instances), we "
        "collect data but won\u2019t tie it to your identity."
    ),
    "tied": (
        "If you enable usage data collection on the Licensed Community plan, we tie usage data to your account and "
        "identity via your instanceId."
    ),
    "licence id": "license Id (only for licensed instances with a plan)",
    None: None,
}


def agreed(**other: Any) -> Agreement:
    return Agreement(**{"by": "Ada", "at": AT - timedelta(days=1), "definitions": "d1", **other})


def around(**other: Any) -> Circumstances:
    """The circumstances in which everything is sent, but for what a case makes other."""
    usual: dict[str, Any] = {
        "mode": "on",
        "usage_data": True,
        "metrics": True,
        "deployment": "self-hosted",
        "air_gapped": False,
        "created": Created.SINCE,
        "switch": True,
        "plan": Plan.PAID,
        "definitions": "d1",
        "agreement": agreed(),
    }
    return Circumstances(**{**usual, **other})


def usage(**other: Any) -> Consent:
    return decide(around(**other), AT)[0]


def metrics(**other: Any) -> Consent:
    return decide(around(**other), AT)[1]


# ------------------------------------------------------------------------------------------------- the page's own rules

# What differs, and whether usage data and metrics are sent then, each with the sentence it rests on.
SENT: dict[str, tuple[dict[str, Any], tuple[bool, str | None], tuple[bool, str | None]]] = {
    "the switch is on": ({}, (True, "choose"), (True, "must")),
    "it is on, without a licence": ({"plan": Plan.UNLICENSED}, (True, "choose"), (True, "metrics off")),
    "it is on, with a Licensed Community plan": ({"plan": Plan.COMMUNITY}, (True, "choose"), (True, "metrics off")),
    "it is on, with an unknown plan": ({"plan": Plan.UNKNOWN}, (True, "choose"), (True, "metrics off")),
    "it is on, in an old instance": ({"created": Created.BEFORE}, (True, "choose"), (True, "must")),
    "it was never set in a new instance": ({"switch": None}, (True, "new"), (True, "must")),
    "it was never set in an old instance": (
        {"switch": None, "created": Created.BEFORE},
        (False, "upgraded"),
        (True, "must"),
    ),
    "it was never set in an instance of unknown age": (
        {"switch": None, "created": Created.UNKNOWN},
        (False, "upgraded"),
        (True, "must"),
    ),
    "it was never set, without a licence": (
        {"switch": None, "created": Created.BEFORE, "plan": Plan.UNLICENSED},
        (False, "upgraded"),
        (True, "metrics off"),
    ),
    "it is off": ({"switch": False}, (False, "always off"), (False, "always off")),
    "the cloud, on": ({"deployment": "cloud"}, (True, "cloud"), (True, "must")),
    "the cloud, never set, old": (
        {"deployment": "cloud", "switch": None, "created": Created.BEFORE},
        (True, "cloud"),
        (True, "must"),
    ),
    "the cloud, off": (
        {"deployment": "cloud", "switch": False},
        (False, "cloud cannot"),
        (False, "cloud cannot"),
    ),
    "an air-gapped licence": ({"air_gapped": True}, (False, "must"), (False, "must")),
    "mode off": ({"mode": "off"}, (False, None), (False, None)),
    "mode local": ({"mode": "local"}, (False, None), (False, None)),
    "mode local, switch off": ({"mode": "local", "switch": False}, (False, "always off"), (False, "always off")),
    "usage data off in the settings": ({"usage_data": False}, (False, "always off"), (True, "must")),
    "usage data off in the settings, in the cloud": (
        {"usage_data": False, "deployment": "cloud"},
        (False, "cloud"),
        (True, "must"),
    ),
    "metrics off in the settings": ({"metrics": False}, (True, "choose"), (False, "must")),
    "metrics off in the settings, without a licence": (
        {"metrics": False, "plan": Plan.UNLICENSED},
        (True, "choose"),
        (False, "metrics off"),
    ),
    "nobody has agreed": ({"agreement": None}, (False, None), (False, None)),
    "agreed to other definitions": ({"agreement": agreed(definitions="d0")}, (False, None), (False, None)),
    "agreed after the collection": (
        {"agreement": agreed(at=AT + timedelta(seconds=1))},
        (False, None),
        (False, None),
    ),
    "agreed at the very moment": ({"agreement": agreed(at=AT)}, (True, "choose"), (True, "must")),
}


@pytest.mark.parametrize("case", SENT)
def test_what_is_sent_rests_on_a_sentence_of_the_page(case: str) -> None:
    other, *expected = SENT[case]
    for found, (allowed, sentence) in zip(decide(around(**other), AT), expected, strict=True):
        assert (found.send.allowed, found.send.sentence) == (allowed, PAGE[sentence])
        assert found.send.reason.endswith(".")


TIED: dict[str, tuple[dict[str, Any], tuple[bool, str | None], tuple[bool, str | None]]] = {
    "no licence": ({"plan": Plan.UNLICENSED}, (False, "not tied"), (False, "licence id")),
    "Licensed Community": ({"plan": Plan.COMMUNITY}, (True, "tied"), (True, "tied")),
    "a paid plan": ({}, (True, None), (True, "licence id")),
    "not known": ({"plan": Plan.UNKNOWN}, (True, None), (True, None)),
    "the cloud": ({"deployment": "cloud", "plan": Plan.UNLICENSED}, (True, "cloud"), (True, "cloud")),
}


@pytest.mark.parametrize("case", TIED)
def test_whether_a_payload_is_tied_to_an_identity_depends_on_the_plan(case: str) -> None:
    other, *expected = TIED[case]
    for found, (tied, sentence) in zip(decide(around(**other), AT), expected, strict=True):
        assert (found.tied.allowed, found.tied.sentence) == (tied, PAGE[sentence])


@pytest.mark.parametrize(
    ("other", "allowed", "said"),
    [
        ({}, True, "switch for usage data is on"),
        ({"mode": "local"}, True, "switch for usage data is on"),
        ({"switch": None}, True, "never been set"),
        ({"switch": False}, False, "that switch was read and nothing else"),
        ({"switch": False, "deployment": "cloud"}, False, "the vendor's own collection cannot be disabled"),
        ({"mode": "off"}, False, 'Collection is off in the settings ([collection] mode = "off")'),
        ({"mode": "off", "switch": False, "deployment": "cloud"}, False, "no connection was opened"),
        ({"air_gapped": True}, True, "switch for usage data is on"),
        ({"agreement": None}, True, "switch for usage data is on"),
    ],
)
def test_what_is_collected_depends_on_the_settings_and_the_instances_switch(
    other: dict[str, Any], allowed: bool, said: str
) -> None:
    for found in decide(around(**other), AT):
        assert found.collect.allowed is allowed
        assert said in found.collect.reason


def test_a_paid_plan_without_metrics_is_told_what_the_licence_demands() -> None:
    assert "licence agreement of a paid plan requires metrics" in metrics(metrics=False).send.reason
    assert "demands" not in metrics(metrics=False, plan=Plan.COMMUNITY).send.reason


def test_the_reason_names_who_agreed_and_to_what_not() -> None:
    assert "Nobody has agreed" in usage(agreement=None).send.reason
    changed = usage(definitions="d2").send.reason
    assert "no longer what Ada agreed to on 2026-11-22" in changed
    late = usage(agreement=agreed(at=AT + timedelta(hours=1))).send.reason
    assert "collected before Ada agreed, at 2026-11-23T03:00:00Z" in late
    assert "Ada agreed to it on 2026-11-22" in usage().send.reason


# ----------------------------------------------------------------------------------------------------------- laws

DECIDED = st.builds(
    Circumstances,
    mode=st.sampled_from(["off", "local", "on"]),
    usage_data=st.booleans(),
    metrics=st.booleans(),
    deployment=st.sampled_from(["self-hosted", "cloud"]),
    air_gapped=st.booleans(),
    created=st.sampled_from(Created),
    switch=st.sampled_from([True, False, None]),
    plan=st.sampled_from(Plan),
    definitions=st.sampled_from(["d1", "d2"]),
    agreement=st.none()
    | st.builds(
        Agreement,
        by=st.just("Ada"),
        at=st.datetimes(AT.replace(tzinfo=None) - timedelta(days=9), timezones=st.just(UTC)),
        definitions=st.sampled_from(["d1", "d2"]),
    ),
)
WHEN = st.datetimes(AT.replace(tzinfo=None) - timedelta(days=9), timezones=st.just(UTC))


@given(DECIDED, WHEN)
def test_what_is_sent_was_allowed_to_be_collected(now: Circumstances, collected: datetime) -> None:
    for found in decide(now, collected):
        assert found.collect.allowed or not found.send.allowed


@given(DECIDED, WHEN)
def test_nothing_is_sent_that_one_of_the_rules_of_the_house_forbids(now: Circumstances, collected: datetime) -> None:
    usage_data, metrics_ = decide(now, collected)
    agreement = now.agreement
    forbidden = (
        now.mode != "on"
        or now.air_gapped
        or now.switch is False
        or agreement is None
        or agreement.definitions != now.definitions
        or agreement.at > collected
    )
    assert not (usage_data.send.allowed and (forbidden or not now.usage_data))
    assert not (metrics_.send.allowed and (forbidden or not now.metrics))


STRICTER: list[dict[str, Any]] = [
    {"mode": "local"},
    {"mode": "off"},
    {"usage_data": False},
    {"metrics": False},
    {"air_gapped": True},
    {"switch": False},
    {"agreement": None},
    {"deployment": "self-hosted"},
    {"created": Created.BEFORE},
    {"created": Created.UNKNOWN},
]


@given(DECIDED, WHEN, st.sampled_from(STRICTER))
def test_less_consent_never_gives_more(now: Circumstances, collected: datetime, less: dict[str, Any]) -> None:
    assume(now.mode == "on" or "mode" not in less)
    for before, after in zip(decide(now, collected), decide(replace(now, **less), collected), strict=True):
        assert before.send.allowed or not after.send.allowed
        assert before.collect.allowed or not after.collect.allowed


@given(DECIDED, WHEN)
def test_an_explicit_yes_never_gives_less_than_a_switch_that_was_never_set(now: Circumstances, at: datetime) -> None:
    assume(now.switch is None)
    for unset, on in zip(decide(now, at), decide(replace(now, switch=True), at), strict=True):
        assert on.send.allowed or not unset.send.allowed


@given(DECIDED, WHEN)
def test_every_answer_has_a_reason_and_no_sentence_but_the_pages(now: Circumstances, collected: datetime) -> None:
    for found in decide(now, collected):
        for each in (getattr(found, field.name) for field in fields(found)):
            if isinstance(each, Decision):
                assert each.reason.strip().endswith(".")
                assert each.sentence in PAGE.values()


@given(DECIDED, WHEN)
def test_the_text_of_a_snapshot_holds_all_of_it(now: Circumstances, collected: datetime) -> None:
    assert consent.parse(consent.dump(now)) == now
    assert decide(consent.parse(consent.dump(now)), collected) == decide(now, collected)


# -------------------------------------------------------------------------------------------- at the moment of sending


def chosen(folder: Path = Path("/"), **other: Any) -> settings.Settings:
    """Settings that are as `around` has them, but for these."""
    now = around(**other)
    return settings.Settings(
        folder=folder,
        collection=settings.Collection(mode=now.mode),
        instance=settings.Instance(
            now.deployment, now.air_gapped, "1.60.2" if now.created is Created.SINCE else "1.54"
        ),
        sending=settings.Sending(usage_data=now.usage_data, metrics=now.metrics),
    )


def test_what_was_allowed_and_still_is_goes() -> None:
    assert [each.send.allowed for each in still(around(), chosen(), agreed(), AT)] == [True, True]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"mode": "local"}, "collect only"),
        ({"mode": "off"}, "Collection is off"),
        ({"air_gapped": True}, "air-gapped"),
    ],
)
def test_what_has_been_forbidden_since_does_not_go(other: dict[str, Any], said: str) -> None:
    for found in still(around(), chosen(**other), agreed(), AT):
        assert not found.send.allowed
        assert said in found.send.reason
        assert not found.send.reason.startswith("It was not allowed when it was collected")


@pytest.mark.parametrize("other", [{"mode": "local"}, {"air_gapped": True}, {"agreement": None}])
def test_what_was_forbidden_when_it_was_collected_never_goes(other: dict[str, Any]) -> None:
    for found in still(around(**other), chosen(), agreed(), AT):
        assert not found.send.allowed
        assert found.send.reason.startswith("It was not allowed when it was collected, so it never will be. ")


def test_what_was_forbidden_then_and_is_now_says_so_once() -> None:
    local = around(mode="local")
    for found, now in zip(still(local, chosen(mode="local"), agreed(), AT), decide(local, AT), strict=True):
        assert found.send == now.send
        assert not found.send.allowed


def test_an_agreement_that_was_withdrawn_since_holds_back_what_waits() -> None:
    assert not any(each.send.allowed for each in still(around(), chosen(), None, AT))


def test_an_agreement_made_anew_does_not_cover_what_was_collected_before_it() -> None:
    anew = agreed(at=AT + timedelta(hours=1))
    assert not any(each.send.allowed for each in still(around(), chosen(), anew, AT))


def test_a_payload_switched_off_since_stays_while_the_other_goes() -> None:
    found = still(around(), chosen(metrics=False), agreed(), AT)
    assert [each.send.allowed for each in found] == [True, False]


def test_a_snapshot_that_does_not_say_what_was_allowed_is_never_sent() -> None:
    for found in still(None, chosen(), agreed(), AT):
        assert not found.send.allowed
        assert "never sent" in found.send.reason


@given(DECIDED, DECIDED, WHEN)
def test_neither_then_nor_now_can_allow_alone(then: Circumstances, now: Circumstances, collected: datetime) -> None:
    made = chosen(**{field.name: getattr(now, field.name) for field in fields(now)})
    for found, before in zip(still(then, made, now.agreement, collected), decide(then, collected), strict=True):
        assert before.send.allowed or not found.send.allowed
        assert now.mode == "on" or not found.send.allowed
        assert now.agreement or not found.send.allowed
        assert found.tied.allowed or not before.tied.allowed


# ------------------------------------------------------------------------------------------------ what is found out


@pytest.mark.parametrize(
    ("licence", "plan", "expected"),
    [
        (figure("licenseId", "x"), figure("instanceCompanyPlan", "Enterprise"), Plan.PAID),
        (figure("licenseId", "x"), figure("instanceCompanyPlan", "Community"), Plan.COMMUNITY),
        (figure("licenseId", "x"), figure("instanceCompanyPlan", " licensed community "), Plan.COMMUNITY),
        (figure("licenseId", "x"), figure("instanceCompanyPlan", status=Status.UNAVAILABLE), Plan.UNKNOWN),
        (figure("licenseId", "x"), figure("instanceCompanyPlan", status=Status.DISABLED), Plan.UNKNOWN),
        (
            figure("licenseId", status=Status.UNAVAILABLE, microseconds=3),
            figure("instanceCompanyPlan", status=Status.UNAVAILABLE),
            Plan.UNLICENSED,
        ),
        # the role may not read the column, or it is the HTTP API, which does not show it
        (figure("licenseId", status=Status.UNAVAILABLE), figure("instanceCompanyPlan", "Enterprise"), Plan.PAID),
        (figure("licenseId", status=Status.UNAVAILABLE), figure("instanceCompanyPlan", "Community"), Plan.COMMUNITY),
        (
            figure("licenseId", status=Status.UNAVAILABLE),
            figure("instanceCompanyPlan", status=Status.UNAVAILABLE, microseconds=3),
            Plan.UNKNOWN,
        ),
        (figure("licenseId", status=Status.FAILED), figure("instanceCompanyPlan", "Community"), Plan.UNKNOWN),
        (figure("licenseId", status=Status.DISABLED), figure("instanceCompanyPlan", "Community"), Plan.UNKNOWN),
    ],
)
def test_the_plan_is_known_by_the_licence_and_its_name(licence: Any, plan: Any, expected: Plan) -> None:
    assert consent.plan_of(collection_of([plan], [licence])) is expected


def test_a_demo_instance_has_a_paid_plan_and_one_without_a_licence_none(tmp_path: Path) -> None:
    assert consent.plan_of(instances.collect(instances.instance())) is Plan.PAID
    bare = instances.changed(tmp_path, "UPDATE instance SET license_id = NULL, data = '{}'")
    assert consent.plan_of(instances.collect(bare)) is Plan.UNLICENSED


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("", Created.UNKNOWN),
        ("1.54.9", Created.BEFORE),
        ("1.9", Created.BEFORE),
        ("1.55", Created.SINCE),
        ("1.55.0", Created.SINCE),
        ("1.100.0", Created.SINCE),
        ("2.0", Created.SINCE),
        ("0.99", Created.BEFORE),
    ],
)
def test_the_version_that_an_instance_began_with_tells_its_default(version: str, expected: Created) -> None:
    assert consent.created_of(version) is expected


@pytest.mark.parametrize(
    ("text", "switch"), [(None, None), ("true", True), ("false", False), ("0", False), ("", False)]
)
def test_a_switch_that_says_neither_yes_nor_no_counts_as_off(text: str | None, switch: bool | None) -> None:
    assert consent.switch_of(text) is switch


def test_circumstances_are_those_of_the_settings_and_of_the_collection() -> None:
    given_ = settings.Settings(
        folder=Path("/"),
        collection=settings.Collection(mode="on"),
        instance=settings.Instance("cloud", True, "1.54"),
        sending=settings.Sending(usage_data=False, metrics=False),
    )
    collection = collection_of([figure("instanceCompanyPlan", "Pro")], [figure("licenseId", "x")], switch="true")
    assert consent.circumstances(given_, collection, agreed(), "d9") == Circumstances(
        mode="on",
        usage_data=False,
        metrics=False,
        deployment="cloud",
        air_gapped=True,
        created=Created.BEFORE,
        switch=True,
        plan=Plan.PAID,
        definitions="d9",
        agreement=agreed(),
    )
