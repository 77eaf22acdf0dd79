"""The independent oracle: every stat and metric counted again, in plain Python, over the raw rows of the tables.

Nothing here comes from fa_stats, and no SQL does the counting: only loops over rows, and `json.loads` for documents.
Each stat stands in one of the tables below, typed from the written definitions, so that both can be read side by side.

`MISSING` stands for what these rows cannot tell, so that the product must say "unavailable": a setting that lies
outside the database, or a table or column that this version of the schema does not have. `SERVER` is asked of the
database server itself.
"""

import csv
import enum
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

Row = dict[str, Any]


class Missing(enum.Enum):
    MISSING = "MISSING"
    SERVER = "SERVER"


MISSING, SERVER = Missing.MISSING, Missing.SERVER


@dataclass(frozen=True)
class Table:
    """The rows of one table; its columns are known even when it has no row."""

    columns: frozenset[str]
    rows: list[Row]


Rows = dict[str, Table]  # table name -> table; a table that the schema does not have is not in it


class AbsentError(Exception):
    """This schema has no such table or column."""


Formula = Callable[[Rows], Any]
Test = Callable[[Row], bool]

ADMIN_APPLICATION = "3c219e58-ed0e-4b18-ad48-f4f92793ae32"
STOCK_CONNECTOR = "e3306678-a53a-4964-9040-1c96f36dda72"
STOCK_THEMES = {"75a068fd-e94b-451a-9aeb-3ddb9a3b5987", "3c717291-5d83-4014-bd51-97c76475dc86"}
ADMIN_USER_FORM = 2
HASHED = 1
IDENTITY_STEPS = {1, 2}  # form step types: 0 collectData, 1 verifyEmail, 2 verifyPhoneNumber
EPOCH = date(1970, 1, 1)

# --------------------------------------------------------------------------- stats that count a column that is not NULL

