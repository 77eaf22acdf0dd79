"""What one run brought back: a value, a status and a timing for every stat of the catalogue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from fa_stats.errors import QueryError

Value: TypeAlias = bool | int | float | str | list[dict[str, Any]] | dict[str, Any]


class Status(StrEnum):
    """How a stat came out; 0, nothing and failure are never confused."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    DISABLED = "disabled"
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    OVER_BUDGET = "over_budget"

    @classmethod
    def of(cls, error: QueryError) -> Status:
        """Return the status of what a query that failed was to bring."""
        return cls.TIMED_OUT if error.timed_out else cls.OVER_BUDGET if error.over_budget else cls.FAILED

    @property
    def meaning(self) -> str:
        """The sentence of the report and the documentation."""
        return _MEANINGS[self]

    @property
    def partial(self) -> bool:
        """Whether a run with such a stat is only partial (exit code 5)."""
        return self in (Status.TIMED_OUT, Status.FAILED, Status.OVER_BUDGET)


_MEANINGS = {
    Status.OK: "counted",
    Status.UNAVAILABLE: "this source, schema or licence has no such thing",
    Status.DISABLED: "a policy says no",
    Status.TIMED_OUT: "its statement reached a time limit",
    Status.FAILED: "its statement failed",
    Status.OVER_BUDGET: "it did not fit into the run's budget, or its statement would read too much",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One stat or metric of a collection.

    `microseconds` is None where the source was never asked. `measured` tells a time of its own (the stat was alone in
    its statement) from a share of its statement's time; `alone_microseconds` is the time that it took when it was asked
    for once more, alone. `reason` is a sentence wherever the status is not ok.
    """

    name: str
    status: Status
    value: Value | None = None
    microseconds: int | None = None
    measured: bool = False
    statement: str | None = None
    reason: str | None = None
    alone_microseconds: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What one statement put on the server, as the server itself says; None is what it does not say.

    `server_us` is the time within the server in microseconds; what is left of the statement's time passed on the wire.
    Blocks are those of the server (PostgreSQL: 8 KB, MySQL: 16 KB), found in its memory or read from below.
    `plan_sha256` is the digest of the plan's shape, without estimates. `whole_server` names the fields that the server
    counts for all its sessions together, so that they are no more than an upper bound.
    """

    rows_read: int | None = None
    blocks_hit: int | None = None
    blocks_read: int | None = None
    temporary_bytes: int | None = None
    temporary_files: int | None = None
    bytes_returned: int | None = None
    calls: int | None = None  # of an HTTP API, in place of rows read
    server_us: int | None = None
    estimated_rows: int | None = None
    plan: str | None = None
    plan_sha256: str | None = None
    whole_server: tuple[str, ...] = ()


NO_LOAD = Load()


@dataclass(frozen=True, slots=True)
class StatementRun:
    """One SQL query that ran: its text, its time in whole microseconds, and the load that the database reports.

    `scans` holds (table, times scanned, rows read). `failure` is the error in words, for a query that did not succeed.
    `alone` tells one that ran once more, to see what its only stat costs.
    """

    name: str
    sql: str
    sha256: str
    started_us: int  # since the collection's start
    microseconds: int
    figures: tuple[str, ...]
    scans: tuple[tuple[str, int, int], ...] = ()
    failure: str | None = None
    load: Load = NO_LOAD
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything that one run brought back from one source for one day."""

    day: date
    started: datetime  # UTC
    microseconds: int
    source_kind: str
    source_label: str
    source_version: str | None
    instance_id: str | None
    application_version: str | None
    report_timezone: str | None
    catalogue_sha256: str
    stats: tuple[Figure, ...]
    metrics: tuple[Figure, ...]
    statements: tuple[StatementRun, ...]
    isolated: bool = False
    waited_microseconds: int = 0  # for a busy server, before statements
    switch: str | None = None  # the instance's own switch for usage data, as it is stored; None where it was never set
    active_list: tuple[str, ...] | None = None  # the vendor's list of stats, where the policy follows it

    def counts(self) -> dict[Status, int]:
        """How many stats there are of each status, zero included."""
        found = Counter(figure.status for figure in self.stats)
        return {status: found[status] for status in Status}

    @property
    def partial(self) -> bool:
        """Whether some stat or metric failed, timed out or went over the budget."""
        return any(figure.status.partial for figure in self.stats + self.metrics)

    @property
    def database_microseconds(self) -> int:
        """The time spent in statements, pauses left out."""
        return sum(statement.microseconds for statement in self.statements)
