"""The book of a notebook that explores: one source up to a day, with what its sections look up. Nothing is written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from fa_stats import history, parameters, run, snapshots
from fa_stats import settings as settings_module
from fa_stats.collection import Collection, Figure, StatementRun
from fa_stats.errors import NotFoundError, ParameterError
from fa_stats.history import StatementDay
from fa_stats.load import fused
from fa_stats.parameters import Parameters
from fa_stats.render import Fragment, day, paragraph, prose
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

_LAST = date.max - timedelta(days=1)
_NOTHING_YET = (
    "There is no run to explore yet. `fa-stats run` makes the first, and `fa-stats demo backfill --days 5` gives the "
    "demo a history; then run this notebook again."
)
_Rest = ParamSpec("_Rest")


@dataclass(frozen=True, slots=True)
class Book:
    """One source up to a day: its last snapshot, None where there is none, and what the notebook asks about."""

    data: Path
    snapshot: Snapshot | None
    stat: str | None = None
    statement: str | None = None

    def show(
        self, section: Callable[Concatenate[Reading, _Rest], Fragment], *rest: _Rest.args, **named: _Rest.kwargs
    ) -> Fragment:
        """Show one section; nothing where there is no run, which `about` has said."""
        return section(Reading(self, self.snapshot), *rest, **named) if self.snapshot else Fragment("")

    def about(self) -> Fragment:
        """Say what is read, or how to come by something to read."""
        if self.snapshot is None:
            return paragraph(prose(_NOTHING_YET))
        found = self.snapshot.collection
        return paragraph(f"The last run is that of {day(found.day)}: {found.source_label}, {found.source_version}.")


@dataclass(frozen=True, slots=True)
class Reading:
    """A book that has a snapshot, with what its sections look up."""

    book: Book
    snapshot: Snapshot

    @property
    def collection(self) -> Collection:
        """What the last run brought back."""
        return self.snapshot.collection

    @property
    def source(self) -> str:
        """The identity of the source."""
        return self.snapshot.source_identity

    @property
    def figures(self) -> dict[str, Figure]:
        """Every stat and metric of the last run, by name."""
        return {each.name: each for each in self.collection.stats + self.collection.metrics}

    @property
    def statements(self) -> dict[str, list[StatementRun]]:
        """The queries of each statement of the last run, by the statement's name."""
        found: dict[str, list[StatementRun]] = {}
        for each in fused(self.collection.statements):
            found.setdefault(each.name, []).append(each)
        return found

    def own_times(self) -> dict[str, tuple[date, int]]:
        """Return when and how long each stat was last measured alone."""
        return history.own_times(self.book.data, self.source, self.collection.day)

    def statement_days(self, name: str | None) -> list[StatementDay]:
        """Return a statement's time and load day by day; that of all without a name."""
        return history.statement_days(self.book.data, self.source, name, self.collection.day)

    def ranked(self) -> list[tuple[Figure, int, date | None]]:
        """Return each stat that has a time, the slowest first: the time, and the day of it where it is its own."""
        own = self.own_times()
        timed: list[tuple[Figure, int, date | None]] = []
        for name, figure in self.figures.items():
            if name in own:
                timed.append((figure, own[name][1], own[name][0]))
            elif figure.microseconds:
                timed.append((figure, figure.microseconds, None))
        return sorted(timed, key=lambda each: (-each[1], each[0].name))

    def stat_named(self, name: str | None) -> Figure:
        """Return a stat: the one named, else the notebook's, else the slowest. Raises NotFoundError."""
        if wanted := name or self.book.stat:
            return self.figures[_known(wanted, self.figures, "stat")]
        inside = {stat for each in self.statements.get(self.book.statement or "", ()) for stat in each.figures}
        ranked = [figure for figure, _, _ in self.ranked()]
        return next((each for each in ranked if each.name in inside), ranked[0] if ranked else self.collection.stats[0])

    def statement_named(self, name: str | None) -> str:
        """Return the name of a statement: the one named, else the notebook's, else the stat's. Raises NotFoundError."""
        if wanted := name or self.book.statement:
            return _known(wanted, self.statements, "statement")
        asked = self.stat_named(None).statement
        return asked if asked in self.statements else max(self.statements, key=self.time_of, default="")

    def time_of(self, name: str) -> int:
        """Return the microseconds of a statement in the last run, all its queries together."""
        return sum(each.microseconds for each in self.statements.get(name, ()))


def open(namespace: Mapping[str, Any]) -> Book:
    """Open the history with a notebook's parameters `source`, `day`, `stat` and `statement`; nothing is written.

    Other variables are left alone: in a notebook to explore in they are the engineer's own. Raises UsageError.
    """
    asked = parameters.of_notebook({name: namespace[name] for name in ("source", "day") if namespace.get(name)})
    names = {name: namespace.get(name) for name in ("stat", "statement")}
    for name, given in names.items():
        if given is not None and not isinstance(given, str):
            raise ParameterError(f"`{name}` is to be a text, not {given!r}.")
    settings = settings_module.load()
    return Book(settings.data, _snapshot(settings, asked), names["stat"] or None, names["statement"] or None)


def _snapshot(settings: Settings, asked: Parameters) -> Snapshot | None:
    """Return the last snapshot up to the day that is asked for; None where there is none."""
    until = asked.day or _LAST
    identity = run.source_of(settings, asked.source, until).identity
    known = history.sources(settings.data)
    if known and identity not in known and not asked.source:
        identity = known[0]  # the settings' own source has no run yet
    return next(snapshots.earlier(settings.data, until + timedelta(days=1), identity), None)


def _known(wanted: str, names: Iterable[str], noun: str) -> str:
    if wanted in names:
        return wanted
    close = difflib.get_close_matches(wanted, list(names), 1)
    hint = f"Did you mean `{close[0]}`?" if close else "`fa-stats catalogue list` names them all."
    raise NotFoundError(f"There is no {noun} `{wanted}` in this run. {hint}")
