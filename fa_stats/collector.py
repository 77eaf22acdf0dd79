"""Runs the statements one at a time: times them, limits them, rests between them, and keeps failures apart.

The order is fixed: the instance's own switch first, and alone; then the policy, which may be a document elsewhere; then
the schema, over the HTTP API after the version; then the instance's own row; then all the rest. A statement that fails
is cut in parts until the culprit stands alone with its error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from fa_stats import configuration, consent, cut, period, policy, query, timing, values
from fa_stats.catalogue import CONFIGURATION, Catalogue, Payload, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Figure, Status
from fa_stats.errors import CollectionOffError, QueryError, SourceError
from fa_stats.policy import Policy
from fa_stats.query import Query
from fa_stats.session import Session
from fa_stats.settings import Settings
from fa_stats.sources import SILENT, Options, Source

_NO_TENANT_MANAGER = "00000000-0000-0000-0000-000000000000"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What a collection is to do. `weights` are earlier measured microseconds of single stats, for their shares.

    `disabled` is what the settings switch off. `policy` is asked for the rest, once, after the instance's own switch;
    it is told whether it may fetch anything.
    """

    day: date
    settings: Settings
    disabled: Mapping[str, str] = field(default_factory=dict)
    policy: Callable[[bool], Policy] = policy.unasked
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
    with Session(source, order.settings, clock) as session:
        started = clock.now()
        run = _Run(catalogue, order, clock, progress, session)
        run.read_switch()
        run.ask_policy()
        run.read_version()
        try:
            run.read_schema()
        except QueryError as error:
            raise SourceError(f"The tables of the instance cannot be looked up: {error}.") from None
        run.follow_active_list()
        run.read_everything()
        run.observe_configuration()
        run.measure_alone()
    run.read_configuration()
    return Collection(
        day=order.day,
        started=started,
        microseconds=clock.microseconds() - session.begun,
        source_kind=source.kind,
        source_label=source.label,
        source_version=session.version,
        instance_id=run.text_of("instanceId"),
        application_version=run.text_of("productVersion"),
        # Free text of the instance: kept only where it is the name of a time zone.
        report_timezone=run.text_of("reportTimezone") if "month_first_hour" in run.parameters else None,
        catalogue_sha256=catalogue.sha256,
        stats=run.figures_of(Payload.STATS),
        metrics=run.figures_of(Payload.METRICS),
        statements=tuple(session.statements),
        isolated=order.isolated,
        waited_microseconds=session.waited,
        switch=run.text_of("usageDataEnabled"),
        active_list=policy.active(run.text_of("activeStats")),
    )


