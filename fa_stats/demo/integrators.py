"""Webhooks, identity providers and entities: what connects the instance with other systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from fa_stats.demo import names
from fa_stats.demo.documents import compact
from fa_stats.demo.entities import Application, Tenant
from fa_stats.demo.features import State, webhook_features
from fa_stats.demo.library import later, stamp
from fa_stats.demo.moment import DAY, Growth, Moment, identify, scaled, unit
from fa_stats.demo.rows import Row
from fa_stats.demo.schema import read_facts


@dataclass(frozen=True)
class Webhook:
    """One webhook."""

    index: int
    id: str
    created: int
    state: State


@dataclass(frozen=True)
class Provider:
    """One identity provider.

    `share` is the part of the applications that link it, `reconciled` whether it has a lambda; it comes at `since`
    and is switched off at `until`, both shares of the time between the founding and the settled day.
    """

    type: str
    number: int
    share: float
    reconciled: bool
    since: float = 0.0
    until: float | None = None
    fixed_id: str = ""

    def identify(self, moment: Moment) -> str:
        """Return the provider's id, which is the same everywhere for types that exist once."""
        return self.fixed_id or identify(moment.seed, "provider", self.type, self.number)


_PROVIDERS = (
    Provider("Apple", 0, 0.21, True, fixed_id="13d2a5db-7ef9-4d62-b909-0df58612e775"),
    Provider("EpicGames", 0, 0.03, False, 0.4, fixed_id="1b932b19-61a8-47c7-9e81-27dbf9011dad"),
    Provider("ExternalJWT", 0, 0.08, True, 0.1),
    Provider("ExternalJWT", 1, 0.04, False, 0.5),
    Provider("Facebook", 0, 0.28, True, fixed_id="56abdcc7-8bd9-4321-9621-4e9bbebae494"),
    Provider("Google", 0, 0.44, True, fixed_id="82339786-3dff-42a6-aac6-1f1ceecb6c46"),
    Provider("HYPR", 0, 0.05, False, 0.6, fixed_id="778985b7-6fd8-414d-acf2-94f18fb7c7e0"),
    Provider("LinkedIn", 0, 0.14, False, 0.2, fixed_id="6177c09d-3f0e-4d53-9504-3600b1b23f46"),
    Provider("Nintendo", 0, 0.06, True, 0.2, 0.8, "b0ac2e16-d4af-483e-98c8-7f6693610665"),
    Provider("OpenIDConnect", 0, 0.12, True),
    Provider("OpenIDConnect", 1, 0.09, False, 0.15),
    Provider("OpenIDConnect", 2, 0.07, True, 0.3, 1.03),
    Provider("SAMLv2", 0, 0.15, True, 0.05),
    Provider("SAMLv2", 1, 0.08, False, 0.25),
    Provider("SAMLv2", 2, 0.06, True, 0.55),
    Provider("SAMLv2", 3, 0.05, False, 1.04),
    Provider("SAMLv2IdPInitiated", 0, 0.11, True, 0.1),
    Provider("SAMLv2IdPInitiated", 1, 0.05, False, 0.45, 0.7),
    Provider("SonyPSN", 0, 0.05, False, 0.3, fixed_id="7764b5c7-165b-4e7e-94aa-02ebe2a0a5fb"),
    Provider("Steam", 0, 0.07, True, 0.3, fixed_id="e4f39345-7833-4b1d-b331-ca03bdc2c4be"),
    Provider("Twitch", 0, 0.06, False, 0.35, fixed_id="bf4cf83f-e824-42d7-b4a3-5b10847a66b2"),
    Provider("Twitter", 0, 0.1, True, 0.0, 0.9, "45bb233c-0901-4236-b5ca-ac46e2e0a5a5"),
    Provider("Xbox", 0, 0.08, True, 0.5, fixed_id="af53ab21-34c3-468a-8ba2-ecb3905f67f2"),
)
_LAMBDA_OF = {"OpenIDConnect": 1, "SAMLv2": 2, "SAMLv2IdPInitiated": 2, "ExternalJWT": 5}
_STOCK_TYPES = {"SCIM Server": "server", "SCIM Client": "client"}
_SCIM_PERMISSIONS = tuple(
    f"scim:{what}:{verb}" for what in ("user", "group") for verb in ("create", "read", "update", "delete")
)
_PERMISSIONS = ["read", "write", "delete", "share", "approve"]
_THINGS = ["Store", "Vehicle", "Warehouse", "Robot", "Gate", "Account", "Device", "Branch"]


