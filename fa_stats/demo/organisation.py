"""The rows of tenants and applications and of what hangs on them: roles, scopes, connectors, groups, entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fa_stats.demo import names
from fa_stats.demo.documents import (
    compact,
    write_admin_application,
    write_application,
    write_tenant,
    write_tenant_manager,
)
from fa_stats.demo.entities import Application, Tenant
from fa_stats.demo.facilities import BUILT_IN_CONNECTOR, CONNECTORS
from fa_stats.demo.features import Feature, application_features, tenant_features
from fa_stats.demo.library import STOCK_THEME, refer, refer_form, refer_theme, stamp
from fa_stats.demo.moment import Moment, scaled, unit
from fa_stats.demo.rows import Row

_ADMIN_ROLES = [
    "admin",
    "api_key_manager",
    "application_deleter",
    "application_manager",
    "audit_log_viewer",
    "connector_manager",
    "consent_manager",
    "email_template_manager",
    "event_log_viewer",
    "form_manager",
    "group_manager",
    "key_manager",
    "lambda_manager",
    "report_viewer",
    "system_manager",
    "tenant_manager",
    "theme_manager",
    "user_deleter",
    "user_manager",
    "user_support_viewer",
    "webhook_manager",
]
_ROLES = ["owner", "editor", "viewer", "billing", "support"]
_SCOPES = ["orders:read", "orders:write", "profile:extended", "invoices"]


def _ids(features: tuple[Feature, ...]) -> list[str]:
    return [feature.name for feature in features if feature.name.endswith("_id")]


def rows(moment: Moment, found: list[Tenant], made: list[Application]) -> Iterator[tuple[str, Iterable[Row]]]:
    """Return all tables of this module with their rows."""
    yield "tenants", tenants(moment, found)
    yield "applications", applications(moment, made)
    yield "connectors_tenants", connectors_tenants(moment, found)
    yield "application_roles", application_roles(moment, made)
    yield "application_oauth_scopes", application_scopes(moment, made)
    yield "groups", groups(moment, found)
    yield "group_application_roles", group_roles(moment, found, made)


def tenants(moment: Moment, found: list[Tenant]) -> Iterator[Row]:
    """Return the rows of the tenants."""
    columns = _ids(tenant_features().features)
    for tenant in found:
        state, index = tenant.state, tenant.index
        chosen = {column: refer(moment, column, index) for column in columns if state.has(column)}
        if state.has("multiFactorConfiguration.sms.enabled"):
            chosen["multi_factor_sms_messengers_id"] = moment.identify("messenger", 2, 0)
        yield {
            "id": tenant.id,
            "name": tenant.name,
            "data": write_tenant(moment, index, state, tenant.condition) if tenant.documented else None,
            "access_token_signing_keys_id": moment.identify("key", index % 6),
            "id_token_signing_keys_id": moment.identify("key", (index + 3) % 6),
            "admin_user_forms_id": refer_form(moment, 2, index if state.has("admin form") else None),
            "themes_id": refer_theme(moment, state.get("theme"), index) or STOCK_THEME,
            **chosen,
            **stamp(tenant.created, state.switched),
        }


def applications(moment: Moment, found: list[Application]) -> Iterator[Row]:
    """Return the rows of the applications."""
    columns = _ids(application_features().features)
    for application in found:
        state, index = application.state, application.index
        chosen = {column: refer(moment, column, index) for column in columns if state.has(column)}
        if state.get("registration").endswith("advanced"):
            chosen["forms_id"] = refer_form(moment, 0, index)
        if state.has("samlv2Configuration.enabled"):
            chosen["samlv2_issuer"] = names.host("saml", index)
            chosen["samlv2_keys_id"] = moment.identify("key", index % 6)
        yield {
            "id": application.id,
            "name": application.name,
            "data": _write_document(moment, application),
            "active": application.active,
            "universal": application.universal,
            "tenants_id": application.tenant.id if application.tenant else None,
            "admin_registration_forms_id": refer_form(moment, 1),
            "access_token_signing_keys_id": moment.identify("key", index % 6),
            "id_token_signing_keys_id": moment.identify("key", (index + 3) % 6),
            "themes_id": refer_theme(moment, state.get("theme"), index),
            **chosen,
            **stamp(application.created, state.switched if application.active else application.closed or 0),
        }


def _write_document(moment: Moment, application: Application) -> str:
    if application.index == 0:
        return write_admin_application(moment, application.id)
    if application.index == 1:
        return write_tenant_manager(moment, application.id)
    condition = "Active" if application.active else "Inactive"
    return write_application(moment, application.index, application.id, application.state, condition)


def connectors_tenants(moment: Moment, found: list[Tenant]) -> Iterator[Row]:
    """Return the connector policies: everyone has the built-in one, some another, one tenant two others."""
    data = '{"data":{},"domains":["*"],"migrate":false}'
    for tenant in found:
        others = [tenant.index % 2] if unit(moment.seed, "tenant", tenant.index, "connector") < 0.17 else []
        if tenant.index == min(3, moment.size.tenants - 1):
            others = list(range(len(CONNECTORS)))[:2]
        ids = [moment.identify("connector", number) for number in others]
        for sequence, connector in enumerate([*ids, BUILT_IN_CONNECTOR]):
            yield {"connectors_id": connector, "tenants_id": tenant.id, "sequence": sequence, "data": data}


def _role_names(moment: Moment, application: Application) -> list[str]:
    if application.index == 0:
        return _ADMIN_ROLES
    if application.index == 1:
        return ["tenant admin", "tenant viewer"]
    return _ROLES[: int(6 * unit(moment.seed, "application", application.index, "roles"))]


def application_roles(moment: Moment, found: list[Application]) -> Iterator[Row]:
    """Return the roles of all applications, the built-in ones' own among them."""
    for application in found:
        for number, name in enumerate(_role_names(moment, application)):
            yield {
                "id": moment.identify("role", application.index, number),
                "applications_id": application.id,
                "name": name,
                "description": f"Ferrowick {name}" if number % 2 else None,
                "is_default": number == 2,
                "is_super_role": number == 0,
                **stamp(application.created),
            }


