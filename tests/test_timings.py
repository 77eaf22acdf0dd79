"""The notebook to explore timings in: executed by papermill, shown by a browser, and each section's words."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import browser
import nbformat
import pytest
from bs4 import BeautifulSoup
from projects import Project, wait
from test_report import words
from test_snapshots import LOAD, snapshot

from fa_stats import book, catalogue, costs, curves, history, saving, snapshots
from fa_stats.collection import Collection, Figure, StatementRun, Status
from fa_stats.errors import DayError, NotFoundError, ParameterError
from fa_stats.history import StatDay, StatementDay
from fa_stats.render import NOTHING, SPACE, Fragment

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "timings.ipynb"
FIRST = date(2026, 11, 18)
TENANTS = next(each.name for each in snapshot().collection.statements if "tenantNumber" in each.figures)
SECTIONS = (
    costs.overview, costs.slowest, costs.stat_history, costs.statement_text, costs.plan_changes, costs.growth,
    costs.switched_off, costs.load_per_day,
)  # fmt: skip


def rows(fragment: Fragment) -> list[list[str]]:
    soup = BeautifulSoup(fragment.html.replace(SPACE, " "), "html.parser")
    return [[cell.get_text(" ") for cell in row.find_all(["th", "td"])] for row in soup.select("tbody tr")]


# The notebook


def executed(project: Project, *parameters: str, target: str = "out.ipynb") -> nbformat.NotebookNode:
    """Run the notebook with papermill as anybody would."""
    with project.start("papermill", NOTEBOOK, target, "-k", "python3", *parameters) as process:
        ended = wait(process)
    assert ended.returncode == 0, ended.stderr
    found = nbformat.read(project.folder / target, as_version=4)
    nbformat.validate(found)
    return found


def shown(found: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    """What each cell shows, by its id; nothing is written to stdout or stderr."""
    outputs = {cell.id: cell.outputs for cell in found.cells if cell.cell_type == "code"}
    assert {each.output_type for several in outputs.values() for each in several} == {"execute_result"}
    return {name: each[0].data for name, each in outputs.items() if each}


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with five days of the demo and a run, and the notebook as papermill left it."""
    folder = tmp_path_factory.mktemp("explored")
    (folder / "fa_stats.toml").write_text("[demo]\ntenants = 4\napplications = 6\nusers = 60\n")
    project = Project(folder, "demo:")
    assert project.call("demo", "backfill", "--days", "5").returncode == 0
    assert project.call("run").returncode == 0
    executed(project)
    return project


def test_papermill_executes_it_on_the_demo_without_parameters(explored: Project) -> None:
    found = shown(nbformat.read(explored.folder / "out.ipynb", as_version=4))
    assert set(found) == {
        cell["id"]
        for cell in json.loads(NOTEBOOK.read_text())["cells"]
        if cell["cell_type"] == "code" and cell["id"] != "parameters"
    }
    assert all(each["text/html"] for each in found.values())
    assert "embedded demo, seed 1" in found["open"]["text/plain"]
    assert "6 days, from" in found["show-overview"]["text/plain"].replace(SPACE, " ")
    assert "measured alone on" in found["show-slowest"]["text/plain"]
    assert "data:image/svg+xml" in found["show-stat"]["text/html"]
    assert "SELECT" in found["show-statement"]["text/html"]
    assert "DuckDB does not report its plans." in found["show-plans"]["text/plain"]
    assert "up to" in found["show-saving"]["text/plain"]
    assert "Load of 6 days" in found["show-load"]["text/plain"].replace(SPACE, " ")


def test_papermill_takes_its_parameters(explored: Project) -> None:
    names = ("-p", "stat", "scimEnabled", "-p", "day", (date.today() - timedelta(days=2)).isoformat())
    found = shown(executed(explored, *names, "-p", "statement", "webhooks", target="other.ipynb"))
    plain = {name: each["text/plain"].replace(SPACE, " ") for name, each in found.items()}
    assert "4 days, from" in plain["show-overview"]
    assert plain["show-stat"].startswith("scimEnabled was measured alone on")
    assert plain["show-statement"].startswith("webhooks counts 3 stats")
    assert "Stat scimEnabled" in " ".join(plain["show-saving"].split())


