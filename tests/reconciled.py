"""Evidence to reconcile: made up in memory, or planted in real instances by statements that every server takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from instances import collection_of, figure

from fa_stats import catalogue
from fa_stats.catalogue import Payload
from fa_stats.collection import Collection, Status
from fa_stats.reconcile import published
from fa_stats.reconcile.own import Own, of_collection
from fa_stats.reconcile.pairs import Evidence
from fa_stats.reconcile.recorded import Recorded
from fa_stats.timing import milliseconds

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PAGE = sorted(stat.name for stat in catalogue.load().of(Payload.STATS))
COUNTS = [name for name in PAGE if catalogue.load().by_name[name].kind == "count"]
NULLS = {name: 1 for name in PAGE if name not in COUNTS}  # what has no value keeps its timing


def own(values: Mapping[str, Any], taken: datetime = AT, *, lacking: Sequence[str] = ()) -> Own:
    """A count of ours; what it is `lacking` is unavailable."""
    figures = [figure(name, value, microseconds=1500) for name, value in values.items()]
    figures += [figure(name, status=Status.UNAVAILABLE, reason="nobody knows") for name in lacking]
    return of_collection(
        collection_of(figures, started=taken, day=taken.date(), source_kind="duckdb"), "20261123T020000Z-0001"
    )


def recorded(values: Mapping[str, Any], at: datetime = AT, **more: Any) -> Recorded:
    """A collection of FusionAuth's own, which was sent and has a time for each value; all but counts are null."""
    given: dict[str, Any] = {
        "collected": at,
        "sent": True,
        "origin": "usage_stats",
        "application_version": "1.60.2",
        "stats_version": "0.2.0",
        "instance_id": "0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44",
        "milliseconds": 500,
        "values": dict(values),
        "timings": NULLS | dict.fromkeys(values, 1),
    }
    return Recorded(**given | more)


def evidence(**more: Any) -> Evidence:
    """Evidence of a day on which all agrees: everything on the page is asked for, and nothing was collected."""
    loaded = catalogue.load()
    given: dict[str, Any] = {
        "first": DAY,
        "last": DAY,
        "revisions": published.load(),
        "stats": {stat.name: stat for stat in loaded.of(Payload.STATS)},
        "elsewhere": {each.name: each for each in loaded.elsewhere},
        "listed": tuple(PAGE),
    }
    return Evidence(**given | more)


# ------------------------------------------------------------------------------------------------- in real instances


def counted(collection: Collection) -> dict[str, Any]:
    """What a collection counted, as FusionAuth would record it."""
    return {figure.name: figure.value for figure in collection.stats if figure.status is Status.OK}


def timings(collection: Collection) -> dict[str, int]:
    """The times of a collection, as FusionAuth would record them: of what has no value as well."""
    return {each.name: milliseconds(each.microseconds or 0) for each in collection.stats}


def asks_for(names: Sequence[str]) -> str:
    """The statement that has the vendor's list hold these names."""
    return f"UPDATE current_usage_stats SET stats = '{','.join(names)}'"


def row(
    at: datetime,
    stats: Mapping[str, Any] | str,
    times: Mapping[str, int] | None = None,
    *,
    sent: bool = True,
    failed: Sequence[str] = (),
    version: str = "1.60.2",
) -> str:
    """The statement that has FusionAuth record a collection; a text stands as it is in place of the stats."""
    text = stats if isinstance(stats, str) else json.dumps(stats)
    if times is None:
        times = {} if isinstance(stats, str) else dict.fromkeys(stats, 1)
    moment = int(at.timestamp() * 1000)
    return (
        "INSERT INTO usage_stats (application_version, instance_id, collection_duration, collection_instant, "
        f"failed_stats, sent, stats, stats_version, timings) SELECT '{version}', instance.id, 500, {moment}, "
        f"'{json.dumps(list(failed))}', {str(sent).lower()}, '{text}', '0.2.0', '{json.dumps(times)}' FROM instance"
    )


def switched(on: bool, saved: datetime) -> str:
    """The statement that turns the instance's own switch, saved at a time."""
    data = json.dumps({"usageDataConfiguration": {"enabled": on}})
    return f"UPDATE system_configuration SET data = '{data}', last_update_instant = {int(saved.timestamp() * 1000)}"


CLEAR = "DELETE FROM usage_stats"
