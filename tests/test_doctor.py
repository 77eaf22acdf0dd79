"""`fa-stats doctor`: what is as it should be, what is not, and how to mend it; looking changes nothing."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from projects import DAY, Fixed, Project

from fa_stats import doctor, notebook, run, snapshots
from fa_stats.doctor import Finding


def examine(project: Project) -> list[Finding]:
    return doctor.examine(Fixed(), project.folder)


def mend(project: Project) -> list[str]:
    return [f"{finding.what} {finding.mend}" for finding in examine(project) if not finding.good]


def test_a_new_project_is_as_it_should_be_and_stays_as_it_is(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mend(here) == []
    monkeypatch.setenv("FA_STATS_SOURCE", "demo:")
    said = [finding.what for finding in examine(here)]
    assert any("the first run of a day makes the day's instance" in what for what in said)
    assert any("No day is kept yet" in what for what in said)
    assert here.files() == {"fa_stats.toml"}
    assert not here.data.exists()


def test_kept_days_are_counted(here: Project) -> None:
    for day in (DAY, DAY + timedelta(days=1)):
        daily = run.start({"day": str(day)})
        daily.collect()
        daily.finish()
    assert f"2 days are kept, {DAY} to {DAY + timedelta(days=1)}." in [finding.what for finding in examine(here)]


def test_damaged_and_misplaced_days_are_named(here: Project) -> None:
    daily = run.start({"day": str(DAY)})
    daily.collect()
    daily.finish()
    whole = snapshots.path_of(here.data, DAY, daily.record.run)
    cut = whole.with_name("20250602T020000Z-cafe.duckdb")
    cut.write_bytes(whole.read_bytes()[:50_000])
    misplaced = here.data / "snapshots" / "2025-06-03" / whole.name
    misplaced.parent.mkdir()
    shutil.copy(whole, misplaced)
    (finding,) = (each for each in examine(here) if not each.good)
    assert finding.what == "2 days are kept, 2025-06-02 to 2025-06-03. 2 cannot be read."
    assert finding.mend
    assert [str(path) in finding.mend for path in (cut, misplaced, whole)] == [True, True, False]


def test_wrong_settings_are_the_only_finding(here: Project) -> None:
    (here.folder / "fa_stats.toml").write_text("[sauce]\n")
    assert len(examine(here)) == 1
    assert "did you mean `source`" in mend(here)[0]


def test_a_file_in_the_place_of_a_folder_is_named(here: Project) -> None:
    here.reports.write_text("")
    assert f"{here.reports} is not a folder" in mend(here)[0]


def test_a_source_that_is_absent_or_another_database_is_said(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = here.folder / "other.duckdb"
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{path}")
    assert "There is no file" in mend(here)[0]
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (i INTEGER)")
    assert "holds no FusionAuth tables" in mend(here)[0]
    path.write_text("text")
    assert "is not a DuckDB file" in mend(here)[0]


def test_with_collection_off_nothing_is_opened(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.folder / "fa_stats.toml").write_text('[collection]\nmode = "off"\n')
    monkeypatch.setenv("FA_STATS_SOURCE", "duckdb:///nowhere")
    assert mend(here) == []


def test_a_kernel_or_notebook_that_is_missing_is_named(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "ipykernel" else name)
    monkeypatch.setattr(notebook, "find", lambda _: Path("nowhere"))
    assert mend(here) == [
        "The daily notebook is missing. `fa-stats init .` lays it out.",
        "The notebook cannot be executed: ipykernel missing. pip install fa-stats",
    ]


def test_the_command_prints_what_is_found_and_its_exit_code_says_whether_all_is_well(project: Project) -> None:
    good = project.call("doctor", "--json")
    assert [good.returncode, {each["good"] for each in json.loads(good.stdout)}] == [0, {True}]
    project.data.write_text("")
    bad = project.call("doctor")
    assert bad.returncode == 1
    assert "MEND" in bad.stdout
