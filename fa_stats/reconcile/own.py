"""Our own figures: from the kept runs of an instance, or counted once now, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from fa_stats import catalogue, collector, history, policy, remote, snapshots
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Figure
from fa_stats.collector import Order, Progress
from fa_stats.reconcile.recorded import Recorded
from fa_stats.settings import Settings
from fa_stats.sources import Source

NEAR = timedelta(days=1)  # two counts that are taken further apart are not compared


@dataclass(frozen=True, slots=True)
class Own:
    """One count of ours. `taken` is when the instance was as it was counted; `run` is None for one that is not kept."""

    run: str | None
    day: date
    taken: datetime  # UTC
    figures: Mapping[str, Figure]
    collection: Collection


def of_collection(collection: Collection, run: str | None) -> Own:
    """Return a collection as one side of the comparison."""
    taken = collection.started
    if collection.source_kind == "demo":  # it is made as it stood when the day began, whenever that is
        taken = datetime(collection.day.year, collection.day.month, collection.day.day, tzinfo=UTC)
    return Own(run, collection.day, taken, {figure.name: figure for figure in collection.stats}, collection)


def kept(settings: Settings, identity: str, instances: Set[str], first: date, last: date) -> Iterator[Own]:
    """Give the kept runs of an instance in a span of days and a day around it, oldest first.

    They are those of the source of that identity, or of an instance of one of those ids.
    """
    for day, run in snapshots.found(settings.data):
        if not first - NEAR <= day <= last + NEAR:
            continue
        snapshot = snapshots.if_readable(settings.data, day, run)
        if snapshot and (snapshot.source_identity == identity or snapshot.collection.instance_id in instances):
            yield of_collection(snapshot.collection, run)


def nearest(owns: tuple[Own, ...], recorded: Recorded) -> Own | None:
    """Return the count nearest in time to a recorded collection, a day apart at the most."""
    found = min(owns, key=lambda each: abs(each.taken - recorded.collected), default=None)
    return found if found and abs(found.taken - recorded.collected) <= NEAR else None


def count_now(settings: Settings, source: Source, day: date, clock: Clock, progress: Progress) -> Own:
    """Count everything once, in memory: nothing is stored. Raises CollectionOffError and SourceError."""
    order = Order(
        day=day,
        settings=replace(settings, collection=replace(settings.collection, measured_alone=0)),
        disabled=policy.disabled(settings.switched_off, day),
        policy=remote.Asking(settings, day, clock, keep=False),
        weights=history.weights(settings.data, source.identity),
    )
    return of_collection(collector.collect(source, catalogue.load(), order, clock, progress), None)