def test_it_changes_nothing_in_the_project(explored: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in explored.folder.rglob("*") if path.is_file()}
    executed(explored, target="again.ipynb")
    after = {path: path.stat().st_mtime_ns for path in explored.folder.rglob("*") if path.is_file()}
    assert {path.name for path in after.keys() - before.keys()} == {"again.ipynb"}
    assert {path: after[path] for path in before} == before


def test_a_browser_shows_every_output(explored: Project, tmp_path: Path) -> None:
    target = tmp_path / "shown.html"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--to",
        "html",
        "--template",
        "basic",
        "--output",
        target,
    ]
    subprocess.run([*command, explored.folder / "out.ipynb"], check=True, capture_output=True)
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><meta charset=utf-8><body>" + target.read_text(encoding="utf-8"), encoding="utf-8")
    seen = browser.layout(page, width=1000, unfolded=True)
    assert len(seen["pictures"]) >= 2
    assert all(seen["pictures"])
    for words_shown in ("What the stats cost", "The slowest 15 stats", "How it is known", "Would save", "Load of 6"):
        assert words_shown in seen["text"].replace("\xa0", " ")


def test_without_a_run_there_is_one_friendly_sentence(project: Project) -> None:
    found = shown(executed(project))
    plain = {name: each["text/plain"] for name, each in found.items()}
    assert plain.pop("open").startswith("There is no run to explore yet. fa-stats run makes the first")
    assert set(plain.values()) == {""}


def test_its_cells_are_prose_and_calls() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    sources = ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]
    logic = (ast.For, ast.If, ast.IfExp, ast.While, ast.FunctionDef, ast.Lambda, ast.comprehension, ast.Subscript)
    assert not [node for each in sources for node in ast.walk(ast.parse(each)) if isinstance(node, logic)]
    calls = [each for each in sources if each.startswith("found.show(costs.")]
    assert len(calls) == len(SECTIONS)
    assert all("\n" not in each for each in calls)
    assert not [each for each in cells if each.get("outputs")]


# The book


def keep(folder: Path, number: int, **other: Any) -> Collection:
    """Keep one day of a source; its tenants and their statement grow day by day."""
    day = FIRST + timedelta(days=number)
    kept = snapshot(day, f"{day:%Y%m%d}T020000Z-0000")
    grown = 100 * (number + 1)

    def grow(figure: Figure) -> Figure:
        value = grown if figure.name == "tenantNumber" else figure.value
        return replace(figure, value=value, alone_microseconds=None, measured=False, microseconds=50)

    def work(run: StatementRun) -> StatementRun:
        plan = replace(LOAD, rows_read=grown, plan_sha256=("a" if number < 3 else "b") * 64)
        return replace(run, load=plan, microseconds=grown * 10 if run.name == TENANTS else 77)

    collection = replace(
        kept.collection,
        stats=tuple(map(grow, kept.collection.stats)),
        metrics=tuple(map(grow, kept.collection.metrics)),
        statements=tuple(work(each) for each in kept.collection.statements if not each.alone),
        source_version="PostgreSQL 16.3",
    )
    collection = replace(collection, **other)
    snapshots.write(folder / "data", replace(kept, collection=collection), catalogue.load())
    return collection