APPLICATION_COLUMNS = {
    "applicationAccessTokenPopulateLambda": "access_token_populate_lambdas_id",
    "applicationIdTokenPopulateLambda": "id_token_populate_lambdas_id",
    "applicationSamlv2PopulateLambda": "samlv2_populate_lambdas_id",
    "applicationUserinfoPopulateLambda": "userinfo_populate_lambdas_id",
    "applicationSelfServiceRegistrationValidationLambda": "self_service_registration_validation_lambdas_id",
    "applicationMfaLambdasConfigured": "multi_factor_requirement_lambdas_id",
    "applicationCustomSelfServiceAccountForm": "self_service_user_forms_id",
    "applicationCustomThemeUsed": "themes_id",
    "applicationEmailUpdateTemplate": "email_update_email_templates_id",
    "applicationEmailVerificationTemplate": "email_verification_email_templates_id",
    "applicationEmailVerifiedTemplate": "email_verified_email_templates_id",
    "applicationForgotPasswordTemplate": "forgot_password_email_templates_id",
    "applicationLoginIdInUseOnCreateTemplate": "login_id_in_use_on_create_email_templates_id",
    "applicationLoginIdInUseOnUpdateTemplate": "login_id_in_use_on_update_email_templates_id",
    "applicationLoginNewDevice": "login_new_device_email_templates_id",
    "applicationLoginSuspiciousEmailTemplate": "login_suspicious_email_templates_id",
    "applicationMultiFactorEmailMessageTemplate": "multi_factor_email_message_templates_id",
    "applicationMultiFactorSmsMessageTemplate": "multi_factor_sms_message_templates_id",
    "applicationPasswordResetSuccessTemplate": "password_reset_success_email_templates_id",
    "applicationPasswordUpdateTemplate": "password_update_email_templates_id",
    "applicationPasswordlessTemplate": "passwordless_email_templates_id",
    "applicationSetPasswordTemplate": "set_password_email_templates_id",
    "applicationTwoFactorMethodAddTemplate": "two_factor_method_add_email_templates_id",
    "applicationTwoFactorMethodRemoveTemplate": "two_factor_method_remove_email_templates_id",
    "applicationVerificationTemplate": "verification_email_templates_id",
}
TENANT_COLUMNS = {
    "tenantClientCredentialsLambdaEnabled": "client_credentials_access_token_populate_lambdas_id",
    "tenantMultiFactorLambdasConfigured": "multi_factor_requirement_lambdas_id",
    "tenantPhoneConfigurationMessengers": "phone_configuration_messengers_id",
    "tenantConfirmChildTemplate": "confirm_child_email_templates_id",
    "tenantEmailUpdateTemplate": "email_update_email_templates_id",
    "tenantEmailVerifiedTemplate": "email_verified_email_templates_id",
    "tenantFamilyRequestTemplate": "family_request_email_templates_id",
    "tenantForgotPasswordTemplate": "forgot_password_email_templates_id",
    "tenantLoginIdInUseOnCreateTemplate": "login_id_in_use_on_create_email_templates_id",
    "tenantLoginIdInUseOnUpdateTemplate": "login_id_in_use_on_update_email_templates_id",
    "tenantLoginNewDeviceTemplate": "login_new_device_email_templates_id",
    "tenantLoginSuspiciousEmailTemplate": "login_suspicious_email_templates_id",
    "tenantMultiFactorEmailMessageTemplate": "multi_factor_email_message_templates_id",
    "tenantMultiFactorSmsMessageTemplate": "multi_factor_sms_message_templates_id",
    "tenantParentRegistrationTemplate": "parent_registration_email_templates_id",
    "tenantPasswordResetSuccessTemplate": "password_reset_success_email_templates_id",
    "tenantPasswordUpdateTemplate": "password_update_email_templates_id",
    "tenantPasswordlessTemplate": "passwordless_email_templates_id",
    "tenantSetPasswordTemplate": "set_password_email_templates_id",
    "tenantTwoFactorMethodAddTemplate": "two_factor_method_add_email_templates_id",
    "tenantTwoFactorMethodRemoveTemplate": "two_factor_method_remove_email_templates_id",
    "tenantVerificationTemplate": "verification_email_templates_id",
}
# application<name>PhoneTemplate and tenant<name>PhoneTemplate, both from phone_configuration_<value>_templates_id
PHONE_TEMPLATES = {
    "ForgotPassword": "forgot_password",
    "IdentityUpdate": "identity_update",
    "LoginIdInUseOnCreate": "login_id_in_use_on_create",
    "LoginIdInUseOnUpdate": "login_id_in_use_on_update",
    "LoginNewDevice": "login_new_device",
    "LoginSuspicious": "login_suspicious",
    "Passwordless": "passwordless",
    "PasswordResetSuccess": "password_reset_success",
    "PasswordUpdate": "password_update",
    "SetPassword": "set_password",
    "TwoFactorMethodAdd": "two_factor_method_add",
    "TwoFactorMethodRemove": "two_factor_method_remove",
    "VerificationComplete": "verification_complete",
    "Verification": "verification",
}

# ------------------------------------------------------------------- stats that count documents in which a flag is true

