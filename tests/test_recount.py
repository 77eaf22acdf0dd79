"""The oracle itself, held against instances so small that the right answers can be seen."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import recount
from recount import MISSING, SERVER, Rows, make_table, read_csv, read_duckdb, recount_metrics, recount_stats

NAMES = """
    apiKeyExpiringEnabled apiKeyHashedEnabled applicationAccessTokenPopulateLambda applicationActiveLoggedIntoNumber
    applicationActiveNumber applicationActiveRoleNumber applicationActsAsSamlv2Idp
    applicationAdvancedSelfServiceRegistrationEnabled applicationAdvancedSelfServiceRegistrationPreVerified
    applicationBasicSelfServicePhoneRegistrationEnabled applicationBasicSelfServiceRegistrationEnabled
    applicationCustomSelfServiceAccountForm applicationCustomThemeUsed applicationEmailUpdateTemplate
    applicationEmailVerificationTemplate applicationEmailVerifiedTemplate applicationEnabledIdentityProviders
    applicationEnabledIdentityProvidersWithLambdas applicationEnabledTenantIdentityProviders
    applicationForgotPasswordPhoneTemplate applicationForgotPasswordTemplate applicationIdTokenPopulateLambda
    applicationIdentityUpdatePhoneTemplate applicationLoggedInApplicationsUsingSimpleThemes
    applicationLoginApiAuthenticationDisabled applicationLoginApiRefreshTokensEnabled
    applicationLoginIdInUseOnCreatePhoneTemplate applicationLoginIdInUseOnCreateTemplate
    applicationLoginIdInUseOnUpdatePhoneTemplate applicationLoginIdInUseOnUpdateTemplate applicationLoginNewDevice
    applicationLoginNewDevicePhoneTemplate applicationLoginSuspiciousEmailTemplate
    applicationLoginSuspiciousPhoneTemplate applicationMagicLinks applicationMfaLambdasConfigured
    applicationMfaPolicy applicationMultiFactorEmailMessageTemplate applicationMultiFactorSmsMessageTemplate
    applicationNumber applicationOptionalScopes applicationPasswordResetSuccessPhoneTemplate
    applicationPasswordResetSuccessTemplate applicationPasswordUpdatePhoneTemplate applicationPasswordUpdateTemplate
    applicationPasswordlessPhoneTemplate applicationPasswordlessTemplate applicationRefreshTokenGracePeriodEnabled
    applicationRequiredScopes applicationSamlv2PopulateLambda applicationSelfServiceRegistrationValidationLambda
    applicationSetPasswordPhoneTemplate applicationSetPasswordTemplate applicationThirdParty
    applicationTwoFactorMethodAddPhoneTemplate applicationTwoFactorMethodAddTemplate
    applicationTwoFactorMethodRemovePhoneTemplate applicationTwoFactorMethodRemoveTemplate
    applicationUserinfoPopulateLambda applicationVerificationCompletePhoneTemplate
    applicationVerificationPhoneTemplate applicationVerificationTemplate atdCaptcha atdIpAcls atdRateLimiting
    entitiesEntityGrants entitiesPermissions entitiesTypeNumber groupApplicationRoles instanceCompanyPlan
    instanceDailyActiveUsers instanceDatabaseConnectionTimeout instanceDatabaseIdleTimeout
    instanceDatabaseMaxLifetime instanceDatabaseMaximumPoolSize instanceDatabaseMinimumIdle
    instanceDatabaseMysqlEnforceUtf8mb4 instanceDatabaseVersion instanceElasticsearchVersion
    instanceFirstTimeSetupProgress instanceFusionauthAppHttpReadTimeout instanceFusionauthAppLocalMetricsEnabled
    instanceFusionauthAppMemory instanceFusionauthAppReindexBatchSize instanceFusionauthAppReindexThreadCount
    instanceFusionauthAppSearchDefaultRefreshInterval instanceFusionauthSearchHostsCount instanceJavaVersion
    instanceLicenseType instanceNodes instanceSearchType integrationsCleanspeakEnabled integrationsKafkaEnabled
    messengersGeneric messengersKafka messengersTwilio scimEnabled tenantBreachedPasswordDetection
    tenantClientCredentialsLambdaEnabled tenantConfirmChildTemplate tenantCustomAdminUserForm tenantCustomConnectors
    tenantCustomThemeUsed tenantEmailMfaEnabled tenantEmailUpdateTemplate tenantEmailVerifiedTemplate
    tenantFamilyEnabledTemplate tenantFamilyRequestTemplate tenantForgotPasswordPhoneTemplate
    tenantForgotPasswordTemplate tenantIdentityUpdatePhoneTemplate
    tenantLoggedInApplicationsUsingSimpleThemesFromTenant tenantLoginIdInUseOnCreatePhoneTemplate
    tenantLoginIdInUseOnCreateTemplate tenantLoginIdInUseOnUpdatePhoneTemplate tenantLoginIdInUseOnUpdateTemplate
    tenantLoginNewDevicePhoneTemplate tenantLoginNewDeviceTemplate tenantLoginSuspiciousEmailTemplate
    tenantLoginSuspiciousPhoneTemplate tenantMultiFactorEmailMessageTemplate tenantMultiFactorLambdasConfigured
    tenantMultiFactorSmsMessageTemplate tenantNumber tenantParentRegistrationTemplate
    tenantPasswordResetSuccessPhoneTemplate tenantPasswordResetSuccessTemplate tenantPasswordUpdatePhoneTemplate
    tenantPasswordUpdateTemplate tenantPasswordlessPhoneTemplate tenantPasswordlessTemplate
    tenantPhoneConfigurationMessengers tenantSetPasswordPhoneTemplate tenantSetPasswordTemplate tenantSmsMfaEnabled
    tenantSsoSessionBootstrapEnabled tenantTotpMfaEnabled tenantTwoFactorMethodAddPhoneTemplate
    tenantTwoFactorMethodAddTemplate tenantTwoFactorMethodRemovePhoneTemplate tenantTwoFactorMethodRemoveTemplate
    tenantVerificationCompletePhoneTemplate tenantVerificationPhoneTemplate tenantVerificationTemplate
    tenantWebauthnEnabled webhookAuditLogCreate webhookEventLogCreate webhookGroupCreate webhookGroupCreateComplete
    webhookGroupCreateTransactional webhookGroupDelete webhookGroupDeleteComplete webhookGroupDeleteTransactional
    webhookGroupMemberAdd webhookGroupMemberAddComplete webhookGroupMemberAddTransactional webhookGroupMemberRemove
    webhookGroupMemberRemoveComplete webhookGroupMemberRemoveTransactional webhookGroupMemberUpdate
    webhookGroupMemberUpdateComplete webhookGroupMemberUpdateTransactional webhookGroupUpdate
    webhookGroupUpdateComplete webhookGroupUpdateTransactional webhookJwtPublicKeyUpdate
    webhookJwtPublicKeyUpdateTransactional webhookJwtRefresh webhookJwtRefreshTokenRevoke
    webhookJwtRefreshTokenRevokeTransactional webhookJwtRefreshTransactional webhookKickstartSuccess
    webhookUserAction webhookUserBulkCreate webhookUserBulkCreateTransactional webhookUserCreate
    webhookUserCreateComplete webhookUserCreateTransactional webhookUserDeactivate
    webhookUserDeactivateTransactional webhookUserDelete webhookUserDeleteComplete webhookUserDeleteTransactional
    webhookUserEmailUpdate webhookUserEmailVerified webhookUserEmailVerifiedTransactional
    webhookUserIdentityProviderLink webhookUserIdentityProviderUnlink webhookUserLoginFailed
    webhookUserLoginFailedTransactional webhookUserLoginIdDuplicateCreate webhookUserLoginIdDuplicateUpdate
    webhookUserLoginNewDevice webhookUserLoginNewDeviceTransactional webhookUserLoginSuccess
    webhookUserLoginSuccessTransactional webhookUserLoginSuspicious webhookUserLoginSuspiciousTransactional
    webhookUserPasswordBreach webhookUserPasswordBreachTransactional webhookUserPasswordResetSend
    webhookUserPasswordResetStart webhookUserPasswordResetSuccess webhookUserPasswordUpdate webhookUserReactivate
    webhookUserReactivateTransactional webhookUserRegistrationCreate webhookUserRegistrationCreateComplete
    webhookUserRegistrationCreateTransactional webhookUserRegistrationDelete webhookUserRegistrationDeleteComplete
    webhookUserRegistrationDeleteTransactional webhookUserRegistrationUpdate webhookUserRegistrationUpdateComplete
    webhookUserRegistrationUpdateTransactional webhookUserRegistrationVerified
    webhookUserRegistrationVerifiedTransactional webhookUserTwoFactorMethodAdd webhookUserTwoFactorMethodRemove
    webhookUserUpdate webhookUserUpdateComplete webhookUserUpdateTransactional
