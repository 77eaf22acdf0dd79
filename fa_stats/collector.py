"""Runs the statements one at a time: times them, limits them, rests between them, and keeps failures apart.

The order is fixed: the instance's own switch first, and alone; then the schema; then the instance's own row; then all
the rest. A statement that fails is cut in parts until the culprit stands alone with its error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from fa_stats import configuration, consent, period, query, timing, values
from fa_stats.catalogue import CONFIGURATION, Catalogue, Payload, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Figure, StatementRun, Status
from fa_stats.errors import CollectionOffError, QueryError, SourceError
from fa_stats.query import Query
from fa_stats.settings import Settings
from fa_stats.sources import Connection, Source

_NO_TENANT_MANAGER = "00000000-0000-0000-0000-000000000000"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What a collection is to do. `weights` are earlier measured microseconds of single stats, for their shares."""

    day: date
    settings: Settings
    disabled: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    isolated: bool = False
    preview: bool = False


def silent(statement: str, done: int, total: int) -> None:
    """Show no progress."""


def collect(
    source: Source, catalogue: Catalogue, order: Order, clock: Clock, progress: Progress = silent
) -> Collection:
    """Count everything the catalogue holds in one instance.

    Raises CollectionOffError where the settings or the instance's own switch say no (unless it is a preview), and
    SourceError where the instance cannot be read at all.
    """
    if not order.preview:
        decision = consent.may_connect(order.settings.collection.mode)
        if not decision.allowed:
            raise CollectionOffError(decision.reason)
    with source.connect() as connection:
        started, begun = clock.now(), clock.microseconds()
        run = _Run(source, catalogue, order, clock, progress, connection, begun)
        run.read_switch()
        run.read_schema()
        run.read_everything()
        version = connection.version()
    run.read_configuration()
    return Collection(
        day=order.day,
        started=started,
        microseconds=clock.microseconds() - begun,
        source_kind=source.kind,
        source_label=source.label,
        source_version=version,
        instance_id=run.text_of("instanceId"),
        application_version=run.text_of("productVersion"),
        # Free text of the instance: kept only where it is the name of a time zone.
        report_timezone=run.text_of("reportTimezone") if "month_first_hour" in run.parameters else None,
        catalogue_sha256=catalogue.sha256,
        stats=run.figures_of(Payload.STATS),
        metrics=run.figures_of(Payload.METRICS),
        statements=tuple(run.statements),
        isolated=order.isolated,
    )


