"""Where the figures come from: one thin class per kind of source, found by the URL that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from fa_stats.dialect import Dialect
from fa_stats.errors import UsageError
from fa_stats.query import Query


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought back: its rows, and (table, times scanned, rows read) as the database itself reports."""

    rows: tuple[dict[str, Any], ...]
    scans: tuple[tuple[str, int, int], ...] = ()


class Connection(Protocol):
    """An open, read-only way to one instance."""

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Return the tables of the instance, each with its columns."""

    def run(self, query: Query, parameters: Mapping[str, Any], timeout: float) -> Answer:
        """Run one query for at most `timeout` seconds; raises QueryError."""

    def version(self) -> str:
        """Return the version of what answers, for the record."""


class Source(Protocol):
    """One instance to count in, not yet connected to."""

    kind: str
    label: str  # shown in reports: never an address, a path or a credential
    identity: str  # tells sources apart for `once a day`; no credential either
    dialect: Dialect

    def connect(self) -> AbstractContextManager[Connection]:
        """Open one connection; raises SourceError."""


_KINDS = "`demo:`, `duckdb:///absolute/path`"


def find(url: str, *, day: date, data: Path, demo: Mapping[str, int]) -> Source:
    """Find the source that a URL names; raises UsageError for a URL of no known kind, without repeating it."""
    from fa_stats.sources.duckdb import DuckDBFile, demo_source

    if url in ("demo:", "demo"):
        return demo_source(data / "demo", day=day, **demo)
    if url.startswith("duckdb:///"):
        return DuckDBFile(Path(url.removeprefix("duckdb://")))
    scheme = re.match(r"[A-Za-z][A-Za-z+]*(?=:)", url)
    if scheme and scheme.group(0) == "duckdb":
        raise UsageError("A DuckDB file is named by its absolute path, after three slashes: duckdb:///absolute/path.")
    named = f"`{scheme.group(0)}:`" if scheme else "that"
    raise UsageError(f"There is no source of the kind {named}. A source is one of {_KINDS}.")
