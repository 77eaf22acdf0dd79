"""The instant at which the demo instance is looked at, and when its parts came into being."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil
from uuid import UUID

FOUNDED = date(2025, 2, 3)
SETTLED = date(2026, 11, 1)
UPGRADED = date(2026, 11, 11)

HOUR = 3_600_000
DAY = 24 * HOUR

_BEND = 0.6  # below 1, so a company grows faster the older it is, up to its settled size


@dataclass(frozen=True)
class Size:
    """How large the instance is on its settled day."""

    tenants: int = 40
    applications: int = 120
    users: int = 2000


def midnight(day: date) -> int:
    """Return the epoch milliseconds at which a UTC day starts."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def unit(*key: object) -> float:
    """Return a number in [0, 1) that depends on the key alone, the same on every machine."""
    return int.from_bytes(_digest(key)[:6], "big") / 2**48


def identify(*key: object) -> str:
    """Return the id of a thing as the text of a UUID; `md5(...)::UUID` says the same in SQL."""
    return str(UUID(bytes=_digest(key)))


def _digest(key: tuple[object, ...]) -> bytes:
    return hashlib.md5("/".join(map(str, key)).encode(), usedforsecurity=False).digest()


@dataclass(frozen=True)
class Moment:
    """The instance at one instant; everything in it is computed from these five values."""

    seed: int
    size: Size
    settled: int
    now: int
    upgraded_at: int = midnight(UPGRADED)
    founded: int = midnight(FOUNDED)

    @property
    def upgraded(self) -> bool:
        """Whether the newer version runs."""
        return self.now >= self.upgraded_at

    @property
    def version(self) -> str:
        """The product's version."""
        return "1.60.2" if self.upgraded else "1.58.2"

    @property
    def day(self) -> int:
        """The day that starts at (or holds) the instant, in days since 1970."""
        return self.now // DAY

    def identify(self, *key: object) -> str:
        """Return the id of a thing of this instance."""
        return identify(self.seed, *key)


@dataclass(frozen=True)
class Growth:
    """When the entities of one kind come into being.

    `count` of them exist on the settled day, the first `founders` since the installation; afterwards one comes
    every `days`. An entity keeps its instant whichever day the instance is looked at from.
    """

    kind: str
    count: int
    founders: int
    days: float

    def pace(self) -> int:
        """Return the milliseconds between two arrivals after the settled day."""
        return max(1, round(self.days * DAY))

    def instant(self, moment: Moment, index: int) -> int:
        """Return the instant at which an entity comes into being."""
        if index < min(self.founders, self.count):
            return moment.founded
        wobble = unit(moment.seed, self.kind, index, "born")
        if index < self.count:
            share = ((index + wobble) / self.count) ** _BEND
            return moment.founded + int((moment.settled - moment.founded) * share)
        return moment.settled + int((index - self.count + wobble) * self.pace())

    def instants(self, moment: Moment) -> list[int]:
        """Return the instants of all entities that exist, oldest first."""
        found: list[int] = []
        while self.count > 0:
            instant = self.instant(moment, len(found))
            if instant >= moment.now and instant > moment.founded:
                break
            found.append(instant)
        return found

    def most(self, moment: Moment) -> int:
        """Return a number of entities that is never exceeded at this moment."""
        if self.count == 0:
            return 0
        return self.count + ceil(max(0, moment.now - moment.settled) / self.pace()) + 1

    def sql(self, moment: Moment) -> str:
        """Return SQL for the instant of entity `k`, whose wobble in [0, 1) is the column `wobble`."""
        span = moment.settled - moment.founded
        return (
            f"CASE WHEN k < {min(self.founders, self.count)} THEN {moment.founded} "
            f"WHEN k < {self.count} THEN {moment.founded} + floor({span} * pow((k + wobble) / {self.count}, {_BEND})) "
            f"ELSE {moment.settled} + floor((k - {self.count} + wobble) * {self.pace()}) END::BIGINT"
        )


def scaled(kind: str, count: int, usual: int, days: float, founders: int = 0) -> Growth:
    """Return the growth of a kind of which one comes every `days` where there are `usual` of them."""
    return Growth(kind, count, founders, days * usual / max(1, count))
