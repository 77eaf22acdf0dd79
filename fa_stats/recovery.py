"""Sees through what runs left behind whose process died: their ledger entry, record and report, half-written files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from fa_stats import files, history, ledger, outcome, snapshots
from fa_stats.clock import Clock
from fa_stats.errors import FaStatsError, StorageError
from fa_stats.record import RunRecord, Verdict
from fa_stats.settings import Settings

CUT_OFF = "The run was cut off before its end: its process was stopped or died."


def recover(settings: Settings, clock: Clock) -> None:
    """See through every run that died, and take away what it was writing. To be called by the run that holds the lock.

    Nothing in here keeps that run from its own work: what cannot be mended now is left to the next one.
    """
    with _warning():
        files.sweep(settings.data, settings.reports, clock.now())
    for record in [*_unentered(settings), *_unfinished(settings)]:
        with _warning():
            see_through(settings, record, clock, record.problem or CUT_OFF)
    for record in _half_remade(settings):
        with _warning():
            snapshot = snapshots.if_readable(settings.data, record.day, record.run)
            whole = outcome.stored_record(settings, snapshot) if snapshot else record
            outcome.write_report(settings, whole, snapshot, clock)


@contextmanager
def _warning() -> Iterator[None]:
    try:
        yield
    except (FaStatsError, OSError) as error:
        logging.getLogger(__name__).warning(f"What an earlier run left behind could not be mended: {error}")


def see_through(settings: Settings, begun: RunRecord, clock: Clock, problem: str) -> RunRecord:
    """Give a run its end: with its snapshot it is done but for ledger and report, without one it failed."""
    kept = snapshots.path_of(settings.data, begun.day, begun.run).exists()
    snapshot = snapshots.if_readable(settings.data, begun.day, begun.run) if kept else None
    entered = ledger.has(
        settings.data, begun.day, begun.run, ledger.WITH_PAYLOAD if snapshot else ledger.WITHOUT_PAYLOAD
    )
    if snapshot:
        record = outcome.stored_record(settings, snapshot)
        if not entered:
            outcome.enter_payload(settings, record, clock, "recovered")
        with suppress(StorageError):  # the next run tries again
            history.catch_up(settings.data)
        if outcome.whole(settings, record):
            return record
        if record.finished is None:
            record = replace(record, finished=clock.now(), problem=problem)
        return outcome.write_report(settings, record, snapshot, clock)
    record = begun if begun.verdict is Verdict.OFF else outcome.failed(begun, problem)
    if not entered:
        outcome.enter(settings, record, clock, "failed", reason=problem)
    for path in () if kept else outcome.payloads_of(settings, record):  # nothing would tell what they are
        path.unlink(missing_ok=True)
    return outcome.write_report(settings, replace(record, finished=clock.now()), None, clock)


def _unentered(settings: Settings) -> Iterator[RunRecord]:
    """Give the runs that were cut off between their snapshot and the ledger; a finished one was put here by others."""
    entered = {entry.get("run") for entry in ledger.entries(settings.data) if entry["event"] in ledger.WITH_PAYLOAD}
    for day, run in snapshots.found(settings.data):
        if run in entered or not (snapshot := snapshots.if_readable(settings.data, day, run)):
            continue
        with suppress(StorageError):
            made = outcome.restored(settings, snapshot)
            if RunRecord.read(outcome.folder_of(settings, made) / "run.json").finished is None:
                yield made


def _unfinished(settings: Settings) -> Iterator[RunRecord]:
    for path in sorted(settings.reports.glob("????-??-??/*/run.json")):
        try:
            record = RunRecord.read(path)
        except StorageError:
            continue
        # One without a payload whose report is missing was stopped while it was seen through.
        empty = record.verdict in (Verdict.FAILED, Verdict.OFF)
        if record.finished is None or (empty and not outcome.whole(settings, record)):
            yield record


def _half_remade(settings: Settings) -> Iterator[RunRecord]:
    """Give the runs whose report was being made anew when a process died: of their files, one is an earlier one.

    A file that the ledger never knew is something else: somebody changed it, and it stays as it is.
    """
    known: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in ledger.entries(settings.data):
        if entry.get("event") == "record":
            known.setdefault((str(entry.get("day")), str(entry.get("run"))), []).append(entry)
    for (day, run), entries in known.items():
        if len(entries) == 1:
            continue
        with suppress(OSError, StorageError):
            folder = settings.reports / day / run
            for file, field in (("run.json", "record_sha256"), ("report.html", "report_sha256")):
                earlier = {entry.get(field) for entry in entries[:-1]} - {entries[-1].get(field)}
                if files.digest(folder / file) in earlier:
                    yield RunRecord.read(folder / "run.json")
                    break