APPLICATION_FLAGS = {
    "applicationActsAsSamlv2Idp": ("samlv2Configuration", "enabled"),
    "applicationLoginApiRefreshTokensEnabled": ("loginConfiguration", "generateRefreshTokens"),
    "applicationMagicLinks": ("passwordlessConfiguration", "enabled"),
}
TENANT_FLAGS = {
    "atdCaptcha": ("captchaConfiguration", "enabled"),
    "scimEnabled": ("scimServerConfiguration", "enabled"),
    "tenantBreachedPasswordDetection": ("passwordValidationRules", "breachDetection", "enabled"),
    "tenantEmailMfaEnabled": ("multiFactorConfiguration", "email", "enabled"),
    "tenantFamilyEnabledTemplate": ("familyConfiguration", "enabled"),
    "tenantSmsMfaEnabled": ("multiFactorConfiguration", "sms", "enabled"),
    "tenantSsoSessionBootstrapEnabled": ("ssoConfiguration", "allowAccessTokenBootstrap"),
    "tenantWebauthnEnabled": ("webAuthnConfiguration", "enabled"),
}
WEBHOOK_FLAGS = {  # the instance-wide events
    "webhookAuditLogCreate": ("eventsEnabled", "audit-log.create"),
    "webhookEventLogCreate": ("eventsEnabled", "event-log.create"),
    "webhookKickstartSuccess": ("eventsEnabled", "kickstart.success"),
}
INTEGRATION_FLAGS = {  # one true flag makes the stat true
    "integrationsCleanspeakEnabled": ("cleanspeak", "enabled"),
    "integrationsKafkaEnabled": ("kafka", "enabled"),
}
TENANT_EVENTS = {  # tenants whose eventConfiguration.events[event].enabled is true
    "webhookGroupCreate": "group.create",
    "webhookGroupCreateComplete": "group.create.complete",
    "webhookGroupDelete": "group.delete",
    "webhookGroupDeleteComplete": "group.delete.complete",
    "webhookGroupMemberAdd": "group.member.add",
    "webhookGroupMemberAddComplete": "group.member.add.complete",
    "webhookGroupMemberRemove": "group.member.remove",
    "webhookGroupMemberRemoveComplete": "group.member.remove.complete",
    "webhookGroupMemberUpdate": "group.member.update",
    "webhookGroupMemberUpdateComplete": "group.member.update.complete",
    "webhookGroupUpdate": "group.update",
    "webhookGroupUpdateComplete": "group.update.complete",
    "webhookJwtPublicKeyUpdate": "jwt.public-key.update",
    "webhookJwtRefresh": "jwt.refresh",
    "webhookJwtRefreshTokenRevoke": "jwt.refresh-token.revoke",
    "webhookUserAction": "user.action",
    "webhookUserBulkCreate": "user.bulk.create",
    "webhookUserCreate": "user.create",
    "webhookUserCreateComplete": "user.create.complete",
    "webhookUserDeactivate": "user.deactivate",
    "webhookUserDelete": "user.delete",
    "webhookUserDeleteComplete": "user.delete.complete",
    "webhookUserEmailUpdate": "user.email.update",
    "webhookUserEmailVerified": "user.email.verified",
    "webhookUserIdentityProviderLink": "user.identity-provider.link",
    "webhookUserIdentityProviderUnlink": "user.identity-provider.unlink",
    "webhookUserLoginIdDuplicateCreate": "user.loginId.duplicate.create",
    "webhookUserLoginIdDuplicateUpdate": "user.loginId.duplicate.update",
    "webhookUserLoginFailed": "user.login.failed",
    "webhookUserLoginNewDevice": "user.login.new-device",
    "webhookUserLoginSuccess": "user.login.success",
    "webhookUserLoginSuspicious": "user.login.suspicious",
    "webhookUserPasswordBreach": "user.password.breach",
    "webhookUserPasswordResetSend": "user.password.reset.send",
    "webhookUserPasswordResetStart": "user.password.reset.start",
    "webhookUserPasswordResetSuccess": "user.password.reset.success",
    "webhookUserPasswordUpdate": "user.password.update",
    "webhookUserReactivate": "user.reactivate",
    "webhookUserRegistrationCreate": "user.registration.create",
    "webhookUserRegistrationCreateComplete": "user.registration.create.complete",
    "webhookUserRegistrationDelete": "user.registration.delete",
    "webhookUserRegistrationDeleteComplete": "user.registration.delete.complete",
    "webhookUserRegistrationUpdate": "user.registration.update",
    "webhookUserRegistrationUpdateComplete": "user.registration.update.complete",
    "webhookUserRegistrationVerified": "user.registration.verified",
    "webhookUserTwoFactorMethodAdd": "user.two-factor.method.add",
    "webhookUserTwoFactorMethodRemove": "user.two-factor.method.remove",
    "webhookUserUpdate": "user.update",
    "webhookUserUpdateComplete": "user.update.complete",
}
TRANSACTIONAL_EVENTS = {  # tenants in which it is enabled, with a transactionType other than None
    "webhookGroupCreateTransactional": "group.create",
    "webhookGroupDeleteTransactional": "group.delete",
    "webhookGroupMemberAddTransactional": "group.member.add",
    "webhookGroupMemberRemoveTransactional": "group.member.remove",
    "webhookGroupMemberUpdateTransactional": "group.member.update",
    "webhookGroupUpdateTransactional": "group.update",
    "webhookJwtPublicKeyUpdateTransactional": "jwt.public-key.update",
    "webhookJwtRefreshTokenRevokeTransactional": "jwt.refresh-token.revoke",
    "webhookJwtRefreshTransactional": "jwt.refresh",
    "webhookUserBulkCreateTransactional": "user.bulk.create",
    "webhookUserCreateTransactional": "user.create",
    "webhookUserDeactivateTransactional": "user.deactivate",
    "webhookUserDeleteTransactional": "user.delete",
    "webhookUserEmailVerifiedTransactional": "user.email.verified",
    "webhookUserLoginFailedTransactional": "user.login.failed",
    "webhookUserLoginNewDeviceTransactional": "user.login.new-device",
    "webhookUserLoginSuccessTransactional": "user.login.success",
    "webhookUserLoginSuspiciousTransactional": "user.login.suspicious",
    "webhookUserPasswordBreachTransactional": "user.password.breach",
    "webhookUserReactivateTransactional": "user.reactivate",
    "webhookUserRegistrationCreateTransactional": "user.registration.create",
    "webhookUserRegistrationDeleteTransactional": "user.registration.delete",
    "webhookUserRegistrationUpdateTransactional": "user.registration.update",
    "webhookUserRegistrationVerifiedTransactional": "user.registration.verified",
    "webhookUserUpdateTransactional": "user.update",
}

