"""The lists of an instance, whole or by the page; a page reads its own rows, and theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import duckdb

from standin import objects
from standin.objects import CONNECTORS, FORMS, LAMBDAS, MESSENGERS, Object, document, made, put

Row = dict[str, Any]
Connection: TypeAlias = duckdb.DuckDBPyConnection
_THESE = "(SELECT unnest($1::UUID[]))"


def rows(connection: Connection, query: str, *values: Any) -> list[Row]:
    """Return the rows of a query by name of column."""
    found = connection.execute(query, list(values))
    names = [each[0] for each in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _of(connection: Connection, query: str, ids: Iterable[Any]) -> dict[str, list[Row]]:
    """Return the rows that belong to these objects, in order, by the id in `owner`."""
    found = sorted(rows(connection, query, list(ids)), key=lambda row: str(row["owner"]))
    return {owner: list(each) for owner, each in groupby(found, key=lambda row: str(row["owner"]))}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: its table, its name in the answers, its columns, what its types are, what belongs to it."""

    table: str
    answer: str
    columns: Mapping[str, str]
    types: list[str] | None = None
    more: Callable[[Connection, list[Row], list[Object]], None] | None = None
    tenant: str = ""  # the column that says which tenant it belongs to

    def listed(self, connection: Connection, tenant: str | None, where: str = "") -> list[Object]:
        """Return all of them."""
        condition, values = self._condition(tenant, where)
        return self.objects(connection, rows(connection, f"SELECT * FROM {self.table}{condition} ORDER BY id", *values))

    def page(
        self, connection: Connection, tenant: str | None, order: str, start: int, number: int
    ) -> tuple[list[Object], int]:
        """Return one page of them, and how many there are."""
        condition, values = self._condition(tenant)
        counted = connection.execute(f"SELECT count(*) FROM {self.table}{condition}", values).fetchone()
        # First the ids alone: the documents of the rows that are not on the page stay where they are.
        which = f"SELECT id FROM {self.table}{condition} ORDER BY {order} LIMIT {number} OFFSET {start}"
        ids = [row[0] for row in connection.execute(which, values).fetchall()]
        found = {row["id"]: row for row in rows(connection, f"SELECT * FROM {self.table} WHERE id IN {_THESE}", ids)}
        return self.objects(connection, [found[each] for each in ids]), counted[0] if counted else 0

    def _condition(self, tenant: str | None, where: str = "") -> tuple[str, list[str]]:
        mine = [f"{self.tenant} = ?"] if tenant and self.tenant else []
        conditions = [*mine, *filter(None, [where])]
        return f" WHERE {' AND '.join(conditions)}" if conditions else "", [tenant] if tenant and mine else []

    def objects(self, connection: Connection, found: list[Row]) -> list[Object]:
        """Return the objects of these rows, with all that belongs to them."""
        answers = [made(row, self.columns, kinds=self.types) for row in found]
        if self.more and found:
            self.more(connection, found, answers)
        return [objects.fill(self.answer, each) for each in answers]


