"""Recorded and captured payloads are foreign input: read strictly, within bounds, and never shown raw."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats.errors import UsageError
from fa_stats.reconcile import recorded
from fa_stats.reconcile.phrases import words
from fa_stats.reconcile.recorded import Recorded, Unreadable, of_file, of_row, once
from fa_stats.reconcile.shown import Masked, shown

INSTANT = 1720629226097
PAYLOAD: dict[str, Any] = {
    "applicationVersion": "1.59.1",
    "collectionDuration": 523,
    "collectionInstant": INSTANT,
    "instanceId": "EB76363D-8ee3-4188-8bae-ceed191a4780",
    "stats": {"tenantNumber": 4, "instanceSearchType": "database"},
    "statsVersion": "0.2.0",
    "timings": {"tenantNumber": 2},
}


def row(**more: Any) -> dict[str, Any]:
    given = {
        "group_key": INSTANT,
        "recordedVersion": "1.60.2",
        "recordedStatsVersion": "0.2.0",
        "recordedInstance": "eb76363d-8ee3-4188-8bae-ceed191a4780",
        "recordedDuration": 12,
        "recordedSent": 1,
        "recordedStats": '{"tenantNumber": 4}',
        "recordedTimings": '{"tenantNumber": 2, "scimEnabled": 1}',
        "recordedFailed": '["scimEnabled"]',
    }
    return given | more


def good(**more: Any) -> Recorded:
    found = of_row(row(**more))
    assert isinstance(found, Recorded)
    return found


def written(folder: Path, content: Any) -> Path:
    path = folder / "payload.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_row_is_read() -> None:
    found = good()
    assert found.collected == datetime(2024, 7, 10, 16, 33, 46, 97_000, tzinfo=UTC)
    assert (found.sent, found.milliseconds, found.application_version) == (True, 12, "1.60.2")
    assert found.values == {"tenantNumber": 4}
    assert found.timings == {"tenantNumber": 2, "scimEnabled": 1}
    assert found.failed == {"scimEnabled"}
    assert found.names == {"tenantNumber", "scimEnabled"}


@pytest.mark.parametrize("failed", [None, "", "[]", "{}", "null", "false", "None", '"none"'])
def test_nothing_failed_may_be_written_in_many_ways(failed: str | None) -> None:
    assert (good(recordedFailed=failed).failed, good(recordedFailed=failed).unread) == (frozenset(), ())


@pytest.mark.parametrize("failed", ["true", "3", "[3]", '[{"name": "scimEnabled"}]', '"x y"'])
def test_what_failed_is_not_read_from_what_names_no_stat(failed: str, tmp_path: Path) -> None:
    said = ("the failed stats cannot be read: it names no stats",)
    assert (good(recordedFailed=failed).failed, good(recordedFailed=failed).unread) == (frozenset(), said)
    [captured] = of_file(written(tmp_path, PAYLOAD | {"failedStats": json.loads(failed)}))
    assert (captured.failed, captured.unread) == (frozenset(), said)


@pytest.mark.parametrize(
    "failed",
    [
        '["scimEnabled", "tenantNumber"]',
        '{"scimEnabled": "x", "tenantNumber": 1}',
        "scimEnabled,tenantNumber",
        " scimEnabled, tenantNumber\n",
        '"scimEnabled,tenantNumber"',
    ],
)
def test_what_failed_may_be_written_in_many_ways(failed: str) -> None:
    found = good(recordedFailed=failed)
    assert found.failed == {"scimEnabled", "tenantNumber"}
    assert found.unread == ()


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("recordedFailed", "ada@example.com, scimEnabled", "the failed stats cannot be read: it is not valid JSON"),
        ("recordedFailed", '["scimEnabled"', "the failed stats cannot be read: it is not valid JSON"),
        ("recordedFailed", ",".join(["x"] * 2001), "the failed stats cannot be read: its failed stats are more than"),
        ("recordedTimings", "{", "the timings cannot be read: it is not valid JSON"),
        ("recordedTimings", "3", "the timings cannot be read: it is no JSON object"),
        ("recordedTimings", '["tenantNumber"]', "the timings cannot be read: it is no JSON object"),
    ],
)
def test_what_stands_beside_the_stats_never_hides_them(column: str, text: str, said: str) -> None:
    found = good(recordedStats='{"tenantNumber": 4, "userNames": 1}', **{column: text})
    assert found.values == {"tenantNumber": 4, "userNames": 1}
    [why] = found.unread
    assert why.startswith(said)
    assert "ada" not in why


@pytest.mark.parametrize("timings", [None, "", "null", "[]", "{}"])
def test_no_times_at_all_may_be_written_in_many_ways(timings: str | None) -> None:
    found = good(recordedTimings=timings)
    assert (found.values, found.timings, found.unread) == ({"tenantNumber": 4}, {}, ())


def test_a_payload_that_was_captured_twice_counts_once(tmp_path: Path) -> None:
    later = PAYLOAD | {"collectionInstant": INSTANT + 1000}
    other = PAYLOAD | {"stats": {"tenantNumber": 5}}
    again = dict(reversed(PAYLOAD.items()))
    found = of_file(written(tmp_path, [later, PAYLOAD, other, again]))
    assert once((*found, *found)) == (found[1], found[2], found[0])


@pytest.mark.parametrize("version", ["hunter5secret", "1.60.2 of ada", "", "\u0661.60.2"])
def test_a_version_is_shown_only_where_it_is_one(version: str) -> None:
    found = good(recordedVersion=version, recordedStatsVersion=version)
    assert (found.application_version, found.stats_version) == (None, None)


def test_a_null_is_no_value() -> None:
    assert good(recordedStats='{"tenantNumber": null}').names == {"tenantNumber", "scimEnabled"}
    assert good(recordedStats='{"tenantNumber": null}').values == {}


def test_a_name_with_null_for_a_value_and_no_timing_is_a_name_all_the_same(tmp_path: Path) -> None:
    assert "userNames" in good(recordedStats='{"userNames": null}').names
    [found] = of_file(written(tmp_path, PAYLOAD | {"hostName": None, "stats": {"userNames": None}}))
    assert {"hostName", "userNames"} <= found.names


@pytest.mark.parametrize(
    ("text", "why"),
    {
        "broken": ('{"tenantNumber": ', "it is not valid JSON"),
        "nothing": (None, "it is empty"),
        "a list": ("[1, 2]", "its stats is no JSON object"),
        "a key twice": ('{"tenantNumber": 1, "tenantNumber": 2}', "a key stands in it twice"),
        "not a number": ('{"tenantNumber": NaN}', "it holds NaN or Infinity, which are no JSON"),
        "too deep": ("[" * 100_000, "it is nested too deeply"),
        "digits without end": ('{"tenantNumber": ' + "9" * 5000 + "}", "it holds a number with too many digits"),
        "too many names": (json.dumps({f"n{number}": 1 for number in range(2001)}), "has more than 2,000 names"),
        "too much": (" " * (recorded.MOST_BYTES + 1), "it is larger than 20,000,000 characters"),
    }.values(),
)
def test_a_row_that_cannot_be_read_says_why(text: str | None, why: str) -> None:
    found = of_row(row(recordedStats=text))
    assert isinstance(found, Unreadable)
    assert why in found.why


def test_the_shape_of_the_page_is_read_from_a_file_as_sent(tmp_path: Path) -> None:
    [found] = of_file(written(tmp_path, PAYLOAD | {"failedStats": ["scimEnabled"]}))
    assert (found.sent, found.origin, found.milliseconds) == (True, "payload.json", 523)
    assert found.instance_id == "eb76363d-8ee3-4188-8bae-ceed191a4780"
    assert found.values == {"tenantNumber": 4, "instanceSearchType": "database"}
    assert found.failed == {"scimEnabled"}


def test_a_list_and_a_payload_on_each_line_are_read_too(tmp_path: Path) -> None:
    other = PAYLOAD | {"collectionInstant": INSTANT + 1000}
    assert len(of_file(written(tmp_path, [PAYLOAD, other]))) == 2
    lines = f"{json.dumps(PAYLOAD)}\n\n{json.dumps(other)}\n"
    assert [each.collected.second for each in of_file(written(tmp_path, lines.encode()))] == [46, 47]


def test_a_file_of_another_tool_is_read_as_well(tmp_path: Path) -> None:
    marked = "\ufeff" + json.dumps(PAYLOAD)
    assert of_file(written(tmp_path, marked.encode())) == of_file(written(tmp_path, PAYLOAD))
    odd = PAYLOAD | {"stats": {"tenantNumber": 4, "hostName": "a\u2028b\x85c"}}
    lines = "\r\n".join(
        json.dumps(each, ensure_ascii=False) for each in (odd, PAYLOAD | {"collectionInstant": INSTANT + 9})
    )
    assert len(of_file(written(tmp_path, lines.encode()))) == 2


def test_the_name_of_a_file_drives_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.json"
    path.write_text(json.dumps(PAYLOAD))
    assert of_file(path)[0].origin == "?[31mred.json"


def test_a_file_with_the_name_of_the_table_is_a_captured_payload_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "usage_stats"
    path.write_text(json.dumps(PAYLOAD))
    assert of_file(path)[0].captured
    assert not good().captured


def test_what_stands_beside_the_documented_keys_was_sent_too(tmp_path: Path) -> None:
    [found] = of_file(written(tmp_path, PAYLOAD | {"hostName": "auth.example.com"}))
    assert found.values["hostName"] == shown("hostName", "auth.example.com")
    assert "example" not in words(found.values["hostName"])


@pytest.mark.parametrize(
    ("content", "why"),
    {
        "no JSON": (b"usage data", "holds no payload: it is not valid JSON"),
        "nothing": (b"", "holds no payload: it is empty"),
        "blank": (b" \n\n", "holds no payload: it is empty"),
        "an instance that is none": (
            b'{"stats": {}, "collectionInstant": 1720629226097, "instanceId": "other-company"}',
            "its instanceId is no id of an instance",
        ),
        "no text": (b"\xff\xfe", "is no text in UTF-8"),
        "no object": (b"[3]", "what it holds is no JSON object"),
        "no payload": (b"[]", "its list is empty"),
        "no stats": (b"{}", "it has no stats"),
        "stats of another kind": (b'{"stats": 3, "collectionInstant": 1720629226097}', "its stats is no JSON object"),
        "no instant": (b'{"stats": {}}', "its collectionInstant is no number of milliseconds"),
        "an instant of no time": (b'{"stats": {}, "collectionInstant": 1e99}', "its collectionInstant is no number"),
        "a key twice": (b'{"stats": {}, "stats": {}}', "a key stands in it twice"),
        "a line that is broken": (b'{"stats": {}}\n{"stats": \n', "line 2: it is not valid JSON"),
        "timings of another kind": (
            b'{"stats": {}, "collectionInstant": 1720629226097, "timings": 3}',
            "its timings is no JSON",
        ),
        "seconds": (
            b'{"stats": {}, "collectionInstant": 1720629226}',
            "seems to be in seconds, and has to be in milli",
        ),
    }.values(),
)
def test_a_file_that_is_no_payload_is_refused_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        of_file(written(tmp_path, content))
    assert why in str(refused.value)
    assert "payload.json" in str(refused.value)


def test_a_folder_no_file_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        of_file(tmp_path)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        of_file(tmp_path / "none.json")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is no file but a stream"):
        of_file(tmp_path / "pipe")
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(recorded.MOST_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 20,000,000 bytes"):
        of_file(path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("tenantNumber", "ada.lovelace@example.com, Main Str. ", "text, 36 characters"),
        ("somethingElse", "ada", "text, 3 characters"),
        ("somethingElse", ["ada"], "list, 1 entry"),
        ("somethingElse", {"ada": 1, "bob": 2}, "object, 2 keys"),
        ("instanceDatabaseVersion", "ada@example.com", "text, 15 characters"),
        ("instanceDatabaseVersion", "16.4", '"16.4"'),
        ("instanceDatabaseVersion", "hunter2secret", "text, 13 characters"),
        ("instanceCompanyPlan", "Enterprise", '"Enterprise"'),
        ("instanceCompanyPlan", "Gold", "text, 4 characters"),
        ("instanceSearchType", "database", '"database"'),
        ("applicationEnabledIdentityProviders", [{"idp": "Apple", "count": 3}], "Apple 3"),
        (
            "applicationEnabledIdentityProviders",
            [{"idp": "Xbox", "count": 2}, {"idp": "Apple", "count": 3}],
            "Apple 3, Xbox 2",
        ),
        ("applicationEnabledIdentityProviders", [{"idp": "ada@example.com", "count": 3}], "list, 1 entry"),
        ("applicationEnabledIdentityProviders", [], "an empty list"),
        ("instanceFirstTimeSetupProgress", {"ada": True}, "object, 1 key"),
        ("tenantNumber", 4100, "4,100"),
        ("integrationsKafkaEnabled", True, "true"),
        ("somethingElse", 10**30, "number beyond all counts"),
        ("somethingElse", json.loads("1e999"), "number beyond all counts"),
    ],
)
def test_a_value_is_shown_only_where_its_form_is_known(name: str, value: Any, said: str) -> None:
    assert words(shown(name, value)) == said


def test_two_values_that_are_not_shown_are_told_apart_all_the_same() -> None:
    assert shown("x", "ada") == shown("x", "ada") != shown("x", "bob")
    assert isinstance(shown("x", "ada"), Masked)
    assert "ada" not in repr(shown("x", "ada"))


def test_a_name_that_is_none_is_replaced_by_its_length() -> None:
    [name] = good(recordedStats='{"ada@example.com": 1}').values
    assert name.startswith("(no name: 15 characters, sha256 ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), json_values), json_values, json_values, st.text())
def test_whatever_a_row_holds_it_is_read_or_refused_and_nothing_else(
    stats: dict[str, Any], timings: Any, failed: Any, version: str
) -> None:
    texts = {
        "recordedStats": json.dumps(stats),
        "recordedTimings": json.dumps(timings),
        "recordedFailed": json.dumps(failed),
    }
    found = of_row(row(**texts, recordedVersion=version, recordedInstance=version))
    if isinstance(found, Recorded):
        for value in found.values.values():
            words(value)
        assert found.instance_id is None
