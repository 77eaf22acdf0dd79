"""One run as a notebook goes through it, cell by cell, in this very process."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import rfc8785
from projects import DAY, ONCE, Fixed, Project, holding

from fa_stats import demo, files, history, outcome, recovery, report, run, settings, snapshots
from fa_stats.clock import Clock
from fa_stats.errors import BusyError, DayError, ParameterError, SourceError, StorageError
from fa_stats.record import RunRecord, Verdict

LATE = Fixed(datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC))


def start(clock: Clock | None = None, **parameters: Any) -> run.Run:
    return run.start({"day": str(DAY)} | parameters, clock)


def whole(clock: Clock | None = None, **parameters: Any) -> run.Run:
    """One run from its first cell to its last."""
    daily = start(clock, **parameters)
    daily.collect()
    daily.finish()
    return daily


def test_a_run_leaves_its_files_and_they_are_what_its_record_says(here: Project) -> None:
    daily = whole()
    name, day = daily.record.run, str(DAY)
    assert here.files() == {
        *ONCE, "fa_stats.toml",
        f"data/snapshots/{day}/{name}.duckdb", f"data/payloads/{day}/{name}.json",
        f"data/payloads/{day}/{name}.metrics.json",
        f"reports/{day}/{name}/report.html", f"reports/{day}/{name}/run.json",
    }  # fmt: skip
    record = RunRecord.read(here.folders()[0] / "run.json")
    assert record == daily.record
    assert len(record.files) == 4  # without Jupyter there is no notebook as it ran
    for path, digest in record.files.items():
        assert files.digest(here.folder / path) == digest
    payload = (here.data / "payloads" / day / f"{name}.json").read_bytes()
    kept = snapshots.of_run(here.data, DAY, name)
    assert [kept.payload, rfc8785.dumps(json.loads(payload))] == [payload, payload]
    assert record.payload_sha256 == files.digest(here.data / "payloads" / day / f"{name}.json")
    assert outcome.restored(settings.load(), kept).counts == record.counts


def test_the_report_is_written_last_of_all(here: Project) -> None:
    daily = start()
    daily.collect()
    (folder,) = here.folders()
    assert sorted(path.name for path in folder.iterdir()) == ["run.json"]
    assert not outcome.whole(settings.load(), daily.record)
    daily.finish()
    others = [path.stat().st_mtime_ns for path in here.folder.rglob("*") if path.is_file() and path.suffix != ".html"]
    assert (folder / "report.html").stat().st_mtime_ns >= max(others)


def test_an_open_notebook_blocks_nobody_once_the_payload_is_kept(here: Project) -> None:
    left_open = start()
    with pytest.raises(BusyError, match=left_open.record.run):
        start(day="2025-06-03")
    left_open.collect()
    other = whole(day="2025-06-03")
    assert other.record.previous_run == left_open.record.run
    left_open.finish()
    assert [each["run"] for each in here.entries()] == [left_open.record.run, other.record.run]


def test_a_second_run_opens_no_connection_and_shows_the_first(here: Project, tmp_path: Path) -> None:
    first = whole()
    with holding(Path(here.source.removeprefix("duckdb://"))):
        again = start()
        said = str(again.collect())
        assert said.startswith(f"{DAY} has its run already, {first.record.run}: no connection was opened.")
        assert str(again.show(report.verdict)) == str(first.show(report.verdict))
        again.finish()
    assert again.record == first.record
    assert len(here.entries()) == 1


def test_a_second_run_of_a_day_without_its_report_writes_it(here: Project) -> None:
    daily = start()
    daily.collect()
    daily.finish_without_report()
    again = start()
    again.collect()
    again.finish()
    assert outcome.whole(settings.load(), daily.record)


def test_again_is_a_run_of_its_own_with_its_reason(here: Project) -> None:
    first = whole(LATE)
    second = whole(Fixed(LATE.instant + timedelta(seconds=1)), again=True, reason="the clock was wrong")
    assert second.record.run > first.record.run
    assert second.record.again_because == "the clock was wrong"
    told = [(entry["event"], entry.get("again_because")) for entry in here.entries()]
    assert told == [("run", None), ("no run", None), ("run", "the clock was wrong")]  # in between, a day has gone by
    assert start().record == second.record
    kept = snapshots.of_day(here.data, DAY)
    assert kept
    assert kept.again_because == "the clock was wrong"


def test_off_in_the_settings_is_entered_and_reported(here: Project) -> None:
    (here.folder / "fa_stats.toml").write_text('[collection]\nmode = "off"\n')
    with holding(Path(here.source.removeprefix("duckdb://"))):
        daily = whole()
    assert [daily.record.verdict, daily.record.exit_code] == [Verdict.OFF, 0]
    assert [entry["event"] for entry in here.entries()] == ["off"]
    assert snapshots.found(here.data) == []
    assert outcome.whole(settings.load(), daily.record)


def test_off_in_the_instance_is_entered_too(here: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switched = tmp_path / "off.duckdb"
    switched.write_bytes(Path(here.source.removeprefix("duckdb://")).read_bytes())
    with duckdb.connect(str(switched)) as connection:
        off = '{"usageDataConfiguration": {"enabled": false}}'
        connection.execute(f"UPDATE system_configuration SET data = json_merge_patch(data, '{off}')")
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{switched}")
    assert whole().record.verdict is Verdict.OFF
    assert [entry["event"] for entry in here.entries()] == ["off"]


def test_a_run_that_cannot_read_the_source_says_so_everywhere(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{here.folder}/none.duckdb")
    daily = start()
    with pytest.raises(SourceError) as caught:
        daily.collect()
    (record,) = here.records()
    assert [record["verdict"], record["exit_code"], record["problem"]] == ["FAILED", 3, str(caught.value)]
    assert record["advice"]
    page = (here.folders()[0] / "report.html").read_text()
    assert "FAILED" in page
    assert "There is no file" in page
    assert [[entry["event"], entry["reason"]] for entry in here.entries()] == [["failed", str(caught.value)]]
    monkeypatch.setenv("FA_STATS_SOURCE", here.source)
    assert whole().record.verdict is Verdict.OK


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, MemoryError])
def test_an_unexpected_error_gives_a_failed_run_and_the_lock_back(
    here: Project, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    class Broken(Clock):
        def microseconds(self) -> int:
            raise error

    daily = start(Broken())
    with pytest.raises(error):
        daily.collect()
    (record,) = here.records()
    assert [record["verdict"], record["exit_code"]] == ["FAILED", 3]
    assert error.__name__ in record["problem"]
    assert whole().record.verdict is Verdict.OK


def test_a_run_whose_ledger_cannot_be_written_is_done_and_entered_by_the_next(here: Project) -> None:
    (here.data / "ledger.jsonl").mkdir(parents=True)
    daily = start()
    with pytest.raises(StorageError, match=r"ledger\.jsonl"):
        daily.collect()
    (here.data / "ledger.jsonl").rmdir()
    again = start()
    assert [again.record.run, again.record.verdict, again.earlier] == [daily.record.run, Verdict.BLOCKED, True]
    (entry,) = here.entries()
    assert [entry["event"], entry["run"], entry["verdict"]] == ["recovered", daily.record.run, "BLOCKED"]
    assert entry["payload_sha256"] == again.record.payload_sha256


def test_a_run_stopped_once_its_snapshot_is_kept_has_not_failed(here: Project) -> None:
    presses = [KeyboardInterrupt()]

    class Stopped(Clock):
        def now(self) -> datetime:
            if snapshots.found(here.data) and presses:
                raise presses.pop()
            return Clock.now(self)

    daily = start(Stopped())
    with pytest.raises(KeyboardInterrupt):
        daily.collect()
    assert not outcome.whole(daily.settings, daily.record)
    again = whole()
    assert [again.record.run, again.record.verdict] == [daily.record.run, Verdict.OK]
    assert [entry["event"] for entry in here.entries()] == ["recovered"]


def test_what_a_dead_run_left_is_seen_through_by_the_next_days(here: Project) -> None:
    kept = start()
    kept.collect()  # and then its process died
    lost = start(day="2025-06-03")
    lost.lock.close()
    outcome.payloads_of(lost.settings, lost.record)[0].parent.mkdir(parents=True)
    outcome.payloads_of(lost.settings, lost.record)[0].write_text("{}")
    daily = whole(day="2025-06-04")
    assert [record["verdict"] for record in here.records()] == ["OK", "FAILED", "CHANGED"]
    assert all(record["finished"] for record in here.records())
    assert [record["problem"] for record in here.records()] == [recovery.CUT_OFF, recovery.CUT_OFF, None]
    assert all((folder / "report.html").is_file() for folder in here.folders())
    events = [(entry["event"], entry["run"]) for entry in here.entries()]
    assert events == [("run", kept.record.run), ("failed", lost.record.run), ("run", daily.record.run)]
    assert not outcome.payloads_of(lost.settings, lost.record)[0].exists()
    assert "FAILED" in (here.folders()[1] / "report.html").read_text()


def test_what_cannot_be_mended_does_not_keep_the_next_run_from_its_work(
    here: Project, caplog: pytest.LogCaptureFixture
) -> None:
    lost = start()
    lost.lock.close()
    (folder,) = here.folders()
    (folder / "report.html").mkdir()
    assert whole(day="2025-06-03").record.verdict is Verdict.OK
    assert "What an earlier run left behind could not be mended" in caplog.text


def test_the_evidence_of_a_damaged_snapshot_is_left_alone(here: Project) -> None:
    daily = start()
    daily.collect()
    path = snapshots.path_of(here.data, DAY, daily.record.run)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:30_000])
    whole(day="2025-06-03")
    assert path.is_file()
    assert all(each.is_file() for each in outcome.payloads_of(daily.settings, daily.record))


def test_a_history_that_cannot_be_caught_up_is_a_note(here: Project) -> None:
    (here.data / "history.duckdb").mkdir(parents=True)
    daily = whole()
    assert daily.record.verdict is Verdict.OK
    assert str(daily.record.problem).startswith("The history is a run behind: ")
    (here.data / "history.duckdb").rmdir()
    whole(day="2025-06-03")
    assert len(history.days(here.data, daily.source.identity, date(2025, 6, 3), 90)) == 2


def test_a_history_that_somebody_writes_to_does_not_hold_a_run_up(here: Project) -> None:
    whole()
    with holding(here.data / "history.duckdb", "CREATE TABLE mine (i INTEGER)"):
        daily = whole(day="2025-06-03")
        assert [daily.record.verdict, daily.record.problem] == [Verdict.CHANGED, None]
        assert len(history.days(here.data, daily.source.identity, date(2025, 6, 3), 90)) == 2


def test_the_day_is_the_utc_date_and_none_to_come(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # where it is tomorrow already
    daily = run.start({}, LATE)
    assert daily.record.day == date(2026, 11, 23)
    assert daily.record.run.startswith("20261123T235959Z-")
    daily.lock.close()
    with pytest.raises(DayError, match=r"2026-11-24 is still to come: today is 2026-11-23 \(UTC\)"):
        run.start({"day": "2026-11-24"}, LATE)


def test_the_demo_begins_when_it_was_founded() -> None:
    assert demo.FOUNDED == run.DEMO_BEGINS


def test_a_day_before_the_demo_is_refused_before_anything_is_written(
    here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_STATS_SOURCE", "demo:")
    with pytest.raises(DayError, match="does not exist before 2025-02-03"):
        start(day="2025-02-02")
    assert here.files() == {"fa_stats.toml"}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"days": "2025-06-02"}, "There is no parameter `days`. Did you mean `day`?"),
        ({"submit": "false"}, "`submit` is to be True or False, not 'false'"),
        ({"day": 20250602}, "`day` is to be a text such as 2026-11-23, not 20250602."),
        ({"source": "postgresql://u:hunter2@host/db"}, "`source` holds something like a credential."),
        ({"again": True}, "A second run of a day needs a reason for the ledger"),
    ],
)
def test_parameters_that_are_wrong_leave_nothing(here: Project, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        run.start(parameters)
    assert str(caught.value).startswith(said)
    assert "hunter2" not in str(caught.value)
    assert here.files() == {"fa_stats.toml"}


def test_the_environment_is_as_it_was(here: Project) -> None:
    before = dict(os.environ)
    whole()
    assert dict(os.environ) == before


def test_a_failed_run_whose_report_was_not_written_has_one_after_the_next_run(here: Project) -> None:
    class Broken(Clock):
        def microseconds(self) -> int:
            raise MemoryError

    failed = start(Broken())
    with pytest.raises(MemoryError):
        failed.collect()
    report = outcome.folder_of(failed.settings, failed.record) / "report.html"
    report.unlink()  # as if it had been killed between the two files
    whole()
    assert "FAILED" in report.read_text(encoding="utf-8")
