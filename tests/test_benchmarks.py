"""The benchmarks: both sides come to the same, the figures are put together rightly, and the notebook shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import nbformat
import papermill
import pytest
import servers
from instances import instance
from projects import SETTINGS

from benchmarks import comparing, observer, results
from benchmarks.collecting import ratio, to_floor, unread
from benchmarks.comparing import CLASSICAL, FLOOR, OURS, PYTHON, Dealt
from benchmarks.engines import Asking, Database
from benchmarks.measure import Latency, Row, Spread, Times, at_least, under
from benchmarks.signing_in import steadily
from benchmarks.ways import Ways
from fa_stats import benchmark
from fa_stats.demo import loading
from fa_stats.errors import StorageError
from fa_stats.query import Query

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "benchmark.ipynb"
DAY = date(2026, 11, 23)


def times(way: str, *samples: float, applications: int = 50, engine: str = "PostgreSQL") -> Times:
    return Times(engine, "15", 10, applications, way, 7, Spread(samples))


@pytest.fixture(scope="module")
def database(server: servers.Server) -> Iterator[Database]:
    name = server.create_database()
    loading.load(instance(), server.url(name), lambda _: None)
    yield Database(server.kind, server.url(name))
    server.drop_database(name)


def agree(ways: Ways) -> None:
    with ways.database.opened(ways.parameters) as asking:
        comparing.agree(ways, asking)
    assert len(ways.classical) == len(ways.stats) > 200
    assert {stat for query in ways.ours for stat in query.stats} == set(ways.stats)
    assert len(list(ways.one_flag_each)) > 50


def test_one_query_per_stat_and_python_count_the_same_in_a_server(database: Database) -> None:
    ways = Ways(database)
    agree(ways)
    assert not any("JSON_TABLE" in query.sql or "OFFSET 0" in query.sql for query in ways.classical)


def test_one_query_per_stat_and_python_count_the_same_in_a_file() -> None:
    agree(Ways(Database("duckdb", f"duckdb://{instance()}")))


# MariaDB counts by table only where it was started with userstat, as for the benchmarks.
@pytest.mark.parametrize("server", ["postgresql", "mysql"], indirect=True)
def test_a_collection_in_a_server_reads_no_table_that_grows_with_the_users(database: Database) -> None:
    before = database.scanned()
    Ways(database).collect()
    after = database.scanned()
    read = {table for table in after if after[table] != before.get(table, 0)}
    assert {"tenants", "applications"} <= read
    assert unread(database.name, read).holds


def test_two_ways_that_differ_are_told() -> None:
    with pytest.raises(AssertionError, match="tenantNumber"):
        comparing.check({"tenantNumber": [{"tenantNumber": 1}]}, {"tenantNumber": [{"tenantNumber": 2}]})


def test_queries_are_dealt_out_over_the_rounds_and_each_pass_is_whole() -> None:
    asked: list[str] = []

    def rows(sql: str) -> list[dict[str, object]]:
        asked.append(sql)
        return []

    queries = [Query(name, name, (), (), {}, (), grouped=False) for name in "abcdefg"]
    asking = Asking(rows, lambda _: iter(()))
    once = Dealt(queries, passes=1, rounds=3)
    for round_ in range(3):
        once.run(asking, round_)
    assert asked == list("abcdefg")
    assert len(once.passes()) == 1
    often = Dealt(queries, passes=2, rounds=2)
    often.run(asking, 0)
    assert asked[7:] == list("abcdefg")
    assert [passed > 0 for passed in often.passes()] == [True, False]


def test_ratios_are_those_of_medians() -> None:
    found = [times(OURS, 2, 1, 30), times(CLASSICAL, 100), times(FLOOR, 0.5, 1, 0.2)]
    assert ratio(found, 50).holds
    assert not ratio(found, 51).holds
    assert "= 50.0" in ratio(found, None).figure
    assert "100 (once)" in ratio(found, None).figure
    assert to_floor(found, 4).holds
    assert not to_floor(found, 3.9).holds
    assert at_least("x", Spread((1,)), Spread((2,)), None).holds
    assert under("x", Spread((1, 2, 9)), "MB", 2) == Row("x", "2 (1-9) MB", "<= 2 MB", holds=True)


def test_tables_that_grow_with_the_users_are_named() -> None:
    assert not unread("MySQL", {"users", "tenants", "raw_logins"}).holds
    assert unread("MySQL", {"users", "tenants", "raw_logins"}).figure == "raw_logins, users"


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (95, 95), (99, 99), (100, 100), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent: int, expected: int) -> None:
    assert observer.percentile(list(range(100, 0, -1)), percent) == expected


def test_the_observer_effect_is_a_ratio_of_all_windows() -> None:
    quiet, collecting = [[1000] * 100] * 4, [[1000] * 98 + [1100] * 2] * 4
    found = list(observer.rows("MySQL", quiet, collecting, [2, 1, 2, 1]))
    bars = [each for each in found if isinstance(each, Row)]
    assert [(row.bar, row.holds) for row in bars] == [("none", True), ("none", True), ("<= 1.05", False)]
    assert "= 1.100" in bars[-1].figure
    assert "6 of them" in bars[-1].what
    shown = {(each.collections, each.percent): each.milliseconds for each in found if isinstance(each, Latency)}
    assert shown["without", 99] == 1.0
    assert shown["with", 99] == 1.1


def test_where_windows_without_collections_differ_the_bar_does_not_hold() -> None:
    quiet = [[1000] * 100, [3000] * 100]
    bars = [each for each in observer.rows("MySQL", quiet, quiet, [1, 1]) if isinstance(each, Row)]
    assert not bars[-1].holds
    assert "= 1.000" in bars[-1].figure
    assert bars[-1].figure.endswith("too noisy to tell")


def test_what_is_asked_for_steadily_is_all_done() -> None:
    done: list[int] = []
    took = steadily(1000, 0.02, [lambda: done.append(1), lambda: done.append(2)])
    assert len(done) == len(took) == 20


def kept(folder: Path) -> None:
    """Results of two days; the newer ones count."""
    about = results.machine()
    old: list[results.Found] = [Row("gone", "1", "<= 2", holds=True)]
    results.save(folder, "servers", date(2026, 11, 22), about, old)
    found: list[results.Found] = [Row("speed", "40", ">= 50", holds=False), Row("more", "1", "none", holds=True)]
    for engine in ("PostgreSQL", "MySQL"):
        for applications in (10, 100, 1000):
            for way, seconds in ((OURS, 1.0), (CLASSICAL, 40.0), (PYTHON, 0.5), (FLOOR, 0.25)):
                found.append(times(way, seconds * applications, applications=applications, engine=engine))
    results.save(folder, "servers", DAY, about, found)
    waited: list[results.Found] = [Row("wait", "1.01", "<= 1.05", holds=True)]
    for sort, milliseconds in (("without", 2.0), ("with", 2.02)):
        waited += [Latency("MySQL", sort, percent, milliseconds, Spread((1.9, 2.0, 2.1))) for percent in (50, 95, 99)]
    results.save(folder, "observer", DAY, about, waited)


def test_the_notebook_shows_the_newest_results(tmp_path: Path) -> None:
    kept(tmp_path / "results")
    page, alone = execute(tmp_path, str(tmp_path / "results"))
    assert "1 bar of 2 missed." in alone.replace("\xa0", " ")
    assert "gone" not in page
    assert "longer than all at once: 40.0 in PostgreSQL, 40.0 in MySQL." in page
    assert "while collections run: 1.010 in MySQL." in page
    assert page.count("data:image/svg+xml") == 2
    assert "could not be drawn" not in page


def test_the_notebook_without_results_says_how_to_make_them(tmp_path: Path) -> None:
    page, _ = execute(tmp_path, "nowhere")
    assert "<code>make bench</code>" in page
    assert "svg" not in page


def execute(folder: Path, where: str) -> tuple[str, str]:
    """Return what the notebook shows, as HTML and as text."""
    (folder / "fa_stats.toml").write_text(SETTINGS)
    out = folder / "out.ipynb"
    papermill.execute_notebook(
        str(NOTEBOOK), str(out), parameters={"results": where}, cwd=str(folder), progress_bar=False
    )
    cells = [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    shown = [output["data"] for cell in cells for output in cell.outputs]
    return "".join(each["text/html"] for each in shown), "\n".join(each["text/plain"] for each in shown)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_a_file_that_is_no_result_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "2026-11-23-x.json").write_text(text)
    with pytest.raises(StorageError, match=r"x[.]json is no result of a benchmark"):
        benchmark.load(str(tmp_path))


def test_results_say_on_what_machine_they_were_made(tmp_path: Path) -> None:
    path = results.save(tmp_path, "running", DAY, results.machine(), [Row("a", "1", "<= 2", holds=True)])
    content = json.loads(path.read_text())
    assert path.name == "2026-11-23-running.json"
    assert content["machine"]["cores"] >= 1
    assert content["bars"] == [{"what": "a", "figure": "1", "bar": "<= 2", "holds": True}]