@pytest.fixture
def project_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project that the test's own process works in, with five days of a source with plans."""
    monkeypatch.delenv("FA_STATS_SOURCE", raising=False)
    (tmp_path / "fa_stats.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    for number in range(5):
        keep(tmp_path, number)
    history.catch_up(tmp_path / "data")
    return tmp_path


def test_the_newest_run_is_read_and_of_the_source_with_the_newest_run(project_here: Path) -> None:
    found = book.open({"mine": 3, "day": None})
    assert found.snapshot
    assert found.snapshot.collection.day == FIRST + timedelta(days=4)
    earlier = book.open({"day": str(FIRST + timedelta(days=1))})
    assert earlier.snapshot
    assert earlier.snapshot.collection.day == FIRST + timedelta(days=1)
    assert book.open({"day": str(FIRST - timedelta(days=1))}).snapshot is None
    assert book.open({"source": "duckdb:///nowhere/at/all.duckdb"}).snapshot is None


@pytest.mark.parametrize("section", SECTIONS)
def test_without_a_snapshot_no_section_says_anything(section: Any, tmp_path: Path) -> None:
    empty = book.Book(tmp_path, None)
    assert empty.show(section).html == ""
    assert "fa-stats run" in str(empty.about())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_run_without_a_history_or_a_statement_is_no_error(section: Any, tmp_path: Path) -> None:
    bare = snapshot()
    nothing = replace(bare, collection=replace(bare.collection, statements=()))
    for each in (bare, nothing):
        assert book.Book(tmp_path, each).show(section).html


def test_mistaken_parameters_are_refused_by_name(project_here: Path) -> None:
    with pytest.raises(DayError):
        book.open({"day": "yesterday"})
    with pytest.raises(ParameterError, match="credential"):
        book.open({"source": "postgresql://me:secret@host/db"})
    with pytest.raises(ParameterError, match="`stat` is to be a text"):
        book.open({"stat": 3})
    with pytest.raises(NotFoundError, match=r"There is no stat `tenantNumbr`.* Did you mean `tenantNumber`"):
        book.open({"stat": "tenantNumbr"}).show(costs.stat_history)
    with pytest.raises(NotFoundError, match="There is no statement `xyz`"):
        book.open({}).show(costs.statement_text, "xyz")


def test_the_slowest_come_first_with_how_it_is_known(project_here: Path) -> None:
    stats = snapshot().collection.stats
    [one, two] = [each.name for each in stats if each.status is Status.OK][:2]
    times = {one: (50, 9_000), two: (70, None)}
    some = tuple(
        replace(each, measured=False, microseconds=times[each.name][0], alone_microseconds=times[each.name][1])
        if each.name in times
        else replace(each, measured=False, microseconds=1, alone_microseconds=None)
        for each in stats
    )
    keep(project_here, 6, stats=some, metrics=())
    history.catch_up(project_here / "data")
    found = rows(book.open({}).show(costs.slowest))
    assert found[0][:3] == [one, "9.00", "measured alone on 24 November 2026"]
    assert found[1][:3] == [two, "0.07", "share of its statement"]
    assert words(book.open({}).show(costs.slowest)).startswith("1 stat of")
    assert words(book.open({}).show(costs.overview)).endswith(str(next(x for x in some if x.name == one).statement))


def test_a_stat_has_its_share_and_its_own_time_day_by_day(project_here: Path) -> None:
    name = "tenantNumber"
    stats = tuple(
        replace(each, measured=False, microseconds=50, alone_microseconds=7_000 if each.name == name else None)
        for each in snapshot().collection.stats
    )
    keep(project_here, 5, stats=stats)
    history.catch_up(project_here / "data")
    found = book.open({}).show(costs.stat_history, name)
    assert "tenantNumber was measured alone on 1 day of 6, last with 7.00 ms." in words(found)
    assert "Its share of its statement was 0.05 ms on 23 November 2026." in words(found)
    assert rows(found)[0] == ["23 November 2026", "ok", "7.00", "0.05"]
    assert rows(found)[1] == ["22 November 2026", "ok", NOTHING, "0.05"]
    java = book.open({}).show(costs.stat_history, "instanceJavaVersion")
    assert "0.05" in words(java)


def test_a_statement_is_shown_with_its_plan_and_when_that_changed(project_here: Path) -> None:
    name = next(each.name for each in snapshot().collection.statements if each.name != TENANTS)
    found = book.open({"statement": name})
    assert LOAD.plan
    assert LOAD.plan.splitlines()[0] in words(found.show(costs.statement_text))
    assert "SELECT" in words(found.show(costs.statement_text))
    assert rows(found.show(costs.plan_changes)) == [["21 November 2026", "the plan", "0.08", "0.08"]]
    until = book.open({"statement": name, "day": str(FIRST + timedelta(days=2))})
    assert f"The plan of {name} was the same on each of 3 days." in words(until.show(costs.plan_changes))


def test_a_statement_of_another_text_is_no_change_of_plan() -> None:
    one = StatementDay(FIRST, 5, None, None, None, None, "a", "p")
    assert costs._change(one, replace(one, plans="q")) == "the plan"
    assert costs._change(one, replace(one, plans="q", sha256="b")) == "the statement itself"
    assert costs._change(one, one) is None
    assert costs._change(one, replace(one, plans=None)) is None


def days_of(*points: tuple[float, int]) -> str:
    return words(curves.against(points, "tenants", "the x statement"))


def test_growth_is_said_only_where_it_can_be_told() -> None:
    said = days_of((100, 1_000), (200, 2_000), (300, 3_000), (400, 4_000))
    assert "From 100 to 400 tenants, each 30 more add about 0.30 ms to the x statement (correlation 1.00)." in said
    assert "grew too little to tell" in days_of((100, 1_000), (101, 2_000), (102, 3_000))
    assert "too few to tell" in days_of((100, 1_000), (200, 2_000))
    assert "did not clearly take longer" in days_of((100, 3_000), (200, 2_000), (300, 1_000))
    assert "took the same time every day" in days_of((100, 3_000), (200, 3_000), (300, 3_000))
    assert "Tenants: 40 on each of 2 days, so nothing can be said" in days_of((40, 1), (40, 2))
    assert "on the only day" in days_of((40, 1))
    assert "on record for no day" in days_of()
    assert days_of((0, 1), (0, 2))


def test_growth_is_drawn_against_tenants_applications_and_rows(project_here: Path) -> None:
    name = TENANTS
    found = book.open({"statement": name}).show(costs.growth)
    soup = BeautifulSoup(found.html, "html.parser")
    assert len(soup.find_all("img")) == 2  # the applications are as many each day
    assert "From 100 to 500 tenants" in words(found)
    assert "Applications:" in words(found)
    assert "From 100 to 500 rows read" in words(found)


def test_the_load_of_each_day_says_what_is_not_reported(project_here: Path) -> None:
    found = book.open({}).show(costs.load_per_day)
    assert rows(found)[-5][0] == "22 November 2026"
    assert "does not report" not in words(found)
    reading = book.Reading(book.open({}), snapshot())
    assert costs._no_plan(reading).startswith("DuckDB")


# What switching a stat off would save


def saved(name: str, *, own: int | None = None, alone_in: Sequence[str] | None = None) -> saving.Saving:
    now = snapshot().collection
    run = next(each for each in now.statements if name in each.figures and not each.alone)
    figure = replace(next(each for each in now.stats + now.metrics if each.name == name), microseconds=900)
    if alone_in is not None:
        run = replace(run, figures=(name, *alone_in))
    run = replace(run, microseconds=100 * len(run.figures))
    now = replace(now, statements=(run,))
    return saving.estimate(catalogue.load(), now, figure, own, 10_000)


def test_a_stat_whose_document_others_read_saves_next_to_nothing() -> None:
    found = saved("scimEnabled", own=5_000)
    assert found.microseconds == 100
    assert "read for other stats anyway" in found.reason
    assert found.beside


def test_the_only_reader_of_a_document_saves_up_to_its_own_time() -> None:
    found = saved("scimEnabled", own=5_000, alone_in=["tenantNumber"])
    assert found.microseconds == 5_000
    assert "only stat of its statement that reads the documents tenants.data" in found.reason
    assert saved("scimEnabled", alone_in=["tenantNumber"]).microseconds == 900
    assert saved("scimEnabled", own=50_000, alone_in=["tenantNumber"]).microseconds == 10_000


def test_the_only_stat_of_a_statement_saves_all_of_it() -> None:
    assert saved("scimEnabled", alone_in=[]).microseconds == 10_000


def test_what_is_not_asked_for_in_the_database_saves_nothing() -> None:
    now = replace(snapshot().collection, statements=())
    found = saving.estimate(catalogue.load(), now, now.stats[0], 5, 10)
    assert found.microseconds is None
    assert "nothing to save" in found.reason


def test_days_without_the_stat_are_evidence(project_here: Path) -> None:
    on = [StatDay(FIRST + timedelta(days=n), "ok" if n else "disabled", 5, False, None) for n in range(4)]
    took = [StatementDay(each.day, 100 + n, None, None, None, None, "a", None) for n, each in enumerate(on)]
    assert saving.observed(on, took) == (102, 100, 1)
    assert saving.observed(on[1:], took[1:]) is None
    off = tuple(
        replace(each, status=Status.DISABLED, microseconds=None, value=None) if each.name == "scimEnabled" else each
        for each in snapshot().collection.stats
    )
    keep(project_here, -1, stats=off)
    history.rebuild(project_here / "data")
    said = words(book.open({"stat": "scimEnabled"}).show(costs.switched_off))
    assert "Would save up to" in said
    assert "Seen without it the statement's median was" in said
    assert "never measured" in said
    assert "Read along" in said
