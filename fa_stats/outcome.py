"""What came of a run: its record, made while it runs or from its snapshot, and the files that tell of it."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import SystemRandom
from typing import Any

from fa_stats import files, ledger, outbox, pages, payload, report, snapshots, verifier
from fa_stats.api.shown import LACKS
from fa_stats.checks import Outcome
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Status
from fa_stats.diff import differences
from fa_stats.errors import CheckFailedError, ExitCode, FaStatsError, StorageError
from fa_stats.pages import Comparison
from fa_stats.record import RunRecord, Submission, Verdict
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot
from fa_stats.sources import Source

_CODES = {
    Verdict.BLOCKED: ExitCode.CHECK_FAILED,
    Verdict.INCOMPLETE: ExitCode.PARTIAL,
    Verdict.FAILED: ExitCode.NO_PAYLOAD,
}
RUN_AGAIN = "Nothing of earlier days is lost. Run it again, as before."


def record_of(begun: RunRecord, snapshot: Snapshot, comparison: Comparison) -> RunRecord:
    """Return the record of a run that has its payload, not sent yet: its verdict, counts and digests."""
    collection, previous = snapshot.collection, comparison.previous
    counts = collection.counts()
    changed = differences(comparison.changes)
    lost = _lost(collection)
    said = f"{counts[Status.OK]} of {len(collection.stats)} stats counted"
    checks = Counter(each.outcome for each in snapshot.checks)
    if broken := checks[Outcome.FAILED]:
        verdict = Verdict.BLOCKED
        headline = f"{said}; {broken} of {len(snapshot.checks)} checks failed: nothing is sent."
    elif lost:
        verdict, headline = Verdict.INCOMPLETE, f"{said}; {lost} failed, timed out or went over the budget."
    elif changed:
        verdict, headline = Verdict.CHANGED, f"{said}; {len(changed)} changed since the last run."
    else:
        verdict, headline = (
            Verdict.OK,
            f"{said}; nothing changed." if previous else f"{said}; no earlier day to compare with.",
        )
    return replace(
        begun,
        verdict=verdict,
        headline=headline,
        exit_code=_CODES.get(verdict, ExitCode.DONE),
        instance=collection.instance_id,
        application_version=collection.application_version,
        counts={str(status): number for status, number in counts.items()},
        checks={str(outcome): checks[outcome] for outcome in Outcome} if snapshot.checks else {},
        definitions=snapshot.circumstances.definitions if snapshot.circumstances else None,
        policy_sha256=snapshot.policy.sha256 if snapshot.policy else None,
        payload_sha256=payload.digest(snapshot.payload),
        metrics_sha256=payload.digest(snapshot.metrics),
        previous_run=previous.run if previous else None,
        previous_day=previous.collection.day if previous else None,
        problem=_problem(snapshot),
        advice=None,
        submission=Submission(),
    )


def _lost(collection: Collection) -> str:
    """Count what failed, timed out or went over the budget; empty where nothing did."""
    stats, metrics = (sum(each.status.partial for each in of) for of in (collection.stats, collection.metrics))
    if not metrics:
        return str(stats or "")
    also = f"{metrics} metric{'s' * (metrics > 1)}"
    return f"{stats} and {also}" if stats else also


def _problem(snapshot: Snapshot) -> str | None:
    """Say what stands in the way most: checks that failed, permissions that lack, the commonest failure."""
    figures = snapshot.collection.stats + snapshot.collection.metrics
    said = []
    if broken := [each.name for each in snapshot.checks if each.outcome is Outcome.FAILED]:
        said.append(f"Failed: {'; '.join(broken)}.")
    missing = sum((figure.reason or "").startswith(LACKS) for figure in figures if figure.status is not Status.OK)
    if missing:
        lacking = "stats and metrics are missing for want of a permission"
        said.append(f"{missing} {lacking}: `fa-stats doctor` names what the API key lacks.")
    reasons = Counter(figure.reason for figure in figures if figure.status.partial)
    for reason, number in reasons.most_common(1):
        said.append(f"The commonest reason, {number} of {reasons.total()}: {reason}.")
    return " ".join(said) or None


def failed(begun: RunRecord, problem: str, code: int = ExitCode.NO_PAYLOAD) -> RunRecord:
    """Return the record of a run that could not compute a payload."""
    return replace(
        begun,
        verdict=Verdict.FAILED,
        headline="No payload could be computed.",
        exit_code=ExitCode(code),
        problem=problem,
        advice=RUN_AGAIN,
    )


def restored(settings: Settings, snapshot: Snapshot) -> RunRecord:
    """Make a run's record from its snapshot alone."""
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
    record = record_of(begun, snapshot, pages.compare(settings, snapshot))
    return replace(record, submission=outbox.submission(settings, snapshot))


