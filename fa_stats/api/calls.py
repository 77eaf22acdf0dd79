"""Makes each call once, page by page where its list is long, and holds what comes to what every instance has."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from fa_stats.api.client import BadRequestError, Client, NotShownError, TooMuchError
from fa_stats.api.rows import Tables
from fa_stats.api.shown import Call, Shown
from fa_stats.errors import QueryError

_ADMIN = "3c219e58-ed0e-4b18-ad48-f4f92793ae32"
_DAY_MS = 86_400_000
_ORDER: dict[str, object] = {"orderBy": "id ASC"}
_TENANTS_OF_APPLICATIONS = "SELECT count(DISTINCT tenants_id) FROM applications"
_TENANTS = "SELECT count(*) FROM tenants"
# What other answers, which are not narrowed, name and the key does not see.
_UNSEEN = """
    SELECT count(*) FROM (
        SELECT applications_id FROM identity_providers_applications UNION SELECT applications_id FROM hourly_logins
    ) WHERE applications_id NOT IN (SELECT id FROM applications)"""


class OneTenantError(QueryError):
    """The API key is for one tenant only."""


@dataclass
class Calls:
    """The calls of one connection: those that were made, and those that cannot be, by name, with the reason."""

    client: Client
    shown: Shown
    tables: Tables
    made: set[str] = field(default_factory=set)
    not_shown: dict[str, str] = field(default_factory=dict)
    failed: dict[str, QueryError] = field(default_factory=dict)
    doubt: str | None = None  # whether the key is for all tenants
    _scans: list[tuple[str, int, int]] = field(default_factory=list)

    def make(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Make a call once; raises QueryError, the same again each time."""
        if name in self.made:
            return
        if name in self.failed:
            raise self.failed[name]
        if name in self.not_shown:
            raise QueryError(self.not_shown[name], schema=True)
        call = self.shown.calls[name]
        try:
            self._read(call, parameters)
        except NotShownError as error:
            self.not_shown[name] = str(error)
            raise QueryError(str(error), schema=True) from None
        except QueryError as error:
            self.failed[name] = error
            raise
        self.made.add(name)

    def scans_since(self) -> tuple[tuple[str, int, int], ...]:
        """Return (path, calls, objects) of what was asked since this was called last."""
        found: dict[str, tuple[int, int]] = {}
        for path, calls, objects in self._scans:
            before = found.get(path, (0, 0))
            found[path] = (before[0] + calls, before[1] + objects)
        self._scans.clear()
        return tuple((path, *numbers) for path, numbers in found.items())

    def _read(self, call: Call, parameters: Mapping[str, Any]) -> None:
        try:
            if call.paged:
                self._read_pages(call, parameters)
            else:
                self._page(call, call.path, _period(call, parameters), parameters)
        except NotShownError as error:
            self._read_older(call, error, parameters)
        if call.name == "applications":
            self._demand_all_tenants(parameters)
        for table in call.never_empty:
            if not self.tables.value(f'SELECT count(*) FROM "{table}"'):
                raise QueryError(
                    f"the answer with the {_what(call.name)} holds no {_what(table)}, of which every instance has some",
                    schema=True,
                )

    def _read_older(self, call: Call, why: NotShownError, parameters: Mapping[str, Any]) -> None:
        """Ask as older versions want it; raises NotShownError."""
        if not call.older:
            raise why
        try:
            for path in call.older:
                self._page(replace(call, paged=0), path, {}, parameters)
        except (NotShownError, QueryError) as error:
            raise (error if why.absent else why) from None

    def _read_pages(self, call: Call, parameters: Mapping[str, Any]) -> None:
        """Read a list page by page; where it changed meanwhile, once more from the start."""
        found = total = 0
        for _ in range(2):
            total = self._read_through(call, parameters)
            found = self.tables.count(call)
            if found == total:
                return
            self.tables.clear(call)
        raise QueryError(
            f"the list of {_what(call.name)} changed while it was read, or was cut short: {found:,} of {total:,} came",
            schema=True,
        )

    def _read_through(self, call: Call, parameters: Mapping[str, Any]) -> int:
        """Read a list once from its start; return how many objects it is to have."""
        start, total, most, size, order = 0, 1, 0, call.paged, _ORDER
        while start < total:
            place: dict[str, object] = {"startRow": start, "numberOfResults": size}
            try:
                number, said = self._page(call, call.path, place | order, parameters)
            except TooMuchError:
                if size == 1:
                    raise
                size = max(size // 5, 1)  # large objects, then
                continue
            except BadRequestError:
                if not order:
                    raise
                order = {}  # in the order that the instance likes, then
                continue
            start, total = start + number, said or 0
            most = most or 2 * total + size
            if not number or start > most:  # a list without end is not read to the end
                break
            self._demand_room(call, total - start, size)
        return total

    def _demand_room(self, call: Call, left: int, size: int) -> None:
        limits = self.client.limits
        if left > (limits.calls - self.client.made) * size:
            said = f"there are {left:,} {_what(call.name)} more than were read, which takes more than the "
            raise QueryError(
                f"{said}{limits.calls:,} calls that a run may make ([api] calls)", over_budget=True, schema=True
            )

    def _page(
        self, call: Call, path: str, given: Mapping[str, object], parameters: Mapping[str, Any]
    ) -> tuple[int, int | None]:
        made, number = self.client.made, 0
        try:
            number, total = self.tables.fill(call, self.client.get(path, given), parameters)
        finally:
            self._scans.append((path.partition("?")[0], self.client.made - made, number))
        return number, total

    def _demand_all_tenants(self, parameters: Mapping[str, Any]) -> None:
        """Raise OneTenantError where what came shows that the key sees one tenant only; note it where that may be.

        FusionAuth's own application, which every instance has, is of the default tenant. A single application that
        others name may have come or gone in between.
        """
        if not self.tables.value(f"SELECT count(*) FROM applications WHERE id = '{_ADMIN}'"):
            raise _one_tenant("the API key does not see FusionAuth's own application")
        with suppress(QueryError):
            self.make("tenants", parameters)
        tenants = self.tables.value(_TENANTS)  # none where the key may not see them
        if tenants == 1 or self.tables.value(_TENANTS_OF_APPLICATIONS) > 1:
            return
        for other in ("totals", "identity_providers"):
            with suppress(QueryError):
                self.make(other, parameters)
        of = f"of one tenant, of {tenants:,}" if tenants else "of one tenant"
        unseen = self.tables.value(_UNSEEN)
        if unseen > 1:
            raise _one_tenant(
                f"all applications that the API key sees are {of}, and other calls name {unseen:,} that it does not see"
            )
        self.doubt = (
            f"All applications that the API key sees are {of}: if the key is for that tenant only, this is not all of "
            "them."
        )


def _one_tenant(why: str) -> OneTenantError:
    return OneTenantError(
        f"{why}, as with a key that is for one tenant only: name a key that is for all tenants", schema=True
    )


def _what(name: str) -> str:
    return name.replace("_", " ")


def _period(call: Call, parameters: Mapping[str, Any]) -> dict[str, object]:
    """Return the instants between which a report is asked for.

    Days and months come with their numbers, so there is a day to spare on both sides. Nobody documents in full which
    hours the numbers of hours are, so these are asked for to the hour.
    """
    if not call.span:
        return {}
    if call.span == "hours":
        return {
            "start": parameters["month_first_ms"],
            "end": parameters["month_end_ms"] - 1,
        }
    if call.span == "day":
        first, end = parameters["yesterday"], parameters["yesterday"] + 1
    else:
        first, end = _first_day(parameters["month"]), _first_day(parameters["month"] + 1)
    return {"start": (first - 1) * _DAY_MS, "end": (end + 1) * _DAY_MS}


def _first_day(month: int) -> int:
    """Return the first day of a month, both counted since 1970."""
    return (date(1970 + month // 12, month % 12 + 1, 1) - date(1970, 1, 1)).days
