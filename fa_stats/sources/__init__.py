"""Where the figures come from: one thin class per kind of source, found by the URL that names it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from fa_stats.collection import NO_LOAD, Load
from fa_stats.dialects import Dialect
from fa_stats.errors import QueryError, UsageError
from fa_stats.plans import Plan
from fa_stats.query import Query
from fa_stats.rights import Standing
from fa_stats.settings import Api


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may take: seconds, rows read by the estimate of its plan, and seconds to wait for a lock."""

    seconds: float
    rows: float = math.inf
    lock_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought back: its rows, (table, times scanned, rows read), and the load that the database reports.

    `microseconds` is the statement's own time, where that is not all of the time that the answer took; `aside` are
    those for which the source has a budget of its own.
    """

    rows: tuple[dict[str, Any], ...]
    scans: tuple[tuple[str, int, int], ...] = ()
    load: Load = NO_LOAD
    microseconds: int | None = None
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of an instance with their columns; `unreadable` are those that are there, but not for this role.

    A source may also tell of single stats: why one is `unavailable`, how asking for it `failed`, or in what way its
    value is only a part of the truth (`partly`).
    """

    columns: Mapping[str, frozenset[str]]
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, QueryError] = field(default_factory=dict)
    partly: Mapping[str, str] = field(default_factory=dict)

    def missing(self, needed: Mapping[str, Collection[str]]) -> str | None:
        """Say why something cannot be had from this schema; None where it can."""
        for table, columns in needed.items():
            if table not in self.columns:
                return f"this schema has no table {table}"
            for column in columns:
                if column not in self.columns[table]:
                    return f"this schema has no column {table}.{column}"
                if column in self.unreadable.get(table, ()):
                    return f"this role may not read {table}.{column}"
        return None


@dataclass(frozen=True, slots=True)
class Options:
    """What an instance itself tells of FusionAuth's own options, by their names, and what asking it cost.

    `untold` are those that it can tell and does not: why not, or the error of asking.
    """

    told: Mapping[str, str] = field(default_factory=dict)
    untold: Mapping[str, str | QueryError] = field(default_factory=dict)
    scans: tuple[tuple[str, int, int], ...] = ()
    load: Load = NO_LOAD
    microseconds: int = 0


SILENT = Options()  # an instance that tells nothing of its options, as no database does


@dataclass(frozen=True, slots=True)
class Pressure:
    """How busy the server is, in so far as it says so: sessions at work, locks waited for, seconds behind its primary.

    The own session is left out.
    """

    sessions: int | None = None
    lock_waits: int | None = None
    replica_lag: float | None = None


class Connection(Protocol):
    """An open, read-only way to one instance."""

    dialect: Dialect

    def schema(self) -> Schema:
        """Return the tables of the instance, each with its columns."""

    def run(self, query: Query, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run one query within limits; raises QueryError."""

    def options(self) -> Options:
        """Return what the instance itself tells of FusionAuth's own options."""

    def pressure(self) -> Pressure:
        """Return how busy the server is; raises QueryError."""

    def version(self) -> str:
        """Return the version of what answers, for the record."""

    def standing(self, needed: Mapping[str, Collection[str]]) -> Standing:
        """Return how the session stands to its server; `needed` are the columns that are counted in, by table."""


class Source(Protocol):
    """One instance to count in, not yet connected to."""

    kind: str
    label: str  # shown in reports: never an address, a path or a credential
    identity: str  # tells sources apart for `once a day`; no credential either

    def check(self) -> None:
        """Raise UsageError where what it takes to connect, such as a key, is not at hand; nothing is opened."""

    def connect(self) -> AbstractContextManager[Connection]:
        """Open one connection; raises SourceError."""


_KINDS = "`demo:`, `duckdb:///absolute/path`, `postgresql://user@host/database`, `mysql://user@host/database`, `https://host`"
_WRITTEN = {
    "postgresql": "postgresql://user@host/database",
    "postgres": "postgresql://user@host/database",
    "mysql": "mysql://user@host/database",
    "https": "https://host",
    "http": "http://localhost",
}
_NEAR = 0.7  # how much of a mistyped kind has to be right

GRANTS = "`fa-stats grants` prints what a role needs"


def too_many_rows(plan: Plan, limits: Limits) -> QueryError:
    """Return the error of a statement that is not run for what its plan expects to read."""
    said = f"its plan expects to read {plan.rows:,.0f} rows, more than the {limits.rows:,.0f} that a statement may read"
    return QueryError(said, over_budget=True)


def lock_not_given(seconds: float) -> QueryError:
    """Return the error of a statement that waited in vain for a lock."""
    said = f"another session holds a lock on a table that it reads, and kept it for {seconds:g} s"
    return QueryError(said, timed_out=True)


def stopped_after(seconds: float) -> QueryError:
    """Return the error of a statement that was stopped at its limit."""
    return QueryError(f"stopped after {round(seconds, 3):g} s, the time it was given", timed_out=True)


def find(
    url: str, *, day: date, data: Path, demo: Mapping[str, int], api: Api | None = None, ca: Path | None = None
) -> Source:
    """Find the source that a URL names; raises UsageError for a URL of no known kind, without repeating it."""
    from fa_stats.sources.duckdb import DuckDBFile, demo_source

    kind, colon, rest = url.strip().partition(":")
    kind = kind.lower()
    url = f"{kind}{colon}{rest}"
    if url in ("demo:", "demo"):
        return demo_source(data / "demo", day=day, **demo)
    if url.startswith("duckdb:///"):
        return DuckDBFile(Path(url.removeprefix("duckdb://")))
    if not rest.startswith("//"):
        raise UsageError(_mistyped(kind, rest))
    if kind in ("postgresql", "postgres"):
        from fa_stats.sources.postgresql import PostgreSQLServer

        return PostgreSQLServer(url)
    if kind == "mysql":
        from fa_stats.sources.mysql import MySQLServer

        return MySQLServer(url)
    if kind in ("https", "http"):
        from fa_stats.sources.api import HTTPInstance

        return HTTPInstance(url, api or Api(), ca)
    raise UsageError(_mistyped(kind, rest))


def _mistyped(kind: str, rest: str) -> str:
    """Say what is wrong with a URL; of a kind that is none nothing is repeated, for it may be a host or a password."""
    known = f"A source is one of {_KINDS}."
    if kind == "duckdb":
        return "A DuckDB file is named by its absolute path, after three slashes: duckdb:///absolute/path."
    if kind == "demo":
        return f"`demo:` is followed by nothing; [demo] in fa_stats.toml says how large it is. {known}"
    if kind in _WRITTEN:
        return f"`{kind}:` is followed by two slashes, as in `{_WRITTEN[kind]}`. {known}"
    if not rest.startswith("//"):
        return f"The source does not begin with its kind, as `https://host` does. {known}"
    near = difflib.get_close_matches(kind, [*_WRITTEN, "duckdb"], 1, _NEAR)
    meant = "mysql" if kind == "mariadb" else next(iter(near), None)
    return f"There is no source of that kind{f': did you mean `{meant}://`?' if meant else '.'} {known}"
