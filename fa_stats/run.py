"""The daily run, as the notebook goes through it: start, collect and keep, show, finish."""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

from fa_stats import (
    __version__,
    agreement,
    catalogue,
    checks,
    consent,
    definitions,
    files,
    history,
    ledger,
    notebook,
    outbox,
    outcome,
    pages,
    parameters,
    payload,
    policy,
    quick,
    recovery,
    remote,
    report,
    snapshots,
)
from fa_stats import settings as settings_module
from fa_stats.checks import evidence
from fa_stats.clock import Clock
from fa_stats.collector import Order, Progress, collect, silent
from fa_stats.errors import CollectionOffError, DayError, ExitCode, FaStatsError, RunError, StorageError
from fa_stats.outcome import folder_of, write_report
from fa_stats.pages import Comparison
from fa_stats.parameters import Parameters
from fa_stats.progress import say, watch
from fa_stats.record import RunRecord, Submission, Verdict
from fa_stats.render import Fragment, paragraph
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot
from fa_stats.sources import Source, find

# Set by `fa-stats run` for its kernel: it has named the run, holds the lock, and sees to what others left behind.
RUN_VARIABLE = "FA_STATS_RUN"
DEMO_BEGINS = date(2025, 2, 3)  # the demo's own FOUNDED, without loading what makes it


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
    earlier: bool = False  # the day had its run already, and this is it
    progress: Progress = silent
    page: report.Page | None = None
    submitted: bool = False

    def collect(self) -> Fragment:
        """Collect, compute the two payloads, and keep everything; a day that has a run already is only shown."""
        if self.earlier:
            said = f"{self.record.day} has its run already, {self.record.run}: no connection was opened."
            return paragraph(f"{said} {self.record.headline}")
        if self.snapshot:
            return paragraph(self.record.headline)
        with self.lock:  # what is left after this is the report alone: a notebook left open blocks nobody
            try:
                snapshot = self._collect()
                self._keep(snapshot)
                self._enter(snapshot)
            except CollectionOffError as off:
                self._note_off(off)
            except FaStatsError as error:
                self._fail(error)
                raise
            except BaseException as error:
                self._fail(RunError(f"The run stopped with an unexpected {type(error).__name__}."))
                raise
        return paragraph(self.record.headline)

    def submit(self) -> Fragment:
        """Send what this and earlier runs have, where that was asked for and is allowed."""
        if self.asked.submit and self.snapshot and not self.submitted:
            self.submitted = True
            self.record = outcome.submit(self.settings, self.record, self.snapshot, self.clock, say)
            if self.earlier:
                outcome.refreshed(self.settings, self.snapshot, self.clock)
        return paragraph(self.record.submission.reason)

    def show(self, section: Callable[[report.Page], Fragment]) -> Fragment:
        """Show one section of the report."""
        if self.page is None:
            quick.import_jsonschema()
            self.page = pages.page(self.settings, self.record, self.snapshot, self.comparison)
        return section(self.page)

    def finish(self) -> Fragment:
        """Write what is left of the run's files; the report comes last."""
        self.submit()  # a notebook of an older version has no cell that does
        path = folder_of(self.settings, self.record) / "report.html"
        inside = path.is_relative_to(self.settings.folder)
        said = paragraph(f"Report: {path.relative_to(self.settings.folder) if inside else path}")
        if not self.earlier:
            self.record = replace(self.record, finished=self.clock.now())
            notebook.keep(self.settings, path.with_name(notebook.NAME), said)
        if not (self.earlier and path.is_file()):
            self.record = write_report(self.settings, self.record, self.snapshot, self.clock, self.comparison)
        return said

    def finish_without_report(self) -> RunRecord:
        """Write the run's record alone; the report is rendered when somebody asks for it."""
        done = replace(self.record, finished=self.clock.now())
        self.record = replace(done, files=outcome.digests(self.settings, done))
        outcome.seal(self.settings, self.record, self.clock)
        return self.record

    def _collect(self) -> Snapshot:
        asking = remote.Asking(self.settings, self.record.day, self.clock)
        order = Order(
            day=self.record.day,
            settings=self.settings,
            disabled=policy.disabled(self.settings.switched_off, self.record.day),
            weights=history.weights(self.settings.data, self.source.identity),
            policy=asking,
            isolated=self.asked.isolated,
        )
        collection = collect(self.source, catalogue.load(), order, self.clock, self.progress)
        snapshot = Snapshot(
            run=self.record.run,
            collection=collection,
            source_identity=self.source.identity,
            payload=payload.usage_data(collection),
            metrics=payload.metrics(collection),
            budget_microseconds=int(self.settings.budget_seconds(self.source.kind) * 1_000_000),
            versions=self.record.versions,
            again_because=self.record.again_because,
            circumstances=consent.circumstances(
                self.settings,
                collection,
                agreement.current(self.settings.data),
                definitions.keep(self.settings.data, catalogue.load()),
            ),
            policy=asking.record(collection.active_list),
        )
        # Before anything is kept: whether the promises held is part of what is kept.
        return replace(snapshot, checks=checks.examine(evidence.gather(self.settings, snapshot, self.clock)))

    def _keep(self, snapshot: Snapshot) -> None:
        usage, metrics = outcome.payloads_of(self.settings, self.record)
        files.write(usage, snapshot.payload)
        files.write(metrics, snapshot.metrics)
        snapshots.write(self.settings.data, snapshot, catalogue.load())
        self.snapshot = snapshot  # from here on, the day has its run

    def _enter(self, snapshot: Snapshot) -> None:
        self.comparison = pages.compare(self.settings, snapshot)
        self.record = outcome.record_of(self.record, snapshot, self.comparison)
        outcome.enter_payload(self.settings, self.record, self.clock, "run")
        self.record = replace(self.record, submission=outbox.submission(self.settings, snapshot))
        try:
            history.catch_up(self.settings.data)
        except StorageError as error:
            self.record = replace(self.record, problem=f"The history is a run behind: {error}")

    def _note_off(self, off: CollectionOffError) -> None:
        self.record = replace(
            self.record,
            verdict=Verdict.OFF,
            headline=f"Nothing was collected. {off}",
            exit_code=ExitCode.DONE,
            problem=None,
            advice="`fa-stats collect --preview` shows what would be collected, and keeps nothing.",
            submission=Submission("nothing to send", "Nothing was sent: there is no payload."),
        )
        outcome.write_record(self.settings, self.record)
        outcome.enter(self.settings, self.record, self.clock, "off", reason=str(off), identity=self.source.identity)

    def _fail(self, error: FaStatsError) -> None:
        """Write the report of a run that has no payload; one that has it is seen through by the next run."""
        if self.snapshot:
            return
        failed = outcome.failed(self.record, str(error), error.exit_code)
        self.record = replace(failed, finished=self.clock.now())
        with suppress(StorageError):  # the error that counts is on its way already
            outcome.enter(self.settings, self.record, self.clock, "failed", reason=str(error))
            path = folder_of(self.settings, self.record) / notebook.NAME
            notebook.keep(self.settings, path, paragraph(str(error)))
            self.record = write_report(self.settings, self.record, None, self.clock)


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
    name = os.environ.get(RUN_VARIABLE)
    done = None if name or asked.again else outcome.finished_run(settings, day, source)
    if done and outcome.whole(settings, done[0]):
        return _taken_up(settings, source, asked, clock, done)
    if not done:
        check(settings, source)
    if name:
        return replace(begin(settings, source, asked, day, clock, name, ExitStack()), progress=watch())
    name = new_name(clock.now())
    with ExitStack() as lock:
        lock.enter_context(files.only_run(settings.data, name, clock.now()))
        recovery.recover(settings, clock)
        ledger.enter_missing(settings, clock)
        if not asked.again and (done := outcome.finished_run(settings, day, source)):
            return _taken_up(settings, source, asked, clock, done)
        return replace(begin(settings, source, asked, day, clock, name, lock.pop_all()), progress=watch())