# ------------------------------------------------------------------------------------------------------- the other ones

ROW_COUNTS = {
    "applicationNumber": "applications",
    "atdIpAcls": "ip_access_control_lists",
    "entitiesEntityGrants": "entity_entity_grants",
    "entitiesPermissions": "entity_type_permissions",
    "entitiesTypeNumber": "entity_types",
    "groupApplicationRoles": "group_application_roles",
    "instanceNodes": "nodes",
    "tenantNumber": "tenants",
}
MESSENGER_TYPES = {"messengersGeneric": 0, "messengersKafka": 1, "messengersTwilio": 2}
LICENSE_ATTRIBUTES = {"instanceCompanyPlan": "LicensedPlan", "instanceLicenseType": "LicenseType"}
NOT_IN_THE_DATABASE = (
    "instanceDatabaseConnectionTimeout",
    "instanceDatabaseIdleTimeout",
    "instanceDatabaseMaxLifetime",
    "instanceDatabaseMaximumPoolSize",
    "instanceDatabaseMinimumIdle",
    "instanceDatabaseMysqlEnforceUtf8mb4",
    "instanceFusionauthAppHttpReadTimeout",
    "instanceFusionauthAppLocalMetricsEnabled",
    "instanceFusionauthAppMemory",
    "instanceFusionauthAppReindexBatchSize",
    "instanceFusionauthAppReindexThreadCount",
    "instanceFusionauthAppSearchDefaultRefreshInterval",
    "instanceFusionauthSearchHostsCount",
    "instanceSearchType",
    "instanceElasticsearchVersion",
    "instanceJavaVersion",
)
TABLES = """
    application_oauth_scopes application_roles applications authentication_keys connectors_tenants entity_entity_grants
    entity_type_permissions entity_types form_steps forms global_daily_active_users global_monthly_active_users
    global_registration_counts group_application_roles hourly_logins identity_providers identity_providers_applications
    instance integrations ip_access_control_lists messengers nodes system_configuration tenants themes version webhooks
""".split()  # noqa: SIM905
BOOLEANS = {"active", "enabled", "global", "is_default", "is_super_role", "key_manager", "setup_complete", "universal"}
INTEGERS = {"count", "day", "decremented_count", "hour", "key_format", "month", "sequence", "step", "type"}
TEXT_TYPES = {"identity_providers"}  # the one table whose `type` is text

# ----------------------------------------------------------------------------------------------------- reading the rows


