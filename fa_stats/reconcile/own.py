"""Our own figures: from the kept runs of an instance, or counted once now, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from fa_stats import catalogue, collector, history, period, policy, remote, snapshots
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Figure, Status
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

    @property
    def late(self) -> bool:
        """Whether it was taken on another day than it is about."""
        return self.run is not None and self.day != self.taken.date()


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
        if first - day > NEAR or day - last > NEAR:
            continue
        snapshot = snapshots.if_readable(settings.data, day, run)
        if snapshot and (snapshot.source_identity == identity or snapshot.collection.instance_id in instances):
            yield of_collection(snapshot.collection, run)


def near(owns: Sequence[Own], recorded: Recorded) -> tuple[Own, ...]:
    """Return the counts a day apart from a recorded collection at the most: those of their own day first, then by time.

    The first one is what the whole collection is put beside.
    """
    found = ((each.late, abs(each.taken - recorded.collected), each) for each in owns)
    return tuple(each for *_, each in sorted((one for one in found if one[1] <= NEAR), key=lambda one: one[:2]))


def chosen(beside: Sequence[Own], recorded: Recorded, name: str) -> Own | None:
    """Return which of the counts that are near to a recorded collection one stat is compared with.

    What is about a day or a month is of the run of that day; anything else, of a run that was taken on its own day.
    What was counted goes before what was not, and what was counted whole before what was counted in part.
    """
    if name in _of_a_day():
        fitting = [each for each in beside if each.day == recorded.day]
    else:
        fitting = [each for each in beside if not each.late]
    return min(fitting, key=lambda each: _short_of(each.figures.get(name)), default=None)


@cache
def _of_a_day() -> frozenset[str]:
    """Return the stats that are about the report's day, or its month."""
    periods = period.parameters(date(1970, 1, 2), "UTC").keys()
    statements = catalogue.load().statement.values()
    return frozenset(
        stat.name for each in statements for stat in each.stats if not periods.isdisjoint(each.parameters_of([stat]))
    )


def _short_of(figure: Figure | None) -> int:
    """Say how far a figure is from a whole one: 0 is whole, 1 in part (it has a reason), 2 not counted, 3 not known."""
    if figure is None or figure.status is not Status.OK:
        return 3 if figure is None else 2
    return 1 if figure.reason else 0


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
