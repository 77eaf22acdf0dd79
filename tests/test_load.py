"""The load in a report: what the database says it did, what it does not say, and what ran alone, kept apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import browser
import pytest
from test_report import DAY, cells, collected, page, words

from fa_stats import catalogue, history, load, pages, report, settings, snapshots
from fa_stats.collection import Collection, Figure, Load, StatementRun, Status
from fa_stats.render import NOTHING, Fragment, join

FULL = Load(
    rows_read=50_000,
    blocks_hit=25_651,
    blocks_read=120,
    temporary_bytes=5_242_880,
    temporary_files=2,
    bytes_returned=221,
    server_us=3_000,
    estimated_rows=50_000,
    plan="Aggregate ~1 rows\n  Seq Scan on applications ~50,000 rows: it's < 3",
    plan_sha256="a" * 64,
    whole_server=("temporary_bytes", "temporary_files"),
)


def ran(name: str, microseconds: int, loaded: Load = FULL, **other: Any) -> StatementRun:
    sha256 = (name.encode().hex() + "0" * 64)[:64]
    return StatementRun(name, f"SELECT 1 AS {name}", sha256, 0, microseconds, (f"{name}Number",), load=loaded, **other)


def collection(*statements: StatementRun, **other: Any) -> Collection:
    return replace(collected(), microseconds=10_000, statements=statements, source_version="PostgreSQL 16.3", **other)


def facts(shown: Fragment) -> str:
    return words(shown)


def test_the_sum_of_the_load_is_what_the_statements_say() -> None:
    said = facts(load.summary(collection(ran("tenants", 4_000), ran("users", 3_500), waited_microseconds=750_000)))
    assert "One connection busy for 75 % of the 10.0 ms that it was open" in said
    assert "A busy server was left alone for 750.0 ms" in said
    assert "Rows read 100,000; 100,000 expected by the plans" in said
    assert "Largest statement tenants: 50,000 rows in 4.00 ms" in said
    assert "Blocks 51,302 from the server's memory, 240 from disk or the system's cache" in said
    assert "On the wire 1.50 ms, 20 % of the statements' time" in said
    assert "Returned 442 bytes" in said
    assert "On disk 4 temporary files of 10,485,760 bytes (10.0 MiB)" in said
    bound = "PostgreSQL counts temporary files and bytes in temporary files for all its sessions together"
    assert f"{bound}, so these are no more than an upper bound." in said


def test_a_server_that_was_not_busy_and_counts_for_one_session_is_told_apart() -> None:
    said = facts(load.summary(collection(ran("tenants", 4_000, replace(FULL, whole_server=())))))
    assert "did not have to be waited for" in said
    assert "upper bound" not in said


def test_what_is_not_reported_is_said_and_never_nought() -> None:
    duckdb = replace(collection(ran("tenants", 4_000, Load(rows_read=40))), source_version="DuckDB 1.5.5")
    said = facts(load.summary(duckdb))
    assert "Rows read 40 " in said
    assert said.count("not reported by DuckDB") == 4  # blocks, wire, returned, on disk
    table = words(load.of_statements(duckdb.statements, {}))
    assert "Blocks" not in table
    assert "Returned" not in table
    mixed = [ran("tenants", 4_000), ran("users", 900, Load())]
    assert cells(load.of_statements(mixed, {}), "What each statement")[1] == [
        "users", "0.90 ms", NOTHING, NOTHING, NOTHING, NOTHING,
    ]  # fmt: skip
    nought = replace(FULL, temporary_bytes=0, temporary_files=0, blocks_read=0, bytes_returned=0)
    said = facts(load.summary(collection(ran("tenants", 4_000, nought))))
    assert "On disk no temporary files" in said
    assert "Returned 0 bytes" in said


def test_a_run_of_0_1_0_says_what_it_kept() -> None:
    said = facts(load.summary(collected()))
    read = sum(each.scans[0][2] for each in collected().statements)
    assert f"Rows read {read:,} Largest" in said
    assert said.count("not on record for this run") == 4


def test_each_statement_has_its_load_the_longest_first() -> None:
    runs = [ran("users", 3_500, replace(FULL, estimated_rows=9_000)), ran("tenants", 4_000), ran("x", 9, alone=True)]
    assert cells(load.of_statements(runs, {}), "What each statement") == [
        ["tenants", "4.00 ms 1.00 ms on the wire", "50,000 read as expected", "25,651 from memory 120 from disk",
         "221 bytes returned", "2 temporary files of 5,242,880 bytes (5.0 MiB)"],
        ["users", "3.50 ms 0.50 ms on the wire", "50,000 read 9,000 expected", "25,651 from memory 120 from disk",
         "221 bytes returned", "2 temporary files of 5,242,880 bytes (5.0 MiB)"],
    ]  # fmt: skip
    many = [ran(f"s{n}", 1_000 + n) for n in range(60)]
    shown = load.of_statements(many, {})
    assert "the longest 30 of 60" in words(shown)
    assert len(cells(shown, "What each statement")) == 30


def test_an_estimate_far_off_is_named() -> None:
    wrong = replace(FULL, estimated_rows=400)
    said = words(load.summary(collection(ran("tenants", 4_000, wrong), ran("users", 900))))
    assert "Expected more than 10 times more or fewer rows than were read: tenants." in said
    few = replace(FULL, rows_read=0, estimated_rows=900)
    assert "statistics" not in words(load.summary(collection(ran("tenants", 4_000, few))))


@pytest.mark.parametrize(
    ("before", "said"),
    [({}, False), ("a", False), ("b", True)],
)
def test_a_plan_that_changed_is_said_thrice(before: Any, said: bool) -> None:
    run = ran("tenants", 4_000)
    plans = {run.sha256: (DAY - timedelta(days=1), before * 64)} if before else {}
    shown = page(collection=collection(run), plans=plans)
    assert (
        "The plan of this statement changed: tenants (since 22 November 2026)." in words(report.load(shown))
    ) is said
    assert ("plan changed since" in cells(report.load(shown), "What each statement")[0][0]) is said
    assert ("plan changed since 22 November 2026" in words(report.statements(shown))) is said


def test_the_plan_stands_beside_the_text_of_its_statement() -> None:
    shown = report.statements(page(collection=collection(ran("tenants", 4_000), ran("users", 900, Load()))))
    assert "Its plan, of the shape " + "a" * 12 + " Aggregate" in words(shown)
    assert words(shown).count("Its plan") == 1
    assert "it's &lt; 3" in shown.html
    assert shown.html.index("SELECT 1 AS tenants") < shown.html.index("Seq Scan on applications")


def test_what_ran_alone_is_shown_apart() -> None:
    fused, again = ran("tenants", 4_000), ran("tenants", 90_000, alone=True)
    broken = replace(again, figures=("other",), failure="stopped after 5 s")
    figure = Figure("tenantNumber", Status.OK, 7, 33, False, "tenants", alone_microseconds=90_000)
    now = collection(fused, again, broken, stats=(figure,), metrics=())
    shown = page(collection=now, earlier={"tenants": [4_000]})
    said = words(report.load(shown))
    assert "in 3 statements, 2 of them for a stat measured alone" in said
    assert "The tenants statement took 100 % of 4.00 ms." in said
    assert "None took more than twice its median" in said
    assert cells(report.load(shown), "Measured alone") == [["tenantNumber", "90.00", "0.03", "tenants"]]
    assert "other could not be measured alone: stopped after 5 s." in said
    assert "2 statements that ran once more, each for a stat that was measured alone" in words(report.statements(shown))
    nothing = page(collection=collection(fused))
    assert "Measured alone" not in words(report.load(nothing))
    assert "once more" not in words(report.statements(nothing))


def heavy() -> Collection:
    figures = tuple(replace(each, alone_microseconds=3_000) for each in collected().stats[:8])
    now = collected(stats=(*figures, *collected().stats[8:]), waited_microseconds=900)
    plan = "\n".join(f"{'  ' * n}Hash Join ~1,000,000 rows: a_column_{n} = another_column_{n}" for n in range(8))
    statements = tuple(replace(each, load=replace(FULL, plan=plan, estimated_rows=3)) for each in now.statements)
    again = tuple(replace(each, alone=True) for each in statements[:8])
    return replace(now, statements=statements + again)


def isolated() -> Collection:
    """A run that measured each stat alone over a server with plans, as large as one came out."""
    now = collected()
    run = replace(heavy().statements[0], sql="SELECT 1 -- " + "x" * 260, load=replace(FULL, plan="Seq Scan " * 9))
    figures = now.stats + now.metrics
    statements = tuple(replace(run, name=each.statement or "x", figures=(each.name,)) for each in figures)
    return replace(now, statements=statements, stats=tuple(replace(each, measured=True) for each in now.stats))


def empty() -> Collection:
    return replace(collected(), stats=(), metrics=(), statements=(), microseconds=0)


KINDS: dict[str, Callable[[], Collection]] = {
    "heavy": heavy,
    "isolated": isolated,
    "failed": lambda: collection(ran("tenants", 4_000, Load(), failure="stopped after 5 s")),
    "in no time": lambda: replace(collection(ran("tenants", 0, Load(server_us=5))), microseconds=0),
    "format 1": collected,
    "empty": empty,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [390, 1100])
def test_a_browser_shows_it_without_scrolling_sideways(kind: str, width: int, tmp_path: Path) -> None:
    now = KINDS[kind]()
    plans = {each.sha256: (date(2026, 11, 1), "f" * 64) for each in now.statements}
    target = tmp_path / "report.html"
    target.write_text(report.to_html(page(collection=now, plans=plans)), encoding="utf-8")
    assert target.stat().st_size < 300_000
    seen = browser.layout(target, width=width, unfolded=True)
    assert seen["scroll"] == width
    assert seen["wide"] == []
    if kind == "heavy":
        assert "plan changed since 1" in seen["text"].replace("\xa0", " ")
        assert "Measured alone on this day" in seen["text"]


def test_numbers_beside_long_bars_are_not_cut(tmp_path: Path) -> None:
    from test_charts import parse, svg

    from fa_stats import charts

    picture = svg(parse(charts.statement_times([ran("tenants", 3_248_450), ran("users", 98_765_430)], {})))
    target = tmp_path / "chart.html"
    target.write_text(f'<!doctype html><body style="margin: 0">{picture}', encoding="utf-8")
    script = (
        "<script>onload = () => { const all = [...document.querySelectorAll('text')], "
        "edge = document.querySelector('svg').getBoundingClientRect().right; document.title = "
        "JSON.stringify(all.map(each => each.getBoundingClientRect().right <= edge)) }</script>"
    )
    target.write_text(target.read_text() + script + "<p id=x>", encoding="utf-8")
    dom = browser._run(["--dump-dom", target.as_uri()])
    assert "<title>[true,true,true,true]</title>" in dom


def test_earlier_plans_come_from_the_history(tmp_path: Path) -> None:
    from test_snapshots import LOAD, RUN, snapshot

    first = date(2026, 11, 20)
    for day, plan in ((first, "a"), (first + timedelta(days=1), "b"), (first + timedelta(days=2), "c")):
        loaded = replace(LOAD, plan_sha256=plan * 64)
        kept = replace(snapshot(day, f"{day:%Y%m%d}T020000Z-0000", load=loaded))
        snapshots.write(tmp_path / "data", kept, catalogue.load())
    history.catch_up(tmp_path / "data")
    plans = history.plans(tmp_path / "data", "duckdb:one", first + timedelta(days=2))
    assert set(plans.values()) == {(first + timedelta(days=1), "b" * 64)}
    assert history.plans(tmp_path / "data", "duckdb:two", first + timedelta(days=2)) == {}
    assert history.plans(tmp_path / "data", "duckdb:one", first) == {}
    (tmp_path / "fa_stats.toml").write_text("")
    last = snapshots.read(snapshots.path_of(tmp_path / "data", first + timedelta(days=2), kept.run))
    from test_report import recorded

    shown = pages.page(settings.load(tmp_path), recorded(day=first + timedelta(days=2)), last)
    assert "plan changed since 21 November 2026" in words(join(report.statements(shown)))
    assert kept.run != RUN
