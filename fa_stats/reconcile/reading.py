"""Reads what FusionAuth wrote down of itself: the switch first, then the vendor's list and the recorded collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fa_stats import catalogue, consent, query
from fa_stats.catalogue import Stat
from fa_stats.clock import Clock
from fa_stats.collection import StatementRun
from fa_stats.errors import QueryError, SourceError
from fa_stats.reconcile.recorded import Recorded, Unreadable, instant, moment, of_row
from fa_stats.reconcile.shown import name_of
from fa_stats.session import Session
from fa_stats.settings import Settings
from fa_stats.sources import Schema, Source

_DAY = 86_400_000  # milliseconds
_PARTS = {
    "settingsSaved": "when the system settings were last saved",
    "activeStats": "the vendor's list of active stats (current_usage_stats)",
    "instanceId": "the id of the instance",
}
_LIST_DATES = "when the vendor's list last changed"
_GRANTS = "`fa-stats grants` prints what a role needs."
_RECORDS = "what FusionAuth recorded of its own collections (usage_stats)"


@dataclass
class Reading:
    """What was read. `problems` are sentences on what could not be; `listed` is None where there is no list."""

    switch: bool | None = None
    saved: datetime | None = None
    listed: tuple[str, ...] | None = None
    list_changed: datetime | None = None
    list_checked: datetime | None = None
    recorded: tuple[Recorded, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    instance: str | None = None
    problems: list[str] = field(default_factory=list)
    statements: tuple[StatementRun, ...] = ()


def read(source: Source, settings: Settings, clock: Clock, first: date, last: date, *, records: bool = True) -> Reading:
    """Read what an instance holds about a span of days; without `records`, its recorded collections are left alone.

    Nothing is counted. Where the instance's own switch is off, only what FusionAuth wrote down about its collecting is
    read: not even the instance's id. Raises SourceError where the instance or its switch cannot be read.
    """
    found = Reading()
    with Session(source, settings, clock) as session:
        run = _Run(session, found, {"recorded_from": instant(first), "recorded_end": instant(last) + _DAY})
        run.read_switch()
        run.schema = run.look()
        found.saved = _moment(run.value("settingsSaved"))
        found.listed = asked_for(run.value("activeStats"))
        if found.listed is not None:
            run.read_dates_of_the_list()
        if records:
            run.read_records()
        if found.switch is not False:
            hidden = "instanceId" in run.schema.unavailable and settings.instance.id
            instance = hidden or run.value("instanceId")
            found.instance = None if instance is None else str(instance)
        found.statements = tuple(session.statements)
    return found


def _moment(milliseconds: Any) -> datetime | None:
    return moment(milliseconds) if isinstance(milliseconds, int) else None


def asked_for(text: str | None) -> tuple[str, ...] | None:
    """Return the names of the vendor's list, once each; None without a list. What is no name is told, but not shown."""
    if text is None:
        return None
    return tuple(dict.fromkeys(name_of(name) for each in text.split(",") if (name := each.strip())))


@dataclass
class _Run:
    session: Session
    found: Reading
    parameters: Mapping[str, Any]
    schema: Schema = field(default_factory=lambda: Schema({}))

    @property
    def api(self) -> bool:
        """Whether it is read over the HTTP API, where there are no roles and no records."""
        return self.session.source.kind == "api"

    def read_switch(self) -> None:
        """Read the switch before anything else."""
        stat = catalogue.load().by_name["usageDataEnabled"]
        try:
            rows = self._ask([stat])
        except QueryError as error:
            said = f"The instance's own switch for usage data cannot be read: {error}. Without it nothing else is read"
            raise SourceError(f"{said}{'.' if self.api else f'; {_GRANTS}'}") from None
        value = rows[0].get(stat.name) if rows else None
        self.found.switch = consent.switch_of(None if value is None else str(value))

    def look(self) -> Schema:
        """Look up the tables and columns."""
        try:
            return self.session.schema()
        except QueryError as error:
            raise SourceError(f"The tables of the instance cannot be looked up: {error}.") from None

    def value(self, name: str) -> Any:
        """Return the value of a figure that is alone in its row; None, and a problem, where it cannot be read."""
        stats = (stat for each in catalogue.load().statement.values() for stat in each.stats)
        rows = self._rows(_PARTS[name], [next(stat for stat in stats if stat.name == name)])
        return rows[0].get(name) if rows else None

    def read_dates_of_the_list(self) -> None:
        """Read when the vendor's list changed, and when FusionAuth last asked for it."""
        for row in self._rows(_LIST_DATES, catalogue.load().statement["current_usage_stats_change"].stats):
            self.found.list_changed = _moment(row["activeStatsChanged"])
            self.found.list_checked = _moment(row["activeStatsChecked"])

    def read_records(self) -> None:
        """Read the recorded collections of the span."""
        rows = self._rows(_RECORDS, catalogue.load().statement["usage_stats"].stats)
        begin, end = self.parameters["recorded_from"], self.parameters["recorded_end"]
        read = [of_row(row) for row in rows if begin <= row["group_key"] < end]
        self.found.recorded = tuple(each for each in read if isinstance(each, Recorded))
        self.found.unreadable = tuple(each for each in read if isinstance(each, Unreadable))

    def _rows(self, what: str, stats: Sequence[Stat]) -> tuple[dict[str, Any], ...]:
        """Return the rows that hold some figures; none, and a problem, where they cannot be read."""
        needed = query.needs(catalogue.load(), stats, self.session.dialect)
        try:
            told = (self.schema.unavailable.get(stat.name) for stat in stats)
            if missing := next(filter(None, told), None) or self.schema.missing(needed):
                raise QueryError(missing)
            return self._ask(stats)
        except QueryError as error:
            said = f"{error}{'' if self.api else f'. {_GRANTS}'}".rstrip(".")
            if self.api and what == _RECORDS:
                said = "no call of the HTTP API shows it. `--payload FILE` takes a captured payload in its place"
            self.found.problems.append(f"Not read: {what}: {said}.")
            return ()

    def _ask(self, stats: Sequence[Stat]) -> tuple[dict[str, Any], ...]:
        [each] = query.compose(catalogue.load(), stats, self.session.dialect)
        answer, _ = self.session.ask(each, self.parameters)
        return answer.rows