def application_scopes(moment: Moment, found: list[Application]) -> Iterator[Row]:
    """Return the custom scopes: required, not required, or silent about it."""
    documents = (
        '{"required":true}',
        '{"required": false}',
        '{"data":{"required":true}}',
        '{"data":{},"required":true}',
    )
    for application in found[2:]:
        draw = unit(moment.seed, "application", application.index, "scopes")
        many = 3 if application.index == 4 else int(max(0.0, draw - 0.7) / 0.3 * 5)
        for number, name in enumerate(_SCOPES[:many]):
            yield {
                "id": moment.identify("scope", application.index, number),
                "applications_id": application.id,
                "name": f"ferrowick:{name}",
                "data": documents[(number + application.index) % 4],
                **stamp(application.created),
            }


def groups(moment: Moment, found: list[Tenant]) -> Iterator[Row]:
    """Return the groups."""
    for index, created, tenant in _grouped(moment, found):
        yield {
            "id": moment.identify("group", index),
            "name": f"Ferrowick group {index + 1}",
            "data": compact({"data": {"enabled": True}}) if index % 3 else "{}",
            "tenants_id": tenant.id,
            **stamp(created),
        }


def group_roles(moment: Moment, found: list[Tenant], applications: list[Application]) -> Iterator[Row]:
    """Return which roles a group gives: some roles of the first applications of its tenant."""
    of_tenant: dict[int, list[Application]] = {}
    for application in applications[2:]:
        if application.tenant:
            of_tenant.setdefault(application.tenant.index, []).append(application)
    for index, created, tenant in _grouped(moment, found):
        for application in of_tenant.get(tenant.index, [])[:4]:
            roles = _role_names(moment, application)
            if roles and application.created <= created:
                yield {
                    "groups_id": moment.identify("group", index),
                    "application_roles_id": moment.identify("role", application.index, index % len(roles)),
                }


def _grouped(moment: Moment, found: list[Tenant]) -> Iterator[tuple[int, int, Tenant]]:
    count = 8 + moment.size.tenants // 4
    for index, created in enumerate(scaled("group", count, count, 21).instants(moment)):
        there = sum(tenant.created <= created for tenant in found[:200])
        yield index, created, found[int(there * unit(moment.seed, "group", index, "tenant") ** 2)]
