"""The daily run as schedulers start it: `fa-stats run`, plain papermill, twice, at once, and for a month of days."""

from __future__ import annotations

import gc
import json
import re
import shutil
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import pytest
import rfc8785
from projects import DAY, NOTEBOOK, ONCE, Fixed, Project, holding, until, wait

from fa_stats import daily, errors, files, kernel, settings, snapshots
from fa_stats.parameters import Parameters


def files_of_a_run(name: str) -> set[str]:
    """What the contract `Files of a run` says, with what the project has once."""
    return {
        *ONCE, f"data/snapshots/{DAY}/{name}.duckdb",
        f"data/payloads/{DAY}/{name}.json", f"data/payloads/{DAY}/{name}.metrics.json",
        *(f"reports/{DAY}/{name}/{file}" for file in ("daily.ipynb", "report.html", "run.json")),
    }  # fmt: skip


def check_files(project: Project) -> dict[str, Any]:
    """Check that the files of the only run are there, agree with each other and with its record; return that."""
    (record,) = project.records()
    name = record["run"]
    assert files_of_a_run(name) <= project.files()
    extra = project.files() - files_of_a_run(name)
    assert not [path for path in extra if path.startswith(("data", "reports"))]
    assert len(record["files"]) == 5
    for path, digest in record["files"].items():
        assert files.digest(project.folder / path) == digest
    for kind, tail in (("payload", "json"), ("metrics", "metrics.json")):
        content = (project.data / "payloads" / str(DAY) / f"{name}.{tail}").read_bytes()
        with duckdb.connect(str(snapshots.path_of(project.data, DAY, name)), read_only=True) as connection:
            assert connection.execute(f"SELECT {kind} FROM run").fetchone() == (content.decode(),)
        assert rfc8785.dumps(json.loads(content)) == content
        assert record["files"][f"data/payloads/{DAY}/{name}.{tail}"] == record[f"{kind}_sha256"]
    (entry,) = project.entries()
    assert [entry["event"], entry["run"], entry["payload_sha256"]] == ["run", name, record["payload_sha256"]]
    return record


