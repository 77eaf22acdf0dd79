"""Stat by stat: where a name is published, whether it is asked for, what FusionAuth recorded, what we counted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from fa_stats.catalogue import Elsewhere, Stat
from fa_stats.collection import Figure, Status
from fa_stats.reconcile.own import Own, chosen, near
from fa_stats.reconcile.published import Revision
from fa_stats.reconcile.recorded import Recorded, Unreadable
from fa_stats.reconcile.shown import Shown, shown
from fa_stats.reconcile.switch import Switch


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is compared. `listed` is None where the vendor's list could not be had; all is oldest first."""

    first: date
    last: date
    revisions: tuple[Revision, ...]
    stats: Mapping[str, Stat]
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    listed: tuple[str, ...] | None = None
    recorded: tuple[Recorded, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    owns: tuple[Own, ...] = ()
    switch: Switch = field(default_factory=Switch)
    list_changed: datetime | None = None  # when the vendor's list last did, as FusionAuth wrote it down
    list_checked: datetime | None = None
    instances: frozenset[str] = frozenset()  # ids that the instance is known by

    @property
    def page(self) -> Revision:
        """The revision that counts as the public page."""
        return next(revision for revision in self.revisions if revision.page)

    def published_in(self, name: str) -> tuple[str, ...]:
        """Return the labels of the revisions that have a name."""
        return tuple(revision.label for revision in self.revisions if name in revision.names)

    def pairs(self) -> tuple[tuple[Recorded, Own | None], ...]:
        """Return each recorded collection with the count of ours nearest in time, if there is one near enough."""
        return tuple((recorded, next(iter(near(self.owns, recorded)), None)) for recorded in self.recorded)

    @property
    def version(self) -> str | None:
        """The version of FusionAuth that was seen last."""
        seen = [(each.collected, each.application_version) for each in self.recorded]
        seen += [(each.taken, each.collection.application_version) for each in self.owns]
        return max(((at, version) for at, version in seen if version), default=(None, None))[1]

    def of_the_instance(self, each: Recorded | Unreadable) -> bool:
        """Whether something is certainly of this instance: all but a payload from elsewhere that does not name it."""
        return isinstance(each, Unreadable) or not each.captured or each.instance_id in self.instances

    @property
    def captured(self) -> bool:
        """Whether payloads that somebody captured stand in for FusionAuth's own records."""
        return bool(self.recorded) and all(each.captured for each in self.recorded)


@dataclass(frozen=True, slots=True)
class Cell:
    """One stat in one recorded collection, and in the count of ours that it is compared with, where there is one.

    Times are in milliseconds (theirs) and microseconds (ours). `apart` is the time between the two counts.
    """

    recorded: Recorded
    present: bool  # whether the recorded collection has the name at all
    value: Shown
    milliseconds: int | None
    failed: bool
    own: Own | None
    figure: Figure | None
    apart: timedelta | None

    @property
    def ours(self) -> Shown:
        """Our value, as far as it can be shown; None where there is none."""
        counted = self.figure is not None and self.figure.status is Status.OK
        return shown(self.figure.name, self.figure.value) if self.figure and counted else None

    @property
    def differs(self) -> bool:
        """Whether both sides have a value, and not the same."""
        return self.value is not None and self.ours is not None and not same(self.value, self.ours)

    @property
    def lost(self) -> bool:
        """Whether the recorded collection has the name and no value, where we have one."""
        return self.present and self.value is None and not self.failed and self.ours is not None

    @property
    def missed(self) -> bool:
        """Whether FusionAuth has a value, where our count has none."""
        return self.value is not None and self.own is not None and self.ours is None


@dataclass(frozen=True, slots=True)
class Row:
    """One name, side by side; `cells` has one for each recorded collection, `ours` is what was counted last of all."""

    name: str
    published: tuple[str, ...]
    on_page: bool
    listed: bool | None
    cells: tuple[Cell, ...]
    ours: Figure | None

    @property
    def differs(self) -> bool:
        """Whether anything about it is not as it should be; what is not on the page anyway is not."""
        known = self.on_page or not (self.listed or self.recorded)
        return not known or any(cell.differs or cell.lost or cell.failed or cell.missed for cell in self.cells)

    @property
    def one_sided(self) -> bool:
        """Whether the page has it, but not the vendor's list, or none of the recorded collections."""
        return self.on_page and (self.listed is False or bool(self.cells and not self.recorded))

    @property
    def recorded(self) -> bool:
        """Whether any recorded collection has it."""
        return any(cell.present for cell in self.cells)


def rows(evidence: Evidence) -> tuple[Row, ...]:
    """Return a row for each name that is published on the page, asked for or recorded, by name."""
    beside = [(recorded, near(evidence.owns, recorded)) for recorded in evidence.recorded]
    names = set(evidence.page.names) | set(evidence.listed or ())
    names |= {name for recorded in evidence.recorded for name in recorded.names}
    newest: dict[str, Figure] = {}
    for own in sorted(evidence.owns, key=lambda each: each.taken):
        newest |= own.figures
    return tuple(
        Row(
            name=name,
            published=evidence.published_in(name),
            on_page=name in evidence.page.names,
            listed=None if evidence.listed is None else name in evidence.listed,
            cells=tuple(_cell(name, recorded, chosen(owns, recorded, name)) for recorded, owns in beside),
            ours=newest.get(name),
        )
        for name in sorted(names)
    )


def _cell(name: str, recorded: Recorded, own: Own | None) -> Cell:
    return Cell(
        recorded=recorded,
        present=recorded.has(name),
        value=recorded.values.get(name),
        milliseconds=recorded.timings.get(name),
        failed=name in recorded.failed,
        own=own,
        figure=own.figures.get(name) if own else None,
        apart=abs(own.taken - recorded.collected) if own else None,
    )


def same(theirs: Shown, ours: Shown) -> bool:
    """Whether two values are the same; true is not 1."""
    return isinstance(theirs, bool) == isinstance(ours, bool) and theirs == ours
