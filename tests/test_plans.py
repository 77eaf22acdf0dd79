"""What the servers mean to do: each document is parsed once, each table read once; and how plans are put on record."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import servers
from instances import instance
from loaded import Loaded, copied, loaded

from fa_stats import catalogue, plans
from fa_stats.collection import StatementRun
from fa_stats.dialects import DIALECTS
from fa_stats.query import Query, compose

SETTINGS = {"day_index": "1", "month_index": "1", "month_first_hour": "1", "month_end_hour": "2"}
SETTINGS |= {"tenant_manager": "00000000-0000-0000-0000-000000000000"}


@cache
def where(kind: str) -> Loaded:
    servers.shared(kind)  # or the test is skipped
    return loaded(kind, instance())


@cache
def runs(kind: str) -> tuple[StatementRun, ...]:
    return where(kind).collect().statements


def queries(kind: str) -> list[Query]:
    """What a collection runs at once, of all that this instance has."""
    asked = {name for run in runs(kind) for name in run.figures}
    found = compose(catalogue.load(), [stat for stat in catalogue.load() if stat.name in asked], DIALECTS[kind])
    return [query for query in found if query.columns]


def rows_of(kind: str, table: str) -> int:
    [(number,)] = where(kind).ask(f'SELECT count(*) FROM "{table}"')
    return int(number)


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


# ----------------------------------------------------------------------------------------------- PostgreSQL's own words


def explained(query: Query, *, text: str | None = None) -> list[dict[str, Any]]:
    """The nodes of a plan, each with what it gives to the one above."""
    with where("postgresql").server.admin(where("postgresql").name) as connection, connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute(f"SET fa_stats.{name} = '{value}'")
        cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {text or query.sql}")
        return list(nodes(cursor.fetchone()[0][0]["Plan"]))


def parses(found: list[dict[str, Any]], table: str, column: str) -> tuple[int, int]:
    """How often the scans of a table parse a document column, and how often they hand it on as it is."""
    outputs = [each for node in found if node.get("Relation Name") == table for each in node["Output"]]
    parsed = [each for each in outputs if "::jsonb" in each and re.search(rf"\b{column}\b", each)]
    return sum(each.count("::jsonb") for each in parsed), sum(each.endswith(f".{column}") for each in outputs)


def test_postgresql_parses_each_document_once_in_the_scan_of_its_table() -> None:
    """And nothing above the scan can do so again: it is not handed the text."""
    seen = []
    for query in queries("postgresql"):
        found = explained(query)
        for document in query.documents:
            table, _, column = document.partition(".")
            assert parses(found, table, column) == (1, 0), document
            seen.append(document)
    assert len(seen) == len(set(seen)) == 9


def test_without_its_fence_the_document_would_be_parsed_for_each_stat() -> None:
    """So that the test above could fail."""
    [query] = [each for each in queries("postgresql") if each.name == "applications"]
    text = query.sql.replace("OFFSET 0", "")
    assert text != query.sql
    assert parses(explained(query, text=text), "applications", "data") == (0, 1)


def test_postgresql_scans_each_table_once_for_a_statement() -> None:
    for query in queries("postgresql"):
        scanned = Counter(node["Relation Name"] for node in explained(query) if "Relation Name" in node)
        assert set(scanned) == set(query.columns)
        assert set(scanned.values()) == {1}, query.name


def test_postgresqls_own_counters_say_one_scan_and_all_rows() -> None:
    for query, run in zip(queries("postgresql"), with_tables("postgresql"), strict=True):
        counted = {(table, 1, rows_of("postgresql", table)) for table in query.columns}
        assert set(run.scans) == {each for each in counted if each[2]} | {e for e in run.scans if e[2] == 0}, run.name
        assert run.load.rows_read == sum(number for _, _, number in counted)
        assert run.load.estimated_rows is not None
        assert 0 <= run.load.estimated_rows <= 4 * sum(number for _, _, number in counted) + 2000


def with_tables(kind: str) -> list[StatementRun]:
    """The runs in the order of the queries."""
    by_stats = {run.figures: run for run in runs(kind)}
    return [by_stats[tuple(stat.name for stat in query.stats)] for query in queries(kind)]


# ---------------------------------------------------------------------------------------------------- MySQL's own words


def tree(text: str) -> list[tuple[int, str]]:
    """(depth, what is done) of each line of a plan."""
    return [(line.index("->"), line.partition("-> ")[2]) for line in text.splitlines() if "->" in line]


def ancestors(lines: list[tuple[int, str]], place: int) -> list[int]:
    """The places of what a line is part of, the nearest first."""
    found, depth = [], lines[place][0]
    for above in range(place - 1, -1, -1):
        if lines[above][0] < depth:
            found.append(above)
            depth = lines[above][0]
    return found


@pytest.mark.parametrize("name", ["tenants", "applications", "applications_joined", "webhooks", "authentication_keys"])
def test_mysql_looks_through_each_document_once_beside_a_scan_of_its_table(name: str) -> None:
    [query] = [each for each in queries("mysql") if each.name == name]
    [(text,)] = where("mysql").server.ask(f"EXPLAIN FORMAT=TREE {query.sql}", database=where("mysql").name)
    lines = tree(text)
    functions = [place for place, (_, line) in enumerate(lines) if line.startswith("Materialize table function")]
    beside = []
    for place in functions:
        above = ancestors(lines, place)
        if any("subquery in projection; dependent" in lines[each][1] for each in above):
            continue  # the flags under any key of a value that was taken out already
        loop = next(each for each in above if lines[each][1].startswith("Nested loop"))
        scan = re.match(r"(?:Table|Index|Covering index) scan on (\w+)", lines[loop + 1][1])
        assert scan, lines[loop + 1]
        beside.append(scan.group(1))
        # Whatever needs it again finds it materialized, unless there is nothing else.
        outer = [lines[each][1] for each in above if each < loop]
        until = next((n for n, line in enumerate(outer) if line.startswith("Materialize")), len(outer))
        assert not [line for line in outer[:until] if "loop" in line or "join" in line]
    assert sorted(beside) == sorted(document.partition(".")[0] for document in query.documents)


def test_the_rows_that_mysql_and_mariadb_expect_are_those_of_tables() -> None:
    for kind in ("mysql", "mariadb"):
        by_name = {run.name: run for run in runs(kind)}
        for name, tables in {
            "tenants": ["tenants", "forms"],
            "applications": ["applications"],
            "webhooks": ["webhooks"],
        }.items():
            number = sum(rows_of(kind, table) for table in tables)
            load = by_name[name].load
            assert load.estimated_rows == number
            assert load.rows_read is not None
            assert number <= load.rows_read <= 5 * number + 10
            assert load.plan
            assert not re.search(r"vexlorn|@example", load.plan)


# -------------------------------------------------------------------------------------------------------- on the record


def plan(where: Loaded, sql: str, before: str = "SELECT 1") -> plans.Plan:
    """What is put on record of a plan."""
    kind = where.server.kind
    how = {"postgresql": "(FORMAT JSON)", "mysql": "FORMAT=TREE", "mariadb": "FORMAT=JSON"}[kind]
    with where.server.admin(where.name) as connection, connection.cursor() as cursor:
        cursor.execute(before)
        cursor.execute(f"EXPLAIN {how} {sql}")
        [found] = cursor.fetchone()
        if kind != "postgresql":
            return plans.of_mysql(found) if kind == "mysql" else plans.of_mariadb(found)
        cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")
        return plans.of_postgresql(found, dict(cursor.fetchall()))


def test_a_plan_stays_the_same_while_its_table_grows_and_is_another_by_another_way(server: servers.Server) -> None:
    where = copied(server.kind, instance())
    analyze = "ANALYZE webhooks" if where.postgresql else "ANALYZE TABLE webhooks"
    [query] = [
        each
        for each in compose(catalogue.load(), catalogue.load().statement["webhooks"].stats, DIALECTS[server.kind])
        if each.documents == ("webhooks.data",)
    ]
    where.ask(analyze)
    few = plan(where, query.sql)
    [(number,)] = where.ask("SELECT count(*) FROM webhooks")
    assert few.rows == number
    for _ in range(6):
        where.run("INSERT INTO webhooks SELECT * FROM webhooks")
    where.ask(analyze)
    many = plan(where, query.sql)
    assert number * 32 < many.rows <= number * 64
    assert many.text != few.text
    assert many.sha256 == few.sha256
    where.run("CREATE INDEX by_id ON webhooks (id)")
    [(key,)] = where.ask("SELECT id FROM webhooks LIMIT 1")
    literal = f"'{key}'" if where.postgresql else f"x'{key.hex()}'"
    filtered = plan(where, f"SELECT count(*) FROM webhooks WHERE id = {literal}")
    assert filtered.sha256 not in (few.sha256, plan(where, "SELECT count(data) FROM webhooks").sha256)
    server.drop_database(where.name)


def scaled(node: Any, factor: int) -> Any:
    """A plan of PostgreSQL's with other estimates in it."""
    if isinstance(node, list):
        return [scaled(each, factor) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: each * factor if re.search("Rows|Cost|Width", key) else scaled(each, factor) for key, each in node.items()
    }


