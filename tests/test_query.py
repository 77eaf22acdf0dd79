"""How figures become queries: each table read once, each document parsed once, nothing that nobody wants."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import duckdb
import instances
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats import catalogue
from fa_stats.catalogue import Stat
from fa_stats.dialects import DIALECTS
from fa_stats.query import Query, compose, documents

CATALOGUE = catalogue.load()
STATS = list(CATALOGUE)
DUCKDB = DIALECTS["duckdb"]


def queries(stats: Iterable[Stat | str]) -> tuple[Query, ...]:
    wanted = [CATALOGUE.by_name[each] if isinstance(each, str) else each for each in stats]
    return compose(CATALOGUE, wanted, DUCKDB)


def names(*stats: str) -> list[str]:
    return [query.name for query in queries(stats)]


def reads(query: Query) -> Counter[str]:
    """How often a query reads each table: from the database itself, not from a row source of its own WITH clause."""
    sources = set(re.findall(r"\b([a-z_]+) AS MATERIALIZED \(", query.sql))
    named = re.findall(r"\b(?:FROM|JOIN) (main\.)?([a-z_]+)\b", query.sql)
    return Counter(table for schema, table in named if schema or table not in sources)


def test_the_catalogue_is_23_queries_of_which_seven_touch_documents() -> None:
    found = queries(STATS)
    assert len(found) == 23
    assert len([query for query in found if query.documents]) == 7
    assert sum(len(query.stats) for query in found) == len(STATS)


def test_statements_that_share_a_table_are_one_query_and_fall_apart_without_the_stat_that_joins_them() -> None:
    joining = {"tenantLoggedInApplicationsUsingSimpleThemesFromTenant"}
    assert names("tenantNumber", "applicationNumber", *joining) == ["applications+tenants"]
    assert names("tenantNumber", "applicationNumber") == ["applications", "tenants"]
    [query] = queries(["tenantNumber", *joining])
    assert reads(query) == {"tenants": 1, "applications": 1, "themes": 1, "hourly_logins": 1}
    rest = [query.name for query in queries(stat for stat in STATS if stat.name not in joining)]
    assert "applications" in rest
    assert "tenants" in rest
    assert len(rest) == 24
    assert names("tenantNumber") == ["tenants"]
    assert names() == []


@pytest.mark.parametrize("query", queries(STATS), ids=lambda query: query.name)
def test_a_document_is_parsed_once_in_a_row_source_of_its_own(query: Query) -> None:
    for column in query.documents:
        table, name = column.split(".")
        [source] = re.findall(rf"\b{table} AS MATERIALIZED \(\n(.*?)\n\)", query.sql, re.DOTALL)
        assert source.count(f"json_extract(nullif({column}, ''), [") == 1
        assert len(re.findall(rf"\b{re.escape(column)}\b", query.sql)) == 1, f"{column} is read outside its row source"
        assert f"{table}.{name}_values[" in query.sql


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(STATS), max_size=40))
def test_whatever_is_wanted_no_table_is_in_two_queries_and_every_stat_in_one(wanted: set[Stat]) -> None:
    found = queries(wanted)
    assert sorted(stat.name for query in found for stat in query.stats) == sorted(stat.name for stat in wanted)
    tables = [table for query in found for table in query.columns]
    assert len(tables) == len(set(tables))
    for query in found:
        assert set(reads(query).values()) <= {1}
        assert set(reads(query)) == set(query.columns)
        for stat in query.stats:
            assert len(re.findall(rf" AS {stat.name}\b", query.sql)) == 1


def test_parts_cut_out_leave_each_table_scanned_once() -> None:
    rest = random.Random(7)
    with duckdb.connect(str(instances.instance()), read_only=True) as connection:
        columns = {
            (table, column)
            for table, column in connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
            ).fetchall()
        }
    there = [
        stat.name
        for stat in CATALOGUE.of(catalogue.Payload.STATS)
        if all(
            (table, column) in columns
            for table, needed in CATALOGUE.statement[stat.statement].columns_of([stat]).items()
            for column in needed
        )
    ]
    for share in (0.02, 0.1, 0.4, 0.8):
        off = {name: "off" for name in there if rest.random() > share}
        found = instances.collect(instances.instance(), disabled=off)
        scans = Counter[str]()
        for run in found.statements:
            for table, times, _ in () if run.alone else run.scans:
                scans[table] += times
        assert max(scans.values()) == 1, scans


def test_a_query_names_what_it_needs_and_nothing_else() -> None:
    [query] = queries(["applicationNumber"])
    assert query.columns == {"applications": ("id",)}
    assert query.documents == ()
    assert query.parameters == ()
    select = "SELECT\n  count(applications.id) AS applicationNumber\nFROM applications"
    assert query.sql == f"/* fa_stats: applications */\n{select}"
    [query] = queries(["applicationLoggedInApplicationsUsingSimpleThemes"])
    assert query.columns["themes"] == ("id", "data")
    assert query.documents == ("themes.data",)
    assert "tenants" not in query.columns


def test_documents_are_those_that_a_stat_reads_itself_or_through_a_join() -> None:
    def of(name: str) -> set[tuple[str, str]]:
        return set(documents(CATALOGUE, CATALOGUE.by_name[name]))

    assert of("tenantNumber") == set()
    assert of("scimEnabled") == {("tenants", "data")}
    assert of("applicationLoggedInApplicationsUsingSimpleThemes") == {("themes", "data")}
    assert of("apiKeyHashedEnabled") == {("authentication_keys", "meta_data")}


def test_the_digest_is_of_the_text_that_runs() -> None:
    first, second = queries(["tenantNumber"])[0], queries(["tenantNumber", "scimEnabled"])[0]
    assert first.sha256 != second.sha256
    assert first.sha256 == queries(["tenantNumber"])[0].sha256


def test_a_catalogue_of_one_file_becomes_one_query(tmp_path: Path) -> None:
    (tmp_path / "notes.sql").write_text(
        """\
