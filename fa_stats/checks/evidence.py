"""Gathers what the checks look at: the payloads, the earlier runs, the ledger, the clock."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from fa_stats import catalogue, history, ledger, snapshots, verification
from fa_stats.checks.promises import Evidence
from fa_stats.clock import Clock
from fa_stats.collection import Collection
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot


def gather(settings: Settings, snapshot: Snapshot, clock: Clock) -> Evidence:
    """Read what the earlier runs and the ledger tell, for a run that is not kept yet.

    What cannot be read is left unknown, which no check takes for a pass. Raises SettingsError for a signing key that
    cannot be used.
    """
    collection = snapshot.collection
    known, first = _names(settings, collection, snapshot.source_identity)
    return Evidence(
        collection=collection,
        catalogue=catalogue.load(),
        payload=snapshot.payload,
        metrics=snapshot.metrics,
        policy=snapshot.policy,
        circumstances=snapshot.circumstances,
        budget_microseconds=snapshot.budget_microseconds,
        statement_timeout_microseconds=_limit(settings, collection),
        known=known,
        first_of_version=first,
        reasons=(*_reasons(settings, collection, snapshot.source_identity), snapshot.again_because),
        ledger_problem=verification.ledger_problem(settings),
        ledger_newest=_newest(settings),
        now=clock.now(),
    )


def _limit(settings: Settings, collection: Collection) -> int:
    """Return what one statement may take; the calls that one makes over the HTTP API are limited all together."""
    api, whole = collection.source_kind == "api", settings.budget_seconds(collection.source_kind)
    return int((whole if api else settings.collection.statement_timeout_seconds) * 1_000_000)


def _names(settings: Settings, collection: Collection, identity: str) -> tuple[frozenset[str] | None, bool]:
    """Return the names of the first run under this application version; whether there is none before this run.

    The history tells it, but for the earlier runs of that day. Snapshots that it has not seen are read: all of them
    where it cannot be read.
    """
    version = collection.application_version
    if version is None:
        return None, False
    known = history.known_runs(settings.data)
    day, name, names = history.first_names(settings.data, identity, version) or (None, None, None)
    lost = False
    for other, run in sorted(snapshots.found(settings.data), key=lambda each: each[1]):
        if name and run >= name:
            break
        if run in known and other != day:
            continue
        snapshot = snapshots.if_readable(settings.data, other, run)
        lost = lost or snapshot is None
        if snapshot and (snapshot.source_identity, snapshot.collection.application_version) == (identity, version):
            return _figures(snapshot), False
    return names, names is None and not lost


def _figures(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(figure.name for figure in snapshot.collection.stats + snapshot.collection.metrics)


def _reasons(settings: Settings, collection: Collection, identity: str) -> list[str | None]:
    """Return why each kept run of this day and source was begun again, in the order in which they ran."""
    runs = [run for day, run in snapshots.found(settings.data) if day == collection.day]
    kept = (snapshots.if_readable(settings.data, collection.day, run) for run in runs)
    return [each.again_because for each in kept if each and each.source_identity == identity]


def _newest(settings: Settings) -> datetime | None:
    """Return the latest moment that any entry of the ledger has."""
    moments = []
    for entry in ledger.entries(settings.data):
        with suppress(KeyError, TypeError, ValueError):
            moments.append(datetime.fromisoformat(entry["at"]))
    return max(moments, default=None)
