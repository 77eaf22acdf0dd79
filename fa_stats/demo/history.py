"""What the product itself has written down: the stats it was told to collect, and what it collected lately."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.resources import files

from fa_stats.demo.documents import compact
from fa_stats.demo.entities import list_applications, list_tenants
from fa_stats.demo.features import (
    Feature,
    State,
    application_features,
    name_event_stat,
    tenant_features,
    webhook_features,
)
from fa_stats.demo.integrators import list_webhooks
from fa_stats.demo.moment import DAY, HOUR, Moment, unit
from fa_stats.demo.rows import Row
from fa_stats.demo.schema import read_facts

_COLLECTIONS = 3
_AT = 3 * HOUR + 12 * 60_000  # the product collects in the night


def rows(moment: Moment) -> Iterator[tuple[str, Iterable[Row]]]:
    """Return all tables of this module with their rows."""
    yield "current_usage_stats", current_usage_stats(moment)
    yield "usage_stats", usage_stats(moment)


def current_usage_stats(moment: Moment) -> Iterator[Row]:
    """Return the vendor's list of the stats that are on."""
    active = files("fa_stats.demo").joinpath("active_stats.txt").read_text(encoding="utf-8").split()
    yield {
        "last_checked_instant": moment.now - 5 * HOUR,
        "last_modified_instant": moment.founded + 60 * DAY,
        "stats": ",".join(active),
    }


def usage_stats(moment: Moment) -> Iterator[Row]:
    """Return the product's own last collections, which see the instance as it was then."""
    for ago in range(_COLLECTIONS, 0, -1):
        then = replace(moment, now=moment.now - ago * DAY + _AT)
        if then.now < moment.founded + DAY:
            continue
        stats = count_stats(then)
        timings = {name: 1 + int(6 * unit(moment.seed, name, then.now)) for name in stats}
        yield {
            "application_version": then.version,
            "instance_id": moment.identify("instance"),
            "collection_duration": sum(timings.values()) + 41,
            "collection_instant": then.now,
            "failed_stats": "[]",
            "sent": ago != 2,
            "stats": compact(stats),
            "stats_version": "0.2.0",
            "timings": json.dumps(timings),
        }


def count_stats(moment: Moment) -> dict[str, int]:
    """Count the stats that follow from the features alone, without looking into any table or document."""
    tenants = list_tenants(moment)
    applications = list_applications(moment, tenants)
    found: Counter[str] = Counter(
        tenantNumber=len(tenants),
        applicationNumber=len(applications),
        applicationActiveNumber=sum(application.active for application in applications),
    )
    states = [tenant.state for tenant in tenants]
    _tally(found, tenant_features().features, states)
    _tally_transactions(found, states)
    _tally(found, application_features().features, [application.state for application in applications])
    _tally(found, webhook_features().features, [webhook.state for webhook in list_webhooks(moment)])
    if not moment.upgraded:
        found = Counter({name: count for name, count in found.items() if not name.endswith("PhoneTemplate")})
        del found["tenantPhoneConfigurationMessengers"]
    return dict(sorted(found.items()))


def _tally(found: Counter[str], features: Iterable[Feature], states: list[State]) -> None:
    for feature in features:
        if feature.stat:
            found[feature.stat] += sum(state.has(feature.name) for state in states)


def _tally_transactions(found: Counter[str], states: list[State]) -> None:
    for fact in read_facts("events.csv"):
        # user.action can be transactional, but the product has no such stat.
        if fact["transactional"] == "yes" and not fact["since"] and fact["event"] != "user.action":
            options = [state.get("event " + fact["event"]) for state in states]
            transactional = sum(option.startswith("on:") and option != "on:missing" for option in options)
            found[name_event_stat(fact["event"]) + "Transactional"] += transactional