-- statement: notes
--   group: g
--   since: 1
--   privacy: count
--   confidence: inferred
--   why: Why.

WITH
few AS (
  SELECT notes.id AS id FROM notes WHERE flag(notes.data, 'few')
)

SELECT
  -- all: All.
  count(*) AS all,

  -- few: Few.
  count(few.id) AS few
FROM notes
LEFT JOIN few ON few.id = notes.id
""",
        encoding="utf-8",
    )
    loaded = catalogue.read(tmp_path)
    both, one = compose(loaded, loaded, DUCKDB)[0], compose(loaded, list(loaded)[:1], DUCKDB)[0]
    assert both.sql.count("FROM main.notes") == 1
    assert both.columns == {"notes": ("id", "data")}
    assert one.sql == "/* fa_stats: notes */\nSELECT\n  count(*) AS all\nFROM notes"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE notes (id INT, data VARCHAR)")
        connection.execute("""INSERT INTO notes VALUES (1, '{"few": true}'), (2, NULL), (3, '{}')""")
        assert connection.execute(both.sql).fetchall() == [(3, 1)]


@pytest.mark.parametrize(
    "statements", [["tenants", "applications"], ["webhooks"], ["authentication_keys"]], ids="+".join
)
def test_the_databases_own_plan_parses_a_document_once_for_each_row(statements: list[str]) -> None:
    newer = ("multi_factor_requirement_lambdas_id", "form_steps")
    wanted = [
        stat
        for name in statements
        for stat in CATALOGUE.statement[name].stats
        if not any(word in str(CATALOGUE.statement[name].columns_of([stat])) for word in newer)
    ]
    [query] = compose(CATALOGUE, wanted, DUCKDB)
    with duckdb.connect(str(instances.instance()), read_only=True) as connection:
        for name in query.parameters:
            value = "'00000000-0000-0000-0000-000000000000'" if name == "tenant_manager" else "1"
            connection.execute(f"SET VARIABLE {name} = {value}")
        [(_, plan)] = connection.execute(f"EXPLAIN (FORMAT json) {query.sql}").fetchall()
    scans: Counter[str] = Counter()
    parsed: Counter[str] = Counter()
    todo = json.loads(plan)
    while todo:
        node = todo.pop()
        todo += node["children"]
        shown = node["extra_info"].get("Projections", [])
        shown = [shown] if isinstance(shown, str) else shown
        if node["name"] == "SEQ_SCAN":
            scans[node["extra_info"]["Table"].rsplit(".", 1)[-1]] += 1
        for column in query.documents:
            table, name = column.split(".")
            child = (node["children"] or [{}])[0]
            if f"{name}_values" in shown and child.get("extra_info", {}).get("Table", "").endswith(f".{table}"):
                parsed[column] += 1
        assert not [each for each in shown if "json_extract" in each and "array_extract" not in each]
    assert parsed == dict.fromkeys(query.documents, 1)
    assert set(scans.values()) == {1}
