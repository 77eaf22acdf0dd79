"""Executes the daily notebook with papermill and sees the run through, whatever becomes of the kernel."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fa_stats import errors, execution, files, ledger, notebook, outcome, recovery, run
from fa_stats.clock import Clock
from fa_stats.errors import FaStatsError, RunError
from fa_stats.parameters import Parameters
from fa_stats.record import RunRecord
from fa_stats.settings import SOURCE_VARIABLE, Settings
from fa_stats.snapshots import Snapshot
from fa_stats.sources import Source

if TYPE_CHECKING:
    from fa_stats.kernel import Stop


def execute(settings: Settings, asked: Parameters, clock: Clock, say: Callable[[str], None]) -> tuple[RunRecord, bool]:
    """Do the day's run, or show the one that it has; the record, and whether it is an earlier run's.

    Raises UsageError, BusyError and StorageError where no run could begin. A run that fails has its record and report.
    """
    day = asked.check(clock.now().date())
    source = run.source_of(settings, asked.source, day)
    done = None if asked.again else outcome.finished_run(settings, day, source)
    if done and outcome.whole(settings, done[0]) and not asked.submit:
        return done[0], True
    if not done:
        run.check(settings, source)
    from fa_stats import kernel  # with Jupyter, which a day that is done does without

    name = run.new_name(clock.now())
    stop = kernel.Stop()
    with files.only_run(settings.data, name, clock.now()) as lock, stop.heeded():
        recovery.recover(settings, clock)
        ledger.enter_missing(settings, clock)
        if not asked.again and (done := outcome.finished_run(settings, day, source)):
            return _taken_up(settings, asked, *done, clock, say), True
        say(f"Run {name} for {day}, {source.label}.")
        begun = run.begun(settings, source, asked, day, name, clock.now())
        with files.scratch() as scratch:
            problem = _papermill(settings, asked, begun, scratch, lock, stop)
            return _complete(settings, begun, problem, scratch / notebook.NAME, clock), False


def _taken_up(
    settings: Settings,
    asked: Parameters,
    record: RunRecord,
    snapshot: Snapshot,
    clock: Clock,
    say: Callable[[str], None],
) -> RunRecord:
    """Do for an earlier run what is left: send it, where that is asked for, and write its report."""
    if asked.submit:
        record = outcome.submit(settings, record, snapshot, clock, say)
        outcome.refreshed(settings, snapshot, clock)
        return record
    if outcome.whole(settings, record):
        return record
    return outcome.write_report(settings, record, snapshot, clock)


def _complete(
    settings: Settings, begun: RunRecord, problem: FaStatsError | None, executed: Path, clock: Clock
) -> RunRecord:
    """Read what the notebook brought about; where it did not come to its end, see the run through."""
    folder = outcome.folder_of(settings, begun)
    if outcome.whole(settings, begun):
        return RunRecord.read(folder / "run.json")
    if (folder / "run.json").is_file():
        begun = RunRecord.read(folder / "run.json")
        problem = problem or RunError("The notebook came to its end without calling `daily.finish()`.")
    elif not isinstance(problem, RunError):
        raise problem or RunError(f"{notebook.find(settings)} did not start the run: it has to call `run.start`.")
    try:
        if executed.is_file() and not (folder / notebook.NAME).is_file():
            files.write(folder / notebook.NAME, executed.read_bytes())
        return recovery.see_through(settings, begun, clock, str(problem))
    except errors.StorageError as refused:
        raise problem from refused


def _papermill(
    settings: Settings, asked: Parameters, begun: RunRecord, scratch: Path, lock: int, stop: Stop
) -> FaStatsError | None:
    """Execute the notebook; what stopped it, if anything did."""
    environment = {**os.environ, run.RUN_VARIABLE: begun.run}
    if asked.source:  # may hold credentials, so it is no parameter
        environment[SOURCE_VARIABLE] = asked.source
    given: dict[str, Any] = {"day": begun.day.isoformat()}
    given |= {key: value for key in ("submit", "again", "reason", "isolated") if (value := getattr(asked, key))}
    budget = settings.budget_seconds(begun.source_kind) * (1 + settings.collection.pause_ratio)
    budget += settings.back_off.wait_seconds
    budget += 2 * (settings.sending.budget_seconds + settings.sending.attempt_seconds) if asked.submit else 0
    return execution.execute(
        settings,
        notebook.NAME,
        given,
        environment=environment,
        scratch=scratch,
        stop=stop,
        seconds=budget,
        lock=lock,
    )


def backfill(settings: Settings, days: int, clock: Clock, say: Callable[[str], None]) -> list[RunRecord]:
    """Run the demo for each of the last `days` days that has no run yet, today left out, without notebooks.

    The records, oldest first. Reports of these days are rendered when somebody asks: `fa-stats report DAY`.
    """
    today = clock.now().date()
    asked = [today - timedelta(days=back) for back in range(days, 0, -1)]
    sources = [(day, run.source_of(settings, "demo:", day)) for day in asked]  # all of them before the first one runs
    with files.only_run(settings.data, run.new_name(clock.now()), clock.now()):
        recovery.recover(settings, clock)
        missing = [(day, source) for day, source in sources if not outcome.finished_run(settings, day, source)]
        return [_run_alone(settings, source, day, clock, say) for day, source in missing]


def _run_alone(settings: Settings, source: Source, day: date, clock: Clock, say: Callable[[str], None]) -> RunRecord:
    say(f"{day} ...")
    daily = run.begin(settings, source, Parameters(), day, clock, run.new_name(clock.now()), ExitStack())
    daily.collect()
    return daily.finish_without_report()