def test_postgresqls_estimates_are_no_part_of_the_shape_and_its_ways_are() -> None:
    node = {
        "Node Type": "Hash Join", "Join Type": "Left", "Plan Rows": 5, "Total Cost": 2.5, "Plan Width": 8,
        "Hash Cond": "(a.id = b.id)",
        "Plans": [
            {"Node Type": "Seq Scan", "Relation Name": "a", "Plan Rows": 5, "Filter": "(type = 2)"},
            {"Node Type": "Hash", "Plan Rows": 3, "Plans": [
                {"Node Type": "Index Scan", "Relation Name": "b", "Index Name": "b_id", "Plan Rows": 3}]},
        ],
    }  # fmt: skip
    found = plans.of_postgresql([{"Plan": node}], {"a": 1000.0, "b": 500.0})
    assert found.rows == 1003  # a filter hides what a scan reads, an index scan reads what it finds
    assert found.text.splitlines() == [
        "Hash Join ~5 rows: (a.id = b.id)",
        "  Seq Scan on a ~5 rows: (type = 2)",
        "  Hash ~3 rows",
        "    Index Scan on b ~3 rows",
    ]
    assert plans.of_postgresql([{"Plan": node}], {}).sha256 == found.sha256
    assert plans.of_postgresql([{"Plan": scaled(node, 7)}], {}).sha256 == found.sha256
    assert plans.of_postgresql([{"Plan": scaled(node, 7)}], {}).rows == 56
    for before, after in (
        ("Index Scan", "Seq Scan"),
        ('"a"', '"c"'),
        ("b_id", "b_other"),
        ("= 2", "= 3"),
        ("Left", "Inner"),
    ):
        other = json.loads(json.dumps([{"Plan": node}]).replace(before, after))
        assert plans.of_postgresql(other, {}).sha256 != found.sha256