""".split()  # noqa: SIM905

Given = dict[str, list[dict[str, Any]]]

DAY = date(2025, 10, 17)
A, B, C, D = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abcd")
ADMIN, STOCK_THEME = "3c219e58-ed0e-4b18-ad48-f4f92793ae32", "75a068fd-e94b-451a-9aeb-3ddb9a3b5987"
SIMPLE_STOCK_THEME, STOCK_CONNECTOR = "3c717291-5d83-4014-bd51-97c76475dc86", "e3306678-a53a-4964-9040-1c96f36dda72"

PHONE = [f"phone_configuration_{part}_templates_id" for part in recount.PHONE_TEMPLATES.values()]
COLUMNS = {  # the columns that the stats need in a schema that has them all
    "application_oauth_scopes": ["data"],
    "application_roles": ["applications_id"],
    "applications": [
        *("id", "active", "data", "forms_id", "tenants_id"),
        *(*recount.APPLICATION_COLUMNS.values(), *PHONE),
    ],
    "authentication_keys": ["expiration_instant", "key_format", "meta_data"],
    "connectors_tenants": ["connectors_id", "tenants_id"],
    "entity_entity_grants": ["id"],
    "entity_type_permissions": ["id"],
    "entity_types": ["id"],
    "form_steps": ["forms_id", "type"],
    "forms": ["id", "insert_instant", "type"],
    "global_daily_active_users": ["count", "day"],
    "global_monthly_active_users": ["count", "month"],
    "global_registration_counts": ["count", "decremented_count", "hour"],
    "group_application_roles": ["application_roles_id"],
    "hourly_logins": ["applications_id", "count", "hour"],
    "identity_providers": ["id", "enabled", "reconcile_lambdas_id", "tenants_id", "type"],
    "identity_providers_applications": ["enabled", "identity_providers_id"],
    "instance": ["id", "data", "license_id", "tenant_manager_applications_id"],
    "integrations": ["data"],
    "ip_access_control_lists": ["id"],
    "messengers": ["type"],
    "nodes": ["id"],
    "system_configuration": ["data", "report_timezone"],
    "tenants": ["id", "admin_user_forms_id", "data", "themes_id", *recount.TENANT_COLUMNS.values(), *PHONE],
    "themes": ["id", "data"],
    "version": ["version"],
    "webhooks": ["data"],
}


def instance(given: Given | None = None, without: tuple[str, ...] = (), **tables: list[dict[str, Any]]) -> Rows:
    """An instance with these rows; every other table is there and empty. `without`: "table" or "table.column"."""
    tables |= given or {}
    rows: Rows = {}
    for name in COLUMNS.keys() - set(without):
        columns = [column for column in COLUMNS[name] if f"{name}.{column}" not in without]
        found = tables.get(name, [])
        assert all(set(row) <= set(columns) for row in found), f"{name} has no such column"
        rows[name] = make_table(name, columns, [[row.get(column) for column in columns] for row in found])
    return rows


def moved(rows: Rows) -> dict[str, Any]:
    """The stats that are not what an empty instance has."""
    empty = recount_stats(instance(), DAY)
    return {name: value for name, value in recount_stats(rows, DAY).items() if value != empty[name]}


def documents(table: str, *texts: str | None, **values: Any) -> Rows:
    return instance({table: [{"data": text, **values} for text in texts]})


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {path[0]: nested(path[1:], value) if path[1:] else value}


# ------------------------------------------------------------------------------------------------------- names, absence


def test_exactly_the_222_names() -> None:
    assert len(NAMES) == len(set(NAMES)) == 222
    assert sorted(recount_stats(instance(), DAY)) == sorted(NAMES)
    assert len(recount_metrics(instance(), DAY)) == 8


def test_empty_tables_count_zero() -> None:
    stats = recount_stats(instance(), DAY)
    outside = {*recount.NOT_IN_THE_DATABASE, "instanceCompanyPlan", "instanceLicenseType"}
    assert len(outside) == 18
    assert {name for name, value in stats.items() if value is MISSING} == outside
    assert {name for name, value in stats.items() if value is SERVER} == {"instanceDatabaseVersion"}
    no_step = ("apiKeyConfigured", "applicationConfigured", "emailConfigured", "licenseActivated")
    assert stats["instanceFirstTimeSetupProgress"] == dict.fromkeys(no_step, False)
    assert stats["integrationsKafkaEnabled"] is stats["integrationsCleanspeakEnabled"] is False
    lists = [name for name, value in stats.items() if value == []]
    assert lists == ["applicationEnabledIdentityProviders", "applicationEnabledTenantIdentityProviders"]
    assert sum(value == 0 and type(value) is int for value in stats.values()) == 222 - 18 - 1 - 1 - 2 - 2


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ("applications.multi_factor_requirement_lambdas_id", {"applicationMfaLambdasConfigured"}),
        ("tenants.multi_factor_requirement_lambdas_id", {"tenantMultiFactorLambdasConfigured"}),
        ("tenants.phone_configuration_messengers_id", {"tenantPhoneConfigurationMessengers"}),
        ("applications.phone_configuration_verification_templates_id", {"applicationVerificationPhoneTemplate"}),
        ("identity_providers.tenants_id", {"applicationEnabledTenantIdentityProviders"}),
        ("form_steps.type", {"applicationAdvancedSelfServiceRegistrationPreVerified"}),
        ("authentication_keys.key_format", {"apiKeyHashedEnabled"}),
        ("authentication_keys.expiration_instant", {"apiKeyExpiringEnabled"}),
        ("instance.tenant_manager_applications_id", set()),
        ("messengers", {"messengersGeneric", "messengersKafka", "messengersTwilio"}),
        (
            "hourly_logins",
            {
                "applicationActiveLoggedIntoNumber",
                "applicationLoggedInApplicationsUsingSimpleThemes",
                "tenantLoggedInApplicationsUsingSimpleThemesFromTenant",
            },
        ),
    ],
)
def test_what_the_schema_lacks_is_missing(without: str, missing: set[str]) -> None:
    assert moved(instance(without=(without,))) == dict.fromkeys(missing, MISSING)


# ------------------------------------------------------------------------------------------------------------ documents

ALL_TENANT_FLAGS = {
    "captchaConfiguration": {"enabled": True},
    "scimServerConfiguration": {"enabled": True},
    "passwordValidationRules": {"breachDetection": {"enabled": True}},
    "multiFactorConfiguration": {
        "authenticator": {"enabled": False},
        "email": {"enabled": True},
        "sms": {"enabled": True},
    },
    "familyConfiguration": {"enabled": True},
    "ssoConfiguration": {"allowAccessTokenBootstrap": True},
    "webAuthnConfiguration": {"enabled": True},
    "rateLimitConfiguration": {"failedLogin": {"enabled": False}, "someNewLimit": {"enabled": True}},
    "eventConfiguration": {"events": {"user.create": {"enabled": True, "transactionType": "Any"}}},
}
ALL_TENANT_STATS = {
    "atdCaptcha": 1,
    "atdRateLimiting": 1,
    "scimEnabled": 1,
    "tenantBreachedPasswordDetection": 1,
    "tenantEmailMfaEnabled": 1,
    "tenantFamilyEnabledTemplate": 1,
    "tenantNumber": 1,
    "tenantSmsMfaEnabled": 1,
    "tenantSsoSessionBootstrapEnabled": 1,
    "tenantWebauthnEnabled": 1,
    "webhookUserCreate": 1,
    "webhookUserCreateTransactional": 1,
}


def backwards(value: Any) -> Any:
    return {k: backwards(v) for k, v in reversed(value.items())} if isinstance(value, dict) else value


def stringly(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: stringly(inner) for key, inner in value.items()}
    return str(value).lower() if isinstance(value, bool) else value


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ALL_TENANT_FLAGS, separators=(",", ":")),
        json.dumps(ALL_TENANT_FLAGS),
        json.dumps(ALL_TENANT_FLAGS, indent=3),
        json.dumps(backwards(ALL_TENANT_FLAGS)),
        json.dumps({"data": {"captchaConfiguration": {"enabled": False}}, **ALL_TENANT_FLAGS}),
        json.dumps(ALL_TENANT_FLAGS).replace("enabled", r"\u0065nabled"),
    ],
    ids=["compact", "spaced", "indented", "backwards", "beside custom data", "escaped"],
)
def test_the_same_document_in_any_dress(text: str) -> None:
    assert moved(documents("tenants", text)) == ALL_TENANT_STATS


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "null",
        "[]",
        json.dumps({"data": ALL_TENANT_FLAGS}),
        json.dumps({"data": {"data": ALL_TENANT_FLAGS}, "note": json.dumps(ALL_TENANT_FLAGS)}),
        json.dumps(dict.fromkeys(ALL_TENANT_FLAGS)),
        json.dumps(stringly(ALL_TENANT_FLAGS)),
        json.dumps(ALL_TENANT_FLAGS).replace("true", "1").replace("false", "0"),
        json.dumps({key.lower(): value for key, value in ALL_TENANT_FLAGS.items()}),
    ],
    ids=["NULL", "empty", "{}", "null", "[]", "custom", "deep custom", "nulls", "strings", "numbers", "other case"],
)
def test_what_only_looks_like_a_flag(text: str | None) -> None:
    """Nothing but the number of tenants, and TOTP, which is on unless a JSON false turns it off."""
    assert moved(documents("tenants", text)) == {"tenantNumber": 1, "tenantTotpMfaEnabled": 1}


def test_a_broken_document_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        recount_stats(documents("tenants", '{"captchaConfiguration": '), DAY)


def test_dotted_event_names_are_single_keys() -> None:
    parts = {"user": {"create": {"enabled": True}}}
    both = {"user.create": {"enabled": False}, "user.create.complete": {"enabled": True}}
    rows = documents("tenants", *(json.dumps({"eventConfiguration": {"events": e}}) for e in (parts, both)))
    assert moved(rows) == {"tenantNumber": 2, "tenantTotpMfaEnabled": 2, "webhookUserCreateComplete": 1}


@pytest.mark.parametrize(
    ("setting", "enabled", "transactional"),
    [
        ({"enabled": True}, 1, 0),
        ({"enabled": True, "transactionType": None}, 1, 0),
        ({"enabled": True, "transactionType": "None"}, 1, 0),
        ({"enabled": True, "transactionType": "AbsoluteMajority"}, 1, 1),
        ({"enabled": False, "transactionType": "Any"}, 0, 0),
        ({"transactionType": "Any"}, 0, 0),
        (None, 0, 0),
        (True, 0, 0),
    ],
)
def test_transactional_events(setting: Any, enabled: int, transactional: int) -> None:
    stats = recount_stats(
        documents("tenants", json.dumps({"eventConfiguration": {"events": {"jwt.refresh": setting}}})), DAY
    )
    assert (stats["webhookJwtRefresh"], stats["webhookJwtRefreshTransactional"]) == (enabled, transactional)
    assert stats["webhookJwtRefreshTokenRevoke"] == 0


def test_every_event_moves_only_its_own_stats() -> None:
    """From the name alone: webhook, then the event's words, each with a capital."""
    assert (len(recount.TENANT_EVENTS), len(recount.TRANSACTIONAL_EVENTS)) == (49, 25)
    for event in {*recount.TENANT_EVENTS.values(), *recount.TRANSACTIONAL_EVENTS.values()}:
        words = event.replace("-", ".").split(".")
        stat = "webhook" + "".join(word[0].upper() + word[1:] for word in words)
        path = ("eventConfiguration", "events", event)
        found = moved(documents("tenants", json.dumps(nested(path, {"enabled": True, "transactionType": "Any"}))))
        expected = {stat, f"{stat}Transactional"} & set(NAMES)
        assert found == {"tenantNumber": 1, "tenantTotpMfaEnabled": 1} | dict.fromkeys(expected, 1)


