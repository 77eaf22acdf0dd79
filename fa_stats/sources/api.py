"""FusionAuth's HTTP API as a source: answers become rows in memory, and the very same statements run over them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from fa_stats import catalogue
from fa_stats.api import shown
from fa_stats.api.address import Address
from fa_stats.api.calls import Calls, OneTenantError
from fa_stats.api.client import Client, NotShownError
from fa_stats.api.rows import Tables
from fa_stats.api.shown import METRICS
from fa_stats.api.trial import Trial, try_key
from fa_stats.catalogue import Stat
from fa_stats.clock import Clock
from fa_stats.collection import Load
from fa_stats.errors import QueryError
from fa_stats.query import Query
from fa_stats.rights import Standing
from fa_stats.settings import Api
from fa_stats.sources import Answer, Limits, Options, Schema
from fa_stats.sources.duckdb import DuckDBConnection

_SWITCH = "system_configuration"
_CONFIG: dict[str, Any] = {
    "allocator_bulk_deallocation_flush_threshold": "8MB",  # what an answer took is given back before the next one
    "allocator_flush_threshold": "8MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "300MB",
    "temp_directory": "",  # what is in memory stays there
    "threads": 1,  # each would hold objects of its own
}


class HTTPInstance:
    """An instance that is asked over its HTTP API, with GET alone."""

    kind = "api"
    label = "HTTP API"

    def __init__(self, url: str, limits: Api, ca: Path | None = None, clock: Clock | None = None) -> None:
        self._address, self._limits, self._ca, self._clock = Address.parse(url), limits, ca, clock or Clock()
        self.identity = "api:" + hashlib.sha256(self._address.base.encode()).hexdigest()[:16]

    def check(self) -> None:
        """Raise UsageError where the API key or a certificate file is not there, or cannot be one."""
        self._client().close()

    def exposed(self) -> str | None:
        """Say in one sentence that others may read the file of the API key; None where it is not so."""
        return self._address.exposed()

    def _client(self) -> Client:
        return Client(self._address, self._limits, self._ca, self._clock)

    @contextmanager
    def connect(self) -> Iterator[APIConnection]:
        """Make ready to ask; nothing is asked yet. Raises UsageError as `check` does."""
        client = self._client()
        connection = duckdb.connect(":memory:", config=_CONFIG)
        # With the first text from Python DuckDB imports pandas: no statement is to be charged for that.
        connection.execute("SELECT ?", [""])
        connection.execute("ATTACH ':memory:' AS instance (COMPRESS)")  # which the usual one is not
        connection.execute("USE instance")
        try:
            yield APIConnection(connection, client, self._clock)
        finally:
            connection.close()
            client.close()


class APIConnection(DuckDBConnection):
    """The tables in memory, and the way to what fills them: each call is made when a query first needs it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, client: Client, clock: Clock) -> None:
        super().__init__(connection)
        self._shown, self._client, self._clock = shown.load(), client, clock
        self._calls = Calls(client, self._shown, Tables(connection, self._shown))
        self._counted = (0, 0)  # calls and bytes that are on the record already

    def version(self) -> str:
        """Return what answers; the version of FusionAuth is a stat of its own, and not asked for before the switch."""
        return "HTTP API"

    def schema(self) -> Schema:
        """Return what the API shows, with the stats that it does not show, or not to this key, or not today.

        Nothing is asked for that: whoever wants the newer stats asks for the version first.
        """
        unavailable, failed, partly = dict(self._shown.not_shown), {}, dict(self._shown.partly)
        version = shown.numbers(self._calls.tables.value("SELECT max(version) FROM version") or "")
        for stat in catalogue.load():
            if reason := self._shown.not_shown.get(stat.statement):
                unavailable[stat.name] = reason
            too_old = self._too_old(stat, version)
            calls = self._shown.calls_of(stat)
            if reason := next(filter(None, (self._calls.not_shown.get(call.name) for call in calls)), None):
                unavailable.setdefault(stat.name, reason)
            elif too_old and version:
                unavailable.setdefault(stat.name, too_old)
            elif error := next(filter(None, (self._calls.failed.get(call.name) for call in calls)), None):
                failed[stat.name] = error
            elif too_old:
                unavailable.setdefault(stat.name, too_old)
            if self._calls.doubt and any(call.narrowed for call in calls):
                partly[stat.name] = " ".join(filter(None, (partly.get(stat.name), self._calls.doubt)))
        columns = {table: frozenset(names) for table, names in self._shown.tables().items()}
        return Schema(columns, unavailable=unavailable, failed=failed, partly=partly)

    def _too_old(self, stat: Stat, version: tuple[int, ...]) -> str | None:
        """Say why an instance of a version, which may not be known, does not have a stat; None where it has."""
        first = self._shown.first_version(stat)
        if first is None:
            return None
        if not version:
            said = f"it came with FusionAuth {first}, and nobody can tell this instance's version"
            return said if self._shown.is_new(stat) else None
        return None if version >= shown.numbers(first) else f"it came with FusionAuth {first}, this instance is older"

    def run(self, query: Query, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Make the calls that a query needs and that were not made yet, then run it over their rows.

        Raises QueryError; where a call failed, the schema tells which stats that takes away.
        """
        begun, waited = self._clock.microseconds(), self._client.waited
        errors = []
        for call in dict.fromkeys(call for stat in query.stats for call in self._shown.calls_of(stat)):
            try:
                self._calls.make(call.name, parameters)
            except QueryError as error:
                errors.append(error)
        called = self._clock.microseconds() - begun
        spent = Answer((), self._calls.scans_since(), self._load_since(), aside=called)
        try:
            if errors:
                raise errors[0]
            answer = super().run(query, parameters, limits)
        except QueryError as error:
            error.spent = spent
            raise
        took = self._clock.microseconds() - begun - (self._client.waited - waited)
        return replace(spent, rows=answer.rows, microseconds=took)

    def options(self) -> Options:
        """Return what one node's metrics tell of FusionAuth's own options."""
        begun, made, waited = self._clock.microseconds(), self._client.made, self._client.waited
        told: dict[str, str] = {}
        why: str | QueryError = "those of the node that answered do not"
        try:
            told = _gauges(self._client.get(METRICS, text=True), self._shown.gauges)
        except NotShownError as error:
            why = str(error)
        except QueryError as error:
            why = error
        return Options(
            told,
            untold={name: why for name in self._shown.gauges if name not in told},
            scans=((METRICS, self._client.made - made, len(told)),),
            load=self._load_since(),
            microseconds=self._clock.microseconds() - begun - (self._client.waited - waited),
        )

    def trial(self) -> Trial:
        """Try what the key may do, but for the switch, which comes before; what is read is gone with the connection.

        Whether it is for all tenants shows in the list of applications, which is read for that.
        """
        found = try_key(self._client, self._shown, int(self._clock.now().timestamp() * 1000), but=_SWITCH)
        if found.problems:
            return found
        with suppress(QueryError):
            self._calls.make("applications", {})
        narrow = isinstance(self._calls.failed.get("applications"), OneTenantError)
        return replace(found, narrow=narrow, doubt=self._calls.doubt)

    def standing(self, needed: Mapping[str, Collection[str]]) -> Standing:  # noqa: ARG002
        """Return nothing known: a key has permissions, which `doctor` tries one by one."""
        return Standing()

    def _load_since(self) -> Load:
        calls, size = self._client.made - self._counted[0], self._client.received - self._counted[1]
        self._counted = (self._client.made, self._client.received)
        return Load(calls=calls, bytes_returned=size)


def _gauges(text: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the options that Prometheus text has a gauge for, as whole numbers."""
    values: dict[str, list[float]] = {}
    for name, value in re.findall(
        r"^(\w{1,100})(?:\{[^}\n]{0,500}\})?[ \t]+([0-9.eE+]{1,30})[ \t]*\d*\r?$", text, re.MULTILINE
    ):
        with suppress(ValueError):
            values.setdefault(name, []).append(float(value))
    found: dict[str, str] = {}
    for option, names in wanted.items():
        for name in names:
            with suppress(KeyError, OverflowError):
                # Of several pools the largest maximum and the smallest minimum.
                found.setdefault(option, str(int(min(values[name]) if "Min" in name else max(values[name]))))
    return found