def rows(moment: Moment, tenants: list[Tenant], applications: list[Application]) -> Iterator[tuple[str, Iterable[Row]]]:
    """Return all tables of this module with their rows."""
    hooks = list_webhooks(moment)
    yield "webhooks", webhooks(moment, hooks)
    yield "webhooks_tenants", webhooks_tenants(hooks, tenants)
    yield "identity_providers", providers(moment)
    yield "identity_providers_applications", provider_links(moment, applications)
    yield "identity_providers_tenants", provider_tenants(moment, tenants)
    yield "entity_types", entity_types(moment)
    yield "entity_type_permissions", entity_type_permissions(moment)
    yield "entities", entities(moment, tenants)
    yield "entity_entity_grants", entity_entity_grants(moment)


def list_webhooks(moment: Moment) -> list[Webhook]:
    """Return the webhooks, oldest first."""
    count = 6 + moment.size.tenants // 5
    board = webhook_features()
    pioneers = board.pioneers(count)
    return [
        Webhook(
            index,
            moment.identify("webhook", index),
            created,
            board.state(moment, index, created, pioneers.get(index, {})),
        )
        for index, created in enumerate(scaled("webhook", count, count, 30, founders=6).instants(moment))
    ]


def webhooks(moment: Moment, found: list[Webhook]) -> Iterator[Row]:
    """Return the rows of the webhooks; a third of them listens to all tenants."""
    known = [fact["event"] for fact in read_facts("events.csv") if moment.upgraded or not fact["since"]]
    for webhook in found:
        listens = {event: webhook.state.has(event) for event in known}
        yield {
            "id": webhook.id,
            "connect_timeout": 1000,
            "read_timeout": 2000,
            "description": f"Ferrowick webhook {webhook.index + 1}",
            "data": compact({"data": {"eventsEnabled": {"audit-log.create": True}}, "eventsEnabled": listens}),
            "global": webhook.index % 3 == 0,
            "headers": compact({"X-Key": names.secret(moment.seed, "header", webhook.index)}),
            "http_authentication_username": f"quorwen-hook-{webhook.index}",
            "http_authentication_password": names.secret(moment.seed, "webhook", webhook.index),
            "url": f"https://{names.host('hook', webhook.index)}/{names.secret(moment.seed, 'url', webhook.index)}",
            **stamp(webhook.created, webhook.state.switched),
        }


def webhooks_tenants(found: list[Webhook], tenants: list[Tenant]) -> Iterator[Row]:
    """Return which tenants a webhook listens to."""
    for webhook in found:
        if webhook.index % 3:
            for tenant in tenants[webhook.index : webhook.index * 2 + 1]:
                yield {"webhooks_id": webhook.id, "tenants_id": tenant.id}


def _present(moment: Moment) -> list[Provider]:
    return [provider for provider in _PROVIDERS if later(moment, provider.since) <= moment.now]


def providers(moment: Moment) -> Iterator[Row]:
    """Return the identity providers, a few of them switched off."""
    for provider in _present(moment):
        label = (
            f"Ferrowick {provider.type} {provider.number + 1}"
            if not provider.fixed_id
            else f"Ferrowick {provider.type}"
        )
        over = provider.until is not None and later(moment, provider.until) <= moment.now
        data = {
            "buttonText": f"Login with {label}",
            "client_id": names.secret(moment.seed, "provider", provider.type, provider.number, "id"),
            "client_secret": names.secret(moment.seed, "provider", provider.type, provider.number),
            "data": {"enabled": "true"},
            "oauth2": {"issuer": f"https://{names.host('idp', provider.number)}"},
        }
        kind = _LAMBDA_OF.get(provider.type, 7)
        yield {
            "id": provider.identify(moment),
            "name": label,
            "type": provider.type,
            "enabled": not over,
            "data": compact(data),
            "reconcile_lambdas_id": moment.identify("lambda", kind, 0) if provider.reconciled else None,
            **stamp(later(moment, provider.since)),
        }


