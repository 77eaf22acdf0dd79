"""Executes the daily notebook with papermill and sees the run through, whatever becomes of the kernel."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fa_stats import errors, files, ledger, notebook, run, snapshots
from fa_stats.clock import Clock
from fa_stats.errors import ExitCode, FaStatsError, RunError
from fa_stats.parameters import Parameters
from fa_stats.record import RunRecord, Verdict
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

# Above the budget in the database: starting a kernel, importing, drawing charts.
_STARTING_SECONDS = 120


def execute(
    settings: Settings, asked: Parameters, clock: Clock, say: Callable[[str], None]
) -> tuple[RunRecord, bool]:
    """Do the day's run, or show the one that it has; the record, and whether it is an earlier run's.

    Raises UsageError, BusyError and StorageError where no run could begin. A run that fails has its record and report.
    """
    day = asked.check(clock.now().date())
    source = run.source_of(settings, asked.source, day)
    if not asked.again and (done := run.finished_run(settings, day, source)):
        record, snapshot = done
        if not (run.folder_of(settings, record) / "report.html").is_file():
            record = run.write_report(settings, record, snapshot)
        return record, True
    name = snapshots.run_id(clock.now(), secrets.token_hex(2))
    with files.only_run(settings.data, name, clock.now()):
        pass  # somebody else's run is noticed before a kernel is started
    say(f"Run {name} for {day}, {source.label}.")
    return _in_kernel(settings, asked, day, name, clock), False


def _in_kernel(settings: Settings, asked: Parameters, day: date, name: str, clock: Clock) -> RunRecord:
    folder = settings.reports / day.isoformat() / name
    with tempfile.TemporaryDirectory(prefix="fa_stats-") as scratch:
        executed = Path(scratch) / notebook.NAME
        # Sockets in a folder of our own instead of TCP ports: no other user can listen, no two runs can collide.
        os.environ["JUPYTER_RUNTIME_DIR"] = scratch
        problem = _papermill(settings, asked, day, name, executed)
        if not (folder / "run.json").is_file():
            raise problem or RunError(f"The notebook {notebook.find(settings)} did not start the run: it has to call `run.start`.")
        if executed.is_file():
            files.write(folder / notebook.NAME, executed.read_bytes())
    record = RunRecord.read(folder / "run.json")
    if record.finished is None:
        return _cut_off(settings, record, problem, clock)
    return run.write_record(settings, record)


def _papermill(settings: Settings, asked: Parameters, day: date, name: str, executed: Path) -> FaStatsError | None:
    """Execute the notebook; what stopped it, if anything did."""
    import papermill
    from traitlets.config import Config
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    os.environ[run.RUN_VARIABLE] = name
    if asked.source:  # may hold credentials, so it is no parameter
        os.environ["FA_STATS_SOURCE"] = asked.source
    given: dict[str, Any] = {"day": day.isoformat()}
    given |= {key: value for key in ("submit", "again", "reason", "isolated") if (value := getattr(asked, key))}
    try:
        papermill.execute_notebook(
            str(notebook.find(settings)),
            str(executed),
            parameters=given,
            progress_bar=sys.stderr.isatty(),
            kernel_name="python3",
            cwd=str(settings.folder),
            config=Config(KernelManager={"transport": "ipc"}),
            execution_timeout=int(settings.collection.budget_seconds * (1 + settings.collection.pause_ratio)) + _STARTING_SECONDS,
        )
    except papermill.PapermillExecutionError as error:
        kind = getattr(errors, error.ename, RunError)
        if not issubclass(kind, FaStatsError):
            kind = RunError
        return kind(error.evalue) if kind is not RunError else RunError(f"A cell of the notebook failed with {error.ename}.")
    except DeadKernelError:
        return RunError("The kernel died: it was killed, or ran out of memory.")
    except CellTimeoutError:
        return RunError("A cell of the notebook took longer than the run's budget allows.")
    except KeyboardInterrupt:
        return RunError("The run was interrupted.")
    finally:
        del os.environ[run.RUN_VARIABLE]
    return None


def _cut_off(settings: Settings, record: RunRecord, problem: FaStatsError | None, clock: Clock) -> RunRecord:
    """See a run through whose kernel did not: with its snapshot it is done but for the report, else it failed."""
    snapshot: Snapshot | None = snapshots.of_day(settings.data, record.day)
    if snapshot and snapshot.run == record.run:
        made = replace(run.restored(settings, snapshot), finished=clock.now())
        made = replace(made, problem=str(problem) if problem else None)
        if not any(entry.get("run") == record.run for entry in ledger.entries(settings.data)):
            run.enter(settings, made, clock, "run", verdict=made.verdict, payload_sha256=made.payload_sha256)
        return run.write_report(settings, made, snapshot)
    failed = replace(
        record,
        verdict=Verdict.FAILED,
        exit_code=ExitCode.NO_PAYLOAD,
        headline="No payload could be computed.",
        problem=str(problem) if problem else record.problem,
        finished=clock.now(),
    )
    run.enter(settings, failed, clock, "failed", reason=failed.problem)
    return run.write_report(settings, failed, None)


def backfill(settings: Settings, days: int, clock: Clock, say: Callable[[str], None]) -> list[RunRecord]:
    """Run the demo for each of the last `days` days that has no run yet, today left out, without notebooks.

    The records, oldest first. Reports of these days are rendered when somebody asks: `fa-stats report DAY`.
    """
    today = clock.now().date()
    made = []
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        source = run.source_of(settings, "demo:", day)
        if run.finished_run(settings, day, source):
            continue
        say(f"{day} ...")
        daily = run.begin(settings, source, Parameters(), day, clock)
        try:
            daily.collect()
            made.append(daily.keep_record())
        finally:
            daily.lock.close()
    return made