def check_notebook(path: Path) -> None:
    """Check that a notebook is valid and every cell of it shows that it ran."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.outputs for cell in cells[2:])  # the first two hold parameters
    assert f'day = "{DAY}"' in cells[1].source
    assert f"reports/{DAY}" in cells[-1].outputs[0]["data"]["text/plain"]


def test_a_run_leaves_exactly_its_files_and_says_where(finished: Project) -> None:
    record = check_files(finished)
    check_notebook(finished.folders()[0] / "daily.ipynb")
    said, noted = (finished.folder / "stdout").read_text(), (finished.folder / "stderr").read_text()
    assert said.splitlines()[-1] == f"reports/{DAY}/{record['run']}/report.html"
    assert said.splitlines()[0] == f"OK  {record['headline']}"
    assert noted == f"Run {record['run']} for {DAY}, {record['source_label']}.\n"
    assert [record["verdict"], record["exit_code"], record["counts"]["failed"]] == ["OK", 0, 0]
    assert record["finished"] > record["started"]


def test_a_second_run_leaves_the_source_alone_and_shows_the_first(done: Project) -> None:
    first = done.folders()[0] / "run.json"
    before = {path: (done.folder / path).stat().st_mtime_ns for path in done.files()}
    with holding(Path(done.source.removeprefix("duckdb://"))):
        again, asked = done.run(), done.run("--json")
        refused = done.run("--again", "--reason", "to see that the source is shut")
    assert [again.returncode, asked.returncode, refused.returncode] == [0, 0, 3]
    assert again.stdout == (done.folder / "stdout").read_text()
    said = f"{DAY} has its run already: {done.folders()[0].name}. No connection was opened; this is its result.\n"
    assert again.stderr == said
    assert asked.stdout == first.read_text()
    assert {path: (done.folder / path).stat().st_mtime_ns for path in before} == before | {
        path: (done.folder / path).stat().st_mtime_ns
        for path in ("data/ledger.jsonl", "data/checkpoints.jsonl", "data/run.lock")
    }
    assert "open for writing in another program" in refused.stdout
    assert [entry["event"] for entry in done.entries()] == ["run", "failed"]
    assert done.entries()[1]["again_because"] == "to see that the source is shut"
    assert done.run("--json").stdout == first.read_text()  # what failed does not take the place of what was kept


def test_again_needs_a_reason_and_has_it_in_the_ledger(done: Project) -> None:
    refused = done.run("--again")
    assert [refused.returncode, refused.stdout] == [2, ""]
    assert "A second run of a day needs a reason for the ledger" in refused.stderr
    assert len(done.folders()) == 1
    again = done.run("--again", "--reason", "the first was too early", "--json")
    record = json.loads(again.stdout)
    assert [again.returncode, record["again_because"]] == [0, "the first was too early"]
    assert done.folder / "reports" / str(DAY) / record["run"] / "run.json" in done.folder.rglob("run.json")
    assert [entry.get("again_because") for entry in done.entries()] == [None, "the first was too early"]
    assert json.loads(done.run("--json").stdout)["run"] == record["run"]


def test_the_exit_code_of_a_partial_run_is_shown_again(project: Project, tmp_path: Path) -> None:
    broken = tmp_path / "broken.duckdb"
    shutil.copy(project.source.removeprefix("duckdb://"), broken)
    with duckdb.connect(str(broken)) as connection:
        connection.execute("UPDATE tenants SET data = '{' WHERE id = (SELECT min(id) FROM tenants)")
    changed = Project(project.folder, f"duckdb://{broken}")
    first, second = changed.run(), changed.run()
    assert [first.returncode, second.returncode] == [5, 5]
    assert second.stdout == first.stdout
    said = re.match(
        r"INCOMPLETE  (\d+) of 222 stats counted; (\d+) failed, timed out or went over the budget\.\n"
        r"The commonest reason, (\d+) of (\d+): a document in tenants\.data is not valid JSON\.\n",
        first.stdout,
    )
    assert said, first.stdout
    assert said[2] == said[3] == said[4]


def test_of_two_runs_at_once_one_does_it_and_the_other_says_who(project: Project) -> None:
    both = [project.start("fa-stats", "run", "--day", str(DAY)) for _ in range(2)]
    until(lambda: any(process.poll() is not None for process in both))
    loser, winner = sorted(both, key=lambda process: process.poll() is None)
    lost = wait(loser)
    assert lost.returncode == 3
    (name,) = until(lambda: [path.name for path in project.folders()])
    assert lost.stderr.startswith(f"fa-stats: Run {name} is at work since ")
    assert f"(process {winner.pid})" in lost.stderr
    assert lost.stdout == ""
    assert wait(winner).returncode == 0
    check_files(project)


def test_plain_papermill_does_the_whole_run(project: Project) -> None:
    ended = wait(project.start("papermill", NOTEBOOK, "out.ipynb", "-p", "day", str(DAY)))
    assert ended.returncode == 0, ended.stderr
    check_files(project)
    check_notebook(project.folders()[0] / "daily.ipynb")
    check_notebook(project.folder / "out.ipynb")
    assert project.run().returncode == 0
    assert len(project.folders()) == 1


def test_papermills_own_api_does_too_and_shows_a_day_that_is_done(done: Project) -> None:
    import papermill

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_STATS_SOURCE", done.source)
        notebook = papermill.execute_notebook(
            str(NOTEBOOK), str(done.folder / "out.ipynb"), {"day": str(DAY)}, cwd=str(done.folder), progress_bar=False
        )
    shown = [cell for cell in notebook.cells if cell.cell_type == "code"][2].outputs[0]["data"]["text/plain"]
    assert "has its run already" in shown
    assert "no connection was opened" in shown
    check_files(done)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (["-p", "dya", str(DAY)], "There is no parameter `dya`. Did you mean `day`?"),
        (["-r", "source", "postgresql://u:hunter2@host/db"], "`source` holds something like a credential."),
    ],
)
def test_papermill_with_a_wrong_parameter_says_which_and_leaves_nothing(
    project: Project, parameters: list[str], said: str
) -> None:
    ended = wait(project.start("papermill", NOTEBOOK, "out.ipynb", *parameters))
    assert ended.returncode == 1
    assert f"ParameterError: {said}" in ended.stderr
    assert project.files() == {"fa_stats.toml", "out.ipynb"}
    assert not project.data.exists()


def test_usage_errors_touch_nothing(project: Project) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    called = [
        project.call("run", "--day", str(tomorrow)),
        project.call("run", "--day", "2025-02-02", FA_STATS_SOURCE="demo:"),
        project.call("run", "--reason", "without again"),
        project.call("run", "--day", "yesterday"),
        project.call("run", FA_STATS_SOURCE="ftp://host"),
    ]
    assert [each.returncode for each in called] == [2] * 5
    said = [
        "is still to come",
        "does not exist before 2025-02-03",
        "`reason` says why",
        "is no day",
        "no source of that kind",
    ]
    for each, words in zip(called, said, strict=True):
        assert words in each.stderr
        assert each.stdout == ""
    assert project.files() == {"fa_stats.toml"}


def test_a_run_is_named_and_dated_by_the_utc_clock(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        noted: list[str] = []
        early = Fixed(datetime(2025, 6, 3, 0, 0, 1, tzinfo=UTC))
        record, earlier = daily.execute(settings.load(), Parameters(day=None), early, noted.append)
        gc.collect()  # sockets that are left open show here
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [record.day, earlier] == [date(2025, 6, 3), False]
    assert record.run.startswith("20250603T000001Z-")
    assert noted == [f"Run {record.run} for 2025-06-03, {record.source_label}."]


def test_a_notebook_of_ones_own_that_forgets_to_start_or_to_finish_is_told(project: Project) -> None:
    own = project.folder / "notebooks" / "daily.ipynb"
    own.parent.mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    del notebook.cells[-1]
    nbformat.write(notebook, own)
    unfinished = project.run()
    assert unfinished.returncode == 0
    assert "The notebook came to its end without calling `daily.finish()`." in unfinished.stdout
    assert len(check_files(project)["files"]) == 5
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    nbformat.write(notebook, own)
    never = project.run(day=DAY + timedelta(days=1))
    assert never.returncode == 3
    assert "did not start the run: it has to call `run.start`" in never.stderr
    own.write_text("no notebook")
    garbage = project.run(day=DAY + timedelta(days=1))
    assert garbage.returncode == 3
    assert "The notebook could not be executed (NotJSONError)" in garbage.stdout


def test_days_of_the_demo_take_little_time_and_change_believably(here: Project) -> None:
    records = daily.backfill(settings.load(), 5, Fixed(datetime(2026, 11, 14, 2, 0, tzinfo=UTC)), lambda _: None)
    assert [record.day for record in records] == [date(2026, 11, 9) + timedelta(days=ago) for ago in range(5)]
    assert {record.verdict for record in records[1:]} <= {"CHANGED", "OK"}
    assert [record.previous_day for record in records[1:]] == [record.day for record in records[:-1]]
    assert len(here.entries()) == 5
    upgrade = here.call("diff", "2026-11-10", "2026-11-11", "--source", "demo:").stdout
    assert "FusionAuth 1." in upgrade
    quiet = json.loads(here.call("diff", "2026-11-12", "2026-11-13", "--source", "demo:", "--json").stdout)
    assert 0 < len(quiet["changes"]) < quiet["same"]
    assert len(upgrade.splitlines()) > len(quiet["changes"])
    assert daily.backfill(settings.load(), 5, Fixed(datetime(2026, 11, 14, 2, 0, tzinfo=UTC)), lambda _: None) == []


def test_a_backfill_to_before_the_demo_runs_no_day(here: Project) -> None:
    with pytest.raises(errors.DayError, match="does not exist before 2025-02-03"):
        daily.backfill(settings.load(), 3, Fixed(datetime(2025, 2, 5, tzinfo=UTC)), lambda _: None)
    assert here.files() == {"fa_stats.toml"}


def test_signals_are_as_they_were_and_only_the_main_thread_takes_them() -> None:
    import signal
    import threading

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    stop = kernel.Stop()
    with stop.heeded():
        signal.raise_signal(signal.SIGTERM)
    assert stop.asked
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    inside: list[Any] = []

    def elsewhere() -> None:
        with ExitStack() as stack:
            stack.enter_context(kernel.Stop().heeded())
            inside.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert inside == [before[1]]