def _application(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    ids = [row["id"] for row in found]
    for name, table, columns in (
        ("roles", "application_roles", objects.ROLE),
        ("scopes", "application_oauth_scopes", objects.SCOPE),
    ):
        of = f"SELECT applications_id AS owner, * FROM {table} WHERE applications_id IN {_THESE} ORDER BY name, id"
        mine = _of(connection, of, ids)
        for each in answers:
            each[name] = objects.objects(mine.get(each["id"], []), columns)


def _tenant(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    of = f"SELECT tenants_id AS owner, * FROM connectors_tenants WHERE tenants_id IN {_THESE} ORDER BY sequence"
    policies = _of(connection, of, (row["id"] for row in found))
    for each in answers:
        mine = policies.get(each["id"], [])
        each["connectorPolicies"] = objects.objects(mine, {"connectorId": "connectors_id"})


def _webhook(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    # There may be a million links, so that the database puts the lists together.
    of = (
        "SELECT webhooks_id AS owner, list(tenants_id::VARCHAR ORDER BY tenants_id) AS tenants FROM webhooks_tenants"
        f" WHERE webhooks_id IN {_THESE} GROUP BY 1"
    )
    tenants = _of(connection, of, (row["id"] for row in found))
    for row, each in zip(found, answers, strict=True):
        each["headers"] = document(row["headers"])
        each["tenantIds"] = tenants[each["id"]][0]["tenants"] if each["id"] in tenants else []


# Where the key of a provider is, by its type.
_KEY = {"Apple": "keyId", "ExternalJWT": "defaultKeyId", "SAMLv2": "keyId", "SAMLv2IdPInitiated": "keyId"}


def _provider(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    ids = [row["id"] for row in found]
    links = _of(
        connection,
        "SELECT identity_providers_id AS owner, * FROM identity_providers_applications"
        f" WHERE identity_providers_id IN {_THESE} ORDER BY applications_id",
        ids,
    )
    tenants = _of(
        connection,
        "SELECT identity_providers_id AS owner, * FROM identity_providers_tenants"
        f" WHERE identity_providers_id IN {_THESE} ORDER BY tenants_id",
        ids,
    )
    for row, each in zip(found, answers, strict=True):
        if key := _KEY.get(each.get("type", "")):
            put(each, key, row["keys_id"])
        if each.get("type") == "SAMLv2":
            put(each, "requestSigningKeyId", row["request_signing_keys_id"])
        each["applicationConfiguration"] = {
            str(link["applications_id"]): made(link, {"enabled": "enabled"}) for link in links.get(each["id"], [])
        }
        each["tenantConfiguration"] = {str(link["tenants_id"]): made(link, {}) for link in tenants.get(each["id"], [])}


def _form(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    of = f"SELECT forms_id AS owner, * FROM form_steps WHERE forms_id IN {_THESE} ORDER BY step, sequence"
    steps = _of(connection, of, (row["id"] for row in found))
    for each in answers:
        mine = groupby(steps.get(each["id"], []), key=itemgetter("step"))
        each["steps"] = [{"fields": [str(field["form_fields_id"]) for field in fields]} for _, fields in mine]


def _group(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    of = (
        "SELECT groups_id AS owner, r.* FROM group_application_roles AS g"
        " JOIN application_roles AS r ON r.id = g.application_roles_id"
        f" WHERE groups_id IN {_THESE} ORDER BY r.applications_id, r.name"
    )
    roles = _of(connection, of, (row["id"] for row in found))
    for each in answers:
        each["roles"] = {
            str(application): objects.objects(mine, objects.ROLE)
            for application, mine in groupby(roles.get(each["id"], []), key=itemgetter("applications_id"))
        }


def _entity_type(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    of = (
        "SELECT entity_types_id AS owner, * FROM entity_type_permissions"
        f" WHERE entity_types_id IN {_THESE} ORDER BY name, id"
    )
    permissions = _of(connection, of, (row["id"] for row in found))
    for each in answers:
        each["permissions"] = objects.objects(permissions.get(each["id"], []), objects.PERMISSION)


def _connector(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    for row, each in zip(found, answers, strict=True):
        if each["type"] == "LDAP":
            put(each, "lambdaConfiguration.reconcileId", row["reconcile_lambdas_id"])
        elif each["type"] == "Generic":
            put(each, "sslCertificateKeyId", row["ssl_certificate_keys_id"])


# The grants of entities to entities and to users are two tables, and one list.
_GRANTS = """(
    SELECT g.id, g.data, g.insert_instant, g.last_update_instant, e.tenants_id,
        g.target_id AS entities_id, g.recipient_id, NULL::UUID AS users_id
    FROM entity_entity_grants AS g JOIN entities AS e ON e.id = g.target_id
    UNION ALL
    SELECT g.id, g.data, g.insert_instant, g.last_update_instant, e.tenants_id, g.entities_id, NULL, g.users_id
    FROM entity_user_grants AS g JOIN entities AS e ON e.id = g.entities_id
) AS grants"""


def _granted(connection: Connection, table: str, ids: list[Any]) -> dict[str, list[Row]]:
    of = (
        f"SELECT {table}_grants_id AS owner, p.name FROM {table}_grant_permissions AS g"
        " JOIN entity_type_permissions AS p ON p.id = g.entity_type_permissions_id"
        f" WHERE {table}_grants_id IN {_THESE} ORDER BY p.name"
    )
    return _of(connection, of, ids)


def _grant(connection: Connection, found: list[Row], answers: list[Object]) -> None:
    ids = [row["id"] for row in found]
    granted = {**_granted(connection, "entity_entity", ids), **_granted(connection, "entity_user", ids)}
    named = f"SELECT * FROM entities WHERE id IN {_THESE}"
    entities = {row["id"]: row for row in rows(connection, named, [row["entities_id"] for row in found])}
    types = rows(
        connection,
        f"SELECT * FROM entity_types WHERE id IN {_THESE}",
        list({row["entity_types_id"] for row in entities.values()}),
    )
    typed = dict(zip((row["id"] for row in types), ENTITY_TYPES.objects(connection, types), strict=True))
    for row, each in zip(found, answers, strict=True):
        entity = entities[row["entities_id"]]
        each["entity"] = {**made(entity, objects.ENTITY), "type": typed[entity["entity_types_id"]]}
        each["permissions"] = [permission["name"] for permission in granted.get(each["id"], [])]


APPLICATIONS = Kind("applications", "applications", objects.APPLICATION, more=_application, tenant="tenants_id")
TENANTS = Kind("tenants", "tenants", objects.TENANT, more=_tenant)
WEBHOOKS = Kind("webhooks", "webhooks", objects.WEBHOOK, more=_webhook)
PROVIDERS = Kind("identity_providers", "identityProviders", objects.PROVIDER, more=_provider)
STEPPED = Kind("forms", "forms", objects.NAMED, FORMS, _form)
THEMES = Kind("themes", "themes", objects.NAMED)
CODE = Kind("lambdas", "lambdas", objects.LAMBDA, LAMBDAS)
SENDERS = Kind("messengers", "messengers", objects.NAMED, MESSENGERS)
GROUPS = Kind("groups", "groups", {**objects.NAMED, "tenantId": "tenants_id"}, more=_group, tenant="tenants_id")
ENTITY_TYPES = Kind("entity_types", "entityTypes", objects.ENTITY_TYPE, more=_entity_type)
GRANTS = Kind(
    _GRANTS,
    "grants",
    {**objects.PLAIN, "recipientEntityId": "recipient_id", "userId": "users_id"},
    more=_grant,
    tenant="tenants_id",
)
CONNECTIONS = Kind("connectors", "connectors", objects.NAMED, CONNECTORS, _connector)
ADDRESSES = Kind("ip_access_control_lists", "ipAccessControlLists", objects.NAMED)

LISTS = {
    "application": APPLICATIONS,
    "tenant": TENANTS,
    "webhook": WEBHOOKS,
    "identity-provider": PROVIDERS,
    "form": STEPPED,
    "theme": THEMES,
    "lambda": CODE,
    "messenger": SENDERS,
    "group": GROUPS,
    "entity/type": ENTITY_TYPES,
    "connector": CONNECTIONS,
}
SEARCHES = {
    **{
        each: LISTS[each]
        for each in ("application", "tenant", "webhook", "identity-provider", "theme", "lambda", "group", "entity/type")
    },
    "entity/grant": GRANTS,
    "ip-acl": ADDRESSES,
}
_ORDERS = {"id": "id", "name": "name", "insertInstant": "insert_instant"}


def ordered(kind: Kind, told: str) -> str | None:
    """Return what a page is ordered by, or None where the search has no such column; the id makes it one order."""
    column, _, way = told.strip().partition(" ")
    known = _ORDERS.get(column) if column in kind.columns else None
    if known is None or way.upper() not in ("", "ASC", "DESC"):
        return None
    return f"{known} {way or 'ASC'}, id"


def dumped(value: Any) -> bytes:
    """Return the JSON of an answer."""
    return json.dumps(value, ensure_ascii=False).encode()