def stored_record(settings: Settings, snapshot: Snapshot) -> RunRecord:
    """Return the record of a kept run: its run.json, or one made anew from the snapshot where that is not whole."""
    made = restored(settings, snapshot)
    try:
        record = RunRecord.read(folder_of(settings, made) / "run.json")
    except StorageError:
        return made
    same = (record.day, record.run, record.payload_sha256) == (made.day, made.run, made.payload_sha256)
    if not (record.finished and same):
        return made
    sent_since = record.exit_code == ExitCode.NOT_SENT and made.submission.exit_code == ExitCode.DONE
    code = made.exit_code if sent_since else record.exit_code
    return replace(record, submission=made.submission, exit_code=code)


def submit(
    settings: Settings, record: RunRecord, snapshot: Snapshot, clock: Clock, say: Callable[[str], None]
) -> RunRecord:
    """Send what earlier runs left, then a run's own payloads, as far as that is allowed; what came of it is recorded.

    What keeps it from being sent is no error of the run: the record says it, and so does the exit code.
    """
    random = SystemRandom()
    try:
        for other, _ in outbox.submit_waiting(settings, clock, random, say):
            if other.run != snapshot.run:
                refreshed(settings, other, clock)
        sent = outbox.submit(settings, snapshot, clock, random, say)
        code = sent.exit_code
    except FaStatsError as error:
        sent = replace(outbox.submission(settings, snapshot), reason=str(error))
        code = error.exit_code if isinstance(error, CheckFailedError) else ExitCode.NOT_SENT
    own = _CODES.get(record.verdict, ExitCode.DONE)
    return replace(record, submission=sent, exit_code=own if own is ExitCode.CHECK_FAILED else code or own)


def refreshed(settings: Settings, snapshot: Snapshot, clock: Clock) -> RunRecord:
    """Make run.json and report of a kept run anew, after its payload was approved or sent. Raises StorageError."""
    return write_report(settings, stored_record(settings, snapshot), snapshot, clock)


def finished_run(settings: Settings, day: date, source: Source) -> tuple[RunRecord, Snapshot] | None:
    """Return the run that a day has already, with its snapshot; None where it has none."""
    snapshot = snapshots.of_day(settings.data, day, source.identity)
    return (stored_record(settings, snapshot), snapshot) if snapshot else None


def whole(settings: Settings, record: RunRecord) -> bool:
    """Whether a run came to its end: its report is what is written last."""
    return (folder_of(settings, record) / "report.html").is_file()


def enter(settings: Settings, record: RunRecord, clock: Clock, event: str, **details: Any) -> None:
    """Put a run into the ledger. Raises StorageError."""
    why = {"again_because": record.again_because} if record.again_because else {}
    ledger.enter(
        settings,
        clock,
        day=record.day,
        event=event,
        run=record.run,
        source=record.source_kind,
        **why,
        **details,
    )


def enter_payload(settings: Settings, record: RunRecord, clock: Clock, event: str) -> None:
    """Put a run that has its payload into the ledger. Raises StorageError."""
    details = {
        "verdict": record.verdict,
        "payload_sha256": record.payload_sha256,
        "metrics_sha256": record.metrics_sha256,
        "definitions": record.definitions,
        "policy_sha256": record.policy_sha256,
    }
    snapshot = snapshots.path_of(settings.data, record.day, record.run)
    details["snapshot_sha256"] = files.digest(snapshot)
    enter(settings, record, clock, event, **details, submission=record.submission.state)


