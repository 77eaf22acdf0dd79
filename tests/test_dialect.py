"""How documents are read: each primitive, in DuckDB itself, over documents of every shape; the servers have tests of
their own."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats.dialects import DIALECTS, DuckDB, Extraction, keys, readings
from fa_stats.dialects.base import rewrite_calls, rewrite_parameters

DUCKDB = DIALECTS["duckdb"]
TRUE = [True]
FALSE = [False, 0, 1, "true", "false", "", "TRUE", None, [], [True], {}, {"enabled": True}, 1.5, "x"]


def ask(piece: str, document: str | None) -> Any:
    """What a piece of the catalogue's SQL says of one document."""
    extraction = Extraction()
    rendered = DUCKDB.render(piece, lambda table, column: extraction)
    text = f"WITH t AS MATERIALIZED ({DUCKDB.source('t', ['data'], {'data': extraction})}) SELECT {rendered} FROM t"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (data VARCHAR)")
        connection.execute(f"INSERT INTO t VALUES ({'NULL' if document is None else DuckDB.literal(document)})")
        [(value,)] = connection.execute(text).fetchall()
    return value


def at(value: Any) -> str:
    return json.dumps({"a": {"b": value, "c": 1}, "b": True, "a.b": True})


@pytest.mark.parametrize("value", TRUE + FALSE, ids=repr)
def test_a_flag_is_json_true_and_nothing_else(value: Any) -> None:
    assert bool(ask("flag(t.data, 'a.b')", at(value))) is (value is True)
    assert bool(ask("off(t.data, 'a.b')", at(value))) is (value is False)


@pytest.mark.parametrize(
    "document", [None, "", "{}", '{"a": {}}', '{"a": [true]}', '{"a": true}', "[]", "true", "null", "5"]
)
def test_what_is_not_there_is_null(document: str | None) -> None:
    for piece in ("flag(t.data, 'a.b')", "off(t.data, 'a.b')", "text(t.data, 'a.b')", "number(t.data, 'a.b')"):
        assert ask(piece, document) is None
    assert ask("present(t.data, 'a.b')", document) is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x y", "x y"),
        ("", ""),
        ("null", "null"),
        ('"', '"'),
        ("'", "'"),
        ("☃🎉", "☃🎉"),
        (5, "5"),
        (None, None),
        (True, "true"),
    ],
)
def test_a_text_is_the_value_without_quotes(value: Any, expected: str | None) -> None:
    assert ask("text(t.data, 'a.b')", at(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5.0), (-0.5, -0.5), ("5", None), (True, None), (None, None), ([5], None), (10**30, 1e30)],
)
def test_a_number_is_a_json_number(value: Any, expected: float | None) -> None:
    assert ask("number(t.data, 'a.b')", at(value)) == expected


@pytest.mark.parametrize("value", [0, False, "", [], {}, "null"], ids=repr)
def test_everything_but_null_is_present(value: Any) -> None:
    assert ask("present(t.data, 'a.b')", at(value)) is True
    assert ask("present(t.data, 'a.b')", at(None)) is False


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"login": {"enabled": True}}, True),
        ({"x": {"enabled": False}, "y": {"enabled": True}}, True),
        ({"x": {"enabled": "true"}, "y": {"enabled": 1}}, False),
        ({"x": {"deeper": {"enabled": True}}}, False),
        ({"enabled": True}, False),
        ([{"enabled": True}], False),
        ("enabled", False),
        ({}, False),
        (None, False),
    ],
)
def test_any_flag_looks_one_level_down(limits: Any, expected: bool) -> None:
    assert bool(ask("any_flag(t.data, 'limits.*.enabled')", json.dumps({"limits": limits}))) is expected
    assert not ask("any_flag(t.data, 'limits.*.enabled')", "{}")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"internalKey": 1}, True),
        ({"internal": None}, True),
        ({"x": "internal", "Internal": 1}, False),
        ([], False),
        (None, False),
    ],
)
def test_any_key_looks_at_the_beginnings_of_keys(attributes: Any, expected: bool) -> None:
    found = ask("any_key(t.data, 'attributes', 'internal')", json.dumps({"attributes": attributes}))
    assert bool(found) is expected


def test_a_key_with_dots_is_one_key() -> None:
    document = '{"events": {"user.create": {"enabled": true}, "user": {"create": {"enabled": false}}}}'
    assert ask("flag(t.data, 'events.\"user.create\".enabled')", document) is True
    assert ask("flag(t.data, 'events.user.create.enabled')", document) is False
    assert keys('a."b.c".d') == ["a", "b.c", "d"]


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text(alphabet="ab.\" '☃", max_size=3), st.one_of(st.booleans(), st.none(), st.text(max_size=3)), max_size=4
    ),
    st.sampled_from([None, 1, 4]),
)
def test_order_spaces_and_other_keys_make_no_difference(others: dict[str, Any], indent: int | None) -> None:
    document = json.dumps({**others, "key": {**others, "flag": True, "flagg": False}, "flag": False}, indent=indent)
    assert ask("flag(t.data, 'key.flag')", document) is True


def test_a_path_is_taken_out_once() -> None:
    extraction = Extraction()
    piece = "flag(t.data, 'a') AND text(t.data, 'a') <> 'x' AND present(t.data, 'b')"
    rendered = DUCKDB.render(piece, lambda table, column: extraction)
    assert extraction.paths == ["a", "b"]
    assert rendered.count("data_values[1]") == 2
    taken = DUCKDB.source("t", ["id", "data"], {"data": extraction})
    assert taken.count("json_extract(") == 1
    assert "t.id," in taken


def test_readings_tell_what_is_read() -> None:
    found = readings("flag(t.data, 'a') AND any_key(u.meta_data, 'b', 'c') AND 'text' = x.y")
    assert [(each.primitive, each.table, each.column, each.path, each.detail) for each in found] == [
        ("flag", "t", "data", "a", None),
        ("any_key", "u", "meta_data", "b", "c"),
    ]


def test_calls_are_rewritten_however_deep_and_past_strings() -> None:
    assert rewrite_calls("f(a, f(b), ')') + f(c)", "f", "<{}>") == "<a, <b>, ')'> + <c>"
    assert rewrite_calls("'f(' || f(x) || xf(y) || z.f(1)", "f", "<{}>") == "'f(' || <x> || xf(y) || z.f(1)"


def test_parameters_are_rewritten_outside_strings_and_casts() -> None:
    assert rewrite_parameters(":a = ':a' AND x::a = :b_c", "<{}>") == "<a> = ':a' AND x::a = <b_c>"


def test_a_literal_ends_where_it_is_to_end() -> None:
    value = "it's '' --\n;"
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {DuckDB.literal(value)}, {DuckDB.literal(-7)}").fetchone() == (value, -7)


def test_whole_numbers_are_read_strictly() -> None:
    for text, value in [
        ("5", 5),
        ("-1", -1),
        ("5.5", None),
        ("1e3", None),
        ("0x10", None),
        ("", None),
        ("9" * 30, None),
    ]:
        with duckdb.connect() as connection:
            rendered = DUCKDB.render(f"whole({DuckDB.literal(text)})", lambda table, column: Extraction())
            assert connection.execute(f"SELECT {rendered}").fetchone() == (value,)