@dataclass
class _Run:
    """The state of one collection."""

    source: Source
    catalogue: Catalogue
    order: Order
    clock: Clock
    progress: Progress
    connection: Connection
    begun: int
    figures: dict[str, Figure] = field(default_factory=dict)
    statements: list[StatementRun] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    spent: int = 0

    def read_switch(self) -> None:
        """Ask the instance whether it may be asked; raises CollectionOffError where it says no."""
        self._run_all(self.catalogue.statement["system_configuration"].stats)
        switch = self.figures["usageDataEnabled"]
        if switch.status.partial:
            if "system_configuration" not in self.connection.columns():
                raise SourceError(
                    "This is no FusionAuth database: it has no table system_configuration. "
                    "Check the database and schema that the source names."
                )
            raise SourceError(f"The instance's own switch for usage data cannot be read: {switch.reason}.")
        decision = consent.may_collect(self.text_of("usageDataEnabled"))
        if not decision.allowed and not self.order.preview:
            raise CollectionOffError(decision.reason)
        zone = None if self.figures["reportTimezone"].status.partial else self.text_of("reportTimezone") or "UTC"
        self.parameters = dict(period.parameters(self.order.day, zone))

    def read_schema(self) -> None:
        """Look up which columns there are; what needs another one is unavailable."""
        begun = self.clock.microseconds()
        columns = self.connection.columns()
        self.spent += self.clock.microseconds() - begun
        for statement in self.catalogue.statements:
            if statement.name == CONFIGURATION:
                continue
            for stat in statement.stats:
                if stat.name in self.order.disabled and stat.payload is not Payload.CONTEXT:
                    reason = self.order.disabled[stat.name]
                    self.figures[stat.name] = Figure(stat.name, Status.DISABLED, reason=reason)
                elif missing := _missing(statement.columns_of([stat]), columns):
                    self.figures[stat.name] = Figure(stat.name, Status.UNAVAILABLE, reason=missing)

    def read_everything(self) -> None:
        """Run all statements that are left; the instance's own row first, since later ones need it."""
        self._run_all(self._left(self.catalogue.statement["instance"].stats))
        manager = self.figures["tenantManagerApplication"]
        if manager.status in (Status.OK, Status.UNAVAILABLE):
            self.parameters["tenant_manager"] = manager.value or _NO_TENANT_MANAGER
        self._run_all(self._left(stat for stat in self.catalogue if stat.statement != CONFIGURATION))

    def read_configuration(self) -> None:
        """Read the stats that are in FusionAuth's own configuration, after the connection is closed."""
        stats = self.catalogue.statement[CONFIGURATION].stats
        for stat in stats:
            if reason := self.order.disabled.get(stat.name):
                self.figures[stat.name] = Figure(stat.name, Status.DISABLED, reason=reason)
        for group in self._groups(self._left(stats)):
            figures, statement = configuration.read(
                self.catalogue, group, self.order.settings, self.clock, self.begun, self.order.weights
            )
            self.figures |= {figure.name: figure for figure in figures}
            self.statements += [statement] if statement else []

    def figures_of(self, payload: Payload) -> tuple[Figure, ...]:
        """Return the figures of one payload, by name."""
        return tuple(self.figures[stat.name] for stat in self.catalogue.of(payload))

    def text_of(self, name: str) -> str | None:
        """Return a figure's value as text, None where it has none."""
        value = self.figures[name].value
        return None if value is None else str(value)

    def _left(self, stats: Iterable[Stat]) -> tuple[Stat, ...]:
        return tuple(stat for stat in stats if stat.name not in self.figures)

    def _groups(self, stats: Sequence[Stat]) -> list[Sequence[Stat]]:
        return [[stat] for stat in stats] if self.order.isolated else [stats]

    def _run_all(self, stats: Sequence[Stat]) -> None:
        """Run the queries of these stats. Where one fails, its parts are run: at once, or last if it took too long."""
        total = len(self.catalogue.by_name)
        todo = [each for group in self._groups(stats) for each in self._answerable(group)]
        while todo:
            current = todo.pop(0)
            self.progress(current.name, len(self.figures), total)
            error = self._run_one(current)
            if error is None:
                continue
            parts = [query for part in self._parts(current.stats, error) for query in self._compose(part)]
            todo = [*todo, *parts] if error.timed_out else [*parts, *todo]
            for stat in () if parts else current.stats:
                self._give_up(stat, error)
        self.progress("", len(self.figures), total)

    def _compose(self, stats: Iterable[Stat]) -> tuple[Query, ...]:
        return query.compose(self.catalogue, stats, self.source.dialect)

    def _answerable(self, stats: Sequence[Stat]) -> tuple[Query, ...]:
        """Compose the queries of the stats, without those that need a parameter nobody could read."""
        statements = self.catalogue.statement
        rest = []
        for stat in stats:
            needed = statements[stat.statement].parameters_of([stat])
            if unknown := [name for name in needed if name not in self.parameters]:
                self._settle(stat, Status.FAILED, f"it needs {', '.join(unknown)}, which could not be read")
            else:
                rest.append(stat)
        return self._compose(rest)

    def _parts(self, stats: Sequence[Stat], error: QueryError) -> Iterator[list[Stat]]:
        """Cut the stats of a failed query in parts, along a seam where there is one, else in halves; none is the end.

        The seams are the statements, then the documents that are read, then the tables. A document that cannot be
        parsed fails every stat that reads it, and a query over its time limit is as slow in halves: neither is halved.
        """
        statements = self.catalogue.statement
        seams: list[Callable[[Stat], Any]] = [
            lambda stat: stat.statement,
            lambda stat: query.documents(self.catalogue, stat),
        ]
        if error.timed_out:
            seams.append(lambda stat: frozenset(statements[stat.statement].columns_of([stat])))
        for seam in seams:
            parts: dict[Any, list[Stat]] = {}
            for stat in stats:
                parts.setdefault(seam(stat), []).append(stat)
            if len(parts) > 1:
                yield from parts.values()
                return
        if len(stats) > 1 and not (error.timed_out or error.document):
            middle = len(stats) // 2
            yield list(stats[:middle])
            yield list(stats[middle:])

    def _give_up(self, stat: Stat, error: QueryError) -> None:
        if error.timed_out and self._left_seconds() <= 0:
            self._settle(stat, Status.OVER_BUDGET, f"{self._budget_used_up()} while its statement ran")
        else:
            self._settle(stat, Status.TIMED_OUT if error.timed_out else Status.FAILED, str(error))

    def _left_seconds(self) -> float:
        return self.order.settings.collection.budget_seconds - self.spent / 1_000_000

    def _budget_used_up(self) -> str:
        return f"the budget of {self.order.settings.collection.budget_seconds:g} s in the database was used up"

    def _run_one(self, each: Query) -> QueryError | None:
        """Run one query and keep its figures; the error where it failed, None where its figures are settled."""
        left = self._left_seconds()
        if left <= 0:
            reason = f"{self._budget_used_up()} before its statement"
            for stat in each.stats:
                self._settle(stat, Status.OVER_BUDGET, reason)
            return None
        begun = self.clock.microseconds()
        try:
            timeout = min(self.order.settings.collection.statement_timeout_seconds, left)
            answer = self.connection.run(each, self.parameters, timeout)
        except QueryError as error:
            self._note(each, begun, failure=str(error))
            return error
        record = self._note(each, begun, scans=answer.scans)
        shares = timing.apportion(record.microseconds, [stat.name for stat in each.stats], self.order.weights)
        for stat, share in zip(each.stats, shares, strict=True):
            self.figures[stat.name] = values.figure(stat, answer.rows, each.grouped, record, share)
        return None

    def _note(
        self, each: Query, begun: int, *, failure: str | None = None, scans: tuple[tuple[str, int, int], ...] = ()
    ) -> StatementRun:
        """Put a query that ran on the record, and rest in proportion to what it took."""
        took = self.clock.microseconds() - begun
        record = StatementRun(
            name=each.name,
            sql=each.sql,
            sha256=each.sha256,
            started_us=begun - self.begun,
            microseconds=took,
            figures=tuple(stat.name for stat in each.stats),
            scans=scans,
            failure=failure,
        )
        self.statements.append(record)
        self.spent += took
        self.clock.sleep(took / 1_000_000 * self.order.settings.collection.pause_ratio)
        return record

    def _settle(self, stat: Stat, status: Status, reason: str) -> None:
        """Give up on a stat; its time is its share of the last query that held it."""
        holding = next((s for s in reversed(self.statements) if stat.name in s.figures), None)
        figure = Figure(stat.name, status, statement=holding.name if holding else stat.statement, reason=reason)
        if holding:
            alone = len(holding.figures) == 1
            figure = replace(figure, microseconds=holding.microseconds // len(holding.figures), measured=alone)
        self.figures[stat.name] = figure


def _missing(needed: Mapping[str, Sequence[str]], there: Mapping[str, frozenset[str]]) -> str | None:
    """Why a stat cannot be had from a schema, None where it can."""
    for table, columns in needed.items():
        if table not in there:
            return f"this schema has no table {table}"
        for column in columns:
            if column not in there[table]:
                return f"this schema has no column {table}.{column}"
    return None
