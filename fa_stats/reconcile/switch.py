"""Whether the instance's own switch for usage data was off at some time, from all that anybody saw of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fa_stats import consent, ledger
from fa_stats.collection import Collection
from fa_stats.consent import Created
from fa_stats.settings import Settings

_OFF = consent.may_collect(False).reason.partition(" (")[0]  # how the ledger's entry of such a day begins
_WHILE = "while the instance's own switch for usage data was off"
_PERHAPS = "when the instance's own switch for usage data may have been off"
_NEAR = timedelta(days=1)  # within which a sighting of `off` makes one wonder
_BETWEEN = timedelta(days=2)  # nobody turns the switch on and off again between two sightings that are no further apart
_SETTLED = timedelta(minutes=5)  # after which every node knows of settings that were saved


@dataclass(frozen=True, slots=True)
class Seen:
    """The switch as it was seen once; `how` says by whom, `sure` is whether it was certainly this instance's."""

    at: datetime
    on: bool
    how: str
    sure: bool = True

    def __str__(self) -> str:
        """Say it as a part of a sentence."""
        return f"{self.how} {'on' if self.on else 'off'} at {self.at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Off:
    """What speaks against that anything was to be sent at a moment; `proved` tells proof from mere suspicion."""

    proved: bool
    why: str  # the rest of a sentence on what was sent

    @property
    def doubted(self) -> Off:
        """The same of what may be of another instance."""
        return Off(False, f"{self.why}; whether that is of this instance is not known")


@dataclass(frozen=True, slots=True)
class Switch:
    """What is known of the switch: as it stands now and since when at the least, and as it was seen before.

    `on` is None where nobody ever set it; `read` is when it was read now, None where it was not.
    """

    read: datetime | None = None
    on: bool | None = None
    since: datetime | None = None
    seen: tuple[Seen, ...] = ()
    deployment: str = "self-hosted"
    created: Created = Created.UNKNOWN

    def off_at(self, moment: datetime) -> Off | None:
        """Say what speaks against that anything was to be sent at a moment; None where nothing does."""
        if self._never_set:
            return self._by_default()
        if self._stood_since(moment):
            if self.on is not False:
                return None
            return Off(True, f"{_WHILE}: it is off now, and {self._saved}")
        before, after = _around((each for each in self.sightings if each.sure), moment)
        if before and after and not before.on and self._same_between(before, after):
            said = f"{before}, {after}, and nobody is known to have turned it in between"
            return Off(True, f"{_WHILE}: {said}")
        return self._suspicion(moment)

    def unknown_at(self, moment: datetime) -> bool:
        """Whether nobody can tell how it stood at a moment."""
        before, after = _around((each for each in self.sightings if each.sure), moment)
        between = before is not None and after is not None and self._same_between(before, after)
        return not (self._never_set or self._stood_since(moment) or between)

    @property
    def words(self) -> str:
        """What is known of it, in a few words."""
        if self.read is None:
            said = "not read"
        else:
            said = "not set" if self.on is None else "on" if self.on else "off"
            said += f" at {self.read:%Y-%m-%d %H:%M} UTC" + (f"; {self._saved}" if self.since else "")
        off = [each for each in self.seen if each.sure and not each.on]
        times = f"{len(off)} time{'' if len(off) == 1 else 's'}"
        return (
            f"{said}; found off {times} before, last at {max(each.at for each in off):%Y-%m-%d %H:%M} UTC"
            if off
            else said
        )

    @property
    def sightings(self) -> tuple[Seen, ...]:
        """What was seen of it, now included."""
        now = [Seen(self.read, self.on, "this reading found it")] if self.read and self.on is not None else []
        return (*self.seen, *now)

    @property
    def _never_set(self) -> bool:
        return self.read is not None and self.on is None and not any(each.sure for each in self.seen)

    @property
    def _saved(self) -> str:
        return f"the system settings were last saved at {self.since:%Y-%m-%d %H:%M} UTC"

    def _stood_since(self, moment: datetime) -> bool:
        """Whether it has stood as it stands now since before a moment."""
        return self.read is not None and self.since is not None and self.since + _SETTLED <= moment

    def _by_default(self) -> Off | None:
        """Hold an instance whose switch was never set to what the page promises of upgraded ones."""
        promised = consent.by_default(self.created)
        if self.created is not Created.BEFORE or self.deployment == "cloud" or promised.allowed:
            return None
        said = f"{promised.reason[0].lower()}{promised.reason[1:].rstrip('.')}"
        return Off(True, f'against what the page promises: {said} ("{promised.sentence}")')

    def _same_between(self, before: Seen, after: Seen) -> bool:
        """Whether two sightings that follow one another prove that the switch stood still between them."""
        saved = self.since is not None and before.at < self.since <= after.at
        return before.on == after.on and not saved and after.at - before.at <= _BETWEEN

    def _suspicion(self, moment: datetime) -> Off | None:
        before, after = _around(self.sightings, moment)
        off = [each for each in (before, after) if each and not each.on]
        if len(off) < 2 and not any(abs(each.at - moment) <= _NEAR for each in off):
            return None
        doubts = [f"{each}" for each in (before, after) if each and each.on]
        doubts += ["it is not known of which instance that was"] if not all(each.sure for each in off) else []
        doubts += [f"nobody saw it {side} then" for side, each in (("before", before), ("after", after)) if not each]
        if self.since and (before is None or before.at < self.since) and (after is None or self.since <= after.at):
            doubts.append(f"the system settings were saved at {self.since:%Y-%m-%d %H:%M} UTC")
        doubts = doubts or ["that is too long a time to tell that it stood so throughout"]
        said = f"{' and '.join(f'{each}' for each in off)}, but {', and '.join(doubts)}"
        return Off(False, f"{_PERHAPS}, which cannot be told: {said}")


def _around(seen: Iterable[Seen], moment: datetime) -> tuple[Seen | None, Seen | None]:
    """Return the last sighting up to a moment, and the first one after it."""
    times = sorted(seen, key=lambda each: each.at)
    before, after = ([each for each in times if (each.at <= moment) is earlier] for earlier in (True, False))
    return before[-1] if before else None, after[0] if after else None


def seen_in_ledger(settings: Settings, identity: str, source_kind: str) -> Iterator[Seen]:
    """Give the times at which a run found the switch of a source off, by the ledger.

    Entries of fa_stats before 0.4.0 tell no more than the kind of their source, which another one may be of too.
    """
    for entry in ledger.entries(settings.data):
        if entry.get("event") != "off" or entry.get("identity", identity) != identity:
            continue
        reason, at = entry.get("reason"), _moment(entry.get("at"))
        if at and entry.get("source") == source_kind and isinstance(reason, str) and reason.startswith(_OFF):
            yield Seen(at, on=False, how=f"the run {entry.get('run')} found it", sure="identity" in entry)


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
        yield Seen(taken, on, how=f"the run {run} found it")