@dataclass
class _Run:
    """The state of one collection."""

    catalogue: Catalogue
    order: Order
    clock: Clock
    progress: Progress
    session: Session
    figures: dict[str, Figure] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    disabled: dict[str, str] = field(default_factory=dict)
    allowed: bool = True  # by the settings and the instance's switch: a preview goes on without
    follows: bool = False
    partly: Mapping[str, str] = field(default_factory=dict)
    observed: Options = SILENT  # of FusionAuth's own options

    def read_switch(self) -> None:
        """Ask the instance whether it may be asked; raises CollectionOffError where it says no."""
        self._run_all(self.catalogue.statement["system_configuration"].stats)
        switch = self.figures["usageDataEnabled"]
        if switch.status is not Status.OK and (missing := self._unreadable_switch()):
            raise SourceError(missing)
        if switch.status.partial:
            raise SourceError(f"The instance's own switch for usage data cannot be read: {switch.reason}.")
        said = consent.switch_of(self.text_of("usageDataEnabled"))
        decision = consent.may_collect(said, self.order.settings.instance.deployment)
        if not decision.allowed and not self.order.preview:
            raise CollectionOffError(decision.reason)
        self.allowed = decision.allowed and consent.may_connect(self.order.settings.collection.mode).allowed
        zone = None if self.figures["reportTimezone"].status.partial else self.text_of("reportTimezone") or "UTC"
        self.parameters = dict(period.parameters(self.order.day, zone))

    def ask_policy(self) -> None:
        """Ask what is switched off. Where collection is off and this a preview, nothing is fetched for it."""
        found = self.order.policy(self.allowed)
        self.disabled = {**found.disabled, **self.order.disabled}
        if not found.record.follows_active_list:
            for stat in self.catalogue.statement["current_usage_stats"].stats:
                self.figures[stat.name] = Figure(stat.name, Status.DISABLED, reason="the settings do not follow it")
        self.follows = found.record.follows_active_list

    def read_version(self) -> None:
        """Ask an HTTP API for its version: only that tells which stats it can have, as columns do in a database."""
        if self.session.source.kind == "api":
            stats = self.catalogue.statement["version"].stats
            self._run_all([stat for stat in stats if stat.name not in self.disabled])

    def _unreadable_switch(self) -> str | None:
        """Say why the switch cannot be read, where the schema tells."""
        try:
            schema = self.session.schema()
        except QueryError:
            return None
        if reason := schema.unavailable.get("usageDataEnabled"):
            return f"The instance's own switch for usage data cannot be read: {reason}."
        if "system_configuration" not in schema.columns:
            return (
                "This is no FusionAuth database: it has no table system_configuration that this role may see. "
                "Check the database and schema that the source names, and the role's rights (`fa-stats grants`)."
            )
        needed = query.needs(self.catalogue, [self.catalogue.by_name["usageDataEnabled"]], self.session.dialect)
        if missing := schema.missing(needed):
            return f"The instance's own switch cannot be read: {missing}. `fa-stats grants` prints what a role needs."
        return None

    def read_schema(self) -> None:
        """Look up which columns there are; what needs another one is unavailable."""
        schema = self.session.schema()
        self.partly = schema.partly
        for stat in self.catalogue:
            if stat.statement == CONFIGURATION or stat.name in self.figures:
                continue
            if stat.name in self.disabled and stat.payload is not Payload.CONTEXT:
                self.figures[stat.name] = Figure(stat.name, Status.DISABLED, reason=self.disabled[stat.name])
            elif stat.name == "instanceId" and stat.name in schema.unavailable and self.order.settings.instance.id:
                said = "The source does not show it; it is the `id` under [instance] in fa_stats.toml."
                self.figures[stat.name] = Figure(stat.name, Status.OK, self.order.settings.instance.id, reason=said)
            elif reason := schema.unavailable.get(stat.name):
                self.figures[stat.name] = Figure(stat.name, Status.UNAVAILABLE, reason=reason)
            elif error := schema.failed.get(stat.name):
                self._give_up(stat, error)
            elif missing := schema.missing(query.needs(self.catalogue, [stat], self.session.dialect)):
                self.figures[stat.name] = Figure(stat.name, Status.UNAVAILABLE, reason=missing)

    def follow_active_list(self) -> None:
        """Switch off what is not on the vendor's list of active stats, where that list is to be followed."""
        if not self.follows:
            return
        self._run_all(self._left(self.catalogue.statement["current_usage_stats"].stats))
        off = policy.inactive(self.catalogue, policy.active(self.text_of("activeStats")))
        self.disabled = {**off, **self.disabled}
        self.figures |= {
            name: Figure(name, Status.DISABLED, reason=reason)
            for name, reason in off.items()
            if name not in self.figures
        }

    def read_everything(self) -> None:
        """Run all statements that are left; the instance's own row first, since later ones need it."""
        self._run_all(self._left(self.catalogue.statement["instance"].stats))
        manager = self.figures["tenantManagerApplication"]
        if manager.status in (Status.OK, Status.UNAVAILABLE):
            self.parameters["tenant_manager"] = manager.value or _NO_TENANT_MANAGER
        self._run_all(self._left(stat for stat in self.catalogue if stat.statement != CONFIGURATION))
        if self.session.source.kind == "api":
            self.partly = self.session.schema().partly  # of which its answers tell

    def observe_configuration(self) -> None:
        """Ask what the instance tells of its own options, where the settings do not say where they stand."""
        wanted = self._left(self.catalogue.statement[CONFIGURATION].stats)
        if wanted and not configuration.is_named(self.order.settings):
            with suppress(QueryError):  # of a connection that was lost for good
                self.observed = self.session.options()

    def read_configuration(self) -> None:
        """Read the stats that are in FusionAuth's own configuration, after the connection is closed."""
        stats = self.catalogue.statement[CONFIGURATION].stats
        for stat in stats:
            if reason := self.disabled.get(stat.name):
                self.figures[stat.name] = Figure(stat.name, Status.DISABLED, reason=reason)
        for group in self._groups(self._left(stats)):
            figures, statement = configuration.read(
                self.catalogue,
                group,
                self.order.settings,
                self.clock,
                self.session.begun,
                self.order.weights,
                self.observed,
            )
            self.figures |= {figure.name: figure for figure in figures}
            self.session.statements += [statement] if statement else []

    def measure_alone(self) -> None:
        """Ask for the stats whose turn it is once more, each alone: a timing of its own, as far as the budget goes.

        Over the HTTP API that would tell nothing: what costs there are the calls, and each is made once.
        """
        if self.order.isolated or self.order.preview or self.session.source.kind == "api":
            return
        counted = [stat for stat in self.catalogue if stat.statement != CONFIGURATION and self._counted(stat.name)]
        for stat in timing.whose_turn(counted, self.order.day, self.order.settings.collection.measured_alone):
            for each in self._compose([stat]):
                try:
                    _, record = self.session.ask(each, self.parameters, alone=True)
                except QueryError:
                    continue  # on the record as such; the stat has its value already
                self.figures[stat.name] = replace(self.figures[stat.name], alone_microseconds=record.microseconds)

    def _counted(self, name: str) -> bool:
        return self.figures[name].status is Status.OK

    def figures_of(self, payload: Payload) -> tuple[Figure, ...]:
        """Return the figures of one payload, by name; one that tells only a part of the truth says so."""
        found = (self.figures[stat.name] for stat in self.catalogue.of(payload))
        return tuple(
            replace(each, reason=each.reason or self.partly.get(each.name)) if each.status is Status.OK else each
            for each in found
        )

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
            left = self._still_there(current.stats) if error.schema else current.stats
            parts = [
                each
                for part in cut.parts(self.catalogue, left, error, whole=len(left) == len(current.stats))
                for each in self._compose(part)
            ]
            todo = [*todo, *parts] if error.timed_out or error.over_budget else [*parts, *todo]
            for stat in () if parts else left:
                self._give_up(stat, error)
        self.progress("", len(self.figures), total)

    def _still_there(self, stats: Sequence[Stat]) -> Sequence[Stat]:
        """Look at the schema again after a statement that did not find its own; return the stats that it still has."""
        try:
            self.read_schema()
        except QueryError:
            return stats
        return [stat for stat in stats if stat.name not in self.figures]

    def _compose(self, stats: Iterable[Stat]) -> tuple[Query, ...]:
        return query.compose(self.catalogue, stats, self.session.dialect)

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

    def _give_up(self, stat: Stat, error: QueryError) -> None:
        self._settle(stat, Status.of(error), str(error))

    def _run_one(self, each: Query) -> QueryError | None:
        """Run one query and keep its figures; the error where it failed."""
        try:
            answer, record = self.session.ask(each, self.parameters)
        except QueryError as error:
            return error
        shares = timing.apportion(record.microseconds, [stat.name for stat in each.stats], self.order.weights)
        for stat, share in zip(each.stats, shares, strict=True):
            self.figures[stat.name] = values.figure(stat, answer.rows, each.grouped, record, share)
        return None

    def _settle(self, stat: Stat, status: Status, reason: str) -> None:
        """Give up on a stat; its time is its share of the last query that held it."""
        holding = next((s for s in reversed(self.session.statements) if stat.name in s.figures), None)
        figure = Figure(stat.name, status, statement=holding.name if holding else stat.statement, reason=reason)
        if holding:
            alone = len(holding.figures) == 1
            figure = replace(figure, microseconds=holding.microseconds // len(holding.figures), measured=alone)
        self.figures[stat.name] = figure