def write_report(
    settings: Settings, record: RunRecord, snapshot: Snapshot | None, clock: Clock, comparison: Comparison | None = None
) -> RunRecord:
    """Write run.json and, last of all, report.html; return the record with all digests.

    The digest of run.json goes into the ledger, and run.json has those of all other files: so one chain holds them all.
    A digest that is noted already stays: a report that is made anew does not vouch for what was changed since. Raises
    StorageError, and CheckFailedError where run.json is not what the ledger says it is.
    """
    _refuse_altered(settings, record)
    if snapshot and not ledger.has(settings.data, record.day, record.run, ledger.WITH_PAYLOAD):
        raise CheckFailedError(
            f"The ledger has no entry of the run {record.run}: nothing vouches for it, and its report was not made. "
            "`fa-stats run` sees through a run that was cut off; `fa-stats verify` names what was put here."
        )
    path = folder_of(settings, record) / "report.html"
    name = os.path.relpath(path, settings.folder)
    record = replace(record, files=_noted(settings, record, path))
    content = report.to_html(pages.page(settings, record, snapshot, comparison)).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    record = replace(record, files=record.files | {name: sha256})
    seal(settings, record, clock, report_sha256=sha256)
    files.write(path, content)
    return record


def _noted(settings: Settings, record: RunRecord, report: Path) -> dict[str, str]:
    """Return the digests of a run's files but its report, as they were first noted, whatever the folders are now."""
    now = {path: digest for path, digest in digests(settings, record).items() if Path(path).name != report.name}
    first = {verifier.place_of(path): digest for path, digest in record.files.items()}
    gone = first.keys() - {verifier.place_of(path) for path in now} - {verifier.place_of(str(report))}
    return {path: first.get(verifier.place_of(path), digest) for path, digest in now.items()} | {
        path: digest for path, digest in record.files.items() if verifier.place_of(path) in gone
    }


def seal(settings: Settings, record: RunRecord, clock: Clock, **details: str) -> None:
    """Enter the digest of a finished run's run.json into the ledger, and write it. Raises StorageError."""
    sha256 = hashlib.sha256(record.to_json().encode()).hexdigest()
    enter(settings, record, clock, "record", record_sha256=sha256, **details)
    write_record(settings, record)


def _refuse_altered(settings: Settings, record: RunRecord) -> None:
    path = folder_of(settings, record) / "run.json"
    about = (entry for entry in ledger.entries(settings.data) if entry.get("run") == record.run)
    entered = {entry.get("record_sha256") for entry in about if entry.get("event") == "record"}
    if not entered or not path.is_file() or files.digest(path) in entered:
        return
    with suppress(StorageError):
        if RunRecord.read(path).finished is None:  # it was being written when its process died
            return
    raise CheckFailedError(
        f"{path} is not what the ledger says it is: somebody changed it. The report was not made anew. "
        "`fa-stats verify` names all that does not hold. Bring the file back from a copy, or move it away: then it is "
        "made from the snapshot."
    )


def write_record(settings: Settings, record: RunRecord) -> None:
    """Write run.json. Raises StorageError."""
    files.write(folder_of(settings, record) / "run.json", record.to_json().encode())


def folder_of(settings: Settings, record: RunRecord) -> Path:
    """Where the report of a run is."""
    return settings.reports / record.day.isoformat() / record.run


def payloads_of(settings: Settings, record: RunRecord) -> tuple[Path, Path]:
    """Where the two payloads of a run are."""
    kept = settings.data / "payloads" / record.day.isoformat()
    return kept / f"{record.run}.json", kept / f"{record.run}.metrics.json"


def digests(settings: Settings, record: RunRecord) -> dict[str, str]:
    """Return the SHA-256 of every file of a run but run.json itself, by its path in the project."""
    reports = folder_of(settings, record)
    paths = (
        snapshots.path_of(settings.data, record.day, record.run),
        *payloads_of(settings, record),
        reports / "daily.ipynb",
        reports / "report.html",
    )
    return {os.path.relpath(path, settings.folder): files.digest(path) for path in paths if path.is_file()}
