"""One collection's way to the database: every statement goes through here, within limits, and lands on the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from fa_stats.clock import Clock
from fa_stats.collection import StatementRun
from fa_stats.dialects import Dialect
from fa_stats.errors import QueryError, SourceError
from fa_stats.query import Query
from fa_stats.settings import BackOff, Settings
from fa_stats.sources import Answer, Connection, Limits, Options, Pressure, Schema, Source

_LOOK_AGAIN = 1_000_000  # microseconds for which a look at the server's business is good
_RECONNECT = (0.5, 1.0, 2.0, 4.0)  # rests before each attempt, in seconds: a server that restarts takes as long

_T = TypeVar("_T")


class UsedUpError(QueryError):
    """The budget, or the patience with a busy server, is used up: no part of a query would fare better."""

    def __init__(self, message: str) -> None:
        super().__init__(message, over_budget=True)


@dataclass
class Session:
    """One connection at a time, opened anew where it was lost; its budget, its rests, and what ran over it.

    `spent` is the time in statements, `waited` the time that a busy server was left alone, both in microseconds.
    """

    source: Source
    settings: Settings
    clock: Clock
    statements: list[StatementRun] = field(default_factory=list)
    spent: int = 0
    waited: int = 0
    begun: int = 0
    dialect: Dialect = field(init=False)
    version: str = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)
    _connection: Connection | None = None
    _looked: int | None = None
    _given_up: str | None = None

    def __enter__(self) -> Session:
        self._connection = self._stack.enter_context(self.source.connect())
        self.dialect, self.version = self._connection.dialect, self._connection.version()
        self.begun = self.clock.microseconds()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    @property
    def connection(self) -> Connection:
        """The open connection; raises QueryError where it was lost for good."""
        if self._connection is None:
            raise QueryError(self._given_up or "there is no connection", lost=True)
        return self._connection

    @property
    def left_seconds(self) -> float:
        """What is left of the budget."""
        return self.settings.collection.budget_seconds - self.spent / 1_000_000

    def schema(self) -> Schema:
        """Look up the tables and columns; raises QueryError."""
        return self._persistent(self._schema)

    def _schema(self) -> Schema:
        begun = self.clock.microseconds()
        try:
            return self.connection.schema()
        finally:
            self.spent += self.clock.microseconds() - begun

    def options(self) -> Options:
        """Ask what the instance itself tells of FusionAuth's own options."""
        return self.connection.options()

    def ask(self, query: Query, parameters: Mapping[str, Any], *, alone: bool = False) -> tuple[Answer, StatementRun]:
        """Run one query and rest in proportion; where the connection is lost, once more over a new one.

        Raises QueryError, its words fit for a reason.
        """
        # A server that hangs over a statement would hang again.
        return self._persistent(lambda: self._ask(query, parameters, alone=alone), hung=False)

    def _persistent(self, attempt: Callable[[], _T], *, hung: bool = True) -> _T:
        """Try once more over a new connection where the first one was lost; after a hang, only if `hung` says so."""
        try:
            return attempt()
        except QueryError as error:
            if not error.lost or self._given_up:
                raise
            self._reconnect(error)
            if error.timed_out and not hung:
                raise
            return attempt()

    def _ask(self, query: Query, parameters: Mapping[str, Any], *, alone: bool) -> tuple[Answer, StatementRun]:
        self._persistent(self._wait_while_busy)
        limits = self.settings.collection
        left = self.left_seconds
        if left <= 0:
            raise UsedUpError(f"{self._used_up} before its statement")
        allowed = Limits(
            min(limits.statement_timeout_seconds, left), limits.statement_rows, limits.lock_timeout_seconds
        )
        begun = self.clock.microseconds()
        try:
            answer = self.connection.run(query, parameters, allowed)
        except QueryError as error:
            self._note(query, begun, error.spent or Answer(()), failure=str(error), alone=alone)
            if error.timed_out and self.left_seconds <= 0:
                raise UsedUpError(f"{self._used_up} while its statement ran") from None
            raise
        return answer, self._note(query, begun, answer, alone=alone)

    @property
    def _used_up(self) -> str:
        return f"the budget of {self.settings.collection.budget_seconds:g} s in the database was used up"

    def _note(
        self, query: Query, begun: int, answer: Answer, *, failure: str | None = None, alone: bool
    ) -> StatementRun:
        """Put a query that ran on the record, and rest in proportion to what it took."""
        took = self.clock.microseconds() - begun
        record = StatementRun(
            name=query.name,
            sql=query.sql,
            sha256=query.sha256,
            started_us=begun - self.begun,
            microseconds=took if answer.microseconds is None else answer.microseconds,
            figures=tuple(stat.name for stat in query.stats),
            scans=answer.scans,
            failure=failure,
            load=answer.load,
            alone=alone,
        )
        self.statements.append(record)
        self.spent += took - answer.aside
        self.clock.sleep((took - answer.aside) / 1_000_000 * self.settings.collection.pause_ratio)
        return record

    def _wait_while_busy(self) -> None:
        """Leave a busy server alone, longer each time; raises QueryError where it stays busy."""
        limits, rest = self.settings.back_off, 0.25
        now = self.clock.microseconds()
        if self._looked is not None and now - self._looked < _LOOK_AGAIN:
            return
        while too_much := _excess(self.connection.pressure(), limits):
            left = limits.wait_seconds - self.waited / 1_000_000
            if left <= 0:
                raise UsedUpError(
                    f"the server was busy ({too_much}) for the {limits.wait_seconds:g} s that it may be waited for"
                )
            rest = min(rest * 2, left)
            begun = self.clock.microseconds()
            self.clock.sleep(rest)
            self.waited += max(self.clock.microseconds() - begun, 1)
        self._looked = self.clock.microseconds()

    def _reconnect(self, error: QueryError) -> None:
        """Open a new connection in place of the lost one; raises QueryError where there is none to be had."""
        self._connection = self._looked = None
        self._stack.close()
        begun = self.clock.microseconds()
        for rest in _RECONNECT:
            self.clock.sleep(rest)
            try:
                self._connection = self._stack.enter_context(self.source.connect())
            except SourceError:
                if self.clock.microseconds() - begun > self.left_seconds * 1_000_000:
                    break
            else:
                return
        self._given_up = f"{error}, and could not be opened again"
        raise QueryError(self._given_up, lost=True)


def _excess(pressure: Pressure, limits: BackOff) -> str | None:
    """Say by what a server is too busy to be asked; None where it is not."""
    found = []
    if pressure.sessions is not None and pressure.sessions > limits.sessions:
        found.append(f"{pressure.sessions} sessions at work, {limits.sessions} allowed")
    if pressure.lock_waits is not None and pressure.lock_waits > limits.lock_waits:
        found.append(f"{pressure.lock_waits} locks waited for, {limits.lock_waits} allowed")
    if pressure.replica_lag is not None and pressure.replica_lag > limits.replica_lag_seconds:
        found.append(f"the replica is {pressure.replica_lag:.0f} s behind, {limits.replica_lag_seconds:g} s allowed")
    return "; ".join(found) or None