def test_instance_wide_events_count_webhooks() -> None:
    three = json.dumps({"eventsEnabled": {"audit-log.create": True, "event-log.create": "true", "user.create": True}})
    rows = documents("webhooks", three, '{"data": {"eventsEnabled": {"kickstart.success": true}}}', None)
    assert moved(rows) == {"webhookAuditLogCreate": 1}


@pytest.mark.parametrize(
    ("table", "number", "columns"),
    [
        ("applications", "applicationNumber", recount.APPLICATION_COLUMNS),
        ("tenants", "tenantNumber", recount.TENANT_COLUMNS),
    ],
)
def test_every_column_moves_only_its_own_stat(table: str, number: str, columns: dict[str, str]) -> None:
    phone = {
        f"{table[:-1]}{name}PhoneTemplate": f"phone_configuration_{part}_templates_id"
        for name, part in recount.PHONE_TEMPLATES.items()
    }
    totp = {"tenantTotpMfaEnabled": 2} if table == "tenants" else {}
    for stat, column in {**columns, **phone}.items():
        found = moved(instance({table: [{column: A}, {}]}))
        assert found == {number: 2, stat: 1} | totp


# --------------------------------------------------------------------------------------------------------- applications


@pytest.mark.parametrize(
    ("registration", "basic", "phone", "advanced"),
    [
        ({"enabled": True}, 1, 0, 0),
        ({"enabled": True, "type": None, "loginIdType": "phoneNumber"}, 1, 1, 0),
        ({"enabled": True, "type": "basic", "loginIdType": "email"}, 1, 0, 0),
        ({"enabled": True, "type": "advanced", "loginIdType": "phoneNumber"}, 0, 0, 1),
        ({"enabled": False, "type": "basic", "loginIdType": "phoneNumber"}, 0, 0, 0),
        ({"enabled": "true", "type": "advanced"}, 0, 0, 0),
        ({"type": "basic"}, 0, 0, 0),
    ],
)
def test_self_service(registration: dict[str, Any], basic: int, phone: int, advanced: int) -> None:
    stats = recount_stats(documents("applications", json.dumps({"registrationConfiguration": registration})), DAY)
    assert stats["applicationBasicSelfServiceRegistrationEnabled"] == basic
    assert stats["applicationBasicSelfServicePhoneRegistrationEnabled"] == phone
    assert stats["applicationAdvancedSelfServiceRegistrationEnabled"] == advanced


