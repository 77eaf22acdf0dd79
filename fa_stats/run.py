"""The daily run, as the notebook goes through it: start, collect and keep, show, finish."""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fa_stats import __version__, catalogue, files, history, ledger, notebook, pages, parameters, payload, policy, report, snapshots
from fa_stats import settings as settings_module
from fa_stats.clock import Clock
from fa_stats.collection import Status
from fa_stats.collector import Order, collect
from fa_stats.diff import differences
from fa_stats.errors import CollectionOffError, ExitCode, FaStatsError, StorageError
from fa_stats.pages import Comparison
from fa_stats.parameters import Parameters
from fa_stats.record import RunRecord, Submission, Verdict
from fa_stats.render import Fragment, paragraph
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot
from fa_stats.sources import Source, find

# Set by `fa-stats run`, which names the run before its kernel starts, so that it can tell what became of it.
RUN_VARIABLE = "FA_STATS_RUN"
_CUT_OFF = "The run was cut off before its end: its process was stopped or died."
_RUN_AGAIN = "Nothing of earlier days is lost. Run it again: `fa-stats run`."


@dataclass
class Run:
    """One run and what is known of it so far; `record` is what run.json holds."""

    settings: Settings
    source: Source
    asked: Parameters
    clock: Clock
    record: RunRecord
    lock: ExitStack
    snapshot: Snapshot | None = None
    comparison: Comparison | None = None
    finished: bool = False
    shown: list[tuple[int, Fragment]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder of the run's report."""
        return folder_of(self.settings, self.record)

    def collect(self) -> Fragment:
        """Collect, compute the two payloads, and keep everything; a day that has a run already is only shown."""
        if not self.finished:
            try:
                self._collect_and_keep()
            except CollectionOffError as off:
                self._note_off(off)
            except FaStatsError as error:
                self.fail(error)
                raise
        return paragraph(self.record.headline)

    def show(self, section: Callable[[report.Page], Fragment]) -> Fragment:
        """One section of the report."""
        fragment = section(pages.page(self.settings, self.record, self.snapshot, self.comparison))
        self.shown.append((notebook.cell_number(), fragment))
        return fragment

    def finish(self) -> Fragment:
        """Write the report and the run's record; the lock is given back."""
        if not self.finished:
            self.record = replace(self.record, finished=self.clock.now())
            if RUN_VARIABLE not in os.environ:  # nobody else will put the notebook beside the report
                notebook.keep(self.settings, self.folder / notebook.NAME, self.shown)
            self._write_report()
            self.finished = True
        self.lock.close()
        where = self.folder.relative_to(self.settings.folder) if self.folder.is_relative_to(self.settings.folder) else self.folder
        return paragraph(f"Report: {where / 'report.html'}")

    def fail(self, error: FaStatsError) -> None:
        """Write the report of a run that could not compute a payload; the caller raises the error."""
        self.record = replace(
            self.record,
            verdict=Verdict.FAILED,
            headline="No payload could be computed.",
            exit_code=ExitCode(error.exit_code),
            problem=str(error),
            advice=_RUN_AGAIN,
            finished=self.clock.now(),
        )
        self._write_report()
        self._enter("failed", reason=str(error))
        self.finished = True
        self.lock.close()

    def _collect_and_keep(self) -> None:
        stats = catalogue.load()
        order = Order(
            day=self.record.day,
            settings=self.settings,
            disabled=policy.disabled(self.settings.switched_off, self.record.day),
            weights=history.weights(self.settings.data, self.source.identity),
            isolated=self.asked.isolated,
        )
        collection = collect(self.source, stats, order, self.clock)
        usage, metrics = payload.usage_data(collection), payload.metrics(collection)
        snapshot = Snapshot(
            run=self.record.run,
            collection=collection,
            source_identity=self.source.identity,
            payload=usage,
            metrics=metrics,
            budget_microseconds=int(self.settings.collection.budget_seconds * 1_000_000),
            versions=self.record.versions,
            again_because=self.record.again_because,
        )
        kept = self.settings.data / "payloads" / self.record.day.isoformat()
        files.write(kept / f"{self.record.run}.json", usage)
        files.write(kept / f"{self.record.run}.metrics.json", metrics)
        snapshots.write(self.settings.data, snapshot, stats)  # from here on, the day has its run
        self.snapshot = snapshot
        self.comparison = pages.compare(self.settings, snapshot)
        self.record = record_of(self.record, snapshot, self.comparison, submit=self.asked.submit)
        self._enter(
            "run",
            verdict=self.record.verdict,
            payload_sha256=self.record.payload_sha256,
            metrics_sha256=self.record.metrics_sha256,
            submission=self.record.submission.state,
        )
        try:
            history.catch_up(self.settings.data)
        except StorageError as error:
            self.record = replace(self.record, problem=f"The history is a run behind: {error}")

    def _note_off(self, off: CollectionOffError) -> None:
        self.record = replace(
            self.record, verdict=Verdict.OFF, headline=f"Nothing was collected. {off}", exit_code=ExitCode.DONE,
            problem=None, advice="`fa-stats collect --preview` shows what would be collected, and keeps nothing.",
            submission=Submission("nothing to send", "Nothing was sent: there is no payload."),
        )
        self._enter("off", reason=str(off))

    def keep_record(self) -> RunRecord:
        """Finish without a report: only the run's record is written."""
        self.record = write_record(self.settings, replace(self.record, finished=self.clock.now()))
        self.finished = True
        return self.record

    def _enter(self, event: str, **details: Any) -> None:
        enter(self.settings, self.record, self.clock, event, **details)

    def _write_report(self) -> None:
        self.record = write_report(self.settings, self.record, self.snapshot, self.comparison)


def start(namespace: Mapping[str, Any], clock: Clock | None = None) -> Run:
    """Begin a run with a notebook's parameters, or take up the day's run where there is one already.

    Raises UsageError for parameters and settings that are wrong, BusyError where another run is at work, StorageError
    where nothing can be written.
    """
    clock = clock or Clock()
    asked = parameters.of_notebook(namespace)
    settings = settings_module.load()
    day = asked.check(clock.now().date())
    source = source_of(settings, asked.source, day)
    done = None if asked.again else finished_run(settings, day, source)
    if done:
        record, snapshot = done
        return Run(settings, source, asked, clock, record, ExitStack(), snapshot, finished=True)
    return begin(settings, source, asked, day, clock)


def begin(settings: Settings, source: Source, asked: Parameters, day: date, clock: Clock) -> Run:
    """Take the lock and write the record of a run that, should it be cut off now, says so."""
    started = clock.now()
    name = os.environ.get(RUN_VARIABLE) or snapshots.run_id(started, secrets.token_hex(2))
    lock = ExitStack()
    lock.enter_context(files.only_run(settings.data, name, started))
    record = RunRecord(
        run=name,
        day=day,
        started=started,
        verdict=Verdict.FAILED,
        headline="The run did not come to its end.",
        exit_code=ExitCode.NO_PAYLOAD,
        source_kind=source.kind,
        source_label=source.label,
        again_because=asked.reason,
        problem=_CUT_OFF,
        advice=_RUN_AGAIN,
        budget_microseconds=int(settings.collection.budget_seconds * 1_000_000),
        catalogue_sha256=catalogue.load().sha256,
        versions=versions(),
    )
    files.write(folder_of(settings, record) / "run.json", record.to_json().encode())
    return Run(settings, source, asked, clock, record, lock)


def enter(settings: Settings, record: RunRecord, clock: Clock, event: str, **details: Any) -> None:
    """Put a run into the ledger."""
    why = {"again_because": record.again_because} if record.again_because else {}
    ledger.append(
        settings.data,
        at=clock.now(),
        day=record.day,
        event=event,
        run=record.run,
        source=record.source_kind,
        **why,
        **details,
    )


def record_of(begun: RunRecord, snapshot: Snapshot, comparison: Comparison, *, submit: bool = False) -> RunRecord:
    """The record of a run that has its payload: its verdict, counts and digests."""
    collection, previous = snapshot.collection, comparison.previous
    counts = collection.counts()
    changed = differences(comparison.changes)
    lost = sum(number for status, number in counts.items() if status.partial)
    lost += sum(figure.status.partial for figure in collection.metrics)
    said = f"{counts[Status.OK]} of {len(collection.stats)} stats counted"
    if lost:
        verdict, headline = Verdict.INCOMPLETE, f"{said}; {lost} failed, timed out or went over the budget."
    elif changed:
        verdict, headline = Verdict.CHANGED, f"{said}; {len(changed)} changed since the last run."
    else:
        verdict, headline = Verdict.OK, f"{said}; nothing changed." if previous else f"{said}; this is the first run."
    code = ExitCode.PARTIAL if lost else ExitCode.DONE
    return replace(
        begun,
        verdict=verdict,
        headline=headline,
        exit_code=ExitCode.NOT_SENT if submit else code,
        instance=collection.instance_id,
        application_version=collection.application_version,
        counts={str(status): number for status, number in counts.items()},
        payload_sha256=payload.digest(snapshot.payload),
        metrics_sha256=payload.digest(snapshot.metrics),
        previous_run=previous.run if previous else None,
        previous_day=previous.collection.day if previous else None,
        problem=None,
        advice=None,
        submission=Submission("not sent", "Sending was asked for, but no receiver can be set up in this version of fa_stats.")
        if submit
        else Submission(),
    )


def finished_run(settings: Settings, day: date, source: Source) -> tuple[RunRecord, Snapshot] | None:
    """The run that a day has already, with its snapshot; None where it has none.

    A run that kept its snapshot but was stopped before its report is done too: its record is made from the snapshot.
    """
    snapshot = snapshots.of_day(settings.data, day, source.identity)
    return (stored_record(settings, snapshot), snapshot) if snapshot else None


def stored_record(settings: Settings, snapshot: Snapshot) -> RunRecord:
    """The record of a kept run: its run.json, or one made anew from the snapshot where that is not whole."""
    made = restored(settings, snapshot)
    try:
        record = RunRecord.read(folder_of(settings, made) / "run.json")
    except StorageError:
        return made
    return record if record.payload_sha256 == made.payload_sha256 else made


def restored(settings: Settings, snapshot: Snapshot) -> RunRecord:
    """A run's record, made from its snapshot alone."""
    collection = snapshot.collection
    begun = RunRecord(
        run=snapshot.run,
        day=collection.day,
        started=collection.started,
        verdict=Verdict.OK,
        headline="",
        exit_code=ExitCode.DONE,
        source_kind=collection.source_kind,
        source_label=collection.source_label,
        again_because=snapshot.again_because,
        budget_microseconds=snapshot.budget_microseconds,
        catalogue_sha256=collection.catalogue_sha256,
        versions=snapshot.versions,
    )
    return record_of(begun, snapshot, pages.compare(settings, snapshot))


def write_report(
    settings: Settings, record: RunRecord, snapshot: Snapshot | None, comparison: Comparison | None = None
) -> RunRecord:
    """Write report.html and run.json of a run; the record with the digests of all its files. Raises StorageError."""
    folder = folder_of(settings, record)
    record = replace(record, files={path: sha256 for path, sha256 in digests(settings, record).items() if "report.html" not in path})
    files.write(folder / "report.html", report.to_html(pages.page(settings, record, snapshot, comparison)).encode())
    return write_record(settings, record)


def write_record(settings: Settings, record: RunRecord) -> RunRecord:
    """Write run.json with the digests of all files of the run as they are now. Raises StorageError."""
    record = replace(record, files=digests(settings, record))
    files.write(folder_of(settings, record) / "run.json", record.to_json().encode())
    return record


def source_of(settings: Settings, url: str | None, day: date) -> Source:
    """The source that a command names, else the settings."""
    demo = settings.demo
    sizes = {"seed": demo.seed, "tenants": demo.tenants, "applications": demo.applications, "users": demo.users}
    return find(url or settings.source.url, day=day, data=settings.data, demo=sizes)


def folder_of(settings: Settings, record: RunRecord) -> Path:
    """The folder of a run's report."""
    return settings.reports / record.day.isoformat() / record.run


def digests(settings: Settings, record: RunRecord) -> dict[str, str]:
    """The SHA-256 of every file of a run but run.json itself, by its path in the project."""
    kept = settings.data / "payloads" / record.day.isoformat()
    reports = folder_of(settings, record)
    paths = (
        snapshots.path_of(settings.data, record.day, record.run),
        kept / f"{record.run}.json",
        kept / f"{record.run}.metrics.json",
        reports / "daily.ipynb",
        reports / "report.html",
    )
    return {os.path.relpath(path, settings.folder): files.digest(path) for path in paths if path.is_file()}


def versions() -> dict[str, str]:
    """The versions of what computes and draws the report."""
    libraries = ("duckdb", "altair", "papermill", "vl-convert-python")
    return {"fa_stats": __version__, "python": platform.python_version()} | {name: version(name) for name in libraries}
