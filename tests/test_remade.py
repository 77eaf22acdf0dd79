"""A report made anew, after an approval say, vouches for nothing that was changed, and is never left half made."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from projects import DAY, Project

from fa_stats import settings, verification


def wrong(project: Project) -> set[str]:
    """What does not hold, by the name of the file."""
    return {Path(each.where).name for each in verification.verify(settings.load(project.folder)).grave}


def approve(project: Project) -> Path:
    """Have the report made anew with other content; a copy of what was there before."""
    before = project.folder / "before"
    shutil.copytree(project.folders()[0], before)
    ended = project.call("approve", str(DAY), "--by", "Ada Lovelace")
    assert ended.returncode == 0, ended.stderr
    assert (before / "report.html").read_bytes() != (project.folders()[0] / "report.html").read_bytes()
    return before


def next_day(project: Project) -> None:
    assert project.run(day=date(2025, 6, 3)).returncode == 0


def test_a_report_made_anew_does_not_vouch_for_a_notebook_that_was_changed(done: Project) -> None:
    notebook = done.folders()[0] / "daily.ipynb"
    notebook.write_bytes(notebook.read_bytes().replace(b"collect", b"COLLECT", 1))
    assert done.call("report", str(DAY)).returncode == 0
    assert wrong(done) == {"daily.ipynb"}


def test_a_record_that_was_changed_stays_evidence(done: Project) -> None:
    record = done.folders()[0] / "run.json"
    record.write_bytes(
        record.read_bytes().replace(b'"embedded', b'"Embedded').replace(b"stats counted", b"stats COUNTED")
    )
    for command in (("report", str(DAY)), ("approve", str(DAY), "--by", "Ada Lovelace")):
        ended = done.call(*command)
        assert ended.returncode == 1
        assert "is not what the ledger says it is" in ended.stderr
    assert b"COUNTED" in record.read_bytes()
    assert "run.json" in wrong(done)
    next_day(done)  # which mends what died, and this did not
    assert b"COUNTED" in record.read_bytes()
    assert "run.json" in wrong(done)


def test_a_record_that_was_moved_away_is_made_from_the_snapshot(done: Project) -> None:
    (done.folders()[0] / "run.json").unlink()
    assert done.call("report", str(DAY)).returncode == 0
    assert wrong(done) == set()


@pytest.mark.parametrize("stale", [["report.html"], ["report.html", "run.json"]])
def test_a_process_that_died_while_it_made_a_report_anew_is_seen_through(done: Project, stale: list[str]) -> None:
    before = approve(done)
    for name in stale:
        shutil.copyfile(before / name, done.folders()[0] / name)
    assert wrong(done) == {stale[-1]}
    next_day(done)
    assert wrong(done) == set()
    assert "By Ada Lovelace" in (done.folders()[0] / "report.html").read_text()