TREE = """\
-> Aggregate: count(0)  (cost=20.1 rows=1)
    -> Nested loop left join  (cost=15.5 rows=1.2e+6)
        -> Table scan on few  (cost=5..7.5 rows=40)
            -> Materialize CTE few  (cost=4.9..4.9 rows=40)
                -> Covering index scan on roles using name  (cost=5.85 rows=1.2e+6)
        -> Single-row index lookup on tenants using PRIMARY (id = few.id)  (cost=0.157 rows=1)
-> Select #2 (subquery in projection; run only once)
    -> Table scan on <temporary>  (cost=1..2 rows=9)
        -> Filter: (forms.`type` = 2)  (cost=1.55 rows=1.3)
            -> Table scan on forms  (cost=1.55 rows=13)
"""


def test_mysqls_estimates_are_no_part_of_the_shape_and_its_ways_are() -> None:
    found = plans.of_mysql(TREE)
    assert found.rows == 1_200_013
    other = re.sub(r"rows=[\d.e+]+", "rows=77", re.sub(r"cost=[\d.]+", "cost=9", TREE))
    assert plans.of_mysql(other).sha256 == found.sha256
    assert plans.of_mysql(other).rows == 154
    for before, after in (
        ("Table scan on forms", "Index scan on forms using x"),
        ("= 2", "= 3"),
        ("left join", "inner join"),
    ):
        assert plans.of_mysql(TREE.replace(before, after)).sha256 != found.sha256
    assert found.text.splitlines()[1] == "    -> Nested loop left join  (cost=15.5 rows=1.2e+6)"
    assert max(map(len, plans.of_mysql(TREE.replace("count(0)", "count(0), " * 99)).text.splitlines())) <= 162


MARIA: dict[str, Any] = {
    "query_block": {
        "select_id": 1,
        "cost": 0.1,
        "nested_loop": [
            {"table": {"table_name": "tenants", "access_type": "ALL", "rows": 7, "filtered": 100}},
            {"table": {"table_name": "paths", "access_type": "ALL", "rows": 40, "table_function": "json_table"}},
            {"table": {"table_name": "<derived2>", "access_type": "ref", "key": "key0", "rows": 9, "materialized": {
                "query_block": {"nested_loop": [
                    {"table": {"table_name": "forms", "access_type": "index", "key": "name", "rows": 13}}]}}}},
        ],
    }
}  # fmt: skip


def test_mariadbs_estimates_are_no_part_of_the_shape_and_its_ways_are() -> None:
    said = json.dumps(MARIA)
    found = plans.of_mariadb(said)
    assert found.rows == 20
    assert found.text.splitlines() == [
        "ALL tenants ~7 rows",
        "ALL paths ~40 rows",
        "ref <derived2> by key0 ~9 rows",
        "  index forms by name ~13 rows",
    ]
    assert plans.of_mariadb(said.replace('"rows": 7', '"rows": 7000').replace("0.1", "99")).sha256 == found.sha256
    assert plans.of_mariadb(said.replace('"rows": 7', '"rows": 7000')).rows == 7013
    for before, after in (('"ALL"', '"range"'), ('"key": "name"', '"key": "id"'), ('"forms"', '"form_steps"')):
        assert plans.of_mariadb(said.replace(before, after)).sha256 != found.sha256
