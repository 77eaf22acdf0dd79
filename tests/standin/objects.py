"""What the rows of an instance look like over the API: which field is a column, which lies in the row's document."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CANARY = "stand-in-secret-"  # every secret and every personal field of an answer starts so
Object = dict[str, Any]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


PLAIN = {"id": "id", "insertInstant": "insert_instant", "lastUpdateInstant": "last_update_instant"}
NAMED = {**PLAIN, "name": "name"}
_KEYS = {
    "jwtConfiguration.accessTokenKeyId": "access_token_signing_keys_id",
    "jwtConfiguration.idTokenKeyId": "id_token_signing_keys_id",
    "accessControlConfiguration.uiIPAccessControlListId": "ui_ip_access_control_lists_id",
    "multiFactorConfiguration.email.templateId": "multi_factor_email_message_templates_id",
    "multiFactorConfiguration.sms.templateId": "multi_factor_sms_message_templates_id",
    "themeId": "themes_id",
}
_LOGINS = "loginIdInUseOnCreate loginIdInUseOnUpdate loginNewDevice loginSuspicious passwordResetSuccess passwordUpdate"
_OTHERS = "forgotPassword passwordless setPassword twoFactorMethodAdd twoFactorMethodRemove"
_BOTH = [*_LOGINS.split(), *_OTHERS.split()]


def _emails(*more: str) -> dict[str, str]:
    """Return the columns of the email templates."""
    names = [*_BOTH, "emailUpdate", "emailVerified", *more]
    return {f"emailConfiguration.{name}EmailTemplateId": f"{_snake(name)}_email_templates_id" for name in names}


_PHONES = {
    f"phoneConfiguration.{name}TemplateId": f"phone_configuration_{_snake(name)}_templates_id"
    for name in [*_BOTH, "identityUpdate", "verification", "verificationComplete"]
}
_CONVERTERS = {
    f"lambdaConfiguration.scim{kind}{way}ConverterId": f"scim_{_snake(kind)}_{way.lower()}_converter_lambdas_id"
    for kind in ("EnterpriseUser", "Group", "User")
    for way in ("Request", "Response")
}
_FAMILY = ("confirmChild", "familyRequest", "parentRegistration")

APPLICATION = {
    **NAMED,
    **_KEYS,
    **_emails("emailVerification"),
    **_PHONES,
    "active": "active",
    "tenantId": "tenants_id",
    "universalConfiguration.universal": "universal",
    "verificationEmailTemplateId": "verification_email_templates_id",
    "formConfiguration.adminRegistrationFormId": "admin_registration_forms_id",
    "formConfiguration.selfServiceFormId": "self_service_user_forms_id",
    "registrationConfiguration.formId": "forms_id",
    "lambdaConfiguration.accessTokenPopulateId": "access_token_populate_lambdas_id",
    "lambdaConfiguration.idTokenPopulateId": "id_token_populate_lambdas_id",
    "lambdaConfiguration.samlv2PopulateId": "samlv2_populate_lambdas_id",
    "lambdaConfiguration.selfServiceRegistrationValidationId": "self_service_registration_validation_lambdas_id",
    "lambdaConfiguration.userinfoPopulateId": "userinfo_populate_lambdas_id",
    "samlv2Configuration.defaultVerificationKeyId": "samlv2_default_verification_keys_id",
    "samlv2Configuration.issuer": "samlv2_issuer",
    "samlv2Configuration.keyId": "samlv2_keys_id",
    "samlv2Configuration.logout.defaultVerificationKeyId": "samlv2_logout_default_verification_keys_id",
    "samlv2Configuration.logout.keyId": "samlv2_logout_keys_id",
    "samlv2Configuration.logout.singleLogout.keyId": "samlv2_single_logout_keys_id",
}
TENANT = {
    **NAMED,
    **_KEYS,
    **_emails("verification"),
    **_PHONES,
    **_CONVERTERS,
    **{f"familyConfiguration.{name}EmailTemplateId": f"{_snake(name)}_email_templates_id" for name in _FAMILY},
    "failedAuthenticationConfiguration.userActionId": "failed_authentication_user_actions_id",
    "formConfiguration.adminUserFormId": "admin_user_forms_id",
    "lambdaConfiguration.loginValidationId": "login_validation_lambdas_id",
    "multiFactorConfiguration.sms.messengerId": "multi_factor_sms_messengers_id",
    "oauthConfiguration.clientCredentialsAccessTokenPopulateLambdaId": (
        "client_credentials_access_token_populate_lambdas_id"
    ),
    "phoneConfiguration.messengerId": "phone_configuration_messengers_id",
    "scimServerConfiguration.clientEntityTypeId": "scim_client_entity_types_id",
    "scimServerConfiguration.serverEntityTypeId": "scim_server_entity_types_id",
}
WEBHOOK = {
    **PLAIN,
    "connectTimeout": "connect_timeout",
    "description": "description",
    "global": "global",
    "httpAuthenticationPassword": "http_authentication_password",
    "httpAuthenticationUsername": "http_authentication_username",
    "readTimeout": "read_timeout",
    "signatureConfiguration.signingKeyId": "signing_keys_id",
    "sslCertificate": "ssl_certificate",
    "sslCertificateKeyId": "ssl_certificate_keys_id",
    "url": "url",
}
PROVIDER = {**NAMED, "type": "type", "enabled": "enabled", "lambdaConfiguration.reconcileId": "reconcile_lambdas_id"}
LAMBDA = {**NAMED, "body": "body", "debug": "debug", "engineType": "engine_type", "type": "type"}
ENTITY = {
    **NAMED,
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "parentId": "parent_id",
    "tenantId": "tenants_id",
}
ENTITY_TYPE = {**NAMED, "jwtConfiguration.accessTokenKeyId": "access_token_signing_keys_id"}
ROLE = {**NAMED, "description": "description", "isDefault": "is_default", "isSuperRole": "is_super_role"}
SCOPE = {**NAMED, "applicationId": "applications_id"}
PERMISSION = {**NAMED, "description": "description", "isDefault": "is_default"}

# The enums of columns, in the order in which the numbers mean them.
_LAMBDAS = (
    "JWTPopulate OpenIDReconcile SAMLv2Reconcile SAMLv2Populate AppleReconcile ExternalJWTReconcile FacebookReconcile "
    "GoogleReconcile HYPRReconcile TwitterReconcile LDAPConnectorReconcile LinkedInReconcile EpicGamesReconcile "
    "NintendoReconcile SonyPSNReconcile SteamReconcile TwitchReconcile XboxReconcile ClientCredentialsJWTPopulate "
    "SCIMServerGroupRequestConverter SCIMServerGroupResponseConverter SCIMServerUserRequestConverter "
    "SCIMServerUserResponseConverter SelfServiceRegistrationValidation UserInfoPopulate LoginValidation MFARequirement"
)
LAMBDAS = _LAMBDAS.split()
FORMS = ["registration", "adminRegistration", "adminUser", "selfServiceUser"]
CONNECTORS = ["FusionAuth", "Generic", "LDAP"]
MESSENGERS = ["Generic", "Kafka", "Twilio"]

# What the documents of objects of several types may hold, by type; the demo puts the same into all.
_SAML = "domains issuer emailClaim uniqueIdClaim useNameIdForEmail usernameClaim assertionDecryptionConfiguration"
_BUTTON = ["buttonText", "client_id", "client_secret", "scope"]
OWN: Mapping[str, list[str]] = {
    "Apple": ["bundleId", "buttonText", "scope", "servicesId", "teamId"],
    "ExternalJWT": ["claimMap", "domains", "headerKeyParameter", "oauth2", "uniqueIdentityClaim"],
    "Facebook": ["appId", "buttonText", "client_secret", "fields", "loginMethod", "permissions"],
    "Google": [*_BUTTON, "loginMethod", "properties"],
    "HYPR": ["relyingPartyApplicationId", "relyingPartyURL"],
    "OpenIDConnect": ["buttonImageURL", "buttonText", "domains", "oauth2", "postRequest"],
    "SAMLv2": [*_SAML.split(), "buttonImageURL", "buttonText", "idpEndpoint", "nameIdFormat", "postRequest"],
    "SAMLv2IdPInitiated": _SAML.split()[1:],
    "Steam": ["apiMode", "buttonText", "client_id", "scope", "webAPIKey"],
    "Twitter": ["buttonText", "consumerKey", "consumerSecret"],
    **dict.fromkeys(["EpicGames", "LinkedIn", "Nintendo", "SonyPSN", "Twitch", "Xbox"], _BUTTON),
    "FusionAuth": [],
    "LDAP": ["authenticationURL", "baseStructure", "connectTimeout", "readTimeout", "systemAccountDN"],
    "Generic": ["authenticationURL", "connectTimeout", "readTimeout", "url"],
    "Kafka": ["defaultTopic", "producer"],
    "Twilio": ["accountSID", "authToken", "fromPhoneNumber", "messagingServiceSid", "url"],
}
_EVERYWHERE = {"attributeMappings", "data", "debug", "linkingStrategy", "messageTypes", "source", "transport"}


@dataclass(frozen=True, slots=True)
class Private:
    """The secrets and personal fields of an object, by type where it has several."""

    always: tuple[str, ...] = ()
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_HTTP = ("httpAuthenticationPassword", "httpAuthenticationUsername", "headers.X-Key")
_OAUTH = ("oauth2.client_id", "oauth2.client_secret")
_CLIENT = ("client_id", "client_secret")
_MAIL = ("defaultFromEmail", "defaultFromName", "host", "password", "properties", "username")
PRIVATE: Mapping[str, Private] = {
    "applications": Private(
        (
            "data.owner",
            "oauthConfiguration.clientSecret",
            "cleanSpeakConfiguration.apiKey",
            "samlv2Configuration.issuer",
        )
    ),
    "tenants": Private(
        (
            *("data.owner", "issuer", "captchaConfiguration.secretKey", "captchaConfiguration.siteKey"),
            *(f"emailConfiguration.{name}" for name in _MAIL),
        )
    ),
    "webhooks": Private(("data.owner", "description", "sslCertificate", "url", *_HTTP)),
    "identityProviders": Private(
        ("data.owner",),
        {
            **dict.fromkeys(["EpicGames", "Google", "LinkedIn", "Nintendo", "SonyPSN", "Twitch", "Xbox"], _CLIENT),
            **dict.fromkeys(["ExternalJWT", "OpenIDConnect"], _OAUTH),
            "Apple": ("servicesId", "teamId"),
            "Facebook": ("appId", "client_secret"),
            "HYPR": ("relyingPartyApplicationId", "relyingPartyURL"),
            "SAMLv2": ("idpEndpoint", "issuer"),
            "SAMLv2IdPInitiated": ("issuer",),
            "Steam": ("client_id", "webAPIKey"),
            "Twitter": ("consumerKey", "consumerSecret"),
        },
    ),
    "connectors": Private(
        ("data.owner",),
        {
            "Generic": ("authenticationURL", *_HTTP),
            "LDAP": ("authenticationURL", "systemAccountDN", "systemAccountPassword"),
        },
    ),
    "messengers": Private(
        ("data.owner",),
        {
            "Generic": ("url", *_HTTP),
            "Kafka": ("producer.sasl",),
            "Twilio": ("accountSID", "authToken", "fromPhoneNumber", "url"),
        },
    ),
    "integrations": Private(("cleanspeak.apiKey", "cleanspeak.url", "kafka.producer.sasl")),
    "lambdas": Private(("body",)),
    "themes": Private(("data.owner", "stylesheet", "templates.oauth2Authorize")),
    "groups": Private(("data.owner",)),
    "grants": Private(("data.owner", "entity.data.owner", "entity.clientId", "entity.clientSecret")),
    "systemConfiguration": Private(("data.owner", "cookieEncryptionKey", "uiConfiguration.logoURL")),
}
# The objects that a private field brings along, where its object is not there yet; no others come into being.
_BROUGHT = {"data", "headers", "oauth2", "producer", "templates"}


def document(text: Any) -> Object:
    """Return the document of a row; one that is null, broken or no object is an empty one, and nulls are left out."""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        return {}
    return _without_nulls(read) if isinstance(read, dict) else {}


def _without_nulls(found: Object) -> Object:
    kept = {name: value for name, value in found.items() if value is not None}
    return {
        name: _without_nulls(value) if isinstance(value, dict) and name != "data" else value
        for name, value in kept.items()
    }


def made(row: Mapping[str, Any], columns: Mapping[str, str], *, kinds: list[str] | None = None) -> Object:
    """Return the object of a row: its document, and over it the columns; `kinds` names the numbers in `type`."""
    found = document(row.get("data"))
    for path, column in columns.items():
        if column in row:
            put(found, path, row[column])
    if kinds and (number := row.get("type")) is not None:
        found["type"] = kinds[number]
    if (own := OWN.get(str(found.get("type")))) is not None:
        keep = {*own, *_EVERYWHERE, *(path.split(".")[0] for path in columns), "type"}
        return {name: value for name, value in found.items() if name in keep}
    return found


def put(found: Object, path: str, value: Any) -> None:
    """Set what is at this path of an object; a value that is null takes away what the document had there."""
    *parents, last = path.split(".")
    for name in parents:
        if not isinstance(found.get(name), dict):
            if value is None:
                return
            found[name] = {}
        found = found[name]
    if value is None:
        found.pop(last, None)
    else:
        found[last] = str(value) if isinstance(value, uuid.UUID) else value


def fill(kind: str, found: Object) -> Object:
    """Put a secret that can be recognised wherever the object has a secret or a personal field."""
    private = PRIVATE.get(kind, Private())
    for path in [*private.always, *private.types.get(str(found.get("type")), ())]:
        parent = path.rpartition(".")[0]
        if not parent or parent.split(".")[-1] in _BROUGHT or isinstance(found.get(parent), dict):
            put(found, path, f"{CANARY}{path}")
    return found


def objects(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> list[Object]:
    """Return the objects of rows."""
    return [made(row, columns) for row in rows]