def _taken_up(
    settings: Settings, source: Source, asked: Parameters, clock: Clock, done: tuple[RunRecord, Snapshot]
) -> Run:
    return Run(settings, source, asked, clock, done[0], ExitStack(), done[1], earlier=True)


def begin(
    settings: Settings, source: Source, asked: Parameters, day: date, clock: Clock, name: str, lock: ExitStack
) -> Run:
    """Write the record of a run that, should it be cut off now, says so."""
    record = begun(settings, source, asked, day, name, clock.now())
    outcome.write_record(settings, record)
    return Run(settings, source, asked, clock, record, lock)


def begun(settings: Settings, source: Source, asked: Parameters, day: date, name: str, started: datetime) -> RunRecord:
    """Return the record of a run that has come no further than its start."""
    return RunRecord(
        run=name,
        day=day,
        started=started,
        verdict=Verdict.FAILED,
        headline="The run did not come to its end.",
        exit_code=ExitCode.NO_PAYLOAD,
        source_kind=source.kind,
        source_label=source.label,
        again_because=asked.reason,
        problem=recovery.CUT_OFF,
        advice=outcome.RUN_AGAIN,
        budget_microseconds=int(settings.budget_seconds(source.kind) * 1_000_000),
        catalogue_sha256=catalogue.load().sha256,
        versions=versions(),
    )


def new_name(now: datetime) -> str:
    """Name a run that starts now."""
    return snapshots.run_id(now, secrets.token_hex(2))


def source_of(settings: Settings, url: str | None, day: date) -> Source:
    """Return the source that a command names, else the settings. Raises UsageError, also for a day too early for it."""
    demo = settings.demo
    sizes = {"seed": demo.seed, "tenants": demo.tenants, "applications": demo.applications, "users": demo.users}
    source = find(
        url or settings.source.url,
        day=day,
        data=settings.data,
        demo=sizes,
        api=settings.api,
        ca=settings.path(settings.api.ca),
    )
    if source.kind == "demo" and day < DEMO_BEGINS:
        raise DayError(f"The demo instance does not exist before {DEMO_BEGINS}: ask for that day or a later one.")
    return source


def check(settings: Settings, source: Source) -> None:
    """Raise UsageError where a run could not even connect for want of a key or file; nothing is opened or written."""
    if consent.may_connect(settings.collection.mode).allowed:
        source.check()


def versions() -> dict[str, str]:
    """Return the versions of what computes and draws the report."""
    libraries = ("duckdb", "altair", "papermill", "vl-convert-python")
    return {"fa_stats": __version__, "python": platform.python_version()} | {name: version(name) for name in libraries}
