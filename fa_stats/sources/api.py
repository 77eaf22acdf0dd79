"""FusionAuth's HTTP API as a source: answers become rows in memory, and the very same statements run over them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from fa_stats import catalogue
from fa_stats.api import shown
from fa_stats.api.address import Address
from fa_stats.api.client import BadRequestError, Client, NotShownError
from fa_stats.api.rows import Tables
from fa_stats.api.shown import METRICS, Call
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
_ADMIN = "3c219e58-ed0e-4b18-ad48-f4f92793ae32"
_CONFIG: dict[str, Any] = {
    "allocator_bulk_deallocation_flush_threshold": "8MB",  # what an answer took is given back before the next one
    "allocator_flush_threshold": "8MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": "300MB",
    "temp_directory": "",  # what is in memory stays there
    "threads": 1,  # each would hold objects of its own
}
_DAY_MS = 86_400_000


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
        self._tables = Tables(connection, self._shown)
        self._made: set[str] = set()
        self._not_shown: dict[str, str] = {}  # by call
        self._failed: dict[str, QueryError] = {}
        self._scans: list[tuple[str, int, int]] = []
        self._counted = (0, 0)  # calls and bytes that are on the record already

    def version(self) -> str:
        """Return what answers; the version of FusionAuth is a stat of its own, and not asked for before the switch."""
        return "HTTP API"

    def schema(self) -> Schema:
        """Return what the API shows, with the stats that it does not show, or not to this key, or not today.

        Nothing is asked for that: whoever wants the newer stats asks for the version first.
        """
        unavailable, failed = dict(self._shown.not_shown), {}
        for stat in catalogue.load():
            if reason := self._shown.not_shown.get(stat.statement):
                unavailable[stat.name] = reason
            calls = [call.name for call in self._shown.calls_of(stat)]
            if reason := next((self._not_shown[name] for name in calls if name in self._not_shown), None):
                unavailable.setdefault(stat.name, reason)
            elif error := next((self._failed[name] for name in calls if name in self._failed), None):
                failed[stat.name] = error
            elif reason := self._too_old(stat):
                unavailable.setdefault(stat.name, reason)
        columns = {table: frozenset(names) for table, names in self._shown.tables().items()}
        return Schema(columns, unavailable=unavailable, failed=failed, partly=self._shown.partly)

    def _too_old(self, stat: Stat) -> str | None:
        first = self._shown.first_version(stat)
        if first is None:
            return None
        version = shown.numbers(self._tables.value("SELECT max(version) FROM version") or "")
        if not version:
            return f"it came with FusionAuth {first}, and nobody can tell this instance's version"
        return None if version >= shown.numbers(first) else f"it came with FusionAuth {first}, this instance is older"

    def run(self, query: Query, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Make the calls that a query needs and that were not made yet, then run it over their rows.

        Raises QueryError; where a call failed, the schema tells which stats that takes away.
        """
        begun, waited = self._clock.microseconds(), self._client.waited
        errors = []
        for call in self._needed(query.stats):
            try:
                self._make(call, parameters)
            except QueryError as error:
                errors.append(error)
        called = self._clock.microseconds() - begun
        try:
            if errors:
                raise errors[0]
            answer = super().run(query, parameters, limits)
        except QueryError as error:
            error.aside = called
            raise
        took = self._clock.microseconds() - begun
        return Answer(
            answer.rows,
            tuple(self._scans_since()),
            self._load_since(),
            microseconds=took - (self._client.waited - waited),
            aside=called,
        )

    def _needed(self, stats: Sequence[Stat]) -> list[Call]:
        return list(dict.fromkeys(call for stat in stats for call in self._shown.calls_of(stat)))

    def _make(self, call: Call, parameters: Mapping[str, Any]) -> None:
        """Make a call once; raises QueryError, the same again each time."""
        if call.name in self._made:
            return
        if call.name in self._failed:
            raise self._failed[call.name]
        if call.name in self._not_shown:
            raise QueryError(self._not_shown[call.name], schema=True)
        try:
            self._read(call, parameters)
        except NotShownError as error:
            self._not_shown[call.name] = str(error)
            raise QueryError(str(error), schema=True) from None
        except QueryError as error:
            self._failed[call.name] = error
            raise
        self._made.add(call.name)

    def _read(self, call: Call, parameters: Mapping[str, Any]) -> None:
        try:
            if call.paged:
                self._read_pages(call)
            else:
                self._page(call, call.path, _period(call, parameters))
        except NotShownError as error:
            self._read_older(call, error)
        if call.narrowed:
            self._demand_all_tenants(call, parameters)

    def _read_older(self, call: Call, why: NotShownError) -> None:
        """Ask as older versions want it; raises NotShownError."""
        if not call.older:
            raise why
        try:
            for path in call.older:
                self._page(replace(call, paged=0), path, {})
        except (NotShownError, QueryError) as error:
            raise (error if why.absent else why) from None

    def _read_pages(self, call: Call) -> None:
        """Read a list page by page; where it changed meanwhile, once more from the start."""
        order = _ORDER
        for _ in range(2):
            start, total, most = 0, 1, 0
            while start < total:
                place: dict[str, object] = {"startRow": start, "numberOfResults": call.paged}
                try:
                    number, said = self._page(call, call.path, place | order)
                except BadRequestError:
                    if not order:
                        raise
                    order = {}  # in the order that the instance likes, then
                    continue
                start, total = start + number, said or 0
                most = most or 2 * total + call.paged
                if not number or start > most:  # a list without end is not read to the end
                    break
                self._demand_room(call, total - start)
            if self._tables.count(call) == total:
                return
            found = self._tables.count(call)
            self._tables.clear(call)
        raise QueryError(
            f"the list of {call.name.replace('_', ' ')} changed while it was read, or was cut short: "
            f"{found:,} of {total:,} came",
            schema=True,
        )

    def _demand_room(self, call: Call, left: int) -> None:
        limits = self._client.limits
        if left > (limits.calls - self._client.made) * call.paged:
            said = f"there are {left:,} {call.name.replace('_', ' ')} more than were read, which takes more than the "
            raise QueryError(
                f"{said}{limits.calls:,} calls that a run may make ([api] calls)", over_budget=True, schema=True
            )

    def _page(self, call: Call, path: str, parameters: Mapping[str, object]) -> tuple[int, int | None]:
        made = self._client.made
        number, total = self._tables.fill(call, self._client.get(path, parameters))
        self._scans.append((path.partition("?")[0], self._client.made - made, number))
        return number, total

    def _demand_all_tenants(self, call: Call, parameters: Mapping[str, Any]) -> None:
        """Raise QueryError where the built-in application, which every instance has, is not among those that came."""
        if call.name != "applications":
            with suppress(QueryError):
                self._make(self._shown.calls["applications"], parameters)
            if isinstance(error := self._failed.get("applications"), _OneTenantError):
                raise error
            return
        if not self._tables.value(f"SELECT count(*) FROM applications WHERE id = '{_ADMIN}'"):
            raise _OneTenantError(
                "FusionAuth's own application is not among those that the API key sees, so it is for one tenant only: "
                "name a key that is for all tenants",
                schema=True,
            )

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
        """Try what the key may do, but for the switch, which comes before; what is read is gone with the connection."""
        found = try_key(self._client, self._shown, int(self._clock.now().timestamp() * 1000), but=_SWITCH)
        if found.problems:
            return found
        with suppress(QueryError):
            self._make(self._shown.calls["applications"], {})
        return replace(found, narrow=isinstance(self._failed.get("applications"), _OneTenantError))

    def standing(self, needed: Mapping[str, Collection[str]]) -> Standing:  # noqa: ARG002
        """Return nothing known: a key has permissions, which `doctor` tries one by one."""
        return Standing()

    def _scans_since(self) -> list[tuple[str, int, int]]:
        """Return (path, calls, objects) of what was asked since the last answer."""
        found: dict[str, tuple[int, int]] = {}
        for path, calls, objects in self._scans:
            before = found.get(path, (0, 0))
            found[path] = (before[0] + calls, before[1] + objects)
        self._scans.clear()
        return [(path, *numbers) for path, numbers in found.items()]

    def _load_since(self) -> Load:
        calls, size = self._client.made - self._counted[0], self._client.received - self._counted[1]
        self._counted = (self._client.made, self._client.received)
        return Load(calls=calls, bytes_returned=size)