def test_application_settings() -> None:
    rows = documents(
        "applications",
        '{"loginConfiguration": {"requireAuthentication": false, "generateRefreshTokens": true}}',
        '{"loginConfiguration": {"requireAuthentication": 0}, "oauthConfiguration": {"generateRefreshTokens": true}}',
        '{"multiFactorConfiguration": {"loginPolicy": "Disabled"}}',
        '{"loginConfiguration": {"requireAuthentication": null}, "oauthConfiguration": {"relationship": "ThirdParty"}}',
        '{"multiFactorConfiguration": {"loginPolicy": null}, "passwordlessConfiguration": {"enabled": true}}',
        '{"samlv2Configuration": {"enabled": true, "logout": {"singleLogout": {"enabled": true}}}}',
        '{"samlv2Configuration": {"enabled": false, "loginHintConfiguration": {"enabled": true}}}',
        *(
            json.dumps(
                nested(("jwtConfiguration", "refreshTokenOneTimeUseConfiguration", "gracePeriodInSeconds"), value)
            )
            for value in (1, 30, 0, None, True, -1)
        ),
        '{"jwtConfiguration": {"enabled": true, "refreshTokenTimeToLiveInMinutes": 60}}',
    )
    assert moved(rows) == {
        "applicationActsAsSamlv2Idp": 1,
        "applicationLoginApiAuthenticationDisabled": 1,
        "applicationLoginApiRefreshTokensEnabled": 1,
        "applicationMagicLinks": 1,
        "applicationMfaPolicy": 1,
        "applicationNumber": 14,
        "applicationRefreshTokenGracePeriodEnabled": 2,
        "applicationThirdParty": 1,
    }