def provider_links(moment: Moment, applications: list[Application]) -> Iterator[Row]:
    """Return which applications use which provider, switched on or not; the first to come links everything."""
    for application in applications[2:]:
        draw = Random(f"{moment.seed}/links/{application.index}").random  # noqa: S311 - a demo, not a secret
        for provider in _PROVIDERS:
            chance, when, enabled = draw(), draw(), draw()
            first = application.index == 2
            since = later(moment, provider.since)
            linked = max(application.created, since) + (0 if first else int(when * 90 * DAY))
            if (first or chance < provider.share) and linked <= moment.now:
                yield {
                    "applications_id": application.id,
                    "identity_providers_id": provider.identify(moment),
                    "enabled": first or enabled < 0.8,
                    "data": '{"data":{},"createRegistration":true}',
                }


def provider_tenants(moment: Moment, tenants: list[Tenant]) -> Iterator[Row]:
    """Return how many links to a provider tenants allow."""
    data = '{"data":{},"limitUserLinkCount":{"enabled":true,"maximumLinks":2}}'
    for provider in _present(moment)[:6]:
        for tenant in tenants[1 : 2 + provider.number]:
            yield {"tenants_id": tenant.id, "identity_providers_id": provider.identify(moment), "data": data}


def _list_types(moment: Moment) -> list[tuple[str, str, int]]:
    """Return (key, name, creation) of the entity types, the stock ones last."""
    growth = _type_growth(moment)
    own = [
        (str(index), f"Ferrowick {_THINGS[index % len(_THINGS)]} {index}", created)
        for index, created in enumerate(growth.instants(moment))
    ]
    return own + [(key, f"[FusionAuth Default] {name}", moment.founded) for name, key in _STOCK_TYPES.items()]


def entity_types(moment: Moment) -> Iterator[Row]:
    """Return the entity types."""
    data = '{"data":{},"jwtConfiguration":{"enabled":false,"timeToLiveInSeconds":0}}'
    for key, name, created in _list_types(moment):
        yield {"id": moment.identify("entity type", key), "name": name, "data": data, **stamp(created)}


def entity_type_permissions(moment: Moment) -> Iterator[Row]:
    """Return what can be permitted on entities of each type."""
    for key, _, created in _list_types(moment):
        for permission in _permissions(moment, key):
            yield {
                "id": moment.identify("permission", key, permission),
                "entity_types_id": moment.identify("entity type", key),
                "name": permission,
                "description": f"Ferrowick {permission}",
                "data": '{"data":{}}',
                "is_default": permission == "read",
                **stamp(created),
            }


def entities(moment: Moment, tenants: list[Tenant]) -> Iterator[Row]:
    """Return the entities."""
    types = len(_type_growth(moment).instants(moment))
    for index, created in enumerate(_entity_growth(moment).instants(moment)):
        yield {
            "id": moment.identify("entity", index),
            "client_id": f"ferrowick-{index}",
            "client_secret": names.secret(moment.seed, "entity", index),
            "data": '{"data":{"enabled":true}}',
            "entity_types_id": moment.identify("entity type", str(index % types)),
            "name": f"Ferrowick thing no. {index}",
            "tenants_id": tenants[0].id,
            **stamp(created),
        }


def entity_entity_grants(moment: Moment) -> Iterator[Row]:
    """Return what entities may do with others."""
    for index, created in enumerate(_entity_growth(moment).instants(moment)):
        if index == 1 or (index and unit(moment.seed, "grant", index) < 0.6):
            yield {
                "id": moment.identify("grant", index),
                "recipient_id": moment.identify("entity", index),
                "target_id": moment.identify("entity", index // 2),
                **stamp(created),
            }


def _entity_growth(moment: Moment) -> Growth:
    count = 30 + moment.size.tenants
    return scaled("entity", count, count, 6, founders=2)


def _type_growth(moment: Moment) -> Growth:
    count = 5 + moment.size.tenants // 20
    return scaled("entity type", count, count, 50, founders=2)


def _permissions(moment: Moment, key: str) -> Sequence[str]:
    if key == "server":
        return _SCIM_PERMISSIONS
    return [] if key == "client" else _PERMISSIONS[: 1 + int(5 * unit(moment.seed, "permissions", key))]
