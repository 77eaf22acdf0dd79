"""`fa-stats approve` and `fa-stats submit`."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from fa_stats.errors import ExitCode, StorageError
from fa_stats.record import PAYLOADS, State
from fa_stats.shell import DAY, dump, guarded, json_option, note, sole_option

if TYPE_CHECKING:
    from fa_stats.record import Submission
    from fa_stats.snapshots import Snapshot


@click.command()
@click.argument("day", type=DAY)
@click.option("--by", required=True, metavar="NAME", help="Who approves: it stays in the ledger and on the receipt.")
@click.option("--note", "remark", metavar="TEXT", help="A remark for the ledger.")
@sole_option
@json_option
@guarded
def approve(day: date, by: str, remark: str | None, source: str | None, as_json: bool) -> None:
    """Approve the bytes of a day, so that they may be sent.

    The name is bound to the digests of the day's newest run: other bytes need an approval of their own.
    """
    from fa_stats import comparison, outbox, outcome, settings
    from fa_stats.clock import Clock

    found, clock = settings.load(), Clock()
    snapshot = comparison.sole_snapshot(found, day, source)
    approved = outbox.approve(found, snapshot, by, remark, clock)
    try:
        outcome.refreshed(found, snapshot, clock)
    except StorageError as error:
        note(f"The approval is in the ledger; the report could not be made anew: {error}")
    submission = outbox.submission(found, snapshot)
    payloads = [{"payload": kind, "sha256": sha256, "bytes": size} for kind, sha256, size in approved.payloads]
    if as_json:
        told = {"day": day, "run": approved.run, "by": approved.by, "note": remark, "payloads": payloads}
        click.echo(dump(told | {"submission": _plain(submission)}))
        return
    label = snapshot.collection.source_label
    click.echo(f"{approved.by} approved the run {approved.run} of {day} ({label}):")
    for each in payloads:
        click.echo(f"  {PAYLOADS[str(each['payload'])]:<10}  sha256 {each['sha256']}  {each['bytes']} bytes")
    asked = submission.state != State.NOT_ASKED
    note(f"It is {submission.state}. {submission.reason}" if asked else "`fa-stats submit` sends it.")


@click.command()
@click.argument("days", type=DAY, nargs=-1, metavar="[DAY ...]")
@sole_option
@json_option
@guarded
def submit(days: tuple[date, ...], source: str | None, as_json: bool) -> int:
    """Send what waits, or the payloads of the days that are named.

    What has been sent is never sent twice. Each of the two payloads is sent on its own.
    """
    from fa_stats import comparison, outbox, outcome, settings
    from fa_stats.clock import Clock

    if source and not days:
        raise click.UsageError("--source goes with a DAY: without one, the runs of all sources are sent that wait.")
    found, clock, chance = settings.load(), Clock(), random.SystemRandom()
    if days:
        asked = [comparison.sole_snapshot(found, day, source) for day in dict.fromkeys(days)]
        done = []
        for snapshot in asked:
            done.append((snapshot, outbox.submit(found, snapshot, clock, chance, note)))
            outcome.refreshed(found, snapshot, clock)
    else:
        done = outbox.submit_waiting(found, clock, chance, note)
        for snapshot, _ in done:
            outcome.refreshed(found, snapshot, clock)
    if as_json:
        click.echo(dump([_told(snapshot, submission) for snapshot, submission in done]))
    else:
        for snapshot, submission in done:
            _print(snapshot, submission)
    if not done:
        note("Nothing waits to be sent.")
    codes = {submission.exit_code for _, submission in done}
    return next((code for code in (ExitCode.CHECK_FAILED, ExitCode.NOT_SENT) if code in codes), ExitCode.DONE)


def _told(snapshot: Snapshot, submission: Submission) -> dict[str, Any]:
    return {"day": snapshot.collection.day, "run": snapshot.run, "submission": _plain(submission)}


def _plain(submission: Submission) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(submission)


def _print(snapshot: Snapshot, submission: Submission) -> None:
    click.echo(f"{snapshot.collection.day}  {snapshot.run}  {submission.state}")
    for each in submission.payloads:
        receipt = f" Receipt sha256 {each.receipt}." if each.receipt else ""
        click.echo(f"  {PAYLOADS[each.payload]}: {each.state}. {each.reason}{receipt}")