def test_scopes_and_integrations() -> None:
    rows = documents("application_oauth_scopes", '{"required": true}', '{"required": false}', "{}", None)
    assert moved(rows) == {"applicationOptionalScopes": 3, "applicationRequiredScopes": 1}
    rows = documents(
        "integrations", '{"kafka": {"enabled": true}, "cleanspeak": {"usernameModeration": {"enabled": true}}}'
    )
    assert moved(rows) == {"integrationsKafkaEnabled": True}


def test_roles_leave_out_the_built_in_applications() -> None:
    applications = [{"id": i, "active": i != C} for i in (ADMIN, A, B, C)]
    roles = [{"applications_id": i} for i in (ADMIN, ADMIN, A, B, B, C)]
    rows = instance(
        applications=applications, application_roles=roles, instance=[{"tenant_manager_applications_id": A}]
    )
    assert moved(rows) == {
        "applicationActiveNumber": 3,
        "applicationActiveRoleNumber": 2,
        "applicationNumber": 4,
    }
    older = instance(
        without=("instance.tenant_manager_applications_id",),
        applications=applications,
        application_roles=roles,
        instance=[{"id": D}],
    )
    assert recount_stats(older, DAY)["applicationActiveRoleNumber"] == 3


def test_logins_and_simple_themes() -> None:
    """A: own simple theme; B: own advanced one, simple one from the tenant; C: none of its own; D: universal."""
    rows = instance(
        themes=[{"id": A, "data": '{ "type" : "simple" }'}, {"id": B, "data": "{}"}, {"id": C, "data": None}],
        tenants=[{"id": A, "themes_id": A}, {"id": B, "themes_id": SIMPLE_STOCK_THEME}],
        applications=[
            {"id": A, "active": True, "themes_id": A, "tenants_id": B},
            {"id": B, "active": True, "themes_id": B, "tenants_id": A},
            {"id": C, "active": False, "tenants_id": A},
            {"id": D, "active": True},
            {"id": ADMIN, "active": True, "tenants_id": A},
        ],
        hourly_logins=[{"applications_id": i, "count": 1, "hour": 1} for i in (A, A, B, C, D)],
    )
    assert moved(rows) == {
        "applicationActiveLoggedIntoNumber": 3,
        "applicationActiveNumber": 4,
        "applicationCustomThemeUsed": 2,
        "applicationLoggedInApplicationsUsingSimpleThemes": 1,
        "applicationNumber": 5,
        "tenantCustomThemeUsed": 1,
        "tenantLoggedInApplicationsUsingSimpleThemesFromTenant": 1,
        "tenantNumber": 2,
        "tenantTotpMfaEnabled": 2,
    }


