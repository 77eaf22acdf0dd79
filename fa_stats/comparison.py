"""`fa-stats diff`: two kept days side by side, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fa_stats import catalogue, diff, snapshots
from fa_stats import run as runs
from fa_stats.collection import Value
from fa_stats.diff import Added, Change, Changed, Removed, Same, StatusChanged
from fa_stats.errors import NotFoundError, UsageError
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes between two snapshots, Same included."""

    before: Snapshot
    after: Snapshot
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints: the two days, and every change with its kind, Same only counted."""
        found = diff.differences(self.changes)
        return {
            "before": {"day": self.before.collection.day, "run": self.before.run},
            "after": {"day": self.after.collection.day, "run": self.after.run},
            "same": len(self.changes) - len(found),
            "changes": [{"kind": type(change).__name__, **asdict(change)} for change in found],
        }

    def to_text(self) -> str:
        """Return what a terminal shows: a heading, then a line per change, the weightiest first."""
        found = diff.differences(self.changes)
        before, after = self.before.collection, self.after.collection
        lines = [f"{before.day} to {after.day}: {len(found)} changed, {len(self.changes) - len(found)} the same."]
        if before.application_version != after.application_version:
            lines.append(f"FusionAuth {before.application_version} became {after.application_version}.")
        width = max((len(change.name) for change in found), default=0)
        return "\n".join([*lines, *(f"{change.name:<{width}}  {_words(change)}" for change in found)])


def between(settings: Settings, days: Sequence[date], source: str | None) -> Comparison:
    """Compare two days in the order of time; with one day, with the one before it; with none, the newest two.

    Raises NotFoundError where there is no such day.
    """
    after = snapshot_of(settings, max(days) if days else None, source)
    if len(days) == 2:
        before = snapshot_of(settings, min(days), source)
        if before.source_identity != after.source_identity:
            before = _of_source(settings, min(days), after.source_identity)
    else:
        earlier = next(snapshots.earlier(settings.data, after.collection.day, after.source_identity), None)
        if earlier is None:
            of_demo = after.collection.source_kind == "demo"
            hint = " `fa-stats demo backfill` gives the demo a history." if of_demo else ""
            raise NotFoundError(f"There is no day before {after.collection.day} to compare with.{hint}")
        before = earlier
    versions = (before.collection.application_version, after.collection.application_version)
    changes = diff.compare(
        before.collection.stats, after.collection.stats, versions=versions, removed=catalogue.load().removed
    )
    return Comparison(before, after, changes)


def snapshot_of(settings: Settings, day: date | None, source: str | None) -> Snapshot:
    """Return the newest readable snapshot of a day (the newest day's without one), of a source if it is named."""
    identity = runs.source_of(settings, source, day or date.max).identity if source else None
    kept = [other for other, _ in snapshots.found(settings.data)]
    for other in [day] if day else sorted(set(kept), reverse=True):
        if found := snapshots.of_day(settings.data, other, identity):
            return found
    if not kept:
        raise NotFoundError(f"There is no run yet in {settings.data}. `fa-stats run` makes the first.")
    which = f"{f' of {day}' if day else ''}{' of that source' if source else ''}"
    raise NotFoundError(f"There is no readable run{which}. Kept are {min(kept)} to {max(kept)}.")


def sole_snapshot(settings: Settings, day: date, source: str | None) -> Snapshot:
    """Return the newest readable snapshot of a day, of a source that has to be named where the day has several.

    Raises NotFoundError, and UsageError where it is not named.
    """
    found = snapshot_of(settings, day, source)
    of_day = [
        snapshots.if_readable(settings.data, day, run) for other, run in snapshots.found(settings.data) if other == day
    ]
    labels = {each.source_identity: each.collection.source_label for each in of_day if each}
    if source is None and len(labels) > 1:
        names = ", ".join(sorted(labels.values()))
        raise UsageError(f"{day} has runs of {len(labels)} sources ({names}): say which one is meant, with --source.")
    return found


def _of_source(settings: Settings, day: date, identity: str) -> Snapshot:
    found = snapshots.of_day(settings.data, day, identity)
    if found is None:
        raise NotFoundError(f"{day} has no run of the same source to compare with.")
    return found


def _words(change: Change) -> str:
    match change:
        case Added():
            return f"new ({change.why}): {_shown(change.value)}"
        case Removed():
            return f"gone ({change.why}), was {_shown(change.value)}"
        case StatusChanged():
            value = "" if change.after_value is None else f" {_shown(change.after_value)}"
            return f"{change.before} -> {change.after}{value} ({change.why})"
        case Changed():
            ratio = "" if change.ratio is None else f", {change.ratio:+.1%}"
            by = "" if change.by is None else f" ({change.by:+,}{ratio})"
            return f"{_shown(change.before)} -> {_shown(change.after)}{by}"
        case Same():
            return f"{_shown(change.value)}"


def _shown(value: Value | None) -> str:
    if value is None:
        return "no value"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(f"{row['idp']} {row['count']}" for row in value) or "none"
    return ", ".join(f"{key} {each}" for key, each in value.items())
