"""The payloads: their shape, their bytes, and what is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import instances
import pytest
from hypothesis import given
from hypothesis import strategies as st
from instances import collection_of, figure

from fa_stats import payload
from fa_stats.catalogue import Payload, load
from fa_stats.collection import Collection, Figure, Status

PUBLISHED = [
    "applicationVersion",
    "collectionDuration",
    "collectionInstant",
    "instanceId",
    "stats",
    "statsVersion",
    "timings",
]
NAMES = st.from_regex(r"[a-z][A-Za-z0-9]{0,20}", fullmatch=True)
VALUES = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.booleans(),
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.lists(st.fixed_dictionaries({"count": st.integers(0, 10**6), "idp": NAMES}), max_size=4),
    st.dictionaries(NAMES, st.booleans(), max_size=4),
)


def usage(collection: Collection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload.usage_data(collection))
    return found


# ------------------------------------------------------------------------------------------------------------ the shape


def test_the_shape_is_the_published_one() -> None:
    found = usage(instances.collect(instances.instance()))
    assert sorted(found) == PUBLISHED
    assert found["statsVersion"] == "0.2.0"
    assert found["applicationVersion"] == "1.60.2"
    assert isinstance(found["collectionDuration"], int)
    assert isinstance(found["collectionInstant"], int)
    assert len(found["instanceId"]) == 36
    assert all(isinstance(each, int) and each >= 0 for each in found["timings"].values())
    assert found["stats"].keys() <= found["timings"].keys()
    links = found["stats"]["applicationEnabledIdentityProviders"]
    assert links
    assert all(sorted(link) == ["count", "idp"] for link in links)
    assert sorted(found["stats"]["instanceFirstTimeSetupProgress"]) == [
        "apiKeyConfigured",
        "applicationConfigured",
        "emailConfigured",
        "licenseActivated",
    ]


def test_the_values_are_those_of_the_collection() -> None:
    found = collection_of([figure("b", 2, microseconds=1), figure("a", "x", microseconds=1001), figure("c", True)])
    assert usage(found) == {
        "applicationVersion": "1.60.2",
        "collectionDuration": 42,  # rounded up
        "collectionInstant": 1795399200125,
        "instanceId": "0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44",
        "stats": {"a": "x", "b": 2, "c": True},
        "statsVersion": "0.2.0",
        "timings": {"a": 2, "b": 1},
    }


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.OK])
def test_what_is_not_ok_is_absent_from_stats_and_has_a_timing_if_it_was_asked_for(status: Status) -> None:
    asked = Figure("asked", status, value=5, microseconds=0, reason="x")
    never = Figure("never", status, reason="x")
    found = usage(collection_of([asked, never, figure("good", 0, microseconds=1)]))
    assert found["stats"] == {"good": 0}
    assert found["timings"] == {"asked": 0, "good": 1}


def test_an_instance_that_does_not_say_who_it_is_has_null_in_its_place() -> None:
    found = usage(collection_of([], instance_id=None, application_version=None))
    assert found["instanceId"] is None
    assert found["applicationVersion"] is None
    assert found["stats"] == found["timings"] == {}


def test_the_metrics_are_a_flat_object_of_what_is_ok() -> None:
    figures = [figure("totalUsers", 5), figure("licenseId", None, Status.UNAVAILABLE), figure("metricsVersion", 1)]
    assert payload.metrics(collection_of([], figures)) == b'{"metricsVersion":1,"totalUsers":5}'
    found = json.loads(payload.metrics(instances.collect(instances.instance())))
    assert found.keys() == {stat.name for stat in load().of(Payload.METRICS)}


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_the_instant_is_cut_to_whole_milliseconds(started: datetime) -> None:
    started = started.replace(tzinfo=UTC)
    instant = usage(collection_of([], started=started))["collectionInstant"]
    whole = int(started.replace(microsecond=0).timestamp())
    assert instant == whole * 1000 + started.microsecond // 1000


# ------------------------------------------------------------------------------------------------------------ the bytes


def canonical(value: Any) -> str:
    """RFC 8785 for the kinds of values that a payload has, written down from its text: no numbers but whole ones."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
        return '"' + "".join(short.get(ord(c), c if ord(c) >= 32 else f"\\u{ord(c):04x}") for c in value) + '"'
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    assert isinstance(value, int)
    return str(value)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_the_bytes_are_canonical_json(values: dict[str, Any]) -> None:
    collection = collection_of([figure(name, value, microseconds=5) for name, value in values.items()])
    content = payload.usage_data(collection)
    assert content.decode() == canonical(json.loads(content))
    assert json.loads(content)["stats"] == values
    assert content == payload.usage_data(collection_of(reversed(collection.stats)))


def test_the_bytes_of_the_demo_are_canonical_json() -> None:
    collection = instances.collect(instances.instance())
    for content in (payload.usage_data(collection), payload.metrics(collection)):
        assert content.decode() == canonical(json.loads(content))
        assert not content.endswith(b"\n")


def test_names_are_sorted_by_utf_16_and_texts_are_utf_8() -> None:
    content = payload.usage_data(collection_of([figure("\U0001f389", "é\n\u2028"), figure("\ue000", 1)]))
    assert '"stats":{"\U0001f389":"é\\n\u2028","\ue000":1}'.encode() in content


def test_the_digest_is_sha_256_in_hexadecimal() -> None:
    assert payload.digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