def test_verification_before_the_user_is_created() -> None:
    advanced = '{"registrationConfiguration": {"enabled": true, "type": "advanced"}}'
    rows = instance(
        form_steps=[{"forms_id": form, "type": step} for form, step in ((A, 0), (B, 0), (B, 1), (C, 2), (C, 2))],
        applications=[
            *({"forms_id": form, "data": advanced} for form in (A, B, C, None)),
            {"forms_id": B, "data": '{"registrationConfiguration": {"enabled": false, "type": "advanced"}}'},
        ],
    )
    assert recount_stats(rows, DAY)["applicationAdvancedSelfServiceRegistrationPreVerified"] == 2


def test_identity_providers() -> None:
    provider = {"enabled": True, "reconcile_lambdas_id": None, "tenants_id": None}
    rows = instance(
        identity_providers=[
            {**provider, "id": A, "type": "SAMLv2", "reconcile_lambdas_id": D},
            {**provider, "id": B, "type": "Apple", "tenants_id": D},
            {**provider, "id": C, "type": "Google", "enabled": False},
            {**provider, "id": D, "type": "SAMLv2"},
        ],
        identity_providers_applications=[
            {"identity_providers_id": i, "enabled": on}
            for i, on in ((A, True), (A, True), (A, False), (B, True), (C, True), (D, True))
        ],
    )
    assert moved(rows) == {
        "applicationEnabledIdentityProviders": [{"count": 1, "idp": "Apple"}, {"count": 3, "idp": "SAMLv2"}],
        "applicationEnabledIdentityProvidersWithLambdas": 2,
        "applicationEnabledTenantIdentityProviders": [{"count": 1, "idp": "Apple"}],
    }