def plain(table: str, column: str, value: Any) -> Any:
    """One value as its column means it: ids are text, flags are bool, whatever the source calls them."""
    if value is None:
        return None
    if column in BOOLEANS:
        known = {"true": True, "t": True, "1": True, "01": True, "false": False, "f": False, "0": False, "00": False}
        return known[value.hex() if isinstance(value, bytes) else str(value).lower()]
    if (column in INTEGERS or column.endswith("_instant")) and not (column == "type" and table in TEXT_TYPES):
        return int(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if len(value) == 16 else value.decode()
    is_id = table != "version" and (column == "id" or (column.endswith("_id") and column != "license_id"))
    return value.lower() if is_id and isinstance(value, str) else value


def make_table(name: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    names = list(columns)
    return Table(
        frozenset(names),
        [{n: plain(name, n, value) for n, value in zip(names, row, strict=True)} for row in rows],
    )


def read_duckdb(path: Path) -> Rows:
    """The tables needed, from a DuckDB file that has them in its main schema."""
    rows: Rows = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        there |= {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
        for name in TABLES:
            if name in there:
                found = connection.execute(f'SELECT * FROM "{name}"')
                rows[name] = make_table(name, [column[0] for column in found.description], found.fetchall())
    return rows


def read_csv(folder: Path) -> Rows:
    """The tables needed, one CSV file each; `\\N` is NULL."""
    rows: Rows = {}
    for name in TABLES:
        path = folder / f"{name}.csv"
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                columns, *values = csv.reader(file)
                rows[name] = make_table(name, columns, [[None if v == r"\N" else v for v in row] for row in values])
    return rows


# ------------------------------------------------------------------------------------------------- small tools to count


def rows_of(rows: Rows, table: str, *columns: str) -> list[Row]:
    """The rows of a table that must have these columns."""
    if table not in rows or not rows[table].columns.issuperset(columns):
        raise AbsentError(table, columns)
    return rows[table].rows


@lru_cache(maxsize=50_000)
def parse(text: str) -> Mapping[str, Any]:
    value = json.loads(text) if text.strip() else None
    return value if isinstance(value, dict) else {}


def at(row: Row, *path: str, column: str = "data") -> Any:
    """What a document holds at this path; None where any part of the path is missing, null or no object."""
    value: Any = parse(row[column] or "")
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def count(rows: Iterable[Row], test: Test) -> int:
    return sum(1 for row in rows if test(row))


def api_keys(rows: Rows, column: str) -> list[Row]:
    """The keys that the server does not mark as its own."""

    def internal(row: Row) -> bool:
        attributes = at(row, "attributes", column="meta_data")
        return isinstance(attributes, dict) and any(name.startswith("internal") for name in attributes)

    return [row for row in rows_of(rows, "authentication_keys", column, "meta_data") if not internal(row)]


def expiring_keys(rows: Rows) -> int:
    return count(api_keys(rows, "expiration_instant"), lambda row: row["expiration_instant"] is not None)


def hashed_keys(rows: Rows) -> int:
    return count(api_keys(rows, "key_format"), lambda row: row["key_format"] == HASHED)


def documents(rows: Rows, table: str, test: Test) -> int:
    """Rows of the table whose document passes the test."""
    return count(rows_of(rows, table, "data"), test)


def flagged(rows: Rows, table: str, path: tuple[str, ...]) -> int:
    """Rows of the table whose document has a JSON true at this path."""
    return documents(rows, table, lambda row: at(row, *path) is True)


def filled(rows: Rows, table: str, column: str) -> int:
    return count(rows_of(rows, table, column), lambda row: row[column] is not None)


def row_count(rows: Rows, table: str) -> int:
    return len(rows_of(rows, table))


# ----------------------------------------------------------------------------------- documents with a test of their own


def self_service(row: Row, kind: str) -> bool:
    """Registration is on and of this type; without a type it is basic."""
    found = at(row, "registrationConfiguration", "type")
    return at(row, "registrationConfiguration", "enabled") is True and ("basic" if found is None else found) == kind


def by_phone(row: Row) -> bool:
    return self_service(row, "basic") and at(row, "registrationConfiguration", "loginIdType") == "phoneNumber"


def grace_period(row: Row) -> bool:
    seconds = at(row, "jwtConfiguration", "refreshTokenOneTimeUseConfiguration", "gracePeriodInSeconds")
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0


def limits_rate(row: Row) -> bool:
    limits = at(row, "rateLimitConfiguration")
    names = limits if isinstance(limits, dict) else {}
    return any(at(row, "rateLimitConfiguration", name, "enabled") is True for name in names)


def transactional(row: Row, event: str) -> bool:
    path = ("eventConfiguration", "events", event)
    return at(row, *path, "enabled") is True and at(row, *path, "transactionType") not in (None, "None")


APPLICATION_TESTS: dict[str, Test] = {
    "applicationAdvancedSelfServiceRegistrationEnabled": lambda row: self_service(row, "advanced"),
    "applicationBasicSelfServiceRegistrationEnabled": lambda row: self_service(row, "basic"),
    "applicationBasicSelfServicePhoneRegistrationEnabled": by_phone,
    "applicationLoginApiAuthenticationDisabled": (
        lambda row: at(row, "loginConfiguration", "requireAuthentication") is False  # missing means true
    ),
    "applicationMfaPolicy": lambda row: at(row, "multiFactorConfiguration", "loginPolicy") is not None,
    "applicationRefreshTokenGracePeriodEnabled": grace_period,
    "applicationThirdParty": lambda row: at(row, "oauthConfiguration", "relationship") == "ThirdParty",
}
SCOPE_TESTS: dict[str, Test] = {
    "applicationOptionalScopes": lambda row: at(row, "required") is not True,
    "applicationRequiredScopes": lambda row: at(row, "required") is True,
}
TENANT_TESTS: dict[str, Test] = {
    "atdRateLimiting": limits_rate,
    "tenantTotpMfaEnabled": (
        lambda row: at(row, "multiFactorConfiguration", "authenticator", "enabled") is not False  # missing means true
    ),
}

# -------------------------------------------------------------------------------------------- stats over several tables


def logged_into(rows: Rows) -> set[str]:
    return {row["applications_id"] for row in rows_of(rows, "hourly_logins", "applications_id")}


def simple_themes(rows: Rows) -> set[str]:
    return {row["id"] for row in rows_of(rows, "themes", "id", "data") if at(row, "type") == "simple"}


def active_applications(rows: Rows) -> int:
    return count(rows_of(rows, "applications", "active"), lambda row: row["active"] is True)


def active_logged_into(rows: Rows) -> int:
    logins = logged_into(rows)
    return count(rows_of(rows, "applications", "id", "active"), lambda row: row["active"] and row["id"] in logins)


def active_roles(rows: Rows) -> int:
    """Without the column of the tenant manager (before 1.58) there is no tenant manager to leave out."""
    managers = {row.get("tenant_manager_applications_id") for row in rows_of(rows, "instance")}
    active = {row["id"] for row in rows_of(rows, "applications", "id", "active") if row["active"]}
    counted = active - managers - {ADMIN_APPLICATION}
    return count(rows_of(rows, "application_roles", "applications_id"), lambda row: row["applications_id"] in counted)


def pre_verified(rows: Rows) -> int:
    steps = rows_of(rows, "form_steps", "forms_id", "type")
    forms = {row["forms_id"] for row in steps if row["type"] in IDENTITY_STEPS}
    return count(
        rows_of(rows, "applications", "data", "forms_id"),
        lambda row: self_service(row, "advanced") and row["forms_id"] in forms,
    )


def own_simple_theme(rows: Rows) -> int:
    logins, simple = logged_into(rows), simple_themes(rows)
    return count(
        rows_of(rows, "applications", "id", "themes_id"), lambda row: row["id"] in logins and row["themes_id"] in simple
    )


def tenant_simple_theme(rows: Rows) -> int:
    logins, simple = logged_into(rows), simple_themes(rows)
    tenants = {row["id"] for row in rows_of(rows, "tenants", "id", "themes_id") if row["themes_id"] in simple}
    return count(
        rows_of(rows, "applications", "id", "themes_id", "tenants_id"),
        lambda row: row["id"] in logins and row["themes_id"] is None and row["tenants_id"] in tenants,
    )


def provider_links(rows: Rows, *columns: str) -> list[Row]:
    """For each enabled link between an enabled provider and an application: the provider."""
    providers = rows_of(rows, "identity_providers", "id", "enabled", "type", *columns)
    enabled = {row["id"]: row for row in providers if row["enabled"]}
    links = rows_of(rows, "identity_providers_applications", "identity_providers_id", "enabled")
    return [
        enabled[link["identity_providers_id"]]
        for link in links
        if link["enabled"] and link["identity_providers_id"] in enabled
    ]


def by_type(providers: list[Row]) -> list[dict[str, Any]]:
    return [{"count": n, "idp": kind} for kind, n in sorted(Counter(row["type"] for row in providers).items())]


def provider_links_with_lambda(rows: Rows) -> int:
    return count(provider_links(rows, "reconcile_lambdas_id"), lambda row: row["reconcile_lambdas_id"] is not None)


def tenant_provider_links(rows: Rows) -> list[dict[str, Any]]:
    return by_type([row for row in provider_links(rows, "tenants_id") if row["tenants_id"] is not None])


def custom_admin_user_form(rows: Rows) -> int:
    forms = [r for r in rows_of(rows, "forms", "id", "type", "insert_instant") if r["type"] == ADMIN_USER_FORM]
    stock = min(forms, key=lambda row: (row["insert_instant"], row["id"]))["id"] if forms else None
    return count(
        rows_of(rows, "tenants", "admin_user_forms_id"), lambda row: row["admin_user_forms_id"] not in (None, stock)
    )


def custom_connectors(rows: Rows) -> int:
    links = rows_of(rows, "connectors_tenants", "connectors_id", "tenants_id")
    return len({row["tenants_id"] for row in links if row["connectors_id"] != STOCK_CONNECTOR})


def custom_themes(rows: Rows) -> int:
    stock = {None, *STOCK_THEMES}
    return count(rows_of(rows, "tenants", "themes_id"), lambda row: row["themes_id"] not in stock)


def first_time_setup(rows: Rows) -> dict[str, bool]:
    found = rows_of(rows, "instance", "data")
    setup = at(found[0], "firstTimeSetup") if found else None
    setup = setup if isinstance(setup, dict) else {}
    return {
        "apiKeyConfigured": setup.get("apiKeyId") is not None,
        "applicationConfigured": setup.get("applicationId") is not None,
        "emailConfigured": setup.get("emailConfigured") is True,
        "licenseActivated": setup.get("licenseActivated") is True,
    }


def integrated(rows: Rows, path: tuple[str, ...]) -> bool:
    return flagged(rows, "integrations", path) > 0


def messengers(rows: Rows, kind: int) -> int:
    return count(rows_of(rows, "messengers", "type"), lambda row: row["type"] == kind)


def license_attribute(rows: Rows, attribute: str) -> Any:
    found = [at(row, "status", "licenseAttributes", attribute) for row in rows_of(rows, "instance", "data")]
    return found[0] if found and found[0] is not None else MISSING


def daily_active_users(rows: Rows, day: date) -> int:
    index = (day - EPOCH).days - 1
    return sum(
        row["count"] for row in rows_of(rows, "global_daily_active_users", "day", "count") if row["day"] == index
    )


def formulas(day: date) -> dict[str, Formula]:
    """How each of the 222 stats is counted."""
    stats: dict[str, Formula] = {
        "apiKeyExpiringEnabled": expiring_keys,
        "apiKeyHashedEnabled": hashed_keys,
        "applicationActiveLoggedIntoNumber": active_logged_into,
        "applicationActiveNumber": active_applications,
        "applicationActiveRoleNumber": active_roles,
        "applicationAdvancedSelfServiceRegistrationPreVerified": pre_verified,
        "applicationEnabledIdentityProviders": lambda rows: by_type(provider_links(rows)),
        "applicationEnabledIdentityProvidersWithLambdas": provider_links_with_lambda,
        "applicationEnabledTenantIdentityProviders": tenant_provider_links,
        "applicationLoggedInApplicationsUsingSimpleThemes": own_simple_theme,
        "instanceDailyActiveUsers": lambda rows: daily_active_users(rows, day),
        "instanceDatabaseVersion": lambda rows: SERVER,
        "instanceFirstTimeSetupProgress": first_time_setup,
        "tenantCustomAdminUserForm": custom_admin_user_form,
        "tenantCustomConnectors": custom_connectors,
        "tenantCustomThemeUsed": custom_themes,
        "tenantLoggedInApplicationsUsingSimpleThemesFromTenant": tenant_simple_theme,
    }
    stats |= {name: lambda rows: MISSING for name in NOT_IN_THE_DATABASE}
    stats |= {name: partial(row_count, table=table) for name, table in ROW_COUNTS.items()}
    stats |= {name: partial(messengers, kind=kind) for name, kind in MESSENGER_TYPES.items()}
    stats |= {name: partial(integrated, path=path) for name, path in INTEGRATION_FLAGS.items()}
    stats |= {name: partial(license_attribute, attribute=name_) for name, name_ in LICENSE_ATTRIBUTES.items()}
    for table, who, columns in (
        ("applications", "application", APPLICATION_COLUMNS),
        ("tenants", "tenant", TENANT_COLUMNS),
    ):
        stats |= {name: partial(filled, table=table, column=column) for name, column in columns.items()}
        for name, part in PHONE_TEMPLATES.items():
            column = f"phone_configuration_{part}_templates_id"
            stats[f"{who}{name}PhoneTemplate"] = partial(filled, table=table, column=column)
    for table, paths in (("applications", APPLICATION_FLAGS), ("tenants", TENANT_FLAGS), ("webhooks", WEBHOOK_FLAGS)):
        stats |= {name: partial(flagged, table=table, path=path) for name, path in paths.items()}
    for table, tests in (
        ("applications", APPLICATION_TESTS),
        ("application_oauth_scopes", SCOPE_TESTS),
        ("tenants", TENANT_TESTS),
    ):
        stats |= {name: partial(documents, table=table, test=test) for name, test in tests.items()}
    for name, event in TENANT_EVENTS.items():
        stats[name] = partial(flagged, table="tenants", path=("eventConfiguration", "events", event, "enabled"))
    for name, event in TRANSACTIONAL_EVENTS.items():
        stats[name] = partial(documents, table="tenants", test=partial(transactional, event=event))
    return stats


# -------------------------------------------------------------------------------------------------------------- metrics


def only_value(rows: Rows, table: str, column: str) -> Any:
    """The value of a table that has one row; MISSING where it has none, or NULL."""
    found = [row[column] for row in rows_of(rows, table, column)]
    return found[0] if found and found[0] is not None else MISSING


def month_of(day: date) -> tuple[date, date]:
    """The month that holds the last complete day: its first day, and the first day of the next."""
    first = (day - timedelta(days=1)).replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def monthly_active_users(rows: Rows, day: date) -> int:
    first, _ = month_of(day)
    index = (first.year - EPOCH.year) * 12 + first.month - 1
    months = rows_of(rows, "global_monthly_active_users", "month", "count")
    return sum(row["count"] for row in months if row["month"] == index)


def monthly_logins(rows: Rows, day: date) -> Any:
    zone = only_value(rows, "system_configuration", "report_timezone")
    if zone is MISSING:
        return MISSING
    midnights = [datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)).astimezone(UTC) for d in month_of(day)]
    first, end = [int(instant.timestamp()) // 3600 for instant in midnights]
    return sum(row["count"] for row in rows_of(rows, "hourly_logins", "hour", "count") if first <= row["hour"] < end)


def total_users(rows: Rows) -> int:
    counts = rows_of(rows, "global_registration_counts", "count", "decremented_count")
    return sum(row["count"] - row["decremented_count"] for row in counts)


def metric_formulas(day: date) -> dict[str, Formula]:
    """How each of the 8 metrics is counted."""
    return {
        "instanceId": lambda rows: only_value(rows, "instance", "id"),
        "totalUsers": total_users,
        "monthlyActiveUsers": lambda rows: monthly_active_users(rows, day),
        "monthlyLogins": lambda rows: monthly_logins(rows, day),
        "nodes": lambda rows: len(rows_of(rows, "nodes")),
        "productVersion": lambda rows: only_value(rows, "version", "version"),
        "licenseId": lambda rows: only_value(rows, "instance", "license_id"),
        "metricsVersion": lambda rows: 1,
    }


def counted(how: Mapping[str, Formula], rows: Rows) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, formula in how.items():
        try:
            result[name] = formula(rows)
        except AbsentError:
            result[name] = MISSING
    return result


def recount_stats(rows: Rows, day: date) -> dict[str, Any]:
    """All 222 stats by name, as a report made on this day must show them."""
    return counted(formulas(day), rows)


def recount_metrics(rows: Rows, day: date) -> dict[str, Any]:
    """The 8 metrics by name."""
    return counted(metric_formulas(day), rows)
