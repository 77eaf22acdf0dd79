"""Whether the instance's own switch for usage data was off at some time, from all that anybody saw of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fa_stats import consent, ledger
from fa_stats.collection import Collection
from fa_stats.settings import Settings

_OFF = consent.may_collect(False).reason.partition(" (")[0]  # how the ledger's entry of such a day begins


@dataclass(frozen=True, slots=True)
class Seen:
    """The switch as it was seen once; `how` says by whom."""

    at: datetime
    on: bool
    how: str


@dataclass(frozen=True, slots=True)
class Switch:
    """What is known of the switch: as it stands now and since when at the least, and as it was seen before.

    `on` is None where nobody ever set it; `asked` is whether it was read now at all.
    """

    asked: bool = False
    on: bool | None = None
    since: datetime | None = None
    seen: tuple[Seen, ...] = ()

    def off_at(self, moment: datetime) -> str | None:
        """Say how it is known that the switch was off at a moment; None where it is not."""
        if self.asked and self.since and self.since <= moment:
            if self.on is False:
                return f"it is off now, and the system settings were last saved at {self.since:%Y-%m-%d %H:%M} UTC"
            return None  # since before then it has stood as it stands now
        same_day = [each for each in self.seen if each.at.date() == moment.date()]
        nearest = min(same_day, key=lambda each: abs(each.at - moment), default=None)
        if nearest is None or nearest.on:
            return None
        return f"it was off on that day: {nearest.how} at {nearest.at:%H:%M} UTC"


def seen_in_ledger(settings: Settings, source_kind: str) -> Iterator[Seen]:
    """Give the times at which a run found the switch off, by the ledger, which tells kinds of sources apart only."""
    for entry in ledger.entries(settings.data):
        if entry.get("event") != "off" or entry.get("source") != source_kind:
            continue
        reason, at = entry.get("reason"), _moment(entry.get("at"))
        if at and isinstance(reason, str) and reason.startswith(_OFF):
            yield Seen(at, on=False, how=f"the run {entry.get('run')} found it so")


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def seen_by(collection: Collection, taken: datetime, run: str) -> Iterator[Seen]:
    """Give what a kept run saw of the switch at a time; one that nobody ever set says nothing."""
    on = consent.switch_of(collection.switch)
    if on is not None:
        yield Seen(taken, on, how=f"the run {run} found it {'on' if on else 'off'}")