# ---------------------------------------------------------------------------------------------- keys, tenants, instance


def test_api_keys_leave_out_internal_ones() -> None:
    expiring_and_hashed = {"expiration_instant": 1760000000000, "key_format": 1}
    marks = (
        None,
        "{}",
        '{"attributes": {"description": "internal use"}}',
        '{"internalWebhook": "true"}',
        '{"attributes": {"internalCacheReloader": "true"}}',
        '{"attributes": {"description": "x", "internalWebhook": "false"}}',
    )
    rows = instance(
        authentication_keys=[{**expiring_and_hashed, "meta_data": mark} for mark in marks]
        + [{"key_format": 0}, {"key_format": None}, {"key_format": 1}]
    )
    assert moved(rows) == {"apiKeyExpiringEnabled": 4, "apiKeyHashedEnabled": 5}


def test_tenants_beside_the_stock_objects() -> None:
    rows = instance(
        forms=[
            {"id": A, "insert_instant": 10, "type": 1},
            {"id": C, "insert_instant": 30, "type": 2},
            {"id": B, "insert_instant": 20, "type": 2},
        ],
        tenants=[
            {"id": A, "admin_user_forms_id": B, "themes_id": STOCK_THEME},
            {"id": B, "admin_user_forms_id": C, "themes_id": SIMPLE_STOCK_THEME},
            {"id": C, "admin_user_forms_id": A, "themes_id": A},
            {"id": D, "admin_user_forms_id": B, "themes_id": STOCK_THEME},
        ],
        connectors_tenants=[
            {"connectors_id": STOCK_CONNECTOR, "tenants_id": A},
            {"connectors_id": STOCK_CONNECTOR, "tenants_id": B},
            {"connectors_id": C, "tenants_id": B},
            {"connectors_id": D, "tenants_id": B},
        ],
    )
    assert moved(rows) == {
        "tenantCustomAdminUserForm": 2,
        "tenantCustomConnectors": 1,
        "tenantCustomThemeUsed": 1,
        "tenantNumber": 4,
        "tenantTotpMfaEnabled": 4,
    }


def test_row_counts_and_messengers() -> None:
    counted = {stat: table for stat, table in recount.ROW_COUNTS.items() if table not in ("applications", "tenants")}
    for stat, table in counted.items():
        assert moved(instance({table: [{}, {}, {}]})) == {stat: 3}
    rows = instance(messengers=[{"type": kind} for kind in (0, 1, 1, 2, 2, 2, 3)])
    assert moved(rows) == {"messengersGeneric": 1, "messengersKafka": 2, "messengersTwilio": 3}


def test_instance_document() -> None:
    setup = {
        "apiKeyId": A,
        "applicationId": None,
        "complete": True,
        "emailConfigured": True,
        "licenseActivated": "true",
    }
    licence = {"licensed": True, "licenseAttributes": {"LicensedPlan": "Enterprise", "LicenseType": None}}
    assert moved(documents("instance", json.dumps({"firstTimeSetup": setup, "status": licence}))) == {
        "instanceCompanyPlan": "Enterprise",
        "instanceFirstTimeSetupProgress": {
            "apiKeyConfigured": True,
            "applicationConfigured": False,
            "emailConfigured": True,
            "licenseActivated": False,
        },
    }
    assert moved(documents("instance", json.dumps({"data": {"firstTimeSetup": setup, "status": licence}}))) == {}


def test_daily_active_users_are_those_of_the_last_complete_day() -> None:
    rows = instance(global_daily_active_users=[{"count": n, "day": d} for n, d in ((5, 20376), (7, 20377), (9, 20378))])
    assert recount_stats(rows, date(2025, 10, 17))["instanceDailyActiveUsers"] == 7
    assert recount_stats(rows, date(2025, 10, 16))["instanceDailyActiveUsers"] == 5
    assert recount_stats(rows, date(2025, 10, 19))["instanceDailyActiveUsers"] == 0


# -------------------------------------------------------------------------------------------------------------- metrics


