"""The tenants and applications that exist at a moment, and what is switched on in them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from fa_stats.demo import names
from fa_stats.demo.features import State, application_features, tenant_features
from fa_stats.demo.moment import DAY, Moment, scaled, unit

ADMIN_APPLICATION = "3c219e58-ed0e-4b18-ad48-f4f92793ae32"

_WITHOUT_DOCUMENT = (17, 29)
_PENDING_DELETE = 22
_LATELY_CLOSED = {11: 35, 14: 12}  # the days before the settled day on which these applications were switched off


@dataclass(frozen=True)
class Tenant:
    """One tenant."""

    index: int
    id: str
    name: str
    created: int
    state: State
    condition: str
    documented: bool


@dataclass(frozen=True)
class Application:
    """One application.

    `closed` is the instant at which it was (or will be) switched off, `rate` the share of its users that sign in on
    an ordinary day: 0 for one that nobody ever signed in to.
    """

    index: int
    id: str
    name: str
    tenant: Tenant | None
    created: int
    closed: int | None
    active: bool
    rate: float
    state: State

    @property
    def universal(self) -> bool:
        """Whether it belongs to no tenant."""
        return self.tenant is None


def list_tenants(moment: Moment) -> list[Tenant]:
    """Return the tenants, oldest first."""
    growth = scaled("tenant", moment.size.tenants, 40, 7, founders=3)
    board = tenant_features()
    pioneers = board.pioneers(moment.size.tenants)
    found = []
    for index, created in enumerate(growth.instants(moment)):
        state = board.state(moment, index, created, pioneers.get(index, {}))
        documented = index not in _WITHOUT_DOCUMENT
        going = index == _PENDING_DELETE and moment.now >= created + 100 * DAY
        found.append(
            Tenant(
                index,
                moment.identify("tenant", index),
                names.name_tenant(index),
                created,
                state if documented else state.columns_only(board.features),
                "PendingDelete" if going else "Active",
                documented,
            )
        )
    return found


def list_applications(moment: Moment, tenants: list[Tenant]) -> list[Application]:
    """Return the applications, oldest first: the built-in ones, then what the brands have built."""
    growth = scaled("application", moment.size.applications, 120, 2.5, founders=4)
    board = application_features()
    pioneers = board.pioneers(moment.size.applications)
    births = [tenant.created for tenant in tenants]
    taken: Counter[tuple[int, str]] = Counter()
    found = []
    for index, created in enumerate(growth.instants(moment)):
        tenant = _choose_tenant(moment, index, created, tenants, births)
        name = _name_application(index, tenant)
        key = (tenant.index if tenant else -1, name)
        taken[key] += 1
        closed = _closing(moment, index, created)
        found.append(
            Application(
                index,
                ADMIN_APPLICATION if index == 0 else moment.identify("application", index),
                name if taken[key] == 1 else f"{name} {taken[key]}",
                tenant,
                created,
                closed,
                closed is None or closed > moment.now,
                _rate(moment, index),
                State({}, created) if index < 2 else board.state(moment, index, created, pioneers.get(index, {})),
            )
        )
    return found


def _choose_tenant(moment: Moment, index: int, created: int, tenants: list[Tenant], births: list[int]) -> Tenant | None:
    if index == 0:
        return tenants[0]
    if index == 1 or index % 31 == 9:
        return None
    there = bisect_right(births, created)
    return tenants[int(there * unit(moment.seed, "application", index, "tenant"))]


def _name_application(index: int, tenant: Tenant | None) -> str:
    if index == 0:
        return "FusionAuth"
    if index == 1:
        return "Tenant manager"
    if tenant is None:
        return f"Ferrowick One {names.name_product(index)}"
    return f"{names.name_brand(tenant.index)} {names.name_product(index)}"


def _closing(moment: Moment, index: int, created: int) -> int | None:
    if index in _LATELY_CLOSED:
        return max(created, moment.settled - _LATELY_CLOSED[index] * DAY)
    if index < 13 or unit(moment.seed, "application", index, "closes") >= 0.14:
        return None
    return created + int((40 + 360 * unit(moment.seed, "application", index, "closing")) * DAY)


def _rate(moment: Moment, index: int) -> float:
    if index >= 13 and unit(moment.seed, "application", index, "quiet") < 0.17:
        return 0.0
    return 0.06 + 0.3 * unit(moment.seed, "application", index, "rate")
