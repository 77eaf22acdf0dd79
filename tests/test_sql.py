"""The little that the catalogue has to know of SQL text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats import catalogue
from fa_stats.catalogue import sql

WRITING = {
    *("ALTER", "ATTACH", "CALL", "COPY", "CREATE", "DELETE", "DETACH", "DROP", "EXECUTE", "EXPORT", "GRANT", "IMPORT"),
    *("INSERT", "INSTALL", "INTO", "LOAD", "LOCK", "MERGE", "PRAGMA", "REPLACE", "RESET", "REVOKE", "SET", "TRUNCATE"),
    *("UPDATE", "USE", "VACUUM", "drop", "Update"),
}
UNKNOWN = {
    *("read_csv", "read_csv_auto", "sniff_csv", "read_json", "read_text", "read_blob", "read_parquet", "parquet_scan"),
    *(
        "glob",
        "getenv",
        "query",
        "query_table",
        "pg_read_file",
        "pg_sleep",
        "lo_import",
        "dblink",
        "load_file",
        "sleep",
    ),
    *("current_setting", "getvariable", "READ_TEXT", "postgres_scan"),
}


def sentences(text: str) -> list[str]:
    return [sentence for _, sentence in sql.forbidden(text)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM tenants -- drop table tenants; delete /* everything */ $$",
        "SELECT 'drop table tenants; read_csv(x) /* $ */' AS a FROM tenants",
        "SELECT 'it''s; update' AS a FROM tenants -- it's; insert",
        "SELECT count(tenants.login_id_in_use_on_update_email_templates_id) FROM tenants",
        "SELECT max(tenants.last_update_instant), max(tenants.insert_instant) FROM tenants",
        "SELECT tenants.update, tenants.set, tenants.use FROM tenants",
        'SELECT configuration."database.mysql.load-call", configuration."drop;table" FROM configuration',
        "SELECT count(*) AS webhookGroupUpdate, count(*) AS instanceDatabaseSet FROM tenants",
        "SELECT 1 AS a FROM tenants WHERE tenants.id IN (SELECT tenants.id FROM tenants) AND (1 = 1)",
        "SELECT flag(tenants.data, 'a.b'), off(tenants.data, 'a'), CAST(1 AS BIGINT) FROM tenants",
        "SELECT row_number() OVER (ORDER BY tenants.id) FROM tenants JOIN nodes ON true",
    ],
)
def test_comments_strings_and_column_names_are_not_forbidden(text: str) -> None:
    assert sentences(text) == []


@pytest.mark.parametrize(
    "word",
    sorted(WRITING),
)
def test_a_writing_word_is_forbidden_in_any_case(word: str) -> None:
    found = list(sql.forbidden(f"SELECT 1\nFROM tenants\n{word} tenants.update 'x'"))
    assert found == [(3, f"a statement only reads: `{word.upper()}` is not allowed")]


@pytest.mark.parametrize(
    "call",
    sorted(UNKNOWN),
)
@pytest.mark.parametrize("form", ["{}('x')", "{} ('x')", "{}\n('x')"])
def test_a_function_that_is_not_known_is_forbidden(call: str, form: str) -> None:
    found = sentences(f"SELECT {form.format(call)} AS a FROM tenants")
    assert any(f"`{call.lower()}` is not among the functions" in each for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT main.read_text('x') FROM tenants",
        "SELECT \"read_text\"('x') FROM tenants",
        "SELECT 'x'.read_text() FROM tenants",
        "SELECT tenants.name.getenv () FROM tenants",
    ],
)
def test_a_function_cannot_be_called_by_a_detour(text: str) -> None:
    assert "a function is called by its plain name" in sentences(text)


@pytest.mark.parametrize("source", ["'x.csv'", '"x.csv"', "(SELECT 1)", " 'x'"])
@pytest.mark.parametrize("word", ["FROM", "JOIN", "from"])
def test_a_row_source_is_a_table_by_name(word: str, source: str) -> None:
    [(line, said)] = sql.forbidden(f"SELECT 1\n{word} {source}")
    assert line == 2
    assert "after FROM and JOIN comes a name" in said


def test_a_row_source_may_stand_on_the_next_line() -> None:
    assert sentences("SELECT 1 FROM\n    tenants") == []


@pytest.mark.parametrize("text", ["SELECT /* x */ 1", "SELECT $$x$$", "SELECT $1", "SELECT /*! DROP */ 1"])
def test_other_comments_and_strings_are_forbidden(text: str) -> None:
    assert any("comments begin with `--`" in each for each in sentences(text))


def test_a_string_without_end_is_forbidden() -> None:
    assert list(sql.forbidden("SELECT 1,\n  'a\nFROM tenants")) == [(2, "a string does not end")]


def test_nothing_in_the_catalogue_is_forbidden() -> None:
    for statement in catalogue.load().statements:
        assert list(sql.forbidden(statement.text)) == []


@given(st.text(alphabet="a'\"-;/*(\n )$", max_size=40))
def test_blanked_text_keeps_its_places(text: str) -> None:
    bare = sql.blank(text)
    assert len(bare) == len(text)
    assert [place for place, letter in enumerate(bare) if letter == "\n"] == [
        place for place, letter in enumerate(text) if letter == "\n"
    ]
    assert sql.blank(bare) == bare


@given(st.text(alphabet="ab(),", max_size=20), st.text(alphabet="xy;() -", max_size=8))
def test_what_a_string_or_comment_holds_counts_for_nothing(text: str, inner: str) -> None:
    assert sql.blank(f"{text}'{inner}'") == sql.blank(f"{text}'{' ' * len(inner)}'")
    assert sql.depth(f"{text}'{inner}'") == sql.depth(text)
    assert sql.depth(f"{text} --{inner}") == sql.depth(text)


def test_references_are_the_columns_outside_strings_and_comments() -> None:
    text = """count_if(a.b = 'c.d' AND e."f.g" > 1.5) -- h.i\n, j.k_1"""
    assert [(name, column) for name, column, _ in sql.references(text)] == [("a", "b"), ("e", "f.g"), ("j", "k_1")]
    assert text[sql.references(text)[2][2] :] == "j.k_1"


def test_parameters_are_found_once_and_casts_are_none() -> None:
    assert sql.parameters("a.b = :month AND c::INT = :day OR ':year' = :month") == ("month", "day")


def test_tables_follow_from_and_join() -> None:
    assert sql.tables("SELECT 1 FROM a\nLEFT JOIN b AS c ON true -- FROM d\nJOIN\n  e ON 'FROM f' = g.h") == (
        "a",
        "b",
        "e",
    )


def test_comments_are_taken_out_and_strings_stay() -> None:
    assert sql.without_comments("a -- b\n'-- c' \"-- d\"") == "a \n'-- c' \"-- d\""


def test_named_bodies_are_the_parts_of_a_with_clause() -> None:
    text = "\nWITH\na AS (\n  SELECT ')' (x)\n),\nb AS (y)\n"
    assert list(sql.named_bodies(text)) == [("a", "SELECT ')' (x)"), ("b", "y")]
    assert list(sql.named_bodies("\n")) == []


@pytest.mark.parametrize("text", ["WITH a AS (x", "a AS (x)", "WITH a AS (x) b AS (y)", "WITH a AS (x) junk"])
def test_a_with_clause_that_is_none_has_a_part_without_a_body(text: str) -> None:
    assert None in [body for _, body in sql.named_bodies(text)]


def test_the_closing_parenthesis_is_found_past_strings() -> None:
    assert sql.closing("f(a(')'), b) + 1", 2) == 11
    assert sql.closing("f(a", 2) is None