def test_metrics() -> None:
    rows = instance(
        instance=[{"id": A, "license_id": "abc"}],
        version=[{"version": "1.60.2"}],
        nodes=[{"id": A}, {"id": B}],
        global_registration_counts=[{"count": 5, "decremented_count": 1}, {"count": 2, "decremented_count": 2}],
        global_monthly_active_users=[{"count": 3, "month": 668}, {"count": 4, "month": 669}],
        system_configuration=[{"report_timezone": "Etc/UTC"}],
    )
    found = recount_metrics(rows, date(2025, 10, 1))
    assert found == {
        "instanceId": A,
        "totalUsers": 4,
        "monthlyActiveUsers": 3,  # on the first day of a month, the month before
        "monthlyLogins": 0,
        "nodes": 2,
        "productVersion": "1.60.2",
        "licenseId": "abc",
        "metricsVersion": 1,
    }
    assert recount_metrics(rows, date(2025, 10, 2))["monthlyActiveUsers"] == 4
    assert recount_metrics(rows, date(2025, 12, 2))["monthlyActiveUsers"] == 0
    assert recount_metrics(instance(instance=[{"id": A}]), DAY)["licenseId"] is MISSING


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("UTC", date(2025, 10, 17), "2025-10-01T00", "2025-10-31T23"),
        ("UTC", date(2026, 1, 1), "2025-12-01T00", "2025-12-31T23"),
        ("America/Denver", date(2025, 10, 17), "2025-10-01T06", "2025-11-01T05"),
        ("America/Denver", date(2025, 11, 17), "2025-11-01T06", "2025-12-01T06"),  # summer time ends in between
        ("Pacific/Auckland", date(2024, 3, 1), "2024-01-31T11", "2024-02-29T10"),
        (
            "Asia/Kolkata",
            date(2025, 10, 17),
            "2025-09-30T18",
            "2025-10-31T17",
        ),  # an hour cut by midnight: the new month
    ],
)
def test_monthly_logins_follow_the_report_time_zone(zone: str, day: date, first: str, last: str) -> None:
    def hour(text: str) -> int:
        return (date.fromisoformat(text[:10]) - date(1970, 1, 1)).days * 24 + int(text[11:])

    hours = (hour(first) - 1, hour(first), hour(last), hour(last) + 1)
    logins = [{"applications_id": A, "count": 10**i, "hour": h} for i, h in enumerate(hours)]
    rows = instance(hourly_logins=logins, system_configuration=[{"report_timezone": zone}])
    assert recount_metrics(rows, day)["monthlyLogins"] == 110


# ------------------------------------------------------------------------------------------------------ reading sources

SOURCE: dict[str, tuple[str, list[list[str | None]]]] = {
    "applications": (
        "id UUID, active BOOLEAN, data VARCHAR, forms_id UUID, tenants_id UUID, themes_id UUID",
        [
            [A, "true", '{"passwordlessConfiguration": {"enabled": true}, "data": {"x": "a,\\n"}}', None, B, A],
            [C, "false", None, None, None, None],
        ],
    ),
    "authentication_keys": (
        "expiration_instant BIGINT, key_format SMALLINT, meta_data VARCHAR",
        [["1760000000000", "1", None], [None, None, "{}"]],
    ),
    "hourly_logins": ("applications_id UUID, count INTEGER, hour INTEGER", [[A.upper(), "3", "488893"]]),
    "identity_providers": ("id UUID, enabled BOOLEAN, type VARCHAR", [[A, "true", "Apple"]]),
    "identity_providers_applications": ("enabled BOOLEAN, identity_providers_id UUID", [["true", A]]),
    "messengers": ("type SMALLINT", []),
    "system_configuration": ("report_timezone VARCHAR", [["UTC"]]),
    "themes": ("id UUID, data VARCHAR", [[A, '{"type":"simple"}']]),
}


def check_source(rows: Rows) -> None:
    assert rows.keys() == SOURCE.keys()
    stats = recount_stats(rows, DAY)
    assert {name: value for name, value in stats.items() if value not in (0, MISSING, SERVER)} == {
        "apiKeyExpiringEnabled": 1,
        "apiKeyHashedEnabled": 1,
        "applicationActiveLoggedIntoNumber": 1,
        "applicationActiveNumber": 1,
        "applicationCustomThemeUsed": 1,
        "applicationEnabledIdentityProviders": [{"count": 1, "idp": "Apple"}],
        "applicationLoggedInApplicationsUsingSimpleThemes": 1,
        "applicationMagicLinks": 1,
        "applicationNumber": 2,
    }
    assert stats["messengersKafka"] == 0  # an empty table of which the columns are known
    assert stats["applicationThirdParty"] == 0
    assert stats["tenantNumber"] is MISSING
    assert recount_metrics(rows, DAY)["monthlyLogins"] == 3


def test_read_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "instance.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, (columns, values) in SOURCE.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
            for row in values:
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        connection.execute("CREATE TABLE users (id UUID)")
    before = path.read_bytes()
    check_source(read_duckdb(path))
    assert path.read_bytes() == before


def test_read_csv(tmp_path: Path) -> None:
    for name, (columns, values) in SOURCE.items():
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(column.split()[0] for column in columns.split(", "))
            writer.writerows([r"\N" if value is None else value for value in row] for row in values)
    check_source(read_csv(tmp_path))


def test_values_of_mysql() -> None:
    rows = make_table("applications", ["id", "active"], [[bytes.fromhex(A.replace("-", "")), b"\x01"], [A, 0]])
    assert rows.rows == [{"id": A, "active": True}, {"id": A, "active": False}]