class _OneTenantError(QueryError):
    """The API key is for one tenant only."""


_ORDER: dict[str, object] = {"orderBy": "id ASC"}


def _period(call: Call, parameters: Mapping[str, Any]) -> dict[str, object]:
    """Return the instants between which a report is asked for, with a day to spare on both sides."""
    if not call.span:
        return {}
    if call.span == "day":
        first, end = parameters["yesterday"], parameters["yesterday"] + 1
    else:
        first, end = _first_day(parameters["month"]), _first_day(parameters["month"] + 1)
    return {"start": (first - 1) * _DAY_MS, "end": (end + 1) * _DAY_MS}


def _first_day(month: int) -> int:
    """Return the first day of a month, both counted since 1970."""
    return (date(1970 + month // 12, month % 12 + 1, 1) - date(1970, 1, 1)).days


def _gauges(text: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the options that Prometheus text has a gauge for, as whole numbers."""
    values = dict(
        re.findall(r"^(\w{1,100})(?:\{[^}\n]{0,500}\})?[ \t]+([0-9.eE+]{1,30})[ \t]*\d*$", text, re.MULTILINE)
    )
    found: dict[str, str] = {}
    for option, names in wanted.items():
        for name in names:
            with suppress(KeyError, ValueError, OverflowError):
                found.setdefault(option, str(int(float(values[name]))))
    return found
