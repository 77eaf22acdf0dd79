"""Puts together what a report shows, from what is stored: record, snapshot, earlier days, notebook."""

from __future__ import annotations

from dataclasses import dataclass

from fa_stats import catalogue, consent, diff, history, notebook, snapshots
from fa_stats.catalogue import Payload
from fa_stats.diff import Change
from fa_stats.record import RunRecord
from fa_stats.report import Page
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

_EARLIER_DAYS = 30
_TREND_DAYS = 90


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since the last snapshot of the same source."""

    previous: Snapshot | None
    changes: tuple[Change, ...]


def compare(settings: Settings, snapshot: Snapshot) -> Comparison:
    """Compare a snapshot with the one before it, if there is any."""
    previous = next(snapshots.earlier(settings.data, snapshot.collection.day, snapshot.source_identity), None)
    if previous is None:
        return Comparison(None, ())
    before, after = previous.collection, snapshot.collection
    changes = diff.compare(
        before.stats,
        after.stats,
        versions=(before.application_version, after.application_version),
        removed=catalogue.load().removed,
    )
    return Comparison(previous, changes)


def page(
    settings: Settings, record: RunRecord, snapshot: Snapshot | None, comparison: Comparison | None = None
) -> Page:
    """Everything that the report of a run shows; without a snapshot, that of a run that brought nothing back."""
    stats = {stat.name: stat for stat in catalogue.load() if stat.payload is not Payload.CONTEXT}
    code = notebook.code(settings)
    if snapshot is None:
        return Page(record, None, (), stats, None, {}, (), code)
    day, identity = snapshot.collection.day, snapshot.source_identity
    return Page(
        record=record,
        collection=snapshot.collection,
        consents=consent.decide(snapshot.circumstances, snapshot.collection.started) if snapshot.circumstances else (),
        agreement=snapshot.circumstances.agreement if snapshot.circumstances else None,
        policy=snapshot.policy,
        checks=snapshot.checks,
        changes=(comparison or compare(settings, snapshot)).changes,
        catalogue=stats,
        payload=snapshot.payload,
        earlier=history.statement_times(settings.data, identity, day, _EARLIER_DAYS),
        trend=history.days(settings.data, identity, day, _TREND_DAYS),
        code=code,
        plans=history.plans(settings.data, identity, day),
    )
